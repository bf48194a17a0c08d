// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
show_version(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	const struct dp_header *h = dpclient_header(pgw->dp);

	cli_out_printf(out, "torii-control    %s\n", torii_version());
	if (h)
		cli_out_printf(
			out, "torii-dataplane  %.*s\n", (int)sizeof(h->software), h->software);
	else
		cli_out_printf(out, "torii-dataplane  not attached\n");
	return 0;
}

static void
print_dataplane(const struct pgw *pgw, struct cli_out *out)
{
	const struct dp_header *h = dpclient_header(pgw->dp);
	char since[TEXT_MAX];
	struct dpclient_counts n;

	if (!h) {
		cli_out_printf(
			out, "Dataplane         waiting for it: %s\n", dpclient_reason(pgw->dp));
		return;
	}
	dpclient_count(pgw->dp, &n);
	cli_out_printf(out, "Dataplane         pid %d, %u workers, since %s\n", h->pid,
		h->n_workers, text_time((int64_t)h->started_unix_s, since));
	if (pgw->sync.is_replaying)
		cli_out_printf(out, "                  replaying, %u sessions to go\n",
			pgw->sync.to_replay);
	else
		cli_out_printf(out, "                  attached, replay took %" PRIu64 " ms\n",
			pgw->sync.replay_took_ms);
	cli_out_printf(out, "                  %" PRIu64 " requests, %" PRIu64 " waited for room\n",
		n.requests, n.no_room);
}

static void
print_store(const struct pgw *pgw, struct cli_out *out)
{
	struct store_counts n;
	char text[TEXT_MAX];

	store_count(pgw->store, &n);
	cli_out_printf(out,
		"Store             %s, %" PRIu64 " sessions, %" PRIu64 " answers, %s%s\n",
		pgw->config->state_dir, n.rows[STORE_SESSIONS], n.rows[STORE_ANSWERS],
		text_bytes(n.used_bytes, text),
		turn_can_store(pgw) ? "" : "; IT TAKES NOTHING, new sessions are refused");
}

static int
show_status(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	char since[TEXT_MAX], up[TEXT_MAX], addr[CFG_ADDR_TEXT];
	struct session_counts n;

	session_table_count(pgw->sessions, &n);
	cli_out_printf(out, "Control           pid %d, up %s, since %s\n", (int)getpid(),
		text_duration((pgw_now_ms() - pgw->started_ms) / 1000, up),
		text_time(pgw->started_s, since));
	print_dataplane(pgw, out);
	cli_out_printf(out, "Sessions          %u active, %u being created, %u being deleted\n",
		n.active, n.creating, n.closing);
	cli_out_printf(out, "Peers             %u known, %u with sessions\n",
		peers_count(pgw->peers), n.sgws);
	cli_out_printf(out, "GTP-C             ");
	for (size_t i = 0; i < pgw->config->n_gtpc; i++)
		cli_out_printf(
			out, "%s%s", i ? ", " : "", cfg_addr_text(&pgw->config->gtpc[i], addr));
	cli_out_printf(out, " port %u\n", pgw->config->gtpc_port);
	cli_out_printf(out, "Restart counter   %u\n", peers_restart_counter(pgw->peers));
	print_store(pgw, out);
	return 0;
}

static int
show_procedures(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;

#define X(name, text) cli_out_printf(out, "%12" PRIu64 "  %s\n", pgw->counters.name, text);
	PGW_COUNTERS(X)
#undef X
	cli_out_printf(out, "%12u  procedures that wait for the dataplane now\n",
		pgw->procedures.n_waiting);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show version", show_version, "Releases of both processes" },
	{ "show status", show_status, "How the gateway is" },
	{ "show procedures", show_procedures, "What became of sessions" },
};

static const struct cli_word words[] = {
	{ .word = "show", .text = "Look at something" },
};

const struct cli_table system_cli = CLI_TABLE("The process", rows, words);
