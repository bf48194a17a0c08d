// SPDX-License-Identifier: BSD-3-Clause
// Where subscribers live. One interface; an engine (SQLite in the process, or a PostgreSQL server)
// behind it. Everything that changes one SIM is an operation: a function that sees the current row
// and edits it, and a second one that hears when that is durable. Both run on a store thread, so they
// don't block, and no caller ever waits for a disk. Operations on one IMSI run in the order of their
// submission; on PostgreSQL they are serialised with other processes by row locks.
//
//	static int purge(struct store_tx *tx, struct subscriber *s, void *arg) {
//		s->registration.is_purged = true;
//		return 0;
//	}
//	op->imsi = "..."; op->parts = STORE_LOCATION; op->change = purge; op->done = answer;
//	store_submit(store, op);
#pragma once

#include "hss/history.h"
#include "hss/profile.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_tx;
struct store_op;

struct store_config {
	// "sqlite:/var/lib/torii/hss.db", or what libpq takes: "postgresql://...", "host=... dbname=..."
	const char *url;
	bool is_synced; // SQLite: an answer waits for fdatasync (power loss), not only for the kernel
	uint32_t cache_mib;   // SQLite: pages kept in memory
	uint32_t seq_block;   // SQLite: SEQs that a SIM may use ahead of its row, 1..65536
	uint32_t history_max; // entries kept per IMSI, 1..64
};

#define STORE_CONFIG_DEFAULT                                                                       \
	{                                                                                          \
		.is_synced = true, .cache_mib = 256, .seq_block = 64, .history_max = 24            \
	}

// Opens, makes or migrates the database, and starts the store's threads. 0; -EBUSY: another process
// has this SQLite file; -EPROTO: the schema is newer than this program knows; -EIO, -ENOMEM, -EINVAL.
// The reason is logged.
int store_open(const struct store_config *config, struct store **store);

// Finishes what was submitted, then closes. No operation may be submitted any more.
void store_close(struct store *store);

// SQLite: the database is an older copy than the last process here had, or lost its last changes with the
// machine's power. SEQs and registrations are behind then.
bool store_has_lost(const struct store *store);

const char *store_engine(const struct store *store); // "SQLite 3.40.1", "PostgreSQL 15.20"

// ---- Operations on one IMSI, or on one SIM

enum store_parts {
	STORE_LOCATION = 1, // registration, gateways, history may be read and written
};

enum store_key {
	STORE_BY_IMSI = 0,
	// All IMSIs of the SIM that the key names, in one transaction: `change` is called for each, in
	// ascending order; edits of the SIM's part made in one call are seen in the next.
	STORE_SIM_BY_IMSI,
	STORE_SIM_BY_ICCID,
	STORE_SIM_BY_MSISDN,
};

// Edits *s in place. 0: store what differs; < 0: undo everything of this operation and report this
// result to done. May be called again with the row read anew (a conflict on PostgreSQL, or an earlier
// failure in the same group commit), so it has no effect but on *s, tx and its own arg, which it sets
// anew at each call. It may edit the SIM's part (not sim_id, iccid), sqn, sealed, and with
// STORE_LOCATION the registration and gateways.
typedef int (*store_change_fn)(struct store_tx *tx, struct subscriber *s, void *arg);

// Called once, after what changed is durable. result: 0, what change returned, -ENOENT (no such key;
// then s is NULL and change wasn't called), -EIO (the database failed), -ESHUTDOWN. s is valid during
// the call, and is the state after the change (of the last IMSI).
typedef void (*store_done_fn)(struct store_op *op, int result, const struct subscriber *s);

// The caller's memory until done is called; put it first in a struct of your own.
struct store_op {
	enum store_key by;
	char key[ICCID_SIZE];   // the IMSI, ICCID or MSISDN, by `by`
	unsigned parts;         // enum store_parts
	store_change_fn change; // NULL: only read
	store_done_fn done;
	void *arg; // passed to change

	// The store's own.
	struct store_op *next;
	void *waiter;
	unsigned kind;
};

// From any thread; never blocks and never fails (done tells).
void store_submit(struct store *store, struct store_op *op);

// Submits and waits until done has returned; its result. Never from a store thread.
int store_run(struct store *store, struct store_op *op);

// How many operations wait or run: for overload control and metrics.
unsigned store_backlog(const struct store *store);

// ---- Inside `change`

// The interned node, made durable together with the change. NULL: no memory.
const struct serving_node *store_node(
	struct store_tx *tx, const char *host, const char *realm, const char *via);

// Adds to this IMSI's history. Alone it doesn't make the operation wait for the disk: such entries are
// written a little later (a crash may lose the last ones); with a change they go with it.
void store_history(struct store_tx *tx, const struct history_entry *entry);

// ---- Requests that the HSS itself starts (CLR, IDR, DSR, RSR), kept until they are settled

#define STORE_REQUEST_ARGS_MAX 256

struct store_request {
	int64_t id;           // given by the store; rises
	uint32_t command;     // Diameter command code: 317, 319, 320, 322
	char imsi[IMSI_SIZE]; // "" for RSR
	char host[HOST_SIZE]; // Destination-Host
	char realm[HOST_SIZE];
	char via[HOST_SIZE];               // the peer that brought the registration
	char args[STORE_REQUEST_ARGS_MAX]; // the sender's own words ("type=0 flags=1")
	int64_t created_ms;                // UNIX time
	int64_t due_ms;                    // UNIX time of the next attempt
	uint32_t attempts;
	char why[64]; // why the last attempt failed; "" before it
};

// Inside `change`: queued in the same transaction (command, imsi, host, realm, via, args, created_ms and
// due_ms count). One equal in command, imsi, host and args to one that was never attempted isn't queued
// twice. -ENOSPC: more than 16 in one change.
int store_request_put(struct store_tx *tx, const struct store_request *r);

// Requests due at now_ms, oldest first, at most max, are claimed for this process for lease_ms (other
// processes don't get them meanwhile; after a crash they are due again) and given to row; then done(0).
typedef void (*store_request_fn)(void *arg, const struct store_request *r);
typedef void (*store_result_fn)(void *arg, int result);
void store_requests_claim(struct store *store, int64_t now_ms, uint32_t lease_ms, unsigned max,
	store_request_fn row, store_result_fn done, void *arg);

// Without claiming: for the CLI. imsi "" = all; after_id 0 = from the start; in order of id.
void store_requests_list(struct store *store, const char *imsi, int64_t after_id, unsigned max,
	store_request_fn row, store_result_fn done, void *arg);

// Settles one: it is forgotten. done may be NULL. -ENOENT: it's not there any more.
void store_request_del(struct store *store, int64_t id, store_result_fn done, void *arg);

// Another attempt at due_ms; attempts rises by one.
void store_request_retry(struct store *store, int64_t id, int64_t due_ms, const char *why,
	store_result_fn done, void *arg);

// Outside of any IMSI (RSR). r is copied.
void store_request_add(
	struct store *store, const struct store_request *r, store_result_fn done, void *arg);

// ---- Reading many: on a thread of its own, never in the way of operations

struct store_filter {
	char imsi_prefix[IMSI_SIZE];     // "" = all
	char iccid[ICCID_SIZE];          // "" = all
	char msisdn[MSISDN_SIZE];        // "" = all
	char profile[PROFILE_NAME_SIZE]; // "" = all
	int state;                       // enum sim_state, -1 = all
	int registered;                  // 1: at a node and not purged, 0: not, -1: all
	char node[HOST_SIZE];            // registered at this host; "" = all
	char after_imsi[IMSI_SIZE];      // page on: IMSIs greater than this one
	unsigned max;                    // 0 = no limit
	unsigned parts;                  // enum store_parts
};

#define STORE_FILTER_ALL                                                                           \
	{                                                                                          \
		.state = -1, .registered = -1                                                      \
	}

// Rows in ascending order of IMSI; return false to stop. Runs on the reading thread, may block.
typedef bool (*store_row_fn)(void *arg, const struct subscriber *s);
void store_list(struct store *store, const struct store_filter *filter, store_row_fn row,
	store_result_fn done, void *arg);

// All nodes that ever served an IMSI, and how many IMSIs are registered at each now.
typedef void (*store_node_fn)(void *arg, const struct serving_node *node, uint64_t n_registered);
void store_nodes_list(struct store *store, store_node_fn row, store_result_fn done, void *arg);

typedef void (*store_history_fn)(void *arg, const char *imsi, const struct history_entry *entry);
void store_history_list(struct store *store, const char *imsi, store_history_fn row,
	store_result_fn done, void *arg); // newest first, of all IMSIs of the SIM

struct store_counts {
	uint64_t sims;
	uint64_t imsis;
	uint64_t by_state[3];
	uint64_t registered;
	uint64_t purged;
	uint64_t requests;
};

typedef void (*store_counts_fn)(void *arg, int result, const struct store_counts *counts);
void store_count(struct store *store, store_counts_fn done, void *arg);

// ---- SIMs come and go

struct new_imsi {
	char imsi[IMSI_SIZE];
	uint8_t sealed_len;
	uint8_t sealed[SEALED_MAX];
	uint64_t seq; // where its SEQ starts
};

#define SIM_IMSIS_MAX 8

struct new_sim {
	char iccid[ICCID_SIZE];
	char msisdn[MSISDN_SIZE];
	char profile[PROFILE_NAME_SIZE];
	enum sim_state state;
	enum imei_lock imei_lock;
	char imei[IMEI_SIZE];
	uint32_t rats;
	uint16_t n_partners;
	uint16_t n_addresses;
	uint16_t n_imsis;
	struct plmn partners[PARTNERS_MAX];
	struct fixed_address addresses[FIXED_ADDRESSES_MAX];
	struct new_imsi imsis[SIM_IMSIS_MAX];
};

// -EEXIST: the ICCID, MSISDN or an IMSI is there already; -ENOENT: no such profile. sim is copied.
void store_sim_add(struct store *store, const struct new_sim *sim, store_result_fn done, void *arg);

// Removes a SIM with all its IMSIs after calling change for each (for the requests that this triggers).
void store_sim_del(struct store *store, struct store_op *op);

// One more IMSI for a SIM, one IMSI less (-EBUSY: it's the last).
void store_imsi_add(struct store *store, const char *iccid, const struct new_imsi *imsi,
	store_result_fn done, void *arg);
void store_imsi_del(struct store *store, struct store_op *op);

// ---- Bulk: on the caller's thread, which may block; all or nothing

struct store_bulk;

// SIMs that are still to be removed of an import that came to nothing, 0: none. From any thread. Until
// then no other import begins.
uint64_t store_import_left(const struct store *store);

// Operations go on meanwhile, only SQLite refuses to add single SIMs. -EBUSY: another one is under way,
// or there is something left of one.
int store_bulk_begin(struct store *store, struct store_bulk **bulk);
// 0; -ENOENT: no such profile. `line` is what a conflict is reported by.
int store_bulk_put(struct store_bulk *bulk, const struct new_sim *sim, uint64_t line);
// Makes all of it visible at once; frees bulk. -EEXIST: SIMs are in it twice or in the store already;
// conflict is called for the line of each (the first 1000), and nothing is imported.
int store_bulk_commit(
	struct store_bulk *bulk, void (*conflict)(void *arg, uint64_t line), void *arg);
void store_bulk_abort(struct store_bulk *bulk); // frees bulk; nothing is imported

// ---- Profiles: few, kept in memory, changed rarely

// A reference, or NULL. From any thread.
const struct profile *store_profile_find(struct store *store, const char *name);
// References to all in order of name; free with store_profiles_free. The count, or -ENOMEM.
int store_profiles_all(struct store *store, const struct profile ***profiles);
void store_profiles_free(const struct profile **profiles, int n);

// Adds or replaces by name; p is copied. 0, -EINVAL (unsound), -EIO.
void store_profile_put(
	struct store *store, const struct profile *p, store_result_fn done, void *arg);
// -EBUSY: SIMs use it.
void store_profile_del(struct store *store, const char *name, store_result_fn done, void *arg);

// ---- Durable numbers by name (Origin-State-Id, ...)

// Adds delta (may be 0, to read) to a number that starts at 0. *value is valid once done(0) is called.
void store_number_add(struct store *store, const char *name, int64_t delta, int64_t *value,
	store_result_fn done, void *arg);

// Moves every SEQ ahead by steps x seq_block: after restoring a backup. SQLite and PostgreSQL.
void store_seq_advance(struct store *store, uint32_t steps, store_result_fn done, void *arg);
