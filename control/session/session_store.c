// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/session_store.h"

#include "config/log.h"
#include "control/session/bearer_store.h"
#include "control/session/csid.h"
#include "control/session/delete_bearer.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MAX 4096    // octets of a kept answer
#define EXPIRE_EVERY_MS 20 // a second's answers at once would hold up all others for 10 ms

// A PDN connection set; it is one of the peer that the session belongs to.
struct csid_record {
	struct gtpc_addr node;
	uint32_t node_id;
	uint16_t csid;
	bool is_set;
};

// A session in the store. New members go to the end, and zero means there what a release without them
// did: rows of an earlier release are shorter. Any other change of layout is another STORE_VERSION.
struct session_record {
	uint64_t instance; // of the dataplane whose lines the offsets are for, 0: none
	struct session_usage ul_offset, dl_offset;
	struct session_usage ul_total, dl_total; // when this was written
	int64_t created_s;
	uint32_t generation, teid;
	uint32_t ul_kbps, dl_kbps;
	uint32_t sgw_teid;
	uint32_t bearer_charging_id, bearer_peer_teid;
	struct gtpc_addr sgw_addr, local_c, bearer_peer;
	struct dp_addr local_u;
	uint16_t charging_characteristics;
	uint8_t bearer_ebi, bearer_qci, bearer_priority_level, bearer_preemption;
	uint8_t ue_ipv4[4];
	uint8_t rat_type, selection_mode, pdn_type, uli_bytes;
	struct gtpc_plmn serving_network;
	struct gtpc_time_zone ue_time_zone;
	char imsi[16], msisdn[16], mei[17];
	char apn_name[SESSION_APN_MAX];
	char apn[CTL_APN_MAX]; // as the configuration calls it
	uint8_t uli[SESSION_ULI_MAX];
	uint64_t created_ms;
	uint32_t told[SESSION_ASPECTS];
	uint32_t recorded_s;
	uint64_t recorded_packets;
	bool is_closing;   // only its last usage record isn't written yet
	uint8_t end;       // enum session_end, then
	bool is_sgw_stale; // its SGW has restarted since
	bool has_sgw_recovery;
	uint8_t sgw_recovery; // of its SGW in the life that it belongs to
	bool is_suspended;
	struct csid_record csid[SESSION_CSIDS];
	uint64_t origination_ms;
	uint8_t ue_ipv6_prefix[8], ue_ipv6_id[8];
	struct session_usage ul_bearers, dl_bearers; // of its dedicated ones when this was written
	bool is_clearing;                            // its SGW is being told to delete it
	uint8_t clear_cause;                         // with that
};

#define SESSION_RECORD_MIN offsetof(struct session_record, created_ms)

// A kept answer: this, then its octets. Where a Command's is a request, the path that it takes is between.
struct answer_record {
	uint64_t stored_ms; // pgw_now_ms
	struct xact_record xact;
};

enum { PREEMPTION_CAN = 1, PREEMPTION_IS = 2 };

// ---- Writing.

// The SGW's restart counter is in the row of the session as well: its sessions of before a restart end
// one after the other, and the peer's own row may be newer than theirs.
static void
note_sgw_life(const struct session *s, struct session_record *r)
{
	if (!s->sgw)
		return;
	r->is_sgw_stale = s->sgw_epoch != s->sgw->epoch;
	r->has_sgw_recovery = s->sgw->peer->has_recovery;
	r->sgw_recovery = s->sgw->peer->recovery;
}

static void
csid_to_record(const struct pgw *pgw, uint16_t number, struct csid_record *r)
{
	const struct csid_name *name = csid_name_of(session_csids(pgw->sessions), number);

	if (!name)
		return;
	r->node = name->node;
	r->node_id = name->node_id;
	r->csid = name->csid;
	r->is_set = true;
}

static void
to_record(const struct pgw *pgw, const struct session *s, struct session_record *r)
{
	memset(r, 0, sizeof(*r));
	r->instance = s->flags & SESSION_USAGE_PLAIN ? 0 : pgw->sync.instance;
	r->ul_offset = s->ul_offset;
	r->dl_offset = s->dl_offset;
	session_own_usage_now(pgw, s, &r->ul_total, &r->dl_total);
	session_bearers_usage_now(pgw, s, &r->ul_bearers, &r->dl_bearers);
	r->created_s = s->created_s;
	r->origination_ms = s->origination_ms;
	r->generation = s->generation;
	r->teid = s->teid;
	r->ul_kbps = s->ul_kbps;
	r->dl_kbps = s->dl_kbps;
	r->sgw_teid = s->sgw_teid;
	r->bearer_charging_id = s->bearer.charging_id;
	r->bearer_peer_teid = s->bearer.peer_teid;
	r->sgw_addr = s->sgw_addr;
	r->local_c = s->local_c;
	r->bearer_peer = s->bearer.peer;
	r->local_u = s->local_u;
	r->charging_characteristics = s->charging_characteristics;
	r->bearer_ebi = s->bearer.ebi;
	r->bearer_qci = s->bearer.qci;
	r->bearer_priority_level = s->bearer.priority_level;
	r->bearer_preemption = (uint8_t)((s->bearer.can_preempt ? PREEMPTION_CAN : 0) |
		(s->bearer.is_preemptable ? PREEMPTION_IS : 0));
	memcpy(r->ue_ipv4, s->ue_ipv4, sizeof(r->ue_ipv4));
	memcpy(r->ue_ipv6_prefix, s->ue_ipv6_prefix, sizeof(r->ue_ipv6_prefix));
	memcpy(r->ue_ipv6_id, s->ue_ipv6_id, sizeof(r->ue_ipv6_id));
	r->rat_type = s->rat_type;
	r->selection_mode = s->selection_mode;
	r->pdn_type = s->pdn_type;
	r->uli_bytes = s->uli_bytes;
	r->is_suspended = s->flags & SESSION_SUSPENDED;
	for (int i = 0; i < SESSION_CSIDS; i++)
		csid_to_record(pgw, s->csid[i], &r->csid[i]);
	r->serving_network = s->serving_network;
	r->ue_time_zone = s->ue_time_zone;
	memcpy(r->imsi, s->imsi, sizeof(r->imsi));
	memcpy(r->msisdn, s->msisdn, sizeof(r->msisdn));
	memcpy(r->mei, s->mei, sizeof(r->mei));
	memcpy(r->apn_name, s->apn_name, sizeof(r->apn_name));
	memcpy(r->apn, apn_at(pgw->apns, s->apn)->name, sizeof(r->apn));
	memcpy(r->uli, s->uli, sizeof(r->uli));
	r->created_ms = s->created_ms;
	memcpy(r->told, s->told, sizeof(r->told));
	r->recorded_s = s->recorded_s;
	r->recorded_packets = s->recorded_packets;
	r->is_closing = s->state == SESSION_CLOSING;
	r->end = s->end;
	r->is_clearing = s->flags & SESSION_CLEARING;
	r->clear_cause = s->clear_cause;
	note_sgw_life(s, r);
}

// A peer's restart counter is kept with its sessions, so that its restart during ours is seen.
static void
write_peer(struct pgw *pgw, struct sgw *sgw)
{
	struct peer_record r;
	struct store_key key;

	if (!sgw->peer->has_recovery ||
		(sgw->is_stored && sgw->stored_recovery == sgw->peer->recovery &&
			sgw->stored_reflects == sgw->peer->reflects))
		return;
	memset(&r, 0, sizeof(r));
	r.addr = sgw->addr;
	r.recovery = sgw->peer->recovery;
	r.reflects = sgw->peer->reflects;
	key = store_bytes_key(&r.addr, sizeof(r.addr));
	store_put(pgw->store, STORE_PEERS, &key, &r, sizeof(r));
	sgw->is_stored = true; // at the worst it is written again after a failed commit
	sgw->stored_recovery = r.recovery;
	sgw->stored_reflects = r.reflects;
}

// What ends stays until the dataplane has let go of it, so that its last record isn't lost.
static bool
is_kept(const struct session *s)
{
	return s->state == SESSION_ACTIVE ||
		(s->state == SESSION_CLOSING && s->flags & SESSION_STORED);
}

// Numbers grow with time, so that the oldest answers are the first rows.
static uint64_t
answer_number(uint64_t at_ms)
{
	return at_ms << 20;
}

// What is behind the record: `to`, if it is told, and the octets.
static void
store_kept(struct pgw *pgw, uint64_t xact, const struct gtpc_path *to, const uint8_t *bytes,
	size_t n, uint64_t *number)
{
	uint8_t row[sizeof(struct answer_record) + sizeof(*to) + ANSWER_MAX];
	size_t at = sizeof(struct answer_record);
	struct answer_record r;
	uint64_t now_ms = pgw_now_ms();
	struct store_key key;

	memset(&r, 0, sizeof(r));
	if (n > ANSWER_MAX || xact_export(gtpc_node_xact(pgw->node), xact, &r.xact) < 0)
		return;
	r.stored_ms = now_ms;
	memcpy(row, &r, sizeof(r));
	if (to) {
		memcpy(row + at, to, sizeof(*to));
		at += sizeof(*to);
	}
	memcpy(row + at, bytes, n);
	if (pgw->answer_number < answer_number(now_ms))
		pgw->answer_number = answer_number(now_ms);
	if (*number == 0)
		*number = pgw->answer_number++;
	key = store_u64_key(*number);
	store_put(pgw->store, STORE_ANSWERS, &key, row, at + n);
}

void
session_store_answer(struct pgw *pgw, struct procedure *p)
{
	store_kept(pgw, p->xact, NULL, p->answer, p->n, &p->stored_as);
}

void
session_store_reply(struct pgw *pgw, uint64_t command, const struct gtpc_path *to,
	const uint8_t *bytes, size_t n, uint64_t *number)
{
	store_kept(pgw, command, to, bytes, n, number);
}

// Of Delete Session Requests, which still wait for the dataplane: if this process ends now, the session
// is gone all the same, and who asks again must hear that.
static void
store_delete_answers(struct pgw *pgw, struct session *s)
{
	for (struct procedure *p = s->procedures; p; p = p->next)
		session_store_answer(pgw, p);
}

void
session_store_write(struct pgw *pgw, uint32_t slot)
{
	struct store_key key = store_u32_key(slot);
	struct session_record r;
	struct session *s;

	if (slot & TURN_BEARER) {
		bearer_store_write(pgw, slot & ~TURN_BEARER);
		return;
	}
	s = session_slot(pgw->sessions, slot);

	if (!is_kept(s)) {
		if (s->flags & SESSION_STORED)
			store_del(pgw->store, STORE_SESSIONS, &key);
		return;
	}
	record_touched(pgw, s);
	to_record(pgw, s, &r);
	store_put(pgw->store, STORE_SESSIONS, &key, &r, sizeof(r));
	bearers_store_usage(pgw, s);
	if (s->sgw)
		write_peer(pgw, s->sgw);
	if (s->state == SESSION_CLOSING)
		store_delete_answers(pgw, s);
}

void
session_store_written(struct pgw *pgw, const uint32_t *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct session *s;

		if (slots[i] & TURN_BEARER) {
			bearer_store_written(pgw, slots[i] & ~TURN_BEARER);
			continue;
		}
		s = session_slot(pgw->sessions, slots[i]);
		s->flags &= (uint16_t)~SESSION_DIRTY;
		if (is_kept(s))
			s->flags |= SESSION_STORED;
		else
			s->flags &= (uint16_t)~SESSION_STORED;
	}
}

void
session_store_expire_answers(struct pgw *pgw, uint64_t now_ms)
{
	struct store_key end;

	if (now_ms <= pgw->keep_ms || now_ms < pgw->expire_ms)
		return;
	pgw->expire_ms = now_ms + EXPIRE_EVERY_MS;
	end = store_u64_key(answer_number(now_ms - pgw->keep_ms));
	store_del_below(pgw->store, STORE_ANSWERS, &end);
}

// ---- Loading.

struct loading {
	struct pgw *pgw;
	uint32_t n, n_unfit, n_answers;
	uint32_t dropped; // the first session that doesn't come back, linked by queue_next
	const char *fault;
};

static void
from_record(struct session *s, const struct session_record *r)
{
	s->ul_offset = r->ul_offset;
	s->dl_offset = r->dl_offset;
	s->created_s = r->created_s;
	s->origination_ms = r->origination_ms;
	s->teid = r->teid;
	s->ul_kbps = r->ul_kbps;
	s->dl_kbps = r->dl_kbps;
	s->sgw_teid = r->sgw_teid;
	s->bearer = (struct bearer){
		.ebi = r->bearer_ebi,
		.qci = r->bearer_qci,
		.priority_level = r->bearer_priority_level,
		.can_preempt = r->bearer_preemption & PREEMPTION_CAN,
		.is_preemptable = r->bearer_preemption & PREEMPTION_IS,
		.charging_id = r->bearer_charging_id,
		.peer_teid = r->bearer_peer_teid,
		.peer = r->bearer_peer,
	};
	s->sgw_addr = r->sgw_addr;
	s->local_c = r->local_c;
	s->local_u = r->local_u;
	s->charging_characteristics = r->charging_characteristics;
	memcpy(s->ue_ipv4, r->ue_ipv4, sizeof(s->ue_ipv4));
	memcpy(s->ue_ipv6_prefix, r->ue_ipv6_prefix, sizeof(s->ue_ipv6_prefix));
	memcpy(s->ue_ipv6_id, r->ue_ipv6_id, sizeof(s->ue_ipv6_id));
	s->rat_type = r->rat_type;
	s->selection_mode = r->selection_mode;
	s->pdn_type = r->pdn_type;
	s->uli_bytes = r->uli_bytes;
	if (r->is_suspended)
		s->flags |= SESSION_SUSPENDED;
	s->serving_network = r->serving_network;
	s->ue_time_zone = r->ue_time_zone;
	memcpy(s->imsi, r->imsi, sizeof(s->imsi));
	memcpy(s->msisdn, r->msisdn, sizeof(s->msisdn));
	memcpy(s->mei, r->mei, sizeof(s->mei));
	memcpy(s->apn_name, r->apn_name, sizeof(s->apn_name));
	memcpy(s->uli, r->uli, sizeof(s->uli));
	s->created_ms = r->created_ms;
	memcpy(s->told, r->told, sizeof(s->told));
	s->recorded_s = r->recorded_s;
	s->recorded_packets = r->recorded_packets;
}

// A session's sets are told apart by its peer, so that it must have its SGW already.
static void
restore_csids(struct pgw *pgw, struct session *s, const struct session_record *r)
{
	struct gtpc_fq_csid fq[SESSION_CSIDS] = { 0 };

	for (int i = 0; i < SESSION_CSIDS; i++) {
		fq[i].node = r->csid[i].node;
		fq[i].node_id = r->csid[i].node_id;
		fq[i].n_csids = r->csid[i].is_set;
		fq[i].csids[0] = r->csid[i].csid;
	}
	session_set_csids(pgw, s, &fq[SESSION_CSID_MME], &fq[SESSION_CSID_SGW]);
}

// Text is ended and lengths are in range, whatever the row holds.
static bool
is_sane(const struct session_record *r)
{
	return memchr(r->imsi, '\0', sizeof(r->imsi)) &&
		memchr(r->msisdn, '\0', sizeof(r->msisdn)) &&
		memchr(r->mei, '\0', sizeof(r->mei)) && memchr(r->apn, '\0', sizeof(r->apn)) &&
		memchr(r->apn_name, '\0', sizeof(r->apn_name)) && r->uli_bytes <= SESSION_ULI_MAX &&
		r->teid != 0;
}

static bool
is_of_earlier_life(const struct peer *peer, const struct session_record *r)
{
	return r->is_sgw_stale ||
		(r->has_sgw_recovery && peer->has_recovery && peer->recovery != r->sgw_recovery);
}

// Takes back the addresses that the session held. 0, or -1: the caller gives back what it got.
static int
restore_addresses(struct pgw *pgw, struct session *s)
{
	struct apn_address ipv4 = { .family = 4 }, ipv6 = { .family = 6 };

	s->pool = s->prefix_pool = APN_NO_POOL;
	memcpy(ipv4.bytes, s->ue_ipv4, sizeof(s->ue_ipv4));
	memcpy(ipv6.bytes, s->ue_ipv6_prefix, sizeof(s->ue_ipv6_prefix));
	if (session_has_ipv4(s)) {
		if (apn_restore_address(pgw->apns, s->apn, &ipv4) < 0)
			return -1;
		s->pool = ipv4.pool;
		s->flags |= ipv4.is_static ? SESSION_STATIC_ADDRESS : 0;
	}
	if (session_has_ipv6(s)) {
		if (apn_restore_address(pgw->apns, s->apn, &ipv6) < 0)
			return -1;
		s->prefix_pool = ipv6.pool;
		s->flags |= ipv6.is_static ? SESSION_STATIC_PREFIX : 0;
	}
	return 0;
}

// Takes back all that the session held: true, or false with the reason in s->end.
static bool
restore(struct pgw *pgw, struct session *s, const struct session_record *r)
{
	// The F-TEID's address needn't be one that datagrams may come from.
	struct peer *peer = peer_get_named(pgw->peers, &s->sgw_addr, &pgw->anyone, pgw_now_ms());
	int apn = apn_named(pgw->apns, r->apn);

	s->end = SESSION_END_CONFIGURATION;
	if (apn < 0 || !peer)
		return false;
	if (is_of_earlier_life(peer, r)) {
		s->end = SESSION_END_PEER_RESTARTED;
		return false;
	}
	s->apn = (uint16_t)apn;
	s->vrf = apn_vrf(pgw->apns, s->apn);
	if (restore_addresses(pgw, s) < 0 || sgw_join(pgw->sessions, s, peer, pgw_now_ms()) < 0) {
		session_give_addresses(pgw, s);
		return false;
	}
	restore_csids(pgw, s, r);
	session_index_add(pgw->sessions, s);
	session_set_state(pgw->sessions, s, SESSION_ACTIVE);
	return true;
}

static bool
read_record(struct session_record *r, const void *value, size_t n)
{
	if (n < SESSION_RECORD_MIN || n > sizeof(*r))
		return false;
	memset(r, 0, sizeof(*r));
	memcpy(r, value, n);
	return is_sane(r);
}

// It ended with the run before, or ends now: the dataplane sweeps what nobody claims.
static void
drop_loaded(struct loading *l, struct session *s, const struct session_record *r)
{
	struct pgw *pgw = l->pgw;

	if (r->is_closing)
		s->end = r->end;
	else if (s->end == SESSION_END_PEER_RESTARTED)
		pgw->counters.sessions_lost_peer++;
	else
		l->n_unfit++;
	s->ul_offset = r->ul_total;
	s->dl_offset = r->dl_total;
	session_usage_add(&s->ul_offset, &r->ul_bearers);
	session_usage_add(&s->dl_offset, &r->dl_bearers);
	s->flags |= SESSION_USAGE_PLAIN;
	s->queue_next = l->dropped;
	l->dropped = s->slot;
}

// Their bearers' last records come first.
static void
end_dropped(struct loading *l)
{
	struct pgw *pgw = l->pgw;

	while (l->dropped != SESSION_NONE) {
		struct session *s = session_slot(pgw->sessions, l->dropped);

		l->dropped = s->queue_next;
		record_ended(pgw, s);
		session_give(pgw->sessions, s);
		turn_touch(pgw, s);
	}
}

static void
note_instance(struct dp_sync *sync, uint64_t instance)
{
	sync->is_mixed |= sync->instance && sync->instance != instance;
	sync->instance = instance;
}

static int
load_session(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct loading *l = ctx;
	struct pgw *pgw = l->pgw;
	const uint8_t *k = key;
	struct session_record r;
	struct session *s;

	l->fault = "a session's row is damaged";
	if (key_n != sizeof(uint32_t) || !read_record(&r, value, n))
		return -EINVAL;
	s = session_take_at(pgw->sessions,
		(uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3],
		r.generation);
	if (!s) {
		l->n_unfit++;
		return 0;
	}
	s->flags |= SESSION_STORED;
	from_record(s, &r);
	if (r.is_closing || !restore(pgw, s, &r)) {
		drop_loaded(l, s, &r);
		return 0;
	}
	if (r.instance == 0)
		s->flags |= SESSION_USAGE_PLAIN;
	else
		note_instance(&pgw->sync, r.instance);
	if (r.is_clearing)
		delete_bearer_resume(pgw, s, (enum session_end)r.end, r.clear_cause);
	l->n++;
	return 0;
}

static int
load_peer(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct loading *l = ctx;
	struct peer_record r;

	l->fault = "a peer's row is damaged";
	if (n != sizeof(r))
		return -EINVAL;
	memcpy(&r, value, sizeof(r));
	peer_restore(l->pgw->peers, &r, pgw_now_ms());
	return 0;
}

static int
load_answer(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct loading *l = ctx;
	struct pgw *pgw = l->pgw;
	const uint8_t *bytes = (const uint8_t *)value + sizeof(struct answer_record);
	const struct gtpc_message_desc *desc;
	struct answer_record r;
	uint64_t now_ms = pgw_now_ms();
	struct gtpc_path to;
	struct peer *peer;
	bool is_reply;
	int why;

	l->fault = "a kept answer's row is damaged";
	if (n <= sizeof(r))
		return -EINVAL;
	memcpy(&r, value, sizeof(r));
	if (r.stored_ms > now_ms)
		return 0; // of another boot: no use
	n -= sizeof(r);
	desc = gtpc_message_find(r.xact.type);
	is_reply = desc->title && desc->kind == GTPC_KIND_COMMAND;
	if (is_reply) {
		if (n <= sizeof(to))
			return -EINVAL;
		memcpy(&to, bytes, sizeof(to));
		bytes += sizeof(to);
		n -= sizeof(to);
	}
	peer = peer_get(pgw->peers, &r.xact.path.peer.addr, now_ms, &why);
	if (peer &&
		xact_restore(gtpc_node_xact(pgw->node), &r.xact, is_reply ? &to : NULL, bytes, n,
			&peer->transactions, now_ms - r.stored_ms, now_ms) == 0)
		l->n_answers++;
	return 0;
}

int
session_store_load(struct pgw *pgw, char *why, size_t room)
{
	struct loading l = { .pgw = pgw, .dropped = SESSION_NONE };
	int ret = store_read(pgw->store, STORE_PEERS, load_peer, &l);

	if (ret == 0)
		ret = store_read(pgw->store, STORE_SESSIONS, load_session, &l);
	if (ret == 0)
		ret = bearer_store_load(pgw, &l.fault);
	if (ret == 0)
		end_dropped(&l);
	if (ret == 0)
		ret = store_read(pgw->store, STORE_ANSWERS, load_answer, &l);
	if (ret < 0) {
		snprintf(why, room, "session store: %s", ret == -EINVAL ? l.fault : strerror(-ret));
		return ret;
	}
	if (l.n || l.n_unfit)
		log_notice("%u sessions of the run before are kept, %u answers", l.n, l.n_answers);
	if (l.n_unfit) {
		pgw->counters.sessions_cleared += l.n_unfit;
		log_warning(
			"%u sessions no longer fit the configuration and are dropped", l.n_unfit);
	}
	return 0;
}

struct reloading {
	struct pgw *pgw;
	uint64_t instance; // that is attached
};

static int
reload_usage(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	const struct reloading *l = ctx;
	struct pgw *pgw = l->pgw;
	const uint8_t *k = key;
	struct session_record r;
	struct session *s;

	if (key_n != sizeof(uint32_t) || !read_record(&r, value, n) || r.instance == l->instance)
		return 0;
	s = session_of(pgw->sessions,
		(uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3],
		r.generation);
	if (!s || s->flags & SESSION_USAGE_PLAIN)
		return 0;
	s->ul_offset = r.ul_total;
	s->dl_offset = r.dl_total;
	s->flags |= SESSION_USAGE_PLAIN;
	return 0;
}

void
session_store_reload_usage(struct pgw *pgw, uint64_t instance)
{
	struct reloading l = { pgw, instance };
	int ret = store_read(pgw->store, STORE_SESSIONS, reload_usage, &l);

	if (ret == 0)
		ret = bearer_store_reload_usage(pgw);
	if (ret < 0)
		log_error("usage of the time before the dataplane's restart: %s", strerror(-ret));
}
