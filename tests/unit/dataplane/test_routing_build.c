// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/routing_build.h"
#include "tests/unit/cunit_main.h"

#include <rte_byteorder.h>

#include <stdlib.h>
#include <string.h>

#define IFACES 4
#define ROWS_MAX 200
#define NEIGHBOURS_MAX 60
#define HOPS_MAX 6

static const struct route_iface ifaces[IFACES] = {
	{ .port = 10, .mtu = 1500, .mac = { 2, 0, 0, 0, 0, 0xa0 }, .is_up = true },
	{ .port = 11, .mtu = 9000, .mac = { 2, 0, 0, 0, 0, 0xa1 }, .is_up = true },
	{ .port = 11, .vlan = 100, .mtu = 1496, .mac = { 2, 0, 0, 0, 0, 0xa2 }, .is_up = true },
	{ .port = 12, .mtu = 1500, .mac = { 2, 0, 0, 0, 0, 0xa3 }, .is_up = false },
};

static struct dp_addr
addr4(uint32_t host)
{
	struct dp_addr a = { .family = 4 };
	uint32_t be = rte_cpu_to_be_32(host);

	memcpy(a.bytes, &be, 4);
	return a;
}

static uint32_t
host4(const struct dp_addr *a)
{
	uint32_t be;

	memcpy(&be, a->bytes, 4);
	return rte_be_to_cpu_32(be);
}

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct route_row
route(uint32_t prefix, uint8_t len, const struct route_hop *hop, uint16_t n_hops)
{
	return (struct route_row){
		.prefix = addr4(prefix),
		.prefix_len = len,
		.kind = DP_ROUTE_FORWARD,
		.hop = hop,
		.n_hops = n_hops,
	};
}

static struct route_hop
hop(uint16_t iface, uint32_t gateway)
{
	struct route_hop h = { .iface = iface, .weight = 1 };

	if (gateway)
		h.gateway = addr4(gateway);
	return h;
}

static struct route_neighbour
neighbour(uint16_t iface, uint32_t addr)
{
	struct route_neighbour n = { .addr = addr4(addr), .iface = iface };

	n.mac[0] = 4;
	n.mac[1] = (uint8_t)iface;
	memcpy(n.mac + 2, n.addr.bytes, 4);
	return n;
}

static struct route_view *
build(struct route_row *rows, size_t n_rows, struct route_neighbour *neighbours, size_t n)
{
	struct route_input in = { rows, neighbours, ifaces, n_rows, n, IFACES };

	return route_view_build(&in, 7);
}

static const struct adjacency *
find(const struct route_view *v, uint32_t dst)
{
	return &v->adjacency[route_find(v, dst)];
}

// ---- The model: every rule of longest match, read off the rows one by one.

struct table {
	struct route_row row[ROWS_MAX];
	struct route_hop hop[ROWS_MAX][HOPS_MAX];
	struct route_neighbour neighbour[NEIGHBOURS_MAX];
	size_t n_rows, n_neighbours;
};

static uint32_t
mask(uint8_t len)
{
	return len ? UINT32_MAX << (32 - len) : 0;
}

static bool
model_is_better(const struct route_row *a, const struct route_row *b)
{
	if (b == NULL || a->prefix_len != b->prefix_len)
		return b == NULL || a->prefix_len > b->prefix_len;
	if ((a->kind == DP_ROUTE_LOCAL) != (b->kind == DP_ROUTE_LOCAL))
		return a->kind == DP_ROUTE_LOCAL;
	return a->metric < b->metric;
}

static const struct route_row *
model_match(const struct table *t, uint32_t dst)
{
	const struct route_row *best = NULL;

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct route_row *r = &t->row[i];

		if ((dst & mask(r->prefix_len)) == host4(&r->prefix) && model_is_better(r, best))
			best = r;
	}
	if ((dst >> 24 == 0 || dst >> 24 == 127) && best != NULL && best->prefix_len < 8)
		return NULL;
	if (dst >> 29 == 7 && best != NULL && best->prefix_len < 3)
		return NULL;
	return best;
}

static const struct route_neighbour *
model_neighbour(const struct table *t, uint16_t iface, uint32_t addr)
{
	for (size_t i = 0; i < t->n_neighbours; i++)
		if (t->neighbour[i].iface == iface && host4(&t->neighbour[i].addr) == addr)
			return &t->neighbour[i];
	return NULL;
}

static bool
same_hop(const struct table *t, const struct adjacency *a, const struct route_hop *h, uint32_t dst)
{
	uint32_t gateway = h->gateway.family ? host4(&h->gateway) : 0;
	const struct route_neighbour *n = model_neighbour(t, h->iface, gateway ? gateway : dst);
	const struct route_iface *i = &ifaces[h->iface];

	if (a->iface != h->iface || a->port != i->port || a->mtu != i->mtu)
		return false;
	if (n == NULL)
		return a->kind == ADJACENCY_UNRESOLVED && a->gateway == gateway;
	return a->kind == ADJACENCY_RESOLVED && a->l2_len == (i->vlan ? 18 : 14) &&
		memcmp(a->l2, n->mac, 6) == 0 && memcmp(a->l2 + 6, i->mac, 6) == 0 &&
		memcmp(a->l2 + a->l2_len - 2, "\x08\x00", 2) == 0;
}

// The hops that count: those whose link is up, all if none is.
static size_t
model_hops(const struct route_row *r, const struct route_hop *out[HOPS_MAX])
{
	size_t n = 0;

	for (unsigned int must_be_up = 2; must_be_up-- && n == 0;)
		for (uint16_t i = 0; i < r->n_hops; i++)
			if (!must_be_up || ifaces[r->hop[i].iface].is_up)
				out[n++] = &r->hop[i];
	return n;
}

// A destination on several links at once is settled by the first link that knows it.
static const struct route_hop *
model_on_link(const struct table *t, const struct route_hop *const *hops, size_t n, uint32_t dst)
{
	const struct route_hop *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (hops[i]->gateway.family == 0 && model_neighbour(t, hops[i]->iface, dst) &&
			(found == NULL || hops[i]->iface < found->iface))
			found = hops[i];
	return found;
}

// The flow hash in the middle of share i of n.
static uint32_t
hash_at(uint32_t i, uint32_t n)
{
	return (uint32_t)((2 * (uint64_t)i + 1) * (1ULL << 31) / n);
}

static bool
same_group(const struct table *t, const struct route_view *v, const struct adjacency *a,
	const struct route_hop *const *hops, size_t n, uint32_t dst)
{
	uint32_t weights = 0, before = 0;

	for (size_t i = 0; i < n; i++)
		weights += hops[i]->weight;
	if (a->kind != ADJACENCY_GROUP)
		return false;
	for (size_t i = 0; i < n; i++) {
		// the middle of the hop's share
		uint32_t at = (2 * before + hops[i]->weight) * a->group.n_members / (2 * weights);
		uint32_t flow = hash_at(at, a->group.n_members);
		const struct adjacency *m = &v->adjacency[route_find_flow(v, dst, flow)];

		if (!same_hop(t, m, hops[i], dst))
			return false;
		before += hops[i]->weight;
	}
	return true;
}

static bool
agrees(const struct table *t, const struct route_view *v, uint32_t dst)
{
	const struct route_row *r = model_match(t, dst);
	const struct adjacency *a = find(v, dst);
	const struct route_hop *hops[HOPS_MAX], *on_link;
	size_t n;

	if (route_is_local(v, dst) != (r != NULL && r->kind == DP_ROUTE_LOCAL))
		return false;
	if (r == NULL)
		return a->kind == ADJACENCY_NO_ROUTE;
	if (r->kind != DP_ROUTE_FORWARD)
		return a->kind ==
			(r->kind == DP_ROUTE_LOCAL ? ADJACENCY_LOCAL : ADJACENCY_BLACKHOLE);
	n = model_hops(r, hops);
	if (n == 1)
		return same_hop(t, a, hops[0], dst);
	on_link = model_on_link(t, hops, n, dst);
	if (on_link != NULL)
		return same_hop(t, a, on_link, dst);
	return same_group(t, v, a, hops, n, dst);
}

static uint32_t
random_u32(void)
{
	return (uint32_t)random() << 16 ^ (uint32_t)random();
}

// Crowded parts of the space, so that prefixes nest and neighbours fall into routes.
static uint32_t
random_addr(void)
{
	static const uint32_t base[] = { IP(10, 0, 0, 0), IP(10, 0, 1, 0), IP(0, 0, 0, 0),
		IP(127, 0, 0, 0), IP(223, 255, 255, 0), IP(255, 255, 255, 0), IP(100, 64, 0, 0) };
	uint32_t r = random_u32();

	return r % 8 == 7 ? random_u32() : base[r % 7] + (r >> 8) % 512;
}

static void
random_row(struct table *t, size_t i)
{
	struct route_row *r = &t->row[i];
	uint8_t len = random_u32() % 3 ? 20 + random_u32() % 13 : random_u32() % 33;
	uint32_t kind = random_u32() % 8;
	uint16_t n = random_u32() % 3 ? 1 : 1 + random_u32() % HOPS_MAX;

	for (uint16_t h = 0; h < n; h++) {
		bool has_gateway = random_u32() % 2;

		t->hop[i][h] = hop(random_u32() % IFACES, has_gateway ? random_addr() : 0);
		t->hop[i][h].weight = 1 + random_u32() % 8;
	}
	*r = route(random_addr() & mask(len), len, t->hop[i], n);
	r->metric = (uint32_t)i; // two equal prefixes never tie
	if (kind == 0)
		r->kind = DP_ROUTE_BLACKHOLE;
	else if (kind == 1)
		*r = (struct route_row){
			.prefix = addr4(random_addr()), .prefix_len = 32, .kind = DP_ROUTE_LOCAL
		};
}

static void
random_table(struct table *t)
{
	t->n_rows = random_u32() % ROWS_MAX;
	t->n_neighbours = 0;
	for (size_t i = 0; i < t->n_rows; i++)
		random_row(t, i);
	for (size_t i = random_u32() % NEIGHBOURS_MAX; i-- > 0;) {
		struct route_neighbour n = neighbour(random_u32() % IFACES, random_addr());

		if (t->n_rows && random_u32() % 2) {
			struct route_hop *h = &t->hop[random_u32() % t->n_rows][0];

			if (h->gateway.family == 4)
				n = neighbour(h->iface, host4(&h->gateway));
		}
		if (!model_neighbour(t, n.iface, host4(&n.addr)))
			t->neighbour[t->n_neighbours++] = n;
	}
}

// Every address at which something may change, and both beside it.
static unsigned int
disagreements(const struct table *t, const struct route_view *v)
{
	unsigned int wrong = 0;

	for (int beside = -1; beside <= 1; beside++) {
		for (size_t i = 0; i < t->n_rows; i++) {
			uint32_t first = host4(&t->row[i].prefix);

			wrong += !agrees(t, v, first + (uint32_t)beside);
			wrong += !agrees(
				t, v, (first | ~mask(t->row[i].prefix_len)) + (uint32_t)beside);
		}
		for (size_t i = 0; i < t->n_neighbours; i++)
			wrong += !agrees(t, v, host4(&t->neighbour[i].addr) + (uint32_t)beside);
	}
	for (unsigned int i = 0; i < 200; i++)
		wrong += !agrees(t, v, random_addr());
	return wrong;
}

static void
agrees_with_naive_longest_match(void)
{
	static struct table t;
	struct route_row rows[ROWS_MAX];
	unsigned int wrong = 0;

	srandom(1);
	for (unsigned int round = 0; round < 400; round++) {
		struct route_view *v;

		random_table(&t);
		memcpy(rows, t.row, sizeof(rows));
		v = build(rows, t.n_rows, t.neighbour, t.n_neighbours);
		CU_ASSERT_PTR_NOT_NULL_FATAL(v);
		wrong += disagreements(&t, v);
		for (uint32_t i = 1; i < v->n_ranges; i++)
			wrong += v->first[i] <= v->first[i - 1] ||
				v->of_range[i] == v->of_range[i - 1];
		wrong += v->first[0] != 0;
		route_view_free(v);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

// ---- The same rules one at a time, so that a failure names the rule.

static void
no_rows_are_no_route_everywhere(void)
{
	struct route_view *v = build(NULL, 0, NULL, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(v->generation, 7);
	CU_ASSERT_EQUAL(v->n_ranges, 1);
	CU_ASSERT_EQUAL(route_find(v, 0), 0);
	CU_ASSERT_EQUAL(route_find(v, UINT32_MAX), 0);
	CU_ASSERT_EQUAL(v->adjacency[0].kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_FALSE(route_is_local(v, IP(10, 0, 0, 1)));
	route_view_free(v);
}

static void
resolved_gateway_has_the_whole_link_header(void)
{
	static const uint8_t expected[18] = { 4, 2, 10, 0, 0, 9, 2, 0, 0, 0, 0, 0xa2, 0x81, 0x00,
		0x00, 100, 0x08, 0x00 };
	struct route_hop h = hop(2, IP(10, 0, 0, 9));
	struct route_row r = route(0, 0, &h, 1);
	struct route_neighbour n = neighbour(2, IP(10, 0, 0, 9));
	struct route_view *v = build(&r, 1, &n, 1);
	const struct adjacency *a = find(v, IP(198, 51, 100, 1));

	CU_ASSERT_EQUAL(a->kind, ADJACENCY_RESOLVED);
	CU_ASSERT_EQUAL(a->port, 11);
	CU_ASSERT_EQUAL(a->iface, 2);
	CU_ASSERT_EQUAL(a->mtu, 1496);
	CU_ASSERT_EQUAL(a->l2_len, sizeof(expected));
	CU_ASSERT_EQUAL(memcmp(a->l2, expected, sizeof(expected)), 0);
	route_view_free(v);
}

static void
neighbour_of_another_interface_resolves_nothing(void)
{
	struct route_hop h = hop(0, IP(10, 0, 0, 9));
	struct route_row r = route(IP(203, 0, 113, 0), 24, &h, 1);
	struct route_neighbour n = neighbour(1, IP(10, 0, 0, 9));
	struct route_view *v = build(&r, 1, &n, 1);
	const struct adjacency *a = find(v, IP(203, 0, 113, 1));

	CU_ASSERT_EQUAL(a->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(a->gateway, IP(10, 0, 0, 9));
	route_view_free(v);
}

static void
on_link_destination_is_its_own_gateway(void)
{
	struct route_hop h = hop(0, 0);
	struct route_row r = route(IP(10, 0, 0, 0), 24, &h, 1);
	struct route_neighbour n = neighbour(0, IP(10, 0, 0, 5));
	struct route_view *v = build(&r, 1, &n, 1);

	CU_ASSERT_EQUAL(find(v, IP(10, 0, 0, 4))->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(v, IP(10, 0, 0, 4))->gateway, 0);
	CU_ASSERT_EQUAL(find(v, IP(10, 0, 0, 5))->kind, ADJACENCY_RESOLVED);
	CU_ASSERT_EQUAL(find(v, IP(10, 0, 0, 6))->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(v, IP(10, 0, 1, 0))->kind, ADJACENCY_NO_ROUTE);
	route_view_free(v);
}

static void
default_route_takes_no_martians(void)
{
	struct route_hop h = hop(0, IP(10, 0, 0, 9));
	struct route_row r[2] = { route(0, 0, &h, 1), route(IP(240, 0, 0, 0), 8, &h, 1) };
	struct route_view *v = build(r, 2, NULL, 0);

	CU_ASSERT_EQUAL(find(v, IP(0, 1, 2, 3))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, IP(1, 0, 0, 0))->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(v, IP(127, 0, 0, 1))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, IP(224, 0, 0, 5))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, UINT32_MAX)->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, IP(240, 1, 1, 1))->kind, ADJACENCY_UNRESOLVED);
	route_view_free(v);
}

static void
local_address_wins_over_a_host_route(void)
{
	struct route_hop h = hop(0, 0);
	struct route_row r[2] = { route(IP(10, 0, 0, 1), 32, &h, 1),
		{ .prefix = addr4(IP(10, 0, 0, 1)),
			.prefix_len = 32,
			.kind = DP_ROUTE_LOCAL,
			.metric = 5 } };
	struct route_view *v = build(r, 2, NULL, 0);

	CU_ASSERT_TRUE(route_is_local(v, IP(10, 0, 0, 1)));
	CU_ASSERT_FALSE(route_is_local(v, IP(10, 0, 1, 1))); // same low byte
	route_view_free(v);
}

static void
lower_metric_wins_and_its_removal_gives_way(void)
{
	struct route_hop h[2] = { hop(0, IP(10, 0, 0, 8)), hop(1, IP(10, 0, 0, 9)) };
	struct route_row r[2] = { route(0, 0, &h[0], 1), route(0, 0, &h[1], 1) };
	struct route_view *v;

	r[0].metric = 200;
	r[1].metric = 100;
	v = build(r, 2, NULL, 0);
	CU_ASSERT_EQUAL(find(v, IP(8, 8, 8, 8))->iface, 1);
	route_view_free(v);
	v = build(r, 1, NULL, 0);
	CU_ASSERT_EQUAL(find(v, IP(8, 8, 8, 8))->iface, 0);
	route_view_free(v);
}

static void
flows_are_shared_by_weight(void)
{
	struct route_hop h[3] = { hop(0, 0), hop(1, IP(10, 1, 0, 9)), hop(2, IP(10, 2, 0, 9)) };
	struct route_row r = route(IP(203, 0, 113, 0), 24, h, 3);
	struct route_view *v;
	uint32_t flows[IFACES] = { 0 };

	h[0].weight = 30;
	h[1].weight = 60;
	h[2].weight = 90;
	v = build(&r, 1, NULL, 0);
	CU_ASSERT_EQUAL(find(v, IP(203, 0, 113, 7))->group.n_members, 6);
	for (uint32_t i = 0; i < 600; i++)
		flows[v->adjacency[route_find_flow(v, IP(203, 0, 113, 7), hash_at(i, 600))]
				.iface]++;
	CU_ASSERT_EQUAL(flows[0], 100);
	CU_ASSERT_EQUAL(flows[1], 200);
	CU_ASSERT_EQUAL(flows[2], 300);
	route_view_free(v);
}

static void
uneven_weights_stay_within_a_bounded_group(void)
{
	static struct route_hop h[257];
	struct route_row r = route(IP(203, 0, 113, 0), 24, h, 257);
	struct route_view *v;

	for (uint16_t i = 0; i < 257; i++) {
		h[i] = hop(0, IP(10, 1, 0, 0) + i + 1);
		h[i].weight = i % 2 ? 256 : 255;
	}
	v = build(&r, 1, NULL, 0);
	CU_ASSERT_EQUAL(find(v, IP(203, 0, 113, 7))->group.n_members, 257);
	route_view_free(v);
}

static void
hops_whose_link_is_down_are_left_out(void)
{
	struct route_hop h[2] = { hop(3, IP(10, 3, 0, 9)), hop(1, IP(10, 1, 0, 9)) };
	struct route_row r[2] = { route(IP(203, 0, 113, 0), 24, h, 2),
		route(IP(198, 51, 100, 0), 24, h, 1) };
	struct route_view *v = build(r, 2, NULL, 0);

	CU_ASSERT_EQUAL(find(v, IP(203, 0, 113, 7))->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(v, IP(203, 0, 113, 7))->iface, 1);
	CU_ASSERT_EQUAL(find(v, IP(198, 51, 100, 7))->iface, 3); // there is no other
	route_view_free(v);
}

static void
equal_groups_are_kept_once(void)
{
	struct route_hop h[2] = { hop(0, IP(10, 0, 0, 9)), hop(1, IP(10, 1, 0, 9)) };
	struct route_row r[50];
	struct route_view *v;

	for (uint32_t i = 0; i < 50; i++)
		r[i] = route(IP(20, i, 0, 0), 16, h, 2);
	v = build(r, 50, NULL, 0);
	CU_ASSERT_EQUAL(v->n_members, 2);
	CU_ASSERT_EQUAL(route_find(v, IP(20, 0, 0, 1)), route_find(v, IP(20, 49, 0, 1)));
	route_view_free(v);
}

static void
unsound_rows_are_left_out(void)
{
	struct route_hop h = hop(IFACES, 0);
	struct route_hop six = { .iface = 0, .weight = 1, .gateway = { .family = 6 } };
	struct route_row r[5] = {
		route(IP(10, 0, 0, 1), 24, &h, 0),
		route(IP(10, 1, 0, 0), 33, &h, 0),
		route(IP(10, 2, 0, 0), 16, &h, 1),
		route(IP(10, 3, 0, 0), 16, &six, 1),
		{ .prefix = { .family = 6 }, .kind = DP_ROUTE_BLACKHOLE },
	};
	struct route_view *v = build(r, 5, NULL, 0);

	CU_ASSERT_EQUAL(find(v, IP(10, 0, 0, 1))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, IP(10, 1, 0, 1))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, IP(10, 2, 0, 1))->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, IP(10, 3, 0, 1))->gateway, ADJACENCY_GATEWAY6);
	CU_ASSERT_EQUAL(find(v, IP(11, 0, 0, 1))->kind, ADJACENCY_NO_ROUTE);
	route_view_free(v);
}

static const struct unit_case cases[] = {
	UNIT_CASE(agrees_with_naive_longest_match),
	UNIT_CASE(no_rows_are_no_route_everywhere),
	UNIT_CASE(resolved_gateway_has_the_whole_link_header),
	UNIT_CASE(neighbour_of_another_interface_resolves_nothing),
	UNIT_CASE(on_link_destination_is_its_own_gateway),
	UNIT_CASE(default_route_takes_no_martians),
	UNIT_CASE(local_address_wins_over_a_host_route),
	UNIT_CASE(lower_metric_wins_and_its_removal_gives_way),
	UNIT_CASE(flows_are_shared_by_weight),
	UNIT_CASE(uneven_weights_stay_within_a_bounded_group),
	UNIT_CASE(hops_whose_link_is_down_are_left_out),
	UNIT_CASE(equal_groups_are_kept_once),
	UNIT_CASE(unsound_rows_are_left_out),
};

UNIT_MAIN("dataplane/routing_build", cases)
