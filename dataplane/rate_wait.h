// SPDX-License-Identifier: BSD-3-Clause
// Packets over their session's AMBR that wait, for a short time, until its token bucket can pay for
// them, instead of being dropped at once. A bucket may be in debt for that long; what it owes says
// when the packet goes, so that the session's packets keep their order without a queue of their own.
// TCP over a short round trip, whose window is then hardly more than a packet, needs this to reach the
// rate; and packets that come in bursts are smoothed. Dedicated bearers are only policed.
//
// Each worker has a wheel of ticks of about a millisecond, at most RATE_WAIT_MAX packets in it.
#pragma once

#include "dataplane/include/dp_counters.h"

#include <rte_mbuf.h>

#include <stdbool.h>
#include <stdint.h>

#define RATE_WAIT_TICKS 256   // a power of two
#define RATE_WAIT_MAX 4096    // packets of a worker
#define RATE_WAIT_LEAST 12000 // bytes that a slow session may have waiting if its bucket is as deep

struct batch;
struct dp_usage;
struct session;
struct worker;

enum rate_wait_kind { RATE_WAIT_UL, RATE_WAIT_DL, RATE_WAIT_UL6, RATE_WAIT_DL6, RATE_WAIT_KINDS };

struct rate_waiting {
	struct rte_mbuf *pkt;
	uint32_t line; // into worker.sessions
	uint32_t generation;
	uint32_t next; // the next one of the tick, or free
	uint16_t l3, len;
	uint8_t kind; // enum rate_wait_kind
};

struct rate_wait {
	uint32_t n; // packets that wait
	uint32_t free;
	uint64_t tick; // the first one that may hold packets
	uint64_t most; // TSC cycles that a bucket may owe, 0: packets don't wait
	uint8_t shift; // a tick is 1 << shift TSC cycles
	struct rate_waiting *entry;
	struct {
		uint32_t first, last;
	} slot[RATE_WAIT_TICKS];
};

// ms: how long a packet waits at most, 0: never; slow sessions' somewhat longer, see RATE_WAIT_LEAST.
// max: packets at once. 0 or -ENOMEM.
int rate_wait_new(struct rate_wait *r, uint32_t ms, uint32_t max, uint64_t tsc_hz, int socket);
void rate_wait_free(struct rate_wait *r);

// Charges the session's bucket in u, the session's own or a copy of it, for a packet that it has no
// room for. The TSC cycles after which that is paid; 0: nothing is charged and the packet isn't to
// wait. why: what bearers_settle() said of the packet.
uint64_t rate_wait_owe(const struct worker *w, const struct session *s, struct dp_usage *u,
	bool is_ul, uint16_t len, enum dp_drop why);

// Keeps packet i of the batch, which may not pass for this reason, if it is to wait: true.
bool rate_wait_hold(struct worker *w, const struct batch *b, uint16_t i, uint16_t len,
	enum rate_wait_kind kind, enum dp_drop why);

// Sends those whose time has come, ahead of all that this turn receives. Cheap when none waits.
void rate_wait_run(struct worker *w);
