// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/dataplane/question.h"

#include "tests/unit/dataplane/worker_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static void
text_of(const struct dp_addr *a, char text[INET6_ADDRSTRLEN])
{
	inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->bytes, text, INET6_ADDRSTRLEN);
}

// The last four octets name the machine's MAC.
static uint32_t
machine_of(const struct dp_addr *a)
{
	const uint8_t *last = a->family == 6 ? a->bytes + 12 : a->bytes;

	return IP4(last[0], last[1], last[2], last[3]);
}

static void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

// ---- The packet itself

static void
begin_payload(struct frame *f, const struct dp_explain *q, uint16_t ip, uint8_t seed)
{
	uint8_t *l4;

	frame_begin(f);
	frame_payload(f, (uint16_t)(q->len - ip - (q->proto == IPPROTO_UDP ? 8 : 0)), seed);
	l4 = frame_bytes(f);
	if (q->proto == IPPROTO_UDP) {
		frame_udp(f, q->src_port, q->dst_port);
	} else if (q->proto == IPPROTO_TCP && f->n >= 20) {
		put16(l4, q->src_port);
		put16(l4 + 2, q->dst_port);
	} else if (q->proto == IPPROTO_ICMP) {
		l4[0] = 8; // echo request
	} else if (q->proto == IPPROTO_ICMPV6) {
		l4[0] = 128;
	}
}

static void
write_ipv4(struct frame *f, const struct dp_explain *q)
{
	static const uint16_t fragment[] = { 0, 0x2000, 1000 };
	uint8_t *ip;

	frame_ipv4(f,
		&(struct frame_ipv4){ .src = rig_addr4(&q->src),
			.dst = rig_addr4(&q->dst),
			.proto = q->proto,
			.tos = q->tos,
			.ttl = q->ttl,
			.fragment =
				(uint16_t)((q->may_cut ? 0 : 0x4000) | fragment[q->fragment]) });
	ip = frame_bytes(f);
	ip[8] = q->ttl; // frame_ipv4() takes 0 for the usual one
	memset(ip + 10, 0, 2);
	put16(ip + 10, frame_checksum(ip, 20));
}

static void
write_ipv6(struct frame *f, const struct dp_explain *q)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	uint8_t *ip;

	text_of(&q->src, src);
	text_of(&q->dst, dst);
	frame_ipv6(f,
		&(struct frame_ipv6){
			.src = src, .dst = dst, .proto = q->proto, .traffic_class = q->tos });
	ip = frame_bytes(f);
	ip[1] |= (uint8_t)(q->flow_label >> 16);
	put16(ip + 2, (uint16_t)q->flow_label);
	ip[7] = q->ttl;
}

// ---- What is around it

static void
link_header(struct frame *f, uint32_t machine, unsigned int port, uint16_t vlan, bool is_ipv6)
{
	uint8_t mac[6];

	rig_mac(machine, mac);
	frame_ether(f, rig_port_mac[port], mac, vlan, is_ipv6 ? 0x86dd : 0x0800);
}

static void
wrap(struct frame *f, const struct dp_explain *q)
{
	char sgw[INET6_ADDRSTRLEN];

	text_of(&q->peer, sgw);
	frame_gtpu(f, &(struct frame_gtpu){ .teid = q->teid });
	frame_udp(f, 2152, 2152);
	if (q->peer.family == 6)
		frame_ipv6(f, &(struct frame_ipv6){ .src = sgw, .dst = RIG_US6 });
	else
		frame_ipv4(f, &(struct frame_ipv4){ .src = rig_addr4(&q->peer), .dst = RIG_US });
	link_header(f, machine_of(&q->peer), RIG_ACCESS, 0, q->peer.family == 6);
}

unsigned int
question_frame(struct frame *f, const struct dp_explain *q, uint8_t seed)
{
	static const unsigned int port[] = { RIG_ACCESS, RIG_SGI, RIG_SGI };
	static const uint16_t vlan[] = { 0, 0, RIG_VLAN_OTHER };
	bool is_ipv6 = q->src.family == 6;

	begin_payload(f, q, is_ipv6 ? 40 : 20, seed);
	if (is_ipv6)
		write_ipv6(f, q);
	else
		write_ipv4(f, q);
	if (q->direction == DP_UPLINK) {
		wrap(f, q);
		return RIG_ACCESS;
	}
	link_header(f, RIG_HOST, port[q->vrf], vlan[q->vrf], is_ipv6);
	return port[q->vrf];
}
