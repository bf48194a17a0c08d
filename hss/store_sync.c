// SPDX-License-Identifier: BSD-3-Clause
// SQLite commits with synchronous = NORMAL: they are in the kernel, but not on the disk. One thread here
// calls fdatasync on the log and tells those who wait; all that was committed meanwhile shares the next
// call, and the store thread never waits for a disk. A second one copies the log into the file.
#include "config/log.h"
#include "hss/store_private.h"
#include "hss/store_sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECKPOINT_PAGES 16384 // 64 MiB
#define CHECKPOINT_LEFT 500    // few enough for the store thread to copy in a moment
#define CHECKPOINT_PASSES 8

struct store_sync {
	struct store *store;
	pthread_mutex_t lock; // of waiters, is_closing, is_due
	pthread_cond_t wake;
	pthread_cond_t checkpoint_wake;
	struct waiter *waiters, **end;
	uint64_t commit; // the last one handed over
	uint64_t taken;  // the last one that was synchronised, well or not
	bool is_closing;
	bool is_due;          // a checkpoint is wanted
	atomic_bool is_ready; // only the last pass remains, between transactions
	atomic_uint_fast64_t done;
	unsigned last_pages, due_pages; // the store thread's
	int wal;
	struct sql *sql; // the checkpointer's
	pthread_t syncer, checkpointer;
	unsigned n_threads;
};

static void *
syncer(void *arg)
{
	struct store_sync *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct waiter *waiters;
		uint64_t commit;

		while (s->commit == s->taken && !s->is_closing)
			pthread_cond_wait(&s->wake, &s->lock);
		if (s->commit == s->taken)
			break;
		waiters = s->waiters;
		commit = s->taken = s->commit;
		s->waiters = NULL;
		s->end = &s->waiters;
		pthread_mutex_unlock(&s->lock);
		if (s->store->config.is_synced && fdatasync(s->wal) != 0) {
			log_limited(LOG_LEVEL_ERROR, 1, "database: fdatasync: %s", strerror(errno));
			store_waiters_finish(s->store, waiters, -EIO);
		} else {
			atomic_store(&s->done, commit);
			store_waiters_finish(s->store, waiters, 0);
		}
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

// Passes that get shorter: each copies what was written during the one before.
static void *
checkpointer(void *arg)
{
	struct store_sync *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		unsigned left = 0;
		int err = 0;

		while (!s->is_due && !s->is_closing)
			pthread_cond_wait(&s->checkpoint_wake, &s->lock);
		if (s->is_closing)
			break;
		pthread_mutex_unlock(&s->lock);
		for (unsigned i = 0; i < CHECKPOINT_PASSES && err == 0; i++) {
			err = sqlite_checkpoint(s->sql, &left);
			if (left < CHECKPOINT_LEFT)
				break;
		}
		atomic_store(&s->is_ready, err == 0);
		pthread_mutex_lock(&s->lock);
		s->is_due = false;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int
threads_start(struct store_sync *s)
{
	if (pthread_create(&s->syncer, NULL, syncer, s) != 0)
		return -EAGAIN;
	s->n_threads = 1;
	if (pthread_create(&s->checkpointer, NULL, checkpointer, s) != 0)
		return -EAGAIN;
	s->n_threads = 2;
	return 0;
}

int
store_sync_open(struct store *store)
{
	struct store_config small = { .cache_mib = 2 };
	struct store_sync *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->store = store;
	s->end = &s->waiters;
	s->wal = -1;
	s->due_pages = CHECKPOINT_PAGES;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	pthread_cond_init(&s->checkpoint_wake, NULL);
	store->sync = s;
	err = sql_sqlite.open(store->target, &small, &s->sql);
	if (err != 0)
		return err;
	s->wal = sqlite_wal_open(store->target);
	if (s->wal < 0)
		return s->wal;
	// What was committed until now: the schema, and the SEQs of this process.
	if (fdatasync(s->wal) != 0)
		return -errno;
	return threads_start(s);
}

void
store_sync_commit(struct store *store, struct waiter *waiters)
{
	struct store_sync *s = store->sync;
	struct waiter **end = &waiters;

	while (*end)
		end = &(*end)->next;
	pthread_mutex_lock(&s->lock);
	if (waiters) {
		*s->end = waiters;
		s->end = end;
	}
	s->commit = store->commits;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

uint64_t
store_sync_done(const struct store *store)
{
	return store->sync ? atomic_load(&store->sync->done) : store->commits;
}

void
store_sync_checkpoint(struct store *store)
{
	struct store_sync *s = store->sync;
	unsigned pages, left;

	if (!s)
		return;
	pages = sqlite_wal_pages(store->sql);
	if (pages < s->last_pages) // it has begun anew
		s->due_pages = CHECKPOINT_PAGES;
	s->last_pages = pages;
	if (pages < s->due_pages)
		return;
	if (atomic_exchange(&s->is_ready, false)) {
		// With nothing left in the log, the next commit begins it anew, unless somebody
		// still reads it.
		sqlite_checkpoint(store->sql, &left);
		s->due_pages = pages + CHECKPOINT_PAGES;
		return;
	}
	pthread_mutex_lock(&s->lock);
	if (!s->is_due) {
		s->is_due = true;
		pthread_cond_signal(&s->checkpoint_wake);
	}
	pthread_mutex_unlock(&s->lock);
}

void
store_sync_close(struct store *store)
{
	struct store_sync *s = store->sync;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->is_closing = true;
	pthread_cond_signal(&s->wake);
	pthread_cond_signal(&s->checkpoint_wake);
	pthread_mutex_unlock(&s->lock);
	if (s->n_threads > 0)
		pthread_join(s->syncer, NULL);
	if (s->n_threads > 1)
		pthread_join(s->checkpointer, NULL);
	if (s->sql)
		s->sql->engine->close(s->sql);
	if (s->wal >= 0)
		close(s->wal);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->checkpoint_wake);
	free(s);
	store->sync = NULL;
}
