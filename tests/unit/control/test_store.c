// SPDX-License-Identifier: BSD-3-Clause
#include "control/store.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static struct store *store;
static char why[256];

static int
open_at(const char *boot)
{
	return store_open(&store, dir, boot, why, sizeof(why));
}

static void
begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/torii-store-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

static void
end(void)
{
	char command[128];

	store_close(store);
	store = NULL;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
reopen(const char *boot)
{
	store_close(store);
	store = NULL;
	CU_ASSERT_EQUAL_FATAL(open_at(boot), 0);
}

static void
put(uint32_t number, const char *text)
{
	struct store_key key = store_u32_key(number);

	store_put(store, STORE_SESSIONS, &key, text, strlen(text));
}

// Rows as "number=text;".
static int
collect(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	const uint8_t *k = key;
	char *all = ctx;
	size_t at = strlen(all);

	snprintf(all + at, 1024 - at, "%u=%.*s;", k[key_n - 1], (int)n, (const char *)value);
	return 0;
}

static const char *
rows(enum store_table table)
{
	static char all[1024];

	all[0] = '\0';
	CU_ASSERT_EQUAL(store_read(store, table, collect, all), 0);
	return all;
}

static void
keeps_rows_and_counter_within_one_boot(void)
{
	uint8_t counter;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	CU_ASSERT_FALSE(store_has_kept_sessions(store));
	counter = store_restart_counter(store);
	put(2, "two");
	put(1, "one");
	CU_ASSERT_EQUAL(store_commit(store), 0);
	reopen("boot-1");
	CU_ASSERT_TRUE(store_has_kept_sessions(store));
	CU_ASSERT_EQUAL(store_restart_counter(store), counter);
	CU_ASSERT_STRING_EQUAL(rows(STORE_SESSIONS), "1=one;2=two;");
	end();
}

static void
another_boot_empties_it_and_raises_the_counter(void)
{
	uint8_t counter;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	counter = store_restart_counter(store);
	put(1, "one");
	store_commit(store);
	reopen("boot-2");
	CU_ASSERT_FALSE(store_has_kept_sessions(store));
	CU_ASSERT_EQUAL(store_restart_counter(store), (uint8_t)(counter + 1));
	CU_ASSERT_STRING_EQUAL(rows(STORE_SESSIONS), "");
	for (int i = 0; i < 256; i++) { // with the wrap
		char boot[16];

		snprintf(boot, sizeof(boot), "b%d", i);
		reopen(boot);
	}
	CU_ASSERT_EQUAL(store_restart_counter(store), (uint8_t)(counter + 1));
	end();
}

static void
a_lost_file_raises_the_counter(void)
{
	uint8_t counter;
	char path[128];

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	counter = store_restart_counter(store);
	store_close(store);
	snprintf(path, sizeof(path), "%s/sessions.mdb", dir);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	CU_ASSERT_EQUAL(store_restart_counter(store), (uint8_t)(counter + 1));
	end();
}

static void
nothing_of_an_uncommitted_turn_is_seen(void)
{
	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	put(1, "one");
	CU_ASSERT_EQUAL(store_commit(store), 0);
	put(2, "two");
	reopen("boot-1");
	CU_ASSERT_STRING_EQUAL(rows(STORE_SESSIONS), "1=one;");
	end();
}

static void
deletes_rows_and_ranges_of_rows(void)
{
	struct store_key key;
	struct store_counts n;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	for (uint64_t i = 0; i < 1000; i++) {
		key = store_u64_key(i * 3);
		store_put(store, STORE_ANSWERS, &key, "x", 1);
	}
	put(1, "one");
	CU_ASSERT_EQUAL(store_commit(store), 0);
	key = store_u64_key(2991);
	store_del_below(store, STORE_ANSWERS, &key);
	key = store_u32_key(1);
	store_del(store, STORE_SESSIONS, &key);
	store_del(store, STORE_SESSIONS, &key); // gone already
	CU_ASSERT_EQUAL(store_commit(store), 0);
	store_count(store, &n);
	CU_ASSERT_EQUAL(n.rows[STORE_ANSWERS], 3);
	CU_ASSERT_EQUAL(n.rows[STORE_SESSIONS], 0);
	end();
}

static void
a_second_process_is_refused_in_one_line(void)
{
	struct store *other;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	CU_ASSERT_EQUAL(store_open(&other, dir, "boot-1", why, sizeof(why)), -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "another torii-control"));
	end();
}

static void
write_file(const char *name, const char *text, size_t n)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
	CU_ASSERT_EQUAL(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static void
damage_is_refused_with_a_name_and_a_remedy(void)
{
	static char rubbish[8192];

	memset(rubbish, 'x', sizeof(rubbish));
	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	store_close(store);
	store = NULL;
	write_file("sessions.mdb", rubbish, sizeof(rubbish));
	CU_ASSERT_EQUAL(open_at("boot-1"), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "sessions.mdb"));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "remove it"));
	write_file("control.identity", "torii-control 1\nboot x\n", 23);
	CU_ASSERT_EQUAL(open_at("boot-1"), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "control.identity"));
	end();
}

static void
another_version_is_refused(void)
{
	static const char newer[] =
		"torii-control 99\nboot boot-1\nrestart_counter 1\ncharging_id_next 1\nend\n";

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	store_close(store);
	store = NULL;
	write_file("control.identity", newer, sizeof(newer) - 1);
	CU_ASSERT_EQUAL(open_at("boot-1"), -EPROTO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "another release"));
	end();
}

static void
charging_ids_never_repeat(void)
{
	uint32_t last = 0, id;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	for (int run = 0; run < 4; run++) {
		for (int i = 0; i < 70000; i++) { // over the end of a block
			if (store_charging_id(store, &id) < 0 || id == 0 || (last && id <= last))
				CU_FAIL_FATAL("an id repeats");
			last = id;
		}
		reopen(run % 2 ? "boot-1" : "boot-2");
	}
	end();
}

static void
zero_is_no_charging_id(void)
{
	static const char at_the_end[] = "torii-control 1\nboot boot-1\nrestart_counter 1\n"
					 "charging_id_next 4294967295\nend\n";
	uint32_t id;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	store_close(store);
	store = NULL;
	write_file("control.identity", at_the_end, sizeof(at_the_end) - 1);
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	CU_ASSERT_EQUAL(store_charging_id(store, &id), 0);
	CU_ASSERT_EQUAL(id, UINT32_MAX);
	CU_ASSERT_EQUAL(store_charging_id(store, &id), 0);
	CU_ASSERT_EQUAL(id, 1);
	end();
}

// Commits and tells each number after its commit, until it is killed.
static void
commit_until_killed(int fd)
{
	for (uint32_t i = 0;; i++) {
		struct store_key key = store_u32_key(i);

		store_put(store, STORE_SESSIONS, &key, &i, sizeof(i));
		if (store_commit(store) < 0 || write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

static int
count_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	uint32_t *next = ctx, number;

	CU_ASSERT_EQUAL_FATAL(n, sizeof(number));
	memcpy(&number, value, sizeof(number));
	CU_ASSERT_EQUAL_FATAL(number, *next);
	++*next;
	return 0;
}

static void
what_was_committed_survives_kill_9(void)
{
	for (int round = 0; round < 5; round++) {
		uint32_t told = 0, number, found = 0;
		int pipes[2], status;
		pid_t child;

		begin();
		CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
		child = fork();
		if (child == 0) {
			if (open_at("boot-1") < 0)
				_exit(1);
			commit_until_killed(pipes[1]);
		}
		close(pipes[1]);
		poll(&(struct pollfd){ .fd = pipes[0], .events = POLLIN }, 1, -1);
		usleep(7000 * (useconds_t)round);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		CU_ASSERT_TRUE(WIFSIGNALED(status));
		while (read(pipes[0], &number, sizeof(number)) == sizeof(number))
			told = number + 1;
		close(pipes[0]);
		CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
		CU_ASSERT_EQUAL(store_read(store, STORE_SESSIONS, count_row, &found), 0);
		CU_ASSERT_TRUE(told > 0);
		CU_ASSERT_TRUE(found >= told && found <= told + 1);
		end();
	}
}

// A file to be damaged, and what is in it.
static long
read_whole(uint8_t *bytes, size_t room)
{
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sessions.mdb", dir);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(bytes, 1, room, f);
	fclose(f);
	return (long)n;
}

static void
write_whole(const uint8_t *bytes, long n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sessions.mdb", dir);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(bytes, 1, (size_t)n, f), (size_t)n);
	fclose(f);
}

static void
damage(uint8_t *bytes, long n)
{
	long at = rand() % n;

	if (rand() % 4 == 0) // a page that wasn't written
		memset(bytes + at / 4096 * 4096, 0, 4096);
	else
		for (int i = rand() % 16; i >= 0; i--)
			bytes[rand() % 2 ? at + rand() % 64 * (at + 64 < n) : rand() % n] ^=
				(uint8_t)(1 + rand() % 255);
}

static int
digest_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	uint64_t *sum = ctx;

	for (size_t i = 0; i < n; i++)
		*sum = (*sum ^ ((const uint8_t *)value)[i]) * 1099511628211U;
	return 0;
}

static uint64_t
digest_of_all(void)
{
	uint64_t sum = 1;

	CU_ASSERT_EQUAL(store_read(store, STORE_SESSIONS, digest_row, &sum), 0);
	return sum;
}

// Whatever is damaged: it is refused, or wasn't of use anyway. Nobody dies of it.
static void
damage_is_refused_or_is_no_matter(void)
{
	static uint8_t whole[1 << 20], bytes[1 << 20];
	char text[600];
	uint64_t right;
	unsigned int refused = 0;
	long n;

	begin();
	CU_ASSERT_EQUAL_FATAL(open_at("boot-1"), 0);
	for (unsigned int i = 0; i < 200; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		put(i, text);
	}
	CU_ASSERT_EQUAL(store_commit(store), 0);
	right = digest_of_all();
	store_close(store);
	store = NULL;
	n = read_whole(whole, sizeof(whole));
	srand(1);
	for (unsigned int i = 0; i < 100; i++) {
		int ret;

		memcpy(bytes, whole, (size_t)n);
		damage(bytes, n);
		write_whole(bytes, n);
		ret = open_at("boot-1");
		CU_ASSERT_TRUE(ret == 0 || ret == -EINVAL || ret == -EPROTO);
		refused += ret != 0;
		if (ret != 0)
			continue;
		CU_ASSERT_EQUAL(digest_of_all(), right);
		store_close(store);
		store = NULL;
	}
	CU_ASSERT_TRUE(refused > 50);
	write_whole(whole, n);
	CU_ASSERT_EQUAL(open_at("boot-1"), 0);
	CU_ASSERT_EQUAL(digest_of_all(), right);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(keeps_rows_and_counter_within_one_boot),
	UNIT_CASE(another_boot_empties_it_and_raises_the_counter),
	UNIT_CASE(a_lost_file_raises_the_counter),
	UNIT_CASE(nothing_of_an_uncommitted_turn_is_seen),
	UNIT_CASE(deletes_rows_and_ranges_of_rows),
	UNIT_CASE(a_second_process_is_refused_in_one_line),
	UNIT_CASE(damage_is_refused_with_a_name_and_a_remedy),
	UNIT_CASE(another_version_is_refused),
	UNIT_CASE(charging_ids_never_repeat),
	UNIT_CASE(zero_is_no_charging_id),
	UNIT_CASE(what_was_committed_survives_kill_9),
	UNIT_CASE(damage_is_refused_or_is_no_matter),
};

UNIT_MAIN("control/store", cases)
