// SPDX-License-Identifier: BSD-3-Clause
// Commands as a process has them, for the tests of the command line.
#pragma once

#include "config/cli.h"

#include <string.h>

// Prints which row ran, and its arguments.
static int
echo_command(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const names[] = { "imsi", "addr", "apn", "n", "module", "text", "all",
		"error", "debug", "k", "opc", "x" };

	cli_out_printf(out, "%s:", (const char *)ctx);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cli_arg(args, names[i]) != NULL)
			cli_out_printf(out, " %s=%s", names[i], cli_arg(args, names[i]));
	cli_out_printf(out, "\n");
	return 0;
}

static bool
is_imsi(const char *value)
{
	size_t n = strspn(value, "0123456789");

	return value[n] == '\0' && n >= 6 && n <= 15;
}

static const struct cli_row command_rows[] = {
	{ "show session imsi <imsi>", echo_command, "One subscriber's PDN sessions" },
	{ "show session address <addr>", echo_command, "The session with an address" },
	{ "show sessions [apn <apn>] [page <n>]", echo_command, "The session table" },
	{ "show status", echo_command, "How it goes" },
	{ "clear session (imsi <imsi>|address <addr>|all)", echo_command, "Ends sessions" },
	{ "log level (error|info|debug) [<module>]", echo_command, "What is logged" },
	{ "sim note <imsi> <text...>", echo_command, "Keeps a note" },
	{ "sim add <imsi> [[k <k>] opc <opc>] [x]", echo_command, "Adds a SIM" },
};

static const struct cli_word command_words[] = {
	{ .word = "session", .text = "One PDN session" },
	{ .word = "<imsi>", .text = "6 to 15 digits", .check = is_imsi },
	{ .word = "<addr>", .text = "An IP address" },
	{ .word = "<k>", .text = "The key", .is_secret = true },
};

static const struct cli_table command_table = CLI_TABLE("Sessions", command_rows, command_words);
