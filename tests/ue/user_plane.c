// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/user_plane.h"

#include "dataplane/gtpu.h"
#include "tests/ue/bearers.h"
#include "tests/ue/signalling.h"
#include "tests/ue/tun.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define FRAME 9216

static uint8_t buffer[BATCH][FRAME];

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put_be32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

// What the device sends: into the tunnel.
static void
on_tun(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	struct gtpc_endpoint gateway = { d->gateway_u, GTPU_PORT };
	struct sockaddr_storage to;
	socklen_t to_bytes = gtpc_endpoint_to_sockaddr(&gateway, &to);
	unsigned int n;

	for (n = 0; n < BATCH; n++) {
		uint8_t *p = buffer[n];
		ssize_t len = read(fd, p + GTPU_HEADER, FRAME - GTPU_HEADER);
		struct ue_bearer *b;

		if (len <= 0)
			break;
		p[0] = 0x30;
		p[1] = GTPU_GPDU;
		p[2] = (uint8_t)(len >> 8);
		p[3] = (uint8_t)len;
		b = bearers_choose(d, p + GTPU_HEADER, (size_t)len);
		put_be32(p + 4, b ? b->gateway_teid : d->gateway_u_teid);
		if (b)
			b->ul_packets++;
		iov[n] = (struct iovec){ p, (size_t)len + GTPU_HEADER };
		msg[n].msg_hdr = (struct msghdr){ .msg_name = &to,
			.msg_namelen = to_bytes,
			.msg_iov = &iov[n],
			.msg_iovlen = 1 };
		d->ul_packets++;
		d->ul_bytes += (uint64_t)len;
	}
	for (unsigned int sent = 0; sent < n;) {
		int rc = sendmmsg(d->ue->user_fd[d->sgw], msg + sent, n - sent, 0);

		if (rc <= 0)
			break; // a full socket buffer loses packets, as a radio would
		sent += (unsigned int)rc;
	}
}

// Echo Request: the same with another type and a Recovery. TS 29.281 7.2.2
static void
echo_answer(struct ue *ue, int fd, const struct gtpu *g, const struct sockaddr_storage *from)
{
	uint8_t p[GTPU_LONG_HEADER + 2] = { 0x32, GTPU_ECHO_RESPONSE, 0, 6 };

	p[8] = (uint8_t)(g->sequence >> 8);
	p[9] = (uint8_t)g->sequence;
	p[12] = GTPU_IE_RECOVERY;
	ue->echo_requests++;
	(void)!sendto(fd, p, sizeof(p), 0, (const struct sockaddr *)from, sizeof(*from));
}

static void
take_datagram(
	struct ue *ue, int fd, const uint8_t *p, size_t n, const struct sockaddr_storage *from)
{
	struct gtpu g;
	uint32_t index;
	struct device *d;

	if (gtpu_judge(p, (uint32_t)n, &g) != GTPU_OK) {
		ue->stray_packets++;
		return;
	}
	if (g.type == GTPU_ECHO_REQUEST) {
		echo_answer(ue, fd, &g, from);
		return;
	}
	index = (g.teid & 0xffff) - 1;
	if (g.type == GTPU_ERROR_INDICATION && g.payload >= 5) {
		for (index = 0; index < ue->options->n_devices; index++)
			if (ue->device[index].gateway_u_teid == be32(p + g.header + 1))
				ue->device[index].error_indications++;
		return;
	}
	if (index >= ue->options->n_devices) {
		ue->stray_packets++;
		return;
	}
	d = &ue->device[index];
	if (g.type == GTPU_END_MARKER) {
		d->end_markers++;
	} else if (g.type == GTPU_GPDU && d->tun_fd >= 0) {
		// packets of a tunnel that the device has just left are still its own
		struct ue_bearer *b = bearers_of_teid(d, g.teid);

		if (b)
			b->dl_packets++;
		d->dl_packets++;
		d->dl_bytes += g.payload;
		(void)!write(d->tun_fd, p + g.header, g.payload);
		if (d->advert_timer && tun_is_advertisement(p + g.header, g.payload))
			device_advertised(d);
	} else {
		ue->stray_packets++;
	}
}

static void
on_user(evutil_socket_t fd, short what, void *arg)
{
	struct ue *ue = arg;
	struct mmsghdr msg[BATCH] = { 0 };
	struct sockaddr_storage from[BATCH];
	struct iovec iov[BATCH];
	int n;

	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ buffer[i], FRAME };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1 };
	}
	n = recvmmsg(fd, msg, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		take_datagram(ue, fd, buffer[i], msg[i].msg_len, &from[i]);
}

int
user_plane_open(struct ue *ue)
{
	const int size = 4 << 20;

	for (unsigned int i = 0; i < ue->options->n_sgws; i++) {
		struct gtpc_endpoint sgw = { ue->options->sgw[i], GTPU_PORT };
		struct sockaddr_storage sa;
		socklen_t bytes = gtpc_endpoint_to_sockaddr(&sgw, &sa);
		int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		char text[GTPC_ADDR_TEXT_MAX];

		ue->user_fd[i] = fd;
		if (fd < 0 || bind(fd, (struct sockaddr *)&sa, bytes)) {
			int rc = -errno;

			fprintf(stderr, "torii-ue: %s port 2152: %s\n",
				gtpc_addr_text(&ue->options->sgw[i], text), strerror(errno));
			return rc;
		}
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
		ue->user_event[i] = event_new(ue->base, fd, EV_READ | EV_PERSIST, on_user, ue);
		event_add(ue->user_event[i], NULL);
	}
	return 0;
}

void
user_plane_close(struct ue *ue)
{
	for (unsigned int i = 0; i < UE_SGWS_MAX; i++) {
		if (ue->user_event[i])
			event_free(ue->user_event[i]);
		if (ue->user_fd[i] > 0)
			close(ue->user_fd[i]);
	}
}

int
device_up(struct device *d)
{
	if (tun_up(d))
		return -EIO;
	d->tun_event = event_new(d->ue->base, d->tun_fd, EV_READ | EV_PERSIST, on_tun, d);
	event_add(d->tun_event, NULL);
	return 0;
}

void
device_down(struct device *d)
{
	if (d->tun_event)
		event_free(d->tun_event);
	d->tun_event = NULL;
	tun_down(d);
}
