// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/session.h"

#include "control/session/csid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define SGW_BUCKETS 1024
#define APNS_MAX 1024 // as many as a configuration can have

struct session_table {
	struct session *sessions; // pages are touched as slots are used
	uint32_t slots, limit;
	uint32_t top; // slots from here on were never used
	uint32_t first_free;
	uint32_t next_generation;
	uint32_t mask; // of the buckets of an index
	uint32_t *bucket[SESSION_INDEXES];
	struct session_counts counts;
	uint32_t apn_count[APNS_MAX];
	struct peers *peers;
	struct csids *csids;
	struct sgw **sgws; // SGW_BUCKETS chains
};

// ---- Memory: large and mostly untouched.

static void *
reserve(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void
release(void *at, size_t bytes)
{
	if (at)
		munmap(at, bytes);
}

static uint32_t
buckets_for(uint32_t slots)
{
	uint32_t n = 1024;

	while (n < slots)
		n *= 2;
	return n;
}

struct session_table *
session_table_new(uint32_t slots, struct peers *peers)
{
	struct session_table *t = calloc(1, sizeof(*t));
	bool is_complete;

	if (!t)
		return NULL;
	t->peers = peers;
	t->slots = t->limit = slots;
	t->first_free = SESSION_NONE;
	t->mask = buckets_for(slots) - 1;
	t->sgws = calloc(SGW_BUCKETS, sizeof(struct sgw *));
	t->sessions = reserve(slots * sizeof(struct session));
	t->csids = csids_new();
	is_complete = t->sgws && t->sessions && t->csids;
	for (int i = 0; i < SESSION_INDEXES; i++) {
		// a bucket holds a slot + 1, so that zero pages are empty buckets
		t->bucket[i] = reserve(((size_t)t->mask + 1) * sizeof(uint32_t));
		is_complete = is_complete && t->bucket[i];
	}
	// Another start than last time: an old session in the dataplane isn't taken for a new one.
	if (is_complete &&
		getrandom(&t->next_generation, sizeof(t->next_generation), 0) ==
			(ssize_t)sizeof(t->next_generation))
		return t;
	session_table_free(t);
	return NULL;
}

void
session_table_free(struct session_table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; t->sgws && i < SGW_BUCKETS; i++)
		while (t->sgws[i]) {
			struct sgw *sgw = t->sgws[i];

			t->sgws[i] = sgw->next;
			free(sgw);
		}
	free(t->sgws);
	csids_free(t->csids);
	release(t->sessions, t->slots * sizeof(struct session));
	for (int i = 0; i < SESSION_INDEXES; i++)
		release(t->bucket[i], ((size_t)t->mask + 1) * sizeof(uint32_t));
	free(t);
}

void
session_table_limit(struct session_table *t, uint32_t slots)
{
	t->limit = slots < t->slots ? slots : t->slots;
}

struct csids *
session_csids(const struct session_table *t)
{
	return t->csids;
}

uint32_t
session_table_limit_now(const struct session_table *t)
{
	return t->limit;
}

// ---- Slots.

static uint32_t *
count_of(struct session_table *t, uint8_t state)
{
	switch (state) {
	case SESSION_CREATING:
		return &t->counts.creating;
	case SESSION_ACTIVE:
		return &t->counts.active;
	case SESSION_CLOSING:
		return &t->counts.closing;
	default:
		return NULL;
	}
}

void
session_set_state(struct session_table *t, struct session *s, enum session_state state)
{
	uint32_t *before = count_of(t, s->state), *now = count_of(t, state);

	if (before)
		--*before;
	if (now)
		++*now;
	s->state = (uint8_t)state;
}

static struct session *
begin(struct session_table *t, uint32_t slot, uint32_t generation)
{
	struct session *s = &t->sessions[slot];
	uint16_t kept = s->flags & (SESSION_DIRTY | SESSION_STORED); // of the slot, not the session

	memset(s, 0, sizeof(*s));
	s->slot = slot;
	s->generation = generation;
	s->flags = kept;
	s->sgw_prev = s->sgw_next = s->queue_next = SESSION_NONE;
	session_set_state(t, s, SESSION_CREATING);
	return s;
}

struct session *
session_take(struct session_table *t)
{
	uint32_t slot = t->first_free;

	if (slot != SESSION_NONE && slot < t->limit)
		t->first_free = t->sessions[slot].queue_next;
	else if (t->top < t->limit)
		slot = t->top++;
	else
		return NULL;
	return begin(t, slot, t->next_generation++);
}

// Makes a slot that was never used a used one; the gap below it becomes free slots.
static void
raise_top(struct session_table *t, uint32_t slot)
{
	for (; t->top < slot; t->top++) {
		t->sessions[t->top].queue_next = t->first_free;
		t->first_free = t->top;
	}
	t->top = slot + 1;
}

static void
unlink_free(struct session_table *t, uint32_t slot)
{
	uint32_t *link = &t->first_free;

	while (*link != SESSION_NONE && *link != slot)
		link = &t->sessions[*link].queue_next;
	if (*link == slot)
		*link = t->sessions[slot].queue_next;
}

struct session *
session_take_at(struct session_table *t, uint32_t slot, uint32_t generation)
{
	if (slot >= t->slots)
		return NULL;
	if (slot >= t->top)
		raise_top(t, slot);
	else if (t->sessions[slot].state == SESSION_FREE)
		unlink_free(t, slot);
	else
		return NULL;
	return begin(t, slot, generation);
}

void
session_give(struct session_table *t, struct session *s)
{
	for (int i = 0; i < SESSION_CSIDS; i++)
		csid_give(t->csids, s->csid[i]);
	session_set_state(t, s, SESSION_FREE);
	s->queue_next = t->first_free;
	t->first_free = s->slot;
}

struct session *
session_at(const struct session_table *t, uint32_t slot)
{
	if (slot >= t->top || t->sessions[slot].state == SESSION_FREE)
		return NULL;
	return &t->sessions[slot];
}

struct session *
session_slot(const struct session_table *t, uint32_t slot)
{
	return &t->sessions[slot];
}

struct session *
session_of(const struct session_table *t, uint32_t slot, uint32_t generation)
{
	struct session *s = session_at(t, slot);

	return s && s->generation == generation ? s : NULL;
}

uint32_t
session_table_top(const struct session_table *t)
{
	return t->top;
}

uint32_t
session_table_apn_count(const struct session_table *t, uint16_t apn)
{
	return t->apn_count[apn];
}

void
session_table_count(const struct session_table *t, struct session_counts *counts)
{
	*counts = t->counts;
}

// ---- Indexes: chains of slots.

static uint64_t
mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static uint64_t
hash_bytes(const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	uint64_t hash = n, word;

	for (; n >= 8; at += 8, n -= 8) {
		memcpy(&word, at, 8);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, n);
	return mix(hash, word);
}

static uint64_t
hash_teid(uint32_t teid)
{
	return mix(1, teid);
}

static uint64_t
hash_imsi(const char *imsi)
{
	return hash_bytes(imsi, strnlen(imsi, 16));
}

static uint64_t
hash_address(uint16_t vrf, const uint8_t *bytes, size_t n)
{
	return mix(vrf, hash_bytes(bytes, n));
}

static uint64_t
hash_tunnel(const struct gtpc_addr *peer, uint32_t peer_teid)
{
	return mix(hash_bytes(peer, sizeof(*peer)), peer_teid);
}

static uint32_t *
bucket_of(const struct session_table *t, enum session_index i, uint64_t hash)
{
	return &t->bucket[i][(hash ^ hash >> 32) & t->mask];
}

static uint32_t *
bucket_for(const struct session_table *t, enum session_index i, const struct session *s)
{
	switch (i) {
	case SESSION_BY_TEID:
		return bucket_of(t, i, hash_teid(s->teid));
	case SESSION_BY_SUBSCRIBER:
		return bucket_of(t, i, hash_imsi(s->imsi));
	case SESSION_BY_ADDRESS:
		return bucket_of(t, i, hash_address(s->vrf, s->ue_ipv4, sizeof(s->ue_ipv4)));
	case SESSION_BY_PREFIX:
		return bucket_of(
			t, i, hash_address(s->vrf, s->ue_ipv6_prefix, sizeof(s->ue_ipv6_prefix)));
	default:
		return bucket_of(t, i, hash_tunnel(&s->bearer.peer, s->bearer.peer_teid));
	}
}

struct session_sgw
session_sgw(const struct session *s)
{
	return (struct session_sgw){ .addr = s->sgw_addr, .teid = s->sgw_teid };
}

bool
session_has_moved(const struct session *s, const struct session_sgw *since)
{
	return s->sgw_teid != since->teid || !gtpc_addr_equal(&s->sgw_addr, &since->addr);
}

bool
session_has_ipv4(const struct session *s)
{
	static const uint8_t none[4];

	return memcmp(s->ue_ipv4, none, sizeof(none)) != 0;
}

bool
session_has_ipv6(const struct session *s)
{
	static const uint8_t none[8];

	return memcmp(s->ue_ipv6_prefix, none, sizeof(none)) != 0;
}

uint8_t
session_shard(const struct session *s)
{
	return session_has_ipv4(s) ? dp_shard_of(s->ue_ipv4, 4) : dp_shard_of(s->ue_ipv6_prefix, 8);
}

static bool
has_key(enum session_index i, const struct session *s)
{
	return i == SESSION_BY_ADDRESS   ? session_has_ipv4(s)
		: i == SESSION_BY_PREFIX ? session_has_ipv6(s)
					 : true;
}

static void
add(struct session_table *t, enum session_index i, struct session *s)
{
	uint32_t *bucket = bucket_for(t, i, s);

	s->next[i] = *bucket;
	*bucket = s->slot + 1;
}

static void
take_out(struct session_table *t, enum session_index i, struct session *s)
{
	uint32_t *link = bucket_for(t, i, s);

	while (*link && *link != s->slot + 1)
		link = &t->sessions[*link - 1].next[i];
	if (*link)
		*link = s->next[i];
}

void
session_index_add(struct session_table *t, struct session *s)
{
	for (int i = 0; i < SESSION_INDEXES; i++)
		if (has_key((enum session_index)i, s))
			add(t, (enum session_index)i, s);
	t->apn_count[s->apn]++;
}

void
session_index_remove(struct session_table *t, struct session *s)
{
	take_out(t, SESSION_BY_TEID, s);
	take_out(t, SESSION_BY_SUBSCRIBER, s);
	take_out(t, SESSION_BY_TUNNEL, s);
	t->apn_count[s->apn]--;
}

void
session_index_remove_address(struct session_table *t, struct session *s, uint8_t family)
{
	take_out(t, family == 4 ? SESSION_BY_ADDRESS : SESSION_BY_PREFIX, s);
}

void
session_index_move(struct session_table *t, struct session *s, const struct gtpc_addr *peer,
	uint32_t peer_teid)
{
	take_out(t, SESSION_BY_TUNNEL, s);
	s->bearer.peer = *peer;
	s->bearer.peer_teid = peer_teid;
	add(t, SESSION_BY_TUNNEL, s);
}

// The session in a chain's link, and the link after it.
static struct session *
follow(const struct session_table *t, uint32_t link)
{
	return link ? &t->sessions[link - 1] : NULL;
}

struct session *
session_find_teid(const struct session_table *t, uint32_t teid)
{
	struct session *s = follow(t, *bucket_of(t, SESSION_BY_TEID, hash_teid(teid)));

	while (s && s->teid != teid)
		s = follow(t, s->next[SESSION_BY_TEID]);
	return s;
}

struct session *
session_find_imsi(const struct session_table *t, const char *imsi, const struct session *after)
{
	struct session *s = after
		? follow(t, after->next[SESSION_BY_SUBSCRIBER])
		: follow(t, *bucket_of(t, SESSION_BY_SUBSCRIBER, hash_imsi(imsi)));

	while (s && strncmp(s->imsi, imsi, sizeof(s->imsi)) != 0)
		s = follow(t, s->next[SESSION_BY_SUBSCRIBER]);
	return s;
}

struct session *
session_find_ebi(const struct session_table *t, const char *imsi, uint8_t ebi)
{
	struct session *s = session_find_imsi(t, imsi, NULL);

	while (s && s->bearer.ebi != ebi)
		s = session_find_imsi(t, imsi, s);
	return s;
}

struct session *
session_find_address(
	const struct session_table *t, uint16_t vrf, uint8_t family, const uint8_t *bytes)
{
	enum session_index index = family == 4 ? SESSION_BY_ADDRESS : SESSION_BY_PREFIX;
	size_t n = family == 4 ? 4 : 8;
	struct session *s = follow(t, *bucket_of(t, index, hash_address(vrf, bytes, n)));
	struct session *closing = NULL;

	for (; s; s = follow(t, s->next[index])) {
		const uint8_t *own = family == 4 ? s->ue_ipv4 : s->ue_ipv6_prefix;

		if (s->vrf != vrf || memcmp(own, bytes, n) != 0)
			continue;
		if (s->state != SESSION_CLOSING)
			return s;
		closing = s;
	}
	return closing;
}

struct session *
session_find_tunnel(const struct session_table *t, const struct gtpc_addr *peer, uint32_t peer_teid)
{
	struct session *s =
		follow(t, *bucket_of(t, SESSION_BY_TUNNEL, hash_tunnel(peer, peer_teid)));

	while (s && (s->bearer.peer_teid != peer_teid || !gtpc_addr_equal(&s->bearer.peer, peer)))
		s = follow(t, s->next[SESSION_BY_TUNNEL]);
	return s;
}

// ---- SGWs.

static struct sgw **
sgw_bucket(const struct session_table *t, const struct gtpc_addr *addr)
{
	return &t->sgws[hash_bytes(addr, sizeof(*addr)) % SGW_BUCKETS];
}

struct sgw *
sgw_find(const struct session_table *t, const struct gtpc_addr *addr)
{
	struct sgw *sgw = *sgw_bucket(t, addr);

	while (sgw && !gtpc_addr_equal(&sgw->addr, addr))
		sgw = sgw->next;
	return sgw;
}

static struct sgw *
sgw_new(struct session_table *t, struct peer *peer)
{
	struct sgw *sgw = calloc(1, sizeof(*sgw));
	struct sgw **bucket = sgw_bucket(t, &peer->addr);

	if (!sgw)
		return NULL;
	sgw->addr = peer->addr;
	sgw->peer = peer;
	sgw->first = sgw->last = SESSION_NONE;
	sgw->next = *bucket;
	*bucket = sgw;
	t->counts.sgws++;
	return sgw;
}

static void
sgw_free(struct session_table *t, struct sgw *sgw)
{
	struct sgw **link = sgw_bucket(t, &sgw->addr);

	while (*link != sgw)
		link = &(*link)->next;
	*link = sgw->next;
	t->counts.sgws--;
	free(sgw);
}

int
sgw_join(struct session_table *t, struct session *s, struct peer *peer, uint64_t now_ms)
{
	struct sgw *sgw = sgw_find(t, &peer->addr);

	if (!sgw)
		sgw = sgw_new(t, peer);
	if (!sgw)
		return -ENOMEM;
	peer_session_add(t->peers, peer, now_ms); // first, so that the peer outlives the move
	sgw->n_sessions++;
	if (s->sgw)
		sgw_leave(t, s);
	s->sgw = sgw;
	s->sgw_epoch = sgw->epoch;
	s->sgw_prev = sgw->last;
	s->sgw_next = SESSION_NONE;
	if (sgw->last == SESSION_NONE)
		sgw->first = s->slot;
	else
		t->sessions[sgw->last].sgw_next = s->slot;
	sgw->last = s->slot;
	return 0;
}

void
sgw_leave(struct session_table *t, struct session *s)
{
	struct sgw *sgw = s->sgw;

	if (!sgw)
		return;
	if (s->sgw_prev == SESSION_NONE)
		sgw->first = s->sgw_next;
	else
		t->sessions[s->sgw_prev].sgw_next = s->sgw_next;
	if (s->sgw_next == SESSION_NONE)
		sgw->last = s->sgw_prev;
	else
		t->sessions[s->sgw_next].sgw_prev = s->sgw_prev;
	s->sgw = NULL;
	s->sgw_prev = s->sgw_next = SESSION_NONE;
	peer_session_remove(t->peers, sgw->peer);
	if (--sgw->n_sessions == 0)
		sgw_free(t, sgw);
}

struct sgw *
sgw_next(const struct session_table *t, const struct sgw *after)
{
	struct sgw **bucket = after ? sgw_bucket(t, &after->addr) + 1 : t->sgws;

	if (after && after->next)
		return after->next;
	for (; bucket < t->sgws + SGW_BUCKETS; bucket++)
		if (*bucket)
			return *bucket;
	return NULL;
}
