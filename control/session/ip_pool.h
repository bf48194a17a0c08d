// SPDX-License-Identifier: BSD-3-Clause
// The addresses of one pool: who may be given which, in constant time and about 8 bytes per address
// once used. Addresses are numbers here: of IPv4 in host order, of IPv6 the upper half of a /64.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ip_pool;

struct ip_pool_counts {
	uint32_t size;         // addresses first..last
	uint32_t dynamic;      // of those, may be given to anyone
	uint32_t static_only;  // reserved for static subscribers
	uint32_t held_dynamic; // now
	uint32_t held_static;
	uint32_t resting;      // released, waiting to be given again
	uint64_t reused_early; // given again before their rest was over
};

// All addresses of first..last, both included; at most 16 million. NULL: no memory or a bad range.
struct ip_pool *ip_pool_new(uint64_t first, uint64_t last);
void ip_pool_free(struct ip_pool *p);

// How long a released address rests. is_strict: an address that still rests is never given; else
// the one that rested longest is, when nothing else is left.
void ip_pool_set_rest(struct ip_pool *p, uint32_t rest_s, bool is_strict);

// Before the first take. Excluded: nobody gets it. Reserved: only ip_pool_take_static gives it.
// What lies outside of the pool is ignored.
void ip_pool_exclude(struct ip_pool *p, uint64_t first, uint64_t last);
void ip_pool_reserve(struct ip_pool *p, uint64_t first, uint64_t last);

bool ip_pool_contains(const struct ip_pool *p, uint64_t addr);
bool ip_pool_is_reserved(const struct ip_pool *p, uint64_t addr);

// Which addresses are liked best. ctx: of the caller.
struct ip_pool_taste {
	bool (*is_liked)(const void *ctx, uint64_t addr);
	const void *ctx;
};

// 0 and *addr, or -ENOSPC. now_s is any clock of seconds that doesn't go back. taste: an address that
// it likes is looked for among the next ones, and another one taken if there is none; NULL: any.
int ip_pool_take(
	struct ip_pool *p, uint32_t now_s, const struct ip_pool_taste *taste, uint64_t *addr);
// 0, -EBUSY: held, -EINVAL: not reserved for static use in this pool.
int ip_pool_take_static(struct ip_pool *p, uint64_t addr);
// Takes an address that a session of an earlier run holds: 0, -EBUSY, -EINVAL: excluded or outside.
int ip_pool_restore(struct ip_pool *p, uint64_t addr);
// Gives back what one of the three above took.
void ip_pool_give(struct ip_pool *p, uint64_t addr, uint32_t now_s);

void ip_pool_count(const struct ip_pool *p, struct ip_pool_counts *counts);
