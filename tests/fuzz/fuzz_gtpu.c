// SPDX-License-Identifier: BSD-3-Clause
// The input is a UDP payload. Whatever the judge says of it lies inside it, and doesn't depend on
// what comes behind the message.
#include "dataplane/gtpu.h"

#include <stdlib.h>
#include <string.h>

static void
must(int is_so)
{
	if (!is_so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	enum gtpu_verdict verdict, alone;
	struct gtpu g = { 0 }, h = { 0 };
	uint32_t message;
	uint8_t *exact;

	if (n > 65507)
		return 0;
	verdict = gtpu_judge(bytes, (uint32_t)n, &g);
	if (n < GTPU_HEADER) {
		must(verdict == GTPU_BROKEN);
		return 0;
	}
	message = GTPU_HEADER + (uint32_t)(bytes[2] << 8 | bytes[3]);
	if (message > n) {
		must(verdict == GTPU_BROKEN);
		return 0;
	}
	if (verdict == GTPU_OK) {
		must(g.header >= GTPU_HEADER && g.header + g.payload == (int)message);
		must(g.type == bytes[1]);
	}
	exact = malloc(message);
	memcpy(exact, bytes, message);
	alone = gtpu_judge(exact, message, &h);
	must(alone == verdict);
	if (verdict == GTPU_OK)
		must(g.header == h.header && g.payload == h.payload && g.teid == h.teid &&
			g.sequence == h.sequence && g.has_sequence == h.has_sequence);
	free(exact);
	return 0;
}
