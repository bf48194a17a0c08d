// SPDX-License-Identifier: BSD-3-Clause
// A bounds-checked reader and a bounds-checked writer. The first error sticks: after it every read
// gives zeros and every write does nothing, so that one check at the end covers a whole structure.
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Reads [at, end). `err` is 0, or -EBADMSG once something has been read past the end.
struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	int err;
};

static inline struct cursor
cursor_open(const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	return (struct cursor){ .at = at, .end = at + n, .err = 0 };
}

static inline size_t
cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

// The next n octets, or NULL (and the sticky error) if there are fewer. The cursor moves past them.
static inline const uint8_t *
cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *at = c->at;

	if (c->err || cursor_left(c) < n) {
		c->err = -EBADMSG;
		c->at = c->end;
		return NULL;
	}
	c->at += n;
	return at;
}

// An unsigned number of n octets (0 to 8) in network byte order.
static inline uint64_t
cursor_be(struct cursor *c, size_t n)
{
	const uint8_t *at = cursor_take(c, n);
	uint64_t value = 0;

	for (size_t i = 0; at != NULL && i < n; i++)
		value = value << 8 | at[i];
	return value;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_be(c, 1);
}

static inline uint16_t
cursor_be16(struct cursor *c)
{
	return (uint16_t)cursor_be(c, 2);
}

static inline uint32_t
cursor_be24(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 3);
}

static inline uint32_t
cursor_be32(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 4);
}

// Copies n octets to `to`, which is zeroed where there are too few.
static inline void
cursor_copy(struct cursor *c, void *to, size_t n)
{
	const uint8_t *at = cursor_take(c, n);

	if (at != NULL)
		memcpy(to, at, n);
	else
		memset(to, 0, n);
}

// A cursor over the next n octets, past which `c` moves. Too few: both carry the error.
static inline struct cursor
cursor_slice(struct cursor *c, size_t n)
{
	const uint8_t *at = cursor_take(c, n);

	if (at == NULL)
		return (struct cursor){ .at = c->end, .end = c->end, .err = c->err };
	return cursor_open(at, n);
}

// Writes to [at, end). `err` is 0, -EMSGSIZE once something didn't fit, or what its user set.
struct writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	int err;
};

static inline struct writer
writer_open(void *bytes, size_t size)
{
	uint8_t *at = bytes;

	return (struct writer){ .start = at, .at = at, .end = at + size, .err = 0 };
}

static inline size_t
writer_length(const struct writer *w)
{
	return (size_t)(w->at - w->start);
}

// Room for n octets that the caller fills, or NULL (and the sticky error).
static inline uint8_t *
writer_take(struct writer *w, size_t n)
{
	uint8_t *at = w->at;

	if (w->err)
		return NULL;
	if ((size_t)(w->end - w->at) < n) {
		w->err = -EMSGSIZE;
		return NULL;
	}
	w->at += n;
	return at;
}

// An unsigned number as n octets (0 to 8) in network byte order.
static inline void
writer_be(struct writer *w, uint64_t value, size_t n)
{
	uint8_t *at = writer_take(w, n);

	for (size_t i = 0; at != NULL && i < n; i++)
		at[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

static inline void
writer_u8(struct writer *w, uint8_t value)
{
	writer_be(w, value, 1);
}

static inline void
writer_be16(struct writer *w, uint16_t value)
{
	writer_be(w, value, 2);
}

static inline void
writer_be24(struct writer *w, uint32_t value)
{
	writer_be(w, value, 3);
}

static inline void
writer_be32(struct writer *w, uint32_t value)
{
	writer_be(w, value, 4);
}

static inline void
writer_copy(struct writer *w, const void *from, size_t n)
{
	uint8_t *at = writer_take(w, n);

	if (at != NULL && n > 0)
		memcpy(at, from, n);
}

// A value that the wire can't carry: -EINVAL sticks, unless an earlier error does.
static inline void
writer_refuse(struct writer *w)
{
	if (!w->err)
		w->err = -EINVAL;
}
