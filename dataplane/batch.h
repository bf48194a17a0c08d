// SPDX-License-Identifier: BSD-3-Clause
// What the stages hand to each other: up to BURST_MAX packets of one direction, compacted in place
// by every stage that drops.
#pragma once

#include <rte_mbuf.h>

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define BURST_MAX 64

struct key_bucket;
struct session;

// Downlink key: VRF and destination, this in network order. Uplink: the TEID in host order.
static inline uint64_t
dl_key(uint16_t vrf, uint32_t dst_be)
{
	return (uint64_t)vrf << 32 | dst_be;
}

// The same for a /64 in network order. Two VRFs' prefixes can share a key, if hardly ever: whoever
// finds a session by it compares.
static inline uint64_t
prefix_key(uint16_t vrf, const uint8_t prefix[8])
{
	uint64_t bits;

	memcpy(&bits, prefix, sizeof(bits));
	return bits ^ (vrf + 1) * 0x9e3779b97f4a7c15ULL;
}

// The VRF of a key that was made for this prefix, by the factor's inverse.
static inline uint16_t
prefix_key_vrf(uint64_t key, const uint8_t prefix[8])
{
	uint64_t bits;

	static_assert(0x9e3779b97f4a7c15ULL * 0xf1de83e19937733dULL == 1, "inverse of the factor");
	memcpy(&bits, prefix, sizeof(bits));
	return (uint16_t)((key ^ bits) * 0xf1de83e19937733dULL - 1);
}

struct batch {
	uint16_t n;
	uint16_t l3[BURST_MAX]; // offset of the user's IP packet in the frame, bytes
	uint16_t
		len[BURST_MAX]; // uplink: bytes of payload in the tunnel; downlink: IP total length
	uint64_t key[BURST_MAX];
	const struct key_bucket *bucket[BURST_MAX]; // where the key should be
	struct rte_mbuf *pkt[BURST_MAX];
	struct session *session[BURST_MAX];
};

// Packet i of a batch with a session is the next one that lives: compaction, which costs nothing
// until a packet was dropped.
static inline void
batch_keep(struct batch *b, uint16_t live, uint16_t i)
{
	if (likely(live == i))
		return;
	b->pkt[live] = b->pkt[i];
	b->session[live] = b->session[i];
	b->l3[live] = b->l3[i];
	b->len[live] = b->len[i];
}
