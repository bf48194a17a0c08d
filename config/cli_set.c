// SPDX-License-Identifier: BSD-3-Clause
// The commands of a process: tables put together, arguments, the printed manual.
#include "config/cli_set.h"

#include "config/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cli_set *
cli_set_new(void)
{
	struct cli_set *set = calloc(1, sizeof(*set));

	if (set != NULL && cli_set_add(set, &cli_builtin_table, set) < 0) {
		cli_set_free(set);
		set = NULL;
	}
	return set;
}

void
cli_set_free(struct cli_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n_commands; i++)
		cli_command_free(&set->commands[i]);
	free(set->commands);
	free(set);
}

static int
add_row(struct cli_set *set, const struct cli_table *table, const struct cli_row *row, void *ctx)
{
	struct cli_command *command = &set->commands[set->n_commands];
	const char *why;

	for (size_t i = 0; i < set->n_commands; i++) {
		if (strcmp(set->commands[i].row->syntax, row->syntax) != 0)
			continue;
		log_error("command \"%s\" is there twice", row->syntax);
		return -EINVAL;
	}
	*command = (struct cli_command){ .row = row, .table = table, .ctx = ctx };
	if (cli_command_compile(command, &why) < 0) {
		log_error("command \"%s\": %s", row->syntax, why);
		return -EINVAL;
	}
	set->n_commands++;
	return 0;
}

int
cli_set_add(struct cli_set *set, const struct cli_table *table, void *ctx)
{
	size_t room = set->n_commands + table->n_rows;
	struct cli_command *more = realloc(set->commands, room * sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	set->commands = more;
	for (size_t i = 0; i < table->n_rows; i++)
		if (add_row(set, table, &table->rows[i], ctx) < 0)
			return -EINVAL;
	return 0;
}

int
cli_set_run(struct cli_set *set, const char *line, struct cli_out *out)
{
	struct cli_args *args = cli_match(set, line, &out->text);
	int rc;

	if (args == NULL)
		return errno == ENODATA ? 0 : -errno;
	out->job = NULL;
	out->has_fault = false;
	rc = args->command->row->run == NULL
		? 0
		: args->command->row->run(args, out, args->command->ctx);
	cli_out_result(out, rc);
	free(args);
	return rc;
}

// ---- Arguments

const char *
cli_arg(const struct cli_args *args, const char *name)
{
	const char *keyword = NULL;

	for (size_t i = 0; i < args->n; i++) {
		const struct cli_node *node = args->arg[i].node;

		if (strcmp(node->text, name) != 0)
			continue;
		if (node->kind != CLI_NODE_KEYWORD)
			return args->arg[i].value;
		keyword = node->text;
	}
	return keyword;
}

uint64_t
cli_arg_uint(const struct cli_args *args, const char *name, uint64_t otherwise)
{
	const char *text = cli_arg(args, name);
	uint64_t number;

	return text != NULL && cfg_parse_uint(text, &number) == 0 ? number : otherwise;
}

const char *
cli_args_client(const struct cli_args *args)
{
	return args->client;
}

void
cli_args_print(const struct cli_args *args, struct textbuf *out)
{
	for (size_t i = 0; i < args->n; i++) {
		const struct cli_node *node = args->arg[i].node;
		bool is_secret = node->word != NULL && node->word->is_secret;

		textbuf_printf(out, "%s%s", i > 0 ? " " : "",
			node->kind == CLI_NODE_KEYWORD ? node->text
				: is_secret            ? "***"
						       : args->arg[i].value);
	}
}

// ---- The manual

static void
print_words(const struct cli_table *table, FILE *out)
{
	for (size_t i = 0; i < table->n_words; i++)
		if (table->words[i].word[0] == '<')
			fprintf(out, "- `%s`: %s\n", table->words[i].word, table->words[i].text);
}

static void
print_syntax(const char *syntax, FILE *out)
{
	for (; *syntax != '\0'; syntax++)
		fprintf(out, *syntax == '|' ? "\\|" : "%c", *syntax);
}

void
cli_reference(const struct cli_set *set, const char *title, FILE *out)
{
	const struct cli_table *table = NULL;

	fprintf(out,
		"# %s\n\n"
		"Words may be abbreviated as long as the line stays unique. `?` shows what may "
		"follow, Tab completes. `<...>` stands for a value, `[...]` for a part that may "
		"be left out (several in a row in any order), `(a|b)` for a choice. Behind any "
		"command, `| include <text>`, `| exclude <text>`, `| begin <text>` and "
		"`| count` filter its lines.\n",
		title);
	for (size_t i = 0; i <= set->n_commands; i++) {
		const struct cli_command *c = &set->commands[i];

		if (i == set->n_commands || c->table != table) {
			if (table != NULL && table->n_words > 0) {
				fputs("\n", out);
				print_words(table, out);
			}
			if (i == set->n_commands)
				break;
			table = c->table;
			fprintf(out, "\n## %s\n\n| command | meaning |\n|---|---|\n", table->title);
		}
		fputs("| `", out);
		print_syntax(c->row->syntax, out);
		fprintf(out, "` | %s. |\n", c->row->text);
	}
}

// ---- Built-in commands

static int
list_commands(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct cli_set *set = ctx;
	const char *text = cli_arg(args, "text");

	for (size_t i = 0; i < set->n_commands; i++) {
		const struct cli_row *row = set->commands[i].row;

		if (text == NULL || strstr(row->syntax, text) != NULL)
			cli_out_printf(out, "  %-44s  %s\n", row->syntax, row->text);
	}
	return 0;
}

static int
show_help(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out,
		"  ?          what may come next\n"
		"  Tab        completes a word\n"
		"  Up, Down   earlier commands\n"
		"  | include <text>, exclude, begin, count   behind a command: filters its lines\n"
		"  list       all commands\n"
		"  exit       closes the connection\n");
	return 0;
}

static const struct cli_row builtin_rows[] = {
	{ "exit", NULL, "Close the connection" },
	{ "quit", NULL, "Close the connection" },
	{ "logout", NULL, "Close the connection" },
	{ "history", NULL, "The commands typed before" },
	{ "help", show_help, "How to use the command line" },
	{ "list [<text>]", list_commands, "All commands, or those with a text in them" },
};

static const struct cli_word builtin_words[] = {
	{ .word = "<text>", .text = "Part of a command" },
	{ .word = "show", .text = "State, counters, settings" },
	{ .word = "clear", .text = "Ends or resets something" },
	{ .word = "log", .text = "What is logged" },
	{ .word = "trace", .text = "Follows a subscriber's packets and messages" },
};

const struct cli_table cli_builtin_table = CLI_TABLE("Everywhere", builtin_rows, builtin_words);
