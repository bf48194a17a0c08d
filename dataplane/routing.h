// SPDX-License-Identifier: BSD-3-Clause
// Routes and neighbours as the packet path sees them. Main builds a `struct routing` from the
// netlink mirror, publishes it by one pointer and frees the old one after every worker has passed
// a quiescent state. Nothing in it changes once it is published. dataplane: ro, main: builds.
#pragma once

#include "dataplane/include/dp_api.h"

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_rcu_qsbr.h>

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define ADJACENCY_L2_MAX 18
#define ADJACENCY_GATEWAY6 UINT32_MAX // of an IPv6 or even an IPv4 route

enum adjacency_kind {
	ADJACENCY_NO_ROUTE,   // index 0 of every view: nothing covers the destination
	ADJACENCY_RESOLVED,   // l2[] is the whole link header
	ADJACENCY_UNRESOLVED, // hold the packet and ask main to resolve `gateway`
	ADJACENCY_LOCAL,      // one of our own addresses: to Linux
	ADJACENCY_BLACKHOLE,  // a UE pool or an administrator's blackhole or unreachable route
	ADJACENCY_GROUP,      // ECMP: route_member() of the view's
};

// A next hop.
struct adjacency {
	uint8_t kind;   // enum adjacency_kind
	uint8_t l2_len; // 14, or 18 with a VLAN tag
	uint16_t port;  // DPDK port id
	uint16_t iface; // index into dp_header.iface
	uint16_t mtu;   // of IP packets, bytes
	union {
		uint8_t l2[ADJACENCY_L2_MAX];
		struct {
			uint32_t first_member, n_members;
		} group;
	};
	uint8_t zero[2];
	uint8_t gateway6[16]; // where gateway says so
	// host order, 0: the destination itself (on link), or ADJACENCY_GATEWAY6
	uint32_t gateway;
};

// An IPv6 address as a number.
struct addr6 {
	uint64_t high, low;
};

// One VRF. The IPv4 space is cut into ranges: range i is first[i] .. first[i + 1] - 1 and has
// adjacency of_range[i]; first[0] is 0. Longest match and neighbours are already worked in. The IPv6
// space is cut in the same way.
struct route_view {
	uint32_t generation; // differs from every earlier view of this VRF; never 0
	uint32_t n_ranges;
	uint32_t n_adjacencies;
	uint32_t n_members;
	const uint32_t *first; // host order, ascending
	const uint32_t *of_range;
	const struct adjacency *adjacency;
	const uint32_t *member; // adjacency indices of ECMP groups
	uint32_t source; // an address of this machine here, host order, 0: none; for ICMP errors
	uint32_t n_ranges6;
	const struct addr6 *first6;
	const uint32_t *of_range6;
	struct addr6 source6;     // all zero: none
	uint64_t local_filter[4]; // bit = low byte of a local address: clear means surely not local
};

struct routing {
	uint32_t generation;
	uint32_t n_vrfs;
	const struct route_view *vrf[DP_VRFS_MAX];
};

// Adjacency index for a destination in host order; 0 (no route) if none.
static inline uint32_t
route_find(const struct route_view *v, uint32_t dst)
{
	uint32_t at = 0, n = v->n_ranges;

	while (n > 1) {
		uint32_t half = n / 2;

		at = v->first[at + half] <= dst ? at + half : at;
		n -= half;
	}
	return v->of_range[at];
}

// The adjacency of a group's member: the hash's share of all hashes, which needs no division.
static inline uint32_t
route_member(const struct route_view *v, const struct adjacency *group, uint32_t flow_hash)
{
	uint64_t share = (uint64_t)flow_hash * group->group.n_members;

	return v->member[group->group.first_member + (uint32_t)(share >> 32)];
}

// What tells flows apart for a group: those of one device to one destination stay together. src: any
// byte order, but always the same one.
static inline uint32_t
route_flow(uint32_t src, uint32_t dst)
{
	uint32_t hash = (src ^ (dst << 16 | dst >> 16)) * 2654435761u;

	return hash ^ hash >> 16;
}

// As route_find(), with an ECMP group replaced by its member for this flow hash.
static inline uint32_t
route_find_flow(const struct route_view *v, uint32_t dst, uint32_t flow_hash)
{
	uint32_t i = route_find(v, dst);
	const struct adjacency *a = &v->adjacency[i];

	if (unlikely(a->kind == ADJACENCY_GROUP))
		i = route_member(v, a, flow_hash);
	return i;
}

static inline struct addr6
addr6_of(const uint8_t bytes[16])
{
	uint64_t high, low;

	memcpy(&high, bytes, sizeof(high));
	memcpy(&low, bytes + 8, sizeof(low));
	return (struct addr6){ rte_be_to_cpu_64(high), rte_be_to_cpu_64(low) };
}

static inline void
addr6_write(struct addr6 a, uint8_t bytes[16])
{
	uint64_t high = rte_cpu_to_be_64(a.high), low = rte_cpu_to_be_64(a.low);

	memcpy(bytes, &high, sizeof(high));
	memcpy(bytes + 8, &low, sizeof(low));
}

// a <= b
static inline bool
addr6_le(struct addr6 a, struct addr6 b)
{
	return a.high < b.high || (a.high == b.high && a.low <= b.low);
}

// Range index for a destination, never out of of_range6.
static inline uint32_t
route_range6(const struct route_view *v, struct addr6 dst)
{
	uint32_t at = 0, n = v->n_ranges6;

	while (n > 1) {
		uint32_t half = n / 2;

		at = addr6_le(v->first6[at + half], dst) ? at + half : at;
		n -= half;
	}
	return at;
}

// True if the destination is in this range.
static inline bool
route_range6_has(const struct route_view *v, uint32_t range, struct addr6 dst)
{
	return addr6_le(v->first6[range], dst) &&
		(range + 1 == v->n_ranges6 || !addr6_le(v->first6[range + 1], dst));
}

// As route_flow() for IPv6: also by the flow label, with which a sender tells its flows apart
// (RFC 6438). Ports lie behind extension headers, and a later fragment has none.
static inline uint32_t
route_flow6(struct addr6 src, struct addr6 dst, uint32_t flow_label)
{
	uint64_t hash = (src.low ^ dst.high) * 0x9e3779b97f4a7c15ULL +
		(src.high ^ dst.low ^ (uint64_t)flow_label << 32) * 0xd1b54a32d192ed03ULL;

	return (uint32_t)(hash >> 32 ^ hash >> 45);
}

// The adjacency of a range, with an ECMP group replaced by its member for this flow hash.
static inline const struct adjacency *
route_adjacency6(const struct route_view *v, uint32_t range, uint32_t flow_hash)
{
	const struct adjacency *a = &v->adjacency[v->of_range6[range]];

	if (likely(a->kind != ADJACENCY_GROUP))
		return a;
	return &v->adjacency[route_member(v, a, flow_hash)];
}

static inline const struct adjacency *
route_find6_flow(const struct route_view *v, struct addr6 dst, uint32_t flow_hash)
{
	return route_adjacency6(v, route_range6(v, dst), flow_hash);
}

// Whether the destination is an address of this machine, or in a blackhole: no group is.
static inline enum adjacency_kind
route_kind6(const struct route_view *v, const uint8_t dst[16])
{
	return (enum adjacency_kind)v->adjacency[v->of_range6[route_range6(v, addr6_of(dst))]].kind;
}

// Writes the link header of a resolved adjacency in front of an IP header.
static inline void
adjacency_write_l2(const struct adjacency *a, void *ip)
{
	if (likely(a->l2_len == 14))
		memcpy((uint8_t *)ip - 14, a->l2, 14);
	else
		memcpy((uint8_t *)ip - 18, a->l2, 18);
}

static inline bool
route_is_local(const struct route_view *v, uint32_t dst)
{
	if (likely(!(v->local_filter[dst >> 6 & 3] >> (dst & 63) & 1)))
		return false;
	return v->adjacency[route_find(v, dst)].kind == ADJACENCY_LOCAL;
}

// Publishes and reclaims. One per process; main writes, workers read `now`.
struct routing_publisher {
	_Atomic(const struct routing *) now;
	struct rte_rcu_qsbr *qsbr; // workers are its threads, by worker index
};
