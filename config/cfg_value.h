// SPDX-License-Identifier: BSD-3-Clause
// One value of a schema row: from a file's setting or from text into its member, and back to text.
#pragma once

#include "config/cfg.h"

#include <libconfig.h>

#include <stdbool.h>
#include <stddef.h>

#define CFG_WHY_MAX 200    // room for what is wrong with a value
#define CFG_VALUE_TEXT 512 // room for a printed number, address, enum or custom value

// Both fill `member` (zeroed, row->size bytes). 0, or -EINVAL with `why` (of CFG_WHY_MAX bytes) set.
int cfg_value_read(
	const struct cfg_row *row, const config_setting_t *setting, void *member, char *why);
int cfg_value_parse(const struct cfg_row *row, const char *text, void *member, char *why);

// Must be in the file: there is no default, or one with fewer entries than needed.
bool cfg_row_is_required(const struct cfg_row *row);

// The value as a file has it, strings in quotes; "***" for a secret that isn't empty.
void cfg_value_print(const struct cfg_row *row, const void *member, FILE *out);

// No value was given and none is the default: all bytes are zero, and the row's kind has such a
// value ("" for strings, addresses, prefixes, keys).
bool cfg_value_is_empty(const struct cfg_row *row, const void *member);

// A number of the row's kind with its unit, for ranges: "60s", "1.5G". Returns `text`, of
// CFG_VALUE_TEXT bytes.
const char *cfg_value_number_text(enum cfg_type type, uint64_t number, char *text);

// "number", "duration", "one of: a, b" ... for the manual.
void cfg_value_describe_type(const struct cfg_row *row, FILE *out);
