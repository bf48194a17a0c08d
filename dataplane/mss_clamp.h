// SPDX-License-Identifier: BSD-3-Clause
// Lowers the maximum segment size that a TCP SYN announces, so that segments fit through the tunnel.
// Only for sessions whose profile says so. RFC 9293 3.7.1, RFC 4459.
#pragma once

#include <stdint.h>

struct rte_ipv4_hdr;
struct rte_ipv6_hdr;

// A sound packet of `len` bytes. mss 0: none. Nothing else of it changes than option and checksum.
void mss_clamp_ipv4(struct rte_ipv4_hdr *ip, uint16_t len, uint16_t mss);
void mss_clamp_ipv6(struct rte_ipv6_hdr *ip, uint16_t len, uint16_t mss);
