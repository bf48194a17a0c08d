// SPDX-License-Identifier: BSD-3-Clause
// (Extended) protocol configuration options, TS 24.008 10.5.6.3: what a device asks, and what it
// is answered, each thing in the form in which it was asked. Pure functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCO_MAX 251 // octets of an answer's value
#define PCO_DNS_MAX 4

// A user of PAP or CHAP. Both strings belong to the caller.
struct pco_credential {
	const char *user;
	const char *password;
};

// Who may ask for dedicated bearers. TS 24.008 10.5.6.3.1, Selected Bearer Control Mode
enum pco_bearer_control {
	PCO_BEARER_CONTROL_DEVICE = 1,
	PCO_BEARER_CONTROL_BOTH = 2,
};

struct pco_policy {
	uint8_t ue_ipv4[4]; // network order; all zero: none
	uint8_t dns_ipv4[PCO_DNS_MAX][4];
	uint8_t dns_ipv6[PCO_DNS_MAX][16];
	uint8_t n_dns_ipv4, n_dns_ipv6;
	uint8_t pcscf_ipv4[PCO_DNS_MAX][4];
	uint8_t pcscf_ipv6[PCO_DNS_MAX][16];
	uint8_t n_pcscf_ipv4, n_pcscf_ipv6;
	uint16_t mtu_bytes;        // of the IPv4 link, 0: not told
	uint16_t mtu_non_ip_bytes; // of a link that carries no IP, 0: not told
	const char *msisdn;        // the caller's, decimal digits; NULL or empty: there is none
	bool is_ims;               // the default bearer may be for IMS signalling alone
	uint8_t bearer_control;    // enum pco_bearer_control, 0: not told
	const struct pco_credential *credentials; // n 0: everyone is let in
	size_t n_credentials;
};

enum pco_auth {
	PCO_AUTH_NONE, // the device said nothing of who it is
	PCO_AUTH_GOOD, // right, or there is nothing to compare with
	PCO_AUTH_BAD,
};

// is_extended: the value of an ePCO, where some units have a length of two octets. n may be 0.
enum pco_auth pco_authenticate(
	const uint8_t *pco, size_t n, bool is_extended, const struct pco_policy *policy);

// Writes the answer to `pco` and returns its length; 0: nothing to answer. Units that don't fit
// are left out, unknown ones skipped; reading ends at the first broken one.
size_t pco_answer(const uint8_t *pco, size_t n, bool is_extended, const struct pco_policy *policy,
	uint8_t answer[PCO_MAX]);
