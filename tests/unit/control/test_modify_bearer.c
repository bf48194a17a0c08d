// SPDX-License-Identifier: BSD-3-Clause
// Modify Bearer Requests, bytes in and bytes out. TS 29.274 7.2.7, 7.2.8 and clause 14.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <string.h>

#define IMSI "001010000000001"

static struct rig rig;
static struct gtpc_message request, answer;
static struct modify_bearer_req *const req = &request.modify_bearer_req;
static const struct modify_bearer_rsp *const rsp = &answer.modify_bearer_rsp;
static struct create_session_rsp attached;

static void
ask(uint32_t teid)
{
	gtpc_message_init(&request, GTPC_MSG_MODIFY_BEARER_REQ, teid, 0);
}

static uint8_t
cause(void)
{
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	return rsp->cause.value;
}

// A session with an MSISDN at the first SGW.
static void
open_with_session(const char *config)
{
	struct gtpc_message create, created;

	rig_open(&rig, config);
	rig_create(&rig, &create, IMSI);
	create.create_session_req.has_msisdn = true;
	snprintf(create.create_session_req.msisdn.text, 17, "491700000001");
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &create, &created));
	attached = created.create_session_rsp;
}

// The same session asked for by an SGW at 10.10.0.3.
static void
ask_from_new_sgw(void)
{
	rig.next_teid = 0x7001;
	rig_move(&rig, &request, attached.pgw.teid, 3);
}

// TS 29.274 7.2.7, 7.2.8; TS 29.281 7.3.2
static void
a_new_sgw_takes_the_tunnel_over_with_an_end_marker(void)
{
	struct dp_session put;

	open_with_session(NULL);
	ask_from_new_sgw();
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, 0x7001);
	CU_ASSERT_EQUAL(rsp->n_bearers, 1);
	CU_ASSERT_EQUAL(rsp->bearers[0].ebi, 5);
	CU_ASSERT_EQUAL(rsp->bearers[0].cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->bearers[0].has_charging_id);
	CU_ASSERT_EQUAL(rsp->bearers[0].charging_id, attached.bearers[0].charging_id);
	CU_ASSERT_TRUE(rsp->has_msisdn);
	CU_ASSERT_STRING_EQUAL(rsp->msisdn.text, "491700000001");
	CU_ASSERT_FALSE(rsp->has_indication); // the address isn't a fixed one
	CU_ASSERT_TRUE(rsp->has_recovery);    // first contact with that SGW
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, attached.pgw.teid, &put));
	CU_ASSERT_EQUAL(put.peer_teid, 0x7002);
	CU_ASSERT_EQUAL(put.peer.bytes[3], 3);
	CU_ASSERT_EQUAL(fake_count(rig.fake).end_markers, 1);
	CU_ASSERT_EQUAL(rig_counts(&rig).sgws, 1);
	rig_close(&rig);
}

// TS 29.274 7.2.9.1
static void
the_old_sgw_may_no_longer_delete_it_by_its_sender_f_teid(void)
{
	struct gtpc_message old;

	open_with_session(NULL);
	ask_from_new_sgw();
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig.path.peer.addr = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 2 });
	rig_delete(&rig, &old, attached.pgw.teid);
	old.delete_session_req.has_sender = true;
	old.delete_session_req.sender =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x1000, &rig.path.peer.addr);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &old, &answer));
	CU_ASSERT_EQUAL(answer.delete_session_rsp.cause.value, GTPC_CAUSE_INVALID_PEER);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// TS 29.274 7.2.8
static void
a_fixed_address_is_told_to_a_new_sgw(void)
{
	static const char config[] =
		"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
		"pools: ( { name = \"p\"; range = \"100.64.0.0/24\"; static = "
		"[ \"100.64.0.200\" ]; } );\n"
		"apns: ( { name = \"internet\"; pools = [ \"p\" ];\n"
		"          static_sims = ( { imsi = \"" IMSI
		"\"; address = \"100.64.0.200\"; } ); } );\n";

	open_with_session(config);
	ask_from_new_sgw();
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->has_indication);
	CU_ASSERT_TRUE(gtpc_indication_get(&rsp->indication, GTPC_IND_S4AF));
	CU_ASSERT_FALSE(gtpc_indication_get(&rsp->indication, GTPC_IND_S6AF));
	rig_close(&rig);
}

// TS 29.274 7.2.7, 7.2.8
static void
a_request_without_ies_is_accepted_without_bearers(void)
{
	open_with_session(NULL);
	ask(attached.pgw.teid);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->n_bearers, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).puts, 1);
	rig_close(&rig);
}

static void
the_same_tunnel_again_changes_nothing(void)
{
	struct dp_session put;

	open_with_session(NULL);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, attached.pgw.teid, &put));
	ask(attached.pgw.teid);
	req->n_bearers = 1;
	req->bearers[0].ebi = 5;
	req->bearers[0].has_sgw_u = true;
	req->bearers[0].sgw_u =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, put.peer_teid, &rig.path.peer.addr);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->n_bearers, 1);
	CU_ASSERT_FALSE(rsp->bearers[0].has_charging_id);
	CU_ASSERT_EQUAL(fake_count(rig.fake).puts, 1);
	CU_ASSERT_EQUAL(fake_count(rig.fake).end_markers, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.7
static void
news_of_the_device_is_kept(void)
{
	struct session *s;

	open_with_session(NULL);
	ask(attached.pgw.teid);
	req->has_rat_type = true;
	req->rat_type = GTPC_RAT_NB_IOT;
	req->has_uli = true;
	req->uli.has_tai = true;
	req->uli.tai.plmn = gtpc_plmn_make(262, 1, 2);
	req->uli.tai.area = 77;
	req->has_serving_network = true;
	req->serving_network = gtpc_plmn_make(262, 1, 2);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	s = session_find_teid(rig.pgw->sessions, attached.pgw.teid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->rat_type, GTPC_RAT_NB_IOT);
	CU_ASSERT_EQUAL(s->uli_bytes, 6);
	rig_close(&rig);
}

// TS 29.274 5.5.2
static void
an_unknown_teid_is_answered_with_teid_0(void)
{
	open_with_session(NULL);
	ask(attached.pgw.teid ^ 0x10000);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(answer.header.teid, 0);
	rig_close(&rig);
}

// TS 29.274 14
static void
unknown_bearers_are_named(void)
{
	open_with_session(NULL);
	ask_from_new_sgw();
	req->n_bearers = 2;
	req->bearers[1] = req->bearers[0];
	req->bearers[1].ebi = 6;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED_PARTIALLY);
	CU_ASSERT_EQUAL_FATAL(rsp->n_bearers, 2);
	CU_ASSERT_EQUAL(rsp->bearers[0].cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->bearers[1].ebi, 6);
	CU_ASSERT_EQUAL(rsp->bearers[1].cause.value, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	rig_close(&rig);
}

// TS 29.274 14
static void
an_unknown_default_bearer_is_context_not_found(void)
{
	open_with_session(NULL);
	ask_from_new_sgw();
	req->bearers[0].ebi = 7;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(answer.header.teid, 0x7001); // the sender is known, so not TEID 0
	CU_ASSERT_EQUAL(fake_count(rig.fake).end_markers, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.7
static void
bearer_contexts_count_for_nothing_with_the_handover_indication(void)
{
	open_with_session(NULL);
	ask_from_new_sgw();
	req->has_indication = true;
	gtpc_indication_set(&req->indication, GTPC_IND_HI);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->n_bearers, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).puts, 1);
	rig_close(&rig);
}

// TS 29.274 7.2.9.1
static void
the_answer_waits_for_the_dataplane_and_a_delete_comes_first(void)
{
	struct gtpc_message delete;
	uint32_t modified, deleted;

	open_with_session(NULL);
	fake_hold(rig.fake, true);
	ask_from_new_sgw();
	modified = rig_send(&rig, &request);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	rig_delete(&rig, &delete, attached.pgw.teid);
	deleted = rig_send(&rig, &delete);
	rig_run(&rig, 20);
	CU_ASSERT_TRUE_FATAL(rig_take(&rig, modified, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	fake_hold(rig.fake, false);
	rig_settle(&rig);
	CU_ASSERT_TRUE_FATAL(rig_take(&rig, deleted, &answer));
	CU_ASSERT_EQUAL(answer.delete_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	rig_close(&rig);
}

static void
two_moves_in_flight_end_at_the_later_one(void)
{
	struct dp_session put;
	uint32_t first, second;

	open_with_session(NULL);
	fake_hold(rig.fake, true);
	ask_from_new_sgw();
	first = rig_send(&rig, &request);
	ask_from_new_sgw();
	req->bearers[0].sgw_u.teid = 0x7003;
	second = rig_send(&rig, &request);
	fake_hold(rig.fake, false);
	rig_settle(&rig);
	CU_ASSERT_TRUE(rig_take(&rig, first, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rig_take(&rig, second, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, attached.pgw.teid, &put));
	CU_ASSERT_EQUAL(put.peer_teid, 0x7003);
	rig_close(&rig);
}

static bool
is_detached(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_WAITING;
}

static void
without_a_dataplane_a_move_is_refused_and_news_is_not(void)
{
	open_with_session(NULL);
	fake_stop(rig.fake);
	rig.fake = NULL;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_detached));
	ask_from_new_sgw();
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_RESOURCES);
	ask(attached.pgw.teid);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_new_sgw_takes_the_tunnel_over_with_an_end_marker),
	UNIT_CASE(the_old_sgw_may_no_longer_delete_it_by_its_sender_f_teid),
	UNIT_CASE(a_fixed_address_is_told_to_a_new_sgw),
	UNIT_CASE(a_request_without_ies_is_accepted_without_bearers),
	UNIT_CASE(the_same_tunnel_again_changes_nothing),
	UNIT_CASE(news_of_the_device_is_kept),
	UNIT_CASE(an_unknown_teid_is_answered_with_teid_0),
	UNIT_CASE(unknown_bearers_are_named),
	UNIT_CASE(an_unknown_default_bearer_is_context_not_found),
	UNIT_CASE(bearer_contexts_count_for_nothing_with_the_handover_indication),
	UNIT_CASE(the_answer_waits_for_the_dataplane_and_a_delete_comes_first),
	UNIT_CASE(two_moves_in_flight_end_at_the_later_one),
	UNIT_CASE(without_a_dataplane_a_move_is_refused_and_news_is_not),
};

UNIT_MAIN("control/modify_bearer", cases)
