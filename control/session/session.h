// SPDX-License-Identifier: BSD-3-Clause
// PDN connections, and the table that holds and finds them. A session's slot is its place here, in
// the dataplane and in the store.
#pragma once

#include "control/gtpc/ie.h"
#include "control/gtpc/peer.h"
#include "control/session/load.h"
#include "dataplane/include/dp_api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define SESSION_NONE UINT32_MAX
#define SESSION_APN_MAX 64 // a network identifier has at most 63 octets (TS 23.003 9.1.1)
#define SESSION_ULI_MAX 52
#define SESSION_ASPECTS 5 // see record_line.h

// One EPS bearer. TS 23.401 table 5.7.4-1
struct bearer {
	uint8_t ebi; // 5 to 15, also what others gave (1 to 15)
	uint8_t qci;
	uint8_t priority_level;
	bool can_preempt, is_preemptable;
	uint32_t charging_id;
	uint32_t peer_teid; // SGW-U, downlink
	struct gtpc_addr peer;
};

enum session_state {
	SESSION_FREE,
	SESSION_CREATING, // in the table, not yet answered
	SESSION_ACTIVE,
	SESSION_CLOSING, // found by nobody; its slot is free once the dataplane has let go
};

// Why a session ended, as the session log and the usage records say it. X(name, "word", "sentence")
#define SESSION_ENDS(X)                                                                            \
	X(DELETED, "deleted", "its SGW deleted it")                                                \
	X(REPLACED, "replaced", "a new request of the same SIM took its place")                    \
	X(CLEARED, "cleared", "an operator cleared it")                                            \
	X(PEER_RESTARTED, "peer-restarted", "its SGW restarted and had lost it")                   \
	X(PATH_DOWN, "path-down", "the path to its SGW was down for too long")                     \
	X(ERROR_INDICATION, "error-indication", "its SGW had no such tunnel")                      \
	X(PARTIAL_FAILURE, "partial-failure", "the part of its SGW or MME that had it failed")     \
	X(DATAPLANE, "dataplane", "the dataplane couldn't take it")                                \
	X(CONFIGURATION, "configuration", "it no longer fitted the configuration")

enum session_end {
#define X(name, word, text) SESSION_END_##name,
	SESSION_ENDS(X)
#undef X
		SESSION_ENDS_MAX
};

enum session_flags {
	SESSION_STATIC_ADDRESS = 1 << 0,
	SESSION_CLEARING = 1 << 1,    // a Delete Bearer Request for it is under way
	SESSION_DIRTY = 1 << 2,       // to be written to the store at the end of the turn
	SESSION_QUEUED = 1 << 3,      // waits for its turn towards the dataplane
	SESSION_END_MARKER = 1 << 4,  // the next put moves the tunnel
	SESSION_STORED = 1 << 5,      // the store has it
	SESSION_REPLAY = 1 << 6,      // the attached instance doesn't have it yet
	SESSION_USAGE_PLAIN = 1 << 7, // its usage so far is in `offset`, for no instance
	SESSION_NEW_INSTANCE =
		1 << 8, // its row doesn't tell what it used until its instance was gone
	SESSION_STATIC_PREFIX = 1 << 9,
	SESSION_SUSPENDED = 1 << 12, // nothing goes downlink, TS 29.274 7.4.1
	SESSION_ALIASED = 1 << 13,   // another worker has its /64 as an alias, dp_api.h
	SESSION_ALIASING = 1 << 14,  // and is being asked to
	SESSION_UNPUT = 1 << 15,     // closing: its own worker has let go of it
};

// What is told of a session, counted from its start. Counters of the dataplane's lines are added
// to `offset`; the sum is right over slot reuse and restarts.
struct session_usage {
	uint64_t packets, bytes, dropped_packets, dropped_bytes;
};

// A look at the counters some seconds ago, for rates.
struct session_sample {
	uint64_t at_ms;
	uint64_t ul_bytes, dl_bytes;
	float ul_bps, dl_bps; // between the two looks before
};

// Whose PDN connection set, see csid.h.
enum session_csid {
	SESSION_CSID_MME,
	SESSION_CSID_SGW,
	SESSION_CSIDS,
};

enum session_index {
	SESSION_BY_TEID,
	SESSION_BY_SUBSCRIBER, // IMSI; the EBI is compared
	SESSION_BY_ADDRESS,    // VRF and UE address of IPv4, if it has one
	SESSION_BY_PREFIX,     // VRF and /64, if it has one
	SESSION_BY_TUNNEL,     // SGW-U F-TEID of the default bearer
	SESSION_INDEXES,
};

struct sgw;
struct procedure;
struct bearer_job;

struct session {
	uint32_t slot;
	uint32_t generation; // another one for each session in a slot
	uint32_t teid;       // ours, for both planes; its low byte is the shard
	uint16_t flags;      // enum session_flags
	uint16_t apn;        // index into the configuration's APNs
	uint32_t next[SESSION_INDEXES];
	uint32_t sgw_prev, sgw_next; // sessions of one SGW, oldest first
	uint32_t queue_next;         // towards the dataplane
	uint16_t wanted, done;       // versions of the state: wanted, and known to the dataplane
	uint16_t pool, prefix_pool;  // that the addresses come from
	uint16_t vrf;                // of its APN, see apn.h
	uint8_t state;               // enum session_state
	uint8_t sgw_epoch;
	uint16_t csid[SESSION_CSIDS]; // numbers of its PDN connection sets
	uint8_t end;                  // enum session_end, once it is closing or clearing
	uint8_t clear_cause;          // that the SGW is told, while it is clearing
	struct procedure *procedures; // that wait for the dataplane
	struct sgw *sgw;

	char imsi[16]; // or, of a device without an authenticated SIM, E and 14 digits of its IMEI
	char msisdn[16];
	char mei[17];
	char apn_name[SESSION_APN_MAX]; // as asked for, without the operator identifier
	uint8_t rat_type, selection_mode, pdn_type;
	uint8_t uli_bytes;
	uint8_t uli[SESSION_ULI_MAX]; // as on the wire
	struct gtpc_plmn serving_network;
	struct gtpc_time_zone ue_time_zone;
	uint16_t charging_characteristics;
	uint32_t ul_kbps, dl_kbps; // APN-AMBR
	uint32_t sgw_teid;         // of the control plane
	struct gtpc_addr sgw_addr;
	struct gtpc_addr local_c; // our address that the SGW talks to
	struct dp_addr local_u;
	uint8_t ue_ipv4[4];        // network order, all zero: none
	uint8_t ue_ipv6_prefix[8]; // the same
	uint8_t ue_ipv6_id[8];     // interface identifier that the device is told
	struct bearer bearer;      // the default one
	uint32_t first_bearer;     // 1 + slot of its first dedicated one, see bearer.h; 0: none
	LIST_HEAD(, bearer_job) bearer_jobs; // requests of ours about them
	int64_t created_s;                   // Unix time
	uint64_t created_ms;                 // pgw_now_ms
	uint32_t told[SESSION_ASPECTS];      // digests of what the session log says, 0: nothing yet
	uint32_t stored_s,
		recorded_s; // pgw_now_ms / 1000 of the row in the store, of the usage record
	uint64_t stored_packets, recorded_packets; // and all packets of both directions then
	uint64_t origination_ms;                   // Origination Time Stamp as on the wire, 0: none
	struct session_usage ul_offset, dl_offset;
	struct session_sample sample;
};
static_assert(sizeof(struct session) <= 640, "memory per session");

// The end of the control plane's tunnel at its SGW: which one a request of ours was sent to, which may have handed
// the session over when it answers.
struct session_sgw {
	struct gtpc_addr addr;
	uint32_t teid;
};

struct session_sgw session_sgw(const struct session *s);
bool session_has_moved(const struct session *s, const struct session_sgw *since);

// The control plane of an SGW, by the address of its F-TEID. Exists while it has sessions.
struct sgw {
	struct gtpc_addr addr;
	struct peer *peer;
	uint32_t first, last; // slots
	uint32_t n_sessions;
	uint8_t epoch; // changes when the SGW restarts: sessions of another one are to be cleared
	bool is_clearing; // and that has begun
	uint8_t end;      // enum session_end of those that are cleared
	bool is_stored;   // the peer's restart counter is in the store, and this is it:
	bool stored_reflects;
	uint8_t stored_recovery;
	uint64_t clear_at_ms; // the path is down: its sessions are cleared then, 0: never
	struct load_of_sgw load;
	struct sgw *next; // in its hash chain
};

struct session_table;

// slots: sessions that fit, the memory is taken as they come. NULL: no memory.
struct session_table *session_table_new(uint32_t slots, struct peers *peers);
void session_table_free(struct session_table *t);

// Slots that may be used: the least of what was asked for at the start and of this.
void session_table_limit(struct session_table *t, uint32_t slots);
uint32_t session_table_limit_now(const struct session_table *t);

// A zeroed session in state CREATING with slot and a new generation, in no index; NULL: table full.
struct session *session_take(struct session_table *t);
// The same at a given slot and generation, for what the store kept. NULL: taken or out of range.
struct session *session_take_at(struct session_table *t, uint32_t slot, uint32_t generation);
// Its slot is free again. It must be in no index.
void session_give(struct session_table *t, struct session *s);

// NULL: no session (of that generation).
struct session *session_at(const struct session_table *t, uint32_t slot);
struct session *session_of(const struct session_table *t, uint32_t slot, uint32_t generation);
// The slot itself, whatever is in it.
struct session *session_slot(const struct session_table *t, uint32_t slot);
// Slots below this were used at some time.
uint32_t session_table_top(const struct session_table *t);

// The PDN connection sets of its sessions.
struct csids *session_csids(const struct session_table *t);

// Puts a session into the indexes, takes it out of all but those by address, and out of those. What they are made from (teid, imsi, vrf, UE address, tunnel) must not change in between.
void session_index_add(struct session_table *t, struct session *s);
void session_index_remove(struct session_table *t, struct session *s);
// May be called again when it is out already.
void session_index_remove_address(struct session_table *t, struct session *s, uint8_t family);

// Of its IPv4 address if it has one, else of its /64: see dp_api.h.
uint8_t session_shard(const struct session *s);

bool session_has_ipv4(const struct session *s);
bool session_has_ipv6(const struct session *s);
// The only key that may change, with the session in the indexes.
void session_index_move(struct session_table *t, struct session *s, const struct gtpc_addr *peer,
	uint32_t peer_teid);

struct session *session_find_teid(const struct session_table *t, uint32_t teid);
struct session *session_find_ebi(const struct session_table *t, const char *imsi, uint8_t ebi);
// The first session of an IMSI, and the next one after it.
struct session *session_find_imsi(
	const struct session_table *t, const char *imsi, const struct session *after);
// family 4: an IPv4 address, 6: a /64, in network order. The session that is closing only if there is
// no other one.
struct session *session_find_address(
	const struct session_table *t, uint16_t vrf, uint8_t family, const uint8_t *bytes);
struct session *session_find_tunnel(
	const struct session_table *t, const struct gtpc_addr *peer, uint32_t peer_teid);

// NULL: it has no sessions.
struct sgw *sgw_find(const struct session_table *t, const struct gtpc_addr *addr);
// Puts the session behind the others of the SGW `peer`, which may be another one than before: 0 or
// -ENOMEM. The SGW's entry ends with its last session.
int sgw_join(struct session_table *t, struct session *s, struct peer *peer, uint64_t now_ms);
void sgw_leave(struct session_table *t, struct session *s);
// Each SGW in turn, NULL: the first; no order.
struct sgw *sgw_next(const struct session_table *t, const struct sgw *after);

struct session_counts {
	uint32_t creating, active, closing;
	uint32_t sgws;
};

// Sessions of an APN in the indexes.
uint32_t session_table_apn_count(const struct session_table *t, uint16_t apn);

void session_table_count(const struct session_table *t, struct session_counts *counts);
// Sets the state and keeps the counts.
void session_set_state(struct session_table *t, struct session *s, enum session_state state);
