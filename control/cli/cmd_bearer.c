// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/cli/words.h"
#include "control/session/bearer_policy.h"
#include "control/session/bearer_sync.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <errno.h>
#include <string.h>

#define PAGE 50
#define FILTERS_TEXT_MAX 1024

// ---- Display.

static const char *
state_name(const struct dedicated *b)
{
	if (b->state == BEARER_ASKED)
		return "asked for";
	if (b->state == BEARER_LEAVING)
		return "leaving";
	return b->flags & BEARER_BUSY ? "changing" : "active";
}

static const char *
name_of(const struct dedicated *b)
{
	if (*b->name)
		return b->name;
	return b->flags & BEARER_BY_DEVICE ? "(device)" : "-";
}

static void
print_rates(const struct dedicated *b, struct cli_out *out)
{
	const struct bearer_rates *r = &b->rates;
	char text[TEXT_MAX];

	if (r->ul_mbr_kbps)
		cli_out_printf(out, ", up %s", text_rate((double)r->ul_mbr_kbps * 1000, text));
	if (r->ul_gbr_kbps)
		cli_out_printf(
			out, " (%s guaranteed)", text_rate((double)r->ul_gbr_kbps * 1000, text));
	if (r->dl_mbr_kbps)
		cli_out_printf(out, ", down %s", text_rate((double)r->dl_mbr_kbps * 1000, text));
	if (r->dl_gbr_kbps)
		cli_out_printf(
			out, " (%s guaranteed)", text_rate((double)r->dl_gbr_kbps * 1000, text));
	cli_out_printf(out, "\n");
}

static void
print_bearer(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	struct cli_out *out)
{
	char peer[GTPC_ADDR_TEXT_MAX], filter[TFT_TEXT_MAX], up[TEXT_MAX], down[TEXT_MAX];
	struct session_usage ul, dl;

	bearer_usage_now(pgw, s, b, &ul, &dl);
	cli_out_printf(out, "  Bearer EBI %-5u %s, %s, QCI %u, ARP %u", b->is.ebi, name_of(b),
		state_name(b), b->is.qci, b->is.priority_level);
	print_rates(b, out);
	cli_out_printf(out, "    User plane     ours TEID 0x%08x, SGW ", b->teid);
	if (b->state == BEARER_ACTIVE)
		cli_out_printf(out, "%s TEID 0x%08x\n", gtpc_addr_text(&b->is.peer, peer),
			b->is.peer_teid);
	else
		cli_out_printf(out, "not known yet\n");
	cli_out_printf(out, "    Charging       id %u\n", b->is.charging_id);
	cli_out_printf(out, "    Traffic        up %llu packets, %s, down %llu packets, %s\n",
		(unsigned long long)ul.packets, text_bytes(ul.bytes, up),
		(unsigned long long)dl.packets, text_bytes(dl.bytes, down));
	for (unsigned int i = 0; i < b->n_filters; i++)
		cli_out_printf(out, "    Filter %-7u %s (precedence %u)\n", b->filter[i].id,
			tft_filter_text(&b->filter[i], filter), b->filter[i].precedence);
}

void
print_bearers(const struct pgw *pgw, const struct session *s, struct cli_out *out)
{
	for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b))
		if (b->state != BEARER_LEAVING)
			print_bearer(pgw, s, b, out);
}

static void
print_row(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	struct cli_columns *c)
{
	struct session_usage ul, dl;
	char text[TEXT_MAX];

	bearer_usage_now(pgw, s, b, &ul, &dl);
	cli_columns_cell(c, "%s", s->imsi);
	cli_columns_cell(c, "%u", s->bearer.ebi);
	cli_columns_cell(c, "%u", b->is.ebi);
	cli_columns_cell(c, "%s", name_of(b));
	cli_columns_cell(c, "%u", b->is.qci);
	cli_columns_cell(c, "%s", text_rate((double)b->rates.ul_mbr_kbps * 1000, text));
	cli_columns_cell(c, "%s", text_rate((double)b->rates.dl_mbr_kbps * 1000, text));
	cli_columns_cell(c, "%u", b->n_filters);
	cli_columns_cell(c, "0x%08x", b->teid);
	cli_columns_cell(c, "%s", text_bytes(ul.bytes, text));
	cli_columns_cell(c, "%s", text_bytes(dl.bytes, text));
	cli_columns_cell(c, "%s", state_name(b));
}

static int
show_bearers(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "IMSI", ">LBI", ">EBI", "Rule", ">QCI", ">MBR up",
		">MBR down", ">Filters", "TEID", ">Up", ">Down", "State" };
	uint32_t page = (uint32_t)cli_arg_uint(args, "n", 1), n = 0;
	const struct pgw *pgw = ctx;
	struct cli_columns *c;

	if (page == 0)
		return cli_out_fail(out, "pages begin at 1");
	c = cli_columns_new(out, headers, sizeof(headers) / sizeof(headers[0]));
	for (uint32_t i = 0; i < session_table_top(pgw->sessions); i++) {
		const struct session *s = session_at(pgw->sessions, i);

		if (!s || s->state == SESSION_CLOSING)
			continue;
		for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
			b = bearer_next(pgw->bearers, b))
			if (n++ / PAGE == page - 1)
				print_row(pgw, s, b, c);
	}
	cli_columns_end(c);
	cli_out_printf(out, "%u dedicated bearer%s\n", n, n == 1 ? "" : "s");
	return 0;
}

// ---- Which one is meant.

// NULL: it has been said why.
static struct session *
find_session(const struct cli_args *args, const struct pgw *pgw, struct cli_out *out)
{
	const char *imsi = cli_arg(args, "imsi");
	uint8_t lbi = (uint8_t)cli_arg_uint(args, "lbi-number", 0);
	struct session *found = NULL;

	for (struct session *s = session_find_imsi(pgw->sessions, imsi, NULL); s;
		s = session_find_imsi(pgw->sessions, imsi, s)) {
		if (s->state != SESSION_ACTIVE || (lbi && s->bearer.ebi != lbi))
			continue;
		if (found) {
			cli_out_fail(
				out, "IMSI %s has several sessions; say which one by lbi", imsi);
			return NULL;
		}
		found = s;
	}
	if (!found)
		cli_out_fail(out, "IMSI %s has no such session", imsi);
	return found;
}

static struct dedicated *
find_bearer(const struct cli_args *args, const struct pgw *pgw, struct session **session,
	struct cli_out *out)
{
	const char *imsi = cli_arg(args, "imsi");
	uint8_t ebi = (uint8_t)cli_arg_uint(args, "ebi-number", 0);
	struct session *s = session_find_imsi(pgw->sessions, imsi, NULL);

	for (; s; s = session_find_imsi(pgw->sessions, imsi, s)) {
		struct dedicated *b =
			s->state == SESSION_ACTIVE ? bearer_find_ebi(pgw->bearers, s, ebi) : NULL;

		*session = s;
		if (b)
			return b;
	}
	cli_out_fail(out, "IMSI %s has no dedicated bearer with EBI %u", imsi, ebi);
	return NULL;
}

// ---- What is asked for.

static int
read_filters(const char *list, struct tft_filter *filters, uint8_t *n, struct cli_out *out)
{
	char text[FILTERS_TEXT_MAX], why[128], *rest = text, *one;

	snprintf(text, sizeof(text), "%s", list);
	*n = 0;
	while ((one = strsep(&rest, ";")) != NULL) {
		one += strspn(one, " ");
		if (*n == TFT_FILTERS_MAX)
			return cli_out_fail(
				out, "a bearer has at most %u filters", TFT_FILTERS_MAX);
		if (tft_filter_parse(one, &filters[(*n)++], why, sizeof(why)) < 0)
			return cli_out_fail(out, "%s: %s", one, why);
	}
	return 0;
}

static int
read_rate(const struct cli_args *args, const char *name, uint64_t *kbps, struct cli_out *out)
{
	const char *text = cli_arg(args, name);
	uint64_t bps;

	if (!text)
		return 0;
	if (cfg_parse_bit_rate(text, &bps) < 0)
		return cli_out_fail(out, "%s is no bit rate; write 64k, 1.5M or 1G", text);
	*kbps = bps / 1000;
	return 0;
}

// Without a largest rate the guaranteed one is.
static void
at_least(uint64_t *mbr_kbps, uint64_t gbr_kbps)
{
	if (*mbr_kbps == 0)
		*mbr_kbps = gbr_kbps;
}

static int
read_rates(const struct cli_args *args, uint8_t qci, struct bearer_rates *r, struct cli_out *out)
{
	const char *why;

	if (read_rate(args, "mbr-up", &r->ul_mbr_kbps, out) < 0 ||
		read_rate(args, "mbr-down", &r->dl_mbr_kbps, out) < 0 ||
		read_rate(args, "gbr-up", &r->ul_gbr_kbps, out) < 0 ||
		read_rate(args, "gbr-down", &r->dl_gbr_kbps, out) < 0)
		return -EINVAL;
	at_least(&r->ul_mbr_kbps, r->ul_gbr_kbps);
	at_least(&r->dl_mbr_kbps, r->dl_gbr_kbps);
	why = bearer_rates_fault(qci, r);
	return why ? cli_out_fail(out, "QCI %u: %s", qci, why) : 0;
}

static int
check_levels(const struct cli_args *args, struct cli_out *out)
{
	uint64_t qci = cli_arg_uint(args, "qci-number", 9), level = cli_arg_uint(args, "level", 9);

	if (qci == 0 || qci > 254)
		return cli_out_fail(out, "QCIs are 1 to 254");
	return level == 0 || level > 15 ? cli_out_fail(out, "ARP levels are 1 to 15") : 0;
}

// What the gateway said, for people.
static int
report(struct cli_out *out, int ret, const char *request)
{
	switch (ret) {
	case 0:
		cli_out_printf(out,
			"%s Bearer Request is on its way; `show session` tells what came of it\n",
			request);
		return 0;
	case -EBUSY:
		return cli_out_fail(out, "another request about this bearer is under way");
	case -E2BIG:
		return cli_out_fail(out, "a session has at most %u packet filters", DP_FILTERS_MAX);
	case -ENOSPC:
		return cli_out_fail(out, "there is no room for another bearer");
	default:
		return cli_out_fail(out, "%s", strerror(-ret));
	}
}

// ---- Commands.

static const struct ctl_bearer *
find_rule(const struct pgw *pgw, const struct session *s, const char *name)
{
	const struct ctl_apn *apn = apn_at(pgw->apns, s->apn);

	for (size_t i = 0; i < apn->n_bearers; i++)
		if (strcmp(apn->bearers[i].name, name) == 0)
			return &apn->bearers[i];
	return NULL;
}

static int
add_by_rule(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct pgw *pgw = ctx;
	struct session *s = find_session(args, pgw, out);
	const struct ctl_bearer *rule;
	struct bearer_spec spec;

	if (!s)
		return -EINVAL;
	rule = find_rule(pgw, s, cli_arg(args, "name"));
	if (!rule)
		return cli_out_fail(out, "APN %s has no bearer rule \"%s\"",
			apn_at(pgw->apns, s->apn)->name, cli_arg(args, "name"));
	log_notice("%s: bearer add imsi %s rule %s", cli_args_client(args), s->imsi, rule->name);
	bearer_policy_spec(rule, &spec);
	return report(out, bearers_create(pgw, s, &spec, 1, NULL), "Create");
}

static int
add_by_filters(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct pgw *pgw = ctx;
	struct session *s = find_session(args, pgw, out);
	struct bearer_spec spec = { .is_preemptable = true };

	if (!s || check_levels(args, out) < 0)
		return -EINVAL;
	spec.qci = (uint8_t)cli_arg_uint(args, "qci-number", 0);
	spec.priority_level = (uint8_t)cli_arg_uint(args, "level", 9);
	if (read_rates(args, spec.qci, &spec.rates, out) < 0 ||
		read_filters(cli_arg(args, "filters"), spec.filter, &spec.n_filters, out) < 0)
		return -EINVAL;
	log_notice("%s: bearer add imsi %s qci %u filter %s", cli_args_client(args), s->imsi,
		spec.qci, cli_arg(args, "filters"));
	return report(out, bearers_create(pgw, s, &spec, 1, NULL), "Create");
}

static int
change_qos(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct bearer_change change = { .has_qos = true };
	struct pgw *pgw = ctx;
	struct session *s;
	struct dedicated *b = find_bearer(args, pgw, &s, out);

	if (!b || check_levels(args, out) < 0)
		return -EINVAL;
	change.qci = (uint8_t)cli_arg_uint(args, "qci-number", b->is.qci);
	change.priority_level = (uint8_t)cli_arg_uint(args, "level", b->is.priority_level);
	change.can_preempt = b->is.can_preempt;
	change.is_preemptable = b->is.is_preemptable;
	change.rates = b->rates;
	if (!gtpc_qci_is_gbr(change.qci) && !cli_arg(args, "gbr"))
		change.rates.ul_gbr_kbps = change.rates.dl_gbr_kbps = 0;
	if (read_rates(args, change.qci, &change.rates, out) < 0)
		return -EINVAL;
	log_notice("%s: bearer change imsi %s ebi %u", cli_args_client(args), s->imsi, b->is.ebi);
	return report(out, bearer_update(pgw, s, b, &change, NULL), "Update");
}

static int
change_ambr(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct bearer_change change = { .has_ambr = true };
	struct pgw *pgw = ctx;
	struct session *s = find_session(args, pgw, out);
	uint64_t ul_kbps = 0, dl_kbps = 0;

	if (!s || read_rate(args, "up", &ul_kbps, out) < 0 ||
		read_rate(args, "down", &dl_kbps, out) < 0)
		return -EINVAL;
	if (ul_kbps == 0 || dl_kbps == 0 || ul_kbps > UINT32_MAX || dl_kbps > UINT32_MAX)
		return cli_out_fail(out, "an APN-AMBR is 1 kbit/s to 4294 Gbit/s");
	change.ul_kbps = (uint32_t)ul_kbps;
	change.dl_kbps = (uint32_t)dl_kbps;
	log_notice("%s: bearer ambr imsi %s", cli_args_client(args), s->imsi);
	return report(out, bearer_update(pgw, s, NULL, &change, NULL), "Update");
}

static uint8_t
free_id(const struct dedicated *b)
{
	uint16_t taken = 0;

	for (unsigned int i = 0; i < b->n_filters; i++)
		taken |= (uint16_t)(1 << (b->filter[i].id & 15));
	return (uint8_t)__builtin_ctz(~(unsigned int)taken);
}

static int
add_filter(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct bearer_change change = { .tft = { .operation = TFT_ADD, .n_filters = 1 } };
	struct tft_filter *f = &change.tft.filter[0];
	struct pgw *pgw = ctx;
	struct session *s;
	struct dedicated *b = find_bearer(args, pgw, &s, out);
	char why[128];

	if (!b)
		return -EINVAL;
	if (tft_filter_parse(cli_arg(args, "filter"), f, why, sizeof(why)) < 0)
		return cli_out_fail(out, "%s", why);
	if (b->n_filters == TFT_FILTERS_MAX)
		return cli_out_fail(out, "a bearer has at most %u filters", TFT_FILTERS_MAX);
	f->id = free_id(b);
	f->precedence = bearer_free_precedence(pgw->bearers, s, 0);
	log_notice("%s: bearer filter add imsi %s ebi %u %s", cli_args_client(args), s->imsi,
		b->is.ebi, cli_arg(args, "filter"));
	return report(out, bearer_update(pgw, s, b, &change, NULL), "Update");
}

static int
remove_filter(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct bearer_change change = { .tft = {
						.operation = TFT_DELETE_FILTERS, .n_filters = 1 } };
	uint64_t id = cli_arg_uint(args, "id", 0);
	bool is_there = false;
	struct pgw *pgw = ctx;
	struct session *s;
	struct dedicated *b = find_bearer(args, pgw, &s, out);

	if (!b)
		return -EINVAL;
	for (unsigned int i = 0; i < b->n_filters; i++)
		is_there |= b->filter[i].id == id;
	change.tft.filter[0].id = (uint8_t)id;
	if (!is_there)
		return cli_out_fail(out, "the bearer has no filter %llu", (unsigned long long)id);
	if (b->n_filters == 1)
		return cli_out_fail(out, "it is the bearer's last filter; remove the bearer");
	log_notice("%s: bearer filter remove imsi %s ebi %u number %llu", cli_args_client(args),
		s->imsi, b->is.ebi, (unsigned long long)id);
	return report(out, bearer_update(pgw, s, b, &change, NULL), "Update");
}

static int
remove_bearer(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct pgw *pgw = ctx;
	struct session *s;
	struct dedicated *b = find_bearer(args, pgw, &s, out);

	if (!b)
		return -EINVAL;
	log_notice("%s: bearer remove imsi %s ebi %u", cli_args_client(args), s->imsi, b->is.ebi);
	return report(out, bearers_delete(pgw, s, &b, 1, BEARER_END_CLEARED, NULL), "Delete");
}

#define QOS "[arp <level>] [mbr <mbr-up> <mbr-down>] [gbr <gbr-up> <gbr-down>]"

static const struct cli_row rows[] = {
	{ "show bearers [page <n>]", show_bearers, "Dedicated bearers of all sessions" },
	{ "bearer add imsi <imsi> [lbi <lbi-number>] rule <name>", add_by_rule,
		"Gives a session a dedicated bearer by a rule of its APN's configuration" },
	{ "bearer add imsi <imsi> [lbi <lbi-number>] qci <qci-number> " QOS " filter <filters...>",
		add_by_filters, "Gives a session a dedicated bearer" },
	{ "bearer change imsi <imsi> ebi <ebi-number> [qci <qci-number>] " QOS, change_qos,
		"Changes the quality of service of a dedicated bearer" },
	{ "bearer filter add imsi <imsi> ebi <ebi-number> <filter...>", add_filter,
		"Sends more packets over a dedicated bearer" },
	{ "bearer filter remove imsi <imsi> ebi <ebi-number> number <id>", remove_filter,
		"Takes a packet filter from a dedicated bearer" },
	{ "bearer ambr imsi <imsi> [lbi <lbi-number>] up <up> down <down>", change_ambr,
		"Changes the APN-AMBR of a session" },
	{ "bearer remove imsi <imsi> ebi <ebi-number>", remove_bearer, "Ends a dedicated bearer" },
};

static const struct cli_word words[] = {
	{ .word = "bearers", .text = "Dedicated bearers" },
	{ .word = "bearer", .text = "Begin, change and end dedicated bearers" },
	{ .word = "lbi", .text = "The session with this default bearer" },
	{ .word = "rule", .text = "As the APN's configuration has it" },
	{ .word = "mbr", .text = "Largest bit rate, which is policed; none: the guaranteed one" },
	{ .word = "gbr", .text = "Guaranteed bit rate, for QCIs that have one" },
	{ .word = "filter", .text = "Which packets" },
	{ .word = "ambr", .text = "Bit rate of all bearers without a guarantee together" },
	{ .word = "<imsi>", .text = "6 to 15 digits", .check = cli_is_imsi },
	{ .word = "<lbi-number>",
		.text = "EPS bearer identity of the default bearer, 5 to 15",
		.check = cli_is_number },
	{ .word = "<ebi-number>",
		.text = "EPS bearer identity of the dedicated bearer, 5 to 15",
		.check = cli_is_number },
	{ .word = "<qci-number>", .text = "QCI, 1 to 254", .check = cli_is_number },
	{ .word = "<level>", .text = "ARP priority level, 1 to 15", .check = cli_is_number },
	{ .word = "<mbr-up>", .text = "Bit rate, like 64k or 1.5M" },
	{ .word = "<mbr-down>", .text = "Bit rate" },
	{ .word = "<gbr-up>", .text = "Bit rate" },
	{ .word = "<gbr-down>", .text = "Bit rate" },
	{ .word = "<up>", .text = "Bit rate" },
	{ .word = "<down>", .text = "Bit rate" },
	{ .word = "<name>", .text = "Name of a rule" },
	{ .word = "<filters...>", .text = "One or more, parted by `;`: " TFT_FILTER_GRAMMAR },
	{ .word = "<filter...>", .text = TFT_FILTER_GRAMMAR },
	{ .word = "<id>", .text = "Number of the filter, as shown", .check = cli_is_number },
	{ .word = "<n>", .text = "Page of 50 bearers, from 1", .check = cli_is_number },
};

const struct cli_table bearer_cli = CLI_TABLE("Dedicated bearers", rows, words);
