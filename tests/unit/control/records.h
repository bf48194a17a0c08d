// SPDX-License-Identifier: BSD-3-Clause
// Reads the usage records and the session log of a rig, for tests.
#pragma once

#include "tests/unit/control/rig.h"

#include <stdint.h>

struct usage_record {
	uint64_t sequence;
	char record[16], reason[32], imsi[16];
	uint64_t charging_id, ul_bytes, dl_bytes, ul_packets;
	char line[2048];
};

// All of usage.jsonl, which must be well-formed and numbered without a gap; returns how many, at most
// `max`. The array is the caller's.
uint32_t records_read(const struct rig *r, struct usage_record *out, uint32_t max);
// Lines of sessions.jsonl that hold all of the texts (up to NULL).
uint32_t session_log_count(const struct rig *r, ...) __attribute__((sentinel));
