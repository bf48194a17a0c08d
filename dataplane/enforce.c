// SPDX-License-Identifier: BSD-3-Clause
// Third stage: may this packet pass? In: session[]. Out: only those that may; uplink len[] is the
// inner packet's own length from here on.
#include "dataplane/judge.h"
#include "dataplane/worker.h"

void
ul_enforce(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;
	uint8_t divert = w->tracer.divert;

	for (uint16_t i = 0; i < n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->ul;
		const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(b->pkt[i], const struct rte_ipv4_hdr *, b->l3[i]);
		uint16_t len = b->len[i];
		enum dp_drop why;

		if (unlikely(s->flags & divert)) {
			trace_divert(w, b, i, DP_UPLINK);
			continue;
		}
		why = ul_may_pass(s, u, ip, w->now, &len);
		if (unlikely(why != DP_DROPS)) {
			drop_of(w, b->pkt[i], u, len, why);
			continue;
		}
		b->len[i] = len;
		batch_keep(b, live++, i);
	}
	b->n = live;
}

void
dl_enforce(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;
	uint8_t divert = w->tracer.divert;

	for (uint16_t i = 0; i < n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->dl;
		enum dp_drop why;

		if (unlikely(s->flags & divert)) {
			trace_divert(w, b, i, DP_DOWNLINK);
			continue;
		}
		why = dl_may_pass(s, u, w->now, b->len[i]);
		if (unlikely(why != DP_DROPS)) {
			drop_of(w, b->pkt[i], u, b->len[i], why);
			continue;
		}
		batch_keep(b, live++, i);
	}
	b->n = live;
}
