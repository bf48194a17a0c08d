// SPDX-License-Identifier: BSD-3-Clause
// Times in buckets that are at most 1/32 wide of what they hold: constant memory, percentiles at any
// moment.
#pragma once

#include <stdint.h>

#define HISTOGRAM_SUB 32 // buckets per power of two
#define HISTOGRAM_BUCKETS (HISTOGRAM_SUB * 60)

struct histogram {
	uint64_t n;
	uint64_t max;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

static inline unsigned int
histogram_index(uint64_t value)
{
	unsigned int shift;

	if (value < HISTOGRAM_SUB)
		return (unsigned int)value;
	shift = 58 - (unsigned int)__builtin_clzll(value); // the top six bits remain
	return shift * HISTOGRAM_SUB + (unsigned int)(value >> shift);
}

static inline void
histogram_add(struct histogram *h, uint64_t value)
{
	h->n++;
	h->bucket[histogram_index(value)]++;
	if (value > h->max)
		h->max = value;
}

// The value below or at which this share (0 to 1) of all values lies, by the upper end of its bucket;
// 0 if there is none.
uint64_t histogram_percentile(const struct histogram *h, double share);

void histogram_merge(struct histogram *to, const struct histogram *from);
