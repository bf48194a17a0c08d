// SPDX-License-Identifier: BSD-3-Clause
// First stage: what a received frame is, and whose. In: frames. Out: w->ul and w->dl; frames of
// another owner are handed off, Linux's are punted, GTP-U's own messages answered.
#include "dataplane/gtpu_path.h"
#include "dataplane/punt_main.h"
#include "dataplane/worker.h"

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define ETHER_TYPE_LLDP 0x88cc

void
worker_punt(struct worker *w, struct rte_mbuf *m)
{
	if (likely(punt(&w->lane, m, punt_class_of(m))))
		w->count->punt_packets++;
	else
		drop(w, m, DP_DROP_PUNT_FULL);
}

static inline bool
is_gtpu_addr(const struct instance *in, uint32_t dst_be)
{
	for (uint16_t i = 0; i < in->n_gtpu; i++)
		if (in->gtpu[i] == dst_be)
			return true;
	return false;
}

// GTP-U that isn't a G-PDU of ours to forward: broken, not understood, or a message of its own.
static __rte_noinline void
classify_gtpu_rest(struct worker *w, struct rte_mbuf *m, enum gtpu_verdict verdict, struct gtpu g,
	struct gtpu_at at)
{
	switch (verdict) {
	case GTPU_OK:
		gtpu_path_receive(w, m, &g, &at);
		return;
	case GTPU_EXT_NOT_HANDLED:
		gtpu_path_refuse_ext(w, m, &at);
		return;
	default:
		drop(w, m, DP_DROP_BAD_GTPU);
	}
}

// A UDP datagram to one of our GTP-U addresses, port 2152, with `len` bytes in it.
static inline void
classify_gtpu(
	struct worker *w, struct rte_mbuf *m, struct gtpu_at at, uint16_t len, bool handed_off)
{
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, at.gtpu);
	struct batch *b = &w->ul;
	uint16_t owner, i;
	struct gtpu g = { 0 };
	enum gtpu_verdict verdict = gtpu_judge(p, len, &g);

	if (unlikely(verdict != GTPU_OK || g.type != GTPU_GPDU)) {
		classify_gtpu_rest(w, m, verdict, g, at);
		return;
	}
	owner = w->in->shard_worker[g.teid & 0xff];
	if (owner != w->index && !handed_off) {
		handoff_put(w, owner, m);
		return;
	}
	rte_prefetch0(p + g.header + sizeof(struct rte_ipv4_hdr)); // where the inner header ends
	i = b->n++;
	b->pkt[i] = m;
	b->key[i] = g.teid;
	b->hash[i] = key_hash(g.teid);
	rte_prefetch0(key_first_bucket(&w->tables.by_teid, b->hash[i]));
	b->l3[i] = at.gtpu + g.header;
	b->len[i] = g.payload;
}

// An IPv4 packet of `total` bytes from a customer's network that isn't ours.
static inline void
classify_dl(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t total, uint16_t vrf,
	uint32_t dst_be, bool handed_off)
{
	struct batch *b = &w->dl;
	uint16_t i;

	if (w->n_workers > 1 && !handed_off) {
		uint16_t owner = w->in->shard_worker[shard_of_ipv4(&w->in->shards, dst_be)];

		if (owner != w->index) {
			handoff_put(w, owner, m);
			return;
		}
	}
	// the outer headers go in front
	__builtin_prefetch(rte_pktmbuf_mtod_offset(m, char *, l3) - OUTER_IPV4_BYTES, 1);
	i = b->n++;
	b->pkt[i] = m;
	b->key[i] = dl_key(vrf, dst_be);
	b->hash[i] = key_hash(b->key[i]);
	rte_prefetch0(key_first_bucket(&w->tables.by_addr, b->hash[i]));
	b->l3[i] = l3;
	b->len[i] = total;
}

static inline bool
is_gtpu_port(const struct rte_mbuf *m, uint16_t udp)
{
	const struct rte_udp_hdr *u = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, udp);

	return m->data_len >= udp + sizeof(*u) && u->dst_port == RTE_BE16(GTPU_PORT);
}

// GTP-U by address and port. Lengths must agree with each other.
static inline void
classify_gtpu_udp(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t ihl, uint16_t total,
	bool handed_off)
{
	struct gtpu_at at = { .l3 = l3, .udp = l3 + ihl };
	const struct rte_udp_hdr *u =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, at.udp);
	uint16_t dgram = rte_be_to_cpu_16(u->dgram_len);

	if (unlikely(dgram < sizeof(*u) || dgram > total - ihl)) {
		drop(w, m, DP_DROP_BAD_GTPU);
		return;
	}
	at.gtpu = at.udp + sizeof(*u);
	classify_gtpu(w, m, at, dgram - sizeof(*u), handed_off);
}

static void classify_fragment(struct worker *w, struct rte_mbuf *m, struct iface_view iface,
	uint16_t l3, uint16_t ihl, bool handed_off);

// A sound IPv4 header of `ihl` bytes at l3. Inlined for the usual constant values of both.
static __rte_always_inline void
classify_ipv4_at(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	uint16_t ihl, uint16_t total, bool handed_off)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3);

	if (iface.role & DP_ROLE_ACCESS && ip->next_proto_id == IPPROTO_UDP &&
		is_gtpu_addr(w->in, ip->dst_addr)) {
		if (unlikely(ip->fragment_offset & RTE_BE16(0x3fff))) {
			classify_fragment(w, m, iface, l3, ihl, handed_off);
			return;
		}
		if (likely(is_gtpu_port(m, l3 + ihl))) {
			classify_gtpu_udp(w, m, l3, ihl, total, handed_off);
			return;
		}
	}
	if (unlikely(route_is_local(worker_view(w, iface.vrf), rte_be_to_cpu_32(ip->dst_addr)))) {
		worker_punt(w, m);
		return;
	}
	if (likely(iface.role & DP_ROLE_SGI)) {
		classify_dl(w, m, l3, total, iface.vrf, ip->dst_addr, handed_off);
		return;
	}
	drop(w, m, DP_DROP_NOT_LOCAL);
}

static __rte_noinline void
classify_ipv4_options(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	uint16_t total, bool handed_off)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3);
	uint16_t ihl = (ip->version_ihl & 15) * 4;

	if (ip->version_ihl >> 4 != 4 || ihl < sizeof(*ip) || total < ihl) {
		drop(w, m, DP_DROP_BAD_IP);
		return;
	}
	classify_ipv4_at(w, m, iface, l3, ihl, total, handed_off);
}

static __rte_always_inline void
classify_ipv4(
	struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3, bool handed_off)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3);
	uint16_t total;

	if (unlikely(m->data_len < l3 + sizeof(*ip))) {
		drop(w, m, DP_DROP_RUNT);
		return;
	}
	total = rte_be_to_cpu_16(ip->total_length);
	if (unlikely(total < sizeof(*ip) || l3 + total > m->data_len ||
		    (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD)) {
		drop(w, m, DP_DROP_BAD_IP);
		return;
	}
	if (likely(ip->version_ihl == RTE_IPV4_VHL_DEF))
		classify_ipv4_at(w, m, iface, l3, sizeof(*ip), total, handed_off);
	else
		classify_ipv4_options(w, m, iface, l3, total, handed_off);
}

static __rte_noinline void
classify_fragment(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	uint16_t ihl, bool handed_off)
{
	m = reassembly_take(w, m, l3, ihl);
	if (m != NULL)
		classify_ipv4(w, m, iface, l3, handed_off);
}

// What isn't unicast IPv4 to our MAC: link control and neighbour discovery are Linux's.
static __rte_noinline void
classify_rest(struct worker *w, struct rte_mbuf *m, uint16_t ether_type, bool to_us)
{
	switch (ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_IPV4): // multicast and broadcast: routing protocols
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
	case RTE_BE16(RTE_ETHER_TYPE_SLOW):
	case RTE_BE16(ETHER_TYPE_LLDP):
		if (to_us) {
			worker_punt(w, m);
			return;
		}
		drop(w, m, DP_DROP_NOT_LOCAL);
		return;
	default:
		drop(w, m, DP_DROP_NOT_IP);
	}
}

// A frame whose IP packet begins at l3, by {port, VLAN}.
static __rte_always_inline void
classify_l3(struct worker *w, struct rte_mbuf *m, const struct port_view *port, uint16_t iface,
	uint16_t l3, uint16_t type, bool handed_off)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	bool to_mac = mac_word(eth) == port->mac_word;

	if (unlikely(iface == NO_IFACE))
		drop(w, m, DP_DROP_UNKNOWN_VLAN);
	else if (likely(to_mac && type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		classify_ipv4(w, m, w->in->iface[iface], l3, handed_off);
	else
		classify_rest(w, m, type, to_mac || rte_is_multicast_ether_addr(&eth->dst_addr));
}

static __rte_noinline void
classify_tagged(struct worker *w, struct rte_mbuf *m, const struct port_view *port, bool handed_off)
{
	const struct rte_vlan_hdr *tag = rte_pktmbuf_mtod_offset(
		m, const struct rte_vlan_hdr *, sizeof(struct rte_ether_hdr));
	uint16_t id = rte_be_to_cpu_16(tag->vlan_tci) & (VLANS - 1);
	uint16_t iface = id == 0   ? port->iface // priority tag
		: port->vlan_iface ? port->vlan_iface[id]
				   : NO_IFACE;

	classify_l3(w, m, port, iface, sizeof(struct rte_ether_hdr) + sizeof(*tag), tag->eth_proto,
		handed_off);
}

static __rte_always_inline void
classify_frame(struct worker *w, struct rte_mbuf *m, bool handed_off)
{
	const struct port_view *port = &w->in->port[m->port];
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (unlikely(m->data_len < sizeof(*eth) + sizeof(struct rte_vlan_hdr) ||
		    m->data_len != m->pkt_len))
		drop(w, m, DP_DROP_RUNT);
	else if (unlikely(eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN)))
		classify_tagged(w, m, port, handed_off);
	else
		classify_l3(w, m, port, port->iface, sizeof(*eth), eth->ether_type, handed_off);
}

void
classify(struct worker *w, struct rte_mbuf **pkts, uint16_t n, bool handed_off)
{
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++)
		classify_frame(w, pkts[i], handed_off);
}
