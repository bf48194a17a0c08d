// SPDX-License-Identifier: BSD-3-Clause
// A dataplane for tests: the same shared file, rings, socket and doorbell, workers played by one
// thread, no packets. Sessions are kept as put.
#pragma once

#include "dataplane/include/dp_shm.h"

#include <stdbool.h>
#include <stdint.h>

struct fake_dataplane;

struct fake_config {
	const char *run_dir;
	unsigned int n_workers; // 0: 2
	uint32_t sessions_max;  // 0: 1024
	uint32_t bearers_max;   // 0: 256
	uint32_t ring_elems;    // 0: 256
	uint32_t version;       // 0: the right one
	const char *vrf;        // NULL: "internet"
	bool has_ipv6;          // fd00:10::1 for GTP-U beside 10.10.0.1
};

struct fake_counts {
	uint64_t puts, deletes, sweeps, end_markers;
	uint32_t sessions;
	uint32_t aliases;
	uint32_t profiles; // put, over all workers
};

struct fake_dataplane *fake_start(const struct fake_config *config);
// The instance is gone, as if killed; the file stays.
void fake_stop(struct fake_dataplane *f);

// While held, requests stay in the rings.
void fake_hold(struct fake_dataplane *f, bool is_held);
// Answers the next n puts with this result instead of taking them.
void fake_refuse_puts(struct fake_dataplane *f, int result, unsigned int n);

struct fake_counts fake_count(struct fake_dataplane *f);
// The session with that TEID, false: none.
bool fake_find(struct fake_dataplane *f, uint32_t teid, struct dp_session *out);
// The dedicated bearers of the session with that TEID as of its last put; false: none.
bool fake_find_bearers(struct fake_dataplane *f, uint32_t teid, struct dp_bearers *out);
// The next put with bearers can't have those whose bits are set.
void fake_refuse_bearers(struct fake_dataplane *f, uint32_t bits);
// The alias for a /64: the worker that has it, and it; false: none.
bool fake_find_alias(struct fake_dataplane *f, const uint8_t prefix[8], unsigned int *worker,
	struct dp_alias *out);
// The worker of a shard.
unsigned int fake_worker(const struct fake_dataplane *f, uint8_t shard);
// What the first worker was told of an APN.
struct dp_profile fake_profile(struct fake_dataplane *f, uint16_t apn);
bool fake_find_slot(struct fake_dataplane *f, uint32_t slot, struct dp_session *out);

void fake_error_indication(struct fake_dataplane *f, const struct dp_error_indication *e);
// A copy of a traced packet, as worker 0 puts it. False: the ring is full, and that is counted.
bool fake_trace(struct fake_dataplane *f, const struct dp_trace_record *r);
// Bytes of each packet that control wants.
uint32_t fake_trace_snap(struct fake_dataplane *f);
// Adds to the usage lines of a slot.
void fake_use(struct fake_dataplane *f, uint32_t slot, uint64_t ul_bytes, uint64_t dl_bytes);
// The same of a dedicated bearer's slot.
void fake_use_bearer(struct fake_dataplane *f, uint32_t slot, uint64_t ul_bytes, uint64_t dl_bytes);
