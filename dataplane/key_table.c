// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/key_table.h"

#include <rte_malloc.h>

#include <errno.h>

#define SEARCH_MAX 400 // buckets looked at before a put gives up

// A bucket on the way to a free entry: reached by moving entry `slot` of the bucket at `from`.
struct step {
	struct key_bucket *bucket;
	int16_t from; // -1: one of the key's own
	uint8_t slot;
};

int
key_table_new(struct key_table *t, uint32_t entries, int socket)
{
	t->n_buckets =
		entries / (KEY_BUCKET_ENTRIES - 1) + 2; // at most 80 % full, so a put succeeds
	t->bucket = rte_zmalloc_socket(
		"keys", (size_t)t->n_buckets * sizeof(struct key_bucket), 64, socket);
	return t->bucket ? 0 : -ENOMEM;
}

void
key_table_free(struct key_table *t)
{
	rte_free(t->bucket);
	t->bucket = NULL;
}

// Index of a free entry, -1: none.
static int
free_slot(const struct key_bucket *b)
{
	for (int i = 0; i < KEY_BUCKET_ENTRIES; i++)
		if (b->value[i] == 0)
			return i;
	return -1;
}

// The other bucket that a key of b may be in.
static struct key_bucket *
other_bucket(const struct key_table *t, const struct key_bucket *b, uint64_t key)
{
	uint32_t hash = key_hash(key);
	struct key_bucket *first = key_first_bucket(t, hash);

	return first == b ? key_second_bucket(t, hash) : first;
}

// Moves entries back along the path, from the free entry to a bucket of the key. Returns what became
// free there.
static struct key_bucket *
move_along(struct step *steps, int at, int *slot)
{
	while (steps[at].from >= 0) {
		struct key_bucket *to = steps[at].bucket;
		struct key_bucket *from = steps[steps[at].from].bucket;
		uint8_t moved = steps[at].slot;

		to->key[*slot] = from->key[moved];
		to->value[*slot] = from->value[moved];
		*slot = moved;
		at = steps[at].from;
	}
	return steps[at].bucket;
}

// The bucket of the key with a free entry, after as few moves as possible. NULL: none found.
static struct key_bucket *
make_room(const struct key_table *t, uint32_t hash, int *slot)
{
	struct step steps[SEARCH_MAX] = { { key_first_bucket(t, hash), -1, 0 },
		{ key_second_bucket(t, hash), -1, 0 } };
	int n = 2;

	for (int at = 0; at < n; at++) {
		struct key_bucket *b = steps[at].bucket;

		*slot = free_slot(b);
		if (*slot >= 0)
			return move_along(steps, at, slot);
		for (uint8_t i = 0; i < KEY_BUCKET_ENTRIES && n < SEARCH_MAX; i++)
			steps[n++] = (struct step){ other_bucket(t, b, b->key[i]), (int16_t)at, i };
	}
	return NULL;
}

int
key_table_put(struct key_table *t, uint64_t key, uint32_t value)
{
	int slot;
	struct key_bucket *b = make_room(t, key_hash(key), &slot);

	if (b == NULL)
		return -ENOSPC;
	b->key[slot] = key;
	b->value[slot] = value;
	return 0;
}

static bool
bucket_del(struct key_bucket *b, uint64_t key)
{
	for (unsigned int i = 0; i < KEY_BUCKET_ENTRIES; i++) {
		if (b->key[i] != key || b->value[i] == 0)
			continue;
		b->key[i] = 0;
		b->value[i] = 0;
		return true;
	}
	return false;
}

bool
key_table_del(struct key_table *t, uint64_t key)
{
	uint32_t hash = key_hash(key);

	return bucket_del(key_first_bucket(t, hash), key) ||
		bucket_del(key_second_bucket(t, hash), key);
}

uint32_t
key_table_next(const struct key_table *t, uint32_t *at, uint64_t *key)
{
	while (*at < t->n_buckets * KEY_BUCKET_ENTRIES) {
		const struct key_bucket *b = &t->bucket[*at / KEY_BUCKET_ENTRIES];
		uint32_t value = b->value[*at % KEY_BUCKET_ENTRIES];

		*key = b->key[*at % KEY_BUCKET_ENTRIES];
		(*at)++;
		if (value)
			return value;
	}
	return 0;
}
