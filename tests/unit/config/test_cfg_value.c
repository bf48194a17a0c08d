// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg_value.h"
#include "tests/unit/config/sample.h"
#include "tests/unit/cunit_main.h"

static const struct cfg_row *
row_of(const char *path)
{
	for (size_t i = 0; i < sample_schema.n_rows; i++)
		if (strcmp(sample_rows[i].path, path) == 0 &&
			sample_rows[i].type != CFG_TYPE_SECTION)
			return &sample_rows[i];
	return NULL;
}

static void
prints_values_as_a_file_has_them(void)
{
	static const struct {
		const char *path, *given, *printed;
	} values[] = {
		{ "main.enabled", "false", "false" },
		{ "main.port", "2123", "2123" },
		{ "main.port", "0x10", "16" },
		{ "main.huge", "5000000000", "5000000000L" },
		{ "main.huge", "18446744073709551615", "0xFFFFFFFFFFFFFFFFL" },
		{ "timers.wait", "1500ms", "\"1500ms\"" },
		{ "timers.wait", "2000ms", "\"2s\"" },
		{ "timers.idle", "3600s", "\"1h\"" },
		{ "timers.idle", "0s", "\"0s\"" },
		{ "title", "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "title", "", "\"\"" },
		{ "gtp.control", "::1", "\"::1\"" },
		{ "gtp.control", "", "\"\"" },
		{ "mac", "02:00:00:00:00:AF", "\"02:00:00:00:00:af\"" },
		{ "keys.op", "01020304", "\"***\"" },
		{ "keys.op", "", "\"\"" },
		{ "plmn", "262-42", "\"262-42\"" },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct cfg_row *row = row_of(values[i].path);
		uint8_t member[64] = { 0 };
		char why[CFG_WHY_MAX], *text;
		size_t n;
		FILE *out = open_memstream(&text, &n);

		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		CU_ASSERT_EQUAL(cfg_value_parse(row, values[i].given, member, why), 0);
		cfg_value_print(row, member, out);
		fclose(out);
		CU_ASSERT_STRING_EQUAL(text, values[i].printed);
		free(text);
	}
}

static void
shortens_numbers_to_their_largest_unit(void)
{
	char text[CFG_VALUE_TEXT];

	CU_ASSERT_STRING_EQUAL(cfg_value_number_text(CFG_TYPE_BIT_RATE, 1500000000, text), "1500M");
	CU_ASSERT_STRING_EQUAL(cfg_value_number_text(CFG_TYPE_BIT_RATE, 0, text), "0");
	CU_ASSERT_STRING_EQUAL(cfg_value_number_text(CFG_TYPE_BIT_RATE, 64001, text), "64001");
	CU_ASSERT_STRING_EQUAL(cfg_value_number_text(CFG_TYPE_MS, 172800000, text), "2d");
	CU_ASSERT_STRING_EQUAL(cfg_value_number_text(CFG_TYPE_SECONDS, 90, text), "90s");
	CU_ASSERT_STRING_EQUAL(cfg_value_number_text(CFG_TYPE_UINT, 90, text), "90");
}

static void
tells_required_rows_from_others(void)
{
	static const struct cfg_row few = { .is_list = true, .min_count = 1, .fallback = "" };
	static const struct cfg_row given = { .is_list = true, .min_count = 1, .fallback = "1" };

	CU_ASSERT_TRUE(cfg_row_is_required(&sample_apn_rows[0]));
	CU_ASSERT_FALSE(cfg_row_is_required(row_of("title")));
	CU_ASSERT_TRUE(cfg_row_is_required(&few));
	CU_ASSERT_FALSE(cfg_row_is_required(&given));
}

static const struct unit_case cases[] = {
	UNIT_CASE(prints_values_as_a_file_has_them),
	UNIT_CASE(shortens_numbers_to_their_largest_unit),
	UNIT_CASE(tells_required_rows_from_others),
};

UNIT_MAIN("config/cfg_value", cases)
