// SPDX-License-Identifier: BSD-3-Clause
// What the handlers of GTPv2-C requests have in common. One function per message, each in the file
// of its procedure.
#pragma once

#include "control/gtpc/gtpc_node.h"
#include "control/session/session.h"

#include <stdbool.h>
#include <stdint.h>

struct pgw;

// TS 29.274 7.2.1, 7.2.7, 7.2.9.1; `user` is the struct pgw.
void create_session_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void modify_bearer_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void delete_session_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
// 7.2.14, 7.2.17, 7.2.5
void modify_bearer_command(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void delete_bearer_command(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void bearer_resource_command(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
// 7.3.14, 7.4.1, 7.4.3, 7.2.26, 7.9.1, 7.9.3
void change_notification_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void suspend_notification(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void resume_notification(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void remote_ue_report(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void delete_pdn_set_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);
void update_pdn_set_request(
	void *user, const struct gtpc_rx *rx, const struct gtpc_message *message);

// The session of the TEID in the header; NULL, and the request is answered with Context Not Found.
struct session *request_session(
	struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *message);

// Table 7.2.9.1-1 NOTE 6: only the SGW that has the session may say so. False: another one asks.
bool request_is_from_its_sgw(const struct session *s, const struct gtpc_fteid *sender);

// Sends the answer when the turn's changes are stored and, unless `waits` is NULL, the dataplane has
// what that session wants now. Where there is no room for it the request is rejected.
void request_answer(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request,
	struct gtpc_message *answer, struct session *waits);

// Closes or opens the way downlink, in the dataplane too. False: it was so already.
bool session_suspend(struct pgw *pgw, struct session *s, bool is_suspended);

// What struct session calls a device without an authenticated SIM: by TAC and SNR of its IMEI.
void session_name_device(char subscriber[16], const struct gtpc_digits *mei);

// What a message says beside its procedure: where the device is, how busy its SGW, and in which PDN
// connection sets the session is. NULL: nothing.
struct request_news {
	const struct gtpc_uli *uli;
	const struct gtpc_time_zone *time_zone;
	const struct gtpc_overload *overload;
	const struct gtpc_fq_csid *mme_set, *sgw_set;
};

void request_note_news(struct pgw *pgw, struct session *s, const struct request_news *news);

// Where the SIM is, as the request says; what it doesn't say stays as it was.
void session_set_uli(struct session *s, const struct gtpc_uli *uli);
