// SPDX-License-Identifier: BSD-3-Clause
// The command line that all processes share.
#include "config/cfg.h"

#include <getopt.h>
#include <string.h>

enum option_code {
	OPTION_CHECK = 256,
	OPTION_CONFIG_REFERENCE,
	OPTION_CLI_REFERENCE,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "config-reference", no_argument, NULL, OPTION_CONFIG_REFERENCE },
	{ "cli-reference", no_argument, NULL, OPTION_CLI_REFERENCE },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
print_help(const struct cfg_program *p, FILE *out)
{
	fprintf(out,
		"%s: %s\n\n"
		"Usage: %s [--config FILE] [--check]\n\n"
		"  -c, --config FILE       read this configuration instead of %s\n"
		"      --check             check the configuration and exit: 0 right, 1 refused\n"
		"      --config-reference  print the manual of all settings (Markdown)\n",
		p->name, p->what, p->name, p->config_file);
	if (p->cli_reference != NULL)
		fputs("      --cli-reference     print the manual of all commands (Markdown)\n",
			out);
	fputs("  -V, --version           print the version\n"
	      "  -h, --help              print this\n",
		out);
}

static int
refuse(const struct cfg_program *p, const char *what, const char *word)
{
	fprintf(stderr, "%s: %s%s (see %s --help)\n", p->name, what, word, p->name);
	return 2;
}

static int
print_reference(const struct cfg_program *p)
{
	char title[128];

	snprintf(title, sizeof(title), "Settings of %s", p->name);
	cfg_reference(p->schema, title, stdout);
	return 0;
}

static int
load(const struct cfg_program *p, const char *file, bool only_check, void *values)
{
	if (cfg_load(file, p->schema, values, stderr) < 0)
		return 1;
	if (!only_check)
		return CFG_MAIN_RUN;
	cfg_free(p->schema, values);
	printf("%s: ok\n", file);
	return 0;
}

int
cfg_main(const struct cfg_program *p, int argc, char **argv, void *values, const char **file_read)
{
	const char *file = p->config_file;
	bool only_check = false;
	int code;

	opterr = 0;
	optind = 0;
	while ((code = getopt_long(argc, argv, "+:c:Vh", options, NULL)) != -1) {
		switch (code) {
		case 'c':
			file = optarg;
			break;
		case OPTION_CHECK:
			only_check = true;
			break;
		case OPTION_CONFIG_REFERENCE:
			return print_reference(p);
		case OPTION_CLI_REFERENCE:
			if (p->cli_reference == NULL)
				return refuse(p, "unknown option ", argv[optind - 1]);
			p->cli_reference(stdout);
			return 0;
		case 'V':
			printf("%s %s\n", p->name, torii_version());
			return 0;
		case 'h':
			print_help(p, stdout);
			return 0;
		case ':':
			return refuse(p, "a file name must follow ", argv[optind - 1]);
		default:
			return refuse(p, "unknown option ", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return refuse(p, "unexpected argument ", argv[optind]);
	if (file_read != NULL)
		*file_read = file;
	return load(p, file, only_check, values);
}
