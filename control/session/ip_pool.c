// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/ip_pool.h"

#include <errno.h>
#include <stdlib.h>

#define POOL_MAX (16U << 20)
#define NONE UINT32_MAX
#define LOOKS 256 // addresses looked at for one that is liked

// What is known of an address; 0: never given.
enum {
	ADDR_EXCLUDED = 1 << 0,
	ADDR_STATIC = 1 << 1,
	ADDR_HELD = 1 << 2,
	ADDR_QUEUED = 1 << 3, // in the queue of released addresses
};

// A released address in the queue.
struct resting {
	uint32_t next;
	uint32_t since_s;
};

struct ip_pool {
	uint64_t first;
	uint32_t size;
	uint32_t fresh; // addresses from here on were never given
	uint32_t oldest, newest;
	uint32_t rest_s;
	bool is_strict;
	struct ip_pool_counts counts;
	uint8_t *state;
	struct resting *queue; // pages are touched only where addresses were released
};

struct ip_pool *
ip_pool_new(uint64_t first, uint64_t last)
{
	struct ip_pool *p;

	if (last < first || last - first >= POOL_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->first = first;
	p->size = (uint32_t)(last - first + 1);
	p->oldest = p->newest = NONE;
	p->counts.size = p->counts.dynamic = p->size;
	p->state = calloc(p->size, sizeof(*p->state));
	p->queue = calloc(p->size, sizeof(*p->queue));
	if (p->state && p->queue)
		return p;
	ip_pool_free(p);
	return NULL;
}

void
ip_pool_free(struct ip_pool *p)
{
	if (!p)
		return;
	free(p->state);
	free(p->queue);
	free(p);
}

void
ip_pool_set_rest(struct ip_pool *p, uint32_t rest_s, bool is_strict)
{
	p->rest_s = rest_s;
	p->is_strict = is_strict;
}

bool
ip_pool_contains(const struct ip_pool *p, uint64_t addr)
{
	return addr - p->first < p->size;
}

bool
ip_pool_is_reserved(const struct ip_pool *p, uint64_t addr)
{
	return ip_pool_contains(p, addr) &&
		(p->state[addr - p->first] & (ADDR_STATIC | ADDR_EXCLUDED)) == ADDR_STATIC;
}

static void
mark(struct ip_pool *p, uint64_t first, uint64_t last, uint8_t flag)
{
	uint64_t pool_last = p->first + (p->size - 1);

	if (first < p->first)
		first = p->first;
	if (last > pool_last)
		last = pool_last;
	for (uint64_t a = first; a <= last; a++) {
		uint8_t *state = &p->state[a - p->first];

		if (!*state)
			p->counts.dynamic--;
		if (flag == ADDR_STATIC && !(*state & (ADDR_STATIC | ADDR_EXCLUDED)))
			p->counts.static_only++;
		if (flag == ADDR_EXCLUDED &&
			(*state & (ADDR_STATIC | ADDR_EXCLUDED)) == ADDR_STATIC)
			p->counts.static_only--;
		*state |= flag;
	}
}

void
ip_pool_exclude(struct ip_pool *p, uint64_t first, uint64_t last)
{
	mark(p, first, last, ADDR_EXCLUDED);
}

void
ip_pool_reserve(struct ip_pool *p, uint64_t first, uint64_t last)
{
	mark(p, first, last, ADDR_STATIC);
}

static void
hold(struct ip_pool *p, uint32_t i)
{
	p->state[i] |= ADDR_HELD;
	if (p->state[i] & ADDR_STATIC)
		p->counts.held_static++;
	else
		p->counts.held_dynamic++;
}

static bool
is_liked(const struct ip_pool *p, const struct ip_pool_taste *taste, uint32_t i)
{
	return !taste || taste->is_liked(taste->ctx, p->first + i);
}

// An address that was never given, one of the next ones that is liked if there is; NONE: none left.
static uint32_t
find_fresh(struct ip_pool *p, const struct ip_pool_taste *taste)
{
	while (p->fresh < p->size && p->state[p->fresh])
		p->fresh++;
	for (uint32_t i = p->fresh, n = 0; i < p->size && n < LOOKS; i++, n++) {
		if (!p->state[i] && is_liked(p, taste, i))
			return i;
	}
	return p->fresh < p->size ? p->fresh : NONE;
}

// The address that was released first, or one of the next ones that is liked, if it may be given.
// *before: the one before it in the queue, NONE: it is the first.
static uint32_t
find_rested(const struct ip_pool *p, uint32_t now_s, const struct ip_pool_taste *taste,
	uint32_t *before)
{
	uint32_t last = NONE;

	*before = NONE;
	for (uint32_t i = p->oldest, n = 0; i != NONE && n < LOOKS; i = p->queue[i].next, n++) {
		if (now_s - p->queue[i].since_s < p->rest_s && (p->is_strict || n > 0))
			break; // all behind it rest too
		if (is_liked(p, taste, i)) {
			*before = last;
			return i;
		}
		last = i;
	}
	if (p->oldest != NONE && p->is_strict && now_s - p->queue[p->oldest].since_s < p->rest_s)
		return NONE;
	return p->oldest;
}

static void
unqueue(struct ip_pool *p, uint32_t i, uint32_t before, uint32_t now_s)
{
	p->counts.reused_early += now_s - p->queue[i].since_s < p->rest_s;
	p->counts.resting--;
	if (before == NONE)
		p->oldest = p->queue[i].next;
	else
		p->queue[before].next = p->queue[i].next;
	if (p->newest == i)
		p->newest = before;
	p->state[i] &= (uint8_t)~ADDR_QUEUED;
}

int
ip_pool_take(struct ip_pool *p, uint32_t now_s, const struct ip_pool_taste *taste, uint64_t *addr)
{
	uint32_t before, i = find_fresh(p, taste);

	if (i == NONE) {
		i = find_rested(p, now_s, taste, &before);
		if (i == NONE)
			return -ENOSPC;
		unqueue(p, i, before, now_s);
	}
	hold(p, i);
	*addr = p->first + i;
	return 0;
}

int
ip_pool_take_static(struct ip_pool *p, uint64_t addr)
{
	if (!ip_pool_is_reserved(p, addr))
		return -EINVAL;
	if (p->state[addr - p->first] & ADDR_HELD)
		return -EBUSY;
	hold(p, (uint32_t)(addr - p->first));
	return 0;
}

// Only before the first release, while the queue is empty: a queued address can't be restored.
int
ip_pool_restore(struct ip_pool *p, uint64_t addr)
{
	uint8_t state;

	if (!ip_pool_contains(p, addr))
		return -EINVAL;
	state = p->state[addr - p->first];
	if (state & ADDR_EXCLUDED)
		return -EINVAL;
	if (state & (ADDR_HELD | ADDR_QUEUED))
		return -EBUSY;
	hold(p, (uint32_t)(addr - p->first));
	return 0;
}

void
ip_pool_give(struct ip_pool *p, uint64_t addr, uint32_t now_s)
{
	uint32_t i = (uint32_t)(addr - p->first);

	if (!ip_pool_contains(p, addr) || !(p->state[i] & ADDR_HELD))
		return;
	p->state[i] &= (uint8_t)~ADDR_HELD;
	if (p->state[i] & ADDR_STATIC) {
		p->counts.held_static--;
		return;
	}
	p->counts.held_dynamic--;
	p->state[i] |= ADDR_QUEUED;
	p->queue[i] = (struct resting){ .next = NONE, .since_s = now_s };
	if (p->newest == NONE)
		p->oldest = i;
	else
		p->queue[p->newest].next = i;
	p->newest = i;
	p->counts.resting++;
}

void
ip_pool_count(const struct ip_pool *p, struct ip_pool_counts *counts)
{
	*counts = p->counts;
}
