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
print_addrs(struct cli_out *out, const char *label, const struct cfg_addr *addrs, size_t n)
{
	char text[CFG_ADDR_TEXT];

	cli_out_printf(out, "  %-16s ", label);
	for (size_t i = 0; i < n; i++)
		cli_out_printf(out, "%s%s", i ? ", " : "", cfg_addr_text(&addrs[i], text));
	cli_out_printf(out, "%s\n", n ? "" : "none");
}

// 0 means that there is no such number.
static void
print_number(struct cli_out *out, const char *label, uint32_t n, const char *unit, const char *zero)
{
	if (n)
		cli_out_printf(out, "  %-16s %u%s\n", label, n, unit);
	else
		cli_out_printf(out, "  %-16s %s\n", label, zero);
}

static void
print_rate(struct cli_out *out, const char *label, uint64_t bps, uint64_t max_bps)
{
	char text[TEXT_MAX];

	cli_out_printf(out, "  %-16s %s", label, text_rate((double)bps, text));
	cli_out_printf(out, " unless asked for, limit %s\n",
		max_bps ? text_rate((double)max_bps, text) : "none");
}

// What devices are told of their link.
static void
print_link(const struct ctl_apn *a, struct cli_out *out)
{
	print_addrs(out, "DNS", a->dns, a->n_dns);
	print_addrs(out, "P-CSCF", a->pcscf, a->n_pcscf);
	cli_out_printf(out, "  MTU              %u bytes\n", a->mtu_bytes);
	print_number(out, "Non-IP MTU", a->mtu_non_ip_bytes, " bytes", "not told");
	print_number(out, "TCP MSS, IPv4", a->mss_ipv4, " bytes at most", "as it is");
	print_number(out, "TCP MSS, IPv6", a->mss_ipv6, " bytes at most", "as it is");
	print_number(out, "Router adverts", a->ra_interval_s, " s between them",
		"after attach and when asked");
	cli_out_printf(out, "  Single family    %s where both were asked for and can't be\n",
		a->single == CTL_SINGLE_IPV6 ? "IPv6" : "IPv4");
	cli_out_printf(out, "  IMS signalling   %s\n", a->is_ims ? "granted" : "not granted");
	cli_out_printf(out, "  Bearer control   %s\n",
		a->bearer_control == CTL_BEARER_CONTROL_BOTH ? "device and network"
							     : "device alone");
}

static void
print_qos(const struct ctl_apn *a, struct cli_out *out)
{
	print_rate(out, "AMBR up", a->ul_default_bps, a->ul_max_bps);
	print_rate(out, "AMBR down", a->dl_default_bps, a->dl_max_bps);
	print_number(out, "QCI", a->qci, "", "as asked for");
	print_number(out, "ARP priority", a->priority_level, "", "as asked for");
	print_number(out, "APN Restriction", a->apn_restriction, "", "none");
}

static void
print_rats(const struct ctl_apn *a, struct cli_out *out)
{
	cli_out_printf(out, "  Radio access     ");
	for (size_t i = 0; i < a->n_rats; i++)
		cli_out_printf(out, "%s%s", i ? ", " : "", gtpc_rat_text(a->rats[i]));
	cli_out_printf(out, "%s\n", a->n_rats ? "" : "any");
}

// Who is let in.
static void
print_admission(const struct ctl_apn *a, struct cli_out *out)
{
	static const char *const auths[] = { "none", "optional", "required" };

	cli_out_printf(out, "  Selection        %s\n",
		a->selection == CTL_SELECTION_VERIFIED ? "verified subscriptions only" : "any");
	cli_out_printf(out, "  Authentication   %s, %zu users\n", auths[a->auth], a->n_users);
	cli_out_printf(out, "  Static SIMs      %zu%s\n", a->n_statics,
		a->takes_static_paa ? ", and addresses from requests" : "");
	cli_out_printf(out, "  Unknown static   %s\n",
		a->unknown_static == CTL_UNKNOWN_STATIC_REJECT ? "refused"
							       : "gets a dynamic address");
	print_rats(a, out);
	cli_out_printf(out, "  Emergency        %s\n",
		a->is_emergency ? "devices without an authenticated SIM are served" : "no");
	print_number(out, "Sessions limit", a->sessions_max, "", "none");
	print_number(out, "Creates limit", a->creates_per_s, " per second", "none");
	if (a->sessions_max || a->creates_per_s)
		cli_out_printf(out, "  Low priority     refused from %u %% of the limits\n",
			a->low_priority_percent);
	print_number(out, "Back-off", a->back_off_s, " s with cause 113", "not told");
}

static int
show_apn(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	const char *name = cli_arg(args, "name");
	int index = apn_named(pgw->apns, name);
	const struct ctl_apn *a;
	char pools[256];

	if (index < 0)
		return cli_out_fail(out, "no APN is configured as \"%s\"", name);
	a = apn_at(pgw->apns, (uint16_t)index);
	print_pools(a, pools, sizeof(pools));
	cli_out_printf(out, "APN %s\n", a->name);
	cli_out_printf(out, "  VRF              %s\n", *a->vrf ? a->vrf : "of the first SGi port");
	cli_out_printf(out, "  Pools            %s\n", pools);
	print_link(a, out);
	print_qos(a, out);
	print_admission(a, out);
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
