// SPDX-License-Identifier: BSD-3-Clause
// The shared file of one dataplane instance, <run_dir>/dataplane.shm, and the attach protocol.
//
// The dataplane makes a new file at every start and renames it over the old one; a file is never
// truncated. Control locks the whole file (F_OFD_SETLK, exclusive) for as long as it is attached,
// adds 1 to dp_header.attach, and waits until each worker has re-initialised its rings and
// echoed the value in dp_worker.attach_echo. From then on the rings are control's to use.
// Control maps everything but the request rings for reading only, in spirit: it writes
// dp_header.attach, dp_header.control_sleeps, dp_header.trace_snap, dp_header.creates_closed_until_tsc,
// the rings, and the bearers of sessions.
#pragma once

#include "dataplane/include/dp_api.h"
#include "dataplane/include/dp_counters.h"
#include "dataplane/include/dp_explain.h"
#include "dataplane/include/dp_trace.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <stdatomic.h>

#define DP_SHM_MAGIC 0x31304949524f5400ULL // "\0TORII01"
#define DP_SHM_VERSION 6
#define DP_SHM_NAME "dataplane.shm"
#define DP_SOCKET_NAME "dataplane.sock" // SOCK_SEQPACKET; its first message is dp_hello
#define DP_LOCK_NAME "dataplane.lock"   // held by the dataplane (flock)

#define DP_ROUTE_ROWS 16384
#define DP_NEIGHBOUR_ROWS 4096

enum dp_role {
	DP_ROLE_ACCESS = 1, // S5/S8-U: G-PDUs count only here
	DP_ROLE_SGI = 2,
	DP_ROLE_BOTH = 3,
};

struct dp_port {
	char name[DP_NAME_MAX];
	char device[DP_DEVICE_MAX]; // as configured
	uint8_t mac[6];
	uint16_t mtu; // of IP packets, bytes
	uint8_t socket;
	uint8_t n_rxq, n_txq;
	uint8_t is_steered;         // rte_flow brings each TEID to its owner's queue
	_Atomic uint8_t link_up;    // written by main
	uint32_t link_mbps;         // written by main, 0: unknown
	_Atomic uint64_t rx_missed; // device counters, refreshed by main once per second
	_Atomic uint64_t rx_errors;
	_Atomic uint64_t tx_errors;
};

// One {port, VLAN} pair.
struct dp_iface {
	uint16_t port;
	uint16_t vlan; // 0: untagged
	uint16_t vrf;
	uint8_t role;           // enum dp_role
	char name[DP_NAME_MAX]; // of the Linux interface
};

struct dp_vrf {
	char name[DP_NAME_MAX];
	uint32_t table; // Linux routing table
};

// What the routing mirror holds, for people to look at. A seqlock: odd while main writes.
struct dp_route_row {
	struct dp_addr prefix;
	struct dp_addr gateway; // family 0: on link
	uint16_t vrf;
	uint16_t iface; // UINT16_MAX: none
	uint8_t prefix_len;
	uint8_t kind; // enum dp_route_kind
	uint8_t zero[2];
};

enum dp_route_kind {
	DP_ROUTE_FORWARD = 1,
	DP_ROUTE_LOCAL,
	DP_ROUTE_BLACKHOLE,
};

struct dp_neighbour_row {
	struct dp_addr addr;
	uint16_t iface;
	uint8_t mac[6];
	uint16_t state; // NUD_* of Linux
	uint8_t zero[2];
};

struct dp_mirror {
	_Atomic uint32_t seq;
	uint32_t generation; // of the routing that workers use
	uint32_t n_routes;   // in all; rows hold the first DP_ROUTE_ROWS
	uint32_t n_neighbours;
	struct dp_route_row route[DP_ROUTE_ROWS];
	struct dp_neighbour_row neighbour[DP_NEIGHBOUR_ROWS];
};

#define DP_SAMPLE_BYTES 104

// The latest packet of those dropped for one reason, at most ten a second: for people to look at.
// A seqlock: odd while the worker writes.
struct dp_drop_sample {
	_Atomic uint32_t seq; // 0: none yet
	uint16_t port;        // where it came in
	uint16_t len;         // of the packet; bytes[] holds its beginning
	uint64_t tsc;
	uint8_t is_frame; // bytes[] begins with an Ethernet header, else with an IP header
	uint8_t zero[7];
	uint8_t bytes
		[DP_SAMPLE_BYTES]; // from where the packet then began: its frame, or its IP header
};
static_assert(sizeof(struct dp_drop_sample) == 128, "two cache lines");

// One worker. Only the worker writes, except where said; the rings follow at ring offsets.
struct dp_worker {
	_Alignas(64) _Atomic uint32_t attach_echo;
	uint32_t lcore;
	uint32_t cpu;
	uint32_t sessions;              // owned now
	uint32_t sessions_max;          // that its tables hold
	uint32_t teids, addresses;      // table entries now; addresses: IPv4
	uint32_t prefixes;              // /64 of sessions
	uint32_t aliases;               // addresses and /64 of other workers' sessions
	uint32_t peers;                 // tunnel peers now
	uint32_t bearers;               // dedicated ones now
	_Atomic uint64_t heartbeat_tsc; // of its latest poll
	uint64_t request_ring_off;      // bytes from the start of the file
	uint64_t reply_ring_off;
	uint64_t trace_ring_off; // struct dp_trace_ring; its tail is control's
	_Alignas(64) struct dp_explanation explanation;
	_Alignas(64) struct dp_worker_counters counters;
	_Alignas(64) struct dp_port_counters port[DP_PORTS_MAX];
	_Alignas(64) struct dp_drop_sample sample[DP_DROPS];
};

// One direction of one session: the line that the owner writes per packet. packets and bytes only
// grow, over slot reuse too: readers compute differences.
struct dp_usage {
	_Alignas(64) uint64_t packets; // delivered
	uint64_t bytes;                // of inner IP
	uint64_t dropped_packets;      // of this session, for any reason after lookup
	uint64_t dropped_bytes;
	uint32_t generation; // of the slot: whose figures these are now
	// the owner's own notes from here on
	uint32_t next_hop_dst;
	uint32_t next_hop;
	uint32_t next_hop_generation;
	uint64_t bucket; // rate limit, see token_bucket.h
	uint64_t room;
};
static_assert(sizeof(struct dp_usage) == 64, "one cache line");

struct dp_slot_usage {
	struct dp_usage ul, dl;
};

// Everything that a session has beside its default bearer. Control writes it before the put that
// names it, and may write it again while that is on its way. A seqlock: odd while control writes.
struct dp_bearers {
	_Atomic uint32_t seq;
	uint32_t slot, generation; // of the session whose bearers these are
	uint8_t n_bearers;
	uint8_t n_filters;
	uint8_t zero[2];
	struct dp_bearer bearer[DP_DEDICATED_MAX];
	struct dp_filter filter[DP_FILTERS_MAX]; // in the order in which they are tried
};

// Frames per second of one class to Linux: of all workers together, and the share that each has for
// certain. A worker within its share passes even when another one has emptied the common bucket. All in
// TSC cycles; full_at is when a bucket will be full again.
struct dp_punt_policer {
	uint64_t cost, worker_cost; // of a frame; 0: unlimited
	uint64_t depth, worker_depth;
	uint64_t full_at;
	uint64_t worker_full_at[DP_WORKERS_MAX];
};

struct dp_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_bytes; // sizeof(struct dp_header)
	uint64_t file_bytes;
	uint64_t instance; // another value at each start of the dataplane
	uint64_t started_unix_s;
	uint64_t tsc_hz;
	int32_t pid;
	uint32_t sessions_max; // slots
	uint32_t bearers_max;  // slots of dedicated bearers
	uint32_t ring_elems;   // of each request and reply ring, a power of two
	uint16_t n_workers, n_ports, n_ifaces, n_vrfs, n_gtpu;
	char software[32];    // version of the dataplane
	uint64_t worker_off;  // struct dp_worker[n_workers]
	uint64_t usage_off;   // struct dp_slot_usage[sessions_max + bearers_max]
	uint64_t mirror_off;  // struct dp_mirror
	uint64_t bearers_off; // struct dp_bearers[bearers_max]
	uint8_t shard_worker[DP_SHARDS];
	struct dp_addr gtpu[DP_GTPU_ADDRS_MAX]; // service addresses, for the PGW-U F-TEID
	struct dp_port port[DP_PORTS_MAX];
	struct dp_vrf vrf[DP_VRFS_MAX];
	struct dp_iface iface[DP_IFACES_MAX];
	struct dp_punt_counters punt[DP_PUNT_CLASSES];   // written by main
	struct dp_main_counters main;                    // written by main
	struct dp_punt_policer policer[DP_PUNT_CLASSES]; // written by main
	_Alignas(64) _Atomic uint32_t attach;            // written by control
	_Alignas(64) _Atomic uint32_t
		control_sleeps; // control sets it before it waits on the doorbell
	// bytes of each traced packet that are copied, at most DP_TRACE_SNAP_MAX; written by control
	_Atomic uint32_t trace_snap;
	// Create Session Requests are dropped until then: control's queue of them is full enough. A time,
	// so that a control that died shuts nobody out. Written by control, read by workers.
	_Alignas(64) _Atomic uint64_t creates_closed_until_tsc;
};

// First message on the UNIX socket, with one file descriptor (SCM_RIGHTS): an eventfd, the doorbell
// that a worker rings when it has put a reply and control_sleeps was 1 (the worker clears it).
// The connection's end means that the instance is gone.
struct dp_hello {
	uint64_t magic;
	uint32_t version;
	uint32_t zero;
	uint64_t
		instance; // must be that of the file; if not, the file is being replaced: try again
};

static inline struct dp_worker *
dp_shm_worker(struct dp_header *h, unsigned int i)
{
	return (struct dp_worker *)((char *)h + h->worker_off) + i;
}

static inline struct dp_slot_usage *
dp_shm_usage(struct dp_header *h)
{
	return (struct dp_slot_usage *)((char *)h + h->usage_off);
}

static inline struct dp_bearers *
dp_shm_bearers(struct dp_header *h)
{
	return (struct dp_bearers *)((char *)h + h->bearers_off);
}

static inline struct dp_mirror *
dp_shm_mirror(struct dp_header *h)
{
	return (struct dp_mirror *)((char *)h + h->mirror_off);
}

static inline struct dp_trace_ring *
dp_shm_trace_ring(struct dp_header *h, uint64_t off)
{
	return (struct dp_trace_ring *)((char *)h + off);
}

static inline struct rte_ring *
dp_shm_ring(struct dp_header *h, uint64_t off)
{
	return (struct rte_ring *)((char *)h + off);
}
