// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdint.h>

// TS 35.206. All: 0, or -EIO if the crypto library refuses.

int milenage_opc(const uint8_t k[16], const uint8_t op[16], uint8_t opc[16]);

// f1 to f5 at once: MAC-A, RES, CK, IK, AK.
struct milenage_set {
	uint8_t mac_a[8];
	uint8_t res[8];
	uint8_t ck[16];
	uint8_t ik[16];
	uint8_t ak[6];
};
int milenage_f12345(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
	const uint8_t sqn[6], const uint8_t amf[2], struct milenage_set *set);

int milenage_f1star(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
	const uint8_t sqn[6], const uint8_t amf[2], uint8_t mac_s[8]);
int milenage_f5star(
	const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16], uint8_t ak[6]);
