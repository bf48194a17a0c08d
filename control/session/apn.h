// SPDX-License-Identifier: BSD-3-Clause
// Access point names at run time: which one a request means, and the addresses of its pools.
#pragma once

#include "control/ctl_config.h"
#include "control/session/ip_pool.h"
#include "control/session/pco.h"

#include <stddef.h>
#include <stdint.h>

#define APN_NO_POOL UINT16_MAX

struct apn_set;

// `config` stays valid and unchanged. NULL: no memory.
struct apn_set *apn_set_new(const struct ctl_config *config);
void apn_set_free(struct apn_set *set);

// Copies the network identifier: without .mncNNN.mccNNN.gprs, cut where room ends.
void apn_network_identifier(const char *asked, char *ni, size_t room);

// The index of the APN that serves a network identifier, -1: none. TS 23.003 9.1: case doesn't count.
int apn_find(const struct apn_set *set, const char *ni);
// The index of the APN of that very name in the configuration, -1: none.
int apn_named(const struct apn_set *set, const char *name);
const struct ctl_apn *apn_at(const struct apn_set *set, uint16_t apn);

// What the subscription asks for within what the APN allows, in kbit/s. asked 0: the default.
uint32_t apn_grant_rate(uint32_t asked_kbps, uint64_t default_bps, uint64_t max_bps);

// Its PAP and CHAP users, as many as its configuration has.
const struct pco_credential *apn_credentials(const struct apn_set *set, uint16_t apn);

// VRFs by a number of our own: APNs with the same VRF name have the same.
uint16_t apn_vrf(const struct apn_set *set, uint16_t apn);
uint16_t apn_vrf_count(const struct apn_set *set);
const char *apn_vrf_name(const struct apn_set *set, uint16_t vrf);

// Whether the APN has a pool of this family (4 or 6).
bool apn_serves(const struct apn_set *set, uint16_t apn, uint8_t family);

#define APN_ADDRESS_BYTES 8

struct apn_address {
	uint8_t family;
	uint8_t bytes[APN_ADDRESS_BYTES]; // network order: IPv4 address in the first four, or /64
	uint16_t pool;
	bool is_static;
};

// What a SIM wants of one family.
struct apn_wish {
	const char *imsi;
	uint8_t family;
	uint8_t asked[APN_ADDRESS_BYTES];  // of its PAA, all zero for a dynamic one
	const struct ip_pool_taste *taste; // for a dynamic one, see ip_pool_take
};

// 0; -ENOSPC: all dynamic ones are occupied; -EBUSY: its fixed address, which is in *out, is held;
// -EACCES: what it asks for isn't its own and the APN refuses that.
int apn_take_address(struct apn_set *set, uint16_t apn, const struct apn_wish *wish, uint32_t now_s,
	struct apn_address *out);
// What a session of an earlier run holds (family and bytes): 0, -EBUSY, -EINVAL: in no pool of the
// APN.
int apn_restore_address(struct apn_set *set, uint16_t apn, struct apn_address *address);
void apn_give_address(struct apn_set *set, uint16_t pool, const uint8_t *bytes, uint32_t now_s);

// An address as its pool's number, and back: 4 or 8 octets in network order.
uint64_t apn_address_number(uint8_t family, const uint8_t *bytes);
void apn_address_bytes(uint8_t family, uint64_t number, uint8_t bytes[APN_ADDRESS_BYTES]);

const struct ip_pool *apn_pool(const struct apn_set *set, uint16_t pool);
// An APN that uses a pool, -1: none.
int apn_of_pool(const struct apn_set *set, uint16_t pool);
