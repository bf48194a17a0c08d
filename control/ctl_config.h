// SPDX-License-Identifier: BSD-3-Clause
// Control's configuration: what control.cfg says, checked and in host form.
#pragma once

#include "config/cfg.h"
#include "config/cli.h"
#include "config/log.h"
#include "config/metrics.h"
#include "control/gtpc/ie.h"
#include "control/session/tft.h"

#include <stddef.h>
#include <stdint.h>

#define CTL_NAME_MAX 32
#define CTL_APN_MAX 100
#define CTL_PATH_MAX 64
#define CTL_GTPC_ADDRS_MAX 16
#define CTL_POOLS_OF_APN_MAX 16
#define CTL_RANGES_MAX 64
#define CTL_DNS_MAX 4
#define CTL_PREFIXES_MAX 16
#define CTL_PLMNS_MAX 256
#define CTL_RATS_MAX 10
#define CTL_ECHO_MIN_S 60 // TS 29.274 7.1.1, after TS 29.060 7.2.1
#define CTL_IMSIS_MAX 64

#define CTL_PCSCF_MAX 4

// Addresses, both ends included: of IPv4 in host order, of IPv6 the upper half of them, a /64 each.
struct ctl_range {
	uint64_t first, last;
	uint32_t family; // 4 or 6
	uint32_t zero;
};

struct ctl_pool {
	char name[CTL_NAME_MAX];
	struct ctl_range range;
	struct ctl_range excluded[CTL_RANGES_MAX];
	size_t n_excluded;
	struct ctl_range statics[CTL_RANGES_MAX];
	size_t n_statics;
	bool uses_edges; // network and broadcast address are ordinary ones
	uint32_t rest_s;
	bool is_rest_strict;
};

// A SIM's fixed addresses; family 0: of that family it has none.
struct ctl_static {
	char imsi[16];
	struct cfg_addr address; // IPv4
	struct cfg_addr prefix;  // IPv6: the first address of a /64
};

struct ctl_user {
	char name[64];
	char password[64];
};

enum ctl_auth {
	CTL_AUTH_NONE,     // whatever the device says is accepted
	CTL_AUTH_OPTIONAL, // a device that says who it is must be right
	CTL_AUTH_REQUIRED,
};

enum ctl_selection {
	CTL_SELECTION_ANY,
	CTL_SELECTION_VERIFIED, // the HSS has the APN in the subscription (selection mode 0)
};

// Who may ask for dedicated bearers: the values of TS 24.008's Selected Bearer Control Mode less one.
enum ctl_bearer_control {
	CTL_BEARER_CONTROL_DEVICE,
	CTL_BEARER_CONTROL_BOTH,
};

// What becomes of a request for both families where the SGW or MME can't have one bearer for both.
enum ctl_single {
	CTL_SINGLE_IPV4,
	CTL_SINGLE_IPV6,
};

enum ctl_unknown_static {
	CTL_UNKNOWN_STATIC_DYNAMIC, // the device gets a dynamic address instead
	CTL_UNKNOWN_STATIC_REJECT,
};

// SIMs: one IMSI, the first and the last of a range with as many digits, or the digits that all of
// them begin with.
struct ctl_imsis {
	char first[16], last[16]; // last empty: `first` is a beginning
};

// A dedicated bearer that sessions of an APN get.
struct ctl_bearer {
	char name[CTL_NAME_MAX];
	uint8_t qci;
	uint8_t priority_level;
	bool can_preempt, is_preemptable;
	uint64_t ul_mbr_bps, dl_mbr_bps, ul_gbr_bps, dl_gbr_bps; // 0: none
	struct tft_filter filters[TFT_FILTERS_MAX];
	size_t n_filters;
	struct ctl_imsis imsis[CTL_IMSIS_MAX]; // none: all
	size_t n_imsis;
};

struct ctl_apn {
	char name[CTL_APN_MAX]; // network identifier, "*": any other one
	char vrf[CTL_NAME_MAX]; // of the dataplane; empty: the VRF of its first SGi port
	char pools[CTL_POOLS_OF_APN_MAX][CTL_NAME_MAX];
	size_t n_pools;
	struct cfg_addr dns[CTL_DNS_MAX];
	size_t n_dns;
	struct cfg_addr pcscf[CTL_PCSCF_MAX];
	size_t n_pcscf;
	uint16_t mtu_bytes;
	uint16_t mtu_non_ip_bytes; // 0: not told
	bool is_ims;
	uint8_t bearer_control;      // enum ctl_bearer_control
	uint16_t mss_ipv4, mss_ipv6; // TCP's is lowered to this, 0: never
	uint8_t single;              // enum ctl_single
	uint32_t ra_interval_s;      // between Router Advertisements, 0: only after attach
	uint64_t ul_default_bps, dl_default_bps; // APN-AMBR of a request that brings none
	uint64_t ul_max_bps, dl_max_bps;         // 0: no limit of ours
	uint8_t qci;                             // 0: as asked for
	uint8_t priority_level;                  // of the ARP, 0: as asked for
	uint8_t apn_restriction;
	uint8_t selection; // enum ctl_selection
	struct ctl_static *statics;
	size_t n_statics;
	bool takes_static_paa;  // an address in the PAA is given if a pool has it in a static range
	uint8_t unknown_static; // enum ctl_unknown_static
	uint8_t auth;           // enum ctl_auth
	struct ctl_user *users;
	size_t n_users;
	uint32_t sessions_max, creates_per_s; // congestion, 0: no limit
	uint8_t low_priority_percent;         // of both for devices with low access priority
	uint32_t back_off_s;                  // told with cause 113
	uint8_t rats[CTL_RATS_MAX];           // enum gtpc_rat_type that are served; none: all
	size_t n_rats;
	bool is_emergency; // serves devices without an authenticated SIM
	bool takes_resource_requests;
	struct ctl_bearer *bearers;
	size_t n_bearers;
};

enum ctl_restart {
	CTL_RESTART_GREATER, // a greater Recovery value is a restart, a smaller one a late packet
	CTL_RESTART_CHANGED, // any other one is a restart
};

enum ctl_path_down {
	CTL_PATH_DOWN_KEEP,
	CTL_PATH_DOWN_CLEAR,
};

struct ctl_peer {
	char name[CTL_NAME_MAX];
	struct cfg_prefix addresses[CTL_PREFIXES_MAX];
	size_t n_addresses;
	uint32_t t3_ms; // 0: the general one, as for the next two
	uint32_t n3;
	uint32_t echo_s;
	uint8_t restart;   // enum ctl_restart
	uint8_t path_down; // enum ctl_path_down
	uint32_t clear_after_s;
	uint32_t creates_per_s; // 0: unlimited
	bool has_clock;         // its time stamps may be compared with our clock
};

struct ctl_dscp {
	uint8_t qci;
	uint8_t dscp;
};

// The session log and the usage records.
struct ctl_records {
	char dir[CTL_PATH_MAX]; // empty: state_dir/records
	bool writes_usage, writes_sessions, to_syslog;
	uint32_t interim_s; // between usage records of a session
	uint32_t store_s;   // between two writes of its usage into the store
	uint32_t rotate_mib, rotate_s;
	uint32_t keep; // files put aside, 0: all
};

struct ctl_config {
	char run_dir[CTL_PATH_MAX];
	char state_dir[CTL_PATH_MAX];
	uint32_t sessions_max;
	uint32_t bearers_max;
	bool installs_routes;
	struct cfg_addr gtpc[CTL_GTPC_ADDRS_MAX];
	size_t n_gtpc;
	uint16_t gtpc_port;
	char gtpc_device[16];
	uint8_t gtpc_dscp;
	uint16_t csid; // of the PGW-FQ-CSID, 0: none is told
	uint32_t t3_ms, n3, echo_s;
	bool may_echo_often;  // below CTL_ECHO_MIN_S
	uint32_t user_echo_s; // of GTP-U, 0: none
	char gtpu_device[16];
	uint32_t peers_max;
	uint32_t transactions_max;
	uint32_t procedures_max, creates_per_s;
	struct gtpc_plmn load_plmns[CTL_PLMNS_MAX]; // that exchange load information with us
	size_t n_load_plmns;
	struct gtpc_plmn overload_plmns[CTL_PLMNS_MAX];
	size_t n_overload_plmns;
	uint32_t overload_validity_s;
	uint32_t create_queue;         // requests that wait
	uint32_t create_close_percent; // of the queue, 0: never
	uint32_t creates_per_sim;      // in ten seconds, 0: unlimited
	struct ctl_pool *pools;
	size_t n_pools;
	struct ctl_apn *apns;
	size_t n_apns;
	struct ctl_peer *peers;
	size_t n_peers;
	struct ctl_dscp *dscps;
	size_t n_dscps;
	struct ctl_records records;
	char trace_dir[CTL_PATH_MAX];
	uint32_t trace_files, trace_mib;
	struct cli_config cli;
	struct metrics_config metrics;
	struct log_config log;
};

extern const struct cfg_schema ctl_config_schema;

bool ctl_imsis_have(const struct ctl_imsis *imsis, const char *imsi);

// The DSCP of a QCI's packets towards the SGW, 0 to 63.
uint8_t ctl_config_dscp(const struct ctl_config *c, uint8_t qci);

// "100.64.0.0-100.64.255.255" or "2001:db8:1::/48" into text of CFG_ADDR_TEXT bytes; returns it.
const char *ctl_range_text(const struct ctl_range *range, char *text);
