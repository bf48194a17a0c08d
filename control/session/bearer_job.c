// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/bearer_job.h"

#include "control/session/pgw.h"
#include "control/session/session_store.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

static const struct bearer_command no_command;

struct session *
bearer_job_session(const struct bearer_job *j)
{
	struct session *s = session_of(j->pgw->sessions, j->slot, j->generation);

	return s && s->state != SESSION_CLOSING ? s : NULL;
}

struct dedicated *
bearer_job_bearer(const struct bearer_job *j, unsigned int i)
{
	struct dedicated *b =
		bearer_of(j->pgw->bearers, j->bearer[i].slot, j->bearer[i].generation);

	return b && b->state != BEARER_LEAVING ? b : NULL;
}

struct bearer_job *
bearer_job_new(struct pgw *pgw, struct session *s, enum job_kind kind,
	const struct bearer_command *command)
{
	struct bearer_job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->pgw = pgw;
	j->slot = s->slot;
	j->generation = s->generation;
	j->kind = (uint8_t)kind;
	j->state = JOB_WAITS;
	j->began_ms = pgw_now_ms();
	j->command = command ? *command : no_command;
	LIST_INSERT_HEAD(&pgw->bearer_jobs, j, link);
	LIST_INSERT_HEAD(&s->bearer_jobs, j, of_session);
	j->has_session = true;
	return j;
}

void
bearer_job_name(struct bearer_job *j, struct dedicated *b)
{
	b->flags |= BEARER_BUSY;
	j->bearer[j->n].slot = b->slot;
	j->bearer[j->n].ebi = b->is.ebi;
	j->bearer[j->n++].generation = b->generation;
}

void
bearer_job_set_due(struct bearer_job *j)
{
	j->state = JOB_DUE;
	j->is_made = false;
	TAILQ_INSERT_TAIL(&j->pgw->bearer_jobs_due, j, due);
	turn_schedule(j->pgw);
}

void
bearer_job_set_state(struct bearer_job *j, enum job_state state)
{
	if (j->state == JOB_DUE)
		TAILQ_REMOVE(&j->pgw->bearer_jobs_due, j, due);
	j->state = (uint8_t)state;
}

static void
on_guard(evutil_socket_t fd, short what, void *arg)
{
	bearer_job_set_due(arg);
}

bool
bearer_job_wait(struct bearer_job *j, unsigned int seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	if (!j->guard)
		j->guard = evtimer_new(j->pgw->base, on_guard, j);
	bearer_job_set_state(j, JOB_WAITS);
	return j->guard && evtimer_add(j->guard, &tv) == 0;
}

int
bearer_job_set_bytes(struct bearer_job *j, const uint8_t *bytes, size_t n)
{
	free(j->bytes);
	j->bytes = n > 0 ? malloc(n) : NULL;
	j->n_bytes = 0;
	if (n == 0)
		return 0;
	if (!j->bytes)
		return -ENOMEM;
	memcpy(j->bytes, bytes, n);
	j->n_bytes = (uint16_t)n;
	return 0;
}

// One with a row stays until that is deleted.
void
bearer_job_free(struct bearer_job *j)
{
	for (unsigned int i = 0; i < j->n; i++) {
		struct dedicated *b = bearer_job_bearer(j, i);

		if (b)
			b->flags &= (uint8_t)~BEARER_BUSY;
	}
	bearer_job_set_state(j, JOB_SENT);
	LIST_REMOVE(j, link);
	if (j->has_session)
		LIST_REMOVE(j, of_session);
	if (j->guard)
		event_free(j->guard);
	free(j->bytes);
	if (j->row == 0) {
		free(j);
		return;
	}
	LIST_INSERT_HEAD(&j->pgw->bearer_jobs_ended, j, link);
	turn_schedule(j->pgw);
}

static void
free_ended(struct pgw *pgw)
{
	struct bearer_job *j;

	while ((j = LIST_FIRST(&pgw->bearer_jobs_ended)) != NULL) {
		LIST_REMOVE(j, link);
		free(j);
	}
}

void
bearer_jobs_close(struct pgw *pgw)
{
	while (!LIST_EMPTY(&pgw->bearer_jobs))
		bearer_job_free(LIST_FIRST(&pgw->bearer_jobs));
	free_ended(pgw);
}

// ---- Rows.

// Then come the octets. A change of layout is another STORE_VERSION.
struct request_record {
	struct gtpc_path path;
	struct session_sgw asked;
	uint32_t session, session_generation;
	uint8_t kind, end, n;
	bool has_pti;
	uint8_t pti;
	uint16_t n_bytes;
	struct {
		uint32_t slot, generation;
		uint8_t ebi;
	} bearer[DP_DEDICATED_MAX];
	struct bearer_change change;
};

static void
to_record(const struct bearer_job *j, struct request_record *r)
{
	memset(r, 0, sizeof(*r));
	r->path = j->path;
	r->asked = j->asked;
	r->session = j->slot;
	r->session_generation = j->generation;
	r->kind = j->kind;
	r->end = j->end;
	r->n = j->n;
	r->has_pti = j->command.has_pti;
	r->pti = j->command.pti;
	r->n_bytes = j->n_bytes;
	for (unsigned int i = 0; i < j->n; i++) {
		r->bearer[i].slot = j->bearer[i].slot;
		r->bearer[i].generation = j->bearer[i].generation;
		r->bearer[i].ebi = j->bearer[i].ebi;
	}
	r->change = j->change;
}

static void
put_row(struct pgw *pgw, struct bearer_job *j)
{
	struct request_record *r = malloc(sizeof(*r) + j->n_bytes);
	struct store_key key;

	if (!r) {
		j->err = -ENOMEM;
		return;
	}
	to_record(j, r);
	memcpy((uint8_t *)r + sizeof(*r), j->bytes, j->n_bytes);
	if (j->row == 0)
		j->row = ++pgw->bearer_job_row;
	key = store_u64_key(j->row);
	store_put(pgw->store, STORE_REQUESTS, &key, r, sizeof(*r) + j->n_bytes);
	free(r);
	if (j->command.xact)
		session_store_reply(
			pgw, j->command.xact, &j->path, j->bytes, j->n_bytes, &j->reply_number);
}

void
bearer_jobs_store(struct pgw *pgw)
{
	struct bearer_job *j;

	TAILQ_FOREACH (j, &pgw->bearer_jobs_due, due)
		if (j->is_made && j->err == 0)
			put_row(pgw, j);
	LIST_FOREACH (j, &pgw->bearer_jobs_ended, link) {
		struct store_key key = store_u64_key(j->row);

		store_del(pgw->store, STORE_REQUESTS, &key);
	}
}

void
bearer_jobs_stored(struct pgw *pgw)
{
	free_ended(pgw);
}

// ---- Loading.

struct loading {
	struct pgw *pgw;
	const char *fault;
};

static bool
read_record(struct request_record *r, const void *value, size_t n)
{
	if (n < sizeof(*r))
		return false;
	memcpy(r, value, sizeof(*r));
	return n == sizeof(*r) + r->n_bytes && r->n <= DP_DEDICATED_MAX && r->kind <= JOB_DELETE &&
		r->change.tft.n_filters <= TFT_FILTERS_MAX;
}

// Nobody waits for it any more: only its row is to go.
static int
drop_row(struct pgw *pgw, uint64_t row)
{
	struct bearer_job *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->pgw = pgw;
	j->row = row;
	LIST_INSERT_HEAD(&pgw->bearer_jobs_ended, j, link);
	turn_schedule(pgw);
	return 0;
}

static int
restore(struct pgw *pgw, struct session *s, const struct request_record *r, const uint8_t *bytes,
	uint64_t row)
{
	struct bearer_job *j = bearer_job_new(pgw, s, (enum job_kind)r->kind, NULL);

	if (!j)
		return -ENOMEM;
	j->row = row;
	j->path = r->path;
	j->asked = r->asked;
	j->end = r->end;
	j->command.has_pti = r->has_pti;
	j->command.pti = r->pti;
	j->change = r->change;
	j->version = s->wanted; // its replay
	j->is_repeat = true;
	for (; j->n < r->n; j->n++) {
		struct dedicated *b =
			bearer_of(pgw->bearers, r->bearer[j->n].slot, r->bearer[j->n].generation);

		j->bearer[j->n].slot = r->bearer[j->n].slot;
		j->bearer[j->n].generation = r->bearer[j->n].generation;
		j->bearer[j->n].ebi = r->bearer[j->n].ebi;
		if (b)
			b->flags |= BEARER_BUSY;
	}
	return bearer_job_set_bytes(j, bytes, r->n_bytes);
}

static int
load_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct loading *l = ctx;
	struct pgw *pgw = l->pgw;
	const uint8_t *k = key;
	struct request_record r;
	struct session *s;
	uint64_t row = 0;

	l->fault = "a row of a request that is under way is damaged";
	if (key_n != sizeof(uint64_t) || !read_record(&r, value, n))
		return -EINVAL;
	for (size_t i = 0; i < key_n; i++)
		row = row << 8 | k[i];
	if (row > pgw->bearer_job_row)
		pgw->bearer_job_row = row;
	s = session_of(pgw->sessions, r.session, r.session_generation);
	if (!s || s->state != SESSION_ACTIVE)
		return drop_row(pgw, row);
	return restore(pgw, s, &r, (const uint8_t *)value + sizeof(r), row);
}

int
bearer_jobs_load(struct pgw *pgw, const char **fault)
{
	struct loading l = { .pgw = pgw };
	int ret = store_read(pgw->store, STORE_REQUESTS, load_row, &l);

	if (ret < 0)
		*fault = l.fault;
	return ret;
}
