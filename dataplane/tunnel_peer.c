// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/tunnel_peer.h"

#include "dataplane/gtpu.h"
#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#include <rte_errno.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include <errno.h>

int
tunnel_peers_new(struct tunnel_peers *t, uint32_t worker, int socket)
{
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters p = {
		.name = name,
		.entries = TUNNEL_PEERS_MAX + TUNNEL_PEERS_MAX / 4,
		.key_len = sizeof(struct tunnel_ends),
		.hash_func = rte_hash_crc,
		.socket_id = socket,
	};

	snprintf(name, sizeof(name), "peers_%u", worker);
	t->by_addrs = rte_hash_create(&p);
	t->peer = rte_zmalloc_socket("peers", TUNNEL_PEERS_MAX * sizeof(*t->peer), 64, socket);
	t->free = rte_malloc_socket("peers", TUNNEL_PEERS_MAX * sizeof(*t->free), 64, socket);
	if (t->by_addrs == NULL || t->peer == NULL || t->free == NULL) {
		tunnel_peers_free(t);
		return -ENOMEM;
	}
	for (t->n_free = 0; t->n_free < TUNNEL_PEERS_MAX; t->n_free++)
		t->free[t->n_free] = TUNNEL_PEERS_MAX - 1 - t->n_free;
	return 0;
}

void
tunnel_peers_free(struct tunnel_peers *t)
{
	rte_hash_free(t->by_addrs);
	rte_free(t->peer);
	rte_free(t->free);
	memset(t, 0, sizeof(*t));
}

static uint32_t
addr_host_order(const struct dp_addr *a)
{
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 |
		(uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

// A service address of ours, and a peer's of the same family that isn't all zero.
static bool
ends_are_sound(const struct worker *w, const struct tunnel_ends *e)
{
	static const uint8_t zero[16];
	const struct dp_header *h = w->in->shm;

	if ((e->local.family != 4 && e->local.family != 6) || e->remote.family != e->local.family ||
		memcmp(e->remote.bytes, zero, 16) == 0)
		return false;
	for (uint16_t i = 0; i < h->n_gtpu; i++)
		if (memcmp(&h->gtpu[i], &e->local, sizeof(e->local)) == 0)
			return true;
	return false;
}

// UDP and GTP-U, without lengths, checksum and TEID. TS 29.281 4.4.2, 5.1.
static void
tunnel_headers_write(struct rte_udp_hdr *udp)
{
	uint8_t *gtpu = (uint8_t *)(udp + 1);

	udp->src_port = RTE_BE16(GTPU_PORT);
	udp->dst_port = RTE_BE16(GTPU_PORT);
	gtpu[0] = 0x30;
	gtpu[1] = GTPU_GPDU;
}

// The part of the outer headers that is the same for every packet.
static void
template_write(struct tunnel_peer *p)
{
	struct rte_ipv4_hdr *ip =
		(struct rte_ipv4_hdr *)(p->outer + OUTER_TEMPLATE - OUTER_IPV4_BYTES);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(p->local);
	ip->dst_addr = rte_cpu_to_be_32(p->remote);
	tunnel_headers_write(udp);
	p->sum = 0; // ToS, length, identification and checksum are 0 here
	for (const uint8_t *b = (const uint8_t *)ip; b < (const uint8_t *)udp; b += 2)
		p->sum += (uint32_t)(b[1] << 8 | b[0]);
}

static void
template6_write(struct tunnel_peer *p)
{
	struct rte_ipv6_hdr *ip =
		(struct rte_ipv6_hdr *)(p->outer6 + OUTER_ROOM - OUTER_IPV6_BYTES);

	ipv6_write(ip, 0, IPPROTO_UDP, 64);
	memcpy(ip->src_addr, p->ends.local.bytes, 16);
	memcpy(ip->dst_addr, p->ends.remote.bytes, 16);
	tunnel_headers_write((struct rte_udp_hdr *)(ip + 1));
}

static void
peer_fill(struct tunnel_peer *p, const struct tunnel_ends *ends)
{
	*p = (struct tunnel_peer){ .ends = *ends, .sessions = 1 };
	p->is_ipv6 = ends->remote.family == 6;
	if (p->is_ipv6) {
		template6_write(p);
		return;
	}
	p->local = addr_host_order(&ends->local);
	p->remote = addr_host_order(&ends->remote);
	template_write(p);
}

int64_t
tunnel_peer_take(struct worker *w, const struct dp_addr *local, const struct dp_addr *remote)
{
	struct tunnel_peers *t = &w->peers;
	struct tunnel_ends ends = { *local, *remote };
	void *found;
	uint32_t index;

	if (!ends_are_sound(w, &ends))
		return -EINVAL;
	if (rte_hash_lookup_data(t->by_addrs, &ends, &found) >= 0) {
		index = (uint32_t)(uintptr_t)found;
		t->peer[index].sessions++;
		return index;
	}
	if (t->n_free == 0)
		return -ENOSPC;
	index = t->free[t->n_free - 1];
	if (rte_hash_add_key_data(t->by_addrs, &ends, (void *)(uintptr_t)index) < 0)
		return -ENOSPC;
	t->n_free--;
	peer_fill(&t->peer[index], &ends);
	w->shm->peers++;
	return index;
}

void
tunnel_peer_give(struct worker *w, uint32_t index)
{
	struct tunnel_peers *t = &w->peers;
	struct tunnel_peer *p = &t->peer[index];

	if (--p->sessions)
		return;
	rte_hash_del_key(t->by_addrs, &p->ends);
	t->free[t->n_free++] = index;
	w->shm->peers--;
}

const struct adjacency *
tunnel_peer_next_hop(const struct route_view *v, const struct tunnel_peer *p)
{
	const struct rte_ipv6_hdr *ip =
		(const struct rte_ipv6_hdr *)(p->outer6 + OUTER_ROOM - OUTER_IPV6_BYTES);

	// as tx_ip() and tx_ip6() find it for what waits, or isn't resolved yet
	if (p->is_ipv6)
		return ipv6_next_hop(v, ip);
	return &v->adjacency[route_find_flow(
		v, p->remote, route_flow(rte_cpu_to_be_32(p->local), p->remote))];
}

static void
take_adjacency(const struct worker *w, struct tunnel_peer *p, const struct adjacency *a, void *ip)
{
	p->l2_len = 0;
	p->mtu = 0;
	p->has_tx_checksum = false;
	if (a->kind == ADJACENCY_RESOLVED) {
		p->l2_len = a->l2_len;
		p->port = a->port;
		p->has_tx_checksum = w->in->port[a->port].has_tx_checksum;
		p->mtu = a->mtu;
		adjacency_write_l2(a, ip);
	} else if (a->kind == ADJACENCY_UNRESOLVED) {
		p->mtu = a->mtu;
	}
}

void
tunnel_peer_refresh(const struct worker *w, struct tunnel_peer *p)
{
	const struct route_view *v = worker_view(w, w->in->gtpu_vrf);

	if (p->is_ipv6 && p->generation6 != v->generation) {
		p->generation6 = v->generation;
		take_adjacency(w, p, tunnel_peer_next_hop(v, p),
			p->outer6 + OUTER_ROOM - OUTER_IPV6_BYTES);
	} else if (!p->is_ipv6 && p->generation != v->generation) {
		p->generation = v->generation;
		take_adjacency(w, p, tunnel_peer_next_hop(v, p),
			p->outer + OUTER_TEMPLATE - OUTER_IPV4_BYTES);
	}
}
