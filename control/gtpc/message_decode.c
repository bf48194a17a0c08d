// SPDX-License-Identifier: BSD-3-Clause
// IEs to host structs, by the slots of the message. TS 29.274 7.7.
#include "control/gtpc/ie_slot.h"
#include "control/gtpc/message.h"

#include <errno.h>
#include <string.h>

struct wire_ie {
	uint8_t type;
	uint8_t instance;
	struct cursor value;
};

// The first fault is the one that is answered.
static void
fault_set(struct gtpc_fault *fault, uint8_t cause, uint8_t type, uint8_t instance)
{
	if (fault->cause != GTPC_CAUSE_NONE)
		return;
	*fault = (struct gtpc_fault){
		.cause = cause,
		.has_ie = true,
		.ie_type = type,
		.ie_instance = instance,
	};
}

// 7.7.7: an IE that runs over the end of what holds it ends the walk, whatever it is.
static bool
take_ie(struct cursor *c, struct wire_ie *ie, struct gtpc_fault *fault)
{
	uint16_t length;

	if (cursor_left(c) == 0)
		return false;
	ie->type = cursor_u8(c);
	length = cursor_be16(c);
	ie->instance = cursor_u8(c) & 0xf;
	ie->value = cursor_slice(c, length);
	if (!c->err)
		return true;
	fault_set(fault, GTPC_CAUSE_INVALID_LENGTH, ie->type, ie->instance);
	return false;
}

// Senders mostly keep to the order of the tables: the search begins behind the slot found last.
static const struct ie_slot *
find_slot(const struct ie_group *group, const struct wire_ie *ie, unsigned int *hint)
{
	for (unsigned int i = 0, at = *hint; i < group->n_slots; i++, at++) {
		const struct ie_slot *slot;

		if (at >= group->n_slots)
			at = 0;
		slot = &group->slots[at];
		if (slot->type != ie->type)
			continue;
		if (slot->instance == ie->instance || slot->instance == IE_ANY_INSTANCE) {
			*hint = at;
			return slot;
		}
	}
	return NULL;
}

static void decode_slots(
	const struct ie_group *group, struct cursor *c, uint8_t *host, struct gtpc_fault *fault);

// 0, or the Cause that the value earns.
static uint8_t
decode_value(const struct ie_slot *slot, struct cursor value, uint8_t *host)
{
	const struct ie_codec *codec = ie_codec_find(slot->type);
	size_t n = cursor_left(&value);
	int err;

	if (n < codec->min)
		return GTPC_CAUSE_INVALID_LENGTH;
	if (codec->max > 0 && n > codec->max)
		value = cursor_open(value.at, codec->max);
	err = codec->decode(&value, host);
	if (value.err)
		return GTPC_CAUSE_INVALID_LENGTH;
	if (err || (slot->refuses_zero && *host == 0))
		return GTPC_CAUSE_MANDATORY_IE_INCORRECT;
	return 0;
}

static bool
matters(const struct ie_slot *slot)
{
	return slot->presence == IE_M || slot->presence == IE_V;
}

// A grouped IE's own faults are the message's if the group itself matters.
static bool
decode_nested(
	const struct ie_slot *slot, struct cursor *value, uint8_t *host, struct gtpc_fault *fault)
{
	struct gtpc_fault inner = { 0 };

	decode_slots(slot->group, value, host, &inner);
	if (inner.cause == GTPC_CAUSE_NONE)
		return true;
	if (matters(slot) && fault->cause == GTPC_CAUSE_NONE) {
		*fault = inner;
		fault->in_bearer_context = slot->type == GTPC_IE_BEARER_CTX;
	}
	return false;
}

// Decodes into the host form; where it can't, the IE counts as absent, and as a fault if it matters.
static bool
decode_ie(const struct ie_slot *slot, struct wire_ie *ie, uint8_t *host, struct gtpc_fault *fault)
{
	uint8_t cause;

	if (slot->group != NULL)
		return decode_nested(slot, &ie->value, host, fault);
	cause = decode_value(slot, ie->value, host);
	if (cause == 0)
		return true;
	if (matters(slot))
		fault_set(fault, cause, ie->type, ie->instance);
	return false;
}

// One IE of a list. More of them than can be are a wrong value.
static void
decode_element(
	const struct ie_slot *slot, struct wire_ie *ie, uint8_t *host, struct gtpc_fault *fault)
{
	uint8_t *count = host + slot->count_at;
	uint8_t *element = host + slot->at + (size_t)*count * slot->size;

	if (*count == slot->max) {
		if (matters(slot))
			fault_set(fault, GTPC_CAUSE_MANDATORY_IE_INCORRECT, ie->type, ie->instance);
		return;
	}
	if (decode_ie(slot, ie, element, fault))
		(*count)++;
	else
		memset(element, 0, slot->size);
}

static void
decode_single(
	const struct ie_slot *slot, struct wire_ie *ie, uint8_t *host, struct gtpc_fault *fault)
{
	if (!decode_ie(slot, ie, host + slot->at, fault))
		memset(host + slot->at, 0, slot->size);
	else if (slot->count_at != IE_ALWAYS)
		host[slot->count_at] = true;
}

// 7.7.6. A rejection needs nothing but its Cause.
static void
find_missing(const struct ie_group *group, uint64_t seen, const uint8_t *host, bool is_rejection,
	struct gtpc_fault *fault)
{
	for (unsigned int i = 0; i < group->n_slots; i++) {
		const struct ie_slot *slot = &group->slots[i];

		if (slot->presence != IE_M || seen >> i & 1)
			continue;
		if (!is_rejection || slot->type == GTPC_IE_CAUSE)
			fault_set(
				fault, GTPC_CAUSE_MANDATORY_IE_MISSING, slot->type, slot->instance);
	}
	for (unsigned int i = 0; i < group->n_needs; i++) {
		const struct ie_need *need = &group->needs[i];

		if (!host[need->has] && !host[need->other])
			fault_set(fault, GTPC_CAUSE_CONDITIONAL_IE_MISSING, need->type,
				need->instance);
	}
}

// Walks the IEs in `c` and fills the host struct, which is all zero before. Unknown types and
// instances are skipped (7.7.9), of repeated ones the first counts (7.7.10). `*seen` gets a
// bit for each slot that the message had an IE for.
static uint64_t
walk(const struct ie_group *group, struct cursor *c, uint8_t *host, struct gtpc_fault *fault)
{
	unsigned int hint = 0;
	uint64_t seen = 0;
	struct wire_ie ie;

	while (take_ie(c, &ie, fault)) {
		const struct ie_slot *slot = find_slot(group, &ie, &hint);
		uint64_t bit;

		if (slot == NULL)
			continue;
		bit = 1ull << (slot - group->slots);
		if (slot->max > 0)
			decode_element(slot, &ie, host, fault);
		else if (!(seen & bit))
			decode_single(slot, &ie, host, fault);
		seen |= bit;
	}
	return seen;
}

static void
decode_slots(
	const struct ie_group *group, struct cursor *c, uint8_t *host, struct gtpc_fault *fault)
{
	uint64_t seen = walk(group, c, host, fault);

	find_missing(group, seen, host, false, fault);
}

int
gtpc_message_decode(const struct gtpc_header *header, const uint8_t *ies, size_t n,
	struct gtpc_message *message, struct gtpc_fault *fault)
{
	const struct gtpc_message_desc *desc = gtpc_message_find(header->type);
	const struct ie_group *group = ie_group_find(header->type);
	const struct gtpc_header as_received = *header; // may be the message's own
	struct cursor c = cursor_open(ies, n);
	const struct gtpc_cause *cause;
	bool is_rejection;
	uint64_t seen;

	*fault = (struct gtpc_fault){ 0 };
	if (desc->title == NULL)
		return -ENOMSG;
	gtpc_message_init(message, as_received.type, 0, 0);
	message->header = as_received;
	seen = walk(group, &c, (uint8_t *)&message->echo_req, fault);
	cause = gtpc_message_cause(message);
	is_rejection = desc->kind == GTPC_KIND_ANSWER && cause != NULL &&
		!gtpc_cause_is_accepted(cause->value);
	if (is_rejection && fault->in_bearer_context)
		*fault = (struct gtpc_fault){ 0 };
	find_missing(group, seen, (uint8_t *)&message->echo_req, is_rejection, fault);
	return fault->cause == GTPC_CAUSE_NONE ? 0 : -EBADMSG;
}
