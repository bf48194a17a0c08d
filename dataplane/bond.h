// SPDX-License-Identifier: BSD-3-Clause
// A port of several devices under DPDK's net_bonding: how the EAL is told of them, and their links.
#pragma once

#include "dataplane/dp_config.h"

// The --vdev or -a value of a member of the port with this index.
void bond_member_eal_device(
	const struct dp_port_config *p, size_t index, size_t member, char *text, size_t room);

// Appends to a --vdev value for the port the members that it has; the first one is its primary.
void bond_eal_slaves(const struct dp_port_config *p, size_t index, char *text, size_t room);

// Follows the links of members that are Linux interfaces, about which DPDK doesn't know: if the one by
// which an active-backup port sends has lost its link, the first one that has one takes its place.
// False: no member has a link. device: DPDK's number of the port.
bool bond_follow(const struct dp_port_config *p, size_t index, uint16_t device);

// True if the port sends frames of its own (LACP) when it is told to transmit, also nothing.
bool bond_has_own_frames(const struct dp_port_config *p, uint16_t device);
