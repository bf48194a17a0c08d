// SPDX-License-Identifier: BSD-3-Clause
// The IPv6 half of a view, against a plain search through the rows.
#include "dataplane/routing_build.h"
#include "tests/unit/cunit_main.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 400
#define NEIGHBOURS 60

static const struct route_iface ifaces[2] = {
	{ .port = 0, .mtu = 1500, .mac = { 2, 0, 0, 0, 0, 1 }, .is_up = true },
	{ .port = 1, .mtu = 1400, .mac = { 2, 0, 0, 0, 0, 2 }, .is_up = true },
};

static struct route_row row[ROWS];
static struct route_hop hop[ROWS];
static struct route_neighbour neighbour[NEIGHBOURS];
static struct route_input in;

static uint32_t dice;

static uint32_t
throw_dice(uint32_t sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % sides;
}

static void
set_bits(struct dp_addr *a, const char *text)
{
	*a = (struct dp_addr){ .family = 6 };
	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, a->bytes), 1);
}

static bool
bit_of(const struct dp_addr *a, unsigned int bit)
{
	return a->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static void
clear_behind(struct dp_addr *a, uint8_t len)
{
	for (unsigned int bit = len; bit < 128; bit++)
		a->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

// Few different octets, so that prefixes cover one another.
static struct dp_addr
random_addr(void)
{
	struct dp_addr a = { .family = 6, .bytes = { 0x20, 0x01 } };

	for (int i = 2; i < 16; i++)
		a.bytes[i] = throw_dice(3) ? 0 : (uint8_t)(throw_dice(2) ? 0xff : throw_dice(4));
	return a;
}

static void
begin(void)
{
	memset(row, 0, sizeof(row));
	memset(hop, 0, sizeof(hop));
	memset(neighbour, 0, sizeof(neighbour));
	in = (struct route_input){
		.route = row, .neighbour = neighbour, .iface = ifaces, .n_ifaces = 2
	};
}

static void
add(const char *prefix, uint8_t len, uint8_t kind, const char *gateway, uint16_t iface)
{
	struct route_row *r = &row[in.n_routes];
	struct route_hop *h = &hop[in.n_routes++];

	set_bits(&r->prefix, prefix);
	r->prefix_len = len;
	r->kind = kind;
	r->n_hops = kind == DP_ROUTE_FORWARD;
	r->hop = h;
	h->iface = iface;
	h->weight = 1;
	if (gateway)
		set_bits(&h->gateway, gateway);
}

static void
add_neighbour(const char *addr, uint16_t iface, uint8_t last)
{
	struct route_neighbour *n = &neighbour[in.n_neighbours++];

	set_bits(&n->addr, addr);
	n->iface = iface;
	n->mac[0] = 6;
	n->mac[5] = last;
}

static const struct adjacency *
find(const struct route_view *v, const char *dst)
{
	struct dp_addr a;

	set_bits(&a, dst);
	return route_find6_flow(v, addr6_of(a.bytes), 0);
}

static void
longest_prefix_wins_and_martians_stay_out(void)
{
	struct route_view *v;

	begin();
	add("::", 0, DP_ROUTE_FORWARD, "fd00:20::2", 0);
	add("2001:db8:100::", 48, DP_ROUTE_BLACKHOLE, NULL, 0);
	add("2001:db8:100:7::", 64, DP_ROUTE_FORWARD, "fd00:20::3", 1);
	add("fd00:20::1", 128, DP_ROUTE_LOCAL, NULL, 0);
	v = route_view_build(&in, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(find(v, "2001:db8:ff::1")->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(v, "2001:db8:100::1")->kind, ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find(v, "2001:db8:100:7:ffff:ffff:ffff:ffff")->iface, 1);
	CU_ASSERT_EQUAL(find(v, "2001:db8:100:8::")->kind, ADJACENCY_BLACKHOLE);
	CU_ASSERT_EQUAL(find(v, "2001:db8:101::")->iface, 0);
	CU_ASSERT_EQUAL(find(v, "fd00:20::1")->kind, ADJACENCY_LOCAL);
	CU_ASSERT_EQUAL(find(v, "::")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, "::1")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, "::2")->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(find(v, "fe80::1")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, "febf:ffff::1")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(find(v, "ff02::1")->kind, ADJACENCY_NO_ROUTE);
	CU_ASSERT_EQUAL(
		find(v, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")->kind, ADJACENCY_NO_ROUTE);
	route_view_free(v);
}

static void
neighbours_are_worked_in(void)
{
	struct route_view *v;
	const struct adjacency *a;

	begin();
	add("::", 0, DP_ROUTE_FORWARD, "fd00:20::2", 0);
	add("fd00:20::", 64, DP_ROUTE_FORWARD, NULL, 0);
	add_neighbour("fd00:20::2", 0, 2);
	add_neighbour("fd00:20::9", 0, 9);
	add_neighbour("fd00:20::a", 1, 10); // on the other link
	v = route_view_build(&in, 1);
	a = find(v, "2001:db8::1");
	CU_ASSERT_EQUAL(a->kind, ADJACENCY_RESOLVED);
	CU_ASSERT_EQUAL(
		memcmp(a->l2, (uint8_t[]){ 6, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd }, 14),
		0);
	CU_ASSERT_EQUAL(find(v, "fd00:20::9")->l2[5], 9);
	a = find(v, "fd00:20::8");
	CU_ASSERT_EQUAL(a->kind, ADJACENCY_UNRESOLVED);
	CU_ASSERT_EQUAL(a->gateway, 0);
	CU_ASSERT_PTR_EQUAL(find(v, "fd00:20::a"), a);
	route_view_free(v);
}

static void
the_lowest_local_address_speaks(void)
{
	struct route_view *v;

	begin();
	v = route_view_build(&in, 1);
	CU_ASSERT_EQUAL(v->source6.high | v->source6.low, 0);
	route_view_free(v);
	add("fd00:20::9", 128, DP_ROUTE_LOCAL, NULL, 0);
	add("fd00:20::1", 128, DP_ROUTE_LOCAL, NULL, 0);
	v = route_view_build(&in, 1);
	CU_ASSERT_EQUAL(v->source6.high, 0xfd00002000000000);
	CU_ASSERT_EQUAL(v->source6.low, 1);
	route_view_free(v);
}

// The row that counts: the longest prefix, then local before others, then the lower metric.
static const struct route_row *
oracle(const struct dp_addr *dst)
{
	const struct route_row *best = NULL;

	for (size_t i = 0; i < in.n_routes; i++) {
		const struct route_row *r = &row[i];
		uint8_t bit = 0;

		while (bit < r->prefix_len && bit_of(dst, bit) == bit_of(&r->prefix, bit))
			bit++;
		if (bit < r->prefix_len)
			continue;
		if (!best || r->prefix_len > best->prefix_len ||
			(r->prefix_len == best->prefix_len && r->metric < best->metric))
			best = r;
	}
	return best;
}

static bool
agrees(const struct route_view *v, const struct dp_addr *dst)
{
	const struct route_row *r = oracle(dst);
	struct addr6 a = addr6_of(dst->bytes);
	uint32_t range = route_range6(v, a);
	const struct adjacency *got = route_adjacency6(v, range, 0);

	if (!route_range6_has(v, range, a))
		return false;
	if (r == NULL)
		return got->kind == ADJACENCY_NO_ROUTE;
	if (r->kind == DP_ROUTE_BLACKHOLE)
		return got->kind == ADJACENCY_BLACKHOLE;
	return got->kind == ADJACENCY_UNRESOLVED &&
		memcmp(got->gateway6, r->hop->gateway.bytes, 16) == 0;
}

static void
random_rows_agree_with_a_plain_search(void)
{
	unsigned int wrong = 0;

	for (dice = 1; dice < 30; dice++) {
		struct route_view *v;
		uint32_t seed = dice;

		begin();
		for (in.n_routes = 0; in.n_routes < ROWS; in.n_routes++) {
			struct route_row *r = &row[in.n_routes];

			r->prefix = random_addr();
			r->prefix_len = (uint8_t)(3 + throw_dice(126));
			clear_behind(&r->prefix, r->prefix_len);
			r->metric = (uint32_t)in.n_routes; // no two are alike
			r->kind = throw_dice(4) ? DP_ROUTE_FORWARD : DP_ROUTE_BLACKHOLE;
			r->n_hops = r->kind == DP_ROUTE_FORWARD;
			r->hop = &hop[in.n_routes];
			hop[in.n_routes].weight = 1;
			hop[in.n_routes].gateway = random_addr();
		}
		v = route_view_build(&in, 1);
		for (int i = 0; i < 2000; i++) {
			struct dp_addr dst = random_addr();

			wrong += !agrees(v, &dst);
		}
		for (size_t i = 0; i < in.n_routes; i++)
			wrong += !agrees(v, &row[i].prefix);
		route_view_free(v);
		dice = seed;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

// How many of 1000 flows go by the first of two next hops. step: what tells two flows apart.
static unsigned int
first_of_two(const struct route_view *v, struct addr6 src_step, struct addr6 dst_step,
	uint32_t label_step)
{
	struct addr6 src = { 0x20010db801000007, 5 }, dst = { 0x20010db8ffff0000, 9 };
	uint32_t label = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t flow = route_flow6(src, dst, label);
		const struct adjacency *a = route_find6_flow(v, dst, flow);

		CU_ASSERT_PTR_EQUAL(a, route_find6_flow(v, dst, route_flow6(src, dst, label)));
		n += a->gateway6[15] == 2;
		src.high += src_step.high;
		src.low += src_step.low;
		dst.low += dst_step.low;
		label += label_step;
	}
	return n;
}

static void
flows_share_a_group(void)
{
	static const struct addr6 none, one = { 0, 1 }, next_prefix = { 1, 0 };
	struct route_view *v;
	unsigned int n;

	begin();
	add("2001:db8:ffff::", 48, DP_ROUTE_FORWARD, "fd00:20::2", 0);
	row[0].n_hops = 2;
	hop[1] = hop[0];
	set_bits(&hop[1].gateway, "fd00:20::3");
	v = route_view_build(&in, 1);
	n = first_of_two(v, one, none, 0);
	CU_ASSERT(n > 400 && n < 600);
	n = first_of_two(v, next_prefix, none, 0);
	CU_ASSERT(n > 400 && n < 600);
	n = first_of_two(v, none, one, 0);
	CU_ASSERT(n > 400 && n < 600);
	n = first_of_two(v, none, none, 1);
	CU_ASSERT(n > 400 && n < 600);
	n = first_of_two(v, none, none, 0);
	CU_ASSERT(n == 0 || n == 1000); // one flow stays together
	route_view_free(v);
}

static const struct unit_case cases[] = {
	UNIT_CASE(longest_prefix_wins_and_martians_stay_out),
	UNIT_CASE(neighbours_are_worked_in),
	UNIT_CASE(the_lowest_local_address_speaks),
	UNIT_CASE(flows_share_a_group),
	UNIT_CASE(random_rows_agree_with_a_plain_search),
};

UNIT_MAIN("dataplane/routing_build6", cases)
