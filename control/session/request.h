// SPDX-License-Identifier: BSD-3-Clause
// What the handlers of GTPv2-C requests have in common. One function per message, each in the file
// of its procedure.
#pragma once

#include "control/gtpc/gtpc_node.h"
#include "control/session/session.h"

#include <stdint.h>

struct pgw;

// TS 29.274 7.2.1, 7.2.7, 7.2.9.1; `user` is the struct pgw.
void create_session_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void modify_bearer_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void delete_session_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);

// The session of the TEID in the header; NULL, and the request is answered with Context Not Found.
struct session *request_session(
	struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message);

// Where the SIM is, as the request says; what it doesn't say stays as it was.
void session_set_uli(struct session *s, const struct gtpc_uli *uli);
