// SPDX-License-Identifier: BSD-3-Clause
// Rate limit of one direction of one session: a token bucket in its virtual-scheduling form. The
// only state is `full_at`, the time at which the bucket will be full again; a packet moves it on by
// its length's worth of time and passes if the bucket isn't overdrawn by that. One multiply, no
// division. The time is modular: more than two buckets' worth ahead can only be the past, so that
// nothing goes wrong however long the session was idle.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BUCKET_COST_SHIFT 16
#define BUCKET_DEPTH_SHIFT 6
#define BUCKET_TIME_SHIFT 8 // full_at is in TSC cycles << this: a short packet at 100 Gbit/s is 13
#define BUCKET_FRAME 1500u  // bytes: a bucket holds two of them at least

struct bucket_rate {
	uint64_t cost;  // TSC cycles per byte << BUCKET_COST_SHIFT, 0: unlimited
	uint32_t depth; // TSC cycles that a full bucket is worth >> BUCKET_DEPTH_SHIFT
};

// rate_bps in bits per second, 0: unlimited. Depth: the larger of two frames and 100 ms.
static inline struct bucket_rate
bucket_rate_of(uint64_t rate_bps, uint64_t tsc_hz)
{
	struct bucket_rate r = { 0, 0 };
	unsigned __int128 cost;
	uint64_t frames, depth;

	if (rate_bps == 0)
		return r;
	cost = ((unsigned __int128)tsc_hz * 8 << BUCKET_COST_SHIFT) / rate_bps;
	r.cost = cost == 0 ? 1 : cost >> 48 ? 1ULL << 48 : (uint64_t)cost;
	frames = (uint64_t)((unsigned __int128)r.cost * 2 * BUCKET_FRAME >> BUCKET_COST_SHIFT);
	depth = tsc_hz / 10 > frames ? tsc_hz / 10 : frames;
	depth = (depth >> BUCKET_DEPTH_SHIFT) + 1;
	r.depth = depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth;
	return r;
}

// Time that a full bucket is worth, and what of it is taken at this time, up to twice that if the
// bucket is in debt; in TSC cycles << BUCKET_TIME_SHIFT.
static inline uint64_t
bucket_room(uint32_t depth)
{
	return (uint64_t)depth << (BUCKET_DEPTH_SHIFT + BUCKET_TIME_SHIFT);
}

static inline uint64_t
bucket_taken(uint64_t full_at, uint64_t room, uint64_t now)
{
	uint64_t taken = full_at - (now << BUCKET_TIME_SHIFT);

	return taken > 2 * room ? 0 : taken;
}

// The most bytes that bucket_take() would give out at this time. cost isn't 0.
static inline uint64_t
bucket_left(uint64_t full_at, uint64_t cost, uint32_t depth, uint64_t now)
{
	uint64_t room = bucket_room(depth);
	uint64_t taken = bucket_taken(full_at, room, now);
	uint64_t left = taken < room ? room - taken : 0;
	unsigned __int128 scaled = ((unsigned __int128)left + 1)
		<< (BUCKET_COST_SHIFT - BUCKET_TIME_SHIFT);

	return (uint64_t)((scaled - 1) / cost);
}

// Takes `bytes` out of the bucket. False: not enough there, nothing taken. bytes < 65536.
static inline bool
bucket_take(uint64_t *full_at, uint64_t cost, uint32_t depth, uint64_t now, uint32_t bytes)
{
	uint64_t room = bucket_room(depth);
	uint64_t taken = bucket_taken(*full_at, room, now);

	taken += bytes * cost >> (BUCKET_COST_SHIFT - BUCKET_TIME_SHIFT);
	if (taken > room)
		return false;
	*full_at = (now << BUCKET_TIME_SHIFT) + taken;
	return true;
}

// Takes what bucket_take() found too much, if the debt is no larger than `most`, in TSC cycles, and than
// the bucket. The TSC cycles until the bucket isn't in debt any more; 0: nothing taken.
static inline uint64_t
bucket_owe(uint64_t *full_at, uint64_t cost, uint32_t depth, uint64_t now, uint32_t bytes,
	uint64_t most)
{
	uint64_t room = bucket_room(depth);
	uint64_t taken = bucket_taken(*full_at, room, now);
	uint64_t debt;

	taken += bytes * cost >> (BUCKET_COST_SHIFT - BUCKET_TIME_SHIFT);
	debt = taken > room ? taken - room : 0;
	if (debt > room || debt >> BUCKET_TIME_SHIFT > most)
		return 0;
	*full_at = (now << BUCKET_TIME_SHIFT) + taken;
	return (debt >> BUCKET_TIME_SHIFT) + 1;
}
