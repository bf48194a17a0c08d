// SPDX-License-Identifier: BSD-3-Clause
// A view while routing_build.c and routing_build6.c make it: shared between the two alone.
#pragma once

#include "dataplane/routing_build.h"

#define GROUP_SHARES_MAX 256 // entries that the weights of one ECMP group are scaled to

enum fixed_adjacency { FIXED_NO_ROUTE, FIXED_LOCAL, FIXED_BLACKHOLE, FIXED_ADJACENCIES };

// What two equal prefixes are decided by, before the metric.
enum rank { RANK_LOCAL, RANK_ROUTE, RANK_MARTIAN };

// What tells adjacencies apart; `hash` alone decides for those that aren't a single hop or a group.
struct adjacency_id {
	uint32_t hash;
	uint16_t iface;
	uint8_t family; // of the route: its link header says so
	struct dp_addr gateway;
};

// A view while it grows. A failed allocation sticks, like the first error of a cursor.
struct draft {
	const struct route_input *in;
	bool is_short_of_memory;
	struct adjacency *adjacency;
	struct adjacency_id *id;
	uint32_t n_adjacencies, adjacencies_room;
	uint32_t *member;
	uint32_t n_members, members_room;
	uint32_t *slot; // open addressing: index of an adjacency, 0: free
	uint32_t n_slots;
	uint32_t *first, *of_range;
	uint32_t n_ranges;
	struct addr6 *first6;
	uint32_t *of_range6;
	uint32_t n_ranges6;
};

// The adjacency of a route of this family by these hops: those whose link is up, or all if none is.
uint32_t draft_forward(struct draft *d, uint8_t family, const struct route_row *row);

// One next hop; gateway of family 0: each destination is its own.
uint32_t draft_hop(struct draft *d, uint8_t family, uint16_t iface, const struct dp_addr *gateway);

// True if destinations with this adjacency are reached on the link of `iface` without a gateway.
bool draft_is_on_link(const struct draft *d, uint32_t adjacency, uint16_t iface);

// Fills first6 and of_range6, which draft's owner frees. Neighbours are sorted. False: no memory.
bool draft_ranges6(struct draft *d);
