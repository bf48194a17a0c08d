// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/teid.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

static bool
never_used(const void *ctx, uint32_t teid)
{
	return false;
}

static void
the_low_byte_is_the_shard(void)
{
	struct teid_source *t = teid_source_new(16, NULL);

	for (unsigned int shard = 0; shard < 256; shard++) {
		uint32_t teid = teid_take(t, (uint8_t)shard, never_used, NULL);

		CU_ASSERT_NOT_EQUAL(teid, 0);
		CU_ASSERT_EQUAL(teid & 0xff, shard);
	}
	teid_source_free(t);
}

static void
the_other_bits_differ(void)
{
	struct teid_source *t = teid_source_new(16, NULL);
	uint32_t all_or = 0, all_and = UINT32_MAX;

	for (int i = 0; i < 200; i++) {
		uint32_t teid = teid_take(t, 0, never_used, NULL);

		all_or |= teid;
		all_and &= teid;
	}
	CU_ASSERT_EQUAL(all_or, 0xffffff00);
	CU_ASSERT_EQUAL(all_and, 0);
	teid_source_free(t);
}

// Randomness that repeats a few values.
static unsigned int turn;

static int
poor_random(void *to, size_t bytes)
{
	uint32_t *word = to;

	for (size_t i = 0; i < bytes / 4; i++)
		word[i] = (turn++ % 4) << 8;
	return 0;
}

static bool
is_first_used(const void *ctx, uint32_t teid)
{
	return teid >> 8 == 1;
}

static void
skips_zero_those_in_use_and_those_at_rest(void)
{
	struct teid_source *t = teid_source_new(2, poor_random);

	turn = 0;
	teid_rest(t, 0x200);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(teid_take(t, 0, is_first_used, NULL), 0x300);
	teid_source_free(t);
}

static void
rest_ends_when_enough_others_were_freed(void)
{
	struct teid_source *t = teid_source_new(2, poor_random);

	turn = 0;
	teid_rest(t, 0x200);
	teid_rest(t, 0x300);
	CU_ASSERT_EQUAL(teid_take(t, 0, is_first_used, NULL), 0); // none left
	teid_rest(t, 0x900);
	CU_ASSERT_EQUAL(teid_take(t, 0, is_first_used, NULL), 0x200);
	teid_source_free(t);
}

static int
no_random(void *to, size_t bytes)
{
	return -EIO;
}

static void
without_randomness_there_is_none(void)
{
	struct teid_source *t = teid_source_new(2, no_random);

	CU_ASSERT_EQUAL(teid_take(t, 5, never_used, NULL), 0);
	teid_source_free(t);
}

static void
many_rest_at_once(void)
{
	struct teid_source *t = teid_source_new(1024, NULL);

	for (uint32_t i = 1; i <= 100000; i++)
		teid_rest(t, i * 7919);
	CU_ASSERT_NOT_EQUAL(teid_take(t, 1, never_used, NULL), 0);
	teid_source_free(t);
}

static const struct unit_case cases[] = {
	UNIT_CASE(the_low_byte_is_the_shard),
	UNIT_CASE(the_other_bits_differ),
	UNIT_CASE(skips_zero_those_in_use_and_those_at_rest),
	UNIT_CASE(rest_ends_when_enough_others_were_freed),
	UNIT_CASE(without_randomness_there_is_none),
	UNIT_CASE(many_rest_at_once),
};

UNIT_MAIN("control/teid", cases)
