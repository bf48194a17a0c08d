// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_edit.h"

#include <stdlib.h>
#include <string.h>

#define CTRL(c) ((c)&0x1f)
#define DELETE_KEY 0x7f

// RFC 854
enum telnet_byte {
	TELNET_EOF = 236,
	TELNET_SE = 240,
	TELNET_BREAK = 243,
	TELNET_INTERRUPT = 244,
	TELNET_ARE_YOU_THERE = 246,
	TELNET_ERASE_CHARACTER = 247,
	TELNET_ERASE_LINE = 248,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_WONT = 252,
	TELNET_DO = 253,
	TELNET_DONT = 254,
	TELNET_IAC = 255,
};

enum telnet_option {
	TELNET_OPTION_ECHO = 1, // RFC 857
	TELNET_OPTION_SGA = 3,  // RFC 858
};

// States of the option parser beside WILL .. DONT, which stand for themselves.
enum telnet_state {
	TELNET_TEXT,
	TELNET_COMMAND, // after IAC
	TELNET_SUB,     // in a subnegotiation
	TELNET_SUB_IAC, // after IAC in it
};

enum escape_state {
	ESCAPE_NONE,
	ESCAPE_BEGUN,  // after ESC
	ESCAPE_CURSOR, // after ESC [ or ESC O
};

static enum cli_edit_event put_key(struct cli_edit *e, uint8_t key, struct textbuf *out);

void
cli_edit_init(struct cli_edit *e, const char *prompt)
{
	*e = (struct cli_edit){ .prompt = prompt };
}

void
cli_edit_free(struct cli_edit *e)
{
	explicit_bzero(e->line, sizeof(e->line));
	for (size_t i = 0; i < e->n_history; i++) {
		explicit_bzero(e->history[i], strlen(e->history[i]));
		free(e->history[i]);
	}
	e->n_history = 0;
}

// ---- Telnet

static void
send_option(struct textbuf *out, uint8_t verb, uint8_t option)
{
	const char bytes[] = { (char)TELNET_IAC, (char)verb, (char)option };

	textbuf_add(out, bytes, sizeof(bytes));
}

void
cli_edit_greet(struct textbuf *out)
{
	send_option(out, TELNET_WILL, TELNET_OPTION_ECHO);
	send_option(out, TELNET_WILL, TELNET_OPTION_SGA);
}

// We offered echo and no go-ahead, and refuse all else. Refusals are never answered (RFC 854).
static void
take_option(struct cli_edit *e, uint8_t verb, uint8_t option, struct textbuf *out)
{
	switch (verb) {
	case TELNET_DO:
		if (option == TELNET_OPTION_ECHO)
			e->does_echo = true;
		else if (option != TELNET_OPTION_SGA)
			send_option(out, TELNET_WONT, option);
		break;
	case TELNET_DONT:
		if (option == TELNET_OPTION_ECHO)
			e->does_echo = false;
		break;
	case TELNET_WILL:
		send_option(out, TELNET_DONT, option);
		break;
	default:
		break;
	}
}

static enum cli_edit_event
take_command(struct cli_edit *e, uint8_t command, struct textbuf *out)
{
	e->telnet = TELNET_TEXT;
	switch (command) {
	case TELNET_SB:
		e->telnet = TELNET_SUB;
		break;
	case TELNET_WILL:
	case TELNET_WONT:
	case TELNET_DO:
	case TELNET_DONT:
		e->telnet = command;
		break;
	case TELNET_INTERRUPT:
	case TELNET_BREAK:
		return put_key(e, CTRL('C'), out);
	case TELNET_ARE_YOU_THERE:
		textbuf_puts(out, "[yes]\r\n");
		cli_edit_redraw(e, out);
		break;
	case TELNET_ERASE_CHARACTER:
		return put_key(e, DELETE_KEY, out);
	case TELNET_ERASE_LINE:
		return put_key(e, CTRL('U'), out);
	case TELNET_EOF:
		return CLI_EDIT_CLOSE;
	default:
		break;
	}
	return CLI_EDIT_NOTHING;
}

enum cli_edit_event
cli_edit_byte(struct cli_edit *e, uint8_t byte, struct textbuf *out)
{
	switch (e->telnet) {
	case TELNET_TEXT:
		if (byte != TELNET_IAC)
			return put_key(e, byte, out);
		e->telnet = TELNET_COMMAND;
		return CLI_EDIT_NOTHING;
	case TELNET_COMMAND:
		return take_command(e, byte, out);
	case TELNET_SUB:
		if (byte == TELNET_IAC)
			e->telnet = TELNET_SUB_IAC;
		return CLI_EDIT_NOTHING;
	case TELNET_SUB_IAC:
		e->telnet = byte == TELNET_SE ? TELNET_TEXT : TELNET_SUB;
		return CLI_EDIT_NOTHING;
	default:
		take_option(e, e->telnet, byte, out);
		e->telnet = TELNET_TEXT;
		return CLI_EDIT_NOTHING;
	}
}

// ---- What the screen shows

static bool
is_shown(const struct cli_edit *e)
{
	return e->does_echo && !e->is_hidden;
}

static void
show(const struct cli_edit *e, struct textbuf *out, const char *bytes, size_t n)
{
	if (is_shown(e))
		textbuf_add(out, bytes, n);
}

static void
show_times(const struct cli_edit *e, struct textbuf *out, char byte, size_t n)
{
	while (n-- > 0)
		show(e, out, &byte, 1);
}

static void
ring(const struct cli_edit *e, struct textbuf *out)
{
	if (e->does_echo)
		textbuf_add(out, "\a", 1);
}

// Shows the line again from the cursor on, blanks for `gone` bytes that were behind it, and puts
// the cursor back.
static void
show_tail(const struct cli_edit *e, struct textbuf *out, size_t gone)
{
	size_t n = e->length - e->cursor;

	show(e, out, e->line + e->cursor, n);
	show_times(e, out, ' ', gone);
	show_times(e, out, '\b', n + gone);
}

void
cli_edit_redraw(struct cli_edit *e, struct textbuf *out)
{
	textbuf_puts(out, e->prompt);
	show(e, out, e->line, e->length);
	show_times(e, out, '\b', e->length - e->cursor);
}

void
cli_edit_begin(struct cli_edit *e, struct textbuf *out)
{
	explicit_bzero(e->line, e->length);
	e->length = e->cursor = 0;
	e->line[0] = '\0';
	e->is_too_long = false;
	e->at_history = e->n_history;
	cli_edit_redraw(e, out);
}

// ---- Editing

static void
move_to(struct cli_edit *e, size_t to, struct textbuf *out)
{
	if (to < e->cursor)
		show_times(e, out, '\b', e->cursor - to);
	else
		show(e, out, e->line + e->cursor, to - e->cursor);
	e->cursor = to;
}

// Removes n bytes before the cursor.
static void
erase_back(struct cli_edit *e, size_t n, struct textbuf *out)
{
	move_to(e, e->cursor - n, out);
	memmove(e->line + e->cursor, e->line + e->cursor + n, e->length - e->cursor - n + 1);
	e->length -= n;
	show_tail(e, out, n);
}

static size_t
word_before(const struct cli_edit *e)
{
	size_t at = e->cursor;

	while (at > 0 && e->line[at - 1] == ' ')
		at--;
	while (at > 0 && e->line[at - 1] != ' ')
		at--;
	return e->cursor - at;
}

static void
insert(struct cli_edit *e, const char *bytes, size_t n, struct textbuf *out)
{
	if (n > CLI_LINE_MAX - e->length) {
		if (!e->is_too_long)
			ring(e, out);
		e->is_too_long = true;
		return;
	}
	memmove(e->line + e->cursor + n, e->line + e->cursor, e->length - e->cursor + 1);
	memcpy(e->line + e->cursor, bytes, n);
	e->length += n;
	e->cursor += n;
	show(e, out, bytes, n);
	show_tail(e, out, 0);
}

void
cli_edit_insert(struct cli_edit *e, const char *text, struct textbuf *out)
{
	insert(e, text, strlen(text), out);
}

static void
replace_line(struct cli_edit *e, const char *text, struct textbuf *out)
{
	move_to(e, e->length, out);
	erase_back(e, e->length, out);
	e->is_too_long = false;
	insert(e, text, strlen(text), out);
}

// ---- History

void
cli_edit_remember(struct cli_edit *e)
{
	char *copy;

	if (e->is_hidden || e->length == 0 ||
		(e->n_history > 0 && strcmp(e->history[e->n_history - 1], e->line) == 0))
		return;
	copy = strdup(e->line);
	if (copy == NULL)
		return;
	if (e->n_history == CLI_HISTORY_MAX) {
		explicit_bzero(e->history[0], strlen(e->history[0]));
		free(e->history[0]);
		memmove(e->history, e->history + 1, sizeof(e->history) - sizeof(e->history[0]));
		e->n_history--;
	}
	e->history[e->n_history++] = copy;
}

static void
recall(struct cli_edit *e, bool is_older, struct textbuf *out)
{
	if (e->is_hidden || (is_older ? e->at_history == 0 : e->at_history >= e->n_history)) {
		ring(e, out);
		return;
	}
	e->at_history += is_older ? -1 : 1;
	replace_line(e, e->at_history < e->n_history ? e->history[e->at_history] : "", out);
}

// ---- Keys

// ESC [ A and the like, as xterm and the VT100 send them; returns the control key that it stands
// for, 0 for none (yet).
static uint8_t
end_escape(struct cli_edit *e, uint8_t byte)
{
	if (e->escape == ESCAPE_BEGUN) {
		e->escape = byte == '[' || byte == 'O' ? ESCAPE_CURSOR : ESCAPE_NONE;
		e->escape_number = 0;
		return 0;
	}
	if ((byte >= '0' && byte <= '9') || byte == ';') {
		e->escape_number = byte == ';' ? e->escape_number : (uint8_t)(byte - '0');
		return 0;
	}
	e->escape = ESCAPE_NONE;
	switch (byte) {
	case 'A':
		return CTRL('P');
	case 'B':
		return CTRL('N');
	case 'C':
		return CTRL('F');
	case 'D':
		return CTRL('B');
	case 'H':
		return CTRL('A');
	case 'F':
		return CTRL('E');
	case '~': // Home, Delete, End
		return e->escape_number == 1 || e->escape_number == 7    ? CTRL('A')
			: e->escape_number == 3                          ? CTRL('D')
			: e->escape_number == 4 || e->escape_number == 8 ? CTRL('E')
									 : 0;
	default:
		return 0;
	}
}

static void
delete_at_cursor(struct cli_edit *e, struct textbuf *out)
{
	if (e->cursor == e->length)
		return;
	move_to(e, e->cursor + 1, out);
	erase_back(e, 1, out);
}

static void
cut_tail(struct cli_edit *e, struct textbuf *out)
{
	size_t gone = e->length - e->cursor;

	e->length = e->cursor;
	e->line[e->length] = '\0';
	show_tail(e, out, gone);
}

static void
edit_key(struct cli_edit *e, uint8_t key, struct textbuf *out)
{
	switch (key) {
	case CTRL('A'):
		move_to(e, 0, out);
		break;
	case CTRL('E'):
		move_to(e, e->length, out);
		break;
	case CTRL('B'):
		move_to(e, e->cursor - (e->cursor > 0), out);
		break;
	case CTRL('F'):
		move_to(e, e->cursor + (e->cursor < e->length), out);
		break;
	case CTRL('H'):
	case DELETE_KEY:
		erase_back(e, e->cursor > 0, out);
		break;
	case CTRL('W'):
		erase_back(e, word_before(e), out);
		break;
	case CTRL('U'):
		replace_line(e, "", out);
		break;
	case CTRL('K'):
		cut_tail(e, out);
		break;
	case CTRL('P'):
	case CTRL('N'):
		recall(e, key == CTRL('P'), out);
		break;
	case CTRL('L'):
		textbuf_puts(out, "\r\n");
		cli_edit_redraw(e, out);
		break;
	case CTRL('C'):
		textbuf_puts(out, "^C\r\n");
		cli_edit_begin(e, out);
		break;
	default:
		break; // other control bytes, and what isn't ASCII, mean nothing
	}
}

static bool
is_in_quotes(const struct cli_edit *e)
{
	char quote = '\0';

	for (size_t i = 0; i < e->cursor; i++) {
		if (quote == '\0' && (e->line[i] == '"' || e->line[i] == '\''))
			quote = e->line[i];
		else if (e->line[i] == quote)
			quote = '\0';
	}
	return quote != '\0';
}

static enum cli_edit_event
put_key(struct cli_edit *e, uint8_t key, struct textbuf *out)
{
	bool is_after_cr = e->after_cr, is_at_end = e->cursor == e->length;
	char byte = (char)key;

	e->after_cr = false;
	if (is_after_cr && (key == '\n' || key == '\0'))
		return CLI_EDIT_NOTHING;
	if (e->escape != ESCAPE_NONE) {
		key = end_escape(e, key);
		if (key == CTRL('D'))
			delete_at_cursor(e, out);
		else
			edit_key(e, key, out);
		return CLI_EDIT_NOTHING;
	}
	switch (key) {
	case '\r':
	case '\n':
		e->after_cr = key == '\r';
		if (e->does_echo)
			textbuf_puts(out, "\r\n");
		return CLI_EDIT_LINE;
	case 0x1b:
		e->escape = ESCAPE_BEGUN;
		return CLI_EDIT_NOTHING;
	case CTRL('D'):
		if (e->length == 0)
			return CLI_EDIT_CLOSE;
		delete_at_cursor(e, out);
		return CLI_EDIT_NOTHING;
	case '\t':
		return is_at_end && !e->is_hidden ? CLI_EDIT_TAB : CLI_EDIT_NOTHING;
	case '?':
		if (is_at_end && !e->is_hidden && !is_in_quotes(e))
			return CLI_EDIT_HELP;
		break;
	default:
		break;
	}
	if (key >= ' ' && key < DELETE_KEY)
		insert(e, &byte, 1, out);
	else
		edit_key(e, key, out);
	return CLI_EDIT_NOTHING;
}
