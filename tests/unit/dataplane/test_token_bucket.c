// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/token_bucket.h"
#include "tests/unit/cunit_main.h"

static const uint64_t clocks[] = { 1000000000, 2445422000, 5000000000 };

static const uint64_t rates[] = {
	8000,
	64000,
	1000000,
	33333333,
	1000000000,
	10000000000,
	100000000000,
};

struct meter {
	uint64_t hz, full_at;
	struct bucket_rate rate;
};

static struct meter
meter_of(uint64_t bps, uint64_t hz)
{
	return (struct meter){ .hz = hz, .rate = bucket_rate_of(bps, hz) };
}

static bool
take(struct meter *m, uint64_t now, uint32_t bytes)
{
	return bucket_take(&m->full_at, m->rate.cost, m->rate.depth, now, bytes);
}

// Takes what is there at once. Returns the bytes.
static uint64_t
drain(struct meter *m, uint64_t now)
{
	uint64_t bytes = 0;

	for (uint32_t step = 65535; step; step /= 2)
		while (take(m, now, step))
			bytes += step;
	return bytes;
}

// Offers packets at about twice the rate to an empty bucket; the rate at which they pass, in bit/s.
static double
measure(struct meter *m, uint64_t bps, uint32_t bytes, unsigned int packets)
{
	long double gap = 8.0L * bytes / bps * m->hz / 2.03L, at = 0;
	uint64_t start = 1000 * m->hz, passed = 0;

	drain(m, start);
	for (unsigned int i = 0; i < packets; i++) {
		at += gap;
		passed += take(m, start + (uint64_t)at, bytes);
	}
	return (double)(8.0L * bytes * passed * m->hz / at);
}

static void
holds_the_rate_within_a_thousandth(void)
{
	static const uint32_t sizes[] = { 40, 64, 1400 };

	for (size_t c = 0; c < 3; c++)
		for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
			for (size_t s = 0; s < 3; s++) {
				struct meter m = meter_of(rates[r], clocks[c]);
				double got = measure(&m, rates[r], sizes[s], 40000);

				CU_ASSERT_DOUBLE_EQUAL(got / (double)rates[r], 1.0, 0.001);
			}
}

static void
lets_everything_pass_below_the_rate(void)
{
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		struct meter m = meter_of(rates[r], clocks[1]);
		long double gap = 8.0L * 1400 / rates[r] * m.hz * 1.001L, at = m.hz;
		unsigned int refused = 0;

		drain(&m, m.hz);
		for (unsigned int i = 0; i < 20000; i++) {
			at += gap;
			refused += !take(&m, (uint64_t)at + 1, 1400);
		}
		CU_ASSERT_EQUAL(refused, 0);
	}
}

static void
a_full_bucket_holds_two_frames_or_100_ms(void)
{
	for (size_t c = 0; c < 3; c++)
		for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
			struct meter m = meter_of(rates[r], clocks[c]);
			double tenth = (double)rates[r] / 80;
			double wanted = tenth > 2 * BUCKET_FRAME ? tenth : 2 * BUCKET_FRAME;
			uint64_t got = drain(&m, 77 * m.hz);

			CU_ASSERT_DOUBLE_EQUAL((double)got / wanted, 1.0, 0.001);
		}
}

static void
never_fills_beyond_its_depth(void)
{
	struct meter m = meter_of(1000000, clocks[1]);
	uint64_t full = drain(&m, m.hz);

	for (uint64_t pause = 1; pause < 1ULL << 62; pause *= 3) {
		uint64_t now = 7 * m.hz + pause;

		drain(&m, 7 * m.hz);
		CU_ASSERT(drain(&m, now) <= full + 1);
	}
}

static void
is_full_after_years_without_traffic(void)
{
	static const uint64_t years[] = { 1, 2, 10, 100, 230 };

	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
		for (size_t y = 0; y < sizeof(years) / sizeof(years[0]); y++) {
			struct meter m = meter_of(rates[r], clocks[1]);
			uint64_t full = drain(&m, 5 * m.hz);
			uint64_t later = years[y] * 31557600 * m.hz;
			uint64_t then = drain(&m, later);

			CU_ASSERT(then + 1 >= full && then <= full + 1);
			CU_ASSERT_FALSE(take(&m, later, 1500));
			CU_ASSERT_TRUE(take(&m, later + 8 * 1501 * m.hz / rates[r] + 1, 1500));
		}
}

// A bucket is new with full_at 0, whatever the clock says then.
static void
a_new_session_starts_with_a_full_bucket(void)
{
	for (unsigned int bit = 34; bit < 64; bit++) {
		struct meter m = meter_of(1000000, clocks[1]);

		CU_ASSERT_DOUBLE_EQUAL((double)drain(&m, 1ULL << bit) / 12500, 1.0, 0.001);
	}
}

static void
survives_a_clock_that_steps_back(void)
{
	struct meter m = meter_of(1000000, clocks[1]);

	drain(&m, 50 * m.hz);
	CU_ASSERT_TRUE(take(&m, 20 * m.hz, 1500));
	drain(&m, 20 * m.hz);
	CU_ASSERT_FALSE(take(&m, 20 * m.hz, 1500));
	CU_ASSERT_TRUE(take(&m, 20 * m.hz + m.hz / 10, 1500));
}

static void
a_refused_packet_takes_nothing(void)
{
	struct meter m = meter_of(8000, clocks[1]);
	uint64_t before;

	drain(&m, m.hz);
	before = m.full_at;
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_FALSE(take(&m, m.hz, 1));
	CU_ASSERT_EQUAL(m.full_at, before);
	CU_ASSERT_TRUE(take(&m, m.hz + m.hz / 500, 1));
}

static void
a_new_rate_counts_at_once(void)
{
	struct meter m = meter_of(8000, clocks[1]);

	drain(&m, m.hz);
	m.rate = bucket_rate_of(1000000000, m.hz);
	CU_ASSERT_TRUE(take(&m, m.hz + 1, 1400));
	drain(&m, 2 * m.hz);
	m.rate = bucket_rate_of(8000, m.hz);
	CU_ASSERT_TRUE(take(&m, 2 * m.hz + m.hz / 10, 1400));
	drain(&m, 3 * m.hz);
	CU_ASSERT_FALSE(take(&m, 3 * m.hz + m.hz / 2, 1400));
	CU_ASSERT_TRUE(take(&m, 3 * m.hz + 3 * m.hz / 2, 1400));
}

// bucket_left() is the most that bucket_take() gives, at any fill level.
static void
what_is_left_is_what_can_be_taken(void)
{
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		struct meter m = meter_of(rates[r], clocks[1]);
		uint64_t now = m.hz;

		for (unsigned int i = 0; i < 200; i++, now += m.hz / 777) {
			uint64_t left = bucket_left(m.full_at, m.rate.cost, m.rate.depth, now);
			struct meter more = m;

			if (left >= 65535) {
				take(&m, now, 65535);
				continue;
			}
			CU_ASSERT_FALSE(take(&more, now, (uint32_t)left + 1));
			CU_ASSERT_TRUE(take(&more, now, (uint32_t)left));
			take(&m, now, (uint32_t)(left * i / 200));
		}
	}
}

static void
zero_means_unlimited(void)
{
	CU_ASSERT_EQUAL(bucket_rate_of(0, clocks[1]).cost, 0);
}

// From what a subscriber may have at least to what no port has: a packet passes, and costs time.
static void
has_a_cost_at_every_rate(void)
{
	for (uint64_t bps = 1000; bps < 2000000000000; bps *= 7)
		for (size_t c = 0; c < 3; c++) {
			struct meter m = meter_of(bps, clocks[c]);

			CU_ASSERT(m.rate.cost > 0);
			CU_ASSERT_TRUE(take(&m, 1, BUCKET_FRAME));
			CU_ASSERT_TRUE(take(&m, 1, BUCKET_FRAME));
			drain(&m, 1);
			CU_ASSERT_FALSE(take(&m, 1, 1500));
		}
}

// A debt is paid when it says, what is taken meanwhile finds the bucket in debt, and it ends at `most`
// and at a bucket's worth.
static void
owes_up_to_a_limit(void)
{
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		struct meter m = meter_of(rates[r], clocks[1]);
		uint64_t now = 3 * m.hz, most = m.hz / 40, after, last = 0;
		unsigned int n = 0;

		drain(&m, now);
		while ((after = bucket_owe(
				&m.full_at, m.rate.cost, m.rate.depth, now, 1000, most)) > 0) {
			CU_ASSERT(after > last && after <= most + 1);
			CU_ASSERT_FALSE(take(&m, now, 1));
			CU_ASSERT_EQUAL(bucket_left(m.full_at, m.rate.cost, m.rate.depth, now), 0);
			last = after;
			if (++n > 1000000)
				break;
		}
		CU_ASSERT_DOUBLE_EQUAL(n, (double)(rates[r] / 40 / 8000), 1 + n * 0.001);
		CU_ASSERT_FALSE(take(&m, now + last - 2, 1));
		CU_ASSERT_TRUE(take(&m, now + last + 8 * m.hz / rates[r] + 2, 1));
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(holds_the_rate_within_a_thousandth),
	UNIT_CASE(lets_everything_pass_below_the_rate),
	UNIT_CASE(a_full_bucket_holds_two_frames_or_100_ms),
	UNIT_CASE(never_fills_beyond_its_depth),
	UNIT_CASE(is_full_after_years_without_traffic),
	UNIT_CASE(a_new_session_starts_with_a_full_bucket),
	UNIT_CASE(survives_a_clock_that_steps_back),
	UNIT_CASE(a_refused_packet_takes_nothing),
	UNIT_CASE(a_new_rate_counts_at_once),
	UNIT_CASE(what_is_left_is_what_can_be_taken),
	UNIT_CASE(zero_means_unlimited),
	UNIT_CASE(has_a_cost_at_every_rate),
	UNIT_CASE(owes_up_to_a_limit),
};

UNIT_MAIN("dataplane/token_bucket", cases)
