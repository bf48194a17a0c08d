// SPDX-License-Identifier: BSD-3-Clause
// gen: GTP-U and IP at a rate, and what of it comes back. The parts of the program and what they share.
//
// A stream is one direction: it sends on one port and expects its packets on the other. Each packet
// carries a mark, its number and the time when it was sent, so that loss, order and latency of a
// direction are known without any state per packet.
#pragma once

#include "perf/histogram.h"
#include "perf/range.h"
#include "perf/rate.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define GEN_BURST 32
#define GEN_FRAMES 2048 // of one stream, sent over and over; far more than a queue holds
#define GEN_INNER_MIN 52
#define GEN_INNER_MAX 1500

enum gen_direction { GEN_UL, GEN_DL, GEN_DIRECTIONS };

// What comes back: the gateway's work, or the same frames as from a forwarder (testpmd).
enum gen_expect { GEN_EXPECT_TUNNEL, GEN_EXPECT_SAME };

struct gen_config {
	struct range range;
	uint32_t sessions;
	bool is_sequential; // session after session, else at random
	bool is_active[GEN_DIRECTIONS];
	uint16_t size;                                 // of the inner packet in bytes, 0: IMIX
	struct rate rate;                              // of each direction
	uint16_t port[GEN_DIRECTIONS];                 // that the direction sends on: access, SGi
	struct rte_ether_addr gateway[GEN_DIRECTIONS]; // MAC of the device under test there
	uint32_t host;                                 // in the customer's network, host order
	enum gen_expect expect;
	bool has_verify;                   // compare every header that comes back
	double stats_period_s, duration_s; // 0: none
};

extern struct gen_config gen_config;

// The mark in each payload, behind the inner UDP header. Big enough for any inner packet.
struct gen_mark {
	uint32_t magic;
	uint32_t direction;
	uint64_t sequence;
	uint64_t tsc; // at the start of its burst
};
#define GEN_MAGIC 0x69726f74u // "tori"

// Written by the stream's lcore, read by main.
struct gen_counts {
	uint64_t sent, sent_bytes;         // frames, without checksum
	uint64_t received, received_bytes; // our frames
	uint64_t late;                     // that came behind one sent after them
	uint64_t wrong;                    // that aren't what must come
	uint64_t other;                    // not ours: ARP and the like
	uint64_t full;                     // bursts that the port didn't take all of
};

struct gen_stream {
	enum gen_direction direction;
	struct rte_mbuf *frame[GEN_FRAMES];
	uint32_t at;
	uint64_t random;
	uint32_t next_session;
	uint64_t sequence;
	uint64_t expected;          // sequence number after the latest that came
	uint64_t began, sent_since; // of the pacing
	double pps;                 // 0: as fast as it goes
	struct gen_counts counts;
	struct histogram latency; // TSC cycles
};

extern struct gen_stream gen_stream[GEN_DIRECTIONS];

// ---- gen_frames.c: what is sent, what must come back.

// Makes the stream's frames for the configuration's size; false: no buffers.
bool gen_frames_make(struct gen_stream *s, struct rte_mempool *pool);

// Bytes of a frame as sent with this inner size, on average for IMIX.
uint32_t gen_frame_bytes(enum gen_direction d, uint16_t inner);

// Makes the frame one of session i, with this number and time.
void gen_frame_personalise(struct gen_stream *s, struct rte_mbuf *m, uint32_t i, uint64_t tsc);

// The mark of a received frame, which is in one piece. False: none of ours.
bool gen_frame_mark(enum gen_direction d, const struct rte_mbuf *m, struct gen_mark *mark);

// True if it is what must come for what was sent.
bool gen_frame_is_right(enum gen_direction d, const struct rte_mbuf *m);

void gen_frames_open(void);

// Turns an ARP request for an address on that direction's side (the SGWs, the host) into its answer.
bool gen_arp_answer(enum gen_direction d, struct rte_mbuf *m);

// All streams' frames anew, after a setting changed.
bool gen_frames_remake(void);

// ---- gen_stream.c: sending and receiving.

// One turn of the stream: a burst out if it is time (and may_send), a burst in.
void gen_stream_turn(struct gen_stream *s, bool may_send);

// Both streams or one, on an lcore of their own, while main lets them.
int gen_lcore(void *arg);

// Starts sending; sends no more, takes in what is still on its way; nothing more.
enum gen_state { GEN_IDLE, GEN_SENDING, GEN_DRAINING, GEN_ENDING };
void gen_state_set(enum gen_state state);
void gen_counts_clear(void);

// ---- gen_report.c: what came of it.

struct gen_result {
	double seconds;
	struct gen_counts counts[GEN_DIRECTIONS];
};

double gen_loss_pct(const struct gen_counts *c);
void gen_report_period(
	const struct gen_counts before[], const struct gen_counts now[], double seconds);
void gen_report_text(FILE *out, const struct gen_result *r);
void gen_report_json(FILE *out, const struct gen_result *r); // one line

// ---- gen_run.c: measuring.

// Sends for so long (0: until stopped or interrupted) and takes in the rest.
struct gen_result gen_run(double seconds);

// Finds and prints the highest rate at which no direction loses more than this.
void gen_search(double max_loss_pct, double trial_s);

extern _Atomic bool gen_interrupted;
bool gen_json_wanted(void);
void gen_json_set(bool wanted);

// ---- gen_prompt.c

// Reads commands until quit or the end of the input.
void gen_prompt(FILE *in);

// Sets one value by its name ("size", "rate", ...); NULL or what is wrong with it.
const char *gen_set(const char *name, const char *value, bool is_at_start);

// Names of all settings, which are options too; NULL behind the last.
const char *gen_setting_name(size_t i);

// Help text: as options, or those that can be set at the prompt.
void gen_settings_print(bool is_option);
