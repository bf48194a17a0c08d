// SPDX-License-Identifier: BSD-3-Clause
// Prints what our encoder makes of each sample: "type kind hex", one message a line. For judges.
#include "tests/unit/gtpc/hex.h"
#include "tests/unit/gtpc/samples.h"

#include <stdio.h>

int
main(void)
{
	static struct gtpc_message message;
	static uint8_t bytes[GTPC_MESSAGE_MAX];

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		for (unsigned int kind = 0; kind < SAMPLE_N_KINDS; kind++) {
			ssize_t n;

			sample_message(&message, gtpc_message_at(i)->type, kind);
			n = gtpc_message_encode(&message, bytes, sizeof(bytes));
			if (n < 0)
				return 1;
			printf("%u %s ", message.header.type,
				kind == SAMPLE_FULL ? "full" : "minimal");
			hex_print(stdout, bytes, (size_t)n);
		}
	}
	return 0;
}
