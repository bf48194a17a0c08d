// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <errno.h>
#include <string.h>

static const struct rig_options three_workers = { .n_workers = 3 };

static struct dp_worker *
of_worker(unsigned int i)
{
	return rig_worker(i)->shm;
}

// What the worker says that it has: sessions, each with a TEID and an address, and tunnel peers.
static bool
has(unsigned int worker, uint32_t sessions, uint32_t peers)
{
	const struct dp_worker *w = of_worker(worker);

	return w->sessions == sessions && w->teids == sessions && w->addresses == sessions &&
		w->peers == peers;
}

static const struct session *
in_slot(uint32_t slot)
{
	return &rig.dp.in.sessions[slot];
}

static struct dp_usage *
usage(uint32_t slot)
{
	return &rig.dp.in.usage[slot].ul;
}

// Sessions whose owner is this worker, in consecutive slots from 0. Returns how many were put.
static uint32_t
fill_owner(unsigned int worker, uint32_t wanted, int *result)
{
	uint32_t slot = 0;

	for (uint32_t seed = 0; slot < wanted; seed++) {
		struct dp_session s = rig_session(slot);

		rig_session_address(&s, IP4(100, 64, 0, 1) + seed, seed + 1);
		if (rig.dp.in.shm->shard_worker[s.teid & 0xff] != worker)
			continue;
		*result = rig_put(&s);
		if (*result)
			break;
		slot++;
	}
	return slot;
}

static void
put_and_delete_leave_nothing_behind(void)
{
	rig_open(NULL);
	for (uint32_t i = 0; i < 100; i++) {
		struct dp_session s = rig_session(i);

		CU_ASSERT_EQUAL(rig_put(&s), 0);
	}
	CU_ASSERT_TRUE(has(0, 100, 1));
	for (uint32_t i = 0; i < 100; i++) {
		struct dp_session s = rig_session(i);

		CU_ASSERT_EQUAL(rig_delete(&s, 0), 0);
		CU_ASSERT_EQUAL(in_slot(i)->flags, 0);
	}
	CU_ASSERT_TRUE(has(0, 0, 0));
	CU_ASSERT_TRUE(rig_pool_is_full());
	rig_close();
}

static void
repeating_a_put_keeps_counters_and_tokens(void)
{
	struct dp_session s = rig_session(3);

	rig_open(NULL);
	s.ul_bps = s.dl_bps = 1000000;
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	usage(3)->packets = 7;
	usage(3)->bucket = 12345;
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	s.ul_bps = 2000000;
	s.dscp = 46;
	s.flags = DP_SESSION_UL_CLOSED;
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	CU_ASSERT_EQUAL(usage(3)->packets, 7);
	CU_ASSERT_EQUAL(usage(3)->bucket, 12345);
	CU_ASSERT_EQUAL(in_slot(3)->tos, 46 << 2);
	CU_ASSERT_EQUAL(in_slot(3)->ul_cost, bucket_rate_of(2000000, RIG_HZ).cost);
	CU_ASSERT_EQUAL(in_slot(3)->flags, SESSION_USED | SESSION_UL_CLOSED);
	rig_close();
}

static void
another_generation_replaces_the_session(void)
{
	struct dp_session s = rig_session(3), next = rig_session(3);

	rig_open(NULL);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	usage(3)->packets = 7;
	usage(3)->bucket = 12345;
	next.generation = 2;
	rig_session_address(&next, IP4(100, 64, 9, 9), 99);
	CU_ASSERT_EQUAL(rig_put(&next), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	CU_ASSERT_EQUAL(usage(3)->packets, 7); // only grow
	CU_ASSERT_EQUAL(usage(3)->bucket, 0);
	CU_ASSERT_EQUAL(usage(3)->generation, 2);
	CU_ASSERT_EQUAL(rig_delete(&s, 0), -ENOENT);
	CU_ASSERT_EQUAL(rig_delete(&next, 0), 0);
	CU_ASSERT_TRUE(has(0, 0, 0));
	rig_close();
}

static void
a_put_may_change_teid_and_address(void)
{
	struct dp_session s = rig_session(3), other = rig_session(4);

	rig_open(NULL);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	rig_session_address(&s, rig_ue(&s), 77);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	rig_session_address(&s, IP4(100, 64, 7, 7), 78);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	rig_session_address(
		&other, rig_ue(&(struct dp_session){ .ue_ipv4 = { 100, 64, 0, 4 } }), 4);
	CU_ASSERT_EQUAL(rig_put(&other), 0); // what slot 3 had first
	CU_ASSERT_TRUE(has(0, 2, 1));
	rig_close();
}

static void
refuses_fields_out_of_range(void)
{
	struct dp_session good = rig_session(3), s;

	rig_open(NULL);
#define REFUSES(change, wanted)                                                                    \
	do {                                                                                       \
		s = good;                                                                          \
		change;                                                                            \
		CU_ASSERT_EQUAL(rig_put(&s), wanted);                                              \
	} while (0)
	REFUSES(s.slot = 1024, -EINVAL);
	REFUSES(s.slot = UINT32_MAX, -EINVAL);
	REFUSES(s.vrf = RIG_VRFS, -EINVAL);
	REFUSES(s.vrf = UINT16_MAX, -EINVAL);
	REFUSES(s.teid = 0, -EINVAL);
	REFUSES(s.peer_teid = 0, -EINVAL);
	REFUSES(s.ebi = 4, -EINVAL);
	REFUSES(s.ebi = 16, -EINVAL);
	REFUSES(s.dscp = 64, -EINVAL);
	REFUSES(memset(s.ue_ipv4, 0, 4), -EINVAL);
	REFUSES(s.peer.family = 6, -EINVAL);
	REFUSES(s.peer.family = 0, -EINVAL);
	REFUSES(memset(s.peer.bytes, 0, 4), -EINVAL);
	REFUSES(s.local.family = 6, -EINVAL);
	REFUSES(s.local.bytes[3] = 77, -EINVAL);
	REFUSES(s.teid ^= 1, -EXDEV);
	CU_ASSERT_TRUE(has(0, 0, 0));
	REFUSES((void)0, 0);
	rig_close();
}

static void
refuses_unknown_requests(void)
{
	struct dp_request r = { .op = 99 };
	struct dp_reply reply;
	struct dp_session s = rig_session(1024);

	rig_open(NULL);
	CU_ASSERT_TRUE(rig_request(0, &r, &reply));
	CU_ASSERT_EQUAL(reply.done.result, -EINVAL);
	CU_ASSERT_EQUAL(rig_delete(&s, 0), -EINVAL);
	s.slot = 5;
	CU_ASSERT_EQUAL(rig_delete(&s, 0), -ENOENT);
	rig_close();
}

static void
an_owner_takes_only_its_shards(void)
{
	rig_open(&three_workers);
	for (uint32_t i = 0; i < 300; i++) {
		struct dp_session s = rig_session(i);
		struct dp_request r = { .op = DP_OP_SESSION_PUT, .session = s };
		struct dp_reply reply;
		unsigned int owner = rig.dp.in.shm->shard_worker[s.teid & 0xff];

		CU_ASSERT_TRUE(rig_request((owner + 1) % 3, &r, &reply));
		CU_ASSERT_EQUAL(reply.done.result, -EXDEV);
		CU_ASSERT_EQUAL(rig_put(&s), 0);
	}
	CU_ASSERT_EQUAL(
		of_worker(0)->sessions + of_worker(1)->sessions + of_worker(2)->sessions, 300);
	for (unsigned int w = 0; w < 3; w++)
		CU_ASSERT(of_worker(w)->sessions > 70);
	rig_close();
}

static void
a_slot_changes_owner_only_when_it_is_free(void)
{
	struct dp_session s = rig_session(0), other;

	rig_open(&three_workers);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	other = s;
	other.generation = 2;
	for (uint32_t seed = 1; other.teid % 3 == s.teid % 3 ||
		rig.dp.in.shm->shard_worker[other.teid & 0xff] ==
			rig.dp.in.shm->shard_worker[s.teid & 0xff];
		seed++)
		rig_session_address(&other, IP4(100, 64, 3, 0) + seed, 1000 + seed);
	CU_ASSERT_EQUAL(rig_put(&other), -EEXIST);
	CU_ASSERT_EQUAL(rig_delete(&other, 0), -ENOENT);
	CU_ASSERT_EQUAL(rig_delete(&s, 0), 0);
	CU_ASSERT_EQUAL(rig_put(&other), 0);
	rig_close();
}

static void
two_sessions_never_share_a_teid_or_an_address(void)
{
	struct dp_session s = rig_session(3), t = rig_session(4);

	rig_open(NULL);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	rig_session_address(&t, rig_ue(&s), 555);
	CU_ASSERT_EQUAL(rig_put(&t), -EEXIST);
	t = rig_session(4);
	memcpy(t.ue_ipv4, s.ue_ipv4, 4);
	t.teid = s.teid;
	t.vrf = RIG_VRF_OTHER;
	CU_ASSERT_EQUAL(rig_put(&t), -EEXIST);
	CU_ASSERT_TRUE(has(0, 1, 1));
	CU_ASSERT_EQUAL(in_slot(4)->flags, 0);
	rig_close();
}

static void
the_same_address_may_be_in_two_vrfs(void)
{
	struct dp_session s = rig_session(3), t = rig_session(4);

	rig_open(NULL);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	rig_session_address(&t, rig_ue(&s), 555);
	t.vrf = RIG_VRF_OTHER;
	CU_ASSERT_EQUAL(rig_put(&t), 0);
	CU_ASSERT_TRUE(has(0, 2, 1));
	rig_close();
}

static void
an_unclaimed_session_gives_way(void)
{
	struct dp_session s = rig_session(3), t = rig_session(4);

	rig_open(NULL);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	CU_ASSERT_TRUE(rig_attach());
	rig_session_address(&t, rig_ue(&s), 555);
	CU_ASSERT_EQUAL(rig_put(&t), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	CU_ASSERT_EQUAL(in_slot(3)->flags, 0);
	CU_ASSERT_EQUAL(rig_put(&s), -EEXIST); // t is claimed
	rig_close();
}

static void
two_unclaimed_sessions_give_way_to_one(void)
{
	struct dp_session s = rig_session(3), t = rig_session(4), u = rig_session(5);

	rig_open(NULL);
	// same shard, so that one session can have the TEID of s and the address of t
	for (uint32_t seed = 9; dp_session_shard(&t) != dp_session_shard(&s); seed++)
		rig_session_address(&t, IP4(100, 64, 5, 0) + seed, seed);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	CU_ASSERT_EQUAL(rig_put(&t), 0);
	CU_ASSERT_TRUE(rig_attach());
	memcpy(u.ue_ipv4, t.ue_ipv4, 4);
	u.teid = s.teid;
	CU_ASSERT_EQUAL(rig_put(&u), 0);
	CU_ASSERT_TRUE(has(0, 1, 1));
	rig_close();
}

static void
a_full_owner_says_so_and_keeps_nothing(void)
{
	static const struct rig_options o = { .n_workers = 3, .sessions_max = 3000 };
	struct dp_session more;
	uint32_t n;
	int result = 0;

	rig_open(&o);
	n = fill_owner(1, 3000, &result);
	CU_ASSERT_EQUAL(result, -ENOSPC);
	CU_ASSERT(n >= session_table_entries(3000, 3) * 97 / 100);
	CU_ASSERT_TRUE(has(1, n, 1));
	CU_ASSERT_EQUAL(in_slot(n)->flags, 0);
	more = rig_session(2999);
	for (uint32_t seed = 1; rig.dp.in.shm->shard_worker[more.teid & 0xff] != 0; seed++)
		rig_session_address(&more, IP4(100, 65, 0, 0) + seed, 9000000 + seed);
	CU_ASSERT_EQUAL(rig_put(&more), 0); // another owner has room
	for (uint32_t i = 0; i < n; i++) {
		struct dp_request r = { .op = DP_OP_SESSION_DELETE,
			.ref = { .slot = i, .generation = 1 } };
		struct dp_reply reply;

		CU_ASSERT_TRUE(rig_request(1, &r, &reply));
		CU_ASSERT_EQUAL(reply.done.result, 0);
	}
	CU_ASSERT_TRUE(has(1, 0, 0));
	CU_ASSERT_EQUAL(fill_owner(1, 100, &result), 100);
	rig_close();
}

static void
runs_out_of_tunnel_peers_by_name(void)
{
	static const struct rig_options o = { .sessions_max = TUNNEL_PEERS_MAX + 2 };
	struct dp_session s;

	rig_open(&o);
	for (uint32_t i = 0; i <= TUNNEL_PEERS_MAX; i++) {
		s = rig_session(i);
		s.peer.bytes[1] = 99;
		s.peer.bytes[2] = (uint8_t)(i >> 8);
		s.peer.bytes[3] = (uint8_t)i;
		CU_ASSERT_EQUAL(rig_put(&s), i < TUNNEL_PEERS_MAX ? 0 : -ENOSPC);
	}
	CU_ASSERT_TRUE(has(0, TUNNEL_PEERS_MAX, TUNNEL_PEERS_MAX));
	s.peer.bytes[3]--;
	s.peer.bytes[2] = (TUNNEL_PEERS_MAX - 1) >> 8;
	s.peer.bytes[3] = (uint8_t)(TUNNEL_PEERS_MAX - 1);
	CU_ASSERT_EQUAL(rig_put(&s), 0); // one that is there already
	CU_ASSERT_TRUE(has(0, TUNNEL_PEERS_MAX + 1, TUNNEL_PEERS_MAX));
	for (uint32_t i = 0; i <= TUNNEL_PEERS_MAX; i++) {
		s = rig_session(i);
		CU_ASSERT_EQUAL(rig_delete(&s, 0), 0);
	}
	CU_ASSERT_TRUE(has(0, 0, 0));
	rig_close();
}

static void
a_failed_replacement_keeps_no_peer(void)
{
	struct dp_session s = rig_session(3), t = rig_session(4);

	rig_open(NULL);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	t.peer.bytes[3] = 3;
	rig_session_address(&t, rig_ue(&s), 99);
	CU_ASSERT_EQUAL(rig_put(&t), -EEXIST);
	CU_ASSERT_TRUE(has(0, 1, 1));
	rig_close();
}

static void
a_sweep_deletes_what_nobody_claimed(void)
{
	uint32_t n = 0;

	rig_open(NULL);
	for (uint32_t i = 0; i < 1000; i++) {
		struct dp_session s = rig_session(i);

		rig_put(&s);
	}
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_TRUE(rig_attach());
	CU_ASSERT_TRUE(has(0, 1000, 1));
	for (uint32_t i = 0; i < 1000; i += 3) {
		struct dp_session s = rig_session(i);

		CU_ASSERT_EQUAL(rig_put(&s), 0);
	}
	CU_ASSERT_TRUE(has(0, 1000, 1));
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	CU_ASSERT_EQUAL(n, 666);
	CU_ASSERT_TRUE(has(0, 334, 1));
	CU_ASSERT_TRUE(rig_attach());
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	CU_ASSERT_EQUAL(n, 334);
	CU_ASSERT_TRUE(has(0, 0, 0));
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	CU_ASSERT_EQUAL(n, 0);
	rig_close();
}

// A put moves other entries of a full table, also to where the sweep has been.
static void
a_sweep_misses_nothing_while_sessions_are_put(void)
{
	static const struct rig_options o = { .n_workers = 3, .sessions_max = 6440 };
	struct dp_request put[400], sweep = { .op = DP_OP_SWEEP };
	uint32_t n = 0;
	struct worker *w;
	int result;

	rig_open(&o);
	w = rig_worker(1);
	for (uint32_t seed = 0; n < 400; seed++) { // in the slots behind those of fill_owner
		put[n] = (struct dp_request){ .op = DP_OP_SESSION_PUT,
			.session = rig_session(6000 + n) };
		rig_session_address(&put[n].session, IP4(100, 66, 0, 0) + seed, 1u << 20 | seed);
		n += rig.dp.in.shm->shard_worker[put[n].session.teid & 0xff] == 1;
	}
	for (int round = 0; round < 4; round++) {
		CU_ASSERT_EQUAL(fill_owner(1, 4500, &result), 4500); // of about 5110
		CU_ASSERT_TRUE(rig_attach());
		rte_ring_sp_enqueue_elem(w->request_ring, &sweep, sizeof(sweep));
		for (uint32_t i = 0; i < 400; i += 20) {
			rte_ring_sp_enqueue_bulk_elem(
				w->request_ring, &put[i], sizeof(put[0]), 20, NULL);
			worker_turn(w, rig.now);
		}
		rig_run();
		CU_ASSERT_TRUE(has(1, 400, 1));
		CU_ASSERT_FALSE(w->sweep.running);
		CU_ASSERT_TRUE(rig_attach());
		CU_ASSERT_EQUAL(rig_sweep(1, &n), 0);
		CU_ASSERT_EQUAL(n, 400);
	}
	rig_close();
}

static void
an_attach_begins_with_empty_rings_and_keeps_sessions(void)
{
	struct dp_session s = rig_session(3);
	struct dp_request late = { .op = DP_OP_SESSION_PUT, .session = rig_session(4) };
	struct worker *w;

	rig_open(NULL);
	w = rig_worker(0);
	CU_ASSERT_EQUAL(rig_put(&s), 0);
	rte_ring_sp_enqueue_elem(w->request_ring, &late, sizeof(late)); // of one who died
	CU_ASSERT_TRUE(rig_attach());
	CU_ASSERT_TRUE(has(0, 1, 1));
	CU_ASSERT_TRUE(rte_ring_empty(w->reply_ring));
	CU_ASSERT_EQUAL(rig_delete(&s, 0), 0);
	rig_close();
}

static void
answers_each_of_many_requests_once(void)
{
	uint32_t put = 0, answered = 0, passed = 0;
	struct dp_reply reply;
	struct worker *w;

	rig_open(NULL);
	w = rig_worker(0);
	while (answered < 20000) {
		struct dp_request r = { .op = DP_OP_SESSION_PUT,
			.session = rig_session(put % 999) };

		r.id = put;
		if (put < 20000 && rte_ring_sp_enqueue_elem(w->request_ring, &r, sizeof(r)) == 0) {
			put++;
			continue;
		}
		rig_run(); // stops where a reply would find no room
		while (rte_ring_sc_dequeue_elem(w->reply_ring, &reply, sizeof(reply)) == 0)
			passed += reply.id == answered++ && reply.done.result == 0;
	}
	CU_ASSERT_EQUAL(passed, 20000);
	CU_ASSERT_TRUE(has(0, 999, 1));
	rig_close();
}

static const struct unit_case cases[] = {
	UNIT_CASE(put_and_delete_leave_nothing_behind),
	UNIT_CASE(repeating_a_put_keeps_counters_and_tokens),
	UNIT_CASE(another_generation_replaces_the_session),
	UNIT_CASE(a_put_may_change_teid_and_address),
	UNIT_CASE(refuses_fields_out_of_range),
	UNIT_CASE(refuses_unknown_requests),
	UNIT_CASE(an_owner_takes_only_its_shards),
	UNIT_CASE(a_slot_changes_owner_only_when_it_is_free),
	UNIT_CASE(two_sessions_never_share_a_teid_or_an_address),
	UNIT_CASE(the_same_address_may_be_in_two_vrfs),
	UNIT_CASE(an_unclaimed_session_gives_way),
	UNIT_CASE(two_unclaimed_sessions_give_way_to_one),
	UNIT_CASE(a_full_owner_says_so_and_keeps_nothing),
	UNIT_CASE(runs_out_of_tunnel_peers_by_name),
	UNIT_CASE(a_failed_replacement_keeps_no_peer),
	UNIT_CASE(a_sweep_deletes_what_nobody_claimed),
	UNIT_CASE(a_sweep_misses_nothing_while_sessions_are_put),
	UNIT_CASE(an_attach_begins_with_empty_rings_and_keeps_sessions),
	UNIT_CASE(answers_each_of_many_requests_once),
};

UNIT_MAIN("dataplane/session_table", cases)
