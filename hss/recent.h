// SPDX-License-Identifier: BSD-3-Clause
// Which requests came lately, to know a repeated one: the same Origin-Host and End-to-End Identifier.
// Of bounded size: the oldest may be forgotten early. RFC 6733 3 and 5.5.4.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Whether it came within the last minutes; it has from now on. Any thread.
bool recent_seen(const char *host, uint32_t end_to_end);
