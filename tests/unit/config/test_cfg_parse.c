// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

struct number_case {
	const char *text;
	int rc;
	uint64_t value;
};

static void
check_numbers(int (*parse)(const char *, uint64_t *), const struct number_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = 77;
		int rc = parse(cases[i].text, &value);

		if (rc != cases[i].rc || value != (rc == 0 ? cases[i].value : 77))
			printf("\n\"%s\": %d %llu ", cases[i].text, rc, (unsigned long long)value);
		CU_ASSERT_EQUAL(rc, cases[i].rc);
		CU_ASSERT_EQUAL(value, rc == 0 ? cases[i].value : 77);
	}
}

#define CHECK_NUMBERS(parse, cases) check_numbers(parse, cases, sizeof(cases) / sizeof(cases[0]))

static void
reads_decimal_and_hexadecimal_numbers(void)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -EINVAL, 0 },
		{ "0x1F", 0, 31 },
		{ "0x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1k", -EINVAL, 0 },
	};

	CHECK_NUMBERS(cfg_parse_uint, cases);
}

static void
reads_bit_rates_with_units(void)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "1200", 0, 1200 },
		{ "64k", 0, 64000 },
		{ "50M", 0, 50000000 },
		{ "1.5G", 0, 1500000000 },
		{ "0.000000001G", 0, 1 },
		{ "1.5", -EINVAL, 0 },
		{ "1.0000000001G", -EINVAL, 0 },
		{ "50m", -EINVAL, 0 },
		{ "50 M", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ ".5M", -EINVAL, 0 },
		{ "1.M", -EINVAL, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -EINVAL, 0 },
		{ "18446744074G", -EINVAL, 0 },
		{ "-5M", -EINVAL, 0 },
	};

	CHECK_NUMBERS(cfg_parse_bit_rate, cases);
}

static void
reads_durations_that_have_a_unit(void)
{
	static const struct number_case cases[] = {
		{ "200ms", 0, 200 },
		{ "5s", 0, 5000 },
		{ "0.25s", 0, 250 },
		{ "1.5h", 0, 5400000 },
		{ "10m", 0, 600000 },
		{ "2d", 0, 172800000 },
		{ "0", 0, 0 },
		{ "5", -EINVAL, 0 },
		{ "0.0001s", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "5sec", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	CHECK_NUMBERS(cfg_parse_ms, cases);
}

static void
reads_addresses_of_both_families(void)
{
	static const struct {
		const char *text;
		int rc;
		uint8_t family;
		const char *back;
	} cases[] = {
		{ "10.0.0.1", 0, 4, "10.0.0.1" },
		{ "2001:DB8::1", 0, 6, "2001:db8::1" },
		{ "::", 0, 6, "::" },
		{ "10.0.0", -EINVAL, 0, "none" },
		{ "10.0.0.256", -EINVAL, 0, "none" },
		{ "10.0.0.1/8", -EINVAL, 0, "none" },
		{ "localhost", -EINVAL, 0, "none" },
		{ "", -EINVAL, 0, "none" },
	};
	char text[CFG_ADDR_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cfg_addr addr = { .family = 0 };

		CU_ASSERT_EQUAL(cfg_parse_addr(cases[i].text, &addr), cases[i].rc);
		CU_ASSERT_EQUAL(addr.family, cases[i].family);
		CU_ASSERT_STRING_EQUAL(cfg_addr_text(&addr, text), cases[i].back);
	}
}

static void
reads_prefixes_without_host_bits(void)
{
	static const struct {
		const char *text;
		int rc;
		const char *back;
	} cases[] = {
		{ "100.64.0.0/16", 0, "100.64.0.0/16" },
		{ "0.0.0.0/0", 0, "0.0.0.0/0" },
		{ "10.1.2.3/32", 0, "10.1.2.3/32" },
		{ "2001:db8::/32", 0, "2001:db8::/32" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 0,
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
		{ "100.64.0.1/16", -EINVAL, "none" },
		{ "2001:db8:1::/32", -EINVAL, "none" },
		{ "10.0.0.0/33", -EINVAL, "none" },
		{ "::/129", -EINVAL, "none" },
		{ "10.0.0.0/0x8", -EINVAL, "none" },
		{ "10.0.0.0/-1", -EINVAL, "none" },
		{ "10.0.0.0/", -EINVAL, "none" },
		{ "10.0.0.0/256", -EINVAL, "none" },
		{ "10.0.0.0", -EINVAL, "none" },
		{ "/8", -EINVAL, "none" },
		{ "0000000000000000000000000000000000000000000000000000000000.0.0.0/8", -EINVAL,
			"none" },
	};
	char text[CFG_ADDR_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cfg_prefix prefix = { .length = 0 };

		CU_ASSERT_EQUAL(cfg_parse_prefix(cases[i].text, &prefix), cases[i].rc);
		CU_ASSERT_STRING_EQUAL(cfg_prefix_text(&prefix, text), cases[i].back);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_decimal_and_hexadecimal_numbers),
	UNIT_CASE(reads_bit_rates_with_units),
	UNIT_CASE(reads_durations_that_have_a_unit),
	UNIT_CASE(reads_addresses_of_both_families),
	UNIT_CASE(reads_prefixes_without_host_bits),
};

UNIT_MAIN("config/cfg_parse", cases)
