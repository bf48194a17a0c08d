// SPDX-License-Identifier: BSD-3-Clause
// The gateway as a router on its devices' links. RFC 4861, RFC 8106, TS 23.401 5.3.1.2.2.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <arpa/inet.h>
#include <string.h>

#define INNER (14 + 36) // offset in a frame to an IPv4 SGW
#define UE_LINK "fe80::5"

static struct dp_session session;

static int
put_profile(uint32_t interval_s)
{
	struct dp_request r = { .op = DP_OP_PROFILE_PUT,
		.profile = { .profile = 3,
			.ra_interval_s = interval_s,
			.ra_lifetime_s = 1800,
			.n_rdnss = 2 } };
	struct dp_addr a = rig_addr6("2001:db8:53::1"), b = rig_addr6("2001:db8:53::2");
	struct dp_reply reply;

	memcpy(r.profile.rdnss[0], a.bytes, 16);
	memcpy(r.profile.rdnss[1], b.bytes, 16);
	return rig_request(0, &r, &reply) ? reply.done.result : 1;
}

static void
begin(uint32_t interval_s)
{
	rig_open(NULL);
	CU_ASSERT_EQUAL_FATAL(put_profile(interval_s), 0);
	session = rig_session(3);
	rig_session_prefix(&session, 7, false);
	session.profile = 3;
	session.mtu = 1400;
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
}

static void
end(void)
{
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	CU_ASSERT_TRUE(rig_pool_is_full());
	CU_ASSERT_TRUE(rig_accounts_balance());
	rig_close();
}

// Advertisements sent in so many seconds, one turn after the other.
static unsigned int
sent_in(unsigned int seconds)
{
	for (unsigned int i = 0; i < 4 * seconds; i++)
		rig_wait_us(250000);
	return rig_discard_sent(RIG_ACCESS);
}

static void
device_sends(const char *src, const char *dst, const uint8_t *icmp, uint16_t n, uint8_t hops,
	bool is_broken)
{
	static struct frame f;
	uint8_t mac[6];

	frame_begin(&f);
	frame_copy(&f, icmp, n);
	frame_ipv6(&f, &(struct frame_ipv6){ .src = src, .dst = dst, .hops = hops, .proto = 58 });
	frame_bytes(&f)[42] ^= is_broken; // the checksum
	frame_gtpu(&f, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(&f, 2152, 2152);
	frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	rig_mac(RIG_SGW, mac);
	frame_ether(&f, rig_port_mac[RIG_ACCESS], mac, 0, 0x0800);
	rig_receive(RIG_ACCESS, 0, &f);
	rig_run();
}

static void
solicit(const char *src)
{
	static const uint8_t solicitation[8] = { 133 };

	device_sends(src, "ff02::2", solicitation, sizeof(solicitation), 255, false);
}

// What an advertisement must be, written from RFC 4861 4.2, 4.6.2, 4.6.4 and RFC 8106 5.1.
static void
expect_advertisement(struct frame *wanted, const char *dst)
{
	static const uint8_t head[] = { 134, 0, 0, 0, 64, 0, 1800 >> 8, 1800 & 255, 0, 0, 0, 0, 0,
		0, 0, 0 };
	static const uint8_t prefix[] = { 3, 4, 64, 0x40, 255, 255, 255, 255, 255, 255, 255, 255, 0,
		0, 0, 0, 0x20, 1, 0xd, 0xb8, 1, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t mtu[] = { 5, 1, 0, 0, 0, 0, 1400 >> 8, 1400 & 255 };
	static const uint8_t rdnss[] = { 25, 5, 0, 0, 0, 0, 1800 >> 8, 1800 & 255, 0x20, 1, 0xd,
		0xb8, 0, 0x53, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0x53, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 2 };

	frame_begin(wanted);
	frame_copy(wanted, head, sizeof(head));
	frame_copy(wanted, prefix, sizeof(prefix));
	frame_copy(wanted, mtu, sizeof(mtu));
	frame_copy(wanted, rdnss, sizeof(rdnss));
	frame_ipv6(wanted,
		&(struct frame_ipv6){ .src = "fe80::1", .dst = dst, .hops = 255, .proto = 58 });
}

static bool
advertised_to(const char *dst)
{
	static struct frame got, wanted;

	if (!rig_sent(RIG_ACCESS, &got) || got.n < INNER)
		return false;
	got.at += INNER;
	got.n -= INNER;
	expect_advertisement(&wanted, dst);
	return frame_equal(&got, &wanted);
}

static void
advertises_after_attach_and_then_by_its_interval(void)
{
	begin(40);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	rig_wait_us(2000000);
	CU_ASSERT_TRUE(advertised_to("ff02::1"));
	CU_ASSERT_EQUAL(sent_in(15), 2); // three soon after attach
	CU_ASSERT_EQUAL(sent_in(400), 10);
	CU_ASSERT_EQUAL(rig_count(ra_tx), 13);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].dl.packets, 0); // nobody pays for it
	end();
}

static void
without_an_interval_only_after_attach(void)
{
	begin(0);
	CU_ASSERT_EQUAL(sent_in(1000), 3);
	end();
}

// Longer than the schedule's round.
static void
intervals_may_be_hours(void)
{
	begin(21600);
	CU_ASSERT_EQUAL(sent_in(20), 3);
	CU_ASSERT_EQUAL(sent_in(21500), 0);
	CU_ASSERT_EQUAL(sent_in(100), 1);
	end();
}

static void
answers_solicitations(void)
{
	begin(0);
	solicit(UE_LINK);
	CU_ASSERT_TRUE(advertised_to(UE_LINK));
	solicit(UE_LINK); // again at once
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	sent_in(20);
	solicit("::");
	CU_ASSERT_TRUE(advertised_to("ff02::1"));
	CU_ASSERT_EQUAL(rig_count(nd_rx), 3);
	end();
}

static void
a_trace_tells_what_the_gateway_took_itself(void)
{
	struct dp_trace_ring *r;

	begin(0);
	r = rig_worker(0)->trace_ring;
	atomic_store(&rig.dp.in.shm->trace_snap, 256);
	session.flags |= DP_SESSION_TRACE;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	solicit(UE_LINK);
	CU_ASSERT_TRUE(advertised_to(UE_LINK));
	CU_ASSERT_EQUAL(atomic_load(&r->head), 2);
	CU_ASSERT_EQUAL(dp_trace_at(r, 0)->outcome, DP_OUTCOME_TAKEN);
	CU_ASSERT_EQUAL(dp_trace_at(r, 0)->next_hop.family, 0);
	CU_ASSERT_EQUAL(dp_trace_at(r, 1)->point, DP_TRACE_OUT);
	end();
}

static void
ignores_what_is_no_solicitation(void)
{
	static const uint8_t good[8] = { 133 }, code[8] = { 133, 1 }, other[8] = { 134 };

	begin(0);
	sent_in(20);
	device_sends(UE_LINK, "ff02::2", good, 8, 254, false); // from beyond the link
	device_sends(UE_LINK, "ff02::2", good, 7, 255, false);
	device_sends(UE_LINK, "ff02::2", good, 8, 255, true);
	device_sends(UE_LINK, "ff02::2", code, 8, 255, false);
	device_sends(UE_LINK, "ff02::2", other, 8, 255, false);
	CU_ASSERT_EQUAL(rig_count(nd_rx), 5);
	end();
}

static void
is_there_for_who_asks(void)
{
	static struct frame got, wanted;
	static const uint8_t advert[24] = { 136, 0, 0, 0, 0xe0, 0, 0, 0, 0xfe, 0x80, [23] = 1 };
	uint8_t ask[24] = { 135, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x80, [23] = 1 };

	begin(0);
	sent_in(20);
	device_sends(UE_LINK, "fe80::1", ask, sizeof(ask), 255, false);
	CU_ASSERT_TRUE_FATAL(rig_sent(RIG_ACCESS, &got));
	got.at += INNER;
	got.n -= INNER;
	frame_begin(&wanted);
	frame_copy(&wanted, advert, sizeof(advert));
	frame_ipv6(&wanted,
		&(struct frame_ipv6){ .src = "fe80::1", .dst = UE_LINK, .hops = 255, .proto = 58 });
	CU_ASSERT_TRUE(frame_equal(&got, &wanted));
	ask[23] = 5; // is this address free? It is: nobody else is on the link
	device_sends("::", "ff02::1:ff00:5", ask, sizeof(ask), 255, false);
	CU_ASSERT_EQUAL(rig_count(na_tx), 1);
	end();
}

static void
a_closed_gate_is_closed_for_it_too(void)
{
	begin(0);
	sent_in(20);
	session.flags = DP_SESSION_UL_CLOSED;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	solicit(UE_LINK);
	CU_ASSERT_EQUAL(rig_dropped(UL_CLOSED), 1);
	end();
}

// Many sessions, deleted and put in any order, while their seconds come.
static void
schedules_end_with_their_sessions(void)
{
	struct dp_session s;
	uint32_t dice = 1, n = 0;

	begin(10);
	CU_ASSERT_EQUAL(rig_delete(&session, 0), 0);
	for (int round = 0; round < 3000; round++) {
		dice = dice * 1664525 + 1013904223;
		s = rig_session(dice >> 8 & 255);
		rig_session_prefix(&s, (uint16_t)(dice >> 8 & 255), false);
		s.profile = 3;
		s.generation = (uint32_t)round;
		if (dice >> 30 == 0)
			rig_put(&s);
		s.generation = rig.dp.in.sessions[s.slot].generation;
		if (dice >> 30 == 1)
			rig_delete(&s, 0);
		if (dice >> 30 == 2)
			rig_wait_us(900000);
		rig_discard_sent(RIG_ACCESS);
	}
	for (uint32_t i = 0; i < 256; i++) {
		s = rig_session(i);
		s.generation = rig.dp.in.sessions[i].generation;
		n += rig_delete(&s, 0) == 0;
	}
	CU_ASSERT(n > 0);
	CU_ASSERT_EQUAL(sent_in(100), 0);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->sessions, 0);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(advertises_after_attach_and_then_by_its_interval),
	UNIT_CASE(without_an_interval_only_after_attach),
	UNIT_CASE(intervals_may_be_hours),
	UNIT_CASE(answers_solicitations),
	UNIT_CASE(a_trace_tells_what_the_gateway_took_itself),
	UNIT_CASE(ignores_what_is_no_solicitation),
	UNIT_CASE(is_there_for_who_asks),
	UNIT_CASE(a_closed_gate_is_closed_for_it_too),
	UNIT_CASE(schedules_end_with_their_sessions),
};

UNIT_MAIN("dataplane/advert", cases)
