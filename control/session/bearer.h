// SPDX-License-Identifier: BSD-3-Clause
// Dedicated bearers, and the table that holds and finds them. A bearer's slot is its place here, in
// the dataplane and in the store.
#pragma once

#include "control/session/session.h"
#include "control/session/tft.h"

#include <stdbool.h>
#include <stdint.h>

#define BEARER_NAME_MAX 32
#define BEARER_ASPECTS 3 // see record_line.h

enum bearer_state {
	BEARER_FREE,
	BEARER_ASKED,   // it has its TEID; the SGW hasn't accepted it yet
	BEARER_ACTIVE,  // it has its EBI and its SGW-U F-TEID
	BEARER_LEAVING, // nobody's any more, once the dataplane has let go
};

enum bearer_flags {
	BEARER_BUSY = 1 << 0,       // a request about it is under way
	BEARER_END_MARKER = 1 << 1, // the next put moves its tunnel
	BEARER_BY_DEVICE = 1 << 2,  // a Bearer Resource Command asked for it
	BEARER_DIRTY = 1 << 3,      // to be written to the store at the end of the turn
	BEARER_STORED = 1 << 4,     // the store has it
};

// Why an active one ended, as the session log and the usage records say it. X(name, "word", "sentence")
#define BEARER_ENDS(X)                                                                             \
	X(SESSION, "session", "its session ended")                                                 \
	X(COMMAND, "command", "its device, MME or SGW asked for its end")                          \
	X(CLEARED, "cleared", "an operator removed it")                                            \
	X(ERROR_INDICATION, "error-indication", "its SGW had no such tunnel")                      \
	X(UNKNOWN, "unknown", "its SGW had no such bearer when it was to be changed")              \
	X(UNLISTED, "unlisted", "a Modify Bearer Request didn't list it")                          \
	X(REPLACED, "replaced", "its EBI was given to another bearer")                             \
	X(DATAPLANE, "dataplane", "the dataplane had no room for it")

enum bearer_end {
#define X(name, word, text) BEARER_END_##name,
	BEARER_ENDS(X)
#undef X
		BEARER_ENDS_MAX
};

// Rates in kbit/s; none: 0.
struct bearer_rates {
	uint64_t ul_mbr_kbps, dl_mbr_kbps; // policed
	uint64_t ul_gbr_kbps, dl_gbr_kbps;
};

struct dedicated {
	uint32_t slot;
	uint32_t generation;
	uint32_t session;  // its slot
	uint32_t next;     // of the same session, SESSION_NONE: the last
	uint32_t chain[2]; // in the hash by our TEID, and by the SGW's tunnel; or of free slots
	uint32_t teid;
	uint16_t version;           // of the session's wanted state that a leaving one waits for
	uint8_t state;              // enum bearer_state
	uint8_t flags;              // enum bearer_flags
	uint8_t end;                // enum bearer_end, once it is leaving
	char name[BEARER_NAME_MAX]; // of its rule in the configuration; empty: none
	struct bearer is;           // EBI 0 and the default bearer's tunnel until it is active
	struct bearer_rates rates;
	uint8_t n_filters;
	struct tft_filter filter[TFT_FILTERS_MAX];
	struct session_usage ul_offset, dl_offset; // as of its session, whose flags say for what
	int64_t started_s;                         // Unix time when it became active
	uint64_t started_ms;                       // pgw_now_ms then
	uint32_t told[BEARER_ASPECTS];             // as of its session; 0: not active yet
};

struct bearer_table;

// slots: bearers that fit, the memory is taken as they come. NULL: no memory.
struct bearer_table *bearer_table_new(uint32_t slots);
void bearer_table_free(struct bearer_table *t);
// Slots that may be used: the least of what was asked for at the start and of this.
void bearer_table_limit(struct bearer_table *t, uint32_t slots);
uint32_t bearer_table_count(const struct bearer_table *t);

// A zeroed one in state ASKED, the last of its session, with a new generation; NULL: table full.
struct dedicated *bearer_take(struct bearer_table *t, struct session *s);
// The same at a given slot and generation, for what the store kept. NULL: taken or out of range.
struct dedicated *bearer_take_at(
	struct bearer_table *t, struct session *s, uint32_t slot, uint32_t generation);
// Its slot is free again; it leaves its session and the indexes.
void bearer_give(struct bearer_table *t, struct session *s, struct dedicated *b);

// The slot itself, whatever is in it.
struct dedicated *bearer_slot(const struct bearer_table *t, uint32_t slot);
// NULL: none (of that generation).
struct dedicated *bearer_of(const struct bearer_table *t, uint32_t slot, uint32_t generation);
// The first of a session, and the next one; those that leave are among them.
struct dedicated *bearer_first(const struct bearer_table *t, const struct session *s);
struct dedicated *bearer_next(const struct bearer_table *t, const struct dedicated *b);
// NULL: the session has none such that isn't leaving. ebi 5 to 15.
struct dedicated *bearer_find_ebi(
	const struct bearer_table *t, const struct session *s, uint8_t ebi);

// Into the indexes, by TEID and by tunnel; what they are made from mustn't change in between.
void bearer_index_add(struct bearer_table *t, struct dedicated *b);
// The only key that may change.
void bearer_index_move(struct bearer_table *t, struct dedicated *b, const struct gtpc_addr *peer,
	uint32_t peer_teid);
struct dedicated *bearer_find_teid(const struct bearer_table *t, uint32_t teid);
struct dedicated *bearer_find_tunnel(
	const struct bearer_table *t, const struct gtpc_addr *peer, uint32_t peer_teid);

// What is wrong with rates for a QCI, NULL: nothing.
const char *bearer_rates_fault(uint8_t qci, const struct bearer_rates *r);

// Filters of all bearers of the session that aren't leaving.
unsigned int bearer_count_filters(const struct bearer_table *t, const struct session *s);
// A precedence that no filter of the session has; 255 if all are taken. from: the first one tried.
uint8_t bearer_free_precedence(const struct bearer_table *t, const struct session *s, uint8_t from);
