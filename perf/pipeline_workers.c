// SPDX-License-Identifier: BSD-3-Clause
#include "perf/pipeline.h"

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_LCORE 1

// One worker's pass over its lane.
struct job {
	unsigned int lane;
	const struct row *row;
	struct rte_mbuf **pkts;
	uint32_t n;
	double cycles; // per packet, the median window; result
};

static struct job jobs[LANES];
static atomic_uint n_ready, n_wanted;

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

// Starts once all that take part are there. The median counts, so that the end, when one of them may
// be alone, doesn't.
static int
run(void *arg)
{
	static double windows[LANES][COLD_FRAMES / WINDOW];
	struct job *j = arg;
	double *value = windows[j->lane];
	unsigned int k = 0;

	atomic_fetch_add(&n_ready, 1);
	while (atomic_load(&n_ready) < atomic_load(&n_wanted))
		rte_pause();
	for (uint32_t at = 0; at < j->n; at += WINDOW) {
		uint64_t begin = rte_rdtsc_precise();

		for (uint32_t i = at; i < at + WINDOW; i += BURST)
			torii_forward_by(j->lane, j->pkts + i, BURST);
		value[k++] = (double)(rte_rdtsc_precise() - begin) / WINDOW;
	}
	qsort(value, k, sizeof(*value), compare);
	j->cycles = value[k / 2];
	return 0;
}

static void
job_prepare(struct job *j, const struct row *row, unsigned int lane)
{
	*j = (struct job){ .lane = lane, .row = row };
	j->pkts = frames_fill(row, lane, &j->n);
}

static void
job_end(struct job *j)
{
	if (frames_take_back(j->row, j->lane, j->n, true))
		return;
	fprintf(stderr, "pipeline: what came out of worker %u isn't right\n", j->lane);
	exit(1);
}

static double
alone(const struct row *row, unsigned int lane)
{
	struct job *j = &jobs[lane];

	job_prepare(j, row, lane);
	n_ready = 0;
	n_wanted = 1;
	if (lane == 0)
		run(j);
	else if (rte_eal_remote_launch(run, j, SECOND_LCORE) == 0)
		rte_eal_wait_lcore(SECOND_LCORE);
	job_end(j);
	return j->cycles;
}

static void
together(const struct row *row)
{
	for (unsigned int k = 0; k < LANES; k++)
		job_prepare(&jobs[k], row, k);
	n_ready = 0;
	n_wanted = LANES;
	if (rte_eal_remote_launch(run, &jobs[1], SECOND_LCORE)) {
		fprintf(stderr, "pipeline: the second CPU can't be used\n");
		exit(1);
	}
	run(&jobs[0]);
	rte_eal_wait_lcore(SECOND_LCORE);
	for (unsigned int k = 0; k < LANES; k++)
		job_end(&jobs[k]);
}

double
workers_speedup(
	const char *run_dir, enum direction direction, uint32_t sessions, unsigned int rounds)
{
	struct row row = { direction, sessions, 64, true, false };
	double value[ROUNDS_MAX];

	frames_open(run_dir, sessions, FRAMES_TWO_WORKERS);
	frames_rate(true);
	together(&row); // warms up
	for (unsigned int i = 0; i < rounds; i++) {
		double one[LANES];

		value[i] = 0;
		for (unsigned int k = 0; k < LANES; k++)
			one[k] = alone(&row, k);
		together(&row);
		for (unsigned int k = 0; k < LANES; k++)
			value[i] += one[k] / jobs[k].cycles;
	}
	frames_close();
	qsort(value, rounds, sizeof(*value), compare);
	return value[rounds / 2];
}
