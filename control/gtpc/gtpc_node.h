// SPDX-License-Identifier: BSD-3-Clause
// A GTPv2-C node: takes datagrams, settles what the protocol itself asks for (versions, Echo,
// duplicates, faults, restarts, paths) and calls one function for each message that is left.
// The same node plays the gateway, or the SGW for tests. TS 29.274 7.6 and 7.7.
#pragma once

#include "control/gtpc/gtpc_counters.h"
#include "control/gtpc/message.h"
#include "control/gtpc/peer.h"
#include "control/gtpc/xact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One request as its function gets it.
struct gtpc_rx {
	const struct gtpc_path *path;
	const uint8_t *bytes; // the message as received, for traces
	size_t n;
	bool is_piggybacked; // it rode on another one
	struct peer *source; // where the datagram came from
	struct peer *peer;   // whose session it is: by F-TEID, by the session, else the source
	uint64_t xact;       // for gtpc_node_answer; 0 for messages without an answer
	uint64_t now_ms;
};

typedef void (*gtpc_request_fn)(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);

// The other end of a session of ours.
struct gtpc_session_peer {
	struct gtpc_addr addr; // of its control F-TEID
	uint32_t teid;
	uint8_t ebi; // of its default bearer
};

struct gtpc_node_config {
	enum gtpc_sender side;     // who we are: GTPC_FROM_PGW or GTPC_FROM_SGW
	struct xact_config xact;   // send, user and counters are the node's
	struct peers_config peers; // all but the limits, key, counter and rules are the node's
	void *user;                // for all functions below
	xact_send_fn send;
	gtpc_request_fn request[GTPC_N_MESSAGES]; // by enum gtpc_message_index; NULL: not served
	// Finds the session of a TEID of ours. False: none. May be NULL.
	bool (*session_of)(void *user, uint32_t teid, struct gtpc_session_peer *out);
	void (*restarted)(void *user, struct peer *peer, uint8_t before, uint8_t now);
	void (*path_down)(void *user, struct peer *peer);
	void (*path_up)(void *user, struct peer *peer);
	// Sees every datagram before it is judged, and every one that is sent. For traces; may be NULL.
	void (*tap)(void *user, const struct gtpc_path *path, bool is_rx, const uint8_t *bytes,
		size_t n);
};

struct gtpc_node;

// NULL without memory.
struct gtpc_node *gtpc_node_new(const struct gtpc_node_config *config);
void gtpc_node_free(struct gtpc_node *node);

// One datagram from the socket.
void gtpc_node_receive(struct gtpc_node *node, const struct gtpc_path *path, const uint8_t *bytes,
	size_t n, uint64_t now_ms);

// Fills the answer's sequence, adds our Recovery if the peer hasn't been told it, encodes. Octets
// written, -EMSGSIZE, -EINVAL. For answers that are stored before they are sent.
ssize_t gtpc_node_encode_answer(struct gtpc_node *node, uint64_t xact, struct peer *peer,
	struct gtpc_message *answer, uint8_t *bytes, size_t size);

// Sends an encoded answer and keeps it for repeated requests. 0 or -ESTALE.
int gtpc_node_send_answer(
	struct gtpc_node *node, uint64_t xact, const uint8_t *bytes, size_t n, uint64_t now_ms);

// Both of them. `answer` is of the type that answers the request.
int gtpc_node_answer(struct gtpc_node *node, uint64_t xact, struct peer *peer,
	struct gtpc_message *answer, uint64_t now_ms);

// Rejects `request` with a fault or a plain cause; `teid` is the peer's.
int gtpc_node_reject(struct gtpc_node *node, const struct gtpc_rx *rx,
	const struct gtpc_message *request, const struct gtpc_fault *fault, uint32_t teid);

// Sends a request of ours from `local` (NULL: where the peer last spoke to) to port 2123 of the peer, with T3 and N3 of the peer's rule.
// `command` is the transaction of the Command that it answers, or 0: then it gets a sequence of our
// own, with the Command bit where its type is a Command. 0, or the errors of xact_send and encoding.
int gtpc_node_request(struct gtpc_node *node, const struct gtpc_addr *local, struct peer *peer,
	struct gtpc_message *request, uint64_t command, xact_done_fn done, void *ctx,
	uint64_t now_ms, uint64_t *id);

// The two halves of it, for a request that is stored before it leaves, and that may leave again after a
// restart. Encodes into `bytes`, fills `path`: octets written, or an error.
ssize_t gtpc_node_encode_request(struct gtpc_node *node, const struct gtpc_addr *local,
	struct peer *peer, struct gtpc_message *request, uint64_t command, uint8_t *bytes,
	size_t size, struct gtpc_path *path);

struct gtpc_request {
	struct gtpc_path path;
	const uint8_t *bytes;
	size_t n;
	uint64_t command;
	xact_done_fn done;
	void *ctx;
};

int gtpc_node_send_request(struct gtpc_node *node, struct peer *peer,
	const struct gtpc_request *request, uint64_t now_ms, uint64_t *id);

// Sends an encoded answer with a request of ours riding on it (5.5.1), and keeps the pair. The request
// is repeated alone. 0, or an error and nothing was sent.
int gtpc_node_send_pair(struct gtpc_node *node, uint64_t xact, const uint8_t *answer, size_t n,
	struct peer *peer, const struct gtpc_request *request, uint64_t now_ms);

// Timers.
uint64_t gtpc_node_next_deadline(const struct gtpc_node *node);
void gtpc_node_run(struct gtpc_node *node, uint64_t now_ms);

struct xact *gtpc_node_xact(struct gtpc_node *node);
struct peers *gtpc_node_peers(struct gtpc_node *node);
struct gtpc_counters *gtpc_node_counters(struct gtpc_node *node); // the sockets count here, too
