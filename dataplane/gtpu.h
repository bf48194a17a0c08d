// SPDX-License-Identifier: BSD-3-Clause
// The only judge of what a UDP payload is as GTP-U. TS 29.281 clauses 5 and 7. Pure: bytes in,
// verdict out, nothing read beyond `len`.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GTPU_PORT 2152
#define GTPU_HEADER 8       // without optional fields
#define GTPU_LONG_HEADER 12 // with sequence number, N-PDU number and next extension type

enum gtpu_type {
	GTPU_ECHO_REQUEST = 1,
	GTPU_ECHO_RESPONSE = 2,
	GTPU_ERROR_INDICATION = 26,
	GTPU_SUPPORTED_EXT = 31,
	GTPU_END_MARKER = 254,
	GTPU_GPDU = 255,
};

enum gtpu_ie {
	GTPU_IE_RECOVERY = 14,
	GTPU_IE_TEID_DATA_I = 16,
	GTPU_IE_PEER_ADDRESS = 133,
	GTPU_IE_EXT_LIST = 141,
};

enum gtpu_verdict {
	GTPU_OK,
	GTPU_BROKEN,          // lengths don't fit, or not GTPv1-U
	GTPU_EXT_NOT_HANDLED, // an extension header that we must understand and don't
};

struct gtpu {
	uint8_t type;
	bool has_sequence;
	uint16_t sequence;
	uint32_t teid;
	uint16_t header;  // bytes before the payload, extension headers included
	uint16_t payload; // bytes, by the GTP-U length field
};

// Extension headers that are stepped over: TS 29.281 figure 5.2.1-3. Others with bit 8 set must be
// understood by the endpoint, which we are.
static inline bool
gtpu_ext_is_known(uint8_t type)
{
	switch (type) {
	case 0x20: // service class indicator
	case 0x40: // UDP port
	case 0x81: // RAN container
	case 0x82: // long PDCP PDU number
	case 0x83: // Xw RAN container
	case 0x84: // NR RAN container
	case 0x85: // PDU session container
	case 0xc0: // PDCP PDU number
		return true;
	default:
		return !(type & 0x80);
	}
}

// The optional part. p has len bytes of which 8 + `length` belong to the message.
static inline enum gtpu_verdict
gtpu_judge_options(const uint8_t *p, uint32_t message, struct gtpu *out)
{
	uint32_t at = GTPU_LONG_HEADER;
	uint8_t next;

	if (message < GTPU_LONG_HEADER)
		return GTPU_BROKEN;
	out->has_sequence = p[0] & 0x02;
	out->sequence = (uint16_t)(p[8] << 8 | p[9]);
	next = p[0] & 0x04 ? p[11] : 0;
	while (next) {
		uint32_t bytes;

		if (at >= message)
			return GTPU_BROKEN;
		bytes = p[at] * 4u; // TS 29.281 5.2.1: in units of 4 octets, 0 never
		if (bytes == 0 || bytes > message - at)
			return GTPU_BROKEN;
		if (!gtpu_ext_is_known(next))
			return GTPU_EXT_NOT_HANDLED;
		next = p[at + bytes - 1];
		at += bytes;
	}
	out->header = (uint16_t)at;
	out->payload = (uint16_t)(message - at);
	return GTPU_OK;
}

// p: the UDP payload, len: its bytes. out is filled as far as the verdict allows.
static inline enum gtpu_verdict
gtpu_judge(const uint8_t *p, uint32_t len, struct gtpu *out)
{
	uint32_t message;

	if (len < GTPU_HEADER || (p[0] & 0xf0) != 0x30) // version 1, protocol type GTP
		return GTPU_BROKEN;
	message = GTPU_HEADER + (uint32_t)(p[2] << 8 | p[3]);
	if (message > len)
		return GTPU_BROKEN;
	out->type = p[1];
	out->teid = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	out->has_sequence = false;
	out->sequence = 0;
	if (p[0] & 0x07)
		return gtpu_judge_options(p, message, out);
	out->header = GTPU_HEADER;
	out->payload = (uint16_t)(message - GTPU_HEADER);
	return GTPU_OK;
}
