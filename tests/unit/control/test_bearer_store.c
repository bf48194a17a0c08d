// SPDX-License-Identifier: BSD-3-Clause
// Dedicated bearers over restarts of control and dataplane, moves of their SGW, and Error Indications.
#include "control/session/bearer_sync.h"
#include "control/session/delete_bearer.h"
#include "control/session/lifecycle.h"
#include "tests/unit/control/bearer_rig.h"
#include "tests/unit/control/records.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

#define VOICE "udp remote 10.20.0.5/32 port 5004-5010"

static struct rig rig;
static struct session *session;
static struct gtpc_message commanded, asked, answer;
static uint8_t tad_bytes[TFT_BYTES_MAX];

static void
open_attached(void)
{
	rig_open(&rig, NULL);
	session = bearer_rig_attach(&rig);
}

// Also with a bearer that 10 bytes went up by and 20 down.
static struct dedicated *
open_with_used_bearer(void)
{
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	fake_use_bearer(rig.fake, b->slot, 10, 20);
	return b;
}

static void
restart_control(void)
{
	uint32_t teid = session->teid;

	rig_restart_control(&rig);
	session = session_find_teid(rig.pgw->sessions, teid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(session);
	bearer_rig_settle(&rig, session);
}

static void
a_restart_of_control_keeps_bearers(void)
{
	struct bearer before;
	struct dp_bearers put;
	struct dedicated *b;
	uint32_t teid;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	before = b->is;
	teid = b->teid;
	restart_control();
	b = bearer_find_ebi(rig.pgw->bearers, session, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(b->teid, teid);
	CU_ASSERT_EQUAL(b->is.charging_id, before.charging_id);
	CU_ASSERT_EQUAL(b->is.peer_teid, before.peer_teid);
	CU_ASSERT_EQUAL(b->is.qci, 1);
	CU_ASSERT_TRUE(b->is.can_preempt);
	CU_ASSERT_EQUAL(b->rates.dl_mbr_kbps, 200);
	CU_ASSERT_PTR_EQUAL(
		bearer_find_tunnel(rig.pgw->bearers, &before.peer, before.peer_teid), b);
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.n_filters, 1);
	CU_ASSERT_EQUAL(put.filter[0].remote_port_max, 5010);
	rig_close(&rig);
}

static void
what_was_deleted_isnt_there_after_a_restart(void)
{
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	bearer_drop(rig.pgw, session, b, BEARER_END_CLEARED);
	bearer_rig_settle(&rig, session);
	restart_control();
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	rig_close(&rig);
}

static bool
is_gone(struct rig *r)
{
	return dpclient_state(r->pgw->dp) != DPCLIENT_READY;
}

static bool
is_back(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_READY && !r->pgw->sync.is_replaying;
}

// What the dataplane was asked meanwhile it does after control's end.
static void
restart_before_the_dataplane_answers(void)
{
	rig_stop_control(&rig);
	fake_hold(rig.fake, false);
	rig_start_control(&rig);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_back));
	session = session_find_imsi(rig.pgw->sessions, BEARER_IMSI, NULL);
}

#define RECORDS_MAX 16

static struct usage_record records[RECORDS_MAX];

// How many records of that kind there are; the last of them in *found.
static unsigned int
records_of(const char *kind, struct usage_record *found)
{
	uint32_t n = records_read(&rig, records, RECORDS_MAX);
	unsigned int count = 0;

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(records[i].record, kind) == 0) {
			*found = records[i];
			count++;
		}
	return count;
}

// ---- Requests that are under way when control ends.

static uint8_t wanted_type;

static bool
has_left(struct rig *r)
{
	return r->n_sent > 0 && r->sent[0].bytes[1] == wanted_type;
}

// The next datagram, which must be of that type.
static struct rig_datagram
take_octets(uint8_t type)
{
	struct rig_datagram d;

	wanted_type = type;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, has_left));
	d = rig.sent[0];
	CU_ASSERT_TRUE_FATAL(rig_take_type(&rig, type, &asked));
	return d;
}

static void
expect_octets(const struct rig_datagram *before)
{
	struct rig_datagram now = take_octets(before->bytes[1]);

	CU_ASSERT_EQUAL_FATAL(now.n, before->n);
	CU_ASSERT_EQUAL(memcmp(now.bytes, before->bytes, now.n), 0);
	CU_ASSERT_TRUE(gtpc_addr_equal(&now.path.peer.addr, &before->path.peer.addr));
	CU_ASSERT_EQUAL(now.path.peer.port, before->path.peer.port);
}

// Nothing of what is over comes again after a further restart.
static void
expect_rest(unsigned int n_bearers)
{
	bearer_rig_settle(&rig, session);
	restart_control();
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), n_bearers);
	CU_ASSERT_TRUE(LIST_EMPTY(&rig.pgw->bearer_jobs));
}

// An SGW that has made it already repeats its answer to the same octets: TS 29.274 7.6.
static void
a_create_bearer_request_is_repeated_octet_by_octet(void)
{
	struct bearer_spec specs[2] = { bearer_rig_spec(VOICE),
		bearer_rig_spec("tcp remote-port 80") };
	struct rig_datagram before;

	open_attached();
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, specs, 2, NULL), 0);
	before = take_octets(GTPC_MSG_CREATE_BEARER_REQ);
	restart_control();
	expect_octets(&before);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 6));
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 7));
	expect_rest(2);
	rig_close(&rig);
}

static void
an_update_bearer_request_is_repeated_octet_by_octet(void)
{
	struct bearer_change change = { .has_qos = true, .qci = 2, .priority_level = 4 };
	struct rig_datagram before;
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	change.rates = (struct bearer_rates){ 300, 400, 30, 40 };
	CU_ASSERT_EQUAL(bearer_update(rig.pgw, session, b, &change, NULL), 0);
	before = take_octets(GTPC_MSG_UPDATE_BEARER_REQ);
	restart_control();
	expect_octets(&before);
	b = bearer_find_ebi(rig.pgw->bearers, session, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(b->is.qci, 1);
	CU_ASSERT_EQUAL(bearer_update(rig.pgw, session, b, &change, NULL), -EBUSY);
	bearer_rig_send_updated(&rig, session, &asked, 6, GTPC_CAUSE_ACCEPTED);
	expect_rest(1);
	b = bearer_find_ebi(rig.pgw->bearers, session, 6);
	CU_ASSERT_EQUAL(b->is.qci, 2);
	CU_ASSERT_EQUAL(b->rates.dl_mbr_kbps, 400);
	rig_close(&rig);
}

static void
a_delete_bearer_request_is_repeated_octet_by_octet(void)
{
	struct rig_datagram before;
	struct usage_record stop;
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	CU_ASSERT_EQUAL(
		bearers_delete(rig.pgw, session, &b, 1, BEARER_END_ERROR_INDICATION, NULL), 0);
	before = take_octets(GTPC_MSG_DELETE_BEARER_REQ);
	restart_control();
	expect_octets(&before);
	bearer_rig_send_deleted(&rig, session, &asked, GTPC_CAUSE_ACCEPTED);
	rig_settle(&rig);
	expect_rest(0);
	CU_ASSERT_EQUAL(records_of("bearer-stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "error-indication");
	rig_close(&rig);
}

// The SGW has deleted it, or will: either way it ends here too.
static void
the_end_of_a_session_that_its_sgw_was_told_of_goes_on(void)
{
	struct usage_record stop;

	open_attached();
	CU_ASSERT_EQUAL(delete_bearer_begin(rig.pgw, session, SESSION_END_CLEARED,
				GTPC_CAUSE_REACTIVATION_REQUESTED),
		0);
	take_octets(GTPC_MSG_DELETE_BEARER_REQ);
	restart_control();
	take_octets(GTPC_MSG_DELETE_BEARER_REQ);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.lbi, 5);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.cause.value, GTPC_CAUSE_REACTIVATION_REQUESTED);
	gtpc_message_init(&answer, GTPC_MSG_DELETE_BEARER_RSP, 0, asked.header.sequence);
	answer.delete_bearer_rsp.cause.value = GTPC_CAUSE_CONTEXT_NOT_FOUND;
	rig_send(&rig, &answer);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	CU_ASSERT_EQUAL(records_of("stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "cleared");
	rig_close(&rig);
}

static void
command(uint8_t type)
{
	gtpc_message_init(&commanded, type, session->teid, ++rig.sequence | GTPC_SEQUENCE_COMMAND);
}

// The reply of before, and only the gateway's own repetition of it beside. TS 29.274 7.6
static void
a_repeated_command_gets_its_reply_after_a_restart(void)
{
	struct rig_datagram before;

	open_attached();
	command(GTPC_MSG_MODIFY_BEARER_CMD);
	commanded.modify_bearer_cmd.ambr = (struct gtpc_ambr){ 1000, 2000 };
	commanded.modify_bearer_cmd.bearer.ebi = 5;
	rig.path.peer.port = 3000; // the reply goes to 2123 all the same
	rig_send(&rig, &commanded);
	before = take_octets(GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_EQUAL(before.path.peer.port, 2123);
	restart_control();
	expect_octets(&before);
	rig_send(&rig, &commanded);
	expect_octets(&before);
	bearer_rig_send_updated(&rig, session, &asked, 5, GTPC_CAUSE_ACCEPTED);
	expect_rest(0);
	CU_ASSERT_EQUAL(session->ul_kbps, 1000);
	rig_send(&rig, &commanded); // its procedure is over, and it still has its reply
	expect_octets(&before);
	CU_ASSERT_TRUE(LIST_EMPTY(&rig.pgw->bearer_jobs));
	rig_close(&rig);
}

static void
ask_as_a_device(void)
{
	struct bearer_resource_cmd *cmd = &commanded.bearer_resource_cmd;
	struct bearer_spec spec = bearer_rig_spec(VOICE);
	struct tft tft = { .operation = TFT_CREATE, .n_filters = 1, .filter = { spec.filter[0] } };
	ssize_t n = tft_encode(&tft, tad_bytes, sizeof(tad_bytes));

	command(GTPC_MSG_BEARER_RESOURCE_CMD);
	cmd->lbi = 5;
	cmd->pti = 3;
	cmd->has_tad = cmd->has_flow_qos = true;
	cmd->tad = (struct gtpc_octets){ tad_bytes, (uint16_t)n };
	cmd->flow_qos = (struct gtpc_qos){ .qci = 7 };
	rig_send(&rig, &commanded);
}

// The SGW may have made it: it is neither forgotten here nor made twice.
static void
a_bearer_that_a_device_has_asked_for_is_there_once(void)
{
	struct rig_datagram before;

	open_attached();
	ask_as_a_device();
	before = take_octets(GTPC_MSG_CREATE_BEARER_REQ);
	restart_control();
	expect_octets(&before);
	rig_send(&rig, &commanded);
	expect_octets(&before);
	CU_ASSERT_EQUAL(asked.create_bearer_req.pti, 3);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	expect_rest(1);
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 6));
	rig_close(&rig);
}

// Its session ends while nobody is there: nothing is left of it.
static void
a_request_of_a_session_that_doesnt_come_back_is_forgotten(void)
{
	struct bearer_spec spec = bearer_rig_spec(VOICE);
	struct store_counts n;

	rig_open(&rig, NULL);
	rig.recovery = 7;
	session = bearer_rig_attach(&rig);
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	take_octets(GTPC_MSG_CREATE_BEARER_REQ);
	rig.recovery = 8; // the SGW restarted: its first session is to be cleared
	rig_attach(&rig, "001010000000002");
	rig_restart_control(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	store_count(rig.store, &n);
	CU_ASSERT_EQUAL(n.rows[STORE_REQUESTS], 0);
	CU_ASSERT_EQUAL(n.rows[STORE_BEARERS], 0);
	rig_close(&rig);
}

// One whose request hasn't left yet, since the dataplane hasn't it yet: asked for afterwards.
static void
a_bearer_that_was_still_to_be_asked_for_is_asked_for_once(void)
{
	struct bearer_spec spec = bearer_rig_spec(VOICE);

	open_attached();
	fake_hold(rig.fake, true);
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	bearer_touch(rig.pgw, bearer_first(rig.pgw->bearers, session)); // as a new dataplane does
	rig_run(&rig, 10);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	restart_before_the_dataplane_answers();
	take_octets(GTPC_MSG_CREATE_BEARER_REQ);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	expect_rest(1);
	rig_close(&rig);
}

// Its Command is repeated, and would make a second one.
static void
what_a_device_asked_for_that_hasnt_left_is_left_to_its_command(void)
{
	struct dp_bearers put;

	open_attached();
	fake_hold(rig.fake, true);
	ask_as_a_device();
	bearer_touch(rig.pgw, bearer_first(rig.pgw->bearers, session)); // as a new dataplane does
	rig_run(&rig, 10);
	restart_before_the_dataplane_answers();
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	CU_ASSERT_FALSE(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	rig_send(&rig, &commanded);
	take_octets(GTPC_MSG_CREATE_BEARER_REQ);
	rig_close(&rig);
}

// What bearers have used counts for their session, over restarts of the dataplane and their own end.
static void
a_new_dataplane_gets_bearers_and_usage_goes_on(void)
{
	struct session_usage ul, dl;
	struct dp_bearers put;
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	fake_use(rig.fake, session->slot, 1000, 0);
	fake_use_bearer(rig.fake, b->slot, 10, 20);
	fake_stop(rig.fake);
	CU_ASSERT_TRUE(rig_wait(&rig, is_gone));
	rig.fake = fake_start(&(struct fake_config){ .run_dir = rig.dir });
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_back));
	bearer_rig_settle(&rig, session);
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.bearer[0].teid, b->teid);
	fake_use_bearer(rig.fake, b->slot, 100, 200);
	session_usage_now(rig.pgw, session, &ul, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 1110);
	CU_ASSERT_EQUAL(dl.bytes, 220);
	bearer_drop(rig.pgw, session, b, BEARER_END_CLEARED);
	bearer_rig_settle(&rig, session);
	session_usage_now(rig.pgw, session, &ul, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 1110);
	restart_control();
	session_usage_now(rig.pgw, session, &ul, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 1110);
	CU_ASSERT_EQUAL(dl.bytes, 220);
	rig_close(&rig);
}

// ---- Session log and usage records.

static void
a_bearer_has_lines_of_its_own(void)
{
	struct usage_record start, stop;
	struct dedicated *b;
	uint32_t charging_id;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	charging_id = b->is.charging_id;
	CU_ASSERT_EQUAL(records_of("bearer-start", &start), 1);
	CU_ASSERT_EQUAL(start.charging_id, charging_id);
	CU_ASSERT_PTR_NOT_NULL(strstr(start.line, "\"ebi\":6,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(start.line, "\"linked_ebi\":5,"));
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"bearer-start\"", BEARER_IMSI,
				"\"mbr_dl_kbps\":200", "\"filters\":[\"both " VOICE "\"]}", NULL),
		1);
	b->is.qci = 2;
	bearer_touch(rig.pgw, b);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(session_log_count(
				&rig, "\"event\":\"bearer-change\"", "\"changed\":[\"qos\"]", NULL),
		1);
	fake_use_bearer(rig.fake, b->slot, 10, 20);
	bearer_drop(rig.pgw, session, b, BEARER_END_CLEARED);
	CU_ASSERT_EQUAL(records_of("bearer-stop", &stop), 0); // the dataplane may still count
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(records_of("bearer-stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "cleared");
	CU_ASSERT_EQUAL(stop.charging_id, charging_id);
	CU_ASSERT_EQUAL(stop.ul_bytes, 10);
	CU_ASSERT_EQUAL(stop.dl_bytes, 20);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"bearer-end\"",
				"\"reason\":\"cleared\"", "\"dl_bytes\":20", NULL),
		1);
	rig_close(&rig);
}

static void
a_bearer_that_the_sgw_refuses_has_no_line(void)
{
	struct bearer_spec spec = bearer_rig_spec(VOICE);

	open_attached();
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	answer.create_bearer_rsp.cause.value = GTPC_CAUSE_NO_RESOURCES;
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	CU_ASSERT_EQUAL(records_read(&rig, records, RECORDS_MAX), 1); // the session's
	CU_ASSERT_EQUAL(session_log_count(&rig, NULL), 1);
	rig_close(&rig);
}

// The bearer's stop, then the session's, in which its volume is as well.
static void
the_end_of_a_session_tells_its_bearers(void)
{
	struct usage_record stop;

	open_with_used_bearer();
	fake_use(rig.fake, session->slot, 1000, 2000);
	rig_delete(&rig, &asked, session->teid);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	CU_ASSERT_EQUAL(records_of("bearer-stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "session");
	CU_ASSERT_EQUAL(stop.ul_bytes, 10);
	CU_ASSERT_EQUAL(stop.sequence, 3);
	CU_ASSERT_EQUAL(records_of("stop", &stop), 1);
	CU_ASSERT_EQUAL(stop.ul_bytes, 1010);
	CU_ASSERT_EQUAL(stop.dl_bytes, 2020);
	rig_close(&rig);
}

// Control ends while the dataplane hasn't let go of what has ended: once told, with all that was used.
static void
a_bearer_that_was_ending_is_told_once_after_a_restart(void)
{
	struct usage_record stop;
	struct dedicated *b;
	uint32_t slot;

	b = open_with_used_bearer();
	slot = b->slot;
	fake_hold(rig.fake, true);
	bearer_drop(rig.pgw, session, b, BEARER_END_UNLISTED);
	rig_run(&rig, 10);
	fake_use_bearer(rig.fake, slot, 100, 200); // its last packets
	restart_before_the_dataplane_answers();
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(records_of("bearer-stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "unlisted");
	CU_ASSERT_EQUAL(stop.ul_bytes, 110);
	CU_ASSERT_EQUAL(stop.dl_bytes, 220);
	CU_ASSERT_EQUAL(records_of("bearer-start", &stop), 1);
	CU_ASSERT_EQUAL(session_log_count(&rig, "\"event\":\"bearer-end\"", NULL), 1);
	rig_close(&rig);
}

static void
bearers_of_a_session_that_was_ending_are_told_once_after_a_restart(void)
{
	struct usage_record stop;

	open_with_used_bearer();
	fake_hold(rig.fake, true);
	session_close(rig.pgw, session, SESSION_END_CLEARED, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	rig_run(&rig, 10);
	restart_before_the_dataplane_answers();
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(records_of("bearer-stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "session");
	CU_ASSERT_EQUAL(stop.ul_bytes, 10);
	CU_ASSERT_EQUAL(records_of("stop", &stop), 1);
	CU_ASSERT_STRING_EQUAL(stop.reason, "cleared");
	CU_ASSERT_EQUAL(stop.ul_bytes, 10);
	rig_close(&rig);
}

static void
interim_records_have_one_for_each_bearer(void)
{
	struct usage_record interim;

	open_with_used_bearer();
	session->recorded_s -= rig.config.records.interim_s + 1;
	record_look(rig.pgw, session, pgw_now_ms());
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(records_of("bearer-interim", &interim), 1);
	CU_ASSERT_STRING_EQUAL(interim.reason, "interval");
	CU_ASSERT_EQUAL(interim.dl_bytes, 20);
	CU_ASSERT_EQUAL(records_of("interim", &interim), 1);
	CU_ASSERT_EQUAL(interim.dl_bytes, 20);
	rig_close(&rig);
}

// ---- Modify Bearer Request with several bearers: TS 29.274 7.2.7, clause 14.

static void
modify(struct gtpc_message *m, uint8_t n)
{
	gtpc_message_init(m, GTPC_MSG_MODIFY_BEARER_REQ, session->teid, 0);
	m->modify_bearer_req.n_bearers = n;
	for (uint8_t i = 0; i < n; i++) {
		struct bearer_to_modify *b = &m->modify_bearer_req.bearers[i];

		b->ebi = (uint8_t)(5 + i);
		b->has_sgw_u = true;
		b->sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, 0x9000u + i, &rig.path.peer.addr);
	}
}

static void
a_move_takes_all_tunnels_along(void)
{
	struct dp_bearers put;
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	rig.path.peer.addr.bytes[3] = 77;
	modify(&asked, 2);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.n_bearers, 2);
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.bearers[1].cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.bearer[0].peer_teid, 0x9001);
	CU_ASSERT_EQUAL(put.bearer[0].peer.bytes[3], 77);
	CU_ASSERT_TRUE(put.bearer[0].flags & DP_BEARER_END_MARKER);
	CU_ASSERT_PTR_EQUAL(bearer_find_tunnel(rig.pgw->bearers, &rig.path.peer.addr, 0x9001), b);
	rig_close(&rig);
}

// TS 29.274 14: bearers that the gateway and the SGW don't both have
static void
bearers_that_dont_match(void)
{
	struct dp_bearers put;

	open_attached();
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	modify(&asked, 3); // 7 is nobody's
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_ACCEPTED_PARTIALLY);
	CU_ASSERT_EQUAL(
		answer.modify_bearer_rsp.bearers[2].cause.value, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 1);
	modify(&asked, 1); // 6 isn't listed: it is no longer there
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	CU_ASSERT_FALSE(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(rig.n_sent, 0); // the SGW knows
	rig_close(&rig);
}

// TS 29.274 7.2.1: an attach under a dedicated bearer's EBI ends that bearer alone
static void
an_attach_may_take_a_dedicated_bearers_ebi(void)
{
	open_attached();
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	rig_create(&rig, &asked, BEARER_IMSI);
	asked.create_session_req.bearers[0].ebi = 6;
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	rig_close(&rig);
}

// TS 29.274 7.4.1: a suspended device keeps its guaranteed bearers
static void
a_suspension_closes_bearers_without_a_guarantee(void)
{
	struct dp_bearers put;
	struct dedicated *b;

	open_attached();
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	b = bearer_rig_have(&rig, session, "tcp remote-port 80", 7);
	b->is.qci = 7;
	gtpc_message_init(&asked, GTPC_MSG_SUSPEND_NOTIFICATION, session->teid, 0);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_FALSE(put.bearer[0].flags & DP_BEARER_DL_CLOSED);
	CU_ASSERT_TRUE(put.bearer[1].flags & DP_BEARER_DL_CLOSED);
	CU_ASSERT_FALSE(put.bearer[1].flags & DP_BEARER_UL_CLOSED);
	rig_close(&rig);
}

// TS 23.007 21: a dedicated bearer alone is asked to end
static void
an_error_indication_ends_the_bearer_that_it_is_about(void)
{
	struct dp_error_indication e = { 0 };
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	memcpy(&e.peer, &b->is.peer, sizeof(e.peer));
	e.source = e.peer;
	e.teid = b->is.peer_teid;
	fake_error_indication(rig.fake, &e);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_FALSE(asked.delete_bearer_req.has_lbi);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.ebis[0], 6);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_restart_of_control_keeps_bearers),
	UNIT_CASE(what_was_deleted_isnt_there_after_a_restart),
	UNIT_CASE(a_create_bearer_request_is_repeated_octet_by_octet),
	UNIT_CASE(an_update_bearer_request_is_repeated_octet_by_octet),
	UNIT_CASE(a_delete_bearer_request_is_repeated_octet_by_octet),
	UNIT_CASE(the_end_of_a_session_that_its_sgw_was_told_of_goes_on),
	UNIT_CASE(a_repeated_command_gets_its_reply_after_a_restart),
	UNIT_CASE(a_bearer_that_a_device_has_asked_for_is_there_once),
	UNIT_CASE(a_request_of_a_session_that_doesnt_come_back_is_forgotten),
	UNIT_CASE(a_bearer_that_was_still_to_be_asked_for_is_asked_for_once),
	UNIT_CASE(what_a_device_asked_for_that_hasnt_left_is_left_to_its_command),
	UNIT_CASE(a_new_dataplane_gets_bearers_and_usage_goes_on),
	UNIT_CASE(a_bearer_has_lines_of_its_own),
	UNIT_CASE(a_bearer_that_the_sgw_refuses_has_no_line),
	UNIT_CASE(the_end_of_a_session_tells_its_bearers),
	UNIT_CASE(a_bearer_that_was_ending_is_told_once_after_a_restart),
	UNIT_CASE(bearers_of_a_session_that_was_ending_are_told_once_after_a_restart),
	UNIT_CASE(interim_records_have_one_for_each_bearer),
	UNIT_CASE(a_move_takes_all_tunnels_along),
	UNIT_CASE(bearers_that_dont_match),
	UNIT_CASE(an_attach_may_take_a_dedicated_bearers_ebi),
	UNIT_CASE(a_suspension_closes_bearers_without_a_guarantee),
	UNIT_CASE(an_error_indication_ends_the_bearer_that_it_is_about),
};

UNIT_MAIN("control/bearer_store", cases)
