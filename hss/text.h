// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stddef.h>

// Copies as much as fits, always with a NUL.
static inline void
text_copy(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; n + 1 < size && from[n] != '\0'; n++)
		to[n] = from[n];
	to[n] = '\0';
}

// The same for what came from a peer: anything but printable ASCII without blanks becomes '?', and so
// does '|', which separates stored fields.
static inline void
text_copy_clean(char *to, size_t size, const char *from)
{
	text_copy(to, size, from);
	for (; *to != '\0'; to++)
		if (*to <= ' ' || *to > '~' || *to == '|')
			*to = '?';
}
