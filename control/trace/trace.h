// SPDX-License-Identifier: BSD-3-Clause
// Traces: each writes one subscriber's signalling and packets into a pcapng file until it is stopped
// or has had enough. One by IMSI may begin before there is a session, and goes on over moves,
// detaches and restarts of the dataplane; the end of this process ends it.
#pragma once

#include "control/session/session.h"
#include "control/trace/trace_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACES_MAX 16     // running at once
#define TRACE_SNAP_MIN 64 // bytes
#define TRACE_WHOM_MAX 64

struct pgw;
struct traces;
struct gtpc_path;

enum trace_by {
	TRACE_BY_IMSI,
	TRACE_BY_ADDRESS,
	TRACE_BY_TEID,
};

struct trace_want {
	enum trace_by by;
	char imsi[16];
	struct dp_addr address;    // of the device
	uint32_t teid;             // ours
	char file[TRACE_FILE_MAX]; // "": a name of its own
	uint64_t packets_max;      // 0: no limit
	uint32_t seconds_max;      // 0: no limit
	uint32_t snap;             // bytes of each packet, TRACE_SNAP_MIN to DP_TRACE_SNAP_MAX
	char whom[TRACE_WHOM_MAX]; // who asked for it
};

// One of them, as it is now.
struct trace_status {
	unsigned int number;
	struct trace_want want; // with the file's name
	bool is_running;
	char end[96]; // why it ended
	int64_t started_s;
	uint64_t packets, messages; // in the file
	uint64_t lost;              // copies that didn't fit, of all traces together
	uint64_t bytes;             // of the file
};

// NULL: no memory. traces_free() ends all.
struct traces *traces_new(struct pgw *pgw);
void traces_free(struct traces *t);

// The number of the new trace, or -1 with one line in `why`.
int trace_start(struct pgw *pgw, const struct trace_want *want, char *why, size_t room);
// Ends one, or all (number 0). How many.
unsigned int trace_stop(struct pgw *pgw, unsigned int number, const char *why);

// Running ones and the latest that have ended, the oldest first. False: no i-th.
bool trace_status(const struct pgw *pgw, unsigned int i, struct trace_status *out);
// "imsi 001010000000001"
const char *trace_want_text(const struct trace_want *want, char *text, size_t room);

// Whether somebody traces this session: then the dataplane is told so.
bool traces_want(const struct pgw *pgw, const struct session *s);

// A datagram of GTPv2-C, before it is judged or as it is sent.
void traces_signal(
	struct pgw *pgw, const struct gtpc_path *path, bool is_rx, const uint8_t *bytes, size_t n);

// Writes what the workers have copied. Call before a session's slot is given back. Cheap without a
// trace.
void traces_drain(struct pgw *pgw);
// The same, before the file of an instance that is gone is unmapped.
void traces_gone(struct pgw *pgw);
