// SPDX-License-Identifier: BSD-3-Clause
// What is known of each message type, the header, and questions about a message as a whole.
#include "control/gtpc/message.h"

#include "control/gtpc/ie_slot.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define DESC(title, type, index, kind, sender, answer)                                             \
	{                                                                                          \
		title, type, index, GTPC_KIND_##kind, GTPC_FROM_##sender, answer                   \
	}

static const struct gtpc_message_desc descs[256] = {
#define X(name, member, type, kind, sender, answer, title)                                         \
	[type] = DESC(title, type, GTPC_INDEX_##name, kind, sender, answer),
	GTPC_MESSAGES(X)
#undef X
};

static const uint8_t types[GTPC_N_MESSAGES] = {
#define X(name, member, type, kind, sender, answer, title) type,
	GTPC_MESSAGES(X)
#undef X
};

const struct gtpc_message_desc *
gtpc_message_find(uint8_t type)
{
	return &descs[type];
}

const struct gtpc_message_desc *
gtpc_message_at(unsigned int index)
{
	return &descs[types[index]];
}

int
gtpc_header_decode(struct cursor *c, struct gtpc_header *header)
{
	struct cursor start = *c;
	uint8_t flags = cursor_u8(c);
	uint8_t last;

	*header = (struct gtpc_header){
		.version = flags >> 5,
		.has_piggyback = flags & GTPC_FLAG_P,
		.has_teid = flags & GTPC_FLAG_T,
		.has_priority = flags & GTPC_FLAG_MP,
	};
	header->type = cursor_u8(c);
	header->length = cursor_be16(c);
	if (header->has_teid)
		header->teid = cursor_be32(c);
	header->sequence = cursor_be24(c);
	last = cursor_u8(c);
	if (header->has_priority)
		header->priority = last >> 4;
	// A version that we don't know may have another layout: 8 octets are all that is asked of it.
	if (header->version > GTPC_VERSION && cursor_left(&start) >= GTPC_HEADER_MIN)
		return -EPROTONOSUPPORT;
	if (c->err || header->version != GTPC_VERSION)
		return -EBADMSG;
	if (header->length + GTPC_LENGTH_BASE < c->at - start.at)
		return -EBADMSG;
	return 0;
}

// 7.7.3: a request of a wrong length is answered with that, all else is discarded. What is there is
// read all the same, for the peer's F-TEID.
static int
refuse_length(const struct gtpc_header *header, const struct cursor *ies,
	struct gtpc_message *message, struct gtpc_fault *fault)
{
	uint8_t kind = descs[header->type].kind;
	int err = gtpc_message_decode(header, ies->at, cursor_left(ies), message, fault);

	if (err == -ENOMSG)
		return err;
	*fault = (struct gtpc_fault){ 0 };
	if (kind == GTPC_KIND_INITIAL || kind == GTPC_KIND_COMMAND)
		fault->cause = GTPC_CAUSE_INVALID_LENGTH;
	return -EBADMSG;
}

int
gtpc_message_parse(const uint8_t *bytes, size_t n, size_t *used, struct gtpc_message *message,
	struct gtpc_fault *fault)
{
	struct cursor c = cursor_open(bytes, n);
	struct gtpc_header header;
	size_t total;
	int err;

	*used = n;
	*fault = (struct gtpc_fault){ 0 };
	err = gtpc_header_decode(&c, &header);
	message->header = header;
	if (err)
		return err;
	total = (size_t)header.length + GTPC_LENGTH_BASE;
	if (total > n || (total < n && !header.has_piggyback))
		return refuse_length(&header, &c, message, fault);
	*used = total;
	return gtpc_message_decode(&header, c.at, (size_t)(bytes + total - c.at), message, fault);
}

void
gtpc_message_init(struct gtpc_message *message, uint8_t type, uint32_t teid, uint32_t sequence)
{
	memset(message, 0, offsetof(struct gtpc_message, echo_req) + ie_group_find(type)->size);
	message->header = (struct gtpc_header){
		.version = GTPC_VERSION,
		.type = type,
		.has_teid = type > GTPC_MSG_VERSION_NOT_SUPPORTED,
		.teid = type > GTPC_MSG_VERSION_NOT_SUPPORTED ? teid : 0,
		.sequence = sequence,
	};
}

struct gtpc_cause
gtpc_fault_cause(const struct gtpc_fault *fault)
{
	struct gtpc_cause cause = { .value = fault->cause };

	if (fault->in_bearer_context)
		cause.flags |= GTPC_CAUSE_FLAG_BCE;
	if (fault->in_pdn_connection)
		cause.flags |= GTPC_CAUSE_FLAG_PCE;
	cause.has_offending_ie = fault->has_ie;
	cause.ie_type = fault->ie_type;
	cause.ie_instance = fault->ie_instance;
	return cause;
}

// Where messages of that type have that IE, NULL if they haven't.
static const struct ie_slot *
find_single(uint8_t message_type, uint8_t type, uint8_t instance)
{
	const struct ie_group *group = ie_group_find(message_type);

	for (unsigned int i = 0; i < group->n_slots; i++) {
		const struct ie_slot *slot = &group->slots[i];

		if (slot->type == type && slot->instance == instance && slot->max == 0)
			return slot;
	}
	return NULL;
}

static const void *
present_ie(const struct gtpc_message *message, uint8_t type, uint8_t instance)
{
	const struct ie_slot *slot = find_single(message->header.type, type, instance);
	const uint8_t *body = (const uint8_t *)&message->echo_req;

	if (slot == NULL || (slot->count_at != IE_ALWAYS && !body[slot->count_at]))
		return NULL;
	return body + slot->at;
}

const uint8_t *
gtpc_message_recovery(const struct gtpc_message *message)
{
	return present_ie(message, GTPC_IE_RECOVERY, 0);
}

const struct gtpc_cause *
gtpc_message_cause(const struct gtpc_message *message)
{
	const struct gtpc_cause *cause = present_ie(message, GTPC_IE_CAUSE, 0);

	return cause != NULL && cause->value != 0 ? cause : NULL;
}

const struct gtpc_fteid *
gtpc_message_sender(const struct gtpc_message *message)
{
	uint8_t instance = ie_group_find(message->header.type)->sender_instance;
	const struct gtpc_fteid *fteid = present_ie(message, GTPC_IE_FTEID, instance);

	// In a faulty message a mandatory one may be empty.
	return fteid != NULL && (fteid->has_ipv4 || fteid->has_ipv6) ? fteid : NULL;
}

bool
gtpc_message_set_recovery(struct gtpc_message *message, uint8_t value)
{
	const struct ie_slot *slot = find_single(message->header.type, GTPC_IE_RECOVERY, 0);
	uint8_t *body = (uint8_t *)&message->echo_req;

	if (slot == NULL)
		return false;
	body[slot->at] = value;
	if (slot->count_at != IE_ALWAYS)
		body[slot->count_at] = true;
	return true;
}

static void
set_cause(struct gtpc_message *message, const struct gtpc_cause *cause)
{
	const struct ie_slot *slot = find_single(message->header.type, GTPC_IE_CAUSE, 0);
	uint8_t *body = (uint8_t *)&message->echo_req;

	if (slot == NULL)
		return;
	memcpy(body + slot->at, cause, sizeof(*cause));
	if (slot->count_at != IE_ALWAYS)
		body[slot->count_at] = true;
}

void
gtpc_message_set_cause(struct gtpc_message *message, uint8_t value)
{
	set_cause(message, &(struct gtpc_cause){ .value = value });
}

// What an answer must hold beside the Cause, from what could be read of the request.
static void
copy_mandatory(struct gtpc_message *answer, const struct gtpc_message *request)
{
	const struct delete_bearer_cmd *dbc = &request->delete_bearer_cmd;
	struct delete_bearer_fail *fail = &answer->delete_bearer_fail;

	switch (request->header.type) {
	case GTPC_MSG_BEARER_RESOURCE_CMD:
		answer->bearer_resource_fail.lbi = request->bearer_resource_cmd.lbi;
		answer->bearer_resource_fail.pti = request->bearer_resource_cmd.pti;
		break;
	case GTPC_MSG_DELETE_BEARER_CMD:
		fail->n_bearers = dbc->n_bearers;
		for (unsigned int i = 0; i < dbc->n_bearers; i++) {
			fail->bearers[i].ebi = dbc->bearers[i].ebi;
			fail->bearers[i].cause = fail->cause;
		}
		break;
	case GTPC_MSG_CHANGE_NOTIFICATION_REQ:
		answer->change_notification_rsp.has_imsi =
			request->change_notification_req.has_imsi;
		answer->change_notification_rsp.imsi = request->change_notification_req.imsi;
		answer->change_notification_rsp.has_mei = request->change_notification_req.has_mei;
		answer->change_notification_rsp.mei = request->change_notification_req.mei;
		break;
	default:
		break;
	}
}

int
gtpc_message_reject(struct gtpc_message *answer, const struct gtpc_message *request,
	const struct gtpc_fault *fault, uint32_t teid)
{
	const struct gtpc_message_desc *desc = gtpc_message_find(request->header.type);
	struct gtpc_cause cause = gtpc_fault_cause(fault);

	if (desc->answer == 0)
		return -ENOMSG;
	gtpc_message_init(answer, desc->answer, teid, request->header.sequence);
	set_cause(answer, &cause);
	copy_mandatory(answer, request);
	return 0;
}
