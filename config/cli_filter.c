// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_filter.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	bool has_text;
	const char *sentence;
} kinds[] = {
	[CLI_FILTER_INCLUDE] = { "include", true, "Only lines with a text in them" },
	[CLI_FILTER_EXCLUDE] = { "exclude", true, "Only lines without a text in them" },
	[CLI_FILTER_BEGIN] = { "begin", true, "From the first line with a text in it on" },
	[CLI_FILTER_COUNT] = { "count", false, "How many lines there are" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

size_t
cli_filters_at(const char *line)
{
	char quote = '\0';
	size_t i;

	for (i = 0; line[i] != '\0'; i++) {
		if (quote == '\0' && line[i] == '|')
			break;
		if (quote == '\0' && (line[i] == '"' || line[i] == '\''))
			quote = line[i];
		else if (line[i] == quote)
			quote = '\0';
	}
	return i;
}

// The kinds whose name begins with the n bytes of word; *kind: the last of them.
static size_t
find_kinds(const char *word, size_t n, enum cli_filter_kind *kind)
{
	size_t found = 0;

	for (size_t i = 0; i < N_KINDS; i++) {
		if (strncasecmp(kinds[i].name, word, n) != 0)
			continue;
		*kind = (enum cli_filter_kind)i;
		found++;
	}
	return found;
}

// A '|' with blanks around it begins the next filter; one without is "or" inside a text.
static size_t
stage_length(const char *text)
{
	size_t n = 0;
	char quote = '\0';

	for (; text[n] != '\0'; n++) {
		if (quote == '\0' && (text[n] == '"' || text[n] == '\''))
			quote = text[n];
		else if (text[n] == quote)
			quote = '\0';
		else if (quote == '\0' && text[n] == '|' && n > 0 && text[n - 1] == ' ')
			break;
	}
	return n;
}

// Copies the text of a filter: quotes go, '|' outside of them parts alternatives.
static size_t
copy_text(char *to, const char *from, size_t n)
{
	char quote = '\0', *start = to;

	for (size_t i = 0; i < n; i++) {
		if (quote == '\0' && (from[i] == '"' || from[i] == '\''))
			quote = from[i];
		else if (from[i] == quote)
			quote = '\0';
		else if (quote == '\0' && from[i] == '|') {
			if (to > start && to[-1] != '\0')
				*to++ = '\0';
		} else
			*to++ = from[i];
	}
	*to++ = '\0';
	*to++ = '\0';
	return (size_t)(to - start);
}

static int
add_filter(struct cli_filters *f, size_t *used, const char *stage, size_t n, struct textbuf *fault)
{
	size_t blank = strspn(stage, " \t"), word = strcspn(stage + blank, " \t|"), text;
	enum cli_filter_kind kind = CLI_FILTER_COUNT;

	while (n > 0 && (stage[n - 1] == ' ' || stage[n - 1] == '\t'))
		n--;
	if (blank + word > n)
		word = n > blank ? n - blank : 0;
	if (word == 0 || find_kinds(stage + blank, word, &kind) != 1) {
		textbuf_printf(
			fault, "%% Unknown filter \"%.*s\", possible: ", (int)word, stage + blank);
		textbuf_puts(fault, "begin, count, exclude, include\n");
		return -EINVAL;
	}
	text = blank + word;
	text += strspn(stage + text, " \t");
	if (kinds[kind].has_text != (text < n)) {
		textbuf_printf(fault, "%% \"| %s\" %s\n", kinds[kind].name,
			kinds[kind].has_text ? "needs a text" : "takes no text");
		return -EINVAL;
	}
	f->filter[f->n++] = (struct cli_filter){ .kind = kind, .text = f->text + *used };
	if (text < n)
		*used += copy_text(f->text + *used, stage + text, n - text);
	return 0;
}

int
cli_filters_parse(struct cli_filters *f, const char *text, struct textbuf *fault)
{
	size_t used = 0;

	f->n = 0;
	while (*text == '|') {
		size_t n = stage_length(++text);

		if (f->n == CLI_FILTERS_MAX) {
			textbuf_printf(fault, "%% More than %d filters\n", CLI_FILTERS_MAX);
			return -EINVAL;
		}
		if (add_filter(f, &used, text, n, fault) < 0)
			return -EINVAL;
		text += n;
	}
	return 0;
}

static bool
has_text(const struct cli_filter *f, const char *line, size_t n)
{
	for (const char *text = f->text; *text != '\0'; text += strlen(text) + 1)
		if (memmem(line, n, text, strlen(text)) != NULL)
			return true;
	return false;
}

bool
cli_filters_pass(struct cli_filters *filters, const char *line, size_t n)
{
	for (size_t i = 0; i < filters->n; i++) {
		struct cli_filter *f = &filters->filter[i];

		switch (f->kind) {
		case CLI_FILTER_INCLUDE:
		case CLI_FILTER_EXCLUDE:
			if (has_text(f, line, n) != (f->kind == CLI_FILTER_INCLUDE))
				return false;
			break;
		case CLI_FILTER_BEGIN:
			f->is_open = f->is_open || has_text(f, line, n);
			if (!f->is_open)
				return false;
			break;
		case CLI_FILTER_COUNT:
			f->counted += n > 0;
			return false;
		}
	}
	return true;
}

void
cli_filters_end(struct cli_filters *filters, struct textbuf *out)
{
	for (size_t i = 0; i < filters->n; i++) {
		if (filters->filter[i].kind != CLI_FILTER_COUNT)
			continue;
		textbuf_printf(out, "%zu\r\n", filters->filter[i].counted);
		return; // what comes behind it has nothing to count
	}
}

// The last filter of `text`, which begins with '|'.
static const char *
last_stage(const char *text)
{
	for (;;) {
		size_t n = stage_length(++text);

		if (text[n] != '|')
			return text + strspn(text, " \t");
		text += n;
	}
}

void
cli_filters_help(const char *text, struct textbuf *out)
{
	const char *stage = last_stage(text);
	size_t word = strcspn(stage, " \t");
	enum cli_filter_kind kind = CLI_FILTER_COUNT;

	if (stage[word] == '\0') {
		for (size_t i = 0; i < N_KINDS; i++)
			if (strncasecmp(kinds[i].name, stage, word) == 0)
				textbuf_printf(
					out, "  %-16s  %s\n", kinds[i].name, kinds[i].sentence);
	} else if (find_kinds(stage, word, &kind) == 1 && kinds[kind].has_text) {
		textbuf_printf(out, "  %-16s  A text, or several with | between them\n", "<text>");
	} else {
		textbuf_printf(out, "  %-16s  Run it\n", "<cr>");
	}
}

size_t
cli_filters_complete(const char *text, char *more, size_t room)
{
	const char *stage = last_stage(text);
	size_t word = strcspn(stage, " \t"), n;
	enum cli_filter_kind kind = CLI_FILTER_COUNT;

	more[0] = '\0';
	if (stage[word] != '\0')
		return 0;
	n = find_kinds(stage, word, &kind);
	if (n == 1)
		snprintf(more, room, "%s ", kinds[kind].name + word);
	return n;
}
