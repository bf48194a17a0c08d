// SPDX-License-Identifier: BSD-3-Clause
// Numbers with units and addresses from text, and addresses to text.
#include "config/cfg.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
cfg_parse_uint(const char *text, uint64_t *value)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, base);
	if (errno != 0 || *end != '\0' || (base == 16 && end == text + 1))
		return -EINVAL;
	*value = number;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit *
find_unit(const struct unit *units, const char *name)
{
	for (const struct unit *u = units; u->name != NULL; u++)
		if (strcmp(u->name, name) == 0)
			return u;
	return NULL;
}

// Digits, perhaps a point and up to 9 more digits, then a unit. Exact, without floating point.
static int
parse_with_unit(const char *text, const struct unit *units, uint64_t *value)
{
	uint64_t whole = 0, part = 0, scale = 1, rest;
	const struct unit *unit;
	const char *at = text;

	if (!isdigit((unsigned char)*at))
		return -EINVAL;
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
			__builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return -EINVAL;
	if (*at == '.') {
		if (!isdigit((unsigned char)*++at))
			return -EINVAL;
		for (; isdigit((unsigned char)*at); at++, scale *= 10) {
			if (scale == 1000000000)
				return -EINVAL;
			part = part * 10 + (uint64_t)(*at - '0');
		}
	}
	unit = find_unit(units, at);
	if (unit == NULL || __builtin_mul_overflow(part, unit->factor, &part) ||
		part % scale != 0 || __builtin_mul_overflow(whole, unit->factor, &rest) ||
		__builtin_add_overflow(rest, part / scale, &rest))
		return -EINVAL;
	*value = rest;
	return 0;
}

int
cfg_parse_bit_rate(const char *text, uint64_t *bps)
{
	static const struct unit units[] = { { "", 1 }, { "k", 1000 }, { "M", 1000000 },
		{ "G", 1000000000 }, { NULL, 0 } };

	return parse_with_unit(text, units, bps);
}

int
cfg_parse_ms(const char *text, uint64_t *ms)
{
	static const struct unit units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 },
		{ "h", 3600 * 1000 }, { "d", 24 * 3600 * 1000 }, { NULL, 0 } };

	if (strcmp(text, "0") == 0) {
		*ms = 0;
		return 0;
	}
	return parse_with_unit(text, units, ms);
}

int
cfg_parse_addr(const char *text, struct cfg_addr *addr)
{
	struct cfg_addr fresh = { .family = 0 };

	if (inet_pton(AF_INET, text, fresh.bytes) == 1)
		fresh.family = 4;
	else if (inet_pton(AF_INET6, text, fresh.bytes) == 1)
		fresh.family = 6;
	else
		return -EINVAL;
	*addr = fresh;
	return 0;
}

static bool
has_host_bits(const struct cfg_prefix *prefix)
{
	size_t n = prefix->addr.family == 4 ? 4 : 16;

	for (size_t bit = prefix->length; bit < n * 8; bit++)
		if (prefix->addr.bytes[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

int
cfg_parse_prefix(const char *text, struct cfg_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	struct cfg_prefix fresh = { .length = 0 };
	char address[CFG_ADDR_TEXT];
	uint64_t length;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (cfg_parse_addr(address, &fresh.addr) < 0 || strspn(slash + 1, "0123456789") > 3 ||
		strchr(slash, 'x') != NULL || cfg_parse_uint(slash + 1, &length) < 0 ||
		length > (fresh.addr.family == 4 ? 32 : 128))
		return -EINVAL;
	fresh.length = (uint8_t)length;
	if (has_host_bits(&fresh))
		return -EINVAL;
	*prefix = fresh;
	return 0;
}

const char *
cfg_addr_text(const struct cfg_addr *addr, char *text)
{
	int family = addr->family == 4 ? AF_INET : AF_INET6;

	if ((addr->family != 4 && addr->family != 6) ||
		inet_ntop(family, addr->bytes, text, CFG_ADDR_TEXT) == NULL)
		memcpy(text, "none", sizeof("none"));
	return text;
}

const char *
cfg_prefix_text(const struct cfg_prefix *prefix, char *text)
{
	size_t used;

	cfg_addr_text(&prefix->addr, text);
	if (prefix->addr.family == 0)
		return text;
	used = strlen(text);
	snprintf(text + used, CFG_ADDR_TEXT - used, "/%u", prefix->length);
	return text;
}
