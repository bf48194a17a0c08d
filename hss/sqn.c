// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sqn.h"

#include <errno.h>
#include <string.h>

// FNV-1a over the host name in lower case (a DiameterIdentity is a domain name), folded to 27 bits.
static uint32_t
node_tag(const char *host)
{
	uint32_t h = 2166136261U;

	for (; *host; host++) {
		char c = *host >= 'A' && *host <= 'Z' ? (char)(*host + 'a' - 'A') : *host;

		h = (h ^ (uint8_t)c) * 16777619U;
	}
	return (h >> 27 ^ h) & ((1U << 27) - 1);
}

static uint32_t
unused_ind(const struct sqn *sqn)
{
	uint32_t used = 0, ind = 0;

	for (unsigned i = 0; i < sqn->n_nodes; i++)
		used |= 1U << sqn->nodes[i].ind;
	while (used >> ind & 1)
		ind++;
	return ind;
}

// The node's IND; the node becomes the most recently used one.
static uint32_t
ind_of(struct sqn *sqn, uint32_t tag)
{
	struct sqn_node node = { .tag = tag };
	unsigned i = 0;

	while (i < sqn->n_nodes && sqn->nodes[i].tag != tag)
		i++;
	if (i < sqn->n_nodes)
		node.ind = sqn->nodes[i].ind;
	else if (sqn->n_nodes < SQN_INDS) {
		node.ind = unused_ind(sqn);
		sqn->n_nodes++;
	} else {
		i = SQN_INDS - 1;
		node.ind = sqn->nodes[i].ind;
	}
	memmove(&sqn->nodes[1], &sqn->nodes[0], i * sizeof(node));
	sqn->nodes[0] = node;
	return node.ind;
}

int
sqn_take(struct sqn *sqn, const char *host, unsigned n, uint64_t out[])
{
	uint32_t ind;

	if (sqn->seq > SQN_SEQ_MAX || n > SQN_SEQ_MAX - sqn->seq)
		return -EOVERFLOW;
	ind = ind_of(sqn, node_tag(host));
	for (unsigned i = 0; i < n; i++)
		out[i] = sqn_join(++sqn->seq, ind);
	return 0;
}

int
sqn_resync(struct sqn *sqn, uint64_t sqn_ms)
{
	uint64_t seq_ms = sqn_ms >> SQN_IND_BITS;

	// What would come next is acceptable if it is newer than all that the USIM has seen, and not
	// further ahead than it allows.
	if (sqn->seq >= seq_ms && sqn->seq + 1 - seq_ms <= SQN_DELTA)
		return 0;
	sqn->seq = seq_ms;
	return 1;
}
