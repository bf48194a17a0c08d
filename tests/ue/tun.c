// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/icmp6.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define IPV6_HEADER 40
#define TABLE_OF_FIRST 10000 // routing tables of devices without a namespace

extern char **environ;

// Runs a program with its arguments in one line; its complaint goes to stderr. 0 or -EIO.
static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
run(const char *format, ...)
{
	char line[256], *argv[32], *rest = line;
	unsigned int n = 0;
	int status;
	pid_t pid;
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	while (n < 31 && (argv[n] = strsep(&rest, " ")) != NULL)
		n++;
	argv[n] = NULL;
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) ||
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

// Where a device's interface is.
struct place {
	char in[UE_NAME_MAX + 20];   // what `ip` needs to be told: "-n NAME ", or nothing
	char exec[UE_NAME_MAX + 28]; // what runs another program there
	const char *dev;
	unsigned int table; // of its routes
};

static struct place
place_of(const struct device *d)
{
	struct place p = { .dev = d->tun, .table = TABLE_OF_FIRST + d->index };

	if (!d->ue->options->use_netns)
		return p;
	snprintf(p.in, sizeof(p.in), "-n %s ", d->netns);
	snprintf(p.exec, sizeof(p.exec), "ip netns exec %s ", d->netns);
	p.dev = "ue";
	p.table = 254;
	return p;
}

static int
namespace_new(const struct device *d)
{
	if (!d->ue->options->use_netns)
		return 0;
	return run("ip netns add %s", d->netns) ||
			run("ip link set %s netns %s", d->tun, d->netns) ||
			run("ip -n %s link set %s name ue", d->netns, d->tun) ||
			run("ip -n %s link set lo up", d->netns)
		? -EIO
		: 0;
}

static int
ipv4_configure(const struct device *d, const struct place *p)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, d->address, addr, sizeof(addr));
	if (run("ip %saddr add %s/32 dev %s", p->in, addr, p->dev) ||
		run("ip %sroute add default dev %s table %u", p->in, p->dev, p->table))
		return -EIO;
	return d->ue->options->use_netns ? 0 : run("ip rule add from %s table %u", addr, p->table);
}

static void
prefix_text(const struct device *d, char text[INET6_ADDRSTRLEN])
{
	uint8_t prefix[16] = { 0 };

	memcpy(prefix, d->address6, 8);
	inet_ntop(AF_INET6, prefix, text, INET6_ADDRSTRLEN);
}

// The link-local address from the PAA's interface identifier: then Linux solicits a router, and forms
// an address of the advertised prefix with the same identifier. TS 23.401 5.3.1.2.2
static int
ipv6_configure(const struct device *d, const struct place *p)
{
	uint8_t link_local[16] = { 0xfe, 0x80 };
	char text[INET6_ADDRSTRLEN];
	bool own = d->ue->options->use_netns;

	memcpy(link_local + 8, d->address6 + 8, 8);
	inet_ntop(AF_INET6, link_local, text, sizeof(text));
	if (run("%ssysctl -qw net.ipv6.conf.%s.disable_ipv6=0 net.ipv6.conf.%s.accept_ra=2 "
		"net.ipv6.conf.%s.autoconf=1 net.ipv6.conf.%s.accept_ra_defrtr=%d",
		    p->exec, p->dev, p->dev, p->dev, p->dev, own) ||
		run("ip %s-6 addr add %s/64 dev %s nodad", p->in, text, p->dev))
		return -EIO;
	if (own)
		return 0;
	prefix_text(d, text);
	return run("ip -6 route add default dev %s table %u", p->dev, p->table) ||
			run("ip -6 rule add from %s/64 table %u", text, p->table)
		? -EIO
		: 0;
}

static int
tun_configure(const struct device *d)
{
	struct place p = place_of(d);

	if (namespace_new(d) || run("ip %slink set %s addrgenmode none", p.in, p.dev) ||
		run("ip %slink set %s mtu %u up", p.in, p.dev, d->mtu) ||
		(device_has_ipv4(d) && ipv4_configure(d, &p)) ||
		(device_has_ipv6(d) && ipv6_configure(d, &p)))
		return -EIO;
	return 0;
}

int
tun_up(struct device *d)
{
	d->tun_fd = tun_open(d);
	if (d->tun_fd < 0)
		return -EIO;
	if (tun_configure(d) == 0)
		return 0;
	snprintf(d->why, sizeof(d->why), "interface of %s can't be set up", d->netns);
	tun_down(d);
	return -EIO;
}

void
tun_down(struct device *d)
{
	char text[INET6_ADDRSTRLEN];

	if (d->tun_fd < 0)
		return;
	close(d->tun_fd);
	d->tun_fd = -1;
	if (d->ue->options->use_netns) {
		run("ip netns del %s", d->netns);
		return;
	}
	if (device_has_ipv4(d)) {
		inet_ntop(AF_INET, d->address, text, sizeof(text));
		run("ip rule del from %s table %u", text, TABLE_OF_FIRST + d->index);
	}
	if (device_has_ipv6(d)) {
		prefix_text(d, text);
		run("ip -6 rule del from %s/64 table %u", text, TABLE_OF_FIRST + d->index);
	}
}

bool
tun_is_advertisement(const uint8_t *packet, size_t n)
{
	return n > IPV6_HEADER && packet[0] >> 4 == 6 && packet[6] == IPPROTO_ICMPV6 &&
		packet[IPV6_HEADER] == ND_ROUTER_ADVERT;
}
