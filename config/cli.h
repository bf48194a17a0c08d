// SPDX-License-Identifier: BSD-3-Clause
// The operator's command line over telnet. A thread of the server edits lines, completes words,
// filters and prints for all clients; the command itself runs on the process's own loop and fills a
// buffer. So handlers need no locks, and a slow client stalls nobody but itself.
//
//	static const struct cli_row session_rows[] = {
//		{ "show session imsi <imsi>", show_session, "One subscriber's PDN sessions" },
//		{ "show sessions [apn <apn>] [page <n>]", show_sessions, "The session table" },
//		{ "log level (error|info|debug) [<module>]", set_log_level, "What is logged" },
//	};
//	static const struct cli_word session_words[] = {
//		{ "sessions", "PDN sessions" },
//		{ "<imsi>", "6 to 15 digits", .check = is_imsi },
//	};
//	const struct cli_table session_cli = CLI_TABLE("Sessions", session_rows, session_words);
#pragma once

#include "config/cfg.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CLI_OUTPUT_MAX (16u << 20) // bytes that one command may print; the rest is cut, and said so
#define CLI_WORDS_MAX 32           // words in a command
#define CLI_LINE_MAX 1024          // bytes in a line

struct cli_args;
struct cli_out;
struct cli_job;

#define CLI_PENDING 1

// Runs on the loop's thread. 0, or -errno: "% <its text>" is printed unless the handler printed a
// line that begins with "% ". CLI_PENDING: the answer comes later, see cli_pending().
typedef int (*cli_run)(const struct cli_args *args, struct cli_out *out, void *ctx);

// One command. Syntax: keyword, <placeholder>, (one|of|these), [optional part], nested at will;
// <text...> takes the rest of the line. What is typed may abbreviate keywords.
struct cli_row {
	const char *syntax;
	cli_run run;
	const char *text; // one sentence, without a full stop
};

// Help for one word of the syntax, and what a placeholder accepts. Words without a row here are
// fine: a keyword shows the sentence of the command if it ends there.
struct cli_word {
	const char *word; // "sessions" or "<imsi>"
	const char *text;
	bool (*check)(const char *value); // of a placeholder; NULL: anything
	bool is_secret;                   // never logged
};

// One subject.
struct cli_table {
	const char *title; // for the reference
	const struct cli_row *rows;
	size_t n_rows;
	const struct cli_word *words;
	size_t n_words;
};

#define CLI_TABLE(title_, rows_, words_)                                                           \
	{                                                                                          \
		.title = title_, .rows = rows_, .n_rows = sizeof(rows_) / sizeof(rows_[0]),        \
		.words = words_, .n_words = sizeof(words_) / sizeof(words_[0])                     \
	}

// ---- In a handler.

// The value of placeholder "<imsi>" by the name "imsi"; of a keyword (so that optional ones and
// choices can be asked for) the full keyword. NULL: not given.
const char *cli_arg(const struct cli_args *args, const char *name);

// The number in a placeholder, `otherwise` if it is not given or no number.
uint64_t cli_arg_uint(const struct cli_args *args, const char *name, uint64_t otherwise);

// "127.0.0.1:4711", for logging who did it. Lives as long as args.
const char *cli_args_client(const struct cli_args *args);

void cli_out_printf(struct cli_out *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void cli_out_vprintf(struct cli_out *out, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

// Prints "% ...\n" and returns -EINVAL: `return cli_out_fail(out, "no such session");`
int cli_out_fail(struct cli_out *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

// True once CLI_OUTPUT_MAX is reached: no use to go on.
bool cli_out_is_full(const struct cli_out *out);

// An aligned table: new with its headers (a leading '>': aligned to the right), a cell for each
// column of each row in order, end, which prints it. A NULL table is fine.
struct cli_columns;
struct cli_columns *cli_columns_new(struct cli_out *out, const char *const *headers, size_t n);
void cli_columns_cell(struct cli_columns *columns, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void cli_columns_end(struct cli_columns *columns); // prints and frees

// ---- Answers that come later. A handler calls cli_pending() and returns CLI_PENDING; when the
// answer is there, the loop's thread writes into cli_job_out() and calls cli_job_finish() exactly
// once, also if the client has gone or given up meanwhile. `args` lives until then. cli_pending() is
// NULL within cli_set_run(), where an answer can only come at once.
struct cli_job *cli_pending(struct cli_out *out);
struct cli_out *cli_job_out(struct cli_job *job);
void cli_job_finish(struct cli_job *job, int result); // as a handler's return value

// ---- The commands of a process.

struct cli_set;

struct cli_set *cli_set_new(void); // NULL: no memory
void cli_set_free(struct cli_set *set);

// `table` and `ctx` (passed to its handlers) live as long as the set. -EINVAL: a syntax is wrong or
// a command is there twice, which is logged; -ENOMEM.
int cli_set_add(struct cli_set *set, const struct cli_table *table, void *ctx);

// Runs one line at once, without filters: for tests and fuzzing. Prints "% ..." for lines that are
// no command. As a command; -ENOENT: no such command.
int cli_set_run(struct cli_set *set, const char *line, struct cli_out *out);

// Markdown: every command with its words, by table, under the heading `title`.
void cli_reference(const struct cli_set *set, const char *title, FILE *out);

struct cli_out *cli_out_new(void);
void cli_out_free(struct cli_out *out);
const char *cli_out_text(const struct cli_out *out); // never NULL

// ---- The server.

struct cli_config {
	struct cfg_addr addr;
	uint16_t port;
	uint16_t max_clients;
	uint32_t idle_timeout_s; // 0: never
	uint32_t answer_timeout_ms;
	char password[64]; // "": no login
};

// Schema rows for a struct cli_config that is member m of struct s; port_: default port as text.
#define CLI_CFG_ROWS(s, m, port_)                                                                  \
	CFG_SECTION("cli", "The operator's command line: telnet."),                                \
		CFG_ADDR(s, m.addr, "cli.address", "127.0.0.1",                                    \
			"Listens here; telnet is plain text, so keep it on loopback"),             \
		CFG_U16(s, m.port, "cli.port", port_, 1, 65535, "TCP port"),                       \
		CFG_U16(s, m.max_clients, "cli.max_clients", "16", 1, 256, "Clients at once"),     \
		CFG_SECONDS(s, m.idle_timeout_s, "cli.idle_timeout", "15m", 0, 86400,              \
			"A client that types nothing for this long is closed, 0s: never"),         \
		CFG_MS(s, m.answer_timeout_ms, "cli.answer_timeout", "30s", 100, 3600000,          \
			"The longest wait for the answer to a command"),                           \
		CFG_STRING(s, m.password, "cli.password", "",                                      \
			"Asked for at login, empty: no login", .flags = CFG_SECRET)

struct cli_server;

// Listens at once and starts a thread to accept. `prompt` is "torii-control> ", `banner` a line or
// NULL; both are copied. `set` outlives the server. NULL with errno set: EADDRINUSE, EACCES, ...,
// logged in one line.
struct cli_server *cli_server_new(struct cli_set *set, const struct cli_config *config,
	const char *prompt, const char *banner);

// Readable when commands wait: watch it in the loop and call cli_server_dispatch() then.
int cli_server_fd(const struct cli_server *server);

// Runs the waiting commands on the caller's thread, which must always be the same one.
void cli_server_dispatch(struct cli_server *server);

// The port listened on.
uint16_t cli_server_port(const struct cli_server *server);

// From the loop's thread: closes all clients and ends their threads. Jobs that are still pending
// may be finished afterwards.
void cli_server_free(struct cli_server *server);
