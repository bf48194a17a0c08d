// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl_metrics.h"

#include "control/session/pgw.h"

#include <stdio.h>
#include <string.h>

static void
collect_sessions(struct metrics_out *out, const struct pgw *pgw)
{
	struct session_counts n;

	session_table_count(pgw->sessions, &n);
	metrics_family(out, "torii_sessions", METRICS_GAUGE, "PDN sessions by state");
	metrics_u64(out, n.active, "state", "active", NULL);
	metrics_u64(out, n.creating, "state", "creating", NULL);
	metrics_u64(out, n.closing, "state", "closing", NULL);
	metrics_gauge(out, "torii_sessions_limit", "PDN sessions that fit",
		session_table_limit_now(pgw->sessions));
	metrics_gauge(out, "torii_bearers", "Dedicated bearers, those that are only asked for too",
		bearer_table_count(pgw->bearers));
	metrics_gauge(out, "torii_sgws", "SGWs with sessions", n.sgws);
	metrics_gauge(out, "torii_dataplane_attached", "1 while the dataplane serves",
		dpclient_state(pgw->dp) == DPCLIENT_READY);
#define X(name, text)                                                                              \
	metrics_counter(out, "torii_" #name "_total", "What became of sessions: " text,            \
		pgw->counters.name);
	PGW_COUNTERS(X)
#undef X
}

static void
collect_causes(struct metrics_out *out, const char *request, const uint64_t causes[256])
{
	char number[8];

	for (unsigned int i = 0; i < 256; i++) {
		if (causes[i] == 0)
			continue;
		snprintf(number, sizeof(number), "%u", i);
		metrics_u64(out, causes[i], "request", request, "cause", number, "text",
			gtpc_cause_text((uint8_t)i), NULL);
	}
}

static void
collect_messages(struct metrics_out *out, const struct pgw *pgw)
{
	uint64_t rx[GTPC_N_MESSAGES] = { 0 }, tx[GTPC_N_MESSAGES] = { 0 };

	for (uint32_t i = 0; i < pgw->config->peers_max; i++) {
		const struct peer *peer = peer_at(pgw->peers, i);

		for (unsigned int j = 0; peer && j < GTPC_N_MESSAGES; j++) {
			rx[j] += peer->rx[j];
			tx[j] += peer->tx[j];
		}
	}
	metrics_family(out, "torii_gtpc_messages_total", METRICS_COUNTER,
		"GTPv2-C messages of the peers that are known now");
	for (unsigned int j = 0; j < GTPC_N_MESSAGES; j++) {
		metrics_u64(out, rx[j], "type", gtpc_message_at(j)->title, "direction", "rx", NULL);
		metrics_u64(out, tx[j], "type", gtpc_message_at(j)->title, "direction", "tx", NULL);
	}
}

static void
collect_peers(struct metrics_out *out, const struct pgw *pgw)
{
	static const struct {
		const char *name, *text;
	} families[] = {
		{ "torii_peer_sessions", "PDN sessions of an SGW" },
		{ "torii_peer_path_up", "0 while an SGW with sessions doesn't answer" },
		{ "torii_peer_restart_counter", "Recovery of an SGW with sessions" },
	};
	char addr[GTPC_ADDR_TEXT_MAX];

	for (unsigned int i = 0; i < 3; i++) {
		metrics_family(out, families[i].name, METRICS_GAUGE, families[i].text);
		for (const struct sgw *sgw = sgw_next(pgw->sessions, NULL); sgw;
			sgw = sgw_next(pgw->sessions, sgw)) {
			const uint64_t values[] = { sgw->n_sessions, !sgw->peer->is_path_down,
				sgw->peer->recovery };

			metrics_u64(out, values[i], "peer", gtpc_addr_text(&sgw->addr, addr), NULL);
		}
	}
}

static void
collect_load(struct metrics_out *out, const struct pgw *pgw)
{
	metrics_gauge(out, "torii_load_percent", "The fullest of sessions, procedures and rate",
		pgw->load.percent);
	metrics_gauge(out, "torii_overload_reduction_percent",
		"Share of requests that peers are asked to spare us", pgw->load.reduction);
	metrics_gauge(out, "torii_procedures", "Requests that wait for the dataplane",
		pgw->procedures.n_waiting);
}

static void
collect_gtpc(struct metrics_out *out, const struct pgw *pgw)
{
	const struct gtpc_counters *n = gtpc_node_counters(pgw->node);

	metrics_family(out, "torii_gtpc_answers_total", METRICS_COUNTER,
		"Requests by how they were answered");
	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++)
		collect_causes(out, gtpc_message_at(i)->title, n->answers[i]);
	collect_messages(out, pgw);
#define X(name, metric, text)                                                                      \
	metrics_counter(                                                                           \
		out, "torii_gtpc_" metric "_total", "GTPv2-C: " text, n->n[GTPC_COUNT_##name]);
	GTPC_COUNTERS(X)
#undef X
}

static void
collect_pools(struct metrics_out *out, const struct pgw *pgw)
{
	metrics_family(
		out, "torii_pool_addresses", METRICS_GAUGE, "Device addresses by pool and use");
	for (uint16_t i = 0; i < pgw->config->n_pools; i++) {
		const char *name = pgw->config->pools[i].name;
		struct ip_pool_counts n;

		ip_pool_count(apn_pool(pgw->apns, i), &n);
		metrics_u64(out, n.dynamic, "pool", name, "kind", "dynamic", NULL);
		metrics_u64(out, n.held_dynamic, "pool", name, "kind", "dynamic_held", NULL);
		metrics_u64(out, n.resting, "pool", name, "kind", "resting", NULL);
		metrics_u64(out, n.static_only, "pool", name, "kind", "static", NULL);
		metrics_u64(out, n.held_static, "pool", name, "kind", "static_held", NULL);
	}
}

// ---- The dataplane, read in place.

static void
collect_worker_counters(struct metrics_out *out, struct dp_header *h)
{
	char worker[8];

#define X(name, text)                                                                              \
	metrics_family(out, "torii_dataplane_" #name "_total", METRICS_COUNTER, text);             \
	for (unsigned int i = 0; i < h->n_workers; i++) {                                          \
		snprintf(worker, sizeof(worker), "%u", i);                                         \
		metrics_u64(out, dp_shm_worker(h, i)->counters.name, "worker", worker, NULL);      \
	}
	DP_WORKER_COUNTERS(X)
#undef X
}

static void
collect_drops(struct metrics_out *out, struct dp_header *h)
{
	static const char *const names[] = {
#define X(name, text) #name,
		DP_DROP_REASONS(X)
#undef X
	};

	metrics_family(
		out, "torii_dataplane_drops_total", METRICS_COUNTER, "Dropped packets by reason");
	for (unsigned int i = 0; i < DP_DROPS; i++)
		metrics_u64(out, drop_count(h, i), "reason", names[i], NULL);
}

static void
port_name(const struct dp_port *p, char name[DP_NAME_MAX])
{
	snprintf(name, DP_NAME_MAX, "%.*s", DP_NAME_MAX - 1, p->name);
}

static void
collect_ports(struct metrics_out *out, struct dp_header *h)
{
	char name[DP_NAME_MAX];

#define X(counter, text)                                                                           \
	metrics_family(out, "torii_port_" #counter "_total", METRICS_COUNTER, "Port: " text);      \
	for (unsigned int i = 0; i < h->n_ports; i++) {                                            \
		uint64_t sum = 0;                                                                  \
                                                                                                   \
		for (unsigned int w = 0; w < h->n_workers; w++)                                    \
			sum += dp_shm_worker(h, w)->port[i].counter;                               \
		port_name(&h->port[i], name);                                                      \
		metrics_u64(out, sum, "port", name, NULL);                                         \
	}
	DP_PORT_COUNTERS(X)
#undef X
	metrics_family(out, "torii_port_up", METRICS_GAUGE, "1 while the link is up");
	for (unsigned int i = 0; i < h->n_ports; i++) {
		port_name(&h->port[i], name);
		metrics_u64(out, h->port[i].link_up, "port", name, NULL);
	}
}

static void
collect_rings(struct metrics_out *out, const struct pgw *pgw, const struct dp_header *h)
{
	uint32_t requests, replies;
	char worker[8];

	metrics_family(out, "torii_ring_entries", METRICS_GAUGE,
		"Requests and replies that wait between control and a worker");
	for (unsigned int i = 0; i < h->n_workers; i++) {
		dpclient_ring_use(pgw->dp, i, &requests, &replies);
		snprintf(worker, sizeof(worker), "%u", i);
		metrics_u64(out, requests, "worker", worker, "ring", "request", NULL);
		metrics_u64(out, replies, "worker", worker, "ring", "reply", NULL);
	}
	metrics_gauge(out, "torii_ring_size", "Room of each of these rings", h->ring_elems);
	metrics_family(out, "torii_worker_idle_seconds", METRICS_GAUGE,
		"Since a worker last looked for packets");
	for (unsigned int i = 0; i < h->n_workers; i++) {
		snprintf(worker, sizeof(worker), "%u", i);
		metrics_double(out, (double)dpclient_worker_idle_ms(pgw->dp, i) / 1000, "worker",
			worker, NULL);
	}
}

// What main does: the way to and from Linux.
static void
collect_punt(struct metrics_out *out, const struct dp_header *h)
{
	static const char *const classes[] = {
#define X(NAME, name, text) #name,
		DP_PUNT_CLASSES_LIST(X)
#undef X
	};

	metrics_family(out, "torii_punt_packets_total", METRICS_COUNTER,
		"Frames for this machine, by class and what became of them");
	for (unsigned int i = 0; i < DP_PUNT_CLASSES; i++) {
		metrics_u64(
			out, h->punt[i].packets, "class", classes[i], "result", "delivered", NULL);
		metrics_u64(
			out, h->punt[i].policed, "class", classes[i], "result", "policed", NULL);
		metrics_u64(
			out, h->punt[i].tap_errors, "class", classes[i], "result", "error", NULL);
	}
#define X(name, text)                                                                              \
	metrics_counter(out, "torii_main_" #name "_total", "Main: " text, h->main.name);
	DP_MAIN_COUNTERS(X)
#undef X
}

static void
collect_dataplane(struct metrics_out *out, const struct pgw *pgw)
{
	struct dp_header *h = dpclient_header(pgw->dp);
	char worker[8];

	if (!h)
		return;
	metrics_family(out, "torii_worker_sessions", METRICS_GAUGE, "Sessions that a worker owns");
	for (unsigned int i = 0; i < h->n_workers; i++) {
		snprintf(worker, sizeof(worker), "%u", i);
		metrics_u64(out, dp_shm_worker(h, i)->sessions, "worker", worker, NULL);
	}
	metrics_family(out, "torii_worker_sessions_limit", METRICS_GAUGE,
		"Sessions that a worker's tables hold");
	for (unsigned int i = 0; i < h->n_workers; i++) {
		snprintf(worker, sizeof(worker), "%u", i);
		metrics_u64(out, dp_shm_worker(h, i)->sessions_max, "worker", worker, NULL);
	}
	collect_rings(out, pgw, h);
	collect_punt(out, h);
	collect_worker_counters(out, h);
	collect_drops(out, h);
	collect_ports(out, h);
}

void
ctl_metrics_collect(struct metrics_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;

	collect_sessions(out, pgw);
	collect_gtpc(out, pgw);
	collect_peers(out, pgw);
	collect_load(out, pgw);
	collect_pools(out, pgw);
	ctl_metrics_collect_work(out, pgw);
	collect_dataplane(out, pgw);
}

bool
ctl_metrics_healthy(char *why, size_t room, void *ctx)
{
	const struct pgw *pgw = ctx;

	if (dpclient_state(pgw->dp) != DPCLIENT_READY) {
		snprintf(why, room, "waiting for the dataplane: %s", dpclient_reason(pgw->dp));
		return false;
	}
	if (!turn_can_store(pgw)) {
		snprintf(why, room, "the session store takes nothing");
		return false;
	}
	return true;
}
