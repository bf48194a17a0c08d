// SPDX-License-Identifier: BSD-3-Clause
// The rule that fill, gen and gtpc-load share: what session number i of a bench is. Session i lives in
// slot i, so that sessions need no list of their own at either end.
#pragma once

#include "dataplane/include/dp_api.h"

#include <stdint.h>
#include <string.h>

#define RANGE_SESSIONS_MAX (16u << 20)
#define RANGE_UE_FIRST 0x64400001u  // 100.64.0.1
#define RANGE_SGW_FIRST 0x0a0a0002u // 10.10.0.2
#define RANGE_GTPU 0x0a0a0001u      // 10.10.0.1, the gateway's
#define RANGE_HOST 0x0a140002u      // 10.20.0.2, a host in the customer's network
#define RANGE_PEER_TEID 0x20000000u
#define RANGE_SGWS_MAX 250

// Addresses in host order.
struct range {
	uint32_t ue_first, sgw_first, gtpu;
	uint32_t n_sgws; // sessions go round them
};

static inline struct range
range_default(void)
{
	return (struct range){ RANGE_UE_FIRST, RANGE_SGW_FIRST, RANGE_GTPU, 2 };
}

static inline void
range_octets(uint32_t addr, uint8_t octet[4])
{
	for (int i = 0; i < 4; i++)
		octet[i] = (uint8_t)(addr >> (24 - 8 * i));
}

static inline uint32_t
range_ue(const struct range *r, uint32_t i)
{
	return r->ue_first + i;
}

static inline uint32_t
range_sgw(const struct range *r, uint32_t i)
{
	return r->sgw_first + i % r->n_sgws;
}

// The SGW's TEID, downlink.
static inline uint32_t
range_peer_teid(uint32_t i)
{
	return RANGE_PEER_TEID + i;
}

// Ours, uplink. An odd multiplier permutes the 24 bits beside the shard; + 1 so that none is 0.
static inline uint32_t
range_teid_of_shard(uint32_t i, uint8_t shard)
{
	return ((i + 1) * 2654435761u) << 8 | shard;
}

static inline uint32_t
range_teid(const struct range *r, uint32_t i)
{
	uint8_t ue[4];

	range_octets(range_ue(r, i), ue);
	return range_teid_of_shard(i, dp_shard_of(ue, 4));
}

// Session i as control would put it, in this VRF, with both directions limited to rate_bps (0: not).
static inline struct dp_session
range_session(const struct range *r, uint32_t i, uint16_t vrf, uint64_t rate_bps)
{
	struct dp_session s = {
		.slot = i,
		.generation = 1,
		.teid = range_teid(r, i),
		.peer_teid = range_peer_teid(i),
		.peer.family = 4,
		.local.family = 4,
		.vrf = vrf,
		.ul_bps = rate_bps,
		.dl_bps = rate_bps,
		.ebi = 5,
		.qci = 9,
	};

	range_octets(range_sgw(r, i), s.peer.bytes);
	range_octets(r->gtpu, s.local.bytes);
	range_octets(range_ue(r, i), s.ue_ipv4);
	return s;
}
