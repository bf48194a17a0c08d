// SPDX-License-Identifier: BSD-3-Clause
#include "control/user_paths.h"

#include "config/log.h"
#include "control/ctl_config.h"
#include "control/gtpc/siphash.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP_MS 20
#define SLOTS_A_STEP 2000 // looked at: a part of a millisecond, in which nobody is answered
#define SENT_A_STEP 20    // Echo Requests: 1000 per second, as many as a punt class takes
#define WALK_EVERY_MS 5000
#define GTPU_PORT 2152
#define ECHO_REQUEST 1
#define ECHO_RESPONSE 2
#define FLAGS_WITH_SEQUENCE 0x32 // version 1, GTP, S
#define ECHO_BYTES 12
#define NONE UINT32_MAX

// A socket of a local address, with a port of its own: answers come back to that (TS 29.281 4.4.2.2).
struct user_socket {
	struct gtpc_addr local;
	int fd;
	struct event *readable;
};

struct user_paths {
	const struct ctl_config *config;
	const struct session_table *sessions;
	const struct bearer_table *bearers;
	struct event_base *base;
	struct event *timer;
	struct user_socket sockets[DP_GTPU_ADDRS_MAX];
	unsigned int n_sockets;
	uint32_t slot;    // the walk's next one
	uint64_t walk_ms; // when the next walk begins
	uint64_t hash_key[2];
	uint16_t sequence;
	struct user_path *paths;
	uint32_t *index; // by hash of both addresses, open addressing; NONE: empty
	uint32_t n, max, index_mask;
};

// ---- The table.

static uint64_t
interval_ms(const struct user_paths *p)
{
	return p->config->user_echo_s * 1000ull;
}

static uint32_t *
place_of(const struct user_paths *p, const struct gtpc_addr *peer, const struct gtpc_addr *local)
{
	const struct gtpc_addr key[2] = { *peer, *local };
	uint32_t at = (uint32_t)siphash(p->hash_key, key, sizeof(key)) & p->index_mask;

	while (p->index[at] != NONE) {
		const struct user_path *path = &p->paths[p->index[at]];

		if (gtpc_addr_equal(&path->peer, peer) && gtpc_addr_equal(&path->local, local))
			break;
		at = (at + 1) & p->index_mask;
	}
	return &p->index[at];
}

static void
index_again(struct user_paths *p)
{
	memset(p->index, 0xff, (p->index_mask + 1) * sizeof(*p->index));
	for (uint32_t i = 0; i < p->n; i++)
		*place_of(p, &p->paths[i].peer, &p->paths[i].local) = i;
}

// A new path is asked once the interval has passed: sessions that come and go don't make it shorter than
// TS 29.281 7.2.1 allows. A session counts once for each SGW-U that its bearers have.
static void
count_bearer(struct user_paths *p, const struct session *s, const struct gtpc_addr *peer)
{
	struct user_path *path;
	struct gtpc_addr local;
	uint32_t *place;

	memcpy(&local, &s->local_u, sizeof(local));
	if (peer->family == 0 || peer->family != local.family)
		return;
	place = place_of(p, peer, &local);
	if (*place == NONE) {
		if (p->n == p->max)
			return;
		p->paths[p->n] = (struct user_path){
			.peer = *peer, .local = local, .due_ms = pgw_now_ms() + interval_ms(p)
		};
		*place = p->n++;
	}
	path = &p->paths[*place];
	if (path->last_counted == s->slot + 1)
		return;
	path->last_counted = s->slot + 1;
	path->n_counted++;
}

static void
count_session(struct user_paths *p, const struct session *s)
{
	if (s->state != SESSION_ACTIVE)
		return;
	count_bearer(p, s, &s->bearer.peer);
	for (const struct dedicated *b = bearer_first(p->bearers, s); b;
		b = bearer_next(p->bearers, b))
		if (b->state == BEARER_ACTIVE)
			count_bearer(p, s, &b->is.peer);
}

static void
end_walk(struct user_paths *p, uint64_t now_ms)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		struct user_path *path = &p->paths[i];

		path->n_sessions = path->n_counted;
		path->n_counted = path->last_counted = 0;
		if (path->n_sessions > 0)
			p->paths[n++] = *path;
	}
	if (n < p->n) {
		p->n = n;
		index_again(p);
	}
	p->slot = 0;
	p->walk_ms = now_ms + WALK_EVERY_MS;
}

static void
walk(struct user_paths *p, uint64_t now_ms)
{
	uint32_t top = session_table_top(p->sessions);

	if (now_ms < p->walk_ms)
		return;
	for (unsigned int i = 0; i < SLOTS_A_STEP && p->slot < top; i++) {
		const struct session *s = session_at(p->sessions, p->slot++);

		if (s)
			count_session(p, s);
	}
	if (p->slot >= top)
		end_walk(p, now_ms);
}

// ---- Answers.

// NULL: nobody waits for it.
static struct user_path *
asked(struct user_paths *p, const struct gtpc_addr *peer, const struct gtpc_addr *local,
	uint16_t sequence)
{
	uint32_t i = *place_of(p, peer, local);

	if (i == NONE || p->paths[i].n_tries == 0 || p->paths[i].sequence != sequence)
		return NULL;
	return &p->paths[i];
}

static void
answered(struct user_paths *p, struct user_path *path)
{
	char peer[GTPC_ADDR_TEXT_MAX];

	path->n_answered++;
	path->n_tries = 0;
	path->heard_ms = pgw_now_ms();
	path->due_ms = path->heard_ms + interval_ms(p);
	if (path->is_down)
		log_notice(
			"SGW-U %s answers again: GTP-U path up", gtpc_addr_text(&path->peer, peer));
	path->is_down = false;
}

// TS 29.281 7.2.2: its Recovery says nothing any more.
static void
receive(struct user_paths *p, const struct user_socket *s, const struct sockaddr_storage *from,
	const uint8_t *bytes, ssize_t n)
{
	struct gtpc_endpoint peer;
	struct user_path *path;

	if (n < ECHO_BYTES || (bytes[0] & FLAGS_WITH_SEQUENCE) != FLAGS_WITH_SEQUENCE ||
		bytes[0] >> 5 != 1 || bytes[1] != ECHO_RESPONSE ||
		gtpc_endpoint_from_sockaddr((const struct sockaddr *)from, &peer) < 0)
		return;
	path = asked(p, &peer.addr, &s->local, (uint16_t)(bytes[8] << 8 | bytes[9]));
	if (path)
		answered(p, path);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct user_paths *p = arg;
	unsigned int i = 0;

	while (i < p->n_sockets && p->sockets[i].fd != fd)
		i++;
	for (unsigned int budget = 2 * SENT_A_STEP; i < p->n_sockets && budget > 0; budget--) {
		struct sockaddr_storage from;
		socklen_t from_bytes = sizeof(from);
		uint8_t bytes[256];
		ssize_t n = recvfrom(
			fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_bytes);

		if (n < 0)
			return;
		receive(p, &p->sockets[i], &from, bytes, n);
	}
}

// ---- Requests.

static int
open_socket(struct user_paths *p, const struct gtpc_addr *local, struct user_socket *s)
{
	const struct gtpc_endpoint here = { .addr = *local };
	const char *device = p->config->gtpu_device;
	struct sockaddr_storage ss;
	socklen_t length = gtpc_endpoint_to_sockaddr(&here, &ss);

	*s = (struct user_socket){ .local = *local };
	s->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	if ((device[0] != '\0' &&
		    setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, device,
			    (socklen_t)strlen(device)) < 0) ||
		bind(s->fd, (struct sockaddr *)&ss, length) < 0) {
		int err = errno;

		close(s->fd);
		return -err;
	}
	s->readable = event_new(p->base, s->fd, EV_READ | EV_PERSIST, on_readable, p);
	if (s->readable && event_add(s->readable, NULL) == 0)
		return 0;
	if (s->readable)
		event_free(s->readable);
	close(s->fd);
	return -ENOMEM;
}

// -1 where the address can't be used: it isn't this machine's, as yet.
static int
socket_for(struct user_paths *p, const struct gtpc_addr *local)
{
	char text[GTPC_ADDR_TEXT_MAX];
	int err;

	for (unsigned int i = 0; i < p->n_sockets; i++)
		if (gtpc_addr_equal(&p->sockets[i].local, local))
			return p->sockets[i].fd;
	if (p->n_sockets == DP_GTPU_ADDRS_MAX)
		return -1;
	err = open_socket(p, local, &p->sockets[p->n_sockets]);
	if (err < 0) {
		log_limited(LOG_LEVEL_WARNING, 1, "GTP-U Echo Requests from %s: %s",
			gtpc_addr_text(local, text), strerror(-err));
		return -1;
	}
	return p->sockets[p->n_sockets++].fd;
}

static void
send_echo(struct user_paths *p, struct user_path *path)
{
	const struct gtpc_endpoint there = { .addr = path->peer, .port = GTPU_PORT };
	const uint8_t bytes[ECHO_BYTES] = {
		FLAGS_WITH_SEQUENCE, ECHO_REQUEST, 0,
		ECHO_BYTES - 8, [8] = (uint8_t)(path->sequence >> 8), [9] = (uint8_t)path->sequence
	};
	int fd = socket_for(p, &path->local);
	struct sockaddr_storage ss;
	socklen_t length = gtpc_endpoint_to_sockaddr(&there, &ss);

	// What isn't sent isn't answered, and told as that.
	if (fd >= 0 && sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&ss, length) > 0)
		path->n_sent++;
}

static void
give_up(struct user_paths *p, struct user_path *path)
{
	char peer[GTPC_ADDR_TEXT_MAX];

	if (!path->is_down)
		log_warning("SGW-U %s doesn't answer: GTP-U path down, %u sessions",
			gtpc_addr_text(&path->peer, peer), path->n_sessions);
	path->is_down = true;
	path->n_tries = 0;
}

// One that is due: the next request, a repetition of the one under way, or its end.
static void
serve(struct user_paths *p, struct user_path *path, uint64_t now_ms)
{
	if (path->n_tries == 0)
		path->sequence = ++p->sequence;
	if (path->n_tries == p->config->n3) {
		give_up(p, path);
		path->due_ms = now_ms + interval_ms(p);
		return;
	}
	path->n_tries++;
	path->due_ms = now_ms + p->config->t3_ms;
	send_echo(p, path);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct user_paths *p = arg;
	uint64_t now_ms = pgw_now_ms();
	unsigned int n = 0;

	walk(p, now_ms);
	for (uint32_t i = 0; i < p->n && n < SENT_A_STEP; i++) {
		struct user_path *path = &p->paths[i];

		if (now_ms < path->due_ms)
			continue;
		serve(p, path, now_ms);
		n++;
	}
}

// ---- All.

static int
make_parts(struct user_paths *p)
{
	const struct timeval step = { .tv_usec = STEP_MS * 1000 };
	uint32_t places = 2;

	p->max = p->config->peers_max;
	while (places < 2 * p->max)
		places *= 2;
	p->index_mask = places - 1;
	p->paths = calloc(p->max, sizeof(*p->paths));
	p->index = calloc(places, sizeof(*p->index));
	p->timer = event_new(p->base, -1, EV_PERSIST, on_timer, p);
	if (!p->paths || !p->index || !p->timer ||
		getrandom(p->hash_key, sizeof(p->hash_key), 0) != sizeof(p->hash_key))
		return -1;
	index_again(p);
	return p->config->user_echo_s == 0 ? 0 : event_add(p->timer, &step);
}

struct user_paths *
user_paths_new(struct event_base *base, const struct ctl_config *config,
	const struct session_table *sessions, const struct bearer_table *bearers)
{
	struct user_paths *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->base = base;
	p->config = config;
	p->sessions = sessions;
	p->bearers = bearers;
	if (make_parts(p) == 0)
		return p;
	user_paths_free(p);
	return NULL;
}

void
user_paths_free(struct user_paths *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < p->n_sockets; i++) {
		event_free(p->sockets[i].readable);
		close(p->sockets[i].fd);
	}
	if (p->timer)
		event_free(p->timer);
	free(p->paths);
	free(p->index);
	free(p);
}

const struct user_path *
user_path_at(const struct user_paths *p, uint32_t n)
{
	return p && n < p->n ? &p->paths[n] : NULL;
}
