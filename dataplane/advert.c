// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/advert.h"

#include "dataplane/ipv6.h"
#include "dataplane/worker.h"

#define PER_TURN 32
#define INITIAL 3                // RFC 4861 10: MAX_INITIAL_RTR_ADVERTISEMENTS
#define DEFAULT_LIFETIME_S 65535 // RFC 8319
#define SAME_LINK_HOPS 255       // RFC 4861 6.1, 7.1: not from beyond the link

// Between attach and the first, and from one to the next. At most 16 s: RFC 4861 10.
static const uint8_t initial_wait_s[INITIAL] = { 1, 3, 12 };

// Of the gateway on every device's link. Control gives no device this interface identifier.
static const uint8_t gateway[16] = { 0xfe, 0x80, [15] = DP_GATEWAY_IID };
static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };

enum nd_option {
	ND_TARGET_LINK_ADDRESS = 2,
	ND_PREFIX = 3,
	ND_MTU = 5,
	ND_RDNSS = 25,
};

struct router_advertisement {
	uint8_t type, code;
	uint16_t checksum;
	uint8_t hop_limit;
	uint8_t flags; // M and O: no DHCPv6
	uint16_t lifetime_s;
	uint32_t reachable_ms, retransmit_ms;
};

struct prefix_option {
	uint8_t type, length;
	uint8_t prefix_len;
	uint8_t flags;
	uint32_t valid_s, preferred_s;
	uint32_t zero;
	uint8_t prefix[16];
};

struct mtu_option {
	uint8_t type, length;
	uint16_t zero;
	uint32_t mtu;
};

struct rdnss_option {
	uint8_t type, length;
	uint16_t zero;
	uint32_t lifetime_s;
	uint8_t server[DP_RDNSS_MAX][16];
};

struct neighbour_message {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t flags;
	uint8_t target[16];
};

// ---- What is sent

// An empty packet with room in front for all headers of the tunnel. NULL: none, counted.
static struct rte_mbuf *
packet_new(struct worker *w)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->in->pool);

	if (m == NULL)
		w->count->drop[DP_DROP_TX_NO_MBUF]++;
	return m;
}

static void *
append(struct rte_mbuf *m, const void *bytes, uint16_t n)
{
	char *at = rte_pktmbuf_append(m, n); // a buffer has room for far more than is sent here

	return at ? memcpy(at, bytes, n) : NULL;
}

// Writes the IPv6 header in front of an ICMPv6 message and its checksum, and sends it.
static void
send_to(struct worker *w, struct rte_mbuf *m, const struct session *s, const uint8_t dst[16])
{
	uint16_t payload = m->data_len - IPV6_HEADER, *checksum;
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);

	ipv6_write(ip, payload, IPPROTO_ICMPV6, SAME_LINK_HOPS);
	memcpy(ip->src_addr, gateway, sizeof(gateway));
	memcpy(ip->dst_addr, dst, 16);
	checksum = &((struct router_advertisement *)(ip + 1))->checksum;
	*checksum = 0;
	*checksum = ipv6_checksum(ip);
	dl_send(w, m, s);
}

// The prefix is for addresses, not on link: a device has the link for itself (RFC 6459 5.2). It holds
// for as long as the session does.
static void
append_prefix(struct rte_mbuf *m, const struct session *s)
{
	struct prefix_option o = {
		.type = ND_PREFIX,
		.length = sizeof(o) / 8,
		.prefix_len = 64,
		.flags = 0x40, // A
		.valid_s = UINT32_MAX,
		.preferred_s = UINT32_MAX,
	};

	memcpy(o.prefix, s->ue_ipv6_prefix, 8);
	append(m, &o, sizeof(o));
}

static void
append_rdnss(struct rte_mbuf *m, const struct dp_profile *p, uint16_t lifetime_s)
{
	struct rdnss_option o = {
		.type = ND_RDNSS,
		.length = (uint8_t)(1 + 2 * p->n_rdnss),
		.lifetime_s = rte_cpu_to_be_32(lifetime_s),
	};

	if (p->n_rdnss == 0)
		return;
	memcpy(o.server, p->rdnss, sizeof(o.server));
	append(m, &o, o.length * 8);
}

static void
advertise(struct worker *w, uint32_t slot, const uint8_t dst[16])
{
	const struct session *s = &w->sessions[slot];
	const struct dp_profile *p = &w->profiles[w->extra[slot].profile];
	uint16_t lifetime_s = p->ra_lifetime_s ? (uint16_t)p->ra_lifetime_s : DEFAULT_LIFETIME_S;
	struct router_advertisement ra = {
		.type = ICMP6_ROUTER_ADVERTISEMENT,
		.hop_limit = 64,
		.lifetime_s = rte_cpu_to_be_16(lifetime_s),
	};
	struct mtu_option mtu = { .type = ND_MTU, .length = 1, .mtu = rte_cpu_to_be_32(s->mtu) };
	struct rte_mbuf *m = packet_new(w);

	w->count->ra_tx++;
	if (m == NULL)
		return;
	rte_pktmbuf_append(m, IPV6_HEADER);
	append(m, &ra, sizeof(ra));
	append_prefix(m, s);
	if (s->mtu >= IPV6_MIN_MTU && s->mtu != UINT16_MAX)
		append(m, &mtu, sizeof(mtu));
	append_rdnss(m, p, lifetime_s);
	send_to(w, m, s, dst);
}

// A device that asks whether the gateway is still there: a link without addresses of its own.
static void
answer_neighbour(struct worker *w, const struct session *s, const uint8_t dst[16])
{
	struct neighbour_message na = {
		.type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.flags = RTE_BE32(0xe0000000), // router, solicited, override
	};
	struct rte_mbuf *m = packet_new(w);

	w->count->na_tx++;
	if (m == NULL)
		return;
	memcpy(na.target, gateway, sizeof(gateway));
	rte_pktmbuf_append(m, IPV6_HEADER);
	append(m, &na, sizeof(na));
	send_to(w, m, s, dst);
}

// ---- The schedule

static uint32_t
slot_of(const struct worker *w, const struct session *s)
{
	return (uint32_t)(s - w->sessions);
}

static void
schedule(struct worker *w, uint32_t slot, uint32_t wait_s)
{
	struct adverts *a = &w->adverts;
	struct session_extra *x = &w->extra[slot];
	uint32_t *first;

	x->advert_due_s = a->now_s + wait_s;
	x->is_scheduled = true;
	first = &a->first[x->advert_due_s % ADVERT_SECONDS];
	x->advert_prev = 0;
	x->advert_next = *first;
	if (*first)
		w->extra[*first - 1].advert_prev = slot + 1;
	*first = slot + 1;
}

static void
unschedule(struct worker *w, uint32_t slot)
{
	struct adverts *a = &w->adverts;
	struct session_extra *x = &w->extra[slot];

	if (!x->is_scheduled)
		return;
	x->is_scheduled = false;
	if (a->cursor == slot + 1)
		a->cursor = x->advert_next;
	if (x->advert_prev)
		w->extra[x->advert_prev - 1].advert_next = x->advert_next;
	else
		a->first[x->advert_due_s % ADVERT_SECONDS] = x->advert_next;
	if (x->advert_next)
		w->extra[x->advert_next - 1].advert_prev = x->advert_prev;
}

// After one was sent, or at the beginning.
static void
schedule_next(struct worker *w, uint32_t slot)
{
	struct session_extra *x = &w->extra[slot];
	uint32_t interval_s = w->profiles[x->profile].ra_interval_s;

	if (x->n_initial < INITIAL)
		schedule(w, slot, initial_wait_s[x->n_initial++]);
	else if (interval_s)
		schedule(w, slot, interval_s);
}

void
advert_begin(struct worker *w, uint32_t slot)
{
	if (w->sessions[slot].flags & SESSION_HAS_IPV6 && !w->extra[slot].is_scheduled)
		schedule_next(w, slot);
}

void
advert_end(struct worker *w, uint32_t slot)
{
	unschedule(w, slot);
}

void
advert_open(struct adverts *a, uint64_t now, uint64_t tsc_hz)
{
	*a = (struct adverts){ .next_tsc = now + tsc_hz };
}

void
advert_run(struct worker *w)
{
	struct adverts *a = &w->adverts;
	uint64_t second = w->in->shm->tsc_hz;

	if (likely(a->cursor == 0)) {
		if (likely(w->now < a->next_tsc))
			return;
		// time that ran on for long while nobody looked counts as one second
		a->next_tsc = RTE_MAX(a->next_tsc, w->now - second) + second;
		a->cursor = a->first[++a->now_s % ADVERT_SECONDS];
	}
	for (unsigned int i = 0; a->cursor && i < PER_TURN; i++) {
		uint32_t slot = a->cursor - 1;

		a->cursor = w->extra[slot].advert_next;
		if (w->extra[slot].advert_due_s != a->now_s)
			continue; // in another round
		unschedule(w, slot);
		advertise(w, slot, all_nodes);
		schedule_next(w, slot);
	}
}

// ---- What devices send

// RFC 4861 6.1.1 and 7.1.1: what both solicitations have to be.
static const uint8_t *
solicitation_of(const struct rte_ipv6_hdr *ip, uint16_t len, uint16_t bytes)
{
	const uint8_t *icmp = (const uint8_t *)(ip + 1);
	uint16_t payload = (uint16_t)(len - IPV6_HEADER);

	if (ip->proto != IPPROTO_ICMPV6 || payload < bytes || ip->hop_limits != SAME_LINK_HOPS ||
		icmp[1] != 0 || rte_ipv6_udptcp_cksum_verify(ip, icmp) != 0)
		return NULL;
	return icmp;
}

// The same device may ask once in a second: RFC 4861 6.2.6 allows one in three on a shared link.
static bool
may_advertise(struct worker *w, uint32_t slot)
{
	struct session_extra *x = &w->extra[slot];

	if (x->solicited_s == w->adverts.now_s + 1)
		return false;
	x->solicited_s = w->adverts.now_s + 1; // 0: never
	return true;
}

void
advert_receive(struct worker *w, struct rte_mbuf *m, const struct session *s, uint16_t len)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	const uint8_t *icmp = solicitation_of(ip, len, 8);
	const uint8_t *dst = ipv6_is_unspecified(ip->src_addr) ? all_nodes : ip->src_addr;

	w->count->nd_rx++;
	if (icmp && icmp[0] == ICMP6_ROUTER_SOLICITATION && may_advertise(w, slot_of(w, s)))
		advertise(w, slot_of(w, s), dst);
	else if (icmp && icmp[0] == ICMP6_NEIGHBOUR_SOLICITATION &&
		solicitation_of(ip, len, sizeof(struct neighbour_message)) &&
		memcmp(icmp + 8, gateway, sizeof(gateway)) == 0 && dst == ip->src_addr)
		answer_neighbour(w, s, dst);
	rte_pktmbuf_free(m);
}
