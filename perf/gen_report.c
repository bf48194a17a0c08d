// SPDX-License-Identifier: BSD-3-Clause
#include "perf/gen.h"

#include <rte_cycles.h>

static const char *const name[GEN_DIRECTIONS] = { "uplink", "downlink" };
static const char *const key[GEN_DIRECTIONS] = { "ul", "dl" };
static const double percentile[] = { 0.5, 0.9, 0.99, 0.999 };
static const char *const percentile_key[] = { "p50", "p90", "p99", "p999" };

double
gen_loss_pct(const struct gen_counts *c)
{
	if (c->sent == 0 || c->received >= c->sent)
		return 0;
	return 100.0 * (double)(c->sent - c->received) / (double)c->sent;
}

static double
microseconds(uint64_t cycles)
{
	return (double)cycles * 1e6 / (double)rte_get_tsc_hz();
}

// Bits on the wire of Ethernet, with preamble, checksum and gap.
static double
gbps(uint64_t frames, uint64_t bytes, double seconds)
{
	return seconds > 0 ? 8e-9 * (double)(bytes + 24 * frames) / seconds : 0;
}

static double
mpps(uint64_t frames, double seconds)
{
	return seconds > 0 ? 1e-6 * (double)frames / seconds : 0;
}

void
gen_report_period(const struct gen_counts before[], const struct gen_counts now[], double seconds)
{
	for (int d = 0; d < GEN_DIRECTIONS; d++) {
		uint64_t sent = now[d].sent - before[d].sent;
		uint64_t received = now[d].received - before[d].received;

		if (!gen_config.is_active[d])
			continue;
		printf("%-8s  sent %8.3f Mpps %7.2f Gbit/s  received %8.3f Mpps %7.2f Gbit/s  "
		       "late %lu  wrong %lu\n",
			name[d], mpps(sent, seconds),
			gbps(sent, now[d].sent_bytes - before[d].sent_bytes, seconds),
			mpps(received, seconds),
			gbps(received, now[d].received_bytes - before[d].received_bytes, seconds),
			now[d].late - before[d].late, now[d].wrong - before[d].wrong);
	}
	fflush(stdout);
}

void
gen_report_text(FILE *out, const struct gen_result *r)
{
	for (int d = 0; d < GEN_DIRECTIONS; d++) {
		const struct gen_counts *c = &r->counts[d];
		const struct histogram *h = &gen_stream[d].latency;

		if (!gen_config.is_active[d])
			continue;
		fprintf(out, "%s, %.2f s:\n", name[d], r->seconds);
		fprintf(out, "  sent      %12lu frames  %8.3f Mpps  %7.2f Gbit/s\n", c->sent,
			mpps(c->sent, r->seconds), gbps(c->sent, c->sent_bytes, r->seconds));
		fprintf(out, "  received  %12lu frames  %8.3f Mpps  %7.2f Gbit/s\n", c->received,
			mpps(c->received, r->seconds),
			gbps(c->received, c->received_bytes, r->seconds));
		fprintf(out, "  lost      %12lu (%.4f %%)  late %lu  wrong %lu  not ours %lu\n",
			c->sent > c->received ? c->sent - c->received : 0, gen_loss_pct(c), c->late,
			c->wrong, c->other);
		fprintf(out, "  latency   ");
		for (size_t i = 0; i < RTE_DIM(percentile); i++)
			fprintf(out, "%s %.1f us  ", percentile_key[i],
				microseconds(histogram_percentile(h, percentile[i])));
		fprintf(out, "max %.1f us\n", microseconds(h->max));
	}
	fflush(out);
}

static void
json_direction(FILE *out, const struct gen_result *r, int d)
{
	const struct gen_counts *c = &r->counts[d];
	const struct histogram *h = &gen_stream[d].latency;

	fprintf(out,
		"\"%s\": {\"sent\": %lu, \"received\": %lu, \"late\": %lu, \"wrong\": %lu, "
		"\"other\": %lu, \"full\": %lu, \"loss_pct\": %.6f, \"sent_mpps\": %.6f, "
		"\"mpps\": %.6f, \"gbps\": %.4f, \"latency_us\": {",
		key[d], c->sent, c->received, c->late, c->wrong, c->other, c->full, gen_loss_pct(c),
		mpps(c->sent, r->seconds), mpps(c->received, r->seconds),
		gbps(c->received, c->received_bytes, r->seconds));
	for (size_t i = 0; i < RTE_DIM(percentile); i++)
		fprintf(out, "\"%s\": %.2f, ", percentile_key[i],
			microseconds(histogram_percentile(h, percentile[i])));
	fprintf(out, "\"max\": %.2f}}", microseconds(h->max));
}

void
gen_report_json(FILE *out, const struct gen_result *r)
{
	fprintf(out, "{\"seconds\": %.4f", r->seconds);
	for (int d = 0; d < GEN_DIRECTIONS; d++) {
		if (!gen_config.is_active[d])
			continue;
		fprintf(out, ", ");
		json_direction(out, r, d);
	}
	fprintf(out, "}\n");
	fflush(out);
}
