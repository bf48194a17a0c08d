// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "control/cli/commands.h"
#include "control/cli/text.h"
#include "control/cli/words.h"
#include "control/session/csid.h"
#include "control/session/delete_bearer.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 50

// ---- One session in full.

static const char *
state_name(const struct session *s)
{
	if (s->state == SESSION_CREATING)
		return "creating";
	if (s->flags & SESSION_CLEARING)
		return "clearing";
	return s->flags & SESSION_SUSPENDED ? "suspended" : "active";
}

// 0 where the clock has been set back since.
static uint64_t
age_s(const struct session *s)
{
	int64_t age = (int64_t)time(NULL) - s->created_s;

	return age > 0 ? (uint64_t)age : 0;
}

static void
print_location(const struct session *s, struct cli_out *out)
{
	struct cursor c = cursor_open(s->uli, s->uli_bytes);
	char plmn[GTPC_PLMN_TEXT_MAX];
	struct gtpc_uli uli;

	memset(&uli, 0, sizeof(uli));
	if (s->uli_bytes == 0 || ie_codec_find(GTPC_IE_ULI)->decode(&c, &uli) < 0)
		return;
	if (uli.has_tai)
		cli_out_printf(out, "  Tracking area    %s TAC %u\n",
			gtpc_plmn_text(&uli.tai.plmn, plmn), uli.tai.area);
	if (uli.has_ecgi)
		cli_out_printf(out, "  Cell             %s ECI 0x%07x\n",
			gtpc_plmn_text(&uli.ecgi.plmn, plmn), uli.ecgi.cell);
}

static void
print_direction(struct cli_out *out, const char *name, const struct session_usage *u, float bps)
{
	char bytes[TEXT_MAX], rate[TEXT_MAX];

	cli_out_printf(out,
		"  %-16s %llu packets, %llu bytes (%s), now %s; dropped %llu packets, %llu bytes\n",
		name, (unsigned long long)u->packets, (unsigned long long)u->bytes,
		text_bytes(u->bytes, bytes), text_rate(bps, rate),
		(unsigned long long)u->dropped_packets, (unsigned long long)u->dropped_bytes);
}

static void
print_usage(const struct pgw *pgw, const struct session *s, struct cli_out *out)
{
	struct session_usage ul, dl;
	uint32_t over_ms;
	float ul_bps, dl_bps;

	session_usage_now(pgw, s, &ul, &dl);
	session_rates(pgw, s, &ul_bps, &dl_bps, &over_ms);
	print_direction(out, "Uplink", &ul, ul_bps);
	print_direction(out, "Downlink", &dl, dl_bps);
	cli_out_printf(out, "  Rates            over the last %.1f s\n", over_ms / 1000.0);
}

static void
print_tunnels(const struct pgw *pgw, const struct session *s, struct cli_out *out)
{
	char a[TEXT_MAX], b[GTPC_ADDR_TEXT_MAX];

	cli_out_printf(out, "  Control plane    ours %s TEID 0x%08x, SGW ",
		gtpc_addr_text(&s->local_c, b), s->teid);
	cli_out_printf(out, "%s TEID 0x%08x\n", gtpc_addr_text(&s->sgw_addr, b), s->sgw_teid);
	cli_out_printf(out, "  User plane       ours %s TEID 0x%08x, SGW ",
		text_addr(&s->local_u, a), s->teid);
	cli_out_printf(
		out, "%s TEID 0x%08x\n", gtpc_addr_text(&s->bearer.peer, b), s->bearer.peer_teid);
	cli_out_printf(out, "  Dataplane        slot %u, shard %u", s->slot, s->teid & 0xff);
	if (dpclient_state(pgw->dp) == DPCLIENT_READY)
		cli_out_printf(out, ", worker %u%s", dpclient_worker(pgw->dp, (uint8_t)s->teid),
			s->flags & SESSION_REPLAY ? ", waits to be replayed" : "");
	else
		cli_out_printf(out, ", waits for the dataplane");
	cli_out_printf(out, "\n");
}

static void
print_sets(const struct pgw *pgw, const struct session *s, struct cli_out *out)
{
	static const char *const names[SESSION_CSIDS] = { "MME", "SGW" };
	char addr[GTPC_ADDR_TEXT_MAX];

	for (int i = 0; i < SESSION_CSIDS; i++) {
		const struct csid_name *n = csid_name_of(session_csids(pgw->sessions), s->csid[i]);

		if (n)
			cli_out_printf(out, "  Connection set   %s %s number %u\n", names[i],
				gtpc_addr_text(&n->node, addr), n->csid);
	}
}

static void
print_address(const struct pgw *pgw, const char *address, bool is_static, uint16_t pool,
	struct cli_out *out)
{
	cli_out_printf(out, "  Address          %s, %s, pool %s\n", address,
		is_static ? "static" : "dynamic",
		pool == APN_NO_POOL ? "-" : pgw->config->pools[pool].name);
}

static void
print_addresses(const struct pgw *pgw, const struct session *s, struct cli_out *out)
{
	char text[TEXT_MAX];

	if (session_has_ipv4(s))
		print_address(pgw, text_ipv4(s->ue_ipv4, text), s->flags & SESSION_STATIC_ADDRESS,
			s->pool, out);
	if (session_has_ipv6(s))
		print_address(pgw, text_prefix64(s->ue_ipv6_prefix, text),
			s->flags & SESSION_STATIC_PREFIX, s->prefix_pool, out);
}

static void
print_session(const struct pgw *pgw, const struct session *s, struct cli_out *out)
{
	char text[TEXT_MAX], more[TEXT_MAX], plmn[GTPC_PLMN_TEXT_MAX];
	const struct ctl_apn *apn = apn_at(pgw->apns, s->apn);

	cli_out_printf(out, "IMSI %s, EBI %u, %s\n", s->imsi, s->bearer.ebi, state_name(s));
	cli_out_printf(out, "  APN              %s (served by \"%s\"%s%s)\n", s->apn_name,
		apn->name, *apn->vrf ? ", VRF " : "", apn->vrf);
	print_addresses(pgw, s, out);
	cli_out_printf(out, "  MSISDN, IMEI     %s, %s\n", *s->msisdn ? s->msisdn : "-",
		*s->mei ? s->mei : "-");
	cli_out_printf(out, "  Access           %s, serving network %s\n",
		gtpc_rat_text(s->rat_type), gtpc_plmn_text(&s->serving_network, plmn));
	print_location(s, out);
	print_tunnels(pgw, s, out);
	print_sets(pgw, s, out);
	cli_out_printf(out, "  QoS              QCI %u, ARP %u%s%s, AMBR up %s, ", s->bearer.qci,
		s->bearer.priority_level, s->bearer.can_preempt ? ", may preempt" : "",
		s->bearer.is_preemptable ? ", preemptable" : "",
		text_rate((double)s->ul_kbps * 1000, text));
	cli_out_printf(out, "down %s\n", text_rate((double)s->dl_kbps * 1000, text));
	cli_out_printf(out, "  Charging         id %u, characteristics 0x%04x\n",
		s->bearer.charging_id, s->charging_characteristics);
	cli_out_printf(out, "  Since            %s (%s)\n", text_time(s->created_s, text),
		text_duration(age_s(s), more));
	print_usage(pgw, s, out);
	print_bearers(pgw, s, out);
}

static int
show_imsi(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *imsi = cli_arg(args, "imsi");
	const struct pgw *pgw = ctx;
	struct session *s = session_find_imsi(pgw->sessions, imsi, NULL);

	if (!s)
		return cli_out_fail(out, "IMSI %s has no session", imsi);
	for (; s; s = session_find_imsi(pgw->sessions, imsi, s))
		print_session(pgw, s, out);
	return 0;
}

// The sessions of an address in every VRF. Returns how many; *only: the last of them.
static unsigned int
each_of_address(const struct pgw *pgw, const char *text, struct session **only,
	void (*visit)(const struct pgw *pgw, const struct session *s, struct cli_out *out),
	struct cli_out *out)
{
	struct cfg_addr addr;
	unsigned int n = 0;

	if (cfg_parse_addr(text, &addr) < 0)
		return 0;
	for (uint16_t vrf = 0; vrf < apn_vrf_count(pgw->apns); vrf++) {
		struct session *s =
			session_find_address(pgw->sessions, vrf, addr.family, addr.bytes);

		if (!s || s->state == SESSION_CLOSING)
			continue;
		n++;
		*only = s;
		if (visit)
			visit(pgw, s, out);
	}
	return n;
}

static int
show_address(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *text = cli_arg(args, "address");
	struct session *s;

	if (each_of_address(ctx, text, &s, print_session, out) == 0)
		return cli_out_fail(out, "no session has the address %s", text);
	return 0;
}

// A dedicated bearer's TEID leads to its session.
static struct session *
session_of_any_teid(const struct pgw *pgw, uint32_t teid)
{
	const struct dedicated *b = bearer_find_teid(pgw->bearers, teid);

	return b ? session_at(pgw->sessions, b->session) : session_find_teid(pgw->sessions, teid);
}

static int
show_teid(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const struct pgw *pgw = ctx;
	struct session *s;
	uint32_t teid;

	if (!cli_word_teid(cli_arg(args, "teid"), &teid))
		return -EINVAL;
	s = session_of_any_teid(pgw, teid);
	if (!s)
		return cli_out_fail(out, "no session has TEID 0x%08x", teid);
	print_session(pgw, s, out);
	return 0;
}

// ---- The list.

struct list_filter {
	struct clear_filter wanted;
	uint32_t first, last; // of those that fit, to be printed
};

static bool
fits(const struct clear_filter *f, const struct session *s)
{
	if (!s || s->state == SESSION_CLOSING || (f->has_apn && s->apn != f->apn))
		return false;
	return !f->has_sgw || gtpc_addr_equal(&f->sgw, &s->sgw_addr);
}

static void
print_row(const struct pgw *pgw, const struct session *s, struct cli_columns *c)
{
	char text[TEXT_MAX], peer[GTPC_ADDR_TEXT_MAX];
	struct session_usage ul, dl;

	session_usage_now(pgw, s, &ul, &dl);
	cli_columns_cell(c, "%s", s->imsi);
	cli_columns_cell(c, "%u", s->bearer.ebi);
	cli_columns_cell(c, "%s", s->apn_name);
	cli_columns_cell(c, "%s%s%s", session_has_ipv4(s) ? text_ipv4(s->ue_ipv4, text) : "",
		session_has_ipv4(s) && session_has_ipv6(s) ? ", " : "",
		session_has_ipv6(s) ? text_prefix64(s->ue_ipv6_prefix, peer) : "");
	cli_columns_cell(c, "%s", gtpc_addr_text(&s->sgw_addr, peer));
	cli_columns_cell(c, "0x%08x", s->teid);
	cli_columns_cell(c, "%s", text_bytes(ul.bytes, text));
	cli_columns_cell(c, "%s", text_bytes(dl.bytes, text));
	cli_columns_cell(c, "%s", text_duration(age_s(s), text));
	cli_columns_cell(c, "%s", state_name(s));
}

static void
print_list(const struct pgw *pgw, const struct list_filter *f, struct cli_out *out)
{
	static const char *const headers[] = { "IMSI", ">EBI", "APN", "Address", "SGW", "TEID",
		">Up", ">Down", ">Age", "State" };
	struct cli_columns *c = cli_columns_new(out, headers, 10);
	uint32_t n = 0;

	for (uint32_t i = 0; i < session_table_top(pgw->sessions); i++) {
		const struct session *s = session_at(pgw->sessions, i);

		if (!fits(&f->wanted, s))
			continue;
		n++;
		if (n >= f->first && n <= f->last)
			print_row(pgw, s, c);
	}
	cli_columns_end(c);
	if (n > f->last || f->first > 1)
		cli_out_printf(out, "Sessions %u to %u of %u; %u pages\n",
			n < f->first ? n : f->first, n < f->last ? n : f->last, n,
			(n + PAGE - 1) / PAGE);
	else
		cli_out_printf(out, "%u session%s\n", n, n == 1 ? "" : "s");
}

// What "apn <apn>" and "peer <address>" mean; 0 or what the handler returns.
static int
read_filter(const struct cli_args *args, const struct pgw *pgw, struct clear_filter *f,
	struct cli_out *out)
{
	const char *apn = cli_arg(args, "apn") ? cli_arg(args, "name") : NULL;
	const char *peer = cli_arg(args, "peer") ? cli_arg(args, "address") : NULL;
	int index;

	memset(f, 0, sizeof(*f));
	if (apn) {
		index = apn_named(pgw->apns, apn);
		if (index < 0)
			return cli_out_fail(out, "no APN is configured as \"%s\"", apn);
		f->has_apn = true;
		f->apn = (uint16_t)index;
	}
	if (peer) {
		if (gtpc_addr_parse(peer, &f->sgw) < 0)
			return -EINVAL;
		f->has_sgw = true;
	}
	return 0;
}

static int
show_sessions(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	uint32_t page = (uint32_t)cli_arg_uint(args, "n", 1);
	struct list_filter f;
	int ret = read_filter(args, ctx, &f.wanted, out);

	if (ret < 0)
		return ret;
	if (page == 0)
		return cli_out_fail(out, "pages begin at 1");
	f.first = (page - 1) * PAGE + 1;
	f.last = page * PAGE;
	print_list(ctx, &f, out);
	return 0;
}

static int
show_summary(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	static const char *const headers[] = { "APN", ">Sessions" };
	const struct pgw *pgw = ctx;
	struct session_counts counts;
	struct cli_columns *c;

	session_table_count(pgw->sessions, &counts);
	cli_out_printf(out, "Active            %u\n", counts.active);
	cli_out_printf(out, "Being created     %u\n", counts.creating);
	cli_out_printf(out, "Being deleted     %u\n", counts.closing);
	cli_out_printf(out, "Room              %u\n", session_table_limit_now(pgw->sessions));
	cli_out_printf(out, "SGWs              %u\n\n", counts.sgws);
	c = cli_columns_new(out, headers, 2);
	for (uint16_t i = 0; i < pgw->config->n_apns; i++) {
		struct clear_filter f = { .has_apn = true, .apn = i };

		cli_columns_cell(c, "%s", pgw->config->apns[i].name);
		cli_columns_cell(c, "%u", clear_count(pgw, &f));
	}
	cli_columns_end(c);
	return 0;
}

// ---- Ending sessions.

static int
clear_one(struct pgw *pgw, struct session *s, struct cli_out *out)
{
	int ret;

	if (s->state != SESSION_ACTIVE)
		return cli_out_fail(out, "IMSI %s: the session is only being created", s->imsi);
	ret = delete_bearer_begin(pgw, s, SESSION_END_CLEARED, GTPC_CAUSE_REACTIVATION_REQUESTED);
	if (ret < 0)
		return cli_out_fail(out, "IMSI %s: %s", s->imsi, strerror(-ret));
	pgw->counters.sessions_cleared++;
	cli_out_printf(out, "IMSI %s EBI %u: Delete Bearer Request sent\n", s->imsi, s->bearer.ebi);
	return 0;
}

static int
clear_imsi(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *imsi = cli_arg(args, "imsi");
	uint8_t ebi = (uint8_t)cli_arg_uint(args, "ebi", 0);
	struct pgw *pgw = ctx;
	struct session *s, *next;
	unsigned int n = 0;

	log_notice("%s: clear session imsi %s", cli_args_client(args), imsi);
	for (s = session_find_imsi(pgw->sessions, imsi, NULL); s; s = next) {
		next = session_find_imsi(pgw->sessions, imsi, s);
		if (ebi && s->bearer.ebi != ebi)
			continue;
		n++;
		clear_one(pgw, s, out);
	}
	return n ? 0 : cli_out_fail(out, "IMSI %s has no such session", imsi);
}

static int
clear_address(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *text = cli_arg(args, "address");
	struct session *s;

	log_notice("%s: clear session address %s", cli_args_client(args), text);
	switch (each_of_address(ctx, text, &s, NULL, out)) {
	case 0:
		return cli_out_fail(out, "no session has the address %s", text);
	case 1:
		return clear_one(ctx, s, out);
	default:
		return cli_out_fail(out, "%s is in several VRFs; clear by IMSI", text);
	}
}

static int
clear_teid(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct pgw *pgw = ctx;
	struct session *s;
	uint32_t teid;

	if (!cli_word_teid(cli_arg(args, "teid"), &teid))
		return -EINVAL;
	log_notice("%s: clear session teid 0x%08x", cli_args_client(args), teid);
	s = session_find_teid(pgw->sessions, teid);
	return s ? clear_one(pgw, s, out) : cli_out_fail(out, "no session has TEID 0x%08x", teid);
}

static int
clear_many(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct clear_filter f;
	uint32_t n;
	int ret = read_filter(args, ctx, &f, out);

	if (ret < 0)
		return ret;
	n = clear_count(ctx, &f);
	if (n == 0)
		return cli_out_fail(out, "no such session");
	log_notice("%s: clears %u sessions", cli_args_client(args), n);
	ret = clear_begin(ctx, &f, GTPC_CAUSE_REACTIVATION_REQUESTED);
	if (ret < 0)
		return cli_out_fail(out, "%s", strerror(-ret));
	cli_out_printf(out, "%u sessions are being cleared\n", n);
	return 0;
}

static const struct cli_row rows[] = {
	{ "show sessions [apn <name>] [peer <address>] [page <n>]", show_sessions,
		"The session table" },
	{ "show sessions summary", show_summary, "How many sessions there are" },
	{ "show session imsi <imsi>", show_imsi, "One subscriber's sessions, with counters" },
	{ "show session address <address>", show_address, "The session of a device's address" },
	{ "show session teid <teid>", show_teid, "The session of a TEID of ours" },
	{ "clear session imsi <imsi> [ebi <ebi>]", clear_imsi,
		"Ends a subscriber's sessions; the device is asked to come back" },
	{ "clear session address <address>", clear_address, "Ends the session of an address" },
	{ "clear session teid <teid>", clear_teid, "Ends the session of a TEID of ours" },
	{ "clear session apn <name>", clear_many, "Ends all sessions of an APN, paced" },
	{ "clear session peer <address>", clear_many, "Ends all sessions of an SGW, paced" },
	{ "clear session all", clear_many, "Ends all sessions, paced" },
};

static const struct cli_word words[] = {
	{ .word = "sessions", .text = "PDN sessions" },
	{ .word = "session", .text = "One PDN session" },
	{ .word = "clear", .text = "End sessions" },
	{ .word = "all", .text = "Every session" },
	{ .word = "apn", .text = "Of an APN" },
	{ .word = "peer", .text = "Of an SGW, by its control plane address" },
	{ .word = "<imsi>", .text = "6 to 15 digits", .check = cli_is_imsi },
	{ .word = "<address>", .text = "IP address", .check = cli_is_addr },
	{ .word = "<teid>", .text = "Decimal or 0x...", .check = cli_is_teid },
	{ .word = "<name>", .text = "As the configuration calls it" },
	{ .word = "<ebi>",
		.text = "EPS bearer identity of the default bearer, 5 to 15",
		.check = cli_is_number },
	{ .word = "<n>", .text = "Page of 50 sessions, from 1", .check = cli_is_number },
};

const struct cli_table session_cli = CLI_TABLE("Sessions", rows, words);
