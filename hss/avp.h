// SPDX-License-Identifier: BSD-3-Clause
// AVPs by the table of s6a_avps.h: put into a message, read from one.
#pragma once

#include "hss/hss_config.h"
#include "hss/s6a_avps.h"
#include "hss/wire.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

// Where AVPs are put. What the peer's quirks say is left out or loses its M bit.
struct avp_out {
	struct wire_writer w;
	const struct hss_peer *peer; // NULL: no quirks
	unsigned n_omitted;          // groups that are left out and still open
};

void avp_put_u32(struct avp_out *out, enum s6a_avp avp, uint32_t value);
void avp_put_octets(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len);
void avp_put_text(struct avp_out *out, enum s6a_avp avp, const char *text);
void avp_put_ipv4(struct avp_out *out, enum s6a_avp avp, struct in_addr addr);
void avp_put_ipv6(struct avp_out *out, enum s6a_avp avp, const struct in6_addr *addr);

// What is put from here to avp_close is a member of the group.
size_t avp_open(struct avp_out *out, enum s6a_avp avp);
void avp_close(struct avp_out *out, size_t group);

// ---- Reading. Lengths have been judged before (hss/screen.h); a wrong one reads as 0 or empty.

enum s6a_avp avp_which(const struct wire_avp *avp); // S6A_NO_AVP: not in the table
uint32_t avp_u32(const struct wire_avp *avp);
// As text: cut to size - 1 octets and at a NUL.
void avp_text(const struct wire_avp *avp, char *text, size_t size);
