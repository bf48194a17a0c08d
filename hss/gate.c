// SPDX-License-Identifier: BSD-3-Clause
#include "hss/gate.h"

#include "config/log.h"
#include "hss/counters.h"
#include "hss/fd_peers.h"
#include "hss/result_codes.h"
#include "hss/sctp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 20 // how often a held CER looks again

// A connection that isn't libfdcore's yet.
struct pending {
	struct conn *conn; // a reference
	struct sockaddr_storage from;
	socklen_t from_len;
	int64_t deadline_ms; // for its CER; then for the end of its peer's old connection
	bool is_held;
	bool is_done;
};

struct gate {
	unsigned n;
	struct pending *pending; // the oldest first
	struct pollfd *poll;     // the listener, then one for each
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct gate *
gate_of(struct conn *listener)
{
	unsigned max = conn_config()->cer_pending_max;
	struct gate *g = listener->gate;

	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->pending = calloc(max + 1, sizeof(*g->pending));
	g->poll = calloc(max + 2, sizeof(*g->poll));
	if (g->pending == NULL || g->poll == NULL) {
		free(g->pending);
		free(g->poll);
		free(g);
		return NULL;
	}
	listener->gate = g;
	return g;
}

static void
drop(struct gate *g, unsigned i, bool is_closed)
{
	struct conn *c = g->pending[i].conn;

	if (is_closed)
		close(c->fd);
	conn_give(c);
	g->n--;
	memmove(g->pending + i, g->pending + i + 1, (g->n - i) * sizeof(*g->pending));
}

// ---- New connections.

static void
welcome(struct gate *g, struct conn *listener)
{
	struct pending *p = &g->pending[g->n];
	int fd;

	p->from_len = sizeof(p->from);
	fd = accept4(listener->fd, (struct sockaddr *)&p->from, &p->from_len, SOCK_CLOEXEC);
	if (fd < 0) {
		// The peer has gone already, or there's no descriptor: both pass.
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			usleep(10000);
		return;
	}
	if (conn_adopt(fd, listener->is_sctp) < 0 || (p->conn = conn_find(fd)) == NULL) {
		close(fd);
		return;
	}
	p->conn->is_secure = listener->is_secure;
	p->deadline_ms = now_ms() + conn_config()->cer_timeout_ms;
	p->is_held = false;
	p->is_done = false;
	if (conn_ready(p->conn) < 0) {
		close(fd);
		conn_give(p->conn);
		return;
	}
	g->n++;
	if (g->n > conn_config()->cer_pending_max) {
		log_limited(
			LOG_LEVEL_WARNING, 1, "%u connections without a CER, oldest closed", g->n);
		drop(g, 0, true);
	}
}

// ---- CERs.

static void
to_cfg_addr(const struct sockaddr_storage *from, struct cfg_addr *addr)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255 };
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

	memset(addr, 0, sizeof(*addr));
	if (from->ss_family == AF_INET) {
		addr->family = 4;
		memcpy(addr->bytes, &v4->sin_addr, 4);
	} else if (memcmp(&v6->sin6_addr, mapped, 12) == 0) {
		addr->family = 4;
		memcpy(addr->bytes, v6->sin6_addr.s6_addr + 12, 4);
	} else {
		addr->family = 6;
		memcpy(addr->bytes, &v6->sin6_addr, 16);
	}
}

static void
refuse(struct pending *p, uint32_t result, const char *why)
{
	struct conn_in *in = p->conn->in;

	screen_refuse(conn_config(), in->message, in->len, result, why, &in->reply);
	if (in->reply.len > 0)
		conn_send(p->conn, in->reply.buf, in->reply.len, 0);
	counters_screened(in->message, result);
}

static bool
is_cer(const struct conn_in *in)
{
	struct wire_header h;

	if (in->len < WIRE_HEADER_LEN)
		return false;
	wire_header_decode(in->message, &h);
	return h.version == 1 && h.command == 257 && h.application == 0 && (h.flags & WIRE_REQUEST);
}

// Finds out who it is. 0, or -EACCES after an answer that says why not.
static int
identify(struct pending *p)
{
	const struct hss_config *config = conn_config();
	struct conn_in *in = p->conn->in;
	struct wire_avp host, realm;
	const struct hss_peer *peer;
	struct wire_cursor c;
	struct cfg_addr from;
	char text[CFG_ADDR_TEXT];

	to_cfg_addr(&p->from, &from);
	cfg_addr_text(&from, text);
	wire_start(&c, in->message, in->len);
	if (!wire_find(&c, 264, 0, &host) || !wire_find(&c, 296, 0, &realm))
		return -EACCES;
	peer = peers_match(config, (const char *)host.value, host.value_len,
		(const char *)realm.value, realm.value_len, &from);
	if (peer != NULL)
		p->conn->link = links_get((const char *)host.value, host.value_len, peer);
	if (p->conn->link != NULL)
		return 0;
	log_limited(LOG_LEVEL_WARNING, 5, "peer %.*s of %.*s from %s: not configured, refused",
		(int)host.value_len, (const char *)host.value, (int)realm.value_len,
		(const char *)realm.value, text);
	refuse(p, DIAMETER_UNKNOWN_PEER, "not a configured peer");
	return -EACCES;
}

// What has come in so far. 1: a CER of a peer of ours; 0: not all yet; -EACCES: to be closed.
static int
read_cer(struct pending *p)
{
	struct conn_in *in = p->conn->in;
	enum screen_verdict verdict;

	do {
		if (conn_fetch(p->conn, MSG_DONTWAIT) < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -EACCES;
	} while (in->len > 0 && in->is_notification);
	if (!is_cer(in))
		return -EACCES;
	verdict = screen_message(
		conn_config(), NULL, in->message, sizeof(in->message), &in->len, &in->reply);
	if (verdict == SCREEN_PASS)
		return identify(p) < 0 ? -EACCES : 1;
	if (in->reply.len > 0)
		conn_send(p->conn, in->reply.buf, in->reply.len, 0);
	counters_screened(in->message, in->reply.result);
	log_limited(LOG_LEVEL_WARNING, 5, "CER refused: %s", in->reply.why);
	return -EACCES;
}

// Lets the kernel find out soon whether anybody is left at the other end of the old connection.
static void
probe(const struct link *link)
{
	struct conn *old = conn_find(atomic_load(&link->fd));
	int on = 1, second = 1, tries = 2;

	if (old == NULL)
		return;
	if (!old->is_sctp) {
		syscall(SYS_setsockopt, old->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		syscall(SYS_setsockopt, old->fd, IPPROTO_TCP, TCP_KEEPIDLE, &second,
			sizeof(second));
		syscall(SYS_setsockopt, old->fd, IPPROTO_TCP, TCP_KEEPINTVL, &second,
			sizeof(second));
		syscall(SYS_setsockopt, old->fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
	}
	conn_give(old);
}

// libfdcore must be done with the connection that it got last: it forgets a peer that doesn't get far,
// and a CER that it takes meanwhile is left to a queue that is gone, under the lock of all peers.
static bool
is_free(const struct link *link)
{
	bool is_connected_to = link->peer->n_connect > 0;

	return (is_connected_to || atomic_load(&link->fd) < 0) &&
		fd_peer_is_free(link->host, is_connected_to);
}

static void
hold(struct pending *p)
{
	p->is_held = true;
	p->deadline_ms = now_ms() + conn_config()->cer_hold_ms;
	if (!is_free(p->conn->link))
		probe(p->conn->link);
}

static void
admit(struct conn *c)
{
	struct link *link = c->link;

	atomic_store(&link->fd, c->fd);
	atomic_store(&link->connected_s, (long long)time(NULL));
	atomic_fetch_add(&link->n_connects, 1);
	if (c->is_sctp)
		sctp_socket_apply_peer(c->fd, conn_config(), link->peer);
}

// ---- The loop.

// A connection to hand over, or -1.
static int
take_ready(struct gate *g, struct sockaddr *from, socklen_t *from_len)
{
	for (unsigned i = 0; i < g->n; i++) {
		struct pending *p = &g->pending[i];
		int fd = p->conn->fd;

		if (!p->is_held || (p->conn->link != NULL && !is_free(p->conn->link)))
			continue;
		if (p->conn->link != NULL)
			admit(p->conn);
		if (*from_len > p->from_len)
			*from_len = p->from_len;
		memcpy(from, &p->from, *from_len);
		drop(g, i, false);
		return fd;
	}
	return -1;
}

static void
look_at(struct pending *p)
{
	int ret;

	if (p->conn->is_secure) { // its CER comes after the handshake
		p->is_held = true;
		return;
	}
	ret = read_cer(p);
	if (ret < 0)
		p->is_done = true;
	else if (ret == 1)
		hold(p);
}

static void
expire(struct gate *g)
{
	int64_t now = now_ms();

	for (unsigned i = g->n; i > 0; i--) {
		struct pending *p = &g->pending[i - 1];

		if (!p->is_done && now < p->deadline_ms)
			continue;
		if (!p->is_done && p->is_held && p->conn->link != NULL) {
			log_warning("peer %s: a second connection, refused", p->conn->link->host);
			refuse(p, DIAMETER_UNABLE_TO_COMPLY, "connected already");
		}
		drop(g, i - 1, true);
	}
}

static int
poll_timeout(const struct gate *g)
{
	int64_t least = 1000, now = now_ms();

	for (unsigned i = 0; i < g->n; i++) {
		if (g->pending[i].is_held)
			return TICK_MS;
		if (g->pending[i].deadline_ms - now < least)
			least = g->pending[i].deadline_ms - now;
	}
	return least < 0 ? 0 : (int)least;
}

static void
wait_and_read(struct gate *g, struct conn *listener)
{
	unsigned n = g->n;

	g->poll[0] = (struct pollfd){ .fd = listener->fd, .events = POLLIN };
	for (unsigned i = 0; i < n; i++)
		g->poll[i + 1] =
			(struct pollfd){ .fd = g->pending[i].is_held ? -1 : g->pending[i].conn->fd,
				.events = POLLIN };
	if (poll(g->poll, n + 1, poll_timeout(g)) < 0)
		return;
	for (unsigned i = 0; i < n; i++)
		if (g->poll[i + 1].revents != 0)
			look_at(&g->pending[i]);
	expire(g);
	if (g->poll[0].revents != 0)
		welcome(g, listener);
}

int
gate_accept(struct conn *listener, struct sockaddr *from, socklen_t *from_len)
{
	struct gate *g;
	int fd;

	while ((g = gate_of(listener)) == NULL)
		usleep(100000);
	while ((fd = take_ready(g, from, from_len)) < 0)
		wait_and_read(g, listener);
	return fd;
}
