// SPDX-License-Identifier: BSD-3-Clause
// 64-bit keys to 32-bit values, for one thread: a cuckoo table whose buckets are one cache line with
// keys and values together, so that a lookup touches one line and compares inline. A key is in one of
// two buckets, nearly always in the first.
#pragma once

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include <assert.h>
#include <nmmintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define KEY_BUCKET_ENTRIES 5

struct key_bucket {
	_Alignas(64) uint64_t key[KEY_BUCKET_ENTRIES];
	uint32_t value[KEY_BUCKET_ENTRIES + 1]; // 0: the entry is free; the last always is
};
static_assert(sizeof(struct key_bucket) == 64, "one cache line");

struct key_table {
	struct key_bucket *bucket;
	uint32_t n_buckets;
};

// Room for at least this many entries. 0 or -ENOMEM.
int key_table_new(struct key_table *t, uint32_t entries, int socket);
void key_table_free(struct key_table *t);

// The key isn't there yet; value isn't 0. 0 or -ENOSPC.
int key_table_put(struct key_table *t, uint64_t key, uint32_t value);

// False: it wasn't there.
bool key_table_del(struct key_table *t, uint64_t key);

// The next value from position *at on, which moves behind it, and its key; 0: no more. A put may
// move entries, a del doesn't.
uint32_t key_table_next(const struct key_table *t, uint32_t *at, uint64_t *key);

static inline uint32_t
key_hash(uint64_t key)
{
	return (uint32_t)_mm_crc32_u64(0, key);
}

static inline struct key_bucket *
key_first_bucket(const struct key_table *t, uint32_t hash)
{
	return &t->bucket[(uint64_t)hash * t->n_buckets >> 32];
}

static inline struct key_bucket *
key_second_bucket(const struct key_table *t, uint32_t hash)
{
	return &t->bucket[(uint64_t)(hash * 0x9e3779b1u) * t->n_buckets >> 32];
}

// Compares all keys at once, without a branch to guess. A miss finds the value behind the last.
static inline uint32_t
key_bucket_find(const struct key_bucket *b, uint64_t key)
{
	const __m128i *pair = (const __m128i *)b->key;
	__m128i wanted = _mm_set1_epi64x((long long)key);
	__m128 equal = _mm_shuffle_ps(_mm_castsi128_ps(_mm_cmpeq_epi64(pair[0], wanted)),
		_mm_castsi128_ps(_mm_cmpeq_epi64(pair[1], wanted)), _MM_SHUFFLE(2, 0, 2, 0));
	unsigned int hits = (unsigned int)_mm_movemask_ps(equal) | (b->key[4] == key) << 4 |
		1 << KEY_BUCKET_ENTRIES;

	return b->value[__builtin_ctz(hits)];
}

// 0: not there. first: the key's first bucket, which should have been prefetched.
static inline uint32_t
key_table_find_from(const struct key_table *t, const struct key_bucket *first, uint64_t key)
{
	uint32_t value = key_bucket_find(first, key);

	return likely(value != 0) ? value
				  : key_bucket_find(key_second_bucket(t, key_hash(key)), key);
}

// 0: not there. hash: key_hash(key).
static inline uint32_t
key_table_find(const struct key_table *t, uint64_t key, uint32_t hash)
{
	return key_table_find_from(t, key_first_bucket(t, hash), key);
}
