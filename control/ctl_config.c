// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl_config.h"

#include "control/session/bearer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const auth_names[] = { "none", "optional", "required", NULL };
static const char *const selection_names[] = { "any", "verified", NULL };
static const char *const unknown_static_names[] = { "dynamic", "reject", NULL };
static const char *const single_names[] = { "ipv4", "ipv6", NULL };
static const char *const bearer_control_names[] = { "device", "both", NULL };
static const char *const restart_names[] = { "greater", "changed", NULL };
static const char *const path_down_names[] = { "keep", "clear", NULL };

// ---- Address ranges: "100.64.0.0/16", "100.64.0.1-100.64.0.9" or a single address; of IPv6
// "2001:db8:100::/48", "2001:db8:100::-2001:db8:100:ff::" or a single /64 by its first address.

// The number of an address in a range of its family: of IPv6 the upper half.
static uint64_t
number_of(const struct cfg_addr *a)
{
	uint64_t number = 0;

	for (int i = 0; i < (a->family == 4 ? 4 : 8); i++)
		number = number << 8 | a->bytes[i];
	return number;
}

static struct cfg_addr
addr_of(uint32_t family, uint64_t number)
{
	struct cfg_addr a = { .family = (uint8_t)family };
	int n = family == 4 ? 4 : 8;

	for (int i = 0; i < n; i++)
		a.bytes[i] = (uint8_t)(number >> (8 * (n - 1 - i)));
	return a;
}

// Of IPv6 the first of a /64.
static bool
parse_end(const char *text, uint32_t *family, uint64_t *number)
{
	static const uint8_t zero[8];
	struct cfg_addr a;

	if (cfg_parse_addr(text, &a) < 0 || (a.family == 6 && memcmp(a.bytes + 8, zero, 8) != 0))
		return false;
	*family = a.family;
	*number = number_of(&a);
	return true;
}

static bool
parse_span(const char *text, const char *dash, struct ctl_range *range)
{
	char first[CFG_ADDR_TEXT];
	size_t n = (size_t)(dash - text);
	uint32_t family;

	if (n >= sizeof(first))
		return false;
	memcpy(first, text, n);
	first[n] = '\0';
	return parse_end(first, &range->family, &range->first) &&
		parse_end(dash + 1, &family, &range->last) && family == range->family &&
		range->first <= range->last;
}

static bool
parse_range(const char *text, struct ctl_range *range)
{
	const char *dash = strchr(text, '-');
	struct cfg_prefix prefix;
	int open_bits;

	*range = (struct ctl_range){ .family = 0 };
	if (dash)
		return parse_span(text, dash, range);
	if (!strchr(text, '/')) {
		if (!parse_end(text, &range->family, &range->first))
			return false;
		range->last = range->first;
		return true;
	}
	if (cfg_parse_prefix(text, &prefix) < 0)
		return false;
	open_bits = (prefix.addr.family == 4 ? 32 : 64) - prefix.length;
	if (open_bits < 0)
		return false;
	range->family = prefix.addr.family;
	range->first = number_of(&prefix.addr);
	range->last =
		range->first | (open_bits == 64 ? UINT64_MAX : (UINT64_C(1) << open_bits) - 1);
	return true;
}

static int
range_parse(const char *text, void *member, size_t size, const char **why)
{
	if (parse_range(text, member))
		return 0;
	*why = "write 100.64.0.0/16, 100.64.0.1-100.64.0.9, 2001:db8:100::/48 (at most /64) or a "
	       "single address";
	return -EINVAL;
}

// The length of an IPv6 prefix that is just this range, -1: it isn't one.
static int
prefix_length(const struct ctl_range *range)
{
	uint64_t open = range->first ^ range->last;
	int length = 64;

	if (range->family != 6 || (open & (open + 1)) != 0 || (range->first & open) != 0)
		return -1;
	for (; open; open >>= 1)
		length--;
	return length;
}

const char *
ctl_range_text(const struct ctl_range *range, char *text)
{
	struct cfg_addr a = addr_of(range->family, range->first);
	struct cfg_addr b = addr_of(range->family, range->last);
	char first[CFG_ADDR_TEXT], last[CFG_ADDR_TEXT];
	int length = prefix_length(range);

	if (length >= 0)
		return cfg_prefix_text(
			&(struct cfg_prefix){ .addr = a, .length = (uint8_t)length }, text);
	if (range->first == range->last)
		return cfg_addr_text(&a, text);
	snprintf(text, CFG_ADDR_TEXT, "%.24s-%.24s", cfg_addr_text(&a, first),
		cfg_addr_text(&b, last));
	return text;
}

static void
range_print(const void *member, size_t size, char *text, size_t room)
{
	char buffer[CFG_ADDR_TEXT];

	snprintf(text, room, "%s", ctl_range_text(member, buffer));
}

static const struct cfg_codec range_codec = {
	.type = "address range", .parse = range_parse, .print = range_print
};

// ---- Addresses of peers: a prefix or a single address of either family.

static int
network_parse(const char *text, void *member, size_t size, const char **why)
{
	struct cfg_prefix *prefix = member;

	if (cfg_parse_prefix(text, prefix) == 0)
		return 0;
	*why = "write 10.10.0.0/24 with no bits after the length, or an address";
	if (cfg_parse_addr(text, &prefix->addr) < 0)
		return -EINVAL;
	prefix->length = prefix->addr.family == 4 ? 32 : 128;
	return 0;
}

static void
network_print(const void *member, size_t size, char *text, size_t room)
{
	char buffer[CFG_ADDR_TEXT];

	snprintf(text, room, "%s", cfg_prefix_text(member, buffer));
}

static const struct cfg_codec network_codec = {
	.type = "prefix or address", .parse = network_parse, .print = network_print
};

// ---- One /64, or nothing.

static int
prefix64_parse(const char *text, void *member, size_t size, const char **why)
{
	struct cfg_prefix prefix;
	struct cfg_addr *addr = member;

	memset(addr, 0, sizeof(*addr));
	if (*text == '\0')
		return 0;
	*why = "write 2001:db8:100:7::/64";
	if (cfg_parse_prefix(text, &prefix) < 0 || prefix.addr.family != 6 || prefix.length != 64)
		return -EINVAL;
	*addr = prefix.addr;
	return 0;
}

static void
prefix64_print(const void *member, size_t size, char *text, size_t room)
{
	struct cfg_prefix prefix = { .length = 64 };
	char buffer[CFG_ADDR_TEXT];

	memcpy(&prefix.addr, member, sizeof(prefix.addr));
	snprintf(text, room, "%s", prefix.addr.family ? cfg_prefix_text(&prefix, buffer) : "");
}

static const struct cfg_codec prefix64_codec = {
	.type = "/64", .parse = prefix64_parse, .print = prefix64_print
};

// ---- IMSIs.

static int
imsi_parse(const char *text, void *member, size_t size, const char **why)
{
	size_t n = strlen(text);

	*why = "write 6 to 15 decimal digits";
	if (n < 6 || n >= size)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)text[i]))
			return -EINVAL;
	memcpy(member, text, n);
	return 0;
}

static void
imsi_print(const void *member, size_t size, char *text, size_t room)
{
	snprintf(text, room, "%s", (const char *)member);
}

static const struct cfg_codec imsi_codec = {
	.type = "IMSI", .parse = imsi_parse, .print = imsi_print
};

// ---- PLMNs: MCC and MNC, as people write them.

static int
plmn_parse(const char *text, void *member, size_t size, const char **why)
{
	size_t n = strlen(text);
	unsigned int mcc = 0, mnc = 0;

	*why = "write an MCC of 3 and an MNC of 2 or 3 decimal digits, like 26201";
	if (n < 5 || n > 6 || strspn(text, "0123456789") != n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (i < 3)
			mcc = mcc * 10 + (unsigned int)(text[i] - '0');
		else
			mnc = mnc * 10 + (unsigned int)(text[i] - '0');
	*(struct gtpc_plmn *)member =
		gtpc_plmn_make((uint16_t)mcc, (uint16_t)mnc, (unsigned int)n - 3);
	return 0;
}

static void
plmn_print(const void *member, size_t size, char *text, size_t room)
{
	char buffer[GTPC_PLMN_TEXT_MAX];

	snprintf(text, room, "%s", gtpc_plmn_text(member, buffer));
}

static const struct cfg_codec plmn_codec = {
	.type = "PLMN", .parse = plmn_parse, .print = plmn_print
};

// ---- RAT types, by the names that `show session` has for them.

static int
rat_parse(const char *text, void *member, size_t size, const char **why)
{
	*why = "write UTRAN, GERAN, WLAN, E-UTRAN, NB-IoT, LTE-M or NR";
	for (uint8_t rat = 1; rat <= GTPC_RAT_NR; rat++)
		if (strcasecmp(text, gtpc_rat_text(rat)) == 0) {
			*(uint8_t *)member = rat;
			return 0;
		}
	return -EINVAL;
}

static void
rat_print(const void *member, size_t size, char *text, size_t room)
{
	snprintf(text, room, "%s", gtpc_rat_text(*(const uint8_t *)member));
}

static const struct cfg_codec rat_codec = { .type = "RAT", .parse = rat_parse, .print = rat_print };

// ---- Many IMSIs, and packet filters.

static bool
is_digits(const char *text, size_t least)
{
	size_t n = strspn(text, "0123456789");

	return n >= least && n <= 15 && text[n] == '\0';
}

static int
imsis_parse(const char *text, void *member, size_t size, const char **why)
{
	struct ctl_imsis *imsis = member;
	const char *dash = strchr(text, '-');
	size_t n = dash ? (size_t)(dash - text) : strcspn(text, "*");

	*why = "write an IMSI, 001010000000001-001010000000099 or 0010123*";
	if (n == 0 || n > 15)
		return -EINVAL;
	memset(imsis, 0, sizeof(*imsis));
	memcpy(imsis->first, text, n);
	if (dash && strlen(dash + 1) == n)
		memcpy(imsis->last, dash + 1, n);
	else if (text[n] == '\0')
		memcpy(imsis->last, imsis->first, sizeof(imsis->last));
	else if (strcmp(text + n, "*") != 0)
		return -EINVAL;
	if (!is_digits(imsis->first, *imsis->last ? 6 : 1))
		return -EINVAL;
	if (*imsis->last && (!is_digits(imsis->last, 6) || strcmp(imsis->first, imsis->last) > 0))
		return -EINVAL;
	return 0;
}

static void
imsis_print(const void *member, size_t size, char *text, size_t room)
{
	const struct ctl_imsis *imsis = member;

	if (*imsis->last == '\0')
		snprintf(text, room, "%s*", imsis->first);
	else if (strcmp(imsis->first, imsis->last) == 0)
		snprintf(text, room, "%s", imsis->first);
	else
		snprintf(text, room, "%s-%s", imsis->first, imsis->last);
}

static const struct cfg_codec imsis_codec = {
	.type = "IMSIs", .parse = imsis_parse, .print = imsis_print
};

bool
ctl_imsis_have(const struct ctl_imsis *imsis, const char *imsi)
{
	size_t n = strlen(imsis->first);

	if (*imsis->last == '\0')
		return strncmp(imsi, imsis->first, n) == 0;
	return strlen(imsi) == n && strcmp(imsi, imsis->first) >= 0 &&
		strcmp(imsi, imsis->last) <= 0;
}

static int
filter_parse(const char *text, void *member, size_t size, const char **why)
{
	static char reason[128];
	int ret = tft_filter_parse(text, member, reason, sizeof(reason));

	*why = reason;
	return ret;
}

static void
filter_print(const void *member, size_t size, char *text, size_t room)
{
	char buffer[TFT_TEXT_MAX];

	snprintf(text, room, "%s", tft_filter_text(member, buffer));
}

static const struct cfg_codec filter_codec = {
	.type = "packet filter", .parse = filter_parse, .print = filter_print
};

// ---- Rows.

static const struct cfg_row pool_rows[] = {
	CFG_STRING(ctl_pool, name, "name", NULL, "APNs name the pool by this",
		.flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_CUSTOM(ctl_pool, range, "range", NULL, &range_codec,
		"Its addresses; of IPv6 each device gets a /64 of them"),
	CFG_CUSTOM_LIST(ctl_pool, excluded, n_excluded, "exclude", "", &range_codec, 0,
		"Addresses that no device gets"),
	CFG_CUSTOM_LIST(ctl_pool, statics, n_statics, "static", "", &range_codec, 0,
		"Addresses that are kept for SIMs with a fixed one"),
	CFG_BOOL(ctl_pool, uses_edges, "use_edges", "false",
		"Also give the first and the last IPv4 address (network and broadcast address of a "
		"prefix)"),
	CFG_SECONDS(ctl_pool, rest_s, "rest", "60s", 0, 86400,
		"How long a released address rests before another device may get it"),
	CFG_BOOL(ctl_pool, is_rest_strict, "rest_strict", "false",
		"Refuse a device (cause 84) while all free addresses still rest; else it gets the "
		"one "
		"that rested longest"),
};

static const struct cfg_schema pool_schema = CFG_SCHEMA(ctl_pool, pool_rows);

static const struct cfg_row static_rows[] = {
	CFG_CUSTOM(ctl_static, imsi, "imsi", NULL, &imsi_codec, "The SIM", .flags = CFG_UNIQUE),
	CFG_ADDR4(ctl_static, address, "address", "",
		"Its IPv4 address; it must lie in a static range of one of the APN's pools",
		.flags = CFG_UNIQUE),
	CFG_CUSTOM(ctl_static, prefix, "prefix", "", &prefix64_codec,
		"Its IPv6 prefix; it must lie in a static range of one of the APN's pools",
		.flags = CFG_UNIQUE),
};

static const struct cfg_schema static_schema = CFG_SCHEMA(ctl_static, static_rows);

static const struct cfg_row user_rows[] = {
	CFG_STRING(ctl_user, name, "name", NULL, "User name of PAP or CHAP", .flags = CFG_UNIQUE),
	CFG_STRING(ctl_user, password, "password", NULL, "Password of PAP, secret of CHAP",
		.flags = CFG_SECRET),
};

static const struct cfg_schema user_schema = CFG_SCHEMA(ctl_user, user_rows);

static const struct cfg_row bearer_rows[] = {
	CFG_STRING(
		ctl_bearer, name, "name", NULL, "For people", .flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_U8(ctl_bearer, qci, "qci", NULL, 1, 254, "QCI"),
	CFG_U8(ctl_bearer, priority_level, "priority_level", "9", 1, 15, "ARP priority level"),
	CFG_BOOL(ctl_bearer, can_preempt, "can_preempt", "false",
		"ARP: it may take the place of others (pre-emption capability)"),
	CFG_BOOL(ctl_bearer, is_preemptable, "preemptable", "true",
		"ARP: others may take its place (pre-emption vulnerability)"),
	CFG_BIT_RATE(ctl_bearer, ul_gbr_bps, "gbr.uplink", "0", 0, 1000000000000,
		"Guaranteed bit rate uplink, for QCIs that guarantee one"),
	CFG_BIT_RATE(ctl_bearer, dl_gbr_bps, "gbr.downlink", "0", 0, 1000000000000,
		"Guaranteed bit rate downlink"),
	CFG_BIT_RATE(ctl_bearer, ul_mbr_bps, "mbr.uplink", "0", 0, 1000000000000,
		"Largest bit rate uplink, which is policed; 0: the guaranteed one, or none"),
	CFG_BIT_RATE(ctl_bearer, dl_mbr_bps, "mbr.downlink", "0", 0, 1000000000000,
		"Largest bit rate downlink, which is policed; 0: the guaranteed one, or none"),
	CFG_CUSTOM_LIST(ctl_bearer, filters, n_filters, "filters", NULL, &filter_codec, 1,
		"Its packets, in the order in which filters are tried, each "
		"as " TFT_FILTER_GRAMMAR),
	CFG_CUSTOM_LIST(ctl_bearer, imsis, n_imsis, "imsis", "", &imsis_codec, 0,
		"SIMs that get it: IMSIs, ranges (first-last) or beginnings (0010123*); none: all"),
};

static void check_bearer(const void *values, struct cfg_check *check);

static const struct cfg_schema bearer_schema =
	CFG_SCHEMA(ctl_bearer, bearer_rows, .check = check_bearer);

static const struct cfg_row apn_rows[] = {
	CFG_STRING(ctl_apn, name, "name", NULL,
		"Network identifier, asked for with or without .mncNNN.mccNNN.gprs; \"*\" is for "
		"all that "
		"no other APN matches",
		.flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_STRING(ctl_apn, vrf, "vrf", "",
		"VRF of the dataplane that its devices belong to; empty: that of the dataplane's "
		"first "
		"SGi port"),
	CFG_STRING_LIST(ctl_apn, pools, n_pools, "pools", NULL, 1,
		"Names of the pools that addresses come from, those of a family tried in this "
		"order; a family without a pool isn't served"),
	CFG_ENUM(ctl_apn, single, "single_family", "ipv4", single_names,
		"The family of a request for both that can't have both in one session (cause 19)"),
	CFG_ADDR_LIST(ctl_apn, dns, n_dns, "dns", "", 4, 6, 0, "DNS servers told to devices"),
	CFG_ADDR_LIST(ctl_apn, pcscf, n_pcscf, "pcscf", "", 4, 6, 0,
		"P-CSCF addresses told to devices that ask"),
	CFG_U16(ctl_apn, mtu_bytes, "mtu", "1400", 576, 9000,
		"Largest IP packet, told to devices that ask and enforced downlink",
		.unit = "bytes"),
	CFG_U16(ctl_apn, mtu_non_ip_bytes, "mtu_non_ip", "0", 0, 9000,
		"Largest packet of a link without IP, told to devices that ask; 0: not told",
		.unit = "bytes"),
	CFG_BOOL(ctl_apn, is_ims, "ims_signalling", "false",
		"Grant devices that ask for it that their default bearer is for IMS signalling "
		"alone (IM CN Subsystem Signalling Flag)"),
	CFG_ENUM(ctl_apn, bearer_control, "bearer_control", "both", bearer_control_names,
		"Who may ask for dedicated bearers, told to devices that ask: they alone, or the "
		"network too"),
	CFG_U16(ctl_apn, mss_ipv4, "mss.ipv4", "0", 0, 9000,
		"Lower the maximum segment size that TCP over IPv4 agrees on to this, 0: never",
		.unit = "bytes"),
	CFG_U16(ctl_apn, mss_ipv6, "mss.ipv6", "0", 0, 9000, "The same for TCP over IPv6",
		.unit = "bytes"),
	CFG_SECONDS(ctl_apn, ra_interval_s, "router_advertisements.interval", "6h", 0, 21600,
		"Between Router Advertisements to a device; a few come after attach, and when it "
		"asks. 0: only those"),
	CFG_BIT_RATE(ctl_apn, ul_default_bps, "ambr.uplink", "100M", 1000, 4000000000000,
		"APN-AMBR uplink where the request brings none"),
	CFG_BIT_RATE(ctl_apn, dl_default_bps, "ambr.downlink", "100M", 1000, 4000000000000,
		"APN-AMBR downlink where the request brings none"),
	CFG_BIT_RATE(ctl_apn, ul_max_bps, "ambr.uplink_max", "0", 0, 4000000000000,
		"A larger APN-AMBR is lowered to this, 0: never"),
	CFG_BIT_RATE(ctl_apn, dl_max_bps, "ambr.downlink_max", "0", 0, 4000000000000,
		"A larger APN-AMBR is lowered to this, 0: never"),
	CFG_U8(ctl_apn, qci, "qos.qci", "0", 0, 254,
		"QCI of the default bearer whatever is asked for, 0: as asked for"),
	CFG_U8(ctl_apn, priority_level, "qos.priority_level", "0", 0, 15,
		"ARP priority level of the default bearer, 0: as asked for"),
	CFG_U8(ctl_apn, apn_restriction, "apn_restriction", "0", 0, 4,
		"APN Restriction told to the SGW (TS 23.060 15.4), 0: none"),
	CFG_ENUM(ctl_apn, selection, "selection", "any", selection_names,
		"Whether the HSS must have verified the subscription to the APN (selection mode "
		"0); else "
		"cause 93"),
	CFG_GROUPS(ctl_apn, statics, n_statics, "static_sims", &static_schema, 0, 1000000,
		"SIMs with a fixed address"),
	CFG_BOOL(ctl_apn, takes_static_paa, "static_from_request", "false",
		"Give a SIM the address that the request's PAA asks for (the HSS subscribes it), "
		"if it "
		"lies in a static range of a pool and isn't another SIM's"),
	CFG_ENUM(ctl_apn, unknown_static, "unknown_static", "dynamic", unknown_static_names,
		"What a request gets whose PAA asks for an address that isn't its SIM's"),
	CFG_ENUM(ctl_apn, auth, "authentication", "none", auth_names,
		"Whether PAP or CHAP credentials are compared with `users`; where they are not, "
		"any are "
		"accepted"),
	CFG_GROUPS(ctl_apn, users, n_users, "users", &user_schema, 0, 100000, "PAP and CHAP users"),
	CFG_U32(ctl_apn, sessions_max, "congestion.sessions_max", "0", 0, 16000000,
		"Sessions of the APN, more are refused with cause 113 (APN congestion); 0: no "
		"limit"),
	CFG_U32(ctl_apn, creates_per_s, "congestion.create_rate", "0", 0, 1000000,
		"Create Session Requests served per second, more are refused with cause 113; "
		"0: unlimited"),
	CFG_U8(ctl_apn, low_priority_percent, "congestion.low_priority", "80", 0, 100,
		"Share of both limits from which devices with low access priority are refused",
		.unit = "percent"),
	CFG_SECONDS(ctl_apn, back_off_s, "congestion.back_off", "5m", 0, 1116000,
		"PGW Back-Off Time told with cause 113: so long the MME refuses for us; 0: none"),
	CFG_CUSTOM_LIST(ctl_apn, rats, n_rats, "rats", "", &rat_codec, 0,
		"Radio access that is served, other requests are refused with cause 82; none: all"),
	CFG_BOOL(ctl_apn, is_emergency, "emergency", "false",
		"Serve devices without a SIM, or with one that nobody authenticated; they are "
		"known by their IMEI"),
	CFG_BOOL(ctl_apn, takes_resource_requests, "resource_requests", "true",
		"Devices may ask for dedicated bearers themselves (Bearer Resource Command); else "
		"cause 89"),
	CFG_GROUPS(ctl_apn, bearers, n_bearers, "bearers", &bearer_schema, 0, 64,
		"Dedicated bearers that sessions get at once; a session has at most 10, with 16 "
		"filters"),
};

static void check_apn(const void *values, struct cfg_check *check);

static const struct cfg_schema apn_schema = CFG_SCHEMA(ctl_apn, apn_rows, .check = check_apn);

static const struct cfg_row peer_rows[] = {
	CFG_STRING(ctl_peer, name, "name", NULL, "For people", .flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_CUSTOM_LIST(ctl_peer, addresses, n_addresses, "addresses", NULL, &network_codec, 1,
		"The SGWs' addresses; the first peer that has an address counts"),
	CFG_MS(ctl_peer, t3_ms, "t3", "0ms", 0, 60000, "T3-RESPONSE, 0: gtpc.t3"),
	CFG_U32(ctl_peer, n3, "n3", "0", 0, 20, "N3-REQUESTS, 0: gtpc.n3"),
	CFG_SECONDS(ctl_peer, echo_s, "echo_interval", "0s", 0, 86400,
		"Between Echo Requests, 0: gtpc.echo_interval"),
	CFG_ENUM(ctl_peer, restart, "restart", "greater", restart_names,
		"Which new Recovery value is a restart: a greater one (TS 23.007), or any other "
		"one"),
	CFG_ENUM(ctl_peer, path_down, "path_down", "keep", path_down_names,
		"What becomes of the sessions of a peer that doesn't answer Echo Requests"),
	CFG_SECONDS(ctl_peer, clear_after_s, "clear_after", "5m", 0, 604800,
		"With path_down = \"clear\": how long after the path went down"),
	CFG_BOOL(ctl_peer, has_clock, "late_requests", "false",
		"Refuse Create Session Requests that come too late by their time stamps (causes "
		"121 and 122); the clocks of both sides must be right (NTP)"),
	CFG_U32(ctl_peer, creates_per_s, "create_rate", "0", 0, 1000000,
		"Create Session Requests served per second and peer, 0: unlimited"),
};

static const struct cfg_schema peer_schema = CFG_SCHEMA(ctl_peer, peer_rows);

static const struct cfg_row dscp_rows[] = {
	CFG_U8(ctl_dscp, qci, "qci", NULL, 1, 254, "QCI", .flags = CFG_UNIQUE),
	CFG_U8(ctl_dscp, dscp, "dscp", NULL, 0, 63, "DSCP of the outer header downlink"),
};

static const struct cfg_schema dscp_schema = CFG_SCHEMA(ctl_dscp, dscp_rows);

static const struct cfg_row ctl_rows[] = {
	CFG_SECTION("control", "The process itself."),
	CFG_STRING(ctl_config, run_dir, "control.run_dir", "/run/torii",
		"Where the dataplane's socket and shared file are", .flags = CFG_NOT_EMPTY),
	CFG_STRING(ctl_config, state_dir, "control.state_dir", "/var/lib/torii",
		"Where sessions and restart counter are kept; one per torii-control",
		.flags = CFG_NOT_EMPTY),
	CFG_U32(ctl_config, sessions_max, "control.sessions_max", "1000000", 1, 16000000,
		"PDN sessions; the dataplane's own limit holds too"),
	CFG_U32(ctl_config, bearers_max, "control.bearers_max", "100000", 1, 16000000,
		"Dedicated bearers; the dataplane's own limit holds too"),
	CFG_BOOL(ctl_config, installs_routes, "control.install_routes", "true",
		"Keep a blackhole route for each pool in its VRF's Linux table, for routing "
		"daemons to "
		"announce"),
	CFG_SECTION("gtpc", "GTPv2-C towards the SGWs (S5/S8)."),
	CFG_ADDR_LIST(ctl_config, gtpc, n_gtpc, "gtpc.addresses", NULL, 4, 6, 1,
		"Addresses to listen on", .flags = CFG_UNIQUE),
	CFG_U16(ctl_config, gtpc_port, "gtpc.port", "2123", 1, 65535, "UDP port"),
	CFG_STRING(ctl_config, gtpc_device, "gtpc.device", "",
		"Bind to this network device (a VRF); empty: none"),
	CFG_U8(ctl_config, gtpc_dscp, "gtpc.dscp", "40", 0, 63, "DSCP of what is sent"),
	CFG_U16(ctl_config, csid, "gtpc.csid", "1", 0, 65535,
		"PDN connection set that all sessions belong to, told as PGW-FQ-CSID to SGWs that "
		"name theirs (TS 23.007 22); 0: none"),
	CFG_MS(ctl_config, t3_ms, "gtpc.t3", "3s", 100, 60000,
		"T3-RESPONSE: wait for an answer before a request is sent again"),
	CFG_U32(ctl_config, n3, "gtpc.n3", "4", 1, 20,
		"N3-REQUESTS: how often a request is sent in all"),
	CFG_SECONDS(ctl_config, echo_s, "gtpc.echo_interval", "60s", 1, 86400,
		"Between Echo Requests to a peer with sessions, at least 60 s"),
	CFG_BOOL(ctl_config, may_echo_often, "gtpc.short_echo", "false",
		"Allow Echo intervals below the 60 s that TS 29.274 and 29.281 ask for: for a lab "
		"alone"),
	CFG_U32(ctl_config, peers_max, "gtpc.peers_max", "4096", 1, 1000000,
		"Addresses of peers that are known at once"),
	CFG_U32(ctl_config, transactions_max, "gtpc.transactions_max", "400000", 1000, 10000000,
		"Requests being worked on and answers kept for repeated ones, together"),
	CFG_SECTION("gtpu", "GTP-U paths to the SGWs; the rest of GTP-U is the dataplane's."),
	CFG_SECONDS(ctl_config, user_echo_s, "gtpu.echo_interval", "60s", 0, 86400,
		"Between Echo Requests to an SGW-U with sessions, at least 60 s; repeated by "
		"gtpc.t3 and gtpc.n3. 0: none"),
	CFG_STRING(ctl_config, gtpu_device, "gtpu.device", "",
		"Send them by this network device (the VRF of the GTP-U addresses); empty: none"),
	CFG_SECTION("limits", "What keeps a storm of requests bounded."),
	CFG_U32(ctl_config, procedures_max, "limits.procedures", "20000", 1, 1000000,
		"Requests being worked on at once; more are refused with cause 73"),
	CFG_U32(ctl_config, creates_per_s, "limits.create_rate", "0", 0, 10000000,
		"Create Session Requests served per second, 0: unlimited"),
	CFG_U32(ctl_config, create_queue, "limits.create_queue", "4096", 64, 1000000,
		"Create Session Requests that may wait for their turn; more are dropped, and all "
		"other messages go first"),
	CFG_U32(ctl_config, create_close_percent, "limits.create_close", "50", 0, 100,
		"Percent of that queue from which the dataplane drops Create Session Requests at "
		"its ports, until it is half of that; 0: never"),
	CFG_U32(ctl_config, creates_per_sim, "limits.creates_per_sim", "0", 0, 65535,
		"Create Session Requests of one SIM served in 10 seconds, more are refused with "
		"cause 73; 0: unlimited"),
	CFG_SECTION("overload",
		"Load and overload control between networks (TS 29.274 clause 12), off unless a "
		"PLMN is listed."),
	CFG_CUSTOM_LIST(ctl_config, load_plmns, n_load_plmns, "overload.load_plmns", "",
		&plmn_codec, 0, "Serving networks that are told our load"),
	CFG_CUSTOM_LIST(ctl_config, overload_plmns, n_overload_plmns, "overload.plmns", "",
		&plmn_codec, 0,
		"Serving networks that are told when we are overloaded, and whose SGWs' word is "
		"heeded"),
	CFG_SECONDS(ctl_config, overload_validity_s, "overload.validity", "30s", 2, 3600,
		"How long what we tell of an overload holds"),
	CFG_SECTION(
		"trace", "Files with a subscriber's packets and signalling (`trace imsi ...`)."),
	CFG_STRING(ctl_config, trace_dir, "trace.dir", "",
		"Where they are; empty: the folder traces in control.state_dir"),
	CFG_U32(ctl_config, trace_mib, "trace.file_max", "100", 1, 100000,
		"MiB of one file: a trace that reaches it ends"),
	CFG_U32(ctl_config, trace_files, "trace.files_max", "50", 1, 10000,
		"Files kept: a new trace removes the oldest ones beyond"),
	CFG_GROUPS(ctl_config, pools, n_pools, "pools", &pool_schema, 1, 1024,
		"Pools of device addresses"),
	CFG_GROUPS(ctl_config, apns, n_apns, "apns", &apn_schema, 1, 1024,
		"Access point names: the networks that devices are brought into"),
	CFG_GROUPS(ctl_config, peers, n_peers, "peers", &peer_schema, 0, 1024,
		"SGWs that are served; without any entry every one is"),
	CFG_GROUPS(ctl_config, dscps, n_dscps, "dscp", &dscp_schema, 0, 254,
		"DSCP by QCI where it differs from the built-in table (GSMA IR.34)"),
	CFG_SECTION("records",
		"Session log (sessions.jsonl) and usage records (usage.jsonl), lines of JSON."),
	CFG_STRING(ctl_config, records.dir, "records.dir", "",
		"Where they are written; empty: the folder records in control.state_dir"),
	CFG_BOOL(ctl_config, records.writes_usage, "records.usage", "true",
		"Write a usage record at the start of a session, while it lasts, and at its end"),
	CFG_SECONDS(ctl_config, records.interim_s, "records.interim", "15m", 1, 86400,
		"Between usage records of a session that goes on; none is written while it is "
		"idle"),
	CFG_BOOL(ctl_config, records.writes_sessions, "records.sessions", "true",
		"Write the start, every change and the end of each session to the session log"),
	CFG_BOOL(ctl_config, records.to_syslog, "records.syslog", "false",
		"Send the session log's lines to syslog too, facility local0"),
	CFG_U32(ctl_config, records.rotate_mib, "records.rotate_size", "64", 1, 65536,
		"A file that is so large is put aside under the number of its last line",
		.unit = "MiB"),
	CFG_SECONDS(ctl_config, records.rotate_s, "records.rotate_interval", "1h", 0, 604800,
		"One that has been written to for so long as well, 0: never"),
	CFG_U32(ctl_config, records.keep, "records.keep", "200", 0, 100000,
		"Files put aside that stay, of each kind; the oldest are removed. 0: all stay, "
		"until whoever collects them removes them"),
	CFG_SECONDS(ctl_config, records.store_s, "records.store_usage", "60s", 1, 3600,
		"How often a session's usage is stored: so much of it is lost if control and "
		"dataplane end at the same moment"),
	CLI_CFG_ROWS(ctl_config, cli, "2323"),
	METRICS_CFG_ROWS(ctl_config, metrics, "9090"),
	LOG_CFG_ROWS(ctl_config, log),
};

static void check_config(const void *values, struct cfg_check *check);

const struct cfg_schema ctl_config_schema = CFG_SCHEMA(ctl_config, ctl_rows, .check = check_config);

// ---- Checks that rows can't say.

static void
check_bearer(const void *values, struct cfg_check *check)
{
	const struct ctl_bearer *b = values;
	struct bearer_rates rates = { b->ul_mbr_bps / 1000, b->dl_mbr_bps / 1000,
		b->ul_gbr_bps / 1000, b->dl_gbr_bps / 1000 };
	const char *why = bearer_rates_fault(b->qci, &rates);

	if (why)
		cfg_fault(check, "qci", "%u: %s", b->qci, why);
}

static void
check_apn(const void *values, struct cfg_check *check)
{
	const struct ctl_apn *a = values;

	if (a->auth != CTL_AUTH_NONE && a->n_users == 0)
		cfg_fault(check, "authentication", "needs `users`");
	if (a->auth == CTL_AUTH_NONE && a->n_users > 0)
		cfg_fault(check, "users", "have no effect with authentication = \"none\"");
}

static const struct ctl_pool *
pool_named(const struct ctl_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_pools; i++)
		if (strcmp(c->pools[i].name, name) == 0)
			return &c->pools[i];
	return NULL;
}

// The VRF of a pool is that of the APNs that use it. NULL: nobody does.
static const char *
pool_vrf(const struct ctl_config *c, const struct ctl_pool *pool)
{
	for (size_t i = 0; i < c->n_apns; i++)
		for (size_t j = 0; j < c->apns[i].n_pools; j++)
			if (strcmp(c->apns[i].pools[j], pool->name) == 0)
				return c->apns[i].vrf;
	return NULL;
}

static bool
is_inside(const struct ctl_range *inner, const struct ctl_range *outer)
{
	return inner->family == outer->family && inner->first >= outer->first &&
		inner->last <= outer->last;
}

static void
check_pool(const struct ctl_config *c, size_t i, struct cfg_check *check)
{
	const struct ctl_pool *p = &c->pools[i];
	char path[64], text[CFG_ADDR_TEXT];
	const char *vrf = pool_vrf(c, p);

	if (p->range.last - p->range.first >= 1U << 24) {
		snprintf(path, sizeof(path), "pools[%zu].range", i);
		cfg_fault(check, path, "more than 16777216 addresses; make several pools of it");
	}
	for (size_t j = 0; j < p->n_excluded; j++)
		if (!is_inside(&p->excluded[j], &p->range)) {
			snprintf(path, sizeof(path), "pools[%zu].exclude[%zu]", i, j);
			cfg_fault(check, path, "outside of the pool");
		}
	for (size_t j = 0; j < p->n_statics; j++)
		if (!is_inside(&p->statics[j], &p->range)) {
			snprintf(path, sizeof(path), "pools[%zu].static[%zu]", i, j);
			cfg_fault(check, path, "outside of the pool");
		}
	for (size_t j = 0; vrf && j < i; j++) {
		const struct ctl_pool *other = &c->pools[j];
		const char *other_vrf = pool_vrf(c, other);

		if (!other_vrf || strcmp(vrf, other_vrf) != 0 ||
			other->range.family != p->range.family ||
			other->range.first > p->range.last || p->range.first > other->range.last)
			continue;
		snprintf(path, sizeof(path), "pools[%zu].range", i);
		cfg_fault(check, path, "overlaps pool \"%s\" (%s) in the same VRF", other->name,
			ctl_range_text(&other->range, text));
	}
}

static bool
is_static_in(const struct ctl_config *c, const struct ctl_apn *a, const struct cfg_addr *address)
{
	struct ctl_range one = { .family = address->family };

	one.first = one.last = number_of(address);

	for (size_t i = 0; i < a->n_pools; i++) {
		const struct ctl_pool *p = pool_named(c, a->pools[i]);

		for (size_t j = 0; p && j < p->n_statics; j++)
			if (is_inside(&one, &p->statics[j]))
				return true;
	}
	return false;
}

static void
check_static(const struct ctl_config *c, const struct ctl_apn *a, const struct ctl_static *sim,
	const char *path, struct cfg_check *check)
{
	const struct cfg_addr *addrs[] = { &sim->address, &sim->prefix };
	char whole[128];

	if (sim->address.family == 0 && sim->prefix.family == 0)
		cfg_fault(check, path, "needs `address` or `prefix`");
	for (int i = 0; i < 2; i++) {
		if (addrs[i]->family == 0 || is_static_in(c, a, addrs[i]))
			continue;
		snprintf(whole, sizeof(whole), "%s.%s", path, i ? "prefix" : "address");
		cfg_fault(check, whole, "in no static range of the APN's pools");
	}
}

static void
check_apn_pools(const struct ctl_config *c, size_t i, struct cfg_check *check)
{
	const struct ctl_apn *a = &c->apns[i];
	char path[96];

	for (size_t j = 0; j < a->n_pools; j++) {
		const struct ctl_pool *p = pool_named(c, a->pools[j]);
		const char *vrf = p ? pool_vrf(c, p) : NULL;

		snprintf(path, sizeof(path), "apns[%zu].pools[%zu]", i, j);
		if (!p)
			cfg_fault(check, path, "no pool is named \"%s\"", a->pools[j]);
		else if (vrf && strcmp(vrf, a->vrf) != 0)
			cfg_fault(
				check, path, "pool \"%s\" is used in another VRF already", p->name);
	}
	for (size_t j = 0; j < a->n_statics; j++) {
		snprintf(path, sizeof(path), "apns[%zu].static_sims[%zu]", i, j);
		check_static(c, a, &a->statics[j], path, check);
	}
	for (size_t j = 0; j < i; j++)
		if (strcasecmp(a->name, c->apns[j].name) == 0) {
			snprintf(path, sizeof(path), "apns[%zu].name", i);
			cfg_fault(check, path, "there is an APN of that name already");
		}
}

static void
check_echo(const struct ctl_config *c, const char *path, uint32_t echo_s, struct cfg_check *check)
{
	if (echo_s > 0 && echo_s < CTL_ECHO_MIN_S && !c->may_echo_often)
		cfg_fault(check, path,
			"TS 29.274 allows one Echo Request in 60 s; gtpc.short_echo lifts that in "
			"a lab");
}

static void
check_config(const void *values, struct cfg_check *check)
{
	const struct ctl_config *c = values;

	for (size_t i = 0; i < c->n_pools; i++)
		check_pool(c, i, check);
	for (size_t i = 0; i < c->n_apns; i++)
		check_apn_pools(c, i, check);
	check_echo(c, "gtpc.echo_interval", c->echo_s, check);
	check_echo(c, "gtpu.echo_interval", c->user_echo_s, check);
	for (size_t i = 0; i < c->n_peers; i++) {
		char path[64];

		snprintf(path, sizeof(path), "peers[%zu].echo_interval", i);
		check_echo(c, path, c->peers[i].echo_s, check);
	}
}

// ---- DSCP by QCI, as in GSMA IR.34 table 5: EF, AF41, AF31, AF32, AF21, AF11, best effort.
uint8_t
ctl_config_dscp(const struct ctl_config *c, uint8_t qci)
{
	static const uint8_t usual[] = {
		[1] = 46,
		[2] = 46,
		[3] = 46,
		[4] = 34,
		[5] = 26,
		[6] = 28,
		[7] = 18,
		[8] = 10,
		[65] = 46,
		[66] = 46,
		[69] = 26,
		[70] = 10,
	};

	for (size_t i = 0; i < c->n_dscps; i++)
		if (c->dscps[i].qci == qci)
			return c->dscps[i].dscp;
	return qci < sizeof(usual) ? usual[qci] : 0;
}
