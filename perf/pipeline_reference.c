// SPDX-License-Identifier: BSD-3-Clause
#include "perf/pipeline.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <rte_debug.h>
#include <rte_ethdev.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_udp.h>

#define GTPU_TEID (14 + 20 + 8 + 4) // of a frame without options

// The port's MAC and the next hop's, as they stand in a frame.
static const uint8_t macs[2][12] = {
	{ 0x06, 0, 10, 20, 0, 2, 2, 0, 0, 0, 0, 2 },
	{ 0x06, 0, 10, 10, 0, 2, 2, 0, 0, 0, 0, 1 },
};

// Keys as rte_hash holds them; the same as in the worker's own tables.
static struct rte_hash *em_by_teid, *em_by_addr;

static hash_sig_t
em_hash_teid(uint32_t teid)
{
	return teid >> 8 | teid << 24;
}

static hash_sig_t
em_hash_addr(uint64_t key)
{
	return rte_hash_crc_8byte(key, 0);
}

void
reference_open(uint32_t sessions)
{
	struct rte_hash_parameters p = {
		.name = "em_teid",
		.entries = session_table_entries(sessions, 1),
		.key_len = sizeof(uint32_t),
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
	};

	em_by_teid = rte_hash_create(&p);
	p.name = "em_addr";
	p.key_len = sizeof(uint64_t);
	em_by_addr = rte_hash_create(&p);
	if (em_by_teid == NULL || em_by_addr == NULL)
		rte_panic("no memory for the reference's tables\n");
}

void
reference_add(uint32_t slot, uint32_t teid, uint64_t addr)
{
	void *value = (void *)(uintptr_t)(slot + 1);

	if (rte_hash_add_key_with_hash_data(em_by_teid, &teid, em_hash_teid(teid), value) ||
		rte_hash_add_key_with_hash_data(em_by_addr, &addr, em_hash_addr(addr), value))
		rte_panic("the reference's tables are full\n");
}

void
reference_close(void)
{
	rte_hash_free(em_by_teid);
	rte_hash_free(em_by_addr);
}

static inline bool
em_key_ul(const struct rte_mbuf *m, uint32_t *teid)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(eth + 1);
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(ip + 1);
	const uint8_t *gtpu = (const uint8_t *)(udp + 1);

	*teid = rte_be_to_cpu_32(*(const unaligned_uint32_t *)(gtpu + 4));
	return eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && ip->version_ihl == 0x45 &&
		ip->next_proto_id == IPPROTO_UDP && udp->dst_port == RTE_BE16(2152) &&
		gtpu[0] == 0x30 && gtpu[1] == 0xff;
}

static inline bool
em_key_dl(const struct rte_mbuf *m, uint64_t *key)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(eth + 1);

	*key = dl_key(RIG_VRF_INTERNET, ip->dst_addr);
	return eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && ip->version_ihl == 0x45;
}

static uint64_t
em_lookup(enum direction direction, struct rte_mbuf **pkts, uint16_t n, void **found)
{
	uint32_t teid[BURST];
	uint64_t key[BURST];
	const void *keys[BURST];
	hash_sig_t hash[BURST];
	uint64_t hits = 0, good = 0;

	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		if (direction == UL) {
			good |= (uint64_t)em_key_ul(pkts[i], &teid[i]) << i;
			keys[i] = &teid[i];
			hash[i] = em_hash_teid(teid[i]);
		} else {
			good |= (uint64_t)em_key_dl(pkts[i], &key[i]) << i;
			keys[i] = &key[i];
			hash[i] = em_hash_addr(key[i]);
		}
	}
	rte_hash_lookup_with_hash_bulk_data(
		direction == UL ? em_by_teid : em_by_addr, keys, hash, n, &hits, found);
	return hits & good;
}

void
reference_em(enum direction direction, struct rte_mbuf **pkts, uint16_t n)
{
	void *found[BURST];
	uint64_t hits = em_lookup(direction, pkts, n, found);
	uint16_t live = 0, sent;

	for (uint16_t i = 0; i < n; i++) {
		if (unlikely(!(hits >> i & 1))) {
			rte_pktmbuf_free(pkts[i]);
			continue;
		}
		memcpy(rte_pktmbuf_mtod(pkts[i], void *), macs[direction], 12);
		pkts[live++] = pkts[i];
	}
	sent = rte_eth_tx_burst(direction == UL ? RIG_SGI : RIG_ACCESS, 0, pkts, live);
	if (unlikely(sent < live))
		rte_pktmbuf_free_bulk(pkts + sent, live - sent);
}

void
reference_macswap(enum direction direction, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t sent;

	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkts[i], struct rte_ether_hdr *);
		struct rte_ether_addr was = eth->dst_addr;

		eth->dst_addr = eth->src_addr;
		eth->src_addr = was;
	}
	sent = rte_eth_tx_burst(direction == UL ? RIG_SGI : RIG_ACCESS, 0, pkts, n);
	if (unlikely(sent < n))
		rte_pktmbuf_free_bulk(pkts + sent, n - sent);
}

void
torii_forward_staged(struct rte_mbuf **pkts, uint16_t n, uint64_t cycles[STAGES])
{
	struct worker *w = rig_worker(0);
	uint64_t at[STAGES + 1];

	w->now = at[0] = rte_rdtsc();
	w->ul.n = 0;
	w->dl.n = 0;
	classify(w, pkts, n, false);
	at[1] = rte_rdtsc();
	ul_lookup(w, &w->ul);
	dl_lookup(w, &w->dl);
	at[2] = rte_rdtsc();
	ul_enforce(w, &w->ul);
	dl_enforce(w, &w->dl);
	at[3] = rte_rdtsc();
	ul_tunnel(w, &w->ul);
	dl_tunnel(w, &w->dl);
	at[4] = rte_rdtsc();
	tx_flush(w);
	at[5] = rte_rdtsc();
	for (int i = 0; i < STAGES; i++)
		cycles[i] += at[i + 1] - at[i];
}

void
torii_forward_by(unsigned int worker, struct rte_mbuf **pkts, uint16_t n)
{
	struct worker *w = rig_worker(worker);

	w->now = rte_rdtsc();
	worker_burst(w, pkts, n, false);
	tx_flush(w);
}

void
torii_forward(enum direction direction, struct rte_mbuf **pkts, uint16_t n)
{
	(void)direction;
	torii_forward_by(0, pkts, n);
}

void
torii_turn(enum direction direction, struct rte_mbuf **pkts, uint16_t n)
{
	torii_forward(direction, pkts, n);
	requests_run(rig_worker(0));
}

void
torii_handoff(enum direction direction, struct rte_mbuf **pkts, uint16_t n)
{
	struct worker *w = rig_worker(0), *owner = rig_worker(1);

	(void)direction;
	w->now = owner->now = rte_rdtsc();
	worker_burst(w, pkts, n, false);
	handoff_flush(w);
	n = handoff_get(owner, 0, pkts, BURST);
	worker_burst(owner, pkts, n, true);
	tx_flush(owner);
}
