// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/triggers.h"

// What changes of a SIM mean towards its serving node, over S6a.
extern const struct hss_triggers s6a_triggers;
