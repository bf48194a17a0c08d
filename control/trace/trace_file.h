// SPDX-License-Identifier: BSD-3-Clause
// The files of traces: their names, their directory, how many are kept.
#pragma once

#include "control/ctl_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_FILE_MAX 80 // bytes of a name with the terminating NUL
#define TRACE_FILE_SUFFIX ".pcapng"

// A name that an operator may give: letters, digits and "._-", not beginning with a dot; no path.
bool trace_file_name_is_good(const char *name);

// Where they are, into a buffer of `room` bytes; returns it.
const char *trace_file_dir(const struct ctl_config *c, char *dir, size_t room);

// Makes a file that wasn't there and that only this user may read, and the directory if need be; first
// removes the oldest ones so that no more than files_max remain. `name` gets the suffix if it lacks it.
// 0; -EEXIST, or -errno.
int trace_file_make(const char *dir, char name[TRACE_FILE_MAX], uint32_t files_max, FILE **file);
