// SPDX-License-Identifier: BSD-3-Clause
#include "hss/kasme.h"

#include "hss/evp.h"

#include <string.h>

int
kasme_derive(const uint8_t ck[16], const uint8_t ik[16], const uint8_t plmn[3],
	const uint8_t sqn_xor_ak[6], uint8_t kasme[32])
{
	// FC || P0 || L0 || P1 || L1. TS 33.220 B.2.
	uint8_t s[14] = { 0x10, plmn[0], plmn[1], plmn[2], 0x00, 0x03 };
	uint8_t key[32];
	int err;

	memcpy(s + 6, sqn_xor_ak, 6);
	s[12] = 0x00;
	s[13] = 0x06;
	memcpy(key, ck, 16);
	memcpy(key + 16, ik, 16);
	err = evp_hmac_sha256(key, sizeof(key), s, sizeof(s), kasme);
	evp_wipe(key, sizeof(key));
	return err;
}
