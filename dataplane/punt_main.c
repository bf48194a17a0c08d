// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/punt_main.h"

#include <rte_ethdev.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TO_LINUX_PER_CALL 256 // frames of each class
#define TO_LINUX_AT_ONCE 8    // frames of one worker before the next one's turn
#define FROM_LINUX_PER_CALL 64
#define BURST_MIN 16 // frames that a full bucket holds at least

struct punt_main {
	struct punt_main_config config;
	uint16_t first_worker; // whose turn it is
};

// A full bucket holds a quarter of a second.
static struct dp_punt_policer
policer_of(uint32_t pps, uint16_t n_workers, uint64_t tsc_hz)
{
	uint64_t burst = RTE_MAX(pps / 4, BURST_MIN);
	struct dp_punt_policer p = { .cost = pps ? RTE_MAX(tsc_hz / pps, 1u) : 0 };

	p.worker_cost = p.cost * n_workers;
	p.depth = p.cost * burst;
	p.worker_depth = p.worker_cost * RTE_MAX(burst / n_workers, 2u);
	return p;
}

static bool
take(uint64_t *full_at, uint64_t cost, uint64_t depth, uint64_t now)
{
	uint64_t until = RTE_MAX(*full_at, now) + cost;

	if (until - now > depth)
		return false;
	*full_at = until;
	return true;
}

static bool
policer_pass(struct dp_punt_policer *p, uint16_t worker, uint64_t now)
{
	if (p->cost == 0)
		return true;
	if (take(&p->worker_full_at[worker], p->worker_cost, p->worker_depth, now)) {
		p->full_at = RTE_MAX(p->full_at, now) + p->cost;
		return true;
	}
	return take(&p->full_at, p->cost, p->depth, now);
}

struct punt_main *
punt_main_new(const struct punt_main_config *config)
{
	struct punt_main *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->config = *config;
	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++)
		config->policer[c] = policer_of(config->pps[c], config->n_workers, config->tsc_hz);
	return p;
}

void
punt_main_free(struct punt_main *p)
{
	free(p);
}

static void
deliver(struct punt_main *p, enum dp_punt_class class, uint16_t worker, struct rte_mbuf *m,
	uint64_t now)
{
	struct dp_punt_counters *count = &p->config.count[class];

	if (!policer_pass(&p->config.policer[class], worker, now))
		count->policed++;
	else if (m->port >= p->config.n_ports || tap_write(&p->config.tap[m->port], m) != 0)
		count->tap_errors++;
	else
		count->packets++;
	rte_pktmbuf_free(m);
}

// A few frames of each worker in turn. Returns how many.
static unsigned int
deliver_round(struct punt_main *p, enum dp_punt_class class, uint64_t now)
{
	struct rte_mbuf *frame[TO_LINUX_AT_ONCE];
	unsigned int n, all = 0;

	for (uint16_t i = 0; i < p->config.n_workers; i++) {
		uint16_t w = (uint16_t)((p->first_worker + i) % p->config.n_workers);
		struct rte_ring *ring = p->config.lane[w]->to_linux[class];

		n = rte_ring_sc_dequeue_burst(ring, (void **)frame, TO_LINUX_AT_ONCE, NULL);
		for (unsigned int k = 0; k < n; k++)
			deliver(p, class, w, frame[k], now);
		all += n;
	}
	p->first_worker = (uint16_t)((p->first_worker + 1) % p->config.n_workers);
	return all;
}

bool
punt_main_to_linux(struct punt_main *p, uint64_t now_tsc)
{
	bool has_more = false;

	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++) {
		unsigned int n = 1, all = 0;

		for (; n > 0 && all < TO_LINUX_PER_CALL; all += n)
			n = deliver_round(p, c, now_tsc);
		has_more |= n > 0;
	}
	return has_more;
}

bool
punt_main_from_linux(struct punt_main *p, uint16_t port)
{
	struct punt_lane *lane = p->config.lane[p->config.tx_worker[port]];
	struct dp_main_counters *count = p->config.main_count;

	for (unsigned int i = 0; i < FROM_LINUX_PER_CALL; i++) {
		struct rte_mbuf *m;
		int error = tap_read(&p->config.tap[port], p->config.pool, &m);

		if (error == -ENOBUFS || error == -EMSGSIZE) {
			count->tap_packets++;
			count->tap_no_mbuf++;
			continue;
		}
		if (error != 0)
			return false;
		count->tap_packets++;
		m->port = port;
		if (rte_ring_sp_enqueue(lane->from_linux, m) != 0) {
			count->tap_ring_full++;
			rte_pktmbuf_free(m);
		}
	}
	return true;
}

bool
punt_main_next_resolve(struct punt_main *p, struct resolve_request *request)
{
	for (uint16_t i = 0; i < p->config.n_workers; i++)
		if (rte_ring_sc_dequeue_elem(
			    p->config.lane[i]->resolve, request, sizeof(*request)) == 0)
			return true;
	return false;
}

bool
punt_main_is_idle(const struct punt_main *p)
{
	for (uint16_t i = 0; i < p->config.n_workers; i++) {
		const struct punt_lane *lane = p->config.lane[i];

		for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++)
			if (!rte_ring_empty(lane->to_linux[c]))
				return false;
		if (!rte_ring_empty(lane->resolve))
			return false;
	}
	return true;
}
