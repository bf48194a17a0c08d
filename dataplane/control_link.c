// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control_link.h"

#include "config/log.h"
#include "dataplane/include/dp_shm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4

int
control_link_open(struct control_link *l, const char *path, uint64_t instance, int doorbell)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int error;

	*l = (struct control_link){ .doorbell = doorbell, .instance = instance };
	for (unsigned int i = 0; i < CONTROL_LINK_CONNECTIONS; i++)
		l->connection[i] = -1;
	if (strlen(path) >= sizeof(a.sun_path)) {
		log_error("%s: longer than a socket's path may be", path);
		l->listener = -1;
		return -ENAMETOOLONG;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	memcpy(l->path, a.sun_path, sizeof(l->path));
	l->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->listener < 0)
		return -errno;
	// the caller holds the run directory's lock, so this is nobody's that lives
	unlink(path);
	if (bind(l->listener, (struct sockaddr *)&a, sizeof(a)) == 0 && chmod(path, 0660) == 0 &&
		listen(l->listener, BACKLOG) == 0)
		return 0;
	error = -errno;
	log_error("%s: %s", path, strerror(-error));
	close(l->listener);
	l->listener = -1;
	return error;
}

static void
close_connection(struct control_link *l, unsigned int i)
{
	close(l->connection[i]);
	l->connection[i] = -1;
}

void
control_link_close(struct control_link *l)
{
	for (unsigned int i = 0; i < CONTROL_LINK_CONNECTIONS; i++)
		if (l->connection[i] >= 0)
			close_connection(l, i);
	if (l->listener < 0)
		return;
	close(l->listener);
	unlink(l->path);
	l->listener = -1;
}

static int
send_hello(const struct control_link *l, int fd)
{
	struct dp_hello hello = {
		.magic = DP_SHM_MAGIC,
		.version = DP_SHM_VERSION,
		.instance = l->instance,
	};
	struct iovec v = { &hello, sizeof(hello) };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &l->doorbell, sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int
control_link_accept(struct control_link *l)
{
	int fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	unsigned int free_place = 0;
	int error;

	if (fd < 0)
		return -errno;
	while (free_place < CONTROL_LINK_CONNECTIONS && l->connection[free_place] >= 0)
		free_place++;
	error = free_place == CONTROL_LINK_CONNECTIONS ? -EMFILE : send_hello(l, fd);
	if (error != 0) {
		close(fd);
		return error;
	}
	l->connection[free_place] = fd;
	return fd;
}

bool
control_link_drain(struct control_link *l, int fd)
{
	char any[64];
	ssize_t got = recv(fd, any, sizeof(any), MSG_DONTWAIT);

	// nobody has anything to say here: more is left for the next call
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	for (unsigned int i = 0; i < CONTROL_LINK_CONNECTIONS; i++)
		if (l->connection[i] == fd)
			close_connection(l, i);
	return true;
}
