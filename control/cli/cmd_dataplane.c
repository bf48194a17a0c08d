// SPDX-License-Identifier: BSD-3-Clause
// What the dataplane's shared file says: ports, workers, counters, routes, neighbours.
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// NULL, and said so.
static struct dp_header *
header_of(const struct pgw *pgw, struct cli_out *out)
{
	struct dp_header *h = dpclient_header(pgw->dp);

	if (!h)
		cli_out_fail(out, "waiting for the dataplane: %s", dpclient_reason(pgw->dp));
	return h;
}

static int
show_ports(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Port", "Device", "Link", ">MTU", "MAC", ">Queues",
		"Steering", ">Rx packets", ">Rx bytes", ">Tx packets", ">Tx bytes", ">Tx full",
		">Missed", ">Errors" };
	struct dp_header *h = header_of(ctx, out);
	struct cli_columns *c;
	char text[TEXT_MAX];

	if (!h)
		return -EAGAIN;
	c = cli_columns_new(out, headers, 14);
	for (uint16_t i = 0; i < h->n_ports; i++) {
		const struct dp_port *p = &h->port[i];
		struct dp_port_counters sum = { 0 };

		for (uint16_t w = 0; w < h->n_workers; w++) {
			const struct dp_port_counters *n = &dp_shm_worker(h, w)->port[i];

#define X(name, text) sum.name += n->name;
			DP_PORT_COUNTERS(X)
#undef X
		}
		cli_columns_cell(c, "%.*s", DP_NAME_MAX, p->name);
		cli_columns_cell(c, "%.*s", (int)sizeof(p->device), p->device);
		if (p->link_up && p->link_mbps)
			cli_columns_cell(c, "up %u Mbit/s", p->link_mbps);
		else
			cli_columns_cell(c, p->link_up ? "up" : "down");
		cli_columns_cell(c, "%u", p->mtu);
		cli_columns_cell(c, "%s", text_mac(p->mac, text));
		cli_columns_cell(c, "%u", p->n_rxq);
		cli_columns_cell(c, p->is_steered ? "rte_flow" : "-");
		cli_columns_cell(c, "%" PRIu64, sum.rx_packets);
		cli_columns_cell(c, "%s", text_bytes(sum.rx_bytes, text));
		cli_columns_cell(c, "%" PRIu64, sum.tx_packets);
		cli_columns_cell(c, "%s", text_bytes(sum.tx_bytes, text));
		cli_columns_cell(c, "%" PRIu64, sum.tx_full);
		cli_columns_cell(c, "%" PRIu64, p->rx_missed);
		cli_columns_cell(c, "%" PRIu64, p->rx_errors + p->tx_errors);
	}
	cli_columns_end(c);
	return 0;
}

static int
show_interfaces(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Interface", "Port", ">VLAN", "Role", "VRF" };
	struct dp_header *h = header_of(ctx, out);
	struct cli_columns *c;

	if (!h)
		return -EAGAIN;
	c = cli_columns_new(out, headers, 5);
	for (uint16_t i = 0; i < h->n_ifaces; i++) {
		const struct dp_iface *f = &h->iface[i];

		cli_columns_cell(c, "%.*s", DP_NAME_MAX, f->name);
		cli_columns_cell(
			c, "%.*s", DP_NAME_MAX, f->port < h->n_ports ? h->port[f->port].name : "-");
		cli_columns_cell(c, "%u", f->vlan);
		cli_columns_cell(c, "%s", text_role(f->role));
		cli_columns_cell(
			c, "%.*s", DP_NAME_MAX, f->vrf < h->n_vrfs ? h->vrf[f->vrf].name : "-");
	}
	cli_columns_end(c);
	return 0;
}

static int
show_workers(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { ">Worker", ">CPU", ">Sessions", ">Room", ">TEIDs",
		">Addresses", ">SGWs", ">Aliases", ">Polls busy", ">Up packets", ">Down packets",
		">Handed off", "State" };
	const struct pgw *pgw = ctx;
	struct dp_header *h = header_of(pgw, out);
	struct cli_columns *c;

	if (!h)
		return -EAGAIN;
	c = cli_columns_new(out, headers, 13);
	for (uint16_t i = 0; i < h->n_workers; i++) {
		const struct dp_worker *w = dp_shm_worker(h, i);
		uint64_t idle_ms = dpclient_worker_idle_ms(pgw->dp, i);

		cli_columns_cell(c, "%u", i);
		cli_columns_cell(c, "%u", w->cpu);
		cli_columns_cell(c, "%u", w->sessions);
		cli_columns_cell(c, "%u", w->sessions_max);
		cli_columns_cell(c, "%u", w->teids);
		cli_columns_cell(c, "%u", w->addresses);
		cli_columns_cell(c, "%u", w->peers);
		cli_columns_cell(c, "%u", w->aliases);
		cli_columns_cell(c, "%.1f %%",
			w->counters.polls
				? 100.0 * (double)w->counters.polls_busy / (double)w->counters.polls
				: 0.0);
		cli_columns_cell(c, "%" PRIu64, w->counters.ul_packets);
		cli_columns_cell(c, "%" PRIu64, w->counters.dl_packets);
		cli_columns_cell(c, "%" PRIu64, w->counters.handoff_out);
		if (idle_ms > 1000)
			cli_columns_cell(c, "silent for %" PRIu64 " s", idle_ms / 1000);
		else
			cli_columns_cell(c, "running");
	}
	cli_columns_end(c);
	return 0;
}

struct counter_name {
	const char *name, *text;
	size_t offset;
};

static const struct counter_name worker_counters[] = {
#define X(name, text) { #name, text, offsetof(struct dp_worker_counters, name) },
	DP_WORKER_COUNTERS(X)
#undef X
};

static uint64_t
counter_at(const struct dp_worker *w, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)&w->counters + offset, sizeof(value));
	return value;
}

// Headers: a name, the sum, each worker if there are several, a sentence.
static struct cli_columns *
begin_counters(const struct dp_header *h, struct cli_out *out, char names[][16])
{
	const char *headers[DP_WORKERS_MAX + 3];
	size_t n = 0;

	headers[n++] = "Counter";
	headers[n++] = ">Total";
	for (uint16_t i = 0; h->n_workers > 1 && i < h->n_workers; i++) {
		snprintf(names[i], 16, ">Worker %u", i);
		headers[n++] = names[i];
	}
	headers[n++] = "Meaning";
	return cli_columns_new(out, headers, n);
}

static uint64_t
sum_of(struct dp_header *h, size_t offset)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < h->n_workers; i++)
		sum += counter_at(dp_shm_worker(h, i), offset);
	return sum;
}

static void
print_counter(struct dp_header *h, struct cli_columns *c, const char *name, const char *text,
	size_t offset)
{
	cli_columns_cell(c, "%s", name);
	cli_columns_cell(c, "%" PRIu64, sum_of(h, offset));
	for (uint16_t i = 0; h->n_workers > 1 && i < h->n_workers; i++)
		cli_columns_cell(c, "%" PRIu64, counter_at(dp_shm_worker(h, i), offset));
	cli_columns_cell(c, "%s", text);
}

static int
show_counters(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct dp_header *h = header_of(ctx, out);
	char names[DP_WORKERS_MAX][16];
	struct cli_columns *c;

	if (!h)
		return -EAGAIN;
	c = begin_counters(h, out, names);
	for (size_t i = 0; i < sizeof(worker_counters) / sizeof(worker_counters[0]); i++)
		print_counter(h, c, worker_counters[i].name, worker_counters[i].text,
			worker_counters[i].offset);
	cli_columns_end(c);
	return 0;
}

static int
show_punt(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Class", ">To Linux", ">Policed", ">Refused",
		"Meaning" };
	static const char *const texts[][2] = {
#define X(NAME, name, text) { #name, text },
		DP_PUNT_CLASSES_LIST(X)
#undef X
	};
	struct dp_header *h = header_of(ctx, out);
	struct cli_columns *c;

	if (!h)
		return -EAGAIN;
	c = cli_columns_new(out, headers, 5);
	for (size_t i = 0; i < DP_PUNT_CLASSES; i++) {
		cli_columns_cell(c, "%s", texts[i][0]);
		cli_columns_cell(c, "%" PRIu64, h->punt[i].packets);
		cli_columns_cell(c, "%" PRIu64, h->punt[i].policed);
		cli_columns_cell(c, "%" PRIu64, h->punt[i].tap_errors);
		cli_columns_cell(c, "%s", texts[i][1]);
	}
	cli_columns_end(c);
	return 0;
}

// ---- Routes and neighbours.

// A copy of the mirror that the caller frees; NULL, and said why.
static struct dp_mirror *
mirror_of(const struct pgw *pgw, struct cli_out *out)
{
	struct dp_mirror *m = aligned_alloc(64, (sizeof(*m) + 63) / 64 * 64);
	int ret;

	if (!m) {
		cli_out_fail(out, "no memory");
		return NULL;
	}
	ret = dpclient_mirror(pgw->dp, m);
	if (ret == 0)
		return m;
	if (ret == -EAGAIN)
		cli_out_fail(out, "the routes change too fast; try again");
	else
		header_of(pgw, out);
	free(m);
	return NULL;
}

static const char *
iface_name(const struct dp_header *h, uint16_t iface)
{
	return iface < h->n_ifaces ? h->iface[iface].name : "-";
}

static void
print_route(const struct dp_header *h, const struct dp_route_row *r, struct cli_columns *c)
{
	static const char *const kinds[] = { "-", "forward", "local", "blackhole" };
	char text[TEXT_MAX];

	cli_columns_cell(c, "%.*s", DP_NAME_MAX, r->vrf < h->n_vrfs ? h->vrf[r->vrf].name : "-");
	cli_columns_cell(c, "%s/%u", text_addr(&r->prefix, text), r->prefix_len);
	cli_columns_cell(c, "%s", kinds[r->kind <= DP_ROUTE_BLACKHOLE ? r->kind : 0]);
	cli_columns_cell(c, "%s", r->gateway.family ? text_addr(&r->gateway, text) : "-");
	cli_columns_cell(c, "%.*s", DP_NAME_MAX, iface_name(h, r->iface));
}

static int
show_routes(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "VRF", "Prefix", "Kind", "Gateway", "Interface" };
	const char *vrf = cli_arg(args, "name");
	struct dp_header *h = header_of(ctx, out);
	struct dp_mirror *m = h ? mirror_of(ctx, out) : NULL;
	struct cli_columns *c;
	uint32_t n;

	if (!m)
		return -EAGAIN;
	n = m->n_routes < DP_ROUTE_ROWS ? m->n_routes : DP_ROUTE_ROWS;
	c = cli_columns_new(out, headers, 5);
	for (uint32_t i = 0; i < n; i++) {
		const struct dp_route_row *r = &m->route[i];

		if (!vrf ||
			(r->vrf < h->n_vrfs && strncmp(h->vrf[r->vrf].name, vrf, DP_NAME_MAX) == 0))
			print_route(h, r, c);
	}
	cli_columns_end(c);
	if (m->n_routes > n)
		cli_out_printf(out, "The first %u of %u routes\n", n, m->n_routes);
	free(m);
	return 0;
}

static const char *
neighbour_state(uint16_t state)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} names[] = {
		{ NUD_PERMANENT, "permanent" },
		{ NUD_REACHABLE, "reachable" },
		{ NUD_STALE, "stale" },
		{ NUD_DELAY, "delay" },
		{ NUD_PROBE, "probe" },
		{ NUD_INCOMPLETE, "incomplete" },
		{ NUD_FAILED, "failed" },
		{ NUD_NOARP, "noarp" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (state & names[i].bit)
			return names[i].name;
	return "-";
}

static int
show_neighbours(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Address", "Interface", "MAC", "State" };
	struct dp_header *h = header_of(ctx, out);
	struct dp_mirror *m = h ? mirror_of(ctx, out) : NULL;
	struct cli_columns *c;
	char text[TEXT_MAX];
	uint32_t n;

	if (!m)
		return -EAGAIN;
	n = m->n_neighbours < DP_NEIGHBOUR_ROWS ? m->n_neighbours : DP_NEIGHBOUR_ROWS;
	c = cli_columns_new(out, headers, 4);
	for (uint32_t i = 0; i < n; i++) {
		const struct dp_neighbour_row *r = &m->neighbour[i];

		cli_columns_cell(c, "%s", text_addr(&r->addr, text));
		cli_columns_cell(c, "%.*s", DP_NAME_MAX, iface_name(h, r->iface));
		cli_columns_cell(c, "%s", text_mac(r->mac, text));
		cli_columns_cell(c, "%s", neighbour_state(r->state));
	}
	cli_columns_end(c);
	if (m->n_neighbours > n)
		cli_out_printf(out, "The first %u of %u neighbours\n", n, m->n_neighbours);
	free(m);
	return 0;
}

static int
show_vrfs(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "VRF", ">Linux table" };
	struct dp_header *h = header_of(ctx, out);
	struct cli_columns *c;

	if (!h)
		return -EAGAIN;
	c = cli_columns_new(out, headers, 2);
	for (uint16_t i = 0; i < h->n_vrfs; i++) {
		cli_columns_cell(c, "%.*s", DP_NAME_MAX, h->vrf[i].name);
		cli_columns_cell(c, "%u", h->vrf[i].table);
	}
	cli_columns_end(c);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show ports", show_ports, "The dataplane's ports" },
	{ "show interfaces", show_interfaces, "Port and VLAN pairs, their role and VRF" },
	{ "show workers", show_workers, "The dataplane's workers" },
	{ "show counters", show_counters, "The dataplane's counters" },
	{ "show punt", show_punt, "Packets given to Linux" },
	{ "show vrfs", show_vrfs, "Virtual routing and forwarding instances" },
	{ "show routes [vrf <name>]", show_routes, "Routes that the workers use" },
	{ "show neighbours", show_neighbours, "Neighbours that the workers use" },
};

static const struct cli_word words[] = {
	{ .word = "<name>", .text = "Name of a VRF" },
};

const struct cli_table dataplane_cli = CLI_TABLE("Dataplane", rows, words);
