// SPDX-License-Identifier: BSD-3-Clause
// A driver's side of rte_flow is here, in the library's place.
#include "dataplane/steering.h"
#include "tests/unit/cunit_main.h"

#include <rte_errno.h>
#include <rte_flow.h>

#include <errno.h>
#include <string.h>

#define NONE UINT32_MAX

static uint8_t shard_worker[DP_SHARDS];
static uint16_t queue_of[DP_SHARDS]; // as the rules that were made say
static uint32_t n_made, create_fails_at;
static bool is_refused;

int
rte_flow_validate(uint16_t port_id, const struct rte_flow_attr *attr,
	const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
	struct rte_flow_error *error)
{
	if (is_refused)
		return rte_flow_error_set(
			error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, NULL, "no GTP here");
	CU_ASSERT_EQUAL(port_id, 3);
	CU_ASSERT_TRUE(attr->ingress && !attr->egress);
	CU_ASSERT_EQUAL(pattern[4].type, RTE_FLOW_ITEM_TYPE_END);
	return 0;
}

int
rte_flow_error_set(struct rte_flow_error *error, int code, enum rte_flow_error_type type,
	const void *cause, const char *message)
{
	*error = (struct rte_flow_error){ type, cause, message };
	rte_errno = code;
	return -code;
}

struct rte_flow *
rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr,
	const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
	struct rte_flow_error *error)
{
	const struct rte_flow_item_udp *udp = pattern[2].spec;
	const struct rte_flow_item_gtp *gtp = pattern[3].spec, *mask = pattern[3].mask;
	const struct rte_flow_action_queue *queue = actions[0].conf;

	if (n_made == create_fails_at) {
		rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_HANDLE, NULL, NULL);
		return NULL;
	}
	CU_ASSERT_EQUAL(pattern[3].type, RTE_FLOW_ITEM_TYPE_GTPU);
	CU_ASSERT_EQUAL(udp->hdr.dst_port, RTE_BE16(2152));
	CU_ASSERT_EQUAL(mask->teid, RTE_BE32(0xff));
	queue_of[rte_be_to_cpu_32(gtp->teid)] = queue->index;
	n_made++;
	return (struct rte_flow *)queue_of;
}

int
rte_flow_flush(uint16_t port_id, struct rte_flow_error *error)
{
	n_made = 0;
	return 0;
}

static void
begin(void)
{
	for (unsigned int i = 0; i < DP_SHARDS; i++)
		shard_worker[i] = (uint8_t)(i % 3);
	n_made = 0;
	create_fails_at = NONE;
	is_refused = false;
}

static void
each_shard_comes_by_its_owners_queue(void)
{
	const char *why;

	begin();
	CU_ASSERT_EQUAL(steering_open(3, shard_worker, &why), 0);
	CU_ASSERT_PTR_NULL(why);
	CU_ASSERT_EQUAL(n_made, DP_SHARDS);
	for (unsigned int i = 0; i < DP_SHARDS; i++)
		CU_ASSERT_EQUAL(queue_of[i], i % 3);
}

static void
a_driver_that_takes_none_says_why(void)
{
	const char *why;

	begin();
	is_refused = true;
	CU_ASSERT_EQUAL(steering_open(3, shard_worker, &why), -ENOTSUP);
	CU_ASSERT_STRING_EQUAL(why, "no GTP here");
	CU_ASSERT_EQUAL(n_made, 0);
}

static void
a_driver_that_runs_out_of_room_keeps_none(void)
{
	const char *why;

	begin();
	create_fails_at = 100;
	CU_ASSERT_EQUAL(steering_open(3, shard_worker, &why), -ENOSPC);
	CU_ASSERT_STRING_EQUAL(why, strerror(ENOSPC));
	CU_ASSERT_EQUAL(n_made, 0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(each_shard_comes_by_its_owners_queue),
	UNIT_CASE(a_driver_that_takes_none_says_why),
	UNIT_CASE(a_driver_that_runs_out_of_room_keeps_none),
};

UNIT_MAIN("dataplane/steering", cases)
