// SPDX-License-Identifier: BSD-3-Clause
// Prints what our encoder makes of each sample and of each golden message that it decoded: "type kind
// hex", one message a line. For judges.
#include "tests/unit/gtpc/goldens.h"
#include "tests/unit/gtpc/hex.h"
#include "tests/unit/gtpc/samples.h"

#include <stdio.h>

static struct gtpc_message message;
static uint8_t bytes[GTPC_MESSAGE_MAX];

static int
print_goldens(void)
{
	for (size_t i = 0; i < N_GOLDEN_MESSAGES; i++) {
		struct hex hex = hex_bytes(golden_messages[i].hex);
		struct gtpc_fault fault;
		size_t used;
		ssize_t n;

		if (gtpc_message_parse(hex.bytes, hex.n, &used, &message, &fault))
			return 1;
		n = gtpc_message_encode(&message, bytes, sizeof(bytes));
		if (n < 0)
			return 1;
		printf("%u %s ", message.header.type, golden_messages[i].name);
		hex_print(stdout, bytes, (size_t)n);
	}
	return 0;
}

int
main(void)
{
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
	return print_goldens();
}
