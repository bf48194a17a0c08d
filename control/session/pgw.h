// SPDX-License-Identifier: BSD-3-Clause
// The gateway's control plane as one object: sessions, APNs, peers, the dataplane link, the store,
// and what is under way between them. Everything runs on one event loop.
#pragma once

#include "control/ctl_config.h"
#include "control/dpclient.h"
#include "control/drop_rates.h"
#include "control/gtpc/gtpc_node.h"
#include "control/session/admission.h"
#include "control/session/apn.h"
#include "control/session/bearer.h"
#include "control/session/clear.h"
#include "control/session/pdn_set.h"
#include "control/session/procedure.h"
#include "control/session/record.h"
#include "control/session/session.h"
#include "control/session/teid.h"
#include "control/session/turn.h"
#include "control/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct event;
struct bearer_job;
struct delete_bearer;
struct traces;
struct user_paths;

// What happened, for people. X(name, "sentence")
#define PGW_COUNTERS(X)                                                                            \
	X(sessions_created, "sessions begun")                                                      \
	X(sessions_replaced, "of those that ended: by a new request of the same SIM")              \
	X(sessions_deleted, "by the SGW")                                                          \
	X(sessions_cleared, "by an operator, or because the configuration no longer fits")         \
	X(sessions_lost_peer, "because their SGW restarted or its path was down for long")         \
	X(sessions_lost_set, "because the part of their SGW or MME that had them failed")          \
	X(sessions_lost_error_indication, "because their SGW said that it has no such tunnel")     \
	X(sessions_lost_dataplane, "because the dataplane refused them at a replay")               \
	X(sessions_moved, "tunnels moved to another SGW")                                          \
	X(bearers_created, "dedicated bearers that an SGW accepted")                               \
	X(bearers_updated, "bearers that were changed")                                            \
	X(bearers_refused, "creations and changes of bearers that came to nothing")                \
	X(bearers_ended, "dedicated bearers that ended before their session")                      \
	X(error_indications_ignored, "Error Indications that weren't from a session's own tunnel") \
	X(procedures_timed_out, "procedures given up because the dataplane didn't answer")         \
	X(overload_refused, "Create Session Requests refused for overload")                        \
	X(overload_heard, "Overload Control Informations of SGWs that were heeded")                \
	X(sim_rate_refused, "Create Session Requests refused: their SIM asks too often")           \
	X(apn_congestion_refused, "Create Session Requests refused: their APN is congested")       \
	X(static_denied, "requests for a fixed address that isn't the SIM's")                      \
	X(store_failures, "turns whose commit failed and was repeated")

struct pgw_counters {
#define X(name, text) uint64_t name;
	PGW_COUNTERS(X)
#undef X
};

// Where datagrams go, and who is told that a dataplane was attached or is gone. All but send may be
// NULL.
struct pgw_io {
	xact_send_fn send;
	void (*flush)(void *user);
	void (*attached)(void *user);
	void (*gone)(void *user);
	void *user;
};

// Sessions that wait for room in the requests' ring of one worker, in order.
struct sync_queue {
	uint32_t first, last; // slots
};

// The wanted state of all sessions on its way to the dataplane; see dp_sync.h.
struct dp_sync {
	struct sync_queue queue[DP_WORKERS_MAX];
	struct sync_queue held;            // new sessions, until the old ones are replayed
	uint16_t profiles[DP_WORKERS_MAX]; // of how many APNs each has been told
	uint32_t to_replay;                // sessions that the instance doesn't have yet
	uint64_t unswept;                  // workers that are to be told to sweep, a bit each
	uint32_t sweeps;                   // and those that are at it
	bool is_replaying;                 // from attach to the last sweep
	uint64_t replay_began_ms, replay_took_ms;
	uint32_t swept; // sessions that nobody claimed, at the last replay
	uint64_t instance;
	bool is_mixed;      // rows that were read are of several instances
	uint16_t vrf[1024]; // of the dataplane, by our own number; UINT16_MAX: it has none such
	struct gtpc_addr gtpu_ipv4, gtpu_ipv6; // family 0: none
};

struct pgw {
	const struct ctl_config *config;
	struct event_base *base;
	struct store *store;
	struct pgw_io io;
	struct peer_rule *rules;
	struct peer anyone; // with the general rule, for peers that no message has named yet
	struct gtpc_node *node;
	struct peers *peers; // the node's
	struct apn_set *apns;
	struct session_table *sessions;
	struct bearer_table *bearers;
	struct teid_source *teids;
	struct dpclient *dp;
	struct dp_sync sync;
	struct procedures procedures;
	struct turn turn;
	LIST_HEAD(, delete_bearer) delete_bearers; // under way
	LIST_HEAD(, bearer_job) bearer_jobs;       // the same
	TAILQ_HEAD(, bearer_job) bearer_jobs_due;  // that leave at the end of the turn
	LIST_HEAD(, bearer_job) bearer_jobs_ended; // whose row is to go
	uint64_t bearer_job_row;                   // key of the latest row
	struct clear_jobs clear;
	struct records records;
	struct pdn_set_jobs pdn_sets;
	struct traces *traces;
	struct user_paths *user_paths; // of GTP-U, NULL: nobody watches them
	struct drop_rates drop_rates;
	struct rate_limit create_limit;
	struct rate_limit *apn_limits; // by index
	struct admission admission;
	struct load load;
	struct pgw_counters counters;
	struct event *node_timer, *tick_timer, *sample_timer;
	uint64_t node_deadline_ms; // node_timer is set for, UINT64_MAX: it isn't
	uint32_t sample_next;      // slot that is looked at next, for rates
	uint64_t answer_number;    // of the next kept answer in the store
	uint32_t keep_ms;          // how long answers are kept
	uint64_t expire_ms;        // when to look for stored ones that are older, at the earliest
	uint64_t started_ms;
	int64_t started_s;
};

// NULL with one line in `why`. config, store and io's user outlive it.
struct pgw *pgw_new(struct event_base *base, const struct ctl_config *config, struct store *store,
	const struct pgw_io *io, char *why, size_t room);
// Loads the sessions of the store, which takes a second for a million, and begins to look for the
// dataplane. 0, or -errno with one line in `why`. Before it, nothing may be received.
int pgw_start(struct pgw *pgw, char *why, size_t room);
void pgw_free(struct pgw *pgw); // sessions stay in the store and in the dataplane

// A datagram for us.
void pgw_receive(struct pgw *pgw, const struct gtpc_path *path, const uint8_t *bytes, size_t n);

// Milliseconds that go on over restarts of the process in one boot.
uint64_t pgw_now_ms(void);

// The Linux routing table of the VRF that a pool's addresses are in, 0: not known now, or unused.
uint32_t pgw_pool_table(const struct pgw *pgw, uint16_t pool);

// Wakes the node when its next timer is due.
void pgw_arm_node_timer(struct pgw *pgw);

// One of our TEIDs, of a session or of a dedicated bearer.
bool pgw_is_teid_used(const struct pgw *pgw, uint32_t teid);

// Rejects a request with a fault, or with a plain cause; teid: of the peer. Counts the cause.
void pgw_reject(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request,
	const struct gtpc_fault *fault, uint32_t teid);
void pgw_reject_cause(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request,
	uint8_t cause, uint32_t teid);

// One more request of that type was answered with that Cause.
void pgw_count_answer(struct pgw *pgw, uint8_t request, uint8_t cause);

// True if one more fits into this second. per_s 0: always.
bool rate_limit_take(struct rate_limit *limit, uint32_t per_s, uint64_t now_ms);
