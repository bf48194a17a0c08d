// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/request.h"

#include "control/session/pgw.h"

struct session *
request_session(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	struct session *s = session_find_teid(pgw->sessions, message->header.teid);

	if (s && s->state == SESSION_ACTIVE)
		return s;
	// TS 29.274 5.5.2: an unknown TEID is answered with TEID 0
	pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_CONTEXT_NOT_FOUND, 0);
	return NULL;
}

void
session_set_uli(struct session *s, const struct gtpc_uli *uli)
{
	struct writer w = writer_open(s->uli, sizeof(s->uli));

	ie_codec_find(GTPC_IE_ULI)->encode(&w, uli);
	s->uli_bytes = w.err ? 0 : (uint8_t)writer_length(&w);
}
