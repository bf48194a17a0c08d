// SPDX-License-Identifier: BSD-3-Clause
// freeDiameter as this program uses it: settings derived from ours, the S6a application, who may connect.
#pragma once

#include "hss/hss_config.h"

// Everything up to the point where peers are served; config outlives it. Call it once; the reason of a
// failure is logged. 0, or -errno.
int diameter_open(const struct hss_config *config, uint32_t origin_state_id);

// Listens, and connects to those peers that say so.
int diameter_start(void);

// Tells the peers (DPR) and ends; waits at most timeout_ms. Then the process must end.
void diameter_stop(unsigned timeout_ms);
