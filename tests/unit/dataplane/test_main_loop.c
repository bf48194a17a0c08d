// SPDX-License-Identifier: BSD-3-Clause
// The whole of main's side: one ring device as the port, its TAP, rtnetlink, the UNIX socket. In a
// network namespace of its own; needs root.
#include "dataplane/main_loop.h"
#include "tests/unit/dataplane/rig.h"

#include <rte_ethdev.h>

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TAP_NAME "port0"

static struct rte_mempool *pool;
static struct dp_header *header;
static struct dp_config *settings;
static struct main_bell bell;
static struct punt_lane lane, *lanes[] = { &lane };
static struct routing_publisher publisher;
static struct main_loop *loop;
static int doorbell;

static const uint16_t port_id[] = { 0 }, tx_worker[] = { 0 };

static pthread_t thread;
static int run_result;

static struct main_loop_config
config(void)
{
	return (struct main_loop_config){
		.header = header,
		.settings = settings,
		.lane = lanes,
		.bell = &bell,
		.publisher = &publisher,
		.pool = pool,
		.port_id = port_id,
		.tx_worker = tx_worker,
		.doorbell = doorbell,
	};
}

static void *
run(void *arg)
{
	run_result = main_loop_run(loop);
	return NULL;
}

static bool
start_port(void)
{
	struct rte_eth_conf conf = { 0 };

	return rte_eth_dev_configure(0, 1, 1, &conf) == 0 &&
		rte_eth_rx_queue_setup(0, 0, 64, SOCKET_ID_ANY, NULL, pool) == 0 &&
		rte_eth_tx_queue_setup(0, 0, 64, SOCKET_ID_ANY, NULL) == 0 &&
		rte_eth_dev_start(0) == 0;
}

static void
make_header(void)
{
	header = calloc(1, sizeof(*header) + sizeof(struct dp_mirror));
	header->mirror_off = sizeof(*header);
	header->instance = 42;
	header->tsc_hz = 1000000000;
	header->n_workers = header->n_ports = header->n_ifaces = header->n_vrfs = 1;
	snprintf(header->port[0].name, sizeof(header->port[0].name), TAP_NAME);
	memcpy(header->port[0].mac, "\x02\x00\x00\x00\x00\x01", 6);
	header->port[0].mtu = 1500;
	header->vrf[0].table = 254;
}

static void
begin(void)
{
	struct main_loop_config c;

	make_header();
	settings = calloc(1, sizeof(*settings));
	snprintf(settings->run_dir, sizeof(settings->run_dir), "/tmp");
	publisher.qsbr = aligned_alloc(64, RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(1), 64));
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(publisher.qsbr, 1), 0);
	doorbell = eventfd(0, EFD_NONBLOCK);
	CU_ASSERT_EQUAL_FATAL(main_bell_open(&bell), 0);
	CU_ASSERT_EQUAL_FATAL(punt_lane_open(&lane, 0, SOCKET_ID_ANY, &bell), 0);
	c = config();
	CU_ASSERT_EQUAL_FATAL(main_loop_open(&loop, &c), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run, NULL), 0);
}

static void
end(void)
{
	kill(getpid(), SIGTERM);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(run_result, 0);
	main_loop_close(loop);
	CU_ASSERT_PTR_NULL(atomic_load(&publisher.now));
	punt_lane_close(&lane);
	main_bell_close(&bell);
	close(doorbell);
	free(publisher.qsbr);
	free(settings);
	free(header);
	CU_ASSERT_TRUE(rig_pool_is_whole(pool));
}

#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		uint64_t deadline_ = rig_now_ms() + RIG_DEADLINE_MS;                               \
                                                                                                   \
		while (!(condition) && rig_now_ms() < deadline_)                                   \
			usleep(1000);                                                              \
		CU_ASSERT_TRUE(condition);                                                         \
	} while (0)

static uint64_t
read_u64(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

// What a worker finds; this one is a worker that is always at rest between two calls.
static uint8_t
kind(uint32_t dst)
{
	const struct routing *r;
	uint8_t found;

	rte_rcu_qsbr_thread_register(publisher.qsbr, 0);
	rte_rcu_qsbr_thread_online(publisher.qsbr, 0);
	r = atomic_load_explicit(&publisher.now, memory_order_acquire);
	found = r->vrf[0]->adjacency[route_find(r->vrf[0], dst)].kind;
	rte_rcu_qsbr_thread_offline(publisher.qsbr, 0);
	return found;
}

static bool
exports_a_route_to(uint8_t first_byte)
{
	const struct dp_mirror *m = dp_shm_mirror(header);
	bool found = false;
	uint32_t seq = atomic_load(&m->seq);

	for (uint32_t i = 0; i < m->n_routes && i < DP_ROUTE_ROWS; i++)
		found |= m->route[i].prefix.bytes[0] == first_byte;
	return found && seq % 2 == 0 && atomic_load(&m->seq) == seq;
}

static void
routes_of_linux_reach_workers_and_readers(void)
{
	begin();
	CU_ASSERT_TRUE(rig_ip("addr add 10.10.0.1/24 dev " TAP_NAME));
	WAIT_FOR(kind(0x0a0a0001) == ADJACENCY_LOCAL);
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.10.0.2"));
	WAIT_FOR(kind(0xcb007107) == ADJACENCY_UNRESOLVED);
	WAIT_FOR(exports_a_route_to(203));
	CU_ASSERT_TRUE(rig_ip("route del 203.0.113.0/24"));
	WAIT_FOR(kind(0xcb007107) == ADJACENCY_NO_ROUTE);
	WAIT_FOR(!exports_a_route_to(203));
	end();
}

// The TAP was left by the case before, as by a process before.
static void
begins_with_what_linux_has_already(void)
{
	begin();
	CU_ASSERT_EQUAL(kind(0x0a0a0001), ADJACENCY_LOCAL);
	CU_ASSERT_EQUAL(kind(0x0a0a0002), ADJACENCY_UNRESOLVED);
	end();
}

static bool
is_running(void)
{
	struct ifreq r = { .ifr_name = TAP_NAME };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	bool running = ioctl(s, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & IFF_RUNNING;

	close(s);
	return running;
}

static void
the_ports_link_is_followed(void)
{
	begin();
	CU_ASSERT_EQUAL(header->port[0].link_up, 1);
	rte_eth_dev_set_link_down(0);
	WAIT_FOR(atomic_load(&header->port[0].link_up) == 0 && !is_running());
	rte_eth_dev_set_link_up(0);
	WAIT_FOR(atomic_load(&header->port[0].link_up) == 1 && is_running());
	end();
}

// One frame at a time, so that main sleeps before most of them: a wake-up that got lost would cost
// a second each time, and all of them the deadline.
static void
a_frame_for_linux_wakes_main(void)
{
	const unsigned int n = 2000;
	uint64_t deadline, sleeps;

	begin();
	sleeps = read_u64(&header->main.sleeps);
	deadline = rig_now_ms() + RIG_DEADLINE_MS;
	for (unsigned int i = 1; i <= n; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		memset(rte_pktmbuf_append(m, 60), 0xff, 60);
		m->port = 0;
		CU_ASSERT_TRUE(punt(&lane, m, DP_PUNT_ICMP));
		punt_flush(&lane);
		while (read_u64(&header->punt[DP_PUNT_ICMP].packets) < i && rig_now_ms() < deadline)
			sched_yield();
	}
	CU_ASSERT_EQUAL(read_u64(&header->punt[DP_PUNT_ICMP].packets), n);
	CU_ASSERT_TRUE(read_u64(&header->main.sleeps) > sleeps);
	end();
}

static struct rte_mbuf *
frame_from_linux(uint16_t type)
{
	uint64_t deadline = rig_now_ms() + RIG_DEADLINE_MS;
	void *p;

	while (rig_now_ms() < deadline) {
		const uint8_t *f;

		if (rte_ring_dequeue(lane.from_linux, &p) != 0) {
			usleep(100);
			continue;
		}
		f = rte_pktmbuf_mtod((struct rte_mbuf *)p, const uint8_t *);
		if ((f[12] << 8 | f[13]) == type)
			return p;
		rte_pktmbuf_free(p);
	}
	return NULL;
}

static void
a_worker_that_asks_for_a_neighbour_gets_arp_to_send(void)
{
	struct rte_mbuf *m;

	begin();
	CU_ASSERT_TRUE(resolve_ask(
		&lane, 0, &(struct dp_addr){ .family = 4, .bytes = { 10, 10, 0, 99 } }));
	punt_flush(&lane);
	m = frame_from_linux(0x0806);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(m->port, 0);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod_offset(m, char *, 38), "\x0a\x0a\x00\x63", 4), 0);
	rte_pktmbuf_free(m);
	CU_ASSERT_TRUE(read_u64(&header->main.resolve_asks) > 0);
	end();
}

static void
whoever_connects_is_greeted_until_the_end(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/tmp/" DP_SOCKET_NAME };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct dp_hello hello = { 0 };

	begin();
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(recv(fd, &hello, sizeof(hello), 0), sizeof(hello));
	CU_ASSERT_EQUAL(hello.instance, 42);
	end();
	CU_ASSERT_EQUAL(recv(fd, &hello, sizeof(hello), 0), 0);
	close(fd);
}

static uint64_t
cpu_ms(void)
{
	struct timespec t;
	clockid_t clock;

	pthread_getcpuclockid(thread, &clock);
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
sleeps_while_idle(void)
{
	uint64_t before, from;

	begin();
	WAIT_FOR(read_u64(&header->main.sleeps) > 1);
	before = cpu_ms();
	from = rig_now_ms();
	WAIT_FOR(rig_now_ms() - from > 2500);
	// it wakes by the second, and then for next to nothing
	CU_ASSERT_TRUE(cpu_ms() - before < (rig_now_ms() - from) / 20);
	end();
}

static void
what_fails_at_the_start_leaves_nothing_open(void)
{
	struct main_loop_config c;
	struct main_loop *second;
	uint64_t sleeps;

	begin();
	c = config();
	c.publisher = &(struct routing_publisher){ .qsbr = publisher.qsbr };
	// the TAP is taken
	CU_ASSERT_EQUAL(main_loop_open(&second, &c), -EBUSY);
	CU_ASSERT_PTR_NULL(atomic_load(&c.publisher->now));
	sleeps = read_u64(&header->main.sleeps);
	WAIT_FOR(read_u64(&header->main.sleeps) > sleeps);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(routes_of_linux_reach_workers_and_readers),
	UNIT_CASE(begins_with_what_linux_has_already),
	UNIT_CASE(the_ports_link_is_followed),
	UNIT_CASE(a_frame_for_linux_wakes_main),
	UNIT_CASE(a_worker_that_asks_for_a_neighbour_gets_arp_to_send),
	UNIT_CASE(whoever_connects_is_greeted_until_the_end),
	UNIT_CASE(sleeps_while_idle),
	UNIT_CASE(what_fails_at_the_start_leaves_nothing_open),
};

int
main(void)
{
	main_signals_block();
	if (!rig_netns() || !rig_eal("main", "net_ring0", false) || (pool = rig_pool()) == NULL ||
		!start_port())
		return 1;
	return unit_run("dataplane/main_loop", cases, RTE_DIM(cases));
}
