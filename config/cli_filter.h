// SPDX-License-Identifier: BSD-3-Clause
// `| include x`, `| exclude x`, `| begin x`, `| count`: what is typed behind a command.
#pragma once

#include "config/cli.h"
#include "config/textbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define CLI_FILTERS_MAX 8

enum cli_filter_kind {
	CLI_FILTER_INCLUDE,
	CLI_FILTER_EXCLUDE,
	CLI_FILTER_BEGIN,
	CLI_FILTER_COUNT,
};

struct cli_filter {
	enum cli_filter_kind kind;
	bool is_open;   // begin: the line was seen
	char *text;     // alternatives with NULs between them and two at the end
	size_t counted; // count: lines that aren't empty
};

struct cli_filters {
	struct cli_filter filter[CLI_FILTERS_MAX];
	size_t n;
	char text[CLI_LINE_MAX * 2];
};

// Where the filters of a line begin (at the first '|' outside of quotes), or its end.
size_t cli_filters_at(const char *line);

// Parses what stands from there on. 0; -EINVAL after "% ..." in `fault`.
int cli_filters_parse(struct cli_filters *filters, const char *text, struct textbuf *fault);

// Whether a line (without its end) is shown.
bool cli_filters_pass(struct cli_filters *filters, const char *line, size_t n);

// After the last line: what the filters have to say themselves.
void cli_filters_end(struct cli_filters *filters, struct textbuf *out);

// For `?` and Tab behind a '|'.
void cli_filters_help(const char *text, struct textbuf *out);
size_t cli_filters_complete(const char *text, char *more, size_t room);
