// SPDX-License-Identifier: BSD-3-Clause
#include "hss/desk.h"
#include "hss/profile_fan.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_QCI 9
#define DEFAULT_ARP 8
#define DEFAULT_UL_BPS 50000000
#define DEFAULT_DL_BPS 100000000

static const char *const type_names[] = { "ipv4", "ipv6", "ipv4v6", "ipv4-or-ipv6", NULL };

static unsigned
index_of(const char *name, const char *const *names)
{
	unsigned i = 0;

	while (names[i + 1] && strcasecmp(names[i], name) != 0)
		i++;
	return i;
}

// ---- Looking

static int
show_profiles(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "Profile", ">Version", ">APNs", "Default APN",
		">Uplink", ">Downlink" };
	struct cli_columns *columns;
	const struct profile **all;
	int n = store_profiles_all(desk.store, &all);

	if (n < 0)
		return n;
	columns = cli_columns_new(out, headers, 6);
	for (int i = 0; i < n; i++) {
		const struct apn_config *a = all[i]->apns;

		while (a < all[i]->apns + all[i]->n_apns - 1 &&
			a->context_id != all[i]->default_context_id)
			a++;
		cli_columns_cell(columns, "%s", all[i]->name);
		cli_columns_cell(columns, "%u", all[i]->version);
		cli_columns_cell(columns, "%u", all[i]->n_apns);
		cli_columns_cell(columns, "%s", a->apn);
		cli_columns_cell(columns, "%" PRIu64, all[i]->ambr_ul_bps);
		cli_columns_cell(columns, "%" PRIu64, all[i]->ambr_dl_bps);
	}
	cli_columns_end(columns);
	store_profiles_free(all, n);
	return 0;
}

static void
print_charging(struct cli_out *out, const char *indent, bool has, uint16_t charging)
{
	if (has)
		cli_out_printf(out, "%sCharging        %04x\n", indent, charging);
}

static void
print_gateway(struct cli_out *out, const struct apn_config *a)
{
	char text[GATEWAY_TEXT_SIZE];

	if (!a->has_gateway)
		return;
	gateway_print(&a->gateway, text);
	cli_out_printf(out, "  Gateway         %s (%s)\n", text,
		a->gw_allocation == PDN_GW_STATIC ? "static" : "dynamic");
}

static void
print_apn(struct cli_out *out, const struct profile *p, const struct apn_config *a)
{
	cli_out_printf(out, "APN %s, context %u%s\n", a->apn, a->context_id,
		a->context_id == p->default_context_id ? ", default" : "");
	cli_out_printf(out, "  PDN type        %s\n", type_names[a->pdn_type]);
	cli_out_printf(out, "  QCI, ARP        %u, %u%s%s\n", a->qci, a->arp_priority,
		a->arp_can_preempt ? ", may pre-empt" : "",
		a->arp_is_preemptable ? ", may be pre-empted" : "");
	cli_out_printf(out, "  AMBR            %" PRIu64 " up, %" PRIu64 " down (bit/s)\n",
		a->ambr_ul_bps, a->ambr_dl_bps);
	if (a->is_vplmn_address_allowed)
		cli_out_printf(out, "  Addresses of the visited network are allowed\n");
	print_gateway(out, a);
	print_charging(out, "  ", a->has_charging, a->charging);
}

static int
show_profile(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *name = cli_arg(args, "profile-name");
	const struct profile *p = store_profile_find(desk.store, name);

	if (!p)
		return cli_out_fail(out, "no profile %s", name);
	cli_out_printf(out, "Profile           %s, version %u\n", p->name, p->version);
	cli_out_printf(out, "Access            %s\n",
		p->is_packet_only ? "packet only" : "packet and circuit");
	cli_out_printf(out, "UE-AMBR           %" PRIu64 " up, %" PRIu64 " down (bit/s)\n",
		p->ambr_ul_bps, p->ambr_dl_bps);
	cli_out_printf(out, "Restriction       0x%x\n", p->access_restriction);
	if (p->is_barred)
		cli_out_printf(out, "Barring           0x%x\n", p->odb);
	if (p->rau_tau_timer_s)
		cli_out_printf(out, "RAU/TAU timer     %u s\n", p->rau_tau_timer_s);
	print_charging(out, "", p->has_charging, p->charging);
	for (unsigned i = 0; i < p->n_apns; i++)
		print_apn(out, p, &p->apns[i]);
	profile_give(p);
	return 0;
}

// ---- Changing

struct profile_call {
	struct desk_call call; // first
	char name[PROFILE_NAME_SIZE];
	const struct profile *old; // a reference; NULL: a new one, or one that is deleted
	struct fan_result fan;
};

static int
profile_finish(struct desk_call *call, int result)
{
	struct profile_call *c = (struct profile_call *)call;

	profile_give(c->old);
	if (result == -EBUSY)
		return cli_out_fail(call->out, "SIMs have this profile");
	if (result == -ENOENT)
		return cli_out_fail(call->out, "no profile %s", c->name);
	if (result != 0)
		return result;
	cli_out_printf(call->out, "Profile %s: done\n", c->name);
	for (unsigned i = 0; i < c->fan.said.n; i++)
		cli_out_printf(call->out, "  %s\n", c->fan.said.line[i]);
	if (c->fan.n_sims > 0)
		cli_out_printf(call->out, "%" PRIu64 " attached SIMs, %" PRIu64 " told\n",
			c->fan.n_sims, c->fan.n_told);
	return 0;
}

static void
profile_put(void *arg, int result)
{
	struct profile_call *c = arg;

	if (result == 0 && c->old && desk.triggers)
		profile_fan(desk.store, desk.triggers, c->old, &c->fan, desk_done, c);
	else
		desk_done(c, result);
}

// Takes old over, not p.
static int
put(struct cli_out *out, const struct profile *old, const struct profile *p)
{
	struct profile_call *c;
	const char *why;

	if (!profile_is_sound(p, &why)) {
		profile_give(old);
		return cli_out_fail(out, "%s", why);
	}
	c = desk_call(out, sizeof(*c), profile_finish);
	if (!c) {
		profile_give(old);
		return -ENOMEM;
	}
	text_copy(c->name, sizeof(c->name), p->name);
	c->old = old;
	store_profile_put(desk.store, p, profile_put, c);
	return desk_return(&c->call);
}

// 0, or what cli_out_fail returned.
typedef int (*edit_fn)(const struct cli_args *args, struct cli_out *out, struct profile *p);

static int
edit(const struct cli_args *args, struct cli_out *out, int more_apns, edit_fn fn)
{
	const char *name = cli_arg(args, "profile-name");
	const struct profile *old = store_profile_find(desk.store, name);
	struct profile *p;
	int err;

	if (!old)
		return cli_out_fail(out, "no profile %s", name);
	p = profile_copy(old, (uint16_t)(old->n_apns + more_apns));
	if (!p) {
		profile_give(old);
		return -ENOMEM;
	}
	err = fn(args, out, p);
	if (err == 0)
		err = put(out, old, p);
	else
		profile_give(old);
	profile_give(p);
	return err;
}

static void
apn_default(struct apn_config *a, const char *apn, uint32_t context_id)
{
	memset(a, 0, sizeof(*a));
	text_copy(a->apn, sizeof(a->apn), apn);
	a->context_id = context_id;
	a->pdn_type = PDN_IPV4V6;
	a->qci = DEFAULT_QCI;
	a->arp_priority = DEFAULT_ARP;
	a->ambr_ul_bps = DEFAULT_UL_BPS;
	a->ambr_dl_bps = DEFAULT_DL_BPS;
}

static int
profile_add(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *name = cli_arg(args, "profile-name");
	const struct profile *there = store_profile_find(desk.store, name);
	struct profile *p;
	int err;

	profile_give(there);
	if (there)
		return cli_out_fail(out, "profile %s is there already", name);
	p = profile_new(name, 1);
	if (!p)
		return -ENOMEM;
	p->is_packet_only = true;
	p->ambr_ul_bps = DEFAULT_UL_BPS;
	p->ambr_dl_bps = DEFAULT_DL_BPS;
	p->default_context_id = 1;
	apn_default(&p->apns[0], cli_arg(args, "apn-name"), 1);
	err = put(out, NULL, p);
	profile_give(p);
	return err;
}

static int
profile_delete(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct profile_call *c = desk_call(out, sizeof(*c), profile_finish);

	if (!c)
		return -ENOMEM;
	text_copy(c->name, sizeof(c->name), cli_arg(args, "profile-name"));
	store_profile_del(desk.store, c->name, desk_done, c);
	return desk_return(&c->call);
}

static int
rates(const struct cli_args *args, uint64_t *ul_bps, uint64_t *dl_bps)
{
	cfg_parse_bit_rate(cli_arg(args, "up-rate"), ul_bps);
	cfg_parse_bit_rate(cli_arg(args, "down-rate"), dl_bps);
	return 0;
}

static int
edit_ambr(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	return rates(args, &p->ambr_ul_bps, &p->ambr_dl_bps);
}

static int
edit_timer(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	p->rau_tau_timer_s = (uint32_t)cli_arg_uint(args, "timer-s", 0);
	return 0;
}

static void
charging_of(const struct cli_args *args, bool *has, uint16_t *charging)
{
	const char *text = cli_arg(args, "charging-hex");

	*has = text != NULL;
	*charging = text ? (uint16_t)strtoul(text, NULL, 16) : 0;
}

static int
edit_charging(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	charging_of(args, &p->has_charging, &p->charging);
	return 0;
}

static int
edit_restriction(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	p->access_restriction = (uint32_t)strtoul(cli_arg(args, "bits"), NULL, 0);
	return 0;
}

static int
edit_barring(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	const char *bits = cli_arg(args, "bits");

	p->is_barred = bits != NULL;
	p->odb = bits ? (uint32_t)strtoul(bits, NULL, 0) : 0;
	return 0;
}

static int
edit_access(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	p->is_packet_only = cli_arg(args, "packet-only") != NULL;
	return 0;
}

// ---- APNs

static struct apn_config *
apn_of(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	const char *name = cli_arg(args, "apn-name");

	for (unsigned i = 0; i < p->n_apns; i++)
		if (strcasecmp(p->apns[i].apn, name) == 0)
			return &p->apns[i];
	cli_out_fail(out, "the profile has no APN %s", name);
	return NULL;
}

static int
edit_default(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	const struct apn_config *a = apn_of(args, out, p);

	if (!a)
		return -EINVAL;
	p->default_context_id = a->context_id;
	return 0;
}

static int
edit_apn_add(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	uint32_t context_id = 0;

	for (unsigned i = 0; i + 1 < p->n_apns; i++)
		if (p->apns[i].context_id > context_id)
			context_id = p->apns[i].context_id;
	apn_default(&p->apns[p->n_apns - 1], cli_arg(args, "apn-name"), context_id + 1);
	return 0;
}

static int
edit_apn_delete(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	struct apn_config *a = apn_of(args, out, p);

	if (!a)
		return -EINVAL;
	memmove(a, a + 1, (size_t)(p->apns + p->n_apns - (a + 1)) * sizeof(*a));
	p->n_apns--;
	return 0;
}

static void
edit_arp(const struct cli_args *args, struct apn_config *a)
{
	a->arp_priority = (uint8_t)cli_arg_uint(args, "priority", a->arp_priority);
	a->arp_can_preempt = cli_arg(args, "can-preempt") != NULL;
	a->arp_is_preemptable = cli_arg(args, "preemptable") != NULL;
}

static void
edit_gateway(const struct cli_args *args, struct apn_config *a)
{
	const char *host = cli_arg(args, "gateway-host"), *realm = cli_arg(args, "gateway-realm"),
		   *address = cli_arg(args, "gateway-address");

	memset(&a->gateway, 0, sizeof(a->gateway));
	a->has_gateway = host || address;
	if (host)
		text_copy(a->gateway.host, sizeof(a->gateway.host), host);
	if (realm)
		text_copy(a->gateway.realm, sizeof(a->gateway.realm), realm);
	if (address) {
		a->gateway.has_v4 = inet_pton(AF_INET, address, &a->gateway.v4) == 1;
		a->gateway.has_v6 = inet_pton(AF_INET6, address, &a->gateway.v6) == 1;
	}
	a->gw_allocation = cli_arg(args, "dynamic") ? PDN_GW_DYNAMIC : PDN_GW_STATIC;
}

static int
edit_apn(const struct cli_args *args, struct cli_out *out, struct profile *p)
{
	struct apn_config *a = apn_of(args, out, p);

	if (!a)
		return -EINVAL;
	if (cli_arg(args, "pdn-type"))
		a->pdn_type = (enum pdn_type)index_of(cli_arg(args, "pdn-type"), type_names);
	if (cli_arg(args, "qci-number"))
		a->qci = (uint8_t)cli_arg_uint(args, "qci-number", a->qci);
	if (cli_arg(args, "arp"))
		edit_arp(args, a);
	if (cli_arg(args, "ambr"))
		rates(args, &a->ambr_ul_bps, &a->ambr_dl_bps);
	if (cli_arg(args, "gateway"))
		edit_gateway(args, a);
	if (cli_arg(args, "visited-addresses"))
		a->is_vplmn_address_allowed = cli_arg(args, "allowed") != NULL;
	if (cli_arg(args, "charging"))
		charging_of(args, &a->has_charging, &a->charging);
	return 0;
}

// What the rows name: one edit each.
static int
set_ambr(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_ambr);
}

static int
set_timer(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_timer);
}

static int
set_charging(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_charging);
}

static int
set_restriction(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_restriction);
}

static int
set_barring(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_barring);
}

static int
set_access(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_access);
}

static int
set_default(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_default);
}

static int
apn_add(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 1, edit_apn_add);
}

static int
apn_delete(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_apn_delete);
}

static int
apn_set(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return edit(args, out, 0, edit_apn);
}

// ---- Words

static bool
is_rate(const char *value)
{
	uint64_t bps;

	return cfg_parse_bit_rate(value, &bps) == 0;
}

static bool
is_timer(const char *value)
{
	uint64_t s;

	return cfg_parse_uint(value, &s) == 0 && s <= UINT32_MAX;
}

static bool
is_hex16(const char *value)
{
	return strlen(value) == 4 && strspn(value, "0123456789abcdefABCDEF") == 4;
}

static bool
is_bits(const char *value)
{
	char *end;
	unsigned long long n = strtoull(value, &end, 0);

	return value[0] >= '0' && value[0] <= '9' && *end == '\0' && n <= UINT32_MAX;
}

static bool
is_qci(const char *value)
{
	uint64_t n;

	return cfg_parse_uint(value, &n) == 0 && n >= 1 && n <= 254;
}

static bool
is_priority(const char *value)
{
	uint64_t n;

	return cfg_parse_uint(value, &n) == 0 && n >= 1 && n <= 15;
}

static bool
is_type(const char *value)
{
	return strcasecmp(type_names[index_of(value, type_names)], value) == 0;
}

static bool
is_address(const char *value)
{
	struct cfg_addr addr;

	return cfg_parse_addr(value, &addr) == 0;
}

static bool
is_host(const char *value)
{
	size_t n =
		strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

	return n > 0 && n < HOST_SIZE && value[n] == '\0';
}

#define SET_APN "profile apn set <profile-name> <apn-name> "

static const struct cli_row rows[] = {
	{ "show profiles", show_profiles, "All profiles" },
	{ "show profile <profile-name>", show_profile, "One profile with its APNs" },
	{ "profile add <profile-name> apn <apn-name>", profile_add,
		"A new profile, with one APN and common values" },
	{ "profile delete <profile-name>", profile_delete, "Delete a profile that no SIM has" },
	{ "profile set <profile-name> ambr <up-rate> <down-rate>", set_ambr, "UE-AMBR" },
	{ "profile set <profile-name> rau-tau-timer <timer-s>", set_timer,
		"Subscribed-Periodic-RAU-TAU-Timer, 0: not sent" },
	{ "profile set <profile-name> charging (<charging-hex>|none)", set_charging,
		"3GPP-Charging-Characteristics" },
	{ "profile set <profile-name> restriction <bits>", set_restriction,
		"Access-Restriction-Data" },
	{ "profile set <profile-name> barring (<bits>|none)", set_barring,
		"Operator-Determined-Barring" },
	{ "profile set <profile-name> access (packet-only|packet-and-circuit)", set_access,
		"Network-Access-Mode" },
	{ "profile set <profile-name> default <apn-name>", set_default, "The default APN" },
	{ "profile apn add <profile-name> <apn-name>", apn_add, "One more APN" },
	{ "profile apn delete <profile-name> <apn-name>", apn_delete, "One APN less" },
	{ SET_APN "type <pdn-type>", apn_set, "PDN type" },
	{ SET_APN "qci <qci-number>", apn_set, "QCI" },
	{ SET_APN "arp <priority> [can-preempt] [preemptable]", apn_set,
		"Allocation and retention priority" },
	{ SET_APN "ambr <up-rate> <down-rate>", apn_set, "APN-AMBR" },
	{ SET_APN "gateway (none|host <gateway-host> [realm <gateway-realm>] "
		  "[address <gateway-address>]|address <gateway-address>) [(static|dynamic)]",
		apn_set, "The PDN gateway that MIP6-Agent-Info names" },
	{ SET_APN "visited-addresses (allowed|forbidden)", apn_set,
		"Whether the visited network may give the address" },
	{ SET_APN "charging (<charging-hex>|none)", apn_set, "3GPP-Charging-Characteristics" },
};

static const struct cli_word words[] = {
	{ .word = "profile", .text = "What many SIMs share of their subscription" },
	{ .word = "profiles", .text = "All profiles" },
	{ .word = "<profile-name>", .text = "A profile's name", .check = profile_name_is_sound },
	{ .word = "<apn-name>", .text = "Network identifier, or *", .check = apn_is_sound },
	{ .word = "<up-rate>", .text = "Bits per second from the device: 50M", .check = is_rate },
	{ .word = "<down-rate>", .text = "Bits per second to the device: 100M", .check = is_rate },
	{ .word = "<timer-s>", .text = "Seconds", .check = is_timer },
	{ .word = "<charging-hex>", .text = "4 hexadecimal digits", .check = is_hex16 },
	{ .word = "<bits>", .text = "A number, also 0x...", .check = is_bits },
	{ .word = "<pdn-type>", .text = "ipv4, ipv6, ipv4v6 or ipv4-or-ipv6", .check = is_type },
	{ .word = "<qci-number>", .text = "1 to 254", .check = is_qci },
	{ .word = "<priority>", .text = "1 (highest) to 15", .check = is_priority },
	{ .word = "<gateway-host>", .text = "Diameter identity", .check = is_host },
	{ .word = "<gateway-realm>", .text = "Its realm", .check = is_host },
	{ .word = "<gateway-address>", .text = "IPv4 or IPv6 address", .check = is_address },
};

const struct cli_table profile_cli = CLI_TABLE("Profiles", rows, words);
