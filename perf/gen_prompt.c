// SPDX-License-Identifier: BSD-3-Clause
// What can be set, by options and at the prompt alike, and the prompt's commands.
#include "perf/gen.h"

#include <rte_ethdev.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
set_number(const char *value, double low, double high, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(value, &end);
	if (end == value || *end || errno)
		return "is not a number";
	return *out < low || *out > high ? "is out of range" : NULL;
}

static const char *
set_sessions(const char *value)
{
	double n;
	const char *fault = set_number(value, 1, RANGE_SESSIONS_MAX, &n);

	if (fault == NULL)
		gen_config.sessions = (uint32_t)n;
	return fault;
}

static const char *
set_sgws(const char *value)
{
	double n;
	const char *fault = set_number(value, 1, RANGE_SGWS_MAX, &n);

	if (fault == NULL)
		gen_config.range.n_sgws = (uint32_t)n;
	return fault;
}

static const char *
set_order(const char *value)
{
	gen_config.is_sequential = strcmp(value, "sequential") == 0;
	return gen_config.is_sequential || strcmp(value, "random") == 0
		? NULL
		: "is neither random nor sequential";
}

static const char *
set_direction(const char *value)
{
	bool is_mixed = strcmp(value, "mixed") == 0;
	bool ul = is_mixed || strcmp(value, "ul") == 0, dl = is_mixed || strcmp(value, "dl") == 0;

	if (!ul && !dl)
		return "is none of ul, dl, mixed";
	gen_config.is_active[GEN_UL] = ul;
	gen_config.is_active[GEN_DL] = dl;
	return NULL;
}

static const char *
set_size(const char *value)
{
	double n = 0;
	const char *fault = strcmp(value, "imix") == 0
		? NULL
		: set_number(value, GEN_INNER_MIN, GEN_INNER_MAX, &n);

	if (fault == NULL)
		gen_config.size = (uint16_t)n;
	return fault;
}

static const char *
set_rate(const char *value)
{
	return rate_parse(value, &gen_config.rate)
		? "is none of max, 250000, 300k, 1.5M, 40% (of the link)"
		: NULL;
}

static const char *
set_addr(const char *value, uint32_t *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, value, &in) != 1)
		return "is not an IPv4 address";
	*addr = ntohl(in.s_addr);
	return NULL;
}

static const char *
set_gtpu(const char *value)
{
	return set_addr(value, &gen_config.range.gtpu);
}

static const char *
set_sgw(const char *value)
{
	return set_addr(value, &gen_config.range.sgw_first);
}

static const char *
set_ue(const char *value)
{
	return set_addr(value, &gen_config.range.ue_first);
}

static const char *
set_host(const char *value)
{
	return set_addr(value, &gen_config.host);
}

static const char *
set_mac(const char *value, struct rte_ether_addr *mac)
{
	return rte_ether_unformat_addr(value, mac) ? "is not a MAC address" : NULL;
}

static const char *
set_access_mac(const char *value)
{
	return set_mac(value, &gen_config.gateway[GEN_UL]);
}

static const char *
set_sgi_mac(const char *value)
{
	return set_mac(value, &gen_config.gateway[GEN_DL]);
}

static const char *
set_port(const char *value, enum gen_direction d)
{
	double n;
	const char *fault = set_number(value, 0, RTE_MAX_ETHPORTS - 1, &n);

	if (fault == NULL)
		gen_config.port[d] = (uint16_t)n;
	return fault;
}

static const char *
set_access_port(const char *value)
{
	return set_port(value, GEN_UL);
}

static const char *
set_sgi_port(const char *value)
{
	return set_port(value, GEN_DL);
}

static const char *
set_expect(const char *value)
{
	gen_config.expect = strcmp(value, "same") == 0 ? GEN_EXPECT_SAME : GEN_EXPECT_TUNNEL;
	return gen_config.expect == GEN_EXPECT_SAME || strcmp(value, "tunnel") == 0
		? NULL
		: "is neither tunnel (a gateway) nor same (a forwarder)";
}

static const char *
set_on_off(const char *value, bool *out)
{
	*out = strcmp(value, "on") == 0;
	return *out || strcmp(value, "off") == 0 ? NULL : "is neither on nor off";
}

static const char *
set_verify(const char *value)
{
	return set_on_off(value, &gen_config.has_verify);
}

static const char *
set_json(const char *value)
{
	bool wanted;
	const char *fault = set_on_off(value, &wanted);

	if (fault == NULL)
		gen_json_set(wanted);
	return fault;
}

static const char *
set_stats_period(const char *value)
{
	return set_number(value, 0, 3600, &gen_config.stats_period_s);
}

static const struct setting {
	const char *name, *values, *meaning;
	const char *(*set)(const char *value);
	bool is_only_at_start;
} setting[] = {
	{ "sessions", "N", "sessions of the range, 1 to 16777216 (1000)", set_sessions, false },
	{ "order", "random|sequential", "which session is next (random)", set_order, false },
	{ "direction", "ul|dl|mixed", "uplink, downlink or both (mixed)", set_direction, false },
	{ "size", "BYTES|imix",
		"of inner packets, 52 to 1500; imix: 7 of 64, 4 of 594, 1 of 1400 (64)", set_size,
		false },
	{ "rate", "PPS|X%|max", "of each direction: 250000, 300k, 1.5M, 40% of the link (max)",
		set_rate, false },
	{ "verify", "on|off", "compare every header that comes back (off)", set_verify, false },
	{ "json", "on|off", "results as one line of JSON each (off)", set_json, false },
	{ "stats-period", "SECONDS", "a line of statistics that often while sending, 0: none (0)",
		set_stats_period, false },
	{ "expect", "tunnel|same", "a gateway's work, or the frames as sent (tunnel)", set_expect,
		false },
	{ "access-port", "N", "DPDK port on the side of the SGWs (0)", set_access_port, true },
	{ "sgi-port", "N", "DPDK port on the side of the customer's network (1)", set_sgi_port,
		true },
	{ "access-mac", "MAC", "of the device under test, towards the SGWs (broadcast)",
		set_access_mac, false },
	{ "sgi-mac", "MAC", "the same, towards the customer (broadcast)", set_sgi_mac, false },
	{ "gtpu", "ADDRESS", "the gateway's GTP-U address (10.10.0.1)", set_gtpu, false },
	{ "sgw", "ADDRESS", "the first SGW (10.10.0.2)", set_sgw, false },
	{ "sgws", "N", "SGWs that the sessions go round (2)", set_sgws, false },
	{ "ue", "ADDRESS", "the first session's (100.64.0.1)", set_ue, false },
	{ "host", "ADDRESS", "in the customer's network (10.20.0.2)", set_host, false },
};

void
gen_settings_print(bool is_option)
{
	for (size_t i = 0; i < RTE_DIM(setting); i++) {
		char left[48];

		if (!is_option && setting[i].is_only_at_start)
			continue;
		snprintf(left, sizeof(left), "%s%s %s", is_option ? "--" : "set ", setting[i].name,
			setting[i].values);
		printf("  %-32s %s\n", left, setting[i].meaning);
	}
}

const char *
gen_setting_name(size_t i)
{
	return i < RTE_DIM(setting) ? setting[i].name : NULL;
}

const char *
gen_set(const char *name, const char *value, bool is_at_start)
{
	for (size_t i = 0; i < RTE_DIM(setting); i++)
		if (strcmp(setting[i].name, name) == 0)
			return setting[i].is_only_at_start && !is_at_start
				? "can only be given at the start"
				: setting[i].set(value);
	return "is no setting (help)";
}

// ---- Commands

static void
report(const struct gen_result *r)
{
	if (gen_json_wanted())
		gen_report_json(stdout, r);
	else
		gen_report_text(stdout, r);
}

static const char *
command_run(const char *first, const char *second)
{
	double seconds = 0;
	const char *fault = first ? set_number(first, 0.01, 1e6, &seconds) : NULL;
	struct gen_result r;

	(void)second;
	if (fault)
		return fault;
	atomic_store(&gen_interrupted, false);
	r = gen_run(seconds);
	report(&r);
	return NULL;
}

static const char *
command_search(const char *first, const char *second)
{
	double loss = 0, trial = 1;
	const char *fault = first ? set_number(first, 0, 100, &loss) : NULL;

	if (fault == NULL && second)
		fault = set_number(second, 0.05, 3600, &trial);
	if (fault)
		return fault;
	atomic_store(&gen_interrupted, false);
	gen_search(loss, trial);
	return NULL;
}

static const char *
command_set(const char *first, const char *second)
{
	const char *fault;

	if (first == NULL || second == NULL)
		return "takes a name and a value (help)";
	fault = gen_set(first, second, false);
	if (fault == NULL && !gen_frames_remake())
		fault = "needs more packet buffers than there are";
	return fault;
}

static const char *
command_show(const char *first, const char *second)
{
	(void)first;
	(void)second;
	printf("%u sessions %s, %s%s, ", gen_config.sessions,
		gen_config.is_sequential ? "in turn" : "at random",
		gen_config.is_active[GEN_UL] ? "uplink " : "",
		gen_config.is_active[GEN_DL] ? "downlink" : "");
	if (gen_config.size)
		printf("inner packets of %u bytes, ", gen_config.size);
	else
		printf("IMIX, ");
	if (gen_config.rate.value > 0)
		printf("rate %g%s\n", gen_config.rate.value,
			gen_config.rate.is_percent ? " % of the link" : " packets per second");
	else
		printf("as fast as it goes\n");
	return NULL;
}

static const char *command_help(const char *first, const char *second);

static const char *
command_quit(const char *first, const char *second)
{
	(void)first;
	(void)second;
	return "quit";
}

static const struct command {
	const char *name, *arguments, *meaning;
	const char *(*run)(const char *first, const char *second);
} command[] = {
	{ "run", "[SECONDS]", "send, and report; without a time until Ctrl-C", command_run },
	{ "search", "[LOSS% [SECONDS]]",
		"the highest rate that loses no more, by trials of that long", command_search },
	{ "set", "NAME VALUE", "change a setting", command_set },
	{ "show", "", "the settings of now", command_show },
	{ "help", "", "this", command_help },
	{ "quit", "", "end", command_quit },
};

static const char *
command_help(const char *first, const char *second)
{
	(void)first;
	(void)second;
	for (size_t i = 0; i < RTE_DIM(command); i++) {
		char left[48];

		snprintf(left, sizeof(left), "%s %s", command[i].name, command[i].arguments);
		printf("  %-32s %s\n", left, command[i].meaning);
	}
	gen_settings_print(false);
	return NULL;
}

// NULL, "quit", or what is wrong with *what, a word of the line.
static const char *
execute(char *line, const char **what)
{
	char *rest = NULL, *name = strtok_r(line, " \t\n", &rest);
	char *first = strtok_r(NULL, " \t\n", &rest), *second = strtok_r(NULL, " \t\n", &rest);

	if (name == NULL)
		return NULL;
	for (size_t i = 0; i < RTE_DIM(command); i++)
		if (strcmp(command[i].name, name) == 0) {
			*what = first ? first : name;
			return command[i].run(first, second);
		}
	*what = name;
	return "is no command (help)";
}

void
gen_prompt(FILE *in)
{
	bool is_terminal = isatty(fileno(in));
	char line[256];

	for (;;) {
		const char *fault, *what = "";

		if (is_terminal) {
			printf("gen> ");
			fflush(stdout);
		}
		if (fgets(line, sizeof(line), in) == NULL)
			return;
		fault = execute(line, &what);
		if (fault && strcmp(fault, "quit") == 0)
			return;
		if (fault)
			printf("error: %s %s\n", what, fault);
		fflush(stdout);
	}
}
