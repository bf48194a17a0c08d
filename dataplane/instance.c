// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/instance.h"

#include "dataplane/bond.h"
#include "dataplane/port.h"
#include "dataplane/steering.h"

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>

#include <errno.h>
#include <sys/eventfd.h>

#define RING_ELEMS 4096 // of each request and reply ring

// The VRF in which SGWs are reached.
static int
gtpu_vrf(const struct dp_config *c)
{
	if (c->gtpu_vrf[0])
		return dp_config_vrf(c, c->gtpu_vrf);
	for (size_t i = 0; i < c->n_ports; i++) {
		const struct dp_port_config *p = &c->ports[i];

		if (p->role & DP_ROLE_ACCESS)
			return dp_config_vrf(c, p->vrf);
		for (size_t v = 0; v < p->n_vlans; v++)
			if (p->vlans[v].role & DP_ROLE_ACCESS)
				return dp_config_vrf(c, p->vlans[v].vrf);
	}
	return 0;
}

static uint16_t
iface_add(struct dataplane *d, const struct dp_config *c, uint16_t port, uint16_t vlan,
	uint8_t role, const char *vrf)
{
	struct dp_header *h = d->shm.header;
	struct dp_iface *i = &h->iface[h->n_ifaces];

	i->port = port;
	i->vlan = vlan;
	i->vrf = (uint16_t)dp_config_vrf(c, vrf);
	i->role = role;
	d->in.iface[h->n_ifaces] = (struct iface_view){ i->vrf, role };
	if (vlan)
		snprintf(i->name, sizeof(i->name), "%.15s.%u", c->ports[port].name, vlan);
	else
		snprintf(i->name, sizeof(i->name), "%s", c->ports[port].name);
	return h->n_ifaces++;
}

// The port's {port, VLAN} pairs, in the shared header and as the workers look them up.
static int
ifaces_open(struct dataplane *d, const struct dp_config *c, uint16_t index, struct port_view *view)
{
	const struct dp_port_config *p = &c->ports[index];
	uint16_t *by_vlan;

	view->iface = NO_IFACE;
	if (p->role) {
		view->iface = iface_add(d, c, index, 0, p->role, p->vrf);
		view->untagged = d->in.iface[view->iface];
	}
	if (p->n_vlans == 0)
		return 0;
	by_vlan = rte_malloc("vlans", VLANS * sizeof(*by_vlan), 64);
	if (by_vlan == NULL)
		return -ENOMEM;
	for (unsigned int v = 0; v < VLANS; v++)
		by_vlan[v] = NO_IFACE;
	for (size_t v = 0; v < p->n_vlans; v++)
		by_vlan[p->vlans[v].vlan] =
			iface_add(d, c, index, p->vlans[v].vlan, p->vlans[v].role, p->vlans[v].vrf);
	view->vlan_iface = by_vlan;
	return 0;
}

// True if all ports receive into one pool, so that each sends what came from that one.
static bool
has_one_pool(const struct dataplane *d)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < NODES_MAX; i++)
		n += d->pool[i] != NULL;
	return n == 1;
}

static int
ports_open(struct dataplane *d)
{
	const struct dp_config *c = d->config;
	struct dp_header *h = d->shm.header;
	struct port_options o = {
		.n_workers = d->n_workers,
		.has_one_pool = has_one_pool(d),
		.may_offload = c->offload == DP_OFFLOAD_AUTO,
	};

	for (uint16_t i = 0; i < c->n_ports; i++) {
		struct port_view *view = &d->in.port[i];
		int id;

		o.pool = d->pool[nodes_of_port(&d->nodes, &c->ports[i], i)];
		id = port_open(&c->ports[i], i, &o, &h->port[i], &view->has_tx_checksum);
		if (id < 0)
			return id;
		d->port_id[i] = (uint16_t)id;
		d->n_ports++;
		h->n_ports++;
		view->mac_word = mac_word(h->port[i].mac);
		if (ifaces_open(d, c, i, view))
			return -ENOMEM;
	}
	return 0;
}

// Receive queues go round the workers; a worker without a transmit queue of a port uses another's.
static int
worker_queues(struct dataplane *d, struct worker *w)
{
	const struct dp_header *h = d->shm.header;

	for (uint16_t p = 0; p < h->n_ports; p++) {
		for (uint16_t q = 0; q < h->port[p].n_rxq; q++)
			if (q % d->n_workers == w->index)
				w->rxq[w->n_rxq++] = (struct rx_queue){ p, d->port_id[p], q,
					d->port_id[p] != p || d->config->ports[p].n_members };
		w->tx[p].queue = w->index;
		w->tx[p].device = d->port_id[p];
		if (w->index >= h->port[p].n_txq) {
			struct worker *via = d->worker[w->index % h->port[p].n_txq];

			if (via->tx_from[w->index] == NULL) {
				char name[RTE_RING_NAMESIZE];

				snprintf(name, sizeof(name), "tx_%u_%u", w->index, via->index);
				via->tx_from[w->index] = rte_ring_create(name, HANDOFF_RING,
					w->socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
			}
			w->tx[p].via = via->tx_from[w->index];
			if (w->tx[p].via == NULL)
				return -ENOMEM;
		} else {
			w->tx[p].has_own_frames =
				bond_has_own_frames(&d->config->ports[p], d->port_id[p]);
		}
	}
	return 0;
}

static int
handoff_open(struct dataplane *d)
{
	for (uint16_t from = 0; from < d->n_workers; from++) {
		for (uint16_t to = 0; to < d->n_workers; to++) {
			char name[RTE_RING_NAMESIZE];
			struct rte_ring *ring;

			if (from == to)
				continue;
			snprintf(name, sizeof(name), "handoff_%u_%u", from, to);
			ring = rte_ring_create(name, HANDOFF_RING, d->worker[to]->socket,
				RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (ring == NULL)
				return -ENOMEM;
			d->worker[from]->to[to].ring = ring;
			d->worker[to]->from[from] = ring;
		}
	}
	return 0;
}

// Packets that may wait for a rate limit in each worker. Where buffers are counted by hand these take
// a quarter of them at most.
static uint32_t
rate_wait_max(const struct dp_config *c)
{
	if (c->mbufs == 0)
		return RATE_WAIT_MAX;
	return RTE_MIN((uint32_t)RATE_WAIT_MAX, c->mbufs / (4 * (uint32_t)c->n_workers) + 1);
}

static int
worker_open(struct dataplane *d, uint16_t index)
{
	const struct dp_config *c = d->config;
	unsigned int lcore = index + 1;
	int socket = (int)rte_lcore_to_socket_id(lcore);
	uint32_t entries = session_table_entries(c->sessions_max, d->n_workers);
	uint32_t bearers = session_table_entries(c->bearers_max, d->n_workers);
	struct worker *w = rte_zmalloc_socket("worker", sizeof(*w), 64, socket);
	int rc;

	if (w == NULL)
		return -ENOMEM;
	d->worker[index] = w;
	d->lane[index] = &w->lane;
	w->in = &d->in;
	w->index = index;
	w->n_workers = d->n_workers;
	w->lcore = lcore;
	w->socket = socket;
	w->sessions = d->in.sessions;
	w->extra = d->in.extra;
	w->usage = d->in.usage;
	w->doorbell = d->doorbell;
	w->sample_every_tsc = d->in.shm->tsc_hz / 10;
	w->ip_id = (uint16_t)(index * (65536 / d->n_workers));
	w->shm = dp_shm_worker(d->in.shm, index);
	w->count = &w->shm->counters;
	w->port_count = w->shm->port;
	w->request_ring = dp_shm_ring(d->in.shm, w->shm->request_ring_off);
	w->reply_ring = dp_shm_ring(d->in.shm, w->shm->reply_ring_off);
	w->trace_ring = dp_shm_trace_ring(d->in.shm, w->shm->trace_ring_off);
	trace_init(&w->tracer);
	w->shm->lcore = lcore;
	w->shm->cpu = c->worker_cpus[index];
	w->shm->sessions_max = entries;
	// One answer is one byte; 100 ms of them may go at once, or one.
	w->answers_rate = bucket_rate_of(8ULL * c->answers_pps, d->in.shm->tsc_hz);
	w->answers_rate.depth = (uint32_t)((d->in.shm->tsc_hz / RTE_MIN(c->answers_pps, 10u) >>
						   BUCKET_DEPTH_SHIFT) +
		1);
	w->profiles =
		rte_zmalloc_socket("profiles", DP_PROFILES_MAX * sizeof(*w->profiles), 64, socket);
	rc = w->profiles ? session_tables_new(&w->tables, entries, bearers, socket) : -ENOMEM;
	if (rc == 0)
		rc = bearer_pool_new(&w->bearers, bearers, socket);
	if (rc == 0)
		rc = tunnel_peers_new(&w->peers, index, socket);
	if (rc == 0)
		rc = reassembly_new(&w->reassembly, d->in.shm->tsc_hz, socket);
	if (rc == 0)
		rc = rate_wait_new(&w->rate_wait, c->rate_wait_ms, rate_wait_max(c),
			d->in.shm->tsc_hz, socket);
	return rc ? rc : punt_lane_open(&w->lane, index, socket, &d->bell);
}

static int
workers_open(struct dataplane *d)
{
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < d->n_workers; i++)
		rc = worker_open(d, i);
	for (uint16_t i = 0; rc == 0 && i < d->n_workers; i++)
		rc = worker_queues(d, d->worker[i]);
	if (rc == 0)
		rc = handoff_open(d);
	if (rc)
		log_error("workers: out of memory; sessions_max is %u", d->config->sessions_max);
	return rc;
}

static bool
faces_sgws(const struct dp_port_config *p)
{
	bool is_access = p->role & DP_ROLE_ACCESS;

	for (size_t v = 0; v < p->n_vlans; v++)
		is_access |= p->vlans[v].role & DP_ROLE_ACCESS;
	return is_access;
}

// One SGW is one flow to a NIC's hash: with several workers, rules by TEID spread it, if the NIC can.
static void
steering_choose(const struct dataplane *d)
{
	struct dp_header *h = d->shm.header;

	for (uint16_t i = 0; d->n_workers > 1 && i < h->n_ports; i++) {
		const char *why = "fewer queues than workers";

		if (!faces_sgws(&d->config->ports[i]))
			continue;
		h->port[i].is_steered = h->port[i].n_rxq >= d->n_workers &&
			steering_open(d->port_id[i], h->shard_worker, &why) == 0;
		if (h->port[i].is_steered)
			log_notice("port %s: rte_flow brings each TEID to its owner's queue",
				h->port[i].name);
		else
			log_notice("port %s: no rte_flow by TEID (%s), workers hand packets over",
				h->port[i].name, why);
	}
}

// Packet buffers. Where no NIC reads them by I/O address they lie without gaps: net_af_xdp takes a
// pool's memory to be as long as its buffers together, and loses those that lie behind.
static struct rte_mempool *
frames_new(const struct dp_config *c, uint16_t room, int node)
{
	struct rte_pktmbuf_pool_private sizes = { .mbuf_data_room_size = room };
	unsigned int flags = RTE_MEMPOOL_F_NO_IOVA_CONTIG;
	char name[RTE_MEMPOOL_NAMESIZE];

	for (size_t i = 0; i < c->n_ports; i++)
		if (port_has_nic(&c->ports[i]))
			flags = 0;
	snprintf(name, sizeof(name), "frames_%d", node);
	return rte_mempool_create(name, port_mbufs(c), sizeof(struct rte_mbuf) + room, 256,
		sizeof(sizes), rte_pktmbuf_pool_init, &sizes, rte_pktmbuf_init, NULL, node, flags);
}

// A pool for the node of each port. Our own messages are made from home's.
static bool
pools_open(struct dataplane *d, uint16_t room)
{
	const struct dp_config *c = d->config;

	for (size_t i = 0; i < c->n_ports; i++) {
		int node = nodes_of_port(&d->nodes, &c->ports[i], i);

		if (d->pool[node] == NULL)
			d->pool[node] = frames_new(c, room, node);
		if (d->pool[node] == NULL)
			return false;
	}
	d->in.pool = d->pool[d->nodes.home];
	return true;
}

static int
memory_open(struct dataplane *d)
{
	const struct dp_config *c = d->config;
	size_t qsbr = rte_rcu_qsbr_get_memsize(d->n_workers);
	size_t lines = (size_t)c->sessions_max + c->bearers_max;

	d->in.sessions =
		rte_zmalloc_socket("sessions", lines * sizeof(struct session), 64, d->nodes.home);
	d->in.extra = rte_zmalloc_socket(
		"extra", lines * sizeof(struct session_extra), 64, d->nodes.home);
	d->publisher.qsbr = rte_zmalloc("qsbr", qsbr, RTE_CACHE_LINE_SIZE);
	if (!pools_open(d, port_frame_room(c)) || d->in.sessions == NULL || d->in.extra == NULL ||
		d->publisher.qsbr == NULL || rte_rcu_qsbr_init(d->publisher.qsbr, d->n_workers)) {
		log_error("not enough memory for %u packet buffers and %u sessions: give the EAL "
			  "more (dataplane.memory) or reserve more hugepages",
			port_mbufs(c), c->sessions_max);
		return -ENOMEM;
	}
	return 0;
}

// Beside what the PMD says of a frame.
static int
mbuf_flags_open(struct dataplane *d)
{
	static const struct rte_mbuf_dynflag by_alias = { .name = "torii_by_alias" };
	int bit = rte_mbuf_dynflag_register(&by_alias);

	if (bit < 0) {
		log_error("no mbuf flag is free: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	d->in.by_alias = 1ULL << bit;
	return 0;
}

static int
bells_open(struct dataplane *d)
{
	d->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (d->doorbell < 0)
		return -errno;
	return main_bell_open(&d->bell);
}

static void
gtpu_addrs_fill(struct instance *in, const struct dp_config *c)
{
	for (size_t i = 0; i < c->n_gtpu; i++)
		if (c->gtpu[i].family == 4)
			memcpy(&in->gtpu[in->n_gtpu++], c->gtpu[i].bytes, 4);
		else
			memcpy(in->gtpu6[in->n_gtpu6++], c->gtpu[i].bytes, 16);
}

int
dataplane_open(struct dataplane *d, const struct dp_config *c)
{
	int rc;

	*d = (struct dataplane){ .config = c, .n_workers = (uint16_t)c->n_workers, .doorbell = -1 };
	nodes_find(&d->nodes, c);
	nodes_log(&d->nodes, c);
	rc = shm_create(&d->shm, c, RING_ELEMS, &d->nodes);
	if (rc)
		return rc;
	d->in.shm = d->shm.header;
	d->in.shm->tsc_hz = rte_get_tsc_hz();
	d->in.usage = dp_shm_usage(d->shm.header);
	d->in.routing = &d->publisher;
	d->in.burst = c->burst;
	d->in.may_cut = c->may_cut;
	d->in.may_sleep = c->idle == DP_IDLE_SLEEP;
	d->in.gtpu_vrf = (uint16_t)gtpu_vrf(c);
	gtpu_addrs_fill(&d->in, c);
	shard_table_fill(&d->in.shards);
	memcpy(d->in.shard_worker, d->in.shm->shard_worker, DP_SHARDS);
	rc = memory_open(d);
	if (rc == 0)
		rc = mbuf_flags_open(d);
	if (rc == 0)
		rc = bells_open(d);
	if (rc == 0)
		rc = ports_open(d);
	if (rc == 0)
		rc = workers_open(d);
	if (rc)
		dataplane_close(d);
	else
		steering_choose(d);
	return rc;
}

static void
worker_close(struct dataplane *d, struct worker *w)
{
	for (uint16_t i = 0; i < d->n_workers; i++) {
		rte_ring_free(w->from[i]);
		rte_ring_free(w->tx_from[i]);
	}
	punt_lane_close(&w->lane);
	reassembly_free(&w->reassembly);
	rate_wait_free(&w->rate_wait);
	tunnel_peers_free(&w->peers);
	bearer_pool_free(&w->bearers);
	session_tables_free(&w->tables);
	rte_free(w->profiles);
	rte_free(w);
}

void
dataplane_close(struct dataplane *d)
{
	for (uint16_t i = 0; i < d->n_workers; i++)
		if (d->worker[i])
			worker_close(d, d->worker[i]);
	for (uint16_t i = 0; i < d->n_ports; i++) {
		port_close(d->port_id[i]);
		rte_free((void *)(uintptr_t)d->in.port[i].vlan_iface);
	}
	main_bell_close(&d->bell);
	if (d->doorbell >= 0)
		close(d->doorbell);
	rte_free(d->publisher.qsbr);
	rte_free(d->in.sessions);
	rte_free(d->in.extra);
	for (unsigned int i = 0; i < NODES_MAX; i++)
		rte_mempool_free(d->pool[i]);
	shm_close(&d->shm);
}
