// SPDX-License-Identifier: BSD-3-Clause
// The USIM's side of AKA with Milenage: written apart from the HSS's own, to judge it. TS 35.206,
// TS 33.102 6.3 and Annex C, TS 33.401 Annex A.2.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USIM_INDS 32

struct usim {
	uint8_t k[16];
	uint8_t opc[16];
	uint64_t seq[USIM_INDS]; // the highest SEQ accepted for each IND
};

enum usim_verdict {
	USIM_ACCEPTED,
	USIM_MAC_FAILURE,
	USIM_SYNC_FAILURE,
};

struct usim_answer {
	enum usim_verdict verdict;
	uint64_t sqn; // of the network, unless the MAC was wrong
	bool has_separation_bit;
	uint8_t res[8];
	uint8_t kasme[32];
	uint8_t auts[14]; // after a sync failure
};

void usim_challenge(struct usim *u, const uint8_t rand[16], const uint8_t autn[16],
	const uint8_t plmn[3], struct usim_answer *a);

// The SQN in an AUTN, without judging its freshness; false: the MAC is wrong.
bool usim_sqn_of(
	const struct usim *u, const uint8_t rand[16], const uint8_t autn[16], uint64_t *sqn);

// n octets of hexadecimal digits; false if they aren't that.
bool usim_hex(const char *text, uint8_t *octets, size_t n);
