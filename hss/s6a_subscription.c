// SPDX-License-Identifier: BSD-3-Clause
#include "hss/s6a_subscription.h"

#include "hss/s6a.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

// Feature-List-ID 1: a node that lacks these can't apply operator determined barring. TS 29.272 7.3.10.
#define FEATURES_ODB 7u

#define ALL_APNS_INCLUDED 0
#define ENABLED 0 // pre-emption capability and vulnerability, TS 29.212 5.3.46, 5.3.47
#define DISABLED 1

// Two digits an octet, the first in the low half, 15 as filler. TS 29.002 17.7.8.
static size_t
to_tbcd(const char *digits, uint8_t *tbcd)
{
	size_t n = strlen(digits);

	for (size_t i = 0; i < n; i += 2) {
		uint8_t low = (uint8_t)(digits[i] - '0');
		uint8_t high = i + 1 < n ? (uint8_t)(digits[i + 1] - '0') : 15;

		tbcd[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (n + 1) / 2;
}

static uint32_t
saturated(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

// TS 29.272 7.3.41: what doesn't fit stands beside it in kilobits.
static void
put_ambr(struct avp_out *out, uint64_t ul_bps, uint64_t dl_bps)
{
	size_t ambr = avp_open(out, AVP_AMBR);

	avp_put_u32(out, AVP_MAX_REQUESTED_BANDWIDTH_UL, saturated(ul_bps));
	avp_put_u32(out, AVP_MAX_REQUESTED_BANDWIDTH_DL, saturated(dl_bps));
	if (ul_bps > UINT32_MAX)
		avp_put_u32(out, AVP_EXTENDED_MAX_REQUESTED_BW_UL, saturated(ul_bps / 1000));
	if (dl_bps > UINT32_MAX)
		avp_put_u32(out, AVP_EXTENDED_MAX_REQUESTED_BW_DL, saturated(dl_bps / 1000));
	avp_close(out, ambr);
}

static void
put_charging(struct avp_out *out, uint16_t charging)
{
	char hex[5];

	snprintf(hex, sizeof(hex), "%04x", charging);
	avp_put_text(out, AVP_TGPP_CHARGING_CHARACTERISTICS, hex);
}

// The M bit of the group that begins at start and of its members.
static void
set_mandatory(struct avp_out *out, size_t start)
{
	struct wire_cursor c = { .at = out->w.buf + start, .end = out->w.buf + out->w.len };
	struct wire_avp group, avp;

	if (out->w.is_overrun || wire_next(&c, &group) != 1)
		return;
	out->w.buf[start + 4] |= WIRE_MANDATORY;
	wire_enter(&c, &group);
	while (wire_next(&c, &avp) == 1)
		out->w.buf[(size_t)(avp.start - out->w.buf) + 4] |= WIRE_MANDATORY;
}

// Captures show the ARP with and without the M bit. TS 29.212 5.3.32, 5.3.45 to 5.3.47.
static void
put_arp(struct avp_out *out, const struct apn_config *apn)
{
	size_t start = out->w.len;
	size_t arp = avp_open(out, AVP_ALLOCATION_RETENTION_PRIORITY);

	avp_put_u32(out, AVP_PRIORITY_LEVEL, apn->arp_priority);
	avp_put_u32(out, AVP_PRE_EMPTION_CAPABILITY, apn->arp_can_preempt ? ENABLED : DISABLED);
	avp_put_u32(
		out, AVP_PRE_EMPTION_VULNERABILITY, apn->arp_is_preemptable ? ENABLED : DISABLED);
	avp_close(out, arp);
	if (s6a.config->is_arp_mandatory)
		set_mandatory(out, start);
}

static void
put_qos(struct avp_out *out, const struct apn_config *apn)
{
	size_t qos = avp_open(out, AVP_EPS_SUBSCRIBED_QOS_PROFILE);

	avp_put_u32(out, AVP_QOS_CLASS_IDENTIFIER, apn->qci);
	put_arp(out, apn);
	avp_close(out, qos);
}

// RFC 5447 4.2.1, RFC 5779 for the host.
static void
put_gateway(struct avp_out *out, const struct gateway *gw)
{
	size_t agent = avp_open(out, AVP_MIP6_AGENT_INFO), host;

	if (gw->has_v4)
		avp_put_ipv4(out, AVP_MIP_HOME_AGENT_ADDRESS, gw->v4);
	if (gw->has_v6)
		avp_put_ipv6(out, AVP_MIP_HOME_AGENT_ADDRESS, &gw->v6);
	if (gw->host[0] != '\0') {
		host = avp_open(out, AVP_MIP_HOME_AGENT_HOST);
		avp_put_text(out, AVP_DESTINATION_REALM, gw->realm);
		avp_put_text(out, AVP_DESTINATION_HOST, gw->host);
		avp_close(out, host);
	}
	avp_close(out, agent);
}

static const struct pdn_gateway *
notified_gateway(const struct subscriber *s, const char *apn)
{
	for (uint16_t i = 0; i < s->n_gateways; i++)
		if (strcasecmp(s->gateways[i].apn, apn) == 0)
			return &s->gateways[i];
	return NULL;
}

// The profile's gateway pins ours; else the one where the connection is, as a node told by NOR.
static void
put_gateways(struct avp_out *out, const struct subscriber *s, const struct apn_config *apn)
{
	const struct pdn_gateway *notified;

	if (apn->has_gateway) {
		put_gateway(out, &apn->gateway);
		avp_put_u32(out, AVP_PDN_GW_ALLOCATION_TYPE, apn->gw_allocation);
		return;
	}
	notified = notified_gateway(s, apn->apn);
	if (notified == NULL)
		return;
	put_gateway(out, &notified->gateway);
	if (notified->visited_network[0] != '\0')
		avp_put_text(out, AVP_VISITED_NETWORK_IDENTIFIER, notified->visited_network);
	avp_put_u32(out, AVP_PDN_GW_ALLOCATION_TYPE, PDN_GW_DYNAMIC);
}

static void
put_apn(struct avp_out *out, const struct subscriber *s, const struct apn_config *apn)
{
	const struct fixed_address *fixed = subscriber_address(s, apn->apn);
	size_t group = avp_open(out, AVP_APN_CONFIGURATION);

	avp_put_u32(out, AVP_CONTEXT_IDENTIFIER, apn->context_id);
	if (fixed != NULL && fixed->has_v4)
		avp_put_ipv4(out, AVP_SERVED_PARTY_IP_ADDRESS, fixed->v4);
	if (fixed != NULL && fixed->has_v6)
		avp_put_ipv6(out, AVP_SERVED_PARTY_IP_ADDRESS, &fixed->v6);
	avp_put_u32(out, AVP_PDN_TYPE, apn->pdn_type);
	avp_put_text(out, AVP_SERVICE_SELECTION, apn->apn);
	put_qos(out, apn);
	avp_put_u32(out, AVP_VPLMN_DYNAMIC_ADDRESS_ALLOWED, apn->is_vplmn_address_allowed);
	put_gateways(out, s, apn);
	if (apn->has_charging)
		put_charging(out, apn->charging);
	put_ambr(out, apn->ambr_ul_bps, apn->ambr_dl_bps);
	avp_close(out, group);
}

static void
put_apns(struct avp_out *out, const struct subscriber *s)
{
	const struct profile *p = s->profile;
	size_t group = avp_open(out, AVP_APN_CONFIGURATION_PROFILE);

	avp_put_u32(out, AVP_CONTEXT_IDENTIFIER, p->default_context_id);
	avp_put_u32(out, AVP_ALL_APN_CONFIGURATIONS_INCLUDED_INDICATOR, ALL_APNS_INCLUDED);
	for (uint16_t i = 0; i < p->n_apns; i++)
		put_apn(out, s, &p->apns[i]);
	avp_close(out, group);
}

void
s6a_put_subscription(struct avp_out *out, const struct subscriber *s, uint32_t features)
{
	const struct profile *p = s->profile;
	size_t group = avp_open(out, AVP_SUBSCRIPTION_DATA);
	uint8_t msisdn[MSISDN_SIZE];

	avp_put_u32(out, AVP_SUBSCRIBER_STATUS, p->is_barred);
	if (s->msisdn[0] != '\0')
		avp_put_octets(out, AVP_MSISDN, msisdn, to_tbcd(s->msisdn, msisdn));
	avp_put_u32(out, AVP_NETWORK_ACCESS_MODE, p->is_packet_only ? 2 : 0);
	if (p->is_barred && (features & FEATURES_ODB))
		avp_put_u32(out, AVP_OPERATOR_DETERMINED_BARRING, p->odb);
	avp_put_u32(out, AVP_ACCESS_RESTRICTION_DATA, p->access_restriction);
	if (p->has_charging)
		put_charging(out, p->charging);
	put_ambr(out, p->ambr_ul_bps, p->ambr_dl_bps);
	put_apns(out, s);
	if (p->rau_tau_timer_s != 0)
		avp_put_u32(out, AVP_SUBSCRIBED_PERIODIC_RAU_TAU_TIMER, p->rau_tau_timer_s);
	avp_close(out, group);
}
