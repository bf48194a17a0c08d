// SPDX-License-Identifier: BSD-3-Clause
#include "hss/avp.h"

#include <stdbool.h>
#include <string.h>

#define NO_GROUP ((size_t)-1)

static bool
is_among(const struct hss_avp_ref *refs, size_t n, const struct avp_row *row)
{
	for (size_t i = 0; i < n; i++)
		if (refs[i].code == row->code && refs[i].vendor == row->vendor)
			return true;
	return false;
}

static bool
is_omitted(const struct avp_out *out, const struct avp_row *row)
{
	return out->n_omitted > 0 ||
		(out->peer != NULL && is_among(out->peer->omit, out->peer->n_omit, row));
}

static uint8_t
flags_of(const struct avp_out *out, const struct avp_row *row)
{
	if (out->peer != NULL && is_among(out->peer->clear_m, out->peer->n_clear_m, row))
		return row->flags & (uint8_t)~WIRE_MANDATORY;
	return row->flags;
}

void
avp_put_octets(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len)
{
	const struct avp_row *row = &s6a_avps[avp];

	if (!is_omitted(out, row))
		wire_put(&out->w, row->code, row->vendor, flags_of(out, row), value, len);
}

void
avp_put_u32(struct avp_out *out, enum s6a_avp avp, uint32_t value)
{
	uint8_t be[4];

	wire_put_be32(be, value);
	avp_put_octets(out, avp, be, sizeof(be));
}

void
avp_put_text(struct avp_out *out, enum s6a_avp avp, const char *text)
{
	avp_put_octets(out, avp, text, strlen(text));
}

void
avp_put_ipv4(struct avp_out *out, enum s6a_avp avp, struct in_addr addr)
{
	uint8_t value[6] = { 0, 1 }; // RFC 6733 4.3.1: the address family, then the address

	memcpy(value + 2, &addr, 4);
	avp_put_octets(out, avp, value, sizeof(value));
}

void
avp_put_ipv6(struct avp_out *out, enum s6a_avp avp, const struct in6_addr *addr)
{
	uint8_t value[18] = { 0, 2 };

	memcpy(value + 2, addr, 16);
	avp_put_octets(out, avp, value, sizeof(value));
}

size_t
avp_open(struct avp_out *out, enum s6a_avp avp)
{
	const struct avp_row *row = &s6a_avps[avp];

	if (!is_omitted(out, row))
		return wire_open_group(&out->w, row->code, row->vendor, flags_of(out, row));
	out->n_omitted++;
	return NO_GROUP;
}

void
avp_close(struct avp_out *out, size_t group)
{
	if (group == NO_GROUP)
		out->n_omitted--;
	else
		wire_close_group(&out->w, group);
}

enum s6a_avp
avp_which(const struct wire_avp *avp)
{
	return s6a_avp_find(avp->code, avp->vendor);
}

uint32_t
avp_u32(const struct wire_avp *avp)
{
	return avp->value_len == 4 ? wire_be32(avp->value) : 0;
}

void
avp_text(const struct wire_avp *avp, char *text, size_t size)
{
	size_t len = avp->value_len < size ? avp->value_len : size - 1;
	const void *nul = memchr(avp->value, '\0', len);

	if (nul != NULL)
		len = (size_t)((const uint8_t *)nul - avp->value);
	memcpy(text, avp->value, len);
	text[len] = '\0';
}
