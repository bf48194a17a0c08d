// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/intake.h"

#include "control/gtpc/gtpc_wire.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
	struct gtpc_path path;
	uint64_t at_ms;
	uint8_t *bytes;
	size_t n;
};

struct intake {
	struct intake_config config;
	struct waiting *queue; // a ring
	uint32_t first, n;
	size_t bytes;
	bool is_closed;
};

struct intake *
intake_new(const struct intake_config *config)
{
	struct intake *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->config = *config;
	in->queue = calloc(config->waiting_max, sizeof(*in->queue));
	if (in->queue != NULL)
		return in;
	free(in);
	return NULL;
}

static void
count(struct intake *in, enum gtpc_counter counter)
{
	in->config.counters->n[counter]++;
}

// The oldest one is dealt with.
static void
drop_first(struct intake *in)
{
	struct waiting *w = &in->queue[in->first];

	in->bytes -= w->n;
	free(w->bytes);
	in->first = (in->first + 1) % in->config.waiting_max;
	in->n--;
}

void
intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	while (in->n > 0)
		drop_first(in);
	free(in->queue);
	free(in);
}

// 5.1: the type is the second octet, whatever else is wrong.
static bool
can_wait(const uint8_t *bytes, size_t n)
{
	return n >= 2 && bytes[0] >> 5 == GTPC_VERSION && bytes[1] == GTPC_MSG_CREATE_SESSION_REQ;
}

void
intake_put(struct intake *in, const struct gtpc_path *path, const uint8_t *bytes, size_t n,
	uint64_t now_ms)
{
	struct waiting *w;

	if (!can_wait(bytes, n)) {
		in->config.deliver(in->config.user, path, bytes, n);
		return;
	}
	if (in->n == in->config.waiting_max || n > in->config.bytes_max - in->bytes) {
		count(in, GTPC_COUNT_CREATE_QUEUE_FULL);
		return;
	}
	w = &in->queue[(in->first + in->n) % in->config.waiting_max];
	w->bytes = malloc(n);
	if (w->bytes == NULL) {
		count(in, GTPC_COUNT_CREATE_QUEUE_FULL);
		return;
	}
	memcpy(w->bytes, bytes, n);
	w->path = *path;
	w->at_ms = now_ms;
	w->n = n;
	in->n++;
	in->bytes += n;
}

uint32_t
intake_serve(struct intake *in, unsigned int budget, uint64_t now_ms)
{
	while (in->n > 0 && budget > 0) {
		const struct waiting *w = &in->queue[in->first];

		if (now_ms - w->at_ms > in->config.age_max_ms) {
			count(in, GTPC_COUNT_CREATE_WAITED_LONG);
		} else {
			in->config.deliver(in->config.user, &w->path, w->bytes, w->n);
			budget--;
		}
		drop_first(in);
	}
	return in->n;
}

uint32_t
intake_waiting(const struct intake *in)
{
	return in->n;
}

bool
intake_is_closed(struct intake *in)
{
	uint32_t at = in->config.close_at;

	in->is_closed = at > 0 && in->n >= (in->is_closed ? (at + 1) / 2 : at);
	return in->is_closed;
}
