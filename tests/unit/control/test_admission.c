// SPDX-License-Identifier: BSD-3-Clause
// Which Create Session Requests are served at all. TS 29.274 7.2.1, 8.85, clause 13; TS 23.401 4.3.7.4.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <time.h>

#define GATEWAY                                                                                    \
	"gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"30s\"; transactions_max = 4000; };\n"       \
	"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
#define APN(more) "apns: ( { name = \"internet\"; pools = [ \"p\" ]; " more " } );\n"
#define PEER(more) "peers: ( { name = \"a\"; addresses = [ \"10.10.0.2\" ]; " more " } );\n"

static struct rig rig;
static struct gtpc_message request, answer;

static uint8_t
ask(void)
{
	request.header.sequence = 0;
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	return answer.create_session_rsp.cause.value;
}

static uint8_t
attach(unsigned int sim)
{
	char imsi[16];

	snprintf(imsi, sizeof(imsi), "2620100000%05u", sim);
	rig_create(&rig, &request, imsi);
	return ask();
}

static uint8_t
attach_low_priority(unsigned int sim)
{
	char imsi[16];

	snprintf(imsi, sizeof(imsi), "2620100000%05u", sim);
	rig_create(&rig, &request, imsi);
	request.create_session_req.has_signalling_priority = true;
	request.create_session_req.signalling_priority = GTPC_LOW_PRIORITY;
	return ask();
}

static void
a_sim_that_asks_too_often_is_refused_and_no_other(void)
{
	unsigned int refused = 0;

	rig_open(&rig, GATEWAY APN("") "limits: { creates_per_sim = 3; };\n");
	for (int i = 0; i < 8; i++) // at most two windows
		refused += attach(1) == GTPC_CAUSE_NO_RESOURCES;
	CU_ASSERT(refused >= 2);
	CU_ASSERT_EQUAL(rig.pgw->counters.sim_rate_refused, refused);
	for (unsigned int i = 2; i < 6; i++)
		CU_ASSERT_EQUAL(attach(i), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.2.2, 8.87: cause 113 brings the PGW Back-Off Time
static void
a_full_apn_sends_devices_away_for_a_while(void)
{
	rig_open(&rig, GATEWAY APN("congestion: { sessions_max = 2; back_off = \"10m\"; };"));
	CU_ASSERT_EQUAL(attach(1), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_back_off);
	CU_ASSERT_EQUAL(attach(2), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach(3), GTPC_CAUSE_APN_CONGESTION);
	CU_ASSERT_TRUE(answer.create_session_rsp.has_back_off);
	CU_ASSERT_EQUAL(gtpc_epc_timer_seconds(&answer.create_session_rsp.back_off), 600);
	CU_ASSERT_EQUAL(rig.pgw->counters.apn_congestion_refused, 1);
	rig_delete(&rig, &request,
		session_find_imsi(rig.pgw->sessions, "262010000000001", NULL)->teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(attach(3), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.2.2: no PGW Back-Off Time with another cause
static void
no_back_off_time_comes_with_another_cause(void)
{
	rig_open(&rig, GATEWAY APN("congestion: { sessions_max = 1; back_off = \"0s\"; };"));
	CU_ASSERT_EQUAL(attach(1), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach(2), GTPC_CAUSE_APN_CONGESTION);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_back_off);
	rig_create(&rig, &request, "262010000000009");
	snprintf(request.create_session_req.apn.text, 20, "nosuch");
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_UNKNOWN_APN);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_back_off);
	rig_close(&rig);
}

// TS 23.401 4.3.7.4.2.1; TS 29.274 7.2.1
static void
devices_with_low_access_priority_are_turned_away_first(void)
{
	rig_open(&rig, GATEWAY APN("congestion: { sessions_max = 4; low_priority = 50; };"));
	CU_ASSERT_EQUAL(attach_low_priority(1), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach_low_priority(2), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach_low_priority(3), GTPC_CAUSE_APN_CONGESTION);
	CU_ASSERT_EQUAL(attach(3), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach(4), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach(5), GTPC_CAUSE_APN_CONGESTION);
	rig_close(&rig);
}

static void
an_apn_serves_so_many_in_a_second(void)
{
	unsigned int accepted = 0, seconds;
	uint64_t began_ms;

	rig_open(&rig, GATEWAY APN("congestion: { create_rate = 2; };"));
	began_ms = pgw_now_ms();
	for (unsigned int i = 0; i < 40; i++)
		accepted += attach(i) == GTPC_CAUSE_ACCEPTED;
	seconds = (unsigned int)((pgw_now_ms() - began_ms) / 1000) + 2;
	CU_ASSERT(accepted >= 2 && accepted <= 2 * seconds);
	CU_ASSERT_EQUAL(rig.pgw->counters.apn_congestion_refused, 40 - accepted);
	rig_close(&rig);
}

// TS 29.274 7.2.2, 8.17
static void
an_apn_may_be_for_some_radio_access_alone(void)
{
	rig_open(&rig, GATEWAY APN("rats = [ \"NB-IoT\", \"lte-m\" ];"));
	CU_ASSERT_EQUAL(attach(1), GTPC_CAUSE_DENIED_IN_RAT);
	request.create_session_req.rat_type = GTPC_RAT_NB_IOT;
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_ACCEPTED);
	request.create_session_req.rat_type = GTPC_RAT_LTE_M;
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// ---- Clause 13.

static uint64_t
stamp(int64_t ago_ms)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)((now.tv_sec + 2208988800LL) * 1000 + now.tv_nsec / 1000000 - ago_ms);
}

static uint8_t
attach_at(int64_t ago_ms, uint64_t max_wait_ms)
{
	rig_create(&rig, &request, "262010000000001");
	request.create_session_req.has_origination_time = true;
	request.create_session_req.origination_time = stamp(ago_ms);
	request.create_session_req.has_max_wait_ms = max_wait_ms > 0;
	request.create_session_req.max_wait_ms = max_wait_ms;
	return ask();
}

// TS 29.274 13.2, 13.3
static void
late_requests_are_refused_where_clocks_are_trusted(void)
{
	rig_open(&rig, GATEWAY APN("") PEER("late_requests = true;"));
	CU_ASSERT_EQUAL(attach_at(60000, 5000), GTPC_CAUSE_TIMED_OUT);
	CU_ASSERT_EQUAL(attach_at(10000, 60000), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach_at(20000, 60000), GTPC_CAUSE_LATE_OVERLAPPING);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(attach_at(20000, 0), GTPC_CAUSE_LATE_OVERLAPPING);
	CU_ASSERT_EQUAL(attach_at(5000, 60000), GTPC_CAUSE_ACCEPTED); // newer: replaces
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_replaced, 1);
	CU_ASSERT_EQUAL(attach(1), GTPC_CAUSE_ACCEPTED); // without a stamp
	rig_close(&rig);
}

// TS 29.274 13.2, 13.3: off where the peer isn't said to have a clock, and for a clock that is wrong
static void
time_stamps_count_for_nothing_elsewhere(void)
{
	rig_open(&rig, GATEWAY APN("") PEER(""));
	CU_ASSERT_EQUAL(attach_at(60000, 5000), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(attach_at(90000, 5000), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
	rig_open(&rig, GATEWAY APN("") PEER("late_requests = true;"));
	CU_ASSERT_EQUAL(attach_at(-7200000, 1), GTPC_CAUSE_ACCEPTED); // of two hours ahead
	rig_close(&rig);
}

// ---- Emergencies.

static uint8_t
attach_by_mei(const char *mei)
{
	rig_create(&rig, &request, "262010000000001");
	request.create_session_req.has_imsi = false;
	request.create_session_req.has_mei = true;
	snprintf(request.create_session_req.mei.text, 17, "%s", mei);
	return ask();
}

// TS 29.274 7.2.1
static void
a_device_without_a_sim_is_known_by_its_imei(void)
{
	uint32_t first;

	rig_open(&rig, GATEWAY APN("emergency = true;"));
	CU_ASSERT_EQUAL(attach_by_mei("3569380356438091"), GTPC_CAUSE_ACCEPTED);
	first = answer.create_session_rsp.pgw.teid;
	CU_ASSERT_PTR_NOT_NULL(session_find_imsi(rig.pgw->sessions, "E35693803564380", NULL));
	// Another software version of the same device: a new session in the old one's place.
	CU_ASSERT_EQUAL(attach_by_mei("3569380356438099"), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_NOT_EQUAL(answer.create_session_rsp.pgw.teid, first);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(attach_by_mei("3569380356438191"), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	rig_close(&rig);
}

// TS 29.274 7.3.14
static void
a_device_without_a_sim_is_found_by_its_imei(void)
{
	struct change_notification_req *req = &request.change_notification_req;

	rig_open(&rig, GATEWAY APN("emergency = true;"));
	CU_ASSERT_EQUAL(attach_by_mei("3569380356438091"), GTPC_CAUSE_ACCEPTED);
	gtpc_message_init(&request, GTPC_MSG_CHANGE_NOTIFICATION_REQ, 0, 0);
	req->rat_type = GTPC_RAT_EUTRAN;
	req->has_mei = true;
	snprintf(req->mei.text, 17, "3569380356438091");
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.change_notification_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_STRING_EQUAL(answer.change_notification_rsp.mei.text, "3569380356438091");
	request.header.sequence = 0;
	snprintf(req->mei.text, 17, "3569380356438791");
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.change_notification_rsp.cause.value, GTPC_CAUSE_IMSI_NOT_KNOWN);
	rig_close(&rig);
}

// TS 29.274 7.2.1: a SIM that nobody has authenticated (UIMSI) doesn't count
static void
an_unauthenticated_sim_is_served_for_emergencies_alone(void)
{
	rig_open(&rig, GATEWAY APN(""));
	CU_ASSERT_EQUAL(attach_by_mei("3569380356438091"), GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.ie_type, GTPC_IE_IMSI);
	rig_create(&rig, &request, "262010000000001");
	request.create_session_req.has_indication = true;
	gtpc_indication_set(&request.create_session_req.indication, GTPC_IND_UIMSI);
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_APN_ACCESS_DENIED);
	rig_close(&rig);
	rig_open(&rig, GATEWAY APN("emergency = true;"));
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.ie_type, GTPC_IE_MEI);
	request.create_session_req.has_mei = true;
	snprintf(request.create_session_req.mei.text, 17, "356938035643809");
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_PTR_NULL(session_find_imsi(rig.pgw->sessions, "262010000000001", NULL));
	rig_close(&rig);
}

// TS 29.274 7.7.8, 8.22
static void
an_f_teid_without_a_teid_is_incorrect(void)
{
	rig_open(&rig, NULL);
	rig_create(&rig, &request, "262010000000001");
	request.create_session_req.sender.teid = 0;
	CU_ASSERT_EQUAL(ask(), GTPC_CAUSE_MANDATORY_IE_INCORRECT);
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.ie_type, GTPC_IE_FTEID);
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.ie_instance, 0);
	CU_ASSERT_EQUAL(attach(1), GTPC_CAUSE_ACCEPTED);
	gtpc_message_init(
		&request, GTPC_MSG_MODIFY_BEARER_REQ, answer.create_session_rsp.pgw.teid, 0);
	request.modify_bearer_req.has_sender = true;
	request.modify_bearer_req.sender =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0, &rig.path.peer.addr);
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_MANDATORY_IE_INCORRECT);
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.flags & GTPC_CAUSE_FLAG_BCE, 0);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_sim_that_asks_too_often_is_refused_and_no_other),
	UNIT_CASE(a_full_apn_sends_devices_away_for_a_while),
	UNIT_CASE(no_back_off_time_comes_with_another_cause),
	UNIT_CASE(devices_with_low_access_priority_are_turned_away_first),
	UNIT_CASE(an_apn_serves_so_many_in_a_second),
	UNIT_CASE(an_apn_may_be_for_some_radio_access_alone),
	UNIT_CASE(late_requests_are_refused_where_clocks_are_trusted),
	UNIT_CASE(time_stamps_count_for_nothing_elsewhere),
	UNIT_CASE(a_device_without_a_sim_is_known_by_its_imei),
	UNIT_CASE(a_device_without_a_sim_is_found_by_its_imei),
	UNIT_CASE(an_unauthenticated_sim_is_served_for_emergencies_alone),
	UNIT_CASE(an_f_teid_without_a_teid_is_incorrect),
};

UNIT_MAIN("control/admission", cases)
