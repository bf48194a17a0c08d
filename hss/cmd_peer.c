// SPDX-License-Identifier: BSD-3-Clause
#include "hss/commands.h"
#include "hss/counters.h"
#include "hss/fd_peers.h"
#include "hss/links.h"
#include "hss/s6a.h"
#include "hss/subscriber_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int
show_peers(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Peer", "State", "Since", ">Received", ">Refused",
		">Answered" };
	struct cli_columns *c = cli_columns_new(out, headers, 6);
	const struct link *link;
	char text[TIME_TEXT_SIZE];

	for (unsigned i = 0; (link = links_at(i)) != NULL; i++) {
		cli_columns_cell(c, "%s", link->host);
		cli_columns_cell(c, "%s", fd_peer_state_text(link->host));
		cli_columns_cell(c, "%s", time_text(atomic_load(&link->connected_s), text));
		cli_columns_cell(c, "%llu", atomic_load(&link->n_received));
		cli_columns_cell(c, "%llu", atomic_load(&link->n_screened));
		cli_columns_cell(c, "%llu", atomic_load(&link->n_answered));
	}
	cli_columns_end(c);
	return 0;
}

static int
show_peer(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *host = cli_arg(args, "host");
	const struct link *link = links_find(host, strlen(host));
	char text[TIME_TEXT_SIZE];

	if (link == NULL)
		return cli_out_fail(out, "no peer %s has connected yet", host);
	cli_out_printf(out, "Peer       %s\n", link->host);
	cli_out_printf(out, "State      %s\n", fd_peer_state_text(link->host));
	cli_out_printf(out, "Connected  %s, %llu times\n",
		time_text(atomic_load(&link->connected_s), text), atomic_load(&link->n_connects));
	cli_out_printf(out, "Settings   host %s, realm %s\n", link->peer->host, link->peer->realm);
	for (size_t i = 0; i < link->peer->n_partners; i++)
		cli_out_printf(out, "%s%s%s", i == 0 ? "Partners   " : ", ",
			link->peer->partners[i], i + 1 == link->peer->n_partners ? "\n" : "");
	cli_out_printf(out, "Received   %llu requests, %llu of them refused before S6a\n",
		atomic_load(&link->n_received), atomic_load(&link->n_screened));
	cli_out_printf(out, "Answered   %llu\n", atomic_load(&link->n_answered));
	return 0;
}

static int
show_partners(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Partner", "State", "Realms", "Networks" };
	struct cli_columns *c = cli_columns_new(out, headers, 4);

	for (size_t i = 0; i < s6a.config->n_partners; i++) {
		const struct hss_partner *p = &s6a.config->partners[i];
		char networks[256] = "any", digits[7];
		size_t at = 0;

		for (size_t k = 0; k < p->n_plmns && at + 8 < sizeof(networks); k++) {
			plmn_format(&p->plmns[k], digits);
			at += (size_t)snprintf(networks + at, sizeof(networks) - at, "%s%s",
				k == 0 ? "" : " ", digits);
		}
		cli_columns_cell(c, "%s", p->name);
		cli_columns_cell(c, "%s", p->is_barred ? "barred" : "served");
		cli_columns_cell(c, "%s%s", p->realms[0], p->n_realms > 1 ? ", ..." : "");
		cli_columns_cell(c, "%s", networks);
	}
	cli_columns_end(c);
	return 0;
}

struct counter_rows {
	struct cli_columns *columns;
	const char *command; // NULL: all
};

static void
counter_row(void *arg, const char *command, uint32_t code, bool is_experimental, const char *result,
	uint64_t n)
{
	const struct counter_rows *rows = arg;

	if (rows->command != NULL && strcasecmp(rows->command, command) != 0)
		return;
	cli_columns_cell(rows->columns, "%s", command);
	cli_columns_cell(rows->columns, "%s", is_experimental ? "S6a" : "base");
	if (code > 1)
		cli_columns_cell(rows->columns, "%u", code);
	else
		cli_columns_cell(rows->columns, "-");
	cli_columns_cell(rows->columns, "%s", result);
	cli_columns_cell(rows->columns, "%" PRIu64, n);
}

static int
show_counters(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Command", "Series", ">Code", "Result", ">Count" };
	struct counter_rows rows = { .columns = cli_columns_new(out, headers, 5),
		.command = cli_arg(args, "command-name") };
	uint64_t n, ns;

	counters_each(counter_row, &rows);
	cli_columns_end(rows.columns);
	for (unsigned i = COUNTED_AIR; i <= COUNTED_NOR; i++) {
		counters_latency_get((enum counted_command)i, &n, &ns);
		if (n > 0)
			cli_out_printf(out, "%s: answered in %.3f ms on average\n",
				counted_name((enum counted_command)i),
				(double)ns / (double)n / 1e6);
	}
	return 0;
}

static const struct cli_row rows[] = {
	{ "show peers", show_peers, "Every Diameter peer that has connected since the start" },
	{ "show peer <host>", show_peer, "One peer: state, settings, counters" },
	{ "show partners", show_partners, "The partners and their networks, as configured" },
	{ "show counters [command <command-name>]", show_counters,
		"Requests by command and result, received ones and our own" },
};

static const struct cli_word words[] = {
	{ .word = "peers", .text = "Diameter peers" },
	{ .word = "peer", .text = "One Diameter peer" },
	{ .word = "<host>", .text = "Diameter identity" },
	{ .word = "partners", .text = "The operators that are served" },
	{ .word = "counters", .text = "Requests by command and result" },
	{ .word = "<command-name>", .text = "AIR, ULR, PUR, NOR, CLR, IDR, DSR, RSR or other" },
};

const struct cli_table peer_cli = CLI_TABLE("Peers and counters", rows, words);
