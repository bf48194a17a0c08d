// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/procedure.h"

#include "config/log.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <stdlib.h>

#define PATIENCE_MS 5000 // with a dataplane that doesn't answer

void
procedures_open(struct pgw *pgw)
{
	TAILQ_INIT(&pgw->procedures.waiting);
}

void
procedures_close(struct pgw *pgw)
{
	struct procedure *p;

	while ((p = TAILQ_FIRST(&pgw->procedures.waiting)) != NULL) {
		TAILQ_REMOVE(&pgw->procedures.waiting, p, by_age);
		free(p);
	}
	while ((p = pgw->procedures.spare) != NULL) {
		pgw->procedures.spare = p->next;
		free(p);
	}
}

struct procedure *
procedure_new(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request)
{
	struct procedure *p = pgw->procedures.spare;

	if (pgw->procedures.n_waiting + pgw->turn.n_answers >= pgw->config->procedures_max)
		return NULL;
	if (p)
		pgw->procedures.spare = p->next;
	else
		p = malloc(sizeof(*p));
	if (!p)
		return NULL;
	p->next = NULL;
	p->began_ms = rx->now_ms;
	p->xact = rx->xact;
	p->request = request->header.type;
	p->cause = GTPC_CAUSE_ACCEPTED;
	p->may_carry = false;
	p->peer_teid = 0;
	p->stored_as = 0;
	p->sequence = request->header.sequence;
	p->n = 0;
	return p;
}

void
procedure_free(struct pgw *pgw, struct procedure *p)
{
	p->next = pgw->procedures.spare;
	pgw->procedures.spare = p;
}

int
procedure_set_answer(
	struct pgw *pgw, struct procedure *p, struct peer *peer, struct gtpc_message *answer)
{
	ssize_t n = gtpc_node_encode_answer(
		pgw->node, p->xact, peer, answer, p->answer, sizeof(p->answer));

	if (n < 0)
		return (int)n;
	p->n = (uint16_t)n;
	p->peer_teid = answer->header.teid;
	return 0;
}

void
procedure_wait(struct pgw *pgw, struct procedure *p, struct session *s)
{
	p->slot = s->slot;
	p->version = s->wanted;
	p->next = s->procedures;
	s->procedures = p;
	TAILQ_INSERT_TAIL(&pgw->procedures.waiting, p, by_age);
	pgw->procedures.n_waiting++;
}

// Takes it off its session and off the list of those that wait.
static void
stop_waiting(struct pgw *pgw, struct session *s, struct procedure *p)
{
	struct procedure **link = &s->procedures;

	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	p->next = NULL;
	TAILQ_REMOVE(&pgw->procedures.waiting, p, by_age);
	pgw->procedures.n_waiting--;
}

static void
succeed(struct pgw *pgw, struct session *s, struct procedure *p)
{
	stop_waiting(pgw, s, p);
	if (p->request == GTPC_MSG_CREATE_SESSION_REQ) {
		session_set_state(pgw->sessions, s, SESSION_ACTIVE);
		pgw->counters.sessions_created++;
		record_touched(pgw, s); // now: it may end before the turn does
	}
	turn_touch(pgw, s);
	turn_answer(pgw, p);
}

static void
fail(struct pgw *pgw, struct session *s, struct procedure *p, uint8_t cause)
{
	struct gtpc_message m;

	stop_waiting(pgw, s, p);
	gtpc_message_init(&m, gtpc_message_find(p->request)->answer, p->peer_teid, p->sequence);
	gtpc_message_set_cause(&m, cause);
	p->cause = cause;
	if (procedure_set_answer(pgw, p, s->sgw ? s->sgw->peer : NULL, &m) < 0) {
		xact_drop(gtpc_node_xact(pgw->node), p->xact);
		procedure_free(pgw, p);
		return;
	}
	turn_answer(pgw, p);
}

void
procedures_done(struct pgw *pgw, struct session *s)
{
	struct procedure *p = s->procedures, *next;

	for (; p; p = next) {
		next = p->next;
		if (s->state == SESSION_CLOSING || (int16_t)(s->done - p->version) >= 0)
			succeed(pgw, s, p);
	}
}

void
procedures_fail(struct pgw *pgw, struct session *s, uint8_t cause)
{
	struct procedure *p = s->procedures, *next;

	for (; p; p = next) {
		next = p->next;
		if (p->request != GTPC_MSG_DELETE_SESSION_REQ)
			fail(pgw, s, p, cause);
	}
}

void
procedures_forget(struct pgw *pgw, struct session *s)
{
	while (s->procedures) {
		struct procedure *p = s->procedures;

		stop_waiting(pgw, s, p);
		xact_drop(gtpc_node_xact(pgw->node), p->xact);
		procedure_free(pgw, p);
	}
}

static void
expire(struct pgw *pgw, struct procedure *p)
{
	struct session *s = session_at(pgw->sessions, p->slot);

	pgw->counters.procedures_timed_out++;
	log_limited(LOG_LEVEL_WARNING, 1, "the dataplane doesn't answer for the session of IMSI %s",
		s->imsi);
	switch (p->request) {
	case GTPC_MSG_CREATE_SESSION_REQ:
		session_close(pgw, s, SESSION_END_DATAPLANE, GTPC_CAUSE_NO_RESOURCES);
		break;
	case GTPC_MSG_DELETE_SESSION_REQ:
		succeed(pgw, s, p); // it is gone for everyone but the dataplane
		break;
	default:
		fail(pgw, s, p, GTPC_CAUSE_SYSTEM_FAILURE);
	}
}

void
procedures_expire(struct pgw *pgw, uint64_t now_ms)
{
	struct procedure *p;

	while ((p = TAILQ_FIRST(&pgw->procedures.waiting)) != NULL &&
		now_ms - p->began_ms > PATIENCE_MS)
		expire(pgw, p);
}
