// SPDX-License-Identifier: BSD-3-Clause
// The queue of those that attach.
#include "control/gtpc/intake.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

#define MAX 4
#define BYTES_MAX 100
#define AGE_MS 2000
#define CLOSE_AT 3

static struct gtpc_counters counters;
static struct intake *in;
static uint8_t delivered[64];
static unsigned int n_delivered;

static void
note(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	CU_ASSERT_FATAL(n_delivered < sizeof(delivered));
	delivered[n_delivered++] = n > 2 ? bytes[2] : 0;
}

static void
open_intake(void)
{
	struct intake_config c = { .waiting_max = MAX,
		.bytes_max = BYTES_MAX,
		.age_max_ms = AGE_MS,
		.close_at = CLOSE_AT,
		.counters = &counters,
		.deliver = note };

	memset(&counters, 0, sizeof(counters));
	n_delivered = 0;
	in = intake_new(&c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
}

// The third octet tells them apart.
static void
put(uint8_t flags, uint8_t type, uint8_t mark, size_t n, uint64_t now_ms)
{
	const struct gtpc_path path = { .peer.port = GTPC_PORT };
	uint8_t bytes[128] = { flags, type, mark };

	intake_put(in, &path, bytes, n, now_ms);
}

static void
all_but_create_session_requests_go_on_at_once(void)
{
	open_intake();
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 1, 20, 0);
	put(0x40, GTPC_MSG_ECHO_REQ, 2, 13, 0);
	put(0x48, GTPC_MSG_DELETE_SESSION_REQ, 3, 20, 0);
	put(0x32, GTPC_MSG_CREATE_SESSION_REQ, 4, 20, 0); // of GTPv1: the node's business
	put(0x48, 0, 0, 1, 0);                            // too short to tell
	put(0, 0, 0, 0, 0);
	CU_ASSERT_EQUAL(n_delivered, 5);
	CU_ASSERT_EQUAL(memcmp(delivered, "\2\3\4\0\0", 5), 0);
	CU_ASSERT_EQUAL(intake_waiting(in), 1);
	CU_ASSERT_EQUAL(intake_serve(in, 8, 0), 0);
	CU_ASSERT_EQUAL(delivered[5], 1);
	intake_free(in);
}

static void
the_oldest_goes_first_and_a_turn_has_its_budget(void)
{
	open_intake();
	for (uint8_t round = 0; round < 3; round++) { // round the end of the ring
		n_delivered = 0;
		for (uint8_t i = 1; i <= 3; i++)
			put(0x48, GTPC_MSG_CREATE_SESSION_REQ, i, 20, 0);
		CU_ASSERT_EQUAL(intake_serve(in, 2, 0), 1);
		CU_ASSERT_EQUAL(intake_serve(in, 2, 0), 0);
		CU_ASSERT_EQUAL(n_delivered, 3);
		CU_ASSERT_EQUAL(memcmp(delivered, "\1\2\3", 3), 0);
	}
	CU_ASSERT_EQUAL(intake_serve(in, 2, 0), 0);
	intake_free(in);
}

static void
a_full_queue_drops_the_newest(void)
{
	open_intake();
	for (uint8_t i = 1; i <= MAX + 2; i++)
		put(0x48, GTPC_MSG_CREATE_SESSION_REQ, i, 20, 0);
	CU_ASSERT_EQUAL(intake_waiting(in), MAX);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_CREATE_QUEUE_FULL], 2);
	intake_serve(in, 8, 0);
	CU_ASSERT_EQUAL(memcmp(delivered, "\1\2\3\4", 4), 0);
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 1, 60, 0); // by their octets
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 2, 60, 0);
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 3, 40, 0);
	CU_ASSERT_EQUAL(intake_waiting(in), 2);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_CREATE_QUEUE_FULL], 3);
	intake_free(in); // with what still waits
}

static void
what_has_waited_for_long_costs_no_budget(void)
{
	open_intake();
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 1, 20, 0);
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 2, 20, 10);
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 3, 20, AGE_MS);
	CU_ASSERT_EQUAL(intake_serve(in, 1, AGE_MS + 10), 1);
	CU_ASSERT_EQUAL(delivered[0], 2); // just in time
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_CREATE_WAITED_LONG], 1);
	intake_free(in);
}

// No more are wanted from CLOSE_AT on, and again below half of that: it doesn't flutter.
static void
is_closed_while_many_wait(void)
{
	open_intake();
	CU_ASSERT_FALSE(intake_is_closed(in));
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 1, 20, 0);
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 2, 20, 0);
	CU_ASSERT_FALSE(intake_is_closed(in));
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 3, 20, 0);
	CU_ASSERT_TRUE(intake_is_closed(in));
	intake_serve(in, 1, 0);
	CU_ASSERT_TRUE(intake_is_closed(in));
	intake_serve(in, 1, 0);
	CU_ASSERT_FALSE(intake_is_closed(in));
	put(0x48, GTPC_MSG_CREATE_SESSION_REQ, 4, 20, 0);
	CU_ASSERT_FALSE(intake_is_closed(in));
	intake_free(in);
}

static const struct unit_case cases[] = {
	UNIT_CASE(all_but_create_session_requests_go_on_at_once),
	UNIT_CASE(the_oldest_goes_first_and_a_turn_has_its_budget),
	UNIT_CASE(a_full_queue_drops_the_newest),
	UNIT_CASE(what_has_waited_for_long_costs_no_budget),
	UNIT_CASE(is_closed_while_many_wait),
};

UNIT_MAIN("gtpc/intake", cases)
