// SPDX-License-Identifier: BSD-3-Clause
// Third stage: may this packet pass? In: session[]. Out: only those that may; uplink len[] is the
// inner packet's own length from here on.
#include "dataplane/token_bucket.h"
#include "dataplane/worker.h"

#include <rte_ip.h>

// Why an uplink packet may not pass, or DP_DROPS.
static inline enum dp_drop
ul_judge(const struct worker *w, const struct session *s, struct dp_usage *u,
	const struct rte_ipv4_hdr *ip, uint16_t *len)
{
	uint16_t total, payload = *len;

	if (unlikely(payload < sizeof(*ip) || ip->version_ihl >> 4 != 4))
		return DP_DROP_WRONG_INNER;
	total = rte_be_to_cpu_16(ip->total_length);
	if (unlikely(total > payload || total < sizeof(*ip) || (ip->version_ihl & 15) < 5 ||
		    (ip->version_ihl & 15) * 4 > total))
		return DP_DROP_BAD_INNER;
	*len = total;
	if (unlikely(ip->src_addr != s->ue_ipv4))
		return DP_DROP_SPOOFED;
	if (unlikely(s->flags & SESSION_UL_CLOSED))
		return DP_DROP_UL_CLOSED;
	if (s->ul_cost && !bucket_take(&u->bucket, s->ul_cost, s->ul_depth, w->now, total))
		return DP_DROP_UL_OVER_AMBR;
	return DP_DROPS;
}

void
ul_enforce(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;

	for (uint16_t i = 0; i < n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->ul;
		const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(b->pkt[i], const struct rte_ipv4_hdr *, b->l3[i]);
		uint16_t len = b->len[i];
		enum dp_drop why = ul_judge(w, s, u, ip, &len);

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

	for (uint16_t i = 0; i < n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->dl;

		if (unlikely(s->flags & SESSION_DL_CLOSED)) {
			drop_of(w, b->pkt[i], u, b->len[i], DP_DROP_DL_CLOSED);
			continue;
		}
		if (s->dl_cost &&
			!bucket_take(&u->bucket, s->dl_cost, s->dl_depth, w->now, b->len[i])) {
			drop_of(w, b->pkt[i], u, b->len[i], DP_DROP_DL_OVER_AMBR);
			continue;
		}
		batch_keep(b, live++, i);
	}
	b->n = live;
}
