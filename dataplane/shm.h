// SPDX-License-Identifier: BSD-3-Clause
// Makes the shared file of include/dp_shm.h.
#pragma once

#include "dataplane/dp_config.h"
#include "dataplane/include/dp_shm.h"
#include "dataplane/nodes.h"

struct shm {
	struct dp_header *header;
	size_t bytes;
	char path[DP_PATH_MAX + 32];
};

// Makes a new file beside the one in place, laid out and zeroed, with a new instance; rings are
// initialised, memory on the workers' NUMA nodes. Nobody sees it before shm_publish. 0 or -errno, logged.
int shm_create(
	struct shm *shm, const struct dp_config *c, uint32_t ring_elems, const struct nodes *nodes);

// Renames the file over the old one. 0 or -errno, logged.
int shm_publish(struct shm *shm, const struct dp_config *c);

// Unmaps. A file that was never published is removed; a published one stays for control to read.
void shm_close(struct shm *shm);

// The lock that one dataplane per run_dir holds. Its descriptor, or -errno, logged.
int run_dir_lock(const char *run_dir);
