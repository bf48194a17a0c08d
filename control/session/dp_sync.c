// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/dp_sync.h"

#include "config/log.h"
#include "control/session/bearer_sync.h"
#include "control/session/delete_bearer.h"
#include "control/session/error_indication.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"
#include "control/session/session_store.h"
#include "control/trace/trace.h"

#include <errno.h>
#include <string.h>

#define NO_VRF UINT16_MAX

// What comes back with a reply: slot, 14 bits of its generation, whether it was about the alias and
// whether it was a delete, version.
#define GENERATION_BITS 0x3fffu
#define TOKEN_ALIAS (UINT64_C(1) << 17)
#define TOKEN_DELETE (UINT64_C(1) << 16)

static uint64_t
token_of(const struct session *s, uint64_t kind)
{
	return (uint64_t)s->slot << 32 | (uint64_t)(s->generation & GENERATION_BITS) << 18 | kind |
		s->wanted;
}

static struct session *
session_of_token(const struct pgw *pgw, uint64_t token)
{
	struct session *s = session_at(pgw->sessions, (uint32_t)(token >> 32));

	return s && (s->generation & GENERATION_BITS) == (token >> 18 & GENERATION_BITS) ? s : NULL;
}

void
dp_sync_open(struct pgw *pgw)
{
	for (unsigned int i = 0; i < DP_WORKERS_MAX; i++)
		pgw->sync.queue[i].first = pgw->sync.queue[i].last = SESSION_NONE;
	pgw->sync.held.first = pgw->sync.held.last = SESSION_NONE;
	memset(pgw->sync.vrf, 0xff, sizeof(pgw->sync.vrf));
}

bool
dp_sync_can_serve(const struct pgw *pgw, uint16_t vrf)
{
	return dpclient_state(pgw->dp) == DPCLIENT_READY && pgw->sync.vrf[vrf] != NO_VRF;
}

const struct gtpc_addr *
dp_sync_local(const struct pgw *pgw, uint8_t family)
{
	const struct gtpc_addr *a = family == 4 ? &pgw->sync.gtpu_ipv4 : &pgw->sync.gtpu_ipv6;

	return a->family == family ? a : NULL;
}

// ---- Queues.

static void
push(struct pgw *pgw, struct sync_queue *q, struct session *s)
{
	s->flags |= SESSION_QUEUED;
	s->queue_next = SESSION_NONE;
	if (q->last == SESSION_NONE)
		q->first = s->slot;
	else
		session_at(pgw->sessions, q->last)->queue_next = s->slot;
	q->last = s->slot;
}

static struct session *
peek(const struct pgw *pgw, const struct sync_queue *q)
{
	return q->first == SESSION_NONE ? NULL : session_at(pgw->sessions, q->first);
}

static void
pop(struct sync_queue *q, struct session *s)
{
	q->first = s->queue_next;
	if (q->first == SESSION_NONE)
		q->last = SESSION_NONE;
	s->flags &= (uint16_t)~SESSION_QUEUED;
	s->queue_next = SESSION_NONE;
}

// ---- Requests.

static void
fill(const struct pgw *pgw, const struct session *s, struct dp_session *d)
{
	const struct ctl_apn *apn = apn_at(pgw->apns, s->apn);

	*d = (struct dp_session){
		.slot = s->slot,
		.generation = s->generation,
		.teid = s->teid,
		.peer_teid = s->bearer.peer_teid,
		.local = s->local_u,
		.vrf = pgw->sync.vrf[s->vrf],
		.mtu = apn->mtu_bytes,
		.flags = (s->flags & SESSION_END_MARKER ? DP_SESSION_END_MARKER : 0) |
			(s->flags & SESSION_SUSPENDED ? DP_SESSION_DL_CLOSED : 0),
		.ul_bps = (uint64_t)s->ul_kbps * 1000,
		.dl_bps = (uint64_t)s->dl_kbps * 1000,
		.ebi = s->bearer.ebi,
		.qci = s->bearer.qci,
		.dscp = ctl_config_dscp(pgw->config, s->bearer.qci),
		.profile = s->apn,
	};
	if (traces_want(pgw, s))
		d->flags |= DP_SESSION_TRACE;
	memcpy(&d->peer, &s->bearer.peer, sizeof(d->peer));
	memcpy(d->ue_ipv4, s->ue_ipv4, sizeof(d->ue_ipv4));
	memcpy(d->ue_ipv6_prefix, s->ue_ipv6_prefix, sizeof(d->ue_ipv6_prefix));
}

// ---- Aliases: where the worker of a session's /64 isn't its own. It has the alias before the session's
// worker has the session, and until that has let go of it.

static unsigned int
worker_of(const struct pgw *pgw, const struct session *s)
{
	return dpclient_worker(pgw->dp, (uint8_t)s->teid);
}

static unsigned int
worker_of_prefix(const struct pgw *pgw, const struct session *s)
{
	return dpclient_worker(pgw->dp, dp_shard_of(s->ue_ipv6_prefix, 8));
}

static bool
needs_alias(const struct pgw *pgw, const struct session *s)
{
	return session_has_ipv6(s) && worker_of_prefix(pgw, s) != worker_of(pgw, s);
}

// Whether the alias is what is to be asked for next.
static bool
is_alias_due(const struct pgw *pgw, const struct session *s)
{
	if (s->state == SESSION_CLOSING)
		return s->flags & SESSION_UNPUT;
	return needs_alias(pgw, s) && !(s->flags & SESSION_ALIASED);
}

static unsigned int
next_worker(const struct pgw *pgw, const struct session *s)
{
	return is_alias_due(pgw, s) ? worker_of_prefix(pgw, s) : worker_of(pgw, s);
}

static void on_reply(void *ctx, uint64_t token, int result, uint32_t count);

static int
send_alias(struct pgw *pgw, unsigned int worker, struct session *s)
{
	bool is_put = s->state != SESSION_CLOSING;
	struct dp_alias alias = {
		.vrf = pgw->sync.vrf[s->vrf], .family = 6, .shard = (uint8_t)s->teid
	};
	int ret;

	memcpy(alias.bytes, s->ue_ipv6_prefix, sizeof(alias.bytes));
	ret = dpclient_alias(pgw->dp, worker, is_put, &alias, on_reply,
		token_of(s, TOKEN_ALIAS | (is_put ? 0 : TOKEN_DELETE)));
	if (ret == 0)
		s->flags |= SESSION_ALIASING;
	return ret;
}

// 0, -EAGAIN, -ENODEV.
static int
send_one(struct pgw *pgw, unsigned int worker, struct session *s)
{
	struct dp_session_ref ref = { .slot = s->slot, .generation = s->generation };
	struct dp_session d;
	int ret;

	if (is_alias_due(pgw, s))
		return send_alias(pgw, worker, s);
	if (s->state == SESSION_CLOSING)
		return dpclient_delete(pgw->dp, worker, &ref, on_reply, token_of(s, TOKEN_DELETE));
	fill(pgw, s, &d);
	bearer_sync_fill(pgw, s, &d);
	ret = dpclient_put(pgw->dp, &d, on_reply, token_of(s, 0));
	if (ret == 0) {
		s->flags &= (uint16_t)~SESSION_END_MARKER;
		bearer_sync_sent(pgw, s);
	}
	return ret;
}

// ---- Profiles: each worker has those of all APNs before it has sessions.

static void
on_profile(void *ctx, uint64_t token, int result, uint32_t count)
{
	if (result < 0 && result != -ENODEV)
		log_error("APN %u: the dataplane refuses its profile: %s", (unsigned int)token,
			strerror(-result));
}

static void
fill_profile(const struct ctl_apn *apn, struct dp_profile *p)
{
	uint32_t lifetime_s = 3 * apn->ra_interval_s; // RFC 4861 6.2.1

	p->mss_ipv4 = apn->mss_ipv4;
	p->mss_ipv6 = apn->mss_ipv6;
	p->ra_interval_s = apn->ra_interval_s;
	p->ra_lifetime_s = lifetime_s == 0 || lifetime_s > UINT16_MAX ? UINT16_MAX : lifetime_s;
	for (size_t i = 0; i < apn->n_dns; i++)
		if (apn->dns[i].family == 6 && p->n_rdnss < DP_RDNSS_MAX)
			memcpy(p->rdnss[p->n_rdnss++], apn->dns[i].bytes, 16);
}

// False: there is no room for all of them now.
static bool
send_profiles(struct pgw *pgw, unsigned int worker)
{
	uint16_t *sent = &pgw->sync.profiles[worker];

	for (; *sent < pgw->config->n_apns; ++*sent) {
		struct dp_profile p = { .profile = *sent };

		fill_profile(apn_at(pgw->apns, *sent), &p);
		if (dpclient_profile(pgw->dp, worker, &p, on_profile, *sent) < 0)
			return false;
	}
	return true;
}

static void sweep_if_replayed(struct pgw *pgw, unsigned int worker);
static void enqueue(struct pgw *pgw, struct session *s);

// Sends what waits for a worker, as far as there is room.
static void
pump(struct pgw *pgw, unsigned int worker)
{
	struct sync_queue *q = &pgw->sync.queue[worker];
	struct session *s;

	if (!send_profiles(pgw, worker))
		return;
	while ((s = peek(pgw, q)) != NULL) {
		if (next_worker(pgw, s) != worker) { // it was closed meanwhile
			pop(q, s);
			enqueue(pgw, s);
			continue;
		}
		if (send_one(pgw, worker, s) < 0)
			return;
		pop(q, s);
	}
	sweep_if_replayed(pgw, worker);
}

static void
enqueue(struct pgw *pgw, struct session *s)
{
	unsigned int worker = next_worker(pgw, s);

	if (s->flags & SESSION_ALIASING && is_alias_due(pgw, s))
		return; // goes on with the reply
	if (!(s->flags & SESSION_QUEUED))
		push(pgw, &pgw->sync.queue[worker], s);
	pump(pgw, worker);
}

void
dp_sync_put(struct pgw *pgw, struct session *s)
{
	s->wanted++;
	if (dpclient_state(pgw->dp) != DPCLIENT_READY)
		return;
	// A slot may still hold an old session in the dataplane until that has been swept.
	if (s->state == SESSION_CREATING && pgw->sync.is_replaying) {
		if (!(s->flags & SESSION_QUEUED))
			push(pgw, &pgw->sync.held, s);
		return;
	}
	enqueue(pgw, s);
}

void
dp_sync_delete(struct pgw *pgw, struct session *s)
{
	s->wanted++;
	if (dpclient_state(pgw->dp) == DPCLIENT_READY)
		enqueue(pgw, s);
	else if (!(s->flags & SESSION_QUEUED))
		session_release(pgw, s);
}

// ---- Replay and sweep.

static void
replay_ended(struct pgw *pgw)
{
	struct session *s;

	pgw->sync.is_replaying = false;
	pgw->sync.replay_took_ms = pgw_now_ms() - pgw->sync.replay_began_ms;
	log_notice("sessions replayed to the dataplane in %llu ms, %u of its own swept",
		(unsigned long long)pgw->sync.replay_took_ms, pgw->sync.swept);
	while ((s = peek(pgw, &pgw->sync.held)) != NULL) {
		pop(&pgw->sync.held, s);
		enqueue(pgw, s);
	}
}

static void
on_swept(void *ctx, uint64_t token, int result, uint32_t count)
{
	struct pgw *pgw = ctx;

	if (result == -ENODEV)
		return;
	pgw->sync.swept += count;
	if (--pgw->sync.sweeps == 0 && pgw->sync.unswept == 0)
		replay_ended(pgw);
}

// A worker sweeps what isn't claimed once all that are to be claimed are.
static void
sweep_if_replayed(struct pgw *pgw, unsigned int worker)
{
	uint64_t bit = 1ULL << worker;

	if (pgw->sync.to_replay > 0 || !(pgw->sync.unswept & bit))
		return;
	if (dpclient_sweep(pgw->dp, worker, on_swept, 0) < 0)
		return;
	pgw->sync.unswept &= ~bit;
	pgw->sync.sweeps++;
}

static void
replayed_one(struct pgw *pgw, struct session *s)
{
	if (!(s->flags & SESSION_REPLAY))
		return;
	if (s->flags & SESSION_NEW_INSTANCE)
		turn_touch(pgw, s);
	s->flags &= (uint16_t) ~(SESSION_REPLAY | SESSION_NEW_INSTANCE);
	if (--pgw->sync.to_replay > 0)
		return;
	for (unsigned int i = 0; i < dpclient_header(pgw->dp)->n_workers; i++)
		sweep_if_replayed(pgw, i);
}

// ---- Replies.

static uint8_t
cause_of(int result)
{
	switch (result) {
	case -ENOSPC:
		return GTPC_CAUSE_NO_MEMORY; // the owner's tables are full
	default:
		return GTPC_CAUSE_SYSTEM_FAILURE;
	}
}

// Its own worker has nothing of a closing session (any more): then its alias goes, too.
static void
let_go(struct pgw *pgw, struct session *s, int result)
{
	if (result == -ENODEV || !(s->flags & (SESSION_ALIASED | SESSION_ALIASING))) {
		session_release(pgw, s);
		return;
	}
	s->flags |= SESSION_UNPUT;
	enqueue(pgw, s);
}

// The worker hasn't taken the session: it can't exist.
static void
put_failed(struct pgw *pgw, struct session *s, int result)
{
	if (result != -ENODEV)
		log_limited(LOG_LEVEL_WARNING, 5,
			"session %u of IMSI %s: the dataplane refuses it: %s", s->slot, s->imsi,
			strerror(-result));
	if (s->state == SESSION_CREATING) {
		if (result == -ENODEV)
			procedures_forget(pgw, s); // its SGW asks again
		else
			procedures_fail(pgw, s, cause_of(result));
		session_index_remove(pgw->sessions, s);
		sgw_leave(pgw->sessions, s);
		session_set_state(pgw->sessions, s, SESSION_CLOSING);
		let_go(pgw, s, result);
		return;
	}
	if (result == -ENODEV)
		return; // replayed later
	pgw->counters.sessions_lost_dataplane++;
	delete_bearer_announce(pgw, s, GTPC_CAUSE_REACTIVATION_REQUESTED);
	session_close(pgw, s, SESSION_END_DATAPLANE, cause_of(result));
}

// Of a closing session. One without an instance is given up by the reply to its own delete.
static void
alias_ended(struct pgw *pgw, struct session *s, int result)
{
	if (!(s->flags & SESSION_UNPUT))
		return;
	if (result == -ENODEV || !(s->flags & SESSION_ALIASED))
		session_release(pgw, s);
	else
		enqueue(pgw, s);
}

static void
on_alias(struct pgw *pgw, struct session *s, uint64_t token, int result)
{
	s->flags &= (uint16_t)~SESSION_ALIASING;
	if (token & TOKEN_DELETE)
		s->flags &= (uint16_t)~SESSION_ALIASED;
	else if (result == 0)
		s->flags |= SESSION_ALIASED;
	if (s->state == SESSION_CLOSING) {
		alias_ended(pgw, s, result);
		return;
	}
	if (result == 0) {
		enqueue(pgw, s);
		return;
	}
	if (result != -ENODEV)
		replayed_one(pgw, s);
	put_failed(pgw, s, result);
}

static void
on_reply(void *ctx, uint64_t token, int result, uint32_t count)
{
	struct pgw *pgw = ctx;
	struct session *s = session_of_token(pgw, token);

	turn_schedule(pgw);
	if (!s)
		return;
	if (token & TOKEN_ALIAS) {
		on_alias(pgw, s, token, result);
		return;
	}
	if (result != -ENODEV)
		replayed_one(pgw, s);
	if (token & TOKEN_DELETE) {
		let_go(pgw, s, result);
		return;
	}
	if (s->state == SESSION_CLOSING)
		return; // its delete follows
	if (result == -EAGAIN)
		return; // its bearers were being written anew: another put follows
	if (result < 0) {
		put_failed(pgw, s, result);
		return;
	}
	s->done = (uint16_t)token;
	procedures_done(pgw, s);
	bearer_sync_done(pgw, s, count);
}

// ---- Instances.

static void
find_vrfs(struct pgw *pgw, const struct dp_header *h)
{
	for (uint16_t i = 0; i < apn_vrf_count(pgw->apns); i++) {
		const char *name = apn_vrf_name(pgw->apns, i);

		pgw->sync.vrf[i] = NO_VRF;
		for (uint16_t j = 0; *name && j < h->n_vrfs; j++)
			if (strncmp(h->vrf[j].name, name, sizeof(h->vrf[j].name)) == 0)
				pgw->sync.vrf[i] = j;
		for (uint16_t j = 0; !*name && j < h->n_ifaces; j++)
			if (h->iface[j].role & DP_ROLE_SGI) {
				pgw->sync.vrf[i] = h->iface[j].vrf;
				break;
			}
		if (pgw->sync.vrf[i] == NO_VRF)
			log_error("the dataplane has no VRF \"%s\": its APNs can't be served",
				*name ? name : "of an SGi port");
	}
}

static void
find_locals(struct pgw *pgw, const struct dp_header *h)
{
	pgw->sync.gtpu_ipv4 = pgw->sync.gtpu_ipv6 = (struct gtpc_addr){ 0 };
	for (uint16_t i = h->n_gtpu; i > 0; i--) {
		struct gtpc_addr *to =
			h->gtpu[i - 1].family == 6 ? &pgw->sync.gtpu_ipv6 : &pgw->sync.gtpu_ipv4;

		memcpy(to, &h->gtpu[i - 1], sizeof(*to));
	}
}

static bool
has_local(const struct dp_header *h, const struct dp_addr *local)
{
	for (uint16_t i = 0; i < h->n_gtpu; i++)
		if (memcmp(&h->gtpu[i], local, sizeof(*local)) == 0)
			return true;
	return false;
}

// True if the session, which the store or an earlier instance had, fits this one.
static bool
fits(const struct pgw *pgw, const struct dp_header *h, const struct session *s)
{
	return s->slot < h->sessions_max && pgw->sync.vrf[s->vrf] != NO_VRF &&
		has_local(h, &s->local_u);
}

static void
begin_replay(struct pgw *pgw, const struct dp_header *h)
{
	// Offsets of the store are for the lines of an instance that has gone meanwhile.
	if (pgw->sync.instance && (h->instance != pgw->sync.instance || pgw->sync.is_mixed))
		session_store_reload_usage(pgw, h->instance);
	pgw->sync.is_mixed = false;
	pgw->sync.instance = h->instance;
	pgw->sync.is_replaying = true;
	memset(pgw->sync.profiles, 0, sizeof(pgw->sync.profiles));
	pgw->sync.replay_began_ms = pgw_now_ms();
	pgw->sync.to_replay = pgw->sync.sweeps = pgw->sync.swept = 0;
	pgw->sync.unswept = h->n_workers == 64 ? UINT64_MAX : (1ULL << h->n_workers) - 1;
	for (uint32_t i = 0; i < session_table_top(pgw->sessions); i++) {
		struct session *s = session_at(pgw->sessions, i);

		if (!s || s->state != SESSION_ACTIVE)
			continue;
		session_usage_resume(pgw, s);
		session_sample_begin(pgw, s);
		s->flags &= (uint16_t) ~(SESSION_ALIASED | SESSION_ALIASING | SESSION_UNPUT);
		s->flags |= SESSION_REPLAY;
		pgw->sync.to_replay++;
	}
}

static void
on_ready(void *ctx)
{
	struct pgw *pgw = ctx;
	struct dp_header *h = dpclient_header(pgw->dp);
	uint32_t unfit = 0;

	find_vrfs(pgw, h);
	find_locals(pgw, h);
	session_table_limit(pgw->sessions, h->sessions_max);
	bearer_table_limit(pgw->bearers, h->bearers_max);
	if (pgw->io.attached)
		pgw->io.attached(pgw->io.user);
	begin_replay(pgw, h);
	for (uint32_t i = 0; i < session_table_top(pgw->sessions); i++) {
		struct session *s = session_at(pgw->sessions, i);

		if (!s || !(s->flags & SESSION_REPLAY))
			continue;
		if (fits(pgw, h, s)) {
			push(pgw, &pgw->sync.queue[next_worker(pgw, s)], s);
			continue;
		}
		unfit++;
		s->flags &= (uint16_t)~SESSION_REPLAY;
		pgw->sync.to_replay--;
		pgw->counters.sessions_lost_dataplane++;
		delete_bearer_announce(pgw, s, GTPC_CAUSE_REACTIVATION_REQUESTED);
		session_close(pgw, s, SESSION_END_DATAPLANE, GTPC_CAUSE_NO_RESOURCES);
	}
	log_notice("%u sessions are replayed to the dataplane", pgw->sync.to_replay);
	if (unfit)
		log_warning("%u sessions don't fit this dataplane and are closed", unfit);
	for (unsigned int i = 0; i < h->n_workers; i++)
		pump(pgw, i);
	turn_schedule(pgw);
}

static void
empty_queue(struct pgw *pgw, struct sync_queue *q)
{
	struct session *s;

	while ((s = peek(pgw, q)) != NULL) {
		pop(q, s);
		if (s->state == SESSION_CLOSING)
			session_release(pgw, s);
		else if (s->state == SESSION_CREATING)
			put_failed(pgw, s, -ENODEV);
	}
}

static void
on_gone(void *ctx)
{
	struct pgw *pgw = ctx;

	log_warning("the dataplane is gone; its sessions are replayed when it is back");
	session_usage_harvest(pgw);
	traces_gone(pgw);
	pgw->sync.instance = 0; // offsets are relative to nothing
	pgw->sync.is_replaying = false;
	for (unsigned int i = 0; i < DP_WORKERS_MAX; i++)
		empty_queue(pgw, &pgw->sync.queue[i]);
	empty_queue(pgw, &pgw->sync.held);
	if (pgw->io.gone)
		pgw->io.gone(pgw->io.user);
	turn_schedule(pgw);
}

static void
on_room(void *ctx, unsigned int worker)
{
	pump(ctx, worker);
}

static void
on_error_indication(void *ctx, const struct dp_error_indication *e)
{
	error_indication_received(ctx, e);
}

const struct dpclient_events dp_sync_events = {
	.ready = on_ready,
	.gone = on_gone,
	.room = on_room,
	.error_indication = on_error_indication,
};
