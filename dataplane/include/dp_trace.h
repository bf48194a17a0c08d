// SPDX-License-Identifier: BSD-3-Clause
// Copies of traced sessions' packets on their way from a worker to control: one ring per worker in
// the shared file, the worker puts and control takes. A full ring costs copies, never packets.
// libc only.
#pragma once

#include "dataplane/include/dp_explain.h"

#include <stdatomic.h>

#define DP_TRACE_RECORDS 1024 // of a ring, a power of two
#define DP_TRACE_RECORD_BYTES 2048
#define DP_TRACE_SNAP_MAX 1984 // bytes of a packet in a record

enum dp_trace_point {
	DP_TRACE_IN = 1, // a packet as it came, with what was decided for it
	DP_TRACE_OUT,    // a frame as it leaves because of that packet
	DP_TRACE_LATER,  // what became of a packet that waited; and an End Marker
};

struct dp_trace_record {
	uint64_t tsc;
	uint32_t slot, generation; // whose
	uint32_t lost;             // packets before it in this ring that weren't copied
	uint16_t len;              // of the packet, bytes
	uint16_t captured;         // of them in bytes[]
	uint8_t point;             // enum dp_trace_point
	uint8_t direction;         // enum dp_direction
	uint8_t outcome;           // enum dp_outcome; IN and LATER
	uint8_t drop;              // enum dp_drop, DP_DROPS: none
	uint8_t answer;            // enum dp_answer
	uint8_t ebi;
	uint16_t iface;          // where it came in or leaves, UINT16_MAX: not known
	struct dp_addr next_hop; // family 0: the destination itself, or none
	uint16_t next_iface;     // UINT16_MAX: none
	uint16_t zero;
	uint8_t bytes[DP_TRACE_SNAP_MAX];
};
static_assert(sizeof(struct dp_trace_record) <= DP_TRACE_RECORD_BYTES, "a record of the ring");

struct dp_trace_ring {
	_Alignas(64) _Atomic uint64_t head; // records put since the attach; by the worker
	_Atomic uint64_t lost;              // packets not copied since the attach; by the worker
	_Alignas(64) _Atomic uint64_t tail; // records taken; by control
	_Alignas(64) uint8_t room[DP_TRACE_RECORDS][DP_TRACE_RECORD_BYTES];
};

static inline struct dp_trace_record *
dp_trace_at(struct dp_trace_ring *r, uint64_t number)
{
	return (struct dp_trace_record *)r->room[number & (DP_TRACE_RECORDS - 1)];
}
