// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_edit.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

#define ECHO_ON "\xff\xfd\x01" // IAC DO ECHO
#define UP "\x1b[A"
#define DOWN "\x1b[B"
#define RIGHT "\x1b[C"
#define LEFT "\x1b[D"

static struct cli_edit edit;
static struct textbuf out = TEXTBUF(1 << 20);

static void
begin(void)
{
	textbuf_free(&out);
	cli_edit_free(&edit);
	cli_edit_init(&edit, "> ");
	cli_edit_begin(&edit, &out);
}

// Types bytes; lines are remembered and begun anew. Returns the last event.
static enum cli_edit_event
type_bytes(const char *bytes, size_t n)
{
	enum cli_edit_event event = CLI_EDIT_NOTHING;

	for (size_t i = 0; i < n; i++) {
		event = cli_edit_byte(&edit, (uint8_t)bytes[i], &out);
		if (event == CLI_EDIT_LINE && i + 1 < n) {
			cli_edit_remember(&edit);
			cli_edit_begin(&edit, &out);
		}
	}
	return event;
}

static enum cli_edit_event
type(const char *text)
{
	return type_bytes(text, strlen(text));
}

static void
edits_as_terminals_expect(void)
{
	static const struct {
		const char *keys, *line;
		size_t cursor;
	} typed[] = {
		{ "show", "show", 4 },
		{ "shaw\b\bow", "show", 4 },
		{ "sho\x7fow", "show", 4 },
		{ "sow" LEFT LEFT "h", "show", 2 },
		{ "how\x01s", "show", 1 },
		{ "how\x01s\x05!", "show!", 5 },
		{ "show x\x17status", "show status", 11 },
		{ "show  x  \x17status", "show  status", 12 },
		{ "show\x15hide", "hide", 4 },
		{ "showx\x02\x0b", "show", 4 },
		{ "xshow\x01\x04", "show", 0 },
		{ "xshow\x1b[H\x1b[3~", "show", 0 },
		{ "how\x1b[1~s\x1b[4~!", "show!", 5 },
		{ "how\x1bOHs\x1bOF!", "show!", 5 },
		{ "\x1b[1;5Cshow", "show", 4 },
		{ "\b\x17\x15\x0b" LEFT RIGHT "show", "show", 4 },
		{ "nothing\x03show", "show", 4 },
		{ "s\x80\xc3h\x0e\x10\x1e\x0c\x1aow", "show", 4 },
		{ "a\rb\r" UP UP, "a", 1 },
		{ "a\rb\r" UP UP UP DOWN, "b", 1 },
		{ "a\rb\r" UP DOWN DOWN, "", 0 },
		{ "a\rb\rb\r" UP UP "c", "ac", 2 },
		{ "a\n\n\n" UP, "a", 1 },
		{ "a\r\nb\r\n" UP UP, "a", 1 },
	};

	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		for (int does_echo = 0; does_echo < 2; does_echo++) {
			begin();
			if (does_echo)
				type(ECHO_ON);
			type(typed[i].keys);
			CU_ASSERT_STRING_EQUAL(edit.line, typed[i].line);
			CU_ASSERT_EQUAL(edit.length, strlen(typed[i].line));
			CU_ASSERT_EQUAL(edit.cursor, typed[i].cursor);
		}
}

// What a terminal of one endless line shows after these bytes.
static void
screen(const struct textbuf *text, char *line, size_t room)
{
	size_t at = 0;

	memset(line, 0, room);
	for (size_t i = 0; i < text->used; i++) {
		char c = text->bytes[i];

		if (c == '\b' && at > 0)
			at--;
		else if (c == '\n')
			memset(line, 0, room);
		else if (c == '\r')
			at = 0;
		else if (c >= ' ' && at + 1 < room)
			line[at++] = c;
	}
	for (size_t n = strlen(line); n > 2 && line[n - 1] == ' '; n--)
		line[n - 1] = '\0';
}

static void
shows_what_the_line_holds(void)
{
	static const char keys[] = "abc def" LEFT "\b\x01"
				   "x\x05 y" LEFT LEFT "\x17zz" RIGHT "\x0bq" UP "\x02\x04";
	char line[256], want[256];

	begin();
	type(ECHO_ON);
	type("history one\r\n");
	for (size_t i = 0; i + 1 < sizeof(keys); i++) {
		type_bytes(&keys[i], 1);
		screen(&out, line, sizeof(line));
		snprintf(want, sizeof(want), "> %.200s", edit.line);
		for (size_t n = strlen(want); n > 2 && want[n - 1] == ' '; n--)
			want[n - 1] = '\0';
		CU_ASSERT_STRING_EQUAL(line, want);
	}
}

static void
echoes_only_to_clients_that_asked(void)
{
	begin();
	type("show\r");
	CU_ASSERT_STRING_EQUAL(textbuf_text(&out), "> ");
	begin();
	type(ECHO_ON);
	type("show\r");
	CU_ASSERT_STRING_EQUAL(textbuf_text(&out), "> show\r\n");
	begin();
	type(ECHO_ON "\xff\xfe\x01"); // and then IAC DONT ECHO
	type("show\r");
	CU_ASSERT_STRING_EQUAL(textbuf_text(&out), "> ");
}

static void
hides_passwords(void)
{
	begin();
	type(ECHO_ON);
	edit.is_hidden = true;
	CU_ASSERT_EQUAL(type("se?s\ta" UP "me"), CLI_EDIT_NOTHING);
	CU_ASSERT_PTR_NULL(strpbrk(textbuf_text(&out), "sem"));
	CU_ASSERT_STRING_EQUAL(edit.line, "se?same");
	cli_edit_remember(&edit);
	CU_ASSERT_EQUAL(edit.n_history, 0);
}

static void
refuses_options_and_skips_subnegotiations(void)
{
	begin();
	type_bytes("a\xff\xfd\x18\xff\xfb\x1f\xff\xfe\x22\xff\xfc\x05", 13);
	CU_ASSERT_STRING_EQUAL(textbuf_text(&out), "> \xff\xfc\x18\xff\xfe\x1f");
	type_bytes("\xff\xfa\x18\0xterm\r\n\xff\xff\xff\xf0"
		   "b",
		16);
	CU_ASSERT_STRING_EQUAL(edit.line, "ab");
	type("\xff\xff\xff\xf1"); // IAC IAC, IAC NOP
	CU_ASSERT_STRING_EQUAL(edit.line, "ab");
	type("\xff\xf7"); // erase character
	CU_ASSERT_STRING_EQUAL(edit.line, "a");
	type("\xff\xf8"); // erase line
	CU_ASSERT_STRING_EQUAL(edit.line, "");
	type("abc\xff\xf4"); // interrupt
	CU_ASSERT_STRING_EQUAL(edit.line, "");
	CU_ASSERT_EQUAL(type("\xff\xf6"), CLI_EDIT_NOTHING); // are you there
	CU_ASSERT_PTR_NOT_NULL(strstr(textbuf_text(&out), "[yes]\r\n"));
	CU_ASSERT_EQUAL(type("\xff\xec"), CLI_EDIT_CLOSE); // end of file
}

static void
reports_lines_help_tab_and_end(void)
{
	begin();
	CU_ASSERT_EQUAL(type("a"), CLI_EDIT_NOTHING);
	CU_ASSERT_EQUAL(type("?"), CLI_EDIT_HELP);
	CU_ASSERT_EQUAL(type("\t"), CLI_EDIT_TAB);
	CU_ASSERT_EQUAL(type(LEFT "\t"), CLI_EDIT_NOTHING);
	CU_ASSERT_EQUAL(type("?"), CLI_EDIT_NOTHING); // in the middle it is a letter
	CU_ASSERT_STRING_EQUAL(edit.line, "?a");
	CU_ASSERT_EQUAL(type("\x04"), CLI_EDIT_NOTHING);
	CU_ASSERT_EQUAL(type("\x15\"why?"), CLI_EDIT_NOTHING); // in quotes, too
	CU_ASSERT_EQUAL(type("\" ?"), CLI_EDIT_HELP);
	CU_ASSERT_EQUAL(type("\x15\x04"), CLI_EDIT_CLOSE);
	CU_ASSERT_EQUAL(type("x\r"), CLI_EDIT_LINE);
	CU_ASSERT_EQUAL(type_bytes("", 1), CLI_EDIT_NOTHING); // the NUL of CR NUL
	CU_ASSERT_EQUAL(type("\r"), CLI_EDIT_LINE);
	CU_ASSERT_EQUAL(type("\n"), CLI_EDIT_NOTHING); // the LF of CR LF
	CU_ASSERT_EQUAL(type("\n"), CLI_EDIT_LINE);
}

static void
drops_what_is_too_much_for_a_line(void)
{
	begin();
	for (int i = 0; i < CLI_LINE_MAX; i++)
		type("x");
	CU_ASSERT_FALSE(edit.is_too_long);
	for (int i = 0; i < 100000; i++)
		type("y");
	CU_ASSERT_TRUE(edit.is_too_long);
	CU_ASSERT_EQUAL(edit.length, CLI_LINE_MAX);
	CU_ASSERT_EQUAL(strlen(edit.line), CLI_LINE_MAX);
	type("\x01z");
	CU_ASSERT_EQUAL(edit.line[0], 'x');
	cli_edit_insert(&edit, "completed ", &out);
	CU_ASSERT_EQUAL(edit.length, CLI_LINE_MAX);
	CU_ASSERT_EQUAL(type("\r"), CLI_EDIT_LINE);
	cli_edit_begin(&edit, &out);
	CU_ASSERT_FALSE(edit.is_too_long);
}

static void
remembers_only_so_many_lines(void)
{
	char line[16];

	begin();
	for (int i = 0; i < 3 * CLI_HISTORY_MAX; i++) {
		snprintf(line, sizeof(line), "%d\r.", i);
		type(line);
		type("\b");
	}
	CU_ASSERT_EQUAL(edit.n_history, CLI_HISTORY_MAX);
	for (int i = 0; i < 2 * CLI_HISTORY_MAX; i++)
		type(UP);
	snprintf(line, sizeof(line), "%d", 2 * CLI_HISTORY_MAX);
	CU_ASSERT_STRING_EQUAL(edit.line, line);
}

static void
survives_any_bytes(void)
{
	uint32_t state = 1;

	begin();
	for (int i = 0; i < 300000; i++) {
		enum cli_edit_event event;

		state = state * 1664525 + 1013904223;
		event = cli_edit_byte(&edit, (uint8_t)(state >> 24), &out);
		if (event == CLI_EDIT_LINE || event == CLI_EDIT_CLOSE) {
			cli_edit_remember(&edit);
			cli_edit_begin(&edit, &out);
		}
		if (event == CLI_EDIT_TAB)
			cli_edit_insert(&edit, "session ", &out);
		if (event == CLI_EDIT_HELP)
			cli_edit_redraw(&edit, &out);
		if (edit.length > CLI_LINE_MAX || edit.cursor > edit.length ||
			strlen(edit.line) != edit.length)
			CU_FAIL_FATAL("the line is broken");
		textbuf_free(&out);
	}
	cli_edit_free(&edit);
	CU_PASS("every byte was taken");
}

static const struct unit_case cases[] = {
	UNIT_CASE(edits_as_terminals_expect),
	UNIT_CASE(shows_what_the_line_holds),
	UNIT_CASE(echoes_only_to_clients_that_asked),
	UNIT_CASE(hides_passwords),
	UNIT_CASE(refuses_options_and_skips_subnegotiations),
	UNIT_CASE(reports_lines_help_tab_and_end),
	UNIT_CASE(drops_what_is_too_much_for_a_line),
	UNIT_CASE(remembers_only_so_many_lines),
	UNIT_CASE(survives_any_bytes),
};

UNIT_MAIN("config/cli_edit", cases)
