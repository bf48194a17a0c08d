// SPDX-License-Identifier: BSD-3-Clause
// Where memory goes on a machine with NUMA nodes. Policies are read back from the kernel, which keeps
// them also where it has one node only.
#include "dataplane/nodes.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <numaif.h>
#include <sys/mman.h>

#define PAGE 4096

static unsigned long nodes_of;

static int
policy_of(void *at)
{
	int mode = -1;

	nodes_of = 0;
	CU_ASSERT_EQUAL(get_mempolicy(&mode, &nodes_of, NODES_MAX + 1, at, MPOL_F_ADDR), 0);
	return mode;
}

static void
the_shared_file_is_bound_to_the_workers_node(void)
{
	rig_open(NULL);
	CU_ASSERT_EQUAL(rig.dp.nodes.of_workers, 1);
	CU_ASSERT_EQUAL(policy_of(rig.dp.in.shm), MPOL_PREFERRED);
	CU_ASSERT_EQUAL(nodes_of, 1);
	CU_ASSERT_EQUAL(policy_of(&rig.dp.in.usage[1023]), MPOL_PREFERRED);
	rig_close();
}

static void
ports_without_a_node_use_home(void)
{
	rig_open(NULL);
	CU_ASSERT_EQUAL(nodes_of_port(&rig.dp.nodes, &rig.port_config[0], 0), rig.dp.nodes.home);
	CU_ASSERT_PTR_EQUAL(rig.dp.pool[rig.dp.nodes.home], rig.dp.in.pool);
	rig_close();
}

static void
memory_of_several_nodes_goes_round_them(void)
{
	struct nodes n = { .of_workers = 1 };
	char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CU_ASSERT_PTR_NOT_EQUAL_FATAL(at, MAP_FAILED);
	nodes_place(&n, at, PAGE);
	CU_ASSERT_EQUAL(policy_of(at), MPOL_PREFERRED);
	n.of_workers = 1 | 1u << 30; // a node that isn't there is left out by the kernel
	nodes_place(&n, at + PAGE, PAGE);
	CU_ASSERT_EQUAL(policy_of(at + PAGE), MPOL_INTERLEAVE);
	at[PAGE] = 1;
	n.of_workers = 1u << 30; // none that is there: refused, and nothing breaks
	nodes_place(&n, at + 2 * PAGE, PAGE);
	CU_ASSERT_EQUAL(policy_of(at + 2 * PAGE), MPOL_DEFAULT);
	at[2 * PAGE] = 1;
	munmap(at, 4 * PAGE);
}

static const struct unit_case cases[] = {
	UNIT_CASE(the_shared_file_is_bound_to_the_workers_node),
	UNIT_CASE(ports_without_a_node_use_home),
	UNIT_CASE(memory_of_several_nodes_goes_round_them),
};

UNIT_MAIN("dataplane/nodes", cases)
