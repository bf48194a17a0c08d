// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "hss/store_private.h"
#include "hss/store_sqlite.h"
#include "hss/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SQLITE_PREFIX "sqlite:"
#define IDLE_MS 50    // how late what isn't urgent is written
#define WARM_IDLE 128 // rows read ahead while there's nothing else to do
#define WARM_BUSY 16  // between two batches: the others are read when they are asked for
#define READER_CACHE_MIB 16
#define CLOSE_FLUSHES 32

bool
is_hidden(const struct store *store, int64_t sim_id)
{
	return sim_id >= atomic_load_explicit(&store->first_hidden, memory_order_acquire) &&
		sim_id <= atomic_load_explicit(&store->last_hidden, memory_order_acquire);
}

// ---- The queue

void
store_op_finish(struct store *store, struct store_op *op, int result, const struct subscriber *s)
{
	struct store_waiting *waiting = op->waiter;

	if (op->kind == OP_JOB) {
		struct store_job *job = (struct store_job *)op;

		job->finish(store, job, result);
	} else if (op->done) {
		op->done(op, result, s);
	}
	// From here on op may be gone.
	if (waiting) {
		pthread_mutex_lock(&waiting->lock);
		waiting->result = result;
		waiting->is_done = true;
		pthread_cond_signal(&waiting->wake);
		pthread_mutex_unlock(&waiting->lock);
	}
	atomic_fetch_sub(&store->backlog, 1);
}

static void
push(struct store *store, struct list *queue, pthread_cond_t *wake, struct store_op *op)
{
	bool was_empty;

	atomic_fetch_add(&store->backlog, 1);
	pthread_mutex_lock(&store->lock);
	was_empty = queue->head == NULL;
	list_push(queue, op);
	if (was_empty)
		pthread_cond_signal(wake);
	pthread_mutex_unlock(&store->lock);
}

static void
op_submit(struct store *store, struct store_op *op, enum op_kind kind, void *waiter)
{
	op->kind = kind;
	op->waiter = waiter;
	push(store, &store->queue, &store->wake, op);
}

void
store_submit(struct store *store, struct store_op *op)
{
	op_submit(store, op, OP_CHANGE, NULL);
}

void
store_sim_del(struct store *store, struct store_op *op)
{
	if (op->by == STORE_BY_IMSI)
		op->by = STORE_SIM_BY_IMSI;
	op_submit(store, op, OP_SIM_DEL, NULL);
}

void
store_imsi_del(struct store *store, struct store_op *op)
{
	op->by = STORE_SIM_BY_IMSI; // several statements
	op_submit(store, op, OP_IMSI_DEL, NULL);
}

void
store_job_submit(struct store *store, struct store_job *job)
{
	op_submit(store, &job->op, OP_JOB, NULL);
}

void
store_read_submit(struct store *store, struct store_job *job)
{
	job->op.kind = OP_JOB;
	job->op.waiter = NULL;
	push(store, &store->reads, &store->read_wake, &job->op);
}

int
store_run(struct store *store, struct store_op *op)
{
	struct store_waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER };

	op_submit(store, op, OP_CHANGE, &waiting);
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.is_done)
		pthread_cond_wait(&waiting.wake, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	return waiting.result;
}

unsigned
store_backlog(const struct store *store)
{
	return atomic_load(&store->backlog);
}

// ---- Threads

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
wait_a_moment(struct store *store)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += IDLE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&store->wake, &store->lock, &until);
}

// Takes what there is, or waits for a while. False: there's nothing, and never will be.
static bool
take(struct store *store, struct list *list)
{
	bool goes_on = true;

	pthread_mutex_lock(&store->lock);
	if (!store->queue.head) {
		goes_on = !store->is_closing;
		if (goes_on)
			wait_a_moment(store);
	}
	*list = store->queue;
	store->queue = (struct list){ NULL, NULL };
	pthread_mutex_unlock(&store->lock);
	return goes_on || list->head;
}

static bool
is_queue_empty(struct store *store)
{
	bool is_empty;

	pthread_mutex_lock(&store->lock);
	is_empty = store->queue.head == NULL && !store->is_closing;
	pthread_mutex_unlock(&store->lock);
	return is_empty;
}

static void *
store_thread(void *arg)
{
	struct store *store = arg;
	int64_t idle_ms = now_ms();
	struct list list;

	while (take(store, &list)) {
		bool is_idle = list.head == NULL;

		store_batch(store, &list);
		if (is_idle || now_ms() - idle_ms >= 2 * IDLE_MS) {
			store_idle(store, is_idle);
			while (is_idle && store_import_purge(store) && is_queue_empty(store))
				continue;
			while (is_idle && rows_warm(store, WARM_IDLE) && is_queue_empty(store))
				continue;
			idle_ms = now_ms();
		}
		rows_warm(store, WARM_BUSY);
		store_sync_checkpoint(store);
	}
	return NULL;
}

static void *
read_thread(void *arg)
{
	struct store *store = arg;

	pthread_mutex_lock(&store->lock);
	for (;;) {
		struct store_op *op;
		int err;

		while (!store->reads.head && !store->is_closing)
			pthread_cond_wait(&store->read_wake, &store->lock);
		op = list_pop(&store->reads);
		if (!op)
			break;
		pthread_mutex_unlock(&store->lock);
		err = ((struct store_job *)op)->run(store, store->side, (struct store_job *)op);
		store_op_finish(store, op, err, NULL);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

static int
threads_start(struct store *store)
{
	store->has_thread = pthread_create(&store->thread, NULL, store_thread, store) == 0;
	store->has_reader = pthread_create(&store->reader, NULL, read_thread, store) == 0;
	return store->has_thread && store->has_reader ? 0 : -EAGAIN;
}

// ---- Opening and closing

static const struct sql_engine *
engine_of(const char *url, const char **target)
{
	size_t n = strlen(SQLITE_PREFIX);

	if (strncmp(url, SQLITE_PREFIX, n) == 0) {
		*target = url + n;
		return &sql_sqlite;
	}
	*target = url;
	return &sql_pgsql;
}

static void
locks_init(struct store *store)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&store->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&store->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&store->read_wake, NULL);
}

static int
connections_open(struct store *store, const struct sql_engine *engine)
{
	struct store_config side = store->config;
	int err = engine->open(store->target, &store->config, &store->sql);

	side.cache_mib = READER_CACHE_MIB;
	if (err == 0)
		engine->version(store->sql, store->version, sizeof(store->version));
	if (err == 0)
		err = engine->open(store->target, &side, &store->side);
	if (err == 0 && engine->is_shared)
		err = engine->open(store->target, &side, &store->side_of_thread);
	return err;
}

// On a server each operation reads its row.
static int
cache_open(struct store *store)
{
	struct sql_stmt *st;
	int64_t n_sims = 0;

	if (store->sql->engine->is_shared) {
		store->warm_key = INT64_MAX;
		return 0;
	}
	st = sql_start(store->sql, SQL_SIM_ID_MAX);
	if (sql_step(st) == 1)
		n_sims = sql_get_int(st, 0);
	sql_finish(st);
	return row_cache_reserve(&store->cache, (size_t)n_sims);
}

static int
contents_open(struct store *store)
{
	int err = store_schema_open(store->sql);

	if (err == 0)
		err = store_nodes_open(store, store->sql);
	if (err == 0)
		err = store_profiles_open(store, store->sql);
	if (err == 0)
		err = store_import_open(store);
	if (err == 0)
		err = store_seq_open(store);
	if (err == 0)
		err = store_history_open(store);
	if (err == 0)
		err = cache_open(store);
	return err;
}

static struct store *
store_new(const struct store_config *config, const char *target)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->config = *config;
	store->lock_fd = -1;
	atomic_init(&store->first_hidden, INT64_MAX);
	store->target = strdup(target);
	store->rows = calloc(BATCH_MAX + 1, sizeof(*store->rows));
	if (!store->target || !store->rows) {
		free(store->target);
		free(store->rows);
		free(store);
		return NULL;
	}
	locks_init(store);
	pthread_rwlock_init(&store->nodes.lock, NULL);
	pthread_rwlock_init(&store->profiles.lock, NULL);
	return store;
}

int
store_open(const struct store_config *config, struct store **store)
{
	const char *target;
	const struct sql_engine *engine = engine_of(config->url, &target);
	struct store *s;
	int err = 0;

	*store = NULL;
	if (config->seq_block < 1 || config->history_max < 1 || config->history_max > HISTORY_MAX)
		return -EINVAL;
	s = store_new(config, target);
	if (!s)
		return -ENOMEM;
	if (!engine->is_shared)
		err = sqlite_lock(target, &s->lock_fd);
	if (err == 0)
		err = connections_open(s, engine);
	if (err == 0)
		err = contents_open(s);
	if (err == 0 && !engine->is_shared)
		err = store_mark_open(s);
	if (err == 0 && !engine->is_shared)
		err = store_sync_open(s);
	if (err == 0)
		err = threads_start(s);
	if (err != 0) {
		store_close(s);
		return err;
	}
	*store = s;
	return 0;
}

static void
threads_stop(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->is_closing = true;
	pthread_cond_broadcast(&store->wake);
	pthread_cond_broadcast(&store->read_wake);
	pthread_mutex_unlock(&store->lock);
	if (store->has_reader)
		pthread_join(store->reader, NULL);
	if (store->has_thread)
		pthread_join(store->thread, NULL);
}

static void
connection_close(struct sql *sql)
{
	if (sql)
		sql->engine->close(sql);
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	threads_stop(store);
	if (store->has_thread) {
		for (unsigned i = 0; i < CLOSE_FLUSHES && store->n_late > 0; i++)
			store_idle(store, true);
		store_sync_close(store);
		store_seq_close(store);
	}
	store_sync_close(store);
	connection_close(store->side_of_thread);
	connection_close(store->side);
	connection_close(store->sql);
	if (store->has_thread)
		store_mark_close(store);
	store_nodes_close(store);
	store_profiles_close(store);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	pthread_mutex_destroy(&store->lock);
	pthread_cond_destroy(&store->wake);
	pthread_cond_destroy(&store->read_wake);
	row_cache_free(&store->cache);
	free(store->confirms);
	free(store->late);
	free(store->rows);
	free(store->target);
	free(store);
}

const char *
store_engine(const struct store *store)
{
	return store->version;
}

// ---- Numbers by name

struct number_job {
	struct store_job job; // first
	char name[32];
	int64_t delta;
	int64_t *value;
	int64_t found;
	store_result_fn done;
	void *arg;
};

static int
number_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct number_job *j = (struct number_job *)job;

	return store_number_raise(sql, j->name, j->delta, &j->found);
}

static void
number_finish(struct store *store, struct store_job *job, int result)
{
	struct number_job *j = (struct number_job *)job;

	if (result == 0)
		*j->value = j->found;
	j->done(j->arg, result);
	free(j);
}

void
store_number_add(struct store *store, const char *name, int64_t delta, int64_t *value,
	store_result_fn done, void *arg)
{
	struct number_job *j = calloc(1, sizeof(*j));

	if (!j) {
		done(arg, -ENOMEM);
		return;
	}
	j->job.run = number_run;
	j->job.finish = number_finish;
	snprintf(j->name, sizeof(j->name), "n.%s", name); // apart from the store's own
	j->delta = delta;
	j->value = value;
	j->done = done;
	j->arg = arg;
	store_job_submit(store, &j->job);
}
