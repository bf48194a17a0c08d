// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/bearer_request.h"

#include "config/log.h"
#include "control/session/bearer_job.h"
#include "control/session/bearer_sync.h"
#include "control/session/dp_sync.h"
#include "control/session/load.h"
#include "control/session/pdn_set.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define REQUEST_MAX 4096 // octets
#define GUARD_S 10       // after cause 110, and so often at most
#define TRIES 6
#define OVERLOAD_S 1     // until the next try at an SGW that wants less from us
#define PATIENCE_MS 5000 // of a Command's sender, with a dataplane that doesn't answer

// The Command is told that nothing comes of it.
static void
fail_command(struct bearer_job *j, const struct session *s, uint8_t cause)
{
	struct pgw *pgw = j->pgw;
	struct gtpc_message m;
	uint8_t n = 0;

	if (j->command.xact == 0 || !s->sgw)
		return;
	gtpc_message_init(&m, gtpc_message_find(j->command.type)->answer, s->sgw_teid, 0);
	gtpc_message_set_cause(&m, cause);
	if (j->command.type == GTPC_MSG_BEARER_RESOURCE_CMD) {
		m.bearer_resource_fail.lbi = s->bearer.ebi;
		m.bearer_resource_fail.pti = j->command.pti;
	}
	for (; m.header.type == GTPC_MSG_DELETE_BEARER_FAIL && n < j->n; n++) {
		m.delete_bearer_fail.bearers[n].ebi = j->bearer[n].ebi;
		m.delete_bearer_fail.bearers[n].cause.value = cause;
		m.delete_bearer_fail.n_bearers++;
	}
	pgw_count_answer(pgw, j->command.type, cause);
	gtpc_node_answer(pgw->node, j->command.xact, s->sgw->peer, &m, pgw_now_ms());
	j->command.xact = 0;
}

// What has been sent ends with its answer.
void
bearer_requests_leave(struct session *s)
{
	struct bearer_job *j;

	while ((j = LIST_FIRST(&s->bearer_jobs)) != NULL) {
		LIST_REMOVE(j, of_session);
		j->has_session = false;
		if (j->state == JOB_SENT)
			continue;
		fail_command(j, s, GTPC_CAUSE_CONTEXT_NOT_FOUND);
		bearer_job_free(j);
	}
}

// ---- What the requests say.

static struct gtpc_qos
qos_of(const struct bearer *b, const struct bearer_rates *r)
{
	struct gtpc_qos qos = {
		.priority_level = b->priority_level,
		.can_preempt = b->can_preempt,
		.is_preemptable = b->is_preemptable,
		.qci = b->qci,
	};

	if (!gtpc_qci_is_gbr(b->qci))
		return qos; // TS 29.274 8.15: without a guarantee there are no rates
	qos.ul_mbr_kbps = r->ul_mbr_kbps;
	qos.dl_mbr_kbps = r->dl_mbr_kbps;
	qos.ul_gbr_kbps = r->ul_gbr_kbps;
	qos.dl_gbr_kbps = r->dl_gbr_kbps;
	return qos;
}

// TS 29.274 table 7.2.3-1. tfts: of each bearer.
static int
make_create(const struct bearer_job *j, const struct session *s, struct gtpc_message *m,
	uint8_t tfts[DP_DEDICATED_MAX][TFT_BYTES_MAX])
{
	struct create_bearer_req *req = &m->create_bearer_req;
	struct gtpc_addr local;

	gtpc_message_init(m, GTPC_MSG_CREATE_BEARER_REQ, s->sgw_teid, 0);
	memcpy(&local, &s->local_u, sizeof(local));
	req->has_pti = j->command.has_pti;
	req->pti = j->command.pti;
	req->lbi = s->bearer.ebi;
	req->has_pgw_fq_csid = pdn_set_own(j->pgw, s, &req->pgw_fq_csid);
	for (unsigned int i = 0; i < j->n; i++) {
		const struct dedicated *b = bearer_job_bearer(j, i);
		struct bearer_to_add *to = &req->bearers[req->n_bearers];
		struct tft t = { .operation = TFT_CREATE };
		ssize_t n;

		if (!b)
			continue;
		t.n_filters = b->n_filters;
		memcpy(t.filter, b->filter, sizeof(t.filter));
		n = tft_encode(&t, tfts[req->n_bearers], TFT_BYTES_MAX);
		if (n < 0)
			return (int)n;
		to->tft = (struct gtpc_octets){ tfts[req->n_bearers], (uint16_t)n };
		to->has_pgw_u = true;
		to->pgw_u = gtpc_fteid_make(GTPC_IF_S5S8_PGW_U, b->teid, &local);
		to->qos = qos_of(&b->is, &b->rates);
		to->has_charging_id = true;
		to->charging_id = b->is.charging_id;
		req->n_bearers++;
	}
	return req->n_bearers ? 0 : -ENOENT;
}

// TS 29.274 table 7.2.15-1: the AMBR is mandatory.
static int
make_update(struct bearer_job *j, const struct session *s, struct gtpc_message *m)
{
	const struct dedicated *b = j->n ? bearer_job_bearer(j, 0) : NULL;
	const struct bearer_change *c = &j->change;
	struct bearer changed = b ? b->is : s->bearer;
	struct update_bearer_req *req = &m->update_bearer_req;
	struct bearer_to_update *to = &req->bearers[0];
	ssize_t n;

	if (j->n && !b)
		return -ENOENT;
	gtpc_message_init(m, GTPC_MSG_UPDATE_BEARER_REQ, s->sgw_teid, 0);
	req->ambr.ul_kbps = c->has_ambr ? c->ul_kbps : s->ul_kbps;
	req->ambr.dl_kbps = c->has_ambr ? c->dl_kbps : s->dl_kbps;
	req->has_pti = j->command.has_pti;
	req->pti = j->command.pti;
	req->has_pgw_fq_csid = pdn_set_own(j->pgw, s, &req->pgw_fq_csid);
	req->n_bearers = 1;
	to->ebi = changed.ebi;
	if (c->has_qos) {
		changed.qci = c->qci;
		changed.priority_level = c->priority_level;
		changed.can_preempt = c->can_preempt;
		changed.is_preemptable = c->is_preemptable;
		to->has_qos = true;
		to->qos = qos_of(&changed, &c->rates);
	}
	if (c->tft.operation == TFT_IGNORE)
		return 0;
	n = tft_encode(&c->tft, j->tft, sizeof(j->tft));
	if (n < 0)
		return (int)n;
	to->has_tft = true;
	to->tft = (struct gtpc_octets){ j->tft, (uint16_t)n };
	return 0;
}

static int
make_delete(const struct bearer_job *j, const struct session *s, struct gtpc_message *m)
{
	struct delete_bearer_req *req = &m->delete_bearer_req;

	gtpc_message_init(m, GTPC_MSG_DELETE_BEARER_REQ, s->sgw_teid, 0);
	for (unsigned int i = 0; i < j->n; i++) {
		const struct dedicated *b = bearer_job_bearer(j, i);

		if (b)
			req->ebis[req->n_ebis++] = b->is.ebi;
	}
	req->has_pti = j->command.has_pti;
	req->pti = j->command.pti;
	req->has_pgw_fq_csid = pdn_set_own(j->pgw, s, &req->pgw_fq_csid);
	for (uint8_t i = 0; i < j->command.n_unknown; i++) {
		req->failed[i].ebi = j->command.unknown[i];
		req->failed[i].cause.value = GTPC_CAUSE_CONTEXT_NOT_FOUND;
		req->n_failed++;
	}
	return req->n_ebis ? 0 : -ENOENT;
}

// ---- Sending.

static void on_answer(void *ctx, int result, const struct gtpc_message *answer);
static void give_up(struct bearer_job *j, uint8_t cause);

static int
make(struct bearer_job *j, const struct session *s, struct gtpc_message *m,
	uint8_t tfts[DP_DEDICATED_MAX][TFT_BYTES_MAX])
{
	int ret = j->kind == JOB_CREATE ? make_create(j, s, m, tfts)
		: j->kind == JOB_UPDATE ? make_update(j, s, m)
					: make_delete(j, s, m);

	if (ret == 0)
		load_tell(j->pgw, &s->serving_network, m);
	return ret;
}

// Encodes what leaves at the end of this turn, before the turn is stored.
static void
make_job(struct bearer_job *j)
{
	uint8_t tfts[DP_DEDICATED_MAX][TFT_BYTES_MAX], bytes[REQUEST_MAX];
	struct session *s = bearer_job_session(j);
	struct pgw *pgw = j->pgw;
	struct gtpc_message m;
	ssize_t n = -ENOENT;

	if (s && s->sgw && !j->command.xact && !j->is_repeat &&
		!load_permits(s->sgw, pgw_now_ms()) && bearer_job_wait(j, OVERLOAD_S))
		return;
	j->is_made = true;
	if (j->is_repeat)
		return;
	if (s && s->sgw)
		n = make(j, s, &m, tfts);
	if (n == 0)
		n = gtpc_node_encode_request(pgw->node, &s->local_c, s->sgw->peer, &m,
			j->command.xact, bytes, sizeof(bytes), &j->path);
	if (n > 0) {
		j->asked = session_sgw(s);
		n = bearer_job_set_bytes(j, bytes, (size_t)n);
	}
	j->err = (int)n;
}

void
bearer_requests_make(struct pgw *pgw)
{
	struct bearer_job *j = TAILQ_FIRST(&pgw->bearer_jobs_due), *next;

	for (; j; j = next) {
		next = TAILQ_NEXT(j, due);
		make_job(j);
	}
}

static struct gtpc_request
request_of(struct bearer_job *j)
{
	return (struct gtpc_request){
		.path = j->path,
		.bytes = j->bytes,
		.n = j->n_bytes,
		.command = j->command.xact,
		.done = on_answer,
		.ctx = j,
	};
}

static void
left(struct bearer_job *j)
{
	bearer_job_set_state(j, JOB_SENT);
	j->is_repeat = false;
	j->command.xact = 0; // it has its reply
}

static void
send_job(struct bearer_job *j)
{
	const struct gtpc_request request = request_of(j);
	struct session *s = bearer_job_session(j);
	struct pgw *pgw = j->pgw;
	uint64_t id;
	int ret = j->err;

	if (ret == 0)
		ret = s && s->sgw ? gtpc_node_send_request(
					    pgw->node, s->sgw->peer, &request, pgw_now_ms(), &id)
				  : -ENOENT;
	if (ret == 0) {
		left(j);
		return;
	}
	if (ret != -ENOENT)
		log_limited(LOG_LEVEL_WARNING, 1, "IMSI %s: request about a bearer: %s",
			s ? s->imsi : "-", strerror(-ret));
	give_up(j, GTPC_CAUSE_SYSTEM_FAILURE);
}

// What has become due since the turn was stored waits for the next one.
void
bearer_requests_send(struct pgw *pgw)
{
	struct bearer_job *j = TAILQ_FIRST(&pgw->bearer_jobs_due), *next;

	for (; j; j = next) {
		next = TAILQ_NEXT(j, due);
		if (j->is_made)
			send_job(j);
	}
}

bool
bearer_request_rides(struct pgw *pgw, const struct procedure *p, uint64_t now_ms)
{
	struct gtpc_request request;
	struct bearer_job *j;
	struct session *s;

	if (!p->may_carry || !gtpc_cause_is_accepted(p->cause))
		return false;
	s = session_at(pgw->sessions, p->slot);
	if (!s || s->state != SESSION_ACTIVE || !s->sgw)
		return false;
	LIST_FOREACH (j, &s->bearer_jobs, of_session)
		if (j->state == JOB_DUE && j->is_made && j->err == 0 && !j->command.xact)
			break;
	if (!j)
		return false;
	request = request_of(j);
	if (gtpc_node_send_pair(
		    pgw->node, p->xact, p->answer, p->n, s->sgw->peer, &request, now_ms) < 0)
		return false;
	left(j);
	return true;
}

// The SGW is busy with a handover (cause 110): the same again after a while. False: not again.
static bool
try_later(struct bearer_job *j)
{
	return ++j->tries < TRIES && bearer_job_wait(j, GUARD_S);
}

// ---- Outcomes.

void
bearer_drop(struct pgw *pgw, struct session *s, struct dedicated *b, enum bearer_end end)
{
	if (b->state == BEARER_LEAVING)
		return;
	log_limited(
		LOG_LEVEL_INFO, 10, "IMSI %s: dedicated bearer EBI %u ends", s->imsi, b->is.ebi);
	pgw->counters.bearers_ended++;
	bearer_end(pgw, s, b, end);
	dp_sync_put(pgw, s);
}

// Nothing comes of it. What was asked for is taken back; what was to end, ends here all the same.
static void
give_up(struct bearer_job *j, uint8_t cause)
{
	struct session *s = bearer_job_session(j);

	if (s)
		fail_command(j, s, cause);
	for (unsigned int i = 0; s && i < j->n; i++) {
		struct dedicated *b = bearer_job_bearer(j, i);

		if (b && j->kind != JOB_UPDATE)
			bearer_drop(j->pgw, s, b, (enum bearer_end)j->end);
	}
	if (s && j->kind != JOB_DELETE) {
		j->pgw->counters.bearers_refused++;
		log_limited(LOG_LEVEL_INFO, 10, "IMSI %s: %s of a bearer: %s", s->imsi,
			j->kind == JOB_CREATE ? "creation" : "change", gtpc_cause_text(cause));
	}
	turn_schedule(j->pgw);
	bearer_job_free(j);
}

void
bearer_requests_expire(struct pgw *pgw, uint64_t now_ms)
{
	struct bearer_job *j = LIST_FIRST(&pgw->bearer_jobs), *next;

	for (; j; j = next) {
		next = LIST_NEXT(j, link);
		if (j->command.xact && j->state == JOB_WAITS && now_ms - j->began_ms > PATIENCE_MS)
			give_up(j, GTPC_CAUSE_SYSTEM_FAILURE);
	}
}

// ---- Answers.

static const struct bearer_added *
answer_for(const struct create_bearer_rsp *rsp, const struct dedicated *b)
{
	for (unsigned int i = 0; i < rsp->n_bearers; i++)
		if (rsp->bearers[i].has_pgw_u && rsp->bearers[i].pgw_u.teid == b->teid)
			return &rsp->bearers[i];
	return NULL;
}

// The SGW has a bearer with an EBI of its own.
static bool
is_made(const struct session *s, const struct bearer_added *a)
{
	return a && gtpc_cause_is_accepted(a->cause.value) && a->ebi != 0 && a->ebi <= 15 &&
		a->ebi != s->bearer.ebi;
}

// An EBI is the UE's, not the PDN connection's (TS 23.401 5.2.1). Another SGW's session of the UE is stale:
// a UE has one SGW at a time.
static bool
is_another_pdns(const struct pgw *pgw, const struct session *s, uint8_t ebi)
{
	const struct session *other = NULL;

	while ((other = session_find_imsi(pgw->sessions, s->imsi, other)) != NULL)
		if (other != s && other->sgw == s->sgw &&
			(other->bearer.ebi == ebi || bearer_find_ebi(pgw->bearers, other, ebi)))
			return true;
	return false;
}

// And it can be told apart, and packets can be sent on it. EBIs 1 to 4 are for SGWs that were told of 15
// bearers.
static bool
is_usable(const struct pgw *pgw, const struct session *s, const struct bearer_added *a)
{
	return a->ebi >= 5 && !is_another_pdns(pgw, s, a->ebi) && a->has_sgw_u &&
		a->sgw_u.teid != 0 &&
		gtpc_fteid_addr(&a->sgw_u, s->local_u.family).family == s->local_u.family;
}

// The MME chooses EBIs: a bearer of ours with the same one is no longer there, as it is with a Create
// Session Request (TS 29.274 7.2.1).
static void
activate(struct pgw *pgw, struct session *s, struct dedicated *b, const struct bearer_added *a)
{
	struct gtpc_addr peer = gtpc_fteid_addr(&a->sgw_u, s->local_u.family);
	struct dedicated *old = bearer_find_ebi(pgw->bearers, s, a->ebi);

	if (old)
		bearer_drop(pgw, s, old, BEARER_END_REPLACED);
	bearer_index_move(pgw->bearers, b, &peer, a->sgw_u.teid);
	b->is.ebi = a->ebi;
	b->state = BEARER_ACTIVE;
	b->started_s = time(NULL);
	b->started_ms = pgw_now_ms();
	record_bearer_touched(pgw, s, b); // now: it may end before the turn does
	pgw->counters.bearers_created++;
	bearer_touch(pgw, b);
}

// What is said of the job's i-th bearer, NULL: nothing good. By its PGW-U F-TEID, or, where the answer
// has none, in the order of the request.
static const struct bearer_added *
added(const struct bearer_job *j, unsigned int i, const struct create_bearer_rsp *rsp)
{
	const struct bearer_added *a;

	if (!gtpc_cause_is_accepted(rsp->cause.value))
		return NULL;
	a = answer_for(rsp, bearer_job_bearer(j, i));
	if (!a && i < rsp->n_bearers && !rsp->bearers[i].has_pgw_u)
		a = &rsp->bearers[i];
	return a;
}

// Bearers that the SGW has but that can't be used are put into `useless`: their number.
static unsigned int
created(struct bearer_job *j, struct session *s, const struct create_bearer_rsp *rsp,
	struct dedicated *useless[DP_DEDICATED_MAX])
{
	unsigned int n_useless = 0;
	struct pgw *pgw = j->pgw;

	for (unsigned int i = 0; i < j->n; i++) {
		struct dedicated *b = bearer_job_bearer(j, i);
		const struct bearer_added *a = b ? added(j, i, rsp) : NULL;

		if (!b)
			continue;
		if (is_made(s, a) && is_usable(pgw, s, a)) {
			activate(pgw, s, b, a);
			continue;
		}
		pgw->counters.bearers_refused++;
		log_limited(LOG_LEVEL_INFO, 10, "IMSI %s: creation of a bearer: %s", s->imsi,
			is_made(s, a) ? "it can't be used"
				      : gtpc_cause_text(a ? a->cause.value : rsp->cause.value));
		if (is_made(s, a) && !bearer_find_ebi(pgw->bearers, s, a->ebi)) {
			b->is.ebi = a->ebi;
			useless[n_useless++] = b;
			continue;
		}
		bearer_end(pgw, s, b, BEARER_END_COMMAND);
	}
	dp_sync_put(pgw, s);
	return n_useless;
}

static void
end_useless(struct pgw *pgw, struct session *s, struct dedicated *const *useless, unsigned int n)
{
	if (n == 0 || bearers_delete(pgw, s, useless, n, BEARER_END_COMMAND, NULL) == 0)
		return;
	for (unsigned int i = 0; i < n; i++)
		bearer_drop(pgw, s, useless[i], BEARER_END_COMMAND);
}

static void
change_bearer(struct bearer *b, struct bearer_rates *r, const struct bearer_change *c)
{
	if (!c->has_qos)
		return;
	b->qci = c->qci;
	b->priority_level = c->priority_level;
	b->can_preempt = c->can_preempt;
	b->is_preemptable = c->is_preemptable;
	*r = c->rates;
}

static void
updated(struct bearer_job *j, struct session *s, const struct update_bearer_rsp *rsp)
{
	struct dedicated *b = j->n ? bearer_job_bearer(j, 0) : NULL;
	const struct bearer_change *c = &j->change;
	struct pgw *pgw = j->pgw;
	struct bearer_rates ignored;
	uint8_t cause = rsp->cause.value;

	if (rsp->n_bearers > 0 &&
		(gtpc_cause_is_accepted(cause) || cause == GTPC_CAUSE_CONTEXT_NOT_FOUND))
		cause = rsp->bearers[0].cause.value;
	if (cause == GTPC_CAUSE_CONTEXT_NOT_FOUND && b)
		bearer_drop(pgw, s, b, BEARER_END_UNKNOWN);
	if (!gtpc_cause_is_accepted(cause) || (j->n && !b)) {
		pgw->counters.bearers_refused++;
		log_limited(LOG_LEVEL_INFO, 10, "IMSI %s: change of a bearer: %s", s->imsi,
			gtpc_cause_text(cause));
		return;
	}
	if (c->has_ambr) {
		s->ul_kbps = c->ul_kbps;
		s->dl_kbps = c->dl_kbps;
	}
	change_bearer(b ? &b->is : &s->bearer, b ? &b->rates : &ignored, c);
	if (b) {
		tft_apply(&c->tft, b->filter, &b->n_filters);
		bearer_touch(pgw, b);
	}
	pgw->counters.bearers_updated++;
	turn_touch(pgw, s);
	dp_sync_put(pgw, s);
}

static uint8_t
cause_of(const struct gtpc_message *answer)
{
	const struct gtpc_cause *cause = gtpc_message_cause(answer);

	return cause ? cause->value : GTPC_CAUSE_NONE;
}

// All three kinds of answers have these.
#define NEWS(m)                                                                                    \
	((struct request_news){ (m).has_uli ? &(m).uli : NULL,                                     \
		(m).has_ue_time_zone ? &(m).ue_time_zone : NULL,                                   \
		(m).has_sgw_overload ? &(m).sgw_overload : NULL,                                   \
		(m).has_mme_fq_csid ? &(m).mme_fq_csid : NULL,                                     \
		(m).has_sgw_fq_csid ? &(m).sgw_fq_csid : NULL })

static void
note_news(struct bearer_job *j, struct session *s, const struct gtpc_message *m)
{
	struct request_news news = j->kind == JOB_CREATE ? NEWS(m->create_bearer_rsp)
		: j->kind == JOB_UPDATE                  ? NEWS(m->update_bearer_rsp)
							 : NEWS(m->delete_bearer_rsp);

	if (!session_has_moved(s, &j->asked)) // the SGW before knows nothing new
		request_note_news(j->pgw, s, &news);
}

// The session has been handed over meanwhile. What the SGW before has made is nothing to the new one, and that
// it knows a bearer no longer doesn't tell that there's none: the same again. False: it needn't or can't.
static bool
ask_next_sgw(struct bearer_job *j, const struct session *s, uint8_t cause)
{
	if (!session_has_moved(s, &j->asked) || ++j->tries >= TRIES)
		return false;
	if (j->kind != JOB_CREATE && gtpc_cause_is_accepted(cause))
		return false;
	bearer_job_set_due(j);
	return true;
}

// Bearers whose end was asked for end whatever the answer: TS 29.274 7.2.10.2.
static void
on_answer(void *ctx, int result, const struct gtpc_message *answer)
{
	struct dedicated *useless[DP_DEDICATED_MAX];
	struct bearer_job *j = ctx;
	struct pgw *pgw = j->pgw;
	struct session *s = bearer_job_session(j);
	unsigned int n_useless = 0;

	turn_schedule(pgw);
	if (s && ask_next_sgw(j, s, result == 0 ? cause_of(answer) : GTPC_CAUSE_NONE))
		return;
	if (result == 0 && s) {
		note_news(j, s, answer);
		if (cause_of(answer) == GTPC_CAUSE_TEMPORARILY_REJECTED && try_later(j))
			return;
	}
	if (result != 0 || !s || j->kind == JOB_DELETE) {
		give_up(j, GTPC_CAUSE_REMOTE_PEER_NOT_RESPONDING);
		return;
	}
	if (j->kind == JOB_CREATE)
		n_useless = created(j, s, &answer->create_bearer_rsp, useless);
	else
		updated(j, s, &answer->update_bearer_rsp);
	bearer_job_free(j);
	end_useless(pgw, s, useless, n_useless);
}

// ---- Beginnings.

void
bearer_requests_done(struct pgw *pgw, struct session *s)
{
	struct bearer_job *j;

	LIST_FOREACH (j, &s->bearer_jobs, of_session) {
		if (j->state != JOB_WAITS || j->guard || s->state != SESSION_ACTIVE ||
			(int16_t)(s->done - j->version) < 0)
			continue;
		for (unsigned int i = 0; i < j->n; i++)
			if (bearer_job_bearer(j, i))
				bearer_touch(pgw, bearer_job_bearer(j, i));
		bearer_job_set_due(j);
	}
}

void
bearer_refused(struct pgw *pgw, struct session *s, struct dedicated *b)
{
	struct bearer_job *j;

	LIST_FOREACH (j, &s->bearer_jobs, of_session)
		for (unsigned int i = 0; i < j->n; i++)
			if (j->kind == JOB_CREATE && bearer_job_bearer(j, i) == b) {
				if (j->state != JOB_SENT && !j->is_repeat)
					give_up(j, GTPC_CAUSE_NO_RESOURCES);
				return;
			}
	// After a restart of the dataplane, which has less room than before. While a request about it is under
	// way it is refused once more by the put that follows the answer.
	if (!(b->flags & BEARER_BUSY) &&
		bearers_delete(pgw, s, &b, 1, BEARER_END_DATAPLANE, NULL) < 0)
		bearer_drop(pgw, s, b, BEARER_END_DATAPLANE);
}

// Ids of the bearer's own, precedences that the whole session doesn't have yet.
static bool
number_filters(const struct pgw *pgw, const struct session *s, struct dedicated *b)
{
	uint8_t n = b->n_filters;

	b->n_filters = 0; // not taken yet
	for (uint8_t i = 0; i < n; i++) {
		b->filter[i].id = i;
		b->filter[i].precedence = bearer_free_precedence(pgw->bearers, s, 0);
		if (b->filter[i].precedence == UINT8_MAX)
			return false;
		b->n_filters++;
	}
	return true;
}

static int
create_one(struct pgw *pgw, struct session *s, const struct bearer_spec *spec, struct bearer_job *j)
{
	struct dedicated *b = bearer_begin(pgw, s);

	if (!b)
		return -ENOSPC;
	bearer_job_name(j, b);
	memcpy(b->name, spec->name, sizeof(b->name));
	b->flags |= spec->is_by_device ? BEARER_BY_DEVICE : 0;
	b->is.qci = spec->qci;
	b->is.priority_level = spec->priority_level;
	b->is.can_preempt = spec->can_preempt;
	b->is.is_preemptable = spec->is_preemptable;
	b->rates = spec->rates;
	b->n_filters = spec->n_filters;
	memcpy(b->filter, spec->filter, sizeof(b->filter));
	return number_filters(pgw, s, b) ? 0 : -E2BIG;
}

static unsigned int
count_bearers(const struct pgw *pgw, const struct session *s)
{
	unsigned int n = 0;

	for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b))
		n += b->state != BEARER_LEAVING;
	return n;
}

int
bearers_create(struct pgw *pgw, struct session *s, const struct bearer_spec *specs, unsigned int n,
	const struct bearer_command *command)
{
	unsigned int filters = bearer_count_filters(pgw->bearers, s);
	struct bearer_job *j;
	int ret = 0;

	for (unsigned int i = 0; i < n; i++)
		filters += specs[i].n_filters;
	if (filters > DP_FILTERS_MAX)
		return -E2BIG;
	if (count_bearers(pgw, s) + n > DP_DEDICATED_MAX)
		return -ENOSPC;
	j = bearer_job_new(pgw, s, JOB_CREATE, command);
	if (!j)
		return -ENOMEM;
	for (unsigned int i = 0; ret == 0 && i < n; i++)
		ret = create_one(pgw, s, &specs[i], j);
	if (ret < 0) {
		for (unsigned int i = 0; i < j->n; i++)
			bearer_end(pgw, s, bearer_job_bearer(j, i), BEARER_END_COMMAND);
		bearer_job_free(j);
	}
	if (s->state == SESSION_CREATING)
		s->wanted++; // its first put is still to come
	else
		dp_sync_put(pgw, s);
	if (ret == 0)
		j->version = s->wanted;
	return ret;
}

int
bearer_ask_again(struct pgw *pgw, struct session *s, struct dedicated *b)
{
	struct bearer_job *j = bearer_job_new(pgw, s, JOB_CREATE, NULL);

	if (!j)
		return -ENOMEM;
	bearer_job_name(j, b);
	j->version = s->wanted; // its replay
	return 0;
}

static unsigned int
filters_after(const struct tft *t, const struct dedicated *b)
{
	struct tft_filter filters[TFT_FILTERS_MAX];
	uint8_t n = b->n_filters;

	memcpy(filters, b->filter, sizeof(filters));
	tft_apply(t, filters, &n);
	return n;
}

int
bearer_update(struct pgw *pgw, struct session *s, struct dedicated *b,
	const struct bearer_change *change, const struct bearer_command *command)
{
	struct bearer_job *j;

	if (b && b->flags & BEARER_BUSY)
		return -EBUSY;
	if (b &&
		bearer_count_filters(pgw->bearers, s) - b->n_filters +
				filters_after(&change->tft, b) >
			DP_FILTERS_MAX)
		return -E2BIG;
	j = bearer_job_new(pgw, s, JOB_UPDATE, command);
	if (!j)
		return -ENOMEM;
	if (b)
		bearer_job_name(j, b);
	j->change = *change;
	bearer_job_set_due(j);
	return 0;
}

int
bearers_delete(struct pgw *pgw, struct session *s, struct dedicated *const *bearers, unsigned int n,
	enum bearer_end end, const struct bearer_command *command)
{
	struct bearer_job *j;

	for (unsigned int i = 0; i < n; i++)
		if (bearers[i]->flags & BEARER_BUSY)
			return -EBUSY;
	j = bearer_job_new(pgw, s, JOB_DELETE, command);
	if (!j)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		bearer_job_name(j, bearers[i]);
	j->end = (uint8_t)end;
	bearer_job_set_due(j);
	return 0;
}
