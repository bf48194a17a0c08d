// SPDX-License-Identifier: BSD-3-Clause
// Third stage: may this packet pass? In: session[]. Out: only those that may; uplink len[] is the
// inner packet's own length from here on.
#include "dataplane/bearers.h"
#include "dataplane/judge.h"
#include "dataplane/mss_clamp.h"
#include "dataplane/worker.h"

// Drops the packet, unless it may wait, or its only fault is that it is of IPv6, which has stages of
// its own.
static __rte_noinline void
ul_refused(struct worker *w, const struct batch *b, uint16_t i, struct dp_usage *u, uint16_t len,
	enum dp_drop why)
{
	struct batch *to = &w->ul6;
	uint8_t version =
		b->len[i] ? *rte_pktmbuf_mtod_offset(b->pkt[i], const uint8_t *, b->l3[i]) >> 4 : 0;

	if (rate_wait_hold(w, b, i, len, RATE_WAIT_UL, why))
		return;
	if (why != DP_DROP_WRONG_INNER || version != 6 ||
		!(b->session[i]->flags & SESSION_HAS_IPV6)) {
		drop_of(w, b->pkt[i], u, len, why);
		return;
	}
	to->pkt[to->n] = b->pkt[i];
	to->session[to->n] = b->session[i];
	to->l3[to->n] = b->l3[i];
	to->len[to->n++] = len;
}

static __rte_noinline void
dl_refused(
	struct worker *w, const struct batch *b, uint16_t i, struct dp_usage *u, enum dp_drop why)
{
	if (!rate_wait_hold(w, b, i, b->len[i], RATE_WAIT_DL, why))
		drop_of(w, b->pkt[i], u, b->len[i], why);
}

// Packets of sessions that are traced or closed, of dedicated bearers, whose TCP is told of smaller
// segments, or downlink whose packet filters choose the bearer. True: it may pass.
static __rte_noinline bool
ul_special(struct worker *w, struct batch *b, uint16_t i)
{
	struct session *s = b->session[i];
	struct dp_usage *u = &worker_usage(w, s)->ul;
	struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(b->pkt[i], struct rte_ipv4_hdr *, b->l3[i]);
	enum dp_drop why;

	if (s->flags & w->tracer.divert) {
		trace_divert(w, b, i, DP_UPLINK);
		return false;
	}
	why = ul_may_pass(s, u, ip, w->now, &b->len[i]);
	if (why != DP_DROPS)
		why = bearers_settle(w, s, true, b->len[i], why);
	if (why != DP_DROPS) {
		ul_refused(w, b, i, u, b->len[i], why);
		return false;
	}
	if (s->flags & SESSION_CLAMPS_MSS)
		mss_clamp_ipv4(ip, b->len[i], worker_profile(w, s)->mss_ipv4);
	return true;
}

static __rte_noinline bool
dl_special(struct worker *w, struct batch *b, uint16_t i)
{
	struct session *s = b->session[i];
	struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(b->pkt[i], struct rte_ipv4_hdr *, b->l3[i]);
	struct dp_usage *u;
	enum dp_drop why;

	if (s->flags & w->tracer.divert) {
		trace_divert(w, b, i, DP_DOWNLINK);
		return false;
	}
	if (s->flags & SESSION_HAS_FILTERS)
		s = b->session[i] = bearers_choose(w, s, (const uint8_t *)ip, b->len[i]);
	u = &worker_usage(w, s)->dl;
	why = dl_may_pass(s, u, w->now, b->len[i]);
	if (why != DP_DROPS)
		why = bearers_settle(w, s, false, b->len[i], why);
	if (why != DP_DROPS) {
		dl_refused(w, b, i, u, why);
		return false;
	}
	if (s->flags & SESSION_CLAMPS_MSS)
		mss_clamp_ipv4(ip, b->len[i], worker_profile(w, s)->mss_ipv4);
	return true;
}

void
ul_enforce(struct worker *w, struct batch *b)
{
	uint16_t live = 0, n = b->n;
	uint8_t special = w->tracer.divert | SESSION_CLAMPS_MSS | JUDGE_RARE_UL;

	for (uint16_t i = 0; i < n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->ul;
		const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(b->pkt[i], const struct rte_ipv4_hdr *, b->l3[i]);
		uint16_t len = b->len[i];
		enum dp_drop why;

		if (unlikely(s->flags & special)) {
			if (ul_special(w, b, i))
				batch_keep(b, live++, i);
			continue;
		}
		why = ul_source(s, ip, &len);
		if (likely(why == DP_DROPS))
			why = ul_rate(s, u, w->now, len);
		if (unlikely(why != DP_DROPS)) {
			ul_refused(w, b, i, u, len, bearers_settle(w, s, true, len, why));
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
	uint8_t special =
		w->tracer.divert | SESSION_CLAMPS_MSS | SESSION_HAS_FILTERS | JUDGE_RARE_DL;

	for (uint16_t i = 0; i < n; i++) {
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->dl;
		enum dp_drop why;

		if (unlikely(s->flags & special)) {
			if (dl_special(w, b, i))
				batch_keep(b, live++, i);
			continue;
		}
		why = dl_rate(s, u, w->now, b->len[i]);
		if (unlikely(why != DP_DROPS)) {
			dl_refused(w, b, i, u, bearers_settle(w, s, false, b->len[i], why));
			continue;
		}
		batch_keep(b, live++, i);
	}
	b->n = live;
}
