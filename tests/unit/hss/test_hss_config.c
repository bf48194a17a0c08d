// SPDX-License-Identifier: BSD-3-Clause
#include "hss/hss_config.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

#define WHO                                                                                        \
	"identity = \"hss.home.example\"; realm = \"home.example\"; addresses = [ \"10.0.0.1\" ];"
#define DIAMETER "diameter: { " WHO " };\n"
#define PEERS "peers: ( { host = \"*\"; partners = [ \"p\" ]; } );\n"
#define PARTNERS "partners: ( { name = \"p\"; realms = [ \"p.example\" ]; } );\n"
#define SOUND DIAMETER PEERS PARTNERS

static struct hss_config config;

// What is complained about, "" if nothing.
static const char *
faults(const char *text)
{
	static char *said;
	size_t n;
	FILE *f;

	free(said);
	f = open_memstream(&said, &n);
	if (cfg_load_text("t", text, &hss_config_schema, &config, f) == 0)
		cfg_free(&hss_config_schema, &config);
	fclose(f);
	return said;
}

static void
expect_fault(const char *text, const char *line_and_path, const char *what)
{
	const char *said = faults(text);

	CU_ASSERT_PTR_NOT_NULL(strstr(said, line_and_path));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, what));
	if (!strstr(said, line_and_path) || !strstr(said, what))
		printf("\n    said: %s", said);
}

static void
the_sample_is_right(void)
{
	CU_ASSERT_EQUAL_FATAL(cfg_load(SAMPLE, &hss_config_schema, &config, stderr), 0);
	CU_ASSERT_STRING_EQUAL(config.identity, "hss.epc.mnc070.mcc999.3gppnetwork.org");
	CU_ASSERT_EQUAL(config.port, 3868);
	CU_ASSERT_EQUAL(config.n_peers, 1);
	CU_ASSERT_EQUAL(config.n_partners, 1);
	CU_ASSERT_EQUAL(config.cli.port, 2324);
	cfg_free(&hss_config_schema, &config);
}

static void
refusals_are_the_specification_s_by_default(void)
{
	CU_ASSERT_EQUAL_FATAL(cfg_load_text("t", SOUND, &hss_config_schema, &config, stderr), 0);
	CU_ASSERT(config.results.unknown.is_experimental);
	CU_ASSERT_EQUAL(config.results.unknown.code, 5001);
	// Not 5001, which makes a device take its USIM for invalid; not 5004, which forbids the network.
	CU_ASSERT(config.results.not_active.is_experimental);
	CU_ASSERT_EQUAL(config.results.not_active.code, 5420);
	CU_ASSERT_EQUAL(config.results.store_failed.code, 5012);
	CU_ASSERT(!config.results.store_failed.is_experimental);
	CU_ASSERT_EQUAL(config.sctp.rto_initial_ms, 3000);
	CU_ASSERT_EQUAL(config.sctp.rto_min_ms, 1000);
	CU_ASSERT_EQUAL(config.sctp.rto_max_ms, 60000);
	CU_ASSERT_EQUAL(config.sctp.association_retransmissions, 10);
	CU_ASSERT_EQUAL(config.sctp.path_retransmissions, 5);
	CU_ASSERT_EQUAL(config.sctp.init_retransmissions, 8);
	CU_ASSERT_EQUAL(config.sctp.heartbeat_ms, 30000);
	CU_ASSERT_EQUAL(config.sctp.sack_delay_ms, 200);
	cfg_free(&hss_config_schema, &config);
}

static void
faults_have_a_line_and_a_path(void)
{
	expect_fault(DIAMETER PEERS
		"partners: ( { name = \"q\"; realms = [ \"p.example\" ]; } );\n",
		"t:2: peers[0].partners[0]:", "there is no partner \"p\"");
	expect_fault(
		SOUND "results: { unknown = \"5001\"; };\n", "t:4: results.unknown:", "s6a:CODE");
	expect_fault(SOUND "results: { unknown = \"s6a:2001\"; };\n", "t:4: results.unknown:", "");
	expect_fault(DIAMETER PEERS
		"partners: ( { name = \"p\"; realms = [ \"r\" ];\n plmns = [ \"2620\" ]; } );\n",
		"t:4: partners[0].plmns[0]:", "5 or 6 digits");
	expect_fault(DIAMETER PARTNERS "peers: ( { host = \"*.x\"; partners = [ \"p\" ];\n connect "
				       "= [ \"10.0.0.2\" ]; } );\n",
		"peers[0].host:", "no pattern");
	expect_fault(DIAMETER PARTNERS "peers: ( { host = \"x\"; partners = [ \"p\" ];\n omit = [ "
				       "\"No-Such-AVP\" ]; } );\n",
		"t:4: peers[0].omit[0]:", "AVP");
	expect_fault("diameter: { " WHO " sctp = false; tcp = false; };\n" PEERS PARTNERS,
		"t:1: diameter:", "one of sctp and tcp");
	expect_fault("diameter: { " WHO "\n hosts = [ \"a b\" ]; };\n" PEERS PARTNERS,
		"t:2: diameter.hosts", "isn't a Diameter identity");
	expect_fault(SOUND "sctp: { rto_min = \"10s\";\n rto_max = \"5s\"; };\n",
		"t:4: sctp.rto_min:", "greater than sctp.rto_max");
	expect_fault(SOUND "tls: { port = 5868; };\n", "t:4: tls.port:", "tls.certificate");
	expect_fault(SOUND "stor: { };\n", "t:4: stor:", "");
}

static void
names_an_avp_in_four_ways(void)
{
	static const char text[] =
		DIAMETER PARTNERS "peers: ( { host = \"x\"; partners = [ \"*\" ];\n"
				  " omit = [ \"MSISDN\" ]; clear_m = [ \"10415:1424\" ]; ignore = "
				  "[ \"999\", \"*\" ]; } );";
	const struct hss_peer *peer;

	CU_ASSERT_EQUAL_FATAL(cfg_load_text("t", text, &hss_config_schema, &config, stderr), 0);
	peer = &config.peers[0];
	CU_ASSERT(peer->omit[0].code == 701 && peer->omit[0].vendor == 10415);
	CU_ASSERT(peer->clear_m[0].code == 1424 && peer->clear_m[0].vendor == 10415);
	CU_ASSERT(peer->ignore[0].code == 999 && peer->ignore[0].vendor == 0);
	CU_ASSERT(peer->ignore[1].is_any);
	cfg_free(&hss_config_schema, &config);
}

static void
matches_patterns_without_regard_to_case(void)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "*", "anything", true },
		{ "*", "", true },
		{ "a", "A", true },
		{ "a", "ab", false },
		{ "*.epc.example", "mme1.EPC.example", true },
		{ "*.epc.example", ".epc.example", true },
		{ "*.epc.example", "epc.example", false },
		{ "*.epc.example", "mme.epc.example.evil", false },
		{ "dra*.ipx", "dra12.ipx", true },
		{ "a*b*c", "axxbxxbxc", true },
		{ "a*b*c", "axxbxxbx", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(
			hss_pattern_matches(cases[i].pattern, cases[i].text, strlen(cases[i].text)),
			cases[i].matches);
}

// The store's line of the configuration in effect.
static bool
shows_store(const char *url, const char *shown)
{
	char text[1024], want[256], *said = NULL;
	size_t n;
	FILE *f = open_memstream(&said, &n);
	bool ok;

	snprintf(text, sizeof(text), SOUND "store: { url = \"%s\"; };\n", url);
	snprintf(want, sizeof(want), "url = \"%s\";", shown);
	if (cfg_load_text("t", text, &hss_config_schema, &config, stderr) != 0) {
		fclose(f);
		free(said);
		return false;
	}
	cfg_show(&hss_config_schema, &config, f);
	fclose(f);
	ok = strstr(said, want) != NULL && strcmp(config.store_url, url) == 0;
	cfg_free(&hss_config_schema, &config);
	free(said);
	return ok;
}

static void
never_shows_the_password_of_the_store(void)
{
	CU_ASSERT(shows_store("sqlite:/var/lib/torii/hss.db", "sqlite:/var/lib/torii/hss.db"));
	CU_ASSERT(shows_store("postgresql://u@db:5432/torii", "postgresql://u@db:5432/torii"));
	CU_ASSERT(shows_store("postgresql://u:p@ss@db/torii", "postgresql://u:***@db/torii"));
	CU_ASSERT(shows_store("host=db password=secret user=u", "host=db password=*** user=u"));
	CU_ASSERT(shows_store("host=db password='se cret' user=u", "host=db password=*** user=u"));
	CU_ASSERT(shows_store(
		"postgresql://db/t?password=x&user=u", "postgresql://db/t?password=***&user=u"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(the_sample_is_right),
	UNIT_CASE(refusals_are_the_specification_s_by_default),
	UNIT_CASE(faults_have_a_line_and_a_path),
	UNIT_CASE(names_an_avp_in_four_ways),
	UNIT_CASE(matches_patterns_without_regard_to_case),
	UNIT_CASE(never_shows_the_password_of_the_store),
};

UNIT_MAIN("hss/hss_config", cases)
