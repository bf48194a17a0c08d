// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mme/mme.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: torii-mme [options]\n"
	"The S6a side of an MME, with the USIMs of its devices.\n"
	"  --hss A[,A]      addresses of the HSS (10.10.0.1)      --port N (3868)\n"
	"  --sctp           instead of TCP                        --local A[,A]\n"
	"  --netns NAME     network namespace to connect from\n"
	"  --host NAME      our Origin-Host (mme1. and the realm)\n"
	"  --realm NAME     our realm (epc.mnc001.mcc001.3gppnetwork.org)\n"
	"  --home-realm R   the HSS's realm (epc.mnc070.mcc999.3gppnetwork.org)\n"
	"  --plmn DIGITS    our network (00101)\n"
	"  --on-cancel CMD  run by the shell when a CLR has come, with the IMSI as $1: what "
	"detaches it\n"
	"Commands, a line each on standard input; what happens is said as a line of JSON each:\n"
	"  sim IMSI K OPC [seq=N]                 a USIM with these keys\n"
	"  authenticate IMSI                      AIR, check AUTN, RES and KASME\n"
	"  attach IMSI [imei=N] [flags=N] [rat=N] the same, then ULR\n"
	"  update IMSI [...]                      ULR alone\n"
	"  purge IMSI | notify IMSI APN ADDRESS   PUR | NOR\n"
	"  answer clr|idr|dsr|rsr RESULT          what these get from now on\n"
	"  quit\n";

static struct mme m = {
	.target = { .addresses = "10.10.0.1", .port = 3868 },
	.realm = "epc.mnc001.mcc001.3gppnetwork.org",
	.home_realm = "epc.mnc070.mcc999.3gppnetwork.org",
	.plmn = { 0x00, 0xf1, 0x10 },
	.rat_type = 1004,
	.timeout_ms = 5000,
};
static const char *netns;

static const struct option options[] = {
	{ "hss", required_argument, NULL, 'H' },
	{ "port", required_argument, NULL, 'p' },
	{ "sctp", no_argument, NULL, 's' },
	{ "local", required_argument, NULL, 'l' },
	{ "netns", required_argument, NULL, 'n' },
	{ "host", required_argument, NULL, 'o' },
	{ "realm", required_argument, NULL, 'r' },
	{ "home-realm", required_argument, NULL, 'R' },
	{ "plmn", required_argument, NULL, 'P' },
	{ "on-cancel", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

// MCC and MNC of two or three digits. TS 24.301 9.9.3.32.
static bool
parse_plmn(const char *d, uint8_t plmn[3])
{
	size_t n = strlen(d);

	if ((n != 5 && n != 6) || strspn(d, "0123456789") != n)
		return false;
	plmn[0] = (uint8_t)((d[1] - '0') << 4 | (d[0] - '0'));
	plmn[1] = (uint8_t)((n == 6 ? d[5] - '0' : 15) << 4 | (d[2] - '0'));
	plmn[2] = (uint8_t)((d[4] - '0') << 4 | (d[3] - '0'));
	return true;
}

static bool
take(int option)
{
	switch (option) {
	case 'H':
		m.target.addresses = optarg;
		return true;
	case 'p':
		m.target.port = (uint16_t)atoi(optarg);
		return true;
	case 's':
		m.target.is_sctp = true;
		return true;
	case 'l':
		m.target.local = optarg;
		return true;
	case 'n':
		netns = optarg;
		return true;
	case 'o':
		m.host = optarg;
		return true;
	case 'r':
		m.realm = optarg;
		return true;
	case 'R':
		m.home_realm = optarg;
		return true;
	case 'c':
		m.on_cancel = optarg;
		return true;
	case 'P':
		return parse_plmn(optarg, m.plmn);
	default:
		return false;
	}
}

static int
enter(const char *name)
{
	char path[256];
	int fd, ret;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

// Whole lines only: what is left of the next one stays in the buffer.
static int
read_commands(void)
{
	static char buffer[4096];
	static size_t len;
	char *end;
	ssize_t n = read(0, buffer + len, sizeof(buffer) - 1 - len);

	if (n <= 0)
		return -ECANCELED;
	len += (size_t)n;
	buffer[len] = '\0';
	while ((end = strchr(buffer, '\n')) != NULL) {
		size_t used = (size_t)(end - buffer) + 1;
		int ret;

		*end = '\0';
		ret = mme_command(&m, buffer);
		if (ret < 0 && ret != -ETIMEDOUT)
			return ret;
		if (ret == -ETIMEDOUT) {
			json_begin("no answer", NULL);
			json_end();
		}
		memmove(buffer, buffer + used, len - used + 1);
		len -= used;
	}
	return 0;
}

static int
run(void)
{
	struct pollfd p[2] = { { .fd = 0, .events = POLLIN }, { .fd = m.in.fd, .events = POLLIN } };
	int ret = 0;

	while (ret == 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents != 0)
			ret = mme_serve(&m, 0);
		if (ret == 0 && p[0].revents != 0)
			ret = read_commands();
	}
	return ret;
}

int
main(int argc, char **argv)
{
	static char host[256];
	int option, ret;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		} else if (!take(option)) {
			fputs(usage, stderr);
			return 2;
		}
	if (m.host == NULL) {
		snprintf(host, sizeof(host), "mme1.%s", m.realm);
		m.host = host;
	}
	// RFC 6733 3: unique for minutes, also over a restart.
	m.next_id = (uint32_t)time(NULL) << 20;
	signal(SIGCHLD, SIG_IGN); // nobody waits for what --on-cancel starts
	ret = netns != NULL ? enter(netns) : 0;
	if (ret == 0)
		ret = mme_open(&m);
	if (ret < 0) {
		fprintf(stderr, "torii-mme: %s\n", strerror(-ret));
		return 1;
	}
	ret = run();
	if (ret == -ECANCELED)
		return 0;
	json_begin("closed", NULL);
	json_end();
	return 1;
}
