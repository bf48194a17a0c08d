// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "tests/unit/config/commands.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>

static char ran[] = "ran";

static struct cli_out *
run(struct cli_set *set, const char *line, int want)
{
	struct cli_out *out = cli_out_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(cli_set_run(set, line, out), want);
	return out;
}

static void
refuses_a_table_twice_and_a_wrong_syntax(void)
{
	static const struct cli_row wrong_rows[] = {
		{ "show (", echo_command, "Never" },
	};
	static const struct cli_table wrong = CLI_TABLE("Wrong", wrong_rows, command_words);
	const struct log_config quiet = { .level = LOG_LEVEL_ERROR };
	struct cli_set *set = cli_set_new();

	log_configure("test", &quiet);
	CU_ASSERT_EQUAL(cli_set_add(set, &command_table, ran), 0);
	CU_ASSERT_EQUAL(cli_set_add(set, &command_table, ran), -EINVAL);
	CU_ASSERT_EQUAL(cli_set_add(set, &wrong, ran), -EINVAL);
	cli_out_free(run(set, "show status", 0));
	cli_set_free(set);
}

static int
use_arguments(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out, "%d %d %d %s", (int)cli_arg_uint(args, "n", 7),
		(int)cli_arg_uint(args, "m", 8), (int)cli_arg_uint(args, "word", 9),
		cli_arg(args, "imsi"));
	return 0;
}

static void
finds_values_before_keywords_of_the_same_name(void)
{
	static const struct cli_row rows[] = {
		{ "try imsi <imsi> <n> <word>", use_arguments, "Tries" },
	};
	static const struct cli_table table = { .title = "T", .rows = rows, .n_rows = 1 };
	struct cli_set *set = cli_set_new();
	struct cli_out *out;

	CU_ASSERT_EQUAL_FATAL(cli_set_add(set, &table, NULL), 0);
	out = run(set, "try imsi 123456 0x10 abc", 0);
	CU_ASSERT_STRING_EQUAL(cli_out_text(out), "16 8 9 123456");
	cli_out_free(out);
	cli_set_free(set);
}

static int
fail_silently(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out, "so far\n");
	return -EHOSTUNREACH;
}

static int
fail_with_words(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return cli_out_fail(out, "no session with IMSI %s", cli_arg(args, "imsi"));
}

static int
fail_by_printing(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out, "line\n");
	cli_out_printf(out, "%% not %s\n", "so");
	return -ENOENT;
}

static void
names_a_fault_once(void)
{
	static const struct cli_row rows[] = {
		{ "fail silently", fail_silently, "F" },
		{ "fail words <imsi>", fail_with_words, "F" },
		{ "fail printing", fail_by_printing, "F" },
	};
	static const struct cli_table table = { .title = "T", .rows = rows, .n_rows = 3 };
	static const struct {
		const char *line, *said;
		int rc;
	} lines[] = {
		{ "fail silently", "so far\n% No route to host\n", -EHOSTUNREACH },
		{ "fail words 1", "% no session with IMSI 1\n", -EINVAL },
		{ "fail printing", "line\n% not so\n", -ENOENT },
	};
	struct cli_set *set = cli_set_new();

	CU_ASSERT_EQUAL_FATAL(cli_set_add(set, &table, NULL), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli_out *out = run(set, lines[i].line, lines[i].rc);

		CU_ASSERT_STRING_EQUAL(cli_out_text(out), lines[i].said);
		cli_out_free(out);
	}
	cli_set_free(set);
}

static void
lists_commands_with_a_text_in_them(void)
{
	struct cli_set *set = cli_set_new();
	struct cli_out *out;

	CU_ASSERT_EQUAL_FATAL(cli_set_add(set, &command_table, ran), 0);
	out = run(set, "list note", 0);
	CU_ASSERT_STRING_EQUAL(cli_out_text(out),
		"  sim note <imsi> <text...>                     Keeps a note\n");
	cli_out_free(out);
	out = run(set, "list", 0);
	for (size_t i = 0; i < command_table.n_rows; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), command_rows[i].syntax));
	cli_out_free(out);
	cli_set_free(set);
}

static void
prints_a_manual_with_every_command(void)
{
	struct cli_set *set = cli_set_new();
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	CU_ASSERT_EQUAL_FATAL(cli_set_add(set, &command_table, ran), 0);
	cli_reference(set, "Commands", out);
	fclose(out);
	CU_ASSERT_EQUAL(strncmp(text, "# Commands\n", 11), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n## Sessions\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
		text, "| `log level (error\\|info\\|debug) [<module>]` | What is logged. |\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n- `<imsi>`: 6 to 15 digits\n"));
	free(text);
	cli_set_free(set);
}

static const struct unit_case cases[] = {
	UNIT_CASE(refuses_a_table_twice_and_a_wrong_syntax),
	UNIT_CASE(finds_values_before_keywords_of_the_same_name),
	UNIT_CASE(names_a_fault_once),
	UNIT_CASE(lists_commands_with_a_text_in_them),
	UNIT_CASE(prints_a_manual_with_every_command),
};

UNIT_MAIN("config/cli_set", cases)
