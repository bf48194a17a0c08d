// SPDX-License-Identifier: BSD-3-Clause
// The shared file's figures on DPDK's telemetry socket: /torii/counters, /torii/workers,
// /torii/ports, /torii/drops, /torii/punt.
#pragma once

#include "dataplane/include/dp_shm.h"

// Once per process, after rte_eal_init. 0 or -errno.
int telemetry_open(struct dp_header *header);

// The commands answer with nothing from now on; call before the file is unmapped.
void telemetry_close(void);
