// SPDX-License-Identifier: BSD-3-Clause
// What SGWs tell beside the three procedures of a session: where the device is, that it is away, that
// a part of a node has failed. Bytes in and bytes out. TS 29.274 7.2.26, 7.3.14, 7.4, 7.9.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

static struct rig rig;
static struct gtpc_message answer;

static void
ask(struct gtpc_message *m)
{
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, m, &answer));
}

static uint8_t
cause(void)
{
	const struct gtpc_cause *c = gtpc_message_cause(&answer);

	return c ? c->value : 0;
}

static struct session *
only_session(void)
{
	struct session *s = session_find_imsi(rig.pgw->sessions, "262010000000001", NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return s;
}

static void
location(struct gtpc_message *m, uint32_t teid, uint16_t tac)
{
	struct change_notification_req *req = &m->change_notification_req;

	gtpc_message_init(m, GTPC_MSG_CHANGE_NOTIFICATION_REQ, teid, 0);
	req->rat_type = GTPC_RAT_NB_IOT;
	req->has_uli = true;
	req->uli.has_tai = true;
	req->uli.tai.plmn = gtpc_plmn_make(262, 1, 2);
	req->uli.tai.area = tac;
}

// TS 29.274 7.3.14, 7.3.15
static void
keeps_where_the_device_is(void)
{
	struct gtpc_message m;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = rig_attach(&rig, "262010000000001").pgw.teid;
	location(&m, teid, 0x1234);
	m.change_notification_req.has_imsi = true;
	snprintf(m.change_notification_req.imsi.text, 16, "262010000000001");
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, only_session()->sgw_teid);
	CU_ASSERT_STRING_EQUAL(answer.change_notification_rsp.imsi.text, "262010000000001");
	CU_ASSERT_EQUAL(only_session()->rat_type, GTPC_RAT_NB_IOT);
	CU_ASSERT_EQUAL(only_session()->uli_bytes, 6);
	CU_ASSERT_EQUAL(only_session()->uli[5], 0x34);
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(only_session()->uli[5], 0x34);
	rig_close(&rig);
}

// TS 29.274 5.5.2, 7.3.14
static void
finds_the_sessions_of_a_sim_where_the_teid_is_0(void)
{
	struct gtpc_message m;

	rig_open(&rig, NULL);
	rig_attach(&rig, "262010000000001");
	location(&m, 0, 0x2222);
	m.change_notification_req.has_imsi = true;
	snprintf(m.change_notification_req.imsi.text, 16, "262010000000001");
	m.change_notification_req.has_lbi = true;
	m.change_notification_req.lbi = 5;
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, only_session()->sgw_teid);
	CU_ASSERT_EQUAL(only_session()->uli[5], 0x22);
	m.header.sequence = 0;
	m.change_notification_req.lbi = 6;
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_IMSI_NOT_KNOWN);
	CU_ASSERT_EQUAL(answer.header.teid, 0);
	m.header.sequence = 0;
	snprintf(m.change_notification_req.imsi.text, 16, "262010000000009");
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_IMSI_NOT_KNOWN);
	location(&m, 0x7777, 1);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONTEXT_NOT_FOUND);
	rig_close(&rig);
}

static uint32_t
gates(uint32_t teid)
{
	struct dp_session d;

	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, teid, &d));
	return d.flags;
}

static void
suspend(struct gtpc_message *m, uint32_t teid)
{
	gtpc_message_init(m, GTPC_MSG_SUSPEND_NOTIFICATION, teid, 0);
	m->suspend_notification.has_imsi = true;
	snprintf(m->suspend_notification.imsi.text, 16, "262010000000001");
}

// TS 29.274 7.4.1, 7.4.2, 7.4.3, 7.4.4
static void
a_suspended_session_gets_nothing_until_it_is_resumed(void)
{
	struct gtpc_message m;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = rig_attach(&rig, "262010000000001").pgw.teid;
	suspend(&m, teid);
	ask(&m);
	CU_ASSERT_EQUAL(answer.header.type, GTPC_MSG_SUSPEND_ACK);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, only_session()->sgw_teid);
	CU_ASSERT_TRUE(gates(teid) & DP_SESSION_DL_CLOSED);
	CU_ASSERT_FALSE(gates(teid) & DP_SESSION_UL_CLOSED);
	m.header.sequence = 0; // once more changes nothing
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_restart_control(&rig);
	rig_settle(&rig);
	CU_ASSERT_TRUE(gates(teid) & DP_SESSION_DL_CLOSED);
	gtpc_message_init(&m, GTPC_MSG_RESUME_NOTIFICATION, teid, 0);
	snprintf(m.resume_notification.imsi.text, 16, "262010000000001");
	ask(&m);
	CU_ASSERT_EQUAL(answer.header.type, GTPC_MSG_RESUME_ACK);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(gates(teid) & DP_SESSION_DL_CLOSED);
	rig_close(&rig);
}

// TS 29.274 7.2.7, 7.4.3
static void
a_modify_bearer_request_resumes_too(void)
{
	struct gtpc_message m;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = rig_attach(&rig, "262010000000001").pgw.teid;
	suspend(&m, teid);
	ask(&m);
	gtpc_message_init(&m, GTPC_MSG_MODIFY_BEARER_REQ, teid, 0);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(gates(teid) & DP_SESSION_DL_CLOSED);
	rig_close(&rig);
}

// TS 29.274 7.4.1, 7.4.3
static void
only_its_own_sgw_may_suspend_and_resume_it(void)
{
	struct gtpc_message m;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = rig_attach(&rig, "262010000000001").pgw.teid;
	suspend(&m, teid);
	m.suspend_notification.has_sender = true;
	m.suspend_notification.sender =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x4711, &rig.path.peer.addr);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_INVALID_PEER);
	CU_ASSERT_EQUAL(answer.header.teid, 0x4711);
	CU_ASSERT_FALSE(gates(teid) & DP_SESSION_DL_CLOSED);
	gtpc_message_init(&m, GTPC_MSG_RESUME_NOTIFICATION, teid, 0);
	snprintf(m.resume_notification.imsi.text, 16, "262010000000001");
	m.resume_notification.has_sender = true;
	m.resume_notification.sender =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x4711, &rig.path.peer.addr);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_INVALID_PEER);
	suspend(&m, 0x7777);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(answer.header.teid, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.26, 7.2.27
static void
hears_of_devices_behind_a_relay(void)
{
	struct gtpc_message m;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = rig_attach(&rig, "262010000000001").pgw.teid;
	gtpc_message_init(&m, GTPC_MSG_REMOTE_UE_REPORT, teid, 0);
	ask(&m);
	CU_ASSERT_EQUAL(answer.header.type, GTPC_MSG_REMOTE_UE_REPORT_ACK);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// ---- PDN connection sets.

static struct gtpc_fq_csid
sets(uint8_t node, unsigned int n, uint16_t first, uint16_t second)
{
	const uint8_t bytes[4] = { 10, 10, 0, node };

	return (struct gtpc_fq_csid){
		.node = gtpc_addr_ipv4(bytes), .n_csids = (uint8_t)n, .csids = { first, second }
	};
}

static uint32_t
attach_in_set(const char *imsi, uint16_t sgw_csid, uint16_t mme_csid)
{
	struct gtpc_message m;

	rig_create(&rig, &m, imsi);
	m.create_session_req.has_sgw_fq_csid = true;
	m.create_session_req.sgw_fq_csid = sets(2, 1, sgw_csid, 0);
	m.create_session_req.has_mme_fq_csid = true;
	m.create_session_req.mme_fq_csid = sets(9, 1, mme_csid, 0);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	return answer.create_session_rsp.pgw.teid;
}

static void
fail_sets(struct gtpc_fq_csid sgw, struct gtpc_fq_csid mme)
{
	struct gtpc_message m;

	gtpc_message_init(&m, GTPC_MSG_DELETE_PDN_SET_REQ, 0, 0);
	m.delete_pdn_set_req.n_sgw_fq_csids = sgw.n_csids > 0;
	m.delete_pdn_set_req.sgw_fq_csids[0] = sgw;
	m.delete_pdn_set_req.n_mme_fq_csids = mme.n_csids > 0;
	m.delete_pdn_set_req.mme_fq_csids[0] = mme;
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, 0);
	rig_settle(&rig);
}

static bool
has(const char *imsi)
{
	return session_find_imsi(rig.pgw->sessions, imsi, NULL) != NULL;
}

// TS 29.274 7.9.1, 7.9.2; TS 23.007 22
static void
sessions_of_a_failed_set_end_and_no_others(void)
{
	rig_open(&rig, NULL);
	attach_in_set("262010000000001", 1, 101);
	attach_in_set("262010000000002", 2, 102);
	attach_in_set("262010000000003", 3, 102);
	attach_in_set("262010000000004", 4, 103);
	rig_attach(&rig, "262010000000005");
	fail_sets(sets(2, 2, 1, 77), sets(9, 0, 0, 0));
	CU_ASSERT_FALSE(has("262010000000001"));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 4);
	rig_restart_control(&rig); // membership is kept
	rig_settle(&rig);
	fail_sets(sets(2, 0, 0, 0), sets(9, 1, 102, 0));
	CU_ASSERT_FALSE(has("262010000000002"));
	CU_ASSERT_FALSE(has("262010000000003"));
	CU_ASSERT_TRUE(has("262010000000004"));
	CU_ASSERT_TRUE(has("262010000000005"));
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_lost_set, 2);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 2);
	rig_close(&rig);
}

// TS 29.274 7.9.2
static void
a_set_without_sessions_is_accepted(void)
{
	rig_open(&rig, NULL);
	attach_in_set("262010000000001", 1, 101);
	fail_sets(sets(2, 1, 9, 0), sets(8, 1, 101, 0)); // another set, another node
	CU_ASSERT_TRUE(has("262010000000001"));
	rig_close(&rig);
}

// TS 23.007 22
static void
a_set_that_comes_again_after_its_failure_is_another_one(void)
{
	rig_open(&rig, NULL);
	attach_in_set("262010000000001", 1, 101);
	fail_sets(sets(2, 1, 1, 0), sets(9, 0, 0, 0));
	attach_in_set("262010000000001", 1, 101);
	rig_run(&rig, 100);
	CU_ASSERT_TRUE(has("262010000000001"));
	rig_close(&rig);
}

// TS 23.007 22: a partner can't end the sessions of another one by naming its sets
static void
another_partner_may_not_name_the_set(void)
{
	static const char config[] =
		"gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"30s\"; transactions_max = 4000; };\n"
		"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
		"apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n"
		"peers: ( { name = \"a\"; addresses = [ \"10.10.0.2\" ]; },\n"
		"         { name = \"b\"; addresses = [ \"10.10.0.3\" ]; } );\n";

	rig_open(&rig, config);
	attach_in_set("262010000000001", 1, 101);
	rig.path.peer.addr.bytes[3] = 3;
	fail_sets(sets(2, 1, 1, 0), sets(9, 1, 101, 0));
	CU_ASSERT_TRUE(has("262010000000001"));
	rig.path.peer.addr.bytes[3] = 2;
	fail_sets(sets(2, 1, 1, 0), sets(9, 0, 0, 0));
	CU_ASSERT_FALSE(has("262010000000001"));
	rig_close(&rig);
}

// TS 29.274 7.9.3, 7.9.4
static void
a_session_moves_to_another_set(void)
{
	struct gtpc_message m;
	uint32_t teid;

	rig_open(&rig, NULL);
	teid = attach_in_set("262010000000001", 1, 101);
	gtpc_message_init(&m, GTPC_MSG_UPDATE_PDN_SET_REQ, teid, 0);
	m.update_pdn_set_req.has_sgw_fq_csid = true;
	m.update_pdn_set_req.sgw_fq_csid = sets(2, 1, 7, 0);
	ask(&m);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(answer.update_pdn_set_rsp.has_pgw_fq_csid);
	fail_sets(sets(2, 1, 1, 0), sets(9, 0, 0, 0));
	CU_ASSERT_TRUE(has("262010000000001"));
	fail_sets(sets(2, 1, 7, 0), sets(9, 0, 0, 0));
	CU_ASSERT_FALSE(has("262010000000001"));
	rig_close(&rig);
}

// TS 29.274 7.2.2, 8.62; TS 23.007 22
static void
tells_its_own_set_to_an_sgw_that_names_one(void)
{
	struct gtpc_message m;

	rig_open(&rig, NULL);
	rig_create(&rig, &m, "262010000000001");
	ask(&m);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_fq_csid);
	attach_in_set("262010000000002", 1, 101);
	CU_ASSERT_TRUE(answer.create_session_rsp.has_pgw_fq_csid);
	CU_ASSERT_EQUAL(answer.create_session_rsp.pgw_fq_csid.n_csids, 1);
	CU_ASSERT_EQUAL(answer.create_session_rsp.pgw_fq_csid.csids[0], 1);
	CU_ASSERT(gtpc_addr_equal(&answer.create_session_rsp.pgw_fq_csid.node, &rig.path.local));
	rig_close(&rig);
}

// TS 29.274 7.12.1, 7.12.2
static void
traces_are_counted_and_not_answered(void)
{
	static const uint8_t octets[9] = { 0x62, 0xf2, 0x10, 0, 0, 1, 0, 1 };
	struct gtpc_message m;

	rig_open(&rig, NULL);
	gtpc_message_init(
		&m, GTPC_MSG_TRACE_DEACTIVATION, rig_attach(&rig, "262010000000001").pgw.teid, 0);
	m.trace_deactivation.trace_reference = (struct gtpc_octets){ .bytes = octets, .n = 6 };
	rig.n_sent = 0;
	rig_send(&rig, &m);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	CU_ASSERT_EQUAL(
		peer_find(rig.pgw->peers, &rig.path.peer.addr)->rx[GTPC_INDEX_TRACE_DEACTIVATION],
		1);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(keeps_where_the_device_is),
	UNIT_CASE(finds_the_sessions_of_a_sim_where_the_teid_is_0),
	UNIT_CASE(a_suspended_session_gets_nothing_until_it_is_resumed),
	UNIT_CASE(a_modify_bearer_request_resumes_too),
	UNIT_CASE(only_its_own_sgw_may_suspend_and_resume_it),
	UNIT_CASE(hears_of_devices_behind_a_relay),
	UNIT_CASE(sessions_of_a_failed_set_end_and_no_others),
	UNIT_CASE(a_set_without_sessions_is_accepted),
	UNIT_CASE(a_set_that_comes_again_after_its_failure_is_another_one),
	UNIT_CASE(another_partner_may_not_name_the_set),
	UNIT_CASE(a_session_moves_to_another_set),
	UNIT_CASE(tells_its_own_set_to_an_sgw_that_names_one),
	UNIT_CASE(traces_are_counted_and_not_answered),
};

UNIT_MAIN("control/notifications", cases)
