// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#define IDLE_POLLS 256   // empty turns before the first pause
#define IDLE_PAUSE_US 20 // the first pause; each one is longer than the one before
#define IDLE_PAUSE_MAX_US 200

// A packet is dropped as a frame, or once it is exactly its IP packet.
static bool
is_frame(const uint8_t *bytes, uint16_t len)
{
	uint16_t ipv4 = len < 20 ? 0 : (uint16_t)(bytes[2] << 8 | bytes[3]);
	uint16_t ipv6 = len < 40 ? 0 : (uint16_t)((bytes[4] << 8 | bytes[5]) + 40);
	uint8_t version = len ? bytes[0] >> 4 : 0;

	return !(version == 4 && ipv4 == len) && !(version == 6 && ipv6 == len);
}

void
drop_sample(struct worker *w, const struct rte_mbuf *m, enum dp_drop reason)
{
	struct dp_drop_sample *s = &w->shm->sample[reason];
	uint16_t n = RTE_MIN(m->data_len, DP_SAMPLE_BYTES);
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t seq = atomic_load_explicit(&s->seq, memory_order_relaxed);

	atomic_store_explicit(&s->seq, seq | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	s->port = m->port;
	s->len = m->data_len;
	s->tsc = w->now;
	s->is_frame = is_frame(bytes, m->data_len);
	memcpy(s->bytes, bytes, n);
	memset(s->bytes + n, 0, DP_SAMPLE_BYTES - n);
	atomic_store_explicit(&s->seq, (seq | 1) + 1, memory_order_release);
}

void
worker_ul6(struct worker *w)
{
	ul6_enforce(w, &w->ul6);
	ul6_tunnel(w, &w->ul6);
	w->ul6.n = 0;
}

void
worker_burst(struct worker *w, struct rte_mbuf **pkts, uint16_t n, bool handed_off)
{
	w->ul.n = 0;
	w->dl.n = 0;
	w->ul6.n = 0;
	w->dl6.n = 0;
	classify(w, pkts, n, handed_off);
	ul_lookup(w, &w->ul);
	ul_enforce(w, &w->ul);
	ul_tunnel(w, &w->ul);
	dl_lookup(w, &w->dl);
	dl_enforce(w, &w->dl);
	dl_tunnel(w, &w->dl);
	if (unlikely(w->ul6.n))
		worker_ul6(w);
	if (unlikely(w->dl6.n)) {
		dl6_lookup(w, &w->dl6);
		dl6_enforce(w, &w->dl6);
		dl6_tunnel(w, &w->dl6);
	}
	if (unlikely(w->tracer.n))
		trace_run(w);
}

static void
count_rx(struct worker *w, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	struct dp_port_counters *c = &w->port_count[port];
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	c->rx_packets += n;
	c->rx_bytes += bytes;
	w->count->rx_packets += n;
	w->count->rx_bytes += bytes;
}

static void
mark(uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		pkts[i]->port = port;
}

static unsigned int
poll_ports(struct worker *w)
{
	struct rte_mbuf *pkts[BURST_MAX];
	unsigned int work = 0;

	for (uint16_t i = 0; i < w->n_rxq; i++) {
		const struct rx_queue *q = &w->rxq[i];
		uint16_t n = rte_eth_rx_burst(q->device, q->queue, pkts, w->in->burst);

		if (n == 0)
			continue;
		if (q->must_mark)
			mark(q->port, pkts, n);
		count_rx(w, q->port, pkts, n);
		worker_burst(w, pkts, n, false);
		work += n;
	}
	return work;
}

// Frames that another worker or main has for us: to work on, or just to transmit.
static unsigned int
poll_rings(struct worker *w)
{
	struct rte_mbuf *pkts[BURST_MAX];
	unsigned int work = 0, n;

	for (uint16_t from = 0; from < w->n_workers; from++) {
		if (w->from[from]) {
			n = handoff_get(w, from, pkts, w->in->burst);
			if (n)
				worker_burst(w, pkts, (uint16_t)n, true);
			work += n;
		}
		if (w->tx_from[from]) {
			n = rte_ring_sc_dequeue_burst(
				w->tx_from[from], (void **)pkts, w->in->burst, NULL);
			for (unsigned int i = 0; i < n; i++)
				tx_put(w, pkts[i]->port, pkts[i]);
			work += n;
		}
	}
	n = rte_ring_sc_dequeue_burst(w->lane.from_linux, (void **)pkts, w->in->burst, NULL);
	w->count->inject_packets += n;
	for (unsigned int i = 0; i < n; i++)
		tx_put(w, pkts[i]->port, pkts[i]);
	return work + n;
}

unsigned int
worker_turn(struct worker *w, uint64_t now)
{
	unsigned int work;

	w->now = now;
	w->routing = atomic_load_explicit(&w->in->routing->now, memory_order_acquire);
	rate_wait_run(w);
	work = poll_ports(w);
	work += poll_rings(w);
	work += requests_run(w);
	neigh_wait_run(w);
	reassembly_run(w);
	advert_run(w);
	handoff_flush(w);
	tx_flush(w);
	punt_flush(&w->lane);
	return work;
}

unsigned int
worker_poll(struct worker *w)
{
	unsigned int work = worker_turn(w, rte_rdtsc());

	w->count->polls++;
	if (work) {
		w->count->polls_busy++;
		w->count->cycles_busy += rte_rdtsc() - w->now;
	}
	atomic_store_explicit(&w->shm->heartbeat_tsc, w->now, memory_order_relaxed);
	return work;
}

// Not a reader of the routing while it sleeps, so that main need not wait for it.
static void
worker_pause(struct worker *w, unsigned int idle_polls)
{
	unsigned int us = IDLE_PAUSE_US + (idle_polls - IDLE_POLLS) / 4;

	rte_rcu_qsbr_thread_offline(w->in->routing->qsbr, w->index);
	rte_delay_us_sleep(us < IDLE_PAUSE_MAX_US ? us : IDLE_PAUSE_MAX_US);
	rte_rcu_qsbr_thread_online(w->in->routing->qsbr, w->index);
	w->count->sleeps++;
}

int
worker_main(void *arg)
{
	struct worker *w = arg;
	struct rte_rcu_qsbr *qsbr = w->in->routing->qsbr;
	unsigned int idle_polls = 0;

	rte_rcu_qsbr_thread_register(qsbr, w->index);
	rte_rcu_qsbr_thread_online(qsbr, w->index);
	while (!atomic_load_explicit(&w->in->stopping, memory_order_relaxed)) {
		idle_polls = worker_poll(w) ? 0 : idle_polls + 1;
		rte_rcu_qsbr_quiescent(qsbr, w->index);
		if (w->in->may_sleep && idle_polls > IDLE_POLLS)
			worker_pause(w, idle_polls);
	}
	rte_rcu_qsbr_thread_offline(qsbr, w->index);
	rte_rcu_qsbr_thread_unregister(qsbr, w->index);
	return 0;
}
