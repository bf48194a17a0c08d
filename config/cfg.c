// SPDX-License-Identifier: BSD-3-Clause
// The loader: walks the rows of a schema over a parsed file.
#include "config/cfg.h"

#include "config/cfg_lint.h"
#include "config/cfg_value.h"

#include <libconfig.h>

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 50
#define PATH_ROOM 256

struct fault {
	unsigned int line, number;
	char *text;
};

// One struct being filled, and where in the file its group is.
struct cfg_check {
	struct load *load;
	const config_setting_t *group;
	const struct cfg_schema *schema;
	uint8_t *values;
	const char *path; // "" or "ports[2]"
};

struct load {
	const char *file;
	const char *dir; // of the files that it includes
	FILE *err;
	struct fault faults[FAULTS_MAX];
	unsigned int n_faults;      // all of them, kept or not
	unsigned int n_lint_faults; // the first ones
};

static void load_struct(struct cfg_check *c);

// ---- Faults

static void
add_fault(
	struct load *load, const char *file, unsigned int line, const char *path, const char *what)
{
	struct fault *fault;

	if (load->n_faults++ >= FAULTS_MAX)
		return;
	fault = &load->faults[load->n_faults - 1];
	fault->line = line;
	fault->number = load->n_faults;
	if (asprintf(&fault->text, "%s:%u: %s%s%s", file, line > 0 ? line : 1, path,
		    path[0] != '\0' ? ": " : "", what) < 0)
		fault->text = NULL;
}

// libconfig names included files as the directive does, and the first file not at all.
static void
add_parsed_fault(
	struct load *load, const char *file, unsigned int line, const char *path, const char *what)
{
	char name[1024];

	if (file == NULL)
		snprintf(name, sizeof(name), "%s", load->file);
	else
		snprintf(name, sizeof(name), "%s/%s", load->dir, file);
	add_fault(load, name, line, path, what);
}

static void
lint_fault(void *ctx, const char *file, unsigned int line, const char *what)
{
	struct load *load = ctx;

	add_fault(load, file, line, "", what);
	load->n_lint_faults = load->n_faults;
}

// What libconfig made of a line that lint refused says nothing.
static bool
has_lint_fault(const struct load *load, unsigned int line)
{
	for (unsigned int i = 0; i < load->n_lint_faults && i < FAULTS_MAX; i++)
		if (load->faults[i].line == line)
			return true;
	return false;
}

static int
compare_faults(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void
print_faults(struct load *load)
{
	unsigned int kept = load->n_faults < FAULTS_MAX ? load->n_faults : FAULTS_MAX;

	qsort(load->faults, kept, sizeof(load->faults[0]), compare_faults);
	for (unsigned int i = 0; i < kept; i++) {
		fprintf(load->err, "%s\n",
			load->faults[i].text != NULL ? load->faults[i].text : load->file);
		free(load->faults[i].text);
	}
	if (load->n_faults > kept)
		fprintf(load->err, "%s: and %u faults more\n", load->file, load->n_faults - kept);
}

static void
join_path(char *path, const char *group, const char *name)
{
	const char *dot = group[0] != '\0' ? "." : "";

	if (snprintf(path, PATH_ROOM, "%s%s%s", group, dot, name) >= PATH_ROOM)
		memcpy(path + PATH_ROOM - sizeof("..."), "...", sizeof("..."));
}

static void
fault_at(struct cfg_check *c, const config_setting_t *setting, const char *name, const char *what)
{
	char path[PATH_ROOM];

	join_path(path, c->path, name);
	if (has_lint_fault(c->load, config_setting_source_line(setting)))
		return;
	add_parsed_fault(c->load, config_setting_source_file(setting),
		config_setting_source_line(setting), path, what);
}

// ---- Finding settings by path

// Follows "a.b[2].c" from `group`. *last: the deepest setting on the way that the file has.
static const config_setting_t *
find_setting(const config_setting_t *group, const char *path, const config_setting_t **last)
{
	const config_setting_t *at = group;
	char name[PATH_ROOM];

	*last = group;
	while (*path != '\0' && at != NULL) {
		size_t n = strcspn(path, ".[");

		if (*path == '[') {
			unsigned int index = (unsigned int)strtoul(path + 1, NULL, 10);

			at = config_setting_is_aggregate(at) ? config_setting_get_elem(at, index)
							     : NULL;
			path += strcspn(path, "]");
			path += *path == ']';
		} else {
			snprintf(name, sizeof(name), "%.*s", (int)n, path);
			at = config_setting_is_group(at) ? config_setting_get_member(at, name)
							 : NULL;
			path += n;
		}
		path += *path == '.';
		if (at != NULL)
			*last = at;
	}
	return at;
}

void
cfg_fault(struct cfg_check *c, const char *path, const char *format, ...)
{
	const config_setting_t *last;
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	find_setting(c->group, path, &last);
	fault_at(c, last, path, what);
}

// ---- Unknown settings

static bool
is_below(const char *path, const char *section)
{
	size_t n = strlen(section);

	return strncmp(path, section, n) == 0 && path[n] == '.';
}

enum known {
	KNOWN_NOT,
	KNOWN_SETTING,
	KNOWN_SECTION, // rows are below it
};

static enum known
find_known(const struct cfg_schema *schema, const char *path)
{
	for (size_t i = 0; i < schema->n_rows; i++) {
		const struct cfg_row *row = &schema->rows[i];

		if (row->type != CFG_TYPE_SECTION && strcmp(row->path, path) == 0)
			return KNOWN_SETTING;
		if (row->type != CFG_TYPE_SECTION && is_below(row->path, path))
			return KNOWN_SECTION;
	}
	return KNOWN_NOT;
}

static void
refuse_unknown(struct cfg_check *c, const config_setting_t *group, const char *section)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned int)i);
		char path[PATH_ROOM];

		join_path(path, section, config_setting_name(s));
		switch (find_known(c->schema, path)) {
		case KNOWN_NOT:
			fault_at(c, s, path, "there is no such setting");
			break;
		case KNOWN_SECTION:
			if (config_setting_is_group(s))
				refuse_unknown(c, s, path);
			else
				fault_at(c, s, path, "must be a group: { ... }");
			break;
		case KNOWN_SETTING:
			break;
		}
	}
}

// ---- Values

static void
set_count(struct cfg_check *c, const struct cfg_row *row, size_t count)
{
	memcpy(c->values + row->count_offset, &count, sizeof(count));
}

static void
load_default(struct cfg_check *c, const struct cfg_row *row)
{
	uint8_t *member = c->values + row->offset;
	char why[CFG_WHY_MAX], one[CFG_VALUE_TEXT];
	const char *at = row->fallback;
	size_t n = 0;

	if (!row->is_list) {
		if (cfg_value_parse(row, at, member, why) < 0)
			fault_at(c, c->group, row->path, why);
		return;
	}
	while (*at != '\0' && n < row->max_count) {
		size_t length = strcspn(at, ",");

		snprintf(one, sizeof(one), "%.*s", (int)length, at);
		if (cfg_value_parse(row, one, member + n * row->size, why) < 0)
			fault_at(c, c->group, row->path, why);
		n++;
		at += length;
		at += strspn(at, ", ");
	}
	set_count(c, row, n);
}

static bool
count_is_right(struct cfg_check *c, const struct cfg_row *row, const config_setting_t *s, size_t n)
{
	char why[CFG_WHY_MAX];

	if (n >= row->min_count && (n <= row->max_count || row->max_count == 0))
		return true;
	if (n < row->min_count)
		snprintf(
			why, sizeof(why), "has %zu entries, needs at least %zu", n, row->min_count);
	else
		snprintf(why, sizeof(why), "has %zu entries, at most %zu are possible", n,
			row->max_count);
	fault_at(c, s, row->path, why);
	return false;
}

// No two of the n values at `first`, `stride` bytes apart, may be the same. They were zeroed before
// they were filled, so that bytes can be compared.
static void
refuse_duplicates(struct cfg_check *c, const struct cfg_row *row, const char *name,
	const uint8_t *first, size_t stride, size_t n, const config_setting_t *list)
{
	for (size_t i = 1; i < n; i++) {
		const uint8_t *value = first + i * stride;

		for (size_t k = 0; k < i; k++) {
			const config_setting_t *s = config_setting_get_elem(list, (unsigned int)i);
			char path[PATH_ROOM], why[CFG_WHY_MAX];

			if (memcmp(value, first + k * stride, row->size) != 0 ||
				cfg_value_is_empty(row, value))
				continue;
			snprintf(path, sizeof(path), "%s[%zu]%s%s", name, i,
				row->is_list ? "" : ".", row->is_list ? "" : row->path);
			snprintf(why, sizeof(why), "is the same as in %s[%zu]", name, k);
			fault_at(c, s, path, why);
			break;
		}
	}
}

static void
load_list(struct cfg_check *c, const struct cfg_row *row, const config_setting_t *s)
{
	bool is_aggregate = config_setting_is_array(s) || config_setting_is_list(s);
	size_t n = is_aggregate ? (size_t)config_setting_length(s) : 1;
	uint8_t *member = c->values + row->offset;
	unsigned int before = c->load->n_faults;

	if (!count_is_right(c, row, s, n))
		return;
	for (size_t i = 0; i < n; i++) {
		const config_setting_t *value =
			is_aggregate ? config_setting_get_elem(s, (unsigned int)i) : s;
		char why[CFG_WHY_MAX], path[PATH_ROOM];

		snprintf(path, sizeof(path), is_aggregate ? "%s[%zu]" : "%s", row->path, i);
		if (cfg_value_read(row, value, member + i * row->size, why) < 0)
			fault_at(c, value, path, why);
	}
	set_count(c, row, n);
	if (row->flags & CFG_UNIQUE && c->load->n_faults == before && is_aggregate)
		refuse_duplicates(c, row, row->path, member, row->size, n, s);
}

static void
load_elements(struct cfg_check *c, const struct cfg_row *row, const config_setting_t *list,
	uint8_t *elements, size_t n)
{
	unsigned int before = c->load->n_faults;

	for (size_t i = 0; i < n; i++) {
		const config_setting_t *s = config_setting_get_elem(list, (unsigned int)i);
		char path[PATH_ROOM], name[PATH_ROOM];
		struct cfg_check element = { .load = c->load,
			.group = s,
			.schema = row->element,
			.values = elements + i * row->size,
			.path = path };

		snprintf(name, sizeof(name), "%s[%zu]", row->path, i);
		join_path(path, c->path, name);
		if (config_setting_is_group(s))
			load_struct(&element);
		else
			fault_at(c, s, name, "must be a group: { ... }");
	}
	if (c->load->n_faults > before)
		return;
	for (size_t i = 0; i < row->element->n_rows; i++) {
		const struct cfg_row *member = &row->element->rows[i];

		if (member->flags & CFG_UNIQUE && !member->is_list)
			refuse_duplicates(c, member, row->path, elements + member->offset,
				row->size, n, list);
	}
}

static void
load_groups(struct cfg_check *c, const struct cfg_row *row, const config_setting_t *s)
{
	uint8_t *elements;
	size_t n;

	if (!config_setting_is_list(s) &&
		!(config_setting_is_array(s) && config_setting_length(s) == 0)) {
		fault_at(c, s, row->path, "must be a list of groups: ( { ... }, { ... } )");
		return;
	}
	n = (size_t)config_setting_length(s);
	if (!count_is_right(c, row, s, n) || n == 0)
		return;
	elements = calloc(n, row->size);
	if (elements == NULL) {
		fault_at(c, s, row->path, "no memory");
		return;
	}
	memcpy(c->values + row->offset, &elements, sizeof(elements));
	set_count(c, row, n);
	load_elements(c, row, s, elements, n);
}

static void
load_row(struct cfg_check *c, const struct cfg_row *row)
{
	const config_setting_t *last, *s = find_setting(c->group, row->path, &last);
	char why[CFG_WHY_MAX];

	if (row->type == CFG_TYPE_SECTION)
		return;
	if (s == NULL && cfg_row_is_required(row))
		fault_at(c, last, row->path, "is missing and has no default");
	else if (s == NULL && row->type != CFG_TYPE_GROUPS)
		load_default(c, row);
	else if (s == NULL)
		return;
	else if (row->type == CFG_TYPE_GROUPS)
		load_groups(c, row, s);
	else if (row->is_list)
		load_list(c, row, s);
	else if (cfg_value_read(row, s, c->values + row->offset, why) < 0)
		fault_at(c, s, row->path, why);
}

static void
load_struct(struct cfg_check *c)
{
	unsigned int before = c->load->n_faults;

	refuse_unknown(c, c->group, "");
	for (size_t i = 0; i < c->schema->n_rows; i++)
		load_row(c, &c->schema->rows[i]);
	if (c->schema->check != NULL && c->load->n_faults == before)
		c->schema->check(c->values, c);
}

// ---- Files

static void
parse_fault(struct load *load, const config_t *config)
{
	const char *what = config_error_text(config);

	add_parsed_fault(load, config_error_file(config),
		config_error_line(config) > 0 ? (unsigned int)config_error_line(config) : 1, "",
		what != NULL ? what : "syntax error");
}

static int
load_parsed(struct load *load, const config_t *config, const struct cfg_schema *schema, void *out)
{
	struct cfg_check c = { .load = load,
		.group = config_root_setting(config),
		.schema = schema,
		.values = calloc(1, schema->size),
		.path = "" };
	int rc;

	if (c.values == NULL)
		return -ENOMEM;
	load_struct(&c);
	rc = load->n_faults == 0 ? 0 : -EINVAL;
	if (rc == 0)
		memcpy(out, c.values, schema->size);
	else
		cfg_free(schema, c.values);
	free(c.values);
	return rc;
}

static int
load_text(const char *file, const char *dir, const char *text, const struct cfg_schema *schema,
	void *values, FILE *err)
{
	struct load load = { .file = file, .dir = dir, .err = err };
	config_t config;
	bool is_parsed;
	int rc = -EINVAL;

	config_init(&config);
	config_set_include_dir(&config, dir);
	is_parsed = config_read_string(&config, text) == CONFIG_TRUE;
	cfg_lint(file, text, is_parsed ? dir : NULL, lint_fault, &load);
	if (!is_parsed)
		parse_fault(&load, &config);
	else
		rc = load_parsed(&load, &config, schema, values);
	if (rc == -ENOMEM)
		fprintf(err, "%s: no memory\n", file);
	print_faults(&load);
	config_destroy(&config);
	return rc;
}

int
cfg_load_text(const char *name, const char *text, const struct cfg_schema *schema, void *values,
	FILE *err)
{
	return load_text(name, ".", text, schema, values, err);
}

int
cfg_load(const char *file, const struct cfg_schema *schema, void *values, FILE *err)
{
	char *text, *copy;
	int rc;

	rc = cfg_read_file(file, &text);
	if (rc < 0) {
		fprintf(err, "%s: %s\n", file,
			rc == -EINVAL ? "this is no text: it holds a NUL byte" : strerror(-rc));
		return rc;
	}
	copy = strdup(file);
	if (copy == NULL)
		rc = -ENOMEM;
	else
		rc = load_text(file, dirname(copy), text, schema, values, err);
	free(copy);
	free(text);
	return rc;
}

void
cfg_free(const struct cfg_schema *schema, void *values)
{
	uint8_t *base = values, *elements;
	size_t n;

	for (size_t i = 0; i < schema->n_rows; i++) {
		const struct cfg_row *row = &schema->rows[i];

		if (row->type != CFG_TYPE_GROUPS)
			continue;
		memcpy(&elements, base + row->offset, sizeof(elements));
		memcpy(&n, base + row->count_offset, sizeof(n));
		for (size_t k = 0; elements != NULL && k < n; k++)
			cfg_free(row->element, elements + k * row->size);
		free(elements);
	}
	memset(base, 0, schema->size);
}
