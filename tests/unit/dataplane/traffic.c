// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/dataplane/traffic.h"

#include "tests/unit/dataplane/worker_rig.h"

#define GTPU 2152
#define ETHER_IPV4 0x0800

static uint32_t
addr_of(const struct dp_addr *a)
{
	return IP4(a->bytes[0], a->bytes[1], a->bytes[2], a->bytes[3]);
}

void
traffic_from(struct frame *f, uint32_t them, unsigned int port, uint16_t vlan)
{
	uint8_t mac[6];

	rig_mac(them, mac);
	frame_ether(f, rig_port_mac[port], mac, vlan, ETHER_IPV4);
}

void
traffic_to(struct frame *f, uint32_t them, unsigned int port, uint16_t vlan)
{
	uint8_t mac[6];

	rig_mac(them, mac);
	frame_ether(f, mac, rig_port_mac[port], vlan, ETHER_IPV4);
}

static void
inner(struct frame *f, const struct traffic *t, bool is_ul, uint8_t hops)
{
	struct frame_ipv4 h = t->inner;
	uint32_t near = rig_ue(t->s), far = RIG_FAR_HOST;

	h.src = h.src ? h.src : is_ul ? near : far;
	h.dst = h.dst ? h.dst : is_ul ? far : near;
	h.ttl = (uint8_t)((h.ttl ? h.ttl : 64) - hops);
	h.fragment |= t->is_df ? 0x4000 : 0;
	frame_begin(f);
	frame_payload(f, t->payload, t->seed);
	frame_udp(f, 5001, 5002);
	frame_ipv4(f, &h);
}

void
traffic_ul_inner(struct frame *f, const struct traffic *t)
{
	inner(f, t, true, 0);
}

void
traffic_dl_inner(struct frame *f, const struct traffic *t)
{
	inner(f, t, false, 0);
}

void
traffic_ul(struct frame *f, const struct traffic *t)
{
	struct frame_gtpu g = t->gtpu;
	struct frame_ipv4 o = t->outer;

	g.teid = g.teid ? g.teid : t->s->teid;
	o.src = o.src ? o.src : addr_of(&t->s->peer);
	o.dst = o.dst ? o.dst : addr_of(&t->s->local);
	inner(f, t, true, 0);
	frame_gtpu(f, &g);
	frame_udp(f, t->outer_src_port ? t->outer_src_port : GTPU, GTPU);
	frame_ipv4(f, &o);
	traffic_from(f, addr_of(&t->s->peer), RIG_ACCESS, t->vlan);
}

void
traffic_ul_out(struct frame *f, const struct traffic *t)
{
	bool other = t->s->vrf == RIG_VRF_OTHER;

	inner(f, t, true, 1);
	traffic_to(f, other ? IP4(10, 30, 0, 2) : RIG_HOST, RIG_SGI, other ? RIG_VLAN_OTHER : 0);
}

void
traffic_dl(struct frame *f, const struct traffic *t)
{
	inner(f, t, false, 0);
	traffic_from(f, RIG_HOST, RIG_SGI, t->vlan);
}

void
traffic_dl_wrap(struct frame *f, const struct dp_session *s, uint16_t id)
{
	struct frame_gtpu g = { .teid = s->peer_teid };
	struct frame_ipv4 o = {
		.src = addr_of(&s->local),
		.dst = addr_of(&s->peer),
		.tos = (uint8_t)(s->dscp << 2),
		.id = id,
	};

	frame_gtpu(f, &g);
	frame_udp(f, GTPU, GTPU);
	frame_ipv4(f, &o);
	traffic_to(f, addr_of(&s->peer), RIG_ACCESS, 0);
}

void
traffic_dl_out(struct frame *f, const struct traffic *t, uint16_t id)
{
	inner(f, t, false, 1);
	traffic_dl_wrap(f, t->s, id);
}
