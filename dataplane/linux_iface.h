// SPDX-License-Identifier: BSD-3-Clause
// The Linux interface that a virtual device such as net_af_packet,iface=eth1 runs on.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

// False: it runs on none. device: as configured.
bool linux_iface_of(const char *device, char name[IF_NAMESIZE]);

// Up, and with a carrier. DPDK's drivers of such devices call their link up whatever becomes of it.
bool linux_iface_is_up(const char *name);

// Largest IP packet in bytes, 0: not known.
uint16_t linux_iface_mtu(const char *name);
