// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/icmp_error.h"

#include "dataplane/worker.h"

#include <rte_icmp.h>
#include <rte_ip.h>

#define ICMP_HEADERS (sizeof(struct rte_ipv4_hdr) + 8)
#define ICMP_ERROR_MAX 576 // RFC 1812 4.3.2.3

// ICMP types, RFC 792
enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_TIMESTAMP = 13,
	ICMP_TIMESTAMP_REPLY = 14,
};

struct icmp_header {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t unused;
	uint16_t mtu; // RFC 1191, of code 4
};

struct answer {
	uint8_t type, code;
};

static bool
answer_of(enum dp_drop why, struct answer *a)
{
	switch (why) {
	case DP_DROP_UL_TTL:
	case DP_DROP_DL_TTL:
		*a = (struct answer){ ICMP_TIME_EXCEEDED, 0 };
		return true;
	case DP_DROP_UL_NO_ROUTE:
	case DP_DROP_DL_NO_ROUTE:
		*a = (struct answer){ ICMP_UNREACHABLE, 0 };
		return true;
	case DP_DROP_TOO_BIG:
		*a = (struct answer){ ICMP_UNREACHABLE, 4 };
		return true;
	default:
		return false;
	}
}

// RFC 1812 4.3.2.7: no errors about errors, about later fragments, or to what isn't one host.
static bool
may_be_answered(const struct rte_ipv4_hdr *ip, uint16_t len)
{
	uint16_t ihl = (ip->version_ihl & 15) * 4;
	uint32_t src = rte_be_to_cpu_32(ip->src_addr);
	uint8_t type;

	if (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK) || src >> 24 == 0 ||
		src >> 24 == 127 || src >= 0xe0000000)
		return false;
	if (ip->next_proto_id != IPPROTO_ICMP)
		return true;
	if (len <= ihl)
		return false;
	type = *((const uint8_t *)ip + ihl);
	return type == ICMP_ECHO || type == ICMP_ECHO_REPLY || type == ICMP_TIMESTAMP ||
		type == ICMP_TIMESTAMP_REPLY;
}

static bool
is_told(const struct route_view *v, const struct rte_ipv4_hdr *ip, uint16_t len, enum dp_drop why,
	struct answer *a)
{
	return answer_of(why, a) && may_be_answered(ip, len) && v->source != 0;
}

bool
icmp_error_is_due(
	const struct route_view *v, const struct rte_ipv4_hdr *ip, uint16_t len, enum dp_drop why)
{
	struct answer a;

	return is_told(v, ip, len, why, &a);
}

// Turns the packet into the ICMP error about it.
static bool
error_make(struct worker *w, struct rte_mbuf *m, uint32_t source, struct answer a, uint16_t mtu)
{
	const struct rte_ipv4_hdr *old = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint32_t them = old->src_addr;
	uint16_t quote = RTE_MIN(
		rte_be_to_cpu_16(old->total_length), (uint16_t)(ICMP_ERROR_MAX - ICMP_HEADERS));
	struct icmp_header *icmp;
	struct rte_ipv4_hdr *ip;

	if (rte_pktmbuf_headroom(m) < ICMP_HEADERS + OUTER_ROOM)
		return false;
	m->data_len = quote;
	m->pkt_len = quote;
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_prepend(m, ICMP_HEADERS);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = 0xc0, // RFC 1812 4.3.2.5: internetwork control
		.total_length = rte_cpu_to_be_16((uint16_t)(ICMP_HEADERS + quote)),
		.packet_id = rte_cpu_to_be_16(w->ip_id++),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_ICMP,
		.src_addr = rte_cpu_to_be_32(source),
		.dst_addr = them,
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	icmp = (struct icmp_header *)(ip + 1);
	*icmp = (struct icmp_header){ .type = a.type, .code = a.code };
	if (a.type == ICMP_UNREACHABLE && a.code == 4)
		icmp->mtu = rte_cpu_to_be_16(mtu);
	icmp->checksum = (uint16_t)~rte_raw_cksum(icmp, sizeof(*icmp) + quote);
	return true;
}

// True if m is an ICMP error now and is to be sent; else m is gone. Either way the drop is counted.
static bool
refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const struct route_view *v = worker_view(w, s->vrf);
	uint16_t bytes = rte_be_to_cpu_16(ip->total_length);
	struct answer a;

	u->dropped_packets++;
	u->dropped_bytes += bytes;
	drop_count(w, m, why);
	if (!is_told(v, ip, m->data_len, why, &a) || !worker_may_answer(w) ||
		!error_make(w, m, v->source, a, mtu)) {
		rte_pktmbuf_free(m);
		return false;
	}
	w->count->icmp_error_tx++;
	return true;
}

void
ul_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu)
{
	if (refuse(w, m, s, u, why, mtu))
		dl_send(w, m, s);
}

void
dl_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu)
{
	uint32_t them = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *)->src_addr;

	if (refuse(w, m, s, u, why, mtu))
		tx_ip(w, m, s->vrf, rte_be_to_cpu_32(them));
}
