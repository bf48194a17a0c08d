// SPDX-License-Identifier: BSD-3-Clause
// Durable SEQs. row_cache.h says how a process may use them ahead of their rows; where other processes
// use the same rows (PostgreSQL), every SEQ is written in the transaction that takes it.
#include "hss/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// More SIMs than this aren't written at the end; their SEQs jump by a block at the next start.
#define CLOSE_FLUSH_MAX 100000

// The number meta.seq_block is what this process may use ahead; the next one begins beyond it.
int
store_seq_open(struct store *store)
{
	struct sql *sql = store->sql;
	int64_t base, block;
	int err;

	if (sql->engine->is_shared)
		return store_number(sql, "seq_base", &store->base);
	err = sql->engine->begin(sql);
	if (err == 0)
		err = store_number(sql, "seq_base", &base);
	if (err == 0)
		err = store_number(sql, "seq_block", &block);
	if (err == 0)
		err = store_number_put(sql, "seq_base", base + block);
	if (err == 0)
		err = store_number_put(sql, "seq_block", store->config.seq_block);
	if (err == 0)
		err = sql->engine->commit(sql);
	if (err != 0)
		sql->engine->rollback(sql);
	else
		store->base = base + block;
	return err;
}

void
store_seq_start(const struct store *store, int64_t row_seq, int64_t row_base, struct sqn *sqn)
{
	sqn->seq =
		(uint64_t)row_seq + (uint64_t)(store->base > row_base ? store->base - row_base : 0);
}

// The first time that this process reads a row, its SEQs begin where those of earlier ones can't have
// been; after that, what is in memory counts.
int
store_seq_load(struct store *store, struct row_entry *e, struct row *row)
{
	if (e->limit != 0) {
		row_entry_read_sqn(e, &row->s.sqn);
		return 0;
	}
	e->limit = row->s.sqn.seq + store->config.seq_block;
	return row_entry_write_sqn(e, &row->s.sqn);
}

static int
seq_put(struct store *store, int64_t key, const struct sqn *sqn)
{
	uint8_t nodes[SQN_INDS * 4];
	struct sql_stmt *st = sql_start(store->sql, SQL_PUT_SEQ);

	sql_bind_int(st, (int64_t)sqn->seq);
	sql_bind_int(st, store->base);
	sql_bind_blob(st, nodes, nodes_encode(sqn, nodes));
	sql_bind_int(st, key);
	return sql_later(st);
}

static int
confirm_later(struct store *store, const struct row_entry *e, bool is_deleted)
{
	struct seq_confirm *c;

	if (store->n_confirms == store->confirms_room) {
		size_t room = store->confirms_room ? 2 * store->confirms_room : 1024;
		struct seq_confirm *bigger = calloc(room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		for (size_t i = 0; i < store->n_confirms; i++)
			bigger[i] =
				store->confirms[(store->confirms_head + i) % store->confirms_room];
		free(store->confirms);
		store->confirms = bigger;
		store->confirms_head = 0;
		store->confirms_room = room;
	}
	c = &store->confirms[(store->confirms_head + store->n_confirms++) % store->confirms_room];
	*c = (struct seq_confirm){ .key = e->key,
		.seq = e->seq,
		.commit = store->commits + 1,
		.turn = e->turn,
		.is_deleted = is_deleted };
	return 0;
}

static bool
is_same_nodes(const struct sqn *a, const struct sqn *b)
{
	uint64_t in_a = 0, in_b = 0;

	// The order changes with every use; what counts is who has which IND.
	if (a->n_nodes != b->n_nodes)
		return false;
	for (unsigned i = 0; i < a->n_nodes; i++) {
		in_a += (uint64_t)a->nodes[i].tag << SQN_IND_BITS | a->nodes[i].ind;
		in_b += (uint64_t)b->nodes[i].tag << SQN_IND_BITS | b->nodes[i].ind;
	}
	return in_a == in_b;
}

// The row is written now, and until that is durable every further SEQ writes it again.
static int
write_through(struct store *store, struct row_entry *e, const struct sqn *sqn, bool is_back)
{
	int err = row_entry_write_sqn(e, sqn);

	if (is_back)
		e->turn++;
	if (is_back || sqn->seq > e->limit)
		e->limit = sqn->seq;
	e->is_ahead = true;
	if (err == 0)
		err = seq_put(store, e->key, sqn);
	if (err == 0)
		err = confirm_later(store, e, false);
	return err < 0 ? err : 1;
}

int
store_seq_store(struct store_tx *tx, const struct row *before, const struct row *after)
{
	const struct sqn *old = &before->s.sqn, *new = &after->s.sqn;
	struct store *store = tx->store;
	struct row_entry *e;

	if (old->seq == new->seq && is_same_nodes(old, new))
		return 0;
	if (store->sql->engine->is_shared) {
		int err = seq_put(store, after->key, new);

		return err < 0 ? err : 1;
	}
	e = row_cache_find(&store->cache, after->key);
	if (!e)
		return -ENOMEM;
	if (new->seq < old->seq || new->seq > e->limit)
		return write_through(store, e, new, new->seq < old->seq);
	if (e->limit - new->seq < store->config.seq_block / 2 || !is_same_nodes(old, new))
		row_cache_queue(&store->cache, e);
	e->is_ahead = true;
	return row_entry_write_sqn(e, new);
}

int
store_seq_forget(struct store *store, int64_t key)
{
	struct row_entry *e = row_cache_find(&store->cache, key);

	return e ? confirm_later(store, e, true) : 0;
}

// Commits up to store_sync_done are durable: what they wrote allows the next block.
void
store_seq_confirm(struct store *store)
{
	uint64_t done;

	if (store->n_confirms == 0)
		return;
	done = store_sync_done(store);
	while (store->n_confirms > 0) {
		const struct seq_confirm *c = &store->confirms[store->confirms_head];
		struct row_entry *e;

		if (c->commit > done)
			return;
		e = row_cache_find(&store->cache, c->key);
		if (e && c->is_deleted)
			row_cache_del(&store->cache, c->key);
		else if (e && e->turn == c->turn && e->limit < c->seq + store->config.seq_block)
			e->limit = c->seq + store->config.seq_block;
		if (e && !c->is_deleted && e->seq == c->seq)
			e->is_ahead = false;
		store->confirms_head = (store->confirms_head + 1) % store->confirms_room;
		store->n_confirms--;
	}
}

// The open transaction was rolled back: what it wrote never becomes durable.
void
store_seq_undo(struct store *store)
{
	while (store->n_confirms > 0) {
		size_t last = (store->confirms_head + store->n_confirms - 1) % store->confirms_room;

		if (store->confirms[last].commit <= store->commits)
			return;
		store->n_confirms--;
	}
}

int
store_seq_flush(struct store *store, unsigned max)
{
	unsigned n = 0;
	int64_t key;

	while (n < max && row_cache_next(&store->cache, &key)) {
		struct row_entry *e = row_cache_find(&store->cache, key);
		struct sqn sqn;
		int err;

		if (!e)
			continue;
		row_entry_read_sqn(e, &sqn);
		err = seq_put(store, key, &sqn);
		if (err == 0)
			err = confirm_later(store, e, false);
		if (err < 0)
			return err;
		n++;
	}
	return (int)n;
}

// 1 if all rows that are behind are queued.
static int
queue_all(struct store *store)
{
	size_t n = 0;

	for (size_t i = 0; i < store->cache.n_slots; i++)
		if (store->cache.slots[i].key != 0 && store->cache.slots[i].is_ahead) {
			if (++n > CLOSE_FLUSH_MAX)
				return 0;
			row_cache_queue(&store->cache, &store->cache.slots[i]);
		}
	return 1;
}

// If all rows are up to date, the next process needn't jump.
void
store_seq_close(struct store *store)
{
	struct sql *sql = store->sql;

	store_seq_confirm(store);
	if (!sql->engine->is_shared && queue_all(store)) {
		int err = sql->engine->begin(sql);

		if (err == 0)
			err = store_seq_flush(store, UINT32_MAX);
		if (err >= 0)
			err = store_number_put(sql, "seq_block", 0);
		if (err >= 0)
			err = sql->engine->commit(sql);
		if (err < 0)
			sql->engine->rollback(sql);
	}
}

// ---- After restoring a backup

struct advance_job {
	struct store_job job; // first
	uint32_t steps;
	store_result_fn done;
	void *arg;
};

// Every row is ahead by the new base at once. What is in memory goes ahead too, and is written before
// it goes on.
static int
advance_run(struct store *store, struct sql *sql, struct store_job *job)
{
	int64_t by = (int64_t)((struct advance_job *)job)->steps * store->config.seq_block;
	int64_t base = 0;
	int err = sql->engine->begin(sql);

	if (err == 0)
		err = store_number_raise(sql, "seq_base", by, &base);
	if (err == 0)
		err = sql->engine->commit(sql);
	if (err != 0) {
		sql->engine->rollback(sql);
		return err;
	}
	store->base = base;
	for (size_t i = 0; i < store->cache.n_slots; i++)
		if (store->cache.slots[i].key != 0) {
			store->cache.slots[i].seq += (uint64_t)by;
			store->cache.slots[i].limit = store->cache.slots[i].seq;
			store->cache.slots[i].turn++;
			store->cache.slots[i].is_ahead = true;
		}
	return 0;
}

static void
advance_finish(struct store *store, struct store_job *job, int result)
{
	struct advance_job *j = (struct advance_job *)job;

	j->done(j->arg, result);
	free(j);
}

void
store_seq_advance(struct store *store, uint32_t steps, store_result_fn done, void *arg)
{
	struct advance_job *j = calloc(1, sizeof(*j));

	if (!j) {
		done(arg, -ENOMEM);
		return;
	}
	j->job.run = advance_run;
	j->job.finish = advance_finish;
	j->job.is_alone = true;
	j->steps = steps;
	j->done = done;
	j->arg = arg;
	store_job_submit(store, &j->job);
}
