// SPDX-License-Identifier: BSD-3-Clause
// GTP-U between the SGW addresses and the devices' TUN interfaces. TS 29.281.
#pragma once

#include "tests/ue/ue.h"

// Port 2152 on every SGW address. 0 or -errno, said on stderr.
int user_plane_open(struct ue *ue);
void user_plane_close(struct ue *ue);

// Makes the device's interface (and namespace) and starts carrying its packets; 0 or -errno, with
// the reason in device.why.
int device_up(struct device *d);
void device_down(struct device *d);
