// SPDX-License-Identifier: BSD-3-Clause
// Blackhole routes for the pools in their VRFs' Linux tables: for routing daemons to announce, and so
// that Linux doesn't send a packet for a free address to its default route.
#pragma once

#include "control/ctl_config.h"

#include <stdbool.h>
#include <stdint.h>

// Adds or removes the prefixes that make up a range in a Linux routing table. A
// route that is there already, or is gone already, is fine. 0 or -errno of the first that failed.
int pool_routes_change(bool is_added, uint32_t table, const struct ctl_range *range);
