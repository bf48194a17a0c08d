// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace/trace_file.h"

#include "config/log.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES 65536

static bool
has_suffix(const char *name)
{
	size_t n = strlen(name), k = strlen(TRACE_FILE_SUFFIX);

	return n > k && strcmp(name + n - k, TRACE_FILE_SUFFIX) == 0;
}

bool
trace_file_name_is_good(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n + strlen(TRACE_FILE_SUFFIX) >= TRACE_FILE_MAX || name[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

const char *
trace_file_dir(const struct ctl_config *c, char *dir, size_t room)
{
	if (*c->trace_dir)
		snprintf(dir, room, "%s", c->trace_dir);
	else
		snprintf(dir, room, "%s/traces", c->state_dir);
	return dir;
}

// The number of traces in the directory, and the name of the oldest one.
static uint32_t
find_oldest(int dir, char oldest[TRACE_FILE_MAX])
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct timespec first = { 0 };
	struct dirent *e;
	uint32_t n = 0;

	if (!d)
		return 0;
	while ((e = readdir(d)) != NULL) {
		struct stat st;

		if (!has_suffix(e->d_name) || strlen(e->d_name) >= TRACE_FILE_MAX ||
			fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode))
			continue;
		if (n++ > 0 &&
			(st.st_mtim.tv_sec > first.tv_sec ||
				(st.st_mtim.tv_sec == first.tv_sec &&
					st.st_mtim.tv_nsec >= first.tv_nsec)))
			continue;
		first = st.st_mtim;
		memcpy(oldest, e->d_name, strlen(e->d_name) + 1);
	}
	closedir(d);
	return n;
}

static void
make_room(int dir, const char *path, uint32_t files_max)
{
	char oldest[TRACE_FILE_MAX];

	while (find_oldest(dir, oldest) >= files_max) {
		if (unlinkat(dir, oldest, 0) < 0)
			return;
		log_notice(
			"%s/%s removed: no more than %u traces are kept", path, oldest, files_max);
	}
}

int
trace_file_make(const char *path, char name[TRACE_FILE_MAX], uint32_t files_max, FILE **file)
{
	int dir, fd = -1, err = 0;

	if (!trace_file_name_is_good(name))
		return -EINVAL;
	if (!has_suffix(name))
		memcpy(name + strlen(name), TRACE_FILE_SUFFIX, sizeof(TRACE_FILE_SUFFIX));
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		err = -EEXIST;
		goto close_dir;
	}
	make_room(dir, path, files_max);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	*file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!*file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		goto close_dir;
	}
	setvbuf(*file, NULL, _IOFBF, BUFFER_BYTES);
close_dir:
	close(dir);
	return err;
}
