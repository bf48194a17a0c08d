// SPDX-License-Identifier: BSD-3-Clause
// A turn of the event loop: all that its events changed is stored in one transaction, and only then
// their answers leave.
#pragma once

#include "control/session/procedure.h"

#include <stdbool.h>
#include <stdint.h>

#define TURN_BEARER 0x80000000U // with a dedicated bearer's slot in turn.dirty

struct event;
struct pgw;
struct session;

struct turn {
	struct event *end;
	struct event *retry;
	bool is_scheduled;
	bool is_failing; // the store didn't take the last turn
	uint32_t *dirty; // slots to be written, of sessions or with TURN_BEARER
	uint32_t n_dirty, dirty_room;
	struct procedure_list answers; // to be sent
	uint32_t n_answers;
};

// 0 or -ENOMEM.
int turn_open(struct pgw *pgw);
void turn_close(struct pgw *pgw);

// The answer leaves at the end of the turn, after the store has all that the turn changed.
void turn_answer(struct pgw *pgw, struct procedure *p);
// The session's row in the store is to be written or deleted.
void turn_touch(struct pgw *pgw, struct session *s);
// The same by its number in turn.dirty; the caller sees to it that it is there once. False: no memory.
bool turn_note(struct pgw *pgw, uint32_t number);
// Something is to be done at the end of the turn (store, flush, timers).
void turn_schedule(struct pgw *pgw);

// False while the store takes nothing: what would have to be stored is to be refused.
bool turn_can_store(const struct pgw *pgw);

// The end of the turn, now: for the end of the process.
void turn_finish(struct pgw *pgw);
