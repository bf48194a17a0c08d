// SPDX-License-Identifier: BSD-3-Clause
// What handlers print.
#include "config/cli.h"
#include "config/cli_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32

struct cli_out *
cli_out_new(void)
{
	struct cli_out *out = calloc(1, sizeof(*out));

	if (out != NULL)
		out->text.max = CLI_OUTPUT_MAX;
	return out;
}

void
cli_out_free(struct cli_out *out)
{
	if (out == NULL)
		return;
	textbuf_free(&out->text);
	free(out);
}

const char *
cli_out_text(const struct cli_out *out)
{
	return textbuf_text(&out->text);
}

void
cli_out_vprintf(struct cli_out *out, const char *format, va_list args)
{
	bool at_line_start = out->text.used == 0 || out->text.bytes[out->text.used - 1] == '\n';

	if (at_line_start && strncmp(format, "%% ", 3) == 0)
		out->has_fault = true;
	textbuf_vprintf(&out->text, format, args);
}

void
cli_out_printf(struct cli_out *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cli_out_vprintf(out, format, args);
	va_end(args);
}

int
cli_out_fail(struct cli_out *out, const char *format, ...)
{
	va_list args;

	out->has_fault = true;
	textbuf_puts(&out->text, "% ");
	va_start(args, format);
	textbuf_vprintf(&out->text, format, args);
	va_end(args);
	textbuf_puts(&out->text, "\n");
	return -EINVAL;
}

bool
cli_out_is_full(const struct cli_out *out)
{
	return out->text.is_cut;
}

void
cli_out_result(struct cli_out *out, int result)
{
	if (result < 0 && !out->has_fault)
		cli_out_fail(out, "%s", strerror(-result));
	if (!out->text.is_cut)
		return;
	out->text.max += 64;
	textbuf_printf(&out->text, "\n%% output cut at %u MiB\n", CLI_OUTPUT_MAX >> 20);
}

// ---- Tables. Cells are kept one behind the other, each with its NUL.

struct cli_columns {
	struct cli_out *out;
	size_t n, n_cells;
	size_t width[COLUMNS_MAX];
	bool is_right[COLUMNS_MAX];
	struct textbuf cells;
};

static void
end_cell(struct cli_columns *c, size_t start)
{
	size_t column = c->n_cells++ % c->n, width = c->cells.used - start;

	textbuf_add(&c->cells, "", 1);
	if (width > c->width[column])
		c->width[column] = width;
}

struct cli_columns *
cli_columns_new(struct cli_out *out, const char *const *headers, size_t n)
{
	struct cli_columns *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->out = out;
	c->n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	c->cells.max = CLI_OUTPUT_MAX;
	for (size_t i = 0; i < c->n; i++) {
		size_t start = c->cells.used;

		c->is_right[i] = headers[i][0] == '>';
		textbuf_puts(&c->cells, headers[i] + c->is_right[i]);
		end_cell(c, start);
	}
	return c;
}

void
cli_columns_cell(struct cli_columns *c, const char *format, ...)
{
	size_t start;
	va_list args;

	if (c == NULL || c->cells.is_cut)
		return;
	start = c->cells.used;
	va_start(args, format);
	textbuf_vprintf(&c->cells, format, args);
	va_end(args);
	end_cell(c, start);
}

void
cli_columns_end(struct cli_columns *c)
{
	const char *cell;

	if (c == NULL)
		return;
	cell = textbuf_text(&c->cells);
	for (size_t i = 0; i < c->n_cells; i++, cell += strlen(cell) + 1) {
		size_t column = i % c->n;
		bool is_last = column + 1 == c->n || i + 1 == c->n_cells;
		int width = (int)c->width[column];

		if (cell > c->cells.bytes + c->cells.used)
			break;
		if (c->is_right[column])
			cli_out_printf(c->out, "%*s%s", width, cell, is_last ? "\n" : "  ");
		else
			cli_out_printf(
				c->out, "%-*s%s", is_last ? 0 : width, cell, is_last ? "\n" : "  ");
	}
	c->out->text.is_cut |= c->cells.is_cut;
	textbuf_free(&c->cells);
	free(c);
}
