// SPDX-License-Identifier: BSD-3-Clause
// Faults that libconfig passes over in silence: numbers cut to 32 bits, comments that never end.
#pragma once

#include <stddef.h>

// Called for each fault found. `what` is a sentence without a full stop.
typedef void (*cfg_lint_fault)(void *ctx, const char *file, unsigned int line, const char *what);

// Reads `text`, the content of `file`, and the files that it includes from `include_dir` (NULL:
// doesn't follow them).
void cfg_lint(const char *file, const char *text, const char *include_dir, cfg_lint_fault fault,
	void *ctx);

// The whole of a file as a string, to be freed. 0; -EINVAL: it holds a NUL byte; -EFBIG: above
// CFG_FILE_MAX; -errno.
int cfg_read_file(const char *file, char **text);

#define CFG_FILE_MAX (64u << 20) // bytes
