// SPDX-License-Identifier: BSD-3-Clause
#include "hss/avp.h"

#include "hss/s6a_dict.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <string.h>

static bool
is_among(const struct hss_avp_ref *refs, size_t n, const struct avp_row *row)
{
	for (size_t i = 0; i < n; i++)
		if (refs[i].code == row->code && refs[i].vendor == row->vendor)
			return true;
	return false;
}

static bool
is_omitted(const struct avp_out *out, enum s6a_avp avp)
{
	return out->at == NULL || *out->error != 0 ||
		(out->peer != NULL && out->peer->n_omit > 0 &&
			is_among(out->peer->omit, out->peer->n_omit, &s6a_avps[avp]));
}

static void
set_flags(const struct avp_out *out, enum s6a_avp avp, struct avp *made)
{
	struct avp_hdr *h;

	if (fd_msg_avp_hdr(made, &h) != 0)
		return;
	h->avp_flags = s6a_avps[avp].flags;
	if (out->peer != NULL && out->peer->n_clear_m > 0 &&
		is_among(out->peer->clear_m, out->peer->n_clear_m, &s6a_avps[avp]))
		h->avp_flags &= (uint8_t)~AVP_FLAG_MANDATORY;
}

// value NULL: a group.
static struct avp *
put(struct avp_out *out, enum s6a_avp avp, union avp_value *value, enum msg_brw_dir where)
{
	struct avp *made = NULL;
	int ret;

	if (is_omitted(out, avp))
		return NULL;
	ret = fd_msg_avp_new(s6a_dict_avp(avp), 0, &made);
	if (ret == 0 && value != NULL)
		ret = fd_msg_avp_setvalue(made, value);
	if (ret == 0) {
		set_flags(out, avp, made);
		ret = fd_msg_avp_add(out->at, where, made);
	}
	if (ret == 0)
		return made;
	if (made != NULL)
		fd_msg_free(made);
	*out->error = -ret;
	return NULL;
}

void
avp_put_u32(struct avp_out *out, enum s6a_avp avp, uint32_t value)
{
	union avp_value v;

	memset(&v, 0, sizeof(v));
	v.u32 = value;
	put(out, avp, &v, MSG_BRW_LAST_CHILD);
}

static void
put_octets(
	struct avp_out *out, enum s6a_avp avp, const void *value, size_t len, enum msg_brw_dir dir)
{
	union avp_value v;

	// The library copies it.
	memset(&v, 0, sizeof(v));
	memcpy(&v.os.data, &value, sizeof(value));
	v.os.len = len;
	put(out, avp, &v, dir);
}

void
avp_put_octets(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len)
{
	put_octets(out, avp, value, len, MSG_BRW_LAST_CHILD);
}

void
avp_put_first(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len)
{
	put_octets(out, avp, value, len, MSG_BRW_FIRST_CHILD);
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

struct avp_out
avp_put_group(struct avp_out *out, enum s6a_avp avp)
{
	struct avp_out group = *out;

	group.at = put(out, avp, NULL, MSG_BRW_LAST_CHILD);
	return group;
}

// ---- Reading.

static struct avp *
browse(void *from, enum msg_brw_dir where, struct avp_hdr **h)
{
	msg_or_avp *found = NULL;

	if (fd_msg_browse_internal(from, where, &found, NULL) != 0 || found == NULL ||
		fd_msg_avp_hdr((struct avp *)found, h) != 0)
		return NULL;
	return (struct avp *)found;
}

struct avp *
avp_first(void *message_or_group, struct avp_hdr **h)
{
	return browse(message_or_group, MSG_BRW_FIRST_CHILD, h);
}

struct avp *
avp_next(struct avp *avp, struct avp_hdr **h)
{
	return browse(avp, MSG_BRW_NEXT, h);
}

enum s6a_avp
avp_which(const struct avp_hdr *h)
{
	return s6a_avp_find(h->avp_code, h->avp_flags & AVP_FLAG_VENDOR ? h->avp_vendor : 0);
}

uint32_t
avp_u32(const struct avp_hdr *h)
{
	return h->avp_value != NULL ? h->avp_value->u32 : 0;
}

const uint8_t *
avp_octets(const struct avp_hdr *h, size_t *len)
{
	*len = 0;
	if (h->avp_value == NULL)
		return NULL;
	*len = h->avp_value->os.len;
	return h->avp_value->os.data;
}

void
avp_text(const struct avp_hdr *h, char *text, size_t size)
{
	size_t len;
	const uint8_t *octets = avp_octets(h, &len);

	if (octets == NULL || len >= size)
		len = octets == NULL ? 0 : size - 1;
	for (size_t i = 0; i < len; i++)
		if (octets[i] == '\0')
			len = i;
	if (len > 0)
		memcpy(text, octets, len);
	text[len] = '\0';
}
