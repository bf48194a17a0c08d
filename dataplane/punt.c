// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/punt.h"

#include <rte_ether.h>
#include <rte_ip.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#define TO_LINUX_FRAMES 1024
#define FROM_LINUX_FRAMES 1024
#define RESOLVE_REQUESTS 256
#define VLAN_TAGS_MAX 2
#define IPV6_EXTENSIONS_MAX 4

#define PROTO_OSPF 89
#define PROTO_VRRP 112
#define ETHER_TYPE_LLC_MAX 1500 // up to here it's a length: spanning tree, IS-IS

#define PORT_GTPC 2123 // TS 29.274 4.3
#define GTPC_VERSION 2 // TS 29.274 5.1, the high three bits of a message's first octet
#define GTPC_CREATE_SESSION_REQUEST 32 // TS 29.274 table 6.1-1
#define PORT_DIAMETER 3868             // RFC 6733 2.1
#define PORT_DIAMETER_TLS 5868
#define PORT_M3UA 2905 // used for Diameter over SCTP in some networks
#define PORT_BGP 179
#define PORT_RIP 520
#define PORT_LDP 646
#define PORT_BFD 3784 // RFC 5881 4
#define PORT_BFD_ECHO 3785
#define PORT_BFD_MULTIHOP 4784 // RFC 5883 5

// What is left of a frame's first segment.
struct rest {
	const uint8_t *at;
	uint32_t n;
};

static const void *
take(struct rest *r, uint32_t n)
{
	const uint8_t *taken = r->at;

	if (r->n < n)
		return NULL;
	r->at += n;
	r->n -= n;
	return taken;
}

static uint16_t
be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static enum dp_punt_class
class_of_port(uint8_t proto, uint16_t port)
{
	switch (port) {
	case PORT_GTPC:
		return proto == IPPROTO_UDP ? DP_PUNT_GTPC : DP_PUNT_OTHER;
	case PORT_DIAMETER:
	case PORT_DIAMETER_TLS:
	case PORT_M3UA:
		return proto != IPPROTO_UDP ? DP_PUNT_GTPC : DP_PUNT_OTHER;
	case PORT_BGP:
		return proto == IPPROTO_TCP ? DP_PUNT_ROUTING : DP_PUNT_OTHER;
	case PORT_LDP:
		return proto != IPPROTO_SCTP ? DP_PUNT_ROUTING : DP_PUNT_OTHER;
	case PORT_RIP:
	case PORT_BFD:
	case PORT_BFD_ECHO:
	case PORT_BFD_MULTIHOP:
		return proto == IPPROTO_UDP ? DP_PUNT_ROUTING : DP_PUNT_OTHER;
	}
	return DP_PUNT_OTHER;
}

// r: behind the ports of UDP.
static bool
is_create_session(struct rest r)
{
	const uint8_t *message;

	if (take(&r, 4) == NULL)
		return false;
	message = take(&r, 2);
	return message != NULL && message[0] >> 5 == GTPC_VERSION &&
		message[1] == GTPC_CREATE_SESSION_REQUEST;
}

// The well-known port is ours where the peer calls, and the peer's where we do.
static enum dp_punt_class
class_of_ports(uint8_t proto, struct rest r)
{
	const uint8_t *ports = take(&r, 4);
	enum dp_punt_class class;

	if (ports == NULL)
		return DP_PUNT_OTHER;
	class = class_of_port(proto, be16(ports + 2));
	if (proto == IPPROTO_UDP && be16(ports + 2) == PORT_GTPC && is_create_session(r))
		return DP_PUNT_CREATE;
	return class == DP_PUNT_OTHER ? class_of_port(proto, be16(ports)) : class;
}

// Neighbour discovery and multicast listeners keep links alive; echo doesn't. RFC 4861 4, 3810 5.
static enum dp_punt_class
class_of_icmpv6(struct rest r)
{
	const uint8_t *type = take(&r, 1);

	if (type == NULL)
		return DP_PUNT_ICMP;
	if ((*type >= 130 && *type <= 137) || *type == 143)
		return DP_PUNT_ROUTING;
	return DP_PUNT_ICMP;
}

static enum dp_punt_class
class_of_proto(uint8_t proto, struct rest r)
{
	switch (proto) {
	case IPPROTO_ICMP:
		return DP_PUNT_ICMP;
	case IPPROTO_ICMPV6:
		return class_of_icmpv6(r);
	case IPPROTO_IGMP:
	case IPPROTO_PIM:
	case PROTO_OSPF:
	case PROTO_VRRP:
		return DP_PUNT_ROUTING;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return class_of_ports(proto, r);
	}
	return DP_PUNT_OTHER;
}

static enum dp_punt_class
class_of_ipv4(struct rest r)
{
	const uint8_t *ip = take(&r, sizeof(struct rte_ipv4_hdr));
	enum dp_punt_class class;
	bool is_later_fragment;
	uint32_t options;

	if (ip == NULL || (ip[0] & 0xf) < 5)
		return DP_PUNT_OTHER;
	options = (ip[0] & 0xfu) * 4 - (uint32_t)sizeof(struct rte_ipv4_hdr);
	is_later_fragment = be16(ip + 6) & RTE_IPV4_HDR_OFFSET_MASK;
	if (is_later_fragment || take(&r, options) == NULL)
		return ip[9] == IPPROTO_ICMP ? DP_PUNT_ICMP : DP_PUNT_OTHER;
	class = class_of_proto(ip[9], r);
	// without the first fragment Linux would keep the later ones in vain
	if (class == DP_PUNT_CREATE && be16(ip + 6) & RTE_IPV4_HDR_MF_FLAG)
		return DP_PUNT_GTPC;
	return class;
}

static enum dp_punt_class
class_of_ipv6(struct rest r)
{
	const uint8_t *ip = take(&r, sizeof(struct rte_ipv6_hdr));
	uint8_t next;

	if (ip == NULL)
		return DP_PUNT_OTHER;
	next = ip[6];
	for (unsigned int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		const uint8_t *extension;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_DSTOPTS && next != IPPROTO_ROUTING)
			break;
		extension = take(&r, 8);
		if (extension == NULL || take(&r, extension[1] * 8u) == NULL)
			return DP_PUNT_OTHER;
		next = extension[0];
	}
	return class_of_proto(next, r);
}

enum dp_punt_class
punt_class_of_ip(const uint8_t *ip, uint32_t n)
{
	struct rest r = { ip, n };

	return n && ip[0] >> 4 == 6 ? class_of_ipv6(r) : class_of_ipv4(r);
}

enum dp_punt_class
punt_class_of(const struct rte_mbuf *m)
{
	struct rest r = { rte_pktmbuf_mtod(m, const uint8_t *), m->data_len };
	const uint8_t *ether = take(&r, RTE_ETHER_HDR_LEN), *tag;
	uint16_t type;

	if (ether == NULL)
		return DP_PUNT_OTHER;
	type = be16(ether + 12);
	for (unsigned int i = 0;
		i < VLAN_TAGS_MAX && (type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ);
		i++) {
		tag = take(&r, RTE_VLAN_HLEN);
		if (tag == NULL)
			return DP_PUNT_OTHER;
		type = be16(tag + 2);
	}
	switch (type) {
	case RTE_ETHER_TYPE_IPV4:
		return class_of_ipv4(r);
	case RTE_ETHER_TYPE_IPV6:
		return class_of_ipv6(r);
	case RTE_ETHER_TYPE_ARP:
	case RTE_ETHER_TYPE_SLOW:
	case RTE_ETHER_TYPE_LLDP:
		return DP_PUNT_ROUTING;
	}
	return type <= ETHER_TYPE_LLC_MAX ? DP_PUNT_ROUTING : DP_PUNT_OTHER;
}

// ---- A worker's rings

static struct rte_ring *
make_ring(unsigned int worker, const char *what, unsigned int element, unsigned int n, int socket)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "punt_%u_%s", worker, what);
	return rte_ring_create_elem(name, element, n, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

int
punt_lane_open(struct punt_lane *lane, unsigned int worker, int socket, struct main_bell *bell)
{
	static const char *const names[DP_PUNT_CLASSES] = {
#define X(NAME, name, text) [DP_PUNT_##NAME] = #name,
		DP_PUNT_CLASSES_LIST(X)
#undef X
	};
	bool is_whole = true;

	*lane = (struct punt_lane){ .bell = bell };
	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++) {
		lane->to_linux[c] =
			make_ring(worker, names[c], sizeof(void *), TO_LINUX_FRAMES, socket);
		is_whole &= lane->to_linux[c] != NULL;
	}
	lane->from_linux = make_ring(worker, "back", sizeof(void *), FROM_LINUX_FRAMES, socket);
	lane->resolve = make_ring(
		worker, "resolve", sizeof(struct resolve_request), RESOLVE_REQUESTS, socket);
	if (is_whole && lane->from_linux != NULL && lane->resolve != NULL)
		return 0;
	punt_lane_close(lane);
	return -ENOMEM;
}

static void
free_frames(struct rte_ring *ring)
{
	void *m;

	if (ring == NULL)
		return;
	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

void
punt_lane_close(struct punt_lane *lane)
{
	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++)
		free_frames(lane->to_linux[c]);
	free_frames(lane->from_linux);
	rte_ring_free(lane->resolve);
	*lane = (struct punt_lane){ .bell = lane->bell };
}

int
main_bell_open(struct main_bell *bell)
{
	atomic_store(&bell->main_sleeps, 0);
	bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return bell->fd < 0 ? -errno : 0;
}

void
main_bell_close(struct main_bell *bell)
{
	if (bell->fd >= 0)
		close(bell->fd);
	bell->fd = -1;
}
