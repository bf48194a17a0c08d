// SPDX-License-Identifier: BSD-3-Clause
// Fourth stage for user packets of IPv6. In: packets that may pass. Out: frames given to tx, or
// waiting for their neighbour.
#include "dataplane/icmp6_error.h"
#include "dataplane/ipv6.h"
#include "dataplane/judge.h"
#include "dataplane/worker.h"

static void
trim(struct rte_mbuf *m, uint16_t l3, uint16_t len)
{
	m->data_off += l3;
	m->data_len = len;
	m->pkt_len = len;
}

// The next hop, by the session's note of the latest range of destinations if that still holds.
static const struct adjacency *
ul6_next_hop(const struct route_view *v, struct session_extra *x, struct addr6 dst)
{
	if (unlikely(x->next_hop_generation != v->generation ||
		    !route_range6_has(v, x->next_hop, dst))) {
		x->next_hop = route_range6(v, dst);
		x->next_hop_generation = v->generation;
	}
	return route_adjacency6(v, x->next_hop, dst);
}

static void
delivered(struct dp_usage *u, uint64_t *packets, uint64_t *bytes, uint16_t len)
{
	u->packets++;
	u->bytes += len;
	++*packets;
	*bytes += len;
}

// Why the packet can't go by this next hop, or DP_DROPS.
static enum dp_drop
ul6_way(const struct rte_ipv6_hdr *ip, const struct adjacency *a, uint16_t len)
{
	if (ip->hop_limits <= 1)
		return DP_DROP_UL_TTL;
	if (a->kind == ADJACENCY_BLACKHOLE)
		return DP_DROP_BLACKHOLE;
	if (a->kind != ADJACENCY_RESOLVED && a->kind != ADJACENCY_UNRESOLVED)
		return DP_DROP_UL_NO_ROUTE; // also an address of this machine, which no UE may reach
	return len > a->mtu ? DP_DROP_TOO_BIG : DP_DROPS;
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
		a = ul6_next_hop(
			worker_view(w, s->vrf), &w->extra[s - w->sessions], addr6_of(ip->dst_addr));
		why = ul6_way(ip, a, b->len[i]);
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
		enum dp_drop why = DP_DROPS;

		trim(m, b->l3[i], b->len[i]);
		ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
		if (ip->hop_limits <= 1)
			why = DP_DROP_DL_TTL;
		else if (p->mtu == 0)
			why = DP_DROP_DL_NO_ROUTE;
		else if (b->len[i] > mtu)
			why = DP_DROP_TOO_BIG;
		if (unlikely(why != DP_DROPS)) {
			dl6_refuse(w, m, s, u, why, mtu);
			continue;
		}
		ip->hop_limits--;
		delivered(u, &w->count->dl_packets, &w->count->dl_bytes, b->len[i]);
		dl_send(w, m, s);
	}
}
