// SPDX-License-Identifier: BSD-3-Clause
#include "control/pool_routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <time.h>

// Metric of our routes: any other route to the same prefix is preferred.
#define METRIC 0x7fff0000

static int
transact(struct mnl_socket *nl, struct nlmsghdr *request)
{
	char reply[8192];
	ssize_t n;

	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, reply, sizeof(reply));
	if (n < 0)
		return -errno;
	if (mnl_cb_run(reply, (size_t)n, request->nlmsg_seq, mnl_socket_get_portid(nl), NULL,
		    NULL) < 0)
		return -errno;
	return 0;
}

static int
change_one(struct mnl_socket *nl, bool is_added, uint32_t table, uint32_t prefix, uint8_t length)
{
	static uint32_t sequence;
	char room[512];
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct rtmsg *r;
	int ret;

	h->nlmsg_type = is_added ? RTM_NEWROUTE : RTM_DELROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (is_added ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	h->nlmsg_seq = ++sequence;
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->rtm_family = AF_INET;
	r->rtm_dst_len = length;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_type = RTN_BLACKHOLE;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(h, RTA_TABLE, table);
	mnl_attr_put_u32(h, RTA_DST, htonl(prefix));
	mnl_attr_put_u32(h, RTA_PRIORITY, METRIC);
	ret = transact(nl, h);
	return ret == -ESRCH || ret == -EEXIST ? 0 : ret;
}

// The longest block that begins at `first`, is aligned and doesn't pass `last`: its prefix length.
static uint8_t
block_length(uint32_t first, uint32_t last)
{
	uint8_t length = 32;

	while (length > 1) {
		uint32_t host_bits = UINT32_MAX >> (length - 1);

		if (first & host_bits || last - first < host_bits)
			break;
		length--;
	}
	return length;
}

int
pool_routes_change(bool is_added, uint32_t table, uint32_t first, uint32_t last)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	int ret = 0, err;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		if (nl)
			mnl_socket_close(nl);
		return err;
	}
	for (uint64_t at = first; at <= last;) {
		uint8_t length = block_length((uint32_t)at, last);

		err = change_one(nl, is_added, table, (uint32_t)at, length);
		if (err < 0 && ret == 0)
			ret = err;
		at += 1ULL << (32 - length);
	}
	mnl_socket_close(nl);
	return ret;
}
