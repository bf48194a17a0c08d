// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mme/dia.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES_MAX 8

static void
be32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static uint32_t
from_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

void
dia_begin(struct dia *d, uint8_t flags, uint32_t command, uint32_t application, uint32_t hop_by_hop,
	uint32_t end_to_end)
{
	be32(d->octets, 1u << 24);
	be32(d->octets + 4, (uint32_t)flags << 24 | command);
	be32(d->octets + 8, application);
	be32(d->octets + 12, hop_by_hop);
	be32(d->octets + 16, end_to_end);
	d->len = 20;
}

void
dia_put_flags(
	struct dia *d, uint32_t code, uint32_t vendor, uint8_t flags, const void *value, size_t len)
{
	size_t head = flags & DIA_AVP_V ? 12 : 8;

	if (d->len + head + len + 3 > sizeof(d->octets)) {
		fprintf(stderr, "message too long\n");
		exit(1);
	}
	be32(d->octets + d->len, code);
	be32(d->octets + d->len + 4, (uint32_t)flags << 24 | (uint32_t)(head + len));
	if (head == 12)
		be32(d->octets + d->len + 8, vendor);
	d->len += head;
	if (len > 0)
		memcpy(d->octets + d->len, value, len);
	d->len += len;
	while (d->len % 4 != 0)
		d->octets[d->len++] = 0;
}

void
dia_put(struct dia *d, uint32_t code, uint32_t vendor, const void *value, size_t len)
{
	dia_put_flags(d, code, vendor, vendor ? DIA_AVP_V | DIA_AVP_M : DIA_AVP_M, value, len);
}

void
dia_put_u32(struct dia *d, uint32_t code, uint32_t vendor, uint32_t value)
{
	uint8_t v[4];

	be32(v, value);
	dia_put(d, code, vendor, v, 4);
}

void
dia_put_text(struct dia *d, uint32_t code, uint32_t vendor, const char *text)
{
	dia_put(d, code, vendor, text, strlen(text));
}

size_t
dia_open(struct dia *d, uint32_t code, uint32_t vendor)
{
	size_t at = d->len;

	dia_put(d, code, vendor, NULL, 0);
	return at;
}

void
dia_close(struct dia *d, size_t group)
{
	be32(d->octets + group + 4,
		(uint32_t)d->octets[group + 4] << 24 | (uint32_t)(d->len - group));
}

void
dia_end(struct dia *d)
{
	be32(d->octets, 1u << 24 | (uint32_t)d->len);
}

void
dia_head(const uint8_t *m, struct dia_head *h)
{
	h->length = from_be32(m) & 0xffffff;
	h->flags = m[4];
	h->command = from_be32(m + 4) & 0xffffff;
	h->application = from_be32(m + 8);
	h->hop_by_hop = from_be32(m + 12);
	h->end_to_end = from_be32(m + 16);
}

struct dia_part
dia_body(const uint8_t *message, size_t len)
{
	return (struct dia_part){ .value = message + 20, .len = len - 20 };
}

bool
dia_find(struct dia_part in, uint32_t code, uint32_t vendor, unsigned n, struct dia_part *found)
{
	size_t at = 0;

	while (at + 8 <= in.len) {
		const uint8_t *p = in.value + at;
		size_t len = from_be32(p + 4) & 0xffffff;
		size_t head = p[4] & DIA_AVP_V ? 12 : 8;

		if (len < head || at + len > in.len)
			return false;
		if (from_be32(p) == code && (head == 12 ? from_be32(p + 8) : 0) == vendor &&
			n-- == 0) {
			*found = (struct dia_part){ .value = p + head, .len = len - head };
			return true;
		}
		at += (len + 3) & ~(size_t)3;
	}
	return false;
}

uint32_t
dia_u32(struct dia_part part)
{
	return part.len == 4 ? from_be32(part.value) : 0;
}

uint32_t
dia_find_u32(struct dia_part in, uint32_t code, uint32_t vendor)
{
	struct dia_part found;

	return dia_find(in, code, vendor, 0, &found) ? dia_u32(found) : 0;
}

uint32_t
dia_result(struct dia_part body, bool *is_own)
{
	struct dia_part group;

	*is_own = dia_find(body, 297, 0, 0, &group);
	return *is_own ? dia_find_u32(group, 298, 0) : dia_find_u32(body, 268, 0);
}

// ---- Connections.

static unsigned
parse_addresses(const char *text, uint16_t port, struct sockaddr_in addresses[ADDRESSES_MAX])
{
	char copy[256], *rest = copy, *one;
	unsigned n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((one = strsep(&rest, ",")) != NULL && n < ADDRESSES_MAX) {
		memset(&addresses[n], 0, sizeof(addresses[n]));
		addresses[n].sin_family = AF_INET;
		addresses[n].sin_port = htons(port);
		if (inet_pton(AF_INET, one, &addresses[n].sin_addr) != 1)
			return 0;
		n++;
	}
	return n;
}

static int
bind_local(int fd, const struct dia_target *t)
{
	struct sockaddr_in local[ADDRESSES_MAX];
	unsigned n = parse_addresses(t->local, 0, local);

	if (n == 0)
		return -EINVAL;
	if (!t->is_sctp)
		return bind(fd, (struct sockaddr *)&local[0], sizeof(local[0])) < 0 ? -errno : 0;
	return sctp_bindx(fd, (struct sockaddr *)local, (int)n, SCTP_BINDX_ADD_ADDR) < 0 ? -errno
											 : 0;
}

static int
connect_to(int fd, const struct dia_target *t)
{
	struct sockaddr_in remote[ADDRESSES_MAX];
	unsigned n = parse_addresses(t->addresses, t->port, remote);

	if (n == 0)
		return -EINVAL;
	if (t->is_sctp)
		return sctp_connectx(fd, (struct sockaddr *)remote, (int)n, NULL) < 0 ? -errno : 0;
	return connect(fd, (struct sockaddr *)&remote[0], sizeof(remote[0])) < 0 ? -errno : 0;
}

int
dia_connect(const struct dia_target *t)
{
	int fd = socket(AF_INET, SOCK_STREAM, t->is_sctp ? IPPROTO_SCTP : IPPROTO_TCP);
	int on = 1, ret = 0;

	if (fd < 0)
		return -errno;
	if (!t->is_sctp)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (t->local != NULL)
		ret = bind_local(fd, t);
	if (ret == 0)
		ret = connect_to(fd, t);
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

int
dia_send(int fd, const void *octets, size_t len, bool is_sctp)
{
	const uint8_t *p = octets;

	while (len > 0) {
		ssize_t n;

		if (is_sctp)
			n = sctp_sendmsg(fd, p, len, NULL, 0, htonl(46), 0, 0, 0, 0);
		else
			n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool
take(struct dia_stream *s, struct dia *d)
{
	struct dia_head h;

	if (s->len < 20)
		return false;
	dia_head(s->octets, &h);
	if (h.length < 20 || h.length > DIA_MAX || s->len < h.length)
		return false;
	memcpy(d->octets, s->octets, h.length);
	d->len = h.length;
	s->len -= h.length;
	memmove(s->octets, s->octets + h.length, s->len);
	return true;
}

int
dia_receive(struct dia_stream *s, struct dia *d, int timeout_ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	while (!take(s, d)) {
		ssize_t n;
		int ready = poll(&p, 1, timeout_ms);

		if (ready == 0 || (ready < 0 && errno == EINTR))
			return 0;
		n = recv(s->fd, s->octets + s->len, sizeof(s->octets) - s->len, 0);
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		s->len += (size_t)n;
	}
	return 1;
}
