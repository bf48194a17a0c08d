// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mss_clamp.h"

#include "dataplane/ipv6.h"

#include <rte_branch_prediction.h>
#include <rte_tcp.h>

enum tcp_option {
	TCP_END = 0,
	TCP_NOTHING = 1,
	TCP_MSS = 2,
};

#define TCP_MSS_BYTES 4

static uint16_t
be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

// RFC 1624 3: HC' = ~(~HC + ~m + m'). A word at an odd offset is summed with its bytes swapped.
static void
checksum_change(uint8_t *checksum, uint16_t before, uint16_t now, bool is_odd)
{
	uint32_t sum;

	if (is_odd) {
		before = rte_bswap16(before);
		now = rte_bswap16(now);
	}
	sum = (uint16_t)~be16(checksum) + (uint32_t)(uint16_t)~before + now;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	checksum[0] = (uint8_t)(~sum >> 8);
	checksum[1] = (uint8_t)~sum;
}

static void
lower(uint8_t *tcp, uint32_t at, uint16_t mss)
{
	uint16_t before = be16(tcp + at);

	if (before <= mss)
		return;
	tcp[at] = (uint8_t)(mss >> 8);
	tcp[at + 1] = (uint8_t)mss;
	checksum_change(tcp + offsetof(struct rte_tcp_hdr, cksum), before, mss, at & 1);
}

// len: bytes from the TCP header to the packet's end.
static void
clamp(uint8_t *tcp, uint32_t len, uint16_t mss)
{
	uint32_t header, at = sizeof(struct rte_tcp_hdr);

	if (len < at || !(tcp[offsetof(struct rte_tcp_hdr, tcp_flags)] & RTE_TCP_SYN_FLAG))
		return;
	header = (tcp[offsetof(struct rte_tcp_hdr, data_off)] >> 4) * 4u;
	header = RTE_MIN(header, len);
	while (at + 1 < header) {
		if (tcp[at] == TCP_NOTHING) {
			at++;
			continue;
		}
		if (tcp[at] == TCP_END || tcp[at + 1] < 2)
			return;
		if (tcp[at] == TCP_MSS && tcp[at + 1] == TCP_MSS_BYTES &&
			at + TCP_MSS_BYTES <= header) {
			lower(tcp, at + 2, mss);
			return;
		}
		at += tcp[at + 1];
	}
}

void
mss_clamp_ipv4(struct rte_ipv4_hdr *ip, uint16_t len, uint16_t mss)
{
	uint16_t ihl = (ip->version_ihl & 15) * 4;

	if (mss && ip->next_proto_id == IPPROTO_TCP && len > ihl &&
		!(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)))
		clamp((uint8_t *)ip + ihl, len - ihl, mss);
}

void
mss_clamp_ipv6(struct rte_ipv6_hdr *ip, uint16_t len, uint16_t mss)
{
	struct ipv6_payload p = ipv6_payload_of(ip, len);

	if (mss && p.proto == IPPROTO_TCP && !p.is_broken && len > p.at)
		clamp((uint8_t *)ip + p.at, len - p.at, mss);
}
