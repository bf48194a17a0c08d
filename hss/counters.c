// SPDX-License-Identifier: BSD-3-Clause
#include "hss/counters.h"

#include "hss/wire.h"

#include <stdatomic.h>
#include <stddef.h>

struct counted_result {
	uint32_t code;
	bool is_experimental;
	const char *name;
};

static const struct counted_result results[] = {
#define RESULT(code_, is_experimental_, name_)                                                     \
	{ .code = code_, .is_experimental = is_experimental_, .name = name_ },
	COUNTED_RESULTS(RESULT)
#undef RESULT
};

#define N_RESULTS (sizeof(results) / sizeof(results[0]))

static const struct {
	uint32_t code;
	const char *name;
} commands[N_COUNTED] = {
#define COMMAND(id, code_, name_) [COUNTED_##id] = { .code = code_, .name = name_ },
	COUNTED_COMMANDS(COMMAND)
#undef COMMAND
};

static atomic_ullong counts[N_COUNTED][N_RESULTS];
static atomic_ullong latency_n[N_COUNTED];
static atomic_ullong latency_ns[N_COUNTED];

enum counted_command
counted_from_code(uint32_t command)
{
	unsigned i = 0;

	while (i < COUNTED_OTHER && commands[i].code != command)
		i++;
	return (enum counted_command)i;
}

const char *
counted_name(enum counted_command command)
{
	return commands[command].name;
}

static size_t
result_slot(uint32_t code, bool is_experimental)
{
	size_t i = 0;

	while (i < N_RESULTS - 1 &&
		!(results[i].code == code && results[i].is_experimental == is_experimental))
		i++;
	return i;
}

void
counters_add(uint32_t command, uint32_t result, bool is_experimental)
{
	atomic_fetch_add_explicit(
		&counts[counted_from_code(command)][result_slot(result, is_experimental)], 1,
		memory_order_relaxed);
}

void
counters_screened(const uint8_t *message, uint32_t result)
{
	struct wire_header h;

	wire_header_decode(message, &h);
	if (h.flags & WIRE_REQUEST)
		counters_add(h.application == 0 ? 0 : h.command, result, false);
}

void
counters_latency(uint32_t command, uint64_t ns)
{
	enum counted_command i = counted_from_code(command);

	atomic_fetch_add_explicit(&latency_n[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&latency_ns[i], ns, memory_order_relaxed);
}

void
counters_latency_get(enum counted_command command, uint64_t *n, uint64_t *sum_ns)
{
	*n = atomic_load_explicit(&latency_n[command], memory_order_relaxed);
	*sum_ns = atomic_load_explicit(&latency_ns[command], memory_order_relaxed);
}

void
counters_each(counters_fn each, void *arg)
{
	for (unsigned c = 0; c < N_COUNTED; c++)
		for (unsigned r = 0; r < N_RESULTS; r++) {
			uint64_t n = atomic_load_explicit(&counts[c][r], memory_order_relaxed);

			if (n > 0)
				each(arg, commands[c].name, results[r].code,
					results[r].is_experimental, results[r].name, n);
		}
}
