// SPDX-License-Identifier: BSD-3-Clause
// What the packet path decides about a packet: asked by control without sending one, and told of
// each packet of a traced session. libc only.
#pragma once

#include "dataplane/include/dp_api.h"
#include "dataplane/include/dp_counters.h"

// What becomes of a packet.
enum dp_outcome {
	DP_OUTCOME_DELIVERED = 1,
	DP_OUTCOME_CUT,      // delivered in fragments
	DP_OUTCOME_WAITS,    // for its next hop's MAC address
	DP_OUTCOME_PUNTED,   // to Linux: it is for this machine
	DP_OUTCOME_DROPPED,  // and `drop` says why
	DP_OUTCOME_TAKEN,    // by the gateway itself, as the device's router: neighbour discovery
	DP_OUTCOME_HELD,     // until its session's rate has room for it, then on its way
	DP_OUTCOME_GTPU,     // a tunnel's packet: what it holds decides, not known here
	DP_OUTCOME_POLICED,  // Linux's, and main drops it: over the rate of its class
	DP_OUTCOME_FRAGMENT, // of a datagram to a GTP-U address, kept until the others are here
};

// What its sender is told beside.
enum dp_answer {
	DP_ANSWER_NONE,
	DP_ANSWER_ICMP,             // time exceeded, unreachable, too big
	DP_ANSWER_ERROR_INDICATION, // TS 29.281 7.3.1
	DP_ANSWER_POLICED,          // nothing: over the rate of answers
};

enum dp_next_hop {
	DP_NEXT_HOP_NONE, // not looked for, or no route
	DP_NEXT_HOP_RESOLVED,
	DP_NEXT_HOP_UNRESOLVED,
	DP_NEXT_HOP_LOCAL, // this machine
	DP_NEXT_HOP_BLACKHOLE,
};

#define DP_EXPLAIN_HEADERS 96

struct dp_meter {
	uint64_t bps;       // 0: unlimited
	uint64_t bytes;     // that it would let pass now
	uint64_t bytes_max; // when it is full
};

// The answer to DP_OP_EXPLAIN, in the worker's part of the shared file, valid from the reply to the next request:
// control has one question at a time. Nothing was sent, counted or taken from a meter.
struct dp_explanation {
	uint32_t id;     // of the request
	uint8_t outcome; // enum dp_outcome
	uint8_t drop;    // enum dp_drop, DP_DROPS: none
	uint8_t answer;  // enum dp_answer
	uint8_t shard;
	uint8_t owner;                    // the worker whose packet it is
	uint8_t punt_class;               // enum dp_punt_class, of what Linux is given
	uint16_t punt_waiting, punt_room; // frames in the asked worker's ring to main, of so many
	uint32_t punt_pps;                // rate of the class, 0: unlimited
	uint32_t punt_frames, punt_frames_max; // that it would let pass now, and when it is full
	uint16_t handoff_waiting,
		handoff_room; // frames in the fullest ring to the owner, of so many
	uint8_t handoff_from; // the worker whose ring that is
	uint16_t in_iface;    // where such a packet comes in, UINT16_MAX: none known
	uint16_t vrf;         // of the session
	uint8_t has_session;
	uint8_t is_dedicated; // a dedicated bearer's packet: uplink by its TEID, downlink by a filter
	uint8_t has_filters; // the session has packet filters
	uint8_t ebi, qci;
	uint8_t session_flags; // enum dp_session_flags
	uint32_t slot, generation;
	uint32_t teid, peer_teid;   // host order
	struct dp_addr ue;          // family 0: it has no IPv4 address
	uint8_t ue_prefix[8];       // all zero: it has no /64
	struct dp_addr peer, local; // peer: the SGW-U, local: our end of its tunnel
	uint16_t session_mtu;       // UINT16_MAX: none
	uint8_t has_passed;         // uplink: source and gate; downlink: gate; and the meter
	uint8_t next_hop_kind;      // enum dp_next_hop
	uint8_t is_in_ambr;         // a dedicated bearer whose session's AMBR counts, too
	struct dp_meter meter;      // the session's AMBR, or the dedicated bearer's MBR
	struct dp_meter ambr;       // where is_in_ambr
	uint32_t held_us;           // that it waits for the AMBR, then on its way
	uint16_t mss;               // that a TCP SYN's is lowered to, 0: never
	struct dp_addr next_hop;    // family 0: the destination itself
	uint16_t out_iface;         // UINT16_MAX: none
	uint16_t out_mtu;           // bytes of IP
	uint16_t waiting;           // packets that wait for this neighbour already
	uint16_t max_len;           // the largest packet that isn't TOO_BIG, 0: not known
	uint16_t n_headers;         // bytes of headers[]
	uint8_t l2_len;             // of the link header at its beginning
	uint8_t next_hop_mac[6];    // if it is resolved
	uint8_t headers[DP_EXPLAIN_HEADERS]; // that would be written in front of the packet
};
