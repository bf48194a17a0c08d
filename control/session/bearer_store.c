// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/bearer_store.h"

#include "config/log.h"
#include "control/session/bearer_job.h"
#include "control/session/bearer_sync.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

// A bearer in the store, then its filters as a TFT on the wire. New members go to the end, and zero
// means there what a release without them did: rows of an earlier release are shorter.
struct bearer_record {
	struct session_usage ul_offset, dl_offset;
	struct session_usage ul_total, dl_total; // when this was written
	struct bearer_rates rates;
	uint32_t session, session_generation;
	uint32_t generation, teid;
	uint32_t charging_id, peer_teid;
	struct gtpc_addr peer;
	uint8_t ebi, qci, priority_level, preemption;
	uint8_t is_by_device;
	char name[BEARER_NAME_MAX];
	uint16_t tft_bytes;
	bool is_asked; // the SGW hasn't accepted it yet
	bool is_leaving;
	uint8_t end; // enum bearer_end, then
	uint32_t told[BEARER_ASPECTS];
	int64_t started_s;
	uint64_t started_ms;
};

#define BEARER_RECORD_MIN offsetof(struct bearer_record, is_leaving)

enum { PREEMPTION_CAN = 1, PREEMPTION_IS = 2 };

// ---- Writing.

static void
to_record(const struct pgw *pgw, const struct dedicated *b, struct bearer_record *r)
{
	const struct session *s = session_slot(pgw->sessions, b->session);

	memset(r, 0, sizeof(*r));
	r->ul_offset = b->ul_offset;
	r->dl_offset = b->dl_offset;
	bearer_usage_now(pgw, s, b, &r->ul_total, &r->dl_total);
	r->rates = b->rates;
	r->session = s->slot;
	r->session_generation = s->generation;
	r->generation = b->generation;
	r->teid = b->teid;
	r->charging_id = b->is.charging_id;
	r->peer_teid = b->is.peer_teid;
	r->peer = b->is.peer;
	r->ebi = b->is.ebi;
	r->qci = b->is.qci;
	r->priority_level = b->is.priority_level;
	r->preemption = (uint8_t)((b->is.can_preempt ? PREEMPTION_CAN : 0) |
		(b->is.is_preemptable ? PREEMPTION_IS : 0));
	r->is_by_device = b->flags & BEARER_BY_DEVICE ? 1 : 0;
	memcpy(r->name, b->name, sizeof(r->name));
	r->is_asked = b->state == BEARER_ASKED;
	r->is_leaving = b->state == BEARER_LEAVING;
	r->end = b->end;
	memcpy(r->told, b->told, sizeof(r->told));
	r->started_s = b->started_s;
	r->started_ms = b->started_ms;
}

// What ends stays until the dataplane has let go of it, so that its last record isn't lost.
static bool
is_kept(const struct pgw *pgw, const struct dedicated *b)
{
	const struct session *s = session_slot(pgw->sessions, b->session);

	if (b->state == BEARER_FREE)
		return false;
	if (s->state == SESSION_CLOSING)
		return b->flags & BEARER_STORED;
	return s->state == SESSION_ACTIVE && (b->state != BEARER_LEAVING || b->told[0] != 0);
}

void
bearer_store_write(struct pgw *pgw, uint32_t slot)
{
	struct dedicated *b = bearer_slot(pgw->bearers, slot);
	struct store_key key = store_u32_key(slot);
	uint8_t row[sizeof(struct bearer_record) + TFT_BYTES_MAX];
	struct tft t = { .operation = TFT_CREATE, .n_filters = b->n_filters };
	struct bearer_record r;
	ssize_t n;

	if (!is_kept(pgw, b)) {
		if (b->flags & BEARER_STORED)
			store_del(pgw->store, STORE_BEARERS, &key);
		return;
	}
	record_bearer_touched(pgw, session_slot(pgw->sessions, b->session), b);
	to_record(pgw, b, &r);
	memcpy(t.filter, b->filter, sizeof(t.filter));
	n = tft_encode(&t, row + sizeof(r), TFT_BYTES_MAX);
	r.tft_bytes = n > 0 ? (uint16_t)n : 0;
	memcpy(row, &r, sizeof(r));
	store_put(pgw->store, STORE_BEARERS, &key, row, sizeof(r) + r.tft_bytes);
}

void
bearers_store_usage(struct pgw *pgw, const struct session *s)
{
	for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b))
		if (b->flags & BEARER_STORED)
			bearer_store_write(pgw, b->slot);
}

void
bearer_store_written(struct pgw *pgw, uint32_t slot)
{
	struct dedicated *b = bearer_slot(pgw->bearers, slot);

	if (is_kept(pgw, b))
		b->flags |= BEARER_STORED;
	else
		b->flags &= (uint8_t)~BEARER_STORED;
	b->flags &= (uint8_t)~BEARER_DIRTY;
}

// ---- Loading.

struct loading {
	struct pgw *pgw;
	const char *fault;
};

static bool
read_record(struct bearer_record *r, struct tft *t, const void *value, size_t n)
{
	size_t at;

	memset(r, 0, sizeof(*r));
	if (n < BEARER_RECORD_MIN)
		return false;
	memcpy(r, value, BEARER_RECORD_MIN);
	at = n - r->tft_bytes;
	if (r->tft_bytes > n || at < BEARER_RECORD_MIN || at > sizeof(*r))
		return false;
	memcpy(r, value, at);
	return r->teid != 0 && (r->is_asked || (r->ebi >= 5 && r->ebi <= 15)) &&
		memchr(r->name, '\0', sizeof(r->name)) &&
		tft_decode((const uint8_t *)value + at, r->tft_bytes, t) == TFT_GOOD;
}

static uint32_t
slot_of(const uint8_t *k)
{
	return (uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3];
}

static void
from_record(struct dedicated *b, const struct bearer_record *r, const struct tft *t)
{
	b->flags |= BEARER_STORED | (r->is_by_device ? BEARER_BY_DEVICE : 0);
	b->state = r->is_asked ? BEARER_ASKED : BEARER_ACTIVE;
	b->teid = r->teid;
	b->is = (struct bearer){
		.ebi = r->ebi,
		.qci = r->qci,
		.priority_level = r->priority_level,
		.can_preempt = r->preemption & PREEMPTION_CAN,
		.is_preemptable = r->preemption & PREEMPTION_IS,
		.charging_id = r->charging_id,
		.peer_teid = r->peer_teid,
		.peer = r->peer,
	};
	b->rates = r->rates;
	memcpy(b->name, r->name, sizeof(b->name));
	b->n_filters = t->n_filters;
	memcpy(b->filter, t->filter, sizeof(b->filter));
	b->ul_offset = r->ul_offset;
	b->dl_offset = r->dl_offset;
	memcpy(b->told, r->told, sizeof(b->told));
	b->started_s = r->started_s;
	b->started_ms = r->started_ms;
}

// It ended with the session that has ended with the run before, or just before it.
static void
tell_end(struct pgw *pgw, const struct session *s, const struct bearer_record *r,
	const struct tft *t)
{
	struct dedicated b = { 0 };

	from_record(&b, r, t);
	b.ul_offset = r->ul_total;
	b.dl_offset = r->dl_total;
	if (r->is_leaving) {
		b.state = BEARER_LEAVING;
		b.end = r->end;
	}
	record_bearer_ended(pgw, s, &b);
}

// Of a session that is gone, or more than the configuration has room for.
static void
drop_row(struct pgw *pgw, uint32_t slot)
{
	struct dedicated *b = bearer_slot(pgw->bearers, slot);

	b->flags |= BEARER_STORED;
	if (turn_note(pgw, slot | TURN_BEARER))
		b->flags |= BEARER_DIRTY;
}

static int
load_bearer(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct loading *l = ctx;
	struct pgw *pgw = l->pgw;
	struct bearer_record r;
	struct dedicated *b;
	struct session *s;
	struct tft t;

	l->fault = "a dedicated bearer's row is damaged";
	if (key_n != sizeof(uint32_t) || !read_record(&r, &t, value, n))
		return -EINVAL;
	s = session_of(pgw->sessions, r.session, r.session_generation);
	b = s && s->state == SESSION_ACTIVE
		? bearer_take_at(pgw->bearers, s, slot_of(key), r.generation)
		: NULL;
	if (!b) {
		if (s && s->state == SESSION_CREATING) // see session_store.c
			tell_end(pgw, s, &r, &t);
		if (slot_of(key) < pgw->config->bearers_max)
			drop_row(pgw, slot_of(key));
		return 0;
	}
	from_record(b, &r, &t);
	bearer_index_add(pgw->bearers, b);
	if (r.is_leaving) {
		bearer_end(pgw, s, b, (enum bearer_end)r.end);
		s->wanted++; // it leaves with the session's replay
	}
	return 0;
}

// Those whose request hasn't left yet. What a device has asked for it asks for again: its Command wasn't
// answered.
static void
ask_again(struct pgw *pgw, struct session *s)
{
	for (struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b)) {
		if (b->state != BEARER_ASKED || b->flags & BEARER_BUSY)
			continue;
		if (!(b->flags & BEARER_BY_DEVICE) && bearer_ask_again(pgw, s, b) == 0)
			continue;
		bearer_end(pgw, s, b, BEARER_END_COMMAND);
		s->wanted++; // it leaves with the session's replay
	}
}

int
bearer_store_load(struct pgw *pgw, const char **fault)
{
	struct loading l = { .pgw = pgw };
	int ret = store_read(pgw->store, STORE_BEARERS, load_bearer, &l);

	*fault = l.fault;
	if (ret == 0)
		ret = bearer_jobs_load(pgw, fault);
	for (uint32_t i = 0; ret == 0 && i < session_table_top(pgw->sessions); i++) {
		struct session *s = session_at(pgw->sessions, i);

		if (s && s->state == SESSION_ACTIVE)
			ask_again(pgw, s);
	}
	return ret;
}

static int
reload_usage(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct pgw *pgw = ctx;
	struct bearer_record r;
	struct dedicated *b;
	struct tft t;

	if (key_n != sizeof(uint32_t) || !read_record(&r, &t, value, n))
		return 0;
	b = bearer_of(pgw->bearers, slot_of(key), r.generation);
	if (!b || !(session_slot(pgw->sessions, b->session)->flags & SESSION_USAGE_PLAIN))
		return 0;
	b->ul_offset = r.ul_total;
	b->dl_offset = r.dl_total;
	return 0;
}

int
bearer_store_reload_usage(struct pgw *pgw)
{
	return store_read(pgw->store, STORE_BEARERS, reload_usage, pgw);
}
