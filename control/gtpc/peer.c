// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/peer.h"

#include "control/gtpc/siphash.h"
#include "control/gtpc/timer_heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct entry {
	struct peer peer; // first: a peer's pointer is its entry's
	bool is_used;
	uint32_t chain;        // next in the bucket, or in the free list
	uint32_t older, newer; // among those without sessions
};

struct peers {
	struct peers_config config;
	struct entry *entries;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t free;
	uint32_t n;
	uint32_t oldest, newest; // without sessions, by when they were last heard
	struct timer_heap echoes;
};

struct peers *
peers_new(const struct peers_config *config)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->config = *config;
	p->oldest = p->newest = NONE;
	p->mask = 1;
	while (p->mask < config->peers_max && p->mask < 1u << 30)
		p->mask = p->mask << 1 | 1;
	if (config->peers_max < 2 || timer_heap_init(&p->echoes, config->peers_max))
		goto fail;
	p->entries = calloc(config->peers_max, sizeof(*p->entries));
	p->buckets = malloc(((size_t)p->mask + 1) * sizeof(*p->buckets));
	if (p->entries == NULL || p->buckets == NULL)
		goto fail;
	for (uint32_t i = 0; i <= p->mask; i++)
		p->buckets[i] = NONE;
	for (uint32_t i = 0; i < config->peers_max; i++)
		p->entries[i].chain = i + 1 < config->peers_max ? i + 1 : NONE;
	return p;
fail:
	peers_free(p);
	return NULL;
}

void
peers_free(struct peers *p)
{
	if (p == NULL)
		return;
	timer_heap_free(&p->echoes);
	free(p->buckets);
	free(p->entries);
	free(p);
}

static void
count(struct peers *p, enum gtpc_counter counter)
{
	p->config.counters->n[counter]++;
}

static uint32_t
index_of(const struct peers *p, const struct peer *peer)
{
	return (uint32_t)((const struct entry *)peer - p->entries);
}

static uint32_t
bucket_of(const struct peers *p, const struct gtpc_addr *addr)
{
	return (uint32_t)siphash(p->config.hash_key, addr, sizeof(*addr)) & p->mask;
}

struct peer *
peer_find(const struct peers *p, const struct gtpc_addr *addr)
{
	uint32_t at = p->buckets[bucket_of(p, addr)];

	while (at != NONE && !gtpc_addr_equal(&p->entries[at].peer.addr, addr))
		at = p->entries[at].chain;
	return at != NONE ? &p->entries[at].peer : NULL;
}

static void
idle_append(struct peers *p, uint32_t index)
{
	struct entry *e = &p->entries[index];

	e->older = p->newest;
	e->newer = NONE;
	if (p->newest != NONE)
		p->entries[p->newest].newer = index;
	else
		p->oldest = index;
	p->newest = index;
}

static void
idle_remove(struct peers *p, uint32_t index)
{
	const struct entry *e = &p->entries[index];

	if (e->older != NONE)
		p->entries[e->older].newer = e->newer;
	else
		p->oldest = e->newer;
	if (e->newer != NONE)
		p->entries[e->newer].older = e->older;
	else
		p->newest = e->older;
}

// The first n bits of both are the same.
static bool
same_prefix(const struct gtpc_addr *a, const struct gtpc_addr *b, unsigned int bits)
{
	unsigned int whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	if (a->family != b->family || bits > 8 * gtpc_addr_size(a))
		return false;
	if (memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return mask == 0 || ((a->bytes[whole] ^ b->bytes[whole]) & mask) == 0;
}

static const struct peer_rule *
find_rule(const struct peers *p, const struct gtpc_addr *addr)
{
	for (uint32_t i = 0; i < p->config.n_rules; i++) {
		const struct peer_rule *rule = &p->config.rules[i];

		if (same_prefix(&rule->prefix, addr, rule->prefix_bits))
			return rule;
	}
	return NULL;
}

static void
evict(struct peers *p, uint32_t index)
{
	struct entry *e = &p->entries[index];
	uint32_t *link = &p->buckets[bucket_of(p, &e->peer.addr)];

	if (p->config.evicted != NULL)
		p->config.evicted(p->config.user, &e->peer);
	while (*link != index)
		link = &p->entries[*link].chain;
	*link = e->chain;
	idle_remove(p, index);
	e->is_used = false;
	e->chain = p->free;
	p->free = index;
	p->n--;
}

static struct peer *
add(struct peers *p, const struct gtpc_addr *addr, const struct peer_rule *rule, uint64_t now_ms)
{
	uint32_t bucket = bucket_of(p, addr);
	struct entry *e;
	uint32_t index;

	if (p->free == NONE && p->oldest != NONE)
		evict(p, p->oldest);
	index = p->free;
	if (index == NONE) {
		count(p, GTPC_COUNT_PEER_TABLE_FULL);
		return NULL;
	}
	e = &p->entries[index];
	p->free = e->chain;
	*e = (struct entry){
		.peer = {
			.addr = *addr,
			.rule = rule,
			.last_heard_ms = now_ms,
			.transactions = XACT_LIST_EMPTY,
		},
		.is_used = true,
		.chain = p->buckets[bucket],
	};
	p->buckets[bucket] = index;
	p->n++;
	idle_append(p, index);
	return &e->peer;
}

struct peer *
peer_get(struct peers *p, const struct gtpc_addr *addr, uint64_t now_ms, int *why)
{
	struct peer *peer = peer_find(p, addr);
	const struct peer_rule *rule;

	*why = 0;
	if (peer == NULL) {
		rule = find_rule(p, addr);
		if (rule == NULL || !rule->is_allowed) {
			*why = -EACCES;
			return NULL;
		}
		peer = add(p, addr, rule, now_ms);
		if (peer == NULL) {
			*why = -ENOSPC;
			return NULL;
		}
		peer->is_allowed = true;
	}
	if (!peer->is_allowed) {
		*why = -EACCES;
		return NULL;
	}
	return peer;
}

struct peer *
peer_get_named(
	struct peers *p, const struct gtpc_addr *addr, const struct peer *by, uint64_t now_ms)
{
	const struct peer_rule *rule = find_rule(p, addr);
	bool is_allowed = rule != NULL && rule->is_allowed;
	struct peer *peer = peer_find(p, addr);

	if (peer != NULL)
		return peer;
	peer = add(p, addr, is_allowed ? rule : by->rule, now_ms);
	if (peer != NULL)
		peer->is_allowed = is_allowed;
	return peer;
}

void
peer_heard(struct peers *p, struct peer *peer, uint64_t now_ms)
{
	uint32_t index = index_of(p, peer);

	peer->last_heard_ms = now_ms;
	if (peer->n_sessions == 0 && p->newest != index) {
		idle_remove(p, index);
		idle_append(p, index);
	}
	if (!peer->is_path_down)
		return;
	peer->is_path_down = false;
	count(p, GTPC_COUNT_PATH_UP);
	if (p->config.path_up != NULL)
		p->config.path_up(p->config.user, peer);
}

// TS 23.007 18: greater, with the wrap from 255 to 0, is a restart; smaller is a late packet. A peer
// that sends our own value back hasn't restarted, unless it is just the next one of its own.
static enum peer_recovery
judge_recovery(const struct peers *p, const struct peer *peer, uint8_t value)
{
	uint8_t step = (uint8_t)(value - peer->recovery);

	if (!peer->has_recovery)
		return PEER_RECOVERY_FIRST;
	if (step == 0)
		return PEER_RECOVERY_SAME;
	if (value == p->config.restart_counter && (peer->reflects || step != 1))
		return PEER_RECOVERY_REFLECTED;
	if (step < 128 || peer->rule->any_change_is_restart)
		return PEER_RECOVERY_RESTARTED;
	return PEER_RECOVERY_LATE;
}

enum peer_recovery
peer_recovery_seen(struct peers *p, struct peer *peer, uint8_t value)
{
	enum peer_recovery verdict = judge_recovery(p, peer, value);
	uint8_t before = peer->recovery;

	switch (verdict) {
	case PEER_RECOVERY_FIRST:
	case PEER_RECOVERY_RESTARTED:
		peer->has_recovery = true;
		peer->recovery = value;
		peer->reflects = value == p->config.restart_counter;
		break;
	case PEER_RECOVERY_REFLECTED:
		peer->reflects = true;
		count(p, GTPC_COUNT_RECOVERY_REFLECTED);
		break;
	case PEER_RECOVERY_LATE:
		count(p, GTPC_COUNT_RECOVERY_LATE);
		break;
	case PEER_RECOVERY_SAME:
		break;
	}
	if (verdict != PEER_RECOVERY_RESTARTED)
		return verdict;
	count(p, GTPC_COUNT_PEER_RESTARTED);
	peer->knows_recovery = false;
	if (p->config.restarted != NULL)
		p->config.restarted(p->config.user, peer, before, value);
	return verdict;
}

void
peer_session_add(struct peers *p, struct peer *peer, uint64_t now_ms)
{
	uint32_t index = index_of(p, peer);

	if (peer->n_sessions++ > 0)
		return;
	idle_remove(p, index);
	if (peer->rule->echo_ms > 0)
		timer_heap_set(&p->echoes, index, now_ms + peer->rule->echo_ms);
}

void
peer_session_remove(struct peers *p, struct peer *peer)
{
	uint32_t index = index_of(p, peer);

	if (peer->n_sessions == 0 || --peer->n_sessions > 0)
		return;
	timer_heap_clear(&p->echoes, index);
	idle_append(p, index);
}

void
peer_echo_done(struct peers *p, struct peer *peer, int result, uint64_t now_ms)
{
	if (result == 0) {
		peer_heard(p, peer, now_ms);
		return;
	}
	if (peer->is_path_down || peer->n_sessions == 0)
		return;
	peer->is_path_down = true;
	count(p, GTPC_COUNT_PATH_DOWN);
	if (p->config.path_down != NULL)
		p->config.path_down(p->config.user, peer);
}

void
peers_set_restart_counter(struct peers *p, uint8_t value)
{
	p->config.restart_counter = value;
	for (uint32_t i = 0; i < p->config.peers_max; i++)
		p->entries[i].peer.knows_recovery = false;
}

uint8_t
peers_restart_counter(const struct peers *p)
{
	return p->config.restart_counter;
}

int
peer_restore(struct peers *p, const struct peer_record *record, uint64_t now_ms)
{
	struct peer *peer = peer_find(p, &record->addr);
	const struct peer_rule *rule = find_rule(p, &record->addr);

	if (rule == NULL)
		return -EACCES;
	if (peer == NULL)
		peer = add(p, &record->addr, rule, now_ms);
	if (peer == NULL)
		return -ENOSPC;
	peer->is_allowed = rule->is_allowed;
	peer->has_recovery = true;
	peer->recovery = record->recovery;
	peer->reflects = record->reflects;
	return 0;
}

uint64_t
peers_next_deadline(const struct peers *p)
{
	return timer_heap_next(&p->echoes);
}

void
peers_run(struct peers *p, uint64_t now_ms)
{
	uint32_t index;

	while (timer_heap_due(&p->echoes, now_ms, &index)) {
		struct peer *peer = &p->entries[index].peer;

		timer_heap_set(&p->echoes, index, now_ms + peer->rule->echo_ms);
		count(p, GTPC_COUNT_ECHO_SENT);
		if (p->config.send_echo != NULL)
			p->config.send_echo(p->config.user, peer, now_ms);
	}
}

struct peer *
peer_at(const struct peers *p, uint32_t n)
{
	return p->entries[n].is_used ? &p->entries[n].peer : NULL;
}

uint32_t
peers_count(const struct peers *p)
{
	return p->n;
}
