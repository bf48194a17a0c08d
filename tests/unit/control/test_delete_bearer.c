// SPDX-License-Identifier: BSD-3-Clause
// Sessions that end without the SGW's asking: an operator, an Error Indication, a restarted SGW.
#include "control/session/delete_bearer.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <string.h>

#define IMSI "001010000000001"

static struct rig rig;
static struct gtpc_message asked, answer;

static bool
has_sent(struct rig *r)
{
	return r->n_sent > 0;
}

static bool
has_no_session(struct rig *r)
{
	struct session_counts c = rig_counts(r);

	return c.active + c.closing == 0;
}

static struct session *
only_session(void)
{
	return session_find_imsi(rig.pgw->sessions, IMSI, NULL);
}

// The SGW's answer to what the gateway asked.
static void
respond(uint8_t cause)
{
	gtpc_message_init(
		&answer, GTPC_MSG_DELETE_BEARER_RSP, only_session()->teid, asked.header.sequence);
	answer.delete_bearer_rsp.cause.value = cause;
	answer.delete_bearer_rsp.has_lbi = true;
	answer.delete_bearer_rsp.lbi = 5;
	rig_send(&rig, &answer);
}

static void
open_and_clear(const char *config)
{
	rig_open(&rig, config);
	rig_attach(&rig, IMSI);
	CU_ASSERT_EQUAL(delete_bearer_begin(rig.pgw, only_session(), SESSION_END_CLEARED,
				GTPC_CAUSE_REACTIVATION_REQUESTED),
		0);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, has_sent));
	CU_ASSERT_TRUE_FATAL(rig_take_type(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
}

// TS 29.274 7.2.9.2
static void
asks_the_sgw_first_and_ends_with_its_answer(void)
{
	open_and_clear(NULL);
	CU_ASSERT_EQUAL(asked.header.teid, 0x1000);
	CU_ASSERT_EQUAL(asked.header.sequence & GTPC_SEQUENCE_COMMAND, 0);
	CU_ASSERT_TRUE(asked.delete_bearer_req.has_lbi);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.lbi, 5);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.n_ebis, 0);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.cause.value, GTPC_CAUSE_REACTIVATION_REQUESTED);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	respond(GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rig_wait(&rig, has_no_session));
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.10.2
static void
ends_all_the_same_when_the_sgw_knows_nothing(void)
{
	open_and_clear(NULL);
	respond(GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_TRUE(rig_wait(&rig, has_no_session));
	rig_close(&rig);
}

// TS 29.274 7.2.9.2, 7.2.10.2: the SGW that has the session is asked; the one before knows it no longer
static void
asks_the_sgw_that_has_taken_the_session_over(void)
{
	struct gtpc_path before;
	struct gtpc_message move;
	uint32_t teid;

	open_and_clear(NULL);
	before = rig.path;
	rig_move(&rig, &move, only_session()->teid, 3);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &move, &answer));
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	teid = only_session()->sgw_teid;
	rig.path = before;
	respond(GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, has_sent));
	CU_ASSERT_TRUE_FATAL(rig_take_type(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.header.teid, teid);
	rig.path.peer.addr = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 3 });
	respond(GTPC_CAUSE_CONTEXT_NOT_FOUND); // and this one is believed
	CU_ASSERT_TRUE(rig_wait(&rig, has_no_session));
	rig_close(&rig);
}

// TS 29.274 7.6
static void
ends_after_n3_tries_when_the_sgw_is_silent(void)
{
	open_and_clear(rig_impatient);
	CU_ASSERT_TRUE(rig_wait(&rig, has_no_session));
	CU_ASSERT_EQUAL(rig.n_sent, 1); // the second one; the first one was read
	rig_close(&rig);
}

// TS 29.274 7.2.10.2
static void
waits_when_the_sgw_is_busy(void)
{
	open_and_clear(rig_impatient);
	respond(GTPC_CAUSE_TEMPORARILY_REJECTED);
	rig_run(&rig, 600); // beyond T3 * N3
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static void
a_delete_session_request_may_come_in_between(void)
{
	struct gtpc_message delete;

	open_and_clear(rig_impatient);
	rig_delete(&rig, &delete, only_session()->teid);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &delete, &answer));
	CU_ASSERT_EQUAL(answer.delete_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	rig_attach(&rig, IMSI); // another session, which the old procedure doesn't touch
	rig_run(&rig, 600);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static void
is_asked_once_however_often_it_is_cleared(void)
{
	open_and_clear(NULL);
	CU_ASSERT_EQUAL(delete_bearer_begin(rig.pgw, only_session(), SESSION_END_CLEARED, 8), 0);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	rig_close(&rig);
}

// ---- Error Indications.

static struct dp_error_indication
indication_of(const struct dp_session *put)
{
	return (struct dp_error_indication){
		.source = put->peer, .peer = put->peer, .teid = put->peer_teid
	};
}

// TS 23.007 21; TS 29.281 7.3.1
static void
an_error_indication_of_its_own_sgw_ends_the_session(void)
{
	struct dp_error_indication e;
	struct dp_session put;

	rig_open(&rig, NULL);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rig_attach(&rig, IMSI).pgw.teid, &put));
	e = indication_of(&put);
	fake_error_indication(rig.fake, &e);
	CU_ASSERT_TRUE(rig_wait(&rig, has_no_session));
	CU_ASSERT_TRUE_FATAL(rig_take_type(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.delete_bearer_req.lbi, 5);
	CU_ASSERT_EQUAL(asked.header.teid, 0x1000);
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_lost_error_indication, 1);
	rig_close(&rig);
}

static bool
has_ignored_3(struct rig *r)
{
	return r->pgw->counters.error_indications_ignored == 3;
}

// TS 23.007 21
static void
other_error_indications_are_counted_and_ignored(void)
{
	struct dp_error_indication e;
	struct dp_session put;

	rig_open(&rig, NULL);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rig_attach(&rig, IMSI).pgw.teid, &put));
	e = indication_of(&put);
	e.teid++;
	fake_error_indication(rig.fake, &e);
	e = indication_of(&put);
	e.source.bytes[3] = 66; // forged
	fake_error_indication(rig.fake, &e);
	e.peer = e.source; // of another node
	fake_error_indication(rig.fake, &e);
	CU_ASSERT_TRUE(rig_wait(&rig, has_ignored_3));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	rig_close(&rig);
}

static bool
has_ignored_one(struct rig *r)
{
	return r->pgw->counters.error_indications_ignored == 1;
}

// TS 23.007 21
static void
a_late_one_about_the_tunnel_before_a_move_is_ignored(void)
{
	struct gtpc_message modify;
	struct dp_error_indication e;
	struct dp_session put;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = rig_attach(&rig, IMSI).pgw.teid;
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, teid, &put));
	gtpc_message_init(&modify, GTPC_MSG_MODIFY_BEARER_REQ, teid, 0);
	modify.modify_bearer_req.n_bearers = 1;
	modify.modify_bearer_req.bearers[0].ebi = 5;
	modify.modify_bearer_req.bearers[0].has_sgw_u = true;
	modify.modify_bearer_req.bearers[0].sgw_u =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, 0x777, &rig.path.peer.addr);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &modify, &answer));
	e = indication_of(&put);
	fake_error_indication(rig.fake, &e);
	CU_ASSERT_TRUE(rig_wait(&rig, has_ignored_one));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// ---- Many at once.

static bool
has_one_session(struct rig *r)
{
	struct session_counts c = rig_counts(r);

	return c.active == 1 && c.closing == 0;
}

static void
attach_many(unsigned int n)
{
	char imsi[16];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(imsi, sizeof(imsi), "0010100001%05u", i);
		rig_attach(&rig, imsi);
	}
}

static void
a_restarted_sgw_loses_its_sessions_and_begins_with_the_new_one(void)
{
	rig_open(&rig, NULL);
	rig.recovery = 7;
	attach_many(20);
	rig.recovery = 8;
	rig_attach(&rig, IMSI);
	CU_ASSERT_TRUE(rig_wait(&rig, has_one_session));
	CU_ASSERT_PTR_NOT_NULL(only_session());
	CU_ASSERT_EQUAL(rig.n_sent, 0); // it isn't told: it knows
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_lost_peer, 20);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	rig_close(&rig);
}

static void
a_late_recovery_value_ends_nothing(void)
{
	rig_open(&rig, NULL);
	rig.recovery = 7;
	attach_many(5);
	rig.recovery = 6;
	rig_attach(&rig, IMSI);
	rig_run(&rig, 100);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 6);
	rig_close(&rig);
}

static void
clears_all_of_an_sgw_and_no_other(void)
{
	struct clear_filter f = { .has_sgw = true };

	rig_open(&rig, rig_impatient);
	attach_many(20);
	f.sgw = rig.path.peer.addr;
	rig.path.peer.addr.bytes[3] = 3;
	rig_attach(&rig, IMSI);
	CU_ASSERT_EQUAL(clear_count(rig.pgw, &f), 20);
	CU_ASSERT_EQUAL(clear_begin(rig.pgw, &f, GTPC_CAUSE_REACTIVATION_REQUESTED), 0);
	CU_ASSERT_TRUE(rig_wait(&rig, has_one_session)); // the SGW is silent here
	CU_ASSERT_PTR_NOT_NULL(only_session());
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_cleared, 20);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(asks_the_sgw_first_and_ends_with_its_answer),
	UNIT_CASE(ends_all_the_same_when_the_sgw_knows_nothing),
	UNIT_CASE(asks_the_sgw_that_has_taken_the_session_over),
	UNIT_CASE(ends_after_n3_tries_when_the_sgw_is_silent),
	UNIT_CASE(waits_when_the_sgw_is_busy),
	UNIT_CASE(a_delete_session_request_may_come_in_between),
	UNIT_CASE(is_asked_once_however_often_it_is_cleared),
	UNIT_CASE(an_error_indication_of_its_own_sgw_ends_the_session),
	UNIT_CASE(other_error_indications_are_counted_and_ignored),
	UNIT_CASE(a_late_one_about_the_tunnel_before_a_move_is_ignored),
	UNIT_CASE(a_restarted_sgw_loses_its_sessions_and_begins_with_the_new_one),
	UNIT_CASE(a_late_recovery_value_ends_nothing),
	UNIT_CASE(clears_all_of_an_sgw_and_no_other),
};

UNIT_MAIN("control/delete_bearer", cases)
