// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sqn.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// A USIM's side of TS 33.102 C.2: one SEQ per IND, Delta, and perhaps an age limit L.
struct usim {
	uint64_t seq[SQN_INDS];
	uint64_t limit; // 0 = none
};

static uint64_t
usim_highest(const struct usim *u)
{
	uint64_t max = 0;

	for (unsigned i = 0; i < SQN_INDS; i++)
		if (u->seq[i] > max)
			max = u->seq[i];
	return max;
}

static bool
usim_accepts(struct usim *u, uint64_t sqn)
{
	uint64_t seq = sqn >> SQN_IND_BITS, highest = usim_highest(u);
	unsigned ind = sqn & (SQN_INDS - 1);

	if (seq > highest && seq - highest > SQN_DELTA)
		return false;
	if (u->limit && highest > seq && highest - seq >= u->limit)
		return false;
	if (seq <= u->seq[ind])
		return false;
	u->seq[ind] = seq;
	return true;
}

// What it sends in AUTS.
static uint64_t
usim_sqn_ms(const struct usim *u)
{
	uint64_t max = usim_highest(u);
	unsigned ind = 0;

	while (u->seq[ind] != max)
		ind++;
	return sqn_join(max, ind);
}

static uint64_t
take_one(struct sqn *s, const char *host)
{
	uint64_t out = 0;

	CU_ASSERT_EQUAL(sqn_take(s, host, 1, &out), 0);
	return out;
}

static void
is_accepted_by_a_new_usim(void)
{
	struct sqn s = { 0 };
	struct usim u = { 0 };

	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT(usim_accepts(&u, take_one(&s, "mme1")));
	CU_ASSERT_EQUAL(s.seq, 1000);
}

static void
gives_a_batch_one_ind_and_rising_seqs(void)
{
	struct sqn s = { 0 };
	uint64_t out[5];

	CU_ASSERT_EQUAL(sqn_take(&s, "mme1", 5, out), 0);
	for (unsigned i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(out[i] >> SQN_IND_BITS, i + 1);
		CU_ASSERT_EQUAL(out[i] & 31, out[0] & 31);
	}
}

// Each MME fetches batches, keeps what it doesn't use yet, and uses it in order while the others do the
// same: no synchronisation failure, at any interleaving, also after the HSS's crashes (SEQ jumps ahead).
static void
lets_mmes_alternate_without_resynchronisation(void)
{
	enum { N_MMES = 8, STOCK = 5 };
	struct sqn s = { 0 };
	struct usim u = { 0 };
	uint64_t stock[N_MMES][STOCK];
	unsigned left[N_MMES] = { 0 };
	char host[16];

	srand(4711);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned m = (unsigned)rand() % N_MMES;

		snprintf(host, sizeof(host), "mme%u", m);
		if (left[m] == 0) {
			left[m] = 1 + (unsigned)rand() % STOCK;
			CU_ASSERT_EQUAL(sqn_take(&s, host, left[m], stock[m] + STOCK - left[m]), 0);
		}
		CU_ASSERT(usim_accepts(&u, stock[m][STOCK - left[m]--]));
		if (i % 1000 == 0)
			s.seq += 64;
	}
}

static void
lets_mmes_alternate_at_a_usim_with_an_age_limit(void)
{
	struct sqn s = { 0 };
	struct usim u = { .limit = 1000 };
	char host[16];

	for (unsigned i = 0; i < 5000; i++) {
		snprintf(host, sizeof(host), "mme%u", i % 5);
		CU_ASSERT(usim_accepts(&u, take_one(&s, host)));
	}
}

static void
knows_a_node_in_any_case_of_letters(void)
{
	struct sqn s = { 0 };
	uint64_t a = take_one(&s, "MME1.Example.org"), b = take_one(&s, "mme1.example.ORG");

	CU_ASSERT_EQUAL(a & 31, b & 31);
	CU_ASSERT_EQUAL(s.n_nodes, 1);
}

static void
gives_every_node_its_own_ind_up_to_32(void)
{
	struct sqn s = { 0 };
	uint32_t seen = 0;
	char host[16];

	for (unsigned i = 0; i < 32; i++) {
		snprintf(host, sizeof(host), "mme%u", i);
		seen |= 1U << (take_one(&s, host) & 31);
	}
	CU_ASSERT_EQUAL(seen, UINT32_MAX);
}

static void
reassigns_the_least_recently_used_ind(void)
{
	struct sqn s = { 0 };
	uint64_t ind[33];
	char host[16];

	for (unsigned i = 0; i < 32; i++) {
		snprintf(host, sizeof(host), "mme%u", i);
		ind[i] = take_one(&s, host) & 31;
	}
	CU_ASSERT_EQUAL(take_one(&s, "mme0") & 31, ind[0]);
	ind[32] = take_one(&s, "mme32") & 31;
	CU_ASSERT_EQUAL(ind[32], ind[1]);
	CU_ASSERT_EQUAL(take_one(&s, "mme0") & 31, ind[0]);
	CU_ASSERT_EQUAL(take_one(&s, "mme2") & 31, ind[2]);
	CU_ASSERT_EQUAL(s.n_nodes, 32);
}

static void
survives_forty_mmes_without_resynchronisation(void)
{
	struct sqn s = { 0 };
	struct usim u = { 0 };
	char host[16];

	srand(17);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(host, sizeof(host), "mme%u", (unsigned)rand() % 40);
		CU_ASSERT(usim_accepts(&u, take_one(&s, host)));
	}
}

static void
stops_at_the_end_of_seq(void)
{
	struct sqn s = { .seq = SQN_SEQ_MAX - 2 };
	uint64_t out[5];

	CU_ASSERT_EQUAL(sqn_take(&s, "mme1", 5, out), -EOVERFLOW);
	CU_ASSERT_EQUAL(s.seq, SQN_SEQ_MAX - 2);
	CU_ASSERT_EQUAL(s.n_nodes, 0);
	CU_ASSERT_EQUAL(sqn_take(&s, "mme1", 2, out), 0);
	CU_ASSERT_EQUAL(out[1] >> SQN_IND_BITS, SQN_SEQ_MAX);
	CU_ASSERT_EQUAL(out[1] >> 48, 0);
	CU_ASSERT_EQUAL(sqn_take(&s, "mme1", 1, out), -EOVERFLOW);
	s.seq = UINT64_MAX;
	CU_ASSERT_EQUAL(sqn_take(&s, "mme1", 1, out), -EOVERFLOW);
}

static void
moves_forward_to_a_usim_that_is_ahead(void)
{
	struct sqn s = { .seq = 100 };
	struct usim u = { .seq = { [3] = 5000 } };

	CU_ASSERT_FALSE(usim_accepts(&u, sqn_join(101, 3)));
	CU_ASSERT_EQUAL(sqn_resync(&s, usim_sqn_ms(&u)), 1);
	CU_ASSERT_EQUAL(s.seq, 5000);
	CU_ASSERT(usim_accepts(&u, take_one(&s, "mme1")));
}

static void
stays_where_the_next_one_is_acceptable(void)
{
	struct sqn s = { .seq = 5000 };

	CU_ASSERT_EQUAL(sqn_resync(&s, sqn_join(5000, 1)), 0);
	CU_ASSERT_EQUAL(sqn_resync(&s, sqn_join(1, 1)), 0);
	CU_ASSERT_EQUAL(sqn_resync(&s, 0), 0);
	CU_ASSERT_EQUAL(s.seq, 5000);
}

static void
moves_back_only_beyond_delta(void)
{
	struct sqn s = { .seq = SQN_DELTA + 9 };
	struct usim u = { .seq = { [0] = 9 } };

	CU_ASSERT_EQUAL(sqn_resync(&s, sqn_join(10, 0)), 0);
	CU_ASSERT_EQUAL(s.seq, SQN_DELTA + 9);
	CU_ASSERT_FALSE(usim_accepts(&u, sqn_join(s.seq + 1, 0)));
	CU_ASSERT_EQUAL(sqn_resync(&s, usim_sqn_ms(&u)), 1);
	CU_ASSERT_EQUAL(s.seq, 9);
	CU_ASSERT(usim_accepts(&u, take_one(&s, "mme1")));
}

static const struct unit_case cases[] = {
	UNIT_CASE(is_accepted_by_a_new_usim),
	UNIT_CASE(gives_a_batch_one_ind_and_rising_seqs),
	UNIT_CASE(lets_mmes_alternate_without_resynchronisation),
	UNIT_CASE(lets_mmes_alternate_at_a_usim_with_an_age_limit),
	UNIT_CASE(knows_a_node_in_any_case_of_letters),
	UNIT_CASE(gives_every_node_its_own_ind_up_to_32),
	UNIT_CASE(reassigns_the_least_recently_used_ind),
	UNIT_CASE(survives_forty_mmes_without_resynchronisation),
	UNIT_CASE(stops_at_the_end_of_seq),
	UNIT_CASE(moves_forward_to_a_usim_that_is_ahead),
	UNIT_CASE(stays_where_the_next_one_is_acceptable),
	UNIT_CASE(moves_back_only_beyond_delta),
};
UNIT_MAIN("hss/sqn", cases)
