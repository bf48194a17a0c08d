// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/request.h"

#include "control/session/dp_sync.h"
#include "control/session/load.h"
#include "control/session/pgw.h"

#include <stdio.h>

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

bool
request_is_from_its_sgw(const struct session *s, const struct gtpc_fteid *sender)
{
	struct gtpc_addr addr = gtpc_fteid_addr(sender, s->sgw_addr.family);

	return sender->teid == s->sgw_teid && gtpc_addr_equal(&addr, &s->sgw_addr);
}

void
request_answer(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request,
	struct gtpc_message *answer, struct session *waits)
{
	struct procedure *p = procedure_new(pgw, rx, request);

	if (!p || procedure_set_answer(pgw, p, rx->peer, answer) < 0) {
		if (p)
			procedure_free(pgw, p);
		pgw_reject_cause(pgw, rx, request, GTPC_CAUSE_NO_RESOURCES, answer->header.teid);
		return;
	}
	if (waits && dp_sync_can_serve(pgw, waits->vrf))
		procedure_wait(pgw, p, waits);
	else
		turn_answer(pgw, p);
}

void
request_note_news(struct pgw *pgw, struct session *s, const struct request_news *news)
{
	if (news->uli)
		session_set_uli(s, news->uli);
	if (news->time_zone)
		s->ue_time_zone = *news->time_zone;
	session_set_csids(pgw, s, news->mme_set, news->sgw_set);
	if (news->uli || news->time_zone || news->mme_set || news->sgw_set)
		turn_touch(pgw, s);
	load_heard(pgw, s->sgw, &s->serving_network, news->overload);
}

void
session_name_device(char subscriber[16], const struct gtpc_digits *mei)
{
	snprintf(subscriber, 16, "E%.14s", mei->text);
}

void
session_set_uli(struct session *s, const struct gtpc_uli *uli)
{
	struct writer w = writer_open(s->uli, sizeof(s->uli));

	ie_codec_find(GTPC_IE_ULI)->encode(&w, uli);
	s->uli_bytes = w.err ? 0 : (uint8_t)writer_length(&w);
}
