// SPDX-License-Identifier: BSD-3-Clause
// The server with real sockets: a loop in a thread of its own, clients that behave and that don't.
#include "config/cli.h"
#include "config/cli_server.h"
#include "config/log.h"
#include "tests/unit/cunit_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROMPT "torii-test> "
#define WAIT_MS 20000 // for something that must come

// ---- The process: a loop that runs commands

static struct cli_set *set;
static struct cli_server *server;
static pthread_t loop_thread;
static int loop_end_fd;
static struct cli_job *pending_job;
static unsigned int n_ran;

static int
run_count(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out, "%s is number %u\n", cli_arg(args, "word"),
		__atomic_add_fetch(&n_ran, 1, __ATOMIC_RELAXED));
	return 0;
}

static int
run_many(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	uint64_t n = cli_arg_uint(args, "n", 1);

	for (uint64_t i = 0; i < n && !cli_out_is_full(out); i++)
		cli_out_printf(out, "line %llu of many\n", (unsigned long long)i);
	return 0;
}

static int
run_later(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out, "at once\n");
	pending_job = cli_pending(out);
	return CLI_PENDING;
}

static int
run_now(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(cli_job_out(pending_job), "and later\n");
	cli_job_finish(pending_job, 0);
	pending_job = NULL;
	return 0;
}

static const struct cli_row rows[] = {
	{ "count <word>", run_count, "Counts" },
	{ "many <n>", run_many, "Prints" },
	{ "later", run_later, "Answers later" },
	{ "now", run_now, "Lets the later answer come" },
};
static const struct cli_table table = { .title = "Test", .rows = rows, .n_rows = 4 };

static void *
loop_main(void *arg)
{
	struct pollfd fds[2] = { { .fd = cli_server_fd(server), .events = POLLIN },
		{ .fd = loop_end_fd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			return NULL;
		cli_server_dispatch(server);
	}
}

static void
start_server(const struct cli_config *overrides)
{
	const struct log_config quiet = { .level = LOG_LEVEL_DEBUG };
	struct cli_config config = *overrides;

	log_configure("test", &quiet);
	config.addr = (struct cfg_addr){ .family = 4, .bytes = { 127, 0, 0, 1 } };
	if (config.max_clients == 0)
		config.max_clients = 16;
	if (config.answer_timeout_ms == 0)
		config.answer_timeout_ms = 600000;
	set = cli_set_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_EQUAL_FATAL(cli_set_add(set, &table, NULL), 0);
	server = cli_server_new(set, &config, PROMPT, "Torii test");
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
}

static void
start_loop(void)
{
	loop_end_fd = eventfd(0, 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&loop_thread, NULL, loop_main, NULL), 0);
}

static void
stop_loop(void)
{
	uint64_t one = 1;

	CU_ASSERT_EQUAL(write(loop_end_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(loop_thread, NULL);
	close(loop_end_fd);
}

static void
stop_server(void)
{
	cli_server_free(server);
	cli_set_free(set);
}

static void
start(const struct cli_config *overrides)
{
	start_server(overrides);
	start_loop();
}

static void
stop(void)
{
	stop_loop();
	stop_server();
}

// ---- Clients

static int
connect_client(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(cli_server_port(server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

// Reads until `end` came, or the connection ended (end NULL). What was read is kept in `heard`;
// false: neither happened in time.
static char heard[1 << 16];

static bool
hear(int fd, const char *end)
{
	size_t used = 0;

	memset(heard, 0, sizeof(heard));
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, WAIT_MS) <= 0)
			return false;
		if (used >= sizeof(heard) - 1) {
			memmove(heard, heard + sizeof(heard) / 2, sizeof(heard) / 2);
			memset(heard + sizeof(heard) / 2, 0, sizeof(heard) / 2);
			used -= sizeof(heard) / 2;
		}
		n = recv(fd, heard + used, sizeof(heard) - 1 - used, 0);
		if (n <= 0)
			return end == NULL;
		used += (size_t)n;
		if (end != NULL && memmem(heard, used, end, strlen(end)) != NULL)
			return true;
	}
}

static int
connect_and_hear_prompt(void)
{
	int fd = connect_client();

	CU_ASSERT_TRUE(hear(fd, PROMPT));
	return fd;
}

static void
check_server_answers(void)
{
	int fd = connect_and_hear_prompt();

	say(fd, "count me\r\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_EQUAL(strncmp(heard, "me is number ", 13), 0);
	close(fd);
}

// ---- Cases

static void
greets_answers_and_says_goodbye(void)
{
	int fd;

	start(&(struct cli_config){ .port = 0 });
	fd = connect_client();
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_STRING_EQUAL(heard, "\xff\xfb\x01\xff\xfb\x03Torii test\r\n" PROMPT);
	say(fd, "many 3 | exclude 1\r\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_STRING_EQUAL(heard, "line 0 of many\r\nline 2 of many\r\n" PROMPT);
	say(fd, "bogus\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_EQUAL(strncmp(heard, "% Unknown word \"bogus\"", 22), 0);
	say(fd, "many 3 | bogus\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_EQUAL(strncmp(heard, "% Unknown filter \"bogus\"", 24), 0);
	say(fd, "history\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "  2  bogus\r\n"));
	say(fd, "exit\n");
	CU_ASSERT_TRUE(hear(fd, NULL));
	close(fd);
	stop();
}

static void
answers_a_client_that_closed_its_sending_side(void)
{
	int fd;

	start(&(struct cli_config){ .port = 0 });
	fd = connect_client();
	say(fd, "many 2\nmany 1");
	shutdown(fd, SHUT_WR);
	CU_ASSERT_TRUE(hear(fd, NULL));
	CU_ASSERT_PTR_NOT_NULL(strstr(
		heard, PROMPT "line 0 of many\r\nline 1 of many\r\n" PROMPT "line 0 of many\r\n"));
	close(fd);
	stop();
}

struct talker {
	pthread_t thread;
	int fd;
	unsigned int id, n_right;
};

static void *
talk(void *arg)
{
	struct talker *t = arg;
	char line[64], answer[4096], want[64];

	for (int i = 0; i < 100; i++) {
		size_t used = 0;
		ssize_t n = 1;

		snprintf(line, sizeof(line), "count w%u-%d\r\n", t->id, i);
		snprintf(want, sizeof(want), "w%u-%d is number ", t->id, i);
		if (send(t->fd, line, strlen(line), MSG_NOSIGNAL) < 0)
			break;
		memset(answer, 0, sizeof(answer));
		while (n > 0 && strstr(answer, PROMPT) == NULL) {
			n = recv(t->fd, answer + used, sizeof(answer) - 1 - used, 0);
			used += n > 0 ? (size_t)n : 0;
		}
		t->n_right += strncmp(answer, want, strlen(want)) == 0;
	}
	return NULL;
}

static void
answers_many_clients_at_once(void)
{
	struct talker talkers[12];

	n_ran = 0;
	start(&(struct cli_config){ .port = 0 });
	for (unsigned int i = 0; i < 12; i++) {
		talkers[i] = (struct talker){ .id = i, .fd = connect_and_hear_prompt() };
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]), 0);
	}
	for (unsigned int i = 0; i < 12; i++) {
		pthread_join(talkers[i].thread, NULL);
		CU_ASSERT_EQUAL(talkers[i].n_right, 100);
		close(talkers[i].fd);
	}
	CU_ASSERT_EQUAL(n_ran, 1200);
	stop();
}

static void
refuses_one_client_too_many_with_a_line(void)
{
	int fds[3];

	start(&(struct cli_config){ .max_clients = 2 });
	fds[0] = connect_and_hear_prompt();
	fds[1] = connect_and_hear_prompt();
	fds[2] = connect_client();
	CU_ASSERT_TRUE(hear(fds[2], NULL));
	CU_ASSERT_STRING_EQUAL(heard, "% Too many clients, try again later\r\n");
	close(fds[2]);
	say(fds[0], "exit\n");
	CU_ASSERT_TRUE(hear(fds[0], NULL));
	close(fds[0]);
	check_server_answers();
	close(fds[1]);
	stop();
}

// Sends until the server takes no more, or n bytes are gone.
static size_t
push(int fd, const char *bytes, size_t n)
{
	size_t sent = 0;

	while (sent < n) {
		ssize_t rc = send(fd, bytes + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (rc > 0)
			sent += (size_t)rc;
		else if (poll(&p, 1, 300) <= 0)
			break;
	}
	return sent;
}

static void
is_not_harmed_by_a_client_that_never_reads(void)
{
	size_t n = 32 << 20;
	char *paste = malloc(n);
	int small = 4096, fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(paste);
	for (size_t i = 0; i < n; i++)
		paste[i] = "many 900\n"[i % 9];
	start(&(struct cli_config){ .port = 0 });
	fd = connect_client();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	CU_ASSERT_TRUE(push(fd, paste, n) < n); // the server stopped to read as well
	check_server_answers();
	check_server_answers();
	close(fd);
	check_server_answers();
	stop();
	free(paste);
}

static void
closes_a_client_that_takes_no_output(void)
{
	uint32_t usual = cli_stall_ms;
	int small = 4096, fd;

	cli_stall_ms = 200;
	start(&(struct cli_config){ .port = 0 });
	fd = connect_client();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say(fd, "many 1000000\nmany 1000000\nmany 1000000\n");
	for (struct pollfd p = { .fd = fd }; !(p.revents & (POLLHUP | POLLERR));)
		CU_ASSERT_EQUAL_FATAL(poll(&p, 1, WAIT_MS), 1);
	check_server_answers();
	close(fd);
	stop();
	cli_stall_ms = usual;
}

static void
takes_a_paste_of_a_megabyte(void)
{
	static const char line[] = "count pasted\r\n";
	char *paste = malloc(1 << 20);
	struct talker reader;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(paste);
	memset(paste, 'x', 1 << 20);
	start(&(struct cli_config){ .port = 0 });
	fd = connect_and_hear_prompt();
	CU_ASSERT_EQUAL(push(fd, paste, 1 << 20), 1 << 20); // one line
	say(fd, "\r\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_STRING_EQUAL(heard, "% The line is longer than 1024 bytes\r\n" PROMPT);
	n_ran = 0;
	for (size_t i = 0; i < 2000; i++)
		memcpy(paste + i * (sizeof(line) - 1), line, sizeof(line));
	CU_ASSERT_EQUAL(push(fd, paste, strlen(paste)), strlen(paste));
	CU_ASSERT_TRUE(hear(fd, "pasted is number 2000\r\n"));
	CU_ASSERT_EQUAL(n_ran, 2000);
	reader.fd = fd;
	close(reader.fd);
	check_server_answers();
	stop();
	free(paste);
}

static void *
swallow(void *arg)
{
	static char sink[65536];
	const struct talker *t = arg;

	while (recv(t->fd, sink, sizeof(sink), 0) > 0)
		;
	return NULL;
}

static void
survives_binary_rubbish(void)
{
	char *rubbish = malloc(1 << 20);
	uint32_t state = 7;

	CU_ASSERT_PTR_NOT_NULL_FATAL(rubbish);
	start(&(struct cli_config){ .port = 0 });
	for (int round = 0; round < 3; round++) {
		struct talker t = { .fd = connect_client() };

		for (size_t i = 0; i < 1 << 20; i++) {
			state = state * 1664525 + 1013904223;
			rubbish[i] = round == 1 ? "\xff\xfa\xf0\xfb\xfd\x01\t?\r"[(state >> 24) % 9]
						: (char)(state >> 24);
		}
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t.thread, NULL, swallow, &t), 0);
		push(t.fd, rubbish, 1 << 20);
		shutdown(t.fd, SHUT_RDWR);
		pthread_join(t.thread, NULL);
		close(t.fd);
		check_server_answers();
	}
	stop();
	free(rubbish);
}

static void
survives_clients_that_leave_in_the_middle(void)
{
	static const char *const parts[] = { "", "co", "count x", "many 100000\n", "later\n",
		"\xff\xfa", "\x1b[", "many 5 | cou", "count \"", "?", "\t\t" };
	struct linger now = { .l_onoff = 1 };

	start(&(struct cli_config){ .max_clients = 64 });
	for (size_t i = 0; i < 4 * sizeof(parts) / sizeof(parts[0]); i++) {
		int fd = connect_client();

		say(fd, parts[i / 4]);
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); // RST
		close(fd);
		if (i / 4 == 4) { // the pending answer comes when nobody is there
			int other = connect_and_hear_prompt();

			while (pending_job != NULL || strstr(heard, PROMPT) == NULL) {
				say(other, "count x\n");
				CU_ASSERT_TRUE_FATAL(hear(other, PROMPT));
				if (pending_job != NULL) {
					say(other, "now\n");
					CU_ASSERT_TRUE_FATAL(hear(other, PROMPT));
				}
			}
			close(other);
		}
	}
	check_server_answers();
	stop_loop();
	if (pending_job != NULL)
		cli_job_finish(pending_job, 0);
	pending_job = NULL;
	stop_server();
}

static void
waits_for_an_answer_that_comes_later(void)
{
	int one, other;

	start(&(struct cli_config){ .port = 0 });
	one = connect_and_hear_prompt();
	other = connect_and_hear_prompt();
	say(one, "later\ncount typed-ahead\n");
	do {
		say(other, "count x\n");
		CU_ASSERT_TRUE_FATAL(hear(other, PROMPT));
	} while (__atomic_load_n(&pending_job, __ATOMIC_ACQUIRE) == NULL);
	say(other, "now\n");
	CU_ASSERT_TRUE(hear(one, "typed-ahead is number"));
	CU_ASSERT_PTR_EQUAL(strstr(heard, "at once\r\nand later\r\n" PROMPT), heard);
	close(one);
	close(other);
	stop();
}

static void
gives_up_waiting_but_finishes_later(void)
{
	int one, other;

	start(&(struct cli_config){ .answer_timeout_ms = 100 });
	one = connect_and_hear_prompt();
	say(one, "later\n");
	CU_ASSERT_TRUE(hear(one, PROMPT));
	CU_ASSERT_STRING_EQUAL(
		heard, "% No answer within 100 ms, the command may still take effect\r\n" PROMPT);
	other = connect_and_hear_prompt();
	say(other, "now\n");
	CU_ASSERT_TRUE(hear(other, PROMPT));
	say(one, "count again\n");
	CU_ASSERT_TRUE(hear(one, "again is number"));
	close(one);
	close(other);
	stop();
}

static void
does_not_run_what_it_gave_up_before_the_loop_came(void)
{
	int fd;

	n_ran = 0;
	start_server(&(struct cli_config){ .answer_timeout_ms = 50 });
	fd = connect_and_hear_prompt();
	say(fd, "count x\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	CU_ASSERT_STRING_EQUAL(
		heard, "% No answer within 50 ms, the command was not run\r\n" PROMPT);
	cli_server_dispatch(server);
	CU_ASSERT_EQUAL(n_ran, 0);
	close(fd);
	stop_server();
}

static void
ends_while_clients_wait(void)
{
	struct pollfd p;
	int waiting, pending, idle;

	start_server(&(struct cli_config){ .port = 0 });
	idle = connect_and_hear_prompt();
	pending = connect_and_hear_prompt();
	say(pending, "later\n");
	p = (struct pollfd){ .fd = cli_server_fd(server), .events = POLLIN };
	CU_ASSERT_EQUAL(poll(&p, 1, WAIT_MS), 1);
	cli_server_dispatch(server);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pending_job);
	waiting = connect_and_hear_prompt();
	say(waiting, "count x\n");
	CU_ASSERT_EQUAL(poll(&p, 1, WAIT_MS), 1); // queued, and nobody runs it
	stop_server();
	CU_ASSERT_TRUE(hear(idle, NULL));
	CU_ASSERT_TRUE(hear(waiting, NULL));
	CU_ASSERT_TRUE(hear(pending, NULL));
	cli_out_printf(cli_job_out(pending_job), "too late\n");
	cli_job_finish(pending_job, -EIO);
	pending_job = NULL;
	close(idle);
	close(waiting);
	close(pending);
}

static void
asks_for_the_password(void)
{
	int fd;

	start(&(struct cli_config){ .password = "sesame" });
	fd = connect_client();
	CU_ASSERT_TRUE(hear(fd, "Password: "));
	CU_ASSERT_PTR_NULL(strstr(heard, PROMPT));
	say(fd, "sesam\n");
	CU_ASSERT_TRUE(hear(fd, "Password: "));
	CU_ASSERT_STRING_EQUAL(heard, "% Wrong password\r\nPassword: ");
	say(fd, "sesame\ncount in\n");
	CU_ASSERT_TRUE(hear(fd, "in is number"));
	close(fd);
	fd = connect_client();
	say(fd, "a\n\nsesamesesame\ncount in\n");
	CU_ASSERT_TRUE(hear(fd, NULL));
	CU_ASSERT_PTR_NULL(strstr(heard, "number"));
	close(fd);
	stop();
}

static void
closes_idle_clients(void)
{
	int fd;

	start(&(struct cli_config){ .idle_timeout_s = 1 });
	fd = connect_and_hear_prompt();
	CU_ASSERT_TRUE(hear(fd, NULL));
	CU_ASSERT_STRING_EQUAL(heard, "\r\n% Idle for too long\r\n");
	close(fd);
	stop();
}

static void
prints_as_fast_as_the_client_reads(void)
{
	int fd;

	start(&(struct cli_config){ .port = 0 });
	fd = connect_and_hear_prompt();
	say(fd, "many 1000000 | count\n");
	CU_ASSERT_TRUE(hear(fd, PROMPT));
	// 16 MiB hold that many of these lines, and the one about the cut
	CU_ASSERT_EQUAL(atoi(heard), 844418);
	say(fd, "many 1000000\n");
	CU_ASSERT_TRUE(hear(fd, "% output cut at 16 MiB\r\n" PROMPT));
	close(fd);
	stop();
}

static void
says_when_the_address_is_in_use(void)
{
	struct cli_config config = { .addr = { .family = 4, .bytes = { 127, 0, 0, 1 } },
		.max_clients = 1,
		.answer_timeout_ms = 1000 };

	start_server(&(struct cli_config){ .port = 0 });
	config.port = cli_server_port(server);
	CU_ASSERT_PTR_NULL(cli_server_new(set, &config, PROMPT, NULL));
	CU_ASSERT_EQUAL(errno, EADDRINUSE);
	config.addr.bytes[0] = 192;
	CU_ASSERT_PTR_NULL(cli_server_new(set, &config, PROMPT, NULL));
	CU_ASSERT_EQUAL(errno, EADDRNOTAVAIL);
	stop_server();
}

static const struct unit_case cases[] = {
	UNIT_CASE(greets_answers_and_says_goodbye),
	UNIT_CASE(answers_a_client_that_closed_its_sending_side),
	UNIT_CASE(answers_many_clients_at_once),
	UNIT_CASE(refuses_one_client_too_many_with_a_line),
	UNIT_CASE(is_not_harmed_by_a_client_that_never_reads),
	UNIT_CASE(closes_a_client_that_takes_no_output),
	UNIT_CASE(takes_a_paste_of_a_megabyte),
	UNIT_CASE(survives_binary_rubbish),
	UNIT_CASE(survives_clients_that_leave_in_the_middle),
	UNIT_CASE(waits_for_an_answer_that_comes_later),
	UNIT_CASE(gives_up_waiting_but_finishes_later),
	UNIT_CASE(does_not_run_what_it_gave_up_before_the_loop_came),
	UNIT_CASE(ends_while_clients_wait),
	UNIT_CASE(asks_for_the_password),
	UNIT_CASE(closes_idle_clients),
	UNIT_CASE(prints_as_fast_as_the_client_reads),
	UNIT_CASE(says_when_the_address_is_in_use),
};

UNIT_MAIN("config/cli_server", cases)
