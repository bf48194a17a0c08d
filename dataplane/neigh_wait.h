// SPDX-License-Identifier: BSD-3-Clause
// Packets that wait until Linux has resolved their next hop: at most NEIGH_WAIT_EACH for a
// neighbour and NEIGH_WAIT_MAX for a worker, for a second.
#pragma once

#include "dataplane/include/dp_api.h"
#include "dataplane/trace.h"

#include <rte_mbuf.h>

#include <stdbool.h>
#include <stdint.h>

#define NEIGH_WAIT_MAX 256
#define NEIGH_WAIT_EACH 4

struct worker;
struct adjacency;

struct neigh_waiting {
	struct rte_mbuf *pkt; // starts at its IP header
	uint64_t until_tsc;
	struct dp_addr gateway;
	uint16_t vrf;
	uint16_t iface;
	struct trace_subject traced; // whose it is, if he is traced
};

struct neigh_wait {
	uint16_t n;
	uint32_t generation; // of the routing when they were last looked at
	struct neigh_waiting waiting[NEIGH_WAIT_MAX];
};

// How many wait for this neighbour already.
uint16_t neigh_wait_count(
	const struct neigh_wait *t, uint16_t iface, const struct dp_addr *gateway);

// Whether one more would be kept.
static inline bool
neigh_wait_has_room(const struct neigh_wait *t, uint16_t same)
{
	return same < NEIGH_WAIT_EACH && t->n < NEIGH_WAIT_MAX;
}

// The neighbour that a packet to dst goes to by this adjacency.
struct dp_addr neigh_of(const struct adjacency *a, const struct dp_addr *dst);

// Takes the packet over, whose data starts at its IP header. a: the unresolved adjacency that its
// destination has in this VRF.
void neigh_wait_hold(struct worker *w, struct rte_mbuf *m, uint16_t vrf, const struct adjacency *a);

// Sends what can be sent now and drops what waited too long. Cheap when nothing waits.
void neigh_wait_run(struct worker *w);
