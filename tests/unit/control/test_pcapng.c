// SPDX-License-Identifier: BSD-3-Clause
// Files of the pcapng writer, read by the specification and not by its code: draft-ietf-opsawg-pcapng.
#include "control/trace/pcapng.h"
#include "tests/unit/cunit_main.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct pcapng file;
static FILE *stream;
static uint8_t *bytes;
static size_t n_bytes;

static void
begin(void)
{
	stream = open_memstream((char **)&bytes, &n_bytes);
	CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
	pcapng_begin(&file, stream, "tester", "a section");
	CU_ASSERT_EQUAL(pcapng_interface(&file, PCAPNG_ETHERNET, 1984, "one", "the first"), 0);
	CU_ASSERT_EQUAL(pcapng_interface(&file, PCAPNG_RAW, 0, NULL, NULL), 1);
}

static void
end(void)
{
	fclose(stream);
	free(bytes);
	bytes = NULL;
}

static uint32_t
u32(size_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

static uint16_t
u16(size_t at)
{
	uint16_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

// Where the n-th block begins; every block before it has its length twice, a multiple of 4.
static size_t
block(unsigned int n, uint32_t type)
{
	size_t at = 0;

	fflush(stream);
	for (; n > 0; n--) {
		CU_ASSERT_FATAL(at + 12 <= n_bytes);
		CU_ASSERT_EQUAL(u32(at + 4) % 4, 0);
		CU_ASSERT_EQUAL(u32(at + u32(at + 4) - 4), u32(at + 4));
		at += u32(at + 4);
	}
	CU_ASSERT_FATAL(at + 12 <= n_bytes);
	CU_ASSERT_EQUAL(u32(at), type);
	return at;
}

// Offset of an option's value in the options that begin at `at`, and its length. 0: not there.
static size_t
option(size_t at, uint16_t code, uint16_t *length)
{
	while (u16(at) != 0) {
		*length = u16(at + 2);
		if (u16(at) == code)
			return at + 4;
		at += 4 + (*length + 3u) / 4 * 4;
		CU_ASSERT_FATAL(at + 4 <= n_bytes);
	}
	return 0;
}

static bool
says(size_t options, uint16_t code, const char *text)
{
	uint16_t length;
	size_t at = option(options, code, &length);

	return at && length == strlen(text) && memcmp(bytes + at, text, length) == 0;
}

static void
begins_with_a_section_and_its_interfaces(void)
{
	uint16_t length;
	size_t at;

	begin();
	at = block(0, 0x0a0d0d0a);
	CU_ASSERT_EQUAL(u32(at + 8), 0x1a2b3c4d);
	CU_ASSERT_EQUAL(u16(at + 12), 1);
	CU_ASSERT_EQUAL(u32(at + 16), UINT32_MAX);
	CU_ASSERT_TRUE(says(at + 24, 1, "a section"));
	CU_ASSERT_TRUE(says(at + 24, 4, "tester"));
	at = block(1, 1);
	CU_ASSERT_EQUAL(u16(at + 8), 1);
	CU_ASSERT_EQUAL(u32(at + 12), 1984);
	CU_ASSERT_TRUE(says(at + 16, 2, "one"));
	CU_ASSERT_TRUE(says(at + 16, 3, "the first"));
	CU_ASSERT_EQUAL(bytes[option(at + 16, 9, &length)], 9); // nanoseconds
	at = block(2, 1);
	CU_ASSERT_EQUAL(u16(at + 8), 101);
	CU_ASSERT_EQUAL(option(at + 16, 2, &length), 0);
	CU_ASSERT_EQUAL(file.bytes, n_bytes);
	end();
}

static void
packets_of_every_length_keep_their_bytes_and_comment(void)
{
	static uint8_t packet[64];
	uint16_t length;

	for (unsigned int i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 7);
	for (uint32_t n = 0; n < sizeof(packet); n++) {
		struct pcapng_packet p = { .interface = 1,
			.ns = 0x123456789abcdefULL,
			.bytes = packet,
			.captured = n,
			.len = n + 1000,
			.direction = PCAPNG_OUTBOUND,
			.comment = n % 2 ? "why" : NULL };
		uint64_t before;
		size_t at, options;

		begin();
		before = file.bytes;
		pcapng_write(&file, &p);
		CU_ASSERT_EQUAL(file.bytes - before, pcapng_size(&p));
		at = block(3, 6);
		CU_ASSERT_EQUAL(u32(at + 8), 1);
		CU_ASSERT_EQUAL((uint64_t)u32(at + 12) << 32 | u32(at + 16), p.ns);
		CU_ASSERT_EQUAL(u32(at + 20), n);
		CU_ASSERT_EQUAL(u32(at + 24), n + 1000);
		CU_ASSERT_EQUAL(memcmp(bytes + at + 28, packet, n), 0);
		options = at + 28 + (n + 3) / 4 * 4;
		CU_ASSERT_EQUAL(says(options, 1, "why"), n % 2);
		CU_ASSERT_EQUAL(u32(option(options, 2, &length)), 2);
		CU_ASSERT_EQUAL(at + u32(at + 4), n_bytes);
		end();
	}
}

static void
statistics_say_what_is_missing(void)
{
	uint16_t length;
	size_t at;

	begin();
	pcapng_statistics(&file, 1, 77, 1000, 9);
	at = block(3, 5);
	CU_ASSERT_EQUAL(u32(at + 8), 1);
	CU_ASSERT_EQUAL(u32(at + 16), 77);
	CU_ASSERT_EQUAL(u32(option(at + 20, 4, &length)), 1000);
	CU_ASSERT_EQUAL(length, 8);
	CU_ASSERT_EQUAL(u32(option(at + 20, 5, &length)), 9);
	CU_ASSERT_EQUAL(at + u32(at + 4), n_bytes);
	end();
}

static void
the_first_failure_stays_and_nothing_follows(void)
{
	static const uint8_t packet[100000];
	struct pcapng_packet p = {
		.bytes = packet, .captured = sizeof(packet), .len = sizeof(packet)
	};
	uint64_t before;

	stream = fopen("/dev/full", "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
	pcapng_begin(&file, stream, NULL, NULL);
	pcapng_write(&file, &p);
	CU_ASSERT_EQUAL(file.err, -28); // no space left
	before = file.bytes;
	pcapng_write(&file, &p);
	CU_ASSERT_EQUAL(file.bytes, before);
	fclose(stream);
}

static const struct unit_case cases[] = {
	UNIT_CASE(begins_with_a_section_and_its_interfaces),
	UNIT_CASE(packets_of_every_length_keep_their_bytes_and_comment),
	UNIT_CASE(statistics_say_what_is_missing),
	UNIT_CASE(the_first_failure_stays_and_nothing_follows),
};

UNIT_MAIN("control/pcapng", cases)
