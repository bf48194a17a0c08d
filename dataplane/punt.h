// SPDX-License-Identifier: BSD-3-Clause
// The two-way street between workers and the main lcore: packets for Linux by class, frames that
// Linux sends, and neighbours to resolve. Every ring has one producer and one consumer.
#pragma once

#include "dataplane/include/dp_api.h"
#include "dataplane/include/dp_counters.h"

#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <stdatomic.h>
#include <unistd.h>

// A worker asks main to have Linux resolve a neighbour.
struct resolve_request {
	uint32_t gateway; // host order
	uint16_t iface;   // index into dp_header.iface
	uint16_t zero;
};
static_assert(sizeof(struct resolve_request) % 4 == 0, "ring element");

// Wakes main: a worker writes it only when main has said that it sleeps.
struct main_bell {
	int fd; // eventfd
	_Alignas(64) _Atomic uint32_t main_sleeps; // main sets it before it waits, a worker clears it
};

// One worker's side of the street.
struct punt_lane {
	struct rte_ring *to_linux[DP_PUNT_CLASSES]; // mbufs: frames, m->port is where they came in
	struct rte_ring *from_linux; // mbufs: frames to transmit on m->port, main is the producer
	struct rte_ring *resolve;    // struct resolve_request
	struct main_bell *bell;
	bool rang; // something was put since the last punt_flush
};

// Call once per poll: wakes main if something waits for it and it sleeps.
static inline void
punt_flush(struct punt_lane *lane)
{
	uint64_t one = 1;

	if (!lane->rang)
		return;
	lane->rang = false;
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&lane->bell->main_sleeps, memory_order_relaxed) &&
		atomic_exchange(&lane->bell->main_sleeps, 0))
		(void)!write(lane->bell->fd, &one, sizeof(one));
}
