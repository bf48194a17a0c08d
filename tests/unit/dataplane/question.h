// SPDX-License-Identifier: BSD-3-Clause
// The packet that a question to explain() is about, as a frame. Built on frame.h.
#pragma once

#include "dataplane/include/dp_api.h"
#include "tests/unit/dataplane/frame.h"

// Writes the frame as it comes in: uplink in the tunnel of q->teid from q->peer, downlink from the
// customer's network. The port that it comes in by.
unsigned int question_frame(struct frame *f, const struct dp_explain *q, uint8_t seed);
