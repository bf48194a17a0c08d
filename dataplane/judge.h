// SPDX-License-Identifier: BSD-3-Clause
// What is decided about a packet of a known session: may it pass, and where does it go. The stages
// decide by these functions, and so does `explain packet`, which asks without sending. They write
// nothing but the struct dp_usage that they are given: the session's own, or a copy of it.
#pragma once

#include "dataplane/bytes.h"
#include "dataplane/routing.h"
#include "dataplane/session_table.h"
#include "dataplane/token_bucket.h"
#include "dataplane/tunnel_peer.h"

#include <rte_ip.h>
#include <rte_memcpy.h>
#include <rte_udp.h>

#include <string.h>

// Of an inner packet that isn't simply IPv4 without options. payload: bytes in the tunnel.
static inline enum dp_drop
ul_inner_fault(const struct rte_ipv4_hdr *ip, uint16_t payload)
{
	uint16_t total;

	if (payload < sizeof(*ip) || ip->version_ihl >> 4 != 4)
		return DP_DROP_WRONG_INNER;
	total = from_be16(ip->total_length);
	if (total > payload || total < sizeof(*ip) || (ip->version_ihl & 15) < 5 ||
		(ip->version_ihl & 15) * 4 > total)
		return DP_DROP_BAD_INNER;
	return DP_DROPS;
}

// As far as its own bucket goes it may pass, but it counts against its session's AMBR, too:
// bearers_settle() decides.
#define JUDGE_IN_AMBR ((enum dp_drop)(DP_DROPS + 1))

// Flags of lines whose packets are judged by more than their bucket.
#define JUDGE_RARE_UL (SESSION_UL_CLOSED | SESSION_IN_AMBR)
#define JUDGE_RARE_DL (SESSION_DL_CLOSED | SESSION_IN_AMBR)

// A closed gate, or a dedicated bearer without a guaranteed rate.
static inline enum dp_drop
judge_rare(bool is_closed, enum dp_drop closed, uint64_t *bucket, uint64_t cost, uint32_t depth,
	uint64_t now, uint16_t len, enum dp_drop over)
{
	if (is_closed)
		return closed;
	return cost && !bucket_take(bucket, cost, depth, now, len) ? over : JUDGE_IN_AMBR;
}

// Of a line without the flags JUDGE_RARE_UL.
static inline enum dp_drop
ul_rate(const struct session *s, struct dp_usage *u, uint64_t now, uint16_t len)
{
	if (s->ul_cost && !bucket_take(&u->bucket, s->ul_cost, s->ul_depth, now, len))
		return DP_DROP_UL_OVER_AMBR;
	return DP_DROPS;
}

static inline enum dp_drop
ul_gate_and_rate(const struct session *s, struct dp_usage *u, uint64_t now, uint16_t len)
{
	if (unlikely(s->flags & JUDGE_RARE_UL))
		return judge_rare(s->flags & SESSION_UL_CLOSED, DP_DROP_UL_CLOSED, &u->bucket,
			s->ul_cost, s->ul_depth, now, len, DP_DROP_UL_OVER_AMBR);
	return ul_rate(s, u, now, len);
}

// Why an uplink packet isn't a whole one of the session's own, or DP_DROPS. *len: bytes of payload in
// the tunnel, then the inner packet's own.
static inline enum dp_drop
ul_source(const struct session *s, const struct rte_ipv4_hdr *ip, uint16_t *len)
{
	uint16_t total = from_be16(ip->total_length);

	if (unlikely(ip->version_ihl != RTE_IPV4_VHL_DEF || total < sizeof(*ip) || total > *len)) {
		enum dp_drop why = ul_inner_fault(ip, *len);

		if (why != DP_DROPS)
			return why;
	}
	*len = total;
	if (unlikely((ip->src_addr != s->ue_ipv4) | (ip->src_addr == 0))) // 0: it has none
		return DP_DROP_SPOOFED;
	return DP_DROPS;
}

// Why it may not pass, or DP_DROPS, or JUDGE_IN_AMBR. *len as of ul_source().
static inline enum dp_drop
ul_may_pass(const struct session *s, struct dp_usage *u, const struct rte_ipv4_hdr *ip,
	uint64_t now, uint16_t *len)
{
	enum dp_drop why = ul_source(s, ip, len);

	return why == DP_DROPS ? ul_gate_and_rate(s, u, now, *len) : why;
}

// No session has this destination: which of the two cases it is.
static inline enum dp_drop
dl_unknown_why(const struct route_view *v, uint32_t dst)
{
	bool is_pool = v->adjacency[route_find(v, dst)].kind == ADJACENCY_BLACKHOLE;

	return is_pool ? DP_DROP_NO_SESSION : DP_DROP_NOT_LOCAL;
}

// Of a line without the flags JUDGE_RARE_DL.
static inline enum dp_drop
dl_rate(const struct session *s, struct dp_usage *u, uint64_t now, uint16_t len)
{
	if (s->dl_cost && !bucket_take(&u->bucket, s->dl_cost, s->dl_depth, now, len))
		return DP_DROP_DL_OVER_AMBR;
	return DP_DROPS;
}

// Why a downlink packet may not pass, or DP_DROPS, or JUDGE_IN_AMBR; also one of IPv6.
static inline enum dp_drop
dl_may_pass(const struct session *s, struct dp_usage *u, uint64_t now, uint16_t len)
{
	if (unlikely(s->flags & JUDGE_RARE_DL))
		return judge_rare(s->flags & SESSION_DL_CLOSED, DP_DROP_DL_CLOSED, &u->bucket,
			s->dl_cost, s->dl_depth, now, len, DP_DROP_DL_OVER_AMBR);
	return dl_rate(s, u, now, len);
}

// The next hop, from the session's note of its latest one if that still holds.
static inline const struct adjacency *
ul_next_hop(const struct route_view *v, const struct session *s, struct dp_usage *u, uint32_t dst)
{
	if (unlikely(u->next_hop_dst != dst || u->next_hop_generation != v->generation)) {
		u->next_hop = route_find_flow(v, dst, route_flow(s->ue_ipv4, dst));
		u->next_hop_dst = dst;
		u->next_hop_generation = v->generation;
	}
	return &v->adjacency[u->next_hop];
}

// is_on: the setting of that name.
static inline bool
may_cut(bool is_on, const struct rte_ipv4_hdr *ip)
{
	return is_on && !(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
}

// Why an uplink packet can't go to its next hop as it is, or DP_DROPS: then it goes, or waits for the
// neighbour where that isn't resolved. TOO_BIG: may_cut() says whether in pieces.
static inline enum dp_drop
ul_judge(const struct adjacency *a, const struct rte_ipv4_hdr *ip, uint16_t len)
{
	if (unlikely(ip->time_to_live <= 1))
		return DP_DROP_UL_TTL;
	if (unlikely(a->kind != ADJACENCY_RESOLVED && a->kind != ADJACENCY_UNRESOLVED))
		// also to this machine, which no UE may reach
		return a->kind == ADJACENCY_BLACKHOLE ? DP_DROP_BLACKHOLE : DP_DROP_UL_NO_ROUTE;
	if (unlikely(len > a->mtu))
		return DP_DROP_TOO_BIG;
	return DP_DROPS;
}

// The same downlink: at the end of its time to live, nowhere to go, or larger than the way or what
// the device was told to expect. overhead: of p; room: bytes in front of the packet.
static __rte_always_inline enum dp_drop
dl_judge(const struct session *s, const struct tunnel_peer *p, uint16_t overhead,
	const struct rte_ipv4_hdr *ip, uint32_t room, uint16_t len)
{
	if (unlikely(ip->time_to_live <= 1))
		return DP_DROP_DL_TTL;
	if (unlikely(len + overhead > p->mtu || len > s->mtu))
		return p->mtu == 0 ? DP_DROP_DL_NO_ROUTE : DP_DROP_TOO_BIG;
	if (unlikely(room < (overhead == OUTER_IPV4_BYTES ? OUTER_TEMPLATE : OUTER_ROOM)))
		return DP_DROP_NO_MBUF;
	return DP_DROPS;
}

// The largest inner packet on the way to the device, bytes.
static inline uint16_t
dl_mtu(const struct session *s, const struct tunnel_peer *p)
{
	uint16_t overhead = tunnel_peer_overhead(p);
	uint16_t mtu = p->mtu > overhead ? p->mtu - overhead : 0;

	return mtu < s->mtu ? mtu : s->mtu;
}

// Writes link header (if resolved) and outer headers in front of the inner packet,
// which OUTER_TEMPLATE bytes of room precede.
static inline void
dl_encapsulate(const struct tunnel_peer *p, const struct session *s, struct rte_ipv4_hdr *inner,
	uint16_t len, uint16_t id)
{
	uint8_t *outer = (uint8_t *)inner - OUTER_IPV4_BYTES;
	uint32_t total = len + OUTER_IPV4_BYTES, udp = total - sizeof(struct rte_ipv4_hdr);
	uint32_t total_id = from_be32(total << 16 | id);
	// RFC 1071: the sum is right in either byte order if all of it is taken in the same
	uint32_t sum = p->sum + (s->tos << 8) + (total_id & 0xffff) + (total_id >> 16);
	// UDP length, no checksum, GTP-U flags, G-PDU, length
	uint64_t udp_gtpu = from_be64((uint64_t)udp << 48 | 0x30ff0000 | len);
	uint16_t checksum;

	sum = (sum & 0xffff) + (sum >> 16);
	checksum = (uint16_t) ~(sum + (sum >> 16));
	rte_memcpy((char *)inner - OUTER_TEMPLATE, p->outer, OUTER_TEMPLATE);
	outer[1] = s->tos;
	memcpy(outer + 2, &total_id, sizeof(total_id));
	memcpy(outer + 10, &checksum, sizeof(checksum));
	memcpy(outer + 24, &udp_gtpu, sizeof(udp_gtpu));
	memcpy(outer + 32, &s->peer_teid, sizeof(s->peer_teid));
}

// The same for an IPv6 peer; OUTER_ROOM bytes of room. The UDP checksum stays 0: it's the caller's.
static inline void
dl_encapsulate6(const struct tunnel_peer *p, const struct session *s, void *inner, uint16_t len)
{
	struct rte_ipv6_hdr *ip = (void *)((char *)inner - OUTER_IPV6_BYTES);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	uint8_t *gtpu = (uint8_t *)(udp + 1);

	rte_memcpy((char *)inner - OUTER_ROOM, p->outer6, OUTER_ROOM);
	ip->vtc_flow |= rte_cpu_to_be_32((uint32_t)s->tos << RTE_IPV6_HDR_TC_SHIFT);
	udp->dgram_len = rte_cpu_to_be_16(len + 16);
	ip->payload_len = udp->dgram_len;
	gtpu[2] = (uint8_t)(len >> 8);
	gtpu[3] = (uint8_t)len;
	memcpy(gtpu + 4, &s->peer_teid, 4);
}
