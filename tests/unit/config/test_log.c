// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t now_ms;

static uint64_t
test_clock(void)
{
	return now_ms;
}

static FILE *capture;
static int real_stderr;

static void
begin_capture(void)
{
	capture = tmpfile();
	CU_ASSERT_PTR_NOT_NULL_FATAL(capture);
	real_stderr = dup(STDERR_FILENO);
	dup2(fileno(capture), STDERR_FILENO);
}

// What was logged since begin_capture(), to be freed.
static char *
end_capture(void)
{
	long n = lseek(fileno(capture), 0, SEEK_END);
	char *text = calloc(1, (size_t)n + 1);

	CU_ASSERT_EQUAL(pread(fileno(capture), text, (size_t)n, 0), n);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	fclose(capture);
	return text;
}

static unsigned int
count(const char *text, const char *part)
{
	unsigned int n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

static void
writes_a_line_with_time_process_level_and_module(void)
{
	unsigned int year, month, day, hour, minute, second, ms, pid;
	char *text, zone[8], rest[64];

	log_init("torii-test", LOG_LEVEL_INFO);
	begin_capture();
	log_write(LOG_LEVEL_WARNING, "../main/control/gtpc/xact.c", "peer %s", "10.0.0.1");
	text = end_capture();
	CU_ASSERT_EQUAL(
		sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u.%3u%7s torii-test[%u] %63[^\n]", &year,
			&month, &day, &hour, &minute, &second, &ms, zone, &pid, rest),
		10);
	CU_ASSERT_EQUAL(pid, (unsigned int)getpid());
	CU_ASSERT_STRING_EQUAL(rest, "warning gtpc: peer 10.0.0.1");
	free(text);
}

static void
writes_nothing_above_its_level(void)
{
	char *text;

	log_init("torii-test", LOG_LEVEL_WARNING);
	begin_capture();
	log_error("one");
	log_warning("two");
	log_notice("three");
	log_info("four");
	log_debug("five");
	text = end_capture();
	CU_ASSERT_EQUAL(count(text, "\n"), 2);
	CU_ASSERT_PTR_NULL(strstr(text, "three"));
	CU_ASSERT_FALSE(log_is_on(LOG_LEVEL_NOTICE));
	free(text);
}

static void
sets_levels_of_modules_and_single_files_apart(void)
{
	char *text, *levels;
	size_t n;
	FILE *out = open_memstream(&levels, &n);

	log_init("torii-test", LOG_LEVEL_NOTICE);
	CU_ASSERT_EQUAL(log_set_level("gtpc", LOG_LEVEL_DEBUG), 0);
	CU_ASSERT_EQUAL(log_set_level("xact", LOG_LEVEL_ERROR), 0);
	begin_capture();
	log_write(LOG_LEVEL_DEBUG, "control/gtpc/ie.c", "shown");
	log_write(LOG_LEVEL_WARNING, "control/gtpc/xact.c", "hidden");
	log_write(LOG_LEVEL_DEBUG, "control/session/session.c", "hidden");
	log_write(LOG_LEVEL_NOTICE, "main.c", "shown");
	text = end_capture();
	CU_ASSERT_EQUAL(count(text, "shown"), 2);
	CU_ASSERT_EQUAL(count(text, "hidden"), 0);
	free(text);
	log_print_levels(out);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(levels, "all notice\ngtpc debug\nxact error\n");
	free(levels);
	log_set_level(NULL, LOG_LEVEL_INFO);
	CU_ASSERT_FALSE(log_is_on(LOG_LEVEL_DEBUG));
}

static void
refuses_more_modules_than_it_can_keep(void)
{
	char name[64] = "";

	for (unsigned int i = 0; i < LOG_MODULES_MAX; i++) {
		snprintf(name, sizeof(name), "module%u", i);
		CU_ASSERT_EQUAL(log_set_level(name, LOG_LEVEL_DEBUG), 0);
	}
	CU_ASSERT_EQUAL(log_set_level("one-more", LOG_LEVEL_DEBUG), -ENOSPC);
	CU_ASSERT_EQUAL(log_set_level(name, LOG_LEVEL_ERROR), 0);
	log_set_level(NULL, LOG_LEVEL_INFO);
	memset(name, 'x', sizeof(name) - 1);
	CU_ASSERT_EQUAL(log_set_level(name, LOG_LEVEL_DEBUG), -EINVAL);
}

static void
keeps_what_peers_say_in_one_line(void)
{
	char *text, long_text[5000];

	memset(long_text, 'z', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_init("torii-test", LOG_LEVEL_INFO);
	begin_capture();
	log_info("name a\nb\x1b[2Jc\rd");
	log_info("%s", long_text);
	text = end_capture();
	CU_ASSERT_EQUAL(count(text, "\n"), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "name a?b?[2Jc?d\n"));
	CU_ASSERT_EQUAL(text[strlen(text) - 1], '\n');
	free(text);
}

static void
limits_each_message_by_itself(void)
{
	char *text;

	log_init("torii-test", LOG_LEVEL_INFO);
	log_clock_ms = test_clock;
	now_ms = 1000000;
	begin_capture();
	for (int second = 0; second < 3; second++) {
		for (int i = 0; i < 10; i++)
			log_limited(LOG_LEVEL_WARNING, 3, "bad message %d", i);
		log_limited(LOG_LEVEL_WARNING, 3, "another");
		now_ms += 1000;
	}
	text = end_capture();
	CU_ASSERT_EQUAL(count(text, " bad message"), 9 + 2);
	CU_ASSERT_EQUAL(count(text, "suppressed 7: bad message %d\n"), 2);
	CU_ASSERT_EQUAL(count(text, "another"), 3);
	free(text);
	begin_capture();
	log_tick();
	log_tick();
	text = end_capture();
	CU_ASSERT_EQUAL(count(text, "\n"), 1);
	CU_ASSERT_EQUAL(count(text, "suppressed 7: bad message %d\n"), 1);
	free(text);
}

static void
marks_lines_for_the_journal(void)
{
	struct stat about;
	char stream[64], *text;

	begin_capture();
	CU_ASSERT_EQUAL(fstat(STDERR_FILENO, &about), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)about.st_dev,
		(unsigned long long)about.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("torii-test", LOG_LEVEL_DEBUG);
	log_write(LOG_LEVEL_ERROR, "hss/main.c", "away");
	log_write(LOG_LEVEL_DEBUG, "hss/main.c", "detail");
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_init("torii-test", LOG_LEVEL_INFO);
	log_write(LOG_LEVEL_ERROR, "hss/main.c", "elsewhere");
	unsetenv("JOURNAL_STREAM");
	text = end_capture();
	CU_ASSERT_EQUAL(strncmp(text, "<3>hss: away\n<7>hss: detail\n", 28), 0);
	CU_ASSERT_PTR_NULL(strstr(text, "<3>hss: elsewhere"));
	free(text);
}

static void
keeps_errno(void)
{
	char *text;

	log_init("torii-test", LOG_LEVEL_INFO);
	begin_capture();
	errno = EADDRINUSE;
	log_error("bind: %m");
	CU_ASSERT_EQUAL(errno, EADDRINUSE);
	text = end_capture();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "bind: Address already in use"));
	free(text);
}

static void
goes_nowhere_if_told_so(void)
{
	const struct log_config quiet = { .level = LOG_LEVEL_DEBUG };
	char *text;

	begin_capture();
	log_configure("torii-test", &quiet);
	log_error("nobody hears this");
	text = end_capture();
	CU_ASSERT_STRING_EQUAL(text, "");
	free(text);
}

static void
reads_the_names_of_levels(void)
{
	enum log_level level = LOG_LEVEL_ERROR;

	CU_ASSERT_EQUAL(log_level_parse("debug", &level), 0);
	CU_ASSERT_EQUAL(level, LOG_LEVEL_DEBUG);
	CU_ASSERT_EQUAL(log_level_parse("loud", &level), -EINVAL);
	CU_ASSERT_EQUAL(level, LOG_LEVEL_DEBUG);
}

static void *
chatter(void *arg)
{
	for (int i = 0; i < 500; i++) {
		log_info("thread %s line %d", (const char *)arg, i);
		log_limited(LOG_LEVEL_INFO, 1000000, "limited %s", (const char *)arg);
		log_set_level("elsewhere", i % 2 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	}
	return NULL;
}

static void
keeps_lines_of_threads_apart(void)
{
	static char names[4][2] = { "a", "b", "c", "d" };
	pthread_t threads[4];
	char *text;

	log_init("torii-test", LOG_LEVEL_INFO);
	begin_capture();
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, chatter, names[i]), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	text = end_capture();
	CU_ASSERT_EQUAL(count(text, "\n"), 4000);
	CU_ASSERT_EQUAL(count(text, " torii-test["), 4000);
	free(text);
}

static atomic_bool is_through;

static void *
log_for_ever(void *arg)
{
	(void)arg;
	for (;;) {
		log_write(LOG_LEVEL_INFO, "hss/x.c", "a line that fills the pipe");
		pthread_testcancel();
	}
	return NULL;
}

static void *
log_once(void *arg)
{
	(void)arg;
	log_write(LOG_LEVEL_INFO, "hss/x.c", "the last one");
	atomic_store(&is_through, true);
	return NULL;
}

// Reads until the other thread is through.
static void
drain(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[4096];

	for (int quiet = 0; !atomic_load(&is_through) && quiet < 50;)
		if (poll(&p, 1, 100) == 1)
			(void)!read(fd, text, sizeof(text));
		else
			quiet++;
}

// libfreediameter cancels its threads, also one that waits in write for whoever reads the log.
static void
goes_on_after_a_thread_was_cancelled_while_it_wrote(void)
{
	struct pollfd full;
	pthread_t writer, other;
	int fds[2];

	log_init("torii-test", LOG_LEVEL_INFO);
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	pthread_create(&writer, NULL, log_for_ever, NULL);
	full = (struct pollfd){ .fd = fds[1], .events = POLLOUT };
	while (poll(&full, 1, 0) != 0)
		usleep(1000);
	usleep(20000);
	pthread_cancel(writer);
	pthread_create(&other, NULL, log_once, NULL);
	drain(fds[0]);
	CU_ASSERT(atomic_load(&is_through));
	if (atomic_load(&is_through)) {
		pthread_join(writer, NULL);
		pthread_join(other, NULL);
	}
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(fds[0]);
	close(fds[1]);
}

static const struct unit_case cases[] = {
	UNIT_CASE(writes_a_line_with_time_process_level_and_module),
	UNIT_CASE(writes_nothing_above_its_level),
	UNIT_CASE(sets_levels_of_modules_and_single_files_apart),
	UNIT_CASE(refuses_more_modules_than_it_can_keep),
	UNIT_CASE(keeps_what_peers_say_in_one_line),
	UNIT_CASE(limits_each_message_by_itself),
	UNIT_CASE(marks_lines_for_the_journal),
	UNIT_CASE(keeps_errno),
	UNIT_CASE(goes_nowhere_if_told_so),
	UNIT_CASE(reads_the_names_of_levels),
	UNIT_CASE(keeps_lines_of_threads_apart),
	UNIT_CASE(goes_on_after_a_thread_was_cancelled_while_it_wrote),
};

UNIT_MAIN("config/log", cases)
