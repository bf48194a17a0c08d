// SPDX-License-Identifier: BSD-3-Clause
// A line against all commands at once: a set of positions in their graphs moves on word by word.
// Exact keywords rule out everything else at their word; abbreviations and values may lead several
// ways until the line's end decides.
#include "config/cli_set.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_RECORD -1

// A word of the line taken by a node.
struct record {
	uint32_t command;
	uint8_t node;
	uint8_t word;
	int before; // the record of the word before, or NO_RECORD
};

// A node that may take the next word.
struct position {
	uint32_t command;
	uint8_t node;
	int record;
	uint64_t rank; // of the way here, two bits a word; the lowest wins
};

struct positions {
	struct position *at;
	size_t n, room;
};

struct match {
	const struct cli_set *set;
	char *words[CLI_WORDS_MAX];
	const char *rest[CLI_WORDS_MAX]; // where each word begins in the line
	size_t n_words;
	bool ends_in_blank; // so that the last word is complete
	char *text;
	struct record *records;
	size_t n_records, room;
	struct positions now, next;
	bool has_no_memory;
};

enum quality {
	EXACT,
	ABBREVIATED,
	VALUE,
	NO_MATCH,
};

// ---- Words

// Splits a copy of the line at blanks; "..." and '...' keep words together. -E2BIG: too many.
static int
split_line(struct match *m, const char *line)
{
	const char *at = line;
	char *to;

	m->text = to = malloc(strlen(line) + 1);
	if (to == NULL)
		return -ENOMEM;
	m->ends_in_blank = true;
	for (;;) {
		char quote = '\0';

		at += strspn(at, " \t");
		if (*at == '\0')
			return 0;
		if (m->n_words == CLI_WORDS_MAX)
			return -E2BIG;
		m->rest[m->n_words] = at;
		m->words[m->n_words++] = to;
		for (; *at != '\0' && (quote != '\0' || !isblank((unsigned char)*at)); at++) {
			if (quote == '\0' && (*at == '"' || *at == '\''))
				quote = *at;
			else if (*at == quote)
				quote = '\0';
			else
				*to++ = *at;
		}
		*to++ = '\0';
		m->ends_in_blank = *at != '\0';
	}
}

// ---- Positions

static const struct cli_node *
node_at(const struct match *m, const struct position *p)
{
	return &m->set->commands[p->command].nodes[p->node];
}

static void
add_position(struct match *m, struct positions *to, const struct position *p)
{
	for (size_t i = 0; i < to->n; i++) {
		if (to->at[i].command != p->command || to->at[i].node != p->node)
			continue;
		if (p->rank < to->at[i].rank)
			to->at[i] = *p;
		return;
	}
	if (to->n == to->room) {
		size_t room = to->room == 0 ? 64 : to->room * 2;
		struct position *more = realloc(to->at, room * sizeof(*more));

		if (more == NULL) {
			m->has_no_memory = true;
			return;
		}
		to->at = more;
		to->room = room;
	}
	to->at[to->n++] = *p;
}

// An option is taken once.
static bool
was_used(const struct match *m, const struct position *p)
{
	for (int i = p->record; i != NO_RECORD; i = m->records[i].before)
		if (m->records[i].node == p->node)
			return true;
	return false;
}

// Adds the nodes that can be reached from p without a word.
static void
add_reachable(struct match *m, struct positions *to, struct position p)
{
	const struct cli_node *nodes = m->set->commands[p.command].nodes;
	uint8_t stack[CLI_NODES_MAX * 2];
	bool seen[CLI_NODES_MAX] = { false };
	size_t depth = 0;

	stack[depth++] = p.node;
	while (depth > 0) {
		const struct cli_node *node;

		p.node = stack[--depth];
		node = &nodes[p.node];
		if (seen[p.node])
			continue;
		seen[p.node] = true;
		if (node->kind == CLI_NODE_SPLIT)
			stack[depth++] = node->other;
		if (node->kind == CLI_NODE_SPLIT || node->kind == CLI_NODE_JOIN)
			stack[depth++] = node->next;
		else if (!was_used(m, &p))
			add_position(m, to, &p);
	}
}

static enum quality
compare_word(const struct cli_node *node, const char *word)
{
	size_t n = strlen(word);

	switch (node->kind) {
	case CLI_NODE_KEYWORD:
		if (strncasecmp(node->text, word, n) != 0 || n == 0)
			return NO_MATCH;
		return node->text[n] == '\0' ? EXACT : ABBREVIATED;
	case CLI_NODE_VALUE:
		if (node->word != NULL && node->word->check != NULL && !node->word->check(word))
			return NO_MATCH;
		return VALUE;
	case CLI_NODE_REST:
		return VALUE;
	default:
		return NO_MATCH;
	}
}

static int
add_record(struct match *m, const struct position *p, size_t word)
{
	if (m->n_records == m->room) {
		size_t room = m->room == 0 ? 128 : m->room * 2;
		struct record *more = realloc(m->records, room * sizeof(*more));

		if (more == NULL) {
			m->has_no_memory = true;
			return NO_RECORD;
		}
		m->records = more;
		m->room = room;
	}
	m->records[m->n_records] = (struct record){
		.command = p->command, .node = p->node, .word = (uint8_t)word, .before = p->record
	};
	return (int)m->n_records++;
}

static void
take_word(struct match *m, const struct position *p, size_t word, enum quality quality)
{
	const struct cli_node *node = node_at(m, p);
	struct position after = *p;

	after.rank = p->rank << 2 | quality;
	// the rest of the line is one value: it stays where it is, with its first word's record
	if (node->kind != CLI_NODE_REST || p->record == NO_RECORD ||
		m->records[p->record].node != p->node)
		after.record = add_record(m, p, word);
	if (m->has_no_memory)
		return;
	if (node->kind == CLI_NODE_REST)
		add_position(m, &m->next, &after);
	after.node = node->next;
	add_reachable(m, &m->next, after);
}

// Moves over one word; m->next keeps the positions before it if nothing takes the word.
static bool
step(struct match *m, size_t word)
{
	struct positions before;
	bool has_exact = false;

	m->next.n = 0;
	for (size_t i = 0; i < m->now.n; i++)
		has_exact |= compare_word(node_at(m, &m->now.at[i]), m->words[word]) == EXACT;
	for (size_t i = 0; i < m->now.n; i++) {
		enum quality q = compare_word(node_at(m, &m->now.at[i]), m->words[word]);

		if (q != NO_MATCH && (!has_exact || q == EXACT))
			take_word(m, &m->now.at[i], word, q);
	}
	if (m->next.n == 0)
		return false;
	before = m->now;
	m->now = m->next;
	m->next = before;
	return true;
}

// ---- A whole line

static int
match_begin(struct match *m, const struct cli_set *set, const char *line)
{
	int rc;

	*m = (struct match){ .set = set };
	rc = split_line(m, line);
	for (uint32_t i = 0; rc == 0 && i < set->n_commands; i++)
		add_reachable(m, &m->now, (struct position){ .command = i, .record = NO_RECORD });
	return m->has_no_memory ? -ENOMEM : rc;
}

static void
match_end(struct match *m)
{
	free(m->text);
	free(m->records);
	free(m->now.at);
	free(m->next.at);
}

// Moves over the first n words; returns how many were taken.
static size_t
run(struct match *m, size_t n)
{
	size_t i = 0;

	while (i < n && step(m, i))
		i++;
	return i;
}

// The node behind `node` on the way without options: the end, if the command may end there.
static const struct cli_node *
next_plain(const struct cli_command *command, const struct cli_node *node)
{
	node = &command->nodes[node->next];
	while (node->kind == CLI_NODE_JOIN || node->kind == CLI_NODE_SPLIT)
		node = &command->nodes[node->kind == CLI_NODE_JOIN ? node->next : node->other];
	return node;
}

// What a word is for: its own sentence, else that of the command that ends with it, else the
// subject. Returns how far it had to look.
static int
word_sentence(const struct match *m, const struct position *p, const char **sentence)
{
	const struct cli_command *command = &m->set->commands[p->command];
	const struct cli_node *node = node_at(m, p);

	if (node->word != NULL) {
		*sentence = node->word->text;
		return 0;
	}
	if (node->kind == CLI_NODE_END || next_plain(command, node)->kind == CLI_NODE_END) {
		*sentence = command->row->text;
		return 1;
	}
	for (size_t i = 0; i < cli_builtin_table.n_words; i++) {
		if (strcmp(cli_builtin_table.words[i].word, node->text) != 0)
			continue;
		*sentence = cli_builtin_table.words[i].text;
		return 2;
	}
	*sentence = command->table->title;
	return 3;
}

static void
node_text(const struct cli_node *node, char *text, size_t room)
{
	if (node->kind == CLI_NODE_KEYWORD)
		snprintf(text, room, "%s", node->text);
	else
		snprintf(
			text, room, "<%s%s>", node->text, node->kind == CLI_NODE_REST ? "..." : "");
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct cli_node *x = *(const struct cli_node *const *)a;
	const struct cli_node *y = *(const struct cli_node *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->text, y->text);
}

static bool
is_among(const struct cli_node *const *nodes, size_t n, const struct cli_node *node)
{
	for (size_t i = 0; i < n; i++)
		if (compare_nodes(&nodes[i], &node) == 0)
			return true;
	return false;
}

// "next: imsi, address, <n>" of the positions now.
static void
name_next(const struct match *m, struct textbuf *fault)
{
	const struct cli_node *nodes[64];
	const char *before = "";
	size_t n = 0;
	char text[64];

	for (size_t i = 0; i < m->now.n && n < sizeof(nodes) / sizeof(nodes[0]); i++) {
		const struct cli_node *node = node_at(m, &m->now.at[i]);

		if (node->kind != CLI_NODE_END && !is_among(nodes, n, node))
			nodes[n++] = node;
	}
	qsort(nodes, n, sizeof(nodes[0]), compare_nodes);
	for (size_t i = 0; i < n; i++) {
		node_text(nodes[i], text, sizeof(text));
		textbuf_printf(fault, "%s%s", before, text);
		before = ", ";
	}
}

static void
say_unknown(const struct match *m, size_t word, struct textbuf *fault)
{
	const struct cli_node *refused = NULL;
	bool is_only = true, has_next = false;

	for (size_t i = 0; i < m->now.n; i++) {
		const struct cli_node *node = node_at(m, &m->now.at[i]);

		is_only &= node->kind == CLI_NODE_VALUE || node->kind == CLI_NODE_END;
		has_next |= node->kind != CLI_NODE_END;
		if (node->kind == CLI_NODE_VALUE)
			refused = node;
	}
	if (!has_next) {
		textbuf_printf(fault, "%% \"%.64s\" is too much: the command ends before it\n",
			m->words[word]);
	} else if (refused != NULL && is_only) {
		textbuf_printf(fault, "%% \"%.64s\" is no <%s>", m->words[word], refused->text);
		if (refused->word != NULL)
			textbuf_printf(fault, ": %s", refused->word->text);
		textbuf_puts(fault, "\n");
	} else {
		textbuf_printf(fault, "%% Unknown word \"%.64s\", possible: ", m->words[word]);
		name_next(m, fault);
		textbuf_puts(fault, "\n");
	}
}

// The one command that ends here, or NULL after saying why there is none.
static const struct position *
choose(const struct match *m, struct textbuf *fault)
{
	const struct position *best = NULL;
	size_t n_best = 0;

	for (size_t i = 0; i < m->now.n; i++) {
		const struct position *p = &m->now.at[i];

		if (node_at(m, p)->kind != CLI_NODE_END)
			continue;
		if (best == NULL || p->rank < best->rank) {
			best = p;
			n_best = 1;
		} else if (p->rank == best->rank) {
			n_best++;
		}
	}
	if (n_best == 1)
		return best;
	if (best == NULL) {
		textbuf_puts(fault, "% Incomplete command, next: ");
		name_next(m, fault);
		textbuf_puts(fault, "\n");
		return NULL;
	}
	textbuf_puts(fault, "% Ambiguous, this may be:\n");
	for (size_t i = 0; i < m->now.n; i++)
		if (node_at(m, &m->now.at[i])->kind == CLI_NODE_END &&
			m->now.at[i].rank == best->rank)
			textbuf_printf(fault, "%%   %s\n",
				m->set->commands[m->now.at[i].command].row->syntax);
	return NULL;
}

// Arguments from the records, in the order of the line.
static struct cli_args *
make_args(const struct match *m, const struct position *end, const char *line)
{
	size_t room = 2 * strlen(line) + CLI_WORDS_MAX + 1, used = 0;
	struct cli_args *args = calloc(1, sizeof(*args) + room);
	int chain[CLI_WORDS_MAX], n = 0;

	if (args == NULL)
		return NULL;
	args->command = &m->set->commands[end->command];
	for (int i = end->record; i != NO_RECORD && n < CLI_WORDS_MAX; i = m->records[i].before)
		chain[n++] = i;
	while (n > 0) {
		const struct record *r = &m->records[chain[--n]];
		const struct cli_node *node = &args->command->nodes[r->node];
		const char *value =
			node->kind == CLI_NODE_REST ? m->rest[r->word] : m->words[r->word];
		size_t length = strlen(value);

		args->arg[args->n].node = node;
		args->arg[args->n++].value = memcpy(args->text + used, value, length + 1);
		used += length + 1;
	}
	return args;
}

struct cli_args *
cli_match(const struct cli_set *set, const char *line, struct textbuf *fault)
{
	struct cli_args *args = NULL;
	const struct position *end;
	struct match m;
	size_t taken;
	int rc;

	rc = match_begin(&m, set, line);
	if (rc == -E2BIG)
		textbuf_printf(fault, "%% More than %d words\n", CLI_WORDS_MAX);
	if (rc == 0 && (m.n_words == 0 || m.words[0][0] == '#' || m.words[0][0] == '!'))
		rc = -ENODATA;
	if (rc == 0) {
		rc = -ENOENT;
		taken = run(&m, m.n_words);
		end = taken == m.n_words ? choose(&m, fault) : NULL;
		if (taken < m.n_words)
			say_unknown(&m, taken, fault);
		if (end != NULL && !m.has_no_memory)
			args = make_args(&m, end, line);
		if (m.has_no_memory || (end != NULL && args == NULL))
			rc = -ENOMEM;
	}
	match_end(&m);
	errno = rc == -E2BIG ? ENOENT : -rc;
	return args;
}

// ---- Help and completion

static bool
begins_with(const struct cli_node *node, const char *prefix)
{
	if (node->kind == CLI_NODE_KEYWORD)
		return strncasecmp(node->text, prefix, strlen(prefix)) == 0;
	return node->kind != CLI_NODE_END || prefix[0] == '\0';
}

// The words before the one that the cursor is at. *prefix: what there is of that one.
static int
begin_partial(struct match *m, const struct cli_set *set, const char *line, const char **prefix)
{
	int rc = match_begin(m, set, line);
	size_t n;

	if (rc < 0)
		return rc;
	n = m->n_words > 0 && !m->ends_in_blank ? m->n_words - 1 : m->n_words;
	*prefix = n < m->n_words ? m->words[n] : "";
	return run(m, n) == n && !m->has_no_memory ? 0 : -ENOENT;
}

struct suggestion {
	char text[64];
	const char *sentence;
	int kind, distance; // the nearest sentence is shown
};

static int
compare_suggestions(const void *a, const void *b)
{
	const struct suggestion *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	if (strcmp(x->text, y->text) != 0)
		return strcmp(x->text, y->text);
	return x->distance - y->distance;
}

static void
print_suggestions(struct suggestion *s, size_t n, struct textbuf *out)
{
	int width = 16;

	qsort(s, n, sizeof(*s), compare_suggestions);
	for (size_t i = 0; i < n; i++)
		if ((int)strlen(s[i].text) > width)
			width = (int)strlen(s[i].text);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(s[i].text, s[i - 1].text) == 0)
			continue;
		textbuf_printf(out, "  %-*s  %s\n", width, s[i].text, s[i].sentence);
	}
}

void
cli_match_help(const struct cli_set *set, const char *line, struct textbuf *out)
{
	struct suggestion *suggestions;
	const char *prefix = "";
	struct match m;
	size_t n = 0;
	int rc = begin_partial(&m, set, line, &prefix);

	suggestions = calloc(m.now.n + 1, sizeof(*suggestions));
	for (size_t i = 0; rc == 0 && suggestions != NULL && i < m.now.n; i++) {
		const struct position *p = &m.now.at[i];
		const struct cli_node *node = node_at(&m, p);
		struct suggestion *s = &suggestions[n];

		if (!begins_with(node, prefix))
			continue;
		n++;
		s->kind = (int)node->kind;
		s->distance = word_sentence(&m, p, &s->sentence);
		if (node->kind == CLI_NODE_END)
			snprintf(s->text, sizeof(s->text), "<cr>");
		else
			node_text(node, s->text, sizeof(s->text));
	}
	if (n > 0)
		print_suggestions(suggestions, n, out);
	else
		textbuf_puts(out, "% Nothing fits here\n");
	free(suggestions);
	match_end(&m);
}

size_t
cli_match_complete(const struct cli_set *set, const char *line, char *more, size_t room)
{
	const struct cli_node *first = NULL;
	size_t n_words = 0, common = 0, typed;
	const char *prefix = "";
	struct match m;

	more[0] = '\0';
	if (begin_partial(&m, set, line, &prefix) == 0) {
		for (size_t i = 0; i < m.now.n; i++) {
			const struct cli_node *node = node_at(&m, &m.now.at[i]);

			if (node->kind == CLI_NODE_END || !begins_with(node, prefix))
				continue;
			if (node->kind != CLI_NODE_KEYWORD) {
				n_words += 2; // can't be completed: show help
				common = 0;
			} else if (first == NULL) {
				first = node;
				common = n_words == 0 ? strlen(node->text) : 0;
				n_words++;
			} else if (strcmp(first->text, node->text) != 0) {
				size_t same = 0;

				while (same < common && node->text[same] == first->text[same])
					same++;
				common = same;
				n_words++;
			}
		}
	}
	typed = strlen(prefix);
	if (first != NULL && common >= typed)
		snprintf(more, room, "%.*s%s", (int)(common - typed), first->text + typed,
			n_words == 1 ? " " : "");
	match_end(&m);
	return n_words;
}
