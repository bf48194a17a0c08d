// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/routing_draft.h"

#include <rte_byteorder.h>
#include <rte_ether.h>

#include <stdlib.h>
#include <string.h>

#define NESTED_MAX 34 // prefixes that can cover one another, and the whole space
#define MARTIANS 3
#define KEY_DIGITS 10 // bytes of sort_key: 4 of the metric, 6 of the order

struct sort_key {
	uint64_t order; // prefix, its length, rank
	uint32_t metric;
	uint32_t adjacency;
};

static void *
grow(struct draft *d, void *old, uint32_t *room, uint32_t wanted, size_t element)
{
	uint32_t more = *room;
	void *p;

	if (wanted <= *room)
		return old;
	while (more < wanted)
		more = more ? 2 * more : 16;
	p = realloc(old, more * element);
	if (p == NULL) {
		d->is_short_of_memory = true;
		return old;
	}
	*room = more;
	return p;
}

static uint32_t
hash_of(const void *bytes, size_t n)
{
	const uint8_t *b = bytes;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool
grow_slots(struct draft *d)
{
	uint32_t n = d->n_slots ? 2 * d->n_slots : 64;
	uint32_t *slot = calloc(n, sizeof(*slot));

	if (slot == NULL) {
		d->is_short_of_memory = true;
		return false;
	}
	for (uint32_t i = FIXED_ADJACENCIES; i < d->n_adjacencies; i++) {
		uint32_t at = d->id[i].hash & (n - 1);

		while (slot[at])
			at = (at + 1) & (n - 1);
		slot[at] = i;
	}
	free(d->slot);
	d->slot = slot;
	d->n_slots = n;
	return true;
}

// Room for one more adjacency in both arrays.
static bool
grow_adjacencies(struct draft *d)
{
	uint32_t room = d->adjacencies_room;

	d->id = grow(d, d->id, &room, d->n_adjacencies + 1, sizeof(*d->id));
	d->adjacency = grow(
		d, d->adjacency, &d->adjacencies_room, d->n_adjacencies + 1, sizeof(*d->adjacency));
	return !d->is_short_of_memory;
}

static bool
same_adjacency(const struct draft *d, uint32_t at, const struct adjacency_id *id,
	const struct adjacency *group)
{
	const struct adjacency *a = &d->adjacency[at];
	const struct adjacency_id *other = &d->id[at];

	if (other->hash != id->hash || (a->kind == ADJACENCY_GROUP) != (group != NULL))
		return false;
	if (group == NULL)
		return other->iface == id->iface && other->family == id->family &&
			memcmp(&other->gateway, &id->gateway, sizeof(id->gateway)) == 0;
	return a->group.n_members == group->group.n_members &&
		memcmp(&d->member[a->group.first_member], &d->member[group->group.first_member],
			a->group.n_members * sizeof(uint32_t)) == 0;
}

// Index of the adjacency with this id, a group if one is given; a new, empty one if there was none.
// FIXED_NO_ROUTE: out of memory.
static uint32_t
intern(struct draft *d, const struct adjacency_id *id, const struct adjacency *group, bool *is_new)
{
	uint32_t at;

	*is_new = false;
	if (2 * d->n_adjacencies >= d->n_slots && !grow_slots(d))
		return FIXED_NO_ROUTE;
	at = id->hash & (d->n_slots - 1);
	for (; d->slot[at]; at = (at + 1) & (d->n_slots - 1))
		if (same_adjacency(d, d->slot[at], id, group))
			return d->slot[at];
	if (!grow_adjacencies(d))
		return FIXED_NO_ROUTE;
	*is_new = true;
	d->id[d->n_adjacencies] = *id;
	d->slot[at] = d->n_adjacencies;
	return d->n_adjacencies++;
}

static uint32_t
addr_host(const struct dp_addr *a)
{
	uint32_t be;

	memcpy(&be, a->bytes, sizeof(be));
	return rte_be_to_cpu_32(be);
}

static int
compare_neighbours(const void *a, const void *b)
{
	const struct route_neighbour *x = a, *y = b;
	int by_addr = memcmp(&x->addr, &y->addr, sizeof(x->addr));

	return by_addr ? by_addr : (int)x->iface - (int)y->iface;
}

static const struct route_neighbour *
find_neighbour(const struct route_input *in, uint16_t iface, const struct dp_addr *addr)
{
	struct route_neighbour key = { .addr = *addr, .iface = iface };

	if (in->n_neighbours == 0)
		return NULL;
	return bsearch(&key, in->neighbour, in->n_neighbours, sizeof(key), compare_neighbours);
}

static void
write_l2(struct adjacency *a, uint8_t family, const struct route_iface *iface, const uint8_t mac[6])
{
	uint16_t vlan_be = rte_cpu_to_be_16(iface->vlan);
	uint16_t tag_be = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	uint16_t ip_be =
		family == 6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4);

	memcpy(a->l2, mac, 6);
	memcpy(a->l2 + 6, iface->mac, 6);
	a->l2_len = 14;
	if (iface->vlan) {
		memcpy(a->l2 + 12, &tag_be, 2);
		memcpy(a->l2 + 14, &vlan_be, 2);
		a->l2_len = 18;
	}
	memcpy(a->l2 + a->l2_len - 2, &ip_be, 2);
}

static void
set_gateway(struct adjacency *a, const struct dp_addr *gateway)
{
	if (gateway->family == 4)
		a->gateway = addr_host(gateway);
	if (gateway->family != 6)
		return;
	a->gateway = ADJACENCY_GATEWAY6;
	memcpy(a->gateway6, gateway->bytes, sizeof(a->gateway6));
}

uint32_t
draft_hop(struct draft *d, uint8_t family, uint16_t iface, const struct dp_addr *gateway)
{
	const struct route_iface *i = &d->in->iface[iface];
	struct adjacency_id id = { .iface = iface, .family = family, .gateway = *gateway };
	const struct route_neighbour *n;
	struct adjacency *a;
	uint32_t index;
	bool is_new;

	id.hash = hash_of(&id.gateway, sizeof(id.gateway)) + (iface * 8u + family) * 2654435761u;
	index = intern(d, &id, NULL, &is_new);
	if (!is_new)
		return index;
	a = &d->adjacency[index];
	*a = (struct adjacency){
		.kind = ADJACENCY_UNRESOLVED,
		.port = i->port,
		.iface = iface,
		.mtu = i->mtu,
	};
	set_gateway(a, gateway);
	n = find_neighbour(d->in, iface, gateway);
	if (n != NULL) {
		a->kind = ADJACENCY_RESOLVED;
		write_l2(a, family, i, n->mac);
	}
	return index;
}

static bool
hop_is_usable(const struct draft *d, const struct route_hop *h, bool must_be_up)
{
	return h->iface < d->in->n_ifaces && (!must_be_up || d->in->iface[h->iface].is_up);
}

static uint32_t
gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

// Appends as many members as the hop's share of the group is.
static void
add_members(
	struct draft *d, uint8_t family, const struct route_hop *h, uint32_t divisor, uint32_t sum)
{
	uint32_t share = RTE_MAX(h->weight, 1) / divisor;
	uint32_t adjacency = draft_hop(d, family, h->iface, &h->gateway);

	sum /= divisor;
	if (sum > GROUP_SHARES_MAX)
		share = RTE_MAX(1u, share * GROUP_SHARES_MAX / sum);
	d->member = grow(d, d->member, &d->members_room, d->n_members + share, sizeof(*d->member));
	if (d->is_short_of_memory)
		return;
	while (share--)
		d->member[d->n_members++] = adjacency;
}

static uint32_t
group_adjacency(struct draft *d, uint8_t family, const struct route_row *row, bool must_be_up)
{
	struct adjacency a = { .kind = ADJACENCY_GROUP };
	struct adjacency_id id = { .iface = 0 };
	uint32_t divisor = 0, sum = 0, found;
	bool is_new;

	a.group.first_member = d->n_members;
	for (uint16_t i = 0; i < row->n_hops; i++) {
		if (!hop_is_usable(d, &row->hop[i], must_be_up))
			continue;
		divisor = gcd(RTE_MAX(row->hop[i].weight, 1), divisor);
		sum += RTE_MAX(row->hop[i].weight, 1);
	}
	for (uint16_t i = 0; i < row->n_hops; i++)
		if (hop_is_usable(d, &row->hop[i], must_be_up))
			add_members(d, family, &row->hop[i], divisor, sum);
	if (d->is_short_of_memory)
		return FIXED_NO_ROUTE;
	a.group.n_members = d->n_members - a.group.first_member;
	id.hash = hash_of(&d->member[a.group.first_member], a.group.n_members * sizeof(*d->member));
	found = intern(d, &id, &a, &is_new);
	if (is_new)
		d->adjacency[found] = a;
	else
		d->n_members = a.group.first_member;
	return found;
}

uint32_t
draft_forward(struct draft *d, uint8_t family, const struct route_row *row)
{
	uint16_t usable = 0, up = 0, one = 0;

	for (uint16_t i = 0; i < row->n_hops; i++) {
		bool is_up = hop_is_usable(d, &row->hop[i], true);

		if (!hop_is_usable(d, &row->hop[i], false))
			continue;
		if (is_up > (up > 0) || usable == 0)
			one = i;
		usable++;
		up += is_up;
	}
	if (usable == 0)
		return FIXED_NO_ROUTE;
	if (up == 1 || usable == 1)
		return draft_hop(d, family, row->hop[one].iface, &row->hop[one].gateway);
	return group_adjacency(d, family, row, up > 0);
}

static uint32_t
prefix_mask(uint8_t len)
{
	return len ? UINT32_MAX << (32 - len) : 0;
}

static uint64_t
sort_order(uint32_t prefix, uint8_t len, enum rank rank)
{
	return (uint64_t)prefix << 16 | (uint64_t)len << 8 | rank;
}

static bool
row_is_sound(const struct route_row *r)
{
	return r->prefix.family == 4 && r->prefix_len <= 32 &&
		(addr_host(&r->prefix) & ~prefix_mask(r->prefix_len)) == 0;
}

// Rows to keys; the martians, which a default route must not catch, come along.
static size_t
make_keys(struct draft *d, struct sort_key *key)
{
	static const struct {
		uint32_t prefix;
		uint8_t len;
	} martian[MARTIANS] = { { 0, 8 }, { 0x7f000000, 8 }, { 0xe0000000, 3 } };
	size_t n = 0;

	for (size_t i = 0; i < MARTIANS; i++)
		key[n++] = (struct sort_key){ .order = sort_order(martian[i].prefix, martian[i].len,
						      RANK_MARTIAN) };
	for (size_t i = 0; i < d->in->n_routes; i++) {
		const struct route_row *r = &d->in->route[i];
		struct sort_key *k = &key[n];

		if (!row_is_sound(r))
			continue;
		k->order = sort_order(addr_host(&r->prefix), r->prefix_len,
			r->kind == DP_ROUTE_LOCAL ? RANK_LOCAL : RANK_ROUTE);
		k->metric = r->metric;
		k->adjacency = FIXED_BLACKHOLE;
		if (r->kind == DP_ROUTE_LOCAL)
			k->adjacency = FIXED_LOCAL;
		else if (r->kind == DP_ROUTE_FORWARD)
			k->adjacency = draft_forward(d, 4, r);
		n++;
	}
	return n;
}

static uint8_t
key_digit(const struct sort_key *k, unsigned int digit)
{
	return (uint8_t)(digit < 4 ? k->metric >> 8 * digit : k->order >> 8 * (digit - 4));
}

// By order, then metric: a radix sort, byte by byte, without the bytes in which all keys agree.
// Returns the sorted keys, which are in either of the two arrays.
static struct sort_key *
sort_keys(struct sort_key *key, struct sort_key *spare, size_t n)
{
	for (unsigned int digit = 0; digit < KEY_DIGITS; digit++) {
		size_t at[257] = { 0 };
		struct sort_key *other = spare;

		for (size_t i = 0; i < n; i++)
			at[key_digit(&key[i], digit) + 1]++;
		if (at[key_digit(&key[0], digit) + 1] == n)
			continue;
		for (unsigned int v = 1; v < 257; v++)
			at[v] += at[v - 1];
		for (size_t i = 0; i < n; i++)
			other[at[key_digit(&key[i], digit)]++] = key[i];
		spare = key;
		key = other;
	}
	return key;
}

// From `start` on, destinations have this adjacency, until the next call says otherwise.
static void
emit(struct draft *d, uint64_t start, uint32_t adjacency)
{
	if (start > UINT32_MAX)
		return;
	if (d->n_ranges && d->first[d->n_ranges - 1] == start)
		d->n_ranges--;
	if (d->n_ranges && d->of_range[d->n_ranges - 1] == adjacency)
		return;
	d->first[d->n_ranges] = (uint32_t)start;
	d->of_range[d->n_ranges++] = adjacency;
}

// Sorted keys, outer prefixes before inner ones, to ranges.
static void
cut(struct draft *d, const struct sort_key *key, size_t n)
{
	struct {
		uint64_t end;
		uint32_t adjacency;
	} open[NESTED_MAX] = { { UINT32_MAX, FIXED_NO_ROUTE } };
	unsigned int depth = 0;
	uint64_t before = UINT64_MAX;

	emit(d, 0, FIXED_NO_ROUTE);
	for (size_t i = 0; i < n; i++) {
		uint32_t prefix = (uint32_t)(key[i].order >> 16);
		uint8_t len = (uint8_t)(key[i].order >> 8);

		if (key[i].order >> 8 == before)
			continue;
		before = key[i].order >> 8;
		for (; open[depth].end < prefix; depth--)
			emit(d, open[depth].end + 1, open[depth - 1].adjacency);
		emit(d, prefix, key[i].adjacency);
		depth++;
		open[depth].end = prefix | ~prefix_mask(len);
		open[depth].adjacency = key[i].adjacency;
	}
	for (; depth > 0; depth--)
		emit(d, open[depth].end + 1, open[depth - 1].adjacency);
}

bool
draft_is_on_link(const struct draft *d, uint32_t adjacency, uint16_t iface)
{
	const struct adjacency *a = &d->adjacency[adjacency];
	bool found = false;

	if (a->kind == ADJACENCY_UNRESOLVED)
		return a->gateway == 0 && a->iface == iface;
	if (a->kind != ADJACENCY_GROUP)
		return false;
	for (uint32_t i = 0; i < a->group.n_members && !found; i++)
		found = draft_is_on_link(d, d->member[a->group.first_member + i], iface);
	return found;
}

// Works the neighbours of one range, from index n on, into it, each as a range of its own. Returns
// the first one behind it.
static size_t
cut_range(struct draft *d, uint32_t first, uint32_t last, uint32_t adjacency, size_t n)
{
	uint64_t rest = first; // of the range

	emit(d, first, adjacency);
	for (; n < d->in->n_neighbours; n++) {
		const struct route_neighbour *neighbour = &d->in->neighbour[n];
		uint32_t addr = addr_host(&neighbour->addr);

		if (neighbour->addr.family != 4 || addr > last)
			break;
		// known on two links of a group: the first counts
		if (addr < rest || !draft_is_on_link(d, adjacency, neighbour->iface))
			continue;
		emit(d, addr, draft_hop(d, 4, neighbour->iface, &neighbour->addr));
		rest = (uint64_t)addr + 1;
		if (addr < last)
			emit(d, rest, adjacency);
	}
	return n;
}

static void
cut_neighbours(struct draft *d, const uint32_t *first, const uint32_t *of_range, uint32_t n)
{
	size_t next = 0;

	while (next < d->in->n_neighbours && d->in->neighbour[next].addr.family < 4)
		next++;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t last = i + 1 < n ? first[i + 1] - 1 : UINT32_MAX;

		next = cut_range(d, first[i], last, of_range[i], next);
	}
}

// Both passes over the address space: routes first, then neighbours.
static bool
make_ranges(struct draft *d, const struct sort_key *key, size_t n_keys)
{
	size_t room = 2 * n_keys + 2;
	size_t all = room + 2 * d->in->n_neighbours;
	uint32_t *base = malloc(2 * room * sizeof(uint32_t));
	uint32_t n;

	d->first = malloc(2 * all * sizeof(uint32_t));
	if (base == NULL || d->first == NULL) {
		free(base);
		return false;
	}
	d->of_range = d->first + all;
	cut(d, key, n_keys);
	n = d->n_ranges;
	memcpy(base, d->first, n * sizeof(uint32_t));
	memcpy(base + room, d->of_range, n * sizeof(uint32_t));
	d->n_ranges = 0;
	cut_neighbours(d, base, base + room, n);
	free(base);
	return !d->is_short_of_memory;
}

// The lowest address of this machine, for ICMP errors.
static void
set_source6(struct route_view *v, const struct route_row *r)
{
	static const struct addr6 none;
	struct addr6 a = addr6_of(r->prefix.bytes);

	if (r->prefix.family != 6 || r->prefix_len != 128)
		return;
	if (memcmp(&v->source6, &none, sizeof(none)) == 0 || addr6_le(a, v->source6))
		v->source6 = a;
}

static void
set_local(struct route_view *v, const struct route_input *in)
{
	for (size_t i = 0; i < in->n_routes; i++) {
		const struct route_row *r = &in->route[i];
		uint32_t dst;

		if (r->kind == DP_ROUTE_LOCAL)
			set_source6(v, r);
		if (r->kind != DP_ROUTE_LOCAL || !row_is_sound(r))
			continue;
		dst = addr_host(&r->prefix);
		if (r->prefix_len == 32 && (v->source == 0 || dst < v->source))
			v->source = dst;
		for (uint32_t k = 0; k < 256 && k <= ~prefix_mask(r->prefix_len); k++)
			v->local_filter[(dst + k) >> 6 & 3] |= 1ULL << ((dst + k) & 63);
	}
}

// One allocation, the arrays behind the structure.
static struct route_view *
seal(const struct draft *d, uint32_t generation)
{
	size_t adjacencies = d->n_adjacencies * sizeof(struct adjacency);
	size_t ranges = d->n_ranges * sizeof(uint32_t);
	size_t members = d->n_members * sizeof(uint32_t);
	size_t first6 = d->n_ranges6 * sizeof(struct addr6);
	size_t of_range6 = d->n_ranges6 * sizeof(uint32_t);
	size_t size =
		sizeof(struct route_view) + adjacencies + 2 * ranges + members + first6 + of_range6;
	struct route_view *v = aligned_alloc(64, RTE_ALIGN_CEIL(size, 64));
	char *at = (char *)(v + 1);

	if (v == NULL)
		return NULL;
	*v = (struct route_view){
		.generation = generation,
		.n_ranges = d->n_ranges,
		.n_adjacencies = d->n_adjacencies,
		.n_members = d->n_members,
		.n_ranges6 = d->n_ranges6,
		.first6 = memcpy(at, d->first6, first6), // first: its alignment is the widest
		.adjacency = memcpy(at + first6, d->adjacency, adjacencies),
	};
	at += first6 + adjacencies;
	v->first = memcpy(at, d->first, ranges);
	v->of_range = memcpy(at + ranges, d->of_range, ranges);
	v->of_range6 = memcpy(at + 2 * ranges, d->of_range6, of_range6);
	at += 2 * ranges + of_range6;
	v->member = members ? memcpy(at, d->member, members) : NULL;
	set_local(v, d->in);
	return v;
}

static bool
add_fixed(struct draft *d)
{
	static const uint8_t kind[FIXED_ADJACENCIES] = { ADJACENCY_NO_ROUTE, ADJACENCY_LOCAL,
		ADJACENCY_BLACKHOLE };

	for (uint32_t i = 0; i < FIXED_ADJACENCIES; i++) {
		if (!grow_adjacencies(d))
			return false;
		d->adjacency[i] = (struct adjacency){ .kind = kind[i], .iface = UINT16_MAX };
		d->id[i] = (struct adjacency_id){ .hash = 0 };
		d->n_adjacencies++;
	}
	return true;
}

struct route_view *
route_view_build(const struct route_input *in, uint32_t generation)
{
	struct draft d = { .in = in };
	size_t room = in->n_routes + MARTIANS;
	struct sort_key *key = malloc(2 * room * sizeof(*key));
	struct route_view *view = NULL;
	size_t n;

	if (key == NULL || !add_fixed(&d))
		goto free_draft;
	if (in->n_neighbours)
		qsort(in->neighbour, in->n_neighbours, sizeof(*in->neighbour), compare_neighbours);
	n = make_keys(&d, key);
	if (d.is_short_of_memory)
		goto free_draft;
	if (make_ranges(&d, sort_keys(key, key + room, n), n) && draft_ranges6(&d))
		view = seal(&d, generation);
free_draft:
	free(key);
	free(d.first6);
	free(d.of_range6);
	free(d.first);
	free(d.slot);
	free(d.member);
	free(d.id);
	free(d.adjacency);
	return view;
}

void
route_view_free(struct route_view *view)
{
	free(view);
}
