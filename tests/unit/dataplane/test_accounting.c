// SPDX-License-Identifier: BSD-3-Clause
// A storm of good and bad frames, requests and route changes: whatever it brings, every packet is
// accounted for (the rule at the top of dp_counters.h) and every buffer comes back.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <stdlib.h>
#include <string.h>

#define SESSIONS 64
#define BEARERS 16 // of the first sessions, one each
#define TURNS 60000

#define EF 0xb8 // type of service that a bearer's filter takes

static struct dp_session session[SESSIONS];
static unsigned int sleeper; // a worker that doesn't turn for a while
static uint64_t state;

static uint32_t
dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % sides;
}

// True once in n.
static bool
once_in(uint32_t n)
{
	return dice(n) == 0;
}

// ---- Frames

static struct traffic
some_traffic(void)
{
	static const uint8_t extra[][5] = { { 0x85, 1, 0, 0, 0 }, { 0x86, 1, 0, 0, 0 },
		{ 0xc0, 1, 0, 0, 0 }, { 1, 2, 0, 0, 0 } };
	struct traffic t = {
		.s = &session[dice(SESSIONS)],
		.payload = (uint16_t)(once_in(8) ? dice(1500) : dice(100)),
		.seed = (uint8_t)dice(256),
		.is_df = once_in(3),
		.inner.ttl = (uint8_t)(once_in(30) ? 1 : 0),
		.inner.n_options = (uint8_t)(once_in(20) ? 4 * dice(11) : 0),
		.outer.n_options = (uint8_t)(once_in(20) ? 4 * dice(11) : 0),
	};

	if (t.s->bearers && once_in(2)) {
		t.inner.tos = EF;
		t.gtpu.teid = rig_bearer(t.s, t.s->slot).teid;
	}
	if (once_in(10))
		t.inner.dst = IP4(10, 20, 0, 0) + dice(256);
	if (once_in(20))
		t.inner.dst = IP4(100, 64, 0, 0) + dice(256);
	if (once_in(30))
		t.inner.src = dice(UINT32_MAX);
	if (once_in(30))
		t.gtpu.teid = dice(UINT32_MAX);
	if (once_in(10))
		t.gtpu.flags = (uint8_t)(0x30 | dice(8));
	if (once_in(20)) {
		t.gtpu.flags |= 0x34;
		t.gtpu.extra = extra[dice(4)];
		t.gtpu.n_extra = 5;
	}
	return t;
}

static void
some_ul(struct frame *f)
{
	struct traffic t = some_traffic();

	t.vlan = once_in(10) ? RIG_VLAN_ACCESS : 0;
	traffic_ul(f, &t);
}

static void
some_dl(struct frame *f)
{
	struct traffic t = some_traffic();

	t.vlan = t.s->vrf == RIG_VRF_OTHER ? RIG_VLAN_OTHER : 0;
	traffic_dl(f, &t);
}

// A GTP-U message of some type, often with IEs of an Error Indication.
static void
some_message(struct frame *f)
{
	static const uint8_t types[] = { 1, 2, 26, 31, 254, 255, 99 };

	frame_begin(f);
	if (once_in(2))
		frame_copy(f, "\x10\x20\0\0\3\x85\0\4\x0a\x0a\0\3", 12);
	frame_gtpu(f, &(struct frame_gtpu){ .flags = 0x32, .type = types[dice(7)] });
	frame_udp(f, (uint16_t)dice(65536), 2152);
	frame_ipv4(f,
		&(struct frame_ipv4){ .src = once_in(9) ? dice(UINT32_MAX) : RIG_SGW,
			.dst = once_in(3) ? RIG_US_TOO : RIG_US });
	traffic_from(f, RIG_SGW, RIG_ACCESS, 0);
}

static void
some_fragment(struct frame *f)
{
	static struct frame whole;
	uint16_t at = (uint16_t)(dice(3) * 48), n;

	some_ul(&whole);
	n = whole.n > 34 + at ? whole.n - 34 - at : 1;
	frame_begin(f);
	frame_copy(f, frame_bytes(&whole) + 34 + at, once_in(2) && n > 48 ? 48 : n);
	frame_ipv4(f,
		&(struct frame_ipv4){ .src = RIG_SGW,
			.dst = RIG_US,
			.id = (uint16_t)dice(50),
			.fragment = (uint16_t)((once_in(2) ? 0x2000 : 0) | at / 8) });
	traffic_from(f, RIG_SGW, RIG_ACCESS, 0);
}

static void
something_for_linux(struct frame *f)
{
	frame_begin(f);
	if (once_in(4))
		frame_copy(f, "\x48\x20", 2); // of GTPv2-C: a Create Session Request
	frame_payload(f, (uint16_t)dice(80), (uint8_t)dice(256));
	if (once_in(2)) {
		frame_udp(f, (uint16_t)dice(65536), once_in(2) ? 2123 : 179);
		frame_ipv4(f,
			&(struct frame_ipv4){
				.src = RIG_SGW, .dst = once_in(2) ? RIG_US : RIG_SGI_US });
	}
	traffic_from(f, RIG_SGW, dice(RIG_PORTS), 0);
	if (once_in(2))
		memset(frame_bytes(f), 0xff, 6);
	if (once_in(3)) {
		frame_bytes(f)[12] = 0x08;
		frame_bytes(f)[13] = 0x06;
	}
}

static void
damage(struct frame *f)
{
	for (uint32_t n = dice(4); n > 0; n--)
		frame_bytes(f)[dice(f->n < 80 ? f->n : 80)] = (uint8_t)dice(256);
	if (once_in(3))
		f->n = (uint16_t)(1 + dice(f->n));
	if (once_in(5))
		frame_pad(f, (uint16_t)dice(1700));
}

static void
receive_something(void)
{
	static struct frame f;
	unsigned int port = RIG_ACCESS, queue;

	switch (dice(12)) {
	case 0:
		some_message(&f);
		break;
	case 1:
		some_fragment(&f);
		break;
	case 2:
		something_for_linux(&f);
		port = dice(RIG_PORTS);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		some_dl(&f);
		port = RIG_SGI;
		break;
	default:
		some_ul(&f);
	}
	if (once_in(5))
		damage(&f);
	if (once_in(100))
		port = 1 - port;
	queue = dice(rig.n_rxq[port]);
	if (rte_ring_free_count(rig.rx[port][queue]) &&
		rte_mempool_avail_count(rig.dp.in.pool) > 1000)
		rig_receive(port, queue, &f);
}

// ---- What else happens

static void
request(uint16_t op, const struct dp_session *s)
{
	struct dp_request r = { .op = op };
	struct worker *w = rig_worker(rig.dp.in.shm->shard_worker[s->teid & 0xff]);

	if (op == DP_OP_SESSION_DELETE)
		r.ref = (struct dp_session_ref){ s->slot, s->generation, dice(8) };
	else
		r.session = *s;
	rte_ring_sp_enqueue_elem(w->request_ring, &r, sizeof(r));
}

static void
change_a_session(void)
{
	struct dp_session *s = &session[dice(SESSIONS)];

	s->flags = once_in(6) ? dice(4) : 0;
	s->flags |= once_in(2) ? DP_SESSION_END_MARKER : 0;
	s->flags |= once_in(4) ? DP_SESSION_TRACE : 0;
	s->ul_bps = once_in(2) ? 50000 : 0;
	s->dl_bps = once_in(2) ? 50000 : 0;
	s->peer.bytes[3] = (uint8_t)(2 + dice(3)); // .4 never answers
	s->peer_teid = dice(4) + 1;
	s->mtu = (uint16_t)(once_in(3) ? 500 : 0);
	request(DP_OP_SESSION_PUT, s);
}

static void
change_something(void)
{
	switch (dice(12)) {
	case 8:
		rig_route_remove(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24);
		break;
	case 9:
	case 10:
		rig_route_remove(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24);
		rig_route(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24, DP_ROUTE_FORWARD, 0, 0);
		break;
	case 0:
		rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, once_in(2));
		break;
	case 1:
		rig_neighbour(RIG_VRF_ACCESS, RIG_SGW_TOO, once_in(2));
		break;
	case 2:
		rig_route_remove(RIG_VRF_INTERNET, 0, 0);
		break;
	case 3:
		rig_route_remove(RIG_VRF_INTERNET, 0, 0);
		rig_route(RIG_VRF_INTERNET, 0, 0, DP_ROUTE_FORWARD, RIG_HOST, 2);
		break;
	case 4:
		request(DP_OP_SESSION_DELETE, &session[dice(SESSIONS)]);
		break;
	case 5:
		rig.iface[2].mtu = (uint16_t)(once_in(2) ? 1500 : 700);
		rig_publish(RIG_VRF_INTERNET);
		break;
	case 11:
		atomic_store(&rig.dp.in.shm->creates_closed_until_tsc,
			rig.now + dice(RIG_HZ / 1000) * 100);
		break;
	default:
		change_a_session();
	}
}

static void
linux_sends(void)
{
	static struct frame f;
	struct rte_mbuf *m;
	unsigned int port = dice(RIG_PORTS);

	something_for_linux(&f);
	m = rig_mbuf(port, &f);
	if (m != NULL && rte_ring_sp_enqueue(rig_worker(0)->lane.from_linux, m))
		rte_pktmbuf_free(m);
}

static void
take_replies(void)
{
	struct dp_reply reply;

	for (unsigned int w = 0; w < rig.dp.n_workers; w++)
		while (rig_event(w, &reply))
			;
}

static void
take_copies(void)
{
	for (unsigned int w = 0; w < rig.dp.n_workers; w++) {
		struct dp_trace_ring *r = rig_worker(w)->trace_ring;

		atomic_store(&r->tail, atomic_load(&r->head));
	}
}

static void
turn_at_random(void)
{
	rig.now += dice(RIG_HZ / 1000);
	for (uint32_t n = dice(60); n > 0; n--)
		receive_something();
	if (once_in(20))
		change_something();
	if (once_in(10))
		linux_sends();
	if (once_in(1000))
		sleeper = dice(2 * rig.dp.n_workers); // often nobody
	for (unsigned int w = 0; w < rig.dp.n_workers; w++)
		if (w != sleeper)
			worker_turn(rig_worker(w), rig.now);
	if (once_in(8))
		rig_discard_sent(dice(RIG_PORTS));
	if (once_in(3000))
		rig_discard_punted();
	if (once_in(50))
		take_replies();
	if (once_in(200))
		take_copies();
	if (rte_mempool_avail_count(rig.dp.in.pool) <= 1000) {
		rig_discard_punted();
		sleeper = UINT32_MAX;
	}
}

static void
ports_agree_with_workers(void)
{
	uint64_t rx = 0, tx = 0;

	for (unsigned int w = 0; w < rig.dp.n_workers; w++)
		for (unsigned int p = 0; p < RIG_PORTS; p++) {
			rx += rig_worker(w)->port_count[p].rx_packets;
			tx += rig_worker(w)->port_count[p].tx_packets;
		}
	CU_ASSERT_EQUAL(rig_count(rx_packets), rx);
	CU_ASSERT_EQUAL(rig_count(tx_packets), tx);
}

// With a rate that half of its packets are over.
static void
put_bearer(struct dp_session *s)
{
	struct dp_bearers d = { .n_bearers = 1, .n_filters = 1 };
	uint32_t refused;

	d.bearer[0] = rig_bearer(s, s->slot);
	d.bearer[0].ul_bps = d.bearer[0].dl_bps = 20000;
	d.filter[0] = (struct dp_filter){ .fields = DP_FILTER_TOS, .tos = EF, .tos_mask = 0xff };
	CU_ASSERT_EQUAL(rig_put_bearers(s, &d, &refused), 0);
	CU_ASSERT_EQUAL(refused, 0);
}

static void
storm(const struct rig_options *o, uint64_t seed)
{
	rig_open(o);
	state = seed;
	atomic_store(&rig.dp.in.shm->trace_snap, 256);
	for (uint32_t i = 0; i < SESSIONS; i++) {
		session[i] = rig_session(i);
		session[i].vrf = i % 4 ? RIG_VRF_INTERNET : RIG_VRF_OTHER;
		CU_ASSERT_EQUAL(rig_put(&session[i]), 0);
		if (i < BEARERS)
			put_bearer(&session[i]);
	}
	for (uint32_t i = 0; i < TURNS; i++)
		turn_at_random();
	rig_run();
	for (int i = 0; i < 4; i++)
		rig_wait_us(1100000);
	rig_discard_sent(RIG_ACCESS);
	rig_discard_sent(RIG_SGI);
	rig_discard_punted();
	CU_ASSERT_TRUE(rig_accounts_balance());
	CU_ASSERT_TRUE(rig_pool_is_full());
	ports_agree_with_workers();
}

// What the sessions' own accounts say is what the workers' say.
static void
sessions_agree_with_workers(void)
{
	uint64_t ul = 0, dl = 0, dropped = 0;

	for (uint32_t i = 0; i < rig.config.sessions_max + rig.config.bearers_max; i++) {
		const struct dp_slot_usage *u = &rig.dp.in.usage[i];

		ul += u->ul.packets;
		dl += u->dl.packets;
		dropped += u->ul.dropped_packets + u->dl.dropped_packets;
	}
	CU_ASSERT_EQUAL(ul, rig_count(ul_packets));
	CU_ASSERT_EQUAL(dl, rig_count(dl_packets));
	CU_ASSERT_EQUAL(dropped,
		rig_dropped(WRONG_INNER) + rig_dropped(BAD_INNER) + rig_dropped(SPOOFED) +
			rig_dropped(UL_CLOSED) + rig_dropped(DL_CLOSED) +
			rig_dropped(UL_OVER_AMBR) + rig_dropped(DL_OVER_AMBR) +
			rig_dropped(UL_OVER_MBR) + rig_dropped(DL_OVER_MBR) + rig_dropped(UL_TTL) +
			rig_dropped(DL_TTL) + rig_dropped(UL_NO_ROUTE) + rig_dropped(DL_NO_ROUTE) +
			rig_dropped(BLACKHOLE) + rig_dropped(TOO_BIG));
}

// Nearly every reason was met, or the storm proves little.
static void
most_reasons_were_met(bool is_many)
{
	static const char *const name[] = {
#define X(reason, text) #reason,
		DP_DROP_REASONS(X)
#undef X
	};
	unsigned int missing = 0;

	for (unsigned int d = 0; d < DP_DROPS; d++) {
		bool is_mains = d == DP_DROP_PUNT_POLICED || d == DP_DROP_PUNT_TAP;
		bool is_of_rings = d == DP_DROP_HANDOFF_FULL || d == DP_DROP_TX_RING_FULL;
		bool is_of_memory = d == DP_DROP_NO_MBUF || d == DP_DROP_TX_NO_MBUF;

		if (is_mains || is_of_memory || (is_of_rings && !is_many) ||
			rig_count_at(offsetof(struct dp_worker_counters, drop[0]) + d * 8))
			continue;
		printf(" (no %s)", name[d]);
		missing++;
	}
	CU_ASSERT(missing <= 2);
}

static void
one_worker_accounts_for_every_packet(void)
{
	static const struct rig_options o = { .tx_frames = 300, .mbufs = 16383 };

	storm(&o, 0x9e3779b97f4a7c15);
	sessions_agree_with_workers();
	most_reasons_were_met(false);
	rig_close();
}

static void
three_workers_account_for_every_packet(void)
{
	static const struct rig_options o = { .n_workers = 3,
		.n_rxq = { 1, 2 },
		.n_txq = { 1, 2 },
		.tx_frames = 300,
		.mbufs = 16383,
		.rate_wait_ms = 25,
		.answers_pps = 1000 };

	storm(&o, 0xa0761d6478bd642f);
	sessions_agree_with_workers();
	most_reasons_were_met(true);
	rig_close();
}

static const struct unit_case cases[] = {
	UNIT_CASE(one_worker_accounts_for_every_packet),
	UNIT_CASE(three_workers_account_for_every_packet),
};

UNIT_MAIN("dataplane/accounting", cases)
