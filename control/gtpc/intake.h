// SPDX-License-Identifier: BSD-3-Clause
// Between sockets and node: Create Session Requests wait here in a bounded queue, all else goes straight
// on. So a storm of devices that attach costs no partner its Echo, and none of those that are attached
// their Delete or Modify; and what has waited for too long is dropped before it costs anything, since
// its sender repeats it. TS 29.274 12.3.9 leaves the means to the node.
#pragma once

#include "control/gtpc/gtpc_addr.h"
#include "control/gtpc/gtpc_counters.h"
#include "control/gtpc/xact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intake_config {
	uint32_t waiting_max; // requests
	size_t bytes_max;     // of all of them
	uint32_t age_max_ms;
	uint32_t close_at; // waiting requests from which no more are wanted, 0: never
	struct gtpc_counters *counters;
	void *user;
	xact_send_fn deliver; // a datagram to the node; the bytes are good during the call
};

struct intake;

// NULL: no memory.
struct intake *intake_new(const struct intake_config *config);
void intake_free(struct intake *in);

// A datagram from the socket: delivered now, put into the queue, or dropped and counted.
void intake_put(struct intake *in, const struct gtpc_path *path, const uint8_t *bytes, size_t n,
	uint64_t now_ms);

// Delivers up to `budget` of those that wait, the oldest first. How many wait still.
uint32_t intake_serve(struct intake *in, unsigned int budget, uint64_t now_ms);

uint32_t intake_waiting(const struct intake *in);

// No more are wanted: so many wait that they last for a while. From `close_at` on, until fewer than half
// of that wait.
bool intake_is_closed(struct intake *in);
