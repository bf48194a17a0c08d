// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/handoff.h"

#include "dataplane/worker.h"

void
shard_table_fill(struct shard_table *t)
{
	for (unsigned int octet = 0; octet < 8; octet++) {
		for (unsigned int value = 0; value < 256; value++) {
			uint8_t addr[8] = { 0 };

			addr[octet] = (uint8_t)value;
			t->row[octet][value] = dp_shard_of(addr, 8);
		}
	}
}

static void
handoff_flush_to(struct worker *w, struct handoff_out *out)
{
	unsigned int sent = rte_ring_sp_enqueue_burst(out->ring, (void **)out->pkt, out->n, NULL);

	w->count->handoff_out += sent;
	for (unsigned int i = sent; i < out->n; i++)
		drop(w, out->pkt[i], DP_DROP_HANDOFF_FULL);
	out->n = 0;
}

void
handoff_put(struct worker *w, uint16_t to, struct rte_mbuf *m)
{
	struct handoff_out *out = &w->to[to];

	out->pkt[out->n++] = m;
	if (out->n == RTE_DIM(out->pkt))
		handoff_flush_to(w, out);
}

void
handoff_alias(struct worker *w, uint16_t to, struct rte_mbuf *m)
{
	if (m->ol_flags & w->in->by_alias) {
		drop(w, m, DP_DROP_ALIAS_LOOP);
		return;
	}
	m->ol_flags |= w->in->by_alias;
	handoff_put(w, to, m);
}

void
handoff_flush(struct worker *w)
{
	for (uint16_t i = 0; i < w->n_workers; i++)
		if (w->to[i].n)
			handoff_flush_to(w, &w->to[i]);
}

uint16_t
handoff_get(struct worker *w, uint16_t from, struct rte_mbuf **pkts, uint16_t max)
{
	unsigned int n = rte_ring_sc_dequeue_burst(w->from[from], (void **)pkts, max, NULL);

	w->count->handoff_in += n;
	return (uint16_t)n;
}
