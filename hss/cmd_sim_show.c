// SPDX-License-Identifier: BSD-3-Clause
// Commands that show SIMs. None ever shows a key.
#include "hss/desk.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE_DEFAULT 25
#define PAGE_MAX 1000

// ---- show sims

struct sims_row {
	char imsi[IMSI_SIZE], iccid[ICCID_SIZE], msisdn[MSISDN_SIZE];
	char profile[PROFILE_NAME_SIZE];
	enum sim_state state;
	bool is_purged;
	char host[HOST_SIZE];
	char plmn[7];
};

struct sims_call {
	struct desk_call call; // first
	unsigned n, max;
	struct sims_row *rows;
};

static bool
sims_row(void *arg, const struct subscriber *s)
{
	struct sims_call *c = arg;
	struct sims_row *r = &c->rows[c->n];

	text_copy(r->imsi, sizeof(r->imsi), s->imsi);
	text_copy(r->iccid, sizeof(r->iccid), s->iccid);
	text_copy(r->msisdn, sizeof(r->msisdn), s->msisdn);
	text_copy(r->profile, sizeof(r->profile), s->profile->name);
	r->state = s->state;
	r->is_purged = s->registration.is_purged;
	if (s->registration.node) {
		text_copy(r->host, sizeof(r->host), s->registration.node->host);
		plmn_format(&s->registration.visited, r->plmn);
	}
	return ++c->n < c->max;
}

static int
sims_finish(struct desk_call *call, int result)
{
	static const char *const headers[] = { "IMSI", "ICCID", "MSISDN", "State", "Profile",
		"Network", "Registered at" };
	struct sims_call *c = (struct sims_call *)call;
	struct cli_columns *columns = cli_columns_new(call->out, headers, 7);

	for (unsigned i = 0; i < c->n; i++) {
		const struct sims_row *r = &c->rows[i];

		cli_columns_cell(columns, "%s", r->imsi);
		cli_columns_cell(columns, "%s", r->iccid);
		cli_columns_cell(columns, "%s", r->msisdn[0] ? r->msisdn : "-");
		cli_columns_cell(columns, "%s", sim_state_name(r->state));
		cli_columns_cell(columns, "%s", r->profile);
		cli_columns_cell(columns, "%s", r->plmn[0] ? r->plmn : "-");
		cli_columns_cell(columns, "%s%s", r->host[0] ? r->host : "-",
			r->is_purged ? " (purged)" : "");
	}
	cli_columns_end(columns);
	if (c->n == c->max)
		cli_out_printf(
			call->out, "There may be more: add `after %s`\n", c->rows[c->n - 1].imsi);
	free(c->rows);
	return result == -ENOENT ? cli_out_fail(call->out, "no such profile") : result;
}

static void
filter_of(const struct cli_args *args, struct store_filter *f)
{
	static const char *const texts[] = { "prefix", "profile-name", "host", "after-imsi" };
	char *const to[] = { f->imsi_prefix, f->profile, f->node, f->after_imsi };
	const size_t sizes[] = { sizeof(f->imsi_prefix), sizeof(f->profile), sizeof(f->node),
		sizeof(f->after_imsi) };
	enum sim_state state;

	for (unsigned i = 0; i < 4; i++)
		if (cli_arg(args, texts[i]))
			text_copy(to[i], sizes[i], cli_arg(args, texts[i]));
	if (cli_arg(args, "state-name") &&
		sim_state_parse(cli_arg(args, "state-name"), &state) == 0)
		f->state = (int)state;
	if (cli_arg(args, "attached"))
		f->registered = 1;
	else if (cli_arg(args, "detached"))
		f->registered = 0;
}

static int
show_sims(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct store_filter f = STORE_FILTER_ALL;
	struct sims_call *c = desk_call(out, sizeof(*c), sims_finish);

	if (!c)
		return -ENOMEM;
	filter_of(args, &f);
	c->max = (unsigned)cli_arg_uint(args, "n", PAGE_DEFAULT);
	f.max = c->max;
	f.parts = STORE_LOCATION;
	c->rows = calloc(c->max, sizeof(*c->rows));
	if (c->rows)
		store_list(desk.store, &f, sims_row, desk_done, c);
	else
		desk_done(c, -ENOMEM);
	return desk_return(&c->call);
}

// ---- show sim

struct sim_imsi {
	struct subscriber s; // its profile isn't kept
	char profile[PROFILE_NAME_SIZE];
	char algorithm[ALGORITHM_TEXT_SIZE];
};

struct sim_call {
	struct desk_call call; // first
	struct store_op op;
	unsigned n;
	struct sim_imsi imsis[SIM_IMSIS_MAX];
};

// On a store thread, for each IMSI.
static int
sim_see(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct sim_call *c = arg;
	struct sim_imsi *i;
	struct auc_key key;

	if (c->n > 0 && strcmp(s->imsi, c->imsis[c->n - 1].s.imsi) <= 0)
		c->n = 0; // read anew
	i = &c->imsis[c->n++];
	memcpy(&i->s, s, sizeof(*s));
	text_copy(i->profile, sizeof(i->profile), s->profile->name);
	if (seal_unwrap(desk.seal, s->imsi, s->sealed, s->sealed_len, &key) == 0)
		algorithm_print(&key, i->algorithm);
	else
		text_copy(i->algorithm, sizeof(i->algorithm), "the sealing key doesn't fit");
	auc_key_wipe(&key);
	return 0;
}

static void
sim_seen(struct store_op *op, int result, const struct subscriber *s)
{
	desk_done(op->arg, result);
}

static void
print_imsi(struct cli_out *out, const struct sim_imsi *i)
{
	const struct registration *r = &i->s.registration;
	char at[TIME_TEXT_SIZE], plmn[7], gateway[GATEWAY_TEXT_SIZE];

	time_text(r->at_s, at);
	plmn_format(&r->visited, plmn);
	cli_out_printf(out, "IMSI              %s\n", i->s.imsi);
	cli_out_printf(out, "  Algorithm       %s\n", i->algorithm);
	cli_out_printf(out, "  SEQ             %" PRIu64 ", %u nodes have an IND\n", i->s.sqn.seq,
		i->s.sqn.n_nodes);
	if (!r->node) {
		cli_out_printf(out, "  Registered      nowhere\n");
		return;
	}
	cli_out_printf(out, "  Registered      %s%s%s\n", r->node->host,
		r->is_purged ? ", purged" : "", r->is_stale ? ", to be told of changes" : "");
	cli_out_printf(out, "  Realm, by way of  %s, %s\n", r->node->realm, r->node->via);
	cli_out_printf(out, "  Network, RAT    %s, %u\n", plmn, r->rat_type);
	cli_out_printf(out, "  Since           %s\n", at);
	if (r->imei[0])
		cli_out_printf(out, "  IMEI            %s\n", r->imei);
	for (unsigned g = 0; g < i->s.n_gateways; g++) {
		gateway_print(&i->s.gateways[g].gateway, gateway);
		cli_out_printf(out, "  PDN gateway     %s for %s\n", gateway, i->s.gateways[g].apn);
	}
}

static void
print_sim(struct cli_out *out, const struct sim_imsi *i)
{
	char lock[IMEI_LOCK_TEXT_SIZE], partners[PARTNERS_TEXT_SIZE], rats[RATS_TEXT_SIZE],
		addresses[ADDRESSES_TEXT_SIZE];
	const struct subscriber *s = &i->s;

	imei_lock_print(s->imei_lock, s->imei, lock);
	partners_print(s->partners, s->n_partners, partners);
	rats_print(s->rats, rats);
	addresses_print(s->addresses, s->n_addresses, addresses);
	cli_out_printf(out, "ICCID             %s\n", s->iccid);
	cli_out_printf(out, "State             %s\n", sim_state_name(s->state));
	cli_out_printf(out, "MSISDN            %s\n", s->msisdn[0] ? s->msisdn : "-");
	cli_out_printf(out, "Profile           %s\n", i->profile);
	cli_out_printf(out, "IMEI lock         %s\n", lock[0] ? lock : "none");
	cli_out_printf(out, "Partners allowed  %s\n", partners[0] ? partners : "all");
	cli_out_printf(out, "RATs allowed      %s\n", rats[0] ? rats : "all");
	cli_out_printf(out, "Fixed addresses   %s\n", addresses[0] ? addresses : "none");
}

static int
sim_finish(struct desk_call *call, int result)
{
	struct sim_call *c = (struct sim_call *)call;

	if (result == -ENOENT)
		return cli_out_fail(call->out, "no such SIM");
	for (unsigned i = 0; result == 0 && i < c->n; i++) {
		if (i == 0)
			print_sim(call->out, &c->imsis[0]);
		print_imsi(call->out, &c->imsis[i]);
	}
	return result;
}

static int
show_sim(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct sim_call *c = desk_call(out, sizeof(*c), sim_finish);
	const char *msisdn = cli_arg(args, "msisdn-digits");

	if (!c)
		return -ENOMEM;
	if (msisdn) {
		c->op.by = STORE_SIM_BY_MSISDN;
		text_copy(c->op.key, sizeof(c->op.key), msisdn);
	} else {
		desk_sim_key(args, &c->op);
	}
	c->op.parts = STORE_LOCATION;
	c->op.change = sim_see;
	c->op.done = sim_seen;
	c->op.arg = c;
	store_submit(desk.store, &c->op);
	return desk_return(&c->call);
}

// ---- show history

struct history_row {
	char imsi[IMSI_SIZE];
	struct history_entry e;
};

#define HISTORY_ROWS (SIM_IMSIS_MAX * HISTORY_MAX)

struct history_call {
	struct desk_call call; // first
	struct store_op op;
	unsigned n;
	struct history_row rows[HISTORY_ROWS];
};

static void
history_row(void *arg, const char *imsi, const struct history_entry *e)
{
	struct history_call *c = arg;

	if (c->n == HISTORY_ROWS)
		return;
	text_copy(c->rows[c->n].imsi, IMSI_SIZE, imsi);
	c->rows[c->n++].e = *e;
}

// An ICCID leads to an IMSI, and that to the history of the SIM.
static void
history_found(struct store_op *op, int result, const struct subscriber *s)
{
	if (result == 0)
		store_history_list(desk.store, s->imsi, history_row, desk_done, op->arg);
	else
		desk_done(op->arg, result);
}

static int
history_finish(struct desk_call *call, int result)
{
	static const char *const headers[] = { "Time", "IMSI", "Event", ">Result", "Network",
		">Again", "What" };
	struct history_call *c = (struct history_call *)call;
	struct cli_columns *columns;
	char text[TIME_TEXT_SIZE];

	if (result == -ENOENT)
		return cli_out_fail(call->out, "no such SIM");
	columns = cli_columns_new(call->out, headers, 7);
	for (unsigned i = 0; i < c->n; i++) {
		const struct history_entry *e = &c->rows[i].e;
		struct plmn plmn = { { e->plmn[0], e->plmn[1], e->plmn[2] } };
		bool has_plmn = e->plmn[0] || e->plmn[1] || e->plmn[2];

		time_text(e->at_s, text);
		cli_columns_cell(columns, "%s", text);
		cli_columns_cell(columns, "%s", c->rows[i].imsi);
		cli_columns_cell(columns, "%s", history_event_name(e->event));
		plmn_format(&plmn, text);
		cli_columns_cell(columns, e->result ? "%u" : "-", e->result);
		cli_columns_cell(columns, "%s", has_plmn ? text : "-");
		cli_columns_cell(columns, e->repeats ? "%u" : "-", e->repeats);
		cli_columns_cell(columns, "%s", e->text);
	}
	cli_columns_end(columns);
	return result;
}

static int
show_history(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct history_call *c = desk_call(out, sizeof(*c), history_finish);

	if (!c)
		return -ENOMEM;
	desk_sim_key(args, &c->op);
	c->op.done = history_found;
	c->op.arg = c;
	store_submit(desk.store, &c->op);
	return desk_return(&c->call);
}

// ---- show summary, show nodes

struct summary_call {
	struct desk_call call; // first
	struct store_counts counts;
};

static void
summary_counted(void *arg, int result, const struct store_counts *counts)
{
	struct summary_call *c = arg;

	if (result == 0)
		c->counts = *counts;
	desk_done(c, result);
}

static int
summary_finish(struct desk_call *call, int result)
{
	const struct store_counts *n = &((struct summary_call *)call)->counts;

	if (result != 0)
		return result;
	cli_out_printf(call->out, "Store             %s\n", store_engine(desk.store));
	cli_out_printf(call->out, "SIMs              %" PRIu64 "\n", n->sims);
	cli_out_printf(call->out, "IMSIs             %" PRIu64 "\n", n->imsis);
	for (enum sim_state s = SIM_REGISTERED; s <= SIM_INACTIVE; s++)
		cli_out_printf(
			call->out, "  %-15s %" PRIu64 "\n", sim_state_name(s), n->by_state[s]);
	cli_out_printf(call->out, "Attached          %" PRIu64 "\n", n->registered);
	cli_out_printf(call->out, "Purged            %" PRIu64 "\n", n->purged);
	cli_out_printf(call->out, "Requests queued   %" PRIu64 "\n", n->requests);
	cli_out_printf(call->out, "Operations waiting %u\n", store_backlog(desk.store));
	return 0;
}

static int
show_summary(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct summary_call *c = desk_call(out, sizeof(*c), summary_finish);

	if (!c)
		return -ENOMEM;
	store_count(desk.store, summary_counted, c);
	return desk_return(&c->call);
}

struct node_row {
	const struct serving_node *node;
	uint64_t n;
};

struct nodes_call {
	struct desk_call call; // first
	unsigned n;
	struct node_row rows[PAGE_MAX];
};

static void
nodes_row(void *arg, const struct serving_node *node, uint64_t n)
{
	struct nodes_call *c = arg;

	if (c->n < PAGE_MAX)
		c->rows[c->n++] = (struct node_row){ node, n };
}

static int
nodes_finish(struct desk_call *call, int result)
{
	static const char *const headers[] = { "Node", "Realm", "By way of", ">SIMs" };
	struct nodes_call *c = (struct nodes_call *)call;
	struct cli_columns *columns = cli_columns_new(call->out, headers, 4);

	for (unsigned i = 0; i < c->n; i++) {
		cli_columns_cell(columns, "%s", c->rows[i].node->host);
		cli_columns_cell(columns, "%s", c->rows[i].node->realm);
		cli_columns_cell(columns, "%s", c->rows[i].node->via);
		cli_columns_cell(columns, "%" PRIu64, c->rows[i].n);
	}
	cli_columns_end(columns);
	return result;
}

static int
show_nodes(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct nodes_call *c = desk_call(out, sizeof(*c), nodes_finish);

	if (!c)
		return -ENOMEM;
	store_nodes_list(desk.store, nodes_row, desk_done, c);
	return desk_return(&c->call);
}

static bool
is_page(const char *value)
{
	uint64_t n;

	return cfg_parse_uint(value, &n) == 0 && n >= 1 && n <= PAGE_MAX;
}

static bool
is_prefix(const char *value)
{
	size_t n = strspn(value, "0123456789");

	return n > 0 && n < IMSI_SIZE && value[n] == '\0';
}

static const struct cli_row rows[] = {
	{ "show sims [imsi <prefix>] [state <state-name>] [profile <profile-name>] "
	  "[(attached|detached)] [node <host>] [after <after-imsi>] [max <n>]",
		show_sims, "SIMs by IMSI, a page at a time" },
	{ "show sim <sim>", show_sim, "One SIM with all its IMSIs" },
	{ "show sim msisdn <msisdn-digits>", show_sim, "The SIM that has this number" },
	{ "show history <sim>", show_history, "What happened to a SIM, the newest first" },
	{ "show summary", show_summary, "How many SIMs there are, in which states" },
	{ "show nodes", show_nodes, "MMEs that serve SIMs, and how many each" },
};

static const struct cli_word words[] = {
	{ .word = "sims", .text = "Many SIMs" },
	{ .word = "sim", .text = "One SIM" },
	{ .word = "<sim>", .text = "An ICCID (18 to 20 digits) or an IMSI", .check = desk_is_sim },
	{ .word = "<prefix>", .text = "How the IMSI begins", .check = is_prefix },
	{ .word = "<state-name>",
		.text = "registered, active or inactive",
		.check = desk_is_state },
	{ .word = "<profile-name>", .text = "A profile's name", .check = profile_name_is_sound },
	{ .word = "attached", .text = "Registered at a node, and not purged" },
	{ .word = "detached", .text = "Registered nowhere, or purged" },
	{ .word = "<host>", .text = "Diameter identity of an MME" },
	{ .word = "<after-imsi>", .text = "6 to 15 digits", .check = imsi_is_sound },
	{ .word = "<n>", .text = "1 to 1000", .check = is_page },
	{ .word = "<msisdn-digits>", .text = "Up to 15 digits", .check = msisdn_is_sound },
	{ .word = "history", .text = "Attaches, refusals and changes" },
	{ .word = "summary", .text = "Counts" },
	{ .word = "nodes", .text = "Serving nodes" },
};

const struct cli_table sim_show_cli = CLI_TABLE("SIMs: looking", rows, words);
