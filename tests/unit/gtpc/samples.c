// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/gtpc/samples.h"

#include "control/gtpc/ie_slot.h"

#include <string.h>

static const uint8_t ipv4[4] = { 192, 0, 2, 7 };
static const uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9 };

// IEs that are opaque to us hold something that a dissector finds right.
static const struct opaque {
	uint8_t type;
	uint8_t n;
	uint8_t bytes[36];
} opaques[] = {
	{ GTPC_IE_PCO, 7, { 0x80, 0x00, 0x0d, 0x00, 0x00, 0x10, 0x00 } },
	{ GTPC_IE_APCO, 4, { 0x80, 0x00, 0x0d, 0x00 } },
	{ GTPC_IE_EPCO, 4, { 0x80, 0x00, 0x0d, 0x00 } },
	// create a new TFT, one downlink filter: protocol UDP
	{ GTPC_IE_TFT, 6, { 0x21, 0x11, 0x0a, 0x02, 0x30, 0x11 } },
	{ GTPC_IE_TAD, 6, { 0x21, 0x11, 0x0a, 0x02, 0x30, 0x11 } },
	{ GTPC_IE_TRACE_INFORMATION, 34, { 0x62, 0xf2, 0x10, 0, 0, 1 } },
	{ GTPC_IE_TRACE_REFERENCE, 6, { 0x62, 0xf2, 0x10, 0, 0, 1 } },
	{ GTPC_IE_P_TMSI, 4, { 0xc0, 1, 2, 3 } },
	{ GTPC_IE_F_CONTAINER, 3, { GTPC_F_CONTAINER_NBIFOM, 0, 0 } },
	{ GTPC_IE_FQDN, 12, { 3, 'p', 'g', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e' } },
	{ GTPC_IE_PGW_FQDN, 13, { 12, 3, 'p', 'g', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e' } },
	{ GTPC_IE_LDN, 5, { 's', 'g', 'w', '-', '1' } },
	{ GTPC_IE_RAN_NAS_CAUSE, 2, { 0x20, 36 } },
	{ GTPC_IE_PRA_ACTION, 4, { 0x01, 0x80, 0, 1 } },
	{ GTPC_IE_PRA_INFORMATION, 4, { 0x80, 0, 1, 0x01 } },
	{ GTPC_IE_REMOTE_USER_ID, 10, { 0, 8, 0x62, 0x02, 0x01, 0, 0, 0, 0, 0xf1 } },
	{ GTPC_IE_REMOTE_UE_IP, 4, { 0x01, 0xc0, 0, 2 } },
	{ GTPC_IE_SECONDARY_RAT_USAGE, 27, { 0x03, 0, 5 } },
	{ GTPC_IE_APN_RATE_STATUS, 20, { 0, 0, 0, 9 } },
	{ GTPC_IE_SGI_PTP_TUNNEL, 5, { 0x04, 192, 0, 2, 9 } },
	{ GTPC_IE_GROUP_ID, 4, { 'g', 'r', 'p', '1' } },
	{ GTPC_IE_URI, 14,
		{ 'h', 't', 't', 'p', ':', '/', '/', 't', 'c', 'e', '.', 'l', 'a', 'b' } },
};

static struct gtpc_octets
opaque_sample(uint8_t type)
{
	for (size_t i = 0; i < sizeof(opaques) / sizeof(opaques[0]); i++)
		if (opaques[i].type == type)
			return (struct gtpc_octets){ opaques[i].bytes, opaques[i].n };
	return (struct gtpc_octets){ NULL, 0 };
}

static struct gtpc_fteid
fteid_sample(uint8_t instance)
{
	struct gtpc_fteid fteid = { .interface = instance, .teid = 0x01020300u + instance };

	fteid.has_ipv4 = instance % 3 != 1;
	fteid.has_ipv6 = instance % 3 != 0;
	if (fteid.has_ipv4)
		memcpy(fteid.ipv4, ipv4, 4);
	if (fteid.has_ipv6)
		memcpy(fteid.ipv6, ipv6, 16);
	return fteid;
}

static struct gtpc_uli
uli_sample(void)
{
	struct gtpc_location place = { .plmn = gtpc_plmn_make(262, 1, 2) };
	struct gtpc_uli uli = { .has_tai = true, .has_ecgi = true };

	uli.tai = place;
	uli.tai.area = 0x1234;
	uli.ecgi = place;
	uli.ecgi.cell = 0x0abcdef;
	return uli;
}

static struct gtpc_fq_csid
fq_csid_sample(uint8_t instance)
{
	struct gtpc_fq_csid id = { .n_csids = 2, .csids = { 1, 0x0203 } };

	if (instance == 0)
		id.node = gtpc_addr_ipv4(ipv4);
	else if (instance == 1)
		id.node = gtpc_addr_ipv6(ipv6);
	else
		id.node_id = 0x12345678;
	return id;
}

#define PUT(host, ...)                                                                             \
	do {                                                                                       \
		const __VA_ARGS__;                                                                 \
		memcpy(host, &v, sizeof(v));                                                       \
	} while (0)

// Host forms with more than one member. False where the type is a number or octets.
static bool
fill_struct(uint8_t type, uint8_t instance, uint8_t *host)
{
	switch (type) {
	case GTPC_IE_IMSI:
		PUT(host, struct gtpc_digits v = { "262011234567890" });
		return true;
	case GTPC_IE_MEI:
		PUT(host, struct gtpc_digits v = { "3569380356438091" });
		return true;
	case GTPC_IE_MSISDN:
		PUT(host, struct gtpc_digits v = { "491701234567" });
		return true;
	case GTPC_IE_CAUSE:
		PUT(host, struct gtpc_cause v = { .value = GTPC_CAUSE_ACCEPTED, .flags = 1 });
		return true;
	case GTPC_IE_APN:
		PUT(host, struct gtpc_apn v = { "internet.mnc001.mcc262.gprs" });
		return true;
	case GTPC_IE_APN_CAPACITY:
		PUT(host, struct gtpc_apn_capacity v = { 40, { "internet" } });
		return true;
	case GTPC_IE_AMBR:
		PUT(host, struct gtpc_ambr v = { 50000, 150000 });
		return true;
	case GTPC_IE_IP_ADDRESS:
		PUT(host,
			struct gtpc_addr v =
				instance == 1 ? gtpc_addr_ipv6(ipv6) : gtpc_addr_ipv4(ipv4));
		return true;
	case GTPC_IE_INDICATION:
		PUT(host, struct gtpc_indication v = { 3, { 0x80, 0x01, 0x08 } });
		return true;
	case GTPC_IE_PAA:
		PUT(host,
			struct gtpc_paa v = { GTPC_PDN_IPV4V6, 64, { 100, 64, 0, 1 },
				{ 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1 } });
		return true;
	case GTPC_IE_BEARER_QOS:
		PUT(host, struct gtpc_qos v = { 8, false, true, 9, 1, 2, 0, 0xffffffffffull });
		return true;
	case GTPC_IE_FLOW_QOS:
		PUT(host, struct gtpc_qos v = { 0, false, false, 1, 64, 64, 64, 64 });
		return true;
	case GTPC_IE_SERVING_NETWORK:
		PUT(host, struct gtpc_plmn v = gtpc_plmn_make(310, 410, 3));
		return true;
	default:
		return false;
	}
}

static bool
fill_rarer_struct(uint8_t type, uint8_t instance, uint8_t *host)
{
	switch (type) {
	case GTPC_IE_ULI:
		PUT(host, struct gtpc_uli v = uli_sample());
		return true;
	case GTPC_IE_FTEID:
		PUT(host, struct gtpc_fteid v = fteid_sample(instance));
		return true;
	case GTPC_IE_UE_TIME_ZONE:
		PUT(host, struct gtpc_time_zone v = { 0x40, 1 });
		return true;
	case GTPC_IE_FQ_CSID:
		PUT(host, struct gtpc_fq_csid v = fq_csid_sample(instance));
		return true;
	case GTPC_IE_UCI:
		PUT(host, struct gtpc_uci v = { gtpc_plmn_make(262, 1, 2), 0x7654321, 1, 2 });
		return true;
	case GTPC_IE_EPC_TIMER:
		PUT(host, struct gtpc_epc_timer v = { GTPC_TIMER_1_MINUTE, 5 });
		return true;
	case GTPC_IE_SERVING_PLMN_RATE:
		PUT(host, struct gtpc_serving_plmn_rate v = { 10, 20 });
		return true;
	case GTPC_IE_COUNTER:
		PUT(host, struct gtpc_timed_counter v = { 0xe0000000, 7 });
		return true;
	case GTPC_IE_MAX_PACKET_LOSS:
		PUT(host, struct gtpc_packet_loss v = { true, true, 10, 25 });
		return true;
	case GTPC_IE_PRIVATE_EXTENSION: {
		static const uint8_t secret[] = { 1, 2, 3 };

		PUT(host, struct gtpc_private_extension v = { 10415, { secret, 3 } });
		return true;
	}
	default:
		return false;
	}
}

static void
fill_number(const struct ie_slot *slot, unsigned int nth, uint8_t *host)
{
	const uint8_t small = (uint8_t)(slot->type == GTPC_IE_RAT_TYPE ? GTPC_RAT_EUTRAN
			: slot->type == GTPC_IE_PDN_TYPE               ? GTPC_PDN_IPV4V6
			: slot->type == GTPC_IE_EBI                    ? 5 + nth
			: slot->type == GTPC_IE_METRIC                 ? 30
								       : 1);
	const uint16_t port = 2123;
	const uint32_t word = 0x11223344;
	const uint64_t big =
		slot->type == GTPC_IE_INTEGER ? 15000 : 0x00e123456789abull & ~0ull >> 16;

	switch (slot->size) {
	case 1:
		memcpy(host, &small, sizeof(small));
		break;
	case 2:
		memcpy(host, &port, sizeof(port));
		break;
	case 4:
		memcpy(host, &word, sizeof(word));
		break;
	default:
		memcpy(host, &big, sizeof(big));
		break;
	}
}

static void fill_group(const struct ie_group *group, uint8_t *host, enum sample_kind kind);

static void
fill_ie(const struct ie_slot *slot, unsigned int nth, uint8_t *host, enum sample_kind kind)
{
	struct gtpc_octets octets = opaque_sample(slot->type);

	if (slot->group != NULL)
		fill_group(slot->group, host, kind);
	else if (octets.n > 0)
		memcpy(host, &octets, sizeof(octets));
	else if (!fill_struct(slot->type, slot->instance, host) &&
		!fill_rarer_struct(slot->type, slot->instance, host))
		fill_number(slot, nth, host);
}

static bool
is_needed(const struct ie_group *group, const struct ie_slot *slot)
{
	if (slot->presence == IE_M)
		return true;
	for (unsigned int i = 0; i < group->n_needs; i++)
		if (group->needs[i].has == slot->count_at)
			return true;
	return false;
}

static void
fill_group(const struct ie_group *group, uint8_t *host, enum sample_kind kind)
{
	for (unsigned int i = 0; i < group->n_slots; i++) {
		const struct ie_slot *slot = &group->slots[i];
		unsigned int n = slot->max > 0 && kind == SAMPLE_FULL ? 2 : 1;

		if (kind == SAMPLE_MINIMAL && !is_needed(group, slot))
			continue;
		for (unsigned int nth = 0; nth < n; nth++)
			fill_ie(slot, nth, host + slot->at + (size_t)nth * slot->size, kind);
		if (slot->count_at != IE_ALWAYS)
			host[slot->count_at] = (uint8_t)n;
	}
}

void
sample_message(struct gtpc_message *message, uint8_t type, enum sample_kind kind)
{
	gtpc_message_init(message, type, 0x0a0b0c0d, 0x123456);
	fill_group(ie_group_find(type), (uint8_t *)&message->echo_req, kind);
}
