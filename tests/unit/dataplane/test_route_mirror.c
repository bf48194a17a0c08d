// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/route_mirror.h"
#include "tests/unit/cunit_main.h"

#include <rte_byteorder.h>

#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

// Interfaces: port 0 untagged (VRF 0), port 1 untagged (VRF 1), port 1 VLAN 100 (VRF 2).
// VRFs: 0 and 1 both use the main table, 2 has table 100.
#define LO 1
#define TAP0 10
#define TAP1 11
#define VLAN100 12
#define VRF_DEVICE 13
#define MANAGEMENT 14

static struct dp_header *header;
static struct routing_publisher publisher;
static struct routing_builder *builder;
static struct route_mirror *mirror;

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct dp_addr
addr4(uint32_t host)
{
	struct dp_addr a = { .family = 4 };
	uint32_t be = rte_cpu_to_be_32(host);

	memcpy(a.bytes, &be, 4);
	return a;
}

static void
link_put(uint32_t ifindex, uint32_t parent, uint16_t vlan, bool is_up)
{
	struct mirror_link l = {
		.ifindex = ifindex,
		.parent = parent,
		.vlan = vlan,
		.mtu = 1500,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)ifindex },
		.is_up = is_up,
		.has_carrier = is_up,
		.is_host = ifindex == LO,
		.vrf_table = ifindex == VRF_DEVICE ? 100 : 0,
	};

	route_mirror_link(mirror, &l, false);
}

static void
route_put(uint32_t table, uint32_t prefix, uint8_t len, uint32_t metric, uint32_t ifindex,
	uint32_t gateway, enum mirror_how how)
{
	struct mirror_hop hop = { .ifindex = ifindex, .weight = 1 };
	struct mirror_route r = {
		.table = table,
		.metric = metric,
		.prefix = addr4(prefix),
		.prefix_len = len,
		.kind = ifindex ? DP_ROUTE_FORWARD : DP_ROUTE_BLACKHOLE,
		.n_hops = ifindex != 0,
		.hop = &hop,
	};

	if (gateway)
		hop.gateway = addr4(gateway);
	route_mirror_route(mirror, &r, how);
}

static void
route_gone(uint32_t table, uint32_t prefix, uint8_t len, uint32_t metric)
{
	struct mirror_route r = {
		.table = table, .metric = metric, .prefix = addr4(prefix), .prefix_len = len
	};

	route_mirror_route_gone(mirror, &r);
}

static void
neighbour_put(uint32_t ifindex, uint32_t addr, uint16_t state, uint8_t mac_end)
{
	uint8_t mac[6] = { 4, 0, 0, 0, 0, mac_end };
	struct dp_addr a = addr4(addr);

	route_mirror_neighbour(mirror, ifindex, &a, state, mac, false);
}

static void
address_put(uint32_t ifindex, uint32_t addr)
{
	struct dp_addr a = addr4(addr), none = { 0 };

	route_mirror_address(mirror, ifindex, &a, &none, false);
}

// Builds what is out of date. Returns the set of VRFs whose view is another than before.
static uint32_t
rebuilt(void)
{
	struct routing before = *atomic_load(&publisher.now);
	uint32_t set = 0;

	while (route_mirror_is_dirty(mirror))
		CU_ASSERT_EQUAL_FATAL(route_mirror_rebuild(mirror, builder), 0);
	for (uint32_t i = 0; i < before.n_vrfs && i < 32; i++)
		set |= (uint32_t)(atomic_load(&publisher.now)->vrf[i] != before.vrf[i]) << i;
	routing_reclaim(builder);
	return set;
}

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

static void
begin_with(uint16_t n_vrfs, uint16_t n_ifaces)
{
	size_t size = rte_rcu_qsbr_get_memsize(1);

	header->n_ports = 2;
	header->n_ifaces = n_ifaces;
	header->n_vrfs = n_vrfs;
	header->port[0].mtu = 1500;
	header->port[1].mtu = 1600;
	publisher.qsbr = aligned_alloc(64, RTE_ALIGN_CEIL(size, 64));
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(publisher.qsbr, 1), 0);
	builder = routing_builder_new(&publisher, header->n_vrfs);
	mirror = route_mirror_new(header);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mirror);
	route_mirror_set_shadow(mirror, 0, TAP0);
	route_mirror_set_shadow(mirror, 1, TAP1);
}

static void
begin(void)
{
	header = calloc(1, sizeof(*header));
	header->vrf[0].table = 254;
	header->vrf[1].table = 254;
	header->vrf[2].table = 100;
	header->iface[0] = (struct dp_iface){ .port = 0, .vrf = 0 };
	header->iface[1] = (struct dp_iface){ .port = 1, .vrf = 1 };
	header->iface[2] = (struct dp_iface){ .port = 1, .vlan = 100, .vrf = 2 };
	begin_with(3, 3);
	link_put(LO, 0, 0, true);
	link_put(TAP0, 0, 0, true);
	link_put(TAP1, 0, 0, true);
	link_put(VLAN100, TAP1, 100, true);
	link_put(VRF_DEVICE, 0, 0, true);
	link_put(MANAGEMENT, 0, 0, true);
	rebuilt();
	route_mirror_wants(mirror);
}

static void
end(void)
{
	route_mirror_free(mirror);
	routing_builder_free(builder);
	free(publisher.qsbr);
	free(header);
}

static void
routes_belong_to_the_vrf_of_their_interface(void)
{
	begin();
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 9), MIRROR_REPLACED);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	route_put(254, IP(203, 0, 113, 0), 24, 5, TAP1, IP(10, 1, 0, 9), MIRROR_REPLACED);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 1);
	route_put(100, IP(203, 0, 113, 0), 24, 0, VLAN100, IP(10, 2, 0, 9), MIRROR_REPLACED);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 2);
	for (uint16_t vrf = 0; vrf < 3; vrf++)
		CU_ASSERT_EQUAL(find(vrf, IP(203, 0, 113, 1))->iface, vrf);
	CU_ASSERT_EQUAL(find(0, IP(203, 0, 113, 1))->port, 0);
	CU_ASSERT_EQUAL(find(2, IP(203, 0, 113, 1))->port, 1);
	end();
}

static void
routes_out_of_other_interfaces_or_tables_count_nowhere(void)
{
	begin();
	route_put(254, 0, 0, 0, MANAGEMENT, IP(192, 168, 0, 1), MIRROR_REPLACED);
	route_put(254, IP(8, 0, 0, 0), 8, 0, VLAN100, 0, MIRROR_REPLACED);
	route_put(99, IP(9, 0, 0, 0), 8, 0, TAP0, 0, MIRROR_REPLACED);
	CU_ASSERT_EQUAL(rebuilt(), 0);
	for (uint16_t vrf = 0; vrf < 3; vrf++) {
		CU_ASSERT_EQUAL(find(vrf, IP(8, 8, 8, 8))->kind, ADJACENCY_NO_ROUTE);
		CU_ASSERT_EQUAL(find(vrf, IP(9, 9, 9, 9))->kind, ADJACENCY_NO_ROUTE);
	}
	// a better metric out of a foreign interface doesn't hide ours
	route_put(254, 0, 0, 100, TAP0, IP(10, 0, 0, 9), MIRROR_REPLACED);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	CU_ASSERT_EQUAL(find(0, IP(8, 8, 8, 8))->kind, ADJACENCY_UNRESOLVED);
	end();
}

static void
blackholes_count_in_every_vrf_of_their_table(void)
{
	begin();
	route_put(254, IP(100, 64, 0, 0), 16, 0, 0, 0, MIRROR_REPLACED);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0 | 1u << 1);
	CU_ASSERT_EQUAL(find(0, IP(100, 64, 1, 1))->kind, ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find(1, IP(100, 64, 1, 1))->kind, ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find(2, IP(100, 64, 1, 1))->kind, ADJACENCY_NO_ROUTE);
	route_gone(254, IP(100, 64, 0, 0), 16, 0);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0 | 1u << 1);
	CU_ASSERT_EQUAL(find(0, IP(100, 64, 1, 1))->kind, ADJACENCY_NO_ROUTE);
	end();
}

static void
addresses_are_local_where_they_belong(void)
{
	begin();
	address_put(TAP0, IP(10, 0, 0, 1));
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	address_put(VLAN100, IP(10, 2, 0, 1));
	CU_ASSERT_EQUAL(rebuilt(), 1u << 2);
	address_put(LO, IP(192, 0, 2, 1));
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0 | 1u << 1);
	address_put(VRF_DEVICE, IP(192, 0, 2, 2));
	CU_ASSERT_EQUAL(rebuilt(), 1u << 2);
	address_put(MANAGEMENT, IP(192, 168, 0, 2));
	CU_ASSERT_EQUAL(rebuilt(), 0);
	CU_ASSERT_TRUE(is_local(0, IP(10, 0, 0, 1)));
	CU_ASSERT_FALSE(is_local(1, IP(10, 0, 0, 1)));
	CU_ASSERT_TRUE(is_local(0, IP(192, 0, 2, 1)));
	CU_ASSERT_TRUE(is_local(1, IP(192, 0, 2, 1)));
	CU_ASSERT_FALSE(is_local(2, IP(192, 0, 2, 1)));
	CU_ASSERT_TRUE(is_local(2, IP(192, 0, 2, 2)));
	CU_ASSERT_FALSE(is_local(0, IP(192, 168, 0, 2)));
	end();
}

static void
broadcast_of_a_subnet_goes_nowhere(void)
{
	struct dp_addr a, b;

	begin();
	a = addr4(IP(10, 0, 0, 1));
	b = addr4(IP(10, 0, 0, 255));
	route_put(254, IP(10, 0, 0, 0), 24, 0, TAP0, 0, MIRROR_REPLACED);
	route_mirror_address(mirror, TAP0, &a, &b, false);
	rebuilt();
	CU_ASSERT_EQUAL(find(0, IP(10, 0, 0, 255))->kind, ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find(0, IP(10, 0, 0, 254))->kind, ADJACENCY_UNRESOLVED);
	end();
}

static void
only_a_neighbours_mac_makes_a_new_view(void)
{
	begin();
	route_put(254, IP(10, 0, 0, 0), 24, 0, TAP0, 0, MIRROR_REPLACED);
	rebuilt();
	neighbour_put(TAP0, IP(10, 0, 0, 5), NUD_INCOMPLETE, 0x55);
	CU_ASSERT_EQUAL(rebuilt(), 0);
	neighbour_put(TAP0, IP(10, 0, 0, 5), NUD_REACHABLE, 0x55);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	CU_ASSERT_EQUAL(find(0, IP(10, 0, 0, 5))->l2[5], 0x55);
	for (unsigned int i = 0; i < 4; i++) {
		static const uint16_t valid[] = { NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT };

		neighbour_put(TAP0, IP(10, 0, 0, 5), valid[i], 0x55);
		CU_ASSERT_EQUAL(rebuilt(), 0);
		CU_ASSERT_EQUAL(find(0, IP(10, 0, 0, 5))->kind, ADJACENCY_RESOLVED);
	}
	neighbour_put(TAP0, IP(10, 0, 0, 5), NUD_REACHABLE, 0x56);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	CU_ASSERT_EQUAL(find(0, IP(10, 0, 0, 5))->l2[5], 0x56);
	neighbour_put(TAP0, IP(10, 0, 0, 5), NUD_FAILED, 0x56);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	CU_ASSERT_EQUAL(find(0, IP(10, 0, 0, 5))->kind, ADJACENCY_UNRESOLVED);
	neighbour_put(MANAGEMENT, IP(192, 168, 0, 1), NUD_REACHABLE, 1);
	CU_ASSERT_EQUAL(rebuilt(), 0);
	end();
}

static void
an_interface_that_goes_down_takes_its_routes_along(void)
{
	begin();
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 9), MIRROR_REPLACED);
	route_put(254, IP(203, 0, 0, 0), 16, 0, 0, 0, MIRROR_REPLACED);
	rebuilt();
	route_mirror_wants(mirror);
	link_put(TAP0, 0, 0, false);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	CU_ASSERT_EQUAL(find(0, IP(203, 0, 113, 1))->kind, ADJACENCY_BLACKHOLE);
	// the kernel removes them without a word, so only a dump can tell
	CU_ASSERT_EQUAL(route_mirror_wants(mirror), 1u << MIRROR_ROUTES);
	CU_ASSERT_EQUAL(route_mirror_wants(mirror), 0);
	end();
}

static void
an_interface_may_come_later_and_change(void)
{
	begin();
	route_mirror_link_gone(mirror, VLAN100);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 2);
	CU_ASSERT_EQUAL(route_mirror_ifindex(mirror, 2), 0);
	link_put(20, TAP0, 100, true); // the same VLAN on another port isn't ours
	CU_ASSERT_EQUAL(rebuilt(), 0);
	route_put(100, IP(10, 2, 0, 0), 24, 0, 21, 0, MIRROR_REPLACED);
	neighbour_put(21, IP(10, 2, 0, 5), NUD_STALE, 9);
	CU_ASSERT_EQUAL(rebuilt(), 0);
	link_put(21, TAP1, 100, true);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 2);
	CU_ASSERT_EQUAL(route_mirror_ifindex(mirror, 2), 21);
	CU_ASSERT_EQUAL(find(2, IP(10, 2, 0, 5))->kind, ADJACENCY_RESOLVED);
	CU_ASSERT_EQUAL(find(2, IP(10, 2, 0, 5))->l2_len, 18);
	CU_ASSERT_EQUAL(
		find(2, IP(10, 2, 0, 5))->mtu, 1500); // the smaller of Linux's and the port's
	end();
}

static void
a_port_without_link_is_not_asked_for_neighbours(void)
{
	begin();
	CU_ASSERT_EQUAL(route_mirror_ifindex(mirror, 0), TAP0);
	route_mirror_set_port_up(mirror, 0, false);
	CU_ASSERT_EQUAL(route_mirror_ifindex(mirror, 0), 0);
	route_mirror_set_port_up(mirror, 0, true);
	CU_ASSERT_EQUAL(route_mirror_ifindex(mirror, 0), TAP0);
	CU_ASSERT_EQUAL(route_mirror_ifindex(mirror, 3), 0); // out of range
	end();
}

static void
of_several_equal_routes_the_kernels_first_counts(void)
{
	begin();
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_PREPENDED);
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 2), MIRROR_APPENDED);
	rebuilt();
	CU_ASSERT_EQUAL(find(0, IP(203, 0, 113, 1))->gateway, IP(10, 0, 0, 1));
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 3), MIRROR_PREPENDED);
	rebuilt();
	CU_ASSERT_EQUAL(find(0, IP(203, 0, 113, 1))->gateway, IP(10, 0, 0, 3));
	CU_ASSERT_EQUAL(route_mirror_wants(mirror), 0);
	// which one is first now, only a dump can tell
	route_gone(254, IP(203, 0, 113, 0), 24, 0);
	CU_ASSERT_EQUAL(route_mirror_wants(mirror), 1u << MIRROR_ROUTES);
	route_mirror_dump_begin(mirror, MIRROR_ROUTES);
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_DUMPED);
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 2), MIRROR_DUMPED);
	route_mirror_dump_end(mirror, MIRROR_ROUTES);
	rebuilt();
	CU_ASSERT_EQUAL(find(0, IP(203, 0, 113, 1))->gateway, IP(10, 0, 0, 1));
	end();
}

static void
a_dump_that_finds_nothing_new_builds_nothing(void)
{
	begin();
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_REPLACED);
	route_put(254, IP(198, 51, 100, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_REPLACED);
	rebuilt();
	route_mirror_dump_begin(mirror, MIRROR_ROUTES);
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_DUMPED);
	route_put(254, IP(198, 51, 100, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_DUMPED);
	route_mirror_dump_end(mirror, MIRROR_ROUTES);
	CU_ASSERT_EQUAL(rebuilt(), 0);
	route_mirror_dump_begin(mirror, MIRROR_ROUTES);
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 1), MIRROR_DUMPED);
	route_mirror_dump_end(mirror, MIRROR_ROUTES);
	CU_ASSERT_EQUAL(rebuilt(), 1u << 0);
	CU_ASSERT_EQUAL(find(0, IP(198, 51, 100, 1))->kind, ADJACENCY_NO_ROUTE);
	end();
}

struct probes {
	unsigned int resolves, checks;
	uint32_t last_ifindex;
};

static void
note_probe(void *arg, uint32_t ifindex, const struct dp_addr *addr, bool is_known)
{
	struct probes *p = arg;

	p->resolves += !is_known;
	p->checks += is_known;
	p->last_ifindex = ifindex;
}

static struct probes
probe_at(uint32_t now_s)
{
	struct probes p = { 0 };

	route_mirror_probe(mirror, now_s, note_probe, &p);
	return p;
}

static void
next_hops_are_resolved_and_kept_fresh(void)
{
	struct probes p;

	begin();
	route_put(254, IP(203, 0, 113, 0), 24, 0, TAP0, IP(10, 0, 0, 9), MIRROR_REPLACED);
	route_put(254, IP(198, 51, 100, 0), 24, 0, TAP0, IP(10, 0, 0, 9), MIRROR_REPLACED);
	p = probe_at(1);
	CU_ASSERT_EQUAL(p.resolves, 1);
	CU_ASSERT_EQUAL(p.last_ifindex, TAP0);
	CU_ASSERT_EQUAL(probe_at(2).resolves, 0);
	CU_ASSERT_EQUAL(probe_at(4).resolves, 1);
	neighbour_put(TAP0, IP(10, 0, 0, 9), NUD_REACHABLE, 9);
	p.checks = p.resolves = 0;
	for (uint32_t s = 5; s <= 105; s++) {
		struct probes at = probe_at(s);

		p.checks += at.checks;
		p.resolves += at.resolves;
	}
	CU_ASSERT_EQUAL(p.checks, 20);
	CU_ASSERT_EQUAL(p.resolves, 0);
	neighbour_put(TAP0, IP(10, 0, 0, 9), NUD_FAILED, 9);
	CU_ASSERT_EQUAL(probe_at(108).resolves, 1);
	route_gone(254, IP(203, 0, 113, 0), 24, 0);
	CU_ASSERT_EQUAL(probe_at(112).resolves, 1);
	route_gone(254, IP(198, 51, 100, 0), 24, 0);
	CU_ASSERT_EQUAL(probe_at(116).resolves, 0);
	end();
}

static void
other_neighbours_are_kept_fresh_but_not_resolved(void)
{
	unsigned int checks = 0, resolves = 0;

	begin();
	neighbour_put(TAP0, IP(10, 0, 0, 5), NUD_STALE, 5);
	neighbour_put(VLAN100, IP(10, 2, 0, 5), NUD_REACHABLE, 5);
	neighbour_put(TAP0, IP(10, 0, 0, 6), NUD_FAILED, 6);
	neighbour_put(TAP0, IP(10, 0, 0, 7), NUD_PERMANENT, 7);
	neighbour_put(MANAGEMENT, IP(192, 168, 0, 1), NUD_STALE, 1);
	for (uint32_t s = 1; s < 92; s++) {
		checks += probe_at(s).checks;
		resolves += probe_at(s).resolves;
	}
	CU_ASSERT_EQUAL(checks, 2 * 3);
	CU_ASSERT_EQUAL(resolves, 0);
	end();
}

static void
exports_what_counts_sorted(void)
{
	struct dp_mirror *out = calloc(1, sizeof(*out));

	begin();
	address_put(TAP0, IP(10, 0, 0, 1));
	route_put(254, 0, 0, 200, TAP0, IP(10, 0, 0, 8), MIRROR_REPLACED);
	route_put(254, 0, 0, 100, TAP0, IP(10, 0, 0, 9), MIRROR_REPLACED);
	route_put(254, IP(100, 64, 0, 0), 16, 0, 0, 0, MIRROR_REPLACED);
	neighbour_put(TAP0, IP(10, 0, 0, 9), NUD_STALE, 9);
	rebuilt();
	CU_ASSERT_TRUE(route_mirror_export_is_due(mirror));
	route_mirror_export(mirror, out, 77);
	CU_ASSERT_FALSE(route_mirror_export_is_due(mirror));
	CU_ASSERT_EQUAL(out->seq, 2);
	CU_ASSERT_EQUAL(out->generation, 77);
	CU_ASSERT_EQUAL(out->n_routes, 4); // VRF 0: default, local, blackhole; VRF 1: blackhole
	CU_ASSERT_EQUAL(out->route[0].prefix_len, 0);
	CU_ASSERT_EQUAL(out->route[0].gateway.bytes[3], 9);
	CU_ASSERT_EQUAL(out->route[0].iface, 0);
	CU_ASSERT_EQUAL(out->route[1].kind, DP_ROUTE_LOCAL);
	CU_ASSERT_EQUAL(out->route[2].kind, DP_ROUTE_BLACKHOLE);
	CU_ASSERT_EQUAL(out->route[2].iface, UINT16_MAX);
	CU_ASSERT_EQUAL(out->route[3].vrf, 1);
	CU_ASSERT_EQUAL(out->n_neighbours, 1);
	CU_ASSERT_EQUAL(out->neighbour[0].state, NUD_STALE);
	CU_ASSERT_EQUAL(out->neighbour[0].mac[5], 9);
	neighbour_put(TAP0, IP(10, 0, 0, 9), NUD_REACHABLE, 9);
	CU_ASSERT_TRUE(route_mirror_export_is_due(mirror));
	end();
	free(out);
}

static void
an_export_without_room_says_how_many_there_are(void)
{
	struct dp_mirror *out = calloc(1, sizeof(*out));

	begin();
	for (uint32_t i = 0; i < DP_ROUTE_ROWS + 100; i++)
		route_put(254, IP(20, 0, 0, 0) + (i << 8), 24, 0, TAP0, 0, MIRROR_REPLACED);
	rebuilt();
	route_mirror_export(mirror, out, 1);
	CU_ASSERT_EQUAL(out->n_routes, DP_ROUTE_ROWS + 100);
	end();
	free(out);
}

// 500 VRFs of 20 routes: a change in one leaves the views of all others as they are.
static void
hundreds_of_vrfs_are_rebuilt_one_by_one(void)
{
	const uint16_t n = 500;
	size_t bytes = 0;

	header = calloc(1, sizeof(*header));
	for (uint16_t i = 0; i < n; i++) {
		header->vrf[i].table = 1000 + i;
		header->iface[i] = (struct dp_iface){ .port = 1, .vlan = i + 1, .vrf = i };
	}
	begin_with(n, n);
	link_put(TAP1, 0, 0, true);
	for (uint16_t i = 0; i < n; i++) {
		link_put(100u + i, TAP1, i + 1, true);
		for (uint32_t r = 0; r < 20; r++)
			route_put(1000u + i, IP(10, r, 0, 0), 16, 0, 100u + i, IP(10, 0, 0, 9),
				MIRROR_REPLACED);
	}
	rebuilt();
	for (uint16_t i = 0; i < n; i++) {
		const struct route_view *v = atomic_load(&publisher.now)->vrf[i];

		bytes += sizeof(*v) + v->n_ranges * 8 + v->n_adjacencies * sizeof(struct adjacency);
		CU_ASSERT_EQUAL(find(i, IP(10, 19, 1, 1))->iface, i);
	}
	CU_ASSERT_TRUE(bytes < 500 << 20);
	for (uint16_t i = 0; i < n; i += 100) {
		struct routing before = *atomic_load(&publisher.now);
		unsigned int others = 0;

		route_put(1000u + i, IP(10, 30, 0, 0), 16, 0, 100u + i, 0, MIRROR_REPLACED);
		CU_ASSERT_EQUAL(route_mirror_rebuild(mirror, builder), 0);
		for (uint16_t k = 0; k < n; k++)
			others += k != i && atomic_load(&publisher.now)->vrf[k] != before.vrf[k];
		CU_ASSERT_EQUAL(others, 0);
		CU_ASSERT_PTR_NOT_EQUAL(atomic_load(&publisher.now)->vrf[i], before.vrf[i]);
	}
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(routes_belong_to_the_vrf_of_their_interface),
	UNIT_CASE(routes_out_of_other_interfaces_or_tables_count_nowhere),
	UNIT_CASE(blackholes_count_in_every_vrf_of_their_table),
	UNIT_CASE(addresses_are_local_where_they_belong),
	UNIT_CASE(broadcast_of_a_subnet_goes_nowhere),
	UNIT_CASE(only_a_neighbours_mac_makes_a_new_view),
	UNIT_CASE(an_interface_that_goes_down_takes_its_routes_along),
	UNIT_CASE(an_interface_may_come_later_and_change),
	UNIT_CASE(a_port_without_link_is_not_asked_for_neighbours),
	UNIT_CASE(of_several_equal_routes_the_kernels_first_counts),
	UNIT_CASE(a_dump_that_finds_nothing_new_builds_nothing),
	UNIT_CASE(next_hops_are_resolved_and_kept_fresh),
	UNIT_CASE(other_neighbours_are_kept_fresh_but_not_resolved),
	UNIT_CASE(exports_what_counts_sorted),
	UNIT_CASE(an_export_without_room_says_how_many_there_are),
	UNIT_CASE(hundreds_of_vrfs_are_rebuilt_one_by_one),
};

UNIT_MAIN("dataplane/route_mirror", cases)
