// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdint.h>

// The sequence numbers of one IMSI: SQN = SEQ (43 bits) || IND (5 bits), TS 33.102 C.1.1.1. SEQ rises
// with every vector, whoever asks; IND is the asking node's, so that vectors that two nodes hold at
// once are both good at the USIM (C.1.2, C.2.2).

#define SQN_IND_BITS 5
#define SQN_INDS (1U << SQN_IND_BITS)
#define SQN_SEQ_MAX ((UINT64_C(1) << 43) - 1)
#define SQN_DELTA (UINT64_C(1) << 28) // TS 33.102 C.3.1: the largest jump that a USIM accepts

// Which node has which IND, the most recently used first.
struct sqn_node {
	uint32_t tag : 27; // hash of the node's host name
	uint32_t ind : 5;
};

struct sqn {
	uint64_t seq; // the last one issued; 0 = none yet
	uint8_t n_nodes;
	struct sqn_node nodes[SQN_INDS];
};

static inline uint64_t
sqn_join(uint64_t seq, uint32_t ind)
{
	return seq << SQN_IND_BITS | (ind & (SQN_INDS - 1));
}

// Takes n (1..10) SQNs for the serving node, in rising order, into out[]. A node that has no IND yet
// gets an unused one, else the least recently used. -EOVERFLOW at the end of SEQ: none is taken.
int sqn_take(struct sqn *sqn, const char *host, unsigned n, uint64_t out[]);

// After an AUTS whose MAC-S was right: 1 if SEQ was moved, forward or (only if the next one is more
// than SQN_DELTA ahead of the USIM) back, 0 if the next one is acceptable as it is. TS 33.102 6.3.5.
int sqn_resync(struct sqn *sqn, uint64_t sqn_ms);
