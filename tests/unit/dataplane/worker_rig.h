// SPDX-License-Identifier: BSD-3-Clause
// The whole worker side of the dataplane in one process without NICs: ports are rings, time is a
// number, and the rig plays main (routes, punted frames) and control (the request rings).
//
//	access port 0, VRF 0: 10.10.0.0/24, neighbours .2 and .3, SGWs; our 10.10.0.1 and 192.0.2.1
//	sgi port 1, VRF 1: 10.20.0.0/24, neighbour .2, default route by it, blackhole 100.64.0.0/16
//	sgi port 1, VLAN 100, VRF 2: 10.30.0.0/24 in the same way; access port 0, VLAN 50, VRF 0
//
// and of IPv6 fd00:10::/64 and fd00:20::/64 in VRF 0 and 1 with the same last numbers, a default
// route, and the blackhole 2001:db8:100::/48.
#pragma once

#include "dataplane/instance.h"
#include "dataplane/routing_build.h"
#include "tests/unit/dataplane/frame.h"

#define RIG_ACCESS 0 // ports
#define RIG_SGI 1
#define RIG_PORTS 2
#define RIG_VRF_ACCESS 0
#define RIG_VRF_INTERNET 1
#define RIG_VRF_OTHER 2
#define RIG_VRFS 3
#define RIG_VLAN_ACCESS 50
#define RIG_VLAN_OTHER 100
#define RIG_ROWS 16                    // routes and neighbours of a VRF
#define RIG_HZ (rig.dp.in.shm->tsc_hz) // cycles of rig.now in a second

#define RIG_US IP4(10, 10, 0, 1) // GTP-U addresses
#define RIG_US_TOO IP4(192, 0, 2, 1)
#define RIG_SGW IP4(10, 10, 0, 2)
#define RIG_SGW_TOO IP4(10, 10, 0, 3)
#define RIG_SGI_US IP4(10, 20, 0, 1)
#define RIG_HOST IP4(10, 20, 0, 2)
#define RIG_FAR_HOST IP4(203, 0, 113, 9)
#define RIG_US6 "fd00:10::1"
#define RIG_SGW6 "fd00:10::2"
#define RIG_SGI_US6 "fd00:20::1"
#define RIG_HOST6 "fd00:20::2"
#define RIG_FAR_HOST6 "2001:db8:ffff::9"

struct rig_options {
	uint16_t n_workers; // all fields: 0 is a sensible default
	uint16_t n_rxq[RIG_PORTS], n_txq[RIG_PORTS];
	uint32_t sessions_max, bearers_max;
	uint32_t mbufs;
	uint32_t tx_frames; // room of a transmit ring
	uint32_t answers_pps;
	uint32_t rate_wait_ms; // 0: packets over a rate don't wait
	uint16_t burst;
	bool cuts_nothing;
	uint8_t offload;         // enum dp_offload
	uint8_t role[RIG_PORTS]; // enum dp_role
	const char *run_dir;     // where the shared file is, for a while
};

struct rig_vrf {
	struct route_row route[RIG_ROWS];
	struct route_hop hop[RIG_ROWS]; // of the route with the same index
	struct route_neighbour neighbour[RIG_ROWS];
	size_t n_routes, n_neighbours;
};

struct rig {
	struct dp_config config;
	struct dp_port_config port_config[RIG_PORTS];
	struct dp_vlan_config vlan_config[RIG_PORTS];
	struct dp_vrf_config vrf_config[RIG_VRFS];
	struct dataplane dp;
	struct routing_builder *routing;
	struct route_iface iface[4]; // as dp_header.iface: access, its VLAN, sgi, its VLAN
	struct rig_vrf vrf[RIG_VRFS];
	struct rte_ring *rx[RIG_PORTS][DP_WORKERS_MAX], *tx[RIG_PORTS][DP_WORKERS_MAX];
	uint16_t n_rxq[RIG_PORTS], n_txq[RIG_PORTS];
	uint64_t now; // TSC cycles; moves only when a test moves it
	uint32_t request_id;
};

extern struct rig rig;

// One instance at a time, as often as you like. Ends the process with a message if it can't.
// NULL: all defaults.
void rig_open(const struct rig_options *o);
void rig_close(void);

// Starts DPDK once per process; rig_open does it, a bench or a fuzzer may do it with its own
// arguments before.
void rig_eal(int argc, char **argv);
void rig_eal_default(void);

// Removes or adds a neighbour, and publishes. addr in host order; its MAC is rig_mac's.
void rig_neighbour(unsigned int vrf, uint32_t addr, bool is_there);

// Adds a route, and publishes: by a gateway (0: on link) on an interface of rig.iface, or of a kind
// without one.
void rig_route(unsigned int vrf, uint32_t prefix, uint8_t len, uint8_t kind, uint32_t gateway,
	uint16_t iface);
void rig_route_remove(unsigned int vrf, uint32_t prefix, uint8_t len);
void rig_publish(unsigned int vrf);

// The same for IPv6, addresses as text.
struct dp_addr rig_addr6(const char *text);
void rig_neighbour6(unsigned int vrf, const char *addr, bool is_there);
void rig_route6(unsigned int vrf, const char *prefix, uint8_t len, uint8_t kind,
	const char *gateway, uint16_t iface);

// MAC of the machine with this address, and of our ports.
void rig_mac(uint32_t addr, uint8_t mac[6]);
extern const uint8_t rig_port_mac[RIG_PORTS][6];

static inline struct worker *
rig_worker(unsigned int i)
{
	return rig.dp.worker[i];
}

// A buffer with the frame, as received on this port. NULL: none left.
struct rte_mbuf *rig_mbuf(unsigned int port, struct frame *f);

// Lays the frame into the port's receive queue.
void rig_receive(unsigned int port, unsigned int queue, struct frame *f);

// Turns all workers until none has anything to do; no time passes.
void rig_run(void);

// Lets time pass, and turns.
void rig_wait_us(uint64_t us);

// The next frame on its way out of a port (any transmit queue), or for Linux. False: there is none.
bool rig_sent(unsigned int port, struct frame *f);
bool rig_punted(unsigned int worker, enum dp_punt_class class, struct frame *f);

// Takes frames out and frees them. Their number.
unsigned int rig_discard_sent(unsigned int port);
unsigned int rig_discard_punted(void);

// Control's side. rig_attach: true if every worker echoed. The others: result of the reply.
bool rig_attach(void);
int rig_put(const struct dp_session *s);
// The same with its dedicated bearers, for which it uses the block of its own slot.
int rig_put_bearers(struct dp_session *s, struct dp_bearers *d, uint32_t *refused);
int rig_delete(const struct dp_session *s, uint32_t flags);
int rig_sweep(unsigned int worker, uint32_t *n_deleted);

// A request to this worker, and its reply; false: no reply came. rig_event: the next unasked one.
bool rig_request(unsigned int worker, struct dp_request *request, struct dp_reply *reply);
bool rig_event(unsigned int worker, struct dp_reply *event);

// A session of the default VRF in this slot: address 100.64.x.y by slot, TEIDs by slot, SGW .2.
struct dp_session rig_session(uint32_t slot);
// The same with SGW and our address of IPv6.
void rig_session_by_ipv6(struct dp_session *s);
// Gives it 2001:db8:100:n::/64 too; without its IPv4 address if is_alone: then its TEID changes.
void rig_session_prefix(struct dp_session *s, uint16_t n, bool is_alone);
void rig_session_address(struct dp_session *s, uint32_t ue, uint32_t teid_seed);
// A dedicated bearer of the session in this bearer slot: EBI 6, SGW .3, DSCP 46.
struct dp_bearer rig_bearer(const struct dp_session *s, uint32_t slot);
uint32_t rig_ue(const struct dp_session *s); // host order
uint32_t rig_addr4(const struct dp_addr *a);

// Sum of a counter over all workers.
uint64_t rig_count_at(size_t offset);
#define rig_count(name) rig_count_at(offsetof(struct dp_worker_counters, name))
#define rig_dropped(NAME) rig_count_at(offsetof(struct dp_worker_counters, drop[DP_DROP_##NAME]))
uint64_t rig_dropped_in_all(void);

// True if all buffers are back in the pool.
bool rig_pool_is_full(void);

// True if the counters satisfy the rule at the top of dp_counters.h; prints the sums if not.
bool rig_accounts_balance(void);

// rig_close(), and whether nothing was left: no frame anywhere, every mbuf in the pool, accounts that
// balance. Says what there was.
bool rig_close_clean(void);
