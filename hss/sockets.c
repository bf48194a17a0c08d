// SPDX-License-Identifier: BSD-3-Clause
// The socket calls of libfdcore. It imports them by name and isn't bound to its own, so the definitions
// of the program come first; that is how what it hard-codes is set otherwise, and how its weak spots
// are guarded. Sockets that aren't libfdcore's pass through unchanged.
#include "hss/sockets.h"

#include "hss/conn.h"
#include "hss/gate.h"
#include "hss/sctp_socket.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LISTEN_BACKLOG 256

static bool
is_libfdcore(const void *address)
{
	Dl_info info;

	return dladdr(address, &info) != 0 && info.dli_fname != NULL &&
		strstr(info.dli_fname, "libfdcore") != NULL;
}

bool
sockets_are_ours(void)
{
	void *core = dlopen("libfdcore.so.6", RTLD_LAZY | RTLD_NOLOAD);
	void *found;

	// What libfdcore's own imports were bound to can't be asked for; what anybody's would be, can.
	found = dlsym(RTLD_DEFAULT, "recvmsg");
	if (core != NULL)
		dlclose(core);
	return core != NULL && found == (void *)(uintptr_t)recvmsg;
}

int
socket(int domain, int type, int protocol)
{
	int fd = (int)syscall(SYS_socket, domain, type, protocol);

	if (fd < 0 || (protocol != IPPROTO_TCP && protocol != IPPROTO_SCTP) ||
		!is_libfdcore(__builtin_return_address(0)))
		return fd;
	if (conn_adopt(fd, protocol == IPPROTO_SCTP) < 0) {
		syscall(SYS_close, fd);
		errno = ENOMEM;
		return -1;
	}
	return fd;
}

static uint16_t
local_port(int fd)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);

	memset(&local, 0, sizeof(local));
	if (getsockname(fd, (struct sockaddr *)&local, &len) < 0)
		return 0;
	// The port lies at the same place for both families.
	return ntohs(((struct sockaddr_in *)&local)->sin_port);
}

int
listen(int fd, int n)
{
	struct conn *c = conn_find(fd);

	if (c != NULL) {
		c->is_secure = local_port(fd) == conn_config()->tls_port;
		atomic_store(&c->kind, CONN_LISTENER);
		// Who was there when the gate was told may be gone when it accepts.
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		n = LISTEN_BACKLOG;
		conn_give(c);
	}
	return (int)syscall(SYS_listen, fd, n);
}

int
accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict len)
{
	struct sockaddr *from = address.__sockaddr__;
	struct conn *c = conn_find(fd);
	int accepted;

	if (c == NULL || atomic_load(&c->kind) != CONN_LISTENER) {
		conn_give(c);
		return accept4(fd, from, len, 0);
	}
	// The table holds a reference for as long as the listener is open.
	conn_give(c);
	accepted = gate_accept(c, from, len);
	return accepted;
}

ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	struct conn *c = conn_find(fd);

	if (c == NULL || c->is_secure) {
		conn_give(c);
		return recvfrom(fd, buf, len, flags, NULL, NULL);
	}
	// libfdcore ends a connection's receiver thread before it closes the socket, perhaps by
	// cancelling it inside of this call.
	conn_give(c);
	return conn_recv(c, buf, len);
}

ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct conn *c = conn_find(fd);

	conn_give(c);
	if (c == NULL || c->is_secure)
		return syscall(SYS_recvmsg, fd, msg, flags);
	return conn_recvmsg(c, msg);
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	struct conn *c = conn_find(fd);
	ssize_t ret;

	if (c == NULL || n != 1 || (c->is_secure && !c->is_sctp)) {
		conn_give(c);
		return syscall(SYS_writev, fd, iov, n);
	}
	ret = conn_send(c, iov->iov_base, iov->iov_len, 0);
	conn_give(c);
	return ret;
}

static uint16_t
stream_of(const struct msghdr *msg)
{
	struct msghdr copy = *msg;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(&copy); h != NULL; h = CMSG_NXTHDR(&copy, h))
		if (h->cmsg_level == IPPROTO_SCTP && h->cmsg_type == SCTP_SNDRCV)
			return ((struct sctp_sndrcvinfo *)CMSG_DATA(h))->sinfo_stream;
	return 0;
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct conn *c = conn_find(fd);
	ssize_t ret;

	if (c == NULL || !c->is_sctp || msg->msg_iovlen != 1) {
		conn_give(c);
		return syscall(SYS_sendmsg, fd, msg, flags);
	}
	ret = conn_send(c, msg->msg_iov->iov_base, msg->msg_iov->iov_len, stream_of(msg));
	conn_give(c);
	return ret;
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	static const int on = 1;
	struct conn *c = conn_find(fd);

	if (c != NULL && level == IPPROTO_TCP && option == TCP_NODELAY)
		value = &on; // it clears it, and every answer would wait for an acknowledgement
	conn_give(c);
	if (c != NULL && level == IPPROTO_SCTP)
		switch (option) {
		case SCTP_RTOINFO:
		case SCTP_ASSOCINFO:
		case SCTP_PEER_ADDR_PARAMS:
			return 0;
		case SCTP_INITMSG: // all of them at once
			sctp_socket_apply_general(fd, conn_config());
			return 0;
		default:
			break;
		}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, len);
}

// An association that was aborted before libfdcore looked at it would end its server: it hears of a
// healthy one, and of the abort when it reads.
int
getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict len)
{
	int ret = (int)syscall(SYS_getsockopt, fd, level, option, value, len);
	struct conn *c;

	if (ret == 0 || level != IPPROTO_SCTP || option != SCTP_STATUS)
		return ret;
	c = conn_find(fd);
	conn_give(c);
	if (c == NULL || *len < sizeof(struct sctp_status))
		return ret;
	memset(value, 0, *len);
	((struct sctp_status *)value)->sstat_instrms = 1;
	((struct sctp_status *)value)->sstat_outstrms = 1;
	return 0;
}

// For its log it asks the DNS for the name of everybody who connects, and accepts nobody else meanwhile.
int
getnameinfo(const struct sockaddr *restrict sa, socklen_t sa_len, char *restrict host,
	socklen_t host_len, char *restrict service, socklen_t service_len, int flags)
{
	static int (*libc_getnameinfo)(
		const struct sockaddr *, socklen_t, char *, socklen_t, char *, socklen_t, int);

	if (libc_getnameinfo == NULL) {
		void *found = dlsym(RTLD_NEXT, "getnameinfo");

		memcpy(&libc_getnameinfo, &found, sizeof(found));
	}
	if (is_libfdcore(__builtin_return_address(0)))
		flags |= NI_NUMERICHOST;
	return libc_getnameinfo(sa, sa_len, host, host_len, service, service_len, flags);
}

int
close(int fd)
{
	conn_forget(fd);
	return (int)syscall(SYS_close, fd);
}
