// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/cli/words.h"
#include "control/session/pgw.h"
#include "control/user_paths.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *
name_of(const struct peer *peer)
{
	const struct ctl_peer *policy = peer->rule->policy;

	return policy ? policy->name : "-";
}

static void
print_row(const struct peer *peer, uint64_t now_ms, struct cli_columns *c)
{
	char text[TEXT_MAX], addr[GTPC_ADDR_TEXT_MAX];
	uint64_t rx = 0, tx = 0;

	for (int i = 0; i < GTPC_N_MESSAGES; i++) {
		rx += peer->rx[i];
		tx += peer->tx[i];
	}
	cli_columns_cell(c, "%s", gtpc_addr_text(&peer->addr, addr));
	cli_columns_cell(c, "%s", name_of(peer));
	cli_columns_cell(c, "%u", peer->n_sessions);
	cli_columns_cell(c, "%s", peer->is_path_down ? "down" : "up");
	if (peer->has_recovery)
		cli_columns_cell(c, "%u", peer->recovery);
	else
		cli_columns_cell(c, "-");
	cli_columns_cell(c, "%" PRIu64, rx);
	cli_columns_cell(c, "%" PRIu64, tx);
	cli_columns_cell(c, "%s", text_duration((now_ms - peer->last_heard_ms) / 1000, text));
}

static void
print_user_path(const struct user_path *path, uint64_t now_ms, struct cli_columns *c)
{
	char text[TEXT_MAX], addr[GTPC_ADDR_TEXT_MAX];
	const char *state = path->heard_ms ? "up" : "-";

	cli_columns_cell(c, "%s", gtpc_addr_text(&path->peer, addr));
	cli_columns_cell(c, "%s", gtpc_addr_text(&path->local, addr));
	cli_columns_cell(c, "%u", path->n_sessions);
	cli_columns_cell(c, "%s", path->is_down ? "down" : state);
	cli_columns_cell(c, "%" PRIu64, path->n_sent);
	cli_columns_cell(c, "%" PRIu64, path->n_answered);
	cli_columns_cell(c, "%s",
		path->heard_ms ? text_duration((now_ms - path->heard_ms) / 1000, text) : "-");
}

static void
print_user_paths(const struct pgw *pgw, struct cli_out *out)
{
	static const char *const headers[] = { "SGW-U", "Ours", ">Sessions", "GTP-U path",
		">Echoes sent", ">Answered", ">Answered ago" };
	const struct user_path *path;
	struct cli_columns *c;

	if (!user_path_at(pgw->user_paths, 0))
		return;
	cli_out_printf(out, "\n");
	c = cli_columns_new(out, headers, 7);
	for (uint32_t i = 0; (path = user_path_at(pgw->user_paths, i)); i++)
		print_user_path(path, pgw_now_ms(), c);
	cli_columns_end(c);
}

static int
show_peers(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Address", "Name", ">Sessions", "Path", ">Recovery",
		">Received", ">Sent", ">Heard ago" };
	const struct pgw *pgw = ctx;
	struct cli_columns *c = cli_columns_new(out, headers, 8);
	uint64_t now_ms = pgw_now_ms();

	for (uint32_t i = 0; i < pgw->config->peers_max; i++) {
		const struct peer *peer = peer_at(pgw->peers, i);

		if (peer)
			print_row(peer, now_ms, c);
	}
	cli_columns_end(c);
	print_user_paths(pgw, out);
	return 0;
}

static void
print_messages(const struct peer *peer, struct cli_out *out)
{
	static const char *const headers[] = { "Message", ">Received", ">Sent", ">Repeated" };
	struct cli_columns *c = cli_columns_new(out, headers, 4);

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++) {
		if (peer->rx[i] + peer->tx[i] + peer->retransmitted[i] == 0)
			continue;
		cli_columns_cell(c, "%s", gtpc_message_at(i)->title);
		cli_columns_cell(c, "%" PRIu64, peer->rx[i]);
		cli_columns_cell(c, "%" PRIu64, peer->tx[i]);
		cli_columns_cell(c, "%" PRIu64, peer->retransmitted[i]);
	}
	cli_columns_end(c);
}

static void
print_faults(const struct peer *peer, struct cli_out *out)
{
	static const char *const texts[] = {
#define X(name, metric, text) text,
		GTPC_FAULTS(X)
#undef X
	};

	for (unsigned int i = 0; i < GTPC_N_FAULTS; i++)
		if (peer->faults[i])
			cli_out_printf(
				out, "Faults: %" PRIu64 " of %s\n", peer->faults[i], texts[i]);
}

static void
print_overload(const struct pgw *pgw, const struct peer *peer, struct cli_out *out)
{
	const struct sgw *sgw = sgw_find(pgw->sessions, &peer->addr);
	uint64_t now_ms = pgw_now_ms();

	if (!sgw || now_ms >= sgw->load.until_ms)
		return;
	cli_out_printf(out, "  Overload         asks to be spared %u %% for %" PRIu64 " s more\n",
		sgw->load.reduction, (sgw->load.until_ms - now_ms) / 1000);
}

static int
show_peer(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *text = cli_arg(args, "address");
	char duration[TEXT_MAX], local[GTPC_ADDR_TEXT_MAX];
	const struct pgw *pgw = ctx;
	const struct peer *peer;
	struct gtpc_addr addr;

	if (gtpc_addr_parse(text, &addr) < 0)
		return -EINVAL;
	peer = peer_find(pgw->peers, &addr);
	if (!peer)
		return cli_out_fail(out, "no peer %s is known", text);
	cli_out_printf(out, "Peer %s\n", text);
	cli_out_printf(out, "  Name             %s\n", name_of(peer));
	cli_out_printf(out, "  Path             %s, heard %s ago, talks to %s\n",
		peer->is_path_down ? "down" : "up",
		text_duration((pgw_now_ms() - peer->last_heard_ms) / 1000, duration),
		gtpc_addr_text(&peer->local, local));
	cli_out_printf(out, "  Sessions         %u\n", peer->n_sessions);
	if (peer->has_recovery)
		cli_out_printf(out, "  Restart counter  %u%s\n", peer->recovery,
			peer->reflects ? ", has reflected ours" : "");
	cli_out_printf(
		out, "  T3, N3           %u ms, %u times\n", peer->rule->t3_ms, peer->rule->n3);
	cli_out_printf(out, "  Echo             every %u s while it has sessions\n",
		peer->rule->echo_ms / 1000);
	print_overload(pgw, peer, out);
	cli_out_printf(out, "\n");
	print_messages(peer, out);
	print_faults(peer, out);
	return 0;
}

static int
show_gtpc_counters(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const texts[] = {
#define X(name, metric, text) text,
		GTPC_COUNTERS(X)
#undef X
	};
	const struct pgw *pgw = ctx;
	const struct gtpc_counters *n = gtpc_node_counters(pgw->node);
	struct xact_usage usage = xact_usage(gtpc_node_xact(pgw->node));

	for (unsigned int i = 0; i < GTPC_N_COUNTERS; i++)
		cli_out_printf(out, "%12" PRIu64 "  %s\n", n->n[i], texts[i]);
	cli_out_printf(out, "%12u  requests being worked on\n", usage.n_pending);
	cli_out_printf(out, "%12u  answers kept, %zu bytes\n", usage.n_kept, usage.answer_bytes);
	cli_out_printf(out, "%12u  requests of ours without an answer\n", usage.n_outgoing);
	return 0;
}

static int
show_gtpc_messages(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	struct peer sum = { 0 };

	for (uint32_t i = 0; i < pgw->config->peers_max; i++) {
		const struct peer *peer = peer_at(pgw->peers, i);

		for (int j = 0; peer && j < GTPC_N_MESSAGES; j++) {
			sum.rx[j] += peer->rx[j];
			sum.tx[j] += peer->tx[j];
			sum.retransmitted[j] += peer->retransmitted[j];
		}
		for (int j = 0; peer && j < GTPC_N_FAULTS; j++)
			sum.faults[j] += peer->faults[j];
	}
	print_messages(&sum, out);
	print_faults(&sum, out);
	return 0;
}

static void
print_causes(struct cli_columns *c, const char *request, const uint64_t causes[256])
{
	for (unsigned int i = 0; i < 256; i++) {
		if (causes[i] == 0)
			continue;
		cli_columns_cell(c, "%s", request);
		cli_columns_cell(c, "%u", i);
		cli_columns_cell(c, "%s", gtpc_cause_text((uint8_t)i));
		cli_columns_cell(c, "%" PRIu64, causes[i]);
	}
}

static int
show_gtpc_causes(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Request", ">Cause", "Meaning", ">Answers" };
	const struct pgw *pgw = ctx;
	const struct gtpc_counters *n = gtpc_node_counters(pgw->node);
	struct cli_columns *c = cli_columns_new(out, headers, 4);

	for (unsigned int i = 0; i < GTPC_N_MESSAGES; i++)
		print_causes(c, gtpc_message_at(i)->title, n->answers[i]);
	cli_columns_end(c);
	return 0;
}

static int
show_overload(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	const struct gtpc_counters *n = gtpc_node_counters(pgw->node);
	uint64_t now_ms = pgw_now_ms();
	const struct load *l = &pgw->load;
	struct dp_header *h = dpclient_header(pgw->dp);

	cli_out_printf(out, "Load              %u %%\n", l->percent);
	cli_out_printf(out, "Overload          ");
	if (l->reduction)
		cli_out_printf(out, "peers are to spare us %u %%\n", l->reduction);
	else
		cli_out_printf(
			out, now_ms < l->told_until_ms ? "over, peers are told\n" : "none\n");
	cli_out_printf(out, "Told to           %zu networks the load, %zu the overload\n",
		pgw->config->n_load_plmns, pgw->config->n_overload_plmns);
	cli_out_printf(out, "Procedures        %u of %u\n", pgw->procedures.n_waiting,
		pgw->config->procedures_max);
	cli_out_printf(out,
		"Refused           %" PRIu64 " for overload, %" PRIu64
		" because their SIM asks too often, %" PRIu64 " because of their APN\n",
		pgw->counters.overload_refused, pgw->counters.sim_rate_refused,
		pgw->counters.apn_congestion_refused);
	cli_out_printf(out,
		"Dropped           %" PRIu64 " with the queue full, %" PRIu64
		" after waiting for long, %" PRIu64 " at the dataplane's ports\n",
		n->n[GTPC_COUNT_CREATE_QUEUE_FULL], n->n[GTPC_COUNT_CREATE_WAITED_LONG],
		h ? drop_count(h, DP_DROP_CREATE_SURPLUS) : 0);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show peers", show_peers, "The SGWs that were heard of, and the GTP-U paths to them" },
	{ "show peer <address>", show_peer, "One SGW, with its messages" },
	{ "show overload", show_overload, "Load, overload and what was refused for it" },
	{ "show gtpc counters", show_gtpc_counters, "What GTPv2-C counts" },
	{ "show gtpc messages", show_gtpc_messages,
		"GTPv2-C messages by type, of all known peers" },
	{ "show gtpc causes", show_gtpc_causes, "How requests were answered" },
};

static const struct cli_word words[] = {
	{ .word = "<address>", .text = "IP address", .check = cli_is_addr },
	{ .word = "gtpc", .text = "GTPv2-C" },
};

const struct cli_table peer_cli = CLI_TABLE("Peers and GTPv2-C", rows, words);
