// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/timer_heap.h"

#include <errno.h>
#include <stdlib.h>

#define NOWHERE UINT32_MAX

int
timer_heap_init(struct timer_heap *h, uint32_t max)
{
	*h = (struct timer_heap){ .max = max };
	h->nodes = calloc(max, sizeof(*h->nodes));
	h->place = malloc((size_t)max * sizeof(*h->place));
	if (h->nodes == NULL || h->place == NULL) {
		timer_heap_free(h);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < max; i++)
		h->place[i] = NOWHERE;
	return 0;
}

void
timer_heap_free(struct timer_heap *h)
{
	free(h->nodes);
	free(h->place);
	*h = (struct timer_heap){ 0 };
}

static void
put(struct timer_heap *h, uint32_t at, struct timer_node node)
{
	h->nodes[at] = node;
	h->place[node.index] = at;
}

static void
sift_up(struct timer_heap *h, uint32_t at, struct timer_node node)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (h->nodes[parent].at_ms <= node.at_ms)
			break;
		put(h, at, h->nodes[parent]);
		at = parent;
	}
	put(h, at, node);
}

static void
sift_down(struct timer_heap *h, uint32_t at, struct timer_node node)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && h->nodes[child + 1].at_ms < h->nodes[child].at_ms)
			child++;
		if (node.at_ms <= h->nodes[child].at_ms)
			break;
		put(h, at, h->nodes[child]);
		at = child;
	}
	put(h, at, node);
}

void
timer_heap_set(struct timer_heap *h, uint32_t index, uint64_t at_ms)
{
	struct timer_node node = { at_ms, index };
	uint32_t at = h->place[index];

	if (at == NOWHERE) {
		sift_up(h, h->n++, node);
		return;
	}
	if (at_ms < h->nodes[at].at_ms)
		sift_up(h, at, node);
	else
		sift_down(h, at, node);
}

void
timer_heap_clear(struct timer_heap *h, uint32_t index)
{
	uint32_t at = h->place[index];
	struct timer_node last;

	if (at == NOWHERE)
		return;
	h->place[index] = NOWHERE;
	last = h->nodes[--h->n];
	if (at == h->n)
		return;
	if (at > 0 && last.at_ms < h->nodes[(at - 1) / 2].at_ms)
		sift_up(h, at, last);
	else
		sift_down(h, at, last);
}

uint64_t
timer_heap_next(const struct timer_heap *h)
{
	return h->n > 0 ? h->nodes[0].at_ms : UINT64_MAX;
}

bool
timer_heap_due(struct timer_heap *h, uint64_t now_ms, uint32_t *index)
{
	if (h->n == 0 || h->nodes[0].at_ms > now_ms)
		return false;
	*index = h->nodes[0].index;
	timer_heap_clear(h, *index);
	return true;
}
