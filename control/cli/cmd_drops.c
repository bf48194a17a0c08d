// SPDX-License-Identifier: BSD-3-Clause
// `show drops`: how many, how fast, why, and what the latest packet of each kind looked like.
#include "control/cli/commands.h"
#include "control/cli/packet_text.h"
#include "control/cli/text.h"
#include "control/drop_rates.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SAMPLE_TRIES 100

static const char *const names[] = {
#define X(name, text) #name,
	DP_DROP_REASONS(X)
#undef X
};

static const char *const texts[] = {
#define X(name, text) text,
	DP_DROP_REASONS(X)
#undef X
};

// A consistent copy of a worker's sample. False: there is none, or it changes too fast.
static bool
copy_sample(struct dp_drop_sample *from, struct dp_drop_sample *to)
{
	for (unsigned int i = 0; i < SAMPLE_TRIES; i++) {
		uint32_t before = atomic_load_explicit(&from->seq, memory_order_acquire);

		if (before == 0)
			return false;
		if (before & 1)
			continue;
		memcpy(to, from, sizeof(*to));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&from->seq, memory_order_relaxed) == before)
			return true;
	}
	return false;
}

// The latest one of all workers.
static bool
find_sample(struct dp_header *h, unsigned int drop, struct dp_drop_sample *out)
{
	struct dp_drop_sample one;
	bool is_found = false;

	for (uint16_t i = 0; i < h->n_workers; i++) {
		if (!copy_sample(&dp_shm_worker(h, i)->sample[drop], &one) ||
			(is_found && one.tsc < out->tsc))
			continue;
		*out = one;
		is_found = true;
	}
	return is_found;
}

static const char *
age_text(const struct pgw *pgw, const struct dp_drop_sample *s, char *text)
{
	uint64_t ms = dpclient_age_ns(pgw->dp, s->tsc) / 1000000;

	if (ms >= 60000)
		return text_duration(ms / 1000, text);
	snprintf(text, TEXT_MAX, "%.1f s", (double)ms / 1000);
	return text;
}

static void
print_hex(const struct dp_drop_sample *s, size_t n, struct cli_out *out)
{
	for (size_t i = 0; i < n; i += 16) {
		cli_out_printf(out, "    %04zx ", i);
		for (size_t j = i; j < i + 16 && j < n; j++)
			cli_out_printf(out, " %02x", s->bytes[j]);
		cli_out_printf(out, "\n");
	}
}

static void
print_sample(const struct pgw *pgw, struct dp_header *h, unsigned int drop, bool is_hex,
	struct cli_out *out)
{
	char packet[PACKET_TEXT_MAX], age[TEXT_MAX];
	struct dp_drop_sample s;
	size_t n;

	if (!find_sample(h, drop, &s))
		return;
	n = s.len < DP_SAMPLE_BYTES ? s.len : DP_SAMPLE_BYTES;
	cli_out_printf(out, "  %-18s %s ago, port %.*s, %u bytes: %s\n", names[drop],
		age_text(pgw, &s, age), DP_NAME_MAX,
		s.port < h->n_ports ? h->port[s.port].name : "-", s.len,
		packet_text(s.bytes, n, s.is_frame, packet));
	if (is_hex)
		print_hex(&s, n, out);
}

static struct cli_columns *
begin_table(const struct dp_header *h, struct cli_out *out, char workers[][16])
{
	const char *headers[DP_WORKERS_MAX + 4];
	size_t n = 0;

	headers[n++] = "Drop";
	headers[n++] = ">Packets";
	headers[n++] = ">Per second";
	for (uint16_t i = 0; h->n_workers > 1 && i < h->n_workers; i++) {
		snprintf(workers[i], 16, ">Worker %u", i);
		headers[n++] = workers[i];
	}
	headers[n++] = "Meaning";
	return cli_columns_new(out, headers, n);
}

static void
print_row(const struct pgw *pgw, struct dp_header *h, unsigned int drop, struct cli_columns *c)
{
	cli_columns_cell(c, "%s", names[drop]);
	cli_columns_cell(c, "%" PRIu64, drop_count(h, drop));
	cli_columns_cell(c, "%.1f", drop_rate(&pgw->drop_rates, h, drop, pgw_now_ms()));
	for (uint16_t i = 0; h->n_workers > 1 && i < h->n_workers; i++)
		cli_columns_cell(c, "%" PRIu64, dp_shm_worker(h, i)->counters.drop[drop]);
	cli_columns_cell(c, "%s", texts[drop]);
}

static int
show_drops(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	bool is_all = cli_arg(args, "all"), is_hex = cli_arg(args, "hex");
	const struct pgw *pgw = ctx;
	struct dp_header *h = dpclient_header(pgw->dp);
	char workers[DP_WORKERS_MAX][16];
	struct cli_columns *c;
	uint64_t total = 0;

	if (!h) {
		cli_out_fail(out, "waiting for the dataplane: %s", dpclient_reason(pgw->dp));
		return -EAGAIN;
	}
	c = begin_table(h, out, workers);
	for (unsigned int i = 0; i < DP_DROPS; i++) {
		uint64_t n = drop_count(h, i);

		total += n;
		if (n || is_all)
			print_row(pgw, h, i, c);
	}
	cli_columns_end(c);
	cli_out_printf(out, "%" PRIu64 " packets dropped in all\n", total);
	if (total)
		cli_out_printf(out, "The latest packet of each\n");
	for (unsigned int i = 0; i < DP_DROPS; i++)
		if (drop_count(h, i))
			print_sample(pgw, h, i, is_hex, out);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show drops [all] [hex]", show_drops,
		"Dropped packets by reason, with the latest packet of each" },
};

static const struct cli_word words[] = {
	{ .word = "drops", .text = "Dropped packets by reason" },
	{ .word = "all", .text = "Also the reasons that never occurred" },
	{ .word = "hex", .text = "The packets in hexadecimal digits too" },
};

const struct cli_table drops_cli = CLI_TABLE("Drops", rows, words);
