// SPDX-License-Identifier: BSD-3-Clause
// DPDK ports: how the configuration names them to the EAL, and their set-up.
#pragma once

#include "dataplane/dp_config.h"
#include "dataplane/include/dp_shm.h"

#include <rte_mempool.h>
#include <rte_pci.h>

// True if `device` is a PCI address.
static inline bool
port_is_pci(const char *device)
{
	struct rte_pci_addr addr;

	return rte_pci_addr_parse(device, &addr) == 0;
}

// True if NICs read and write its packets, by themselves or as members.
bool port_has_nic(const struct dp_port_config *p);

// What can be said about a port before the EAL runs: its Linux interface exists, its NIC is bound to
// a driver for user space. 0 or -ENODEV, logged.
int port_check(const struct dp_port_config *p);

// The --vdev or -a value for a port: virtual devices without a number get the port's.
void port_eal_device(const struct dp_port_config *p, size_t index, char *text, size_t room);

// Bytes of a packet buffer behind its structure: headroom and the largest frame of any port.
uint16_t port_frame_room(const struct dp_config *c);

// NUMA node of the port's device; SOCKET_ID_ANY: it has none. The EAL runs already.
int port_node(const struct dp_port_config *p, size_t index);

struct port_options {
	uint16_t n_workers;
	struct rte_mempool *pool; // of what it receives
	bool has_one_pool;        // every frame that it will send is of that pool
	bool may_offload;         // checksums
};

// Configures and starts the port, and fills `out`; *has_tx_checksum: it writes IPv4 header checksums.
// Its DPDK port id, or -errno, logged.
int port_open(const struct dp_port_config *p, size_t index, const struct port_options *o,
	struct dp_port *out, bool *has_tx_checksum);

// Stops and closes.
void port_close(uint16_t port_id);

// Packet buffers of one pool: what all ports' queues, the workers' rings and main may hold at once.
uint32_t port_mbufs(const struct dp_config *c);
