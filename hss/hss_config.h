// SPDX-License-Identifier: BSD-3-Clause
// The HSS's configuration: what hss.cfg says, checked. freeDiameter's own settings are derived from it.
#pragma once

#include "config/cfg.h"
#include "config/cli.h"
#include "config/log.h"
#include "config/metrics.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HSS_NAME_MAX 64
#define HSS_PATH_MAX 256
#define HSS_ADDRESSES_MAX 8
#define HSS_ALIASES_MAX 16
#define HSS_PREFIXES_MAX 16
#define HSS_QUIRKS_MAX 32
#define HSS_CARRIES_MAX 64
#define HSS_PLMNS_MAX 128

// SCTP's timers and counts. RFC 4960 section 15; in a peer's own settings 0 means as in general.
struct hss_sctp {
	uint32_t rto_initial_ms;
	uint32_t rto_min_ms;
	uint32_t rto_max_ms;
	uint32_t heartbeat_ms;
	uint32_t sack_delay_ms;
	uint16_t association_retransmissions;
	uint16_t path_retransmissions;
	uint16_t init_retransmissions;
};

// An AVP by code and vendor, or every one that isn't known.
struct hss_avp_ref {
	uint32_t code;
	uint32_t vendor;
	bool is_any;
};

enum hss_transport { HSS_SCTP, HSS_TCP };

// A Diameter peer, or all those that its patterns match: MMEs and agents.
struct hss_peer {
	char host[HOST_SIZE]; // pattern of its Origin-Host, "*" stands for any octets
	char realm[HOST_SIZE];
	struct cfg_prefix addresses[HSS_PREFIXES_MAX]; // it comes from one of these; none: anywhere
	size_t n_addresses;
	char partners[HSS_CARRIES_MAX][HSS_NAME_MAX]; // whose requests it may bring
	size_t n_partners;
	uint32_t watchdog_s;                        // 0: as in general
	struct cfg_addr connect[HSS_ADDRESSES_MAX]; // none: it connects to us
	size_t n_connect;
	uint16_t connect_port;
	uint8_t connect_transport; // enum hss_transport
	struct hss_avp_ref omit[HSS_QUIRKS_MAX];
	size_t n_omit;
	struct hss_avp_ref clear_m[HSS_QUIRKS_MAX];
	size_t n_clear_m;
	struct hss_avp_ref ignore[HSS_QUIRKS_MAX];
	size_t n_ignore;
	struct hss_sctp sctp;
};

// An operator whose subscribers' or whose own networks we serve.
struct hss_partner {
	char name[HSS_NAME_MAX];
	char realms[HSS_ALIASES_MAX][HOST_SIZE]; // patterns of Origin-Realm
	size_t n_realms;
	struct plmn plmns[HSS_PLMNS_MAX]; // its networks; none: any
	size_t n_plmns;
	bool is_barred;
};

// What a refusal says. TS 29.272 7.4: S6a's own codes in Experimental-Result, base ones in Result-Code.
struct hss_result {
	uint32_t code;
	bool is_experimental;
};

struct hss_results {
	struct hss_result unknown;
	struct hss_result not_active;
	struct hss_result partner_barred;
	struct hss_result rat_barred;
	struct hss_result imei_mismatch;
	struct hss_result no_eps;
	struct hss_result foreign_plmn;   // a partner asks for a network that isn't its own
	struct hss_result foreign_origin; // a realm that this peer doesn't carry
	struct hss_result resync_refused;
	struct hss_result store_failed;
};

struct hss_config {
	char identity[HOST_SIZE];
	char realm[HOST_SIZE];
	char hosts[HSS_ALIASES_MAX][HOST_SIZE]; // further names that are us
	size_t n_hosts;
	char realms[HSS_ALIASES_MAX][HOST_SIZE]; // further home realms
	size_t n_realms;
	struct cfg_addr addresses[HSS_ADDRESSES_MAX];
	size_t n_addresses;
	uint16_t port;
	bool uses_sctp;
	bool uses_tcp;
	uint32_t watchdog_s;
	uint32_t reconnect_s;
	uint32_t cer_timeout_ms;
	uint32_t cer_hold_ms;
	uint16_t cer_pending_max;
	uint32_t send_backlog_kib;
	uint32_t feature_list[2]; // Feature-List-ID 1 and 2: what we support
	bool is_arp_mandatory; // M bit in ARP and its parts: TS 29.212 says no, some captures say yes

	uint16_t tls_port; // 0: none
	char tls_certificate[HSS_PATH_MAX];
	char tls_key[HSS_PATH_MAX];
	char tls_ca[HSS_PATH_MAX];

	struct hss_sctp sctp;
	uint16_t sctp_streams;

	struct hss_peer *peers;
	size_t n_peers;
	struct hss_partner *partners;
	size_t n_partners;
	struct hss_results results;

	bool activates; // a SIM in state registered becomes active by its first authentication

	uint32_t answer_timeout_ms; // for our own requests
	uint32_t retry_first_ms;
	uint32_t retry_max_ms;
	uint32_t give_up_s;
	uint16_t in_flight_max;

	char store_url[512];
	bool is_store_synced;
	uint32_t store_cache_mib;
	uint32_t store_seq_block;
	uint32_t store_history_max;
	uint32_t store_backlog_max;
	char key_file[HSS_PATH_MAX];

	bool is_supervised;
	bool uses_batch_scheduling;

	struct log_config log;
	struct cli_config cli;
	struct metrics_config metrics;
};

extern const struct cfg_schema hss_config_schema;

// Whether the text matches a pattern with "*", without regard to case.
bool hss_pattern_matches(const char *pattern, const char *text, size_t len);
