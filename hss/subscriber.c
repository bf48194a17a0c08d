// SPDX-License-Identifier: BSD-3-Clause
#include "hss/subscriber.h"

#include "hss/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define IMEI_COMPARED 14 // TAC and SNR; what follows is a check digit or a software version

// Operator-Determined-Barring, TS 29.272 7.3.30 bit 0: all packet oriented services.
#define ODB_ALL_PACKET (1U << 0)

static bool
is_digits(const char *text, size_t min, size_t max)
{
	size_t n = strspn(text, "0123456789");

	return n >= min && n <= max && text[n] == '\0';
}

bool
imsi_is_sound(const char *imsi)
{
	return is_digits(imsi, 6, IMSI_SIZE - 1);
}

bool
iccid_is_sound(const char *iccid)
{
	return is_digits(iccid, 18, ICCID_SIZE - 1);
}

bool
msisdn_is_sound(const char *msisdn)
{
	return is_digits(msisdn, 1, MSISDN_SIZE - 1);
}

bool
imei_is_sound(const char *imei)
{
	return is_digits(imei, IMEI_COMPARED, IMEI_SIZE - 1);
}

bool
imei_is_equal(const char *a, const char *b)
{
	return imei_is_sound(a) && imei_is_sound(b) && strncmp(a, b, IMEI_COMPARED) == 0;
}

// TS 24.301 9.9.3.32: MCC 2|1, MNC 3|MCC 3, MNC 2|1; F in place of a third MNC digit.
int
plmn_parse(const char *digits, struct plmn *plmn)
{
	uint8_t d[6] = { 0 };
	size_t n = strlen(digits);

	if (!is_digits(digits, 5, 6))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		d[i] = (uint8_t)(digits[i] - '0');
	plmn->tbcd[0] = (uint8_t)(d[1] << 4 | d[0]);
	plmn->tbcd[1] = (uint8_t)((n == 6 ? d[5] : 0xf) << 4 | d[2]);
	plmn->tbcd[2] = (uint8_t)(d[4] << 4 | d[3]);
	return 0;
}

void
plmn_format(const struct plmn *plmn, char out[7])
{
	static const char digit[] = "0123456789?????";
	const uint8_t *t = plmn->tbcd;
	uint8_t last = t[1] >> 4;

	out[0] = digit[t[0] & 15];
	out[1] = digit[t[0] >> 4];
	out[2] = digit[t[1] & 15];
	out[3] = digit[t[2] & 15];
	out[4] = digit[t[2] >> 4];
	out[5] = last == 0xf ? '\0' : digit[last];
	out[6] = '\0';
}

bool
plmn_is_equal(const struct plmn *a, const struct plmn *b)
{
	return memcmp(a->tbcd, b->tbcd, sizeof(a->tbcd)) == 0;
}

bool
plmn_is_sound(const struct plmn *plmn)
{
	const uint8_t *t = plmn->tbcd;

	return (t[0] & 15) <= 9 && t[0] >> 4 <= 9 && (t[1] & 15) <= 9 && (t[2] & 15) <= 9 &&
		t[2] >> 4 <= 9 && (t[1] >> 4 <= 9 || t[1] >> 4 == 0xf);
}

// TS 29.212 5.3.31.
enum rat
rat_from_diameter(uint32_t rat_type)
{
	switch (rat_type) {
	case 1000:
		return RAT_UTRAN;
	case 1001:
		return RAT_GERAN;
	case 1004:
		return RAT_EUTRAN;
	case 1005:
		return RAT_NB_IOT;
	case 1007:
		return RAT_LTE_M;
	default:
		return RAT_OTHER;
	}
}

const char *
verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_SERVED] = "served",
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_NOT_ACTIVE] = "not active",
		[VERDICT_PARTNER_BARRED] = "partner barred",
		[VERDICT_RAT_BARRED] = "RAT barred",
		[VERDICT_IMEI_MISMATCH] = "IMEI mismatch",
		[VERDICT_NO_EPS] = "no EPS subscription",
	};

	return v < sizeof(names) / sizeof(names[0]) ? names[v] : "?";
}

static bool
partner_is_allowed(const struct subscriber *s, const struct plmn *visited)
{
	if (s->n_partners == 0)
		return true;
	for (unsigned i = 0; i < s->n_partners; i++)
		if (plmn_is_equal(&s->partners[i], visited))
			return true;
	return false;
}

// Access-Restriction-Data bits that bar a RAT. TS 29.272 7.3.31.
static uint32_t
restriction_of(enum rat rat)
{
	switch (rat) {
	case RAT_UTRAN:
		return 1U << 0;
	case RAT_GERAN:
		return 1U << 1;
	case RAT_EUTRAN:
		return 1U << 4 | 1U << 12; // WB-E-UTRAN, with and without LTE-M
	case RAT_NB_IOT:
		return 1U << 6;
	case RAT_LTE_M:
		return 1U << 4 | 1U << 11;
	default:
		return 0;
	}
}

static bool
rat_is_allowed(const struct subscriber *s, uint32_t rat_type)
{
	enum rat rat = rat_from_diameter(rat_type);

	return (s->rats == 0 || (s->rats & rat) != 0) &&
		(s->profile->access_restriction & restriction_of(rat)) == 0;
}

enum verdict
subscriber_judge(
	const struct subscriber *s, const struct plmn *visited, uint32_t rat_type, const char *imei)
{
	if (!s)
		return VERDICT_UNKNOWN;
	if (s->state != SIM_ACTIVE)
		return VERDICT_NOT_ACTIVE;
	if (s->profile->n_apns == 0 ||
		(s->profile->is_barred && (s->profile->odb & ODB_ALL_PACKET)))
		return VERDICT_NO_EPS;
	if (visited && !partner_is_allowed(s, visited))
		return VERDICT_PARTNER_BARRED;
	if (rat_type != 0 && !rat_is_allowed(s, rat_type))
		return VERDICT_RAT_BARRED;
	if (imei && imei[0] && s->imei_lock != IMEI_ANY && s->imei[0] &&
		!imei_is_equal(imei, s->imei))
		return VERDICT_IMEI_MISMATCH;
	return VERDICT_SERVED;
}

bool
subscriber_learn_imei(struct subscriber *s, const char *imei)
{
	if (s->imei_lock != IMEI_LEARN || s->imei[0] || !imei || !imei_is_sound(imei))
		return false;
	memcpy(s->imei, imei, IMEI_COMPARED);
	s->imei[IMEI_COMPARED] = '\0';
	return true;
}

const struct fixed_address *
subscriber_address(const struct subscriber *s, const char *apn)
{
	for (unsigned i = 0; i < s->n_addresses; i++)
		if (strcasecmp(s->addresses[i].apn, apn) == 0)
			return &s->addresses[i];
	return NULL;
}

struct pdn_gateway *
subscriber_gateway(struct subscriber *s, const char *apn)
{
	for (unsigned i = 0; i < s->n_gateways; i++)
		if (strcasecmp(s->gateways[i].apn, apn) == 0)
			return &s->gateways[i];
	return NULL;
}

void
subscriber_gateway_del(struct subscriber *s, const char *apn)
{
	struct pdn_gateway *g = subscriber_gateway(s, apn);
	size_t after;

	if (!g)
		return;
	after = (size_t)(&s->gateways[s->n_gateways] - (g + 1));
	memmove(g, g + 1, after * sizeof(*g));
	s->n_gateways--;
}

struct pdn_gateway *
subscriber_gateway_put(struct subscriber *s, const char *apn)
{
	struct pdn_gateway *g = subscriber_gateway(s, apn);

	if (g)
		return g;
	if (s->n_gateways == GATEWAYS_MAX)
		subscriber_gateway_del(s, s->gateways[0].apn);
	g = &s->gateways[s->n_gateways++];
	memset(g, 0, sizeof(*g));
	text_copy(g->apn, sizeof(g->apn), apn);
	return g;
}

void
subscriber_copy(struct subscriber *to, const struct subscriber *from)
{
	size_t n = offsetof(struct subscriber, gateways) +
		from->n_gateways * sizeof(from->gateways[0]);

	memcpy(to, from, n);
}
