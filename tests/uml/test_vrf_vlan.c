// SPDX-License-Identifier: BSD-3-Clause
// VLAN subinterfaces of a port in VRF devices (l3mdev), from `ip` to the view that workers read.
// Needs a kernel with both, so it runs in user-mode Linux; see run.
#include "dataplane/netlink.h"
#include "dataplane/tap.h"
#include "tests/unit/dataplane/rig.h"

#include <poll.h>
#include <string.h>

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define VRFS 3 // 0: untagged, main table; 1: VLAN 100, table 100; 2: VLAN 200, table 200

static struct dp_header *header;
static struct routing_publisher publisher;
static struct routing_builder *builder;
static struct route_mirror *mirror;
static struct netlink *netlink;
static struct tap tap;
static struct rte_mempool *pool;

// The far end of the link: answers ARP in any VLAN, with the VLAN's number at the MAC's end.
static void
serve_link(void)
{
	struct rte_mbuf *m;

	while (tap_read(&tap, pool, &m) == 0) {
		uint8_t *f = rte_pktmbuf_mtod(m, uint8_t *), *arp = f + 18;
		uint8_t asked[4], mac[6] = { 4, 0, 0, 0, 0, f[15] };

		if (m->data_len >= 46 && memcmp(f + 12, "\x81\x00", 2) == 0 &&
			memcmp(f + 16, "\x08\x06", 2) == 0 && arp[7] == 1) {
			memcpy(asked, arp + 24, 4);
			memcpy(f, f + 6, 6);
			memcpy(f + 6, mac, 6);
			arp[7] = 2;
			memcpy(arp + 18, arp + 8, 10);
			memcpy(arp + 8, mac, 6);
			memcpy(arp + 14, asked, 4);
			tap_write(&tap, m);
		}
		rte_pktmbuf_free(m);
	}
}

static void
pump(void)
{
	struct pollfd fds[] = {
		{ .fd = netlink_event_fd(netlink), .events = POLLIN },
		{ .fd = netlink_request_fd(netlink), .events = POLLIN },
		{ .fd = tap.fd, .events = POLLIN },
	};

	serve_link();
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

static const struct adjacency *
find(uint16_t vrf, uint32_t dst)
{
	const struct route_view *v = atomic_load(&publisher.now)->vrf[vrf];

	return &v->adjacency[route_find(v, dst)];
}

static bool
is_local(uint16_t vrf, uint32_t dst)
{
	return route_is_local(atomic_load(&publisher.now)->vrf[vrf], dst);
}

static bool
is_resolved(uint16_t vrf, uint32_t dst, uint8_t vlan)
{
	const struct adjacency *a = find(vrf, dst);

	return a->kind == ADJACENCY_RESOLVED && a->l2_len == 18 && a->l2[5] == vlan &&
		a->l2[15] == vlan;
}

static void
begin(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

	header = calloc(1, sizeof(*header));
	header->n_ports = 1;
	header->n_ifaces = header->n_vrfs = VRFS;
	header->port[0].mtu = 1600;
	for (uint16_t i = 0; i < VRFS; i++) {
		header->iface[i] = (struct dp_iface){ .vlan = i * 100, .vrf = i };
		header->vrf[i].table = i ? i * 100u : 254;
	}
	CU_ASSERT_EQUAL_FATAL(tap_open(&tap, "sgi", mac, 1600), 0);
	publisher.qsbr = aligned_alloc(64, RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(1), 64));
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(publisher.qsbr, 1), 0);
	builder = routing_builder_new(&publisher, VRFS);
	mirror = route_mirror_new(header);
	route_mirror_set_shadow(mirror, 0, tap.ifindex);
	CU_ASSERT_EQUAL_FATAL(netlink_open(&netlink, mirror, &header->main), 0);
	CU_ASSERT_EQUAL_FATAL(netlink_wait_synced(netlink, RIG_DEADLINE_MS), 0);
}

static void
end(void)
{
	netlink_close(netlink);
	route_mirror_free(mirror);
	routing_builder_free(builder);
	tap_remove(&tap);
	free(publisher.qsbr);
	free(header);
}

static bool
add_vlan(const char *vrf, unsigned int id)
{
	return rig_ip("link add %s type vrf table %u", vrf, id) && rig_ip("link set %s up", vrf) &&
		rig_ip("link add link sgi name sgi.%u type vlan id %u", id, id) &&
		rig_ip("link set sgi.%u master %s mtu 1500 up", id, vrf) &&
		rig_ip("addr add 10.20.0.1/24 dev sgi.%u", id);
}

static void
two_customers_with_the_same_addresses_stay_apart(void)
{
	struct resolve_request request = { .addr = { .family = 4, .bytes = { 10, 20, 0, 9 } },
		.iface = 2 };

	begin();
	CU_ASSERT_TRUE_FATAL(add_vlan("red", 100));
	CU_ASSERT_TRUE_FATAL(add_vlan("blue", 200));
	WAIT_FOR(is_local(1, IP(10, 20, 0, 1)) && is_local(2, IP(10, 20, 0, 1)));
	CU_ASSERT_FALSE(is_local(0, IP(10, 20, 0, 1)));
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 vrf red via 10.20.0.3"));
	WAIT_FOR(find(1, IP(203, 0, 113, 7))->kind == ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(1, IP(203, 0, 113, 7))->mtu, 1500);
	CU_ASSERT_EQUAL(find(2, IP(203, 0, 113, 7))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(0, IP(203, 0, 113, 7))->kind, ADJACENCY_NO_ROUTE);
	netlink_probe(netlink, 1000);
	WAIT_FOR(is_resolved(1, IP(203, 0, 113, 7), 100));
	netlink_resolve(netlink, &request, rig_now_ms());
	WAIT_FOR(is_resolved(2, IP(10, 20, 0, 9), 200));
	CU_ASSERT_EQUAL(find(1, IP(10, 20, 0, 9))->kind, ADJACENCY_UNRESOLVED);
	end();
	CU_ASSERT_TRUE(rig_ip("link del red") && rig_ip("link del blue"));
}

static void
addresses_of_the_vrf_device_are_local_in_it(void)
{
	begin();
	CU_ASSERT_TRUE_FATAL(add_vlan("red", 100));
	CU_ASSERT_TRUE(rig_ip("addr add 192.0.2.1/32 dev red"));
	WAIT_FOR(is_local(1, IP(192, 0, 2, 1)));
	CU_ASSERT_FALSE(is_local(0, IP(192, 0, 2, 1)));
	CU_ASSERT_FALSE(is_local(2, IP(192, 0, 2, 1)));
	CU_ASSERT_TRUE(rig_ip("addr del 192.0.2.1/32 dev red"));
	WAIT_FOR(!is_local(1, IP(192, 0, 2, 1)));
	end();
	CU_ASSERT_TRUE(rig_ip("link del red"));
}

static void
pools_are_blackholes_of_their_vrf(void)
{
	begin();
	CU_ASSERT_TRUE_FATAL(add_vlan("red", 100));
	CU_ASSERT_TRUE(rig_ip("route add blackhole 100.64.0.0/16 vrf red"));
	CU_ASSERT_TRUE(rig_ip("route add unreachable default vrf red metric 4278198272"));
	WAIT_FOR(find(1, IP(100, 64, 0, 1))->kind == ADJACENCY_BLACKHOLE &&
		find(1, IP(8, 8, 8, 8))->kind == ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find(0, IP(100, 64, 0, 1))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("route flush table 100"));
	WAIT_FOR(find(1, IP(100, 64, 0, 1))->kind == ADJACENCY_NO_ROUTE);
	end();
	CU_ASSERT_TRUE(rig_ip("link del red"));
}

static void
a_vlan_taken_away_and_made_anew_is_followed(void)
{
	begin();
	CU_ASSERT_TRUE_FATAL(add_vlan("red", 100));
	WAIT_FOR(is_local(1, IP(10, 20, 0, 1)));
	CU_ASSERT_TRUE(rig_ip("link del sgi.100"));
	WAIT_FOR(!is_local(1, IP(10, 20, 0, 1)) &&
		find(1, IP(10, 20, 0, 5))->kind == ADJACENCY_NO_ROUTE);
	CU_ASSERT_TRUE(rig_ip("link add link sgi name other type vlan id 100"));
	CU_ASSERT_TRUE(rig_ip("link set other master red up"));
	CU_ASSERT_TRUE(rig_ip("addr add 10.20.0.1/24 dev other"));
	WAIT_FOR(is_local(1, IP(10, 20, 0, 1)) &&
		find(1, IP(10, 20, 0, 5))->kind == ADJACENCY_UNRESOLVED);
	// the parent goes down, and with it everything on it
	CU_ASSERT_TRUE(rig_ip("link set sgi down"));
	WAIT_FOR(find(1, IP(10, 20, 0, 5))->kind == ADJACENCY_NO_ROUTE);
	end();
	CU_ASSERT_TRUE(rig_ip("link del red"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(two_customers_with_the_same_addresses_stay_apart),
	UNIT_CASE(addresses_of_the_vrf_device_are_local_in_it),
	UNIT_CASE(pools_are_blackholes_of_their_vrf),
	UNIT_CASE(a_vlan_taken_away_and_made_anew_is_followed),
};

int
main(void)
{
	if (!rig_netns() || !rig_eal("vrf", NULL, false) || (pool = rig_pool()) == NULL)
		return 1;
	return unit_run("uml/vrf_vlan", cases, RTE_DIM(cases));
}
