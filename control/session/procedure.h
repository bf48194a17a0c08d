// SPDX-License-Identifier: BSD-3-Clause
// Procedures of an SGW that wait for the dataplane, each with its answer ready to be sent.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define PROCEDURE_ANSWER_MAX 1024

struct pgw;
struct session;
struct gtpc_message;
struct gtpc_rx;
struct peer;

// One answer to come, encoded already.
struct procedure {
	TAILQ_ENTRY(procedure) by_age; // of all that wait, then of those to be sent
	struct procedure *next;        // of the same session
	uint64_t began_ms;
	uint64_t xact;
	uint64_t stored_as; // its answer's number in the store, 0: it has none yet
	uint32_t slot;
	uint16_t version;   // of the session's wanted state that it waits for
	uint8_t request;    // type of the message that it answers
	uint8_t cause;      // in the answer
	bool may_carry;     // a request of ours may ride on the answer
	uint32_t peer_teid; // for a rejection
	uint32_t sequence;
	uint16_t n;
	uint8_t answer[PROCEDURE_ANSWER_MAX];
};

TAILQ_HEAD(procedure_list, procedure);

struct procedures {
	struct procedure_list waiting; // oldest first
	struct procedure *spare;       // free ones
	uint32_t n_waiting;
};

void procedures_open(struct pgw *pgw);
void procedures_close(struct pgw *pgw);

// NULL: too many are under way, or no memory. Belongs to nobody yet.
struct procedure *procedure_new(
	struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request);
void procedure_free(struct pgw *pgw, struct procedure *p);

// Encodes the answer into it: 0 or -errno.
int procedure_set_answer(
	struct pgw *pgw, struct procedure *p, struct peer *peer, struct gtpc_message *answer);

// Makes it wait until the dataplane has what the session wants now.
void procedure_wait(struct pgw *pgw, struct procedure *p, struct session *s);

// The dataplane has done all up to session->done, or the session's delete.
void procedures_done(struct pgw *pgw, struct session *s);
// What waits for this session is answered with a rejection.
void procedures_fail(struct pgw *pgw, struct session *s, uint8_t cause);
// What waits for this session isn't answered, as if the requests had never come.
void procedures_forget(struct pgw *pgw, struct session *s);
// Gives up what has waited for too long. Called every second.
void procedures_expire(struct pgw *pgw, uint64_t now_ms);
