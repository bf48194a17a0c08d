// SPDX-License-Identifier: BSD-3-Clause
#include "hss/store_private.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>

int
store_request_put(struct store_tx *tx, const struct store_request *r)
{
	if (tx->n_requests == TX_REQUESTS_MAX)
		return -ENOSPC;
	tx->requests[tx->n_requests++] = *r;
	return 0;
}

static struct sql_stmt *
put_bound(struct sql *sql, const struct store_request *r)
{
	char host[HOST_SIZE], realm[HOST_SIZE], via[HOST_SIZE];

	text_copy_clean(host, sizeof(host), r->host);
	text_copy_clean(realm, sizeof(realm), r->realm);
	text_copy_clean(via, sizeof(via), r->via);
	return sql_bound(sql, SQL_REQUEST_PUT, "itttttii", (int64_t)r->command, r->imsi, host,
		realm, via, r->args, r->created_ms, r->due_ms);
}

int
store_requests_write(struct store_tx *tx)
{
	int err = 0;

	for (unsigned i = 0; err >= 0 && i < tx->n_requests; i++)
		err = sql_later(put_bound(tx->sql, &tx->requests[i]));
	return err < 0 ? err : 0;
}

static void
request_decode(struct sql_stmt *st, struct store_request *r)
{
	r->id = sql_get_int(st, 0);
	r->command = (uint32_t)sql_get_int(st, 1);
	text_copy(r->imsi, sizeof(r->imsi), sql_get_text(st, 2));
	text_copy(r->host, sizeof(r->host), sql_get_text(st, 3));
	text_copy(r->realm, sizeof(r->realm), sql_get_text(st, 4));
	text_copy(r->via, sizeof(r->via), sql_get_text(st, 5));
	text_copy(r->args, sizeof(r->args), sql_get_text(st, 6));
	r->created_ms = sql_get_int(st, 7);
	r->due_ms = sql_get_int(st, 8);
	r->attempts = (uint32_t)sql_get_int(st, 9);
	text_copy(r->why, sizeof(r->why), sql_get_text(st, 10));
}

// One job for all of it: what differs is run.
struct request_job {
	struct store_job job;         // first
	struct store_request request; // of put; .id, .due_ms and .why of the others
	int64_t now_ms;
	int64_t until_ms;
	unsigned max;
	unsigned n;
	struct store_request *rows;
	store_request_fn row;
	store_result_fn done;
	void *arg;
};

static void
request_finish(struct store *store, struct store_job *job, int result)
{
	struct request_job *j = (struct request_job *)job;

	for (unsigned i = 0; result == 0 && i < j->n; i++)
		j->row(j->arg, &j->rows[i]);
	if (j->done)
		j->done(j->arg, result);
	free(j->rows);
	free(j);
}

static struct request_job *
job_new(int (*run)(struct store *, struct sql *, struct store_job *), store_result_fn done,
	void *arg)
{
	struct request_job *j = calloc(1, sizeof(*j));

	if (!j) {
		if (done)
			done(arg, -ENOMEM);
		return NULL;
	}
	j->job.run = run;
	j->job.finish = request_finish;
	j->done = done;
	j->arg = arg;
	return j;
}

static int
rows_take(struct request_job *j, struct sql_stmt *st)
{
	int more = 0;

	j->n = 0;
	if (!j->rows)
		j->rows = calloc(j->max, sizeof(*j->rows));
	if (!j->rows)
		more = -ENOMEM;
	while (more >= 0 && (more = sql_step(st)) == 1)
		if (j->n < j->max)
			request_decode(st, &j->rows[j->n++]);
	sql_finish(st);
	return more;
}

static int
by_id(const void *a, const void *b)
{
	const struct store_request *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int
claim_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct request_job *j = (struct request_job *)job;
	int err = rows_take(j,
		sql_bound(sql, SQL_REQUESTS_CLAIM, "iii", j->until_ms, j->now_ms, (int64_t)j->max));

	if (err == 0)
		qsort(j->rows, j->n, sizeof(j->rows[0]), by_id);
	return err;
}

void
store_requests_claim(struct store *store, int64_t now_ms, uint32_t lease_ms, unsigned max,
	store_request_fn row, store_result_fn done, void *arg)
{
	struct request_job *j = job_new(claim_run, done, arg);

	if (!j)
		return;
	j->row = row;
	j->max = max;
	j->now_ms = now_ms;
	j->until_ms = now_ms + lease_ms;
	store_job_submit(store, &j->job);
}

static int
list_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct request_job *j = (struct request_job *)job;

	return rows_take(j,
		sql_bound(sql, SQL_REQUESTS_LIST, "iti", j->request.id, j->request.imsi,
			(int64_t)j->max));
}

void
store_requests_list(struct store *store, const char *imsi, int64_t after_id, unsigned max,
	store_request_fn row, store_result_fn done, void *arg)
{
	struct request_job *j = job_new(list_run, done, arg);

	if (!j)
		return;
	text_copy(j->request.imsi, sizeof(j->request.imsi), imsi);
	j->request.id = after_id;
	j->row = row;
	j->max = max;
	store_read_submit(store, &j->job);
}

static int
del_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct request_job *j = (struct request_job *)job;
	int n = sql_exec(sql_bound(sql, SQL_REQUEST_DEL, "i", j->request.id));

	return n < 0 ? n : n == 0 ? -ENOENT : 0;
}

void
store_request_del(struct store *store, int64_t id, store_result_fn done, void *arg)
{
	struct request_job *j = job_new(del_run, done, arg);

	if (!j)
		return;
	j->request.id = id;
	store_job_submit(store, &j->job);
}

static int
retry_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct request_job *j = (struct request_job *)job;
	int n = sql_exec(sql_bound(
		sql, SQL_REQUEST_RETRY, "iti", j->request.due_ms, j->request.why, j->request.id));

	return n < 0 ? n : n == 0 ? -ENOENT : 0;
}

void
store_request_retry(struct store *store, int64_t id, int64_t due_ms, const char *why,
	store_result_fn done, void *arg)
{
	struct request_job *j = job_new(retry_run, done, arg);

	if (!j)
		return;
	j->request.id = id;
	j->request.due_ms = due_ms;
	text_copy(j->request.why, sizeof(j->request.why), why);
	store_job_submit(store, &j->job);
}

static int
add_run(struct store *store, struct sql *sql, struct store_job *job)
{
	int n = sql_exec(put_bound(sql, &((struct request_job *)job)->request));

	return n < 0 ? n : 0;
}

void
store_request_add(
	struct store *store, const struct store_request *r, store_result_fn done, void *arg)
{
	struct request_job *j = job_new(add_run, done, arg);

	if (!j)
		return;
	j->request = *r;
	store_job_submit(store, &j->job);
}
