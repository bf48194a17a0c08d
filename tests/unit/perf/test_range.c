// SPDX-License-Identifier: BSD-3-Clause
#include "perf/range.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>

#define MANY (1u << 20)

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
every_session_has_a_teid_of_its_own(void)
{
	uint32_t *teid = malloc(MANY * sizeof(*teid));
	struct range r = range_default();
	unsigned int twice = 0;

	for (uint32_t i = 0; i < MANY; i++)
		teid[i] = range_teid(&r, i);
	qsort(teid, MANY, sizeof(*teid), compare);
	for (uint32_t i = 1; i < MANY; i++)
		twice += teid[i] == teid[i - 1];
	CU_ASSERT_EQUAL(twice, 0);
	CU_ASSERT(teid[0] != 0);
	free(teid);
}

static void
is_what_a_dataplane_takes(void)
{
	struct range r = range_default();

	for (uint32_t i = 0; i < 1000; i++) {
		struct dp_session s = range_session(&r, i, 1, 5000);

		CU_ASSERT_EQUAL(s.slot, i);
		CU_ASSERT_EQUAL(dp_session_shard(&s), s.teid & 0xff);
		CU_ASSERT_EQUAL(s.teid, range_teid(&r, i));
		CU_ASSERT(s.peer_teid != 0);
		CU_ASSERT_EQUAL(s.ul_bps, 5000);
	}
}

static void
sessions_go_round_the_sgws(void)
{
	struct range r = range_default();

	r.n_sgws = 3;
	for (uint32_t i = 0; i < 9; i++)
		CU_ASSERT_EQUAL(range_sgw(&r, i), r.sgw_first + i % 3);
}

// DESIGN asks for owners that are even in every address plan: within 2 % of each other.
static void
owners_are_even(uint32_t first, uint32_t step, bool is_random)
{
	static const unsigned int workers[] = { 2, 3, 4, 8, 16 };
	uint64_t state = 88172645463325252ULL;

	for (size_t k = 0; k < sizeof(workers) / sizeof(workers[0]); k++) {
		uint32_t n[16] = { 0 }, least = UINT32_MAX, most = 0;

		for (uint32_t i = 0; i < MANY; i++) {
			uint8_t ue[4];

			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			range_octets(is_random ? (uint32_t)(state >> 32) : first + i * step, ue);
			n[dp_shard_of(ue, 4) % workers[k]]++;
		}
		for (unsigned int w = 0; w < workers[k]; w++) {
			least = n[w] < least ? n[w] : least;
			most = n[w] > most ? n[w] : most;
		}
		CU_ASSERT(most - least <= MANY / workers[k] / 50);
	}
}

static void
owners_are_even_for_sequential_addresses(void)
{
	owners_are_even(0x64400000, 1, false);
}

static void
owners_are_even_for_one_address_per_24(void)
{
	owners_are_even(0x0a000001, 256, false);
}

static void
owners_are_even_for_a_29_per_sim(void)
{
	owners_are_even(0x64400002, 8, false);
}

static void
owners_are_even_for_random_addresses(void)
{
	owners_are_even(0, 0, true);
}

static const struct unit_case cases[] = {
	UNIT_CASE(every_session_has_a_teid_of_its_own),
	UNIT_CASE(is_what_a_dataplane_takes),
	UNIT_CASE(sessions_go_round_the_sgws),
	UNIT_CASE(owners_are_even_for_sequential_addresses),
	UNIT_CASE(owners_are_even_for_one_address_per_24),
	UNIT_CASE(owners_are_even_for_a_29_per_sim),
	UNIT_CASE(owners_are_even_for_random_addresses),
};

UNIT_MAIN("perf/range", cases)
