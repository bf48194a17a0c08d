// SPDX-License-Identifier: BSD-3-Clause
// The in-process bench of the packet path: the real stages on real buffers and tables, and beside
// them, over the same tables in the same run, what they are compared with.
#pragma once

#include <rte_mbuf.h>

#include <stdbool.h>
#include <stdint.h>

#define BURST 32
#define COLD_FRAMES (64 * 1024) // so that a frame's headers have left the near caches
#define HOT_FRAMES 256
#define WINDOW 256     // packets that are timed together
#define ROUNDS_MAX 101 // rounds of a row
#define LANES 2        // workers that can be measured at the same time

enum direction { UL, DL };

struct row {
	enum direction direction;
	uint32_t sessions;
	uint16_t inner; // bytes of the inner packet, 0: IMIX
	bool has_rate;
	bool is_hot;
};

// Forwards n frames out of a port.
typedef void (*forward_fn)(enum direction direction, struct rte_mbuf **pkts, uint16_t n);

// The exact-match forwarder's own tables, of the same keys.
void reference_open(uint32_t sessions);
void reference_add(uint32_t slot, uint32_t teid, uint64_t addr);
void reference_close(void);

// What an exact-match forwarder must do: parse, look the key up in bulk, write MACs, transmit.
void reference_em(enum direction direction, struct rte_mbuf **pkts, uint16_t n);
// The least that a forwarder does.
void reference_macswap(enum direction direction, struct rte_mbuf **pkts, uint16_t n);
// Stages of the path, as they are timed one by one.
enum stage { STAGE_CLASSIFY, STAGE_LOOKUP, STAGE_ENFORCE, STAGE_TUNNEL, STAGE_TX, STAGES };

// torii_forward() in steps: adds the cycles of each to cycles[].
void torii_forward_staged(struct rte_mbuf **pkts, uint16_t n, uint64_t cycles[STAGES]);

// The stages and the transmission of a worker.
void torii_forward(enum direction direction, struct rte_mbuf **pkts, uint16_t n);
// The same, and the requests in the worker's ring.
void torii_turn(enum direction direction, struct rte_mbuf **pkts, uint16_t n);
// Two workers: all frames come to the one that doesn't own them.
void torii_handoff(enum direction direction, struct rte_mbuf **pkts, uint16_t n);
// torii_forward() by this worker.
void torii_forward_by(unsigned int worker, struct rte_mbuf **pkts, uint16_t n);

enum frames_mode {
	FRAMES_ONE_WORKER,
	FRAMES_HANDOFF,     // two; all sessions are the second one's, what comes goes by the first
	FRAMES_TWO_WORKERS, // shards as in production, frames at their owner: a lane for each
};

// Brings an instance up with this many sessions.
void frames_open(const char *run_dir, uint32_t sessions, enum frames_mode mode);
void frames_close(void);
void frames_rate(bool has_rate);

// Lays the next of a row of session changes into the worker's ring, as control would: a session comes,
// one with traffic moves to another SGW, the one goes. It is done by the worker's next turn.
void frames_change(void);

// Takes the replies; ends the bench if one is a refusal.
void frames_changes_take(void);

// Writes the row's frames of a lane anew, for sessions at random, and returns them.
struct rte_mbuf **frames_fill(const struct row *row, unsigned int lane, uint32_t *n);

// Takes back what was sent. False: not all of it came, or, if is_torii, it isn't what must come.
bool frames_take_back(const struct row *row, unsigned int lane, uint32_t n, bool is_torii);

// What two workers of one instance on two CPUs forward together over what one of them forwards alone,
// cold headers, 64 bytes: 2 if neither costs the other anything. The calling thread and the EAL's
// second lcore are the workers.
double workers_speedup(
	const char *run_dir, enum direction direction, uint32_t sessions, unsigned int rounds);
