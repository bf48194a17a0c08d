// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_process.h"

#include "config/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int
show_config(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct cli_process *process = ctx;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return -ENOMEM;
	cfg_show(process->schema, process->config, f);
	fclose(f);
	cli_out_printf(out, "%s", text);
	free(text);
	return 0;
}

static int
show_log(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return -ENOMEM;
	log_print_levels(f);
	fclose(f);
	cli_out_printf(out, "%s", text);
	free(text);
	return 0;
}

static int
set_log_level(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *module = cli_arg(args, "module");
	enum log_level level = LOG_LEVEL_INFO;
	int ret;

	for (int i = 0; log_level_names[i]; i++)
		if (cli_arg(args, log_level_names[i]))
			level = (enum log_level)i;
	ret = log_set_level(module, level);
	if (ret < 0)
		return cli_out_fail(out, "too many modules have a level of their own");
	log_notice("%s: log level %s for %s", cli_args_client(args), log_level_names[level],
		module ? module : "everything");
	return 0;
}

static const struct cli_row rows[] = {
	{ "show config", show_config, "The configuration in effect" },
	{ "show log", show_log, "What is logged" },
	{ "log level (error|warning|notice|info|debug) [<module>]", set_log_level,
		"What is logged from now on" },
};

static const struct cli_word words[] = {
	{ .word = "log", .text = "The log" },
	{ .word = "<module>",
		.text = "Folder or file of the sources: session, gtpc, screen; without: all" },
};

const struct cli_table process_cli = CLI_TABLE("Settings and log", rows, words);
