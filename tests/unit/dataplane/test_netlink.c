// SPDX-License-Identifier: BSD-3-Clause
// The real kernel, from `ip` to the view that workers read. In a network namespace of its own, with
// TAPs whose other end this test is; needs root.
#include "dataplane/netlink.h"
#include "dataplane/tap.h"
#include "tests/unit/dataplane/rig.h"

#include <rte_byteorder.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define PORTS 2

// VRFs: 0 is port s5 with the main table, 1 is port sgi with the main table too.
static struct dp_header *header;
static struct routing_publisher publisher;
static struct routing_builder *builder;
static struct route_mirror *mirror;
static struct netlink *netlink;
static struct tap tap[PORTS];
static struct rte_mempool *pool;

// Who answers on the link: the MAC of 10.20.0.x ends with this; 0: nobody does.
static uint8_t answers_with;
static unsigned int broadcasts, unicasts; // ARP requests seen

static void
write_reply(struct tap *t, struct rte_mbuf *m)
{
	uint8_t *f = rte_pktmbuf_mtod(m, uint8_t *), *arp = f + 14;
	uint8_t mac[6] = { 4, 0, 0, 0, 0, answers_with }, asked[4];

	memcpy(asked, arp + 24, 4);
	memcpy(f, f + 6, 6);
	memcpy(f + 6, mac, 6);
	arp[7] = 2; // reply
	memcpy(arp + 18, arp + 8, 10);
	memcpy(arp + 8, mac, 6);
	memcpy(arp + 14, asked, 4);
	tap_write(t, m);
}

// The far end of the links: answers ARP if it should, and only at its own address.
static void
serve_links(void)
{
	for (unsigned int i = 0; i < PORTS; i++) {
		struct rte_mbuf *m;

		while (tap_read(&tap[i], pool, &m) == 0) {
			const uint8_t *f = rte_pktmbuf_mtod(m, const uint8_t *);
			bool is_arp = m->data_len >= 42 && memcmp(f + 12, "\x08\x06", 2) == 0;
			bool is_broadcast = f[0] == 0xff;

			if (is_arp) {
				broadcasts += is_broadcast;
				unicasts += !is_broadcast;
			}
			if (is_arp && f[21] == 1 && answers_with &&
				(is_broadcast || f[5] == answers_with))
				write_reply(&tap[i], m);
			rte_pktmbuf_free(m);
		}
	}
}

static void
pump(void)
{
	struct pollfd fds[] = {
		{ .fd = netlink_event_fd(netlink), .events = POLLIN },
		{ .fd = netlink_request_fd(netlink), .events = POLLIN },
		{ .fd = tap[0].fd, .events = POLLIN },
		{ .fd = tap[1].fd, .events = POLLIN },
	};

	serve_links();
	CU_ASSERT_EQUAL_FATAL(netlink_read(netlink, rig_now_ms()), 0);
	if (route_mirror_is_dirty(mirror))
		CU_ASSERT_EQUAL_FATAL(route_mirror_rebuild(mirror, builder), 0);
	routing_reclaim(builder);
	poll(fds, RTE_DIM(fds), 5);
}

#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		uint64_t deadline_ = rig_now_ms() + RIG_DEADLINE_MS;                               \
                                                                                                   \
		while (!(condition) && rig_now_ms() < deadline_)                                   \
			pump();                                                                    \
		CU_ASSERT_TRUE(condition);                                                         \
	} while (0)

static struct dp_addr
addr4(uint32_t addr)
{
	return (struct dp_addr){ .family = 4,
		.bytes = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16), (uint8_t)(addr >> 8),
			(uint8_t)addr } };
}

static struct addr6
addr6(const char *text)
{
	uint8_t bytes[16];

	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, bytes), 1);
	return addr6_of(bytes);
}

static const struct adjacency *
find6(uint16_t vrf, const char *dst)
{
	return route_find6_flow(atomic_load(&publisher.now)->vrf[vrf], addr6(dst), 0);
}

static bool
goes_via6(uint16_t vrf, const char *dst, const char *gateway)
{
	const struct adjacency *a = find6(vrf, dst);
	uint8_t bytes[16];

	return inet_pton(AF_INET6, gateway, bytes) == 1 && a->kind == ADJACENCY_UNRESOLVED &&
		a->gateway == ADJACENCY_GATEWAY6 && memcmp(a->gateway6, bytes, 16) == 0;
}

// As many next hops as a group has, 0: none.
static uint32_t
group6(uint16_t vrf, const char *dst)
{
	const struct route_view *v = atomic_load(&publisher.now)->vrf[vrf];
	const struct adjacency *a = &v->adjacency[v->of_range6[route_range6(v, addr6(dst))]];

	return a->kind == ADJACENCY_GROUP ? a->group.n_members : 0;
}

static const struct adjacency *
find(uint16_t vrf, uint32_t dst)
{
	const struct route_view *v = atomic_load(&publisher.now)->vrf[vrf];

	return &v->adjacency[route_find(v, dst)];
}

static uint8_t
kind(uint16_t vrf, uint32_t dst)
{
	return find(vrf, dst)->kind;
}

static bool
goes_via(uint16_t vrf, uint32_t dst, uint32_t gateway)
{
	const struct adjacency *a = find(vrf, dst);

	return a->kind == ADJACENCY_UNRESOLVED && a->gateway == gateway;
}

static bool
is_resolved_to(uint16_t vrf, uint32_t dst, uint8_t mac_end)
{
	const struct adjacency *a = find(vrf, dst);

	return a->kind == ADJACENCY_RESOLVED && a->l2[5] == mac_end;
}

static bool
is_local(uint16_t vrf, uint32_t dst)
{
	return route_is_local(atomic_load(&publisher.now)->vrf[vrf], dst);
}

static void
begin(void)
{
	static const char *const names[PORTS] = { "s5", "sgi" };

	answers_with = 0;
	broadcasts = unicasts = 0;
	header = calloc(1, sizeof(*header));
	header->n_ports = header->n_ifaces = header->n_vrfs = PORTS;
	for (uint16_t i = 0; i < PORTS; i++) {
		uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)(0xa0 + i) };

		CU_ASSERT_EQUAL_FATAL(tap_open(&tap[i], names[i], mac, 1500), 0);
		header->port[i].mtu = 1500;
		header->iface[i] = (struct dp_iface){ .port = i, .vrf = i };
		header->vrf[i].table = 254;
	}
	CU_ASSERT_TRUE(rig_ip("addr replace 10.10.0.1/24 dev s5"));
	CU_ASSERT_TRUE(rig_ip("addr replace 10.20.0.1/24 dev sgi"));
	publisher.qsbr = aligned_alloc(64, RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(1), 64));
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(publisher.qsbr, 1), 0);
	builder = routing_builder_new(&publisher, PORTS);
	mirror = route_mirror_new(header);
	for (uint16_t i = 0; i < PORTS; i++)
		route_mirror_set_shadow(mirror, i, tap[i].ifindex);
	CU_ASSERT_EQUAL_FATAL(netlink_open(&netlink, mirror, &header->main), 0);
	CU_ASSERT_EQUAL_FATAL(netlink_wait_synced(netlink, RIG_DEADLINE_MS), 0);
	pump();
}

static void
end(void)
{
	netlink_close(netlink);
	route_mirror_free(mirror);
	routing_builder_free(builder);
	for (unsigned int i = 0; i < PORTS; i++)
		tap_remove(&tap[i]);
	free(publisher.qsbr);
	free(header);
}

static void
knows_at_once_what_was_there_before(void)
{
	begin();
	CU_ASSERT_TRUE(is_local(0, IP(10, 10, 0, 1)));
	CU_ASSERT_TRUE(is_local(1, IP(10, 20, 0, 1)));
	CU_ASSERT_FALSE(is_local(0, IP(10, 20, 0, 1)));
	CU_ASSERT_FALSE(is_local(0, IP(127, 0, 0, 1)));
	CU_ASSERT_TRUE(goes_via(0, IP(10, 10, 0, 5), 0));
	CU_ASSERT_EQUAL(kind(0, IP(10, 20, 0, 5)), ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(kind(0, IP(10, 10, 0, 255)), ADJACENCY_BLACKHOLE);
	end();
}

static void
follows_routes_that_come_and_go(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.20.0.3"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 3)));
	CU_ASSERT_TRUE(rig_ip("route replace 203.0.113.0/24 via 10.20.0.4"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 4)));
	CU_ASSERT_TRUE(rig_ip("route del 203.0.113.0/24"));
	WAIT_FOR(kind(1, IP(203, 0, 113, 7)) == ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("route add blackhole 100.64.0.0/16"));
	CU_ASSERT_TRUE(rig_ip("route add unreachable 100.65.0.0/16"));
	WAIT_FOR(kind(0, IP(100, 65, 0, 1)) == ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(kind(1, IP(100, 64, 0, 1)), ADJACENCY_BLACKHOLE);
	CU_ASSERT_TRUE(rig_ip("route del blackhole 100.64.0.0/16"));
	CU_ASSERT_TRUE(rig_ip("route del unreachable 100.65.0.0/16"));
	WAIT_FOR(kind(0, IP(100, 65, 0, 1)) == ADJACENCY_NO_ROUTE);
	end();
}

static void
the_lower_metric_is_used_and_the_other_stands_by(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("route add default via 10.20.0.3 metric 200"));
	CU_ASSERT_TRUE(rig_ip("route add default via 10.20.0.4 metric 100"));
	WAIT_FOR(goes_via(1, IP(8, 8, 8, 8), IP(10, 20, 0, 4)));
	CU_ASSERT_TRUE(rig_ip("route del default metric 100"));
	WAIT_FOR(goes_via(1, IP(8, 8, 8, 8), IP(10, 20, 0, 3)));
	end();
}

static void
equal_routes_follow_the_kernels_order(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.20.0.3"));
	CU_ASSERT_TRUE(rig_ip("route append 203.0.113.0/24 via 10.20.0.4"));
	CU_ASSERT_TRUE(rig_ip("route prepend 203.0.113.0/24 via 10.20.0.5"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 5)));
	CU_ASSERT_TRUE(rig_ip("route del 203.0.113.0/24 via 10.20.0.5"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 3)));
	CU_ASSERT_TRUE(rig_ip("route del 203.0.113.0/24 via 10.20.0.3"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 4)));
	end();
}

static void
groups_share_by_weight(void)
{
	const struct adjacency *a;

	begin();
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 nexthop via 10.20.0.3 weight 1 "
			      "nexthop via 10.20.0.4 weight 2"));
	WAIT_FOR(kind(1, IP(203, 0, 113, 7)) == ADJACENCY_GROUP);
	a = find(1, IP(203, 0, 113, 7));
	CU_ASSERT_EQUAL(a->group.n_members, 3);
	// hops of the two VRFs in one route: each VRF has its own
	CU_ASSERT_TRUE(rig_ip("route replace 203.0.113.0/24 nexthop via 10.20.0.3 "
			      "nexthop via 10.10.0.4"));
	WAIT_FOR(goes_via(0, IP(203, 0, 113, 7), IP(10, 10, 0, 4)));
	CU_ASSERT_TRUE(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 3)));
	end();
}

static void
next_hop_objects_may_be_replaced(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("nexthop add id 1 via 10.20.0.3 dev sgi"));
	CU_ASSERT_TRUE(rig_ip("nexthop add id 2 via 10.20.0.4 dev sgi"));
	CU_ASSERT_TRUE(rig_ip("nexthop add id 10 group 1/2"));
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 nhid 1"));
	CU_ASSERT_TRUE(rig_ip("route add 198.51.100.0/24 nhid 10"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 3)) &&
		kind(1, IP(198, 51, 100, 1)) == ADJACENCY_GROUP);
	CU_ASSERT_TRUE(rig_ip("nexthop replace id 1 via 10.20.0.5 dev sgi"));
	WAIT_FOR(goes_via(1, IP(203, 0, 113, 7), IP(10, 20, 0, 5)));
	CU_ASSERT_TRUE(rig_ip("nexthop replace id 10 group 2"));
	WAIT_FOR(goes_via(1, IP(198, 51, 100, 1), IP(10, 20, 0, 4)));
	CU_ASSERT_TRUE(rig_ip("nexthop replace id 10 group 1/2"));
	WAIT_FOR(kind(1, IP(198, 51, 100, 1)) == ADJACENCY_GROUP);
	CU_ASSERT_TRUE(rig_ip("nexthop del id 1"));
	WAIT_FOR(kind(1, IP(203, 0, 113, 7)) == ADJACENCY_NO_ROUTE);
	WAIT_FOR(goes_via(1, IP(198, 51, 100, 1), IP(10, 20, 0, 4)));
	CU_ASSERT_TRUE(rig_ip("nexthop flush > /dev/null"));
	end();
}

static void
loopback_addresses_are_local_everywhere(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("addr add 192.0.2.1/32 dev lo"));
	WAIT_FOR(is_local(0, IP(192, 0, 2, 1)) && is_local(1, IP(192, 0, 2, 1)));
	CU_ASSERT_TRUE(rig_ip("addr del 192.0.2.1/32 dev lo"));
	WAIT_FOR(!is_local(0, IP(192, 0, 2, 1)) && !is_local(1, IP(192, 0, 2, 1)));
	end();
}

// The kernel sends no notification of a route that goes with its interface or source address.
static void
routes_that_go_silently_are_missed(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("addr add 10.20.0.7/24 dev sgi"));
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.20.0.3"));
	CU_ASSERT_TRUE(rig_ip("route add 198.51.100.0/24 via 10.20.0.3 src 10.20.0.7"));
	WAIT_FOR(goes_via(1, IP(198, 51, 100, 7), IP(10, 20, 0, 3)));
	CU_ASSERT_TRUE(rig_ip("addr del 10.20.0.7/24 dev sgi"));
	WAIT_FOR(kind(1, IP(198, 51, 100, 7)) == ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(kind(1, IP(203, 0, 113, 7)), ADJACENCY_UNRESOLVED);
	CU_ASSERT_TRUE(rig_ip("link set sgi down"));
	WAIT_FOR(kind(1, IP(203, 0, 113, 7)) == ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("link set sgi up"));
	WAIT_FOR(kind(1, IP(10, 20, 0, 9)) == ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(kind(1, IP(203, 0, 113, 7)), ADJACENCY_NO_ROUTE);
	end();
}

static void
an_interface_taken_away_and_made_anew_is_followed(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xa9 };

	begin();
	tap_remove(&tap[1]);
	WAIT_FOR(kind(1, IP(10, 20, 0, 9)) == ADJACENCY_NO_ROUTE && !is_local(1, IP(10, 20, 0, 1)));
	CU_ASSERT_EQUAL_FATAL(tap_open(&tap[1], "sgi", mac, 1500), 0);
	route_mirror_set_shadow(mirror, 1, tap[1].ifindex);
	CU_ASSERT_TRUE(rig_ip("addr add 10.20.0.1/24 dev sgi"));
	WAIT_FOR(
		kind(1, IP(10, 20, 0, 9)) == ADJACENCY_UNRESOLVED && is_local(1, IP(10, 20, 0, 1)));
	end();
}

static void
lost_notifications_are_made_up_for(void)
{
	int small = 1;

	begin();
	setsockopt(netlink_event_fd(netlink), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	CU_ASSERT_EQUAL(
		system("for i in $(seq 1 250); do echo route add 20.0.$i.0/24 via 10.20.0.3; "
		       "done | ip -batch -"),
		0);
	WAIT_FOR(header->main.netlink_overruns > 0);
	WAIT_FOR(goes_via(1, IP(20, 0, 250, 1), IP(10, 20, 0, 3)));
	for (uint32_t i = 1; i <= 250; i++)
		CU_ASSERT_TRUE(goes_via(1, IP(20, 0, i, 1), IP(10, 20, 0, 3)));
	end();
}

// VRF 0 is port s5 and VRF 1 port sgi, both with the main table.
static void
ipv6_routes_and_addresses_are_followed(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("-6 addr add fd00:20::1/64 dev sgi nodad"));
	WAIT_FOR(find6(1, "fd00:20::1")->kind == ADJACENCY_LOCAL);
	WAIT_FOR(find6(1, "fd00:20::77")->kind == ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find6(1, "fd00:20::77")->gateway, 0);
	CU_ASSERT_EQUAL(find6(0, "fd00:20::77")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("-6 route add default via fd00:20::2 dev sgi"));
	CU_ASSERT_TRUE(rig_ip("-6 route add blackhole 2001:db8:100::/48"));
	WAIT_FOR(goes_via6(1, "2001:db8::1", "fd00:20::2"));
	WAIT_FOR(find6(1, "2001:db8:100:7::1")->kind == ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find6(1, "fe80::1")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find6(1, "ff02::1")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("-6 neigh add fd00:20::2 lladdr 04:00:00:00:00:09 dev sgi nud perm"));
	WAIT_FOR(find6(1, "2001:db8::1")->kind == ADJACENCY_RESOLVED);
	CU_ASSERT_EQUAL(memcmp(find6(1, "2001:db8::1")->l2, "\4\0\0\0\0\11", 6), 0);
	CU_ASSERT_EQUAL(memcmp(find6(1, "2001:db8::1")->l2 + 12, "\x86\xdd", 2), 0);
	CU_ASSERT_TRUE(rig_ip("-6 route del default via fd00:20::2 dev sgi"));
	WAIT_FOR(find6(1, "2001:db8::1")->kind == ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("-6 route del blackhole 2001:db8:100::/48"));
	WAIT_FOR(find6(1, "2001:db8:100:7::1")->kind == ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("-6 addr del fd00:20::1/64 dev sgi"));
	WAIT_FOR(find6(1, "fd00:20::1")->kind == ADJACENCY_NO_ROUTE);
	end();
}

// The kernel tells of a hop that joins or leaves a group in its own way.
static void
hops_join_and_leave_an_ipv6_group(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("-6 addr add fd00:20::1/64 dev sgi nodad"));
	CU_ASSERT_TRUE(rig_ip("-6 route add 2001:db8:1::/48 nexthop via fd00:20::2 dev sgi "
			      "nexthop via fd00:20::3 dev sgi"));
	WAIT_FOR(group6(1, "2001:db8:1::1") == 2);
	CU_ASSERT_TRUE(rig_ip("-6 route append 2001:db8:1::/48 via fd00:20::4 dev sgi"));
	WAIT_FOR(group6(1, "2001:db8:1::1") == 3);
	CU_ASSERT_TRUE(rig_ip("-6 route del 2001:db8:1::/48 via fd00:20::3 dev sgi"));
	WAIT_FOR(group6(1, "2001:db8:1::1") == 2);
	CU_ASSERT_TRUE(rig_ip("-6 route del 2001:db8:1::/48 via fd00:20::4 dev sgi"));
	WAIT_FOR(goes_via6(1, "2001:db8:1::1", "fd00:20::2"));
	CU_ASSERT_TRUE(rig_ip("-6 route replace 2001:db8:1::/48 via fd00:20::9 dev sgi"));
	WAIT_FOR(goes_via6(1, "2001:db8:1::1", "fd00:20::9"));
	CU_ASSERT_TRUE(rig_ip("-6 route del 2001:db8:1::/48"));
	WAIT_FOR(find6(1, "2001:db8:1::1")->kind == ADJACENCY_NO_ROUTE);
	end();
}

static void
a_neighbour_is_resolved_when_a_worker_asks(void)
{
	struct resolve_request request = { .addr = addr4(IP(10, 20, 0, 9)), .iface = 1 };

	begin();
	answers_with = 0x11;
	netlink_resolve(netlink, &request, rig_now_ms());
	WAIT_FOR(is_resolved_to(1, IP(10, 20, 0, 9), 0x11));
	CU_ASSERT_EQUAL(find(1, IP(10, 20, 0, 9))->l2[11], 0xa1);
	CU_ASSERT_TRUE(broadcasts > 0);
	CU_ASSERT_TRUE(rig_ip("neigh flush dev sgi"));
	WAIT_FOR(kind(1, IP(10, 20, 0, 9)) == ADJACENCY_UNRESOLVED);
	end();
}

static void
nonsense_is_not_asked_for(void)
{
	const struct resolve_request nonsense[] = {
		{ addr4(IP(10, 20, 0, 9)), 7, 0 },
		{ addr4(IP(10, 20, 0, 9)), UINT16_MAX, 0 },
		{ addr4(IP(224, 0, 0, 5)), 1, 0 },
		{ addr4(IP(127, 0, 0, 1)), 1, 0 },
		{ addr4(0), 1, 0 },
		{ { .family = 0 }, 1, 0 },
		{ { .family = 6 }, 1, 0 },
		{ { .family = 6, .bytes = { 0xff, 2, [15] = 1 } }, 1, 0 },
	};

	begin();
	for (unsigned int i = 0; i < RTE_DIM(nonsense); i++)
		netlink_resolve(netlink, &nonsense[i], rig_now_ms());
	CU_ASSERT_EQUAL(header->main.resolve_asks, 0);
	end();
}

static void
a_scan_is_asked_for_at_a_bounded_rate(void)
{
	begin();
	for (uint32_t i = 0; i < 10000; i++) {
		struct resolve_request request = { .addr = addr4(IP(10, 20, 1, 0) + i),
			.iface = 1 };

		netlink_resolve(netlink, &request, 1000000);
	}
	CU_ASSERT_TRUE(header->main.resolve_asks > 0);
	CU_ASSERT_TRUE(header->main.resolve_asks <= 256);
	end();
}

// The sockets' view of time: the tests below make a second of probing last as long as it takes.
static uint64_t probe_ms;

static bool
probing_until(uint32_t dst, uint8_t mac_end)
{
	probe_ms += 1000;
	netlink_probe(netlink, probe_ms);
	for (unsigned int i = 0; i < 20; i++)
		pump();
	return is_resolved_to(1, dst, mac_end);
}

static void
next_hops_are_resolved_before_anyone_asks(void)
{
	begin();
	answers_with = 0x11;
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.20.0.3"));
	WAIT_FOR(probing_until(IP(203, 0, 113, 7), 0x11));
	end();
}

static void
a_next_hop_that_changes_its_mac_silently_is_found(void)
{
	begin();
	CU_ASSERT_EQUAL(system("echo 20 > /proc/sys/net/ipv4/neigh/sgi/retrans_time_ms"), 0);
	answers_with = 0x11;
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.20.0.3"));
	WAIT_FOR(probing_until(IP(203, 0, 113, 7), 0x11));
	answers_with = 0x22;
	WAIT_FOR(probing_until(IP(203, 0, 113, 7), 0x22));
	CU_ASSERT_TRUE(unicasts > 0);
	end();
}

static void
a_neighbour_without_a_route_is_kept_fresh_too(void)
{
	struct resolve_request request = { .addr = addr4(IP(10, 20, 0, 9)), .iface = 1 };

	begin();
	CU_ASSERT_EQUAL(system("echo 20 > /proc/sys/net/ipv4/neigh/sgi/retrans_time_ms"), 0);
	answers_with = 0x11;
	netlink_resolve(netlink, &request, rig_now_ms());
	WAIT_FOR(is_resolved_to(1, IP(10, 20, 0, 9), 0x11));
	answers_with = 0x22;
	// the wrong MAC is found out; then the next packet's worker asks again
	for (uint64_t s = 0; s < 60 && kind(1, IP(10, 20, 0, 9)) == ADJACENCY_RESOLVED; s++)
		probing_until(IP(10, 20, 0, 9), 0x22);
	CU_ASSERT_EQUAL(kind(1, IP(10, 20, 0, 9)), ADJACENCY_UNRESOLVED);
	netlink_resolve(netlink, &request, rig_now_ms());
	WAIT_FOR(is_resolved_to(1, IP(10, 20, 0, 9), 0x22));
	end();
}

static void
stale_neighbours_stay_in_use(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("neigh add 10.20.0.9 lladdr 04:00:00:00:00:33 nud stale dev sgi"));
	WAIT_FOR(is_resolved_to(1, IP(10, 20, 0, 9), 0x33));
	CU_ASSERT_TRUE(rig_ip("neigh del 10.20.0.9 dev sgi"));
	WAIT_FOR(kind(1, IP(10, 20, 0, 9)) == ADJACENCY_UNRESOLVED);
	end();
}

static void
leaves_no_buffer_behind(void)
{
	CU_ASSERT_TRUE(rig_pool_is_whole(pool));
}

static const struct unit_case cases[] = {
	UNIT_CASE(knows_at_once_what_was_there_before),
	UNIT_CASE(follows_routes_that_come_and_go),
	UNIT_CASE(the_lower_metric_is_used_and_the_other_stands_by),
	UNIT_CASE(equal_routes_follow_the_kernels_order),
	UNIT_CASE(groups_share_by_weight),
	UNIT_CASE(next_hop_objects_may_be_replaced),
	UNIT_CASE(loopback_addresses_are_local_everywhere),
	UNIT_CASE(routes_that_go_silently_are_missed),
	UNIT_CASE(an_interface_taken_away_and_made_anew_is_followed),
	UNIT_CASE(lost_notifications_are_made_up_for),
	UNIT_CASE(ipv6_routes_and_addresses_are_followed),
	UNIT_CASE(hops_join_and_leave_an_ipv6_group),
	UNIT_CASE(a_neighbour_is_resolved_when_a_worker_asks),
	UNIT_CASE(nonsense_is_not_asked_for),
	UNIT_CASE(a_scan_is_asked_for_at_a_bounded_rate),
	UNIT_CASE(next_hops_are_resolved_before_anyone_asks),
	UNIT_CASE(a_next_hop_that_changes_its_mac_silently_is_found),
	UNIT_CASE(a_neighbour_without_a_route_is_kept_fresh_too),
	UNIT_CASE(stale_neighbours_stay_in_use),
	UNIT_CASE(leaves_no_buffer_behind),
};

int
main(void)
{
	if (!rig_netns() || !rig_eal("netlink", NULL, false) || (pool = rig_pool()) == NULL)
		return 1;
	return unit_run("dataplane/netlink", cases, RTE_DIM(cases));
}
