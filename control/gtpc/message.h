// SPDX-License-Identifier: BSD-3-Clause
// A GTPv2-C message: its header, and the way from the wire to its host form and back.
// TS 29.274 clauses 5, 6 and 7.7.
#pragma once

#include "control/gtpc/bodies.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// 5.1. `length` is what the wire said; encoding writes its own.
struct gtpc_header {
	uint8_t version;
	uint8_t type;       // enum gtpc_message_type
	bool has_piggyback; // another message follows in the datagram
	bool has_teid;
	bool has_priority;
	uint8_t priority; // 0 (highest) to 15
	uint16_t length;
	uint32_t teid;
	uint32_t sequence; // 24 bits
};

// Why a message was refused, as it goes into the Cause of the answer. 7.7
struct gtpc_fault {
	uint8_t cause; // enum gtpc_cause_value
	bool has_ie;
	uint8_t ie_type;
	uint8_t ie_instance;
	bool in_bearer_context; // BCE
	bool in_pdn_connection; // PCE
};

// A message: header.type says which member of the union counts.
struct gtpc_message {
	struct gtpc_header header;
	union {
#define X(name, member, type, kind, sender, answer, title) struct member member;
		GTPC_MESSAGES(X)
#undef X
	};
};

// What is known of a message type, beside its IEs.
struct gtpc_message_desc {
	const char *title; // NULL: a type that we don't know
	uint8_t type;
	uint8_t index;  // enum gtpc_message_index
	uint8_t kind;   // enum gtpc_kind
	uint8_t sender; // enum gtpc_sender
	uint8_t answer; // type of the answer, 0: none
};

// Never NULL.
const struct gtpc_message_desc *gtpc_message_find(uint8_t type);

// The same by the dense number, 0 to GTPC_N_MESSAGES - 1.
const struct gtpc_message_desc *gtpc_message_at(unsigned int index);

// Reads a header of version 2 and moves `c` behind it. 0; -EPROTONOSUPPORT where the version is
// above 2 (`sequence` is then what version 2 would mean); -EBADMSG for everything that is to be discarded
// without a word: too short for its own header, or an older version. 7.7.2, 7.7.3
int gtpc_header_decode(struct cursor *c, struct gtpc_header *header);

// Decodes the IEs in [ies, ies + n) of a message whose header is `header`, into `message`, whose
// views point into them. 0; -ENOMSG for an unknown type; -EBADMSG with `fault` set: the members that
// could be read are set all the same, so that the answer finds the peer's F-TEID. 7.7
int gtpc_message_decode(const struct gtpc_header *header, const uint8_t *ies, size_t n,
	struct gtpc_message *message, struct gtpc_fault *fault);

// One datagram, its first message and, with a second call, a piggybacked one: `*used` octets belong
// to this message. The answer of gtpc_header_decode or gtpc_message_decode; a Length that doesn't
// agree with the datagram is a fault (67) of a request and -EBADMSG of anything else. 7.7.3
int gtpc_message_parse(const uint8_t *bytes, size_t n, size_t *used, struct gtpc_message *message,
	struct gtpc_fault *fault);

// Octets written to `bytes`, -EMSGSIZE if `size` is too small, -EINVAL for a value that the wire
// can't carry or an unknown type. Two messages may follow each other in one datagram: the first one
// has has_piggyback.
ssize_t gtpc_message_encode(const struct gtpc_message *message, uint8_t *bytes, size_t size);

// An empty message of that type: the header with TEID and sequence (Echo and Version Not Supported
// have no TEID), all else zero.
void gtpc_message_init(
	struct gtpc_message *message, uint8_t type, uint32_t teid, uint32_t sequence);

// The answer to `request` that rejects it with `fault`, or with a plain cause when `fault` has no
// IE: nothing but the Cause and what its type makes mandatory, copied from the request. 0 or -ENOMSG
// where the type has no answer.
int gtpc_message_reject(struct gtpc_message *answer, const struct gtpc_message *request,
	const struct gtpc_fault *fault, uint32_t teid);

// Points into the message, NULL where it has none (or its type has no such IE).
const uint8_t *gtpc_message_recovery(const struct gtpc_message *message);
const struct gtpc_cause *gtpc_message_cause(const struct gtpc_message *message);
const struct gtpc_fteid *gtpc_message_sender(const struct gtpc_message *message);

// Sets the Cause of an answer whose type has one; without offending IE.
void gtpc_message_set_cause(struct gtpc_message *message, uint8_t value);

// Sets the Recovery of a message whose type has one. False if it has none.
bool gtpc_message_set_recovery(struct gtpc_message *message, uint8_t value);

// The Cause with the offending IE, if any, of a fault. 8.4
struct gtpc_cause gtpc_fault_cause(const struct gtpc_fault *fault);
