// SPDX-License-Identifier: BSD-3-Clause
// What all S6a requests have in common: who asks, for whom, and how they are answered. A request is read
// on its connection's thread, goes to the store, and is answered on a store thread.
#pragma once

#include "hss/avp.h"
#include "hss/hss_config.h"
#include "hss/links.h"
#include "hss/seal.h"
#include "hss/store.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stdint.h>

// What the whole of S6a works with; given once, before peers are served.
struct s6a {
	const struct hss_config *config;
	struct store *store;
	const struct seal *seal;
	int64_t started_s;
};

extern struct s6a s6a;

void s6a_open(const struct s6a *parts);

// Where a request came from and its answer goes.
struct s6a_source {
	struct link *link; // the peer that brought it
	// Sends an answer; called once, on any thread, with len 0 if there's none to be sent.
	void (*reply)(void *arg, const uint8_t *answer, size_t len);
	void *arg;
};

// A request that the screen has passed. message is read before it returns, and may wait for the store.
void s6a_receive(const struct s6a_source *from, const uint8_t *message, size_t len);

// A request received. Put it first in a struct of the command's own, made by s6a_request_new.
struct s6a_request {
	struct s6a_source from;
	const struct hss_partner *partner; // NULL: not one that this peer may bring
	struct wire_header header;
	uint64_t received_ns;
	char imsi[IMSI_SIZE];
	char host[HOST_SIZE]; // Origin-Host: the MME, also behind an agent
	char realm[HOST_SIZE];
	bool has_plmn;
	struct plmn plmn; // Visited-PLMN-Id
	bool has_features;
	bool has_feature_list[2]; // by Feature-List-ID 1 and 2
	uint32_t features[2];     // what it supports, and then what both do
	const uint8_t *message;   // all of it, in the same memory as this
	size_t len;
};

// NULL: no memory, and replied so.
struct s6a_request *s6a_request_new(
	const struct s6a_source *from, const uint8_t *message, size_t len, size_t size);

// What each command does with its request: it answers it, now or later.
void s6a_air(const struct s6a_source *from, const uint8_t *message, size_t len);
void s6a_ulr(const struct s6a_source *from, const uint8_t *message, size_t len);
void s6a_pur(const struct s6a_source *from, const uint8_t *message, size_t len);
void s6a_nor(const struct s6a_source *from, const uint8_t *message, size_t len);

// Whether the request's origin and visited network may have this at all; else it's answered (and
// freed) with what is configured for that.
bool s6a_is_admitted(struct s6a_request *r);

// The answer so far: session, result, origin, and Supported-Features if the request had them. Put the
// rest into *out, then s6a_answer_send, on the same thread, which also frees the request.
void s6a_answer_begin(struct s6a_request *r, struct hss_result result, struct avp_out *out);
void s6a_answer_send(struct s6a_request *r, struct avp_out *out);

// Both, with nothing else in it.
void s6a_answer(struct s6a_request *r, struct hss_result result);

extern const struct hss_result s6a_success;
struct hss_result s6a_base_result(uint32_t code);
struct hss_result s6a_own_result(uint32_t code);
struct hss_result s6a_result_of(enum verdict verdict);
struct hss_result s6a_result_of_store(int result); // of a failure: -ENOENT, -EIO, ...

// For the history: who asked, and what was answered.
void s6a_history(struct store_tx *tx, const struct s6a_request *r, enum history_event event,
	struct hss_result result, const char *why);

// Session-Id, Vendor-Specific-Application-Id, Auth-Session-State and our Origin, of requests of ours.
void s6a_put_application(struct avp_out *out);
