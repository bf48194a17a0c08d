// SPDX-License-Identifier: BSD-3-Clause
// Main's side of punt.h: drains the workers' rings class by class, each class within its own rate
// and fair between workers, and carries the frames that Linux sends back to the transmitting worker.
#pragma once

#include "dataplane/include/dp_shm.h"
#include "dataplane/punt.h"
#include "dataplane/tap.h"

#include <rte_mempool.h>

#include <stdbool.h>

struct punt_main;

struct punt_main_config {
	struct punt_lane *const *lane; // n_workers of them, they outlive it
	uint16_t n_workers;
	uint16_t n_ports;
	struct tap *tap;           // n_ports, by index of dp_header.port
	const uint16_t *tx_worker; // by that index: whose from_linux ring leads to the port
	struct rte_mempool *pool;
	uint32_t pps[DP_PUNT_CLASSES]; // 0: unlimited
	uint64_t tsc_hz;
	struct dp_punt_counters *count;  // DP_PUNT_CLASSES of them
	struct dp_punt_policer *policer; // the same; set up here
	struct dp_main_counters *main_count;
};

// Copies the configuration. NULL: out of memory.
struct punt_main *punt_main_new(const struct punt_main_config *config);
void punt_main_free(struct punt_main *p);

// Frames of the workers to Linux, a bounded number. True if more wait.
bool punt_main_to_linux(struct punt_main *p, uint64_t now_tsc);

// Frames of Linux to the worker that transmits for the port, a bounded number. True if more wait.
bool punt_main_from_linux(struct punt_main *p, uint16_t port);

// One neighbour that a worker asks for. False: none.
bool punt_main_next_resolve(struct punt_main *p, struct resolve_request *request);

// True if nothing waits in any ring towards main.
bool punt_main_is_idle(const struct punt_main *p);
