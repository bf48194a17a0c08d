// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/xact.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>

#define KEEP_MS 12000
#define T3_MS 3000
#define SENT_MAX 64

// What went out, as the seam to the socket sees it.
static struct {
	unsigned int n;
	struct gtpc_path path[SENT_MAX];
	char text[SENT_MAX][32];
} sent;
static unsigned int n_repeated;
static struct gtpc_counters counters;
static struct {
	unsigned int n;
	int result;
	const struct gtpc_message *answer;
	void *ctx;
} done;

static void
note_sent(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	if (sent.n == SENT_MAX)
		sent.n = 0;
	sent.path[sent.n] = *path;
	snprintf(sent.text[sent.n++], sizeof(sent.text[0]), "%.*s", (int)n, (const char *)bytes);
}

static void
note_repeated(void *user, const struct gtpc_path *path, uint8_t type)
{
	n_repeated++;
}

static void
note_done(void *ctx, int result, const struct gtpc_message *answer)
{
	done.n++;
	done.result = result;
	done.answer = answer;
	done.ctx = ctx;
}

static struct gtpc_path
path_to(const char *peer, uint16_t port)
{
	struct gtpc_path path = { .peer.port = port };

	gtpc_addr_parse("10.10.0.1", &path.local);
	gtpc_addr_parse(peer, &path.peer.addr);
	return path;
}

static struct xact *
start_with(uint32_t incoming_max, size_t answer_bytes_max)
{
	const struct xact_config config = {
		.incoming_max = incoming_max,
		.outgoing_max = 8,
		.answer_bytes_max = answer_bytes_max,
		.keep_ms = KEEP_MS,
		.hash_key = { 1, 2 },
		.first_sequence = 0x7ffffd,
		.send = note_sent,
		.repeated = note_repeated,
		.counters = &counters,
	};
	struct xact *x = xact_new(&config);

	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	memset(&sent, 0, sizeof(sent));
	memset(&done, 0, sizeof(done));
	memset(&counters, 0, sizeof(counters));
	n_repeated = 0;
	return x;
}

static struct xact *
start(void)
{
	return start_with(16, 4096);
}

static struct xact_list peer_list;

static enum xact_verdict
accept_at(struct xact *x, const struct gtpc_path *path, uint32_t sequence, const char *text,
	uint64_t now_ms, uint64_t *id)
{
	return xact_accept(x, path, GTPC_MSG_CREATE_SESSION_REQ, sequence, (const uint8_t *)text,
		strlen(text), &peer_list, now_ms, id);
}

static int
answer_at(struct xact *x, uint64_t id, const char *text, uint64_t now_ms)
{
	return xact_answer(x, id, (const uint8_t *)text, strlen(text), now_ms);
}

// TS 29.274 7.6
static void
gives_a_repeated_request_the_same_answer(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id, again;

	peer_list = XACT_LIST_EMPTY;
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 0, &id), XACT_NEW);
	CU_ASSERT_NOT_EQUAL(id, 0);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 10, &again), XACT_PENDING);
	CU_ASSERT_EQUAL(sent.n, 0);
	CU_ASSERT_EQUAL(answer_at(x, id, "answer", 20), 0);
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 30, &again), XACT_REPEATED);
	CU_ASSERT_EQUAL(again, 0);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_STRING_EQUAL(sent.text[1], "answer");
	CU_ASSERT(memcmp(&sent.path[1], &path, sizeof(path)) == 0);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_DUPLICATE_PENDING], 1);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_DUPLICATE_ANSWERED], 1);
	xact_free(x);
}

// A restarted SGW begins at the same sequences again.
// TS 29.274 7.6
static void
takes_other_bytes_under_a_known_key_for_a_new_request(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t first, second, third;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "request", 0, &first);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "another", 0, &second), XACT_NEW);
	CU_ASSERT_EQUAL(answer_at(x, first, "late", 1), -ESTALE);
	CU_ASSERT_EQUAL(sent.n, 0);
	CU_ASSERT_EQUAL(answer_at(x, second, "answer", 1), 0);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 2, &third), XACT_NEW);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_SUPERSEDED], 2);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_ANSWER_STALE], 1);
	xact_free(x);
}

// TS 29.274 7.6
static void
tells_every_part_of_the_key_apart(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	struct gtpc_path other_peer = path_to("10.10.0.3", 2123);
	struct gtpc_path other_port = path_to("10.10.0.2", 2124);
	struct gtpc_path other_local = path;
	uint64_t id;

	peer_list = XACT_LIST_EMPTY;
	gtpc_addr_parse("10.10.0.9", &other_local.local);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(accept_at(x, &path, 2, "request", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(accept_at(x, &other_peer, 1, "request", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(accept_at(x, &other_port, 1, "request", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(accept_at(x, &other_local, 1, "request", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(xact_accept(x, &path, GTPC_MSG_DELETE_SESSION_REQ, 1,
				(const uint8_t *)"request", 7, &peer_list, 0, &id),
		XACT_NEW);
	CU_ASSERT_EQUAL(xact_usage(x).n_pending, 6);
	xact_free(x);
}

static void
forgets_an_answer_when_its_time_is_over(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id;

	peer_list = XACT_LIST_EMPTY;
	CU_ASSERT_EQUAL(xact_next_deadline(x), UINT64_MAX);
	accept_at(x, &path, 1, "request", 0, &id);
	answer_at(x, id, "answer", 500);
	CU_ASSERT_EQUAL(xact_next_deadline(x), 500 + KEEP_MS);
	xact_run(x, 499 + KEEP_MS);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 499 + KEEP_MS, &id), XACT_REPEATED);
	xact_run(x, 500 + KEEP_MS);
	CU_ASSERT_EQUAL(xact_usage(x).n_kept, 0);
	CU_ASSERT_EQUAL(xact_usage(x).answer_bytes, 0);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 500 + KEEP_MS, &id), XACT_NEW);
	xact_free(x);
}

static void
ends_a_transaction_that_nobody_answers(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id, again;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "request", 0, &id);
	CU_ASSERT_PTR_NOT_NULL(xact_path_of(x, id));
	xact_run(x, KEEP_MS);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_UNANSWERED], 1);
	CU_ASSERT_PTR_NULL(xact_path_of(x, id));
	CU_ASSERT_EQUAL(answer_at(x, id, "answer", KEEP_MS), -ESTALE);
	accept_at(x, &path, 1, "request", KEEP_MS, &again);
	CU_ASSERT_NOT_EQUAL(id, again); // the same place, another transaction
	xact_drop(x, again);
	xact_drop(x, again);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", KEEP_MS, &id), XACT_NEW);
	xact_free(x);
}

static void
gives_up_the_oldest_answers_for_new_requests(void)
{
	struct xact *x = start_with(2, 4096);
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id, pending;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "request", 0, &id);
	answer_at(x, id, "one", 0);
	accept_at(x, &path, 2, "request", 0, &id);
	answer_at(x, id, "two", 0);
	CU_ASSERT_EQUAL(accept_at(x, &path, 3, "request", 0, &pending), XACT_NEW);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_ANSWER_EVICTED], 1);
	CU_ASSERT_EQUAL(accept_at(x, &path, 2, "request", 0, &id), XACT_REPEATED);
	CU_ASSERT_EQUAL(accept_at(x, &path, 4, "request", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(accept_at(x, &path, 5, "request", 0, &id), XACT_FULL);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_TRANSACTIONS_FULL], 1);
	CU_ASSERT_EQUAL(answer_at(x, pending, "three", 0), 0);
	xact_free(x);
}

// The ring wraps at every fill level; whatever is still kept must be right.
static void
keeps_answers_of_all_sizes_in_a_small_memory(void)
{
	struct xact *x = start_with(64, 200);
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	unsigned int state = 3;

	peer_list = XACT_LIST_EMPTY;
	for (uint32_t i = 1; i < 4000; i++) {
		char text[32] = { 0 };
		uint64_t id;

		CU_ASSERT_EQUAL_FATAL(accept_at(x, &path, i, "request", i, &id), XACT_NEW);
		snprintf(text, sizeof(text), "%u%.*s", i, rand_r(&state) % 24,
			"abcdefghijklmnopqrstuvwxyz");
		CU_ASSERT_EQUAL(answer_at(x, id, text, i), 0);
		CU_ASSERT(xact_usage(x).answer_bytes <= 200);
		CU_ASSERT(xact_usage(x).n_kept >= (i < 3 ? i : 3));
		// The youngest three fit in any case: 3 * 28 <= 200 / 2.
		for (uint32_t k = i > 2 ? i - 2 : 1; k <= i; k++) {
			CU_ASSERT_EQUAL_FATAL(
				accept_at(x, &path, k, "request", i, &id), XACT_REPEATED);
			CU_ASSERT_EQUAL(strtoul(sent.text[sent.n - 1], NULL, 10), k);
		}
	}
	xact_free(x);
}

static void
sends_but_does_not_keep_an_answer_beyond_its_memory(void)
{
	struct xact *x = start_with(4, 4);
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "request", 0, &id);
	CU_ASSERT_EQUAL(answer_at(x, id, "answer", 0), 0);
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 0, &id), XACT_NEW);
	xact_free(x);
}

// TS 23.007 18: what was answered before the peer's restart is worth nothing.
static void
forgets_a_restarted_peers_answers_alone(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	struct gtpc_path other = path_to("10.10.0.3", 2123);
	struct xact_list others = XACT_LIST_EMPTY;
	uint64_t kept, pending, foreign;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "request", 0, &kept);
	answer_at(x, kept, "answer", 0);
	accept_at(x, &path, 2, "request", 0, &pending);
	xact_accept(x, &other, GTPC_MSG_CREATE_SESSION_REQ, 1, (const uint8_t *)"request", 7,
		&others, 0, &foreign);
	answer_at(x, foreign, "other", 0);
	xact_forget(x, &peer_list, 7);
	CU_ASSERT_EQUAL(accept_at(x, &path, 2, "request", 0, &kept), XACT_PENDING);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 0, &kept), XACT_NEW);
	CU_ASSERT_EQUAL(accept_at(x, &other, 1, "request", 0, &kept), XACT_REPEATED);
	CU_ASSERT_EQUAL(answer_at(x, pending, "answer", 0), 0);
	xact_detach(x, &peer_list);
	xact_forget(x, &peer_list, 7);
	CU_ASSERT_EQUAL(accept_at(x, &path, 2, "request", 0, &kept), XACT_REPEATED);
	xact_free(x);
}

// TS 23.007 18; TS 29.274 7.6: the same octets can't be a new request, since that would name another
// counter
static void
repeats_an_answer_to_a_request_of_before_a_restart(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	struct xact_record record;
	uint64_t id;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "of life 7", 0, &id);
	xact_note_recovery(x, id, 7);
	CU_ASSERT_EQUAL(xact_export(x, id, &record), 0);
	CU_ASSERT(record.has_recovery && record.recovery == 7);
	answer_at(x, id, "answer", 0);
	xact_forget(x, &peer_list, 7);
	xact_forget(x, &peer_list, 7); // the list of the datagrams' source may be the same one
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "of life 7", 0, &id), XACT_REPEATED);
	CU_ASSERT_EQUAL(sent.n, 2);
	xact_forget(x, &peer_list, 8); // one life later it might
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "of life 7", 0, &id), XACT_NEW);
	CU_ASSERT_EQUAL(xact_export(x, id, &record), 0);
	CU_ASSERT_FALSE(record.has_recovery);
	xact_free(x);
}

// TS 29.274 7.6
static void
gives_the_kept_answer_after_a_restart_of_ours(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	struct xact_record record;
	uint64_t id;

	peer_list = XACT_LIST_EMPTY;
	accept_at(x, &path, 1, "request", 0, &id);
	CU_ASSERT_EQUAL(xact_export(x, id, &record), 0);
	CU_ASSERT_EQUAL(record.sequence, 1);
	xact_free(x);
	x = start();
	peer_list = XACT_LIST_EMPTY;
	CU_ASSERT_EQUAL(xact_restore(x, &record, NULL, (const uint8_t *)"answer", 6, &peer_list,
				1000, 5000),
		0);
	CU_ASSERT_EQUAL(xact_restore(x, &record, NULL, (const uint8_t *)"answer", 6, &peer_list,
				1000, 5000),
		-EEXIST);
	CU_ASSERT_EQUAL(xact_next_deadline(x), 5000 + KEEP_MS - 1000);
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "request", 5000, &id), XACT_REPEATED);
	CU_ASSERT_STRING_EQUAL(sent.text[0], "answer");
	CU_ASSERT_EQUAL(accept_at(x, &path, 1, "another", 5000, &id), XACT_NEW);
	record.sequence = 9;
	CU_ASSERT_EQUAL(xact_restore(x, &record, NULL, (const uint8_t *)"answer", 6, &peer_list,
				KEEP_MS, 5000),
		-ETIME);
	CU_ASSERT_EQUAL(xact_export(x, 12345, &record), -ESTALE);
	xact_free(x);
}

static int
request_at(struct xact *x, const struct gtpc_path *path, uint8_t type, uint32_t sequence,
	const char *text, uint64_t now_ms, uint64_t *id)
{
	const struct xact_request request = {
		.path = *path,
		.type = type,
		.sequence = sequence,
		.t3_ms = T3_MS,
		.n3 = 3,
		.bytes = (const uint8_t *)text,
		.n = strlen(text),
		.done = note_done,
		.ctx = &done,
	};

	return xact_send(x, &request, now_ms, id);
}

// TS 29.274 7.6
static void
repeats_a_request_until_n3_and_then_gives_up(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id;

	CU_ASSERT_EQUAL(request_at(x, &path, GTPC_MSG_DELETE_BEARER_REQ, 7, "ask", 100, &id), 0);
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(xact_next_deadline(x), 100 + T3_MS);
	xact_run(x, 99 + T3_MS);
	CU_ASSERT_EQUAL(sent.n, 1);
	xact_run(x, 100 + T3_MS);
	xact_run(x, 100 + 2 * T3_MS);
	CU_ASSERT_EQUAL(sent.n, 3);
	CU_ASSERT_EQUAL(n_repeated, 2);
	CU_ASSERT_STRING_EQUAL(sent.text[2], "ask");
	CU_ASSERT_EQUAL(done.n, 0);
	xact_run(x, 100 + 3 * T3_MS);
	CU_ASSERT_EQUAL(sent.n, 3);
	CU_ASSERT_EQUAL(done.n, 1);
	CU_ASSERT_EQUAL(done.result, -ETIMEDOUT);
	CU_ASSERT_PTR_EQUAL(done.ctx, &done);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_RETRANSMITTED], 2);
	CU_ASSERT_EQUAL(counters.n[GTPC_COUNT_TIMED_OUT], 1);
	CU_ASSERT_EQUAL(xact_next_deadline(x), UINT64_MAX);
	xact_free(x);
}

// TS 29.274 7.6
static void
matches_an_answer_by_peer_sequence_and_type(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	struct gtpc_path from_port = path_to("10.10.0.2", 40000);
	struct gtpc_path other = path_to("10.10.0.3", 2123);
	static struct gtpc_message answer;
	uint64_t id;

	request_at(x, &path, GTPC_MSG_DELETE_BEARER_REQ, 7, "ask", 0, &id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_DELETE_BEARER_RSP, 8), 0);
	CU_ASSERT_EQUAL(xact_match(x, &other, GTPC_MSG_DELETE_BEARER_RSP, 7), 0);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_UPDATE_BEARER_RSP, 7), 0);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_DELETE_BEARER_RSP, 7), id);
	CU_ASSERT_EQUAL(xact_match(x, &from_port, GTPC_MSG_DELETE_BEARER_RSP, 7), id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_VERSION_NOT_SUPPORTED, 7), id);
	xact_complete(x, id, 0, &answer);
	CU_ASSERT_EQUAL(done.n, 1);
	CU_ASSERT_EQUAL(done.result, 0);
	CU_ASSERT_PTR_EQUAL(done.answer, &answer);
	xact_complete(x, id, 0, &answer);
	CU_ASSERT_EQUAL(done.n, 1);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_DELETE_BEARER_RSP, 7), 0);
	CU_ASSERT_EQUAL(xact_next_deadline(x), UINT64_MAX);
	xact_free(x);
}

// TS 29.274 7.6: the Request that a Command starts is its reply.
static void
lets_a_request_answer_a_command(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id;

	request_at(x, &path, GTPC_MSG_BEARER_RESOURCE_CMD, 0x800001, "command", 0, &id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_BEARER_RESOURCE_FAIL, 0x800001), id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_CREATE_BEARER_REQ, 0x800001), id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_UPDATE_BEARER_REQ, 0x800001), id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_DELETE_BEARER_REQ, 0x800001), id);
	request_at(x, &path, GTPC_MSG_MODIFY_BEARER_CMD, 0x800002, "command", 0, &id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_UPDATE_BEARER_REQ, 0x800002), id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_DELETE_BEARER_REQ, 0x800002), 0);
	request_at(x, &path, GTPC_MSG_DELETE_BEARER_CMD, 0x800003, "command", 0, &id);
	CU_ASSERT_EQUAL(xact_match(x, &path, GTPC_MSG_DELETE_BEARER_REQ, 0x800003), id);
	xact_free(x);
}

// TS 29.274 7.6
static void
repeats_the_request_for_a_repeated_command(void)
{
	struct xact *x = start();
	struct gtpc_path from = path_to("10.10.0.2", 40000);
	struct xact_request request = {
		.path = path_to("10.10.0.9", 2123),
		.type = GTPC_MSG_UPDATE_BEARER_REQ,
		.sequence = 0x800001,
		.t3_ms = T3_MS,
		.n3 = 3,
		.bytes = (const uint8_t *)"update",
		.n = 6,
	};
	uint64_t command, again, id;

	peer_list = XACT_LIST_EMPTY;
	xact_accept(x, &from, GTPC_MSG_MODIFY_BEARER_CMD, 0x800001, (const uint8_t *)"command", 7,
		&peer_list, 0, &command);
	request.command = command;
	CU_ASSERT_EQUAL(xact_send(x, &request, 0, &id), 0);
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(xact_accept(x, &from, GTPC_MSG_MODIFY_BEARER_CMD, 0x800001,
				(const uint8_t *)"command", 7, &peer_list, 0, &again),
		XACT_REPEATED);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_STRING_EQUAL(sent.text[1], "update");
	CU_ASSERT(memcmp(&sent.path[1], &request.path, sizeof(request.path)) == 0);
	request.sequence = 0x800002;
	CU_ASSERT_EQUAL(xact_send(x, &request, 0, &id), -ESTALE);
	CU_ASSERT_EQUAL(id, 0);
	xact_free(x);
}

static void
bounds_what_waits_for_answers(void)
{
	struct xact *x = start();
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id, first;

	CU_ASSERT_EQUAL(request_at(x, &path, GTPC_MSG_ECHO_REQ, 1, "ask", 0, &first), 0);
	CU_ASSERT_EQUAL(request_at(x, &path, GTPC_MSG_ECHO_REQ, 1, "ask", 0, &id), -EEXIST);
	for (uint32_t i = 2; i <= 8; i++)
		CU_ASSERT_EQUAL(request_at(x, &path, GTPC_MSG_ECHO_REQ, i, "ask", 0, &id), 0);
	CU_ASSERT_EQUAL(request_at(x, &path, GTPC_MSG_ECHO_REQ, 9, "ask", 0, &id), -ENOSPC);
	CU_ASSERT_EQUAL(xact_usage(x).n_outgoing, 8);
	xact_cancel(x, first);
	xact_cancel(x, first);
	CU_ASSERT_EQUAL(xact_usage(x).n_outgoing, 7);
	CU_ASSERT_EQUAL(request_at(x, &path, GTPC_MSG_ECHO_REQ, 9, "ask", 0, &id), 0);
	xact_cancel(x, first); // its place has another request now
	xact_complete(x, first, 0, NULL);
	CU_ASSERT_EQUAL(xact_usage(x).n_outgoing, 8);
	CU_ASSERT_EQUAL(done.n, 0);
	xact_free(x);
}

// TS 29.274 5.1, 7.6
static void
numbers_requests_below_the_commands(void)
{
	struct xact *x = start();

	CU_ASSERT_EQUAL(xact_next_sequence(x), 0x7ffffe);
	CU_ASSERT_EQUAL(xact_next_sequence(x), 0x7fffff);
	CU_ASSERT_EQUAL(xact_next_sequence(x), 1);
	xact_free(x);
}

static struct xact *chain_x;

static void
ask_again(void *ctx, int result, const struct gtpc_message *answer)
{
	struct gtpc_path path = path_to("10.10.0.2", 2123);
	uint64_t id;

	done.n++;
	CU_ASSERT_EQUAL(request_at(chain_x, &path, GTPC_MSG_ECHO_REQ, 7, "again", 9000, &id), 0);
}

static void
lets_a_callback_send_the_next_request(void)
{
	struct xact *x = chain_x = start();
	struct xact_request request = {
		.path = path_to("10.10.0.2", 2123),
		.type = GTPC_MSG_ECHO_REQ,
		.sequence = 7,
		.t3_ms = T3_MS,
		.n3 = 1,
		.bytes = (const uint8_t *)"ask",
		.n = 3,
		.done = ask_again,
	};
	uint64_t id;

	CU_ASSERT_EQUAL(xact_send(x, &request, 0, &id), 0);
	xact_run(x, T3_MS);
	CU_ASSERT_EQUAL(done.n, 1);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_STRING_EQUAL(sent.text[1], "again");
	xact_free(x);
}

static void
refuses_limits_of_zero(void)
{
	struct xact_config config = { .incoming_max = 1, .outgoing_max = 1 };

	CU_ASSERT_PTR_NULL(xact_new(&config));
	config.answer_bytes_max = 1;
	config.outgoing_max = 0;
	CU_ASSERT_PTR_NULL(xact_new(&config));
	xact_free(NULL);
}

static const struct unit_case cases[] = {
	UNIT_CASE(gives_a_repeated_request_the_same_answer),
	UNIT_CASE(takes_other_bytes_under_a_known_key_for_a_new_request),
	UNIT_CASE(tells_every_part_of_the_key_apart),
	UNIT_CASE(forgets_an_answer_when_its_time_is_over),
	UNIT_CASE(ends_a_transaction_that_nobody_answers),
	UNIT_CASE(gives_up_the_oldest_answers_for_new_requests),
	UNIT_CASE(keeps_answers_of_all_sizes_in_a_small_memory),
	UNIT_CASE(sends_but_does_not_keep_an_answer_beyond_its_memory),
	UNIT_CASE(forgets_a_restarted_peers_answers_alone),
	UNIT_CASE(repeats_an_answer_to_a_request_of_before_a_restart),
	UNIT_CASE(gives_the_kept_answer_after_a_restart_of_ours),
	UNIT_CASE(repeats_a_request_until_n3_and_then_gives_up),
	UNIT_CASE(matches_an_answer_by_peer_sequence_and_type),
	UNIT_CASE(lets_a_request_answer_a_command),
	UNIT_CASE(repeats_the_request_for_a_repeated_command),
	UNIT_CASE(bounds_what_waits_for_answers),
	UNIT_CASE(numbers_requests_below_the_commands),
	UNIT_CASE(lets_a_callback_send_the_next_request),
	UNIT_CASE(refuses_limits_of_zero),
};
UNIT_MAIN("gtpc/xact", cases)
