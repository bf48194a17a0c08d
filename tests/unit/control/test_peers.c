// SPDX-License-Identifier: BSD-3-Clause
// Who is served, where answers and requests go, and what becomes of the sessions of a silent SGW.
// TS 23.007 18, 20; TS 29.274 5.5.2.
#include "control/session/delete_bearer.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <string.h>

#define IMSI "001010000000001"
#define POOLS                                                                                      \
	"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"                               \
	"apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n"

static const char partners[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n" POOLS
	"peers: ( { name = \"a\"; addresses = [ \"10.10.0.0/24\" ]; create_rate = 3; } );\n";

static const char silent[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"100ms\"; n3 = 1; echo_interval = \"1s\"; "
	"short_echo = true;\n"
	"        transactions_max = 4000; };\n" POOLS
	"peers: ( { name = \"kept\"; addresses = [ \"10.10.0.3\" ]; },\n"
	"         { name = \"cleared\"; addresses = [ \"10.10.0.0/24\" ]; path_down = \"clear\";\n"
	"           clear_after = \"1s\"; } );\n";

static struct rig rig;
static struct gtpc_message request, answer;

static void
who_is_not_listed_hears_nothing(void)
{
	rig_open(&rig, partners);
	rig.path.peer.addr = gtpc_addr_ipv4((const uint8_t[]){ 10, 66, 0, 2 });
	rig_create(&rig, &request, IMSI);
	rig_send(&rig, &request);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active + rig_counts(&rig).creating, 0);
	CU_ASSERT_EQUAL(gtpc_node_counters(rig.pgw->node)->n[GTPC_COUNT_PEER_NOT_ALLOWED], 1);
	rig_close(&rig);
}

// On S8 datagrams come from another address than the F-TEID's, which needn't be listed.
static void
open_with_other_f_teid(void)
{
	static const uint8_t other[] = { 10, 99, 0, 2 };

	rig_open(&rig, partners);
	rig_create(&rig, &request, IMSI);
	memcpy(request.create_session_req.sender.ipv4, other, 4);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
}

static bool
has_sent(struct rig *r)
{
	return r->n_sent > 0;
}

// TS 29.274 4.2
static void
our_requests_go_to_the_f_teid_and_answers_to_the_source(void)
{
	struct gtpc_addr other = gtpc_addr_ipv4((const uint8_t[]){ 10, 99, 0, 2 });
	struct session *s;

	open_with_other_f_teid();
	rig_restart_control(&rig); // it is known afterwards too
	s = session_find_imsi(rig.pgw->sessions, IMSI, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(delete_bearer_begin(rig.pgw, s, SESSION_END_CLEARED, 8), 0);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, has_sent));
	CU_ASSERT_TRUE(gtpc_addr_equal(&rig.sent[0].path.peer.addr, &other));
	CU_ASSERT_EQUAL(rig.sent[0].path.peer.port, 2123);
	CU_ASSERT_TRUE(gtpc_addr_equal(&rig.sent[0].path.local, &rig.path.local));
	rig.n_sent = 0;
	rig.path.peer.port = 31000;
	rig_delete(&rig, &request, s->teid);
	rig_send(&rig, &request);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, has_sent));
	CU_ASSERT_TRUE(gtpc_addr_equal(&rig.sent[0].path.peer.addr, &rig.path.peer.addr));
	CU_ASSERT_EQUAL(rig.sent[0].path.peer.port, 31000);
	rig_close(&rig);
}

static void
a_peer_s_rate_is_limited(void)
{
	unsigned int refused = 0;
	char imsi[16];

	rig_open(&rig, partners);
	for (int i = 0; i < 12; i++) { // over at most two seconds: 6 fit
		snprintf(imsi, sizeof(imsi), "0010100000000%02d", i);
		rig_create(&rig, &request, imsi);
		CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
		refused += answer.create_session_rsp.cause.value == GTPC_CAUSE_NO_RESOURCES;
	}
	CU_ASSERT_TRUE(refused >= 5);
	CU_ASSERT_EQUAL(rig.pgw->counters.overload_refused, refused);
	rig_close(&rig);
}

static bool
has_one_session(struct rig *r)
{
	return rig_counts(r).active == 1 && rig_counts(r).closing == 0;
}

// TS 23.007 20
static void
sessions_of_a_silent_sgw_end_where_the_policy_says_so(void)
{
	rig_open(&rig, silent);
	rig_attach(&rig, IMSI); // of the SGW that is cleared
	rig.path.peer.addr.bytes[3] = 3;
	rig_attach(&rig, "001010000000002"); // of the one whose sessions are kept
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	CU_ASSERT_TRUE(rig_wait(&rig, has_one_session));
	CU_ASSERT_PTR_NULL(session_find_imsi(rig.pgw->sessions, IMSI, NULL));
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_lost_peer, 1);
	CU_ASSERT_TRUE(rig_take_type(&rig, GTPC_MSG_ECHO_REQ, &answer));
	rig_close(&rig);
}

static bool
has_no_session(struct rig *r)
{
	return rig_counts(r).active == 0 && rig_counts(r).closing == 0;
}

static bool
is_path_down(struct rig *r)
{
	const struct peer *peer = peer_find(gtpc_node_peers(r->pgw->node), &r->path.peer.addr);

	return peer && peer->is_path_down;
}

// Nothing of one is concluded from the other: the user plane goes on to an SGW-U elsewhere, and an Error
// Indication from there still ends the session, while one from the silent address doesn't.
// TS 23.007 20: the path of signalling isn't that of user packets
static void
a_silent_control_path_says_nothing_of_the_user_plane(void)
{
	static const uint8_t sgw_u[] = { 10, 77, 0, 9 };
	struct dp_error_indication e = { .peer = { .family = 4 } };
	struct dp_session put;

	rig_open(&rig, silent);
	rig.path.peer.addr.bytes[3] = 3;
	rig_create(&rig, &request, IMSI);
	memcpy(request.create_session_req.bearers[0].sgw_u.ipv4, sgw_u, 4);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_TRUE(rig_wait(&rig, is_path_down));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, answer.create_session_rsp.pgw.teid, &put));
	CU_ASSERT_EQUAL(memcmp(put.peer.bytes, sgw_u, 4), 0);
	e.teid = put.peer_teid;
	memcpy(e.peer.bytes, rig.path.peer.addr.bytes, 4);
	e.source = e.peer;
	fake_error_indication(rig.fake, &e);
	rig_run(&rig, 50);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	memcpy(e.peer.bytes, sgw_u, 4);
	e.source = e.peer;
	fake_error_indication(rig.fake, &e);
	CU_ASSERT_TRUE(rig_wait(&rig, has_no_session));
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_silent_control_path_says_nothing_of_the_user_plane),
	UNIT_CASE(who_is_not_listed_hears_nothing),
	UNIT_CASE(our_requests_go_to_the_f_teid_and_answers_to_the_source),
	UNIT_CASE(a_peer_s_rate_is_limited),
	UNIT_CASE(sessions_of_a_silent_sgw_end_where_the_policy_says_so),
};

UNIT_MAIN("control/peers", cases)
