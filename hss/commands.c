// SPDX-License-Identifier: BSD-3-Clause
#include "hss/commands.h"

#include <stddef.h>

struct cli_set *
commands_new(void)
{
	struct cli_set *set = cli_set_new();

	if (set == NULL)
		return NULL;
	if (cli_set_add(set, &peer_cli, NULL) == 0 && cli_set_add(set, &queue_cli, NULL) == 0)
		return set;
	cli_set_free(set);
	return NULL;
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
