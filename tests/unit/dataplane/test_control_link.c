// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control_link.h"
#include "dataplane/include/dp_shm.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define INSTANCE 0x1234567890abcdefULL

static char path[64];
static int doorbell;
static struct control_link link_;

static void
begin(void)
{
	snprintf(path, sizeof(path), "/tmp/torii-link-%d.sock", (int)getpid());
	doorbell = eventfd(0, EFD_NONBLOCK);
	CU_ASSERT_EQUAL_FATAL(control_link_open(&link_, path, INSTANCE, doorbell), 0);
}

static void
end(void)
{
	control_link_close(&link_);
	close(doorbell);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
}

static int
connect_to(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, path, sizeof(path));
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

// What the newcomer gets. Returns the file descriptor that came along, -1: none.
static int
receive_hello(int fd, struct dp_hello *hello)
{
	struct iovec v = { hello, sizeof(*hello) };
	char room[CMSG_SPACE(sizeof(int))];
	struct msghdr m = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *c;
	int got = -1;

	if (recvmsg(fd, &m, 0) != sizeof(*hello))
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&got, CMSG_DATA(c), sizeof(got));
	return got;
}

static void
greets_with_the_instance_and_the_doorbell(void)
{
	struct dp_hello hello = { 0 };
	uint64_t one = 1, read_back = 0;
	int fd, bell;

	begin();
	fd = connect_to();
	CU_ASSERT_TRUE(control_link_accept(&link_) >= 0);
	bell = receive_hello(fd, &hello);
	CU_ASSERT_TRUE_FATAL(bell >= 0);
	CU_ASSERT_EQUAL(hello.magic, DP_SHM_MAGIC);
	CU_ASSERT_EQUAL(hello.version, DP_SHM_VERSION);
	CU_ASSERT_EQUAL(hello.instance, INSTANCE);
	CU_ASSERT_EQUAL(write(doorbell, &one, sizeof(one)), sizeof(one));
	CU_ASSERT_EQUAL(read(bell, &read_back, sizeof(read_back)), sizeof(read_back));
	CU_ASSERT_EQUAL(read_back, 1);
	close(bell);
	close(fd);
	end();
}

static void
nobody_there_is_nothing_wrong(void)
{
	begin();
	CU_ASSERT_EQUAL(control_link_accept(&link_), -EAGAIN);
	end();
}

static void
connections_end_with_the_process(void)
{
	struct dp_hello hello;
	char byte;
	int fd;

	begin();
	fd = connect_to();
	control_link_accept(&link_);
	close(receive_hello(fd, &hello));
	CU_ASSERT_EQUAL(recv(fd, &byte, 1, 0), -1); // still open
	CU_ASSERT_EQUAL(errno, EAGAIN);
	end();
	CU_ASSERT_EQUAL(recv(fd, &byte, 1, 0), 0);
	close(fd);
}

static void
too_many_are_turned_away_and_places_come_free(void)
{
	int fd[CONTROL_LINK_CONNECTIONS + 1], accepted = -1;
	char byte;

	begin();
	for (unsigned int i = 0; i < CONTROL_LINK_CONNECTIONS; i++) {
		fd[i] = connect_to();
		accepted = control_link_accept(&link_);
		CU_ASSERT_TRUE(accepted >= 0);
	}
	fd[CONTROL_LINK_CONNECTIONS] = connect_to();
	CU_ASSERT_EQUAL(control_link_accept(&link_), -EMFILE);
	CU_ASSERT_EQUAL(recv(fd[CONTROL_LINK_CONNECTIONS], &byte, 1, 0), 0);
	close(fd[CONTROL_LINK_CONNECTIONS - 1]);
	CU_ASSERT_TRUE(control_link_drain(&link_, accepted));
	close(fd[CONTROL_LINK_CONNECTIONS]);
	fd[CONTROL_LINK_CONNECTIONS - 1] = connect_to();
	CU_ASSERT_TRUE(control_link_accept(&link_) >= 0);
	for (unsigned int i = 0; i < CONTROL_LINK_CONNECTIONS; i++)
		close(fd[i]);
	end();
}

static void
what_is_said_is_thrown_away(void)
{
	int fd, accepted;

	begin();
	fd = connect_to();
	accepted = control_link_accept(&link_);
	CU_ASSERT_FALSE(control_link_drain(&link_, accepted));
	CU_ASSERT_EQUAL(send(fd, "rubbish", 7, 0), 7);
	CU_ASSERT_FALSE(control_link_drain(&link_, accepted));
	close(fd);
	CU_ASSERT_TRUE(control_link_drain(&link_, accepted));
	end();
}

static void
replaces_the_socket_of_a_dead_process(void)
{
	struct stat s;
	int fd;

	begin();
	close(link_.listener); // as kill -9 does: the name stays
	begin();
	fd = connect_to();
	CU_ASSERT_TRUE(control_link_accept(&link_) >= 0);
	CU_ASSERT_EQUAL(stat(path, &s), 0);
	CU_ASSERT_EQUAL(s.st_mode & 0777, 0660);
	close(fd);
	end();
}

static void
a_path_that_cannot_be_is_refused(void)
{
	static char longest[200];
	struct control_link l;

	memset(longest, 'x', sizeof(longest) - 1);
	CU_ASSERT_EQUAL(control_link_open(&l, longest, 1, -1), -ENAMETOOLONG);
	control_link_close(&l);
	CU_ASSERT_EQUAL(control_link_open(&l, "/nonexistent/torii.sock", 1, -1), -ENOENT);
	control_link_close(&l);
}

static const struct unit_case cases[] = {
	UNIT_CASE(greets_with_the_instance_and_the_doorbell),
	UNIT_CASE(nobody_there_is_nothing_wrong),
	UNIT_CASE(connections_end_with_the_process),
	UNIT_CASE(too_many_are_turned_away_and_places_come_free),
	UNIT_CASE(what_is_said_is_thrown_away),
	UNIT_CASE(replaces_the_socket_of_a_dead_process),
	UNIT_CASE(a_path_that_cannot_be_is_refused),
};

UNIT_MAIN("dataplane/control_link", cases)
