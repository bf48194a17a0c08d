// SPDX-License-Identifier: BSD-3-Clause
// Third stage for user packets of IPv6. In: session[], uplink len[] of the tunnel's payload. Out:
// only those that may pass; len[] is the packet's own length from here on.
#include "dataplane/advert.h"
#include "dataplane/bearers.h"
#include "dataplane/judge6.h"
#include "dataplane/mss_clamp.h"
#include "dataplane/worker.h"

// A packet for the device's link goes to the gateway as its router, and no further.
static void
take_from_link(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	uint16_t l3, uint16_t len)
{
	enum dp_drop why;

	m->data_off += l3;
	m->data_len = len;
	m->pkt_len = len;
	why = ul6_link_judge(s, rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *));
	if (why == DP_DROPS)
		advert_receive(w, m, bearers_session(w, s), len);
	else
		drop_of(w, m, u, len, why);
}

void
ul6_enforce(struct worker *w, struct batch *b)
{
	uint16_t live = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->ul;
		struct rte_ipv6_hdr *ip =
			rte_pktmbuf_mtod_offset(b->pkt[i], struct rte_ipv6_hdr *, b->l3[i]);
		uint16_t len = b->len[i];
		enum dp_drop why;

		if (s->flags & w->tracer.divert) {
			trace_divert(w, b, i, DP_UPLINK);
			continue;
		}
		if (!ul6_is_whole(ip, &len)) {
			drop_of(w, b->pkt[i], u, len, DP_DROP_BAD_INNER);
			continue;
		}
		if (unlikely(ul6_is_of_link(ip))) {
			take_from_link(w, b->pkt[i], s, u, b->l3[i], len);
			continue;
		}
		why = ul6_may_pass(s, u, ip, w->now, len);
		if (unlikely(why != DP_DROPS))
			why = bearers_settle(w, s, true, len, why);
		if (unlikely(why != DP_DROPS)) {
			if (!rate_wait_hold(w, b, i, len, RATE_WAIT_UL6, why))
				drop_of(w, b->pkt[i], u, len, why);
			continue;
		}
		if (unlikely(s->flags & SESSION_CLAMPS_MSS))
			mss_clamp_ipv6(ip, len, worker_profile(w, s)->mss_ipv6);
		b->pkt[live] = b->pkt[i];
		b->session[live] = s;
		b->l3[live] = b->l3[i];
		b->len[live++] = len;
	}
	b->n = live;
}

void
dl6_enforce(struct worker *w, struct batch *b)
{
	uint16_t live = 0;

	for (uint16_t i = 0; i < b->n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u;
		struct rte_ipv6_hdr *ip =
			rte_pktmbuf_mtod_offset(b->pkt[i], struct rte_ipv6_hdr *, b->l3[i]);
		enum dp_drop why;

		if (unlikely(!dl6_is_for(s, ip, b->key[i]))) {
			drop(w, b->pkt[i], DP_DROP_NO_SESSION);
			continue;
		}
		if (unlikely(s->flags & w->tracer.divert)) {
			trace_divert(w, b, i, DP_DOWNLINK);
			continue;
		}
		if (unlikely(s->flags & SESSION_HAS_FILTERS))
			s = b->session[i] = bearers_choose(w, s, (const uint8_t *)ip, b->len[i]);
		u = &worker_usage(w, s)->dl;
		why = dl_may_pass(s, u, w->now, b->len[i]);
		if (unlikely(why != DP_DROPS))
			why = bearers_settle(w, s, false, b->len[i], why);
		if (unlikely(why != DP_DROPS)) {
			if (!rate_wait_hold(w, b, i, b->len[i], RATE_WAIT_DL6, why))
				drop_of(w, b->pkt[i], u, b->len[i], why);
			continue;
		}
		if (unlikely(s->flags & SESSION_CLAMPS_MSS))
			mss_clamp_ipv6(ip, b->len[i], worker_profile(w, s)->mss_ipv6);
		b->pkt[live] = b->pkt[i];
		b->session[live] = s;
		b->l3[live] = b->l3[i];
		b->len[live++] = b->len[i];
	}
	b->n = live;
}
