// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/peer.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>

#define ECHO_MS 60000
#define OURS 42 // our own restart counter

static struct gtpc_counters counters;
static struct {
	unsigned int echoes, restarts, downs, ups, evictions;
	uint8_t before, now;
	struct gtpc_addr evicted;
} seen;

static void
note_echo(void *user, struct peer *peer, uint64_t now_ms)
{
	seen.echoes++;
}

static void
note_restart(void *user, struct peer *peer, uint8_t before, uint8_t now)
{
	seen.restarts++;
	seen.before = before;
	seen.now = now;
}

static void
note_down(void *user, struct peer *peer)
{
	seen.downs++;
}

static void
note_up(void *user, struct peer *peer)
{
	seen.ups++;
}

static void
note_eviction(void *user, struct peer *peer)
{
	seen.evictions++;
	seen.evicted = peer->addr;
}

static struct gtpc_addr
addr(const char *text)
{
	struct gtpc_addr a = { 0 };

	CU_ASSERT_EQUAL(gtpc_addr_parse(text, &a), 0);
	return a;
}

static struct peer_rule rules[4];

static struct peers *
start(void)
{
	const struct peers_config config = {
		.peers_max = 4,
		.restart_counter = OURS,
		.hash_key = { 3, 4 },
		.rules = rules,
		.n_rules = 4,
		.counters = &counters,
		.send_echo = note_echo,
		.restarted = note_restart,
		.path_down = note_down,
		.path_up = note_up,
		.evicted = note_eviction,
	};
	struct peers *p;

	// 10.10.0.99 is not allowed, a vendor's range restarts at any change, all else is usual.
	rules[0] = (struct peer_rule){ .prefix = addr("10.10.0.99"), .prefix_bits = 32 };
	rules[1] = (struct peer_rule){ .prefix = addr("10.10.4.0"),
		.prefix_bits = 22,
		.is_allowed = true,
		.any_change_is_restart = true };
	rules[2] = (struct peer_rule){
		.prefix = addr("10.0.0.0"), .prefix_bits = 8, .is_allowed = true, .echo_ms = ECHO_MS
	};
	rules[3] = (struct peer_rule){
		.prefix = addr("2001:db8::"), .prefix_bits = 33, .is_allowed = true
	};
	memset(&counters, 0, sizeof(counters));
	memset(&seen, 0, sizeof(seen));
	p = peers_new(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

static struct peer *
get(struct peers *p, const char *text)
{
	struct gtpc_addr a = addr(text);
	struct peer *peer;
	int why;

	peer = peer_get(p, &a, 0, &why);
	CU_ASSERT_EQUAL(why == 0, peer != NULL);
	return peer;
}

static int
why_not(struct peers *p, const char *text)
{
	struct gtpc_addr a = addr(text);
	int why;

	CU_ASSERT_PTR_NULL(peer_get(p, &a, 0, &why));
	return why;
}

static void
lets_in_those_whom_the_first_matching_rule_allows(void)
{
	struct peers *p = start();
	struct peer *peer = get(p, "10.10.7.255");

	CU_ASSERT_PTR_EQUAL(peer->rule, &rules[1]);
	CU_ASSERT_PTR_EQUAL(get(p, "10.10.8.0")->rule, &rules[2]);
	CU_ASSERT_PTR_EQUAL(get(p, "2001:db8:7fff::1")->rule, &rules[3]);
	CU_ASSERT_EQUAL(why_not(p, "10.10.0.99"), -EACCES);
	CU_ASSERT_EQUAL(why_not(p, "11.0.0.1"), -EACCES);
	CU_ASSERT_EQUAL(why_not(p, "a00::1"), -EACCES); // begins with the octet of 10.0.0.0/8
	CU_ASSERT_EQUAL(why_not(p, "2001:db8:8000::1"), -EACCES);
	CU_ASSERT_EQUAL(peers_count(p), 3);
	CU_ASSERT_PTR_EQUAL(get(p, "10.10.7.255"), peer);
	CU_ASSERT_EQUAL(peers_count(p), 3);
	peers_free(p);
}

// On S8 the F-TEID's address often isn't the source of the datagrams.
static void
keeps_a_named_peer_apart_from_an_allowed_source(void)
{
	struct peers *p = start();
	struct gtpc_addr named = addr("192.0.2.1"), allowed = addr("10.1.0.2");
	struct peer *by = get(p, "10.1.0.1");
	struct peer *peer = peer_get_named(p, &named, by, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(peer);
	CU_ASSERT_PTR_EQUAL(peer->rule, by->rule);
	CU_ASSERT_PTR_EQUAL(peer_find(p, &named), peer);
	CU_ASSERT_EQUAL(why_not(p, "192.0.2.1"), -EACCES);
	CU_ASSERT_PTR_EQUAL(peer_get_named(p, &named, by, 0), peer);
	CU_ASSERT_TRUE(peer_get_named(p, &allowed, by, 0)->is_allowed);
	CU_ASSERT_PTR_NOT_NULL(get(p, "10.1.0.2"));
	peers_free(p);
}

static void
makes_room_where_it_was_silent_for_longest(void)
{
	struct peers *p = start();
	struct gtpc_addr first = addr("10.1.0.1");
	struct peer *busy = get(p, "10.1.0.1");

	peer_session_add(p, busy, 0);
	get(p, "10.1.0.2");
	get(p, "10.1.0.3");
	get(p, "10.1.0.4");
	peer_heard(p, get(p, "10.1.0.2"), 5);
	get(p, "10.1.0.5");
	CU_ASSERT_EQUAL(seen.evictions, 1);
	CU_ASSERT_EQUAL(seen.evicted.bytes[3], 3);
	get(p, "10.1.0.3");
	CU_ASSERT_EQUAL(seen.evicted.bytes[3], 4);
	get(p, "10.1.0.4");
	CU_ASSERT_EQUAL(seen.evicted.bytes[3], 2);
	get(p, "10.1.0.2");
	CU_ASSERT_EQUAL(seen.evicted.bytes[3], 5);
	get(p, "10.1.0.5");
	CU_ASSERT_EQUAL(seen.evicted.bytes[3], 3);
	peer_session_add(p, get(p, "10.1.0.2"), 5);
	peer_session_add(p, get(p, "10.1.0.4"), 5);
	peer_session_add(p, get(p, "10.1.0.5"), 5);
	CU_ASSERT_EQUAL(why_not(p, "10.1.0.6"), -ENOSPC);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_PEER_TABLE_FULL], 1);
	CU_ASSERT_PTR_EQUAL(peer_find(p, &first), busy);
	peer_session_remove(p, busy);
	get(p, "10.1.0.6");
	CU_ASSERT_EQUAL(seen.evicted.bytes[3], 1);
	CU_ASSERT_PTR_NULL(peer_find(p, &first));
	CU_ASSERT_EQUAL(peers_count(p), 4);
	peers_free(p);
}

// TS 23.007 18: each row is a value seen after another one.
static void
tells_a_restart_from_a_late_packet(void)
{
	static const struct {
		uint8_t before, now;
		enum peer_recovery verdict;
	} rows[] = {
		{ 7, 7, PEER_RECOVERY_SAME },
		{ 7, 8, PEER_RECOVERY_RESTARTED },
		{ 7, 9, PEER_RECOVERY_RESTARTED },
		{ 7, 134, PEER_RECOVERY_RESTARTED }, // 127 ahead
		{ 7, 135, PEER_RECOVERY_LATE },      // 128 ahead, or behind
		{ 7, 6, PEER_RECOVERY_LATE },
		{ 255, 0, PEER_RECOVERY_RESTARTED }, // the wrap
		{ 0, 255, PEER_RECOVERY_LATE },
		{ 7, OURS, PEER_RECOVERY_REFLECTED },
		{ 200, OURS, PEER_RECOVERY_REFLECTED },
		{ OURS - 1, OURS, PEER_RECOVERY_RESTARTED }, // its own next value
		{ OURS, OURS + 1, PEER_RECOVERY_RESTARTED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peers *p = start();
		struct peer *peer = get(p, "10.1.0.1");
		bool is_restart = rows[i].verdict == PEER_RECOVERY_RESTARTED;

		CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, rows[i].before), PEER_RECOVERY_FIRST);
		peer->knows_recovery = true;
		CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, rows[i].now), rows[i].verdict);
		CU_ASSERT_EQUAL(seen.restarts, is_restart ? 1 : 0);
		CU_ASSERT_EQUAL(peer->recovery, is_restart ? rows[i].now : rows[i].before);
		CU_ASSERT_EQUAL(peer->knows_recovery, !is_restart);
		if (is_restart)
			CU_ASSERT(seen.before == rows[i].before && seen.now == rows[i].now);
		peers_free(p);
	}
}

// TS 23.007 18
static void
takes_any_change_for_a_restart_where_told_so(void)
{
	struct peers *p = start();
	struct peer *peer = get(p, "10.10.4.1");

	peer_recovery_seen(p, peer, 7);
	CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, 6), PEER_RECOVERY_RESTARTED);
	CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, 6), PEER_RECOVERY_SAME);
	CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, OURS), PEER_RECOVERY_REFLECTED);
	peers_free(p);
}

// A peer that always sends our value back, before and after a restart of ours.
// TS 23.007 18
static void
never_takes_a_mirror_for_a_restart(void)
{
	struct peers *p = start();
	struct peer *peer = get(p, "10.1.0.1");

	CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, OURS), PEER_RECOVERY_FIRST);
	CU_ASSERT_TRUE(peer->reflects);
	peers_set_restart_counter(p, OURS + 1);
	CU_ASSERT_EQUAL(peers_restart_counter(p), OURS + 1);
	CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, OURS + 1), PEER_RECOVERY_REFLECTED);
	CU_ASSERT_EQUAL(seen.restarts, 0);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_RECOVERY_REFLECTED], 1);
	peers_free(p);
}

// TS 23.007 18
static void
remembers_peers_over_a_restart_of_ours(void)
{
	struct peers *p = start();
	struct peer_record record = { .addr = addr("10.1.0.1"), .recovery = 7 };
	struct peer_record stranger = { .addr = addr("11.1.0.1"), .recovery = 7 };
	struct peer *peer;

	CU_ASSERT_EQUAL(peer_restore(p, &record, 0), 0);
	CU_ASSERT_EQUAL(peer_restore(p, &stranger, 0), -EACCES);
	peer = get(p, "10.1.0.1");
	CU_ASSERT_FALSE(peer->knows_recovery);
	CU_ASSERT_EQUAL(peer_recovery_seen(p, peer, 8), PEER_RECOVERY_RESTARTED);
	peers_free(p);
}

// TS 29.274 7.1.1; TS 23.007 20
static void
asks_for_an_echo_while_there_are_sessions(void)
{
	struct peers *p = start();
	struct peer *peer = get(p, "10.1.0.1");

	CU_ASSERT_EQUAL(peers_next_deadline(p), UINT64_MAX);
	peer_session_add(p, peer, 1000);
	peer_session_add(p, peer, 2000);
	CU_ASSERT_EQUAL(peers_next_deadline(p), 1000 + ECHO_MS);
	peers_run(p, 999 + ECHO_MS);
	CU_ASSERT_EQUAL(seen.echoes, 0);
	peers_run(p, 1000 + ECHO_MS);
	CU_ASSERT_EQUAL(seen.echoes, 1);
	CU_ASSERT_EQUAL(peers_next_deadline(p), 1000 + 2 * ECHO_MS);
	peer_session_remove(p, peer);
	CU_ASSERT_EQUAL(peer->n_sessions, 1);
	peer_session_remove(p, peer);
	CU_ASSERT_EQUAL(peers_next_deadline(p), UINT64_MAX);
	peer_session_remove(p, peer);
	CU_ASSERT_EQUAL(peer->n_sessions, 0);
	peers_free(p);
}

// TS 23.007 20
static void
tells_once_that_a_path_is_down_and_up_again(void)
{
	struct peers *p = start();
	struct peer *peer = get(p, "10.1.0.1");

	peer_echo_done(p, peer, -ETIMEDOUT, 5);
	CU_ASSERT_EQUAL(seen.downs, 0); // nothing depends on it
	peer_session_add(p, peer, 0);
	peer_echo_done(p, peer, -ETIMEDOUT, 5);
	peer_echo_done(p, peer, -ETIMEDOUT, 6);
	CU_ASSERT_EQUAL(seen.downs, 1);
	CU_ASSERT_TRUE(peer->is_path_down);
	peer_heard(p, peer, 7);
	peer_echo_done(p, peer, 0, 8);
	CU_ASSERT_EQUAL(seen.ups, 1);
	CU_ASSERT_EQUAL(peer->last_heard_ms, 8);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_PATH_DOWN], 1);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_PATH_UP], 1);
	peers_free(p);
}

static void
walks_over_its_entries(void)
{
	struct peers *p = start();
	unsigned int n = 0;

	get(p, "10.1.0.1");
	get(p, "10.1.0.2");
	for (uint32_t i = 0; i < 4; i++)
		n += peer_at(p, i) != NULL;
	CU_ASSERT_EQUAL(n, 2);
	peers_free(p);
	CU_ASSERT_PTR_NULL(peers_new(&(struct peers_config){ .peers_max = 1 }));
	peers_free(NULL);
}

static const struct unit_case cases[] = {
	UNIT_CASE(lets_in_those_whom_the_first_matching_rule_allows),
	UNIT_CASE(keeps_a_named_peer_apart_from_an_allowed_source),
	UNIT_CASE(makes_room_where_it_was_silent_for_longest),
	UNIT_CASE(tells_a_restart_from_a_late_packet),
	UNIT_CASE(takes_any_change_for_a_restart_where_told_so),
	UNIT_CASE(never_takes_a_mirror_for_a_restart),
	UNIT_CASE(remembers_peers_over_a_restart_of_ours),
	UNIT_CASE(asks_for_an_echo_while_there_are_sessions),
	UNIT_CASE(tells_once_that_a_path_is_down_and_up_again),
	UNIT_CASE(walks_over_its_entries),
};
UNIT_MAIN("gtpc/peer", cases)
