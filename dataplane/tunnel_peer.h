// SPDX-License-Identifier: BSD-3-Clause
// The far ends of tunnels: one per {our GTP-U address, SGW-U address} and worker, with the outer
// headers prepared. Owned by one worker; counted by the sessions that use it.
#pragma once

#include "dataplane/include/dp_api.h"
#include "dataplane/routing.h"

#include <rte_byteorder.h>
#include <rte_hash.h>

#include <stdbool.h>

#define TUNNEL_PEERS_MAX 8192
#define OUTER_IPV4_BYTES 36 // IPv4, UDP, GTP-U
#define OUTER_IPV6_BYTES 56
#define OUTER_TEMPLATE 64 // link header and outer headers of IPv4 end at its end
#define OUTER_ROOM 80     // and those of IPv6: what has to be free in front of an inner packet

struct worker;

struct tunnel_peer {
	_Alignas(64) uint8_t outer[OUTER_TEMPLATE]; // IPv4 only
	// of the view that the link header comes from; of an IPv6 peer always 0, so that its
	// packets leave the fast path where outdated ones do
	uint32_t generation;
	uint32_t sum; // of the IPv4 header as it lies, without ToS, length, identification
	uint16_t mtu; // of the link, bytes; 0: not reachable now
	uint16_t port;
	uint8_t l2_len;       // 0: not resolved
	bool has_tx_checksum; // the port writes the outer IPv4 header's checksum
	bool is_ipv6;
	uint32_t local, remote; // host order, of IPv4
	uint32_t sessions;      // that use it
	uint32_t generation6;   // what generation is for IPv4
	struct tunnel_ends {
		struct dp_addr local, remote;
	} ends;
	uint8_t outer6[OUTER_ROOM]; // IPv6 only
};

struct tunnel_peers {
	struct rte_hash *by_addrs; // {local, remote} -> index
	struct tunnel_peer *peer;  // TUNNEL_PEERS_MAX
	uint32_t *free;            // indices
	uint32_t n_free;
};

int tunnel_peers_new(struct tunnel_peers *t, uint32_t worker, int socket);
void tunnel_peers_free(struct tunnel_peers *t);

// Index of the peer with one more user, or -ENOSPC, -EINVAL (unknown local address, family).
int64_t tunnel_peer_take(
	struct worker *w, const struct dp_addr *local, const struct dp_addr *remote);
void tunnel_peer_give(struct worker *w, uint32_t index);

// Bytes of IP and above in front of an inner packet.
static inline uint16_t
tunnel_peer_overhead(const struct tunnel_peer *p)
{
	return p->is_ipv6 ? OUTER_IPV6_BYTES : OUTER_IPV4_BYTES;
}

// The way to the SGW that all packets of the tunnel take, of several. v: of the VRF of SGWs.
const struct adjacency *tunnel_peer_next_hop(
	const struct route_view *v, const struct tunnel_peer *p);

// Looks up the next hop again and writes the link header, if that is out of date.
void tunnel_peer_refresh(const struct worker *w, struct tunnel_peer *peer);
