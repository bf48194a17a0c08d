// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's configuration: what dataplane.cfg says, checked and in host form.
#pragma once

#include "config/cfg.h"
#include "config/log.h"
#include "dataplane/include/dp_api.h"
#include "dataplane/include/dp_counters.h"

#include <stddef.h>

#define DP_PATH_MAX 96
#define DP_MTU_MAX 9600 // of a port
#define DP_EAL_ARGS_MAX 8
#define DP_EAL_ARG_MAX 128

enum dp_idle {
	DP_IDLE_POLL,  // never sleep: production
	DP_IDLE_SLEEP, // back off to short sleeps
};

enum dp_hugepages {
	DP_HUGEPAGES_AUTO, // if there are enough
	DP_HUGEPAGES_ON,
	DP_HUGEPAGES_OFF,
};

enum dp_offload {
	DP_OFFLOAD_AUTO, // what a port can do, it does
	DP_OFFLOAD_OFF,
};

#define DP_MEMBERS_MAX 8 // devices of one net_bonding port

struct dp_vlan_config {
	uint16_t vlan;
	uint8_t role; // enum dp_role
	char vrf[DP_NAME_MAX];
};

struct dp_port_config {
	char name[DP_NAME_MAX]; // also the name of the shadow TAP
	char device
		[DP_DEVICE_MAX]; // PCI address, or a vdev string such as net_af_packet,iface=eth1
	char members[DP_MEMBERS_MAX][DP_DEVICE_MAX]; // of a net_bonding device, named as `device`
	size_t n_members;
	uint8_t role; // enum dp_role, of untagged frames; 0: none are expected
	char vrf[DP_NAME_MAX];
	uint16_t mtu;
	uint16_t rx_descriptors, tx_descriptors;
	uint16_t queues; // receive queues, 0: one per worker as far as the device has them
	struct dp_vlan_config *vlans;
	size_t n_vlans;
};

struct dp_vrf_config {
	char name[DP_NAME_MAX];
	uint32_t table;
};

struct dp_config {
	char run_dir[DP_PATH_MAX];
	uint16_t main_cpu;
	uint16_t worker_cpus[DP_WORKERS_MAX]; // one entry per worker; a CPU may be named twice
	size_t n_workers;
	uint32_t sessions_max;
	uint32_t bearers_max;
	uint32_t mbufs; // 0: by ports, queues and workers
	uint16_t burst;
	uint8_t idle;                  // enum dp_idle
	uint8_t offload;               // enum dp_offload
	uint32_t rate_wait_ms;         // for a session's AMBR, 0: packets over it are dropped
	bool may_cut;                  // IPv4 packets in the tunnel that are too big
	uint32_t memory_mib;           // 0: by sessions and buffers
	uint8_t hugepages;             // enum dp_hugepages
	char file_prefix[DP_NAME_MAX]; // of the EAL
	char eal_args[DP_EAL_ARGS_MAX][DP_EAL_ARG_MAX];
	size_t n_eal_args;
	struct cfg_addr gtpu[DP_GTPU_ADDRS_MAX];
	size_t n_gtpu;
	char gtpu_vrf
		[DP_NAME_MAX]; // in which SGWs are reached; empty: that of the first access port
	struct dp_port_config *ports;
	size_t n_ports;
	struct dp_vrf_config *vrfs;
	size_t n_vrfs;
	uint32_t punt_pps[DP_PUNT_CLASSES]; // packets per second, 0: unlimited
	uint32_t answers_pps;               // ICMP errors and answers to faulty GTP-U, per worker
	struct log_config log;
};

extern const struct cfg_schema dp_config_schema;

// Index of a VRF by name, -1: none.
int dp_config_vrf(const struct dp_config *c, const char *name);
