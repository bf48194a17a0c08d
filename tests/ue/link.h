// SPDX-License-Identifier: BSD-3-Clause
// A device's network interface: a TUN, in a network namespace of its own or beside others.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_NAME_MAX 48

struct link_config {
	const char *netns; // made for it; NULL: stays in the current one, with a routing table
	const char *name;  // of the interface
	uint32_t table;    // of its default route, where it has no namespace
	uint16_t mtu_bytes;
	bool has_ipv4;
	uint8_t ipv4[4];
	bool has_ipv6;
	uint8_t ipv6_iid[8]; // interface identifier: the link-local address has it
};

struct link {
	int tun; // reads and writes whole IP packets, non-blocking; -1: none
	char netns[LINK_NAME_MAX];
	struct link_config config;
};

// 0 or -errno, with what failed in `error`. Nothing is left when it fails.
int link_open(struct link *link, const struct link_config *config, char *error, size_t error_size);

// Removes interface and namespace. Fine on one that was never opened and has tun -1.
void link_close(struct link *link);

// Enters a named network namespace. 0 or -errno.
int link_netns_enter(const char *name);

// Removes the namespaces <prefix>-ue<number> that a killed run left. How many.
unsigned int link_netns_sweep(const char *prefix);
