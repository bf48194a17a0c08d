// SPDX-License-Identifier: BSD-3-Clause
// The host form of every IE, and the codec row of every IE type. Numbers are in host order unless a
// name says otherwise. TS 29.274 clause 8.
#pragma once

#include "control/gtpc/cursor.h"
#include "control/gtpc/gtpc_addr.h"
#include "control/gtpc/gtpc_wire.h"

#include <stdbool.h>
#include <stdint.h>

#define GTPC_DIGITS_MAX 16    // IMEISV; an IMSI or MSISDN has at most 15
#define GTPC_APN_TEXT_MAX 100 // octets on the wire (TS 23.003 9.1), so at most 99 as text
#define GTPC_INDICATION_MAX 14
#define GTPC_CSIDS_MAX 15
#define GTPC_APNS_MAX 10    // in a Load or Overload Control Information
#define GTPC_BEARERS_MAX 15 // EPS bearer identities 1 to 15
#define GTPC_LIST_MAX 8     // elements of any other list

// Octets that nobody here interprets. Decoded: a view into the datagram, good for as long as that
// is. To encode: the caller's memory.
struct gtpc_octets {
	const uint8_t *bytes;
	uint16_t n;
};

// IMSI, MSISDN and MEI: decimal digits, NUL-terminated. 8.3, 8.10, 8.11
struct gtpc_digits {
	char text[GTPC_DIGITS_MAX + 1];
};

// An MCC and MNC as the wire packs them, so that memcmp compares two. TS 24.008 10.5.1.13
struct gtpc_plmn {
	uint8_t octets[3];
};

// Cause. 8.4
struct gtpc_cause {
	uint8_t value; // enum gtpc_cause_value
	uint8_t flags; // GTPC_CAUSE_FLAG_*
	bool has_offending_ie;
	uint8_t ie_type; // of the offending IE
	uint8_t ie_instance;
};

// Access Point Name, dotted text without a trailing dot, at least one octet. 8.6
struct gtpc_apn {
	char text[GTPC_APN_TEXT_MAX];
};

// Aggregate Maximum Bit Rate in kbit/s. 8.7
struct gtpc_ambr {
	uint32_t ul_kbps;
	uint32_t dl_kbps;
};

// Indication: any number of octets, missing ones count as zero. 8.12
struct gtpc_indication {
	uint8_t n; // 0 to GTPC_INDICATION_MAX
	uint8_t octets[GTPC_INDICATION_MAX];
};

// PDN Address Allocation. An address of zeros asks for a dynamic one. 8.14
struct gtpc_paa {
	uint8_t pdn_type;         // enum gtpc_pdn_type
	uint8_t ipv6_prefix_bits; // of ipv6, where the type has one
	uint8_t ipv4[4];
	uint8_t ipv6[16]; // prefix and interface identifier
};

// Bearer QoS (8.15), and Flow QoS (8.16) which has no ARP. Bit rates in kbit/s, below 2^40.
struct gtpc_qos {
	uint8_t priority_level; // 1 (highest) to 15
	bool can_preempt;       // PCI bit 0
	bool is_preemptable;    // PVI bit 0
	uint8_t qci;
	uint64_t ul_mbr_kbps;
	uint64_t dl_mbr_kbps;
	uint64_t ul_gbr_kbps;
	uint64_t dl_gbr_kbps;
};

// Fully Qualified TEID: an IPv4 address, an IPv6 address or both. 8.22
struct gtpc_fteid {
	uint8_t interface; // enum gtpc_interface
	bool has_ipv4;
	bool has_ipv6;
	uint32_t teid;
	uint8_t ipv4[4];
	uint8_t ipv6[16];
};

// A location in an ULI: which fields count depends on its kind.
struct gtpc_location {
	struct gtpc_plmn plmn;
	uint16_t area; // LAC or TAC
	uint32_t cell; // CI, SAC, RAC, ECI (28 bits) or eNodeB identity
};

// User Location Information. 8.21
struct gtpc_uli {
	bool has_cgi, has_sai, has_rai, has_tai, has_ecgi, has_lai, has_enb, has_ext_enb;
	struct gtpc_location cgi;     // area, cell
	struct gtpc_location sai;     // area, cell = service area code
	struct gtpc_location rai;     // area, cell = routing area code, 16 bits as on the wire
	struct gtpc_location tai;     // area
	struct gtpc_location ecgi;    // cell
	struct gtpc_location lai;     // area
	struct gtpc_location enb;     // cell: 20 bits
	struct gtpc_location ext_enb; // cell: 24 bits as on the wire, SMeNB bit included
};

// 8.44
struct gtpc_time_zone {
	uint8_t quarters;        // TS 24.008 10.5.3.8: swapped nibbles, bit 4 is the sign
	uint8_t daylight_saving; // 0 none, 1 one hour, 2 two hours
};

// Fully Qualified PDN Connection Set Identifier. 8.62
struct gtpc_fq_csid {
	struct gtpc_addr node; // family 0: node_id holds an MCC, MNC and 12 bits instead
	uint32_t node_id;
	uint8_t n_csids;
	uint16_t csids[GTPC_CSIDS_MAX];
};

// User CSG Information. 8.75
struct gtpc_uci {
	struct gtpc_plmn plmn;
	uint32_t csg_id; // 27 bits
	uint8_t access_mode;
	uint8_t flags; // LCSG and CMI: the two low bits of the last octet
};

// EPC Timer. 8.87
struct gtpc_epc_timer {
	uint8_t unit;  // enum gtpc_timer_unit
	uint8_t value; // 0 to 31; zero stops the timer
};

// 8.115
struct gtpc_apn_capacity {
	uint8_t relative_capacity; // percent
	struct gtpc_apn apn;
};

// 8.129: messages per time unit
struct gtpc_serving_plmn_rate {
	uint16_t ul;
	uint16_t dl;
};

// 8.130
struct gtpc_timed_counter {
	uint32_t timestamp; // seconds since 1900
	uint8_t value;
};

// 8.134: tenths of a percent
struct gtpc_packet_loss {
	bool has_ul;
	bool has_dl;
	uint16_t ul;
	uint16_t dl;
};

// 8.67
struct gtpc_private_extension {
	uint16_t enterprise; // SMI network management private enterprise code
	struct gtpc_octets octets;
};

// One row per IE type.
struct ie_codec {
	const char *name;
	uint16_t min; // octets of the value: fewer is "invalid length"
	uint16_t max; // octets beyond it are skipped; 0: all of them go to decode
	uint16_t host_size;
	// 0; the cursor's own error (too short: Invalid Length); or -EINVAL for a reserved or
	// impossible value (Mandatory IE Incorrect where it matters).
	int (*decode)(struct cursor *c, void *host);
	// A value that can't be encoded sticks in the writer as -EINVAL.
	void (*encode)(struct writer *w, const void *host);
};

// The row of an IE type; its `name` is NULL for types that nobody on S5/S8 knows. Grouped IEs have
// a name and no functions.
const struct ie_codec *ie_codec_find(uint8_t type);

// "F-TEID", or "IE" for an unknown one.
const char *gtpc_ie_name(uint8_t type);

// "context not found", or "unknown cause".
const char *gtpc_cause_text(uint8_t value);
const char *gtpc_rat_text(uint8_t rat_type); // "E-UTRAN"

static inline bool
gtpc_cause_is_accepted(uint8_t value)
{
	return value >= GTPC_CAUSE_ACCEPT_FIRST && value < GTPC_CAUSE_REJECT_FIRST;
}

static inline bool
gtpc_indication_get(const struct gtpc_indication *ind, enum gtpc_indication_bit bit)
{
	return bit / 8u < ind->n && (ind->octets[bit / 8u] >> (bit % 8u) & 1);
}

// Grows the IE to the octet of the bit.
static inline void
gtpc_indication_set(struct gtpc_indication *ind, enum gtpc_indication_bit bit)
{
	if (bit / 8u >= ind->n)
		ind->n = (uint8_t)(bit / 8u + 1);
	ind->octets[bit / 8u] |= (uint8_t)(1u << (bit % 8u));
}

// mnc_digits is 2 or 3.
struct gtpc_plmn gtpc_plmn_make(uint16_t mcc, uint16_t mnc, unsigned int mnc_digits);

#define GTPC_PLMN_TEXT_MAX 7 // with the terminating NUL

// "26201" or "310410"; digits that aren't decimal print as '?'.
const char *gtpc_plmn_text(const struct gtpc_plmn *plmn, char text[GTPC_PLMN_TEXT_MAX]);

// The shortest timer that is at least that long; more than 310 h is infinite.
struct gtpc_epc_timer gtpc_epc_timer_make(uint32_t seconds);

// Does this QCI guarantee a bit rate? TS 23.203 table 6.1.7
bool gtpc_qci_is_gbr(uint8_t qci);

// Seconds, UINT32_MAX for an infinite timer.
uint32_t gtpc_epc_timer_seconds(const struct gtpc_epc_timer *timer);

// An F-TEID with one address.
struct gtpc_fteid gtpc_fteid_make(
	enum gtpc_interface interface, uint32_t teid, const struct gtpc_addr *addr);

// The address of an F-TEID: the one of the wanted family (4 or 6) if it has it, else the other.
struct gtpc_addr gtpc_fteid_addr(const struct gtpc_fteid *fteid, uint8_t family);
