// SPDX-License-Identifier: BSD-3-Clause
// What tests of the dataplane's Linux side need: a small EAL, a network namespace of their own, and
// waiting for a condition instead of a time.
#pragma once

#include "tests/unit/cunit_main.h"

#include <rte_eal.h>
#include <rte_mbuf.h>

#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RIG_DEADLINE_MS 20000 // far beyond what anything here takes, only reached by failures
#define RIG_MBUFS 1023

static inline void
rig_remove_runtime_dir(void)
{
	rmdir(rte_eal_get_runtime_dir()); // ours by its prefix, and empty
}

// Once per process. `vdev` may be NULL. With telemetry there's a socket under this file prefix.
static inline bool
rig_eal(const char *prefix, const char *vdev, bool has_telemetry)
{
	char file_prefix[64], vdev_arg[128], telemetry[32],
		name[] = "test", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
		no_shconf[] = "--no-shconf", m[] = "-m", mib[] = "128", cpu[] = "--lcores=0",
		level[] = "--log-level=4";
	char *argv[16] = { name, no_huge, no_pci, no_shconf, m, mib, cpu, level };
	int argc = 8;

	snprintf(file_prefix, sizeof(file_prefix), "--file-prefix=%s-%d", prefix, (int)getpid());
	snprintf(telemetry, sizeof(telemetry), has_telemetry ? "--telemetry" : "--no-telemetry");
	argv[argc++] = file_prefix;
	argv[argc++] = telemetry;
	if (vdev != NULL) {
		snprintf(vdev_arg, sizeof(vdev_arg), "--vdev=%s", vdev);
		argv[argc++] = vdev_arg;
	}
	// registered first, so that it runs after the EAL's own tidying
	return atexit(rig_remove_runtime_dir) == 0 && rte_eal_init(argc, argv) >= 0;
}

static inline struct rte_mempool *
rig_pool(void)
{
	return rte_pktmbuf_pool_create(
		"rig", RIG_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
}

// True if all mbufs are back.
static inline bool
rig_pool_is_whole(const struct rte_mempool *pool)
{
	return rte_mempool_avail_count(pool) == RIG_MBUFS;
}

// From here on, interfaces, addresses and routes are this process's own. Needs root.
static inline bool
rig_netns(void)
{
	return unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
}

// Runs `ip` with these arguments. False if it fails.
static inline __attribute__((format(printf, 1, 2))) bool
rig_ip(const char *format, ...)
{
	char command[512];
	va_list args;
	int n = snprintf(command, sizeof(command), "ip ");

	va_start(args, format);
	vsnprintf(command + n, sizeof(command) - (size_t)n, format, args);
	va_end(args);
	return system(command) == 0;
}

static inline uint64_t
rig_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
