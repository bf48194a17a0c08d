// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdint.h>

// TS 33.401 A.2, FC 0x10. plmn: the serving network's three TBCD octets; sqn_xor_ak: the first six
// octets of AUTN. 0, or -EIO if the crypto library refuses.
int kasme_derive(const uint8_t ck[16], const uint8_t ik[16], const uint8_t plmn[3],
	const uint8_t sqn_xor_ak[6], uint8_t kasme[32]);
