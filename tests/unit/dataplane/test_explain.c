// SPDX-License-Identifier: BSD-3-Clause
// What explain() says of a packet is what then happens to it: thousands of packets in random states
// are asked about and then sent, and the counters and the frames on the wire are compared.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <netinet/in.h>
#include <string.h>

#define SESSIONS 16
#define PACKETS 40000
#define NOBODY SESSIONS // a session that the dataplane has never heard of

static struct dp_session session[SESSIONS + 1];
static uint64_t state;
static unsigned int met[DP_DROPS], met_outcome[DP_OUTCOME_DROPPED + 1];

static uint32_t
dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % sides;
}

static bool
once_in(uint32_t n)
{
	return dice(n) == 0;
}

static struct dp_addr
addr4(uint32_t a)
{
	return (struct dp_addr){ .family = 4,
		.bytes = {
			(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a } };
}

static uint32_t
host(const struct dp_addr *a)
{
	return IP4(a->bytes[0], a->bytes[1], a->bytes[2], a->bytes[3]);
}

// ---- Packets

static struct dp_explain
some_question(void)
{
	static const uint16_t lengths[] = { 28, 60, 200, 499, 500, 501, 700, 1000, 1463, 1464, 1465,
		1500, 1501, 1800 };
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP, 47 };
	const struct dp_session *s = &session[once_in(20) ? NOBODY : dice(SESSIONS)];
	struct dp_explain q = {
		.direction = (uint8_t)(once_in(2) ? DP_UPLINK : DP_DOWNLINK),
		.proto = protos[dice(4)],
		.ttl = (uint8_t)(once_in(10) ? dice(3) : 64),
		.may_cut = once_in(2),
		.vrf = s->vrf,
		.len = lengths[dice(sizeof(lengths) / sizeof(lengths[0]))],
		.src_port = (uint16_t)dice(65536),
		.dst_port = (uint16_t)(1 + dice(2000)),
		.teid = s->teid,
		.peer = s->peer,
	};
	uint32_t near = rig_ue(s), far = RIG_FAR_HOST;

	if (once_in(5))
		far = IP4(10, 20, 0, 0) + dice(4); // us, the host, on link, nobody
	if (once_in(10))
		far = IP4(100, 64, 0, 0) + dice(SESSIONS + 4);
	if (once_in(20))
		near = IP4(100, 64, 0, 0) + dice(SESSIONS + 4);
	if (once_in(30) && q.direction == DP_DOWNLINK)
		near = once_in(2) ? RIG_SGI_US : IP4(192, 168, 1, 1);
	if (once_in(40) && q.direction == DP_DOWNLINK)
		q.vrf = RIG_VRF_ACCESS;
	q.src = addr4(q.direction == DP_UPLINK ? near : far);
	q.dst = addr4(q.direction == DP_UPLINK ? far : near);
	return q;
}

static void
send_inner(struct frame *f, const struct dp_explain *q)
{
	uint16_t headers = q->proto == IPPROTO_UDP ? 28 : 20;

	frame_begin(f);
	frame_payload(f, q->len - headers, (uint8_t)dice(256));
	if (q->proto == IPPROTO_UDP)
		frame_udp(f, q->src_port, q->dst_port);
	else
		frame_bytes(f)[0] = 8; // of ICMP: echo request
	frame_ipv4(f,
		&(struct frame_ipv4){ .src = host(&q->src),
			.dst = host(&q->dst),
			.proto = q->proto == IPPROTO_UDP ? 0 : q->proto,
			.ttl = q->ttl,
			.fragment = q->may_cut ? 0 : 0x4000 });
	if (q->ttl == 0) { // frame_ipv4() takes that for the usual one
		frame_bytes(f)[8] = 0;
		memset(frame_bytes(f) + 10, 0, 2);
		uint16_t sum = frame_checksum(frame_bytes(f), 20);

		frame_bytes(f)[10] = (uint8_t)(sum >> 8);
		frame_bytes(f)[11] = (uint8_t)sum;
	}
}

// Sends the packet that the question is about.
static void
send_it(const struct dp_explain *q)
{
	static const unsigned int port[] = { RIG_ACCESS, RIG_SGI, RIG_SGI };
	static const uint16_t vlan[] = { 0, 0, RIG_VLAN_OTHER };
	static struct frame f;

	send_inner(&f, q);
	if (q->direction == DP_UPLINK) {
		frame_gtpu(&f, &(struct frame_gtpu){ .teid = q->teid });
		frame_udp(&f, 2152, 2152);
		frame_ipv4(&f, &(struct frame_ipv4){ .src = host(&q->peer), .dst = RIG_US });
		traffic_from(&f, host(&q->peer), RIG_ACCESS, 0);
		rig_receive(RIG_ACCESS, 0, &f);
	} else {
		traffic_from(&f, RIG_HOST, port[q->vrf], vlan[q->vrf]);
		rig_receive(port[q->vrf], 0, &f);
	}
	for (unsigned int i = 0; i < 2 * rig.dp.n_workers; i++)
		worker_turn(rig_worker(i % rig.dp.n_workers), rig.now);
}

// ---- What the packet path does, by its counters

struct account {
	uint64_t delivered, cut, held, punted, icmp, indications, policed;
	uint64_t drop[DP_DROPS];
};

static struct account
account_now(void)
{
	struct account a = {
		.delivered = rig_count(ul_packets) + rig_count(dl_packets),
		.cut = rig_count(packets_cut),
		.held = rig_count(neigh_held),
		.punted = rig_count(punt_packets),
		.icmp = rig_count(icmp_error_tx),
		.indications = rig_count(error_indication_tx),
		.policed = rig_count(answers_policed),
	};

	for (unsigned int d = 0; d < DP_DROPS; d++)
		a.drop[d] = rig_count_at(offsetof(struct dp_worker_counters, drop[0]) + d * 8);
	return a;
}

static bool
happened(const struct dp_explanation *e, const struct account *a, const struct account *b)
{
	uint64_t delivered = b->delivered - a->delivered, cut = b->cut - a->cut,
		 held = b->held - a->held;

	if ((b->icmp - a->icmp) != (e->answer == DP_ANSWER_ICMP) ||
		(b->indications - a->indications) != (e->answer == DP_ANSWER_ERROR_INDICATION) ||
		(b->policed - a->policed) != (e->answer == DP_ANSWER_POLICED))
		return false;
	switch (e->outcome) {
	case DP_OUTCOME_DELIVERED:
		return delivered == 1 && cut == 0 && held == 0;
	case DP_OUTCOME_CUT:
		return delivered == 1 && cut == 1;
	case DP_OUTCOME_WAITS:
		return delivered == 1 && cut == 0 && held == 1;
	case DP_OUTCOME_PUNTED:
		return b->punted - a->punted == 1;
	case DP_OUTCOME_DROPPED:
		// NEIGH_FULL meets packets that were delivered already
		return b->drop[e->drop] - a->drop[e->drop] == 1 &&
			delivered == (e->drop == DP_DROP_NEIGH_FULL);
	}
	return false;
}

// The frame that leaves begins with the headers that were foretold.
static bool
leaves_as_told(const struct dp_explanation *e)
{
	static struct frame f;
	const struct route_iface *i = &rig.iface[e->out_iface];
	uint8_t mac[6];

	if (!rig_sent(i->port, &f) || f.n < e->n_headers ||
		memcmp(frame_bytes(&f), e->headers, e->n_headers) != 0)
		return false;
	rig_mac(host(&e->next_hop), mac);
	return memcmp(e->headers, mac, 6) == 0 && f.n >= e->l2_len + 20u;
}

// ---- Asking

static struct worker *
owner_of(const struct dp_explain *q)
{
	struct dp_header *h = rig.dp.in.shm;
	uint8_t shard = q->direction == DP_UPLINK ? (uint8_t)q->teid : dp_shard_of(q->dst.bytes, 4);

	return rig_worker(h->shard_worker[shard]);
}

static int
ask(unsigned int worker, const struct dp_explain *q, struct dp_explanation *e)
{
	struct dp_request r = { .op = DP_OP_EXPLAIN, .explain = *q };
	struct dp_reply reply;

	if (!rig_request(worker, &r, &reply))
		return -1;
	*e = rig_worker(worker)->shm->explanation;
	CU_ASSERT_EQUAL(e->id, r.id);
	return reply.done.result;
}

// Asks the owner, and makes sure that asking changed nothing.
static struct dp_explanation
ask_owner(const struct dp_explain *q)
{
	struct worker *w = owner_of(q);
	struct dp_worker_counters before = *w->count;
	static struct dp_slot_usage usage[SESSIONS];
	uint64_t bucket = w->answers_bucket;
	struct dp_explanation e;

	memcpy(usage, rig.dp.in.usage, sizeof(usage));
	CU_ASSERT_EQUAL(ask(w->index, q, &e), 0);
	CU_ASSERT_EQUAL(memcmp(&before, w->count, sizeof(before)), 0);
	CU_ASSERT_EQUAL(memcmp(usage, rig.dp.in.usage, sizeof(usage)), 0);
	CU_ASSERT_EQUAL(bucket, w->answers_bucket);
	return e;
}

static void
complain(const struct dp_explain *q, const struct dp_explanation *e, const struct account *a,
	const struct account *b)
{
	static const char *const name[] = {
#define X(reason, text) #reason,
		DP_DROP_REASONS(X)
#undef X
			"-"
	};

	printf("\ndirection %u proto %u ttl %u cut %u vrf %u len %u dst %08x: said outcome %u "
	       "drop %s answer %u; saw",
		q->direction, q->proto, q->ttl, q->may_cut, q->vrf, q->len, host(&q->dst),
		e->outcome, name[e->drop], e->answer);
	for (unsigned int d = 0; d < DP_DROPS; d++)
		if (b->drop[d] != a->drop[d])
			printf(" %s", name[d]);
	printf(" delivered %lu cut %lu held %lu icmp %lu policed %lu\n",
		b->delivered - a->delivered, b->cut - a->cut, b->held - a->held, b->icmp - a->icmp,
		b->policed - a->policed);
}

static void
ask_and_send(void)
{
	struct dp_explain q = some_question();
	struct dp_explanation e = ask_owner(&q);
	struct account before = account_now(), after;
	bool as_told;

	send_it(&q);
	after = account_now();
	as_told = happened(&e, &before, &after) &&
		(e.outcome != DP_OUTCOME_DELIVERED || leaves_as_told(&e));
	if (!as_told)
		complain(&q, &e, &before, &after);
	CU_ASSERT_TRUE(as_told);
	if (e.meter_bps && e.outcome == DP_OUTCOME_DROPPED &&
		(e.drop == DP_DROP_UL_OVER_AMBR || e.drop == DP_DROP_DL_OVER_AMBR))
		CU_ASSERT(q.len > e.meter_bytes);
	if (e.meter_bps && e.has_passed)
		CU_ASSERT(q.len <= e.meter_bytes && e.meter_bytes <= e.meter_bytes_max);
	met_outcome[e.outcome]++;
	met[e.outcome == DP_OUTCOME_DROPPED ? e.drop : 0] += e.outcome == DP_OUTCOME_DROPPED;
	rig_discard_sent(RIG_ACCESS);
	rig_discard_sent(RIG_SGI);
	rig_discard_punted();
}

// ---- States

static void
change_a_session(void)
{
	struct dp_session *s = &session[dice(SESSIONS)];

	s->flags = once_in(6) ? dice(4) : 0;
	s->ul_bps = once_in(2) ? 200000 : 0;
	s->dl_bps = once_in(2) ? 200000 : 0;
	s->peer.bytes[3] = (uint8_t)(once_in(8) ? 4 : 2 + dice(2)); // .4 never answers
	s->peer.bytes[1] = (uint8_t)(once_in(10) ? 99 : 10);        // no route to 10.99.0.0
	s->mtu = (uint16_t)(once_in(3) ? 500 : 0);
	s->dscp = (uint8_t)dice(64);
	CU_ASSERT_EQUAL(rig_put(s), 0);
}

static void
change_something(void)
{
	switch (dice(8)) {
	case 0:
		rig_neighbour(RIG_VRF_INTERNET, RIG_HOST, !once_in(3));
		break;
	case 1:
		rig_neighbour(RIG_VRF_ACCESS, RIG_SGW_TOO, !once_in(3));
		break;
	case 2:
		rig_route_remove(RIG_VRF_INTERNET, 0, 0);
		if (!once_in(3))
			rig_route(RIG_VRF_INTERNET, 0, 0, DP_ROUTE_FORWARD, RIG_HOST, 2);
		break;
	case 3:
		rig.iface[2].mtu = (uint16_t)(once_in(2) ? 1500 : once_in(2) ? 700 : 68);
		rig_publish(RIG_VRF_INTERNET);
		break;
	default:
		change_a_session();
	}
}

static void
begin(const struct rig_options *o)
{
	rig_open(o);
	for (uint32_t i = 0; i <= SESSIONS; i++) {
		session[i] = rig_session(i);
		session[i].vrf = i % 4 ? RIG_VRF_INTERNET : RIG_VRF_OTHER;
		if (i != NOBODY)
			CU_ASSERT_EQUAL(rig_put(&session[i]), 0);
	}
}

static void
storm(const struct rig_options *o, uint64_t seed)
{
	begin(o);
	state = seed;
	for (unsigned int i = 0; i < PACKETS; i++) {
		if (once_in(4))
			change_something();
		rig_wait_us(once_in(2) ? dice(20000) : 0); // what waited for a neighbour leaves
		rig_discard_sent(RIG_ACCESS);
		rig_discard_sent(RIG_SGI);
		ask_and_send();
	}
	rig_wait_us(2000000);
	rig_wait_us(2000000);
	rig_discard_sent(RIG_ACCESS);
	rig_discard_sent(RIG_SGI);
	CU_ASSERT_TRUE(rig_accounts_balance());
	CU_ASSERT_TRUE(rig_pool_is_full());
	rig_close();
}

static void
what_is_said_is_what_happens(void)
{
	static const struct rig_options one, three = { .n_workers = 3, .answers_pps = 100 };
	static const enum dp_drop wanted[] = { DP_DROP_UNKNOWN_TEID, DP_DROP_NO_SESSION,
		DP_DROP_NOT_LOCAL, DP_DROP_SPOOFED, DP_DROP_UL_CLOSED, DP_DROP_DL_CLOSED,
		DP_DROP_UL_OVER_AMBR, DP_DROP_DL_OVER_AMBR, DP_DROP_UL_TTL, DP_DROP_DL_TTL,
		DP_DROP_UL_NO_ROUTE, DP_DROP_DL_NO_ROUTE, DP_DROP_BLACKHOLE, DP_DROP_TOO_BIG,
		DP_DROP_NEIGH_FULL };

	storm(&one, 0x9e3779b97f4a7c15);
	storm(&three, 0xd1b54a32d192ed03);
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		CU_ASSERT(met[wanted[i]] > 10);
	for (unsigned int i = DP_OUTCOME_DELIVERED; i <= DP_OUTCOME_DROPPED; i++)
		CU_ASSERT(met_outcome[i] > 10);
}

static void
only_the_owner_explains(void)
{
	static const struct rig_options three = { .n_workers = 3 };
	struct dp_explanation e;
	struct dp_explain q;

	begin(&three);
	q = (struct dp_explain){ .direction = DP_UPLINK,
		.proto = IPPROTO_UDP,
		.ttl = 64,
		.len = 100,
		.teid = session[1].teid,
		.src = addr4(rig_ue(&session[1])),
		.dst = addr4(RIG_FAR_HOST) };
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(ask(i, &q, &e), i == owner_of(&q)->index ? 0 : -EXDEV);
	CU_ASSERT_EQUAL(ask(owner_of(&q)->index, &q, &e), 0);
	CU_ASSERT_EQUAL(e.slot, 1);
	CU_ASSERT_EQUAL(e.ebi, 5);
	CU_ASSERT_EQUAL(e.shard, session[1].teid & 0xff);
	CU_ASSERT_EQUAL(e.in_iface, 0);
	CU_ASSERT_EQUAL(e.out_iface, 2);
	CU_ASSERT_EQUAL(host(&e.next_hop), RIG_HOST);
	CU_ASSERT_EQUAL(host(&e.peer), RIG_SGW);
	rig_close();
}

static void
questions_out_of_range_are_refused(void)
{
	const struct dp_explain good = { .direction = DP_DOWNLINK,
		.proto = IPPROTO_UDP,
		.ttl = 64,
		.len = 100,
		.vrf = RIG_VRF_INTERNET,
		.src = addr4(RIG_FAR_HOST),
		.dst = addr4(IP4(100, 64, 0, 1)) };
	struct dp_explanation e;
	struct dp_explain q;

	begin(NULL);
	CU_ASSERT_EQUAL(ask(0, &good, &e), 0);
	q = good;
	q.direction = 7;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q = good;
	q.vrf = RIG_VRFS;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q = good;
	q.src.family = 0;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q = good;
	q.len = 19;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	rig_close();
}

static const struct unit_case cases[] = {
	UNIT_CASE(what_is_said_is_what_happens),
	UNIT_CASE(only_the_owner_explains),
	UNIT_CASE(questions_out_of_range_are_refused),
};

UNIT_MAIN("dataplane/explain", cases)
