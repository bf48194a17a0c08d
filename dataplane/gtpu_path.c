// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/gtpu_path.h"

#include "dataplane/worker.h"

#include <rte_ip.h>
#include <rte_udp.h>

#define OUTER_BYTES (sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr))

// Who sent a message, read before its frame is written over.
struct correspondent {
	uint32_t us, them; // network order
	uint16_t their_port;
};

static struct correspondent
correspondent_of(const struct rte_mbuf *m, const struct gtpu_at *at)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, at->l3);
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, at->udp);

	return (struct correspondent){ ip->dst_addr, ip->src_addr, udp->src_port };
}

// Makes m an IPv4 packet from us to them with `bytes` of GTP-U. Returns the GTP-U header, NULL (m
// dropped) if the buffer is too small.
static uint8_t *
outer_make(struct worker *w, struct rte_mbuf *m, uint32_t us, uint32_t them, uint16_t port_be,
	uint16_t bytes)
{
	uint16_t total = (uint16_t)(OUTER_BYTES + bytes);
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;

	if (m->data_off + total > m->buf_len) {
		drop(w, m, DP_DROP_TX_NO_MBUF);
		return NULL;
	}
	m->data_len = total;
	m->pkt_len = total;
	ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(total),
		.packet_id = rte_cpu_to_be_16(w->ip_id++),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = us,
		.dst_addr = them,
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp = (struct rte_udp_hdr *)(ip + 1);
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
	uint8_t *p = outer_make(w, m, c->us, c->them, port_be, GTPU_LONG_HEADER + ie_bytes);

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
	tx_ip(w, m, w->in->gtpu_vrf, rte_be_to_cpu_32(c->them));
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
	event.error_indication.source.family = 4;
	memcpy(event.error_indication.source.bytes, &c.them, 4);
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
	const struct rte_ipv4_hdr *ip;

	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		at.l3 += sizeof(struct rte_vlan_hdr);
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, at.l3);
	at.udp = at.l3 + (ip->version_ihl & 15) * 4;
	at.gtpu = at.udp + sizeof(struct rte_udp_hdr);
	return at;
}

void
gtpu_path_unknown_teid(struct worker *w, struct rte_mbuf *m, uint32_t teid)
{
	struct gtpu_at at = outer_find(w, m);
	struct correspondent c = correspondent_of(m, &at);
	uint8_t *ie;

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
	ie = message_make(w, m, &c, GTPU_ERROR_INDICATION, RTE_BE16(GTPU_PORT), 0, 12);
	if (ie == NULL)
		return;
	ie[0] = GTPU_IE_TEID_DATA_I;
	for (int i = 0; i < 4; i++)
		ie[1 + i] = (uint8_t)(teid >> (24 - 8 * i));
	ie[5] = GTPU_IE_PEER_ADDRESS;
	ie[6] = 0;
	ie[7] = 4;
	memcpy(ie + 8, &c.us, 4);
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

void
gtpu_path_end_marker(struct worker *w, const struct tunnel_peer *peer, uint32_t teid_be)
{
	struct correspondent c = { rte_cpu_to_be_32(peer->local), rte_cpu_to_be_32(peer->remote),
		0 };
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->in->pool);
	uint8_t *p;

	w->count->end_marker_tx++;
	if (m == NULL) {
		w->count->drop[DP_DROP_TX_NO_MBUF]++;
		return;
	}
	p = outer_make(w, m, c.us, c.them, RTE_BE16(GTPU_PORT), GTPU_HEADER);
	if (p == NULL)
		return;
	memset(p, 0, GTPU_HEADER);
	p[0] = 0x30;
	p[1] = GTPU_END_MARKER;
	memcpy(p + 4, &teid_be, 4);
	message_send(w, m, &c);
}
