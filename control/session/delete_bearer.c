// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/delete_bearer.h"

#include "config/log.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_S 10 // after cause 110, and so often at most
#define TRIES 6

// A request under way. The session may end before it does.
struct delete_bearer {
	LIST_ENTRY(delete_bearer) link;
	struct pgw *pgw;
	uint32_t slot, generation;
	uint8_t end; // enum session_end
	uint8_t cause;
	uint8_t tries;
	struct session_sgw asked;
	struct event *guard;
};

static int
send_request(struct pgw *pgw, const struct session *s, uint8_t cause, xact_done_fn done, void *ctx)
{
	struct gtpc_message m;
	uint64_t id;

	if (!s->sgw)
		return -ENOENT;
	gtpc_message_init(&m, GTPC_MSG_DELETE_BEARER_REQ, s->sgw_teid, 0);
	m.delete_bearer_req.has_lbi = true;
	m.delete_bearer_req.lbi = s->bearer.ebi;
	m.delete_bearer_req.has_cause = true;
	m.delete_bearer_req.cause.value = cause;
	load_tell(pgw, &s->serving_network, &m);
	m.delete_bearer_req.has_pgw_fq_csid = pdn_set_own(pgw, s, &m.delete_bearer_req.pgw_fq_csid);
	turn_schedule(pgw);
	return gtpc_node_request(
		pgw->node, &s->local_c, s->sgw->peer, &m, 0, done, ctx, pgw_now_ms(), &id);
}

void
delete_bearer_announce(struct pgw *pgw, struct session *s, uint8_t cause)
{
	int ret = send_request(pgw, s, cause, NULL, NULL);

	if (ret < 0)
		log_limited(LOG_LEVEL_WARNING, 1, "IMSI %s: Delete Bearer Request: %s", s->imsi,
			strerror(-ret));
}

static void
forget(struct delete_bearer *d)
{
	LIST_REMOVE(d, link);
	if (d->guard)
		event_free(d->guard);
	free(d);
}

// The session ends, if it is still the one that was meant.
static void
finish(struct delete_bearer *d)
{
	struct session *s = session_of(d->pgw->sessions, d->slot, d->generation);

	if (s && s->state == SESSION_ACTIVE)
		session_close(d->pgw, s, (enum session_end)d->end, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	forget(d);
}

static void on_answer(void *ctx, int result, const struct gtpc_message *answer);

static void
on_guard(evutil_socket_t fd, short what, void *arg)
{
	struct delete_bearer *d = arg;
	struct session *s = session_of(d->pgw->sessions, d->slot, d->generation);

	if (s)
		d->asked = session_sgw(s);
	if (!s || s->state != SESSION_ACTIVE || send_request(d->pgw, s, d->cause, on_answer, d) < 0)
		finish(d);
}

static bool
wait_guard(struct delete_bearer *d, unsigned int seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	if (!d->guard)
		d->guard = evtimer_new(d->pgw->base, on_guard, d);
	return d->guard && evtimer_add(d->guard, &tv) == 0;
}

// The SGW is busy with a handover: the same again after a while. False: not again.
static bool
try_later(struct delete_bearer *d)
{
	return ++d->tries < TRIES && wait_guard(d, GUARD_S);
}

// An SGW that has handed the session over meanwhile knows nothing of it: the one that has it is asked. False:
// not again.
static bool
ask_next_sgw(struct delete_bearer *d)
{
	struct session *s = session_of(d->pgw->sessions, d->slot, d->generation);

	if (!s || s->state != SESSION_ACTIVE || !session_has_moved(s, &d->asked) ||
		++d->tries >= TRIES)
		return false;
	d->asked = session_sgw(s);
	return send_request(d->pgw, s, d->cause, on_answer, d) == 0;
}

// No answer after N3, or one that says that there is no such session: it ends here all the same.
static void
on_answer(void *ctx, int result, const struct gtpc_message *answer)
{
	struct delete_bearer *d = ctx;
	uint8_t cause = result == 0 ? answer->delete_bearer_rsp.cause.value : GTPC_CAUSE_NONE;

	if (!gtpc_cause_is_accepted(cause) && ask_next_sgw(d))
		return;
	if (cause == GTPC_CAUSE_TEMPORARILY_REJECTED && try_later(d))
		return;
	finish(d);
}

static struct delete_bearer *
begin(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause)
{
	struct delete_bearer *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	*d = (struct delete_bearer){ .pgw = pgw,
		.slot = s->slot,
		.generation = s->generation,
		.end = (uint8_t)end,
		.cause = cause,
		.asked = session_sgw(s) };
	LIST_INSERT_HEAD(&pgw->delete_bearers, d, link);
	s->flags |= SESSION_CLEARING;
	s->end = (uint8_t)end;
	s->clear_cause = cause;
	return d;
}

int
delete_bearer_begin(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause)
{
	struct delete_bearer *d;
	int ret;

	if (s->flags & SESSION_CLEARING)
		return 0;
	d = begin(pgw, s, end, cause);
	if (!d)
		return -ENOMEM;
	ret = send_request(pgw, s, cause, on_answer, d);
	if (ret < 0) {
		forget(d);
		s->flags &= (uint16_t)~SESSION_CLEARING;
		return ret;
	}
	turn_touch(pgw, s); // stored before the datagram leaves
	return 0;
}

void
delete_bearer_resume(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause)
{
	struct delete_bearer *d = begin(pgw, s, end, cause);

	if (d && wait_guard(d, 0))
		return;
	log_warning("IMSI %s: its end is forgotten: no memory", s->imsi);
	s->flags &= (uint16_t)~SESSION_CLEARING;
	if (d)
		forget(d);
}

void
delete_bearers_close(struct pgw *pgw)
{
	while (!LIST_EMPTY(&pgw->delete_bearers))
		forget(LIST_FIRST(&pgw->delete_bearers));
}
