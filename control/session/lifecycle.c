// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/lifecycle.h"

#include "config/log.h"
#include "control/session/bearer_request.h"
#include "control/session/bearer_sync.h"
#include "control/session/dp_sync.h"
#include "control/session/pgw.h"
#include "control/trace/trace.h"

#include <string.h>

#define SAMPLE_AGE_MS 5000  // a look is that old before the next one
#define SAMPLES_A_LOOK 1000 // 20000 a second; a part of a millisecond, in which nobody is answered
#define SAMPLE_MIN_MS 200   // rates over less are noise

void
session_disown_address(struct pgw *pgw, struct session *s, uint8_t family)
{
	session_index_remove_address(pgw->sessions, s, family);
	if (family == 4) {
		s->pool = APN_NO_POOL;
		return;
	}
	s->prefix_pool = APN_NO_POOL;
	s->flags &= (uint16_t)~SESSION_ALIASED; // the dataplane's alias goes over too
}

void
session_give_addresses(struct pgw *pgw, struct session *s)
{
	uint32_t now_s = (uint32_t)(pgw_now_ms() / 1000);

	apn_give_address(pgw->apns, s->pool, s->ue_ipv4, now_s);
	apn_give_address(pgw->apns, s->prefix_pool, s->ue_ipv6_prefix, now_s);
	s->pool = s->prefix_pool = APN_NO_POOL;
}

void
session_release(struct pgw *pgw, struct session *s)
{
	bearers_release(pgw, s);
	record_ended(pgw, s);
	if (s->flags & SESSION_STORED)
		turn_touch(pgw, s);
	traces_drain(pgw);
	session_index_remove_address(pgw->sessions, s, 4);
	session_index_remove_address(pgw->sessions, s, 6);
	session_give_addresses(pgw, s);
	if (s->teid)
		teid_rest(pgw->teids, s->teid);
	procedures_done(pgw, s);
	session_give(pgw->sessions, s);
}

void
session_close(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause)
{
	if (s->state == SESSION_CLOSING)
		return;
	s->end = (uint8_t)end;
	bearer_requests_leave(s);
	procedures_fail(pgw, s, cause);
	session_index_remove(pgw->sessions, s);
	sgw_leave(pgw->sessions, s);
	session_set_state(pgw->sessions, s, SESSION_CLOSING);
	turn_touch(pgw, s);
	dp_sync_delete(pgw, s);
}

// ---- Usage. The lines only grow, over reuse of the slot too; `offset` makes them the session's.

static void
add_line(struct session_usage *u, const struct dp_usage *line)
{
	u->packets += line->packets;
	u->bytes += line->bytes;
	u->dropped_packets += line->dropped_packets;
	u->dropped_bytes += line->dropped_bytes;
}

static void
subtract_line(struct session_usage *u, const struct dp_usage *line)
{
	u->packets -= line->packets;
	u->bytes -= line->bytes;
	u->dropped_packets -= line->dropped_packets;
	u->dropped_bytes -= line->dropped_bytes;
}

void
session_usage_add(struct session_usage *u, const struct session_usage *more)
{
	u->packets += more->packets;
	u->bytes += more->bytes;
	u->dropped_packets += more->dropped_packets;
	u->dropped_bytes += more->dropped_bytes;
}

void
session_own_usage_now(const struct pgw *pgw, const struct session *s, struct session_usage *ul,
	struct session_usage *dl)
{
	const struct dp_slot_usage *lines = dpclient_usage(pgw->dp, s->slot);

	*ul = s->ul_offset;
	*dl = s->dl_offset;
	if (!lines || s->flags & SESSION_USAGE_PLAIN)
		return;
	add_line(ul, &lines->ul);
	add_line(dl, &lines->dl);
}

void
bearer_usage_now(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	struct session_usage *ul, struct session_usage *dl)
{
	const struct dp_slot_usage *lines = dpclient_bearer_usage(pgw->dp, b->slot);

	*ul = b->ul_offset;
	*dl = b->dl_offset;
	if (!lines || s->flags & SESSION_USAGE_PLAIN)
		return;
	add_line(ul, &lines->ul);
	add_line(dl, &lines->dl);
}

void
session_bearers_usage_now(const struct pgw *pgw, const struct session *s, struct session_usage *ul,
	struct session_usage *dl)
{
	struct session_usage bearer_ul, bearer_dl;

	*ul = *dl = (struct session_usage){ 0 };
	for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b)) {
		bearer_usage_now(pgw, s, b, &bearer_ul, &bearer_dl);
		session_usage_add(ul, &bearer_ul);
		session_usage_add(dl, &bearer_dl);
	}
}

void
session_usage_now(const struct pgw *pgw, const struct session *s, struct session_usage *ul,
	struct session_usage *dl)
{
	struct session_usage bearers_ul, bearers_dl;

	session_own_usage_now(pgw, s, ul, dl);
	if (!s->first_bearer)
		return;
	session_bearers_usage_now(pgw, s, &bearers_ul, &bearers_dl);
	session_usage_add(ul, &bearers_ul);
	session_usage_add(dl, &bearers_dl);
}

void
bearer_usage_begin(const struct pgw *pgw, const struct session *s, struct dedicated *b)
{
	const struct dp_slot_usage *lines = dpclient_bearer_usage(pgw->dp, b->slot);

	if (!lines || s->flags & SESSION_USAGE_PLAIN)
		return;
	subtract_line(&b->ul_offset, &lines->ul);
	subtract_line(&b->dl_offset, &lines->dl);
}

void
session_usage_begin(struct pgw *pgw, struct session *s)
{
	const struct dp_slot_usage *lines = dpclient_usage(pgw->dp, s->slot);

	if (!lines || !(s->flags & SESSION_USAGE_PLAIN))
		return;
	subtract_line(&s->ul_offset, &lines->ul);
	subtract_line(&s->dl_offset, &lines->dl);
	s->flags &= (uint16_t)~SESSION_USAGE_PLAIN;
}

// A row that is right for the instance that is gone is so for this one: whoever reads it sees that the
// instance is another one, and takes the total. Bearers' rows have no instance, but their session's.
void
session_usage_resume(struct pgw *pgw, struct session *s)
{
	if (!(s->flags & SESSION_USAGE_PLAIN))
		return;
	s->flags &= (uint16_t)~SESSION_USAGE_PLAIN;
	for (struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b)) {
		s->flags |= SESSION_NEW_INSTANCE;
		bearer_touch(pgw, b);
	}
}

void
session_usage_harvest(struct pgw *pgw)
{
	for (uint32_t i = 0; i < session_table_top(pgw->sessions); i++) {
		struct session *s = session_at(pgw->sessions, i);

		if (!s)
			continue;
		for (struct dedicated *b = bearer_first(pgw->bearers, s); b;
			b = bearer_next(pgw->bearers, b))
			bearer_usage_now(pgw, s, b, &b->ul_offset, &b->dl_offset);
		session_own_usage_now(pgw, s, &s->ul_offset, &s->dl_offset);
		s->flags |= SESSION_USAGE_PLAIN | SESSION_NEW_INSTANCE;
	}
}

// ---- Rates.

void
session_sample_begin(const struct pgw *pgw, struct session *s)
{
	struct session_usage ul, dl;

	session_usage_now(pgw, s, &ul, &dl);
	s->sample = (struct session_sample){
		.at_ms = pgw_now_ms(), .ul_bytes = ul.bytes, .dl_bytes = dl.bytes
	};
}

static void
rates_since(const struct pgw *pgw, const struct session *s, uint64_t now_ms, float *ul_bps,
	float *dl_bps, struct session_sample *now)
{
	struct session_usage ul, dl;
	float seconds = (float)(now_ms - s->sample.at_ms) / 1000;

	session_usage_now(pgw, s, &ul, &dl);
	*ul_bps = (float)(ul.bytes - s->sample.ul_bytes) * 8 / seconds;
	*dl_bps = (float)(dl.bytes - s->sample.dl_bytes) * 8 / seconds;
	*now = (struct session_sample){ .at_ms = now_ms,
		.ul_bytes = ul.bytes,
		.dl_bytes = dl.bytes,
		.ul_bps = *ul_bps,
		.dl_bps = *dl_bps };
}

void
session_rates(const struct pgw *pgw, const struct session *s, float *ul_bps, float *dl_bps,
	uint32_t *over_ms)
{
	struct session_sample now;
	uint64_t now_ms = pgw_now_ms();

	*over_ms = (uint32_t)(now_ms - s->sample.at_ms);
	if (*over_ms >= SAMPLE_MIN_MS) {
		rates_since(pgw, s, now_ms, ul_bps, dl_bps, &now);
		return;
	}
	*ul_bps = s->sample.ul_bps;
	*dl_bps = s->sample.dl_bps;
	*over_ms = SAMPLE_AGE_MS;
}

void
session_sample_some(struct pgw *pgw, uint64_t now_ms)
{
	uint32_t top = session_table_top(pgw->sessions);
	uint32_t n = top < SAMPLES_A_LOOK ? top : SAMPLES_A_LOOK;

	for (uint32_t i = 0; i < n; i++) {
		struct session *s;
		float ul_bps, dl_bps;

		if (pgw->sample_next >= top)
			pgw->sample_next = 0;
		s = session_at(pgw->sessions, pgw->sample_next++);
		if (!s || now_ms - s->sample.at_ms < SAMPLE_AGE_MS)
			continue;
		rates_since(pgw, s, now_ms, &ul_bps, &dl_bps, &s->sample);
		record_look(pgw, s, now_ms);
	}
}
