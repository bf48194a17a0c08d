// SPDX-License-Identifier: BSD-3-Clause
// The commands that every process has: its configuration in effect and what it logs.
#pragma once

#include "config/cfg.h"
#include "config/cli.h"

// The context of process_cli.
struct cli_process {
	const struct cfg_schema *schema;
	const void *config; // values of that schema
};

extern const struct cli_table process_cli;
