// SPDX-License-Identifier: BSD-3-Clause
// Hexadecimal text of golden messages: blanks are for the reader.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEX_MAX 4096

struct hex {
	uint8_t bytes[HEX_MAX];
	size_t n;
};

static inline int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static inline struct hex
hex_bytes(const char *text)
{
	struct hex hex = { .n = 0 };
	unsigned int half = 0;

	for (; *text != '\0' && hex.n < HEX_MAX; text++) {
		int digit = hex_digit(*text);

		if (digit < 0)
			continue;
		hex.bytes[hex.n] = (uint8_t)(hex.bytes[hex.n] << 4 | digit);
		hex.n += half;
		half ^= 1;
	}
	return hex;
}

static inline void
hex_print(FILE *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%02x", bytes[i]);
	fputc('\n', out);
}
