// SPDX-License-Identifier: BSD-3-Clause
// Packets too big, too old or without a way: cut, or their sender is told. RFC 791, 792, 1191, 1812.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <string.h>

static struct dp_session session;

static void
begin(void)
{
	session = rig_session(3);
	rig_open(NULL);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
}

static void
end(void)
{
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 0);
	CU_ASSERT_TRUE(rig_pool_is_full());
	CU_ASSERT_TRUE(rig_accounts_balance());
	rig_close();
}

static void
offer(const struct traffic *t, bool is_ul)
{
	static struct frame f;

	if (is_ul)
		traffic_ul(&f, t);
	else
		traffic_dl(&f, t);
	rig_receive(is_ul ? RIG_ACCESS : RIG_SGI, 0, &f);
	rig_run();
}

static bool
sends(unsigned int port, const struct frame *wanted)
{
	static struct frame got;

	return rig_sent(port, &got) && frame_equal(&got, wanted);
}

// Makes f, the offending packet, the ICMP error about it that goes to its sender.
static void
icmp_about(struct frame *f, uint32_t them, uint8_t type, uint8_t code, uint16_t mtu, uint16_t id)
{
	uint16_t sum;
	uint8_t *p;

	f->n = f->n < 548 ? f->n : 548; // 576 with both headers
	p = frame_push(f, 8);
	memset(p, 0, 8);
	p[0] = type;
	p[1] = code;
	p[6] = (uint8_t)(mtu >> 8);
	p[7] = (uint8_t)mtu;
	sum = frame_checksum(p, f->n);
	p[2] = (uint8_t)(sum >> 8);
	p[3] = (uint8_t)sum;
	frame_ipv4(f,
		&(struct frame_ipv4){
			.src = RIG_SGI_US, .dst = them, .proto = 1, .tos = 0xc0, .id = id });
}

static void
device_hears(const struct traffic *t, uint8_t type, uint8_t code, uint16_t mtu, uint16_t id)
{
	static struct frame f;

	traffic_ul_inner(&f, t);
	icmp_about(&f, rig_ue(&session), type, code, mtu, id);
	traffic_dl_wrap(&f, &session, (uint16_t)(id + 1));
	CU_ASSERT_TRUE(sends(RIG_ACCESS, &f));
}

static void
far_host_hears(const struct traffic *t, uint8_t type, uint8_t code, uint16_t mtu, uint16_t id)
{
	static struct frame f;

	traffic_dl_inner(&f, t);
	icmp_about(&f, RIG_FAR_HOST, type, code, mtu, id);
	traffic_to(&f, RIG_HOST, RIG_SGI, 0);
	CU_ASSERT_TRUE(sends(RIG_SGI, &f));
}

static void
tells_of_an_expired_time_to_live(void)
{
	struct traffic t = { .s = &session, .payload = 20, .inner.ttl = 1 };

	begin();
	offer(&t, true);
	device_hears(&t, 11, 0, 0, 0);
	offer(&t, false);
	far_host_hears(&t, 11, 0, 0, 2);
	CU_ASSERT_EQUAL(rig_dropped(UL_TTL), 1);
	CU_ASSERT_EQUAL(rig_dropped(DL_TTL), 1);
	CU_ASSERT_EQUAL(rig_count(icmp_error_tx), 2);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].ul.dropped_packets, 1);
	CU_ASSERT_EQUAL(rig.dp.in.usage[3].dl.dropped_bytes, 48);
	CU_ASSERT_EQUAL(rig_count(ul_packets) + rig_count(dl_packets), 0);
	end();
}

static void
quotes_no_more_than_576_bytes_hold(void)
{
	struct traffic t = { .s = &session, .payload = 1200, .inner.ttl = 1 };

	begin();
	offer(&t, true);
	device_hears(&t, 11, 0, 0, 0);
	offer(&t, false);
	far_host_hears(&t, 11, 0, 0, 2);
	end();
}

static void
tells_of_a_missing_route(void)
{
	struct traffic t = { .s = &session, .payload = 20 };

	begin();
	rig_route_remove(RIG_VRF_INTERNET, 0, 0);
	offer(&t, true);
	device_hears(&t, 3, 0, 0, 0);
	CU_ASSERT_EQUAL(rig_dropped(UL_NO_ROUTE), 1);
	t.inner.dst = RIG_SGI_US; // no device reaches this machine
	offer(&t, true);
	device_hears(&t, 3, 0, 0, 2);
	CU_ASSERT_EQUAL(rig_dropped(UL_NO_ROUTE), 2);
	// the error downlink finds no way either
	rig_route_remove(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24);
	offer(&t, true);
	CU_ASSERT_EQUAL(rig_dropped(UL_NO_ROUTE), 3);
	CU_ASSERT_EQUAL(rig_dropped(TX_NO_ROUTE), 1);
	t.inner = (struct frame_ipv4){ .src = RIG_HOST };
	offer(&t, false);
	CU_ASSERT_EQUAL(rig_dropped(DL_NO_ROUTE), 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	end();
}

static void
tells_the_right_mtu_where_cutting_is_forbidden(void)
{
	struct traffic t = { .s = &session, .payload = 1437, .is_df = true };

	begin();
	offer(&t, false); // 1465 + 36
	far_host_hears(&t, 3, 4, 1464, 0);
	t.payload = 1436;
	offer(&t, false);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	session.mtu = 1358;
	rig_put(&session);
	offer(&t, false);
	far_host_hears(&t, 3, 4, 1358, 2);
	rig.iface[2].mtu = 1280;
	rig_publish(RIG_VRF_INTERNET);
	t.payload = 1253;
	offer(&t, true);
	device_hears(&t, 3, 4, 1280, 3);
	t.payload = 1252;
	offer(&t, true);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	CU_ASSERT_EQUAL(rig_dropped(TOO_BIG), 3);
	CU_ASSERT_EQUAL(rig_count(packets_cut), 0);
	end();
}

static void
tells_nobody_about_what_must_not_be_answered(void)
{
	static const uint8_t errors[] = { 3, 4, 5, 11, 12 };
	static struct frame f;
	struct traffic t = { .s = &session, .payload = 20, .inner = { .ttl = 1, .fragment = 1 } };

	begin();
	offer(&t, true); // a later fragment
	offer(&t, false);
	t.inner.fragment = 0;
	t.inner.src = IP4(224, 0, 0, 1);
	offer(&t, false);
	t.inner.src = IP4(127, 0, 0, 1);
	offer(&t, false);
	t.inner.src = IP4(0, 1, 2, 3);
	offer(&t, false);
	t.inner.src = IP4(255, 255, 255, 255);
	offer(&t, false);
	t.inner.src = 0;
	t.inner.proto = 1;
	for (size_t i = 0; i < sizeof(errors); i++) {
		traffic_dl(&f, &t);
		frame_bytes(&f)[34] = errors[i];
		rig_receive(RIG_SGI, 0, &f);
	}
	rig_run();
	CU_ASSERT_EQUAL(rig_count(icmp_error_tx), 0);
	CU_ASSERT_EQUAL(rig_dropped(DL_TTL), 10);
	CU_ASSERT_EQUAL(rig_dropped(UL_TTL), 1);
	traffic_dl(&f, &t);
	frame_bytes(&f)[34] = 8; // an echo may be answered
	rig_receive(RIG_SGI, 0, &f);
	rig_run();
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 1);
	end();
}

// The fragments that leave this port, put together: the packet as it was, with one hop less.
static void
put_together(unsigned int port, uint16_t headers, uint16_t mtu, struct frame *whole)
{
	static struct frame f;
	uint16_t at = 0;
	bool more = true;

	frame_begin(whole);
	while (more && rig_sent(port, &f)) {
		const uint8_t *ip = frame_bytes(&f) + headers;
		uint16_t ihl = (ip[0] & 15) * 4, total = (uint16_t)(ip[2] << 8 | ip[3]);

		CU_ASSERT_EQUAL(frame_checksum(ip, ihl), 0);
		CU_ASSERT(total <= mtu && f.n == headers + total);
		CU_ASSERT_EQUAL((ip[6] << 8 | ip[7]) & 0x1fff, at / 8);
		more = ip[6] & 0x20;
		at += total - ihl;
		if (whole->n == 0)
			frame_copy(whole, ip, ihl);
		frame_copy(whole, ip + ihl, total - ihl);
	}
	CU_ASSERT_FALSE(more);
}

static void
equals_inner(struct frame *whole, const struct traffic *t, bool is_ul)
{
	static struct frame wanted;
	uint8_t *p = frame_bytes(whole);
	uint16_t sum;

	p[2] = (uint8_t)(whole->n >> 8);
	p[3] = (uint8_t)whole->n;
	p[6] = p[7] = p[10] = p[11] = 0;
	sum = frame_checksum(p, 20);
	p[10] = (uint8_t)(sum >> 8);
	p[11] = (uint8_t)sum;
	if (is_ul)
		traffic_ul_inner(&wanted, t);
	else
		traffic_dl_inner(&wanted, t);
	frame_bytes(&wanted)[8]--;
	frame_bytes(&wanted)[10]++; // RFC 1624
	CU_ASSERT_TRUE(frame_equal(whole, &wanted));
}

static void
cuts_what_may_be_cut(void)
{
	static struct frame whole;
	struct traffic t = { .s = &session, .payload = 1437 };

	begin();
	offer(&t, false);
	put_together(RIG_ACCESS, 50, 1464, &whole);
	equals_inner(&whole, &t, false);
	rig.iface[2].mtu = 600;
	rig_publish(RIG_VRF_INTERNET);
	t.payload = 1300;
	offer(&t, true);
	put_together(RIG_SGI, 14, 600, &whole);
	equals_inner(&whole, &t, true);
	CU_ASSERT_EQUAL(rig_count(packets_cut), 2);
	CU_ASSERT_EQUAL(rig_count(fragments_tx), 5);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 1);
	CU_ASSERT_EQUAL(rig_count(dl_packets), 1);
	CU_ASSERT_EQUAL(rig_count(dl_bytes), 1465);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

static void
cuts_for_a_neighbour_that_is_still_looked_for(void)
{
	static struct frame whole;
	struct traffic t = { .s = &session, .payload = 1300 };

	begin();
	rig.iface[2].mtu = 600;
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer(&t, true);
	CU_ASSERT_EQUAL(rig_count(neigh_held), 3);
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, true);
	rig_run();
	put_together(RIG_SGI, 14, 600, &whole);
	equals_inner(&whole, &t, true);
	end();
}

static void
only_tells_where_cutting_is_switched_off(void)
{
	struct rig_options o = { .cuts_nothing = true };
	struct traffic t = { .s = &session, .payload = 1437 };

	session = rig_session(3);
	rig_open(&o);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
	offer(&t, false);
	far_host_hears(&t, 3, 4, 1464, 0);
	rig.iface[2].mtu = 1280;
	rig_publish(RIG_VRF_INTERNET);
	offer(&t, true);
	device_hears(&t, 3, 4, 1280, 1);
	CU_ASSERT_EQUAL(rig_dropped(TOO_BIG), 2);
	CU_ASSERT_EQUAL(rig_count(packets_cut), 0);
	end();
}

static void
an_absurd_mtu_does_no_harm(void)
{
	struct traffic t = { .s = &session, .payload = 1000 };

	begin();
	for (uint16_t mtu = 1; mtu < 140; mtu++) {
		session.mtu = mtu;
		CU_ASSERT_EQUAL(rig_put(&session), 0);
		offer(&t, false);
		rig_discard_sent(RIG_ACCESS);
		rig_discard_sent(RIG_SGI);
	}
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(tells_of_an_expired_time_to_live),
	UNIT_CASE(quotes_no_more_than_576_bytes_hold),
	UNIT_CASE(tells_of_a_missing_route),
	UNIT_CASE(tells_the_right_mtu_where_cutting_is_forbidden),
	UNIT_CASE(tells_nobody_about_what_must_not_be_answered),
	UNIT_CASE(cuts_what_may_be_cut),
	UNIT_CASE(cuts_for_a_neighbour_that_is_still_looked_for),
	UNIT_CASE(only_tells_where_cutting_is_switched_off),
	UNIT_CASE(an_absurd_mtu_does_no_harm),
};

UNIT_MAIN("dataplane/icmp_error", cases)
