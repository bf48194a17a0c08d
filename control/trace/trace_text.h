// SPDX-License-Identifier: BSD-3-Clause
// The sentence about a traced packet that goes into the file as its comment.
#pragma once

#include "dataplane/include/dp_shm.h"

#include <stddef.h>

// Writes to text and returns it. h: for the names of interfaces.
const char *trace_text(
	const struct dp_trace_record *r, const struct dp_header *h, char *text, size_t room);

// "SPOOFED: inner source isn't the session's address"
const char *drop_text(unsigned int drop, char *text, size_t room);
