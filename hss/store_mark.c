// SPDX-License-Identifier: BSD-3-Clause
// Whether the SQLite file is what the last process here left. Each one counts itself in the database and
// then in the lock file beside it: a database that has counted less is an older copy. And one whose commits
// weren't synchronised may have lost the last ones if the machine has started anew meanwhile.
#include "config/log.h"
#include "hss/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUNS "runs"
#define BOOT_SIZE 40

struct mark {
	int64_t runs;
	char boot[BOOT_SIZE];
	int is_synced;
	int is_open; // nobody has closed it in order
};

static void
boot_read(char boot[BOOT_SIZE])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || fscanf(f, "%39s", boot) != 1)
		snprintf(boot, BOOT_SIZE, "?");
	if (f)
		fclose(f);
}

static bool
mark_read(int fd, struct mark *m)
{
	char text[128] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 &&
		sscanf(text, "runs=%" SCNd64 " boot=%39s synced=%d open=%d", &m->runs, m->boot,
			&m->is_synced, &m->is_open) == 4;
}

static int
mark_write(int fd, const struct mark *m)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "runs=%" PRId64 " boot=%s synced=%d open=%d\n",
		m->runs, m->boot, m->is_synced, m->is_open);

	if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) != 0 || fdatasync(fd) != 0)
		return -errno;
	return 0;
}

// At least one more than the last process here: an older copy is so told once only.
static int
runs_count(struct sql *sql, int64_t last, int64_t *runs)
{
	int err = sql->engine->begin(sql);

	if (err == 0)
		err = store_number_raise(sql, RUNS, 1, runs);
	if (err == 0 && *runs <= last) {
		int64_t ahead;

		err = store_number_raise(sql, RUNS, last - *runs + 1, &ahead);
	}
	if (err == 0)
		err = sql->engine->commit(sql);
	if (err != 0)
		sql->engine->rollback(sql);
	return err;
}

int
store_mark_open(struct store *store)
{
	struct mark now = { .is_synced = store->config.is_synced, .is_open = 1 };
	struct mark last = { .runs = 0 };
	bool is_known = mark_read(store->lock_fd, &last);
	int err = runs_count(store->sql, last.runs, &now.runs);

	if (err != 0)
		return err;
	boot_read(now.boot);
	if (is_known && now.runs <= last.runs) {
		log_warning("database: older than the one that was last in use here");
		store->has_lost = true;
		now.runs = last.runs + 1;
	} else if (is_known && last.is_open && !last.is_synced &&
		strcmp(last.boot, now.boot) != 0) {
		log_warning(
			"database: the machine went down and store.synced was false, so the last "
			"changes may be lost");
		store->has_lost = true;
	}
	return mark_write(store->lock_fd, &now);
}

void
store_mark_close(struct store *store)
{
	struct mark m;

	if (store->lock_fd < 0 || !mark_read(store->lock_fd, &m))
		return;
	m.is_open = 0;
	if (mark_write(store->lock_fd, &m) != 0)
		log_warning("%s.lock: can't be written", store->target);
}

bool
store_has_lost(const struct store *store)
{
	return store->has_lost;
}
