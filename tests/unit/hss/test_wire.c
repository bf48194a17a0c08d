// SPDX-License-Identifier: BSD-3-Clause
#include "hss/wire.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

static const struct wire_header header = { .version = 1,
	.flags = WIRE_REQUEST | WIRE_PROXIABLE,
	.command = 318,
	.application = 16777251,
	.hop_by_hop = 0x01020304,
	.end_to_end = 0x05060708 };

// RFC 6733 3: version and length, flags and command, application, the two identifiers.
static void
writes_a_header_as_the_rfc_draws_it(void)
{
	static const uint8_t golden[20] = { 1, 0, 0, 20, 0xc0, 0, 1, 0x3e, 1, 0, 0, 0x23, 1, 2, 3,
		4, 5, 6, 7, 8 };
	struct wire_writer w;
	struct wire_header back;
	uint8_t buf[64];

	wire_begin(&w, buf, sizeof(buf), &header);
	CU_ASSERT_EQUAL(wire_end(&w), 20);
	CU_ASSERT_EQUAL(memcmp(buf, golden, 20), 0);
	wire_header_decode(buf, &back);
	CU_ASSERT_EQUAL(back.command, 318);
	CU_ASSERT_EQUAL(back.length, 20);
	CU_ASSERT_EQUAL(back.end_to_end, 0x05060708);
}

// RFC 6733 4.1: the length counts header and value, the padding comes after it.
static void
pads_an_avp_and_does_not_count_the_padding(void)
{
	static const uint8_t golden[] = { 0, 0, 0, 1, 0x40, 0, 0, 13, '0', '0', '1', '0', '1', 0, 0,
		0 };
	struct wire_writer w;
	uint8_t buf[64];

	wire_begin(&w, buf, sizeof(buf), &header);
	wire_put_text(&w, 1, 0, WIRE_MANDATORY, "00101");
	CU_ASSERT_EQUAL(wire_end(&w), 36);
	CU_ASSERT_EQUAL(memcmp(buf + 20, golden, sizeof(golden)), 0);
}

static void
reads_back_a_group_in_a_group(void)
{
	struct wire_writer w;
	struct wire_cursor c;
	struct wire_avp outer, inner, leaf;
	uint8_t buf[128];
	size_t a, b;

	wire_begin(&w, buf, sizeof(buf), &header);
	a = wire_open_group(&w, 1413, 10415, WIRE_VENDOR | WIRE_MANDATORY);
	b = wire_open_group(&w, 1414, 10415, WIRE_VENDOR | WIRE_MANDATORY);
	wire_put_u32(&w, 1419, 10415, WIRE_VENDOR, 7);
	wire_close_group(&w, b);
	wire_close_group(&w, a);
	wire_start(&c, buf, wire_end(&w));
	CU_ASSERT_TRUE_FATAL(wire_find(&c, 1413, 10415, &outer));
	CU_ASSERT_FALSE(wire_find(&c, 1413, 0, &inner));
	wire_enter(&c, &outer);
	CU_ASSERT_TRUE_FATAL(wire_find(&c, 1414, 10415, &inner));
	wire_enter(&c, &inner);
	CU_ASSERT_TRUE_FATAL(wire_find(&c, 1419, 10415, &leaf));
	CU_ASSERT_EQUAL(wire_be32(leaf.value), 7);
}

static void
stops_at_a_length_less_than_the_header(void)
{
	static const uint8_t avps[] = { 0, 0, 0, 1, 0x40, 0, 0, 7, 1, 2, 3, 4 };
	struct wire_cursor c = { .at = avps, .end = avps + sizeof(avps) };
	struct wire_avp avp;

	CU_ASSERT_EQUAL(wire_next(&c, &avp), -EBADMSG);
	CU_ASSERT_EQUAL(avp.code, 1);
}

static void
stops_at_a_length_beyond_the_end(void)
{
	static const uint8_t avps[] = { 0, 0, 0, 1, 0x40, 0, 0, 13, 1, 2, 3, 4 };
	struct wire_cursor c = { .at = avps, .end = avps + sizeof(avps) };
	struct wire_avp avp;

	CU_ASSERT_EQUAL(wire_next(&c, &avp), -EBADMSG);
}

static void
never_reads_past_any_truncation(void)
{
	struct wire_writer w;
	struct wire_avp avp;
	uint8_t buf[128];
	size_t len;

	wire_begin(&w, buf, sizeof(buf), &header);
	wire_put_text(&w, 263, 0, WIRE_MANDATORY, "a;1;2");
	wire_put_u32(&w, 1405, 10415, WIRE_VENDOR, 34);
	len = wire_end(&w);
	for (size_t n = WIRE_HEADER_LEN; n < len; n++) {
		struct wire_cursor c;
		int ret;

		wire_start(&c, buf, n);
		while ((ret = wire_next(&c, &avp)) == 1)
			CU_ASSERT_TRUE(avp.value + avp.value_len <= buf + n);
		CU_ASSERT_TRUE(ret == 0 || ret == -EBADMSG);
	}
}

static void
remembers_that_something_did_not_fit(void)
{
	struct wire_writer w;
	uint8_t buf[24];

	wire_begin(&w, buf, sizeof(buf), &header);
	wire_put_u32(&w, 1, 0, 0, 1);
	wire_put(&w, 1, 0, 0, "", 0);
	CU_ASSERT_EQUAL(wire_end(&w), 0);
}

static void
moves_the_rest_when_a_value_gets_longer_or_shorter(void)
{
	static const char *const values[] = { "x", "12345", "a.much.longer.realm.example" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct wire_writer w;
		struct wire_cursor c;
		struct wire_avp avp;
		uint8_t buf[128];
		size_t len;

		wire_begin(&w, buf, sizeof(buf), &header);
		wire_put_text(&w, 283, 0, WIRE_MANDATORY, "realm.one");
		wire_put_text(&w, 1, 0, WIRE_MANDATORY, "001010000000001");
		len = wire_end(&w);
		wire_start(&c, buf, len);
		CU_ASSERT_TRUE_FATAL(wire_find(&c, 283, 0, &avp));
		CU_ASSERT_EQUAL(
			wire_replace(buf, sizeof(buf), &len, &avp, values[i], strlen(values[i])),
			0);
		CU_ASSERT_EQUAL(len % 4, 0);
		CU_ASSERT_EQUAL(wire_be32(buf) & 0xffffff, len);
		wire_start(&c, buf, len);
		CU_ASSERT_TRUE_FATAL(wire_find(&c, 283, 0, &avp));
		CU_ASSERT_EQUAL(avp.value_len, strlen(values[i]));
		CU_ASSERT_EQUAL(memcmp(avp.value, values[i], avp.value_len), 0);
		CU_ASSERT_TRUE_FATAL(wire_find(&c, 1, 0, &avp));
		CU_ASSERT_EQUAL(memcmp(avp.value, "001010000000001", 15), 0);
	}
}

static void
refuses_a_replacement_without_room(void)
{
	struct wire_writer w;
	struct wire_cursor c;
	struct wire_avp avp;
	uint8_t buf[32];
	size_t len;

	wire_begin(&w, buf, sizeof(buf), &header);
	wire_put_text(&w, 1, 0, 0, "abcd");
	len = wire_end(&w);
	wire_start(&c, buf, len);
	CU_ASSERT_TRUE_FATAL(wire_find(&c, 1, 0, &avp));
	CU_ASSERT_EQUAL(wire_replace(buf, sizeof(buf), &len, &avp, "abcdefgh", 8), -ENOSPC);
	CU_ASSERT_EQUAL(len, 32);
}

static const struct unit_case cases[] = {
	UNIT_CASE(writes_a_header_as_the_rfc_draws_it),
	UNIT_CASE(pads_an_avp_and_does_not_count_the_padding),
	UNIT_CASE(reads_back_a_group_in_a_group),
	UNIT_CASE(stops_at_a_length_less_than_the_header),
	UNIT_CASE(stops_at_a_length_beyond_the_end),
	UNIT_CASE(never_reads_past_any_truncation),
	UNIT_CASE(remembers_that_something_did_not_fit),
	UNIT_CASE(moves_the_rest_when_a_value_gets_longer_or_shorter),
	UNIT_CASE(refuses_a_replacement_without_room),
};

UNIT_MAIN("hss/wire", cases)
