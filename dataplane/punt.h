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
	struct dp_addr addr;
	uint16_t iface; // index into dp_header.iface
	uint16_t zero;
};
static_assert(sizeof(struct resolve_request) % 4 == 0, "ring element");

// Wakes main: a worker writes it only when main has said that it sleeps.
struct main_bell {
	int fd; // eventfd
	// main sets it before it waits, a worker clears it
	_Alignas(64) _Atomic uint32_t main_sleeps;
};

// One worker's side of the street.
struct punt_lane {
	struct rte_ring *to_linux
		[DP_PUNT_CLASSES]; // mbufs: frames, m->port is the index of dp_header.port where they came in
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

// Makes a worker's rings, named by its index, on this NUMA socket. 0 or -errno.
int punt_lane_open(struct punt_lane *lane, unsigned int worker, int socket, struct main_bell *bell);

// Frees the rings and what is still in them.
void punt_lane_close(struct punt_lane *lane);

// 0 or -errno. One bell for all workers.
int main_bell_open(struct main_bell *bell);
void main_bell_close(struct main_bell *bell);

// Which class of Linux's traffic a whole frame is. Reads the first segment only.
enum dp_punt_class punt_class_of(const struct rte_mbuf *m);
// The same for an IP packet, of which n bytes are there.
enum dp_punt_class punt_class_of_ip(const uint8_t *ip, uint32_t n);

// Gives a frame to Linux. False: the ring is full, the caller keeps the mbuf.
static inline bool
punt(struct punt_lane *lane, struct rte_mbuf *m, enum dp_punt_class class)
{
	lane->rang = true;
	return rte_ring_sp_enqueue(lane->to_linux[class], m) == 0;
}

// Has a neighbour resolved. False: the ring is full, ask again later.
static inline bool
resolve_ask(struct punt_lane *lane, uint16_t iface, const struct dp_addr *addr)
{
	struct resolve_request request = { .addr = *addr, .iface = iface };

	lane->rang = true;
	return rte_ring_sp_enqueue_elem(lane->resolve, &request, sizeof(request)) == 0;
}
