// SPDX-License-Identifier: BSD-3-Clause
// Starts DPDK's environment as the configuration says.
#pragma once

#include "dataplane/dp_config.h"

// lcore 0 is main, 1..n_workers the workers. 0 or -errno, logged.
int eal_start(const struct dp_config *c);
void eal_stop(void);
