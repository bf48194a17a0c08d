// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/bearer_sync.h"

#include "config/log.h"
#include "control/session/bearer_request.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- Into the shared file.

static bool
is_there(const struct dedicated *b)
{
	return b->state == BEARER_ASKED || b->state == BEARER_ACTIVE;
}

static void
fill_bearer(const struct pgw *pgw, const struct dedicated *b, const struct dp_session *d,
	struct dp_bearer *to)
{
	bool is_gbr = gtpc_qci_is_gbr(b->is.qci);

	*to = (struct dp_bearer){
		.slot = b->slot,
		.generation = b->generation,
		.teid = b->teid,
		.peer_teid = b->is.peer_teid,
		.ul_bps = b->rates.ul_mbr_kbps * 1000,
		.dl_bps = b->rates.dl_mbr_kbps * 1000,
		.ebi = b->is.ebi,
		.qci = b->is.qci,
		.dscp = ctl_config_dscp(pgw->config, b->is.qci),
	};
	memcpy(&to->peer, &b->is.peer, sizeof(to->peer));
	if (b->flags & BEARER_END_MARKER)
		to->flags |= DP_BEARER_END_MARKER;
	if (is_gbr)
		return;
	// TS 23.401 4.7.3, and TS 29.274 7.4.1: a suspended device keeps its guaranteed bearers.
	to->flags |= DP_BEARER_IN_AMBR;
	if (d->flags & DP_SESSION_UL_CLOSED)
		to->flags |= DP_BEARER_UL_CLOSED;
	if (d->flags & DP_SESSION_DL_CLOSED)
		to->flags |= DP_BEARER_DL_CLOSED;
}

struct ranked {
	const struct tft_filter *filter;
	uint8_t bearer;
};

static int
by_precedence(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->filter->precedence - y->filter->precedence;
}

// The downlink filters of those that are active, in the order in which they are tried.
static void
fill_filters(struct dp_bearers *to, const struct ranked *ranked, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		to->filter[i] = ranked[i].filter->is;
		to->filter[i].bearer = ranked[i].bearer;
	}
	to->n_filters = (uint8_t)n;
}

static void
fill_block(const struct pgw *pgw, const struct session *s, const struct dp_session *d,
	struct dp_bearers *to)
{
	struct ranked ranked[DP_FILTERS_MAX];
	unsigned int n = 0;

	memset((char *)to + sizeof(to->seq), 0, sizeof(*to) - sizeof(to->seq));
	to->slot = s->slot;
	to->generation = s->generation;
	for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b)) {
		if (!is_there(b) || to->n_bearers == DP_DEDICATED_MAX)
			continue;
		for (unsigned int i = 0; b->state == BEARER_ACTIVE && i < b->n_filters; i++)
			if (tft_is_downlink(&b->filter[i]) && n < DP_FILTERS_MAX)
				ranked[n++] = (struct ranked){ &b->filter[i], to->n_bearers };
		fill_bearer(pgw, b, d, &to->bearer[to->n_bearers++]);
	}
	qsort(ranked, n, sizeof(ranked[0]), by_precedence);
	fill_filters(to, ranked, n);
}

void
bearer_sync_fill(struct pgw *pgw, struct session *s, struct dp_session *d)
{
	struct dp_header *h = dpclient_header(pgw->dp);
	const struct dedicated *first = bearer_first(pgw->bearers, s);
	struct dp_bearers *to;
	uint32_t seq;

	while (first && !is_there(first))
		first = bearer_next(pgw->bearers, first);
	if (!first || !h || first->slot >= h->bearers_max)
		return;
	to = &dp_shm_bearers(h)[first->slot];
	seq = atomic_load_explicit(&to->seq, memory_order_relaxed) | 1;
	atomic_store_explicit(&to->seq, seq, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	fill_block(pgw, s, d, to);
	atomic_store_explicit(&to->seq, seq + 1, memory_order_release);
	d->bearers = first->slot + 1;
}

void
bearer_sync_sent(struct pgw *pgw, struct session *s)
{
	for (struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b))
		b->flags &= (uint8_t)~BEARER_END_MARKER;
}

// ---- Out of the dataplane.

static void
release(struct pgw *pgw, struct session *s, struct dedicated *b)
{
	struct session_usage ul, dl;

	record_bearer_ended(pgw, s, b);
	bearer_usage_now(pgw, s, b, &ul, &dl);
	session_usage_add(&s->ul_offset, &ul);
	session_usage_add(&s->dl_offset, &dl);
	if (s->state == SESSION_ACTIVE)
		turn_touch(pgw, s);
	teid_rest(pgw->teids, b->teid);
	bearer_give(pgw->bearers, s, b);
	bearer_touch(pgw, b);
}

// One that is refused may take others with it, which were asked for together.
static void
refuse(struct pgw *pgw, struct session *s, uint32_t refused)
{
	struct dedicated *bearers[DP_DEDICATED_MAX];
	unsigned int n = 0, place = 0;

	for (struct dedicated *b = bearer_first(pgw->bearers, s); b && place < DP_DEDICATED_MAX;
		b = bearer_next(pgw->bearers, b))
		if (is_there(b) && refused >> place++ & 1)
			bearers[n++] = b;
	for (unsigned int i = 0; i < n; i++) {
		if (!is_there(bearers[i]))
			continue;
		log_limited(LOG_LEVEL_WARNING, 5,
			"IMSI %s: the dataplane has no room for a dedicated bearer", s->imsi);
		bearer_refused(pgw, s, bearers[i]);
	}
}

void
bearer_sync_done(struct pgw *pgw, struct session *s, uint32_t refused)
{
	struct dedicated *b = bearer_first(pgw->bearers, s), *next;

	for (; b; b = next) {
		next = bearer_next(pgw->bearers, b);
		if (b->state == BEARER_LEAVING && (int16_t)(s->done - b->version) >= 0)
			release(pgw, s, b);
	}
	if (refused && s->done == s->wanted)
		refuse(pgw, s, refused);
	bearer_requests_done(pgw, s);
}

void
bearers_release(struct pgw *pgw, struct session *s)
{
	struct dedicated *b;

	bearer_requests_leave(s);
	while ((b = bearer_first(pgw->bearers, s)) != NULL)
		release(pgw, s, b);
}

// ---- Bearers.

static bool
is_teid_used(const void *ctx, uint32_t teid)
{
	return pgw_is_teid_used(ctx, teid);
}

struct dedicated *
bearer_begin(struct pgw *pgw, struct session *s)
{
	struct dedicated *b = bearer_take(pgw->bearers, s);

	if (!b)
		return NULL;
	b->is.peer = s->bearer.peer;
	b->is.peer_teid = s->bearer.peer_teid;
	if (store_charging_id(pgw->store, &b->is.charging_id) == 0)
		b->teid = teid_take(pgw->teids, (uint8_t)s->teid, is_teid_used, pgw);
	bearer_index_add(pgw->bearers, b);
	if (b->teid == 0) {
		bearer_give(pgw->bearers, s, b);
		return NULL;
	}
	bearer_usage_begin(pgw, s, b);
	if (s->state == SESSION_ACTIVE)
		turn_touch(pgw, s); // the rows of both are of one instance
	return b;
}

void
bearer_end(struct pgw *pgw, struct session *s, struct dedicated *b, enum bearer_end end)
{
	if (b->state == BEARER_LEAVING)
		return;
	b->state = BEARER_LEAVING;
	b->end = (uint8_t)end;
	b->version = (uint16_t)(s->wanted + 1); // the put that the caller is about to make
	bearer_touch(pgw, b);
}

void
bearer_touch(struct pgw *pgw, struct dedicated *b)
{
	if (b->flags & BEARER_DIRTY)
		return;
	if (turn_note(pgw, b->slot | TURN_BEARER))
		b->flags |= BEARER_DIRTY;
}
