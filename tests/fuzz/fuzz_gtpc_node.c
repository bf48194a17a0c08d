// SPDX-License-Identifier: BSD-3-Clause
// The input is a story: records of {what happens, an argument, a length of two octets, octets}, told
// to a gateway's node and to an SGW's. Datagrams come from a few peers, time goes on, functions
// answer at once, later or never, requests go out, sessions come and go.
#include "control/gtpc/gtpc_node.h"

#include <stdlib.h>
#include <string.h>

#define PENDING_MAX 8

enum event {
	EVENT_DATAGRAM,
	EVENT_TIME,
	EVENT_ANSWER,
	EVENT_REQUEST,
	EVENT_SESSION_ADD,
	EVENT_SESSION_REMOVE,
	EVENT_RESTART,
	EVENT_STORE,
	N_EVENTS,
};

static struct story {
	struct gtpc_node *node;
	uint64_t now_ms;
	uint64_t pending[PENDING_MAX]; // transactions that wait for an answer of ours
	uint8_t pending_type[PENDING_MAX];
	unsigned int n_pending;
	enum gtpc_sender side;
} story;

static struct gtpc_message answer;
static struct peer_rule rules[1] = {
	{ .prefix = { .family = 4, .bytes = { 10 } },
		.prefix_bits = 8,
		.is_allowed = true,
		.t3_ms = 3000,
		.n3 = 3,
		.echo_ms = 60000 },
};

static void
ignore_sent(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
}

static void
ignore_done(void *ctx, int result, const struct gtpc_message *message)
{
}

static void
keep_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	unsigned int at = story.n_pending++ % PENDING_MAX;

	story.pending[at] = rx->xact;
	story.pending_type[at] = message->header.type;
}

static bool
any_session(void *user, uint32_t teid, struct gtpc_session_peer *out)
{
	const uint8_t addr[4] = { 10, 0, 0, (uint8_t)(teid & 3) };

	out->addr = gtpc_addr_ipv4(addr);
	out->teid = teid;
	return teid & 4;
}

static struct gtpc_node *
new_node(enum gtpc_sender side)
{
	struct gtpc_node_config config = {
		.side = side,
		.xact = { .incoming_max = 6,
			.outgoing_max = 4,
			.answer_bytes_max = 256,
			.keep_ms = 12000,
			.first_sequence = 1 },
		.peers = { .peers_max = 4, .restart_counter = 5, .rules = rules, .n_rules = 1 },
		.send = ignore_sent,
		.session_of = any_session,
	};

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++)
		config.request[i] = keep_request;
	return gtpc_node_new(&config);
}

static struct peer *
some_peer(uint8_t argument)
{
	const uint8_t addr[4] = { 10, 0, 0, argument & 7 };
	struct gtpc_addr a = gtpc_addr_ipv4(addr);

	return peer_find(gtpc_node_peers(story.node), &a);
}

static void
tell_datagram(uint8_t argument, const uint8_t *bytes, size_t n)
{
	struct gtpc_path path = { .local = { .family = 4, .bytes = { 10, 9, 9, 9 } },
		.peer = { .addr = { .family = 4 }, .port = 2123 } };
	uint8_t *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		return;
	memcpy(copy, bytes, n);
	path.peer.addr.bytes[0] = argument & 0x80 ? 11 : 10;
	path.peer.addr.bytes[3] = argument & 7;
	gtpc_node_receive(story.node, &path, copy, n, story.now_ms);
	free(copy);
}

static void
tell_answer(uint8_t argument, bool is_stored)
{
	uint64_t id = story.pending[argument % PENDING_MAX];
	uint8_t type = story.pending_type[argument % PENDING_MAX];
	struct gtpc_message request = { .header.type = type };
	const struct gtpc_fault fault = { .cause = 64 + (argument & 31) };
	const struct gtpc_path *path = xact_path_of(gtpc_node_xact(story.node), id);
	struct xact_list list = XACT_LIST_EMPTY;
	struct xact_record record;
	struct peer *peer;

	peer = path != NULL ? peer_find(gtpc_node_peers(story.node), &path->peer.addr) : NULL;
	if (peer == NULL || gtpc_message_reject(&answer, &request, &fault, 7))
		return;
	if (!is_stored) {
		gtpc_node_answer(story.node, id, peer, &answer, story.now_ms);
		return;
	}
	if (xact_export(gtpc_node_xact(story.node), id, &record))
		return;
	record.sequence ^= 1;
	xact_restore(gtpc_node_xact(story.node), &record, NULL, (const uint8_t *)"kept", 4, &list,
		argument * 100u, story.now_ms);
	xact_detach(gtpc_node_xact(story.node), &list);
}

static void
tell_request(uint8_t argument)
{
	static const uint8_t types[4] = { GTPC_MSG_DELETE_BEARER_REQ, GTPC_MSG_MODIFY_BEARER_REQ,
		GTPC_MSG_DELETE_BEARER_CMD, GTPC_MSG_ECHO_REQ };
	struct peer *peer = some_peer(argument);
	uint64_t command = argument & 0x20 ? story.pending[0] : 0;
	uint64_t id;

	if (peer == NULL)
		return;
	gtpc_message_init(&answer, types[argument >> 3 & 3], 7, 0);
	gtpc_node_request(
		story.node, NULL, peer, &answer, command, ignore_done, NULL, story.now_ms, &id);
	if (argument & 0x40)
		xact_cancel(gtpc_node_xact(story.node), id);
}

static void
tell_session(uint8_t argument, bool is_new)
{
	struct peer *peer = some_peer(argument);

	if (peer == NULL)
		return;
	if (is_new)
		peer_session_add(gtpc_node_peers(story.node), peer, story.now_ms);
	else
		peer_session_remove(gtpc_node_peers(story.node), peer);
}

static void
tell(uint8_t event, uint8_t argument, const uint8_t *bytes, size_t n)
{
	switch (event % N_EVENTS) {
	case EVENT_DATAGRAM:
		tell_datagram(argument, bytes, n);
		break;
	case EVENT_TIME:
		story.now_ms += argument * 500u;
		gtpc_node_run(story.node, story.now_ms);
		break;
	case EVENT_ANSWER:
		tell_answer(argument, false);
		break;
	case EVENT_REQUEST:
		tell_request(argument);
		break;
	case EVENT_SESSION_ADD:
		tell_session(argument, true);
		break;
	case EVENT_SESSION_REMOVE:
		tell_session(argument, false);
		break;
	case EVENT_RESTART:
		peers_set_restart_counter(gtpc_node_peers(story.node), argument);
		break;
	case EVENT_STORE:
		tell_answer(argument, true);
		break;
	}
}

static void
tell_all(enum gtpc_sender side, const uint8_t *bytes, size_t n)
{
	memset(&story, 0, sizeof(story));
	story.node = new_node(side);
	if (story.node == NULL)
		return;
	while (n >= 4) {
		size_t length = (size_t)bytes[2] << 8 | bytes[3];

		if (length > n - 4)
			length = n - 4;
		tell(bytes[0], bytes[1], bytes + 4, length);
		bytes += 4 + length;
		n -= 4 + length;
	}
	gtpc_node_free(story.node);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	tell_all(GTPC_FROM_PGW, bytes, n);
	tell_all(GTPC_FROM_SGW, bytes, n);
	return 0;
}
