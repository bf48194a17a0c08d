// SPDX-License-Identifier: BSD-3-Clause
// Packets in one line, as `show drops` has them.
#include "control/cli/packet_text.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

#define MACS "020000000001 020000000002 "
#define OUTER MACS "0800 45000060 00000000 40110000 0a0a0002 0a0a0001 08680868 004c0000 "
#define GPDU "30ff0044 0a0b0c0d "
#define INNER "45000044 00000000 40110000 64400007 0a140002 0fa00035 00300000 "

static const struct {
	const char *hex, *text; // a frame begins with MACS
} rows[] = {
	{ OUTER GPDU INNER,
		"10.10.0.2 > 10.10.0.1 UDP 2152 > 2152, GTP-U G-PDU (255) TEID 0x0a0b0c0d: "
		"100.64.0.7 > 10.20.0.2 UDP 4000 > 53" },
	{ INNER, "100.64.0.7 > 10.20.0.2 UDP 4000 > 53" },
	{ "45000054 00000000 40010000 64400007 0a140002 0800", // echo request
		"100.64.0.7 > 10.20.0.2 ICMP echo request" },
	{ "45000054 00000000 40010000 64400007 0a140002 0304",
		"100.64.0.7 > 10.20.0.2 ICMP type 3 code 4" },
	{ "46000054 00000000 40060000 64400007 0a140002 01010101 01bb0050",
		"100.64.0.7 > 10.20.0.2 TCP 443 > 80" },
	{ "45000054 000000b9 40110000 64400007 0a140002",
		"100.64.0.7 > 10.20.0.2 fragment at 1480" },
	{ "60000000 00143a40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
	  "8000",
		"2001:db8::1 > 2001:db8::2 ICMPv6 echo request" },
	{ MACS "8100 0064 86dd 60000000 00081140 20010db8000000000000000000000001 "
	       "20010db8000000000000000000000002 00350035",
		"VLAN 100, 2001:db8::1 > 2001:db8::2 UDP 53 > 53" },
	{ MACS "0806 0001", "ARP" },
	{ MACS "88cc 0001", "type 0x88cc" },
	{ OUTER "34ff0048 0a0b0c0d 00000085 01000000 " INNER, // with an extension header
		"10.10.0.2 > 10.10.0.1 UDP 2152 > 2152, GTP-U G-PDU (255) TEID 0x0a0b0c0d: "
		"100.64.0.7 > 10.20.0.2 UDP 4000 > 53" },
	{ OUTER "321a0004 00000000 00000000",
		"10.10.0.2 > 10.10.0.1 UDP 2152 > 2152, GTP-U Error Indication (26) TEID "
		"0x00000000" },
	{ "44000054 00000000 40060000 64400007 0a140002", "IPv4, header broken or cut short" },
	{ "00", "not IP" },
};

static bool
is_frame(const char *hex)
{
	return strncmp(hex, MACS, strlen(MACS)) == 0;
}

static size_t
from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;

	for (; *hex; hex++) {
		char pair[3] = { hex[0], hex[1] };

		if (*hex == ' ')
			continue;
		bytes[n++] = (uint8_t)strtoul(pair, NULL, 16);
		hex++;
	}
	return n;
}

static void
says_what_the_packet_is(void)
{
	char text[PACKET_TEXT_MAX];
	uint8_t bytes[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		packet_text(bytes, from_hex(rows[i].hex, bytes), is_frame(rows[i].hex), text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
		if (strcmp(text, rows[i].text) != 0)
			printf("\n    %zu: %s", i, text);
	}
}

// Any beginning of a packet has a text; sanitizers see reads behind it.
static void
reads_nothing_behind_the_end(void)
{
	char text[PACKET_TEXT_MAX];
	uint8_t bytes[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t all = from_hex(rows[i].hex, bytes);

		for (size_t n = 0; n <= all; n++) {
			uint8_t *exact = malloc(n ? n : 1);

			memcpy(exact, bytes, n);
			CU_ASSERT(strlen(packet_text(exact, n, is_frame(rows[i].hex), text)) > 0);
			CU_ASSERT(strlen(text) < PACKET_TEXT_MAX);
			free(exact);
		}
	}
}

static void
tunnels_in_tunnels_come_to_an_end(void)
{
	static const char nested[] = "45000054 00000000 40110000 64400007 0a140002 08680868 "
				     "00000000 30ff0044 0a0b0c0d ";
	char text[PACKET_TEXT_MAX];
	uint8_t bytes[512];
	size_t n = 0;

	for (int i = 0; i < 8; i++)
		n += from_hex(nested, bytes + n);
	packet_text(bytes, n, false, text);
	CU_ASSERT(strlen(text) < PACKET_TEXT_MAX);
}

static const struct unit_case cases[] = {
	UNIT_CASE(says_what_the_packet_is),
	UNIT_CASE(reads_nothing_behind_the_end),
	UNIT_CASE(tunnels_in_tunnels_come_to_an_end),
};

UNIT_MAIN("control/packet_text", cases)
