// SPDX-License-Identifier: BSD-3-Clause
#include "config/textbuf.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

static void
is_empty_text_at_first(void)
{
	struct textbuf buf = TEXTBUF(100);

	CU_ASSERT_STRING_EQUAL(textbuf_text(&buf), "");
	textbuf_drop(&buf, 0);
	textbuf_free(&buf);
}

static void
grows_with_what_is_added(void)
{
	struct textbuf buf = TEXTBUF(1000000);
	char long_text[2000];

	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		textbuf_printf(&buf, "%03d,", i);
	CU_ASSERT_EQUAL(buf.used, 4000);
	textbuf_printf(&buf, "%s", long_text);
	CU_ASSERT_EQUAL(buf.used, 5999);
	CU_ASSERT_EQUAL(strlen(textbuf_text(&buf)), 5999);
	CU_ASSERT_EQUAL(strncmp(textbuf_text(&buf) + 3996, "999,yyy", 7), 0);
	CU_ASSERT_FALSE(buf.is_cut);
	textbuf_free(&buf);
	CU_ASSERT_EQUAL(buf.max, 1000000);
}

static void
cuts_at_its_bound(void)
{
	struct textbuf buf = TEXTBUF(10);

	textbuf_puts(&buf, "12345678");
	CU_ASSERT_FALSE(buf.is_cut);
	textbuf_puts(&buf, "90abc");
	CU_ASSERT_TRUE(buf.is_cut);
	CU_ASSERT_STRING_EQUAL(textbuf_text(&buf), "1234567890");
	textbuf_puts(&buf, "x");
	CU_ASSERT_STRING_EQUAL(textbuf_text(&buf), "1234567890");
	textbuf_free(&buf);
}

static void
drops_from_its_beginning(void)
{
	struct textbuf buf = TEXTBUF(10);

	textbuf_puts(&buf, "1234567890");
	textbuf_drop(&buf, 4);
	CU_ASSERT_STRING_EQUAL(textbuf_text(&buf), "567890");
	textbuf_puts(&buf, "abcd");
	CU_ASSERT_STRING_EQUAL(textbuf_text(&buf), "567890abcd");
	textbuf_drop(&buf, 10);
	CU_ASSERT_STRING_EQUAL(textbuf_text(&buf), "");
	textbuf_free(&buf);
}

static void
holds_any_bytes(void)
{
	struct textbuf buf = TEXTBUF(100);

	textbuf_add(&buf, "a\0b", 3);
	CU_ASSERT_EQUAL(buf.used, 3);
	CU_ASSERT_EQUAL(buf.bytes[2], 'b');
	textbuf_free(&buf);
}

static const struct unit_case cases[] = {
	UNIT_CASE(is_empty_text_at_first),
	UNIT_CASE(grows_with_what_is_added),
	UNIT_CASE(cuts_at_its_bound),
	UNIT_CASE(drops_from_its_beginning),
	UNIT_CASE(holds_any_bytes),
};

UNIT_MAIN("config/textbuf", cases)
