// SPDX-License-Identifier: BSD-3-Clause
// Change Notification Request: TS 29.274 7.3.14 and 7.3.15. The device is somewhere else now.
#include "control/session/pgw.h"
#include "control/session/request.h"

#include <stdio.h>

// With TEID 0 the SIM, or the device without one, and if it says so the default bearer name the
// sessions.
static bool
is_meant(const struct session *s, const struct change_notification_req *req)
{
	return s->state == SESSION_ACTIVE && (!req->has_lbi || s->bearer.ebi == req->lbi);
}

static struct session *
next_meant(const struct pgw *pgw, const struct change_notification_req *req, struct session *s)
{
	char subscriber[16];

	if (req->has_imsi)
		snprintf(subscriber, sizeof(subscriber), "%.15s", req->imsi.text);
	else
		session_name_device(subscriber, &req->mei);
	do
		s = session_find_imsi(pgw->sessions, subscriber, s);
	while (s && !is_meant(s, req));
	return s;
}

static void
note(struct pgw *pgw, struct session *s, const struct change_notification_req *req)
{
	s->rat_type = req->rat_type;
	if (req->has_uli)
		session_set_uli(s, &req->uli);
	turn_touch(pgw, s);
}

static void
answer(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message,
	const struct session *s)
{
	const struct change_notification_req *req = &message->change_notification_req;
	struct change_notification_rsp *rsp;
	struct gtpc_message m;

	gtpc_message_init(&m, GTPC_MSG_CHANGE_NOTIFICATION_RSP, s->sgw_teid, 0);
	rsp = &m.change_notification_rsp;
	rsp->has_imsi = req->has_imsi;
	rsp->imsi = req->imsi;
	rsp->has_mei = req->has_mei;
	rsp->mei = req->mei;
	rsp->cause.value = GTPC_CAUSE_ACCEPTED;
	request_answer(pgw, rx, message, &m, NULL);
}

static void
serve_by_imsi(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct change_notification_req *req = &message->change_notification_req;
	struct session *first = NULL;

	if (req->has_imsi || req->has_mei)
		first = next_meant(pgw, req, NULL);
	if (!first) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_IMSI_NOT_KNOWN, 0);
		return;
	}
	for (struct session *s = first; s; s = next_meant(pgw, req, s))
		note(pgw, s, req);
	answer(pgw, rx, message, first);
}

void
change_notification_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	struct pgw *pgw = user;
	struct session *s;

	if (message->header.teid == 0) {
		serve_by_imsi(pgw, rx, message);
		return;
	}
	s = request_session(pgw, rx, message);
	if (!s)
		return;
	note(pgw, s, &message->change_notification_req);
	answer(pgw, rx, message, s);
}
