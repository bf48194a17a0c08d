// SPDX-License-Identifier: BSD-3-Clause
// Fourth stage: out of the tunnel (uplink) or into it (downlink), and the next hop.
// In: packets that may pass. Out: frames given to tx, or waiting for their neighbour.
#include "dataplane/bytes.h"
#include "dataplane/fragment.h"
#include "dataplane/icmp_error.h"
#include "dataplane/ipv6.h"
#include "dataplane/judge.h"
#include "dataplane/worker.h"

#include <rte_ip.h>

// RFC 1624: one less time to live is 0x0100 more checksum.
static inline void
ttl_decrement(struct rte_ipv4_hdr *ip)
{
	uint32_t sum = ip->hdr_checksum + RTE_BE16(0x0100);

	ip->time_to_live--;
	ip->hdr_checksum = (uint16_t)(sum + (sum >= 0xffff));
}

static inline void
usage_add(struct dp_usage *u, uint16_t len)
{
	u->packets++;
	u->bytes += len;
}

static inline void
ul_delivered(struct worker *w, struct dp_usage *u, uint16_t len)
{
	usage_add(u, len);
	w->count->ul_packets++;
	w->count->ul_bytes += len;
}

// Larger than the next hop takes: cut if the sender allows it.
static void
ul_too_big(struct worker *w, struct rte_mbuf *m, struct session *s, struct dp_usage *u,
	const struct adjacency *a, uint32_t dst)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	uint16_t len = m->data_len;
	struct rte_mbuf *part[FRAGMENTS_MAX];
	int n = 0;

	if (may_cut(w->in->may_cut, ip)) {
		ttl_decrement(ip);
		n = fragment_ipv4(w, m, a->mtu, part);
	}
	if (n <= 0) {
		ul_refuse(w, m, s, u, DP_DROP_TOO_BIG, a->mtu);
		return;
	}
	ul_delivered(w, u, len);
	for (int i = 0; i < n; i++)
		tx_ip(w, part[i], s->vrf, dst);
}

// Packet i doesn't go straight to a next hop. Counts as delivered what only waits for a neighbour.
static __rte_noinline void
ul_exception(struct worker *w, const struct batch *b, uint16_t i, struct dp_usage *u,
	const struct adjacency *a, enum dp_drop why)
{
	struct rte_mbuf *m = b->pkt[i];
	struct session *s = b->session[i];
	uint16_t len = b->len[i];
	uint32_t dst;

	m->data_off += b->l3[i];
	m->data_len = len;
	m->pkt_len = len;
	dst = from_be32(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->dst_addr);
	switch (why) {
	case DP_DROPS:
		ttl_decrement(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
		ul_delivered(w, u, len);
		neigh_wait_hold(w, m, s->vrf, a);
		return;
	case DP_DROP_TOO_BIG:
		ul_too_big(w, m, s, u, a, dst);
		return;
	case DP_DROP_BLACKHOLE:
		drop_of(w, m, u, len, why);
		return;
	default:
		ul_refuse(w, m, s, u, why, 0);
	}
}

void
ul_tunnel(struct worker *w, struct batch *b)
{
	uint64_t packets = 0, bytes = 0;

	for (uint16_t i = 0, n = b->n; i < n; i++) {
		struct rte_mbuf *m = b->pkt[i];
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->ul;
		struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, b->l3[i]);
		uint32_t dst = from_be32(ip->dst_addr);
		const struct adjacency *a = ul_next_hop(worker_view(w, s->vrf), s, u, dst);
		uint16_t len = b->len[i];
		enum dp_drop why = ul_judge(a, ip, len);

		if (unlikely(why != DP_DROPS || a->kind != ADJACENCY_RESOLVED)) {
			ul_exception(w, b, i, u, a, why);
			continue;
		}
		ttl_decrement(ip);
		// The tunnel's headers were here: there is room for a link header.
		adjacency_write_l2(a, ip);
		m->data_off += b->l3[i] - a->l2_len;
		m->data_len = len + a->l2_len;
		m->pkt_len = m->data_len;
		usage_add(u, len);
		packets++;
		bytes += len;
		tx_put(w, a->port, m);
	}
	w->count->ul_packets += packets;
	w->count->ul_bytes += bytes;
}

// The port writes the checksum of the outer header, which is 0 until then.
static inline void
dl_leave_checksum(struct rte_mbuf *m, const struct tunnel_peer *p)
{
	rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, p->l2_len)->hdr_checksum = 0;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	m->l2_len = p->l2_len;
	m->l3_len = sizeof(struct rte_ipv4_hdr);
}

// Puts the IP packet at l3 into the session's tunnel and sends it.
static inline void
dl_out(struct worker *w, struct rte_mbuf *m, const struct session *s, const struct tunnel_peer *p,
	uint16_t l3, uint16_t len)
{
	dl_encapsulate(
		p, s, rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, l3), len, w->ip_id++);
	m->data_off += l3 - OUTER_IPV4_BYTES - p->l2_len;
	m->data_len = len + OUTER_IPV4_BYTES + p->l2_len;
	m->pkt_len = m->data_len;
	if (unlikely(p->has_tx_checksum))
		dl_leave_checksum(m, p);
	if (likely(p->l2_len))
		tx_put(w, p->port, m);
	else
		tx_ip(w, m, w->in->gtpu_vrf, p->remote);
}

// Puts the IP packet that m begins with into the tunnel of an IPv6 peer. RFC 8200 8.1: the UDP
// checksum is there.
static void
dl_out6(struct worker *w, struct rte_mbuf *m, const struct session *s, const struct tunnel_peer *p)
{
	uint8_t *inner = rte_pktmbuf_mtod(m, uint8_t *);
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(inner - OUTER_IPV6_BYTES);

	dl_encapsulate6(p, s, inner, m->data_len);
	((struct rte_udp_hdr *)(ip + 1))->dgram_cksum = ipv6_checksum(ip);
	m->data_off -= OUTER_IPV6_BYTES + p->l2_len;
	m->data_len += OUTER_IPV6_BYTES + p->l2_len;
	m->pkt_len = m->data_len;
	if (p->l2_len)
		tx_put(w, p->port, m);
	else
		tx_ip6(w, m, w->in->gtpu_vrf);
}

struct tunnel_peer *
dl_peer(struct worker *w, const struct session *s)
{
	struct tunnel_peer *p = &w->peers.peer[s->peer];

	tunnel_peer_refresh(w, p);
	return p;
}

void
dl_send(struct worker *w, struct rte_mbuf *m, const struct session *s)
{
	struct tunnel_peer *p = dl_peer(w, s);

	if (m->data_off < OUTER_ROOM)
		drop(w, m, DP_DROP_TX_NO_MBUF);
	else if (p->is_ipv6)
		dl_out6(w, m, s, p);
	else
		dl_out(w, m, s, p, 0, m->data_len);
}

static void
dl_delivered(struct worker *w, struct dp_usage *u, uint16_t len)
{
	usage_add(u, len);
	w->count->dl_packets++;
	w->count->dl_bytes += len;
}

static void
trim(struct rte_mbuf *m, uint16_t l3, uint16_t len)
{
	m->data_off += l3;
	m->data_len = len;
	m->pkt_len = len;
}

static __rte_noinline void
dl_exception(struct worker *w, const struct batch *b, uint16_t i, struct dp_usage *u,
	const struct tunnel_peer *p, enum dp_drop why)
{
	struct rte_mbuf *m = b->pkt[i];
	const struct session *s = b->session[i];
	struct rte_mbuf *part[FRAGMENTS_MAX];
	uint16_t mtu = dl_mtu(s, p), len = b->len[i];
	struct rte_ipv4_hdr *ip;
	int n = 0;

	trim(m, b->l3[i], len);
	ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	if (why == DP_DROP_TOO_BIG && may_cut(w->in->may_cut, ip)) {
		ttl_decrement(ip);
		n = fragment_ipv4(w, m, mtu, part);
	}
	if (n <= 0) {
		dl_refuse(w, m, s, u, why, mtu);
		return;
	}
	dl_delivered(w, u, len);
	for (int k = 0; k < n; k++)
		dl_send(w, part[k], s);
}

// To an IPv6 peer, off the fast path.
static __rte_noinline void
dl_by_ipv6(struct worker *w, const struct batch *b, uint16_t i, struct dp_usage *u,
	const struct tunnel_peer *p)
{
	struct rte_mbuf *m = b->pkt[i];
	const struct session *s = b->session[i];
	uint16_t l3 = b->l3[i], len = b->len[i];
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, l3);
	enum dp_drop why = dl_judge(s, p, OUTER_IPV6_BYTES, ip, m->data_off + l3, len);

	if (why != DP_DROPS) {
		dl_exception(w, b, i, u, p, why);
		return;
	}
	ttl_decrement(ip);
	dl_delivered(w, u, len);
	trim(m, l3, len);
	dl_send(w, m, s);
}

void
dl_tunnel(struct worker *w, struct batch *b)
{
	uint32_t generation = worker_view(w, w->in->gtpu_vrf)->generation;
	uint64_t packets = 0, bytes = 0;

	for (uint16_t i = 0, n = b->n; i < n; i++) {
		struct rte_mbuf *m = b->pkt[i];
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->dl;
		struct tunnel_peer *p = &w->peers.peer[s->peer];
		struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, b->l3[i]);
		uint16_t len = b->len[i];
		enum dp_drop why;

		if (unlikely(p->generation != generation)) {
			tunnel_peer_refresh(w, p);
			if (p->is_ipv6) {
				dl_by_ipv6(w, b, i, u, p);
				continue;
			}
		}
		why = dl_judge(s, p, OUTER_IPV4_BYTES, ip, m->data_off + b->l3[i], len);
		if (unlikely(why != DP_DROPS)) {
			dl_exception(w, b, i, u, p, why);
			continue;
		}
		ttl_decrement(ip);
		usage_add(u, len);
		packets++;
		bytes += len;
		dl_out(w, m, s, p, b->l3[i], len);
	}
	w->count->dl_packets += packets;
	w->count->dl_bytes += bytes;
}
