// SPDX-License-Identifier: BSD-3-Clause
// TEIDs: the low byte is the session's shard, the other 24 bits are random. A freed one rests.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct teid_source;

// Fills with randomness: 0 or -errno. The seam for tests.
typedef int (*teid_random_fn)(void *to, size_t bytes);
typedef bool (*teid_is_used_fn)(const void *ctx, uint32_t teid);

// rest_max: how many freed TEIDs are kept from use, a power of two. random NULL: getrandom(2).
struct teid_source *teid_source_new(uint32_t rest_max, teid_random_fn random);
void teid_source_free(struct teid_source *t);

// Never 0, never one in use or resting; 0 when none was found (then the shard is as good as full,
// or there is no randomness).
uint32_t teid_take(struct teid_source *t, uint8_t shard, teid_is_used_fn is_used, const void *ctx);
// A TEID that nobody uses any more: not given again until rest_max others were freed after it.
void teid_rest(struct teid_source *t, uint32_t teid);
