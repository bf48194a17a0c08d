// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/cursor.h"
#include "tests/unit/cunit_main.h"

static const uint8_t eight[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void
reads_numbers_in_network_order(void)
{
	struct cursor c = cursor_open(eight, sizeof(eight));

	CU_ASSERT_EQUAL(cursor_u8(&c), 0x01);
	CU_ASSERT_EQUAL(cursor_be16(&c), 0x0203);
	CU_ASSERT_EQUAL(cursor_be24(&c), 0x040506);
	CU_ASSERT_EQUAL(cursor_left(&c), 2);
	CU_ASSERT_EQUAL(cursor_be(&c, 2), 0x0708);
	CU_ASSERT_EQUAL(c.err, 0);
	c = cursor_open(eight, sizeof(eight));
	CU_ASSERT_EQUAL(cursor_be(&c, 8), 0x0102030405060708ull);
}

static void
keeps_the_first_error_and_gives_zeros(void)
{
	struct cursor c = cursor_open(eight, 3);
	uint8_t copy[2] = { 9, 9 };

	CU_ASSERT_EQUAL(cursor_be32(&c), 0);
	CU_ASSERT_EQUAL(c.err, -EBADMSG);
	CU_ASSERT_EQUAL(cursor_u8(&c), 0);
	cursor_copy(&c, copy, 2);
	CU_ASSERT_EQUAL(copy[0] | copy[1], 0);
	CU_ASSERT_PTR_NULL(cursor_take(&c, 0));
	CU_ASSERT_EQUAL(cursor_left(&c), 0);
}

static void
bounds_a_slice(void)
{
	struct cursor c = cursor_open(eight, sizeof(eight));
	struct cursor slice = cursor_slice(&c, 3);

	CU_ASSERT_EQUAL(cursor_left(&slice), 3);
	CU_ASSERT_EQUAL(cursor_u8(&c), 4);
	CU_ASSERT_EQUAL(cursor_be32(&slice), 0);
	CU_ASSERT_EQUAL(slice.err, -EBADMSG);
	CU_ASSERT_EQUAL(c.err, 0);
	slice = cursor_slice(&c, 5);
	CU_ASSERT_EQUAL(slice.err, -EBADMSG);
	CU_ASSERT_EQUAL(cursor_left(&slice), 0);
	CU_ASSERT_EQUAL(c.err, -EBADMSG);
}

static void
takes_an_empty_rest(void)
{
	struct cursor c = cursor_open(eight, 0);

	CU_ASSERT_PTR_NOT_NULL(cursor_take(&c, 0));
	CU_ASSERT_EQUAL(c.err, 0);
}

static void
writes_what_it_would_read(void)
{
	uint8_t bytes[16];
	struct writer w = writer_open(bytes, sizeof(bytes));

	writer_u8(&w, 1);
	writer_be16(&w, 0x0203);
	writer_be24(&w, 0x040506);
	writer_copy(&w, eight + 6, 2);
	CU_ASSERT_EQUAL(writer_length(&w), 8);
	CU_ASSERT_EQUAL(memcmp(bytes, eight, 8), 0);
	writer_be32(&w, 0x01020304);
	writer_be(&w, 0x05060708, 4);
	CU_ASSERT_EQUAL(memcmp(bytes + 8, eight, 8), 0);
	CU_ASSERT_EQUAL(w.err, 0);
}

static void
never_writes_past_its_end(void)
{
	uint8_t bytes[4] = { 0xee, 0xee, 0xee, 0xee };
	struct writer w = writer_open(bytes, 3);

	writer_be16(&w, 0x0102);
	writer_be16(&w, 0x0304);
	CU_ASSERT_EQUAL(w.err, -EMSGSIZE);
	writer_u8(&w, 5);
	writer_refuse(&w);
	CU_ASSERT_EQUAL(w.err, -EMSGSIZE);
	CU_ASSERT_EQUAL(writer_length(&w), 2);
	CU_ASSERT_EQUAL(bytes[2], 0xee);
	CU_ASSERT_EQUAL(bytes[3], 0xee);
}

static void
refuses_a_value_for_good(void)
{
	uint8_t bytes[4];
	struct writer w = writer_open(bytes, sizeof(bytes));

	writer_refuse(&w);
	writer_u8(&w, 1);
	CU_ASSERT_EQUAL(w.err, -EINVAL);
	CU_ASSERT_EQUAL(writer_length(&w), 0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_numbers_in_network_order),
	UNIT_CASE(keeps_the_first_error_and_gives_zeros),
	UNIT_CASE(bounds_a_slice),
	UNIT_CASE(takes_an_empty_rest),
	UNIT_CASE(writes_what_it_would_read),
	UNIT_CASE(never_writes_past_its_end),
	UNIT_CASE(refuses_a_value_for_good),
};
UNIT_MAIN("gtpc/cursor", cases)
