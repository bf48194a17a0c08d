// SPDX-License-Identifier: BSD-3-Clause
// Delete Session Request: TS 29.274 7.2.9.1 and 7.2.10.1. It takes precedence over whatever else is
// under way for the session.
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

static int
make_answer(struct pgw *pgw, struct procedure *p, const struct gtpc_rx *rx, const struct session *s)
{
	struct gtpc_message answer;

	gtpc_message_init(&answer, GTPC_MSG_DELETE_SESSION_RSP, s->sgw_teid, p->sequence);
	answer.delete_session_rsp.cause.value = GTPC_CAUSE_ACCEPTED;
	load_tell(pgw, &s->serving_network, &answer);
	return procedure_set_answer(pgw, p, rx->peer, &answer);
}

void
delete_session_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct delete_session_req *req = &message->delete_session_req;
	struct pgw *pgw = user;
	struct session *s = request_session(pgw, rx, message);
	struct procedure *p;

	if (!s)
		return;
	if (req->has_sender && !request_is_from_its_sgw(s, &req->sender)) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_INVALID_PEER, req->sender.teid);
		return;
	}
	if (req->has_lbi && req->lbi != s->bearer.ebi) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_CONTEXT_NOT_FOUND, s->sgw_teid);
		return;
	}
	p = procedure_new(pgw, rx, message);
	if (!p || make_answer(pgw, p, rx, s) < 0) {
		if (p)
			procedure_free(pgw, p);
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_NO_RESOURCES, s->sgw_teid);
		return;
	}
	load_heard(pgw, s->sgw, &s->serving_network,
		req->has_sgw_overload ? &req->sgw_overload : NULL);
	pgw->counters.sessions_deleted++;
	procedure_wait(pgw, p, s); // first, since the session may be gone after the next line
	session_close(pgw, s, SESSION_END_DELETED, GTPC_CAUSE_CONTEXT_NOT_FOUND);
}
