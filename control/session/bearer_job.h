// SPDX-License-Identifier: BSD-3-Clause
// A request of ours about dedicated bearers that is under way: what it is about, what it waits for, and
// its row in the store. What has left once leaves again after a crash, octet by octet: an SGW that has
// served it repeats its answer, and neither side has a bearer that the other one doesn't have.
#pragma once

#include "control/gtpc/xact.h"
#include "control/session/bearer_request.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum job_kind { JOB_CREATE, JOB_UPDATE, JOB_DELETE };

enum job_state {
	JOB_WAITS, // for the dataplane, or for its guard time
	JOB_DUE,   // leaves at the end of the turn
	JOB_SENT,
};

// Its session or a bearer may end before it does.
struct bearer_job {
	LIST_ENTRY(bearer_job) link;       // of all, or of those whose row is to go
	LIST_ENTRY(bearer_job) of_session; // unless that has ended
	TAILQ_ENTRY(bearer_job) due;       // in state DUE
	struct pgw *pgw;
	uint64_t began_ms;
	bool has_session;
	struct event *guard;
	uint32_t slot, generation; // of the session
	uint16_t version;          // of the session's wanted state that it waits for
	uint8_t kind, state, tries;
	uint8_t end; // enum bearer_end, of a JOB_DELETE
	struct bearer_command command;
	struct session_sgw asked;
	uint8_t n; // bearers; 0: the default one
	struct {
		uint32_t slot, generation;
		uint8_t ebi;
	} bearer[DP_DEDICATED_MAX];
	struct bearer_change change;
	uint8_t tft[TFT_BYTES_MAX];

	// The request, made in the turn in which it leaves.
	bool is_made;
	bool is_repeat; // it has left before a restart: the same octets again
	int err;        // it couldn't be made
	struct gtpc_path path;
	uint8_t *bytes;
	uint16_t n_bytes;
	uint64_t row;          // key of its row, 0: none
	uint64_t reply_number; // of the Command's kept answer, 0: none yet
};

// Waits. command NULL: none. NULL: no memory.
struct bearer_job *bearer_job_new(struct pgw *pgw, struct session *s, enum job_kind kind,
	const struct bearer_command *command);
// One more bearer that it is about.
void bearer_job_name(struct bearer_job *j, struct dedicated *b);
void bearer_job_free(struct bearer_job *j);

// NULL: it has ended meanwhile.
struct session *bearer_job_session(const struct bearer_job *j);
struct dedicated *bearer_job_bearer(const struct bearer_job *j, unsigned int i);

// It leaves at the end of the turn.
void bearer_job_set_due(struct bearer_job *j);
void bearer_job_set_state(struct bearer_job *j, enum job_state state);
// It is due after so long. False: no memory.
bool bearer_job_wait(struct bearer_job *j, unsigned int seconds);

// Takes the octets; n 0: there are none. 0 or -ENOMEM.
int bearer_job_set_bytes(struct bearer_job *j, const uint8_t *bytes, size_t n);

// Into the open transaction: the rows of those that are about to leave and the replies that they are to
// Commands, and the end of the others' rows. And after its commit.
void bearer_jobs_store(struct pgw *pgw);
void bearer_jobs_stored(struct pgw *pgw);
// Those of the run before wait for their sessions' replay. 0, or -errno with a sentence in *fault.
int bearer_jobs_load(struct pgw *pgw, const char **fault);
// Forgets all; their rows stay.
void bearer_jobs_close(struct pgw *pgw);
