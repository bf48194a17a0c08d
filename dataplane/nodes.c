// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/nodes.h"

#include "config/log.h"
#include "dataplane/port.h"

#include <rte_lcore.h>

#include <errno.h>
#include <numaif.h>

static uint32_t
bit(int node)
{
	return node >= 0 && node < NODES_MAX ? 1u << node : 0;
}

void
nodes_find(struct nodes *n, const struct dp_config *c)
{
	*n = (struct nodes){ .home = (int)rte_lcore_to_socket_id(1) };
	for (unsigned int i = 0; i < c->n_workers; i++)
		n->of_workers |= bit((int)rte_lcore_to_socket_id(i + 1));
	for (size_t i = c->n_ports; i-- > 0;) {
		int node = port_node(&c->ports[i], i);

		if (bit(node))
			n->home = node;
		n->of_ports |= bit(node);
	}
	if (!bit(n->home))
		n->home = 0;
}

int
nodes_of_port(const struct nodes *n, const struct dp_port_config *p, size_t index)
{
	int node = port_node(p, index);

	return bit(node) ? node : n->home;
}

void
nodes_place(const struct nodes *n, void *at, size_t bytes)
{
	unsigned long mask = n->of_workers ? n->of_workers : bit(n->home);
	int mode = mask & (mask - 1) ? MPOL_INTERLEAVE : MPOL_PREFERRED;

	if (mbind(at, bytes, mode, &mask, NODES_MAX + 1, 0))
		log_info("NUMA: the shared file's memory stays where the kernel puts it: %s",
			strerror(errno));
}

// "0,2"; "none" for an empty set.
static const char *
names(uint32_t set, char *text, size_t room)
{
	int n = snprintf(text, room, "none");

	for (unsigned int i = 0, at = 0; i < NODES_MAX; i++) {
		if (!(set >> i & 1))
			continue;
		n = snprintf(text + at, room - at, "%s%u", at ? "," : "", i);
		at += (unsigned int)n;
	}
	return text;
}

void
nodes_log(const struct nodes *n, const struct dp_config *c)
{
	char ports[3 * NODES_MAX], workers[3 * NODES_MAX];

	log_notice("NUMA nodes: ports %s, workers %s; packet buffers and sessions on %d",
		names(n->of_ports, ports, sizeof(ports)),
		names(n->of_workers, workers, sizeof(workers)), n->home);
	for (unsigned int i = 0; n->of_ports && i < c->n_workers; i++) {
		int node = (int)rte_lcore_to_socket_id(i + 1);

		if (!(n->of_ports & bit(node)))
			log_warning("worker %u: CPU %u is on NUMA node %d, no port is: each packet "
				    "crosses between nodes",
				i, c->worker_cpus[i], node);
	}
}
