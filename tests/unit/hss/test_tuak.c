// SPDX-License-Identifier: BSD-3-Clause
#include "hss/tuak.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/vectors.h"

#define N_SETS 6

// TS 35.232 5.3, test set 1 of the permutation.
static const char keccak_in[] =
	"2476d2dac59e2e9349df3255a9dab1b69eb5c208f151c7309e8c8f17db456d0b5eb0afb6c73e37ce8ccccf20b7"
	"9d8a67294149174809e429709330c4ad231d3e5211ae0bd80520c43ad4b436625792a76c52089d0f739271151a"
	"37594df66de4429f3c970a3456b6ce2c78cd1128717f4bdb731a4c97dbe5eb7353fe81e37c33ac60b82122eac6"
	"11a98e0e7442b99964752293e4f9c696ba05f07a21451f90730c9678c645ad4be44c4d2d981a3412081c9c6b05"
	"c993ff1c561a0d242b4706d501c34765b37a0b50";
static const char keccak_out[] =
	"2fdc58d4d94a884c1cb03a8e63acab8375e856b561ba3a0625e830acdb55734286646f87189b435425b5d6654e"
	"228228b697b81cbead655b71aaccc25e3d7e51b5cb5ac227f67f2ad8a062976782b08a7ec3f1b538d6008c0bab"
	"ef83da64366b62a53f88a3dc0629bded795f3220f3c65c76bdd01243e88f63d6912e5fb5cda167b71f9baaa742"
	"dc193ff78c1767a38a1c96408cce169239b077f2903a07b8c46a048d66318e595ea4bb92992c7c2d3dcd381975"
	"b6e05f85ba18152096cc30ed22140ff3b6711ea7";

static void
permutes_as_published(void)
{
	uint8_t state[200], out[200];

	CU_ASSERT_EQUAL_FATAL(hex_parse(keccak_in, state, 200), 0);
	CU_ASSERT_EQUAL_FATAL(hex_parse(keccak_out, out, 200), 0);
	keccak_f1600(state);
	CU_ASSERT_EQUAL(memcmp(state, out, 200), 0);
}

static void
checks_macs(const struct vectors *v, const struct tuak *t, const uint8_t rand[16])
{
	uint8_t sqn[6], amf[2], f1[32], f1star[32], mac[32];
	size_t n = vectors_hex(v, "f1", f1, 32);

	vectors_hex(v, "SQN", sqn, 6);
	vectors_hex(v, "AMF", amf, 2);
	CU_ASSERT_EQUAL(vectors_hex(v, "f1star", f1star, 32), n);
	tuak_f1(t, rand, sqn, amf, mac, n);
	CU_ASSERT_EQUAL(memcmp(mac, f1, n), 0);
	tuak_f1star(t, rand, sqn, amf, mac, n);
	CU_ASSERT_EQUAL(memcmp(mac, f1star, n), 0);
}

static void
checks_keys(const struct vectors *v, const struct tuak *t, const uint8_t rand[16])
{
	uint8_t f2[32], f3[32], f4[32], f5[6], f5star[6], ak[6];
	struct tuak_set set = {
		.res_len = vectors_hex(v, "f2", f2, 32),
		.ck_len = vectors_hex(v, "f3", f3, 32),
		.ik_len = vectors_hex(v, "f4", f4, 32),
	};

	vectors_hex(v, "f5", f5, 6);
	vectors_hex(v, "f5star", f5star, 6);
	tuak_f2345(t, rand, &set);
	CU_ASSERT_EQUAL(memcmp(set.res, f2, set.res_len), 0);
	CU_ASSERT_EQUAL(memcmp(set.ck, f3, set.ck_len), 0);
	CU_ASSERT_EQUAL(memcmp(set.ik, f4, set.ik_len), 0);
	CU_ASSERT_EQUAL(memcmp(set.ak, f5, 6), 0);
	tuak_f5star(t, rand, ak);
	CU_ASSERT_EQUAL(memcmp(ak, f5star, 6), 0);
}

static void
computes_all_published_sets(void)
{
	uint8_t k[32], top[32], topc[32], published[32], rand[16];
	struct vectors v;
	unsigned n = 0;

	for (vectors_open(&v, "tuak_test_sets.json"); vectors_next(&v); n++) {
		struct tuak t = { k, vectors_hex(&v, "K", k, 32), topc,
			vectors_number(&v, "iterations") };

		vectors_hex(&v, "TOP", top, 32);
		vectors_hex(&v, "TOPc", published, 32);
		vectors_hex(&v, "RAND", rand, 16);
		tuak_topc(&t, top, topc);
		CU_ASSERT_EQUAL(memcmp(topc, published, 32), 0);
		checks_macs(&v, &t, rand);
		checks_keys(&v, &t, rand);
	}
	CU_ASSERT_EQUAL(n, N_SETS);
}

static const struct unit_case cases[] = {
	UNIT_CASE(permutes_as_published),
	UNIT_CASE(computes_all_published_sets),
};
UNIT_MAIN("hss/tuak", cases)
