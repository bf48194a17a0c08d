// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_set.h"
#include "tests/unit/config/commands.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>

static struct cli_set *
make_set(void)
{
	static char name[] = "ran";
	struct cli_set *set = cli_set_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_EQUAL(cli_set_add(set, &command_table, name), 0);
	return set;
}

static void
check_lines(const char *const (*lines)[2], size_t n)
{
	struct cli_set *set = make_set();

	for (size_t i = 0; i < n; i++) {
		struct cli_out *out = cli_out_new();
		int rc = cli_set_run(set, lines[i][0], out);

		CU_ASSERT_EQUAL(rc, lines[i][1][0] == '%' ? -ENOENT : 0);
		if (strcmp(cli_out_text(out), lines[i][1]) != 0)
			printf("\n\"%s\": %s", lines[i][0], cli_out_text(out));
		CU_ASSERT_STRING_EQUAL(cli_out_text(out), lines[i][1]);
		cli_out_free(out);
	}
	cli_set_free(set);
}

#define CHECK_LINES(lines) check_lines(lines, sizeof(lines) / sizeof(lines[0]))

static void
runs_whole_and_abbreviated_commands(void)
{
	static const char *const lines[][2] = {
		{ "show session imsi 001010000000001", "ran: imsi=001010000000001\n" },
		{ "sh ses imsi 001010000000001", "ran: imsi=001010000000001\n" },
		{ "  SHOW   Status  ", "ran:\n" },
		{ "sho sta", "ran:\n" },
		{ "show sessions", "ran:\n" },
		{ "show sess", "ran:\n" },
		{ "cl s a 10.0.0.1", "ran: addr=10.0.0.1\n" },
		{ "clear session all", "ran: all=all\n" },
		{ "clear session al", "ran: all=all\n" },
		{ "log lev d gtpc", "ran: module=gtpc debug=debug\n" },
		{ "log level error", "ran: error=error\n" },
	};

	CHECK_LINES(lines);
}

static void
takes_options_in_any_order_but_once(void)
{
	static const char *const lines[][2] = {
		{ "show sessions page 3 apn internet", "ran: apn=internet n=3\n" },
		{ "show sessions apn internet page 3", "ran: apn=internet n=3\n" },
		{ "show sessions page 3", "ran: n=3\n" },
		{ "show sessions page 3 page 4", "% Unknown word \"page\", possible: apn\n" },
		{ "show sessions page 3 apn a page 4",
			"% \"page\" is too much: the command ends before it\n" },
		{ "sim add 123456 x opc 22", "ran: imsi=123456 opc=22 x=x\n" },
		{ "sim add 123456 k 11 opc 22", "ran: imsi=123456 k=11 opc=22\n" },
		{ "sim add 123456 k 11", "% Incomplete command, next: opc\n" },
	};

	CHECK_LINES(lines);
}

static void
keeps_quoted_words_and_the_rest_of_a_line(void)
{
	static const char *const lines[][2] = {
		{ "show sessions apn \"a b\"", "ran: apn=a b\n" },
		{ "show sessions apn 'a \"b'", "ran: apn=a \"b\n" },
		{ "show sessions apn in\"ter\"net", "ran: apn=internet\n" },
		{ "show sessions apn \"\"", "ran: apn=\n" },
		{ "sim note 123456 it's  two   words ",
			"ran: imsi=123456 text=it's  two   words \n" },
		{ "sim note 123456 show", "ran: imsi=123456 text=show\n" },
	};

	CHECK_LINES(lines);
}

static void
ignores_empty_lines_and_comments(void)
{
	static const char *const lines[][2] = {
		{ "", "" },
		{ "   ", "" },
		{ "# show status", "" },
		{ "! show status", "" },
	};

	CHECK_LINES(lines);
}

static void
says_what_is_wrong_with_a_line(void)
{
	static const char *const lines[][2] = {
		{ "bogus",
			"% Unknown word \"bogus\", possible: clear, exit, help, history, list, "
			"log, "
			"logout, quit, show, sim\n" },
		{ "show bogus", "% Unknown word \"bogus\", possible: session, sessions, status\n" },
		{ "show session imsi 0010x", "% \"0010x\" is no <imsi>: 6 to 15 digits\n" },
		{ "show session imsi", "% Incomplete command, next: <imsi>\n" },
		{ "clear session", "% Incomplete command, next: address, all, imsi\n" },
		{ "show status now", "% \"now\" is too much: the command ends before it\n" },
		{ "sim note 123456", "% Incomplete command, next: <text...>\n" },
		{ "sh s",
			"% Ambiguous, this may be:\n"
			"%   show sessions [apn <apn>] [page <n>]\n%   show status\n" },
		{ "log level e d i", "% \"i\" is too much: the command ends before it\n" },
	};

	CHECK_LINES(lines);
}

static void
names_all_words_that_may_follow(void)
{
	static char syntax[24][16];
	static struct cli_row rows[24];
	static struct cli_table table = { .title = "Many", .rows = rows, .n_rows = 24 };
	struct cli_set *set = cli_set_new();
	struct cli_out *out = cli_out_new();

	for (int i = 0; i < 24; i++) {
		snprintf(syntax[i], sizeof(syntax[i]), "many %c", 'a' + i);
		rows[i] = (struct cli_row){ syntax[i], echo_command, "One of many" };
	}
	CU_ASSERT_EQUAL_FATAL(cli_set_add(set, &table, NULL), 0);
	CU_ASSERT(cli_set_run(set, "many", out) < 0);
	CU_ASSERT_STRING_EQUAL(cli_out_text(out),
		"% Incomplete command, next: a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, "
		"s, t, u, v, w, x\n");
	cli_out_free(out);
	cli_set_free(set);
}

static void
refuses_more_words_than_a_line_may_have(void)
{
	char line[2 * CLI_WORDS_MAX + 40] = "sim note 123456";
	struct cli_set *set = make_set();
	struct cli_out *out = cli_out_new();

	for (int i = 3; i < CLI_WORDS_MAX; i++)
		memcpy(line + strlen(line), " a", 3);
	CU_ASSERT_EQUAL(cli_set_run(set, line, out), 0);
	memcpy(line + strlen(line), " a", 3);
	CU_ASSERT_EQUAL(cli_set_run(set, line, out), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "% More than 32 words\n"));
	cli_out_free(out);
	cli_set_free(set);
}

static void
helps_with_the_next_word(void)
{
	static const char *const lines[][2] = {
		{ "sh", "  show              State, counters, settings\n" },
		{ "show ",
			"  session           One PDN session\n"
			"  sessions          The session table\n"
			"  status            How it goes\n" },
		{ "show session",
			"  session           One PDN session\n"
			"  sessions          The session table\n" },
		{ "show session ",
			"  address           Sessions\n"
			"  imsi              Sessions\n" },
		{ "show session imsi ", "  <imsi>            6 to 15 digits\n" },
		{ "show session imsi 0010", "  <imsi>            6 to 15 digits\n" },
		{ "show sessions ",
			"  apn               Sessions\n"
			"  page              Sessions\n"
			"  <cr>              The session table\n" },
		{ "show sessions page 3 ",
			"  apn               Sessions\n"
			"  <cr>              The session table\n" },
		{ "log level ",
			"  debug             What is logged\n"
			"  error             What is logged\n"
			"  info              What is logged\n" },
		{ "show status ", "  <cr>              How it goes\n" },
		{ "show bogus ", "% Nothing fits here\n" },
		{ "zzz", "% Nothing fits here\n" },
		{ "sim note 123456 a b ",
			"  <text...>         Keeps a note\n"
			"  <cr>              Keeps a note\n" },
	};
	struct cli_set *set = make_set();

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct textbuf out = TEXTBUF(10000);

		cli_match_help(set, lines[i][0], &out);
		if (strcmp(textbuf_text(&out), lines[i][1]) != 0)
			printf("\n\"%s\":\n%s", lines[i][0], textbuf_text(&out));
		CU_ASSERT_STRING_EQUAL(textbuf_text(&out), lines[i][1]);
		textbuf_free(&out);
	}
	cli_set_free(set);
}

static void
completes_words_as_far_as_they_are_certain(void)
{
	static const struct {
		const char *line, *more;
		bool is_one;
	} lines[] = {
		{ "sh", "ow ", true },
		{ "SH", "ow ", true },
		{ "show", " ", true },
		{ "show s", "", false },
		{ "show se", "ssion", false },
		{ "show session", "", false },
		{ "show sessions", " ", true },
		{ "show st", "atus ", true },
		{ "show session i", "msi ", true },
		{ "show session imsi ", "", false },
		{ "show session imsi 0010", "", false },
		{ "log level ", "", false },
		{ "log level d", "ebug ", true },
		{ "bogus", "", false },
		{ "", "", false },
	};
	struct cli_set *set = make_set();
	char more[64];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t n = cli_match_complete(set, lines[i].line, more, sizeof(more));

		CU_ASSERT_STRING_EQUAL(more, lines[i].more);
		CU_ASSERT_EQUAL(n == 1, lines[i].is_one);
	}
	cli_set_free(set);
}

static void
hides_secrets_in_what_is_logged(void)
{
	struct textbuf text = TEXTBUF(1000), fault = TEXTBUF(1000);
	struct cli_set *set = make_set();
	struct cli_args *args = cli_match(set, "sim a 123456 k 5ec0e7 opc 00", &fault);

	CU_ASSERT_PTR_NOT_NULL_FATAL(args);
	cli_args_print(args, &text);
	CU_ASSERT_STRING_EQUAL(textbuf_text(&text), "sim add 123456 k *** opc 00");
	free(args);
	textbuf_free(&text);
	textbuf_free(&fault);
	cli_set_free(set);
}

static const struct unit_case cases[] = {
	UNIT_CASE(runs_whole_and_abbreviated_commands),
	UNIT_CASE(takes_options_in_any_order_but_once),
	UNIT_CASE(keeps_quoted_words_and_the_rest_of_a_line),
	UNIT_CASE(ignores_empty_lines_and_comments),
	UNIT_CASE(says_what_is_wrong_with_a_line),
	UNIT_CASE(names_all_words_that_may_follow),
	UNIT_CASE(refuses_more_words_than_a_line_may_have),
	UNIT_CASE(helps_with_the_next_word),
	UNIT_CASE(completes_words_as_far_as_they_are_certain),
	UNIT_CASE(hides_secrets_in_what_is_logged),
};

UNIT_MAIN("config/cli_match", cases)
