// SPDX-License-Identifier: BSD-3-Clause
// An IPv4 or IPv6 address, and an address with a UDP port.
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Network byte order; IPv4 in bytes[0..3] and the rest zero, so that memcmp compares two of them.
// The same layout as the dataplane contract's struct dp_addr.
struct gtpc_addr {
	uint8_t family; // 0: none, 4 or 6
	uint8_t zero[3];
	uint8_t bytes[16];
};

struct gtpc_endpoint {
	struct gtpc_addr addr;
	uint16_t port; // host order
};

#define GTPC_ADDR_TEXT_MAX 46 // with the terminating NUL

static inline bool
gtpc_addr_equal(const struct gtpc_addr *a, const struct gtpc_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

// Octets of the address: 4, 16 or 0.
static inline unsigned int
gtpc_addr_size(const struct gtpc_addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

struct gtpc_addr gtpc_addr_ipv4(const uint8_t bytes[4]);
struct gtpc_addr gtpc_addr_ipv6(const uint8_t bytes[16]);

// "10.10.0.1" or "2001:db8::1". 0 or -EINVAL.
int gtpc_addr_parse(const char *text, struct gtpc_addr *out);

// Writes at most GTPC_ADDR_TEXT_MAX octets to `text` and returns it; "-" where there is no address.
const char *gtpc_addr_text(const struct gtpc_addr *a, char text[GTPC_ADDR_TEXT_MAX]);

// 0 or -EAFNOSUPPORT. An IPv4 address inside of an IPv6 one (::ffff:a.b.c.d) becomes the IPv4 one.
int gtpc_endpoint_from_sockaddr(const struct sockaddr *sa, struct gtpc_endpoint *out);

// Returns the length of what it wrote to `ss`, 0 where there is no address.
socklen_t gtpc_endpoint_to_sockaddr(const struct gtpc_endpoint *e, struct sockaddr_storage *ss);
