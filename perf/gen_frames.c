// SPDX-License-Identifier: BSD-3-Clause
// The frames: headers that are the same for all packets of a stream are written once, what differs by
// session just before a frame is sent. All inner packets are UDP without a checksum.
#include "perf/gen.h"

#include <rte_arp.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <string.h>

#define GTPU_PORT 2152
#define OUTER 36 // IPv4, UDP, GTP-U

struct inner {
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	struct gen_mark mark;
} __rte_packed __rte_aligned(2);

struct outer {
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	uint8_t flags, type;
	rte_be16_t length;
	rte_be32_t teid;
} __rte_packed __rte_aligned(2);
_Static_assert(sizeof(struct outer) == OUTER, "no gaps");

static uint8_t shard_row[4][256]; // of each octet of an address

void
gen_frames_open(void)
{
	for (unsigned int octet = 0; octet < 4; octet++) {
		for (unsigned int value = 0; value < 256; value++) {
			uint8_t addr[4] = { 0 };

			addr[octet] = (uint8_t)value;
			shard_row[octet][value] = dp_shard_of(addr, 4);
		}
	}
}

static uint8_t
shard_of(uint32_t ue)
{
	return shard_row[0][ue >> 24] ^ shard_row[1][ue >> 16 & 0xff] ^
		shard_row[2][ue >> 8 & 0xff] ^ shard_row[3][ue & 0xff];
}

uint32_t
gen_frame_bytes(enum gen_direction d, uint16_t inner)
{
	uint32_t bytes = inner ? inner : (7 * 64 + 4 * 594 + 1400) / 12;

	return bytes + sizeof(struct rte_ether_hdr) + (d == GEN_UL ? OUTER : 0);
}

// IMIX: 7 of 64, 4 of 594, 1 of 1400 bytes.
static uint16_t
inner_bytes(uint32_t i)
{
	uint32_t turn = i * 7 % 12; // not all small ones in a row

	if (gen_config.size)
		return gen_config.size;
	return turn < 7 ? 64 : turn < 11 ? 594 : 1400;
}

// The checksum is of all but the fields that differ by session; those are 0.
static void
inner_write(struct inner *p, enum gen_direction d, uint16_t bytes)
{
	memset(p, 0, sizeof(*p));
	p->ip.version_ihl = RTE_IPV4_VHL_DEF;
	p->ip.total_length = rte_cpu_to_be_16(bytes);
	p->ip.time_to_live = 64;
	p->ip.next_proto_id = IPPROTO_UDP;
	if (d == GEN_UL)
		p->ip.dst_addr = rte_cpu_to_be_32(gen_config.host);
	else
		p->ip.src_addr = rte_cpu_to_be_32(gen_config.host);
	p->udp.src_port = p->udp.dst_port = RTE_BE16(5001);
	p->udp.dgram_len = rte_cpu_to_be_16((uint16_t)(bytes - sizeof(p->ip)));
	p->mark.magic = GEN_MAGIC;
	p->mark.direction = d;
	p->ip.hdr_checksum = rte_ipv4_cksum(&p->ip);
}

static void
outer_write(struct outer *p, uint16_t inner)
{
	memset(p, 0, sizeof(*p));
	p->ip.version_ihl = RTE_IPV4_VHL_DEF;
	p->ip.total_length = rte_cpu_to_be_16((uint16_t)(inner + OUTER));
	p->ip.time_to_live = 64;
	p->ip.next_proto_id = IPPROTO_UDP;
	p->ip.dst_addr = rte_cpu_to_be_32(gen_config.range.gtpu);
	p->udp.src_port = p->udp.dst_port = RTE_BE16(GTPU_PORT);
	p->udp.dgram_len = rte_cpu_to_be_16((uint16_t)(inner + OUTER - sizeof(p->ip)));
	p->flags = 0x30; // TS 29.281 5.1: version 1, GTP, no optional fields
	p->type = 255;   // G-PDU
	p->length = rte_cpu_to_be_16(inner);
	p->ip.hdr_checksum = rte_ipv4_cksum(&p->ip);
}

// Of our port that the direction sends on.
static struct rte_ether_addr
mac_of(enum gen_direction d)
{
	return (struct rte_ether_addr){ { 2, 0x70, 0x72, 0x67, 0, (uint8_t)(d + 1) } };
}

static void
frame_write(struct gen_stream *s, struct rte_mbuf *m, uint16_t inner)
{
	enum gen_direction d = s->direction;
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	char *at = (char *)(eth + 1);

	m->data_len = (uint16_t)gen_frame_bytes(d, inner);
	m->pkt_len = m->data_len;
	memset(eth, 0, m->data_len);
	eth->dst_addr = gen_config.gateway[d];
	eth->src_addr = mac_of(d);
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	if (d == GEN_UL) {
		outer_write((struct outer *)at, inner);
		at += OUTER;
	}
	inner_write((struct inner *)at, d, inner);
}

bool
gen_frames_make(struct gen_stream *s, struct rte_mempool *pool)
{
	for (uint32_t i = 0; i < GEN_FRAMES; i++) {
		if (s->frame[i] == NULL)
			s->frame[i] = rte_pktmbuf_alloc(pool);
		if (s->frame[i] == NULL)
			return false;
		frame_write(s, s->frame[i], inner_bytes(i));
	}
	return true;
}

// The checksum after an address changed: RFC 1624, equation 3.
static inline uint16_t
checksum_after(uint16_t checksum, rte_be32_t was, rte_be32_t is)
{
	uint32_t sum = (uint16_t)~checksum;

	sum += (was & 0xffff) ^ 0xffff;
	sum += (was >> 16) ^ 0xffff;
	sum += (is & 0xffff) + (is >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void
source_set(struct rte_ipv4_hdr *ip, uint32_t addr)
{
	rte_be32_t is = rte_cpu_to_be_32(addr);

	ip->hdr_checksum = checksum_after(ip->hdr_checksum, ip->src_addr, is);
	ip->src_addr = is;
}

static inline void
destination_set(struct rte_ipv4_hdr *ip, uint32_t addr)
{
	rte_be32_t is = rte_cpu_to_be_32(addr);

	ip->hdr_checksum = checksum_after(ip->hdr_checksum, ip->dst_addr, is);
	ip->dst_addr = is;
}

void
gen_frame_personalise(struct gen_stream *s, struct rte_mbuf *m, uint32_t i, uint64_t tsc)
{
	const struct range *r = &gen_config.range;
	char *at = rte_pktmbuf_mtod_offset(m, char *, sizeof(struct rte_ether_hdr));
	uint32_t ue = range_ue(r, i);
	struct inner *inner = (struct inner *)at;

	if (s->direction == GEN_UL) {
		struct outer *outer = (struct outer *)at;

		inner = (struct inner *)(outer + 1);
		outer->teid = rte_cpu_to_be_32(range_teid_of_shard(i, shard_of(ue)));
		source_set(&outer->ip, range_sgw(r, i));
		source_set(&inner->ip, ue);
	} else {
		destination_set(&inner->ip, ue);
	}
	inner->mark.sequence = s->sequence++;
	inner->mark.tsc = tsc;
}

// Where the inner packet begins in a frame of this direction that came back.
static inline uint16_t
inner_offset(enum gen_direction d)
{
	bool is_inside = (d == GEN_UL) == (gen_config.expect == GEN_EXPECT_SAME);

	return sizeof(struct rte_ether_hdr) + (is_inside ? OUTER : 0);
}

static inline const struct inner *
inner_of(enum gen_direction d, const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, const struct inner *, inner_offset(d));
}

bool
gen_frame_mark(enum gen_direction d, const struct rte_mbuf *m, struct gen_mark *mark)
{
	const struct inner *p = inner_of(d, m);

	if (m->data_len < inner_offset(d) + sizeof(*p) || p->mark.magic != GEN_MAGIC ||
		p->mark.direction != d)
		return false;
	*mark = p->mark;
	return true;
}

// The sum over a header with a right checksum is 0 in one's complement.
static bool
sum_is_right(const struct rte_ipv4_hdr *ip)
{
	uint16_t sum = rte_raw_cksum(ip, sizeof(*ip));

	return sum == 0xffff || sum == 0;
}

// The tunnel that a downlink packet to session i is in. TS 29.281 5.1.
static bool
outer_is_right(const struct outer *p, uint32_t i, uint16_t inner)
{
	const struct range *r = &gen_config.range;

	return p->ip.version_ihl == RTE_IPV4_VHL_DEF && p->ip.next_proto_id == IPPROTO_UDP &&
		p->ip.src_addr == rte_cpu_to_be_32(r->gtpu) &&
		p->ip.dst_addr == rte_cpu_to_be_32(range_sgw(r, i)) && sum_is_right(&p->ip) &&
		p->ip.total_length == rte_cpu_to_be_16((uint16_t)(inner + OUTER)) &&
		p->udp.dst_port == RTE_BE16(GTPU_PORT) &&
		p->udp.dgram_len == rte_cpu_to_be_16((uint16_t)(inner + 16)) && p->flags == 0x30 &&
		p->type == 255 && p->length == rte_cpu_to_be_16(inner) &&
		p->teid == rte_cpu_to_be_32(range_peer_teid(i));
}

bool
gen_frame_is_right(enum gen_direction d, const struct rte_mbuf *m)
{
	const struct inner *p = inner_of(d, m);
	uint32_t ue = rte_be_to_cpu_32(d == GEN_UL ? p->ip.src_addr : p->ip.dst_addr);
	uint32_t far = rte_be_to_cpu_32(d == GEN_UL ? p->ip.dst_addr : p->ip.src_addr);
	uint32_t i = ue - gen_config.range.ue_first;
	uint16_t inner = rte_be_to_cpu_16(p->ip.total_length);

	if (gen_config.expect == GEN_EXPECT_SAME)
		return true;
	return i < gen_config.sessions && far == gen_config.host && p->ip.time_to_live == 63 &&
		sum_is_right(&p->ip) && m->data_len == inner_offset(d) + inner &&
		(d == GEN_UL || outer_is_right((const struct outer *)p - 1, i, inner));
}

static bool
is_ours(enum gen_direction d, uint32_t addr)
{
	const struct range *r = &gen_config.range;

	return d == GEN_UL ? addr - r->sgw_first < r->n_sgws : addr == gen_config.host;
}

bool
gen_arp_answer(enum gen_direction d, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(eth + 1);
	rte_be32_t asked;

	if (m->data_len < sizeof(*eth) + sizeof(*arp) ||
		eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_ARP) ||
		arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) ||
		!is_ours(d, rte_be_to_cpu_32(arp->arp_data.arp_tip)))
		return false;
	asked = arp->arp_data.arp_tip;
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_sha = mac_of(d);
	arp->arp_data.arp_sip = asked;
	eth->dst_addr = arp->arp_data.arp_tha;
	eth->src_addr = mac_of(d);
	return true;
}
