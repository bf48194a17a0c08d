// SPDX-License-Identifier: BSD-3-Clause
// The IPv6 half of a view: as in routing_build.c, with addresses of 128 bits.
#include "dataplane/routing_draft.h"

#include <stdlib.h>
#include <string.h>

#define NESTED_MAX 130 // prefixes that can cover one another, and the whole space

// What a default route must not catch: ::/128 and ::1/128, link-local, multicast.
static const struct {
	struct addr6 prefix;
	uint8_t len;
} martians[] = {
	{ { 0, 0 }, 127 },
	{ { 0xfe80000000000000, 0 }, 10 },
	{ { 0xff00000000000000, 0 }, 8 },
};

#define MARTIANS (sizeof(martians) / sizeof(martians[0]))

struct sort_key6 {
	struct addr6 prefix;
	uint8_t len, rank;
	uint32_t metric, adjacency;
};

// The bits that a prefix of this length leaves open.
static struct addr6
open_bits(uint8_t len)
{
	return (struct addr6){
		.high = len >= 64 ? 0 : UINT64_MAX >> len,
		.low = len <= 64     ? UINT64_MAX
			: len == 128 ? 0
				     : UINT64_MAX >> (len - 64),
	};
}

static struct addr6
last_of(struct addr6 prefix, uint8_t len)
{
	struct addr6 bits = open_bits(len);

	return (struct addr6){ prefix.high | bits.high, prefix.low | bits.low };
}

// The address after this one, which isn't the last of all.
static struct addr6
after(struct addr6 a)
{
	a.low++;
	a.high += a.low == 0;
	return a;
}

static bool
is_last_of_all(struct addr6 a)
{
	return a.high == UINT64_MAX && a.low == UINT64_MAX;
}

static int
compare_addrs(struct addr6 a, struct addr6 b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return a.low == b.low ? 0 : a.low < b.low ? -1 : 1;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct sort_key6 *x = a, *y = b;
	int by = compare_addrs(x->prefix, y->prefix);

	if (by == 0)
		by = (int)x->len - (int)y->len;
	if (by == 0)
		by = (int)x->rank - (int)y->rank;
	return by ? by : x->metric < y->metric ? -1 : x->metric > y->metric;
}

static bool
row_is_sound(const struct route_row *r, struct addr6 prefix)
{
	struct addr6 bits = open_bits(r->prefix_len);

	return (prefix.high & bits.high) == 0 && (prefix.low & bits.low) == 0;
}

static size_t
make_keys(struct draft *d, struct sort_key6 *key)
{
	size_t n = 0;

	for (size_t i = 0; i < MARTIANS; i++)
		key[n++] = (struct sort_key6){
			.prefix = martians[i].prefix, .len = martians[i].len, .rank = RANK_MARTIAN
		};
	for (size_t i = 0; i < d->in->n_routes; i++) {
		const struct route_row *r = &d->in->route[i];
		struct sort_key6 *k = &key[n];

		if (r->prefix.family != 6 || r->prefix_len > 128)
			continue;
		k->prefix = addr6_of(r->prefix.bytes);
		if (!row_is_sound(r, k->prefix))
			continue;
		k->len = r->prefix_len;
		k->rank = r->kind == DP_ROUTE_LOCAL ? RANK_LOCAL : RANK_ROUTE;
		k->metric = r->metric;
		k->adjacency = FIXED_BLACKHOLE;
		if (r->kind == DP_ROUTE_LOCAL)
			k->adjacency = FIXED_LOCAL;
		else if (r->kind == DP_ROUTE_FORWARD)
			k->adjacency = draft_forward(d, 6, r);
		n++;
	}
	return n;
}

// From `start` on, destinations have this adjacency, until the next call says otherwise.
static void
emit(struct draft *d, struct addr6 start, uint32_t adjacency)
{
	if (d->n_ranges6 && compare_addrs(d->first6[d->n_ranges6 - 1], start) == 0)
		d->n_ranges6--;
	if (d->n_ranges6 && d->of_range6[d->n_ranges6 - 1] == adjacency)
		return;
	d->first6[d->n_ranges6] = start;
	d->of_range6[d->n_ranges6++] = adjacency;
}

// Sorted keys, outer prefixes before inner ones, to ranges.
static void
cut(struct draft *d, const struct sort_key6 *key, size_t n)
{
	struct {
		struct addr6 end;
		uint32_t adjacency;
	} open[NESTED_MAX] = { { { UINT64_MAX, UINT64_MAX }, FIXED_NO_ROUTE } };
	unsigned int depth = 0;

	emit(d, (struct addr6){ 0, 0 }, FIXED_NO_ROUTE);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && key[i].len == key[i - 1].len &&
			compare_addrs(key[i].prefix, key[i - 1].prefix) == 0)
			continue;
		for (; !addr6_le(key[i].prefix, open[depth].end); depth--)
			emit(d, after(open[depth].end), open[depth - 1].adjacency);
		emit(d, key[i].prefix, key[i].adjacency);
		depth++;
		open[depth].end = last_of(key[i].prefix, key[i].len);
		open[depth].adjacency = key[i].adjacency;
	}
	for (; depth > 0; depth--)
		if (!is_last_of_all(open[depth].end))
			emit(d, after(open[depth].end), open[depth - 1].adjacency);
}

// Works the neighbours of one range, from index n on, into it, each as a range of its own. Returns
// the first one behind it.
static size_t
cut_range(struct draft *d, struct addr6 first, struct addr6 last, uint32_t adjacency, size_t n)
{
	struct addr6 rest = first; // of the range
	bool is_done = false;

	emit(d, first, adjacency);
	for (; n < d->in->n_neighbours; n++) {
		const struct route_neighbour *neighbour = &d->in->neighbour[n];
		struct addr6 addr = addr6_of(neighbour->addr.bytes);

		if (!addr6_le(addr, last))
			break;
		// known on two links of a group: the first counts
		if (is_done || !addr6_le(rest, addr) ||
			!draft_is_on_link(d, adjacency, neighbour->iface))
			continue;
		emit(d, addr, draft_hop(d, 6, neighbour->iface, &neighbour->addr));
		is_done = compare_addrs(addr, last) == 0;
		if (is_done)
			continue;
		rest = after(addr);
		emit(d, rest, adjacency);
	}
	return n;
}

// The ranges of routes become those of routes and neighbours.
static void
cut_neighbours(struct draft *d, const struct addr6 *first, const uint32_t *of_range, uint32_t n)
{
	size_t next = 0;

	while (next < d->in->n_neighbours && d->in->neighbour[next].addr.family < 6)
		next++;
	d->n_ranges6 = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct addr6 last = { UINT64_MAX, UINT64_MAX };

		if (i + 1 < n) {
			last = first[i + 1];
			last.high -= last.low == 0;
			last.low--;
		}
		next = cut_range(d, first[i], last, of_range[i], next);
	}
}

bool
draft_ranges6(struct draft *d)
{
	size_t keys_max = d->in->n_routes + MARTIANS, room = 2 * keys_max + 2;
	size_t all = room + 2 * d->in->n_neighbours;
	struct sort_key6 *key = malloc(keys_max * sizeof(*key));
	struct addr6 *first = malloc(room * sizeof(*first));
	uint32_t *of_range = malloc(room * sizeof(*of_range)), n;

	d->first6 = malloc(all * sizeof(*d->first6));
	d->of_range6 = malloc(all * sizeof(*d->of_range6));
	if (key == NULL || first == NULL || of_range == NULL || d->first6 == NULL ||
		d->of_range6 == NULL) {
		d->is_short_of_memory = true;
	} else {
		size_t n_keys = make_keys(d, key);

		qsort(key, n_keys, sizeof(*key), compare_keys);
		cut(d, key, n_keys);
		n = d->n_ranges6;
		memcpy(first, d->first6, n * sizeof(*first));
		memcpy(of_range, d->of_range6, n * sizeof(*of_range));
		cut_neighbours(d, first, of_range, n);
	}
	free(key);
	free(first);
	free(of_range);
	return !d->is_short_of_memory;
}
