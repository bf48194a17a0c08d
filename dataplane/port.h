// SPDX-License-Identifier: BSD-3-Clause
// DPDK ports: how the configuration names them to the EAL, and their set-up.
#pragma once

#include "dataplane/dp_config.h"
#include "dataplane/include/dp_shm.h"

#include <rte_mempool.h>

// True if `device` is a PCI address.
bool port_is_pci(const char *device);

// What can be said about a port before the EAL runs: its Linux interface exists, its NIC is bound to
// a driver for user space. 0 or -ENODEV, logged.
int port_check(const struct dp_port_config *p);

// The --vdev or -a value for a port: virtual devices without a number get the port's.
void port_eal_device(const struct dp_port_config *p, size_t index, char *text, size_t room);

// Configures and starts the port, and fills `out`. Its DPDK port id, or -errno, logged.
int port_open(const struct dp_port_config *p, size_t index, uint16_t n_workers,
	struct rte_mempool *pool, struct dp_port *out);

// Stops and closes.
void port_close(uint16_t port_id);

// Packet buffers that the ports' queues, the workers' rings and main may hold at once.
uint32_t port_mbufs(const struct dp_config *c);
