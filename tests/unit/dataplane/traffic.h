// SPDX-License-Identifier: BSD-3-Clause
// What a session's packets look like where they come in, and where they go out. Built on frame.h.
#pragma once

#include "dataplane/include/dp_api.h"
#include "tests/unit/dataplane/frame.h"

struct traffic {
	const struct dp_session *s;
	struct frame_ipv4 inner; // UDP; addresses 0: the device and RIG_FAR_HOST
	struct frame_ipv4 outer; // uplink; addresses 0: the session's SGW and our address
	struct frame_gtpu gtpu;  // uplink; TEID 0: the session's
	uint16_t payload;        // bytes of UDP payload
	uint16_t vlan;           // that it comes in by
	uint16_t outer_src_port; // 0: 2152
	uint8_t seed;            // of the payload
	bool is_df;
};

// Uplink as the SGW sends it, and as it must leave by the default route of its VRF.
void traffic_ul(struct frame *f, const struct traffic *t);
void traffic_ul_out(struct frame *f, const struct traffic *t);

// Downlink as the far host sends it, and as it must leave towards the session's SGW with this
// identification.
void traffic_dl(struct frame *f, const struct traffic *t);
void traffic_dl_out(struct frame *f, const struct traffic *t, uint16_t id);

// The inner packet alone.
void traffic_ul_inner(struct frame *f, const struct traffic *t);
void traffic_dl_inner(struct frame *f, const struct traffic *t);

// Puts an inner packet into the session's tunnel downlink, as the gateway must.
void traffic_dl_wrap(struct frame *f, const struct dp_session *s, uint16_t id);

// Puts a GTP-U message or an inner packet's frame between two machines' MACs. us: our port's.
void traffic_from(struct frame *f, uint32_t them, unsigned int port, uint16_t vlan);
void traffic_to(struct frame *f, uint32_t them, unsigned int port, uint16_t vlan);
