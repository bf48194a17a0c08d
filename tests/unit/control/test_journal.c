// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "control/journal.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char dir[64];
static char why[256];
static struct journal *journal;
static struct journal_config config = { .dir = dir, .name = "usage", .rotate_bytes = 1 << 20 };

static void
begin(void)
{
	log_init("test", LOG_LEVEL_ERROR);
	snprintf(dir, sizeof(dir), "/tmp/torii-journal-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	config.rotate_bytes = 1 << 20;
	config.rotate_s = config.keep = 0;
	CU_ASSERT_EQUAL_FATAL(journal_open(&journal, &config, why, sizeof(why)), 0);
}

static void
end(void)
{
	char command[128];

	journal_close(journal);
	journal = NULL;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
reopen(void)
{
	journal_close(journal);
	CU_ASSERT_EQUAL_FATAL(journal_open(&journal, &config, why, sizeof(why)), 0);
}

static int
append(uint64_t number, uint64_t now_ms)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "{\"sequence\":%" PRIu64 ",\"x\":1}\n", number);

	return journal_append(journal, line, (size_t)n, number, now_ms);
}

static const char *
text_of(const char *name)
{
	static char text[4096];
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = '\0';
	return f ? text : NULL;
}

static void
spoil(const char *text)
{
	FILE *f = fopen(journal_path(journal), "a");

	fputs(text, f);
	fclose(f);
}

static void
numbers_go_on_where_the_file_ends(void)
{
	begin();
	CU_ASSERT_EQUAL(journal_last(journal), 0);
	CU_ASSERT_EQUAL(append(1, 0), 0);
	CU_ASSERT_EQUAL(append(2, 0), 0);
	reopen();
	CU_ASSERT_EQUAL(journal_last(journal), 2);
	CU_ASSERT_EQUAL(append(3, 0), 0);
	CU_ASSERT_STRING_EQUAL(text_of("usage.jsonl"),
		"{\"sequence\":1,\"x\":1}\n{\"sequence\":2,\"x\":1}\n{\"sequence\":3,\"x\":1}\n");
	end();
}

static void
half_a_line_of_a_crash_is_taken_back(void)
{
	begin();
	CU_ASSERT_EQUAL(append(1, 0), 0);
	spoil("{\"sequence\":2,\"x");
	reopen();
	CU_ASSERT_EQUAL(journal_last(journal), 1);
	CU_ASSERT_EQUAL(append(2, 0), 0);
	CU_ASSERT_STRING_EQUAL(
		text_of("usage.jsonl"), "{\"sequence\":1,\"x\":1}\n{\"sequence\":2,\"x\":1}\n");
	end();
}

static void
a_file_of_something_else_is_refused(void)
{
	begin();
	spoil("Dear diary,\n");
	journal_close(journal);
	journal = NULL;
	CU_ASSERT_EQUAL(journal_open(&journal, &config, why, sizeof(why)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "usage.jsonl: its last line has no sequence number"));
	end();
}

static void
a_large_file_is_put_aside_under_its_last_number(void)
{
	begin();
	config.rotate_bytes = 60; // three lines
	reopen();
	for (uint64_t i = 1; i <= 7; i++)
		CU_ASSERT_EQUAL(append(i, 0), 0);
	CU_ASSERT_PTR_NOT_NULL(text_of("usage-00000000000000000003.jsonl"));
	CU_ASSERT_PTR_NOT_NULL(text_of("usage-00000000000000000006.jsonl"));
	CU_ASSERT_STRING_EQUAL(text_of("usage.jsonl"), "{\"sequence\":7,\"x\":1}\n");
	CU_ASSERT_EQUAL(journal_count(journal).rotations, 2);
	// whatever is left, numbers go on
	unlink(journal_path(journal));
	reopen();
	CU_ASSERT_EQUAL(journal_last(journal), 6);
	end();
}

static void
an_old_file_is_put_aside_when_something_comes(void)
{
	begin();
	config.rotate_s = 10;
	reopen();
	CU_ASSERT_EQUAL(append(1, 1000), 0);
	CU_ASSERT_EQUAL(append(2, 10999), 0);
	CU_ASSERT_EQUAL(journal_count(journal).rotations, 0);
	CU_ASSERT_EQUAL(append(3, 11000), 0);
	CU_ASSERT_EQUAL(journal_count(journal).rotations, 1);
	CU_ASSERT_STRING_EQUAL(text_of("usage.jsonl"), "{\"sequence\":3,\"x\":1}\n");
	end();
}

static void
only_so_many_are_kept_and_none_of_others_goes(void)
{
	begin();
	spoil("");
	config.rotate_bytes = 1;
	config.keep = 2;
	reopen();
	snprintf(why, sizeof(why), "%s/usage-7.jsonl.gz", dir);
	CU_ASSERT_EQUAL(fclose(fopen(why, "w")), 0);
	for (uint64_t i = 1; i <= 6; i++)
		CU_ASSERT_EQUAL(append(i, 0), 0);
	CU_ASSERT_PTR_NULL(text_of("usage-00000000000000000003.jsonl"));
	CU_ASSERT_PTR_NOT_NULL(text_of("usage-00000000000000000004.jsonl"));
	CU_ASSERT_PTR_NOT_NULL(text_of("usage-00000000000000000005.jsonl"));
	CU_ASSERT_PTR_NOT_NULL(text_of("usage-7.jsonl.gz"));
	end();
}

// The disk is full in the middle of a line: nothing of it counts, and later it is there once.
static void
what_did_not_fit_is_written_over(void)
{
	struct rlimit before, full;

	begin();
	CU_ASSERT_EQUAL(append(1, 0), 0);
	signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = before;
	full.rlim_cur = 30;
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &full), 0);
	CU_ASSERT_EQUAL(append(2, 0), -EFBIG);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	CU_ASSERT_EQUAL(journal_last(journal), 1);
	CU_ASSERT_EQUAL(journal_count(journal).failures, 1);
	CU_ASSERT_EQUAL(append(2, 0), 0);
	CU_ASSERT_STRING_EQUAL(
		text_of("usage.jsonl"), "{\"sequence\":1,\"x\":1}\n{\"sequence\":2,\"x\":1}\n");
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(numbers_go_on_where_the_file_ends),
	UNIT_CASE(half_a_line_of_a_crash_is_taken_back),
	UNIT_CASE(a_file_of_something_else_is_refused),
	UNIT_CASE(a_large_file_is_put_aside_under_its_last_number),
	UNIT_CASE(an_old_file_is_put_aside_when_something_comes),
	UNIT_CASE(only_so_many_are_kept_and_none_of_others_goes),
	UNIT_CASE(what_did_not_fit_is_written_over),
};

UNIT_MAIN("control/journal", cases)
