// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/steering.h"

#include "dataplane/gtpu.h"

#include <rte_errno.h>
#include <rte_flow.h>

#include <errno.h>
#include <string.h>

// What one rule consists of; rte_flow wants pointers to all of it.
struct rule {
	struct rte_flow_item_udp udp, udp_mask;
	struct rte_flow_item_gtp gtp, gtp_mask;
	struct rte_flow_item item[5];
	struct rte_flow_action_queue queue;
	struct rte_flow_action action[2];
};

// Any IPv4 G-PDU whose TEID ends with the shard.
static void
rule_fill(struct rule *r, uint8_t shard, uint16_t queue)
{
	*r = (struct rule){
		.udp.hdr.dst_port = RTE_BE16(GTPU_PORT),
		.udp_mask.hdr.dst_port = RTE_BE16(0xffff),
		.gtp.teid = rte_cpu_to_be_32(shard),
		.gtp_mask.teid = RTE_BE32(0xff),
		.item = { { .type = RTE_FLOW_ITEM_TYPE_ETH }, { .type = RTE_FLOW_ITEM_TYPE_IPV4 },
			{ .type = RTE_FLOW_ITEM_TYPE_UDP }, { .type = RTE_FLOW_ITEM_TYPE_GTPU },
			{ .type = RTE_FLOW_ITEM_TYPE_END } },
		.queue.index = queue,
		.action = { { .type = RTE_FLOW_ACTION_TYPE_QUEUE },
			{ .type = RTE_FLOW_ACTION_TYPE_END } },
	};
	r->item[2].spec = &r->udp;
	r->item[2].mask = &r->udp_mask;
	r->item[3].spec = &r->gtp;
	r->item[3].mask = &r->gtp_mask;
	r->action[0].conf = &r->queue;
}

int
steering_open(uint16_t device, const uint8_t shard_worker[DP_SHARDS], const char **why)
{
	const struct rte_flow_attr ingress = { .ingress = 1 };
	struct rte_flow_error error = { 0 };
	struct rule r;
	int rc = 0;

	for (unsigned int shard = 0; rc == 0 && shard < DP_SHARDS; shard++) {
		rule_fill(&r, (uint8_t)shard, shard_worker[shard]);
		rc = rte_flow_validate(device, &ingress, r.item, r.action, &error);
		if (rc == 0 && !rte_flow_create(device, &ingress, r.item, r.action, &error)) {
			rc = rte_errno ? -rte_errno : -EIO;
			rte_flow_flush(device, NULL);
		}
	}
	*why = rc == 0 ? NULL : error.message ? error.message : strerror(-rc);
	return rc;
}
