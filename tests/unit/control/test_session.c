// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/session.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct peers *peers;
static struct session_table *table;

static void
begin(uint32_t slots)
{
	static const struct peer_rule any = {
		.prefix = { .family = 4 }, .is_allowed = true, .t3_ms = 1000, .n3 = 3
	};
	static struct gtpc_counters counters;
	struct peers_config config = {
		.peers_max = 64, .rules = &any, .n_rules = 1, .counters = &counters
	};

	peers = peers_new(&config);
	table = session_table_new(slots, peers);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
}

static void
end(void)
{
	session_table_free(table);
	peers_free(peers);
}

static struct session *
add(const char *imsi, uint8_t ebi, uint32_t teid, uint32_t addr)
{
	struct session *s = session_take(table);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	snprintf(s->imsi, sizeof(s->imsi), "%s", imsi);
	s->teid = teid;
	s->bearer.ebi = ebi;
	s->bearer.peer = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 2 });
	s->bearer.peer_teid = teid + 1;
	memcpy(s->ue_ipv4, &addr, 4);
	session_index_add(table, s);
	session_set_state(table, s, SESSION_ACTIVE);
	return s;
}

static void
drop(struct session *s)
{
	session_index_remove(table, s);
	session_index_remove_address(table, s, 4);
	session_give(table, s);
}

static void
finds_by_every_key(void)
{
	struct session *a, *b;

	begin(16);
	a = add("001010000000001", 5, 0x100, 7);
	b = add("001010000000001", 6, 0x200, 8);
	CU_ASSERT_PTR_EQUAL(session_find_teid(table, 0x100), a);
	CU_ASSERT_PTR_EQUAL(session_find_teid(table, 0x200), b);
	CU_ASSERT_PTR_NULL(session_find_teid(table, 0x300));
	CU_ASSERT_PTR_EQUAL(session_find_ebi(table, "001010000000001", 5), a);
	CU_ASSERT_PTR_EQUAL(session_find_ebi(table, "001010000000001", 6), b);
	CU_ASSERT_PTR_NULL(session_find_ebi(table, "001010000000001", 7));
	CU_ASSERT_PTR_NULL(session_find_imsi(table, "001010000000002", NULL));
	CU_ASSERT_PTR_EQUAL(session_find_address(table, 0, 4, a->ue_ipv4), a);
	CU_ASSERT_PTR_NULL(session_find_address(table, 1, 4, a->ue_ipv4));
	CU_ASSERT_PTR_EQUAL(session_find_tunnel(table, &b->bearer.peer, 0x201), b);
	end();
}

static void
a_moved_tunnel_is_found_at_its_new_place_only(void)
{
	struct gtpc_addr old, new = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 3 });
	struct session *s;

	begin(16);
	s = add("001010000000001", 5, 0x100, 7);
	old = s->bearer.peer;
	session_index_move(table, s, &new, 0x999);
	CU_ASSERT_PTR_NULL(session_find_tunnel(table, &old, 0x101));
	CU_ASSERT_PTR_EQUAL(session_find_tunnel(table, &new, 0x999), s);
	drop(s);
	CU_ASSERT_PTR_NULL(session_find_tunnel(table, &new, 0x999));
	end();
}

static void
a_closing_session_yields_its_address_to_the_next(void)
{
	struct session *old, *new;

	begin(16);
	old = add("001010000000001", 5, 0x100, 7);
	session_index_remove(table, old);
	session_set_state(table, old, SESSION_CLOSING);
	CU_ASSERT_PTR_EQUAL(session_find_address(table, 0, 4, old->ue_ipv4), old);
	CU_ASSERT_PTR_NULL(session_find_teid(table, 0x100));
	new = add("001010000000001", 5, 0x200, 7);
	CU_ASSERT_PTR_EQUAL(session_find_address(table, 0, 4, old->ue_ipv4), new);
	end();
}

static void
every_session_in_a_slot_has_its_own_generation(void)
{
	struct session *s;
	uint32_t slot, generation;

	begin(4);
	s = add("001010000000001", 5, 0x100, 7);
	slot = s->slot;
	generation = s->generation;
	drop(s);
	CU_ASSERT_PTR_NULL(session_at(table, slot));
	s = add("001010000000002", 5, 0x200, 8);
	CU_ASSERT_EQUAL(s->slot, slot);
	CU_ASSERT_NOT_EQUAL(s->generation, generation);
	CU_ASSERT_PTR_NULL(session_of(table, slot, generation));
	CU_ASSERT_PTR_EQUAL(session_of(table, slot, s->generation), s);
	end();
}

static void
the_table_is_full_at_its_limit(void)
{
	begin(8);
	session_table_limit(table, 3);
	for (uint32_t i = 0; i < 3; i++)
		add("001010000000001", (uint8_t)(5 + i), 0x100 + i, i);
	CU_ASSERT_PTR_NULL(session_take(table));
	drop(session_find_teid(table, 0x101));
	CU_ASSERT_PTR_NOT_NULL(session_take(table));
	CU_ASSERT_PTR_NULL(session_take(table));
	end();
}

static void
kept_sessions_take_their_old_slots_and_leave_the_gaps_free(void)
{
	bool is_seen[8] = { false };
	struct session *s;

	begin(8);
	CU_ASSERT_PTR_NOT_NULL(session_take_at(table, 5, 77));
	CU_ASSERT_PTR_NOT_NULL(session_take_at(table, 2, 78));
	CU_ASSERT_PTR_NULL(session_take_at(table, 5, 79));
	CU_ASSERT_PTR_NULL(session_take_at(table, 8, 80));
	CU_ASSERT_EQUAL(session_at(table, 5)->generation, 77);
	is_seen[5] = is_seen[2] = true;
	for (int i = 0; i < 6; i++) {
		s = session_take(table);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_FALSE(is_seen[s->slot]);
		is_seen[s->slot] = true;
	}
	CU_ASSERT_PTR_NULL(session_take(table));
	end();
}

static void
sessions_of_an_sgw_are_listed_oldest_first_and_it_ends_with_the_last(void)
{
	struct gtpc_addr addr = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 2 });
	struct session *a, *b, *c;
	struct peer *peer;
	struct sgw *sgw;
	int why;

	begin(8);
	peer = peer_get(peers, &addr, 0, &why);
	a = add("001010000000001", 5, 0x100, 1);
	b = add("001010000000002", 5, 0x200, 2);
	c = add("001010000000003", 5, 0x300, 3);
	CU_ASSERT_EQUAL(sgw_join(table, a, peer, 0), 0);
	CU_ASSERT_EQUAL(sgw_join(table, b, peer, 0), 0);
	CU_ASSERT_EQUAL(sgw_join(table, c, peer, 0), 0);
	sgw = sgw_find(table, &addr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sgw);
	CU_ASSERT_EQUAL(sgw->n_sessions, 3);
	CU_ASSERT_EQUAL(peer->n_sessions, 3);
	CU_ASSERT_EQUAL(sgw->first, a->slot);
	CU_ASSERT_EQUAL(sgw->last, c->slot);
	sgw_leave(table, b);
	CU_ASSERT_EQUAL(a->sgw_next, c->slot);
	CU_ASSERT_EQUAL(sgw_join(table, a, peer, 0), 0); // again: now the youngest
	CU_ASSERT_EQUAL(sgw->first, c->slot);
	CU_ASSERT_EQUAL(sgw->last, a->slot);
	CU_ASSERT_EQUAL(sgw->n_sessions, 2);
	CU_ASSERT_PTR_EQUAL(sgw_next(table, NULL), sgw);
	CU_ASSERT_PTR_NULL(sgw_next(table, sgw));
	sgw_leave(table, a);
	sgw_leave(table, c);
	CU_ASSERT_PTR_NULL(sgw_find(table, &addr));
	CU_ASSERT_EQUAL(peer->n_sessions, 0);
	end();
}

// Against random adds and drops.
static void
many_come_and_go(void)
{
	static struct session *kept[5000];
	unsigned int n = 0;
	uint32_t next = 1;

	begin(5000);
	srand(3);
	for (int i = 0; i < 200000; i++) {
		if (n < 5000 && rand() % 2) {
			char imsi[16];

			snprintf(imsi, sizeof(imsi), "00101%010u", next);
			kept[n++] = add(imsi, 5, next << 8, next);
			next++;
		} else if (n > 0) {
			unsigned int k = (unsigned int)rand() % n;

			CU_ASSERT_PTR_EQUAL_FATAL(session_find_teid(table, kept[k]->teid), kept[k]);
			CU_ASSERT_PTR_EQUAL_FATAL(
				session_find_ebi(table, kept[k]->imsi, 5), kept[k]);
			drop(kept[k]);
			kept[k] = kept[--n];
		}
	}
	for (unsigned int k = 0; k < n; k++)
		CU_ASSERT_PTR_EQUAL_FATAL(
			session_find_address(table, 0, 4, kept[k]->ue_ipv4), kept[k]);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(finds_by_every_key),
	UNIT_CASE(a_moved_tunnel_is_found_at_its_new_place_only),
	UNIT_CASE(a_closing_session_yields_its_address_to_the_next),
	UNIT_CASE(every_session_in_a_slot_has_its_own_generation),
	UNIT_CASE(the_table_is_full_at_its_limit),
	UNIT_CASE(kept_sessions_take_their_old_slots_and_leave_the_gaps_free),
	UNIT_CASE(sessions_of_an_sgw_are_listed_oldest_first_and_it_ends_with_the_last),
	UNIT_CASE(many_come_and_go),
};

UNIT_MAIN("control/session", cases)
