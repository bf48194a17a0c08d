// SPDX-License-Identifier: BSD-3-Clause
#include "hss/xor.h"

#include <string.h>

void
xor_f12345(const uint8_t k[16], const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
	struct xor_set *set)
{
	uint8_t *xdout = set->res;
	uint8_t cdout[8];

	for (unsigned i = 0; i < 16; i++)
		xdout[i] = k[i] ^ rand[i];
	for (unsigned i = 0; i < 16; i++) {
		set->ck[i] = xdout[(i + 1) % 16];
		set->ik[i] = xdout[(i + 2) % 16];
	}
	memcpy(set->ak, xdout + 3, 6);
	memcpy(cdout, sqn, 6);
	memcpy(cdout + 6, amf, 2);
	for (unsigned i = 0; i < 8; i++)
		set->mac[i] = xdout[i] ^ cdout[i];
}
