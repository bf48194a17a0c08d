// SPDX-License-Identifier: BSD-3-Clause
// What placeholders of several commands accept, and how their values are read.
#pragma once

#include "dataplane/include/dp_api.h"

#include <stdbool.h>
#include <stdint.h>

bool cli_is_imsi(const char *value);
bool cli_is_addr(const char *value);
bool cli_is_teid(const char *value);
bool cli_is_number(const char *value);

// Each returns false where the value isn't one.
bool cli_word_uint(const char *value, uint64_t *n); // decimal
bool cli_word_addr(const char *value, struct dp_addr *addr);
bool cli_word_teid(const char *value, uint32_t *teid); // decimal or 0x..., not 0
