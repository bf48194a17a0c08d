// SPDX-License-Identifier: BSD-3-Clause
#include "hss/milenage.h"

#include "hss/evp.h"

#include <string.h>

// TS 35.206 4.1. r1..r5 in octets (they are 64, 0, 32, 64, 96 bits) and c1..c5 (their last octet).
static const uint8_t rotation[5] = { 8, 0, 4, 8, 12 };
static const uint8_t constant[5] = { 0, 1, 2, 4, 8 };

static void
xor16(uint8_t out[16], const uint8_t a[16], const uint8_t b[16])
{
	for (unsigned i = 0; i < 16; i++)
		out[i] = a[i] ^ b[i];
}

// What OUTi (i = 1..5) encrypts: rot(x xor OPc, ri) xor ci.
static void
stage_input(unsigned i, const uint8_t x[16], const uint8_t opc[16], uint8_t out[16])
{
	uint8_t mixed[16];

	xor16(mixed, x, opc);
	for (unsigned j = 0; j < 16; j++)
		out[j] = mixed[(j + rotation[i - 1]) % 16];
	out[15] ^= constant[i - 1];
	evp_wipe(mixed, sizeof(mixed));
}

// OUT1's input has TEMP beside IN1 = SQN || AMF || SQN || AMF.
static void
stage1_input(const uint8_t temp[16], const uint8_t opc[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t out[16])
{
	uint8_t in1[16], rotated[16];

	memcpy(in1, sqn, 6);
	memcpy(in1 + 6, amf, 2);
	memcpy(in1 + 8, in1, 8);
	stage_input(1, in1, opc, rotated);
	xor16(out, rotated, temp);
}

static int
temp_of(struct evp_aes *aes, const uint8_t opc[16], const uint8_t rand[16], uint8_t temp[16])
{
	uint8_t in[16];

	xor16(in, rand, opc);
	return evp_aes128_blocks(aes, in, temp, 1);
}

int
milenage_opc(const uint8_t k[16], const uint8_t op[16], uint8_t opc[16])
{
	struct evp_aes *aes;
	uint8_t out[16];
	int err = evp_aes128_begin(k, &aes);

	if (err != 0)
		return err;
	err = evp_aes128_blocks(aes, op, out, 1);
	evp_aes128_end(aes);
	xor16(opc, out, op);
	evp_wipe(out, sizeof(out));
	return err;
}

int
milenage_f12345(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
	const uint8_t sqn[6], const uint8_t amf[2], struct milenage_set *set)
{
	uint8_t temp[16], in[4 * 16], out[4 * 16];
	struct evp_aes *aes;
	int err = evp_aes128_begin(k, &aes);

	if (err != 0)
		return err;
	err = temp_of(aes, opc, rand, temp);
	stage1_input(temp, opc, sqn, amf, in);
	for (unsigned i = 2; i <= 4; i++)
		stage_input(i, temp, opc, in + 16 * (i - 1));
	if (err == 0)
		err = evp_aes128_blocks(aes, in, out, 4);
	evp_aes128_end(aes);
	for (unsigned i = 0; i < 4; i++)
		xor16(out + 16 * i, out + 16 * i, opc);
	memcpy(set->mac_a, out, 8);
	memcpy(set->res, out + 16 + 8, 8);
	memcpy(set->ak, out + 16, 6);
	memcpy(set->ck, out + 32, 16);
	memcpy(set->ik, out + 48, 16);
	evp_wipe(temp, sizeof(temp));
	evp_wipe(in, sizeof(in));
	evp_wipe(out, sizeof(out));
	return err;
}

int
milenage_f1star(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16],
	const uint8_t sqn[6], const uint8_t amf[2], uint8_t mac_s[8])
{
	uint8_t temp[16], block[16];
	struct evp_aes *aes;
	int err = evp_aes128_begin(k, &aes);

	if (err != 0)
		return err;
	err = temp_of(aes, opc, rand, temp);
	stage1_input(temp, opc, sqn, amf, block);
	if (err == 0)
		err = evp_aes128_blocks(aes, block, block, 1);
	evp_aes128_end(aes);
	xor16(block, block, opc);
	memcpy(mac_s, block + 8, 8);
	evp_wipe(temp, sizeof(temp));
	evp_wipe(block, sizeof(block));
	return err;
}

int
milenage_f5star(const uint8_t k[16], const uint8_t opc[16], const uint8_t rand[16], uint8_t ak[6])
{
	uint8_t temp[16], block[16];
	struct evp_aes *aes;
	int err = evp_aes128_begin(k, &aes);

	if (err != 0)
		return err;
	err = temp_of(aes, opc, rand, temp);
	stage_input(5, temp, opc, block);
	if (err == 0)
		err = evp_aes128_blocks(aes, block, block, 1);
	evp_aes128_end(aes);
	xor16(block, block, opc);
	memcpy(ak, block, 6);
	evp_wipe(temp, sizeof(temp));
	evp_wipe(block, sizeof(block));
	return err;
}
