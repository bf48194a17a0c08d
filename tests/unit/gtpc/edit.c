// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/gtpc/edit.h"

static size_t
header_size(const struct hex *m)
{
	return m->bytes[0] & 0x08 ? 12 : 8;
}

static size_t
get16(const struct hex *m, size_t at)
{
	return (size_t)m->bytes[at] << 8 | m->bytes[at + 1];
}

static void
put16(struct hex *m, size_t at, size_t value)
{
	m->bytes[at] = (uint8_t)(value >> 8);
	m->bytes[at + 1] = (uint8_t)value;
}

static bool
find_between(const struct hex *m, size_t from, size_t end, uint8_t type, uint8_t instance,
	struct edit_place *place)
{
	for (size_t at = from; at + 4 <= end; at += 4 + get16(m, at + 1)) {
		if (m->bytes[at] != type || (m->bytes[at + 3] & 0xf) != instance)
			continue;
		place->at = at;
		place->n = get16(m, at + 1);
		return true;
	}
	return false;
}

bool
edit_find(const struct hex *m, uint8_t in, uint8_t type, uint8_t instance, struct edit_place *place)
{
	struct edit_place outer;

	place->parent = 0;
	if (in == 0)
		return find_between(m, header_size(m), m->n, type, instance, place);
	if (!find_between(m, header_size(m), m->n, in, 0, &outer))
		return false;
	place->parent = outer.at;
	return find_between(m, outer.at + 4, outer.at + 4 + outer.n, type, instance, place);
}

void
edit_splice(struct hex *m, size_t parent, size_t at, size_t old_n, const uint8_t *bytes, size_t n)
{
	memmove(m->bytes + at + n, m->bytes + at + old_n, m->n - at - old_n);
	memcpy(m->bytes + at, bytes, n);
	m->n = m->n - old_n + n;
	put16(m, 2, get16(m, 2) - old_n + n);
	if (parent > 0)
		put16(m, parent + 1, get16(m, parent + 1) - old_n + n);
}

bool
edit_remove(struct hex *m, uint8_t in, uint8_t type, uint8_t instance)
{
	struct edit_place place;

	if (!edit_find(m, in, type, instance, &place))
		return false;
	edit_splice(m, place.parent, place.at, 4 + place.n, (const uint8_t *)"", 0);
	return true;
}

bool
edit_value(struct hex *m, uint8_t in, uint8_t type, uint8_t instance, const char *value)
{
	struct hex hex = hex_bytes(value);
	struct edit_place place;

	if (!edit_find(m, in, type, instance, &place))
		return false;
	edit_splice(m, place.parent, place.at + 4, place.n, hex.bytes, hex.n);
	put16(m, place.at + 1, hex.n);
	return true;
}

bool
edit_append(struct hex *m, uint8_t in, const char *ie)
{
	struct hex hex = hex_bytes(ie);
	struct edit_place place;

	if (in == 0) {
		edit_splice(m, 0, m->n, 0, hex.bytes, hex.n);
		return true;
	}
	if (!edit_find(m, 0, in, 0, &place))
		return false;
	edit_splice(m, place.at, place.at + 4 + place.n, 0, hex.bytes, hex.n);
	return true;
}

void
edit_length(struct hex *m, size_t length)
{
	put16(m, 2, length);
}
