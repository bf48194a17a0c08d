// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/load.h"

#include "control/session/pgw.h"

#include <string.h>
#include <time.h>

#define LOAD_STEP 5       // percent; smaller changes aren't told
#define REDUCTION_FALL 10 // percent a second, when refusals cease
#define REDUCTION_MAX 90  // some requests must come, or nobody learns that it is over

static bool
is_listed(const struct gtpc_plmn *plmns, size_t n, const struct gtpc_plmn *plmn)
{
	for (size_t i = 0; plmn && i < n; i++)
		if (memcmp(&plmns[i], plmn, sizeof(*plmn)) == 0)
			return true;
	return false;
}

// ---- Our own.

static uint32_t
percent(uint64_t part, uint64_t whole)
{
	uint64_t p = whole ? part * 100 / whole : 0;

	return p < 100 ? (uint32_t)p : 100;
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

// 12.2.5.1.2.1 and 12.3.5.1.2.1: a greater number is the newer one, over restarts too.
static uint32_t
next_sequence(uint32_t last)
{
	uint32_t now = (uint32_t)time(NULL);

	return now > last ? now : last + 1;
}

static void
look_at_load(struct pgw *pgw)
{
	struct load *l = &pgw->load;
	struct session_counts n;
	uint32_t now, change;

	session_table_count(pgw->sessions, &n);
	now = percent(n.active + n.creating, session_table_limit_now(pgw->sessions));
	now = larger(now, percent(pgw->procedures.n_waiting, pgw->config->procedures_max));
	now = larger(now, percent(pgw->create_limit.used, pgw->config->creates_per_s));
	change = now > l->percent ? now - l->percent : l->percent - now;
	if (l->load_sequence && change < LOAD_STEP)
		return;
	l->percent = (uint8_t)now;
	l->load_sequence = next_sequence(l->load_sequence);
}

// What the dataplane has dropped at its ports since the last look, for want of a place in our queue.
static uint64_t
surplus_since(struct pgw *pgw)
{
	struct dp_header *h = dpclient_header(pgw->dp);
	struct load *l = &pgw->load;
	uint64_t now, before = l->seen_surplus;

	if (!h)
		return 0;
	now = drop_count(h, DP_DROP_CREATE_SURPLUS);
	if (h->instance != l->seen_instance)
		before = now;
	l->seen_instance = h->instance;
	l->seen_surplus = now;
	return now - before;
}

static void
look_at_overload(struct pgw *pgw)
{
	const struct gtpc_counters *n = gtpc_node_counters(pgw->node);
	struct load *l = &pgw->load;
	uint64_t refused = pgw->counters.overload_refused + n->n[GTPC_COUNT_CREATE_QUEUE_FULL] +
		n->n[GTPC_COUNT_CREATE_WAITED_LONG];
	uint64_t asked = refused + pgw->counters.sessions_created;
	uint64_t surplus = surplus_since(pgw);
	uint32_t now =
		percent(refused - l->seen_refused + surplus, asked - l->seen_asked + surplus);

	l->seen_refused = refused;
	l->seen_asked = asked;
	if (now > REDUCTION_MAX)
		now = REDUCTION_MAX;
	if (l->reduction > REDUCTION_FALL)
		now = larger(now, l->reduction - REDUCTION_FALL);
	if (now == l->reduction)
		return;
	l->reduction = (uint8_t)now;
	l->overload_sequence = next_sequence(l->overload_sequence);
}

void
load_tick(struct pgw *pgw, uint64_t now_ms)
{
	look_at_load(pgw);
	look_at_overload(pgw);
	if (pgw->load.reduction)
		pgw->load.told_until_ms = now_ms + pgw->config->overload_validity_s * 1000ULL;
}

// ---- To others.

struct places {
	bool *has_load;
	struct gtpc_load *load;
	bool *has_overload;
	struct gtpc_overload *overload;
};

#define PLACES(member)                                                                             \
	((struct places){ &m->member.has_pgw_node_load, &m->member.pgw_node_load,                  \
		&m->member.has_pgw_overload, &m->member.pgw_overload })

// 12.2.6 and 12.3.6: the messages of a PGW that may hold it.
static struct places
find_places(struct gtpc_message *m)
{
	switch (m->header.type) {
	case GTPC_MSG_CREATE_SESSION_RSP:
		return PLACES(create_session_rsp);
	case GTPC_MSG_MODIFY_BEARER_RSP:
		return PLACES(modify_bearer_rsp);
	case GTPC_MSG_DELETE_SESSION_RSP:
		return PLACES(delete_session_rsp);
	case GTPC_MSG_CREATE_BEARER_REQ:
		return PLACES(create_bearer_req);
	case GTPC_MSG_UPDATE_BEARER_REQ:
		return PLACES(update_bearer_req);
	case GTPC_MSG_DELETE_BEARER_REQ:
		return PLACES(delete_bearer_req);
	default:
		return (struct places){ 0 };
	}
}

void
load_tell(struct pgw *pgw, const struct gtpc_plmn *plmn, struct gtpc_message *m)
{
	const struct ctl_config *c = pgw->config;
	const struct load *l = &pgw->load;
	struct places p = find_places(m);

	if (!p.load)
		return;
	if (l->load_sequence && is_listed(c->load_plmns, c->n_load_plmns, plmn)) {
		*p.has_load = true;
		*p.load = (struct gtpc_load){ .sequence = l->load_sequence, .load = l->percent };
	}
	// When it is over, that is told for as long as the last word would have held.
	if (pgw_now_ms() < l->told_until_ms &&
		is_listed(c->overload_plmns, c->n_overload_plmns, plmn)) {
		*p.has_overload = true;
		*p.overload = (struct gtpc_overload){
			.sequence = l->overload_sequence,
			.reduction = l->reduction,
			.validity = gtpc_epc_timer_make(c->overload_validity_s),
		};
	}
}

// ---- From others.

void
load_heard(struct pgw *pgw, struct sgw *sgw, const struct gtpc_plmn *plmn,
	const struct gtpc_overload *overload)
{
	const struct ctl_config *c = pgw->config;
	struct load_of_sgw *l;

	if (!overload || !sgw || overload->reduction > 100 ||
		!is_listed(c->overload_plmns, c->n_overload_plmns, plmn))
		return;
	l = &sgw->load;
	// 12.3.5.1.2.1: an older number is a message that was overtaken
	if (l->is_known && (int32_t)(overload->sequence - l->sequence) < 0)
		return;
	l->is_known = true;
	l->sequence = overload->sequence;
	l->reduction = overload->reduction;
	l->until_ms = pgw_now_ms() + gtpc_epc_timer_seconds(&overload->validity) * 1000ULL;
	pgw->counters.overload_heard++;
}

bool
load_permits(struct sgw *sgw, uint64_t now_ms)
{
	struct load_of_sgw *l = &sgw->load;
	unsigned int credit;

	if (now_ms >= l->until_ms)
		return true;
	credit = l->credit + 100u - l->reduction;
	l->credit = (uint8_t)(credit % 100);
	return credit >= 100;
}
