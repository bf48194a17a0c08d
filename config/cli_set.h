// SPDX-License-Identifier: BSD-3-Clause
// Inside the command line: the commands as graphs of words, and lines matched against them.
#pragma once

#include "config/cli.h"
#include "config/textbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_NODES_MAX 96 // words, choices and options in one syntax

enum cli_node_kind {
	CLI_NODE_JOIN,  // nothing; goes on at next
	CLI_NODE_SPLIT, // nothing; goes on at next and at other
	CLI_NODE_KEYWORD,
	CLI_NODE_VALUE, // <placeholder>
	CLI_NODE_REST,  // <placeholder...>
	CLI_NODE_END,
};

struct cli_node {
	enum cli_node_kind kind;
	uint8_t next, other;
	char *text;                  // of a keyword or placeholder, without its brackets
	const struct cli_word *word; // its help, or NULL
};

// One row, compiled. Node 0 is where it begins, a join.
struct cli_command {
	const struct cli_row *row;
	const struct cli_table *table;
	void *ctx;
	struct cli_node *nodes;
	size_t n_nodes;
};

struct cli_set {
	struct cli_command *commands;
	size_t n_commands;
};

// Compiles the row's syntax. 0; -EINVAL with *why set to a static sentence; -ENOMEM.
int cli_command_compile(struct cli_command *command, const char **why);
void cli_command_free(struct cli_command *command);

struct cli_args {
	const struct cli_command *command;
	char client[64];
	size_t n;
	struct {
		const struct cli_node *node;
		char *value; // inside text
	} arg[CLI_WORDS_MAX];
	char text[]; // the words
};

// The command that `line` (without filters) is, with its arguments, to be freed with free(). NULL
// with errno ENOENT (no such command; `fault` says "% ..."), ENODATA (an empty line or a comment)
// or ENOMEM.
struct cli_args *cli_match(const struct cli_set *set, const char *line, struct textbuf *fault);

// What may follow: for `?`. Lines "  word   sentence" with \n; says so when nothing may.
void cli_match_help(const struct cli_set *set, const char *line, struct textbuf *out);

// For Tab: writes what can be added to `line` without doubt to `more` (of `room` bytes), a blank
// behind it if the word is complete. Returns how many different words are possible; with more
// than one and nothing to add, show cli_match_help().
size_t cli_match_complete(const struct cli_set *set, const char *line, char *more, size_t room);

// The line as it may be logged: words in full, secrets as "***".
void cli_args_print(const struct cli_args *args, struct textbuf *out);

// The built-in commands: their rows have no handler, the server knows them by their first keyword.
extern const struct cli_table cli_builtin_table;

// A handler's result turned into text, if it is a fault that the handler didn't name itself.
void cli_out_result(struct cli_out *out, int result);

struct cli_out {
	struct textbuf text;
	struct cli_job *job; // NULL: nothing can be pending
	bool has_fault;      // "% ..." was printed
};
