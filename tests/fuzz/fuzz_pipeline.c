// SPDX-License-Identifier: BSD-3-Clause
// The input is a row of frames, each behind four octets: port, how it lies in memory, and its length.
// They run through all stages of a worker. Frames whose buffer ends where they end show reads beyond
// them to a sanitizer; after each input the accounts balance and every buffer is back.
#include "tests/unit/dataplane/worker_rig.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 1900
#define FRAMES_MAX 32
#define SESSIONS 8

enum layout {
	LAYOUT_EXACT = 1, // else a buffer of the pool
	LAYOUT_HANDED_OFF = 2,
	LAYOUT_TIME_PASSES = 4,
};

static struct rte_mempool *exact_pool; // mbufs without room, for memory of our own

static void
must(int is_so)
{
	if (!is_so)
		abort();
}

static void
free_exact(void *memory, void *opaque)
{
	(void)memory; // begins behind what malloc() gave
	free(opaque);
}

// An mbuf with the usual headroom whose room ends where the frame does.
static struct rte_mbuf *
exact_mbuf(const uint8_t *bytes, uint16_t n)
{
	size_t room = RTE_PKTMBUF_HEADROOM + n;
	struct rte_mbuf_ext_shared_info *info = malloc(sizeof(*info) + room);
	struct rte_mbuf *m = rte_pktmbuf_alloc(exact_pool);

	must(info != NULL && m != NULL);
	info->free_cb = free_exact;
	info->fcb_opaque = info;
	rte_mbuf_ext_refcnt_set(info, 1);
	rte_pktmbuf_attach_extbuf(m, info + 1, RTE_BAD_IOVA, (uint16_t)room, info);
	m->data_off = RTE_PKTMBUF_HEADROOM;
	memcpy(rte_pktmbuf_append(m, n), bytes, n);
	return m;
}

static struct rte_mbuf *
pool_mbuf(const uint8_t *bytes, uint16_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rig.dp.in.pool);

	must(m != NULL);
	memcpy(rte_pktmbuf_append(m, n), bytes, n);
	return m;
}

// Sessions of every kind: rates, gates, MTU, both VRFs, an SGW that never answers; of IPv6 too, and
// by IPv6, with a lowered MSS.
static void
put_sessions(void)
{
	struct dp_request profile = { .op = DP_OP_PROFILE_PUT,
		.profile = { .profile = 1, .mss_ipv4 = 1300, .mss_ipv6 = 1280, .n_rdnss = 1 } };
	struct dp_reply reply;

	must(rig_request(0, &profile, &reply) && reply.done.result == 0);
	for (uint32_t i = 0; i < SESSIONS; i++) {
		struct dp_session s = rig_session(i);

		s.teid = 0x01010100 | dp_session_shard(&s);
		s.teid += i << 24;
		s.vrf = i == 4 ? RIG_VRF_OTHER : RIG_VRF_INTERNET;
		s.flags = i == 5 ? DP_SESSION_UL_CLOSED | DP_SESSION_DL_CLOSED : 0;
		s.mtu = i == 6 ? 600 : 0;
		s.ul_bps = s.dl_bps = i == 3 ? 100000 : 0;
		s.peer.bytes[3] = i == 7 ? 9 : 2;
		s.profile = i == 2;
		if (i == 1)
			rig_session_by_ipv6(&s);
		if (i != 0 && i != 7) // an advertisement to 7 would wait for its SGW
			rig_session_prefix(&s, (uint16_t)i, false);
		must(rig_put(&s) == 0);
	}
}

static void
begin(void)
{
	static const struct rig_options o = { .answers_pps = 1000, .tx_frames = 1024 };

	rig_open(&o);
	exact_pool = rte_pktmbuf_pool_create("exact", 255, 0, 0, 0, SOCKET_ID_ANY);
	must(exact_pool != NULL);
	put_sessions();
}

static void
run(struct rte_mbuf *m, uint8_t layout)
{
	struct worker *w = rig_worker(0);

	w->count->rx_packets++;
	w->now = rig.now;
	w->routing = atomic_load(&rig.dp.publisher.now);
	worker_burst(w, &m, 1, layout & LAYOUT_HANDED_OFF);
	rig.now += layout & LAYOUT_TIME_PASSES ? RIG_HZ / 10 : 1000;
	worker_turn(w, rig.now);
}

// What waits for its time is let go; then nothing may be missing.
static void
settle(void)
{
	struct dp_reply event;
	struct resolve_request resolve;

	for (int i = 0; i < 3; i++)
		rig_wait_us(1100000);
	rig_discard_punted();
	rig_discard_sent(RIG_ACCESS);
	rig_discard_sent(RIG_SGI);
	while (rig_event(0, &event))
		;
	while (rte_ring_sc_dequeue_elem(rig_worker(0)->lane.resolve, &resolve, sizeof(resolve)) ==
		0)
		;
	must(rig_accounts_balance());
	must(rig_pool_is_full());
	must(rte_mempool_avail_count(exact_pool) == exact_pool->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (exact_pool == NULL)
		begin();
	for (unsigned int i = 0; i < FRAMES_MAX && n > 4; i++) {
		uint8_t port = bytes[0] % RIG_PORTS, layout = bytes[1];
		size_t wanted = (size_t)(bytes[2] << 8 | bytes[3]);
		uint16_t len = (uint16_t)RTE_MIN(RTE_MIN(wanted, n - 4), (size_t)FRAME_MAX);
		struct rte_mbuf *m = layout & LAYOUT_EXACT ? exact_mbuf(bytes + 4, len)
							   : pool_mbuf(bytes + 4, len);

		m->port = port;
		run(m, layout);
		bytes += 4 + len;
		n -= 4 + len;
	}
	settle();
	return 0;
}
