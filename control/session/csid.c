// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/csid.h"

#include "control/gtpc/siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NUMBERS 65536 // CSID_NONE is one of them
#define BUCKETS 4096

struct set {
	struct csid_name name;
	uint32_t n_sessions;
	uint16_t next; // in its bucket, or in the free list
	bool has_failed;
};

struct csids {
	struct set *sets; // by number
	uint16_t bucket[BUCKETS];
	uint16_t free;
	uint32_t top; // numbers from here on were never used
	uint64_t hash_key[2];
};

struct csids *
csids_new(void)
{
	struct csids *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->top = CSID_NONE + 1;
	c->sets = calloc(NUMBERS, sizeof(*c->sets));
	if (c->sets && getrandom(c->hash_key, sizeof(c->hash_key), 0) == sizeof(c->hash_key))
		return c;
	csids_free(c);
	return NULL;
}

void
csids_free(struct csids *c)
{
	if (!c)
		return;
	free(c->sets);
	free(c);
}

struct csid_name
csid_first(const void *scope, const struct gtpc_fq_csid *fq)
{
	struct csid_name name;

	memset(&name, 0, sizeof(name)); // it is hashed and compared with its padding
	name.scope = scope;
	name.node = fq->node;
	name.node_id = fq->node.family ? 0 : fq->node_id;
	name.csid = fq->csids[0];
	return name;
}

static uint16_t *
bucket_of(struct csids *c, const struct csid_name *name)
{
	return &c->bucket[siphash(c->hash_key, name, sizeof(*name)) % BUCKETS];
}

static uint16_t
find(struct csids *c, const struct csid_name *name)
{
	uint16_t at = *bucket_of(c, name);

	while (at != CSID_NONE && memcmp(&c->sets[at].name, name, sizeof(*name)) != 0)
		at = c->sets[at].next;
	return at;
}

static uint16_t
add(struct csids *c, const struct csid_name *name)
{
	uint16_t *bucket = bucket_of(c, name);
	uint16_t number = c->free;

	if (number != CSID_NONE)
		c->free = c->sets[number].next;
	else if (c->top < NUMBERS)
		number = (uint16_t)c->top++;
	else
		return CSID_NONE;
	c->sets[number] = (struct set){ .next = *bucket };
	memcpy(&c->sets[number].name, name, sizeof(*name));
	*bucket = number;
	return number;
}

uint16_t
csid_take(struct csids *c, const struct csid_name *name)
{
	uint16_t number = find(c, name);

	if (number == CSID_NONE)
		number = add(c, name);
	if (number != CSID_NONE)
		c->sets[number].n_sessions++;
	return number;
}

// Nobody finds it by its name any more.
static void
forget(struct csids *c, uint16_t number)
{
	uint16_t *link = bucket_of(c, &c->sets[number].name);

	while (*link != number)
		link = &c->sets[*link].next;
	*link = c->sets[number].next;
}

void
csid_give(struct csids *c, uint16_t number)
{
	struct set *set = &c->sets[number];

	if (number == CSID_NONE || --set->n_sessions > 0)
		return;
	if (!set->has_failed)
		forget(c, number);
	set->next = c->free;
	c->free = number;
}

unsigned int
csid_fail(struct csids *c, const void *scope, const struct gtpc_fq_csid *fq)
{
	struct csid_name name = csid_first(scope, fq);
	unsigned int n = 0;

	for (unsigned int i = 0; i < fq->n_csids; i++) {
		uint16_t number;

		name.csid = fq->csids[i];
		number = find(c, &name);
		if (number == CSID_NONE)
			continue;
		forget(c, number);
		c->sets[number].has_failed = true;
		n++;
	}
	return n;
}

bool
csid_has_failed(const struct csids *c, uint16_t number)
{
	return number != CSID_NONE && c->sets[number].has_failed;
}

const struct csid_name *
csid_name_of(const struct csids *c, uint16_t number)
{
	return number != CSID_NONE ? &c->sets[number].name : NULL;
}
