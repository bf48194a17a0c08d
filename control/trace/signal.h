// SPDX-License-Identifier: BSD-3-Clause
// GTPv2-C datagrams as a trace sees them: whose they are, and as packets of a capture. Pure.
#pragma once

#include "control/gtpc/xact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNAL_WRAP 48 // octets of IP and UDP headers at most

// What of a message's header a trace needs. False: not a GTPv2-C message.
struct signal {
	uint8_t type;
	uint8_t kind;  // enum gtpc_kind
	uint32_t teid; // 0: none
	uint32_t sequence;
	const char *title;
	char imsi[16]; // of its IMSI IE, "": none
};

bool signal_read(const uint8_t *bytes, size_t n, struct signal *out);

// Puts IP and UDP headers with right checksums in front of a datagram: into packet, which has room for
// n + SIGNAL_WRAP octets. Octets written; 0: no address, or too long.
size_t signal_wrap(const struct gtpc_path *path, bool is_rx, uint16_t local_port,
	const uint8_t *bytes, size_t n, uint8_t *packet);
