// SPDX-License-Identifier: BSD-3-Clause
// rte_flow rules that bring G-PDUs to their owner's queue, where a driver takes them. TEIDs are ours, so
// their low byte, the shard, can be matched by a mask; a UE address's shard is a hash and can't.
#pragma once

#include "dataplane/include/dp_shm.h"

// Makes a rule for each shard. device: DPDK's number of the port, started, with a receive queue for
// each worker. All or nothing: 0, or -errno if the driver doesn't take them; *why then says why.
int steering_open(uint16_t device, const uint8_t shard_worker[DP_SHARDS], const char **why);
