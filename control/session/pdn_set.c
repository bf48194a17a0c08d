// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/pdn_set.h"

#include "config/log.h"
#include "control/session/csid.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define STEP_MS 20
#define SLOTS_A_STEP 50000 // looked at
#define JOBS_MAX 64
#define SESSIONS_A_STEP 1000 // that end

static void on_timer(evutil_socket_t fd, short what, void *arg);

int
pdn_sets_open(struct pgw *pgw)
{
	STAILQ_INIT(&pgw->pdn_sets.jobs);
	pgw->pdn_sets.timer = evtimer_new(pgw->base, on_timer, pgw);
	return pgw->pdn_sets.timer ? 0 : -ENOMEM;
}

static void
drop_first(struct pgw *pgw)
{
	struct pdn_set_job *job = STAILQ_FIRST(&pgw->pdn_sets.jobs);

	STAILQ_REMOVE_HEAD(&pgw->pdn_sets.jobs, next);
	pgw->pdn_sets.n_jobs--;
	free(job);
}

void
pdn_sets_close(struct pgw *pgw)
{
	struct pdn_set_job *job;

	while (pgw->pdn_sets.timer && (job = STAILQ_FIRST(&pgw->pdn_sets.jobs)) != NULL) {
		procedure_free(pgw, job->procedure);
		drop_first(pgw);
	}
	if (pgw->pdn_sets.timer)
		event_free(pgw->pdn_sets.timer);
}

// ---- What a session belongs to.

static void
set_one(struct pgw *pgw, struct session *s, enum session_csid which, const struct gtpc_fq_csid *fq)
{
	struct csids *csids = session_csids(pgw->sessions);
	struct csid_name name;

	csid_give(csids, s->csid[which]);
	s->csid[which] = CSID_NONE;
	if (!fq || fq->n_csids == 0)
		return;
	name = csid_first(s->sgw->peer->rule, fq);
	s->csid[which] = csid_take(csids, &name);
}

void
session_set_csids(struct pgw *pgw, struct session *s, const struct gtpc_fq_csid *mme,
	const struct gtpc_fq_csid *sgw)
{
	if (mme)
		set_one(pgw, s, SESSION_CSID_MME, mme);
	if (sgw)
		set_one(pgw, s, SESSION_CSID_SGW, sgw);
}

bool
pdn_set_own(const struct pgw *pgw, const struct session *s, struct gtpc_fq_csid *fq)
{
	if (pgw->config->csid == 0 || s->csid[SESSION_CSID_SGW] == CSID_NONE)
		return false;
	*fq = (struct gtpc_fq_csid){
		.node = s->local_c, .n_csids = 1, .csids = { pgw->config->csid }
	};
	return true;
}

// ---- Delete PDN Connection Set Request.

static bool
is_failed(const struct pgw *pgw, const struct session *s)
{
	const struct csids *csids = session_csids(pgw->sessions);

	return s->state != SESSION_CLOSING &&
		(csid_has_failed(csids, s->csid[SESSION_CSID_MME]) ||
			csid_has_failed(csids, s->csid[SESSION_CSID_SGW]));
}

static void
run_soon(struct pgw *pgw, unsigned int ms)
{
	struct timeval tv = { .tv_usec = (suseconds_t)ms * 1000 };

	if (!evtimer_pending(pgw->pdn_sets.timer, NULL))
		evtimer_add(pgw->pdn_sets.timer, &tv);
}

// A step of the first job; its answer leaves with the store's transaction of its last sessions.
static void
run(struct pgw *pgw, struct pdn_set_job *job)
{
	uint32_t top = session_table_top(pgw->sessions), ended = 0;

	for (uint32_t seen = 0; seen < SLOTS_A_STEP && job->slot < top; seen++, job->slot++) {
		struct session *s = session_at(pgw->sessions, job->slot);

		if (!s || !is_failed(pgw, s))
			continue;
		if (ended++ == SESSIONS_A_STEP)
			return;
		job->n++;
		pgw->counters.sessions_lost_set++;
		session_close(pgw, s, SESSION_END_PARTIAL_FAILURE, GTPC_CAUSE_REQUEST_REJECTED);
	}
	if (job->slot < top)
		return;
	log_notice("a part of an MME or SGW failed: its %u sessions have ended", job->n);
	turn_answer(pgw, job->procedure);
	drop_first(pgw);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pgw *pgw = arg;

	run(pgw, STAILQ_FIRST(&pgw->pdn_sets.jobs));
	if (!STAILQ_EMPTY(&pgw->pdn_sets.jobs))
		run_soon(pgw, STEP_MS);
}

static unsigned int
fail_all(struct pgw *pgw, const struct peer_rule *rule, const struct gtpc_fq_csid *fqs,
	unsigned int n)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < n; i++)
		failed += csid_fail(session_csids(pgw->sessions), rule, &fqs[i]);
	return failed;
}

static struct pdn_set_job *
new_job(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	struct pdn_set_job *job;
	struct gtpc_message m;

	if (pgw->pdn_sets.n_jobs == JOBS_MAX)
		return NULL;
	job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->procedure = procedure_new(pgw, rx, message);
	gtpc_message_init(&m, GTPC_MSG_DELETE_PDN_SET_RSP, 0, 0);
	m.delete_pdn_set_rsp.cause.value = GTPC_CAUSE_ACCEPTED;
	if (job->procedure && procedure_set_answer(pgw, job->procedure, rx->peer, &m) == 0)
		return job;
	if (job->procedure)
		procedure_free(pgw, job->procedure);
	free(job);
	return NULL;
}

void
delete_pdn_set_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct delete_pdn_set_req *req = &message->delete_pdn_set_req;
	const struct peer_rule *rule = rx->peer->rule;
	struct pgw *pgw = user;
	struct pdn_set_job *job = new_job(pgw, rx, message);

	if (!job) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_NO_RESOURCES, 0);
		return;
	}
	// TS 29.274 7.9.2: accepted also where no session belongs to the sets
	if (fail_all(pgw, rule, req->mme_fq_csids, req->n_mme_fq_csids) +
			fail_all(pgw, rule, req->sgw_fq_csids, req->n_sgw_fq_csids) ==
		0) {
		turn_answer(pgw, job->procedure);
		free(job);
		return;
	}
	STAILQ_INSERT_TAIL(&pgw->pdn_sets.jobs, job, next);
	pgw->pdn_sets.n_jobs++;
	run_soon(pgw, 0);
}

// ---- Update PDN Connection Set Request: the SGW or MME has given the session to another part.

void
update_pdn_set_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct update_pdn_set_req *req = &message->update_pdn_set_req;
	struct pgw *pgw = user;
	struct session *s = request_session(pgw, rx, message);
	struct gtpc_message m;

	if (!s)
		return;
	session_set_csids(pgw, s, req->has_mme_fq_csid ? &req->mme_fq_csid : NULL,
		req->has_sgw_fq_csid ? &req->sgw_fq_csid : NULL);
	turn_touch(pgw, s);
	gtpc_message_init(&m, GTPC_MSG_UPDATE_PDN_SET_RSP, s->sgw_teid, 0);
	m.update_pdn_set_rsp.cause.value = GTPC_CAUSE_ACCEPTED;
	m.update_pdn_set_rsp.has_pgw_fq_csid =
		pdn_set_own(pgw, s, &m.update_pdn_set_rsp.pgw_fq_csid);
	request_answer(pgw, rx, message, &m, NULL);
}
