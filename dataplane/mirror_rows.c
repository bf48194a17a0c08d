// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mirror_state.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#define MAIN_TABLE 254       // RT_TABLE_MAIN
#define ROWS_PER_CALL 200000 // rebuilt before main looks at something else
#define NEXT_HOP_PROBE_S 5
#define NEXT_HOP_ASK_S 3
#define NEIGHBOUR_PROBE_S 30
#define PROBES_PER_CALL 256

// ---- One VRF's rows

static bool
grow(void *array, size_t *room, size_t wanted, size_t element)
{
	size_t more = RTE_MAX(*room, (size_t)64);
	void **p = array, *bigger;

	if (wanted <= *room)
		return true;
	while (more < wanted)
		more *= 2;
	bigger = realloc(*p, more * element);
	if (bigger == NULL)
		return false;
	*p = bigger;
	*room = more;
	return true;
}

// The hops of a set that leave by interfaces of this VRF become rows, once per collection.
static bool
collect_hops(struct route_mirror *m, struct hop_set *s, uint16_t vrf, size_t *n_hops)
{
	if (s->epoch == m->epoch)
		return true;
	if (!grow(&m->hop, &m->hops_room, *n_hops + s->n, sizeof(*m->hop)))
		return false;
	s->epoch = m->epoch;
	s->row = (uint32_t)*n_hops;
	s->n_rows = 0;
	for (uint16_t i = 0; i < s->n; i++) {
		const struct mirror_hop *h = &s->hop[i];
		const struct link_object *l = mirror_find(&m->links, &h->ifindex);

		if (l == NULL || l->iface == NO_IFACE_OF_OURS || !l->link.is_up ||
			m->header->iface[l->iface].vrf != vrf)
			continue;
		m->hop[(*n_hops)++] = (struct route_hop){
			.gateway = h->gateway,
			.iface = l->iface,
			.weight = (uint16_t)h->weight,
		};
		s->n_rows++;
	}
	return true;
}

// Hops are referred to by index until all are there, since the array may move.
static bool
collect_routes(struct route_mirror *m, uint16_t vrf, struct route_input *in)
{
	uint32_t id = m->header->vrf[vrf].table;
	const struct kernel_table *t = mirror_find(&m->tables, &id);
	const struct route_object *r;
	size_t n_hops = 0, at = 0;

	m->epoch++;
	if (!grow(&m->row, &m->rows_room, t->n_routes, sizeof(*m->row)))
		return false;
	LIST_FOREACH (r, &t->routes, entry) {
		if (r->hops != NULL && !collect_hops(m, r->hops, vrf, &n_hops))
			return false;
		if (r->hops != NULL && r->hops->n_rows == 0)
			continue;
		m->row[in->n_routes++] = (struct route_row){
			.prefix = r->key.prefix,
			.prefix_len = (uint8_t)r->key.prefix_len,
			.metric = r->key.metric,
			.kind = r->hops ? DP_ROUTE_FORWARD : DP_ROUTE_BLACKHOLE,
			.n_hops = r->hops ? r->hops->n_rows : 0,
		};
	}
	LIST_FOREACH (r, &t->routes, entry)
		if (r->hops == NULL)
			at++;
		else if (r->hops->n_rows > 0)
			m->row[at++].hop = &m->hop[r->hops->row];
	return true;
}

// True if an address of this interface is our own in the VRF.
static bool
address_is_of_vrf(const struct route_mirror *m, uint32_t ifindex, uint16_t vrf)
{
	const struct link_object *l = mirror_find(&m->links, &ifindex);
	uint32_t table = m->header->vrf[vrf].table;

	if (l == NULL)
		return false;
	if (l->iface != NO_IFACE_OF_OURS)
		return m->header->iface[l->iface].vrf == vrf;
	return l->link.vrf_table ? l->link.vrf_table == table
				 : l->link.is_host && table == MAIN_TABLE;
}

static bool
collect_addresses(struct route_mirror *m, uint16_t vrf, struct route_input *in)
{
	const struct address_object *a;

	for (a = mirror_next(&m->addresses, NULL); a != NULL; a = mirror_next(&m->addresses, a)) {
		if (!address_is_of_vrf(m, a->key.ifindex, vrf))
			continue;
		if (!grow(&m->row, &m->rows_room, in->n_routes + 2, sizeof(*m->row)))
			return false;
		m->row[in->n_routes++] = (struct route_row){
			.prefix = a->key.addr,
			.prefix_len = a->key.addr.family == 4 ? 32 : 128,
			.kind = DP_ROUTE_LOCAL,
		};
		if (a->broadcast.family == 0)
			continue;
		m->row[in->n_routes++] = (struct route_row){
			.prefix = a->broadcast,
			.prefix_len = 32,
			.kind = DP_ROUTE_BLACKHOLE,
		};
	}
	return true;
}

static bool
collect_neighbours(struct route_mirror *m, uint16_t vrf, struct route_input *in)
{
	const struct neighbour_object *n;

	LIST_FOREACH (n, &m->neighbours_of[vrf], entry) {
		struct route_neighbour *row;

		if (!n->is_usable)
			continue;
		if (!grow(&m->neighbour, &m->neighbours_room, in->n_neighbours + 1,
			    sizeof(*m->neighbour)))
			return false;
		row = &m->neighbour[in->n_neighbours++];
		row->addr = n->key.addr;
		row->iface = mirror_iface_of(m, n->key.ifindex);
		memcpy(row->mac, n->mac, 6);
	}
	return true;
}

static bool
collect(struct route_mirror *m, uint16_t vrf, struct route_input *in)
{
	*in = (struct route_input){ .iface = m->iface, .n_ifaces = m->header->n_ifaces };
	if (!collect_routes(m, vrf, in) || !collect_addresses(m, vrf, in) ||
		!collect_neighbours(m, vrf, in))
		return false;
	in->route = m->row;
	in->neighbour = m->neighbour;
	return true;
}

// ---- Views

int
route_mirror_rebuild(struct route_mirror *m, struct routing_builder *b)
{
	size_t rows = 0;

	for (uint16_t i = 0; m->n_dirty > 0 && i < m->header->n_vrfs; i++) {
		struct route_input in;
		struct route_view *view;

		if (!m->is_dirty[i] || rows > ROWS_PER_CALL)
			continue;
		if (!collect(m, i, &in))
			return -ENOMEM;
		view = route_view_build(&in, routing_next_generation(b));
		if (view == NULL)
			return -ENOMEM;
		routing_stage(b, i, view);
		rows += in.n_routes + in.n_neighbours;
		m->n_rows[i] = (uint32_t)in.n_routes;
		m->is_dirty[i] = false;
		m->n_dirty--;
	}
	return routing_publish(b);
}

// ---- Export

bool
route_mirror_export_is_due(const struct route_mirror *m)
{
	return m->is_export_due;
}

uint32_t
route_mirror_n_routes(const struct route_mirror *m)
{
	uint32_t n = 0;

	for (uint16_t i = 0; i < m->header->n_vrfs; i++)
		n += m->n_rows[i];
	return n;
}

static int
compare_rows(const void *a, const void *b)
{
	const struct route_row *x = a, *y = b;
	int by = memcmp(&x->prefix, &y->prefix, sizeof(x->prefix));

	if (by == 0)
		by = (int)x->prefix_len - (int)y->prefix_len;
	if (by == 0)
		by = (y->kind == DP_ROUTE_LOCAL) - (x->kind == DP_ROUTE_LOCAL);
	return by ? by : x->metric < y->metric ? -1 : x->metric > y->metric;
}

// One line per hop. Returns false when the mirror is full.
static bool
export_row(struct dp_mirror *out, uint32_t *n, uint16_t vrf, const struct route_row *r)
{
	for (uint16_t h = 0; h < RTE_MAX(r->n_hops, 1); h++) {
		if (*n == DP_ROUTE_ROWS)
			return false;
		out->route[(*n)++] = (struct dp_route_row){
			.prefix = r->prefix,
			.gateway = r->n_hops ? r->hop[h].gateway : (struct dp_addr){ 0 },
			.vrf = vrf,
			.iface = r->n_hops ? r->hop[h].iface : NO_IFACE_OF_OURS,
			.prefix_len = r->prefix_len,
			.kind = r->kind,
		};
	}
	return true;
}

// Sorted by prefix; of several with one prefix only the one that counts.
static bool
export_vrf(struct route_mirror *m, struct dp_mirror *out, uint32_t *n, uint16_t vrf)
{
	struct route_input in;

	if (!collect(m, vrf, &in))
		return false;
	// beyond what can be shown, which of them are doesn't matter
	in.n_routes = RTE_MIN(in.n_routes, (size_t)2 * DP_ROUTE_ROWS);
	if (in.n_routes)
		qsort(in.route, in.n_routes, sizeof(in.route[0]), compare_rows);
	for (size_t i = 0; i < in.n_routes; i++) {
		const struct route_row *r = &in.route[i];

		if (i > 0 && r->prefix_len == r[-1].prefix_len &&
			memcmp(&r->prefix, &r[-1].prefix, sizeof(r->prefix)) == 0)
			continue;
		if (!export_row(out, n, vrf, r))
			return false;
	}
	return true;
}

static uint32_t
export_neighbours(const struct route_mirror *m, struct dp_mirror *out)
{
	const struct neighbour_object *o;
	uint32_t n = 0;

	for (uint16_t i = 0; i < m->header->n_vrfs; i++)
		LIST_FOREACH (o, &m->neighbours_of[i], entry) {
			struct dp_neighbour_row *row = &out->neighbour[n];

			if (n++ >= DP_NEIGHBOUR_ROWS)
				continue;
			*row = (struct dp_neighbour_row){ .addr = o->key.addr, .state = o->state };
			row->iface = mirror_iface_of(m, o->key.ifindex);
			memcpy(row->mac, o->mac, 6);
		}
	return n;
}

void
route_mirror_export(struct route_mirror *m, struct dp_mirror *out, uint32_t generation)
{
	uint32_t seq = atomic_load_explicit(&out->seq, memory_order_relaxed);
	uint32_t n = 0;
	bool has_room = true;

	atomic_store_explicit(&out->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	out->generation = generation;
	for (uint16_t i = 0; has_room && i < m->header->n_vrfs; i++)
		has_room = export_vrf(m, out, &n, i);
	out->n_routes = has_room ? n : RTE_MAX(n, route_mirror_n_routes(m));
	out->n_neighbours = export_neighbours(m, out);
	atomic_store_explicit(&out->seq, seq + 2, memory_order_release);
	m->is_export_due = false;
}

// ---- Probes

// Not one fixed by an administrator, or on a link that needs none. The period begins when it's seen.
static bool
needs_probe(struct neighbour_object *n, uint32_t now_s, uint32_t period_s)
{
	if (n->probed_s == 0)
		n->probed_s = now_s;
	return n->is_usable && !(n->state & (NUD_PERMANENT | NUD_NOARP)) &&
		now_s - n->probed_s >= period_s;
}

static unsigned int
probe_next_hop(struct route_mirror *m, struct next_hop_object *h, uint32_t now_s,
	mirror_probe_fn *probe, void *arg)
{
	struct neighbour_object *n = mirror_find(&m->neighbours, &h->key);
	uint16_t iface = mirror_iface_of(m, h->key.ifindex);
	bool is_known = n != NULL && n->is_usable;

	if (iface == NO_IFACE_OF_OURS || !m->iface[iface].is_up)
		return 0;
	if (is_known ? !needs_probe(n, now_s, NEXT_HOP_PROBE_S)
		     : h->asked_s != 0 && now_s - h->asked_s < NEXT_HOP_ASK_S)
		return 0;
	h->asked_s = now_s;
	if (n != NULL)
		n->probed_s = now_s;
	probe(arg, h->key.ifindex, &h->key.addr, is_known);
	return 1;
}

static unsigned int
probe_neighbours_of(struct route_mirror *m, uint16_t vrf, uint32_t now_s, unsigned int most,
	mirror_probe_fn *probe, void *arg)
{
	struct neighbour_object *n;
	unsigned int done = 0;

	LIST_FOREACH (n, &m->neighbours_of[vrf], entry) {
		if (done == most || !needs_probe(n, now_s, NEIGHBOUR_PROBE_S))
			continue;
		n->probed_s = now_s;
		probe(arg, n->key.ifindex, &n->key.addr, true);
		done++;
	}
	return done;
}

void
route_mirror_probe(struct route_mirror *m, uint32_t now_s, mirror_probe_fn *probe, void *arg)
{
	unsigned int done = 0;
	struct next_hop_object *h;

	for (h = mirror_next(&m->next_hops, NULL); h != NULL && done < PROBES_PER_CALL;
		h = mirror_next(&m->next_hops, h))
		done += probe_next_hop(m, h, now_s, probe, arg);
	for (uint16_t i = 0; i < m->header->n_vrfs && done < PROBES_PER_CALL; i++) {
		uint16_t vrf = m->next_vrf++ % m->header->n_vrfs;

		done += probe_neighbours_of(m, vrf, now_s, PROBES_PER_CALL - done, probe, arg);
	}
}
