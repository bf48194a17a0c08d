// SPDX-License-Identifier: BSD-3-Clause
// A file of numbered lines, each a JSON object that begins with {"sequence":N, and N is one more than
// in the line before. Whole files are put aside under the number of their last line:
// usage.jsonl becomes usage-00000000000000004711.jsonl. Numbers go on over restarts of the process and
// of the machine.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct journal;

struct journal_config {
	const char *dir;  // made if missing
	const char *name; // "usage": usage.jsonl
	uint64_t rotate_bytes;
	uint32_t rotate_s; // 0: only by size
	uint32_t keep;     // files that were put aside, the oldest go; 0: all stay
};

// Finds the number of the last whole line and takes back what a crash left of one more. `why` gets
// one line if it fails: -EINVAL damaged, or the system's error.
int journal_open(struct journal **out, const struct journal_config *c, char *why, size_t room);
void journal_close(struct journal *j);

// Of the last line that is in a file, 0: there was none ever.
uint64_t journal_last(const struct journal *j);

// Appends whole lines, which end in '\n' and are numbered up to `last`; before that, the file is put
// aside if it is large or old enough. 0, or -errno and nothing of them counts.
int journal_append(struct journal *j, const char *lines, size_t n, uint64_t last, uint64_t now_ms);

struct journal_counts {
	uint64_t bytes;     // of the file that is written now
	uint64_t rotations; // files put aside since the start
	uint64_t failures;  // appends that weren't
};

struct journal_counts journal_count(const struct journal *j);
const char *journal_path(const struct journal *j);
