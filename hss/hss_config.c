// SPDX-License-Identifier: BSD-3-Clause
#include "hss/hss_config.h"

#include "hss/s6a_avps.h"
#include "hss/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const transport_names[] = { "sctp", "tcp", NULL };

bool
hss_pattern_matches(const char *pattern, const char *text, size_t len)
{
	size_t at = 0, resume_at = 0;
	const char *resume = NULL;

	while (at < len) {
		if (*pattern == '*') {
			resume = ++pattern;
			resume_at = at;
		} else if (*pattern != '\0' &&
			tolower((unsigned char)*pattern) == tolower((unsigned char)text[at])) {
			pattern++;
			at++;
		} else if (resume != NULL) {
			pattern = resume;
			at = ++resume_at;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

// ---- PLMNs: "26201", "310410".

static int
plmn_value_parse(const char *text, void *member, size_t size, const char **why)
{
	*why = "write the MCC and MNC as 5 or 6 digits";
	return plmn_parse(text, member);
}

static void
plmn_value_print(const void *member, size_t size, char *text, size_t room)
{
	char digits[7];

	plmn_format(member, digits);
	text_copy(text, room, digits);
}

static const struct cfg_codec plmn_codec = {
	.type = "PLMN", .parse = plmn_value_parse, .print = plmn_value_print
};

// ---- AVPs: a name that we know, "1234", "10415:1234" or "*".

static int
avp_ref_parse(const char *text, void *member, size_t size, const char **why)
{
	struct hss_avp_ref *ref = member;
	enum s6a_avp avp = s6a_avp_by_name(text);
	unsigned long first, second;
	char *end;

	*why = "write an AVP's name, its code, vendor:code or *";
	if (strcmp(text, "*") == 0) {
		ref->is_any = true;
		return 0;
	}
	if (avp != S6A_NO_AVP) {
		ref->code = s6a_avps[avp].code;
		ref->vendor = s6a_avps[avp].vendor;
		return 0;
	}
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	first = strtoul(text, &end, 10);
	ref->code = (uint32_t)first;
	if (*end == '\0')
		return first <= UINT32_MAX ? 0 : -EINVAL;
	if (*end != ':' || !isdigit((unsigned char)end[1]))
		return -EINVAL;
	second = strtoul(end + 1, &end, 10);
	ref->vendor = (uint32_t)first;
	ref->code = (uint32_t)second;
	return *end == '\0' && first <= UINT32_MAX && second <= UINT32_MAX ? 0 : -EINVAL;
}

static void
avp_ref_print(const void *member, size_t size, char *text, size_t room)
{
	const struct hss_avp_ref *ref = member;

	if (ref->is_any)
		text_copy(text, room, "*");
	else
		snprintf(text, room, "%u:%u", ref->vendor, ref->code);
}

static const struct cfg_codec avp_codec = {
	.type = "AVP", .parse = avp_ref_parse, .print = avp_ref_print
};

// ---- Results: "s6a:5420" or "base:5012".

static int
result_parse(const char *text, void *member, size_t size, const char **why)
{
	struct hss_result *result = member;
	unsigned long code;
	char *end;

	*why = "write s6a:CODE (Experimental-Result) or base:CODE (Result-Code), CODE 3000 to 5999";
	if (strncmp(text, "s6a:", 4) == 0)
		result->is_experimental = true;
	else if (strncmp(text, "base:", 5) != 0)
		return -EINVAL;
	text = strchr(text, ':') + 1;
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	code = strtoul(text, &end, 10);
	if (*end != '\0' || code < 3000 || code > 5999)
		return -EINVAL;
	result->code = (uint32_t)code;
	return 0;
}

static void
result_print(const void *member, size_t size, char *text, size_t room)
{
	const struct hss_result *result = member;

	snprintf(text, room, "%s:%u", result->is_experimental ? "s6a" : "base", result->code);
}

static const struct cfg_codec result_codec = {
	.type = "result", .parse = result_parse, .print = result_print
};

// ---- The store's URL, which may hold a password: printed without it.

static int
store_url_parse(const char *text, void *member, size_t size, const char **why)
{
	*why = "it is empty or too long";
	if (text[0] == '\0' || strlen(text) >= size)
		return -EINVAL;
	text_copy(member, size, text);
	return 0;
}

// postgresql://user:HERE@host, or password=HERE up to a blank or quote, "&" in a URL's parameters.
static const char *
find_password(const char *url, size_t *len)
{
	const char *at = strstr(url, "password="), *authority = strstr(url, "://"), *end;

	if (at != NULL) {
		at += strlen("password=");
		*len = *at == '\'' ? strcspn(at + 1, "'") + 2 : strcspn(at, " &");
		*len = strnlen(at, *len);
		return at;
	}
	if (authority == NULL)
		return NULL;
	authority += strlen("://");
	end = memrchr(authority, '@', strcspn(authority, "/?"));
	if (end == NULL)
		return NULL;
	at = memchr(authority, ':', (size_t)(end - authority));
	if (at == NULL)
		return NULL;
	*len = (size_t)(end - (at + 1));
	return at + 1;
}

static void
store_url_print(const void *member, size_t size, char *text, size_t room)
{
	size_t len = 0;
	const char *url = member, *password = find_password(url, &len);

	if (password == NULL)
		text_copy(text, room, url);
	else
		snprintf(text, room, "%.*s***%s", (int)(password - url), url, password + len);
}

static const struct cfg_codec store_url_codec = {
	.type = "URL", .parse = store_url_parse, .print = store_url_print
};

// ---- Schema.

// zero: "" or "0" defaults of a peer's own settings, which mean "as in general".
#define SCTP_ROWS(s, prefix, initial, min, max, heartbeat, sack, association, path, init, least)   \
	CFG_MS(s, sctp.rto_initial_ms, prefix "rto_initial", initial, least, 60000,                \
		"Retransmission timeout before the round trip is known"),                          \
		CFG_MS(s, sctp.rto_min_ms, prefix "rto_min", min, least, 60000,                    \
			"Least retransmission timeout"),                                           \
		CFG_MS(s, sctp.rto_max_ms, prefix "rto_max", max, least, 120000,                   \
			"Greatest retransmission timeout"),                                        \
		CFG_MS(s, sctp.heartbeat_ms, prefix "heartbeat", heartbeat, least, 600000,         \
			"A path that is idle for this long gets a HEARTBEAT"),                     \
		CFG_MS(s, sctp.sack_delay_ms, prefix "sack_delay", sack, least, 500,               \
			"The longest wait before received chunks are acknowledged"),               \
		CFG_U16(s, sctp.association_retransmissions, prefix "association_retransmissions", \
			association, least, 100,                                                   \
			"After so many in a row the association is lost"),                         \
		CFG_U16(s, sctp.path_retransmissions, prefix "path_retransmissions", path, least,  \
			100, "After so many in a row another path is used"),                       \
		CFG_U16(s, sctp.init_retransmissions, prefix "init_retransmissions", init, least,  \
			100, "Attempts to open an association")

static const struct cfg_row peer_rows[] = {
	CFG_STRING(hss_peer, host, "host", NULL,
		"Its Diameter identity, or a pattern: * stands for any octets",
		.flags = CFG_NOT_EMPTY),
	CFG_STRING(
		hss_peer, realm, "realm", "*", "Its realm, or a pattern", .flags = CFG_NOT_EMPTY),
	{ .path = "addresses",
		.type = CFG_TYPE_PREFIX,
		.offset = offsetof(struct hss_peer, addresses),
		.size = sizeof(struct cfg_prefix),
		.fallback = "",
		.min = 4,
		.max = 6,
		.text = "The networks that it may come from, none: any",
		.is_list = true,
		.count_offset = offsetof(struct hss_peer, n_addresses),
		.max_count = HSS_PREFIXES_MAX },
	CFG_STRING_LIST(hss_peer, partners, n_partners, "partners", NULL, 1,
		"Names of the partners whose requests it may bring, * for all"),
	CFG_SECONDS(hss_peer, watchdog_s, "watchdog", "0s", 0, 3600,
		"Device-Watchdog interval, 0s: as in diameter.watchdog"),
	CFG_ADDR_LIST(hss_peer, connect, n_connect, "connect", "", 4, 6, 0,
		"Addresses to connect to (host is no pattern then), none: it connects to us"),
	CFG_U16(hss_peer, connect_port, "connect_port", "3868", 1, 65535, "Port to connect to"),
	CFG_ENUM(hss_peer, connect_transport, "connect_transport", "sctp", transport_names,
		"Transport to connect with"),
	CFG_CUSTOM_LIST(hss_peer, omit, n_omit, "omit", "", &avp_codec, 0,
		"AVPs that it doesn't get from us"),
	CFG_CUSTOM_LIST(hss_peer, clear_m, n_clear_m, "clear_m", "", &avp_codec, 0,
		"AVPs that it gets without the M bit"),
	CFG_CUSTOM_LIST(hss_peer, ignore, n_ignore, "ignore", "", &avp_codec, 0,
		"AVPs with the M bit that we don't know and take from it all the same, * for all"),
	CFG_SECTION("sctp", "SCTP with this peer, 0 or 0ms: as in the general section sctp"),
	SCTP_ROWS(hss_peer, "sctp.", "0ms", "0ms", "0ms", "0ms", "0ms", "0", "0", "0", 0),
};

static void check_peer(const void *values, struct cfg_check *check);

static const struct cfg_schema peer_schema = CFG_SCHEMA(hss_peer, peer_rows, .check = check_peer);

static const struct cfg_row partner_rows[] = {
	CFG_STRING(hss_partner, name, "name", NULL, "Its name, for peers to refer to",
		.flags = CFG_UNIQUE | CFG_NOT_EMPTY),
	CFG_STRING_LIST(hss_partner, realms, n_realms, "realms", NULL, 1,
		"Patterns of the Origin-Realm of its requests"),
	CFG_CUSTOM_LIST(hss_partner, plmns, n_plmns, "plmns", "", &plmn_codec, 0,
		"Its networks: it gets vectors for no other; none: any"),
	CFG_BOOL(hss_partner, is_barred, "barred", "false", "Its requests are refused"),
};

static const struct cfg_schema partner_schema = CFG_SCHEMA(hss_partner, partner_rows);

#define RESULT_ROW(member, path, fallback, text)                                                   \
	CFG_CUSTOM(hss_config, results.member, "results." path, fallback, &result_codec, text)

static const struct cfg_row rows[] = {
	CFG_SECTION("diameter", "Who we are and where we listen."),
	CFG_STRING(hss_config, identity, "diameter.identity", NULL, "Our Diameter identity",
		.flags = CFG_NOT_EMPTY),
	CFG_STRING(hss_config, realm, "diameter.realm", NULL, "Our realm", .flags = CFG_NOT_EMPTY),
	CFG_STRING_LIST(hss_config, hosts, n_hosts, "diameter.hosts", "", 0,
		"Further identities that requests may be addressed to"),
	CFG_STRING_LIST(
		hss_config, realms, n_realms, "diameter.realms", "", 0, "Further home realms"),
	CFG_ADDR_LIST(hss_config, addresses, n_addresses, "diameter.addresses", NULL, 4, 6, 1,
		"Listens here; SCTP uses all of them at once"),
	CFG_U16(hss_config, port, "diameter.port", "3868", 1, 65535, "Port of both transports"),
	CFG_BOOL(hss_config, uses_sctp, "diameter.sctp", "true", "Serve SCTP"),
	CFG_BOOL(hss_config, uses_tcp, "diameter.tcp", "true", "Serve TCP"),
	CFG_SECONDS(hss_config, watchdog_s, "diameter.watchdog", "30s", 6, 3600,
		"Device-Watchdog interval Tw"),
	CFG_SECONDS(hss_config, reconnect_s, "diameter.reconnect", "30s", 1, 3600,
		"Wait before connecting again to a peer, Tc"),
	CFG_MS(hss_config, cer_timeout_ms, "diameter.cer_timeout", "5s", 100, 60000,
		"A new connection that hasn't sent a whole CER by then is closed"),
	CFG_MS(hss_config, cer_hold_ms, "diameter.cer_hold", "4s", 0, 60000,
		"A CER of a peer whose old connection is still there waits so long for its end"),
	CFG_U16(hss_config, cer_pending_max, "diameter.cer_pending_max", "256", 1, 4096,
		"New connections at once on a listener; more close the oldest"),
	CFG_U32(hss_config, send_backlog_kib, "diameter.send_backlog", "8192", 64, 1048576,
		"What waits for a peer that doesn't read; more closes the connection",
		.unit = "KiB"),
	CFG_U32(hss_config, feature_list[0], "diameter.feature_list_1", "7", 0, UINT32_MAX,
		"Features of Feature-List-ID 1 that we support, as a number"),
	CFG_U32(hss_config, feature_list[1], "diameter.feature_list_2", "0", 0, UINT32_MAX,
		"Features of Feature-List-ID 2 that we support, as a number"),
	CFG_BOOL(hss_config, is_arp_mandatory, "diameter.arp_mandatory", "false",
		"Allocation-Retention-Priority and its parts carry the M bit"),

	CFG_SECTION("tls", "TLS over TCP and DTLS over SCTP on a port of their own."),
	CFG_U16(hss_config, tls_port, "tls.port", "0", 0, 65535, "Port, 0: no TLS"),
	CFG_STRING(hss_config, tls_certificate, "tls.certificate", "", "PEM file"),
	CFG_STRING(hss_config, tls_key, "tls.key", "", "PEM file of the private key"),
	CFG_STRING(hss_config, tls_ca, "tls.ca", "", "PEM file of who signs peers' certificates"),

	CFG_SECTION("sctp", "SCTP with all peers that say nothing else; defaults of RFC 4960."),
	SCTP_ROWS(hss_config, "sctp.", "3s", "1s", "60s", "30s", "200ms", "10", "5", "8", 1),
	CFG_U16(hss_config, sctp_streams, "sctp.streams", "30", 1, 65535,
		"Streams that we ask for"),

	CFG_GROUPS(hss_config, peers, n_peers, "peers", &peer_schema, 0, 4096,
		"The Diameter peers that are served: MMEs and agents"),
	CFG_GROUPS(hss_config, partners, n_partners, "partners", &partner_schema, 0, 4096,
		"The operators whose requests the peers bring"),

	CFG_SECTION("results", "What refusals say, as s6a:CODE or base:CODE."),
	RESULT_ROW(unknown, "unknown", "s6a:5001", "No such IMSI (the device gives up: EMM 8)"),
	RESULT_ROW(not_active, "not_active", "s6a:5420",
		"The SIM is registered or inactive (EMM 15; 5001 would disable the USIM)"),
	RESULT_ROW(partner_barred, "partner_barred", "s6a:5004",
		"The SIM isn't allowed in this network, or the partner is barred (EMM 11)"),
	RESULT_ROW(rat_barred, "rat_barred", "s6a:5421", "The radio access isn't allowed (EMM 13)"),
	RESULT_ROW(imei_mismatch, "imei_mismatch", "s6a:5420",
		"The SIM is locked to another IMEI (EMM 15)"),
	RESULT_ROW(no_eps, "no_eps", "s6a:5420", "The profile has no packet service (EMM 15)"),
	RESULT_ROW(foreign_plmn, "foreign_plmn", "s6a:5004",
		"The visited network isn't the asking partner's"),
	RESULT_ROW(foreign_origin, "foreign_origin", "base:5003",
		"The request's realm isn't one that this peer may bring"),
	RESULT_ROW(resync_refused, "resync_refused", "s6a:4181",
		"AUTS is wrong, or no sequence number is left"),
	RESULT_ROW(store_failed, "store_failed", "base:5012", "The database doesn't answer"),

	CFG_BOOL(hss_config, activates, "sims.activate_on_use", "true",
		"A SIM in state registered becomes active by its first authentication"),

	CFG_SECTION("queue", "Requests that the HSS starts: CLR, IDR, DSR, RSR."),
	CFG_MS(hss_config, answer_timeout_ms, "queue.answer_timeout", "10s", 100, 120000,
		"Wait for the answer"),
	CFG_MS(hss_config, retry_first_ms, "queue.retry_first", "5s", 10, 3600000,
		"Wait before the second attempt; it doubles each time"),
	CFG_MS(hss_config, retry_max_ms, "queue.retry_max", "10m", 10, 86400000,
		"Longest wait between attempts"),
	CFG_SECONDS(hss_config, give_up_s, "queue.give_up", "48h", 1, 2592000,
		"A request older than this is given up"),
	CFG_U16(hss_config, in_flight_max, "queue.in_flight_max", "256", 1, 4096,
		"Requests that wait for answers at once"),

	CFG_SECTION("store", "Where subscribers live."),
	CFG_CUSTOM(hss_config, store_url, "store.url", "sqlite:/var/lib/torii/hss.db",
		&store_url_codec,
		"sqlite:FILE, or what PostgreSQL's clients take: postgresql://user@host/torii"),
	CFG_BOOL(hss_config, is_store_synced, "store.synced", "true",
		"Answers wait for the disk itself (SQLite), so that a power cut loses nothing"),
	CFG_U32(hss_config, store_cache_mib, "store.cache", "256", 8, 65536,
		"Pages kept in memory (SQLite)", .unit = "MiB"),
	CFG_U32(hss_config, store_seq_block, "store.seq_block", "64", 1, 65536,
		"Sequence numbers that a SIM may use ahead of its row (SQLite)"),
	CFG_U32(hss_config, store_history_max, "store.history", "24", 1, 64,
		"Entries of history kept per IMSI"),
	CFG_U32(hss_config, store_backlog_max, "store.backlog_max", "4096", 64, 1000000,
		"Requests under way; at more, nothing is read from the peers"),
	CFG_STRING(hss_config, key_file, "store.key_file", "/etc/torii/hss.key",
		"The key that SIMs' keys are sealed with: 64 hexadecimal digits, mode 0600",
		.flags = CFG_NOT_EMPTY),

	CFG_SECTION("process", "The process."),
	CFG_BOOL(hss_config, is_supervised, "process.supervised", "true",
		"A parent process starts the HSS again at once should it ever end unasked"),
	CFG_BOOL(hss_config, uses_batch_scheduling, "process.batch_scheduling", "true",
		"Ask Linux for SCHED_BATCH: fewer switches between threads, more requests/s"),

	LOG_CFG_ROWS(hss_config, log),
	CLI_CFG_ROWS(hss_config, cli, "2324"),
	METRICS_CFG_ROWS(hss_config, metrics, "9091"),
};

static bool
is_identity(const char *text)
{
	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr(".-_", *text) == NULL)
			return false;
	return true;
}

static void
check_peer(const void *values, struct cfg_check *check)
{
	const struct hss_peer *peer = values;

	if (peer->n_connect > 0 && !is_identity(peer->host))
		cfg_fault(check, "host", "must be a Diameter identity, no pattern, to connect to");
}

static bool
is_partner(const struct hss_config *config, const char *name)
{
	if (strcmp(name, "*") == 0)
		return true;
	for (size_t i = 0; i < config->n_partners; i++)
		if (strcmp(config->partners[i].name, name) == 0)
			return true;
	return false;
}

static void
check_partners_of_peers(const struct hss_config *config, struct cfg_check *check)
{
	for (size_t i = 0; i < config->n_peers; i++) {
		const struct hss_peer *peer = &config->peers[i];

		for (size_t k = 0; k < peer->n_partners; k++) {
			char path[64];

			if (is_partner(config, peer->partners[k]))
				continue;
			snprintf(path, sizeof(path), "peers[%zu].partners[%zu]", i, k);
			cfg_fault(check, path, "there is no partner \"%s\"", peer->partners[k]);
		}
	}
}

static void
check_names(const struct hss_config *config, struct cfg_check *check)
{
	if (!is_identity(config->identity))
		cfg_fault(check, "diameter.identity", "isn't a Diameter identity");
	if (!is_identity(config->realm))
		cfg_fault(check, "diameter.realm", "isn't a Diameter realm");
	for (size_t i = 0; i < config->n_hosts; i++)
		if (!is_identity(config->hosts[i]))
			cfg_fault(check, "diameter.hosts", "\"%s\" isn't a Diameter identity",
				config->hosts[i]);
	for (size_t i = 0; i < config->n_realms; i++)
		if (!is_identity(config->realms[i]))
			cfg_fault(check, "diameter.realms", "\"%s\" isn't a Diameter realm",
				config->realms[i]);
}

static void
check(const void *values, struct cfg_check *check)
{
	const struct hss_config *config = values;

	check_names(config, check);
	check_partners_of_peers(config, check);
	if (!config->uses_sctp && !config->uses_tcp)
		cfg_fault(check, "diameter", "one of sctp and tcp must be true");
	if (config->sctp.rto_min_ms > config->sctp.rto_max_ms)
		cfg_fault(check, "sctp.rto_min", "is greater than sctp.rto_max");
	if (config->tls_port != 0 &&
		(config->tls_certificate[0] == '\0' || config->tls_key[0] == '\0' ||
			config->tls_ca[0] == '\0'))
		cfg_fault(check, "tls.port", "TLS needs tls.certificate, tls.key and tls.ca");
	if (config->retry_first_ms > config->retry_max_ms)
		cfg_fault(check, "queue.retry_first", "is greater than queue.retry_max");
}

const struct cfg_schema hss_config_schema = CFG_SCHEMA(hss_config, rows, .check = check);
