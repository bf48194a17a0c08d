// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/timer_heap.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>

#define MANY 1000

static void
gives_the_earliest_first(void)
{
	struct timer_heap h;
	uint32_t index;

	CU_ASSERT_EQUAL_FATAL(timer_heap_init(&h, 3), 0);
	CU_ASSERT_EQUAL(timer_heap_next(&h), UINT64_MAX);
	timer_heap_set(&h, 0, 30);
	timer_heap_set(&h, 1, 10);
	timer_heap_set(&h, 2, 20);
	CU_ASSERT_EQUAL(timer_heap_next(&h), 10);
	CU_ASSERT_FALSE(timer_heap_due(&h, 9, &index));
	CU_ASSERT_TRUE(timer_heap_due(&h, 10, &index));
	CU_ASSERT_EQUAL(index, 1);
	CU_ASSERT_TRUE(timer_heap_due(&h, 99, &index));
	CU_ASSERT_EQUAL(index, 2);
	CU_ASSERT_TRUE(timer_heap_due(&h, 99, &index));
	CU_ASSERT_EQUAL(index, 0);
	CU_ASSERT_FALSE(timer_heap_due(&h, 99, &index));
	timer_heap_free(&h);
}

static void
moves_a_deadline_both_ways(void)
{
	struct timer_heap h;

	CU_ASSERT_EQUAL_FATAL(timer_heap_init(&h, 2), 0);
	timer_heap_set(&h, 0, 10);
	timer_heap_set(&h, 1, 20);
	timer_heap_set(&h, 0, 30);
	CU_ASSERT_EQUAL(timer_heap_next(&h), 20);
	timer_heap_set(&h, 0, 5);
	CU_ASSERT_EQUAL(timer_heap_next(&h), 5);
	timer_heap_clear(&h, 0);
	timer_heap_clear(&h, 0);
	CU_ASSERT_EQUAL(timer_heap_next(&h), 20);
	timer_heap_free(&h);
}

// Random settings and clearings against a plain array.
static void
agrees_with_a_plain_table(void)
{
	static uint64_t plain[MANY];
	struct timer_heap h;
	unsigned int state = 7;

	CU_ASSERT_EQUAL_FATAL(timer_heap_init(&h, MANY), 0);
	for (unsigned int i = 0; i < MANY; i++)
		plain[i] = UINT64_MAX;
	for (unsigned int step = 0; step < 20000; step++) {
		uint32_t index = (uint32_t)rand_r(&state) % MANY;
		uint64_t at = (uint64_t)rand_r(&state) % 5000;
		uint64_t least = UINT64_MAX;

		if (at % 4 == 0)
			timer_heap_clear(&h, index);
		else
			timer_heap_set(&h, index, at);
		plain[index] = at % 4 == 0 ? UINT64_MAX : at;
		if (step % 50 != 0)
			continue;
		for (unsigned int i = 0; i < MANY; i++)
			least = plain[i] < least ? plain[i] : least;
		CU_ASSERT_EQUAL_FATAL(timer_heap_next(&h), least);
	}
	for (uint64_t last = 0; timer_heap_next(&h) != UINT64_MAX;) {
		uint32_t index;

		CU_ASSERT_TRUE_FATAL(timer_heap_due(&h, UINT64_MAX - 1, &index));
		CU_ASSERT_TRUE(plain[index] >= last);
		last = plain[index];
		plain[index] = UINT64_MAX;
	}
	for (unsigned int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(plain[i], UINT64_MAX);
	timer_heap_free(&h);
}

static const struct unit_case cases[] = {
	UNIT_CASE(gives_the_earliest_first),
	UNIT_CASE(moves_a_deadline_both_ways),
	UNIT_CASE(agrees_with_a_plain_table),
};
UNIT_MAIN("gtpc/timer_heap", cases)
