// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/dataplane/worker_rig.h"

#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RX_FRAMES 4096

struct rig rig;

const uint8_t rig_port_mac[RIG_PORTS][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };

static const char *const port_name[RIG_PORTS] = { "access0", "sgi0" };
static bool has_eal;

static void
fatal(const char *what)
{
	fprintf(stderr, "rig: %s\n", what);
	exit(2);
}

void
rig_eal(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		fatal("DPDK doesn't start");
	has_eal = true;
}

void
rig_eal_default(void)
{
	char arg[9][32] = { "rig", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry",
		"--lcores=0", "-m", "256", "--log-level=5" };
	char *argv[10];

	for (int i = 0; i < 9; i++)
		argv[i] = arg[i];
	rig_eal(9, argv);
}

void
rig_mac(uint32_t addr, uint8_t mac[6])
{
	mac[0] = 0x06;
	mac[1] = 0;
	for (int i = 0; i < 4; i++)
		mac[2 + i] = (uint8_t)(addr >> (24 - 8 * i));
}

static struct dp_addr
addr4(uint32_t addr)
{
	return (struct dp_addr){ .family = 4,
		.bytes = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16), (uint8_t)(addr >> 8),
			(uint8_t)addr } };
}

struct dp_addr
rig_addr6(const char *text)
{
	struct dp_addr a = { .family = 6 };

	if (inet_pton(AF_INET6, text, a.bytes) != 1)
		fatal(text);
	return a;
}

static struct cfg_addr
config_addr(struct dp_addr a)
{
	struct cfg_addr c;

	memcpy(&c, &a, sizeof(c));
	return c;
}

static void
configure(const struct rig_options *o)
{
	static const uint8_t role[RIG_PORTS] = { DP_ROLE_ACCESS, DP_ROLE_SGI };
	static const char *const vrf[RIG_VRFS] = { "access", "internet", "other" };
	struct dp_config *c = &rig.config;

	*c = (struct dp_config){
		.n_workers = o->n_workers ? o->n_workers : 1,
		.sessions_max = o->sessions_max ? o->sessions_max : 1024,
		.bearers_max = o->bearers_max ? o->bearers_max : 64,
		.mbufs = o->mbufs ? o->mbufs : 8191,
		.burst = o->burst ? o->burst : 32,
		.n_gtpu = 3,
		.ports = rig.port_config,
		.n_ports = RIG_PORTS,
		.vrfs = rig.vrf_config,
		.n_vrfs = RIG_VRFS,
		.may_cut = !o->cuts_nothing,
		.rate_wait_ms = o->rate_wait_ms,
		.offload = o->offload,
		.answers_pps = o->answers_pps ? o->answers_pps : 1000000,
	};
	snprintf(c->run_dir, sizeof(c->run_dir), "%s", o->run_dir ? o->run_dir : "/tmp");
	c->gtpu[0] = config_addr(addr4(RIG_US));
	c->gtpu[1] = config_addr(addr4(RIG_US_TOO));
	c->gtpu[2] = config_addr(rig_addr6(RIG_US6));
	for (unsigned int i = 0; i < RIG_VRFS; i++) {
		snprintf(rig.vrf_config[i].name, DP_NAME_MAX, "%s", vrf[i]);
		rig.vrf_config[i].table = 100 + i;
	}
	rig.vlan_config[RIG_ACCESS] = (struct dp_vlan_config){
		.vlan = RIG_VLAN_ACCESS, .role = DP_ROLE_ACCESS, .vrf = "access"
	};
	rig.vlan_config[RIG_SGI] = (struct dp_vlan_config){
		.vlan = RIG_VLAN_OTHER, .role = DP_ROLE_SGI, .vrf = "other"
	};
	for (unsigned int i = 0; i < RIG_PORTS; i++) {
		struct dp_port_config *p = &rig.port_config[i];

		*p = (struct dp_port_config){
			.role = o->role[i] ? o->role[i] : role[i],
			.rx_descriptors = 64,
			.tx_descriptors = 64,
			.vlans = &rig.vlan_config[i],
			.n_vlans = 1,
		};
		snprintf(p->name, sizeof(p->name), "%s", port_name[i]);
		snprintf(p->vrf, sizeof(p->vrf), "%s", vrf[i]);
		snprintf(p->device, sizeof(p->device), "net_ring_%s", port_name[i]);
	}
}

static struct rte_ring *
make_ring(const char *way, unsigned int port, unsigned int queue, unsigned int n)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "rig_%s_%u_%u", way, port, queue);
	ring = rte_ring_create(
		name, n, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (ring == NULL)
		fatal("no memory for a ring");
	return ring;
}

static void
make_ports(const struct rig_options *o)
{
	for (unsigned int p = 0; p < RIG_PORTS; p++) {
		rig.n_rxq[p] = o->n_rxq[p] ? o->n_rxq[p] : 1;
		rig.n_txq[p] = o->n_txq[p] ? o->n_txq[p] : (uint16_t)rig.config.n_workers;
		for (unsigned int q = 0; q < rig.n_rxq[p]; q++)
			rig.rx[p][q] = make_ring("rx", p, q, RX_FRAMES);
		for (unsigned int q = 0; q < rig.n_txq[p]; q++)
			rig.tx[p][q] =
				make_ring("tx", p, q, o->tx_frames ? o->tx_frames : RX_FRAMES);
		if (rte_eth_from_rings(
			    port_name[p], rig.rx[p], rig.n_rxq[p], rig.tx[p], rig.n_txq[p], 0) < 0)
			fatal("no port over rings");
	}
}

void
rig_publish(unsigned int vrf)
{
	struct rig_vrf *v = &rig.vrf[vrf];
	struct route_row route[RIG_ROWS];
	struct route_neighbour neighbour[RIG_ROWS];
	struct route_input in = {
		.route = route,
		.neighbour = neighbour,
		.iface = rig.iface,
		.n_routes = v->n_routes,
		.n_neighbours = v->n_neighbours,
		.n_ifaces = RTE_DIM(rig.iface),
	};

	memcpy(route, v->route, sizeof(route));
	memcpy(neighbour, v->neighbour, sizeof(neighbour));
	for (size_t i = 0; i < v->n_routes; i++)
		route[i].hop = &v->hop[i];
	routing_stage(
		rig.routing, vrf, route_view_build(&in, routing_next_generation(rig.routing)));
	if (routing_publish(rig.routing))
		fatal("routing isn't published");
	routing_reclaim(rig.routing);
}

// gateway of family 0: on link
static void
row_add(unsigned int vrf, struct dp_addr prefix, uint8_t len, uint8_t kind, struct dp_addr gateway,
	uint16_t iface)
{
	struct rig_vrf *v = &rig.vrf[vrf];
	size_t i = v->n_routes++;

	v->hop[i] = (struct route_hop){ .iface = iface, .weight = 1, .gateway = gateway };
	v->route[i] = (struct route_row){ .prefix = prefix,
		.prefix_len = len,
		.kind = kind,
		.n_hops = kind == DP_ROUTE_FORWARD };
}

static void
route_add(unsigned int vrf, uint32_t prefix, uint8_t len, uint8_t kind, uint32_t gateway,
	uint16_t iface)
{
	row_add(vrf, addr4(prefix), len, kind,
		gateway ? addr4(gateway) : (struct dp_addr){ .family = 0 }, iface);
}

static void
route6_add(unsigned int vrf, const char *prefix, uint8_t len, uint8_t kind, const char *gateway,
	uint16_t iface)
{
	row_add(vrf, rig_addr6(prefix), len, kind,
		gateway ? rig_addr6(gateway) : (struct dp_addr){ .family = 0 }, iface);
}

void
rig_route6(unsigned int vrf, const char *prefix, uint8_t len, uint8_t kind, const char *gateway,
	uint16_t iface)
{
	route6_add(vrf, prefix, len, kind, gateway, iface);
	rig_publish(vrf);
}

void
rig_route(unsigned int vrf, uint32_t prefix, uint8_t len, uint8_t kind, uint32_t gateway,
	uint16_t iface)
{
	route_add(vrf, prefix, len, kind, gateway, iface);
	rig_publish(vrf);
}

void
rig_route_remove(unsigned int vrf, uint32_t prefix, uint8_t len)
{
	struct rig_vrf *v = &rig.vrf[vrf];
	struct dp_addr wanted = addr4(prefix);

	for (size_t i = 0; i < v->n_routes; i++) {
		if (v->route[i].prefix_len != len ||
			memcmp(&v->route[i].prefix, &wanted, sizeof(wanted)) != 0)
			continue;
		v->n_routes--;
		v->route[i] = v->route[v->n_routes];
		v->hop[i] = v->hop[v->n_routes];
		break;
	}
	rig_publish(vrf);
}

// The interface that the neighbours of a VRF are on.
static uint16_t
iface_of_vrf(unsigned int vrf)
{
	static const uint16_t iface[RIG_VRFS] = { 0, 2, 3 };

	return iface[vrf];
}

// mac: by the last four octets of the address
static void
neighbour_set(unsigned int vrf, struct dp_addr addr, bool is_there)
{
	struct rig_vrf *v = &rig.vrf[vrf];
	struct route_neighbour n = { .addr = addr, .iface = iface_of_vrf(vrf) };
	const uint8_t *last = addr.bytes + (addr.family == 6 ? 12 : 0);

	for (size_t i = 0; i < v->n_neighbours; i++)
		if (memcmp(&v->neighbour[i].addr, &n.addr, sizeof(n.addr)) == 0)
			v->neighbour[i--] = v->neighbour[--v->n_neighbours];
	rig_mac(IP4(last[0], last[1], last[2], last[3]), n.mac);
	if (is_there)
		v->neighbour[v->n_neighbours++] = n;
}

void
rig_neighbour6(unsigned int vrf, const char *addr, bool is_there)
{
	neighbour_set(vrf, rig_addr6(addr), is_there);
	rig_publish(vrf);
}

void
rig_neighbour(unsigned int vrf, uint32_t addr, bool is_there)
{
	neighbour_set(vrf, addr4(addr), is_there);
	rig_publish(vrf);
}

// A customer's network: a link with one neighbour, which is also the way to everywhere.
static void
make_customer(unsigned int vrf, uint32_t net)
{
	uint16_t iface = iface_of_vrf(vrf);

	route_add(vrf, net, 24, DP_ROUTE_FORWARD, 0, iface);
	route_add(vrf, net + 1, 32, DP_ROUTE_LOCAL, 0, iface);
	route_add(vrf, 0, 0, DP_ROUTE_FORWARD, net + 2, iface);
	route_add(vrf, IP4(100, 64, 0, 0), 16, DP_ROUTE_BLACKHOLE, 0, iface);
	neighbour_set(vrf, addr4(net + 2), true);
}

static void
make_routes(void)
{
	static const struct {
		uint16_t port, vlan;
	} iface[] = { { RIG_ACCESS, 0 }, { RIG_ACCESS, RIG_VLAN_ACCESS }, { RIG_SGI, 0 },
		{ RIG_SGI, RIG_VLAN_OTHER } };

	for (size_t i = 0; i < RTE_DIM(iface); i++) {
		rig.iface[i] = (struct route_iface){
			.port = iface[i].port, .vlan = iface[i].vlan, .mtu = 1500, .is_up = true
		};
		memcpy(rig.iface[i].mac, rig_port_mac[iface[i].port], 6);
	}
	rig.routing = routing_builder_new(&rig.dp.publisher, RIG_VRFS);
	if (rig.routing == NULL)
		fatal("no memory for routes");
	route_add(RIG_VRF_ACCESS, IP4(10, 10, 0, 0), 24, DP_ROUTE_FORWARD, 0, 0);
	route_add(RIG_VRF_ACCESS, RIG_US, 32, DP_ROUTE_LOCAL, 0, 0);
	route_add(RIG_VRF_ACCESS, RIG_US_TOO, 32, DP_ROUTE_LOCAL, 0, 0);
	neighbour_set(RIG_VRF_ACCESS, addr4(RIG_SGW), true);
	neighbour_set(RIG_VRF_ACCESS, addr4(RIG_SGW_TOO), true);
	route6_add(RIG_VRF_ACCESS, "fd00:10::", 64, DP_ROUTE_FORWARD, NULL, 0);
	route6_add(RIG_VRF_ACCESS, RIG_US6, 128, DP_ROUTE_LOCAL, NULL, 0);
	neighbour_set(RIG_VRF_ACCESS, rig_addr6(RIG_SGW6), true);
	route6_add(RIG_VRF_INTERNET, "fd00:20::", 64, DP_ROUTE_FORWARD, NULL, 2);
	route6_add(RIG_VRF_INTERNET, RIG_SGI_US6, 128, DP_ROUTE_LOCAL, NULL, 2);
	route6_add(RIG_VRF_INTERNET, "::", 0, DP_ROUTE_FORWARD, RIG_HOST6, 2);
	route6_add(RIG_VRF_INTERNET, "2001:db8:100::", 48, DP_ROUTE_BLACKHOLE, NULL, 2);
	neighbour_set(RIG_VRF_INTERNET, rig_addr6(RIG_HOST6), true);
	make_customer(RIG_VRF_INTERNET, IP4(10, 20, 0, 0));
	make_customer(RIG_VRF_OTHER, IP4(10, 30, 0, 0));
	for (unsigned int v = 0; v < RIG_VRFS; v++)
		rig_publish(v);
}

void
rig_open(const struct rig_options *o)
{
	static const struct rig_options defaults;
	uint32_t swept;

	if (!has_eal)
		rig_eal_default();
	memset(&rig, 0, sizeof(rig));
	log_init("rig", LOG_LEVEL_WARNING);
	o = o ? o : &defaults;
	configure(o);
	make_ports(o);
	if (dataplane_open(&rig.dp, &rig.config))
		fatal("the dataplane doesn't open");
	for (unsigned int p = 0; p < RIG_PORTS; p++) {
		memcpy(rig.dp.in.shm->port[p].mac, rig_port_mac[p], 6);
		rig.dp.in.port[p].mac_word = mac_word(rig.dp.in.shm->port[p].mac);
	}
	rig.now = 1000 * RIG_HZ;
	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		advert_open(&rig_worker(i)->adverts, rig.now, RIG_HZ);
	make_routes();
	if (!rig_attach())
		fatal("a worker doesn't take the request rings");
	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		if (rig_sweep(i, &swept) != 0)
			fatal("a worker doesn't sweep");
}

void
rig_close(void)
{
	char name[64];

	rig_discard_punted();
	for (unsigned int p = 0; p < RIG_PORTS; p++)
		rig_discard_sent(p);
	routing_builder_free(rig.routing);
	dataplane_close(&rig.dp);
	for (unsigned int p = 0; p < RIG_PORTS; p++) {
		snprintf(name, sizeof(name), "net_ring_%s", port_name[p]);
		rte_vdev_uninit(name);
		for (unsigned int q = 0; q < rig.n_rxq[p]; q++)
			rte_ring_free(rig.rx[p][q]);
		for (unsigned int q = 0; q < rig.n_txq[p]; q++)
			rte_ring_free(rig.tx[p][q]);
	}
}

// ---- Frames

struct rte_mbuf *
rig_mbuf(unsigned int port, struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rig.dp.in.pool);
	char *bytes;

	if (m == NULL)
		return NULL;
	bytes = rte_pktmbuf_append(m, f->n);
	if (bytes == NULL)
		fatal("a frame is longer than a buffer");
	memcpy(bytes, frame_bytes(f), f->n);
	m->port = (uint16_t)port;
	return m;
}

void
rig_receive(unsigned int port, unsigned int queue, struct frame *f)
{
	struct rte_mbuf *m = rig_mbuf(port, f);

	if (m == NULL || rte_ring_sp_enqueue(rig.rx[port][queue], m))
		fatal("too many frames at once");
}

void
rig_run(void)
{
	unsigned int work;

	do {
		work = 0;
		for (unsigned int i = 0; i < rig.dp.n_workers; i++)
			work += worker_turn(rig_worker(i), rig.now);
	} while (work);
}

void
rig_wait_us(uint64_t us)
{
	rig.now += us * RIG_HZ / 1000000;
	rig_run();
}

static bool
take_frame(struct rte_ring *ring, struct frame *f)
{
	struct rte_mbuf *m;

	if (rte_ring_sc_dequeue(ring, (void **)&m))
		return false;
	frame_begin(f);
	if (m->nb_segs != 1 || m->data_len != m->pkt_len)
		fatal("a frame in several segments");
	frame_copy(f, rte_pktmbuf_mtod(m, void *), m->data_len);
	rte_pktmbuf_free(m);
	return true;
}

bool
rig_sent(unsigned int port, struct frame *f)
{
	for (unsigned int q = 0; q < rig.n_txq[port]; q++)
		if (take_frame(rig.tx[port][q], f))
			return true;
	return false;
}

bool
rig_punted(unsigned int worker, enum dp_punt_class class, struct frame *f)
{
	return take_frame(rig_worker(worker)->lane.to_linux[class], f);
}

static unsigned int
discard(struct rte_ring *ring)
{
	struct rte_mbuf *m;
	unsigned int n = 0;

	for (; rte_ring_sc_dequeue(ring, (void **)&m) == 0; n++)
		rte_pktmbuf_free(m);
	return n;
}

unsigned int
rig_discard_sent(unsigned int port)
{
	unsigned int n = 0;

	for (unsigned int q = 0; q < rig.n_txq[port]; q++)
		n += discard(rig.tx[port][q]);
	return n;
}

unsigned int
rig_discard_punted(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++)
			n += discard(rig_worker(i)->lane.to_linux[c]);
	return n;
}

// ---- Control's side

bool
rig_attach(void)
{
	uint32_t attach = atomic_fetch_add(&rig.dp.in.shm->attach, 1) + 1;

	rig_run();
	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		if (atomic_load(&rig_worker(i)->shm->attach_echo) != attach)
			return false;
	return true;
}

static struct rte_ring *
ring_at(uint64_t off)
{
	return dp_shm_ring(rig.dp.in.shm, off);
}

bool
rig_request(unsigned int worker, struct dp_request *request, struct dp_reply *reply)
{
	struct dp_worker *w = rig_worker(worker)->shm;

	request->id = ++rig.request_id;
	if (rte_ring_sp_enqueue_elem(ring_at(w->request_ring_off), request, sizeof(*request)))
		return false;
	rig_run();
	while (rte_ring_sc_dequeue_elem(ring_at(w->reply_ring_off), reply, sizeof(*reply)) == 0)
		if (reply->kind == DP_REPLY_DONE && reply->id == request->id &&
			reply->op == request->op)
			return true;
	return false;
}

bool
rig_event(unsigned int worker, struct dp_reply *event)
{
	return rte_ring_sc_dequeue_elem(ring_at(rig_worker(worker)->shm->reply_ring_off), event,
		       sizeof(*event)) == 0;
}

static unsigned int
owner_of(const struct dp_session *s)
{
	return rig.dp.in.shm->shard_worker[s->teid & 0xff];
}

static int
result_of(unsigned int worker, struct dp_request *request, uint32_t *count)
{
	struct dp_reply reply;

	if (!rig_request(worker, request, &reply))
		fatal("no reply to a request");
	if (count)
		*count = reply.done.count;
	return reply.done.result;
}

int
rig_put(const struct dp_session *s)
{
	struct dp_request r = { .op = DP_OP_SESSION_PUT, .session = *s };

	return result_of(owner_of(s), &r, NULL);
}

int
rig_put_bearers(struct dp_session *s, struct dp_bearers *d, uint32_t *refused)
{
	struct dp_request r = { .op = DP_OP_SESSION_PUT };

	s->bearers = s->slot % rig.config.bearers_max + 1;
	d->slot = s->slot;
	d->generation = s->generation;
	memcpy(&dp_shm_bearers(rig.dp.in.shm)[s->bearers - 1], d, sizeof(*d));
	r.session = *s;
	return result_of(owner_of(s), &r, refused);
}

struct dp_bearer
rig_bearer(const struct dp_session *s, uint32_t slot)
{
	return (struct dp_bearer){
		.slot = slot,
		.generation = 1,
		.teid = (0x700000 + slot) << 8 | (s->teid & 0xff),
		.peer_teid = 0x30000000 + slot,
		.peer = addr4(RIG_SGW_TOO),
		.ebi = 6,
		.qci = 1,
		.dscp = 46,
	};
}

int
rig_delete(const struct dp_session *s, uint32_t flags)
{
	struct dp_request r = { .op = DP_OP_SESSION_DELETE,
		.ref = { .slot = s->slot, .generation = s->generation, .flags = flags } };

	return result_of(owner_of(s), &r, NULL);
}

int
rig_sweep(unsigned int worker, uint32_t *n_deleted)
{
	struct dp_request r = { .op = DP_OP_SWEEP };

	return result_of(worker, &r, n_deleted);
}

void
rig_session_address(struct dp_session *s, uint32_t ue, uint32_t teid_seed)
{
	struct dp_addr a = addr4(ue);

	memcpy(s->ue_ipv4, a.bytes, 4);
	// an odd multiplier permutes the 24 bits beside the shard
	s->teid = (teid_seed * 2654435761u) << 8 | dp_session_shard(s);
}

struct dp_session
rig_session(uint32_t slot)
{
	struct dp_session s = {
		.slot = slot,
		.generation = 1,
		.peer_teid = 0x20000000 + slot,
		.peer = addr4(RIG_SGW),
		.local = addr4(RIG_US),
		.vrf = RIG_VRF_INTERNET,
		.ebi = 5,
		.qci = 9,
	};

	rig_session_address(&s, IP4(100, 64, 0, 1) + slot, slot + 1);
	return s;
}

void
rig_session_by_ipv6(struct dp_session *s)
{
	s->peer = rig_addr6(RIG_SGW6);
	s->local = rig_addr6(RIG_US6);
}

void
rig_session_prefix(struct dp_session *s, uint16_t n, bool is_alone)
{
	struct dp_addr a = rig_addr6("2001:db8:100::");

	a.bytes[6] = (uint8_t)(n >> 8);
	a.bytes[7] = (uint8_t)n;
	memcpy(s->ue_ipv6_prefix, a.bytes, 8);
	if (is_alone)
		memset(s->ue_ipv4, 0, sizeof(s->ue_ipv4));
	s->teid = (s->teid & ~0xffu) | dp_session_shard(s);
}

uint32_t
rig_addr4(const struct dp_addr *a)
{
	return IP4(a->bytes[0], a->bytes[1], a->bytes[2], a->bytes[3]);
}

uint32_t
rig_ue(const struct dp_session *s)
{
	return IP4(s->ue_ipv4[0], s->ue_ipv4[1], s->ue_ipv4[2], s->ue_ipv4[3]);
}

// ---- Accounts

uint64_t
rig_count_at(size_t offset)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		sum += *(const uint64_t *)((const char *)rig_worker(i)->count + offset);
	return sum;
}

uint64_t
rig_dropped_in_all(void)
{
	uint64_t sum = 0;

	for (unsigned int d = 0; d < DP_DROPS; d++)
		sum += rig_count_at(offsetof(struct dp_worker_counters, drop) + d * 8);
	return sum;
}

bool
rig_pool_is_full(void)
{
	return rte_mempool_avail_count(rig.dp.in.pool) == rig.dp.in.pool->size;
}

// A reason that takes from what was on its way out already.
static bool
is_late(enum dp_drop d)
{
	return d == DP_DROP_NEIGH_FULL || d == DP_DROP_NEIGH_TIMEOUT || d == DP_DROP_TX_FULL ||
		d == DP_DROP_TX_RING_FULL || d == DP_DROP_TX_NO_ROUTE || d == DP_DROP_TX_NO_MBUF;
}

static uint64_t
drops(bool late)
{
	uint64_t sum = 0;

	for (unsigned int d = 0; d < DP_DROPS; d++)
		if (d != DP_DROP_FRAGMENT && is_late(d) == late)
			sum += rig_count_at(
				offsetof(struct dp_worker_counters, drop) + d * sizeof(uint64_t));
	return sum;
}

static bool
sides_are_equal(const char *what, uint64_t in, uint64_t out)
{
	if (in == out)
		return true;
	printf("\n%s: %lu came, %lu are accounted for\n", what, in, out);
	return false;
}

bool
rig_accounts_balance(void)
{
	uint64_t in = rig_count(rx_packets) + rig_count(handoff_in) + rig_count(reassembled);
	uint64_t ended = rig_count(ul_packets) + rig_count(dl_packets) + rig_count(punt_packets) +
		rig_count(handoff_out) + rig_count(fragments_rx) + rig_count(echo_request_rx) +
		rig_count(echo_response_rx) + rig_count(error_indication_rx) +
		rig_count(supported_ext_rx) + rig_count(end_marker_rx) + rig_count(nd_rx) +
		rig_count(rate_held) - rig_count(rate_released) + drops(false);
	uint64_t leaving = rig_count(ul_packets) + rig_count(dl_packets) - rig_count(packets_cut) +
		rig_count(fragments_tx) + rig_count(inject_packets) + rig_count(echo_response_tx) +
		rig_count(error_indication_tx) + rig_count(supported_ext_tx) +
		rig_count(end_marker_tx) + rig_count(icmp_error_tx) + rig_count(ra_tx) +
		rig_count(na_tx);
	uint64_t left = rig_count(tx_packets) + drops(true);

	for (unsigned int i = 0; i < rig.dp.n_workers; i++)
		left += rig_worker(i)->neigh.n;
	// Each of them says what differs: all three are to be asked.
	bool received = sides_are_equal("received", in, ended);
	bool sent = sides_are_equal("leaving", leaving, left);
	bool handed = sides_are_equal("handed off", rig_count(handoff_out), rig_count(handoff_in));

	return received && sent && handed;
}

bool
rig_close_clean(void)
{
	bool is_clean = sides_are_equal(
		"frames sent", rig_discard_sent(RIG_ACCESS) + rig_discard_sent(RIG_SGI), 0);

	is_clean &= sides_are_equal("frames for Linux", rig_discard_punted(), 0);
	is_clean &= rig_pool_is_full();
	is_clean &= rig_accounts_balance();
	rig_close();
	return is_clean;
}
