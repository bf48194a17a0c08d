// SPDX-License-Identifier: BSD-3-Clause
// Traces of subscribers: begin, stop, show.
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/cli/words.h"
#include "control/session/pgw.h"
#include "control/trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define PACKETS_DEFAULT 100000
#define SECONDS_DEFAULT 3600
#define SUBJECT_MAX 64

static bool
is_snap(const char *value)
{
	uint64_t n;

	return cli_word_uint(value, &n) && n >= TRACE_SNAP_MIN && n <= DP_TRACE_SNAP_MAX;
}

// ---- Commands.

static int
begin(struct pgw *pgw, const struct cli_args *args, struct trace_want *want, struct cli_out *out)
{
	const char *file = cli_arg(args, "file");
	char why[256], subject[SUBJECT_MAX], dir[2 * CTL_PATH_MAX];
	int number;

	want->packets_max = cli_arg_uint(args, "packets", PACKETS_DEFAULT);
	want->seconds_max = (uint32_t)cli_arg_uint(args, "seconds", SECONDS_DEFAULT);
	want->snap = (uint32_t)cli_arg_uint(args, "bytes", DP_TRACE_SNAP_MAX);
	snprintf(want->file, sizeof(want->file), "%s", file ? file : "");
	snprintf(want->whom, sizeof(want->whom), "%s", cli_args_client(args));
	number = trace_start(pgw, want, why, sizeof(why));
	if (number < 0)
		return cli_out_fail(out, "%s", why);
	for (unsigned int i = 0;; i++) {
		struct trace_status s;

		if (!trace_status(pgw, i, &s))
			return 0;
		if (s.number == (unsigned int)number)
			cli_out_printf(out, "Trace %d of %s is written to %s/%s\n", number,
				trace_want_text(want, subject, sizeof(subject)),
				trace_file_dir(pgw->config, dir, sizeof(dir)), s.want.file);
	}
}

static int
trace_imsi(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct trace_want want = { .by = TRACE_BY_IMSI };

	snprintf(want.imsi, sizeof(want.imsi), "%s", cli_arg(args, "imsi"));
	return begin(ctx, args, &want, out);
}

static int
trace_address(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct trace_want want = { .by = TRACE_BY_ADDRESS };

	cli_word_addr(cli_arg(args, "address"), &want.address);
	return begin(ctx, args, &want, out);
}

static int
trace_teid(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct trace_want want = { .by = TRACE_BY_TEID };

	cli_word_teid(cli_arg(args, "teid"), &want.teid);
	return begin(ctx, args, &want, out);
}

static int
stop_traces(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	unsigned int number = (unsigned int)cli_arg_uint(args, "number", 0);
	unsigned int n = trace_stop(ctx, number, "stopped by an operator");

	if (n == 0 && number)
		return cli_out_fail(out, "no trace %u is running", number);
	cli_out_printf(out, "%u trace%s stopped\n", n, n == 1 ? "" : "s");
	return 0;
}

static void
print_trace(const struct trace_status *s, struct cli_columns *c)
{
	char text[TEXT_MAX], subject[SUBJECT_MAX];

	cli_columns_cell(c, "%u", s->number);
	cli_columns_cell(c, "%s", trace_want_text(&s->want, subject, sizeof(subject)));
	cli_columns_cell(c, "%s", text_time(s->started_s, text));
	cli_columns_cell(c, "%" PRIu64, s->packets);
	cli_columns_cell(c, "%" PRIu64, s->messages);
	cli_columns_cell(c, "%" PRIu64, s->lost);
	cli_columns_cell(c, "%s", text_bytes(s->bytes, text));
	cli_columns_cell(c, "%s", s->want.file);
	cli_columns_cell(c, "%s", s->is_running ? "running" : s->end);
}

static int
show_traces(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { ">Trace", "Of", "Begun", ">Packets", ">Messages",
		">Lost", ">Bytes", "File", "State" };
	const struct pgw *pgw = ctx;
	struct cli_columns *c = cli_columns_new(out, headers, 9);
	char dir[2 * CTL_PATH_MAX];
	struct trace_status s;
	unsigned int n = 0;

	while (trace_status(pgw, n, &s)) {
		print_trace(&s, c);
		n++;
	}
	cli_columns_end(c);
	cli_out_printf(out, "Files are in %s\n", trace_file_dir(pgw->config, dir, sizeof(dir)));
	return 0;
}

#define LIMITS "[file <file>] [packets <packets>] [seconds <seconds>] [snap <bytes>]"

static const struct cli_row rows[] = {
	{ "trace imsi <imsi> " LIMITS, trace_imsi,
		"Write a subscriber's signalling and packets into a pcapng file" },
	{ "trace address <address> " LIMITS, trace_address,
		"The same for the session with a device address" },
	{ "trace teid <teid> " LIMITS, trace_teid, "The same for the session with a TEID of ours" },
	{ "trace stop [<number>]", stop_traces, "End a trace, or all of them" },
	{ "show traces", show_traces, "Running traces, and those that ended last" },
};

static const struct cli_word words[] = {
	{ .word = "trace", .text = "Write packets into a file" },
	{ .word = "imsi", .text = "By IMSI: also before the subscriber attaches" },
	{ .word = "<imsi>", .text = "6 to 15 digits", .check = cli_is_imsi },
	{ .word = "<address>", .text = "Address of a device", .check = cli_is_addr },
	{ .word = "<teid>", .text = "TEID of ours, decimal or 0x...", .check = cli_is_teid },
	{ .word = "<file>",
		.text = "Name of the file in trace.dir: letters, digits, '.', '_', '-'",
		.check = trace_file_name_is_good },
	{ .word = "<packets>",
		.text = "The trace ends with this many, 0: no limit (default 100000)",
		.check = cli_is_number },
	{ .word = "<seconds>",
		.text = "The trace ends after this time, 0: no limit (default 3600)",
		.check = cli_is_number },
	{ .word = "<bytes>",
		.text = "Kept of each packet, 64 to 1984 (default 1984)",
		.check = is_snap },
	{ .word = "<number>", .text = "Of the trace", .check = cli_is_number },
};

const struct cli_table trace_cli = CLI_TABLE("Traces", rows, words);
