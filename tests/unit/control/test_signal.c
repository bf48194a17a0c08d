// SPDX-License-Identifier: BSD-3-Clause
// GTPv2-C datagrams as a trace sees them.
#include "control/gtpc/message.h"
#include "control/trace/signal.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

// TS 29.274 7.2.1: a Create Session Request that begins with Recovery, then IMSI 001010123456789.
static const uint8_t create[] = { 0x48, 32, 0, 25, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0, // header
	3, 0, 1, 0, 7,                                                              // Recovery
	1, 0, 8, 0, 0x00, 0x01, 0x01, 0x21, 0x43, 0x65, 0x87, 0xf9 };

static void
reads_what_a_trace_needs(void)
{
	struct signal m;

	CU_ASSERT_TRUE_FATAL(signal_read(create, sizeof(create), &m));
	CU_ASSERT_EQUAL(m.type, 32);
	CU_ASSERT_EQUAL(m.teid, 0);
	CU_ASSERT_EQUAL(m.sequence, 0x123456);
	CU_ASSERT_STRING_EQUAL(m.title, "Create Session Request");
	CU_ASSERT_STRING_EQUAL(m.imsi, "001010123456789");
}

static void
nothing_of_a_message_is_too_short(void)
{
	static uint8_t copy[sizeof(create)];
	struct signal m;

	for (size_t n = 0; n < sizeof(create); n++) {
		memcpy(copy, create, n);
		if (signal_read(copy, n, &m))
			CU_ASSERT_STRING_EQUAL(m.imsi, "");
	}
	for (size_t i = 12; i < sizeof(create); i++) {
		memcpy(copy, create, sizeof(create));
		copy[i] ^= 0xff;
		CU_ASSERT_TRUE(signal_read(copy, sizeof(copy), &m));
	}
	copy[0] = 0x30; // another version
	CU_ASSERT_FALSE(signal_read(copy, sizeof(copy), &m));
}

// RFC 1071 over n bytes: 0 where a right checksum is among them.
static uint16_t
sum(const uint8_t *bytes, size_t n, uint32_t start)
{
	uint32_t s = start;

	for (size_t i = 0; i + 1 < n; i += 2)
		s += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (n % 2)
		s += (uint32_t)bytes[n - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void
packets_have_right_headers(void)
{
	static const uint8_t v6[2][16] = { { 0x20, 1, 0xd, 0xb8, [15] = 1 },
		{ 0x20, 1, 0xd, 0xb8, [15] = 2 } };
	struct gtpc_path v4_path = { .local = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 1 }),
		.peer = { gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 2 }), 40000 } };
	struct gtpc_path v6_path = { .local = gtpc_addr_ipv6(v6[0]),
		.peer = { gtpc_addr_ipv6(v6[1]), 40000 } };
	uint8_t packet[sizeof(create) + SIGNAL_WRAP];
	size_t n;

	for (size_t length = 1; length <= sizeof(create); length++) {
		n = signal_wrap(&v4_path, true, 2123, create, length, packet);
		CU_ASSERT_EQUAL(n, 28 + length);
		CU_ASSERT_EQUAL(sum(packet, 20, 0), 0);
		CU_ASSERT_EQUAL(sum(packet + 12, n - 12, 17 + 8 + (uint32_t)length), 0);
		CU_ASSERT_EQUAL(packet[15], 2); // from the peer
		CU_ASSERT_EQUAL(packet[22] << 8 | packet[23], 2123);
		CU_ASSERT_EQUAL((size_t)(packet[2] << 8 | packet[3]), n);
		CU_ASSERT_EQUAL(memcmp(packet + 28, create, length), 0);
		n = signal_wrap(&v6_path, false, 2123, create, length, packet);
		CU_ASSERT_EQUAL(n, 48 + length);
		CU_ASSERT_EQUAL(sum(packet + 8, n - 8, 17 + 8 + (uint32_t)length), 0);
		CU_ASSERT_EQUAL(packet[23], 1); // from us
		CU_ASSERT_EQUAL(packet[40] << 8 | packet[41], 2123);
		CU_ASSERT_EQUAL((size_t)(packet[4] << 8 | packet[5]), 8 + length);
	}
	v4_path.local.family = 0;
	CU_ASSERT_EQUAL(signal_wrap(&v4_path, false, 2123, create, 9, packet), 0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_what_a_trace_needs),
	UNIT_CASE(nothing_of_a_message_is_too_short),
	UNIT_CASE(packets_have_right_headers),
};

UNIT_MAIN("control/signal", cases)
