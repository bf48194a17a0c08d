// SPDX-License-Identifier: BSD-3-Clause
// Who and what: digits, PLMNs, APNs.
#include "control/gtpc/ie_codec.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define TBCD_FILLER 0xf

// TBCD, low nibble first, filled up with 1111; a digit after a filler is a fault. TS 29.274 8.3
static int
decode_digits(struct cursor *c, struct gtpc_digits *digits, unsigned int max)
{
	unsigned int n = 0;
	bool is_full = false;

	while (cursor_left(c) > 0) {
		uint8_t octet = cursor_u8(c);

		for (unsigned int shift = 0; shift < 8; shift += 4) {
			uint8_t nibble = octet >> shift & 0xf;

			if (nibble == TBCD_FILLER) {
				is_full = true;
				continue;
			}
			if (is_full || nibble > 9 || n == max)
				return -EINVAL;
			digits->text[n++] = (char)('0' + nibble);
		}
	}
	digits->text[n] = '\0';
	return n > 0 ? 0 : -EINVAL;
}

static void
encode_digits(struct writer *w, const struct gtpc_digits *digits, size_t max)
{
	size_t n = strnlen(digits->text, sizeof(digits->text));

	if (n == 0 || n > max)
		writer_refuse(w);
	for (size_t i = 0; i < n; i += 2) {
		uint8_t low = (uint8_t)(digits->text[i] - '0');
		uint8_t high = i + 1 < n ? (uint8_t)(digits->text[i + 1] - '0') : TBCD_FILLER;

		if (low > 9 || (i + 1 < n && high > 9))
			writer_refuse(w);
		writer_u8(w, (uint8_t)(high << 4 | low));
	}
}

// IMSI and MSISDN: at most 15 digits. TS 23.003 2.2, 3.3
int
decode_imsi(struct cursor *c, void *host)
{
	return decode_digits(c, host, 15);
}

void
encode_imsi(struct writer *w, const void *host)
{
	encode_digits(w, host, 15);
}

// An IMEISV has 16. TS 29.274 8.10
int
decode_mei(struct cursor *c, void *host)
{
	return decode_digits(c, host, GTPC_DIGITS_MAX);
}

void
encode_mei(struct writer *w, const void *host)
{
	encode_digits(w, host, GTPC_DIGITS_MAX);
}

// Octet 1: MCC digits 2 and 1; octet 2: MNC digit 3 and MCC digit 3; octet 3: MNC digits 2 and 1.
int
decode_plmn(struct cursor *c, void *host)
{
	struct gtpc_plmn *plmn = host;
	const uint8_t *o = plmn->octets;

	cursor_copy(c, plmn->octets, sizeof(plmn->octets));
	if (c->err)
		return c->err;
	if ((o[0] & 0xf) > 9 || o[0] >> 4 > 9 || (o[1] & 0xf) > 9)
		return -EINVAL;
	if ((o[2] & 0xf) > 9 || o[2] >> 4 > 9 || (o[1] >> 4 > 9 && o[1] >> 4 != TBCD_FILLER))
		return -EINVAL;
	return 0;
}

void
encode_plmn(struct writer *w, const void *host)
{
	const struct gtpc_plmn *plmn = host;

	writer_copy(w, plmn->octets, sizeof(plmn->octets));
}

struct gtpc_plmn
gtpc_plmn_make(uint16_t mcc, uint16_t mnc, unsigned int mnc_digits)
{
	uint8_t third = mnc_digits == 3 ? mnc % 10 : TBCD_FILLER;
	uint16_t two = mnc_digits == 3 ? mnc / 10 : mnc;

	return (struct gtpc_plmn){ .octets = {
					   (uint8_t)(mcc / 10 % 10 << 4 | mcc / 100 % 10),
					   (uint8_t)(third << 4 | mcc % 10),
					   (uint8_t)(two % 10 << 4 | two / 10 % 10),
				   } };
}

static char
digit_char(unsigned int nibble)
{
	return nibble <= 9 ? (char)('0' + nibble) : '?';
}

const char *
gtpc_plmn_text(const struct gtpc_plmn *plmn, char text[GTPC_PLMN_TEXT_MAX])
{
	const uint8_t *o = plmn->octets;
	unsigned int n = 0;

	text[n++] = digit_char(o[0] & 0xf);
	text[n++] = digit_char(o[0] >> 4);
	text[n++] = digit_char(o[1] & 0xf);
	text[n++] = digit_char(o[2] & 0xf);
	text[n++] = digit_char(o[2] >> 4);
	if (o[1] >> 4 != TBCD_FILLER)
		text[n++] = digit_char(o[1] >> 4);
	text[n] = '\0';
	return text;
}

// Labels of 1 to 63 octets, 100 octets in all (TS 23.003 9.1). One empty label at the end, which
// some senders add, is let pass. A dot or a control character inside of a label isn't.
int
decode_apn(struct cursor *c, void *host)
{
	struct gtpc_apn *apn = host;
	size_t n = 0;

	while (cursor_left(c) > 0) {
		uint8_t length = cursor_u8(c);
		const uint8_t *label;

		if (length == 0 && n > 0 && cursor_left(c) == 0)
			break;
		if (length == 0 || length > 63 || length > cursor_left(c))
			return -EINVAL;
		label = cursor_take(c, length);
		if (n + length + 1 > GTPC_APN_TEXT_MAX)
			return -EINVAL;
		for (unsigned int i = 0; i < length; i++) {
			if (label[i] == '.' || !isgraph(label[i]))
				return -EINVAL;
			apn->text[n++] = (char)label[i];
		}
		apn->text[n++] = '.';
	}
	if (n == 0)
		return -EINVAL;
	apn->text[n - 1] = '\0';
	return 0;
}

void
encode_apn(struct writer *w, const void *host)
{
	const struct gtpc_apn *apn = host;
	size_t left = strnlen(apn->text, sizeof(apn->text));
	const char *label = apn->text;

	if (left == 0 || left == sizeof(apn->text)) {
		writer_refuse(w);
		return;
	}
	for (;;) {
		const char *dot = memchr(label, '.', left);
		size_t length = dot != NULL ? (size_t)(dot - label) : left;

		if (length == 0 || length > 63)
			writer_refuse(w);
		writer_u8(w, (uint8_t)length);
		writer_copy(w, label, length);
		if (dot == NULL)
			return;
		label += length + 1;
		left -= length + 1;
	}
}

// TS 29.274 8.115
int
decode_apn_capacity(struct cursor *c, void *host)
{
	struct gtpc_apn_capacity *capacity = host;
	struct cursor name;

	capacity->relative_capacity = cursor_u8(c);
	name = cursor_slice(c, cursor_u8(c));
	if (c->err)
		return c->err;
	return decode_apn(&name, &capacity->apn);
}

void
encode_apn_capacity(struct writer *w, const void *host)
{
	const struct gtpc_apn_capacity *capacity = host;

	writer_u8(w, capacity->relative_capacity);
	writer_u8(w, (uint8_t)(strnlen(capacity->apn.text, sizeof(capacity->apn.text)) + 1));
	encode_apn(w, &capacity->apn);
}
