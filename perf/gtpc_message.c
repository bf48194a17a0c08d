// SPDX-License-Identifier: BSD-3-Clause
#include "perf/gtpc_message.h"

#include <string.h>

// TS 29.274 table 8.1-1
enum ie {
	IE_IMSI = 1,
	IE_CAUSE = 2,
	IE_APN = 71,
	IE_AMBR = 72,
	IE_EBI = 73,
	IE_PAA = 79,
	IE_BEARER_QOS = 80,
	IE_RAT_TYPE = 82,
	IE_SERVING_NETWORK = 83,
	IE_FTEID = 87,
	IE_BEARER_CONTEXT = 93,
	IE_PDN_TYPE = 99,
	IE_APN_RESTRICTION = 127,
	IE_SELECTION_MODE = 128,
};

// TS 29.274 8.22
enum interface { S5_SGW_GTPU = 4, S5_SGW_GTPC = 6, S5_PGW_GTPC = 7 };

#define EBI 5
#define HEADER 12 // with a TEID

struct writer {
	uint8_t *start, *at;
};

static void
put(struct writer *w, uint64_t value, unsigned int bytes)
{
	while (bytes--)
		*w->at++ = (uint8_t)(value >> (8 * bytes));
}

// 8.2.1: type, length, instance. Returns where the length goes once it is known.
static uint8_t *
ie_begin(struct writer *w, enum ie type, uint8_t instance)
{
	uint8_t *length = w->at + 1;

	put(w, type, 1);
	put(w, 0, 2);
	put(w, instance, 1);
	return length;
}

static void
ie_end(struct writer *w, uint8_t *length)
{
	size_t n = (size_t)(w->at - length) - 3;

	length[0] = (uint8_t)(n >> 8);
	length[1] = (uint8_t)n;
}

static void
ie(struct writer *w, enum ie type, uint8_t instance, uint64_t value, unsigned int bytes)
{
	uint8_t *length = ie_begin(w, type, instance);

	put(w, value, bytes);
	ie_end(w, length);
}

// 8.3: digits as BCD, the lower one first, the last nibble filled.
static void
ie_imsi(struct writer *w, uint64_t imsi)
{
	uint8_t *length = ie_begin(w, IE_IMSI, 0);
	uint8_t digit[16];

	digit[15] = 0xf;
	for (int i = 14; i >= 0; i--, imsi /= 10)
		digit[i] = (uint8_t)(imsi % 10);
	for (int i = 0; i < 16; i += 2)
		put(w, (uint8_t)(digit[i + 1] << 4 | digit[i]), 1);
	ie_end(w, length);
}

static void
ie_apn(struct writer *w, const char *apn)
{
	uint8_t *length = ie_begin(w, IE_APN, 0);

	while (*apn) {
		size_t n = strcspn(apn, ".");

		put(w, n, 1);
		memcpy(w->at, apn, n);
		w->at += n;
		apn += n + (apn[n] == '.');
	}
	ie_end(w, length);
}

// 8.22, IPv4 alone
static void
ie_fteid(struct writer *w, uint8_t instance, enum interface interface, uint32_t teid, uint32_t addr)
{
	uint8_t *length = ie_begin(w, IE_FTEID, instance);

	put(w, 0x80 | interface, 1);
	put(w, teid, 4);
	put(w, addr, 4);
	ie_end(w, length);
}

// 8.15: ARP 8 without pre-emption, QCI 9, rates 0 of a non-GBR bearer
static void
ie_qos(struct writer *w)
{
	uint8_t *length = ie_begin(w, IE_BEARER_QOS, 0);

	put(w, 1 << 6 | 8 << 2 | 1, 1);
	put(w, 9, 1);
	memset(w->at, 0, 20);
	w->at += 20;
	ie_end(w, length);
}

// 5.1
static struct writer
message_begin(uint8_t *out, enum load_type type, uint32_t teid, uint32_t sequence)
{
	struct writer w = { out, out };

	put(&w, 0x48, 1); // version 2, with TEID
	put(&w, type, 1);
	put(&w, 0, 2);
	put(&w, teid, 4);
	put(&w, sequence << 8, 4);
	return w;
}

static size_t
message_end(const struct writer *w)
{
	size_t n = (size_t)(w->at - w->start);

	w->start[2] = (uint8_t)((n - 4) >> 8);
	w->start[3] = (uint8_t)(n - 4);
	return n;
}

// Table 7.2.1-1
size_t
gtpc_create_session(uint8_t *out, const struct gtpc_session *s, uint32_t sequence)
{
	struct writer w = message_begin(out, LOAD_CREATE_SESSION, 0, sequence);
	uint8_t *bearer;

	ie_imsi(&w, s->imsi);
	ie(&w, IE_SERVING_NETWORK, 0, 0x00f110, 3); // 001 01
	ie(&w, IE_RAT_TYPE, 0, 6, 1);               // E-UTRAN
	ie_fteid(&w, 0, S5_SGW_GTPC, s->teid_c, s->sgw);
	ie_apn(&w, s->apn);
	ie(&w, IE_SELECTION_MODE, 0, 0, 1);
	ie(&w, IE_PDN_TYPE, 0, 1, 1);     // IPv4
	ie(&w, IE_PAA, 0, 1ULL << 32, 5); // IPv4, any address
	ie(&w, IE_APN_RESTRICTION, 0, 0, 1);
	ie(&w, IE_AMBR, 0, 50000ULL << 32 | 100000, 8); // kbit/s
	bearer = ie_begin(&w, IE_BEARER_CONTEXT, 0);
	ie(&w, IE_EBI, 0, EBI, 1);
	ie_fteid(&w, 2, S5_SGW_GTPU, s->teid_u, s->sgw);
	ie_qos(&w);
	ie_end(&w, bearer);
	return message_end(&w);
}

// Table 7.2.7-1, as after a change of the SGW.
size_t
gtpc_modify_bearer(uint8_t *out, const struct gtpc_session *s, uint32_t sequence)
{
	struct writer w = message_begin(out, LOAD_MODIFY_BEARER, s->gw_teid_c, sequence);
	uint8_t *bearer;

	ie_fteid(&w, 0, S5_SGW_GTPC, s->teid_c, s->sgw);
	bearer = ie_begin(&w, IE_BEARER_CONTEXT, 0);
	ie(&w, IE_EBI, 0, EBI, 1);
	ie_fteid(&w, 1, S5_SGW_GTPU, s->teid_u, s->sgw);
	ie_end(&w, bearer);
	return message_end(&w);
}

// Table 7.2.9.1-1
size_t
gtpc_delete_session(uint8_t *out, const struct gtpc_session *s, uint32_t sequence)
{
	struct writer w = message_begin(out, LOAD_DELETE_SESSION, s->gw_teid_c, sequence);

	ie(&w, IE_EBI, 0, EBI, 1);
	return message_end(&w);
}

static uint32_t
be(const uint8_t *p, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

bool
gtpc_answer_read(const uint8_t *in, size_t n, struct gtpc_answer *a)
{
	size_t end;

	if (n < HEADER || (in[0] & 0xf8) != 0x48)
		return false;
	end = 4 + be(in + 2, 2);
	if (end > n || end < HEADER)
		return false;
	*a = (struct gtpc_answer){
		.type = in[1], .teid = be(in + 4, 4), .sequence = be(in + 8, 3)
	};
	for (size_t at = HEADER; at + 4 <= end;) {
		size_t length = be(in + at + 1, 2);
		const uint8_t *value = in + at + 4;

		if (length > end - at - 4)
			return false;
		if (in[at] == IE_CAUSE && length >= 1)
			a->cause = value[0];
		if (in[at] == IE_FTEID && length >= 9 && (value[0] & 0x3f) == S5_PGW_GTPC)
			a->gw_teid_c = be(value + 1, 4);
		at += 4 + length;
	}
	return true;
}
