// SPDX-License-Identifier: BSD-3-Clause
// IPv4 packets that are too big for their way and may be cut. RFC 791.
#pragma once

#include <rte_mbuf.h>

#include <stdbool.h>
#include <stdint.h>

#define FRAGMENTS_MAX 16

struct worker;

// Whether a packet of `len` bytes can be cut into at most FRAGMENTS_MAX of at most `mtu`. Fragments
// carry a multiple of 8 bytes.
static inline bool
fragment_fits(uint16_t len, uint16_t header, uint16_t mtu)
{
	return mtu >= header + 8 &&
		((uint32_t)(mtu - header) & ~7u) * FRAGMENTS_MAX >= (uint32_t)(len - header);
}

// Cuts the packet (data starts at its IP header) into packets of at most `mtu` bytes with checksums,
// each in a buffer of its own, and takes it over if that works. Their number, or -errno: the packet
// is the caller's still.
int fragment_ipv4(
	struct worker *w, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf *out[FRAGMENTS_MAX]);
