// SPDX-License-Identifier: BSD-3-Clause
// The devices' dedicated bearers: what the gateway asks for is agreed to, uplink packets take the bearer
// whose filters they fit, and the three Commands are sent. TS 29.274 7.2.3 to 7.2.6, 7.2.14 to 7.2.17.
#pragma once

#include "tests/ue/ue.h"

// Sets the functions that serve Create and Update Bearer Requests.
void bearers_serve(struct gtpc_node_config *node);

// Ends those that are named, each with its result in the answer; the message's cause.
uint8_t bearers_delete(
	struct device *d, const struct delete_bearer_req *req, struct delete_bearer_rsp *rsp);
void bearers_forget(struct device *d);

// Contexts for all of them, with new TEIDs at this SGW; appended to what is there.
void bearers_move(struct device *d, const struct gtpc_addr *sgw, struct modify_bearer_req *req);

// The one that an uplink packet of n octets takes; NULL: the default bearer.
struct ue_bearer *bearers_choose(struct device *d, const uint8_t *ip, size_t n);
// The one of a TEID of ours; NULL: the default bearer.
struct ue_bearer *bearers_of_teid(struct device *d, uint32_t teid);

// Sends a Command: "modify UL-KBPS DL-KBPS QCI", "delete EBI", "resource QCI FILTER". Ends in
// ue_device_done. 0, or -errno if nothing could be sent.
int device_command(struct device *d, const char *words);
