// SPDX-License-Identifier: BSD-3-Clause
// The line editor of one telnet client: takes the bytes that arrive, gives the bytes to send back.
// Knows nothing of sockets and commands. Understands telnet's options (RFC 854, 857, 858) and plain
// connections, which get no echo.
#pragma once

#include "config/cli.h"
#include "config/textbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_HISTORY_MAX 64

enum cli_edit_event {
	CLI_EDIT_NOTHING,
	CLI_EDIT_LINE,  // line is complete: take it, then cli_edit_begin()
	CLI_EDIT_HELP,  // `?` at the end of line
	CLI_EDIT_TAB,   // Tab at the end of line
	CLI_EDIT_CLOSE, // end of input, wanted
};

struct cli_edit {
	const char *prompt;
	char line[CLI_LINE_MAX + 1];
	size_t length, cursor;
	bool is_too_long; // bytes were dropped
	bool is_hidden;   // a password: no echo, no help, no history
	bool does_echo;   // the client asked us to
	bool after_cr;    // a LF or NUL that follows belongs to it
	uint8_t telnet;   // state of the option parser
	uint8_t escape;   // state of the key sequence parser
	uint8_t escape_number;
	char *history[CLI_HISTORY_MAX];
	size_t n_history, at_history;
};

void cli_edit_init(struct cli_edit *edit, const char *prompt);
void cli_edit_free(struct cli_edit *edit);

// What a server says first: it will echo, and needs no go-ahead.
void cli_edit_greet(struct textbuf *out);

// Takes one byte; answers and echo are added to `out`.
enum cli_edit_event cli_edit_byte(struct cli_edit *edit, uint8_t byte, struct textbuf *out);

// Begins an empty line behind the prompt.
void cli_edit_begin(struct cli_edit *edit, struct textbuf *out);

// The prompt and the line again, as after help.
void cli_edit_redraw(struct cli_edit *edit, struct textbuf *out);

// Inserts text at the cursor as if it was typed.
void cli_edit_insert(struct cli_edit *edit, const char *text, struct textbuf *out);

// Adds the line to the history, unless it is empty or as the last one.
void cli_edit_remember(struct cli_edit *edit);
