// SPDX-License-Identifier: BSD-3-Clause
// Import and export of many SIMs. Paths are those of the HSS's machine.
#include "hss/desk.h"
#include "hss/sim_bulk.h"
#include "hss/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void
print_status(struct cli_out *out, const struct bulk_status *s)
{
	char text[BULK_TEXT_MAX];

	if (s->path[0] == '\0') {
		cli_out_printf(out, "No import or export since the start\n");
		return;
	}
	bulk_progress(s, text, sizeof(text));
	cli_out_printf(out, "%s\n", text);
	if (s->is_running)
		return;
	for (unsigned i = 0; i < s->n_listed; i++) {
		if (s->errors[i].line > 0)
			cli_out_printf(
				out, "line %" PRIu64 ": %s\n", s->errors[i].line, s->errors[i].why);
		else
			cli_out_printf(out, "%s\n", s->errors[i].why);
	}
	if (s->n_errors > s->n_listed)
		cli_out_printf(out, "... and %" PRIu64 " more\n", s->n_errors - s->n_listed);
	if (s->result == 0)
		cli_out_printf(out, "Complete\n");
	else
		cli_out_printf(out, "%s: nothing was %s\n",
			s->result == -EINVAL ? "Faults in the file" : strerror(-s->result),
			s->is_export ? "exported" : "imported");
}

static int
show_import(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	char text[BULK_TEXT_MAX];
	struct bulk_status s;

	bulk_status(&s);
	print_status(out, &s);
	if (s.is_running || store_import_left(desk.store) == 0)
		return 0;
	bulk_busy(desk.store, text, sizeof(text));
	cli_out_printf(out, "Now %s\n", text);
	return 0;
}

static int
refuse_busy(struct cli_out *out)
{
	char why[BULK_TEXT_MAX];

	bulk_busy(desk.store, why, sizeof(why));
	return cli_out_fail(out, "busy: %s", why);
}

static int
bulk_finish(struct desk_call *call, int result)
{
	struct bulk_status s;

	if (result == -EBUSY)
		return refuse_busy(call->out);
	bulk_status(&s);
	print_status(call->out, &s);
	return result == 0 ? 0 : cli_out_fail(call->out, "failed");
}

static int
start(const struct cli_args *args, struct cli_out *out, bool is_export)
{
	struct bulk_job job = { .store = desk.store,
		.seal = desk.seal,
		.is_export = is_export,
		.is_sealed = cli_arg(args, "sealed") != NULL };
	struct desk_call *c = NULL;
	int err;

	text_copy(job.path, sizeof(job.path), cli_arg(args, "file"));
	if (cli_arg(args, "wait")) {
		c = desk_call(out, sizeof(*c), bulk_finish);
		if (!c)
			return -ENOMEM;
		job.done = desk_done;
		job.arg = c;
	}
	err = bulk_start(&job);
	if (err != 0 && c) {
		desk_done(c, err);
		return desk_return(c);
	}
	if (err == -EBUSY)
		return refuse_busy(out);
	if (err != 0)
		return err;
	if (c)
		return desk_return(c);
	cli_out_printf(out, "Started: `show import` says how far it is\n");
	return 0;
}

static int
import(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return start(args, out, false);
}

static int export(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return start(args, out, true);
}

static int
cancel(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	bulk_cancel();
	cli_out_printf(out, "Cancelled\n");
	return 0;
}

static bool
is_path(const char *value)
{
	return value[0] == '/' && strlen(value) < BULK_PATH_MAX;
}

static const struct cli_row rows[] = {
	{ "import sims <file> [wait]", import, "Add the SIMs of a CSV file, all or none" },
	{ "export sims <file> [sealed] [wait]", export, "Write all SIMs to a CSV file" },
	{ "import cancel", cancel, "Stop the import or export that is running" },
	{ "show import", show_import, "The import or export that is running, or the last one" },
};

static const struct cli_word words[] = {
	{ .word = "import", .text = "CSV files" },
	{ .word = "export", .text = "CSV files" },
	{ .word = "<file>", .text = "An absolute path on this machine", .check = is_path },
	{ .word = "sealed", .text = "With the keys, sealed as they are in the store" },
	{ .word = "wait", .text = "Answer when it is over" },
};

const struct cli_table bulk_cli = CLI_TABLE("Import and export", rows, words);
