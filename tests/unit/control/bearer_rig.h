// SPDX-License-Identifier: BSD-3-Clause
// What the tests of dedicated bearers have in common: requests of the gateway and their answers.
#pragma once

#include "control/session/bearer_request.h"
#include "tests/unit/control/rig.h"

#define BEARER_IMSI "001010000000001"

// Configurations for rig_open: one APN with two bearers for each SIM, the second for SIMs 2 to 9 alone,
// and one that needs no patience.
extern const char bearer_rig_policy[];

// The attached session of BEARER_IMSI.
struct session *bearer_rig_attach(struct rig *r);

// A bearer of QCI 1 for one filter as people write it.
struct bearer_spec bearer_rig_spec(const char *filter);

// Waits for a request of the gateway's and takes it. False: it didn't come.
bool bearer_rig_take(struct rig *r, uint8_t type, struct gtpc_message *request);

// Waits until the dataplane has all that the session wants.
void bearer_rig_settle(struct rig *r, const struct session *s);

// A Create Bearer Response that accepts all, with EBIs from `ebi` on and tunnels of the SGW's; for
// changing before rig_send().
void bearer_rig_accept(struct rig *r, const struct session *s, const struct gtpc_message *request,
	uint8_t ebi, struct gtpc_message *answer);

// A bearer for that filter that is active under this EBI; NULL: it came to nothing.
struct dedicated *bearer_rig_have(
	struct rig *r, struct session *s, const char *filter, uint8_t ebi);

// Answers that request: of the gateway's to delete, or to change the bearer `ebi`, with this cause for all.
void bearer_rig_send_deleted(
	struct rig *r, const struct session *s, const struct gtpc_message *request, uint8_t cause);
void bearer_rig_send_updated(struct rig *r, const struct session *s,
	const struct gtpc_message *request, uint8_t ebi, uint8_t cause);
