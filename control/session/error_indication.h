// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dataplane/include/dp_api.h"

struct pgw;

// An SGW-U says that it has no context for a TEID. TS 29.281 7.3.1, TS 23.007 22. Acts only on the
// word of a session's own SGW-U about its current tunnel: late and forged ones exist.
void error_indication_received(struct pgw *pgw, const struct dp_error_indication *e);
