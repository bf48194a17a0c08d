// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/error_indication.h"

#include "config/log.h"
#include "control/session/delete_bearer.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <string.h>

void
error_indication_received(struct pgw *pgw, const struct dp_error_indication *e)
{
	struct gtpc_addr source, peer;
	struct session *s;

	memcpy(&source, &e->source, sizeof(source));
	memcpy(&peer, &e->peer, sizeof(peer));
	s = gtpc_addr_equal(&source, &peer) ? session_find_tunnel(pgw->sessions, &peer, e->teid)
					    : NULL;
	if (!s || s->state != SESSION_ACTIVE) {
		pgw->counters.error_indications_ignored++;
		return;
	}
	log_limited(LOG_LEVEL_INFO, 10, "IMSI %s: Error Indication from its SGW, session ends",
		s->imsi);
	pgw->counters.sessions_lost_error_indication++;
	delete_bearer_announce(pgw, s, GTPC_CAUSE_REACTIVATION_REQUESTED);
	session_close(pgw, s, SESSION_END_ERROR_INDICATION, GTPC_CAUSE_CONTEXT_NOT_FOUND);
}
