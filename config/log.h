// SPDX-License-Identifier: BSD-3-Clause
// The log of a process: to stderr, to the journal, to syslog. Thread safe; never for a packet path.
// The module of a message is where it is written: control/gtpc/xact.c is module "gtpc", file "xact".
// Keys, vectors and passwords are never logged.
#pragma once

#include "config/cfg.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum log_level {
	LOG_LEVEL_ERROR,   // something that was asked for can't be done
	LOG_LEVEL_WARNING, // goes on, but somebody should look
	LOG_LEVEL_NOTICE,  // start, stop, a peer up or down
	LOG_LEVEL_INFO,    // one line per procedure at most
	LOG_LEVEL_DEBUG,
};

extern const char *const log_level_names[]; // "error" ..., ended by NULL

struct log_config {
	uint8_t level; // enum log_level
	bool to_stderr;
	bool to_syslog;
};

// Schema rows for a struct log_config that is member m of struct s.
#define LOG_CFG_ROWS(s, m)                                                                         \
	CFG_SECTION("log", "What is written where."),                                              \
		CFG_ENUM(s, m.level, "log.level", "info", log_level_names,                         \
			"The least important level that is still written"),                        \
		CFG_BOOL(s, m.to_stderr, "log.stderr", "true",                                     \
			"Write to standard error (or the journal, where that is it)"),             \
		CFG_BOOL(                                                                          \
			s, m.to_syslog, "log.syslog", "false", "Write to syslog, facility daemon")

// `name` (static) is the process as syslog shows it. Before this call, messages from level info on
// go to stderr. Under systemd (JOURNAL_STREAM names stderr) lines carry <N> instead of a timestamp.
void log_init(const char *name, enum log_level level);

// The same with all settings; may be called again when they change.
void log_configure(const char *name, const struct log_config *config);

// `module` is a module or file name, NULL: everything, which also forgets what single ones were set
// to. -ENOSPC: more than LOG_MODULES_MAX modules differ.
int log_set_level(const char *module, enum log_level level);

#define LOG_MODULES_MAX 32

// For `show log`: the general level and those set apart, one "module level" per line.
void log_print_levels(FILE *out);

// -EINVAL if `name` is none of log_level_names.
int log_level_parse(const char *name, enum log_level *level);

// Writes the "suppressed N" lines that are due. Call about once a second, if you like to see them
// before the next message of the same kind.
void log_tick(void);

// ---- What to call. A message is one line, begins with its subject and has no full stop.

#define log_error(...) LOG_AT_(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) LOG_AT_(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) LOG_AT_(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) LOG_AT_(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT_(LOG_LEVEL_DEBUG, __VA_ARGS__)

// For what a peer can provoke: at most n messages of this line of code per second, then one
// "suppressed N" line. The level is a constant. log_limited(LOG_LEVEL_WARNING, 5, "peer %s", name);
#define log_limited(level_, n, ...)                                                                \
	do {                                                                                       \
		static struct log_limit log_limit_ = {                                             \
			.file = __FILE__, .format = LOG_FIRST_(__VA_ARGS__, ""), .level = level_   \
		};                                                                                 \
                                                                                                   \
		if (log_is_on(level_) && log_limit_take(&log_limit_, n))                           \
			log_write(level_, __FILE__, __VA_ARGS__);                                  \
	} while (0)

// ---- Behind the macros.

#define LOG_FIRST_(first, ...) first

struct log_limit {
	const char *file, *format;
	enum log_level level;
	uint32_t used;
	uint32_t suppressed;
	uint64_t window_ms;
	struct log_limit *next; // in the list of those with suppressed messages
};

extern uint8_t log_highest_level; // of all modules: what is above it is written nowhere

static inline bool
log_is_on(enum log_level level)
{
	return (uint8_t)level <= __atomic_load_n(&log_highest_level, __ATOMIC_RELAXED);
}

#define LOG_AT_(level, ...)                                                                        \
	do {                                                                                       \
		if (log_is_on(level))                                                              \
			log_write(level, __FILE__, __VA_ARGS__);                                   \
	} while (0)

void log_write(enum log_level level, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// For the log hooks of libraries; `file` names the module: "lib/freediameter".
void log_vwrite(enum log_level level, const char *file, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

bool log_limit_take(struct log_limit *limit, uint32_t per_second);

// Monotonic milliseconds; tests put their own clock here.
extern uint64_t (*log_clock_ms)(void);
