// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/session_table.h"

#include "dataplane/gtpu_path.h"
#include "dataplane/token_bucket.h"
#include "dataplane/worker.h"

#include <errno.h>

uint32_t
session_table_entries(uint32_t sessions_max, uint32_t n_workers)
{
	uint64_t share = n_workers == 1 ? sessions_max : sessions_max * 3ULL / 2 / n_workers;

	share += share / 4 + 64;
	return (uint32_t)share;
}

int
session_tables_new(struct session_tables *t, uint32_t entries, int socket)
{
	if (key_table_new(&t->by_teid, entries, socket) == 0 &&
		key_table_new(&t->by_addr, entries, socket) == 0)
		return 0;
	session_tables_free(t);
	return -ENOMEM;
}

void
session_tables_free(struct session_tables *t)
{
	key_table_free(&t->by_teid);
	key_table_free(&t->by_addr);
}

static void
tables_remove(struct worker *w, const struct session *s)
{
	if (key_table_del(&w->tables.by_teid, s->teid))
		w->shm->teids--;
	if (s->ue_ipv4 && key_table_del(&w->tables.by_addr, dl_key(s->vrf, s->ue_ipv4)))
		w->shm->addresses--;
}

static int
tables_add(struct worker *w, const struct session *s, uint32_t slot)
{
	uint32_t value = slot << BEARER_BITS | s->ebi;

	if (key_table_put(&w->tables.by_teid, s->teid, value))
		return -ENOSPC;
	if (s->ue_ipv4 && key_table_put(&w->tables.by_addr, dl_key(s->vrf, s->ue_ipv4), value)) {
		key_table_del(&w->tables.by_teid, s->teid);
		return -ENOSPC;
	}
	w->shm->teids++;
	w->shm->addresses += s->ue_ipv4 != 0;
	return 0;
}

static void
session_remove(struct worker *w, struct session *s)
{
	tables_remove(w, s);
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
	static const uint8_t no_prefix[8];
	static const uint8_t no_ipv4[4];
	const struct session *s = &w->sessions[want->slot];

	if (want->vrf >= w->in->shm->n_vrfs || want->teid == 0 || want->peer_teid == 0 ||
		want->ebi < 5 || want->ebi > 15 || want->dscp > 63)
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

// Makes room for a key: a session that control hasn't claimed since it attached gives way.
static int
evict_unclaimed(struct worker *w, uint32_t value, const struct session *except)
{
	struct session *s = &w->sessions[value >> BEARER_BITS];

	if (value == 0 || s == except)
		return 0;
	if (s->claim == w->attach)
		return -EEXIST;
	session_remove(w, s);
	return 0;
}

static int
keys_free_up(struct worker *w, const struct session *next, const struct session *old)
{
	uint64_t addr = dl_key(next->vrf, next->ue_ipv4);
	int rc = evict_unclaimed(
		w, key_table_find(&w->tables.by_teid, next->teid, key_hash(next->teid)), old);

	if (rc == 0 && next->ue_ipv4)
		rc = evict_unclaimed(
			w, key_table_find(&w->tables.by_addr, addr, key_hash(addr)), old);
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
	if (want->flags & DP_SESSION_UL_CLOSED)
		s->flags |= SESSION_UL_CLOSED;
	if (want->flags & DP_SESSION_DL_CLOSED)
		s->flags |= SESSION_DL_CLOSED;
	if (want->flags & DP_SESSION_TRACE)
		s->flags |= SESSION_TRACE;
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
		gtpu_path_end_marker(w, &w->peers.peer[old.peer], old.peer_teid);
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
session_put(struct worker *w, const struct dp_session *want)
{
	struct session *s, next;
	struct dp_slot_usage *u;
	int64_t peer;
	int rc;

	if (want->slot >= w->in->shm->sessions_max)
		return -EINVAL;
	rc = put_check(w, want);
	if (rc)
		return rc;
	s = &w->sessions[want->slot];
	session_fill(w, &next, want);
	peer = tunnel_peer_take(w, &want->local, &want->peer);
	if (peer < 0)
		return (int)peer;
	next.peer = (uint32_t)peer;
	if (same_session(s, &next)) {
		session_update(w, s, &next, want->flags);
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
		gtpu_path_end_marker(w, &w->peers.peer[s->peer], s->peer_teid);
	session_remove(w, s);
	return 0;
}

#define SWEEP_STEP 256

bool
session_sweep_step(struct worker *w)
{
	for (unsigned int i = 0; i < SWEEP_STEP; i++) {
		uint32_t value = key_table_next(&w->tables.by_teid, &w->sweep.at);
		struct session *s = &w->sessions[value >> BEARER_BITS];

		if (value == 0) {
			// A put may have moved an entry to where the sweep had been already.
			w->sweep.at = 0;
			return w->shm->sessions == w->n_claimed;
		}
		if (s->claim == w->attach)
			continue;
		session_remove(w, s);
		w->sweep.n_deleted++;
	}
	return false;
}
