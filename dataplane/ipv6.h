// SPDX-License-Identifier: BSD-3-Clause
// What the packet path asks of an IPv6 header. RFC 8200, RFC 4291. Bytes in, nothing read beyond.
#pragma once

#include "dataplane/routing.h"

#include <rte_byteorder.h>
#include <rte_ip.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IPV6_HEADER sizeof(struct rte_ipv6_hdr)
#define IPV6_MIN_MTU 1280

// ICMPv6 types: RFC 4443, RFC 4861, RFC 2710, RFC 3810.
enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_PACKET_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_ECHO = 128, // those below are errors
	ICMP6_LISTENER_QUERY = 130,
	ICMP6_LISTENER_DONE = 132,
	ICMP6_ROUTER_SOLICITATION = 133,
	ICMP6_ROUTER_ADVERTISEMENT = 134,
	ICMP6_NEIGHBOUR_SOLICITATION = 135,
	ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
	ICMP6_LISTENER_REPORT_2 = 143,
};

static inline bool
ipv6_is_multicast(const uint8_t addr[16])
{
	return addr[0] == 0xff;
}

static inline bool
ipv6_is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

static inline bool
ipv6_is_unspecified(const uint8_t addr[16])
{
	static const uint8_t unspecified[16];

	return memcmp(addr, unspecified, sizeof(unspecified)) == 0;
}

// Bytes of header and payload together.
static inline uint32_t
ipv6_total(const struct rte_ipv6_hdr *ip)
{
	return (uint32_t)IPV6_HEADER + rte_be_to_cpu_16(ip->payload_len);
}

static inline bool
ipv6_has_version(const struct rte_ipv6_hdr *ip)
{
	return (ip->vtc_flow & RTE_BE32(0xf0000000)) == RTE_BE32(0x60000000);
}

static inline uint32_t
ipv6_flow(const struct rte_ipv6_hdr *ip)
{
	return route_flow6(addr6_of(ip->src_addr), addr6_of(ip->dst_addr),
		rte_be_to_cpu_32(ip->vtc_flow) & RTE_IPV6_HDR_FL_MASK);
}

// The packet's next hop in this VRF.
static inline const struct adjacency *
ipv6_next_hop(const struct route_view *v, const struct rte_ipv6_hdr *ip)
{
	return route_find6_flow(v, addr6_of(ip->dst_addr), ipv6_flow(ip));
}

static inline void
ipv6_write(struct rte_ipv6_hdr *ip, uint16_t payload, uint8_t proto, uint8_t hops)
{
	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->payload_len = rte_cpu_to_be_16(payload);
	ip->proto = proto;
	ip->hop_limits = hops;
}

// The checksum of ICMPv6 or UDP over the packet's payload, in which it is 0 now; never 0 itself.
static inline uint16_t
ipv6_checksum(const struct rte_ipv6_hdr *ip)
{
	return rte_ipv6_udptcp_cksum(ip, ip + 1);
}

// The payload behind extension headers that may be stepped over.
struct ipv6_payload {
	uint8_t proto;  // of what is at `at`; IPPROTO_FRAGMENT, or one that isn't known here
	bool is_broken; // a header runs over the end
	uint16_t at;    // offset from the IPv6 header
};

#define IPV6_EXTENSIONS_MAX 4

// len: bytes from the IPv6 header on that may be read.
static inline struct ipv6_payload
ipv6_payload_of(const struct rte_ipv6_hdr *ip, uint32_t len)
{
	const uint8_t *bytes = (const uint8_t *)ip;
	struct ipv6_payload p = { .proto = ip->proto, .at = IPV6_HEADER };

	for (unsigned int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		if (p.proto != IPPROTO_HOPOPTS && p.proto != IPPROTO_DSTOPTS)
			return p;
		if (p.at + 8u > len || p.at + (bytes[p.at + 1] + 1) * 8u > len) {
			p.is_broken = true;
			return p;
		}
		p.proto = bytes[p.at];
		p.at = (uint16_t)(p.at + (bytes[p.at + 1] + 1) * 8);
	}
	return p;
}
