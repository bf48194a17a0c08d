// SPDX-License-Identifier: BSD-3-Clause
// The input is the value of a TFT. What is good must read the same after it was written, can be
// applied, and each filter's words mean the same filter again.
#include "control/session/tft.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void
check_text(const struct tft_filter *f)
{
	char text[TFT_TEXT_MAX], again[TFT_TEXT_MAX], why[128];
	struct tft_filter read;

	tft_filter_text(f, text);
	if (tft_filter_parse(text, &read, why, sizeof(why)) < 0)
		return; // masks with holes and the like can't be said
	if (strcmp(tft_filter_text(&read, again), text) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct tft_filter filters[TFT_FILTERS_MAX];
	uint8_t written[TFT_BYTES_MAX], n_filters = 1;
	struct tft t, again;
	ssize_t length;

	if (tft_decode(bytes, n, &t) != TFT_GOOD)
		return 0;
	length = tft_encode(&t, written, sizeof(written));
	if (length > 0 &&
		(tft_decode(written, (size_t)length, &again) != TFT_GOOD ||
			again.n_filters != t.n_filters))
		abort();
	memset(filters, 0, sizeof(filters));
	if (tft_apply(&t, filters, &n_filters) == TFT_GOOD &&
		(n_filters == 0 || n_filters > TFT_FILTERS_MAX))
		abort();
	if (t.operation == TFT_CREATE || t.operation == TFT_ADD)
		for (unsigned int i = 0; i < t.n_filters; i++)
			check_text(&t.filter[i]);
	return 0;
}
