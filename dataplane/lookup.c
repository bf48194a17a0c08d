// SPDX-License-Identifier: BSD-3-Clause
// Second stage: key -> session. In: key[] and bucket[], these on the way. Out: session[], its lines on
// the way.
#include "dataplane/gtpu_path.h"
#include "dataplane/judge6.h"
#include "dataplane/worker.h"

#include <rte_ip.h>
#include <rte_prefetch.h>

// The next live entry of the batch: packet i, which belongs to the session of this table value.
static inline struct dp_slot_usage *
found(struct worker *w, struct batch *b, uint16_t live, uint16_t i, uint32_t value)
{
	uint32_t slot = value >> BEARER_BITS;

	b->session[i] = &w->sessions[slot];
	rte_prefetch0(b->session[i]);
	batch_keep(b, live, i);
	return &w->usage[slot];
}

void
ul_lookup(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t value = key_table_find_from(&w->tables.by_teid, b->bucket[i], b->key[i]);

		if (unlikely(value == 0)) {
			gtpu_path_unknown_teid(w, b->pkt[i], (uint32_t)b->key[i]);
			continue;
		}
		rte_prefetch0(&found(w, b, live++, i, value)->ul);
	}
	b->n = live;
}

static void
dl_unknown(struct worker *w, struct rte_mbuf *m, uint64_t key)
{
	const struct route_view *v = worker_view(w, (uint16_t)(key >> 32));

	drop(w, m, dl_unknown_why(v, rte_be_to_cpu_32((uint32_t)key)));
}

static void
dl6_unknown(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint64_t key)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, l3);
	const struct route_view *v = worker_view(w, prefix_key_vrf(key, ip->dst_addr));

	drop(w, m, dl6_unknown_why(v, ip->dst_addr));
}

void
dl6_lookup(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t value = key_table_find_from(&w->tables.by_prefix, b->bucket[i], b->key[i]);

		if (unlikely((int32_t)value <= 0)) { // nobody, or an alias
			if (value)
				handoff_alias(w, alias_owner(value), b->pkt[i]);
			else
				dl6_unknown(w, b->pkt[i], b->l3[i], b->key[i]);
			continue;
		}
		b->key[live] = b->key[i];
		rte_prefetch0(&found(w, b, live++, i, value)->dl);
	}
	b->n = live;
}

void
dl_lookup(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t value = key_table_find_from(&w->tables.by_addr, b->bucket[i], b->key[i]);

		if (unlikely((int32_t)value <= 0)) { // nobody, or an alias
			if (value)
				handoff_alias(w, alias_owner(value), b->pkt[i]);
			else
				dl_unknown(w, b->pkt[i], b->key[i]);
			continue;
		}
		rte_prefetch0(&found(w, b, live++, i, value)->dl);
	}
	b->n = live;
}
