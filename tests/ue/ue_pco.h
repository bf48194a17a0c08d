// SPDX-License-Identifier: BSD-3-Clause
// Protocol configuration options as a modem writes and reads them. TS 24.008 10.5.6.3.
#pragma once

#include "tests/ue/ue.h"

#include <stddef.h>

// Octets written to `bytes`.
size_t ue_pco_request(const struct device *d, uint8_t *bytes, size_t room);

// Takes DNS servers and MTU out of an answer; what can't be read is left as it was.
void ue_pco_answer(struct device *d, const uint8_t *bytes, size_t n);
