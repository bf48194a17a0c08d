// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static size_t
line_up(size_t bytes)
{
	return (bytes + 4095) & ~(size_t)4095;
}

static int
map_file(struct shm *shm)
{
	int fd = open(shm->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (posix_fallocate(fd, 0, sizeof(struct dp_header)) || ftruncate(fd, (off_t)shm->bytes))
		rc = -errno;
	if (rc == 0) {
		shm->header = mmap(NULL, shm->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (shm->header == MAP_FAILED) {
			shm->header = NULL;
			rc = -errno;
		}
	}
	close(fd);
	if (rc)
		unlink(shm->path);
	else
		madvise(shm->header, shm->bytes, MADV_HUGEPAGE);
	return rc;
}

static void
lay_out_workers(struct dp_header *h, uint64_t at, uint64_t trace_at, uint64_t request_bytes,
	uint64_t reply_bytes)
{
	for (uint16_t i = 0; i < h->n_workers; i++) {
		struct dp_worker *w = dp_shm_worker(h, i);

		w->request_ring_off = at;
		w->reply_ring_off = at + request_bytes;
		w->trace_ring_off = trace_at + i * sizeof(struct dp_trace_ring);
		at += request_bytes + reply_bytes;
		rte_ring_init(dp_shm_ring(h, w->request_ring_off), "request", h->ring_elems,
			RING_F_SP_ENQ | RING_F_SC_DEQ);
		rte_ring_init(dp_shm_ring(h, w->reply_ring_off), "reply", h->ring_elems,
			RING_F_SP_ENQ | RING_F_SC_DEQ);
	}
}

static void
fill_header(struct dp_header *h, const struct dp_config *c, size_t bytes, uint32_t ring_elems)
{
	h->version = DP_SHM_VERSION;
	h->header_bytes = sizeof(*h);
	h->file_bytes = bytes;
	h->started_unix_s = (uint64_t)time(NULL);
	if (getrandom(&h->instance, sizeof(h->instance), 0) != sizeof(h->instance))
		h->instance = h->started_unix_s << 20 | (uint64_t)getpid();
	h->pid = getpid();
	h->sessions_max = c->sessions_max;
	h->bearers_max = c->bearers_max;
	h->ring_elems = ring_elems;
	h->n_workers = (uint16_t)c->n_workers;
	snprintf(h->software, sizeof(h->software), "%s", torii_version());
	for (unsigned int i = 0; i < DP_SHARDS; i++)
		h->shard_worker[i] = (uint8_t)(i % c->n_workers);
	h->n_gtpu = (uint16_t)c->n_gtpu;
	static_assert(sizeof(h->gtpu[0]) == sizeof(c->gtpu[0]), "one layout of addresses");
	memcpy(h->gtpu, c->gtpu, sizeof(h->gtpu));
	h->n_vrfs = (uint16_t)c->n_vrfs;
	for (size_t i = 0; i < c->n_vrfs; i++) {
		snprintf(h->vrf[i].name, sizeof(h->vrf[i].name), "%s", c->vrfs[i].name);
		h->vrf[i].table = c->vrfs[i].table;
	}
}

int
shm_create(
	struct shm *shm, const struct dp_config *c, uint32_t ring_elems, const struct nodes *nodes)
{
	size_t request_bytes =
		line_up((size_t)rte_ring_get_memsize_elem(sizeof(struct dp_request), ring_elems));
	size_t reply_bytes =
		line_up((size_t)rte_ring_get_memsize_elem(sizeof(struct dp_reply), ring_elems));
	size_t worker_off = line_up(sizeof(struct dp_header));
	size_t rings_off = worker_off + line_up(c->n_workers * sizeof(struct dp_worker));
	size_t mirror_off = rings_off + c->n_workers * (request_bytes + reply_bytes);
	size_t usage_off = mirror_off + line_up(sizeof(struct dp_mirror));
	size_t lines = (size_t)c->sessions_max + c->bearers_max;
	size_t trace_off = usage_off + line_up(lines * sizeof(struct dp_slot_usage));
	size_t bearers_off = trace_off + line_up(c->n_workers * sizeof(struct dp_trace_ring));
	int rc;

	// Nothing is written into a trace ring before there is a trace, and into what is for bearers
	// before there are some: they take no memory until then.
	shm->bytes = bearers_off + line_up(c->bearers_max * sizeof(struct dp_bearers));
	snprintf(shm->path, sizeof(shm->path), "%s/%s.%d", c->run_dir, DP_SHM_NAME, getpid());
	unlink(shm->path); // of a process with the same id long ago
	rc = map_file(shm);
	if (rc) {
		log_error("%s: can't make the shared file of %zu MiB: %s", shm->path,
			shm->bytes >> 20, strerror(-rc));
		return rc;
	}
	nodes_place(nodes, shm->header, shm->bytes);
	fill_header(shm->header, c, shm->bytes, ring_elems);
	shm->header->worker_off = worker_off;
	shm->header->mirror_off = mirror_off;
	shm->header->usage_off = usage_off;
	shm->header->bearers_off = bearers_off;
	lay_out_workers(shm->header, rings_off, trace_off, request_bytes, reply_bytes);
	return 0;
}

int
shm_publish(struct shm *shm, const struct dp_config *c)
{
	char path[sizeof(shm->path)];
	int rc;

	shm->header->magic = DP_SHM_MAGIC;
	snprintf(path, sizeof(path), "%s/%s", c->run_dir, DP_SHM_NAME);
	if (rename(shm->path, path)) {
		rc = -errno;
		log_error("%s: can't be put in place: %s", path, strerror(errno));
		return rc;
	}
	shm->path[0] = '\0';
	return 0;
}

void
shm_close(struct shm *shm)
{
	if (shm->header == NULL)
		return;
	if (shm->path[0])
		unlink(shm->path);
	munmap(shm->header, shm->bytes);
	shm->header = NULL;
}

int
run_dir_lock(const char *run_dir)
{
	char path[DP_PATH_MAX + 32];
	int fd, rc;

	if (mkdir(run_dir, 0755) && errno != EEXIST) {
		rc = -errno;
		log_error("%s: can't be made: %s", run_dir, strerror(errno));
		return rc;
	}
	snprintf(path, sizeof(path), "%s/%s", run_dir, DP_LOCK_NAME);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
		rc = -errno;
		if (rc == -EWOULDBLOCK)
			log_error("%s: another torii-dataplane is running with this run_dir", path);
		else
			log_error("%s: can't be locked: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	return fd;
}
