// SPDX-License-Identifier: BSD-3-Clause
// The operator's commands, one table per subject.
#pragma once

#include "config/cli.h"

#include <stdio.h>

struct hss_config;

extern const struct cli_table peer_cli;
extern const struct cli_table queue_cli;
extern const struct cli_table status_cli;

// All tables in one set; NULL: no memory, or a table is wrong, which is logged.
struct cli_set *commands_new(const struct hss_config *config);

// The manual of all commands.
void commands_reference(FILE *out);
