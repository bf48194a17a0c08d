// SPDX-License-Identifier: BSD-3-Clause
// What the main lcore does while workers forward: the shadow TAPs, the routing mirror, the UNIX
// socket, signals and once per second the ports' links. It sleeps whenever there's nothing to do.
#pragma once

#include "dataplane/dp_config.h"
#include "dataplane/include/dp_shm.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"

#include <rte_mempool.h>

struct main_loop;

struct main_loop_config {
	struct dp_header *header;         // filled in; main writes its own parts of it
	const struct dp_config *settings; // run_dir and punt_pps
	struct punt_lane *const *lane;    // by worker, made by punt_lane_open
	struct main_bell *bell;           // made by main_bell_open
	struct routing_publisher *publisher;
	struct rte_mempool *pool;  // for frames that Linux sends
	const uint16_t *port_id;   // DPDK port id by index of dp_header.port
	const uint16_t *tx_worker; // by index of dp_header.port: the worker that transmits on it
	int doorbell;              // eventfd that wakes control; not owned
};

// Blocks the signals that main_loop_run waits for. Call first in main(), so that every thread that
// the EAL makes inherits it.
void main_signals_block(void);

// Opens TAPs, mirror and socket, and publishes the first routing. Call when the shared file is in
// place and before workers start. All or nothing: 0 or -errno, logged.
int main_loop_open(struct main_loop **loop, const struct main_loop_config *config);

// Runs until SIGTERM or SIGINT. 0, or -errno if it can't go on, logged.
int main_loop_run(struct main_loop *loop);

// Call after the last worker has ended: frees the published routing too.
void main_loop_close(struct main_loop *loop);
