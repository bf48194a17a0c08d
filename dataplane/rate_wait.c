// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/rate_wait.h"

#include "dataplane/bearers.h"
#include "dataplane/mss_clamp.h"
#include "dataplane/worker.h"

#include <rte_malloc.h>

#include <errno.h>

#define NONE UINT32_MAX
#define SPAN                                                                                       \
	(RATE_WAIT_TICKS - 2) // ticks ahead that are surely not passed yet when the wheel is late

int
rate_wait_new(struct rate_wait *r, uint32_t ms, uint32_t max, uint64_t tsc_hz, int socket)
{
	*r = (struct rate_wait){ .most = tsc_hz / 1000 * ms, .free = NONE };
	while (2ULL << r->shift <= tsc_hz / 1000)
		r->shift++;
	for (unsigned int i = 0; i < RATE_WAIT_TICKS; i++)
		r->slot[i].first = NONE;
	r->entry = rte_malloc_socket("rate_wait", max * sizeof(*r->entry), 64, socket);
	if (r->entry == NULL)
		return -ENOMEM;
	for (uint32_t i = max; i-- > 0;) {
		r->entry[i].next = r->free;
		r->free = i;
	}
	return 0;
}

void
rate_wait_free(struct rate_wait *r)
{
	rte_free(r->entry);
	r->entry = NULL;
}

// The most that a bucket of this rate may owe, TSC cycles: for a slow session not less than a few
// packets are worth, and for none more than the bucket holds.
static uint64_t
most_of(const struct rate_wait *r, uint64_t cost, uint32_t depth)
{
	uint64_t most = RTE_MAX(r->most, cost * RATE_WAIT_LEAST >> BUCKET_COST_SHIFT);

	most = RTE_MIN(most, (uint64_t)depth << BUCKET_DEPTH_SHIFT);
	return RTE_MIN(most, (uint64_t)SPAN << r->shift);
}

uint64_t
rate_wait_owe(const struct worker *w, const struct session *s, struct dp_usage *u, bool is_ul,
	uint16_t len, enum dp_drop why)
{
	const struct rate_wait *r = &w->rate_wait;
	uint64_t cost = is_ul ? s->ul_cost : s->dl_cost;
	uint32_t depth = is_ul ? s->ul_depth : s->dl_depth;

	if (why != (is_ul ? DP_DROP_UL_OVER_AMBR : DP_DROP_DL_OVER_AMBR) || r->most == 0 ||
		r->free == NONE || bearers_session(w, s) != s)
		return 0;
	return bucket_owe(&u->bucket, cost, depth, w->now, len, most_of(r, cost, depth));
}

// ---- The wheel

static void
wheel_put(struct rate_wait *r, uint32_t entry, uint64_t at)
{
	unsigned int k = (unsigned int)(at >> r->shift) & (RATE_WAIT_TICKS - 1);

	if (r->slot[k].first == NONE)
		r->slot[k].first = entry;
	else
		r->entry[r->slot[k].last].next = entry;
	r->slot[k].last = entry;
	r->entry[entry].next = NONE;
}

// What the device is told of smaller segments it is told before: nobody looks again.
static void
clamp(const struct worker *w, const struct session *s, const struct rate_waiting *p)
{
	void *ip = rte_pktmbuf_mtod_offset(p->pkt, void *, p->l3);

	if (!(s->flags & SESSION_CLAMPS_MSS))
		return;
	if (p->kind == RATE_WAIT_UL6 || p->kind == RATE_WAIT_DL6)
		mss_clamp_ipv6(ip, p->len, worker_profile(w, s)->mss_ipv6);
	else
		mss_clamp_ipv4(ip, p->len, worker_profile(w, s)->mss_ipv4);
}

bool
rate_wait_hold(struct worker *w, const struct batch *b, uint16_t i, uint16_t len,
	enum rate_wait_kind kind, enum dp_drop why)
{
	struct rate_wait *r = &w->rate_wait;
	const struct session *s = b->session[i];
	bool is_ul = kind == RATE_WAIT_UL || kind == RATE_WAIT_UL6;
	struct dp_slot_usage *u = worker_usage(w, s);
	uint64_t after = rate_wait_owe(w, s, is_ul ? &u->ul : &u->dl, is_ul, len, why);
	uint32_t entry = r->free;
	struct rate_waiting *p;

	if (after == 0)
		return false;
	p = &r->entry[entry];
	r->free = p->next;
	*p = (struct rate_waiting){ .pkt = b->pkt[i],
		.line = (uint32_t)(s - w->sessions),
		.generation = s->generation,
		.l3 = b->l3[i],
		.len = len,
		.kind = (uint8_t)kind };
	clamp(w, s, p);
	if (r->n++ == 0)
		r->tick = w->now >> r->shift;
	wheel_put(r, entry, w->now + after);
	w->count->rate_held++;
	return true;
}

// ---- Release

static void
forward(struct worker *w, struct batch *b, unsigned int kind)
{
	static void (*const tunnel[RATE_WAIT_KINDS])(struct worker *, struct batch *) = {
		[RATE_WAIT_UL] = ul_tunnel,
		[RATE_WAIT_DL] = dl_tunnel,
		[RATE_WAIT_UL6] = ul6_tunnel,
		[RATE_WAIT_DL6] = dl6_tunnel,
	};

	tunnel[kind](w, b);
	b->n = 0;
}

static struct batch *
batch_of(struct worker *w, unsigned int kind)
{
	struct batch *const of[RATE_WAIT_KINDS] = {
		[RATE_WAIT_UL] = &w->ul,
		[RATE_WAIT_DL] = &w->dl,
		[RATE_WAIT_UL6] = &w->ul6,
		[RATE_WAIT_DL6] = &w->dl6,
	};

	return of[kind];
}

static void
release(struct worker *w, const struct rate_waiting *p)
{
	struct session *s = &w->sessions[p->line];
	bool is_ul = p->kind == RATE_WAIT_UL || p->kind == RATE_WAIT_UL6;
	struct batch *b = batch_of(w, p->kind);
	bool is_traced = s->flags & w->tracer.divert;

	w->count->rate_released++;
	if (!(s->flags & SESSION_USED) || s->generation != p->generation) {
		drop(w, p->pkt, is_ul ? DP_DROP_UNKNOWN_TEID : DP_DROP_NO_SESSION);
		return;
	}
	if (is_traced && b->n)
		forward(w, b, p->kind);
	b->pkt[b->n] = p->pkt;
	b->session[b->n] = s;
	b->l3[b->n] = p->l3;
	b->len[b->n++] = p->len;
	if (is_traced)
		trace_begin(w, trace_subject_of(w, s, is_ul ? DP_UPLINK : DP_DOWNLINK));
	if (is_traced || b->n == BURST_MAX)
		forward(w, b, p->kind);
	if (is_traced)
		trace_end(w);
}

static void
release_slot(struct worker *w, unsigned int k)
{
	struct rate_wait *r = &w->rate_wait;
	uint32_t entry = r->slot[k].first;

	r->slot[k].first = NONE;
	while (entry != NONE) {
		struct rate_waiting *p = &r->entry[entry];
		uint32_t next = p->next;

		release(w, p);
		p->next = r->free;
		r->free = entry;
		r->n--;
		entry = next;
	}
}

void
rate_wait_run(struct worker *w)
{
	struct rate_wait *r = &w->rate_wait;
	uint64_t now = w->now >> r->shift;
	uint64_t last = RTE_MIN(now, r->tick + RATE_WAIT_TICKS - 1);

	if (r->n == 0)
		return;
	for (unsigned int kind = 0; kind < RATE_WAIT_KINDS; kind++)
		batch_of(w, kind)->n = 0;
	for (uint64_t tick = r->tick; tick <= last; tick++)
		release_slot(w, (unsigned int)tick & (RATE_WAIT_TICKS - 1));
	r->tick = now;
	for (unsigned int kind = 0; kind < RATE_WAIT_KINDS; kind++)
		forward(w, batch_of(w, kind), kind);
}
