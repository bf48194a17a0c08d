// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/dp_config.h"

#include "dataplane/include/dp_shm.h"

#include <string.h>

static const char *const role_names[] = { "none", "access", "sgi", "both", NULL };
static const char *const idle_names[] = { "poll", "sleep", NULL };
static const char *const offload_names[] = { "auto", "off", NULL };
static const char *const hugepages_names[] = { "auto", "on", "off", NULL };

static_assert(DP_ROLE_ACCESS == 1 && DP_ROLE_SGI == 2 && DP_ROLE_BOTH == 3, "role_names");

static const struct cfg_row vlan_rows[] = {
	CFG_U16(dp_vlan_config, vlan, "id", NULL, 1, 4094, "VLAN id", .flags = CFG_UNIQUE),
	CFG_ENUM(dp_vlan_config, role, "role", NULL, role_names, "What this VLAN faces"),
	CFG_STRING(dp_vlan_config, vrf, "vrf", NULL, "VRF that this VLAN belongs to"),
};
static const struct cfg_schema vlan_schema = CFG_SCHEMA(dp_vlan_config, vlan_rows);

static const struct cfg_row port_rows[] = {
	CFG_STRING(dp_port_config, name, "name", NULL,
		"Name of the port and of its Linux interface (at most 15 characters)",
		.flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_STRING(dp_port_config, device, "device", NULL,
		"PCI address of a NIC bound to vfio-pci, or a DPDK virtual device such as "
		"net_af_packet,iface=eth1 or, with members, net_bonding0,mode=1",
		.flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_STRING_LIST(dp_port_config, members, n_members, "members", "", 0,
		"Devices of a net_bonding port, named like `device`"),
	CFG_ENUM(dp_port_config, role, "role", NULL, role_names,
		"What untagged frames of the port face: access (SGWs; GTP-U counts only there), "
		"sgi "
		"(a customer's network), both (one-arm) or none (only VLANs)"),
	CFG_STRING(dp_port_config, vrf, "vrf", "", "VRF of untagged frames"),
	CFG_U16(dp_port_config, mtu, "mtu", "0", 0, DP_MTU_MAX,
		"Largest IP packet, 0: as the device has it", .unit = "bytes"),
	CFG_U16(dp_port_config, rx_descriptors, "rx_descriptors", "1024", 64, 8192,
		"Receive ring of each queue"),
	CFG_U16(dp_port_config, tx_descriptors, "tx_descriptors", "1024", 64, 8192,
		"Transmit ring of each queue"),
	CFG_U16(dp_port_config, queues, "queues", "0", 0, DP_WORKERS_MAX,
		"Receive queues, 0: one per worker as far as the device has them"),
	CFG_GROUPS(dp_port_config, vlans, n_vlans, "vlans", &vlan_schema, 0, 4094,
		"VLANs of the port with a role and VRF of their own"),
};
static const struct cfg_schema port_schema = CFG_SCHEMA(dp_port_config, port_rows);

static const struct cfg_row vrf_rows[] = {
	CFG_STRING(
		dp_vrf_config, name, "name", NULL, "Its name", .flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_U32(dp_vrf_config, table, "table", "254", 1, UINT32_MAX,
		"Linux routing table; of a table shared by several VRFs each has the routes that "
		"leave "
		"by its own ports"),
};
static const struct cfg_schema vrf_schema = CFG_SCHEMA(dp_vrf_config, vrf_rows);

static const struct cfg_row rows[] = {
	CFG_SECTION("dataplane", "The process as a whole."),
	CFG_STRING(dp_config, run_dir, "dataplane.run_dir", "/run/torii",
		"Where the file shared with torii-control, its socket and the lock are",
		.flags = CFG_NOT_EMPTY),
	CFG_U16(dp_config, main_cpu, "dataplane.main_cpu", "0", 0, 1023,
		"CPU of the main lcore, which sleeps most of the time"),
	CFG_UINT_LIST(dp_config, worker_cpus, n_workers, "dataplane.workers", "1", 0, 1023, 1,
		"CPU of each worker; one named twice runs two workers"),
	CFG_U32(dp_config, sessions_max, "dataplane.sessions_max", "1000000", 1, 16000000,
		"PDN sessions over all workers"),
	CFG_U32(dp_config, bearers_max, "dataplane.bearers_max", "100000", 1, 16000000,
		"Dedicated bearers over all workers; 2.5 KiB for each one in use"),
	CFG_ENUM(dp_config, idle, "dataplane.idle", "poll", idle_names,
		"What a worker does without work: poll on, or sleep for up to 0.2 ms"),
	CFG_U16(dp_config, burst, "dataplane.burst", "32", 1, 64,
		"Packets taken from a queue at once"),
	CFG_U32(dp_config, mbufs, "dataplane.mbufs", "0", 0, 16000000,
		"Packet buffers, 0: as many as queues and rings can hold"),
	CFG_ENUM(dp_config, hugepages, "dataplane.hugepages", "auto", hugepages_names,
		"Use hugepages: if there are enough, always, or never"),
	CFG_ENUM(dp_config, offload, "dataplane.offload", "auto", offload_names,
		"IPv4 header checksums by the ports that can, or always by the CPU"),
	CFG_U32(dp_config, memory_mib, "dataplane.memory", "0", 0, 1048576,
		"Memory of the EAL, 0: by sessions and buffers", .unit = "MiB"),
	CFG_STRING(dp_config, file_prefix, "dataplane.file_prefix", "torii",
		"The EAL's --file-prefix: names the telemetry socket", .flags = CFG_NOT_EMPTY),
	CFG_STRING_LIST(dp_config, eal_args, n_eal_args, "dataplane.eal_args", "", 0,
		"Further arguments of the EAL"),
	CFG_SECTION("gtpu", "GTP-U towards the SGWs."),
	CFG_ADDR_LIST(dp_config, gtpu, n_gtpu, "gtpu.addresses", NULL, 4, 6, 1,
		"Our GTP-U addresses, of which an SGW is told one of its own family; may be on the "
		"loopback interface"),
	CFG_STRING(dp_config, gtpu_vrf, "gtpu.vrf", "",
		"VRF in which SGWs are reached, empty: that of the first access port"),
	CFG_SECTION("inner", "Packets of the devices, inside the tunnels."),
	CFG_BOOL(dp_config, may_cut, "inner.fragment", "true",
		"Cut IPv4 packets that are too big for their way and may be cut; false: only tell "
		"the sender the size that fits"),
	CFG_U32(dp_config, rate_wait_ms, "inner.rate_wait", "25", 0, 100,
		"How long a packet over the APN-AMBR waits for it instead of being dropped, 0: not "
		"at "
		"all; of slow sessions up to eight large packets and 100 ms",
		.unit = "ms"),
	CFG_SECTION("answers", "What is sent because a packet was faulty."),
	CFG_U32(dp_config, answers_pps, "answers.rate", "100", 1, 1000000,
		"ICMP errors, GTP-U Error Indications and the like that a worker sends at most",
		.unit = "packets/s"),
	CFG_SECTION("punt", "How much of each class Linux is given at most; 0: all."),
	CFG_U32(dp_config, punt_pps[DP_PUNT_GTPC], "punt.gtpc", "200000", 0, 10000000,
		"GTPv2-C and Diameter", .unit = "packets/s"),
	CFG_U32(dp_config, punt_pps[DP_PUNT_CREATE], "punt.create", "200000", 0, 10000000,
		"Create Session Requests of GTPv2-C per second"),
	CFG_U32(dp_config, punt_pps[DP_PUNT_ROUTING], "punt.routing", "10000", 0, 10000000,
		"ARP, neighbour discovery, BGP, BFD and link control", .unit = "packets/s"),
	CFG_U32(dp_config, punt_pps[DP_PUNT_ICMP], "punt.icmp", "1000", 0, 10000000,
		"ICMP to our own addresses", .unit = "packets/s"),
	CFG_U32(dp_config, punt_pps[DP_PUNT_OTHER], "punt.other", "10000", 0, 10000000,
		"Everything else addressed to this machine", .unit = "packets/s"),
	CFG_GROUPS(dp_config, vrfs, n_vrfs, "vrfs", &vrf_schema, 1, DP_VRFS_MAX,
		"Routing domains: one for the access side, one per closed network"),
	CFG_GROUPS(dp_config, ports, n_ports, "ports", &port_schema, 1, DP_PORTS_MAX, "The ports"),
	LOG_CFG_ROWS(dp_config, log),
};

int
dp_config_vrf(const struct dp_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_vrfs; i++)
		if (strcmp(c->vrfs[i].name, name) == 0)
			return (int)i;
	return -1;
}

static void
check_port(const struct dp_config *c, size_t i, struct cfg_check *check, bool *has_access)
{
	const struct dp_port_config *p = &c->ports[i];
	char path[64];

	if (strlen(p->name) > 15) {
		snprintf(path, sizeof(path), "ports[%zu].name", i);
		cfg_fault(check, path, "\"%s\" is longer than 15 characters", p->name);
	}
	if (p->role && dp_config_vrf(c, p->vrf) < 0) {
		snprintf(path, sizeof(path), "ports[%zu].vrf", i);
		cfg_fault(check, path, "no VRF is named \"%s\"", p->vrf);
	}
	if (p->role == 0 && p->n_vlans == 0) {
		snprintf(path, sizeof(path), "ports[%zu].role", i);
		cfg_fault(check, path, "none is only for ports with VLANs");
	}
	if ((strncmp(p->device, "net_bonding", strlen("net_bonding")) == 0) != (p->n_members > 0)) {
		snprintf(path, sizeof(path), "ports[%zu].members", i);
		cfg_fault(check, path, "a net_bonding device has members, and no other has");
	}
	*has_access |= p->role & DP_ROLE_ACCESS;
	for (size_t v = 0; v < p->n_vlans; v++) {
		*has_access |= p->vlans[v].role & DP_ROLE_ACCESS;
		if (dp_config_vrf(c, p->vlans[v].vrf) >= 0)
			continue;
		snprintf(path, sizeof(path), "ports[%zu].vlans[%zu].vrf", i, v);
		cfg_fault(check, path, "no VRF is named \"%s\"", p->vlans[v].vrf);
	}
}

static void
check(const void *values, struct cfg_check *check)
{
	const struct dp_config *c = values;
	bool has_access = false;
	size_t n_ifaces = 0;

	for (size_t i = 0; i < c->n_ports; i++) {
		check_port(c, i, check, &has_access);
		n_ifaces += c->ports[i].n_vlans + 1;
	}
	if (!has_access)
		cfg_fault(check, "ports", "none has the role access");
	if (n_ifaces > DP_IFACES_MAX)
		cfg_fault(check, "ports", "more than %d ports and VLANs", DP_IFACES_MAX);
	if (c->gtpu_vrf[0] && dp_config_vrf(c, c->gtpu_vrf) < 0)
		cfg_fault(check, "gtpu.vrf", "no VRF is named \"%s\"", c->gtpu_vrf);
}

const struct cfg_schema dp_config_schema = CFG_SCHEMA(dp_config, rows, .check = check);
