// SPDX-License-Identifier: BSD-3-Clause
// A syntax such as "show sessions [apn <apn>] [page <n>]" becomes a graph of words. Options that
// follow each other share one loop, so that they may be typed in any order.
#include "config/cli_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const char *at;
	const char *why; // the first fault, sticks
	const struct cli_table *table;
	struct cli_node nodes[CLI_NODES_MAX];
	size_t n;
};

static uint8_t parse_sequence(struct parser *p, uint8_t tail);

static void
fail(struct parser *p, const char *why)
{
	if (p->why == NULL)
		p->why = why;
}

static uint8_t
new_node(struct parser *p, enum cli_node_kind kind)
{
	if (p->n == CLI_NODES_MAX) {
		fail(p, "too many words");
		return (uint8_t)(p->n - 1);
	}
	p->nodes[p->n].kind = kind;
	return (uint8_t)p->n++;
}

static const struct cli_word *
find_word(const struct cli_table *table, const char *token, size_t n)
{
	for (size_t i = 0; i < table->n_words; i++)
		if (strncmp(table->words[i].word, token, n) == 0 && table->words[i].word[n] == '\0')
			return &table->words[i];
	return NULL;
}

static void
skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " ");
}

// keyword, <value> or <rest...>
static uint8_t
parse_word(struct parser *p, uint8_t tail)
{
	size_t n = strcspn(p->at, " ()[]|");
	bool is_value = p->at[0] == '<' && n > 2 && p->at[n - 1] == '>';
	bool is_rest = is_value && n > 5 && strncmp(p->at + n - 4, "...", 3) == 0;
	uint8_t node = new_node(p,
		is_rest            ? CLI_NODE_REST
			: is_value ? CLI_NODE_VALUE
				   : CLI_NODE_KEYWORD);
	size_t skip = is_value ? 1 : 0, cut = is_rest ? 4 : is_value ? 1 : 0;

	if (n == 0 || (!is_value && strcspn(p->at, "<>\"'?") < n)) {
		fail(p, "a word is malformed");
		return tail;
	}
	if (p->why != NULL)
		return tail;
	p->nodes[node].text = strndup(p->at + skip, n - skip - cut);
	p->nodes[node].word = find_word(p->table, p->at, n);
	p->nodes[tail].next = node;
	p->at += n;
	return node;
}

// What stands between two brackets. Its alternatives hang on a chain of splits that begins behind
// `chain`; each ends at `join`. Returns the last split.
static uint8_t
parse_choice(struct parser *p, uint8_t chain, uint8_t join, char closing)
{
	for (p->at++; p->why == NULL; p->at++) {
		uint8_t split = new_node(p, CLI_NODE_SPLIT), start, end;

		if (p->nodes[chain].kind == CLI_NODE_SPLIT)
			p->nodes[chain].other = split;
		else
			p->nodes[chain].next = split;
		chain = split;
		start = new_node(p, CLI_NODE_JOIN);
		p->nodes[split].next = start;
		end = parse_sequence(p, start);
		if (end == start)
			fail(p, "an alternative is empty");
		p->nodes[end].next = join;
		if (*p->at != '|')
			break;
	}
	if (*p->at == closing)
		p->at++;
	else
		fail(p, "a bracket is not closed");
	return chain;
}

static uint8_t
parse_options(struct parser *p, uint8_t tail)
{
	uint8_t loop = new_node(p, CLI_NODE_JOIN), chain = loop, leave;

	p->nodes[tail].next = loop;
	while (*p->at == '[' && p->why == NULL) {
		chain = parse_choice(p, chain, loop, ']');
		skip_blanks(p);
	}
	leave = new_node(p, CLI_NODE_JOIN);
	p->nodes[chain].other = leave;
	return leave;
}

static uint8_t
parse_alternatives(struct parser *p, uint8_t tail)
{
	uint8_t head = new_node(p, CLI_NODE_JOIN), join = new_node(p, CLI_NODE_JOIN), last;

	p->nodes[tail].next = head;
	last = parse_choice(p, head, join, ')');
	// the last split has one way only
	p->nodes[last].other = p->nodes[last].next;
	return join;
}

// Returns the node whose next is what follows.
static uint8_t
parse_sequence(struct parser *p, uint8_t tail)
{
	while (p->why == NULL) {
		skip_blanks(p);
		if (*p->at == '[')
			tail = parse_options(p, tail);
		else if (*p->at == '(')
			tail = parse_alternatives(p, tail);
		else if (*p->at == '\0' || *p->at == ')' || *p->at == ']' || *p->at == '|')
			break;
		else
			tail = parse_word(p, tail);
	}
	return tail;
}

static void
free_nodes(struct cli_node *nodes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(nodes[i].text);
}

int
cli_command_compile(struct cli_command *command, const char **why)
{
	struct parser p = { .at = command->row->syntax, .table = command->table };
	uint8_t tail = parse_sequence(&p, new_node(&p, CLI_NODE_JOIN));

	if (*p.at != '\0')
		fail(&p, "a bracket too many");
	if (tail == 0)
		fail(&p, "it is empty");
	p.nodes[tail].next = new_node(&p, CLI_NODE_END);
	for (size_t i = 0; i < p.n; i++)
		if (p.nodes[i].kind >= CLI_NODE_KEYWORD && p.nodes[i].kind <= CLI_NODE_REST &&
			p.nodes[i].text == NULL)
			fail(&p, "no memory");
	if (p.why == NULL) {
		command->nodes = malloc(p.n * sizeof(p.nodes[0]));
		if (command->nodes == NULL)
			fail(&p, "no memory");
	}
	if (p.why != NULL) {
		free_nodes(p.nodes, p.n);
		*why = p.why;
		return -EINVAL;
	}
	memcpy(command->nodes, p.nodes, p.n * sizeof(p.nodes[0]));
	command->n_nodes = p.n;
	return 0;
}

void
cli_command_free(struct cli_command *command)
{
	free_nodes(command->nodes, command->n_nodes);
	free(command->nodes);
}
