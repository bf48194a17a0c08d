// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/gtpc_socket.h"

#include "control/gtpc/gtpc_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define RX_BYTES 16384  // of one datagram: far more than any GTPv2-C message needs
#define TX_BYTES 262144 // of one batch

struct gtpc_socket {
	struct gtpc_counters *counters;
	unsigned int n;
	struct gtpc_endpoint local[GTPC_SOCKETS_MAX];
	int fd[GTPC_SOCKETS_MAX];

	struct mmsghdr rx[BATCH];
	struct iovec rx_iov[BATCH];
	struct sockaddr_storage rx_from[BATCH];
	uint8_t rx_bytes[BATCH][RX_BYTES];

	// The queue to send: runs of one socket go out together.
	unsigned int n_tx;
	size_t tx_used;
	struct mmsghdr tx[BATCH];
	struct iovec tx_iov[BATCH];
	struct sockaddr_storage tx_to[BATCH];
	unsigned int tx_socket[BATCH];
	uint8_t tx_bytes[TX_BYTES];
};

static int
set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

// Signalling may be fragmented rather than lost; DSCP is the high six bits of the octet.
static int
set_family_options(int fd, uint8_t family, uint8_t dscp)
{
	int err;

	if (family == 4) {
		err = set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
		return err ? err : set_int(fd, IPPROTO_IP, IP_TOS, dscp << 2);
	}
	err = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return err ? err : set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
}

static int
open_one(const struct gtpc_socket_config *config, const struct gtpc_endpoint *local, int *out)
{
	struct sockaddr_storage ss;
	socklen_t length = gtpc_endpoint_to_sockaddr(local, &ss);
	int fd, err;

	if (length == 0)
		return -EAFNOSUPPORT;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = set_family_options(fd, local->addr.family, config->dscp);
	if (err)
		goto fail;
	if (config->device[0] != '\0' &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, config->device,
			(socklen_t)strnlen(config->device, sizeof(config->device)))) {
		err = -errno;
		goto fail;
	}
	// Beyond the system's limit only for those who may; else as much as there is.
	if (config->receive_bytes > 0 &&
		set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, config->receive_bytes))
		set_int(fd, SOL_SOCKET, SO_RCVBUF, config->receive_bytes);
	if (bind(fd, (struct sockaddr *)&ss, length)) {
		err = -errno;
		goto fail;
	}
	*out = fd;
	return 0;
fail:
	close(fd);
	return err;
}

static void
prepare_receive(struct gtpc_socket *s)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		s->rx_iov[i] = (struct iovec){ s->rx_bytes[i], RX_BYTES };
		s->rx[i].msg_hdr = (struct msghdr){
			.msg_name = &s->rx_from[i],
			.msg_iov = &s->rx_iov[i],
			.msg_iovlen = 1,
		};
	}
}

int
gtpc_socket_open(
	struct gtpc_socket **out, const struct gtpc_socket_config *config, unsigned int *failed)
{
	struct gtpc_socket *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	*failed = 0;
	if (s == NULL)
		return -ENOMEM;
	s->counters = config->counters;
	for (unsigned int i = 0; i < config->n_local && i < GTPC_SOCKETS_MAX; i++) {
		s->local[i] = config->local[i];
		if (s->local[i].port == 0)
			s->local[i].port = GTPC_PORT;
		err = open_one(config, &s->local[i], &s->fd[i]);
		if (err) {
			*failed = i;
			gtpc_socket_close(s);
			return err;
		}
		s->n++;
	}
	prepare_receive(s);
	*out = s;
	return 0;
}

void
gtpc_socket_close(struct gtpc_socket *s)
{
	if (s == NULL)
		return;
	for (unsigned int i = 0; i < s->n; i++)
		close(s->fd[i]);
	free(s);
}

unsigned int
gtpc_socket_count(const struct gtpc_socket *s)
{
	return s->n;
}

int
gtpc_socket_fd(const struct gtpc_socket *s, unsigned int index)
{
	return s->fd[index];
}

const struct gtpc_endpoint *
gtpc_socket_local(const struct gtpc_socket *s, unsigned int index)
{
	return &s->local[index];
}

const struct gtpc_addr *
gtpc_socket_local_for(const struct gtpc_socket *s, uint8_t family)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (s->local[i].addr.family == family)
			return &s->local[i].addr;
	return NULL;
}

// One datagram of a batch.
static void
deliver(struct gtpc_socket *s, unsigned int index, unsigned int i, gtpc_received_fn received,
	void *user)
{
	struct gtpc_path path = { .local = s->local[index].addr };

	if (s->rx[i].msg_hdr.msg_flags & MSG_TRUNC) {
		s->counters->n[GTPC_COUNT_RX_TRUNCATED]++;
		return;
	}
	if (gtpc_endpoint_from_sockaddr((struct sockaddr *)&s->rx_from[i], &path.peer))
		return;
	received(user, &path, s->rx_bytes[i], s->rx[i].msg_len);
}

unsigned int
gtpc_socket_receive(struct gtpc_socket *s, unsigned int index, unsigned int budget,
	gtpc_received_fn received, void *user)
{
	unsigned int total = 0;

	while (total < budget) {
		unsigned int want = budget - total < BATCH ? budget - total : BATCH;
		int n;

		for (unsigned int i = 0; i < want; i++)
			s->rx[i].msg_hdr.msg_namelen = sizeof(s->rx_from[i]);
		n = recvmmsg(s->fd[index], s->rx, want, MSG_DONTWAIT, NULL);
		// An ICMP error of an earlier datagram comes up here once (ECONNREFUSED).
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			s->counters->n[GTPC_COUNT_RX_ERRORS]++;
		if (n <= 0)
			break;
		for (unsigned int i = 0; i < (unsigned int)n; i++)
			deliver(s, index, i, received, user);
		total += (unsigned int)n;
		if ((unsigned int)n < want)
			break;
	}
	gtpc_socket_flush(s);
	return total;
}

static int
find_local(const struct gtpc_socket *s, const struct gtpc_addr *local)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (gtpc_addr_equal(&s->local[i].addr, local))
			return (int)i;
	return -EADDRNOTAVAIL;
}

int
gtpc_socket_send(
	struct gtpc_socket *s, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	int index = find_local(s, &path->local);
	unsigned int i;
	socklen_t length;

	if (index < 0)
		return index;
	if (n > GTPC_MESSAGE_MAX)
		return -EMSGSIZE;
	if (s->n_tx == BATCH || n > TX_BYTES - s->tx_used)
		gtpc_socket_flush(s);
	i = s->n_tx;
	length = gtpc_endpoint_to_sockaddr(&path->peer, &s->tx_to[i]);
	memcpy(s->tx_bytes + s->tx_used, bytes, n);
	s->tx_iov[i] = (struct iovec){ s->tx_bytes + s->tx_used, n };
	s->tx[i].msg_hdr = (struct msghdr){
		.msg_name = &s->tx_to[i],
		.msg_namelen = length,
		.msg_iov = &s->tx_iov[i],
		.msg_iovlen = 1,
	};
	s->tx_socket[i] = (unsigned int)index;
	s->tx_used += n;
	s->n_tx++;
	return 0;
}

// What is queued from `first` on for one socket. Returns how many are dealt with: sent, or the one
// that was refused.
static unsigned int
flush_run(struct gtpc_socket *s, unsigned int first)
{
	unsigned int end = first + 1;
	int n;

	while (end < s->n_tx && s->tx_socket[end] == s->tx_socket[first])
		end++;
	n = sendmmsg(s->fd[s->tx_socket[first]], s->tx + first, end - first, MSG_DONTWAIT);
	if (n > 0) {
		s->counters->n[GTPC_COUNT_TX_DATAGRAMS] += (unsigned int)n;
		return (unsigned int)n;
	}
	if (n < 0 && errno == EINTR)
		return 0;
	s->counters->n[GTPC_COUNT_TX_ERRORS]++;
	return 1;
}

void
gtpc_socket_flush(struct gtpc_socket *s)
{
	unsigned int done = 0;

	while (done < s->n_tx)
		done += flush_run(s, done);
	s->n_tx = 0;
	s->tx_used = 0;
}
