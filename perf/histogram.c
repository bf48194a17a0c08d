// SPDX-License-Identifier: BSD-3-Clause
#include "perf/histogram.h"

// The largest value of a bucket.
static uint64_t
bucket_top(unsigned int i)
{
	unsigned int shift;

	if (i < 2 * HISTOGRAM_SUB)
		return i;
	shift = i / HISTOGRAM_SUB - 1;
	return ((uint64_t)(i - shift * HISTOGRAM_SUB + 1) << shift) - 1;
}

uint64_t
histogram_percentile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->n), seen = 0;

	if (h->n == 0)
		return 0;
	if (wanted < 1)
		wanted = 1;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= wanted)
			return bucket_top(i) < h->max ? bucket_top(i) : h->max;
	}
	return h->max;
}

void
histogram_merge(struct histogram *to, const struct histogram *from)
{
	to->n += from->n;
	if (from->max > to->max)
		to->max = from->max;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}
