// SPDX-License-Identifier: BSD-3-Clause
// The devices' GTPv2-C procedures. TS 29.274 7.2.
#pragma once

#include "tests/ue/ue.h"

// 0 or -errno, said on stderr.
int signalling_open(struct ue *ue);
void signalling_close(struct ue *ue);

// Each ends in ue_device_done. 0, or -errno if nothing could be sent.
int device_attach(struct device *d);
int device_move(struct device *d, unsigned int sgw);
int device_detach(struct device *d);

// The Router Advertisement that an attached device waits for has come.
void device_advertised(struct device *d);
