// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

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
offer_ul(uint32_t dst, uint8_t seed)
{
	struct traffic t = { .s = &session, .payload = 20, .inner.dst = dst, .seed = seed };
	static struct frame f;

	traffic_ul(&f, &t);
	rig_receive(RIG_ACCESS, 0, &f);
	rig_run();
}

static void
offer_dl(uint8_t seed)
{
	struct traffic t = { .s = &session, .payload = 20, .seed = seed };
	static struct frame f;

	traffic_dl(&f, &t);
	rig_receive(RIG_SGI, 0, &f);
	rig_run();
}

// What offer_ul gave, out to this next hop.
static bool
sends_ul(uint32_t dst, uint8_t seed, uint32_t next_hop)
{
	struct traffic t = { .s = &session, .payload = 20, .inner.dst = dst, .seed = seed };
	static struct frame got, wanted;

	traffic_ul_out(&wanted, &t);
	wanted.at += 14, wanted.n -= 14;
	traffic_to(&wanted, next_hop, RIG_SGI, 0);
	return rig_sent(RIG_SGI, &got) && frame_equal(&got, &wanted);
}

static bool
asks_for(uint32_t gateway, uint16_t iface)
{
	struct resolve_request r;

	return rte_ring_sc_dequeue_elem(rig_worker(0)->lane.resolve, &r, sizeof(r)) == 0 &&
		r.addr.family == 4 && rig_addr4(&r.addr) == gateway && r.iface == iface;
}

static bool
asks_no_more(void)
{
	return rte_ring_empty(rig_worker(0)->lane.resolve);
}

static void
waits_and_goes_once_the_gateway_is_known(void)
{
	begin();
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	for (uint8_t i = 0; i < 4; i++)
		offer_ul(RIG_FAR_HOST + i, i);
	CU_ASSERT_TRUE(asks_for(RIG_HOST, 2));
	CU_ASSERT_TRUE(asks_no_more());
	CU_ASSERT_EQUAL(rig_count(neigh_held), 4);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 0);
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, true);
	rig_run();
	for (uint8_t i = 0; i < 4; i++)
		CU_ASSERT_TRUE(sends_ul(RIG_FAR_HOST + i, i, RIG_HOST));
	CU_ASSERT_EQUAL(rig_count(neigh_released), 4);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 4);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

static void
asks_for_each_destination_on_the_link(void)
{
	begin();
	for (uint8_t i = 0; i < 3; i++)
		offer_ul(IP4(10, 20, 0, 10) + i, i);
	for (uint8_t i = 0; i < 3; i++)
		CU_ASSERT_TRUE(asks_for(IP4(10, 20, 0, 10) + i, 2));
	rig_neighbour(RIG_VRF_INTERNET, IP4(10, 20, 0, 11), true);
	rig_run();
	CU_ASSERT_TRUE(sends_ul(IP4(10, 20, 0, 11), 1, IP4(10, 20, 0, 11)));
	CU_ASSERT_EQUAL(rig_worker(0)->neigh.n, 2);
	rig_wait_us(1000001);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_TIMEOUT), 2);
	end();
}

static void
holds_four_for_a_neighbour(void)
{
	begin();
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	for (uint8_t i = 0; i < 10; i++)
		offer_ul(RIG_FAR_HOST, i);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_FULL), 6);
	offer_ul(IP4(10, 20, 0, 10), 0); // another neighbour has room
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_FULL), 6);
	rig_wait_us(999999);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_TIMEOUT), 0);
	rig_wait_us(2);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_TIMEOUT), 5);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 11);
	end();
}

static void
holds_256_in_all(void)
{
	begin();
	rig_route(RIG_VRF_INTERNET, IP4(10, 21, 0, 0), 16, DP_ROUTE_FORWARD, 0, 2);
	for (uint32_t i = 0; i < 300; i++)
		offer_ul(IP4(10, 21, 0, 0) + i, (uint8_t)i);
	CU_ASSERT_EQUAL(rig_worker(0)->neigh.n, 256);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_FULL), 44);
	rig_neighbour(RIG_VRF_INTERNET, IP4(10, 21, 0, 7), true);
	rig_run();
	CU_ASSERT_TRUE(sends_ul(IP4(10, 21, 0, 7), 7, IP4(10, 21, 0, 7)));
	offer_ul(IP4(10, 21, 1, 200), 9); // there is room again
	CU_ASSERT_EQUAL(rig_worker(0)->neigh.n, 256);
	rig_wait_us(1000001);
	CU_ASSERT_EQUAL(rig_worker(0)->neigh.n, 0);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_TIMEOUT), 256);
	end();
}

static void
asks_again_after_giving_up(void)
{
	begin();
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer_ul(RIG_FAR_HOST, 1);
	CU_ASSERT_TRUE(asks_for(RIG_HOST, 2));
	rig_wait_us(1000001);
	offer_ul(RIG_FAR_HOST, 2);
	CU_ASSERT_TRUE(asks_for(RIG_HOST, 2));
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, true);
	rig_run();
	CU_ASSERT_TRUE(sends_ul(RIG_FAR_HOST, 2, RIG_HOST));
	end();
}

static void
asks_again_under_steady_traffic(void)
{
	begin();
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer_ul(RIG_FAR_HOST, 1);
	CU_ASSERT_TRUE(asks_for(RIG_HOST, 2));
	rig_wait_us(600000);
	offer_ul(RIG_FAR_HOST, 2); // waits when the first one is given up
	CU_ASSERT_TRUE(asks_no_more());
	rig_wait_us(400001);
	CU_ASSERT_EQUAL(rig_dropped(NEIGH_TIMEOUT), 1);
	CU_ASSERT_TRUE(asks_for(RIG_HOST, 2));
	CU_ASSERT_TRUE(asks_no_more());
	rig_wait_us(1000001);
	end();
}

static void
follows_a_route_that_changes_meanwhile(void)
{
	begin();
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer_ul(RIG_FAR_HOST, 1);
	CU_ASSERT_TRUE(asks_for(RIG_HOST, 2));
	// by another gateway, which isn't known either
	rig_route(
		RIG_VRF_INTERNET, IP4(203, 0, 113, 0), 24, DP_ROUTE_FORWARD, IP4(10, 20, 0, 3), 2);
	rig_run();
	CU_ASSERT_TRUE(asks_for(IP4(10, 20, 0, 3), 2));
	CU_ASSERT_TRUE(asks_no_more());
	rig_neighbour(RIG_VRF_INTERNET, IP4(10, 20, 0, 3), true);
	rig_run();
	CU_ASSERT_TRUE(sends_ul(RIG_FAR_HOST, 1, IP4(10, 20, 0, 3)));
	end();
}

static void
a_route_that_goes_takes_the_waiting_along(void)
{
	begin();
	rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, false);
	offer_ul(RIG_FAR_HOST, 1);
	rig_route_remove(RIG_VRF_INTERNET, 0, 0);
	rig_run();
	CU_ASSERT_EQUAL(rig_dropped(TX_NO_ROUTE), 1);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 1);
	end();
}

static void
packets_to_an_sgw_wait_too(void)
{
	static struct frame got, wanted;
	struct traffic t = { .s = &session, .payload = 20 };

	begin();
	rig_neighbour(RIG_VRF_ACCESS, RIG_SGW, false);
	for (uint8_t i = 0; i < 3; i++)
		offer_dl(i);
	session.peer_teid = 77;
	session.flags = DP_SESSION_END_MARKER;
	CU_ASSERT_EQUAL(rig_put(&session), 0); // the End Marker waits behind them
	CU_ASSERT_TRUE(asks_for(RIG_SGW, 0));
	CU_ASSERT_TRUE(asks_no_more());
	rig_neighbour(RIG_VRF_ACCESS, RIG_SGW, true);
	rig_run();
	session.peer_teid = 0x20000003;
	for (uint8_t i = 0; i < 3; i++) {
		t.seed = i;
		traffic_dl_out(&wanted, &t, i);
		CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &got) && frame_equal(&got, &wanted));
	}
	CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &got));
	CU_ASSERT_EQUAL(frame_bytes(&got)[43], 254);
	CU_ASSERT_EQUAL(rig_count(neigh_released), 4);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(waits_and_goes_once_the_gateway_is_known),
	UNIT_CASE(asks_for_each_destination_on_the_link),
	UNIT_CASE(holds_four_for_a_neighbour),
	UNIT_CASE(holds_256_in_all),
	UNIT_CASE(asks_again_after_giving_up),
	UNIT_CASE(asks_again_under_steady_traffic),
	UNIT_CASE(follows_a_route_that_changes_meanwhile),
	UNIT_CASE(a_route_that_goes_takes_the_waiting_along),
	UNIT_CASE(packets_to_an_sgw_wait_too),
};

UNIT_MAIN("dataplane/neigh_wait", cases)
