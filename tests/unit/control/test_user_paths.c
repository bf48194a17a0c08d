// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl_config.h"
#include "control/session/bearer.h"
#include "control/user_paths.h"
#include "tests/unit/cunit_main.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static uint8_t sgw_u[4]; // of this process alone: port 2152 is taken on it

static struct ctl_config config;
static struct event_base *base;
static struct session_table *sessions;
static struct bearer_table *bearers;
static struct user_paths *paths;
static int sgw;

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct session *
add_session(const uint8_t peer[4])
{
	struct session *s = session_take(sessions);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	session_set_state(sessions, s, SESSION_ACTIVE);
	s->bearer.peer = gtpc_addr_ipv4(peer);
	s->local_u = (struct dp_addr){ .family = 4, .bytes = { 127, 0, 0, 1 } };
	return s;
}

static struct dedicated *
add_bearer(struct session *s, const uint8_t peer[4])
{
	struct dedicated *b = bearer_take(bearers, s);

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	b->state = BEARER_ACTIVE;
	b->is.peer = gtpc_addr_ipv4(peer);
	return b;
}

static void
begin(uint32_t echo_s)
{
	const uint32_t process = (uint32_t)getpid();
	struct gtpc_endpoint there = { .port = 2152 };
	struct sockaddr_storage ss;
	socklen_t length;

	sgw_u[0] = 127;
	sgw_u[1] = (uint8_t)(64 + (process >> 16));
	sgw_u[2] = (uint8_t)(process >> 8);
	sgw_u[3] = (uint8_t)process;
	there.addr = gtpc_addr_ipv4(sgw_u);
	length = gtpc_endpoint_to_sockaddr(&there, &ss);

	config =
		(struct ctl_config){ .peers_max = 4, .t3_ms = 100, .n3 = 2, .user_echo_s = echo_s };
	base = event_base_new();
	sessions = session_table_new(16, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sessions);
	bearers = bearer_table_new(16);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bearers);
	paths = user_paths_new(base, &config, sessions, bearers);
	CU_ASSERT_PTR_NOT_NULL_FATAL(paths);
	sgw = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	CU_ASSERT_EQUAL_FATAL(bind(sgw, (struct sockaddr *)&ss, length), 0);
}

static void
end(void)
{
	close(sgw);
	user_paths_free(paths);
	session_table_free(sessions);
	bearer_table_free(bearers);
	event_base_free(base);
}

// The next datagram that the SGW gets, and where it came from. 0: none in a long time.
static ssize_t
next(uint8_t bytes[64], struct sockaddr_storage *from)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	socklen_t length = sizeof(*from);
	ssize_t n;

	do {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(100);
		n = recvfrom(sgw, bytes, 64, 0, (struct sockaddr *)from, &length);
	} while (n < 0 && now_ms() < until);
	return n < 0 ? 0 : n;
}

static void
answer(const uint8_t request[64], const struct sockaddr_storage *to)
{
	const uint8_t response[14] = { 0x32, 2, 0,
		6, [8] = request[8], [9] = request[9], [12] = 14 };

	CU_ASSERT_EQUAL(sendto(sgw, response, sizeof(response), 0, (const struct sockaddr *)to,
				sizeof(struct sockaddr_in)),
		sizeof(response));
}

static bool
becomes(bool is_down, uint64_t n_answered)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	const struct user_path *path;

	do {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(100);
		path = user_path_at(paths, 0);
		if (path && path->is_down == is_down && path->n_answered == n_answered)
			return true;
	} while (now_ms() < until);
	return false;
}

// TS 29.281 7.2.1, 7.2.2
static void
an_sgw_u_with_sessions_is_asked_and_its_answer_counts(void)
{
	static const uint8_t expected[12] = { 0x32, 1, 0, 4 };
	struct sockaddr_storage from;
	uint8_t bytes[64];

	uint64_t began = now_ms();

	begin(1);
	add_session(sgw_u);
	add_session(sgw_u);
	CU_ASSERT_EQUAL(next(bytes, &from), 12);
	CU_ASSERT(now_ms() - began >= 1000); // not before an interval has passed
	CU_ASSERT_EQUAL(memcmp(bytes, expected, 8), 0);
	CU_ASSERT_EQUAL(bytes[10] + bytes[11], 0);
	answer(bytes, &from);
	CU_ASSERT_TRUE(becomes(false, 1));
	CU_ASSERT_EQUAL(user_path_at(paths, 0)->n_sessions, 2);
	CU_ASSERT_TRUE(user_path_at(paths, 0)->heard_ms > 0);
	CU_ASSERT_PTR_NULL(user_path_at(paths, 1));
	answer(bytes, &from); // doubled
	CU_ASSERT_TRUE(becomes(false, 1));
	end();
}

// TS 29.281 7.2.1; TS 23.007 20.3
static void
a_silent_one_is_down_after_n3_and_up_with_its_answer(void)
{
	struct sockaddr_storage from;
	uint8_t first[64], bytes[64];

	begin(1);
	add_session(sgw_u);
	CU_ASSERT_EQUAL(next(first, &from), 12);
	CU_ASSERT_EQUAL(next(bytes, &from), 12);
	CU_ASSERT_EQUAL(memcmp(first, bytes, 12), 0);
	CU_ASSERT_TRUE(becomes(true, 0));
	CU_ASSERT_EQUAL(user_path_at(paths, 0)->n_sent, 2);
	CU_ASSERT_EQUAL(next(bytes, &from), 12);
	CU_ASSERT_NOT_EQUAL(memcmp(first, bytes, 12), 0);
	answer(first, &from); // late
	answer(bytes, &from);
	CU_ASSERT_TRUE(becomes(false, 1));
	end();
}

// TS 29.281 7.2.1: also one that has dedicated bearers alone
static void
an_sgw_u_of_dedicated_bearers_is_asked_as_well(void)
{
	static const uint8_t elsewhere[4] = { 127, 66, 31, 1 };
	struct sockaddr_storage from;
	struct gtpc_addr peer;
	struct session *s;
	uint8_t bytes[64];

	begin(1);
	s = add_session(elsewhere);
	add_bearer(s, sgw_u);
	add_bearer(s, sgw_u);
	add_bearer(s, elsewhere);
	add_bearer(s, (const uint8_t[]){ 127, 66, 31, 2 })->state = BEARER_ASKED;
	add_session(sgw_u);
	CU_ASSERT_EQUAL(next(bytes, &from), 12);
	answer(bytes, &from);
	CU_ASSERT_EQUAL(user_path_at(paths, 0)->n_sessions, 1);
	peer = gtpc_addr_ipv4(sgw_u);
	CU_ASSERT_TRUE(gtpc_addr_equal(&user_path_at(paths, 1)->peer, &peer));
	CU_ASSERT_EQUAL(user_path_at(paths, 1)->n_sessions, 2);
	CU_ASSERT_PTR_NULL(user_path_at(paths, 2));
	end();
}

static void
more_sgw_us_than_there_is_room_for_are_left_out(void)
{
	struct sockaddr_storage from;
	uint8_t bytes[64], other[4] = { 127, 66, 30, 0 };

	begin(1);
	add_session(sgw_u);
	for (other[3] = 1; other[3] < 9; other[3]++)
		add_session(other);
	CU_ASSERT_EQUAL(next(bytes, &from), 12);
	CU_ASSERT_PTR_NOT_NULL(user_path_at(paths, 3));
	CU_ASSERT_PTR_NULL(user_path_at(paths, 4));
	end();
}

static void
none_is_asked_with_an_interval_of_0(void)
{
	begin(0);
	add_session(sgw_u);
	for (int i = 0; i < 50; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	CU_ASSERT_PTR_NULL(user_path_at(paths, 0));
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(an_sgw_u_with_sessions_is_asked_and_its_answer_counts),
	UNIT_CASE(a_silent_one_is_down_after_n3_and_up_with_its_answer),
	UNIT_CASE(an_sgw_u_of_dedicated_bearers_is_asked_as_well),
	UNIT_CASE(more_sgw_us_than_there_is_room_for_are_left_out),
	UNIT_CASE(none_is_asked_with_an_interval_of_0),
};
UNIT_MAIN("control/user_paths", cases)
