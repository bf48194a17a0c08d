// SPDX-License-Identifier: BSD-3-Clause
// NUMA: on which nodes ports and workers are, and where memory goes because of that.
#pragma once

#include "dataplane/dp_config.h"

#include <stddef.h>
#include <stdint.h>

#define NODES_MAX 32 // as many as DPDK knows

struct nodes {
	uint32_t of_ports;   // a bit per node
	uint32_t of_workers; // likewise
	int home;            // of the first port that has one, else of the first worker
};

// The EAL runs already.
void nodes_find(struct nodes *n, const struct dp_config *c);

// The node of a port's memory: the port's own, else home.
int nodes_of_port(const struct nodes *n, const struct dp_port_config *p, size_t index);

// Binds pages that nobody has touched yet: to the workers' node if they are on one, else page by page
// over theirs. `at` begins a page. Where the kernel refuses, its own policy stays, and the log says so.
void nodes_place(const struct nodes *n, void *at, size_t bytes);

// One line that names the nodes, and a warning for each worker that is far from every port.
void nodes_log(const struct nodes *n, const struct dp_config *c);
