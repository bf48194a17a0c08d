// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/packet_text.h"

#include "control/gtpc/cursor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#define GTPU_PORT 2152
#define NESTED_MAX 3 // tunnels in tunnels

struct line {
	char *text;
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->used, PACKET_TEXT_MAX - l->used, format, args);
	va_end(args);
	if (n > 0)
		l->used += (size_t)n;
	if (l->used >= PACKET_TEXT_MAX)
		l->used = PACKET_TEXT_MAX - 1;
}

static void add_ip(struct line *l, struct cursor c, unsigned int depth);

// TS 29.281 5.1
static void
add_gtpu(struct line *l, struct cursor c, unsigned int depth)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = { { 1, "Echo Request" }, { 2, "Echo Response" }, { 26, "Error Indication" },
		{ 31, "Supported Extension Headers Notification" }, { 254, "End Marker" },
		{ 255, "G-PDU" } };
	uint8_t flags = cursor_u8(&c), type = cursor_u8(&c), next;
	const char *name = "message";
	uint32_t teid;

	cursor_take(&c, 2);
	teid = cursor_be32(&c);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			name = names[i].name;
	if (c.err) {
		add(l, ", GTP-U cut short");
		return;
	}
	add(l, ", GTP-U %s (%u) TEID 0x%08x", name, type, teid);
	if (flags & 7) {
		cursor_take(&c, 3);
		next = cursor_u8(&c);
		while (flags & 4 && next && !c.err) {
			size_t units = cursor_u8(&c);

			cursor_take(&c, units ? units * 4 - 2 : SIZE_MAX);
			next = cursor_u8(&c);
		}
	}
	if (type != 255 || c.err || cursor_left(&c) == 0)
		return;
	add(l, ": ");
	add_ip(l, c, depth + 1);
}

static void
add_icmp(struct line *l, struct cursor c, bool is_v6)
{
	uint8_t type = cursor_u8(&c), code = cursor_u8(&c);

	add(l, is_v6 ? " ICMPv6" : " ICMP");
	if (c.err)
		return;
	if (type == (is_v6 ? 128 : 8))
		add(l, " echo request");
	else if (type == (is_v6 ? 129 : 0))
		add(l, " echo reply");
	else
		add(l, " type %u code %u", type, code);
}

static void
add_ports(struct line *l, struct cursor c, uint8_t proto, unsigned int depth)
{
	uint16_t from = cursor_be16(&c), to = cursor_be16(&c);

	add(l, proto == IPPROTO_UDP ? " UDP" : proto == IPPROTO_TCP ? " TCP" : " SCTP");
	if (c.err)
		return;
	add(l, " %u > %u", from, to);
	if (proto != IPPROTO_UDP || to != GTPU_PORT || depth >= NESTED_MAX)
		return;
	cursor_take(&c, 4);
	if (!c.err && cursor_left(&c) > 0)
		add_gtpu(l, c, depth);
}

static void
add_above_ip(struct line *l, struct cursor c, uint8_t proto, unsigned int depth)
{
	switch (proto) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
	case IPPROTO_SCTP:
		add_ports(l, c, proto, depth);
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		add_icmp(l, c, proto == IPPROTO_ICMPV6);
		return;
	default:
		add(l, " protocol %u", proto);
	}
}

static void
add_addresses(struct line *l, int family, const void *src, const void *dst)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

	add(l, "%s > %s", inet_ntop(family, src, a, sizeof(a)),
		inet_ntop(family, dst, b, sizeof(b)));
}

static void
add_ipv4(struct line *l, struct cursor c, unsigned int depth)
{
	uint8_t ihl = cursor_u8(&c) & 15;
	uint16_t fragment;
	const uint8_t *addrs;
	uint8_t proto;

	cursor_take(&c, 5);
	fragment = cursor_be16(&c);
	cursor_take(&c, 1); // time to live
	proto = cursor_u8(&c);
	cursor_take(&c, 2);
	addrs = cursor_take(&c, 8);
	if (ihl < 5 || !addrs) {
		add(l, "IPv4, header broken or cut short");
		return;
	}
	add_addresses(l, AF_INET, addrs, addrs + 4);
	cursor_take(&c, (ihl - 5) * 4u);
	if (c.err)
		return;
	if (fragment & 0x1fff)
		add(l, " fragment at %u", (fragment & 0x1fff) * 8);
	else
		add_above_ip(l, c, proto, depth);
}

static void
add_ipv6(struct line *l, struct cursor c, unsigned int depth)
{
	const uint8_t *addrs;
	uint8_t next;

	cursor_take(&c, 6);
	next = cursor_u8(&c);
	cursor_take(&c, 1); // hop limit
	addrs = cursor_take(&c, 32);
	if (!addrs) {
		add(l, "IPv6, cut short");
		return;
	}
	add_addresses(l, AF_INET6, addrs, addrs + 16);
	add_above_ip(l, c, next, depth);
}

static void
add_ip(struct line *l, struct cursor c, unsigned int depth)
{
	uint8_t version = cursor_left(&c) ? *c.at >> 4 : 0;

	if (version == 4)
		add_ipv4(l, c, depth);
	else if (version == 6)
		add_ipv6(l, c, depth);
	else
		add(l, "not IP");
}

static void
add_frame(struct line *l, struct cursor c)
{
	uint16_t type;

	cursor_take(&c, 12);
	type = cursor_be16(&c);
	if (type == 0x8100) {
		add(l, "VLAN %u, ", cursor_be16(&c) & 0xfff);
		type = cursor_be16(&c);
	}
	if (c.err)
		add(l, "a frame cut short");
	else if (type == 0x0800 || type == 0x86dd)
		add_ip(l, c, 0);
	else if (type == 0x0806)
		add(l, "ARP");
	else
		add(l, "type 0x%04x", type);
}

const char *
packet_text(const uint8_t *bytes, size_t n, bool is_frame, char *text)
{
	struct line l = { .text = text };
	struct cursor c = cursor_open(bytes, n);

	text[0] = '\0';
	if (is_frame)
		add_frame(&l, c);
	else
		add_ip(&l, c, 0);
	return text;
}
