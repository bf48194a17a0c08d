// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/link.h"

#include "tests/ue/rtnl.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NETNS_DIR "/run/netns"

extern char **environ;

// `ip netns add|del`: the way in which every tool expects a namespace to be made.
static int
ip_netns(const char *verb, const char *name)
{
	const char *argv[] = { "ip", "netns", verb, name, NULL };
	posix_spawn_file_actions_t actions;
	int status = 0, err;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&pid, "ip", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EIO;
}

static int
netns_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int
netns_enter(const char *path)
{
	int fd = netns_open(path), err = 0;

	if (fd < 0)
		return fd;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}

int
link_netns_enter(const char *name)
{
	char path[sizeof(NETNS_DIR) + LINK_NAME_MAX];

	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	return netns_enter(path);
}

unsigned int
link_netns_sweep(const char *prefix)
{
	DIR *dir = opendir(NETNS_DIR);
	const struct dirent *entry;
	char start[LINK_NAME_MAX];
	unsigned int n = 0;
	size_t length;

	if (dir == NULL)
		return 0;
	length = (size_t)snprintf(start, sizeof(start), "%s-ue", prefix);
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, start, length) == 0 &&
			isdigit((unsigned char)entry->d_name[length]) &&
			ip_netns("del", entry->d_name) == 0)
			n++;
	closedir(dir);
	return n;
}

static int
tun_open(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int
setting_write(const char *name, const char *setting, const char *value)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, setting);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

// The link-local address has the interface identifier that the gateway gave (TS 23.401 5.3.1.2.2);
// the prefix comes by a Router Advertisement.
static int
ipv6_configure(struct mnl_socket *nl, const struct link_config *c, unsigned int ifindex)
{
	uint8_t addr[16] = { 0xfe, 0x80 };
	int err;

	if (!c->has_ipv6)
		return setting_write(c->name, "disable_ipv6", "1") == -ENOMEM ? -ENOMEM : 0;
	memcpy(addr + 8, c->ipv6_iid, sizeof(c->ipv6_iid));
	err = setting_write(c->name, "addr_gen_mode", "1");
	if (err == 0)
		err = setting_write(c->name, "disable_ipv6", "0");
	if (err == 0)
		err = setting_write(c->name, "accept_ra", "2");
	return err ? err : rtnl_addr_add(nl, ifindex, AF_INET6, addr, 64);
}

static int
ipv4_configure(struct mnl_socket *nl, const struct link_config *c, unsigned int ifindex)
{
	uint32_t table = c->netns != NULL ? RT_TABLE_MAIN : c->table;
	int err;

	if (!c->has_ipv4)
		return 0;
	err = rtnl_addr_add(nl, ifindex, AF_INET, c->ipv4, 32);
	if (err == 0)
		err = rtnl_default_route_add(nl, ifindex, AF_INET, table);
	if (err == 0 && c->netns == NULL)
		err = rtnl_rule_add(nl, AF_INET, c->ipv4, table);
	return err;
}

// In the namespace of the interface.
static int
interface_configure(const struct link_config *c)
{
	unsigned int ifindex = if_nametoindex(c->name);
	struct mnl_socket *nl = rtnl_open();
	int err;

	if (nl == NULL)
		return -errno;
	err = rtnl_link_up(nl, ifindex, c->mtu_bytes);
	if (err == 0)
		err = ipv4_configure(nl, c, ifindex);
	if (err == 0)
		err = ipv6_configure(nl, c, ifindex);
	if (err == 0 && c->netns != NULL)
		err = rtnl_link_up(nl, if_nametoindex("lo"), 0);
	mnl_socket_close(nl);
	return err;
}

// Makes the TUN where it belongs, and comes back.
static int
interface_make(struct link *link, const struct link_config *c)
{
	int home = netns_open("/proc/self/ns/net"), err;

	if (home < 0)
		return home;
	err = c->netns != NULL ? link_netns_enter(c->netns) : 0;
	if (err)
		goto close_home;
	link->tun = tun_open(c->name);
	err = link->tun < 0 ? link->tun : interface_configure(c);
	if (setns(home, CLONE_NEWNET) && err == 0)
		err = -errno;
close_home:
	close(home);
	return err;
}

int
link_open(struct link *link, const struct link_config *config, char *error, size_t error_size)
{
	int err;

	*link = (struct link){ .tun = -1, .config = *config };
	if (config->netns != NULL) {
		err = ip_netns("add", config->netns);
		if (err) {
			snprintf(error, error_size, "can't make the network namespace %s",
				config->netns);
			return err;
		}
		snprintf(link->netns, sizeof(link->netns), "%s", config->netns);
	}
	err = interface_make(link, config);
	if (err == 0)
		return 0;
	snprintf(
		error, error_size, "can't make the interface %s: %s", config->name, strerror(-err));
	link_close(link);
	return err;
}

static void
rule_remove(const struct link_config *c)
{
	struct mnl_socket *nl = c->has_ipv4 ? rtnl_open() : NULL;

	if (nl == NULL)
		return;
	rtnl_rule_del(nl, AF_INET, c->ipv4, c->table);
	mnl_socket_close(nl);
}

void
link_close(struct link *link)
{
	if (link->tun >= 0) {
		close(link->tun);
		if (link->netns[0] == '\0')
			rule_remove(&link->config);
	}
	if (link->netns[0] != '\0')
		ip_netns("del", link->netns);
	link->tun = -1;
	link->netns[0] = '\0';
}
