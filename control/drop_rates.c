// SPDX-License-Identifier: BSD-3-Clause
#include "control/drop_rates.h"

#include <string.h>

#define LOOK_MS 5000
#define RATE_MIN_MS 1000 // rates over less are noise

uint64_t
drop_count(struct dp_header *h, unsigned int drop)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < DP_PUNT_CLASSES; i++) {
		if (drop == DP_DROP_PUNT_POLICED)
			sum += h->punt[i].policed;
		else if (drop == DP_DROP_PUNT_TAP)
			sum += h->punt[i].tap_errors;
	}
	for (uint16_t i = 0; i < h->n_workers; i++)
		sum += dp_shm_worker(h, i)->counters.drop[drop];
	return sum;
}

static double
rate_since(const struct drop_rates *r, struct dp_header *h, unsigned int drop, uint64_t now_ms)
{
	uint64_t count = drop_count(h, drop);

	if (count < r->count[drop])
		return 0;
	return (double)(count - r->count[drop]) * 1000 / (double)(now_ms - r->at_ms);
}

void
drop_rates_look(struct drop_rates *r, struct dp_header *h, uint64_t now_ms)
{
	bool is_new = h && h->instance != r->instance;

	if (!h || (!is_new && now_ms - r->at_ms < LOOK_MS))
		return;
	for (unsigned int i = 0; i < DP_DROPS; i++) {
		r->per_s[i] = is_new ? 0 : rate_since(r, h, i, now_ms);
		r->count[i] = drop_count(h, i);
	}
	r->instance = h->instance;
	r->at_ms = now_ms;
}

double
drop_rate(const struct drop_rates *r, struct dp_header *h, unsigned int drop, uint64_t now_ms)
{
	if (r->instance != h->instance || now_ms <= r->at_ms)
		return 0;
	if (now_ms - r->at_ms < RATE_MIN_MS)
		return r->per_s[drop];
	return rate_since(r, h, drop, now_ms);
}
