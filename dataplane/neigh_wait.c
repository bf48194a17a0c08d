// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/neigh_wait.h"

#include "dataplane/punt_main.h"
#include "dataplane/worker.h"

#include <rte_ip.h>

uint16_t
neigh_wait_count(const struct neigh_wait *t, uint16_t iface, uint32_t gateway)
{
	uint16_t same = 0;

	for (uint16_t i = 0; i < t->n; i++)
		same += t->waiting[i].gateway == gateway && t->waiting[i].iface == iface;
	return same;
}

void
neigh_wait_hold(
	struct worker *w, struct rte_mbuf *m, uint16_t vrf, uint32_t dst, const struct adjacency *a)
{
	struct neigh_wait *t = &w->neigh;
	uint32_t gateway = a->gateway ? a->gateway : dst;
	uint16_t same = neigh_wait_count(t, a->iface, gateway);

	if (!neigh_wait_has_room(t, same)) {
		drop(w, m, DP_DROP_NEIGH_FULL);
		return;
	}
	if (t->n == 0)
		t->generation = w->routing->generation;
	t->waiting[t->n++] = (struct neigh_waiting){
		.pkt = m,
		.until_tsc = w->now + w->in->shm->tsc_hz,
		.dst = dst,
		.gateway = gateway,
		.vrf = vrf,
		.iface = a->iface,
		.traced = w->tracer.subject,
	};
	w->count->neigh_held++;
	if (same == 0)
		resolve_ask(&w->lane, a->iface, gateway);
}

// Another gateway now: ask for that one.
static void
neigh_wait_redirect(struct worker *w, struct neigh_waiting *p, const struct adjacency *a)
{
	uint32_t gateway = a->gateway ? a->gateway : p->dst;

	if (gateway == p->gateway && a->iface == p->iface)
		return;
	p->gateway = gateway;
	p->iface = a->iface;
	resolve_ask(&w->lane, a->iface, gateway);
}

// True if the packet left: sent, or dropped because the route is gone.
static bool
neigh_wait_retry(struct worker *w, struct neigh_waiting *p)
{
	const struct route_view *v = worker_view(w, p->vrf);
	uint32_t src = rte_pktmbuf_mtod(p->pkt, const struct rte_ipv4_hdr *)->src_addr;
	uint32_t i = route_find_flow(v, p->dst, route_flow(src, p->dst));
	const struct adjacency *a = &v->adjacency[i];

	if (a->kind == ADJACENCY_UNRESOLVED) {
		neigh_wait_redirect(w, p, a);
		return false;
	}
	w->count->neigh_released += a->kind == ADJACENCY_RESOLVED;
	if (p->traced.direction)
		trace_begin(w, p->traced);
	tx_ip(w, p->pkt, p->vrf, p->dst);
	if (p->traced.direction)
		trace_end(w);
	return true;
}

static void
neigh_wait_give_up(struct worker *w, const struct neigh_waiting *p)
{
	if (p->traced.direction)
		trace_drop_later(w, p->traced, p->pkt, DP_DROP_NEIGH_TIMEOUT);
	drop(w, p->pkt, DP_DROP_NEIGH_TIMEOUT);
}

void
neigh_wait_run(struct worker *w)
{
	struct neigh_wait *t = &w->neigh;
	bool changed = t->generation != w->routing->generation;
	uint16_t kept = 0;

	if (t->n == 0)
		return;
	t->generation = w->routing->generation;
	for (uint16_t i = 0; i < t->n; i++) {
		struct neigh_waiting p = t->waiting[i];

		if (changed && neigh_wait_retry(w, &p))
			continue;
		if (p.until_tsc < w->now)
			neigh_wait_give_up(w, &p);
		else
			t->waiting[kept++] = p;
	}
	t->n = kept;
}
