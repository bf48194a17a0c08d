// SPDX-License-Identifier: BSD-3-Clause
#include "hss/history.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

// An entry: length of what follows (1), time (5), event (1), result (2), repeats (2), PLMN (3), text.
#define FIXED_LEN 14

static const char *const event_names[] = {
#define HISTORY_NAME(name, text) text,
	HISTORY_EVENTS(HISTORY_NAME)
#undef HISTORY_NAME
};

const char *
history_event_name(uint8_t event)
{
	return event < HISTORY_N_EVENTS ? event_names[event] : "?";
}

static void
put(uint8_t *at, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		at[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

static uint64_t
get(const uint8_t *at, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value = value << 8 | at[i];
	return value;
}

int
history_next(const uint8_t *blob, size_t len, size_t *offset, struct history_entry *entry)
{
	const uint8_t *at = blob + *offset;
	size_t n, n_text;

	if (*offset >= len)
		return -ENOENT;
	n = 1U + at[0];
	if (n < FIXED_LEN || n > len - *offset || n - FIXED_LEN >= HISTORY_TEXT_SIZE)
		return -EBADMSG;
	n_text = n - FIXED_LEN;
	entry->at_s = (int64_t)get(at + 1, 5);
	entry->event = at[6];
	entry->result = (uint16_t)get(at + 7, 2);
	entry->repeats = (uint32_t)get(at + 9, 2);
	memcpy(entry->plmn, at + 11, 3);
	memcpy(entry->text, at + FIXED_LEN, n_text);
	entry->text[n_text] = '\0';
	*offset += n;
	return 0;
}

static void
encode(uint8_t *at, const struct history_entry *entry, size_t n_text)
{
	at[0] = (uint8_t)(FIXED_LEN - 1 + n_text);
	put(at + 1, (uint64_t)entry->at_s, 5);
	at[6] = entry->event;
	put(at + 7, entry->result, 2);
	put(at + 9, entry->repeats > UINT16_MAX ? UINT16_MAX : entry->repeats, 2);
	memcpy(at + 11, entry->plmn, 3);
	memcpy(at + FIXED_LEN, entry->text, n_text);
}

// Where the last entry begins, and how many there are; a damaged ring counts as empty.
static unsigned
count(const uint8_t *blob, size_t *len, size_t *last)
{
	struct history_entry e;
	size_t offset = 0, begin = 0;
	unsigned n = 0;
	int err;

	while ((err = history_next(blob, *len, &offset, &e)) == 0) {
		*last = begin;
		begin = offset;
		n++;
	}
	if (err == -EBADMSG) {
		*len = 0;
		n = 0;
	}
	return n;
}

static bool
is_repetition(const struct history_entry *a, const struct history_entry *b)
{
	return a->event == b->event && a->result == b->result &&
		memcmp(a->plmn, b->plmn, sizeof(a->plmn)) == 0 && strcmp(a->text, b->text) == 0;
}

size_t
history_add(uint8_t *blob, size_t len, size_t room, unsigned max, const struct history_entry *entry)
{
	size_t n_text = strnlen(entry->text, HISTORY_TEXT_SIZE - 1), last = 0;
	unsigned n = count(blob, &len, &last);

	if (n > 0) {
		struct history_entry newest;
		size_t offset = last;

		history_next(blob, len, &offset, &newest);
		if (is_repetition(&newest, entry)) {
			newest.at_s = entry->at_s;
			newest.repeats++;
			encode(blob + last, &newest, n_text);
			return len;
		}
	}
	while (n > 0 && (n >= max || len + FIXED_LEN + n_text > room)) {
		size_t first = 1U + blob[0];

		memmove(blob, blob + first, len - first);
		len -= first;
		n--;
	}
	if (len + FIXED_LEN + n_text > room)
		return len;
	encode(blob + len, entry, n_text);
	return len + FIXED_LEN + n_text;
}
