// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_set.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

static const struct cli_word words[] = {
	{ .word = "<imsi>", .text = "Digits" },
	{ .word = "all", .text = "Everything" },
};
static const struct cli_row no_rows[1];
static const struct cli_table table = CLI_TABLE("T", no_rows, words);

static int
compile(const char *syntax, struct cli_command *command, const char **why)
{
	static struct cli_row row;

	row = (struct cli_row){ .syntax = syntax, .text = "" };
	*command = (struct cli_command){ .row = &row, .table = &table };
	*why = "";
	return cli_command_compile(command, why);
}

static void
accepts_what_the_rows_of_a_process_need(void)
{
	static const char *const syntaxes[] = {
		"show",
		"show session imsi <imsi>",
		"show sessions [apn <apn>] [page <n>]",
		"clear session (imsi <imsi>|address <addr>|all)",
		"sim add <imsi> [[k <k>] opc <opc>] [(x|y) <z>]",
		"sim note <imsi> <text...>",
		"  a   b  ",
		"(a|b)",
		"[a]",
		"a [b|c <d>|e]",
	};

	for (size_t i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++) {
		struct cli_command command;
		const char *why;

		CU_ASSERT_EQUAL(compile(syntaxes[i], &command, &why), 0);
		CU_ASSERT_STRING_EQUAL(why, "");
		CU_ASSERT_TRUE(command.n_nodes >= 3);
		cli_command_free(&command);
	}
}

static void
refuses_what_makes_no_sense(void)
{
	static const struct {
		const char *syntax, *why;
	} wrong[] = {
		{ "", "it is empty" },
		{ "   ", "it is empty" },
		{ "show (a|b", "a bracket is not closed" },
		{ "show [a", "a bracket is not closed" },
		{ "show (a|b]", "a bracket is not closed" },
		{ "show a)", "a bracket too many" },
		{ "show a | b", "a bracket too many" },
		{ "show (a|)", "an alternative is empty" },
		{ "show []", "an alternative is empty" },
		{ "show <imsi", "a word is malformed" },
		{ "show imsi>", "a word is malformed" },
		{ "show <>", "a word is malformed" },
		{ "show it's", "a word is malformed" },
		{ "show a?", "a word is malformed" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct cli_command command;
		const char *why;

		CU_ASSERT_EQUAL(compile(wrong[i].syntax, &command, &why), -EINVAL);
		CU_ASSERT_STRING_EQUAL(why, wrong[i].why);
	}
}

static void
refuses_more_words_than_it_can_keep(void)
{
	char syntax[3 * CLI_NODES_MAX] = "";
	struct cli_command command;
	const char *why;

	for (int i = 0; i < CLI_NODES_MAX; i++)
		memcpy(syntax + strlen(syntax), "a ", 3);
	CU_ASSERT_EQUAL(compile(syntax, &command, &why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "too many words");
}

static void
finds_the_help_of_its_words(void)
{
	struct cli_command command;
	const char *why;
	unsigned int found = 0;

	CU_ASSERT_EQUAL_FATAL(compile("clear (imsi <imsi>|all)", &command, &why), 0);
	for (size_t i = 0; i < command.n_nodes; i++) {
		const struct cli_node *node = &command.nodes[i];

		if (node->kind == CLI_NODE_VALUE) {
			CU_ASSERT_STRING_EQUAL(node->text, "imsi");
			CU_ASSERT_PTR_EQUAL(node->word, &words[0]);
			found++;
		} else if (node->kind == CLI_NODE_KEYWORD && strcmp(node->text, "all") == 0) {
			CU_ASSERT_PTR_EQUAL(node->word, &words[1]);
			found++;
		} else {
			CU_ASSERT_PTR_NULL(node->word);
		}
	}
	CU_ASSERT_EQUAL(found, 2);
	cli_command_free(&command);
}

static const struct unit_case cases[] = {
	UNIT_CASE(accepts_what_the_rows_of_a_process_need),
	UNIT_CASE(refuses_what_makes_no_sense),
	UNIT_CASE(refuses_more_words_than_it_can_keep),
	UNIT_CASE(finds_the_help_of_its_words),
};

UNIT_MAIN("config/cli_syntax", cases)
