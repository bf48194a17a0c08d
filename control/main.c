// SPDX-License-Identifier: BSD-3-Clause
// torii-control: start in stages that are undone in reverse, run the loop, stop in order.
#include "config/cli.h"
#include "config/log.h"
#include "config/metrics.h"
#include "control/cli/commands.h"
#include "control/ctl_config.h"
#include "control/ctl_metrics.h"
#include "control/gtpc/gtpc_socket.h"
#include "control/gtpc/intake.h"
#include "control/route_keeper.h"
#include "control/session/pgw.h"
#include "control/store.h"
#include "control/user_paths.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAMS_A_TURN 512 // read, so that what is urgent isn't behind a storm
#define CREATES_A_TURN 64    // served of those that wait
#define CREATE_BYTES 2048    // kept of one that waits, on average
#define CREATE_AGE_MS 2000   // its sender has repeated it by then, or will soon
#define CLOSED_MS 100        // longer than any turn; said again in each
#define RECEIVE_BUFFER_BYTES (8 << 20)
#define PATIENCE_S 3 // with a dataplane that isn't there, before peers are told so
#define PROGRAM "torii-control"

struct process {
	struct ctl_config config;
	const char *config_file;
	struct event_base *base;
	struct store *store;
	struct gtpc_socket *socket;
	struct intake *intake;
	struct event *serve; // what waits in it
	bool is_closed;      // the dataplane is to drop what would come into it
	struct pgw *pgw;
	struct event *readable[GTPC_SOCKETS_MAX];
	struct event *signals[3];
	struct cli_set *commands;
	struct cli_server *cli;
	struct event *cli_event;
	struct metrics_server *metrics;
	struct route_keeper *routes;
	struct event *patience; // with the dataplane, before the first datagram is read
	bool is_listening;
};

// ---- The socket.

static void
send_datagram(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct process *p = user;
	int ret = p->socket ? gtpc_socket_send(p->socket, path, bytes, n) : -ENOTCONN;

	if (ret < 0)
		log_limited(LOG_LEVEL_WARNING, 1, "GTP-C send: %s", strerror(-ret));
}

static void
flush_socket(void *user)
{
	struct process *p = user;

	if (p->socket) // not yet, where the start ends before it
		gtpc_socket_flush(p->socket);
}

static void
deliver(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct process *p = user;

	pgw_receive(p->pgw, path, bytes, n);
}

static void
received(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct process *p = user;

	intake_put(p->intake, path, bytes, n, pgw_now_ms());
}

// The dataplane drops what would only wait, as long as this is said again and again.
static void
close_or_open(struct process *p)
{
	bool was_closed = p->is_closed;

	p->is_closed = intake_is_closed(p->intake);
	if (p->is_closed || was_closed)
		dpclient_close_creates(p->pgw->dp, p->is_closed ? CLOSED_MS : 0);
}

// What waits is served once in a turn of the loop, after new datagrams were read: a timer that is due
// at once, since an event that is made active runs again before the sockets are looked at.
static void
serve_soon(struct process *p)
{
	static const struct timeval now;

	evtimer_add(p->serve, &now);
}

static void
on_serve(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	if (intake_serve(p->intake, CREATES_A_TURN, pgw_now_ms()) > 0)
		serve_soon(p);
	close_or_open(p);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;
	unsigned int i = 0;

	while (i < gtpc_socket_count(p->socket) && gtpc_socket_fd(p->socket, i) != fd)
		i++;
	gtpc_socket_receive(p->socket, i, DATAGRAMS_A_TURN, received, p);
	if (intake_waiting(p->intake) > 0)
		serve_soon(p);
	close_or_open(p);
}

static int
open_intake(struct process *p)
{
	struct intake_config c = {
		.waiting_max = p->config.create_queue,
		.bytes_max = (size_t)p->config.create_queue * CREATE_BYTES,
		.age_max_ms = CREATE_AGE_MS,
		.close_at = p->config.create_queue * p->config.create_close_percent / 100,
		.counters = gtpc_node_counters(p->pgw->node),
		.user = p,
		.deliver = deliver,
	};

	p->intake = intake_new(&c);
	p->serve = evtimer_new(p->base, on_serve, p);
	if (p->intake && p->serve)
		return 0;
	log_error("no memory for the queue of Create Session Requests");
	return -1;
}

static int
open_socket(struct process *p)
{
	struct gtpc_socket_config c = {
		.n_local = (unsigned int)p->config.n_gtpc,
		.receive_bytes = RECEIVE_BUFFER_BYTES,
		.dscp = p->config.gtpc_dscp,
		.counters = gtpc_node_counters(p->pgw->node),
	};
	char text[GTPC_ADDR_TEXT_MAX];
	unsigned int failed = 0;
	int ret;

	for (unsigned int i = 0; i < c.n_local; i++) {
		memcpy(&c.local[i].addr, &p->config.gtpc[i], sizeof(c.local[i].addr));
		c.local[i].port = p->config.gtpc_port;
	}
	snprintf(c.device, sizeof(c.device), "%s", p->config.gtpc_device);
	ret = gtpc_socket_open(&p->socket, &c, &failed);
	if (ret < 0) {
		log_error("GTP-C address %s port %u: %s",
			gtpc_addr_text(&c.local[failed].addr, text), p->config.gtpc_port,
			strerror(-ret));
		return -1;
	}
	for (unsigned int i = 0; i < c.n_local; i++) {
		p->readable[i] = event_new(p->base, gtpc_socket_fd(p->socket, i),
			EV_READ | EV_PERSIST, on_readable, p);
		if (!p->readable[i])
			return -1;
	}
	return 0;
}

// While there is no dataplane, what peers send waits in the sockets' buffers for a while: a restart
// of either process refuses nobody.
static void
listen_now(struct process *p)
{
	if (p->is_listening || !p->socket)
		return;
	p->is_listening = true;
	for (unsigned int i = 0; i < gtpc_socket_count(p->socket); i++)
		if (event_add(p->readable[i], NULL) < 0)
			log_error("GTP-C socket %u: not watched", i);
}

static void
on_patience_over(evutil_socket_t fd, short what, void *arg)
{
	listen_now(arg);
}

static void
be_patient(struct process *p)
{
	struct timeval wait = { .tv_sec = PATIENCE_S };

	if (!p->patience)
		p->patience = evtimer_new(p->base, on_patience_over, p);
	if (!p->patience || evtimer_add(p->patience, &wait) < 0) {
		listen_now(p);
		return;
	}
	for (unsigned int i = 0; p->is_listening && i < gtpc_socket_count(p->socket); i++)
		event_del(p->readable[i]);
	p->is_listening = false;
}

// ---- The dataplane.

// It knows the tables of the VRFs.
static void
want_routes(struct process *p)
{
	uint32_t *tables = calloc(p->config.n_pools, sizeof(*tables));

	for (size_t i = 0; tables && i < p->config.n_pools; i++)
		tables[i] = pgw_pool_table(p->pgw, (uint16_t)i);
	if (tables)
		route_keeper_want(p->routes, tables);
	free(tables);
}

static void
dataplane_attached(void *user)
{
	struct process *p = user;

	if (p->config.installs_routes)
		want_routes(p);
	listen_now(p);
}

static void
dataplane_gone(void *user)
{
	be_patient(user);
}

// ---- The store.

static int
read_boot_id(char *id, size_t room)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool is_read = f && fgets(id, (int)room, f);

	if (f)
		fclose(f);
	if (!is_read)
		return -1;
	id[strcspn(id, "\n")] = '\0';
	return 0;
}

static int
open_store(struct process *p)
{
	char boot_id[64], why[512];

	if (read_boot_id(boot_id, sizeof(boot_id)) < 0) {
		log_error("the boot's id can't be read from /proc");
		return -1;
	}
	if (store_open(&p->store, p->config.state_dir, boot_id, why, sizeof(why)) < 0) {
		log_error("%s", why);
		return -1;
	}
	log_notice("restart counter %u, %s", store_restart_counter(p->store),
		store_has_kept_sessions(p->store) ? "the sessions of the run before are kept"
						  : "no sessions of a run before");
	return 0;
}

static int
open_pgw(struct process *p)
{
	struct pgw_io io = { .send = send_datagram,
		.flush = flush_socket,
		.attached = dataplane_attached,
		.gone = dataplane_gone,
		.user = p };
	char why[512];

	p->pgw = pgw_new(p->base, &p->config, p->store, &io, why, sizeof(why));
	if (!p->pgw)
		log_error("%s", why);
	return p->pgw ? 0 : -1;
}

// From here on datagrams wait in the sockets, so that peers find nobody's port closed while the
// sessions are read.
static int
start_pgw(struct process *p)
{
	char why[512];

	p->routes = route_keeper_new(&p->config, p->store);
	if (p->routes && pgw_start(p->pgw, why, sizeof(why)) == 0) {
		be_patient(p);
		return 0;
	}
	log_error("%s", p->routes ? why : "no memory");
	return -1;
}

static int
open_user_paths(struct process *p)
{
	p->pgw->user_paths = user_paths_new(p->base, &p->config, p->pgw->sessions, p->pgw->bearers);
	if (!p->pgw->user_paths)
		log_error("no memory");
	return p->pgw->user_paths ? 0 : -1;
}

// ---- Signals.

static void
on_stop_signal(evutil_socket_t number, short what, void *arg)
{
	struct process *p = arg;

	log_notice("stopping: signal %d", (int)number);
	event_base_loopbreak(p->base);
}

// Of the configuration, the log's settings take effect at once.
static void
on_reload_signal(evutil_socket_t number, short what, void *arg)
{
	struct process *p = arg;
	struct ctl_config fresh = { 0 };

	if (cfg_load(p->config_file, &ctl_config_schema, &fresh, stderr) < 0) {
		log_error("%s: not reloaded", p->config_file);
		return;
	}
	log_configure(PROGRAM, &fresh.log);
	log_notice("%s: log settings reloaded; all else takes effect at a restart", p->config_file);
	cfg_free(&ctl_config_schema, &fresh);
}

static int
watch_signals(struct process *p)
{
	p->signals[0] = evsignal_new(p->base, SIGTERM, on_stop_signal, p);
	p->signals[1] = evsignal_new(p->base, SIGINT, on_stop_signal, p);
	p->signals[2] = evsignal_new(p->base, SIGHUP, on_reload_signal, p);
	for (int i = 0; i < 3; i++)
		if (!p->signals[i] || event_add(p->signals[i], NULL) < 0)
			return -1;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

// ---- For operators.

static void
on_cli(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	cli_server_dispatch(p->cli);
}

static int
open_cli(struct process *p)
{
	p->commands = commands_new(p->pgw);
	if (!p->commands)
		return -1;
	p->cli = cli_server_new(
		p->commands, &p->config.cli, "torii-control> ", "Torii, packet gateway control");
	if (!p->cli)
		return -1;
	p->cli_event = event_new(p->base, cli_server_fd(p->cli), EV_READ | EV_PERSIST, on_cli, p);
	return p->cli_event ? event_add(p->cli_event, NULL) : -1;
}

static int
open_metrics(struct process *p)
{
	if (!p->config.metrics.is_on)
		return 0;
	p->metrics = metrics_server_new(
		p->base, &p->config.metrics, ctl_metrics_collect, ctl_metrics_healthy, p->pgw);
	return p->metrics ? 0 : -1;
}

// ---- The whole.

static void
free_event(struct event *e)
{
	if (e)
		event_free(e);
}

static void
close_all(struct process *p)
{
	if (p->metrics)
		metrics_server_free(p->metrics);
	free_event(p->cli_event);
	if (p->cli)
		cli_server_free(p->cli);
	if (p->commands)
		cli_set_free(p->commands);
	for (int i = 0; i < 3; i++)
		free_event(p->signals[i]);
	for (int i = 0; i < GTPC_SOCKETS_MAX; i++)
		free_event(p->readable[i]);
	free_event(p->patience);
	free_event(p->serve);
	intake_free(p->intake);
	if (p->pgw)
		user_paths_free(p->pgw->user_paths);
	pgw_free(p->pgw);
	route_keeper_free(p->routes);
	if (p->socket)
		gtpc_socket_close(p->socket);
	store_close(p->store);
	if (p->base)
		event_base_free(p->base);
	cfg_free(&ctl_config_schema, &p->config);
}

static int
open_all(struct process *p)
{
	p->base = event_base_new();
	if (!p->base) {
		log_error("no event loop");
		return -1;
	}
	if (open_store(p) < 0 || open_pgw(p) < 0 || open_intake(p) < 0 || open_socket(p) < 0 ||
		start_pgw(p) < 0 || open_user_paths(p) < 0 || watch_signals(p) < 0 ||
		open_cli(p) < 0 || open_metrics(p) < 0)
		return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	static struct process p;
	const struct cfg_program program = {
		.name = PROGRAM,
		.what = "The control plane of the packet gateway: GTPv2-C towards SGWs, sessions, "
			"addresses, and the operator's command line.",
		.config_file = "/etc/torii/control.cfg",
		.schema = &ctl_config_schema,
		.cli_reference = commands_reference,
	};
	int ret = cfg_main(&program, argc, argv, &p.config, &p.config_file);

	if (ret != CFG_MAIN_RUN)
		return ret;
	log_configure(PROGRAM, &p.config.log);
	log_notice("%s %s, configuration %s", PROGRAM, torii_version(), p.config_file);
	ret = open_all(&p);
	if (ret == 0)
		event_base_dispatch(p.base);
	close_all(&p);
	if (ret == 0)
		log_notice("stopped; sessions stay in the dataplane");
	return ret == 0 ? 0 : 1;
}
