// SPDX-License-Identifier: BSD-3-Clause
// A device's TUN interface: its addresses and routes are Linux's, and of IPv6 Linux sets up all but the
// interface identifier, by the Router Advertisement that comes through the tunnel.
#pragma once

#include "tests/ue/ue.h"

// Makes the interface (and namespace) with what the PAA gave; device.tun_fd is its end. 0 or -errno,
// with the reason in device.why.
int tun_up(struct device *d);
void tun_down(struct device *d);

// True if this IPv6 packet is a Router Advertisement. RFC 4861 4.2
bool tun_is_advertisement(const uint8_t *packet, size_t n);
