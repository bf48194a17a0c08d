// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/route_mirror.h"

#include "dataplane/mirror_state.h"

#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#define MAIN_TABLE 254       // RT_TABLE_MAIN
#define NEIGHBOURS_MAX 65536 // what is beyond stays unresolved
#define STATES_WITH_MAC                                                                            \
	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

static_assert(offsetof(struct link_object, key) == sizeof(struct mirror_node), "key follows");
static_assert(offsetof(struct route_object, key) == sizeof(struct mirror_node), "key follows");
static_assert(sizeof(struct route_key) == 32 && sizeof(struct neighbour_key) == 24, "no padding");

static void
set_dirty(struct route_mirror *m, uint16_t vrf)
{
	if (vrf >= m->header->n_vrfs)
		return;
	m->n_dirty += !m->is_dirty[vrf];
	m->is_dirty[vrf] = true;
	m->is_export_due = true;
}

static void
set_iface_dirty(struct route_mirror *m, uint16_t iface)
{
	if (iface != NO_IFACE_OF_OURS)
		set_dirty(m, m->header->iface[iface].vrf);
}

static void
set_table_dirty(struct route_mirror *m, uint32_t id)
{
	const struct kernel_table *t = mirror_find(&m->tables, &id);

	for (uint16_t i = 0; t != NULL && i < t->n_vrfs; i++)
		set_dirty(m, t->vrf[i]);
}

static void
forget_nothing(void *arg, void *object)
{
}

// ---- Neighbours

static void
neighbour_unlist(struct neighbour_object *n)
{
	if (n->is_listed)
		LIST_REMOVE(n, entry);
	n->is_listed = false;
}

static void
neighbour_list(struct route_mirror *m, struct neighbour_object *n)
{
	uint16_t iface = mirror_iface_of(m, n->key.ifindex);

	neighbour_unlist(n);
	if (iface == NO_IFACE_OF_OURS)
		return;
	LIST_INSERT_HEAD(&m->neighbours_of[m->header->iface[iface].vrf], n, entry);
	n->is_listed = true;
}

static void
neighbour_forget(void *arg, void *object)
{
	struct route_mirror *m = arg;
	struct neighbour_object *n = object;

	neighbour_unlist(n);
	if (n->is_usable)
		set_iface_dirty(m, mirror_iface_of(m, n->key.ifindex));
	m->is_export_due = true;
}

void
route_mirror_neighbour(struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr,
	uint16_t state, const uint8_t *mac, bool from_dump)
{
	static const uint8_t none[6];
	struct neighbour_key key = { .ifindex = ifindex, .addr = *addr };
	struct neighbour_object *n;
	bool is_usable;

	if (m->neighbours.n >= NEIGHBOURS_MAX && mirror_find(&m->neighbours, &key) == NULL)
		return;
	n = mirror_put(&m->neighbours, &key, sizeof(*n), from_dump);
	if (n == NULL)
		return;
	is_usable = state & STATES_WITH_MAC && mac != NULL && memcmp(mac, none, 6) != 0;
	if (!n->is_listed)
		neighbour_list(m, n);
	if (is_usable != n->is_usable || (is_usable && memcmp(n->mac, mac, 6) != 0))
		set_iface_dirty(m, mirror_iface_of(m, ifindex));
	if (is_usable)
		memcpy(n->mac, mac, 6);
	m->is_export_due |= n->is_listed && n->state != state;
	n->is_usable = is_usable;
	n->state = state;
}

void
route_mirror_neighbour_gone(struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr)
{
	struct neighbour_key key = { .ifindex = ifindex, .addr = *addr };

	mirror_del(&m->neighbours, &key, sizeof(struct neighbour_object), neighbour_forget, m);
}

// ---- Routes

static void
next_hop_ref(struct route_mirror *m, const struct mirror_hop *h, bool take)
{
	struct neighbour_key key = { .ifindex = h->ifindex, .addr = h->gateway };
	struct next_hop_object *n;

	if (h->gateway.family == 0)
		return;
	n = take ? mirror_put(&m->next_hops, &key, sizeof(*n), false)
		 : mirror_find(&m->next_hops, &key);
	if (n == NULL)
		return;
	n->refs += take ? 1 : -1;
	if (n->refs == 0)
		mirror_del(&m->next_hops, &key, sizeof(*n), forget_nothing, NULL);
}

static struct hop_set *
hop_set_take(struct route_mirror *m, const struct mirror_hop *hop, uint16_t n)
{
	size_t bytes = n * sizeof(*hop);
	uint32_t hash = mirror_hash(hop, bytes);
	struct hop_set_list *list = &m->hop_sets[hash % HOP_SET_BUCKETS];
	struct hop_set *s;

	LIST_FOREACH (s, list, entry) {
		if (s->hash != hash || s->n != n || memcmp(s->hop, hop, bytes) != 0)
			continue;
		s->refs++;
		return s;
	}
	s = malloc(sizeof(*s) + bytes);
	if (s == NULL)
		return NULL;
	*s = (struct hop_set){ .hash = hash, .refs = 1, .n = n };
	memcpy(s->hop, hop, bytes);
	LIST_INSERT_HEAD(list, s, entry);
	for (uint16_t i = 0; i < n; i++)
		next_hop_ref(m, &hop[i], true);
	return s;
}

static void
hop_set_give(struct route_mirror *m, struct hop_set *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	for (uint16_t i = 0; i < s->n; i++)
		next_hop_ref(m, &s->hop[i], false);
	LIST_REMOVE(s, entry);
	free(s);
}

// id 0: no object.
static void
nexthop_id_ref(struct route_mirror *m, uint32_t id, bool take)
{
	struct nexthop_id_object *n;

	if (id == 0)
		return;
	n = take ? mirror_put(&m->nexthop_ids, &id, sizeof(*n), false)
		 : mirror_find(&m->nexthop_ids, &id);
	if (n == NULL)
		return;
	n->refs += take ? 1 : -1;
	if (n->refs == 0)
		mirror_del(&m->nexthop_ids, &id, sizeof(*n), forget_nothing, NULL);
}

void
route_mirror_nexthop(struct route_mirror *m, uint32_t id)
{
	if (mirror_find(&m->nexthop_ids, &id) != NULL)
		m->wants |= 1u << MIRROR_ROUTES;
}

// Marks the VRFs that the route belongs to.
static void
set_route_dirty(struct route_mirror *m, const struct route_object *r)
{
	if (r->hops == NULL) {
		set_table_dirty(m, r->key.table);
		return;
	}
	for (uint16_t i = 0; i < r->hops->n; i++) {
		uint16_t iface = mirror_iface_of(m, r->hops->hop[i].ifindex);

		if (iface != NO_IFACE_OF_OURS &&
			m->header->vrf[m->header->iface[iface].vrf].table == r->key.table)
			set_iface_dirty(m, iface);
	}
}

static void
route_forget(void *arg, void *object)
{
	struct route_mirror *m = arg;
	struct route_object *r = object;

	set_route_dirty(m, r);
	hop_set_give(m, r->hops);
	nexthop_id_ref(m, r->nexthop_id, false);
	LIST_REMOVE(r, entry);
	r->table->n_routes--;
}

static struct route_key
route_key_of(const struct mirror_route *r)
{
	return (struct route_key){
		.table = r->table,
		.metric = r->metric,
		.prefix = r->prefix,
		.prefix_len = r->prefix_len,
	};
}

bool
route_mirror_has_table(const struct route_mirror *m, uint32_t table)
{
	return mirror_find(&m->tables, &table) != NULL;
}

// One more with a prefix and metric that is there: true if the one that we have stays in force.
static bool
route_is_alias(struct route_object *r, enum mirror_how how)
{
	// IPv6 has no such: what is added becomes part of a group, told as a whole.
	if (r == NULL || r->key.prefix.family == 6 || how == MIRROR_REPLACED ||
		(how == MIRROR_DUMPED && !r->node.is_seen))
		return false;
	r->has_alias = true;
	return how != MIRROR_PREPENDED;
}

// Gives the route its hops and puts it into its table's list.
static void
route_set(struct route_mirror *m, struct route_object *o, struct hop_set *hops, uint32_t nexthop_id)
{
	bool is_new = o->table == NULL;
	struct hop_set *before = o->hops;

	nexthop_id_ref(m, nexthop_id, true);
	nexthop_id_ref(m, o->nexthop_id, false);
	o->nexthop_id = nexthop_id;
	if (is_new) {
		o->table = mirror_find(&m->tables, &o->key.table);
		o->table->n_routes++;
		LIST_INSERT_HEAD(&o->table->routes, o, entry);
	}
	if (is_new || before != hops) {
		if (!is_new)
			set_route_dirty(m, o);
		o->hops = hops;
		set_route_dirty(m, o);
	}
	hop_set_give(m, before);
}

void
route_mirror_route(struct route_mirror *m, const struct mirror_route *r, enum mirror_how how)
{
	struct route_key key = route_key_of(r);
	struct route_object *o = mirror_find(&m->routes, &key);
	struct hop_set *hops = NULL;

	if (!route_mirror_has_table(m, r->table) || route_is_alias(o, how))
		return;
	if (r->kind == DP_ROUTE_FORWARD && (hops = hop_set_take(m, r->hop, r->n_hops)) == NULL) {
		m->wants |= 1u << MIRROR_ROUTES;
		return;
	}
	o = mirror_put(&m->routes, &key, sizeof(*o), how == MIRROR_DUMPED);
	if (o == NULL) {
		hop_set_give(m, hops);
		return;
	}
	if (how == MIRROR_DUMPED)
		o->has_alias = false;
	route_set(m, o, hops, r->nexthop_id);
}

static bool
all_hops_are_down(const struct route_mirror *m, const struct hop_set *s)
{
	for (uint16_t i = 0; i < s->n; i++) {
		const struct link_object *l = mirror_find(&m->links, &s->hop[i].ifindex);

		if (l != NULL && l->link.is_up)
			return false;
	}
	return true;
}

// What the kernel does with an interface that goes down, and doesn't tell.
static void
routes_go_with_their_links(struct route_mirror *m, uint32_t table_id)
{
	const struct kernel_table *t = mirror_find(&m->tables, &table_id);
	struct route_object *r, *next;

	for (r = t ? LIST_FIRST(&t->routes) : NULL; r != NULL; r = next) {
		struct route_key key = r->key;

		next = LIST_NEXT(r, entry);
		if (r->hops != NULL && all_hops_are_down(m, r->hops))
			mirror_del(&m->routes, &key, sizeof(*r), route_forget, m);
	}
}

void
route_mirror_route_gone(struct route_mirror *m, const struct mirror_route *r)
{
	struct route_key key = route_key_of(r);
	const struct route_object *o = mirror_find(&m->routes, &key);

	if (o != NULL && o->has_alias)
		m->wants |= 1u << MIRROR_ROUTES;
	// Of IPv6 a single hop of a group goes like this, and the others stay.
	if (o != NULL && o->hops != NULL && o->hops->n > r->n_hops && r->prefix.family == 6) {
		m->wants |= 1u << MIRROR_ROUTES;
		return;
	}
	mirror_del(&m->routes, &key, sizeof(*o), route_forget, m);
}

// ---- Links

// Which of our interfaces this link is.
static uint16_t
link_match(const struct route_mirror *m, const struct mirror_link *l)
{
	for (uint16_t i = 0; i < m->header->n_ifaces; i++) {
		const struct dp_iface *f = &m->header->iface[i];
		uint32_t shadow = m->shadow[f->port];

		if (shadow != 0 && f->vlan == l->vlan &&
			shadow == (f->vlan ? l->parent : l->ifindex))
			return i;
	}
	return NO_IFACE_OF_OURS;
}

// Brings the row of one of our interfaces up to date. link: NULL if Linux has none.
static void
iface_update(struct route_mirror *m, uint16_t iface, const struct mirror_link *link)
{
	const struct dp_iface *f = &m->header->iface[iface];
	const struct dp_port *port = &m->header->port[f->port];
	struct route_iface row = {
		.port = f->port,
		.vlan = f->vlan,
		.mtu = port->mtu,
	};

	memcpy(row.mac, link ? link->mac : port->mac, 6);
	if (link != NULL) {
		row.mtu = RTE_MIN(link->mtu, port->mtu);
		row.is_up = link->is_up && link->has_carrier && m->is_port_up[f->port];
	}
	m->iface_ifindex[iface] = link ? link->ifindex : 0;
	if (memcmp(&row, &m->iface[iface], sizeof(row)) == 0)
		return;
	m->iface[iface] = row;
	set_iface_dirty(m, iface);
}

// The link is another of our interfaces than before, or none any more, or its state changed.
static void
link_update(struct route_mirror *m, struct link_object *l, uint16_t iface)
{
	uint16_t before = l->iface;

	l->iface = iface;
	if (iface != NO_IFACE_OF_OURS)
		iface_update(m, iface, &l->link);
	if (iface == before)
		return;
	if (before != NO_IFACE_OF_OURS && m->iface_ifindex[before] == l->key.ifindex)
		iface_update(m, before, NULL);
	set_iface_dirty(m, before);
	set_iface_dirty(m, iface);
	for (struct neighbour_object *n = mirror_next(&m->neighbours, NULL); n != NULL;
		n = mirror_next(&m->neighbours, n))
		if (n->key.ifindex == l->key.ifindex)
			neighbour_list(m, n);
}

static void
link_forget(void *arg, void *object)
{
	struct route_mirror *m = arg;
	struct link_object *l = object;

	link_update(m, l, NO_IFACE_OF_OURS);
	m->wants |= 1u << MIRROR_ROUTES;
	if (l->link.is_host || l->link.vrf_table)
		set_table_dirty(m, l->link.vrf_table ? l->link.vrf_table : MAIN_TABLE);
}

void
route_mirror_link(struct route_mirror *m, const struct mirror_link *link, bool from_dump)
{
	bool is_new = mirror_find(&m->links, &link->ifindex) == NULL;
	struct link_object *l = mirror_put(&m->links, &link->ifindex, sizeof(*l), from_dump);
	struct mirror_link before;

	if (l == NULL)
		return;
	if (is_new)
		l->iface = NO_IFACE_OF_OURS;
	before = l->link;
	l->link = *link;
	if (before.is_host != link->is_host || before.vrf_table != link->vrf_table)
		set_table_dirty(m, link->vrf_table ? link->vrf_table : MAIN_TABLE);
	link_update(m, l, link_match(m, link));
	// the kernel takes routes away with an interface, and hops in and out of a group, silently
	if (is_new || before.is_up != link->is_up || before.has_carrier != link->has_carrier)
		m->wants |= from_dump ? 0 : 1u << MIRROR_ROUTES;
	if (before.is_up && !link->is_up && l->iface != NO_IFACE_OF_OURS)
		routes_go_with_their_links(m, m->header->vrf[m->header->iface[l->iface].vrf].table);
}

void
route_mirror_link_gone(struct route_mirror *m, uint32_t ifindex)
{
	mirror_del(&m->links, &ifindex, sizeof(struct link_object), link_forget, m);
}

void
route_mirror_set_shadow(struct route_mirror *m, uint16_t port, uint32_t ifindex)
{
	m->shadow[port] = ifindex;
	for (struct link_object *l = mirror_next(&m->links, NULL); l != NULL;
		l = mirror_next(&m->links, l))
		link_update(m, l, link_match(m, &l->link));
}

void
route_mirror_set_port_up(struct route_mirror *m, uint16_t port, bool is_up)
{
	if (m->is_port_up[port] == is_up)
		return;
	m->is_port_up[port] = is_up;
	for (struct link_object *l = mirror_next(&m->links, NULL); l != NULL;
		l = mirror_next(&m->links, l))
		if (l->iface != NO_IFACE_OF_OURS && m->header->iface[l->iface].port == port)
			iface_update(m, l->iface, &l->link);
}

// ---- Addresses

// Marks the VRFs in which an address of this interface is our own.
static void
set_address_dirty(struct route_mirror *m, uint32_t ifindex)
{
	const struct link_object *l = mirror_find(&m->links, &ifindex);

	if (l == NULL)
		return;
	set_iface_dirty(m, l->iface);
	if (l->link.vrf_table || l->link.is_host)
		set_table_dirty(m, l->link.vrf_table ? l->link.vrf_table : MAIN_TABLE);
}

static void
address_forget(void *arg, void *object)
{
	struct route_mirror *m = arg;
	const struct address_object *a = object;

	set_address_dirty(m, a->key.ifindex);
	m->wants |= 1u << MIRROR_ROUTES; // those that named it as their source went silently
}

void
route_mirror_address(struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr,
	const struct dp_addr *broadcast, bool from_dump)
{
	struct neighbour_key key = { .ifindex = ifindex, .addr = *addr };
	bool is_new = mirror_find(&m->addresses, &key) == NULL;
	struct address_object *a = mirror_put(&m->addresses, &key, sizeof(*a), from_dump);

	if (a == NULL)
		return;
	if (is_new || memcmp(&a->broadcast, broadcast, sizeof(*broadcast)) != 0)
		set_address_dirty(m, ifindex);
	a->broadcast = *broadcast;
}

void
route_mirror_address_gone(struct route_mirror *m, uint32_t ifindex, const struct dp_addr *addr)
{
	struct neighbour_key key = { .ifindex = ifindex, .addr = *addr };

	mirror_del(&m->addresses, &key, sizeof(struct address_object), address_forget, m);
}

// ---- All of them

static const struct {
	size_t table; // offset in struct route_mirror
	mirror_forget_fn *forget;
} kinds[MIRROR_KINDS] = {
	[MIRROR_LINKS] = { offsetof(struct route_mirror, links), link_forget },
	[MIRROR_ADDRESSES] = { offsetof(struct route_mirror, addresses), address_forget },
	[MIRROR_ROUTES] = { offsetof(struct route_mirror, routes), route_forget },
	[MIRROR_NEIGHBOURS] = { offsetof(struct route_mirror, neighbours), neighbour_forget },
};

static struct mirror_table *
table_of(struct route_mirror *m, enum mirror_kind kind)
{
	return (struct mirror_table *)((char *)m + kinds[kind].table);
}

void
route_mirror_dump_begin(struct route_mirror *m, enum mirror_kind kind)
{
	mirror_dump_begin(table_of(m, kind));
}

void
route_mirror_dump_end(struct route_mirror *m, enum mirror_kind kind)
{
	mirror_dump_end(table_of(m, kind), kinds[kind].forget, m);
}

uint32_t
route_mirror_wants(struct route_mirror *m)
{
	uint32_t wants = m->wants;

	for (enum mirror_kind k = 0; k < MIRROR_KINDS; k++)
		if (table_of(m, k)->is_incomplete && !table_of(m, k)->is_dumping)
			wants |= 1u << k;
	m->wants = 0;
	return wants;
}

bool
route_mirror_is_dirty(const struct route_mirror *m)
{
	return m->n_dirty > 0;
}

uint32_t
route_mirror_ifindex(const struct route_mirror *m, uint16_t iface)
{
	if (iface >= m->header->n_ifaces || !m->iface[iface].is_up)
		return 0;
	return m->iface_ifindex[iface];
}

static bool
add_vrf(struct route_mirror *m, uint16_t vrf)
{
	uint32_t id = m->header->vrf[vrf].table;
	struct kernel_table *t;

	t = mirror_put(&m->tables, &id, sizeof(*t) + m->header->n_vrfs * sizeof(t->vrf[0]), false);
	if (t == NULL)
		return false;
	t->vrf[t->n_vrfs++] = vrf;
	set_dirty(m, vrf);
	return true;
}

struct route_mirror *
route_mirror_new(const struct dp_header *header)
{
	struct route_mirror *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->header = header;
	memset(m->is_port_up, true, sizeof(m->is_port_up));
	if (mirror_table_open(&m->links, sizeof(uint32_t)) ||
		mirror_table_open(&m->addresses, sizeof(struct neighbour_key)) ||
		mirror_table_open(&m->routes, sizeof(struct route_key)) ||
		mirror_table_open(&m->neighbours, sizeof(struct neighbour_key)) ||
		mirror_table_open(&m->tables, sizeof(uint32_t)) ||
		mirror_table_open(&m->next_hops, sizeof(struct neighbour_key)) ||
		mirror_table_open(&m->nexthop_ids, sizeof(uint32_t)))
		goto fail;
	for (uint16_t i = 0; i < header->n_vrfs; i++)
		if (!add_vrf(m, i))
			goto fail;
	for (uint16_t i = 0; i < header->n_ifaces; i++)
		iface_update(m, i, NULL);
	return m;
fail:
	route_mirror_free(m);
	return NULL;
}

void
route_mirror_free(struct route_mirror *m)
{
	if (m == NULL)
		return;
	mirror_table_close(&m->routes, route_forget, m);
	mirror_table_close(&m->neighbours, neighbour_forget, m);
	mirror_table_close(&m->addresses, forget_nothing, NULL);
	mirror_table_close(&m->links, forget_nothing, NULL);
	mirror_table_close(&m->next_hops, forget_nothing, NULL);
	mirror_table_close(&m->nexthop_ids, forget_nothing, NULL);
	mirror_table_close(&m->tables, forget_nothing, NULL);
	free(m->row);
	free(m->hop);
	free(m->neighbour);
	free(m);
}
