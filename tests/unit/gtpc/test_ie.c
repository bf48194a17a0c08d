// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/ie.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/gtpc/hex.h"

#include <errno.h>
#include <stdlib.h>

#define HOST_MAX 1024

// Values as the figures of TS 29.274 clause 8 draw them. From `shortest` octets on a cut value is
// still one, and of `also` octets; 0 where there is no other length.
static const struct golden {
	uint8_t type;
	uint8_t shortest;
	uint8_t also;
	const char *hex;
} goldens[] = {
	{ GTPC_IE_IMSI, 1, 0, "62 02 11 32 54 76 98 f0" },                        // 8.3
	{ GTPC_IE_IMSI, 1, 0, "00 01 01 32 54 76 f8" },                           // 13 digits
	{ GTPC_IE_CAUSE, 2, 0, "10 00" },                                         // 8.4
	{ GTPC_IE_CAUSE, 2, 0, "46 02 57 00 00 02" },                             // BCE, 87/2
	{ GTPC_IE_RECOVERY, 1, 0, "2a" },                                         // 8.5
	{ GTPC_IE_APN, 9, 0, "08 69 6e 74 65 72 6e 65 74" },                      // 8.6
	{ GTPC_IE_AMBR, 8, 0, "00 00 c3 50 00 02 49 f0" },                        // 8.7
	{ GTPC_IE_EBI, 1, 0, "05" },                                              // 8.8
	{ GTPC_IE_EBI, 1, 0, "0f" }, { GTPC_IE_IP_ADDRESS, 4, 0, "c0 00 02 07" }, // 8.9
	{ GTPC_IE_IP_ADDRESS, 16, 4, "20010db8 00010002 00000000 00000009" },     // 8.9
	{ GTPC_IE_MEI, 1, 0, "53 96 83 30 65 83 90 21" },                         // 8.10, IMEISV
	{ GTPC_IE_MEI, 1, 0, "53 96 83 30 65 83 90 f1" },                         // 8.10, IMEI
	{ GTPC_IE_MSISDN, 1, 0, "94 71 10 32 54 76" },                            // 8.11
	{ GTPC_IE_INDICATION, 0, 0, "a0 00 18 00 00 40" },                        // 8.12
	{ GTPC_IE_INDICATION, 0, 0, "01020304050607 08090a0b0c0d0e" },            // 14 octets
	{ GTPC_IE_PCO, 0, 0, "80 000d 00" },                                      // 8.13
	{ GTPC_IE_PAA, 5, 0, "01 64400001" },                                     // 8.14
	{ GTPC_IE_PAA, 18, 0, "02 80 20010db8000100020000000000000001" },
	{ GTPC_IE_PAA, 18, 0, "02 40 20010db8000100020000000000000001" },          // 8.14
	{ GTPC_IE_PAA, 22, 0, "03 40 20010db8000100020000000000000001 64400001" }, // 8.14
	{ GTPC_IE_PAA, 1, 0, "04" },                                               // 8.14, non-IP
	{ GTPC_IE_PAA, 1, 0, "05" },                                               // 8.14, Ethernet
	{ GTPC_IE_BEARER_QOS, 22, 0,
		"61 09 0000000001 0000000002 0000000000 ffffffffff" }, // 8.15: PL 8, no PCI, no PVI
	{ GTPC_IE_FLOW_QOS, 21, 0, "01 0000000040 0000000040 0000000040 0000000040" }, // 8.16
	{ GTPC_IE_RAT_TYPE, 1, 0, "06" },                                              // 8.17
	{ GTPC_IE_SERVING_NETWORK, 3, 0, "62 f2 10" },                                 // 8.18
	{ GTPC_IE_SERVING_NETWORK, 3, 0, "13 00 14" },                                 // 310-410
	{ GTPC_IE_TFT, 0, 0, "21 11 0a 02 30 11" },                                    // 8.19
	{ GTPC_IE_TAD, 0, 0, "21 11 0a 02 30 11" },                                    // 8.20
	{ GTPC_IE_ULI, 13, 0, "18 62f210 1234 62f210 00abcdef" },                      // 8.21
	{ GTPC_IE_ULI, 51, 0,
		"ff 62f210 0001 0002 62f210 0003 0004 62f210 0005 0006 62f210 0007"
		"62f210 0fffffff 62f210 0008 62f210 0fffff 62f210 9fffff" }, // 8.21, all eight
	{ GTPC_IE_ULI, 1, 0, "00" }, { GTPC_IE_FTEID, 9, 0, "86 01020304 c0000207" }, // 8.22
	{ GTPC_IE_FTEID, 21, 0, "44 01020304 20010db8000100020000000000000009" },     // 8.22
	{ GTPC_IE_FTEID, 25, 0, "c7 01020304 c0000207 20010db8000100020000000000000009" },
	{ GTPC_IE_CHARGING_ID, 4, 0, "11223344" },                              // 8.29
	{ GTPC_IE_CHARGING_CHARACTERISTICS, 2, 0, "0800" },                     // 8.30
	{ GTPC_IE_TRACE_INFORMATION, 0, 0, "62f210 000001" },                   // 8.31
	{ GTPC_IE_BEARER_FLAGS, 1, 0, "01" },                                   // 8.32
	{ GTPC_IE_PDN_TYPE, 1, 0, "03" },                                       // 8.34
	{ GTPC_IE_PTI, 1, 0, "09" },                                            // 8.35
	{ GTPC_IE_P_TMSI, 4, 0, "c0010203" },                                   // 8.41
	{ GTPC_IE_HOP_COUNTER, 1, 0, "02" },                                    // 8.43
	{ GTPC_IE_UE_TIME_ZONE, 2, 0, "40 01" },                                // 8.44
	{ GTPC_IE_TRACE_REFERENCE, 6, 0, "62f210 000001" },                     // 8.45
	{ GTPC_IE_F_CONTAINER, 1, 0, "03 0102" },                               // 8.48
	{ GTPC_IE_PORT_NUMBER, 2, 0, "084b" },                                  // 8.56
	{ GTPC_IE_APN_RESTRICTION, 1, 0, "02" },                                // 8.57
	{ GTPC_IE_SELECTION_MODE, 1, 0, "01" },                                 // 8.58
	{ GTPC_IE_CHANGE_REPORTING_ACTION, 1, 0, "04" },                        // 8.61
	{ GTPC_IE_FQ_CSID, 9, 0, "02 c0000207 0001 0203" },                     // 8.62
	{ GTPC_IE_FQ_CSID, 19, 0, "11 20010db8000100020000000000000009 0001" }, // 8.62
	{ GTPC_IE_FQ_CSID, 5, 0, "20 12345678" },                               // 8.62
	{ GTPC_IE_NODE_TYPE, 1, 0, "01" },                                      // 8.65
	{ GTPC_IE_FQDN, 0, 0, "03 706777 03 6c6162" },                          // 8.66
	{ GTPC_IE_PRIVATE_EXTENSION, 2, 0, "28af 010203" },                     // 8.67
	{ GTPC_IE_UCI, 8, 0, "62f210 07654321 42" },                            // 8.75
	{ GTPC_IE_CSG_REPORTING_ACTION, 1, 0, "01" },                           // 8.76
	{ GTPC_IE_LDN, 0, 0, "7367772d31" },                                    // 8.82
	{ GTPC_IE_NODE_FEATURES, 1, 0, "01" },                                  // 8.83
	{ GTPC_IE_EPC_TIMER, 1, 0, "25" },                                      // 8.87
	{ GTPC_IE_SIGNALLING_PRIORITY, 1, 0, "01" },                            // 8.88
	{ GTPC_IE_APCO, 0, 0, "80 000d 00" },                                   // 8.94
	{ GTPC_IE_HENB_REPORTING, 1, 0, "01" },                                 // 8.96
	{ GTPC_IE_ULI_TIMESTAMP, 4, 0, "e0000001" },                            // 8.101
	{ GTPC_IE_RAN_NAS_CAUSE, 1, 0, "20 24" },                               // 8.103
	{ GTPC_IE_CN_OPERATOR_SELECTION, 1, 0, "01" },                          // 8.104
	{ GTPC_IE_PRA_ACTION, 1, 0, "01 800001" },                              // 8.108
	{ GTPC_IE_PRA_INFORMATION, 4, 0, "800001 01" },                         // 8.109
	{ GTPC_IE_METRIC, 1, 0, "1e" },                                         // 8.113
	{ GTPC_IE_SEQUENCE_NUMBER, 4, 0, "00000007" },                          // 8.114
	{ GTPC_IE_APN_CAPACITY, 11, 0, "28 09 08696e7465726e6574" },            // 8.115
	{ GTPC_IE_INTEGER, 1, 0, "3a98" },                                      // 8.118
	{ GTPC_IE_INTEGER, 1, 0, "ff00000000000001" },                          // 8.118
	{ GTPC_IE_MS_TIME_STAMP, 6, 0, "0123456789ab" },                        // 8.119
	{ GTPC_IE_REMOTE_USER_ID, 1, 0, "00 02 6202" },                         // 8.123
	{ GTPC_IE_REMOTE_UE_IP, 1, 0, "01 c0" },                                // 8.124
	{ GTPC_IE_EPCO, 0, 0, "80 000d 00" },                                   // 8.128
	{ GTPC_IE_SERVING_PLMN_RATE, 4, 0, "000a 0014" },                       // 8.129
	{ GTPC_IE_COUNTER, 5, 0, "e0000000 07" },                               // 8.130
	{ GTPC_IE_MAPPED_UE_USAGE_TYPE, 2, 0, "0003" },                         // 8.131
	{ GTPC_IE_SECONDARY_RAT_USAGE, 27, 0,
		"03 00 05 e0000001 e0000002 0000000000000001 0000000000000002" },          // 8.132
	{ GTPC_IE_UP_FUNCTION_SELECTION, 1, 0, "01" },                                     // 8.133
	{ GTPC_IE_MAX_PACKET_LOSS, 5, 0, "03 000a 0019" },                                 // 8.134
	{ GTPC_IE_MAX_PACKET_LOSS, 3, 0, "02 0019" },                                      // 8.134
	{ GTPC_IE_APN_RATE_STATUS, 20, 0, "00000001 00000002 00000003 0000000400000005" }, // 8.135
	{ GTPC_IE_SGI_PTP_TUNNEL, 1, 0, "02 c0000209" },                                   // 8.144
	{ GTPC_IE_PGW_FQDN, 1, 0, "03706777" },                                            // 8.146
	{ GTPC_IE_GROUP_ID, 1, 0, "67727031" },                                            // 8.147
	{ GTPC_IE_UP_SECURITY_POLICY, 1, 0, "02" },                                        // 8.149
	{ GTPC_IE_URI, 1, 0, "687474703a2f2f746365" },                                     // 8.154
};
#define N_GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

// As a message's walk does it: too short by its row, too long cut to the row's size.
static int
decode(uint8_t type, const uint8_t *bytes, size_t n, void *host)
{
	const struct ie_codec *codec = ie_codec_find(type);
	struct cursor c = cursor_open(bytes, codec->max > 0 && n > codec->max ? codec->max : n);
	int err;

	memset(host, 0, codec->host_size);
	if (n < codec->min)
		return -EBADMSG;
	err = codec->decode(&c, host);
	return c.err ? c.err : err;
}

static int
decode_hex(uint8_t type, const char *text, void *host)
{
	struct hex hex = hex_bytes(text);

	return decode(type, hex.bytes, hex.n, host);
}

static void
encodes_what_it_decoded(void)
{
	for (size_t i = 0; i < N_GOLDENS; i++) {
		const struct golden *g = &goldens[i];
		struct hex hex = hex_bytes(g->hex);
		uint8_t host[HOST_MAX], bytes[HEX_MAX];
		struct writer w = writer_open(bytes, sizeof(bytes));

		CU_ASSERT_EQUAL(decode(g->type, hex.bytes, hex.n, host), 0);
		ie_codec_find(g->type)->encode(&w, host);
		CU_ASSERT_EQUAL(w.err, 0);
		CU_ASSERT_EQUAL(writer_length(&w), hex.n);
		CU_ASSERT_EQUAL(memcmp(bytes, hex.bytes, hex.n), 0);
	}
}

// Each cut stands in memory of its own, so that a sanitizer sees a read beyond it.
// TS 29.274 7.7.7
static void
refuses_every_cut_that_is_too_short(void)
{
	for (size_t i = 0; i < N_GOLDENS; i++) {
		const struct golden *g = &goldens[i];
		struct hex hex = hex_bytes(g->hex);

		for (size_t n = 0; n <= hex.n; n++) {
			uint8_t *cut = malloc(n > 0 ? n : 1);
			uint8_t host[HOST_MAX];
			bool is_good = n >= g->shortest || (g->also > 0 && n == g->also);

			CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
			memcpy(cut, hex.bytes, n);
			CU_ASSERT_EQUAL(decode(g->type, cut, n, host) == 0, is_good);
			free(cut);
		}
	}
}

// TS 29.274 7.7.7: octets beyond the ones that this version knows are skipped.
static void
skips_octets_beyond_the_known_ones(void)
{
	for (size_t i = 0; i < N_GOLDENS; i++) {
		const struct ie_codec *codec = ie_codec_find(goldens[i].type);
		struct hex hex = hex_bytes(goldens[i].hex);
		uint8_t host[HOST_MAX], bytes[HEX_MAX];
		struct writer w = writer_open(bytes, sizeof(bytes));

		if (codec->max == 0 || hex.n < codec->max)
			continue;
		hex.bytes[hex.n] = 0xff;
		hex.bytes[hex.n + 1] = 0xff;
		CU_ASSERT_EQUAL(decode(goldens[i].type, hex.bytes, hex.n + 2, host), 0);
		codec->encode(&w, host);
		CU_ASSERT_EQUAL(writer_length(&w), hex.n);
		CU_ASSERT_EQUAL(memcmp(bytes, hex.bytes, hex.n), 0);
	}
}

static void
has_a_golden_value_for_every_row(void)
{
	for (unsigned int type = 0; type < 256; type++) {
		const struct ie_codec *codec = ie_codec_find((uint8_t)type);
		bool is_there = false;

		if (codec->decode == NULL)
			continue;
		for (size_t i = 0; i < N_GOLDENS; i++)
			is_there |= goldens[i].type == type;
		CU_ASSERT_TRUE(is_there);
		CU_ASSERT(codec->host_size > 0 && codec->host_size <= HOST_MAX);
		CU_ASSERT_PTR_NOT_NULL(codec->encode);
		CU_ASSERT_PTR_NOT_NULL(codec->name);
	}
}

// TS 29.274 7.7.8
static void
refuses_reserved_and_impossible_values(void)
{
	static const struct {
		uint8_t type;
		const char *hex;
	} wrong[] = {
		{ GTPC_IE_IMSI, "ff" },                      // no digit at all
		{ GTPC_IE_IMSI, "62 f2 11" },                // a digit behind a filler
		{ GTPC_IE_IMSI, "6a" },                      // not a digit
		{ GTPC_IE_IMSI, "62 02 11 32 54 76 98 10" }, // 16 digits
		{ GTPC_IE_CAUSE, "00 00" },                  // 8.4
		{ GTPC_IE_APN, "00" },                       // an empty label
		{ GTPC_IE_APN, "05 61 62" },                 // a label that runs over
		{ GTPC_IE_APN, "03 61 2e 62" },              // a dot in a label
		{ GTPC_IE_APN, "02 61 00" },                 // a NUL in a label
		{ GTPC_IE_APN, "01 61 00 01 62" },           // an empty label in the middle
		{ GTPC_IE_RAT_TYPE, "00" },                  // 8.17
		{ GTPC_IE_PDN_TYPE, "00" },                  // 8.34
		{ GTPC_IE_PDN_TYPE, "06" },
		{ GTPC_IE_PDN_TYPE, "07" },
		{ GTPC_IE_PAA, "00 64400001" }, // 8.14
		{ GTPC_IE_PAA, "06 64400001" },
		{ GTPC_IE_PAA, "02 81 20010db8000100020000000000000001" }, // a prefix of 129 bits
		{ GTPC_IE_FTEID, "06 01020304 c0000207" },                 // 8.22: V4 = V6 = 0
		{ GTPC_IE_FTEID, "06 01020304" },
		{ GTPC_IE_BEARER_QOS, "61 00 0000000000 0000000000 0000000000 0000000000" },
		{ GTPC_IE_BEARER_QOS, "61 ff 0000000000 0000000000 0000000000 0000000000" },
		{ GTPC_IE_SERVING_NETWORK, "6a f2 10" },
		{ GTPC_IE_SERVING_NETWORK, "62 e2 10" },
		{ GTPC_IE_SERVING_NETWORK, "62 f2 a0" },
		{ GTPC_IE_SERVING_NETWORK, "62 f2 1a" },
		{ GTPC_IE_SERVING_NETWORK, "62 fa 10" },
		{ GTPC_IE_IP_ADDRESS, "c0 00 02 07 01" },
		{ GTPC_IE_FQ_CSID, "30 12345678" }, // 8.62: node id type 3
		{ GTPC_IE_INTEGER, "010203040506070809" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t host[HOST_MAX];

		CU_ASSERT_EQUAL(decode_hex(wrong[i].type, wrong[i].hex, host), -EINVAL);
	}
}

// TS 29.274 8.3, 8.10, 8.11
static void
reads_digits(void)
{
	struct gtpc_digits d[1];

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_IMSI, "62 02 11 32 54 76 98 f0", d), 0);
	CU_ASSERT_STRING_EQUAL(d->text, "262011234567890");
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_MEI, "53 96 83 30 65 83 90 21", d), 0);
	CU_ASSERT_STRING_EQUAL(d->text, "3569380356380912");
	// Senders that fill up to 8 octets.
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_MSISDN, "94 71 10 f2 ff ff", d), 0);
	CU_ASSERT_STRING_EQUAL(d->text, "4917012");
}

// TS 29.274 8.4
static void
reads_the_offending_ie_of_a_cause(void)
{
	struct gtpc_cause c[1];

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_CAUSE, "46 02 57 0000 02", c), 0);
	CU_ASSERT_EQUAL(c->value, GTPC_CAUSE_MANDATORY_IE_MISSING);
	CU_ASSERT_EQUAL(c->flags, GTPC_CAUSE_FLAG_BCE);
	CU_ASSERT_TRUE(c->has_offending_ie);
	CU_ASSERT_EQUAL(c->ie_type, GTPC_IE_FTEID);
	CU_ASSERT_EQUAL(c->ie_instance, 2);
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_CAUSE, "46 02 57 0000", c), 0);
	CU_ASSERT_FALSE(c->has_offending_ie);
}

static void
joins_the_labels_of_an_apn_with_dots(void)
{
	struct gtpc_apn a[1];
	uint8_t bytes[128];
	struct writer w = writer_open(bytes, sizeof(bytes));

	CU_ASSERT_EQUAL(
		decode_hex(GTPC_IE_APN, "03 696f74 06 6d6e63303031 06 6d6363323632 04 67707273", a),
		0);
	CU_ASSERT_STRING_EQUAL(a->text, "iot.mnc001.mcc262.gprs");
	// Some senders end it with an empty label.
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_APN, "03 696f74 00", a), 0);
	CU_ASSERT_STRING_EQUAL(a->text, "iot");
	ie_codec_find(GTPC_IE_APN)->encode(&w, &(struct gtpc_apn){ "" });
	CU_ASSERT_EQUAL(w.err, -EINVAL);
	w = writer_open(bytes, sizeof(bytes));
	ie_codec_find(GTPC_IE_APN)->encode(&w, &(struct gtpc_apn){ "a..b" });
	CU_ASSERT_EQUAL(w.err, -EINVAL);
	memset(a->text, 'a', sizeof(a->text)); // no end
	w = writer_open(bytes, sizeof(bytes));
	ie_codec_find(GTPC_IE_APN)->encode(&w, a);
	CU_ASSERT_EQUAL(w.err, -EINVAL);
}

// TS 23.003 9.1: an APN has at most 100 octets.
static void
takes_an_apn_of_100_octets_and_no_longer(void)
{
	struct gtpc_apn a[1];
	uint8_t wire[101];
	uint8_t host[HOST_MAX];

	memset(wire, 'a', sizeof(wire));
	wire[0] = 63;
	wire[64] = 35;
	CU_ASSERT_EQUAL(decode(GTPC_IE_APN, wire, 100, a), 0);
	CU_ASSERT_EQUAL(strlen(a->text), 99);
	wire[64] = 36;
	CU_ASSERT_EQUAL(decode(GTPC_IE_APN, wire, 101, host), -EINVAL);
	wire[0] = 64;
	CU_ASSERT_EQUAL(decode(GTPC_IE_APN, wire, 65, host), -EINVAL);
}

// TS 29.274 8.7, 8.15
static void
reads_qos_and_rates(void)
{
	struct gtpc_qos q[1];

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_BEARER_QOS,
				"61 09 0000000001 0000000002 0000000003 ffffffffff", q),
		0);
	CU_ASSERT_EQUAL(q->priority_level, 8);
	CU_ASSERT_FALSE(q->can_preempt);
	CU_ASSERT_FALSE(q->is_preemptable);
	CU_ASSERT_EQUAL(q->qci, 9);
	CU_ASSERT_EQUAL(q->ul_mbr_kbps, 1);
	CU_ASSERT_EQUAL(q->dl_mbr_kbps, 2);
	CU_ASSERT_EQUAL(q->ul_gbr_kbps, 3);
	CU_ASSERT_EQUAL(q->dl_gbr_kbps, 0xffffffffffull);
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_BEARER_QOS,
				"3c 05 0000000000 0000000000 0000000000 0000000000", q),
		0);
	CU_ASSERT_EQUAL(q->priority_level, 15);
	CU_ASSERT_TRUE(q->can_preempt);
	CU_ASSERT_TRUE(q->is_preemptable);
}

// TS 29.274 8.14, 8.22
static void
reads_addresses(void)
{
	struct gtpc_fteid f[1];
	struct gtpc_paa p[1];
	struct gtpc_addr addr;
	char text[GTPC_ADDR_TEXT_MAX];

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_FTEID,
				"c7 01020304 c0000207 20010db8000100020000000000000009", f),
		0);
	CU_ASSERT_EQUAL(f->interface, GTPC_IF_S5S8_PGW_C);
	CU_ASSERT_EQUAL(f->teid, 0x01020304);
	addr = gtpc_fteid_addr(f, 4);
	CU_ASSERT_STRING_EQUAL(gtpc_addr_text(&addr, text), "192.0.2.7");
	addr = gtpc_fteid_addr(f, 6);
	CU_ASSERT_STRING_EQUAL(gtpc_addr_text(&addr, text), "2001:db8:1:2::9");
	f->has_ipv6 = false;
	addr = gtpc_fteid_addr(f, 6);
	CU_ASSERT_STRING_EQUAL(gtpc_addr_text(&addr, text), "192.0.2.7");
	*f = gtpc_fteid_make(GTPC_IF_S5S8_PGW_U, 7, &addr);
	CU_ASSERT_TRUE(f->has_ipv4 && !f->has_ipv6 && f->teid == 7 && f->interface == 5);
	CU_ASSERT_EQUAL(gtpc_addr_parse("2001:db8::5", &addr), 0);
	*f = gtpc_fteid_make(GTPC_IF_S5S8_PGW_C, 8, &addr);
	CU_ASSERT_TRUE(!f->has_ipv4 && f->has_ipv6 && f->ipv6[15] == 5);
	CU_ASSERT_EQUAL(
		decode_hex(GTPC_IE_PAA, "03 40 20010db8000100020000000000000001 64400001", p), 0);
	CU_ASSERT_EQUAL(p->pdn_type, GTPC_PDN_IPV4V6);
	CU_ASSERT_EQUAL(p->ipv6_prefix_bits, 64);
	CU_ASSERT_EQUAL(p->ipv6[15], 1);
	CU_ASSERT_EQUAL(p->ipv4[0], 100);
	CU_ASSERT_EQUAL(p->ipv4[3], 1);
}

// TS 29.274 8.21
static void
reads_each_part_of_a_location(void)
{
	struct gtpc_uli u[1];
	char text[GTPC_PLMN_TEXT_MAX];

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_ULI,
				"ff 62f210 0001 0002 62f210 0003 0004 62f210 0005 0006 62f210 0007"
				"13f014 0fffffff 62f210 0008 62f210 0fffff 62f210 9fffff ee",
				u),
		0);
	CU_ASSERT_TRUE(u->has_cgi && u->cgi.area == 1 && u->cgi.cell == 2);
	CU_ASSERT_TRUE(u->has_sai && u->sai.area == 3 && u->sai.cell == 4);
	CU_ASSERT_TRUE(u->has_rai && u->rai.area == 5 && u->rai.cell == 6);
	CU_ASSERT_TRUE(u->has_tai && u->tai.area == 7);
	CU_ASSERT_TRUE(u->has_ecgi && u->ecgi.cell == 0x0fffffff);
	CU_ASSERT_STRING_EQUAL(gtpc_plmn_text(&u->ecgi.plmn, text), "31041");
	CU_ASSERT_TRUE(u->has_lai && u->lai.area == 8);
	CU_ASSERT_TRUE(u->has_enb && u->enb.cell == 0x0fffff);
	CU_ASSERT_TRUE(u->has_ext_enb && u->ext_enb.cell == 0x9fffff);
}

static void
makes_and_prints_plmns(void)
{
	char text[GTPC_PLMN_TEXT_MAX];
	struct gtpc_plmn two = gtpc_plmn_make(262, 1, 2);
	struct gtpc_plmn three = gtpc_plmn_make(310, 410, 3);

	CU_ASSERT_EQUAL(memcmp(two.octets, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_STRING_EQUAL(gtpc_plmn_text(&two, text), "26201");
	CU_ASSERT_EQUAL(memcmp(three.octets, "\x13\x00\x14", 3), 0);
	CU_ASSERT_STRING_EQUAL(gtpc_plmn_text(&three, text), "310410");
	CU_ASSERT_STRING_EQUAL(
		gtpc_plmn_text(&(struct gtpc_plmn){ { 0x6a, 0xf2, 0x10 } }, text), "?6201");
}

// TS 29.274 8.58
static void
takes_selection_mode_3_for_2(void)
{
	uint8_t mode[HOST_MAX];

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_SELECTION_MODE, "03", mode), 0);
	CU_ASSERT_EQUAL(mode[0], GTPC_SELECTION_NETWORK);
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_SELECTION_MODE, "fd", mode), 0);
	CU_ASSERT_EQUAL(mode[0], GTPC_SELECTION_MS);
}

// TS 29.274 8.12
static void
finds_indication_bits_at_their_octets(void)
{
	struct gtpc_indication i[1];
	struct gtpc_indication made = { 0 };

	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_INDICATION, "a0 00 18 00 00 40", i), 0);
	CU_ASSERT_TRUE(gtpc_indication_get(i, GTPC_IND_DAF));
	CU_ASSERT_TRUE(gtpc_indication_get(i, GTPC_IND_HI));
	CU_ASSERT_FALSE(gtpc_indication_get(i, GTPC_IND_OI));
	CU_ASSERT_TRUE(gtpc_indication_get(i, GTPC_IND_S4AF));
	CU_ASSERT_TRUE(gtpc_indication_get(i, GTPC_IND_S6AF));
	CU_ASSERT_TRUE(gtpc_indication_get(i, GTPC_IND_EPCOSI));
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_INDICATION, "80", i), 0);
	CU_ASSERT_TRUE(gtpc_indication_get(i, GTPC_IND_DAF));
	CU_ASSERT_FALSE(gtpc_indication_get(i, GTPC_IND_EPCOSI));
	CU_ASSERT_EQUAL(decode_hex(GTPC_IE_INDICATION, "", i), 0);
	CU_ASSERT_FALSE(gtpc_indication_get(i, GTPC_IND_DAF));
	gtpc_indication_set(&made, GTPC_IND_S4AF);
	CU_ASSERT_EQUAL(made.n, 3);
	CU_ASSERT_EQUAL(made.octets[2], 0x08);
	CU_ASSERT_TRUE(gtpc_indication_get(&made, GTPC_IND_S4AF));
}

// TS 29.274 8.87
static void
counts_epc_timers_in_seconds(void)
{
	static const struct {
		uint32_t wanted;
		uint32_t got;
	} rows[] = { { 0, 0 }, { 1, 2 }, { 62, 62 }, { 63, 120 }, { 1860, 1860 }, { 1861, 2400 },
		{ 18600, 18600 }, { 18601, 21600 }, { 111600, 111600 }, { 111601, 144000 },
		{ 1116000, 1116000 }, { 1116001, UINT32_MAX }, { UINT32_MAX, UINT32_MAX } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gtpc_epc_timer timer = gtpc_epc_timer_make(rows[i].wanted);

		CU_ASSERT_EQUAL(gtpc_epc_timer_seconds(&timer), rows[i].got);
	}
	CU_ASSERT_EQUAL(gtpc_epc_timer_seconds(&(struct gtpc_epc_timer){ 5, 3 }), 180);
}

static void
refuses_to_encode_what_the_wire_cannot_carry(void)
{
	static const struct gtpc_digits empty, letters = { "12a" },
					       long_imsi = { "1234567890123456" };
	static const struct gtpc_fteid no_address;
	static const struct gtpc_paa no_type;
	static const struct gtpc_qos no_qci, fast = { .qci = 9, .ul_mbr_kbps = 1ull << 40 };
	static const struct gtpc_indication long_indication = { .n = 15 };
	static const struct gtpc_cause no_cause;
	static const struct gtpc_addr no_family;
	static const struct gtpc_uli far = { .has_enb = true, .enb.cell = 1u << 20 };
	static const struct gtpc_fq_csid many = { .n_csids = GTPC_CSIDS_MAX + 1 };
	static const struct gtpc_uci odd = { .access_mode = 4 };
	static const struct gtpc_time_zone summer = { .daylight_saving = 4 };
	static const uint64_t late = 1ull << 48;
	static const uint8_t ebi = 16;
	const struct {
		uint8_t type;
		const void *host;
	} rows[] = {
		{ GTPC_IE_IMSI, &empty },
		{ GTPC_IE_IMSI, &letters },
		{ GTPC_IE_IMSI, &long_imsi },
		{ GTPC_IE_FTEID, &no_address },
		{ GTPC_IE_PAA, &no_type },
		{ GTPC_IE_BEARER_QOS, &no_qci },
		{ GTPC_IE_BEARER_QOS, &fast },
		{ GTPC_IE_INDICATION, &long_indication },
		{ GTPC_IE_CAUSE, &no_cause },
		{ GTPC_IE_IP_ADDRESS, &no_family },
		{ GTPC_IE_ULI, &far },
		{ GTPC_IE_FQ_CSID, &many },
		{ GTPC_IE_UCI, &odd },
		{ GTPC_IE_UE_TIME_ZONE, &summer },
		{ GTPC_IE_MS_TIME_STAMP, &late },
		{ GTPC_IE_EBI, &ebi },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[64];
		struct writer w = writer_open(bytes, sizeof(bytes));

		ie_codec_find(rows[i].type)->encode(&w, rows[i].host);
		CU_ASSERT_EQUAL(w.err, -EINVAL);
	}
}

static void
names_types_and_causes(void)
{
	CU_ASSERT_STRING_EQUAL(gtpc_ie_name(GTPC_IE_FTEID), "F-TEID");
	CU_ASSERT_STRING_EQUAL(gtpc_ie_name(250), "IE");
	CU_ASSERT_STRING_EQUAL(gtpc_cause_text(64), "context not found");
	CU_ASSERT_STRING_EQUAL(gtpc_cause_text(71), "unknown cause");
	CU_ASSERT_FALSE(gtpc_cause_is_accepted(15));
	CU_ASSERT_TRUE(gtpc_cause_is_accepted(19));
	CU_ASSERT_FALSE(gtpc_cause_is_accepted(64));
}

static const struct unit_case cases[] = {
	UNIT_CASE(encodes_what_it_decoded),
	UNIT_CASE(refuses_every_cut_that_is_too_short),
	UNIT_CASE(skips_octets_beyond_the_known_ones),
	UNIT_CASE(has_a_golden_value_for_every_row),
	UNIT_CASE(refuses_reserved_and_impossible_values),
	UNIT_CASE(reads_digits),
	UNIT_CASE(reads_the_offending_ie_of_a_cause),
	UNIT_CASE(joins_the_labels_of_an_apn_with_dots),
	UNIT_CASE(takes_an_apn_of_100_octets_and_no_longer),
	UNIT_CASE(reads_qos_and_rates),
	UNIT_CASE(reads_addresses),
	UNIT_CASE(reads_each_part_of_a_location),
	UNIT_CASE(makes_and_prints_plmns),
	UNIT_CASE(takes_selection_mode_3_for_2),
	UNIT_CASE(finds_indication_bits_at_their_octets),
	UNIT_CASE(counts_epc_timers_in_seconds),
	UNIT_CASE(refuses_to_encode_what_the_wire_cannot_carry),
	UNIT_CASE(names_types_and_causes),
};
UNIT_MAIN("gtpc/ie", cases)
