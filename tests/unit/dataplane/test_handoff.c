// SPDX-License-Identifier: BSD-3-Clause
// Several workers behind fewer queues: every packet reaches its owner, once and in order.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <stdlib.h>
#include <string.h>

#define SESSIONS 90

static const struct rig_options one_queue = {
	.n_workers = 3, .n_rxq = { 1, 1 }, .n_txq = { 3, 3 }
};
static const struct rig_options one_queue_each_way = {
	.n_workers = 3, .n_rxq = { 1, 1 }, .n_txq = { 1, 1 }
};
static const struct rig_options two_queues = {
	.n_workers = 3, .n_rxq = { 2, 2 }, .n_txq = { 3, 2 }
};

static struct dp_session session[SESSIONS];

static void
begin(const struct rig_options *o)
{
	rig_open(o);
	for (uint32_t i = 0; i < SESSIONS; i++) {
		session[i] = rig_session(i);
		CU_ASSERT_EQUAL_FATAL(rig_put(&session[i]), 0);
	}
}

static void
end(void)
{
	CU_ASSERT_TRUE(rig_close_clean());
}

static unsigned int
owner_of(const struct dp_session *s)
{
	return rig.dp.in.shm->shard_worker[s->teid & 0xff];
}

// A session of this worker.
static const struct dp_session *
one_of(unsigned int worker)
{
	const struct dp_session *s = session;

	while (owner_of(s) != worker)
		s++;
	return s;
}

// The verification suite of the RSS hash: a /64 may as well be two IPv4 addresses.
static void
shards_are_the_toeplitz_hash_of_nics(void)
{
	static const struct {
		uint8_t addrs[8];
		uint32_t hash;
	} known[] = {
		{ { 66, 9, 149, 187, 161, 142, 100, 80 }, 0x323e8fc2 },
		{ { 199, 92, 111, 2, 65, 69, 140, 83 }, 0xd718262a },
		{ { 24, 19, 198, 95, 12, 22, 207, 184 }, 0xd2d0a5de },
		{ { 38, 27, 205, 30, 209, 142, 163, 6 }, 0x82989176 },
		{ { 153, 39, 163, 191, 202, 188, 127, 2 }, 0x5d1809c5 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CU_ASSERT_EQUAL(dp_shard_of(known[i].addrs, 8), known[i].hash & 0xff);
}

static void
the_table_of_shards_agrees_with_the_definition(void)
{
	static struct shard_table t;
	uint32_t addr = 1, wrong = 0;

	shard_table_fill(&t);
	for (int i = 0; i < 200000; i++) {
		addr = addr * 1664525 + 1013904223;
		wrong += shard_of_ipv4(&t, addr) != dp_shard_of((const uint8_t *)&addr, 4);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
spreads(uint32_t first, uint32_t step)
{
	static struct shard_table t;

	shard_table_fill(&t);
	for (uint32_t workers = 2; workers <= 16; workers++) {
		uint32_t of_worker[16] = { 0 }, n = 1 << 20;

		for (uint32_t i = 0; i < n; i++)
			of_worker[shard_of_ipv4(&t, rte_cpu_to_be_32(first + i * step)) %
				workers]++;
		for (uint32_t w = 0; w < workers; w++) {
			// 256 shards don't divide evenly by every number of workers
			uint32_t shards = (256 - w + workers - 1) / workers,
				 fair = n / 256 * shards;

			CU_ASSERT(of_worker[w] >= fair - fair / 50);
			CU_ASSERT(of_worker[w] <= fair + fair / 50);
		}
	}
}

static void
owners_are_even_within_2_percent_in_every_address_plan(void)
{
	spreads(IP4(100, 64, 0, 0), 1);   // one after the other
	spreads(IP4(10, 0, 0, 1), 8);     // a /29 for each SIM
	spreads(IP4(10, 0, 0, 1), 256);   // a /24
	spreads(IP4(10, 0, 0, 130), 256); // a /24, another host in it
	spreads(IP4(1, 2, 3, 4), 2654435761u);
}

// One UL and one DL packet of each session, `rounds` times, in turn from the queues of both ports.
static void
offer_all(unsigned int rounds, unsigned int queues)
{
	static struct frame f;

	for (unsigned int r = 0; r < rounds; r++)
		for (uint32_t i = 0; i < SESSIONS; i++) {
			struct traffic t = {
				.s = &session[i], .payload = 10, .inner.id = (uint16_t)r
			};

			traffic_ul(&f, &t);
			rig_receive(RIG_ACCESS, i % queues, &f);
			traffic_dl(&f, &t);
			rig_receive(RIG_SGI, i % queues, &f);
		}
	rig_run();
}

static uint64_t
ul_of(unsigned int worker)
{
	return rig_worker(worker)->count->ul_packets;
}

// What each worker must have delivered and handed off after offer_all.
static void
counts_are_exact(unsigned int rounds, unsigned int queues)
{
	uint64_t owned[3] = { 0 }, out[3] = { 0 }, in[3] = { 0 };

	for (uint32_t i = 0; i < SESSIONS; i++) {
		unsigned int owner = owner_of(&session[i]), receiver = i % queues;

		owned[owner] += rounds;
		out[receiver] += owner != receiver ? 2 * rounds : 0;
		in[owner] += owner != receiver ? 2 * rounds : 0;
	}
	for (unsigned int w = 0; w < 3; w++) {
		const struct dp_worker_counters *c = rig_worker(w)->count;

		CU_ASSERT(owned[w] > 0);
		CU_ASSERT_EQUAL(c->ul_packets, owned[w]);
		CU_ASSERT_EQUAL(c->dl_packets, owned[w]);
		CU_ASSERT_EQUAL(c->handoff_out, out[w]);
		CU_ASSERT_EQUAL(c->handoff_in, in[w]);
	}
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
}

// Frames that leave this port: all of them, and those of one session in the order of their round.
static void
leaves_in_order(unsigned int port, uint16_t id_at, uint16_t session_at, unsigned int rounds)
{
	static struct frame f;
	unsigned int n = 0, wrong = 0, next[SESSIONS] = { 0 };

	while (rig_sent(port, &f)) {
		const uint8_t *p = frame_bytes(&f);
		unsigned int which = p[session_at] - 1,
			     id = (unsigned int)(p[id_at] << 8 | p[id_at + 1]);

		wrong += which >= SESSIONS || id != next[which]++;
		n++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(n, rounds * SESSIONS);
}

static void
every_owner_gets_its_packets_in_order(void)
{
	static const struct rig_options *const o[] = { &one_queue, &one_queue_each_way,
		&two_queues };
	static const unsigned int queues[] = { 1, 1, 2 };

	for (int i = 0; i < 3; i++) {
		begin(o[i]);
		offer_all(10, queues[i]);
		counts_are_exact(10, queues[i]);
		// last octet of the device's address: uplink source, downlink inner destination
		leaves_in_order(RIG_SGI, 14 + 4, 14 + 15, 10);
		leaves_in_order(RIG_ACCESS, 50 + 4, 50 + 19, 10);
		end();
	}
}

static void
a_worker_without_a_transmit_queue_sends_through_another(void)
{
	static struct frame in, out, got;
	struct traffic t = { .payload = 10 };

	begin(&one_queue_each_way);
	t.s = one_of(2);
	traffic_ul(&in, &t);
	traffic_ul_out(&out, &t);
	rig_receive(RIG_ACCESS, 0, &in);
	rig_run();
	CU_ASSERT_TRUE(rig_sent(RIG_SGI, &got) && frame_equal(&got, &out));
	CU_ASSERT_EQUAL(rig_worker(2)->count->ul_packets, 1);
	CU_ASSERT_EQUAL(rig_worker(2)->count->tx_packets, 0);
	CU_ASSERT_EQUAL(rig_worker(0)->count->tx_packets, 1);
	CU_ASSERT_EQUAL(rig_worker(0)->port_count[RIG_SGI].tx_packets, 1);
	end();
}

// Frames for worker 1 while it doesn't turn.
static void
a_full_handoff_ring_is_a_named_drop(void)
{
	static struct frame f;
	struct traffic t = { .payload = 10 };

	begin(&one_queue);
	t.s = one_of(1);
	traffic_ul(&f, &t);
	for (int i = 0; i < 1500; i++) {
		rig_receive(RIG_ACCESS, 0, &f);
		worker_turn(rig_worker(0), rig.now);
	}
	CU_ASSERT_EQUAL(rig_worker(0)->count->handoff_out, HANDOFF_RING - 1);
	CU_ASSERT_EQUAL(rig_dropped(HANDOFF_FULL), 1500 - (HANDOFF_RING - 1));
	rig_run();
	CU_ASSERT_EQUAL(ul_of(1), HANDOFF_RING - 1);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), HANDOFF_RING - 1);
	end();
}

// Worker 0 receives for all and transmits for all; here it hands off, but doesn't take back.
static void
a_full_ring_to_the_transmitter_is_a_named_drop(void)
{
	static struct frame f;
	struct traffic t = { .payload = 10 };
	struct rte_mbuf *m;

	begin(&one_queue_each_way);
	t.s = one_of(1);
	traffic_ul(&f, &t);
	for (int i = 0; i < 1500; i++) {
		m = rig_mbuf(RIG_ACCESS, &f);
		rig_worker(1)->routing = atomic_load(&rig.dp.publisher.now);
		worker_burst(rig_worker(1), &m, 1, true);
		worker_turn(rig_worker(1), rig.now);
	}
	CU_ASSERT_EQUAL(rig_dropped(TX_RING_FULL), 1500 - (HANDOFF_RING - 1));
	CU_ASSERT_EQUAL(ul_of(1), 1500);
	rig_run();
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), HANDOFF_RING - 1);
	// the frames came in by hand
	rig_worker(1)->count->rx_packets += 1500;
	end();
}

static void
a_handed_off_frame_is_never_handed_off_again(void)
{
	static struct frame f;
	struct traffic t = { .payload = 10 };
	struct rte_mbuf *m;

	begin(&one_queue);
	t.s = one_of(1);
	traffic_ul(&f, &t);
	m = rig_mbuf(RIG_ACCESS, &f);
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue(rig_worker(2)->from[0], m), 0);
	traffic_dl(&f, &t);
	m = rig_mbuf(RIG_SGI, &f);
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue(rig_worker(2)->from[0], m), 0);
	rig_run();
	CU_ASSERT_EQUAL(rig_count(handoff_out), 0);
	CU_ASSERT_EQUAL(rig_worker(2)->count->drop[DP_DROP_UNKNOWN_TEID], 1);
	CU_ASSERT_EQUAL(rig_worker(2)->count->drop[DP_DROP_NO_SESSION], 1);
	rig_worker(0)->count->handoff_out += 2; // they were put there by hand
	rig_worker(0)->count->rx_packets += 2;
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	end();
}

static void
whoever_receives_it_answers_an_echo_and_punts(void)
{
	static struct frame f;

	begin(&two_queues);
	for (unsigned int q = 0; q < 2; q++) {
		frame_begin(&f);
		frame_gtpu(&f, &(struct frame_gtpu){ .flags = 0x32, .type = 1 });
		frame_udp(&f, 2152, 2152);
		frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
		traffic_from(&f, RIG_SGW, RIG_ACCESS, 0);
		rig_receive(RIG_ACCESS, q, &f);
		frame_begin(&f);
		frame_udp(&f, 2123, 2123);
		frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
		traffic_from(&f, RIG_SGW, RIG_ACCESS, 0);
		rig_receive(RIG_ACCESS, q, &f);
	}
	rig_run();
	for (unsigned int w = 0; w < 2; w++) {
		CU_ASSERT_EQUAL(rig_worker(w)->count->echo_response_tx, 1);
		CU_ASSERT_TRUE(rig_punted(w, DP_PUNT_GTPC, &f));
	}
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 2);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(shards_are_the_toeplitz_hash_of_nics),
	UNIT_CASE(the_table_of_shards_agrees_with_the_definition),
	UNIT_CASE(owners_are_even_within_2_percent_in_every_address_plan),
	UNIT_CASE(every_owner_gets_its_packets_in_order),
	UNIT_CASE(a_worker_without_a_transmit_queue_sends_through_another),
	UNIT_CASE(a_full_handoff_ring_is_a_named_drop),
	UNIT_CASE(a_full_ring_to_the_transmitter_is_a_named_drop),
	UNIT_CASE(a_handed_off_frame_is_never_handed_off_again),
	UNIT_CASE(whoever_receives_it_answers_an_echo_and_punts),
};

UNIT_MAIN("dataplane/handoff", cases)
