// SPDX-License-Identifier: BSD-3-Clause
// Everything that one dataplane process has, and its making and unmaking in order.
#pragma once

#include "dataplane/main_loop.h"
#include "dataplane/nodes.h"
#include "dataplane/shm.h"
#include "dataplane/worker.h"

struct dataplane {
	const struct dp_config *config;
	struct shm shm;
	struct instance in; // what workers see
	struct nodes nodes;
	struct rte_mempool *pool[NODES_MAX]; // of the frames that ports on this node receive
	struct routing_publisher publisher;
	struct main_bell bell;
	struct worker *worker[DP_WORKERS_MAX];
	struct punt_lane *lane[DP_WORKERS_MAX];
	uint16_t n_workers;
	uint16_t n_ports; // opened
	uint16_t port_id[DP_PORTS_MAX];
	uint16_t tx_worker[DP_PORTS_MAX];
	int doorbell; // eventfd that wakes control
};

// The EAL runs already. All or nothing: 0 or -errno, logged.
int dataplane_open(struct dataplane *d, const struct dp_config *c);

// Workers have ended.
void dataplane_close(struct dataplane *d);
