// SPDX-License-Identifier: BSD-3-Clause
// Inside of the store, shared by its files only.
#pragma once

#include "hss/row_cache.h"
#include "hss/sql.h"
#include "hss/store.h"

#include <pthread.h>
#include <stdatomic.h>

#define BATCH_MAX 128
#define ROW_KEY_COLUMN 14 // i.key in what the ROW statements select
#define HISTORY_BLOB_MAX 1024
#define TX_REQUESTS_MAX 16
#define TX_HISTORY_MAX 8

enum op_kind {
	OP_CHANGE = 0,
	OP_SIM_DEL,  // calls change for each IMSI, then deletes them and the SIM
	OP_IMSI_DEL, // the same for one
	OP_JOB,      // struct store_job
};

// Anything else that the store thread shall do in a transaction.
struct store_job {
	struct store_op op; // first
	// Inside a transaction, perhaps more than once; 0 or -errno, which undoes it.
	int (*run)(struct store *store, struct sql *sql, struct store_job *job);
	// After it is durable. Owns the job from here on.
	void (*finish)(struct store *store, struct store_job *job, int result);
	bool is_alone; // run makes its own transactions
};

// A row as read, and what the subscriber doesn't show.
struct row {
	int64_t key;
	const struct profile *profile; // a reference; what s.profile is at first
	size_t history_len;
	uint8_t history[HISTORY_BLOB_MAX];
	struct subscriber s; // last: copied up to what is used of it
};

struct store_tx {
	struct store *store;
	struct sql *sql;
	struct row *row;
	unsigned parts;
	unsigned n_requests;
	unsigned n_history;
	struct store_request requests[TX_REQUESTS_MAX];
	struct history_entry history[TX_HISTORY_MAX];
};

struct node {
	struct serving_node node; // first
	bool is_stored;
	struct node *next; // in its bucket
};

#define NODE_BUCKETS 1024

// All nodes. Changed by the store thread, read by any.
struct nodes {
	pthread_rwlock_t lock;
	struct node *bucket[NODE_BUCKETS];
	struct node **by_id; // sorted by id
	size_t n;
	size_t room;
};

struct profiles {
	pthread_rwlock_t lock;
	const struct profile **by_name; // sorted by name
	int n;
	int64_t generation; // of the database when they were read
};

// A SEQ block that becomes usable once its commit is durable.
struct seq_confirm {
	int64_t key;
	uint64_t seq;
	uint64_t commit;
	uint16_t turn;
	bool is_deleted;
};

// store_run, in its caller's thread.
struct store_waiting {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_done;
	int result;
};

// An operation whose commit isn't durable yet.
struct waiter {
	struct waiter *next;
	struct store_op *op;
	int result;
	uint64_t commit;
	struct subscriber *s;
};

struct list {
	struct store_op *head;
	struct store_op *tail;
};

struct late_history {
	int64_t key;
	struct history_entry entry;
};

struct store {
	struct store_config config;
	char *target;     // path of the file, or what libpq takes
	struct sql *sql;  // the store thread's
	struct sql *side; // the reading thread's
	struct sql *
		side_of_thread; // the store thread's second one, where transactions are the server's
	struct nodes nodes;
	struct profiles profiles;
	int64_t base; // SEQs that every row is ahead by; see row_cache.h
	_Atomic int64_t first_hidden, last_hidden; // SIM ids of an import that isn't complete
	atomic_bool is_importing;
	atomic_bool is_purging;
	_Atomic int64_t purge_last; // id of the last SIM that is to be removed

	pthread_mutex_t lock; // of what follows
	pthread_cond_t wake;
	struct list queue;
	struct list reads;
	pthread_cond_t read_wake;
	bool is_closing;
	atomic_uint backlog;

	pthread_t thread, reader;
	bool has_thread, has_reader;
	char version[64];
	int lock_fd; // SQLite: this process owns the file
	bool has_lost;

	// The store thread's.
	struct list deferred;   // from a group to the next one
	struct row_cache cache; // SQLite
	int64_t warm_key;       // rows up to this one were read at the start; INT64_MAX: all
	int64_t loaded[BATCH_MAX * SIM_IMSIS_MAX]; // keys of rows read in the open transaction
	unsigned n_loaded;
	struct seq_confirm *confirms;
	size_t n_confirms, confirms_head, confirms_room;
	struct late_history *late;
	size_t n_late;
	struct waiter *waiters, **waiters_end; // of the open transaction
	struct row *rows;                      // BATCH_MAX, and one for the state before a change
	struct store_tx tx;
	uint64_t commits;
	bool has_new_nodes; // in the open transaction

	// SQLite's durability, see store_sync.c.
	struct store_sync *sync;
};

// store_schema.c
int store_schema_open(struct sql *sql);
int store_number(struct sql *sql, const char *name, int64_t *value);
int store_number_raise(struct sql *sql, const char *name, int64_t delta, int64_t *value);
int store_number_put(struct sql *sql, const char *name, int64_t value);

// store_rows.c: a key is 1 followed by the IMSI's digits, as a number.
int64_t imsi_key(const char *imsi); // 0 if it is none
void imsi_of_key(int64_t key, char imsi[IMSI_SIZE]);
// Columns ROW_COLUMNS, i.key and perhaps LOCATION_COLUMNS of the current row. 0, -ENOENT if it belongs
// to an import that isn't complete, -EIO.
int row_decode(
	struct store *store, struct sql *sql, struct sql_stmt *st, unsigned parts, struct row *row);
// Reads one row for change (with its lock, where there are locks). -ENOENT.
int row_load(struct store *store, struct sql *sql, int64_t key, unsigned parts, struct row *row);
// Writes what differs. 1 if anything was written, 0, or an error.
int row_store(struct store_tx *tx, const struct row *before, struct row *after);
// The cache of rows. forget: of all IMSIs of the SIM that key is one of. undo: of what was read in the
// transaction that is rolled back. warm: reads max more rows at the start; false: that's all.
int rows_forget(struct store *store, int64_t key);
void rows_undo(struct store *store);
bool rows_warm(struct store *store, unsigned max);
void row_free(struct row *row); // gives back its profile
void row_copy(struct row *to, const struct row *from);
size_t nodes_encode(const struct sqn *sqn, uint8_t out[SQN_INDS * 4]);
void nodes_decode(const uint8_t *in, size_t len, struct sqn *sqn);
size_t gateways_encode(const struct subscriber *s, char *out, size_t size);
void gateways_decode(const char *text, struct subscriber *s);
size_t gateway_encode(const struct gateway *g, char *out, size_t size);
void gateway_decode(const char *text, struct gateway *g);

// store_seq.c
int store_seq_open(struct store *store);
void store_seq_start(const struct store *store, int64_t row_seq, int64_t row_base, struct sqn *sqn);
int store_seq_load(struct store *store, struct row_entry *e, struct row *row);
int store_seq_store(struct store_tx *tx, const struct row *before, const struct row *after);
int store_seq_forget(struct store *store, int64_t key);
void store_seq_confirm(struct store *store);
void store_seq_undo(struct store *store);
int store_seq_flush(struct store *store, unsigned max); // inside a transaction; rows written
void store_seq_close(struct store *store);

// store_nodes.c
int store_nodes_open(struct store *store, struct sql *sql);
void store_nodes_close(struct store *store);
// NULL for 0 or an unknown id.
const struct serving_node *store_node_by_id(struct store *store, struct sql *sql, int64_t id);

void store_nodes_stored(struct store *store, bool is_committed);

// store_profiles.c
int store_profiles_open(struct store *store, struct sql *sql);
int store_shared_refresh(
	struct store *store, struct sql *sql); // what another process may have changed
void store_profiles_close(struct store *store);
const struct profile *store_profile_by_id(struct store *store, uint32_t id); // a reference, or NULL

// store_history.c
int store_history_open(struct store *store);
int store_history_write(struct store_tx *tx, struct row *row); // all of tx into the row's ring
void store_history_late(struct store_tx *tx);
int store_history_flush(struct store *store, unsigned max);

// store_requests.c
int store_requests_write(struct store_tx *tx);

// store.c
void store_job_submit(struct store *store, struct store_job *job);
void store_read_submit(struct store *store, struct store_job *job);
void store_op_finish(
	struct store *store, struct store_op *op, int result, const struct subscriber *s);
bool is_hidden(const struct store *store, int64_t sim_id);

// store_batch.c
void store_batch(struct store *store, struct list *ops);
void store_idle(struct store *store, bool is_idle);
void store_waiters_finish(struct store *store, struct waiter *waiters, int result);
void list_push(struct list *list, struct store_op *op);
struct store_op *list_pop(struct list *list);

// store_mark.c (SQLite): sets has_lost; leaves word for the next process.
int store_mark_open(struct store *store);
void store_mark_close(struct store *store);

// store_sync.c (SQLite): commits become durable on a thread of their own.
int store_sync_open(struct store *store);
// Hands over the waiters of commit number store->commits.
void store_sync_commit(struct store *store, struct waiter *waiters);
uint64_t store_sync_done(const struct store *store); // the last durable commit
void store_sync_checkpoint(struct store *store);     // between transactions
void store_sync_close(struct store *store);

// store_sims.c
int64_t store_sim_profile(struct store *store, const struct new_sim *sim); // its id, 0: none
int store_sim_write(struct store *store, struct sql *sql, const struct new_sim *sim, int64_t id,
	int64_t profile_id);
int store_imsi_write(
	struct store *store, struct sql *sql, const struct new_imsi *imsi, int64_t sim_id);

// store_bulk.c
int store_import_open(struct store *store);   // hides what an interrupted import left
bool store_import_purge(struct store *store); // removes a bit of it; true: there is more

#define BULK_CONFLICTS_MAX 1000

struct store_bulk {
	struct store *store;
	struct sql *sql;      // PostgreSQL: a connection of its own
	struct new_sim *sims; // of the chunk
	uint64_t *lines;
	int64_t *profile_ids;
	unsigned n;
	int64_t next_id;
	int err; // of a chunk; ends it all
	unsigned n_conflicts;
	uint64_t conflicts[BULK_CONFLICTS_MAX];
};

// store_bulk_pgsql.c
int bulk_pgsql_begin(struct store_bulk *bulk);
int bulk_pgsql_flush(struct store_bulk *bulk);
int bulk_pgsql_commit(struct store_bulk *bulk); // -EEXIST: conflicts[] is filled
void bulk_pgsql_abort(struct store_bulk *bulk);
