// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/profile.h"
#include "hss/sqn.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One IMSI as the HSS sees it: its own part (keys, SQN, registration) and its SIM's part (state,
// profile, locks), which all IMSIs of that SIM share. Plain values; the store fills it.

#define IMSI_SIZE 16   // 6..15 digits and a NUL, TS 23.003 2.2
#define ICCID_SIZE 21  // 18..20 digits and a NUL, ITU-T E.118
#define MSISDN_SIZE 16 // up to 15 digits, "" = none
#define IMEI_SIZE 17   // 14 (TAC and SNR), 15 or 16 (IMEISV) digits; 14 are compared
#define PARTNERS_MAX 32
#define FIXED_ADDRESSES_MAX 8
#define GATEWAYS_MAX 8
#define SEALED_MAX 112 // K and OP as hss/seal.h wraps them

// MCC and MNC as the three octets that S6a, KASME and NAS carry. TS 24.301 9.9.3.32.
struct plmn {
	uint8_t tbcd[3];
};

int plmn_parse(const char *digits, struct plmn *plmn); // "26201", "310410"; 0 or -EINVAL
void plmn_format(const struct plmn *plmn, char out[7]);
bool plmn_is_equal(const struct plmn *a, const struct plmn *b);
bool plmn_is_sound(const struct plmn *plmn); // all digits are digits

enum sim_state {
	SIM_REGISTERED = 0, // known, but not put into service yet
	SIM_ACTIVE = 1,
	SIM_INACTIVE = 2, // taken out of service; may come back
};

// Radio access types as a set; the bit of a Diameter RAT-Type (1004 E-UTRAN, 1005 NB-IoT, ...).
enum rat {
	RAT_UTRAN = 1 << 0,
	RAT_GERAN = 1 << 1,
	RAT_EUTRAN = 1 << 2,
	RAT_NB_IOT = 1 << 3,
	RAT_LTE_M = 1 << 4,
	RAT_OTHER = 1 << 5,
};

enum rat rat_from_diameter(uint32_t rat_type); // RAT_OTHER for those without a bit

enum imei_lock {
	IMEI_ANY = 0,
	IMEI_EXACT = 1,
	IMEI_LEARN = 2, // the first one seen becomes the exact one
};

struct fixed_address {
	char apn[APN_SIZE];
	bool has_v4;
	bool has_v6;
	struct in_addr v4;
	struct in6_addr v6; // a /64 prefix; the interface identifier is 0 unless fixed too
};

// A serving node and the Diameter peer that its last ULR came through. Interned: one struct per
// triple, never changed, valid until store_close, comparable by pointer.
struct serving_node {
	uint32_t id;
	const char *host;
	const char *realm;
	const char *via; // Diameter identity of the directly connected peer
};

struct registration {
	const struct serving_node *node; // NULL: registered nowhere
	struct plmn visited;
	uint32_t rat_type;    // Diameter RAT-Type of the last ULR
	uint32_t ulr_flags;   // of the last ULR
	uint32_t features[2]; // agreed Feature-List of Feature-List-ID 1 and 2
	bool has_features;    // the node sent Supported-Features
	bool is_purged;       // PUR received: known, but not reachable
	bool is_stale;        // the node holds older subscription values than the store (IDR due)
	int64_t at_s;         // UNIX time of the last ULR
	char imei[IMEI_SIZE]; // the last one seen, "" = none
};

// Where a PDN connection is anchored, as NOR told. TS 29.272 5.2.5.1.
struct pdn_gateway {
	uint32_t context_id; // 0 = not given
	char apn[APN_SIZE];
	struct gateway gateway;
	char visited_network[HOST_SIZE]; // "" = not given
};

struct subscriber {
	// The SIM's part.
	int64_t sim_id;
	char iccid[ICCID_SIZE];
	char msisdn[MSISDN_SIZE];
	enum sim_state state;
	uint32_t profile_id;
	const struct profile
		*profile; // never NULL; valid during the callback, profile_take to keep
	enum imei_lock imei_lock;
	char imei[IMEI_SIZE]; // the locked one, 14 digits; "" while there is none to compare
	uint32_t rats;        // allowed ones, bits of enum rat; 0 = all
	uint16_t n_partners;  // 0 = all
	uint16_t n_addresses;
	struct plmn partners[PARTNERS_MAX]; // allowed visited networks
	struct fixed_address addresses[FIXED_ADDRESSES_MAX];

	// The IMSI's own part.
	char imsi[IMSI_SIZE];
	uint8_t sealed_len;
	uint8_t sealed[SEALED_MAX]; // keys and algorithm; opened by seal_open with the IMSI
	struct sqn sqn;

	// Where it is. Loaded only for operations with STORE_LOCATION.
	struct registration registration;
	uint16_t n_gateways;
	struct pdn_gateway gateways[GATEWAYS_MAX];
};

// Copies what is used of it: gateways beyond n_gateways aren't.
void subscriber_copy(struct subscriber *to, const struct subscriber *from);

// What a request meets. The caller maps it to a result code (configurable there).
enum verdict {
	VERDICT_SERVED = 0,
	VERDICT_UNKNOWN,        // no such IMSI
	VERDICT_NOT_ACTIVE,     // registered or inactive
	VERDICT_PARTNER_BARRED, // visited network isn't allowed
	VERDICT_RAT_BARRED,     // by the SIM's list or the profile's access restriction
	VERDICT_IMEI_MISMATCH,
	VERDICT_NO_EPS, // the profile has no APN, or packet service is barred
};

const char *verdict_name(enum verdict v); // "served", "not active", ...

// AIR: state and partner. ULR: rat_type and IMEI too. visited NULL, rat_type 0 and imei NULL or ""
// mean unknown and aren't judged. Doesn't change the subscriber.
enum verdict subscriber_judge(const struct subscriber *s, const struct plmn *visited,
	uint32_t rat_type, const char *imei);

// Fixes the lock on the first IMEI seen; true if it did so (then the change must be stored).
bool subscriber_learn_imei(struct subscriber *s, const char *imei);

const struct fixed_address *subscriber_address(const struct subscriber *s, const char *apn);
struct pdn_gateway *subscriber_gateway(struct subscriber *s, const char *apn); // NULL: none
// The slot for apn: the one it has, else a new one, else the oldest's.
struct pdn_gateway *subscriber_gateway_put(struct subscriber *s, const char *apn);
void subscriber_gateway_del(struct subscriber *s, const char *apn);

bool imsi_is_sound(const char *imsi);
bool iccid_is_sound(const char *iccid);
bool msisdn_is_sound(const char *msisdn);
bool imei_is_sound(const char *imei);
bool imei_is_equal(const char *a, const char *b); // the first 14 digits
