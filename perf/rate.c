// SPDX-License-Identifier: BSD-3-Clause
#include "perf/rate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET_OVERHEAD 24 // bytes: preamble 8, checksum 4, gap 12
#define TRIALS_MAX 24

int
rate_parse(const char *text, struct rate *r)
{
	char *end;
	double value;

	if (strcmp(text, "max") == 0) {
		*r = (struct rate){ false, 0 };
		return 0;
	}
	errno = 0;
	value = strtod(text, &end);
	if (end == text || errno || !isfinite(value) || value <= 0)
		return -EINVAL;
	*r = (struct rate){ strcmp(end, "%") == 0, value };
	if (*end == '\0' || (r->is_percent && value <= 100))
		return 0;
	if (strcmp(end, "k") == 0)
		r->value *= 1e3;
	else if (strcmp(end, "M") == 0)
		r->value *= 1e6;
	else
		return -EINVAL;
	return 0;
}

double
rate_pps(const struct rate *r, uint32_t link_mbps, uint32_t frame_bytes)
{
	if (!r->is_percent)
		return r->value;
	return r->value / 100 * link_mbps * 1e6 / (8.0 * (frame_bytes + ETHERNET_OVERHEAD));
}

void
rate_search_start(struct rate_search *s, double pps, double loss_pct)
{
	s->trials = 0;
	s->low = 0;
	s->high = pps;
	rate_search_result(s, pps, loss_pct);
}

double
rate_search_next(const struct rate_search *s)
{
	if (s->high <= 0 || s->high - s->low <= s->resolution * s->high || s->trials > TRIALS_MAX)
		return 0;
	return (s->low + s->high) / 2;
}

void
rate_search_result(struct rate_search *s, double pps, double loss_pct)
{
	s->trials++;
	if (loss_pct <= s->max_loss_pct)
		s->low = pps;
	else
		s->high = pps;
}
