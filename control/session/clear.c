// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/clear.h"

#include "config/log.h"
#include "control/session/delete_bearer.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define STEP_MS 20
#define SLOTS_A_STEP 50000  // looked at
#define SESSIONS_A_STEP 200 // that end
#define OUTGOING_MAX 4096   // Delete Bearer Requests without an answer at once
#define JOBS_MAX 64

static void on_timer(evutil_socket_t fd, short what, void *arg);

int
clear_open(struct pgw *pgw)
{
	STAILQ_INIT(&pgw->clear.jobs);
	pgw->clear.timer = evtimer_new(pgw->base, on_timer, pgw);
	return pgw->clear.timer ? 0 : -ENOMEM;
}

static void
drop_first_job(struct pgw *pgw)
{
	struct clear_job *job = STAILQ_FIRST(&pgw->clear.jobs);

	STAILQ_REMOVE_HEAD(&pgw->clear.jobs, next);
	pgw->clear.n_jobs--;
	free(job);
}

void
clear_close(struct pgw *pgw)
{
	while (pgw->clear.n_jobs > 0)
		drop_first_job(pgw);
	if (pgw->clear.timer)
		event_free(pgw->clear.timer);
}

static void
run_soon(struct pgw *pgw)
{
	struct timeval tv = { .tv_usec = STEP_MS * 1000 };

	if (!evtimer_pending(pgw->clear.timer, NULL))
		evtimer_add(pgw->clear.timer, &tv);
}

static bool
is_meant(const struct clear_filter *f, const struct session *s)
{
	if (s->state != SESSION_ACTIVE || s->flags & SESSION_CLEARING)
		return false;
	if (f->has_apn && s->apn != f->apn)
		return false;
	return !f->has_sgw || gtpc_addr_equal(&f->sgw, &s->sgw_addr);
}

uint32_t
clear_count(const struct pgw *pgw, const struct clear_filter *filter)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < session_table_top(pgw->sessions); i++) {
		const struct session *s = session_at(pgw->sessions, i);

		n += s && is_meant(filter, s);
	}
	return n;
}

int
clear_begin(struct pgw *pgw, const struct clear_filter *filter, uint8_t cause)
{
	struct clear_job *job;

	if (pgw->clear.n_jobs == JOBS_MAX)
		return -EBUSY;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->filter = *filter;
	job->cause = cause;
	STAILQ_INSERT_TAIL(&pgw->clear.jobs, job, next);
	pgw->clear.n_jobs++;
	run_soon(pgw);
	return 0;
}

static bool
has_room(const struct pgw *pgw)
{
	return xact_usage(gtpc_node_xact(pgw->node)).n_outgoing < OUTGOING_MAX;
}

// A step of the first job. What can't be sent is tried again at the next step.
static void
run_job(struct pgw *pgw, struct clear_job *job)
{
	uint32_t top = session_table_top(pgw->sessions), ended = 0;

	for (uint32_t seen = 0; seen < SLOTS_A_STEP && job->slot < top; seen++, job->slot++) {
		struct session *s = session_at(pgw->sessions, job->slot);

		if (!s || !is_meant(&job->filter, s))
			continue;
		// An SGW that is overloaded isn't given all at once: its session's turn comes again.
		if (ended == SESSIONS_A_STEP || !has_room(pgw) ||
			!load_permits(s->sgw, pgw_now_ms()) ||
			delete_bearer_begin(pgw, s, SESSION_END_CLEARED, job->cause) < 0)
			return;
		ended++;
		job->n++;
		pgw->counters.sessions_cleared++;
	}
	if (job->slot < top)
		return;
	log_notice("%u sessions cleared", job->n);
	drop_first_job(pgw);
}

// The SGW has lost its sessions of before: no word to it, they end here. True if there are more.
static bool
run_sgw(struct pgw *pgw, struct sgw *sgw)
{
	struct gtpc_addr addr = sgw->addr;

	for (int i = 0; i < SESSIONS_A_STEP; i++) {
		struct session *s = session_at(pgw->sessions, sgw->first);

		if (s->sgw_epoch == sgw->epoch) {
			sgw->is_clearing = false;
			return false;
		}
		pgw->counters.sessions_lost_peer++;
		session_close(pgw, s, (enum session_end)sgw->end, GTPC_CAUSE_REQUEST_REJECTED);
		if (sgw_find(pgw->sessions, &addr) != sgw)
			return false; // that was its last one
	}
	return true;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pgw *pgw = arg;
	struct sgw *sgw = sgw_next(pgw->sessions, NULL), *next;
	bool is_more = false;

	for (; sgw; sgw = next) {
		next = sgw_next(pgw->sessions, sgw);
		if (sgw->is_clearing)
			is_more |= run_sgw(pgw, sgw);
	}
	if (pgw->clear.n_jobs > 0)
		run_job(pgw, STAILQ_FIRST(&pgw->clear.jobs));
	if (is_more || pgw->clear.n_jobs > 0)
		run_soon(pgw);
}

static void
end_all_of(struct pgw *pgw, struct sgw *sgw, enum session_end end)
{
	sgw->epoch++;
	sgw->is_clearing = true;
	sgw->end = (uint8_t)end;
	sgw->clear_at_ms = 0;
	run_soon(pgw);
}

void
clear_peer_restarted(struct pgw *pgw, const struct peer *peer)
{
	struct sgw *sgw = sgw_find(pgw->sessions, &peer->addr);
	char text[GTPC_ADDR_TEXT_MAX];

	log_notice("peer %s restarted: its %u sessions end", gtpc_addr_text(&peer->addr, text),
		sgw ? sgw->n_sessions : 0);
	if (sgw)
		end_all_of(pgw, sgw, SESSION_END_PEER_RESTARTED);
}

void
clear_path_down(struct pgw *pgw, const struct peer *peer)
{
	struct sgw *sgw = sgw_find(pgw->sessions, &peer->addr);
	const struct ctl_peer *policy = peer->rule->policy;
	char text[GTPC_ADDR_TEXT_MAX];

	log_warning("peer %s doesn't answer: path down, %u sessions",
		gtpc_addr_text(&peer->addr, text), sgw ? sgw->n_sessions : 0);
	if (sgw && policy && policy->path_down == CTL_PATH_DOWN_CLEAR)
		sgw->clear_at_ms = pgw_now_ms() + policy->clear_after_s * 1000ULL;
}

void
clear_path_up(struct pgw *pgw, const struct peer *peer)
{
	struct sgw *sgw = sgw_find(pgw->sessions, &peer->addr);
	char text[GTPC_ADDR_TEXT_MAX];

	log_notice("peer %s answers again: path up", gtpc_addr_text(&peer->addr, text));
	if (sgw)
		sgw->clear_at_ms = 0;
}

void
clear_tick(struct pgw *pgw, uint64_t now_ms)
{
	for (struct sgw *sgw = sgw_next(pgw->sessions, NULL); sgw;
		sgw = sgw_next(pgw->sessions, sgw))
		if (sgw->clear_at_ms && now_ms >= sgw->clear_at_ms)
			end_all_of(pgw, sgw, SESSION_END_PATH_DOWN);
}
