// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/ip_pool.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST 0x64400000U // 100.64.0.0

static void
gives_every_address_once(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 999);
	bool seen[1000] = { false };
	uint64_t addr;

	for (int i = 0; i < 1000; i++) {
		CU_ASSERT_EQUAL_FATAL(ip_pool_take(p, 0, NULL, &addr), 0);
		CU_ASSERT_TRUE_FATAL(ip_pool_contains(p, addr));
		CU_ASSERT_FALSE_FATAL(seen[addr - FIRST]);
		seen[addr - FIRST] = true;
	}
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), -ENOSPC);
	ip_pool_free(p);
}

static void
never_gives_excluded_or_static_ones(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 15);
	struct ip_pool_counts n;
	uint64_t addr;

	ip_pool_exclude(p, FIRST, FIRST);
	ip_pool_exclude(p, FIRST + 15, FIRST + 100);
	ip_pool_reserve(p, FIRST + 8, FIRST + 11);
	ip_pool_count(p, &n);
	CU_ASSERT_EQUAL(n.dynamic, 10);
	CU_ASSERT_EQUAL(n.static_only, 4);
	for (int i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL_FATAL(ip_pool_take(p, 0, NULL, &addr), 0);
		CU_ASSERT_TRUE(addr > FIRST && addr < FIRST + 15);
		CU_ASSERT_FALSE(addr >= FIRST + 8 && addr <= FIRST + 11);
	}
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), -ENOSPC);
	ip_pool_free(p);
}

static void
static_ones_are_held_once_and_come_back_to_nobody_else(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 3);
	uint64_t addr;

	ip_pool_reserve(p, FIRST + 1, FIRST + 1);
	ip_pool_exclude(p, FIRST + 2, FIRST + 2);
	CU_ASSERT_EQUAL(ip_pool_take_static(p, FIRST + 1), 0);
	CU_ASSERT_EQUAL(ip_pool_take_static(p, FIRST + 1), -EBUSY);
	CU_ASSERT_EQUAL(ip_pool_take_static(p, FIRST), -EINVAL);     // dynamic
	CU_ASSERT_EQUAL(ip_pool_take_static(p, FIRST + 2), -EINVAL); // excluded
	CU_ASSERT_EQUAL(ip_pool_take_static(p, FIRST + 9), -EINVAL); // outside
	ip_pool_give(p, FIRST + 1, 0);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), 0);
	CU_ASSERT_EQUAL(addr, FIRST);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), 0);
	CU_ASSERT_EQUAL(addr, FIRST + 3);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), -ENOSPC);
	CU_ASSERT_EQUAL(ip_pool_take_static(p, FIRST + 1), 0);
	ip_pool_free(p);
}

static void
released_ones_are_given_again_oldest_first_and_after_all_fresh_ones(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 3);
	uint64_t a, b, c, d, addr;

	ip_pool_take(p, 0, NULL, &a);
	ip_pool_take(p, 0, NULL, &b);
	ip_pool_give(p, b, 0);
	ip_pool_give(p, a, 0);
	ip_pool_take(p, 0, NULL, &c);
	ip_pool_take(p, 0, NULL, &d);
	CU_ASSERT_TRUE(c != a && c != b && d != a && d != b);
	ip_pool_take(p, 0, NULL, &addr);
	CU_ASSERT_EQUAL(addr, b);
	ip_pool_take(p, 0, NULL, &addr);
	CU_ASSERT_EQUAL(addr, a);
	ip_pool_free(p);
}

static void
strict_rest_refuses_and_soft_rest_counts(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST);
	struct ip_pool_counts n;
	uint64_t addr;

	ip_pool_set_rest(p, 60, true);
	CU_ASSERT_EQUAL(ip_pool_take(p, 100, NULL, &addr), 0);
	ip_pool_give(p, addr, 1000);
	CU_ASSERT_EQUAL(ip_pool_take(p, 1059, NULL, &addr), -ENOSPC);
	CU_ASSERT_EQUAL(ip_pool_take(p, 1060, NULL, &addr), 0);
	ip_pool_give(p, addr, 2000);
	ip_pool_set_rest(p, 60, false);
	CU_ASSERT_EQUAL(ip_pool_take(p, 2001, NULL, &addr), 0);
	ip_pool_count(p, &n);
	CU_ASSERT_EQUAL(n.reused_early, 1);
	ip_pool_free(p);
}

static void
what_an_earlier_run_held_is_given_to_nobody(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 3);
	uint64_t addr;

	ip_pool_reserve(p, FIRST + 3, FIRST + 3);
	CU_ASSERT_EQUAL(ip_pool_restore(p, FIRST + 1), 0);
	CU_ASSERT_EQUAL(ip_pool_restore(p, FIRST + 1), -EBUSY);
	CU_ASSERT_EQUAL(ip_pool_restore(p, FIRST + 3), 0);
	CU_ASSERT_EQUAL(ip_pool_restore(p, FIRST + 4), -EINVAL);
	// released before the first round comes by: it isn't given twice
	ip_pool_give(p, FIRST + 1, 0);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), 0);
	CU_ASSERT_EQUAL(addr, FIRST);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), 0);
	CU_ASSERT_EQUAL(addr, FIRST + 2);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), 0);
	CU_ASSERT_EQUAL(addr, FIRST + 1);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, NULL, &addr), -ENOSPC);
	ip_pool_free(p);
}

static void
giving_what_nobody_holds_changes_nothing(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 1);
	struct ip_pool_counts n;
	uint64_t addr;

	ip_pool_take(p, 0, NULL, &addr);
	ip_pool_give(p, addr, 0);
	ip_pool_give(p, addr, 0);
	ip_pool_give(p, FIRST + 77, 0);
	ip_pool_count(p, &n);
	CU_ASSERT_EQUAL(n.held_dynamic, 0);
	CU_ASSERT_EQUAL(n.resting, 1);
	ip_pool_free(p);
}

static bool
is_odd(const void *ctx, uint64_t addr)
{
	++*(unsigned int *)(uintptr_t)ctx;
	return addr & 1;
}

// Fresh ones and rested ones; when there is none that is liked, another one is good enough.
static void
an_address_that_is_liked_comes_first(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 5);
	unsigned int looks = 0;
	struct ip_pool_taste odd = { .is_liked = is_odd, .ctx = &looks };
	uint64_t addr[7];

	for (int i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(ip_pool_take(p, 0, &odd, &addr[i]), 0);
	for (int i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(addr[i] & 1, i < 3);
	CU_ASSERT_EQUAL(ip_pool_take(p, 0, &odd, &addr[6]), -ENOSPC);
	for (int i = 5; i >= 0; i--) // even ones first
		ip_pool_give(p, addr[i], 0);
	for (int i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(ip_pool_take(p, 100, &odd, &addr[i]), 0);
		CU_ASSERT_EQUAL(addr[i] & 1, i < 3);
	}
	CU_ASSERT_EQUAL(ip_pool_take(p, 100, &odd, &addr[6]), -ENOSPC);
	CU_ASSERT(looks > 0);
	ip_pool_free(p);
}

// A model of who holds what, against random takes and gives.
static void
no_address_is_ever_held_twice(void)
{
	struct ip_pool *p = ip_pool_new(FIRST, FIRST + 255);
	bool is_held[256] = { false };
	uint64_t held[256], addr;
	uint32_t n = 0;

	srand(1);
	for (int i = 0; i < 100000; i++) {
		if (rand() % 2 && ip_pool_take(p, (uint32_t)i, NULL, &addr) == 0) {
			CU_ASSERT_FALSE_FATAL(is_held[addr - FIRST]);
			is_held[addr - FIRST] = true;
			held[n++] = addr;
		} else if (n > 0) {
			uint32_t k = (uint32_t)rand() % n;

			ip_pool_give(p, held[k], (uint32_t)i);
			is_held[held[k] - FIRST] = false;
			held[k] = held[--n];
		}
	}
	ip_pool_free(p);
}

static void
refuses_impossible_pools(void)
{
	CU_ASSERT_PTR_NULL(ip_pool_new(FIRST + 1, FIRST));
	CU_ASSERT_PTR_NULL(ip_pool_new(0, UINT32_MAX));
}

static const struct unit_case cases[] = {
	UNIT_CASE(gives_every_address_once),
	UNIT_CASE(never_gives_excluded_or_static_ones),
	UNIT_CASE(static_ones_are_held_once_and_come_back_to_nobody_else),
	UNIT_CASE(released_ones_are_given_again_oldest_first_and_after_all_fresh_ones),
	UNIT_CASE(strict_rest_refuses_and_soft_rest_counts),
	UNIT_CASE(what_an_earlier_run_held_is_given_to_nobody),
	UNIT_CASE(giving_what_nobody_holds_changes_nothing),
	UNIT_CASE(an_address_that_is_liked_comes_first),
	UNIT_CASE(no_address_is_ever_held_twice),
	UNIT_CASE(refuses_impossible_pools),
};

UNIT_MAIN("control/ip_pool", cases)
