// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/bearer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

enum { BY_TEID, BY_TUNNEL };

struct bearer_table {
	struct dedicated *bearers; // pages are touched as slots are used
	uint32_t slots, limit;
	uint32_t top; // slots from here on were never used
	uint32_t first_free;
	uint32_t n;
	uint32_t next_generation;
	uint32_t mask;
	uint32_t *bucket[2]; // a slot + 1, so that zero pages are empty buckets
};

static void *
reserve(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static size_t
bucket_bytes(const struct bearer_table *t)
{
	return ((size_t)t->mask + 1) * sizeof(uint32_t);
}

struct bearer_table *
bearer_table_new(uint32_t slots)
{
	struct bearer_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->slots = t->limit = slots;
	t->first_free = SESSION_NONE;
	for (t->mask = 1023; t->mask < slots; t->mask = t->mask * 2 + 1)
		;
	t->bearers = reserve((size_t)slots * sizeof(*t->bearers));
	t->bucket[BY_TEID] = reserve(bucket_bytes(t));
	t->bucket[BY_TUNNEL] = reserve(bucket_bytes(t));
	if (t->bearers && t->bucket[BY_TEID] && t->bucket[BY_TUNNEL] &&
		getrandom(&t->next_generation, sizeof(t->next_generation), 0) ==
			(ssize_t)sizeof(t->next_generation))
		return t;
	bearer_table_free(t);
	return NULL;
}

void
bearer_table_free(struct bearer_table *t)
{
	if (!t)
		return;
	if (t->bearers)
		munmap(t->bearers, (size_t)t->slots * sizeof(*t->bearers));
	for (int i = 0; i < 2; i++)
		if (t->bucket[i])
			munmap(t->bucket[i], bucket_bytes(t));
	free(t);
}

void
bearer_table_limit(struct bearer_table *t, uint32_t slots)
{
	t->limit = slots < t->slots ? slots : t->slots;
}

uint32_t
bearer_table_count(const struct bearer_table *t)
{
	return t->n;
}

struct dedicated *
bearer_slot(const struct bearer_table *t, uint32_t slot)
{
	return &t->bearers[slot];
}

// ---- Of one session: a list in the order in which they came.

struct dedicated *
bearer_first(const struct bearer_table *t, const struct session *s)
{
	return s->first_bearer == 0 ? NULL : &t->bearers[s->first_bearer - 1];
}

struct dedicated *
bearer_next(const struct bearer_table *t, const struct dedicated *b)
{
	return b->next == SESSION_NONE ? NULL : &t->bearers[b->next];
}

static struct dedicated *
begin(struct bearer_table *t, struct session *s, uint32_t slot, uint32_t generation)
{
	struct dedicated *b = &t->bearers[slot], *last = bearer_first(t, s);
	uint8_t kept = b->flags & (BEARER_DIRTY | BEARER_STORED); // of the slot, not the bearer

	memset(b, 0, sizeof(*b));
	b->slot = slot;
	b->generation = generation;
	b->flags = kept;
	b->session = s->slot;
	b->next = SESSION_NONE;
	b->state = BEARER_ASKED;
	t->n++;
	while (last && last->next != SESSION_NONE)
		last = &t->bearers[last->next];
	if (last)
		last->next = slot;
	else
		s->first_bearer = slot + 1;
	return b;
}

struct dedicated *
bearer_take(struct bearer_table *t, struct session *s)
{
	uint32_t slot = t->first_free;

	if (slot != SESSION_NONE && slot < t->limit)
		t->first_free = t->bearers[slot].chain[0];
	else if (t->top < t->limit)
		slot = t->top++;
	else
		return NULL;
	return begin(t, s, slot, t->next_generation++);
}

struct dedicated *
bearer_take_at(struct bearer_table *t, struct session *s, uint32_t slot, uint32_t generation)
{
	uint32_t *link = &t->first_free;

	if (slot >= t->slots)
		return NULL;
	for (; t->top <= slot; t->top++) { // the gap below it becomes free slots
		t->bearers[t->top].chain[0] = t->first_free;
		t->first_free = t->top;
	}
	if (t->bearers[slot].state != BEARER_FREE)
		return NULL;
	while (*link != slot)
		link = &t->bearers[*link].chain[0];
	*link = t->bearers[slot].chain[0];
	return begin(t, s, slot, generation);
}

// ---- Indexes.

static uint32_t *
bucket_of(const struct bearer_table *t, int i, uint64_t key)
{
	uint64_t hash = (key + 1) * 0x9e3779b97f4a7c15ULL;

	return &t->bucket[i][(hash ^ hash >> 32) & t->mask];
}

static uint64_t
tunnel_key(const struct gtpc_addr *peer, uint32_t peer_teid)
{
	uint64_t half[2];

	memcpy(half, peer->bytes, sizeof(half));
	return (half[0] ^ half[1] * 3) + peer_teid;
}

static uint32_t *
bucket_for(const struct bearer_table *t, int i, const struct dedicated *b)
{
	return bucket_of(t, i, i == BY_TEID ? b->teid : tunnel_key(&b->is.peer, b->is.peer_teid));
}

static void
add(struct bearer_table *t, int i, struct dedicated *b)
{
	uint32_t *bucket = bucket_for(t, i, b);

	b->chain[i] = *bucket;
	*bucket = b->slot + 1;
}

static void
take_out(struct bearer_table *t, int i, struct dedicated *b)
{
	uint32_t *link = bucket_for(t, i, b);

	while (*link && *link != b->slot + 1)
		link = &t->bearers[*link - 1].chain[i];
	if (*link)
		*link = b->chain[i];
}

void
bearer_index_add(struct bearer_table *t, struct dedicated *b)
{
	add(t, BY_TEID, b);
	add(t, BY_TUNNEL, b);
}

void
bearer_index_move(struct bearer_table *t, struct dedicated *b, const struct gtpc_addr *peer,
	uint32_t peer_teid)
{
	take_out(t, BY_TUNNEL, b);
	b->is.peer = *peer;
	b->is.peer_teid = peer_teid;
	add(t, BY_TUNNEL, b);
}

void
bearer_give(struct bearer_table *t, struct session *s, struct dedicated *b)
{
	struct dedicated *before = bearer_first(t, s);

	take_out(t, BY_TEID, b);
	take_out(t, BY_TUNNEL, b);
	if (before == b) {
		s->first_bearer = b->next == SESSION_NONE ? 0 : b->next + 1;
	} else {
		while (before->next != b->slot)
			before = &t->bearers[before->next];
		before->next = b->next;
	}
	b->state = BEARER_FREE;
	b->chain[0] = t->first_free;
	t->first_free = b->slot;
	t->n--;
}

struct dedicated *
bearer_of(const struct bearer_table *t, uint32_t slot, uint32_t generation)
{
	struct dedicated *b = slot < t->top ? &t->bearers[slot] : NULL;

	return b && b->state != BEARER_FREE && b->generation == generation ? b : NULL;
}

struct dedicated *
bearer_find_ebi(const struct bearer_table *t, const struct session *s, uint8_t ebi)
{
	struct dedicated *b = bearer_first(t, s);

	while (b && (b->is.ebi != ebi || b->state != BEARER_ACTIVE))
		b = bearer_next(t, b);
	return b;
}

struct dedicated *
bearer_find_teid(const struct bearer_table *t, uint32_t teid)
{
	uint32_t link = *bucket_of(t, BY_TEID, teid);

	while (link && t->bearers[link - 1].teid != teid)
		link = t->bearers[link - 1].chain[BY_TEID];
	return link ? &t->bearers[link - 1] : NULL;
}

struct dedicated *
bearer_find_tunnel(const struct bearer_table *t, const struct gtpc_addr *peer, uint32_t peer_teid)
{
	uint32_t link = *bucket_of(t, BY_TUNNEL, tunnel_key(peer, peer_teid));

	for (; link; link = t->bearers[link - 1].chain[BY_TUNNEL]) {
		struct dedicated *b = &t->bearers[link - 1];

		if (b->state == BEARER_ACTIVE && b->is.peer_teid == peer_teid &&
			gtpc_addr_equal(&b->is.peer, peer))
			return b;
	}
	return NULL;
}

// ---- Rules.

const char *
bearer_rates_fault(uint8_t qci, const struct bearer_rates *r)
{
	bool has_gbr = r->ul_gbr_kbps || r->dl_gbr_kbps;

	if (!gtpc_qci_is_gbr(qci) && has_gbr)
		return "it guarantees no rate";
	if (gtpc_qci_is_gbr(qci) && !has_gbr)
		return "it wants a guaranteed rate";
	if (r->ul_mbr_kbps >> 40 || r->dl_mbr_kbps >> 40)
		return "rates are below 2^40 kbit/s";
	if ((r->ul_mbr_kbps && r->ul_mbr_kbps < r->ul_gbr_kbps) ||
		(r->dl_mbr_kbps && r->dl_mbr_kbps < r->dl_gbr_kbps))
		return "its largest rate is below the guaranteed one";
	return NULL;
}

unsigned int
bearer_count_filters(const struct bearer_table *t, const struct session *s)
{
	unsigned int n = 0;

	for (struct dedicated *b = bearer_first(t, s); b; b = bearer_next(t, b))
		if (b->state != BEARER_LEAVING)
			n += b->n_filters;
	return n;
}

uint8_t
bearer_free_precedence(const struct bearer_table *t, const struct session *s, uint8_t from)
{
	bool is_taken[256] = { false };

	for (struct dedicated *b = bearer_first(t, s); b; b = bearer_next(t, b))
		for (unsigned int i = 0; b->state != BEARER_LEAVING && i < b->n_filters; i++)
			is_taken[b->filter[i].precedence] = true;
	while (from < UINT8_MAX && is_taken[from])
		from++;
	return from;
}
