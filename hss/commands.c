// SPDX-License-Identifier: BSD-3-Clause
#include "hss/commands.h"

#include "config/cli_process.h"
#include "hss/desk.h"
#include "hss/hss_config.h"

#include <stddef.h>

static const struct cli_table *const tables[] = { &sim_show_cli, &sim_cli, &profile_cli, &bulk_cli,
	&peer_cli, &queue_cli, &status_cli };

struct cli_set *
commands_new(const struct hss_config *config)
{
	static struct cli_process process = { .schema = &hss_config_schema };
	struct cli_set *set = cli_set_new();

	if (set == NULL)
		return NULL;
	process.config = config;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (cli_set_add(set, tables[i], NULL) != 0) {
			cli_set_free(set);
			return NULL;
		}
	if (cli_set_add(set, &process_cli, &process) != 0) {
		cli_set_free(set);
		return NULL;
	}
	return set;
}

void
commands_reference(FILE *out)
{
	struct cli_set *set = commands_new(NULL);

	if (set == NULL)
		return;
	cli_reference(set, "torii-hss: command line", out);
	cli_set_free(set);
}
