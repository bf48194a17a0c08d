// SPDX-License-Identifier: BSD-3-Clause
// What the one owner of a SQLite file keeps of each IMSI in memory, for the store thread alone: its row
// without the location, packed, and the SEQs that were used ahead of the row.
//
// A row (seq, base) allows its IMSI every SEQ up to start + block, where start = seq + (the store's base -
// the row's base). The store's base is raised by the block, durably, before a process issues anything, so
// that whatever an earlier process used is below every start: a SIM's first vectors need no write of
// their own. Beyond that the row is written first.
#pragma once

#include "hss/sqn.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROW_INLINE_NODES 4

struct packed_row;

struct row_entry {
	int64_t key;               // of the IMSI; 0 = free slot
	struct packed_row *packed; // NULL: read it again
	uint64_t seq;              // last issued
	uint64_t limit;            // last that may be issued before the row is written
	union {
		struct sqn_node few[ROW_INLINE_NODES];
		struct sqn_node *many; // SQN_INDS of them, if n_nodes > ROW_INLINE_NODES
	};
	uint16_t turn; // how often SEQ moved back
	uint8_t n_nodes;
	bool is_ahead;  // of its row
	bool is_queued; // in the flush queue
};

struct row_cache {
	struct row_entry *slots;
	size_t n_slots; // a power of two
	size_t n_used;
	int64_t *queue; // ring of keys whose rows should be written
	size_t n_queue, queue_head, queue_room;
};

int row_cache_reserve(struct row_cache *cache, size_t n); // room for n without growing; -ENOMEM
void row_cache_free(struct row_cache *cache);
struct row_entry *row_cache_find(const struct row_cache *cache, int64_t key);
// The entry, made if need be (all zero but its key); NULL: no memory. Pointers die with the next add or
// del.
struct row_entry *row_cache_add(struct row_cache *cache, int64_t key);
void row_cache_del(struct row_cache *cache, int64_t key);

// The row: everything of *s but imsi, profile, sqn and location. pack does nothing without memory.
void row_entry_pack(struct row_entry *e, const struct subscriber *s);
void row_entry_unpack(const struct row_entry *e, struct subscriber *s);
void row_entry_forget(struct row_entry *e); // the packed row only

void row_entry_read_sqn(const struct row_entry *e, struct sqn *sqn);
int row_entry_write_sqn(struct row_entry *e, const struct sqn *sqn); // 0, -ENOMEM

// The flush queue: first in, first out; an entry is in it once.
int row_cache_queue(struct row_cache *cache, struct row_entry *e);
bool row_cache_next(struct row_cache *cache, int64_t *key);
