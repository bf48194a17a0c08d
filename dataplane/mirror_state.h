// SPDX-License-Identifier: BSD-3-Clause
// What a route_mirror consists of: for route_mirror.c, which takes the kernel's word, and
// mirror_rows.c, which makes rows and probes of it.
#pragma once

#include "dataplane/mirror_table.h"
#include "dataplane/route_mirror.h"

#include <sys/queue.h>

#define NO_IFACE_OF_OURS UINT16_MAX
#define HOP_SET_BUCKETS 4096

// Equal lists of next hops are kept once.
struct hop_set {
	LIST_ENTRY(hop_set) entry;
	uint32_t hash;
	uint32_t refs;
	uint32_t epoch; // of the rows below: they are good for this collection only
	uint32_t row;   // index of the first row, and their number
	uint16_t n_rows;
	uint16_t n;
	struct mirror_hop hop[];
};

struct link_object {
	struct mirror_node node;
	struct {
		uint32_t ifindex;
	} key;
	struct mirror_link link;
	uint16_t iface; // index into dp_header.iface, or NO_IFACE_OF_OURS
};

struct address_object {
	struct mirror_node node;
	struct {
		uint32_t ifindex;
		struct dp_addr addr;
	} key;
	struct dp_addr broadcast;
};

// A routing table of Linux that at least one VRF uses.
struct kernel_table {
	struct mirror_node node;
	struct {
		uint32_t id;
	} key;
	uint16_t n_vrfs;
	uint32_t n_routes;
	LIST_HEAD(, route_object) routes;
	uint16_t vrf[]; // room for all
};

struct route_object {
	struct mirror_node node;
	struct route_key {
		uint32_t table;
		uint32_t metric;
		struct dp_addr prefix;
		uint32_t prefix_len;
	} key;
	LIST_ENTRY(route_object) entry;
	struct kernel_table *table; // NULL: not in its list
	struct hop_set *hops;       // NULL: blackhole
	uint32_t nexthop_id;        // of a nexthop object, 0: none
	bool has_alias; // there may be more with this prefix and metric, this one counts
};

struct neighbour_key {
	uint32_t ifindex;
	struct dp_addr addr;
};

struct neighbour_object {
	struct mirror_node node;
	struct neighbour_key key;
	LIST_ENTRY(neighbour_object) entry; // of its VRF's, if its interface is ours
	bool is_listed;
	bool is_usable; // has a MAC
	uint8_t mac[6];
	uint16_t state; // NUD_*
	uint32_t probed_s;
};

// A nexthop object (ip-nexthop(8)) that at least one route names.
struct nexthop_id_object {
	struct mirror_node node;
	struct {
		uint32_t id;
	} key;
	uint32_t refs;
};

// A gateway of at least one hop_set.
struct next_hop_object {
	struct mirror_node node;
	struct neighbour_key key;
	uint32_t refs;
	uint32_t asked_s;
};

struct route_mirror {
	const struct dp_header *header;
	uint32_t shadow[DP_PORTS_MAX]; // ifindex
	bool is_port_up[DP_PORTS_MAX];
	struct mirror_table links, addresses, routes, neighbours;
	struct mirror_table tables;    // kernel_table, fixed
	struct mirror_table next_hops; // next_hop_object
	struct mirror_table nexthop_ids;
	LIST_HEAD(hop_set_list, hop_set) hop_sets[HOP_SET_BUCKETS];
	LIST_HEAD(neighbour_list, neighbour_object) neighbours_of[DP_VRFS_MAX];
	struct route_iface iface[DP_IFACES_MAX];
	uint32_t iface_ifindex[DP_IFACES_MAX]; // 0: Linux has none
	bool is_dirty[DP_VRFS_MAX];
	uint32_t n_dirty;
	uint32_t wants; // enum mirror_kind bits
	bool is_export_due;
	uint32_t epoch;               // of the latest collection
	uint32_t n_rows[DP_VRFS_MAX]; // routes in the VRF's latest collection
	uint16_t next_vrf;            // where probing goes on
	struct route_row *row;        // of one collection; grown, never shrunk
	struct route_hop *hop;
	struct route_neighbour *neighbour;
	size_t rows_room, hops_room, neighbours_room;
};

// The interface of ours that this is, or NO_IFACE_OF_OURS.
static inline uint16_t
mirror_iface_of(const struct route_mirror *m, uint32_t ifindex)
{
	const struct link_object *l = mirror_find(&m->links, &ifindex);

	return l == NULL ? NO_IFACE_OF_OURS : l->iface;
}
