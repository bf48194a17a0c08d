// SPDX-License-Identifier: BSD-3-Clause
// The packet filters of one session, all tried at once: what a packet shows is a few words, each
// filter has a lane of values and masks of them. TS 24.008 10.5.6.12, TS 23.401 4.7.2.2
#pragma once

#include "dataplane/include/dp_api.h"

#include <stdbool.h>
#include <stdint.h>

// What is compared under a mask. An IPv4 packet has only the first ones.
enum filter_word {
	FILTER_KIND, // protocol, type of service, and which kind of packet it is
	FILTER_SPI,
	FILTER_REMOTE,
	FILTER_LOCAL,
	FILTER_WORDS_IPV4,
	FILTER_FLOW_LABEL = FILTER_WORDS_IPV4,
	FILTER_REMOTE_REST, // of an IPv6 address
	FILTER_LOCAL_REST = FILTER_REMOTE_REST + 3,
	FILTER_WORDS = FILTER_LOCAL_REST + 3,
};

typedef uint32_t filter_lanes __attribute__((vector_size(4 * DP_FILTERS_MAX)));

struct filters {
	filter_lanes value[FILTER_WORDS], mask[FILTER_WORDS];
	filter_lanes local_min, local_span, remote_min, remote_span; // ports
	uint8_t bearer[DP_FILTERS_MAX];                              // of each lane
};

#define FILTER_NONE UINT8_MAX

// False: a field of one is out of range.
bool filters_check(const struct dp_filter *filter, unsigned int n);

// Makes lanes of n filters that were checked, in the order in which they are tried.
void filters_build(struct filters *f, const struct dp_filter *filter, unsigned int n);

// The bearer of the first filter that a downlink packet fits, FILTER_NONE: none. ip: its IP header,
// which is whole; n: octets of it and what follows, at least a header's.
uint8_t filters_find(const struct filters *f, const uint8_t *ip, uint32_t n);
