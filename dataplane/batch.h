// SPDX-License-Identifier: BSD-3-Clause
// What the stages hand to each other: up to BURST_MAX packets of one direction, compacted in place
// by every stage that drops.
#pragma once

#include <rte_mbuf.h>

#include <stdint.h>

#define BURST_MAX 64 // rte_hash's bulk lookups take no more

struct session;

// Downlink key. No padding: it is hashed and compared as 8 bytes.
struct dl_key {
	uint32_t vrf;
	uint32_t dst; // network order
};

struct batch {
	uint16_t n;
	uint16_t l3[BURST_MAX]; // offset of the user's IP packet in the frame, bytes
	uint16_t
		len[BURST_MAX]; // uplink: bytes of payload in the tunnel; downlink: IP total length
	union {
		uint32_t teid[BURST_MAX]; // uplink, host order
		struct dl_key dst[BURST_MAX];
	};
	struct rte_mbuf *pkt[BURST_MAX];
	struct session *session[BURST_MAX];
};
