// SPDX-License-Identifier: BSD-3-Clause
// Traffic flow templates: the packet filters of a bearer, on the wire, as text, and what becomes of
// them when another one asks for a change. Pure. TS 24.008 10.5.6.12, TS 24.301 6.4.2.4 and 6.5.3.4
#pragma once

#include "dataplane/include/dp_api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TFT_FILTERS_MAX 15 // of one template
#define TFT_BYTES_MAX 257  // of its value on the wire
#define TFT_TEXT_MAX 256   // of a filter

enum tft_operation {
	TFT_IGNORE,
	TFT_CREATE,
	TFT_DELETE,
	TFT_ADD,
	TFT_REPLACE,
	TFT_DELETE_FILTERS,
	TFT_NO_OPERATION,
};

enum tft_direction {
	TFT_PRE_RELEASE_7, // which is both
	TFT_DOWNLINK,
	TFT_UPLINK,
	TFT_BOTH,
};

// Which components a filter has, beside addresses, which have masks.
enum tft_component {
	TFT_PROTOCOL = DP_FILTER_PROTOCOL,
	TFT_TOS = DP_FILTER_TOS,
	TFT_SPI = DP_FILTER_SPI,
	TFT_FLOW_LABEL = DP_FILTER_FLOW_LABEL,
	TFT_LOCAL_PORT = DP_FILTER_LOCAL_PORT,
	TFT_REMOTE_PORT = DP_FILTER_REMOTE_PORT,
};

struct tft_filter {
	uint8_t id; // 0 to 15
	uint8_t direction;
	uint8_t precedence; // 0 is tried first
	struct dp_filter is;
};

struct tft {
	uint8_t operation;
	uint8_t n_filters; // in ids alone where filters are deleted
	struct tft_filter filter[TFT_FILTERS_MAX];
	uint8_t n_named; // filters that the parameters name: whose QoS is asked for
	uint8_t named[TFT_FILTERS_MAX];
};

// What is wrong, 0: nothing.
enum tft_fault {
	TFT_GOOD,
	TFT_SEMANTIC,
	TFT_SYNTAX,
	TFT_FILTER_SEMANTIC,
	TFT_FILTER_SYNTAX,
};

// The value of a TFT or TAD IE.
enum tft_fault tft_decode(const uint8_t *bytes, size_t n, struct tft *tft);

// Octets written, -EMSGSIZE or -EINVAL.
ssize_t tft_encode(const struct tft *tft, uint8_t *bytes, size_t room);

// The filters that a bearer has: `n` of them become what the operation says. The fault leaves them as
// they were.
enum tft_fault tft_apply(
	const struct tft *change, struct tft_filter filters[TFT_FILTERS_MAX], uint8_t *n_filters);

// Is it one for downlink, or uplink, packets?
static inline bool
tft_is_downlink(const struct tft_filter *f)
{
	return f->direction != TFT_UPLINK;
}

static inline bool
tft_is_uplink(const struct tft_filter *f)
{
	return f->direction != TFT_DOWNLINK;
}

// "udp remote 10.20.0.5/32 port 5004-5010": a filter as people write it. 0, or -EINVAL with one line
// in `why`. What isn't said is 0, the direction both.
int tft_filter_parse(const char *text, struct tft_filter *f, char *why, size_t room);
// The same back, without id and precedence, into text of TFT_TEXT_MAX; returns it.
const char *tft_filter_text(const struct tft_filter *f, char *text);
// One sentence of what tft_filter_parse() takes.
#define TFT_FILTER_GRAMMAR                                                                         \
	"[uplink|downlink|both] [tcp|udp|icmp|icmpv6|esp|ah|sctp|<protocol number>] "              \
	"[remote <address>[/<bits>] [port <n>[-<n>]]] [local ...] [remote-port ...] "              \
	"[local-port ...] [tos <value>[/<mask>]] [spi <n>] [flow-label <n>]"
