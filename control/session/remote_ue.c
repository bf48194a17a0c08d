// SPDX-License-Identifier: BSD-3-Clause
// Remote UE Report Notification: TS 29.274 7.2.26 and 7.2.27. Devices behind a ProSe relay; the gateway
// has nothing to do with them but to say that it has heard.
#include "control/session/pgw.h"
#include "control/session/request.h"

void
remote_ue_report(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	struct pgw *pgw = user;
	struct session *s = request_session(pgw, rx, message);
	struct gtpc_message m;

	if (!s)
		return;
	gtpc_message_init(&m, GTPC_MSG_REMOTE_UE_REPORT_ACK, s->sgw_teid, 0);
	m.remote_ue_report_ack.cause.value = GTPC_CAUSE_ACCEPTED;
	request_answer(pgw, rx, message, &m, NULL);
}
