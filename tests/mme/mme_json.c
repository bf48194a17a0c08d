// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mme/mme.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
json_begin(const char *event, const char *imsi)
{
	printf("{\"event\": \"%s\"", event);
	if (imsi != NULL)
		printf(", \"imsi\": \"%s\"", imsi);
}

static void
print_text(struct dia_part value)
{
	putchar('"');
	for (size_t i = 0; i < value.len; i++)
		if (value.value[i] < ' ' || value.value[i] == '"' || value.value[i] == '\\')
			printf("\\u%04x", value.value[i]);
		else
			putchar(value.value[i]);
	putchar('"');
}

void
json_text(const char *name, struct dia_part value)
{
	printf(", \"%s\": ", name);
	print_text(value);
}

void
json_number(const char *name, uint64_t value)
{
	printf(", \"%s\": %" PRIu64, name, value);
}

void
json_bool(const char *name, bool value)
{
	printf(", \"%s\": %s", name, value ? "true" : "false");
}

void
json_hex(const char *name, const uint8_t *octets, size_t n)
{
	printf(", \"%s\": \"", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", octets[i]);
	putchar('"');
}

// An Address of RFC 6733 4.3.1 of that family (1, 2) among an AVP's instances.
static bool
find_address(struct dia_part in, uint32_t code, uint32_t vendor, uint8_t family, char text[64])
{
	struct dia_part a;

	for (unsigned i = 0; dia_find(in, code, vendor, i, &a); i++)
		if (a.len == (family == 1 ? 6u : 18u) && a.value[1] == family)
			return inet_ntop(family == 1 ? AF_INET : AF_INET6, a.value + 2, text, 64) !=
				NULL;
	return false;
}

static void
print_address(const char *name, struct dia_part in, uint32_t code, uint32_t vendor, uint8_t family)
{
	char text[64];

	if (find_address(in, code, vendor, family, text))
		printf(", \"%s\": \"%s\"", name, text);
}

static void
print_ambr(struct dia_part in)
{
	struct dia_part ambr;

	if (!dia_find(in, 1435, DIA_TGPP, 0, &ambr))
		return;
	json_number("ambr_ul", dia_find_u32(ambr, 516, DIA_TGPP));
	json_number("ambr_dl", dia_find_u32(ambr, 515, DIA_TGPP));
}

static void
print_apn(struct dia_part apn)
{
	struct dia_part found, qos, arp;

	printf("{\"context\": %u", dia_find_u32(apn, 1423, DIA_TGPP));
	if (dia_find(apn, 493, 0, 0, &found))
		json_text("apn", found);
	json_number("pdn_type", dia_find_u32(apn, 1456, DIA_TGPP));
	print_address("ipv4", apn, 848, DIA_TGPP, 1);
	print_address("ipv6", apn, 848, DIA_TGPP, 2);
	if (dia_find(apn, 1431, DIA_TGPP, 0, &qos)) {
		json_number("qci", dia_find_u32(qos, 1028, DIA_TGPP));
		if (dia_find(qos, 1034, DIA_TGPP, 0, &arp))
			json_number("priority", dia_find_u32(arp, 1046, DIA_TGPP));
	}
	print_ambr(apn);
	if (dia_find(apn, 486, 0, 0, &found))
		print_address("gateway", found, 334, 0, 1);
	putchar('}');
}

// The default APN beside the list of all, so that a script need not search.
static void
print_default(struct dia_part apns)
{
	uint32_t context = dia_find_u32(apns, 1423, DIA_TGPP);
	struct dia_part apn, name;

	for (unsigned i = 0; dia_find(apns, 1430, DIA_TGPP, i, &apn); i++) {
		if (dia_find_u32(apn, 1423, DIA_TGPP) != context)
			continue;
		if (dia_find(apn, 493, 0, 0, &name))
			json_text("apn", name);
		print_address("address", apn, 848, DIA_TGPP, 1);
		if (dia_find(apn, 486, 0, 0, &name))
			print_address("gateway", name, 334, 0, 1);
	}
}

void
json_subscription(struct dia_part s)
{
	struct dia_part apns, apn, msisdn;

	if (dia_find(s, 701, DIA_TGPP, 0, &msisdn))
		json_hex("msisdn_tbcd", msisdn.value, msisdn.len);
	json_number("status", dia_find_u32(s, 1424, DIA_TGPP));
	if (!dia_find(s, 1429, DIA_TGPP, 0, &apns))
		return;
	print_default(apns);
	printf(", \"apns\": [");
	for (unsigned i = 0; dia_find(apns, 1430, DIA_TGPP, i, &apn); i++) {
		printf("%s", i > 0 ? ", " : "");
		print_apn(apn);
	}
	putchar(']');
}

void
json_contexts(struct dia_part body)
{
	struct dia_part id;

	printf(", \"contexts\": [");
	for (unsigned i = 0; dia_find(body, 1423, DIA_TGPP, i, &id); i++)
		printf("%s%u", i > 0 ? ", " : "", dia_u32(id));
	putchar(']');
}

void
json_end(void)
{
	puts("}");
	fflush(stdout);
}
