// SPDX-License-Identifier: BSD-3-Clause
// What the session log and the usage records say of a session, as one line of JSON.
// docs/operations.md explains each member.
#pragma once

#include "control/session/bearer.h"

#include <stddef.h>
#include <stdint.h>

struct pgw;

#define RECORD_LINE_MAX 2048 // with the '\n' and a NUL

enum record_kind {
	RECORD_START,
	RECORD_CHANGE,  // session log
	RECORD_INTERIM, // usage
	RECORD_STOP,
};

// Aspects of a session whose change is told. X(name, "word")
#define RECORD_ASPECTS(X)                                                                          \
	X(SGW, "sgw")                                                                              \
	X(TUNNEL, "tunnel")                                                                        \
	X(ACCESS, "access")                                                                        \
	X(PLACE, "place")                                                                          \
	X(QOS, "qos")

enum record_aspect {
#define X(name, word) RECORD_ASPECT_##name,
	RECORD_ASPECTS(X)
#undef X
};
static_assert(RECORD_ASPECT_QOS + 1 == SESSION_ASPECTS, "one digest each");

// The same of a dedicated bearer.
#define RECORD_BEARER_ASPECTS(X)                                                                   \
	X(TUNNEL, "tunnel")                                                                        \
	X(QOS, "qos")                                                                              \
	X(FILTERS, "filters")

enum record_bearer_aspect {
#define X(name, word) RECORD_BEARER_ASPECT_##name,
	RECORD_BEARER_ASPECTS(X)
#undef X
};
static_assert(RECORD_BEARER_ASPECT_FILTERS + 1 == BEARER_ASPECTS, "one digest each");

// A digest of each aspect, never 0.
void record_digests(const struct session *s, uint32_t digest[SESSION_ASPECTS]);
void record_bearer_digests(const struct dedicated *b, uint32_t digest[BEARER_ASPECTS]);

// A line of the session log: START, CHANGE with a bit for each aspect, or STOP; of the session, or of
// its bearer b. Returns its length.
size_t record_log_line(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	enum record_kind kind, uint32_t changed, uint64_t sequence, char line[RECORD_LINE_MAX]);
// A usage record: START, INTERIM or STOP; reason: of the last two.
size_t record_usage_line(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	enum record_kind kind, const char *reason, uint64_t sequence, char line[RECORD_LINE_MAX]);

const char *record_end_word(uint8_t end);        // enum session_end: "deleted", ...
const char *record_bearer_end_word(uint8_t end); // enum bearer_end
