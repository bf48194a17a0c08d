// SPDX-License-Identifier: BSD-3-Clause
// IPv6 and both families in one session: who gets what with which cause, and what the dataplane is
// told. TS 23.401 5.3.1, TS 29.274 7.2.1, 8.14, 8.34.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <string.h>

#define IMSI "001010000000001"
#define FIXED "001010000000077"

static struct rig rig;
static struct gtpc_message request, answer;
static struct create_session_req *const req = &request.create_session_req;
static const struct create_session_rsp *const rsp = &answer.create_session_rsp;

static const uint8_t pool_prefix[6] = { 0x20, 1, 0x0d, 0xb8, 1, 0 };
static const uint8_t fixed_prefix[8] = { 0x20, 1, 0x0d, 0xb8, 2, 0, 0, 7 };

static const char config[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
	"pools: ( { name = \"v4\"; range = \"100.64.0.0/16\"; },\n"
	"         { name = \"v6\"; range = \"2001:db8:100::/48\"; },\n"
	"         { name = \"tiny\"; range = \"100.65.0.0/32\"; use_edges = true; },\n"
	"         { name = \"fixed\"; range = \"2001:db8:200::/56\";\n"
	"           static = [ \"2001:db8:200::/57\" ]; } );\n"
	"apns: ( { name = \"internet\"; pools = [ \"v4\", \"v6\", \"fixed\" ];\n"
	"          dns = [ \"10.20.0.2\", \"2001:db8:53::1\" ]; pcscf = [ \"2001:db8:60::1\" ];\n"
	"          mss: { ipv4 = 1340; ipv6 = 1320; }; static_from_request = true;\n"
	"          router_advertisements: { interval = \"600s\"; };\n"
	"          static_sims = ( { imsi = \"001010000000077\"; "
	"prefix = \"2001:db8:200:7::/64\"; } ); },\n"
	"        { name = \"v4only\"; pools = [ \"v4\" ]; },\n"
	"        { name = \"v6only\"; pools = [ \"v6\" ]; },\n"
	"        { name = \"six\"; pools = [ \"v4\", \"v6\" ]; single_family = \"ipv6\"; },\n"
	"        { name = \"scarce\"; pools = [ \"tiny\", \"v6\" ]; } );\n";

static void
begin(void)
{
	static const struct fake_config three = { .n_workers = 3 };

	rig_open_with(&rig, config, &three);
}

static uint8_t
attach(const char *imsi, const char *apn, uint8_t pdn_type, bool is_dual_capable)
{
	rig_create(&rig, &request, imsi);
	snprintf(req->apn.text, sizeof(req->apn.text), "%s", apn);
	req->pdn_type = req->paa.pdn_type = pdn_type;
	req->has_indication = true;
	if (is_dual_capable)
		gtpc_indication_set(&req->indication, GTPC_IND_DAF);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	return rsp->cause.value;
}

// The families of the answer's PAA, which must be sound in itself.
static uint8_t
granted(void)
{
	static const uint8_t no_id[8], no_ipv4[4];
	const struct gtpc_paa *paa = &rsp->paa;

	if (paa->pdn_type != GTPC_PDN_IPV4) {
		CU_ASSERT_EQUAL(paa->ipv6_prefix_bits, 64);
		CU_ASSERT_NOT_EQUAL(memcmp(paa->ipv6 + 8, no_id, 8), 0);
		CU_ASSERT_EQUAL(memcmp(paa->ipv6, pool_prefix, 6), 0);
	}
	if (paa->pdn_type != GTPC_PDN_IPV6)
		CU_ASSERT_NOT_EQUAL(memcmp(paa->ipv4, no_ipv4, 4), 0);
	return paa->pdn_type;
}

static void
causes_are_those_of_the_specification(void)
{
	static const struct {
		const char *apn;
		uint8_t asked;
		bool is_dual_capable;
		uint8_t cause, granted; // 0: nothing
	} cases[] = {
		{ "internet", GTPC_PDN_IPV4, true, 16, GTPC_PDN_IPV4 },
		{ "internet", GTPC_PDN_IPV6, true, 16, GTPC_PDN_IPV6 },
		{ "internet", GTPC_PDN_IPV4V6, true, 16, GTPC_PDN_IPV4V6 },
		{ "internet", GTPC_PDN_IPV4V6, false, 19, GTPC_PDN_IPV4 },
		{ "six", GTPC_PDN_IPV4V6, false, 19, GTPC_PDN_IPV6 },
		{ "v4only", GTPC_PDN_IPV4V6, true, 18, GTPC_PDN_IPV4 },
		{ "v4only", GTPC_PDN_IPV4V6, false, 18, GTPC_PDN_IPV4 },
		{ "v6only", GTPC_PDN_IPV4V6, true, 18, GTPC_PDN_IPV6 },
		{ "v4only", GTPC_PDN_IPV6, true, 83, 0 },
		{ "v6only", GTPC_PDN_IPV4, true, 83, 0 },
		{ "internet", GTPC_PDN_NON_IP, true, 83, 0 },
		{ "internet", GTPC_PDN_ETHERNET, true, 83, 0 },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(
			attach(IMSI, cases[i].apn, cases[i].asked, cases[i].is_dual_capable),
			cases[i].cause);
		CU_ASSERT_EQUAL(rsp->has_paa ? granted() : 0, cases[i].granted);
	}
	rig_close(&rig);
}

// An Indication that isn't there is one without DAF; a PDN Type counts where there is no PAA.
static void
without_an_indication_one_family_is_granted(void)
{
	begin();
	rig_create(&rig, &request, IMSI);
	req->has_paa = false;
	req->pdn_type = GTPC_PDN_IPV4V6;
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(rsp->cause.value, 19);
	CU_ASSERT_EQUAL(granted(), GTPC_PDN_IPV4);
	rig_close(&rig);
}

static void
the_dataplane_has_both_addresses_and_the_profile(void)
{
	static const uint8_t rdnss[16] = { 0x20, 1, 0x0d, 0xb8, 0, 0x53, [15] = 1 };
	struct dp_profile p;
	struct dp_session put;

	begin();
	CU_ASSERT_EQUAL(attach(IMSI, "internet", GTPC_PDN_IPV4V6, true), 16);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->bearers[0].pgw_u.teid, &put));
	CU_ASSERT_EQUAL(memcmp(put.ue_ipv4, rsp->paa.ipv4, 4), 0);
	CU_ASSERT_EQUAL(memcmp(put.ue_ipv6_prefix, rsp->paa.ipv6, 8), 0);
	CU_ASSERT_EQUAL(dp_session_shard(&put), put.teid & 0xff);
	p = fake_profile(rig.fake, put.profile);
	CU_ASSERT_EQUAL(p.mss_ipv4, 1340);
	CU_ASSERT_EQUAL(p.mss_ipv6, 1320);
	CU_ASSERT_EQUAL(p.ra_interval_s, 600);
	CU_ASSERT_EQUAL(p.ra_lifetime_s, 1800);
	CU_ASSERT_EQUAL(p.n_rdnss, 1);
	CU_ASSERT_EQUAL(memcmp(p.rdnss[0], rdnss, 16), 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).profiles, 3 * 5); // each worker, each APN
	rig_close(&rig);
}

// A dynamic /64 is one whose shard has the session's own worker.
static void
dynamic_prefixes_need_no_alias(void)
{
	char imsi[16];

	begin();
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(imsi, sizeof(imsi), "0010100001%05u", i);
		CU_ASSERT_EQUAL(attach(imsi, "internet", GTPC_PDN_IPV4V6, true), 16);
		CU_ASSERT_EQUAL(fake_worker(rig.fake, dp_shard_of(rsp->paa.ipv6, 8)),
			fake_worker(rig.fake, (uint8_t)rsp->pgw.teid));
	}
	CU_ASSERT_EQUAL(fake_count(rig.fake).aliases, 0);
	rig_close(&rig);
}

static void
detach(uint32_t teid)
{
	struct gtpc_message gone;

	rig_delete(&rig, &request, teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &gone));
	CU_ASSERT_EQUAL(gone.delete_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	rig_settle(&rig);
}

// Until its IPv4 address is of another worker than the fixed /64.
static uint32_t
attach_fixed(void)
{
	unsigned int of_prefix = fake_worker(rig.fake, dp_shard_of(fixed_prefix, 8));

	for (int i = 0; i < 50; i++) {
		CU_ASSERT_EQUAL(attach(FIXED, "internet", GTPC_PDN_IPV4V6, true), 16);
		CU_ASSERT_EQUAL(memcmp(rsp->paa.ipv6, fixed_prefix, 8), 0);
		if (fake_worker(rig.fake, (uint8_t)rsp->pgw.teid) != of_prefix)
			break;
	}
	return rsp->pgw.teid;
}

static void
a_fixed_prefix_has_an_alias_where_it_must(void)
{
	unsigned int worker;
	struct dp_alias alias;
	uint32_t teid;

	begin();
	teid = attach_fixed();
	CU_ASSERT_TRUE_FATAL(fake_find_alias(rig.fake, fixed_prefix, &worker, &alias));
	CU_ASSERT_EQUAL(worker, fake_worker(rig.fake, dp_shard_of(fixed_prefix, 8)));
	CU_ASSERT_EQUAL(alias.shard, (uint8_t)teid);
	CU_ASSERT_EQUAL(alias.vrf, 1);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1); // those before it were stale
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	CU_ASSERT_EQUAL(fake_count(rig.fake).aliases, 1);
	detach(teid);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).aliases, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).closing, 0);
	rig_close(&rig);
}

static void
aliases_and_prefixes_survive_a_restart(void)
{
	unsigned int worker;
	struct dp_alias alias;
	struct dp_session put;
	uint32_t teid;

	begin();
	CU_ASSERT_EQUAL(attach(IMSI, "v6only", GTPC_PDN_IPV6, true), 16);
	teid = attach_fixed();
	rig_settle(&rig);
	rig_restart_control(&rig);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 2);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 2);
	CU_ASSERT_TRUE(fake_find(rig.fake, teid, &put));
	CU_ASSERT_EQUAL(memcmp(put.ue_ipv6_prefix, fixed_prefix, 8), 0);
	CU_ASSERT_TRUE(fake_find_alias(rig.fake, fixed_prefix, &worker, &alias));
	// held by the sessions of before: nobody else gets them
	CU_ASSERT_EQUAL(attach("001010000000002", "v6only", GTPC_PDN_IPV6, true), 16);
	CU_ASSERT_PTR_NOT_NULL(session_find_address(rig.pgw->sessions, 0, 6, put.ue_ipv6_prefix));
	detach(teid);
	CU_ASSERT_EQUAL(fake_count(rig.fake).aliases, 0);
	rig_close(&rig);
}

static void
a_refused_session_leaves_no_alias(void)
{
	begin();
	detach(attach_fixed());
	fake_refuse_puts(rig.fake, -28, 1);
	for (int i = 0; i < 20 && attach(FIXED, "internet", GTPC_PDN_IPV4V6, true) == 16; i++)
		fake_refuse_puts(rig.fake, -28, 1);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(fake_count(rig.fake).aliases, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).closing, 0);
	rig_close(&rig);
}

static void
a_prefix_may_be_asked_for(void)
{
	static const uint8_t asked[8] = { 0x20, 1, 0x0d, 0xb8, 2, 0, 0, 9 };

	begin();
	for (int i = 0; i < 2; i++) {
		rig_create(&rig, &request, i ? "001010000000003" : IMSI);
		req->pdn_type = req->paa.pdn_type = GTPC_PDN_IPV6;
		req->paa.ipv6_prefix_bits = 64;
		memcpy(req->paa.ipv6, asked, 8);
		CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
		// held by another SIM: never evicted
		CU_ASSERT_EQUAL(rsp->cause.value, i ? GTPC_CAUSE_NO_RESOURCES : 16);
	}
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static void
one_family_is_better_than_none(void)
{
	begin();
	CU_ASSERT_EQUAL(attach(IMSI, "scarce", GTPC_PDN_IPV4V6, true), 16);
	CU_ASSERT_EQUAL(granted(), GTPC_PDN_IPV4V6);
	CU_ASSERT_EQUAL(attach("001010000000002", "scarce", GTPC_PDN_IPV4V6, true), 18);
	CU_ASSERT_EQUAL(granted(), GTPC_PDN_IPV6);
	CU_ASSERT_EQUAL(attach("001010000000003", "scarce", GTPC_PDN_IPV4, true), 84);
	rig_close(&rig);
}

// An SGW-U with these addresses.
static uint8_t
attach_through(const char *imsi, bool has_ipv4, bool has_ipv6)
{
	static const uint8_t ipv6[16] = { 0xfd, 0, 0, 0x10, [15] = 2 };
	struct gtpc_fteid *sgw_u = &req->bearers[0].sgw_u;

	rig_create(&rig, &request, imsi);
	sgw_u->has_ipv4 = has_ipv4;
	sgw_u->has_ipv6 = has_ipv6;
	memcpy(sgw_u->ipv6, ipv6, sizeof(ipv6));
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	return rsp->cause.value;
}

// TS 29.274 8.22: our end of a tunnel is of the family of the SGW's end, whatever signalling runs over
static void
a_tunnel_has_one_family_at_both_ends(void)
{
	static const struct fake_config both = { .n_workers = 3, .has_ipv6 = true };
	struct dp_session put;

	rig_open_with(&rig, config, &both);
	CU_ASSERT_EQUAL(attach_through(IMSI, false, true), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->pgw.has_ipv4 && !rsp->pgw.has_ipv6);
	CU_ASSERT_TRUE(rsp->bearers[0].pgw_u.has_ipv6 && !rsp->bearers[0].pgw_u.has_ipv4);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->pgw.teid, &put));
	CU_ASSERT_EQUAL(put.peer.family, 6);
	CU_ASSERT_EQUAL(attach_through("001010000000002", true, true), GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->bearers[0].pgw_u.has_ipv4 && !rsp->bearers[0].pgw_u.has_ipv6);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->pgw.teid, &put));
	CU_ASSERT_EQUAL(put.peer.family, 4);
	rig_close(&rig);
	begin(); // of IPv4 alone
	CU_ASSERT_EQUAL(attach_through(IMSI, false, true), GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(attach_through(IMSI, true, true), GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(a_tunnel_has_one_family_at_both_ends),
	UNIT_CASE(causes_are_those_of_the_specification),
	UNIT_CASE(without_an_indication_one_family_is_granted),
	UNIT_CASE(the_dataplane_has_both_addresses_and_the_profile),
	UNIT_CASE(dynamic_prefixes_need_no_alias),
	UNIT_CASE(a_fixed_prefix_has_an_alias_where_it_must),
	UNIT_CASE(aliases_and_prefixes_survive_a_restart),
	UNIT_CASE(a_refused_session_leaves_no_alias),
	UNIT_CASE(a_prefix_may_be_asked_for),
	UNIT_CASE(one_family_is_better_than_none),
};

UNIT_MAIN("control/dual_stack", cases)
