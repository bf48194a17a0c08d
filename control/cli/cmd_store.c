// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/journal.h"
#include "control/session/pgw.h"

#include <inttypes.h>

static int
show_store(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	struct store_counts n;
	char text[TEXT_MAX];

	store_count(pgw->store, &n);
	cli_out_printf(out, "Directory         %s\n", pgw->config->state_dir);
	cli_out_printf(out, "State             %s\n",
		turn_can_store(pgw) ? "works"
				    : "TAKES NOTHING: new sessions are refused, answers wait");
	cli_out_printf(out, "Size              %s\n", text_bytes(n.used_bytes, text));
	cli_out_printf(out, "Sessions          %" PRIu64 "\n", n.rows[STORE_SESSIONS]);
	cli_out_printf(out, "Peers             %" PRIu64 "\n", n.rows[STORE_PEERS]);
	cli_out_printf(out, "Kept answers      %" PRIu64 "\n", n.rows[STORE_ANSWERS]);
	cli_out_printf(out, "Usage records     %" PRIu64 "\n", n.rows[STORE_RECORDS]);
	cli_out_printf(out, "Transactions      %" PRIu64 ", %" PRIu64 " failed\n", n.commits,
		n.failed_commits);
	cli_out_printf(out, "Usage of sessions stored every %u s\n", pgw->config->records.store_s);
	return 0;
}

static void
print_journal(struct cli_out *out, const char *title, const struct journal *j)
{
	struct journal_counts n;
	char text[TEXT_MAX];

	if (!j) {
		cli_out_printf(out, "%-17s switched off\n", title);
		return;
	}
	n = journal_count(j);
	cli_out_printf(out, "%-17s %s\n", title, journal_path(j));
	cli_out_printf(out,
		"                  last line %" PRIu64 ", %s, %" PRIu64 " files put aside, %" PRIu64
		" failures\n",
		journal_last(j), text_bytes(n.bytes, text), n.rotations, n.failures);
}

static int
show_records(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	const struct records *r = &pgw->records;

	print_journal(out, "Usage records", r->usage);
	if (r->is_behind)
		cli_out_printf(
			out, "                  WAIT IN THE STORE: the file can't be written\n");
	print_journal(out, "Session log", r->log);
	cli_out_printf(out, "Syslog            %s\n", r->syslog ? "local0" : "switched off");
	cli_out_printf(out, "Lost lines        %" PRIu64 "\n", r->lost);
	cli_out_printf(out, "Interim records   every %u s\n", pgw->config->records.interim_s);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show store", show_store, "What survives a restart" },
	{ "show records", show_records, "Session log and usage records" },
};

static const struct cli_word words[] = {
	{ .word = "show", .text = "Look at something" },
};

const struct cli_table store_cli = CLI_TABLE("Store and records", rows, words);
