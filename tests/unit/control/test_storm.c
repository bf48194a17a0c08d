// SPDX-License-Identifier: BSD-3-Clause
// Five times as many devices attach as can be served: those that are served are hardly fewer than
// without the storm, memory stays within its bounds, Echo and Delete Session go first, and afterwards
// all is as before. What is compared is sessions per second of the thread's own processor time, measured
// in turn with and without the storm, the best of some rounds, so that a busy machine changes nothing.
#include "control/gtpc/intake.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <event2/event.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define CREATES_A_TURN 64
#define TURNS 100
#define ROUNDS 5
#define ROUNDS_MAX 25 // where others take the caches, until a round is undisturbed
#define QUEUE 4096
#define STORM 5

static struct rig rig;
static struct intake *intake;
static unsigned int n_accepted, n_deleted, n_echoes;
static uint32_t last_teid; // of ours, of the session created last

static void
read_answer(struct rig *r, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	static struct gtpc_message m;
	struct gtpc_fault fault;
	size_t used;

	n_echoes += bytes[1] == GTPC_MSG_ECHO_RSP;
	n_deleted += bytes[1] == GTPC_MSG_DELETE_SESSION_RSP && bytes[16] == GTPC_CAUSE_ACCEPTED;
	if (bytes[1] != GTPC_MSG_CREATE_SESSION_RSP ||
		gtpc_message_parse(bytes, n, &used, &m, &fault) ||
		m.create_session_rsp.cause.value != GTPC_CAUSE_ACCEPTED)
		return;
	n_accepted++;
	last_teid = m.create_session_rsp.pgw.teid;
}

static void
deliver(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	pgw_receive(rig.pgw, path, bytes, n);
}

struct arrival {
	uint8_t bytes[512];
	size_t n;
};

static void
encode(struct gtpc_message *m, struct arrival *a)
{
	ssize_t n;

	m->header.sequence = ++rig.sequence;
	n = gtpc_message_encode(m, a->bytes, sizeof(a->bytes));
	CU_ASSERT_FATAL(n > 0);
	a->n = (size_t)n;
}

static void
put(const struct arrival *a)
{
	intake_put(intake, &rig.path, a->bytes, a->n, pgw_now_ms());
}

// Each device is another one; what was refused or dropped doesn't come again.
static void
encode_create(struct arrival *a)
{
	static unsigned int sim;
	struct gtpc_message m;
	char imsi[16];

	snprintf(imsi, sizeof(imsi), "26201%010u", ++sim);
	rig_create(&rig, &m, imsi);
	encode(&m, a);
}

static void
put_urgent(void)
{
	struct gtpc_message m;
	struct arrival a;

	gtpc_message_init(&m, GTPC_MSG_ECHO_REQ, 0, 0);
	m.echo_req.recovery = 1;
	encode(&m, &a);
	put(&a);
	rig_delete(&rig, &m, last_teid);
	encode(&m, &a);
	put(&a);
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Turns of the event loop with so many arrivals in each. Returns the processor seconds that the
// gateway took, the time of making the arrivals left out.
static double
run_turns(unsigned int turns, unsigned int arrivals)
{
	static struct arrival made[STORM * CREATES_A_TURN];
	double seconds = 0;

	for (unsigned int i = 0; i < turns; i++) {
		double began;

		for (unsigned int k = 0; k < arrivals; k++)
			encode_create(&made[k]);
		began = cpu_seconds();
		for (unsigned int k = 0; k < arrivals; k++)
			put(&made[k]);
		intake_serve(intake, CREATES_A_TURN, pgw_now_ms());
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
		seconds += cpu_seconds() - began;
		usleep(100); // the dataplane's thread
	}
	return seconds;
}

static double
goodput(unsigned int arrivals)
{
	unsigned int before = n_accepted;
	double seconds = run_turns(TURNS, arrivals);

	rig_settle(&rig); // what the dataplane's thread still owes, however late that runs
	return (n_accepted - before) / seconds;
}

static double
larger(double a, double b)
{
	return a > b ? a : b;
}

static void
open_storm(void)
{
	struct intake_config c = { .waiting_max = QUEUE,
		.bytes_max = QUEUE * 1024,
		.age_max_ms = 2000,
		.deliver = deliver };

	rig_open_with(
		&rig, NULL, &(struct fake_config){ .sessions_max = 200000, .ring_elems = 4096 });
	rig.tap = read_answer;
	c.counters = gtpc_node_counters(rig.pgw->node);
	intake = intake_new(&c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(intake);
}

static void
close_storm(void)
{
	intake_free(intake);
	rig_close(&rig);
}

static void
drain(void)
{
	while (intake_serve(intake, CREATES_A_TURN, pgw_now_ms()) > 0)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	rig_settle(&rig);
}

static void
serves_nearly_as_many_in_a_storm_of_five_times_its_capacity(void)
{
	double calm = 0, storm = 0;

	open_storm();
	for (int i = 0; i < ROUNDS || (i < ROUNDS_MAX && storm <= 0.8 * calm); i++) {
		calm = larger(calm, goodput(CREATES_A_TURN));
		storm = larger(storm, goodput(STORM * CREATES_A_TURN));
		CU_ASSERT(intake_waiting(intake) <= QUEUE);
		drain();
	}
	printf("\n    calm %.0f, storm %.0f sessions a processor second: %.0f %%\n    ", calm,
		storm, 100 * storm / calm);
	CU_ASSERT(storm > 0.8 * calm);
	CU_ASSERT(gtpc_node_counters(rig.pgw->node)->n[GTPC_COUNT_CREATE_QUEUE_FULL] > 0);
	close_storm();
}

static unsigned int deleted_before;

static bool
is_deleted(struct rig *r)
{
	return n_deleted == deleted_before + 1;
}

static void
echoes_and_deletes_go_before_a_storm(void)
{
	unsigned int deleted, echoes;

	open_storm();
	run_turns(4, CREATES_A_TURN);
	rig_settle(&rig);
	run_turns(40, STORM * CREATES_A_TURN); // the queue is full by now
	for (int i = 0; i < 20; i++) {
		deleted = n_deleted;
		echoes = n_echoes;
		put_urgent();
		run_turns(1, STORM * CREATES_A_TURN);
		CU_ASSERT_EQUAL(n_echoes, echoes + 1);
		deleted_before = deleted;
		CU_ASSERT_TRUE(rig_wait(&rig, is_deleted)); // none of those that wait was served
		rig_settle(&rig); // the next to be deleted is one that the turn created
	}
	close_storm();
}

static void
is_as_before_when_the_storm_is_over(void)
{
	unsigned int accepted;

	open_storm();
	run_turns(40, STORM * CREATES_A_TURN);
	drain();
	accepted = n_accepted;
	run_turns(1, CREATES_A_TURN);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(n_accepted, accepted + CREATES_A_TURN);
	CU_ASSERT_EQUAL(intake_waiting(intake), 0);
	CU_ASSERT_EQUAL(rig.pgw->procedures.n_waiting, 0);
	close_storm();
}

static void
what_has_waited_for_long_is_dropped(void)
{
	open_storm();
	for (int i = 0; i < 10; i++) {
		struct arrival a;

		encode_create(&a);
		put(&a);
	}
	CU_ASSERT_EQUAL(intake_serve(intake, 4, pgw_now_ms()), 6);
	CU_ASSERT_EQUAL(intake_serve(intake, 4, pgw_now_ms() + 3000), 0);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(rig_counts(&rig).active, 4);
	CU_ASSERT_EQUAL(gtpc_node_counters(rig.pgw->node)->n[GTPC_COUNT_CREATE_WAITED_LONG], 6);
	close_storm();
}

static const struct unit_case cases[] = {
	UNIT_CASE(serves_nearly_as_many_in_a_storm_of_five_times_its_capacity),
	UNIT_CASE(echoes_and_deletes_go_before_a_storm),
	UNIT_CASE(is_as_before_when_the_storm_is_over),
	UNIT_CASE(what_has_waited_for_long_is_dropped),
};

UNIT_MAIN("control/storm", cases)
