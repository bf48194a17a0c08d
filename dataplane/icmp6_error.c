// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/icmp6_error.h"

#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

struct icmp6_header {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t mtu; // of Packet Too Big, else unused
} __rte_packed __rte_aligned(2);

#define ERROR_HEADERS (IPV6_HEADER + sizeof(struct icmp6_header))

static bool
answer_of(enum dp_drop why, uint16_t mtu, struct icmp6_header *answer)
{
	*answer = (struct icmp6_header){ .code = 0 };
	switch (why) {
	case DP_DROP_UL_TTL:
	case DP_DROP_DL_TTL:
		answer->type = ICMP6_TIME_EXCEEDED;
		return true;
	case DP_DROP_UL_NO_ROUTE:
	case DP_DROP_DL_NO_ROUTE:
		answer->type = ICMP6_UNREACHABLE;
		return true;
	case DP_DROP_TOO_BIG:
		answer->type = ICMP6_PACKET_TOO_BIG;
		// A smaller link would have to cut below IP, which ours don't: RFC 8200 5.
		answer->mtu = rte_cpu_to_be_32(RTE_MAX(mtu, (uint16_t)IPV6_MIN_MTU));
		return true;
	default:
		return false;
	}
}

// RFC 4443 2.4 (e): no errors about errors, or to what isn't one host.
static bool
may_be_answered(const struct rte_ipv6_hdr *ip, uint32_t len)
{
	struct ipv6_payload p = ipv6_payload_of(ip, len);

	if (ipv6_is_multicast(ip->src_addr) || ipv6_is_unspecified(ip->src_addr) ||
		ipv6_is_multicast(ip->dst_addr) || ipv6_is_link_local(ip->src_addr) || p.is_broken)
		return false;
	if (p.proto != IPPROTO_ICMPV6)
		return true;
	return len > p.at && ((const uint8_t *)ip)[p.at] >= ICMP6_ECHO;
}

// Who tells: an address of ours in the VRF; towards the device, where there is none, the gateway of its
// link.
static struct addr6
source_of(const struct worker *w, const struct session *s, bool is_ul)
{
	struct addr6 source = worker_view(w, s->vrf)->source6;

	if (is_ul && (source.high | source.low) == 0)
		return (struct addr6){ 0xfe80000000000000, DP_GATEWAY_IID };
	return source;
}

static bool
is_told(struct addr6 source, const struct rte_ipv6_hdr *ip, uint32_t len, enum dp_drop why,
	uint16_t mtu, struct icmp6_header *answer)
{
	return (source.high | source.low) && answer_of(why, mtu, answer) &&
		may_be_answered(ip, len);
}

bool
icmp6_error_is_due(const struct worker *w, const struct session *s, bool is_ul,
	const struct rte_ipv6_hdr *ip, uint32_t len, enum dp_drop why)
{
	struct icmp6_header answer;

	return is_told(source_of(w, s, is_ul), ip, len, why, 0, &answer);
}

// Turns the packet into the error about it, which quotes as much as fits into the smallest MTU.
static bool
error_make(struct rte_mbuf *m, struct addr6 source, const struct icmp6_header *answer)
{
	const struct rte_ipv6_hdr *old = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	uint16_t quote = RTE_MIN(m->data_len, (uint16_t)(IPV6_MIN_MTU - ERROR_HEADERS));
	struct icmp6_header *icmp;
	struct rte_ipv6_hdr *ip;
	uint8_t them[16];

	if (rte_pktmbuf_headroom(m) < ERROR_HEADERS + OUTER_ROOM)
		return false;
	memcpy(them, old->src_addr, sizeof(them));
	m->data_len = quote;
	m->pkt_len = quote;
	ip = (struct rte_ipv6_hdr *)rte_pktmbuf_prepend(m, ERROR_HEADERS);
	ipv6_write(ip, (uint16_t)(sizeof(*icmp) + quote), IPPROTO_ICMPV6, 64);
	addr6_write(source, ip->src_addr);
	memcpy(ip->dst_addr, them, sizeof(them));
	icmp = (struct icmp6_header *)(ip + 1);
	*icmp = *answer;
	icmp->checksum = ipv6_checksum(ip);
	return true;
}

// True if m is an ICMPv6 error now and is to be sent; else m is gone. Either way the drop is counted.
static bool
refuse(struct worker *w, struct rte_mbuf *m, struct addr6 source, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct icmp6_header answer;

	u->dropped_packets++;
	u->dropped_bytes += m->data_len;
	drop_count(w, m, why);
	if (!is_told(source, ip, m->data_len, why, mtu, &answer) || !worker_may_answer(w) ||
		!error_make(m, source, &answer)) {
		rte_pktmbuf_free(m);
		return false;
	}
	w->count->icmp_error_tx++;
	return true;
}

void
ul6_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu)
{
	if (refuse(w, m, source_of(w, s, true), u, why, mtu))
		dl_send(w, m, s);
}

void
dl6_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu)
{
	if (refuse(w, m, source_of(w, s, false), u, why, mtu))
		tx_ip6(w, m, s->vrf);
}
