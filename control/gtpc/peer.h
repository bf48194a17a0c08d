// SPDX-License-Identifier: BSD-3-Clause
// The nodes that we talk to, by address: restart counters, path supervision, counters.
// TS 29.274 7.1, TS 23.007 clauses 16 to 20.
//
// On S8 the address of a peer's F-TEID often isn't the one that its datagrams come from: these are
// two peers here. Sessions, Recovery and path belong to the F-TEID's, allowing and datagrams to the
// source. No clock and no socket: time comes in as now_ms (monotonic milliseconds).
#pragma once

#include "control/gtpc/gtpc_addr.h"
#include "control/gtpc/gtpc_counters.h"
#include "control/gtpc/gtpc_wire.h"
#include "control/gtpc/xact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How peers in a range of addresses are treated. The first rule that holds the address counts.
struct peer_rule {
	struct gtpc_addr prefix;
	uint8_t prefix_bits; // 0 to 32 or 128
	bool is_allowed;
	bool any_change_is_restart; // any new Recovery value, not only a greater one
	uint32_t t3_ms;             // T3-RESPONSE
	uint32_t n3;                // N3-REQUESTS
	uint32_t echo_ms;           // between Echo Requests, at least 60000 in the field; 0: none
	void *policy;               // the owner's own, not touched here
};

// What is stored of a peer, so that a restart during our own isn't missed. Plain data.
struct peer_record {
	struct gtpc_addr addr;
	bool reflects;
	uint8_t recovery;
};

// So many in one second.
struct rate_limit {
	uint64_t second;
	uint32_t used;
};

struct peer {
	struct gtpc_addr addr;
	struct gtpc_addr local;       // ours that it last spoke to
	const struct peer_rule *rule; // never NULL
	uint32_t n_sessions;          // peer_session_add, peer_session_remove
	bool is_allowed;              // as the source of datagrams
	bool has_recovery;
	bool reflects;       // has sent our own restart counter as its own
	bool knows_recovery; // ours has been told to it
	bool is_path_down;
	uint8_t recovery;
	uint64_t last_heard_ms;
	struct rate_limit creates; // the owner's own, not touched here
	struct xact_list transactions;
	uint64_t echo; // the Echo Request that is under way, 0: none
	void *node;    // whose Echo Request that is
	uint64_t rx[GTPC_N_MESSAGES];
	uint64_t tx[GTPC_N_MESSAGES];
	uint64_t retransmitted[GTPC_N_MESSAGES]; // by us
	uint64_t faults[GTPC_N_FAULTS];
};

struct peers_config {
	uint32_t peers_max;
	uint8_t restart_counter;       // our own
	uint64_t hash_key[2];          // random
	const struct peer_rule *rules; // stay valid as long as the table
	uint32_t n_rules;
	struct gtpc_counters *counters;
	void *user;
	// Every callback may be NULL.
	void (*send_echo)(void *user, struct peer *peer, uint64_t now_ms);
	void (*restarted)(void *user, struct peer *peer, uint8_t before, uint8_t now);
	void (*path_down)(void *user, struct peer *peer);
	void (*path_up)(void *user, struct peer *peer);
	void (*evicted)(void *user, struct peer *peer); // the entry is about to be used anew
};

enum peer_recovery {
	PEER_RECOVERY_FIRST,
	PEER_RECOVERY_SAME,
	PEER_RECOVERY_RESTARTED,
	PEER_RECOVERY_LATE,      // smaller: a late packet, ignored
	PEER_RECOVERY_REFLECTED, // our own value, ignored
};

struct peers;

// NULL without memory, or with room for fewer than two. Without rules nobody is allowed.
struct peers *peers_new(const struct peers_config *config);
void peers_free(struct peers *p);

// NULL if there is no such peer.
struct peer *peer_find(const struct peers *p, const struct gtpc_addr *addr);

// The source of a datagram, made if need be: where the table is full, the one without sessions that
// was silent for longest makes room. NULL with `*why` -EACCES (not allowed) or -ENOSPC. The pointer
// is good while the peer has sessions; without, the most recent two are.
struct peer *peer_get(struct peers *p, const struct gtpc_addr *addr, uint64_t now_ms, int *why);

// The peer that an allowed one named in an F-TEID: it need not be allowed as a source itself, and
// then is treated like the one that named it. NULL: the table is full.
struct peer *peer_get_named(
	struct peers *p, const struct gtpc_addr *addr, const struct peer *by, uint64_t now_ms);

// Marks that a message came from it. A path that was down is up again.
void peer_heard(struct peers *p, struct peer *peer, uint64_t now_ms);

// A Recovery value in a message of the peer. PEER_RECOVERY_RESTARTED has called `restarted`.
enum peer_recovery peer_recovery_seen(struct peers *p, struct peer *peer, uint8_t value);

// Path supervision runs while a peer has sessions.
void peer_session_add(struct peers *p, struct peer *peer, uint64_t now_ms);
void peer_session_remove(struct peers *p, struct peer *peer);

// The end of the Echo that send_echo began: 0 or -ETIMEDOUT (path down).
void peer_echo_done(struct peers *p, struct peer *peer, int result, uint64_t now_ms);

// Our own restart counter has changed: it is to be told to everybody again.
void peers_set_restart_counter(struct peers *p, uint8_t value);
uint8_t peers_restart_counter(const struct peers *p);

// 0, -EACCES, -ENOSPC. An existing entry is overwritten.
int peer_restore(struct peers *p, const struct peer_record *record, uint64_t now_ms);

uint64_t peers_next_deadline(const struct peers *p);
void peers_run(struct peers *p, uint64_t now_ms);

// The n-th entry in no order, NULL for an empty place; n from 0 to peers_max - 1.
struct peer *peer_at(const struct peers *p, uint32_t n);
uint32_t peers_count(const struct peers *p);
