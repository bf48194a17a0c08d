// SPDX-License-Identifier: BSD-3-Clause
// Sessions created and deleted CYCLES times (set by the build), 64 at once: memory stays flat, and
// nothing is left anywhere.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE 64
#define WARM_UP (CYCLES / 5)

static struct rig rig;

// A device that attaches and detaches for ever.
struct device {
	uint32_t sequence;
	uint32_t teid; // of the gateway, 0: detached
};

static struct device devices[AT_ONCE];
static unsigned int n_begun, n_ended, n_wrong, target;
static struct gtpc_message message;

static void
begin_attach(struct rig *r, unsigned int i)
{
	char imsi[16];

	if (n_begun == target)
		return;
	n_begun++;
	snprintf(imsi, sizeof(imsi), "0010100%08u", i);
	rig_create(r, &message, imsi);
	devices[i].teid = 0;
	devices[i].sequence = rig_send(r, &message);
}

static void
begin_detach(struct rig *r, unsigned int i)
{
	rig_delete(r, &message, devices[i].teid);
	devices[i].sequence = rig_send(r, &message);
}

static void
answered(struct rig *r, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	static struct gtpc_message m;
	struct gtpc_fault fault;
	unsigned int i = 0;
	size_t used;

	if (gtpc_message_parse(bytes, n, &used, &m, &fault) < 0) {
		n_wrong++;
		return;
	}
	while (i < AT_ONCE && devices[i].sequence != m.header.sequence)
		i++;
	if (i == AT_ONCE) {
		n_wrong++;
	} else if (m.header.type == GTPC_MSG_CREATE_SESSION_RSP) {
		n_wrong += m.create_session_rsp.cause.value != GTPC_CAUSE_ACCEPTED;
		devices[i].teid = m.create_session_rsp.pgw.teid;
		begin_detach(r, i);
	} else {
		n_wrong += m.delete_session_rsp.cause.value != GTPC_CAUSE_ACCEPTED;
		n_ended++;
		begin_attach(r, i);
	}
}

static bool
is_done(struct rig *r)
{
	return n_ended == target;
}

static void
cycle(unsigned int n)
{
	target += n;
	for (unsigned int i = 0; i < AT_ONCE; i++)
		begin_attach(&rig, i);
	while (n_ended < target) {
		unsigned int before = n_ended;

		rig_wait(&rig, is_done);
		CU_ASSERT_TRUE_FATAL(n_ended > before);
	}
}

static void
memory_is_flat_and_nothing_is_left(void)
{
	struct ip_pool_counts pool;
	struct store_counts stored;
	size_t warm_bytes, end_bytes;
	uint64_t began_ms;

	rig_open(&rig, NULL);
	rig.tap = answered;
	began_ms = pgw_now_ms();
	cycle(WARM_UP);
	warm_bytes = mallinfo2().uordblks;
	cycle(CYCLES - WARM_UP);
	end_bytes = mallinfo2().uordblks;
	printf("\n    %u cycles in %llu ms, heap %zu bytes, then %zu ", CYCLES,
		(unsigned long long)(pgw_now_ms() - began_ms), warm_bytes, end_bytes);
	rig_settle(&rig);
	CU_ASSERT_EQUAL(n_wrong, 0);
	// what varies is the answers that are kept: some more or less at one moment
	CU_ASSERT_TRUE(end_bytes < warm_bytes + (1 << 20));
	CU_ASSERT_EQUAL(rig_counts(&rig).active + rig_counts(&rig).creating, 0);
	CU_ASSERT_EQUAL(rig_counts(&rig).closing + rig_counts(&rig).sgws, 0);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, 0);
	CU_ASSERT_TRUE(session_table_top(rig.pgw->sessions) <= 2 * AT_ONCE);
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &pool);
	CU_ASSERT_EQUAL(pool.held_dynamic, 0);
	store_count(rig.store, &stored);
	CU_ASSERT_EQUAL(stored.rows[STORE_SESSIONS], 0);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(memory_is_flat_and_nothing_is_left),
};

UNIT_MAIN("control/churn", cases)
