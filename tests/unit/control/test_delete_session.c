// SPDX-License-Identifier: BSD-3-Clause
// Delete Session Requests, bytes in and bytes out. TS 29.274 7.2.9.1, 7.2.10.1.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#define IMSI "001010000000001"

static struct rig rig;
static struct gtpc_message request, answer;
static struct delete_session_req *const req = &request.delete_session_req;
static const struct delete_session_rsp *const rsp = &answer.delete_session_rsp;

static uint8_t
cause(void)
{
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	return rsp->cause.value;
}

// TS 29.274 7.2.9.1, 7.2.10.1
static void
leaves_nothing_behind(void)
{
	struct create_session_rsp a;
	struct ip_pool_counts n;
	struct store_counts stored;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	rig_delete(&rig, &request, a.pgw.teid);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, 0x1000);
	// all of it is gone when the answer leaves
	CU_ASSERT_EQUAL(rig_counts(&rig).active + rig_counts(&rig).closing, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).sgws, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &n);
	CU_ASSERT_EQUAL(n.held_dynamic, 0);
	CU_ASSERT_EQUAL(n.resting, 1);
	store_count(rig.store, &stored);
	CU_ASSERT_EQUAL(stored.rows[STORE_SESSIONS], 0);
	rig_close(&rig);
}

// TS 29.274 7.6
static void
a_repeated_request_gets_the_kept_answer_and_a_new_one_does_not(void)
{
	struct create_session_rsp a;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	rig_delete(&rig, &request, a.pgw.teid);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED); // the same sequence
	rig_delete(&rig, &request, a.pgw.teid);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(answer.header.teid, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.9.1
static void
the_linked_bearer_must_be_the_default_one(void)
{
	struct create_session_rsp a;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	rig_delete(&rig, &request, a.pgw.teid);
	req->lbi = 6;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_NOT_EQUAL(answer.header.teid, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_delete(&rig, &request, a.pgw.teid);
	req->has_lbi = false;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.2.9.1
static void
only_its_own_sgw_may_delete_it(void)
{
	struct create_session_rsp a;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	rig_delete(&rig, &request, a.pgw.teid);
	req->has_sender = true;
	req->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x999, &rig.path.peer.addr);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_INVALID_PEER);
	CU_ASSERT_EQUAL(answer.header.teid, 0x999);
	rig_delete(&rig, &request, a.pgw.teid);
	req->has_sender = true;
	req->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x1000,
		&(struct gtpc_addr){ .family = 4, .bytes = { 10, 10, 0, 9 } });
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_INVALID_PEER);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_delete(&rig, &request, a.pgw.teid);
	req->has_sender = true;
	req->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x1000, &rig.path.peer.addr);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

static bool
is_detached(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_WAITING;
}

static void
without_a_dataplane_it_ends_at_once(void)
{
	struct create_session_rsp a;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	fake_stop(rig.fake);
	rig.fake = NULL;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_detached));
	rig_delete(&rig, &request, a.pgw.teid);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rig_counts(&rig).active + rig_counts(&rig).closing, 0);
	rig_close(&rig);
}

static void
a_dataplane_that_dies_meanwhile_does_not_wedge_it(void)
{
	struct create_session_rsp a;
	uint32_t sequence;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	fake_hold(rig.fake, true);
	rig_delete(&rig, &request, a.pgw.teid);
	sequence = rig_send(&rig, &request);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL(rig_counts(&rig).closing, 1);
	fake_stop(rig.fake);
	rig.fake = NULL;
	rig_settle(&rig);
	CU_ASSERT_TRUE_FATAL(rig_take(&rig, sequence, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rig_counts(&rig).closing, 0);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(leaves_nothing_behind),
	UNIT_CASE(a_repeated_request_gets_the_kept_answer_and_a_new_one_does_not),
	UNIT_CASE(the_linked_bearer_must_be_the_default_one),
	UNIT_CASE(only_its_own_sgw_may_delete_it),
	UNIT_CASE(without_a_dataplane_it_ends_at_once),
	UNIT_CASE(a_dataplane_that_dies_meanwhile_does_not_wedge_it),
};

UNIT_MAIN("control/delete_session", cases)
