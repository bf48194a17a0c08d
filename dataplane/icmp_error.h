// SPDX-License-Identifier: BSD-3-Clause
// Drops that their sender is told of: time exceeded, fragmentation needed, network unreachable.
// RFC 792, RFC 1191, RFC 1812 4.3. Off the fast path, and limited by answers.rate.
#pragma once

#include "dataplane/include/dp_counters.h"

#include <rte_mbuf.h>

#include <stdbool.h>

struct worker;
struct session;
struct dp_usage;
struct route_view;
struct rte_ipv4_hdr;

// Whether the sender of an IP packet of `len` bytes that is dropped for this reason is to be told, the
// rate limit aside. v: of the session's VRF.
bool icmp_error_is_due(
	const struct route_view *v, const struct rte_ipv4_hdr *ip, uint16_t len, enum dp_drop why);

// m's data starts at the IP header of a packet that its session's device sent (ul) or is sent (dl).
// Counts the drop like drop_of() and takes m over; mtu is told where the reason is TOO_BIG.
void ul_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu);
void dl_refuse(struct worker *w, struct rte_mbuf *m, const struct session *s, struct dp_usage *u,
	enum dp_drop why, uint16_t mtu);
