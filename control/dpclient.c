// SPDX-License-Identifier: BSD-3-Clause
#include "control/dpclient.h"

#include "config/log.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 100
#define ECHO_POLL_MS 1
#define ECHO_SLOW_MS 2000   // after which a worker that doesn't answer is mentioned
#define SAFETY_MS 200       // replies are looked for this often even without a doorbell
#define OUTSTANDING 16384   // requests without a reply, over all workers; a power of two
#define REPLIES_A_TURN 2048 // of one worker, then others have their turn
#define BURST 64
#define MIRROR_TRIES 1000

struct outstanding {
	dpclient_done done; // NULL: free
	uint64_t token;
	uint32_t id;
	uint32_t next_free;
};

struct dpclient {
	struct event_base *base;
	const struct dpclient_events *events;
	void *ctx;
	char run_dir[64];
	char reason[256];
	char said[256]; // the reason that was logged last
	enum dpclient_state state;
	struct event *timer;        // connects, polls the echoes, looks for replies
	struct event *socket_event; // hello, and the end of the instance
	struct event *doorbell_event;
	int socket_fd, doorbell_fd, file_fd;
	struct dp_header *h;
	size_t mapped_bytes;
	uint64_t hello_instance;
	uint32_t attach;
	uint32_t echo_polls;
	bool is_short[DP_WORKERS_MAX]; // of room: a request was refused
	bool is_freeing;
	bool has_question; // one is open
	uint32_t first_free, n_outstanding;
	struct dpclient_counts counts;
	struct outstanding out[OUTSTANDING];
};

static void detach(struct dpclient *d);

static void
arm(struct dpclient *d, unsigned int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(d->timer, &tv);
}

// Remembers why the dataplane can't be used, logs it once, and tries again later.
static void __attribute__((format(printf, 2, 3)))
wait_because(struct dpclient *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->reason, sizeof(d->reason), format, args);
	va_end(args);
	detach(d);
	if (strcmp(d->said, d->reason) != 0) {
		log_notice("waiting for the dataplane: %s", d->reason);
		memcpy(d->said, d->reason, sizeof(d->said));
	}
	arm(d, RETRY_MS);
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
free_event(struct event **e)
{
	if (*e)
		event_free(*e);
	*e = NULL;
}

// Lets go of the instance; its lock goes with the file descriptor.
static void
detach(struct dpclient *d)
{
	d->state = DPCLIENT_WAITING;
	free_event(&d->socket_event);
	free_event(&d->doorbell_event);
	if (d->h)
		munmap(d->h, d->mapped_bytes);
	d->h = NULL;
	close_fd(&d->file_fd);
	close_fd(&d->doorbell_fd);
	close_fd(&d->socket_fd);
}

// ---- Requests and replies.

static void
reset_outstanding(struct dpclient *d)
{
	for (uint32_t i = 0; i < OUTSTANDING; i++) {
		d->out[i].done = NULL;
		d->out[i].next_free = i + 1;
	}
	d->first_free = 0;
	d->n_outstanding = 0;
	memset(d->is_short, 0, sizeof(d->is_short));
}

// Frees the entry of a reply; NULL if nothing was asked under this id.
static dpclient_done
take_outstanding(struct dpclient *d, uint32_t id, uint64_t *token)
{
	struct outstanding *o = &d->out[id % OUTSTANDING];
	dpclient_done done = o->done;

	if (!done || o->id != id)
		return NULL;
	*token = o->token;
	o->done = NULL;
	o->next_free = d->first_free;
	d->first_free = id % OUTSTANDING;
	d->n_outstanding--;
	return done;
}

static int
request(struct dpclient *d, unsigned int worker, struct dp_request *r, dpclient_done done,
	uint64_t token)
{
	struct outstanding *o = &d->out[d->first_free];
	struct rte_ring *ring;

	if (d->state != DPCLIENT_READY || worker >= d->h->n_workers)
		return -ENODEV;
	ring = dp_shm_ring(d->h, dp_shm_worker(d->h, worker)->request_ring_off);
	r->id = o->id + OUTSTANDING; // same entry, another id than last time
	if (d->n_outstanding == OUTSTANDING - 1 ||
		rte_ring_sp_enqueue_elem(ring, r, sizeof(*r)) != 0) {
		d->is_short[worker] = true;
		d->counts.no_room++;
		return -EAGAIN;
	}
	d->first_free = o->next_free;
	d->n_outstanding++;
	o->id = r->id;
	o->done = done;
	o->token = token;
	d->counts.requests++;
	return 0;
}

int
dpclient_put(
	struct dpclient *d, const struct dp_session *session, dpclient_done done, uint64_t token)
{
	struct dp_request r = { .op = DP_OP_SESSION_PUT, .session = *session };

	if (d->state != DPCLIENT_READY)
		return -ENODEV;
	return request(d, dpclient_worker(d, (uint8_t)session->teid), &r, done, token);
}

int
dpclient_delete(struct dpclient *d, unsigned int worker, const struct dp_session_ref *ref,
	dpclient_done done, uint64_t token)
{
	struct dp_request r = { .op = DP_OP_SESSION_DELETE, .ref = *ref };

	return request(d, worker, &r, done, token);
}

int
dpclient_alias(struct dpclient *d, unsigned int worker, bool is_put, const struct dp_alias *alias,
	dpclient_done done, uint64_t token)
{
	struct dp_request r = { .op = is_put ? DP_OP_ALIAS_PUT : DP_OP_ALIAS_DELETE,
		.alias = *alias };

	return request(d, worker, &r, done, token);
}

int
dpclient_profile(struct dpclient *d, unsigned int worker, const struct dp_profile *profile,
	dpclient_done done, uint64_t token)
{
	struct dp_request r = { .op = DP_OP_PROFILE_PUT, .profile = *profile };

	return request(d, worker, &r, done, token);
}

int
dpclient_sweep(struct dpclient *d, unsigned int worker, dpclient_done done, uint64_t token)
{
	struct dp_request r = { .op = DP_OP_SWEEP };

	return request(d, worker, &r, done, token);
}

static void
take_reply(struct dpclient *d, const struct dp_reply *r)
{
	dpclient_done done;
	uint64_t token;

	switch (r->kind) {
	case DP_REPLY_DONE:
		done = take_outstanding(d, r->id, &token);
		if (!done) {
			d->counts.unexpected++;
			return;
		}
		d->counts.replies++;
		if (r->op == DP_OP_EXPLAIN)
			d->has_question = false;
		done(d->ctx, token, r->done.result, r->done.count);
		return;
	case DP_REPLY_ERROR_INDICATION:
		d->events->error_indication(d->ctx, &r->error_indication);
		return;
	default:
		d->counts.unexpected++;
	}
}

// True if more replies may wait.
static bool
drain_worker(struct dpclient *d, unsigned int worker)
{
	struct rte_ring *ring = dp_shm_ring(d->h, dp_shm_worker(d->h, worker)->reply_ring_off);
	struct dp_reply replies[BURST];

	for (unsigned int seen = 0; seen < REPLIES_A_TURN;) {
		unsigned int n = rte_ring_sc_dequeue_burst_elem(
			ring, replies, sizeof(replies[0]), BURST, NULL);

		if (n == 0)
			return false;
		for (unsigned int i = 0; i < n; i++)
			take_reply(d, &replies[i]);
		seen += n;
	}
	return true;
}

static bool
drain(struct dpclient *d)
{
	bool is_more = false;

	for (unsigned int i = 0; i < d->h->n_workers; i++) {
		is_more |= drain_worker(d, i);
		if (d->is_short[i]) {
			d->is_short[i] = false;
			d->events->room(d->ctx, i);
		}
	}
	return is_more;
}

static bool
any_reply(const struct dpclient *d)
{
	for (unsigned int i = 0; i < d->h->n_workers; i++)
		if (!rte_ring_empty(dp_shm_ring(d->h, dp_shm_worker(d->h, i)->reply_ring_off)))
			return true;
	return false;
}

// Takes what there is, then announces sleep. A worker that put a reply before it could see the
// announcement is found by looking again after it.
static void
take_replies(struct dpclient *d)
{
	atomic_store(&d->h->control_sleeps, 0);
	if (!drain(d)) {
		atomic_store(&d->h->control_sleeps, 1);
		if (!any_reply(d))
			return;
		atomic_store(&d->h->control_sleeps, 0);
	}
	event_active(d->doorbell_event, EV_READ, 0);
}

static void
on_doorbell(evutil_socket_t fd, short what, void *arg)
{
	struct dpclient *d = arg;
	uint64_t rings;

	if (read(fd, &rings, sizeof(rings)) < 0 && errno != EAGAIN && errno != EINTR)
		log_limited(LOG_LEVEL_WARNING, 1, "doorbell: %s", strerror(errno));
	if (d->state == DPCLIENT_READY)
		take_replies(d);
}

// ---- The end of an instance.

static void
instance_gone(struct dpclient *d)
{
	bool was_ready = d->state == DPCLIENT_READY;

	if (was_ready) {
		while (drain(d))
			;
		d->state = DPCLIENT_WAITING; // no new requests from the callbacks
		d->events->gone(d->ctx);
		d->has_question = false;
		for (uint32_t i = 0; i < OUTSTANDING; i++) {
			uint64_t token;
			dpclient_done done =
				d->out[i].done ? take_outstanding(d, d->out[i].id, &token) : NULL;

			if (done)
				done(d->ctx, token, -ENODEV, 0);
		}
	}
	wait_because(d, "its instance is gone");
}

// ---- Attaching.

static bool
is_region(const struct dp_header *h, uint64_t off, uint64_t bytes, uint64_t align)
{
	return off % align == 0 && off >= sizeof(*h) && off <= h->file_bytes &&
		bytes <= h->file_bytes - off;
}

// The ring was initialised by its worker, with just the size that the header says.
static bool
is_ring(struct dp_header *h, uint64_t off, unsigned int element_bytes)
{
	const struct rte_ring *r;

	if (!is_region(h, off, sizeof(struct rte_ring) + (uint64_t)h->ring_elems * element_bytes,
		    RTE_CACHE_LINE_SIZE))
		return false;
	r = dp_shm_ring(h, off);
	return r->size == h->ring_elems && r->mask == h->ring_elems - 1 && r->capacity <= r->mask;
}

// NULL, or what is wrong with the file.
static const char *
header_fault(struct dp_header *h, size_t file_bytes)
{
	if (h->magic != DP_SHM_MAGIC)
		return "not a dataplane's file";
	if (h->version != DP_SHM_VERSION || h->header_bytes != sizeof(*h))
		return "another version of the shared file; dataplane and control must be of one "
		       "release";
	if (h->file_bytes != file_bytes)
		return "the file's size isn't what its header says";
	if (h->n_workers == 0 || h->n_workers > DP_WORKERS_MAX || h->n_ports > DP_PORTS_MAX ||
		h->n_ifaces > DP_IFACES_MAX || h->n_vrfs > DP_VRFS_MAX ||
		h->n_gtpu > DP_GTPU_ADDRS_MAX || h->sessions_max == 0 || h->tsc_hz == 0)
		return "a count in its header is out of range";
	if (h->ring_elems < 2 || h->ring_elems & (h->ring_elems - 1) || h->ring_elems > 1U << 24)
		return "its rings' size is no power of two";
	if (!is_region(h, h->worker_off, (uint64_t)h->n_workers * sizeof(struct dp_worker), 64) ||
		!is_region(h, h->usage_off,
			((uint64_t)h->sessions_max + h->bearers_max) * sizeof(struct dp_slot_usage),
			64) ||
		!is_region(h, h->bearers_off, (uint64_t)h->bearers_max * sizeof(struct dp_bearers),
			8) ||
		!is_region(h, h->mirror_off, sizeof(struct dp_mirror), 8))
		return "a part of it lies outside of the file";
	for (unsigned int i = 0; i < DP_SHARDS; i++)
		if (h->shard_worker[i] >= h->n_workers)
			return "a shard without a worker";
	return NULL;
}

static int
map_file(struct dpclient *d)
{
	struct stat st;
	char path[128];
	void *at;

	snprintf(path, sizeof(path), "%s/%s", d->run_dir, DP_SHM_NAME);
	d->file_fd = open(path, O_RDWR | O_CLOEXEC);
	if (d->file_fd < 0 || fstat(d->file_fd, &st) < 0) {
		wait_because(d, "%s: %s", path, strerror(errno));
		return -1;
	}
	if ((size_t)st.st_size < sizeof(struct dp_header)) {
		wait_because(d, "%s: too short", path);
		return -1;
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, d->file_fd, 0);
	if (at == MAP_FAILED) {
		wait_because(d, "%s: mmap: %s", path, strerror(errno));
		return -1;
	}
	d->h = at;
	d->mapped_bytes = (size_t)st.st_size;
	return 0;
}

static int
lock_file(struct dpclient *d)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(d->file_fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		wait_because(d, "another torii-control is attached to it");
	else
		wait_because(d, "lock of %s: %s", DP_SHM_NAME, strerror(errno));
	return -1;
}

static void
begin_attach(struct dpclient *d)
{
	const char *fault;

	if (map_file(d) < 0)
		return;
	fault = header_fault(d->h, d->mapped_bytes);
	if (fault) {
		wait_because(d, "%s/%s: %s", d->run_dir, DP_SHM_NAME, fault);
		return;
	}
	if (d->h->instance != d->hello_instance) {
		wait_because(d, "its file is being replaced");
		return;
	}
	if (lock_file(d) < 0)
		return;
	d->attach = atomic_fetch_add(&d->h->attach, 1) + 1;
	d->state = DPCLIENT_ATTACHING;
	d->echo_polls = 0;
	snprintf(d->reason, sizeof(d->reason), "attaching");
	arm(d, ECHO_POLL_MS);
}

static void
become_ready(struct dpclient *d)
{
	for (unsigned int i = 0; i < d->h->n_workers; i++) {
		const struct dp_worker *w = dp_shm_worker(d->h, i);

		if (is_ring(d->h, w->request_ring_off, sizeof(struct dp_request)) &&
			is_ring(d->h, w->reply_ring_off, sizeof(struct dp_reply)) &&
			is_region(d->h, w->trace_ring_off, sizeof(struct dp_trace_ring), 64))
			continue;
		wait_because(d, "worker %u: its rings aren't what the header says", i);
		return;
	}
	reset_outstanding(d);
	d->state = DPCLIENT_READY;
	d->counts.attaches++;
	d->said[0] = '\0';
	snprintf(d->reason, sizeof(d->reason), "attached to pid %d", d->h->pid);
	log_notice("attached to the dataplane: pid %d, %u workers, room for %u sessions", d->h->pid,
		d->h->n_workers, d->h->sessions_max);
	arm(d, SAFETY_MS);
	d->events->ready(d->ctx);
	take_replies(d);
}

static void
poll_echoes(struct dpclient *d)
{
	for (unsigned int i = 0; i < d->h->n_workers; i++) {
		if (atomic_load(&dp_shm_worker(d->h, i)->attach_echo) == d->attach)
			continue;
		if (d->echo_polls++ == ECHO_SLOW_MS / ECHO_POLL_MS) {
			log_warning("worker %u of the dataplane doesn't answer", i);
			snprintf(d->reason, sizeof(d->reason),
				"worker %u of the dataplane doesn't answer", i);
		}
		arm(d, ECHO_POLL_MS);
		return;
	}
	become_ready(d);
}

// ---- The socket.

// The hello and the doorbell with it: 0, or -errno.
static int
receive_hello(struct dpclient *d, struct dp_hello *hello)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = hello, .iov_len = sizeof(*hello) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(d->socket_fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *c;

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENODEV;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&d->doorbell_fd, CMSG_DATA(c), sizeof(int));
	if ((size_t)n != sizeof(*hello) || d->doorbell_fd < 0 || hello->magic != DP_SHM_MAGIC)
		return -EPROTO;
	return 0;
}

static void
take_hello(struct dpclient *d)
{
	struct dp_hello hello;
	int ret = receive_hello(d, &hello);

	if (ret == -EAGAIN || ret == -EINTR)
		return;
	if (ret == -ENODEV) {
		wait_because(d, "it closed the connection");
		return;
	}
	if (ret < 0) {
		wait_because(d, "its hello: %s", strerror(-ret));
		return;
	}
	if (hello.version != DP_SHM_VERSION) {
		wait_because(d,
			"it speaks version %u, this control speaks %u; both must be of one release",
			hello.version, DP_SHM_VERSION);
		return;
	}
	evutil_make_socket_nonblocking(d->doorbell_fd);
	d->doorbell_event =
		event_new(d->base, d->doorbell_fd, EV_READ | EV_PERSIST, on_doorbell, d);
	if (!d->doorbell_event || event_add(d->doorbell_event, NULL) < 0) {
		wait_because(d, "no memory");
		return;
	}
	d->hello_instance = hello.instance;
	begin_attach(d);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct dpclient *d = arg;
	char rest[256];
	ssize_t n;

	if (d->doorbell_fd < 0) {
		take_hello(d);
		return;
	}
	n = recv(fd, rest, sizeof(rest), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		instance_gone(d);
}

static void
connect_socket(struct dpclient *d)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if ((size_t)snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", d->run_dir,
		    DP_SOCKET_NAME) >= sizeof(un.sun_path)) {
		wait_because(d, "%s: path too long", d->run_dir);
		return;
	}
	d->socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->socket_fd < 0) {
		wait_because(d, "socket: %s", strerror(errno));
		return;
	}
	if (connect(d->socket_fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
		wait_because(d, "%s: %s", un.sun_path, strerror(errno));
		return;
	}
	d->socket_event = event_new(d->base, d->socket_fd, EV_READ | EV_PERSIST, on_socket, d);
	if (!d->socket_event || event_add(d->socket_event, NULL) < 0)
		wait_because(d, "no memory");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dpclient *d = arg;

	switch (d->state) {
	case DPCLIENT_WAITING:
		if (d->socket_fd < 0)
			connect_socket(d);
		break;
	case DPCLIENT_ATTACHING:
		poll_echoes(d);
		break;
	case DPCLIENT_READY:
		arm(d, SAFETY_MS);
		take_replies(d);
		break;
	}
}

struct dpclient *
dpclient_new(struct event_base *base, const char *run_dir, const struct dpclient_events *events,
	void *ctx)
{
	struct dpclient *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->base = base;
	d->events = events;
	d->ctx = ctx;
	d->socket_fd = d->doorbell_fd = d->file_fd = -1;
	snprintf(d->run_dir, sizeof(d->run_dir), "%s", run_dir);
	snprintf(d->reason, sizeof(d->reason), "not connected yet");
	for (uint32_t i = 0; i < OUTSTANDING; i++)
		d->out[i].id = i;
	reset_outstanding(d);
	d->timer = evtimer_new(base, on_timer, d);
	if (!d->timer) {
		free(d);
		return NULL;
	}
	arm(d, 0);
	return d;
}

void
dpclient_free(struct dpclient *d)
{
	if (!d)
		return;
	detach(d);
	event_free(d->timer);
	free(d);
}

// ---- Questions. The worker has one place for its answer.

int
dpclient_explain(struct dpclient *d, unsigned int worker, const struct dp_explain *question,
	dpclient_done done, uint64_t token)
{
	struct dp_request r = { .op = DP_OP_EXPLAIN, .explain = *question };
	int ret;

	if (d->has_question)
		return -EBUSY;
	ret = request(d, worker, &r, done, token);
	d->has_question = ret == 0;
	return ret;
}

const struct dp_explanation *
dpclient_explanation(const struct dpclient *d, unsigned int worker)
{
	return &dp_shm_worker(d->h, worker)->explanation;
}

void
dpclient_close_creates(struct dpclient *d, uint32_t ms)
{
	uint64_t now = __builtin_ia32_rdtsc();

	if (d->state == DPCLIENT_READY)
		atomic_store_explicit(&d->h->creates_closed_until_tsc,
			ms ? now + d->h->tsc_hz / 1000 * ms : 0, memory_order_relaxed);
}

// ---- Copies of traced packets.

static struct dp_trace_ring *
trace_ring(const struct dpclient *d, unsigned int worker)
{
	return dp_shm_trace_ring(d->h, dp_shm_worker(d->h, worker)->trace_ring_off);
}

static bool
has_trace_rings(const struct dpclient *d)
{
	return d->h && d->state != DPCLIENT_ATTACHING;
}

void
dpclient_trace_snap(struct dpclient *d, uint32_t bytes)
{
	if (has_trace_rings(d))
		atomic_store(&d->h->trace_snap, bytes);
}

// The worker's next record, NULL: none.
static const struct dp_trace_record *
trace_peek(const struct dpclient *d, unsigned int worker)
{
	struct dp_trace_ring *r = trace_ring(d, worker);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (head - tail > DP_TRACE_RECORDS) { // can't be: begin anew
		atomic_store(&r->tail, head);
		return NULL;
	}
	return head == tail ? NULL : dp_trace_at(r, tail);
}

bool
dpclient_trace_take(struct dpclient *d, struct dp_trace_record *copy)
{
	const struct dp_trace_record *oldest = NULL, *r;
	unsigned int of = 0;

	for (unsigned int i = 0; has_trace_rings(d) && i < d->h->n_workers; i++) {
		r = trace_peek(d, i);
		if (r && (!oldest || r->tsc < oldest->tsc)) {
			oldest = r;
			of = i;
		}
	}
	if (!oldest)
		return false;
	memcpy(copy, oldest, offsetof(struct dp_trace_record, bytes));
	if (copy->captured > DP_TRACE_SNAP_MAX)
		copy->captured = DP_TRACE_SNAP_MAX;
	memcpy(copy->bytes, oldest->bytes, copy->captured);
	atomic_fetch_add_explicit(&trace_ring(d, of)->tail, 1, memory_order_release);
	return true;
}

uint64_t
dpclient_trace_lost(const struct dpclient *d)
{
	uint64_t lost = 0;

	for (unsigned int i = 0; has_trace_rings(d) && i < d->h->n_workers; i++)
		lost += atomic_load_explicit(&trace_ring(d, i)->lost, memory_order_relaxed);
	return lost;
}

uint64_t
dpclient_age_ns(const struct dpclient *d, uint64_t tsc)
{
	uint64_t ago = __builtin_ia32_rdtsc() - tsc;

	if (ago >> 63) // another CPU's clock is a little ahead
		return 0;
	return (uint64_t)((unsigned __int128)ago * 1000000000 / d->h->tsc_hz);
}

uint64_t
dpclient_unix_ns(const struct dpclient *d, uint64_t tsc)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - dpclient_age_ns(d, tsc);
}

// ---- Reading.

enum dpclient_state
dpclient_state(const struct dpclient *d)
{
	return d->state;
}

const char *
dpclient_reason(const struct dpclient *d)
{
	return d->reason;
}

struct dp_header *
dpclient_header(const struct dpclient *d)
{
	return d->state == DPCLIENT_ATTACHING ? NULL : d->h;
}

unsigned int
dpclient_worker(const struct dpclient *d, uint8_t shard)
{
	return d->h->shard_worker[shard];
}

const struct dp_slot_usage *
dpclient_usage(const struct dpclient *d, uint32_t slot)
{
	return d && d->h && slot < d->h->sessions_max ? &dp_shm_usage(d->h)[slot] : NULL;
}

const struct dp_slot_usage *
dpclient_bearer_usage(const struct dpclient *d, uint32_t slot)
{
	return d && d->h && slot < d->h->bearers_max
		? &dp_shm_usage(d->h)[d->h->sessions_max + slot]
		: NULL;
}

int
dpclient_mirror(const struct dpclient *d, struct dp_mirror *copy)
{
	struct dp_mirror *m;

	if (d->state != DPCLIENT_READY)
		return -ENODEV;
	m = dp_shm_mirror(d->h);
	for (unsigned int i = 0; i < MIRROR_TRIES; i++) {
		uint32_t before = atomic_load_explicit(&m->seq, memory_order_acquire);

		if (before & 1)
			continue;
		memcpy(copy, m, sizeof(*copy));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&m->seq, memory_order_relaxed) == before)
			return 0;
	}
	return -EAGAIN;
}

void
dpclient_ring_use(
	const struct dpclient *d, unsigned int worker, uint32_t *requests, uint32_t *replies)
{
	const struct dp_worker *w = dp_shm_worker(d->h, worker);

	*requests = rte_ring_count(dp_shm_ring(d->h, w->request_ring_off));
	*replies = rte_ring_count(dp_shm_ring(d->h, w->reply_ring_off));
}

uint64_t
dpclient_worker_idle_ms(const struct dpclient *d, unsigned int worker)
{
	uint64_t then = atomic_load(&dp_shm_worker(d->h, worker)->heartbeat_tsc);
	uint64_t now = __builtin_ia32_rdtsc();

	return now > then ? (now - then) / (d->h->tsc_hz / 1000 + 1) : 0;
}

void
dpclient_count(const struct dpclient *d, struct dpclient_counts *counts)
{
	*counts = d->counts;
}
