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

// An aligned block of a range: its first number and how many bits follow, of 32 or 64.
struct block {
	uint64_t first;
	uint8_t length;
};

static void
put_destination(struct nlmsghdr *h, uint32_t family, const struct block *b)
{
	uint8_t ipv6[16] = { 0 };

	if (family == 4) {
		mnl_attr_put_u32(h, RTA_DST, htonl((uint32_t)b->first));
		return;
	}
	for (int i = 0; i < 8; i++)
		ipv6[i] = (uint8_t)(b->first >> (56 - 8 * i));
	mnl_attr_put(h, RTA_DST, sizeof(ipv6), ipv6);
}

static int
change_one(struct mnl_socket *nl, bool is_added, uint32_t table, uint32_t family,
	const struct block *b)
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
	r->rtm_family = family == 4 ? AF_INET : AF_INET6;
	r->rtm_dst_len = b->length;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_type = RTN_BLACKHOLE;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(h, RTA_TABLE, table);
	put_destination(h, family, b);
	mnl_attr_put_u32(h, RTA_PRIORITY, METRIC);
	ret = transact(nl, h);
	return ret == -ESRCH || ret == -EEXIST ? 0 : ret;
}

// The longest block that begins at `first`, is aligned and doesn't pass `last`. bits: of the family.
static struct block
block_at(uint64_t first, uint64_t last, uint8_t bits)
{
	uint8_t length = bits;

	while (length > 1) {
		uint64_t open = UINT64_MAX >> (64 - (bits - length + 1));

		if (first & open || last - first < open)
			break;
		length--;
	}
	return (struct block){ .first = first, .length = length };
}

int
pool_routes_change(bool is_added, uint32_t table, const struct ctl_range *range)
{
	uint8_t bits = range->family == 4 ? 32 : 64;
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	uint64_t at = range->first, size;
	int ret = 0, err;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		if (nl)
			mnl_socket_close(nl);
		return err;
	}
	do {
		struct block b = block_at(at, range->last, bits);

		err = change_one(nl, is_added, table, range->family, &b);
		if (err < 0 && ret == 0)
			ret = err;
		size = UINT64_C(1) << (bits - b.length);
		at += size;
	} while (at != 0 && at <= range->last);
	mnl_socket_close(nl);
	return ret;
}
