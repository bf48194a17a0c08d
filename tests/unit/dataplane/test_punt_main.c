// SPDX-License-Identifier: BSD-3-Clause
// Workers' rings, main's rates, and sockets in the place of TAPs.
#include "dataplane/punt_main.h"
#include "tests/unit/dataplane/rig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define WORKERS 3
#define PORTS 2
#define TSC_HZ 1000000000ULL

static struct rte_mempool *pool;
static struct main_bell bell;
static struct punt_lane lane_of[WORKERS], *lanes[WORKERS];
static struct tap tap[PORTS];
static int far_end[PORTS]; // what Linux has of each TAP
static struct dp_punt_counters count[DP_PUNT_CLASSES];
static struct dp_punt_policer policer[DP_PUNT_CLASSES];
static struct dp_main_counters main_count;
static struct punt_main *punt_main;

static const uint16_t tx_worker[PORTS] = { 2, 1 };

static void
begin(const uint32_t pps[DP_PUNT_CLASSES])
{
	struct punt_main_config config = {
		.lane = lanes,
		.n_workers = WORKERS,
		.n_ports = PORTS,
		.tap = tap,
		.tx_worker = tx_worker,
		.pool = pool,
		.tsc_hz = TSC_HZ,
		.count = count,
		.policer = policer,
		.main_count = &main_count,
	};

	memset(count, 0, sizeof(count));
	memset(&main_count, 0, sizeof(main_count));
	CU_ASSERT_EQUAL_FATAL(main_bell_open(&bell), 0);
	for (unsigned int i = 0; i < WORKERS; i++) {
		lanes[i] = &lane_of[i];
		CU_ASSERT_EQUAL_FATAL(punt_lane_open(lanes[i], i, SOCKET_ID_ANY, &bell), 0);
	}
	for (unsigned int i = 0; i < PORTS; i++) {
		int ends[2];

		CU_ASSERT_EQUAL_FATAL(
			socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
		tap[i] = (struct tap){ .fd = ends[0] };
		far_end[i] = ends[1];
	}
	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++)
		config.pps[c] = pps ? pps[c] : 0;
	punt_main = punt_main_new(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(punt_main);
}

static void
end(void)
{
	punt_main_free(punt_main);
	for (unsigned int i = 0; i < PORTS; i++) {
		close(tap[i].fd);
		close(far_end[i]);
	}
	for (unsigned int i = 0; i < WORKERS; i++)
		punt_lane_close(lanes[i]);
	main_bell_close(&bell);
	CU_ASSERT_TRUE(rig_pool_is_whole(pool));
}

// A frame of 60 bytes that begins with `mark`. False: the ring is full.
static bool
put(unsigned int worker, enum dp_punt_class class, uint16_t port, uint8_t mark)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	memset(rte_pktmbuf_append(m, 60), mark, 60);
	m->port = port;
	if (punt(lanes[worker], m, class))
		return true;
	rte_pktmbuf_free(m);
	return false;
}

// Takes what has arrived in Linux. Returns how many frames, and how many of them with `mark`.
static unsigned int
arrived(unsigned int port, uint8_t mark, unsigned int *with_mark)
{
	uint8_t frame[100];
	unsigned int n = 0;

	*with_mark = 0;
	while (recv(far_end[port], frame, sizeof(frame), 0) == 60) {
		n++;
		*with_mark += frame[0] == mark;
	}
	return n;
}

static void
frames_reach_the_tap_of_their_port(void)
{
	unsigned int marked;

	begin(NULL);
	CU_ASSERT_TRUE(punt_main_is_idle(punt_main));
	CU_ASSERT_TRUE(put(0, DP_PUNT_GTPC, 0, 'a'));
	CU_ASSERT_TRUE(put(1, DP_PUNT_ICMP, 1, 'b'));
	CU_ASSERT_TRUE(put(2, DP_PUNT_OTHER, 1, 'c'));
	CU_ASSERT_FALSE(punt_main_is_idle(punt_main));
	CU_ASSERT_FALSE(punt_main_to_linux(punt_main, 1));
	CU_ASSERT_TRUE(punt_main_is_idle(punt_main));
	CU_ASSERT_EQUAL(arrived(0, 'a', &marked), 1);
	CU_ASSERT_EQUAL(marked, 1);
	CU_ASSERT_EQUAL(arrived(1, 'b', &marked), 2);
	CU_ASSERT_EQUAL(marked, 1);
	CU_ASSERT_EQUAL(count[DP_PUNT_GTPC].packets, 1);
	CU_ASSERT_EQUAL(count[DP_PUNT_ROUTING].packets, 0);
	CU_ASSERT_EQUAL(count[DP_PUNT_OTHER].packets, 1);
	end();
}

static void
frames_that_cannot_be_written_are_counted(void)
{
	begin(NULL);
	put(0, DP_PUNT_ICMP, 4, 'a'); // no such port
	put(0, DP_PUNT_ICMP, UINT16_MAX, 'a');
	close(far_end[0]);
	put(0, DP_PUNT_ICMP, 0, 'a');
	far_end[0] = dup(far_end[1]);
	punt_main_to_linux(punt_main, 1);
	CU_ASSERT_EQUAL(count[DP_PUNT_ICMP].tap_errors, 3);
	CU_ASSERT_EQUAL(count[DP_PUNT_ICMP].packets, 0);
	end();
}

// Offers `offered` frames per worker and second of model time, `seconds` long.
static void
offer(const unsigned int offered[WORKERS], enum dp_punt_class class, unsigned int seconds)
{
	const unsigned int turns = 1000; // per second
	unsigned int marked;

	for (unsigned int t = 0; t < turns * seconds; t++) {
		for (unsigned int w = 0; w < WORKERS; w++) {
			unsigned int due = (t + 1) * offered[w] / turns - t * offered[w] / turns;

			while (due--)
				put(w, class, w % PORTS, (uint8_t)w);
		}
		while (punt_main_to_linux(punt_main, (t + 1) * (TSC_HZ / turns)))
			;
		arrived(0, 0, &marked);
		arrived(1, 0, &marked);
	}
}

static void
a_class_stays_within_its_rate(void)
{
	static const uint32_t pps[DP_PUNT_CLASSES] = { [DP_PUNT_ICMP] = 1000 };
	static const unsigned int flood[WORKERS] = { 20000, 0, 0 };
	static const unsigned int below[WORKERS] = { 300, 300, 300 };

	begin(pps);
	offer(flood, DP_PUNT_ICMP, 4);
	CU_ASSERT_TRUE(count[DP_PUNT_ICMP].packets >= 4000);
	CU_ASSERT_TRUE(count[DP_PUNT_ICMP].packets <= 4000 + 1000 / 4 + 1000 / 4);
	CU_ASSERT_EQUAL(count[DP_PUNT_ICMP].packets + count[DP_PUNT_ICMP].policed, 80000);
	end();
	begin(pps);
	offer(below, DP_PUNT_ICMP, 4);
	CU_ASSERT_EQUAL(count[DP_PUNT_ICMP].packets, 3600);
	CU_ASSERT_EQUAL(count[DP_PUNT_ICMP].policed, 0);
	end();
}

static void
a_flood_of_one_class_leaves_the_others_alone(void)
{
	static const uint32_t pps[DP_PUNT_CLASSES] = { 100, 100, 100, 100, 100 };
	unsigned int marked;

	begin(pps);
	for (unsigned int i = 0; i < 800; i++)
		put(0, DP_PUNT_ICMP, 0, 'x');
	put(0, DP_PUNT_GTPC, 0, 'g');
	put(0, DP_PUNT_ROUTING, 0, 'r');
	// whatever waits of the flood, the first turn serves each class
	punt_main_to_linux(punt_main, 1);
	arrived(0, 'g', &marked);
	CU_ASSERT_EQUAL(marked, 1);
	CU_ASSERT_EQUAL(count[DP_PUNT_GTPC].packets, 1);
	CU_ASSERT_EQUAL(count[DP_PUNT_ROUTING].packets, 1);
	CU_ASSERT_TRUE(count[DP_PUNT_ICMP].policed > 0);
	CU_ASSERT_FALSE(punt_main_is_idle(punt_main)); // and no turn takes for ever
	while (punt_main_to_linux(punt_main, 1))
		;
	end();
}

static void
a_worker_within_its_share_passes_beside_another_ones_flood(void)
{
	static const uint32_t pps[DP_PUNT_CLASSES] = { [DP_PUNT_ROUTING] = 300 };
	static const unsigned int offered[WORKERS] = { 30000, 90, 0 };
	unsigned int marked, of_worker_1 = 0;

	begin(pps);
	for (unsigned int t = 0; t < 4000; t++) {
		for (unsigned int w = 0; w < WORKERS; w++) {
			unsigned int due = (t + 1) * offered[w] / 1000 - t * offered[w] / 1000;

			while (due--)
				put(w, DP_PUNT_ROUTING, 0, (uint8_t)w);
		}
		while (punt_main_to_linux(punt_main, (t + 1) * (TSC_HZ / 1000)))
			;
		arrived(0, 1, &marked);
		of_worker_1 += marked;
	}
	CU_ASSERT_EQUAL(of_worker_1, 4 * 90);
	CU_ASSERT_TRUE(count[DP_PUNT_ROUTING].packets <= 4 * 300 + 2 * 75);
	end();
}

static void
a_full_ring_is_the_workers_to_count(void)
{
	unsigned int n = 0, marked;

	begin(NULL);
	while (n < 2000 && rte_mempool_avail_count(pool) > 0 && put(0, DP_PUNT_GTPC, 0, 'a'))
		n++;
	CU_ASSERT_EQUAL(n, 1023);
	while (punt_main_to_linux(punt_main, 1))
		arrived(0, 'a', &marked);
	arrived(0, 'a', &marked);
	CU_ASSERT_TRUE(put(0, DP_PUNT_GTPC, 0, 'a'));
	punt_main_to_linux(punt_main, 1);
	end();
}

static void
what_linux_sends_goes_to_the_transmitting_worker(void)
{
	void *m = NULL;

	begin(NULL);
	CU_ASSERT_FALSE(punt_main_from_linux(punt_main, 1));
	CU_ASSERT_EQUAL(send(far_end[1], "hello", 5, 0), 5);
	CU_ASSERT_FALSE(punt_main_from_linux(punt_main, 1));
	CU_ASSERT_EQUAL(main_count.tap_packets, 1);
	CU_ASSERT_EQUAL(rte_ring_count(lanes[0]->from_linux), 0);
	CU_ASSERT_EQUAL(rte_ring_count(lanes[2]->from_linux), 0);
	CU_ASSERT_EQUAL_FATAL(rte_ring_dequeue(lanes[1]->from_linux, &m), 0);
	CU_ASSERT_EQUAL(((struct rte_mbuf *)m)->port, 1);
	CU_ASSERT_EQUAL(((struct rte_mbuf *)m)->pkt_len, 5);
	rte_pktmbuf_free(m);
	end();
}

static void
frames_of_linux_beyond_the_ring_are_counted(void)
{
	struct rte_mbuf *m;
	unsigned int filled = 0;

	begin(NULL);
	// as if the worker had stopped: one mbuf, many references
	m = rte_pktmbuf_alloc(pool);
	while (rte_ring_enqueue(lanes[2]->from_linux, m) == 0)
		filled++;
	rte_mbuf_refcnt_set(m, (uint16_t)filled);
	CU_ASSERT_EQUAL(send(far_end[0], "hello", 5, 0), 5);
	punt_main_from_linux(punt_main, 0);
	CU_ASSERT_EQUAL(main_count.tap_ring_full, 1);
	end();
}

static void
requests_to_resolve_come_in_order(void)
{
	struct dp_addr addr = { .family = 4, .bytes = { 10, 0, 0, 1 } };
	struct resolve_request r;

	begin(NULL);
	CU_ASSERT_FALSE(punt_main_next_resolve(punt_main, &r));
	CU_ASSERT_TRUE(resolve_ask(lanes[1], 3, &addr));
	CU_ASSERT_TRUE(resolve_ask(lanes[1], 4, &(struct dp_addr){ .family = 6 }));
	CU_ASSERT_FALSE(punt_main_is_idle(punt_main));
	CU_ASSERT_TRUE(punt_main_next_resolve(punt_main, &r));
	CU_ASSERT_EQUAL(r.iface, 3);
	CU_ASSERT_EQUAL(memcmp(&r.addr, &addr, sizeof(addr)), 0);
	CU_ASSERT_TRUE(punt_main_next_resolve(punt_main, &r));
	CU_ASSERT_EQUAL(r.iface, 4);
	CU_ASSERT_EQUAL(r.addr.family, 6);
	CU_ASSERT_FALSE(punt_main_next_resolve(punt_main, &r));
	for (unsigned int i = 0; i < 1000; i++)
		resolve_ask(lanes[0], 1, &addr);
	CU_ASSERT_FALSE(resolve_ask(lanes[0], 1, &addr));
	end();
}

static bool
bell_rang(void)
{
	uint64_t n = 0;

	return read(bell.fd, &n, sizeof(n)) == sizeof(n) && n > 0;
}

static void
the_bell_rings_once_and_only_for_who_sleeps(void)
{
	begin(NULL);
	put(0, DP_PUNT_GTPC, 0, 'a');
	punt_flush(lanes[0]);
	CU_ASSERT_FALSE(bell_rang());
	atomic_store(&bell.main_sleeps, 1);
	punt_flush(lanes[0]); // nothing new was put
	CU_ASSERT_FALSE(bell_rang());
	resolve_ask(lanes[1], 0, &(struct dp_addr){ .family = 4 });
	put(0, DP_PUNT_GTPC, 0, 'a');
	punt_flush(lanes[1]);
	punt_flush(lanes[0]);
	CU_ASSERT_TRUE(bell_rang());
	CU_ASSERT_FALSE(bell_rang());
	CU_ASSERT_EQUAL(atomic_load(&bell.main_sleeps), 0);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(frames_reach_the_tap_of_their_port),
	UNIT_CASE(frames_that_cannot_be_written_are_counted),
	UNIT_CASE(a_class_stays_within_its_rate),
	UNIT_CASE(a_flood_of_one_class_leaves_the_others_alone),
	UNIT_CASE(a_worker_within_its_share_passes_beside_another_ones_flood),
	UNIT_CASE(a_full_ring_is_the_workers_to_count),
	UNIT_CASE(what_linux_sends_goes_to_the_transmitting_worker),
	UNIT_CASE(frames_of_linux_beyond_the_ring_are_counted),
	UNIT_CASE(requests_to_resolve_come_in_order),
	UNIT_CASE(the_bell_rings_once_and_only_for_who_sleeps),
};

int
main(void)
{
	if (!rig_eal("punt", NULL, false) || (pool = rig_pool()) == NULL)
		return 1;
	return unit_run("dataplane/punt_main", cases, RTE_DIM(cases));
}
