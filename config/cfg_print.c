// SPDX-License-Identifier: BSD-3-Clause
// The manual of a schema, and the configuration in effect.
#include "config/cfg.h"
#include "config/cfg_value.h"

#include <string.h>

// The part of a path before the last dot, as length.
static size_t
section_length(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot == NULL ? 0 : (size_t)(dot - path);
}

static bool
is_in_section(const struct cfg_row *row, const char *section, size_t length)
{
	return row->type != CFG_TYPE_SECTION && section_length(row->path) == length &&
		strncmp(row->path, section, length) == 0;
}

// ---- The manual

static void
print_range(const struct cfg_row *row, FILE *out)
{
	char low[CFG_VALUE_TEXT], high[CFG_VALUE_TEXT];

	switch (row->type) {
	case CFG_TYPE_UINT:
	case CFG_TYPE_BIT_RATE:
	case CFG_TYPE_MS:
	case CFG_TYPE_SECONDS:
		fprintf(out, "%s to %s", cfg_value_number_text(row->type, row->min, low),
			cfg_value_number_text(row->type, row->max, high));
		if (row->unit != NULL)
			fprintf(out, " %s", row->unit);
		break;
	default:
		if (row->unit != NULL)
			fputs(row->unit, out);
	}
}

static void
print_default(const struct cfg_row *row, FILE *out)
{
	if (cfg_row_is_required(row))
		fputs("required", out);
	else if (row->fallback[0] == '\0')
		fputs(row->is_list ? "empty list" : "empty", out);
	else
		fprintf(out, "`%s`", row->fallback);
}

static void
print_row(const struct cfg_row *row, FILE *out)
{
	fprintf(out, "| `%s` | ", row->path);
	if (row->type == CFG_TYPE_GROUPS)
		fprintf(out, "list of groups, see below");
	else
		cfg_value_describe_type(row, out);
	if (row->is_list && row->max_count > 0)
		fprintf(out, "%s, %zu to %zu of them", row->type == CFG_TYPE_GROUPS ? "" : "; list",
			row->min_count, row->max_count);
	fputs(" | ", out);
	print_default(row, out);
	fputs(" | ", out);
	print_range(row, out);
	fprintf(out, " | %s.%s%s |\n", row->text,
		row->flags & CFG_UNIQUE ? " No two may be the same." : "",
		row->flags & CFG_SECRET ? " Never shown." : "");
}

static void
print_section(const struct cfg_schema *schema, const char *section, size_t length,
	const char *outer, FILE *out)
{
	bool is_inner = outer[0] != '\0';

	if (length > 0)
		fprintf(out, "\n## %s%s%.*s\n", outer, is_inner ? "." : "", (int)length, section);
	for (size_t i = 0; i < schema->n_rows; i++)
		if (schema->rows[i].type == CFG_TYPE_SECTION &&
			strlen(schema->rows[i].path) == length &&
			strncmp(schema->rows[i].path, section, length) == 0)
			fprintf(out, "\n%s\n", schema->rows[i].text);
	fputs("\n| setting | type | default | range | meaning |\n|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < schema->n_rows; i++)
		if (is_in_section(&schema->rows[i], section, length))
			print_row(&schema->rows[i], out);
}

static bool
is_first_of_section(const struct cfg_schema *schema, size_t index)
{
	const char *path = schema->rows[index].path;
	size_t length = section_length(path);

	for (size_t i = 0; i < index; i++)
		if (is_in_section(&schema->rows[i], path, length))
			return false;
	return schema->rows[index].type != CFG_TYPE_SECTION;
}

static void
print_schema(const struct cfg_schema *schema, const char *outer, FILE *out)
{
	char name[256];

	for (size_t i = 0; i < schema->n_rows; i++)
		if (is_first_of_section(schema, i) && section_length(schema->rows[i].path) == 0)
			print_section(schema, "", 0, outer, out);
	for (size_t i = 0; i < schema->n_rows; i++)
		if (is_first_of_section(schema, i) && section_length(schema->rows[i].path) > 0)
			print_section(schema, schema->rows[i].path,
				section_length(schema->rows[i].path), outer, out);
	for (size_t i = 0; i < schema->n_rows; i++) {
		const struct cfg_row *row = &schema->rows[i];

		if (row->type != CFG_TYPE_GROUPS)
			continue;
		snprintf(name, sizeof(name), "%s%s%s[]", outer, outer[0] != '\0' ? "." : "",
			row->path);
		fprintf(out, "\n## %s\n\n%s. Each is a group of these:\n", name, row->text);
		print_schema(row->element, name, out);
	}
}

void
cfg_reference(const struct cfg_schema *schema, const char *title, FILE *out)
{
	fprintf(out,
		"# %s\n\n"
		"The file is in libconfig's syntax. A dot in a name below stands for a group: "
		"`cli.port` is `cli = { port = 2323; };`. Durations are strings with a unit "
		"(`\"200ms\"`, `\"5s\"`, `\"10m\"`, `\"1h\"`), bit rates too (`\"64k\"`, "
		"`\"50M\"`, `\"1.5G\"`) or plain numbers of bits per second. Numbers may be "
		"hexadecimal (`0x1f`); above 2147483647 they end in `L`. A setting that is not "
		"listed here is refused, with its line.\n",
		title);
	print_schema(schema, "", out);
}

// ---- The configuration in effect

static void show_struct(const struct cfg_schema *schema, const uint8_t *values, const char *section,
	size_t length, unsigned int depth, FILE *out);

static void
indent(unsigned int depth, FILE *out)
{
	for (unsigned int i = 0; i < depth; i++)
		fputc('\t', out);
}

static void
show_groups(
	const struct cfg_row *row, const uint8_t *values, size_t n, unsigned int depth, FILE *out)
{
	const uint8_t *elements;

	memcpy(&elements, values + row->offset, sizeof(elements));
	fputs("(", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? ", {\n" : " {\n", out);
		show_struct(row->element, elements + i * row->size, "", 0, depth + 1, out);
		indent(depth, out);
		fputs("}", out);
	}
	fputs(n > 0 ? " )" : ")", out);
}

static void
show_row(const struct cfg_row *row, const uint8_t *values, unsigned int depth, FILE *out)
{
	const char *dot = strrchr(row->path, '.');
	size_t n = 0;

	indent(depth, out);
	fprintf(out, "%s = ", dot != NULL ? dot + 1 : row->path);
	if (row->is_list)
		memcpy(&n, values + row->count_offset, sizeof(n));
	if (row->type == CFG_TYPE_GROUPS) {
		show_groups(row, values, n, depth, out);
	} else if (row->is_list) {
		fputs("[", out);
		for (size_t i = 0; i < n; i++) {
			fputs(i > 0 ? ", " : "", out);
			cfg_value_print(row, values + row->offset + i * row->size, out);
		}
		fputs("]", out);
	} else {
		cfg_value_print(row, values + row->offset, out);
	}
	fputs(";\n", out);
}

// Length of the path of the group that `path` is in, one level below section; 0: directly in it.
static size_t
next_group(const char *path, size_t length)
{
	const char *at = path + length + (length > 0);
	size_t n = strcspn(at, ".");

	return at[n] == '.' ? (size_t)(at + n - path) : 0;
}

static bool
is_under(const char *path, const char *section, size_t length)
{
	return length == 0 || (strncmp(path, section, length) == 0 && path[length] == '.');
}

static bool
was_shown(const struct cfg_schema *schema, size_t index, size_t group)
{
	const char *path = schema->rows[index].path;

	for (size_t i = 0; i < index; i++)
		if (schema->rows[i].type != CFG_TYPE_SECTION &&
			is_under(schema->rows[i].path, path, group))
			return true;
	return false;
}

// All rows under `section`, each group of them where its first row stands.
static void
show_struct(const struct cfg_schema *schema, const uint8_t *values, const char *section,
	size_t length, unsigned int depth, FILE *out)
{
	for (size_t i = 0; i < schema->n_rows; i++) {
		const struct cfg_row *row = &schema->rows[i];
		size_t group;

		if (row->type == CFG_TYPE_SECTION || !is_under(row->path, section, length))
			continue;
		group = next_group(row->path, length);
		if (group == 0) {
			show_row(row, values, depth, out);
		} else if (!was_shown(schema, i, group)) {
			const char *name = row->path + length + (length > 0);

			indent(depth, out);
			fprintf(out, "%.*s = {\n", (int)(row->path + group - name), name);
			show_struct(schema, values, row->path, group, depth + 1, out);
			indent(depth, out);
			fputs("};\n", out);
		}
	}
}

void
cfg_show(const struct cfg_schema *schema, const void *values, FILE *out)
{
	show_struct(schema, values, "", 0, 0, out);
}
