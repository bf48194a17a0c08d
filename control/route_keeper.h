// SPDX-License-Identifier: BSD-3-Clause
// The pools' blackhole routes, which routing daemons announce. They outlive this process, since the
// dataplane forwards on without it; the store knows which ones were made, so that those that nobody
// wants any more go at a later start.
#pragma once

#include "control/ctl_config.h"

#include <stdint.h>

struct route_keeper;
struct store;

// Reads what the run before has left. Where the configuration wants no routes, those go now. NULL: no
// memory. config and store outlive it.
struct route_keeper *route_keeper_new(const struct ctl_config *config, struct store *store);
void route_keeper_free(struct route_keeper *k); // routes stay

// table: for each pool of the configuration the Linux table of its VRF, 0: none. Makes the routes that
// are missing, also those that somebody has removed, and removes those of before.
void route_keeper_want(struct route_keeper *k, const uint32_t *table);
