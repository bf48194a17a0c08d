// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/teid.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define BATCH 512
#define TRIES 64
#define NONE UINT32_MAX

struct teid_source {
	teid_random_fn random;
	uint32_t batch[BATCH];
	unsigned int n_left;

	// The latest rest_max freed TEIDs: a ring, and chains over its entries to find one.
	uint32_t rest_mask;
	uint32_t rest_at;
	uint32_t *resting; // 0: empty entry
	uint32_t *next;
	uint32_t *head;
};

static int
system_random(void *to, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = getrandom((char *)to + done, bytes - done, 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

struct teid_source *
teid_source_new(uint32_t rest_max, teid_random_fn random)
{
	struct teid_source *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->random = random ? random : system_random;
	t->rest_mask = rest_max - 1;
	t->resting = calloc(rest_max, sizeof(*t->resting));
	t->next = calloc(rest_max, sizeof(*t->next));
	t->head = calloc(rest_max, sizeof(*t->head));
	if (!t->resting || !t->next || !t->head) {
		teid_source_free(t);
		return NULL;
	}
	for (uint32_t i = 0; i < rest_max; i++)
		t->head[i] = NONE;
	return t;
}

void
teid_source_free(struct teid_source *t)
{
	if (!t)
		return;
	free(t->resting);
	free(t->next);
	free(t->head);
	free(t);
}

static uint32_t *
chain_of(struct teid_source *t, uint32_t teid)
{
	// the low byte is a shard and may be the same for many
	return &t->head[(teid * 2654435761U >> 8) & t->rest_mask];
}

static bool
is_resting(struct teid_source *t, uint32_t teid)
{
	for (uint32_t i = *chain_of(t, teid); i != NONE; i = t->next[i])
		if (t->resting[i] == teid)
			return true;
	return false;
}

void
teid_rest(struct teid_source *t, uint32_t teid)
{
	uint32_t i = t->rest_at++ & t->rest_mask;
	uint32_t *link;

	if (t->resting[i]) {
		link = chain_of(t, t->resting[i]);
		while (*link != i)
			link = &t->next[*link];
		*link = t->next[i];
	}
	link = chain_of(t, teid);
	t->resting[i] = teid;
	t->next[i] = *link;
	*link = i;
}

uint32_t
teid_take(struct teid_source *t, uint8_t shard, teid_is_used_fn is_used, const void *ctx)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		uint32_t teid;

		if (t->n_left == 0) {
			if (t->random(t->batch, sizeof(t->batch)) < 0)
				return 0;
			t->n_left = BATCH;
		}
		teid = (t->batch[--t->n_left] & ~0xffU) | shard;
		if (teid >> 8 && !is_resting(t, teid) && !is_used(ctx, teid))
			return teid;
	}
	return 0;
}
