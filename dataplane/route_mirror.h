// SPDX-License-Identifier: BSD-3-Clause
// Main's copy of the kernel's links, addresses, routes and neighbours, as far as they concern our
// interfaces and VRFs. It knows which VRFs' views a change touches and makes the rows that
// routing_build.h turns into a view. No sockets here. main: rw, nobody else.
#pragma once

#include "dataplane/include/dp_shm.h"
#include "dataplane/routing_build.h"

struct route_mirror;

// header: interfaces and VRFs, read; it must outlive the mirror. port_id: DPDK port id by index of
// dp_header.port, copied. NULL: out of memory.
struct route_mirror *route_mirror_new(const struct dp_header *header, const uint16_t *port_id);
void route_mirror_free(struct route_mirror *m);

// The Linux interface that shadows a port: whose ifindex, and those of whose VLAN subinterfaces, are
// our interfaces. ifindex 0: none any more.
void route_mirror_set_shadow(struct route_mirror *m, uint16_t port, unsigned int ifindex);

// The port's own link, which counts beside that of the Linux interface.
void route_mirror_set_port_up(struct route_mirror *m, uint16_t port, bool is_up);

// True if some VRF's view is out of date.
bool route_mirror_is_dirty(const struct route_mirror *m);

// Builds and publishes the views that are out of date. 0 or -ENOMEM: the rest stays out of date.
int route_mirror_rebuild(struct route_mirror *m, struct routing_builder *b);

// Writes what `show routes` and `show neighbours` read, under its seqlock.
void route_mirror_export(struct route_mirror *m, struct dp_mirror *out, uint32_t generation);
