// SPDX-License-Identifier: BSD-3-Clause
// Dedicated bearers that the gateway asks for, changes and ends: TS 29.274 7.2.3, 7.2.15, 7.2.9.2.
#include "control/session/csid.h"
#include "control/session/dp_sync.h"
#include "tests/unit/control/bearer_rig.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

#define VOICE "udp remote 10.20.0.5/32 port 5004-5010"

static struct rig rig;
static struct session *session;
static struct gtpc_message asked, answer;

static void
open_attached(const char *config)
{
	rig_open(&rig, config);
	session = bearer_rig_attach(&rig);
}

static bool
is_without_bearers(struct rig *r)
{
	return bearer_table_count(r->pgw->bearers) == 0 && LIST_EMPTY(&r->pgw->bearer_jobs);
}

static bool
is_without_jobs(struct rig *r)
{
	return LIST_EMPTY(&r->pgw->bearer_jobs);
}

static void
ask_for(const char *filter)
{
	struct bearer_spec spec = bearer_rig_spec(filter);

	CU_ASSERT_EQUAL_FATAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
}

// TS 29.274 7.2.3: EBI 0, our TEID, the TFT, a charging id of its own
static void
a_create_bearer_request_says_what_the_sgw_needs(void)
{
	const struct bearer_to_add *b = &asked.create_bearer_req.bearers[0];
	struct tft tft;

	open_attached(NULL);
	ask_for(VOICE);
	CU_ASSERT_EQUAL(asked.header.teid, session->sgw_teid);
	CU_ASSERT_EQUAL(asked.header.sequence & GTPC_SEQUENCE_COMMAND, 0);
	CU_ASSERT_EQUAL(asked.create_bearer_req.lbi, 5);
	CU_ASSERT_FALSE(asked.create_bearer_req.has_pti);
	CU_ASSERT_EQUAL(asked.create_bearer_req.n_bearers, 1);
	CU_ASSERT_EQUAL(b->ebi, 0);
	CU_ASSERT_EQUAL(b->pgw_u.interface, GTPC_IF_S5S8_PGW_U);
	CU_ASSERT_NOT_EQUAL(b->pgw_u.teid, session->teid);
	CU_ASSERT_EQUAL(b->pgw_u.teid & 0xff, session->teid & 0xff); // the same worker
	CU_ASSERT_TRUE(b->has_charging_id);
	CU_ASSERT_NOT_EQUAL(b->charging_id, 0);
	CU_ASSERT_NOT_EQUAL(b->charging_id, session->bearer.charging_id);
	CU_ASSERT_EQUAL(b->qos.qci, 1);
	CU_ASSERT_EQUAL(b->qos.ul_mbr_kbps, 100);
	CU_ASSERT_EQUAL(b->qos.dl_gbr_kbps, 60);
	CU_ASSERT_EQUAL(tft_decode(b->tft.bytes, b->tft.n, &tft), TFT_GOOD);
	CU_ASSERT_EQUAL(tft.operation, TFT_CREATE);
	CU_ASSERT_EQUAL(tft.n_filters, 1);
	rig_close(&rig);
}

// TS 29.274 8.15: without a guaranteed rate all rates are 0 on the wire
static void
a_bearer_without_a_guarantee_has_no_rates_on_the_wire(void)
{
	struct bearer_spec spec = bearer_rig_spec(VOICE);
	struct dp_bearers put;

	open_attached(NULL);
	spec.qci = 7;
	CU_ASSERT_EQUAL_FATAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.ul_mbr_kbps, 0);
	CU_ASSERT_TRUE(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.bearer[0].ul_bps, 100000); // but it is policed
	CU_ASSERT_TRUE(put.bearer[0].flags & DP_BEARER_IN_AMBR);
	rig_close(&rig);
}

// Uplink packets may come as soon as the SGW has the TEID, downlink ones go once it has answered.
static void
the_dataplane_has_it_before_the_sgw_is_asked(void)
{
	struct bearer_spec voice = bearer_rig_spec(VOICE);
	struct dp_bearers put;

	open_attached(NULL);
	fake_hold(rig.fake, true);
	CU_ASSERT_EQUAL_FATAL(bearers_create(rig.pgw, session, &voice, 1, NULL), 0);
	rig_run(&rig, 30);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	fake_hold(rig.fake, false);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.n_bearers, 1);
	CU_ASSERT_EQUAL(put.bearer[0].teid, asked.create_bearer_req.bearers[0].pgw_u.teid);
	CU_ASSERT_EQUAL(put.n_filters, 0);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.bearer[0].ebi, 6);
	CU_ASSERT_EQUAL(put.bearer[0].peer_teid, answer.create_bearer_rsp.bearers[0].sgw_u.teid);
	CU_ASSERT_EQUAL(put.n_filters, 1);
	CU_ASSERT_EQUAL(put.filter[0].remote_port_min, 5004);
	rig_close(&rig);
}

// TS 29.274 7.2.4: cause 17
static void
of_several_the_sgw_may_accept_some(void)
{
	struct bearer_spec specs[2] = { bearer_rig_spec(VOICE),
		bearer_rig_spec("tcp remote-port 80") };
	struct dp_bearers put;

	open_attached(NULL);
	CU_ASSERT_EQUAL_FATAL(bearers_create(rig.pgw, session, specs, 2, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL_FATAL(asked.create_bearer_req.n_bearers, 2);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	answer.create_bearer_rsp.cause.value = GTPC_CAUSE_ACCEPTED_PARTIALLY;
	answer.create_bearer_rsp.bearers[0].cause.value = GTPC_CAUSE_NO_RESOURCES;
	answer.create_bearer_rsp.bearers[0].has_sgw_u = false;
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 1);
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 7));
	CU_ASSERT_EQUAL(rig.pgw->counters.bearers_refused, 1);
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.n_bearers, 1);
	CU_ASSERT_EQUAL(put.filter[0].remote_port_min, 80);
	rig_close(&rig);
}

// TS 29.274 7.2.4
static void
a_refusal_leaves_nothing(void)
{
	struct dp_bearers put;

	open_attached(NULL);
	ask_for(VOICE);
	gtpc_message_init(
		&answer, GTPC_MSG_CREATE_BEARER_RSP, session->teid, asked.header.sequence);
	answer.create_bearer_rsp.cause.value = GTPC_CAUSE_NO_RESOURCES;
	answer.create_bearer_rsp.n_bearers = 1;
	answer.create_bearer_rsp.bearers[0].cause.value = GTPC_CAUSE_NO_RESOURCES;
	answer.create_bearer_rsp.bearers[0].ebi = 0;
	rig_send(&rig, &answer);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	CU_ASSERT_FALSE(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// TS 29.274 7.6: the same bytes, N3 times
static void
silence_leaves_nothing_after_n3_tries(void)
{
	struct gtpc_message again;

	open_attached(rig_impatient);
	ask_for(VOICE);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &again));
	CU_ASSERT_EQUAL(again.header.sequence, asked.header.sequence);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// TS 29.274 7.2.4, 8.13.3: cause 110
static void
waits_when_the_sgw_is_busy(void)
{
	open_attached(rig_impatient);
	ask_for(VOICE);
	gtpc_message_init(
		&answer, GTPC_MSG_CREATE_BEARER_RSP, session->teid, asked.header.sequence);
	answer.create_bearer_rsp.cause.value = GTPC_CAUSE_TEMPORARILY_REJECTED;
	answer.create_bearer_rsp.n_bearers = 1;
	answer.create_bearer_rsp.bearers[0].cause.value = GTPC_CAUSE_TEMPORARILY_REJECTED;
	rig_send(&rig, &answer);
	rig_run(&rig, 600); // beyond T3 * N3
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 1);
	CU_ASSERT_FALSE(is_without_jobs(&rig));
	rig_close(&rig);
}

// The MME chooses EBIs: TS 29.274 7.2.1, TS 23.401 5.4.1
static void
an_ebi_that_a_bearer_has_already_replaces_that_bearer(void)
{
	struct dedicated *first, *second;

	open_attached(NULL);
	first = bearer_rig_have(&rig, session, VOICE, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	second = bearer_rig_have(&rig, session, "tcp remote-port 80", 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second);
	CU_ASSERT_PTR_NOT_EQUAL(first, second);
	CU_ASSERT_EQUAL(second->filter[0].is.remote_port_min, 80);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 1);
	CU_ASSERT_EQUAL(rig.n_sent, 0); // the SGW knows
	rig_close(&rig);
}

static void
the_default_bearers_ebi_is_no_dedicated_bearers(void)
{
	open_attached(NULL);
	CU_ASSERT_PTR_NULL(bearer_rig_have(&rig, session, VOICE, 5));
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static void
answer_delete(uint8_t ebi)
{
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.delete_bearer_req.n_ebis, 1);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.ebis[0], ebi);
	bearer_rig_send_deleted(&rig, session, &asked, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
}

static void
refuse_to_have(uint8_t ebi)
{
	bearer_rig_accept(&rig, session, &asked, ebi, &answer);
	rig_send(&rig, &answer);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.header.teid, session->sgw_teid);
	CU_ASSERT_FALSE(asked.delete_bearer_req.has_lbi);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.n_ebis, 1);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.ebis[0], ebi);
	bearer_rig_send_deleted(&rig, session, &asked, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_jobs));
	bearer_rig_settle(&rig, session);
}

// TS 23.401 5.2.1: an EBI is one bearer's of all that a UE has. The other PDN connection stays as it is.
static void
an_ebi_of_another_pdn_connection_isnt_taken(void)
{
	struct session *other;
	struct dedicated *b;
	struct bearer before;

	open_attached(NULL);
	rig_create(&rig, &asked, BEARER_IMSI);
	asked.create_session_req.bearers[0].ebi = 6;
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	other = session_find_teid(rig.pgw->sessions, answer.create_session_rsp.pgw.teid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	b = bearer_rig_have(&rig, other, VOICE, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	before = b->is;
	for (uint8_t ebi = 6; ebi <= 7; ebi++) {
		ask_for("tcp remote-port 80");
		refuse_to_have(ebi);
	}
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 1);
	CU_ASSERT_PTR_EQUAL(bearer_find_ebi(rig.pgw->bearers, other, 7), b);
	CU_ASSERT_EQUAL(memcmp(&before, &b->is, sizeof(before)), 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	CU_ASSERT_EQUAL(rig.pgw->counters.bearers_refused, 2);
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, "tcp remote-port 80", 8));
	rig_close(&rig);
}

// It is stale there: a UE has one SGW at a time, TS 23.401 4.3.9.
static void
an_ebi_of_a_pdn_connection_at_another_sgw_is_taken(void)
{
	open_attached(NULL);
	rig.path.peer.addr.bytes[3] = 77;
	rig_create(&rig, &asked, BEARER_IMSI);
	asked.create_session_req.bearers[0].ebi = 6;
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
	rig.path.peer.addr.bytes[3] = 2;
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	rig_close(&rig);
}

// TS 29.274 8.8: 1 to 4 are for those that were told of 15 bearers
static void
an_ebi_below_5_is_given_back(void)
{
	open_attached(NULL);
	ask_for(VOICE);
	refuse_to_have(3);
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// Accepted, but nowhere to send packets to: the SGW is asked to drop it.
static void
a_bearer_without_a_tunnel_is_given_back(void)
{
	open_attached(NULL);
	ask_for(VOICE);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	answer.create_bearer_rsp.bearers[0].has_sgw_u = false;
	rig_send(&rig, &answer);
	answer_delete(6);
	rig_close(&rig);
}

// Other SGWs leave the PGW-U F-TEID out.
static void
without_our_fteid_bearers_are_in_the_order_of_the_request(void)
{
	struct bearer_spec specs[2] = { bearer_rig_spec(VOICE),
		bearer_rig_spec("tcp remote-port 80") };

	open_attached(NULL);
	CU_ASSERT_EQUAL_FATAL(bearers_create(rig.pgw, session, specs, 2, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	answer.create_bearer_rsp.bearers[0].has_pgw_u = false;
	answer.create_bearer_rsp.bearers[1].has_pgw_u = false;
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(
		bearer_find_ebi(rig.pgw->bearers, session, 7)->filter[0].is.remote_port_min, 80);
	rig_close(&rig);
}

static void
more_than_16_filters_are_refused(void)
{
	struct bearer_spec spec = bearer_rig_spec(VOICE);

	open_attached(NULL);
	spec.n_filters = 15;
	for (unsigned int i = 1; i < 15; i++)
		spec.filter[i] = spec.filter[0];
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	spec.n_filters = 2;
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &spec, 1, NULL), -E2BIG);
	spec.n_filters = 1;
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &spec, 1, NULL), 0);
	rig_close(&rig);
}

static void
a_session_has_no_more_bearers_than_there_are_ebis(void)
{
	struct bearer_spec voice = bearer_rig_spec(VOICE);
	open_attached(NULL);
	for (uint8_t ebi = 6; ebi <= 15; ebi++)
		CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, ebi));
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &voice, 1, NULL), -ENOSPC);
	rig_close(&rig);
}

static void
a_bearer_that_the_dataplane_has_no_room_for_isnt_asked_for(void)
{
	struct bearer_spec voice = bearer_rig_spec(VOICE);
	open_attached(NULL);
	fake_refuse_bearers(rig.fake, 1);
	CU_ASSERT_EQUAL(bearers_create(rig.pgw, session, &voice, 1, NULL), 0);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// As after a restart of the dataplane with less room: the SGW has it, and is told.
static void
a_bearer_that_the_dataplane_has_no_room_for_any_more_is_deleted(void)
{
	open_attached(NULL);
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	fake_refuse_bearers(rig.fake, 1);
	dp_sync_put(rig.pgw, session);
	answer_delete(6);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// The SGW is making it, under an EBI that only its answer tells.
static void
a_bearer_that_is_refused_while_the_sgw_is_asked_is_deleted_afterwards(void)
{
	open_attached(NULL);
	ask_for(VOICE);
	fake_refuse_bearers(rig.fake, 1);
	dp_sync_put(rig.pgw, session);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(rig.n_sent, 0);
	fake_refuse_bearers(rig.fake, 1);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	answer_delete(6);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// ---- At the attach.

static void
attach(const char *imsi, bool can_piggyback)
{
	struct gtpc_message request;

	rig_create(&rig, &request, imsi);
	if (can_piggyback) {
		request.create_session_req.has_indication = true;
		gtpc_indication_set(&request.create_session_req.indication, GTPC_IND_PS);
	}
	rig_send(&rig, &request);
}

static void
the_policy_gives_each_sim_its_bearers(void)
{
	rig_open(&rig, bearer_rig_policy);
	attach(BEARER_IMSI, false);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.create_bearer_req.n_bearers, 1);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.qci, 1);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.priority_level, 2);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.dl_gbr_kbps, 128);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.dl_mbr_kbps, 128);
	rig_close(&rig);
	rig_open(&rig, bearer_rig_policy);
	attach("001010000000002", false);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.create_bearer_req.n_bearers, 2);
	rig_close(&rig);
}

// TS 29.274 5.5.1; TS 23.401 annex F: after the answer, in a datagram of its own
static void
is_asked_for_after_the_attach_is_answered(void)
{
	rig_open(&rig, bearer_rig_policy);
	attach(BEARER_IMSI, false);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_SESSION_RSP, &answer));
	CU_ASSERT_FALSE(answer.header.has_piggyback);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	rig_close(&rig);
}

// TS 29.274 5.5.1; TS 23.401 annex F
static void
rides_on_the_answer_where_the_sgw_can_take_it(void)
{
	struct gtpc_fault fault;
	size_t used, n;
	uint8_t bytes[2048];

	rig_open(&rig, bearer_rig_policy);
	attach(BEARER_IMSI, true);
	for (int i = 0; i < 1000 && rig.n_sent == 0; i++)
		rig_run(&rig, 5);
	CU_ASSERT_EQUAL_FATAL(rig.n_sent, 1);
	n = rig.sent[0].n;
	memcpy(bytes, rig.sent[0].bytes, n);
	rig.n_sent = 0;
	CU_ASSERT_EQUAL_FATAL(gtpc_message_parse(bytes, n, &used, &answer, &fault), 0);
	CU_ASSERT_EQUAL(answer.header.type, GTPC_MSG_CREATE_SESSION_RSP);
	CU_ASSERT_TRUE(answer.header.has_piggyback);
	CU_ASSERT_EQUAL_FATAL(gtpc_message_parse(bytes + used, n - used, &used, &asked, &fault), 0);
	CU_ASSERT_EQUAL(asked.header.type, GTPC_MSG_CREATE_BEARER_REQ);
	CU_ASSERT_FALSE(asked.header.has_piggyback);
	// unanswered it is repeated alone
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &answer));
	CU_ASSERT_EQUAL(answer.header.sequence, asked.header.sequence);
	rig_close(&rig);
}

// ---- What answers say beside.

static uint16_t
csid_of(enum session_csid which)
{
	const struct csid_name *name =
		csid_name_of(session_csids(rig.pgw->sessions), session->csid[which]);

	return name ? name->csid : 0;
}

// TS 29.274 7.2.4; TS 23.007 22: its sets are those that were named last
static void
an_answer_may_name_pdn_connection_sets(void)
{
	struct gtpc_fq_csid sgw = { .n_csids = 1, .csids = { 11 } };
	struct gtpc_fq_csid mme = { .n_csids = 1, .csids = { 12 } };

	open_attached(NULL);
	sgw.node = mme.node = rig.path.peer.addr;
	ask_for(VOICE);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	answer.create_bearer_rsp.has_sgw_fq_csid = true;
	answer.create_bearer_rsp.sgw_fq_csid = sgw;
	answer.create_bearer_rsp.has_mme_fq_csid = true;
	answer.create_bearer_rsp.mme_fq_csid = mme;
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(csid_of(SESSION_CSID_SGW), 11);
	CU_ASSERT_EQUAL(csid_of(SESSION_CSID_MME), 12);
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, "tcp remote-port 80", 7));
	CU_ASSERT_EQUAL(csid_of(SESSION_CSID_SGW), 11); // no word, no change
	rig_close(&rig);
}

// ---- Changes and ends.

// TS 29.274 7.2.15: the APN-AMBR is mandatory
static void
an_update_takes_hold_with_the_sgws_answer(void)
{
	struct bearer_change change = { .has_qos = true, .qci = 2, .priority_level = 4 };
	struct dp_bearers put;
	struct dedicated *b;

	open_attached(NULL);
	b = bearer_rig_have(&rig, session, VOICE, 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	change.rates = (struct bearer_rates){ 300, 400, 30, 40 };
	CU_ASSERT_EQUAL(bearer_update(rig.pgw, session, b, &change, NULL), 0);
	CU_ASSERT_EQUAL(bearer_update(rig.pgw, session, b, &change, NULL), -EBUSY);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_UPDATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.update_bearer_req.ambr.ul_kbps, 50000);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].ebi, 6);
	CU_ASSERT_FALSE(asked.update_bearer_req.bearers[0].has_tft);
	CU_ASSERT_EQUAL(asked.update_bearer_req.bearers[0].qos.qci, 2);
	CU_ASSERT_EQUAL(b->is.qci, 1);
	bearer_rig_send_updated(&rig, session, &asked, 6, GTPC_CAUSE_ACCEPTED);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_EQUAL(b->is.qci, 2);
	CU_ASSERT_TRUE_FATAL(fake_find_bearers(rig.fake, session->teid, &put));
	CU_ASSERT_EQUAL(put.bearer[0].ul_bps, 300000);
	rig_close(&rig);
}

// TS 29.274 7.2.16: a refusal changes nothing, cause 64 says that it is gone
static void
an_update_may_be_refused(void)
{
	struct bearer_change change = { .has_qos = true, .qci = 2, .priority_level = 4 };
	struct dedicated *b;

	open_attached(NULL);
	b = bearer_rig_have(&rig, session, VOICE, 6);
	for (unsigned int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(bearer_update(rig.pgw, session, b, &change, NULL), 0);
		CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_UPDATE_BEARER_REQ, &asked));
		bearer_rig_send_updated(&rig, session, &asked, 6,
			i == 0 ? GTPC_CAUSE_UE_REFUSES : GTPC_CAUSE_CONTEXT_NOT_FOUND);
		CU_ASSERT_TRUE(rig_wait(&rig, is_without_jobs));
		bearer_rig_settle(&rig, session);
		CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), i == 0 ? 1 : 0);
	}
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

// The session is another SGW's from now on; `listed`: with this dedicated bearer.
static void
move_session(uint8_t listed)
{
	struct modify_bearer_req *req = &asked.modify_bearer_req;

	rig_move(&rig, &asked, session->teid, 3);
	if (listed) {
		req->bearers[1] = req->bearers[0];
		req->bearers[1].ebi = listed;
		req->bearers[1].sgw_u.teid = rig.next_teid++;
		req->n_bearers = 2;
	}
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &asked, &answer));
}

// TS 29.274 7.2.4, clause 14: the new SGW has been told that there's no such bearer, so it is asked itself
static void
a_bearer_that_the_sgw_before_has_made_is_asked_for_again(void)
{
	struct gtpc_message first, accepted;
	struct gtpc_path before, now;

	open_attached(NULL);
	ask_for(VOICE);
	first = asked;
	bearer_rig_accept(&rig, session, &first, 6, &accepted);
	before = rig.path;
	move_session(6);
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_ACCEPTED_PARTIALLY);
	now = rig.path;
	rig.path = before;
	rig_send(&rig, &accepted);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.header.teid, session->sgw_teid);
	CU_ASSERT_PTR_NULL(bearer_find_ebi(rig.pgw->bearers, session, 6));
	rig.path = now;
	bearer_rig_accept(&rig, session, &asked, 7, &answer);
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 7));
	rig_close(&rig);
}

// TS 29.274 7.2.10.2: that the SGW before has it no longer doesn't tell that it has ended
static void
the_end_of_a_bearer_that_has_moved_is_told_to_its_new_sgw(void)
{
	struct gtpc_path before, now;
	struct dedicated *b;
	uint32_t sequence;

	open_attached(NULL);
	b = bearer_rig_have(&rig, session, VOICE, 6);
	CU_ASSERT_EQUAL(bearers_delete(rig.pgw, session, &b, 1, 0, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	sequence = asked.header.sequence;
	before = rig.path;
	move_session(6);
	CU_ASSERT_EQUAL(answer.modify_bearer_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	now = rig.path;
	rig.path = before;
	gtpc_message_init(&answer, GTPC_MSG_DELETE_BEARER_RSP, session->teid, sequence);
	answer.delete_bearer_rsp.cause.value = GTPC_CAUSE_CONTEXT_NOT_FOUND;
	rig_send(&rig, &answer);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.header.teid, session->sgw_teid);
	CU_ASSERT_PTR_NOT_NULL(bearer_find_ebi(rig.pgw->bearers, session, 6));
	rig.path = now;
	bearer_rig_send_deleted(&rig, session, &asked, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	rig_close(&rig);
}

// TS 29.274 7.2.9.2: EBIs with instance 1, and no LBI
static void
a_dedicated_bearer_is_deleted_by_its_ebi(void)
{
	struct dedicated *b;
	uint32_t teid;

	open_attached(NULL);
	b = bearer_rig_have(&rig, session, VOICE, 6);
	teid = b->teid;
	CU_ASSERT_EQUAL(bearers_delete(rig.pgw, session, &b, 1, BEARER_END_CLEARED, NULL), 0);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_DELETE_BEARER_REQ, &asked));
	CU_ASSERT_FALSE(asked.delete_bearer_req.has_lbi);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.n_ebis, 1);
	CU_ASSERT_EQUAL(asked.delete_bearer_req.ebis[0], 6);
	CU_ASSERT_FALSE(asked.delete_bearer_req.has_pti);
	bearer_rig_send_deleted(&rig, session, &asked, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	CU_ASSERT_PTR_NULL(bearer_find_teid(rig.pgw->bearers, teid));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static void
the_end_of_the_session_ends_its_bearers(void)
{
	struct gtpc_message delete;
	struct bearer_change change = { 0 };

	open_attached(rig_impatient);
	CU_ASSERT_PTR_NOT_NULL(bearer_rig_have(&rig, session, VOICE, 6));
	CU_ASSERT_EQUAL(bearer_update(rig.pgw, session, NULL, &change, NULL), 0); // under way
	rig_delete(&rig, &delete, session->teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &delete, &answer));
	CU_ASSERT_EQUAL(bearer_table_count(rig.pgw->bearers), 0);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_jobs));
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	rig_close(&rig);
}

static void
a_session_that_the_dataplane_refuses_leaves_no_bearers(void)
{
	rig_open(&rig, bearer_rig_policy);
	fake_refuse_puts(rig.fake, -ENOSPC, 1);
	attach(BEARER_IMSI, false);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_SESSION_RSP, &answer));
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_NO_MEMORY);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	rig_close(&rig);
}

// What is asked for while the attach itself is replaced comes to nothing, but does no harm.
static void
a_bearer_that_is_asked_for_ends_with_its_session(void)
{
	open_attached(rig_impatient);
	ask_for(VOICE);
	rig_attach(&rig, BEARER_IMSI);
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	CU_ASSERT_TRUE(rig_wait(&rig, is_without_bearers));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_create_bearer_request_says_what_the_sgw_needs),
	UNIT_CASE(a_bearer_without_a_guarantee_has_no_rates_on_the_wire),
	UNIT_CASE(the_dataplane_has_it_before_the_sgw_is_asked),
	UNIT_CASE(of_several_the_sgw_may_accept_some),
	UNIT_CASE(a_refusal_leaves_nothing),
	UNIT_CASE(silence_leaves_nothing_after_n3_tries),
	UNIT_CASE(waits_when_the_sgw_is_busy),
	UNIT_CASE(an_ebi_that_a_bearer_has_already_replaces_that_bearer),
	UNIT_CASE(the_default_bearers_ebi_is_no_dedicated_bearers),
	UNIT_CASE(an_ebi_of_another_pdn_connection_isnt_taken),
	UNIT_CASE(an_ebi_of_a_pdn_connection_at_another_sgw_is_taken),
	UNIT_CASE(an_ebi_below_5_is_given_back),
	UNIT_CASE(a_bearer_without_a_tunnel_is_given_back),
	UNIT_CASE(without_our_fteid_bearers_are_in_the_order_of_the_request),
	UNIT_CASE(more_than_16_filters_are_refused),
	UNIT_CASE(a_session_has_no_more_bearers_than_there_are_ebis),
	UNIT_CASE(a_bearer_that_the_dataplane_has_no_room_for_isnt_asked_for),
	UNIT_CASE(a_bearer_that_the_dataplane_has_no_room_for_any_more_is_deleted),
	UNIT_CASE(a_bearer_that_is_refused_while_the_sgw_is_asked_is_deleted_afterwards),
	UNIT_CASE(the_policy_gives_each_sim_its_bearers),
	UNIT_CASE(is_asked_for_after_the_attach_is_answered),
	UNIT_CASE(rides_on_the_answer_where_the_sgw_can_take_it),
	UNIT_CASE(an_answer_may_name_pdn_connection_sets),
	UNIT_CASE(an_update_takes_hold_with_the_sgws_answer),
	UNIT_CASE(an_update_may_be_refused),
	UNIT_CASE(a_bearer_that_the_sgw_before_has_made_is_asked_for_again),
	UNIT_CASE(the_end_of_a_bearer_that_has_moved_is_told_to_its_new_sgw),
	UNIT_CASE(a_dedicated_bearer_is_deleted_by_its_ebi),
	UNIT_CASE(the_end_of_the_session_ends_its_bearers),
	UNIT_CASE(a_session_that_the_dataplane_refuses_leaves_no_bearers),
	UNIT_CASE(a_bearer_that_is_asked_for_ends_with_its_session),
};

UNIT_MAIN("control/bearer_request", cases)
