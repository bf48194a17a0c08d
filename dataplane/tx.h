// SPDX-License-Identifier: BSD-3-Clause
// The last stage: frames gathered per port, flushed once per poll.
#pragma once

#include "dataplane/batch.h"

#include <rte_ring.h>

struct worker;

struct tx_queue {
	uint16_t n;
	uint16_t queue;       // of the device
	uint16_t device;      // DPDK's number of the port
	bool has_own_frames;  // the driver sends some when it is called, with packets or without
	struct rte_ring *via; // to the worker that transmits for us; NULL: we do
	struct rte_mbuf *pkt[BURST_MAX];
};

void tx_flush_port(struct worker *w, uint16_t port);
void tx_flush(struct worker *w);

// Sends an IP packet (data starts at its header) by the VRF's routes: link header, or waiting for
// the neighbour, or a named drop.
void tx_ip(struct worker *w, struct rte_mbuf *m, uint16_t vrf, uint32_t dst);
// The same for an IPv6 packet, which says itself where it goes.
void tx_ip6(struct worker *w, struct rte_mbuf *m, uint16_t vrf);
