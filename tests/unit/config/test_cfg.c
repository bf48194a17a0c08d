// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg.h"
#include "tests/unit/config/sample.h"
#include "tests/unit/cunit_main.h"

#include <unistd.h>

static void
fills_in_defaults(void)
{
	static const uint8_t none[6];
	struct sample s;
	char *said;

	CU_ASSERT_EQUAL_FATAL(sample_load("", &s, &said), 0);
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_TRUE(s.is_on);
	CU_ASSERT_EQUAL(s.byte, 5);
	CU_ASSERT_EQUAL(s.word, 2123);
	CU_ASSERT_EQUAL(s.sessions_max, 1000000);
	CU_ASSERT_EQUAL(s.wait_ms, 200);
	CU_ASSERT_EQUAL(s.idle_s, 900);
	CU_ASSERT_STRING_EQUAL(s.title, "");
	CU_ASSERT_EQUAL(s.gtpc.family, 0);
	CU_ASSERT_EQUAL(s.gtpu4.family, 4);
	CU_ASSERT_EQUAL(memcmp(s.mac, none, 6), 0);
	CU_ASSERT_EQUAL(s.plmn, 1001);
	CU_ASSERT_EQUAL(s.n_cpus, 2);
	CU_ASSERT_EQUAL(s.cpus[1], 2);
	CU_ASSERT_EQUAL(s.n_names, 0);
	CU_ASSERT_EQUAL(s.n_apns, 0);
	CU_ASSERT_PTR_NULL(s.apns);
	free(said);
	cfg_free(&sample_schema, &s);
}

static void
reads_every_kind_of_value(void)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 0xaf }, op[] = { 0xde, 0xad, 0xbe, 0xef };
	struct sample s;
	char *said;

	CU_ASSERT_EQUAL_FATAL(
		sample_load("main = { enabled = false; byte = 0xC8; port = 65535; cpus = 7;\n"
			    "  sessions_max = 16000000; huge = 0xFFFFFFFFFFFFFFFFL; };\n"
			    "timers = { wait = \"1.5s\"; idle = \"1h\"; };\n"
			    "title = \"a \\\"b\\\" c\"; mac = \"02:00:00:00:00:AF\";\n"
			    "gtp = { control = \"2001:db8::1\"; user = \"10.1.2.3\"; };\n"
			    "keys: { op = \"deadBEEF\" }\n"
			    "plmn = \"262-42\"; names = (\"a\", \"bc\");",
			&s, &said),
		0);
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_FALSE(s.is_on);
	CU_ASSERT_EQUAL(s.byte, 200);
	CU_ASSERT_EQUAL(s.word, 65535);
	CU_ASSERT_EQUAL(s.sessions_max, 16000000);
	CU_ASSERT_EQUAL(s.huge, UINT64_MAX);
	CU_ASSERT_EQUAL(s.wait_ms, 1500);
	CU_ASSERT_EQUAL(s.idle_s, 3600);
	CU_ASSERT_STRING_EQUAL(s.title, "a \"b\" c");
	CU_ASSERT_EQUAL(s.gtpc.family, 6);
	CU_ASSERT_EQUAL(s.gtpu4.bytes[3], 3);
	CU_ASSERT_EQUAL(memcmp(s.mac, mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(s.op, op, 4), 0);
	CU_ASSERT_EQUAL(s.plmn, 262042);
	CU_ASSERT_EQUAL(s.n_cpus, 1);
	CU_ASSERT_EQUAL(s.cpus[0], 7);
	CU_ASSERT_EQUAL(s.n_names, 2);
	CU_ASSERT_STRING_EQUAL(s.names[1], "bc");
	free(said);
	cfg_free(&sample_schema, &s);
}

static void
reads_groups_inside_groups(void)
{
	struct sample s;
	char *said;

	CU_ASSERT_EQUAL_FATAL(
		sample_load("apns = (\n"
			    "  { name = \"internet\"; dns = [\"10.20.0.2\", \"10.20.0.3\"];\n"
			    "    pools = ( { prefix = \"100.64.0.0/16\"; },\n"
			    "              { prefix = \"2001:db8::/32\"; rest = \"0s\"; } ); },\n"
			    "  { name = \"iot\"; kind = \"static\"; ambr = { ul = 64000; }; } );",
			&s, &said),
		0);
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL_FATAL(s.n_apns, 2);
	CU_ASSERT_STRING_EQUAL(s.apns[0].name, "internet");
	CU_ASSERT_EQUAL(s.apns[0].kind, 2);
	CU_ASSERT_EQUAL(s.apns[0].ul_bps, 50000000);
	CU_ASSERT_EQUAL(s.apns[0].n_dns, 2);
	CU_ASSERT_EQUAL_FATAL(s.apns[0].n_pools, 2);
	CU_ASSERT_EQUAL(s.apns[0].pools[0].prefix.length, 16);
	CU_ASSERT_EQUAL(s.apns[0].pools[0].rest_s, 60);
	CU_ASSERT_EQUAL(s.apns[0].pools[1].prefix.addr.family, 6);
	CU_ASSERT_EQUAL(s.apns[0].pools[1].rest_s, 0);
	CU_ASSERT_STRING_EQUAL(s.apns[1].name, "iot");
	CU_ASSERT_EQUAL(s.apns[1].kind, 1);
	CU_ASSERT_EQUAL(s.apns[1].ul_bps, 64000);
	CU_ASSERT_EQUAL(s.apns[1].n_pools, 0);
	free(said);
	cfg_free(&sample_schema, &s);
}

// The whole complaint about a text.
static const struct {
	const char *text;
	const char *said;
} refused[] = {
	{ "x = 1;", "t.cfg:1: x: there is no such setting\n" },
	{ "\nmain = { prot = 1; };", "t.cfg:2: main.prot: there is no such setting\n" },
	{ "main = 5;", "t.cfg:1: main: must be a group: { ... }\n" },
	{ "title = { };", "t.cfg:1: title: must be a string in double quotes\n" },
	{ "main = { enabled = 1; };", "t.cfg:1: main.enabled: must be true or false\n" },
	{ "main = { port = \"1\"; };", "t.cfg:1: main.port: must be a number\n" },
	{ "main = { port = 1.5; };", "t.cfg:1: main.port: must be a number\n" },
	{ "main = { port = -1; };", "t.cfg:1: main.port: must not be negative\n" },
	{ "main = { port = 0; };", "t.cfg:1: main.port: 0 is not within 1 to 65535\n" },
	{ "main = { port = 65536; };", "t.cfg:1: main.port: 65536 is not within 1 to 65535\n" },
	{ "main = { byte = 256; };", "t.cfg:1: main.byte: 256 is not within 1 to 200\n" },
	{ "main = { sessions_max = 5000000000; };",
		"t.cfg:1: a number this large must end in L\n" },
	{ "main = { sessions_max = 5000000000L; };",
		"t.cfg:1: main.sessions_max: 5000000000 is not within 1 to 16000000\n" },
	{ "timers = { wait = 5; };",
		"t.cfg:1: timers.wait: must be a duration with a unit, as \"5s\" or \"200ms\"\n" },
	{ "timers = { wait = \"5\"; };",
		"t.cfg:1: timers.wait: \"5\" is no duration, write \"200ms\", \"5s\" or \"1h\"\n" },
	{ "timers = { wait = \"2m\"; };", "t.cfg:1: timers.wait: 2m is not within 1ms to 1m\n" },
	{ "timers = { idle = \"1500ms\"; };",
		"t.cfg:1: timers.idle: \"1500ms\" is not in whole seconds\n" },
	{ "title = \"123456789012\";", "t.cfg:1: title: is 12 bytes long, at most 11 fit\n" },
	{ "title = \"a\\nb\";", "t.cfg:1: title: must not hold control characters\n" },
	{ "gtp = { control = \"10.0.0.300\"; };",
		"t.cfg:1: gtp.control: \"10.0.0.300\" is no IP address\n" },
	{ "gtp = { user = \"::1\"; };", "t.cfg:1: gtp.user: must be IPv4\n" },
	{ "gtp = { user = \"\"; };", "t.cfg:1: gtp.user: \"\" is no IP address\n" },
	{ "mac = \"02:00:00:00:00\";", "t.cfg:1: mac: must be 6 bytes with ':' between them\n" },
	{ "mac = \"02:00:00:00:00:0g\";", "t.cfg:1: mac: must be 6 bytes in hexadecimal\n" },
	{ "keys = { op = \"00112233445566\"; };",
		"t.cfg:1: keys.op: must be exactly 4 bytes in hexadecimal\n" },
	{ "plmn = \"nowhere\";", "t.cfg:1: plmn: \"nowhere\" is no PLMN: write \"001-01\"\n" },
	{ "main = { cpus = [1, 64, 3]; };", "t.cfg:1: main.cpus[1]: 64 is not within 0 to 63\n" },
	{ "main = { cpus = [1, 2, 1]; };",
		"t.cfg:1: main.cpus[2]: is the same as in main.cpus[0]\n" },
	{ "main = { cpus = [1, 2, 3, 4, 5]; };",
		"t.cfg:1: main.cpus: has 5 entries, at most 4 are possible\n" },
	{ "main = { cpus = []; };", "t.cfg:1: main.cpus: has 0 entries, needs at least 1\n" },
	{ "main = { cpus = { }; };", "t.cfg:1: main.cpus: must be a number\n" },
	{ "names = [\"a\", \"12345678\"];", "t.cfg:1: names[1]: is 8 bytes long, at most 7 fit\n" },
	{ "apns = { };", "t.cfg:1: apns: must be a list of groups: ( { ... }, { ... } )\n" },
	{ "apns = [1];", "t.cfg:1: apns: must be a list of groups: ( { ... }, { ... } )\n" },
	{ "apns = ( 5 );", "t.cfg:1: apns[0]: must be a group: { ... }\n" },
	{ "apns = ( { } );", "t.cfg:1: apns[0].name: is missing and has no default\n" },
	{ "apns = ( { name = \"\"; } );", "t.cfg:1: apns[0].name: must not be empty\n" },
	{ "apns = (\n{ name = \"a\"; },\n{ name = \"b\"; },\n{ name = \"a\"; } );",
		"t.cfg:4: apns[2].name: is the same as in apns[0]\n" },
	{ "apns = ( {name=\"1\";}, {name=\"2\";}, {name=\"3\";}, {name=\"4\";}, {name=\"5\";} );",
		"t.cfg:1: apns: has 5 entries, at most 4 are possible\n" },
	{ "apns = ( { name = \"a\"; kind = \"odd\"; } );",
		"t.cfg:1: apns[0].kind: \"odd\" is none of dynamic, static, both\n" },
	{ "apns = ( { name = \"a\"; ambr = { ul = \"fast\"; }; } );",
		"t.cfg:1: apns[0].ambr.ul: \"fast\" is no bit rate, write \"50M\" or \"1.5G\"\n" },
	{ "apns = ( { name = \"a\"; ambr = { ul = -1.0; }; } );",
		"t.cfg:1: apns[0].ambr.ul: is out of range\n" },
	{ "apns = ( { name = \"a\"; ambr = { ul = \"20G\"; }; } );",
		"t.cfg:1: apns[0].ambr.ul: 20G is not within 0 to 10G\n" },
	{ "apns = ( { name = \"a\"; dns = \"::1\"; } );", "t.cfg:1: apns[0].dns: must be IPv4\n" },
	{ "apns = ( { name = \"a\";\npools = (\n{ prefix = \"10.0.0.1/8\"; } ); } );",
		"t.cfg:3: apns[0].pools[0].prefix: \"10.0.0.1/8\" is no prefix, write "
		"\"100.64.0.0/16\" with no bits after the length\n" },
	{ "apns = ( { name = \"a\";\nkind = \"dynamic\"; } );",
		"t.cfg:2: apns[0].kind: \"a\" needs a pool\n" },
	{ "a = ;", "t.cfg:1: syntax error\n" },
	{ "title = \"a\";\ntitle = \"b\";", "t.cfg:2: duplicate setting name\n" },
	{ "title = \"a\";\n/* and", "t.cfg:2: this comment has no end\n" },
};

static void
refuses_what_is_wrong_and_says_where(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct sample s;
		char *said;

		memset(&s, 0x5a, sizeof(s));
		CU_ASSERT_EQUAL(sample_load(refused[i].text, &s, &said), -EINVAL);
		if (strcmp(said, refused[i].said) != 0)
			printf("\ngot  %swant %s", said, refused[i].said);
		CU_ASSERT_STRING_EQUAL(said, refused[i].said);
		for (size_t k = 0; k < sizeof(s); k++)
			CU_ASSERT_EQUAL(((uint8_t *)&s)[k], 0x5a);
		free(said);
	}
}

static void
reports_all_faults_in_the_order_of_lines(void)
{
	struct sample s;
	char *said;

	CU_ASSERT_EQUAL(sample_load("apns = ( { kind = \"x\"; },\n{ name = 5; } );\n"
				    "main = { port = 0; };\ntypo = 1;\n",
				&s, &said),
		-EINVAL);
	CU_ASSERT_STRING_EQUAL(said,
		"t.cfg:1: apns[0].name: is missing and has no default\n"
		"t.cfg:1: apns[0].kind: \"x\" is none of dynamic, static, both\n"
		"t.cfg:2: apns[1].name: must be a string in double quotes\n"
		"t.cfg:3: main.port: 0 is not within 1 to 65535\n"
		"t.cfg:4: typo: there is no such setting\n");
	free(said);
}

static void
says_how_many_faults_it_left_out(void)
{
	static const char entry[] = "apns%03d = 1;\n";
	char text[100 * sizeof(entry)] = "", *said, *last;
	struct sample s;

	for (int i = 0; i < 60; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "zz%03d = 1;\n", i);
	CU_ASSERT_EQUAL(sample_load(text, &s, &said), -EINVAL);
	last = strstr(said, "t.cfg: and ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(last);
	CU_ASSERT_STRING_EQUAL(last, "t.cfg: and 10 faults more\n");
	free(said);
}

static void
never_says_a_secret(void)
{
	struct sample s;
	char *said;

	CU_ASSERT_EQUAL(sample_load("keys = { op = \"5ec0e7\"; };", &s, &said), -EINVAL);
	CU_ASSERT_PTR_NULL(strstr(said, "5ec0e7"));
	free(said);
}

static void
names_the_file_that_cannot_be_read(void)
{
	struct sample s;
	char *said;
	size_t n;
	FILE *err = open_memstream(&said, &n);

	CU_ASSERT_EQUAL(cfg_load("/nonexistent/a.cfg", &sample_schema, &s, err), -ENOENT);
	CU_ASSERT_EQUAL(cfg_load("/tmp", &sample_schema, &s, err), -EISDIR);
	fclose(err);
	CU_ASSERT_STRING_EQUAL(
		said, "/nonexistent/a.cfg: No such file or directory\n/tmp: Is a directory\n");
	free(said);
}

static void
put_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static void
includes_files_beside_the_first_and_names_them(void)
{
	char dir[] = "/tmp/torii-cfg-XXXXXX", path[128], *said;
	struct sample s;
	size_t n;
	FILE *err = open_memstream(&said, &n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put_file(dir, "main.cfg", "@include \"apns.cfg\"\nplmn = \"001-01\";\n");
	put_file(dir, "apns.cfg", "apns = (\n{ name = \"internet\"; } );\n");
	snprintf(path, sizeof(path), "%s/main.cfg", dir);
	CU_ASSERT_EQUAL_FATAL(cfg_load(path, &sample_schema, &s, err), 0);
	CU_ASSERT_EQUAL(s.n_apns, 1);
	cfg_free(&sample_schema, &s);
	put_file(dir, "apns.cfg", "apns = (\n{ nam = \"internet\"; } );\n");
	CU_ASSERT_EQUAL(cfg_load(path, &sample_schema, &s, err), -EINVAL);
	fclose(err);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "/apns.cfg:2: apns[0].nam: there is no such setting"));
	free(said);
	unlink(path);
	snprintf(path, sizeof(path), "%s/apns.cfg", dir);
	unlink(path);
	rmdir(dir);
}

static void
frees_what_was_zeroed(void)
{
	struct sample s = { .n_apns = 0 };

	cfg_free(&sample_schema, &s);
	CU_ASSERT_PTR_NULL(s.apns);
}

static const struct unit_case cases[] = {
	UNIT_CASE(fills_in_defaults),
	UNIT_CASE(reads_every_kind_of_value),
	UNIT_CASE(reads_groups_inside_groups),
	UNIT_CASE(refuses_what_is_wrong_and_says_where),
	UNIT_CASE(reports_all_faults_in_the_order_of_lines),
	UNIT_CASE(says_how_many_faults_it_left_out),
	UNIT_CASE(never_says_a_secret),
	UNIT_CASE(names_the_file_that_cannot_be_read),
	UNIT_CASE(includes_files_beside_the_first_and_names_them),
	UNIT_CASE(frees_what_was_zeroed),
};

UNIT_MAIN("config/cfg", cases)
