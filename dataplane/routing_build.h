// SPDX-License-Identifier: BSD-3-Clause
// Main's side of routing.h: rows of routes, neighbours and addresses become a view, views become
// the published routing, and what it replaced is freed once no worker can still be reading it.
#pragma once

#include "dataplane/include/dp_shm.h"
#include "dataplane/routing.h"

struct route_iface {
	uint16_t port; // DPDK port id
	uint16_t vlan; // 0: untagged
	uint16_t mtu;  // of IP packets, bytes
	uint8_t mac[6];
	bool is_up; // link included; a next hop on one that is down isn't chosen among several
};

struct route_hop {
	struct dp_addr gateway; // family 0: the destination is on link
	uint16_t iface;         // index into route_input.iface
	uint16_t weight;        // share among several, at least 1
};

struct route_row {
	struct dp_addr prefix;
	uint8_t prefix_len;
	uint8_t kind; // enum dp_route_kind
	uint16_t n_hops;
	uint32_t metric;             // of two rows with one prefix the lower is used
	const struct route_hop *hop; // n_hops of them where kind is DP_ROUTE_FORWARD
};

struct route_neighbour {
	struct dp_addr addr;
	uint16_t iface;
	uint8_t mac[6];
};

// One VRF's rows, in any order; sorted in place while a view is built. Rows of another family, with
// bits beyond the prefix or with an interface out of range are left out.
struct route_input {
	struct route_row *route;
	struct route_neighbour *neighbour;
	const struct route_iface *iface;
	size_t n_routes, n_neighbours, n_ifaces;
};

// NULL: out of memory. The caller frees it with route_view_free, or gives it to routing_stage.
struct route_view *route_view_build(const struct route_input *in, uint32_t generation);
void route_view_free(struct route_view *view);

struct routing_builder;

// Publishes an empty routing (no route anywhere) for n_vrfs at once. NULL: out of memory.
struct routing_builder *routing_builder_new(struct routing_publisher *publisher, uint32_t n_vrfs);

// Frees everything, also what is published: only after the last worker has ended.
void routing_builder_free(struct routing_builder *b);

// The generation for the next view; differs from every earlier one, never 0.
uint32_t routing_next_generation(struct routing_builder *b);

// Puts a VRF's new view into the routing that comes next, and takes it over.
void routing_stage(struct routing_builder *b, uint32_t vrf, struct route_view *view);

// Publishes what was staged; the views of other VRFs are shared with the routing before. 0, also if
// nothing was staged, or -ENOMEM: what was staged stays so.
int routing_publish(struct routing_builder *b);

// Frees what no worker can see any more. Never waits. Returns how many routings still wait.
unsigned int routing_reclaim(struct routing_builder *b);
