// SPDX-License-Identifier: BSD-3-Clause
// The program itself: what it says and how it exits when it can't start, and that it stops in order.
#include "tests/unit/cunit_main.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_MAX 16384

static char dir[64];
static char said[LINES_MAX];

// A free UDP port on loopback, held open by the returned socket.
static int
take_port(int type, unsigned int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
write_config(const char *name, const char *state, unsigned int gtpc, unsigned int cli)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f,
		"control: { run_dir = \"%s\"; state_dir = \"%s/%s\"; install_routes = false; };\n"
		"gtpc: { addresses = [ \"127.0.0.1\" ]; port = %u; };\n"
		"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
		"apns: ( { name = \"internet\"; pools = [ \"p\" ]; } );\n"
		"cli: { port = %u; };\nmetrics: { enabled = false; };\n",
		dir, dir, state, gtpc, cli);
	fclose(f);
}

static pid_t
start(const char *config, const char *option)
{
	char path[128], log[128];
	pid_t child;

	snprintf(path, sizeof(path), "%s/%s", dir, config);
	snprintf(log, sizeof(log), "%s/%s.log", dir, config);
	child = fork();
	if (child == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, 1);
		dup2(fd, 2);
		execl(PROGRAM, PROGRAM, "--config", path, option, NULL);
		_exit(99);
	}
	return child;
}

static const char *
log_of(const char *config)
{
	char log[128];
	ssize_t n;
	int fd;

	snprintf(log, sizeof(log), "%s/%s.log", dir, config);
	fd = open(log, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, said, sizeof(said) - 1);
	if (fd >= 0)
		close(fd);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

// Waits until the log has the text; false: not within some seconds.
static bool
wait_for(const char *config, const char *text)
{
	for (int i = 0; i < 2000; i++) {
		if (strstr(log_of(config), text))
			return true;
		usleep(10000);
	}
	return false;
}

static int
exit_status(pid_t child)
{
	int status;

	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/torii-process-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

static void
end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
waits_for_the_dataplane_and_stops_in_order(void)
{
	unsigned int gtpc, cli;
	int a, b;
	pid_t child;

	begin();
	a = take_port(SOCK_DGRAM, &gtpc);
	b = take_port(SOCK_STREAM, &cli);
	close(a);
	close(b);
	write_config("a", "s", gtpc, cli);
	child = start("a", NULL);
	CU_ASSERT_TRUE(wait_for("a", "waiting for the dataplane"));
	kill(child, SIGHUP);
	CU_ASSERT_TRUE(wait_for("a", "log settings reloaded"));
	kill(child, SIGTERM);
	CU_ASSERT_EQUAL(exit_status(child), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_of("a"), "stopped; sessions stay in the dataplane"));
	end();
}

static void
a_second_instance_is_told_so(void)
{
	unsigned int gtpc, cli;
	int a, b;
	pid_t child;

	begin();
	a = take_port(SOCK_DGRAM, &gtpc);
	b = take_port(SOCK_STREAM, &cli);
	close(a);
	close(b);
	write_config("a", "s", gtpc, cli);
	write_config("b", "s", gtpc, cli);
	child = start("a", NULL);
	CU_ASSERT_TRUE(wait_for("a", "waiting for the dataplane"));
	CU_ASSERT_EQUAL(exit_status(start("b", NULL)), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_of("b"), "another torii-control is running"));
	kill(child, SIGKILL);
	CU_ASSERT_EQUAL(exit_status(child), -SIGKILL);
	// the lock went with the process
	child = start("b", NULL);
	CU_ASSERT_TRUE(wait_for("b", "waiting for the dataplane"));
	kill(child, SIGTERM);
	CU_ASSERT_EQUAL(exit_status(child), 0);
	end();
}

static void
an_address_in_use_is_named(void)
{
	unsigned int gtpc, cli;
	int a, b;

	begin();
	a = take_port(SOCK_DGRAM, &gtpc);
	b = take_port(SOCK_STREAM, &cli);
	write_config("a", "s", gtpc, cli);
	CU_ASSERT_EQUAL(exit_status(start("a", NULL)), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_of("a"), "127.0.0.1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "Address already in use"));
	close(a);
	CU_ASSERT_EQUAL(exit_status(start("a", NULL)), 1); // now the command line's port
	CU_ASSERT_PTR_NOT_NULL(strstr(log_of("a"), "in use"));
	close(b);
	end();
}

static void
a_wrong_configuration_starts_nothing(void)
{
	char path[128];
	FILE *f;

	begin();
	snprintf(path, sizeof(path), "%s/a", dir);
	f = fopen(path, "w");
	fprintf(f, "gtpc: { addresses = [ \"10.0.0.1\" ];\n colour = 7; };\n");
	fclose(f);
	CU_ASSERT_EQUAL(exit_status(start("a", NULL)), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_of("a"), "/a:2: gtpc.colour:"));
	CU_ASSERT_EQUAL(exit_status(start("a", "--check")), 1);
	end();
}

static void
check_verifies_and_exits(void)
{
	begin();
	write_config("a", "s", 2123, 2323);
	CU_ASSERT_EQUAL(exit_status(start("a", "--check")), 0);
	CU_ASSERT_EQUAL(access(dir, F_OK), 0);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(waits_for_the_dataplane_and_stops_in_order),
	UNIT_CASE(a_second_instance_is_told_so),
	UNIT_CASE(an_address_in_use_is_named),
	UNIT_CASE(a_wrong_configuration_starts_nothing),
	UNIT_CASE(check_verifies_and_exits),
};

UNIT_MAIN("control/process", cases)
