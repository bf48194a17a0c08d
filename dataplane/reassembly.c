// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/reassembly.h"

#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#include <rte_ip.h>

#include <errno.h>

#define BUCKET_ENTRIES 8

int
reassembly_new(struct reassembly *r, uint64_t tsc_hz, int socket)
{
	uint64_t timeout = tsc_hz * REASSEMBLY_TIMEOUT_MS / 1000;

	r->table = rte_ip_frag_table_create(REASSEMBLY_DATAGRAMS / BUCKET_ENTRIES * 2,
		BUCKET_ENTRIES, REASSEMBLY_DATAGRAMS, timeout, socket);
	return r->table ? 0 : -ENOMEM;
}

void
reassembly_free(struct reassembly *r)
{
	if (r->table == NULL)
		return;
	rte_ip_frag_free_death_row(&r->dead, 0);
	rte_ip_frag_table_destroy(r->table);
	r->table = NULL;
}

// The library's list of the dead has no bound check: empty it after every call.
static void
bury(struct worker *w)
{
	struct reassembly *r = &w->reassembly;

	if (likely(r->dead.cnt == 0))
		return;
	w->count->drop[DP_DROP_FRAGMENT] += r->dead.cnt;
	rte_ip_frag_free_death_row(&r->dead, 0);
}

// What the library makes of a fragment that it was given.
static struct rte_mbuf *
whole_of(struct worker *w, struct rte_mbuf *whole)
{
	bury(w);
	if (whole == NULL)
		return NULL;
	if (rte_pktmbuf_linearize(whole)) {
		drop(w, whole, DP_DROP_FRAGMENT);
		return NULL;
	}
	w->count->reassembled++;
	return whole;
}

static void
fragment_prepare(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t header, uint16_t total)
{
	m->data_len = l3 + total; // without Ethernet's padding
	m->pkt_len = m->data_len;
	m->l2_len = l3;
	m->l3_len = header;
	w->reassembly.is_used = true;
	w->count->fragments_rx++;
}

// The library leaves the new header's checksum to whoever sends the datagram; but it is Linux's, or what
// is in it goes on alone.
static void
checksum_write(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, m->l2_len);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

struct rte_mbuf *
reassembly_take(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t ihl)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, l3);
	struct reassembly *r = &w->reassembly;

	fragment_prepare(w, m, l3, ihl, rte_be_to_cpu_16(ip->total_length));
	m = whole_of(w, rte_ipv4_frag_reassemble_packet(r->table, &r->dead, m, w->now, ip));
	if (m != NULL)
		checksum_write(m);
	return m;
}

// The library wants the fragment header right behind the IPv6 header, and 8 bytes of payload in each
// fragment but the last; its offsets must fit into a datagram.
struct rte_mbuf *
reassembly_take6(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t at, uint16_t total)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, l3);
	struct rte_ipv6_fragment_ext *f = (struct rte_ipv6_fragment_ext *)(ip + 1);
	struct reassembly *r = &w->reassembly;
	uint16_t payload = (uint16_t)(total - at - sizeof(*f)), bits;

	if (at != IPV6_HEADER || total < at + sizeof(*f) || payload == 0)
		goto drop_frame;
	bits = rte_be_to_cpu_16(f->frag_data);
	if ((bits & 0xfff8) + payload > UINT16_MAX || (bits & 1 && payload & 7))
		goto drop_frame;
	fragment_prepare(w, m, l3, IPV6_HEADER + sizeof(*f), total);
	return whole_of(w, rte_ipv6_frag_reassemble_packet(r->table, &r->dead, m, w->now, ip, f));
drop_frame:
	drop(w, m, DP_DROP_BAD_IP);
	return NULL;
}

void
reassembly_run(struct worker *w)
{
	struct reassembly *r = &w->reassembly;

	if (likely(!r->is_used) || w->now < r->next_sweep_tsc)
		return;
	r->next_sweep_tsc = w->now + w->in->shm->tsc_hz / 100;
	rte_ip_frag_table_del_expired_entries(r->table, &r->dead, w->now);
	bury(w);
}
