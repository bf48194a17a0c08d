// SPDX-License-Identifier: BSD-3-Clause
// Session log and usage records: one start and one stop for each session that was answered, whatever
// ends or dies, and nothing that was used is lost or told twice.
#include "control/journal.h"
#include "control/session/lifecycle.h"
#include "control/session/record_line.h"
#include "tests/unit/control/records.h"
#include "tests/unit/cunit_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define IMSI "001010000000001"
#define RECORDS_MAX 64

static const char quick[] = "gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"200ms\"; n3 = 2;\n"
			    "        transactions_max = 4000; peers_max = 64; };\n"
			    "pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
			    "apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n"
			    "records: { interim = \"1s\"; store_usage = \"1s\"; };\n";

static struct rig rig;
static struct gtpc_message request, answer;
static struct usage_record records[RECORDS_MAX];
static uint32_t wanted;

static struct session *
session(void)
{
	struct session *s = session_find_imsi(rig.pgw->sessions, IMSI, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return s;
}

static uint32_t
read_records(void)
{
	return records_read(&rig, records, RECORDS_MAX);
}

static bool
has_wanted(struct rig *r)
{
	return read_records() >= wanted;
}

static void
wait_for_records(uint32_t n)
{
	wanted = n;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, has_wanted));
	CU_ASSERT_EQUAL(read_records(), n);
}

static void
detach(void)
{
	rig_delete(&rig, &request, session()->teid);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
}

static bool
is_serving(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_READY && !r->pgw->sync.is_replaying;
}

static void
a_session_has_a_start_and_a_stop(void)
{
	rig_open(&rig, NULL);
	rig_create(&rig, &request, IMSI);
	request.create_session_req.has_msisdn = true;
	snprintf(request.create_session_req.msisdn.text, 17, "491700000001");
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(read_records(), 1); // before the answer left
	CU_ASSERT_STRING_EQUAL(records[0].record, "start");
	CU_ASSERT_STRING_EQUAL(records[0].imsi, IMSI);
	CU_ASSERT_EQUAL(records[0].charging_id, answer.create_session_rsp.bearers[0].charging_id);
	for (const char *const *part = (const char *const[]){ "\"msisdn\":\"491700000001\"",
		     "\"apn\":\"internet\"", "\"ipv4\":\"100.64.", "\"serving_plmn\":\"",
		     "\"rat\":\"E-UTRAN\"", "\"sgw\":\"10.10.0.2\"", NULL };
		*part; part++)
		CU_ASSERT_PTR_NOT_NULL(strstr(records[0].line, *part));
	fake_use(rig.fake, session()->slot, 100, 200);
	detach();
	CU_ASSERT_EQUAL(read_records(), 2);
	CU_ASSERT_STRING_EQUAL(records[1].record, "stop");
	CU_ASSERT_STRING_EQUAL(records[1].reason, "deleted");
	CU_ASSERT_EQUAL(records[1].charging_id, records[0].charging_id);
	CU_ASSERT_EQUAL(records[1].ul_bytes, 100);
	CU_ASSERT_EQUAL(records[1].dl_bytes, 200);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"start\"", IMSI, NULL), 1);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"end\"", "\"reason\":\"deleted\"",
				"\"ul_bytes\":100", NULL),
		1);
	rig_close(&rig);
}

static void
a_refused_session_has_no_record(void)
{
	rig_open(&rig, NULL);
	fake_refuse_puts(rig.fake, -28, 1);
	rig_create(&rig, &request, IMSI);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_FALSE(gtpc_cause_is_accepted(answer.create_session_rsp.cause.value));
	rig_settle(&rig);
	CU_ASSERT_EQUAL(read_records(), 0);
	CU_ASSERT_EQUAL(session_log_count(&rig, NULL), 0);
	rig_close(&rig);
}

static void
modify(uint8_t rat, bool is_to_other_tunnel)
{
	struct modify_bearer_req *req = &request.modify_bearer_req;

	gtpc_message_init(&request, GTPC_MSG_MODIFY_BEARER_REQ, session()->teid, 0);
	req->has_rat_type = true;
	req->rat_type = rat;
	if (is_to_other_tunnel) {
		req->n_bearers = 1;
		req->bearers[0].ebi = 5;
		req->bearers[0].has_sgw_u = true;
		req->bearers[0].sgw_u =
			gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, rig.next_teid++, &rig.path.peer.addr);
	}
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
}

static void
a_change_is_told_once_and_says_of_what(void)
{
	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	modify(GTPC_RAT_EUTRAN, false); // as before
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"change\"", NULL), 0);
	modify(GTPC_RAT_EUTRAN, true);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"changed\":[\"tunnel\"]", NULL), 1);
	CU_ASSERT_EQUAL(read_records(), 1); // no matter of charging
	modify(GTPC_RAT_NB_IOT, false);
	CU_ASSERT_EQUAL(
		session_log_count(&rig, "\"changed\":[\"access\"]", "\"rat\":\"NB-IoT\"", NULL), 1);
	CU_ASSERT_EQUAL(read_records(), 2);
	CU_ASSERT_STRING_EQUAL(records[1].record, "interim");
	CU_ASSERT_STRING_EQUAL(records[1].reason, "change");
	rig_restart_control(&rig);
	modify(GTPC_RAT_NB_IOT, false);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"change\"", NULL), 2);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"start\"", NULL), 1);
	rig_close(&rig);
}

static void
interim_records_come_while_something_is_used(void)
{
	rig_open(&rig, quick);
	rig_attach(&rig, IMSI);
	fake_use(rig.fake, session()->slot, 100, 200);
	session()->sample.at_ms -= 5000; // its turn to be looked at
	session()->recorded_s -= 2;
	wait_for_records(2);
	CU_ASSERT_STRING_EQUAL(records[1].record, "interim");
	CU_ASSERT_STRING_EQUAL(records[1].reason, "interval");
	CU_ASSERT_EQUAL(records[1].ul_bytes, 100);
	session()->sample.at_ms -= 5000;
	session()->recorded_s -= 2;
	rig_run(&rig, 1200); // idle since
	CU_ASSERT_EQUAL(read_records(), 2);
	rig_close(&rig);
}

static bool
is_usage_stored(struct rig *r)
{
	return session()->stored_packets > 0;
}

// Without any message of the SGW in between.
static void
usage_is_stored_now_and_then_for_the_end_of_both(void)
{
	struct session_usage ul, dl;

	rig_open(&rig, quick);
	rig_attach(&rig, IMSI);
	fake_use(rig.fake, session()->slot, 100, 200);
	session()->sample.at_ms -= 5000;
	session()->stored_s -= 2;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_usage_stored));
	rig_settle(&rig);
	fake_stop(rig.fake); // its file goes with the next one
	rig_stop_control(&rig);
	rig.fake = fake_start(&(struct fake_config){ .run_dir = rig.dir });
	rig_start_control(&rig);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
	session_usage_now(rig.pgw, session(), &ul, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 100);
	CU_ASSERT_EQUAL(dl.bytes, 200);
	rig_close(&rig);
}

// Control ends while the dataplane hasn't yet let go of a session whose end was stored.
static void
a_session_that_was_ending_stops_once_after_a_restart(void)
{
	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	fake_use(rig.fake, session()->slot, 100, 200);
	fake_hold(rig.fake, true);
	session_close(rig.pgw, session(), SESSION_END_CLEARED, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	rig_run(&rig, 10);
	CU_ASSERT_EQUAL(read_records(), 1);
	rig_stop_control(&rig);
	fake_hold(rig.fake, false);
	rig_start_control(&rig);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	wait_for_records(2);
	CU_ASSERT_STRING_EQUAL(records[1].record, "stop");
	CU_ASSERT_STRING_EQUAL(records[1].reason, "cleared");
	CU_ASSERT_EQUAL(records[1].ul_bytes, 100);
	rig_restart_control(&rig);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL(read_records(), 2);
	rig_close(&rig);
}

static void
no_session_of_an_sgw_s_earlier_life_comes_back(void)
{
	rig_open(&rig, NULL);
	rig.recovery = 7;
	rig_attach(&rig, IMSI);
	rig.recovery = 8;
	rig_attach(
		&rig, "001010000000002"); // the SGW restarted: its first session is to be cleared
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2); // which takes a moment
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	CU_ASSERT_PTR_NULL(session_find_imsi(rig.pgw->sessions, IMSI, NULL));
	wait_for_records(3);
	CU_ASSERT_STRING_EQUAL(records[2].reason, "peer-restarted");
	rig_close(&rig);
}

// No file can grow beyond some bytes: answers go out, the records wait in the store, over a restart
// too. The store writes to its map, which is large enough already.
static void
records_wait_in_the_store_for_their_file(void)
{
	struct rlimit before, full;

	rig_open(&rig, NULL);
	rig_attach(&rig, "001010000000002");
	wait_for_records(1);
	signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = before;
	full.rlim_cur = strlen(records[0].line) + 10; // not two records
	// by hand, since the limit is for the store as well
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &full), 0);
	CU_ASSERT_TRUE(journal_append(rig.pgw->records.usage, records[0].line,
			       strlen(records[0].line), 2, pgw_now_ms()) < 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	rig.pgw->records.is_behind = true; // what such a failure leaves
	rig_attach(&rig, IMSI);
	detach();
	CU_ASSERT_EQUAL(read_records(), 1);
	rig_restart_control(&rig);
	rig_attach(&rig, IMSI);
	wait_for_records(4);
	CU_ASSERT_STRING_EQUAL(records[1].record, "start");
	CU_ASSERT_STRING_EQUAL(records[2].record, "stop");
	CU_ASSERT_STRING_EQUAL(records[3].record, "start");
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_session_has_a_start_and_a_stop),
	UNIT_CASE(a_refused_session_has_no_record),
	UNIT_CASE(a_change_is_told_once_and_says_of_what),
	UNIT_CASE(interim_records_come_while_something_is_used),
	UNIT_CASE(usage_is_stored_now_and_then_for_the_end_of_both),
	UNIT_CASE(a_session_that_was_ending_stops_once_after_a_restart),
	UNIT_CASE(no_session_of_an_sgw_s_earlier_life_comes_back),
	UNIT_CASE(records_wait_in_the_store_for_their_file),
};

UNIT_MAIN("control/record", cases)
