// SPDX-License-Identifier: BSD-3-Clause
// What the commands on SIMs and profiles work with, and how they wait: a command starts something with the
// store, whose threads report back to the loop's thread, which prints.
#pragma once

#include "config/cli.h"
#include "hss/seal.h"
#include "hss/store.h"
#include "hss/triggers.h"

struct desk {
	struct store *store;
	const struct seal *seal;
	const struct hss_triggers *triggers;
};

extern struct desk desk;

// Before the first command. Nothing is copied but *parts.
int desk_open(const struct desk *parts);
int desk_fd(void);        // readable when something is to be printed: then desk_dispatch
void desk_dispatch(void); // on the loop's thread
void desk_close(void);    // after the command line is closed; cancels an import or export

// A command that is under way: first in a struct of its own, from desk_call.
struct desk_call {
	struct cli_out *out;
	// On the loop's thread (or the waiting caller's), once desk_done was called: prints, gives back what
	// the struct owns, and returns what a handler would.
	int (*finish)(struct desk_call *call, int result);
	struct cli_job *job; // NULL: run without a server, the handler itself waits
	int result;
	void *wait;
	struct desk_call *next;
};

// Zeroed memory of `size`, freed after finish. NULL: none.
void *desk_call(
	struct cli_out *out, size_t size, int (*finish)(struct desk_call *call, int result));
// From any thread, once: it is over. A store_result_fn with the call as its arg.
void desk_done(void *call, int result);
// What the handler returns.
int desk_return(struct desk_call *call);

// The argument <sim>: an ICCID or an IMSI, for all IMSIs of the SIM.
bool desk_is_sim(const char *value);
void desk_sim_key(const struct cli_args *args, struct store_op *op);
bool desk_is_state(const char *value);

// Tells the Diameter side that something may be due.
void desk_wake(void);

extern const struct cli_table sim_show_cli;
extern const struct cli_table sim_cli;
extern const struct cli_table profile_cli;
extern const struct cli_table bulk_cli;
