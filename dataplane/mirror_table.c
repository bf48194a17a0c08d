// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mirror_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64

int
mirror_table_open(struct mirror_table *t, uint32_t key_bytes)
{
	*t = (struct mirror_table){ .n_buckets = BUCKETS_MIN, .key_bytes = key_bytes };
	t->bucket = calloc(t->n_buckets, sizeof(struct mirror_node *));
	return t->bucket ? 0 : -ENOMEM;
}

void
mirror_table_close(struct mirror_table *t, mirror_forget_fn *forget, void *arg)
{
	for (uint32_t i = 0; t->bucket != NULL && i < t->n_buckets; i++) {
		struct mirror_node *n;

		while ((n = t->bucket[i]) != NULL) {
			t->bucket[i] = n->next;
			if (!n->is_gone)
				forget(arg, n);
			free(n);
		}
	}
	free(t->bucket);
	t->bucket = NULL;
}

uint32_t
mirror_hash(const void *bytes, size_t n)
{
	const uint8_t *b = bytes;
	uint64_t h = 0;

	for (; n >= 4; n -= 4, b += 4) {
		uint32_t word;

		memcpy(&word, b, 4);
		h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	for (; n > 0; n--, b++)
		h = (h ^ *b) * 0x9e3779b97f4a7c15ULL;
	return (uint32_t)(h ^ h >> 32);
}

// The link that points to the object with this key, gone or not; to NULL if there's none.
static struct mirror_node **
find_link(const struct mirror_table *t, const void *key, uint32_t hash)
{
	struct mirror_node **link = &t->bucket[hash & (t->n_buckets - 1)];

	for (; *link != NULL; link = &(*link)->next)
		if ((*link)->hash == hash && memcmp(*link + 1, key, t->key_bytes) == 0)
			break;
	return link;
}

void *
mirror_find(const struct mirror_table *t, const void *key)
{
	struct mirror_node *n = *find_link(t, key, mirror_hash(key, t->key_bytes));

	return n == NULL || n->is_gone ? NULL : n;
}

// A table that can't grow works on, slower.
static void
grow(struct mirror_table *t)
{
	uint32_t n_buckets = 2 * t->n_buckets;
	struct mirror_node **bucket = calloc(n_buckets, sizeof(struct mirror_node *));

	if (bucket == NULL)
		return;
	for (uint32_t i = 0; i < t->n_buckets; i++) {
		struct mirror_node *n;

		while ((n = t->bucket[i]) != NULL) {
			struct mirror_node **to = &bucket[n->hash & (n_buckets - 1)];

			t->bucket[i] = n->next;
			n->next = *to;
			*to = n;
		}
	}
	free(t->bucket);
	t->bucket = bucket;
	t->n_buckets = n_buckets;
}

static struct mirror_node *
add(struct mirror_table *t, const void *key, uint32_t hash, size_t object_bytes)
{
	struct mirror_node *n = calloc(1, object_bytes);

	if (n == NULL) {
		t->is_incomplete = true;
		return NULL;
	}
	if (t->n >= t->n_buckets)
		grow(t);
	n->hash = hash;
	memcpy(n + 1, key, t->key_bytes);
	n->next = t->bucket[hash & (t->n_buckets - 1)];
	t->bucket[hash & (t->n_buckets - 1)] = n;
	t->n++;
	return n;
}

void *
mirror_put(struct mirror_table *t, const void *key, size_t object_bytes, bool is_from_dump)
{
	uint32_t hash = mirror_hash(key, t->key_bytes);
	struct mirror_node *n = *find_link(t, key, hash);

	if (n == NULL)
		n = add(t, key, hash, object_bytes);
	else if (is_from_dump && n->is_touched)
		return NULL;
	if (n == NULL)
		return NULL;
	n->is_gone = false;
	n->is_seen |= is_from_dump;
	n->is_touched |= !is_from_dump;
	return n;
}

static void
unlink_and_free(struct mirror_table *t, struct mirror_node **link)
{
	struct mirror_node *n = *link;

	*link = n->next;
	t->n--;
	free(n);
}

void
mirror_del(struct mirror_table *t, const void *key, size_t object_bytes, mirror_forget_fn *forget,
	void *arg)
{
	uint32_t hash = mirror_hash(key, t->key_bytes);
	struct mirror_node **link = find_link(t, key, hash), *n = *link;

	if (n != NULL && !n->is_gone)
		forget(arg, n);
	if (!t->is_dumping) {
		if (n != NULL)
			unlink_and_free(t, link);
		return;
	}
	// a row of the dump that was written before may still come
	if (n == NULL && (n = add(t, key, hash, object_bytes)) == NULL)
		return;
	memset((char *)(n + 1) + t->key_bytes, 0, object_bytes - sizeof(*n) - t->key_bytes);
	n->is_gone = true;
	n->is_touched = true;
}

void
mirror_dump_begin(struct mirror_table *t)
{
	t->is_dumping = true;
	t->is_incomplete = false;
	for (uint32_t i = 0; i < t->n_buckets; i++)
		for (struct mirror_node *n = t->bucket[i]; n != NULL; n = n->next)
			n->is_seen = n->is_touched = false;
}

void
mirror_dump_end(struct mirror_table *t, mirror_forget_fn *forget, void *arg)
{
	t->is_dumping = false;
	for (uint32_t i = 0; i < t->n_buckets; i++) {
		struct mirror_node **link = &t->bucket[i], *n;

		while ((n = *link) != NULL) {
			if (!n->is_gone && (n->is_seen || n->is_touched)) {
				link = &n->next;
				continue;
			}
			if (!n->is_gone)
				forget(arg, n);
			unlink_and_free(t, link);
		}
	}
}

void *
mirror_next(const struct mirror_table *t, const void *object)
{
	const struct mirror_node *n = object;
	uint32_t i = n == NULL ? 0 : (n->hash & (t->n_buckets - 1)) + 1;
	struct mirror_node *next = n == NULL ? NULL : n->next;

	for (;;) {
		for (; next != NULL; next = next->next)
			if (!next->is_gone)
				return next;
		if (i >= t->n_buckets)
			return NULL;
		next = t->bucket[i++];
	}
}
