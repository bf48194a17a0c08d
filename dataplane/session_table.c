// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/session_table.h"

#include "dataplane/advert.h"
#include "dataplane/bearers.h"
#include "dataplane/gtpu_path.h"
#include "dataplane/token_bucket.h"
#include "dataplane/worker.h"

#include <errno.h>

static const uint8_t no_prefix[8];

uint32_t
session_table_entries(uint32_t sessions_max, uint32_t n_workers)
{
	uint64_t share = n_workers == 1 ? sessions_max : sessions_max * 3ULL / 2 / n_workers;

	share += share / 4 + 64;
	return (uint32_t)share;
}

int
session_tables_new(struct session_tables *t, uint32_t entries, uint32_t bearers, int socket)
{
	if (key_table_new(&t->by_teid, entries + bearers, socket) == 0 &&
		key_table_new(&t->by_addr, entries, socket) == 0 &&
		key_table_new(&t->by_prefix, entries, socket) == 0)
		return 0;
	session_tables_free(t);
	return -ENOMEM;
}

void
session_tables_free(struct session_tables *t)
{
	key_table_free(&t->by_teid);
	key_table_free(&t->by_addr);
	key_table_free(&t->by_prefix);
}

// A table that sessions are in, under at most one key each.
struct keyed {
	struct key_table *table;
	uint64_t key;
	uint32_t *count; // of entries
};

#define KEYS_MAX 3

// The keys that a session is found by. Returns how many.
static unsigned int
keys_of(struct worker *w, const struct session *s, struct keyed key[KEYS_MAX])
{
	unsigned int n = 0;

	key[n++] = (struct keyed){ &w->tables.by_teid, s->teid, &w->shm->teids };
	if (s->ue_ipv4)
		key[n++] = (struct keyed){ &w->tables.by_addr, dl_key(s->vrf, s->ue_ipv4),
			&w->shm->addresses };
	if (s->flags & SESSION_HAS_IPV6)
		key[n++] = (struct keyed){ &w->tables.by_prefix,
			prefix_key(s->vrf, s->ue_ipv6_prefix), &w->shm->prefixes };
	return n;
}

static void
keys_remove(const struct keyed *key, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (key_table_del(key[i].table, key[i].key))
			--*key[i].count;
}

static int
tables_add(struct worker *w, const struct session *s, uint32_t slot)
{
	uint32_t value = slot << BEARER_BITS | s->ebi;
	struct keyed key[KEYS_MAX];
	unsigned int n = keys_of(w, s, key);

	for (unsigned int i = 0; i < n; i++) {
		if (key_table_put(key[i].table, key[i].key, value)) {
			keys_remove(key, i);
			return -ENOSPC;
		}
		++*key[i].count;
	}
	return 0;
}

static void
session_remove(struct worker *w, struct session *s)
{
	struct keyed key[KEYS_MAX];

	bearers_put(w, s, NULL, NULL);
	keys_remove(key, keys_of(w, s, key));
	advert_end(w, (uint32_t)(s - w->sessions));
	tunnel_peer_give(w, s->peer);
	w->n_claimed -= s->claim == w->attach;
	memset(s, 0, sizeof(*s));
	w->shm->sessions--;
}

static bool
is_mine(const struct worker *w, uint32_t teid)
{
	return w->in->shard_worker[teid & 0xff] == w->index;
}

static int
put_check(const struct worker *w, const struct dp_session *want)
{
	static const uint8_t no_ipv4[4];
	const struct session *s = &w->sessions[want->slot];

	if (want->vrf >= w->in->shm->n_vrfs || want->teid == 0 || want->peer_teid == 0 ||
		want->profile >= DP_PROFILES_MAX || want->ebi < 5 || want->ebi > 15 ||
		want->dscp > 63)
		return -EINVAL;
	if (memcmp(want->ue_ipv4, no_ipv4, 4) == 0 &&
		memcmp(want->ue_ipv6_prefix, no_prefix, 8) == 0)
		return -EINVAL;
	if (!is_mine(w, want->teid) || dp_session_shard(want) != (want->teid & 0xff))
		return -EXDEV;
	if (s->flags & SESSION_USED && !is_mine(w, s->teid))
		return -EEXIST; // the slot's former session, of another owner, is still there
	return 0;
}

static bool
alias_is_claimed(const struct worker *w, uint32_t value)
{
	return (uint16_t)value == (uint16_t)w->attach;
}

static void
alias_remove(struct worker *w, struct key_table *t, uint64_t key, uint32_t value)
{
	key_table_del(t, key);
	w->shm->aliases--;
	w->n_aliases_claimed -= alias_is_claimed(w, value);
}

// Makes room for a session's key: a session that control hasn't claimed since it attached gives way,
// and so does an alias, which was for an earlier holder of the address. `except` counts as not there.
static int
key_free_up(struct worker *w, const struct keyed *k, const struct session *except)
{
	uint32_t value = key_table_find(k->table, k->key, key_hash(k->key));
	struct session *s;

	if (value_is_alias(value)) {
		alias_remove(w, k->table, k->key, value);
		return 0;
	}
	s = bearers_session(w, &w->sessions[value >> BEARER_BITS]);
	if (value == 0 || s == except)
		return 0;
	if (s->claim == w->attach)
		return -EEXIST;
	session_remove(w, s);
	return 0;
}

int
session_evict_teid(struct worker *w, uint32_t teid)
{
	struct keyed key = { &w->tables.by_teid, teid, &w->shm->teids };

	return key_free_up(w, &key, NULL);
}

static int
keys_free_up(struct worker *w, const struct session *next, const struct session *old)
{
	struct keyed key[KEYS_MAX];
	unsigned int n = keys_of(w, next, key);
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < n; i++)
		rc = key_free_up(w, &key[i], old);
	return rc;
}

static void
session_fill(const struct worker *w, struct session *s, const struct dp_session *want)
{
	struct bucket_rate ul = bucket_rate_of(want->ul_bps, w->in->shm->tsc_hz);
	struct bucket_rate dl = bucket_rate_of(want->dl_bps, w->in->shm->tsc_hz);

	*s = (struct session){
		.ul_cost = ul.cost,
		.ul_depth = ul.depth,
		.dl_cost = dl.cost,
		.dl_depth = dl.depth,
		.peer_teid = rte_cpu_to_be_32(want->peer_teid),
		.vrf = want->vrf,
		.tos = (uint8_t)(want->dscp << 2),
		.mtu = want->mtu ? want->mtu : UINT16_MAX,
		.ebi = want->ebi,
		.qci = want->qci,
		.teid = want->teid,
		.generation = want->generation,
		.claim = w->attach,
		.flags = SESSION_USED,
	};
	memcpy(&s->ue_ipv4, want->ue_ipv4, 4);
	memcpy(s->ue_ipv6_prefix, want->ue_ipv6_prefix, 8);
	if (memcmp(want->ue_ipv6_prefix, no_prefix, 8) != 0)
		s->flags |= SESSION_HAS_IPV6;
	if (want->flags & DP_SESSION_UL_CLOSED)
		s->flags |= SESSION_UL_CLOSED;
	if (want->flags & DP_SESSION_DL_CLOSED)
		s->flags |= SESSION_DL_CLOSED;
	if (want->flags & DP_SESSION_TRACE)
		s->flags |= SESSION_TRACE;
	if (w->profiles[want->profile].mss_ipv4 || w->profiles[want->profile].mss_ipv6)
		s->flags |= SESSION_CLAMPS_MSS;
}

// The same session as before, perhaps with another tunnel, rate or gate.
static void
session_update(struct worker *w, struct session *s, const struct session *next, uint32_t flags)
{
	struct session old = *s;
	bool moved = old.peer != next->peer || old.peer_teid != next->peer_teid;

	w->n_claimed += old.claim != w->attach;
	*s = *next;
	if (moved && flags & DP_SESSION_END_MARKER)
		gtpu_path_end_marker(w, s, &w->peers.peer[old.peer], old.peer_teid);
	tunnel_peer_give(w, old.peer);
}

static bool
same_session(const struct session *a, const struct session *b)
{
	return a->flags & SESSION_USED && a->generation == b->generation && a->teid == b->teid &&
		a->ue_ipv4 == b->ue_ipv4 && a->vrf == b->vrf &&
		memcmp(a->ue_ipv6_prefix, b->ue_ipv6_prefix, 8) == 0;
}

int
session_put(struct worker *w, const struct dp_session *want, uint32_t *refused)
{
	const struct dp_bearers *bearers = NULL;
	struct dp_bearers read;
	struct session *s, next;
	struct dp_slot_usage *u;
	int64_t peer;
	int rc;

	if (want->slot >= w->in->shm->sessions_max)
		return -EINVAL;
	rc = put_check(w, want);
	if (rc == 0 && want->bearers) {
		rc = bearers_read(w, want, &read);
		bearers = &read;
	}
	if (rc)
		return rc;
	s = &w->sessions[want->slot];
	session_fill(w, &next, want);
	peer = tunnel_peer_take(w, &want->local, &want->peer);
	if (peer < 0)
		return (int)peer;
	next.peer = (uint32_t)peer;
	if (same_session(s, &next)) {
		w->extra[want->slot].profile = want->profile;
		session_update(w, s, &next, want->flags);
		*refused = bearers_put(w, s, &want->local, bearers);
		advert_begin(w, want->slot);
		return 0;
	}
	if (s->flags & SESSION_USED)
		session_remove(w, s);
	rc = keys_free_up(w, &next, s);
	if (rc == 0)
		rc = tables_add(w, &next, want->slot);
	if (rc) {
		tunnel_peer_give(w, next.peer);
		return rc;
	}
	*s = next;
	w->shm->sessions++;
	w->n_claimed++;
	u = &w->usage[want->slot];
	u->ul.generation = u->dl.generation = want->generation;
	u->ul.bucket = u->dl.bucket = 0;
	u->ul.next_hop_generation = 0;
	w->extra[want->slot] = (struct session_extra){ .profile = want->profile };
	*refused = bearers_put(w, s, &want->local, bearers);
	advert_begin(w, want->slot);
	return 0;
}

int
session_delete(struct worker *w, const struct dp_session_ref *ref)
{
	struct session *s;

	if (ref->slot >= w->in->shm->sessions_max)
		return -EINVAL;
	s = &w->sessions[ref->slot];
	if (!(s->flags & SESSION_USED) || s->generation != ref->generation || !is_mine(w, s->teid))
		return -ENOENT;
	if (ref->flags & DP_SESSION_END_MARKER)
		gtpu_path_end_marker(w, s, &w->peers.peer[s->peer], s->peer_teid);
	session_remove(w, s);
	return 0;
}

// ---- Aliases

// Where the alias belongs: table and key, and the value that it has there. 0 or -errno.
static int
alias_check(struct worker *w, const struct dp_alias *a, struct keyed *k, uint32_t *value)
{
	uint16_t owner = w->in->shard_worker[a->shard];
	uint8_t shard;

	if (a->vrf >= w->in->shm->n_vrfs || (a->family != 4 && a->family != 6))
		return -EINVAL;
	shard = dp_shard_of(a->bytes, a->family == 4 ? 4 : 8);
	if (w->in->shard_worker[shard] != w->index || owner == w->index)
		return -EXDEV;
	if (a->family == 4) {
		uint32_t ipv4;

		memcpy(&ipv4, a->bytes, sizeof(ipv4));
		*k = (struct keyed){ &w->tables.by_addr, dl_key(a->vrf, ipv4), NULL };
	} else {
		*k = (struct keyed){ &w->tables.by_prefix, prefix_key(a->vrf, a->bytes), NULL };
	}
	*value = ALIAS | (uint32_t)owner << ALIAS_OWNER_SHIFT | (uint16_t)w->attach;
	return 0;
}

int
alias_put(struct worker *w, const struct dp_alias *want)
{
	uint32_t value, before;
	struct keyed k;
	int rc = alias_check(w, want, &k, &value);

	if (rc)
		return rc;
	before = key_table_find(k.table, k.key, key_hash(k.key));
	if (value_is_alias(before))
		alias_remove(w, k.table, k.key, before);
	else
		rc = key_free_up(w, &k, NULL);
	if (rc == 0)
		rc = key_table_put(k.table, k.key, value);
	if (rc)
		return rc;
	w->shm->aliases++;
	w->n_aliases_claimed++;
	return 0;
}

int
alias_delete(struct worker *w, const struct dp_alias *alias)
{
	uint32_t value, now;
	struct keyed k;
	int rc = alias_check(w, alias, &k, &value);

	if (rc)
		return rc;
	now = key_table_find(k.table, k.key, key_hash(k.key));
	if (!value_is_alias(now) || alias_owner(now) != alias_owner(value))
		return -ENOENT;
	alias_remove(w, k.table, k.key, now);
	return 0;
}

// ---- Sweeping

#define SWEEP_STEP 256

// Removes the entry if nobody claims it. All sessions are in by_teid, aliases in the others.
static void
sweep_entry(struct worker *w, struct key_table *t, uint64_t key, uint32_t value)
{
	if (value_is_alias(value)) {
		if (alias_is_claimed(w, value))
			return;
		alias_remove(w, t, key, value);
	} else {
		struct session *s = bearers_session(w, &w->sessions[value >> BEARER_BITS]);

		if (s->claim == w->attach)
			return;
		session_remove(w, s);
	}
	w->sweep.n_deleted++;
}

bool
session_sweep_step(struct worker *w)
{
	struct key_table *tables[] = { &w->tables.by_teid, &w->tables.by_addr,
		&w->tables.by_prefix };

	for (unsigned int i = 0; i < SWEEP_STEP; i++) {
		struct key_table *t = tables[w->sweep.table];
		uint64_t key;
		uint32_t value = key_table_next(t, &w->sweep.at, &key);

		if (value) {
			sweep_entry(w, t, key, value);
			continue;
		}
		w->sweep.at = 0;
		w->sweep.table = (w->sweep.table + 1) % RTE_DIM(tables);
		// A put may have moved an entry to where the sweep had been already.
		if (w->sweep.table == 0)
			return w->shm->sessions == w->n_claimed &&
				w->shm->aliases == w->n_aliases_claimed;
	}
	return false;
}
