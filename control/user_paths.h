// SPDX-License-Identifier: BSD-3-Clause
// GTP-U paths: an Echo Request to each SGW-U that has sessions, or dedicated bearers of one, and what became of it. TS 29.281 7.2.
// Which SGW-Us have sessions is found by walking through the table of sessions, a part at a time, so
// that no procedure has to tell. A path that is down is reported and nothing more (TS 23.007 20.3.4).
#pragma once

#include "control/gtpc/gtpc_addr.h"

#include <stdbool.h>
#include <stdint.h>

struct bearer_table;
struct ctl_config;
struct event_base;
struct session_table;
struct user_paths;

struct user_path {
	struct gtpc_addr peer, local; // of the SGW-U, and ours that its sessions use
	uint32_t n_sessions;          // at the latest walk
	uint32_t n_counted;           // in the walk that is under way
	uint32_t last_counted;        // 1 + slot of the latest of them
	uint32_t n_tries;             // of the request that is under way, 0: none is
	uint16_t sequence;            // of it
	bool is_down;                 // not answered N3 times
	uint64_t due_ms;              // when to send next
	uint64_t heard_ms;            // latest answer, 0: none yet
	uint64_t n_sent, n_answered;  // requests, repetitions included, and answers
};

// NULL: no memory. Both stay valid as long as the paths.
struct user_paths *user_paths_new(struct event_base *base, const struct ctl_config *config,
	const struct session_table *sessions, const struct bearer_table *bearers);
void user_paths_free(struct user_paths *p); // NULL is fine

// The n-th path, NULL from their number on. NULL paths: there is none.
const struct user_path *user_path_at(const struct user_paths *p, uint32_t n);
