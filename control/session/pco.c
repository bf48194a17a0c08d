// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/pco.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <string.h>

// TS 24.008 table 10.5.154. What isn't here gets no answer: the others only tell us something (000A
// address by NAS and 0012 P-CSCF reselection are as we do it anyhow), or silence is the refusal (000B
// DHCPv4, 000F IFOM, 0013 and 0014 NBIFOM, 0016 APN rate control, 0017 PS data off, 0018 RDS).
enum unit_id {
	UNIT_PCSCF_IPV6 = 0x0001,
	UNIT_IM_CN_SIGNALLING = 0x0002,
	UNIT_DNS_IPV6 = 0x0003,
	UNIT_BEARER_CONTROL = 0x0005,
	UNIT_PCSCF_IPV4 = 0x000c,
	UNIT_DNS_IPV4 = 0x000d,
	UNIT_MSISDN = 0x000e,
	UNIT_MTU_IPV4 = 0x0010,
	UNIT_LOCAL_ADDRESS_IN_TFT = 0x0011,
	UNIT_MTU_NON_IP = 0x0015,
	UNITS_ONCE = 32, // those below are answered once, however often they are asked
	UNIT_SERVICE_LEVEL_AA = 0x0041, // the uplink one with a length of two octets in an ePCO
	UNIT_IPCP = 0x8021,
	UNIT_PAP = 0xc023,
	UNIT_CHAP = 0xc223,
};

enum { // RFC 1661, 1334, 1994
	CONFIGURE_REQUEST = 1,
	CONFIGURE_ACK = 2,
	CONFIGURE_NAK = 3,
	CONFIGURE_REJECT = 4,
	PAP_REQUEST = 1,
	PAP_ACK = 2,
	PAP_NAK = 3,
	CHAP_CHALLENGE = 1,
	CHAP_RESPONSE = 2,
	CHAP_SUCCESS = 3,
	CHAP_FAILURE = 4,
};

enum { // RFC 1332, RFC 1877
	IPCP_ADDRESS = 3,
	IPCP_PRIMARY_DNS = 129,
	IPCP_SECONDARY_DNS = 131,
};

#define FIRST_OCTET 0x80 // extension bit, configuration protocol 0: PPP
#define PPP_HEADER 4     // code, identifier, length
#define MD5_BYTES 16

struct bytes {
	const uint8_t *at;
	size_t n;
};

struct unit {
	uint16_t id;
	struct bytes body;
};

struct answer {
	uint8_t *to;
	size_t n;
	uint32_t answered; // bits of containers below UNITS_ONCE
};

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

// The unit at the start of `rest`, and `rest` moved behind it; false at the end or if it is broken.
static bool
next_unit(struct bytes *rest, bool is_extended, struct unit *u)
{
	size_t header, length;

	if (rest->n < 3)
		return false;
	u->id = be16(rest->at);
	if (is_extended && u->id == UNIT_SERVICE_LEVEL_AA) {
		header = 4;
		if (rest->n < header)
			return false;
		length = be16(rest->at + 2);
	} else {
		header = 3;
		length = rest->at[2];
	}
	if (rest->n - header < length)
		return false;
	u->body = (struct bytes){ rest->at + header, length };
	rest->at += header + length;
	rest->n -= header + length;
	return true;
}

static struct bytes
units_of(const uint8_t *pco, size_t n)
{
	// the first octet says PPP, or another protocol that is treated as PPP
	return n < 1 ? (struct bytes){ pco, 0 } : (struct bytes){ pco + 1, n - 1 };
}

// The PPP packet in a unit: its code and identifier, and what follows its header.
static bool
ppp_packet(struct bytes unit, uint8_t *code, uint8_t *id, struct bytes *content)
{
	size_t length;

	if (unit.n < PPP_HEADER)
		return false;
	*code = unit.at[0];
	*id = unit.at[1];
	length = be16(unit.at + 2);
	if (length < PPP_HEADER)
		return false;
	if (length > unit.n)
		length = unit.n;
	*content = (struct bytes){ unit.at + PPP_HEADER, length - PPP_HEADER };
	return true;
}

// A string with its length in the first octet; `from` moved behind it.
static bool
counted_string(struct bytes *from, struct bytes *string)
{
	if (from->n < 1 || from->n - 1 < from->at[0])
		return false;
	*string = (struct bytes){ from->at + 1, from->at[0] };
	from->at += 1 + string->n;
	from->n -= 1 + string->n;
	return true;
}

static bool
equals(struct bytes got, const char *expected)
{
	size_t n = strlen(expected);

	return got.n == n && CRYPTO_memcmp(got.at, expected, n) == 0;
}

static bool
pap_is_right(struct bytes content, const struct pco_policy *policy)
{
	struct bytes user, password;

	if (policy->n_credentials == 0)
		return true;
	if (!counted_string(&content, &user) || !counted_string(&content, &password))
		return false;
	for (size_t i = 0; i < policy->n_credentials; i++)
		if (equals(user, policy->credentials[i].user))
			return equals(password, policy->credentials[i].password);
	return false;
}

// RFC 1994 4.1: the response is MD5(identifier, secret, challenge).
static bool
chap_matches(uint8_t id, const char *secret, struct bytes challenge, struct bytes response)
{
	uint8_t text[1 + 255 + 255], digest[EVP_MAX_MD_SIZE];
	size_t n = strlen(secret);
	unsigned int digest_bytes = 0;
	bool is_right;

	if (n > 255 || challenge.n > 255 || response.n != MD5_BYTES)
		return false;
	text[0] = id;
	memcpy(text + 1, secret, n);
	memcpy(text + 1 + n, challenge.at, challenge.n);
	is_right = EVP_Digest(text, 1 + n + challenge.n, digest, &digest_bytes, EVP_md5(), NULL) ==
			1 &&
		digest_bytes == MD5_BYTES && CRYPTO_memcmp(digest, response.at, MD5_BYTES) == 0;
	OPENSSL_cleanse(text, sizeof(text));
	return is_right;
}

// content: of the Response. challenge: of the latest Challenge before it, which the device's own
// terminal made.
static bool
chap_is_right(
	uint8_t id, struct bytes content, struct bytes challenge, const struct pco_policy *policy)
{
	struct bytes response;

	if (policy->n_credentials == 0)
		return true;
	if (!counted_string(&content, &response))
		return false;
	for (size_t i = 0; i < policy->n_credentials; i++)
		if (equals(content, policy->credentials[i].user))
			return chap_matches(
				id, policy->credentials[i].password, challenge, response);
	return false;
}

// What a CHAP or PAP unit says; *reply is the packet to answer with (no body but PAP's empty text).
struct auth_exchange {
	struct bytes challenge; // of CHAP, remembered for the response
	uint8_t reply_code;
	uint8_t reply_id;
};

static enum pco_auth
judge(const struct unit *u, struct auth_exchange *x, const struct pco_policy *policy)
{
	struct bytes content;
	uint8_t code, id;
	bool is_right;

	if ((u->id != UNIT_PAP && u->id != UNIT_CHAP) || !ppp_packet(u->body, &code, &id, &content))
		return PCO_AUTH_NONE;
	x->reply_id = id;
	if (u->id == UNIT_PAP && code == PAP_REQUEST) {
		is_right = pap_is_right(content, policy);
		x->reply_code = is_right ? PAP_ACK : PAP_NAK;
	} else if (u->id == UNIT_CHAP && code == CHAP_RESPONSE) {
		is_right = chap_is_right(id, content, x->challenge, policy);
		x->reply_code = is_right ? CHAP_SUCCESS : CHAP_FAILURE;
	} else {
		if (u->id == UNIT_CHAP && code == CHAP_CHALLENGE)
			counted_string(&content, &x->challenge);
		return PCO_AUTH_NONE;
	}
	return is_right ? PCO_AUTH_GOOD : PCO_AUTH_BAD;
}

enum pco_auth
pco_authenticate(const uint8_t *pco, size_t n, bool is_extended, const struct pco_policy *policy)
{
	struct bytes rest = units_of(pco, n);
	struct auth_exchange x = { 0 };
	enum pco_auth all = PCO_AUTH_NONE;
	struct unit u;

	while (next_unit(&rest, is_extended, &u)) {
		enum pco_auth one = judge(&u, &x, policy);

		if (one > all)
			all = one;
	}
	return all;
}

// A whole unit, or nothing of it where it doesn't fit.
static void
add_unit(struct answer *a, uint16_t id, const void *body, size_t n)
{
	if (n > UINT8_MAX || PCO_MAX - a->n < 3 + n)
		return;
	a->to[a->n++] = (uint8_t)(id >> 8);
	a->to[a->n++] = (uint8_t)id;
	a->to[a->n++] = (uint8_t)n;
	if (n)
		memcpy(a->to + a->n, body, n);
	a->n += n;
}

static void
answer_auth(struct answer *a, const struct unit *u, struct auth_exchange *x,
	const struct pco_policy *policy)
{
	uint8_t packet[PPP_HEADER + 1];
	size_t n = u->id == UNIT_PAP ? PPP_HEADER + 1 : PPP_HEADER;

	if (judge(u, x, policy) == PCO_AUTH_NONE)
		return;
	packet[0] = x->reply_code;
	packet[1] = x->reply_id;
	packet[2] = 0;
	packet[3] = (uint8_t)n;
	packet[4] = 0; // PAP: no text
	add_unit(a, u->id, packet, n);
}

// An IPCP packet being written into a unit's body.
struct ipcp {
	uint8_t bytes[UINT8_MAX];
	size_t n;
};

static void
ipcp_begin(struct ipcp *p, uint8_t code, uint8_t id)
{
	p->bytes[0] = code;
	p->bytes[1] = id;
	p->n = PPP_HEADER;
}

static void
ipcp_option(struct ipcp *p, uint8_t type, const uint8_t *value, size_t n)
{
	if (sizeof(p->bytes) - p->n < 2 + n)
		return;
	p->bytes[p->n++] = type;
	p->bytes[p->n++] = (uint8_t)(2 + n);
	memcpy(p->bytes + p->n, value, n);
	p->n += n;
}

static void
ipcp_end(struct ipcp *p, struct answer *a)
{
	p->bytes[2] = (uint8_t)(p->n >> 8);
	p->bytes[3] = (uint8_t)p->n;
	add_unit(a, UNIT_IPCP, p->bytes, p->n);
}

// The value that an option should have; NULL: an option that we don't know, or an address where the
// session has none. All zero: there is no such server.
static const uint8_t *
right_value(uint8_t option, const struct pco_policy *policy)
{
	static const uint8_t none[4];

	switch (option) {
	case IPCP_ADDRESS:
		return memcmp(policy->ue_ipv4, none, 4) ? policy->ue_ipv4 : NULL;
	case IPCP_PRIMARY_DNS:
		return policy->n_dns_ipv4 > 0 ? policy->dns_ipv4[0] : none;
	case IPCP_SECONDARY_DNS:
		return policy->n_dns_ipv4 > 1 ? policy->dns_ipv4[1] : none;
	default:
		return NULL;
	}
}

// RFC 1661 5.2 to 5.4. One Nak holds every option whose value must be another one. Unknown options
// are rejected beside it, not instead of it: the device has a single exchange to learn its DNS.
static void
answer_ipcp(struct answer *a, struct bytes body, const struct pco_policy *policy)
{
	struct ipcp ack, nak, reject;
	struct bytes rest;
	uint8_t code, id;

	if (!ppp_packet(body, &code, &id, &rest) || code != CONFIGURE_REQUEST)
		return;
	ipcp_begin(&ack, CONFIGURE_ACK, id);
	ipcp_begin(&nak, CONFIGURE_NAK, id);
	ipcp_begin(&reject, CONFIGURE_REJECT, id);
	while (rest.n >= 2 && rest.at[1] >= 2 && rest.at[1] <= rest.n) {
		const uint8_t *value = rest.at + 2, *right = right_value(rest.at[0], policy);
		size_t n = rest.at[1] - 2U;

		if (!right)
			ipcp_option(&reject, rest.at[0], value, n);
		else if (n != 4 || memcmp(value, right, 4) != 0)
			ipcp_option(&nak, rest.at[0], right, 4);
		else
			ipcp_option(&ack, rest.at[0], value, n);
		rest.at += rest.at[1];
		rest.n -= n + 2;
	}
	if (nak.n > PPP_HEADER)
		ipcp_end(&nak, a);
	if (reject.n > PPP_HEADER)
		ipcp_end(&reject, a);
	if (nak.n == PPP_HEADER && reject.n == PPP_HEADER)
		ipcp_end(&ack, a);
}

static void
add_list(struct answer *a, uint16_t id, const void *values, size_t bytes, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++)
		add_unit(a, id, (const uint8_t *)values + i * bytes, bytes);
}

static void
add_u16(struct answer *a, uint16_t id, uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	add_list(a, id, bytes, sizeof(bytes), value != 0);
}

// Digits as in the MSISDN of GTPv2-C: the first one in the low half, filled up with F. TS 29.274 8.11
static void
add_msisdn(struct answer *a, const char *digits)
{
	uint8_t bytes[8], n = 0;

	if (!digits)
		return;
	for (; digits[0] && n < sizeof(bytes); n++, digits += digits[1] ? 2 : 1)
		bytes[n] = (uint8_t)((digits[0] - '0') |
			(digits[1] ? (uint8_t)(digits[1] - '0') : 0x0f) << 4);
	add_list(a, UNIT_MSISDN, bytes, n, n > 0);
}

static void
answer_container(struct answer *a, uint16_t id, const struct pco_policy *policy)
{
	switch (id) {
	case UNIT_PCSCF_IPV6:
		add_list(a, id, policy->pcscf_ipv6, 16, policy->n_pcscf_ipv6);
		break;
	case UNIT_IM_CN_SIGNALLING:
		if (policy->is_ims)
			add_unit(a, id, NULL, 0);
		break;
	case UNIT_DNS_IPV6:
		add_list(a, id, policy->dns_ipv6, 16, policy->n_dns_ipv6);
		break;
	case UNIT_BEARER_CONTROL:
		add_list(a, id, &policy->bearer_control, 1, policy->bearer_control != 0);
		break;
	case UNIT_PCSCF_IPV4:
		add_list(a, id, policy->pcscf_ipv4, 4, policy->n_pcscf_ipv4);
		break;
	case UNIT_DNS_IPV4:
		add_list(a, id, policy->dns_ipv4, 4, policy->n_dns_ipv4);
		break;
	case UNIT_MSISDN:
		add_msisdn(a, policy->msisdn);
		break;
	case UNIT_MTU_IPV4:
		add_u16(a, id, policy->mtu_bytes);
		break;
	case UNIT_LOCAL_ADDRESS_IN_TFT: // tft.c takes components 17 and 35
		add_unit(a, id, NULL, 0);
		break;
	case UNIT_MTU_NON_IP:
		add_u16(a, id, policy->mtu_non_ip_bytes);
		break;
	default:
		break;
	}
}

static void
answer_unit(struct answer *a, const struct unit *u, struct auth_exchange *x,
	const struct pco_policy *policy)
{
	if (u->id < UNITS_ONCE) {
		if (!(a->answered >> u->id & 1))
			answer_container(a, u->id, policy);
		a->answered |= 1U << u->id;
	} else if (u->id == UNIT_IPCP) {
		answer_ipcp(a, u->body, policy);
	} else {
		answer_auth(a, u, x, policy); // nothing where it is neither PAP nor CHAP
	}
}

size_t
pco_answer(const uint8_t *pco, size_t n, bool is_extended, const struct pco_policy *policy,
	uint8_t answer[PCO_MAX])
{
	struct bytes rest = units_of(pco, n);
	struct answer a = { .to = answer };
	struct auth_exchange x = { 0 };
	struct unit u;

	a.to[a.n++] = FIRST_OCTET;
	while (next_unit(&rest, is_extended, &u))
		answer_unit(&a, &u, &x, policy);
	return a.n > 1 ? a.n : 0;
}
