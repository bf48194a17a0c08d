// SPDX-License-Identifier: BSD-3-Clause
// Dedicated bearers. Each has a session line and usage lines of its own, behind those of the
// sessions, so that the packet path treats it as it treats a session: its TEID leads to that line,
// and downlink the session's packet filters do. A session without filters knows nothing of it.
#pragma once

#include "dataplane/filters.h"
#include "dataplane/include/dp_shm.h"

#include <stdbool.h>

struct session;
struct worker;

// Of a session that has dedicated bearers.
struct session_bearers {
	struct filters filters;
	uint32_t line
		[DP_DEDICATED_MAX]; // into worker.sessions; the session's own: it couldn't be had
	uint32_t n;
};

// A worker's, taken from as its sessions get dedicated bearers. Memory comes as it is used.
struct bearer_pool {
	struct session_bearers *block;
	uint32_t *free;
	uint32_t n, n_free;
};

// n: sessions with dedicated bearers at once. 0 or -ENOMEM.
int bearer_pool_new(struct bearer_pool *p, uint32_t n, int socket);
void bearer_pool_free(struct bearer_pool *p);

// What control wants of a session's bearers: 0, -EAGAIN (being written, another put follows) or
// -EINVAL.
int bearers_read(const struct worker *w, const struct dp_session *want, struct dp_bearers *to);

// Makes the bearers of the session line `s`, which is up to date, what was read; NULL: none. Returns
// a bit for each bearer that can't be had.
uint32_t bearers_put(struct worker *w, struct session *s, const struct dp_addr *local,
	const struct dp_bearers *want);

// The session that a line belongs to, which may be its own.
struct session *bearers_session(const struct worker *w, const struct session *line);

// The line for a downlink packet of a session with filters: a bearer's, or the session's own.
struct session *bearers_choose(
	const struct worker *w, struct session *s, const uint8_t *ip, uint32_t n);

// What a line's judge said, once the session's AMBR is asked where it counts, and with the right name
// where it was a dedicated bearer's own rate.
enum dp_drop bearers_settle(const struct worker *w, const struct session *line, bool is_ul,
	uint16_t len, enum dp_drop why);

// The same. of: a copy of the session's usage in that direction, which is written instead.
enum dp_drop bearers_settle_copy(const struct worker *w, const struct session *line,
	struct dp_usage *of, bool is_ul, uint16_t len, enum dp_drop why);
