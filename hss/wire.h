// SPDX-License-Identifier: BSD-3-Clause
// Diameter messages as octets: a cursor that never reads past its end, and a writer whose first error
// sticks. Knows neither the dictionary nor freeDiameter. RFC 6733 sections 3 and 4.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER_LEN 20
#define WIRE_MESSAGE_MAX 65535 // what libfdcore takes; RFC 6733 allows 2^24

enum wire_command_flags {
	WIRE_REQUEST = 0x80,
	WIRE_PROXIABLE = 0x40,
	WIRE_ERROR = 0x20,
	WIRE_RETRANSMITTED = 0x10,
};

enum wire_avp_flags {
	WIRE_VENDOR = 0x80,
	WIRE_MANDATORY = 0x40,
	WIRE_PROTECTED = 0x20,
};

struct wire_header {
	uint8_t version;
	uint8_t flags; // enum wire_command_flags
	uint32_t length;
	uint32_t command;
	uint32_t application;
	uint32_t hop_by_hop;
	uint32_t end_to_end;
};

// One AVP where it lies in the message.
struct wire_avp {
	uint32_t code;
	uint32_t vendor; // 0 without the V flag
	uint8_t flags;   // enum wire_avp_flags
	uint32_t length; // with its header, without padding
	const uint8_t *start;
	const uint8_t *value;
	uint32_t value_len;
};

struct wire_cursor {
	const uint8_t *at;
	const uint8_t *end;
};

// Reads the first 20 octets of p.
void wire_header_decode(const uint8_t *p, struct wire_header *h);
void wire_header_encode(uint8_t *p, const struct wire_header *h);

void wire_start(struct wire_cursor *c, const uint8_t *message, size_t len); // at its first AVP
void wire_enter(struct wire_cursor *c, const struct wire_avp *group);

// 1: *avp is the next one; 0: the end; -EBADMSG: its length is less than its header or more than what
// is left. Then avp->start, code, flags and vendor are what can be read of it, start NULL if nothing.
int wire_next(struct wire_cursor *c, struct wire_avp *avp);

// The first AVP of that code on this level; false if there's none before the end or a broken one.
bool wire_find(const struct wire_cursor *c, uint32_t code, uint32_t vendor, struct wire_avp *avp);

uint16_t wire_be16(const uint8_t *p);
uint32_t wire_be32(const uint8_t *p);
void wire_put_be32(uint8_t *p, uint32_t v);

// len rounded up to whole words, as AVPs are padded.
static inline size_t
wire_pad(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

struct wire_writer {
	uint8_t *buf;
	size_t room;
	size_t len;
	bool is_overrun; // something didn't fit; len and buf are of no use any more
};

void wire_begin(struct wire_writer *w, uint8_t *buf, size_t room, const struct wire_header *h);
void wire_put(struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags,
	const void *value, size_t len);
void wire_put_u32(
	struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags, uint32_t value);
void wire_put_text(
	struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags, const char *text);
void wire_copy(struct wire_writer *w, const struct wire_avp *avp);
// Members follow until wire_close_group with what wire_open_group returned.
size_t wire_open_group(struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags);
void wire_close_group(struct wire_writer *w, size_t group);
// Sets the message's length; it, or 0 after an overrun.
size_t wire_end(struct wire_writer *w);

// Replaces the value of an AVP of the message in buf (len octets of room used), whose top level it is
// on; the message moves together or apart. -ENOSPC. Cursors and AVPs read before are void.
int wire_replace(uint8_t *buf, size_t room, size_t *len, const struct wire_avp *avp,
	const void *value, size_t value_len);
void wire_remove(uint8_t *buf, size_t *len, const struct wire_avp *avp);
