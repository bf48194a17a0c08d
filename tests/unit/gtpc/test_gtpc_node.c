// SPDX-License-Identifier: BSD-3-Clause
// A gateway's node, and an SGW's, with the socket and the clock as seams.
#include "control/gtpc/gtpc_node.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/gtpc/edit.h"
#include "tests/unit/gtpc/goldens.h"

#include <errno.h>

#define OURS 42
#define T3_MS 3000
#define N3 3
#define ECHO_MS 60000
#define SENT_MAX 16

static struct {
	unsigned int n;
	struct gtpc_path path[SENT_MAX];
	struct hex hex[SENT_MAX];
} sent;

static struct {
	unsigned int requests, restarts, downs, ups, dones, taps;
	uint8_t type;
	struct gtpc_addr peer;
	struct gtpc_addr source;
	uint64_t xact;
	unsigned int restarts_before_request;
	int result;
	uint8_t answer_type;
} seen;

static struct gtpc_node *node;
static struct gtpc_message scratch;
static struct peer_rule rules[2];
static bool answers_at_once;

static void
note_sent(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	CU_ASSERT_FATAL(sent.n < SENT_MAX && n <= HEX_MAX);
	sent.path[sent.n] = *path;
	memcpy(sent.hex[sent.n].bytes, bytes, n);
	sent.hex[sent.n++].n = n;
}

static void
note_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	seen.requests++;
	seen.type = message->header.type;
	seen.peer = rx->peer->addr;
	seen.source = rx->source->addr;
	seen.xact = rx->xact;
	seen.restarts_before_request = seen.restarts;
	if (!answers_at_once)
		return;
	gtpc_message_init(&scratch, GTPC_MSG_CREATE_SESSION_RSP, 0x11111111, 0);
	scratch.create_session_rsp.cause.value = GTPC_CAUSE_NO_RESOURCES;
	CU_ASSERT_EQUAL(gtpc_node_answer(node, rx->xact, rx->peer, &scratch, rx->now_ms), 0);
}

static bool
find_session(void *user, uint32_t teid, struct gtpc_session_peer *out)
{
	if (teid != 0x33333333)
		return false;
	gtpc_addr_parse("10.10.0.2", &out->addr);
	out->teid = 0x55555555;
	return true;
}

static void
note_restart(void *user, struct peer *peer, uint8_t before, uint8_t now)
{
	seen.restarts++;
}

static void
note_down(void *user, struct peer *peer)
{
	seen.downs++;
}

static void
note_up(void *user, struct peer *peer)
{
	seen.ups++;
}

static void
note_done(void *ctx, int result, const struct gtpc_message *answer)
{
	seen.dones++;
	seen.result = result;
	seen.answer_type = answer != NULL ? answer->header.type : 0;
}

static void
note_tap(void *user, const struct gtpc_path *path, bool is_rx, const uint8_t *bytes, size_t n)
{
	seen.taps++;
}

static void
start_as(enum gtpc_sender side)
{
	struct gtpc_node_config config = {
		.side = side,
		.xact = { .incoming_max = 32,
			.outgoing_max = 32,
			.answer_bytes_max = 8192,
			.keep_ms = (N3 + 1) * T3_MS,
			.hash_key = { 1, 2 } },
		.peers = { .peers_max = 8,
			.restart_counter = OURS,
			.hash_key = { 3, 4 },
			.rules = rules,
			.n_rules = 1 },
		.send = note_sent,
		.session_of = find_session,
		.restarted = note_restart,
		.path_down = note_down,
		.path_up = note_up,
		.tap = note_tap,
	};

	rules[0] = (struct peer_rule){
		.prefix_bits = 24, .is_allowed = true, .t3_ms = T3_MS, .n3 = N3, .echo_ms = ECHO_MS
	};
	gtpc_addr_parse("10.10.0.0", &rules[0].prefix);
	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++)
		config.request[i] = note_request;
	config.request[GTPC_INDEX_CHANGE_NOTIFICATION_REQ] = NULL;
	memset(&sent, 0, sizeof(sent));
	memset(&seen, 0, sizeof(seen));
	answers_at_once = false;
	node = gtpc_node_new(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
}

static void
start(void)
{
	start_as(GTPC_FROM_PGW);
}

static struct gtpc_path
path_from(const char *peer)
{
	struct gtpc_path path = { .peer.port = 3000 };

	gtpc_addr_parse("10.10.0.1", &path.local);
	gtpc_addr_parse(peer, &path.peer.addr);
	return path;
}

static void
receive_from(const char *peer, const struct hex *hex, uint64_t now_ms)
{
	struct gtpc_path path = path_from(peer);

	gtpc_node_receive(node, &path, hex->bytes, hex->n, now_ms);
}

static void
receive_hex(const char *text)
{
	struct hex hex = hex_bytes(text);

	receive_from("10.10.0.2", &hex, 0);
}

// The last datagram that went out, decoded.
static const struct gtpc_message *
last_sent(void)
{
	static struct gtpc_message message;
	struct gtpc_fault fault;
	size_t used;

	CU_ASSERT_FATAL(sent.n > 0);
	CU_ASSERT_EQUAL(gtpc_message_parse(sent.hex[sent.n - 1].bytes, sent.hex[sent.n - 1].n,
				&used, &message, &fault),
		0);
	return &message;
}

static uint64_t
counted(enum gtpc_counter counter)
{
	return gtpc_node_counters(node)->n[counter];
}

static struct peer *
peer_named(const char *text)
{
	struct gtpc_addr addr;
	struct peer *peer;

	gtpc_addr_parse(text, &addr);
	peer = peer_find(gtpc_node_peers(node), &addr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(peer);
	return peer;
}

static struct peer *
peer_with_session(const char *text)
{
	struct peer *peer = peer_named(text);

	peer_session_add(gtpc_node_peers(node), peer, 0);
	return peer;
}

// TS 29.274 7.1.1, 7.1.2
static void
answers_an_echo_with_its_own_restart_counter(void)
{
	start();
	receive_hex(echo_request);
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_ECHO_RSP);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 1);
	CU_ASSERT_FALSE(last_sent()->header.has_teid);
	CU_ASSERT_EQUAL(last_sent()->echo_rsp.recovery, OURS);
	CU_ASSERT_EQUAL(sent.path[0].peer.port, 3000);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->recovery, 7);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->rx[GTPC_INDEX_ECHO_REQ], 1);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->tx[GTPC_INDEX_ECHO_RSP], 1);
	CU_ASSERT_TRUE(peer_named("10.10.0.2")->knows_recovery);
	CU_ASSERT_EQUAL(seen.taps, 2);
	gtpc_node_free(node);
}

// TS 29.274 7.1.2, 7.7.3
static void
answers_an_echo_whatever_is_wrong_inside(void)
{
	static const char *const texts[] = {
		"48 01 000d 00000007 000001 00 03 0001 00 07", // T=1
		"40 01 0004 000001 00",                        // no Recovery
		"40 01 0009 000001 00 03 0009 00 07",          // runs over
		"40 01 0029 000001 00 03 0001 00 07",          // the Length lies
	};

	for (unsigned int i = 0; i < 4; i++) {
		start();
		receive_hex(texts[i]);
		CU_ASSERT_EQUAL(sent.n, 1);
		CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_ECHO_RSP);
		CU_ASSERT_EQUAL(last_sent()->header.sequence, 1);
		CU_ASSERT_EQUAL(peer_named("10.10.0.2")->has_recovery, i == 0);
		gtpc_node_free(node);
	}
}

// TS 29.274 7.7.2, 7.7.3, 7.7.4, 7.7.5
static void
discards_what_it_must_and_counts_it(void)
{
	static const struct {
		const char *text;
		enum gtpc_counter counter;
	} rows[] = {
		{ "", GTPC_COUNT_RUNT },
		{ "48 20 00", GTPC_COUNT_RUNT },
		{ "48 20 0004 00000000 000001 00", GTPC_COUNT_RUNT },
		{ "32 01 0004 00000000 0007 00 00", GTPC_COUNT_OLD_VERSION },
		{ "48 fa 0008 00000000 000001 00", GTPC_COUNT_UNKNOWN_TYPE },
		{ "48 63 0008 00000001 000001 00", GTPC_COUNT_WRONG_DIRECTION },
		{ "48 21 0008 00000001 000001 00", GTPC_COUNT_WRONG_DIRECTION },
		{ "48 26 0008 00000001 000001 00", GTPC_COUNT_UNSERVED },
		{ "48 64 000e 33333333 000007 00 02 0002 00 10 00", GTPC_COUNT_ANSWER_UNMATCHED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start();
		receive_hex(rows[i].text);
		CU_ASSERT_EQUAL(counted(rows[i].counter), 1);
		CU_ASSERT_EQUAL(counted(GTPC_COUNT_RX_DATAGRAMS), 1);
		CU_ASSERT_EQUAL(sent.n, 0);
		CU_ASSERT_EQUAL(seen.requests, 0);
		gtpc_node_free(node);
	}
}

// TS 29.274 7.1.3, 7.7.2
static void
tells_its_version_to_a_newer_one(void)
{
	start();
	receive_hex("60 20 0008 000007 00 00 00 00 00");
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(sent.hex[0].n, 8);
	CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_VERSION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 7);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_NEW_VERSION), 1);
	gtpc_node_free(node);
}

static void
hears_only_allowed_peers(void)
{
	struct hex hex = hex_bytes(echo_request);

	start();
	receive_from("10.11.0.2", &hex, 0);
	CU_ASSERT_EQUAL(sent.n, 0);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_PEER_NOT_ALLOWED), 1);
	gtpc_node_free(node);
}

static void
hands_over_a_sound_request_once(void)
{
	start();
	receive_hex(create_session_request);
	receive_hex(create_session_request);
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(seen.type, GTPC_MSG_CREATE_SESSION_REQ);
	CU_ASSERT_NOT_EQUAL(seen.xact, 0);
	CU_ASSERT_EQUAL(sent.n, 0);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_DUPLICATE_PENDING), 1);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->rx[GTPC_INDEX_CREATE_SESSION_REQ], 2);
	gtpc_node_free(node);
}

// TS 29.274 7.6
static void
repeats_its_answer_byte_for_byte(void)
{
	start();
	answers_at_once = true;
	receive_hex(create_session_request);
	receive_hex(create_session_request);
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_EQUAL(sent.hex[0].n, sent.hex[1].n);
	CU_ASSERT_EQUAL(memcmp(sent.hex[0].bytes, sent.hex[1].bytes, sent.hex[0].n), 0);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 0x000102);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->tx[GTPC_INDEX_CREATE_SESSION_RSP], 1);
	gtpc_node_free(node);
}

// TS 23.007 18: the first message to a peer holds our Recovery.
static void
tells_its_restart_counter_to_a_peer_once(void)
{
	struct hex hex = hex_bytes(create_session_request);

	start();
	answers_at_once = true;
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_TRUE(last_sent()->create_session_rsp.has_recovery);
	CU_ASSERT_EQUAL(last_sent()->create_session_rsp.recovery, OURS);
	hex.bytes[10]++; // the next sequence
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_FALSE(last_sent()->create_session_rsp.has_recovery);
	peers_set_restart_counter(gtpc_node_peers(node), OURS + 1);
	hex.bytes[10]++;
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(last_sent()->create_session_rsp.recovery, OURS + 1);
	gtpc_node_free(node);
}

// On S8 another address stands in the F-TEID than the datagram came from.
// TS 23.007 18
static void
keeps_sessions_and_recovery_with_the_f_teids_address(void)
{
	struct hex hex = hex_bytes(create_session_request);

	start();
	receive_from("10.10.0.77", &hex, 0);
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT(gtpc_addr_equal(&seen.source, &peer_named("10.10.0.77")->addr));
	CU_ASSERT(gtpc_addr_equal(&seen.peer, &peer_named("10.10.0.2")->addr));
	CU_ASSERT_TRUE(peer_named("10.10.0.2")->has_recovery);
	CU_ASSERT_FALSE(peer_named("10.10.0.77")->has_recovery);
	// A message on a session without an F-TEID finds the session's peer.
	receive_hex("48 22 0018 33333333 000105 00 52 0001 00 06 03 0001 00 07 00 0002 00 0000");
	CU_ASSERT(gtpc_addr_equal(&seen.peer, &peer_named("10.10.0.2")->addr));
	gtpc_node_free(node);
}

// TS 23.007 17, 18
static void
clears_kept_answers_and_sessions_when_a_peer_restarts(void)
{
	struct hex hex = hex_bytes(create_session_request);
	struct hex restarted = hex_bytes(create_session_request);
	struct hex silent = hex_bytes(create_session_request);

	start();
	answers_at_once = true;
	receive_from("10.10.0.2", &hex, 0);
	edit_remove(&silent, 0, GTPC_IE_RECOVERY, 0);
	silent.bytes[10] += 2;
	receive_from("10.10.0.2", &silent, 0);
	edit_value(&restarted, 0, GTPC_IE_RECOVERY, 0, "08");
	restarted.bytes[10]++;
	receive_from("10.10.0.2", &restarted, 0);
	CU_ASSERT_EQUAL(seen.restarts, 1);
	CU_ASSERT_EQUAL(seen.restarts_before_request, 1);
	receive_from("10.10.0.2", &restarted, 0); // a repeated one still is one
	CU_ASSERT_EQUAL(seen.requests, 3);
	receive_from("10.10.0.2", &silent, 0); // the old answer is gone
	CU_ASSERT_EQUAL(seen.requests, 4);
	receive_from(
		"10.10.0.2", &hex, 0); // that to what only the life before can have asked isn't
	CU_ASSERT_EQUAL(seen.requests, 4);
	hex.bytes[10] += 3;
	receive_from("10.10.0.2", &hex, 0); // another one, which comes late
	CU_ASSERT_EQUAL(seen.requests, 5);
	CU_ASSERT_EQUAL(seen.restarts, 1);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_RECOVERY_LATE), 1);
	gtpc_node_free(node);
}

// The answers are kept with the source of the datagrams, the restart belongs to the F-TEID.
static void
clears_kept_answers_of_the_source_too(void)
{
	struct hex hex = hex_bytes(create_session_request);
	struct hex restarted = hex_bytes(create_session_request);

	start();
	answers_at_once = true;
	receive_from("10.10.0.77", &hex, 0);
	edit_remove(&hex, 0, GTPC_IE_RECOVERY, 0);
	hex.bytes[10] += 2;
	receive_from("10.10.0.77", &hex, 0);
	edit_value(&restarted, 0, GTPC_IE_RECOVERY, 0, "07");
	restarted.bytes[10]++;
	receive_from("10.10.0.77", &restarted, 0); // no restart: the answer stays
	receive_from("10.10.0.77", &hex, 0);
	CU_ASSERT_EQUAL(seen.requests, 3);
	edit_value(&restarted, 0, GTPC_IE_RECOVERY, 0, "08");
	receive_from("10.10.0.77", &restarted, 0);
	receive_from("10.10.0.77", &hex, 0);
	CU_ASSERT_EQUAL(seen.requests, 5);
	gtpc_node_free(node);
}

// TS 23.007 18
static void
tells_its_restart_counter_in_requests_until_one_is_answered(void)
{
	uint64_t id;

	start_as(GTPC_FROM_SGW);
	receive_hex(echo_response); // makes the peer known, answers nothing
	for (unsigned int i = 1; i <= 3; i++) {
		gtpc_message_init(&scratch, GTPC_MSG_MODIFY_BEARER_REQ, 7, 0);
		CU_ASSERT_EQUAL(gtpc_node_request(node, NULL, peer_named("10.10.0.2"), &scratch, 0,
					note_done, NULL, 0, &id),
			0);
		CU_ASSERT_EQUAL(last_sent()->modify_bearer_req.has_recovery, i < 3);
		if (i == 2)
			receive_hex("48 23 000e 00000007 000002 00 02 0002 00 10 00");
	}
	CU_ASSERT_EQUAL(seen.dones, 1);
	gtpc_node_free(node);
}

// TS 29.274 7.7.6, 7.7.8: the Cause and the offending IE, to the TEID of the readable Sender F-TEID.
static void
answers_a_faulty_request_itself(void)
{
	struct hex hex = hex_bytes(create_session_request);

	start();
	edit_remove(&hex, GTPC_IE_BEARER_CTX, GTPC_IE_FTEID, 2);
	receive_from("10.10.0.2", &hex, 0);
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(seen.requests, 0);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_CREATE_SESSION_RSP);
	CU_ASSERT_EQUAL(last_sent()->header.teid, 0x11111111);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 0x000102);
	const struct gtpc_cause *cause = &last_sent()->create_session_rsp.cause;

	CU_ASSERT_EQUAL(cause->value, GTPC_CAUSE_CONDITIONAL_IE_MISSING);
	CU_ASSERT_EQUAL(cause->flags, GTPC_CAUSE_FLAG_BCE);
	CU_ASSERT(cause->has_offending_ie && cause->ie_type == GTPC_IE_FTEID);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_REQUEST_FAULTY), 1);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->faults[GTPC_FAULT_CONDITIONAL_IE_MISSING], 1);
	gtpc_node_free(node);
}

// TS 29.274 5.5.2, 7.7.6
static void
answers_a_fault_to_the_teid_of_the_session(void)
{
	start();
	receive_hex("48 22 000d 33333333 000105 00 5d 0001 00 49");
	CU_ASSERT_EQUAL(last_sent()->header.teid, 0x55555555);
	CU_ASSERT_EQUAL(last_sent()->modify_bearer_rsp.cause.value, GTPC_CAUSE_INVALID_LENGTH);
	receive_hex("48 22 000d 99999999 000106 00 5d 0001 00 49");
	CU_ASSERT_EQUAL(last_sent()->header.teid, 0);
	gtpc_node_free(node);
}

// TS 29.274 7.7.3, 7.7.6
static void
answers_a_wrong_length_and_discards_a_wrong_answer(void)
{
	struct hex hex = hex_bytes(create_session_request);
	uint64_t id;

	start();
	hex.n -= 3;
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(last_sent()->create_session_rsp.cause.value, GTPC_CAUSE_INVALID_LENGTH);
	CU_ASSERT_EQUAL(last_sent()->header.teid, 0x11111111);
	gtpc_message_init(&scratch, GTPC_MSG_DELETE_BEARER_REQ, 0x11111111, 0);
	CU_ASSERT_EQUAL(gtpc_node_request(node, NULL, peer_with_session("10.10.0.2"), &scratch, 0,
				note_done, NULL, 0, &id),
		0);
	hex = hex_bytes("48 64 000e 33333333 000001 00 02 0002 00 10 00");
	hex.n--;
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(seen.dones, 0);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_ANSWER_FAULTY), 1);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_BAD_LENGTH), 1);
	gtpc_node_free(node);
}

// TS 29.274 4.2, 7.6
static void
sends_its_own_requests_to_port_2123_until_they_are_answered(void)
{
	struct hex hex = hex_bytes(create_session_request);
	uint64_t id;
	struct peer *peer;

	start();
	receive_from("10.10.0.77", &hex, 0);
	peer = peer_with_session("10.10.0.2");
	gtpc_message_init(&scratch, GTPC_MSG_DELETE_BEARER_REQ, 0x11111111, 0);
	scratch.delete_bearer_req.has_lbi = true;
	scratch.delete_bearer_req.lbi = 5;
	CU_ASSERT_EQUAL(
		gtpc_node_request(node, NULL, peer, &scratch, 0, note_done, NULL, 1000, &id), 0);
	CU_ASSERT_EQUAL(sent.n, 1);
	CU_ASSERT_EQUAL(sent.path[0].peer.port, GTPC_PORT);
	CU_ASSERT(gtpc_addr_equal(&sent.path[0].peer.addr, &peer->addr));
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 1);
	CU_ASSERT_EQUAL(peer->tx[GTPC_INDEX_DELETE_BEARER_REQ], 1);
	CU_ASSERT_EQUAL(gtpc_node_next_deadline(node), 1000 + T3_MS);
	gtpc_node_run(node, 1000 + T3_MS);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_EQUAL(memcmp(sent.hex[0].bytes, sent.hex[1].bytes, sent.hex[0].n), 0);
	CU_ASSERT_EQUAL(peer->retransmitted[GTPC_INDEX_DELETE_BEARER_REQ], 1);
	receive_hex("48 64 000e 33333333 000001 00 02 0002 00 10 00");
	CU_ASSERT_EQUAL(seen.dones, 1);
	CU_ASSERT_EQUAL(seen.result, 0);
	CU_ASSERT_EQUAL(seen.answer_type, GTPC_MSG_DELETE_BEARER_RSP);
	receive_hex("48 64 000e 33333333 000001 00 02 0002 00 10 00");
	CU_ASSERT_EQUAL(seen.dones, 1);
	gtpc_node_free(node);
}

static void
gives_a_request_up_after_n3(void)
{
	uint64_t id;

	start();
	receive_hex(echo_request);
	gtpc_message_init(&scratch, GTPC_MSG_DELETE_BEARER_REQ, 0x11111111, 0);
	gtpc_node_request(
		node, NULL, peer_with_session("10.10.0.2"), &scratch, 0, note_done, NULL, 0, &id);
	for (unsigned int i = 1; i <= N3; i++)
		gtpc_node_run(node, i * T3_MS);
	CU_ASSERT_EQUAL(sent.n, 1 + N3);
	CU_ASSERT_EQUAL(seen.dones, 1);
	CU_ASSERT_EQUAL(seen.result, -ETIMEDOUT);
	gtpc_node_free(node);
}

// TS 29.274 7.7.8, 8.4
static void
discards_an_answer_with_a_reserved_cause(void)
{
	uint64_t id;

	start();
	receive_hex(echo_request);
	gtpc_message_init(&scratch, GTPC_MSG_DELETE_BEARER_REQ, 0x11111111, 0);
	gtpc_node_request(
		node, NULL, peer_with_session("10.10.0.2"), &scratch, 0, note_done, NULL, 0, &id);
	receive_hex("48 64 000e 33333333 000001 00 02 0002 00 00 00");
	CU_ASSERT_EQUAL(seen.dones, 0);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_ANSWER_FAULTY), 1);
	// the right one may still come
	receive_hex("48 64 000e 33333333 000001 00 02 0002 00 10 00");
	CU_ASSERT_EQUAL(seen.dones, 1);
	gtpc_node_free(node);
}

// TS 29.274 7.1.3
static void
hears_that_a_peer_speaks_another_version(void)
{
	uint64_t id;

	start();
	receive_hex(echo_request);
	gtpc_message_init(&scratch, GTPC_MSG_DELETE_BEARER_REQ, 0x11111111, 0);
	gtpc_node_request(
		node, NULL, peer_with_session("10.10.0.2"), &scratch, 0, note_done, NULL, 0, &id);
	receive_hex("40 03 0004 000001 00");
	CU_ASSERT_EQUAL(seen.result, -EPROTONOSUPPORT);
	gtpc_node_free(node);
}

// TS 29.274 7.6: the Request has the Command's sequence and is its reply.
static void
answers_a_command_with_a_request(void)
{
	struct hex hex = hex_bytes(modify_bearer_command);
	uint64_t id;

	start();
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(seen.requests, 1);
	gtpc_message_init(&scratch, GTPC_MSG_UPDATE_BEARER_REQ, 0x55555555, 0);
	scratch.update_bearer_req.n_bearers = 1;
	scratch.update_bearer_req.bearers[0].ebi = 5;
	CU_ASSERT_EQUAL(gtpc_node_request(node, NULL, peer_with_session("10.10.0.2"), &scratch,
				seen.xact, note_done, NULL, 0, &id),
		0);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 0x800009);
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(sent.n, 2);
	CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_UPDATE_BEARER_REQ);
	receive_hex("48 62 0019 33333333 800009 00 02 0002 00 10 00"
		    "5d 000b 00 49 0001 00 05 02 0002 00 10 00");
	CU_ASSERT_EQUAL(seen.dones, 0); // the Length is wrong
	receive_hex("48 62 001d 33333333 800009 00 02 0002 00 10 00"
		    "5d 000b 00 49 0001 00 05 02 0002 00 10 00");
	CU_ASSERT_EQUAL(seen.dones, 1);
	gtpc_node_free(node);
}

// TS 29.274 7.6
static void
takes_a_request_for_the_answer_to_its_command(void)
{
	struct hex hex = hex_bytes(update_bearer_request);
	uint64_t id;

	start_as(GTPC_FROM_SGW);
	receive_hex(echo_request);
	gtpc_message_init(&scratch, GTPC_MSG_MODIFY_BEARER_CMD, 0x33333333, 0);
	scratch.modify_bearer_cmd.bearer.ebi = 5;
	CU_ASSERT_EQUAL(gtpc_node_request(node, NULL, peer_with_session("10.10.0.2"), &scratch, 0,
				note_done, NULL, 0, &id),
		0);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 0x800001);
	hex.bytes[8] = 0x80;
	hex.bytes[9] = 0x00;
	hex.bytes[10] = 0x01;
	receive_from("10.10.0.2", &hex, 0);
	CU_ASSERT_EQUAL(seen.dones, 1);
	CU_ASSERT_EQUAL(seen.answer_type, GTPC_MSG_UPDATE_BEARER_REQ);
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(seen.type, GTPC_MSG_UPDATE_BEARER_REQ);
	gtpc_node_free(node);
}

// A Create Session Response with a Create Bearer Request behind it, the last `cut` octets left out.
static void
receive_pair(size_t cut)
{
	struct hex pair = hex_bytes(create_session_response);
	struct hex second = hex_bytes(create_bearer_request);
	uint64_t id;

	start_as(GTPC_FROM_SGW);
	receive_hex(echo_request);
	struct xact_request request = {
		.path = path_from("10.10.0.2"),
		.type = GTPC_MSG_CREATE_SESSION_REQ,
		.sequence = 0x000102,
		.t3_ms = T3_MS,
		.n3 = N3,
		.bytes = second.bytes,
		.n = second.n,
		.done = note_done,
	};

	CU_ASSERT_EQUAL(xact_send(gtpc_node_xact(node), &request, 0, &id), 0);
	pair.bytes[0] |= GTPC_FLAG_P;
	memcpy(pair.bytes + pair.n, second.bytes, second.n);
	pair.n += second.n - cut;
	receive_from("10.10.0.2", &pair, 0);
	CU_ASSERT_EQUAL(seen.dones, 1);
	CU_ASSERT_EQUAL(seen.answer_type, GTPC_MSG_CREATE_SESSION_RSP);
}

// TS 29.274 5.5.1
static void
serves_both_messages_of_a_pair(void)
{
	receive_pair(0);
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(seen.type, GTPC_MSG_CREATE_BEARER_REQ);
	gtpc_node_free(node);
}

// TS 29.274 7.7.3
static void
answers_a_pair_of_a_wrong_overall_length_with_a_cause_of_its_own(void)
{
	receive_pair(1);
	CU_ASSERT_EQUAL(seen.requests, 0);
	CU_ASSERT_EQUAL(gtpc_node_counters(node)->answers[GTPC_INDEX_CREATE_BEARER_REQ]
							 [GTPC_CAUSE_PIGGYBACK_LENGTH],
		1);
	gtpc_node_free(node);
}

// TS 29.274 7.1.1; TS 23.007 20
static void
watches_the_path_of_a_peer_with_sessions(void)
{
	uint64_t now = ECHO_MS;

	start();
	receive_hex(echo_request);
	peer_with_session("10.10.0.2");
	CU_ASSERT_EQUAL(gtpc_node_next_deadline(node), ECHO_MS);
	gtpc_node_run(node, now);
	CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_ECHO_REQ);
	CU_ASSERT_EQUAL(last_sent()->echo_req.recovery, OURS);
	CU_ASSERT_EQUAL(sent.path[1].peer.port, GTPC_PORT);
	for (unsigned int i = 0; i < N3; i++)
		gtpc_node_run(node, now += T3_MS);
	CU_ASSERT_EQUAL(seen.downs, 1);
	CU_ASSERT_EQUAL(sent.n, 1 + N3);
	gtpc_node_run(node, 2 * ECHO_MS);
	CU_ASSERT_EQUAL(last_sent()->header.type, GTPC_MSG_ECHO_REQ);
	CU_ASSERT_EQUAL(last_sent()->header.sequence, 2);
	receive_hex("40 02 0009 000002 00 03 0001 00 07");
	CU_ASSERT_EQUAL(seen.ups, 1);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->echo, 0);
	gtpc_node_free(node);
}

// An answer without Recovery, one that runs over, one whose Length lies.
// TS 29.274 7.1.2; TS 23.007 20
static void
takes_a_path_for_up_whatever_is_wrong_in_an_echo_response(void)
{
	static const char *const texts[] = { "40 02 0004 000001 00",
		"40 02 0009 000001 00 03 0009 00 07", "40 02 0029 000001 00 03 0001 00 07" };

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t now = ECHO_MS;

		start();
		receive_hex(echo_request);
		peer_with_session("10.10.0.2");
		gtpc_node_run(node, now);
		receive_hex(texts[i]);
		CU_ASSERT_EQUAL(peer_named("10.10.0.2")->echo, 0);
		for (unsigned int k = 0; k < N3; k++)
			gtpc_node_run(node, now += T3_MS);
		CU_ASSERT_EQUAL(seen.downs, 0);
		CU_ASSERT_EQUAL(counted(GTPC_COUNT_ANSWER_FAULTY), 1);
		gtpc_node_free(node);
	}
}

static void
hears_a_peer_by_way_of_another_source(void)
{
	struct hex hex = hex_bytes(create_session_request);

	start();
	receive_from("10.10.0.77", &hex, 0);
	peer_with_session("10.10.0.2");
	for (uint64_t now = ECHO_MS; now <= ECHO_MS + N3 * T3_MS; now += T3_MS)
		gtpc_node_run(node, now);
	CU_ASSERT_EQUAL(seen.downs, 1);
	hex.bytes[10]++;
	receive_from("10.10.0.77", &hex, 99000);
	CU_ASSERT_EQUAL(seen.ups, 1);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->last_heard_ms, 99000);
	gtpc_node_free(node);
}

// TS 29.274 7.12.1, 7.12.2
static void
counts_a_trace_and_answers_nothing(void)
{
	start();
	receive_hex("48 48 0012 33333333 000105 00 73 0006 00 62f210000001"); // 7.12.2
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(seen.xact, 0);
	receive_hex("48 48 0008 33333333 000105 00");
	CU_ASSERT_EQUAL(seen.requests, 1);
	CU_ASSERT_EQUAL(sent.n, 0);
	CU_ASSERT_EQUAL(peer_named("10.10.0.2")->rx[GTPC_INDEX_TRACE_DEACTIVATION], 2);
	gtpc_node_free(node);
}

static void
sends_nothing_that_cannot_be_encoded(void)
{
	uint64_t id;

	start();
	receive_hex(create_session_request);
	gtpc_message_init(&scratch, GTPC_MSG_CREATE_SESSION_RSP, 0x11111111, 0); // no Cause
	CU_ASSERT_EQUAL(
		gtpc_node_answer(node, seen.xact, peer_named("10.10.0.2"), &scratch, 0), -EINVAL);
	gtpc_message_init(&scratch, GTPC_MSG_UPDATE_BEARER_REQ, 0x11111111, 0);
	scratch.update_bearer_req.n_bearers = GTPC_BEARERS_MAX + 1;
	CU_ASSERT_EQUAL(gtpc_node_request(node, NULL, peer_named("10.10.0.2"), &scratch, 0,
				note_done, NULL, 0, &id),
		-EINVAL);
	CU_ASSERT_EQUAL(id, 0);
	CU_ASSERT_EQUAL(sent.n, 0);
	CU_ASSERT_EQUAL(counted(GTPC_COUNT_ENCODE_FAILED), 2);
	gtpc_node_free(node);
}

static void
has_nothing_to_say_when_the_transaction_is_over(void)
{
	uint64_t xact;

	start();
	receive_hex(create_session_request);
	xact = seen.xact;
	gtpc_node_run(node, (N3 + 1) * T3_MS);
	gtpc_message_init(&scratch, GTPC_MSG_CREATE_SESSION_RSP, 0x11111111, 0);
	scratch.create_session_rsp.cause.value = GTPC_CAUSE_NO_RESOURCES;
	CU_ASSERT_EQUAL(
		gtpc_node_answer(node, xact, peer_named("10.10.0.2"), &scratch, 99999), -ESTALE);
	CU_ASSERT_EQUAL(sent.n, 0);
	gtpc_node_free(node);
	gtpc_node_free(NULL);
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_an_echo_with_its_own_restart_counter),
	UNIT_CASE(answers_an_echo_whatever_is_wrong_inside),
	UNIT_CASE(discards_what_it_must_and_counts_it),
	UNIT_CASE(tells_its_version_to_a_newer_one),
	UNIT_CASE(hears_only_allowed_peers),
	UNIT_CASE(hands_over_a_sound_request_once),
	UNIT_CASE(repeats_its_answer_byte_for_byte),
	UNIT_CASE(tells_its_restart_counter_to_a_peer_once),
	UNIT_CASE(keeps_sessions_and_recovery_with_the_f_teids_address),
	UNIT_CASE(clears_kept_answers_and_sessions_when_a_peer_restarts),
	UNIT_CASE(clears_kept_answers_of_the_source_too),
	UNIT_CASE(tells_its_restart_counter_in_requests_until_one_is_answered),
	UNIT_CASE(answers_a_faulty_request_itself),
	UNIT_CASE(answers_a_fault_to_the_teid_of_the_session),
	UNIT_CASE(answers_a_wrong_length_and_discards_a_wrong_answer),
	UNIT_CASE(sends_its_own_requests_to_port_2123_until_they_are_answered),
	UNIT_CASE(gives_a_request_up_after_n3),
	UNIT_CASE(discards_an_answer_with_a_reserved_cause),
	UNIT_CASE(hears_that_a_peer_speaks_another_version),
	UNIT_CASE(answers_a_command_with_a_request),
	UNIT_CASE(takes_a_request_for_the_answer_to_its_command),
	UNIT_CASE(serves_both_messages_of_a_pair),
	UNIT_CASE(answers_a_pair_of_a_wrong_overall_length_with_a_cause_of_its_own),
	UNIT_CASE(watches_the_path_of_a_peer_with_sessions),
	UNIT_CASE(takes_a_path_for_up_whatever_is_wrong_in_an_echo_response),
	UNIT_CASE(hears_a_peer_by_way_of_another_source),
	UNIT_CASE(counts_a_trace_and_answers_nothing),
	UNIT_CASE(sends_nothing_that_cannot_be_encoded),
	UNIT_CASE(has_nothing_to_say_when_the_transaction_is_over),
};
UNIT_MAIN("gtpc/gtpc_node", cases)
