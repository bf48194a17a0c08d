// SPDX-License-Identifier: BSD-3-Clause
// Between classify.c and classify6.c.
#pragma once

#include "dataplane/worker.h"

// A frame to our MAC with an IPv6 header at l3, if it is long enough. Takes it over.
void classify_ipv6(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	bool handed_off);

// A UDP datagram to one of our IPv6 GTP-U addresses, port 2152, whose header is `udp` bytes behind
// l3; total: bytes from l3 on.
void classify_gtpu_udp6(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t udp,
	uint16_t total, bool handed_off);
