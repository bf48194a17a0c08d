// SPDX-License-Identifier: BSD-3-Clause
// IPv4 packets that are too big for their way and may be cut. RFC 791.
#pragma once

#include <rte_mbuf.h>

#include <stdint.h>

#define FRAGMENTS_MAX 16

struct worker;

// Cuts the packet (data starts at its IP header) into packets of at most `mtu` bytes with checksums,
// each in a buffer of its own, and takes it over if that works. Their number, or -errno: the packet
// is the caller's still.
int fragment_ipv4(
	struct worker *w, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf *out[FRAGMENTS_MAX]);
