// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/tft.h"

#include "control/gtpc/cursor.h"

#include <errno.h>
#include <string.h>

// TS 24.008 table 10.5.162: component types.
enum {
	COMPONENT_IPV4_REMOTE = 16,
	COMPONENT_IPV4_LOCAL = 17,
	COMPONENT_IPV6_REMOTE = 32,
	COMPONENT_IPV6_REMOTE_PREFIX = 33,
	COMPONENT_IPV6_LOCAL_PREFIX = 35,
	COMPONENT_PROTOCOL = 48,
	COMPONENT_LOCAL_PORT = 64,
	COMPONENT_LOCAL_PORTS = 65,
	COMPONENT_REMOTE_PORT = 80,
	COMPONENT_REMOTE_PORTS = 81,
	COMPONENT_SPI = 96,
	COMPONENT_TOS = 112,
	COMPONENT_FLOW_LABEL = 128,
};

#define PARAMETER_FILTER_IDS 3

enum { MASK_LOCAL = 1, MASK_REMOTE = 2 }; // addresses that were there, for repeated ones

// ---- Decoding.

static void
prefix_mask(uint8_t mask[16], unsigned int bits)
{
	memset(mask, 0, 16);
	for (unsigned int i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

// An address and its mask, or the length of its prefix. `*seen` and the family refuse a second one.
static bool
decode_address(struct cursor *c, struct dp_filter *f, bool is_local, uint8_t family,
	bool has_prefix, unsigned int *seen)
{
	uint8_t *address = is_local ? f->local : f->remote;
	uint8_t *mask = is_local ? f->local_mask : f->remote_mask;
	unsigned int bit = is_local ? MASK_LOCAL : MASK_REMOTE;
	size_t n = family == 4 ? 4 : 16;
	uint8_t bits;

	if (*seen & bit || (f->family && f->family != family))
		return false;
	*seen |= bit;
	cursor_copy(c, address, n);
	if (has_prefix) {
		bits = cursor_u8(c);
		if (bits > 128)
			return false;
		prefix_mask(mask, bits);
	} else {
		cursor_copy(c, mask, n);
	}
	f->family = family;
	return true;
}

static bool
decode_ports(struct cursor *c, struct dp_filter *f, uint8_t field, bool is_range)
{
	bool is_local = field == TFT_LOCAL_PORT;
	uint16_t *min = is_local ? &f->local_port_min : &f->remote_port_min;
	uint16_t *max = is_local ? &f->local_port_max : &f->remote_port_max;

	if (f->fields & field)
		return false;
	f->fields |= field;
	*min = cursor_be16(c);
	*max = is_range ? cursor_be16(c) : *min;
	return true;
}

// Fields of a fixed kind; each at most once.
static bool
decode_field(struct cursor *c, struct dp_filter *f, uint8_t field)
{
	if (f->fields & field)
		return false;
	f->fields |= field;
	switch (field) {
	case TFT_PROTOCOL:
		f->protocol = cursor_u8(c);
		break;
	case TFT_TOS:
		f->tos = cursor_u8(c);
		f->tos_mask = cursor_u8(c);
		break;
	case TFT_SPI:
		f->spi = cursor_be32(c);
		break;
	default:
		f->flow_label = cursor_be24(c) & 0xfffff;
	}
	return true;
}

static bool
decode_component(struct cursor *c, struct dp_filter *f, unsigned int *seen)
{
	switch (cursor_u8(c)) {
	case COMPONENT_IPV4_REMOTE:
		return decode_address(c, f, false, 4, false, seen);
	case COMPONENT_IPV4_LOCAL:
		return decode_address(c, f, true, 4, false, seen);
	case COMPONENT_IPV6_REMOTE:
		return decode_address(c, f, false, 6, false, seen);
	case COMPONENT_IPV6_REMOTE_PREFIX:
		return decode_address(c, f, false, 6, true, seen);
	case COMPONENT_IPV6_LOCAL_PREFIX:
		return decode_address(c, f, true, 6, true, seen);
	case COMPONENT_PROTOCOL:
		return decode_field(c, f, TFT_PROTOCOL);
	case COMPONENT_LOCAL_PORT:
		return decode_ports(c, f, TFT_LOCAL_PORT, false);
	case COMPONENT_LOCAL_PORTS:
		return decode_ports(c, f, TFT_LOCAL_PORT, true);
	case COMPONENT_REMOTE_PORT:
		return decode_ports(c, f, TFT_REMOTE_PORT, false);
	case COMPONENT_REMOTE_PORTS:
		return decode_ports(c, f, TFT_REMOTE_PORT, true);
	case COMPONENT_SPI:
		return decode_field(c, f, TFT_SPI);
	case COMPONENT_TOS:
		return decode_field(c, f, TFT_TOS);
	case COMPONENT_FLOW_LABEL:
		return decode_field(c, f, TFT_FLOW_LABEL);
	default:
		return false;
	}
}

static bool
has_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
		protocol == 136;
}

// Would any packet ever fit it?
static bool
can_fit(const struct dp_filter *f)
{
	bool wants_ports = f->fields & (TFT_LOCAL_PORT | TFT_REMOTE_PORT);
	bool wants_spi = f->fields & TFT_SPI;

	if (wants_ports && wants_spi)
		return false;
	if (wants_ports && f->fields & TFT_PROTOCOL && !has_ports(f->protocol))
		return false;
	if (wants_spi && f->fields & TFT_PROTOCOL && f->protocol != 50 && f->protocol != 51)
		return false;
	if (f->fields & TFT_FLOW_LABEL && f->family == 4)
		return false;
	return f->local_port_min <= f->local_port_max && f->remote_port_min <= f->remote_port_max;
}

static enum tft_fault
decode_filter(struct cursor *c, struct tft_filter *f)
{
	uint8_t first = cursor_u8(c);
	unsigned int seen = 0;
	struct cursor contents;

	memset(f, 0, sizeof(*f));
	f->id = first & 15;
	f->direction = first >> 4 & 3;
	f->precedence = cursor_u8(c);
	contents = cursor_slice(c, cursor_u8(c));
	if (c->err)
		return TFT_SYNTAX; // fewer filters than were announced
	if (cursor_left(&contents) == 0)
		return TFT_FILTER_SYNTAX;
	while (cursor_left(&contents) > 0)
		if (!decode_component(&contents, &f->is, &seen))
			return TFT_FILTER_SYNTAX;
	if (contents.err)
		return TFT_FILTER_SYNTAX;
	if (!can_fit(&f->is))
		return TFT_FILTER_SEMANTIC;
	if (f->is.fields & TFT_FLOW_LABEL)
		f->is.family = 6;
	return TFT_GOOD;
}

static enum tft_fault
decode_parameters(struct cursor *c, struct tft *t)
{
	while (cursor_left(c) > 0) {
		uint8_t kind = cursor_u8(c);
		struct cursor value = cursor_slice(c, cursor_u8(c));

		if (c->err)
			return TFT_SYNTAX;
		while (kind == PARAMETER_FILTER_IDS && cursor_left(&value) > 0) {
			if (t->n_named == TFT_FILTERS_MAX)
				return TFT_SYNTAX;
			t->named[t->n_named++] = cursor_u8(&value) & 15;
		}
	}
	return TFT_GOOD;
}

// Two filters of one message under one id, or with one precedence: TS 24.301 6.4.2.4 d)
static bool
is_repeated(const struct tft *t)
{
	for (unsigned int i = 0; i < t->n_filters; i++)
		for (unsigned int k = 0; k < i; k++)
			if (t->filter[i].id == t->filter[k].id ||
				t->filter[i].precedence == t->filter[k].precedence)
				return true;
	return false;
}

static enum tft_fault
decode_filters(struct cursor *c, struct tft *t)
{
	enum tft_fault first = TFT_GOOD, fault;

	for (unsigned int i = 0; i < t->n_filters; i++) {
		fault = decode_filter(c, &t->filter[i]);
		if (fault == TFT_SYNTAX)
			return fault;
		if (first == TFT_GOOD)
			first = fault;
	}
	if (first == TFT_GOOD && is_repeated(t))
		return TFT_FILTER_SYNTAX;
	return first;
}

static enum tft_fault
decode_list(struct cursor *c, struct tft *t)
{
	switch (t->operation) {
	case TFT_CREATE:
	case TFT_ADD:
	case TFT_REPLACE:
		return t->n_filters == 0 ? TFT_SYNTAX : decode_filters(c, t);
	case TFT_DELETE_FILTERS:
		for (unsigned int i = 0; i < t->n_filters; i++)
			t->filter[i].id = cursor_u8(c) & 15;
		return t->n_filters == 0 || c->err ? TFT_SYNTAX : TFT_GOOD;
	case TFT_IGNORE:
	case TFT_DELETE:
	case TFT_NO_OPERATION:
		return t->n_filters == 0 ? TFT_GOOD : TFT_SYNTAX;
	default:
		return TFT_SYNTAX; // reserved
	}
}

enum tft_fault
tft_decode(const uint8_t *bytes, size_t n, struct tft *t)
{
	struct cursor c = cursor_open(bytes, n);
	uint8_t first = cursor_u8(&c);
	enum tft_fault fault;

	memset(t, 0, sizeof(*t));
	if (c.err)
		return TFT_SYNTAX;
	t->operation = first >> 5;
	t->n_filters = first & 15;
	fault = decode_list(&c, t);
	if (fault == TFT_GOOD && first & 0x10)
		fault = decode_parameters(&c, t);
	if (fault == TFT_GOOD && cursor_left(&c) > 0)
		return TFT_SYNTAX; // more filters than were announced
	return fault;
}

// ---- Encoding.

static bool
is_prefix(const uint8_t mask[16])
{
	unsigned int bits = 0;
	uint8_t whole[16];

	while (bits < 128 && mask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	prefix_mask(whole, bits);
	return memcmp(whole, mask, sizeof(whole)) == 0;
}

static unsigned int
prefix_bits(const uint8_t mask[16])
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < 128; i++)
		bits += mask[i / 8] >> (7 - i % 8) & 1;
	return bits;
}

static void
encode_address(struct writer *w, const struct dp_filter *f, bool is_local)
{
	const uint8_t *address = is_local ? f->local : f->remote;
	const uint8_t *mask = is_local ? f->local_mask : f->remote_mask;

	if (prefix_bits(mask) == 0)
		return;
	if (f->family == 4) {
		writer_u8(w, is_local ? COMPONENT_IPV4_LOCAL : COMPONENT_IPV4_REMOTE);
		writer_copy(w, address, 4);
		writer_copy(w, mask, 4);
		return;
	}
	if (is_prefix(mask)) {
		writer_u8(w, is_local ? COMPONENT_IPV6_LOCAL_PREFIX : COMPONENT_IPV6_REMOTE_PREFIX);
		writer_copy(w, address, 16);
		writer_u8(w, (uint8_t)prefix_bits(mask));
		return;
	}
	if (is_local)
		writer_refuse(w);
	writer_u8(w, COMPONENT_IPV6_REMOTE);
	writer_copy(w, address, 16);
	writer_copy(w, mask, 16);
}

static void
encode_ports(struct writer *w, uint8_t one, uint16_t min, uint16_t max)
{
	writer_u8(w, min == max ? one : one + 1);
	writer_be16(w, min);
	if (min != max)
		writer_be16(w, max);
}

static void
encode_components(struct writer *w, const struct dp_filter *f)
{
	encode_address(w, f, false);
	encode_address(w, f, true);
	if (f->fields & TFT_PROTOCOL) {
		writer_u8(w, COMPONENT_PROTOCOL);
		writer_u8(w, f->protocol);
	}
	if (f->fields & TFT_LOCAL_PORT)
		encode_ports(w, COMPONENT_LOCAL_PORT, f->local_port_min, f->local_port_max);
	if (f->fields & TFT_REMOTE_PORT)
		encode_ports(w, COMPONENT_REMOTE_PORT, f->remote_port_min, f->remote_port_max);
	if (f->fields & TFT_SPI) {
		writer_u8(w, COMPONENT_SPI);
		writer_be32(w, f->spi);
	}
	if (f->fields & TFT_TOS) {
		writer_u8(w, COMPONENT_TOS);
		writer_u8(w, f->tos);
		writer_u8(w, f->tos_mask);
	}
	if (f->fields & TFT_FLOW_LABEL) {
		writer_u8(w, COMPONENT_FLOW_LABEL);
		writer_be24(w, f->flow_label);
	}
}

static void
encode_filter(struct writer *w, const struct tft_filter *f)
{
	uint8_t *length;

	writer_u8(w, (uint8_t)((f->direction & 3) << 4 | (f->id & 15)));
	writer_u8(w, f->precedence);
	length = writer_take(w, 1);
	encode_components(w, &f->is);
	if (length)
		*length = (uint8_t)(w->at - length - 1);
}

ssize_t
tft_encode(const struct tft *t, uint8_t *bytes, size_t room)
{
	struct writer w = writer_open(bytes, room < TFT_BYTES_MAX ? room : TFT_BYTES_MAX);
	bool has_filters = t->operation == TFT_CREATE || t->operation == TFT_ADD ||
		t->operation == TFT_REPLACE;

	if (t->n_filters > TFT_FILTERS_MAX || t->n_named > TFT_FILTERS_MAX ||
		t->operation > TFT_NO_OPERATION)
		return -EINVAL;
	writer_u8(&w, (uint8_t)(t->operation << 5 | (t->n_named ? 0x10 : 0) | t->n_filters));
	for (unsigned int i = 0; i < t->n_filters; i++) {
		if (has_filters)
			encode_filter(&w, &t->filter[i]);
		else
			writer_u8(&w, t->filter[i].id & 15);
	}
	if (t->n_named) {
		writer_u8(&w, PARAMETER_FILTER_IDS);
		writer_u8(&w, t->n_named);
		writer_copy(&w, t->named, t->n_named);
	}
	return w.err ? w.err : (ssize_t)writer_length(&w);
}

// ---- Operations.

static int
find(const struct tft_filter *filters, unsigned int n, uint8_t id)
{
	for (unsigned int i = 0; i < n; i++)
		if (filters[i].id == id)
			return (int)i;
	return -1;
}

// A filter of a known id takes the old one's place: TS 24.301 6.4.2.4 d) 1), b) 3)
static bool
put_filters(const struct tft *change, struct tft_filter *filters, uint8_t *n)
{
	for (unsigned int i = 0; i < change->n_filters; i++) {
		int at = find(filters, *n, change->filter[i].id);

		if (at < 0 && *n == TFT_FILTERS_MAX)
			return false;
		filters[at < 0 ? (*n)++ : at] = change->filter[i];
	}
	return true;
}

// One that isn't there counts as deleted: TS 24.301 6.4.2.4 b) 4)
static void
drop_filters(const struct tft *change, struct tft_filter *filters, uint8_t *n)
{
	for (unsigned int i = 0; i < change->n_filters; i++) {
		int at = find(filters, *n, change->filter[i].id);

		if (at < 0)
			continue;
		--*n;
		memmove(&filters[at], &filters[at + 1],
			((size_t)*n - (size_t)at) * sizeof(filters[0]));
	}
}

static bool
has_double_precedence(const struct tft_filter *filters, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < i; k++)
			if (filters[i].precedence == filters[k].precedence)
				return true;
	return false;
}

enum tft_fault
tft_apply(const struct tft *change, struct tft_filter filters[TFT_FILTERS_MAX], uint8_t *n_filters)
{
	struct tft_filter next[TFT_FILTERS_MAX];
	uint8_t n = *n_filters;

	memcpy(next, filters, sizeof(next));
	switch (change->operation) {
	case TFT_IGNORE:
	case TFT_NO_OPERATION:
		return TFT_GOOD;
	case TFT_CREATE:
		if (n > 0)
			return TFT_SEMANTIC;
		put_filters(change, next, &n);
		break;
	case TFT_ADD:
	case TFT_REPLACE:
		if (n == 0)
			return TFT_SEMANTIC;
		if (!put_filters(change, next, &n))
			return TFT_SEMANTIC;
		break;
	case TFT_DELETE_FILTERS:
		if (n == 0)
			return TFT_SEMANTIC;
		drop_filters(change, next, &n);
		break;
	default: // the whole template, which a dedicated bearer can't be without
		return TFT_SEMANTIC;
	}
	if (n == 0)
		return TFT_SEMANTIC;
	if (has_double_precedence(next, n))
		return TFT_FILTER_SYNTAX;
	memcpy(filters, next, sizeof(next));
	*n_filters = n;
	return TFT_GOOD;
}
