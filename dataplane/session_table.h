// SPDX-License-Identifier: BSD-3-Clause
// Sessions and the tables that find them. `sessions` is one array for the instance, indexed by the
// slot that control chose; an entry is read and written by its owner worker alone. Each worker has
// its own hash tables. A table's value is slot << BEARER_BITS | EPS bearer identity; or for an
// address of another worker's session ALIAS, that worker and the claim's low bits.
#pragma once

#include "dataplane/batch.h"
#include "dataplane/include/dp_api.h"
#include "dataplane/include/dp_shm.h"
#include "dataplane/key_table.h"

#define BEARER_BITS 4
#define ALIAS (1U << 31)
#define ALIAS_OWNER_SHIFT 16

enum session_flags {
	SESSION_USED = 1 << 0,
	SESSION_UL_CLOSED = 1 << 1,
	SESSION_DL_CLOSED = 1 << 2,
	SESSION_TRACE = 1 << 3,
	SESSION_HAS_IPV6 = 1 << 4,
	SESSION_CLAMPS_MSS = 1 << 5,  // see session_extra
	SESSION_HAS_FILTERS = 1 << 6, // downlink its packet filters choose the line, see bearers.h
	SESSION_IN_AMBR = 1 << 7, // a dedicated bearer's line that is in its session's AMBR, too
};

// The line that is read per packet in both directions. What is written per packet is in
// struct dp_usage. owner: rw on a put, ro per packet.
struct session {
	_Alignas(64) uint64_t ul_cost; // see token_bucket.h
	uint64_t dl_cost;
	uint32_t ul_depth;
	uint32_t dl_depth;
	uint32_t ue_ipv4;   // network order
	uint32_t peer_teid; // network order
	uint32_t peer;      // index into the owner's tunnel peers
	uint16_t vrf;
	uint8_t flags; // enum session_flags
	uint8_t tos;   // of the outer header downlink
	uint16_t mtu;  // largest inner packet, bytes
	uint8_t ebi;
	uint8_t qci;
	uint32_t teid; // host order
	uint32_t generation;
	uint32_t claim; // value of dp_header.attach when control put it last
	uint8_t ue_ipv6_prefix[8];
};
static_assert(sizeof(struct session) == 64, "one cache line");

// What IPv6 and rarely used features need beside it, one per line. owner: rw.
struct session_extra {
	_Alignas(64) uint32_t next_hop; // IPv6 uplink: range of the latest route
	uint32_t next_hop_generation;   // of the view that it is from
	uint16_t profile;
	bool is_scheduled;    // for a Router Advertisement: advert.h
	uint8_t n_initial;    // of those sent soon after attach
	uint32_t solicited_s; // latest answer to a solicitation
	uint32_t advert_due_s, advert_prev, advert_next;
	uint32_t bearers; // 1 + block in the owner's bearer pool, 0: the default bearer alone
	uint32_t session; // of a dedicated bearer's line: its session's slot
};
static_assert(sizeof(struct session_extra) == 64, "one cache line");

struct worker;

struct session_tables {
	struct key_table by_teid;
	struct key_table by_addr;   // dl_key()
	struct key_table by_prefix; // prefix_key()
};

static inline bool
value_is_alias(uint32_t value)
{
	return value & ALIAS;
}

static inline uint16_t
alias_owner(uint32_t value)
{
	return value >> ALIAS_OWNER_SHIFT & (DP_WORKERS_MAX - 1);
}

// Entries that one worker's tables are sized for. DESIGN: an owner's share varies.
uint32_t session_table_entries(uint32_t sessions_max, uint32_t n_workers);

// 0 or -ENOMEM.
int session_tables_new(struct session_tables *t, uint32_t entries, uint32_t bearers, int socket);
void session_tables_free(struct session_tables *t);

// Makes the session what `want` says. 0, or -errno as struct dp_reply documents; *refused gets a bit
// for each dedicated bearer that can't be had.
int session_put(struct worker *w, const struct dp_session *want, uint32_t *refused);
int session_delete(struct worker *w, const struct dp_session_ref *ref);

// Makes room for a TEID: 0, or -EEXIST if it is one of a session that control has put.
int session_evict_teid(struct worker *w, uint32_t teid);

// The same results for aliases. A put replaces an alias that the address had.
int alias_put(struct worker *w, const struct dp_alias *want);
int alias_delete(struct worker *w, const struct dp_alias *alias);

// Continues a sweep of what isn't claimed: a bounded number of entries. True when it is done.
bool session_sweep_step(struct worker *w);
