// SPDX-License-Identifier: BSD-3-Clause
// Diameter for test programs: written apart from the HSS's own code and from freeDiameter, so that each
// judges the other. Messages in one buffer, connections over TCP or SCTP.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIA_S6A 16777251u
#define DIA_TGPP 10415u
#define DIA_MAX 65536

enum {
	DIA_CER = 257,
	DIA_DWR = 280,
	DIA_DPR = 282,
	DIA_ULR = 316,
	DIA_CLR = 317,
	DIA_AIR = 318,
	DIA_IDR = 319,
	DIA_DSR = 320,
	DIA_PUR = 321,
	DIA_RSR = 322,
	DIA_NOR = 323,
};

enum { DIA_R = 0x80, DIA_P = 0x40, DIA_E = 0x20, DIA_T = 0x10 };
enum { DIA_AVP_V = 0x80, DIA_AVP_M = 0x40 };

struct dia {
	size_t len;
	uint8_t octets[DIA_MAX];
};

struct dia_head {
	uint8_t flags;
	uint32_t length, command, application, hop_by_hop, end_to_end;
};

struct dia_part {
	const uint8_t *value;
	size_t len;
};

// ---- Building. A vendor of 0 is none; flags are M, and V with a vendor, unless they say otherwise.

void dia_begin(struct dia *d, uint8_t flags, uint32_t command, uint32_t application,
	uint32_t hop_by_hop, uint32_t end_to_end);
void dia_put(struct dia *d, uint32_t code, uint32_t vendor, const void *value, size_t len);
void dia_put_flags(struct dia *d, uint32_t code, uint32_t vendor, uint8_t flags, const void *value,
	size_t len);
void dia_put_u32(struct dia *d, uint32_t code, uint32_t vendor, uint32_t value);
void dia_put_text(struct dia *d, uint32_t code, uint32_t vendor, const char *text);
size_t dia_open(struct dia *d, uint32_t code, uint32_t vendor);
void dia_close(struct dia *d, size_t group);
void dia_end(struct dia *d);

// ---- Reading.

void dia_head(const uint8_t *message, struct dia_head *h);
struct dia_part dia_body(const uint8_t *message, size_t len);

// The n-th (from 0) AVP of that code in a message's body or a group; false: there's none.
bool dia_find(
	struct dia_part in, uint32_t code, uint32_t vendor, unsigned n, struct dia_part *found);
uint32_t dia_u32(struct dia_part part); // 0 unless it has 4 octets
uint32_t dia_find_u32(struct dia_part in, uint32_t code, uint32_t vendor);

// Result-Code, or Experimental-Result-Code with *is_own set; 0: neither.
uint32_t dia_result(struct dia_part body, bool *is_own);

// ---- Connections.

struct dia_target {
	const char *addresses; // of the HSS, with commas
	uint16_t port;
	bool is_sctp;
	const char *local; // our own addresses with commas, NULL: any
};

int dia_connect(const struct dia_target *t); // a socket, or -errno
int dia_send(int fd, const void *octets, size_t len, bool is_sctp);

// The next whole message into d. 1; 0: none within timeout_ms (-1: for ever); -errno, -EPIPE at the end.
struct dia_stream {
	int fd;
	bool is_sctp;
	size_t len;
	uint8_t octets[2 * DIA_MAX];
};
int dia_receive(struct dia_stream *s, struct dia *d, int timeout_ms);
