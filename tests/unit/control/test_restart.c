// SPDX-License-Identifier: BSD-3-Clause
// Restarts: of control, of the dataplane, of both, of the machine. TS 23.007 18; nothing that was
// answered is lost.
#include "control/session/lifecycle.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define IMSI "001010000000001"

static struct rig rig;
static struct gtpc_message request, answer;

static bool
is_serving(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_READY && !r->pgw->sync.is_replaying;
}

static void
attach_many(unsigned int n)
{
	char imsi[16];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(imsi, sizeof(imsi), "0010100001%05u", i);
		rig_attach(&rig, imsi);
	}
}

static void
restart_dataplane(const struct fake_config *config)
{
	struct fake_config c = *config;

	fake_stop(rig.fake);
	c.run_dir = rig.dir;
	rig.fake = fake_start(&c);
	rig_run(&rig, 10);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
}

// TS 23.007 18
static void
control_comes_back_with_its_sessions_and_its_counter(void)
{
	struct session before, *s;
	uint8_t counter;

	rig_open(&rig, NULL);
	rig_create(&rig, &request, IMSI);
	request.create_session_req.has_msisdn = true;
	snprintf(request.create_session_req.msisdn.text, 17, "491700000001");
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	s = session_find_imsi(rig.pgw->sessions, IMSI, NULL);
	before = *s;
	counter = store_restart_counter(rig.store);
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(store_restart_counter(rig.store), counter);
	s = session_find_teid(rig.pgw->sessions, before.teid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->slot, before.slot);
	CU_ASSERT_EQUAL(s->generation, before.generation);
	CU_ASSERT_STRING_EQUAL(s->imsi, IMSI);
	CU_ASSERT_STRING_EQUAL(s->msisdn, "491700000001");
	CU_ASSERT_EQUAL(memcmp(s->ue_ipv4, before.ue_ipv4, 4), 0);
	CU_ASSERT_EQUAL(memcmp(&s->bearer, &before.bearer, sizeof(s->bearer)), 0);
	CU_ASSERT_EQUAL(s->sgw_teid, before.sgw_teid);
	CU_ASSERT_EQUAL(s->created_s, before.created_s);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	// and it works on
	rig_delete(&rig, &request, before.teid);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.delete_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

// TS 29.274 7.6
static void
a_repeated_request_gets_the_answer_of_before_the_restart(void)
{
	struct rig_datagram first;

	rig_open(&rig, NULL);
	rig_create(&rig, &request, IMSI);
	rig_send(&rig, &request);
	rig_settle(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.n_sent, 1);
	first = rig.sent[0];
	rig_restart_control(&rig);
	rig_send(&rig, &request);
	rig_run(&rig, 20);
	CU_ASSERT_EQUAL_FATAL(rig.n_sent, 2);
	CU_ASSERT_EQUAL(rig.sent[1].n, first.n);
	CU_ASSERT_EQUAL(memcmp(rig.sent[1].bytes, first.bytes, first.n), 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_replaced, 0);
	rig_close(&rig);
}

// TS 29.274 7.2.2
// Control ends between a session's end and the dataplane's word that it has let go of it.
static void
a_delete_in_flight_is_answered_after_the_restart(void)
{
	struct gtpc_message first;
	uint32_t sequence;

	rig_open(&rig, NULL);
	rig_delete(&rig, &request, rig_attach(&rig, IMSI).pgw.teid);
	fake_hold(rig.fake, true);
	sequence = rig_send(&rig, &request);
	rig_run(&rig, 20);
	CU_ASSERT_FALSE(rig_take(&rig, sequence, &first));
	rig_stop_control(&rig);
	fake_hold(rig.fake, false);
	rig_start_control(&rig);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.delete_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	rig_close(&rig);
}

static void
charging_ids_and_addresses_differ_after_a_restart(void)
{
	struct create_session_rsp a, b;

	rig_open(&rig, NULL);
	a = rig_attach(&rig, IMSI);
	rig_restart_control(&rig);
	b = rig_attach(&rig, "001010000000002");
	CU_ASSERT_NOT_EQUAL(a.bearers[0].charging_id, b.bearers[0].charging_id);
	CU_ASSERT_NOT_EQUAL(memcmp(a.paa.ipv4, b.paa.ipv4, 4), 0);
	CU_ASSERT_NOT_EQUAL(a.pgw.teid, b.pgw.teid);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 2);
	rig_close(&rig);
}

// TS 23.007 17, 18
static void
a_peer_s_restart_during_our_own_is_seen(void)
{
	rig_open(&rig, NULL);
	rig.recovery = 7;
	attach_many(5);
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 5);
	rig.recovery = 8;
	rig_attach(&rig, IMSI);
	rig_run(&rig, 100);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 1);
	rig_close(&rig);
}

static void
a_new_dataplane_gets_all_sessions(void)
{
	struct dp_session put;
	uint32_t teid;

	rig_open(&rig, NULL);
	attach_many(300); // more than a ring holds
	teid = rig_attach(&rig, IMSI).pgw.teid;
	restart_dataplane(&(struct fake_config){ 0 });
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 301);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sweeps, 2); // one for each worker
	CU_ASSERT_TRUE(fake_find(rig.fake, teid, &put));
	CU_ASSERT_EQUAL(rig.n_sent, 0); // no peer heard of it
	rig_attach(&rig, "001010000000002");
	rig_close(&rig);
}

static void
a_dataplane_without_room_for_all_closes_the_rest(void)
{
	rig_open(&rig, NULL);
	attach_many(10);
	restart_dataplane(&(struct fake_config){ .sessions_max = 6 });
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 6);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 6);
	CU_ASSERT_TRUE(rig_take_type(&rig, GTPC_MSG_DELETE_BEARER_REQ, &answer));
	rig_close(&rig);
}

static void
sessions_that_nobody_claims_are_swept(void)
{
	char path[128];

	rig_open(&rig, NULL);
	attach_many(4);
	rig_stop_control(&rig);
	// the store is lost: the dataplane still has them
	snprintf(path, sizeof(path), "%s/state/sessions.mdb", rig.dir);
	CU_ASSERT_EQUAL(unlink(path), 0);
	rig_start_control(&rig);
	CU_ASSERT_TRUE(rig_wait(&rig, is_serving));
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	CU_ASSERT_EQUAL(rig.pgw->sync.swept, 4);
	rig_close(&rig);
}

static struct session_usage
usage_of(const char *imsi, struct session_usage *dl)
{
	struct session_usage ul;

	session_usage_now(rig.pgw, session_find_imsi(rig.pgw->sessions, imsi, NULL), &ul, dl);
	return ul;
}

static void
usage_is_neither_lost_nor_doubled_by_restarts(void)
{
	struct session_usage ul, dl;
	uint32_t slot;

	rig_open(&rig, NULL);
	rig_attach(&rig, "001010000000009");
	slot = session_find_imsi(rig.pgw->sessions, "001010000000009", NULL)->slot;
	fake_use(rig.fake, slot, 5000, 6000); // of a session before in the same slot
	rig_delete(&rig, &request,
		session_find_imsi(rig.pgw->sessions, "001010000000009", NULL)->teid);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
	rig_attach(&rig, IMSI);
	CU_ASSERT_EQUAL(session_find_imsi(rig.pgw->sessions, IMSI, NULL)->slot, slot);
	ul = usage_of(IMSI, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 0);
	fake_use(rig.fake, slot, 100, 200);
	rig_restart_control(&rig);
	ul = usage_of(IMSI, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 100);
	CU_ASSERT_EQUAL(dl.bytes, 200);
	fake_use(rig.fake, slot, 10, 20);
	restart_dataplane(&(struct fake_config){ 0 });
	rig_settle(&rig);
	ul = usage_of(IMSI, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 110);
	CU_ASSERT_EQUAL(dl.bytes, 220);
	fake_use(rig.fake, slot, 1, 2);
	rig_restart_control(&rig);
	ul = usage_of(IMSI, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 111);
	CU_ASSERT_EQUAL(ul.packets, 3);
	CU_ASSERT_EQUAL(dl.bytes, 222);
	rig_close(&rig);
}

static void
modify(const char *imsi)
{
	gtpc_message_init(&request, GTPC_MSG_MODIFY_BEARER_REQ,
		session_find_imsi(rig.pgw->sessions, imsi, NULL)->teid, 0);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
}

static void
restart_both(void)
{
	rig_stop_control(&rig);
	fake_stop(rig.fake);
	rig.fake = fake_start(&(struct fake_config){ .run_dir = rig.dir });
	rig_start_control(&rig);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
}

// What was used until the session's row was last written; here by a Modify Bearer Request.
static void
usage_until_the_last_change_survives_the_end_of_both(void)
{
	struct session_usage ul, dl;

	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	fake_use(rig.fake, 0, 100, 200);
	modify(IMSI);
	restart_both();
	ul = usage_of(IMSI, &dl);
	CU_ASSERT_EQUAL(ul.bytes, 100);
	CU_ASSERT_EQUAL(dl.bytes, 200);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 1);
	rig_close(&rig);
}

static void
use_and_expect(uint32_t slot, const char *imsi, uint64_t bytes)
{
	struct session_usage ul, dl;

	fake_use(rig.fake, slot, 1, 2);
	ul = usage_of(imsi, &dl);
	CU_ASSERT_EQUAL(ul.bytes, bytes);
	CU_ASSERT_EQUAL(dl.bytes, 2 * bytes);
}

// After the end of both no row is written anew: those of before stand beside new ones, each for the
// instance that it was written in, over any number of restarts of control alone.
static void
rows_of_several_instances_count_each_for_its_own(void)
{
	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	fake_use(rig.fake, 0, 100, 200);
	modify(IMSI);
	restart_both();
	rig_settle(&rig);
	use_and_expect(0, IMSI, 101);
	fake_use(rig.fake, 1, 7000, 8000); // of one that had the other slot
	rig_attach(&rig, "001010000000009");
	use_and_expect(1, "001010000000009", 1);
	rig_restart_control(&rig);
	use_and_expect(0, IMSI, 102);
	use_and_expect(1, "001010000000009", 2);
	rig_restart_control(&rig);
	use_and_expect(0, IMSI, 103);
	use_and_expect(1, "001010000000009", 3);
	restart_dataplane(&(struct fake_config){ 0 });
	rig_settle(&rig);
	rig_restart_control(&rig);
	use_and_expect(0, IMSI, 104);
	use_and_expect(1, "001010000000009", 4);
	rig_close(&rig);
}

static void
a_session_whose_apn_is_gone_is_dropped(void)
{
	static const char other[] =
		"gtpc: { addresses = [ \"10.10.0.1\" ]; transactions_max = 4000; };\n"
		"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
		"apns: ( { name = \"other\"; pools = [ \"p\" ]; } );\n";
	char text[1024];

	rig_open(&rig, NULL);
	attach_many(3);
	rig_stop_control(&rig);
	snprintf(text, sizeof(text),
		"control: { run_dir = \"%s\"; state_dir = \"%s/state\"; };\n%s", rig.dir, rig.dir,
		other);
	cfg_free(&ctl_config_schema, &rig.config);
	CU_ASSERT_EQUAL_FATAL(
		cfg_load_text("other.cfg", text, &ctl_config_schema, &rig.config, stderr), 0);
	rig_start_control(&rig);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_serving));
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	rig_restart_control(&rig); // their rows are gone too
	CU_ASSERT_EQUAL(rig.pgw->counters.sessions_cleared, 0);
	rig_close(&rig);
}

static bool
is_failing(struct rig *r)
{
	return r->pgw->turn.is_failing;
}

// The disk is full: answers wait, new sessions are refused; afterwards all is as if nothing was.
static void
a_full_disk_delays_answers_and_loses_none(void)
{
	struct rlimit before, full = { .rlim_cur = 4096, .rlim_max = RLIM_INFINITY };
	uint32_t sequence;

	rig_open(&rig, NULL);
	attach_many(3);
	signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	full.rlim_max = before.rlim_max;
	rig_create(&rig, &request, IMSI);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &full), 0);
	sequence = rig_send(&rig, &request);
	CU_ASSERT_TRUE(rig_wait(&rig, is_failing));
	CU_ASSERT_FALSE(rig_take(&rig, sequence, &answer));
	rig_create(&rig, &request, "001010000000002");
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	rig_settle(&rig);
	CU_ASSERT_TRUE_FATAL(rig_take(&rig, sequence, &answer));
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_ACCEPTED);
	rig_restart_control(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 4);
	rig_close(&rig);
}

// What the SGW was told before the process was killed, through a pipe.
struct told {
	uint32_t teid;
	uint8_t ipv4[4];
};

// The child: attaches devices until it is killed.
static void
attach_until_killed(int fd)
{
	char imsi[16];

	for (unsigned int i = 0;; i++) {
		struct create_session_rsp rsp;
		struct told told;

		snprintf(imsi, sizeof(imsi), "0010100002%05u", i);
		rsp = rig_attach(&rig, imsi);
		told.teid = rsp.pgw.teid;
		memcpy(told.ipv4, rsp.paa.ipv4, 4);
		if (write(fd, &told, sizeof(told)) != sizeof(told))
			_exit(1);
	}
}

static unsigned int
read_told(int fd, struct told *told, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && read(fd, &told[n], sizeof(told[n])) == sizeof(told[n]))
		n++;
	return n;
}

// Dataplane and control both live in the child here and die with it; the store alone is left.
static void
no_answered_session_is_lost_by_kill_9(void)
{
	static const struct fake_config many = { .sessions_max = 100000 };
	static struct told told[100000];
	unsigned int n, lost = 0;
	int pipes[2], status;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		close(pipes[0]);
		rig_open_with(&rig, NULL, &many);
		if (write(pipes[1], rig.dir, sizeof(rig.dir)) != sizeof(rig.dir))
			_exit(1);
		attach_until_killed(pipes[1]);
	}
	close(pipes[1]);
	memset(&rig, 0, sizeof(rig));
	CU_ASSERT_EQUAL_FATAL(read(pipes[0], rig.dir, sizeof(rig.dir)), sizeof(rig.dir));
	poll(&(struct pollfd){ .fd = pipes[0], .events = POLLIN }, 1, -1);
	usleep(100000);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	n = read_told(pipes[0], told, 100000);
	close(pipes[0]);
	CU_ASSERT_TRUE(WIFSIGNALED(status));
	CU_ASSERT_TRUE(n > 0);
	rig_reopen(&rig, &many);
	for (unsigned int i = 0; i < n; i++) {
		const struct session *s = session_find_teid(rig.pgw->sessions, told[i].teid);

		lost += !s || memcmp(s->ue_ipv4, told[i].ipv4, 4) != 0;
	}
	CU_ASSERT_EQUAL(lost, 0);
	// the one in flight may be there without an answer, no more
	CU_ASSERT_TRUE(rig_counts(&rig).active <= n + 1);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, rig_counts(&rig).active);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(control_comes_back_with_its_sessions_and_its_counter),
	UNIT_CASE(a_repeated_request_gets_the_answer_of_before_the_restart),
	UNIT_CASE(a_delete_in_flight_is_answered_after_the_restart),
	UNIT_CASE(charging_ids_and_addresses_differ_after_a_restart),
	UNIT_CASE(a_peer_s_restart_during_our_own_is_seen),
	UNIT_CASE(a_new_dataplane_gets_all_sessions),
	UNIT_CASE(a_dataplane_without_room_for_all_closes_the_rest),
	UNIT_CASE(sessions_that_nobody_claims_are_swept),
	UNIT_CASE(usage_is_neither_lost_nor_doubled_by_restarts),
	UNIT_CASE(usage_until_the_last_change_survives_the_end_of_both),
	UNIT_CASE(rows_of_several_instances_count_each_for_its_own),
	UNIT_CASE(a_session_whose_apn_is_gone_is_dropped),
	UNIT_CASE(a_full_disk_delays_answers_and_loses_none),
	UNIT_CASE(no_answered_session_is_lost_by_kill_9),
};

UNIT_MAIN("control/restart", cases)
