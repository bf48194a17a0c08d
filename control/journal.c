// SPDX-License-Identifier: BSD-3-Clause
#include "control/journal.h"

#include "config/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 32
#define TAIL_BYTES 65536 // holds the last whole line
#define LINE_BEGIN "{\"sequence\":"

struct journal {
	char dir[256];
	char name[NAME_MAX_BYTES];
	char path[320];
	uint64_t rotate_bytes, rotate_ms;
	uint32_t keep;
	int fd;
	uint64_t size;     // of whole lines in the file
	uint64_t began_ms; // first line of this process in the file, 0: none
	uint64_t last;
	struct journal_counts counts;
};

static int __attribute__((format(printf, 4, 5)))
fail(char *why, size_t room, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, room, format, args);
	va_end(args);
	return err;
}

// ---- Files that were put aside.

// The number in a file's name, 0: none of ours.
static uint64_t
number_of(const struct journal *j, const char *file)
{
	size_t n = strlen(j->name);
	uint64_t number = 0;
	int used = 0;

	if (strncmp(file, j->name, n) != 0 || file[n] != '-' ||
		sscanf(file + n + 1, "%" SCNu64 ".jsonl%n", &number, &used) != 1 || used == 0 ||
		file[n + 1 + (size_t)used] != '\0')
		return 0;
	return number;
}

// The lowest and highest number among them, 0: there are none. Returns how many.
static uint32_t
survey(const struct journal *j, char *oldest, size_t room, uint64_t *highest)
{
	uint64_t lowest = UINT64_MAX;
	DIR *d = opendir(j->dir);
	struct dirent *entry;
	uint32_t n = 0;

	*highest = 0;
	while (d && (entry = readdir(d)) != NULL) {
		uint64_t number = number_of(j, entry->d_name);

		if (number == 0)
			continue;
		n++;
		if (number > *highest)
			*highest = number;
		if (number >= lowest)
			continue;
		lowest = number;
		snprintf(oldest, room, "%s/%s", j->dir, entry->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

static void
remove_oldest(const struct journal *j)
{
	char oldest[600];
	uint64_t highest;

	while (j->keep > 0 && survey(j, oldest, sizeof(oldest), &highest) > j->keep)
		if (unlink(oldest) < 0) {
			log_limited(LOG_LEVEL_WARNING, 1, "%s: can't be removed: %s", oldest,
				strerror(errno));
			return;
		}
}

// ---- Opening.

static int
open_file(struct journal *j)
{
	j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	return j->fd < 0 ? -errno : 0;
}

// The last line's number, and where it ends: 0, or -EINVAL if there are lines that are no lines of ours.
static int
read_tail(struct journal *j)
{
	static char tail[TAIL_BYTES + 1];
	struct stat st;
	char *end, *line;
	off_t from;
	ssize_t n;

	if (fstat(j->fd, &st) < 0)
		return -errno;
	from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
	n = pread(j->fd, tail, TAIL_BYTES, from);
	if (n < 0)
		return -errno;
	tail[n] = '\0';
	end = memrchr(tail, '\n', (size_t)n);
	j->size = end ? (uint64_t)(from + (end - tail) + 1) : 0;
	if (!end)
		return from > 0 ? -EINVAL : 0;
	line = memrchr(tail, '\n', (size_t)(end - tail));
	line = line ? line + 1 : tail;
	if (sscanf(line, LINE_BEGIN "%" SCNu64 ",", &j->last) != 1)
		return -EINVAL;
	return ftruncate(j->fd, (off_t)j->size) < 0 ? -errno : 0;
}

static int
open_last(struct journal *j, char *why, size_t room)
{
	char oldest[600];
	uint64_t highest;
	int ret = open_file(j);

	if (ret == 0)
		ret = read_tail(j);
	if (ret == -EINVAL)
		return fail(why, room, ret,
			"%s: its last line has no sequence number; move the file away", j->path);
	if (ret < 0)
		return fail(why, room, ret, "%s: %s", j->path, strerror(-ret));
	survey(j, oldest, sizeof(oldest), &highest);
	if (highest > j->last)
		j->last = highest;
	return 0;
}

int
journal_open(struct journal **out, const struct journal_config *c, char *why, size_t room)
{
	struct journal *j = calloc(1, sizeof(*j));
	int ret;

	if (!j)
		return fail(why, room, -ENOMEM, "no memory");
	j->fd = -1;
	snprintf(j->dir, sizeof(j->dir), "%s", c->dir);
	snprintf(j->name, sizeof(j->name), "%s", c->name);
	snprintf(j->path, sizeof(j->path), "%s/%s.jsonl", j->dir, j->name);
	j->rotate_bytes = c->rotate_bytes;
	j->rotate_ms = c->rotate_s * 1000ULL;
	j->keep = c->keep;
	if (mkdir(c->dir, 0750) < 0 && errno != EEXIST)
		ret = fail(why, room, -errno, "%s: %s", c->dir, strerror(errno));
	else
		ret = open_last(j, why, room);
	if (ret < 0) {
		journal_close(j);
		return ret;
	}
	*out = j;
	return 0;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	free(j);
}

// ---- Writing.

static bool
is_due(const struct journal *j, uint64_t now_ms)
{
	if (j->size == 0)
		return false;
	return j->size >= j->rotate_bytes ||
		(j->rotate_ms && j->began_ms && now_ms - j->began_ms >= j->rotate_ms);
}

// Puts the file aside. If that can't be, lines go on into the same one.
static void
rotate(struct journal *j)
{
	char aside[600];
	int fd = j->fd;

	snprintf(aside, sizeof(aside), "%s/%s-%020" PRIu64 ".jsonl", j->dir, j->name, j->last);
	if (rename(j->path, aside) < 0) {
		log_limited(LOG_LEVEL_WARNING, 1, "%s: can't be put aside: %s", j->path,
			strerror(errno));
		return;
	}
	if (open_file(j) < 0) {
		log_limited(LOG_LEVEL_WARNING, 1, "%s: %s", j->path, strerror(errno));
		(void)rename(aside, j->path);
		j->fd = fd;
		return;
	}
	close(fd);
	j->size = 0;
	j->began_ms = 0;
	j->counts.rotations++;
	remove_oldest(j);
}

static int
take_back(struct journal *j, int err)
{
	j->counts.failures++;
	if (ftruncate(j->fd, (off_t)j->size) < 0)
		log_limited(LOG_LEVEL_WARNING, 1, "%s: %s", j->path, strerror(errno));
	return err;
}

int
journal_append(struct journal *j, const char *lines, size_t n, uint64_t last, uint64_t now_ms)
{
	size_t written = 0;

	if (is_due(j, now_ms))
		rotate(j);
	while (written < n) {
		// At a known place: what is left of lines that failed is written over.
		ssize_t ret =
			pwrite(j->fd, lines + written, n - written, (off_t)(j->size + written));

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return take_back(j, ret < 0 ? -errno : -ENOSPC);
		written += (size_t)ret;
	}
	j->size += n;
	j->last = last;
	if (j->began_ms == 0)
		j->began_ms = now_ms;
	return 0;
}

// ---- Reading.

uint64_t
journal_last(const struct journal *j)
{
	return j->last;
}

struct journal_counts
journal_count(const struct journal *j)
{
	struct journal_counts c = j->counts;

	c.bytes = j->size;
	return c;
}

const char *
journal_path(const struct journal *j)
{
	return j->path;
}
