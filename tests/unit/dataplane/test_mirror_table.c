// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mirror_table.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 3000

struct object {
	struct mirror_node node;
	struct {
		uint32_t id;
	} key;
	uint32_t value;
};

static unsigned int forgotten;

static void
forget(void *arg, void *object)
{
	forgotten++;
}

static struct object *
put(struct mirror_table *t, uint32_t id, uint32_t value, bool from_dump)
{
	struct object *o = mirror_put(t, &id, sizeof(*o), from_dump);

	if (o != NULL)
		o->value = value;
	return o;
}

static void
del(struct mirror_table *t, uint32_t id)
{
	mirror_del(t, &id, sizeof(struct object), forget, NULL);
}

static uint32_t
value_of(const struct mirror_table *t, uint32_t id)
{
	const struct object *o = mirror_find(t, &id);

	return o == NULL ? 0 : o->value;
}

static void
agrees_with_an_array_over_random_changes(void)
{
	struct mirror_table t;
	uint32_t model[KEYS] = { 0 };
	unsigned int wrong = 0, n = 0, seen = 0;

	srandom(2);
	CU_ASSERT_EQUAL_FATAL(mirror_table_open(&t, sizeof(uint32_t)), 0);
	for (uint32_t i = 1; i < 100000; i++) {
		uint32_t id = (uint32_t)random() % KEYS;

		model[id] = random() % 3 ? i : 0;
		if (model[id])
			put(&t, id, i, false);
		else
			del(&t, id);
		id = (uint32_t)random() % KEYS;
		wrong += value_of(&t, id) != model[id];
	}
	for (uint32_t id = 0; id < KEYS; id++)
		n += model[id] != 0;
	for (struct object *o = mirror_next(&t, NULL); o != NULL; o = mirror_next(&t, o)) {
		wrong += model[o->key.id] != o->value;
		seen++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(seen, n);
	CU_ASSERT_EQUAL(t.n, n);
	forgotten = 0;
	mirror_table_close(&t, forget, NULL);
	CU_ASSERT_EQUAL(forgotten, n);
}

static void
what_a_dump_does_not_name_is_gone(void)
{
	struct mirror_table t;

	mirror_table_open(&t, sizeof(uint32_t));
	put(&t, 1, 10, false);
	put(&t, 2, 20, false);
	mirror_dump_begin(&t);
	put(&t, 2, 21, true);
	put(&t, 3, 30, true);
	CU_ASSERT_EQUAL(value_of(&t, 1), 10); // until its end
	forgotten = 0;
	mirror_dump_end(&t, forget, NULL);
	CU_ASSERT_EQUAL(forgotten, 1);
	CU_ASSERT_EQUAL(value_of(&t, 1), 0);
	CU_ASSERT_EQUAL(value_of(&t, 2), 21);
	CU_ASSERT_EQUAL(value_of(&t, 3), 30);
	mirror_table_close(&t, forget, NULL);
}

static void
notifications_outlast_older_rows_of_a_dump(void)
{
	struct mirror_table t;

	mirror_table_open(&t, sizeof(uint32_t));
	put(&t, 1, 10, false);
	put(&t, 4, 40, false);
	mirror_dump_begin(&t);
	put(&t, 1, 11, false); // changed
	put(&t, 2, 20, false); // added
	del(&t, 3);            // removed, not known yet
	del(&t, 4);            // removed
	CU_ASSERT_PTR_NULL(put(&t, 1, 10, true));
	CU_ASSERT_PTR_NULL(put(&t, 3, 30, true));
	CU_ASSERT_PTR_NULL(put(&t, 4, 40, true));
	CU_ASSERT_PTR_NULL(mirror_find(&t, &(uint32_t){ 4 }));
	mirror_dump_end(&t, forget, NULL);
	CU_ASSERT_EQUAL(value_of(&t, 1), 11);
	CU_ASSERT_EQUAL(value_of(&t, 2), 20);
	CU_ASSERT_EQUAL(value_of(&t, 3), 0);
	CU_ASSERT_EQUAL(value_of(&t, 4), 0);
	CU_ASSERT_EQUAL(t.n, 2);
	mirror_table_close(&t, forget, NULL);
}

static void
what_comes_back_after_its_removal_is_new(void)
{
	struct mirror_table t;
	struct object *o;

	mirror_table_open(&t, sizeof(uint32_t));
	put(&t, 1, 10, false);
	mirror_dump_begin(&t);
	del(&t, 1);
	o = mirror_put(&t, &(uint32_t){ 1 }, sizeof(*o), false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	CU_ASSERT_EQUAL(o->value, 0);
	mirror_dump_end(&t, forget, NULL);
	CU_ASSERT_PTR_EQUAL(mirror_find(&t, &(uint32_t){ 1 }), o);
	mirror_table_close(&t, forget, NULL);
}

static void
a_dump_may_be_begun_again(void)
{
	struct mirror_table t;

	mirror_table_open(&t, sizeof(uint32_t));
	mirror_dump_begin(&t);
	put(&t, 1, 10, true);
	del(&t, 2);
	mirror_dump_begin(&t);
	put(&t, 2, 20, true); // written after the removal: it is there again
	mirror_dump_end(&t, forget, NULL);
	CU_ASSERT_EQUAL(value_of(&t, 1), 0);
	CU_ASSERT_EQUAL(value_of(&t, 2), 20);
	mirror_table_close(&t, forget, NULL);
}

static const struct unit_case cases[] = {
	UNIT_CASE(agrees_with_an_array_over_random_changes),
	UNIT_CASE(what_a_dump_does_not_name_is_gone),
	UNIT_CASE(notifications_outlast_older_rows_of_a_dump),
	UNIT_CASE(what_comes_back_after_its_removal_is_new),
	UNIT_CASE(a_dump_may_be_begun_again),
};

UNIT_MAIN("dataplane/mirror_table", cases)
