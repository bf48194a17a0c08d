// SPDX-License-Identifier: BSD-3-Clause
#include "hss/conn.h"

#include "config/log.h"
#include "hss/counters.h"
#include "hss/result_codes.h"
#include "hss/sctp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 65536
#define COMMAND_CE 257
#define GIVEN_MAX 5000 // messages/s to libfdcore, whose queue of them has no limit

static const struct hss_config *config;
static conn_request_fn on_request;
static struct conn *table[FDS_MAX];
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static int sender_epoll = -1;

// A message that waits: this, then len octets.
struct record {
	uint32_t len;
	uint16_t stream;
};

const struct hss_config *
conn_config(void)
{
	return config;
}

// ---- The table.

int
conn_adopt(int fd, bool is_sctp)
{
	struct conn *c;

	if (fd < 0 || fd >= FDS_MAX)
		return -EMFILE;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->fd = fd;
	c->is_sctp = is_sctp;
	atomic_init(&c->kind, is_sctp ? CONN_SCTP : CONN_STREAM);
	atomic_init(&c->references, 1);
	pthread_mutex_init(&c->lock, NULL);
	conn_forget(fd);
	pthread_rwlock_wrlock(&table_lock);
	__atomic_store_n(&table[fd], c, __ATOMIC_RELEASE);
	pthread_rwlock_unlock(&table_lock);
	return 0;
}

struct conn *
conn_find(int fd)
{
	struct conn *c;

	// Most descriptors of the process are none of ours.
	if (fd < 0 || fd >= FDS_MAX || __atomic_load_n(&table[fd], __ATOMIC_RELAXED) == NULL)
		return NULL;
	pthread_rwlock_rdlock(&table_lock);
	c = table[fd];
	if (c != NULL)
		atomic_fetch_add(&c->references, 1);
	pthread_rwlock_unlock(&table_lock);
	return c;
}

struct conn *
conn_take(struct conn *c)
{
	atomic_fetch_add(&c->references, 1);
	return c;
}

void
conn_give(struct conn *c)
{
	if (c == NULL || atomic_fetch_sub(&c->references, 1) > 1)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c->in);
	free(c->out);
	free(c);
}

void
conn_forget(int fd)
{
	struct conn *c;

	if (fd < 0 || fd >= FDS_MAX || __atomic_load_n(&table[fd], __ATOMIC_RELAXED) == NULL)
		return;
	pthread_rwlock_wrlock(&table_lock);
	c = table[fd];
	__atomic_store_n(&table[fd], NULL, __ATOMIC_RELEASE);
	pthread_rwlock_unlock(&table_lock);
	if (c == NULL)
		return;
	if (c->link != NULL) {
		int own = fd;

		atomic_compare_exchange_strong(&c->link->fd, &own, -1);
	}
	// The number may mean another file soon: nobody may still write to it.
	pthread_mutex_lock(&c->lock);
	c->is_broken = true;
	c->out_len = 0;
	pthread_mutex_unlock(&c->lock);
	conn_give(c);
}

int
conn_ready(struct conn *c)
{
	if (c->in == NULL)
		c->in = calloc(1, sizeof(*c->in));
	return c->in != NULL ? 0 : -ENOMEM;
}

// ---- Reading.

static void
refuse_length(struct conn *c, struct conn_in *in, size_t len)
{
	in->is_over = true;
	if (len >= WIRE_HEADER_LEN && (in->raw[in->start + 4] & WIRE_REQUEST)) {
		screen_refuse(config, in->raw + in->start, WIRE_HEADER_LEN,
			DIAMETER_INVALID_MESSAGE_LENGTH, "the message is too long or too short",
			&in->reply);
		conn_send(c, in->reply.buf, in->reply.len, 0);
	}
	log_limited(LOG_LEVEL_WARNING, 5, "peer %s: message of an impossible length, closed",
		c->link != NULL ? c->link->host : "(unnamed)");
}

// Cuts the next message out of the stream. True: in->message has one, or in->is_over.
static bool
frame(struct conn *c, struct conn_in *in)
{
	size_t have = in->end - in->start;
	struct wire_header h;

	if (have == 0)
		return false;
	if (in->raw[in->start] != 1 || have < WIRE_HEADER_LEN) {
		if (in->raw[in->start] != 1)
			in->is_over = true;
		if (in->is_over && have >= WIRE_HEADER_LEN) {
			memcpy(in->message, in->raw + in->start, WIRE_HEADER_LEN);
			in->len = WIRE_HEADER_LEN;
		}
		return in->is_over;
	}
	wire_header_decode(in->raw + in->start, &h);
	if (h.length < WIRE_HEADER_LEN || h.length > WIRE_MESSAGE_MAX) {
		refuse_length(c, in, have);
		return true;
	}
	if (have < h.length)
		return false;
	memcpy(in->message, in->raw + in->start, h.length);
	in->len = h.length;
	in->start += h.length;
	return true;
}

// libfdcore ends the threads that read by cancelling them: here is where that may happen, and no
// lock is held.
static ssize_t
receive(int fd, struct msghdr *m, int flags)
{
	struct mmsghdr mm = { .msg_hdr = *m };
	int ret, cancel;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
	ret = recvmmsg(fd, &mm, 1, flags, NULL);
	pthread_setcancelstate(cancel, NULL);
	*m = mm.msg_hdr;
	return ret < 1 ? -1 : (ssize_t)mm.msg_len;
}

static ssize_t
receive_into(struct conn *c, struct conn_in *in, int flags, int *msg_flags)
{
	struct iovec iov = { .iov_base = in->raw + in->end, .iov_len = sizeof(in->raw) - in->end };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = receive(c->fd, &m, flags);

	*msg_flags = m.msg_flags;
	if (n == 0)
		in->is_over = true;
	if (n > 0)
		in->end += (size_t)n;
	return n;
}

static int
fetch_stream(struct conn *c, int flags)
{
	struct conn_in *in = c->in;
	int ignored;

	while (!in->is_over && !frame(c, in)) {
		if (in->start > 0) {
			memmove(in->raw, in->raw + in->start, in->end - in->start);
			in->end -= in->start;
			in->start = 0;
		}
		if (receive_into(c, in, flags, &ignored) < 0)
			return -1;
	}
	return 1;
}

// SCTP keeps messages apart; a part of one waits in raw until its end is there.
static int
fetch_sctp(struct conn *c, int flags)
{
	struct conn_in *in = c->in;
	int msg_flags = 0;

	while (!(msg_flags & MSG_EOR)) {
		if (receive_into(c, in, flags, &msg_flags) < 0)
			return -1;
		if (in->end == sizeof(in->raw))
			refuse_length(c, in, in->end);
		if (in->is_over)
			return 1;
	}
	in->is_notification = msg_flags & MSG_NOTIFICATION;
	memcpy(in->message, in->raw, in->end);
	in->len = in->end;
	in->end = 0;
	return 1;
}

int
conn_fetch(struct conn *c, int flags)
{
	if (c->in->is_over)
		return 1;
	c->in->len = 0;
	c->in->given = 0;
	return c->is_sctp ? fetch_sctp(c, flags) : fetch_stream(c, flags);
}

static void
set_open(struct conn *c)
{
	c->n_streams = c->is_sctp ? sctp_socket_out_streams(c->fd) : 1;
	atomic_store(&c->is_open, true);
}

static bool
is_good_cea(const uint8_t *message, size_t len)
{
	struct wire_cursor cursor;
	struct wire_header h;
	struct wire_avp result;

	if (len < WIRE_HEADER_LEN)
		return false;
	wire_header_decode(message, &h);
	wire_start(&cursor, message, len);
	return h.command == COMMAND_CE && h.application == 0 && !(h.flags & WIRE_REQUEST) &&
		wire_find(&cursor, 268, 0, &result) && result.value_len == 4 &&
		wire_be32(result.value) == DIAMETER_SUCCESS;
}

// The CEA on a connection that we opened says who it is.
static void
learn_link(struct conn *c, const struct conn_in *in)
{
	struct wire_cursor cursor;
	struct wire_avp host;

	wire_start(&cursor, in->message, in->len);
	if (!is_good_cea(in->message, in->len) || !wire_find(&cursor, 264, 0, &host))
		return;
	c->link = links_find((const char *)host.value, host.value_len);
	if (c->link == NULL)
		return;
	atomic_store(&c->link->fd, c->fd);
	if (c->is_sctp)
		sctp_socket_apply_peer(c->fd, config, c->link->peer);
	set_open(c);
}

static void
refuse(struct conn *c, struct conn_in *in, enum screen_verdict verdict)
{
	log_limited(LOG_LEVEL_WARNING, 5, "peer %s: message of %zu octets: %s, %s %u",
		c->link != NULL ? c->link->host : "(unnamed)", in->len, in->reply.why,
		in->reply.len > 0 ? "answered" : "dropped", in->reply.result);
	if (c->link != NULL)
		atomic_fetch_add(&c->link->n_screened, 1);
	counters_screened(in->message, in->reply.result);
	if (in->reply.len > 0)
		conn_answer(c, in->reply.buf, in->reply.len);
	in->is_over |= verdict == SCREEN_CLOSE && !c->is_sctp;
}

static bool
is_flood(struct conn *c)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec != c->given_second) {
		c->given_second = now.tv_sec;
		c->n_given = 0;
	}
	return ++c->n_given > GIVEN_MAX;
}

// True: the message is for libfdcore.
static bool
is_for_library(struct conn *c, struct conn_in *in)
{
	enum screen_verdict verdict = screen_message(config, c->link != NULL ? c->link->peer : NULL,
		in->message, sizeof(in->message), &in->len, &in->reply);
	struct wire_header h;

	if (verdict == SCREEN_PASS && c->link == NULL) {
		learn_link(c, in);
		in->reply.why = "nothing but a CEA may come first";
		verdict = c->link == NULL ? SCREEN_CLOSE : SCREEN_PASS;
	}
	wire_header_decode(in->message, &h);
	if ((h.flags & WIRE_REQUEST) && c->link != NULL)
		atomic_fetch_add_explicit(&c->link->n_received, 1, memory_order_relaxed);
	if (verdict != SCREEN_PASS) {
		refuse(c, in, verdict);
		return false;
	}
	if (!(h.flags & WIRE_REQUEST) || h.application == 0)
		return !is_flood(c);
	if (atomic_load_explicit(&c->is_open, memory_order_relaxed))
		on_request(c, in->message, in->len);
	return false;
}

// Until a message is there to be given: 1; 0: the end; -1 with errno.
static int
next_message(struct conn *c)
{
	struct conn_in *in = c->in;

	while (in->len == 0) {
		if (in->is_over)
			return 0;
		if (conn_fetch(c, 0) < 0)
			return -1;
		if (in->len > 0 && !in->is_notification && !is_for_library(c, in))
			in->len = 0;
	}
	return 1;
}

static size_t
give(struct conn_in *in, void *buf, size_t len)
{
	size_t left = in->len - in->given;

	if (len > left)
		len = left;
	memcpy(buf, in->message + in->given, len);
	in->given += len;
	if (in->given == in->len)
		in->len = 0;
	return len;
}

ssize_t
conn_recv(struct conn *c, void *buf, size_t len)
{
	int ret, cancel, error;

	if (conn_ready(c) < 0) {
		errno = ENOMEM;
		return -1;
	}
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	ret = next_message(c);
	error = errno;
	pthread_setcancelstate(cancel, NULL);
	errno = error;
	return ret == 1 ? (ssize_t)give(c->in, buf, len) : ret;
}

ssize_t
conn_recvmsg(struct conn *c, struct msghdr *msg)
{
	bool is_notification;
	ssize_t n;

	n = conn_recv(c, msg->msg_iov[0].iov_base, msg->msg_iov[0].iov_len);
	if (n <= 0)
		return n;
	is_notification = c->in->is_notification;
	msg->msg_controllen = 0;
	msg->msg_flags = is_notification ? MSG_NOTIFICATION : 0;
	if (c->in->len == 0) {
		msg->msg_flags |= MSG_EOR;
		c->in->is_notification = false;
	}
	return n;
}

// ---- Writing.

// As much as the socket takes at once of one message; -1 with errno.
static ssize_t
send_now(struct conn *c, const void *buf, size_t len, uint16_t stream)
{
	if (c->is_sctp)
		return sctp_socket_send(c->fd, buf, len, stream, c->is_secure);
	return send(c->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
watch(struct conn *c)
{
	struct epoll_event e = { .events = EPOLLOUT | EPOLLONESHOT, .data.fd = c->fd };

	if (epoll_ctl(sender_epoll, c->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e) < 0)
		c->is_broken = true;
	c->is_watched = true;
}

static int
keep(struct conn *c, const void *buf, size_t len, uint16_t stream)
{
	struct record r = { .len = (uint32_t)len, .stream = stream };
	size_t need = c->out_len + sizeof(r) + len;

	if (need > (size_t)config->send_backlog_kib << 10)
		return -ENOBUFS;
	if (need > c->out_room) {
		size_t room = need + need / 2 + 65536;
		uint8_t *out = realloc(c->out, room);

		if (out == NULL)
			return -ENOMEM;
		c->out = out;
		c->out_room = room;
	}
	memcpy(c->out + c->out_len, &r, sizeof(r));
	memcpy(c->out + c->out_len + sizeof(r), buf, len);
	c->out_len = need;
	return 0;
}

static ssize_t
send_or_keep(struct conn *c, const uint8_t *buf, size_t len, uint16_t stream)
{
	ssize_t sent = 0;

	if (c->is_broken) {
		errno = EPIPE;
		return -1;
	}
	if (c->out_len == 0) {
		sent = send_now(c, buf, len, stream);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (sent < 0)
			sent = 0;
		if ((size_t)sent == len)
			return (ssize_t)len;
	}
	if (keep(c, buf + sent, len - (size_t)sent, stream) < 0) {
		log_warning("peer %s: doesn't read what we send, closed",
			c->link != NULL ? c->link->host : "(unnamed)");
		c->is_broken = true;
		shutdown(c->fd, SHUT_RDWR);
		errno = EPIPE;
		return -1;
	}
	watch(c);
	return (ssize_t)len;
}

ssize_t
conn_send(struct conn *c, const void *buf, size_t len, uint16_t stream)
{
	ssize_t ret;
	int cancel, error;

	// libfdcore cancels its threads, also while they write.
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pthread_mutex_lock(&c->lock);
	if (!atomic_load_explicit(&c->is_open, memory_order_relaxed) && is_good_cea(buf, len))
		set_open(c);
	ret = send_or_keep(c, buf, len, stream);
	error = errno;
	pthread_mutex_unlock(&c->lock);
	pthread_setcancelstate(cancel, NULL);
	errno = error;
	return ret;
}

ssize_t
conn_answer(struct conn *c, const void *buf, size_t len)
{
	uint16_t stream = 0;

	if (c->n_streams > 1) {
		pthread_mutex_lock(&c->lock);
		stream = c->next_stream++ % c->n_streams;
		pthread_mutex_unlock(&c->lock);
	}
	return conn_send(c, buf, len, stream);
}

static void
send_kept(struct conn *c)
{
	size_t at = 0;

	while (at < c->out_len) {
		struct record r;
		ssize_t n;

		memcpy(&r, c->out + at, sizeof(r));
		n = send_now(
			c, c->out + at + sizeof(r) + c->out_sent, r.len - c->out_sent, r.stream);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			c->is_broken = true;
		if (n < 0)
			break;
		c->out_sent += (size_t)n;
		if (c->out_sent < r.len)
			break;
		c->out_sent = 0;
		at += sizeof(r) + r.len;
	}
	memmove(c->out, c->out + at, c->out_len - at);
	c->out_len -= at;
	if (c->is_broken)
		shutdown(c->fd, SHUT_RDWR);
	else if (c->out_len > 0)
		watch(c);
}

static void *
sender(void *arg)
{
	struct epoll_event events[64];

	for (;;) {
		int n = epoll_wait(sender_epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			struct conn *c = conn_find(events[i].data.fd);

			if (c == NULL)
				continue;
			pthread_mutex_lock(&c->lock);
			if (!c->is_broken)
				send_kept(c);
			pthread_mutex_unlock(&c->lock);
			conn_give(c);
		}
	}
	return NULL;
}

int
conn_open(const struct hss_config *settings, conn_request_fn request)
{
	pthread_t thread;
	int ret;

	config = settings;
	on_request = request;
	sender_epoll = epoll_create1(EPOLL_CLOEXEC);
	if (sender_epoll < 0)
		return -errno;
	ret = pthread_create(&thread, NULL, sender, NULL);
	if (ret == 0)
		pthread_detach(thread);
	return -ret;
}
