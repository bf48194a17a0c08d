// SPDX-License-Identifier: BSD-3-Clause
// Copies of traced sessions' packets: what is in them, that nothing else is, and that a packet goes the
// same way with a trace as without one.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <string.h>

#define SNAP DP_TRACE_SNAP_MAX

static struct dp_session session, other;

static void
begin(const struct rig_options *o, uint32_t snap)
{
	session = rig_session(3);
	session.flags = DP_SESSION_TRACE;
	other = rig_session(4);
	rig_open(o);
	atomic_store(&rig.dp.in.shm->trace_snap, snap);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
	CU_ASSERT_EQUAL_FATAL(rig_put(&other), 0);
}

static struct dp_trace_ring *
ring(void)
{
	return dp_shm_trace_ring(rig.dp.in.shm, rig_worker(0)->shm->trace_ring_off);
}

// The next record, as control takes it; NULL: there is none.
static const struct dp_trace_record *
next_record(void)
{
	static struct dp_trace_record r;
	uint64_t tail = atomic_load(&ring()->tail);

	if (tail == atomic_load(&ring()->head))
		return NULL;
	r = *dp_trace_at(ring(), tail);
	atomic_store(&ring()->tail, tail + 1);
	return &r;
}

static void
end(void)
{
	CU_ASSERT_PTR_NULL(next_record());
	rig_discard_sent(RIG_ACCESS);
	rig_discard_sent(RIG_SGI);
	rig_discard_punted();
	CU_ASSERT_TRUE(rig_pool_is_full());
	CU_ASSERT_TRUE(rig_accounts_balance());
	rig_close();
}

static void
offer(unsigned int port, struct frame *f)
{
	rig_receive(port, 0, f);
	rig_run();
}

static void
offer_ul(const struct traffic *t)
{
	static struct frame f;

	traffic_ul(&f, t);
	offer(RIG_ACCESS, &f);
}

static void
offer_dl(const struct traffic *t)
{
	static struct frame f;

	traffic_dl(&f, t);
	offer(RIG_SGI, &f);
}

static uint32_t
host(const struct dp_addr *a)
{
	return IP4(a->bytes[0], a->bytes[1], a->bytes[2], a->bytes[3]);
}

// The next record is of this point and outcome, and of our session.
static const struct dp_trace_record *
expect(enum dp_trace_point point, uint8_t direction, enum dp_outcome outcome)
{
	const struct dp_trace_record *r = next_record();

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(r->point, point);
	CU_ASSERT_EQUAL(r->direction, direction);
	CU_ASSERT_EQUAL(r->outcome, outcome);
	CU_ASSERT_EQUAL(r->slot, 3);
	CU_ASSERT_EQUAL(r->generation, 1);
	CU_ASSERT_EQUAL(r->ebi, 5);
	CU_ASSERT_EQUAL(r->tsc, rig.now);
	return r;
}

static bool
holds(const struct dp_trace_record *r, struct frame *f)
{
	return r->len == f->n && r->captured == f->n && memcmp(r->bytes, frame_bytes(f), f->n) == 0;
}

static void
uplink_as_it_came_and_as_it_left(void)
{
	struct traffic t = { .s = &session, .payload = 100 };
	const struct dp_trace_record *r;
	static struct frame f;

	begin(NULL, SNAP);
	traffic_ul(&f, &t);
	offer(RIG_ACCESS, &f);
	r = expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_TRUE(holds(r, &f));
	CU_ASSERT_EQUAL(r->iface, 0);
	CU_ASSERT_EQUAL(r->drop, DP_DROPS);
	CU_ASSERT_EQUAL(host(&r->next_hop), RIG_HOST);
	CU_ASSERT_EQUAL(r->next_iface, 2);
	r = expect(DP_TRACE_OUT, DP_UPLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_EQUAL(r->iface, 2);
	CU_ASSERT_TRUE(rig_sent(RIG_SGI, &f));
	CU_ASSERT_TRUE(holds(r, &f));
	end();
}

static void
downlink_as_it_came_and_as_it_left(void)
{
	struct traffic t = { .s = &session, .payload = 100, .vlan = RIG_VLAN_OTHER };
	const struct dp_trace_record *r;
	static struct frame f;

	begin(NULL, SNAP);
	session.vrf = RIG_VRF_OTHER;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	traffic_dl(&f, &t);
	offer(RIG_SGI, &f);
	r = expect(DP_TRACE_IN, DP_DOWNLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_TRUE(holds(r, &f));
	CU_ASSERT_EQUAL(r->iface, 3); // by its VLAN
	CU_ASSERT_EQUAL(host(&r->next_hop), RIG_SGW);
	CU_ASSERT_EQUAL(r->next_iface, 0);
	r = expect(DP_TRACE_OUT, DP_DOWNLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_EQUAL(r->iface, 0);
	CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &f));
	CU_ASSERT_TRUE(holds(r, &f));
	end();
}

static void
others_are_not_copied(void)
{
	struct traffic t = { .s = &other, .payload = 10 };

	begin(NULL, SNAP);
	offer_ul(&t);
	offer_dl(&t);
	CU_ASSERT_PTR_NULL(next_record());
	CU_ASSERT_EQUAL(rig_count(ul_packets), 1);
	CU_ASSERT_EQUAL(rig_count(dl_packets), 1);
	end();
}

static void
drops_bear_their_names(void)
{
	struct traffic good = { .s = &session, .payload = 10 }, t = good;
	const struct dp_trace_record *r;

	begin(NULL, SNAP);
	t.inner.src = IP4(1, 2, 3, 4);
	offer_ul(&t);
	r = expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(r->drop, DP_DROP_SPOOFED);
	CU_ASSERT_EQUAL(r->next_hop.family, 0);
	t = good;
	t.inner.dst = IP4(100, 64, 0, 77);
	offer_ul(&t);
	r = expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(r->drop, DP_DROP_BLACKHOLE);
	session.flags |= DP_SESSION_DL_CLOSED;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	offer_dl(&good);
	r = expect(DP_TRACE_IN, DP_DOWNLINK, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(r->drop, DP_DROP_DL_CLOSED);
	end();
}

static void
an_answer_to_the_sender_is_copied(void)
{
	struct traffic t = { .s = &session, .payload = 10, .inner.ttl = 1 };
	const struct dp_trace_record *r;
	static struct frame f;

	begin(NULL, SNAP);
	offer_ul(&t);
	r = expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(r->drop, DP_DROP_UL_TTL);
	CU_ASSERT_EQUAL(r->answer, DP_ANSWER_ICMP);
	r = expect(DP_TRACE_OUT, DP_UPLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_EQUAL(r->iface, 0);
	CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &f));
	CU_ASSERT_TRUE(holds(r, &f));
	end();
}

static void
every_fragment_is_copied(void)
{
	struct traffic t = { .s = &session, .payload = 1200 };
	const struct dp_trace_record *r;
	static struct frame f;

	begin(NULL, SNAP);
	session.mtu = 600;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	offer_dl(&t);
	expect(DP_TRACE_IN, DP_DOWNLINK, DP_OUTCOME_CUT);
	for (unsigned int i = 0; i < 3; i++) {
		r = expect(DP_TRACE_OUT, DP_DOWNLINK, DP_OUTCOME_DELIVERED);
		CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &f));
		CU_ASSERT_TRUE(holds(r, &f));
	}
	end();
}

static void
what_waits_is_told_of_twice(void)
{
	struct traffic t = { .s = &session, .payload = 10 };
	const struct dp_trace_record *r;
	static struct frame f;

	begin(NULL, SNAP);
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer_ul(&t);
	r = expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_WAITS);
	CU_ASSERT_EQUAL(host(&r->next_hop), RIG_HOST);
	CU_ASSERT_PTR_NULL(next_record());
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, true);
	rig_run();
	r = expect(DP_TRACE_LATER, DP_UPLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_TRUE(rig_sent(RIG_SGI, &f));
	CU_ASSERT_TRUE(holds(r, &f));

	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer_ul(&t);
	expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_WAITS);
	rig_wait_us(1100000);
	r = expect(DP_TRACE_LATER, DP_UPLINK, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(r->drop, DP_DROP_NEIGH_TIMEOUT);
	traffic_ul_inner(&f, &t);
	CU_ASSERT_EQUAL(r->len, 14 + f.n);
	CU_ASSERT_EQUAL(r->bytes[12], 0x08); // behind a link header of zeroes
	CU_ASSERT_EQUAL(memcmp(r->bytes + 14 + 12, frame_bytes(&f) + 12, 8), 0);
	end();
}

static void
the_end_marker_of_a_move_is_copied(void)
{
	const struct dp_trace_record *r;
	static struct frame f;

	begin(NULL, SNAP);
	session.peer.bytes[3] = 3;
	session.flags |= DP_SESSION_END_MARKER;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	r = expect(DP_TRACE_LATER, DP_DOWNLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &f));
	CU_ASSERT_TRUE(holds(r, &f));
	CU_ASSERT_EQUAL(r->bytes[14 + 28 + 1], 254);
	end();
}

static void
the_end_markers_of_bearers_are_copied(void)
{
	struct dp_bearers d = { .n_bearers = 2 };
	const struct dp_trace_record *r;
	static struct frame f;
	uint32_t refused;

	begin(NULL, SNAP);
	for (unsigned int i = 0; i < 2; i++) {
		d.bearer[i] = rig_bearer(&session, i);
		d.bearer[i].ebi = (uint8_t)(6 + i);
	}
	CU_ASSERT_EQUAL(rig_put_bearers(&session, &d, &refused), 0);
	CU_ASSERT_PTR_NULL(next_record());
	session.flags |= DP_SESSION_END_MARKER;
	session.peer_teid++;
	for (unsigned int i = 0; i < 2; i++) {
		d.bearer[i].flags = DP_BEARER_END_MARKER;
		d.bearer[i].peer_teid++;
	}
	CU_ASSERT_EQUAL(rig_put_bearers(&session, &d, &refused), 0);
	for (unsigned int i = 0; i < 3; i++) {
		r = next_record();
		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		CU_ASSERT_EQUAL(r->point, DP_TRACE_LATER);
		CU_ASSERT_EQUAL(r->direction, DP_DOWNLINK);
		CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &f));
		CU_ASSERT_TRUE(holds(r, &f));
		CU_ASSERT_EQUAL(r->bytes[14 + 28 + 1], 254);
		CU_ASSERT_EQUAL(r->ebi, 5 + i);
		CU_ASSERT_EQUAL(r->slot, session.slot);
	}
	end();
}

static void
no_more_than_asked_for_is_copied(void)
{
	struct traffic t = { .s = &session, .payload = 1000 };
	const struct dp_trace_record *r;

	begin(NULL, 96);
	offer_ul(&t);
	r = expect(DP_TRACE_IN, DP_UPLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_EQUAL(r->captured, 96);
	CU_ASSERT_EQUAL(r->len, 14 + 36 + 28 + 1000);
	r = expect(DP_TRACE_OUT, DP_UPLINK, DP_OUTCOME_DELIVERED);
	CU_ASSERT_EQUAL(r->captured, 96);
	CU_ASSERT_EQUAL(r->len, 14 + 28 + 1000);
	end();
}

static void
nothing_is_copied_when_nobody_listens(void)
{
	struct traffic t = { .s = &session, .payload = 10 };

	begin(NULL, 0);
	for (unsigned int i = 0; i < 2 * DP_TRACE_RECORDS; i++)
		offer_ul(&t);
	CU_ASSERT_EQUAL(atomic_load(&ring()->head), 0);
	CU_ASSERT_EQUAL(atomic_load(&ring()->lost), 0);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 2 * DP_TRACE_RECORDS);
	end();
}

static void
a_full_ring_loses_copies_and_no_packets(void)
{
	struct traffic t = { .s = &session, .payload = 10 };
	const struct dp_trace_record *r;
	unsigned int copied = 0, before = 0;

	begin(NULL, SNAP);
	for (unsigned int i = 0; i < DP_TRACE_RECORDS; i++)
		offer_ul(&t);
	CU_ASSERT_EQUAL(rig_count(ul_packets), DP_TRACE_RECORDS);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), DP_TRACE_RECORDS);
	while ((r = next_record()) != NULL) {
		CU_ASSERT_EQUAL(r->lost, 0);
		copied += r->point == DP_TRACE_IN;
	}
	CU_ASSERT(copied > DP_TRACE_RECORDS / 2 - 20 && copied <= DP_TRACE_RECORDS / 2);
	CU_ASSERT_EQUAL(atomic_load(&ring()->lost), DP_TRACE_RECORDS - copied);
	offer_ul(&t);
	while ((r = next_record()) != NULL)
		before += r->lost;
	CU_ASSERT_EQUAL(before, DP_TRACE_RECORDS - copied);
	end();
}

static void
an_attach_empties_the_ring(void)
{
	struct traffic t = { .s = &session, .payload = 10 };

	begin(NULL, SNAP);
	for (unsigned int i = 0; i < DP_TRACE_RECORDS; i++)
		offer_ul(&t);
	CU_ASSERT_TRUE(rig_attach());
	CU_ASSERT_EQUAL(atomic_load(&ring()->head), 0);
	CU_ASSERT_EQUAL(atomic_load(&ring()->lost), 0);
	offer_ul(&t);
	CU_ASSERT_PTR_NOT_NULL(next_record());
	CU_ASSERT_PTR_NOT_NULL(next_record());
	end();
}

// ---- The same way with a trace as without

static uint64_t dice_state;

static uint32_t
dice(uint32_t sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (uint32_t)(dice_state >> 20) % sides;
}

static void
some_packet(void)
{
	struct traffic t = { .s = dice(3) ? &session : &other,
		.payload = (uint16_t)(dice(8) ? dice(100) : dice(1500)),
		.is_df = dice(2),
		.seed = (uint8_t)dice(256) };

	t.inner.ttl = (uint8_t)(dice(20) ? 0 : 1);
	if (dice(20) == 0)
		t.inner.src = IP4(9, 9, 9, 9);
	if (dice(10) == 0)
		t.inner.dst = IP4(10, 20, 0, 0) + dice(4);
	if (dice(2))
		offer_ul(&t);
	else
		offer_dl(&t);
}

struct traced_run {
	struct dp_worker_counters count;
	struct dp_slot_usage usage;
	uint64_t frames; // a hash of what was sent, in order
	unsigned int copied, asked;
};

static void
hash_sent(struct traced_run *run, unsigned int port)
{
	static struct frame f;

	while (rig_sent(port, &f))
		for (unsigned int i = 0; i < f.n; i++)
			run->frames = (run->frames ^ frame_bytes(&f)[i]) * 0x100000001b3;
}

static struct traced_run
run_with(uint32_t flags)
{
	static const struct rig_options o = { .answers_pps = 1000 };
	struct traced_run run = { .frames = 0xcbf29ce484222325 };

	dice_state = 0x9e3779b97f4a7c15;
	begin(&o, SNAP);
	for (unsigned int i = 0; i < 20000; i++) {
		if (dice(50) == 0) {
			session.flags = flags | dice(4);
			session.ul_bps = dice(2) * 100000;
			session.mtu = (uint16_t)(dice(2) * 700);
			CU_ASSERT_EQUAL(rig_put(&session), 0);
		}
		if (dice(100) == 0)
			rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, dice(2));
		rig.now += dice(RIG_HZ / 100);
		some_packet();
		hash_sent(&run, RIG_ACCESS);
		hash_sent(&run, RIG_SGI);
		for (const struct dp_trace_record *r; (r = next_record()) != NULL;)
			run.copied += r->point == DP_TRACE_IN;
	}
	run.count = *rig_worker(0)->count;
	run.usage = rig.dp.in.usage[3];
	run.asked = (unsigned int)(run.usage.ul.packets + run.usage.dl.packets +
		run.usage.ul.dropped_packets + run.usage.dl.dropped_packets);
	rig_wait_us(2000000);
	while (next_record() != NULL)
		;
	end();
	return run;
}

static void
a_trace_changes_nothing(void)
{
	struct traced_run without = run_with(0), with = run_with(DP_SESSION_TRACE);

	CU_ASSERT_EQUAL(with.frames, without.frames);
	CU_ASSERT_EQUAL(memcmp(&with.count, &without.count, sizeof(with.count)), 0);
	CU_ASSERT_EQUAL(memcmp(&with.usage, &without.usage, sizeof(with.usage)), 0);
	CU_ASSERT(with.asked > 5000);
	CU_ASSERT_EQUAL(with.copied, with.asked);
}

static const struct unit_case cases[] = {
	UNIT_CASE(uplink_as_it_came_and_as_it_left),
	UNIT_CASE(downlink_as_it_came_and_as_it_left),
	UNIT_CASE(others_are_not_copied),
	UNIT_CASE(drops_bear_their_names),
	UNIT_CASE(an_answer_to_the_sender_is_copied),
	UNIT_CASE(every_fragment_is_copied),
	UNIT_CASE(what_waits_is_told_of_twice),
	UNIT_CASE(the_end_marker_of_a_move_is_copied),
	UNIT_CASE(the_end_markers_of_bearers_are_copied),
	UNIT_CASE(no_more_than_asked_for_is_copied),
	UNIT_CASE(nothing_is_copied_when_nobody_listens),
	UNIT_CASE(a_full_ring_loses_copies_and_no_packets),
	UNIT_CASE(an_attach_empties_the_ring),
	UNIT_CASE(a_trace_changes_nothing),
};

UNIT_MAIN("dataplane/trace", cases)
