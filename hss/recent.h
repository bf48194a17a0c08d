// SPDX-License-Identifier: BSD-3-Clause
// Which requests came lately, to know a repeated one: the same Origin-Host, End-to-End Identifier,
// Session-Id and IMSI. (The first two should do by RFC 6733 3, but there are nodes that count from 1
// after a restart.) Of bounded size: the oldest may be forgotten early.
#pragma once

#include "hss/s6a.h"

#include <stdbool.h>

// Whether it came within the last minutes; it has from now on. Any thread.
bool recent_seen(const struct s6a_request *r);
