// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/words.h"

#include "config/cfg.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
cli_is_imsi(const char *value)
{
	size_t n;

	value += *value == 'E'; // a device without a SIM
	n = strspn(value, "0123456789");
	return n >= 6 && n <= 15 && value[n] == '\0';
}

bool
cli_word_addr(const char *value, struct dp_addr *addr)
{
	struct cfg_addr a;

	if (cfg_parse_addr(value, &a) < 0)
		return false;
	static_assert(sizeof(a) == sizeof(*addr), "one layout of addresses");
	memcpy(addr, &a, sizeof(a));
	return true;
}

bool
cli_is_addr(const char *value)
{
	struct dp_addr addr;

	return cli_word_addr(value, &addr);
}

bool
cli_word_teid(const char *value, uint32_t *teid)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 0);
	if (!isdigit((unsigned char)*value) || *end || errno || n == 0 || n > UINT32_MAX)
		return false;
	*teid = (uint32_t)n;
	return true;
}

bool
cli_is_teid(const char *value)
{
	uint32_t teid;

	return cli_word_teid(value, &teid);
}

bool
cli_word_uint(const char *value, uint64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoull(value, &end, 10);
	return isdigit((unsigned char)*value) && *end == '\0' && errno == 0;
}

bool
cli_is_number(const char *value)
{
	uint64_t n;

	return cli_word_uint(value, &n);
}
