// SPDX-License-Identifier: BSD-3-Clause
// GTP-U's own messages: Echo, Error Indication, Supported Extension Headers Notification, End
// Marker. TS 29.281 clause 7. Off the fast path.
#pragma once

#include "dataplane/gtpu.h"

#include <rte_mbuf.h>

struct session;
struct worker;
struct tunnel_peer;

// Where a GTP-U message lies in its frame.
struct gtpu_at {
	uint16_t l3;   // outer IP header
	uint16_t udp;  // UDP header
	uint16_t gtpu; // GTP-U header
};

// A message other than a G-PDU. Takes the mbuf over and counts it.
void gtpu_path_receive(
	struct worker *w, struct rte_mbuf *m, const struct gtpu *g, const struct gtpu_at *at);

// Answers a G-PDU whose TEID nobody owns. m is the received frame, counted as dropped by us.
void gtpu_path_unknown_teid(struct worker *w, struct rte_mbuf *m, uint32_t teid);

// Answers a message with an extension header that we must understand and don't.
void gtpu_path_refuse_ext(struct worker *w, struct rte_mbuf *m, const struct gtpu_at *at);

// Tells the old far end of a tunnel that no more will come. line: the session's or bearer's that it was.
void gtpu_path_end_marker(struct worker *w, const struct session *line,
	const struct tunnel_peer *peer, uint32_t teid_be);
