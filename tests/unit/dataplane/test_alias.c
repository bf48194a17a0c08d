// SPDX-License-Identifier: BSD-3-Clause
// A session's second address, whose shard another worker has.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <errno.h>
#include <string.h>

#define RECEIVER 0
#define OWNER 1
#define ALIAS_WORKER 2

static const struct rig_options three_workers = {
	.n_workers = 3, .n_rxq = { 1, 1 }, .n_txq = { 3, 3 }
};

static struct dp_session session;
static struct dp_alias alias; // of an address of its owner's
static uint32_t alias_ue;

static unsigned int
worker_of_shard(uint8_t shard)
{
	return rig.dp.in.shm->shard_worker[shard];
}

static unsigned int
worker_of_address(uint32_t ue)
{
	uint8_t bytes[4] = { (uint8_t)(ue >> 24), (uint8_t)(ue >> 16), (uint8_t)(ue >> 8),
		(uint8_t)ue };

	return worker_of_shard(dp_shard_of(bytes, 4));
}

static uint32_t
address_of_worker(unsigned int worker, uint32_t from)
{
	while (worker_of_address(from) != worker)
		from++;
	return from;
}

// A session of OWNER, and an alias for it in ALIAS_WORKER.
static void
begin(void)
{
	rig_open(&three_workers);
	session = rig_session(3);
	rig_session_address(&session, address_of_worker(OWNER, IP4(100, 64, 1, 0)), 77);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
	alias_ue = address_of_worker(ALIAS_WORKER, IP4(100, 64, 2, 0));
	alias = (struct dp_alias){ .vrf = session.vrf,
		.family = 4,
		.shard = (uint8_t)session.teid,
		.bytes = { (uint8_t)(alias_ue >> 24), (uint8_t)(alias_ue >> 16),
			(uint8_t)(alias_ue >> 8), (uint8_t)alias_ue } };
}

static void
end(void)
{
	CU_ASSERT_EQUAL(rig_discard_punted(), 0);
	CU_ASSERT_TRUE(rig_pool_is_full());
	CU_ASSERT_TRUE(rig_accounts_balance());
	rig_close();
}

static int
request(unsigned int worker, enum dp_op op, const struct dp_alias *a)
{
	struct dp_request r = { .op = (uint16_t)op, .alias = *a };
	struct dp_reply reply;

	return rig_request(worker, &r, &reply) ? reply.done.result : 1;
}

static uint32_t
n_aliases(void)
{
	return rig_worker(ALIAS_WORKER)->shm->aliases;
}

static void
receive_dl(uint32_t to, unsigned int n)
{
	static struct frame f;
	struct traffic t = { .s = &session, .payload = 10, .inner.dst = to };

	traffic_dl(&f, &t);
	for (unsigned int i = 0; i < n; i++)
		rig_receive(RIG_SGI, 0, &f);
	rig_run();
}

// The owner has no such address here: it says so, instead of handing the packet back.
static void
an_alias_leads_to_the_owner_and_no_further(void)
{
	const struct dp_worker_counters *owner;

	begin();
	owner = rig_worker(OWNER)->count;
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), 0);
	receive_dl(alias_ue, 7);
	CU_ASSERT_EQUAL(rig_worker(RECEIVER)->count->handoff_out, 7);
	CU_ASSERT_EQUAL(rig_worker(ALIAS_WORKER)->count->handoff_in, 7);
	CU_ASSERT_EQUAL(rig_worker(ALIAS_WORKER)->count->handoff_out, 7);
	CU_ASSERT_EQUAL(owner->handoff_in, 7);
	CU_ASSERT_EQUAL(owner->handoff_out, 0);
	CU_ASSERT_EQUAL(owner->drop[DP_DROP_NO_SESSION], 7);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 7);
	end();
}

// Two workers that take each other for the owner, as only a faulty control could say.
static void
aliases_never_bounce(void)
{
	struct worker *owner;
	uint64_t key;

	begin();
	owner = rig_worker(OWNER);
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), 0);
	key = dl_key(session.vrf, rte_cpu_to_be_32(alias_ue));
	CU_ASSERT_EQUAL(key_table_put(&owner->tables.by_addr, key,
				ALIAS | ALIAS_WORKER << ALIAS_OWNER_SHIFT),
		0);
	receive_dl(alias_ue, 5);
	CU_ASSERT_EQUAL(owner->count->handoff_out, 0);
	CU_ASSERT_EQUAL(owner->count->drop[DP_DROP_ALIAS_LOOP], 5);
	CU_ASSERT_EQUAL(rig_count(handoff_out), 10);
	end();
}

static void
without_its_alias_the_address_is_nobodys(void)
{
	begin();
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), 0);
	CU_ASSERT_EQUAL(n_aliases(), 1);
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), 0); // the same again
	CU_ASSERT_EQUAL(n_aliases(), 1);
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_DELETE, &alias), 0);
	CU_ASSERT_EQUAL(n_aliases(), 0);
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_DELETE, &alias), -ENOENT);
	receive_dl(alias_ue, 1);
	CU_ASSERT_EQUAL(rig_worker(ALIAS_WORKER)->count->drop[DP_DROP_NO_SESSION], 1);
	end();
}

static void
an_alias_belongs_to_the_worker_of_its_shard_alone(void)
{
	struct dp_alias a;

	begin();
	CU_ASSERT_EQUAL(request(OWNER, DP_OP_ALIAS_PUT, &alias), -EXDEV);
	CU_ASSERT_EQUAL(request(RECEIVER, DP_OP_ALIAS_PUT, &alias), -EXDEV);
	a = alias;
	while (worker_of_shard(a.shard) != ALIAS_WORKER)
		a.shard++;
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &a), -EXDEV); // of its own
	a = alias;
	a.vrf = RIG_VRFS;
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &a), -EINVAL);
	a = alias;
	a.family = 5;
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &a), -EINVAL);
	CU_ASSERT_EQUAL(n_aliases(), 0);
	end();
}

static void
an_address_is_a_sessions_or_an_alias(void)
{
	struct dp_session other;

	begin();
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), 0);
	other = rig_session(4);
	rig_session_address(&other, alias_ue, 78);
	CU_ASSERT_EQUAL(rig_put(&other), 0); // the alias was for an earlier holder
	CU_ASSERT_EQUAL(n_aliases(), 0);
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), -EEXIST);
	CU_ASSERT_TRUE(rig_attach());
	CU_ASSERT_EQUAL(request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias), 0);
	CU_ASSERT_EQUAL(rig_worker(ALIAS_WORKER)->shm->sessions, 0);
	end();
}

static void
a_sweep_deletes_aliases_that_nobody_claimed(void)
{
	uint32_t n, claimed = 0, all = 0;

	begin();
	for (uint32_t i = 0; i < 600; i++) {
		memcpy(alias.bytes, &i, 4);
		all += request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias) == 0;
	}
	CU_ASSERT(all > 100);
	CU_ASSERT_EQUAL(n_aliases(), all);
	CU_ASSERT_TRUE(rig_attach());
	for (uint32_t i = 0; i < 600; i += 2) {
		memcpy(alias.bytes, &i, 4);
		claimed += request(ALIAS_WORKER, DP_OP_ALIAS_PUT, &alias) == 0;
	}
	CU_ASSERT_EQUAL(n_aliases(), all);
	CU_ASSERT_EQUAL(rig_sweep(ALIAS_WORKER, &n), 0);
	CU_ASSERT_EQUAL(n, all - claimed);
	CU_ASSERT_EQUAL(n_aliases(), claimed);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(an_alias_leads_to_the_owner_and_no_further),
	UNIT_CASE(aliases_never_bounce),
	UNIT_CASE(without_its_alias_the_address_is_nobodys),
	UNIT_CASE(an_alias_belongs_to_the_worker_of_its_shard_alone),
	UNIT_CASE(an_address_is_a_sessions_or_an_alias),
	UNIT_CASE(a_sweep_deletes_aliases_that_nobody_claimed),
};

UNIT_MAIN("dataplane/alias", cases)
