// SPDX-License-Identifier: BSD-3-Clause
// SEQs used ahead of their rows (SQLite only; one process owns the file). A row (seq, base) allows its
// IMSI every SEQ up to start + block, where start = seq + (the store's base - the row's base). The
// store's base is raised by the block, durably, before a process issues anything, so that whatever an
// earlier process used is below every start: a SIM's first vectors need no write of their own. Beyond
// that a row is written first. What is here is what was issued since.
#pragma once

#include "hss/sqn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEQ_INLINE_NODES 4

struct seq_entry {
	int64_t key;    // of the IMSI; 0 = free slot
	uint64_t seq;   // last issued
	uint64_t limit; // last that may be issued before the row is written
	uint16_t turn;  // how often SEQ moved back
	uint8_t n_nodes;
	bool is_queued; // in the flush queue
	union {
		struct sqn_node few[SEQ_INLINE_NODES];
		struct sqn_node *many; // SQN_INDS of them, if n_nodes > SEQ_INLINE_NODES
	};
};

struct seq_cache {
	struct seq_entry *slots;
	size_t n_slots; // a power of two
	size_t n_used;
	int64_t *queue; // ring of keys whose rows should be written
	size_t n_queue, queue_head, queue_room;
};

void seq_cache_free(struct seq_cache *cache);
struct seq_entry *seq_cache_find(const struct seq_cache *cache, int64_t key);
// The entry, made if need be (limit 0); NULL: no memory. Pointers die with the next add or del.
struct seq_entry *seq_cache_add(struct seq_cache *cache, int64_t key);
void seq_cache_del(struct seq_cache *cache, int64_t key);

void seq_entry_read(const struct seq_entry *e, struct sqn *sqn);
int seq_entry_write(struct seq_entry *e, const struct sqn *sqn); // 0, -ENOMEM

// The flush queue: first in, first out; an entry is in it once.
int seq_cache_queue(struct seq_cache *cache, struct seq_entry *e);
bool seq_cache_next(struct seq_cache *cache, int64_t *key);
