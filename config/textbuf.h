// SPDX-License-Identifier: BSD-3-Clause
// Text that grows up to a bound. What doesn't fit (or for which there is no memory) is dropped, and
// is_cut says so: whoever writes needs no error handling.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct textbuf {
	char *bytes; // with a NUL behind them, or NULL
	size_t used, room;
	size_t max; // of used
	bool is_cut;
};

#define TEXTBUF(max_)                                                                              \
	{                                                                                          \
		.max = max_                                                                        \
	}

void textbuf_free(struct textbuf *buf); // and leaves it empty, with the same bound
void textbuf_add(struct textbuf *buf, const char *bytes, size_t n);
void textbuf_puts(struct textbuf *buf, const char *text);
void textbuf_printf(struct textbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void textbuf_vprintf(struct textbuf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

// Removes the first n bytes.
void textbuf_drop(struct textbuf *buf, size_t n);

const char *textbuf_text(const struct textbuf *buf); // never NULL
