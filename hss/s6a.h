// SPDX-License-Identifier: BSD-3-Clause
// What all S6a requests have in common: who asks, for whom, and how they are answered. A request is
// dispatched on freeDiameter's thread, goes to the store, and is answered on a store thread.
#pragma once

#include "hss/avp.h"
#include "hss/hss_config.h"
#include "hss/links.h"
#include "hss/seal.h"
#include "hss/store.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stdint.h>

struct msg;

// What the whole of S6a works with; given once, before peers are served.
struct s6a {
	const struct hss_config *config;
	struct store *store;
	const struct seal *seal;
};

extern struct s6a s6a;

int s6a_open(const struct s6a *parts); // 0 or -errno

// A request received. Put it first in a struct of the command's own, made by s6a_request_new.
struct s6a_request {
	struct msg *msg;                   // the request, then the answer
	int error;                         // of building the answer
	struct link *link;                 // the peer that brought it
	const struct hss_partner *partner; // NULL: not one that this peer may bring
	uint32_t command;                  // command code
	uint32_t end_to_end;
	bool is_retransmitted; // T flag
	uint64_t received_ns;
	char imsi[IMSI_SIZE];
	char host[HOST_SIZE]; // Origin-Host: the MME, also behind an agent
	char realm[HOST_SIZE];
	bool has_plmn;
	struct plmn plmn; // Visited-PLMN-Id
	bool has_features;
	bool has_feature_list[2]; // by Feature-List-ID 1 and 2
	uint32_t features[2];     // what it supports, and then what both do
};

// The message is the request's from now on. NULL: no memory.
struct s6a_request *s6a_request_new(struct msg *msg, size_t size);
void s6a_request_free(struct s6a_request *r);

// The handler of each command takes the message and answers it, now or later.
void s6a_air(struct msg *msg);
void s6a_ulr(struct msg *msg);
void s6a_pur(struct msg *msg);
void s6a_nor(struct msg *msg);

// Whether the request's origin and visited network may have this at all; else it's answered (and
// freed) with what is configured for that.
bool s6a_is_admitted(struct s6a_request *r);

// The answer so far: session, result, origin, and Supported-Features if the request had them. Put the
// rest into *out, then s6a_answer_send, which also frees the request. -ENOMEM: can't be answered;
// send must be called all the same.
int s6a_answer_begin(struct s6a_request *r, struct hss_result result, struct avp_out *out);
void s6a_answer_send(struct s6a_request *r, struct avp_out *out);

// Both, with nothing else in it.
void s6a_answer(struct s6a_request *r, struct hss_result result);

extern const struct hss_result s6a_success;
struct hss_result s6a_base_result(uint32_t code);
struct hss_result s6a_own_result(uint32_t code);
struct hss_result s6a_result_of(enum verdict verdict);
struct hss_result s6a_result_of_store(int result); // of a failure: -ENOENT, -EIO, ...

// A Failed-AVP with an empty instance of avp.
void s6a_put_failed(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len);

// For the history: who asked, and what was answered.
void s6a_history(struct store_tx *tx, const struct s6a_request *r, enum history_event event,
	struct hss_result result, const char *why);
