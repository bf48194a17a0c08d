// SPDX-License-Identifier: BSD-3-Clause
// What happened, by command and result. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// X(identifier, command code, name)
#define COUNTED_COMMANDS(X)                                                                        \
	X(AIR, 318, "AIR")                                                                         \
	X(ULR, 316, "ULR")                                                                         \
	X(PUR, 321, "PUR")                                                                         \
	X(NOR, 323, "NOR")                                                                         \
	X(CLR, 317, "CLR")                                                                         \
	X(IDR, 319, "IDR")                                                                         \
	X(DSR, 320, "DSR")                                                                         \
	X(RSR, 322, "RSR")                                                                         \
	X(OTHER, 0, "other")

enum counted_command {
#define COUNTED_ENUM(id, code, name) COUNTED_##id,
	COUNTED_COMMANDS(COUNTED_ENUM)
#undef COUNTED_ENUM
		N_COUNTED
};

// X(code, whether it's an Experimental-Result, name); code 0: no answer came.
#define COUNTED_RESULTS(X)                                                                         \
	X(2001, false, "success")                                                                  \
	X(4181, true, "authentication data unavailable")                                           \
	X(5001, true, "user unknown")                                                              \
	X(5004, true, "roaming not allowed")                                                       \
	X(5420, true, "unknown EPS subscription")                                                  \
	X(5421, true, "RAT not allowed")                                                           \
	X(5423, true, "unknown serving node")                                                      \
	X(3001, false, "command unsupported")                                                      \
	X(3002, false, "unable to deliver")                                                        \
	X(3003, false, "realm not served")                                                         \
	X(3004, false, "too busy")                                                                 \
	X(3005, false, "loop detected")                                                            \
	X(3007, false, "application unsupported")                                                  \
	X(3008, false, "invalid header bits")                                                      \
	X(3009, false, "invalid AVP bits")                                                         \
	X(3010, false, "unknown peer")                                                             \
	X(5001, false, "AVP unsupported")                                                          \
	X(5003, false, "authorization rejected")                                                   \
	X(5004, false, "invalid AVP value")                                                        \
	X(5005, false, "missing AVP")                                                              \
	X(5009, false, "AVP occurs too many times")                                                \
	X(5011, false, "unsupported version")                                                      \
	X(5012, false, "unable to comply")                                                         \
	X(5014, false, "invalid AVP length")                                                       \
	X(5015, false, "invalid message length")                                                   \
	X(0, false, "no answer")                                                                   \
	X(1, false, "other")

// A request received and what was answered, or one of ours and what came.
void counters_add(uint32_t command, uint32_t result, bool is_experimental);

// A message (at least its header) that was answered with a base result before freeDiameter, or dropped: 0.
void counters_screened(const uint8_t *message, uint32_t result);

// Of a received request, until it is answered: for the latency.
void counters_latency(uint32_t command, uint64_t ns);

// Every pair that was ever counted, in the order of the lists.
typedef void (*counters_fn)(void *arg, const char *command, uint32_t code, bool is_experimental,
	const char *result, uint64_t n);
void counters_each(counters_fn each, void *arg);

// Sum and number of the latencies of a command that we answer.
void counters_latency_get(enum counted_command command, uint64_t *n, uint64_t *sum_ns);

const char *counted_name(enum counted_command command);
enum counted_command counted_from_code(uint32_t command);
