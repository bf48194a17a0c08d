// SPDX-License-Identifier: BSD-3-Clause
// The far ends of tunnels: one per {our GTP-U address, SGW-U address} and worker, with the outer
// headers prepared. Owned by one worker; counted by the sessions that use it.
#pragma once

#include "dataplane/include/dp_api.h"
#include "dataplane/routing.h"

#include <rte_byteorder.h>
#include <rte_hash.h>

#define TUNNEL_PEERS_MAX 8192
#define OUTER_IPV4_BYTES 36 // IPv4, UDP, GTP-U
#define OUTER_TEMPLATE 64   // link header and outer headers end at its end

struct worker;

struct tunnel_peer {
	_Alignas(64) uint8_t outer[OUTER_TEMPLATE];
	uint32_t generation; // of the view that the link header comes from
	uint32_t sum;        // of the IPv4 header as it lies, without ToS, length, identification
	uint16_t mtu;        // of the link, bytes; 0: not reachable now
	uint16_t port;
	uint8_t l2_len;         // 0: not resolved
	bool has_tx_checksum;   // the port writes the outer header's checksum
	uint32_t local, remote; // host order
	uint32_t sessions;      // that use it
};

struct tunnel_peers {
	struct rte_hash *by_addrs; // {local, remote} -> index
	struct tunnel_peer *peer;  // TUNNEL_PEERS_MAX
	uint32_t *free;            // indices
	uint32_t n_free;
};

// Which of several ways to the SGW its packets take: the same whether it is resolved yet or not.
static inline uint32_t
tunnel_flow(const struct tunnel_peer *p)
{
	return route_flow(rte_cpu_to_be_32(p->local), p->remote);
}

int tunnel_peers_new(struct tunnel_peers *t, uint32_t worker, int socket);
void tunnel_peers_free(struct tunnel_peers *t);

// Index of the peer with one more user, or -ENOSPC, -EINVAL (unknown local address, family).
int64_t tunnel_peer_take(
	struct worker *w, const struct dp_addr *local, const struct dp_addr *remote);
void tunnel_peer_give(struct worker *w, uint32_t index);

// Looks up the next hop again and writes the link header. Call when generation is out of date.
void tunnel_peer_refresh(const struct worker *w, struct tunnel_peer *peer);
