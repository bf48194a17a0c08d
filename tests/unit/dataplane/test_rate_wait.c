// SPDX-License-Identifier: BSD-3-Clause
// Packets that wait for their session's rate: how long, in which order, and what becomes of them when
// the session changes meanwhile. A packet here is worth a millisecond of the session's rate.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#define BPS 8000000
#define PAYLOAD 972 // 1000 bytes in all: 1 ms
#define BUCKET 100  // packets in a full bucket

static struct dp_session session;

static void
begin_with(const struct rig_options *o)
{
	rig_open(o);
	session = rig_session(3);
	session.ul_bps = session.dl_bps = BPS;
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
}

static void
begin(void)
{
	begin_with(&(struct rig_options){ .rate_wait_ms = 25 });
}

static void
end(void)
{
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 0);
	CU_ASSERT_EQUAL(rig_count(rate_held), rig_count(rate_released));
	CU_ASSERT_TRUE(rig_pool_is_full());
	CU_ASSERT_TRUE(rig_accounts_balance());
	rig_close();
}

static struct traffic
packet(const struct dp_session *s, uint8_t seed)
{
	return (struct traffic){ .s = s, .payload = PAYLOAD, .seed = seed };
}

static void
offer(const struct dp_session *s, bool is_ul, uint8_t seed)
{
	struct traffic t = packet(s, seed);
	static struct frame f;

	if (is_ul)
		traffic_ul(&f, &t);
	else
		traffic_dl(&f, &t);
	rig_receive(is_ul ? RIG_ACCESS : RIG_SGI, 0, &f);
	rig_run();
}

// So many at once, of which the first has this seed.
static void
offer_many(const struct dp_session *s, bool is_ul, unsigned int n, uint8_t seed)
{
	for (unsigned int i = 0; i < n; i++)
		offer(s, is_ul, (uint8_t)(seed + i));
}

static unsigned int
sent(bool is_ul)
{
	return rig_discard_sent(is_ul ? RIG_SGI : RIG_ACCESS);
}

static void
drain(bool is_ul)
{
	offer_many(&session, is_ul, BUCKET, 0);
	CU_ASSERT_EQUAL(sent(is_ul), BUCKET);
}

// The next packet that left is this one; of a downlink one this many were sent before.
static bool
sends(bool is_ul, uint8_t seed, uint16_t before)
{
	struct traffic t = packet(&session, seed);
	static struct frame got, wanted;

	if (is_ul)
		traffic_ul_out(&wanted, &t);
	else
		traffic_dl_out(&wanted, &t, before);
	return rig_sent(is_ul ? RIG_SGI : RIG_ACCESS, &got) && frame_equal(&got, &wanted);
}

static void
wait_and_go(bool is_ul)
{
	begin();
	drain(is_ul);
	offer_many(&session, is_ul, 20, 1);
	CU_ASSERT_EQUAL(sent(is_ul), 0);
	CU_ASSERT_EQUAL(rig_count(rate_held), 20);
	for (uint8_t i = 0; i < 20; i++) {
		unsigned int waited = 0;

		for (; !sends(is_ul, 1 + i, BUCKET + i) && waited < 8; waited++)
			rig_wait_us(250);
		CU_ASSERT(waited < 8);
		CU_ASSERT(i == 0 || waited > 0); // not all at once
	}
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR) + rig_dropped(DL_OVER_AMBR), 0);
	end();
}

static void
they_go_at_the_rate_in_their_order(void)
{
	wait_and_go(true);
	wait_and_go(false);
}

static void
they_wait_25_ms_at_most(void)
{
	begin();
	drain(true);
	offer_many(&session, true, 60, 1);
	CU_ASSERT_EQUAL(rig_count(rate_held), 25);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR), 35);
	rig_wait_us(25000);
	CU_ASSERT_EQUAL(sent(true), 25);
	end();
}

// Twice the rate for a long time: the rate passes, and nothing overtakes, although a packet may come
// at any moment of another one's waiting.
static void
none_overtakes(void)
{
	static struct frame got;
	unsigned int n = 0;
	int last = -1;

	begin();
	for (int i = 0; i < 800; i++) {
		rig.now += RIG_HZ / 2000 + (uint64_t)(i * 7919 % 997) * RIG_HZ / 10000000;
		rig_wait_us(0);
		offer(&session, true, (uint8_t)(i / 4));
		while (rig_sent(RIG_SGI, &got)) {
			int seed = frame_bytes(&got)[14 + 28];

			CU_ASSERT(seed >= last);
			last = seed;
			n++;
		}
	}
	rig_wait_us(25000);
	n += sent(true);
	// 800 packets in 440 ms: what was in the bucket, the rate, and what waits at the end
	CU_ASSERT(n > 530 && n < 575);
	CU_ASSERT_EQUAL(n + rig_dropped(UL_OVER_AMBR), 800);
	end();
}

// After a pause all that was to go meanwhile goes first.
static void
a_late_worker_keeps_the_order(void)
{
	begin();
	drain(true);
	offer_many(&session, true, 25, 1);
	rig.now += 10 * RIG_HZ;
	offer(&session, true, 26);
	for (uint8_t i = 1; i <= 26; i++)
		CU_ASSERT_TRUE(sends(true, i, 0));
	end();
}

// Eight large packets, or what its bucket holds.
static void
slow_sessions_wait_longer(void)
{
	begin();
	session.ul_bps = 1000000;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	offer_many(&session, true, 40, 1);
	CU_ASSERT_EQUAL(sent(true), 12);
	CU_ASSERT_EQUAL(rig_count(rate_held), 12);
	rig_wait_us(100000);
	CU_ASSERT_EQUAL(sent(true), 12);
	end();
}

static void
nothing_waits_where_it_is_switched_off(void)
{
	begin_with(NULL);
	drain(true);
	offer_many(&session, true, 20, 1);
	CU_ASSERT_EQUAL(rig_count(rate_held), 0);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR), 20);
	end();
}

static void
a_session_that_is_gone_sends_no_more(void)
{
	begin();
	drain(true);
	drain(false);
	offer_many(&session, true, 5, 1);
	offer_many(&session, false, 7, 1);
	CU_ASSERT_EQUAL(rig_delete(&session, 0), 0);
	session.generation++; // another one in its place
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	rig_wait_us(25000);
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 5);
	CU_ASSERT_EQUAL(rig_dropped(NO_SESSION), 7);
	end();
}

// What waits while the device moves goes the new way, after the End Marker on the old one.
static void
what_waits_moves_with_the_device(void)
{
	static struct frame got;

	begin();
	drain(false);
	offer_many(&session, false, 3, 1);
	session.peer.bytes[3] = 3;
	session.flags = DP_SESSION_END_MARKER;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	rig_wait_us(5000);
	CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &got));
	CU_ASSERT_EQUAL(frame_bytes(&got)[14 + 28 + 1], 254); // End Marker
	CU_ASSERT_EQUAL(frame_bytes(&got)[14 + 19], 2);
	for (uint8_t i = 1; i <= 3; i++)
		CU_ASSERT_TRUE(sends(false, i, (uint16_t)(BUCKET + i)));
	end();
}

static void
a_full_wheel_drops(void)
{
	begin_with(&(struct rig_options){ .rate_wait_ms = 25, .mbufs = 399 });
	for (uint32_t slot = 10; slot < 20; slot++) {
		struct dp_session s = rig_session(slot);

		s.ul_bps = BPS;
		CU_ASSERT_EQUAL(rig_put(&s), 0);
		offer_many(&s, true, BUCKET, 0);
		CU_ASSERT_EQUAL(sent(true), BUCKET);
		offer_many(&s, true, 20, 0);
	}
	CU_ASSERT_EQUAL(rig_count(rate_held), 100);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR), 100);
	rig_wait_us(25000);
	CU_ASSERT_EQUAL(sent(true), 100);
	end();
}

static void
a_trace_shows_both_moments(void)
{
	struct dp_trace_ring *r;
	uint64_t n;

	begin();
	drain(true);
	session.flags = DP_SESSION_TRACE;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	atomic_store(&rig.dp.in.shm->trace_snap, 256);
	offer(&session, true, 1);
	rig_wait_us(2000);
	CU_ASSERT_TRUE(sends(true, 1, 0));
	r = dp_shm_trace_ring(rig.dp.in.shm, rig_worker(0)->shm->trace_ring_off);
	n = atomic_load(&r->head);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL(dp_trace_at(r, 0)->point, DP_TRACE_IN);
	CU_ASSERT_EQUAL(dp_trace_at(r, 0)->outcome, DP_OUTCOME_HELD);
	CU_ASSERT_EQUAL(dp_trace_at(r, 1)->point, DP_TRACE_LATER);
	CU_ASSERT_EQUAL(dp_trace_at(r, 1)->outcome, DP_OUTCOME_DELIVERED);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(they_go_at_the_rate_in_their_order),
	UNIT_CASE(they_wait_25_ms_at_most),
	UNIT_CASE(none_overtakes),
	UNIT_CASE(a_late_worker_keeps_the_order),
	UNIT_CASE(slow_sessions_wait_longer),
	UNIT_CASE(nothing_waits_where_it_is_switched_off),
	UNIT_CASE(a_session_that_is_gone_sends_no_more),
	UNIT_CASE(what_waits_moves_with_the_device),
	UNIT_CASE(a_full_wheel_drops),
	UNIT_CASE(a_trace_shows_both_moments),
};

UNIT_MAIN("dataplane/rate_wait", cases)
