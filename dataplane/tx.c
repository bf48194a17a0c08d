// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/tx.h"

#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#include <rte_ethdev.h>
#include <rte_ip.h>

// What the device or the ring didn't take.
static void
tx_refused(struct worker *w, struct tx_queue *q, uint16_t from, enum dp_drop reason)
{
	for (uint16_t i = from; i < q->n; i++)
		drop(w, q->pkt[i], reason);
}

static void
tx_flush_via(struct worker *w, struct tx_queue *q, uint16_t port)
{
	unsigned int sent;

	for (uint16_t i = 0; i < q->n; i++)
		q->pkt[i]->port = port; // tells the one who transmits
	sent = rte_ring_sp_enqueue_burst(q->via, (void **)q->pkt, q->n, NULL);
	tx_refused(w, q, (uint16_t)sent, DP_DROP_TX_RING_FULL);
	q->n = 0;
}

void
tx_flush_port(struct worker *w, uint16_t port)
{
	struct tx_queue *q = &w->tx[port];
	struct dp_port_counters *c = &w->port_count[port];
	uint64_t bytes = 0;
	uint16_t sent;

	if (q->via) {
		tx_flush_via(w, q, port);
		return;
	}
	for (uint16_t i = 0; i < q->n; i++)
		bytes += q->pkt[i]->pkt_len;
	sent = rte_eth_tx_burst(q->device, q->queue, q->pkt, q->n);
	if (unlikely(sent < q->n)) {
		for (uint16_t i = sent; i < q->n; i++)
			bytes -= q->pkt[i]->pkt_len;
		c->tx_full += q->n - sent;
		tx_refused(w, q, sent, DP_DROP_TX_FULL);
	}
	c->tx_packets += sent;
	c->tx_bytes += bytes;
	w->count->tx_packets += sent;
	w->count->tx_bytes += bytes;
	q->n = 0;
}

void
tx_flush(struct worker *w)
{
	for (uint16_t port = 0; port < w->in->shm->n_ports; port++)
		if (w->tx[port].n || unlikely(w->tx[port].has_own_frames))
			tx_flush_port(w, port);
}

static void
tx_by(struct worker *w, struct rte_mbuf *m, uint16_t vrf, const struct adjacency *a)
{
	switch (a->kind) {
	case ADJACENCY_RESOLVED:
		break;
	case ADJACENCY_UNRESOLVED:
		neigh_wait_hold(w, m, vrf, a);
		return;
	default:
		drop(w, m, DP_DROP_TX_NO_ROUTE);
		return;
	}
	if (rte_pktmbuf_prepend(m, a->l2_len) == NULL) {
		drop(w, m, DP_DROP_TX_NO_MBUF);
		return;
	}
	adjacency_write_l2(a, rte_pktmbuf_mtod_offset(m, void *, a->l2_len));
	tx_put(w, a->port, m);
}

void
tx_ip(struct worker *w, struct rte_mbuf *m, uint16_t vrf, uint32_t dst)
{
	const struct route_view *v = worker_view(w, vrf);
	uint32_t src = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *)->src_addr;

	tx_by(w, m, vrf, &v->adjacency[route_find_flow(v, dst, route_flow(src, dst))]);
}

void
tx_ip6(struct worker *w, struct rte_mbuf *m, uint16_t vrf)
{
	tx_by(w, m, vrf, ipv6_next_hop(worker_view(w, vrf), rte_pktmbuf_mtod(m, const void *)));
}
