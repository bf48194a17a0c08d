// SPDX-License-Identifier: BSD-3-Clause
// Traced sessions: their packets leave the batch before they are judged and go through the same
// stages one by one, and what the counters then say is what was decided. So a trace can't disagree with
// what happened, and the packets of others meet nothing but one test of their session's flag.
// What is copied goes to control by the worker's ring of include/dp_trace.h.
#pragma once

#include "dataplane/batch.h"
#include "dataplane/include/dp_shm.h"

struct worker;

// A packet that waits for the end of its burst.
struct traced {
	struct rte_mbuf *pkt;
	struct session *session;
	uint16_t l3, len; // as in struct batch
	uint8_t direction;
};

// Whose packets something is about.
struct trace_subject {
	uint32_t slot, generation;
	uint8_t direction; // enum dp_direction, 0: nobody's
	uint8_t ebi;
};

struct tracer {
	uint8_t divert; // SESSION_TRACE; 0 while a traced packet goes through the stages
	uint16_t n;
	uint16_t n_records;           // put, not yet shown to control
	uint32_t unsaid;              // packets that weren't copied since the latest record
	struct trace_subject subject; // of what is under way
	struct traced traced[BURST_MAX];
	struct batch one;
	struct dp_worker_counters before;
};

void trace_init(struct tracer *t);

// Takes packet i out of the batch, before it is judged.
void trace_divert(struct worker *w, const struct batch *b, uint16_t i, uint8_t direction);

// Sends those packets on their way. Call only if there are any.
void trace_run(struct worker *w);

// What is sent between the two is copied as the subject's. No room, or no trace: just sent.
void trace_begin(struct worker *w, struct trace_subject subject);
void trace_end(struct worker *w);

// A packet of the subject that waited (its data starts at its IP header) is dropped now.
void trace_drop_later(struct worker *w, struct trace_subject subject, const struct rte_mbuf *m,
	enum dp_drop reason);

struct trace_subject trace_subject_of(
	const struct worker *w, const struct session *s, uint8_t direction);
