// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/eal.h"

#include "dataplane/bond.h"
#include "dataplane/port.h"
#include "dataplane/session_table.h"

#include <rte_eal.h>
#include <rte_errno.h>

#include <errno.h>
#include <string.h>

#define ARGS_MAX (32 + 2 * DP_PORTS_MAX * (1 + DP_MEMBERS_MAX) + DP_EAL_ARGS_MAX)
#define ARG_MAX 1024

struct args {
	int n;
	char text[ARGS_MAX][ARG_MAX];
	char *argv[ARGS_MAX + 1];
};

static void args_add(struct args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
args_add(struct args *a, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(a->text[a->n], ARG_MAX, format, list);
	va_end(list);
	a->argv[a->n] = a->text[a->n];
	a->n++;
}

// MiB that the instance takes: buffers, sessions, tables, and what DPDK needs itself.
static uint32_t
memory_wanted(const struct dp_config *c)
{
	uint64_t lines = (uint64_t)c->sessions_max + c->bearers_max;
	uint64_t entries =
		(uint64_t)session_table_entries((uint32_t)lines, (uint32_t)c->n_workers) *
		c->n_workers;
	uint64_t bytes = port_mbufs(c) * (port_frame_room(c) + 384ULL) +
		lines * (sizeof(struct session) + sizeof(struct session_extra)) + entries * 120 +
		c->n_workers * (4ULL << 20) + (96ULL << 20);

	return c->memory_mib ? c->memory_mib : (uint32_t)(bytes >> 20);
}

static uint64_t
hugepages_free_mib(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long free_pages = 0, kib = 0;
	char line[128];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		(void)!sscanf(line, "HugePages_Free: %lu", &free_pages);
		(void)!sscanf(line, "Hugepagesize: %lu", &kib);
	}
	fclose(f);
	return (uint64_t)free_pages * kib >> 10;
}

static bool
use_hugepages(const struct dp_config *c, uint32_t wanted)
{
	uint64_t there = hugepages_free_mib();

	if (c->hugepages == DP_HUGEPAGES_OFF)
		return false;
	if (c->hugepages == DP_HUGEPAGES_ON || there >= wanted)
		return true;
	log_notice("no hugepages (%u MiB wanted, %lu MiB free): running with --no-huge, slower",
		wanted, there);
	return false;
}

static void
args_of_lcores(struct args *a, const struct dp_config *c)
{
	char text[DP_WORKERS_MAX * 12];
	int n = snprintf(text, sizeof(text), "0@%u", c->main_cpu);

	for (size_t i = 0; i < c->n_workers; i++)
		n += snprintf(
			text + n, sizeof(text) - (size_t)n, ",%zu@%u", i + 1, c->worker_cpus[i]);
	args_add(a, "--main-lcore=0");
	args_add(a, "--lcores");
	snprintf(a->text[a->n], ARG_MAX, "%s", text);
	a->argv[a->n] = a->text[a->n];
	a->n++;
}

// True if it is a NIC.
static bool
args_of_device(struct args *a, const char *device, const char *text)
{
	bool is_pci = port_is_pci(device);

	args_add(a, "%s", is_pci ? "-a" : "--vdev");
	args_add(a, "%s", text);
	return is_pci;
}

static void
args_of_devices(struct args *a, const struct dp_config *c)
{
	char text[ARG_MAX];
	bool has_pci = false;

	for (size_t i = 0; i < c->n_ports; i++) {
		const struct dp_port_config *p = &c->ports[i];

		port_eal_device(p, i, text, sizeof(text));
		bond_eal_slaves(p, i, text, sizeof(text));
		has_pci |= args_of_device(a, p->device, text);
		for (size_t m = 0; m < p->n_members; m++) {
			bond_member_eal_device(p, i, m, text, sizeof(text));
			has_pci |= args_of_device(a, p->members[m], text);
		}
	}
	if (!has_pci)
		args_add(a, "--no-pci");
}

int
eal_start(const struct dp_config *c)
{
	static struct args a;
	uint32_t wanted = memory_wanted(c);

	for (size_t i = 0; i < c->n_ports; i++)
		if (port_check(&c->ports[i]))
			return -ENODEV;
	args_add(&a, "torii-dataplane");
	args_of_lcores(&a, c);
	args_of_devices(&a, c);
	args_add(&a, "--file-prefix=%s", c->file_prefix);
	args_add(&a, "--log-level=%s", c->log.level >= LOG_LEVEL_DEBUG ? "info" : "warning");
	if (use_hugepages(c, wanted)) {
		args_add(&a, "--in-memory");
	} else {
		args_add(&a, "--no-huge");
		args_add(&a, "--no-shconf");
		args_add(&a, "-m");
		args_add(&a, "%u", wanted);
	}
	for (size_t i = 0; i < c->n_eal_args; i++)
		args_add(&a, "%s", c->eal_args[i]);
	if (rte_eal_init(a.n, a.argv) < 0) {
		log_error("DPDK can't start: %s", rte_strerror(rte_errno));
		return -(rte_errno ? rte_errno : EINVAL);
	}
	return 0;
}

void
eal_stop(void)
{
	rte_eal_cleanup();
}
