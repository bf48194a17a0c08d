// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg.h"
#include "tests/unit/config/sample.h"
#include "tests/unit/cunit_main.h"

static char *
shown(const struct sample *s)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	cfg_show(&sample_schema, s, out);
	fclose(out);
	return text;
}

static void
shows_what_can_be_loaded_again(void)
{
	struct sample first, second;
	char *said, *once, *twice;

	CU_ASSERT_EQUAL_FATAL(
		sample_load("main = { huge = 5000000000L; cpus = [3]; }; title = \"x\\\\y\";\n"
			    "names = [\"a\", \"b\"]; apns = ( { name = \"a\"; pools = (\n"
			    "{ prefix = \"10.0.0.0/8\"; } ); dns = \"1.1.1.1\"; },\n"
			    "{ name = \"b\"; ambr = { ul = 1000; }; } );",
			&first, &said),
		0);
	free(said);
	once = shown(&first);
	CU_ASSERT_EQUAL_FATAL(sample_load(once, &second, &said), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	twice = shown(&second);
	CU_ASSERT_STRING_EQUAL(once, twice);
	CU_ASSERT_EQUAL(second.huge, 5000000000);
	CU_ASSERT_EQUAL(second.n_apns, 2);
	CU_ASSERT_EQUAL(second.apns[1].ul_bps, 1000);
	free(said);
	free(once);
	free(twice);
	cfg_free(&sample_schema, &first);
	cfg_free(&sample_schema, &second);
}

static void
hides_secrets(void)
{
	struct sample s;
	char *said, *text;

	CU_ASSERT_EQUAL_FATAL(sample_load("keys = { op = \"deadbeef\"; };", &s, &said), 0);
	text = shown(&s);
	CU_ASSERT_PTR_NULL(strstr(text, "deadbeef"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\top = \"***\";\n"));
	free(said);
	free(text);
	cfg_free(&sample_schema, &s);
}

static unsigned int
count(const char *text, const char *part)
{
	unsigned int n = 0;

	for (size_t i = 0; text[i] != '\0'; i++)
		n += strncmp(text + i, part, strlen(part)) == 0;
	return n;
}

static void
opens_a_group_once_though_its_rows_lie_apart(void)
{
	struct sample s;
	char *said, *text;

	CU_ASSERT_EQUAL_FATAL(sample_load("", &s, &said), 0);
	text = shown(&s);
	CU_ASSERT_EQUAL(count(text, "main = {"), 1);
	free(said);
	free(text);
	cfg_free(&sample_schema, &s);
}

static void
prints_a_manual_with_every_row(void)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	cfg_reference(&sample_schema, "Sample", out);
	fclose(out);
	CU_ASSERT_EQUAL(strncmp(text, "# Sample\n", 9), 0);
	for (size_t i = 0; i < sample_schema.n_rows; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, sample_rows[i].text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text,
		"| `main.sessions_max` | number | `1000000` | 1 to 16000000 sessions | PDN "
		"sessions over all workers. |\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n## main\n\nWhat matters most.\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n## apns[]\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n## apns[].ambr\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n## apns[].pools[]\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text,
		"| `name` | string of up to 15 | required |  | Network identifier. No "
		"two may be the same. |\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "| `timers.idle` | duration | `15m` | 0s to 1d |"));
	free(text);
}

static const struct unit_case cases[] = {
	UNIT_CASE(shows_what_can_be_loaded_again),
	UNIT_CASE(hides_secrets),
	UNIT_CASE(opens_a_group_once_though_its_rows_lie_apart),
	UNIT_CASE(prints_a_manual_with_every_row),
};

UNIT_MAIN("config/cfg_print", cases)
