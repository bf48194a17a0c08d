// SPDX-License-Identifier: BSD-3-Clause
// Transactions: a peer's repeated request gets the answer that it got before, our own requests are
// repeated until they are answered. TS 29.274 7.6.
//
// No clock and no socket of its own: time comes in as now_ms (monotonic milliseconds), datagrams go
// out through `send`. Every operation is O(1) or O(log n); memory is bounded by the configuration.
#pragma once

#include "control/gtpc/gtpc_addr.h"
#include "control/gtpc/gtpc_counters.h"
#include "control/gtpc/message.h"

#include <stddef.h>
#include <stdint.h>

// Where a datagram came from or goes to.
struct gtpc_path {
	struct gtpc_addr local;
	struct gtpc_endpoint peer;
};

typedef void (*xact_send_fn)(
	void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n);

// The end of a request of ours. result 0: `answer` is the peer's, of a type that answers the request
// (for a Command also the Request that it started); -ETIMEDOUT: nobody answered;
// -EPROTONOSUPPORT: the peer doesn't speak GTPv2. `answer` is NULL where there is none.
typedef void (*xact_done_fn)(void *ctx, int result, const struct gtpc_message *answer);

struct xact_config {
	uint32_t incoming_max;   // requests being worked on and answers kept, together
	uint32_t outgoing_max;   // our own unanswered requests
	size_t answer_bytes_max; // memory for kept answers
	uint32_t keep_ms;        // how long an answer is kept: (N3 + 1) * T3 of the senders
	uint64_t hash_key[2];    // random
	uint32_t first_sequence; // random, so that a restart doesn't repeat sequences
	xact_send_fn send;
	// One of our requests has just been repeated; may be NULL.
	void (*repeated)(void *user, const struct gtpc_path *path, uint8_t type);
	void *user;
	struct gtpc_counters *counters;
};

// One peer's transactions, kept in the peer's own entry. Starts as XACT_LIST_EMPTY.
struct xact_list {
	uint32_t first;
};
#define XACT_LIST_EMPTY ((struct xact_list){ UINT32_MAX })

enum xact_verdict {
	XACT_NEW,      // to be worked on
	XACT_PENDING,  // repeated while it is worked on: to be ignored
	XACT_REPEATED, // repeated, and its kept answer has been sent again
	XACT_FULL,     // no transaction left: to be discarded, the peer will repeat it
};

// What is stored beside a kept answer, so that it outlives a restart of the process. Plain data.
struct xact_record {
	struct gtpc_path path;
	uint8_t type;
	bool has_recovery; // the request named its sender's restart counter
	uint8_t recovery;
	uint32_t sequence;
	uint32_t request_length;
	uint64_t request_hash; // does not depend on hash_key
};

// A request of ours. `bytes` is copied.
struct xact_request {
	struct gtpc_path path;
	uint8_t type;
	uint32_t sequence;
	uint32_t t3_ms; // T3-RESPONSE
	uint32_t n3;    // N3-REQUESTS: how often it is sent in all
	const uint8_t *bytes;
	size_t n;
	bool has_left;     // behind an answer: this time it isn't sent
	uint64_t command;  // the incoming Command whose reply it is, 0: none
	xact_done_fn done; // may be NULL
	void *ctx;
};

struct xact;

// NULL without memory, or where a limit is 0.
struct xact *xact_new(const struct xact_config *config);
void xact_free(struct xact *x); // no callback is called

// Judges an incoming request by its key {path, sequence, type} and its bytes; another message under
// a known key is a new request, and the old one is forgotten. `*id` names the transaction for
// XACT_NEW, and is never 0.
enum xact_verdict xact_accept(struct xact *x, const struct gtpc_path *path, uint8_t type,
	uint32_t sequence, const uint8_t *bytes, size_t n, struct xact_list *of_peer,
	uint64_t now_ms, uint64_t *id);

// Sends the answer and keeps it. 0; -ESTALE if the transaction has ended, and nothing is sent.
int xact_answer(struct xact *x, uint64_t id, const uint8_t *bytes, size_t n, uint64_t now_ms);

// Ends a transaction without an answer: a repeated request will be new.
void xact_drop(struct xact *x, uint64_t id);

// Where the answer will go; NULL if the transaction has ended.
const struct gtpc_path *xact_path_of(const struct xact *x, uint64_t id);

// What to store with the answer, before xact_answer. 0 or -ESTALE.
int xact_export(const struct xact *x, uint64_t id, struct xact_record *record);

// Puts back an answer that was stored age_ms ago; the oldest first. `to`: where it goes, NULL: where the
// request came from. 0, -EEXIST, -ENOSPC, or -ETIME if it is too old.
int xact_restore(struct xact *x, const struct xact_record *record, const struct gtpc_path *to,
	const uint8_t *answer, size_t n, struct xact_list *of_peer, uint64_t age_ms,
	uint64_t now_ms);

// The request names its sender's restart counter.
void xact_note_recovery(struct xact *x, uint64_t id, uint8_t recovery);

// The peer, whose restart counter was `before`, has restarted: its kept answers go, since what it asks
// now may look like what it asked then. Where a request named that counter it can't, and a late
// repetition still gets its answer instead of an effect. What is being worked on stays.
void xact_forget(struct xact *x, struct xact_list *of_peer, uint8_t before);

// The peer's entry goes away: nothing refers to the list any more.
void xact_detach(struct xact *x, struct xact_list *of_peer);

// The next sequence number of our own, 1 to 0x7fffff.
uint32_t xact_next_sequence(struct xact *x);

// Sends a request of ours, and again every T3 until it is answered or has been sent N3 times. 0;
// -EEXIST if {path, sequence} waits already, -ENOSPC, -ENOMEM, or -ESTALE if `command` has ended.
int xact_send(struct xact *x, const struct xact_request *request, uint64_t now_ms, uint64_t *id);

// Forgets a request of ours; `done` isn't called.
void xact_cancel(struct xact *x, uint64_t id);

// The request of ours that a message of that type and sequence answers, 0: none.
uint64_t xact_match(
	const struct xact *x, const struct gtpc_path *path, uint8_t type, uint32_t sequence);

// Ends it: `done` is called with these.
void xact_complete(struct xact *x, uint64_t id, int result, const struct gtpc_message *answer);

// When xact_run has something to do, UINT64_MAX: never.
uint64_t xact_next_deadline(const struct xact *x);
void xact_run(struct xact *x, uint64_t now_ms);

// For display: requests being worked on, answers kept, requests of ours that wait.
struct xact_usage {
	uint32_t n_pending;
	uint32_t n_kept;
	uint32_t n_outgoing;
	size_t answer_bytes;
};
struct xact_usage xact_usage(const struct xact *x);
