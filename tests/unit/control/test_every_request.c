// SPDX-License-Identifier: BSD-3-Clause
// Every request that SGWs send, with every IE that it can have and with those alone that it must have,
// cut after every octet and with every octet inverted: each gets one answer of its type, a rejection says
// which IE is to blame, and in the end nothing is left that shouldn't be. TS 29.274 7.7
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/gtpc/samples.h"

#define MESSAGE_MAX 2048

static const uint8_t types[] = {
	GTPC_MSG_CREATE_SESSION_REQ,
	GTPC_MSG_MODIFY_BEARER_REQ,
	GTPC_MSG_DELETE_SESSION_REQ,
	GTPC_MSG_CHANGE_NOTIFICATION_REQ,
	GTPC_MSG_REMOTE_UE_REPORT,
	GTPC_MSG_SUSPEND_NOTIFICATION,
	GTPC_MSG_RESUME_NOTIFICATION,
	GTPC_MSG_DELETE_PDN_SET_REQ,
	GTPC_MSG_UPDATE_PDN_SET_REQ,
};

struct sample {
	uint8_t bytes[MESSAGE_MAX];
	size_t n;
};

static struct rig rig;
static unsigned int n_answers;
static struct gtpc_message answer;
static uint8_t answer_bytes[MESSAGE_MAX];

// What the gateway asks on its own isn't meant.
static void
read_answer(struct rig *r, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct gtpc_fault fault;
	size_t used;

	if (gtpc_message_find(bytes[1])->kind != GTPC_KIND_ANSWER)
		return;
	CU_ASSERT_FATAL(n <= sizeof(answer_bytes));
	memcpy(answer_bytes, bytes, n);
	CU_ASSERT_EQUAL(gtpc_message_parse(answer_bytes, n, &used, &answer, &fault), 0);
	n_answers++;
}

static bool
is_answered(struct rig *r)
{
	return n_answers > 0;
}

static uint32_t
some_teid(void)
{
	struct session *s = session_find_imsi(rig.pgw->sessions, "262010000000001", NULL);

	if (s && s->state == SESSION_ACTIVE)
		return s->teid;
	rig.tap = NULL;
	rig_settle(&rig);
	rig_attach(&rig, "262010000000001");
	rig.tap = read_answer;
	s = session_find_imsi(rig.pgw->sessions, "262010000000001", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return s->teid;
}

static void
put_be(uint8_t *at, uint32_t value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		at[i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static bool
may_name_no_ie(uint8_t cause)
{
	return cause != GTPC_CAUSE_MANDATORY_IE_MISSING &&
		cause != GTPC_CAUSE_MANDATORY_IE_INCORRECT &&
		cause != GTPC_CAUSE_CONDITIONAL_IE_MISSING;
}

// One request with the TEID of a session and a sequence of its own.
static void
expect_one_answer(struct sample *m)
{
	uint8_t type = m->bytes[1];
	const struct gtpc_cause *cause;

	if (type != GTPC_MSG_CREATE_SESSION_REQ && type != GTPC_MSG_DELETE_PDN_SET_REQ)
		put_be(m->bytes + 4, some_teid(), 4);
	put_be(m->bytes + 8, ++rig.sequence, 3);
	put_be(m->bytes + 2, (uint32_t)m->n - 4, 2);
	n_answers = 0;
	pgw_receive(rig.pgw, &rig.path, m->bytes, m->n);
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_answered));
	CU_ASSERT_EQUAL(n_answers, 1);
	CU_ASSERT_EQUAL(answer.header.type, gtpc_message_find(type)->answer);
	CU_ASSERT_EQUAL(answer.header.sequence, rig.sequence);
	cause = gtpc_message_cause(&answer);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cause);
	CU_ASSERT_STRING_NOT_EQUAL(gtpc_cause_text(cause->value), "unknown cause");
	CU_ASSERT_TRUE(gtpc_cause_is_accepted(cause->value) || cause->value >= 64);
	CU_ASSERT_TRUE(cause->has_offending_ie || may_name_no_ie(cause->value));
}

static void
make(struct sample *m, uint8_t type, enum sample_kind kind)
{
	static struct gtpc_message message;
	ssize_t n;

	sample_message(&message, type, kind);
	message.header.has_priority = false;
	message.header.has_piggyback = false;
	n = gtpc_message_encode(&message, m->bytes, sizeof(m->bytes));
	CU_ASSERT_FATAL(n > 0);
	m->n = (size_t)n;
}

static void
begin(void)
{
	rig_open(&rig, NULL);
	rig.tap = read_answer;
}

static void
end(void)
{
	rig.tap = NULL;
	rig_settle(&rig);
	CU_ASSERT_EQUAL(fake_count(rig.fake).sessions, rig_counts(&rig).active);
	rig_close(&rig);
}

// TS 29.274 7.7.6, 7.7.7
static void
every_cut_gets_one_answer(void)
{
	struct sample whole, cut;

	begin();
	for (size_t i = 0; i < sizeof(types); i++)
		for (int kind = 0; kind < SAMPLE_N_KINDS; kind++) {
			make(&whole, types[i], (enum sample_kind)kind);
			for (size_t n = GTPC_HEADER_TEID; n <= whole.n; n++) {
				cut = whole;
				cut.n = n;
				expect_one_answer(&cut);
			}
		}
	end();
}

// TS 29.274 7.7.7, 7.7.8, 7.7.9
static void
every_inverted_octet_gets_one_answer(void)
{
	struct sample whole, changed;

	begin();
	for (size_t i = 0; i < sizeof(types); i++) {
		make(&whole, types[i], SAMPLE_FULL);
		for (size_t at = GTPC_HEADER_TEID; at < whole.n; at++) {
			changed = whole;
			changed.bytes[at] ^= 0xff;
			expect_one_answer(&changed);
		}
	}
	end();
}

// TS 29.274 7.7.10
static void
every_doubled_message_gets_one_answer(void)
{
	struct sample whole, twice;

	begin();
	for (size_t i = 0; i < sizeof(types); i++) {
		make(&whole, types[i], SAMPLE_FULL);
		twice = whole;
		CU_ASSERT_FATAL(2 * whole.n <= MESSAGE_MAX);
		memcpy(twice.bytes + whole.n, whole.bytes + GTPC_HEADER_TEID,
			whole.n - GTPC_HEADER_TEID);
		twice.n += whole.n - GTPC_HEADER_TEID;
		expect_one_answer(&twice);
	}
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(every_cut_gets_one_answer),
	UNIT_CASE(every_inverted_octet_gets_one_answer),
	UNIT_CASE(every_doubled_message_gets_one_answer),
};

UNIT_MAIN("control/every_request", cases)
