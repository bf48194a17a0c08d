// SPDX-License-Identifier: BSD-3-Clause
#include "hss/subscriber_text.h"

#include "hss/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SEPARATOR '+'

static const char *const state_names[] = {
	[SIM_REGISTERED] = "registered",
	[SIM_ACTIVE] = "active",
	[SIM_INACTIVE] = "inactive",
};

static const struct {
	enum rat rat;
	const char *name;
} rat_names[] = {
	{ RAT_EUTRAN, "eutran" },
	{ RAT_NB_IOT, "nb-iot" },
	{ RAT_LTE_M, "lte-m" },
	{ RAT_UTRAN, "utran" },
	{ RAT_GERAN, "geran" },
};

#define N_RATS (sizeof(rat_names) / sizeof(rat_names[0]))

int
sim_state_parse(const char *text, enum sim_state *state)
{
	for (unsigned i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (strcasecmp(text, state_names[i]) == 0) {
			*state = (enum sim_state)i;
			return 0;
		}
	return -EINVAL;
}

const char *
sim_state_name(enum sim_state state)
{
	return state <= SIM_INACTIVE ? state_names[state] : "?";
}

// Cuts the next item of a list into item[]; moves *text on. False at the end or if it doesn't fit.
static bool
next_item(const char **text, char *item, size_t size)
{
	size_t n = strcspn(*text, (const char[]){ SEPARATOR, '\0' });

	if (n == 0 || n >= size)
		return false;
	memcpy(item, *text, n);
	item[n] = '\0';
	*text += n;
	if (**text == SEPARATOR && (*text)[1] != '\0')
		(*text)++;
	return true;
}

static int
rat_parse(const char *name, uint32_t *rats)
{
	for (unsigned i = 0; i < N_RATS; i++)
		if (strcasecmp(name, rat_names[i].name) == 0) {
			*rats |= rat_names[i].rat;
			return 0;
		}
	return -EINVAL;
}

int
rats_parse(const char *text, uint32_t *rats)
{
	uint32_t found = 0;
	char item[16];

	while (*text)
		if (!next_item(&text, item, sizeof(item)) || rat_parse(item, &found) != 0)
			return -EINVAL;
	*rats = found;
	return 0;
}

void
rats_print(uint32_t rats, char out[RATS_TEXT_SIZE])
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < N_RATS; i++)
		if (rats & rat_names[i].rat)
			at += (size_t)snprintf(out + at, RATS_TEXT_SIZE - at, "%s%s",
				at > 0 ? "+" : "", rat_names[i].name);
}

int
partners_parse(const char *text, struct plmn partners[PARTNERS_MAX], uint16_t *n)
{
	struct plmn found[PARTNERS_MAX];
	uint16_t count = 0;
	char item[8];

	while (*text) {
		if (count == PARTNERS_MAX || !next_item(&text, item, sizeof(item)) ||
			plmn_parse(item, &found[count]) != 0)
			return -EINVAL;
		count++;
	}
	memcpy(partners, found, count * sizeof(found[0]));
	*n = count;
	return 0;
}

void
partners_print(const struct plmn *partners, uint16_t n, char out[PARTNERS_TEXT_SIZE])
{
	size_t at = 0;
	char digits[7];

	out[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		plmn_format(&partners[i], digits);
		at += (size_t)snprintf(
			out + at, PARTNERS_TEXT_SIZE - at, "%s%s", i > 0 ? "+" : "", digits);
	}
}

// "apn=address" into the APN's entry, which is made if need be.
static int
address_parse(char *item, struct fixed_address *addresses, uint16_t *n)
{
	char *equals = strchr(item, '=');
	struct fixed_address *a = addresses;
	struct in6_addr v6;
	struct in_addr v4;

	if (!equals)
		return -EINVAL;
	*equals = '\0';
	if (!apn_is_sound(item))
		return -EINVAL;
	while (a < addresses + *n && strcasecmp(a->apn, item) != 0)
		a++;
	if (a == addresses + FIXED_ADDRESSES_MAX)
		return -EINVAL;
	if (a == addresses + *n) {
		memset(a, 0, sizeof(*a));
		text_copy(a->apn, sizeof(a->apn), item);
		(*n)++;
	}
	if (!a->has_v4 && inet_pton(AF_INET, equals + 1, &v4) == 1 && v4.s_addr != 0) {
		a->has_v4 = true;
		a->v4 = v4;
		return 0;
	}
	if (!a->has_v6 && inet_pton(AF_INET6, equals + 1, &v6) == 1) {
		a->has_v6 = true;
		a->v6 = v6;
		return 0;
	}
	return -EINVAL;
}

int
addresses_parse(const char *text, struct fixed_address addresses[FIXED_ADDRESSES_MAX], uint16_t *n)
{
	struct fixed_address found[FIXED_ADDRESSES_MAX];
	uint16_t count = 0;
	char item[APN_SIZE + INET6_ADDRSTRLEN + 2];

	while (*text)
		if (!next_item(&text, item, sizeof(item)) ||
			address_parse(item, found, &count) != 0)
			return -EINVAL;
	memcpy(addresses, found, count * sizeof(found[0]));
	*n = count;
	return 0;
}

void
addresses_print(const struct fixed_address *addresses, uint16_t n, char out[ADDRESSES_TEXT_SIZE])
{
	char ip[INET6_ADDRSTRLEN];
	size_t at = 0;

	out[0] = '\0';
	for (const struct fixed_address *a = addresses; a < addresses + n; a++) {
		if (a->has_v4) {
			inet_ntop(AF_INET, &a->v4, ip, sizeof(ip));
			at += (size_t)snprintf(out + at, ADDRESSES_TEXT_SIZE - at, "%s%s=%s",
				at > 0 ? "+" : "", a->apn, ip);
		}
		if (a->has_v6) {
			inet_ntop(AF_INET6, &a->v6, ip, sizeof(ip));
			at += (size_t)snprintf(out + at, ADDRESSES_TEXT_SIZE - at, "%s%s=%s",
				at > 0 ? "+" : "", a->apn, ip);
		}
	}
}

void
gateway_print(const struct gateway *g, char out[GATEWAY_TEXT_SIZE])
{
	char v4[INET_ADDRSTRLEN] = "", v6[INET6_ADDRSTRLEN] = "";

	if (g->has_v4)
		inet_ntop(AF_INET, &g->v4, v4, sizeof(v4));
	if (g->has_v6)
		inet_ntop(AF_INET6, &g->v6, v6, sizeof(v6));
	snprintf(out, GATEWAY_TEXT_SIZE, "%s%s%s%s%s", g->host,
		g->host[0] && (v4[0] || v6[0]) ? " " : "", v4, v4[0] && v6[0] ? " " : "", v6);
}

int
imei_lock_parse(const char *text, enum imei_lock *lock, char imei[IMEI_SIZE])
{
	if (text[0] == '\0' || strcasecmp(text, "any") == 0) {
		*lock = IMEI_ANY;
		imei[0] = '\0';
	} else if (strcasecmp(text, "learn") == 0) {
		*lock = IMEI_LEARN;
		imei[0] = '\0';
	} else if (strncasecmp(text, "learn:", 6) == 0 && imei_is_sound(text + 6)) {
		*lock = IMEI_LEARN;
		snprintf(imei, IMEI_SIZE, "%s", text + 6);
	} else if (imei_is_sound(text)) {
		*lock = IMEI_EXACT;
		snprintf(imei, IMEI_SIZE, "%s", text);
	} else {
		return -EINVAL;
	}
	return 0;
}

void
imei_lock_print(enum imei_lock lock, const char *imei, char out[IMEI_LOCK_TEXT_SIZE])
{
	switch (lock) {
	case IMEI_EXACT:
		snprintf(out, IMEI_LOCK_TEXT_SIZE, "%s", imei);
		break;
	case IMEI_LEARN:
		snprintf(out, IMEI_LOCK_TEXT_SIZE, imei[0] ? "learn:%s" : "learn", imei);
		break;
	default:
		out[0] = '\0';
		break;
	}
}

// ":res=8:iterations=2" of what follows an algorithm's name.
static int
algorithm_options(const char *text, struct auc_key *key)
{
	while (*text) {
		unsigned long value;
		char *end;
		uint8_t *field;

		if (strncasecmp(text, ":res=", 5) == 0) {
			field = &key->res_len;
			text += 5;
		} else if (strncasecmp(text, ":iterations=", 12) == 0) {
			field = &key->tuak_iterations;
			text += 12;
		} else {
			return -EINVAL;
		}
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = strtoul(text, &end, 10);
		if (value == 0 || value > 255)
			return -EINVAL;
		*field = (uint8_t)value;
		text = end;
	}
	return 0;
}

int
algorithm_parse(const char *text, struct auc_key *key)
{
	struct auc_key found = { .tuak_iterations = 1 };
	size_t n = strcspn(text, ":");

	if (n == 8 && strncasecmp(text, "milenage", n) == 0) {
		found.algorithm = AUC_MILENAGE;
		found.res_len = 8;
	} else if (n == 4 && strncasecmp(text, "tuak", n) == 0) {
		found.algorithm = AUC_TUAK;
		found.res_len = 8;
	} else if (n == 3 && strncasecmp(text, "xor", n) == 0) {
		found.algorithm = AUC_XOR;
		found.res_len = 16;
	} else {
		return -EINVAL;
	}
	if (algorithm_options(text + n, &found) != 0)
		return -EINVAL;
	key->algorithm = found.algorithm;
	key->res_len = found.res_len;
	key->tuak_iterations = found.tuak_iterations;
	return 0;
}

void
algorithm_print(const struct auc_key *key, char out[ALGORITHM_TEXT_SIZE])
{
	switch (key->algorithm) {
	case AUC_MILENAGE:
		snprintf(out, ALGORITHM_TEXT_SIZE, "milenage");
		break;
	case AUC_TUAK:
		snprintf(out, ALGORITHM_TEXT_SIZE, "tuak:res=%u:iterations=%u", key->res_len,
			key->tuak_iterations);
		break;
	default:
		snprintf(out, ALGORITHM_TEXT_SIZE, "xor:res=%u", key->res_len);
		break;
	}
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_parse(const char *text, uint8_t *out, size_t len)
{
	if (strlen(text) != 2 * len)
		return -EINVAL;
	for (size_t i = 0; i < 2 * len; i++)
		if (nibble(text[i]) < 0)
			return -EINVAL;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
	return 0;
}

void
hex_print(const uint8_t *in, size_t len, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digit[in[i] >> 4];
		out[2 * i + 1] = digit[in[i] & 15];
	}
	out[2 * len] = '\0';
}

const char *
time_text(int64_t at_s, char out[TIME_TEXT_SIZE])
{
	time_t t = (time_t)at_s;
	struct tm tm;

	text_copy(out, TIME_TEXT_SIZE, "-");
	if (at_s > 0 && gmtime_r(&t, &tm))
		strftime(out, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}
