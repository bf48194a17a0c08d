// SPDX-License-Identifier: BSD-3-Clause
// The input is one datagram. What decodes must encode, and decode again to the same; what is refused
// must be refusable by an answer that its sender can read.
#include "control/gtpc/message.h"

#include <stdlib.h>
#include <string.h>

static struct gtpc_message message;
static struct gtpc_message other;
static uint8_t first[GTPC_MESSAGE_MAX];
static uint8_t second[GTPC_MESSAGE_MAX];

static void
must(int is_so)
{
	if (!is_so)
		abort();
}

static int
is_rejection(const struct gtpc_message *m)
{
	const struct gtpc_cause *cause = gtpc_message_cause(m);

	return gtpc_message_find(m->header.type)->kind == GTPC_KIND_ANSWER && cause != NULL &&
		!gtpc_cause_is_accepted(cause->value);
}

static void
check_sound(void)
{
	struct gtpc_fault fault;
	ssize_t n, again;
	size_t used;

	// A rejection may lack what only an acceptance must hold: that can't be encoded.
	if (is_rejection(&message))
		return;
	message.header.has_piggyback = false;
	n = gtpc_message_encode(&message, first, sizeof(first));
	must(n > 0);
	must(gtpc_message_parse(first, (size_t)n, &used, &other, &fault) == 0);
	must(used == (size_t)n);
	again = gtpc_message_encode(&other, second, sizeof(second));
	must(again == n && memcmp(first, second, (size_t)n) == 0);
}

static void
check_refused(const struct gtpc_fault *fault)
{
	struct gtpc_fault none;
	size_t used;
	ssize_t n;

	if (gtpc_message_reject(&other, &message, fault, 7))
		return;
	n = gtpc_message_encode(&other, first, sizeof(first));
	must(n > 0);
	// The mandatory bearer identities of a failure indication are 0 if the request had none.
	if (message.header.type == GTPC_MSG_BEARER_RESOURCE_CMD)
		return;
	must(gtpc_message_parse(first, (size_t)n, &used, &message, &none) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	for (unsigned int i = 0; i < 2 && n > 0; i++) {
		struct gtpc_fault fault;
		size_t used;
		int err = gtpc_message_parse(bytes, n, &used, &message, &fault);

		must(used <= n && used > 0);
		if (err == 0)
			check_sound();
		else if (fault.cause != GTPC_CAUSE_NONE)
			check_refused(&fault);
		bytes += used;
		n -= used;
	}
	return 0;
}
