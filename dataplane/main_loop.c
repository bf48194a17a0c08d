// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/main_loop.h"

#include "config/log.h"
#include "dataplane/bond.h"
#include "dataplane/control_link.h"
#include "dataplane/linux_iface.h"
#include "dataplane/netlink.h"
#include "dataplane/punt_main.h"
#include "dataplane/tap.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_TURN 32
#define RESOLVES_PER_TURN 64
#define SYNC_TIMEOUT_MS 10000
#define REBUILD_MS 10       // views are built at most this often
#define REBUILD_SHARE 4     // and for at most this part of main's time
#define ROUTINGS_WAITING 64 // replaced ones that a worker may still read; then we wait for it
#define RECLAIM_MS 50
#define EXPORT_AT_ONCE_ROUTES 2000 // with more the mirror in the shared file follows by the second

// What an epoll event is about; the lower half is a file descriptor or a port.
enum source {
	SOURCE_SIGNAL,
	SOURCE_TIMER,
	SOURCE_BELL,
	SOURCE_NETLINK,
	SOURCE_TAP,
	SOURCE_LISTENER,
	SOURCE_CONNECTION,
};

struct main_loop {
	struct main_loop_config config;
	int epoll, signals, timer;
	struct tap tap[DP_PORTS_MAX];
	uint16_t n_taps;
	bool is_port_up[DP_PORTS_MAX];
	struct route_mirror *mirror;
	struct routing_builder *builder;
	struct netlink *netlink;
	struct punt_main *punt;
	struct control_link link;
	uint64_t rebuild_at_ms; // not earlier
	unsigned int n_retired; // routings not freed yet
	bool is_stopping;
};

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static sigset_t
awaited_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return set;
}

void
main_signals_block(void)
{
	sigset_t set = awaited_signals();

	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int
watch(struct main_loop *l, int fd, enum source source, uint32_t which)
{
	struct epoll_event e = {
		.events = EPOLLIN,
		.data.u64 = (uint64_t)source << 32 | which,
	};

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

// ---- Routing

static void
export_mirror(struct main_loop *l)
{
	const struct routing *now = atomic_load(&l->config.publisher->now);

	route_mirror_export(l->mirror, dp_shm_mirror(l->config.header), now->generation);
}

// Builds what is out of date, unless that was done a moment ago or workers still read too much of
// what was replaced before.
static void
rebuild(struct main_loop *l, uint64_t now)
{
	struct dp_header *h = l->config.header;
	int error;

	l->n_retired = routing_reclaim(l->builder);
	if (!route_mirror_is_dirty(l->mirror) || now < l->rebuild_at_ms)
		return;
	if (l->n_retired > ROUTINGS_WAITING) {
		l->rebuild_at_ms = now + RECLAIM_MS;
		return;
	}
	error = route_mirror_rebuild(l->mirror, l->builder);
	if (error != 0) {
		log_limited(LOG_LEVEL_ERROR, 1, "routes can't be renewed: %s", strerror(-error));
		l->rebuild_at_ms = now + 1000;
		return;
	}
	h->main.routings++;
	if (route_mirror_n_routes(l->mirror) <= EXPORT_AT_ONCE_ROUTES)
		export_mirror(l);
	l->n_retired = routing_reclaim(l->builder);
	l->rebuild_at_ms = RTE_MAX(now + REBUILD_MS, now + (clock_ms() - now) * REBUILD_SHARE);
}

static int
open_netlink(struct main_loop *l)
{
	int error = netlink_open(&l->netlink, l->mirror, &l->config.header->main);

	if (error == 0)
		error = watch(l, netlink_event_fd(l->netlink), SOURCE_NETLINK, 0);
	if (error == 0)
		error = watch(l, netlink_request_fd(l->netlink), SOURCE_NETLINK, 0);
	if (error != 0)
		log_error("rtnetlink: %s", strerror(-error));
	return error;
}

// A socket that fails is opened anew; until then the routes stay as they are.
static void
read_netlink(struct main_loop *l, uint64_t now)
{
	int error = l->netlink ? netlink_read(l->netlink, now) : 0;

	if (error == 0)
		return;
	log_error("rtnetlink: %s, opening it again", strerror(-error));
	netlink_close(l->netlink);
	l->netlink = NULL;
}

// ---- Ports

// Carrier and routes follow the port's link.
static void
set_port_link(struct main_loop *l, uint16_t i, const struct rte_eth_link *link)
{
	struct dp_port *port = &l->config.header->port[i];
	bool is_up = link->link_status == RTE_ETH_LINK_UP;
	int error;

	atomic_store(&port->link_up, is_up);
	port->link_mbps = link->link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link->link_speed;
	if (is_up == l->is_port_up[i])
		return;
	l->is_port_up[i] = is_up;
	log_notice("port %s: link %s", port->name, is_up ? "up" : "down");
	route_mirror_set_port_up(l->mirror, i, is_up);
	error = tap_set_carrier(&l->tap[i], is_up);
	if (error != 0)
		log_warning("TAP %s: carrier: %s", port->name, strerror(-error));
}

static void
check_port(struct main_loop *l, uint16_t i)
{
	struct dp_port *port = &l->config.header->port[i];
	struct rte_eth_link link = { 0 };
	struct rte_eth_stats stats;
	char iface[IF_NAMESIZE];

	if (rte_eth_link_get_nowait(l->config.port_id[i], &link) != 0)
		return;
	if (linux_iface_of(port->device, iface) ? !linux_iface_is_up(iface)
						: i < l->config.settings->n_ports &&
				l->config.settings->ports[i].n_members &&
				!bond_follow(
					&l->config.settings->ports[i], i, l->config.port_id[i]))
		link.link_status = RTE_ETH_LINK_DOWN;
	set_port_link(l, i, &link);
	if (rte_eth_stats_get(l->config.port_id[i], &stats) != 0)
		return;
	atomic_store(&port->rx_missed, stats.imissed);
	atomic_store(&port->rx_errors, stats.ierrors + stats.rx_nombuf);
	atomic_store(&port->tx_errors, stats.oerrors);
}

static void
tick(struct main_loop *l, uint64_t now)
{
	uint64_t expirations;

	(void)!read(l->timer, &expirations, sizeof(expirations));
	for (uint16_t i = 0; i < l->n_taps; i++)
		check_port(l, i);
	if (l->netlink == NULL && open_netlink(l) != 0) {
		netlink_close(l->netlink);
		l->netlink = NULL;
	}
	if (l->netlink != NULL)
		netlink_probe(l->netlink, now);
	if (route_mirror_export_is_due(l->mirror))
		export_mirror(l);
	log_tick();
}

// ---- The loop

// Resolves what workers ask for. True if more may wait.
static bool
resolve(struct main_loop *l, uint64_t now)
{
	struct resolve_request request;

	for (unsigned int i = 0; i < RESOLVES_PER_TURN; i++) {
		if (!punt_main_next_resolve(l->punt, &request))
			return false;
		if (l->netlink != NULL)
			netlink_resolve(l->netlink, &request, now);
	}
	return true;
}

static void
accept_connection(struct main_loop *l)
{
	int fd = control_link_accept(&l->link);

	if (fd == -EAGAIN)
		return;
	if (fd < 0)
		log_limited(LOG_LEVEL_WARNING, 1, "%s: connection refused: %s", l->link.path,
			strerror(-fd));
	else if (watch(l, fd, SOURCE_CONNECTION, (uint32_t)fd) != 0)
		control_link_drain(&l->link, fd);
}

static void
take_signal(struct main_loop *l)
{
	struct signalfd_siginfo signal;

	if (read(l->signals, &signal, sizeof(signal)) != sizeof(signal))
		return;
	log_notice("%s received", signal.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
	l->is_stopping = true;
}

static void
handle(struct main_loop *l, const struct epoll_event *e, uint64_t now)
{
	uint32_t which = (uint32_t)e->data.u64;
	uint64_t any;

	switch ((enum source)(e->data.u64 >> 32)) {
	case SOURCE_SIGNAL:
		take_signal(l);
		break;
	case SOURCE_TIMER:
		tick(l, now);
		break;
	case SOURCE_BELL:
		(void)!read(l->config.bell->fd, &any, sizeof(any));
		break;
	case SOURCE_NETLINK:
		read_netlink(l, now);
		break;
	case SOURCE_TAP:
		punt_main_from_linux(l->punt, (uint16_t)which);
		break;
	case SOURCE_LISTENER:
		accept_connection(l);
		break;
	case SOURCE_CONNECTION:
		control_link_drain(&l->link, (int)which);
		break;
	}
}

static int
shorter(int timeout_ms, int other_ms)
{
	return other_ms < 0      ? timeout_ms
		: timeout_ms < 0 ? other_ms
				 : RTE_MIN(timeout_ms, other_ms);
}

// How long main may sleep.
static int
next_timeout(const struct main_loop *l)
{
	uint64_t now = clock_ms();
	int timeout = l->netlink ? netlink_timeout_ms(l->netlink, now) : -1;

	if (l->n_retired > 0)
		timeout = shorter(timeout, RECLAIM_MS);
	if (route_mirror_is_dirty(l->mirror))
		timeout = shorter(
			timeout, l->rebuild_at_ms > now ? (int)(l->rebuild_at_ms - now) : 0);
	return timeout;
}

// Workers ring the bell only if they see main_sleeps; what they put before they could is seen here.
static int
sleep_until_event(struct main_loop *l, struct epoll_event *events, int timeout_ms)
{
	struct main_bell *bell = l->config.bell;
	int n;

	if (timeout_ms != 0) {
		atomic_store(&bell->main_sleeps, 1);
		atomic_thread_fence(memory_order_seq_cst);
		if (!punt_main_is_idle(l->punt))
			timeout_ms = 0;
		else
			l->config.header->main.sleeps++;
	}
	n = epoll_wait(l->epoll, events, EVENTS_PER_TURN, timeout_ms);
	atomic_store(&bell->main_sleeps, 0);
	return n < 0 ? -errno : n;
}

int
main_loop_run(struct main_loop *l)
{
	struct epoll_event events[EVENTS_PER_TURN];

	while (!l->is_stopping) {
		uint64_t now = clock_ms();
		bool has_more = punt_main_to_linux(l->punt, rte_rdtsc());
		int n;

		has_more |= resolve(l, now);
		rebuild(l, now);
		if (l->netlink && netlink_timeout_ms(l->netlink, now) == 0)
			read_netlink(l, now);
		n = sleep_until_event(l, events, has_more ? 0 : next_timeout(l));
		if (n < 0 && n != -EINTR) {
			log_error("epoll: %s", strerror(-n));
			return n;
		}
		now = clock_ms();
		for (int i = 0; i < n; i++)
			handle(l, &events[i], now);
	}
	return 0;
}

// ---- Opening and closing

static int
open_taps(struct main_loop *l)
{
	const struct dp_header *h = l->config.header;
	int error = 0;

	for (; error == 0 && l->n_taps < h->n_ports; l->n_taps++) {
		uint16_t i = l->n_taps;

		error = tap_open(&l->tap[i], h->port[i].name, h->port[i].mac, h->port[i].mtu);
		if (error != 0)
			break;
		l->is_port_up[i] = true;
		route_mirror_set_shadow(l->mirror, i, l->tap[i].ifindex);
		error = watch(l, l->tap[i].fd, SOURCE_TAP, i);
	}
	return error;
}

// The first routing that workers see is what Linux has now.
static int
open_routing(struct main_loop *l)
{
	int error = open_netlink(l);

	if (error == 0)
		error = netlink_wait_synced(l->netlink, SYNC_TIMEOUT_MS);
	if (error != 0) {
		log_error("rtnetlink: Linux's routes can't be read: %s", strerror(-error));
		return error;
	}
	for (uint16_t i = 0; i < l->n_taps; i++)
		check_port(l, i);
	while (error == 0 && route_mirror_is_dirty(l->mirror))
		error = route_mirror_rebuild(l->mirror, l->builder);
	if (error == 0)
		export_mirror(l);
	routing_reclaim(l->builder);
	return error;
}

static int
open_punt(struct main_loop *l)
{
	struct dp_header *h = l->config.header;
	struct punt_main_config c = {
		.lane = l->config.lane,
		.n_workers = h->n_workers,
		.n_ports = h->n_ports,
		.tap = l->tap,
		.tx_worker = l->config.tx_worker,
		.pool = l->config.pool,
		.tsc_hz = h->tsc_hz,
		.count = h->punt,
		.policer = h->policer,
		.main_count = &h->main,
	};

	for (unsigned int i = 0; i < DP_PUNT_CLASSES; i++)
		c.pps[i] = l->config.settings->punt_pps[i];
	l->punt = punt_main_new(&c);
	return l->punt ? watch(l, l->config.bell->fd, SOURCE_BELL, 0) : -ENOMEM;
}

static int
open_link(struct main_loop *l)
{
	char path[DP_PATH_MAX + sizeof(DP_SOCKET_NAME) + 1];
	int error;

	snprintf(path, sizeof(path), "%s/%s", l->config.settings->run_dir, DP_SOCKET_NAME);
	error = control_link_open(&l->link, path, l->config.header->instance, l->config.doorbell);
	return error ? error : watch(l, l->link.listener, SOURCE_LISTENER, 0);
}

static int
open_timer_and_signals(struct main_loop *l)
{
	struct itimerspec each_second = { { 1, 0 }, { 1, 0 } };
	sigset_t set = awaited_signals();
	int error;

	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->timer < 0 || l->signals < 0 || timerfd_settime(l->timer, 0, &each_second, NULL) < 0)
		return -errno;
	error = watch(l, l->timer, SOURCE_TIMER, 0);
	return error ? error : watch(l, l->signals, SOURCE_SIGNAL, 0);
}

// What can fail has said why, apart from lack of memory or descriptors.
static int
open_all(struct main_loop *l)
{
	int error;

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return -errno;
	l->mirror = route_mirror_new(l->config.header);
	l->builder = routing_builder_new(l->config.publisher, l->config.header->n_vrfs);
	if (l->mirror == NULL || l->builder == NULL)
		return -ENOMEM;
	error = open_timer_and_signals(l);
	if (error == 0)
		error = open_taps(l);
	if (error == 0)
		error = open_punt(l);
	if (error == 0)
		error = open_routing(l);
	return error ? error : open_link(l);
}

int
main_loop_open(struct main_loop **loop, const struct main_loop_config *config)
{
	struct main_loop *l = calloc(1, sizeof(*l));
	int error;

	if (l == NULL)
		return -ENOMEM;
	l->config = *config;
	l->epoll = l->timer = l->signals = l->link.listener = -1;
	for (unsigned int i = 0; i < CONTROL_LINK_CONNECTIONS; i++)
		l->link.connection[i] = -1;
	error = open_all(l);
	if (error != 0) {
		log_error("the main loop can't start: %s", strerror(-error));
		main_loop_close(l);
		return error;
	}
	*loop = l;
	return 0;
}

void
main_loop_close(struct main_loop *l)
{
	if (l == NULL)
		return;
	control_link_close(&l->link);
	netlink_close(l->netlink);
	punt_main_free(l->punt);
	for (uint16_t i = 0; i < l->n_taps; i++)
		tap_close(&l->tap[i]);
	routing_builder_free(l->builder);
	route_mirror_free(l->mirror);
	if (l->signals >= 0)
		close(l->signals);
	if (l->timer >= 0)
		close(l->timer);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l);
}
