// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_process.h"
#include "config/log.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

struct sample {
	uint16_t port;
	char password[16];
};

static const struct cfg_row rows[] = {
	CFG_U16(sample, port, "sample.port", "7", 1, 65535, "A port"),
	CFG_STRING(sample, password, "sample.password", "", "A password", .flags = CFG_SECRET),
};
static const struct cfg_schema schema = CFG_SCHEMA(sample, rows);
static const struct sample values = { .port = 4711, .password = "geheim" };
static struct cli_process process = { .schema = &schema, .config = &values };

static bool
says(const char *line, const char *what)
{
	struct cli_set *set = cli_set_new();
	struct cli_out *out = cli_out_new();
	bool ok = set != NULL && out != NULL && cli_set_add(set, &process_cli, &process) == 0 &&
		cli_set_run(set, line, out) == 0 && strstr(cli_out_text(out), what) != NULL &&
		strstr(cli_out_text(out), values.password) == NULL;

	cli_out_free(out);
	cli_set_free(set);
	return ok;
}

static void
shows_the_configuration_in_effect_without_secrets(void)
{
	CU_ASSERT(says("show config", "port = 4711;"));
	CU_ASSERT(says("show config", "password = \"***\";"));
}

static void
sets_the_level_of_everything_or_one_module(void)
{
	const struct log_config quiet = { .level = LOG_LEVEL_ERROR };

	log_configure("test", &quiet);
	CU_ASSERT(says("show log", "all error"));
	CU_ASSERT(says("log level warning gtpc", ""));
	CU_ASSERT(says("show log", "gtpc warning"));
	CU_ASSERT(says("log level error", ""));
	CU_ASSERT(!says("show log", "gtpc"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(shows_the_configuration_in_effect_without_secrets),
	UNIT_CASE(sets_the_level_of_everything_or_one_module),
};

UNIT_MAIN("config/cli_process", cases)
