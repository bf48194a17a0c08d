// SPDX-License-Identifier: BSD-3-Clause
// A session's dedicated bearers on their way to the dataplane, to the store, and out of both.
#pragma once

#include "control/session/bearer.h"

#include <stdint.h>

struct dp_session;
struct pgw;

// Writes what the session wants into the shared file and names it in `d`, which is filled otherwise.
// Tunnels that move get their End Marker by this put.
void bearer_sync_fill(struct pgw *pgw, struct session *s, struct dp_session *d);
// That put is on its way.
void bearer_sync_sent(struct pgw *pgw, struct session *s);
// The dataplane has done all up to s->done. refused: bits of what it couldn't take, if that is all
// that the session wants now.
void bearer_sync_done(struct pgw *pgw, struct session *s, uint32_t refused);

// A new bearer with its TEID and charging id, whose tunnel is the default bearer's until it has one:
// NULL: no room. The caller puts the session.
struct dedicated *bearer_begin(struct pgw *pgw, struct session *s);
// It ends: what it has used is its session's. The caller puts the session.
void bearer_end(struct pgw *pgw, struct session *s, struct dedicated *b, enum bearer_end end);
// The session ends: all at once.
void bearers_release(struct pgw *pgw, struct session *s);

// Its row in the store is to be written or deleted.
void bearer_touch(struct pgw *pgw, struct dedicated *b);

// From its start until now.
void bearer_usage_now(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	struct session_usage *ul, struct session_usage *dl);
