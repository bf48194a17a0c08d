// SPDX-License-Identifier: BSD-3-Clause
// The link to the dataplane: finds its shared file, attaches (dp_shm.h says how), carries requests
// and replies, and starts again when the dataplane does. One per process; everything on the loop.
#pragma once

#include "dataplane/include/dp_shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct dpclient;

enum dpclient_state {
	DPCLIENT_WAITING,   // no dataplane, or one that can't be used: dpclient_reason() says why
	DPCLIENT_ATTACHING, // its workers haven't all answered yet
	DPCLIENT_READY,
};

// What the owner is told. None of them may call dpclient_free().
struct dpclient_events {
	// Requests may be made.
	void (*ready)(void *ctx);
	// The instance is gone. The header is mapped for the last time: usage may be read. The
	// callbacks of requests without a reply follow with -ENODEV.
	void (*gone)(void *ctx);
	// A request was refused for lack of room (-EAGAIN); there is room again.
	void (*room)(void *ctx, unsigned int worker);
	void (*error_indication)(void *ctx, const struct dp_error_indication *e);
};

// The reply to a request: result as in dp_reply, or -ENODEV. count: of a sweep or a put.
typedef void (*dpclient_done)(void *ctx, uint64_t token, int result, uint32_t count);

struct dpclient_counts {
	uint64_t requests, replies;
	uint64_t no_room;    // requests that had to wait
	uint64_t unexpected; // replies to nothing
	uint64_t attaches;
};

// run_dir: where the dataplane's socket and file are. NULL: no memory. Connects from the loop.
struct dpclient *dpclient_new(struct event_base *base, const char *run_dir,
	const struct dpclient_events *events, void *ctx);
// Sessions stay in the dataplane. No callback is called any more.
void dpclient_free(struct dpclient *d);

enum dpclient_state dpclient_state(const struct dpclient *d);
// One line for people: "no dataplane at /run/torii/dataplane.sock".
const char *dpclient_reason(const struct dpclient *d);

// The mapped header, NULL unless ready (or in the `gone` callback).
struct dp_header *dpclient_header(const struct dpclient *d);

// Each makes one request to one worker: 0 and `done` will be called once with `token`; -EAGAIN: no
// room, wait for `room`; -ENODEV: not ready.
int dpclient_put(
	struct dpclient *d, const struct dp_session *session, dpclient_done done, uint64_t token);
int dpclient_delete(struct dpclient *d, unsigned int worker, const struct dp_session_ref *ref,
	dpclient_done done, uint64_t token);
int dpclient_alias(struct dpclient *d, unsigned int worker, bool is_put,
	const struct dp_alias *alias, dpclient_done done, uint64_t token);
int dpclient_profile(struct dpclient *d, unsigned int worker, const struct dp_profile *profile,
	dpclient_done done, uint64_t token);
int dpclient_sweep(struct dpclient *d, unsigned int worker, dpclient_done done, uint64_t token);

// Asks a worker what would become of a packet: as dpclient_put, or -EBUSY while another question is
// open. The answer may be read in `done`.
int dpclient_explain(struct dpclient *d, unsigned int worker, const struct dp_explain *question,
	dpclient_done done, uint64_t token);
const struct dp_explanation *dpclient_explanation(const struct dpclient *d, unsigned int worker);

// Has the dataplane drop Create Session Requests for so long from now on; 0: no longer. Nothing while
// there is no dataplane.
void dpclient_close_creates(struct dpclient *d, uint32_t ms);

// ---- Copies of traced packets; also in the `gone` callback.

// How much of each packet is to be copied, 0: nothing.
void dpclient_trace_snap(struct dpclient *d, uint32_t bytes);
// Takes the oldest copy of all workers. False: there is none.
bool dpclient_trace_take(struct dpclient *d, struct dp_trace_record *copy);
// Packets that weren't copied for lack of room, since the attach.
uint64_t dpclient_trace_lost(const struct dpclient *d);

// How long ago a time of the instance's clock was, and that time in nanoseconds since 1970.
uint64_t dpclient_age_ns(const struct dpclient *d, uint64_t tsc);
uint64_t dpclient_unix_ns(const struct dpclient *d, uint64_t tsc);

// The owner of a shard. Only when ready.
unsigned int dpclient_worker(const struct dpclient *d, uint8_t shard);

// The usage lines of a slot; NULL if the file has no such slot or isn't mapped, or there is no d.
const struct dp_slot_usage *dpclient_usage(const struct dpclient *d, uint32_t slot);

// Of a dedicated bearer's slot.
const struct dp_slot_usage *dpclient_bearer_usage(const struct dpclient *d, uint32_t slot);

// A consistent copy of the routing mirror: 0, -ENODEV, -EAGAIN: it changes too fast.
int dpclient_mirror(const struct dpclient *d, struct dp_mirror *copy);

// How many requests and replies wait in a worker's rings. Only when ready.
void dpclient_ring_use(
	const struct dpclient *d, unsigned int worker, uint32_t *requests, uint32_t *replies);

// Milliseconds since the worker's latest poll.
uint64_t dpclient_worker_idle_ms(const struct dpclient *d, unsigned int worker);

void dpclient_count(const struct dpclient *d, struct dpclient_counts *counts);
