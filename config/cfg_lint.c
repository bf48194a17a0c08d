// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg_lint.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INCLUDE_DEPTH_MAX 10 // as libconfig's own

static const char name_bytes[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*";

struct lint {
	const char *file;
	const char *include_dir;
	const char *at;
	unsigned int line;
	unsigned int depth;
	cfg_lint_fault fault;
	void *ctx;
};

static void lint_text(struct lint *l);

static void
complain(struct lint *l, unsigned int line, const char *what)
{
	l->fault(l->ctx, l->file, line, what);
}

// Moves behind `end`; lines on the way are counted. False: there is no such end.
static bool
skip_past(struct lint *l, const char *end)
{
	const char *found = strstr(l->at, end);
	const char *stop = found != NULL ? found + strlen(end) : l->at + strlen(l->at);

	for (; l->at < stop; l->at++)
		l->line += *l->at == '\n';
	return found != NULL;
}

static void
skip_comment(struct lint *l)
{
	unsigned int line = l->line;

	if (l->at[0] == '#' || l->at[1] == '/') {
		l->at += strcspn(l->at, "\n");
		return;
	}
	l->at += 2;
	if (!skip_past(l, "*/"))
		complain(l, line, "this comment has no end");
}

static void
skip_string(struct lint *l)
{
	unsigned int line = l->line;

	for (l->at++; *l->at != '\0' && *l->at != '"'; l->at++) {
		if (*l->at == '\\' && l->at[1] != '\0')
			l->at++;
		l->line += *l->at == '\n';
	}
	if (*l->at == '"')
		l->at++;
	else
		complain(l, line, "this string has no end");
}

// libconfig keeps an integer in 32 bits unless it ends in L, in 64 with L, and drops the rest.
static void
check_number(struct lint *l)
{
	bool is_hex = l->at[0] == '0' && (l->at[1] == 'x' || l->at[1] == 'X');
	bool is_negative = l->at[0] == '-', is_long;
	unsigned long long number;
	char *end;

	if (*l->at == '-' || *l->at == '+')
		l->at++;
	errno = 0;
	number = strtoull(l->at, &end, is_hex ? 16 : 10);
	if (!is_hex && (*end == '.' || *end == 'e' || *end == 'E')) {
		strtod(l->at, &end);
		l->at = end;
		return;
	}
	is_long = *end == 'L';
	l->at = end + strspn(end, "L");
	if (errno == ERANGE || (!is_hex && number > (unsigned long long)INT64_MAX))
		complain(l, l->line, "this number doesn't fit into 64 bits");
	else if (!is_long && (is_hex ? number > UINT32_MAX : number > INT32_MAX) &&
		!(is_negative && number == 1ull << 31))
		complain(l, l->line, "a number this large must end in L");
}

// A directive stands alone at the beginning of a line: @include "file".
static void
follow_include(struct lint *l)
{
	struct lint inner = *l;
	char name[512], path[1024], *text;
	int length = 0;

	if (sscanf(l->at, "@include \"%511[^\"\n]\"%n", name, &length) != 1 || length == 0) {
		l->at++;
		return;
	}
	l->at += length;
	if (l->include_dir == NULL || l->depth >= INCLUDE_DEPTH_MAX)
		return;
	snprintf(path, sizeof(path), "%s/%s", l->include_dir, name);
	if (cfg_read_file(path, &text) < 0)
		return; // libconfig says so itself
	inner.file = path;
	inner.at = text;
	inner.line = 1;
	inner.depth++;
	lint_text(&inner);
	free(text);
}

static void
lint_text(struct lint *l)
{
	while (*l->at != '\0') {
		char c = *l->at;

		if (c == '#' || (c == '/' && (l->at[1] == '/' || l->at[1] == '*'))) {
			skip_comment(l);
		} else if (c == '"') {
			skip_string(l);
		} else if (c == '@') {
			follow_include(l);
		} else if (isdigit((unsigned char)c) ||
			((c == '-' || c == '+') && isdigit((unsigned char)l->at[1]))) {
			check_number(l);
		} else if (isalpha((unsigned char)c) || c == '*') {
			l->at += strspn(l->at, name_bytes);
		} else {
			l->line += c == '\n';
			l->at++;
		}
	}
}

void
cfg_lint(const char *file, const char *text, const char *include_dir, cfg_lint_fault fault,
	void *ctx)
{
	struct lint l = { .file = file,
		.include_dir = include_dir,
		.at = text,
		.line = 1,
		.fault = fault,
		.ctx = ctx };

	lint_text(&l);
}

// Appends what is left of the file to *text, which grows as needed.
static int
read_all(int fd, char **text)
{
	size_t used = 0, room = 0;
	ssize_t n;
	char *more;

	for (;;) {
		if (room - used < 2) {
			room = room == 0 ? 4096 : room * 2;
			more = room > CFG_FILE_MAX ? NULL : realloc(*text, room);
			if (more == NULL)
				return room > CFG_FILE_MAX ? -EFBIG : -ENOMEM;
			*text = more;
		}
		n = read(fd, *text + used, room - used - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		used += n > 0 ? (size_t)n : 0;
	}
	(*text)[used] = '\0';
	return memchr(*text, '\0', used) != NULL ? -EINVAL : 0;
}

int
cfg_read_file(const char *file, char **text)
{
	int fd, rc;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*text = NULL;
	rc = read_all(fd, text);
	if (rc < 0) {
		free(*text);
		*text = NULL;
	}
	close(fd);
	return rc;
}
