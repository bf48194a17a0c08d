// SPDX-License-Identifier: BSD-3-Clause
// Parts of MMEs and SGWs that fail: TS 23.007 clause 22, TS 29.274 7.9.1 to 7.9.4.
#pragma once

#include "control/gtpc/ie.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event;
struct pgw;
struct procedure;
struct session;

// A Delete PDN Connection Set Request: answered when its sessions have ended.
struct pdn_set_job {
	STAILQ_ENTRY(pdn_set_job) next;
	struct procedure *procedure;
	uint32_t slot; // that is looked at next
	uint32_t n;    // sessions ended
};

struct pdn_set_jobs {
	STAILQ_HEAD(, pdn_set_job) jobs; // first is worked on
	uint32_t n_jobs;
	struct event *timer;
};

// 0 or -ENOMEM.
int pdn_sets_open(struct pgw *pgw);
void pdn_sets_close(struct pgw *pgw);

// The sets that the session belongs to from now on; NULL: no word of that one. A session must have
// its SGW.
void session_set_csids(struct pgw *pgw, struct session *s, const struct gtpc_fq_csid *mme,
	const struct gtpc_fq_csid *sgw);

// Our own, as far as the other side would use it: false and nothing set if it isn't to be told.
bool pdn_set_own(const struct pgw *pgw, const struct session *s, struct gtpc_fq_csid *fq);
