// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#define REQUEST_BYTES 512

static size_t
addr_size(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

struct mnl_socket *
rtnl_open(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl != NULL && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(nl);
		return NULL;
	}
	return nl;
}

// Sends it and waits for the kernel's verdict.
static int
request_send(struct mnl_socket *nl, struct nlmsghdr *request)
{
	char answer[4096];
	ssize_t n;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (n < 0)
		return -errno;
	return mnl_cb_run(answer, (size_t)n, 0, mnl_socket_get_portid(nl), NULL, NULL) < 0 ? -errno
											   : 0;
}

int
rtnl_link_up(struct mnl_socket *nl, unsigned int ifindex, uint32_t mtu_bytes)
{
	char bytes[REQUEST_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct ifinfomsg *info;

	request->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_index = (int)ifindex;
	info->ifi_flags = info->ifi_change = IFF_UP;
	if (mtu_bytes)
		mnl_attr_put_u32(request, IFLA_MTU, mtu_bytes);
	return request_send(nl, request);
}

int
rtnl_addr_add(struct mnl_socket *nl, unsigned int ifindex, uint8_t family, const void *addr,
	uint8_t prefix_bits)
{
	char bytes[REQUEST_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct ifaddrmsg *message;

	request->nlmsg_type = RTM_NEWADDR;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	message = mnl_nlmsg_put_extra_header(request, sizeof(*message));
	message->ifa_family = family;
	message->ifa_prefixlen = prefix_bits;
	message->ifa_index = ifindex;
	message->ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put(request, IFA_LOCAL, addr_size(family), addr);
	mnl_attr_put(request, IFA_ADDRESS, addr_size(family), addr);
	return request_send(nl, request);
}

int
rtnl_default_route_add(struct mnl_socket *nl, unsigned int ifindex, uint8_t family, uint32_t table)
{
	char bytes[REQUEST_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct rtmsg *route;

	request->nlmsg_type = RTM_NEWROUTE;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = family;
	route->rtm_table = RT_TABLE_UNSPEC;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(request, RTA_TABLE, table);
	mnl_attr_put_u32(request, RTA_OIF, ifindex);
	return request_send(nl, request);
}

static int
rule_change(struct mnl_socket *nl, bool is_new, uint8_t family, const void *addr, uint32_t table)
{
	char bytes[REQUEST_BYTES];
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct fib_rule_hdr *rule;

	request->nlmsg_type = is_new ? RTM_NEWRULE : RTM_DELRULE;
	request->nlmsg_flags = is_new ? NLM_F_CREATE | NLM_F_EXCL : 0;
	rule = mnl_nlmsg_put_extra_header(request, sizeof(*rule));
	rule->family = family;
	rule->src_len = (uint8_t)(8 * addr_size(family));
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put(request, FRA_SRC, addr_size(family), addr);
	mnl_attr_put_u32(request, FRA_TABLE, table);
	return request_send(nl, request);
}

int
rtnl_rule_add(struct mnl_socket *nl, uint8_t family, const void *addr, uint32_t table)
{
	return rule_change(nl, true, family, addr, table);
}

int
rtnl_rule_del(struct mnl_socket *nl, uint8_t family, const void *addr, uint32_t table)
{
	return rule_change(nl, false, family, addr, table);
}
