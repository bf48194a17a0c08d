// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/explain_tell.h"

#include "dataplane/bearers.h"
#include "dataplane/judge6.h"
#include "dataplane/worker.h"

#define NONE UINT16_MAX

// ---- Where it comes in

static const struct adjacency *
way_to(const struct route_view *v, const struct dp_addr *addr)
{
	uint32_t be, host;

	if (addr->family == 6)
		return route_find6_flow(v, addr6_of(addr->bytes), 0);
	memcpy(&be, addr->bytes, sizeof(be));
	host = rte_be_to_cpu_32(be);
	return &v->adjacency[route_find_flow(v, host, host)];
}

static uint16_t
iface_of_role(const struct worker *w, uint16_t vrf, uint8_t role)
{
	for (uint16_t i = 0; i < w->in->shm->n_ifaces; i++)
		if (w->in->iface[i].vrf == vrf && w->in->iface[i].role & role)
			return i;
	return NONE;
}

uint16_t
explain_iface(const struct worker *w, uint16_t vrf, const struct dp_addr *sender, uint8_t role)
{
	const struct adjacency *a;
	bool is_link;

	if (sender->family == 0)
		return iface_of_role(w, vrf, role);
	a = way_to(worker_view(w, vrf), sender);
	is_link = a->kind == ADJACENCY_RESOLVED || a->kind == ADJACENCY_UNRESOLVED;
	if (is_link && w->in->iface[a->iface].role & role)
		return a->iface;
	return iface_of_role(w, vrf, role);
}

// A port's receive queues go round the workers (worker_queues()).
static uint16_t
n_receivers(const struct worker *w, uint16_t iface)
{
	const struct dp_header *h = w->in->shm;

	return iface == NONE ? w->n_workers
			     : RTE_MIN(h->port[h->iface[iface].port].n_rxq, w->n_workers);
}

bool
explain_handoff(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	uint16_t receivers = n_receivers(w, e->in_iface);
	bool has_room = !q->by_alias && w->index < receivers;

	for (uint16_t i = 0; i < w->n_workers; i++) {
		bool hands = q->by_alias ? w->in->shard_worker[e->shard] == i : i < receivers;
		unsigned int n;

		if (i == w->index || !hands)
			continue;
		n = rte_ring_count(w->from[i]);
		has_room |= !rte_ring_full(w->from[i]);
		if (e->handoff_room && n <= e->handoff_waiting)
			continue;
		e->handoff_waiting = (uint16_t)n;
		e->handoff_room = (uint16_t)rte_ring_get_capacity(w->from[i]);
		e->handoff_from = (uint8_t)i;
	}
	return !has_room;
}

// Frames that a bucket would let pass now.
static uint32_t
frames_left(uint64_t full_at, uint64_t cost, uint64_t depth, uint64_t now)
{
	uint64_t used = full_at > now ? full_at - now : 0;

	return used < depth ? (uint32_t)((depth - used) / cost) : 0;
}

void
explain_punt(const struct worker *w, struct dp_explanation *e)
{
	const struct rte_ring *ring = w->lane.to_linux[e->punt_class];
	const struct dp_punt_policer *p = &w->in->shm->policer[e->punt_class];

	e->punt_waiting = (uint16_t)rte_ring_count(ring);
	e->punt_room = (uint16_t)rte_ring_get_capacity(ring);
	if (p->cost == 0)
		return;
	e->punt_pps = (uint32_t)(w->in->shm->tsc_hz / p->cost);
	e->punt_frames_max = (uint32_t)(p->depth / p->cost);
	e->punt_frames = RTE_MAX(frames_left(p->full_at, p->cost, p->depth, w->now),
		frames_left(p->worker_full_at[w->index], p->worker_cost, p->worker_depth, w->now));
}

// ---- Whose it is, and what he may do

void
explain_session(const struct worker *w, struct dp_explanation *e, const struct session *line)
{
	const struct tunnel_peer *p = &w->peers.peer[line->peer];
	const struct session *s = bearers_session(w, line);

	e->has_session = 1;
	e->slot = (uint32_t)(s - w->sessions);
	e->generation = s->generation;
	e->is_dedicated = line != s;
	e->has_filters = (s->flags & SESSION_HAS_FILTERS) != 0;
	e->teid = line->teid;
	e->peer_teid = rte_be_to_cpu_32(line->peer_teid);
	e->ebi = line->ebi;
	e->qci = line->qci;
	e->vrf = line->vrf;
	e->session_mtu = line->mtu;
	e->peer = p->ends.remote;
	e->local = p->ends.local;
	if (line->ue_ipv4) {
		e->ue.family = 4;
		memcpy(e->ue.bytes, &line->ue_ipv4, sizeof(line->ue_ipv4));
	}
	memcpy(e->ue_prefix, line->ue_ipv6_prefix, sizeof(e->ue_prefix));
	if (line->flags & SESSION_UL_CLOSED)
		e->session_flags |= DP_SESSION_UL_CLOSED;
	if (line->flags & SESSION_DL_CLOSED)
		e->session_flags |= DP_SESSION_DL_CLOSED;
	if (line->flags & SESSION_TRACE)
		e->session_flags |= DP_SESSION_TRACE;
}

static struct dp_meter
meter_of(const struct worker *w, const struct session *s, bool is_ul)
{
	const struct dp_slot_usage *u = worker_usage(w, s);
	uint64_t cost = is_ul ? s->ul_cost : s->dl_cost;
	uint32_t depth = is_ul ? s->ul_depth : s->dl_depth;
	uint64_t full = w->now << BUCKET_TIME_SHIFT;

	if (cost == 0)
		return (struct dp_meter){ 0 };
	return (struct dp_meter){
		.bps = (uint64_t)(((unsigned __int128)w->in->shm->tsc_hz * 8 << BUCKET_COST_SHIFT) /
			cost),
		.bytes = bucket_left(is_ul ? u->ul.bucket : u->dl.bucket, cost, depth, w->now),
		.bytes_max = bucket_left(full, cost, depth, w->now),
	};
}

void
explain_meters(
	const struct worker *w, struct dp_explanation *e, const struct session *line, bool is_ul)
{
	e->meter = meter_of(w, line, is_ul);
	e->is_in_ambr = (line->flags & SESSION_IN_AMBR) != 0;
	if (e->is_in_ambr)
		e->ambr = meter_of(w, bearers_session(w, line), is_ul);
}

// ---- Where it goes

void
explain_next_hop(const struct worker *w, struct dp_explanation *e, const struct adjacency *a,
	const struct dp_addr *dst)
{
	static const uint8_t kinds[] = {
		[ADJACENCY_RESOLVED] = DP_NEXT_HOP_RESOLVED,
		[ADJACENCY_UNRESOLVED] = DP_NEXT_HOP_UNRESOLVED,
		[ADJACENCY_LOCAL] = DP_NEXT_HOP_LOCAL,
		[ADJACENCY_BLACKHOLE] = DP_NEXT_HOP_BLACKHOLE,
		[ADJACENCY_GROUP] = DP_NEXT_HOP_NONE,
	};
	e->next_hop_kind = kinds[a->kind];
	if (a->kind != ADJACENCY_RESOLVED && a->kind != ADJACENCY_UNRESOLVED)
		return;
	e->next_hop = neigh_of(a, dst);
	e->out_iface = a->iface;
	e->out_mtu = a->mtu;
	e->waiting = neigh_wait_count(&w->neigh, a->iface, &e->next_hop);
	if (a->kind != ADJACENCY_RESOLVED)
		return;
	e->l2_len = a->l2_len;
	memcpy(e->next_hop_mac, a->l2, sizeof(e->next_hop_mac));
}
