// SPDX-License-Identifier: BSD-3-Clause
// What judge.h says of IPv4, for user packets of IPv6.
#pragma once

#include "dataplane/ipv6.h"
#include "dataplane/judge.h"

// Whether an address lies in the session's prefix; the interface identifier is the device's own
// business. TS 23.401 5.3.1.2.2
static inline bool
ipv6_is_of_session(const struct session *s, const uint8_t addr[16])
{
	return memcmp(addr, s->ue_ipv6_prefix, sizeof(s->ue_ipv6_prefix)) == 0;
}

// Sent on the device's link, where the gateway is its router: never forwarded.
static inline bool
ul6_is_of_link(const struct rte_ipv6_hdr *ip)
{
	return ipv6_is_link_local(ip->src_addr) || ipv6_is_unspecified(ip->src_addr);
}

// Never forwarded either.
static inline bool
ul6_is_to_link(const struct rte_ipv6_hdr *ip)
{
	return ipv6_is_multicast(ip->dst_addr) || ipv6_is_link_local(ip->dst_addr);
}

// What becomes of a packet of the link: the gateway takes it (DP_DROPS), or why not.
static inline enum dp_drop
ul6_link_judge(const struct session *s, const struct rte_ipv6_hdr *ip)
{
	if (!ul6_is_to_link(ip))
		return DP_DROP_SPOOFED;
	return s->flags & SESSION_UL_CLOSED ? DP_DROP_UL_CLOSED : DP_DROPS;
}

// Whether the tunnel holds a whole packet. *len: bytes of payload, then the packet's own.
static inline bool
ul6_is_whole(const struct rte_ipv6_hdr *ip, uint16_t *len)
{
	uint32_t total;

	if (*len < IPV6_HEADER)
		return false;
	total = ipv6_total(ip);
	if (total > *len)
		return false;
	*len = (uint16_t)total;
	return true;
}

// Why an uplink packet that isn't of the link may not pass, or DP_DROPS, or JUDGE_IN_AMBR.
static inline enum dp_drop
ul6_may_pass(const struct session *s, struct dp_usage *u, const struct rte_ipv6_hdr *ip,
	uint64_t now, uint16_t len)
{
	if (!ipv6_is_of_session(s, ip->src_addr))
		return DP_DROP_SPOOFED;
	if (ul6_is_to_link(ip))
		return DP_DROP_LINK_SCOPE;
	return ul_gate_and_rate(s, u, now, len);
}

// The next hop, by the session's note of the latest range of destinations if that still holds.
static inline const struct adjacency *
ul6_next_hop(const struct route_view *v, struct session_extra *x, const struct rte_ipv6_hdr *ip)
{
	struct addr6 dst = addr6_of(ip->dst_addr);

	if (unlikely(x->next_hop_generation != v->generation ||
		    !route_range6_has(v, x->next_hop, dst))) {
		x->next_hop = route_range6(v, dst);
		x->next_hop_generation = v->generation;
	}
	return route_adjacency6(v, x->next_hop, ipv6_flow(ip));
}

// No session has this destination: which of the two cases it is.
static inline enum dp_drop
dl6_unknown_why(const struct route_view *v, const uint8_t dst[16])
{
	return route_kind6(v, dst) == ADJACENCY_BLACKHOLE ? DP_DROP_NO_SESSION : DP_DROP_NOT_LOCAL;
}

// Whether the session that was found by the key has the destination: two VRFs' prefixes may share one.
static inline bool
dl6_is_for(const struct session *s, const struct rte_ipv6_hdr *ip, uint64_t key)
{
	return ipv6_is_of_session(s, ip->dst_addr) && prefix_key(s->vrf, ip->dst_addr) == key;
}

// Why an uplink packet can't go to its next hop, or DP_DROPS. RFC 8200 5: TOO_BIG is final.
static inline enum dp_drop
ul6_judge(const struct adjacency *a, const struct rte_ipv6_hdr *ip, uint16_t len)
{
	if (ip->hop_limits <= 1)
		return DP_DROP_UL_TTL;
	if (a->kind == ADJACENCY_BLACKHOLE)
		return DP_DROP_BLACKHOLE;
	if (a->kind != ADJACENCY_RESOLVED && a->kind != ADJACENCY_UNRESOLVED)
		return DP_DROP_UL_NO_ROUTE; // also an address of this machine, which no UE may reach
	return len > a->mtu ? DP_DROP_TOO_BIG : DP_DROPS;
}

// The same downlink. mtu: dl_mtu() of p.
static inline enum dp_drop
dl6_judge(const struct tunnel_peer *p, const struct rte_ipv6_hdr *ip, uint16_t mtu, uint16_t len)
{
	if (ip->hop_limits <= 1)
		return DP_DROP_DL_TTL;
	if (p->mtu == 0)
		return DP_DROP_DL_NO_ROUTE;
	return len > mtu ? DP_DROP_TOO_BIG : DP_DROPS;
}
