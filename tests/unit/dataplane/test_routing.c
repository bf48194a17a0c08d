// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/routing_build.h"
#include "tests/unit/cunit_main.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define VRFS 5
#define READERS 2
#define GENERATIONS 3000

static struct routing_publisher publisher;
static struct routing_builder *builder;

static void
begin(void)
{
	size_t size = rte_rcu_qsbr_get_memsize(READERS);

	publisher.qsbr = aligned_alloc(64, RTE_ALIGN_CEIL(size, 64));
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(publisher.qsbr, READERS), 0);
	builder = routing_builder_new(&publisher, VRFS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
}

static void
end(void)
{
	routing_builder_free(builder);
	free(publisher.qsbr);
}

// A view in which `addr` is local, and nothing else.
static void
stage(uint32_t vrf, uint32_t addr)
{
	struct route_row row = {
		.prefix = { .family = 4,
			.bytes = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16),
				(uint8_t)(addr >> 8), (uint8_t)addr } },
		.prefix_len = 32,
		.kind = DP_ROUTE_LOCAL,
	};
	struct route_input in = { .route = &row, .n_routes = 1 };

	routing_stage(builder, vrf, route_view_build(&in, routing_next_generation(builder)));
}

static const struct routing *
now(void)
{
	return atomic_load(&publisher.now);
}

static void
begins_with_an_empty_view_for_each_vrf(void)
{
	begin();
	CU_ASSERT_EQUAL(now()->n_vrfs, VRFS);
	for (uint32_t i = 0; i < VRFS; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(now()->vrf[i]);
		CU_ASSERT_NOT_EQUAL(now()->vrf[i]->generation, 0);
		CU_ASSERT_EQUAL(route_find(now()->vrf[i], 0x0a000001), 0);
	}
	CU_ASSERT_PTR_NULL(now()->vrf[VRFS]);
	end();
}

static void
publishing_nothing_changes_nothing(void)
{
	const struct routing *before;

	begin();
	before = now();
	CU_ASSERT_EQUAL(routing_publish(builder), 0);
	CU_ASSERT_PTR_EQUAL(now(), before);
	end();
}

static void
shares_the_views_that_did_not_change(void)
{
	struct routing before;

	begin();
	before = *now();
	stage(3, 0x0a000001);
	CU_ASSERT_PTR_EQUAL(now()->vrf[3], before.vrf[3]);
	CU_ASSERT_EQUAL(routing_publish(builder), 0);
	CU_ASSERT_PTR_NOT_EQUAL(now()->vrf[3], before.vrf[3]);
	CU_ASSERT_TRUE(route_is_local(now()->vrf[3], 0x0a000001));
	CU_ASSERT_NOT_EQUAL(now()->generation, before.generation);
	for (uint32_t i = 0; i < VRFS; i++)
		CU_ASSERT_EQUAL(now()->vrf[i] == before.vrf[i], i != 3);
	end();
}

static void
staging_twice_publishes_the_second(void)
{
	begin();
	stage(1, 0x0a000001);
	stage(1, 0x0a000002);
	CU_ASSERT_EQUAL(routing_publish(builder), 0);
	CU_ASSERT_TRUE(route_is_local(now()->vrf[1], 0x0a000002));
	CU_ASSERT_FALSE(route_is_local(now()->vrf[1], 0x0a000001));
	end();
}

static void
keeps_what_a_worker_may_still_read(void)
{
	const struct route_view *old;

	begin();
	rte_rcu_qsbr_thread_register(publisher.qsbr, 0);
	rte_rcu_qsbr_thread_online(publisher.qsbr, 0);
	stage(0, 0x0a000001);
	routing_publish(builder);
	old = now()->vrf[0];
	stage(0, 0x0a000002);
	routing_publish(builder);
	CU_ASSERT_EQUAL(routing_reclaim(builder), 2);
	CU_ASSERT_TRUE(route_is_local(old, 0x0a000001));
	rte_rcu_qsbr_quiescent(publisher.qsbr, 0);
	CU_ASSERT_EQUAL(routing_reclaim(builder), 0);
	stage(0, 0x0a000003);
	routing_publish(builder);
	CU_ASSERT_EQUAL(routing_reclaim(builder), 1);
	rte_rcu_qsbr_thread_offline(publisher.qsbr, 0);
	CU_ASSERT_EQUAL(routing_reclaim(builder), 0);
	end();
}

struct reader {
	pthread_t thread;
	unsigned int id;
	_Atomic bool stop;
	uint64_t turns, wrong;
};

// Each view has one local address, which is its generation: a torn or freed one would not fit.
static void *
read_until_stopped(void *arg)
{
	struct reader *r = arg;

	rte_rcu_qsbr_thread_register(publisher.qsbr, r->id);
	rte_rcu_qsbr_thread_online(publisher.qsbr, r->id);
	do {
		const struct routing *routing =
			atomic_load_explicit(&publisher.now, memory_order_acquire);

		for (uint32_t i = 0; i < VRFS; i++) {
			const struct route_view *v = routing->vrf[i];

			r->wrong += v->generation > VRFS && !route_is_local(v, v->generation);
		}
		r->turns++;
		rte_rcu_qsbr_quiescent(publisher.qsbr, r->id);
	} while (!atomic_load(&r->stop));
	rte_rcu_qsbr_thread_offline(publisher.qsbr, r->id);
	rte_rcu_qsbr_thread_unregister(publisher.qsbr, r->id);
	return NULL;
}

static void
readers_never_see_a_freed_view(void)
{
	struct reader reader[READERS];
	unsigned int most_waiting = 0;

	begin();
	for (unsigned int i = 0; i < READERS; i++) {
		reader[i] = (struct reader){ .id = i };
		pthread_create(&reader[i].thread, NULL, read_until_stopped, &reader[i]);
	}
	for (uint32_t i = 0; i < GENERATIONS; i++) {
		stage(i % VRFS, VRFS + 1 + i);
		routing_publish(builder);
		most_waiting = RTE_MAX(most_waiting, routing_reclaim(builder));
	}
	for (unsigned int i = 0; i < READERS; i++) {
		atomic_store(&reader[i].stop, true);
		pthread_join(reader[i].thread, NULL);
		CU_ASSERT_EQUAL(reader[i].wrong, 0);
		CU_ASSERT_TRUE(reader[i].turns > 0);
	}
	CU_ASSERT_EQUAL(routing_reclaim(builder), 0);
	printf("(at most %u waited) ", most_waiting);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(begins_with_an_empty_view_for_each_vrf),
	UNIT_CASE(publishing_nothing_changes_nothing),
	UNIT_CASE(shares_the_views_that_did_not_change),
	UNIT_CASE(staging_twice_publishes_the_second),
	UNIT_CASE(keeps_what_a_worker_may_still_read),
	UNIT_CASE(readers_never_see_a_freed_view),
};

UNIT_MAIN("dataplane/routing", cases)
