// SPDX-License-Identifier: BSD-3-Clause
// In: datagrams. Out: what the protocol itself answers, and calls of the owner's functions.
#include "control/gtpc/gtpc_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct gtpc_node {
	struct gtpc_node_config config;
	struct gtpc_counters counters;
	struct xact *xact;
	struct peers *peers;
	uint64_t now_ms; // of the call under way, for callbacks
	// One message at a time is being read or written.
	struct gtpc_message message;
	struct gtpc_message answer;
	uint8_t bytes[GTPC_MESSAGE_MAX];
};

static void
count(struct gtpc_node *node, enum gtpc_counter counter)
{
	node->counters.n[counter]++;
}

static void
send_datagram(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct gtpc_node *node = user;

	if (node->config.tap != NULL)
		node->config.tap(node->config.user, path, false, bytes, n);
	node->config.send(node->config.user, path, bytes, n);
}

static void
request_repeated(void *user, const struct gtpc_path *path, uint8_t type)
{
	struct gtpc_node *node = user;
	struct peer *peer = peer_find(node->peers, &path->peer.addr);

	if (peer != NULL)
		peer->retransmitted[gtpc_message_find(type)->index]++;
}

static void
peer_restarted(void *user, struct peer *peer, uint8_t before, uint8_t now)
{
	struct gtpc_node *node = user;

	xact_forget(node->xact, &peer->transactions, before);
	if (node->config.restarted != NULL)
		node->config.restarted(node->config.user, peer, before, now);
}

static void
path_down(void *user, struct peer *peer)
{
	struct gtpc_node *node = user;

	if (node->config.path_down != NULL)
		node->config.path_down(node->config.user, peer);
}

static void
path_up(void *user, struct peer *peer)
{
	struct gtpc_node *node = user;

	if (node->config.path_up != NULL)
		node->config.path_up(node->config.user, peer);
}

static void
peer_evicted(void *user, struct peer *peer)
{
	struct gtpc_node *node = user;

	xact_detach(node->xact, &peer->transactions);
	xact_cancel(node->xact, peer->echo);
}

static void send_echo(void *user, struct peer *peer, uint64_t now_ms);

struct gtpc_node *
gtpc_node_new(const struct gtpc_node_config *config)
{
	struct gtpc_node *node = calloc(1, sizeof(*node));
	struct xact_config xact = config->xact;
	struct peers_config peers = config->peers;

	if (node == NULL)
		return NULL;
	node->config = *config;
	xact.user = peers.user = node;
	xact.counters = peers.counters = &node->counters;
	xact.send = send_datagram;
	xact.repeated = request_repeated;
	peers.send_echo = send_echo;
	peers.restarted = peer_restarted;
	peers.path_down = path_down;
	peers.path_up = path_up;
	peers.evicted = peer_evicted;
	node->xact = xact_new(&xact);
	node->peers = peers_new(&peers);
	if (node->xact == NULL || node->peers == NULL) {
		gtpc_node_free(node);
		return NULL;
	}
	return node;
}

void
gtpc_node_free(struct gtpc_node *node)
{
	if (node == NULL)
		return;
	xact_free(node->xact);
	peers_free(node->peers);
	free(node);
}

// Encodes and sends what has no transaction: Echo Response, Version Not Supported Indication.
static void
send_plain(struct gtpc_node *node, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	ssize_t n = gtpc_message_encode(message, node->bytes, sizeof(node->bytes));

	if (n < 0) {
		count(node, GTPC_COUNT_ENCODE_FAILED);
		return;
	}
	rx->source->tx[gtpc_message_find(message->header.type)->index]++;
	send_datagram(node, rx->path, node->bytes, (size_t)n);
}

static void
count_fault(struct gtpc_node *node, struct peer *peer, const struct gtpc_fault *fault)
{
	switch (fault->cause) {
#define X(name, metric, text)                                                                      \
	case GTPC_CAUSE_##name:                                                                    \
		peer->faults[GTPC_FAULT_##name]++;                                                 \
		break;
		GTPC_FAULTS(X)
#undef X
	default:
		count(node, GTPC_COUNT_BAD_LENGTH);
		break;
	}
}

static bool
find_session(
	struct gtpc_node *node, const struct gtpc_header *header, struct gtpc_session_peer *out)
{
	if (!header->has_teid || header->teid == 0 || node->config.session_of == NULL)
		return false;
	return node->config.session_of(node->config.user, header->teid, out);
}

// Recovery, path and sessions belong to the address of the peer's F-TEID. TS 23.007 18
static struct peer *
peer_of_message(
	struct gtpc_node *node, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct gtpc_fteid *sender = gtpc_message_sender(message);
	struct gtpc_session_peer session;
	struct peer *peer = rx->source;
	struct gtpc_addr addr;

	if (sender != NULL) {
		addr = gtpc_fteid_addr(sender, rx->path->local.family);
		if (!gtpc_addr_equal(&addr, &rx->source->addr))
			peer = peer_get_named(node->peers, &addr, rx->source, rx->now_ms);
	} else if (find_session(node, &message->header, &session)) {
		peer = peer_find(node->peers, &session.addr);
	}
	if (peer == NULL)
		return rx->source;
	peer->local = rx->path->local;
	return peer;
}

// Every message that was read without a fault comes by here before it is acted on.
static void
note_peer(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const uint8_t *recovery = gtpc_message_recovery(message);
	uint8_t before;

	rx->peer = peer_of_message(node, rx, message);
	if (rx->peer != rx->source)
		peer_heard(node->peers, rx->peer, rx->now_ms);
	if (recovery == NULL)
		return;
	before = rx->peer->recovery;
	if (peer_recovery_seen(node->peers, rx->peer, *recovery) == PEER_RECOVERY_RESTARTED)
		xact_forget(node->xact, &rx->source->transactions, before);
	xact_note_recovery(node->xact, rx->xact, *recovery);
}

// TS 29.274 7.1.2: answered whatever is wrong inside of the request.
static void
receive_echo(struct gtpc_node *node, struct gtpc_rx *rx)
{
	struct gtpc_fault fault;
	size_t used;

	if (gtpc_message_parse(rx->bytes, rx->n, &used, &node->message, &fault) == 0)
		note_peer(node, rx, &node->message);
	gtpc_message_init(&node->answer, GTPC_MSG_ECHO_RSP, 0, node->message.header.sequence);
	node->answer.echo_rsp.recovery = peers_restart_counter(node->peers);
	rx->source->knows_recovery = true;
	send_plain(node, rx, &node->answer);
}

// The error answer goes to the TEID of a readable Sender F-TEID, else to the session's.
static void
answer_fault(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_fault *fault)
{
	const struct gtpc_message_desc *desc = gtpc_message_find(node->message.header.type);
	const struct gtpc_fteid *sender = gtpc_message_sender(&node->message);
	struct gtpc_session_peer session;
	uint32_t teid = 0;
	bool has_session;

	count(node, GTPC_COUNT_REQUEST_FAULTY);
	count_fault(node, rx->source, fault);
	node->counters.answers[desc->index][fault->cause]++;
	rx->peer = rx->source;
	has_session = find_session(node, &node->message.header, &session);
	if (sender != NULL)
		teid = sender->teid;
	else if (has_session)
		teid = session.teid;
	if (has_session && node->message.header.type == GTPC_MSG_BEARER_RESOURCE_CMD &&
		node->message.bearer_resource_cmd.lbi == 0)
		node->message.bearer_resource_cmd.lbi = session.ebi; // mandatory in the answer
	if (gtpc_node_reject(node, rx, &node->message, fault, teid))
		xact_drop(node->xact, rx->xact);
}

// A Request with a Command's sequence is the Command's reply.
static void
complete_command(
	struct gtpc_node *node, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct gtpc_header *header = &message->header;
	uint64_t id;

	if (!(header->sequence & GTPC_SEQUENCE_COMMAND))
		return;
	id = xact_match(node->xact, rx->path, header->type, header->sequence);
	xact_complete(node->xact, id, 0, message);
}

static void
receive_request(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_header *header)
{
	gtpc_request_fn serve = node->config.request[gtpc_message_find(header->type)->index];
	struct gtpc_fault fault;
	size_t used;

	if (header->type == GTPC_MSG_ECHO_REQ) {
		receive_echo(node, rx);
		return;
	}
	if (serve == NULL) {
		count(node, GTPC_COUNT_UNSERVED);
		return;
	}
	if (xact_accept(node->xact, rx->path, header->type, header->sequence, rx->bytes, rx->n,
		    &rx->source->transactions, rx->now_ms, &rx->xact) != XACT_NEW)
		return;
	if (gtpc_message_parse(rx->bytes, rx->n, &used, &node->message, &fault)) {
		// 7.7.3: what rides has a cause of its own for octets that don't add up
		if (rx->is_piggybacked && !fault.has_ie && fault.cause == GTPC_CAUSE_INVALID_LENGTH)
			fault.cause = GTPC_CAUSE_PIGGYBACK_LENGTH;
		answer_fault(node, rx, &fault);
		return;
	}
	note_peer(node, rx, &node->message);
	complete_command(node, rx, &node->message);
	serve(node->config.user, rx, &node->message);
}

static void
receive_notice(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_header *header)
{
	gtpc_request_fn serve = node->config.request[gtpc_message_find(header->type)->index];
	struct gtpc_fault fault;
	size_t used;

	if (gtpc_message_parse(rx->bytes, rx->n, &used, &node->message, &fault)) {
		count_fault(node, rx->source, &fault);
		return;
	}
	note_peer(node, rx, &node->message);
	if (serve != NULL)
		serve(node->config.user, rx, &node->message);
}

// Answers to these have shown that the peer has read our Recovery.
static bool
answers_recovery(uint8_t type)
{
	return type == GTPC_MSG_ECHO_RSP || type == GTPC_MSG_CREATE_SESSION_RSP ||
		type == GTPC_MSG_MODIFY_BEARER_RSP;
}

static void
receive_answer(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_header *header)
{
	uint64_t id = xact_match(node->xact, rx->path, header->type, header->sequence);
	struct gtpc_fault fault;
	size_t used;

	if (id == 0) {
		count(node, GTPC_COUNT_ANSWER_UNMATCHED);
		return;
	}
	if (gtpc_message_parse(rx->bytes, rx->n, &used, &node->message, &fault)) {
		count(node, GTPC_COUNT_ANSWER_FAULTY);
		count_fault(node, rx->source, &fault);
		// 7.1.2: whatever is wrong inside, the path is there.
		if (header->type == GTPC_MSG_ECHO_RSP)
			xact_complete(node->xact, id, 0, &node->message);
		return;
	}
	if (header->type == GTPC_MSG_VERSION_NOT_SUPPORTED) {
		xact_complete(node->xact, id, -EPROTONOSUPPORT, &node->message);
		return;
	}
	rx->source->knows_recovery |= answers_recovery(header->type);
	note_peer(node, rx, &node->message);
	xact_complete(node->xact, id, 0, &node->message);
}

static void
receive_message(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_header *header)
{
	const struct gtpc_message_desc *desc = gtpc_message_find(header->type);

	if (desc->title == NULL) {
		count(node, GTPC_COUNT_UNKNOWN_TYPE);
		return;
	}
	if (!(desc->sender & ~(unsigned int)node->config.side)) {
		count(node, GTPC_COUNT_WRONG_DIRECTION);
		return;
	}
	rx->source->rx[desc->index]++;
	switch (desc->kind) {
	case GTPC_KIND_INITIAL:
	case GTPC_KIND_COMMAND:
		receive_request(node, rx, header);
		break;
	case GTPC_KIND_ANSWER:
		receive_answer(node, rx, header);
		break;
	case GTPC_KIND_NOTICE:
		receive_notice(node, rx, header);
		break;
	}
}

// TS 29.274 7.7.2 and 7.7.3
static void
refuse_header(struct gtpc_node *node, struct gtpc_rx *rx, const struct gtpc_header *header, int err)
{
	if (err == -EPROTONOSUPPORT) {
		count(node, GTPC_COUNT_NEW_VERSION);
		gtpc_message_init(
			&node->answer, GTPC_MSG_VERSION_NOT_SUPPORTED, 0, header->sequence);
		send_plain(node, rx, &node->answer);
		return;
	}
	count(node,
		rx->n > 0 && header->version < GTPC_VERSION ? GTPC_COUNT_OLD_VERSION
							    : GTPC_COUNT_RUNT);
}

// One message of a datagram. The octets that belong to it where another one follows, else 0.
static size_t
receive_one(struct gtpc_node *node, struct gtpc_rx *rx)
{
	struct cursor c = cursor_open(rx->bytes, rx->n);
	struct gtpc_header header;
	size_t total;
	bool is_followed;
	int err = gtpc_header_decode(&c, &header);

	if (err) {
		refuse_header(node, rx, &header, err);
		return 0;
	}
	total = (size_t)header.length + GTPC_LENGTH_BASE;
	is_followed = header.has_piggyback && total < rx->n;
	if (is_followed)
		rx->n = total;
	receive_message(node, rx, &header);
	return is_followed ? total : 0;
}

void
gtpc_node_receive(struct gtpc_node *node, const struct gtpc_path *path, const uint8_t *bytes,
	size_t n, uint64_t now_ms)
{
	struct gtpc_rx rx = { .path = path, .bytes = bytes, .n = n, .now_ms = now_ms };
	size_t used;
	int why;

	node->now_ms = now_ms;
	count(node, GTPC_COUNT_RX_DATAGRAMS);
	if (node->config.tap != NULL)
		node->config.tap(node->config.user, path, true, bytes, n);
	rx.source = peer_get(node->peers, &path->peer.addr, now_ms, &why);
	if (rx.source == NULL) {
		if (why == -EACCES)
			count(node, GTPC_COUNT_PEER_NOT_ALLOWED);
		return;
	}
	rx.source->local = path->local;
	peer_heard(node->peers, rx.source, now_ms);
	used = receive_one(node, &rx);
	if (used == 0)
		return;
	// 5.5.1: one message may ride on another, no more.
	rx.bytes = bytes + used;
	rx.n = n - used;
	rx.xact = 0;
	rx.is_piggybacked = true;
	receive_one(node, &rx);
}

ssize_t
gtpc_node_encode_answer(struct gtpc_node *node, uint64_t xact, struct peer *peer,
	struct gtpc_message *answer, uint8_t *bytes, size_t size)
{
	uint8_t own = peers_restart_counter(node->peers);
	struct xact_record record;
	bool tells;
	ssize_t n;

	if (xact_export(node->xact, xact, &record))
		return -ESTALE;
	answer->header.sequence = record.sequence;
	tells = !peer->knows_recovery && gtpc_message_set_recovery(answer, own);
	n = gtpc_message_encode(answer, bytes, size);
	if (n < 0)
		count(node, GTPC_COUNT_ENCODE_FAILED);
	else if (tells)
		peer->knows_recovery = true;
	return n;
}

int
gtpc_node_send_answer(
	struct gtpc_node *node, uint64_t xact, const uint8_t *bytes, size_t n, uint64_t now_ms)
{
	const struct gtpc_path *path = xact_path_of(node->xact, xact);
	struct peer *peer = path != NULL ? peer_find(node->peers, &path->peer.addr) : NULL;

	if (peer != NULL && n > 1)
		peer->tx[gtpc_message_find(bytes[1])->index]++;
	return xact_answer(node->xact, xact, bytes, n, now_ms);
}

int
gtpc_node_answer(struct gtpc_node *node, uint64_t xact, struct peer *peer,
	struct gtpc_message *answer, uint64_t now_ms)
{
	ssize_t n =
		gtpc_node_encode_answer(node, xact, peer, answer, node->bytes, sizeof(node->bytes));

	if (n < 0)
		return (int)n;
	return gtpc_node_send_answer(node, xact, node->bytes, (size_t)n, now_ms);
}

int
gtpc_node_reject(struct gtpc_node *node, const struct gtpc_rx *rx,
	const struct gtpc_message *request, const struct gtpc_fault *fault, uint32_t teid)
{
	int err = gtpc_message_reject(&node->answer, request, fault, teid);

	if (err)
		return err;
	return gtpc_node_answer(node, rx->xact, rx->peer, &node->answer, rx->now_ms);
}

// The sequence of a request of ours: the Command's that it answers, else the next one.
static int
choose_sequence(struct gtpc_node *node, struct gtpc_header *header, uint64_t command)
{
	struct xact_record record;

	if (command != 0) {
		if (xact_export(node->xact, command, &record))
			return -ESTALE;
		header->sequence = record.sequence;
		return 0;
	}
	header->sequence = xact_next_sequence(node->xact);
	if (gtpc_message_find(header->type)->kind == GTPC_KIND_COMMAND)
		header->sequence |= GTPC_SEQUENCE_COMMAND;
	return 0;
}

ssize_t
gtpc_node_encode_request(struct gtpc_node *node, const struct gtpc_addr *local, struct peer *peer,
	struct gtpc_message *request, uint64_t command, uint8_t *bytes, size_t size,
	struct gtpc_path *path)
{
	ssize_t n;
	int err = choose_sequence(node, &request->header, command);

	if (err)
		return err;
	if (!peer->knows_recovery)
		gtpc_message_set_recovery(request, peers_restart_counter(node->peers));
	n = gtpc_message_encode(request, bytes, size);
	if (n < 0)
		count(node, GTPC_COUNT_ENCODE_FAILED);
	*path = (struct gtpc_path){ local != NULL ? *local : peer->local,
		{ peer->addr, GTPC_PORT } };
	return n;
}

// rides: behind an answer, so that this time it isn't sent by itself.
static int
send_request(struct gtpc_node *node, struct peer *peer, const struct gtpc_request *request,
	bool rides, uint64_t now_ms, uint64_t *id)
{
	struct cursor c = cursor_open(request->bytes, request->n);
	struct gtpc_header header;
	struct xact_request r;
	int err = gtpc_header_decode(&c, &header);

	*id = 0;
	if (err)
		return err;
	r = (struct xact_request){
		.path = request->path,
		.type = header.type,
		.sequence = header.sequence,
		.t3_ms = peer->rule->t3_ms,
		.n3 = peer->rule->n3,
		.bytes = request->bytes,
		.n = request->n,
		.has_left = rides,
		.command = request->command,
		.done = request->done,
		.ctx = request->ctx,
	};
	err = xact_send(node->xact, &r, now_ms, id);
	if (err == 0)
		peer->tx[gtpc_message_find(r.type)->index]++;
	return err;
}

int
gtpc_node_send_request(struct gtpc_node *node, struct peer *peer,
	const struct gtpc_request *request, uint64_t now_ms, uint64_t *id)
{
	return send_request(node, peer, request, false, now_ms, id);
}

int
gtpc_node_request(struct gtpc_node *node, const struct gtpc_addr *local, struct peer *peer,
	struct gtpc_message *request, uint64_t command, xact_done_fn done, void *ctx,
	uint64_t now_ms, uint64_t *id)
{
	struct gtpc_request r = {
		.bytes = node->bytes, .command = command, .done = done, .ctx = ctx
	};
	ssize_t n = gtpc_node_encode_request(
		node, local, peer, request, command, node->bytes, sizeof(node->bytes), &r.path);

	*id = 0;
	if (n < 0)
		return (int)n;
	r.n = (size_t)n;
	return gtpc_node_send_request(node, peer, &r, now_ms, id);
}

int
gtpc_node_send_pair(struct gtpc_node *node, uint64_t xact, const uint8_t *answer, size_t n,
	struct peer *peer, const struct gtpc_request *request, uint64_t now_ms)
{
	uint64_t id;
	int err;

	if (n < GTPC_HEADER_MIN || n + request->n > sizeof(node->bytes))
		return -EINVAL;
	err = send_request(node, peer, request, true, now_ms, &id);
	if (err)
		return err;
	memcpy(node->bytes, answer, n);
	memcpy(node->bytes + n, request->bytes, request->n);
	node->bytes[0] |= GTPC_FLAG_P;
	err = gtpc_node_send_answer(node, xact, node->bytes, n + request->n, now_ms);
	if (err)
		xact_cancel(node->xact, id);
	return err;
}

static void
echo_done(void *ctx, int result, const struct gtpc_message *answer)
{
	struct peer *peer = ctx;
	struct gtpc_node *node = peer->node;

	peer->echo = 0;
	peer_echo_done(node->peers, peer, result == -ETIMEDOUT ? result : 0, node->now_ms);
}

static void
send_echo(void *user, struct peer *peer, uint64_t now_ms)
{
	struct gtpc_node *node = user;
	struct gtpc_message *echo = &node->answer;

	if (peer->echo != 0)
		return;
	peer->node = node;
	gtpc_message_init(echo, GTPC_MSG_ECHO_REQ, 0, 0);
	echo->echo_req.recovery = peers_restart_counter(node->peers);
	gtpc_node_request(node, NULL, peer, echo, 0, echo_done, peer, now_ms, &peer->echo);
}

uint64_t
gtpc_node_next_deadline(const struct gtpc_node *node)
{
	uint64_t xact = xact_next_deadline(node->xact);
	uint64_t peers = peers_next_deadline(node->peers);

	return xact < peers ? xact : peers;
}

void
gtpc_node_run(struct gtpc_node *node, uint64_t now_ms)
{
	node->now_ms = now_ms;
	peers_run(node->peers, now_ms);
	xact_run(node->xact, now_ms);
}

struct xact *
gtpc_node_xact(struct gtpc_node *node)
{
	return node->xact;
}

struct peers *
gtpc_node_peers(struct gtpc_node *node)
{
	return node->peers;
}

struct gtpc_counters *
gtpc_node_counters(struct gtpc_node *node)
{
	return &node->counters;
}
