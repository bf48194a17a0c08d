// SPDX-License-Identifier: BSD-3-Clause
// Frames written from the specifications, from the inside out: payload, then each header in front.
// Shares no code with the packet path, so that it can judge it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_ROOM 4096
#define FRAME_HEADROOM 512

#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

struct frame {
	uint16_t at, n; // the bytes are room[at] .. room[at + n - 1]
	uint8_t room[FRAME_ROOM];
};

struct frame_ipv4 {
	uint32_t src, dst; // host order
	uint8_t proto;     // 0: UDP
	uint8_t tos;
	uint8_t ttl; // 0: 64
	uint16_t id;
	uint16_t fragment; // flags and offset
	uint8_t n_options; // bytes, a multiple of 4: no-operation options
	bool is_checksum_bad;
};

// Addresses as text. The checksum of UDP, TCP or ICMPv6 behind it is filled in.
struct frame_ipv6 {
	const char *src, *dst;
	uint8_t proto; // 0: UDP
	uint8_t hops;  // 0: 64
	uint8_t traffic_class;
	bool is_checksum_kept;
};

struct frame_gtpu {
	uint8_t flags; // octet 1, 0: 0x30
	uint8_t type;  // 0: G-PDU
	uint32_t teid;
	uint16_t sequence;    // where flags say that optional fields are there
	const uint8_t *extra; // next extension type, then extension headers; NULL: none
	uint8_t n_extra;
};

static inline uint8_t *
frame_bytes(struct frame *f)
{
	return f->room + f->at;
}

// An empty frame, then n bytes of payload that depend on seed.
void frame_begin(struct frame *f);
void frame_payload(struct frame *f, uint16_t n, uint8_t seed);
void frame_copy(struct frame *f, const void *bytes, size_t n);

// Room for n more bytes in front.
uint8_t *frame_push(struct frame *f, uint16_t n);

void frame_udp(struct frame *f, uint16_t src, uint16_t dst);
void frame_ipv4(struct frame *f, const struct frame_ipv4 *h);
void frame_ipv6(struct frame *f, const struct frame_ipv6 *h);
void frame_gtpu(struct frame *f, const struct frame_gtpu *h);

// vlan 0: untagged.
void frame_ether(
	struct frame *f, const uint8_t dst[6], const uint8_t src[6], uint16_t vlan, uint16_t type);

// Zeroes behind the frame until it has `n` bytes.
void frame_pad(struct frame *f, uint16_t n);

// RFC 1071, of n bytes, in host order; 0 for bytes that contain their right checksum.
uint16_t frame_checksum(const uint8_t *bytes, size_t n);

// From hexadecimal digits and white space.
void frame_hex(struct frame *f, const char *text);

// Prints both on a difference.
bool frame_equal(const struct frame *a, const struct frame *b);
