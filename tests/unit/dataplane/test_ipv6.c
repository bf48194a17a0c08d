// SPDX-License-Identifier: BSD-3-Clause
// User packets of IPv6 through all stages, and tunnels to SGWs of IPv6.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define ETHER_IPV6 0x86dd
#define UE "2001:db8:100:7::5"
#define GATEWAY "fe80::1"

static struct dp_session session;

static void
begin_with(const struct rig_options *o, bool is_alone, bool by_ipv6)
{
	rig_open(o);
	session = rig_session(3);
	rig_session_prefix(&session, 7, is_alone);
	if (by_ipv6)
		rig_session_by_ipv6(&session);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
}

static void
begin(void)
{
	begin_with(NULL, true, false);
}

static void
end(void)
{
	CU_ASSERT_TRUE(rig_close_clean());
}

// ---- Frames

static void
link_frame(struct frame *f, uint8_t last, unsigned int port, bool to_us)
{
	uint8_t mac[6];

	rig_mac(last, mac);
	if (to_us)
		frame_ether(f, rig_port_mac[port], mac, 0, ETHER_IPV6);
	else
		frame_ether(f, mac, rig_port_mac[port], 0, ETHER_IPV6);
}

static void
udp_packet(struct frame *f, const char *src, const char *dst, uint8_t hops, uint16_t payload)
{
	frame_begin(f);
	frame_payload(f, payload, 9);
	frame_udp(f, 5001, 5002);
	frame_ipv6(f, &(struct frame_ipv6){ .src = src, .dst = dst, .hops = hops });
}

// Puts what f is into the session's tunnel, as the SGW does and as we do.
static void
wrap_ul(struct frame *f)
{
	frame_gtpu(f, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(f, 2152, 2152);
	if (session.peer.family == 6) {
		frame_ipv6(f, &(struct frame_ipv6){ .src = RIG_SGW6, .dst = RIG_US6 });
		link_frame(f, 2, RIG_ACCESS, true);
		return;
	}
	frame_ipv4(f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	traffic_from(f, RIG_SGW, RIG_ACCESS, 0);
}

static void
wrap_dl(struct frame *f, uint16_t id)
{
	if (session.peer.family == 4) {
		traffic_dl_wrap(f, &session, id);
		return;
	}
	frame_gtpu(f, &(struct frame_gtpu){ .teid = session.peer_teid });
	frame_udp(f, 2152, 2152);
	frame_ipv6(f,
		&(struct frame_ipv6){ .src = RIG_US6,
			.dst = RIG_SGW6,
			.traffic_class = (uint8_t)(session.dscp << 2) });
	link_frame(f, 2, RIG_ACCESS, false);
}

static void
receive(unsigned int port, struct frame *f)
{
	rig_receive(port, 0, f);
	rig_run();
}

static void
receive_ul(const char *src, const char *dst, uint8_t hops, uint16_t payload)
{
	static struct frame f;

	udp_packet(&f, src, dst, hops, payload);
	wrap_ul(&f);
	receive(RIG_ACCESS, &f);
}

static void
receive_dl(const char *dst, uint8_t hops, uint16_t payload)
{
	static struct frame f;

	udp_packet(&f, RIG_FAR_HOST6, dst, hops, payload);
	link_frame(&f, 2, RIG_SGI, true);
	receive(RIG_SGI, &f);
}

static bool
sent_is(unsigned int port, const struct frame *wanted)
{
	static struct frame got;

	return rig_sent(port, &got) && frame_equal(&got, wanted);
}

// The inner packet of the next frame to the SGW, which must be right around it.
static bool
sent_to_device(struct frame *inner)
{
	static struct frame got, wanted;
	uint16_t outer;

	if (!rig_sent(RIG_ACCESS, &got))
		return false;
	outer = (uint16_t)(14 + (session.peer.family == 6 ? 56 : 36));
	frame_begin(inner);
	frame_copy(inner, frame_bytes(&got) + outer, got.n - outer);
	wanted = *inner;
	wrap_dl(&wanted, (uint16_t)(frame_bytes(&got)[18] << 8 | frame_bytes(&got)[19]));
	return frame_equal(&got, &wanted);
}

static uint16_t
at16(struct frame *f, uint16_t at)
{
	return (uint16_t)(frame_bytes(f)[at] << 8 | frame_bytes(f)[at + 1]);
}

static bool
has_addr(struct frame *f, uint16_t at, const char *text)
{
	struct dp_addr a = rig_addr6(text);

	return memcmp(frame_bytes(f) + at, a.bytes, 16) == 0;
}

// True if the IPv6 packet's ICMPv6 message has its right checksum.
static bool
icmp_is_sound(struct frame *f)
{
	static struct frame again;
	uint16_t payload = at16(f, 4), checksum = at16(f, 42);
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, frame_bytes(f) + 8, src, sizeof(src));
	inet_ntop(AF_INET6, frame_bytes(f) + 24, dst, sizeof(dst));
	frame_begin(&again);
	frame_copy(&again, frame_bytes(f) + 40, payload);
	frame_ipv6(&again, &(struct frame_ipv6){ .src = src, .dst = dst, .proto = 58 });
	return f->n == 40 + payload && frame_bytes(f)[6] == 58 && at16(&again, 42) == checksum;
}

// ---- Both ways

static void
carries_both_ways(bool is_alone, bool by_ipv6)
{
	static struct frame wanted;

	begin_with(NULL, is_alone, by_ipv6);
	receive_ul(UE, RIG_FAR_HOST6, 64, 100);
	udp_packet(&wanted, UE, RIG_FAR_HOST6, 63, 100);
	link_frame(&wanted, 2, RIG_SGI, false);
	CU_ASSERT_TRUE(sent_is(RIG_SGI, &wanted));
	receive_dl(UE, 64, 101);
	udp_packet(&wanted, RIG_FAR_HOST6, UE, 63, 101);
	wrap_dl(&wanted, 0);
	CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].ul.packets, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].ul.bytes, 148);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].dl.bytes, 149);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 1);
	CU_ASSERT_EQUAL(rig_count(dl_packets), 1);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

static void
carries_ipv6_over_both_families(void)
{
	carries_both_ways(true, false);
	carries_both_ways(false, false);
	carries_both_ways(true, true);
	carries_both_ways(false, true);
}

// The rest of what IPv4 does over an IPv6 tunnel: sizes differ, and the UDP checksum is there.
static void
carries_ipv4_over_ipv6(void)
{
	static struct frame f, wanted;
	struct traffic t = { .s = &session, .payload = 10 };

	begin_with(NULL, false, true);
	traffic_ul_inner(&f, &t);
	wrap_ul(&f);
	receive(RIG_ACCESS, &f);
	traffic_ul_out(&wanted, &t);
	CU_ASSERT_TRUE(sent_is(RIG_SGI, &wanted));
	for (uint16_t payload = 0; payload < 40; payload++) { // odd and even lengths
		t.payload = payload;
		t.inner.ttl = 0;
		traffic_dl(&f, &t);
		receive(RIG_SGI, &f);
		t.inner.ttl = 63;
		traffic_dl_inner(&wanted, &t);
		wrap_dl(&wanted, 0);
		CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	}
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

static void
cuts_and_refuses_ipv4_by_the_room_of_an_ipv6_tunnel(void)
{
	static struct frame f;
	struct traffic t = { .s = &session, .payload = 1444 - 28 };

	begin_with(NULL, false, true);
	traffic_dl(&f, &t);
	receive(RIG_SGI, &f); // 1444 + 56 = 1500
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	t.payload++;
	traffic_dl(&f, &t);
	receive(RIG_SGI, &f);
	CU_ASSERT_EQUAL(rig_count(packets_cut), 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 2);
	t.is_df = true;
	traffic_dl(&f, &t);
	receive(RIG_SGI, &f);
	CU_ASSERT_EQUAL(rig_dropped(TOO_BIG), 1);
	CU_ASSERT_TRUE(rig_sent(RIG_SGI, &f));
	CU_ASSERT_EQUAL(at16(&f, 14 + 20 + 6), 1444); // the MTU of the ICMP error
	end();
}

// ---- What may not pass

static void
only_the_sessions_prefix_is_a_source(void)
{
	begin();
	receive_ul("2001:db8:100:8::5", RIG_FAR_HOST6, 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 1);
	receive_ul("fe80::5", RIG_FAR_HOST6, 64, 10);
	receive_ul("::", RIG_FAR_HOST6, 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 3);
	receive_ul("2001:db8:100:7:ffff::1", RIG_FAR_HOST6, 64, 10); // any identifier
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].ul.dropped_packets, 3);
	end();
}

static void
nothing_of_the_link_is_forwarded(void)
{
	begin();
	receive_ul(UE, "ff02::fb", 64, 10);
	receive_ul(UE, "ff05::2", 64, 10);
	receive_ul(UE, "fe80::9", 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(LINK_SCOPE), 3);
	receive_ul("fe80::5", "ff02::16", 1, 10); // to the gateway, which needs no listener reports
	receive_ul("fe80::5", GATEWAY, 64, 10);
	CU_ASSERT_EQUAL(rig_count(nd_rx), 2);
	end();
}

static void
a_session_without_ipv6_sends_none(void)
{
	begin_with(NULL, true, false);
	session = rig_session(4);
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	receive_ul(UE, RIG_FAR_HOST6, 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(WRONG_INNER), 1);
	end();
}

static void
a_session_without_ipv4_sends_none(void)
{
	static struct frame f;
	struct traffic t = { .s = &session, .payload = 10 };

	begin();
	t.inner.src = IP4(100, 64, 0, 4);
	traffic_ul(&f, &t);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 1);
	end();
}

static void
broken_inner_headers_are_named(void)
{
	static struct frame f;

	begin();
	for (uint16_t n = 1; n < 48; n++) { // every truncation
		udp_packet(&f, UE, RIG_FAR_HOST6, 64, 0);
		f.n = n;
		wrap_ul(&f);
		receive(RIG_ACCESS, &f);
	}
	CU_ASSERT_EQUAL(rig_dropped(BAD_INNER), 47);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 0);
	end();
}

static void
gates_and_rates_hold(void)
{
	begin();
	session.flags = DP_SESSION_UL_CLOSED | DP_SESSION_DL_CLOSED;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	receive_ul(UE, RIG_FAR_HOST6, 64, 10);
	receive_dl(UE, 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(UL_CLOSED), 1);
	CU_ASSERT_EQUAL(rig_dropped(DL_CLOSED), 1);
	session.flags = 0;
	session.ul_bps = session.dl_bps = 8000;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	for (int i = 0; i < 6; i++) {
		receive_ul(UE, RIG_FAR_HOST6, 64, 952);
		receive_dl(UE, 64, 952);
	}
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR), 3);
	CU_ASSERT_EQUAL(rig_dropped(DL_OVER_AMBR), 3);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 3);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 3);
	end();
}

static void
an_address_of_a_pool_without_a_session_is_nobodys(void)
{
	begin();
	receive_dl("2001:db8:100:8::5", 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(NO_SESSION), 1);
	receive_dl("2001:db8:200:8::5", 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(NOT_LOCAL), 1);
	receive_ul(UE, "2001:db8:100:8::5", 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(BLACKHOLE), 1);
	end();
}

// ---- ICMPv6 errors

static void
error_goes_back(unsigned int port, uint8_t type, uint32_t mtu, const char *src, const char *dst)
{
	static struct frame f;

	if (port == RIG_SGI) {
		CU_ASSERT_TRUE_FATAL(rig_sent(RIG_SGI, &f));
		f.at += 14;
		f.n -= 14;
	} else {
		CU_ASSERT_TRUE_FATAL(sent_to_device(&f));
	}
	CU_ASSERT_TRUE(icmp_is_sound(&f));
	CU_ASSERT_EQUAL(frame_bytes(&f)[40], type);
	CU_ASSERT_EQUAL((uint32_t)at16(&f, 44) << 16 | at16(&f, 46), mtu);
	CU_ASSERT_TRUE(has_addr(&f, 8, src));
	CU_ASSERT_TRUE(has_addr(&f, 24, dst));
	CU_ASSERT(f.n <= 1280);
}

static void
errors_tell_the_sender(void)
{
	begin();
	receive_ul(UE, RIG_FAR_HOST6, 1, 10);
	error_goes_back(RIG_ACCESS, 3, 0, RIG_SGI_US6, UE);
	receive_dl(UE, 1, 10);
	error_goes_back(RIG_SGI, 3, 0, RIG_SGI_US6, RIG_FAR_HOST6);
	receive_dl(UE, 64, 1500 - 48);
	error_goes_back(RIG_SGI, 2, 1500 - 36, RIG_SGI_US6, RIG_FAR_HOST6);
	receive_ul(UE, RIG_SGI_US6, 64, 10); // our own address is nobody's to reach
	error_goes_back(RIG_ACCESS, 1, 0, RIG_SGI_US6, UE);
	CU_ASSERT_EQUAL(rig_dropped(UL_TTL), 1);
	CU_ASSERT_EQUAL(rig_dropped(DL_TTL), 1);
	CU_ASSERT_EQUAL(rig_dropped(TOO_BIG), 1);
	CU_ASSERT_EQUAL(rig_dropped(UL_NO_ROUTE), 1);
	CU_ASSERT_EQUAL(rig_count(icmp_error_tx), 4);
	end();
}

static void
the_mtu_that_the_device_was_told_holds(void)
{
	begin_with(NULL, true, true);
	session.mtu = 1400;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	receive_dl(UE, 64, 1400 - 48);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	receive_dl(UE, 64, 1401 - 48);
	error_goes_back(RIG_SGI, 2, 1400, RIG_SGI_US6, RIG_FAR_HOST6);
	end();
}

static void
no_errors_about_errors(void)
{
	static struct frame f;
	static const uint8_t unreachable[48] = { 1, 0 }, echo[48] = { 128, 0 };

	begin();
	for (unsigned int i = 0; i < 2; i++) {
		frame_begin(&f);
		frame_copy(&f, i ? echo : unreachable, 48);
		frame_ipv6(&f,
			&(struct frame_ipv6){
				.src = UE, .dst = RIG_FAR_HOST6, .hops = 1, .proto = 58 });
		wrap_ul(&f);
		receive(RIG_ACCESS, &f);
		CU_ASSERT_EQUAL(rig_count(icmp_error_tx), i);
	}
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	end();
}

// ---- Linux's share

static void
what_is_for_linux_is_punted(void)
{
	static const char *const to[] = { RIG_SGI_US6, "fe80::2:3", "ff02::1" };
	static struct frame f, got;

	begin();
	for (unsigned int i = 0; i < 3; i++) {
		udp_packet(&f, RIG_HOST6, to[i], 255, 10);
		link_frame(&f, 2, RIG_SGI, true);
		receive(RIG_SGI, &f);
		CU_ASSERT_TRUE(rig_punted(0, DP_PUNT_OTHER, &got) && frame_equal(&got, &f));
	}
	udp_packet(&f, RIG_SGW6, "2001:db8:9::1", 64, 10);
	link_frame(&f, 2, RIG_ACCESS, true);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_dropped(NOT_LOCAL), 1);
	udp_packet(&f, RIG_SGW6, RIG_US6, 64, 10); // our address, but not GTP-U's port
	link_frame(&f, 2, RIG_ACCESS, true);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_TRUE(rig_punted(0, DP_PUNT_OTHER, &got));
	end();
}

static void
waits_for_its_neighbour(void)
{
	static struct frame wanted;
	struct resolve_request r;
	struct dp_addr host = rig_addr6(RIG_HOST6);

	begin();
	rig_neighbour6(RIG_VRF_INTERNET, RIG_HOST6, false);
	receive_ul(UE, RIG_FAR_HOST6, 64, 10);
	CU_ASSERT_EQUAL(rig_count(neigh_held), 1);
	CU_ASSERT_EQUAL(rte_ring_sc_dequeue_elem(rig_worker(0)->lane.resolve, &r, sizeof(r)), 0);
	CU_ASSERT_EQUAL(memcmp(&r.addr, &host, sizeof(host)), 0);
	rig_neighbour6(RIG_VRF_INTERNET, RIG_HOST6, true);
	rig_run();
	udp_packet(&wanted, UE, RIG_FAR_HOST6, 63, 10);
	link_frame(&wanted, 2, RIG_SGI, false);
	CU_ASSERT_TRUE(sent_is(RIG_SGI, &wanted));
	end();
}

static void
the_next_hop_follows_the_routes(void)
{
	begin();
	receive_ul(UE, "2001:db8:300::1", 64, 10);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	rig_route6(RIG_VRF_INTERNET, "2001:db8:300::", 48, DP_ROUTE_BLACKHOLE, NULL, 2);
	receive_ul(UE, "2001:db8:300::1", 64, 10);
	receive_ul(UE, "2001:db8:300:ffff::1", 64, 10);
	CU_ASSERT_EQUAL(rig_dropped(BLACKHOLE), 2);
	receive_ul(UE, "2001:db8:301::1", 64, 10);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	end();
}

// ---- Several workers

static unsigned int
worker_of_prefix(uint16_t n)
{
	uint8_t prefix[8] = { 0x20, 1, 0x0d, 0xb8, 1, 0, (uint8_t)(n >> 8), (uint8_t)n };

	return rig.dp.in.shm->shard_worker[dp_shard_of(prefix, 8)];
}

// The /64 is found by its owner, whoever receives; as a second address by way of its alias.
static void
owners_and_aliases_are_found(void)
{
	static const struct rig_options o = {
		.n_workers = 3, .n_rxq = { 1, 1 }, .n_txq = { 3, 3 }
	};
	struct dp_request r = { .op = DP_OP_ALIAS_PUT };
	struct dp_reply reply;
	unsigned int owner, other;
	uint64_t handed;
	char ue[64];
	uint16_t n = 0;

	begin_with(&o, true, false);
	owner = rig.dp.in.shm->shard_worker[session.teid & 0xff];
	receive_dl(UE, 64, 10);
	CU_ASSERT_EQUAL(rig_worker(owner)->count->dl_packets, 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	session = rig_session(4);
	owner = rig.dp.in.shm->shard_worker[session.teid & 0xff];
	while (worker_of_prefix(n) == owner || worker_of_prefix(n) == 0)
		n++;
	other = worker_of_prefix(n);
	rig_session_prefix(&session, n, false);
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	r.alias = (struct dp_alias){
		.vrf = session.vrf, .family = 6, .shard = (uint8_t)session.teid
	};
	memcpy(r.alias.bytes, session.ue_ipv6_prefix, 8);
	CU_ASSERT_TRUE(rig_request(other, &r, &reply));
	CU_ASSERT_EQUAL(reply.done.result, 0);
	snprintf(ue, sizeof(ue), "2001:db8:100:%x::1", n);
	handed = rig_worker(other)->count->handoff_in;
	receive_dl(ue, 64, 10);
	CU_ASSERT_EQUAL(rig_worker(other)->count->handoff_in - handed, 1);
	CU_ASSERT_EQUAL(rig_worker(other)->count->handoff_out, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[4].dl.packets, 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

// ---- GTP-U's own messages over IPv6

static void
message(struct frame *f, uint8_t type, const uint8_t *ies, uint8_t n, uint32_t teid, bool to_us)
{
	frame_begin(f);
	frame_copy(f, ies, n);
	frame_gtpu(f,
		&(struct frame_gtpu){
			.flags = type == 254 ? 0x30 : 0x32, .type = type, .teid = teid });
	frame_udp(f, 2152, 2152);
	frame_ipv6(f,
		to_us ? &(struct frame_ipv6){ .src = RIG_SGW6, .dst = RIG_US6 }
		      : &(struct frame_ipv6){ .src = RIG_US6, .dst = RIG_SGW6 });
	link_frame(f, 2, RIG_ACCESS, to_us);
}

static void
answers_echo_and_unknown_teids(void)
{
	static const uint8_t recovery[] = { 14, 0 };
	static struct frame f, wanted;
	uint8_t ies[24] = { 16, 0x12, 0x34, 0x56, 0x78, 133, 0, 16 };
	struct dp_addr us = rig_addr6(RIG_US6);

	begin_with(NULL, true, true);
	message(&f, 1, NULL, 0, 0, true);
	receive(RIG_ACCESS, &f);
	message(&wanted, 2, recovery, sizeof(recovery), 0, false);
	CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	message(&f, 255, NULL, 0, 0x12345678, true);
	receive(RIG_ACCESS, &f);
	memcpy(ies + 8, us.bytes, 16);
	message(&wanted, 26, ies, sizeof(ies), 0, false);
	CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	end();
}

static void
reports_error_indications_and_sends_end_markers(void)
{
	static struct frame f, wanted;
	uint8_t ies[24] = { 16, 0x20, 0, 0, 3, 133, 0, 16 };
	struct dp_addr sgw = rig_addr6(RIG_SGW6);
	struct dp_reply event;

	begin_with(NULL, true, true);
	memcpy(ies + 8, sgw.bytes, 16);
	message(&f, 26, ies, sizeof(ies), 0, true);
	receive(RIG_ACCESS, &f);
	CU_ASSERT_TRUE(rig_event(0, &event));
	CU_ASSERT_EQUAL(memcmp(&event.error_indication.source, &sgw, sizeof(sgw)), 0);
	CU_ASSERT_EQUAL(memcmp(&event.error_indication.peer, &sgw, sizeof(sgw)), 0);
	CU_ASSERT_EQUAL(event.error_indication.teid, 0x20000003);
	session.peer = rig_addr6("fd00:10::3");
	session.flags = DP_SESSION_END_MARKER;
	CU_ASSERT_EQUAL(rig_put(&session), 0);
	message(&wanted, 254, NULL, 0, session.peer_teid, false);
	rig_run();
	CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	end();
}

static void
a_peer_has_one_family(void)
{
	begin();
	session.peer = rig_addr6(RIG_SGW6);
	CU_ASSERT_EQUAL(rig_put(&session), -EINVAL);
	session.local = rig_addr6("fd00:10::9"); // not ours
	CU_ASSERT_EQUAL(rig_put(&session), -EINVAL);
	session.local = rig_addr6(RIG_US6);
	session.peer = rig_addr6("::");
	CU_ASSERT_EQUAL(rig_put(&session), -EINVAL);
	end();
}

// ---- Outer fragments and extension headers

static void
receive_fragment(const struct frame *whole, uint16_t from, uint16_t bytes, bool has_more)
{
	static struct frame f;
	uint8_t *p;
	uint16_t bits = (uint16_t)(from | has_more);

	frame_begin(&f);
	frame_copy(&f, whole->room + whole->at + from, bytes);
	p = frame_push(&f, 8);
	memset(p, 0, 8);
	p[0] = 17;
	p[2] = (uint8_t)(bits >> 8);
	p[3] = (uint8_t)bits;
	p[7] = 42;
	frame_ipv6(&f,
		&(struct frame_ipv6){
			.src = RIG_SGW6, .dst = RIG_US6, .proto = 44, .is_checksum_kept = true });
	link_frame(&f, 2, RIG_ACCESS, true);
	receive(RIG_ACCESS, &f);
}

static void
outer_fragments_become_whole(void)
{
	static struct frame whole, wanted;

	begin_with(NULL, true, true);
	udp_packet(&whole, UE, RIG_FAR_HOST6, 64, 1000);
	frame_gtpu(&whole, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(&whole, 2152, 2152);
	receive_fragment(&whole, 0, 512, true);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 0);
	receive_fragment(&whole, 512, (uint16_t)(whole.n - 512), false);
	CU_ASSERT_EQUAL(rig_count(reassembled), 1);
	udp_packet(&wanted, UE, RIG_FAR_HOST6, 63, 1000);
	link_frame(&wanted, 2, RIG_SGI, false);
	CU_ASSERT_TRUE(sent_is(RIG_SGI, &wanted));
	receive_fragment(&whole, 0, 511, true); // not a multiple of 8
	CU_ASSERT_EQUAL(rig_dropped(BAD_IP), 1);
	receive_fragment(&whole, 0, 512, true);
	rig_wait_us(2000000);
	rig_wait_us(2000000);
	CU_ASSERT_EQUAL(rig_dropped(FRAGMENT), 1);
	rig_discard_sent(RIG_ACCESS); // advertisements
	end();
}

static void
receive_behind_options(uint8_t length)
{
	static struct frame f;
	uint8_t *p;

	udp_packet(&f, UE, RIG_FAR_HOST6, 64, 10);
	frame_gtpu(&f, &(struct frame_gtpu){ .teid = session.teid });
	frame_udp(&f, 2152, 2152);
	p = frame_push(&f, 8);
	memset(p, 0, 8);
	p[0] = 17;
	p[1] = length;
	p[2] = 1; // PadN of 4 octets
	p[3] = 4;
	frame_ipv6(&f,
		&(struct frame_ipv6){
			.src = RIG_SGW6, .dst = RIG_US6, .proto = 60, .is_checksum_kept = true });
	link_frame(&f, 2, RIG_ACCESS, true);
	receive(RIG_ACCESS, &f);
}

static void
outer_options_are_stepped_over(void)
{
	begin_with(NULL, true, true);
	receive_behind_options(0);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	receive_behind_options(200); // over the end
	CU_ASSERT_EQUAL(rig_dropped(BAD_IP), 1);
	end();
}

// ---- Dedicated bearers

static struct dp_bearers bearers;

// One bearer, whose packets downlink are those from port 5001 of the prefix of the far host.
static void
put_bearer(uint32_t flags, uint64_t bps)
{
	struct dp_addr far = rig_addr6(RIG_FAR_HOST6);
	uint32_t refused = 1;

	bearers = (struct dp_bearers){ .n_bearers = 1, .n_filters = 1 };
	bearers.bearer[0] = rig_bearer(&session, 0);
	bearers.bearer[0].flags = flags;
	bearers.bearer[0].ul_bps = bearers.bearer[0].dl_bps = bps;
	bearers.filter[0] = (struct dp_filter){ .family = 6,
		.fields = DP_FILTER_REMOTE_PORT,
		.remote_port_min = 5001,
		.remote_port_max = 5001 };
	memcpy(bearers.filter[0].remote, far.bytes, 16);
	memset(bearers.filter[0].remote_mask, 0xff, 8);
	CU_ASSERT_EQUAL_FATAL(rig_put_bearers(&session, &bearers, &refused), 0);
	CU_ASSERT_EQUAL(refused, 0);
}

// The session's frames are those of the bearer from here on, or again its own.
static void
by_bearer(bool is_by)
{
	static struct dp_session own;

	if (!is_by) {
		session = own;
		return;
	}
	own = session;
	session.teid = bearers.bearer[0].teid;
	session.peer_teid = bearers.bearer[0].peer_teid;
	session.peer = bearers.bearer[0].peer;
	session.dscp = bearers.bearer[0].dscp;
}

static void
filters_choose_the_bearer(void)
{
	static struct frame f, wanted;

	begin();
	put_bearer(0, 0);
	receive_dl(UE, 64, 100);
	by_bearer(true);
	udp_packet(&wanted, RIG_FAR_HOST6, UE, 63, 100);
	wrap_dl(&wanted, 0);
	CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	by_bearer(false);
	udp_packet(&f, RIG_HOST6, UE, 64, 100);
	link_frame(&f, 2, RIG_SGI, true);
	receive(RIG_SGI, &f);
	udp_packet(&wanted, RIG_HOST6, UE, 63, 100);
	wrap_dl(&wanted, 1);
	CU_ASSERT_TRUE(sent_is(RIG_ACCESS, &wanted));
	CU_ASSERT_EQUAL(rig.dp.in.usage[rig.config.sessions_max].dl.packets, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].dl.packets, 1);
	end();
}

static void
a_bearers_tunnel_leads_out(void)
{
	static struct frame wanted;

	begin();
	put_bearer(0, 0);
	by_bearer(true);
	receive_ul(UE, RIG_FAR_HOST6, 64, 100);
	udp_packet(&wanted, UE, RIG_FAR_HOST6, 63, 100);
	link_frame(&wanted, 2, RIG_SGI, false);
	CU_ASSERT_TRUE(sent_is(RIG_SGI, &wanted));
	receive_ul("2001:db8:100:8::5", RIG_FAR_HOST6, 64, 100);
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[rig.config.sessions_max].ul.packets, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[rig.config.sessions_max].ul.dropped_packets, 1);
	by_bearer(false);
	end();
}

// Each packet has 1048 bytes; a bucket holds 3000, or 100 ms of the rate.
static void
bearers_share_the_ambr_and_have_their_mbr(void)
{
	begin();
	session.ul_bps = session.dl_bps = 8000;
	put_bearer(DP_BEARER_IN_AMBR, 0);
	by_bearer(true);
	for (int i = 0; i < 3; i++)
		receive_ul(UE, RIG_FAR_HOST6, 64, 1000);
	by_bearer(false);
	receive_ul(UE, RIG_FAR_HOST6, 64, 1000);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 2);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_AMBR), 2);
	for (int i = 0; i < 3; i++)
		receive_dl(UE, 64, 1000);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 2);
	CU_ASSERT_EQUAL(rig_dropped(DL_OVER_AMBR), 1);
	put_bearer(0, 8000);
	for (int i = 0; i < 3; i++)
		receive_dl(UE, 64, 1000);
	by_bearer(true);
	for (int i = 0; i < 3; i++)
		receive_ul(UE, RIG_FAR_HOST6, 64, 1000);
	by_bearer(false);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 2);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 2);
	CU_ASSERT_EQUAL(rig_dropped(DL_OVER_MBR), 1);
	CU_ASSERT_EQUAL(rig_dropped(UL_OVER_MBR), 1);
	end();
}

// The device has one link, whichever tunnel a solicitation comes by.
static void
a_solicitation_by_a_bearer_is_answered(void)
{
	static const uint8_t solicitation[8] = { 133 };
	static struct frame f;

	begin();
	put_bearer(0, 0);
	by_bearer(true);
	frame_begin(&f);
	frame_copy(&f, solicitation, sizeof(solicitation));
	frame_ipv6(&f,
		&(struct frame_ipv6){
			.src = "fe80::5", .dst = "ff02::2", .hops = 255, .proto = 58 });
	wrap_ul(&f);
	receive(RIG_ACCESS, &f);
	by_bearer(false);
	CU_ASSERT_TRUE(sent_to_device(&f)); // by the default bearer
	CU_ASSERT_EQUAL(frame_bytes(&f)[40], 134);
	CU_ASSERT_EQUAL(rig_count(ra_tx), 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[rig.config.sessions_max].ul.dropped_packets, 0);
	end();
}

static void
no_ipv4_address_is_no_source(void)
{
	static struct frame f;
	struct traffic t = { .s = &session, .payload = 10 };

	begin();
	traffic_ul(&f, &t); // the session has none: from 0.0.0.0
	receive(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 1);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(carries_ipv6_over_both_families),
	UNIT_CASE(carries_ipv4_over_ipv6),
	UNIT_CASE(cuts_and_refuses_ipv4_by_the_room_of_an_ipv6_tunnel),
	UNIT_CASE(only_the_sessions_prefix_is_a_source),
	UNIT_CASE(nothing_of_the_link_is_forwarded),
	UNIT_CASE(a_session_without_ipv6_sends_none),
	UNIT_CASE(a_session_without_ipv4_sends_none),
	UNIT_CASE(broken_inner_headers_are_named),
	UNIT_CASE(gates_and_rates_hold),
	UNIT_CASE(an_address_of_a_pool_without_a_session_is_nobodys),
	UNIT_CASE(errors_tell_the_sender),
	UNIT_CASE(the_mtu_that_the_device_was_told_holds),
	UNIT_CASE(no_errors_about_errors),
	UNIT_CASE(what_is_for_linux_is_punted),
	UNIT_CASE(waits_for_its_neighbour),
	UNIT_CASE(the_next_hop_follows_the_routes),
	UNIT_CASE(owners_and_aliases_are_found),
	UNIT_CASE(answers_echo_and_unknown_teids),
	UNIT_CASE(reports_error_indications_and_sends_end_markers),
	UNIT_CASE(a_peer_has_one_family),
	UNIT_CASE(outer_fragments_become_whole),
	UNIT_CASE(outer_options_are_stepped_over),
	UNIT_CASE(no_ipv4_address_is_no_source),
	UNIT_CASE(filters_choose_the_bearer),
	UNIT_CASE(a_bearers_tunnel_leads_out),
	UNIT_CASE(bearers_share_the_ambr_and_have_their_mbr),
	UNIT_CASE(a_solicitation_by_a_bearer_is_answered),
};

UNIT_MAIN("dataplane/ipv6", cases)
