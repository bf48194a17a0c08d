// SPDX-License-Identifier: BSD-3-Clause
#include "hss/history.h"
#include "hss/text.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct history_entry
entry_of(int64_t at_s, const char *text)
{
	struct history_entry e = { .at_s = at_s,
		.event = HISTORY_ATTACHED,
		.result = 2001,
		.plmn = { 0x62, 0xf2, 0x10 } };

	text_copy(e.text, sizeof(e.text), text);
	return e;
}

static unsigned
entries(const uint8_t *blob, size_t len, struct history_entry *out, unsigned room)
{
	size_t offset = 0;
	unsigned n = 0;

	while (n < room && history_next(blob, len, &offset, &out[n]) == 0)
		n++;
	return n;
}

static void
gives_back_what_was_added(void)
{
	struct history_entry e = entry_of(1800000000, "mme1.example"), out[2];
	uint8_t blob[900];
	size_t len = history_add(blob, 0, sizeof(blob), 24, &e);

	CU_ASSERT_EQUAL_FATAL(entries(blob, len, out, 2), 1);
	CU_ASSERT_EQUAL(out[0].at_s, 1800000000);
	CU_ASSERT_EQUAL(out[0].event, HISTORY_ATTACHED);
	CU_ASSERT_EQUAL(out[0].result, 2001);
	CU_ASSERT_EQUAL(out[0].repeats, 0);
	CU_ASSERT_EQUAL(memcmp(out[0].plmn, e.plmn, 3), 0);
	CU_ASSERT_STRING_EQUAL(out[0].text, "mme1.example");
}

static void
counts_repetitions_instead_of_listing_them(void)
{
	struct history_entry out[2];
	uint8_t blob[900];
	size_t len = 0;

	for (unsigned i = 0; i < 10; i++) {
		struct history_entry e = entry_of(100 + i, "same");

		len = history_add(blob, len, sizeof(blob), 24, &e);
	}
	CU_ASSERT_EQUAL_FATAL(entries(blob, len, out, 2), 1);
	CU_ASSERT_EQUAL(out[0].repeats, 9);
	CU_ASSERT_EQUAL(out[0].at_s, 109);
}

static void
drops_the_oldest_beyond_its_bounds(void)
{
	struct history_entry out[HISTORY_MAX];
	uint8_t blob[200];
	size_t len = 0;
	unsigned n;
	char text[16];

	for (unsigned i = 0; i < 100; i++) {
		struct history_entry e;

		snprintf(text, sizeof(text), "%u", i);
		e = entry_of(i, text);
		len = history_add(blob, len, sizeof(blob), 5, &e);
		CU_ASSERT(len <= sizeof(blob));
	}
	n = entries(blob, len, out, HISTORY_MAX);
	CU_ASSERT_EQUAL_FATAL(n, 5);
	CU_ASSERT_EQUAL(out[0].at_s, 95);
	CU_ASSERT_EQUAL(out[4].at_s, 99);
	for (unsigned i = 0; i < 10; i++) {
		struct history_entry e = entry_of(i,
			i % 2 ? "forty seven octets of text, the most there can be"
			      : "another text of the greatest length there is, i");

		len = history_add(blob, len, sizeof(blob), HISTORY_MAX, &e);
		CU_ASSERT(len <= sizeof(blob));
	}
	CU_ASSERT_EQUAL(entries(blob, len, out, HISTORY_MAX), 3);
	CU_ASSERT_EQUAL(out[2].at_s, 9);
}

static void
starts_anew_from_a_damaged_ring(void)
{
	struct history_entry e = entry_of(5, "x"), out[2];
	uint8_t blob[900];
	size_t len;

	srand(5);
	for (unsigned i = 0; i < 1000; i++) {
		for (unsigned j = 0; j < 100; j++)
			blob[j] = (uint8_t)rand();
		blob[0] = 200;
		len = history_add(blob, 100, sizeof(blob), 24, &e);
		CU_ASSERT_EQUAL_FATAL(entries(blob, len, out, 2), 1);
		CU_ASSERT_STRING_EQUAL(out[0].text, "x");
	}
}

static void
reads_no_octet_beyond_a_truncated_ring(void)
{
	struct history_entry e = entry_of(5, "some text"), out;
	uint8_t blob[64];
	size_t len = history_add(blob, 0, sizeof(blob), 24, &e);

	for (size_t cut = 1; cut < len; cut++) {
		uint8_t *copy = malloc(cut);
		size_t offset = 0;

		memcpy(copy, blob, cut);
		CU_ASSERT_EQUAL(history_next(copy, cut, &offset, &out), -EBADMSG);
		free(copy);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(gives_back_what_was_added),
	UNIT_CASE(counts_repetitions_instead_of_listing_them),
	UNIT_CASE(drops_the_oldest_beyond_its_bounds),
	UNIT_CASE(starts_anew_from_a_damaged_ring),
	UNIT_CASE(reads_no_octet_beyond_a_truncated_ring),
};
UNIT_MAIN("hss/history", cases)
