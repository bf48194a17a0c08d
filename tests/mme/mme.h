// SPDX-License-Identifier: BSD-3-Clause
// torii-mme: the S6a side of an MME, and the USIMs of its devices. Takes commands as lines on standard
// input, says what happens as lines of JSON on standard output.
#pragma once

#include "tests/mme/dia.h"
#include "tests/mme/usim.h"

#include <stdbool.h>
#include <stdint.h>

#define MME_SIMS_MAX 64
#define MME_IMSI_SIZE 16

struct mme_sim {
	char imsi[MME_IMSI_SIZE];
	struct usim usim;
};

struct mme {
	struct dia_target target;
	const char *host, *realm, *home_realm;
	uint8_t plmn[3];
	uint32_t rat_type;
	int timeout_ms;
	const char
		*on_cancel; // a command of the shell, with the IMSI as $1, for each CLR; NULL: none
	struct dia_stream in;
	uint32_t next_id;
	uint32_t answers[512]; // result to give for a command of the HSS, by code; 0: 2001
	struct mme_sim sims[MME_SIMS_MAX];
	unsigned n_sims;
	struct dia message; // the last one received
	struct dia out;     // the one being built
};

// Connects and exchanges capabilities. 0 or -errno; -EACCES: refused.
int mme_open(struct mme *m);

// A request of S6a as far as all have it; for dia_put and mme_ask.
void mme_begin(struct mme *m, uint32_t command, const char *imsi);

// Sends what was begun and waits for its answer, which is in m->message then; what the HSS asks
// meanwhile is answered. The body, with *result and *is_own as dia_result. -ETIMEDOUT, -EPIPE.
int mme_ask(struct mme *m, struct dia_part *body, uint32_t *result, bool *is_own);

// Handles what comes within timeout_ms. 0; -EPIPE: the connection is gone.
int mme_serve(struct mme *m, int timeout_ms);

// One command line. 0; -ECANCELED: quit; -EPIPE.
int mme_command(struct mme *m, char *line);

// ---- JSON, mme_json.c

void json_begin(const char *event, const char *imsi);
void json_text(const char *name, struct dia_part value);
void json_number(const char *name, uint64_t value);
void json_bool(const char *name, bool value);
void json_hex(const char *name, const uint8_t *octets, size_t n);
void json_subscription(struct dia_part subscription); // "apns", "apn", "address" and more
void json_contexts(struct dia_part body);
void json_end(void);
