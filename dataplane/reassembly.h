// SPDX-License-Identifier: BSD-3-Clause
// Outer fragments of GTP-U: kept until their datagram is whole, a bounded number of them and for a
// bounded time. RFC 791, RFC 8200 4.5; the work is librte_ip_frag's. One per worker.
#pragma once

#include <rte_ip_frag.h>
#include <rte_mbuf.h>

#include <stdint.h>

#define REASSEMBLY_DATAGRAMS 512
#define REASSEMBLY_TIMEOUT_MS 1000

struct worker;

struct reassembly {
	struct rte_ip_frag_tbl *table;
	struct rte_ip_frag_death_row dead;
	uint64_t next_sweep_tsc;
	bool is_used; // since the last sweep
};

// 0 or -ENOMEM.
int reassembly_new(struct reassembly *r, uint64_t tsc_hz, int socket);
void reassembly_free(struct reassembly *r);

// Takes a fragment over. The whole datagram in one segment, or NULL: it waits, or was dropped.
struct rte_mbuf *reassembly_take(struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t ihl);

// The same for IPv6. at: offset of the fragment header from the IPv6 header, total: bytes from there.
struct rte_mbuf *reassembly_take6(
	struct worker *w, struct rte_mbuf *m, uint16_t l3, uint16_t at, uint16_t total);

// Drops what waited too long. Cheap when nothing waits.
void reassembly_run(struct worker *w);
