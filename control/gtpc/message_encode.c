// SPDX-License-Identifier: BSD-3-Clause
// Host structs to IEs, in the order of the slots.
#include "control/gtpc/ie_slot.h"
#include "control/gtpc/message.h"

#include <errno.h>

// A length of two octets, filled in once what it counts has been written.
static void
patch_length(struct writer *w, uint8_t *at, size_t length)
{
	if (w->err)
		return;
	if (length > UINT16_MAX) {
		w->err = -EMSGSIZE;
		return;
	}
	at[0] = (uint8_t)(length >> 8);
	at[1] = (uint8_t)length;
}

static void encode_group(struct writer *w, const struct ie_group *group, const uint8_t *host);

static void
encode_ie(struct writer *w, const struct ie_slot *slot, const uint8_t *host)
{
	uint8_t *header = writer_take(w, GTPC_IE_HEADER);
	size_t start = writer_length(w);

	if (header == NULL)
		return;
	header[0] = slot->type;
	header[3] = slot->instance == IE_ANY_INSTANCE ? 0 : slot->instance;
	if (slot->group != NULL)
		encode_group(w, slot->group, host);
	else
		ie_codec_find(slot->type)->encode(w, host);
	patch_length(w, header + 1, writer_length(w) - start);
}

static void
encode_group(struct writer *w, const struct ie_group *group, const uint8_t *host)
{
	for (unsigned int i = 0; i < group->n_slots; i++) {
		const struct ie_slot *slot = &group->slots[i];
		unsigned int n = slot->count_at == IE_ALWAYS ? 1 : host[slot->count_at];

		if (slot->max > 0 && n > slot->max) {
			writer_refuse(w);
			return;
		}
		for (unsigned int k = 0; k < n; k++)
			encode_ie(w, slot, host + slot->at + (size_t)k * slot->size);
	}
}

static uint8_t
header_flags(const struct gtpc_header *header)
{
	unsigned int flags = GTPC_VERSION << 5;

	flags |= header->has_piggyback ? GTPC_FLAG_P : 0;
	flags |= header->has_teid ? GTPC_FLAG_T : 0;
	flags |= header->has_priority ? GTPC_FLAG_MP : 0;
	return (uint8_t)flags;
}

ssize_t
gtpc_message_encode(const struct gtpc_message *message, uint8_t *bytes, size_t size)
{
	const struct gtpc_header *header = &message->header;
	struct writer w = writer_open(bytes, size);

	if (gtpc_message_find(header->type)->title == NULL)
		return -EINVAL;
	if (header->sequence > GTPC_SEQUENCE_MAX || header->priority > 0xf)
		writer_refuse(&w);
	writer_u8(&w, header_flags(header));
	writer_u8(&w, header->type);
	writer_be16(&w, 0);
	if (header->has_teid)
		writer_be32(&w, header->teid);
	writer_be24(&w, header->sequence);
	writer_u8(&w, (uint8_t)(header->has_priority ? header->priority << 4 : 0));
	encode_group(&w, ie_group_find(header->type), (const uint8_t *)&message->echo_req);
	patch_length(&w, bytes + 2, writer_length(&w) - GTPC_LENGTH_BASE);
	return w.err ? w.err : (ssize_t)writer_length(&w);
}
