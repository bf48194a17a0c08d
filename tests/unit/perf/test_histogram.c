// SPDX-License-Identifier: BSD-3-Clause
#include "perf/histogram.h"
#include "tests/unit/cunit_main.h"

static struct histogram h, other;

static void
empty(void)
{
	h = (struct histogram){ 0 };
	other = (struct histogram){ 0 };
}

static void
holds_small_values_exactly(void)
{
	empty();
	for (uint64_t v = 0; v < 64; v++)
		histogram_add(&h, v);
	for (uint64_t v = 1; v <= 64; v++)
		CU_ASSERT_EQUAL(histogram_percentile(&h, (double)v / 64), v - 1);
}

static void
is_never_more_than_a_thirty_second_too_high(void)
{
	for (uint64_t v = 1; v < UINT64_MAX / 3; v = v * 3 + 1) {
		uint64_t found;

		empty();
		histogram_add(&h, v);
		histogram_add(&h, UINT64_MAX);
		found = histogram_percentile(&h, 0.5);
		CU_ASSERT(found >= v);
		CU_ASSERT(found - v <= v / 32);
	}
}

static void
gives_the_percentiles_of_a_uniform_spread(void)
{
	static const double share[] = { 0.01, 0.5, 0.9, 0.99, 0.999 };

	empty();
	for (uint64_t v = 1; v <= 100000; v++)
		histogram_add(&h, v);
	for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
		double exact = share[i] * 100000;
		double found = (double)histogram_percentile(&h, share[i]);

		CU_ASSERT(found >= exact && found <= exact * 33 / 32);
	}
	CU_ASSERT_EQUAL(histogram_percentile(&h, 1), 100000);
}

static void
never_says_more_than_the_largest(void)
{
	empty();
	histogram_add(&h, 1000001);
	CU_ASSERT_EQUAL(histogram_percentile(&h, 0.999), 1000001);
}

static void
says_0_of_nothing(void)
{
	empty();
	CU_ASSERT_EQUAL(histogram_percentile(&h, 0.5), 0);
}

static void
merges(void)
{
	empty();
	for (uint64_t v = 0; v < 1000; v++)
		histogram_add(v % 2 ? &h : &other, v);
	histogram_merge(&h, &other);
	CU_ASSERT_EQUAL(h.n, 1000);
	CU_ASSERT_EQUAL(h.max, 999);
	CU_ASSERT(histogram_percentile(&h, 0.5) >= 499);
	CU_ASSERT(histogram_percentile(&h, 0.5) <= 515);
}

static const struct unit_case cases[] = {
	UNIT_CASE(holds_small_values_exactly),
	UNIT_CASE(is_never_more_than_a_thirty_second_too_high),
	UNIT_CASE(gives_the_percentiles_of_a_uniform_spread),
	UNIT_CASE(never_says_more_than_the_largest),
	UNIT_CASE(says_0_of_nothing),
	UNIT_CASE(merges),
};

UNIT_MAIN("perf/histogram", cases)
