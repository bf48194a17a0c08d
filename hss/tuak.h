// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stddef.h>
#include <stdint.h>

// TS 35.231: f1..f5, f1*, f5* on Keccak-f[1600]. Pure, can't fail; lengths in octets.

struct tuak {
	const uint8_t *k;
	size_t k_len;        // 16 or 32
	const uint8_t *topc; // 32; ignored by tuak_topc
	unsigned iterations; // of Keccak-f, >= 1
};

void keccak_f1600(uint8_t state[200]);

void tuak_topc(const struct tuak *t, const uint8_t top[32], uint8_t topc[32]);

// mac_len: 8, 16 or 32.
void tuak_f1(const struct tuak *t, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t *mac, size_t mac_len);
void tuak_f1star(const struct tuak *t, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t *mac, size_t mac_len);

// res_len: 4, 8, 16 or 32; ck_len and ik_len: 16 or 32. Room for so many octets is the caller's.
struct tuak_set {
	size_t res_len, ck_len, ik_len;
	uint8_t res[32];
	uint8_t ck[32];
	uint8_t ik[32];
	uint8_t ak[6];
};
void tuak_f2345(const struct tuak *t, const uint8_t rand[16], struct tuak_set *set);
void tuak_f5star(const struct tuak *t, const uint8_t rand[16], uint8_t ak[6]);
