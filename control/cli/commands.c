// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/commands.h"

#include "config/cli_process.h"
#include "control/session/pgw.h"

struct cli_set *
commands_new(struct pgw *pgw)
{
	static const struct cli_table *const tables[] = {
		&session_cli,
		&bearer_cli,
		&apn_cli,
		&peer_cli,
		&dataplane_cli,
		&drops_cli,
		&explain_cli,
		&trace_cli,
		&store_cli,
		&system_cli,
	};
	static struct cli_process process = { .schema = &ctl_config_schema };
	struct cli_set *set = cli_set_new();

	if (!set)
		return NULL;
	process.config = pgw ? pgw->config : NULL;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (cli_set_add(set, tables[i], pgw) < 0) {
			cli_set_free(set);
			return NULL;
		}
	if (cli_set_add(set, &process_cli, &process) < 0) {
		cli_set_free(set);
		return NULL;
	}
	return set;
}

void
commands_reference(FILE *out)
{
	struct cli_set *set = commands_new(NULL);

	if (!set)
		return;
	cli_reference(set, "torii-control: command line", out);
	cli_set_free(set);
}
