// SPDX-License-Identifier: BSD-3-Clause
// Load and overload control. TS 29.274 clause 12: nothing unless the PLMN is listed.
#include "control/session/load.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#define GATEWAY                                                                                    \
	"gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"30s\"; transactions_max = 4000; };\n"       \
	"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"                               \
	"apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n"
#define LISTED "overload: { load_plmns = [ \"00101\" ]; plmns = [ \"00101\", \"310410\" ]; };\n"

static struct rig rig;
static struct gtpc_message request, answer;

static void
open_small(const char *config)
{
	rig_open_with(&rig, config, &(struct fake_config){ .sessions_max = 20 });
}

static void
attach(unsigned int sim, uint16_t mcc, uint16_t mnc, unsigned int digits)
{
	char imsi[16];

	snprintf(imsi, sizeof(imsi), "26201%010u", sim);
	rig_create(&rig, &request, imsi);
	request.create_session_req.serving_network = gtpc_plmn_make(mcc, mnc, digits);
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
}

// TS 29.274 12.2.1, 12.3.1: off by default across PLMNs
static void
nobody_is_told_anything_unless_listed(void)
{
	open_small(GATEWAY);
	load_tick(rig.pgw, pgw_now_ms());
	attach(1, 1, 1, 2);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_node_load);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_overload);
	rig_close(&rig);
	open_small(GATEWAY LISTED);
	load_tick(rig.pgw, pgw_now_ms());
	attach(1, 262, 1, 2);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_node_load);
	attach(2, 310, 410, 3); // listed for overload alone
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_node_load);
	rig_close(&rig);
}

// TS 29.274 7.2.2, 12.2.5
static void
a_listed_plmn_is_told_the_load_with_a_growing_number(void)
{
	uint32_t first;

	open_small(GATEWAY LISTED);
	load_tick(rig.pgw, pgw_now_ms());
	attach(1, 1, 1, 2);
	CU_ASSERT_TRUE_FATAL(answer.create_session_rsp.has_pgw_node_load);
	CU_ASSERT_EQUAL(answer.create_session_rsp.pgw_node_load.load, 0);
	first = answer.create_session_rsp.pgw_node_load.sequence;
	CU_ASSERT_NOT_EQUAL(first, 0);
	attach(2, 1, 1, 2); // nothing has changed, so neither has the number
	CU_ASSERT_EQUAL(answer.create_session_rsp.pgw_node_load.sequence, first);
	for (unsigned int i = 3; i <= 10; i++)
		attach(i, 1, 1, 2);
	load_tick(rig.pgw, pgw_now_ms());
	rig_delete(&rig, &request, answer.create_session_rsp.pgw.teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.delete_session_rsp.pgw_node_load.load, 50);
	CU_ASSERT(answer.delete_session_rsp.pgw_node_load.sequence > first);
	rig_close(&rig);
}

// TS 29.274 12.3.5, 12.3.6: told while it lasts, also in the refusals, and then that it is over
static void
an_overload_is_told_with_its_measure_and_its_end(void)
{
	uint64_t now_ms = pgw_now_ms();
	uint32_t first;

	open_small(GATEWAY LISTED "limits: { create_rate = 1; };\n");
	attach(1, 1, 1, 2);
	for (unsigned int i = 2; i < 30; i++)
		attach(i, 1, 1, 2);
	CU_ASSERT(rig.pgw->counters.overload_refused > 10);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_overload);
	load_tick(rig.pgw, now_ms);
	attach(30, 310, 410, 3);
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_TRUE_FATAL(answer.create_session_rsp.has_pgw_overload);
	CU_ASSERT(answer.create_session_rsp.pgw_overload.reduction >= 50);
	CU_ASSERT(answer.create_session_rsp.pgw_overload.reduction <= 90);
	CU_ASSERT_EQUAL(
		gtpc_epc_timer_seconds(&answer.create_session_rsp.pgw_overload.validity), 30);
	first = answer.create_session_rsp.pgw_overload.sequence;
	attach(31, 262, 1, 2);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_overload);
	for (int i = 0; i < 12; i++)
		load_tick(rig.pgw, now_ms);
	attach(32, 1, 1, 2);
	CU_ASSERT_TRUE(answer.create_session_rsp.has_pgw_overload);
	CU_ASSERT_EQUAL(answer.create_session_rsp.pgw_overload.reduction, 0);
	CU_ASSERT(answer.create_session_rsp.pgw_overload.sequence > first);
	rig.pgw->load.told_until_ms = 0; // the last word no longer holds
	attach(33, 1, 1, 2);
	CU_ASSERT_FALSE(answer.create_session_rsp.has_pgw_overload);
	rig_close(&rig);
}

static unsigned int
permitted(struct sgw *sgw, uint64_t now_ms)
{
	unsigned int n = 0;

	for (int i = 0; i < 100; i++)
		n += load_permits(sgw, now_ms);
	return n;
}

static void
say_overload(uint32_t teid, uint32_t sequence, uint8_t reduction)
{
	struct modify_bearer_req *req = &request.modify_bearer_req;

	gtpc_message_init(&request, GTPC_MSG_MODIFY_BEARER_REQ, teid, 0);
	req->has_sgw_overload = true;
	req->sgw_overload = (struct gtpc_overload){
		.sequence = sequence, .reduction = reduction, .validity = gtpc_epc_timer_make(60)
	};
	CU_ASSERT_TRUE_FATAL(rig_ask(&rig, &request, &answer));
}

// TS 29.274 12.3.9
static void
an_overloaded_sgw_is_spared_as_it_asks(void)
{
	uint64_t now_ms = pgw_now_ms();
	struct sgw *sgw;
	uint32_t teid;

	open_small(GATEWAY LISTED);
	attach(1, 1, 1, 2);
	teid = answer.create_session_rsp.pgw.teid;
	sgw = sgw_find(rig.pgw->sessions, &rig.path.peer.addr);
	CU_ASSERT_EQUAL(permitted(sgw, now_ms), 100);
	say_overload(teid, 7, 75);
	CU_ASSERT_EQUAL(permitted(sgw, now_ms), 25);
	say_overload(teid, 6, 10); // overtaken by the other one
	CU_ASSERT_EQUAL(permitted(sgw, now_ms), 25);
	CU_ASSERT_EQUAL(permitted(sgw, now_ms + 120000), 100); // no longer valid
	say_overload(teid, 8, 0);
	CU_ASSERT_EQUAL(permitted(sgw, now_ms), 100);
	CU_ASSERT_EQUAL(rig.pgw->counters.overload_heard, 2);
	rig_close(&rig);
}

// TS 29.274 12.3.9: the word of an SGW of a PLMN that isn't listed counts for nothing
static void
other_networks_are_not_heeded(void)
{
	struct sgw *sgw;

	open_small(GATEWAY LISTED);
	attach(1, 262, 1, 2);
	sgw = sgw_find(rig.pgw->sessions, &rig.path.peer.addr);
	say_overload(answer.create_session_rsp.pgw.teid, 7, 75);
	CU_ASSERT_EQUAL(permitted(sgw, pgw_now_ms()), 100);
	rig_close(&rig);
}

// TS 29.274 12.3.5: what the dataplane drops for us is overload as well; what it dropped before our time isn't
static void
what_the_dataplane_drops_counts(void)
{
	uint64_t *dropped;

	open_small(GATEWAY LISTED);
	dropped = &dp_shm_worker(dpclient_header(rig.pgw->dp), 0)
			   ->counters.drop[DP_DROP_CREATE_SURPLUS];
	*dropped = 1000;
	load_tick(rig.pgw, pgw_now_ms());
	CU_ASSERT_EQUAL(rig.pgw->load.reduction, 0);
	attach(1, 1, 1, 2);
	*dropped += 4;
	load_tick(rig.pgw, pgw_now_ms());
	CU_ASSERT_EQUAL(rig.pgw->load.reduction, 80);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(nobody_is_told_anything_unless_listed),
	UNIT_CASE(a_listed_plmn_is_told_the_load_with_a_growing_number),
	UNIT_CASE(an_overload_is_told_with_its_measure_and_its_end),
	UNIT_CASE(an_overloaded_sgw_is_spared_as_it_asks),
	UNIT_CASE(other_networks_are_not_heeded),
	UNIT_CASE(what_the_dataplane_drops_counts),
};

UNIT_MAIN("control/load", cases)
