// SPDX-License-Identifier: BSD-3-Clause
// Modify Bearer Request: TS 29.274 7.2.7 and 7.2.8. The SGW tells news of the device, or is another
// one than before, and then the user plane moves.
#include "control/session/bearer_request.h"
#include "control/session/bearer_sync.h"
#include "control/session/dp_sync.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

#include <string.h>

struct modification {
	struct pgw *pgw;
	const struct gtpc_rx *rx;
	const struct gtpc_message *message;
	const struct modify_bearer_req *req;
	struct session *session;
	const struct bearer_to_modify *bearer;         // the default bearer's context, NULL: none
	struct dedicated *dedicated[GTPC_BEARERS_MAX]; // those of the other contexts, NULL: unknown
	struct gtpc_addr sgw_u;
	bool is_moved;   // the default bearer's tunnel
	bool is_changed; // another bearer's tunnel, or one has ended
	bool is_new_sgw; // of the control plane
	bool is_partial; // a bearer is unknown
	struct procedure *procedure;
	struct gtpc_fault fault;
};

static int
refuse(struct modification *m, uint8_t cause)
{
	m->fault = (struct gtpc_fault){ .cause = cause };
	return -1;
}

// An F-TEID without a TEID.
static int
refuse_fteid(struct modification *m, uint8_t instance, bool in_bearer_context)
{
	m->fault = (struct gtpc_fault){ .cause = GTPC_CAUSE_MANDATORY_IE_INCORRECT,
		.has_ie = true,
		.ie_type = GTPC_IE_FTEID,
		.ie_instance = instance,
		.in_bearer_context = in_bearer_context };
	return -1;
}

// TS 29.274 clause 14. With HI the bearer contexts are for another access and don't count.
static int
check_bearers(struct modification *m)
{
	const struct modify_bearer_req *req = m->req;
	bool is_handover =
		req->has_indication && gtpc_indication_get(&req->indication, GTPC_IND_HI);

	if (req->has_sender && req->sender.teid == 0)
		return refuse_fteid(m, 0, false);
	for (uint8_t i = 0; !is_handover && i < req->n_bearers; i++) {
		if (req->bearers[i].ebi == m->session->bearer.ebi) {
			m->bearer = &req->bearers[i];
			continue;
		}
		m->dedicated[i] = bearer_find_ebi(m->pgw->bearers, m->session, req->bearers[i].ebi);
		m->is_partial |= !m->dedicated[i];
	}
	if (!is_handover && req->n_bearers > 0 && !m->bearer)
		return refuse(m, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	return 0;
}

// Where a bearer's tunnel is to go: 1 if that is elsewhere than now, 0, or -1 if it can't.
static int
check_tunnel(struct modification *m, const struct bearer_to_modify *to, const struct bearer *now,
	struct gtpc_addr *sgw_u)
{
	const struct session *s = m->session;

	if (!to->has_sgw_u)
		return 0;
	*sgw_u = gtpc_fteid_addr(&to->sgw_u, s->local_u.family);
	if (to->sgw_u.teid == now->peer_teid && gtpc_addr_equal(sgw_u, &now->peer))
		return 0;
	if (to->sgw_u.teid == 0)
		return refuse_fteid(m, 1, true);
	// The dataplane has to follow before the SGW is told; and our end keeps its family.
	if (sgw_u->family != s->local_u.family || !dp_sync_can_serve(m->pgw, s->vrf))
		return refuse(m, GTPC_CAUSE_NO_RESOURCES);
	return 1;
}

static int
check_tunnels(struct modification *m)
{
	int ret;

	if (!m->bearer)
		return 0;
	ret = check_tunnel(m, m->bearer, &m->session->bearer, &m->sgw_u);
	m->is_moved = ret > 0;
	for (uint8_t i = 0; ret >= 0 && i < m->req->n_bearers; i++) {
		struct gtpc_addr sgw_u;

		if (m->dedicated[i])
			ret = check_tunnel(m, &m->req->bearers[i], &m->dedicated[i]->is, &sgw_u);
	}
	return ret < 0 ? ret : 0;
}

static int
take_procedure(struct modification *m)
{
	m->procedure = procedure_new(m->pgw, m->rx, m->message);
	return m->procedure ? 0 : refuse(m, GTPC_CAUSE_NO_RESOURCES);
}

static int
move_control(struct modification *m)
{
	struct session *s = m->session;

	if (!m->req->has_sender)
		return 0;
	m->is_new_sgw = !gtpc_addr_equal(&s->sgw_addr, &m->rx->peer->addr);
	if (sgw_join(m->pgw->sessions, s, m->rx->peer, m->rx->now_ms) < 0)
		return refuse(m, GTPC_CAUSE_NO_MEMORY);
	s->sgw_addr = m->rx->peer->addr;
	s->sgw_teid = m->req->sender.teid;
	s->local_c = m->rx->path->local;
	return 0;
}

static void
note_news(struct modification *m)
{
	const struct modify_bearer_req *req = m->req;
	struct session *s = m->session;

	if (req->has_uli)
		session_set_uli(s, &req->uli);
	if (req->has_rat_type)
		s->rat_type = req->rat_type;
	if (req->has_serving_network)
		s->serving_network = req->serving_network;
	if (req->has_ue_time_zone)
		s->ue_time_zone = req->ue_time_zone;
	if (req->has_mei)
		memcpy(s->mei, req->mei.text, sizeof(s->mei) - 1);
}

// A new SGW that names no sets has none; the one before keeps those that it has named.
static void
note_sets(struct modification *m)
{
	static const struct gtpc_fq_csid none;
	const struct modify_bearer_req *req = m->req;
	const struct gtpc_fq_csid *missing = m->is_new_sgw ? &none : NULL;

	session_set_csids(m->pgw, m->session, req->has_mme_fq_csid ? &req->mme_fq_csid : missing,
		req->has_sgw_fq_csid ? &req->sgw_fq_csid : missing);
}

// A context for each that the request has; unknown bearers are named as such.
static void
answer_bearers(const struct modification *m, struct modify_bearer_rsp *rsp)
{
	if (!m->bearer)
		return;
	for (uint8_t i = 0; i < m->req->n_bearers; i++) {
		struct bearer_modified *to = &rsp->bearers[rsp->n_bearers++];
		const struct bearer *ours =
			m->dedicated[i] ? &m->dedicated[i]->is : &m->session->bearer;

		to->ebi = m->req->bearers[i].ebi;
		to->cause.value = GTPC_CAUSE_CONTEXT_NOT_FOUND;
		if (to->ebi != ours->ebi)
			continue;
		to->cause.value = GTPC_CAUSE_ACCEPTED;
		to->has_charging_id = m->req->has_sender;
		to->charging_id = ours->charging_id;
	}
}

static int
make_answer(struct modification *m)
{
	const struct session *s = m->session;
	struct modify_bearer_rsp *rsp;
	struct gtpc_message answer;

	note_sets(m); // first, since the answer names ours to those that have some
	gtpc_message_init(
		&answer, GTPC_MSG_MODIFY_BEARER_RSP, s->sgw_teid, m->message->header.sequence);
	rsp = &answer.modify_bearer_rsp;
	m->procedure->cause =
		m->is_partial && m->bearer ? GTPC_CAUSE_ACCEPTED_PARTIALLY : GTPC_CAUSE_ACCEPTED;
	rsp->cause.value = m->procedure->cause;
	answer_bearers(m, rsp);
	// What a new SGW doesn't know yet.
	if (m->req->has_sender && s->msisdn[0]) {
		rsp->has_msisdn = true;
		memcpy(rsp->msisdn.text, s->msisdn, sizeof(s->msisdn));
	}
	if (m->req->has_sender && s->flags & (SESSION_STATIC_ADDRESS | SESSION_STATIC_PREFIX))
		rsp->has_indication = true;
	if (m->req->has_sender && s->flags & SESSION_STATIC_ADDRESS)
		gtpc_indication_set(&rsp->indication, GTPC_IND_S4AF);
	if (m->req->has_sender && s->flags & SESSION_STATIC_PREFIX)
		gtpc_indication_set(&rsp->indication, GTPC_IND_S6AF);
	if (m->req->has_sender)
		rsp->has_pgw_fq_csid = pdn_set_own(m->pgw, s, &rsp->pgw_fq_csid);
	load_tell(m->pgw, &s->serving_network, &answer);
	if (procedure_set_answer(m->pgw, m->procedure, m->rx->peer, &answer) < 0)
		return refuse(m, GTPC_CAUSE_SYSTEM_FAILURE);
	return 0;
}

static void
move_dedicated(struct modification *m)
{
	const struct session *s = m->session;

	for (uint8_t i = 0; i < m->req->n_bearers; i++) {
		const struct gtpc_fteid *to = &m->req->bearers[i].sgw_u;
		struct dedicated *b = m->dedicated[i];
		struct gtpc_addr sgw_u;

		if (!b || !m->req->bearers[i].has_sgw_u)
			continue;
		sgw_u = gtpc_fteid_addr(to, s->local_u.family);
		if (to->teid == b->is.peer_teid && gtpc_addr_equal(&sgw_u, &b->is.peer))
			continue;
		bearer_index_move(m->pgw->bearers, b, &sgw_u, to->teid);
		b->flags |= BEARER_END_MARKER;
		bearer_touch(m->pgw, b);
		m->is_changed = true;
	}
}

static bool
is_listed(const struct modification *m, const struct dedicated *b)
{
	for (uint8_t i = 0; i < m->req->n_bearers; i++)
		if (m->dedicated[i] == b)
			return true;
	return false;
}

// Clause 14: a dedicated bearer of ours that isn't listed is no longer there.
static void
drop_unlisted(struct modification *m)
{
	struct pgw *pgw = m->pgw;

	for (struct dedicated *b = bearer_first(pgw->bearers, m->session); m->bearer && b;
		b = bearer_next(pgw->bearers, b)) {
		if (b->state != BEARER_ACTIVE || is_listed(m, b))
			continue;
		pgw->counters.bearers_ended++;
		bearer_end(pgw, m->session, b, BEARER_END_UNLISTED);
		m->is_changed = true;
	}
}

static void
finish(struct modification *m)
{
	struct pgw *pgw = m->pgw;
	struct session *s = m->session;
	bool is_resumed;

	note_news(m);
	load_heard(pgw, s->sgw, &s->serving_network,
		m->req->has_sgw_overload ? &m->req->sgw_overload : NULL);
	turn_touch(pgw, s);
	// TS 29.274 7.4.3: a Modify Bearer Request is a Resume Notification, too.
	is_resumed = session_suspend(pgw, s, false);
	move_dedicated(m);
	drop_unlisted(m);
	if (!m->is_moved) {
		if (m->is_changed)
			dp_sync_put(pgw, s);
		if ((is_resumed || m->is_changed) && dp_sync_can_serve(pgw, s->vrf))
			procedure_wait(pgw, m->procedure, s);
		else
			turn_answer(pgw, m->procedure);
		return;
	}
	session_index_move(pgw->sessions, s, &m->sgw_u, m->bearer->sgw_u.teid);
	s->flags |= SESSION_END_MARKER; // to the SGW before
	pgw->counters.sessions_moved++;
	dp_sync_put(pgw, s);
	procedure_wait(pgw, m->procedure, s);
}

void
modify_bearer_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	struct modification m = {
		.pgw = user, .rx = rx, .message = message, .req = &message->modify_bearer_req
	};
	uint32_t teid;

	m.session = request_session(m.pgw, rx, message);
	if (!m.session)
		return;
	teid = m.req->has_sender ? m.req->sender.teid : m.session->sgw_teid;
	if (check_bearers(&m) == 0 && check_tunnels(&m) == 0 && take_procedure(&m) == 0 &&
		move_control(&m) == 0 && make_answer(&m) == 0) {
		finish(&m);
		return;
	}
	if (m.procedure)
		procedure_free(m.pgw, m.procedure);
	pgw_reject(m.pgw, rx, message, &m.fault, teid);
}
