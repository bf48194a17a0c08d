// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/turn.h"

#include "config/log.h"
#include "control/session/bearer_job.h"
#include "control/session/pgw.h"
#include "control/session/session_store.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 200

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	turn_finish(arg);
}

int
turn_open(struct pgw *pgw)
{
	struct turn *t = &pgw->turn;

	TAILQ_INIT(&t->answers);
	t->end = event_new(pgw->base, -1, 0, on_end, pgw);
	t->retry = evtimer_new(pgw->base, on_end, pgw);
	return t->end && t->retry ? 0 : -ENOMEM;
}

void
turn_close(struct pgw *pgw)
{
	struct turn *t = &pgw->turn;
	struct procedure *p;

	while ((p = TAILQ_FIRST(&t->answers)) != NULL) {
		TAILQ_REMOVE(&t->answers, p, by_age);
		free(p);
	}
	if (t->end)
		event_free(t->end);
	if (t->retry)
		event_free(t->retry);
	free(t->dirty);
}

bool
turn_can_store(const struct pgw *pgw)
{
	return !pgw->turn.is_failing;
}

// The event is put behind those that are active already: they belong to the same turn.
void
turn_schedule(struct pgw *pgw)
{
	if (pgw->turn.is_scheduled)
		return;
	pgw->turn.is_scheduled = true;
	event_active(pgw->turn.end, 0, 0);
}

void
turn_answer(struct pgw *pgw, struct procedure *p)
{
	TAILQ_INSERT_TAIL(&pgw->turn.answers, p, by_age);
	pgw->turn.n_answers++;
	turn_schedule(pgw);
}

bool
turn_note(struct pgw *pgw, uint32_t number)
{
	struct turn *t = &pgw->turn;
	uint32_t *grown;

	if (t->n_dirty == t->dirty_room) {
		uint32_t room = t->dirty_room ? 2 * t->dirty_room : 1024;

		grown = realloc(t->dirty, room * sizeof(*grown));
		if (!grown) {
			log_limited(LOG_LEVEL_ERROR, 1, "no memory to note a changed session");
			return false;
		}
		t->dirty = grown;
		t->dirty_room = room;
	}
	t->dirty[t->n_dirty++] = number;
	turn_schedule(pgw);
	return true;
}

void
turn_touch(struct pgw *pgw, struct session *s)
{
	if (!(s->flags & SESSION_DIRTY) && turn_note(pgw, s->slot))
		s->flags |= SESSION_DIRTY;
}

static bool
is_kept(const struct procedure *p)
{
	return gtpc_cause_is_accepted(p->cause);
}

static int
store_turn(struct pgw *pgw)
{
	struct turn *t = &pgw->turn;
	struct procedure *p;

	bearer_requests_make(pgw);
	for (uint32_t i = 0; i < t->n_dirty; i++)
		session_store_write(pgw, t->dirty[i]);
	bearer_jobs_store(pgw);
	records_store(pgw);
	TAILQ_FOREACH (p, &t->answers, by_age) {
		if (is_kept(p))
			session_store_answer(pgw, p);
	}
	if (t->n_dirty || t->n_answers)
		session_store_expire_answers(pgw, pgw_now_ms());
	return store_commit(pgw->store);
}

static void
send_answers(struct pgw *pgw)
{
	struct turn *t = &pgw->turn;
	uint64_t now_ms = pgw_now_ms();
	struct procedure *p;

	while ((p = TAILQ_FIRST(&t->answers)) != NULL) {
		TAILQ_REMOVE(&t->answers, p, by_age);
		t->n_answers--;
		pgw_count_answer(pgw, p->request, p->cause);
		if (!bearer_request_rides(pgw, p, now_ms))
			gtpc_node_send_answer(pgw->node, p->xact, p->answer, p->n, now_ms);
		procedure_free(pgw, p);
	}
}

static void
store_failed(struct pgw *pgw, int ret)
{
	struct timeval again = { .tv_usec = RETRY_MS * 1000 };

	if (!pgw->turn.is_failing)
		log_error("the session store takes nothing: %s; new sessions are refused, answers "
			  "wait",
			strerror(-ret));
	pgw->turn.is_failing = true;
	pgw->counters.store_failures++;
	evtimer_add(pgw->turn.retry, &again);
}

void
turn_finish(struct pgw *pgw)
{
	struct turn *t = &pgw->turn;
	int ret;

	t->is_scheduled = false;
	ret = store_turn(pgw);
	if (ret < 0) {
		store_failed(pgw, ret);
	} else {
		if (t->is_failing)
			log_notice("the session store works again");
		t->is_failing = false;
		session_store_written(pgw, t->dirty, t->n_dirty);
		t->n_dirty = 0;
		bearer_jobs_stored(pgw);
		records_written(pgw);
		send_answers(pgw);
		bearer_requests_send(pgw);
	}
	if (pgw->io.flush)
		pgw->io.flush(pgw->io.user);
	pgw_arm_node_timer(pgw);
}
