// SPDX-License-Identifier: BSD-3-Clause
// First stage: what a received frame is, and whose. In: frames. Out: w->ul and w->dl; frames of
// another owner are handed off, Linux's are punted, GTP-U's own messages answered.
#include "dataplane/bytes.h"
#include "dataplane/checksum.h"
#include "dataplane/classify6.h"
#include "dataplane/gtpu_path.h"
#include "dataplane/punt_main.h"
#include "dataplane/worker.h"

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define ETHER_TYPE_LLDP 0x88cc

// Dropped here what control can't serve costs neither a write to the TAP nor Linux's way to the socket.
static inline bool
is_closed(const struct worker *w, enum dp_punt_class class)
{
	return class == DP_PUNT_CREATE &&
		w->now <
		atomic_load_explicit(&w->in->shm->creates_closed_until_tsc, memory_order_relaxed);
}

void
worker_punt(struct worker *w, struct rte_mbuf *m)
{
	enum dp_punt_class class = punt_class_of(m);

	if (unlikely(is_closed(w, class)))
		drop(w, m, DP_DROP_CREATE_SURPLUS);
	else if (likely(punt(&w->lane, m, class)))
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

// A G-PDU with `len` bytes of payload at l3.
static inline void
classify_ul(struct worker *w, struct rte_mbuf *m, uint32_t teid, uint16_t l3, uint16_t len,
	bool handed_off)
{
	struct batch *b = &w->ul;
	uint16_t owner = w->in->shard_worker[teid & 0xff];
	uint16_t i = b->n;

	if (owner != w->index && !handed_off) {
		handoff_put(w, owner, m);
		return;
	}
	// where the inner header ends
	rte_prefetch0(rte_pktmbuf_mtod_offset(m, char *, l3) + sizeof(struct rte_ipv4_hdr));
	b->pkt[i] = m;
	b->key[i] = teid;
	b->bucket[i] = key_first_bucket(&w->tables.by_teid, key_hash(teid));
	rte_prefetch0(b->bucket[i]);
	b->l3[i] = l3;
	b->len[i] = len;
	b->n = i + 1;
}

// A UDP datagram to one of our GTP-U addresses, port 2152, with `len` bytes in it.
static void
classify_gtpu(
	struct worker *w, struct rte_mbuf *m, struct gtpu_at at, uint16_t len, bool handed_off)
{
	const uint8_t *p = rte_pktmbuf_mtod_offset(m, const uint8_t *, at.gtpu);
	struct gtpu g = { 0 };
	enum gtpu_verdict verdict = gtpu_judge(p, len, &g);

	if (unlikely(verdict != GTPU_OK || g.type != GTPU_GPDU))
		classify_gtpu_rest(w, m, verdict, g, at);
	else
		classify_ul(w, m, g.teid, at.gtpu + g.header, g.payload, handed_off);
}

// An IPv4 packet of `total` bytes from a customer's network that isn't ours.
static inline void
classify_dl(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t total, uint16_t vrf,
	uint32_t dst_be, bool handed_off)
{
	struct batch *b = &w->dl;
	uint16_t i = b->n;

	if (w->n_workers > 1 && !handed_off) {
		uint16_t owner = w->in->shard_worker[shard_of_ipv4(&w->in->shards, dst_be)];

		if (owner != w->index) {
			handoff_put(w, owner, m);
			return;
		}
	}
	// the outer headers go in front
	__builtin_prefetch(rte_pktmbuf_mtod_offset(m, char *, l3) - OUTER_IPV4_BYTES, 1);
	b->pkt[i] = m;
	b->key[i] = dl_key(vrf, dst_be);
	b->bucket[i] = key_first_bucket(&w->tables.by_addr, key_hash(b->key[i]));
	rte_prefetch0(b->bucket[i]);
	b->l3[i] = l3;
	b->len[i] = total;
	b->n = i + 1;
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

	if (unlikely(dgram < sizeof(*u) || dgram > total - ihl || udp_is_damaged(m, l3, u))) {
		drop(w, m, DP_DROP_BAD_GTPU);
		return;
	}
	at.gtpu = at.udp + sizeof(*u);
	classify_gtpu(w, m, at, dgram - sizeof(*u), handed_off);
}

void
classify_gtpu_udp6(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t udp, uint16_t total,
	bool handed_off)
{
	classify_gtpu_udp(w, m, l3, udp, total, handed_off);
}

static void classify_fragment(struct worker *w, struct rte_mbuf *m, struct iface_view iface,
	uint16_t l3, uint16_t ihl, bool handed_off);

// A sound IPv4 header of `ihl` bytes at l3.
static void
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

static void
classify_ipv4(
	struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3, bool handed_off)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3);
	uint16_t total, ihl;

	if (unlikely(m->data_len < l3 + sizeof(*ip))) {
		drop(w, m, DP_DROP_RUNT);
		return;
	}
	total = rte_be_to_cpu_16(ip->total_length);
	ihl = (ip->version_ihl & 15) * 4;
	if (unlikely(ip->version_ihl >> 4 != 4 || ihl < sizeof(*ip) || total < ihl ||
		    l3 + total > m->data_len || !ipv4_checksum_is_good(m, ip))) {
		drop(w, m, DP_DROP_BAD_IP);
		return;
	}
	classify_ipv4_at(w, m, iface, l3, ihl, total, handed_off);
}

static void
classify_fragment(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	uint16_t ihl, bool handed_off)
{
	m = reassembly_take(w, m, l3, ihl);
	if (m != NULL)
		classify_ipv4(w, m, iface, l3, handed_off);
}

// What isn't unicast IP to our MAC: link control and neighbour discovery are Linux's.
static void
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
static void
classify_l3(struct worker *w, struct rte_mbuf *m, const struct port_view *port, uint16_t iface,
	uint16_t l3, uint16_t type, bool handed_off)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	bool to_mac = mac_word(eth) == port->mac_word;

	if (unlikely(iface == NO_IFACE))
		drop(w, m, DP_DROP_UNKNOWN_VLAN);
	else if (likely(to_mac && type == RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		classify_ipv4(w, m, w->in->iface[iface], l3, handed_off);
	else if (to_mac && type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		classify_ipv6(w, m, w->in->iface[iface], l3, handed_off);
	else
		classify_rest(w, m, type, to_mac || rte_is_multicast_ether_addr(&eth->dst_addr));
}

static void
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

static __rte_noinline void
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

// ---- The usual frame: untagged, to our MAC, IPv4 without options. What the long way above would
// make of it, in as few steps as possible; false: take the long way.

struct plain_frame {
	struct rte_ether_hdr eth;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp; // from here on of a G-PDU
	uint8_t flags;
	uint8_t type;
	rte_be16_t length;
	rte_be32_t teid;
} __rte_packed __rte_aligned(2);

// Not fragmented, to port 2152 of an address of ours, without optional fields.
static __rte_always_inline bool
classify_plain_ul(struct worker *w, struct rte_mbuf *m, const struct plain_frame *f, uint16_t total,
	bool handed_off)
{
	uint16_t dgram = from_be16(f->udp.dgram_len);
	uint16_t payload = from_be16(f->length);

	if (unlikely(f->ip.fragment_offset & RTE_BE16(0x3fff) ||
		    f->ip.next_proto_id != IPPROTO_UDP || f->udp.dst_port != RTE_BE16(GTPU_PORT) ||
		    f->flags != 0x30 || f->type != GTPU_GPDU ||
		    !is_gtpu_addr(w->in, f->ip.dst_addr)))
		return false;
	if (unlikely(dgram > total - sizeof(f->ip) ||
		    payload + sizeof(f->udp) + GTPU_HEADER > dgram))
		return false;
	classify_ul(w, m, from_be32(f->teid), sizeof(*f), payload, handed_off);
	return true;
}

static __rte_always_inline bool
classify_plain(struct worker *w, struct rte_mbuf *m, bool handed_off)
{
	const struct plain_frame *f = rte_pktmbuf_mtod(m, const struct plain_frame *);
	const struct port_view *port = &w->in->port[m->port];
	struct iface_view iface = port->untagged;
	uint16_t total;

	if (unlikely(m->data_len < sizeof(*f) || mac_word(f) != port->mac_word ||
		    f->eth.ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
		    f->ip.version_ihl != RTE_IPV4_VHL_DEF))
		return false;
	total = from_be16(f->ip.total_length);
	if (unlikely(total < sizeof(f->ip) || total + sizeof(f->eth) > m->data_len ||
		    m->data_len != m->pkt_len || !checksums_are_good(m, &f->ip)))
		return false;
	if (iface.role & DP_ROLE_ACCESS)
		return classify_plain_ul(w, m, f, total, handed_off);
	if (unlikely(iface.role != DP_ROLE_SGI ||
		    route_is_local(worker_view(w, iface.vrf), from_be32(f->ip.dst_addr))))
		return false;
	classify_dl(w, m, sizeof(f->eth), total, iface.vrf, f->ip.dst_addr, handed_off);
	return true;
}

void
classify(struct worker *w, struct rte_mbuf **pkts, uint16_t n, bool handed_off)
{
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++)
		if (unlikely(!classify_plain(w, pkts[i], handed_off)))
			classify_frame(w, pkts[i], handed_off);
}
