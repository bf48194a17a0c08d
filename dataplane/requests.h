// SPDX-License-Identifier: BSD-3-Clause
// A worker's side of the rings to control: takes wanted state, answers, reports events.
#pragma once

#include "dataplane/include/dp_shm.h"

struct worker;

// The sweep in progress, if any.
struct sweep {
	bool running;
	uint32_t id;   // of the request
	uint32_t at;   // next entry of the table
	uint8_t table; // of struct session_tables, in order
	uint32_t n_deleted;
};

// One turn: attach, a bounded number of requests, a sweep's next step. Returns requests taken.
unsigned int requests_run(struct worker *w);

// Reports an event; lost (and counted) if the ring is full.
void requests_event(struct worker *w, struct dp_reply *event);
