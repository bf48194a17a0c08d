// SPDX-License-Identifier: BSD-3-Clause
#include "hss/tuak.h"

#include "hss/evp.h"

#include <string.h>

// Where the fields begin in INOUT, in octets. TS 35.231 6.1. Its bit numbering runs against the one
// of the 3GPP parameters, and in the octets of the state that comes out as: each field's octets in
// reverse order, each octet as it is.
enum {
	AT_TOP = 0,
	AT_INSTANCE = 32,
	AT_ALGONAME = 33,
	AT_RAND = 40,
	AT_AMF = 56,
	AT_SQN = 58,
	AT_KEY = 64,
	AT_PADDING = 96,      // bits 768..772
	AT_PADDING_END = 135, // bit 1087
	AT_OUT_CK = 32,
	AT_OUT_IK = 64,
	AT_OUT_AK = 96,
};

// INSTANCE, bit 0 of the specification being the highest. TS 35.231 6.2 to 6.5.
enum {
	INSTANCE_F1STAR = 0x80,
	INSTANCE_F2345 = 0x40,
	INSTANCE_F5STAR = 0xc0,
	INSTANCE_CK256 = 0x04,
	INSTANCE_IK256 = 0x02,
	INSTANCE_K256 = 0x01,
};

static const uint8_t algoname[7] = { 'T', 'U', 'A', 'K', '1', '.', '0' };

static uint8_t
length_bits(size_t len)
{
	return len == 8 ? 0x08 : len == 16 ? 0x10 : len == 32 ? 0x20 : 0;
}

static void
put_reversed(uint8_t *state, const uint8_t *field, size_t len)
{
	for (size_t i = 0; i < len; i++)
		state[len - 1 - i] = field[i];
}

// The permutation's input and its iterations; rand, sqn and amf NULL: zeros.
static void
tuak_run(const struct tuak *t, const uint8_t top[32], uint8_t instance, const uint8_t *rand,
	const uint8_t *sqn, const uint8_t *amf, uint8_t state[200])
{
	memset(state, 0, 200);
	put_reversed(state + AT_TOP, top, 32);
	state[AT_INSTANCE] = instance | (t->k_len == 32 ? INSTANCE_K256 : 0);
	put_reversed(state + AT_ALGONAME, algoname, sizeof(algoname));
	if (rand)
		put_reversed(state + AT_RAND, rand, 16);
	if (amf)
		put_reversed(state + AT_AMF, amf, 2);
	if (sqn)
		put_reversed(state + AT_SQN, sqn, 6);
	put_reversed(state + AT_KEY, t->k, t->k_len);
	state[AT_PADDING] = 0x1f;
	state[AT_PADDING_END] = 0x80;
	for (unsigned i = 0; i < t->iterations; i++)
		keccak_f1600(state);
}

void
tuak_topc(const struct tuak *t, const uint8_t top[32], uint8_t topc[32])
{
	uint8_t state[200];

	tuak_run(t, top, 0, NULL, NULL, NULL, state);
	put_reversed(topc, state, 32);
	evp_wipe(state, sizeof(state));
}

void
tuak_f1(const struct tuak *t, const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
	uint8_t *mac, size_t mac_len)
{
	uint8_t state[200];

	tuak_run(t, t->topc, length_bits(mac_len), rand, sqn, amf, state);
	put_reversed(mac, state, mac_len);
	evp_wipe(state, sizeof(state));
}

void
tuak_f1star(const struct tuak *t, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t *mac, size_t mac_len)
{
	uint8_t state[200];

	tuak_run(t, t->topc, INSTANCE_F1STAR | length_bits(mac_len), rand, sqn, amf, state);
	put_reversed(mac, state, mac_len);
	evp_wipe(state, sizeof(state));
}

void
tuak_f2345(const struct tuak *t, const uint8_t rand[16], struct tuak_set *set)
{
	uint8_t state[200];
	uint8_t instance = INSTANCE_F2345 | length_bits(set->res_len);

	if (set->ck_len == 32)
		instance |= INSTANCE_CK256;
	if (set->ik_len == 32)
		instance |= INSTANCE_IK256;
	tuak_run(t, t->topc, instance, rand, NULL, NULL, state);
	put_reversed(set->res, state, set->res_len);
	put_reversed(set->ck, state + AT_OUT_CK, set->ck_len);
	put_reversed(set->ik, state + AT_OUT_IK, set->ik_len);
	put_reversed(set->ak, state + AT_OUT_AK, sizeof(set->ak));
	evp_wipe(state, sizeof(state));
}

void
tuak_f5star(const struct tuak *t, const uint8_t rand[16], uint8_t ak[6])
{
	uint8_t state[200];

	tuak_run(t, t->topc, INSTANCE_F5STAR, rand, NULL, NULL, state);
	put_reversed(ak, state + AT_OUT_AK, 6);
	evp_wipe(state, sizeof(state));
}
