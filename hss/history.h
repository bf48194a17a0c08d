// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stddef.h>
#include <stdint.h>

// What happened to an IMSI: a bounded ring of entries, newest last, kept with its location.

#define HISTORY_MAX 64
#define HISTORY_TEXT_SIZE 48

// One list: enum, CLI text, docs.
#define HISTORY_EVENTS(X)                                                                          \
	X(ADDED, "added")                                                                          \
	X(CHANGED, "changed")                                                                      \
	X(STATE, "state")                                                                          \
	X(ATTACHED, "attached")                                                                    \
	X(UPDATED, "updated")                                                                      \
	X(REFUSED, "refused")                                                                      \
	X(AUTH_REFUSED, "authentication refused")                                                  \
	X(RESYNC, "resynchronised")                                                                \
	X(RESYNC_REFUSED, "resynchronisation refused")                                             \
	X(CANCELLED, "cancelled")                                                                  \
	X(PURGED, "purged")                                                                        \
	X(NOTIFIED, "notified")                                                                    \
	X(IMEI_LEARNT, "IMEI learnt")                                                              \
	X(REQUEST_FAILED, "request failed")

enum history_event {
#define HISTORY_ENUM(name, text) HISTORY_##name,
	HISTORY_EVENTS(HISTORY_ENUM)
#undef HISTORY_ENUM
		HISTORY_N_EVENTS
};

struct history_entry {
	int64_t at_s;                 // UNIX time; 0: now
	uint8_t event;                // enum history_event
	uint16_t result;              // Diameter result or experimental result code; 0 = none
	uint32_t repeats;             // how often the same came again after it (kept by the store)
	uint8_t plmn[3];              // visited network, all zero = none
	char text[HISTORY_TEXT_SIZE]; // node, reason, who did it; cut if longer
};

const char *history_event_name(uint8_t event);

// The ring as stored. history_add returns the new length of blob[]: the oldest entries give way to
// max entries and to room; an entry equal to the newest but for its time only raises repeats.
size_t history_add(
	uint8_t *blob, size_t len, size_t room, unsigned max, const struct history_entry *entry);
// Decodes the entry at *offset and moves on; 0, -ENOENT at the end, -EBADMSG if it's no ring.
int history_next(const uint8_t *blob, size_t len, size_t *offset, struct history_entry *entry);
