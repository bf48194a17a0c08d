// SPDX-License-Identifier: BSD-3-Clause
// One worker: an lcore that polls its receive queues and rings, and owns its shards' sessions.
// Everything here is read and written by that worker alone once it runs, except where said.
#pragma once

#include "dataplane/advert.h"
#include "dataplane/batch.h"
#include "dataplane/bearers.h"
#include "dataplane/handoff.h"
#include "dataplane/include/dp_shm.h"
#include "dataplane/neigh_wait.h"
#include "dataplane/punt.h"
#include "dataplane/rate_wait.h"
#include "dataplane/reassembly.h"
#include "dataplane/requests.h"
#include "dataplane/routing.h"
#include "dataplane/session_table.h"
#include "dataplane/token_bucket.h"
#include "dataplane/trace.h"
#include "dataplane/tunnel_peer.h"
#include "dataplane/tx.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <stdatomic.h>

#define VLANS 4096
#define NO_IFACE UINT16_MAX

// What a worker knows of a {port, VLAN} pair.
struct iface_view {
	uint16_t vrf;
	uint8_t role; // enum dp_role
};

// What a worker knows of a port. Read-only after start.
struct port_view {
	uint64_t mac_word;          // mac_word() of frames to the port
	const uint16_t *vlan_iface; // VLANS entries, NULL: no VLANs on this port
	uint16_t iface;             // of untagged frames, NO_IFACE: none
	struct iface_view untagged; // that interface; role 0: none
	bool has_tx_checksum;       // it writes IPv4 header checksums itself
};

// The six octets of a destination MAC, in one comparison. frame: at least 8 bytes.
static inline uint64_t
mac_word(const void *frame)
{
	uint64_t word;

	memcpy(&word, frame, sizeof(word));
	return word << 16;
}

struct rx_queue {
	uint16_t port;   // ours
	uint16_t device; // DPDK's number of it
	uint16_t queue;
	bool must_mark; // the driver writes another number than ours into the frames
};

// Shared by all workers of an instance; read-only after start but for what it points to.
struct instance {
	struct dp_header *shm;
	struct session *sessions;    // one per slot, behind them one per dedicated bearer's slot
	struct session_extra *extra; // the same
	struct dp_slot_usage *usage;
	struct routing_publisher *routing;
	struct rte_mempool *pool;
	struct port_view port[DP_PORTS_MAX];
	struct iface_view iface[DP_IFACES_MAX]; // as dp_header.iface
	uint8_t shard_worker[DP_SHARDS];        // as dp_header.shard_worker
	struct shard_table shards;
	uint32_t gtpu[DP_GTPU_ADDRS_MAX]; // network order
	uint16_t n_gtpu;
	uint16_t n_gtpu6;
	uint8_t gtpu6[DP_GTPU_ADDRS_MAX][16];
	uint16_t gtpu_vrf; // in which SGWs are reached
	uint16_t burst;
	uint64_t by_alias; // mbuf flag: an alias has handed the frame off
	bool may_sleep;
	bool may_cut;          // IPv4 packets in the tunnel that are too big
	_Atomic bool stopping; // written by main
};

struct worker {
	const struct instance *in;
	const struct routing *routing; // this poll's
	struct dp_worker_counters *count;
	struct dp_port_counters *port_count;
	struct session *sessions;
	struct session_extra *extra;
	struct dp_slot_usage *usage;
	struct dp_profile *profiles; // DP_PROFILES_MAX
	uint64_t now;                // TSC at the start of this poll
	uint64_t sample_every_tsc;   // between two samples of one drop reason
	uint16_t index;
	uint16_t n_workers;
	uint16_t ip_id; // of outer headers
	uint16_t n_rxq;
	struct session_tables tables;
	struct tunnel_peers peers;
	struct bearer_pool bearers;
	struct rx_queue rxq[DP_PORTS_MAX];
	struct tx_queue tx[DP_PORTS_MAX];
	struct handoff_out to[DP_WORKERS_MAX];
	struct rte_ring *from[DP_WORKERS_MAX];    // handed-off frames
	struct rte_ring *tx_from[DP_WORKERS_MAX]; // finished frames of workers without a tx queue
	struct punt_lane lane;
	struct dp_worker *shm;
	struct rte_ring *request_ring, *reply_ring;
	struct dp_trace_ring *trace_ring;
	struct tracer tracer;
	uint32_t attach;  // value of dp_header.attach that the rings were made for
	bool is_complete; // control has put all its sessions: a TEID without one is really unknown
	uint32_t n_claimed, n_aliases_claimed; // sessions and aliases put since then
	uint64_t answers_bucket;               // ICMP errors, Error Indications and the like
	struct bucket_rate answers_rate;
	struct sweep sweep;
	int doorbell; // eventfd that wakes control
	unsigned int lcore;
	int socket;
	struct neigh_wait neigh;
	struct rate_wait rate_wait;
	struct reassembly reassembly;
	struct batch ul, dl;
	struct batch ul6, dl6; // user packets of IPv6
	struct adverts adverts;
};

static inline const struct route_view *
worker_view(const struct worker *w, uint16_t vrf)
{
	return w->routing->vrf[vrf];
}

// Keeps the packet's beginning where `show drops` finds it.
void drop_sample(struct worker *w, const struct rte_mbuf *m, enum dp_drop reason);

// A drop of a packet that is then used for an answer.
static inline void
drop_count(struct worker *w, const struct rte_mbuf *m, enum dp_drop reason)
{
	w->count->drop[reason]++;
	if (unlikely(w->now - w->shm->sample[reason].tsc > w->sample_every_tsc))
		drop_sample(w, m, reason);
}

// Every packet that ends here does so by name.
static inline void
drop(struct worker *w, struct rte_mbuf *m, enum dp_drop reason)
{
	drop_count(w, m, reason);
	rte_pktmbuf_free(m);
}

// The same for a packet of a session: also on the session's account.
static inline void
drop_of(struct worker *w, struct rte_mbuf *m, struct dp_usage *u, uint16_t bytes,
	enum dp_drop reason)
{
	u->dropped_packets++;
	u->dropped_bytes += bytes;
	drop(w, m, reason);
}

// May one more answer to a faulty packet be sent? They mustn't serve as an amplifier or a load.
static inline bool
worker_may_answer(struct worker *w)
{
	if (bucket_take(&w->answers_bucket, w->answers_rate.cost, w->answers_rate.depth, w->now, 1))
		return true;
	w->count->answers_policed++;
	return false;
}

// Queues one frame.
static inline void
tx_put(struct worker *w, uint16_t port, struct rte_mbuf *m)
{
	struct tx_queue *q = &w->tx[port];

	q->pkt[q->n++] = m;
	if (unlikely(q->n == BURST_MAX))
		tx_flush_port(w, port);
}

static inline struct dp_slot_usage *
worker_usage(const struct worker *w, const struct session *s)
{
	static_assert(sizeof(struct dp_slot_usage) == 2 * sizeof(*s), "index from offset");
	return (struct dp_slot_usage *)((char *)w->usage +
		2 * ((const char *)s - (const char *)w->sessions));
}

static inline const struct dp_profile *
worker_profile(const struct worker *w, const struct session *s)
{
	return &w->profiles[w->extra[s - w->sessions].profile];
}

// Stages, in the order of the path. Each accepts an empty batch.
void classify(struct worker *w, struct rte_mbuf **pkts, uint16_t n, bool handed_off);
void ul_lookup(struct worker *w, struct batch *b);
void dl_lookup(struct worker *w, struct batch *b);
void ul_enforce(struct worker *w, struct batch *b);
void dl_enforce(struct worker *w, struct batch *b);
void ul_tunnel(struct worker *w, struct batch *b);
void dl_tunnel(struct worker *w, struct batch *b);

// The same for user packets of IPv6: ul_enforce sorts them out uplink, classify downlink.
void dl6_lookup(struct worker *w, struct batch *b);
void ul6_enforce(struct worker *w, struct batch *b);
void dl6_enforce(struct worker *w, struct batch *b);
void ul6_tunnel(struct worker *w, struct batch *b);
void dl6_tunnel(struct worker *w, struct batch *b);

// Puts an IP packet (data starts at its header) into a session's tunnel, as it is, and sends it.
void dl_send(struct worker *w, struct rte_mbuf *m, const struct session *s);

// Sends what ul_enforce has put into w->ul6 on its way.
void worker_ul6(struct worker *w);

// The session's tunnel, with a link header that is up to date.
struct tunnel_peer *dl_peer(struct worker *w, const struct session *s);

// Runs frames through all stages.
void worker_burst(struct worker *w, struct rte_mbuf **pkts, uint16_t n, bool handed_off);

// A frame for Linux.
void worker_punt(struct worker *w, struct rte_mbuf *m);

// One turn of the loop at this TSC time. Returns how much there was to do.
unsigned int worker_turn(struct worker *w, uint64_t now);

// One turn now, counted.
unsigned int worker_poll(struct worker *w);

// The lcore's main function; arg: struct worker. Returns 0 once instance.stopping is set.
int worker_main(void *arg);
