// SPDX-License-Identifier: BSD-3-Clause
// What reads many rows: on the reading thread, a page at a time, so that no snapshot is held for long.
#include "hss/store_private.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGE 128

struct list_job {
	struct store_job job; // first
	struct store_filter filter;
	int64_t profile_id; // 0 = all
	unsigned n_found;
	bool is_ended;
	struct row *page;
	store_row_fn row;
	store_result_fn done;
	void *arg;
};

static bool
is_wanted(const struct store_filter *f, const struct subscriber *s)
{
	return (!f->iccid[0] || strcmp(f->iccid, s->iccid) == 0) &&
		(!f->msisdn[0] || strcmp(f->msisdn, s->msisdn) == 0) &&
		(!f->node[0] ||
			(s->registration.node &&
				strcasecmp(s->registration.node->host, f->node) == 0));
}

// Rows with keys in (after, before), a page of them into j->page. Their number; *last is the key of the
// last one that was looked at.
static int
page_read(struct store *store, struct sql *sql, struct list_job *j, int64_t after, int64_t before,
	int64_t *last, bool *is_more)
{
	struct sql_stmt *st = sql_bound(sql, SQL_LIST, "iiiiiiii", after, before,
		(int64_t)j->filter.state, j->profile_id, (int64_t)store->first_hidden,
		(int64_t)store->last_hidden, (int64_t)j->filter.registered, (int64_t)PAGE);
	unsigned seen = 0;
	int more, n = 0;

	while ((more = sql_step(st)) == 1) {
		seen++;
		*last = sql_get_int(st, ROW_KEY_COLUMN);
		if (row_decode(store, sql, st, STORE_LOCATION, &j->page[n]) == 0)
			n++;
	}
	sql_finish(st);
	*is_more = seen == PAGE;
	return more < 0 ? more : n;
}

static int
range_list(struct store *store, struct sql *sql, struct list_job *j, int64_t after, int64_t before)
{
	bool is_more = true;

	while (is_more && !j->is_ended) {
		int n = page_read(store, sql, j, after, before, &after, &is_more);

		if (n < 0)
			return n;
		for (int i = 0; i < n; i++) {
			if (!j->is_ended && is_wanted(&j->filter, &j->page[i].s)) {
				j->n_found++;
				j->is_ended = !j->row(j->arg, &j->page[i].s) ||
					j->n_found == j->filter.max;
			}
			row_free(&j->page[i]);
		}
	}
	return 0;
}

// The key of the one SIM that an ICCID or MSISDN names: its IMSIs as ranges of one.
static int
keys_list(struct store *store, struct sql *sql, struct list_job *j, struct sql_stmt *st,
	int64_t after)
{
	int64_t keys[SIM_IMSIS_MAX];
	int more, n = 0, err = 0;

	while ((more = sql_step(st)) == 1 && n < SIM_IMSIS_MAX)
		keys[n++] = sql_get_int(st, 0);
	sql_finish(st);
	for (int i = 0; i < n && err == 0; i++)
		if (keys[i] > after)
			err = range_list(store, sql, j, keys[i] - 1, keys[i] + 1);
	return more < 0 ? more : err;
}

// All IMSIs that begin so, shorter ones first: that is the order of keys.
static int
prefix_list(struct store *store, struct sql *sql, struct list_job *j, int64_t after)
{
	int64_t low = 1, high;
	size_t n = strlen(j->filter.imsi_prefix);
	int err = 0;

	for (const char *c = j->filter.imsi_prefix; *c; c++)
		low = 10 * low + (*c - '0');
	high = low + 1;
	for (; n < IMSI_SIZE && err == 0; n++, low *= 10, high *= 10)
		if (high > after)
			err = range_list(store, sql, j, low - 1 > after ? low - 1 : after, high);
	return err;
}

static int
list_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct list_job *j = (struct list_job *)job;
	const struct store_filter *f = &j->filter;
	int64_t after = imsi_key(f->after_imsi);

	if (strspn(f->imsi_prefix, "0123456789") != strlen(f->imsi_prefix))
		return -EINVAL;
	j->page = calloc(PAGE, sizeof(*j->page));
	if (!j->page)
		return -ENOMEM;
	if (f->iccid[0])
		return keys_list(
			store, sql, j, sql_bound(sql, SQL_KEYS_BY_ICCID, "t", f->iccid), after);
	if (f->msisdn[0])
		return keys_list(
			store, sql, j, sql_bound(sql, SQL_KEYS_BY_MSISDN, "t", f->msisdn), after);
	if (f->imsi_prefix[0])
		return prefix_list(store, sql, j, after);
	return range_list(store, sql, j, after, INT64_MAX);
}

static void
list_finish(struct store *store, struct store_job *job, int result)
{
	struct list_job *j = (struct list_job *)job;

	j->done(j->arg, result);
	free(j->page);
	free(j);
}

void
store_list(struct store *store, const struct store_filter *filter, store_row_fn row,
	store_result_fn done, void *arg)
{
	struct list_job *j = calloc(1, sizeof(*j));
	const struct profile *p = NULL;

	if (j && filter->profile[0]) {
		p = store_profile_find(store, filter->profile);
		j->profile_id = p ? (int64_t)p->id : -1;
		profile_give(p);
	}
	if (!j || j->profile_id < 0) {
		done(arg, j ? -ENOENT : -ENOMEM);
		free(j);
		return;
	}
	j->job.run = list_run;
	j->job.finish = list_finish;
	j->filter = *filter;
	j->row = row;
	j->done = done;
	j->arg = arg;
	store_read_submit(store, &j->job);
}

// ---- Nodes

struct nodes_job {
	struct store_job job; // first
	store_node_fn row;
	store_result_fn done;
	void *arg;
};

static int
nodes_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct nodes_job *j = (struct nodes_job *)job;
	struct sql_stmt *st = sql_start(sql, SQL_NODE_COUNTS);
	int more;

	while ((more = sql_step(st)) == 1) {
		const struct serving_node *n = store_node_by_id(store, sql, sql_get_int(st, 0));

		if (n)
			j->row(j->arg, n, (uint64_t)sql_get_int(st, 1));
	}
	sql_finish(st);
	return more;
}

static void
nodes_finish(struct store *store, struct store_job *job, int result)
{
	struct nodes_job *j = (struct nodes_job *)job;

	j->done(j->arg, result);
	free(j);
}

void
store_nodes_list(struct store *store, store_node_fn row, store_result_fn done, void *arg)
{
	struct nodes_job *j = calloc(1, sizeof(*j));

	if (!j) {
		done(arg, -ENOMEM);
		return;
	}
	j->job.run = nodes_run;
	j->job.finish = nodes_finish;
	j->row = row;
	j->done = done;
	j->arg = arg;
	store_read_submit(store, &j->job);
}

// ---- History

struct history_line {
	int64_t key;
	size_t place; // in the rings: later ones are newer
	struct history_entry entry;
};

struct history_job {
	struct store_job job; // first
	int64_t key;
	struct history_line *lines;
	size_t n;
	store_history_fn row;
	store_result_fn done;
	void *arg;
};

static int
newest_first(const void *a, const void *b)
{
	const struct history_line *x = a, *y = b;

	if (x->entry.at_s != y->entry.at_s)
		return x->entry.at_s > y->entry.at_s ? -1 : 1;
	return x->place > y->place ? -1 : x->place < y->place;
}

static void
ring_lines(struct history_job *j, int64_t key, const uint8_t *blob, size_t len)
{
	size_t offset = 0;

	while (j->n < SIM_IMSIS_MAX * HISTORY_MAX &&
		history_next(blob, len, &offset, &j->lines[j->n].entry) == 0) {
		j->lines[j->n].key = key;
		j->lines[j->n].place = j->n;
		j->n++;
	}
}

static int
rings_read(struct sql *sql, struct history_job *j, const int64_t *keys, int n)
{
	for (int i = 0; i < n; i++) {
		struct sql_stmt *st = sql_bound(sql, SQL_GET_HISTORY, "i", keys[i]);
		int more = sql_step(st);

		if (more == 1) {
			size_t len;
			const void *blob = sql_get_blob(st, 0, &len);

			ring_lines(j, keys[i], blob, len);
		}
		sql_finish(st);
		if (more < 0)
			return more;
	}
	return 0;
}

// On the store thread, which has the entries that aren't written yet.
static int
history_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct history_job *j = (struct history_job *)job;
	struct sql_stmt *st;
	int64_t keys[SIM_IMSIS_MAX];
	int more = store_history_flush(store, UINT32_MAX), n = 0;

	if (more < 0)
		return more;
	st = sql_bound(sql, SQL_KEYS_BY_KEY, "i", j->key);
	while ((more = sql_step(st)) == 1 && n < SIM_IMSIS_MAX)
		keys[n++] = sql_get_int(st, 0);
	sql_finish(st);
	if (more < 0 || n == 0)
		return more < 0 ? more : -ENOENT;
	if (!j->lines)
		j->lines = calloc(SIM_IMSIS_MAX * HISTORY_MAX, sizeof(*j->lines));
	if (!j->lines)
		return -ENOMEM;
	j->n = 0;
	more = rings_read(sql, j, keys, n);
	qsort(j->lines, j->n, sizeof(j->lines[0]), newest_first);
	return more;
}

static void
history_finish(struct store *store, struct store_job *job, int result)
{
	struct history_job *j = (struct history_job *)job;
	char imsi[IMSI_SIZE];

	for (size_t i = 0; result == 0 && i < j->n; i++) {
		imsi_of_key(j->lines[i].key, imsi);
		j->row(j->arg, imsi, &j->lines[i].entry);
	}
	j->done(j->arg, result);
	free(j->lines);
	free(j);
}

void
store_history_list(struct store *store, const char *imsi, store_history_fn row,
	store_result_fn done, void *arg)
{
	struct history_job *j = calloc(1, sizeof(*j));

	if (!j) {
		done(arg, -ENOMEM);
		return;
	}
	j->job.run = history_run;
	j->job.finish = history_finish;
	j->key = imsi_key(imsi);
	j->row = row;
	j->done = done;
	j->arg = arg;
	store_job_submit(store, &j->job);
}

// ---- Counts

struct count_job {
	struct store_job job; // first
	struct store_counts counts;
	store_counts_fn done;
	void *arg;
};

static int
single(struct sql_stmt *st, uint64_t *value)
{
	int more = sql_step(st);

	if (more == 1)
		*value = (uint64_t)sql_get_int(st, 0);
	sql_finish(st);
	return more < 0 ? more : 0;
}

// GROUP BY results: value, count. add(counts, value, count) for each.
static int
grouped(struct sql_stmt *st, struct store_counts *counts,
	void (*add)(struct store_counts *counts, int64_t value, uint64_t n))
{
	int more;

	while ((more = sql_step(st)) == 1)
		add(counts, sql_get_int(st, 0), (uint64_t)sql_get_int(st, 1));
	sql_finish(st);
	return more;
}

static void
add_state(struct store_counts *counts, int64_t state, uint64_t n)
{
	counts->sims += n;
	if (state >= 0 && state <= SIM_INACTIVE)
		counts->by_state[state] += n;
}

static void
add_location(struct store_counts *counts, int64_t is_purged, uint64_t n)
{
	if (is_purged)
		counts->purged += n;
	else
		counts->registered += n;
}

static int
count_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct store_counts *c = &((struct count_job *)job)->counts;
	int64_t first = store->first_hidden, last = store->last_hidden;
	int err = grouped(sql_bound(sql, SQL_COUNT_STATES, "ii", first, last), c, add_state);

	if (err == 0)
		err = single(sql_bound(sql, SQL_COUNT_IMSIS, "ii", first, last), &c->imsis);
	if (err == 0)
		err = grouped(sql_start(sql, SQL_COUNT_LOCATIONS), c, add_location);
	if (err == 0)
		err = single(sql_start(sql, SQL_COUNT_REQUESTS), &c->requests);
	return err;
}

static void
count_finish(struct store *store, struct store_job *job, int result)
{
	struct count_job *j = (struct count_job *)job;

	j->done(j->arg, result, &j->counts);
	free(j);
}

void
store_count(struct store *store, store_counts_fn done, void *arg)
{
	struct count_job *j = calloc(1, sizeof(*j));

	if (!j) {
		done(arg, -ENOMEM, NULL);
		return;
	}
	j->job.run = count_run;
	j->job.finish = count_finish;
	j->done = done;
	j->arg = arg;
	store_read_submit(store, &j->job);
}
