// SPDX-License-Identifier: BSD-3-Clause
// What an explanation says beside the verdict: where the packet comes in, whose it is, the meters, the
// next hop. Reads the worker's state, writes the explanation alone.
#pragma once

#include "dataplane/include/dp_explain.h"

#include <stdbool.h>

struct adjacency;
struct session;
struct worker;

// The interface by which such a packet comes in: that of the way back to its sender if that has the
// role, else the VRF's first one that has. UINT16_MAX: none.
uint16_t explain_iface(
	const struct worker *w, uint16_t vrf, const struct dp_addr *sender, uint8_t role);

// line: the session's, or its dedicated bearer's.
void explain_session(const struct worker *w, struct dp_explanation *e, const struct session *line);

// What the line's meter in this direction lets pass, and its session's where that counts, too.
void explain_meters(
	const struct worker *w, struct dp_explanation *e, const struct session *line, bool is_ul);

// dst: what a next hop on link is.
void explain_next_hop(const struct worker *w, struct dp_explanation *e, const struct adjacency *a,
	const struct dp_addr *dst);

// How full the fullest ring is by which a worker that receives on its interface would hand it over to the
// owner. True if it can come in no other way than by full ones.
bool explain_handoff(const struct worker *w, const struct dp_explain *q, struct dp_explanation *e);

// What a frame of e->punt_class meets on its way from this worker to Linux.
void explain_punt(const struct worker *w, struct dp_explanation *e);
