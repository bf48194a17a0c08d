// SPDX-License-Identifier: BSD-3-Clause
// The session log and the usage records: what happened, for operators and for billing. A usage record
// is a row of the store in the transaction of what it tells, then a line of a file: a crash neither
// loses nor doubles one. The session log is written after the transaction.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dedicated;
struct journal;
struct pgw;
struct session;
struct syslog_socket;

// Lines of the turn that aren't in their file yet.
struct record_lines {
	char *bytes;
	size_t n, room;
	uint64_t first, next; // numbers: of the first of them, and of the next one to come
};

struct records {
	struct journal *usage, *log; // NULL: switched off
	struct syslog_socket *syslog;
	struct record_lines usage_lines, log_lines;
	uint64_t n_stored; // rows of the store that are in the file already, or not yet
	bool is_behind;    // rows wait for the file
	uint32_t
		look_budget; // interim records and rows that the look of this second may still write
	uint64_t lost;       // lines of the session log that no file took, and usage without memory
};

// Goes on where the run before has ended. 0, or -errno with one line in `why`.
int records_open(struct pgw *pgw, char *why, size_t room);
void records_close(struct pgw *pgw);

// The session's row is about to be written: tells its start, or what has changed since.
void record_touched(struct pgw *pgw, struct session *s);
// The dataplane has let go of it: the last word.
void record_ended(struct pgw *pgw, const struct session *s);

// The same of its dedicated bearers. A bearer's records are beside those of its session, which count
// what it has used as well.
void record_bearer_touched(struct pgw *pgw, const struct session *s, struct dedicated *b);
void record_bearer_ended(struct pgw *pgw, const struct session *s, struct dedicated *b);

// Once a second: what waits for its file; and then `record_look` at sessions, one after the other.
void records_tick(struct pgw *pgw, uint64_t now_ms);
// An interim record, or only the usage into the store, if it is time and something was used.
void record_look(struct pgw *pgw, struct session *s, uint64_t now_ms);

// Into the transaction of the turn; and after its commit.
void records_store(struct pgw *pgw);
void records_written(struct pgw *pgw);
