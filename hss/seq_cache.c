// SPDX-License-Identifier: BSD-3-Clause
#include "hss/seq_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024

static size_t
slot_of(const struct seq_cache *cache, int64_t key)
{
	uint64_t h = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);

	return (h >> 32) & (cache->n_slots - 1);
}

static void
nodes_free(struct seq_entry *e)
{
	if (e->n_nodes > SEQ_INLINE_NODES)
		free(e->many);
	e->n_nodes = 0;
}

void
seq_cache_free(struct seq_cache *cache)
{
	for (size_t i = 0; i < cache->n_slots; i++)
		nodes_free(&cache->slots[i]);
	free(cache->slots);
	free(cache->queue);
	memset(cache, 0, sizeof(*cache));
}

struct seq_entry *
seq_cache_find(const struct seq_cache *cache, int64_t key)
{
	if (cache->n_slots == 0)
		return NULL;
	for (size_t i = slot_of(cache, key);; i = (i + 1) & (cache->n_slots - 1)) {
		if (cache->slots[i].key == key)
			return &cache->slots[i];
		if (cache->slots[i].key == 0)
			return NULL;
	}
}

static struct seq_entry *
free_slot(const struct seq_cache *cache, int64_t key)
{
	size_t i = slot_of(cache, key);

	while (cache->slots[i].key != 0)
		i = (i + 1) & (cache->n_slots - 1);
	return &cache->slots[i];
}

static int
grow(struct seq_cache *cache)
{
	struct seq_cache bigger = *cache;

	bigger.n_slots = cache->n_slots ? 2 * cache->n_slots : SLOTS_MIN;
	bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < cache->n_slots; i++)
		if (cache->slots[i].key != 0)
			*free_slot(&bigger, cache->slots[i].key) = cache->slots[i];
	free(cache->slots);
	*cache = bigger;
	return 0;
}

struct seq_entry *
seq_cache_add(struct seq_cache *cache, int64_t key)
{
	struct seq_entry *e = seq_cache_find(cache, key);

	if (e)
		return e;
	if (4 * (cache->n_used + 1) > 3 * cache->n_slots && grow(cache) != 0)
		return NULL;
	e = free_slot(cache, key);
	memset(e, 0, sizeof(*e));
	e->key = key;
	cache->n_used++;
	return e;
}

// Open addressing without tombstones: what follows moves up if it may.
void
seq_cache_del(struct seq_cache *cache, int64_t key)
{
	struct seq_entry *e = seq_cache_find(cache, key);
	size_t hole, i, mask = cache->n_slots - 1;

	if (!e)
		return;
	nodes_free(e);
	hole = i = (size_t)(e - cache->slots);
	for (;;) {
		i = (i + 1) & mask;
		if (cache->slots[i].key == 0)
			break;
		if (((i - slot_of(cache, cache->slots[i].key)) & mask) >= ((i - hole) & mask)) {
			cache->slots[hole] = cache->slots[i];
			hole = i;
		}
	}
	memset(&cache->slots[hole], 0, sizeof(cache->slots[hole]));
	cache->n_used--;
}

void
seq_entry_read(const struct seq_entry *e, struct sqn *sqn)
{
	sqn->seq = e->seq;
	sqn->n_nodes = e->n_nodes;
	memcpy(sqn->nodes, e->n_nodes > SEQ_INLINE_NODES ? e->many : e->few,
		e->n_nodes * sizeof(sqn->nodes[0]));
}

int
seq_entry_write(struct seq_entry *e, const struct sqn *sqn)
{
	if (sqn->n_nodes > SEQ_INLINE_NODES && e->n_nodes <= SEQ_INLINE_NODES) {
		struct sqn_node *many = malloc(SQN_INDS * sizeof(*many));

		if (!many)
			return -ENOMEM;
		e->many = many;
	} else if (sqn->n_nodes <= SEQ_INLINE_NODES) {
		nodes_free(e);
	}
	e->seq = sqn->seq;
	e->n_nodes = sqn->n_nodes;
	memcpy(e->n_nodes > SEQ_INLINE_NODES ? e->many : e->few, sqn->nodes,
		e->n_nodes * sizeof(sqn->nodes[0]));
	return 0;
}

static int
queue_grow(struct seq_cache *cache)
{
	size_t room = cache->queue_room ? 2 * cache->queue_room : SLOTS_MIN;
	int64_t *queue = malloc(room * sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	for (size_t i = 0; i < cache->n_queue; i++)
		queue[i] = cache->queue[(cache->queue_head + i) % cache->queue_room];
	free(cache->queue);
	cache->queue = queue;
	cache->queue_head = 0;
	cache->queue_room = room;
	return 0;
}

int
seq_cache_queue(struct seq_cache *cache, struct seq_entry *e)
{
	if (e->is_queued)
		return 0;
	if (cache->n_queue == cache->queue_room && queue_grow(cache) != 0)
		return -ENOMEM;
	cache->queue[(cache->queue_head + cache->n_queue++) % cache->queue_room] = e->key;
	e->is_queued = true;
	return 0;
}

bool
seq_cache_next(struct seq_cache *cache, int64_t *key)
{
	struct seq_entry *e;

	if (cache->n_queue == 0)
		return false;
	*key = cache->queue[cache->queue_head];
	cache->queue_head = (cache->queue_head + 1) % cache->queue_room;
	cache->n_queue--;
	e = seq_cache_find(cache, *key);
	if (e)
		e->is_queued = false;
	return true;
}
