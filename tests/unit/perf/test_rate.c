// SPDX-License-Identifier: BSD-3-Clause
#include "perf/rate.h"
#include "tests/unit/cunit_main.h"

static bool
is_about(double a, double b)
{
	return a > b * 0.999999 && a < b * 1.000001;
}

static void
reads_rates_as_people_write_them(void)
{
	static const struct {
		const char *text;
		bool is_percent;
		double value;
	} good[] = { { "250000", false, 250000 }, { "300k", false, 300e3 },
		{ "1.5M", false, 1.5e6 }, { "40%", true, 40 }, { "0.5%", true, 0.5 } };
	struct rate r;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_EQUAL(rate_parse(good[i].text, &r), 0);
		CU_ASSERT_EQUAL(r.is_percent, good[i].is_percent);
		CU_ASSERT(is_about(r.value, good[i].value));
	}
	CU_ASSERT_EQUAL(rate_parse("max", &r), 0);
	CU_ASSERT(r.value == 0);
}

static void
refuses_what_is_no_rate(void)
{
	static const char *const bad[] = { "", "k", "-1", "0", "1G", "101%", "5 M", "nan", "inf",
		"1e999", "5%%" };
	struct rate r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(rate_parse(bad[i], &r) < 0);
}

static void
percent_is_of_what_ethernet_can_carry(void)
{
	struct rate whole = { true, 100 }, half = { true, 50 }, own = { false, 1234 };

	// 64 bytes with their checksum are 14.88 Mpps at 10 Gbit/s
	CU_ASSERT(is_about(rate_pps(&whole, 10000, 60), 1e10 / 8 / 84));
	CU_ASSERT(is_about(rate_pps(&half, 10000, 60), 1e10 / 8 / 84 / 2));
	CU_ASSERT(is_about(rate_pps(&own, 10000, 60), 1234));
}

// Searches for the highest rate of a device that forwards `capacity` per second and drops the rest.
static double
search(double capacity, double offered, double max_loss_pct, unsigned int *trials)
{
	struct rate_search s = { .max_loss_pct = max_loss_pct, .resolution = 0.01 };
	double pps = offered;

	for (bool is_first = true; pps > 0; is_first = false) {
		double loss = pps > capacity ? 100 * (pps - capacity) / pps : 0;

		if (is_first)
			rate_search_start(&s, pps, loss);
		else
			rate_search_result(&s, pps, loss);
		pps = rate_search_next(&s);
	}
	*trials = s.trials;
	return s.low;
}

static void
finds_the_highest_rate_without_loss(void)
{
	for (double capacity = 1000; capacity < 1e7; capacity *= 7) {
		unsigned int trials;
		double found = search(capacity, 1e7, 0, &trials);

		CU_ASSERT(found <= capacity);
		CU_ASSERT(found >= capacity * 0.99 - 1);
		CU_ASSERT(trials < 25);
	}
}

static void
allows_the_loss_that_it_is_told(void)
{
	unsigned int trials;
	double found = search(1e6, 4e6, 10, &trials);

	CU_ASSERT(found > 1.09e6 && found < 1.1112e6);
}

static void
is_done_at_once_where_nothing_is_lost(void)
{
	unsigned int trials;

	CU_ASSERT(is_about(search(1e7, 4e6, 0, &trials), 4e6));
	CU_ASSERT_EQUAL(trials, 1);
}

static void
ends_where_everything_is_lost(void)
{
	unsigned int trials;

	CU_ASSERT(search(0, 4e6, 0.5, &trials) == 0);
	CU_ASSERT(trials < 30);
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_rates_as_people_write_them),
	UNIT_CASE(refuses_what_is_no_rate),
	UNIT_CASE(percent_is_of_what_ethernet_can_carry),
	UNIT_CASE(finds_the_highest_rate_without_loss),
	UNIT_CASE(allows_the_loss_that_it_is_told),
	UNIT_CASE(is_done_at_once_where_nothing_is_lost),
	UNIT_CASE(ends_where_everything_is_lost),
};

UNIT_MAIN("perf/rate", cases)
