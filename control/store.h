// SPDX-License-Identifier: BSD-3-Clause
// What survives this process. Two things, because they are lost by different causes:
// - identity: restart counter and charging ids, in a small file that is made durable (fsync) at
//   every change, so that a power cut can't take it back;
// - sessions, peers and kept answers in an LMDB file that a crash of the process can't harm. It isn't
//   synced: after another boot the sessions are gone by definition and the file is begun anew.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_VERSION 2 // of every value in the sessions' file
#define STORE_KEY_MAX 64

struct store;

enum store_table {
	STORE_SESSIONS, // key: store_u32_key() of the slot
	STORE_PEERS,    // key: the peer's address
	STORE_ANSWERS,  // key: store_u64_key() of a running number
	STORE_RECORDS,  // usage records; key: store_u64_key() of its sequence number
	STORE_ROUTES,   // routes that were made; see route_keeper.c
	STORE_BEARERS,  // dedicated ones; key: store_u32_key() of the slot
	STORE_REQUESTS, // of ours about them, that are under way; key: store_u64_key() of a running number
	STORE_TABLES,
};

struct store_key {
	uint8_t bytes[STORE_KEY_MAX];
	size_t n;
};

// Opens or makes the store in directory `dir` (made if missing) and locks it against a second
// process. boot_id: names the boot of the machine. `why` gets one line if it fails: -EBUSY another
// process has it, -EPROTO another version, -EINVAL damaged, or the system's error. Sessions that are
// kept are read once by a child: a damaged LMDB file may end whoever reads it.
int store_open(struct store **out, const char *dir, const char *boot_id, char *why, size_t room);
void store_close(struct store *s);

// Ours, TS 23.007 18: one more than last time if sessions were lost since, else the same.
uint8_t store_restart_counter(const struct store *s);
// True if the sessions of the run before are in the store.
bool store_has_kept_sessions(const struct store *s);

// Never 0 and never given before, over all restarts: 0 and *id, or -errno of the file.
int store_charging_id(struct store *s, uint32_t *id);

struct store_key store_u32_key(uint32_t value);
struct store_key store_u64_key(uint64_t value);
struct store_key store_bytes_key(const void *bytes, size_t n);

// Changes gather in one transaction until store_commit(). The first error sticks and is what
// commit returns; then none of them happened.
void store_put(struct store *s, enum store_table table, const struct store_key *key,
	const void *value, size_t n);
void store_del(struct store *s, enum store_table table, const struct store_key *key);
// Deletes all rows with a key below `end`.
void store_del_below(struct store *s, enum store_table table, const struct store_key *end);

// 0, or -errno: -ENOSPC the disk or the map is full.
int store_commit(struct store *s);

// All rows of a table in the order of their keys; only while nothing is uncommitted. Ends early
// with what `row` returns, if that isn't 0; -EINVAL: a row is damaged. Key and value are valid in the
// call only.
int store_read(struct store *s, enum store_table table,
	int (*row)(void *ctx, const void *key, size_t key_n, const void *value, size_t n),
	void *ctx);

struct store_counts {
	uint64_t commits, failed_commits;
	uint64_t rows[STORE_TABLES];
	uint64_t used_bytes; // of the file
};

void store_count(struct store *s, struct store_counts *counts);

const char *store_table_name(enum store_table table);
