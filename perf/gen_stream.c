// SPDX-License-Identifier: BSD-3-Clause
// The loop of an lcore: frames out at the stream's rate, whatever comes in counted.
#include "perf/gen.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#define LATENCY_EVERY 16 // packets of which one is measured
#define SENDS_AHEAD 4    // bursts that a stream which was late makes up for

struct gen_config gen_config;
struct gen_stream gen_stream[GEN_DIRECTIONS];
static _Atomic enum gen_state state;
static _Atomic uint32_t clears; // of the counts, wanted by main

static inline uint32_t
session_next(struct gen_stream *s)
{
	uint64_t x = s->random;

	if (gen_config.is_sequential) {
		s->next_session =
			s->next_session + 1 < gen_config.sessions ? s->next_session + 1 : 0;
		return s->next_session;
	}
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	s->random = x;
	return (uint32_t)((x >> 32) * gen_config.sessions >> 32);
}

// How many frames the rate allows now.
static inline uint32_t
allowance(struct gen_stream *s, uint64_t now)
{
	uint64_t due;

	if (s->pps <= 0)
		return GEN_BURST;
	due = (uint64_t)((double)(now - s->began) * s->pps / (double)rte_get_tsc_hz());
	if (due > s->sent_since + SENDS_AHEAD * GEN_BURST) // it can't keep up: no burst later on
		s->sent_since = due - SENDS_AHEAD * GEN_BURST;
	return due > s->sent_since ? RTE_MIN((uint32_t)(due - s->sent_since), GEN_BURST) : 0;
}

static void
frames_send(struct gen_stream *s, uint32_t n, uint64_t now)
{
	struct rte_mbuf **burst = &s->frame[s->at];
	uint16_t sent;
	uint64_t bytes = 0;

	if (s->at + n > GEN_FRAMES)
		n = GEN_FRAMES - s->at;
	for (uint32_t i = 0; i < n; i++) {
		// The frame stays ours, the driver drops its share: on this lcore, so nothing atomic.
		rte_mbuf_refcnt_set(burst[i], rte_mbuf_refcnt_read(burst[i]) + 1);
		gen_frame_personalise(s, burst[i], session_next(s), now);
	}
	sent = rte_eth_tx_burst(gen_config.port[s->direction], 0, burst, (uint16_t)n);
	for (uint32_t i = 0; i < sent; i++)
		bytes += burst[i]->pkt_len;
	for (uint32_t i = sent; i < n; i++)
		rte_mbuf_refcnt_set(burst[i], rte_mbuf_refcnt_read(burst[i]) - 1);
	s->sequence -= n - sent;
	s->at = (s->at + sent) % GEN_FRAMES;
	s->sent_since += sent;
	s->counts.sent += sent;
	s->counts.sent_bytes += bytes;
	s->counts.full += sent < n;
}

// A frame without a mark: perhaps the device under test asks for a neighbour.
static __rte_noinline void
other_received(struct gen_stream *s, struct rte_mbuf *m)
{
	enum gen_direction there = s->direction == GEN_UL ? GEN_DL : GEN_UL;

	s->counts.other++;
	if (!gen_arp_answer(there, m))
		return;
	rte_mbuf_refcnt_update(m, 1); // the burst's share is freed with the burst
	if (rte_eth_tx_burst(gen_config.port[there], 0, &m, 1) == 0)
		rte_mbuf_refcnt_update(m, -1);
}

static inline void
frame_received(struct gen_stream *s, struct rte_mbuf *m, uint64_t now)
{
	struct gen_mark mark;

	if (unlikely(!gen_frame_mark(s->direction, m, &mark))) {
		other_received(s, m);
		return;
	}
	if (gen_config.has_verify && !gen_frame_is_right(s->direction, m))
		s->counts.wrong++;
	s->counts.received++;
	s->counts.received_bytes += m->pkt_len;
	if (likely(mark.sequence >= s->expected))
		s->expected = mark.sequence + 1;
	else
		s->counts.late++;
	if (mark.sequence % LATENCY_EVERY == 0)
		histogram_add(&s->latency, now - mark.tsc);
}

static void
frames_receive(struct gen_stream *s)
{
	struct rte_mbuf *burst[GEN_BURST];
	uint16_t port = gen_config.port[s->direction == GEN_UL ? GEN_DL : GEN_UL];
	uint16_t n = rte_eth_rx_burst(port, 0, burst, GEN_BURST);
	uint64_t now = rte_rdtsc();

	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(burst[i], void *));
	for (uint16_t i = 0; i < n; i++)
		frame_received(s, burst[i], now);
	rte_pktmbuf_free_bulk(burst, n);
}

void
gen_stream_turn(struct gen_stream *s, bool may_send)
{
	uint64_t now = rte_rdtsc();
	uint32_t n = may_send ? allowance(s, now) : 0;

	if (n)
		frames_send(s, n, now);
	frames_receive(s);
}

static void
stream_begin(struct gen_stream *s)
{
	s->began = rte_rdtsc();
	s->sent_since = 0;
}

static void
stream_clear(struct gen_stream *s)
{
	memset(&s->counts, 0, sizeof(s->counts));
	memset(&s->latency, 0, sizeof(s->latency));
}

// Streams go round the lcores. While nothing is to be done an lcore sleeps, so that the device under
// test may have its CPU.
int
gen_lcore(void *arg)
{
	unsigned int first = (unsigned int)(uintptr_t)arg, lcores = rte_lcore_count() - 1;
	enum gen_state was = GEN_IDLE, now;
	uint32_t cleared = 0;

	for (; (now = atomic_load(&state)) != GEN_ENDING; was = now) {
		for (unsigned int d = first; d < GEN_DIRECTIONS; d += lcores) {
			struct gen_stream *s = &gen_stream[d];

			if (cleared != atomic_load(&clears))
				stream_clear(s);
			if (now == GEN_SENDING && was != GEN_SENDING)
				stream_begin(s);
			if (now != GEN_IDLE)
				gen_stream_turn(s, now == GEN_SENDING && gen_config.is_active[d]);
		}
		cleared = atomic_load(&clears);
		if (now == GEN_IDLE)
			rte_delay_us_sleep(200);
	}
	return 0;
}

void
gen_state_set(enum gen_state next)
{
	atomic_store(&state, next);
}

void
gen_counts_clear(void)
{
	atomic_fetch_add(&clears, 1);
	rte_delay_us_sleep(2000); // for idle lcores to see it
}
