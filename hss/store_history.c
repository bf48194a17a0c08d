// SPDX-License-Identifier: BSD-3-Clause
#include "hss/store_private.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Entries that wait to be written; when it's full, more are forgotten: what fills it is a flood of
// refusals, and those repeat.
#define LATE_MAX 4096

void
store_history(struct store_tx *tx, const struct history_entry *entry)
{
	struct history_entry *e;

	if (tx->n_history == TX_HISTORY_MAX)
		return;
	e = &tx->history[tx->n_history++];
	*e = *entry;
	text_copy(e->text, sizeof(e->text), entry->text);
	if (e->at_s == 0)
		e->at_s = time(NULL);
}

static void
add(struct store *store, struct row *row, const struct history_entry *entry)
{
	row->history_len = history_add(row->history, row->history_len, sizeof(row->history),
		store->config.history_max, entry);
}

static int
ring_read(struct sql *sql, struct row *row)
{
	struct sql_stmt *st = sql_bound(sql, SQL_GET_HISTORY, "i", row->key);
	int more = sql_step(st);

	row->history_len = 0;
	if (more == 1) {
		size_t len;
		const void *blob = sql_get_blob(st, 0, &len);

		if (len <= sizeof(row->history) && len > 0) {
			memcpy(row->history, blob, len);
			row->history_len = len;
		}
	}
	sql_finish(st);
	return more < 0 ? more : 0;
}

int
store_history_write(struct store_tx *tx, struct row *row)
{
	int err = 0;

	if (tx->n_history > 0 && !(tx->parts & STORE_LOCATION))
		err = ring_read(tx->sql, row);
	for (unsigned i = 0; err == 0 && i < tx->n_history; i++)
		add(tx->store, row, &tx->history[i]);
	return err;
}

void
store_history_late(struct store_tx *tx)
{
	struct store *store = tx->store;

	for (unsigned i = 0; i < tx->n_history && store->n_late < LATE_MAX; i++) {
		struct late_history *late = &store->late[store->n_late++];

		late->key = tx->row->key;
		late->entry = tx->history[i];
	}
}

static int
flush_one(struct store *store, struct row *row, const struct late_history *late)
{
	int err;

	row->key = late->key;
	err = ring_read(store->sql, row);
	if (err != 0)
		return err;
	add(store, row, &late->entry);
	return sql_later(sql_bound(
		store->sql, SQL_PUT_HISTORY, "bi", row->history, row->history_len, row->key));
}

// Entries of SIMs that are gone meanwhile leave nothing: the statement asks for the IMSI.
int
store_history_flush(struct store *store, unsigned max)
{
	size_t n = store->n_late < max ? store->n_late : max;

	for (size_t i = 0; i < n; i++) {
		int err = flush_one(store, &store->rows[0], &store->late[i]);

		if (err < 0)
			return err;
	}
	store->n_late -= n;
	memmove(store->late, store->late + n, store->n_late * sizeof(store->late[0]));
	return (int)n;
}

int
store_history_open(struct store *store)
{
	store->late = calloc(LATE_MAX, sizeof(*store->late));
	return store->late ? 0 : -ENOMEM;
}
