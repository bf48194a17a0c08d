// SPDX-License-Identifier: BSD-3-Clause
// Packets of sessions, in at one port and out at the other, to the byte.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <string.h>

static struct dp_session session;

// An instance with `session` in slot 3.
static void
begin(const struct rig_options *o)
{
	session = rig_session(3);
	rig_open(o);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
}

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

// The next frame out of the port is this one.
static bool
sends(unsigned int port, const struct frame *wanted)
{
	static struct frame got;

	return rig_sent(port, &got) && frame_equal(&got, wanted);
}

static bool
passes_ul(const struct traffic *t)
{
	static struct frame in, out;

	traffic_ul(&in, t);
	traffic_ul_out(&out, t);
	receive(RIG_ACCESS, &in);
	return sends(RIG_SGI, &out);
}

static bool
passes_dl(const struct traffic *t, uint16_t id)
{
	static struct frame in, out;

	traffic_dl(&in, t);
	traffic_dl_out(&out, t, id);
	receive(RIG_SGI, &in);
	return sends(RIG_ACCESS, &out);
}

static void
offer_ul(const struct traffic *t)
{
	static struct frame f;

	traffic_ul(&f, t);
	receive(RIG_ACCESS, &f);
}

static void
offer_dl(const struct traffic *t)
{
	static struct frame f;

	traffic_dl(&f, t);
	receive(RIG_SGI, &f);
}

static struct dp_usage *
ul_usage(void)
{
	return &rig.dp.in.usage[session.slot].ul;
}

static struct dp_usage *
dl_usage(void)
{
	return &rig.dp.in.usage[session.slot].dl;
}

// ---- Golden frames, written by an independent packet library

static void
decapsulates_to_the_byte(void)
{
	struct frame in, out;

	begin(NULL);
	session.teid = 0xc0ffee0a;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	frame_hex(&in,
		"02000000000106000a0a0002080045000050004d0000fa11ac390a0a00020a0a"
		"000182350868003c1ef732ff002cc0ffee0a0009000045280028123400004011"
		"c81b64400004cb0071091389138a00149826746f7269692075706c696e6b");
	frame_hex(&out,
		"06000a140002020000000002080045280028123400003f11c91b64400004cb00"
		"71091389138a00149826746f7269692075706c696e6b");
	receive(RIG_ACCESS, &in);
	CU_ASSERT_TRUE(sends(RIG_SGI, &out));
	CU_ASSERT_EQUAL(rig_count(ul_packets), 1);
	CU_ASSERT_EQUAL(rig_count(ul_bytes), 40);
	CU_ASSERT_EQUAL(ul_usage()->packets, 1);
	CU_ASSERT_EQUAL(ul_usage()->bytes, 40);
	CU_ASSERT_EQUAL(rig_count(rx_bytes), 94);
	CU_ASSERT_EQUAL(rig_count(tx_bytes), 54);
	end();
}

static void
encapsulates_to_the_byte(void)
{
	struct frame in, out;

	begin(NULL);
	session.dscp = 46;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	frame_hex(&in,
		"02000000000206000a1400020800450000364321400039065e53cb0071096440"
		"000400509c400000000100000002501220004c370000746f72696920646f776e"
		"6c696e6b");
	frame_hex(&out,
		"06000a0a0002020000000001080045b8005a00000000401165c50a0a00010a0a"
		"0002086808680046000030ff003620000003450000364321400038065f53cb00"
		"71096440000400509c400000000100000002501220004c370000746f72696920"
		"646f776e6c696e6b");
	receive(RIG_SGI, &in);
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out));
	CU_ASSERT_EQUAL(rig_count(dl_packets), 1);
	CU_ASSERT_EQUAL(rig_count(dl_bytes), 54);
	CU_ASSERT_EQUAL(dl_usage()->packets, 1);
	CU_ASSERT_EQUAL(dl_usage()->bytes, 54);
	end();
}

// ---- Headers

static void
passes_every_size_that_fits(void)
{
	uint16_t id = 0;

	begin(NULL);
	for (uint16_t payload = 0; payload <= 1500 - 36 - 28; payload++) {
		struct traffic t = { .s = &session, .payload = payload, .seed = (uint8_t)payload };

		CU_ASSERT_TRUE(passes_ul(&t));
		CU_ASSERT_TRUE(passes_dl(&t, id++));
	}
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

// Over all identifications of inner and outer header, checksums take every value.
static void
keeps_every_checksum_right(void)
{
	static struct frame f;
	unsigned int wrong = 0;

	begin(NULL);
	for (uint32_t i = 0; i < 0x10000; i++) {
		struct traffic t = { .s = &session,
			.inner = { .id = (uint16_t)i, .ttl = (uint8_t)(2 + i % 254) } };

		offer_ul(&t);
		wrong += !rig_sent(RIG_SGI, &f) || frame_checksum(frame_bytes(&f) + 14, 20);
		offer_dl(&t);
		wrong += !rig_sent(RIG_ACCESS, &f) || frame_checksum(frame_bytes(&f) + 14, 20) ||
			frame_checksum(frame_bytes(&f) + 50, 20);
		wrong += frame_bytes(&f)[18] != (uint8_t)(i >> 8) ||
			frame_bytes(&f)[19] != (uint8_t)i;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	end();
}

static void
marks_each_dscp(void)
{
	begin(NULL);
	for (uint16_t dscp = 0; dscp < 64; dscp++) {
		struct traffic t = { .s = &session, .payload = 10 };

		session.dscp = (uint8_t)dscp;
		CU_ASSERT_EQUAL(rig_put(&session), 0);
		CU_ASSERT_TRUE(passes_dl(&t, dscp));
	}
	end();
}

static void
reads_gtpu_with_anything_in_front_of_the_payload(void)
{
	static const uint8_t pdu_session[] = "\x85\x01\x10\x05\0";
	static const uint8_t long_one[] = "\x85\x02\0\0\0\0\0\0\0";
	static const uint8_t chain[] = "\xc0\x01\0\1\x20\x01\xaa\0\x03\x01\0\0\0";
	const struct frame_gtpu g[] = {
		{ .flags = 0x32, .sequence = 0xffff },
		{ .flags = 0x31 },
		{ .flags = 0x33, .sequence = 1 },
		{ .flags = 0x34, .extra = pdu_session, .n_extra = 5 },
		{ .flags = 0x36, .sequence = 9, .extra = long_one, .n_extra = 9 },
		{ .flags = 0x37, .extra = chain, .n_extra = 13 },
	};

	begin(NULL);
	for (size_t i = 0; i < sizeof(g) / sizeof(g[0]); i++)
		for (uint16_t options = 0; options <= 40; options += 4) {
			struct traffic t = {
				.s = &session,
				.payload = 30,
				.gtpu = g[i],
				.outer.n_options = (uint8_t)options,
				.outer_src_port = (uint16_t)(1000 + options),
			};

			CU_ASSERT_TRUE(passes_ul(&t));
		}
	end();
}

static void
passes_inner_options(void)
{
	uint16_t id = 0;

	begin(NULL);
	for (uint16_t options = 4; options <= 40; options += 4) {
		struct traffic t = {
			.s = &session, .payload = 30, .inner.n_options = (uint8_t)options
		};

		CU_ASSERT_TRUE(passes_ul(&t));
		CU_ASSERT_TRUE(passes_dl(&t, id++));
	}
	end();
}

static void
passes_inner_fragments_as_they_are(void)
{
	begin(NULL);
	for (uint16_t i = 0; i < 3; i++) {
		static const uint16_t fragment[] = { 0x2000, 0x2010, 0x0100 };
		struct traffic t = { .s = &session, .payload = 40, .inner.fragment = fragment[i] };

		CU_ASSERT_TRUE(passes_ul(&t));
		CU_ASSERT_TRUE(passes_dl(&t, i));
	}
	end();
}

static void
cuts_off_what_ethernet_or_the_tunnel_padded(void)
{
	static struct frame in, out;
	struct traffic t = { .s = &session };

	begin(NULL);
	traffic_dl(&in, &t);
	traffic_dl_out(&out, &t, 0);
	CU_ASSERT(in.n < 60);
	frame_pad(&in, 60);
	receive(RIG_SGI, &in);
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out));

	traffic_ul(&in, &t);
	traffic_ul_out(&out, &t);
	frame_pad(&in, in.n + 9);
	receive(RIG_ACCESS, &in);
	CU_ASSERT_TRUE(sends(RIG_SGI, &out));

	// within the GTP-U message, behind the inner packet
	traffic_ul_inner(&in, &t);
	frame_pad(&in, in.n + 5);
	frame_gtpu(&in, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(&in, 2152, 2152);
	frame_ipv4(&in, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	traffic_from(&in, RIG_SGW, RIG_ACCESS, 0);
	receive(RIG_ACCESS, &in);
	CU_ASSERT_TRUE(sends(RIG_SGI, &out));
	end();
}

static void
takes_any_of_its_addresses_and_any_sender(void)
{
	struct traffic t = { .s = &session, .payload = 7 };

	begin(NULL);
	t.outer.dst = RIG_US_TOO;
	CU_ASSERT_TRUE(passes_ul(&t));
	t.outer.src = IP4(198, 51, 100, 7); // SGWs send from several addresses
	CU_ASSERT_TRUE(passes_ul(&t));
	session.local.bytes[0] = 192, session.local.bytes[1] = 0, session.local.bytes[2] = 2;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	CU_ASSERT_TRUE(passes_dl(&t, 0));
	end();
}

static void
takes_one_from_the_time_to_live(void)
{
	begin(NULL);
	for (uint16_t ttl = 2; ttl < 256; ttl++) {
		struct traffic t = { .s = &session, .inner.ttl = (uint8_t)ttl };

		CU_ASSERT_TRUE(passes_ul(&t));
		CU_ASSERT_TRUE(passes_dl(&t, ttl - 2));
	}
	end();
}

// ---- What may not pass

// The packet is dropped by this name, on the session's account too if there is one.
#define DROPS(NAME, offer, usage)                                                                  \
	do {                                                                                       \
		uint64_t before = rig_dropped(NAME), all = rig_dropped_in_all();                   \
		uint64_t of_session = (usage)->dropped_packets;                                    \
                                                                                                   \
		offer;                                                                             \
		CU_ASSERT_EQUAL(rig_dropped(NAME), before + 1);                                    \
		CU_ASSERT_EQUAL(rig_dropped_in_all(), all + 1);                                    \
		CU_ASSERT_EQUAL((usage)->dropped_packets, of_session + 1);                         \
	} while (0)

static void
drops_spoofed_sources(void)
{
	struct traffic t = { .s = &session, .payload = 20 };

	begin(NULL);
	for (uint32_t bit = 0; bit < 32; bit++) {
		t.inner.src = rig_ue(&session) ^ 1u << bit;
		DROPS(SPOOFED, offer_ul(&t), ul_usage());
	}
	CU_ASSERT_EQUAL(ul_usage()->dropped_bytes, 32 * 48);
	end();
}

// A GTP-U message to the session with these bytes in it.
static void
offer_bytes(const void *bytes, size_t n)
{
	static struct frame f;

	frame_begin(&f);
	frame_copy(&f, bytes, n);
	frame_gtpu(&f, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(&f, 2152, 2152);
	frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	traffic_from(&f, RIG_SGW, RIG_ACCESS, 0);
	receive(RIG_ACCESS, &f);
}

static void
drops_what_is_no_ipv4_packet_inside(void)
{
	uint8_t ip[40] = { 0x45, 0, 0, 40 };

	begin(NULL);
	for (size_t n = 0; n < 20; n++)
		DROPS(WRONG_INNER, offer_bytes(ip, n), ul_usage());
	for (int version = 0; version < 16; version++) {
		ip[0] = (uint8_t)(version << 4 | 5);
		if (version != 4)
			DROPS(WRONG_INNER, offer_bytes(ip, 40), ul_usage());
	}
	end();
}

static void
drops_broken_inner_headers(void)
{
	static const struct {
		uint8_t first;
		uint16_t total, n;
	} broken[] = {
		{ 0x45, 41, 40 },
		{ 0x45, 65535, 40 },
		{ 0x45, 19, 40 },
		{ 0x45, 0, 40 },
		{ 0x44, 40, 40 },
		{ 0x40, 40, 40 },
		{ 0x46, 20, 40 },
		{ 0x4f, 59, 60 },
		{ 0x45, 40, 39 },
	};
	uint8_t ip[60] = { 0 };

	begin(NULL);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		ip[0] = broken[i].first;
		ip[2] = (uint8_t)(broken[i].total >> 8);
		ip[3] = (uint8_t)broken[i].total;
		DROPS(BAD_INNER, offer_bytes(ip, broken[i].n), ul_usage());
	}
	end();
}

static void
closed_gates_drop_by_name(void)
{
	struct traffic t = { .s = &session, .payload = 20 };

	begin(NULL);
	session.flags = DP_SESSION_UL_CLOSED;
	rig_put(&session);
	DROPS(UL_CLOSED, offer_ul(&t), ul_usage());
	CU_ASSERT_TRUE(passes_dl(&t, 0));
	session.flags = DP_SESSION_DL_CLOSED;
	rig_put(&session);
	DROPS(DL_CLOSED, offer_dl(&t), dl_usage());
	CU_ASSERT_TRUE(passes_ul(&t));
	session.flags = 0;
	rig_put(&session);
	CU_ASSERT_TRUE(passes_dl(&t, 1));
	end();
}

static void
nested_tunnels_and_other_devices_lead_nowhere(void)
{
	struct traffic t = { .s = &session, .payload = 20 };

	begin(NULL);
	t.inner.dst = IP4(100, 64, 0, 99); // another UE
	DROPS(BLACKHOLE, offer_ul(&t), ul_usage());
	t.inner.dst = RIG_US; // GTP-U inside GTP-U: our address isn't in the customer's VRF
	CU_ASSERT_TRUE(passes_ul(&t));
	end();
}

static void
unknown_destinations_downlink_are_told_apart(void)
{
	struct traffic t = { .s = &session, .payload = 20 };

	begin(NULL);
	t.inner.dst = IP4(100, 64, 0, 99);
	offer_dl(&t);
	CU_ASSERT_EQUAL(rig_dropped(NO_SESSION), 1);
	t.inner.dst = IP4(10, 20, 0, 77);
	offer_dl(&t);
	CU_ASSERT_EQUAL(rig_dropped(NOT_LOCAL), 1);
	t.inner.dst = IP4(127, 0, 0, 1);
	offer_dl(&t);
	CU_ASSERT_EQUAL(rig_dropped(NOT_LOCAL), 2);
	end();
}

// ---- Rates

// Packets of 1000 inner bytes at twice 8 Mbit/s for a second: what passes.
static unsigned int
offer_for_a_second(const struct traffic *t, bool is_ul)
{
	unsigned int port = is_ul ? RIG_SGI : RIG_ACCESS, n = 0;

	for (int i = 0; i < 2000; i++) {
		rig.now += RIG_HZ / 2000;
		if (is_ul)
			offer_ul(t);
		else
			offer_dl(t);
		n += rig_discard_sent(port);
	}
	return n;
}

static void
holds_the_ambr_of_each_direction(void)
{
	struct traffic t = { .s = &session, .payload = 972 };
	unsigned int first;

	begin(NULL);
	session.ul_bps = session.dl_bps = 8000000;
	rig_put(&session);
	first = offer_for_a_second(&t, true); // a full bucket is 100 ms more
	CU_ASSERT(first >= 1099 && first <= 1100);
	CU_ASSERT_EQUAL(offer_for_a_second(&t, true), 1000);
	first = offer_for_a_second(&t, false);
	CU_ASSERT(first >= 1099 && first <= 1100);
	CU_ASSERT_EQUAL(offer_for_a_second(&t, false), 1000);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR), ul_usage()->dropped_packets);
	CU_ASSERT_EQUAL(rig_dropped(DL_OVER_AMBR), dl_usage()->dropped_packets);
	CU_ASSERT_EQUAL(ul_usage()->packets + ul_usage()->dropped_packets, 4000);
	CU_ASSERT_EQUAL(ul_usage()->bytes, ul_usage()->packets * 1000);
	session.ul_bps = 0;
	rig_put(&session);
	CU_ASSERT_EQUAL(offer_for_a_second(&t, true), 2000);
	end();
}

static void
one_session_over_its_rate_leaves_the_others_alone(void)
{
	struct dp_session other = rig_session(4);
	struct traffic greedy = { .s = &session, .payload = 972 };
	struct traffic modest = { .s = &other, .payload = 972 };
	unsigned int passed = 0;

	begin(NULL);
	session.ul_bps = 80000;
	other.ul_bps = 8000000;
	rig_put(&session);
	rig_put(&other);
	for (int i = 0; i < 2000; i++) {
		rig.now += RIG_HZ / 1000;
		offer_ul(&greedy);
		offer_ul(&greedy);
		rig_discard_sent(RIG_SGI);
		passed += passes_ul(&modest);
	}
	CU_ASSERT_EQUAL(passed, 2000);
	CU_ASSERT(ul_usage()->packets >= 20 && ul_usage()->packets <= 24);
	end();
}

// ---- Networks

static void
customers_with_one_address_stay_apart(void)
{
	struct dp_session other = rig_session(4);
	struct traffic t = { .s = &session, .payload = 11 }, u = { .s = &other, .payload = 12 };

	begin(NULL);
	other.vrf = RIG_VRF_OTHER;
	rig_session_address(&other, rig_ue(&session), 4711);
	other.peer.bytes[3] = 3;
	CU_ASSERT_EQUAL(rig_put(&other), 0);
	CU_ASSERT_TRUE(passes_ul(&t));
	CU_ASSERT_TRUE(passes_ul(&u));
	CU_ASSERT_TRUE(passes_dl(&t, 0));
	u.vlan = RIG_VLAN_OTHER;
	CU_ASSERT_TRUE(passes_dl(&u, 1));
	CU_ASSERT_EQUAL(rig_delete(&other, 0), 0);
	offer_dl(&u);
	CU_ASSERT_EQUAL(rig_dropped(NO_SESSION), 1);
	CU_ASSERT_TRUE(passes_dl(&t, 2));
	end();
}

static void
access_comes_by_vlan_too(void)
{
	struct traffic t = { .s = &session, .payload = 11, .vlan = RIG_VLAN_ACCESS };

	begin(NULL);
	CU_ASSERT_TRUE(passes_ul(&t));
	t.vlan = 0x6000 | RIG_VLAN_ACCESS; // with a priority
	CU_ASSERT_TRUE(passes_ul(&t));
	t.vlan = 0xe000; // a priority alone is untagged
	CU_ASSERT_TRUE(passes_ul(&t));
	t.vlan = 0x2000;
	CU_ASSERT_TRUE(passes_dl(&t, 0));
	t.vlan = RIG_VLAN_ACCESS + 1;
	offer_ul(&t);
	offer_dl(&t);
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_VLAN), 2);
	end();
}

static void
reaches_an_sgw_behind_a_vlan(void)
{
	static struct frame in, out;
	struct traffic t = { .s = &session, .payload = 11 };
	uint8_t mac[6];

	begin(NULL);
	rig_route_remove(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24);
	for (size_t i = 0; i < rig.vrf[RIG_VRF_ACCESS].n_neighbours; i++)
		rig.vrf[RIG_VRF_ACCESS].neighbour[i].iface = 1;
	rig_route(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24, DP_ROUTE_FORWARD, 0, 1);
	traffic_dl(&in, &t);
	traffic_dl_out(&out, &t, 0);
	out.at += 14, out.n -= 14;
	rig_mac(RIG_SGW, mac);
	frame_ether(&out, mac, rig_port_mac[RIG_ACCESS], RIG_VLAN_ACCESS, 0x0800);
	receive(RIG_SGI, &in);
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out));
	end();
}

static void
one_port_serves_both_sides(void)
{
	static const struct rig_options one_arm = { .role = { DP_ROLE_BOTH, DP_ROLE_BOTH } };
	static struct frame in, out;
	struct traffic t = { .s = &session, .payload = 11 };
	uint8_t mac[6];

	begin(&one_arm);
	rig_route_remove(RIG_VRF_INTERNET, 0, 0);
	rig_route(RIG_VRF_INTERNET, 0, 0, DP_ROUTE_FORWARD, RIG_HOST, 2);
	traffic_ul_inner(&in, &t);
	frame_gtpu(&in, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(&in, 2152, 2152);
	frame_ipv4(&in, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	rig_mac(RIG_SGW, mac);
	frame_ether(&in, rig_port_mac[RIG_SGI], mac, 0, 0x0800);
	traffic_ul_out(&out, &t);
	receive(RIG_SGI, &in);
	CU_ASSERT_TRUE(sends(RIG_SGI, &out));
	CU_ASSERT_TRUE(passes_dl(&t, 0));
	end();
}

static void
a_new_route_counts_from_the_next_packet_on(void)
{
	static struct frame in, out;
	struct traffic t = { .s = &session, .payload = 11 };

	begin(NULL);
	CU_ASSERT_TRUE(passes_ul(&t));
	rig_neighbour(RIG_VRF_INTERNET, IP4(10, 20, 0, 3), true);
	CU_ASSERT_TRUE(passes_ul(&t));
	rig_route(
		RIG_VRF_INTERNET, IP4(203, 0, 113, 0), 24, DP_ROUTE_FORWARD, IP4(10, 20, 0, 3), 2);
	traffic_ul(&in, &t);
	traffic_ul_out(&out, &t);
	out.at += 14, out.n -= 14;
	traffic_to(&out, IP4(10, 20, 0, 3), RIG_SGI, 0);
	receive(RIG_ACCESS, &in);
	CU_ASSERT_TRUE(sends(RIG_SGI, &out));
	rig_route_remove(RIG_VRF_INTERNET, IP4(203, 0, 113, 0), 24);
	CU_ASSERT_TRUE(passes_ul(&t));
	end();
}

static void
an_sgw_that_changes_its_mac_is_followed(void)
{
	static struct frame in, out;
	struct traffic t = { .s = &session, .payload = 11 };
	struct rig_vrf *v = &rig.vrf[RIG_VRF_ACCESS];

	begin(NULL);
	CU_ASSERT_TRUE(passes_dl(&t, 0));
	for (size_t i = 0; i < v->n_neighbours; i++)
		v->neighbour[i].mac[0] = 0x0a;
	rig_publish(RIG_VRF_ACCESS);
	traffic_dl(&in, &t);
	traffic_dl_out(&out, &t, 1);
	frame_bytes(&out)[0] = 0x0a;
	receive(RIG_SGI, &in);
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out));
	end();
}

static void
a_session_alternates_between_destinations(void)
{
	begin(NULL);
	for (uint32_t i = 0; i < 200; i++) {
		struct traffic t = { .s = &session, .inner.dst = IP4(198, 51, 100, 0) + i % 5 };

		CU_ASSERT_TRUE(passes_ul(&t));
	}
	end();
}

// ---- A device moves to another SGW

static void
the_end_marker_comes_last_on_the_old_path(void)
{
	static struct frame in[3], out[3], marker;
	struct dp_request put = { .op = DP_OP_SESSION_PUT };
	struct traffic t[3];
	struct dp_session old;

	begin(NULL);
	old = session;
	for (uint8_t i = 0; i < 3; i++) {
		t[i] = (struct traffic){ .s = i < 2 ? &old : &session, .payload = 9, .seed = i };
		traffic_dl(&in[i], &t[i]);
	}
	session.peer.bytes[3] = 3;
	session.peer_teid = 0x30000003;
	session.flags = DP_SESSION_END_MARKER;
	put.session = session;
	for (uint8_t i = 0; i < 3; i++)
		traffic_dl_out(&out[i], &t[i], i < 2 ? i : 3);
	// two packets and the move wait when the worker turns
	rig_receive(RIG_SGI, 0, &in[0]);
	rig_receive(RIG_SGI, 0, &in[1]);
	rte_ring_sp_enqueue_elem(rig_worker(0)->request_ring, &put, sizeof(put));
	rig_run();
	receive(RIG_SGI, &in[2]);
	frame_hex(&marker,
		"06000a0a000202000000000108004500002400020000401166b10a0a00010a0a"
		"0002086808680010000030fe000020000003");
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out[0]));
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out[1]));
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &marker));
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &out[2]));
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 1);
	CU_ASSERT_EQUAL(rig_worker(0)->shm->peers, 1);
	end();
}

static void
no_end_marker_without_a_move(void)
{
	begin(NULL);
	session.flags = DP_SESSION_END_MARKER;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	session.dscp = 3;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 0);
	session.flags = 0;
	session.peer_teid = 99;
	CU_ASSERT_EQUAL(rig_put(&session), 0); // moved, but not asked for
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 0);
	session.flags = DP_SESSION_END_MARKER;
	session.peer_teid = 100;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 1);
	CU_ASSERT_EQUAL(rig_delete(&session, DP_SESSION_END_MARKER), 0);
	CU_ASSERT_EQUAL(rig_count(end_marker_tx), 2);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 2);
	end();
}

static void
a_deleted_session_forwards_nothing(void)
{
	struct traffic t = { .s = &session, .payload = 11 };

	begin(NULL);
	CU_ASSERT_EQUAL(rig_delete(&session, 0), 0);
	offer_ul(&t);
	offer_dl(&t);
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 1);
	CU_ASSERT_EQUAL(rig_dropped(NO_SESSION), 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1); // the Error Indication
	end();
}

// ---- The way out

static void
a_full_transmit_queue_is_a_named_drop(void)
{
	static const struct rig_options small = { .tx_frames = 100 };
	struct traffic t = { .s = &session, .payload = 11 };

	begin(&small);
	for (int i = 0; i < 150; i++)
		offer_ul(&t);
	CU_ASSERT_EQUAL(rig_dropped(TX_FULL), 50);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 150);
	CU_ASSERT_EQUAL(rig_count(tx_packets), 100);
	CU_ASSERT_EQUAL(rig_worker(0)->port_count[RIG_SGI].tx_full, 50);
	CU_ASSERT_EQUAL(rig_worker(0)->port_count[RIG_SGI].tx_packets, 100);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 100);
	end();
}

static void
an_empty_pool_is_a_named_drop(void)
{
	static const struct rig_options small = { .mbufs = 1023 };
	static struct rte_mbuf *taken[1023];
	struct traffic t = { .s = &session, .payload = 1437 };
	static struct frame f;
	unsigned int n = 0;

	begin(&small);
	traffic_dl(&f, &t);
	rig_receive(RIG_SGI, 0, &f);
	while ((taken[n] = rte_pktmbuf_alloc(rig.dp.in.pool)) != NULL)
		n++;
	rig_run(); // nothing to cut it into
	CU_ASSERT_EQUAL(rig_dropped(TOO_BIG), 1);
	rig_discard_sent(RIG_SGI);
	taken[n++] = rte_pktmbuf_alloc(rig.dp.in.pool);
	session.peer_teid++;
	session.flags = DP_SESSION_END_MARKER;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	CU_ASSERT_EQUAL(rig_dropped(TX_NO_MBUF), 1);
	rte_pktmbuf_free_bulk(taken, n);
	end();
}

static void
keeps_the_order_of_a_burst(void)
{
	static struct frame in, out;
	struct traffic t = { .s = &session, .payload = 11 };

	begin(NULL);
	for (int i = 0; i < 1000; i++) {
		t.inner.id = (uint16_t)i;
		traffic_ul(&in, &t);
		rig_receive(RIG_ACCESS, 0, &in);
		traffic_dl(&in, &t);
		rig_receive(RIG_SGI, 0, &in);
	}
	rig_run();
	for (int i = 0; i < 1000; i++) {
		t.inner.id = (uint16_t)i;
		traffic_ul_out(&out, &t);
		CU_ASSERT_TRUE(sends(RIG_SGI, &out));
		traffic_dl_out(&out, &t, (uint16_t)i);
		CU_ASSERT_TRUE(sends(RIG_ACCESS, &out));
	}
	end();
}

static void
sends_what_linux_gives_it(void)
{
	static struct frame f;
	struct traffic t = { .s = &session, .payload = 11 };
	struct rte_mbuf *m;

	begin(NULL);
	traffic_dl_inner(&f, &t);
	traffic_to(&f, RIG_HOST, RIG_SGI, 0);
	m = rig_mbuf(RIG_SGI, &f);
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue(rig_worker(0)->lane.from_linux, m), 0);
	rig_run();
	CU_ASSERT_TRUE(sends(RIG_SGI, &f));
	CU_ASSERT_EQUAL(rig_count(inject_packets), 1);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(decapsulates_to_the_byte),
	UNIT_CASE(encapsulates_to_the_byte),
	UNIT_CASE(passes_every_size_that_fits),
	UNIT_CASE(keeps_every_checksum_right),
	UNIT_CASE(marks_each_dscp),
	UNIT_CASE(reads_gtpu_with_anything_in_front_of_the_payload),
	UNIT_CASE(passes_inner_options),
	UNIT_CASE(passes_inner_fragments_as_they_are),
	UNIT_CASE(cuts_off_what_ethernet_or_the_tunnel_padded),
	UNIT_CASE(takes_any_of_its_addresses_and_any_sender),
	UNIT_CASE(takes_one_from_the_time_to_live),
	UNIT_CASE(drops_spoofed_sources),
	UNIT_CASE(drops_what_is_no_ipv4_packet_inside),
	UNIT_CASE(drops_broken_inner_headers),
	UNIT_CASE(closed_gates_drop_by_name),
	UNIT_CASE(nested_tunnels_and_other_devices_lead_nowhere),
	UNIT_CASE(unknown_destinations_downlink_are_told_apart),
	UNIT_CASE(holds_the_ambr_of_each_direction),
	UNIT_CASE(one_session_over_its_rate_leaves_the_others_alone),
	UNIT_CASE(customers_with_one_address_stay_apart),
	UNIT_CASE(access_comes_by_vlan_too),
	UNIT_CASE(reaches_an_sgw_behind_a_vlan),
	UNIT_CASE(one_port_serves_both_sides),
	UNIT_CASE(a_new_route_counts_from_the_next_packet_on),
	UNIT_CASE(an_sgw_that_changes_its_mac_is_followed),
	UNIT_CASE(a_session_alternates_between_destinations),
	UNIT_CASE(the_end_marker_comes_last_on_the_old_path),
	UNIT_CASE(no_end_marker_without_a_move),
	UNIT_CASE(a_deleted_session_forwards_nothing),
	UNIT_CASE(a_full_transmit_queue_is_a_named_drop),
	UNIT_CASE(an_empty_pool_is_a_named_drop),
	UNIT_CASE(keeps_the_order_of_a_burst),
	UNIT_CASE(sends_what_linux_gives_it),
};

UNIT_MAIN("dataplane/pipeline", cases)
