// SPDX-License-Identifier: BSD-3-Clause
#include "control/drop_rates.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

#define D DP_DROP_SPOOFED

static struct drop_rates rates;
static struct dp_header *h;

static void
begin(void)
{
	h = aligned_alloc(64, sizeof(*h) + 2 * sizeof(struct dp_worker));
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	memset(h, 0, sizeof(*h) + 2 * sizeof(struct dp_worker));
	h->worker_off = sizeof(*h);
	h->n_workers = 2;
	h->instance = 1;
	rates = (struct drop_rates){ 0 };
	drop_rates_look(&rates, h, 1000);
}

static void
drop(unsigned int worker, uint64_t n)
{
	dp_shm_worker(h, worker)->counters.drop[D] += n;
}

static void
rates_are_of_the_time_since_the_latest_look(void)
{
	begin();
	drop(0, 30);
	drop(1, 10);
	CU_ASSERT_EQUAL(drop_count(h, D), 40);
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 3000), 20, 0.01);
	drop_rates_look(&rates, h, 3000); // too early for another look
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 5000), 10, 0.01);
	drop_rates_look(&rates, h, 9000);
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 9100), 5, 0.01); // of the time before
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 11000), 0, 0.01);
	free(h);
}

static void
what_main_drops_counts_too(void)
{
	begin();
	h->punt[DP_PUNT_ICMP].policed = 3;
	h->punt[DP_PUNT_OTHER].policed = 4;
	h->punt[DP_PUNT_OTHER].tap_errors = 5;
	CU_ASSERT_EQUAL(drop_count(h, DP_DROP_PUNT_POLICED), 7);
	CU_ASSERT_EQUAL(drop_count(h, DP_DROP_PUNT_TAP), 5);
	CU_ASSERT_EQUAL(drop_count(h, DP_DROP_PUNT_FULL), 0);
	free(h);
}

static void
a_new_instance_begins_at_nothing(void)
{
	begin();
	drop(0, 1000);
	drop_rates_look(&rates, h, 7000);
	h->instance = 2;
	dp_shm_worker(h, 0)->counters.drop[D] = 5;
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 7500), 0, 0.01);
	drop_rates_look(&rates, h, 8000);
	drop(0, 10);
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 10000), 5, 0.01);
	drop_rates_look(&rates, NULL, 20000); // no dataplane
	CU_ASSERT_DOUBLE_EQUAL(drop_rate(&rates, h, D, 10000), 5, 0.01);
	free(h);
}

static const struct unit_case cases[] = {
	UNIT_CASE(rates_are_of_the_time_since_the_latest_look),
	UNIT_CASE(what_main_drops_counts_too),
	UNIT_CASE(a_new_instance_begins_at_nothing),
};

UNIT_MAIN("control/drop_rates", cases)
