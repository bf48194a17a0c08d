// SPDX-License-Identifier: BSD-3-Clause
// What a frame is taken for, before it belongs to any session.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <string.h>

static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t multicast[6] = { 1, 0, 0x5e, 0, 0, 5 };
static const uint8_t multicast_ipv6[6] = { 0x33, 0x33, 0, 0, 0, 1 };
static const uint8_t slow[6] = { 1, 0x80, 0xc2, 0, 0, 2 };
static const uint8_t stranger[6] = { 2, 0x77, 0, 0, 0, 9 };

static void
end(void)
{
	CU_ASSERT_TRUE(rig_close_clean());
}

static void
receive(unsigned int port, struct frame *f)
{
	rig_receive(port, 0, f);
	rig_run();
}

static void
ethernet(struct frame *f, const uint8_t dst[6], uint16_t vlan, uint16_t type, uint16_t n)
{
	frame_begin(f);
	frame_payload(f, n, 0x45);
	frame_ether(f, dst, stranger, vlan, type);
}

// A UDP packet to this address that is none of ours to judge.
static void
udp_to(struct frame *f, uint32_t dst, uint16_t port, unsigned int in)
{
	frame_begin(f);
	frame_payload(f, 30, 1);
	frame_udp(f, 999, port);
	frame_ipv4(f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = dst });
	traffic_from(f, RIG_SGW, in, 0);
}

// The frame reaches Linux as it came.
static bool
punts(unsigned int port, struct frame *f, enum dp_punt_class class)
{
	static struct frame got;

	receive(port, f);
	return rig_punted(0, class, &got) && frame_equal(&got, f);
}

#define DROPS(NAME, port, frame)                                                                   \
	do {                                                                                       \
		uint64_t before = rig_dropped(NAME), all = rig_dropped_in_all();                   \
                                                                                                   \
		receive(port, frame);                                                              \
		CU_ASSERT_EQUAL(rig_dropped(NAME), before + 1);                                    \
		CU_ASSERT_EQUAL(rig_dropped_in_all(), all + 1);                                    \
	} while (0)

static void
drops_every_truncation_of_a_packet_by_name(void)
{
	static struct frame ul, dl, f;
	struct dp_session s = rig_session(3);
	struct traffic t = { .s = &s, .payload = 20 };

	rig_open(NULL);
	rig_put(&s);
	traffic_ul(&ul, &t);
	traffic_dl(&dl, &t);
	for (uint16_t n = 1; n < ul.n; n++) {
		f = ul;
		f.n = n;
		receive(RIG_ACCESS, &f);
	}
	CU_ASSERT_EQUAL(rig_dropped(RUNT), 33);
	CU_ASSERT_EQUAL(rig_dropped(BAD_IP), ul.n - 34);
	for (uint16_t n = 1; n < dl.n; n++) {
		f = dl;
		f.n = n;
		receive(RIG_SGI, &f);
	}
	CU_ASSERT_EQUAL(rig_dropped(RUNT), 66);
	CU_ASSERT_EQUAL(rig_dropped(BAD_IP), ul.n - 34 + dl.n - 34);
	end();
}

static void
drops_broken_ip_headers(void)
{
	static const struct {
		uint8_t at, value;
	} change[] = { { 0, 0x44 }, { 0, 0x40 }, { 0, 0x65 }, { 0, 0x05 }, { 0, 0x4f }, { 2, 0xff },
		{ 3, 0 }, { 3, 19 } };
	static struct frame f;

	rig_open(NULL);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++)
		for (unsigned int port = 0; port < RIG_PORTS; port++) {
			udp_to(&f, RIG_US, 2152, port);
			frame_bytes(&f)[14 + change[i].at] = change[i].value;
			if (change[i].value == 0x4f)
				f.n = 14 + 59, frame_bytes(&f)[17] = 59;
			DROPS(BAD_IP, port, &f);
		}
	end();
}

static void
drops_bad_udp_lengths(void)
{
	static const uint16_t bad[] = { 0, 7, 39, 0xffff };
	static struct frame f;

	rig_open(NULL);
	for (size_t i = 0; i < 4; i++) {
		udp_to(&f, RIG_US, 2152, RIG_ACCESS);
		frame_bytes(&f)[38] = (uint8_t)(bad[i] >> 8);
		frame_bytes(&f)[39] = (uint8_t)bad[i];
		DROPS(BAD_GTPU, RIG_ACCESS, &f);
	}
	for (uint16_t n = 0; n < 8; n++) { // an IP packet that ends within its UDP header
		frame_begin(&f);
		frame_payload(&f, 8, 0);
		frame_udp(&f, 2152, 2152);
		f.n = n;
		frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
		traffic_from(&f, RIG_SGW, RIG_ACCESS, 0);
		frame_pad(&f, 60);
		if (n < 4)
			CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_OTHER))
		else
			DROPS(BAD_GTPU, RIG_ACCESS, &f);
	}
	end();
}

static void
linux_gets_what_is_for_this_machine(void)
{
	static struct frame f;

	rig_open(NULL);
	udp_to(&f, RIG_US, 2123, RIG_ACCESS);
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_GTPC));
	udp_to(&f, RIG_US_TOO, 2123, RIG_ACCESS);
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_GTPC));
	udp_to(&f, RIG_SGI_US, 53, RIG_SGI);
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_OTHER));
	udp_to(&f, RIG_SGI_US, 2152, RIG_SGI);
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_OTHER));
	ethernet(&f, broadcast, 0, 0x0806, 28);
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_ROUTING));
	ethernet(&f, rig_port_mac[RIG_SGI], RIG_VLAN_OTHER, 0x0806, 46);
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_ROUTING));
	ethernet(&f, multicast_ipv6, 0, 0x86dd, 60);
	frame_bytes(&f)[20] = 58, frame_bytes(&f)[54] = 135; // neighbour solicitation
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_ROUTING));
	ethernet(&f, multicast, 0, 0x0800, 60);
	frame_bytes(&f)[14] = 0x45, frame_bytes(&f)[23] = 89; // OSPF
	frame_bytes(&f)[20] = frame_bytes(&f)[21] = 0;
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_ROUTING));
	ethernet(&f, slow, 0, 0x8809, 110);
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_ROUTING));
	ethernet(&f, slow, 0, 0x88cc, 110);
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_ROUTING));
	CU_ASSERT_EQUAL(rig_count(punt_packets), 10);
	end();
}

// TS 29.274 12.3.9: a node may drop what it can't serve. Others' requests, and a Delete, aren't concerned.
static void
drops_create_session_requests_while_control_wants_none(void)
{
	static struct frame f;
	uint64_t now;

	rig_open(NULL);
	now = rig_worker(0)->now;
	udp_to(&f, RIG_US, 2123, RIG_ACCESS);
	frame_bytes(&f)[42] = 0x48, frame_bytes(&f)[43] = 32;
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_CREATE));
	atomic_store(&rig.dp.in.shm->creates_closed_until_tsc, UINT64_MAX);
	DROPS(CREATE_SURPLUS, RIG_ACCESS, &f);
	frame_bytes(&f)[43] = 36; // Delete Session Request
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_GTPC));
	frame_bytes(&f)[43] = 32;
	atomic_store(&rig.dp.in.shm->creates_closed_until_tsc, now); // a time that is over
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_CREATE));
	CU_ASSERT_EQUAL(rig_count(punt_packets), 3);
	end();
}

static void
drops_what_is_for_somebody_else(void)
{
	static struct frame f;

	rig_open(NULL);
	udp_to(&f, RIG_US, 2123, RIG_ACCESS);
	memcpy(frame_bytes(&f), stranger, 6);
	DROPS(NOT_LOCAL, RIG_ACCESS, &f);
	ethernet(&f, stranger, 0, 0x0806, 46);
	DROPS(NOT_LOCAL, RIG_ACCESS, &f);
	udp_to(&f, IP4(10, 10, 0, 9), 2152, RIG_ACCESS); // not transit
	DROPS(NOT_LOCAL, RIG_ACCESS, &f);
	udp_to(&f, RIG_SGI_US, 2152, RIG_ACCESS); // ours, in another VRF
	DROPS(NOT_LOCAL, RIG_ACCESS, &f);
	ethernet(&f, rig_port_mac[RIG_ACCESS], 0, 0x8847, 60);
	DROPS(NOT_IP, RIG_ACCESS, &f);
	ethernet(&f, rig_port_mac[RIG_ACCESS], 0, 0x88a8, 60);
	DROPS(NOT_IP, RIG_ACCESS, &f);
	ethernet(&f, rig_port_mac[RIG_ACCESS], RIG_VLAN_ACCESS, 0x8100, 60);
	DROPS(NOT_IP, RIG_ACCESS, &f);
	ethernet(&f, broadcast, 7, 0x0806, 46);
	DROPS(UNKNOWN_VLAN, RIG_ACCESS, &f);
	ethernet(&f, broadcast, RIG_VLAN_ACCESS, 0x0806, 46); // the other port's VLAN
	DROPS(UNKNOWN_VLAN, RIG_SGI, &f);
	end();
}

static void
gtpu_counts_only_on_access(void)
{
	static struct frame f;
	struct dp_session s = rig_session(3);
	struct traffic t = { .s = &s, .payload = 20 };

	rig_open(NULL);
	rig_put(&s);
	traffic_ul(&f, &t);
	memcpy(frame_bytes(&f), rig_port_mac[RIG_SGI], 6);
	DROPS(NOT_LOCAL, RIG_SGI, &f); // our GTP-U address isn't known in a customer's network
	t.outer.dst = RIG_SGI_US;
	traffic_ul(&f, &t);
	memcpy(frame_bytes(&f), rig_port_mac[RIG_SGI], 6);
	CU_ASSERT_TRUE(punts(RIG_SGI, &f, DP_PUNT_OTHER));
	CU_ASSERT_EQUAL(rig_count(ul_packets), 0);
	end();
}

static void
gtpu_is_known_by_its_port_alone(void)
{
	static struct frame f;

	rig_open(NULL);
	udp_to(&f, RIG_US, 2152, RIG_ACCESS);
	frame_bytes(&f)[23] = 6; // TCP to that port
	frame_bytes(&f)[25] += 11;
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_OTHER));
	udp_to(&f, RIG_US, 2151, RIG_ACCESS);
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_OTHER));
	udp_to(&f, RIG_US, 2152, RIG_ACCESS);
	DROPS(BAD_GTPU, RIG_ACCESS, &f);
	end();
}

static void
a_full_ring_to_linux_is_a_named_drop(void)
{
	static struct frame f;
	unsigned int n = 0;

	rig_open(NULL);
	udp_to(&f, RIG_US, 2123, RIG_ACCESS);
	for (; n < 3000 && rig_dropped(PUNT_FULL) == 0; n++)
		receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_count(punt_packets), n - 1);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 1);
	ethernet(&f, broadcast, 0, 0x0806, 46);
	CU_ASSERT_TRUE(punts(RIG_ACCESS, &f, DP_PUNT_ROUTING)); // each class has its own
	CU_ASSERT_EQUAL(rig_discard_punted(), n - 1);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(drops_every_truncation_of_a_packet_by_name),
	UNIT_CASE(drops_broken_ip_headers),
	UNIT_CASE(drops_bad_udp_lengths),
	UNIT_CASE(linux_gets_what_is_for_this_machine),
	UNIT_CASE(drops_create_session_requests_while_control_wants_none),
	UNIT_CASE(drops_what_is_for_somebody_else),
	UNIT_CASE(gtpu_counts_only_on_access),
	UNIT_CASE(gtpu_is_known_by_its_port_alone),
	UNIT_CASE(a_full_ring_to_linux_is_a_named_drop),
};

UNIT_MAIN("dataplane/classify", cases)
