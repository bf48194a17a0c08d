// SPDX-License-Identifier: BSD-3-Clause
// The few rtnetlink requests that a device's interface needs.
#pragma once

#include <stdint.h>

struct mnl_socket;

// In the current network namespace. NULL with errno.
struct mnl_socket *rtnl_open(void);

// Each: 0 or -errno. `family` is AF_INET or AF_INET6, `addr` in network byte order.
int rtnl_link_up(struct mnl_socket *nl, unsigned int ifindex, uint32_t mtu_bytes);
int rtnl_addr_add(struct mnl_socket *nl, unsigned int ifindex, uint8_t family, const void *addr,
	uint8_t prefix_bits);
int rtnl_default_route_add(
	struct mnl_socket *nl, unsigned int ifindex, uint8_t family, uint32_t table);

// Packets from `addr` look into `table`.
int rtnl_rule_add(struct mnl_socket *nl, uint8_t family, const void *addr, uint32_t table);
int rtnl_rule_del(struct mnl_socket *nl, uint8_t family, const void *addr, uint32_t table);
