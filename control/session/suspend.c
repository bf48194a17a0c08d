// SPDX-License-Identifier: BSD-3-Clause
// Suspend Notification and Resume Notification: TS 29.274 7.4.1 to 7.4.4, TS 23.216 6.2.2.1. The device
// is away on another access: what comes downlink for its non-GBR bearers is dropped until it is back.
#include "control/session/dp_sync.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

static void
serve(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message,
	const struct gtpc_fteid *sender, bool is_suspended)
{
	struct session *s = request_session(pgw, rx, message);
	struct gtpc_message m;
	bool is_changed;

	if (!s)
		return;
	if (sender && !request_is_from_its_sgw(s, sender)) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_INVALID_PEER, sender->teid);
		return;
	}
	is_changed = session_suspend(pgw, s, is_suspended);
	gtpc_message_init(&m, gtpc_message_find(message->header.type)->answer, s->sgw_teid, 0);
	gtpc_message_set_cause(&m, GTPC_CAUSE_ACCEPTED);
	request_answer(pgw, rx, message, &m, is_changed ? s : NULL);
}

void
suspend_notification(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct suspend_notification *n = &message->suspend_notification;

	serve(user, rx, message, n->has_sender ? &n->sender : NULL, true);
}

void
resume_notification(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct resume_notification *n = &message->resume_notification;

	serve(user, rx, message, n->has_sender ? &n->sender : NULL, false);
}

bool
session_suspend(struct pgw *pgw, struct session *s, bool is_suspended)
{
	if (is_suspended == !!(s->flags & SESSION_SUSPENDED))
		return false;
	s->flags ^= SESSION_SUSPENDED;
	turn_touch(pgw, s);
	dp_sync_put(pgw, s);
	return true;
}
