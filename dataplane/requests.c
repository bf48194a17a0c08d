// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/requests.h"

#include "dataplane/explain.h"
#include "dataplane/worker.h"

#include <errno.h>

#define REQUESTS_PER_TURN 32

// Wakes control if it has said that it sleeps. The fence orders the reply before the question.
static void
doorbell_ring(struct worker *w)
{
	struct dp_header *h = w->in->shm;
	uint64_t one = 1;

	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&h->control_sleeps, memory_order_relaxed) &&
		atomic_exchange(&h->control_sleeps, 0))
		(void)!write(w->doorbell, &one, sizeof(one));
}

// A control has attached: rings anew, since a producer that died may have left them torn.
static void
attach(struct worker *w, uint32_t wanted)
{
	struct dp_header *h = w->in->shm;

	rte_ring_init(w->request_ring, "request", h->ring_elems, RING_F_SP_ENQ | RING_F_SC_DEQ);
	rte_ring_init(w->reply_ring, "reply", h->ring_elems, RING_F_SP_ENQ | RING_F_SC_DEQ);
	atomic_store_explicit(&w->trace_ring->head, 0, memory_order_relaxed);
	atomic_store_explicit(&w->trace_ring->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&w->trace_ring->lost, 0, memory_order_relaxed);
	w->sweep.running = false;
	w->attach = wanted;
	w->is_complete = false;
	w->n_claimed = 0;
	w->n_aliases_claimed = 0;
	atomic_store_explicit(&w->shm->attach_echo, wanted, memory_order_release);
}

static void
reply_done(struct worker *w, uint16_t op, uint32_t id, int result, uint32_t count)
{
	struct dp_reply r = { .kind = DP_REPLY_DONE, .op = op, .id = id };

	r.done.result = result;
	r.done.count = count;
	rte_ring_sp_enqueue_elem(w->reply_ring, &r, sizeof(r));
}

static int
profile_put(struct worker *w, const struct dp_profile *want)
{
	if (want->profile >= DP_PROFILES_MAX || want->n_rdnss > DP_RDNSS_MAX ||
		want->ra_lifetime_s > UINT16_MAX)
		return -EINVAL;
	w->profiles[want->profile] = *want;
	return 0;
}

static void
request_take(struct worker *w, const struct dp_request *r)
{
	uint32_t refused = 0;
	int result;

	switch (r->op) {
	case DP_OP_SESSION_PUT:
		result = session_put(w, &r->session, &refused);
		reply_done(w, r->op, r->id, result, refused);
		return;
	case DP_OP_SESSION_DELETE:
		reply_done(w, r->op, r->id, session_delete(w, &r->ref), 0);
		return;
	case DP_OP_PROFILE_PUT:
		reply_done(w, r->op, r->id, profile_put(w, &r->profile), 0);
		return;
	case DP_OP_ALIAS_PUT:
		reply_done(w, r->op, r->id, alias_put(w, &r->alias), 0);
		return;
	case DP_OP_ALIAS_DELETE:
		reply_done(w, r->op, r->id, alias_delete(w, &r->alias), 0);
		return;
	case DP_OP_SWEEP:
		w->sweep = (struct sweep){ .running = true, .id = r->id };
		return;
	case DP_OP_EXPLAIN:
		result = explain(w, &r->explain, &w->shm->explanation);
		w->shm->explanation.id = r->id;
		reply_done(w, r->op, r->id, result, 0);
		return;
	default:
		reply_done(w, r->op, r->id, -EINVAL, 0);
	}
}

unsigned int
requests_run(struct worker *w)
{
	struct dp_request r[REQUESTS_PER_TURN];
	uint32_t wanted = atomic_load_explicit(&w->in->shm->attach, memory_order_acquire);
	unsigned int n, room;
	bool swept = false;

	if (unlikely(wanted != w->attach))
		attach(w, wanted);
	// A reply for each request must fit, and one for a sweep that ends.
	room = rte_ring_free_count(w->reply_ring);
	if (unlikely(room <= REQUESTS_PER_TURN))
		return 0;
	n = rte_ring_sc_dequeue_burst_elem(
		w->request_ring, r, sizeof(r[0]), REQUESTS_PER_TURN, NULL);
	for (unsigned int i = 0; i < n; i++)
		request_take(w, &r[i]);
	if (unlikely(w->sweep.running) && session_sweep_step(w)) {
		w->sweep.running = false;
		w->is_complete = true;
		swept = true;
		reply_done(w, DP_OP_SWEEP, w->sweep.id, 0, w->sweep.n_deleted);
	}
	if (n || swept)
		doorbell_ring(w);
	return n + w->sweep.running;
}

void
requests_event(struct worker *w, struct dp_reply *event)
{
	// Leave the last elements to replies, which must not be lost.
	if (rte_ring_free_count(w->reply_ring) <= REQUESTS_PER_TURN ||
		rte_ring_sp_enqueue_elem(w->reply_ring, event, sizeof(*event))) {
		w->count->events_lost++;
		return;
	}
	doorbell_ring(w);
}
