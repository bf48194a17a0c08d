// SPDX-License-Identifier: BSD-3-Clause
// Create Session Requests, bytes in and bytes out. TS 29.274 7.2.1, 7.2.2.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IMSI "001010000000001"

static struct rig rig;
static struct gtpc_message request, answer;
static struct create_session_req *const req = &request.create_session_req;
static const struct create_session_rsp *const rsp = &answer.create_session_rsp;

static const char small_pool[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
	"pools: ( { name = \"p\"; range = \"100.64.0.0/30\"; } );\n"
	"apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n";

static const char statics[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
	"pools: ( { name = \"p\"; range = \"100.64.0.0/24\"; static = [ \"100.64.0.128/25\" ]; } "
	");\n"
	"apns: ( { name = \"internet\"; pools = [ \"p\" ]; static_from_request = true;\n"
	"          static_sims = ( { imsi = \"001010000000077\"; address = \"100.64.0.200\"; } ); "
	"},\n"
	"        { name = \"strict\"; pools = [ \"p\" ]; unknown_static = \"reject\"; } );\n";

static const char policies[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
	"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
	"apns: ( { name = \"internet\"; pools = [ \"p\" ]; dns = [ \"10.20.0.2\" ]; mtu = 1358;\n"
	"          ambr: { uplink = \"1M\"; downlink = \"2M\"; uplink_max = \"5M\"; };\n"
	"          qos: { qci = 8; priority_level = 3; }; selection = \"verified\";\n"
	"          apn_restriction = 2; },\n"
	"        { name = \"login\"; pools = [ \"p\" ]; authentication = \"required\";\n"
	"          users = ( { name = \"camera\"; password = \"s3cret\"; } ); },\n"
	"        { name = \"*\"; pools = [ \"p\" ]; } );\n"
	"dscp: ( { qci = 8; dscp = 12; } );\n";

static void
ask(const char *imsi)
{
	rig_create(&rig, &request, imsi);
}

// Sends what is in `request`; the cause of the answer.
static uint8_t
cause(void)
{
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	return rsp->cause.value;
}

// TS 29.274 7.2.2
static void
answers_with_all_that_a_partner_expects(void)
{
	struct dp_session put;

	rig_open(&rig, NULL);
	ask(IMSI);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(answer.header.teid, req->sender.teid);
	CU_ASSERT_TRUE(rsp->has_pgw);
	CU_ASSERT_EQUAL(rsp->pgw.interface, GTPC_IF_S5S8_PGW_C);
	CU_ASSERT_EQUAL(memcmp(rsp->pgw.ipv4, (uint8_t[]){ 10, 10, 0, 1 }, 4), 0);
	CU_ASSERT_TRUE(rsp->has_paa);
	CU_ASSERT_EQUAL(rsp->paa.pdn_type, GTPC_PDN_IPV4);
	CU_ASSERT_EQUAL(rsp->paa.ipv4[0], 100);
	CU_ASSERT_TRUE(rsp->has_apn_restriction);
	CU_ASSERT_FALSE(rsp->has_ambr);
	CU_ASSERT_FALSE(rsp->has_pco);
	CU_ASSERT_TRUE(rsp->has_recovery); // first contact
	CU_ASSERT_EQUAL(rsp->recovery, store_restart_counter(rig.store));
	CU_ASSERT_EQUAL(rsp->n_bearers, 1);
	CU_ASSERT_EQUAL(rsp->bearers[0].ebi, 5);
	CU_ASSERT_EQUAL(rsp->bearers[0].cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->bearers[0].pgw_u.interface, GTPC_IF_S5S8_PGW_U);
	CU_ASSERT_NOT_EQUAL(rsp->bearers[0].charging_id, 0);
	CU_ASSERT_FALSE(rsp->bearers[0].has_qos);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->bearers[0].pgw_u.teid, &put));
	CU_ASSERT_EQUAL(put.peer_teid, req->bearers[0].sgw_u.teid);
	CU_ASSERT_EQUAL(put.ul_bps, 50000000);
	CU_ASSERT_EQUAL(put.dl_bps, 100000000);
	CU_ASSERT_EQUAL(put.vrf, 1);
	CU_ASSERT_EQUAL(dp_session_shard(&put), put.teid & 0xff);
	CU_ASSERT_EQUAL(memcmp(put.ue_ipv4, rsp->paa.ipv4, 4), 0);
	rig_close(&rig);
}

// TS 29.274 7.2.2; TS 23.007 18
static void
tells_recovery_to_a_peer_only_until_it_knows(void)
{
	rig_open(&rig, NULL);
	ask(IMSI);
	cause();
	CU_ASSERT_TRUE(rsp->has_recovery);
	ask("001010000000002");
	cause();
	CU_ASSERT_FALSE(rsp->has_recovery);
	rig_close(&rig);
}

// TS 29.274 7.2.2
static void
charging_ids_and_teids_and_addresses_all_differ(void)
{
	struct create_session_rsp a, b;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	b = rig_attach(&rig, "001010000000002");
	CU_ASSERT_NOT_EQUAL(a.bearers[0].charging_id, b.bearers[0].charging_id);
	CU_ASSERT_NOT_EQUAL(a.pgw.teid, b.pgw.teid);
	CU_ASSERT_NOT_EQUAL(memcmp(a.paa.ipv4, b.paa.ipv4, 4), 0);
	rig_close(&rig);
}

static void
the_answer_waits_until_the_dataplane_has_the_session(void)
{
	uint32_t sequence;

	rig_open(&rig, NULL);
	fake_hold(rig.fake, true);
	ask(IMSI);
	sequence = rig_send(&rig, &request);
	rig_run(&rig, 50);
	CU_ASSERT_FALSE(rig_take(&rig, sequence, &answer));
	CU_ASSERT_EQUAL(rig_counts(&rig).creating, 1);
	fake_hold(rig.fake, false);
	rig_settle(&rig);
	CU_ASSERT_TRUE(rig_take(&rig, sequence, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.6
static void
repeated_requests_get_the_very_same_answer(void)
{
	struct rig_datagram first;
	uint32_t sequence;

	rig_open(&rig, NULL);
	ask(IMSI);
	sequence = rig_send(&rig, &request);
	rig_send(&rig, &request); // while it is worked on
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.n_sent, 1);
	first = rig.sent[0];
	rig_send(&rig, &request);
	rig_send(&rig, &request);
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.n_sent, 3);
	CU_ASSERT_EQUAL(rig.sent[2].n, first.n);
	CU_ASSERT_EQUAL(memcmp(rig.sent[2].bytes, first.bytes, first.n), 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).puts, 1);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_TRUE(rig_take(&rig, sequence, &answer));
	rig_close(&rig);
}

// TS 29.274 7.2.1
static void
the_same_sim_and_ebi_again_is_a_new_session(void)
{
	struct create_session_rsp before;
	struct dp_session put;

	rig_open(&rig, NULL);
	before = rig_attach(&rig, IMSI);
	ask(IMSI);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_settle(&rig);
	CU_ASSERT_NOT_EQUAL(rsp->pgw.teid, before.pgw.teid);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_FALSE(fake_find(rig.fake, before.pgw.teid, &put));
	CU_ASSERT_TRUE(fake_find(rig.fake, rsp->pgw.teid, &put));
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	rig_close(&rig);
}

// TS 29.274 7.2.1
static void
another_ebi_of_the_same_sim_is_a_second_session(void)
{
	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	ask(IMSI);
	req->bearers[0].ebi = 6;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->bearers[0].ebi, 6);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	rig_close(&rig);
}

// TS 29.274 7.2.1
static void
of_two_requests_in_flight_for_one_sim_the_later_one_wins(void)
{
	uint32_t first, second;

	rig_open(&rig, NULL);
	fake_hold(rig.fake, true);
	ask(IMSI);
	first = rig_send(&rig, &request);
	ask(IMSI);
	second = rig_send(&rig, &request);
	rig_run(&rig, 20);
	CU_ASSERT_TRUE(rig_take(&rig, first, &answer));
	CU_ASSERT_TRUE(rsp->cause.value >= 64);
	fake_hold(rig.fake, false);
	rig_settle(&rig);
	CU_ASSERT_TRUE_FATAL(rig_take(&rig, second, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(rig_counts(&rig).closing, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	rig_close(&rig);
}

// TS 29.274 7.2.1, 7.7.6
static void
names_the_conditional_ie_without_which_there_is_no_session(void)
{
	rig_open(&rig, NULL);
	ask(IMSI);
	req->has_imsi = false;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(rsp->cause.ie_type, GTPC_IE_IMSI);
	CU_ASSERT_EQUAL(answer.header.teid, req->sender.teid);
	ask(IMSI);
	req->bearers[0].has_sgw_u = false;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(rsp->cause.ie_type, GTPC_IE_FTEID);
	CU_ASSERT_EQUAL(rsp->cause.ie_instance, 2);
	CU_ASSERT_EQUAL(rsp->cause.flags & GTPC_CAUSE_FLAG_BCE, GTPC_CAUSE_FLAG_BCE);
	ask(IMSI);
	req->has_paa = req->has_pdn_type = false;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(rsp->cause.ie_type, GTPC_IE_PAA);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.1, 7.7.6
static void
everything_else_that_is_missing_has_a_default(void)
{
	struct dp_session put;

	rig_open(&rig, NULL);
	ask(IMSI);
	req->has_serving_network = req->has_selection_mode = req->has_ambr = false;
	req->has_paa = false; // the PDN Type is enough
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->has_ambr); // the SGW can't know it
	CU_ASSERT_EQUAL(rsp->ambr.ul_kbps, 100000);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->pgw.teid, &put));
	CU_ASSERT_EQUAL(put.ul_bps, 100000000);
	ask("001010000000002");
	req->has_pdn_type = false; // the PAA is enough
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.7.8
static void
reserved_values_are_incorrect(void)
{
	rig_open(&rig, NULL);
	ask(IMSI);
	req->bearers[0].ebi = 4;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_MANDATORY_IE_INCORRECT);
	CU_ASSERT_EQUAL(rsp->cause.ie_type, GTPC_IE_EBI);
	ask(IMSI);
	req->bearers[0].sgw_u.teid = 0;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_MANDATORY_IE_INCORRECT);
	rig_close(&rig);
}

static void
an_ambr_of_zero_never_means_unlimited(void)
{
	struct dp_session put;

	rig_open(&rig, NULL);
	ask(IMSI);
	req->ambr = (struct gtpc_ambr){ 0, 0 };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->has_ambr);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->pgw.teid, &put));
	CU_ASSERT_NOT_EQUAL(put.ul_bps, 0);
	CU_ASSERT_NOT_EQUAL(put.dl_bps, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.2, 8.14
static void
dual_stack_gets_ipv4_by_network_preference(void)
{
	rig_open(&rig, NULL);
	ask(IMSI);
	req->pdn_type = req->paa.pdn_type = GTPC_PDN_IPV4V6;
	req->paa.ipv6_prefix_bits = 64;
	req->has_indication = true;
	gtpc_indication_set(&req->indication, GTPC_IND_DAF);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NEW_PDN_TYPE_NETWORK);
	CU_ASSERT_EQUAL(rsp->paa.pdn_type, GTPC_PDN_IPV4);
	CU_ASSERT_EQUAL(rsp->bearers[0].cause.value, GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.2.2
static void
other_pdn_types_are_refused(void)
{
	static const uint8_t types[] = { GTPC_PDN_IPV6, GTPC_PDN_NON_IP, GTPC_PDN_ETHERNET };

	rig_open(&rig, NULL);
	for (size_t i = 0; i < sizeof(types); i++) {
		ask(IMSI);
		req->has_paa = false;
		req->pdn_type = types[i];
		CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_PDN_TYPE_NOT_SUPPORTED);
	}
	// the PAA's type counts
	ask(IMSI);
	req->paa.pdn_type = GTPC_PDN_IPV6;
	req->paa.ipv6_prefix_bits = 64;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_PDN_TYPE_NOT_SUPPORTED);
	rig_close(&rig);
}

// TS 29.274 7.2.2
static void
an_unknown_apn_is_refused_and_a_suffix_does_not_matter(void)
{
	rig_open(&rig, NULL);
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "corporate");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_UNKNOWN_APN);
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "Internet.mnc001.mcc001.gprs");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

static void
the_wildcard_takes_what_no_other_apn_does(void)
{
	rig_open(&rig, policies);
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "anything.example");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.2.2
static void
tells_ambr_and_qos_exactly_when_changed(void)
{
	struct dp_session put;

	rig_open(&rig, policies);
	ask(IMSI);
	req->ambr = (struct gtpc_ambr){ .ul_kbps = 9000, .dl_kbps = 9000 };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->has_ambr);
	CU_ASSERT_EQUAL(rsp->ambr.ul_kbps, 5000); // the APN's limit
	CU_ASSERT_EQUAL(rsp->ambr.dl_kbps, 9000);
	CU_ASSERT_TRUE(rsp->bearers[0].has_qos);
	CU_ASSERT_EQUAL(rsp->bearers[0].qos.qci, 8);
	CU_ASSERT_EQUAL(rsp->bearers[0].qos.priority_level, 3);
	CU_ASSERT_EQUAL(rsp->apn_restriction, 2);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->pgw.teid, &put));
	CU_ASSERT_EQUAL(put.qci, 8);
	CU_ASSERT_EQUAL(put.dscp, 12);
	CU_ASSERT_EQUAL(put.mtu, 1358);
	ask("001010000000002");
	req->ambr = (struct gtpc_ambr){ .ul_kbps = 4000, .dl_kbps = 9000 };
	req->bearers[0].qos.qci = 8;
	req->bearers[0].qos.priority_level = 3;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(rsp->has_ambr);
	CU_ASSERT_FALSE(rsp->bearers[0].has_qos);
	rig_close(&rig);
}

// TS 29.274 7.2.2; TS 23.060 15.4
static void
selection_mode_and_apn_restriction_are_checked(void)
{
	rig_open(&rig, policies);
	ask(IMSI);
	req->selection_mode = GTPC_SELECTION_MS;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_APN_ACCESS_DENIED);
	ask(IMSI);
	req->has_max_apn_restriction = true;
	req->max_apn_restriction = 3; // goes with 1 only
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_APN_RESTRICTION_INCOMPATIBLE);
	ask(IMSI);
	req->has_max_apn_restriction = true;
	req->max_apn_restriction = 2;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.2.2; TS 24.008 10.5.6.3
static void
pco_is_answered_in_the_ie_that_asked(void)
{
	static const uint8_t pco[] = { 0x80, 0x00, 0x0d, 0x00 };

	rig_open(&rig, NULL);
	ask(IMSI);
	req->has_pco = true;
	req->pco = (struct gtpc_octets){ pco, sizeof(pco) };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->has_pco);
	CU_ASSERT_FALSE(rsp->has_epco);
	CU_ASSERT_EQUAL(rsp->pco.n, 8);
	ask("001010000000002");
	req->has_epco = true;
	req->epco = (struct gtpc_octets){ pco, sizeof(pco) };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(rsp->has_pco);
	CU_ASSERT_TRUE(rsp->has_epco);
	ask("001010000000004");
	req->has_pco = req->has_epco = req->has_apco = true;
	req->pco = req->epco = req->apco = (struct gtpc_octets){ pco, sizeof(pco) };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(rsp->has_pco); // never both
	CU_ASSERT_TRUE(rsp->has_epco);
	CU_ASSERT_TRUE(rsp->has_apco); // of another node
	CU_ASSERT_EQUAL(rsp->apco.n, 8);
	ask("001010000000003");
	req->has_pco = true;
	req->pco = (struct gtpc_octets){ pco, 1 };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_FALSE(rsp->has_pco);
	rig_close(&rig);
}

// TS 29.274 7.2.2
static void
a_wrong_password_is_refused_in_the_device_s_own_protocol(void)
{
	static const uint8_t right[] = { 0x80, 0xc0, 0x23, 18, 1, 2, 0, 18, 6, 'c', 'a', 'm', 'e',
		'r', 'a', 6, 's', '3', 'c', 'r', 'e', 't' };
	uint8_t wrong[sizeof(right)];

	memcpy(wrong, right, sizeof(wrong));
	wrong[sizeof(wrong) - 1] = 'T';
	rig_open(&rig, policies);
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "login");
	req->has_pco = true;
	req->pco = (struct gtpc_octets){ wrong, sizeof(wrong) };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_USER_AUTHENTICATION_FAILED);
	CU_ASSERT_TRUE_FATAL(rsp->has_pco);
	CU_ASSERT_EQUAL(rsp->pco.bytes[4], 3); // PAP Nak
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "login");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_USER_AUTHENTICATION_FAILED); // says nothing
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "login");
	req->has_pco = true;
	req->pco = (struct gtpc_octets){ right, sizeof(right) };
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->pco.bytes[4], 2); // PAP Ack
	rig_close(&rig);
}

// TS 29.274 7.2.2
static void
an_empty_pool_is_cause_84_and_nothing_leaks(void)
{
	struct create_session_rsp a;

	rig_open(&rig, small_pool); // two addresses
	a = rig_attach(&rig, IMSI);
	rig_attach(&rig, "001010000000002");
	for (int i = 0; i < 3; i++) {
		ask("001010000000003");
		CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ALL_ADDRESSES_OCCUPIED);
	}
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	rig_delete(&rig, &request, a.pgw.teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	ask("001010000000003");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(memcmp(rsp->paa.ipv4, a.paa.ipv4, 4), 0);
	rig_close(&rig);
}

static void
a_full_table_is_no_resources(void)
{
	char imsi[16];

	rig_open_with(&rig, NULL, &(struct fake_config){ .sessions_max = 4 });
	for (int i = 0; i < 4; i++) {
		snprintf(imsi, sizeof(imsi), "00101000000000%d", i);
		rig_attach(&rig, imsi);
	}
	ask("001010000000099");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_RESOURCES);
	ask("001010000000990");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 4);
	rig_close(&rig);
}

static void
what_the_dataplane_refuses_becomes_a_cause_and_all_is_given_back(void)
{
	struct ip_pool_counts n;

	rig_open(&rig, NULL);
	fake_refuse_puts(rig.fake, -ENOSPC, 1);
	ask(IMSI);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_MEMORY);
	fake_refuse_puts(rig.fake, -EEXIST, 1);
	ask(IMSI);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_SYSTEM_FAILURE);
	rig_settle(&rig);
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &n);
	CU_ASSERT_EQUAL(n.held_dynamic, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active + rig_counts(&rig).creating, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).sgws, 0);
	ask(IMSI);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

static void
without_a_dataplane_there_are_no_resources(void)
{
	uint32_t sequence;

	rig_open(&rig, NULL);
	fake_hold(rig.fake, true);
	ask(IMSI);
	sequence = rig_send(&rig, &request);
	rig_run(&rig, 20);
	fake_stop(rig.fake); // with the session on its way
	rig.fake = NULL;
	rig_settle(&rig);
	CU_ASSERT_FALSE(rig_take(&rig, sequence, &answer)); // its SGW asks again
	ask("001010000000002");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(rig_counts(&rig).active + rig_counts(&rig).creating, 0);
	rig_close(&rig);
}

static void
a_sim_gets_its_fixed_address_and_nobody_else_does(void)
{
	static const uint8_t fixed[] = { 100, 64, 0, 200 }, asked[] = { 100, 64, 0, 150 };

	rig_open(&rig, statics);
	ask("001010000000077");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(memcmp(rsp->paa.ipv4, fixed, 4), 0);
	// another SIM asks for it: it gets a dynamic one
	ask(IMSI);
	memcpy(req->paa.ipv4, fixed, 4);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->paa.ipv4[3] < 128);
	// a subscribed one out of the static range
	ask("001010000000002");
	memcpy(req->paa.ipv4, asked, 4);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(memcmp(rsp->paa.ipv4, asked, 4), 0);
	// held by another SIM: never evicted
	ask("001010000000003");
	memcpy(req->paa.ipv4, asked, 4);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 3);
	rig_close(&rig);
}

static void
an_apn_may_refuse_addresses_that_are_not_the_sim_s(void)
{
	rig_open(&rig, statics);
	ask(IMSI);
	snprintf(req->apn.text, sizeof(req->apn.text), "strict");
	memcpy(req->paa.ipv4, (uint8_t[]){ 100, 64, 0, 150 }, 4);
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_APN_ACCESS_DENIED);
	rig_close(&rig);
}

// TS 29.274 7.2.1
static void
a_stale_session_of_the_same_sim_hands_its_fixed_address_over(void)
{
	static const uint8_t fixed[] = { 100, 64, 0, 200 };
	struct create_session_rsp before;
	struct dp_session put;

	rig_open(&rig, statics);
	before = rig_attach(&rig, "001010000000077");
	ask("001010000000077");
	req->bearers[0].ebi = 6; // the old one was lost on the way
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(memcmp(rsp->paa.ipv4, fixed, 4), 0);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_FALSE(fake_find(rig.fake, before.pgw.teid, &put));
	CU_ASSERT_TRUE(fake_find(rig.fake, rsp->pgw.teid, &put));
	// once more with the same EBI: collision and fixed address at once
	ask("001010000000077");
	req->bearers[0].ebi = 6;
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(memcmp(rsp->paa.ipv4, fixed, 4), 0);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	rig_close(&rig);
}

// Each takes the address over from the one before, while none of their deletes is done.
static void
a_fixed_address_goes_down_a_chain_of_sessions_and_is_held_once(void)
{
	struct ip_pool_counts n;
	uint32_t last = 0;

	rig_open(&rig, statics);
	fake_hold(rig.fake, true);
	for (int i = 0; i < 5; i++) {
		ask("001010000000077");
		last = rig_send(&rig, &request);
		rig_run(&rig, 5);
	}
	fake_hold(rig.fake, false);
	rig_settle(&rig);
	CU_ASSERT_TRUE_FATAL(rig_take(&rig, last, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &n);
	CU_ASSERT_EQUAL(n.held_static, 1);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	rig_delete(&rig, &request, rsp->pgw.teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &n);
	CU_ASSERT_EQUAL(n.held_static, 0);
	rig_close(&rig);
}

static void
too_many_procedures_at_once_are_refused(void)
{
	static const char few[] =
		"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
		"limits: { procedures = 3; };\n"
		"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
		"apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n";
	char imsi[16];

	rig_open(&rig, few);
	fake_hold(rig.fake, true);
	for (int i = 0; i < 3; i++) {
		snprintf(imsi, sizeof(imsi), "00101000000000%d", i);
		ask(imsi);
		rig_send(&rig, &request);
	}
	ask("001010000000009");
	CU_ASSERT_EQUAL(cause(), GTPC_CAUSE_NO_RESOURCES);
	fake_hold(rig.fake, false);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 3);
	rig_close(&rig);
}

// TS 29.274 7.7.6, 7.7.7, 7.7.8
static void
broken_requests_are_answered_and_leave_nothing(void)
{
	uint8_t bytes[2048];
	ssize_t n;

	rig_open(&rig, NULL);
	ask(IMSI);
	request.header.sequence = 1;
	n = gtpc_message_encode(&request, bytes, sizeof(bytes));
	for (ssize_t cut = 1; cut < n; cut++)
		pgw_receive(rig.pgw, &rig.path, bytes, (size_t)cut);
	for (ssize_t i = 0; i < n; i++) {
		uint8_t changed[2048];

		memcpy(changed, bytes, (size_t)n);
		changed[i] ^= 0xff;
		pgw_receive(rig.pgw, &rig.path, changed, (size_t)n);
	}
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).creating + rig_counts(&rig).closing, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, rig_counts(&rig).active);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_with_all_that_a_partner_expects),
	UNIT_CASE(tells_recovery_to_a_peer_only_until_it_knows),
	UNIT_CASE(charging_ids_and_teids_and_addresses_all_differ),
	UNIT_CASE(the_answer_waits_until_the_dataplane_has_the_session),
	UNIT_CASE(repeated_requests_get_the_very_same_answer),
	UNIT_CASE(the_same_sim_and_ebi_again_is_a_new_session),
	UNIT_CASE(another_ebi_of_the_same_sim_is_a_second_session),
	UNIT_CASE(of_two_requests_in_flight_for_one_sim_the_later_one_wins),
	UNIT_CASE(names_the_conditional_ie_without_which_there_is_no_session),
	UNIT_CASE(everything_else_that_is_missing_has_a_default),
	UNIT_CASE(reserved_values_are_incorrect),
	UNIT_CASE(an_ambr_of_zero_never_means_unlimited),
	UNIT_CASE(dual_stack_gets_ipv4_by_network_preference),
	UNIT_CASE(other_pdn_types_are_refused),
	UNIT_CASE(an_unknown_apn_is_refused_and_a_suffix_does_not_matter),
	UNIT_CASE(the_wildcard_takes_what_no_other_apn_does),
	UNIT_CASE(tells_ambr_and_qos_exactly_when_changed),
	UNIT_CASE(selection_mode_and_apn_restriction_are_checked),
	UNIT_CASE(pco_is_answered_in_the_ie_that_asked),
	UNIT_CASE(a_wrong_password_is_refused_in_the_device_s_own_protocol),
	UNIT_CASE(an_empty_pool_is_cause_84_and_nothing_leaks),
	UNIT_CASE(a_full_table_is_no_resources),
	UNIT_CASE(what_the_dataplane_refuses_becomes_a_cause_and_all_is_given_back),
	UNIT_CASE(without_a_dataplane_there_are_no_resources),
	UNIT_CASE(a_sim_gets_its_fixed_address_and_nobody_else_does),
	UNIT_CASE(an_apn_may_refuse_addresses_that_are_not_the_sim_s),
	UNIT_CASE(a_stale_session_of_the_same_sim_hands_its_fixed_address_over),
	UNIT_CASE(a_fixed_address_goes_down_a_chain_of_sessions_and_is_held_once),
	UNIT_CASE(too_many_procedures_at_once_are_refused),
	UNIT_CASE(broken_requests_are_answered_and_leave_nothing),
};

UNIT_MAIN("control/create_session", cases)
