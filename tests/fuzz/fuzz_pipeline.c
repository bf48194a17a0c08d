// SPDX-License-Identifier: BSD-3-Clause
// The input is a row of frames, each behind four octets: port, what to do with it, and its length. They
// run through all stages of a worker. Frames whose buffer ends where they end show reads beyond them to
// a sanitizer; after each input the accounts balance and every buffer is back. Some aren't frames, but
// questions (struct dp_explain) or what control could put for a session's bearers.
#include "dataplane/explain.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 1900
#define FRAMES_MAX 32
#define SESSIONS 8

#define TRACED 3 // slots of sessions that have a part of their own
#define WITH_BEARERS 2
#define BY_IPV6 1

// What the port says of checksums, beside its number; else it has verified the header's, which a fuzzer
// doesn't guess.
enum port_says {
	PORT_SAYS_NOTHING = 128,
	PORT_DOUBTS_UDP = 64,
};

enum layout {
	LAYOUT_EXACT = 1, // else a buffer of the pool
	LAYOUT_HANDED_OFF = 2,
	LAYOUT_TIME_PASSES = 4,
	LAYOUT_QUESTION = 8,
	LAYOUT_BEARERS = 16,
};

static struct dp_session session[SESSIONS];
static bool has_strange_bearers;

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

// One filter of each kind, in front of what takes the rest of UDP of IPv6.
static void
fill_filters(struct dp_bearers *d)
{
	static const uint8_t fields[] = { DP_FILTER_TOS, DP_FILTER_REMOTE_PORT, DP_FILTER_SPI,
		DP_FILTER_FLOW_LABEL, DP_FILTER_LOCAL_PORT, DP_FILTER_PROTOCOL };

	for (unsigned int i = 0; i < sizeof(fields); i++)
		d->filter[d->n_filters++] = (struct dp_filter){ .bearer = (uint8_t)(i % 2),
			.family = fields[i] == DP_FILTER_FLOW_LABEL ? 6 : 0,
			.fields = fields[i],
			.protocol = 17,
			.tos = 0xb8,
			.tos_mask = 0xfc,
			.local_port_min = 1,
			.local_port_max = 3,
			.remote_port_min = 5000,
			.remote_port_max = 5010,
			.spi = 0x01020304,
			.flow_label = 5 };
}

// Two bearers, one of which counts against the session's AMBR; the other has a rate of its own.
static void
put_bearers(struct dp_session *s)
{
	struct dp_bearers d = { .n_bearers = 2 };
	uint32_t refused;

	for (unsigned int i = 0; i < 2; i++) {
		d.bearer[i] = rig_bearer(s, 2 * s->slot + i);
		d.bearer[i].teid = 0x02010100 + (s->slot << 28) + (i << 24) + (s->teid & 0xff);
		d.bearer[i].peer = s->peer;
	}
	d.bearer[0].flags = DP_BEARER_IN_AMBR;
	d.bearer[1].ul_bps = d.bearer[1].dl_bps = 100000;
	fill_filters(&d);
	must(rig_put_bearers(s, &d, &refused) == 0 && refused == 0);
}

// Sessions of every kind: rates, gates, MTU, both VRFs, an SGW that never answers; of IPv6 too, and
// by IPv6, with a lowered MSS, with dedicated bearers, traced.
static void
put_session(uint32_t i)
{
	struct dp_session s = rig_session(i);

	s.teid = 0x01010100 | dp_session_shard(&s);
	s.teid += i << 24;
	s.vrf = i == 4 ? RIG_VRF_OTHER : RIG_VRF_INTERNET;
	s.flags = i == 5 ? DP_SESSION_UL_CLOSED | DP_SESSION_DL_CLOSED : 0;
	s.flags |= i == TRACED ? DP_SESSION_TRACE : 0;
	s.mtu = i == 6 ? 600 : 0;
	s.ul_bps = s.dl_bps = i == TRACED || i == WITH_BEARERS ? 100000 : 0;
	s.peer.bytes[3] = i == 7 ? 9 : 2;
	s.profile = i == WITH_BEARERS;
	if (i == BY_IPV6)
		rig_session_by_ipv6(&s);
	if (i != 0 && i != 7) // an advertisement to 7 would wait for its SGW
		rig_session_prefix(&s, (uint16_t)i, false);
	if (i == BY_IPV6 || i == WITH_BEARERS)
		put_bearers(&s);
	else
		must(rig_put(&s) == 0);
	session[i] = s;
}

static void
put_sessions(void)
{
	struct dp_request profile = { .op = DP_OP_PROFILE_PUT,
		.profile = { .profile = 1, .mss_ipv4 = 1300, .mss_ipv6 = 1280, .n_rdnss = 1 } };
	struct dp_reply reply;

	must(rig_request(0, &profile, &reply) && reply.done.result == 0);
	for (uint32_t i = 0; i < SESSIONS; i++)
		put_session(i);
	rig.dp.in.shm->trace_snap = 256;
}

static void
begin(void)
{
	static const struct rig_options o = {
		.answers_pps = 1000, .tx_frames = 1024, .rate_wait_ms = 25
	};

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

// Answers whatever it is asked, and says it in the bounds of its structure.
static void
ask(const uint8_t *bytes, uint16_t n)
{
	struct dp_explanation e;
	struct dp_explain q = { 0 };

	memcpy(&q, bytes, RTE_MIN((size_t)n, sizeof(q)));
	if (explain(rig_worker(0), &q, &e) == 0)
		must(e.outcome != 0 && e.n_headers <= sizeof(e.headers) && e.drop <= DP_DROPS);
}

// What another control could write: it is refused whole, in part, or taken.
static void
put_strange_bearers(const uint8_t *bytes, uint16_t n)
{
	struct dp_session *s = &session[n ? bytes[0] % SESSIONS : 0];
	struct dp_bearers d = { 0 };
	uint32_t refused;

	memcpy(&d.n_bearers, bytes,
		RTE_MIN((size_t)n, sizeof(d) - offsetof(struct dp_bearers, n_bearers)));
	rig_put_bearers(s, &d, &refused);
	has_strange_bearers = true;
}

// What waits for its time is let go; then nothing may be missing.
static void
settle(void)
{
	struct dp_trace_ring *traces =
		dp_shm_trace_ring(rig.dp.in.shm, rig_worker(0)->shm->trace_ring_off);
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
	traces->tail = traces->head;
	if (has_strange_bearers)
		put_sessions();
	has_strange_bearers = false;
	rig_discard_sent(RIG_ACCESS); // an End Marker
	must(rig_accounts_balance());
	must(rig_pool_is_full());
	must(rte_mempool_avail_count(exact_pool) == exact_pool->size);
}

static void
run_frame(const uint8_t *bytes, uint16_t n, uint8_t port, uint8_t layout)
{
	struct rte_mbuf *m = layout & LAYOUT_EXACT ? exact_mbuf(bytes, n) : pool_mbuf(bytes, n);

	m->port = port % RIG_PORTS;
	if (!(port & PORT_SAYS_NOTHING))
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (port & PORT_DOUBTS_UDP)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_BAD;
	run(m, layout);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (exact_pool == NULL)
		begin();
	for (unsigned int i = 0; i < FRAMES_MAX && n > 4; i++) {
		uint8_t port = bytes[0], layout = bytes[1];
		size_t wanted = (size_t)(bytes[2] << 8 | bytes[3]);
		uint16_t len = (uint16_t)RTE_MIN(RTE_MIN(wanted, n - 4), (size_t)FRAME_MAX);

		if (layout & LAYOUT_QUESTION)
			ask(bytes + 4, len);
		else if (layout & LAYOUT_BEARERS)
			put_strange_bearers(bytes + 4, len);
		else
			run_frame(bytes + 4, len, port, layout);
		bytes += 4 + len;
		n -= 4 + len;
	}
	settle();
	return 0;
}
