// SPDX-License-Identifier: BSD-3-Clause
#include "control/syslog_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

struct syslog_socket {
	const char *tag;
	int fd;
};

struct syslog_socket *
syslog_socket_open(const char *tag)
{
	struct syslog_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->tag = tag;
	s->fd = -1;
	return s;
}

void
syslog_socket_close(struct syslog_socket *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static int
connect_it(struct syslog_socket *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int ret = 0;

	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	if (connect(s->fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
		ret = -errno;
		close(s->fd);
		s->fd = -1;
	}
	return ret;
}

// As syslog(3) writes it on the local socket: "<priority>time tag[pid]: ".
static int
head(const struct syslog_socket *s, char *text, size_t room)
{
	time_t now = time(NULL);
	char at[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(at, sizeof(at), "%b %e %T", &tm);
	return snprintf(
		text, room, "<%d>%s %s[%d]: ", LOG_LOCAL0 | LOG_INFO, at, s->tag, (int)getpid());
}

int
syslog_socket_send(struct syslog_socket *s, const char *line, size_t n)
{
	union {
		const void *in;
		void *out;
	} text = { .in = line };
	char before[128];
	struct iovec parts[] = { { before, (size_t)head(s, before, sizeof(before)) },
		{ text.out, n } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	int ret = s->fd < 0 ? connect_it(s) : 0;

	if (ret < 0)
		return ret;
	if (sendmsg(s->fd, &m, MSG_NOSIGNAL) >= 0)
		return 0;
	ret = -errno;
	if (ret != -EAGAIN) { // it was restarted: connect anew the next time
		close(s->fd);
		s->fd = -1;
	}
	return ret;
}
