// SPDX-License-Identifier: BSD-3-Clause
// dataplane.offload, both ways, at ports that offer to do checksums and at ones that don't: what leaves is
// the same to the byte once the port has done what its buffer asks for, and that is what DPDK defines.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <dlfcn.h>
#include <string.h>

#define ETHER_IPV6 0x86dd
#define SGW_TAGGED IP4(10, 10, 1, 2) // by VLAN 50
#define SESSIONS 3

static const uint16_t sizes[] = { 64, 512, 1400 }; // of inner packets
static bool port_offers;
static struct dp_session session[SESSIONS]; // SGWs of IPv4, of IPv6, of IPv4 by a VLAN
static uint16_t ip_id;
static unsigned int n_left_to_port;

// In the library's place: a port over rings that may say that it does checksums.
int describe_port(uint16_t port_id, struct rte_eth_dev_info *info) __asm__("rte_eth_dev_info_get");

int
describe_port(uint16_t port_id, struct rte_eth_dev_info *info)
{
	static int (*real)(uint16_t, struct rte_eth_dev_info *);
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "rte_eth_dev_info_get");
	rc = real(port_id, info);
	if (port_offers) {
		info->tx_offload_capa |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
			RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
		info->rx_offload_capa |= RTE_ETH_RX_OFFLOAD_CHECKSUM;
	}
	return rc;
}

// 10.10.1.2 is a neighbour on the access port's VLAN.
static void
tagged_sgw(void)
{
	struct rig_vrf *v = &rig.vrf[RIG_VRF_ACCESS];
	struct route_neighbour *n = &v->neighbour[v->n_neighbours++];

	*n = (struct route_neighbour){ .addr = session[2].peer, .iface = 1 };
	rig_mac(SGW_TAGGED, n->mac);
	rig_route(RIG_VRF_ACCESS, IP4(10, 10, 1, 0), 24, DP_ROUTE_FORWARD, 0, 1);
}

static void
begin(uint8_t setting, bool offers)
{
	port_offers = offers;
	rig_open(&(struct rig_options){ .offload = setting });
	for (uint16_t i = 0; i < SESSIONS; i++) {
		session[i] = rig_session(3 + i);
		session[i].dscp = 46;
		rig_session_prefix(&session[i], 7 + i, false);
	}
	rig_session_by_ipv6(&session[1]);
	session[2].peer.bytes[2] = 1;
	tagged_sgw();
	for (uint16_t i = 0; i < SESSIONS; i++)
		CU_ASSERT_EQUAL_FATAL(rig_put(&session[i]), 0);
	ip_id = 0;
	n_left_to_port = 0;
}

static void
end(void)
{
	CU_ASSERT_TRUE(rig_close_clean());
	port_offers = false;
}

// ---- Frames

static const char *
prefix_address(const struct dp_session *s)
{
	static const char *const text[SESSIONS] = { "2001:db8:100:7::5", "2001:db8:100:8::5",
		"2001:db8:100:9::5" };

	return text[s - session];
}

static void
inner(struct frame *f, const struct dp_session *s, bool is_ipv6, bool is_ul, uint16_t size,
	uint8_t hops)
{
	struct traffic t = { .s = s, .payload = size - 28, .inner.ttl = hops };

	if (!is_ipv6) {
		if (is_ul)
			traffic_ul_inner(f, &t);
		else
			traffic_dl_inner(f, &t);
		return;
	}
	frame_begin(f);
	frame_payload(f, size - 48, 5);
	frame_udp(f, 5001, 5002);
	frame_ipv6(f,
		&(struct frame_ipv6){ .src = is_ul ? prefix_address(s) : RIG_FAR_HOST6,
			.dst = is_ul ? RIG_FAR_HOST6 : prefix_address(s),
			.hops = hops });
}

static void
link_header(struct frame *f, unsigned int port, uint32_t them, bool is_ipv6, bool to_us)
{
	uint16_t vlan = them == SGW_TAGGED ? RIG_VLAN_ACCESS : 0;
	uint8_t mac[6];

	rig_mac(them, mac);
	frame_ether(f, to_us ? rig_port_mac[port] : mac, to_us ? mac : rig_port_mac[port], vlan,
		is_ipv6 ? ETHER_IPV6 : 0x0800);
}

// Into the tunnel, as the SGW sends it or as we must.
static void
wrap(struct frame *f, const struct dp_session *s, bool is_ul)
{
	uint32_t sgw = rig_addr4(&s->peer);

	frame_gtpu(f, &(struct frame_gtpu){ .teid = is_ul ? s->teid : s->peer_teid });
	frame_udp(f, 2152, 2152);
	if (s->peer.family == 6) {
		frame_ipv6(f,
			&(struct frame_ipv6){ .src = is_ul ? RIG_SGW6 : RIG_US6,
				.dst = is_ul ? RIG_US6 : RIG_SGW6,
				.traffic_class = is_ul ? 0 : 46 << 2 });
		link_header(f, RIG_ACCESS, 2, true, is_ul);
		return;
	}
	frame_ipv4(f,
		&(struct frame_ipv4){ .src = is_ul ? sgw : RIG_US,
			.dst = is_ul ? RIG_US : sgw,
			.tos = is_ul ? 0 : 46 << 2,
			.id = is_ul ? 0 : ip_id });
	link_header(f, RIG_ACCESS, sgw, false, is_ul);
}

// ---- The port

// The next frame out of the port, when the port has done what the buffer says. False: there is none, or
// the buffer asks for what it may not.
static bool
port_sends(unsigned int port, struct frame *f)
{
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;
	uint64_t asked;
	bool is_sound = true;

	if (rte_ring_dequeue(rig.tx[port][0], (void **)&m))
		return false;
	asked = m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	if (asked) {
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, m->l2_len);
		is_sound = asked == (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM) &&
			rte_validate_tx_offload(m) == 0 && m->l3_len == sizeof(*ip) &&
			ip->version_ihl == RTE_IPV4_VHL_DEF && ip->hdr_checksum == 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
		n_left_to_port++;
	}
	frame_begin(f);
	frame_copy(f, rte_pktmbuf_mtod(m, void *), m->data_len);
	rte_pktmbuf_free(m);
	return is_sound;
}

static bool
sends(unsigned int port, const struct frame *wanted)
{
	static struct frame got;

	return port_sends(port, &got) && frame_equal(&got, wanted);
}

static void
receive(unsigned int port, struct frame *f)
{
	rig_receive(port, 0, f);
	rig_run();
}

// ---- Whole packets

static bool
passes(const struct dp_session *s, bool is_ipv6, bool is_ul, uint16_t size)
{
	static struct frame in, out;

	inner(&in, s, is_ipv6, is_ul, size, 64);
	inner(&out, s, is_ipv6, is_ul, size, 63);
	if (is_ul) {
		wrap(&in, s, true);
		link_header(&out, RIG_SGI, is_ipv6 ? 2 : RIG_HOST, is_ipv6, false);
	} else {
		link_header(&in, RIG_SGI, is_ipv6 ? 2 : RIG_HOST, is_ipv6, true);
		wrap(&out, s, false);
		ip_id += s->peer.family == 4;
	}
	receive(is_ul ? RIG_ACCESS : RIG_SGI, &in);
	return sends(is_ul ? RIG_SGI : RIG_ACCESS, &out);
}

// In two outer fragments of this session's SGW.
static bool
passes_in_fragments(const struct dp_session *s, bool is_ipv6)
{
	static struct frame whole, part, out;

	inner(&whole, s, is_ipv6, true, 1400, 64);
	frame_gtpu(&whole, &(struct frame_gtpu){ .teid = s->teid });
	frame_udp(&whole, 2152, 2152);
	for (uint16_t at = 0; at < whole.n; at += 800) {
		bool more = at + 800 < whole.n;

		frame_begin(&part);
		frame_copy(&part, frame_bytes(&whole) + at, more ? 800 : whole.n - at);
		frame_ipv4(&part,
			&(struct frame_ipv4){ .src = rig_addr4(&s->peer),
				.dst = RIG_US,
				.id = 77,
				.fragment = (uint16_t)((more ? 0x2000 : 0) | at / 8) });
		link_header(&part, RIG_ACCESS, rig_addr4(&s->peer), false, true);
		receive(RIG_ACCESS, &part);
	}
	inner(&out, s, is_ipv6, true, 1400, 63);
	link_header(&out, RIG_SGI, is_ipv6 ? 2 : RIG_HOST, is_ipv6, false);
	return sends(RIG_SGI, &out);
}

// An inner packet of 1480 bytes leaves downlink in two fragments, each with right headers in and out.
static bool
leaves_in_fragments(const struct dp_session *s)
{
	static struct frame in, got, packet, wanted;
	uint16_t outer = s->peer.family == 6 ? 14 + 56 : s->peer.bytes[2] ? 18 + 36 : 14 + 36;
	unsigned int n = 0, payload = 0;

	inner(&in, s, false, false, 1480, 64);
	link_header(&in, RIG_SGI, RIG_HOST, false, true);
	for (receive(RIG_SGI, &in); port_sends(RIG_ACCESS, &got); n++) {
		frame_begin(&packet);
		frame_copy(&packet, frame_bytes(&got) + outer, got.n - outer);
		payload += packet.n - 20u;
		if (frame_checksum(frame_bytes(&packet), 20) != 0 || frame_bytes(&packet)[8] != 63)
			return false;
		wanted = packet;
		wrap(&wanted, s, false);
		ip_id += s->peer.family == 4;
		if (!frame_equal(&got, &wanted))
			return false;
	}
	return n == 2 && payload == 1460;
}

// The same packets under one setting at one kind of port; how many headers were left to the port.
static unsigned int
run(uint8_t setting, bool offers)
{
	begin(setting, offers);
	for (size_t s = 0; s < SESSIONS; s++) {
		for (unsigned int i = 0; i < 4 * RTE_DIM(sizes); i++)
			CU_ASSERT_TRUE(passes(&session[s], i & 1, i & 2, sizes[i / 4]));
		CU_ASSERT_TRUE(leaves_in_fragments(&session[s]));
		if (session[s].peer.family == 6)
			continue;
		CU_ASSERT_TRUE(passes_in_fragments(&session[s], false));
		CU_ASSERT_TRUE(passes_in_fragments(&session[s], true));
	}
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
	return n_left_to_port;
}

static void
each_setting_sends_the_same_bytes(void)
{
	// two SGWs of IPv4, each with inner packets of both families downlink, and two fragments
	unsigned int outer_ipv4 = 2 * (2 * RTE_DIM(sizes) + 2);

	CU_ASSERT_EQUAL(run(DP_OFFLOAD_OFF, false), 0);
	CU_ASSERT_EQUAL(run(DP_OFFLOAD_OFF, true), 0);
	CU_ASSERT_EQUAL(run(DP_OFFLOAD_AUTO, false), 0);
	CU_ASSERT_EQUAL(run(DP_OFFLOAD_AUTO, true), outer_ipv4);
}

// ---- What ports say of received checksums

static void
receive_marked(unsigned int port, struct frame *f, uint64_t flags)
{
	struct rte_mbuf *m = rig_mbuf(port, f);

	m->ol_flags |= flags;
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue(rig.rx[port][0], m), 0);
	rig_run();
}

static bool
is_forwarded(unsigned int port, struct frame *f, uint64_t flags)
{
	receive_marked(port, f, flags);
	return rig_discard_sent(port == RIG_ACCESS ? RIG_SGI : RIG_ACCESS) == 1;
}

static bool
is_bad_ip(unsigned int port, struct frame *f, uint64_t flags)
{
	uint64_t before = rig_dropped(BAD_IP);

	receive_marked(port, f, flags);
	return rig_dropped(BAD_IP) == before + 1;
}

static void
plain(struct frame *f, unsigned int port, bool is_bad, uint8_t n_options)
{
	struct traffic t = { .s = &session[0],
		.payload = 40,
		.inner = { .is_checksum_bad = is_bad && port == RIG_SGI,
			.n_options = port == RIG_SGI ? n_options : 0 },
		.outer = { .is_checksum_bad = is_bad, .n_options = n_options } };

	if (port == RIG_ACCESS)
		traffic_ul(f, &t);
	else
		traffic_dl(f, &t);
}

static void
a_header_that_no_port_verified_is_summed(void)
{
	static struct frame f;

	begin(DP_OFFLOAD_OFF, false);
	for (unsigned int port = 0; port < RIG_PORTS; port++)
		for (uint8_t options = 0; options <= 8; options += 4) {
			plain(&f, port, false, options);
			CU_ASSERT_TRUE(is_forwarded(port, &f, 0));
			CU_ASSERT_TRUE(is_forwarded(port, &f, RTE_MBUF_F_RX_IP_CKSUM_NONE));
			plain(&f, port, true, options);
			CU_ASSERT_TRUE(is_bad_ip(port, &f, 0));
			CU_ASSERT_TRUE(is_bad_ip(port, &f, RTE_MBUF_F_RX_IP_CKSUM_NONE));
		}
	end();
}

// Each bit of the header that changes nothing else: the sum alone tells.
static void
every_damaged_bit_is_found(void)
{
	static struct frame f;
	unsigned int wrong = 0;

	begin(DP_OFFLOAD_OFF, false);
	for (unsigned int at = 4; at < 20; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			plain(&f, RIG_SGI, false, 0);
			frame_bytes(&f)[14 + at] ^= (uint8_t)(1 << bit);
			wrong += !is_bad_ip(RIG_SGI, &f, 0);
		}
	CU_ASSERT_EQUAL(wrong, 0);
	end();
}

static void
a_port_that_verified_is_believed(void)
{
	static struct frame f;

	begin(DP_OFFLOAD_AUTO, true);
	for (unsigned int port = 0; port < RIG_PORTS; port++) {
		plain(&f, port, false, 0);
		CU_ASSERT_TRUE(is_forwarded(port, &f, RTE_MBUF_F_RX_IP_CKSUM_GOOD));
		CU_ASSERT_TRUE(is_bad_ip(port, &f, RTE_MBUF_F_RX_IP_CKSUM_BAD));
		CU_ASSERT_TRUE(is_bad_ip(
			port, &f, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD));
		plain(&f, port, true, 0); // it isn't summed again
		CU_ASSERT_TRUE(is_forwarded(port, &f, RTE_MBUF_F_RX_IP_CKSUM_GOOD));
	}
	end();
}

// Fills in the UDP checksum of an uplink frame's outer IPv4 datagram. RFC 768.
static void
udp_checksum(struct frame *f)
{
	uint8_t *ip = frame_bytes(f) + 14, room[FRAME_ROOM] = { 0 };
	uint16_t len = (uint16_t)(ip[24] << 8 | ip[25]), sum;

	memcpy(room, ip + 12, 8);
	room[9] = 17;
	memcpy(room + 10, ip + 24, 2);
	memcpy(room + 12, ip + 20, len);
	sum = frame_checksum(room, 12u + len);
	ip[26] = (uint8_t)(sum >> 8);
	ip[27] = (uint8_t)sum;
}

static void
check_udp(struct frame *f, unsigned int udp, bool is_good)
{
	static const uint64_t bad[] = { RTE_MBUF_F_RX_L4_CKSUM_BAD,
		RTE_MBUF_F_RX_OUTER_L4_CKSUM_BAD };
	uint64_t before = rig_dropped(BAD_GTPU);

	if (!is_good)
		frame_bytes(f)[udp + 6] ^= 1;
	for (size_t i = 0; i < RTE_DIM(bad); i++)
		CU_ASSERT_EQUAL(is_forwarded(RIG_ACCESS, f, bad[i]), is_good);
	CU_ASSERT_EQUAL(rig_dropped(BAD_GTPU), before + (is_good ? 0 : RTE_DIM(bad)));
}

// A port may mean the datagram inside, or call no checksum a wrong one: its word is verified.
static void
a_damaged_tunnel_is_a_drop_if_it_is_one(void)
{
	static struct frame f;

	begin(DP_OFFLOAD_AUTO, true);
	plain(&f, RIG_ACCESS, false, 0);
	check_udp(&f, 34, true); // no checksum
	udp_checksum(&f);
	check_udp(&f, 34, true);
	check_udp(&f, 34, false);
	CU_ASSERT_TRUE(
		is_forwarded(RIG_ACCESS, &f, 0)); // nobody has looked: that is the SGW's affair
	inner(&f, &session[1], false, true, 64, 64);
	wrap(&f, &session[1], true);
	check_udp(&f, 54, true);
	check_udp(&f, 54, false);
	plain(&f, RIG_SGI, false, 0); // what users send is their receivers' to judge
	CU_ASSERT_TRUE(is_forwarded(RIG_SGI, &f, RTE_MBUF_F_RX_L4_CKSUM_BAD));
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(each_setting_sends_the_same_bytes),
	UNIT_CASE(a_header_that_no_port_verified_is_summed),
	UNIT_CASE(every_damaged_bit_is_found),
	UNIT_CASE(a_port_that_verified_is_believed),
	UNIT_CASE(a_damaged_tunnel_is_a_drop_if_it_is_one),
};

UNIT_MAIN("dataplane/offload", cases)
