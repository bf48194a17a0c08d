// SPDX-License-Identifier: BSD-3-Clause
// Feeds a route_mirror by rtnetlink: dumps at the start, then notifications, dumps again where
// some were lost. Neighbours are also asked for and kept fresh through it.
#pragma once

#include "dataplane/punt.h"
#include "dataplane/route_mirror.h"

struct netlink;

// Sockets in the network namespace of the caller; the first dump begins. Changes go into the mirror,
// which outlives this. 0 or -errno.
int netlink_open(struct netlink **nl, struct route_mirror *mirror, struct dp_main_counters *count);
void netlink_close(struct netlink *nl);

// Two sockets to poll for reading: notifications, and answers to what was asked.
int netlink_event_fd(const struct netlink *nl);
int netlink_request_fd(const struct netlink *nl);

// Reads what has arrived, a bounded amount per call, and starts the dumps that are due. 0, or -errno
// if a socket is beyond repair.
int netlink_read(struct netlink *nl, uint64_t now_ms);

// Milliseconds until netlink_read has something to start, -1: nothing planned.
int netlink_timeout_ms(const struct netlink *nl, uint64_t now_ms);

// Reads until the first dump is complete. 0, -ETIMEDOUT or another -errno.
int netlink_wait_synced(struct netlink *nl, int timeout_ms);

// Has Linux resolve a neighbour that a worker waits for.
void netlink_resolve(struct netlink *nl, const struct resolve_request *request, uint64_t now_ms);

// Once per second: neighbours that are due are probed or asked for again.
void netlink_probe(struct netlink *nl, uint64_t now_ms);
