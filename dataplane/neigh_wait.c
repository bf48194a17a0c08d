// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/neigh_wait.h"

#include "dataplane/ipv6.h"
#include "dataplane/punt_main.h"
#include "dataplane/worker.h"

#include <rte_ip.h>

static bool
is_ipv6(const struct rte_mbuf *m)
{
	return *rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 6;
}

// Where the packet goes.
static struct dp_addr
dst_of(const struct rte_mbuf *m)
{
	const void *ip = rte_pktmbuf_mtod(m, const void *);
	struct dp_addr dst = { .family = is_ipv6(m) ? 6 : 4 };

	if (dst.family == 6)
		memcpy(dst.bytes, ((const struct rte_ipv6_hdr *)ip)->dst_addr, 16);
	else
		memcpy(dst.bytes, &((const struct rte_ipv4_hdr *)ip)->dst_addr, 4);
	return dst;
}

// Of an IPv4 packet, network order.
static uint32_t
src_of(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *)->src_addr;
}

static uint32_t
host_order(const struct dp_addr *a)
{
	uint32_t be;

	memcpy(&be, a->bytes, sizeof(be));
	return rte_be_to_cpu_32(be);
}

struct dp_addr
neigh_of(const struct adjacency *a, const struct dp_addr *dst)
{
	struct dp_addr n = { .family = 6 };
	uint32_t be = rte_cpu_to_be_32(a->gateway);

	if (a->gateway == 0)
		return *dst;
	if (a->gateway == ADJACENCY_GATEWAY6) {
		memcpy(n.bytes, a->gateway6, sizeof(n.bytes));
		return n;
	}
	n.family = 4;
	memcpy(n.bytes, &be, sizeof(be));
	return n;
}

static bool
same_addr(const struct dp_addr *a, const struct dp_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint16_t
neigh_wait_count(const struct neigh_wait *t, uint16_t iface, const struct dp_addr *gateway)
{
	uint16_t same = 0;

	for (uint16_t i = 0; i < t->n; i++)
		same += t->waiting[i].iface == iface && same_addr(&t->waiting[i].gateway, gateway);
	return same;
}

void
neigh_wait_hold(struct worker *w, struct rte_mbuf *m, uint16_t vrf, const struct adjacency *a)
{
	struct neigh_wait *t = &w->neigh;
	struct dp_addr dst = dst_of(m), gateway = neigh_of(a, &dst);
	uint16_t same = neigh_wait_count(t, a->iface, &gateway);

	if (!neigh_wait_has_room(t, same)) {
		drop(w, m, DP_DROP_NEIGH_FULL);
		return;
	}
	if (t->n == 0)
		t->generation = w->routing->generation;
	t->waiting[t->n++] = (struct neigh_waiting){
		.pkt = m,
		.until_tsc = w->now + w->in->shm->tsc_hz,
		.gateway = gateway,
		.vrf = vrf,
		.iface = a->iface,
		.traced = w->tracer.subject,
	};
	w->count->neigh_held++;
	if (same == 0)
		resolve_ask(&w->lane, a->iface, &gateway);
}

// Another gateway now: ask for that one.
static void
neigh_wait_redirect(struct worker *w, struct neigh_waiting *p, const struct adjacency *a)
{
	struct dp_addr dst = dst_of(p->pkt), gateway = neigh_of(a, &dst);

	if (same_addr(&gateway, &p->gateway) && a->iface == p->iface)
		return;
	p->gateway = gateway;
	p->iface = a->iface;
	resolve_ask(&w->lane, a->iface, &gateway);
}

// True if the packet left: sent, or dropped because the route is gone.
static bool
neigh_wait_retry(struct worker *w, struct neigh_waiting *p)
{
	const struct route_view *v = worker_view(w, p->vrf);
	struct dp_addr dst = dst_of(p->pkt);
	uint32_t addr = host_order(&dst);
	const struct adjacency *a = dst.family == 6
		? ipv6_next_hop(v, rte_pktmbuf_mtod(p->pkt, const void *))
		: &v->adjacency[route_find_flow(v, addr, route_flow(src_of(p->pkt), addr))];

	if (a->kind == ADJACENCY_UNRESOLVED) {
		neigh_wait_redirect(w, p, a);
		return false;
	}
	w->count->neigh_released += a->kind == ADJACENCY_RESOLVED;
	if (p->traced.direction)
		trace_begin(w, p->traced);
	if (dst.family == 6)
		tx_ip6(w, p->pkt, p->vrf);
	else
		tx_ip(w, p->pkt, p->vrf, addr);
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

// Under steady traffic somebody always waits, and nobody would ask again after a lost question.
static void
neigh_wait_ask_again(struct worker *w, const struct neigh_waiting *p, uint16_t behind)
{
	const struct neigh_wait *t = &w->neigh;

	for (uint16_t i = behind; i < t->n; i++)
		if (t->waiting[i].iface == p->iface &&
			same_addr(&t->waiting[i].gateway, &p->gateway)) {
			resolve_ask(&w->lane, p->iface, &p->gateway);
			return;
		}
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
		if (p.until_tsc >= w->now) {
			t->waiting[kept++] = p;
			continue;
		}
		neigh_wait_ask_again(w, &p, i + 1);
		neigh_wait_give_up(w, &p);
	}
	t->n = kept;
}
