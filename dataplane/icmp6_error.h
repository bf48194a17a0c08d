// SPDX-License-Identifier: BSD-3-Clause
// ICMPv6 errors about user packets: time exceeded, packet too big, no route. RFC 4443.
#pragma once

#include "dataplane/include/dp_counters.h"

#include <rte_mbuf.h>

#include <stdbool.h>

struct worker;
struct session;
struct dp_usage;
struct rte_ipv6_hdr;

// Whether the sender of a packet that is dropped for this reason is to be told, the rate limit aside.
// len: bytes from the IPv6 header on that may be read.
bool icmp6_error_is_due(const struct worker *w, const struct session *s, bool is_ul,
	const struct rte_ipv6_hdr *ip, uint32_t len, enum dp_drop why);

// As ul_refuse() and dl_refuse() of icmp_error.h, for packets of IPv6.
void ul6_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu);
void dl6_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu);
