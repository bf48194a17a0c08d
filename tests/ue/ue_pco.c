// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/ue_pco.h"

#define PCO_PAP 0xc023
#define PCO_IPCP 0x8021
#define PCO_DNS_IPV6 0x0003
#define PCO_DNS_IPV4 0x000d
#define PCO_MTU_IPV4 0x0010

#define IPCP_REQUEST 1
#define IPCP_ACK 2
#define IPCP_NAK 3
#define IPCP_PRIMARY_DNS 129
#define IPCP_SECONDARY_DNS 131

static size_t
put_unit(uint8_t *at, uint16_t id, const uint8_t *content, uint8_t n)
{
	at[0] = (uint8_t)(id >> 8);
	at[1] = (uint8_t)id;
	at[2] = n;
	memcpy(at + 3, content, n);
	return 3u + n;
}

// RFC 1334 2.2.1: code 1, identifier, length, peer-id, password
static size_t
put_pap(uint8_t *at, const struct ue_options *o)
{
	uint8_t user = (uint8_t)strlen(o->user), password = (uint8_t)strlen(o->password);
	uint8_t pap[4 + 1 + 64 + 1 + 64], *p = pap;

	*p++ = 1;
	*p++ = 1;
	*p++ = 0;
	*p++ = (uint8_t)(6 + user + password);
	*p++ = user;
	memcpy(p, o->user, user);
	p += user;
	*p++ = password;
	memcpy(p, o->password, password);
	return put_unit(at, PCO_PAP, pap, (uint8_t)(6 + user + password));
}

size_t
ue_pco_request(const struct device *d, uint8_t *bytes, size_t room)
{
	const struct ue_options *o = d->ue->options;
	uint8_t type = o->pdn_type[d->index % o->n_pdn_types];
	bool ipv4 = type != GTPC_PDN_IPV6, ipv6 = type != GTPC_PDN_IPV4;
	static const uint8_t ipcp[] = { IPCP_REQUEST, 1, 0, 16, IPCP_PRIMARY_DNS, 6, 0, 0, 0, 0,
		IPCP_SECONDARY_DNS, 6, 0, 0, 0, 0 };
	size_t n = 0;

	if (room < 251)
		return 0;
	bytes[n++] = 0x80; // configuration protocol: PPP
	if (o->user[0])
		n += put_pap(bytes + n, o);
	if (ipv4 && o->pco & UE_PCO_IPCP)
		n += put_unit(bytes + n, PCO_IPCP, ipcp, sizeof(ipcp));
	if (ipv4 && o->pco & UE_PCO_DNS)
		n += put_unit(bytes + n, PCO_DNS_IPV4, NULL, 0);
	if (ipv6 && o->pco & UE_PCO_DNS)
		n += put_unit(bytes + n, PCO_DNS_IPV6, NULL, 0);
	if (ipv4 && o->pco & UE_PCO_MTU)
		n += put_unit(bytes + n, PCO_MTU_IPV4, NULL, 0);
	return n;
}

// Into the first free one of two places of n octets, once.
static void
take_dns(uint8_t *places, const uint8_t *addr, size_t n)
{
	static const uint8_t none[16];

	for (uint8_t *at = places; at < places + 2 * n; at += n) {
		if (memcmp(at, addr, n) == 0)
			return;
		if (memcmp(at, none, n) == 0) {
			memcpy(at, addr, n);
			return;
		}
	}
}

static void
take_ipcp(struct device *d, const uint8_t *p, size_t n)
{
	if (n < 4 || (p[0] != IPCP_ACK && p[0] != IPCP_NAK))
		return;
	for (size_t at = 4; at + 2 <= n && p[at + 1] >= 2; at += p[at + 1]) {
		bool dns = p[at] == IPCP_PRIMARY_DNS || p[at] == IPCP_SECONDARY_DNS;

		if (dns && p[at + 1] == 6 && at + 6 <= n)
			take_dns(d->dns[0], p + at + 2, 4);
	}
}

void
ue_pco_answer(struct device *d, const uint8_t *bytes, size_t n)
{
	size_t at = 1;

	while (at + 3 <= n) {
		uint16_t id = (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
		const uint8_t *content = bytes + at + 3;
		uint8_t len = bytes[at + 2];

		if (at + 3 + len > n)
			return;
		if (id == PCO_DNS_IPV4 && len == 4)
			take_dns(d->dns[0], content, 4);
		else if (id == PCO_DNS_IPV6 && len == 16)
			take_dns(d->dns6[0], content, 16);
		else if (id == PCO_MTU_IPV4 && len == 2)
			d->mtu = (uint16_t)(content[0] << 8 | content[1]);
		else if (id == PCO_IPCP)
			take_ipcp(d, content, len);
		at += 3u + len;
	}
}
