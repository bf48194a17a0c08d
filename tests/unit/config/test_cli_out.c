// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_set.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

static void
aligns_columns_to_their_widest_cell(void)
{
	static const char *const headers[] = { "apn", ">sessions", "note" };
	struct cli_out *out = cli_out_new();
	struct cli_columns *c = cli_columns_new(out, headers, 3);

	for (int i = 0; i < 2; i++) {
		cli_columns_cell(c, "%s", i == 0 ? "internet" : "m2m");
		cli_columns_cell(c, "%d", i == 0 ? 7 : 1234567890);
		cli_columns_cell(c, "%s", i == 0 ? "" : "x y");
	}
	cli_columns_end(c);
	CU_ASSERT_STRING_EQUAL(cli_out_text(out),
		"apn         sessions  note\n"
		"internet           7  \n"
		"m2m       1234567890  x y\n");
	cli_out_free(out);
}

static void
ends_a_row_that_was_left_open(void)
{
	static const char *const headers[] = { "a", "b" };
	struct cli_out *out = cli_out_new();
	struct cli_columns *c = cli_columns_new(out, headers, 2);

	cli_columns_cell(c, "1");
	cli_columns_end(c);
	CU_ASSERT_STRING_EQUAL(cli_out_text(out), "a  b\n1\n");
	cli_columns_cell(NULL, "x");
	cli_columns_end(NULL);
	cli_out_free(out);
}

static void
cuts_output_at_its_bound_and_says_so(void)
{
	struct cli_out *out = cli_out_new();
	const char *text;
	char line[1001];

	memset(line, 'x', 1000);
	line[1000] = '\0';
	while (!cli_out_is_full(out))
		cli_out_printf(out, "%s", line);
	cli_out_printf(out, "more");
	cli_out_result(out, 0);
	text = cli_out_text(out);
	CU_ASSERT_EQUAL(strcspn(text, "\n"), CLI_OUTPUT_MAX);
	CU_ASSERT_STRING_EQUAL(text + CLI_OUTPUT_MAX, "\n% output cut at 16 MiB\n");
	cli_out_free(out);
}

static void
cuts_tables_too(void)
{
	static const char *const headers[] = { "a", "b" };
	struct cli_out *out = cli_out_new();
	struct cli_columns *c = cli_columns_new(out, headers, 2);
	char cell[10001];

	memset(cell, 'x', 10000);
	cell[10000] = '\0';
	for (int i = 0; i < 4000; i++)
		cli_columns_cell(c, "%s", cell);
	cli_columns_end(c);
	CU_ASSERT_TRUE(cli_out_is_full(out));
	cli_out_free(out);
}

static const struct unit_case cases[] = {
	UNIT_CASE(aligns_columns_to_their_widest_cell),
	UNIT_CASE(ends_a_row_that_was_left_open),
	UNIT_CASE(cuts_output_at_its_bound_and_says_so),
	UNIT_CASE(cuts_tables_too),
};

UNIT_MAIN("config/cli_out", cases)
