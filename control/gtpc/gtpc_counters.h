// SPDX-License-Identifier: BSD-3-Clause
// What GTPv2-C counts: X(NAME, metric name, sentence). One list each for the enum, the command line,
// the metrics endpoint and the docs.
#pragma once

#include "control/gtpc/gtpc_wire.h"

#include <stdint.h>

#define GTPC_COUNTERS(X)                                                                           \
	X(RX_DATAGRAMS, "rx_datagrams", "datagrams received")                                      \
	X(TX_DATAGRAMS, "tx_datagrams", "datagrams sent")                                          \
	X(RX_TRUNCATED, "rx_truncated", "datagrams longer than the receive buffer, discarded")     \
	X(RX_ERRORS, "rx_errors", "errors of the socket while receiving")                          \
	X(TX_ERRORS, "tx_errors", "datagrams that the socket refused")                             \
	X(RUNT, "runt", "too short for their own header, discarded")                               \
	X(OLD_VERSION, "old_version", "GTP version 0 or 1, discarded")                             \
	X(NEW_VERSION, "new_version", "a version above 2, answered Version Not Supported")         \
	X(UNKNOWN_TYPE, "unknown_type", "unknown message type, discarded")                         \
	X(WRONG_DIRECTION, "wrong_direction", "a message that only our side sends, discarded")     \
	X(UNSERVED, "unserved", "a known message type that nothing serves, discarded")             \
	X(BAD_LENGTH, "bad_length", "the Length field doesn't agree with the datagram")            \
	X(PEER_NOT_ALLOWED, "peer_not_allowed", "the source is not an allowed peer, discarded")    \
	X(PEER_TABLE_FULL, "peer_table_full", "no room for another peer, discarded")               \
	X(CREATE_QUEUE_FULL, "create_queue_full", "Create Session Requests dropped, queue full")   \
	X(CREATE_WAITED_LONG, "create_waited_long", "dropped, had waited in the queue for long")   \
	X(REQUEST_FAULTY, "request_faulty", "requests rejected for a fault in the message")        \
	X(ANSWER_FAULTY, "answer_faulty", "faulty answers, discarded")                             \
	X(ANSWER_UNMATCHED, "answer_unmatched", "answers to no request of ours, discarded")        \
	X(DUPLICATE_PENDING, "duplicate_pending", "repeated requests that are being worked on")    \
	X(DUPLICATE_ANSWERED, "duplicate_answered", "repeated requests given their kept answer")   \
	X(SUPERSEDED, "superseded", "another request under the key of an earlier one")             \
	X(TRANSACTIONS_FULL, "transactions_full", "requests discarded, no transaction left")       \
	X(ANSWER_EVICTED, "answer_evicted", "kept answers given up early for want of memory")      \
	X(ANSWER_STALE, "answer_stale", "our answers that came after their transaction's end")     \
	X(UNANSWERED, "unanswered", "transactions that ended without an answer of ours")           \
	X(RETRANSMITTED, "retransmitted", "our requests sent again")                               \
	X(TIMED_OUT, "timed_out", "our requests that nobody answered")                             \
	X(ENCODE_FAILED, "encode_failed", "messages of ours that could not be encoded")            \
	X(ECHO_SENT, "echo_sent", "Echo Requests sent")                                            \
	X(PATH_DOWN, "path_down", "paths found down")                                              \
	X(PATH_UP, "path_up", "paths that came back")                                              \
	X(PEER_RESTARTED, "peer_restarted", "restarts of peers seen by their Recovery")            \
	X(RECOVERY_LATE, "recovery_late", "smaller Recovery values, taken for late packets")       \
	X(RECOVERY_REFLECTED, "recovery_reflected", "our own Recovery value sent back to us")

enum gtpc_counter {
#define X(name, metric, text) GTPC_COUNT_##name,
	GTPC_COUNTERS(X)
#undef X
		GTPC_N_COUNTERS,
};

// Faults of a peer's messages by the Cause that they earn.
#define GTPC_FAULTS(X)                                                                             \
	X(INVALID_LENGTH, "invalid_length", "a length that doesn't fit (67)")                      \
	X(MANDATORY_IE_INCORRECT, "mandatory_ie_incorrect", "a reserved or wrong value (69)")      \
	X(MANDATORY_IE_MISSING, "mandatory_ie_missing", "a mandatory IE missing (70)")             \
	X(CONDITIONAL_IE_MISSING, "conditional_ie_missing", "a needed conditional IE missing (103)")

enum gtpc_fault_index {
#define X(name, metric, text) GTPC_FAULT_##name,
	GTPC_FAULTS(X)
#undef X
		GTPC_N_FAULTS,
};

// Of the whole node, beside the counters of each peer.
struct gtpc_counters {
	uint64_t n[GTPC_N_COUNTERS];
	uint64_t answers[GTPC_N_MESSAGES]
			[256]; // to requests, by their index and the answer's Cause
};
