// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's configuration: what dataplane.cfg says, checked and in host form.
#pragma once

#include "dataplane/include/dp_api.h"

#include <stdio.h>

#define DP_PATH_MAX 96
#define DP_EAL_ARGS_MAX 16

enum dp_idle {
	DP_IDLE_POLL,  // never sleep: production
	DP_IDLE_SLEEP, // back off to short sleeps
};

struct dp_vlan_config {
	uint16_t vlan;
	uint8_t role; // enum dp_role
	char vrf[DP_NAME_MAX];
};

struct dp_port_config {
	char name[DP_NAME_MAX]; // also the name of the shadow TAP
	char device[64];        // PCI address, or a vdev string such as net_af_packet,iface=eth1
	uint8_t role;           // enum dp_role, of untagged frames
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
	size_t n_worker_cpus;
	uint32_t sessions_max;
	uint32_t mbufs; // 0: by ports, queues and workers
	uint16_t burst;
	uint8_t idle; // enum dp_idle
	uint32_t memory_mib; // of --no-huge, or reserved in hugepages at start
	char hugepages[16];  // auto, on, off
	char file_prefix[DP_NAME_MAX]; // of the EAL
	struct dp_addr gtpu[DP_GTPU_ADDRS_MAX];
	size_t n_gtpu;
	struct dp_port_config *ports;
	size_t n_ports;
	struct dp_vrf_config *vrfs;
	size_t n_vrfs;
	uint32_t punt_pps[4]; // per enum dp_punt_class
	uint32_t error_indication_pps; // Error Indications sent, per worker
};
