// SPDX-License-Identifier: BSD-3-Clause
// The protocol configuration options of a Create Session Request: PCO or ePCO of the device, and the
// additional ones (APCO) of a node on the way; each answered in the IE that asked.
#pragma once

#include "control/gtpc/message.h"
#include "control/session/pco.h"

struct pgw;

// One IE: what it asks (octets of the request, which must outlive this) and what it is answered.
struct options {
	struct gtpc_octets asked;
	bool is_extended; // ePCO
	uint8_t answer[PCO_MAX];
	uint16_t answer_bytes; // 0: nothing
};

struct device_options {
	struct options own, additional;
};

void device_options_read(struct device_options *o, const struct create_session_req *req);

// What an APN tells its devices; nothing of the single device.
void device_options_policy(const struct pgw *pgw, uint16_t apn, struct pco_policy *policy);

// Wrong credentials anywhere are worse than none, and right ones anywhere are enough.
enum pco_auth device_options_authenticate(
	const struct device_options *o, const struct pco_policy *policy);

void device_options_answer(struct device_options *o, const struct pco_policy *policy);

// The answers to where they belong; `o` must outlive the message.
void device_options_put(const struct device_options *o, struct create_session_rsp *rsp);
