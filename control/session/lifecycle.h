// SPDX-License-Identifier: BSD-3-Clause
// How a session ends, and what it has used.
#pragma once

#include "control/session/session.h"

#include <stdint.h>

struct dedicated;
struct pgw;

// Nobody finds the session any more and the dataplane is told. Its slot, TEID and address come back
// when that has answered. Procedures that wait for it are answered with `cause`.
void session_close(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause);

// The dataplane has nothing of it (any more): gives back slot, TEID and address.
void session_release(struct pgw *pgw, struct session *s);

// Its address of a family (4 or 6) goes over to another session of the same SIM: it isn't given back,
// and is no longer found by it.
void session_disown_address(struct pgw *pgw, struct session *s, uint8_t family);

// Its addresses go back to their pools, but for disowned ones.
void session_give_addresses(struct pgw *pgw, struct session *s);

// From the session's start until now, all its bearers together.
void session_usage_now(const struct pgw *pgw, const struct session *s, struct session_usage *ul,
	struct session_usage *dl);
// Of its default bearer alone.
void session_own_usage_now(const struct pgw *pgw, const struct session *s, struct session_usage *ul,
	struct session_usage *dl);
// Of its dedicated ones.
void session_bearers_usage_now(const struct pgw *pgw, const struct session *s,
	struct session_usage *ul, struct session_usage *dl);
// One more of them.
void session_usage_add(struct session_usage *u, const struct session_usage *more);
// The lines of a dedicated bearer's slot begin to count for it.
void bearer_usage_begin(const struct pgw *pgw, const struct session *s, struct dedicated *b);
// The usage lines of its slot begin to count for it, if they don't yet.
void session_usage_begin(struct pgw *pgw, struct session *s);
// It goes on in a new instance, whose lines count for it from their beginning: nobody else had its slot.
void session_usage_resume(struct pgw *pgw, struct session *s);
// The instance goes away: what its lines say is kept, for all sessions.
void session_usage_harvest(struct pgw *pgw);

// The first look at its counters.
void session_sample_begin(const struct pgw *pgw, struct session *s);
// Bits per second between an earlier look and now.
void session_rates(const struct pgw *pgw, const struct session *s, float *ul_bps, float *dl_bps,
	uint32_t *over_ms);
// Looks at some sessions, each at intervals of some seconds.
void session_sample_some(struct pgw *pgw, uint64_t now_ms);
