// SPDX-License-Identifier: BSD-3-Clause
// The operator's commands, one table per subject. Handlers get the struct pgw as ctx.
#pragma once

#include "config/cli.h"

#include <stdio.h>

struct cli_out;
struct pgw;
struct session;

extern const struct cli_table session_cli;
extern const struct cli_table bearer_cli;
extern const struct cli_table dataplane_cli;
extern const struct cli_table drops_cli;
extern const struct cli_table explain_cli;
extern const struct cli_table trace_cli;
extern const struct cli_table apn_cli;
extern const struct cli_table peer_cli;
extern const struct cli_table store_cli;
extern const struct cli_table system_cli;

// All tables in one set; NULL: no memory, or a table is wrong, which is logged.
struct cli_set *commands_new(struct pgw *pgw);

// A session's dedicated bearers, as part of what is shown of it.
void print_bearers(const struct pgw *pgw, const struct session *s, struct cli_out *out);

// The manual of all commands.
void commands_reference(FILE *out);
