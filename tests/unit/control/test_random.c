// SPDX-License-Identifier: BSD-3-Clause
// Thousands of random procedures, right and wrong ones, from several SGWs, with repeated and mangled
// messages, silent and restarting neighbours. Whenever all is quiet, sessions, addresses, dataplane,
// store and what the SGWs were told must agree. The seed is printed; STEPS is set by the build.
#include "control/session/csid.h"
#include "tests/unit/control/records.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIMS 40
#define SGWS 3
#define RECENT 32
#define RECORDS_MAX STEPS

static struct rig rig;
static struct gtpc_message message;

// What the SGWs believe of one SIM's EBI 5.
struct belief {
	bool is_sure;     // no request about it is unanswered
	bool is_attached; // the last answer said so
	uint32_t teid;
	uint8_t ipv4[4];
	uint32_t sequence; // of the latest request
	bool is_delete;    // that request
};

static struct belief beliefs[SIMS];
static uint8_t recent[RECENT][2048]; // datagrams to be repeated
static size_t recent_bytes[RECENT];
static unsigned int n_recent;
static unsigned int n_answers;

static unsigned int
pick(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void
speak_as_some_sgw(void)
{
	rig.path.peer.addr =
		gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, (uint8_t)(2 + pick(SGWS)) });
}

// What the gateway has sent, to be read by the SGWs when its own turn is over.
struct on_the_way {
	struct gtpc_path path;
	size_t n;
	uint8_t bytes[2048];
};

#define ON_THE_WAY_MAX 4096

static struct on_the_way on_the_way[ON_THE_WAY_MAX];
static unsigned int n_on_the_way;

static void
on_sent(struct rig *r, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct on_the_way *o;

	n_answers++;
	if (n_on_the_way == ON_THE_WAY_MAX || n > sizeof(o->bytes))
		return; // lost
	o = &on_the_way[n_on_the_way++];
	o->path = *path;
	o->n = n;
	memcpy(o->bytes, bytes, n);
}

// A request of the gateway is answered as an SGW would; some answers get lost.
static void
answer_request(const struct gtpc_message *asked, const struct gtpc_path *path)
{
	static struct gtpc_message m;
	uint8_t bytes[512];
	ssize_t n;

	gtpc_message_init(
		&m, gtpc_message_find(asked->header.type)->answer, 1, asked->header.sequence);
	if (asked->header.type == GTPC_MSG_DELETE_BEARER_REQ)
		m.delete_bearer_rsp.cause.value =
			pick(2) ? GTPC_CAUSE_ACCEPTED : GTPC_CAUSE_CONTEXT_NOT_FOUND;
	else
		m.echo_rsp.recovery = 1;
	n = gtpc_message_encode(&m, bytes, sizeof(bytes));
	if (n > 0 && pick(4))
		pgw_receive(rig.pgw, path, bytes, (size_t)n);
}

static struct belief *
belief_of_sequence(uint32_t sequence)
{
	for (int i = 0; i < SIMS; i++)
		if (!beliefs[i].is_sure && beliefs[i].sequence == sequence)
			return &beliefs[i];
	return NULL;
}

static void
learn(const struct gtpc_message *m)
{
	struct belief *b = belief_of_sequence(m->header.sequence);

	if (!b)
		return;
	b->is_sure = true;
	if (m->header.type == GTPC_MSG_CREATE_SESSION_RSP) {
		const struct create_session_rsp *rsp = &m->create_session_rsp;

		b->is_attached = gtpc_cause_is_accepted(rsp->cause.value);
		b->teid = rsp->pgw.teid;
		memcpy(b->ipv4, rsp->paa.ipv4, 4);
	} else if (m->header.type == GTPC_MSG_DELETE_SESSION_RSP) {
		b->is_attached = false;
	}
}

static void
read_sent(void)
{
	static struct gtpc_message m;
	struct gtpc_fault fault;
	size_t used;

	for (unsigned int i = 0; i < n_on_the_way; i++) {
		struct on_the_way *o = &on_the_way[i];

		if (gtpc_message_parse(o->bytes, o->n, &used, &m, &fault) < 0) {
			// A mangled Command that names neither a session nor a bearer: none can be told.
			if (o->bytes[1] == GTPC_MSG_BEARER_RESOURCE_FAIL &&
				fault.ie_type == GTPC_IE_EBI)
				continue;
			CU_FAIL("the gateway sent what doesn't decode");
			printf("\n    cause %u, IE %u instance %u:", fault.cause, fault.ie_type,
				fault.ie_instance);
			for (size_t k = 0; k < o->n; k++)
				printf(" %02x", o->bytes[k]);
			continue;
		}
		if (gtpc_message_find(m.header.type)->kind == GTPC_KIND_INITIAL)
			answer_request(&m, &o->path);
		else
			learn(&m);
	}
	n_on_the_way = 0;
}

static void
remember(const struct gtpc_message *m)
{
	unsigned int i = n_recent++ % RECENT;
	ssize_t n = gtpc_message_encode(m, recent[i], sizeof(recent[i]));

	recent_bytes[i] = n > 0 ? (size_t)n : 0;
}

static void
send_about(struct belief *b)
{
	b->is_sure = false;
	b->sequence = rig_send(&rig, &message);
	remember(&message);
}

// Sets are a few numbers of one node, told by all SGWs.
static struct gtpc_fq_csid
some_set(void)
{
	return (struct gtpc_fq_csid){
		.node = rig.path.local, .n_csids = 1, .csids = { (uint16_t)(1 + pick(4)) }
	};
}

static void
attach(unsigned int sim)
{
	char imsi[16];

	speak_as_some_sgw();
	snprintf(imsi, sizeof(imsi), "0010100001%05u", sim);
	rig_create(&rig, &message, imsi);
	message.create_session_req.has_pco = false;
	if (pick(10) == 0)
		snprintf(message.create_session_req.apn.text, 10, "nowhere");
	if (pick(10) == 0) { // a fixed address, of which there are few
		uint8_t fixed[] = { 100, 64, 255, (uint8_t)(1 + pick(8)) };

		memcpy(message.create_session_req.paa.ipv4, fixed, 4);
	}
	message.create_session_req.has_sgw_fq_csid = pick(2);
	message.create_session_req.sgw_fq_csid = some_set();
	send_about(&beliefs[sim]);
}

static void
detach(unsigned int sim)
{
	if (!beliefs[sim].is_attached)
		return;
	speak_as_some_sgw();
	rig_delete(&rig, &message, beliefs[sim].teid);
	if (pick(10) == 0)
		message.delete_session_req.lbi = 6; // refused
	send_about(&beliefs[sim]);
	beliefs[sim].is_sure = false;
}

static void
move(unsigned int sim)
{
	struct modify_bearer_req *req = &message.modify_bearer_req;

	if (!beliefs[sim].is_attached)
		return;
	speak_as_some_sgw();
	gtpc_message_init(&message, GTPC_MSG_MODIFY_BEARER_REQ, beliefs[sim].teid, 0);
	req->has_sender = pick(2);
	req->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, rig.next_teid++, &rig.path.peer.addr);
	req->n_bearers = (uint8_t)pick(3);
	for (uint8_t i = 0; i < req->n_bearers; i++) {
		req->bearers[i].ebi = (uint8_t)(5 + i);
		req->bearers[i].has_sgw_u = true;
		req->bearers[i].sgw_u =
			gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, rig.next_teid++, &rig.path.peer.addr);
	}
	rig_send(&rig, &message);
	remember(&message);
}

// Suspend, resume, or tell where it is; any SGW may, and a mangled Sender F-TEID is refused.
static void
tell_news(unsigned int sim)
{
	static const uint8_t types[] = { GTPC_MSG_SUSPEND_NOTIFICATION,
		GTPC_MSG_RESUME_NOTIFICATION, GTPC_MSG_CHANGE_NOTIFICATION_REQ };
	uint8_t type = types[pick(3)];

	if (!beliefs[sim].is_attached)
		return;
	speak_as_some_sgw();
	gtpc_message_init(&message, type, beliefs[sim].teid, 0);
	if (type == GTPC_MSG_RESUME_NOTIFICATION)
		snprintf(message.resume_notification.imsi.text, 16, "0010100001%05u", sim);
	else if (type == GTPC_MSG_CHANGE_NOTIFICATION_REQ)
		message.change_notification_req.rat_type = (uint8_t)(1 + pick(9));
	rig_send(&rig, &message);
	remember(&message);
}

static void
fail_some_set(void)
{
	speak_as_some_sgw();
	gtpc_message_init(&message, GTPC_MSG_DELETE_PDN_SET_REQ, 0, 0);
	message.delete_pdn_set_req.n_sgw_fq_csids = 1;
	message.delete_pdn_set_req.sgw_fq_csids[0] = some_set();
	rig_send(&rig, &message);
	remember(&message);
}

static void
repeat_or_mangle(void)
{
	uint8_t bytes[2048];
	unsigned int i = pick(RECENT);
	size_t n = recent_bytes[i];

	if (n == 0)
		return;
	memcpy(bytes, recent[i], n);
	if (pick(2))
		for (unsigned int k = 1 + pick(3); k > 0; k--)
			bytes[pick((unsigned int)n)] ^= (uint8_t)(1 + pick(255));
	if (pick(8) == 0)
		n = pick((unsigned int)n);
	pgw_receive(rig.pgw, &rig.path, bytes, n);
}

static void
clear_some(void)
{
	struct clear_filter f = { .has_sgw = true };

	speak_as_some_sgw();
	f.sgw = rig.path.peer.addr;
	clear_begin(rig.pgw, &f, GTPC_CAUSE_REACTIVATION_REQUESTED);
}

static void
use_some(unsigned int sim)
{
	const struct session *s = session_find_teid(rig.pgw->sessions, beliefs[sim].teid);

	if (s)
		fake_use(rig.fake, s->slot, pick(1000), pick(1000));
}

static void
error_indication(unsigned int sim)
{
	struct dp_session put;
	struct dp_error_indication e;

	if (!fake_find(rig.fake, beliefs[sim].teid, &put))
		return;
	e = (struct dp_error_indication){
		.source = put.peer, .peer = put.peer, .teid = put.peer_teid + pick(2)
	};
	fake_error_indication(rig.fake, &e);
}

static bool
is_serving(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_READY && !r->pgw->sync.is_replaying;
}

static void
restart_dataplane(void)
{
	fake_stop(rig.fake);
	rig_run(&rig, pick(20));
	for (unsigned int i = pick(4); i > 0; i--)
		attach(pick(SIMS)); // refused meanwhile
	rig.fake =
		fake_start(&(struct fake_config){ .run_dir = rig.dir, .n_workers = 1 + pick(3) });
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
}

// What was sent and not answered at that moment is asked for again, as an SGW would.
static void
restart_control(void)
{
	rig_restart_control(&rig);
	for (int i = 0; i < SIMS; i++)
		beliefs[i].is_sure = beliefs[i].is_sure && beliefs[i].is_attached;
}

static void
step(void)
{
	unsigned int sim = pick(SIMS), what = pick(1000);

	if (what < 350)
		attach(sim);
	else if (what < 600)
		detach(sim);
	else if (what < 750)
		move(sim);
	else if (what < 900)
		repeat_or_mangle();
	else if (what < 957)
		tell_news(sim);
	else if (what < 960)
		fail_some_set();
	else if (what < 970)
		error_indication(sim);
	else if (what < 971)
		use_some(sim);
	else if (what < 975)
		clear_some();
	else if (what < 978)
		fake_refuse_puts(rig.fake, pick(2) ? -28 : -17, 1 + pick(3));
	else if (what < 981)
		restart_dataplane();
	else if (what < 984)
		restart_control();
	if (pick(3) == 0)
		rig_run(&rig, pick(2));
	read_sent();
}

static bool
is_quiet(struct rig *r)
{
	struct session_counts c;

	read_sent();
	c = rig_counts(r);
	return c.creating == 0 && c.closing == 0 && r->pgw->procedures.n_waiting == 0 &&
		r->pgw->turn.n_answers == 0 && r->pgw->turn.n_dirty == 0 &&
		r->pgw->clear.n_jobs == 0 && r->pgw->pdn_sets.n_jobs == 0 &&
		LIST_EMPTY(&r->pgw->delete_bearers) && is_serving(r);
}

// Sessions, indexes, addresses, dataplane, store and SGWs' lists say the same.
static void
check_agreement(void)
{
	uint32_t n = 0, of_sgws = 0;
	struct ip_pool_counts pool;
	struct store_counts stored;

	for (uint32_t i = 0; i < session_table_top(rig.pgw->sessions); i++) {
		struct session *s = session_at(rig.pgw->sessions, i);
		struct dp_session put;

		if (!s)
			continue;
		n++;
		CU_ASSERT_EQUAL(s->state, SESSION_ACTIVE);
		CU_ASSERT_PTR_EQUAL(session_find_teid(rig.pgw->sessions, s->teid), s);
		CU_ASSERT_PTR_EQUAL(session_find_ebi(rig.pgw->sessions, s->imsi, s->bearer.ebi), s);
		CU_ASSERT_PTR_EQUAL(
			session_find_address(rig.pgw->sessions, s->vrf, 4, s->ue_ipv4), s);
		CU_ASSERT_TRUE_FATAL(fake_find_slot(rig.fake, i, &put));
		CU_ASSERT_EQUAL(put.teid, s->teid);
		CU_ASSERT_EQUAL(
			!(put.flags & DP_SESSION_DL_CLOSED), !(s->flags & SESSION_SUSPENDED));
		CU_ASSERT_FALSE(csid_has_failed(
			session_csids(rig.pgw->sessions), s->csid[SESSION_CSID_SGW]));
		CU_ASSERT_EQUAL(put.generation, s->generation);
		CU_ASSERT_EQUAL(put.peer_teid, s->bearer.peer_teid);
		CU_ASSERT_EQUAL(memcmp(&put.peer, &s->bearer.peer, sizeof(put.peer)), 0);
		CU_ASSERT_EQUAL(memcmp(put.ue_ipv4, s->ue_ipv4, 4), 0);
	}
	for (struct sgw *g = sgw_next(rig.pgw->sessions, NULL); g;
		g = sgw_next(rig.pgw->sessions, g)) {
		of_sgws += g->n_sessions;
		CU_ASSERT_EQUAL(g->n_sessions, g->peer->n_sessions);
	}
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &pool);
	store_count(rig.store, &stored);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, n);
	CU_ASSERT_EQUAL(of_sgws, n);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, n);
	CU_ASSERT_EQUAL(pool.held_dynamic + pool.held_static, n);
	CU_ASSERT_EQUAL(stored.rows[STORE_SESSIONS], n);
}

// No session is there that its SGW was told is gone. (Sessions that we ended, it may still believe in.)
static void
check_beliefs(void)
{
	for (unsigned int i = 0; i < SIMS; i++) {
		const struct belief *b = &beliefs[i];
		struct session *s = session_find_teid(rig.pgw->sessions, b->teid);

		if (!b->is_sure || !b->is_attached || !s)
			continue;
		CU_ASSERT_EQUAL(memcmp(s->ue_ipv4, b->ipv4, 4), 0);
	}
}

// Each session that was ever answered has one start, and one stop or is there still; in between,
// usage only grows.
static void
check_records(void)
{
	static struct usage_record records[RECORDS_MAX];
	uint32_t n = records_read(&rig, records, RECORDS_MAX), n_open = 0;

	CU_ASSERT_TRUE_FATAL(n > 0 && n < RECORDS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		const struct usage_record *u = &records[i], *before = NULL;

		for (uint32_t j = 0; j < i; j++)
			if (records[j].charging_id == u->charging_id)
				before = &records[j];
		if (strcmp(u->record, "start") == 0) {
			CU_ASSERT_PTR_NULL(before);
			n_open++;
			continue;
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(before);
		CU_ASSERT_STRING_NOT_EQUAL(before->record, "stop");
		CU_ASSERT_TRUE(u->ul_bytes >= before->ul_bytes);
		n_open -= strcmp(u->record, "stop") == 0;
	}
	CU_ASSERT_EQUAL(n_open, rig_counts(&rig).active);
	printf("%u usage records ", n);
}

static void
all_parties_agree_whatever_happens(void)
{
	const char *given = getenv("TORII_SEED");
	unsigned int seed = given ? (unsigned int)atoi(given) : (unsigned int)time(NULL);

	printf("\n    seed %u ", seed);
	srand(seed);
	rig_open(&rig, rig_impatient);
	rig.tap = on_sent;
	for (unsigned int round = 0; round < STEPS / 100; round++) {
		for (unsigned int i = 0; i < 100; i++)
			step();
		fake_refuse_puts(rig.fake, 0, 0);
		CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_quiet));
		check_agreement();
		check_beliefs();
	}
	printf("%u datagrams sent ", n_answers);
	CU_ASSERT_TRUE(n_answers > STEPS / 4);
	check_records();
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(all_parties_agree_whatever_happens),
};

UNIT_MAIN("control/random", cases)
