// SPDX-License-Identifier: BSD-3-Clause
// Requests of ours about dedicated bearers: Create Bearer (TS 29.274 7.2.3), Update Bearer (7.2.15)
// and Delete Bearer (7.2.9.2), with what follows from their answers. Each may be the reply to a
// Command, whose sequence number it then has.
#pragma once

#include "control/session/bearer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pgw;
struct procedure;

// A bearer that is to be.
struct bearer_spec {
	char name[BEARER_NAME_MAX];
	uint8_t qci, priority_level;
	bool can_preempt, is_preemptable;
	bool is_by_device;
	struct bearer_rates rates;
	uint8_t n_filters;
	struct tft_filter filter[TFT_FILTERS_MAX]; // ids and precedences are ours to choose
};

// What changes of a bearer, and with it of the session.
struct bearer_change {
	bool has_qos;
	uint8_t qci, priority_level;
	bool can_preempt, is_preemptable;
	struct bearer_rates rates;
	struct tft tft; // TFT_IGNORE: it stays
	bool has_ambr;
	uint32_t ul_kbps, dl_kbps; // APN-AMBR
};

// The Command that is being replied to.
struct bearer_command {
	uint64_t xact; // 0: none
	uint8_t type;
	bool has_pti;
	uint8_t pti;
	uint8_t n_unknown; // EBIs of a Delete Bearer Command that are nobody's
	uint8_t unknown[GTPC_BEARERS_MAX];
};

// Each sends its request at the end of the turn, a Create once the dataplane has the bearers. 0, or
// -errno and nothing has changed: -ENOSPC no room, -EBUSY another request about it is under way,
// -E2BIG more packet filters than a session may have, -EINVAL its filters fit nothing or don't go
// with those that are there.
int bearers_create(struct pgw *pgw, struct session *s, const struct bearer_spec *specs,
	unsigned int n, const struct bearer_command *command);
// b NULL: the default bearer.
int bearer_update(struct pgw *pgw, struct session *s, struct dedicated *b,
	const struct bearer_change *change, const struct bearer_command *command);
int bearers_delete(struct pgw *pgw, struct session *s, struct dedicated *const *bearers,
	unsigned int n, enum bearer_end end, const struct bearer_command *command);

// Of one that was to be asked for when a restart came: once the dataplane has it.
int bearer_ask_again(struct pgw *pgw, struct session *s, struct dedicated *b);

// Forgets a bearer here and in the dataplane, without a word to the SGW.
void bearer_drop(struct pgw *pgw, struct session *s, struct dedicated *b, enum bearer_end end);

// The dataplane has what the session wants, or has no room for one of its bearers: the SGW is told, if it
// may know of it.
void bearer_requests_done(struct pgw *pgw, struct session *s);
void bearer_refused(struct pgw *pgw, struct session *s, struct dedicated *b);

// The end of a turn: what is due is made before the turn is stored, and leaves after it. The first one of
// the session of this answer may ride on it: true, and the answer is sent with it.
void bearer_requests_make(struct pgw *pgw);
void bearer_requests_send(struct pgw *pgw);
bool bearer_request_rides(struct pgw *pgw, const struct procedure *p, uint64_t now_ms);

// Commands that have waited for too long for the dataplane get their Failure Indication. Every second.
void bearer_requests_expire(struct pgw *pgw, uint64_t now_ms);

// The session is about to be gone, its Commands get their Failure Indication. The session has its SGW
// yet, unless it was never made.
void bearer_requests_leave(struct session *s);
