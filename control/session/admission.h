// SPDX-License-Identifier: BSD-3-Clause
// Which Create Session Requests are served at all: what the gateway, a peer, a SIM and an APN may ask
// for in a while, and requests that come too late. TS 29.274 clauses 12 and 13, TS 23.401 4.3.7.4.
#pragma once

#include "control/gtpc/gtpc_node.h"

#include <stdint.h>

struct pgw;

// What a SIM has asked for lately. A place belongs to the SIM that asked last; SIMs that fall on one
// place at once aren't limited, which is the cheaper error.
#define ADMISSION_SIMS 65536

struct admission_sim {
	uint32_t tag;    // of the IMSI's hash
	uint16_t window; // of time
	uint16_t used;
};

struct admission {
	struct admission_sim *sims; // ADMISSION_SIMS
	uint64_t hash_key[2];
};

// 0 or -ENOMEM.
int admission_open(struct pgw *pgw);
void admission_close(struct pgw *pgw);

// Before anything else is looked at. 0, or the Cause of the refusal, which is counted.
uint8_t admission_check(
	struct pgw *pgw, const struct gtpc_rx *rx, const struct create_session_req *req);

// Whether the APN takes one more. 0 or GTPC_CAUSE_APN_CONGESTION.
uint8_t admission_check_apn(
	struct pgw *pgw, uint16_t index, const struct create_session_req *req, uint64_t now_ms);

// Clause 13, where the peer's clock is trusted. 0, GTPC_CAUSE_TIMED_OUT or
// GTPC_CAUSE_LATE_OVERLAPPING: the SIM's session with that EBI began later than this request.
uint8_t admission_check_time(
	struct pgw *pgw, const struct gtpc_rx *rx, const struct create_session_req *req);
