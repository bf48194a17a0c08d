// SPDX-License-Identifier: BSD-3-Clause
// The requests of an SGW and what it reads of their answers, for the load generator: written from
// TS 29.274 and without the gateway's codec, so that both can be held against each other.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_MESSAGE_MAX 512
#define LOAD_SEQUENCE_MAX 0xffffffu

enum load_type {
	LOAD_CREATE_SESSION = 32,
	LOAD_MODIFY_BEARER = 34,
	LOAD_DELETE_SESSION = 36,
};

#define LOAD_CAUSE_ACCEPTED 16 // TS 29.274 8.4

// One session at the SGW. Addresses in host order.
struct gtpc_session {
	uint64_t imsi;      // 15 digits
	uint32_t sgw;       // its address, S5/S8-C and S5/S8-U
	uint32_t teid_c;    // ours
	uint32_t teid_u;    // ours
	uint32_t gw_teid_c; // the gateway's, from its answer
	const char *apn;    // labels with dots
};

// Each writes a message and returns its bytes. out: LOAD_MESSAGE_MAX bytes.
size_t gtpc_create_session(uint8_t *out, const struct gtpc_session *s, uint32_t sequence);
size_t gtpc_modify_bearer(uint8_t *out, const struct gtpc_session *s, uint32_t sequence);
size_t gtpc_delete_session(uint8_t *out, const struct gtpc_session *s, uint32_t sequence);

struct gtpc_answer {
	uint8_t type;
	uint8_t cause; // 0: none in it
	uint32_t teid; // of the header
	uint32_t sequence;
	uint32_t gw_teid_c; // of the PGW's S5/S8 F-TEID, 0: none in it
};

// False: nothing that could be an answer. Reads nothing beyond n.
bool gtpc_answer_read(const uint8_t *in, size_t n, struct gtpc_answer *a);
