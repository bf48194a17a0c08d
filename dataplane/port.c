// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/port.h"

#include "dataplane/batch.h"
#include "dataplane/handoff.h"
#include "dataplane/linux_iface.h"
#include "dataplane/neigh_wait.h"
#include "dataplane/punt.h"
#include "dataplane/rate_wait.h"
#include "dataplane/reassembly.h"

#include <rte_ethdev.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define MBUF_CACHE_SHARE 512 // buffers in one lcore's cache of the pool
#define FRAME_HEADERS 256    // around an IP packet, and what a ring of net_af_packet has more
#define LANE_MBUFS 5120      // what the rings between a worker and main can hold
#define REASSEMBLY_MBUFS (REASSEMBLY_DATAGRAMS * RTE_LIBRTE_IP_FRAG_MAX_FRAG)

// The devices that packets really go by: the port's members or itself.
static size_t
n_devices(const struct dp_port_config *p)
{
	return p->n_members ? p->n_members : 1;
}

static const char *
device_of(const struct dp_port_config *p, size_t i)
{
	return p->n_members ? p->members[i] : p->device;
}

bool
port_has_nic(const struct dp_port_config *p)
{
	for (size_t i = 0; i < n_devices(p); i++)
		if (port_is_pci(device_of(p, i)))
			return true;
	return false;
}

// A NIC: which kernel driver has it.
static int
pci_check(const struct dp_port_config *p, const char *device)
{
	static const char *const usable[] = { "vfio-pci", "igb_uio", "uio_pci_generic", "mlx4_core",
		"mlx5_core" };
	char path[64 + DP_DEVICE_MAX], target[PATH_MAX];
	const char *driver = "none";
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		driver = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	}
	for (size_t i = 0; i < RTE_DIM(usable); i++)
		if (strcmp(driver, usable[i]) == 0)
			return 0;
	log_error("port %s: %s isn't bound to vfio-pci (driver: %s); see dpdk-devbind.py", p->name,
		device, driver);
	return -ENODEV;
}

// The largest IP packet: as configured, else as Linux has it where DPDK doesn't know, 0: the device's.
static uint16_t
wanted_mtu(const struct dp_port_config *p)
{
	char name[IF_NAMESIZE];
	uint16_t mtu = DP_MTU_MAX;

	for (size_t i = 0; i < n_devices(p); i++) {
		if (p->mtu || !linux_iface_of(device_of(p, i), name))
			return p->mtu;
		mtu = RTE_MIN(mtu, linux_iface_mtu(name));
	}
	return mtu;
}

int
port_check(const struct dp_port_config *p)
{
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < n_devices(p); i++) {
		const char *device = device_of(p, i);

		if (port_is_pci(device) && pci_check(p, device))
			return -ENODEV;
		if (linux_iface_of(device, name) && if_nametoindex(name) == 0) {
			log_error("port %s: there is no interface %s", p->name, name);
			return -ENODEV;
		}
	}
	return 0;
}

static void
port_device_name(const struct dp_port_config *p, size_t index, char *name, size_t room)
{
	size_t n = strcspn(p->device, ",");
	bool numbered = n && isdigit((unsigned char)p->device[n - 1]);

	if (port_is_pci(p->device))
		snprintf(name, room, "%s", p->device);
	else if (numbered)
		snprintf(name, room, "%.*s", (int)n, p->device);
	else
		snprintf(name, room, "%.*s%zu", (int)n, p->device, index);
}

void
port_eal_device(const struct dp_port_config *p, size_t index, char *text, size_t room)
{
	char name[DP_DEVICE_MAX + 8];

	port_device_name(p, index, name, sizeof(name));
	snprintf(text, room, "%s%s", name, p->device + strcspn(p->device, ","));
}

static uint16_t
at_most(uint16_t wanted, uint16_t limit)
{
	return wanted < limit ? wanted : limit;
}

// What of RSS the device can do; one queue needs none.
static void
rss_configure(struct rte_eth_conf *conf, const struct rte_eth_dev_info *dev, uint16_t n_rxq)
{
	if (n_rxq < 2 || dev->flow_type_rss_offloads == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf =
		dev->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP);
}

static int
queues_setup(uint16_t id, const struct dp_port_config *p, const struct rte_eth_conf *conf,
	struct rte_mempool *pool, const struct dp_port *out)
{
	uint16_t rxd = p->rx_descriptors, txd = p->tx_descriptors;
	int socket = rte_eth_dev_socket_id(id);
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rxd, &txd);
	struct rte_eth_dev_info dev;
	struct rte_eth_txconf txconf;

	if (rc == 0)
		rc = rte_eth_dev_info_get(id, &dev);
	if (rc)
		return rc;
	for (uint16_t q = 0; rc == 0 && q < out->n_rxq; q++)
		rc = rte_eth_rx_queue_setup(id, q, rxd, (unsigned int)socket, NULL, pool);
	txconf = dev.default_txconf;
	txconf.offloads |= conf->txmode.offloads;
	for (uint16_t q = 0; rc == 0 && q < out->n_txq; q++)
		rc = rte_eth_tx_queue_setup(id, q, txd, (unsigned int)socket, &txconf);
	return rc;
}

// What the device does for us. Checksums change no byte on the wire, only who computes them.
static void
offloads_choose(
	struct rte_eth_conf *conf, const struct rte_eth_dev_info *dev, const struct port_options *o)
{
	uint64_t tx = 0;

	if (o->has_one_pool)
		tx |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (o->may_offload) {
		tx |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
		conf->rxmode.offloads = dev->rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	}
	conf->txmode.offloads = dev->tx_offload_capa & tx;
}

// What DPDK is told, 0: nothing. net_af_packet calls 1518 bytes its largest frame, whatever its ring
// holds, and takes the interface's real MTU as it is.
static uint16_t
device_mtu(const struct rte_eth_dev_info *dev, const struct dp_port_config *p, uint16_t mtu)
{
	char name[IF_NAMESIZE];
	uint32_t frame = (uint32_t)mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	return frame > dev->max_rx_pktlen && linux_iface_of(device_of(p, 0), name) ? 0 : mtu;
}

static int
port_configure(uint16_t id, const struct dp_port_config *p, const struct port_options *o,
	struct dp_port *out, bool *has_tx_checksum)
{
	uint16_t n_workers = o->n_workers;
	uint16_t mtu = wanted_mtu(p);
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info dev;
	int rc = 0;

	if (p->n_members) // it takes them when it is configured, and only then knows what they can do
		rc = rte_eth_dev_configure(id, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_dev_info_get(id, &dev);
	if (rc)
		return rc;
	conf.rxmode.mtu = device_mtu(&dev, p, mtu);
	out->n_rxq = (uint8_t)at_most(
		p->queues ? at_most(p->queues, n_workers) : n_workers, dev.max_rx_queues);
	out->n_txq = (uint8_t)at_most(n_workers, dev.max_tx_queues);
	rss_configure(&conf, &dev, out->n_rxq);
	offloads_choose(&conf, &dev, o);
	*has_tx_checksum = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	rc = rte_eth_dev_configure(id, out->n_rxq, out->n_txq, &conf);
	if (rc == 0)
		rc = queues_setup(id, p, &conf, o->pool, out);
	if (rc)
		return rc;
	if (conf.rxmode.mtu)
		rc = rte_eth_dev_set_mtu(id, mtu);
	if (rc == -ENOTSUP)
		rc = 0;
	rte_eth_dev_get_mtu(id, &out->mtu);
	if (mtu)
		out->mtu = mtu;
	return rc ? rc : rte_eth_dev_start(id);
}

int
port_node(const struct dp_port_config *p, size_t index)
{
	char name[DP_DEVICE_MAX + 8];
	uint16_t id;

	port_device_name(p, index, name, sizeof(name));
	return rte_eth_dev_get_port_by_name(name, &id) ? SOCKET_ID_ANY : rte_eth_dev_socket_id(id);
}

int
port_open(const struct dp_port_config *p, size_t index, const struct port_options *o,
	struct dp_port *out, bool *has_tx_checksum)
{
	struct rte_ether_addr mac;
	char name[DP_DEVICE_MAX + 8], members[48] = "";
	uint16_t id;
	int rc;

	port_device_name(p, index, name, sizeof(name));
	if (rte_eth_dev_get_port_by_name(name, &id)) {
		log_error("port %s: there is no device \"%s\"", p->name, p->device);
		return -ENODEV;
	}
	rc = port_configure(id, p, o, out, has_tx_checksum);
	if (rc) {
		log_error("port %s: %s can't be set up: %s", p->name, p->device, strerror(-rc));
		return rc;
	}
	// Neighbour discovery and routing protocols come by multicast. Not every device filters it.
	(void)rte_eth_allmulticast_enable(id);
	rte_eth_macaddr_get(id, &mac);
	memcpy(out->mac, mac.addr_bytes, sizeof(out->mac));
	out->socket = rte_eth_dev_socket_id(id) < 0 ? 0 : (uint8_t)rte_eth_dev_socket_id(id);
	snprintf(out->name, sizeof(out->name), "%s", p->name);
	snprintf(out->device, sizeof(out->device), "%s", p->device);
	if (p->n_members)
		snprintf(members, sizeof(members), " of %zu devices", p->n_members);
	log_notice("port %s: %s%s, %u receive and %u transmit queues, MTU %u%s", p->name, p->device,
		members, out->n_rxq, out->n_txq, out->mtu,
		*has_tx_checksum ? ", writes checksums" : "");
	return id;
}

void
port_close(uint16_t port_id)
{
	rte_eth_dev_stop(port_id);
	rte_eth_dev_close(port_id);
}

// Drivers of Linux interfaces copy what they read into a buffer, however long it is.
uint16_t
port_frame_room(const struct dp_config *c)
{
	uint16_t room = RTE_MBUF_DEFAULT_BUF_SIZE;

	for (size_t i = 0; i < c->n_ports; i++)
		room = RTE_MAX(room,
			(uint16_t)(wanted_mtu(&c->ports[i]) + FRAME_HEADERS +
				RTE_PKTMBUF_HEADROOM));
	return room;
}

uint32_t
port_mbufs(const struct dp_config *c)
{
	uint32_t workers = (uint32_t)c->n_workers, n = 1024;

	if (c->mbufs)
		return c->mbufs;
	for (size_t i = 0; i < c->n_ports; i++)
		n += workers * (c->ports[i].rx_descriptors + c->ports[i].tx_descriptors);
	n += workers *
		(NEIGH_WAIT_MAX + 4 * BURST_MAX + LANE_MBUFS + REASSEMBLY_MBUFS + MBUF_CACHE_SHARE);
	if (c->rate_wait_ms)
		n += workers * RATE_WAIT_MAX;
	if (workers > 1)
		n += workers * workers * HANDOFF_RING;
	return n;
}
