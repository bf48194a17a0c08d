// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/dataplane/frame.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

void
frame_begin(struct frame *f)
{
	f->at = FRAME_HEADROOM;
	f->n = 0;
}

void
frame_copy(struct frame *f, const void *bytes, size_t n)
{
	if (n)
		memcpy(f->room + f->at + f->n, bytes, n);
	f->n += (uint16_t)n;
}

void
frame_payload(struct frame *f, uint16_t n, uint8_t seed)
{
	for (uint16_t i = 0; i < n; i++)
		f->room[f->at + f->n + i] = (uint8_t)(seed + i * 7);
	f->n += n;
}

uint8_t *
frame_push(struct frame *f, uint16_t n)
{
	f->at -= n;
	f->n += n;
	return frame_bytes(f);
}

uint16_t
frame_checksum(const uint8_t *bytes, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void
frame_udp(struct frame *f, uint16_t src, uint16_t dst)
{
	uint8_t *p = frame_push(f, 8);

	put16(p, src);
	put16(p + 2, dst);
	put16(p + 4, f->n);
	put16(p + 6, 0);
}

void
frame_ipv4(struct frame *f, const struct frame_ipv4 *h)
{
	uint16_t header = 20 + h->n_options;
	uint8_t *p = frame_push(f, header);

	memset(p, 0, 20);
	memset(p + 20, 1, h->n_options);
	p[0] = (uint8_t)(0x40 | header / 4);
	p[1] = h->tos;
	put16(p + 2, f->n);
	put16(p + 4, h->id);
	put16(p + 6, h->fragment);
	p[8] = h->ttl ? h->ttl : 64;
	p[9] = h->proto ? h->proto : 17;
	put32(p + 12, h->src);
	put32(p + 16, h->dst);
	put16(p + 10, frame_checksum(p, header) ^ (h->is_checksum_bad ? 0x1234 : 0));
}

// RFC 8200 8.1: over a pseudo header and the payload, in which it is 0; UDP's is never 0.
static void
fill_checksum(uint8_t *ip, uint16_t payload, uint8_t proto)
{
	uint8_t pseudo[FRAME_ROOM] = { 0 };
	uint16_t at = proto == 17 ? 6 : proto == 6 ? 16 : proto == 58 ? 2 : 0, sum;

	if (at == 0 || payload < at + 2)
		return;
	put16(ip + 40 + at, 0);
	memcpy(pseudo, ip + 8, 32);
	put32(pseudo + 32, payload);
	pseudo[39] = proto;
	memcpy(pseudo + 40, ip + 40, payload);
	sum = frame_checksum(pseudo, 40u + payload);
	put16(ip + 40 + at, sum == 0 && proto == 17 ? 0xffff : sum);
}

void
frame_ipv6(struct frame *f, const struct frame_ipv6 *h)
{
	uint8_t proto = h->proto ? h->proto : 17, *p;
	uint16_t payload = f->n;

	p = frame_push(f, 40);
	put32(p, 6u << 28 | (uint32_t)h->traffic_class << 20);
	put16(p + 4, payload);
	p[6] = proto;
	p[7] = h->hops ? h->hops : 64;
	inet_pton(AF_INET6, h->src, p + 8);
	inet_pton(AF_INET6, h->dst, p + 24);
	if (!h->is_checksum_kept)
		fill_checksum(p, payload, proto);
}

void
frame_gtpu(struct frame *f, const struct frame_gtpu *h)
{
	uint8_t flags = h->flags ? h->flags : 0x30;
	uint16_t payload = f->n;
	uint8_t *p;

	if (h->extra) // the first octet of extra is the last one of the optional fields
		memcpy(frame_push(f, h->n_extra), h->extra, h->n_extra);
	else if (flags & 7)
		*frame_push(f, 1) = 0;
	if (flags & 7) {
		p = frame_push(f, 3);
		put16(p, h->sequence);
		p[2] = 0;
	}
	payload = f->n;
	p = frame_push(f, 8);
	p[0] = flags;
	p[1] = h->type ? h->type : 255;
	put16(p + 2, payload);
	put32(p + 4, h->teid);
}

void
frame_ether(
	struct frame *f, const uint8_t dst[6], const uint8_t src[6], uint16_t vlan, uint16_t type)
{
	uint8_t *p = frame_push(f, 2);

	put16(p, type);
	if (vlan) {
		p = frame_push(f, 4);
		put16(p, 0x8100);
		put16(p + 2, vlan);
	}
	memcpy(frame_push(f, 6), src, 6);
	memcpy(frame_push(f, 6), dst, 6);
}

void
frame_pad(struct frame *f, uint16_t n)
{
	if (f->n >= n)
		return;
	memset(f->room + f->at + f->n, 0, n - f->n);
	f->n = n;
}

void
frame_hex(struct frame *f, const char *text)
{
	unsigned int digits = 0;
	uint8_t value = 0;

	frame_begin(f);
	for (; *text; text++) {
		if (!isxdigit((unsigned char)*text))
			continue;
		value = (uint8_t)(value << 4 |
			(isdigit((unsigned char)*text) ? *text - '0' : (*text | 32) - 'a' + 10));
		if (++digits % 2 == 0)
			frame_copy(f, &value, 1);
	}
}

static void
print(const char *what, const struct frame *f)
{
	printf("\n%s %u bytes:", what, f->n);
	for (uint16_t i = 0; i < f->n; i++)
		printf("%s%02x", i % 32 ? " " : "\n  ", f->room[f->at + i]);
}

bool
frame_equal(const struct frame *a, const struct frame *b)
{
	if (a->n == b->n && memcmp(a->room + a->at, b->room + b->at, a->n) == 0)
		return true;
	print("got", a);
	print("wanted", b);
	printf("\n");
	return false;
}
