// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/gtpu.h"
#include "tests/unit/cunit_main.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct judged {
	const char *hex;
	enum gtpu_verdict verdict;
	uint8_t type;
	uint32_t teid;
	uint16_t header, payload;
	int32_t sequence; // -1: none
};

// TS 29.281 5.1 (header), 5.2 (extension headers), 7 (messages).
static const struct judged messages[] = {
	// G-PDUs
	{ "30ff0004 00000001 45000000", GTPU_OK, 255, 1, 8, 4, -1 },
	{ "30ff0000 fffffffe", GTPU_OK, 255, 0xfffffffe, 8, 0, -1 },
	{ "30ff0002 12345678 4500 aabbcc", GTPU_OK, 255, 0x12345678, 8, 2, -1 }, // more in UDP
	{ "38ff0001 00000001 45", GTPU_OK, 255, 1, 8, 1, -1 }, // the spare bit says nothing
	{ "32ff0006 00000001 abcd0000 4500", GTPU_OK, 255, 1, 12, 2, 0xabcd },
	{ "31ff0006 00000001 abcd7700 4500", GTPU_OK, 255, 1, 12, 2, -1 },
	{ "33ff0006 00000001 00010200 4500", GTPU_OK, 255, 1, 12, 2, 1 },
	{ "32ff0004 00000001 00010000", GTPU_OK, 255, 1, 12, 0, 1 },
	{ "32ff0006 00000001 00010085 4500", GTPU_OK, 255, 1, 12, 2, 1 }, // E is 0: not read
	{ "34ff0005 00000001 00000000 45", GTPU_OK, 255, 1, 12, 1, -1 },  // E, but none
	// extension headers: known, of several lengths, chained
	{ "34ff000a 00000001 00000085 01000000 4500", GTPU_OK, 255, 1, 16, 2, -1 },
	{ "34ff0008 00000001 00000085 01001000", GTPU_OK, 255, 1, 16, 0, -1 },
	{ "36ff000e 00000001 00090085 02000000 00000000 4500", GTPU_OK, 255, 1, 20, 2, 9 },
	{ "34ff000e 00000001 000000c0 01000085 01001000 4500", GTPU_OK, 255, 1, 20, 2, -1 },
	{ "34ff000e 00000001 00000040 01086820 01aa0000 4500", GTPU_OK, 255, 1, 20, 2, -1 },
	{ "34ff000e 00000001 00000081 01000082 01000000 4500", GTPU_OK, 255, 1, 20, 2, -1 },
	{ "34ff000e 00000001 00000083 01000084 01000000 4500", GTPU_OK, 255, 1, 20, 2, -1 },
	// unknown: bits 8 and 7 are 00 or 01, comprehension isn't required
	{ "34ff000a 00000001 00000001 01000000 4500", GTPU_OK, 255, 1, 16, 2, -1 },
	{ "34ff000a 00000001 0000007f 01000000 4500", GTPU_OK, 255, 1, 16, 2, -1 },
	// unknown: 10 the endpoint must, 11 the receiver must
	{ "34ff000a 00000001 00000086 01000000 4500", GTPU_EXT_NOT_HANDLED, 255, 1, 0, 0, -1 },
	{ "34ff000a 00000001 000000c1 01000000 4500", GTPU_EXT_NOT_HANDLED, 255, 1, 0, 0, -1 },
	{ "34ff000e 00000001 00000085 010000ff 01000000 4500", GTPU_EXT_NOT_HANDLED, 255, 1, 0, 0,
		-1 },
	// extension headers with bad lengths
	{ "34ff000a 00000001 00000085 00000000 4500", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff000a 00000001 00000085 02000000 4500", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff000a 00000001 00000085 ff000000 4500", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff0004 00000001 00000085", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff0008 00000001 00000085 01000085", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff0008 00000001 00000086 02000000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff000c 00000001 00000001 01000001 00000000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	// optional fields that the length doesn't hold, though the datagram does
	{ "32ff0003 00000001 00010000 4500", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "31ff0000 00000001 00010000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "34ff0007 00000001 00000085 01000000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	// the length says more than there is
	{ "30ff0005 00000001 45000000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "30ffffff 00000001 45000000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	// not GTPv1-U
	{ "10ff0000 00000001", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "50ff0000 00000001", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "20ff0000 00000001", GTPU_BROKEN, 0, 0, 0, 0, -1 }, // GTP'
	{ "f0ff0000 00000001", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "00000000 00000000", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	{ "45000054 00000001", GTPU_BROKEN, 0, 0, 0, 0, -1 },
	// the other messages
	{ "32010004 00000000 00070000", GTPU_OK, 1, 0, 12, 0, 7 },
	{ "32020006 00000000 00070000 0e00", GTPU_OK, 2, 0, 12, 2, 7 },
	{ "30010000 00000000", GTPU_OK, 1, 0, 8, 0, -1 },
	{ "321a0010 00000000 00000000 1000000001 8500040a0a0002", GTPU_OK, 26, 0, 12, 12, 0 },
	{ "361a0014 00000000 00000040 01086800 1000000001 8500040a0a0002", GTPU_OK, 26, 0, 16, 12,
		0 },
	{ "321f0007 00000000 00000000 8d0185", GTPU_OK, 31, 0, 12, 3, 0 },
	{ "30fe0000 00000005", GTPU_OK, 254, 5, 8, 0, -1 },
	{ "30630000 00000005", GTPU_OK, 99, 5, 8, 0, -1 }, // a type nobody knows is well-formed
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static uint32_t
from_hex(const char *text, uint8_t *out)
{
	uint32_t digits = 0;

	for (; *text; text++) {
		if (!isxdigit((unsigned char)*text))
			continue;
		out[digits / 2] = (uint8_t)(out[digits / 2] << 4 |
			(isdigit((unsigned char)*text) ? *text - '0' : *text - 'a' + 10));
		digits++;
	}
	return digits / 2;
}

// On a buffer of exactly n bytes, where reading more is seen.
static enum gtpu_verdict
judge_exact(const uint8_t *bytes, uint32_t n, struct gtpu *out)
{
	uint8_t *exact = malloc(n ? n : 1);
	enum gtpu_verdict verdict;

	memcpy(exact, bytes, n);
	memset(out, 0, sizeof(*out));
	verdict = gtpu_judge(n ? exact : exact + 1, n, out);
	free(exact);
	return verdict;
}

// TS 29.281 5.1, 5.2
static void
judges_each_message_of_the_table(void)
{
	for (size_t i = 0; i < N_MESSAGES; i++) {
		const struct judged *j = &messages[i];
		uint8_t bytes[64] = { 0 };
		uint32_t n = from_hex(j->hex, bytes);
		struct gtpu g;
		enum gtpu_verdict verdict = judge_exact(bytes, n, &g);

		if (verdict != j->verdict)
			printf("\n%s: verdict %d ", j->hex, verdict);
		CU_ASSERT_EQUAL(verdict, j->verdict);
		if (verdict == GTPU_BROKEN)
			continue;
		CU_ASSERT_EQUAL(g.type, j->type);
		CU_ASSERT_EQUAL(g.teid, j->teid);
		if (verdict != GTPU_OK)
			continue;
		CU_ASSERT_EQUAL(g.header, j->header);
		CU_ASSERT_EQUAL(g.payload, j->payload);
		CU_ASSERT_EQUAL(g.has_sequence, j->sequence >= 0);
		CU_ASSERT_EQUAL(g.sequence, j->sequence >= 0 ? j->sequence : g.sequence);
	}
}

// TS 29.281 5.1
static void
reads_nothing_behind_a_truncated_message(void)
{
	for (size_t i = 0; i < N_MESSAGES; i++) {
		uint8_t bytes[64] = { 0 };
		uint32_t n = from_hex(messages[i].hex, bytes);
		struct gtpu g;

		for (uint32_t cut = 0; cut < n; cut++) {
			enum gtpu_verdict verdict = judge_exact(bytes, cut, &g);
			uint32_t message = 8 + (uint32_t)(bytes[2] << 8 | bytes[3]);

			if (cut < 8 || cut < message)
				CU_ASSERT_EQUAL(verdict, GTPU_BROKEN);
			if (verdict == GTPU_OK)
				CU_ASSERT(g.header + g.payload <= (int)cut);
		}
	}
}

static void
stays_inside_whatever_one_octet_says(void)
{
	for (size_t i = 0; i < N_MESSAGES; i++) {
		uint8_t bytes[64] = { 0 };
		uint32_t n = from_hex(messages[i].hex, bytes);

		for (uint32_t at = 0; at < n; at++)
			for (int value = 0; value < 256; value++) {
				uint8_t was = bytes[at];
				struct gtpu g;

				bytes[at] = (uint8_t)value;
				if (judge_exact(bytes, n, &g) == GTPU_OK)
					CU_ASSERT(g.header >= 8 && g.header + g.payload <= (int)n);
				bytes[at] = was;
			}
	}
}

// TS 29.281 5.2
static void
steps_over_the_longest_extension_header(void)
{
	uint8_t bytes[12 + 1020 + 4] = { 0x34, 0xff, 1024 >> 8, 0, 0, 0, 0, 1, 0, 0, 0, 0x85 };
	uint32_t message = sizeof(bytes) - 8;
	struct gtpu g;

	bytes[2] = (uint8_t)(message >> 8);
	bytes[3] = (uint8_t)message;
	bytes[12] = 255;
	CU_ASSERT_EQUAL(judge_exact(bytes, sizeof(bytes), &g), GTPU_OK);
	CU_ASSERT_EQUAL(g.header, 12 + 1020);
	CU_ASSERT_EQUAL(g.payload, 4);
}

static void
ends_a_chain_as_long_as_a_datagram(void)
{
	static uint8_t bytes[65507];
	uint32_t message = sizeof(bytes) - 8;
	struct gtpu g;

	memcpy(bytes, "\x34\xff\0\0\0\0\0\1\0\0\0\x85", 12);
	bytes[2] = (uint8_t)(message >> 8);
	bytes[3] = (uint8_t)message;
	for (uint32_t at = 12; at + 4 <= sizeof(bytes); at += 4)
		memcpy(bytes + at, "\1\0\0\x85", 4);
	CU_ASSERT_EQUAL(judge_exact(bytes, sizeof(bytes), &g), GTPU_BROKEN);
	bytes[12 + (sizeof(bytes) - 12) / 4 * 4 - 1] = 0;
	CU_ASSERT_EQUAL(judge_exact(bytes, sizeof(bytes), &g), GTPU_OK);
	CU_ASSERT_EQUAL(g.payload, (sizeof(bytes) - 12) % 4);
}

static const struct unit_case cases[] = {
	UNIT_CASE(judges_each_message_of_the_table),
	UNIT_CASE(reads_nothing_behind_a_truncated_message),
	UNIT_CASE(stays_inside_whatever_one_octet_says),
	UNIT_CASE(steps_over_the_longest_extension_header),
	UNIT_CASE(ends_a_chain_as_long_as_a_datagram),
};

UNIT_MAIN("dataplane/gtpu", cases)
