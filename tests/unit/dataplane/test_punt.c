// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/punt.h"
#include "tests/unit/dataplane/rig.h"

#include <string.h>
#include <sys/mman.h>

#define FRAME_MAX 128

// A frame in hex; spaces are for the reader.
struct frame_class {
	const char *hex;
	enum dp_punt_class class;
};

#define MACS "020000000001 020000000002 "
#define IPV4(proto) "0800 4500 0030 0000 0000 40" proto "0000 0a0a0002 0a0a0001 "
#define IPV6(next)                                                                                 \
	"86dd 6000 0000 0020" next "ff fe800000000000000000000000000001 "                          \
	"fe800000000000000000000000000002 "

static const struct frame_class frames[] = {
	// GTPv2-C and Diameter, called or answered
	{ MACS IPV4("11") "c000 084b 0010 0000", DP_PUNT_GTPC },
	{ MACS IPV4("11") "084b c000 0010 0000", DP_PUNT_GTPC },
	{ MACS IPV4("84") "c000 0f1c 00000000", DP_PUNT_GTPC },
	{ MACS IPV4("06") "0f1c c000 00000000", DP_PUNT_GTPC },
	{ MACS IPV4("84") "0b59 0b59 00000000", DP_PUNT_GTPC },
	{ MACS "8100 0064 " IPV4("11") "c000 084b 0010 0000", DP_PUNT_GTPC },
	{ MACS "88a8 0001 8100 0064 " IPV4("11") "c000 084b 0010 0000", DP_PUNT_GTPC },
	{ MACS IPV6("11") "c000 084b 0010 0000", DP_PUNT_GTPC },
	{ MACS "0800 4600 0034 0000 0000 4011 0000 0a0a0002 0a0a0001 01010101 c000 084b 0010 0000",
		DP_PUNT_GTPC }, // IPv4 options
	{ MACS IPV6("3c") "1100 0104 00000000 c000 084b 0010 0000", DP_PUNT_GTPC },
	// Create Session Requests, and what only looks like them: TS 29.274 5.1, 6.1
	{ MACS IPV4("11") "c000 084b 0010 0000 48 20", DP_PUNT_CREATE },
	{ MACS IPV4("11") "084b 084b 0010 0000 40 20 0000", DP_PUNT_CREATE },
	{ MACS "8100 0064 " IPV4("11") "084b 084b 0010 0000 48 20", DP_PUNT_CREATE },
	{ MACS IPV6("11") "c000 084b 0010 0000 48 20", DP_PUNT_CREATE },
	{ MACS IPV4("11") "c000 084b 0010 0000 48 01", DP_PUNT_GTPC }, // Echo
	{ MACS IPV4("11") "c000 084b 0010 0000 48 21", DP_PUNT_GTPC }, // Create Session Response
	{ MACS IPV4("11") "c000 084b 0010 0000 48 24", DP_PUNT_GTPC }, // Delete Session Request
	{ MACS IPV4("11") "c000 084b 0010 0000 32 20", DP_PUNT_GTPC }, // version 1
	{ MACS IPV4("11") "c000 084b 0010 0000 48", DP_PUNT_GTPC },
	{ MACS IPV4("11") "084b c000 0010 0000 48 20", DP_PUNT_GTPC }, // not to our port
	{ MACS IPV4("84") "c000 0f1c 00000000 48 20", DP_PUNT_GTPC },  // of SCTP a checksum
	{ MACS "0800 4500 0030 0000 2000 4011 0000 0a0a0002 0a0a0001 c000084b00100000 48 20",
		DP_PUNT_GTPC }, // the first fragment
	// what keeps links, neighbours and routes
	{ "ffffffffffff 020000000002 0806 0001 0800 0604 0001", DP_PUNT_ROUTING },
	{ MACS IPV4("06") "c000 00b3 00000000", DP_PUNT_ROUTING },
	{ MACS IPV4("06") "00b3 c000 00000000", DP_PUNT_ROUTING },
	{ MACS IPV4("11") "c000 0ec8 0010 0000", DP_PUNT_ROUTING },
	{ MACS IPV4("11") "c000 0ec9 0010 0000", DP_PUNT_ROUTING },
	{ MACS IPV4("11") "c000 12b0 0010 0000", DP_PUNT_ROUTING },
	{ MACS IPV4("59") "0201 0000", DP_PUNT_ROUTING },
	{ MACS IPV6("59") "0301 0000", DP_PUNT_ROUTING },
	{ MACS IPV4("70") "2100 0000", DP_PUNT_ROUTING },
	{ MACS IPV4("02") "1600 0000", DP_PUNT_ROUTING },
	{ MACS IPV6("3a") "8700 0000", DP_PUNT_ROUTING },
	{ MACS IPV6("00") "3a00 0502 00000000 8f00 0000", DP_PUNT_ROUTING }, // MLDv2 report
	{ "0180c2000002 020000000002 8809 0101", DP_PUNT_ROUTING },
	{ "0180c200000e 020000000002 88cc 0207", DP_PUNT_ROUTING },
	{ "0180c2000000 020000000002 0026 4242 03", DP_PUNT_ROUTING },
	// ICMP
	{ MACS IPV4("01") "0800 0000", DP_PUNT_ICMP },
	{ MACS IPV6("3a") "8000 0000", DP_PUNT_ICMP },
	{ MACS "0800 4500 0030 0000 0010 4001 0000 0a0a0002 0a0a0001 0102", DP_PUNT_ICMP },
	// the rest
	{ MACS IPV4("06") "c000 0016 00000000", DP_PUNT_OTHER },
	{ MACS IPV4("11") "c000 0f1c 0010 0000", DP_PUNT_OTHER }, // Diameter isn't on UDP
	{ MACS IPV4("06") "c000 084b 00000000", DP_PUNT_OTHER },  // nor GTPv2-C on TCP
	{ MACS IPV4("06") "c000 0ec8 00000000", DP_PUNT_OTHER },
	{ MACS IPV4("2f") "0000 0800", DP_PUNT_OTHER },
	{ MACS "0800 4500 0030 0000 0010 4011 0000 0a0a0002 0a0a0001 c000084b", DP_PUNT_OTHER },
	{ MACS "0800 4400 0030 0000 0000 4011 0000 0a0a0002 0a0a0001 c000084b", DP_PUNT_OTHER },
	{ MACS "88b5 0000", DP_PUNT_OTHER },
};

static size_t
parse_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	int high = -1;

	for (; *hex; hex++) {
		int digit = *hex >= 'a' ? *hex - 'a' + 10 : *hex - '0';

		if (*hex == ' ')
			continue;
		if (high >= 0)
			out[n++] = (uint8_t)(high << 4 | digit);
		high = high >= 0 ? -1 : digit;
	}
	return n;
}

// A frame whose last byte is the last one of its page: reading on is a fault.
static enum dp_punt_class
class_at_page_end(const uint8_t *frame, size_t n)
{
	static uint8_t *page;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct rte_mbuf m = { .nb_segs = 1 };

	if (page == NULL) {
		page = mmap(
			NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CU_ASSERT_EQUAL_FATAL(mprotect(page + size, size, PROT_NONE), 0);
	}
	memcpy(page + size - n, frame, n);
	m.buf_addr = page;
	m.data_off = (uint16_t)(size - n);
	m.data_len = (uint16_t)n;
	return punt_class_of(&m);
}

static void
knows_each_frames_class(void)
{
	uint8_t frame[FRAME_MAX];

	for (unsigned int i = 0; i < RTE_DIM(frames); i++) {
		size_t n = parse_hex(frames[i].hex, frame);
		enum dp_punt_class class = class_at_page_end(frame, n);

		if (class != frames[i].class)
			printf("\n    %s: class %d", frames[i].hex, class);
		CU_ASSERT_EQUAL(class, frames[i].class);
	}
}

static void
reads_nothing_behind_a_cut_frame(void)
{
	uint8_t frame[FRAME_MAX];
	unsigned int unknown = 0;

	for (unsigned int i = 0; i < RTE_DIM(frames); i++)
		for (size_t n = parse_hex(frames[i].hex, frame); n-- > 0;)
			unknown += class_at_page_end(frame, n) >= DP_PUNT_CLASSES;
	CU_ASSERT_EQUAL(unknown, 0);
}

static void
an_ipv6_extension_chain_without_end_is_given_up(void)
{
	uint8_t frame[FRAME_MAX];
	size_t n = parse_hex(MACS IPV6("00"), frame);

	while (n + 8 <= FRAME_MAX) {
		memset(frame + n, 0, 8); // next: hop by hop again, 8 bytes
		n += 8;
	}
	CU_ASSERT_EQUAL(class_at_page_end(frame, n), DP_PUNT_OTHER);
}

static const struct unit_case cases[] = {
	UNIT_CASE(knows_each_frames_class),
	UNIT_CASE(reads_nothing_behind_a_cut_frame),
	UNIT_CASE(an_ipv6_extension_chain_without_end_is_given_up),
};

UNIT_MAIN("dataplane/punt", cases)
