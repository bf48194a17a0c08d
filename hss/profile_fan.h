// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/store.h"
#include "hss/triggers.h"

#include <stdint.h>

// A profile has changed: tells the nodes of all SIMs that are attached and have it.

struct fan_result {
	uint64_t n_sims;           // attached ones that were looked at
	uint64_t n_told;           // for which something was queued
	struct trigger_lines said; // the first lines
};

// old is the profile before. done is called on a thread of the store's; *result is valid then.
void profile_fan(struct store *store, const struct hss_triggers *triggers,
	const struct profile *old, struct fan_result *result, store_result_fn done, void *arg);
