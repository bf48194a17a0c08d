// SPDX-License-Identifier: BSD-3-Clause
// Second stage: key -> session. In: teid[] or dst[]. Out: session[], its lines on the way.
#include "dataplane/gtpu_path.h"
#include "dataplane/worker.h"

#include <rte_prefetch.h>

static inline struct session *
session_at(const struct worker *w, const void *value)
{
	return &w->sessions[(uintptr_t)value >> BEARER_BITS];
}

void
ul_lookup(struct worker *w, struct batch *b)
{
	const void *keys[BURST_MAX];
	hash_sig_t hash[BURST_MAX];
	void *found[BURST_MAX];
	uint64_t hits = 0;
	uint16_t live = 0;

	if (b->n == 0)
		return;
	for (uint16_t i = 0; i < b->n; i++) {
		keys[i] = &b->teid[i];
		hash[i] = teid_hash(b->teid[i]);
	}
	rte_hash_lookup_with_hash_bulk_data(w->tables.by_teid, keys, hash, b->n, &hits, found);
	for (uint16_t i = 0; i < b->n; i++) {
		if (unlikely(!(hits >> i & 1))) {
			gtpu_path_unknown_teid(w, b->pkt[i], b->teid[i]);
			continue;
		}
		b->session[live] = session_at(w, found[i]);
		rte_prefetch0(b->session[live]);
		rte_prefetch0(&worker_usage(w, b->session[live])->ul);
		b->pkt[live] = b->pkt[i];
		b->l3[live] = b->l3[i];
		b->len[live++] = b->len[i];
	}
	b->n = live;
}

// No session has this destination: say which of the two cases it is.
static void
dl_unknown(struct worker *w, struct rte_mbuf *m, struct dl_key key)
{
	const struct route_view *v = worker_view(w, (uint16_t)key.vrf);
	uint32_t i = route_find(v, rte_be_to_cpu_32(key.dst));
	bool pool = v->adjacency[i].kind == ADJACENCY_BLACKHOLE;

	drop(w, m, pool ? DP_DROP_NO_SESSION : DP_DROP_NOT_LOCAL);
}

void
dl_lookup(struct worker *w, struct batch *b)
{
	const void *keys[BURST_MAX];
	hash_sig_t hash[BURST_MAX];
	void *found[BURST_MAX];
	uint64_t hits = 0;
	uint16_t live = 0;

	if (b->n == 0)
		return;
	for (uint16_t i = 0; i < b->n; i++) {
		keys[i] = &b->dst[i];
		hash[i] = dl_key_hash(b->dst[i]);
	}
	rte_hash_lookup_with_hash_bulk_data(w->tables.by_addr, keys, hash, b->n, &hits, found);
	for (uint16_t i = 0; i < b->n; i++) {
		if (unlikely(!(hits >> i & 1))) {
			dl_unknown(w, b->pkt[i], b->dst[i]);
			continue;
		}
		b->session[live] = session_at(w, found[i]);
		rte_prefetch0(b->session[live]);
		rte_prefetch0(&worker_usage(w, b->session[live])->dl);
		b->pkt[live] = b->pkt[i];
		b->l3[live] = b->l3[i];
		b->len[live++] = b->len[i];
	}
	b->n = live;
}
