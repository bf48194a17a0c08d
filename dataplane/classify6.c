// SPDX-License-Identifier: BSD-3-Clause
// The first stage for IPv6, off the way of IPv4. In: frames to our MAC whose IPv6 header begins at
// l3. Out: w->ul and w->dl6, or as classify.c says.
#include "dataplane/classify6.h"

#include "dataplane/gtpu_path.h"
#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#include <rte_udp.h>

static bool
is_gtpu_addr6(const struct instance *in, const uint8_t dst[16])
{
	for (uint16_t i = 0; i < in->n_gtpu6; i++)
		if (memcmp(in->gtpu6[i], dst, 16) == 0)
			return true;
	return false;
}

// A packet of `total` bytes from a customer's network that isn't ours.
static void
classify_dl6(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t total, uint16_t vrf,
	const uint8_t dst[16], bool handed_off)
{
	struct batch *b = &w->dl6;
	uint16_t i;

	if (w->n_workers > 1 && !handed_off) {
		uint16_t owner = w->in->shard_worker[shard_of_prefix(&w->in->shards, dst)];

		if (owner != w->index) {
			handoff_put(w, owner, m);
			return;
		}
	}
	i = b->n++;
	b->pkt[i] = m;
	b->key[i] = prefix_key(vrf, dst);
	b->bucket[i] = key_first_bucket(&w->tables.by_prefix, key_hash(b->key[i]));
	rte_prefetch0(b->bucket[i]);
	b->l3[i] = l3;
	b->len[i] = total;
}

static void
classify_local6(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	uint16_t total, bool handed_off)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, l3);
	const struct route_view *v = worker_view(w, iface.vrf);

	if (ipv6_is_multicast(ip->dst_addr) || ipv6_is_link_local(ip->dst_addr) ||
		route_kind6(v, ip->dst_addr) == ADJACENCY_LOCAL)
		worker_punt(w, m);
	else if (iface.role & DP_ROLE_SGI)
		classify_dl6(w, m, l3, total, iface.vrf, ip->dst_addr, handed_off);
	else
		drop(w, m, DP_DROP_NOT_LOCAL);
}

// To one of our GTP-U addresses. True if it was GTP-U, or a part of it.
static bool
classify_service(struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3,
	uint16_t total, bool handed_off)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, l3);
	struct ipv6_payload p = ipv6_payload_of(ip, total);
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, l3 + p.at);

	if (p.is_broken) {
		drop(w, m, DP_DROP_BAD_IP);
		return true;
	}
	if (p.proto == IPPROTO_FRAGMENT) {
		m = reassembly_take6(w, m, l3, p.at, total);
		if (m != NULL)
			classify_ipv6(w, m, iface, l3, handed_off);
		return true;
	}
	if (p.proto != IPPROTO_UDP || p.at + sizeof(*udp) > total ||
		udp->dst_port != RTE_BE16(GTPU_PORT))
		return false;
	classify_gtpu_udp6(w, m, l3, p.at, total, handed_off);
	return true;
}

void
classify_ipv6(
	struct worker *w, struct rte_mbuf *m, struct iface_view iface, uint16_t l3, bool handed_off)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, l3);
	uint32_t total;

	if (m->data_len < l3 + IPV6_HEADER) {
		drop(w, m, DP_DROP_RUNT);
		return;
	}
	total = ipv6_total(ip);
	if (!ipv6_has_version(ip) || l3 + total > m->data_len) {
		drop(w, m, DP_DROP_BAD_IP);
		return;
	}
	if (iface.role & DP_ROLE_ACCESS && is_gtpu_addr6(w->in, ip->dst_addr) &&
		classify_service(w, m, iface, l3, (uint16_t)total, handed_off))
		return;
	classify_local6(w, m, iface, l3, (uint16_t)total, handed_off);
}
