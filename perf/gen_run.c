// SPDX-License-Identifier: BSD-3-Clause
#include "perf/gen.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#define DRAIN_US 20000 // for what is on its way after the last frame was sent
#define RESOLUTION 0.01

_Atomic bool gen_interrupted;
static bool is_json;

bool
gen_json_wanted(void)
{
	return is_json;
}

void
gen_json_set(bool wanted)
{
	is_json = wanted;
}

static double
seconds_since(uint64_t tsc)
{
	return (double)(rte_rdtsc() - tsc) / (double)rte_get_tsc_hz();
}

static void
counts_now(struct gen_counts counts[GEN_DIRECTIONS])
{
	for (int d = 0; d < GEN_DIRECTIONS; d++)
		counts[d] = gen_stream[d].counts;
}

// Packets per second of each direction by the configured rate.
static void
rates_set(void)
{
	for (int d = 0; d < GEN_DIRECTIONS; d++) {
		struct rte_eth_link link = { 0 };

		(void)rte_eth_link_get_nowait(gen_config.port[d], &link);
		gen_stream[d].pps = rate_pps(&gen_config.rate,
			link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed,
			gen_frame_bytes((enum gen_direction)d, gen_config.size));
	}
}

// Until the time is over, printing a line per period.
static void
watch(uint64_t began, double seconds)
{
	struct gen_counts before[GEN_DIRECTIONS], now[GEN_DIRECTIONS];
	double period = gen_config.stats_period_s, last = 0;

	counts_now(before);
	while (!atomic_load(&gen_interrupted)) {
		double at = seconds_since(began);

		if (seconds > 0 && at >= seconds)
			return;
		if (period > 0 && at - last >= period) {
			counts_now(now);
			gen_report_period(before, now, at - last);
			memcpy(before, now, sizeof(before));
			last = at;
		}
		rte_delay_us_sleep(seconds > 0 && seconds - at < 0.01 ? 200 : 5000);
	}
}

static struct gen_result
measure(double seconds)
{
	struct gen_result r;
	uint64_t began;

	gen_counts_clear();
	gen_state_set(GEN_SENDING);
	began = rte_rdtsc();
	watch(began, seconds);
	r.seconds = seconds_since(began);
	gen_state_set(GEN_DRAINING);
	rte_delay_us_sleep(DRAIN_US);
	gen_state_set(GEN_IDLE);
	rte_delay_us_sleep(1000); // for an lcore in the middle of its turn
	counts_now(r.counts);
	return r;
}

struct gen_result
gen_run(double seconds)
{
	rates_set();
	return measure(seconds);
}

static double
worst_loss(const struct gen_result *r)
{
	double worst = 0;

	for (int d = 0; d < GEN_DIRECTIONS; d++)
		if (gen_config.is_active[d])
			worst = RTE_MAX(worst, gen_loss_pct(&r->counts[d]));
	return worst;
}

// The slower direction's rate: both are offered the same.
static double
sent_pps(const struct gen_result *r)
{
	double slowest = 0;

	for (int d = 0; d < GEN_DIRECTIONS; d++) {
		double pps = (double)r->counts[d].sent / r->seconds;

		if (gen_config.is_active[d] && (slowest <= 0 || pps < slowest))
			slowest = pps;
	}
	return slowest;
}

static struct gen_result
trial(double pps, double seconds)
{
	for (int d = 0; d < GEN_DIRECTIONS; d++)
		gen_stream[d].pps = pps;
	return measure(seconds);
}

static void
trial_print(unsigned int n, double pps, double loss)
{
	if (is_json)
		return;
	printf("trial %2u: %9.3f Mpps of each direction, lost %.4f %%\n", n, 1e-6 * pps, loss);
	fflush(stdout);
}

void
gen_search(double max_loss_pct, double trial_s)
{
	struct rate_search s = { .max_loss_pct = max_loss_pct, .resolution = RESOLUTION };
	struct gen_result r = trial(0, trial_s), best = r;
	double pps;

	rate_search_start(&s, sent_pps(&r), worst_loss(&r));
	trial_print(s.trials, sent_pps(&r), worst_loss(&r));
	while ((pps = rate_search_next(&s)) > 0 && !atomic_load(&gen_interrupted)) {
		double loss;

		r = trial(pps, trial_s);
		loss = worst_loss(&r);
		rate_search_result(&s, pps, loss);
		trial_print(s.trials, pps, loss);
		if (loss <= max_loss_pct)
			best = r;
	}
	if (is_json) {
		printf("{\"max_loss_pct\": %g, \"pps\": %.0f, \"trials\": %u, \"best\": ",
			max_loss_pct, s.low, s.trials);
		gen_report_json(stdout, &best);
		printf("}\n");
		fflush(stdout);
		return;
	}
	printf("highest rate with at most %g %% lost: %.3f Mpps of each direction\n", max_loss_pct,
		1e-6 * s.low);
	if (s.low > 0)
		gen_report_text(stdout, &best);
}
