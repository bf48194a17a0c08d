// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg_lint.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char said[1024];

static void
note(void *ctx, const char *file, unsigned int line, const char *what)
{
	size_t used = strlen(said);

	snprintf(said + used, sizeof(said) - used, "%s:%u: %s\n", file, line, what);
}

static const char *
lint(const char *text)
{
	said[0] = '\0';
	cfg_lint("t", text, NULL, note, NULL);
	return said;
}

static void
accepts_what_libconfig_keeps(void)
{
	static const char *const texts[] = {
		"",
		"a = 1;",
		"a = 2147483647; b = -2147483648; c = 0xFFFFFFFF; d = +5;",
		"a = 5000000000L; b = 0xFFFFFFFFFFFFFFFFL; c = -9223372036854775807L;",
		"a = 5000000000.0; b = 1e30; c = 99999999999999999999e3;",
		"a = \"5000000000 /* no comment */ # nor this\";",
		"a = \"a quote \\\" and on 5000000000\";",
		"# 5000000000\n// 5000000000\n/* 5000000000 */",
		"name5000000000 = 1; x-5000000000 = 2; *5000000000 = 3;",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_STRING_EQUAL(lint(texts[i]), "");
}

static void
names_numbers_that_would_be_cut(void)
{
	static const char short_fault[] = "t:2: a number this large must end in L\n";
	static const char long_fault[] = "t:2: this number doesn't fit into 64 bits\n";

	CU_ASSERT_STRING_EQUAL(lint("\na = 2147483648;"), short_fault);
	CU_ASSERT_STRING_EQUAL(lint("\na = -2147483649;"), short_fault);
	CU_ASSERT_STRING_EQUAL(lint("\na = 0x100000000;"), short_fault);
	CU_ASSERT_STRING_EQUAL(lint("\na = [1, 5000000000];"), short_fault);
	CU_ASSERT_STRING_EQUAL(lint("\na = 9223372036854775808L;"), long_fault);
	CU_ASSERT_STRING_EQUAL(lint("\na = 99999999999999999999;"), long_fault);
	CU_ASSERT_STRING_EQUAL(lint("\na = 0x1FFFFFFFFFFFFFFFFL;"), long_fault);
}

static void
names_comments_and_strings_without_end(void)
{
	CU_ASSERT_STRING_EQUAL(lint("a = 1;\n/* b = 2;\n"), "t:2: this comment has no end\n");
	CU_ASSERT_STRING_EQUAL(lint("a = \"x;\nb = 2;\n"), "t:1: this string has no end\n");
	CU_ASSERT_STRING_EQUAL(lint("a = \"x\\"), "t:1: this string has no end\n");
	CU_ASSERT_STRING_EQUAL(lint("/*"), "t:1: this comment has no end\n");
	CU_ASSERT_STRING_EQUAL(lint("/* * /\n*"), "t:1: this comment has no end\n");
}

static void
counts_lines_over_comments_and_strings(void)
{
	CU_ASSERT_STRING_EQUAL(lint("/*\n\n*/ \"\n\\\n\"\n# x\n// y\n3000000000"),
		"t:8: a number this large must end in L\n");
}

static void
write_file(const char *path, const char *text, size_t n)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(text, 1, n, file), n);
	fclose(file);
}

static void
follows_includes_and_survives_circles(void)
{
	char dir[] = "/tmp/torii-lint-XXXXXX", path[128], want[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/inner.cfg", dir);
	write_file(path, "\n/* no end", 10);
	said[0] = '\0';
	cfg_lint("t", "@include \"inner.cfg\"\n@include \"absent.cfg\"\n3000000000", dir, note,
		NULL);
	snprintf(want, sizeof(want),
		"%s:2: this comment has no end\nt:3: a number this large must end in L\n", path);
	CU_ASSERT_STRING_EQUAL(said, want);
	write_file(path, "@include \"inner.cfg\"\n", 21);
	said[0] = '\0';
	cfg_lint("t", "@include \"inner.cfg\"\n", dir, note, NULL);
	CU_ASSERT_STRING_EQUAL(said, "");
	unlink(path);
	rmdir(dir);
}

static void
reads_files_whole_or_says_why_not(void)
{
	char dir[] = "/tmp/torii-lint-XXXXXX", path[128], *text = NULL;
	char *large = malloc(100000);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	memset(large, 'x', 100000);
	snprintf(path, sizeof(path), "%s/file", dir);
	CU_ASSERT_EQUAL(cfg_read_file(path, &text), -ENOENT);
	CU_ASSERT_EQUAL(cfg_read_file(dir, &text), -EISDIR);
	write_file(path, large, 100000);
	CU_ASSERT_EQUAL(cfg_read_file(path, &text), 0);
	CU_ASSERT_EQUAL(strlen(text), 100000);
	free(text);
	large[500] = '\0';
	write_file(path, large, 100000);
	CU_ASSERT_EQUAL(cfg_read_file(path, &text), -EINVAL);
	CU_ASSERT_EQUAL(cfg_read_file("/dev/zero", &text), -EFBIG);
	free(large);
	unlink(path);
	rmdir(dir);
}

static const struct unit_case cases[] = {
	UNIT_CASE(accepts_what_libconfig_keeps),
	UNIT_CASE(names_numbers_that_would_be_cut),
	UNIT_CASE(names_comments_and_strings_without_end),
	UNIT_CASE(counts_lines_over_comments_and_strings),
	UNIT_CASE(follows_includes_and_survives_circles),
	UNIT_CASE(reads_files_whole_or_says_why_not),
};

UNIT_MAIN("config/cfg_lint", cases)
