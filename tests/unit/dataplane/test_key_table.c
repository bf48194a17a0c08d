// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/key_table.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <errno.h>
#include <stdlib.h>

#define ENTRIES 20000

static struct key_table t;

static void
begin(uint32_t entries)
{
	static bool has_eal;

	if (!has_eal)
		rig_eal_default();
	has_eal = true;
	CU_ASSERT_EQUAL_FATAL(key_table_new(&t, entries, SOCKET_ID_ANY), 0);
}

static uint32_t
find(uint64_t key)
{
	return key_table_find(&t, key, key_hash(key));
}

// A key for each number: devices' addresses in several VRFs.
static uint64_t
key_of(uint32_t i)
{
	return (uint64_t)(i % 7) << 32 | (0x0a000000 + i / 7);
}

static void
finds_what_was_put_and_nothing_else(void)
{
	unsigned int wrong = 0;

	begin(ENTRIES);
	for (uint32_t i = 1; i <= ENTRIES; i++)
		wrong += key_table_put(&t, key_of(i), i) != 0;
	for (uint32_t i = 1; i <= 2 * ENTRIES; i++)
		wrong += find(key_of(i)) != (i <= ENTRIES ? i : 0);
	CU_ASSERT_EQUAL(wrong, 0);
	key_table_free(&t);
}

static void
nothing_is_found_where_nothing_was_put(void)
{
	begin(ENTRIES);
	CU_ASSERT_EQUAL(find(0), 0);
	CU_ASSERT_EQUAL(find(UINT64_MAX), 0);
	CU_ASSERT_FALSE(key_table_del(&t, 0));
	CU_ASSERT_EQUAL(key_table_put(&t, 0, 7), 0);
	CU_ASSERT_EQUAL(find(0), 7);
	CU_ASSERT_TRUE(key_table_del(&t, 0));
	CU_ASSERT_EQUAL(find(0), 0);
	key_table_free(&t);
}

static void
is_full_only_when_nearly_all_entries_are_taken(void)
{
	unsigned int wrong = 0;
	uint32_t room, n = 0;

	begin(ENTRIES);
	room = t.n_buckets * KEY_BUCKET_ENTRIES;
	while (key_table_put(&t, key_of(n + 1), n + 1) == 0)
		n++;
	CU_ASSERT(n >= room / 100 * 95 && n <= room);
	CU_ASSERT(n >= ENTRIES);
	for (uint32_t i = 1; i <= n; i++)
		wrong += find(key_of(i)) != i;
	CU_ASSERT_EQUAL(find(key_of(n + 1)), 0);
	for (uint32_t i = 1; i <= n; i++)
		wrong += !key_table_del(&t, key_of(i)) || find(key_of(i));
	CU_ASSERT_EQUAL(wrong, 0);
	for (uint32_t i = 0; i < t.n_buckets; i++)
		for (unsigned int k = 0; k < KEY_BUCKET_ENTRIES; k++)
			wrong += t.bucket[i].value[k] != 0;
	CU_ASSERT_EQUAL(wrong, 0);
	key_table_free(&t);
}

static void
nine_in_ten_are_in_their_first_bucket_at_full_load(void)
{
	uint32_t first = 0;

	begin(ENTRIES);
	for (uint32_t i = 1; i <= ENTRIES * 4 / 5; i++)
		CU_ASSERT_EQUAL(key_table_put(&t, key_of(i), i), 0);
	for (uint32_t i = 1; i <= ENTRIES * 4 / 5; i++)
		first += key_bucket_find(key_first_bucket(&t, key_hash(key_of(i))), key_of(i)) != 0;
	CU_ASSERT(first >= ENTRIES * 4 / 5 / 10 * 9);
	key_table_free(&t);
}

// Against a plain array of what must be there, at all loads.
static void
agrees_with_an_array_over_a_million_changes(void)
{
	static uint32_t there[ENTRIES];
	unsigned int wrong = 0;
	uint32_t dice = 1, n = 0, seen = 0, at = 0;
	uint64_t key;

	begin(ENTRIES);
	for (uint32_t step = 1; step <= 1000000; step++) {
		uint32_t i, value;

		dice = dice * 1664525 + 1013904223;
		i = (dice >> 8) % ENTRIES;
		value = find(key_of(i));
		wrong += value != there[i];
		if (there[i]) {
			wrong += !key_table_del(&t, key_of(i));
			there[i] = 0;
			n--;
		} else if (step % 3 || step < ENTRIES * 2) {
			wrong += key_table_put(&t, key_of(i), step) != 0;
			there[i] = step;
			n++;
		}
	}
	while (key_table_next(&t, &at, &key))
		seen++;
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(seen, n);
	key_table_free(&t);
}

static void
deletes_while_walking(void)
{
	uint32_t at = 0, value, n = 0;
	uint64_t key;

	begin(ENTRIES);
	for (uint32_t i = 1; i <= ENTRIES; i++)
		key_table_put(&t, key_of(i), i);
	while ((value = key_table_next(&t, &at, &key)) != 0)
		n += key_table_del(&t, key_of(value));
	CU_ASSERT_EQUAL(n, ENTRIES);
	at = 0;
	CU_ASSERT_EQUAL(key_table_next(&t, &at, &key), 0);
	key_table_free(&t);
}

static void
takes_structured_keys_as_well_as_random_ones(void)
{
	static const uint64_t step[] = { 1, 256, 65536, 1ULL << 24, 1ULL << 32, 0x0101010101 };

	for (size_t s = 0; s < sizeof(step) / sizeof(step[0]); s++) {
		unsigned int refused = 0;

		begin(ENTRIES);
		for (uint32_t i = 1; i <= ENTRIES; i++)
			refused += key_table_put(&t, i * step[s], i) != 0;
		CU_ASSERT_EQUAL(refused, 0);
		key_table_free(&t);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(finds_what_was_put_and_nothing_else),
	UNIT_CASE(nothing_is_found_where_nothing_was_put),
	UNIT_CASE(is_full_only_when_nearly_all_entries_are_taken),
	UNIT_CASE(nine_in_ten_are_in_their_first_bucket_at_full_load),
	UNIT_CASE(agrees_with_an_array_over_a_million_changes),
	UNIT_CASE(deletes_while_walking),
	UNIT_CASE(takes_structured_keys_as_well_as_random_ones),
};

UNIT_MAIN("dataplane/key_table", cases)
