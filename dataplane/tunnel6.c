// SPDX-License-Identifier: BSD-3-Clause
// Fourth stage for user packets of IPv6. In: packets that may pass. Out: frames given to tx, or
// waiting for their neighbour.
#include "dataplane/icmp6_error.h"
#include "dataplane/judge6.h"
#include "dataplane/worker.h"

static void
trim(struct rte_mbuf *m, uint16_t l3, uint16_t len)
{
	m->data_off += l3;
	m->data_len = len;
	m->pkt_len = len;
}

static void
delivered(struct dp_usage *u, uint64_t *packets, uint64_t *bytes, uint16_t len)
{
	u->packets++;
	u->bytes += len;
	++*packets;
	*bytes += len;
}

void
ul6_tunnel(struct worker *w, struct batch *b)
{
	for (uint16_t i = 0; i < b->n; i++) {
		struct rte_mbuf *m = b->pkt[i];
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->ul;
		struct rte_ipv6_hdr *ip;
		const struct adjacency *a;
		enum dp_drop why;

		trim(m, b->l3[i], b->len[i]);
		ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
		a = ul6_next_hop(worker_view(w, s->vrf), &w->extra[s - w->sessions], ip);
		why = ul6_judge(a, ip, b->len[i]);
		if (unlikely(why != DP_DROPS)) {
			ul6_refuse(w, m, s, u, why, a->mtu);
			continue;
		}
		ip->hop_limits--;
		delivered(u, &w->count->ul_packets, &w->count->ul_bytes, b->len[i]);
		if (unlikely(a->kind == ADJACENCY_UNRESOLVED)) {
			neigh_wait_hold(w, m, s->vrf, a);
			continue;
		}
		// The tunnel's headers were here: there is room for a link header.
		m->data_off -= a->l2_len;
		m->data_len += a->l2_len;
		m->pkt_len += a->l2_len;
		adjacency_write_l2(a, ip);
		tx_put(w, a->port, m);
	}
}

void
dl6_tunnel(struct worker *w, struct batch *b)
{
	for (uint16_t i = 0; i < b->n; i++) {
		struct rte_mbuf *m = b->pkt[i];
		struct session *s = b->session[i];
		struct dp_usage *u = &worker_usage(w, s)->dl;
		struct rte_ipv6_hdr *ip;
		const struct tunnel_peer *p = dl_peer(w, s);
		uint16_t mtu = dl_mtu(s, p);
		enum dp_drop why;

		trim(m, b->l3[i], b->len[i]);
		ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
		why = dl6_judge(p, ip, mtu, b->len[i]);
		if (unlikely(why != DP_DROPS)) {
			dl6_refuse(w, m, s, u, why, mtu);
			continue;
		}
		ip->hop_limits--;
		delivered(u, &w->count->dl_packets, &w->count->dl_bytes, b->len[i]);
		dl_send(w, m, s);
	}
}
