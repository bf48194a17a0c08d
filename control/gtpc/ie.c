// SPDX-License-Identifier: BSD-3-Clause
// The row of every IE type, and the forms that are a number or a few octets.
#include "control/gtpc/ie.h"

#include "control/gtpc/ie_codec.h"

#include <errno.h>
#include <string.h>

// TS 29.274 8.4: 2 octets, or 6 with the offending IE; 0 is not a cause.
int
decode_cause(struct cursor *c, void *host)
{
	struct gtpc_cause *cause = host;

	*cause = (struct gtpc_cause){ .value = cursor_u8(c) };
	cause->flags =
		cursor_u8(c) & (GTPC_CAUSE_FLAG_CS | GTPC_CAUSE_FLAG_BCE | GTPC_CAUSE_FLAG_PCE);
	if (cursor_left(c) >= 4) {
		cause->has_offending_ie = true;
		cause->ie_type = cursor_u8(c);
		cursor_be16(c); // its length, always 0
		cause->ie_instance = cursor_u8(c) & 0xf;
	}
	if (c->err)
		return c->err;
	return cause->value == 0 ? -EINVAL : 0;
}

void
encode_cause(struct writer *w, const void *host)
{
	const struct gtpc_cause *cause = host;

	if (cause->value == 0 || cause->ie_instance > 0xf)
		writer_refuse(w);
	writer_u8(w, cause->value);
	writer_u8(w, cause->flags);
	if (!cause->has_offending_ie)
		return;
	writer_u8(w, cause->ie_type);
	writer_be16(w, 0);
	writer_u8(w, cause->ie_instance);
}

// TS 29.274 8.12: octets that we don't know are kept.
int
decode_indication(struct cursor *c, void *host)
{
	struct gtpc_indication *ind = host;

	*ind = (struct gtpc_indication){ .n = (uint8_t)cursor_left(c) };
	cursor_copy(c, ind->octets, ind->n);
	return c->err;
}

void
encode_indication(struct writer *w, const void *host)
{
	const struct gtpc_indication *ind = host;

	// Two octets are the least that the first version had.
	if (ind->n > GTPC_INDICATION_MAX)
		writer_refuse(w);
	else
		writer_copy(w, ind->octets, ind->n < 2 ? 2 : ind->n);
}

// TS 29.274 8.87
int
decode_epc_timer(struct cursor *c, void *host)
{
	struct gtpc_epc_timer *timer = host;
	uint8_t octet = cursor_u8(c);

	timer->unit = octet >> 5;
	timer->value = octet & 0x1f;
	return c->err;
}

void
encode_epc_timer(struct writer *w, const void *host)
{
	const struct gtpc_epc_timer *timer = host;

	if (timer->unit > 7 || timer->value > 0x1f)
		writer_refuse(w);
	writer_u8(w, (uint8_t)(timer->unit << 5 | timer->value));
}

// Seconds in one step of each unit; the spare ones count as minutes. 8.87
static const uint32_t timer_seconds[7] = { 2, 60, 600, 3600, 36000, 60, 60 };

struct gtpc_epc_timer
gtpc_epc_timer_make(uint32_t seconds)
{
	for (unsigned int unit = 0; unit <= GTPC_TIMER_10_HOURS; unit++) {
		uint32_t steps =
			seconds / timer_seconds[unit] + (seconds % timer_seconds[unit] != 0);

		if (steps <= 0x1f)
			return (struct gtpc_epc_timer){ (uint8_t)unit, (uint8_t)steps };
	}
	return (struct gtpc_epc_timer){ GTPC_TIMER_INFINITE, 0x1f };
}

uint32_t
gtpc_epc_timer_seconds(const struct gtpc_epc_timer *timer)
{
	if (timer->unit >= GTPC_TIMER_INFINITE)
		return UINT32_MAX;
	return timer->value * timer_seconds[timer->unit];
}

// TS 29.274 8.130
int
decode_timed_counter(struct cursor *c, void *host)
{
	struct gtpc_timed_counter *counter = host;

	counter->timestamp = cursor_be32(c);
	counter->value = cursor_u8(c);
	return c->err;
}

void
encode_timed_counter(struct writer *w, const void *host)
{
	const struct gtpc_timed_counter *counter = host;

	writer_be32(w, counter->timestamp);
	writer_u8(w, counter->value);
}

int
decode_octets(struct cursor *c, void *host)
{
	struct gtpc_octets *octets = host;

	octets->n = (uint16_t)cursor_left(c);
	octets->bytes = cursor_take(c, octets->n);
	return c->err;
}

void
encode_octets(struct writer *w, const void *host)
{
	const struct gtpc_octets *octets = host;

	writer_copy(w, octets->bytes, octets->n);
}

// TS 29.274 8.67
int
decode_private_extension(struct cursor *c, void *host)
{
	struct gtpc_private_extension *extension = host;

	extension->enterprise = cursor_be16(c);
	return decode_octets(c, &extension->octets);
}

void
encode_private_extension(struct writer *w, const void *host)
{
	const struct gtpc_private_extension *extension = host;

	writer_be16(w, extension->enterprise);
	encode_octets(w, &extension->octets);
}

int
decode_u8(struct cursor *c, void *host)
{
	uint8_t value = cursor_u8(c);

	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_u8(struct writer *w, const void *host)
{
	writer_copy(w, host, 1);
}

// EBI: the high nibble is spare. Whether 0 is one depends on the message. 8.8
int
decode_nibble(struct cursor *c, void *host)
{
	uint8_t value = cursor_u8(c) & 0xf;

	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_nibble(struct writer *w, const void *host)
{
	uint8_t value;

	memcpy(&value, host, sizeof(value));
	if (value > 0xf)
		writer_refuse(w);
	writer_u8(w, value);
}

// 8.17: 0 is reserved, values that are too new are not.
int
decode_rat_type(struct cursor *c, void *host)
{
	uint8_t value = cursor_u8(c);

	memcpy(host, &value, sizeof(value));
	return c->err ? c->err : value == 0 ? -EINVAL : 0;
}

void
encode_rat_type(struct writer *w, const void *host)
{
	encode_u8(w, host);
}

// 8.34: three bits, of which 0, 6 and 7 are reserved.
int
decode_pdn_type(struct cursor *c, void *host)
{
	uint8_t value = cursor_u8(c) & 0x07;

	memcpy(host, &value, sizeof(value));
	if (c->err)
		return c->err;
	return value == 0 || value > GTPC_PDN_ETHERNET ? -EINVAL : 0;
}

void
encode_pdn_type(struct writer *w, const void *host)
{
	encode_u8(w, host);
}

// 8.58: two bits; a receiver takes 3 for 2.
int
decode_selection_mode(struct cursor *c, void *host)
{
	uint8_t value = cursor_u8(c) & 0x03;

	if (value > GTPC_SELECTION_NETWORK)
		value = GTPC_SELECTION_NETWORK;
	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_selection_mode(struct writer *w, const void *host)
{
	encode_u8(w, host);
}

int
decode_u16(struct cursor *c, void *host)
{
	uint16_t value = cursor_be16(c);

	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_u16(struct writer *w, const void *host)
{
	uint16_t value;

	memcpy(&value, host, sizeof(value));
	writer_be16(w, value);
}

int
decode_u32(struct cursor *c, void *host)
{
	uint32_t value = cursor_be32(c);

	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_u32(struct writer *w, const void *host)
{
	uint32_t value;

	memcpy(&value, host, sizeof(value));
	writer_be32(w, value);
}

// Milliseconds since 1900. 8.119
int
decode_u48(struct cursor *c, void *host)
{
	uint64_t value = cursor_be(c, 6);

	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_u48(struct writer *w, const void *host)
{
	uint64_t value;

	memcpy(&value, host, sizeof(value));
	if (value >> 48)
		writer_refuse(w);
	writer_be(w, value, 6);
}

// As many octets as it has. 8.118
int
decode_integer(struct cursor *c, void *host)
{
	uint64_t value;

	if (cursor_left(c) > sizeof(value))
		return -EINVAL;
	value = cursor_be(c, cursor_left(c));
	memcpy(host, &value, sizeof(value));
	return c->err;
}

void
encode_integer(struct writer *w, const void *host)
{
	uint64_t value;
	size_t n = 1;

	memcpy(&value, host, sizeof(value));
	while (n < sizeof(value) && value >> (8 * n))
		n++;
	writer_be(w, value, n);
}

enum {
#define X(suffix, form) SIZE_##suffix = sizeof(form),
	IE_FORMS(X)
#undef X
};

#define ROW(name, min, max, suffix)                                                                \
	{                                                                                          \
		name, min, max, SIZE_##suffix, decode_##suffix, encode_##suffix                    \
	}
#define GROUPED(name, min)                                                                         \
	{                                                                                          \
		name, min, 0, 0, NULL, NULL                                                        \
	}

// TS 29.274 table 8.1-1. Name, octets of the value at least and at most (0: no limit, decode sees
// them all), host form. F-TEID and PAA begin with the octet that says how long they are.
static const struct ie_codec codecs[256] = {
	[GTPC_IE_IMSI] = ROW("IMSI", 1, 8, imsi),
	[GTPC_IE_CAUSE] = ROW("Cause", 2, 6, cause),
	[GTPC_IE_RECOVERY] = ROW("Recovery", 1, 1, u8),
	[GTPC_IE_APN] = ROW("APN", 1, 0, apn),
	[GTPC_IE_AMBR] = ROW("AMBR", 8, 8, ambr),
	[GTPC_IE_EBI] = ROW("EPS Bearer ID", 1, 1, nibble),
	[GTPC_IE_IP_ADDRESS] = ROW("IP Address", 4, 16, addr),
	[GTPC_IE_MEI] = ROW("MEI", 1, 8, mei),
	[GTPC_IE_MSISDN] = ROW("MSISDN", 1, 8, imsi),
	[GTPC_IE_INDICATION] = ROW("Indication", 0, GTPC_INDICATION_MAX, indication),
	[GTPC_IE_PCO] = ROW("PCO", 0, 0, octets),
	[GTPC_IE_PAA] = ROW("PAA", 1, 22, paa),
	[GTPC_IE_BEARER_QOS] = ROW("Bearer QoS", 22, 22, bearer_qos),
	[GTPC_IE_FLOW_QOS] = ROW("Flow QoS", 21, 21, flow_qos),
	[GTPC_IE_RAT_TYPE] = ROW("RAT Type", 1, 1, rat_type),
	[GTPC_IE_SERVING_NETWORK] = ROW("Serving Network", 3, 3, plmn),
	[GTPC_IE_TFT] = ROW("Bearer TFT", 0, 0, octets),
	[GTPC_IE_TAD] = ROW("TAD", 0, 0, octets),
	[GTPC_IE_ULI] = ROW("ULI", 1, 0, uli),
	[GTPC_IE_FTEID] = ROW("F-TEID", 5, 25, fteid),
	[GTPC_IE_BEARER_CTX] = GROUPED("Bearer Context", 0),
	[GTPC_IE_CHARGING_ID] = ROW("Charging ID", 4, 4, u32),
	[GTPC_IE_CHARGING_CHARACTERISTICS] = ROW("Charging Characteristics", 2, 2, u16),
	[GTPC_IE_TRACE_INFORMATION] = ROW("Trace Information", 0, 0, octets),
	[GTPC_IE_BEARER_FLAGS] = ROW("Bearer Flags", 1, 1, u8),
	[GTPC_IE_PDN_TYPE] = ROW("PDN Type", 1, 1, pdn_type),
	[GTPC_IE_PTI] = ROW("Procedure Transaction ID", 1, 1, u8),
	[GTPC_IE_P_TMSI] = ROW("P-TMSI", 4, 4, octets),
	[GTPC_IE_HOP_COUNTER] = ROW("Hop Counter", 1, 1, u8),
	[GTPC_IE_UE_TIME_ZONE] = ROW("UE Time Zone", 2, 2, time_zone),
	[GTPC_IE_TRACE_REFERENCE] = ROW("Trace Reference", 6, 6, octets),
	[GTPC_IE_F_CONTAINER] = ROW("F-Container", 1, 0, octets),
	[GTPC_IE_PORT_NUMBER] = ROW("Port Number", 2, 2, u16),
	[GTPC_IE_APN_RESTRICTION] = ROW("APN Restriction", 1, 1, u8),
	[GTPC_IE_SELECTION_MODE] = ROW("Selection Mode", 1, 1, selection_mode),
	[GTPC_IE_CHANGE_REPORTING_ACTION] = ROW("Change Reporting Action", 1, 1, u8),
	[GTPC_IE_FQ_CSID] = ROW("FQ-CSID", 1, 0, fq_csid),
	[GTPC_IE_NODE_TYPE] = ROW("Node Type", 1, 1, u8),
	[GTPC_IE_FQDN] = ROW("FQDN", 0, 0, octets),
	[GTPC_IE_UCI] = ROW("User CSG Information", 8, 8, uci),
	[GTPC_IE_CSG_REPORTING_ACTION] = ROW("CSG Information Reporting Action", 1, 1, u8),
	[GTPC_IE_LDN] = ROW("Local Distinguished Name", 0, 0, octets),
	[GTPC_IE_NODE_FEATURES] = ROW("Node Features", 1, 1, u8),
	[GTPC_IE_EPC_TIMER] = ROW("EPC Timer", 1, 1, epc_timer),
	[GTPC_IE_SIGNALLING_PRIORITY] = ROW("Signalling Priority Indication", 1, 1, u8),
	[GTPC_IE_APCO] = ROW("APCO", 0, 0, octets),
	[GTPC_IE_HENB_REPORTING] = ROW("H(e)NB Information Reporting", 1, 1, u8),
	[GTPC_IE_ULI_TIMESTAMP] = ROW("ULI Timestamp", 4, 4, u32),
	[GTPC_IE_RAN_NAS_CAUSE] = ROW("RAN/NAS Cause", 1, 0, octets),
	[GTPC_IE_CN_OPERATOR_SELECTION] = ROW("CN Operator Selection Entity", 1, 1, u8),
	[GTPC_IE_PRA_ACTION] = ROW("Presence Reporting Area Action", 1, 0, octets),
	[GTPC_IE_PRA_INFORMATION] = ROW("Presence Reporting Area Information", 4, 0, octets),
	[GTPC_IE_OVERLOAD_CONTROL] = GROUPED("Overload Control Information", 0),
	[GTPC_IE_LOAD_CONTROL] = GROUPED("Load Control Information", 0),
	[GTPC_IE_METRIC] = ROW("Metric", 1, 1, u8),
	[GTPC_IE_SEQUENCE_NUMBER] = ROW("Sequence Number", 4, 4, u32),
	[GTPC_IE_APN_CAPACITY] = ROW("APN and Relative Capacity", 2, 0, apn_capacity),
	[GTPC_IE_INTEGER] = ROW("Integer Number", 1, 0, integer),
	[GTPC_IE_MS_TIME_STAMP] = ROW("Millisecond Time Stamp", 6, 6, u48),
	[GTPC_IE_REMOTE_UE_CONTEXT] = GROUPED("Remote UE Context", 0),
	[GTPC_IE_REMOTE_USER_ID] = ROW("Remote User ID", 1, 0, octets),
	[GTPC_IE_REMOTE_UE_IP] = ROW("Remote UE IP Information", 1, 0, octets),
	[GTPC_IE_EPCO] = ROW("ePCO", 0, 0, octets),
	[GTPC_IE_SERVING_PLMN_RATE] = ROW("Serving PLMN Rate Control", 4, 4, serving_plmn_rate),
	[GTPC_IE_COUNTER] = ROW("Counter", 5, 5, timed_counter),
	[GTPC_IE_MAPPED_UE_USAGE_TYPE] = ROW("Mapped UE Usage Type", 2, 2, u16),
	[GTPC_IE_SECONDARY_RAT_USAGE] = ROW("Secondary RAT Usage Data Report", 27, 0, octets),
	[GTPC_IE_UP_FUNCTION_SELECTION] = ROW("UP Function Selection Indication Flags", 1, 1, u8),
	[GTPC_IE_MAX_PACKET_LOSS] = ROW("Maximum Packet Loss Rate", 1, 0, packet_loss),
	[GTPC_IE_APN_RATE_STATUS] = ROW("APN Rate Control Status", 20, 0, octets),
	[GTPC_IE_SGI_PTP_TUNNEL] = ROW("SGi PtP Tunnel Address", 1, 0, octets),
	[GTPC_IE_PGW_CHANGE_INFO] = GROUPED("PGW Change Info", 0),
	[GTPC_IE_PGW_FQDN] = ROW("PGW FQDN", 1, 0, octets),
	[GTPC_IE_GROUP_ID] = ROW("Group Id", 1, 0, octets),
	[GTPC_IE_UP_SECURITY_POLICY] = ROW("UP Security Policy", 1, 1, u8),
	[GTPC_IE_URI] = ROW("URI", 1, 0, octets),
	[GTPC_IE_PRIVATE_EXTENSION] = ROW("Private Extension", 2, 0, private_extension),
};

const struct ie_codec *
ie_codec_find(uint8_t type)
{
	return &codecs[type];
}

const char *
gtpc_ie_name(uint8_t type)
{
	return codecs[type].name != NULL ? codecs[type].name : "IE";
}

const char *
gtpc_cause_text(uint8_t value)
{
	switch (value) {
#define X(name, number, text)                                                                      \
	case number:                                                                               \
		return text;
		GTPC_CAUSES(X)
#undef X
	default:
		return "unknown cause";
	}
}

const char *
gtpc_rat_text(uint8_t rat)
{
	static const char *const names[] = {
		[GTPC_RAT_UTRAN] = "UTRAN",
		[GTPC_RAT_GERAN] = "GERAN",
		[GTPC_RAT_WLAN] = "WLAN",
		[GTPC_RAT_GAN] = "GAN",
		[GTPC_RAT_HSPA_EVOLUTION] = "HSPA+",
		[GTPC_RAT_EUTRAN] = "E-UTRAN",
		[GTPC_RAT_VIRTUAL] = "virtual",
		[GTPC_RAT_NB_IOT] = "NB-IoT",
		[GTPC_RAT_LTE_M] = "LTE-M",
		[GTPC_RAT_NR] = "NR",
	};

	return rat < sizeof(names) / sizeof(names[0]) && names[rat] ? names[rat] : "unknown";
}
