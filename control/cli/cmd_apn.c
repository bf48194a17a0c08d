// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/session/pgw.h"

#include <stdio.h>
#include <string.h>

static void
print_pools(const struct ctl_apn *a, char *text, size_t room)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < a->n_pools && n < room; i++)
		n += (size_t)snprintf(text + n, room - n, "%s%s", i ? "," : "", a->pools[i]);
}

static int
show_apns(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "APN", "VRF", "Pools", ">Sessions", ">MTU",
		">AMBR up", ">AMBR down", "State" };
	const struct pgw *pgw = ctx;
	struct cli_columns *c = cli_columns_new(out, headers, 8);

	for (uint16_t i = 0; i < pgw->config->n_apns; i++) {
		const struct ctl_apn *a = &pgw->config->apns[i];
		struct clear_filter f = { .has_apn = true, .apn = i };
		bool has_vrf = pgw->sync.vrf[apn_vrf(pgw->apns, i)] != UINT16_MAX;
		char pools[128], text[TEXT_MAX];

		print_pools(a, pools, sizeof(pools));
		cli_columns_cell(c, "%s", a->name);
		cli_columns_cell(c, "%s", *a->vrf ? a->vrf : "-");
		cli_columns_cell(c, "%s", pools);
		cli_columns_cell(c, "%u", clear_count(pgw, &f));
		cli_columns_cell(c, "%u", a->mtu_bytes);
		cli_columns_cell(c, "%s", text_rate((double)a->ul_default_bps, text));
		cli_columns_cell(c, "%s", text_rate((double)a->dl_default_bps, text));
		cli_columns_cell(c, "%s",
			dpclient_state(pgw->dp) != DPCLIENT_READY ? "waits for the dataplane"
				: has_vrf                         ? "served"
								  : "no such VRF in the dataplane");
	}
	cli_columns_end(c);
	return 0;
}

static int
show_pools(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Pool", "Range", ">Dynamic", ">Held", ">Resting",
		">Free", ">Static", ">Held", ">Reused early" };
	const struct pgw *pgw = ctx;
	struct cli_columns *c = cli_columns_new(out, headers, 9);

	for (uint16_t i = 0; i < pgw->config->n_pools; i++) {
		struct ip_pool_counts n;
		char text[CFG_ADDR_TEXT];

		ip_pool_count(apn_pool(pgw->apns, i), &n);
		cli_columns_cell(c, "%s", pgw->config->pools[i].name);
		cli_columns_cell(c, "%s", ctl_range_text(&pgw->config->pools[i].range, text));
		cli_columns_cell(c, "%u", n.dynamic);
		cli_columns_cell(c, "%u", n.held_dynamic);
		cli_columns_cell(c, "%u", n.resting);
		cli_columns_cell(c, "%u", n.dynamic - n.held_dynamic);
		cli_columns_cell(c, "%u", n.static_only);
		cli_columns_cell(c, "%u", n.held_static);
		cli_columns_cell(c, "%llu", (unsigned long long)n.reused_early);
	}
	cli_columns_end(c);
	return 0;
}

static void
print_dns(const struct ctl_apn *a, struct cli_out *out)
{
	char text[CFG_ADDR_TEXT];

	cli_out_printf(out, "  DNS              ");
	for (size_t i = 0; i < a->n_dns; i++)
		cli_out_printf(out, "%s%s", i ? ", " : "", cfg_addr_text(&a->dns[i], text));
	cli_out_printf(out, "%s\n", a->n_dns ? "" : "none");
}

static int
show_apn(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const auths[] = { "none", "optional", "required" };
	const struct pgw *pgw = ctx;
	const char *name = cli_arg(args, "name");
	int index = apn_named(pgw->apns, name);
	const struct ctl_apn *a;
	char pools[256], text[TEXT_MAX];

	if (index < 0)
		return cli_out_fail(out, "no APN is configured as \"%s\"", name);
	a = apn_at(pgw->apns, (uint16_t)index);
	print_pools(a, pools, sizeof(pools));
	cli_out_printf(out, "APN %s\n", a->name);
	cli_out_printf(out, "  VRF              %s\n", *a->vrf ? a->vrf : "of the first SGi port");
	cli_out_printf(out, "  Pools            %s\n", pools);
	print_dns(a, out);
	cli_out_printf(out, "  MTU              %u bytes\n", a->mtu_bytes);
	cli_out_printf(out, "  AMBR up          %s", text_rate((double)a->ul_default_bps, text));
	cli_out_printf(out, " unless asked for, limit %s\n",
		a->ul_max_bps ? text_rate((double)a->ul_max_bps, text) : "none");
	cli_out_printf(out, "  AMBR down        %s", text_rate((double)a->dl_default_bps, text));
	cli_out_printf(out, " unless asked for, limit %s\n",
		a->dl_max_bps ? text_rate((double)a->dl_max_bps, text) : "none");
	cli_out_printf(out, "  Selection        %s\n",
		a->selection == CTL_SELECTION_VERIFIED ? "verified subscriptions only" : "any");
	cli_out_printf(out, "  Authentication   %s, %zu users\n", auths[a->auth], a->n_users);
	cli_out_printf(out, "  Static SIMs      %zu%s\n", a->n_statics,
		a->takes_static_paa ? ", and addresses from requests" : "");
	return 0;
}

static const struct cli_row rows[] = {
	{ "show apns", show_apns, "Access point names" },
	{ "show apn <name>", show_apn, "One access point name's settings" },
	{ "show pools", show_pools, "Pools of device addresses and how full they are" },
};

static const struct cli_word words[] = {
	{ .word = "<name>", .text = "As the configuration calls it" },
};

const struct cli_table apn_cli = CLI_TABLE("APNs and pools", rows, words);
