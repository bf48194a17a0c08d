// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdint.h>

// The test algorithm of TS 34.108 8.1.2. f1* is f1 and f5* is f5 there. XDOUT = K xor RAND gives all.

struct xor_set {
	uint8_t mac[8];
	uint8_t res[16]; // as many octets from the left as RES is long
	uint8_t ck[16];
	uint8_t ik[16];
	uint8_t ak[6];
};

void xor_f12345(const uint8_t k[16], const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], struct xor_set *set);
