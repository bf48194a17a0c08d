// SPDX-License-Identifier: BSD-3-Clause
#include "config/textbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
textbuf_free(struct textbuf *buf)
{
	size_t max = buf->max;

	free(buf->bytes);
	*buf = (struct textbuf)TEXTBUF(max);
}

// Room for n bytes more and a NUL; as far as the bound and the memory go. Returns how many fit.
static size_t
make_room(struct textbuf *buf, size_t n)
{
	size_t room = buf->room < 256 ? 256 : buf->room;
	char *bytes;

	if (n > buf->max - buf->used) {
		buf->is_cut = true;
		n = buf->max - buf->used;
	}
	if (n < buf->room - buf->used)
		return n;
	while (room - buf->used <= n)
		room *= 2;
	bytes = realloc(buf->bytes, room);
	if (bytes == NULL) {
		buf->is_cut = true;
		return buf->room > buf->used ? buf->room - buf->used - 1 : 0;
	}
	buf->bytes = bytes;
	buf->room = room;
	return n;
}

void
textbuf_add(struct textbuf *buf, const char *bytes, size_t n)
{
	n = make_room(buf, n);
	if (buf->bytes == NULL)
		return;
	memcpy(buf->bytes + buf->used, bytes, n);
	buf->used += n;
	buf->bytes[buf->used] = '\0';
}

void
textbuf_puts(struct textbuf *buf, const char *text)
{
	textbuf_add(buf, text, strlen(text));
}

void
textbuf_vprintf(struct textbuf *buf, const char *format, va_list args)
{
	char small[512], *large;
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(small, sizeof(small), format, args);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		textbuf_add(buf, small, (size_t)n);
	} else if (n >= 0 && (n = vasprintf(&large, format, again)) >= 0) {
		textbuf_add(buf, large, (size_t)n);
		free(large);
	} else {
		buf->is_cut = true;
	}
	va_end(again);
}

void
textbuf_printf(struct textbuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	textbuf_vprintf(buf, format, args);
	va_end(args);
}

void
textbuf_drop(struct textbuf *buf, size_t n)
{
	if (n == 0)
		return;
	memmove(buf->bytes, buf->bytes + n, buf->used - n + 1);
	buf->used -= n;
}

const char *
textbuf_text(const struct textbuf *buf)
{
	return buf->bytes != NULL ? buf->bytes : "";
}
