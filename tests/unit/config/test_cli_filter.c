// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_filter.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

static const char *const sample_lines[] = { "apn      sessions", "internet 12", "iot      3", "",
	"total    15" };

// The sample's lines that pass, each with a ';', and what the filters add.
static const char *
filtered(const char *filters)
{
	static struct cli_filters f;
	static struct textbuf text = TEXTBUF(10000);

	textbuf_free(&text);
	if (cli_filters_parse(&f, filters, &text) < 0)
		return textbuf_text(&text);
	for (size_t i = 0; i < sizeof(sample_lines) / sizeof(sample_lines[0]); i++)
		if (cli_filters_pass(&f, sample_lines[i], strlen(sample_lines[i])))
			textbuf_printf(&text, "%s;", sample_lines[i]);
	cli_filters_end(&f, &text);
	return textbuf_text(&text);
}

static void
passes_lines_as_told(void)
{
	static const char *const told[][2] = {
		{ "", "apn      sessions;internet 12;iot      3;;total    15;" },
		{ "| include 1", "internet 12;total    15;" },
		{ "| inc 1", "internet 12;total    15;" },
		{ "|i 1", "internet 12;total    15;" },
		{ "| include iot|inter", "internet 12;iot      3;" },
		{ "| include \"t 1\"", "internet 12;" },
		{ "| include t 1", "internet 12;" },
		{ "| include 'a|b'", "" },
		{ "| include \"\"", "" },
		{ "| exclude 1", "apn      sessions;iot      3;;" },
		{ "| begin iot", "iot      3;;total    15;" },
		{ "| begin absent", "" },
		{ "| count", "4\r\n" },
		{ "| include 1 | count", "2\r\n" },
		{ "| include 1 | exclude total", "internet 12;" },
		{ "| exclude internet | begin 3 | count", "2\r\n" },
		{ "| include 1   ", "internet 12;total    15;" },
		{ "| count | count", "4\r\n" },
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		const char *got = filtered(told[i][0]);

		if (strcmp(got, told[i][1]) != 0)
			printf("\n\"%s\": \"%s\"\n", told[i][0], got);
		CU_ASSERT_STRING_EQUAL(got, told[i][1]);
	}
}

static void
names_filters_that_are_wrong(void)
{
	static const char possible[] = ", possible: begin, count, exclude, include\n";
	static const char *const told[][2] = {
		{ "|", "% Unknown filter \"\"" },
		{ "| ", "% Unknown filter \"\"" },
		{ "| bogus x", "% Unknown filter \"bogus\"" },
		{ "||", "% Unknown filter \"\"" },
		{ "| include 1 | x", "% Unknown filter \"x\"" },
		{ "| include", "% \"| include\" needs a text\n" },
		{ "| begin  ", "% \"| begin\" needs a text\n" },
		{ "| count x", "% \"| count\" takes no text\n" },
	};
	char want[128];

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		snprintf(want, sizeof(want), "%s%s", told[i][1],
			strstr(told[i][1], "Unknown") != NULL ? possible : "");
		CU_ASSERT_STRING_EQUAL(filtered(told[i][0]), want);
	}
}

static void
takes_only_so_many_filters(void)
{
	char line[CLI_LINE_MAX] = "";

	for (int i = 0; i < CLI_FILTERS_MAX; i++)
		memcpy(line + strlen(line), "| exclude z ", 13);
	CU_ASSERT_EQUAL(strncmp(filtered(line), "apn ", 4), 0);
	memcpy(line + strlen(line), "| exclude z ", 13);
	CU_ASSERT_STRING_EQUAL(filtered(line), "% More than 8 filters\n");
}

static void
keeps_a_text_as_long_as_a_line(void)
{
	char line[CLI_LINE_MAX + 1];

	memset(line, '|', sizeof(line));
	memcpy(line, "| include 15", 12);
	for (size_t i = 13; i < CLI_LINE_MAX; i += 2)
		line[i] = 'x';
	line[CLI_LINE_MAX] = '\0';
	CU_ASSERT_STRING_EQUAL(filtered(line), "total    15;");
}

static void
begins_at_the_first_bar_outside_of_quotes(void)
{
	CU_ASSERT_EQUAL(cli_filters_at("show x | count"), 7);
	CU_ASSERT_EQUAL(cli_filters_at("show \"a|b\" | count"), 11);
	CU_ASSERT_EQUAL(cli_filters_at("show 'a|b"), 9);
	CU_ASSERT_EQUAL(cli_filters_at("show"), 4);
	CU_ASSERT_EQUAL(cli_filters_at(""), 0);
}

static void
helps_and_completes(void)
{
	static const struct {
		const char *text, *more;
		size_t n;
	} typed[] = {
		{ "| inc", "lude ", 1 },
		{ "| ", "", 4 },
		{ "|", "", 4 },
		{ "| include x | c", "ount ", 1 },
		{ "| include x", "", 0 },
		{ "| zz", "", 0 },
	};
	struct textbuf out = TEXTBUF(1000);
	char more[32];

	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		CU_ASSERT_EQUAL(
			cli_filters_complete(typed[i].text, more, sizeof(more)), typed[i].n);
		CU_ASSERT_STRING_EQUAL(more, typed[i].more);
	}
	cli_filters_help("| ex", &out);
	CU_ASSERT_STRING_EQUAL(
		textbuf_text(&out), "  exclude           Only lines without a text in them\n");
	textbuf_free(&out);
	cli_filters_help("| exclude ", &out);
	CU_ASSERT_EQUAL(strncmp(textbuf_text(&out), "  <text> ", 9), 0);
	textbuf_free(&out);
	cli_filters_help("| count ", &out);
	CU_ASSERT_EQUAL(strncmp(textbuf_text(&out), "  <cr> ", 7), 0);
	textbuf_free(&out);
}

static const struct unit_case cases[] = {
	UNIT_CASE(passes_lines_as_told),
	UNIT_CASE(names_filters_that_are_wrong),
	UNIT_CASE(takes_only_so_many_filters),
	UNIT_CASE(keeps_a_text_as_long_as_a_line),
	UNIT_CASE(begins_at_the_first_bar_outside_of_quotes),
	UNIT_CASE(helps_and_completes),
};

UNIT_MAIN("config/cli_filter", cases)
