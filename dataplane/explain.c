// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/explain.h"

#include "dataplane/bearers.h"
#include "dataplane/explain_tell.h"
#include "dataplane/fragment.h"
#include "dataplane/gtpu.h"
#include "dataplane/icmp6_error.h"
#include "dataplane/icmp_error.h"
#include "dataplane/judge6.h"
#include "dataplane/worker.h"

#include <errno.h>

#define NONE UINT16_MAX
#define L4_BYTES 8 // that are ever looked at
#define ICMP_ECHO_REQUEST 8

// The packet, as much of it as is ever looked at, with room in front for a tunnel's headers.
struct subject {
	uint8_t room[OUTER_ROOM];
	union {
		uint8_t bytes[IPV6_HEADER + L4_BYTES];
		struct rte_ipv4_hdr ip;
		struct rte_ipv6_hdr ip6;
	};
	uint16_t n;   // of bytes[]
	uint16_t len; // of the whole packet
	bool is_ipv6;
};

static uint32_t
network_order(const struct dp_addr *a)
{
	uint32_t be;

	memcpy(&be, a->bytes, sizeof(be));
	return be;
}

// ---- The packet

static void
l4_write(uint8_t l4[L4_BYTES], const struct dp_explain *q)
{
	uint16_t ports[2] = { rte_cpu_to_be_16(q->src_port), rte_cpu_to_be_16(q->dst_port) };
	uint32_t spi = rte_cpu_to_be_32(q->spi);

	switch (q->proto) {
	case IPPROTO_ICMP:
		l4[0] = ICMP_ECHO_REQUEST;
		return;
	case IPPROTO_ICMPV6:
		l4[0] = ICMP6_ECHO;
		return;
	case IPPROTO_ESP:
		memcpy(l4, &spi, sizeof(spi));
		return;
	case IPPROTO_AH: // RFC 4302 2
		memcpy(l4 + 4, &spi, sizeof(spi));
		return;
	default:
		memcpy(l4, ports, sizeof(ports));
	}
}

// Of a later fragment the offset stands for all others.
static rte_be16_t
fragment_word(const struct dp_explain *q)
{
	uint16_t word = q->may_cut ? 0 : RTE_IPV4_HDR_DF_FLAG;

	if (q->fragment == DP_FRAGMENT_FIRST)
		word |= RTE_IPV4_HDR_MF_FLAG;
	else if (q->fragment == DP_FRAGMENT_LATER)
		word |= 1000;
	return rte_cpu_to_be_16(word);
}

static void
subject_make(struct subject *t, const struct dp_explain *q)
{
	*t = (struct subject){ .is_ipv6 = q->src.family == 6, .len = q->len };
	if (t->is_ipv6) {
		ipv6_write(&t->ip6, q->len - IPV6_HEADER, q->proto, q->ttl);
		t->ip6.vtc_flow |=
			rte_cpu_to_be_32((uint32_t)q->tos << RTE_IPV6_HDR_TC_SHIFT | q->flow_label);
		memcpy(t->ip6.src_addr, q->src.bytes, 16);
		memcpy(t->ip6.dst_addr, q->dst.bytes, 16);
	} else {
		t->ip = (struct rte_ipv4_hdr){
			.version_ihl = RTE_IPV4_VHL_DEF,
			.type_of_service = q->tos,
			.total_length = rte_cpu_to_be_16(q->len),
			.fragment_offset = fragment_word(q),
			.time_to_live = q->ttl,
			.next_proto_id = q->proto,
			.src_addr = network_order(&q->src),
			.dst_addr = network_order(&q->dst),
		};
	}
	t->n = t->is_ipv6 ? IPV6_HEADER : sizeof(t->ip);
	l4_write(t->bytes + t->n, q);
	t->n = RTE_MIN(t->n + L4_BYTES, (int)q->len);
}

// Of IPv6 what is an extension header isn't the packet's protocol.
static bool
is_proto(const struct dp_explain *q)
{
	switch (q->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
		return q->src.family == 4;
	case IPPROTO_ICMP:
		return q->src.family == 4;
	case IPPROTO_ICMPV6:
		return q->src.family == 6;
	}
	return true;
}

static bool
is_sound(const struct dp_explain *q)
{
	bool is_icmp = q->proto == IPPROTO_ICMP || q->proto == IPPROTO_ICMPV6;
	size_t header = q->src.family == 6 ? IPV6_HEADER : sizeof(struct rte_ipv4_hdr);

	return (q->src.family == 4 || q->src.family == 6) && q->dst.family == q->src.family &&
		is_proto(q) && q->flow_label <= RTE_IPV6_HDR_FL_MASK &&
		q->fragment <= (q->src.family == 4 ? DP_FRAGMENT_LATER : DP_FRAGMENT_NONE) &&
		q->len >= header + (is_icmp ? L4_BYTES : 0);
}

// ---- Verdicts

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

// It may go: now, or once the neighbour has answered.
static void
goes(const struct worker *w, struct dp_explanation *e, uint16_t port)
{
	const struct rte_ring *via = w->tx[port].via;

	if (e->next_hop_kind == DP_NEXT_HOP_RESOLVED && via && rte_ring_full(via))
		dropped(e, DP_DROP_TX_RING_FULL);
	else if (e->next_hop_kind == DP_NEXT_HOP_RESOLVED)
		e->outcome = e->held_us ? DP_OUTCOME_HELD : DP_OUTCOME_DELIVERED;
	else if (neigh_wait_has_room(&w->neigh, e->waiting))
		e->outcome = DP_OUTCOME_WAITS;
	else
		dropped(e, DP_DROP_NEIGH_FULL);
}

// By its worker's ring, at the rate of its class.
static void
goes_to_linux(struct dp_explanation *e)
{
	if (e->punt_waiting == e->punt_room)
		dropped(e, DP_DROP_PUNT_FULL);
	else
		e->outcome =
			e->punt_pps && e->punt_frames == 0 ? DP_OUTCOME_POLICED : DP_OUTCOME_PUNTED;
}

static bool
is_told(const struct worker *w, const struct subject *t, const struct session *s, bool is_ul,
	enum dp_drop why)
{
	if (t->is_ipv6)
		return icmp6_error_is_due(w, s, is_ul, &t->ip6, t->n, why);
	return icmp_error_is_due(worker_view(w, s->vrf), &t->ip, t->len, why);
}

// Neither now nor as it is: cut, or dropped.
static void
refused(const struct worker *w, struct dp_explanation *e, const struct subject *t,
	const struct session *s, bool is_ul, enum dp_drop why)
{
	if (why == DP_DROP_TOO_BIG && !t->is_ipv6 && may_cut(w->in->may_cut, &t->ip) &&
		fragment_fits(t->len, sizeof(t->ip), e->max_len)) {
		e->outcome = DP_OUTCOME_CUT;
		return;
	}
	dropped(e, why);
	if (is_told(w, t, s, is_ul, why))
		answered(w, e, DP_ANSWER_ICMP);
}

// Of a line's judge: what bearers_settle() makes of it.
static enum dp_drop
settled(const struct worker *w, const struct session *line, bool is_ul, uint16_t len,
	enum dp_drop why)
{
	struct dp_slot_usage of = *worker_usage(w, bearers_session(w, line));

	if (why == DP_DROPS)
		return why;
	return bearers_settle_copy(w, line, is_ul ? &of.ul : &of.dl, is_ul, len, why);
}

// Over the session's rate, but it may wait for it. u: a copy.
static bool
is_held(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e,
	const struct session *line, struct dp_usage *u, enum dp_drop why)
{
	uint64_t after = rate_wait_owe(w, line, u, q->direction == DP_UPLINK, q->len, why);

	e->held_us = (uint32_t)((after * 1000000 + w->in->shm->tsc_hz - 1) / w->in->shm->tsc_hz);
	return after != 0;
}

// May it pass? If so its TCP may be told of smaller segments. why: what the line's judge said.
static bool
passes(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e,
	const struct session *line, struct dp_usage *u, enum dp_drop why)
{
	const struct dp_profile *p = worker_profile(w, line);

	why = settled(w, line, q->direction == DP_UPLINK, q->len, why);
	if (why != DP_DROPS && !is_held(w, q, e, line, u, why)) {
		dropped(e, why);
		return false;
	}
	e->has_passed = 1;
	if (q->proto == IPPROTO_TCP && q->fragment != DP_FRAGMENT_LATER &&
		line->flags & SESSION_CLAMPS_MSS)
		e->mss = q->src.family == 6 ? p->mss_ipv6 : p->mss_ipv4;
	return true;
}

// ---- Uplink

static enum dp_drop
ul_pass(const struct worker *w, const struct subject *t, const struct session *s,
	struct dp_usage *u)
{
	uint16_t len = t->len;

	if (!t->is_ipv6)
		return ul_may_pass(s, u, &t->ip, w->now, &len);
	if (!(s->flags & SESSION_HAS_IPV6))
		return DP_DROP_WRONG_INNER;
	if (ul6_is_of_link(&t->ip6))
		return ul6_link_judge(s, &t->ip6);
	return ul6_may_pass(s, u, &t->ip6, w->now, len);
}

static void
ul_explain_way(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e,
	const struct subject *t, const struct session *s, struct dp_usage *u)
{
	const struct route_view *v = worker_view(w, s->vrf);
	struct session_extra x = w->extra[s - w->sessions];
	const struct adjacency *a;
	enum dp_drop why;

	if (t->is_ipv6) {
		a = ul6_next_hop(v, &x, &t->ip6);
		why = ul6_judge(a, &t->ip6, t->len);
	} else {
		a = ul_next_hop(v, s, u, rte_be_to_cpu_32(t->ip.dst_addr));
		why = ul_judge(a, &t->ip, t->len);
	}
	explain_next_hop(w, e, a, &q->dst);
	e->max_len = e->out_mtu;
	if (why != DP_DROPS) {
		refused(w, e, t, s, true, why);
		return;
	}
	goes(w, e, a->port);
	e->n_headers = e->l2_len;
	memcpy(e->headers, a->l2, e->l2_len);
}

static void
ul_explain_unknown(const struct worker *w, struct dp_explanation *e)
{
	dropped(e, DP_DROP_UNKNOWN_TEID);
	if (w->is_complete)
		answered(w, e, DP_ANSWER_ERROR_INDICATION);
}

static int
ul_explain(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	uint64_t key = q->teid;
	uint32_t value = key_table_find(&w->tables.by_teid, key, key_hash(key));
	const struct session *s = &w->sessions[value >> BEARER_BITS];
	struct dp_usage copy = worker_usage(w, s)->ul;
	struct subject t;

	e->shard = (uint8_t)q->teid;
	e->owner = w->in->shard_worker[e->shard];
	if (e->owner != w->index)
		return -EXDEV;
	e->in_iface = explain_iface(w, w->in->gtpu_vrf,
		q->peer.family || value == 0 ? &q->peer : &w->peers.peer[s->peer].ends.remote,
		DP_ROLE_ACCESS);
	if (explain_handoff(w, q, e)) {
		dropped(e, DP_DROP_HANDOFF_FULL);
		return 0;
	}
	if (value == 0) {
		ul_explain_unknown(w, e);
		return 0;
	}
	explain_session(w, e, s);
	explain_meters(w, e, s, true);
	subject_make(&t, q);
	if (!passes(w, q, e, s, &copy, ul_pass(w, &t, s, &copy)))
		return 0;
	if (t.is_ipv6 && ul6_is_of_link(&t.ip6))
		e->outcome = DP_OUTCOME_TAKEN;
	else
		ul_explain_way(w, q, e, &t, s, &copy);
	return 0;
}

// ---- Downlink

static enum dp_drop
dl_way_judge(
	const struct subject *t, const struct session *s, const struct tunnel_peer *p, uint16_t mtu)
{
	if (t->is_ipv6)
		return dl6_judge(p, &t->ip6, mtu, t->len);
	return dl_judge(s, p, tunnel_peer_overhead(p), &t->ip, OUTER_ROOM, t->len);
}

static void
dl_explain_way(const struct worker *w, struct dp_explanation *e, struct subject *t,
	const struct session *s)
{
	struct tunnel_peer p = w->peers.peer[s->peer];
	enum dp_drop why;

	tunnel_peer_refresh(w, &p);
	explain_next_hop(
		w, e, tunnel_peer_next_hop(worker_view(w, w->in->gtpu_vrf), &p), &p.ends.remote);
	e->max_len = dl_mtu(s, &p);
	why = dl_way_judge(t, s, &p, e->max_len);
	if (why != DP_DROPS) {
		refused(w, e, t, s, false, why);
		return;
	}
	goes(w, e, p.port);
	if (p.is_ipv6)
		dl_encapsulate6(&p, s, t->bytes, t->len); // its checksum depends on the payload
	else
		dl_encapsulate(&p, s, &t->ip, t->len, w->ip_id);
	e->n_headers = tunnel_peer_overhead(&p) + p.l2_len;
	memcpy(e->headers, t->room + sizeof(t->room) - e->n_headers, e->n_headers);
}

// UDP to a GTP-U address of ours by an interface that faces SGWs.
static bool
is_to_gtpu_addr(const struct worker *w, const struct dp_explain *q, uint8_t role)
{
	if (!(role & DP_ROLE_ACCESS) || q->proto != IPPROTO_UDP)
		return false;
	for (uint16_t i = 0; i < w->in->shm->n_gtpu; i++)
		if (w->in->shm->gtpu[i].family == q->dst.family &&
			memcmp(w->in->shm->gtpu[i].bytes, q->dst.bytes,
				q->dst.family == 6 ? 16 : 4) == 0)
			return true;
	return false;
}

static bool
is_for_us(const struct route_view *v, const struct subject *t)
{
	if (!t->is_ipv6)
		return route_is_local(v, rte_be_to_cpu_32(t->ip.dst_addr));
	return ipv6_is_multicast(t->ip6.dst_addr) || ipv6_is_link_local(t->ip6.dst_addr) ||
		route_kind6(v, t->ip6.dst_addr) == ADJACENCY_LOCAL;
}

// Before there is a session: GTP-U, this machine, or nobody. True: that was it.
static bool
dl_explain_arrival(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e,
	const struct subject *t)
{
	uint8_t role = w->in->iface[e->in_iface].role;
	bool is_to_gtpu = is_to_gtpu_addr(w, q, role);

	if (is_to_gtpu && q->fragment) {
		e->outcome = DP_OUTCOME_FRAGMENT;
		return true;
	}
	if (is_to_gtpu && q->dst_port == GTPU_PORT) {
		e->outcome = DP_OUTCOME_GTPU;
		return true;
	}
	if (is_for_us(worker_view(w, q->vrf), t)) {
		e->punt_class = punt_class_of_ip(t->bytes, t->n);
		e->next_hop_kind = DP_NEXT_HOP_LOCAL;
		explain_punt(w, e);
		goes_to_linux(e);
		return true;
	}
	if (role & DP_ROLE_SGI)
		return false;
	dropped(e, DP_DROP_NOT_LOCAL); // no customers behind this interface
	return true;
}

// The session that the destination belongs to, NULL: nobody's, and `e` says which kind. An alias names
// its owner.
static struct session *
dl_find(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e,
	const struct subject *t)
{
	const struct key_table *table = t->is_ipv6 ? &w->tables.by_prefix : &w->tables.by_addr;
	const struct route_view *v = worker_view(w, q->vrf);
	uint64_t key =
		t->is_ipv6 ? prefix_key(q->vrf, q->dst.bytes) : dl_key(q->vrf, t->ip.dst_addr);
	uint32_t value = key_table_find(table, key, key_hash(key));
	struct session *s = &w->sessions[value >> BEARER_BITS];

	if (value_is_alias(value)) {
		if (q->by_alias)
			dropped(e, DP_DROP_ALIAS_LOOP);
		else
			e->owner = alias_owner(value);
		return NULL;
	}
	if (value && (!t->is_ipv6 || dl6_is_for(s, &t->ip6, key)))
		return s;
	if (value)
		dropped(e, DP_DROP_NO_SESSION);
	else if (t->is_ipv6)
		dropped(e, dl6_unknown_why(v, t->ip6.dst_addr));
	else
		dropped(e, dl_unknown_why(v, rte_be_to_cpu_32(t->ip.dst_addr)));
	return NULL;
}

static void
dl_explain_session(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e,
	struct subject *t, struct session *s)
{
	struct dp_usage copy;

	if (s->flags & SESSION_HAS_FILTERS)
		s = bearers_choose(w, s, t->bytes, t->n);
	copy = worker_usage(w, s)->dl;
	explain_session(w, e, s);
	explain_meters(w, e, s, false);
	if (passes(w, q, e, s, &copy, dl_may_pass(s, &copy, w->now, t->len)))
		dl_explain_way(w, e, t, s);
}

static int
dl_explain(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	struct session *s;
	struct subject t;

	subject_make(&t, q);
	e->vrf = q->vrf;
	e->shard = t.is_ipv6 ? shard_of_prefix(&w->in->shards, q->dst.bytes)
			     : shard_of_ipv4(&w->in->shards, t.ip.dst_addr);
	e->owner = q->by_alias ? w->index : w->in->shard_worker[e->shard];
	e->in_iface = explain_iface(w, q->vrf, &q->src, DP_ROLE_SGI);
	if (e->in_iface == NONE)
		e->in_iface = explain_iface(w, q->vrf, &q->src, DP_ROLE_BOTH);
	if (e->in_iface == NONE)
		return -ENODEV;
	if (e->owner != w->index)
		return -EXDEV;
	if (dl_explain_arrival(w, q, e, &t))
		return 0;
	if (explain_handoff(w, q, e)) {
		dropped(e, DP_DROP_HANDOFF_FULL);
		return 0;
	}
	s = dl_find(w, q, e, &t);
	if (e->owner != w->index)
		return -EXDEV;
	if (s)
		dl_explain_session(w, q, e, &t, s);
	return 0;
}

int
explain(struct worker *w, const struct dp_explain *q, struct dp_explanation *e)
{
	*e = (struct dp_explanation){ .drop = DP_DROPS, .in_iface = NONE, .out_iface = NONE };
	if (!is_sound(q))
		return -EINVAL;
	if (q->direction == DP_UPLINK)
		return ul_explain(w, q, e);
	if (q->direction != DP_DOWNLINK || q->vrf >= w->in->shm->n_vrfs)
		return -EINVAL;
	return dl_explain(w, q, e);
}
