// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/routing_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A routing that was replaced, and those of its views that aren't in the next one.
struct retired {
	struct retired *next;
	uint64_t token;
	struct routing *routing;
	uint32_t n_views;
	struct route_view *view[];
};

struct routing_builder {
	struct routing_publisher *publisher;
	struct routing *now;
	struct retired *oldest, **newest;
	unsigned int n_retired;
	uint32_t generation;      // of the latest routing
	uint32_t view_generation; // of the latest view
	uint32_t n_staged;
	struct route_view *of_now[DP_VRFS_MAX];
	struct route_view *staged[DP_VRFS_MAX];
};

uint32_t
routing_next_generation(struct routing_builder *b)
{
	if (++b->view_generation == 0)
		b->view_generation = 1;
	return b->view_generation;
}

void
routing_stage(struct routing_builder *b, uint32_t vrf, struct route_view *view)
{
	if (b->staged[vrf] == NULL)
		b->n_staged++;
	route_view_free(b->staged[vrf]);
	b->staged[vrf] = view;
}

// Makes `next` what workers read. retired: NULL for the first one.
static void
swap_routing(struct routing_builder *b, struct routing *next, struct retired *retired)
{
	for (uint32_t i = 0; i < next->n_vrfs; i++) {
		if (b->staged[i] == NULL)
			continue;
		if (retired != NULL)
			retired->view[retired->n_views++] = b->of_now[i];
		b->of_now[i] = b->staged[i];
		b->staged[i] = NULL;
		next->vrf[i] = b->of_now[i];
	}
	b->n_staged = 0;
	next->generation = ++b->generation;
	b->now = next;
	atomic_store_explicit(&b->publisher->now, next, memory_order_release);
	if (retired == NULL)
		return;
	retired->token = rte_rcu_qsbr_start(b->publisher->qsbr);
	*b->newest = retired;
	b->newest = &retired->next;
	b->n_retired++;
}

int
routing_publish(struct routing_builder *b)
{
	struct retired *retired;
	struct routing *next;

	if (b->n_staged == 0)
		return 0;
	next = malloc(sizeof(*next));
	retired = malloc(sizeof(*retired) + b->n_staged * sizeof(retired->view[0]));
	if (next == NULL || retired == NULL) {
		free(next);
		free(retired);
		return -ENOMEM;
	}
	*retired = (struct retired){ .routing = b->now };
	*next = *b->now;
	swap_routing(b, next, retired);
	return 0;
}

static void
free_retired(struct retired *r)
{
	for (uint32_t i = 0; i < r->n_views; i++)
		route_view_free(r->view[i]);
	free(r->routing);
	free(r);
}

unsigned int
routing_reclaim(struct routing_builder *b)
{
	struct retired *r;

	while ((r = b->oldest) != NULL &&
		rte_rcu_qsbr_check(b->publisher->qsbr, r->token, false) == 1) {
		b->oldest = r->next;
		if (b->oldest == NULL)
			b->newest = &b->oldest;
		b->n_retired--;
		free_retired(r);
	}
	return b->n_retired;
}

struct routing_builder *
routing_builder_new(struct routing_publisher *publisher, uint32_t n_vrfs)
{
	struct route_input nothing = { .n_routes = 0 };
	struct routing_builder *b = calloc(1, sizeof(*b));
	struct routing *first = calloc(1, sizeof(*first));

	if (b == NULL || first == NULL || n_vrfs > DP_VRFS_MAX)
		goto free_both;
	b->publisher = publisher;
	b->newest = &b->oldest;
	first->n_vrfs = n_vrfs;
	for (uint32_t i = 0; i < n_vrfs; i++) {
		struct route_view *v = route_view_build(&nothing, routing_next_generation(b));

		if (v == NULL)
			goto free_views;
		routing_stage(b, i, v);
	}
	swap_routing(b, first, NULL);
	return b;
free_views:
	for (uint32_t i = 0; i < n_vrfs; i++)
		route_view_free(b->staged[i]);
free_both:
	free(first);
	free(b);
	return NULL;
}

void
routing_builder_free(struct routing_builder *b)
{
	struct retired *r;

	if (b == NULL)
		return;
	atomic_store(&b->publisher->now, NULL);
	while ((r = b->oldest) != NULL) {
		b->oldest = r->next;
		free_retired(r);
	}
	for (uint32_t i = 0; i < b->now->n_vrfs; i++) {
		route_view_free(b->of_now[i]);
		route_view_free(b->staged[i]);
	}
	free(b->now);
	free(b);
}
