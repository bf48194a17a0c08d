// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/user_plane.h"

#include "dataplane/gtpu.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH 64
#define FRAME 9216

extern char **environ;

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

static void
gateway_sockaddr(const struct device *d, struct sockaddr_in *sa)
{
	*sa = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(GTPU_PORT) };
	memcpy(&sa->sin_addr, d->gateway_u.bytes, 4);
}

// What the device sends: into the tunnel.
static void
on_tun(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	struct sockaddr_in to;
	unsigned int n;

	gateway_sockaddr(d, &to);
	for (n = 0; n < BATCH; n++) {
		uint8_t *p = buffer[n];
		ssize_t len = read(fd, p + GTPU_HEADER, FRAME - GTPU_HEADER);

		if (len <= 0)
			break;
		p[0] = 0x30;
		p[1] = GTPU_GPDU;
		p[2] = (uint8_t)(len >> 8);
		p[3] = (uint8_t)len;
		put_be32(p + 4, d->gateway_u_teid);
		iov[n] = (struct iovec){ p, (size_t)len + GTPU_HEADER };
		msg[n].msg_hdr = (struct msghdr){ .msg_name = &to,
			.msg_namelen = sizeof(to),
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
echo_answer(struct ue *ue, int fd, const struct gtpu *g, const struct sockaddr_in *from)
{
	uint8_t p[GTPU_LONG_HEADER + 2] = { 0x32, GTPU_ECHO_RESPONSE, 0, 6 };

	p[8] = (uint8_t)(g->sequence >> 8);
	p[9] = (uint8_t)g->sequence;
	p[12] = GTPU_IE_RECOVERY;
	ue->echo_requests++;
	(void)!sendto(fd, p, sizeof(p), 0, (const struct sockaddr *)from, sizeof(*from));
}

static void
take_datagram(struct ue *ue, int fd, const uint8_t *p, size_t n, const struct sockaddr_in *from)
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
		d->dl_packets++;
		d->dl_bytes += g.payload;
		(void)!write(d->tun_fd, p + g.header, g.payload);
	} else {
		ue->stray_packets++;
	}
}

static void
on_user(evutil_socket_t fd, short what, void *arg)
{
	struct ue *ue = arg;
	struct mmsghdr msg[BATCH] = { 0 };
	struct sockaddr_in from[BATCH];
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
		struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(GTPU_PORT) };
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		char text[GTPC_ADDR_TEXT_MAX];

		memcpy(&sa.sin_addr, ue->options->sgw[i].bytes, 4);
		ue->user_fd[i] = fd;
		if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
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

// Runs `ip` with the arguments of one line; its complaint goes to stderr. 0 or -EIO.
static int run_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
run_ip(const char *format, ...)
{
	char line[256], *argv[32], *rest = line;
	unsigned int n = 0;
	int status;
	pid_t pid;
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	argv[n++] = strdupa("ip");
	while (n < 31 && (argv[n] = strsep(&rest, " ")) != NULL)
		n++;
	argv[n] = NULL;
	if (posix_spawnp(&pid, "ip", NULL, NULL, argv, environ) ||
		waitpid(pid, &status, 0) != pid || status)
		return -EIO;
	return 0;
}

static int
tun_open(struct device *d)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", d->tun);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr)) {
		snprintf(d->why, sizeof(d->why), "TUN %s: %s", d->tun, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	return fd;
}

// The interface with its address and a default route, in a namespace of its own if asked for.
static int
tun_configure(struct device *d)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, d->address, addr, sizeof(addr));
	if (!d->ue->options->use_netns) {
		unsigned int table = 10000 + d->index;

		return run_ip("addr add %s/32 dev %s", addr, d->tun) ||
				run_ip("link set %s mtu %u up", d->tun, d->mtu) ||
				run_ip("route add default dev %s table %u", d->tun, table) ||
				run_ip("rule add from %s table %u", addr, table)
			? -EIO
			: 0;
	}
	if (run_ip("netns add %s", d->netns) || run_ip("link set %s netns %s", d->tun, d->netns) ||
		run_ip("-n %s link set %s name ue", d->netns, d->tun) ||
		run_ip("-n %s link set lo up", d->netns) ||
		run_ip("-n %s link set ue addrgenmode none", d->netns) || // IPv4 alone
		run_ip("-n %s addr add %s/32 dev ue", d->netns, addr) ||
		run_ip("-n %s link set ue mtu %u up", d->netns, d->mtu))
		return -EIO;
	return run_ip("-n %s route add default dev ue", d->netns);
}

int
device_up(struct device *d)
{
	d->tun_fd = tun_open(d);
	if (d->tun_fd < 0)
		return -EIO;
	if (tun_configure(d)) {
		snprintf(d->why, sizeof(d->why), "interface of %s can't be set up", d->netns);
		device_down(d);
		return -EIO;
	}
	d->tun_event = event_new(d->ue->base, d->tun_fd, EV_READ | EV_PERSIST, on_tun, d);
	event_add(d->tun_event, NULL);
	return 0;
}

void
device_down(struct device *d)
{
	char addr[INET_ADDRSTRLEN];

	if (d->tun_event)
		event_free(d->tun_event);
	d->tun_event = NULL;
	if (d->tun_fd < 0)
		return;
	close(d->tun_fd);
	d->tun_fd = -1;
	if (d->ue->options->use_netns) {
		run_ip("netns del %s", d->netns);
		return;
	}
	inet_ntop(AF_INET, d->address, addr, sizeof(addr));
	run_ip("rule del from %s table %u", addr, 10000 + d->index);
}
