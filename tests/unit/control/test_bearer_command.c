// SPDX-License-Identifier: BSD-3-Clause
// Modify Bearer, Delete Bearer and Bearer Resource Command: TS 29.274 7.2.14, 7.2.17, 7.2.5.
#include "tests/unit/control/bearer_rig.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

#define VOICE "udp remote 10.20.0.5/32 port 5004-5010"

static struct rig rig;
static struct session *session;
static struct gtpc_message command, asked, answer;
static uint8_t tad_bytes[TFT_BYTES_MAX];

static void
open_attached(void)
{
	rig_open(&rig, NULL);
	session = bearer_rig_attach(&rig);
}

static void
begin(uint8_t type)
{
	gtpc_message_init(&command, type, session->teid, ++rig.sequence | GTPC_SEQUENCE_COMMAND);
}

// The reply to the Command has its sequence number: TS 29.274 7.6.
static void
send_and_take(uint8_t reply)
{
	rig_send(&rig, &command);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, reply, &asked));
	CU_ASSERT_EQUAL(asked.header.sequence, command.header.sequence);
	CU_ASSERT_EQUAL(asked.header.teid, session->sgw_teid);
}

static bool
is_without_jobs(struct rig *r)
{
	return LIST_EMPTY(&r->pgw->bearer_jobs);
}

static void
respond(uint8_t type, uint8_t ebi)
{
	gtpc_message_init(&answer, type, session->teid, asked.header.sequence);
	gtpc_message_set_cause(&answer, GTPC_CAUSE_ACCEPTED);
	if (type == GTPC_MSG_UPDATE_BEARER_RSP) {
		answer.update_bearer_rsp.n_bearers = 1;
		answer.update_bearer_rsp.bearers[0].ebi = ebi;
		answer.update_bearer_rsp.bearers[0].cause.value = GTPC_CAUSE_ACCEPTED;
	}
	rig_send(&rig, &answer);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_jobs));
	bearer_rig_settle(&rig, session);
}

// ---- Modify Bearer Command.

static void
modify(uint32_t ul_kbps, uint8_t qci)
{
	begin(GTPC_MSG_MODIFY_BEARER_CMD);
	command.modify_bearer_cmd.ambr = (struct gtpc_ambr){ ul_kbps, 2 * ul_kbps };
	command.modify_bearer_cmd.bearer.ebi = 5;
	command.modify_bearer_cmd.bearer.has_qos = true;
	command.modify_bearer_cmd.bearer.qos = (struct gtpc_qos){ .qci = qci, .priority_level = 7 };
}

// TS 29.274 7.2.14.1; TS 23.401 5.4.2.2
static void
a_changed_subscription_is_granted_by_an_update(void)
{
	struct dp_session put;

	open_attached();
	modify(1000, 8);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_EQUAL(asked.update_bearer_req.ambr.ul_kbps, 1000);
	CU_ASSERT_EQUAL(asked.update_bearer_req.ambr.dl_kbps, 2000);
	CU_ASSERT_EQUAL(asked.update_bearer_req.n_bearers, 1);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].ebi, 5);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].qos.qci, 8);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].qos.ul_mbr_kbps, 0);
	CU_ASSERT_EQUAL(session->ul_kbps, 50000); // until the MME has agreed
	respond(GTPC_MSG_UPDATE_BEARER_RSP, 5);
	CU_ASSERT_EQUAL(session->ul_kbps, 1000);
	CU_ASSERT_EQUAL(session->bearer.qci, 8);
	CU_ASSERT_TRUE(fake_find(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.dl_bps, 2000000);
	rig_close(&rig);
}

// TS 29.274 7.6
static void
a_repeated_command_gets_the_same_request_again(void)
{
	uint32_t sequence;

	open_attached();
	modify(1000, 8);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	sequence = asked.header.sequence;
	rig_send(&rig, &command);
	CU_ASSERT_TRUE_FATAL(rig_take_type(&rig, GTPC_MSG_UPDATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.header.sequence, sequence);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	rig_close(&rig);
}

static void
expect_modify_failure(uint8_t cause)
{
	rig_send(&rig, &command);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_MODIFY_BEARER_FAIL, &answer));
	CU_ASSERT_EQUAL(answer.header.sequence, command.header.sequence);
	CU_ASSERT_EQUAL(answer.modify_bearer_fail.cause.value, cause);
}

// TS 29.274 7.2.14.2
static void
a_modify_bearer_command_may_fail(void)
{
	open_attached();
	modify(1000, 8);
	command.modify_bearer_cmd.bearer.ebi = 9; // nobody's
	expect_modify_failure(GTPC_CAUSE_CONTEXT_NOT_FOUND);
	modify(1000, 8);
	command.header.teid++;
	expect_modify_failure(GTPC_CAUSE_CONTEXT_NOT_FOUND);
	// TS 29.274 table 7.2.14.1-1: another SGW
	modify(1000, 8);
	command.modify_bearer_cmd.has_sender = true;
	command.modify_bearer_cmd.sender =
		gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, 0x7777, &rig.path.peer.addr);
	expect_modify_failure(GTPC_CAUSE_INVALID_PEER);
	rig_close(&rig);
}

static void
a_modify_bearer_command_for_a_dedicated_bearer_is_one(void)
{
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	modify(1000, 2);
	command.modify_bearer_cmd.bearer.ebi = 6;
	command.modify_bearer_cmd.bearer.qos.ul_gbr_kbps = 11;
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].ebi, 6);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].qos.ul_gbr_kbps, 11);
	respond(GTPC_MSG_UPDATE_BEARER_RSP, 6);
	CU_ASSERT_EQUAL(b->is.qci, 2);
	CU_ASSERT_EQUAL(session->bearer.qci, 9);
	rig_close(&rig);
}

// ---- Delete Bearer Command.

// TS 29.274 7.2.17.1, 7.2.9.2; TS 23.401 5.4.4.2
static void
a_delete_bearer_command_ends_what_it_names(void)
{
	open_attached();
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, "tcp remote-port 80", 7));
	begin(GTPC_MSG_DELETE_BEARER_CMD);
	command.delete_bearer_cmd.n_bearers = 3;
	command.delete_bearer_cmd.bearers[0].ebi = 6;
	command.delete_bearer_cmd.bearers[1].ebi = 6;
	command.delete_bearer_cmd.bearers[2].ebi = 11; // nobody's
	send_and_take(GTPC_MSG_DELETE_BEARER_REQ);
	CU_ASSERT_FALSE(asked.delete_bearer_req.has_lbi);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.n_ebis, 1);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.ebis[0], 6);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.n_failed, 1);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.failed[0].ebi, 11);
	CU_ASSERT_EQUAL(
		asked.delete_bearer_req.failed[0].cause.value, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	respond(GTPC_MSG_DELETE_BEARER_RSP, 6);
	CU_ASSERT_PTR_NULL(bearer_find_ebi(rig.pgw->bearers, session, 6));
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 7));
	rig_close(&rig);
}

// TS 29.274 7.2.17.2
static void
a_delete_bearer_command_for_nothing_fails(void)
{
	open_attached();
	begin(GTPC_MSG_DELETE_BEARER_CMD);
	command.delete_bearer_cmd.n_bearers = 1;
	command.delete_bearer_cmd.bearers[0].ebi = 6;
	send_and_take(GTPC_MSG_DELETE_BEARER_FAIL);
	CU_ASSERT_EQUAL(asked.delete_bearer_fail.cause.value, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_EQUAL(asked.delete_bearer_fail.n_bearers, 1);
	CU_ASSERT_EQUAL(asked.delete_bearer_fail.bearers[0].ebi, 6);
	rig_close(&rig);
}

// ---- What Commands say beside.

static const char heeding[] = "gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"30s\"; };\n"
			      "pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
			      "apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n"
			      "overload: { plmns = [ \"00101\" ]; };\n";

#define OVERLOAD(n)                                                                                \
	((struct gtpc_overload){                                                                   \
		.sequence = (n), .reduction = 50, .validity = gtpc_epc_timer_make(60) })

// Whether the ULI with this cell is the session's.
static bool
is_at(uint8_t cell)
{
	return session->uli_bytes > 0 && session->uli[session->uli_bytes - 1] == cell;
}

static struct gtpc_uli
uli_of(uint8_t cell)
{
	struct gtpc_uli uli = { .has_ecgi = true };

	uli.ecgi.plmn = gtpc_plmn_make(1, 1, 2);
	uli.ecgi.cell = cell;
	return uli;
}

// TS 29.274 12.3.6; tables 7.2.5-1, 7.2.14.1-1, 7.2.17.1-1
static void
where_the_device_is_and_how_busy_its_sgw_is_noted(void)
{
	rig_open(&rig, heeding);
	session = bearer_rig_attach(&rig);
	begin(GTPC_MSG_DELETE_BEARER_CMD);
	command.delete_bearer_cmd.n_bearers = 1;
	command.delete_bearer_cmd.bearers[0].ebi = 6;
	command.delete_bearer_cmd.has_uli = true;
	command.delete_bearer_cmd.uli = uli_of(7);
	command.delete_bearer_cmd.has_ue_time_zone = true;
	command.delete_bearer_cmd.ue_time_zone.quarters = 0x21;
	command.delete_bearer_cmd.has_sgw_overload = true;
	command.delete_bearer_cmd.sgw_overload = OVERLOAD(1);
	send_and_take(GTPC_MSG_DELETE_BEARER_FAIL);
	CU_ASSERT_TRUE(is_at(7));
	CU_ASSERT_EQUAL(session->ue_time_zone.quarters, 0x21);
	CU_ASSERT_EQUAL(rig.pgw->counters.overload_heard, 1);
	begin(GTPC_MSG_BEARER_RESOURCE_CMD);
	command.bearer_resource_cmd.lbi = 5;
	command.bearer_resource_cmd.has_uli = true;
	command.bearer_resource_cmd.uli = uli_of(8);
	command.bearer_resource_cmd.has_sgw_overload = true;
	command.bearer_resource_cmd.sgw_overload = OVERLOAD(2);
	send_and_take(GTPC_MSG_BEARER_RESOURCE_FAIL);
	CU_ASSERT_TRUE(is_at(8));
	CU_ASSERT_EQUAL(rig.pgw->counters.overload_heard, 2);
	modify(1000, 8);
	command.modify_bearer_cmd.has_sgw_overload = true;
	command.modify_bearer_cmd.sgw_overload = OVERLOAD(3);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_EQUAL(rig.pgw->counters.overload_heard, 3);
	rig_close(&rig);
}

// ---- Bearer Resource Command.

static struct tft_filter
filter(const char *text, uint8_t id, uint8_t precedence)
{
	struct tft_filter f = { 0 };
	char why[128];

	CU_ASSERT_EQUAL(tft_filter_parse(text, &f, why, sizeof(why)), 0);
	f.id = id;
	f.precedence = precedence;
	return f;
}

// pti 7; ebi 0: a new bearer
static void
resource(const struct tft *tad, uint8_t ebi, uint8_t qci)
{
	struct bearer_resource_cmd *cmd = &command.bearer_resource_cmd;
	ssize_t n = tft_encode(tad, tad_bytes, sizeof(tad_bytes));

	begin(GTPC_MSG_BEARER_RESOURCE_CMD);
	CU_ASSERT_TRUE_FATAL(n > 0);
	cmd->lbi = 5;
	cmd->pti = 7;
	cmd->has_tad = true;
	cmd->tad = (struct gtpc_octets){ .bytes = tad_bytes, .n = (uint16_t)n };
	cmd->has_ebi = ebi != 0;
	cmd->ebi = ebi;
	cmd->has_flow_qos = qci != 0;
	cmd->flow_qos = (struct gtpc_qos){ .qci = qci, .ul_gbr_kbps = 20, .dl_gbr_kbps = 30 };
	if (qci > 4)
		cmd->flow_qos = (struct gtpc_qos){ .qci = qci };
}

static void
expect_resource_failure(uint8_t cause)
{
	rig_send(&rig, &command);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_BEARER_RESOURCE_FAIL, &answer));
	CU_ASSERT_EQUAL(answer.header.sequence, command.header.sequence);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.cause.value, cause);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.lbi, 5);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.pti, 7);
}

// TS 29.274 7.2.5; TS 23.401 5.4.5
static void
a_device_gets_a_bearer_for_its_flow(void)
{
	struct tft tad = { .operation = TFT_CREATE, .n_filters = 1 };
	struct dedicated *b;

	open_attached();
	tad.filter[0] = filter(VOICE, 0, 10);
	resource(&tad, 0, 1);
	send_and_take(GTPC_MSG_CREATE_BEARER_REQ);
	CU_ASSERT_TRUE(asked.create_bearer_req.has_pti);
	CU_ASSERT_EQUAL(asked.create_bearer_req.pti, 7);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.ul_gbr_kbps, 20);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.ul_mbr_kbps, 20);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	b = bearer_find_ebi(rig.pgw->bearers, session, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_TRUE(b->flags & BEARER_BY_DEVICE);
	rig_close(&rig);
}

// TS 24.008 10.5.6.12: add, replace, delete of filters; the last one takes the bearer with it
static void
a_device_changes_the_filters_of_its_bearer(void)
{
	struct tft tad = { .operation = TFT_ADD, .n_filters = 1 };
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	tad.filter[0] = filter("tcp remote-port 80", 0, 20); // the id is ours to choose
	resource(&tad, 6, 0);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_EQUAL(asked.update_bearer_req.pti, 7);
	CU_ASSERT_TRUE(asked.update_bearer_req.bearers[0].has_tft);
	respond(GTPC_MSG_UPDATE_BEARER_RSP, 6);
	CU_ASSERT_EQUAL_FATAL(b->n_filters, 2);
	CU_ASSERT_NOT_EQUAL(b->filter[0].id, b->filter[1].id);
	tad.operation = TFT_REPLACE;
	tad.filter[0] = filter("tcp remote-port 81", b->filter[1].id, 20);
	resource(&tad, 6, 0);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	respond(GTPC_MSG_UPDATE_BEARER_RSP, 6);
	CU_ASSERT_EQUAL(b->n_filters, 2);
	CU_ASSERT_EQUAL(b->filter[1].is.remote_port_min, 81);
	tad.operation = TFT_DELETE_FILTERS;
	resource(&tad, 6, 0);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	respond(GTPC_MSG_UPDATE_BEARER_RSP, 6);
	CU_ASSERT_EQUAL(b->n_filters, 1);
	tad.filter[0].id = b->filter[0].id;
	resource(&tad, 6, 0);
	send_and_take(GTPC_MSG_DELETE_BEARER_REQ);
	CU_ASSERT_TRUE(asked.delete_bearer_req.has_pti);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.pti, 7);
	respond(GTPC_MSG_DELETE_BEARER_RSP, 6);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	rig_close(&rig);
}

// TS 24.008 10.5.6.12: "no TFT operation" with another QoS
static void
a_device_changes_the_rates_of_its_bearer(void)
{
	struct tft tad = { .operation = TFT_NO_OPERATION, .n_named = 1 };
	struct dedicated *b;

	open_attached();
	b = bearer_rig_have(&rig, session, VOICE, 6);
	resource(&tad, 6, 1);
	send_and_take(GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_FALSE(asked.update_bearer_req.bearers[0].has_tft);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].qos.ul_gbr_kbps, 20);
	respond(GTPC_MSG_UPDATE_BEARER_RSP, 6);
	CU_ASSERT_EQUAL(b->rates.ul_gbr_kbps, 20);
	rig_close(&rig);
}

static void
wrong_octets(uint8_t cause, const uint8_t *bytes, size_t n)
{
	memcpy(tad_bytes, bytes, n);
	begin(GTPC_MSG_BEARER_RESOURCE_CMD);
	command.bearer_resource_cmd.lbi = 5;
	command.bearer_resource_cmd.pti = 7;
	command.bearer_resource_cmd.has_tad = true;
	command.bearer_resource_cmd.tad =
		(struct gtpc_octets){ .bytes = tad_bytes, .n = (uint16_t)n };
	command.bearer_resource_cmd.has_flow_qos = true;
	command.bearer_resource_cmd.flow_qos.qci = 7;
	expect_resource_failure(cause);
}

// TS 29.274 7.7.11; TS 24.008 10.5.6.12: what is wrong with the aggregate decides about the cause
static void
wrong_traffic_aggregates_are_refused_with_their_causes(void)
{
	open_attached();
	// operation 7 is reserved; a filter is cut short; unknown component; no filter to create
	wrong_octets(GTPC_CAUSE_TAD_SYNTACTIC_ERROR, (uint8_t[]){ 0xe1 }, 1);
	wrong_octets(GTPC_CAUSE_TAD_SYNTACTIC_ERROR, (uint8_t[]){ 0x21, 0x31, 0, 9, 0x30 }, 5);
	wrong_octets(
		GTPC_CAUSE_FILTER_SYNTACTIC_ERROR, (uint8_t[]){ 0x21, 0x31, 0, 2, 0x77, 6 }, 6);
	wrong_octets(GTPC_CAUSE_TAD_SYNTACTIC_ERROR, (uint8_t[]){ 0x20 }, 1);
	rig_close(&rig);
}

static void
impossible_requests_of_a_device_are_refused(void)
{
	struct tft tad = { .operation = TFT_CREATE, .n_filters = 1 };

	open_attached();
	tad.filter[0] = filter(VOICE, 0, 10);
	resource(&tad, 0, 0); // no Flow QoS
	expect_resource_failure(GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.cause.ie_type, GTPC_IE_FLOW_QOS);
	resource(&tad, 6, 1); // nobody's
	expect_resource_failure(GTPC_CAUSE_CONTEXT_NOT_FOUND);
	resource(&tad, 5, 1); // the default bearer
	expect_resource_failure(GTPC_CAUSE_SERVICE_DENIED);
	resource(&tad, 0, 1);
	command.bearer_resource_cmd.lbi = 0; // the answer has to name the session's all the same
	expect_resource_failure(GTPC_CAUSE_MANDATORY_IE_INCORRECT);
	tad.operation = TFT_ADD;
	resource(&tad, 0, 1); // to nothing
	expect_resource_failure(GTPC_CAUSE_TAD_SEMANTIC_ERROR);
	rig_close(&rig);
}

// As many as the dataplane compares at once: 16.
static void
more_filters_than_a_session_has_are_refused(void)
{
	struct tft tad = { .operation = TFT_CREATE, .n_filters = 9 };

	open_attached();
	for (uint8_t i = 0; i < 9; i++)
		tad.filter[i] = filter(VOICE, i, i);
	resource(&tad, 0, 7);
	send_and_take(GTPC_MSG_CREATE_BEARER_REQ);
	resource(&tad, 0, 7);
	expect_resource_failure(GTPC_CAUSE_NO_RESOURCES);
	rig_close(&rig);
}

// TS 29.274 7.2.6: every Command gets its answer
static void
a_command_whose_session_ends_meanwhile_fails(void)
{
	struct tft tad = { .operation = TFT_CREATE, .n_filters = 1 };
	struct gtpc_message delete;
	uint32_t sequence;

	open_attached();
	tad.filter[0] = filter(VOICE, 0, 10);
	fake_hold(rig.fake, true);
	resource(&tad, 0, 1);
	sequence = rig_send(&rig, &command);
	rig_delete(&rig, &delete, session->teid);
	rig_send(&rig, &delete);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_BEARER_RESOURCE_FAIL, &answer));
	CU_ASSERT_EQUAL(answer.header.sequence, sequence);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.cause.value, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	CU_ASSERT_TRUE(is_without_jobs(&rig));
	fake_hold(rig.fake, false);
	CU_ASSERT_TRUE(bearer_rig_take(&rig, GTPC_MSG_DELETE_SESSION_RSP, &answer));
	rig_close(&rig);
}

static void
an_apn_may_refuse_what_devices_ask_for(void)
{
	struct tft tad = { .operation = TFT_CREATE, .n_filters = 1 };

	rig_open(&rig,
		"gtpc: { addresses = [ \"10.10.0.1\" ]; };\n"
		"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
		"apns: ( { name = \"internet\"; pools = [ \"p\" ];\n"
		"  resource_requests = false; } );\n");
	session = bearer_rig_attach(&rig);
	tad.filter[0] = filter(VOICE, 0, 10);
	resource(&tad, 0, 1);
	expect_resource_failure(GTPC_CAUSE_SERVICE_DENIED);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_changed_subscription_is_granted_by_an_update),
	UNIT_CASE(a_repeated_command_gets_the_same_request_again),
	UNIT_CASE(a_modify_bearer_command_may_fail),
	UNIT_CASE(a_modify_bearer_command_for_a_dedicated_bearer_is_one),
	UNIT_CASE(a_delete_bearer_command_ends_what_it_names),
	UNIT_CASE(a_delete_bearer_command_for_nothing_fails),
	UNIT_CASE(where_the_device_is_and_how_busy_its_sgw_is_noted),
	UNIT_CASE(a_device_gets_a_bearer_for_its_flow),
	UNIT_CASE(a_device_changes_the_filters_of_its_bearer),
	UNIT_CASE(a_device_changes_the_rates_of_its_bearer),
	UNIT_CASE(wrong_traffic_aggregates_are_refused_with_their_causes),
	UNIT_CASE(impossible_requests_of_a_device_are_refused),
	UNIT_CASE(more_filters_than_a_session_has_are_refused),
	UNIT_CASE(a_command_whose_session_ends_meanwhile_fails),
	UNIT_CASE(an_apn_may_refuse_what_devices_ask_for),
};

UNIT_MAIN("control/bearer_command", cases)
