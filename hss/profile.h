// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A subscription profile: what many SIMs share of Subscription-Data. TS 29.272 7.3.2.

#define PROFILE_NAME_SIZE 32
#define APN_SIZE 64   // network identifier as text with its NUL: at most 63 octets, TS 23.003 9.1
#define HOST_SIZE 256 // a DiameterIdentity with its NUL
#define PROFILE_APNS_MAX 50

// A PDN gateway as MIP6-Agent-Info names it: by host and realm, by addresses, or both.
struct gateway {
	char host[HOST_SIZE]; // "" = none
	char realm[HOST_SIZE];
	bool has_v4;
	bool has_v6;
	struct in_addr v4;
	struct in6_addr v6;
};

enum pdn_type { PDN_IPV4 = 0, PDN_IPV6 = 1, PDN_IPV4V6 = 2, PDN_IPV4_OR_IPV6 = 3 };
enum pdn_gw_allocation { PDN_GW_STATIC = 0, PDN_GW_DYNAMIC = 1 };

struct apn_config {
	uint32_t context_id; // unique in the profile, >= 1
	char apn[APN_SIZE];  // "*" is the wild card APN
	enum pdn_type pdn_type;
	uint8_t qci;          // 1..254
	uint8_t arp_priority; // 1 (highest) .. 15
	bool arp_can_preempt; // written inverted on the wire: 0 = enabled
	bool arp_is_preemptable;
	uint64_t ambr_ul_bps;
	uint64_t ambr_dl_bps;
	bool is_vplmn_address_allowed;
	bool has_gateway; // MIP6-Agent-Info is sent, with the allocation type
	struct gateway gateway;
	enum pdn_gw_allocation gw_allocation;
	bool has_charging;
	uint16_t charging; // 3GPP-Charging-Characteristics, sent as four hexadecimal digits
};

// Immutable once published; a change makes a new one. Shared by reference count.
struct profile {
	atomic_uint references;
	uint32_t id;
	uint32_t version; // rises with each change
	char name[PROFILE_NAME_SIZE];
	bool is_barred;              // Subscriber-Status 1 (operator determined barring) with odb
	uint32_t odb;                // Operator-Determined-Barring bits, TS 29.272 7.3.30
	bool is_packet_only;         // Network-Access-Mode 2, else 0
	uint32_t access_restriction; // Access-Restriction-Data bits, TS 29.272 7.3.31
	uint64_t ambr_ul_bps;        // UE-AMBR
	uint64_t ambr_dl_bps;
	uint32_t rau_tau_timer_s; // 0 = AVP not sent
	bool has_charging;
	uint16_t charging;
	uint32_t default_context_id;
	uint16_t n_apns; // 1..PROFILE_APNS_MAX
	struct apn_config apns[];
};

struct profile *profile_new(const char *name, uint16_t n_apns); // one reference; NULL: no memory
// A copy to edit, with room for n_apns (those that fit are copied, new ones are zero).
struct profile *profile_copy(const struct profile *from, uint16_t n_apns);
const struct profile *profile_take(const struct profile *p);
void profile_give(const struct profile *p);
const struct apn_config *profile_apn(const struct profile *p, const char *apn); // NULL: not in it

// Whether all fields are in range and the context ids fit together; else why not, in words.
bool profile_is_sound(const struct profile *p, const char **why);
bool profile_name_is_sound(const char *name);
bool apn_is_sound(const char *apn);
