// SPDX-License-Identifier: BSD-3-Clause
// The load generator's own encoder and reader against the gateway's codec, which was written apart.
#include "control/gtpc/message.h"
#include "perf/gtpc_message.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

static const struct gtpc_session session = {
	.imsi = 1010000000007,
	.sgw = 0x0a0a0003,
	.teid_c = 0x11223344,
	.teid_u = 0x55667788,
	.gw_teid_c = 0x99aabbcc,
	.apn = "iot.example",
};
static struct gtpc_message message;

typedef size_t (*write_fn)(uint8_t *out, const struct gtpc_session *s, uint32_t sequence);

// What the gateway reads of it; its header must say what the generator wanted.
static void
parse(write_fn write, uint8_t type, uint32_t teid)
{
	uint8_t bytes[LOAD_MESSAGE_MAX];
	size_t n = write(bytes, &session, 0xabcdef), used;
	struct gtpc_fault fault;

	CU_ASSERT(n <= LOAD_MESSAGE_MAX);
	CU_ASSERT_EQUAL(gtpc_message_parse(bytes, n, &used, &message, &fault), 0);
	CU_ASSERT_EQUAL(used, n);
	CU_ASSERT_EQUAL(message.header.type, type);
	CU_ASSERT_EQUAL(message.header.teid, teid);
	CU_ASSERT_EQUAL(message.header.sequence, 0xabcdef);
}

static void
is_fteid(const struct gtpc_fteid *f, uint8_t interface, uint32_t teid)
{
	static const uint8_t addr[4] = { 10, 10, 0, 3 };

	CU_ASSERT_EQUAL(f->interface, interface);
	CU_ASSERT_EQUAL(f->teid, teid);
	CU_ASSERT(f->has_ipv4 && !f->has_ipv6);
	CU_ASSERT_EQUAL(memcmp(f->ipv4, addr, 4), 0);
}

static void
creates_a_session_as_the_gateway_reads_it(void)
{
	const struct create_session_req *r = &message.create_session_req;

	parse(gtpc_create_session, 32, 0);
	CU_ASSERT(r->has_imsi);
	CU_ASSERT_STRING_EQUAL(r->imsi.text, "001010000000007");
	CU_ASSERT_STRING_EQUAL(r->apn.text, "iot.example");
	CU_ASSERT_EQUAL(r->rat_type, 6);
	is_fteid(&r->sender, 6, session.teid_c);
	CU_ASSERT_EQUAL(r->ambr.ul_kbps, 50000);
	CU_ASSERT_EQUAL(r->pdn_type, 1);
	CU_ASSERT_EQUAL(r->n_bearers, 1);
	CU_ASSERT_EQUAL(r->bearers[0].ebi, 5);
	is_fteid(&r->bearers[0].sgw_u, 4, session.teid_u);
}

static void
modifies_its_tunnel(void)
{
	const struct modify_bearer_req *r = &message.modify_bearer_req;

	parse(gtpc_modify_bearer, 34, session.gw_teid_c);
	CU_ASSERT_EQUAL(r->n_bearers, 1);
	CU_ASSERT_EQUAL(r->bearers[0].ebi, 5);
	is_fteid(&r->bearers[0].sgw_u, 4, session.teid_u);
}

static void
deletes_it(void)
{
	parse(gtpc_delete_session, 36, session.gw_teid_c);
	CU_ASSERT(message.delete_session_req.has_lbi);
	CU_ASSERT_EQUAL(message.delete_session_req.lbi, 5);
}

// The gateway's own answer to a Create Session Request, accepted.
static size_t
answer(uint8_t *bytes)
{
	static struct gtpc_message m;
	struct create_session_rsp *r = &m.create_session_rsp;
	int n;

	m.header = (struct gtpc_header){
		.version = 2, .type = 33, .has_teid = true, .teid = 7, .sequence = 99
	};
	r->cause.value = 16;
	r->has_pgw = true;
	r->pgw = (struct gtpc_fteid){
		.interface = 7, .has_ipv4 = true, .teid = 0x01020304, .ipv4 = { 10, 10, 0, 1 }
	};
	n = (int)gtpc_message_encode(&m, bytes, LOAD_MESSAGE_MAX);
	CU_ASSERT_FATAL(n > 0);
	return (size_t)n;
}

static void
reads_the_gateways_answer(void)
{
	uint8_t bytes[LOAD_MESSAGE_MAX];
	size_t n = answer(bytes);
	struct gtpc_answer a;

	CU_ASSERT(gtpc_answer_read(bytes, n, &a));
	CU_ASSERT_EQUAL(a.type, 33);
	CU_ASSERT_EQUAL(a.cause, LOAD_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(a.teid, 7);
	CU_ASSERT_EQUAL(a.sequence, 99);
	CU_ASSERT_EQUAL(a.gw_teid_c, 0x01020304);
}

static void
reads_nothing_of_what_is_cut_off(void)
{
	uint8_t bytes[LOAD_MESSAGE_MAX];
	size_t n = answer(bytes);
	struct gtpc_answer a;

	for (size_t cut = 0; cut < n; cut++)
		CU_ASSERT_FALSE(gtpc_answer_read(bytes, cut, &a));
}

static const struct unit_case cases[] = {
	UNIT_CASE(creates_a_session_as_the_gateway_reads_it),
	UNIT_CASE(modifies_its_tunnel),
	UNIT_CASE(deletes_it),
	UNIT_CASE(reads_the_gateways_answer),
	UNIT_CASE(reads_nothing_of_what_is_cut_off),
};

UNIT_MAIN("perf/gtpc_message", cases)
