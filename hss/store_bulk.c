// SPDX-License-Identifier: BSD-3-Clause
// Many SIMs at once, all or nothing. SQLite has one writer, so one long transaction would stop all
// others: the SIMs come in chunks between other operations, with ids beyond `first_hidden`, and nobody
// sees them until the row in `import` is deleted. If that never happens, they are removed, also after
// a restart.
#include "config/log.h"
#include "hss/store_private.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK 512
#define PURGE_IDS 1000

struct bulk_job {
	struct store_job job; // first
	struct store_bulk *bulk;
	struct store_waiting *waiting;
};

static void
bulk_job_finish(struct store *store, struct store_job *job, int result)
{
	struct store_waiting *waiting = ((struct bulk_job *)job)->waiting;

	pthread_mutex_lock(&waiting->lock);
	waiting->result = result;
	waiting->is_done = true;
	pthread_cond_signal(&waiting->wake);
	pthread_mutex_unlock(&waiting->lock);
}

// Runs on the store thread while the caller waits.
static int
run_there(struct store_bulk *bulk, int (*run)(struct store *, struct sql *, struct store_job *))
{
	struct store_waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER };
	struct bulk_job job = {
		.job = { .run = run, .finish = bulk_job_finish }, .bulk = bulk, .waiting = &waiting
	};

	store_job_submit(bulk->store, &job.job);
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.is_done)
		pthread_cond_wait(&waiting.wake, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	return waiting.result;
}

static int
id_max(struct sql *sql, int64_t *id)
{
	struct sql_stmt *st = sql_start(sql, SQL_SIM_ID_MAX);
	int more = sql_step(st);

	if (more == 1)
		*id = sql_get_int(st, 0);
	sql_finish(st);
	return more < 0 ? more : 0;
}

static void
hide_from(struct store *store, int64_t first)
{
	atomic_store(&store->last_hidden, INT64_MAX);
	atomic_store(&store->first_hidden, first);
}

static void
hide_none(struct store *store)
{
	atomic_store(&store->first_hidden, INT64_MAX);
	atomic_store(&store->last_hidden, 0);
	atomic_store(&store->is_purging, false);
	atomic_store(&store->is_importing, false);
}

static int
begin_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct store_bulk *bulk = ((struct bulk_job *)job)->bulk;
	int err = id_max(sql, &bulk->next_id);

	bulk->next_id++;
	if (err == 0)
		err = sql_exec(sql_bound(sql, SQL_IMPORT_PUT, "ii", bulk->next_id, INT64_MAX));
	if (err >= 0)
		hide_from(store, bulk->next_id);
	return err < 0 ? err : 0;
}

static void
conflict_add(struct store_bulk *bulk, uint64_t line)
{
	if (bulk->n_conflicts < BULK_CONFLICTS_MAX)
		bulk->conflicts[bulk->n_conflicts] = line;
	bulk->n_conflicts++;
}

static int
chunk_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct store_bulk *bulk = ((struct bulk_job *)job)->bulk;
	int64_t id = bulk->next_id;
	unsigned n_conflicts = bulk->n_conflicts;

	for (unsigned i = 0; i < bulk->n; i++, id++) {
		int err = store_sim_write(store, sql, &bulk->sims[i], id, bulk->profile_ids[i]);

		if (err == -EEXIST) {
			conflict_add(bulk, bulk->lines[i]);
			err = sql_exec(sql_bound(sql, SQL_PURGE_IMSIS, "ii", id, id));
			if (err >= 0)
				err = sql_exec(sql_bound(sql, SQL_PURGE_SIMS, "ii", id, id));
		}
		if (err < 0) {
			bulk->n_conflicts = n_conflicts;
			return err;
		}
	}
	return 0;
}

static int
end_run(struct store *store, struct sql *sql, struct store_job *job)
{
	int changed = sql_exec(sql_start(sql, SQL_IMPORT_DEL));

	return changed < 0 ? changed : 0;
}

static bool
is_pgsql(const struct store_bulk *bulk)
{
	return bulk->store->sql->engine->is_shared;
}

static void
bulk_free(struct store_bulk *bulk)
{
	free(bulk->sims);
	free(bulk->lines);
	free(bulk->profile_ids);
	free(bulk);
}

int
store_bulk_begin(struct store *store, struct store_bulk **bulk)
{
	struct store_bulk *b;
	int err;

	if (atomic_exchange(&store->is_importing, true))
		return -EBUSY;
	b = calloc(1, sizeof(*b));
	if (!b)
		goto not_importing;
	b->store = store;
	b->sims = calloc(CHUNK, sizeof(*b->sims));
	b->lines = calloc(CHUNK, sizeof(*b->lines));
	b->profile_ids = calloc(CHUNK, sizeof(*b->profile_ids));
	if (!b->sims || !b->lines || !b->profile_ids)
		goto free_bulk;
	err = is_pgsql(b) ? bulk_pgsql_begin(b) : run_there(b, begin_run);
	if (err != 0) {
		bulk_free(b);
		hide_none(store);
		return err;
	}
	*bulk = b;
	return 0;

free_bulk:
	bulk_free(b);
not_importing:
	atomic_store(&store->is_importing, false);
	return -ENOMEM;
}

static int
flush(struct store_bulk *bulk)
{
	if (bulk->err != 0 || bulk->n == 0)
		return bulk->err;
	bulk->err = is_pgsql(bulk) ? bulk_pgsql_flush(bulk) : run_there(bulk, chunk_run);
	bulk->next_id += bulk->n;
	bulk->n = 0;
	return bulk->err;
}

int
store_bulk_put(struct store_bulk *bulk, const struct new_sim *sim, uint64_t line)
{
	int64_t profile_id = store_sim_profile(bulk->store, sim);

	if (profile_id == 0)
		return -ENOENT;
	bulk->sims[bulk->n] = *sim;
	bulk->lines[bulk->n] = line;
	bulk->profile_ids[bulk->n] = profile_id;
	return ++bulk->n == CHUNK ? flush(bulk) : bulk->err;
}

void
store_bulk_abort(struct store_bulk *bulk)
{
	struct store *store = bulk->store;

	if (is_pgsql(bulk)) {
		bulk_pgsql_abort(bulk);
		atomic_store(&store->is_importing, false);
	} else {
		atomic_store(&store->purge_last, bulk->next_id - 1);
		atomic_store(&store->is_purging, true);
	}
	bulk_free(bulk);
}

int
store_bulk_commit(struct store_bulk *bulk, void (*conflict)(void *arg, uint64_t line), void *arg)
{
	struct store *store = bulk->store;
	int err = flush(bulk);

	if (err == 0 && is_pgsql(bulk))
		err = bulk_pgsql_commit(bulk);
	if (err == 0 && bulk->n_conflicts > 0)
		err = -EEXIST;
	if (err == 0 && !is_pgsql(bulk))
		err = run_there(bulk, end_run);
	for (unsigned i = 0; i < bulk->n_conflicts && i < BULK_CONFLICTS_MAX; i++)
		conflict(arg, bulk->conflicts[i]);
	if (err != 0) {
		store_bulk_abort(bulk);
		return err;
	}
	hide_none(store);
	bulk_free(bulk);
	return 0;
}

// ---- What an interrupted import left

int
store_import_open(struct store *store)
{
	struct sql_stmt *st = sql_start(store->sql, SQL_IMPORT_GET);
	int more = sql_step(st), err = more < 0 ? more : 0;
	int64_t last = 0;

	hide_none(store);
	if (more == 1) {
		hide_from(store, sql_get_int(st, 0));
		err = id_max(store->sql, &last);
		atomic_store(&store->purge_last, last);
		atomic_store(&store->is_importing, true);
		atomic_store(&store->is_purging, true);
		log_notice("database: an import was interrupted, what it left is being removed");
	}
	sql_finish(st);
	return err;
}

uint64_t
store_import_left(const struct store *store)
{
	int64_t left;

	if (!atomic_load(&store->is_purging))
		return 0;
	left = atomic_load(&store->purge_last) - atomic_load(&store->first_hidden) + 1;
	return left > 0 ? (uint64_t)left : 1; // its mark at least
}

// Ids from the end, so that first_hidden stays true.
static int
purge_some(struct store *store, struct sql *sql, int64_t first, bool *is_over)
{
	int64_t last = 0;
	int err = id_max(sql, &last);

	atomic_store(&store->purge_last, last);
	*is_over = last < first;
	if (err != 0)
		return err;
	if (*is_over)
		return sql_exec(sql_start(sql, SQL_IMPORT_DEL));
	if (last - first >= PURGE_IDS)
		first = last - PURGE_IDS + 1;
	err = sql_exec(sql_bound(sql, SQL_PURGE_LOCATIONS, "ii", first, last));
	if (err >= 0)
		err = sql_exec(sql_bound(sql, SQL_PURGE_IMSIS, "ii", first, last));
	if (err >= 0)
		err = sql_exec(sql_bound(sql, SQL_PURGE_SIMS, "ii", first, last));
	return err;
}

bool
store_import_purge(struct store *store)
{
	const struct sql_engine *engine = store->sql->engine;
	bool is_over = false;
	int err;

	if (!atomic_load(&store->is_purging))
		return false;
	err = engine->begin(store->sql);
	if (err == 0)
		err = purge_some(store, store->sql, store->first_hidden, &is_over);
	if (err >= 0)
		err = engine->commit(store->sql);
	if (err < 0) {
		engine->rollback(store->sql);
		return false;
	}
	if (is_over)
		hide_none(store);
	return !is_over;
}
