// SPDX-License-Identifier: BSD-3-Clause
// What a telnet client may send: through the line editor, then as help, completion, filters and
// commands.
#include "config/cli_edit.h"
#include "config/cli_filter.h"
#include "config/cli_set.h"
#include "tests/unit/config/commands.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct cli_set *
the_set(void)
{
	static char name[] = "ran";
	static struct cli_set *set;

	if (set == NULL) {
		set = cli_set_new();
		if (set == NULL || cli_set_add(set, &command_table, name) < 0)
			abort();
	}
	return set;
}

static void
run_line(const char *line)
{
	size_t at = cli_filters_at(line);
	struct textbuf text = TEXTBUF(1 << 20);
	struct cli_out *out = cli_out_new();
	static struct cli_filters filters;
	char command[CLI_LINE_MAX + 1];

	snprintf(command, sizeof(command), "%.*s", (int)at, line);
	cli_set_run(the_set(), command, out);
	if (cli_filters_parse(&filters, line + at, &text) == 0) {
		cli_filters_pass(&filters, cli_out_text(out), strlen(cli_out_text(out)));
		cli_filters_end(&filters, &text);
	}
	cli_out_free(out);
	textbuf_free(&text);
}

static void
take_event(struct cli_edit *edit, enum cli_edit_event event, struct textbuf *out)
{
	size_t at = cli_filters_at(edit->line);
	bool is_filter = edit->line[at] == '|';
	char more[64];

	switch (event) {
	case CLI_EDIT_LINE:
	case CLI_EDIT_CLOSE:
		run_line(edit->line);
		cli_edit_remember(edit);
		cli_edit_begin(edit, out);
		break;
	case CLI_EDIT_HELP:
		if (is_filter)
			cli_filters_help(edit->line + at, out);
		else
			cli_match_help(the_set(), edit->line, out);
		cli_edit_redraw(edit, out);
		break;
	case CLI_EDIT_TAB:
		if (is_filter)
			cli_filters_complete(edit->line + at, more, sizeof(more));
		else
			cli_match_complete(the_set(), edit->line, more, sizeof(more));
		cli_edit_insert(edit, more, out);
		break;
	case CLI_EDIT_NOTHING:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct textbuf out = TEXTBUF(1 << 20);
	struct cli_edit edit;

	cli_edit_init(&edit, "> ");
	cli_edit_begin(&edit, &out);
	for (size_t i = 0; i < n; i++) {
		take_event(&edit, cli_edit_byte(&edit, bytes[i], &out), &out);
		if (edit.length > CLI_LINE_MAX || edit.cursor > edit.length ||
			strlen(edit.line) != edit.length)
			abort();
	}
	cli_edit_free(&edit);
	textbuf_free(&out);
	return 0;
}
