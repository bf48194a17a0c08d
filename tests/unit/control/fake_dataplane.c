// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/fake_dataplane.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define IDLE_US 100

struct kept {
	bool is_used;
	uint32_t claim;
	struct dp_session session;
};

struct kept_alias {
	bool is_used;
	uint32_t claim;
	unsigned int worker;
	struct dp_alias alias;
};

#define ALIASES 64
#define PROFILES 16

struct fake_dataplane {
	struct fake_config config;
	struct dp_header *h;
	size_t bytes;
	uint64_t instance;
	int listen_fd, doorbell_fd;
	int clients[8];
	unsigned int n_clients;
	pthread_t thread;
	pthread_mutex_t lock;
	bool is_ending, is_held;
	int refusal;
	unsigned int n_refusals;
	struct fake_counts counts;
	struct kept *kept;          // by slot
	struct dp_bearers *bearers; // as they were at the put that named them
	uint32_t refused_bearers;   // bits that the next put with bearers is answered with
	struct kept_alias alias[ALIASES];
	struct dp_profile profile[PROFILES]; // of the first worker
	uint32_t attached[DP_WORKERS_MAX];
};

static uint64_t
aligned(uint64_t bytes)
{
	return (bytes + 63) & ~63ULL;
}

// Places the parts of the file one after the other and returns its size.
static uint64_t
lay_out(const struct fake_config *c, struct dp_header *h)
{
	uint64_t at = aligned(sizeof(*h));

	h->worker_off = at;
	at += aligned(c->n_workers * sizeof(struct dp_worker));
	h->usage_off = at;
	at += aligned((c->sessions_max + c->bearers_max) * sizeof(struct dp_slot_usage));
	h->bearers_off = at;
	at += aligned(c->bearers_max * sizeof(struct dp_bearers));
	h->mirror_off = at;
	at += aligned(sizeof(struct dp_mirror));
	return at;
}

static uint64_t
ring_bytes(const struct fake_config *c, unsigned int element)
{
	return aligned(sizeof(struct rte_ring) + (uint64_t)c->ring_elems * element);
}

static void
fill_header(struct fake_dataplane *f, const struct dp_header *layout)
{
	const struct fake_config *c = &f->config;
	struct dp_header *h = f->h;
	static uint64_t instance = 1000;

	*h = *layout;
	h->magic = DP_SHM_MAGIC;
	h->version = c->version;
	h->header_bytes = sizeof(*h);
	h->file_bytes = f->bytes;
	h->instance = ++instance + (uint64_t)getpid() * 100000;
	f->instance = h->instance;
	h->tsc_hz = 2000000000;
	h->pid = getpid();
	h->sessions_max = c->sessions_max;
	h->bearers_max = c->bearers_max;
	h->ring_elems = c->ring_elems;
	h->n_workers = (uint16_t)c->n_workers;
	h->n_vrfs = 2;
	snprintf(h->vrf[0].name, sizeof(h->vrf[0].name), "access");
	snprintf(h->vrf[1].name, sizeof(h->vrf[1].name), "%s", c->vrf);
	h->n_ifaces = 2;
	h->iface[0].role = DP_ROLE_ACCESS;
	h->iface[1].role = DP_ROLE_SGI;
	h->iface[1].vrf = 1;
	h->n_gtpu = 1;
	h->gtpu[0] = (struct dp_addr){ .family = 4, .bytes = { 10, 10, 0, 1 } };
	if (c->has_ipv6)
		h->gtpu[h->n_gtpu++] =
			(struct dp_addr){ .family = 6, .bytes = { 0xfd, 0, 0, 0x10, [15] = 1 } };
	for (unsigned int i = 0; i < DP_SHARDS; i++)
		h->shard_worker[i] = (uint8_t)(i % c->n_workers);
}

static int
make_file(struct fake_dataplane *f)
{
	const struct fake_config *c = &f->config;
	struct dp_header layout = { 0 };
	uint64_t rings = lay_out(c, &layout);
	char path[256], temporary[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", c->run_dir, DP_SHM_NAME);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	f->bytes = rings +
		c->n_workers *
			(ring_bytes(c, sizeof(struct dp_request)) +
				ring_bytes(c, sizeof(struct dp_reply)) +
				sizeof(struct dp_trace_ring));
	unlink(temporary);
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)f->bytes) < 0)
		return -1;
	f->h = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (f->h == MAP_FAILED)
		return -1;
	fill_header(f, &layout);
	for (unsigned int i = 0; i < c->n_workers; i++) {
		struct dp_worker *w = dp_shm_worker(f->h, i);

		w->request_ring_off = rings;
		rings += ring_bytes(c, sizeof(struct dp_request));
		w->reply_ring_off = rings;
		rings += ring_bytes(c, sizeof(struct dp_reply));
		w->trace_ring_off = rings;
		rings += sizeof(struct dp_trace_ring);
		w->sessions_max = c->sessions_max;
	}
	return rename(temporary, path);
}

static int
listen_on(struct fake_dataplane *f)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", f->config.run_dir, DP_SOCKET_NAME);
	unlink(un.sun_path);
	f->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (f->listen_fd < 0 || bind(f->listen_fd, (struct sockaddr *)&un, sizeof(un)) < 0)
		return -1;
	return listen(f->listen_fd, 8);
}

static void
greet(struct fake_dataplane *f, int fd)
{
	struct dp_hello hello = {
		.magic = DP_SHM_MAGIC, .version = f->config.version, .instance = f->instance
	};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = &hello, .iov_len = sizeof(hello) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &f->doorbell_fd, sizeof(int));
	if (sendmsg(fd, &m, 0) < 0)
		perror("fake dataplane: hello");
}

static void
forget_clients(struct fake_dataplane *f)
{
	char byte;

	for (unsigned int i = 0; i < f->n_clients;) {
		if (recv(f->clients[i], &byte, 1, MSG_DONTWAIT) != 0) {
			i++;
			continue;
		}
		close(f->clients[i]);
		f->clients[i] = f->clients[--f->n_clients];
	}
}

static void
accept_control(struct fake_dataplane *f)
{
	int fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	forget_clients(f);
	if (f->n_clients == 8) {
		close(fd);
		return;
	}
	f->clients[f->n_clients++] = fd;
	greet(f, fd);
}

static void
ring_doorbell(struct fake_dataplane *f)
{
	uint64_t one = 1;

	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_exchange(&f->h->control_sleeps, 0) &&
		write(f->doorbell_fd, &one, sizeof(one)) < 0)
		perror("fake dataplane: doorbell");
}

static bool
is_set(const uint8_t *bytes, size_t n)
{
	static const uint8_t zero[8];

	return memcmp(bytes, zero, n) != 0;
}

// One address in two sessions.
static bool
shares_address(const struct dp_session *a, const struct dp_session *b)
{
	return (is_set(a->ue_ipv4, 4) && memcmp(a->ue_ipv4, b->ue_ipv4, 4) == 0) ||
		(is_set(a->ue_ipv6_prefix, 8) &&
			memcmp(a->ue_ipv6_prefix, b->ue_ipv6_prefix, 8) == 0 &&
			(uint8_t)a->teid == (uint8_t)b->teid);
}

static struct kept_alias *
alias_slot(struct fake_dataplane *f, const struct dp_alias *a)
{
	struct kept_alias *unused = NULL;

	for (unsigned int i = 0; i < ALIASES; i++) {
		if (f->alias[i].is_used && memcmp(f->alias[i].alias.bytes, a->bytes, 8) == 0)
			return &f->alias[i];
		if (!f->alias[i].is_used)
			unused = &f->alias[i];
	}
	return unused;
}

static int
alias(struct fake_dataplane *f, unsigned int worker, const struct dp_alias *a, bool is_put)
{
	struct kept_alias *k = alias_slot(f, a);
	bool is_there = k && k->is_used;

	if (f->h->shard_worker[dp_shard_of(a->bytes, 8)] != worker ||
		f->h->shard_worker[a->shard] == worker || a->family != 6)
		return -EXDEV;
	if (!is_put && (!is_there || k->alias.shard != a->shard))
		return -ENOENT;
	f->counts.aliases += (uint32_t)is_put - (uint32_t)is_there;
	*k = (struct kept_alias){ is_put, f->attached[worker], worker, *a };
	return 0;
}

// Reads a session's bearers as a worker does. 0 or -errno.
static int
read_bearers(struct fake_dataplane *f, const struct dp_session *s)
{
	struct dp_bearers *from, *to;
	uint32_t seq;

	if (s->bearers == 0)
		return 0;
	if (s->bearers > f->config.bearers_max)
		return -EINVAL;
	from = &dp_shm_bearers(f->h)[s->bearers - 1];
	to = &f->bearers[s->bearers - 1];
	seq = atomic_load(&from->seq);
	memcpy((char *)to + sizeof(to->seq), (char *)from + sizeof(from->seq),
		sizeof(*to) - sizeof(to->seq));
	if (seq & 1 || seq != atomic_load(&from->seq))
		return -EAGAIN;
	for (unsigned int i = 0; i < to->n_bearers; i++)
		if ((to->bearer[i].teid & 0xff) != (s->teid & 0xff) ||
			to->bearer[i].slot >= f->config.bearers_max)
			return -EINVAL;
	return to->slot == s->slot && to->generation == s->generation ? 0 : -EAGAIN;
}

static int
put(struct fake_dataplane *f, unsigned int worker, const struct dp_session *s)
{
	if (f->n_refusals > 0) {
		f->n_refusals--;
		return f->refusal;
	}
	if (s->slot >= f->config.sessions_max || s->vrf >= f->h->n_vrfs || s->teid == 0 ||
		s->peer_teid == 0)
		return -EINVAL;
	if (dp_session_shard(s) != (s->teid & 0xff) || f->h->shard_worker[s->teid & 0xff] != worker)
		return -EXDEV;
	for (uint32_t i = 0; i < f->config.sessions_max && f->config.sessions_max < 5000; i++) {
		const struct kept *k = &f->kept[i];

		if (k->is_used && i != s->slot && k->claim == f->attached[worker] &&
			(k->session.teid == s->teid || shares_address(&k->session, s)))
			return -EEXIST;
	}
	if (!f->kept[s->slot].is_used)
		f->counts.sessions++;
	else if (f->kept[s->slot].session.peer_teid != s->peer_teid &&
		s->flags & DP_SESSION_END_MARKER)
		f->counts.end_markers++;
	f->kept[s->slot] = (struct kept){ true, f->attached[worker], *s };
	return read_bearers(f, s);
}

static int delete (struct fake_dataplane *f, const struct dp_session_ref *ref)
{
	struct kept *k;

	if (ref->slot >= f->config.sessions_max)
		return -EINVAL;
	k = &f->kept[ref->slot];
	if (!k->is_used || k->session.generation != ref->generation)
		return -ENOENT;
	k->is_used = false;
	f->counts.sessions--;
	return 0;
}

static uint32_t
sweep(struct fake_dataplane *f, unsigned int worker)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->config.sessions_max; i++) {
		struct kept *k = &f->kept[i];

		if (!k->is_used || k->claim == f->attached[worker] ||
			f->h->shard_worker[k->session.teid & 0xff] != worker)
			continue;
		k->is_used = false;
		f->counts.sessions--;
		n++;
	}
	for (unsigned int i = 0; i < ALIASES; i++) {
		struct kept_alias *k = &f->alias[i];

		if (!k->is_used || k->worker != worker || k->claim == f->attached[worker])
			continue;
		k->is_used = false;
		f->counts.aliases--;
		n++;
	}
	return n;
}

static void
serve(struct fake_dataplane *f, unsigned int worker, const struct dp_request *r)
{
	struct rte_ring *ring = dp_shm_ring(f->h, dp_shm_worker(f->h, worker)->reply_ring_off);
	struct dp_reply reply = { .kind = DP_REPLY_DONE, .op = r->op, .id = r->id };

	switch (r->op) {
	case DP_OP_SESSION_PUT:
		f->counts.puts++;
		reply.done.result = put(f, worker, &r->session);
		if (r->session.bearers && reply.done.result == 0) {
			reply.done.count = f->refused_bearers;
			f->refused_bearers = 0;
		}
		break;
	case DP_OP_SESSION_DELETE:
		f->counts.deletes++;
		reply.done.result = delete (f, &r->ref);
		break;
	case DP_OP_PROFILE_PUT:
		f->counts.profiles++;
		if (worker == 0 && r->profile.profile < PROFILES)
			f->profile[r->profile.profile] = r->profile;
		break;
	case DP_OP_ALIAS_PUT:
	case DP_OP_ALIAS_DELETE:
		reply.done.result = alias(f, worker, &r->alias, r->op == DP_OP_ALIAS_PUT);
		break;
	case DP_OP_SWEEP:
		f->counts.sweeps++;
		reply.done.count = sweep(f, worker);
		break;
	default:
		reply.done.result = -EINVAL;
	}
	if (rte_ring_sp_enqueue_elem(ring, &reply, sizeof(reply)) != 0)
		fprintf(stderr, "fake dataplane: a reply is lost\n");
}

static void
attach_if_asked(struct fake_dataplane *f, unsigned int worker)
{
	struct dp_worker *w = dp_shm_worker(f->h, worker);
	uint32_t wanted = atomic_load(&f->h->attach);

	if (wanted == f->attached[worker])
		return;
	rte_ring_init(dp_shm_ring(f->h, w->request_ring_off), "request", f->config.ring_elems,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	rte_ring_init(dp_shm_ring(f->h, w->reply_ring_off), "reply", f->config.ring_elems,
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	f->attached[worker] = wanted;
	atomic_store(&w->attach_echo, wanted);
}

static bool
poll_worker(struct fake_dataplane *f, unsigned int worker)
{
	struct dp_worker *w = dp_shm_worker(f->h, worker);
	struct dp_request r[32];
	unsigned int n;

	attach_if_asked(f, worker);
	if (f->attached[worker] == 0 || f->is_held ||
		rte_ring_free_count(dp_shm_ring(f->h, w->reply_ring_off)) < 32)
		return false;
	n = rte_ring_sc_dequeue_burst_elem(
		dp_shm_ring(f->h, w->request_ring_off), r, sizeof(r[0]), 32, NULL);
	for (unsigned int i = 0; i < n; i++)
		serve(f, worker, &r[i]);
	if (n)
		ring_doorbell(f);
	return n > 0;
}

static void *
run(void *arg)
{
	struct fake_dataplane *f = arg;
	bool is_ending = false;

	while (!is_ending) {
		bool is_busy = false;

		pthread_mutex_lock(&f->lock);
		accept_control(f);
		for (unsigned int i = 0; i < f->config.n_workers; i++)
			is_busy |= poll_worker(f, i);
		is_ending = f->is_ending;
		pthread_mutex_unlock(&f->lock);
		if (!is_busy)
			usleep(IDLE_US);
	}
	return NULL;
}

struct fake_dataplane *
fake_start(const struct fake_config *config)
{
	struct fake_dataplane *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->config = *config;
	f->config.n_workers = config->n_workers ? config->n_workers : 2;
	f->config.sessions_max = config->sessions_max ? config->sessions_max : 1024;
	f->config.bearers_max = config->bearers_max ? config->bearers_max : 256;
	f->config.ring_elems = config->ring_elems ? config->ring_elems : 256;
	f->config.version = config->version ? config->version : DP_SHM_VERSION;
	f->config.vrf = config->vrf ? config->vrf : "internet";
	f->kept = calloc(f->config.sessions_max, sizeof(*f->kept));
	f->bearers = calloc(f->config.bearers_max, sizeof(*f->bearers));
	f->doorbell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&f->lock, NULL);
	if (!f->kept || !f->bearers || f->doorbell_fd < 0 || make_file(f) < 0 || listen_on(f) < 0 ||
		pthread_create(&f->thread, NULL, run, f) != 0) {
		perror("fake dataplane");
		exit(1);
	}
	return f;
}

void
fake_stop(struct fake_dataplane *f)
{
	pthread_mutex_lock(&f->lock);
	f->is_ending = true;
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	close(f->listen_fd);
	for (unsigned int i = 0; i < f->n_clients; i++)
		close(f->clients[i]);
	close(f->doorbell_fd);
	munmap(f->h, f->bytes);
	free(f->kept);
	free(f->bearers);
	free(f);
}

void
fake_hold(struct fake_dataplane *f, bool is_held)
{
	pthread_mutex_lock(&f->lock);
	f->is_held = is_held;
	pthread_mutex_unlock(&f->lock);
}

void
fake_refuse_puts(struct fake_dataplane *f, int result, unsigned int n)
{
	pthread_mutex_lock(&f->lock);
	f->refusal = result;
	f->n_refusals = n;
	pthread_mutex_unlock(&f->lock);
}

struct fake_counts
fake_count(struct fake_dataplane *f)
{
	struct fake_counts counts;

	pthread_mutex_lock(&f->lock);
	counts = f->counts;
	pthread_mutex_unlock(&f->lock);
	return counts;
}

bool
fake_find(struct fake_dataplane *f, uint32_t teid, struct dp_session *out)
{
	bool is_found = false;

	pthread_mutex_lock(&f->lock);
	for (uint32_t i = 0; i < f->config.sessions_max && !is_found; i++) {
		is_found = f->kept[i].is_used && f->kept[i].session.teid == teid;
		if (is_found)
			*out = f->kept[i].session;
	}
	pthread_mutex_unlock(&f->lock);
	return is_found;
}

bool
fake_find_bearers(struct fake_dataplane *f, uint32_t teid, struct dp_bearers *out)
{
	struct dp_session s;

	memset((void *)out, 0, sizeof(*out));
	if (!fake_find(f, teid, &s) || s.bearers == 0)
		return false;
	pthread_mutex_lock(&f->lock);
	memcpy((void *)out, (void *)&f->bearers[s.bearers - 1], sizeof(*out));
	pthread_mutex_unlock(&f->lock);
	return true;
}

void
fake_refuse_bearers(struct fake_dataplane *f, uint32_t bits)
{
	pthread_mutex_lock(&f->lock);
	f->refused_bearers = bits;
	pthread_mutex_unlock(&f->lock);
}

void
fake_use_bearer(struct fake_dataplane *f, uint32_t slot, uint64_t ul_bytes, uint64_t dl_bytes)
{
	fake_use(f, f->config.sessions_max + slot, ul_bytes, dl_bytes);
}

bool
fake_find_alias(struct fake_dataplane *f, const uint8_t prefix[8], unsigned int *worker,
	struct dp_alias *out)
{
	bool is_found = false;

	pthread_mutex_lock(&f->lock);
	for (unsigned int i = 0; i < ALIASES && !is_found; i++) {
		is_found = f->alias[i].is_used && memcmp(f->alias[i].alias.bytes, prefix, 8) == 0;
		if (is_found) {
			*out = f->alias[i].alias;
			*worker = f->alias[i].worker;
		}
	}
	pthread_mutex_unlock(&f->lock);
	return is_found;
}

unsigned int
fake_worker(const struct fake_dataplane *f, uint8_t shard)
{
	return f->h->shard_worker[shard];
}

struct dp_profile
fake_profile(struct fake_dataplane *f, uint16_t apn)
{
	struct dp_profile p;

	pthread_mutex_lock(&f->lock);
	p = f->profile[apn];
	pthread_mutex_unlock(&f->lock);
	return p;
}

bool
fake_find_slot(struct fake_dataplane *f, uint32_t slot, struct dp_session *out)
{
	bool is_found;

	pthread_mutex_lock(&f->lock);
	is_found = f->kept[slot].is_used;
	*out = f->kept[slot].session;
	pthread_mutex_unlock(&f->lock);
	return is_found;
}

void
fake_error_indication(struct fake_dataplane *f, const struct dp_error_indication *e)
{
	struct dp_reply event = { .kind = DP_REPLY_ERROR_INDICATION, .error_indication = *e };

	pthread_mutex_lock(&f->lock);
	rte_ring_sp_enqueue_elem(
		dp_shm_ring(f->h, dp_shm_worker(f->h, 0)->reply_ring_off), &event, sizeof(event));
	ring_doorbell(f);
	pthread_mutex_unlock(&f->lock);
}

bool
fake_trace(struct fake_dataplane *f, const struct dp_trace_record *record)
{
	struct dp_trace_ring *r = dp_shm_trace_ring(f->h, dp_shm_worker(f->h, 0)->trace_ring_off);
	uint64_t head = atomic_load(&r->head);

	if (head - atomic_load(&r->tail) == DP_TRACE_RECORDS) {
		atomic_fetch_add(&r->lost, 1);
		return false;
	}
	*dp_trace_at(r, head) = *record;
	atomic_store(&r->head, head + 1);
	return true;
}

uint32_t
fake_trace_snap(struct fake_dataplane *f)
{
	return atomic_load(&f->h->trace_snap);
}

void
fake_use(struct fake_dataplane *f, uint32_t slot, uint64_t ul_bytes, uint64_t dl_bytes)
{
	struct dp_slot_usage *u = &dp_shm_usage(f->h)[slot];

	u->ul.packets++;
	u->ul.bytes += ul_bytes;
	u->dl.packets++;
	u->dl.bytes += dl_bytes;
}
