// SPDX-License-Identifier: BSD-3-Clause
// Load and overload control: what we tell SGWs and MMEs of us, and what SGWs tell us. Only between PLMNs
// where it is switched on. TS 29.274 clause 12.
#pragma once

#include "control/gtpc/message.h"

#include <stdbool.h>
#include <stdint.h>

struct pgw;
struct sgw;

// Our own, looked at once a second.
struct load {
	uint8_t percent; // of the fullest of sessions, procedures and create rate
	uint32_t load_sequence;
	uint8_t reduction; // percent of requests that we ask to be spared
	uint32_t overload_sequence;
	uint64_t told_until_ms; // the end of what was told last
	uint64_t seen_refused, seen_asked;
	uint64_t seen_instance,
		seen_surplus; // of the dataplane, and what it had dropped for us then
};

// What an SGW has told of itself.
struct load_of_sgw {
	uint32_t sequence;
	uint8_t reduction;
	uint8_t credit; // percent of a request, carried over
	bool is_known;
	uint64_t until_ms;
};

void load_tick(struct pgw *pgw, uint64_t now_ms);

// Adds to a message of ours what its PLMN is to be told; NULL: unknown PLMN, which is told nothing.
void load_tell(struct pgw *pgw, const struct gtpc_plmn *plmn, struct gtpc_message *m);

// The Overload Control Information of an SGW; NULL does nothing.
void load_heard(struct pgw *pgw, struct sgw *sgw, const struct gtpc_plmn *plmn,
	const struct gtpc_overload *overload);

// Whether one more request of ours that can as well come later may go to the SGW.
bool load_permits(struct sgw *sgw, uint64_t now_ms);
