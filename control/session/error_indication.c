// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/error_indication.h"

#include "config/log.h"
#include "control/session/bearer_request.h"
#include "control/session/delete_bearer.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <string.h>

// TS 23.007 21: a dedicated bearer alone is asked to end.
static bool
is_of_bearer(struct pgw *pgw, const struct gtpc_addr *peer, uint32_t teid)
{
	struct dedicated *b = bearer_find_tunnel(pgw->bearers, peer, teid);
	struct session *s = b ? session_at(pgw->sessions, b->session) : NULL;

	if (!s || s->state != SESSION_ACTIVE)
		return false;
	log_limited(LOG_LEVEL_INFO, 10, "IMSI %s: Error Indication for bearer EBI %u", s->imsi,
		b->is.ebi);
	if (bearers_delete(pgw, s, &b, 1, BEARER_END_ERROR_INDICATION, NULL) < 0)
		pgw->counters.error_indications_ignored++; // its end is under way
	return true;
}

void
error_indication_received(struct pgw *pgw, const struct dp_error_indication *e)
{
	struct gtpc_addr source, peer;
	struct session *s;

	memcpy(&source, &e->source, sizeof(source));
	memcpy(&peer, &e->peer, sizeof(peer));
	s = gtpc_addr_equal(&source, &peer) ? session_find_tunnel(pgw->sessions, &peer, e->teid)
					    : NULL;
	if (!s && gtpc_addr_equal(&source, &peer) && is_of_bearer(pgw, &peer, e->teid))
		return;
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
