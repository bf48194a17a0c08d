// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg.h"
#include "tests/unit/config/sample.h"
#include "tests/unit/cunit_main.h"

#include <unistd.h>

static void
print_cli_reference(FILE *out)
{
	fputs("the commands\n", out);
}

// Runs cfg_main() on words up to NULL. *said: what it wrote to stdout and stderr, to be freed.
static int
run(const char *const *words, void (*cli_reference)(FILE *), struct sample *s, char **said)
{
	const struct cfg_program program = { .name = "torii-sample",
		.what = "shows how it is done.",
		.config_file = "/nonexistent/torii.cfg",
		.schema = &sample_schema,
		.cli_reference = cli_reference };
	FILE *file = tmpfile();
	char *argv[8];
	int argc = 0, out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), rc;
	long n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	for (; words[argc] != NULL; argc++)
		argv[argc] = strdup(words[argc]);
	argv[argc] = NULL;
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	rc = cfg_main(&program, argc, argv, s, NULL);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	n = lseek(fileno(file), 0, SEEK_END);
	*said = calloc(1, (size_t)n + 1);
	CU_ASSERT_EQUAL(pread(fileno(file), *said, (size_t)n, 0), n);
	fclose(file);
	while (argc > 0)
		free(argv[--argc]);
	return rc;
}

static void
answers_bad_command_lines_with_one_line(void)
{
	static const struct {
		const char *words[4];
		const char *said;
	} lines[] = {
		{ { "x", "--bogus", NULL },
			"torii-sample: unknown option --bogus (see torii-sample --help)\n" },
		{ { "x", "-z", NULL },
			"torii-sample: unknown option -z (see torii-sample --help)\n" },
		{ { "x", "--config", NULL },
			"torii-sample: a file name must follow --config (see torii-sample "
			"--help)\n" },
		{ { "x", "file.cfg", NULL },
			"torii-sample: unexpected argument file.cfg (see torii-sample --help)\n" },
		{ { "x", "--cli-reference", NULL },
			"torii-sample: unknown option --cli-reference (see torii-sample "
			"--help)\n" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct sample s;
		char *said;

		CU_ASSERT_EQUAL(run(lines[i].words, NULL, &s, &said), 2);
		CU_ASSERT_STRING_EQUAL(said, lines[i].said);
		free(said);
	}
}

static void
prints_version_help_and_manuals(void)
{
	static const struct {
		const char *words[3];
		const char *part;
	} lines[] = {
		{ { "x", "--version", NULL }, "torii-sample " },
		{ { "x", "-h", NULL }, "torii-sample: shows how it is done.\n" },
		{ { "x", "--help", NULL }, "instead of /nonexistent/torii.cfg\n" },
		{ { "x", "--config-reference", NULL }, "| `main.sessions_max` |" },
		{ { "x", "--cli-reference", NULL }, "the commands\n" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct sample s;
		char *said;

		CU_ASSERT_EQUAL(run(lines[i].words, print_cli_reference, &s, &said), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, lines[i].part));
		free(said);
	}
}

static void
runs_with_a_right_configuration_and_only_with_one(void)
{
	char path[] = "/tmp/torii-main-XXXXXX", *said;
	int fd = mkstemp(path);
	const char *run_words[] = { "x", "-c", path, NULL };
	const char *check_words[] = { "x", "--check", "-c", path, NULL };
	const char *default_words[] = { "x", NULL };
	struct sample s;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "title = \"x\";\n", 13), 13);
	CU_ASSERT_EQUAL(run(check_words, NULL, &s, &said), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ": ok\n"));
	free(said);
	CU_ASSERT_EQUAL(run(run_words, NULL, &s, &said), CFG_MAIN_RUN);
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_STRING_EQUAL(s.title, "x");
	cfg_free(&sample_schema, &s);
	free(said);
	CU_ASSERT_EQUAL(write(fd, "titel = 1;\n", 11), 11);
	CU_ASSERT_EQUAL(run(check_words, NULL, &s, &said), 1);
	free(said);
	CU_ASSERT_EQUAL(run(run_words, NULL, &s, &said), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ":2: titel: there is no such setting\n"));
	free(said);
	CU_ASSERT_EQUAL(run(default_words, NULL, &s, &said), 1);
	CU_ASSERT_STRING_EQUAL(said, "/nonexistent/torii.cfg: No such file or directory\n");
	free(said);
	close(fd);
	unlink(path);
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_bad_command_lines_with_one_line),
	UNIT_CASE(prints_version_help_and_manuals),
	UNIT_CASE(runs_with_a_right_configuration_and_only_with_one),
};

UNIT_MAIN("config/cfg_main", cases)
