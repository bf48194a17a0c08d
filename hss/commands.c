// SPDX-License-Identifier: BSD-3-Clause
#include "hss/commands.h"

#include "hss/desk.h"

#include <stddef.h>

static const struct cli_table *const tables[] = { &sim_show_cli, &sim_cli, &profile_cli, &bulk_cli,
	&peer_cli, &queue_cli };

struct cli_set *
commands_new(void)
{
	struct cli_set *set = cli_set_new();

	if (set == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (cli_set_add(set, tables[i], NULL) != 0) {
			cli_set_free(set);
			return NULL;
		}
	return set;
}

void
commands_reference(FILE *out)
{
	struct cli_set *set = commands_new();

	if (set == NULL)
		return;
	cli_reference(set, "HSS command line", out);
	cli_set_free(set);
}
