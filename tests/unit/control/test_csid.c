// SPDX-License-Identifier: BSD-3-Clause
// Names of PDN connection sets. TS 29.274 8.62, TS 23.007 22.
#include "control/session/csid.h"
#include "tests/unit/cunit_main.h"

static const char one, other; // two partners

static struct gtpc_fq_csid
fq(uint8_t node, uint8_t n, uint16_t first)
{
	const uint8_t bytes[4] = { 10, 0, 0, node };
	struct gtpc_fq_csid f = { .node = gtpc_addr_ipv4(bytes), .n_csids = n };

	for (uint8_t i = 0; i < n; i++)
		f.csids[i] = (uint16_t)(first + i);
	return f;
}

static uint16_t
take(struct csids *c, const void *scope, uint8_t node, uint16_t csid)
{
	const struct gtpc_fq_csid f = fq(node, 1, csid);
	const struct csid_name name = csid_first(scope, &f);

	return csid_take(c, &name);
}

static void
the_same_name_is_the_same_number(void)
{
	struct csids *c = csids_new();
	uint16_t number;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	number = take(c, &one, 1, 7);
	CU_ASSERT_NOT_EQUAL(number, CSID_NONE);
	CU_ASSERT_EQUAL(take(c, &one, 1, 7), number);
	CU_ASSERT_NOT_EQUAL(take(c, &one, 1, 8), number);
	CU_ASSERT_NOT_EQUAL(take(c, &one, 2, 7), number);
	CU_ASSERT_NOT_EQUAL(take(c, &other, 1, 7), number);
	CU_ASSERT_EQUAL(csid_name_of(c, number)->csid, 7);
	CU_ASSERT_PTR_NULL(csid_name_of(c, CSID_NONE));
	csids_free(c);
}

// Node-Id type 2: an MCC, an MNC and 12 bits instead of an address.
static void
a_node_may_have_a_number_for_its_address(void)
{
	struct csids *c = csids_new();
	struct gtpc_fq_csid f = { .node_id = 0x26201001, .n_csids = 1, .csids = { 5 } };
	struct csid_name name = csid_first(&one, &f);
	uint16_t number = csid_take(c, &name);

	f.node_id++;
	CU_ASSERT_EQUAL(csid_fail(c, &one, &f), 0);
	f.node_id--;
	CU_ASSERT_EQUAL(csid_fail(c, &one, &f), 1);
	CU_ASSERT_TRUE(csid_has_failed(c, number));
	csids_free(c);
}

static void
a_failed_set_stays_failed_and_its_name_begins_anew(void)
{
	struct csids *c = csids_new();
	const struct gtpc_fq_csid three = fq(1, 3, 6);
	uint16_t old = take(c, &one, 1, 7), next;

	CU_ASSERT_EQUAL(csid_fail(c, &other, &three), 0);
	CU_ASSERT_EQUAL(csid_fail(c, &one, &three), 1); // of the three one is in use
	CU_ASSERT_TRUE(csid_has_failed(c, old));
	next = take(c, &one, 1, 7);
	CU_ASSERT_NOT_EQUAL(next, old);
	CU_ASSERT_FALSE(csid_has_failed(c, next));
	csid_give(c, old); // the last session of before has ended
	CU_ASSERT_EQUAL(take(c, &one, 1, 7), next);
	CU_ASSERT_EQUAL(take(c, &one, 1, 99), old); // its number is free for another one
	CU_ASSERT_FALSE(csid_has_failed(c, old));
	csid_give(c, CSID_NONE);
	CU_ASSERT_FALSE(csid_has_failed(c, CSID_NONE));
	csids_free(c);
}

static void
numbers_run_out_and_come_back(void)
{
	struct csids *c = csids_new();
	unsigned int n = 0;
	uint16_t last = CSID_NONE, number;

	for (unsigned int i = 0; i < 70000; i++) {
		number = take(c, &one, (uint8_t)(i >> 16), (uint16_t)i);
		n += number != CSID_NONE;
		last = number != CSID_NONE ? number : last;
	}
	CU_ASSERT_EQUAL(n, 65535);
	CU_ASSERT_EQUAL(take(c, &one, 9, 9), CSID_NONE);
	csid_give(c, last);
	CU_ASSERT_EQUAL(take(c, &one, 9, 9), last);
	csids_free(c);
}

static const struct unit_case cases[] = {
	UNIT_CASE(the_same_name_is_the_same_number),
	UNIT_CASE(a_node_may_have_a_number_for_its_address),
	UNIT_CASE(a_failed_set_stays_failed_and_its_name_begins_anew),
	UNIT_CASE(numbers_run_out_and_come_back),
};

UNIT_MAIN("control/csid", cases)
