// SPDX-License-Identifier: BSD-3-Clause
// Dedicated bearers: whose packets take which tunnel, at which rate, and what becomes of them when
// their session is put again, moves or goes.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <errno.h>
#include <string.h>

static struct dp_session session;
static struct dp_bearers wanted;
static uint32_t refused;

#define EF 0xb8 // type of service that the filter of bearer 0 takes
#define AF 0x28 // and bearer 1

static void
put(void)
{
	refused = UINT32_MAX;
	CU_ASSERT_EQUAL_FATAL(rig_put_bearers(&session, &wanted, &refused), 0);
}

static void
filter_by_tos(uint8_t bearer, uint8_t tos)
{
	wanted.filter[wanted.n_filters++] = (struct dp_filter){
		.bearer = bearer, .fields = DP_FILTER_TOS, .tos = tos, .tos_mask = 0xfc
	};
}

// A session in slot 3 with bearer slots 0 and 1: packets marked EF and AF are theirs downlink.
static void
begin(const struct rig_options *o)
{
	session = rig_session(3);
	wanted = (struct dp_bearers){ .n_bearers = 2 };
	wanted.bearer[0] = rig_bearer(&session, 0);
	wanted.bearer[1] = rig_bearer(&session, 1);
	wanted.bearer[1].ebi = 7;
	wanted.bearer[1].dscp = 10;
	filter_by_tos(0, EF);
	filter_by_tos(1, AF);
	rig_open(o);
	put();
	CU_ASSERT_EQUAL(refused, 0);
}

static void
end(void)
{
	rig_delete(&session, 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->teids, rig_worker(0)->shm->sessions);
	CU_ASSERT_EQUAL(rig_worker(0)->bearers.n_free, rig_worker(0)->bearers.n);
	CU_ASSERT_TRUE(rig_close_clean());
}

static void
receive(unsigned int port, struct frame *f)
{
	rig_receive(port, 0, f);
	rig_run();
}

static bool
sends(unsigned int port, const struct frame *f)
{
	static struct frame got;

	return rig_sent(port, &got) && frame_equal(&got, f);
}

// What the session would be if the bearer were its default one.
static struct dp_session
as_session(unsigned int i)
{
	struct dp_session s = session;

	s.teid = wanted.bearer[i].teid;
	s.peer_teid = wanted.bearer[i].peer_teid;
	s.peer = wanted.bearer[i].peer;
	s.dscp = wanted.bearer[i].dscp;
	return s;
}

static uint16_t ip_id;

static bool
passes_dl(const struct dp_session *by, uint8_t tos)
{
	static struct frame in, out;
	struct traffic t = { .s = by, .inner = { .tos = tos }, .payload = 100 };

	traffic_dl(&in, &t);
	traffic_dl_out(&out, &t, ip_id++);
	receive(RIG_SGI, &in);
	return sends(RIG_ACCESS, &out);
}

static bool
passes_ul(const struct dp_session *by)
{
	static struct frame in, out;
	struct traffic t = { .s = by, .payload = 100 };

	traffic_ul(&in, &t);
	traffic_ul_out(&out, &t);
	receive(RIG_ACCESS, &in);
	return sends(RIG_SGI, &out);
}

static struct dp_slot_usage *
usage(unsigned int bearer)
{
	return &rig.dp.in.usage[rig.config.sessions_max + wanted.bearer[bearer].slot];
}

// ---- Which tunnel

static void
filters_choose_the_tunnel_downlink(void)
{
	struct dp_session voice, video;

	ip_id = 0;
	begin(NULL);
	voice = as_session(0);
	video = as_session(1);
	CU_ASSERT_TRUE(passes_dl(&voice, EF));
	CU_ASSERT_TRUE(passes_dl(&video, AF));
	CU_ASSERT_TRUE(passes_dl(&session, 0));
	CU_ASSERT_EQUAL(usage(0)->dl.packets, 1);
	CU_ASSERT_EQUAL(usage(0)->dl.bytes, 128);
	CU_ASSERT_EQUAL(usage(1)->dl.packets, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[session.slot].dl.packets, 1);
	CU_ASSERT_EQUAL(rig_count(dl_packets), 3);
	end();
}

static void
each_teid_leads_out_uplink(void)
{
	struct dp_session voice;

	begin(NULL);
	voice = as_session(0);
	CU_ASSERT_TRUE(passes_ul(&voice));
	CU_ASSERT_TRUE(passes_ul(&session));
	CU_ASSERT_EQUAL(usage(0)->ul.packets, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[session.slot].ul.packets, 1);
	end();
}

static void
spoofed_sources_are_dropped_on_a_bearer_too(void)
{
	static struct frame f;
	struct dp_session voice;
	struct traffic t = { .s = &voice, .inner = { .src = IP4(100, 64, 9, 9) } };

	begin(NULL);
	voice = as_session(0);
	traffic_ul(&f, &t);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 1);
	CU_ASSERT_EQUAL(usage(0)->ul.dropped_packets, 1);
	end();
}

static void
without_filters_all_is_the_default_bearers(void)
{
	ip_id = 0;
	begin(NULL);
	wanted.n_filters = 0;
	put();
	CU_ASSERT_FALSE(rig_worker(0)->sessions[session.slot].flags & SESSION_HAS_FILTERS);
	CU_ASSERT_TRUE(passes_dl(&session, EF));
	end();
}

static void
another_worker_hands_its_packets_over(void)
{
	static const struct rig_options o = { .n_workers = 2, .n_rxq = { 2, 2 } };
	static struct frame in, out;
	struct dp_session voice;
	struct traffic t = { .s = &voice, .inner = { .tos = EF }, .payload = 20 };
	unsigned int owner;

	begin(&o);
	voice = as_session(0);
	owner = rig.dp.in.shard_worker[session.teid & 0xff];
	traffic_ul(&in, &t);
	traffic_ul_out(&out, &t);
	rig_receive(RIG_ACCESS, 1 - owner, &in);
	rig_run();
	CU_ASSERT_TRUE(sends(RIG_SGI, &out));
	CU_ASSERT_EQUAL(rig_count(handoff_out), 1);
	end();
}

// ---- Rates and gates

static unsigned int
second_ul(const struct dp_session *by)
{
	static struct frame f;
	struct traffic t = { .s = by, .payload = 972 };
	unsigned int n = 0;

	for (int i = 0; i < 2000; i++) {
		rig.now += RIG_HZ / 2000;
		traffic_ul(&f, &t);
		receive(RIG_ACCESS, &f);
		n += rig_discard_sent(RIG_SGI);
	}
	return n;
}

static unsigned int
second_dl(uint8_t tos)
{
	static struct frame f;
	struct traffic t = { .s = &session, .inner = { .tos = tos }, .payload = 972 };
	unsigned int n = 0;

	for (int i = 0; i < 2000; i++) {
		rig.now += RIG_HZ / 2000;
		traffic_dl(&f, &t);
		receive(RIG_SGI, &f);
		n += rig_discard_sent(RIG_ACCESS);
	}
	return n;
}

static void
holds_the_mbr_of_each_direction_and_bearer(void)
{
	struct dp_session voice;

	begin(NULL);
	wanted.bearer[0].ul_bps = 4000000;
	wanted.bearer[0].dl_bps = 8000000;
	put();
	voice = as_session(0);
	second_ul(&voice);
	CU_ASSERT_EQUAL(second_ul(&voice), 500);
	second_dl(EF);
	CU_ASSERT_EQUAL(second_dl(EF), 1000);
	CU_ASSERT_EQUAL(second_dl(AF), 2000);
	CU_ASSERT_EQUAL(second_dl(0), 2000);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_MBR), usage(0)->ul.dropped_packets);
	CU_ASSERT_EQUAL(rig_dropped(DL_OVER_MBR), usage(0)->dl.dropped_packets);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR) + rig_dropped(DL_OVER_AMBR), 0);
	end();
}

static void
a_guaranteed_bearer_is_outside_of_the_ambr(void)
{
	struct dp_session voice;

	begin(NULL);
	session.ul_bps = session.dl_bps = 1000000;
	put();
	voice = as_session(0);
	CU_ASSERT_EQUAL(second_ul(&voice), 2000);
	CU_ASSERT_EQUAL(second_dl(EF), 2000);
	CU_ASSERT(second_dl(0) < 200);
	end();
}

static void
one_without_a_guarantee_shares_the_ambr(void)
{
	struct dp_session video;

	begin(NULL);
	session.ul_bps = session.dl_bps = 8000000;
	wanted.bearer[1].flags = DP_BEARER_IN_AMBR;
	put();
	video = as_session(1);
	second_ul(&video);
	CU_ASSERT_EQUAL(second_ul(&video), 1000);
	CU_ASSERT_EQUAL(second_ul(&session), 1000); // the same bucket, without a burst of its own
	second_dl(AF);
	CU_ASSERT_EQUAL(second_dl(AF), 1000);
	CU_ASSERT_EQUAL(second_dl(0), 1000);
	CU_ASSERT_EQUAL(usage(1)->ul.dropped_packets + rig.dp.in.usage[3].ul.dropped_packets,
		rig_dropped(UL_OVER_AMBR));
	CU_ASSERT_EQUAL(usage(1)->dl.dropped_packets + rig.dp.in.usage[3].dl.dropped_packets,
		rig_dropped(DL_OVER_AMBR));
	end();
}

static void
each_gate_closes_its_bearer_alone(void)
{
	static struct frame f;
	struct dp_session voice, video;
	struct traffic t = { .s = &voice };

	ip_id = 0;
	begin(NULL);
	session.flags = DP_SESSION_DL_CLOSED; // suspended: all but the guaranteed one
	wanted.bearer[1].flags = DP_BEARER_DL_CLOSED;
	put();
	voice = as_session(0);
	video = as_session(1);
	CU_ASSERT_TRUE(passes_dl(&voice, EF));
	CU_ASSERT_FALSE(passes_dl(&video, AF));
	CU_ASSERT_FALSE(passes_dl(&session, 0));
	CU_ASSERT_EQUAL(rig_dropped(DL_CLOSED), 2);
	CU_ASSERT_EQUAL(usage(1)->dl.dropped_packets, 1);
	wanted.bearer[0].flags = DP_BEARER_UL_CLOSED;
	put();
	traffic_ul(&f, &t);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_dropped(UL_CLOSED), 1);
	CU_ASSERT_TRUE(passes_ul(&video));
	end();
}

// ---- Puts

static void
a_put_without_a_bearer_takes_it_away(void)
{
	static struct frame f;
	struct dp_session voice, video;
	struct traffic t = { .s = &voice };

	begin(NULL);
	voice = as_session(0);
	video = as_session(1);
	wanted.bearer[0] = wanted.bearer[1];
	wanted.n_bearers = 1;
	wanted.n_filters = 0;
	filter_by_tos(0, AF);
	put();
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 1);
	CU_ASSERT_TRUE(passes_ul(&video));
	traffic_ul(&f, &t);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1); // Error Indication
	session.bearers = 0;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 0);
	CU_ASSERT_FALSE(rig_worker(0)->sessions[session.slot].flags & SESSION_HAS_FILTERS);
	end();
}

static void
the_same_put_again_changes_nothing(void)
{
	struct dp_session voice;

	begin(NULL);
	voice = as_session(0);
	CU_ASSERT_TRUE(passes_ul(&voice));
	put();
	CU_ASSERT_TRUE(passes_ul(&voice));
	CU_ASSERT_EQUAL(usage(0)->ul.packets, 2);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 2);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->teids, 3);
	end();
}

static void
each_moved_tunnel_gets_its_end_marker(void)
{
	begin(NULL);
	session.peer_teid++;
	session.flags = DP_SESSION_END_MARKER;
	for (unsigned int i = 0; i < 2; i++) {
		wanted.bearer[i].peer_teid += 0x100;
		wanted.bearer[i].flags = DP_BEARER_END_MARKER;
	}
	put();
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 3);
	put();
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 3);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 3);
	end();
}

static void
a_bearer_that_cant_be_had_is_named(void)
{
	struct dp_session other = rig_session(4), voice;
	struct dp_bearers others = { .n_bearers = 1 };

	ip_id = 0;
	begin(NULL);
	rig_session_address(&other, rig_ue(&session) + 1, 77);
	while ((other.teid & 0xff) != (session.teid & 0xff)) // of the same shard
		rig_session_address(&other, rig_ue(&other) + 1, 77);
	others.bearer[0] = wanted.bearer[0]; // slot and TEID of the first session's
	CU_ASSERT_EQUAL(rig_put_bearers(&other, &others, &refused), 0);
	CU_ASSERT_EQUAL(refused, 1);
	others.bearer[0].slot = 9;
	CU_ASSERT_EQUAL(rig_put_bearers(&other, &others, &refused), 0);
	CU_ASSERT_EQUAL(refused, 1);
	wanted.bearer[1].teid ^= 1; // of another shard
	put();
	CU_ASSERT_EQUAL(refused, 2);
	voice = as_session(0);
	CU_ASSERT_TRUE(passes_dl(&voice, EF));
	CU_ASSERT_TRUE(passes_dl(&session, AF));
	wanted.bearer[1].teid ^= 1;
	wanted.bearer[1].slot = rig.config.bearers_max;
	put();
	CU_ASSERT_EQUAL(refused, 2);
	CU_ASSERT_EQUAL(rig_delete(&other, 0), 0);
	end();
}

static void
what_is_being_written_is_left_for_the_next_put(void)
{
	struct dp_bearers *shared;
	struct dp_session other;

	begin(NULL);
	shared = &dp_shm_bearers(rig.dp.in.shm)[session.bearers - 1];
	shared->seq = 1;
	CU_ASSERT_EQUAL(rig_put(&session), -EAGAIN);
	shared->seq = 2;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	other = rig_session(5); // names the block of another session
	other.bearers = session.bearers;
	CU_ASSERT_EQUAL(rig_put(&other), -EAGAIN);
	end();
}

static void
a_block_out_of_range_is_refused_whole(void)
{
	begin(NULL);
	wanted.n_filters = DP_FILTERS_MAX + 1;
	CU_ASSERT_EQUAL(rig_put_bearers(&session, &wanted, &refused), -EINVAL);
	wanted.n_filters = 1;
	wanted.n_bearers = DP_DEDICATED_MAX + 1;
	CU_ASSERT_EQUAL(rig_put_bearers(&session, &wanted, &refused), -EINVAL);
	wanted.n_bearers = 2;
	wanted.filter[0].bearer = 2;
	CU_ASSERT_EQUAL(rig_put_bearers(&session, &wanted, &refused), -EINVAL);
	session.bearers = rig.config.bearers_max + 1;
	CU_ASSERT_EQUAL(rig_put(&session), -EINVAL);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 2); // all is as it was
	end();
}

static void
unclaimed_sessions_take_their_bearers_along(void)
{
	uint32_t n = 0;

	begin(NULL);
	CU_ASSERT_TRUE(rig_attach());
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->teids, 0);
	put();
	CU_ASSERT_TRUE(rig_attach());
	put(); // claimed again
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 2);
	end();
}

static void
a_claimed_session_gets_what_an_unclaimed_one_holds(void)
{
	struct dp_session other = rig_session(4);
	struct dp_bearers others = { .n_bearers = 1 };

	begin(NULL);
	while ((other.teid & 0xff) != (session.teid & 0xff))
		rig_session_address(&other, rig_ue(&other) + 1, 77);
	CU_ASSERT_TRUE(rig_attach());
	others.bearer[0] = wanted.bearer[0];
	others.bearer[0].slot = 8;
	CU_ASSERT_EQUAL(rig_put_bearers(&other, &others, &refused), 0);
	CU_ASSERT_EQUAL(refused, 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->sessions, 1); // the first one gave way
	CU_ASSERT_EQUAL(rig_worker(0)->shm->bearers, 1);
	CU_ASSERT_EQUAL(rig_delete(&other, 0), 0);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(filters_choose_the_tunnel_downlink),
	UNIT_CASE(each_teid_leads_out_uplink),
	UNIT_CASE(spoofed_sources_are_dropped_on_a_bearer_too),
	UNIT_CASE(without_filters_all_is_the_default_bearers),
	UNIT_CASE(another_worker_hands_its_packets_over),
	UNIT_CASE(holds_the_mbr_of_each_direction_and_bearer),
	UNIT_CASE(a_guaranteed_bearer_is_outside_of_the_ambr),
	UNIT_CASE(one_without_a_guarantee_shares_the_ambr),
	UNIT_CASE(each_gate_closes_its_bearer_alone),
	UNIT_CASE(a_put_without_a_bearer_takes_it_away),
	UNIT_CASE(the_same_put_again_changes_nothing),
	UNIT_CASE(each_moved_tunnel_gets_its_end_marker),
	UNIT_CASE(a_bearer_that_cant_be_had_is_named),
	UNIT_CASE(what_is_being_written_is_left_for_the_next_put),
	UNIT_CASE(a_block_out_of_range_is_refused_whole),
	UNIT_CASE(unclaimed_sessions_take_their_bearers_along),
	UNIT_CASE(a_claimed_session_gets_what_an_unclaimed_one_holds),
};

UNIT_MAIN("dataplane/bearers", cases)
