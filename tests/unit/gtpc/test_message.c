// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/ie_slot.h"
#include "control/gtpc/message.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/gtpc/edit.h"
#include "tests/unit/gtpc/goldens.h"
#include "tests/unit/gtpc/samples.h"

#include <errno.h>
#include <stdlib.h>

static struct gtpc_message message;
static struct gtpc_fault fault;

// Parses from memory of just that size, so that a sanitizer sees a read beyond it.
static int
parse(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	size_t used;
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, bytes, n);
	err = gtpc_message_parse(copy, n, &used, &message, &fault);
	CU_ASSERT(used <= n);
	free(copy);
	return err;
}

static int
parse_hex(const struct hex *hex)
{
	return parse(hex->bytes, hex->n);
}

static struct hex
encode(const struct gtpc_message *m)
{
	struct hex hex = { 0 };
	ssize_t n = gtpc_message_encode(m, hex.bytes, sizeof(hex.bytes));

	CU_ASSERT(n > 0);
	hex.n = n > 0 ? (size_t)n : 0;
	return hex;
}

static struct hex
sample(uint8_t type, enum sample_kind kind)
{
	static struct gtpc_message made;

	sample_message(&made, type, kind);
	return encode(&made);
}

// The fault that refuses `m`: cause 0 if nothing does.
static void
expect_fault(const struct hex *m, uint8_t cause, uint8_t type, uint8_t instance, bool in_bearer)
{
	CU_ASSERT_EQUAL(parse_hex(m), cause == 0 ? 0 : -EBADMSG);
	CU_ASSERT_EQUAL(fault.cause, cause);
	CU_ASSERT_EQUAL(fault.has_ie, type != 0);
	CU_ASSERT_EQUAL(fault.ie_type, type);
	CU_ASSERT_EQUAL(fault.ie_instance, instance);
	CU_ASSERT_EQUAL(fault.in_bearer_context, in_bearer);
	CU_ASSERT_FALSE(fault.in_pdn_connection);
}

static void
expect_sound(const struct hex *m)
{
	expect_fault(m, 0, 0, 0, false);
}

// TS 29.274 7.2.1
static void
reads_a_create_session_request(void)
{
	struct hex hex = hex_bytes(create_session_request);
	const struct create_session_req *req = &message.create_session_req;

	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.header.type, GTPC_MSG_CREATE_SESSION_REQ);
	CU_ASSERT_TRUE(message.header.has_teid);
	CU_ASSERT_EQUAL(message.header.teid, 0);
	CU_ASSERT_EQUAL(message.header.sequence, 0x000102);
	CU_ASSERT_STRING_EQUAL(req->imsi.text, "262011234567890");
	CU_ASSERT_TRUE(req->has_imsi && req->has_msisdn && req->has_mei);
	CU_ASSERT_TRUE(req->has_uli && req->uli.has_tai && req->uli.has_ecgi);
	CU_ASSERT_EQUAL(req->uli.tai.area, 0x1234);
	CU_ASSERT_EQUAL(req->rat_type, GTPC_RAT_EUTRAN);
	CU_ASSERT_TRUE(gtpc_indication_get(&req->indication, GTPC_IND_DAF));
	CU_ASSERT_EQUAL(req->sender.interface, GTPC_IF_S5S8_SGW_C);
	CU_ASSERT_EQUAL(req->sender.teid, 0x11111111);
	CU_ASSERT_STRING_EQUAL(req->apn.text, "internet");
	CU_ASSERT_EQUAL(req->pdn_type, GTPC_PDN_IPV4V6);
	CU_ASSERT_EQUAL(req->paa.pdn_type, GTPC_PDN_IPV4V6);
	CU_ASSERT_EQUAL(req->ambr.ul_kbps, 50000);
	CU_ASSERT_EQUAL(req->ambr.dl_kbps, 150000);
	CU_ASSERT_EQUAL(req->pco.n, 7);
	CU_ASSERT_EQUAL(req->n_bearers, 1);
	CU_ASSERT_EQUAL(req->bearers[0].ebi, 5);
	CU_ASSERT_EQUAL(req->bearers[0].qos.qci, 9);
	CU_ASSERT_EQUAL(req->bearers[0].sgw_u.teid, 0x22222222);
	CU_ASSERT_TRUE(req->has_recovery);
	CU_ASSERT_EQUAL(req->recovery, 7);
	CU_ASSERT_EQUAL(req->charging_characteristics, 0x0800);
	CU_ASSERT_FALSE(req->has_epco);
}

// TS 29.274 7.2.2
static void
reads_a_create_session_response(void)
{
	struct hex hex = hex_bytes(create_session_response);
	const struct create_session_rsp *rsp = &message.create_session_rsp;

	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.header.teid, 0x11111111);
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_NEW_PDN_TYPE_NETWORK);
	CU_ASSERT_TRUE(rsp->has_pgw && rsp->pgw.teid == 0x33333333);
	CU_ASSERT_EQUAL(rsp->paa.pdn_type, GTPC_PDN_IPV4);
	CU_ASSERT_EQUAL(rsp->n_bearers, 1);
	CU_ASSERT_EQUAL(rsp->bearers[0].cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->bearers[0].has_charging_id);
	CU_ASSERT_EQUAL(rsp->bearers[0].charging_id, 42);
	CU_ASSERT_EQUAL(rsp->bearers[0].pgw_u.interface, GTPC_IF_S5S8_PGW_U);
	CU_ASSERT_PTR_EQUAL(gtpc_message_sender(&message), &rsp->pgw);
	CU_ASSERT_PTR_EQUAL(gtpc_message_cause(&message), &rsp->cause);
}

// TS 29.274 7.2.7
static void
reads_a_change_of_the_sgw(void)
{
	struct hex hex = hex_bytes(modify_bearer_request);
	const struct modify_bearer_req *req = &message.modify_bearer_req;

	expect_sound(&hex); // 7.2.7
	CU_ASSERT_TRUE(req->has_sender && req->sender.teid == 0x55555555);
	CU_ASSERT_EQUAL(req->n_bearers, 1);
	CU_ASSERT_TRUE(req->bearers[0].has_sgw_u);
	CU_ASSERT_EQUAL(req->bearers[0].sgw_u.teid, 0x66666666);
	CU_ASSERT_EQUAL(*gtpc_message_recovery(&message), 1);
	hex = hex_bytes(modify_bearer_response); // 7.2.8
	expect_sound(&hex);
	CU_ASSERT_TRUE(gtpc_indication_get(&message.modify_bearer_rsp.indication, GTPC_IND_S4AF));
	CU_ASSERT_EQUAL(message.modify_bearer_rsp.bearers[0].charging_id, 42);
}

static void
reads_a_pair_of_sets(void)
{
	struct hex hex = hex_bytes(delete_pdn_set_request);
	const struct delete_pdn_set_req *req = &message.delete_pdn_set_req;

	expect_sound(&hex); // 7.9.1
	CU_ASSERT_EQUAL(req->n_sgw_fq_csids, 2);
	CU_ASSERT_EQUAL(req->sgw_fq_csids[1].csids[0], 2);
	CU_ASSERT_EQUAL(req->sgw_fq_csids[1].node.family, 4);
	CU_ASSERT_EQUAL(req->n_mme_fq_csids, 0);
}

// TS 29.274 6.1
static void
reads_every_golden_message_and_keeps_its_meaning(void)
{
	for (size_t i = 0; i < N_GOLDEN_MESSAGES; i++) {
		struct hex hex = hex_bytes(golden_messages[i].hex);
		struct hex first, second;
		size_t used;

		CU_ASSERT_EQUAL(gtpc_message_parse(hex.bytes, hex.n, &used, &message, &fault), 0);
		CU_ASSERT_EQUAL(used, hex.n);
		first = encode(&message);
		CU_ASSERT_EQUAL(first.n, hex.n);
		CU_ASSERT_EQUAL(
			gtpc_message_parse(first.bytes, first.n, &used, &message, &fault), 0);
		second = encode(&message);
		CU_ASSERT_EQUAL(memcmp(first.bytes, second.bytes, first.n), 0);
	}
}

// TS 29.274 6.1, 8.1
static void
brings_every_ie_of_every_message_there_and_back(void)
{
	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		for (unsigned int kind = 0; kind < SAMPLE_N_KINDS; kind++) {
			struct hex hex = sample(gtpc_message_at(i)->type, kind);
			struct hex again;
			size_t used;

			CU_ASSERT_EQUAL(
				gtpc_message_parse(hex.bytes, hex.n, &used, &message, &fault), 0);
			again = encode(&message);
			CU_ASSERT_EQUAL(hex.n, again.n);
			CU_ASSERT_EQUAL(memcmp(hex.bytes, again.bytes, hex.n), 0);
		}
	}
}

static void
never_encodes_beyond_its_room(void)
{
	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		struct hex whole = sample(gtpc_message_at(i)->type, SAMPLE_FULL);
		uint8_t *room = malloc(whole.n);

		CU_ASSERT_PTR_NOT_NULL_FATAL(room);
		sample_message(&message, gtpc_message_at(i)->type, SAMPLE_FULL);
		for (size_t n = 0; n < whole.n; n++) {
			uint8_t *tight = realloc(room, n > 0 ? n : 1);

			CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
			room = tight;
			CU_ASSERT_EQUAL(gtpc_message_encode(&message, room, n), -EMSGSIZE);
		}
		free(room);
	}
}

// A sample that is cut anywhere, its header telling the length of the rest.
// TS 29.274 7.7.3, 7.7.7
static void
answers_every_cut_with_a_cause(void)
{
	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		struct hex whole = sample(gtpc_message_at(i)->type, SAMPLE_FULL);
		size_t header = whole.bytes[0] & GTPC_FLAG_T ? 12 : 8;

		for (size_t n = 0; n < whole.n; n++) {
			struct hex cut = whole;
			int err;

			cut.n = n;
			if (n >= 4)
				edit_length(&cut, n - 4);
			err = parse_hex(&cut);
			if (n < header)
				CU_ASSERT(err == -EBADMSG && fault.cause == 0);
			if (n >= header)
				CU_ASSERT_EQUAL(err == 0, fault.cause == 0);
			if (err != 0 && n >= header)
				CU_ASSERT(fault.cause == GTPC_CAUSE_INVALID_LENGTH ||
					fault.cause == GTPC_CAUSE_MANDATORY_IE_MISSING ||
					fault.cause == GTPC_CAUSE_CONDITIONAL_IE_MISSING);
		}
	}
}

// TS 29.274 7.7.3
static void
answers_a_length_that_disagrees_with_the_datagram(void)
{
	struct hex hex = hex_bytes(create_session_request);

	hex.n--;
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, 0, 0, false);
	// The answer still finds its way.
	CU_ASSERT_PTR_NOT_NULL(gtpc_message_sender(&message));
	hex.n += 2;
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, 0, 0, false);
	hex = hex_bytes(create_session_response);
	hex.n--;
	CU_ASSERT_EQUAL(parse_hex(&hex), -EBADMSG);
	CU_ASSERT_EQUAL(fault.cause, 0);
	hex = hex_bytes(modify_bearer_command);
	hex.n--;
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, 0, 0, false);
}

// Every bit of every sample flipped, one after the other: some verdict, and no harm.
// TS 29.274 7.7.7, 7.7.8
static void
survives_every_flipped_bit(void)
{
	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		struct hex hex = sample(gtpc_message_at(i)->type, SAMPLE_FULL);

		for (size_t bit = 0; bit < 8 * hex.n; bit++) {
			uint8_t mask = (uint8_t)(1u << bit % 8);
			int err;

			hex.bytes[bit / 8] ^= mask;
			err = parse_hex(&hex);
			CU_ASSERT(err == 0 || err == -EBADMSG || err == -ENOMSG ||
				err == -EPROTONOSUPPORT);
			hex.bytes[bit / 8] ^= mask;
		}
	}
}

static bool
is_list(const struct ie_slot *slot)
{
	return slot->max > 0;
}

// Each one of each message, taken out.
// TS 29.274 7.7.6
static void
names_every_missing_mandatory_ie(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		uint8_t type = gtpc_message_at(i)->type;
		const struct ie_group *group = ie_group_find(type);

		for (unsigned int k = 0; k < group->n_slots; k++) {
			const struct ie_slot *slot = &group->slots[k];
			struct hex hex = sample(type, SAMPLE_MINIMAL);

			if (slot->presence != IE_M)
				continue;
			CU_ASSERT_TRUE(edit_remove(&hex, 0, slot->type, slot->instance));
			expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_MISSING, slot->type,
				slot->instance, false);
			n++;
		}
	}
	CU_ASSERT_EQUAL(n, 40); // in all of the tables
}

// TS 29.274 7.7.6
static void
names_every_missing_mandatory_ie_of_a_bearer_context(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		uint8_t type = gtpc_message_at(i)->type;
		const struct ie_group *group = ie_group_find(type);

		for (unsigned int k = 0; k < group->n_slots; k++) {
			const struct ie_slot *outer = &group->slots[k];

			if (outer->type != GTPC_IE_BEARER_CTX || outer->presence > IE_V)
				continue;
			for (unsigned int j = 0; j < outer->group->n_slots; j++) {
				const struct ie_slot *slot = &outer->group->slots[j];
				struct hex hex = sample(type, SAMPLE_FULL);

				if (slot->presence != IE_M)
					continue;
				CU_ASSERT_TRUE(edit_remove(
					&hex, GTPC_IE_BEARER_CTX, slot->type, slot->instance));
				expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_MISSING, slot->type,
					slot->instance, true);
				n++;
			}
		}
	}
	CU_ASSERT(n > 15);
}

// TS 29.274 7.7.6: the only conditional IEs that may refuse a request are asked for
static void
asks_for_an_imsi_or_a_mei(void)
{
	struct hex hex = sample(GTPC_MSG_CREATE_SESSION_REQ, SAMPLE_MINIMAL);

	CU_ASSERT_TRUE(edit_remove(&hex, 0, GTPC_IE_IMSI, 0));
	expect_fault(&hex, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_IMSI, 0, false);
	edit_append(&hex, 0, "4b 0008 00 5396833065839021");
	expect_sound(&hex);
}

// TS 29.274 7.7.6, 7.2.1
static void
asks_for_a_paa_or_a_pdn_type(void)
{
	struct hex hex = sample(GTPC_MSG_CREATE_SESSION_REQ, SAMPLE_MINIMAL);

	CU_ASSERT_TRUE(edit_remove(&hex, 0, GTPC_IE_PAA, 0));
	expect_fault(&hex, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_PAA, 0, false);
	edit_append(&hex, 0, "63 0001 00 01");
	expect_sound(&hex);
}

// TS 29.274 7.7.6, 7.2.1
static void
asks_for_the_sgw_u_f_teid(void)
{
	struct hex hex = sample(GTPC_MSG_CREATE_SESSION_REQ, SAMPLE_MINIMAL);

	CU_ASSERT_TRUE(edit_remove(&hex, GTPC_IE_BEARER_CTX, GTPC_IE_FTEID, 2));
	expect_fault(&hex, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_FTEID, 2, true);
}

// TS 29.274 7.7.7
static void
refuses_an_ie_that_runs_over(void)
{
	struct hex hex = hex_bytes(create_session_request);
	struct edit_place place;

	edit_append(&hex, 0, "fa 0005 03 01020304"); // unknown type, one octet too few
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, 250, 3, false);
	hex = hex_bytes(create_session_request);
	edit_append(&hex, 0, "fa 00"); // not even a header
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, 250, 0, false);
	hex = hex_bytes(create_session_request);
	CU_ASSERT_TRUE(edit_find(&hex, 0, GTPC_IE_MSISDN, 0, &place));
	hex.bytes[place.at + 1] = 0xff; // an optional one
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, GTPC_IE_MSISDN, 0, false);
	hex = hex_bytes(create_session_request);
	CU_ASSERT_TRUE(edit_find(&hex, GTPC_IE_BEARER_CTX, GTPC_IE_FTEID, 2, &place));
	hex.bytes[place.at + 2]++; // past its Bearer Context, not past the message
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, GTPC_IE_FTEID, 2, true);
}

// TS 29.274 7.7.7
static void
judges_a_fixed_ie_that_is_too_short_by_its_presence(void)
{
	struct hex hex = hex_bytes(create_session_request);

	edit_value(&hex, 0, GTPC_IE_RAT_TYPE, 0, ""); // M
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, GTPC_IE_RAT_TYPE, 0, false);
	hex = hex_bytes(create_session_request);
	edit_value(&hex, 0, GTPC_IE_PAA, 0, "03 00 00"); // C that can be verified
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, GTPC_IE_PAA, 0, false);
	hex = hex_bytes(create_session_request);
	edit_value(&hex, GTPC_IE_BEARER_CTX, GTPC_IE_BEARER_QOS, 0, "61 09 00");
	expect_fault(&hex, GTPC_CAUSE_INVALID_LENGTH, GTPC_IE_BEARER_QOS, 0, true);
	hex = hex_bytes(create_session_request);
	edit_value(&hex, 0, GTPC_IE_AMBR, 0, "0000c350"); // C that can't: as if it were not there
	expect_sound(&hex);
	CU_ASSERT_FALSE(message.create_session_req.has_ambr);
	CU_ASSERT_EQUAL(message.create_session_req.ambr.ul_kbps, 0);
}

// TS 29.274 7.7.7
static void
skips_octets_beyond_a_fixed_length(void)
{
	struct hex hex = hex_bytes(create_session_request);

	edit_value(&hex, 0, GTPC_IE_RAT_TYPE, 0, "08 ff ff");
	edit_value(&hex, 0, GTPC_IE_AMBR, 0, "00000001 00000002 ffff");
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.create_session_req.rat_type, GTPC_RAT_NB_IOT);
	CU_ASSERT_EQUAL(message.create_session_req.ambr.dl_kbps, 2);
}

// The reserved values of clause 8.
// TS 29.274 7.7.8
static void
judges_a_reserved_value_by_its_presence(void)
{
	static const struct {
		uint8_t in;
		uint8_t type;
		uint8_t instance;
		const char *value;
	} refused[] = {
		{ 0, GTPC_IE_RAT_TYPE, 0, "00" },
		{ 0, GTPC_IE_FTEID, 0, "06 11111111" },
		{ 0, GTPC_IE_FTEID, 0, "06 11111111 0a0a0002" },
		{ 0, GTPC_IE_APN, 0, "00" },
		{ 0, GTPC_IE_PDN_TYPE, 0, "06" },
		{ 0, GTPC_IE_PAA, 0, "00 00000000" },
		{ 0, GTPC_IE_IMSI, 0, "ff" },
		{ GTPC_IE_BEARER_CTX, GTPC_IE_EBI, 0, "00" },
		{ GTPC_IE_BEARER_CTX, GTPC_IE_EBI, 0, "f0" },
		{ GTPC_IE_BEARER_CTX, GTPC_IE_BEARER_QOS, 0,
			"61 00 0000000000 0000000000 0000000000 0000000000" },
		{ GTPC_IE_BEARER_CTX, GTPC_IE_FTEID, 2, "04 22222222 0a0a0003" },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct hex hex = hex_bytes(create_session_request);

		CU_ASSERT_TRUE(edit_value(&hex, refused[i].in, refused[i].type, refused[i].instance,
			refused[i].value));
		expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_INCORRECT, refused[i].type,
			refused[i].instance, refused[i].in != 0);
	}
	struct hex hex = hex_bytes(create_session_request);

	edit_value(&hex, 0, GTPC_IE_SERVING_NETWORK, 0, "aaaaaa");
	edit_value(&hex, 0, GTPC_IE_ULI, 0, "18 62f210 12");
	edit_value(&hex, 0, GTPC_IE_MSISDN, 0, "aa");
	expect_sound(&hex);
	CU_ASSERT_FALSE(message.create_session_req.has_serving_network);
	CU_ASSERT_FALSE(message.create_session_req.has_uli);
	CU_ASSERT_FALSE(message.create_session_req.uli.has_tai);
	CU_ASSERT_FALSE(message.create_session_req.has_msisdn);
}

// TS 29.274 7.7.8, 8.8
static void
refuses_ebi_0_but_where_the_mme_is_to_choose(void)
{
	struct hex hex = hex_bytes(delete_session_request);

	edit_value(&hex, 0, GTPC_IE_EBI, 0, "00");
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_EBI, 0, false);
	hex = hex_bytes(create_bearer_request); // TS 29.274 7.2.3
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.create_bearer_req.bearers[0].ebi, 0);
	edit_value(&hex, 0, GTPC_IE_EBI, 0, "00"); // the LBI
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_EBI, 0, false);
}

// TS 29.274 7.7.9
static void
skips_unknown_types_and_instances(void)
{
	struct hex hex = hex_bytes(create_session_request);

	edit_append(&hex, 0, "fa 0003 00 010203");
	edit_append(&hex, 0, "00 0000 00");
	edit_append(&hex, 0, "57 0001 09 00");
	edit_append(&hex, 0, "fe 0004 00 01000203"); // IE Type Extension
	edit_append(&hex, GTPC_IE_BEARER_CTX, "57 0001 07 00");
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.create_session_req.sender.teid, 0x11111111);
}

// TS 29.274 7.7.10
static void
takes_the_first_of_repeated_ies(void)
{
	struct hex hex = hex_bytes(create_session_request);

	edit_append(&hex, 0, "03 0001 00 63");
	edit_append(&hex, 0, "52 0001 00 00"); // would be refused
	edit_append(&hex, GTPC_IE_BEARER_CTX, "49 0001 00 06");
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.create_session_req.recovery, 7);
	CU_ASSERT_EQUAL(message.create_session_req.bearers[0].ebi, 5);
}

// TS 29.274 7.7.10
static void
takes_lists_as_they_come(void)
{
	struct hex hex = hex_bytes(delete_bearer_response);

	edit_append(&hex, 0, "5d 000b 00 49 0001 00 07 02 0002 00 40 00"); // 7.2.10.2
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.delete_bearer_rsp.n_bearers, 2);
	CU_ASSERT_EQUAL(message.delete_bearer_rsp.bearers[0].ebi, 6);
	CU_ASSERT_EQUAL(message.delete_bearer_rsp.bearers[1].ebi, 7);
	CU_ASSERT_EQUAL(message.delete_bearer_rsp.bearers[1].cause.value, 64);
	hex = hex_bytes("48 63 0019 55555555 000007 00 490001 01 06 490001 01 07 490001 0108");
	edit_length(&hex, hex.n - 4);
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.delete_bearer_req.n_ebis, 3);
	CU_ASSERT_EQUAL(message.delete_bearer_req.ebis[2], 8);
}

// TS 29.274 7.7.8
static void
refuses_more_bearers_than_there_can_be(void)
{
	struct hex hex = hex_bytes("48 42 0008 33333333 800001 00");

	for (unsigned int i = 0; i < GTPC_BEARERS_MAX; i++)
		edit_append(&hex, 0, "5d 0005 00 49 0001 00 07");
	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.delete_bearer_cmd.n_bearers, GTPC_BEARERS_MAX);
	edit_append(&hex, 0, "5d 0005 00 49 0001 00 07");
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_BEARER_CTX, 0, false);
}

// TS 29.274 7.7.7, 7.7.8
static void
ignores_a_faulty_group_that_is_optional(void)
{
	struct hex hex = hex_bytes(create_session_request);
	const struct create_session_req *req = &message.create_session_req;

	edit_append(&hex, 0, "b4 000a 01 b7 0004 00 00000001 b6 00"); // runs over inside
	edit_append(&hex, 0, "b4 0008 00 b7 0004 00 00000001");       // lacks what it must hold
	expect_sound(&hex);
	CU_ASSERT_FALSE(req->has_sgw_overload);
	CU_ASSERT_FALSE(req->has_mme_overload);
	CU_ASSERT_EQUAL(req->mme_overload.sequence, 0);
	hex = hex_bytes(create_session_request);
	edit_append(&hex, 0, "b4 0012 01 b7 0004 00 00000001 b6 0001 00 14 9c 0001 00 25");
	expect_sound(&hex);
	CU_ASSERT_TRUE(req->has_sgw_overload);
	CU_ASSERT_EQUAL(req->sgw_overload.reduction, 20);
	CU_ASSERT_EQUAL(gtpc_epc_timer_seconds(&req->sgw_overload.validity), 300);
}

// TS 29.274 8.12
static void
takes_an_indication_of_any_length(void)
{
	static const char *const values[] = { "", "80", "8000000000000000000000000000",
		"8000000000000000000000000000ffff" };

	for (unsigned int i = 0; i < 4; i++) {
		struct hex hex = hex_bytes(create_session_request);

		edit_value(&hex, 0, GTPC_IE_INDICATION, 0, values[i]);
		expect_sound(&hex);
		CU_ASSERT_TRUE(message.create_session_req.has_indication);
		CU_ASSERT_EQUAL(
			gtpc_indication_get(&message.create_session_req.indication, GTPC_IND_DAF),
			i > 0);
	}
	struct hex hex = hex_bytes(create_session_request);

	edit_remove(&hex, 0, GTPC_IE_INDICATION, 0);
	expect_sound(&hex);
}

// TS 29.274 8.13
static void
takes_an_empty_pco(void)
{
	struct hex hex = hex_bytes(create_session_request);

	edit_value(&hex, 0, GTPC_IE_PCO, 0, "");
	expect_sound(&hex);
	CU_ASSERT_TRUE(message.create_session_req.has_pco);
	CU_ASSERT_EQUAL(message.create_session_req.pco.n, 0);
}

// TS 29.274 7.7.6
static void
needs_only_the_cause_of_a_rejection(void)
{
	struct hex hex = hex_bytes("48 21 000e 11111111 000102 00 02 0002 00 49 00");

	expect_sound(&hex);
	CU_ASSERT_EQUAL(message.create_session_rsp.cause.value, GTPC_CAUSE_NO_RESOURCES);
	CU_ASSERT_EQUAL(message.create_session_rsp.n_bearers, 0);
	edit_append(&hex, 0, "5d 0005 00 49 0001 00 05"); // a Bearer Context without its Cause
	expect_sound(&hex);
	hex = hex_bytes("48 21 000e 11111111 000102 00 02 0002 00 10 00");
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_MISSING, GTPC_IE_BEARER_CTX, 0, false);
	hex = hex_bytes("48 21 0008 11111111 000102 00");
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_MISSING, GTPC_IE_CAUSE, 0, false);
	hex = hex_bytes("48 25 000e 11111111 000102 00 02 0002 00 00 00"); // Cause 0
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_CAUSE, 0, false);
}

// TS 29.274 7.7.6
static void
names_the_first_of_several_faults(void)
{
	struct hex hex = hex_bytes(create_session_request);

	edit_value(&hex, 0, GTPC_IE_IMSI, 0, "ff");
	edit_value(&hex, 0, GTPC_IE_RAT_TYPE, 0, "00");
	edit_remove(&hex, 0, GTPC_IE_APN, 0);
	expect_fault(&hex, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_IMSI, 0, false);
	CU_ASSERT_EQUAL(gtpc_message_sender(&message)->teid, 0x11111111);
}

// TS 29.274 5.1
static void
reads_the_header_by_its_flags(void)
{
	struct hex hex = hex_bytes("48 01 000d 0a0b0c0d 000001 00 03 0001 00 07"); // Echo with T=1

	expect_sound(&hex);
	CU_ASSERT_TRUE(message.header.has_teid);
	CU_ASSERT_EQUAL(message.header.teid, 0x0a0b0c0d);
	CU_ASSERT_EQUAL(message.echo_req.recovery, 7);
	hex = hex_bytes("44 01 0009 000001 50 03 0001 00 07");
	expect_sound(&hex);
	CU_ASSERT_TRUE(message.header.has_priority);
	CU_ASSERT_EQUAL(message.header.priority, 5);
	hex = hex_bytes("40 01 0009 000001 5f 03 0001 00 07"); // spare bits
	expect_sound(&hex);
	CU_ASSERT_FALSE(message.header.has_priority);
}

// TS 29.274 7.7.2, 7.7.3
static void
refuses_other_versions_and_runts(void)
{
	struct hex hex = hex_bytes("60 01 0009 000007 00 03 0001 00 07");

	CU_ASSERT_EQUAL(parse_hex(&hex), -EPROTONOSUPPORT);
	CU_ASSERT_EQUAL(message.header.sequence, 7);
	hex = hex_bytes("32 01 0004 00000000 0007 00 00"); // GTPv1
	CU_ASSERT_EQUAL(parse_hex(&hex), -EBADMSG);
	CU_ASSERT_EQUAL(message.header.version, 1);
	CU_ASSERT_EQUAL(fault.cause, 0);
	hex = hex_bytes("48 20 0004 00000001 000001 00"); // a Length without room for the TEID
	CU_ASSERT_EQUAL(parse_hex(&hex), -EBADMSG);
	CU_ASSERT_EQUAL(fault.cause, 0);
	hex = hex_bytes("60 01 00"); // too short to tell
	CU_ASSERT_EQUAL(parse_hex(&hex), -EBADMSG);
	hex = hex_bytes("48 fa 0008 00000000 000001 00");
	CU_ASSERT_EQUAL(parse_hex(&hex), -ENOMSG);
	hex = hex_bytes("48 fa 0009 00000000 000001 00");
	CU_ASSERT_EQUAL(parse_hex(&hex), -ENOMSG);
}

// Create Session Response with a Create Bearer Request on its back.
// TS 29.274 5.5.1
static void
parts_a_piggybacked_pair(void)
{
	struct hex hex = hex_bytes(create_session_response);
	struct hex second = hex_bytes(create_bearer_request);
	size_t first_n = hex.n;
	size_t used;

	hex.bytes[0] |= GTPC_FLAG_P;
	memcpy(hex.bytes + hex.n, second.bytes, second.n);
	hex.n += second.n;
	CU_ASSERT_EQUAL(gtpc_message_parse(hex.bytes, hex.n, &used, &message, &fault), 0);
	CU_ASSERT_TRUE(message.header.has_piggyback);
	CU_ASSERT_EQUAL(used, first_n);
	CU_ASSERT_EQUAL(message.header.type, GTPC_MSG_CREATE_SESSION_RSP);
	CU_ASSERT_EQUAL(
		gtpc_message_parse(hex.bytes + used, hex.n - used, &used, &message, &fault), 0);
	CU_ASSERT_EQUAL(used, second.n);
	CU_ASSERT_EQUAL(message.header.type, GTPC_MSG_CREATE_BEARER_REQ);
}

static void
makes_an_empty_message_of_a_type(void)
{
	gtpc_message_init(&message, GTPC_MSG_DELETE_SESSION_REQ, 7, 9);
	CU_ASSERT_TRUE(message.header.has_teid);
	CU_ASSERT_EQUAL(message.header.teid, 7);
	CU_ASSERT_EQUAL(message.header.sequence, 9);
	CU_ASSERT_FALSE(message.delete_session_req.has_lbi);
	gtpc_message_init(&message, GTPC_MSG_VERSION_NOT_SUPPORTED, 7, 9);
	CU_ASSERT_FALSE(message.header.has_teid);
	struct hex hex = encode(&message);

	CU_ASSERT_EQUAL(hex.n, 8);
	CU_ASSERT_EQUAL(memcmp(hex.bytes, "\x40\x03\x00\x04\x00\x00\x09\x00", 8), 0);
}

static void
refuses_to_encode_nonsense(void)
{
	uint8_t bytes[64];

	gtpc_message_init(&message, 250, 7, 9);
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), -EINVAL);
	gtpc_message_init(&message, GTPC_MSG_DELETE_SESSION_REQ, 7, 1u << 24);
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), -EINVAL);
	gtpc_message_init(&message, GTPC_MSG_DELETE_SESSION_REQ, 7, GTPC_SEQUENCE_MAX);
	message.header.has_priority = true;
	message.header.priority = 15;
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), 12);
	message.header.priority = 16;
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), -EINVAL);
	gtpc_message_init(&message, GTPC_MSG_DELETE_BEARER_REQ, 7, 9);
	message.delete_bearer_req.n_ebis = GTPC_BEARERS_MAX + 1;
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), -EINVAL);
	gtpc_message_init(&message, GTPC_MSG_CREATE_SESSION_REQ, 7, 9);
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), -EINVAL);
}

static void
refuses_to_encode_more_than_a_length_can_tell(void)
{
	static uint8_t bytes[3 * 65536], pco[65535];

	gtpc_message_init(&message, GTPC_MSG_DELETE_SESSION_REQ, 7, 9);
	message.delete_session_req.has_pco = true;
	message.delete_session_req.pco = (struct gtpc_octets){ pco, 65535 - 12 };
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), 65539);
	CU_ASSERT_EQUAL(bytes[2] << 8 | bytes[3], 65535);
	message.delete_session_req.pco.n++;
	CU_ASSERT_EQUAL(gtpc_message_encode(&message, bytes, sizeof(bytes)), -EMSGSIZE);
}

// Every request that has an answer is rejected by one that its sender can read.
// TS 29.274 7.7.6, 8.4
static void
rejects_every_request_in_its_own_way(void)
{
	static struct gtpc_message request, answer;
	const struct gtpc_fault why = { .cause = GTPC_CAUSE_MANDATORY_IE_MISSING,
		.has_ie = true,
		.ie_type = GTPC_IE_FTEID,
		.ie_instance = 2,
		.in_bearer_context = true };

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		const struct gtpc_message_desc *desc = gtpc_message_at(i);
		struct hex hex;

		sample_message(&request, desc->type, SAMPLE_FULL);
		if (desc->answer == 0) {
			CU_ASSERT_EQUAL(gtpc_message_reject(&answer, &request, &why, 7), -ENOMSG);
			continue;
		}
		CU_ASSERT_EQUAL(gtpc_message_reject(&answer, &request, &why, 7), 0);
		hex = encode(&answer);
		expect_sound(&hex);
		CU_ASSERT_EQUAL(message.header.type, desc->answer);
		CU_ASSERT_EQUAL(message.header.sequence, request.header.sequence);
		if (desc->type == GTPC_MSG_ECHO_REQ)
			continue;
		CU_ASSERT_EQUAL(message.header.teid, 7);
		const struct gtpc_cause *cause = gtpc_message_cause(&message);

		CU_ASSERT_PTR_NOT_NULL_FATAL(cause);
		CU_ASSERT_EQUAL(cause->value, GTPC_CAUSE_MANDATORY_IE_MISSING);
		CU_ASSERT_EQUAL(cause->flags, GTPC_CAUSE_FLAG_BCE);
		CU_ASSERT_TRUE(cause->has_offending_ie);
		CU_ASSERT_EQUAL(cause->ie_type, GTPC_IE_FTEID);
		CU_ASSERT_EQUAL(cause->ie_instance, 2);
	}
}

// TS 29.274 7.2.6, 7.2.17.2
static void
copies_what_a_failure_indication_must_hold(void)
{
	static struct gtpc_message request, answer;
	const struct gtpc_fault why = { .cause = GTPC_CAUSE_CONTEXT_NOT_FOUND };

	sample_message(&request, GTPC_MSG_BEARER_RESOURCE_CMD, SAMPLE_FULL);
	gtpc_message_reject(&answer, &request, &why, 7);
	CU_ASSERT_EQUAL(answer.header.type, GTPC_MSG_BEARER_RESOURCE_FAIL);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.lbi, request.bearer_resource_cmd.lbi);
	CU_ASSERT_EQUAL(answer.bearer_resource_fail.pti, request.bearer_resource_cmd.pti);
	CU_ASSERT_FALSE(answer.bearer_resource_fail.cause.has_offending_ie);
	sample_message(&request, GTPC_MSG_DELETE_BEARER_CMD, SAMPLE_FULL);
	gtpc_message_reject(&answer, &request, &why, 7);
	CU_ASSERT_EQUAL(answer.delete_bearer_fail.n_bearers, 2);
	CU_ASSERT_EQUAL(
		answer.delete_bearer_fail.bearers[1].ebi, request.delete_bearer_cmd.bearers[1].ebi);
	CU_ASSERT_EQUAL(answer.delete_bearer_fail.bearers[1].cause.value, 64);
}

static void
sets_recovery_where_a_message_has_one(void)
{
	gtpc_message_init(&message, GTPC_MSG_CREATE_SESSION_RSP, 7, 9);
	CU_ASSERT_PTR_NULL(gtpc_message_recovery(&message));
	CU_ASSERT_TRUE(gtpc_message_set_recovery(&message, 42));
	CU_ASSERT_TRUE(message.create_session_rsp.has_recovery);
	CU_ASSERT_EQUAL(*gtpc_message_recovery(&message), 42);
	gtpc_message_init(&message, GTPC_MSG_DELETE_BEARER_REQ, 7, 9);
	CU_ASSERT_FALSE(gtpc_message_set_recovery(&message, 42));
	CU_ASSERT_PTR_NULL(gtpc_message_recovery(&message));
	CU_ASSERT_PTR_NULL(gtpc_message_sender(&message));
	gtpc_message_init(&message, GTPC_MSG_ECHO_RSP, 7, 9);
	CU_ASSERT_TRUE(gtpc_message_set_recovery(&message, 42));
	CU_ASSERT_EQUAL(message.echo_rsp.recovery, 42);
}

// What the compiler can't see of the slots: a host form of another size than its row's, two slots
// for one IE, an IE without a row.
static void
check_group(const struct ie_group *group)
{
	CU_ASSERT(group->n_slots <= 64);
	for (unsigned int i = 0; i < group->n_slots; i++) {
		const struct ie_slot *slot = &group->slots[i];
		const struct ie_codec *codec = ie_codec_find(slot->type);

		CU_ASSERT_PTR_NOT_NULL(codec->name);
		CU_ASSERT_EQUAL(slot->group == NULL, codec->decode != NULL);
		CU_ASSERT_EQUAL(slot->size, slot->group ? slot->group->size : codec->host_size);
		CU_ASSERT(slot->at + slot->size * (is_list(slot) ? slot->max : 1u) <= group->size);
		CU_ASSERT(slot->count_at == IE_ALWAYS || slot->count_at < group->size);
		CU_ASSERT(!is_list(slot) || slot->count_at != IE_ALWAYS);
		for (unsigned int k = 0; k < i; k++)
			CU_ASSERT(group->slots[k].type != slot->type ||
				group->slots[k].instance != slot->instance);
		if (slot->group != NULL)
			check_group(slot->group);
	}
}

static void
has_sound_slots(void)
{
	for (unsigned int type = 0; type < 256; type++) {
		const struct gtpc_message_desc *desc = gtpc_message_find((uint8_t)type);

		CU_ASSERT(desc->title == NULL || desc->type == type);
		CU_ASSERT(desc->title == NULL || gtpc_message_at(desc->index) == desc);
		CU_ASSERT(desc->answer == 0 ||
			gtpc_message_find(desc->answer)->kind == GTPC_KIND_ANSWER);
		check_group(ie_group_find((uint8_t)type));
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_a_create_session_request),
	UNIT_CASE(reads_a_create_session_response),
	UNIT_CASE(reads_a_change_of_the_sgw),
	UNIT_CASE(reads_a_pair_of_sets),
	UNIT_CASE(reads_every_golden_message_and_keeps_its_meaning),
	UNIT_CASE(brings_every_ie_of_every_message_there_and_back),
	UNIT_CASE(never_encodes_beyond_its_room),
	UNIT_CASE(answers_every_cut_with_a_cause),
	UNIT_CASE(answers_a_length_that_disagrees_with_the_datagram),
	UNIT_CASE(survives_every_flipped_bit),
	UNIT_CASE(names_every_missing_mandatory_ie),
	UNIT_CASE(names_every_missing_mandatory_ie_of_a_bearer_context),
	UNIT_CASE(asks_for_an_imsi_or_a_mei),
	UNIT_CASE(asks_for_a_paa_or_a_pdn_type),
	UNIT_CASE(asks_for_the_sgw_u_f_teid),
	UNIT_CASE(refuses_an_ie_that_runs_over),
	UNIT_CASE(judges_a_fixed_ie_that_is_too_short_by_its_presence),
	UNIT_CASE(skips_octets_beyond_a_fixed_length),
	UNIT_CASE(judges_a_reserved_value_by_its_presence),
	UNIT_CASE(refuses_ebi_0_but_where_the_mme_is_to_choose),
	UNIT_CASE(skips_unknown_types_and_instances),
	UNIT_CASE(takes_the_first_of_repeated_ies),
	UNIT_CASE(takes_lists_as_they_come),
	UNIT_CASE(refuses_more_bearers_than_there_can_be),
	UNIT_CASE(ignores_a_faulty_group_that_is_optional),
	UNIT_CASE(takes_an_indication_of_any_length),
	UNIT_CASE(takes_an_empty_pco),
	UNIT_CASE(needs_only_the_cause_of_a_rejection),
	UNIT_CASE(names_the_first_of_several_faults),
	UNIT_CASE(reads_the_header_by_its_flags),
	UNIT_CASE(refuses_other_versions_and_runts),
	UNIT_CASE(parts_a_piggybacked_pair),
	UNIT_CASE(makes_an_empty_message_of_a_type),
	UNIT_CASE(refuses_to_encode_nonsense),
	UNIT_CASE(refuses_to_encode_more_than_a_length_can_tell),
	UNIT_CASE(rejects_every_request_in_its_own_way),
	UNIT_CASE(copies_what_a_failure_indication_must_hold),
	UNIT_CASE(sets_recovery_where_a_message_has_one),
	UNIT_CASE(has_sound_slots),
};
UNIT_MAIN("gtpc/message", cases)
