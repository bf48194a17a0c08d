// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/explain.h"

#include "dataplane/fragment.h"
#include "dataplane/gtpu.h"
#include "dataplane/icmp_error.h"
#include "dataplane/judge.h"
#include "dataplane/worker.h"

#include <errno.h>

#define NONE UINT16_MAX
#define ICMP_ECHO_REQUEST 8

// The packet, as much of it as is ever looked at, with room in front for a tunnel's headers.
struct subject {
	uint8_t room[OUTER_ROOM];
	struct rte_ipv4_hdr ip;
	uint8_t l4[8];
};

static uint32_t
host_order(const struct dp_addr *a)
{
	uint32_t be;

	memcpy(&be, a->bytes, sizeof(be));
	return rte_be_to_cpu_32(be);
}

static struct dp_addr
addr_of(uint32_t host)
{
	struct dp_addr a = { .family = 4 };
	uint32_t be = rte_cpu_to_be_32(host);

	memcpy(a.bytes, &be, sizeof(be));
	return a;
}

static void
make_subject(struct subject *t, const struct dp_explain *q)
{
	uint16_t ports[2] = { rte_cpu_to_be_16(q->src_port), rte_cpu_to_be_16(q->dst_port) };

	*t = (struct subject){
		.ip = {
			.version_ihl = RTE_IPV4_VHL_DEF,
			.total_length = rte_cpu_to_be_16(q->len),
			.fragment_offset = q->may_cut ? 0 : RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
			.time_to_live = q->ttl,
			.next_proto_id = q->proto,
			.src_addr = rte_cpu_to_be_32(host_order(&q->src)),
			.dst_addr = rte_cpu_to_be_32(host_order(&q->dst)),
		},
	};
	if (q->proto == IPPROTO_ICMP)
		t->l4[0] = ICMP_ECHO_REQUEST;
	else
		memcpy(t->l4, ports, sizeof(ports));
}

static void
dropped(struct dp_explanation *e, enum dp_drop why)
{
	e->outcome = DP_OUTCOME_DROPPED;
	e->drop = (uint8_t)why;
}

// The sender is to be told: will it be?
static void
answered(const struct worker *w, struct dp_explanation *e, enum dp_answer how)
{
	uint64_t bucket = w->answers_bucket;
	bool may = bucket_take(&bucket, w->answers_rate.cost, w->answers_rate.depth, w->now, 1);

	e->answer = may ? how : DP_ANSWER_POLICED;
}

// ---- Where it comes in

static uint16_t
iface_of_role(const struct worker *w, uint16_t vrf, uint8_t role)
{
	for (uint16_t i = 0; i < w->in->shm->n_ifaces; i++)
		if (w->in->iface[i].vrf == vrf && w->in->iface[i].role & role)
			return i;
	return NONE;
}

// The interface of the way back to the sender if it has the role, else the VRF's first one that has.
static uint16_t
iface_from(const struct worker *w, uint16_t vrf, const struct dp_addr *sender, uint8_t role)
{
	const struct route_view *v = worker_view(w, vrf);

	if (sender->family == 4) {
		uint32_t addr = host_order(sender);
		const struct adjacency *a = &v->adjacency[route_find_flow(v, addr, addr)];
		bool is_link = a->kind == ADJACENCY_RESOLVED || a->kind == ADJACENCY_UNRESOLVED;

		if (is_link && w->in->iface[a->iface].role & role)
			return a->iface;
	}
	return iface_of_role(w, vrf, role);
}

// ---- What is said of the session and of the way

static void
tell_session(const struct worker *w, struct dp_explanation *e, const struct session *s)
{
	const struct tunnel_peer *p = &w->peers.peer[s->peer];
	const struct session *of = bearers_session(w, s);

	e->has_session = 1;
	e->slot = (uint32_t)(of - w->sessions);
	e->generation = of->generation;
	e->teid = s->teid;
	e->peer_teid = rte_be_to_cpu_32(s->peer_teid);
	e->ebi = s->ebi;
	e->qci = s->qci;
	e->vrf = s->vrf;
	e->session_mtu = s->mtu;
	e->peer = p->ends.remote;
	e->local = p->ends.local;
	e->ue = addr_of(rte_be_to_cpu_32(s->ue_ipv4));
	if (s->flags & SESSION_UL_CLOSED)
		e->session_flags |= DP_SESSION_UL_CLOSED;
	if (s->flags & SESSION_DL_CLOSED)
		e->session_flags |= DP_SESSION_DL_CLOSED;
	if (s->flags & SESSION_TRACE)
		e->session_flags |= DP_SESSION_TRACE;
}

static void
tell_meter(const struct worker *w, struct dp_explanation *e, const struct dp_usage *u,
	uint64_t cost, uint32_t depth)
{
	if (cost == 0)
		return;
	e->meter_bps =
		(uint64_t)(((unsigned __int128)w->in->shm->tsc_hz * 8 << BUCKET_COST_SHIFT) / cost);
	e->meter_bytes = bucket_left(u->bucket, cost, depth, w->now);
	e->meter_bytes_max = bucket_left(w->now << BUCKET_TIME_SHIFT, cost, depth, w->now);
}

// dst: what a next hop on link is.
static void
tell_next_hop(const struct worker *w, struct dp_explanation *e, const struct adjacency *a,
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

// It may go: now, or once the neighbour has answered.
static void
goes(const struct worker *w, struct dp_explanation *e)
{
	if (e->next_hop_kind == DP_NEXT_HOP_RESOLVED)
		e->outcome = DP_OUTCOME_DELIVERED;
	else if (neigh_wait_has_room(&w->neigh, e->waiting))
		e->outcome = DP_OUTCOME_WAITS;
	else
		dropped(e, DP_DROP_NEIGH_FULL);
}

// Neither now nor as it is: cut, or dropped.
static void
refused(const struct worker *w, struct dp_explanation *e, const struct subject *t, uint16_t len,
	enum dp_drop why)
{
	if (why == DP_DROP_TOO_BIG && may_cut(w->in->may_cut, &t->ip) &&
		fragment_fits(len, sizeof(t->ip), e->max_len)) {
		e->outcome = DP_OUTCOME_CUT;
		return;
	}
	dropped(e, why);
	if (icmp_error_is_due(worker_view(w, e->vrf), &t->ip, len, why))
		answered(w, e, DP_ANSWER_ICMP);
}

// ---- Uplink

static void
ul_explain_way(const struct worker *w, struct dp_explanation *e, const struct subject *t,
	const struct session *s, struct dp_usage *u, uint16_t len)
{
	uint32_t dst = rte_be_to_cpu_32(t->ip.dst_addr);
	struct dp_addr to = addr_of(dst);
	const struct adjacency *a = ul_next_hop(worker_view(w, s->vrf), s, u, dst);
	enum dp_drop why = ul_judge(a, &t->ip, len);

	tell_next_hop(w, e, a, &to);
	e->max_len = e->out_mtu;
	if (why != DP_DROPS) {
		refused(w, e, t, len, why);
		return;
	}
	goes(w, e);
	e->n_headers = e->l2_len;
	memcpy(e->headers, a->l2, e->l2_len);
}

static int
ul_explain(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	uint64_t key = q->teid;
	uint32_t value = key_table_find(&w->tables.by_teid, key, key_hash(key));
	const struct session *s = &w->sessions[value >> BEARER_BITS];
	struct dp_usage copy = w->usage[value >> BEARER_BITS].ul;
	uint16_t len = q->len;
	struct subject t;
	enum dp_drop why;

	e->shard = (uint8_t)q->teid;
	if (w->in->shard_worker[e->shard] != w->index)
		return -EXDEV;
	if (value == 0) {
		e->in_iface = iface_from(w, w->in->gtpu_vrf, &q->peer, DP_ROLE_ACCESS);
		dropped(e, DP_DROP_UNKNOWN_TEID);
		answered(w, e, DP_ANSWER_ERROR_INDICATION);
		return 0;
	}
	tell_session(w, e, s);
	e->in_iface = iface_from(
		w, w->in->gtpu_vrf, q->peer.family ? &q->peer : &e->peer, DP_ROLE_ACCESS);
	tell_meter(w, e, &copy, s->ul_cost, s->ul_depth);
	make_subject(&t, q);
	why = ul_may_pass(s, &copy, &t.ip, w->now, &len);
	if (why != DP_DROPS) {
		struct dp_usage of = worker_usage(w, bearers_session(w, s))->ul;

		why = bearers_settle_copy(w, s, &of, true, len, why);
	}
	if (why != DP_DROPS) {
		dropped(e, why);
		return 0;
	}
	e->has_passed = 1;
	ul_explain_way(w, e, &t, s, &copy, len);
	return 0;
}

// ---- Downlink

static void
dl_explain_way(const struct worker *w, struct dp_explanation *e, struct subject *t,
	const struct session *s, uint16_t len)
{
	const struct route_view *v = worker_view(w, w->in->gtpu_vrf);
	struct tunnel_peer p = w->peers.peer[s->peer];
	const struct adjacency *a;
	enum dp_drop why;

	tunnel_peer_refresh(w, &p);
	a = tunnel_peer_next_hop(v, &p);
	tell_next_hop(w, e, a, &p.ends.remote);
	e->max_len = dl_mtu(s, &p);
	why = dl_judge(s, &p, tunnel_peer_overhead(&p), &t->ip, OUTER_ROOM, len);
	if (why != DP_DROPS) {
		refused(w, e, t, len, why);
		return;
	}
	goes(w, e);
	if (p.is_ipv6)
		dl_encapsulate6(&p, s, &t->ip, len); // its checksum depends on the payload
	else
		dl_encapsulate(&p, s, &t->ip, len, w->ip_id);
	e->n_headers = tunnel_peer_overhead(&p) + p.l2_len;
	memcpy(e->headers, t->room + sizeof(t->room) - e->n_headers, e->n_headers);
}

// Before there is a session: GTP-U, this machine, or nobody. True: that was it.
static bool
dl_explain_arrival(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	uint32_t dst = host_order(&q->dst);
	const struct route_view *v = worker_view(w, q->vrf);

	if (route_is_local(v, dst)) {
		e->outcome = DP_OUTCOME_PUNTED;
		e->next_hop_kind = DP_NEXT_HOP_LOCAL;
		return true;
	}
	if (w->in->iface[e->in_iface].role & DP_ROLE_SGI)
		return false;
	dropped(e, DP_DROP_NOT_LOCAL); // no customers behind this interface
	return true;
}

static int
dl_explain(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	uint32_t dst_be = rte_cpu_to_be_32(host_order(&q->dst)), value;
	uint64_t key = dl_key(q->vrf, dst_be);
	const struct session *s;
	struct dp_usage copy;
	struct subject t;
	enum dp_drop why;

	e->vrf = q->vrf;
	e->shard = shard_of_ipv4(&w->in->shards, dst_be);
	e->in_iface = iface_from(w, q->vrf, &q->src, DP_ROLE_SGI);
	if (e->in_iface == NONE)
		e->in_iface = iface_of_role(w, q->vrf, DP_ROLE_BOTH);
	if (e->in_iface == NONE)
		return -ENODEV;
	if (w->in->shard_worker[e->shard] != w->index)
		return -EXDEV;
	if (dl_explain_arrival(w, q, e))
		return 0;
	value = key_table_find(&w->tables.by_addr, key, key_hash(key));
	if (value == 0) {
		dropped(e, dl_unknown_why(worker_view(w, q->vrf), host_order(&q->dst)));
		return 0;
	}
	if (value_is_alias(value))
		return -EXDEV;
	s = &w->sessions[value >> BEARER_BITS];
	make_subject(&t, q);
	if (s->flags & SESSION_HAS_FILTERS)
		s = bearers_choose(w, &w->sessions[value >> BEARER_BITS], (const uint8_t *)&t.ip,
			RTE_MIN((uint32_t)q->len, (uint32_t)(sizeof(t.ip) + sizeof(t.l4))));
	copy = worker_usage(w, s)->dl;
	tell_session(w, e, s);
	tell_meter(w, e, &copy, s->dl_cost, s->dl_depth);
	why = dl_may_pass(s, &copy, w->now, q->len);
	if (why != DP_DROPS) {
		struct dp_usage of = worker_usage(w, bearers_session(w, s))->dl;

		why = bearers_settle_copy(w, s, &of, false, q->len, why);
	}
	if (why != DP_DROPS) {
		dropped(e, why);
		return 0;
	}
	e->has_passed = 1;
	dl_explain_way(w, e, &t, s, q->len);
	return 0;
}

int
explain(struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	uint16_t least = sizeof(struct rte_ipv4_hdr) + (q->proto == IPPROTO_ICMP ? 8 : 0);

	*e = (struct dp_explanation){ .drop = DP_DROPS, .in_iface = NONE, .out_iface = NONE };
	if (q->src.family != 4 || q->dst.family != 4 || q->len < least)
		return -EINVAL;
	if (q->direction == DP_UPLINK)
		return ul_explain(w, q, e);
	if (q->direction != DP_DOWNLINK || q->vrf >= w->in->shm->n_vrfs)
		return -EINVAL;
	return dl_explain(w, q, e);
}
