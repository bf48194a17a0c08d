// SPDX-License-Identifier: BSD-3-Clause
// Group commit: what has come in meanwhile runs in one transaction. If that fails, each operation runs
// again in one of its own, so that only the guilty one fails.
#include "config/log.h"
#include "hss/store_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 10
#define FLUSH_MAX 256
#define FLUSH_BUSY_MAX 16 // while operations come in

struct outcome {
	int result;
	bool is_written; // waits for the commit
	bool is_broken;  // the transaction can't go on
};

void
list_push(struct list *list, struct store_op *op)
{
	op->next = NULL;
	if (list->tail)
		list->tail->next = op;
	else
		list->head = op;
	list->tail = op;
}

struct store_op *
list_pop(struct list *list)
{
	struct store_op *op = list->head;

	if (op) {
		list->head = op->next;
		if (!list->head)
			list->tail = NULL;
	}
	return op;
}

static bool
is_alone(const struct store_op *op)
{
	return op->kind == OP_JOB && ((const struct store_job *)op)->is_alone;
}

// One IMSI, one statement to read it: those that a server can read many of at once.
static bool
is_simple(const struct store_op *op)
{
	return op->kind == OP_CHANGE && op->by == STORE_BY_IMSI;
}

// The new profile, if change named another one.
static int
profile_follow(struct store *store, struct row *row)
{
	const struct profile *p;

	if (row->s.profile_id == row->profile->id) {
		row->s.profile = row->profile;
		return 0;
	}
	p = store_profile_by_id(store, row->s.profile_id);
	if (!p)
		return -ENOENT;
	profile_give(row->profile);
	row->s.profile = row->profile = p;
	return 0;
}

static struct outcome
change_row(struct store *store, struct store_op *op, unsigned parts, struct row *row)
{
	struct row *before = &store->rows[BATCH_MAX];
	struct store_tx *tx = &store->tx;
	int err;

	tx->store = store;
	tx->sql = store->sql;
	tx->row = row;
	tx->parts = parts;
	tx->n_requests = 0;
	tx->n_history = 0;
	row_copy(before, row);
	err = op->change ? op->change(tx, &row->s, op->arg) : 0;
	if (err >= 0)
		err = profile_follow(store, row);
	if (err < 0) {
		row_copy(row, before); // for another operation of the group that is on it
		return (struct outcome){ .result = err };
	}
	err = row_store(tx, before, row);
	if (err < 0)
		return (struct outcome){ .result = err, .is_broken = true };
	return (struct outcome){ .is_written = err == 1 };
}

static struct outcome
change_key(struct store *store, struct store_op *op, int64_t key, struct row *row)
{
	int err = row_load(store, store->sql, key, op->parts, row);

	if (err == -ENOENT)
		return (struct outcome){ .result = err };
	if (err != 0)
		return (struct outcome){ .result = err, .is_broken = true };
	return change_row(store, op, op->parts, row);
}

// The keys of all IMSIs of the SIM that op names. Their number, -ENOENT, or an error.
static int
sim_keys(struct store *store, const struct store_op *op, int64_t keys[SIM_IMSIS_MAX], int64_t *sim)
{
	struct sql_stmt *st;
	int more, n = 0;

	if (op->by == STORE_SIM_BY_ICCID)
		st = sql_bound(store->sql, SQL_KEYS_BY_ICCID, "t", op->key);
	else if (op->by == STORE_SIM_BY_MSISDN)
		st = sql_bound(store->sql, SQL_KEYS_BY_MSISDN, "t", op->key);
	else
		st = sql_bound(store->sql, SQL_KEYS_BY_KEY, "i", imsi_key(op->key));
	while ((more = sql_step(st)) == 1 && n < SIM_IMSIS_MAX) {
		keys[n++] = sql_get_int(st, 0);
		*sim = sql_get_int(st, 1);
	}
	sql_finish(st);
	if (more < 0)
		return more;
	return n == 0 || is_hidden(store, *sim) ? -ENOENT : n;
}

static int
rows_delete(struct store *store, const int64_t *keys, int n, int64_t sim)
{
	int err = 0;

	for (int i = 0; err >= 0 && i < n; i++) {
		err = rows_forget(store, keys[i]);
		if (err >= 0)
			err = sql_exec(sql_bound(store->sql, SQL_LOCATION_DEL, "i", keys[i]));
		if (err >= 0)
			err = sql_exec(sql_bound(store->sql, SQL_IMSI_DEL, "i", keys[i]));
		if (err >= 0)
			err = store_seq_forget(store, keys[i]);
	}
	if (err >= 0 && sim != 0)
		err = sql_exec(sql_bound(store->sql, SQL_SIM_DEL, "i", sim));
	return err < 0 ? err : 0;
}

static struct outcome
change_sim(struct store *store, struct store_op *op, struct row *row)
{
	int64_t keys[SIM_IMSIS_MAX], sim;
	int n = sim_keys(store, op, keys, &sim);
	struct outcome all = { .result = n < 0 ? n : 0, .is_broken = n < 0 && n != -ENOENT };

	for (int i = 0; i < n && all.result == 0; i++) {
		struct outcome one;

		if (i > 0)
			row_free(row);
		one = change_key(store, op, keys[i], row);
		all.result = one.result;
		all.is_written |= one.is_written;
		all.is_broken = one.is_broken;
	}
	if (all.result == 0 && op->kind == OP_SIM_DEL) {
		all.result = rows_delete(store, keys, n, sim);
		all.is_broken = all.result < 0;
		all.is_written = true;
	}
	return all;
}

static struct outcome
delete_imsi(struct store *store, struct store_op *op, struct row *row)
{
	int64_t keys[SIM_IMSIS_MAX], key = imsi_key(op->key), sim;
	struct store_op whole = { .by = STORE_SIM_BY_IMSI };
	struct outcome o;
	int n;

	memcpy(whole.key, op->key, sizeof(whole.key));
	n = sim_keys(store, &whole, keys, &sim);
	if (n == 1)
		return (struct outcome){ .result = -EBUSY };
	if (n < 0)
		return (struct outcome){ .result = n, .is_broken = n != -ENOENT };
	o = change_key(store, op, key, row);
	if (o.result == 0) {
		o.result = rows_delete(store, &key, 1, 0);
		o.is_broken = o.result < 0;
		o.is_written = true;
	}
	return o;
}

static struct outcome
job_run(struct store *store, struct store_op *op)
{
	struct store_job *job = (struct store_job *)op;
	int err = job->run(store, store->sql, job);

	return (struct outcome){ .result = err, .is_written = err == 0 };
}

// What ends the transaction, as opposed to what an operation decided.
static bool
is_fatal(int err)
{
	return err == -EAGAIN || err == -EIO || err == -ENOTCONN || err == -ENOMEM;
}

// Operations of several statements, undone alone if they fail.
static struct outcome
compound_run(struct store *store, struct store_op *op, struct row *row)
{
	const struct sql_engine *engine = store->sql->engine;
	size_t n_confirms = store->n_confirms;
	struct outcome o;

	if (engine->run(store->sql, "SAVEPOINT compound") != 0)
		return (struct outcome){ .result = -EIO, .is_broken = true };
	if (op->kind == OP_JOB)
		o = job_run(store, op);
	else if (op->kind == OP_IMSI_DEL)
		o = delete_imsi(store, op, row);
	else
		o = change_sim(store, op, row);
	o.is_broken = is_fatal(o.result);
	if (o.is_broken)
		return o;
	if (o.result != 0) {
		o.is_broken = engine->run(store->sql, "ROLLBACK TO compound") != 0;
		rows_undo(store);
		store->n_confirms = n_confirms;
	}
	if (o.is_broken || engine->run(store->sql, "RELEASE compound") != 0)
		return (struct outcome){ .result = -EIO, .is_broken = true };
	return o;
}

static struct outcome
op_run(struct store *store, struct store_op *op, struct row *row, bool is_loaded)
{
	if (!is_simple(op))
		return compound_run(store, op, row);
	return is_loaded ? change_row(store, op, STORE_LOCATION, row)
			 : change_key(store, op, imsi_key(op->key), row);
}

// ---- Waiting for the commit

static void
waiters_free(struct waiter *w)
{
	while (w) {
		struct waiter *next = w->next;

		if (w->s)
			profile_give(w->s->profile);
		free(w->s);
		free(w);
		w = next;
	}
}

static int
waiter_add(struct store *store, struct store_op *op, const struct row *row)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->op = op;
	if (op->kind != OP_JOB) {
		w->s = malloc(sizeof(*w->s));
		if (!w->s) {
			free(w);
			return -ENOMEM;
		}
		subscriber_copy(w->s, &row->s);
		profile_take(w->s->profile);
	}
	*store->waiters_end = w;
	store->waiters_end = &w->next;
	return 0;
}

void
store_waiters_finish(struct store *store, struct waiter *waiters, int result)
{
	for (struct waiter *w = waiters; w; w = w->next)
		store_op_finish(store, w->op, result, w->s);
	waiters_free(waiters);
}

static int
group_begin(struct store *store)
{
	store->waiters = NULL;
	store->waiters_end = &store->waiters;
	store->n_loaded = 0;
	return store->sql->engine->begin(store->sql);
}

static void
group_undo(struct store *store)
{
	store->sql->engine->rollback(store->sql);
	store_seq_undo(store);
	rows_undo(store);
	store_nodes_stored(store, false);
	waiters_free(store->waiters);
	store->waiters = NULL;
}

static int
group_commit(struct store *store)
{
	struct waiter *waiters = store->waiters;
	int err = store->sql->engine->commit(store->sql);

	if (err != 0)
		return err;
	store->waiters = NULL;
	store_nodes_stored(store, true);
	store->commits++;
	if (store->sync)
		store_sync_commit(store, waiters);
	else
		store_waiters_finish(store, waiters, 0);
	return 0;
}

// ---- A group

// Runs op in the open transaction. False: that is broken.
static bool
group_add(struct store *store, struct store_op *op, struct row *row, bool is_loaded, int *why)
{
	struct outcome o;

	if (!is_loaded)
		row->profile = NULL;
	o = op_run(store, op, row, is_loaded);
	if (o.result == 0 && o.is_written) {
		o.result = waiter_add(store, op, row);
		o.is_broken = o.result != 0;
	} else if (!o.is_broken) {
		store_op_finish(store, op, o.result, row->profile ? &row->s : NULL);
	}
	if (!is_loaded)
		row_free(row);
	*why = o.result;
	return !o.is_broken;
}

// The result of an operation as its caller sees it.
static int
result_of(int err)
{
	return err == -EAGAIN || err == -ENOTCONN || err == -ENOSPC ? -EIO : err;
}

static void
run_alone(struct store *store, struct store_op *op)
{
	int err = -EAGAIN;

	for (unsigned i = 0; i < TRIES_MAX && err == -EAGAIN; i++) {
		bool is_finished = false;

		err = group_begin(store);
		if (err != 0)
			break;
		if (group_add(store, op, &store->rows[0], false, &err)) {
			is_finished = store->waiters == NULL;
			err = group_commit(store);
			if (err == 0)
				return;
		}
		group_undo(store);
		if (is_finished)
			return;
	}
	store_op_finish(store, op, result_of(err), NULL);
}

// Where the operations of a group find their rows.
struct slots {
	unsigned of[BATCH_MAX]; // in store->rows; operations on one IMSI share one
	bool is_found[BATCH_MAX];
	bool is_later
		[BATCH_MAX]; // another IMSI of a SIM that is in the group: it must see the change
};

static void
slots_assign(struct store *store, struct store_op *ops[], unsigned n, struct slots *slots,
	char *keys, size_t size)
{
	size_t at = (size_t)snprintf(keys, size, "{");

	for (unsigned i = 0; i < n; i++) {
		int64_t key = imsi_key(ops[i]->key);
		unsigned j = 0;

		slots->is_found[i] = slots->is_later[i] = false;
		store->rows[i].key = key;
		store->rows[i].profile = NULL;
		while (store->rows[j].key != key)
			j++;
		slots->of[i] = j;
		if (j == i)
			at += (size_t)snprintf(
				keys + at, size - at, "%s%lld", i > 0 ? "," : "", (long long)key);
	}
	snprintf(keys + at, size - at, "}");
}

static bool
is_sim_among(const struct store *store, const struct slots *slots, unsigned n, int64_t sim_id)
{
	for (unsigned i = 0; i < n; i++)
		if (slots->is_found[i] && store->rows[i].s.sim_id == sim_id)
			return true;
	return false;
}

// Reads the rows of all at once, which locks them.
static int
prefetch(struct store *store, struct store_op *ops[], unsigned n, struct slots *slots)
{
	char keys[BATCH_MAX * 20 + 4];
	struct sql_stmt *st;
	int more;

	slots_assign(store, ops, n, slots, keys, sizeof(keys));
	st = sql_bound(store->sql, SQL_ROWS_LOCATION, "t", keys);
	while ((more = sql_step(st)) == 1) {
		int64_t key = sql_get_int(st, ROW_KEY_COLUMN);
		struct row *row = store->rows;

		while (row < store->rows + n && row->key != key)
			row++;
		if (row == store->rows + n ||
			row_decode(store, store->sql, st, STORE_LOCATION, row) != 0)
			continue;
		slots->is_later[row - store->rows] = is_sim_among(store, slots, n, row->s.sim_id);
		slots->is_found[row - store->rows] = true;
	}
	sql_finish(st);
	return more;
}

static void
rows_free(struct store *store, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		row_free(&store->rows[i]);
}

// As far as that goes; *at is the first one that wasn't run.
static int
fetched_run(struct store *store, struct store_op *ops[], unsigned n, unsigned *at)
{
	struct slots slots;
	int err = prefetch(store, ops, n, &slots);

	for (; err == 0 && *at < n; (*at)++) {
		struct store_op *op = ops[*at];
		unsigned slot = slots.of[*at];
		int why;

		if (slots.is_later[slot])
			list_push(&store->deferred, op);
		else if (!slots.is_found[slot])
			store_op_finish(store, op, -ENOENT, NULL);
		else if (!group_add(store, op, &store->rows[slot], true, &why))
			err = why;
		if (err != 0)
			break;
	}
	rows_free(store, n);
	return err;
}

static int
group_fill(struct store *store, struct store_op *ops[], unsigned n, unsigned *at)
{
	int err = 0;

	if (store->sql->engine->is_shared) {
		err = store_shared_refresh(store, store->sql);
		if (err == 0 && is_simple(ops[0]))
			return fetched_run(store, ops, n, at);
	}
	for (; err == 0 && *at < n; (*at)++) {
		int why;

		if (!group_add(store, ops[*at], &store->rows[0], false, &why)) {
			err = why;
			break;
		}
	}
	return err;
}

static void
group_run(struct store *store, struct store_op *ops[], unsigned n)
{
	struct store_op *again[BATCH_MAX];
	unsigned at = 0, n_again = 0;
	int err = group_begin(store);

	if (err == 0) {
		err = group_fill(store, ops, n, &at);
		for (struct waiter *w = store->waiters; w; w = w->next)
			again[n_again++] = w->op;
		if (err == 0)
			err = group_commit(store);
		if (err == 0)
			return;
		group_undo(store);
	}
	if (err == -ENOTCONN) { // no use to try again
		for (unsigned i = 0; i < n_again; i++)
			store_op_finish(store, again[i], -EIO, NULL);
		for (; at < n; at++)
			store_op_finish(store, ops[at], -EIO, NULL);
		return;
	}
	for (unsigned i = 0; i < n_again; i++)
		run_alone(store, again[i]);
	for (; at < n; at++)
		run_alone(store, ops[at]);
}

static void
alone_run(struct store *store, struct store_op *op)
{
	struct store_job *job = (struct store_job *)op;
	int err = job->run(store, store->sql, job);

	// Its own commits count too; waiting for nobody's durability but theirs.
	store->commits++;
	if (err == 0 && store->sync) {
		store->waiters = NULL;
		store->waiters_end = &store->waiters;
		if (waiter_add(store, op, NULL) == 0) {
			store_sync_commit(store, store->waiters);
			return;
		}
	}
	store_op_finish(store, op, err, NULL);
}

void
store_batch(struct store *store, struct list *list)
{
	while (list->head) {
		struct store_op *ops[BATCH_MAX];
		unsigned n = 0;
		bool is_shared = store->sql->engine->is_shared;

		if (is_alone(list->head)) {
			alone_run(store, list_pop(list));
			continue;
		}
		do
			ops[n++] = list_pop(list);
		while (list->head && n < BATCH_MAX && !is_alone(list->head) &&
			(!is_shared || (is_simple(ops[0]) && is_simple(list->head))));
		store_seq_confirm(store);
		group_run(store, ops, n);
		if (store->deferred.head) {
			store->deferred.tail->next = list->head;
			list->head = store->deferred.head;
			list->tail = list->tail ? list->tail : store->deferred.tail;
			store->deferred = (struct list){ NULL, NULL };
		}
	}
}

// What can wait: rows behind their SEQs, history, the remains of an import.
void
store_idle(struct store *store, bool is_idle)
{
	unsigned max = is_idle ? FLUSH_MAX : FLUSH_BUSY_MAX;
	int n, err;

	store_seq_confirm(store);
	if (store->cache.n_queue == 0 && store->n_late == 0)
		return;
	err = group_begin(store);
	if (err != 0)
		return;
	n = store_seq_flush(store, max);
	if (n >= 0)
		n = store_history_flush(store, max);
	if (n < 0 || group_commit(store) != 0) {
		log_limited(LOG_LEVEL_WARNING, 1, "database: what was to be written later failed");
		group_undo(store);
	}
}
