// SPDX-License-Identifier: BSD-3-Clause
// Real sockets on loopback: what is sent has arrived when the call returns.
#include "control/gtpc/gtpc_socket.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define N_MANY 500

static struct gtpc_counters counters;
static struct {
	unsigned int n;
	struct gtpc_path path;
	size_t length;
	uint8_t first;
} got;
static struct gtpc_socket *echo_from;

static void
note_received(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	got.n++;
	got.path = *path;
	got.length = n;
	got.first = n > 0 ? bytes[0] : 0;
	if (echo_from != NULL)
		gtpc_socket_send(echo_from, path, bytes, n);
}

// Several of these tests may run at once on a machine: each has its own port.
static uint16_t
own_port(void)
{
	return (uint16_t)(10000 + getpid() % 20000);
}

static struct gtpc_endpoint
endpoint(const char *text)
{
	struct gtpc_endpoint e = { .port = own_port() };

	CU_ASSERT_EQUAL(gtpc_addr_parse(text, &e.addr), 0);
	return e;
}

static struct gtpc_socket *
start(const char *first, const char *second)
{
	struct gtpc_socket_config config = {
		.n_local = second != NULL ? 2 : 1,
		.receive_bytes = 1 << 20,
		.dscp = 46,
		.counters = &counters,
	};
	struct gtpc_socket *s;
	unsigned int failed;
	int err;

	config.local[0] = endpoint(first);
	if (second != NULL)
		config.local[1] = endpoint(second);
	err = gtpc_socket_open(&s, &config, &failed);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	memset(&got, 0, sizeof(got));
	memset(&counters, 0, sizeof(counters));
	echo_from = NULL;
	return s;
}

// TS 29.274 4.2
static void
answers_from_the_address_that_was_asked(void)
{
	struct gtpc_socket *s = start("127.21.23.1", "127.21.23.2");
	struct gtpc_socket *peer = start("127.21.23.9", NULL);
	struct gtpc_path path = { endpoint("127.21.23.9").addr, endpoint("127.21.23.2") };

	CU_ASSERT_EQUAL(gtpc_socket_count(s), 2);
	CU_ASSERT_EQUAL(gtpc_socket_send(peer, &path, (const uint8_t *)"ask", 3), 0);
	gtpc_socket_flush(peer);
	echo_from = s;
	CU_ASSERT_EQUAL(gtpc_socket_receive(s, 0, 64, note_received, NULL), 0);
	CU_ASSERT_EQUAL(gtpc_socket_receive(s, 1, 64, note_received, NULL), 1);
	CU_ASSERT(gtpc_addr_equal(&got.path.local, &path.peer.addr));
	CU_ASSERT(gtpc_addr_equal(&got.path.peer.addr, &path.local));
	CU_ASSERT_EQUAL(got.path.peer.port, own_port());
	echo_from = NULL;
	CU_ASSERT_EQUAL(gtpc_socket_receive(peer, 0, 64, note_received, NULL), 1);
	CU_ASSERT(gtpc_addr_equal(&got.path.peer.addr, &path.peer.addr));
	CU_ASSERT_EQUAL(got.length, 3);
	CU_ASSERT_EQUAL(got.first, 'a');
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_TX_DATAGRAMS], 2);
	gtpc_socket_close(peer);
	gtpc_socket_close(s);
}

static void
sends_and_reads_more_than_a_batch(void)
{
	struct gtpc_socket *s = start("127.21.23.1", NULL);
	struct gtpc_path path = { endpoint("127.21.23.1").addr, endpoint("127.21.23.1") };
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_MANY; i++) {
		CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, (const uint8_t *)"many", 4), 0);
		if (i % 100 != 99)
			continue;
		gtpc_socket_flush(s);
		n += gtpc_socket_receive(s, 0, 70, note_received, NULL);
	}
	n += gtpc_socket_receive(s, 0, N_MANY, note_received, NULL);
	CU_ASSERT_EQUAL(n, N_MANY);
	CU_ASSERT_EQUAL(got.n, N_MANY);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_TX_DATAGRAMS], N_MANY);
	gtpc_socket_close(s);
}

static void
carries_ipv6_beside_ipv4(void)
{
	struct gtpc_socket *s = start("127.21.23.1", "::1");
	struct gtpc_path path = { endpoint("::1").addr, endpoint("::1") };

	CU_ASSERT(gtpc_addr_equal(gtpc_socket_local_for(s, 6), &path.local));
	CU_ASSERT_EQUAL(gtpc_socket_local_for(s, 4)->family, 4);
	CU_ASSERT_PTR_NULL(gtpc_socket_local_for(s, 0));
	CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, (const uint8_t *)"six", 3), 0);
	gtpc_socket_flush(s);
	CU_ASSERT_EQUAL(gtpc_socket_receive(s, 1, 64, note_received, NULL), 1);
	CU_ASSERT_EQUAL(got.path.peer.addr.family, 6);
	gtpc_socket_close(s);
}

static void
discards_what_is_longer_than_any_message(void)
{
	struct gtpc_socket *s = start("127.21.23.1", NULL);
	struct gtpc_path path = { endpoint("127.21.23.1").addr, endpoint("127.21.23.1") };
	uint8_t *big = calloc(1, 70000);

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, big, 70000), -EMSGSIZE);
	CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, big, 20000), 0);
	CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, big, 0), 0);
	gtpc_socket_flush(s);
	CU_ASSERT_EQUAL(gtpc_socket_receive(s, 0, 64, note_received, NULL), 2);
	CU_ASSERT_EQUAL(got.n, 1);
	CU_ASSERT_EQUAL(got.length, 0);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_RX_TRUNCATED], 1);
	free(big);
	gtpc_socket_close(s);
}

static void
says_which_address_does_not_work(void)
{
	struct gtpc_socket *s = start("127.21.23.1", NULL), *second;
	struct gtpc_socket_config config = { .n_local = 2, .counters = &counters };
	unsigned int failed;

	config.local[0] = endpoint("127.21.23.2");
	config.local[1] = endpoint("127.21.23.1");
	CU_ASSERT_EQUAL(gtpc_socket_open(&second, &config, &failed), -EADDRINUSE);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_EQUAL(failed, 1);
	config.local[1] = endpoint("192.0.2.1");
	CU_ASSERT_EQUAL(gtpc_socket_open(&second, &config, &failed), -EADDRNOTAVAIL);
	config.local[1] = (struct gtpc_endpoint){ 0 };
	CU_ASSERT_EQUAL(gtpc_socket_open(&second, &config, &failed), -EAFNOSUPPORT);
	gtpc_socket_close(s);
	gtpc_socket_close(NULL);
}

static void
sends_only_from_its_own_addresses(void)
{
	struct gtpc_socket *s = start("127.21.23.1", NULL);
	struct gtpc_path path = { endpoint("127.21.23.5").addr, endpoint("127.21.23.1") };

	CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, (const uint8_t *)"x", 1), -EADDRNOTAVAIL);
	path.local = path.peer.addr;
	path.peer.addr = (struct gtpc_addr){ 0 }; // the system refuses that
	CU_ASSERT_EQUAL(gtpc_socket_send(s, &path, (const uint8_t *)"x", 1), 0);
	gtpc_socket_flush(s);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_TX_ERRORS], 1);
	gtpc_socket_close(s);
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_from_the_address_that_was_asked),
	UNIT_CASE(sends_and_reads_more_than_a_batch),
	UNIT_CASE(carries_ipv6_beside_ipv4),
	UNIT_CASE(discards_what_is_longer_than_any_message),
	UNIT_CASE(says_which_address_does_not_work),
	UNIT_CASE(sends_only_from_its_own_addresses),
};
UNIT_MAIN("gtpc/gtpc_socket", cases)
