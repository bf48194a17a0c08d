// SPDX-License-Identifier: BSD-3-Clause
// AVPs of freeDiameter's messages, by the table of s6a_avps.h.
#pragma once

#include "hss/hss_config.h"
#include "hss/s6a_avps.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct avp;
struct avp_hdr;
struct msg;

// Where AVPs are put: a message, or a group in it. The first error sticks, for all groups of the
// message; what the peer's quirks say is left out or loses its M bit.
struct avp_out {
	void *at;                    // the message or group; NULL: left out with all its members
	const struct hss_peer *peer; // NULL: no quirks
	int *error;                  // 0 or -errno
};

void avp_put_u32(struct avp_out *out, enum s6a_avp avp, uint32_t value);
void avp_put_octets(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len);
void avp_put_text(struct avp_out *out, enum s6a_avp avp, const char *text);
void avp_put_ipv4(struct avp_out *out, enum s6a_avp avp, struct in_addr addr);
void avp_put_ipv6(struct avp_out *out, enum s6a_avp avp, const struct in6_addr *addr);
struct avp_out avp_put_group(struct avp_out *out, enum s6a_avp avp);

// As avp_put_octets, but the first in the message.
void avp_put_first(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len);

// ---- Reading: for (avp = avp_first(msg, &h); avp; avp = avp_next(avp, &h)). Values are those that the
// library has parsed; AVPs without one (groups, unknown ones) have h->avp_value NULL.

struct avp *avp_first(void *message_or_group, struct avp_hdr **h);
struct avp *avp_next(struct avp *avp, struct avp_hdr **h);

// The AVP of the table, S6A_NO_AVP for others.
enum s6a_avp avp_which(const struct avp_hdr *h);

uint32_t avp_u32(const struct avp_hdr *h); // 0 without a value
// Copies the value as text, cut to size - 1 octets and at a NUL.
void avp_text(const struct avp_hdr *h, char *text, size_t size);
const uint8_t *avp_octets(const struct avp_hdr *h, size_t *len); // NULL without a value
