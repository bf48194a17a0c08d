// SPDX-License-Identifier: BSD-3-Clause
// What Linux knows about links, addresses, routes and neighbours, mirrored by rtnetlink: dumped at
// the start, then followed by notifications, dumped again when some were lost. Neighbours are also
// asked for and kept fresh through it, because the kernel sees none of the traffic.
#pragma once

#include "dataplane/punt.h"
#include "dataplane/route_mirror.h"

struct netlink;

// Sockets in the network namespace of the caller. Changes go into the mirror, which outlives this.
// 0 or -errno.
int netlink_open(struct netlink **nl, struct route_mirror *mirror, struct dp_main_counters *count);
void netlink_close(struct netlink *nl);

// Two sockets to poll for reading: notifications, and answers to what was asked.
int netlink_event_fd(const struct netlink *nl);
int netlink_request_fd(const struct netlink *nl);

// Reads what has arrived, a bounded amount per call. 0, or -errno if a socket is beyond repair.
int netlink_read(struct netlink *nl);

// Waits until the first dump is complete. 0, or -ETIMEDOUT.
int netlink_wait_synced(struct netlink *nl, int timeout_ms);

// Has Linux resolve a neighbour that a worker waits for.
void netlink_resolve(struct netlink *nl, const struct resolve_request *request);

// Once per second: next hops in use are probed and retried, dumps that are due are started.
void netlink_tick(struct netlink *nl);
