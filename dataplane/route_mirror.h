// SPDX-License-Identifier: BSD-3-Clause
// Main's copy of the kernel's links, addresses, routes and neighbours, as far as they concern our
// interfaces and VRFs. It knows which VRFs' views a change touches, makes the rows that
// routing_build.h turns into a view, and says which neighbours to probe. No sockets here.
// main: rw, nobody else.
#pragma once

#include "dataplane/include/dp_shm.h"
#include "dataplane/routing_build.h"

struct route_mirror;

// header: interfaces and VRFs, read; it must outlive the mirror. NULL: out of
// memory.
struct route_mirror *route_mirror_new(const struct dp_header *header);
void route_mirror_free(struct route_mirror *m);

// The Linux interface that shadows a port: it and its VLAN subinterfaces are our interfaces.
// ifindex 0: none any more.
void route_mirror_set_shadow(struct route_mirror *m, uint16_t port, uint32_t ifindex);

// The port's own link, which counts beside that of the Linux interface. Up until told otherwise.
void route_mirror_set_port_up(struct route_mirror *m, uint16_t port, bool is_up);

// ---- What the kernel says.

enum mirror_kind { MIRROR_LINKS, MIRROR_ADDRESSES, MIRROR_ROUTES, MIRROR_NEIGHBOURS, MIRROR_KINDS };

// Between the two, rows come as from_dump; then what neither they nor a notification named is gone.
void route_mirror_dump_begin(struct route_mirror *m, enum mirror_kind kind);
void route_mirror_dump_end(struct route_mirror *m, enum mirror_kind kind);

// A set of enum mirror_kind bits: what only a new dump can tell. Reading it clears it.
uint32_t route_mirror_wants(struct route_mirror *m);

struct mirror_link {
	uint32_t ifindex;
	uint32_t parent; // of a VLAN subinterface, else 0
	uint16_t vlan;   // of a VLAN subinterface, else 0
	uint16_t mtu;
	uint32_t vrf_table; // of an l3mdev, else 0
	uint8_t mac[6];
	bool is_up; // as the administrator says
	bool has_carrier;
	bool is_host; // loopback or dummy: its addresses belong to the machine
};

void route_mirror_link(struct route_mirror *m, const struct mirror_link *link, bool from_dump);
void route_mirror_link_gone(struct route_mirror *m, uint32_t ifindex);

// broadcast: of the address's subnet, family 0: none.
void route_mirror_address(struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr,
	const struct dp_addr *broadcast, bool from_dump);
void route_mirror_address_gone(
	struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr);

struct mirror_hop {
	uint32_t ifindex;
	uint32_t weight;
	struct dp_addr gateway; // family 0: on link
};

struct mirror_route {
	uint32_t table;
	uint32_t metric;
	struct dp_addr prefix;
	uint8_t prefix_len;
	uint8_t kind;    // DP_ROUTE_FORWARD or DP_ROUTE_BLACKHOLE
	uint16_t n_hops; // 0 unless kind is DP_ROUTE_FORWARD
	const struct mirror_hop *hop;
	uint32_t nexthop_id; // of the nexthop object that they are from, 0: none
};

enum mirror_how {
	MIRROR_DUMPED,
	MIRROR_REPLACED, // the first of those with this prefix and metric
	MIRROR_PREPENDED,
	MIRROR_APPENDED,
};

// True if some VRF uses this Linux table: routes of others needn't be brought here.
bool route_mirror_has_table(const struct route_mirror *m, uint32_t table);
void route_mirror_route(struct route_mirror *m, const struct mirror_route *r, enum mirror_how how);
void route_mirror_route_gone(struct route_mirror *m, const struct mirror_route *r);

// A nexthop object came, changed or went: the kernel doesn't tell of all routes that follow it.
void route_mirror_nexthop(struct route_mirror *m, uint32_t id);

// state: NUD_* of Linux. mac: NULL or all zero if not known.
void route_mirror_neighbour(struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr,
	uint16_t state, const uint8_t *mac, bool from_dump);
void route_mirror_neighbour_gone(
	struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr);

// ---- What comes of it.

// True if some VRF's view is out of date.
bool route_mirror_is_dirty(const struct route_mirror *m);

// Builds and publishes views that are out of date; a great many rows are left for the next call.
// 0 or -ENOMEM: what isn't published stays out of date.
int route_mirror_rebuild(struct route_mirror *m, struct routing_builder *b);

// True if what route_mirror_export writes has changed since.
bool route_mirror_export_is_due(const struct route_mirror *m);

// How many routes all VRFs have: what an export costs.
uint32_t route_mirror_n_routes(const struct route_mirror *m);

// Writes what `show routes` and `show neighbours` read, under its seqlock. After a rebuild.
void route_mirror_export(struct route_mirror *m, struct dp_mirror *out, uint32_t generation);

// ifindex of an interface of dp_header, 0: Linux has none such, or it is down.
uint32_t route_mirror_ifindex(const struct route_mirror *m, uint16_t iface);

// is_known: a neighbour with a MAC, to be checked by a probe; else one to be resolved.
typedef void mirror_probe_fn(
	void *arg, uint32_t ifindex, const struct dp_addr *addr, bool is_known);

// Calls `probe` for what is due: next hops of routes every few seconds, resolved or not, and every
// other neighbour on our interfaces in turn, since the kernel sees none of the traffic. A bounded
// number per call. now_s: monotonic seconds, from 1 on; call once per second.
void route_mirror_probe(struct route_mirror *m, uint32_t now_s, mirror_probe_fn *probe, void *arg);
