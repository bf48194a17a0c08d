// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/gtpu_path.h"

#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#include <rte_ip.h>
#include <rte_udp.h>

// Who sent a message, read before its frame is written over. Both are of one family.
struct correspondent {
	struct dp_addr us, them;
	uint16_t their_port;
};

static bool
is_ipv6_at(const struct rte_mbuf *m, uint16_t l3)
{
	return *rte_pktmbuf_mtod_offset(m, const uint8_t *, l3) >> 4 == 6;
}

static struct dp_addr
addr_from(uint8_t family, const void *bytes)
{
	struct dp_addr a = { .family = family };

	memcpy(a.bytes, bytes, family == 6 ? 16 : 4);
	return a;
}

static struct correspondent
correspondent_of(const struct rte_mbuf *m, const struct gtpu_at *at)
{
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, at->l3);
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, at->udp);
	struct correspondent c = { .their_port = udp->src_port };

	if (is_ipv6_at(m, at->l3)) {
		c.us = addr_from(6, ((const struct rte_ipv6_hdr *)ip)->dst_addr);
		c.them = addr_from(6, ((const struct rte_ipv6_hdr *)ip)->src_addr);
	} else {
		c.us = addr_from(4, &((const struct rte_ipv4_hdr *)ip)->dst_addr);
		c.them = addr_from(4, &((const struct rte_ipv4_hdr *)ip)->src_addr);
	}
	return c;
}

static struct rte_udp_hdr *
ipv4_make(struct worker *w, struct rte_mbuf *m, const struct correspondent *c)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(m->data_len),
		.packet_id = rte_cpu_to_be_16(w->ip_id++),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
	};
	memcpy(&ip->src_addr, c->us.bytes, 4);
	memcpy(&ip->dst_addr, c->them.bytes, 4);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return (struct rte_udp_hdr *)(ip + 1);
}

static struct rte_udp_hdr *
ipv6_make(struct rte_mbuf *m, const struct correspondent *c)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);

	ipv6_write(ip, (uint16_t)(m->data_len - sizeof(*ip)), IPPROTO_UDP, 64);
	memcpy(ip->src_addr, c->us.bytes, 16);
	memcpy(ip->dst_addr, c->them.bytes, 16);
	return (struct rte_udp_hdr *)(ip + 1);
}

// Makes m an IP packet from us to them with `bytes` of GTP-U. Returns the GTP-U header, NULL (m
// dropped) if the buffer is too small.
static uint8_t *
outer_make(struct worker *w, struct rte_mbuf *m, const struct correspondent *c, uint16_t port_be,
	uint16_t bytes)
{
	uint16_t ip_bytes = c->them.family == 6 ? IPV6_HEADER : sizeof(struct rte_ipv4_hdr);
	uint16_t total = (uint16_t)(ip_bytes + sizeof(struct rte_udp_hdr) + bytes);
	struct rte_udp_hdr *udp;

	if (m->data_off + total > m->buf_len) {
		drop(w, m, DP_DROP_TX_NO_MBUF);
		return NULL;
	}
	m->data_len = total;
	m->pkt_len = total;
	udp = c->them.family == 6 ? ipv6_make(m, c) : ipv4_make(w, m, c);
	*udp = (struct rte_udp_hdr){
		.src_port = RTE_BE16(GTPU_PORT),
		.dst_port = port_be,
		.dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(*udp) + bytes)),
	};
	return (uint8_t *)(udp + 1);
}

// A message with sequence number and TEID 0, as Echo, Error Indication and Supported Extension
// Headers Notification are. Returns where its IEs go, NULL: m was dropped. TS 29.281 5.1.
static uint8_t *
message_make(struct worker *w, struct rte_mbuf *m, const struct correspondent *c, uint8_t type,
	uint16_t port_be, uint16_t sequence, uint16_t ie_bytes)
{
	uint8_t *p = outer_make(w, m, c, port_be, GTPU_LONG_HEADER + ie_bytes);

	if (p == NULL)
		return NULL;
	memset(p, 0, GTPU_LONG_HEADER);
	p[0] = 0x32;
	p[1] = type;
	p[3] = (uint8_t)(GTPU_LONG_HEADER - GTPU_HEADER + ie_bytes);
	p[8] = (uint8_t)(sequence >> 8);
	p[9] = (uint8_t)sequence;
	return p + GTPU_LONG_HEADER;
}

static void
message_send(struct worker *w, struct rte_mbuf *m, const struct correspondent *c)
{
	uint32_t them;

	if (c->them.family == 6) {
		struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);

		((struct rte_udp_hdr *)(ip + 1))->dgram_cksum = ipv6_checksum(ip);
		tx_ip6(w, m, w->in->gtpu_vrf);
		return;
	}
	memcpy(&them, c->them.bytes, sizeof(them));
	tx_ip(w, m, w->in->gtpu_vrf, rte_be_to_cpu_32(them));
}

// TS 29.281 7.2.2: Recovery is there for compatibility; its value is 0.
static void
echo_answer(struct worker *w, struct rte_mbuf *m, const struct gtpu *g, const struct gtpu_at *at)
{
	struct correspondent c = correspondent_of(m, at);
	uint8_t *ie;

	w->count->echo_response_tx++;
	rte_pktmbuf_adj(m, at->l3);
	ie = message_make(w, m, &c, GTPU_ECHO_RESPONSE, c.their_port, g->sequence, 2);
	if (ie == NULL)
		return;
	ie[0] = GTPU_IE_RECOVERY;
	ie[1] = 0;
	message_send(w, m, &c);
}

// TS 29.281 7.3.1. p: the IEs. False if one that must be there isn't.
static bool
error_indication_parse(const uint8_t *p, uint32_t len, struct dp_error_indication *out)
{
	bool has_teid = false, has_peer = false;
	uint32_t at = 0;

	while (at < len) {
		const uint8_t *ie = p + at;
		uint32_t left = len - at, n;

		if (ie[0] == GTPU_IE_TEID_DATA_I) { // type and 4 octets
			if (left < 5)
				return false;
			out->teid = (uint32_t)ie[1] << 24 | (uint32_t)ie[2] << 16 |
				(uint32_t)ie[3] << 8 | ie[4];
			has_teid = true;
			at += 5;
			continue;
		}
		if (ie[0] == GTPU_IE_RECOVERY) {
			at += 2;
			continue;
		}
		if (ie[0] < 128 || left < 3)
			return false; // a TV whose length we don't know
		n = (uint32_t)(ie[1] << 8 | ie[2]);
		if (n > left - 3)
			return false;
		if (ie[0] == GTPU_IE_PEER_ADDRESS && (n == 4 || n == 16)) {
			out->peer.family = n == 4 ? 4 : 6;
			memcpy(out->peer.bytes, ie + 3, n);
			has_peer = true;
		}
		at += 3 + n;
	}
	return has_teid && has_peer;
}

static void
error_indication_receive(
	struct worker *w, struct rte_mbuf *m, const struct gtpu *g, const struct gtpu_at *at)
{
	const uint8_t *ies = rte_pktmbuf_mtod_offset(m, const uint8_t *, at->gtpu + g->header);
	struct correspondent c = correspondent_of(m, at);
	struct dp_reply event = { .kind = DP_REPLY_ERROR_INDICATION };

	if (!error_indication_parse(ies, g->payload, &event.error_indication)) {
		drop(w, m, DP_DROP_BAD_GTPU);
		return;
	}
	event.error_indication.source = c.them;
	w->count->error_indication_rx++;
	requests_event(w, &event);
	rte_pktmbuf_free(m);
}

void
gtpu_path_receive(
	struct worker *w, struct rte_mbuf *m, const struct gtpu *g, const struct gtpu_at *at)
{
	switch (g->type) {
	case GTPU_ECHO_REQUEST:
		w->count->echo_request_rx++;
		echo_answer(w, m, g, at);
		return;
	case GTPU_ERROR_INDICATION:
		error_indication_receive(w, m, g, at);
		return;
	case GTPU_ECHO_RESPONSE:
		w->count->echo_response_rx++;
		break;
	case GTPU_SUPPORTED_EXT:
		w->count->supported_ext_rx++;
		break;
	case GTPU_END_MARKER:
		w->count->end_marker_rx++;
		break;
	default:
		drop(w, m, DP_DROP_GTPU_UNKNOWN_TYPE);
		return;
	}
	rte_pktmbuf_free(m);
}

// Finds the outer headers of a frame that classify has accepted as GTP-U.
static struct gtpu_at
outer_find(const struct worker *w, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct gtpu_at at = { .l3 = sizeof(*eth) };
	const void *ip;

	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		at.l3 += sizeof(struct rte_vlan_hdr);
	ip = rte_pktmbuf_mtod_offset(m, const void *, at.l3);
	at.udp = is_ipv6_at(m, at.l3)
		? at.l3 + ipv6_payload_of(ip, m->data_len - at.l3).at
		: at.l3 + (((const struct rte_ipv4_hdr *)ip)->version_ihl & 15) * 4;
	at.gtpu = at.udp + sizeof(struct rte_udp_hdr);
	return at;
}

void
gtpu_path_unknown_teid(struct worker *w, struct rte_mbuf *m, uint32_t teid)
{
	struct gtpu_at at = outer_find(w, m);
	struct correspondent c = correspondent_of(m, &at);
	uint8_t addr_bytes = c.us.family == 6 ? 16 : 4, *ie;

	// TS 23.007 21: a session that is about to be put again must not be ended by its SGW.
	if (!w->is_complete) {
		w->count->error_indication_muted++;
		drop(w, m, DP_DROP_UNKNOWN_TEID);
		return;
	}
	if (!worker_may_answer(w)) {
		drop(w, m, DP_DROP_UNKNOWN_TEID);
		return;
	}
	drop_count(w, m, DP_DROP_UNKNOWN_TEID);
	w->count->error_indication_tx++;
	rte_pktmbuf_adj(m, at.l3);
	ie = message_make(w, m, &c, GTPU_ERROR_INDICATION, RTE_BE16(GTPU_PORT), 0, 8 + addr_bytes);
	if (ie == NULL)
		return;
	ie[0] = GTPU_IE_TEID_DATA_I;
	for (int i = 0; i < 4; i++)
		ie[1 + i] = (uint8_t)(teid >> (24 - 8 * i));
	ie[5] = GTPU_IE_PEER_ADDRESS;
	ie[6] = 0;
	ie[7] = addr_bytes;
	memcpy(ie + 8, c.us.bytes, addr_bytes);
	message_send(w, m, &c);
}

void
gtpu_path_refuse_ext(struct worker *w, struct rte_mbuf *m, const struct gtpu_at *at)
{
	static const uint8_t known[] = { 0x20, 0x40, 0x81, 0x82, 0x83, 0x84, 0x85, 0xc0 };
	struct correspondent c = correspondent_of(m, at);
	uint8_t *ie;

	if (!worker_may_answer(w)) {
		drop(w, m, DP_DROP_GTPU_EXT_HEADER);
		return;
	}
	drop_count(w, m, DP_DROP_GTPU_EXT_HEADER);
	w->count->supported_ext_tx++;
	rte_pktmbuf_adj(m, at->l3);
	ie = message_make(w, m, &c, GTPU_SUPPORTED_EXT, RTE_BE16(GTPU_PORT), 0, 2 + sizeof(known));
	if (ie == NULL)
		return;
	ie[0] = GTPU_IE_EXT_LIST; // TS 29.281 8.5: a length of one octet
	ie[1] = sizeof(known);
	memcpy(ie + 2, known, sizeof(known));
	message_send(w, m, &c);
}

static void
end_marker_send(struct worker *w, const struct tunnel_peer *peer, uint32_t teid_be)
{
	struct correspondent c = { peer->ends.local, peer->ends.remote, 0 };
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->in->pool);
	uint8_t *p;

	w->count->end_marker_tx++;
	if (m == NULL) {
		w->count->drop[DP_DROP_TX_NO_MBUF]++;
		return;
	}
	p = outer_make(w, m, &c, RTE_BE16(GTPU_PORT), GTPU_HEADER);
	if (p == NULL)
		return;
	memset(p, 0, GTPU_HEADER);
	p[0] = 0x30;
	p[1] = GTPU_END_MARKER;
	memcpy(p + 4, &teid_be, 4);
	message_send(w, m, &c);
}

void
gtpu_path_end_marker(struct worker *w, const struct session *line, const struct tunnel_peer *peer,
	uint32_t teid_be)
{
	bool is_traced = line->flags & SESSION_TRACE;

	if (is_traced)
		trace_begin(w, trace_subject_of(w, line, DP_DOWNLINK));
	end_marker_send(w, peer, teid_be);
	if (is_traced)
		trace_end(w);
}
