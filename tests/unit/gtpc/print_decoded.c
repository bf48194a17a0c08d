// SPDX-License-Identifier: BSD-3-Clause
// Reads one message in hexadecimal a line, prints what our decoder makes of it: one JSON object a
// line, IEs as "type/instance": value, lists and groups as arrays. For judges.
#include "control/gtpc/ie_slot.h"
#include "control/gtpc/message.h"
#include "tests/unit/gtpc/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A host form in memory of its own, so that it is aligned.
union host {
	struct gtpc_digits digits;
	struct gtpc_apn apn;
	struct gtpc_cause cause;
	struct gtpc_ambr ambr;
	struct gtpc_addr addr;
	struct gtpc_paa paa;
	struct gtpc_qos qos;
	struct gtpc_plmn plmn;
	struct gtpc_uli uli;
	struct gtpc_fteid fteid;
	struct gtpc_fq_csid fq_csid;
	struct gtpc_time_zone zone;
	struct gtpc_epc_timer timer;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	uint8_t octets[1024];
};

static void
print_addresses(const uint8_t *ipv4, const uint8_t *ipv6)
{
	char text[GTPC_ADDR_TEXT_MAX];
	struct gtpc_addr addr;

	if (ipv4 != NULL) {
		addr = gtpc_addr_ipv4(ipv4);
		printf(",\"ipv4\":\"%s\"", gtpc_addr_text(&addr, text));
	}
	if (ipv6 != NULL) {
		addr = gtpc_addr_ipv6(ipv6);
		printf(",\"ipv6\":\"%s\"", gtpc_addr_text(&addr, text));
	}
}

static void
print_location(const char *name, bool has, const struct gtpc_location *place)
{
	char text[GTPC_PLMN_TEXT_MAX];

	if (has)
		printf(",\"%s\":{\"plmn\":\"%s\",\"area\":%u,\"cell\":%u}", name,
			gtpc_plmn_text(&place->plmn, text), place->area, place->cell);
}

static void
print_uli(const struct gtpc_uli *u)
{
	printf("{\"n\":%d",
		u->has_cgi + u->has_sai + u->has_rai + u->has_tai + u->has_ecgi + u->has_lai +
			u->has_enb + u->has_ext_enb);
	print_location("cgi", u->has_cgi, &u->cgi);
	print_location("sai", u->has_sai, &u->sai);
	print_location("rai", u->has_rai, &u->rai);
	print_location("tai", u->has_tai, &u->tai);
	print_location("ecgi", u->has_ecgi, &u->ecgi);
	print_location("lai", u->has_lai, &u->lai);
	printf("}");
}

static void
print_qos(const struct gtpc_qos *q)
{
	printf("{\"pl\":%u,\"pci\":%d,\"pvi\":%d,\"qci\":%u,\"ul_mbr\":%" PRIu64
	       ",\"dl_mbr\":%" PRIu64 ",\"ul_gbr\":%" PRIu64 ",\"dl_gbr\":%" PRIu64 "}",
		q->priority_level, !q->can_preempt, !q->is_preemptable, q->qci, q->ul_mbr_kbps,
		q->dl_mbr_kbps, q->ul_gbr_kbps, q->dl_gbr_kbps);
}

static void
print_paa(const struct gtpc_paa *p)
{
	bool has_ipv4 = p->pdn_type == GTPC_PDN_IPV4 || p->pdn_type == GTPC_PDN_IPV4V6;
	bool has_ipv6 = p->pdn_type == GTPC_PDN_IPV6 || p->pdn_type == GTPC_PDN_IPV4V6;

	printf("{\"type\":%u,\"prefix\":%u", p->pdn_type, p->ipv6_prefix_bits);
	print_addresses(has_ipv4 ? p->ipv4 : NULL, has_ipv6 ? p->ipv6 : NULL);
	printf("}");
}

static void
print_fteid(const struct gtpc_fteid *f)
{
	printf("{\"interface\":%u,\"teid\":%u", f->interface, f->teid);
	print_addresses(f->has_ipv4 ? f->ipv4 : NULL, f->has_ipv6 ? f->ipv6 : NULL);
	printf("}");
}

static void
print_cause(const struct gtpc_cause *c)
{
	printf("{\"value\":%u,\"flags\":%u,\"has_ie\":%d,\"ie\":%u,\"instance\":%u}", c->value,
		c->flags, c->has_offending_ie, c->ie_type, c->ie_instance);
}

// False for types that have no form of their own here.
static bool
print_typed(uint8_t type, const union host *h)
{
	char text[GTPC_PLMN_TEXT_MAX];

	switch (type) {
	case GTPC_IE_IMSI:
	case GTPC_IE_MEI:
	case GTPC_IE_MSISDN:
		printf("\"%s\"", h->digits.text);
		return true;
	case GTPC_IE_APN:
		printf("\"%s\"", h->apn.text);
		return true;
	case GTPC_IE_CAUSE:
		print_cause(&h->cause);
		return true;
	case GTPC_IE_AMBR:
		printf("{\"ul\":%u,\"dl\":%u}", h->ambr.ul_kbps, h->ambr.dl_kbps);
		return true;
	case GTPC_IE_PAA:
		print_paa(&h->paa);
		return true;
	case GTPC_IE_BEARER_QOS:
	case GTPC_IE_FLOW_QOS:
		print_qos(&h->qos);
		return true;
	case GTPC_IE_SERVING_NETWORK:
		printf("\"%s\"", gtpc_plmn_text(&h->plmn, text));
		return true;
	case GTPC_IE_ULI:
		print_uli(&h->uli);
		return true;
	case GTPC_IE_FTEID:
		print_fteid(&h->fteid);
		return true;
	case GTPC_IE_EPC_TIMER:
		printf("%u", gtpc_epc_timer_seconds(&h->timer));
		return true;
	default:
		return false;
	}
}

// Numbers, else the octets that we would write.
static void
print_value(const struct ie_slot *slot, const uint8_t *host)
{
	static uint8_t bytes[GTPC_MESSAGE_MAX];
	const struct ie_codec *codec = ie_codec_find(slot->type);
	struct writer w = writer_open(bytes, sizeof(bytes));
	union host h;
	uint64_t value = 0;

	memcpy(&h, host, slot->size);
	if (print_typed(slot->type, &h))
		return;
	codec->encode(&w, &h);
	if (codec->host_size > sizeof(value) || slot->type == GTPC_IE_UE_TIME_ZONE) {
		printf("\"");
		for (size_t i = 0; i < writer_length(&w); i++)
			printf("%02x", bytes[i]);
		printf("\"");
		return;
	}
	for (size_t i = 0; i < writer_length(&w); i++)
		value = value << 8 | bytes[i];
	printf("%" PRIu64, value);
}

static void
print_group(const struct ie_group *group, const uint8_t *host)
{
	const char *separator = "";

	printf("{");
	for (unsigned int i = 0; i < group->n_slots; i++) {
		const struct ie_slot *slot = &group->slots[i];
		unsigned int n = slot->count_at == IE_ALWAYS ? 1 : host[slot->count_at];

		if (n == 0)
			continue;
		printf("%s\"%u/%u\":[", separator, slot->type,
			slot->instance == IE_ANY_INSTANCE ? 0 : slot->instance);
		separator = ",";
		for (unsigned int k = 0; k < n; k++) {
			const uint8_t *at = host + slot->at + (size_t)k * slot->size;

			printf("%s", k > 0 ? "," : "");
			if (slot->group != NULL)
				print_group(slot->group, at);
			else
				print_value(slot, at);
		}
		printf("]");
	}
	printf("}");
}

static void
print_line(const char *line)
{
	static struct gtpc_message message;
	struct hex hex = hex_bytes(line);
	struct gtpc_fault fault;
	size_t used;
	int err = gtpc_message_parse(hex.bytes, hex.n, &used, &message, &fault);

	printf("{\"err\":%d,\"cause\":%u,\"fault_ie\":%d,\"fault_instance\":%u,\"bce\":%d", err,
		fault.cause, fault.has_ie ? fault.ie_type : -1, fault.ie_instance,
		fault.in_bearer_context);
	printf(",\"type\":%u,\"teid\":%u,\"sequence\":%u,\"ies\":", message.header.type,
		message.header.teid, message.header.sequence);
	if (err == 0)
		print_group(ie_group_find(message.header.type), (uint8_t *)&message.echo_req);
	else
		printf("{}");
	printf("}\n");
}

int
main(void)
{
	static char line[2 * HEX_MAX + 2];

	while (fgets(line, sizeof(line), stdin) != NULL)
		print_line(line);
	return 0;
}
