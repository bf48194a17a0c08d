// SPDX-License-Identifier: BSD-3-Clause
// Keccak-f[1600], FIPS 202 3.2 and 3.3. OpenSSL offers SHA-3, but not the permutation itself.
#include "hss/tuak.h"

#define ROUNDS 24

static const uint64_t round_constants[ROUNDS] = {
	0x0000000000000001,
	0x0000000000008082,
	0x800000000000808a,
	0x8000000080008000,
	0x000000000000808b,
	0x0000000080000001,
	0x8000000080008081,
	0x8000000000008009,
	0x000000000000008a,
	0x0000000000000088,
	0x0000000080008009,
	0x000000008000000a,
	0x000000008000808b,
	0x800000000000008b,
	0x8000000000008089,
	0x8000000000008003,
	0x8000000000008002,
	0x8000000000000080,
	0x000000000000800a,
	0x800000008000000a,
	0x8000000080008081,
	0x8000000000008080,
	0x0000000080000001,
	0x8000000080008008,
};

// Rotation of lane x + 5y. FIPS 202 table 2, modulo 64.
static const unsigned offsets[25] = {
	0, 1, 62, 28, 27,  //
	36, 44, 6, 55, 20, //
	3, 10, 43, 25, 39, //
	41, 45, 15, 21, 8, //
	18, 2, 61, 56, 14, //
};

static inline uint64_t
rotate(uint64_t lane, unsigned n)
{
	return n == 0 ? lane : lane << n | lane >> (64 - n);
}

static void
theta(uint64_t a[25])
{
	uint64_t parity[5];

	for (unsigned x = 0; x < 5; x++)
		parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (unsigned x = 0; x < 5; x++) {
		uint64_t d = parity[(x + 4) % 5] ^ rotate(parity[(x + 1) % 5], 1);

		for (unsigned y = 0; y < 25; y += 5)
			a[x + y] ^= d;
	}
}

static void
rho_pi(const uint64_t a[25], uint64_t b[25])
{
	for (unsigned y = 0; y < 5; y++)
		for (unsigned x = 0; x < 5; x++)
			b[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(a[x + 5 * y], offsets[x + 5 * y]);
}

static void
chi(const uint64_t b[25], uint64_t a[25])
{
	for (unsigned y = 0; y < 25; y += 5)
		for (unsigned x = 0; x < 5; x++)
			a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
}

void
keccak_f1600(uint8_t state[200])
{
	uint64_t a[25], b[25];

	for (unsigned i = 0; i < 25; i++) {
		a[i] = 0;
		for (unsigned j = 0; j < 8; j++)
			a[i] |= (uint64_t)state[8 * i + j] << (8 * j);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		theta(a);
		rho_pi(a, b);
		chi(b, a);
		a[0] ^= round_constants[round];
	}
	for (unsigned i = 0; i < 200; i++)
		state[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
}
