// SPDX-License-Identifier: BSD-3-Clause
#include "hss/wire.h"

#include <errno.h>
#include <string.h>

uint16_t
wire_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t
wire_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static void
put_be24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)v;
}

void
wire_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	put_be24(p + 1, v);
}

void
wire_header_decode(const uint8_t *p, struct wire_header *h)
{
	h->version = p[0];
	h->length = be24(p + 1);
	h->flags = p[4];
	h->command = be24(p + 5);
	h->application = wire_be32(p + 8);
	h->hop_by_hop = wire_be32(p + 12);
	h->end_to_end = wire_be32(p + 16);
}

void
wire_header_encode(uint8_t *p, const struct wire_header *h)
{
	p[0] = h->version;
	put_be24(p + 1, h->length);
	p[4] = h->flags;
	put_be24(p + 5, h->command);
	wire_put_be32(p + 8, h->application);
	wire_put_be32(p + 12, h->hop_by_hop);
	wire_put_be32(p + 16, h->end_to_end);
}

void
wire_start(struct wire_cursor *c, const uint8_t *message, size_t len)
{
	c->at = message + WIRE_HEADER_LEN;
	c->end = message + len;
}

void
wire_enter(struct wire_cursor *c, const struct wire_avp *group)
{
	c->at = group->value;
	c->end = group->value + group->value_len;
}

int
wire_next(struct wire_cursor *c, struct wire_avp *avp)
{
	size_t left = (size_t)(c->end - c->at);
	size_t header;

	memset(avp, 0, sizeof(*avp));
	if (left == 0)
		return 0;
	if (left < 8)
		return -EBADMSG;
	avp->start = c->at;
	avp->code = wire_be32(c->at);
	avp->flags = c->at[4];
	avp->length = be24(c->at + 5);
	header = avp->flags & WIRE_VENDOR ? 12 : 8;
	if (left < header)
		return -EBADMSG;
	if (header == 12)
		avp->vendor = wire_be32(c->at + 8);
	if (avp->length < header || avp->length > left)
		return -EBADMSG;
	avp->value = c->at + header;
	avp->value_len = avp->length - (uint32_t)header;
	// The last AVP of a group may lack its padding: it is harmless.
	c->at = wire_pad(avp->length) < left ? c->at + wire_pad(avp->length) : c->end;
	return 1;
}

bool
wire_find(const struct wire_cursor *c, uint32_t code, uint32_t vendor, struct wire_avp *avp)
{
	struct wire_cursor at = *c;

	while (wire_next(&at, avp) == 1)
		if (avp->code == code && avp->vendor == vendor)
			return true;
	return false;
}

void
wire_begin(struct wire_writer *w, uint8_t *buf, size_t room, const struct wire_header *h)
{
	w->buf = buf;
	w->room = room;
	w->len = WIRE_HEADER_LEN;
	w->is_overrun = room < WIRE_HEADER_LEN;
	if (!w->is_overrun)
		wire_header_encode(buf, h);
}

static uint8_t *
take(struct wire_writer *w, size_t len)
{
	uint8_t *p = w->buf + w->len;

	if (w->is_overrun || w->room - w->len < len) {
		w->is_overrun = true;
		return NULL;
	}
	w->len += len;
	return p;
}

// An AVP header for value_len octets of value, and where those start.
static uint8_t *
put_header(struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags, size_t value_len)
{
	size_t header = flags & WIRE_VENDOR ? 12 : 8;
	uint8_t *p = take(w, wire_pad(header + value_len));

	if (p == NULL)
		return NULL;
	wire_put_be32(p, code);
	p[4] = flags;
	put_be24(p + 5, (uint32_t)(header + value_len));
	if (header == 12)
		wire_put_be32(p + 8, vendor);
	return p + header;
}

void
wire_put(struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags, const void *value,
	size_t len)
{
	uint8_t *p = put_header(w, code, vendor, flags, len);

	if (p == NULL)
		return;
	if (len > 0)
		memcpy(p, value, len);
	memset(p + len, 0, wire_pad(len) - len);
}

void
wire_put_u32(struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags, uint32_t value)
{
	uint8_t be[4];

	wire_put_be32(be, value);
	wire_put(w, code, vendor, flags, be, sizeof(be));
}

void
wire_put_text(
	struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags, const char *text)
{
	wire_put(w, code, vendor, flags, text, strlen(text));
}

void
wire_copy(struct wire_writer *w, const struct wire_avp *avp)
{
	wire_put(w, avp->code, avp->vendor, avp->flags, avp->value, avp->value_len);
}

size_t
wire_open_group(struct wire_writer *w, uint32_t code, uint32_t vendor, uint8_t flags)
{
	size_t start = w->len;

	put_header(w, code, vendor, flags, 0);
	return start;
}

void
wire_close_group(struct wire_writer *w, size_t group)
{
	if (!w->is_overrun)
		put_be24(w->buf + group + 5, (uint32_t)(w->len - group));
}

size_t
wire_end(struct wire_writer *w)
{
	if (w->is_overrun)
		return 0;
	put_be24(w->buf + 1, (uint32_t)w->len);
	return w->len;
}

int
wire_replace(uint8_t *buf, size_t room, size_t *len, const struct wire_avp *avp, const void *value,
	size_t value_len)
{
	size_t at = (size_t)(avp->start - buf);
	size_t header = avp->length - avp->value_len;
	size_t old_end = at + wire_pad(avp->length);
	size_t new_end = at + wire_pad(header + value_len);

	if (old_end > *len)
		old_end = *len;
	if (*len - old_end + new_end > room)
		return -ENOSPC;
	memmove(buf + new_end, buf + old_end, *len - old_end);
	*len = *len - old_end + new_end;
	put_be24(buf + at + 5, (uint32_t)(header + value_len));
	memcpy(buf + at + header, value, value_len);
	memset(buf + at + header + value_len, 0, new_end - at - header - value_len);
	put_be24(buf + 1, (uint32_t)*len);
	return 0;
}

void
wire_remove(uint8_t *buf, size_t *len, const struct wire_avp *avp)
{
	size_t at = (size_t)(avp->start - buf);
	size_t end = at + wire_pad(avp->length);

	if (end > *len)
		end = *len;
	memmove(buf + at, buf + end, *len - end);
	*len -= end - at;
	put_be24(buf + 1, (uint32_t)*len);
}
