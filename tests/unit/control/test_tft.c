// SPDX-License-Identifier: BSD-3-Clause
// Traffic flow templates: octets as captured or written from TS 24.008 10.5.6.12, operations and
// their faults (TS 24.301 6.4.2.4), and filters as people write them.
#include "control/session/tft.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t
unhex(const char *hex, uint8_t *to)
{
	size_t n = 0;
	unsigned int byte;

	for (; *hex; hex++)
		if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1) {
			to[n++] = (uint8_t)byte;
			hex++;
		}
	return n;
}

static enum tft_fault
decode(const char *hex, struct tft *t)
{
	uint8_t bytes[512];
	size_t n = unhex(hex, bytes);

	return tft_decode(bytes, n, t);
}

// An IMS voice bearer as a PGW sends it: two filters, RTP and RTCP.
static const char golden[] = "22"
			     "31 05 15 10cb007109ffffffff 3011 411388138b 519c409c41"
			     "10 06 02 3011";

static void
reads_every_component(void)
{
	static const struct {
		const char *contents;
		const char *text;
	} rows[] = {
		{ "10 cb007100 ffffff00", "both remote 203.0.113.0/24" },
		{ "11 64400004 ffffffff", "both local 100.64.0.4/32" },
		{ "20 20010db8000000000000000000000000 ffffffff000000000000000000000000",
			"both remote 2001:db8::/32" },
		{ "21 20010db8000000000000000000000009 80", "both remote 2001:db8::9/128" },
		{ "23 20010db8000100000000000000000000 40", "both local 2001:db8:1::/64" },
		{ "30 11", "both udp" },
		{ "30 07", "both 7" },
		{ "40 1388", "both local-port 5000" },
		{ "41 1388 1392", "both local-port 5000-5010" },
		{ "50 13c4", "both remote-port 5060" },
		{ "51 0000 ffff", "both remote-port 0-65535" },
		{ "60 abcd0123", "both spi 0xabcd0123" },
		{ "70 b8fc", "both tos 0xb8/0xfc" },
		{ "80 f4beef", "both flow-label 0x4beef" },
		{ "10 0a140005 ffffffff 30 06 50 01bb", "both tcp remote 10.20.0.5/32 port 443" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t contents[64];
		char hex[256], text[TFT_TEXT_MAX];
		struct tft t;

		snprintf(hex, sizeof(hex), "21 31 07 %02zx %s", unhex(rows[i].contents, contents),
			rows[i].contents);
		CU_ASSERT_EQUAL(decode(hex, &t), TFT_GOOD);
		CU_ASSERT_EQUAL(t.operation, TFT_CREATE);
		CU_ASSERT_EQUAL(t.n_filters, 1);
		CU_ASSERT_EQUAL(t.filter[0].id, 1);
		CU_ASSERT_EQUAL(t.filter[0].precedence, 7);
		CU_ASSERT_STRING_EQUAL(tft_filter_text(&t.filter[0], text), rows[i].text);
	}
}

static void
writes_what_it_reads(void)
{
	static const char *const rows[] = { golden, "a2 01 02", "c0", "d0 03 02 01 02", "40",
		"61 31 07 02 30 06" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t wanted[512], got[512];
		size_t n = unhex(rows[i], wanted);
		struct tft t;

		CU_ASSERT_EQUAL(tft_decode(wanted, n, &t), TFT_GOOD);
		CU_ASSERT_EQUAL(tft_encode(&t, got, sizeof(got)), (ssize_t)n);
		CU_ASSERT_EQUAL(memcmp(got, wanted, n), 0);
	}
}

static void
encodes_the_golden_octets(void)
{
	static const char *const text[] = { "both udp remote 203.0.113.9/32 port 40000-40001 "
					    "local-port 5000-5003",
		"downlink udp" };
	uint8_t wanted[512], got[512];
	struct tft t = { .operation = TFT_CREATE, .n_filters = 2 };
	size_t n = unhex(golden, wanted);
	char why[128];

	for (uint8_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(tft_filter_parse(text[i], &t.filter[i], why, sizeof(why)), 0);
		t.filter[i].id = i == 0;
		t.filter[i].precedence = (uint8_t)(5 + i);
	}
	CU_ASSERT_EQUAL(tft_encode(&t, got, sizeof(got)), (ssize_t)n);
	CU_ASSERT_EQUAL(memcmp(got, wanted, n), 0);
}

static void
names_faults_of_the_coding(void)
{
	static const struct {
		const char *hex;
		enum tft_fault fault;
	} rows[] = {
		{ "", TFT_SYNTAX },
		{ "20", TFT_SYNTAX },                   // create, no filters
		{ "60", TFT_SYNTAX },                   // add none
		{ "80", TFT_SYNTAX },                   // replace none
		{ "a0", TFT_SYNTAX },                   // delete none
		{ "41 31 07 02 30 11", TFT_SYNTAX },    // delete the TFT, and a filter
		{ "c1 01", TFT_SYNTAX },                // no operation, and a filter
		{ "e0", TFT_SYNTAX },                   // reserved
		{ "22 31 07 02 30 11", TFT_SYNTAX },    // two announced, one there
		{ "21 31 07 02 30 11 00", TFT_SYNTAX }, // something behind
		{ "21 31 07 03 30 11", TFT_SYNTAX },    // longer than what is there
		{ "a2 01", TFT_SYNTAX },
		{ "d0 03 05 01", TFT_SYNTAX },              // parameter longer than what is there
		{ "21 31 07 00", TFT_FILTER_SYNTAX },       // an empty filter
		{ "21 31 07 02 31 11", TFT_FILTER_SYNTAX }, // reserved component
		{ "21 31 07 01 30", TFT_FILTER_SYNTAX },    // cut component
		{ "21 31 07 04 30 11 30 06", TFT_FILTER_SYNTAX },          // the same twice
		{ "21 31 07 08 40 1388 41 1388 1389", TFT_FILTER_SYNTAX }, // port and range
		{ "21 31 07 12 10 0a000001 ffffffff 10 0a000002 ffffffff", TFT_FILTER_SYNTAX },
		{ "21 31 07 12 21 20010db8000000000000000000000009 81", TFT_FILTER_SYNTAX },
		{ "22 31 07 02 30 11 31 08 02 30 06", TFT_FILTER_SYNTAX }, // one id twice
		{ "22 31 07 02 30 11 32 07 02 30 06", TFT_FILTER_SYNTAX }, // one precedence twice
		{ "21 31 07 05 51 1389 1388", TFT_FILTER_SEMANTIC },       // a range backwards
		{ "21 31 07 05 30 01 50 1388", TFT_FILTER_SEMANTIC },      // ports of ICMP
		{ "21 31 07 07 30 11 60 00000001", TFT_FILTER_SEMANTIC },  // SPI of UDP
		{ "21 31 07 08 50 1388 60 00000001", TFT_FILTER_SEMANTIC },
		{ "21 31 07 0d 10 0a000001 ffffffff 80 000001", TFT_FILTER_SEMANTIC },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tft t;

		CU_ASSERT_EQUAL(decode(rows[i].hex, &t), rows[i].fault);
		if (decode(rows[i].hex, &t) != rows[i].fault)
			printf(" %s ", rows[i].hex);
	}
}

static void
survives_every_truncation(void)
{
	uint8_t whole[512];
	size_t n = unhex(golden, whole);
	struct tft t;

	for (size_t i = 0; i < n; i++)
		CU_ASSERT_NOT_EQUAL(tft_decode(whole, i, &t), TFT_GOOD);
	for (size_t i = 0; i < n; i++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			whole[i] ^= (uint8_t)(1 << bit);
			tft_decode(whole, n, &t);
			whole[i] ^= (uint8_t)(1 << bit);
		}
}

// ---- Operations

struct state {
	struct tft_filter filters[TFT_FILTERS_MAX];
	uint8_t n;
};

static enum tft_fault
apply(struct state *s, const char *hex)
{
	struct tft t;
	enum tft_fault fault = decode(hex, &t);

	return fault == TFT_GOOD ? tft_apply(&t, s->filters, &s->n) : fault;
}

#define UDP "31 05 02 30 11" // id 1, precedence 5
#define TCP "32 06 02 30 06" // id 2, precedence 6

static void
creates_adds_replaces_and_deletes(void)
{
	struct state s = { .n = 0 };

	CU_ASSERT_EQUAL(apply(&s, "21" UDP), TFT_GOOD);
	CU_ASSERT_EQUAL(s.n, 1);
	CU_ASSERT_EQUAL(apply(&s, "61" TCP), TFT_GOOD);
	CU_ASSERT_EQUAL(s.n, 2);
	CU_ASSERT_EQUAL(apply(&s, "81 32 09 02 30 01"), TFT_GOOD);
	CU_ASSERT_EQUAL(s.filters[1].precedence, 9);
	CU_ASSERT_EQUAL(s.filters[1].is.protocol, 1);
	CU_ASSERT_EQUAL(apply(&s, "a1 01"), TFT_GOOD);
	CU_ASSERT_EQUAL(s.n, 1);
	CU_ASSERT_EQUAL(s.filters[0].id, 2);
	CU_ASSERT_EQUAL(apply(&s, "c0"), TFT_GOOD);
	CU_ASSERT_EQUAL(s.n, 1);
}

static void
names_faults_of_the_operation(void)
{
	struct state none = { .n = 0 }, one = { .n = 0 };

	CU_ASSERT_EQUAL(apply(&one, "21" UDP), TFT_GOOD);
	CU_ASSERT_EQUAL(apply(&one, "21" TCP), TFT_SEMANTIC);  // there is one
	CU_ASSERT_EQUAL(apply(&none, "61" TCP), TFT_SEMANTIC); // there is none
	CU_ASSERT_EQUAL(apply(&none, "81" TCP), TFT_SEMANTIC);
	CU_ASSERT_EQUAL(apply(&none, "a1 01"), TFT_SEMANTIC);
	CU_ASSERT_EQUAL(apply(&one, "a1 01"), TFT_SEMANTIC); // none would be left
	CU_ASSERT_EQUAL(apply(&one, "40"), TFT_SEMANTIC);    // of a dedicated bearer
	CU_ASSERT_EQUAL(apply(&one, "61 32 05 02 30 06"), TFT_FILTER_SYNTAX); // its precedence
	CU_ASSERT_EQUAL(one.n, 1);
	CU_ASSERT_EQUAL(one.filters[0].is.protocol, 17);
}

static void
what_isnt_diagnosed(void)
{
	struct state s = { .n = 0 };

	CU_ASSERT_EQUAL(apply(&s, "21" UDP), TFT_GOOD);
	CU_ASSERT_EQUAL(apply(&s, "61 31 07 02 30 01"), TFT_GOOD); // an id that is there: replaced
	CU_ASSERT_EQUAL(s.n, 1);
	CU_ASSERT_EQUAL(s.filters[0].is.protocol, 1);
	CU_ASSERT_EQUAL(apply(&s, "81" TCP), TFT_GOOD); // one that isn't: added
	CU_ASSERT_EQUAL(s.n, 2);
	CU_ASSERT_EQUAL(apply(&s, "a1 09"), TFT_GOOD); // one that isn't: deleted
	CU_ASSERT_EQUAL(s.n, 2);
}

static void
a_template_holds_fifteen_filters(void)
{
	struct state s = { .n = 0 };
	char hex[64];

	CU_ASSERT_EQUAL(apply(&s, "21 30 00 02 30 11"), TFT_GOOD);
	for (unsigned int i = 1; i < 15; i++) {
		snprintf(hex, sizeof(hex), "61 %02x %02x 02 30 11", 0x30 + i, i);
		CU_ASSERT_EQUAL(apply(&s, hex), TFT_GOOD);
	}
	CU_ASSERT_EQUAL(apply(&s, "61 3f 20 02 30 11"), TFT_SEMANTIC);
	CU_ASSERT_EQUAL(s.n, 15);
}

// ---- Text

static void
reads_what_people_write(void)
{
	static const struct {
		const char *text, *again;
	} rows[] = {
		{ "udp", "both udp" },
		{ "downlink tcp remote 10.20.0.0/16", "downlink tcp remote 10.20.0.0/16" },
		{ "uplink remote 10.20.0.5 port 80", "uplink remote 10.20.0.5/32 port 80" },
		{ "udp remote 10.20.0.5/32 port 5004-5010 local 100.64.0.4 port 40000",
			"both udp remote 10.20.0.5/32 port 5004-5010 local 100.64.0.4/32 port "
			"40000" },
		{ "remote-port 53", "both remote-port 53" },
		{ "remote 2001:db8::/32 tos 0xb8/0xfc", "both remote 2001:db8::/32 tos 0xb8/0xfc" },
		{ "tos 184", "both tos 0xb8/0xff" },
		{ "esp spi 0x100", "both esp spi 0x00000100" },
		{ "flow-label 7", "both flow-label 0x00007" },
		{ "remote 10.20.0.5/16", "both remote 10.20.0.0/16" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TFT_TEXT_MAX], why[128] = "";
		struct tft_filter f;

		CU_ASSERT_EQUAL(tft_filter_parse(rows[i].text, &f, why, sizeof(why)), 0);
		CU_ASSERT_STRING_EQUAL(tft_filter_text(&f, text), rows[i].again);
		CU_ASSERT_EQUAL(tft_filter_parse(text, &f, why, sizeof(why)), 0); // its own words
	}
}

static void
refuses_what_it_doesnt_understand(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "empty" },
		{ "any", "says nothing" },
		{ "carrier-pigeon", "neither a keyword nor a protocol" },
		{ "udp tcp", "two protocols" },
		{ "remote", "wants an address" },
		{ "remote 10.20.0.300", "no IP address" },
		{ "remote 10.20.0.0/33", "no prefix length" },
		{ "remote 10.20.0.0 local 2001:db8::1", "IPv4 and IPv6" },
		{ "port 80", "of what" },
		{ "remote-port 70000", "from 0 to 65535" },
		{ "remote-port 5010-5004", "no range" },
		{ "icmp remote-port 5", "no packet" },
		{ "tos x", "write tos" },
		{ "spi", "wants a number" },
		{ "flow-label 0x100000", "wants a number" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char why[128] = "";
		struct tft_filter f;

		CU_ASSERT_EQUAL(tft_filter_parse(rows[i].text, &f, why, sizeof(why)), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, rows[i].why));
		if (!strstr(why, rows[i].why))
			printf(" \"%s\": %s ", rows[i].text, why);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_every_component),
	UNIT_CASE(writes_what_it_reads),
	UNIT_CASE(encodes_the_golden_octets),
	UNIT_CASE(names_faults_of_the_coding),
	UNIT_CASE(survives_every_truncation),
	UNIT_CASE(creates_adds_replaces_and_deletes),
	UNIT_CASE(names_faults_of_the_operation),
	UNIT_CASE(what_isnt_diagnosed),
	UNIT_CASE(a_template_holds_fifteen_filters),
	UNIT_CASE(reads_what_people_write),
	UNIT_CASE(refuses_what_it_doesnt_understand),
};

UNIT_MAIN("control/tft", cases)
