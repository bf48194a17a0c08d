// SPDX-License-Identifier: BSD-3-Clause
// Many sessions that are to end: at an operator's word, because their SGW restarted (TS 23.007 18),
// or because its path is down. Paced, so that neither the loop nor the SGWs drown.
#pragma once

#include "control/gtpc/gtpc_addr.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event;
struct peer;
struct pgw;
struct session;

// Which sessions; all that are given must fit.
struct clear_filter {
	bool has_apn;
	uint16_t apn; // index
	bool has_sgw;
	struct gtpc_addr sgw; // of the control plane
};

struct clear_job {
	STAILQ_ENTRY(clear_job) next;
	struct clear_filter filter;
	uint8_t cause;
	uint32_t slot; // that is looked at next
	uint32_t n;    // begun so far
};

struct clear_jobs {
	STAILQ_HEAD(, clear_job) jobs; // first is worked on
	uint32_t n_jobs;
	struct event *timer;
};

// 0 or -ENOMEM.
int clear_open(struct pgw *pgw);
void clear_close(struct pgw *pgw);

// Ends them with a Delete Bearer Request each, with `cause`: 0, -ENOMEM, -EBUSY: too many jobs.
int clear_begin(struct pgw *pgw, const struct clear_filter *filter, uint8_t cause);

// Sessions that fit now.
uint32_t clear_count(const struct pgw *pgw, const struct clear_filter *filter);

// Events of peers.
void clear_peer_restarted(struct pgw *pgw, const struct peer *peer);
void clear_path_down(struct pgw *pgw, const struct peer *peer);
void clear_path_up(struct pgw *pgw, const struct peer *peer);

// Once a second: paths that have been down for too long.
void clear_tick(struct pgw *pgw, uint64_t now_ms);
