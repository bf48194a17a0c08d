// SPDX-License-Identifier: BSD-3-Clause
#include "hss/row_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024

static size_t
slot_of(const struct row_cache *cache, int64_t key)
{
	uint64_t h = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);

	return (h >> 32) & (cache->n_slots - 1);
}

static void
nodes_free(struct row_entry *e)
{
	if (e->n_nodes > ROW_INLINE_NODES)
		free(e->many);
	e->n_nodes = 0;
}

void
row_entry_forget(struct row_entry *e)
{
	free(e->packed);
	e->packed = NULL;
}

void
row_cache_free(struct row_cache *cache)
{
	for (size_t i = 0; i < cache->n_slots; i++) {
		nodes_free(&cache->slots[i]);
		row_entry_forget(&cache->slots[i]);
	}
	free(cache->slots);
	free(cache->queue);
	memset(cache, 0, sizeof(*cache));
}

struct row_entry *
row_cache_find(const struct row_cache *cache, int64_t key)
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

static struct row_entry *
free_slot(const struct row_cache *cache, int64_t key)
{
	size_t i = slot_of(cache, key);

	while (cache->slots[i].key != 0)
		i = (i + 1) & (cache->n_slots - 1);
	return &cache->slots[i];
}

static int
grow(struct row_cache *cache, size_t n_slots)
{
	struct row_cache bigger = *cache;

	bigger.n_slots = n_slots;
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

// Three quarters are used at most.
static bool
is_full(size_t n_used, size_t n_slots)
{
	return 4 * n_used > 3 * n_slots;
}

int
row_cache_reserve(struct row_cache *cache, size_t n)
{
	size_t n_slots = cache->n_slots ? cache->n_slots : SLOTS_MIN;

	while (is_full(n, n_slots))
		n_slots *= 2;
	return n_slots > cache->n_slots ? grow(cache, n_slots) : 0;
}

struct row_entry *
row_cache_add(struct row_cache *cache, int64_t key)
{
	struct row_entry *e = row_cache_find(cache, key);

	if (e)
		return e;
	if (row_cache_reserve(cache, cache->n_used + 1) != 0)
		return NULL;
	e = free_slot(cache, key);
	memset(e, 0, sizeof(*e));
	e->key = key;
	cache->n_used++;
	return e;
}

// Open addressing without tombstones: what follows moves up if it may.
void
row_cache_del(struct row_cache *cache, int64_t key)
{
	struct row_entry *e = row_cache_find(cache, key);
	size_t hole, i, mask = cache->n_slots - 1;

	if (!e)
		return;
	nodes_free(e);
	row_entry_forget(e);
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

// ---- Rows

struct packed_row {
	int64_t sim_id;
	uint32_t profile_id;
	uint32_t rats;
	uint16_t n_partners;
	uint16_t n_addresses;
	uint8_t state;
	uint8_t imei_lock;
	uint8_t sealed_len;
	uint8_t octets
		[]; // ICCID, MSISDN, IMEI, each with its NUL; sealed keys; partners; addresses
};

static uint8_t *
put(uint8_t *at, const void *from, size_t n)
{
	memcpy(at, from, n);
	return at + n;
}

void
row_entry_pack(struct row_entry *e, const struct subscriber *s)
{
	size_t n_iccid = strlen(s->iccid) + 1, n_msisdn = strlen(s->msisdn) + 1;
	size_t n_imei = strlen(s->imei) + 1;
	size_t n_partners = s->n_partners * sizeof(s->partners[0]);
	size_t n_addresses = s->n_addresses * sizeof(s->addresses[0]);
	struct packed_row *p = malloc(sizeof(*p) + n_iccid + n_msisdn + n_imei + s->sealed_len +
		n_partners + n_addresses);
	uint8_t *at;

	row_entry_forget(e);
	if (!p)
		return;
	p->sim_id = s->sim_id;
	p->profile_id = s->profile_id;
	p->rats = s->rats;
	p->n_partners = s->n_partners;
	p->n_addresses = s->n_addresses;
	p->state = (uint8_t)s->state;
	p->imei_lock = (uint8_t)s->imei_lock;
	p->sealed_len = s->sealed_len;
	at = put(p->octets, s->iccid, n_iccid);
	at = put(at, s->msisdn, n_msisdn);
	at = put(at, s->imei, n_imei);
	at = put(at, s->sealed, s->sealed_len);
	at = put(at, s->partners, n_partners);
	put(at, s->addresses, n_addresses);
	e->packed = p;
}

static const uint8_t *
take(void *to, const uint8_t *at, size_t n)
{
	memcpy(to, at, n);
	return at + n;
}

void
row_entry_unpack(const struct row_entry *e, struct subscriber *s)
{
	const struct packed_row *p = e->packed;
	const uint8_t *at = p->octets;

	s->sim_id = p->sim_id;
	s->profile_id = p->profile_id;
	s->rats = p->rats;
	s->n_partners = p->n_partners;
	s->n_addresses = p->n_addresses;
	s->state = (enum sim_state)p->state;
	s->imei_lock = (enum imei_lock)p->imei_lock;
	s->sealed_len = p->sealed_len;
	at = take(s->iccid, at, strlen((const char *)at) + 1);
	at = take(s->msisdn, at, strlen((const char *)at) + 1);
	at = take(s->imei, at, strlen((const char *)at) + 1);
	at = take(s->sealed, at, s->sealed_len);
	at = take(s->partners, at, s->n_partners * sizeof(s->partners[0]));
	take(s->addresses, at, s->n_addresses * sizeof(s->addresses[0]));
}

// ---- SEQs

void
row_entry_read_sqn(const struct row_entry *e, struct sqn *sqn)
{
	sqn->seq = e->seq;
	sqn->n_nodes = e->n_nodes;
	memcpy(sqn->nodes, e->n_nodes > ROW_INLINE_NODES ? e->many : e->few,
		e->n_nodes * sizeof(sqn->nodes[0]));
}

int
row_entry_write_sqn(struct row_entry *e, const struct sqn *sqn)
{
	if (sqn->n_nodes > ROW_INLINE_NODES && e->n_nodes <= ROW_INLINE_NODES) {
		struct sqn_node *many = malloc(SQN_INDS * sizeof(*many));

		if (!many)
			return -ENOMEM;
		e->many = many;
	} else if (sqn->n_nodes <= ROW_INLINE_NODES) {
		nodes_free(e);
	}
	e->seq = sqn->seq;
	e->n_nodes = sqn->n_nodes;
	memcpy(e->n_nodes > ROW_INLINE_NODES ? e->many : e->few, sqn->nodes,
		e->n_nodes * sizeof(sqn->nodes[0]));
	return 0;
}

static int
queue_grow(struct row_cache *cache)
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
row_cache_queue(struct row_cache *cache, struct row_entry *e)
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
row_cache_next(struct row_cache *cache, int64_t *key)
{
	struct row_entry *e;

	if (cache->n_queue == 0)
		return false;
	*key = cache->queue[cache->queue_head];
	cache->queue_head = (cache->queue_head + 1) % cache->queue_room;
	cache->n_queue--;
	e = row_cache_find(cache, *key);
	if (e)
		e->is_queued = false;
	return true;
}
