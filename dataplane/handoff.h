// SPDX-License-Identifier: BSD-3-Clause
// Frames that belong to another worker: N x N rings, each with one producer and one consumer.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <stdint.h>

struct worker;

#define HANDOFF_RING 1024

// Toeplitz shard by table: one 256-entry row per address octet. Read-only after start.
struct shard_table {
	uint8_t row[8][256];
};

void shard_table_fill(struct shard_table *t);

static inline uint8_t
shard_of_ipv4(const struct shard_table *t, uint32_t addr_be)
{
	const uint8_t *a = (const uint8_t *)&addr_be;

	return t->row[0][a[0]] ^ t->row[1][a[1]] ^ t->row[2][a[2]] ^ t->row[3][a[3]];
}

// prefix: a /64 in network order.
static inline uint8_t
shard_of_prefix(const struct shard_table *t, const uint8_t prefix[8])
{
	uint8_t shard = 0;

	for (unsigned int i = 0; i < 8; i++)
		shard ^= t->row[i][prefix[i]];
	return shard;
}

// Frames on their way out of a worker, one heap per destination.
struct handoff_out {
	struct rte_ring *ring;
	uint16_t n;
	struct rte_mbuf *pkt[32];
};

// Queues a frame for worker `to`. A full ring is DP_DROP_HANDOFF_FULL.
void handoff_put(struct worker *w, uint16_t to, struct rte_mbuf *m);

// The same because of an alias; one that was handed off for this reason before is dropped by name,
// so that aliases can't send a frame round in circles.
void handoff_alias(struct worker *w, uint16_t to, struct rte_mbuf *m);
void handoff_flush(struct worker *w);

// Frames that others handed to us, up to `max` from each ring in turn.
uint16_t handoff_get(struct worker *w, uint16_t from, struct rte_mbuf **pkts, uint16_t max);
