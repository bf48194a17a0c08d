// SPDX-License-Identifier: BSD-3-Clause
// A hash table of kernel objects that are first dumped and then followed by notifications. While a
// dump runs, a notification counts more than a row of the dump, which may have been written earlier;
// what neither names is gone. main: rw, nobody else.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Begins every object; the key follows it directly, without padding bytes that vary.
struct mirror_node {
	struct mirror_node *next;
	uint32_t hash;
	bool is_seen;    // by the dump that runs, or ran last
	bool is_touched; // by a notification since that dump began
	bool is_gone;    // remembered only until the dump's end
	uint8_t zero;
};

struct mirror_table {
	struct mirror_node **bucket;
	uint32_t n_buckets;
	uint32_t n; // objects, those that are gone included
	uint32_t key_bytes;
	bool is_dumping;
	bool is_incomplete; // memory ran out: only a new dump can tell what is missing
};

// Called for an object before it leaves the table; it must not free the object.
typedef void mirror_forget_fn(void *arg, void *object);

// 0 or -ENOMEM.
int mirror_table_open(struct mirror_table *t, uint32_t key_bytes);
void mirror_table_close(struct mirror_table *t, mirror_forget_fn *forget, void *arg);

uint32_t mirror_hash(const void *bytes, size_t n);

// NULL: not there.
void *mirror_find(const struct mirror_table *t, const void *key);

// The object with this key, a new one zeroed but for the key. NULL: memory ran out, or the row of a
// dump is older than what a notification said.
void *mirror_put(struct mirror_table *t, const void *key, size_t object_bytes, bool is_from_dump);

// A notification says that it's gone. `forget` is called if it was there.
void mirror_del(struct mirror_table *t, const void *key, size_t object_bytes,
	mirror_forget_fn *forget, void *arg);

void mirror_dump_begin(struct mirror_table *t);
void mirror_dump_end(struct mirror_table *t, mirror_forget_fn *forget, void *arg);

// The next object that isn't gone, NULL at the end; begin with NULL. The table must not change.
void *mirror_next(const struct mirror_table *t, const void *object);
