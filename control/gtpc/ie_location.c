// SPDX-License-Identifier: BSD-3-Clause
// Where the device is: ULI, CSG, time zone.
#include "control/gtpc/ie_codec.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

// TS 29.274 8.21: the flags from bit 1 on, and the fields in that very order.
static const struct uli_field {
	uint8_t flag;
	uint8_t area_octets;
	uint8_t cell_octets;
	uint32_t cell_mask;
	size_t has;
	size_t at;
} uli_fields[] = {
#define FIELD(bit, area, cell, mask, name)                                                         \
	{                                                                                          \
		1u << ((bit)-1), area, cell, mask, offsetof(struct gtpc_uli, has_##name),          \
			offsetof(struct gtpc_uli, name)                                            \
	}
	FIELD(1, 2, 2, 0xffff, cgi),
	FIELD(2, 2, 2, 0xffff, sai),
	FIELD(3, 2, 2, 0xffff, rai),
	FIELD(4, 2, 0, 0, tai),
	FIELD(5, 0, 4, 0x0fffffff, ecgi),
	FIELD(6, 2, 0, 0, lai),
	FIELD(7, 0, 3, 0x0fffff, enb),
	FIELD(8, 0, 3, 0xffffff, ext_enb),
#undef FIELD
};
#define N_ULI_FIELDS (sizeof(uli_fields) / sizeof(uli_fields[0]))

// PLMNs inside of a location are kept as they came: they are reported, not acted on.
int
decode_uli(struct cursor *c, void *host)
{
	uint8_t *uli = host;
	uint8_t flags = cursor_u8(c);

	for (unsigned int i = 0; i < N_ULI_FIELDS; i++) {
		const struct uli_field *f = &uli_fields[i];
		struct gtpc_location place = { 0 };
		bool has = flags & f->flag;

		if (has) {
			cursor_copy(c, place.plmn.octets, sizeof(place.plmn.octets));
			place.area = (uint16_t)cursor_be(c, f->area_octets);
			place.cell = (uint32_t)cursor_be(c, f->cell_octets) & f->cell_mask;
		}
		memcpy(uli + f->has, &has, sizeof(has));
		memcpy(uli + f->at, &place, sizeof(place));
	}
	return c->err;
}

void
encode_uli(struct writer *w, const void *host)
{
	const uint8_t *uli = host;
	uint8_t *flags = writer_take(w, 1);

	if (flags == NULL)
		return;
	*flags = 0;
	for (unsigned int i = 0; i < N_ULI_FIELDS; i++) {
		const struct uli_field *f = &uli_fields[i];
		struct gtpc_location place;
		bool has;

		memcpy(&has, uli + f->has, sizeof(has));
		if (!has)
			continue;
		memcpy(&place, uli + f->at, sizeof(place));
		if (place.cell & ~f->cell_mask)
			writer_refuse(w);
		*flags |= f->flag;
		writer_copy(w, place.plmn.octets, sizeof(place.plmn.octets));
		writer_be(w, place.area, f->area_octets);
		writer_be(w, place.cell, f->cell_octets);
	}
}

// TS 29.274 8.75
int
decode_uci(struct cursor *c, void *host)
{
	struct gtpc_uci *uci = host;
	uint8_t last;

	cursor_copy(c, uci->plmn.octets, sizeof(uci->plmn.octets));
	uci->csg_id = cursor_be32(c) & 0x07ffffff;
	last = cursor_u8(c);
	uci->access_mode = last >> 6;
	uci->flags = last & 0x03;
	return c->err;
}

void
encode_uci(struct writer *w, const void *host)
{
	const struct gtpc_uci *uci = host;

	if (uci->csg_id >> 27 || uci->access_mode > 3 || uci->flags > 3)
		writer_refuse(w);
	writer_copy(w, uci->plmn.octets, sizeof(uci->plmn.octets));
	writer_be32(w, uci->csg_id);
	writer_u8(w, (uint8_t)(uci->access_mode << 6 | uci->flags));
}

// TS 29.274 8.44
int
decode_time_zone(struct cursor *c, void *host)
{
	struct gtpc_time_zone *zone = host;

	zone->quarters = cursor_u8(c);
	zone->daylight_saving = cursor_u8(c) & 0x03;
	return c->err;
}

void
encode_time_zone(struct writer *w, const void *host)
{
	const struct gtpc_time_zone *zone = host;

	if (zone->daylight_saving > 3)
		writer_refuse(w);
	writer_u8(w, zone->quarters);
	writer_u8(w, zone->daylight_saving);
}
