// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/trace.h"

#include "dataplane/fragment.h"
#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#include <rte_ether.h>

#define RECORDS_OF_PACKET (2 + FRAGMENTS_MAX) // itself, its fragments or an answer, an End Marker
#define NONE UINT16_MAX

void
trace_init(struct tracer *t)
{
	t->divert = SESSION_TRACE;
}

struct trace_subject
trace_subject_of(const struct worker *w, const struct session *s, uint8_t direction)
{
	const struct session *of = bearers_session(w, s);

	return (struct trace_subject){
		.slot = (uint32_t)(of - w->sessions),
		.generation = of->generation,
		.direction = direction,
		.ebi = s->ebi,
	};
}

void
trace_divert(struct worker *w, const struct batch *b, uint16_t i, uint8_t direction)
{
	w->tracer.traced[w->tracer.n++] = (struct traced){ .pkt = b->pkt[i],
		.session = b->session[i],
		.l3 = b->l3[i],
		.len = b->len[i],
		.direction = direction };
}

// ---- The ring

static uint32_t
snap_of(const struct worker *w)
{
	uint32_t snap = atomic_load_explicit(&w->in->shm->trace_snap, memory_order_relaxed);

	return RTE_MIN(snap, (uint32_t)DP_TRACE_SNAP_MAX);
}

// Whether all records of one packet fit.
static bool
has_room(const struct worker *w)
{
	const struct dp_trace_ring *r = w->trace_ring;
	uint64_t used = atomic_load_explicit(&r->head, memory_order_relaxed) -
		atomic_load_explicit(&r->tail, memory_order_acquire);

	return used + RECORDS_OF_PACKET <= DP_TRACE_RECORDS;
}

static uint16_t
iface_of_frame(const struct worker *w, uint16_t port, const struct rte_mbuf *m)
{
	const struct port_view *view = &w->in->port[port];
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(eth + 1);
	uint16_t id;

	if (m->data_len < sizeof(*eth) + sizeof(*tag) ||
		eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return view->iface;
	id = rte_be_to_cpu_16(tag->vlan_tci) & (VLANS - 1);
	return id == 0 ? view->iface : view->vlan_iface ? view->vlan_iface[id] : NO_IFACE;
}

// The next record of the packet under way. The caller knows that it fits.
static struct dp_trace_record *
record_next(struct worker *w, const struct trace_subject *of, uint8_t point)
{
	uint64_t head = atomic_load_explicit(&w->trace_ring->head, memory_order_relaxed);
	struct dp_trace_record *r = dp_trace_at(w->trace_ring, head + w->tracer.n_records++);

	*r = (struct dp_trace_record){
		.tsc = w->now,
		.slot = of->slot,
		.generation = of->generation,
		.lost = w->tracer.unsaid,
		.point = point,
		.direction = of->direction,
		.drop = DP_DROPS,
		.ebi = of->ebi,
		.iface = NONE,
		.next_iface = NONE,
	};
	w->tracer.unsaid = 0;
	return r;
}

static void
record_bytes(struct worker *w, struct dp_trace_record *r, const void *bytes, uint16_t len)
{
	r->len = len;
	r->captured = (uint16_t)RTE_MIN(len, snap_of(w));
	memcpy(r->bytes, bytes, r->captured);
}

static void
records_show(struct worker *w)
{
	atomic_fetch_add_explicit(&w->trace_ring->head, w->tracer.n_records, memory_order_release);
	w->tracer.n_records = 0;
}

// One packet, or what became of one, that isn't copied.
static void
record_none(struct worker *w)
{
	w->tracer.unsaid++;
	atomic_fetch_add_explicit(&w->trace_ring->lost, 1, memory_order_relaxed);
}

// ---- What happened meanwhile

// Reasons for which frames end that were on their way out already: perhaps those of an answer.
static bool
is_of_transmission(enum dp_drop d)
{
	return d == DP_DROP_NEIGH_FULL || d == DP_DROP_NEIGH_TIMEOUT || d == DP_DROP_TX_FULL ||
		d == DP_DROP_TX_RING_FULL || d == DP_DROP_TX_NO_ROUTE || d == DP_DROP_TX_NO_MBUF;
}

static enum dp_drop
reason_since(const struct worker *w, bool was_delivered)
{
	for (unsigned int d = 0; d < DP_DROPS; d++)
		if (w->count->drop[d] != w->tracer.before.drop[d] &&
			is_of_transmission(d) == was_delivered)
			return d;
	return DP_DROPS;
}

static void
decide(const struct worker *w, struct dp_trace_record *r)
{
	const struct dp_worker_counters *now = w->count, *before = &w->tracer.before;
	bool was_delivered =
		now->ul_packets + now->dl_packets != before->ul_packets + before->dl_packets;
	enum dp_drop why = reason_since(w, was_delivered);

	r->drop = (uint8_t)why;
	if (why != DP_DROPS)
		r->outcome = DP_OUTCOME_DROPPED;
	else if (now->nd_rx != before->nd_rx)
		r->outcome = DP_OUTCOME_TAKEN;
	else if (now->packets_cut != before->packets_cut)
		r->outcome = DP_OUTCOME_CUT;
	else if (now->rate_held != before->rate_held)
		r->outcome = DP_OUTCOME_HELD;
	else if (now->neigh_held != before->neigh_held)
		r->outcome = DP_OUTCOME_WAITS;
	else
		r->outcome = DP_OUTCOME_DELIVERED;
	if (now->icmp_error_tx != before->icmp_error_tx)
		r->answer = DP_ANSWER_ICMP;
	else if (now->answers_policed != before->answers_policed)
		r->answer = DP_ANSWER_POLICED;
}

// Whether the packet, which its session's is, is one of IPv6, and where it goes. *flow: of IPv6, which
// of several ways it takes.
static struct dp_addr
dst_of(const struct traced *t, uint32_t *flow)
{
	const void *ip = rte_pktmbuf_mtod_offset(t->pkt, const void *, t->l3);
	const struct rte_ipv6_hdr *ip6 = ip;
	struct dp_addr dst = { .family = 4 };

	*flow = 0;
	if (t->len >= IPV6_HEADER && *(const uint8_t *)ip >> 4 == 6) {
		dst.family = 6;
		memcpy(dst.bytes, ip6->dst_addr, 16);
		*flow = ipv6_flow(ip6);
	} else if (t->len >= sizeof(struct rte_ipv4_hdr)) {
		memcpy(dst.bytes, &((const struct rte_ipv4_hdr *)ip)->dst_addr, 4);
	}
	return dst;
}

// Where it went: uplink its destination's next hop, which of IPv4 the session has noted, downlink the
// way to its SGW.
static void
tell_next_hop(const struct worker *w, struct dp_trace_record *r, const struct session *s,
	const struct dp_addr *dst, uint32_t flow)
{
	const struct tunnel_peer *p = &w->peers.peer[s->peer];
	uint16_t vrf = r->direction == DP_UPLINK ? s->vrf : w->in->gtpu_vrf;
	const struct route_view *v = worker_view(w, vrf);
	const struct adjacency *a;

	if (r->outcome == DP_OUTCOME_DROPPED || r->outcome == DP_OUTCOME_TAKEN ||
		r->outcome == DP_OUTCOME_HELD)
		return;
	if (r->direction != DP_UPLINK) {
		dst = &p->ends.remote;
		a = tunnel_peer_next_hop(v, p);
	} else if (dst->family == 6) {
		a = route_find6_flow(v, addr6_of(dst->bytes), flow);
	} else {
		a = &v->adjacency[worker_usage(w, s)->ul.next_hop];
	}
	r->next_hop = neigh_of(a, dst);
	r->next_iface = a->iface;
}

// ---- Frames that leave

void
trace_begin(struct worker *w, struct trace_subject subject)
{
	tx_flush(w); // what is in the queues afterwards is the subject's
	w->tracer.subject = subject;
	w->tracer.before = *w->count;
}

// Where the port writes the checksum of the outer header, the frame is shown as it will be.
static void
record_checksum(struct dp_trace_record *r, const struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(r->bytes + m->l2_len);

	if (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM && r->captured >= m->l2_len + m->l3_len)
		ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
record_frames(struct worker *w, uint8_t point)
{
	for (uint16_t port = 0; port < w->in->shm->n_ports; port++)
		for (uint16_t i = 0; i < w->tx[port].n; i++) {
			const struct rte_mbuf *m = w->tx[port].pkt[i];
			struct dp_trace_record *r = record_next(w, &w->tracer.subject, point);

			record_bytes(w, r, rte_pktmbuf_mtod(m, const void *), m->data_len);
			record_checksum(r, m);
			r->iface = iface_of_frame(w, port, m);
			r->outcome = DP_OUTCOME_DELIVERED;
		}
}

static bool
is_wanted(struct worker *w)
{
	if (snap_of(w) == 0)
		return false; // there was a trace, control has ended it
	if (has_room(w))
		return true;
	record_none(w);
	return false;
}

void
trace_end(struct worker *w)
{
	if (is_wanted(w)) {
		record_frames(w, DP_TRACE_LATER);
		records_show(w);
	}
	w->tracer.subject.direction = 0;
}

void
trace_drop_later(struct worker *w, struct trace_subject subject, const struct rte_mbuf *m,
	enum dp_drop reason)
{
	uint8_t frame[RTE_ETHER_HDR_LEN + DP_TRACE_SNAP_MAX] = { [12] = 0x08 };
	bool is_ipv6 = *rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 6;
	uint16_t n = RTE_MIN(m->data_len, DP_TRACE_SNAP_MAX);
	struct dp_trace_record *r;

	if (!is_wanted(w))
		return;
	if (is_ipv6) {
		frame[12] = RTE_ETHER_TYPE_IPV6 >> 8;
		frame[13] = RTE_ETHER_TYPE_IPV6 & 255;
	}
	r = record_next(w, &subject, DP_TRACE_LATER);
	memcpy(frame + RTE_ETHER_HDR_LEN, rte_pktmbuf_mtod(m, const void *), n);
	record_bytes(w, r, frame, RTE_ETHER_HDR_LEN + n);
	r->len = RTE_ETHER_HDR_LEN + m->data_len;
	r->outcome = DP_OUTCOME_DROPPED;
	r->drop = (uint8_t)reason;
	records_show(w);
}

// ---- Packets

static void
run_stages(struct worker *w, const struct traced *t, bool is_ipv6)
{
	struct batch *b = &w->tracer.one;

	b->n = 1;
	b->pkt[0] = t->pkt;
	b->session[0] = t->session;
	b->l3[0] = t->l3;
	b->len[0] = t->len;
	w->tracer.divert = 0;
	if (t->direction == DP_UPLINK) {
		ul_enforce(w, b);
		ul_tunnel(w, b);
		worker_ul6(w);
	} else if (is_ipv6) {
		b->key[0] = prefix_key(t->session->vrf, t->session->ue_ipv6_prefix);
		dl6_enforce(w, b);
		dl6_tunnel(w, b);
	} else {
		dl_enforce(w, b);
		dl_tunnel(w, b);
	}
	w->tracer.divert = SESSION_TRACE;
}

static void
trace_one(struct worker *w, const struct traced *t)
{
	struct trace_subject subject = trace_subject_of(w, t->session, t->direction);
	uint32_t flow;
	struct dp_addr dst = dst_of(t, &flow);
	struct dp_trace_record *in;
	const struct session *of;

	if (!is_wanted(w)) {
		run_stages(w, t, dst.family == 6);
		return;
	}
	trace_begin(w, subject);
	in = record_next(w, &subject, DP_TRACE_IN);
	record_bytes(w, in, rte_pktmbuf_mtod(t->pkt, const void *), t->pkt->data_len);
	in->iface = iface_of_frame(w, t->pkt->port, t->pkt);
	run_stages(w, t, dst.family == 6);
	decide(w, in);
	of = w->tracer.one.session[0]; // packet filters may have chosen another bearer
	in->ebi = of->ebi;
	tell_next_hop(w, in, of, &dst, flow);
	record_frames(w, DP_TRACE_OUT);
	records_show(w);
	w->tracer.subject.direction = 0;
}

void
trace_run(struct worker *w)
{
	uint16_t n = w->tracer.n;

	w->tracer.n = 0;
	for (uint16_t i = 0; i < n; i++)
		trace_one(w, &w->tracer.traced[i]);
}
