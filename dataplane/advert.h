// SPDX-License-Identifier: BSD-3-Clause
// The gateway as an IPv6 router on its devices' links: Router Advertisements after attach, again and
// again, and when asked, and answers to Neighbour Solicitations. RFC 4861, TS 23.401 5.3.1.2.2,
// TS 29.061 11.2.1.3.4. Off the fast path; one schedule per worker.
#pragma once

#include <rte_mbuf.h>

#include <stdint.h>

#define ADVERT_SECONDS 4096 // of the schedule's round

struct worker;
struct session;
struct dp_usage;

// Sessions by the second, modulo the round, in which their next advertisement is due: lists of slots
// through struct session_extra, 0 is an end, else slot + 1.
struct adverts {
	uint32_t first[ADVERT_SECONDS];
	uint32_t cursor;   // next of the current second
	uint32_t now_s;    // the current second, since the worker began
	uint64_t next_tsc; // when it ends
};

void advert_open(struct adverts *a, uint64_t now, uint64_t tsc_hz);

// The session in this slot has begun, or was put again: it has a schedule from here on.
void advert_begin(struct worker *w, uint32_t slot);
void advert_end(struct worker *w, uint32_t slot);

// Sends what is due, a bounded number. Cheap when nothing is.
void advert_run(struct worker *w);

// What a device sends on its own link (data starts at the IPv6 header, len: of the packet). Answers
// it by the session's default bearer if need be and takes m over; never forwards it.
void advert_receive(struct worker *w, struct rte_mbuf *m, const struct session *s, uint16_t len);
