// SPDX-License-Identifier: BSD-3-Clause
#include "hss/commands.h"
#include "hss/fd_peers.h"
#include "hss/hss_metrics.h"
#include "hss/links.h"
#include "hss/outgoing.h"
#include "hss/s6a.h"
#include "hss/subscriber_text.h"

#include <inttypes.h>
#include <unistd.h>

static int
show_version(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	cli_out_printf(out, "torii-hss  %s\n", torii_version());
	return 0;
}

static void
print_listeners(struct cli_out *out)
{
	const struct hss_config *c = s6a.config;
	char addr[CFG_ADDR_TEXT];

	cli_out_printf(out, "Listening   ");
	for (size_t i = 0; i < c->n_addresses; i++)
		cli_out_printf(
			out, "%s%s", i > 0 ? ", " : "", cfg_addr_text(&c->addresses[i], addr));
	cli_out_printf(out, " port %u, %s%s%s", c->port, c->uses_sctp ? "SCTP" : "",
		c->uses_sctp && c->uses_tcp ? " and " : "", c->uses_tcp ? "TCP" : "");
	if (c->tls_port != 0)
		cli_out_printf(out, "; TLS on port %u", c->tls_port);
	cli_out_printf(out, "\n");
}

static void
print_peers(struct cli_out *out)
{
	const struct link *link;
	unsigned n = 0, n_open = 0;

	for (; (link = links_at(n)) != NULL; n++)
		n_open += fd_peer_is_open(link->host);
	cli_out_printf(out, "Peers       %u open, %u have connected since the start\n", n_open, n);
}

static void
print_store(struct cli_out *out)
{
	struct store_counts n;
	bool is_healthy = hss_metrics_counts(&n);

	cli_out_printf(out, "Store       %s%s, %u operations under way\n", store_engine(s6a.store),
		is_healthy ? "" : ", IT DOESN'T ANSWER", store_backlog(s6a.store));
	// Counted every ten seconds.
	cli_out_printf(out,
		"SIMs        %" PRIu64 ", %" PRIu64 " of %" PRIu64 " IMSIs registered\n", n.sims,
		n.registered, n.imsis);
	cli_out_printf(out, "Queue       %" PRIu64 " requests, %u wait for an answer\n", n.requests,
		outgoing_in_flight());
}

static int
show_status(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	char since[TIME_TEXT_SIZE];

	cli_out_printf(out, "Serving     %s of %s\n", s6a.config->identity, s6a.config->realm);
	cli_out_printf(out, "Process     pid %d, since %s\n", (int)getpid(),
		time_text(s6a.started_s, since));
	print_listeners(out);
	print_peers(out);
	print_store(out);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show version", show_version, "The release" },
	{ "show status", show_status, "How the HSS is" },
};

static const struct cli_word words[] = {
	{ .word = "show", .text = "Look at something" },
};

const struct cli_table status_cli = CLI_TABLE("The process", rows, words);
