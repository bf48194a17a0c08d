// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/fragment.h"

#include "dataplane/worker.h"

#include <rte_ip.h>
#include <rte_ip_frag.h>

#include <errno.h>

int
fragment_ipv4(
	struct worker *w, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf *out[FRAGMENTS_MAX])
{
	const struct rte_ipv4_hdr *old = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	int n;

	if (!fragment_fits(m->data_len, (old->version_ihl & 15) * 4, mtu))
		return -EMSGSIZE;
	n = rte_ipv4_fragment_copy_nonseg_packet(m, out, FRAGMENTS_MAX, mtu, w->in->pool);
	for (int i = 0; i < n; i++) {
		struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(out[i], struct rte_ipv4_hdr *);

		ip->hdr_checksum = 0;
		ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, (ip->version_ihl & 15) * 4u);
	}
	if (n > 0) {
		w->count->packets_cut++;
		w->count->fragments_tx += (unsigned int)n;
		rte_pktmbuf_free(m);
	}
	return n;
}
