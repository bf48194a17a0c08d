// SPDX-License-Identifier: BSD-3-Clause
// ICMPv6 errors about user packets: time exceeded, packet too big, no route. RFC 4443.
#pragma once

#include "dataplane/include/dp_counters.h"

#include <rte_mbuf.h>

struct worker;
struct session;
struct dp_usage;

// As ul_refuse() and dl_refuse() of icmp_error.h, for packets of IPv6.
void ul6_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu);
void dl6_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu);
