// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl_config.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "gtpc: { addresses = [ \"10.10.0.1\" ]; };\n"
#define POOL "{ name = \"p\"; range = \"100.64.0.0/16\"; }"

static struct ctl_config config;

// What is complained about, "" if nothing.
static const char *
faults(const char *text)
{
	static char *said;
	size_t n;
	FILE *f;

	free(said);
	f = open_memstream(&said, &n);
	if (cfg_load_text("t", text, &ctl_config_schema, &config, f) == 0)
		cfg_free(&ctl_config_schema, &config);
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
	CU_ASSERT_EQUAL_FATAL(cfg_load(SAMPLE, &ctl_config_schema, &config, stderr), 0);
	CU_ASSERT_EQUAL(config.n_apns, 1);
	CU_ASSERT_STRING_EQUAL(config.apns[0].name, "internet");
	CU_ASSERT_EQUAL(config.pools[0].range.first, 0x64400000);
	CU_ASSERT_EQUAL(config.pools[0].range.last, 0x6440ffff);
	CU_ASSERT_EQUAL(config.cli.port, 2323);
	CU_ASSERT_EQUAL(config.metrics.port, 9090);
	cfg_free(&ctl_config_schema, &config);
}

// TS 29.274 7.1.1: not more often than every 60 s
static void
echo_requests_keep_their_distance(void)
{
	static const char rest[] =
		"pools: ( " POOL " ); apns: ( { name = \"a\"; pools = \"p\"; } );\n";
	char text[1024];

	snprintf(text, sizeof(text),
		"gtpc: { addresses = [ \"10.10.0.1\" ]; echo_interval = \"59s\"; };\n%s", rest);
	expect_fault(text, "gtpc.echo_interval", "60 s");
	snprintf(text, sizeof(text),
		HEAD "%speers: ( { name = \"s\"; addresses = [ \"10.10.0.2\" ];\n"
		     "  echo_interval = \"10s\"; } );\n",
		rest);
	expect_fault(text, "peers[0].echo_interval", "60 s");
	snprintf(text, sizeof(text),
		"gtpc: { addresses = [ \"10.10.0.1\" ]; echo_interval = \"5s\"; short_echo = true; "
		"};\n%s",
		rest);
	CU_ASSERT_STRING_EQUAL(faults(text), "");
}

static void
plmns_are_written_as_digits(void)
{
	static const char rest[] =
		"pools: ( " POOL " ); apns: ( { name = \"a\"; pools = \"p\"; } );\n";
	char text[1024];

	snprintf(text, sizeof(text), HEAD "%soverload: { plmns = [ \"2620\" ]; };\n", rest);
	expect_fault(text, "overload.plmns", "like 26201");
	snprintf(text, sizeof(text), HEAD "%soverload: { plmns = [ \"262x1\" ]; };\n", rest);
	expect_fault(text, "overload.plmns", "like 26201");
	snprintf(text, sizeof(text), HEAD "%soverload: { plmns = [ \"26201\", \"310410\" ]; };\n",
		rest);
	CU_ASSERT_STRING_EQUAL(faults(text), "");
}

static void
ranges_are_written_in_three_ways(void)
{
	static const char text[] =
		HEAD "pools: ( { name = \"p\"; range = \"100.64.0.0-100.64.1.7\";\n"
		     "  exclude = [ \"100.64.0.0/30\", \"100.64.0.9\" ]; } );\n"
		     "apns: ( { name = \"a\"; pools = \"p\"; } );\n";

	CU_ASSERT_EQUAL_FATAL(cfg_load_text("t", text, &ctl_config_schema, &config, stderr), 0);
	CU_ASSERT_EQUAL(config.pools[0].range.last, 0x64400107);
	CU_ASSERT_EQUAL(config.pools[0].n_excluded, 2);
	CU_ASSERT_EQUAL(config.pools[0].excluded[0].last, 0x64400003);
	CU_ASSERT_EQUAL(config.pools[0].excluded[1].first, 0x64400009);
	cfg_free(&ctl_config_schema, &config);
}

static void
faults_have_a_line_and_a_path(void)
{
	expect_fault(HEAD "pools: ( " POOL
			  " );\napns: ( { name = \"a\";\n pools = [ \"q\" ]; } );\n",
		"t:4: apns[0].pools[0]:", "no pool is named \"q\"");
	expect_fault(HEAD "pools: ( " POOL ",\n { name = \"q\"; range = \"100.64.5.0/24\"; } );\n"
			  "apns: ( { name = \"a\"; pools = [ \"p\", \"q\" ]; } );\n",
		"t:3: pools[1].range:", "overlaps pool \"p\"");
	expect_fault(HEAD "pools: ( { name = \"p\"; range = \"100.64.0.0/24\";\n"
			  " exclude = [ \"100.65.0.0\" ]; } );\n"
			  "apns: ( { name = \"a\"; pools = [ \"p\" ]; } );\n",
		"t:3: pools[0].exclude[0]:", "outside of the pool");
	expect_fault(HEAD "pools: ( " POOL " );\napns: ( { name = \"a\"; pools = [ \"p\" ];\n"
			  " static_sims = ( { imsi = \"001010000000001\"; address = "
			  "\"100.64.0.9\"; } ); } );\n",
		"apns[0].static_sims[0].address:", "in no static range");
	expect_fault(HEAD "pools: ( " POOL " );\napns: ( { name = \"a\"; pools = [ \"p\" ];\n"
			  " authentication = \"required\"; } );\n",
		"t:4: apns[0].authentication:", "users");
	expect_fault(HEAD "pools: ( { name = \"p\"; range = \"100.64.0.0/99\"; } );\n"
			  "apns: ( { name = \"a\"; pools = [ \"p\" ]; } );\n",
		"t:2: pools[0].range:", "100.64.0.0/16");
	expect_fault(HEAD "pools: ( " POOL " );\n"
			  "apns: ( { name = \"Net\"; pools = [ \"p\" ]; }, { name = \"net\"; pools "
			  "= [ \"p\" ]; } );\n",
		"apns[1].name:", "already");
	expect_fault(HEAD
		"pools: ( " POOL " );\napns: ( { name = \"a\"; pools = [ \"p\" ];\n"
		" static_sims = ( { imsi = \"12a4567\"; address = \"100.64.0.9\"; } ); } );\n",
		"static_sims[0].imsi:", "digits");
}

static void
pools_may_overlap_in_different_vrfs(void)
{
	CU_ASSERT_STRING_EQUAL(
		faults(HEAD "pools: ( " POOL ", { name = \"q\"; range = \"100.64.0.0/16\"; } );\n"
			    "apns: ( { name = \"a\"; vrf = \"one\"; pools = [ \"p\" ]; },\n"
			    "        { name = \"b\"; vrf = \"two\"; pools = [ \"q\" ]; } );\n"),
		"");
	expect_fault(HEAD "pools: ( " POOL " );\n"
			  "apns: ( { name = \"a\"; vrf = \"one\"; pools = [ \"p\" ]; },\n"
			  "        { name = \"b\"; vrf = \"two\"; pools = [ \"p\" ]; } );\n",
		"t:4: apns[1].pools[0]:", "another VRF");
}

static void
passwords_are_not_shown(void)
{
	static const char text[] =
		HEAD "pools: ( " POOL " );\napns: ( { name = \"a\"; pools = [ \"p\" ];\n"
		     " authentication = \"required\"; users = ( { name = \"u\"; password = "
		     "\"geheim\"; } ); } );\n";
	char *shown = NULL;
	size_t n;
	FILE *f = open_memstream(&shown, &n);

	CU_ASSERT_EQUAL_FATAL(cfg_load_text("t", text, &ctl_config_schema, &config, stderr), 0);
	cfg_show(&ctl_config_schema, &config, f);
	fclose(f);
	CU_ASSERT_PTR_NULL(strstr(shown, "geheim"));
	CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\"u\""));
	free(shown);
	cfg_free(&ctl_config_schema, &config);
}

static void
dscp_follows_the_qci(void)
{
	struct ctl_dscp own[] = { { .qci = 9, .dscp = 8 }, { .qci = 200, .dscp = 63 } };
	struct ctl_config c = { .dscps = own, .n_dscps = 2 };

	CU_ASSERT_EQUAL(ctl_config_dscp(&c, 1), 46);
	CU_ASSERT_EQUAL(ctl_config_dscp(&c, 5), 26);
	CU_ASSERT_EQUAL(ctl_config_dscp(&c, 9), 8);
	CU_ASSERT_EQUAL(ctl_config_dscp(&c, 10), 0);
	CU_ASSERT_EQUAL(ctl_config_dscp(&c, 200), 63);
	CU_ASSERT_EQUAL(ctl_config_dscp(&c, 254), 0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(the_sample_is_right),
	UNIT_CASE(echo_requests_keep_their_distance),
	UNIT_CASE(plmns_are_written_as_digits),
	UNIT_CASE(ranges_are_written_in_three_ways),
	UNIT_CASE(faults_have_a_line_and_a_path),
	UNIT_CASE(pools_may_overlap_in_different_vrfs),
	UNIT_CASE(passwords_are_not_shown),
	UNIT_CASE(dscp_follows_the_qci),
};

UNIT_MAIN("control/ctl_config", cases)
