// SPDX-License-Identifier: BSD-3-Clause
// Deadlines of the entries of a table, each known by its index: a binary heap that knows where each
// index stands. Setting and clearing are O(log n).
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct timer_node {
	uint64_t at_ms;
	uint32_t index;
};

struct timer_heap {
	struct timer_node *nodes;
	uint32_t *place; // of each index in nodes, UINT32_MAX: not set
	uint32_t n;
	uint32_t max;
};

// Indices from 0 to max - 1. 0 or -ENOMEM.
int timer_heap_init(struct timer_heap *h, uint32_t max);
void timer_heap_free(struct timer_heap *h);

// Sets or moves the deadline of an index.
void timer_heap_set(struct timer_heap *h, uint32_t index, uint64_t at_ms);
void timer_heap_clear(struct timer_heap *h, uint32_t index);

// The earliest deadline, UINT64_MAX: none.
uint64_t timer_heap_next(const struct timer_heap *h);

// Takes out one index whose deadline has come. False: none.
bool timer_heap_due(struct timer_heap *h, uint64_t now_ms, uint32_t *index);
