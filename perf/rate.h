// SPDX-License-Identifier: BSD-3-Clause
// Rates as people write them, and the search for the highest one that loses no more than allowed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rate {
	bool is_percent; // of the link
	double value;    // packets per second, or percent; 0: as fast as it goes
};

// "max", "250000", "1.5M", "300k", "40%". 0 or -EINVAL.
int rate_parse(const char *text, struct rate *r);

// Packets per second on a link of this many Mbit/s, frames of this many bytes, for which Ethernet
// needs 24 more: preamble, checksum and gap. 0: as fast as it goes.
double rate_pps(const struct rate *r, uint32_t link_mbps, uint32_t frame_bytes);

// Bisection. low is known to be good, high isn't.
struct rate_search {
	double low, high;    // packets per second
	double max_loss_pct; // allowed
	double resolution;   // of the rate: 0.01 stops at 1 %
	unsigned int trials;
};

// The first trial, as fast as it goes, sent this many per second and lost this much.
void rate_search_start(struct rate_search *s, double pps, double loss_pct);

// The rate of the next trial; 0: the search is over, `low` is what it found.
double rate_search_next(const struct rate_search *s);

// What the trial at this rate lost.
void rate_search_result(struct rate_search *s, double pps, double loss_pct);
