// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "config/metrics.h"
#include "tests/unit/cunit_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000

static const char want_page[] = "# HELP torii_drops_total Dropped \\\\ packets,\\nby reason\n"
				"# TYPE torii_drops_total counter\n"
				"torii_drops_total{reason=\"a\\\"b\\\\c\\nd\",worker=\"0\"} 5\n"
				"torii_drops_total 18446744073709551615\n"
				"# HELP torii_sessions Sessions\n"
				"# TYPE torii_sessions gauge\n"
				"torii_sessions 7\n"
				"# HELP torii_load Load\n"
				"# TYPE torii_load gauge\n"
				"torii_load{q=\"0.5\"} 0.25\n"
				"torii_load +Inf\n"
				"torii_load -Inf\n"
				"torii_load NaN\n"
				"# HELP torii_ready_total Ready\n"
				"# TYPE torii_ready_total counter\n"
				"torii_ready_total 1\n";

static void
collect(struct metrics_out *out, void *ctx)
{
	metrics_family(out, "torii_drops_total", METRICS_COUNTER, "Dropped \\ packets,\nby reason");
	metrics_u64(out, 5, "reason", "a\"b\\c\nd", "worker", "0", NULL);
	metrics_u64(out, UINT64_MAX, NULL);
	metrics_gauge(out, "torii_sessions", "Sessions", 7);
	metrics_family(out, "torii_load", METRICS_GAUGE, "Load");
	metrics_double(out, 0.25, "q", "0.5", NULL);
	metrics_double(out, INFINITY, NULL);
	metrics_double(out, -INFINITY, NULL);
	metrics_double(out, NAN, NULL);
	metrics_counter(out, "torii_ready_total", "Ready", 1);
}

static bool is_well;

static bool
healthy(char *why, size_t room, void *ctx)
{
	snprintf(why, room, "the dataplane is away%300s", "");
	return is_well;
}

static struct metrics_server *
start(struct event_base *base, metrics_healthy is_healthy)
{
	static const struct log_config quiet = { .level = LOG_LEVEL_ERROR };
	const struct metrics_config config = { .is_on = true,
		.addr = { .family = 4, .bytes = { 127, 0, 0, 1 } } };
	struct metrics_server *server;

	log_configure("test", &quiet);
	server = metrics_server_new(base, &config, collect, is_healthy, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	return server;
}

static int
connect_to(const struct metrics_server *server)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(metrics_server_port(server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

// Sends a request and reads until the server closes. The first line of the answer in `line`, its
// body in the returned text, which is overwritten by the next call.
static const char *
ask(const struct metrics_server *server, const char *request, size_t n, char *line, size_t room)
{
	static char answer[1 << 16];
	int fd = connect_to(server);
	size_t used = 0;
	char *body;

	memset(answer, 0, sizeof(answer));
	send(fd, request, n, MSG_NOSIGNAL);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got = poll(&p, 1, WAIT_MS) == 1
			? recv(fd, answer + used, sizeof(answer) - 1 - used, 0)
			: -1;

		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	snprintf(line, room, "%.*s", (int)strcspn(answer, "\r\n"), answer);
	body = strstr(answer, "\r\n\r\n");
	return body != NULL ? body + 4 : "";
}

static void
writes_families_samples_and_escaped_labels(void)
{
	char *page = metrics_page(collect, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	CU_ASSERT_STRING_EQUAL(page, want_page);
	free(page);
}

static void
collect_nothing(struct metrics_out *out, void *ctx)
{
}

static void
collect_too_much(struct metrics_out *out, void *ctx)
{
	static char help[1 << 20];

	memset(help, 'x', sizeof(help) - 1);
	for (int i = 0; i < 70; i++)
		metrics_family(out, "torii_x", METRICS_GAUGE, help);
}

static void
gives_no_half_page(void)
{
	char *page = metrics_page(collect_nothing, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	CU_ASSERT_STRING_EQUAL(page, "");
	free(page);
	CU_ASSERT_PTR_NULL(metrics_page(collect_too_much, NULL));
}

static void
serves_from_a_thread_of_its_own(void)
{
	static const char metrics[] = "GET /metrics HTTP/1.0\r\n\r\n";
	static const char health[] = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
	static const char other[] = "GET / HTTP/1.0\r\n\r\n";
	struct metrics_server *server = start(NULL, healthy);
	char line[128];

	CU_ASSERT_STRING_EQUAL(
		ask(server, metrics, sizeof(metrics) - 1, line, sizeof(line)), want_page);
	CU_ASSERT_PTR_NOT_NULL(strstr(line, " 200 "));
	is_well = true;
	CU_ASSERT_STRING_EQUAL(ask(server, health, sizeof(health) - 1, line, sizeof(line)), "ok\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(line, " 200 "));
	is_well = false;
	CU_ASSERT_EQUAL(strncmp(ask(server, health, sizeof(health) - 1, line, sizeof(line)),
				"the dataplane is away", 21),
		0);
	CU_ASSERT_PTR_NOT_NULL(strstr(line, " 503 "));
	ask(server, other, sizeof(other) - 1, line, sizeof(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, " 404 "));
	metrics_server_free(server);
}

struct scrape {
	struct metrics_server *server;
	struct event_base *base;
	char line[128];
	bool is_right;
};

static void *
scrape_main(void *arg)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	struct scrape *s = arg;

	s->is_right = strcmp(ask(s->server, request, sizeof(request) - 1, s->line, sizeof(s->line)),
			      want_page) == 0;
	return NULL;
}

static void
end_base(evutil_socket_t fd, short what, void *arg)
{
	event_base_loopbreak(arg);
}

static void
serves_on_the_loop_of_the_process(void)
{
	struct scrape s = { .base = event_base_new() };
	struct timeval soon = { .tv_usec = 10000 };
	struct event *tick;
	pthread_t thread;

	CU_ASSERT_PTR_NOT_NULL_FATAL(s.base);
	s.server = start(s.base, NULL);
	tick = event_new(s.base, -1, EV_PERSIST, end_base, s.base);
	event_add(tick, &soon);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, scrape_main, &s), 0);
	while (pthread_tryjoin_np(thread, NULL) == EBUSY)
		event_base_dispatch(s.base);
	CU_ASSERT_TRUE(s.is_right);
	event_free(tick);
	metrics_server_free(s.server);
	event_base_free(s.base);
}

static void
refuses_bad_requests_and_lives_on(void)
{
	struct metrics_server *server = start(NULL, NULL);
	char *large = malloc(200000), line[128];
	static const char *const requests[] = {
		"POST /metrics HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
		"DELETE /metrics HTTP/1.0\r\n\r\n",
		"BREW /metrics HTTP/1.0\r\n\r\n",
		"GET\r\n\r\n",
		"GET /metrics FTP/1.0\r\n\r\n",
		"POST /metrics HTTP/1.0\r\nContent-Length: 99999999999999\r\n\r\n",
		"POST /metrics HTTP/1.0\r\nContent-Length: -1\r\n\r\n",
		"GET /../../etc/passwd HTTP/1.0\r\n\r\n",
		"\xff\xfe\xfd\x01\x02\x03\r\n\r\n",
	};

	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		ask(server, requests[i], strlen(requests[i]), line, sizeof(line));
		CU_ASSERT_PTR_NULL(strstr(line, " 200 "));
	}
	memset(large, 'a', 200000);
	memcpy(large, "GET /metrics HTTP/1.0\r\nX: ", 26);
	ask(server, large, 200000, line, sizeof(line));
	CU_ASSERT_PTR_NULL(strstr(line, " 200 "));
	for (int i = 0; i < 50; i++) { // that leave at once, in the middle
		int fd = connect_to(server);

		send(fd, "GET /met", 8, MSG_NOSIGNAL);
		close(fd);
	}
	CU_ASSERT_STRING_EQUAL(
		ask(server, "GET /metrics HTTP/1.0\r\n\r\n", 25, line, sizeof(line)), want_page);
	metrics_server_free(server);
	free(large);
}

static void
says_when_the_address_is_in_use(void)
{
	struct metrics_config config = { .addr = { .family = 4, .bytes = { 127, 0, 0, 1 } } };
	struct metrics_server *server = start(NULL, NULL);

	config.port = metrics_server_port(server);
	CU_ASSERT_PTR_NULL(metrics_server_new(NULL, &config, collect, NULL, NULL));
	CU_ASSERT_EQUAL(errno, EADDRINUSE);
	metrics_server_free(server);
}

static const struct unit_case cases[] = {
	UNIT_CASE(writes_families_samples_and_escaped_labels),
	UNIT_CASE(gives_no_half_page),
	UNIT_CASE(serves_from_a_thread_of_its_own),
	UNIT_CASE(serves_on_the_loop_of_the_process),
	UNIT_CASE(refuses_bad_requests_and_lives_on),
	UNIT_CASE(says_when_the_address_is_in_use),
};

UNIT_MAIN("config/metrics", cases)
