// SPDX-License-Identifier: BSD-3-Clause
// Where packets go and how well: addresses, F-TEIDs, QoS.
#include "control/gtpc/ie_codec.h"

#include <errno.h>
#include <string.h>

#define FTEID_V4 0x80
#define FTEID_V6 0x40
#define FTEID_INTERFACE 0x3f

#define ARP_PCI 0x40
#define ARP_PVI 0x01

#define FQ_CSID_IPV4 0
#define FQ_CSID_IPV6 1
#define FQ_CSID_NODE 2

#define PACKET_LOSS_UL 0x01
#define PACKET_LOSS_DL 0x02

// 4 or 16 octets. TS 29.274 8.9
int
decode_addr(struct cursor *c, void *host)
{
	struct gtpc_addr *addr = host;
	size_t n = cursor_left(c);

	if (n != 4 && n != 16)
		return -EINVAL;
	*addr = (struct gtpc_addr){ .family = n == 4 ? 4 : 6 };
	cursor_copy(c, addr->bytes, n);
	return 0;
}

void
encode_addr(struct writer *w, const void *host)
{
	const struct gtpc_addr *addr = host;

	if (addr->family != 4 && addr->family != 6)
		writer_refuse(w);
	writer_copy(w, addr->bytes, gtpc_addr_size(addr));
}

// TS 29.274 8.22: neither V4 nor V6 is reserved.
int
decode_fteid(struct cursor *c, void *host)
{
	struct gtpc_fteid *fteid = host;
	uint8_t flags = cursor_u8(c);

	*fteid = (struct gtpc_fteid){
		.interface = flags & FTEID_INTERFACE,
		.has_ipv4 = flags & FTEID_V4,
		.has_ipv6 = flags & FTEID_V6,
	};
	fteid->teid = cursor_be32(c);
	if (fteid->has_ipv4)
		cursor_copy(c, fteid->ipv4, sizeof(fteid->ipv4));
	if (fteid->has_ipv6)
		cursor_copy(c, fteid->ipv6, sizeof(fteid->ipv6));
	if (c->err)
		return c->err;
	return fteid->has_ipv4 || fteid->has_ipv6 ? 0 : -EINVAL;
}

void
encode_fteid(struct writer *w, const void *host)
{
	const struct gtpc_fteid *fteid = host;
	unsigned int flags = fteid->interface & FTEID_INTERFACE;

	if (!fteid->has_ipv4 && !fteid->has_ipv6)
		writer_refuse(w);
	flags |= fteid->has_ipv4 ? FTEID_V4 : 0;
	flags |= fteid->has_ipv6 ? FTEID_V6 : 0;
	writer_u8(w, (uint8_t)flags);
	writer_be32(w, fteid->teid);
	if (fteid->has_ipv4)
		writer_copy(w, fteid->ipv4, sizeof(fteid->ipv4));
	if (fteid->has_ipv6)
		writer_copy(w, fteid->ipv6, sizeof(fteid->ipv6));
}

struct gtpc_fteid
gtpc_fteid_make(enum gtpc_interface interface, uint32_t teid, const struct gtpc_addr *addr)
{
	struct gtpc_fteid fteid = { .interface = (uint8_t)interface, .teid = teid };

	if (addr->family == 4) {
		fteid.has_ipv4 = true;
		memcpy(fteid.ipv4, addr->bytes, sizeof(fteid.ipv4));
	} else if (addr->family == 6) {
		fteid.has_ipv6 = true;
		memcpy(fteid.ipv6, addr->bytes, sizeof(fteid.ipv6));
	}
	return fteid;
}

struct gtpc_addr
gtpc_fteid_addr(const struct gtpc_fteid *fteid, uint8_t family)
{
	if (fteid->has_ipv4 && (family != 6 || !fteid->has_ipv6))
		return gtpc_addr_ipv4(fteid->ipv4);
	if (fteid->has_ipv6)
		return gtpc_addr_ipv6(fteid->ipv6);
	return (struct gtpc_addr){ 0 };
}

// TS 29.274 8.14: in both, IPv6 comes first. Non-IP and Ethernet have no address.
int
decode_paa(struct cursor *c, void *host)
{
	struct gtpc_paa *paa = host;

	*paa = (struct gtpc_paa){ .pdn_type = cursor_u8(c) & 0x07 };
	if (paa->pdn_type == 0 || paa->pdn_type > GTPC_PDN_ETHERNET)
		return c->err ? c->err : -EINVAL;
	if (paa->pdn_type == GTPC_PDN_IPV6 || paa->pdn_type == GTPC_PDN_IPV4V6) {
		paa->ipv6_prefix_bits = cursor_u8(c);
		cursor_copy(c, paa->ipv6, sizeof(paa->ipv6));
	}
	if (paa->pdn_type == GTPC_PDN_IPV4 || paa->pdn_type == GTPC_PDN_IPV4V6)
		cursor_copy(c, paa->ipv4, sizeof(paa->ipv4));
	if (c->err)
		return c->err;
	return paa->ipv6_prefix_bits <= 128 ? 0 : -EINVAL;
}

void
encode_paa(struct writer *w, const void *host)
{
	const struct gtpc_paa *paa = host;

	if (paa->pdn_type == 0 || paa->pdn_type > GTPC_PDN_ETHERNET)
		writer_refuse(w);
	writer_u8(w, paa->pdn_type);
	if (paa->pdn_type == GTPC_PDN_IPV6 || paa->pdn_type == GTPC_PDN_IPV4V6) {
		writer_u8(w, paa->ipv6_prefix_bits);
		writer_copy(w, paa->ipv6, sizeof(paa->ipv6));
	}
	if (paa->pdn_type == GTPC_PDN_IPV4 || paa->pdn_type == GTPC_PDN_IPV4V6)
		writer_copy(w, paa->ipv4, sizeof(paa->ipv4));
}

// TS 29.274 8.62
int
decode_fq_csid(struct cursor *c, void *host)
{
	struct gtpc_fq_csid *id = host;
	uint8_t first = cursor_u8(c);

	*id = (struct gtpc_fq_csid){ .n_csids = first & 0xf };
	switch (first >> 4) {
	case FQ_CSID_IPV4:
		id->node.family = 4;
		cursor_copy(c, id->node.bytes, 4);
		break;
	case FQ_CSID_IPV6:
		id->node.family = 6;
		cursor_copy(c, id->node.bytes, 16);
		break;
	case FQ_CSID_NODE:
		id->node_id = cursor_be32(c);
		break;
	default:
		return -EINVAL;
	}
	for (unsigned int i = 0; i < id->n_csids; i++)
		id->csids[i] = cursor_be16(c);
	return c->err;
}

void
encode_fq_csid(struct writer *w, const void *host)
{
	const struct gtpc_fq_csid *id = host;
	unsigned int kind = id->node.family == 4 ? FQ_CSID_IPV4
		: id->node.family == 6           ? FQ_CSID_IPV6
						 : FQ_CSID_NODE;

	if (id->n_csids > GTPC_CSIDS_MAX) {
		writer_refuse(w);
		return;
	}
	writer_u8(w, (uint8_t)(kind << 4 | id->n_csids));
	if (kind == FQ_CSID_NODE)
		writer_be32(w, id->node_id);
	else
		writer_copy(w, id->node.bytes, gtpc_addr_size(&id->node));
	for (unsigned int i = 0; i < id->n_csids; i++)
		writer_be16(w, id->csids[i]);
}

// TS 29.274 8.7
int
decode_ambr(struct cursor *c, void *host)
{
	struct gtpc_ambr *ambr = host;

	ambr->ul_kbps = cursor_be32(c);
	ambr->dl_kbps = cursor_be32(c);
	return c->err;
}

void
encode_ambr(struct writer *w, const void *host)
{
	const struct gtpc_ambr *ambr = host;

	writer_be32(w, ambr->ul_kbps);
	writer_be32(w, ambr->dl_kbps);
}

bool
gtpc_qci_is_gbr(uint8_t qci)
{
	return (qci >= 1 && qci <= 4) || (qci >= 65 && qci <= 67) || (qci >= 71 && qci <= 76) ||
		(qci >= 82 && qci <= 85);
}

// TS 29.274 8.16. QCI 0 and 255 are reserved (TS 24.301 9.9.4.3).
int
decode_flow_qos(struct cursor *c, void *host)
{
	struct gtpc_qos *qos = host;

	qos->qci = cursor_u8(c);
	qos->ul_mbr_kbps = cursor_be(c, 5);
	qos->dl_mbr_kbps = cursor_be(c, 5);
	qos->ul_gbr_kbps = cursor_be(c, 5);
	qos->dl_gbr_kbps = cursor_be(c, 5);
	if (c->err)
		return c->err;
	return qos->qci == 0 || qos->qci == 255 ? -EINVAL : 0;
}

static void
encode_rate(struct writer *w, uint64_t kbps)
{
	if (kbps >> 40)
		writer_refuse(w);
	writer_be(w, kbps, 5);
}

void
encode_flow_qos(struct writer *w, const void *host)
{
	const struct gtpc_qos *qos = host;

	if (qos->qci == 0 || qos->qci == 255)
		writer_refuse(w);
	writer_u8(w, qos->qci);
	encode_rate(w, qos->ul_mbr_kbps);
	encode_rate(w, qos->dl_mbr_kbps);
	encode_rate(w, qos->ul_gbr_kbps);
	encode_rate(w, qos->dl_gbr_kbps);
}

// TS 29.274 8.15: the two preemption bits are 0 where preemption is enabled.
int
decode_bearer_qos(struct cursor *c, void *host)
{
	struct gtpc_qos *qos = host;
	uint8_t arp = cursor_u8(c);

	qos->priority_level = arp >> 2 & 0xf;
	qos->can_preempt = !(arp & ARP_PCI);
	qos->is_preemptable = !(arp & ARP_PVI);
	return decode_flow_qos(c, qos);
}

void
encode_bearer_qos(struct writer *w, const void *host)
{
	const struct gtpc_qos *qos = host;
	unsigned int arp = (qos->priority_level & 0xfu) << 2;

	arp |= qos->can_preempt ? 0 : ARP_PCI;
	arp |= qos->is_preemptable ? 0 : ARP_PVI;
	writer_u8(w, (uint8_t)arp);
	encode_flow_qos(w, qos);
}

// TS 29.274 8.134
int
decode_packet_loss(struct cursor *c, void *host)
{
	struct gtpc_packet_loss *loss = host;
	uint8_t flags = cursor_u8(c);

	loss->has_ul = flags & PACKET_LOSS_UL;
	loss->has_dl = flags & PACKET_LOSS_DL;
	if (loss->has_ul)
		loss->ul = cursor_be16(c);
	if (loss->has_dl)
		loss->dl = cursor_be16(c);
	return c->err;
}

void
encode_packet_loss(struct writer *w, const void *host)
{
	const struct gtpc_packet_loss *loss = host;

	writer_u8(w,
		(uint8_t)((loss->has_ul ? PACKET_LOSS_UL : 0) |
			(loss->has_dl ? PACKET_LOSS_DL : 0)));
	if (loss->has_ul)
		writer_be16(w, loss->ul);
	if (loss->has_dl)
		writer_be16(w, loss->dl);
}

// TS 29.274 8.129
int
decode_serving_plmn_rate(struct cursor *c, void *host)
{
	struct gtpc_serving_plmn_rate *rate = host;

	rate->ul = cursor_be16(c);
	rate->dl = cursor_be16(c);
	return c->err;
}

void
encode_serving_plmn_rate(struct writer *w, const void *host)
{
	const struct gtpc_serving_plmn_rate *rate = host;

	writer_be16(w, rate->ul);
	writer_be16(w, rate->dl);
}
