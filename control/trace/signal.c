// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace/signal.h"

#include "control/gtpc/cursor.h"
#include "control/gtpc/ie.h"
#include "control/gtpc/message.h"

#include <netinet/in.h>
#include <string.h>

// The value of the first IMSI IE, TS 29.274 8.3, wherever messages carry it: on their top level.
static void
find_imsi(struct cursor c, char imsi[16])
{
	while (cursor_left(&c) >= 4) {
		uint8_t type = cursor_u8(&c);
		uint16_t length = cursor_be16(&c);
		uint8_t instance = cursor_u8(&c) & 0xf;
		struct cursor value = cursor_slice(&c, length);
		struct gtpc_digits digits;

		if (value.err || type != GTPC_IE_IMSI || instance != 0)
			continue;
		if (ie_codec_find(GTPC_IE_IMSI)->decode(&value, &digits) == 0)
			memcpy(imsi, digits.text, 16);
		return;
	}
}

bool
signal_read(const uint8_t *bytes, size_t n, struct signal *out)
{
	struct cursor c = cursor_open(bytes, n);
	const struct gtpc_message_desc *desc;
	struct gtpc_header header;

	if (gtpc_header_decode(&c, &header))
		return false;
	desc = gtpc_message_find(header.type);
	*out = (struct signal){
		.type = header.type,
		.kind = desc->kind,
		.teid = header.has_teid ? header.teid : 0,
		.sequence = header.sequence,
		.title = desc->title ? desc->title : "unknown message",
	};
	find_imsi(c, out->imsi);
	return true;
}

// ---- Headers

static void
put_be16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

// RFC 1071: adds octets to a sum.
static uint32_t
add_up(uint32_t sum, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t
put_ipv4(uint8_t *ip, const struct gtpc_addr *from, const struct gtpc_addr *to, size_t datagram)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put_be16(ip + 2, 20 + datagram);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + 12, from->bytes, 4);
	memcpy(ip + 16, to->bytes, 4);
	put_be16(ip + 10, fold(add_up(0, ip, 20)));
	return 20;
}

static size_t
put_ipv6(uint8_t *ip, const struct gtpc_addr *from, const struct gtpc_addr *to, size_t datagram)
{
	memset(ip, 0, 8);
	ip[0] = 0x60;
	put_be16(ip + 4, datagram);
	ip[6] = IPPROTO_UDP;
	ip[7] = 64;
	memcpy(ip + 8, from->bytes, 16);
	memcpy(ip + 24, to->bytes, 16);
	return 40;
}

size_t
signal_wrap(const struct gtpc_path *path, bool is_rx, uint16_t local_port, const uint8_t *bytes,
	size_t n, uint8_t *packet)
{
	const struct gtpc_addr *from = is_rx ? &path->peer.addr : &path->local;
	const struct gtpc_addr *to = is_rx ? &path->local : &path->peer.addr;
	unsigned int size = gtpc_addr_size(from);
	uint32_t sum = IPPROTO_UDP + (uint32_t)(8 + n);
	uint8_t *udp;
	uint16_t checksum;

	if (size == 0 || gtpc_addr_size(to) != size || n > UINT16_MAX - SIGNAL_WRAP)
		return 0;
	udp = packet +
		(size == 4 ? put_ipv4(packet, from, to, 8 + n) : put_ipv6(packet, from, to, 8 + n));
	put_be16(udp, is_rx ? path->peer.port : local_port);
	put_be16(udp + 2, is_rx ? local_port : path->peer.port);
	put_be16(udp + 4, 8 + n);
	put_be16(udp + 6, 0);
	memcpy(udp + 8, bytes, n);
	sum = add_up(add_up(sum, from->bytes, size), to->bytes, size);
	checksum = fold(add_up(sum, udp, 8 + n));
	put_be16(udp + 6, checksum ? checksum : 0xffff);
	return (size_t)(udp - packet) + 8 + n;
}
