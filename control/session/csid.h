// SPDX-License-Identifier: BSD-3-Clause
// PDN connection sets: the parts of an MME or SGW that fail as one, by their FQ-CSID. A session notes
// the number of its sets; names that come again get the same number. TS 23.007 clause 22, TS 29.274 8.62
#pragma once

#include "control/gtpc/ie.h"

#include <stdbool.h>
#include <stdint.h>

#define CSID_NONE 0

// What a set is called. A partner names only its own sets: `scope` is the rule of its peers.
struct csid_name {
	const void *scope;
	struct gtpc_addr node;
	uint32_t node_id;
	uint16_t csid;
};

struct csids;

// NULL: no memory.
struct csids *csids_new(void);
void csids_free(struct csids *c);

// The number of a set, for one session more; CSID_NONE where no more sets can be told apart.
uint16_t csid_take(struct csids *c, const struct csid_name *name);
// A session less; CSID_NONE does nothing.
void csid_give(struct csids *c, uint16_t number);

// The sets that an FQ-CSID names have failed: their sessions are to end, and from now on the same
// names are other sets. How many of them are in use.
unsigned int csid_fail(struct csids *c, const void *scope, const struct gtpc_fq_csid *fq);
bool csid_has_failed(const struct csids *c, uint16_t number);

// NULL for CSID_NONE.
const struct csid_name *csid_name_of(const struct csids *c, uint16_t number);

// The name of the first set of an FQ-CSID, which is the only one outside of a Delete PDN Connection
// Set Request.
struct csid_name csid_first(const void *scope, const struct gtpc_fq_csid *fq);
