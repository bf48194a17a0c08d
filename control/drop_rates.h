// SPDX-License-Identifier: BSD-3-Clause
// Drops per second, between two looks at the counters.
#pragma once

#include "dataplane/include/dp_shm.h"

#include <stdint.h>

struct drop_rates {
	uint64_t instance; // that the look was at
	uint64_t at_ms;    // of the look, 0: none yet
	uint64_t count[DP_DROPS];
	double per_s[DP_DROPS]; // between that look and the one before
};

// Sum over all workers, and over the main lcore's classes for what it drops on the way to Linux.
uint64_t drop_count(struct dp_header *h, unsigned int drop);

// Looks, if the latest look is some seconds old. h: NULL without a dataplane.
void drop_rates_look(struct drop_rates *r, struct dp_header *h, uint64_t now_ms);

// Packets per second since the latest look, or before it if that was only just now.
double drop_rate(
	const struct drop_rates *r, struct dp_header *h, unsigned int drop, uint64_t now_ms);
