// SPDX-License-Identifier: BSD-3-Clause
// A configuration with every kind of row, for the tests of the loader.
#pragma once

#include "config/cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sample_pool {
	struct cfg_prefix prefix;
	uint32_t rest_s;
};

struct sample_apn {
	char name[16];
	uint8_t kind;
	uint64_t ul_bps;
	struct sample_pool *pools;
	size_t n_pools;
	struct cfg_addr dns[2];
	size_t n_dns;
};

struct sample {
	bool is_on;
	uint8_t byte;
	uint16_t word;
	uint32_t sessions_max;
	uint64_t huge;
	uint32_t wait_ms;
	uint32_t idle_s;
	char title[12];
	struct cfg_addr gtpc;
	struct cfg_addr gtpu4;
	uint8_t mac[6];
	uint8_t op[4];
	uint32_t plmn; // by a codec: MCC * 1000 + MNC
	uint16_t cpus[4];
	size_t n_cpus;
	char names[3][8];
	size_t n_names;
	struct sample_apn *apns;
	size_t n_apns;
};

static int
parse_plmn(const char *text, void *member, size_t size, const char **why)
{
	unsigned int mcc, mnc;
	uint32_t plmn;
	int used = 0;

	if (sscanf(text, "%3u-%3u%n", &mcc, &mnc, &used) != 2 || text[used] != '\0') {
		*why = "write \"001-01\"";
		return -EINVAL;
	}
	plmn = mcc * 1000 + mnc;
	memcpy(member, &plmn, size);
	return 0;
}

static void
print_plmn(const void *member, size_t size, char *text, size_t room)
{
	uint32_t plmn;

	memcpy(&plmn, member, size);
	snprintf(text, room, "%03u-%02u", plmn / 1000, plmn % 1000);
}

static const struct cfg_codec plmn_codec = {
	.type = "PLMN", .parse = parse_plmn, .print = print_plmn
};

static const char *const sample_kinds[] = { "dynamic", "static", "both", NULL };

static const struct cfg_row sample_pool_rows[] = {
	CFG_PREFIX(sample_pool, prefix, "prefix", NULL, 4, 6, "Addresses", .flags = CFG_UNIQUE),
	CFG_SECONDS(sample_pool, rest_s, "rest", "1m", 0, 3600, "Released addresses rest"),
};
static const struct cfg_schema sample_pool_schema = CFG_SCHEMA(sample_pool, sample_pool_rows);

static const struct cfg_row sample_apn_rows[] = {
	CFG_STRING(sample_apn, name, "name", NULL, "Network identifier",
		.flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_ENUM(sample_apn, kind, "kind", "both", sample_kinds, "Which addresses"),
	CFG_BIT_RATE(sample_apn, ul_bps, "ambr.ul", "50M", 0, 10000000000, "Uplink APN-AMBR"),
	CFG_GROUPS(sample_apn, pools, n_pools, "pools", &sample_pool_schema, 0, 8, "Pools"),
	CFG_ADDR_LIST(sample_apn, dns, n_dns, "dns", "", 4, 4, 0, "DNS servers"),
};
static const struct cfg_schema sample_apn_schema = CFG_SCHEMA(sample_apn, sample_apn_rows);

// A rule over several settings, as the processes have them.
static void
sample_check(const void *values, struct cfg_check *check)
{
	const struct sample *s = values;

	for (size_t i = 0; i < s->n_apns; i++) {
		char path[64];

		snprintf(path, sizeof(path), "apns[%zu].kind", i);
		if (s->apns[i].kind == 0 && s->apns[i].n_pools == 0)
			cfg_fault(check, path, "\"%s\" needs a pool", s->apns[i].name);
	}
}

static const struct cfg_row sample_rows[] = {
	CFG_SECTION("main", "What matters most."),
	CFG_BOOL(sample, is_on, "main.enabled", "true", "Whether"),
	CFG_U8(sample, byte, "main.byte", "5", 1, 200, "A small number"),
	CFG_U16(sample, word, "main.port", "2123", 1, 65535, "A port"),
	CFG_U32(sample, sessions_max, "main.sessions_max", "1000000", 1, 16000000,
		"PDN sessions over all workers", .unit = "sessions"),
	CFG_U64(sample, huge, "main.huge", "0", 0, UINT64_MAX, "A large number"),
	CFG_MS(sample, wait_ms, "timers.wait", "200ms", 1, 60000, "T3"),
	CFG_SECONDS(sample, idle_s, "timers.idle", "15m", 0, 86400, "Idle"),
	CFG_STRING(sample, title, "title", "", "Words"),
	CFG_ADDR(sample, gtpc, "gtp.control", "", "An address"),
	CFG_ADDR4(sample, gtpu4, "gtp.user", "10.0.0.1", "An IPv4 address"),
	CFG_MAC(sample, mac, "mac", "", "A MAC address"),
	CFG_HEX(sample, op, "keys.op", "", "A key", .flags = CFG_SECRET),
	CFG_CUSTOM(sample, plmn, "plmn", "001-01", &plmn_codec, "Ours"),
	CFG_UINT_LIST(sample, cpus, n_cpus, "main.cpus", "1, 2", 0, 63, 1, "Workers",
		.flags = CFG_UNIQUE),
	CFG_STRING_LIST(sample, names, n_names, "names", "", 0, "Names"),
	CFG_GROUPS(sample, apns, n_apns, "apns", &sample_apn_schema, 0, 4, "APNs"),
};
static const struct cfg_schema sample_schema =
	CFG_SCHEMA(sample, sample_rows, .check = sample_check);

// Loads text as "t.cfg"; *said: what was complained about, to be freed.
static inline int
sample_load(const char *text, struct sample *s, char **said)
{
	size_t n;
	FILE *err = open_memstream(said, &n);
	int rc = cfg_load_text("t.cfg", text, &sample_schema, s, err);

	fclose(err);
	return rc;
}
