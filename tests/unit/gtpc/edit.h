// SPDX-License-Identifier: BSD-3-Clause
// Changes to an encoded message that keep the lengths around them right.
#pragma once

#include "tests/unit/gtpc/hex.h"

#include <stdbool.h>
#include <stdint.h>

// Where an IE stands: its header begins at `at`, its value has n octets. `parent` is the offset of
// the grouped IE around it, 0: none.
struct edit_place {
	size_t at;
	size_t n;
	size_t parent;
};

// Finds the first IE of that type and instance; within the first IE `in` where that isn't 0.
bool edit_find(
	const struct hex *m, uint8_t in, uint8_t type, uint8_t instance, struct edit_place *place);

// Takes `old_n` octets out at `at` and puts `n` in, and mends the lengths of message and parent.
void edit_splice(
	struct hex *m, size_t parent, size_t at, size_t old_n, const uint8_t *bytes, size_t n);

// False where there is no such IE.
bool edit_remove(struct hex *m, uint8_t in, uint8_t type, uint8_t instance);
bool edit_value(struct hex *m, uint8_t in, uint8_t type, uint8_t instance, const char *value);

// Appends a whole IE, header included, as hexadecimal text, to the message or to its first `in`.
bool edit_append(struct hex *m, uint8_t in, const char *ie);

// Writes the header's Length.
void edit_length(struct hex *m, size_t length);
