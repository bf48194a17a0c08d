// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048 // below PIPE_BUF, so that lines of several writers don't mix
#define MODULE_MAX 32

const char *const log_level_names[] = { "error", "warning", "notice", "info", "debug", NULL };

static const int syslog_priorities[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

uint8_t log_highest_level = LOG_LEVEL_INFO;

struct module_level {
	char name[MODULE_MAX];
	enum log_level level;
};

static struct {
	pthread_mutex_t lock; // of all that follows
	const char *name;
	enum log_level level;
	struct module_level modules[LOG_MODULES_MAX];
	size_t n_modules;
	bool to_stderr, to_syslog, to_journal;
	struct log_limit *suppressed; // those that owe a "suppressed N" line
} state = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.name = "torii",
	.level = LOG_LEVEL_INFO,
	.to_stderr = true };

static uint64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t (*log_clock_ms)(void) = monotonic_ms;

// ---- Levels

static void
update_highest(void)
{
	enum log_level highest = state.level;

	for (size_t i = 0; i < state.n_modules; i++)
		if (state.modules[i].level > highest)
			highest = state.modules[i].level;
	__atomic_store_n(&log_highest_level, (uint8_t)highest, __ATOMIC_RELAXED);
}

static struct module_level *
find_module(const char *name)
{
	for (size_t i = 0; i < state.n_modules; i++)
		if (strcmp(state.modules[i].name, name) == 0)
			return &state.modules[i];
	return NULL;
}

static int
set_module_level(const char *name, enum log_level level)
{
	struct module_level *module = find_module(name);

	if (strlen(name) >= MODULE_MAX)
		return -EINVAL;
	if (module == NULL && state.n_modules == LOG_MODULES_MAX)
		return -ENOSPC;
	if (module == NULL) {
		module = &state.modules[state.n_modules++];
		memcpy(module->name, name, strlen(name) + 1);
	}
	module->level = level;
	return 0;
}

int
log_set_level(const char *module, enum log_level level)
{
	int rc = 0;

	pthread_mutex_lock(&state.lock);
	if (module != NULL) {
		rc = set_module_level(module, level);
	} else {
		state.level = level;
		state.n_modules = 0;
	}
	update_highest();
	pthread_mutex_unlock(&state.lock);
	return rc;
}

void
log_print_levels(FILE *out)
{
	pthread_mutex_lock(&state.lock);
	fprintf(out, "all %s\n", log_level_names[state.level]);
	for (size_t i = 0; i < state.n_modules; i++)
		fprintf(out, "%s %s\n", state.modules[i].name,
			log_level_names[state.modules[i].level]);
	pthread_mutex_unlock(&state.lock);
}

int
log_level_parse(const char *name, enum log_level *level)
{
	for (int i = 0; log_level_names[i] != NULL; i++) {
		if (strcmp(log_level_names[i], name) != 0)
			continue;
		*level = (enum log_level)i;
		return 0;
	}
	return -EINVAL;
}

// ---- Where it goes

static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat about;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		fstat(STDERR_FILENO, &about) == 0 && about.st_dev == device &&
		about.st_ino == inode;
}

void
log_configure(const char *name, const struct log_config *config)
{
	pthread_mutex_lock(&state.lock);
	if (state.to_syslog)
		closelog();
	state.name = name;
	state.level = (enum log_level)config->level;
	state.to_stderr = config->to_stderr;
	state.to_syslog = config->to_syslog;
	state.to_journal = stderr_is_journal();
	if (state.to_syslog)
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	update_highest();
	pthread_mutex_unlock(&state.lock);
}

void
log_init(const char *name, enum log_level level)
{
	struct log_config config = { .level = (uint8_t)level, .to_stderr = true };

	log_configure(name, &config);
}

// ---- Messages

// From ".../control/gtpc/xact.c" the words "gtpc" and "xact".
static void
split_file(const char *file, char *module, char *stem)
{
	const char *base = strrchr(file, '/'), *dir;

	base = base != NULL ? base + 1 : file;
	snprintf(stem, MODULE_MAX, "%.*s", (int)strcspn(base, "."), base);
	if (base == file) {
		module[0] = '\0';
		return;
	}
	for (dir = base - 1; dir > file && dir[-1] != '/'; dir--)
		;
	snprintf(module, MODULE_MAX, "%.*s", (int)(base - 1 - dir), dir);
}

static bool
is_wanted(enum log_level level, const char *module, const char *stem)
{
	const struct module_level *own = find_module(stem);

	if (own == NULL)
		own = find_module(module);
	return level <= (own != NULL ? own->level : state.level);
}

// Peers' names reach the log: one message stays one line, and terminals see no escape sequences.
static void
clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static size_t
put_prefix(char *line, size_t room, enum log_level level)
{
	struct timespec now;
	struct tm local;
	size_t used;

	if (state.to_journal)
		return (size_t)snprintf(line, room, "<%d>", syslog_priorities[level]);
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	used = strftime(line, room, "%Y-%m-%dT%H:%M:%S", &local);
	used += (size_t)snprintf(line + used, room - used, ".%03ld", now.tv_nsec / 1000000);
	used += strftime(line + used, room - used, "%z ", &local);
	return used +
		(size_t)snprintf(line + used, room - used, "%s[%d] %s ", state.name, getpid(),
			log_level_names[level]);
}

static void
write_stderr(enum log_level level, const char *module, const char *text)
{
	char line[LINE_MAX_BYTES + 256];
	size_t used = put_prefix(line, sizeof(line), level);
	int n = snprintf(line + used, sizeof(line) - used, "%s%s%s\n", module,
		module[0] != '\0' ? ": " : "", text);
	ssize_t rc;

	if (n < 0)
		return;
	used += (size_t)n;
	if (used >= sizeof(line)) {
		used = sizeof(line) - 1;
		line[used - 1] = '\n';
	}
	do
		rc = write(STDERR_FILENO, line, used);
	while (rc < 0 && errno == EINTR);
}

void
log_vwrite(enum log_level level, const char *file, const char *format, va_list args)
{
	char module[MODULE_MAX], stem[MODULE_MAX], text[LINE_MAX_BYTES];
	int saved_errno = errno, cancel;

	split_file(file, module, stem);
	vsnprintf(text, sizeof(text), format, args);
	clean(text);
	// A library may cancel its thread while it logs by us: it must not end in write, with the lock.
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_mutex_lock(&state.lock);
	if (is_wanted(level, module, stem)) {
		if (state.to_stderr)
			write_stderr(level, module, text);
		if (state.to_syslog)
			syslog(syslog_priorities[level], "%s: %s", module, text);
	}
	pthread_mutex_unlock(&state.lock);
	pthread_setcancelstate(cancel, NULL);
	errno = saved_errno;
}

void
log_write(enum log_level level, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_vwrite(level, file, format, args);
	va_end(args);
}

// ---- Limits

static void
say_suppressed(const struct log_limit *limit, uint32_t n)
{
	if (n > 0)
		log_write(limit->level, limit->file, "suppressed %u: %s", n, limit->format);
}

// Unlinks the limit from the list of those that owe a line; returns how many it owes.
static uint32_t
settle(struct log_limit *limit)
{
	uint32_t n = limit->suppressed;

	limit->suppressed = 0;
	for (struct log_limit **at = &state.suppressed; *at != NULL; at = &(*at)->next) {
		if (*at != limit)
			continue;
		*at = limit->next;
		break;
	}
	return n;
}

bool
log_limit_take(struct log_limit *limit, uint32_t per_second)
{
	uint64_t now = log_clock_ms();
	uint32_t owed = 0;
	bool is_taken;

	pthread_mutex_lock(&state.lock);
	if (limit->used == 0 || now - limit->window_ms >= 1000) {
		owed = settle(limit);
		limit->window_ms = now;
		limit->used = 0;
	}
	is_taken = limit->used < per_second;
	if (is_taken) {
		limit->used++;
	} else if (limit->suppressed++ == 0) {
		limit->next = state.suppressed;
		state.suppressed = limit;
	}
	pthread_mutex_unlock(&state.lock);
	say_suppressed(limit, owed);
	return is_taken;
}

// One at a time: writing takes the lock itself.
void
log_tick(void)
{
	uint64_t now = log_clock_ms();

	for (;;) {
		struct log_limit *due;
		uint32_t owed = 0;

		pthread_mutex_lock(&state.lock);
		for (due = state.suppressed; due != NULL; due = due->next)
			if (now - due->window_ms >= 1000)
				break;
		if (due != NULL)
			owed = settle(due);
		pthread_mutex_unlock(&state.lock);
		if (due == NULL)
			return;
		say_suppressed(due, owed);
	}
}
