// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/netlink.h"

#include "config/log.h"

#include <rte_byteorder.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECEIVE_BYTES 65536     // the kernel fills at most 32 KiB of it per dump message
#define SOCKET_BYTES (32 << 20) // for bursts of notifications
#define READS_PER_CALL 16
#define HOPS_MAX 512
#define DUMP_DELAY_MS 50 // the kernel tells of a link that goes down before it removes its routes
#define ASKS_PER_SECOND 500
#define ASKS_AT_ONCE 256

struct netlink {
	struct mnl_socket *events, *requests;
	struct route_mirror *mirror;
	struct dp_main_counters *count;
	uint32_t seq;
	uint32_t dump_seq;   // of the dump that runs, 0: none does
	uint32_t dump_kind;  // enum mirror_kind of it
	uint32_t wanted;     // enum mirror_kind bits still to be dumped
	uint64_t dump_at_ms; // when to begin with them, 0: at once
	bool is_interrupted; // what the dump that runs says isn't of one moment
	bool is_synced;      // the first round of dumps is complete
	double asks;         // left in the budget
	uint64_t asks_at_ms;
	struct mirror_hop hop[HOPS_MAX];
	uint8_t buffer[RECEIVE_BYTES];
};

// ---- Attributes

struct attributes {
	const struct nlattr *of[64];
};

static int
keep_attribute(const struct nlattr *attr, void *arg)
{
	struct attributes *a = arg;
	unsigned int type = mnl_attr_get_type(attr);

	if (type < RTE_DIM(a->of))
		a->of[type] = attr;
	return MNL_CB_OK;
}

static struct attributes
attributes_of(const struct nlmsghdr *h, unsigned int header_bytes)
{
	struct attributes a = { { NULL } };

	mnl_attr_parse(h, header_bytes, keep_attribute, &a);
	return a;
}

static uint32_t
attr_u32(const struct nlattr *attr, uint32_t otherwise)
{
	if (attr == NULL || mnl_attr_get_payload_len(attr) < sizeof(uint32_t))
		return otherwise;
	return mnl_attr_get_u32(attr);
}

// An address of this family (AF_INET or AF_INET6), or family 0.
static struct dp_addr
attr_addr(const struct nlattr *attr, int family)
{
	struct dp_addr addr = { .family = family == AF_INET6 ? 6 : 4 };
	size_t bytes = addr.family == 6 ? 16 : 4;

	if (attr == NULL || mnl_attr_get_payload_len(attr) < bytes ||
		(family != AF_INET && family != AF_INET6))
		return (struct dp_addr){ 0 };
	memcpy(addr.bytes, mnl_attr_get_payload(attr), bytes);
	return addr;
}

// ---- Links

static void
parse_link_kind(const struct nlattr *linkinfo, struct mirror_link *l)
{
	struct attributes a = { { NULL } }, of_kind = { { NULL } };
	char kind[16] = "";

	if (linkinfo == NULL)
		return;
	mnl_attr_parse_nested(linkinfo, keep_attribute, &a);
	if (a.of[IFLA_INFO_KIND])
		snprintf(kind, sizeof(kind), "%.*s",
			(int)mnl_attr_get_payload_len(a.of[IFLA_INFO_KIND]),
			(const char *)mnl_attr_get_payload(a.of[IFLA_INFO_KIND]));
	if (a.of[IFLA_INFO_DATA])
		mnl_attr_parse_nested(a.of[IFLA_INFO_DATA], keep_attribute, &of_kind);
	if (strcmp(kind, "vlan") == 0 && of_kind.of[IFLA_VLAN_ID])
		l->vlan = mnl_attr_get_u16(of_kind.of[IFLA_VLAN_ID]);
	else if (strcmp(kind, "vrf") == 0)
		l->vrf_table = attr_u32(of_kind.of[IFLA_VRF_TABLE], 0);
	else if (strcmp(kind, "dummy") == 0)
		l->is_host = true;
}

static void
handle_link(struct netlink *nl, const struct nlmsghdr *h, bool from_dump)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	struct attributes a = attributes_of(h, sizeof(*i));
	struct mirror_link l = {
		.ifindex = (uint32_t)i->ifi_index,
		.is_up = i->ifi_flags & IFF_UP,
		.has_carrier = i->ifi_flags & IFF_LOWER_UP,
		.is_host = i->ifi_flags & IFF_LOOPBACK,
	};

	if (i->ifi_family != AF_UNSPEC) // a bridge port's view of it
		return;
	if (h->nlmsg_type == RTM_DELLINK) {
		route_mirror_link_gone(nl->mirror, l.ifindex);
		return;
	}
	l.mtu = (uint16_t)RTE_MIN(attr_u32(a.of[IFLA_MTU], 0), (uint32_t)UINT16_MAX);
	if (a.of[IFLA_ADDRESS] && mnl_attr_get_payload_len(a.of[IFLA_ADDRESS]) == 6)
		memcpy(l.mac, mnl_attr_get_payload(a.of[IFLA_ADDRESS]), 6);
	parse_link_kind(a.of[IFLA_LINKINFO], &l);
	if (l.vlan && !a.of[IFLA_LINK_NETNSID])
		l.parent = attr_u32(a.of[IFLA_LINK], 0);
	route_mirror_link(nl->mirror, &l, from_dump);
}

// ---- Addresses

// The last address of a subnet is its broadcast address, named or not.
static struct dp_addr
broadcast_of(const struct dp_addr *addr, uint8_t prefix_len)
{
	struct dp_addr last = *addr;

	if (addr->family != 4 || prefix_len >= 31)
		return (struct dp_addr){ 0 };
	for (unsigned int bit = prefix_len; bit < 32; bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

// Never a destination that frames bring from outside: loopback, and IPv6 link-local addresses, which
// the packet path knows by their prefix.
static bool
is_host_scope(const struct dp_addr *a)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (a->family == 4)
		return a->bytes[0] == 127;
	return memcmp(a->bytes, loopback6, sizeof(loopback6)) == 0 ||
		(a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80);
}

static void
handle_address(struct netlink *nl, const struct nlmsghdr *h, bool from_dump)
{
	const struct ifaddrmsg *i = mnl_nlmsg_get_payload(h);
	struct attributes a = attributes_of(h, sizeof(*i));
	struct dp_addr addr, broadcast;

	addr = attr_addr(a.of[a.of[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS], i->ifa_family);
	broadcast = broadcast_of(&addr, i->ifa_prefixlen);
	if (addr.family == 0 || is_host_scope(&addr))
		return;
	if (h->nlmsg_type == RTM_DELADDR)
		route_mirror_address_gone(nl->mirror, i->ifa_index, &addr);
	else
		route_mirror_address(nl->mirror, i->ifa_index, &addr, &broadcast, from_dump);
}

// ---- Routes

// A gateway may be of the other family (RTA_VIA).
static struct dp_addr
gateway_of(const struct attributes *a, int family)
{
	const struct nlattr *via = a->of[RTA_VIA];
	struct dp_addr addr = { 0 };
	const struct rtvia *v;

	if (via == NULL)
		return attr_addr(a->of[RTA_GATEWAY], family);
	v = mnl_attr_get_payload(via);
	if (mnl_attr_get_payload_len(via) == sizeof(*v) + 16 && v->rtvia_family == AF_INET6) {
		addr.family = 6;
		memcpy(addr.bytes, v->rtvia_addr, 16);
	}
	return addr;
}

// Hops that are dead, or behind an encapsulation, are left out.
static uint16_t
parse_multipath(struct netlink *nl, const struct nlattr *multipath, int family)
{
	struct rtnexthop *next = mnl_attr_get_payload(multipath);
	int left = mnl_attr_get_payload_len(multipath);
	uint16_t n = 0;

	for (; RTNH_OK(next, left) && n < HOPS_MAX; next = RTNH_NEXT(next)) {
		struct attributes a = { { NULL } };

		if (next->rtnh_len > sizeof(*next))
			mnl_attr_parse_payload(RTNH_DATA(next), next->rtnh_len - sizeof(*next),
				keep_attribute, &a);
		left -= (int)RTNH_ALIGN(next->rtnh_len);
		if (next->rtnh_flags & RTNH_F_DEAD || a.of[RTA_ENCAP])
			continue;
		nl->hop[n++] = (struct mirror_hop){
			.ifindex = (uint32_t)next->rtnh_ifindex,
			.weight = next->rtnh_hops + 1u,
			.gateway = gateway_of(&a, family),
		};
	}
	return n;
}

static uint16_t
parse_hops(struct netlink *nl, const struct rtmsg *r, const struct attributes *a)
{
	if (a->of[RTA_MULTIPATH])
		return parse_multipath(nl, a->of[RTA_MULTIPATH], r->rtm_family);
	if (a->of[RTA_OIF] == NULL || a->of[RTA_ENCAP] || r->rtm_flags & RTNH_F_DEAD)
		return 0;
	nl->hop[0] = (struct mirror_hop){
		.ifindex = attr_u32(a->of[RTA_OIF], 0),
		.weight = 1,
		.gateway = gateway_of(a, r->rtm_family),
	};
	return 1;
}

// False: no business of ours.
static bool
parse_route(struct netlink *nl, const struct nlmsghdr *h, struct mirror_route *out)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	struct attributes a;

	if ((r->rtm_family != AF_INET && r->rtm_family != AF_INET6) || r->rtm_tos != 0 ||
		r->rtm_flags & RTM_F_CLONED)
		return false;
	if (r->rtm_type != RTN_UNICAST && r->rtm_type != RTN_BLACKHOLE &&
		r->rtm_type != RTN_UNREACHABLE && r->rtm_type != RTN_PROHIBIT)
		return false;
	a = attributes_of(h, sizeof(*r));
	*out = (struct mirror_route){
		.table = attr_u32(a.of[RTA_TABLE], r->rtm_table),
		.metric = attr_u32(a.of[RTA_PRIORITY], 0),
		.prefix = attr_addr(a.of[RTA_DST], r->rtm_family),
		.prefix_len = r->rtm_dst_len,
		.kind = r->rtm_type == RTN_UNICAST ? DP_ROUTE_FORWARD : DP_ROUTE_BLACKHOLE,
		.hop = nl->hop,
		.nexthop_id = attr_u32(a.of[RTA_NH_ID], 0),
	};
	// a default route names no destination
	out->prefix.family = r->rtm_family == AF_INET6 ? 6 : 4;
	if (!route_mirror_has_table(nl->mirror, out->table) || is_host_scope(&out->prefix))
		return false;
	if (out->kind == DP_ROUTE_FORWARD)
		out->n_hops = parse_hops(nl, r, &a);
	return true;
}

static void
handle_route(struct netlink *nl, const struct nlmsghdr *h, bool from_dump)
{
	struct mirror_route r;
	enum mirror_how how = MIRROR_DUMPED;

	if (!parse_route(nl, h, &r))
		return;
	if (h->nlmsg_type == RTM_DELROUTE) {
		route_mirror_route_gone(nl->mirror, &r);
		return;
	}
	if (!from_dump)
		how = h->nlmsg_flags & NLM_F_REPLACE    ? MIRROR_REPLACED
			: h->nlmsg_flags & NLM_F_APPEND ? MIRROR_APPENDED
							: MIRROR_PREPENDED;
	route_mirror_route(nl->mirror, &r, how);
}

static void
handle_nexthop(struct netlink *nl, const struct nlmsghdr *h)
{
	struct attributes a = attributes_of(h, sizeof(struct nhmsg));

	route_mirror_nexthop(nl->mirror, attr_u32(a.of[NHA_ID], 0));
}

// ---- Neighbours

static void
handle_neighbour(struct netlink *nl, const struct nlmsghdr *h, bool from_dump)
{
	const struct ndmsg *n = mnl_nlmsg_get_payload(h);
	struct attributes a = attributes_of(h, sizeof(*n));
	struct dp_addr addr = attr_addr(a.of[NDA_DST], n->ndm_family);
	const uint8_t *mac = NULL;

	if (addr.family == 0 || n->ndm_flags & NTF_PROXY)
		return;
	if (a.of[NDA_LLADDR] && mnl_attr_get_payload_len(a.of[NDA_LLADDR]) == 6)
		mac = mnl_attr_get_payload(a.of[NDA_LLADDR]);
	if (h->nlmsg_type == RTM_DELNEIGH)
		route_mirror_neighbour_gone(nl->mirror, (uint32_t)n->ndm_ifindex, &addr);
	else
		route_mirror_neighbour(
			nl->mirror, (uint32_t)n->ndm_ifindex, &addr, n->ndm_state, mac, from_dump);
}

// ---- Requests

static const struct {
	uint16_t type; // of the request
	uint8_t family;
	const char *name;
} dumps[MIRROR_KINDS] = {
	[MIRROR_LINKS] = { RTM_GETLINK, AF_UNSPEC, "links" },
	[MIRROR_ADDRESSES] = { RTM_GETADDR, AF_UNSPEC, "addresses" },
	[MIRROR_ROUTES] = { RTM_GETROUTE, AF_UNSPEC, "routes" },
	[MIRROR_NEIGHBOURS] = { RTM_GETNEIGH, AF_UNSPEC, "neighbours" },
};

static int
send_dump_request(struct netlink *nl, enum mirror_kind kind)
{
	uint8_t room[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct ifinfomsg))];
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);

	h->nlmsg_type = dumps[kind].type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++nl->seq;
	// the family is the first byte of each kind's header, and this is the largest of them
	*(uint8_t *)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg)) = dumps[kind].family;
	if (mnl_socket_sendto(nl->requests, h, h->nlmsg_len) < 0)
		return -errno;
	nl->dump_seq = h->nlmsg_seq;
	return 0;
}

static void
want(struct netlink *nl, uint32_t kinds, uint64_t at_ms)
{
	if (kinds == 0)
		return;
	if (kinds & 1u << MIRROR_LINKS) // what hangs on them was told apart by them
		kinds = (1u << MIRROR_KINDS) - 1;
	if (nl->wanted == 0)
		nl->dump_at_ms = at_ms;
	nl->wanted |= kinds;
}

// The next dump that is wanted, links first, unless one runs.
static void
start_dump(struct netlink *nl, uint64_t now_ms)
{
	enum mirror_kind kind = 0;
	int error;

	if (nl->dump_seq != 0 || nl->wanted == 0 || now_ms < nl->dump_at_ms)
		return;
	while (!(nl->wanted & 1u << kind))
		kind++;
	error = send_dump_request(nl, kind);
	if (error != 0) {
		log_limited(LOG_LEVEL_WARNING, 1, "rtnetlink: can't ask for %s: %s",
			dumps[kind].name, strerror(-error));
		nl->dump_at_ms = now_ms + 10 * DUMP_DELAY_MS;
		return;
	}
	nl->wanted &= ~(1u << kind);
	nl->dump_kind = kind;
	nl->is_interrupted = false;
	route_mirror_dump_begin(nl->mirror, kind);
}

static void
end_dump(struct netlink *nl, uint64_t now_ms)
{
	nl->dump_seq = 0;
	if (nl->is_interrupted) {
		want(nl, 1u << nl->dump_kind, now_ms + DUMP_DELAY_MS);
		return;
	}
	route_mirror_dump_end(nl->mirror, nl->dump_kind);
	if (nl->wanted == 0)
		nl->is_synced = true;
}

// A neighbour request without an answer unless it fails. state: NUD_NONE with NTF_USE resolves,
// NUD_PROBE checks what is known by a unicast probe at once.
static void
send_neighbour_request(struct netlink *nl, uint32_t ifindex, const struct dp_addr *addr,
	uint16_t state, uint8_t flags)
{
	uint8_t room[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	struct ndmsg *n;

	h->nlmsg_type = RTM_NEWNEIGH;
	h->nlmsg_flags = NLM_F_REQUEST | (flags & NTF_USE ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	h->nlmsg_seq = ++nl->seq;
	n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	n->ndm_family = addr->family == 6 ? AF_INET6 : AF_INET;
	n->ndm_ifindex = (int)ifindex;
	n->ndm_state = state;
	n->ndm_flags = flags;
	mnl_attr_put(h, NDA_DST, addr->family == 6 ? 16 : 4, addr->bytes);
	if (mnl_socket_sendto(nl->requests, h, h->nlmsg_len) > 0)
		nl->count->resolve_asks++;
}

// A scan of on-link addresses must not fill the kernel's table at the scanner's pace.
static bool
take_ask(struct netlink *nl, uint64_t now_ms)
{
	nl->asks += (double)(now_ms - nl->asks_at_ms) * ASKS_PER_SECOND / 1000;
	nl->asks = RTE_MIN(nl->asks, (double)ASKS_AT_ONCE);
	nl->asks_at_ms = now_ms;
	if (nl->asks < 1)
		return false;
	nl->asks -= 1;
	return true;
}

static bool
is_unicast(const struct dp_addr *a)
{
	uint8_t first = a->bytes[0];

	if (a->family == 6)
		return first != 0 && first != 0xff;
	return a->family == 4 && first != 0 && first != 127 && first < 224;
}

void
netlink_resolve(struct netlink *nl, const struct resolve_request *request, uint64_t now_ms)
{
	uint32_t ifindex = route_mirror_ifindex(nl->mirror, request->iface);

	if (ifindex == 0 || !is_unicast(&request->addr) || !take_ask(nl, now_ms))
		return;
	send_neighbour_request(nl, ifindex, &request->addr, NUD_NONE, NTF_USE);
}

static void
probe(void *arg, uint32_t ifindex, const struct dp_addr *addr, bool is_known)
{
	send_neighbour_request(
		arg, ifindex, addr, is_known ? NUD_PROBE : NUD_NONE, is_known ? 0 : NTF_USE);
}

void
netlink_probe(struct netlink *nl, uint64_t now_ms)
{
	route_mirror_probe(nl->mirror, (uint32_t)(now_ms / 1000) + 1, probe, nl);
}

// ---- Reading

static void
handle_message(struct netlink *nl, const struct nlmsghdr *h, bool from_dump)
{
	nl->count->netlink_messages++;
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		handle_link(nl, h, from_dump);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		handle_address(nl, h, from_dump);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		handle_route(nl, h, from_dump);
		break;
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		handle_nexthop(nl, h);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		handle_neighbour(nl, h, from_dump);
		break;
	}
}

// An answer to something else than the dump that runs is a neighbour that couldn't be asked for,
// which is asked for again.
static void
handle_answer(struct netlink *nl, const struct nlmsghdr *h, uint64_t now_ms)
{
	if (nl->dump_seq == 0 || h->nlmsg_seq != nl->dump_seq)
		return;
	nl->is_interrupted |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (h->nlmsg_type == NLMSG_ERROR)
		nl->is_interrupted = true;
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE)
		end_dump(nl, now_ms);
	else
		handle_message(nl, h, true);
}

// 1: something was read, 0: nothing there, or -errno.
static int
read_once(struct netlink *nl, struct mnl_socket *s, uint64_t now_ms)
{
	ssize_t got = mnl_socket_recvfrom(s, nl->buffer, sizeof(nl->buffer));
	const struct nlmsghdr *h = (const struct nlmsghdr *)nl->buffer;
	int left = (int)got;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		if (s == nl->requests)
			handle_answer(nl, h, now_ms);
		else
			handle_message(nl, h, false);
	return 1;
}

// Something was lost: everything is read again, the dump that runs too.
static void
resync(struct netlink *nl, uint64_t now_ms)
{
	nl->count->netlink_overruns++;
	nl->is_interrupted = true;
	want(nl, (1u << MIRROR_KINDS) - 1, now_ms + DUMP_DELAY_MS);
	log_limited(LOG_LEVEL_WARNING, 1, "rtnetlink: notifications were lost, reading all again");
}

static int
read_socket(struct netlink *nl, struct mnl_socket *s, uint64_t now_ms)
{
	int got = 1;

	for (unsigned int i = 0; i < READS_PER_CALL && got == 1; i++) {
		got = read_once(nl, s, now_ms);
		if (got == -ENOBUFS || got == -ENOSPC) {
			resync(nl, now_ms);
			got = 1;
		}
	}
	return got < 0 ? got : 0;
}

int
netlink_read(struct netlink *nl, uint64_t now_ms)
{
	int error = read_socket(nl, nl->events, now_ms);

	if (error == 0)
		error = read_socket(nl, nl->requests, now_ms);
	want(nl, route_mirror_wants(nl->mirror), now_ms + DUMP_DELAY_MS);
	start_dump(nl, now_ms);
	return error;
}

int
netlink_timeout_ms(const struct netlink *nl, uint64_t now_ms)
{
	if (nl->dump_seq != 0 || nl->wanted == 0)
		return -1;
	return nl->dump_at_ms > now_ms ? (int)(nl->dump_at_ms - now_ms) : 0;
}

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int
netlink_wait_synced(struct netlink *nl, int timeout_ms)
{
	uint64_t now = clock_ms(), end = now + (uint64_t)timeout_ms;
	struct pollfd fds[2] = {
		{ .fd = netlink_event_fd(nl), .events = POLLIN },
		{ .fd = netlink_request_fd(nl), .events = POLLIN },
	};

	for (; !nl->is_synced && now < end; now = clock_ms()) {
		int error = netlink_read(nl, now);

		if (error != 0)
			return error;
		if (!nl->is_synced && poll(fds, 2, 10) < 0 && errno != EINTR)
			return -errno;
	}
	return nl->is_synced ? 0 : -ETIMEDOUT;
}

// ---- Sockets

static struct mnl_socket *
open_socket(const int *groups, unsigned int n_groups)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int size = SOCKET_BYTES, error;

	if (s == NULL)
		return NULL;
	// beyond the system's limit only with CAP_NET_ADMIN; what is lost is read again anyway
	if (setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		goto close_socket;
	for (unsigned int i = 0; i < n_groups; i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			goto close_socket;
	}
	return s;
close_socket:
	error = errno;
	mnl_socket_close(s);
	errno = error;
	return NULL;
}

int
netlink_open(struct netlink **nl, struct route_mirror *mirror, struct dp_main_counters *count)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP };
	struct netlink *n = calloc(1, sizeof(*n));
	int error;

	if (n == NULL)
		return -ENOMEM;
	n->mirror = mirror;
	n->count = count;
	n->events = open_socket(groups, RTE_DIM(groups));
	n->requests = n->events ? open_socket(NULL, 0) : NULL;
	if (n->requests == NULL) {
		error = -errno;
		log_error("rtnetlink: can't open a socket: %s", strerror(-error));
		netlink_close(n);
		return error;
	}
	want(n, (1u << MIRROR_KINDS) - 1, 0);
	start_dump(n, 0);
	*nl = n;
	return 0;
}

void
netlink_close(struct netlink *nl)
{
	if (nl == NULL)
		return;
	if (nl->events)
		mnl_socket_close(nl->events);
	if (nl->requests)
		mnl_socket_close(nl->requests);
	free(nl);
}

int
netlink_event_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->events);
}

int
netlink_request_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->requests);
}
