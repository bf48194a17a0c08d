// SPDX-License-Identifier: BSD-3-Clause
// Checksums of what is received: a port that verifies them is believed, what none has verified is summed
// here. RFC 1812 5.2.2: a packet with a wrong IPv4 header checksum goes no further.
#pragma once

#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include <stdbool.h>
#include <string.h>

// Of 20 bytes: the sum of a header with a right checksum is 0xffff (RFC 1071).
static inline bool
ipv4_plain_sum_is_good(const struct rte_ipv4_hdr *ip)
{
	uint64_t word[2], sum;
	uint32_t last, half;

	memcpy(word, ip, sizeof(word));
	memcpy(&last, (const uint8_t *)ip + sizeof(word), sizeof(last));
	sum = word[0] + word[1];
	sum += sum < word[1];
	sum += last;
	sum += sum < last;
	// a number plus itself with its halves swapped: the upper half is the sum of both, with its carry
	half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
	half += half << 16 | half >> 16;
	return half >> 16 == 0xffff;
}

// ip: a header that lies within the frame, whole with its options. Whoever judges the frame after us
// finds the result in its flags.
static inline bool
ipv4_checksum_is_good(struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	switch (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) {
	case RTE_MBUF_F_RX_IP_CKSUM_GOOD:
		return !(m->ol_flags & RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD);
	case RTE_MBUF_F_RX_IP_CKSUM_BAD:
		return false;
	}
	if (ip->version_ihl == RTE_IPV4_VHL_DEF ? !ipv4_plain_sum_is_good(ip)
						: rte_ipv4_cksum(ip) != 0)
		return false;
	m->ol_flags &= ~RTE_MBUF_F_RX_IP_CKSUM_MASK;
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	return true;
}

// The usual frame, by the same rules; false also where there is more to say of it.
static inline bool
checksums_are_good(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	const uint64_t damage = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD |
		RTE_MBUF_F_RX_L4_CKSUM_BAD | RTE_MBUF_F_RX_OUTER_L4_CKSUM_BAD;

	return !(m->ol_flags & damage) &&
		(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD || ipv4_plain_sum_is_good(ip));
}

// addresses: source and destination, n_addresses bytes of them, for the pseudo header.
static inline bool
udp_sum_is_good(const void *addresses, size_t n_addresses, const struct rte_udp_hdr *udp)
{
	uint32_t sum = rte_raw_cksum(addresses, n_addresses) + RTE_BE16(IPPROTO_UDP) +
		udp->dgram_len + rte_raw_cksum(udp, rte_be_to_cpu_16(udp->dgram_len));

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

// True if the port says so and is right: drivers mean the inner datagram of a tunnel that they know, and
// some call a checksum of 0 wrong. udp: whole within its packet, which begins at l3.
static inline bool
udp_is_damaged(const struct rte_mbuf *m, uint16_t l3, const struct rte_udp_hdr *udp)
{
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, l3);
	const struct rte_ipv6_hdr *ip6 = ip;
	const struct rte_ipv4_hdr *ip4 = ip;

	if (likely(!(m->ol_flags &
		    (RTE_MBUF_F_RX_L4_CKSUM_BAD | RTE_MBUF_F_RX_OUTER_L4_CKSUM_BAD))) ||
		udp->dgram_cksum == 0)
		return false;
	if (ip4->version_ihl >> 4 == 6)
		return !udp_sum_is_good(ip6->src_addr, 32, udp);
	return !udp_sum_is_good(&ip4->src_addr, 8, udp);
}
