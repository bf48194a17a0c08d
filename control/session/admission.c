// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/admission.h"

#include "control/gtpc/siphash.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SIM_WINDOW_MS 10000
#define CLOCK_TRUST_MS 60000       // a time stamp that is farther ahead is of a wrong clock
#define UNIX_EPOCH_S 2208988800ULL // in the seconds since 1900 of 8.119

int
admission_open(struct pgw *pgw)
{
	struct admission *a = &pgw->admission;

	a->sims = calloc(ADMISSION_SIMS, sizeof(*a->sims));
	if (!a->sims || getrandom(a->hash_key, sizeof(a->hash_key), 0) < 0)
		return -ENOMEM;
	return 0;
}

void
admission_close(struct pgw *pgw)
{
	free(pgw->admission.sims);
}

// ---- What the gateway, a peer and a SIM may ask for.

static bool
is_within_peer_rate(const struct gtpc_rx *rx)
{
	const struct ctl_peer *policy = rx->source->rule->policy;

	return !policy || rate_limit_take(&rx->peer->creates, policy->creates_per_s, rx->now_ms);
}

static bool
is_within_sim_rate(struct pgw *pgw, const struct create_session_req *req, uint64_t now_ms)
{
	struct admission *a = &pgw->admission;
	uint16_t window = (uint16_t)(now_ms / SIM_WINDOW_MS);
	struct admission_sim *sim;
	uint64_t hash;

	if (pgw->config->creates_per_sim == 0 || !req->has_imsi)
		return true;
	hash = siphash(a->hash_key, req->imsi.text, strlen(req->imsi.text));
	sim = &a->sims[hash % ADMISSION_SIMS];
	if (sim->tag != hash >> 32 || sim->window != window)
		*sim = (struct admission_sim){ .tag = (uint32_t)(hash >> 32), .window = window };
	if (sim->used >= pgw->config->creates_per_sim)
		return false;
	sim->used++;
	return true;
}

uint8_t
admission_check(struct pgw *pgw, const struct gtpc_rx *rx, const struct create_session_req *req)
{
	if (!is_within_sim_rate(pgw, req, rx->now_ms)) {
		pgw->counters.sim_rate_refused++;
		return GTPC_CAUSE_NO_RESOURCES;
	}
	// The peer's first, so that what it is refused isn't taken from the others.
	if (turn_can_store(pgw) && is_within_peer_rate(rx) &&
		rate_limit_take(&pgw->create_limit, pgw->config->creates_per_s, rx->now_ms))
		return 0;
	pgw->counters.overload_refused++;
	return GTPC_CAUSE_NO_RESOURCES;
}

// ---- What an APN takes. Devices with low access priority are turned away first.

static bool
is_low_priority(const struct create_session_req *req)
{
	return req->has_signalling_priority && req->signalling_priority & GTPC_LOW_PRIORITY;
}

// The share of a limit that a device may fill.
static uint32_t
share(const struct ctl_apn *apn, uint32_t limit, const struct create_session_req *req)
{
	uint64_t part = limit;

	if (is_low_priority(req))
		part = part * apn->low_priority_percent / 100;
	return (uint32_t)part;
}

uint8_t
admission_check_apn(
	struct pgw *pgw, uint16_t index, const struct create_session_req *req, uint64_t now_ms)
{
	const struct ctl_apn *apn = apn_at(pgw->apns, index);
	struct rate_limit *limit = &pgw->apn_limits[index];
	bool is_full = apn->sessions_max &&
		session_table_apn_count(pgw->sessions, index) >= share(apn, apn->sessions_max, req);
	bool is_busy = apn->creates_per_s && limit->second == now_ms / 1000 &&
		limit->used >= share(apn, apn->creates_per_s, req);

	if (!is_full && !is_busy && rate_limit_take(limit, apn->creates_per_s, now_ms))
		return 0;
	pgw->counters.apn_congestion_refused++;
	return GTPC_CAUSE_APN_CONGESTION;
}

// ---- TS 29.274 clause 13.

// Milliseconds since 1900, as the wire has them.
static uint64_t
wire_time_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec + UNIX_EPOCH_S) * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint8_t
admission_check_time(
	struct pgw *pgw, const struct gtpc_rx *rx, const struct create_session_req *req)
{
	const struct ctl_peer *policy = rx->source->rule->policy;
	uint64_t now_ms = wire_time_ms();
	const struct session *old;

	if (!policy || !policy->has_clock || !req->has_origination_time ||
		req->origination_time > now_ms + CLOCK_TRUST_MS)
		return 0;
	old = req->has_imsi ? session_find_ebi(pgw->sessions, req->imsi.text, req->bearers[0].ebi)
			    : NULL;
	if (old && old->origination_ms > req->origination_time)
		return GTPC_CAUSE_LATE_OVERLAPPING; // 13.2.2
	if (req->has_max_wait_ms && req->max_wait_ms <= UINT32_MAX &&
		req->origination_time + req->max_wait_ms < now_ms)
		return GTPC_CAUSE_TIMED_OUT; // 13.3.3
	return 0;
}
