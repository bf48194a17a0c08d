// SPDX-License-Identifier: BSD-3-Clause
#include "perf/pipeline.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <stdlib.h>
#include <string.h>

#define CHECKED 64 // frames of each pass that are compared byte by byte
#define ROOM 1600
#define CHANGE_SLOTS 1024 // behind the sessions with traffic, for those that come and go

// Frames for the sessions of one worker.
struct lane {
	struct rte_mbuf *frame[COLD_FRAMES], *passed[COLD_FRAMES];
	uint32_t session[COLD_FRAMES];
	uint16_t inner[COLD_FRAMES];
	uint16_t first_id; // outer identification of the pass's first frame
	uint16_t owner;    // worker that sends them
};

static struct lane lanes[LANES];
static unsigned int n_lanes;
static uint32_t n_sessions;
static uint64_t state = 88172645463325252ULL;

static uint64_t
any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

// Session of slot i as this bench puts it; every other one is behind another SGW.
static struct dp_session
session_of_slot(uint32_t i, bool has_rate)
{
	struct dp_session s = rig_session(i);

	s.peer.bytes[3] = (uint8_t)(2 + i % 2);
	s.ul_bps = s.dl_bps = has_rate ? 100000000000 : 0;
	return s;
}

static void
fatal(const char *what)
{
	fprintf(stderr, "pipeline: %s\n", what);
	exit(1);
}

void
frames_rate(bool has_rate)
{
	for (uint32_t i = 0; i < n_sessions; i++) {
		struct dp_session s = session_of_slot(i, has_rate);

		if (rig_put(&s))
			fatal("a session isn't taken");
	}
}

// Every shard to one worker.
static void
shards_to(uint8_t worker)
{
	memset(rig.dp.in.shm->shard_worker, worker, DP_SHARDS);
	memset(rig.dp.in.shard_worker, worker, DP_SHARDS);
}

static uint32_t n_changes;

void
frames_change(void)
{
	uint32_t turn = n_changes / 3;
	struct dp_session s = session_of_slot(n_sessions + turn % CHANGE_SLOTS, true);
	struct dp_request r = { .op = DP_OP_SESSION_PUT, .id = n_changes };

	if (n_changes % 3 == 1) {
		s = session_of_slot((uint32_t)(any() % n_sessions), true);
		s.peer.bytes[3] = (uint8_t)(2 + turn % 2);
	}
	r.session = s;
	if (n_changes % 3 == 2)
		r = (struct dp_request){ .op = DP_OP_SESSION_DELETE,
			.id = n_changes,
			.ref = { .slot = s.slot, .generation = s.generation } };
	if (rte_ring_sp_enqueue_elem(rig_worker(0)->request_ring, &r, sizeof(r)))
		fatal("the request ring is full");
	n_changes++;
}

void
frames_changes_take(void)
{
	struct dp_reply reply;

	while (rte_ring_sc_dequeue_elem(rig_worker(0)->reply_ring, &reply, sizeof(reply)) == 0)
		if (reply.done.result)
			fatal("a session change is refused");
}

static void
lane_open(struct lane *l, uint16_t owner)
{
	l->owner = owner;
	for (uint32_t i = 0; i < COLD_FRAMES; i++) {
		l->frame[i] = rte_pktmbuf_alloc(rig.dp.in.pool);
		if (l->frame[i] == NULL)
			fatal("too few buffers");
	}
}

void
frames_open(const char *run_dir, uint32_t sessions, enum frames_mode mode)
{
	uint16_t workers = mode == FRAMES_ONE_WORKER ? 1 : 2;
	struct rig_options o = {
		.n_workers = workers,
		.n_txq = { workers, workers },
		.sessions_max = (sessions < 1024 ? 1024 : sessions) + CHANGE_SLOTS,
		.tx_frames = COLD_FRAMES,
		.run_dir = run_dir,
	};

	n_sessions = sessions;
	n_lanes = mode == FRAMES_TWO_WORKERS ? 2 : 1;
	o.mbufs = n_lanes * COLD_FRAMES + 4095;
	rig_open(&o);
	if (mode != FRAMES_TWO_WORKERS)
		shards_to(mode == FRAMES_HANDOFF);
	reference_open(o.sessions_max);
	for (uint32_t i = 0; i < sessions; i++) {
		struct dp_session s = session_of_slot(i, false);

		reference_add(i, s.teid, dl_key(s.vrf, rte_cpu_to_be_32(rig_ue(&s))));
	}
	for (unsigned int k = 0; k < n_lanes; k++)
		lane_open(&lanes[k], mode == FRAMES_HANDOFF ? 1 : (uint16_t)k);
	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		rig_worker(i)->routing = atomic_load(&rig.dp.publisher.now);
}

void
frames_close(void)
{
	for (unsigned int k = 0; k < n_lanes; k++)
		rte_pktmbuf_free_bulk(lanes[k].frame, COLD_FRAMES);
	reference_close();
	rig_close();
}

static struct traffic
traffic_of(const struct dp_session *s, uint16_t inner)
{
	return (struct traffic){ .s = s, .payload = inner - 28 };
}

// IMIX: 7 of 64, 4 of 594, 1 of 1400 bytes.
static uint16_t
inner_bytes(const struct row *row)
{
	uint64_t turn = any() % 12;

	if (row->inner)
		return row->inner;
	return turn < 7 ? 64 : turn < 11 ? 594 : 1400;
}

static void
reset(struct rte_mbuf *m, enum direction direction, uint16_t bytes)
{
	rte_pktmbuf_reset(m);
	m->port = direction == UL ? RIG_ACCESS : RIG_SGI;
	m->data_len = bytes;
	m->pkt_len = bytes;
}

// The session's own bytes in a frame that another session's template was copied to. Changes of
// source and destination go into the inner checksum (RFC 1624).
static void
personalise(uint8_t *p, enum direction direction, uint32_t slot)
{
	struct dp_session s = rig_session(slot);
	uint8_t *ip = p + (direction == UL ? 50 : 14);
	uint8_t *addr = ip + (direction == UL ? 12 : 16);
	uint16_t sum;

	memcpy(addr, s.ue_ipv4, 4);
	ip[10] = ip[11] = 0;
	sum = frame_checksum(ip, 20);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	if (direction == UL)
		for (int i = 0; i < 4; i++)
			p[46 + i] = (uint8_t)(s.teid >> (24 - 8 * i));
}

static const struct frame *
template_of(enum direction direction, uint16_t inner)
{
	static struct frame made[2][ROOM];
	static bool has[2][ROOM];
	struct frame *f = &made[direction][inner];
	struct dp_session s = session_of_slot(0, false);
	struct traffic t = traffic_of(&s, inner);

	if (!has[direction][inner]) {
		has[direction][inner] = true;
		if (direction == UL)
			traffic_ul(f, &t);
		else
			traffic_dl(f, &t);
	}
	return f;
}

// A session at random of those that the lane's worker owns.
static uint32_t
any_session(const struct lane *l)
{
	for (;;) {
		uint32_t slot = (uint32_t)(any() % n_sessions);

		if (rig.dp.in.shard_worker[rig_session(slot).teid & 0xff] == l->owner)
			return slot;
	}
}

struct rte_mbuf **
frames_fill(const struct row *row, unsigned int lane, uint32_t *n)
{
	struct lane *l = &lanes[lane];

	*n = row->is_hot ? HOT_FRAMES : COLD_FRAMES;
	l->first_id = rig_worker(l->owner)->ip_id;
	for (uint32_t i = 0; i < *n; i++) {
		const struct frame *f;
		uint8_t *p;

		l->session[i] = any_session(l);
		l->inner[i] = inner_bytes(row);
		f = template_of(row->direction, l->inner[i]);
		reset(l->frame[i], row->direction, f->n);
		p = rte_pktmbuf_mtod(l->frame[i], uint8_t *);
		memcpy(p, f->room + f->at, f->n < 128 ? f->n : 128);
		personalise(p, row->direction, l->session[i]);
		l->passed[i] = l->frame[i];
	}
	return l->passed;
}

// The frame is what must leave for the i-th one that came; of long ones the first 128 bytes.
static bool
is_right(const struct row *row, const struct lane *l, const struct rte_mbuf *m, uint32_t i)
{
	static struct frame wanted;
	struct dp_session s = session_of_slot(l->session[i], row->has_rate);
	struct traffic t = traffic_of(&s, l->inner[i]);
	uint16_t n;

	if (row->direction == UL)
		traffic_ul_out(&wanted, &t);
	else
		traffic_dl_out(&wanted, &t, (uint16_t)(l->first_id + i));
	n = RTE_MIN(wanted.n, row->direction == UL ? 78 : 114);
	return m == l->frame[i] && m->data_len == wanted.n &&
		memcmp(rte_pktmbuf_mtod(m, void *), frame_bytes(&wanted), n) == 0;
}

bool
frames_take_back(const struct row *row, unsigned int lane, uint32_t n, bool is_torii)
{
	const struct lane *l = &lanes[lane];
	unsigned int port = row->direction == UL ? RIG_SGI : RIG_ACCESS;
	struct rte_mbuf *m;
	bool is_good = true;
	uint32_t at = 0;

	for (; rte_ring_sc_dequeue(rig.tx[port][l->owner], (void **)&m) == 0; at++)
		if (is_torii && (at % (n / CHECKED) == 0 || at + 1 == n))
			is_good &= at < n && is_right(row, l, m, at);
	return is_good && at == n;
}
