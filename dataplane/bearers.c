// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/bearers.h"

#include "dataplane/gtpu_path.h"
#include "dataplane/judge.h"
#include "dataplane/session_table.h"
#include "dataplane/worker.h"

#include <rte_malloc.h>

#include <errno.h>
#include <sys/mman.h>

#define BLOCK_NONE UINT32_MAX

static_assert(sizeof(struct session_bearers) % 64 == 0, "blocks lie side by side");

static size_t
pool_bytes(uint32_t n)
{
	return (size_t)n * sizeof(struct session_bearers);
}

int
bearer_pool_new(struct bearer_pool *p, uint32_t n, int socket)
{
	// Most of it is never touched: not out of the EAL's memory.
	p->block = mmap(NULL, pool_bytes(n), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p->block == MAP_FAILED)
		p->block = NULL;
	p->n = n;
	p->free = rte_malloc_socket("bearers", n * sizeof(*p->free), 64, socket);
	if (p->block == NULL || p->free == NULL) {
		bearer_pool_free(p);
		return -ENOMEM;
	}
	for (p->n_free = 0; p->n_free < n; p->n_free++)
		p->free[p->n_free] = n - 1 - p->n_free;
	return 0;
}

void
bearer_pool_free(struct bearer_pool *p)
{
	if (p->block)
		munmap(p->block, pool_bytes(p->n));
	rte_free(p->free);
	*p = (struct bearer_pool){ 0 };
}

// ---- What control wants.

static bool
is_sound(const struct dp_bearers *d)
{
	if (d->n_bearers > DP_DEDICATED_MAX || d->n_filters > DP_FILTERS_MAX)
		return false;
	for (unsigned int i = 0; i < d->n_filters; i++)
		if (d->filter[i].bearer >= d->n_bearers)
			return false;
	return filters_check(d->filter, d->n_filters);
}

int
bearers_read(const struct worker *w, const struct dp_session *want, struct dp_bearers *to)
{
	const struct dp_bearers *from;
	uint32_t seq;

	if (want->bearers > w->in->shm->bearers_max)
		return -EINVAL;
	from = &dp_shm_bearers(w->in->shm)[want->bearers - 1];
	seq = atomic_load_explicit(&from->seq, memory_order_acquire);
	memcpy(to, from, sizeof(*to));
	atomic_thread_fence(memory_order_acquire);
	if (seq & 1 || atomic_load_explicit(&from->seq, memory_order_relaxed) != seq)
		return -EAGAIN;
	if (to->slot != want->slot || to->generation != want->generation)
		return -EAGAIN; // given to another session meanwhile
	return is_sound(to) ? 0 : -EINVAL;
}

// ---- Lines.

static struct session_bearers *
block_of(const struct worker *w, const struct session *s)
{
	uint32_t block = w->extra[s - w->sessions].bearers;

	return block ? &w->bearers.block[block - 1] : NULL;
}

struct session *
bearers_session(const struct worker *w, const struct session *line)
{
	uint32_t index = (uint32_t)(line - w->sessions), max = w->in->shm->sessions_max;

	return &w->sessions[index < max ? index : w->extra[index].session];
}

static void
line_remove(struct worker *w, struct session *line)
{
	if (key_table_del(&w->tables.by_teid, line->teid))
		w->shm->teids--;
	tunnel_peer_give(w, line->peer);
	memset(line, 0, sizeof(*line));
	w->shm->bearers--;
}

static void
line_fill(const struct worker *w, struct session *line, const struct session *s,
	const struct dp_bearer *b)
{
	struct bucket_rate ul = bucket_rate_of(b->ul_bps, w->in->shm->tsc_hz);
	struct bucket_rate dl = bucket_rate_of(b->dl_bps, w->in->shm->tsc_hz);
	unsigned int flags = s->flags;

	*line = *s; // addresses, VRF, MTU
	line->ul_cost = ul.cost;
	line->ul_depth = ul.depth;
	line->dl_cost = dl.cost;
	line->dl_depth = dl.depth;
	line->peer_teid = rte_cpu_to_be_32(b->peer_teid);
	line->tos = (uint8_t)(b->dscp << 2);
	line->ebi = b->ebi;
	line->qci = b->qci;
	line->teid = b->teid;
	line->generation = b->generation;
	flags &= ~(unsigned int)(SESSION_UL_CLOSED | SESSION_DL_CLOSED | SESSION_HAS_FILTERS);
	if (b->flags & DP_BEARER_UL_CLOSED)
		flags |= SESSION_UL_CLOSED;
	if (b->flags & DP_BEARER_DL_CLOSED)
		flags |= SESSION_DL_CLOSED;
	if (b->flags & DP_BEARER_IN_AMBR)
		flags |= SESSION_IN_AMBR;
	line->flags = (uint8_t)flags;
}

static bool
is_bearer_of(const struct worker *w, const struct session *line, const struct session *s,
	const struct dp_bearer *b)
{
	return line->flags & SESSION_USED && line->generation == b->generation &&
		line->teid == b->teid && bearers_session(w, line) == s;
}

static int
bearer_check(const struct worker *w, const struct session *s, const struct dp_bearer *b)
{
	const struct session *line;

	if (b->slot >= w->in->shm->bearers_max || b->teid == 0 || b->peer_teid == 0 ||
		b->dscp > 63 || (b->ebi != 0 && (b->ebi < 5 || b->ebi > 15)))
		return -EINVAL;
	if ((b->teid & 0xff) != (s->teid & 0xff))
		return -EXDEV;
	line = &w->sessions[w->in->shm->sessions_max + b->slot];
	if (line->flags & SESSION_USED && !is_bearer_of(w, line, s, b))
		return -EEXIST; // another session's, which control has to take away first
	return 0;
}

// The same bearer as before, perhaps with another tunnel, rate or gate.
static void
line_update(struct worker *w, struct session *line, const struct session *next, uint32_t flags)
{
	struct session old = *line;
	bool moved = old.peer != next->peer || old.peer_teid != next->peer_teid;

	*line = *next;
	if (moved && flags & DP_BEARER_END_MARKER)
		gtpu_path_end_marker(w, line, &w->peers.peer[old.peer], old.peer_teid);
	tunnel_peer_give(w, old.peer);
}

static int
line_add(struct worker *w, struct session *line, const struct session *next)
{
	uint32_t index = (uint32_t)(line - w->sessions);
	int rc = session_evict_teid(w, next->teid);

	if (rc)
		return rc;
	if (key_table_put(&w->tables.by_teid, next->teid, index << BEARER_BITS | next->ebi))
		return -ENOSPC;
	*line = *next;
	w->extra[index] = (struct session_extra){ 0 };
	w->usage[index].ul.generation = w->usage[index].dl.generation = next->generation;
	w->usage[index].ul.bucket = w->usage[index].dl.bucket = 0;
	w->usage[index].ul.next_hop_generation = 0;
	w->shm->teids++;
	w->shm->bearers++;
	return 0;
}

static int
bearer_put(struct worker *w, const struct session *s, const struct dp_addr *local,
	const struct dp_bearer *b)
{
	uint32_t index = w->in->shm->sessions_max + b->slot, session = (uint32_t)(s - w->sessions);
	struct session *line = &w->sessions[index], next;
	int64_t peer = tunnel_peer_take(w, local, &b->peer);
	int rc = 0;

	if (peer < 0)
		return (int)peer;
	line_fill(w, &next, s, b);
	next.peer = (uint32_t)peer;
	if (line->flags & SESSION_USED)
		line_update(w, line, &next, b->flags);
	else
		rc = line_add(w, line, &next);
	if (rc) {
		tunnel_peer_give(w, next.peer);
		return rc;
	}
	w->extra[index].session = session;
	w->extra[index].profile = w->extra[session].profile;
	return 0;
}

// ---- Sessions.

static struct session_bearers *
block_take(struct worker *w, const struct session *s)
{
	struct bearer_pool *p = &w->bearers;
	struct session_bearers *b = block_of(w, s);

	if (b || p->n_free == 0)
		return b;
	w->extra[s - w->sessions].bearers = p->free[--p->n_free] + 1;
	b = block_of(w, s);
	b->n = 0;
	return b;
}

static void
block_give(struct worker *w, const struct session *s)
{
	uint32_t *block = &w->extra[s - w->sessions].bearers;

	w->bearers.free[w->bearers.n_free++] = *block - 1;
	*block = 0;
}

static bool
is_wanted(const struct worker *w, const struct session *s, const struct session *line,
	const struct dp_bearers *want)
{
	for (unsigned int i = 0; want && i < want->n_bearers; i++)
		if (want->bearer[i].slot < w->in->shm->bearers_max &&
			line == &w->sessions[w->in->shm->sessions_max + want->bearer[i].slot] &&
			is_bearer_of(w, line, s, &want->bearer[i]))
			return true;
	return false;
}

static void
remove_unwanted(struct worker *w, const struct session *s, const struct session_bearers *b,
	const struct dp_bearers *want)
{
	for (unsigned int i = 0; i < b->n; i++) {
		struct session *line = &w->sessions[b->line[i]];

		if (line != s && !is_wanted(w, s, line, want))
			line_remove(w, line);
	}
}

uint32_t
bearers_put(struct worker *w, struct session *s, const struct dp_addr *local,
	const struct dp_bearers *want)
{
	struct session_bearers *b = want && want->n_bearers ? block_take(w, s) : block_of(w, s);
	uint32_t refused = 0;

	if (b == NULL)
		return want ? (1u << want->n_bearers) - 1 : 0;
	remove_unwanted(w, s, b, want);
	b->n = 0;
	for (unsigned int i = 0; want && i < want->n_bearers; i++) {
		const struct dp_bearer *d = &want->bearer[i];
		int rc = bearer_check(w, s, d);

		if (rc == 0)
			rc = bearer_put(w, s, local, d);
		if (rc)
			refused |= 1u << i;
		b->line[b->n++] =
			rc ? (uint32_t)(s - w->sessions) : w->in->shm->sessions_max + d->slot;
	}
	if (b->n == 0) {
		block_give(w, s);
		return 0;
	}
	filters_build(&b->filters, want->filter, want->n_filters);
	if (want->n_filters)
		s->flags |= SESSION_HAS_FILTERS;
	return refused;
}

struct session *
bearers_choose(const struct worker *w, struct session *s, const uint8_t *ip, uint32_t n)
{
	const struct session_bearers *b = block_of(w, s);
	uint8_t bearer = filters_find(&b->filters, ip, n);

	return bearer == FILTER_NONE ? s : &w->sessions[b->line[bearer]];
}

enum dp_drop
bearers_settle_copy(const struct worker *w, const struct session *line, struct dp_usage *of,
	bool is_ul, uint16_t len, enum dp_drop why)
{
	const struct session *s = bearers_session(w, line);
	enum dp_drop over = is_ul ? DP_DROP_UL_OVER_AMBR : DP_DROP_DL_OVER_AMBR;
	uint64_t cost = is_ul ? s->ul_cost : s->dl_cost;
	uint32_t depth = is_ul ? s->ul_depth : s->dl_depth;

	// TS 23.401 4.7.3: the AMBR is of all bearers without a guaranteed rate together.
	if (why == JUDGE_IN_AMBR)
		return cost && !bucket_take(&of->bucket, cost, depth, w->now, len) ? over
										   : DP_DROPS;
	if (why == over && line != s)
		return is_ul ? DP_DROP_UL_OVER_MBR : DP_DROP_DL_OVER_MBR;
	return why;
}

enum dp_drop
bearers_settle(const struct worker *w, const struct session *line, bool is_ul, uint16_t len,
	enum dp_drop why)
{
	struct dp_slot_usage *of = worker_usage(w, bearers_session(w, line));

	return bearers_settle_copy(w, line, is_ul ? &of->ul : &of->dl, is_ul, len, why);
}
