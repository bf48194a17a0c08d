// SPDX-License-Identifier: BSD-3-Clause
// Sessions, peers and kept answers as rows of the store, and back at start.
#pragma once

#include "control/gtpc/xact.h"
#include "control/session/session.h"

#include <stddef.h>
#include <stdint.h>

struct pgw;
struct procedure;

// Writes the row of a slot, or deletes it, into the open transaction; and its SGW's if that is new.
void session_store_write(struct pgw *pgw, uint32_t slot);
// The commit of these was a success.
void session_store_written(struct pgw *pgw, const uint32_t *slots, uint32_t n);
// An answer of a procedure that had an effect, in the transaction of that effect.
void session_store_answer(struct pgw *pgw, struct procedure *p);
// The request of ours that is the reply to a Command, with where it goes. *number: its own in the store, 0
// before the first time.
void session_store_reply(struct pgw *pgw, uint64_t command, const struct gtpc_path *to,
	const uint8_t *bytes, size_t n, uint64_t *number);
// Kept answers that no peer asks for any more go.
void session_store_expire_answers(struct pgw *pgw, uint64_t now_ms);

// Everything of the run before: 0, or -errno with one line in `why`. Sessions that don't fit the
// configuration any more are left out, which is logged.
int session_store_load(struct pgw *pgw, char *why, size_t room);

// Not all rows' counters are for the lines of this instance of the dataplane: takes of the others the
// totals that were true when each row was written.
void session_store_reload_usage(struct pgw *pgw, uint64_t instance);
