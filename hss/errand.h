// SPDX-License-Identifier: BSD-3-Clause
// One request of ours on its way: built, sent, and what came of it.
#pragma once

#include "hss/avp.h"
#include "hss/hss_config.h"
#include "hss/s6a_dict.h"
#include "hss/store.h"

#include <stdbool.h>
#include <stdint.h>

struct errand;
typedef void (*errand_done_fn)(struct errand *e);

struct errand {
	struct store_op op; // first: to read the subscriber, and to note what came of it
	struct store_request request;
	const struct errand_kind *kind;
	errand_done_fn done; // once, on any thread
	// ---- what came of it
	struct hss_result result; // code 0: no answer
};

// How a command is sent.
struct errand_kind {
	enum s6a_command command;
	bool needs_registration; // it's of no use unless the IMSI is at that node
	// Puts what the command has beside session, application and addresses; s is NULL for an
	// unknown IMSI. -EINVAL: its args aren't ours.
	int (*put)(struct avp_out *out, const struct store_request *r, const struct subscriber *s);
};

const struct errand_kind *errand_kind_of(uint32_t command_code); // NULL: not one of ours

// Hands it to freeDiameter; done comes later, or -ENOMEM, -EINVAL.
int errand_send(struct errand *e, const struct subscriber *s);

// So that requests reach MMEs behind agents. 0 or -errno.
int errand_open(void);

int s6a_put_clr(struct avp_out *out, const struct store_request *r, const struct subscriber *s);
int s6a_put_idr(struct avp_out *out, const struct store_request *r, const struct subscriber *s);
int s6a_put_dsr(struct avp_out *out, const struct store_request *r, const struct subscriber *s);
int s6a_put_rsr(struct avp_out *out, const struct store_request *r, const struct subscriber *s);
