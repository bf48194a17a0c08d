// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/tunnel_peer.h"

#include "dataplane/gtpu.h"
#include "dataplane/worker.h"

#include <rte_errno.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include <errno.h>

struct peer_key {
	uint32_t local, remote; // host order
};

int
tunnel_peers_new(struct tunnel_peers *t, uint32_t worker, int socket)
{
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters p = {
		.name = name,
		.entries = TUNNEL_PEERS_MAX + TUNNEL_PEERS_MAX / 4,
		.key_len = sizeof(struct peer_key),
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

static bool
is_our_gtpu(const struct worker *w, uint32_t addr)
{
	for (uint16_t i = 0; i < w->in->n_gtpu; i++)
		if (rte_be_to_cpu_32(w->in->gtpu[i]) == addr)
			return true;
	return false;
}

// The part of the outer headers that is the same for every packet. TS 29.281 4.4.2, 5.1.
static void
template_write(struct tunnel_peer *p)
{
	struct rte_ipv4_hdr *ip =
		(struct rte_ipv4_hdr *)(p->outer + OUTER_TEMPLATE - OUTER_IPV4_BYTES);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	uint8_t *gtpu = (uint8_t *)(udp + 1);

	memset(p->outer, 0, sizeof(p->outer));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(p->local);
	ip->dst_addr = rte_cpu_to_be_32(p->remote);
	udp->src_port = RTE_BE16(GTPU_PORT);
	udp->dst_port = RTE_BE16(GTPU_PORT);
	gtpu[0] = 0x30;
	gtpu[1] = GTPU_GPDU;
	p->sum = 0; // ToS, length, identification and checksum are 0 here
	for (const uint8_t *b = (const uint8_t *)ip; b < (const uint8_t *)udp; b += 2)
		p->sum += (uint32_t)(b[1] << 8 | b[0]);
}

int64_t
tunnel_peer_take(struct worker *w, const struct dp_addr *local, const struct dp_addr *remote)
{
	struct tunnel_peers *t = &w->peers;
	struct peer_key key = { addr_host_order(local), addr_host_order(remote) };
	struct tunnel_peer *p;
	void *found;
	uint32_t index;

	if (local->family != 4 || remote->family != 4 || key.remote == 0 ||
		!is_our_gtpu(w, key.local))
		return -EINVAL;
	if (rte_hash_lookup_data(t->by_addrs, &key, &found) >= 0) {
		index = (uint32_t)(uintptr_t)found;
		t->peer[index].sessions++;
		return index;
	}
	if (t->n_free == 0)
		return -ENOSPC;
	index = t->free[t->n_free - 1];
	if (rte_hash_add_key_data(t->by_addrs, &key, (void *)(uintptr_t)index) < 0)
		return -ENOSPC;
	t->n_free--;
	p = &t->peer[index];
	*p = (struct tunnel_peer){ .local = key.local, .remote = key.remote, .sessions = 1 };
	template_write(p);
	w->shm->peers++;
	return index;
}

void
tunnel_peer_give(struct worker *w, uint32_t index)
{
	struct tunnel_peers *t = &w->peers;
	struct tunnel_peer *p = &t->peer[index];
	struct peer_key key = { p->local, p->remote };

	if (--p->sessions)
		return;
	rte_hash_del_key(t->by_addrs, &key);
	t->free[t->n_free++] = index;
	w->shm->peers--;
}

void
tunnel_peer_refresh(const struct worker *w, struct tunnel_peer *p)
{
	const struct route_view *v = worker_view(w, w->in->gtpu_vrf);
	const struct adjacency *a = &v->adjacency[route_find_flow(v, p->remote, tunnel_flow(p))];
	void *ip = p->outer + OUTER_TEMPLATE - OUTER_IPV4_BYTES;

	p->generation = v->generation;
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
