// SPDX-License-Identifier: BSD-3-Clause
// What explain() says of a packet is what then happens to it: thousands of packets in random states
// are asked about and then sent, and the counters and the frames on the wire are compared.
#include "dataplane/explain.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/question.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define SESSIONS 16
#define PACKETS 40000
#define NOBODY SESSIONS // a session that the dataplane has never heard of

static struct dp_session session[SESSIONS + 1];
static struct dp_bearers bearers[SESSIONS + 1];
static uint64_t state;
static unsigned int met[DP_DROPS], met_outcome[DP_OUTCOME_FRAGMENT + 1];
static unsigned int met_dedicated, met_alias, met_ipv6;

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

static bool
has_ipv4(const struct dp_session *s)
{
	return rig_ue(s) != 0;
}

static bool
has_ipv6(const struct dp_session *s)
{
	return s->ue_ipv6_prefix[0] != 0;
}

// ---- Packets

static struct dp_addr
address6(uint16_t prefix, uint8_t last)
{
	struct dp_addr a = rig_addr6("2001:db8:100::");

	a.bytes[7] = (uint8_t)prefix;
	a.bytes[15] = last;
	return a;
}

static void
choose_ipv4(struct dp_explain *q, const struct dp_session *s)
{
	uint32_t near = rig_ue(s), far = RIG_FAR_HOST;

	if (once_in(5))
		far = IP4(10, 20, 0, 0) + dice(4); // us, the host, on link, nobody
	if (once_in(10))
		far = IP4(100, 64, 0, 0) + dice(SESSIONS + 4);
	if (once_in(20))
		near = IP4(100, 64, 0, 0) + dice(SESSIONS + 4);
	if (once_in(30) && q->direction == DP_DOWNLINK)
		near = once_in(2) ? RIG_SGI_US : IP4(192, 168, 1, 1);
	if (q->vrf == RIG_VRF_ACCESS && once_in(2))
		near = RIG_US;
	q->src = addr4(q->direction == DP_UPLINK ? near : far);
	q->dst = addr4(q->direction == DP_UPLINK ? far : near);
}

static void
choose_ipv6(struct dp_explain *q, const struct dp_session *s)
{
	static const char *const places[] = { RIG_HOST6, RIG_SGI_US6, "fd00:20::7", "fe80::1",
		"ff02::2", "ff05::1:3", "::" };
	struct dp_addr near = address6((uint16_t)(s - session), (uint8_t)dice(4)),
		       far = rig_addr6(RIG_FAR_HOST6);

	if (once_in(5))
		far = rig_addr6(places[dice(7)]);
	if (once_in(10))
		far = address6((uint16_t)dice(SESSIONS + 4), 1);
	if (once_in(20))
		near = address6((uint16_t)dice(SESSIONS + 4), 1);
	if (once_in(12))
		near = rig_addr6(places[dice(7)]);
	if (q->vrf == RIG_VRF_ACCESS && once_in(2))
		near = rig_addr6(RIG_US6);
	q->src = q->direction == DP_UPLINK ? near : far;
	q->dst = q->direction == DP_UPLINK ? far : near;
	q->flow_label = once_in(2) ? dice(1 << 20) : 0;
}

static struct dp_explain
some_question(void)
{
	static const uint16_t lengths[] = { 48, 60, 200, 499, 500, 501, 700, 1000, 1443, 1444, 1445,
		1463, 1464, 1465, 1500, 1501, 1800 };
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_TCP, 47 };
	static const uint8_t marks[] = { 0, 0xb8, 0x28 };
	uint32_t i = once_in(20) ? NOBODY : dice(SESSIONS);
	const struct dp_session *s = &session[i];
	bool is_ipv6 = has_ipv6(s) && (!has_ipv4(s) || once_in(2));
	struct dp_explain q = {
		.direction = (uint8_t)(once_in(2) ? DP_UPLINK : DP_DOWNLINK),
		.proto = protos[dice(5)],
		.tos = marks[dice(3)],
		.ttl = (uint8_t)(once_in(10) ? dice(3) : 64),
		.may_cut = once_in(2),
		.vrf = s->vrf,
		.len = lengths[dice(sizeof(lengths) / sizeof(lengths[0]))],
		.src_port = (uint16_t)(5000 + dice(4)),
		.dst_port = (uint16_t)(1 + dice(2000)),
		.teid = s->teid,
		.peer = s->peer,
	};

	if (q.direction == DP_DOWNLINK && once_in(40)) {
		q.vrf = RIG_VRF_ACCESS;
		q.dst_port = once_in(2) ? 2152 : q.dst_port;
	}
	if (bearers[i].n_bearers && once_in(2))
		q.teid = bearers[i].bearer[dice(bearers[i].n_bearers)].teid;
	if (once_in(30))
		is_ipv6 = !is_ipv6;
	if (is_ipv6) {
		q.proto = q.proto == IPPROTO_ICMP ? IPPROTO_ICMPV6 : q.proto;
		choose_ipv6(&q, s);
	} else {
		choose_ipv4(&q, s);
		q.fragment = once_in(8) ? dice(3) : DP_FRAGMENT_NONE;
	}
	return q;
}

// Sends the packet that the question is about.
static void
send_it(const struct dp_explain *q)
{
	static struct frame f;
	unsigned int port = question_frame(&f, q, (uint8_t)dice(256));

	rig_receive(port, 0, &f);
	for (unsigned int i = 0; i < 3 * rig.dp.n_workers; i++)
		worker_turn(rig_worker(i % rig.dp.n_workers), rig.now);
}

// ---- What the packet path does, by its counters

struct account {
	uint64_t delivered, cut, held, rate_held, punted, taken, icmp, indications, policed, kept;
	uint64_t drop[DP_DROPS];
};

static struct account
account_now(void)
{
	struct account a = {
		.delivered = rig_count(ul_packets) + rig_count(dl_packets),
		.cut = rig_count(packets_cut),
		.held = rig_count(neigh_held),
		.rate_held = rig_count(rate_held),
		.punted = rig_count(punt_packets),
		.taken = rig_count(nd_rx),
		.icmp = rig_count(icmp_error_tx),
		.indications = rig_count(error_indication_tx),
		.policed = rig_count(answers_policed),
		.kept = rig_count(fragments_rx),
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

	if (e->held_us && e->outcome != DP_OUTCOME_HELD) // what becomes of it is seen later
		return b->rate_held - a->rate_held == 1;
	if (e->held_us == 0 && b->rate_held != a->rate_held)
		return false;

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
	case DP_OUTCOME_HELD: // perhaps for less than a tick
		return b->rate_held - a->rate_held == 1 && cut == 0 && held == 0;
	case DP_OUTCOME_TAKEN:
		return b->taken - a->taken == 1 && delivered == 0;
	case DP_OUTCOME_GTPU:
		return b->punted == a->punted && delivered == 0 &&
			b->drop[DP_DROP_BAD_GTPU] - a->drop[DP_DROP_BAD_GTPU] == 1;
	case DP_OUTCOME_FRAGMENT:
		return b->kept - a->kept == 1 && delivered == 0;
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
	const uint8_t *last = e->next_hop.bytes + (e->next_hop.family == 6 ? 12 : 0);
	uint8_t mac[6];

	if (!rig_sent(i->port, &f) || f.n < e->n_headers || f.n < e->l2_len + 20u)
		return false;
	if (e->n_headers > e->l2_len && e->peer.family == 6) // the UDP checksum isn't foretold
		memset(frame_bytes(&f) + e->l2_len + 46, 0, 2);
	rig_mac(IP4(last[0], last[1], last[2], last[3]), mac);
	return memcmp(frame_bytes(&f), e->headers, e->n_headers) == 0 &&
		memcmp(e->headers, mac, 6) == 0;
}

// ---- Asking

static struct worker *
owner_of(const struct dp_explain *q)
{
	struct dp_header *h = rig.dp.in.shm;
	uint8_t shard = q->direction == DP_UPLINK
		? (uint8_t)q->teid
		: dp_shard_of(q->dst.bytes, q->dst.family == 6 ? 8 : 4);

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

// Asks the worker of the packet's shard, and if need be the one that its alias names.
static int
ask_by_alias(const struct dp_explain *q, struct dp_explanation *e)
{
	struct dp_explain again = *q;
	unsigned int worker = owner_of(q)->index;
	int rc = ask(worker, q, e);

	if (rc != -EXDEV || e->owner == worker)
		return rc;
	again.by_alias = 1;
	met_alias++;
	return ask(e->owner, &again, e);
}

// Asks, and makes sure that asking changed nothing.
static struct dp_explanation
ask_owner(const struct dp_explain *q)
{
	static struct dp_worker_counters count[DP_WORKERS_MAX];
	static struct dp_slot_usage usage[SESSIONS];
	static struct session_extra extra[SESSIONS];
	uint64_t buckets[DP_WORKERS_MAX];
	struct dp_explanation e;

	memcpy(usage, rig.dp.in.usage, sizeof(usage));
	memcpy(extra, rig.dp.in.extra, sizeof(extra));
	for (unsigned int i = 0; i < rig.dp.n_workers; i++) {
		count[i] = *rig_worker(i)->count;
		buckets[i] = rig_worker(i)->answers_bucket;
	}
	CU_ASSERT_EQUAL(ask_by_alias(q, &e), 0);
	CU_ASSERT_EQUAL(memcmp(usage, rig.dp.in.usage, sizeof(usage)), 0);
	CU_ASSERT_EQUAL(memcmp(extra, rig.dp.in.extra, sizeof(extra)), 0);
	for (unsigned int i = 0; i < rig.dp.n_workers; i++) {
		CU_ASSERT_EQUAL(memcmp(&count[i], rig_worker(i)->count, sizeof(count[i])), 0);
		CU_ASSERT_EQUAL(buckets[i], rig_worker(i)->answers_bucket);
	}
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

	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	inet_ntop(q->src.family == 6 ? AF_INET6 : AF_INET, q->src.bytes, src, sizeof(src));
	inet_ntop(q->dst.family == 6 ? AF_INET6 : AF_INET, q->dst.bytes, dst, sizeof(dst));
	printf("\ndirection %u proto %u tos %u ttl %u cut %u vrf %u len %u %s > %s port %u teid "
	       "%x, "
	       "EBI %u: said outcome %u drop %s answer %u; saw",
		q->direction, q->proto, q->tos, q->ttl, q->may_cut, q->vrf, q->len, src, dst,
		q->dst_port, q->teid, e->ebi, e->outcome, name[e->drop], e->answer);
	for (unsigned int d = 0; d < DP_DROPS; d++)
		if (b->drop[d] != a->drop[d])
			printf(" %s", name[d]);
	printf(" delivered %lu cut %lu held %lu icmp %lu policed %lu\n",
		b->delivered - a->delivered, b->cut - a->cut, b->held - a->held, b->icmp - a->icmp,
		b->policed - a->policed);
}

static bool
is_enough(const struct dp_meter *m, uint16_t len)
{
	return m->bps == 0 || (len <= m->bytes && m->bytes <= m->bytes_max);
}

// The meters agree with the verdict. The AMBR is a default bearer's own, and perhaps counts beside a
// dedicated one's.
static void
check_meters(const struct dp_explain *q, const struct dp_explanation *e)
{
	const struct dp_meter *ambr = e->is_dedicated ? &e->ambr : &e->meter;

	if (e->has_passed && e->outcome != DP_OUTCOME_TAKEN && e->held_us == 0)
		CU_ASSERT_TRUE(is_enough(&e->meter, q->len) && is_enough(&e->ambr, q->len));
	if (e->outcome != DP_OUTCOME_DROPPED)
		return;
	if (e->drop == DP_DROP_UL_OVER_AMBR || e->drop == DP_DROP_DL_OVER_AMBR)
		CU_ASSERT_FALSE(is_enough(ambr, q->len));
	if (e->drop == DP_DROP_UL_OVER_MBR || e->drop == DP_DROP_DL_OVER_MBR)
		CU_ASSERT_TRUE(e->is_dedicated && !is_enough(&e->meter, q->len));
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
	check_meters(&q, &e);
	met_dedicated += e.is_dedicated;
	met_ipv6 += q.src.family == 6 && e.has_passed;
	met_outcome[e.outcome]++;
	met[e.outcome == DP_OUTCOME_DROPPED ? e.drop : 0] += e.outcome == DP_OUTCOME_DROPPED;
	rig_discard_sent(RIG_ACCESS);
	rig_discard_sent(RIG_SGI);
	rig_discard_punted();
}

// ---- States

// What its owner has to know of a second address, whose shard is another worker's.
static void
put_alias(const struct dp_session *s)
{
	struct dp_request r = { .op = DP_OP_ALIAS_PUT };
	struct dp_reply reply;
	uint8_t shard = dp_shard_of(s->ue_ipv6_prefix, 8);
	struct dp_header *h = rig.dp.in.shm;

	r.alias = (struct dp_alias){ .vrf = s->vrf, .family = 6, .shard = (uint8_t)s->teid };
	memcpy(r.alias.bytes, s->ue_ipv6_prefix, 8);
	if (has_ipv6(s) && h->shard_worker[shard] != h->shard_worker[s->teid & 0xff])
		CU_ASSERT_TRUE(
			rig_request(h->shard_worker[shard], &r, &reply) && reply.done.result == 0);
}

static void
put(uint32_t i)
{
	uint32_t refused = 0;
	int rc;

	session[i].bearers = 0;
	rc = bearers[i].n_bearers ? rig_put_bearers(&session[i], &bearers[i], &refused)
				  : rig_put(&session[i]);
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT_EQUAL(refused, 0);
}

// Two bearers, whose filters are of marks, ports and the far host.
static void
change_bearers(uint32_t i)
{
	struct dp_bearers *d = &bearers[i];
	struct dp_addr far = rig_addr6(RIG_FAR_HOST6);

	*d = (struct dp_bearers){ .n_bearers = 2, .n_filters = 3 };
	for (unsigned int k = 0; k < d->n_bearers; k++) {
		struct dp_bearer *b = &d->bearer[k];

		*b = rig_bearer(&session[i], 2 * i + k);
		b->ebi = (uint8_t)(6 + k);
		b->peer = session[i].peer;
		b->ul_bps = once_in(3) ? 20000 : 0;
		b->dl_bps = once_in(3) ? 20000 : 0;
		b->flags = once_in(2) ? DP_BEARER_IN_AMBR : 0;
		b->flags |= once_in(6) ? dice(4) : 0;
	}
	d->filter[0] = (struct dp_filter){ .fields = DP_FILTER_TOS, .tos = 0xb8, .tos_mask = 0xfc };
	d->filter[1] = (struct dp_filter){ .bearer = 1,
		.fields = DP_FILTER_PROTOCOL | DP_FILTER_REMOTE_PORT,
		.protocol = IPPROTO_UDP,
		.remote_port_min = 5001,
		.remote_port_max = 5002 };
	d->filter[2] = (struct dp_filter){ .bearer = 1, .family = 6 };
	memcpy(d->filter[2].remote, far.bytes, 16);
	memset(d->filter[2].remote_mask, 0xff, 16);
	d->filter[2].fields = DP_FILTER_FLOW_LABEL; // 0
}

static void
change_a_session(void)
{
	uint32_t i = dice(SESSIONS);
	struct dp_session *s = &session[i];

	s->flags = once_in(6) ? dice(4) : 0;
	s->ul_bps = once_in(2) ? 200000 : 0;
	s->dl_bps = once_in(2) ? 200000 : 0;
	if (s->peer.family == 6) {
		s->peer.bytes[15] = (uint8_t)(once_in(8) ? 4 : 2); // .4 never answers
	} else {
		s->peer.bytes[3] = (uint8_t)(once_in(8) ? 4 : 2 + dice(2));
		s->peer.bytes[1] = (uint8_t)(once_in(10) ? 99 : 10); // no route to 10.99.0.0
	}
	s->mtu = (uint16_t)(once_in(3) ? 500 : 0);
	s->dscp = (uint8_t)dice(64);
	s->profile = once_in(4);
	if (i % 2)
		change_bearers(i);
	put(i);
}

static void
change_something(void)
{
	switch (dice(10)) {
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
	case 4:
		rig_neighbour6(RIG_VRF_INTERNET, RIG_HOST6, !once_in(3));
		break;
	case 5:
		rig_neighbour6(RIG_VRF_ACCESS, RIG_SGW6, !once_in(3));
		break;
	default:
		change_a_session();
	}
}

static void
put_profile(void)
{
	struct dp_request r = { .op = DP_OP_PROFILE_PUT,
		.profile = { .profile = 1, .mss_ipv4 = 1300, .mss_ipv6 = 1280 } };
	struct dp_reply reply;

	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		CU_ASSERT_TRUE(rig_request(i, &r, &reply) && reply.done.result == 0);
}

static void
begin(const struct rig_options *o)
{
	rig_open(o);
	memset(bearers, 0, sizeof(bearers));
	put_profile();
	for (uint32_t i = 0; i <= SESSIONS; i++) {
		session[i] = rig_session(i);
		session[i].vrf = i % 4 ? RIG_VRF_INTERNET : RIG_VRF_OTHER;
		if (i % 3)
			rig_session_prefix(&session[i], (uint16_t)i, i % 3 == 2);
		if (i % 5 == 0)
			rig_session_by_ipv6(&session[i]);
		if (i == NOBODY)
			continue;
		put(i);
		put_alias(&session[i]);
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
	static const struct rig_options one, patient = { .rate_wait_ms = 25 },
					     three = { .n_workers = 3, .answers_pps = 100 };
	static const enum dp_drop wanted[] = { DP_DROP_UNKNOWN_TEID, DP_DROP_NO_SESSION,
		DP_DROP_NOT_LOCAL, DP_DROP_SPOOFED, DP_DROP_UL_CLOSED, DP_DROP_DL_CLOSED,
		DP_DROP_UL_OVER_AMBR, DP_DROP_DL_OVER_AMBR, DP_DROP_UL_TTL, DP_DROP_DL_TTL,
		DP_DROP_UL_NO_ROUTE, DP_DROP_DL_NO_ROUTE, DP_DROP_BLACKHOLE, DP_DROP_TOO_BIG,
		DP_DROP_NEIGH_FULL, DP_DROP_WRONG_INNER, DP_DROP_LINK_SCOPE, DP_DROP_UL_OVER_MBR,
		DP_DROP_DL_OVER_MBR };

	storm(&one, 0x9e3779b97f4a7c15);
	storm(&patient, 0xa0761d6478bd642f);
	storm(&three, 0xd1b54a32d192ed03);
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		CU_ASSERT(met[wanted[i]] > 10);
	for (unsigned int i = DP_OUTCOME_DELIVERED; i <= DP_OUTCOME_FRAGMENT; i++)
		CU_ASSERT(i == DP_OUTCOME_POLICED || met_outcome[i] > 10); // main isn't here
	CU_ASSERT(met_dedicated > 1000 && met_ipv6 > 1000 && met_alias > 100);
}

static struct dp_explain
question_of(uint32_t i)
{
	return (struct dp_explain){ .direction = DP_UPLINK,
		.proto = IPPROTO_UDP,
		.ttl = 64,
		.len = 100,
		.teid = session[i].teid,
		.src = addr4(rig_ue(&session[i])),
		.dst = addr4(RIG_FAR_HOST) };
}

static void
only_the_owner_explains(void)
{
	static const struct rig_options three = { .n_workers = 3 };
	struct dp_explanation e;
	struct dp_explain q;

	begin(&three);
	q = question_of(1);
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(ask(i, &q, &e), i == owner_of(&q)->index ? 0 : -EXDEV);
	CU_ASSERT_EQUAL(ask(owner_of(&q)->index, &q, &e), 0);
	CU_ASSERT_EQUAL(e.slot, 1);
	CU_ASSERT_EQUAL(e.ebi, 5);
	CU_ASSERT_EQUAL(e.shard, session[1].teid & 0xff);
	CU_ASSERT_EQUAL(e.in_iface, 0);
	CU_ASSERT_EQUAL(e.out_iface, 2);
	CU_ASSERT_EQUAL(rig_addr4(&e.next_hop), RIG_HOST);
	CU_ASSERT_EQUAL(rig_addr4(&e.peer), RIG_SGW);
	rig_close();
}

static void
lowered_segments_are_told(void)
{
	struct dp_explanation e;
	struct dp_explain q;

	begin(NULL);
	session[1].profile = 1;
	put(1);
	q = question_of(1);
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.mss, 0);
	q.proto = IPPROTO_TCP;
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.mss, 1300);
	q.src = address6(1, 5);
	q.dst = rig_addr6(RIG_FAR_HOST6);
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.mss, 1280);
	session[1].profile = 0;
	put(1);
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.mss, 0);
	rig_close();
}

// Fills a ring with what nobody will look at. How many there are.
static unsigned int
fill_ring(struct rte_ring *r, unsigned int n)
{
	unsigned int filled = 0;

	while (filled < n && rte_ring_sp_enqueue(r, NULL) == 0)
		filled++;
	return filled;
}

static void
empty_ring(struct rte_ring *r)
{
	void *nothing;

	while (rte_ring_sc_dequeue(r, &nothing) == 0)
		;
}

static void
full_rings_are_told(void)
{
	static const struct rig_options o = { .n_workers = 2, .n_txq = { 1, 1 } };
	struct dp_explanation e;
	struct rte_ring *via;
	struct dp_explain q;
	uint32_t i = 1;

	begin(&o);
	while (rig.dp.in.shard_worker[session[i].teid & 0xff] != 1 || !has_ipv4(&session[i]))
		i++; // one whose worker has no transmit queue
	q = question_of(i);
	CU_ASSERT_EQUAL(ask(1, &q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_DELIVERED);
	CU_ASSERT_EQUAL(e.handoff_waiting, 0);
	CU_ASSERT_EQUAL(e.handoff_room, HANDOFF_RING - 1);
	via = rig_worker(1)->tx[RIG_SGI].via;
	CU_ASSERT_PTR_NOT_NULL_FATAL(via);
	fill_ring(via, UINT32_MAX);
	CU_ASSERT_EQUAL(explain(rig_worker(1), &q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(e.drop, DP_DROP_TX_RING_FULL);
	empty_ring(via);
	CU_ASSERT_EQUAL(fill_ring(rig_worker(1)->from[0], 7), 7);
	CU_ASSERT_EQUAL(explain(rig_worker(1), &q, &e), 0);
	CU_ASSERT_EQUAL(e.handoff_waiting, 7);
	CU_ASSERT_EQUAL(e.handoff_from, 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_DELIVERED);
	fill_ring(rig_worker(1)->from[0], UINT32_MAX); // and no other worker receives
	CU_ASSERT_EQUAL(explain(rig_worker(1), &q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(e.drop, DP_DROP_HANDOFF_FULL);
	empty_ring(rig_worker(1)->from[0]);
	rig_close();
}

// The ring of the class, and what main's policer has left for this worker.
static void
check_way_to_linux(const struct dp_explain *q)
{
	struct dp_punt_policer *p = &rig.dp.in.shm->policer[DP_PUNT_GTPC];
	struct rte_ring *ring = rig_worker(0)->lane.to_linux[DP_PUNT_GTPC];
	struct worker *w = rig_worker(0);
	struct dp_explanation e;

	CU_ASSERT_EQUAL(explain(w, q, &e), 0);
	CU_ASSERT_EQUAL(e.punt_pps, 0);
	*p = (struct dp_punt_policer){ .cost = RIG_HZ / 100, .worker_cost = RIG_HZ / 100 };
	p->depth = 20 * p->cost;
	p->worker_depth = 2 * p->cost;
	p->full_at = w->now + 13 * p->cost;
	CU_ASSERT_EQUAL(explain(w, q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_PUNTED);
	CU_ASSERT_EQUAL(e.punt_pps, 100);
	CU_ASSERT_EQUAL(e.punt_frames, 7);
	CU_ASSERT_EQUAL(e.punt_frames_max, 20);
	p->full_at = w->now + p->depth;
	CU_ASSERT_EQUAL(explain(w, q, &e), 0);
	CU_ASSERT_EQUAL(e.punt_frames, 2); // the worker's share
	p->worker_full_at[0] = w->now + p->worker_depth;
	CU_ASSERT_EQUAL(explain(w, q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_POLICED);
	CU_ASSERT_EQUAL(e.punt_waiting, 0);
	fill_ring(ring, UINT32_MAX);
	CU_ASSERT_EQUAL(explain(w, q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_DROPPED);
	CU_ASSERT_EQUAL(e.drop, DP_DROP_PUNT_FULL);
	empty_ring(ring);
	*p = (struct dp_punt_policer){ 0 };
}

static void
the_class_towards_linux_is_told(void)
{
	struct dp_explain q = { .direction = DP_DOWNLINK,
		.vrf = RIG_VRF_INTERNET,
		.ttl = 64,
		.len = 100,
		.src = addr4(RIG_HOST),
		.dst = addr4(RIG_SGI_US) };
	struct dp_explanation e;

	begin(NULL);
	q.proto = IPPROTO_ICMP;
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_PUNTED);
	CU_ASSERT_EQUAL(e.punt_class, DP_PUNT_ICMP);
	q.proto = IPPROTO_UDP;
	q.dst_port = 2123;
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.punt_class, DP_PUNT_GTPC);
	check_way_to_linux(&q);
	q.src = rig_addr6(RIG_HOST6);
	q.dst = rig_addr6(RIG_SGI_US6);
	q.proto = IPPROTO_TCP;
	q.dst_port = 179;
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	CU_ASSERT_EQUAL(e.outcome, DP_OUTCOME_PUNTED);
	CU_ASSERT_EQUAL(e.punt_class, DP_PUNT_ROUTING);
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
	q = good;
	q.src = rig_addr6(RIG_FAR_HOST6);
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q.dst = address6(1, 5);
	CU_ASSERT_EQUAL(ask(0, &q, &e), 0);
	q.len = 39;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q.len = 100;
	q.proto = IPPROTO_FRAGMENT;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q.proto = IPPROTO_UDP;
	q.flow_label = 1 << 20;
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	q.flow_label = 0;
	q.fragment = DP_FRAGMENT_FIRST; // of IPv4 alone
	CU_ASSERT_EQUAL(ask(0, &q, &e), -EINVAL);
	rig_close();
}

static const struct unit_case cases[] = {
	UNIT_CASE(what_is_said_is_what_happens),
	UNIT_CASE(only_the_owner_explains),
	UNIT_CASE(lowered_segments_are_told),
	UNIT_CASE(full_rings_are_told),
	UNIT_CASE(the_class_towards_linux_is_told),
	UNIT_CASE(questions_out_of_range_are_refused),
};

UNIT_MAIN("dataplane/explain", cases)
