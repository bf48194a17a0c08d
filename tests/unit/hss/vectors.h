// SPDX-License-Identifier: BSD-3-Clause
// Reads tests/vectors/*.json: a list of flat objects whose values are strings or numbers.
#pragma once

#include "hss/subscriber_text.h"

#include <CUnit/CUnit.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vectors {
	char *text;
	char *next;
	char *object; // the current set
};

static inline void
vectors_open(struct vectors *v, const char *name)
{
	char path[512];
	FILE *f;
	long n;

	snprintf(path, sizeof(path), "%s/%s", VECTORS_DIR, name);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	v->text = calloc(1, (size_t)n + 1);
	CU_ASSERT_EQUAL_FATAL(fread(v->text, 1, (size_t)n, f), (size_t)n);
	fclose(f);
	v->next = v->text;
}

static inline bool
vectors_next(struct vectors *v)
{
	char *end;

	v->object = strchr(v->next, '{');
	if (!v->object) {
		free(v->text);
		return false;
	}
	end = strchr(v->object, '}');
	*end = '\0';
	v->next = end + 1;
	return true;
}

// The value as octets; their number.
static inline size_t
vectors_hex(const struct vectors *v, const char *name, uint8_t *out, size_t room)
{
	char key[32], value[256];
	const char *at;
	size_t n;

	snprintf(key, sizeof(key), "\"%s\": \"", name);
	at = strstr(v->object, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at += strlen(key);
	n = strcspn(at, "\"");
	CU_ASSERT_FATAL(n < sizeof(value) && n / 2 <= room);
	memcpy(value, at, n);
	value[n] = '\0';
	CU_ASSERT_EQUAL_FATAL(hex_parse(value, out, n / 2), 0);
	return n / 2;
}

static inline unsigned
vectors_number(const struct vectors *v, const char *name)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\": ", name);
	at = strstr(v->object, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	return (unsigned)strtoul(at + strlen(key) + (at[strlen(key)] == '"'), NULL, 10);
}
