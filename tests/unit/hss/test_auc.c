// SPDX-License-Identifier: BSD-3-Clause
#include "hss/auc.h"
#include "hss/milenage.h"
#include "hss/tuak.h"
#include "hss/xor.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/vectors.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t plmn[3] = { 0x00, 0xf1, 0x10 };

// Set 1 of TS 35.208.
static struct auc_key
milenage_key(bool has_opc)
{
	struct auc_key key = { .algorithm = AUC_MILENAGE, .k_len = 16, .res_len = 8 };

	hex_parse("465b5ce8b199b49faa5f0a2ee238a6bc", key.k, 16);
	hex_parse(has_opc ? "cd63cb71954a9f4e48a5994e37a02baf" : "cdc202d5123e20f62b6d676ac72cb318",
		key.op, 16);
	key.has_opc = has_opc;
	hex_parse("b9b9", key.amf, 2);
	return key;
}

static struct auc_key
tuak_key(void)
{
	struct auc_key key = {
		.algorithm = AUC_TUAK, .k_len = 16, .res_len = 4, .tuak_iterations = 1
	};

	memset(key.k, 0xab, 16);
	memset(key.op, 0x55, 32);
	memset(key.amf, 0xff, 2);
	return key;
}

static struct auc_key
xor_key(void)
{
	struct auc_key key = { .algorithm = AUC_XOR, .k_len = 16, .res_len = 16 };

	hex_parse("000102030405060708090a0b0c0d0e0f", key.k, 16);
	return key;
}

static int
fixed_random(void *arg, uint8_t *out, size_t len)
{
	memcpy(out, arg, len);
	return 0;
}

static int
broken_random(void *arg, uint8_t *out, size_t len)
{
	return -EIO;
}

static uint8_t *
rand1(void)
{
	static uint8_t rand[16];

	hex_parse("23553cbe9637a89d218ae64dae47bf35", rand, 16);
	return rand;
}

static void
is_hex(const uint8_t *octets, const char *hex)
{
	uint8_t wanted[64];

	CU_ASSERT_EQUAL_FATAL(hex_parse(hex, wanted, strlen(hex) / 2), 0);
	CU_ASSERT_EQUAL(memcmp(octets, wanted, strlen(hex) / 2), 0);
}

static void
makes_the_published_eps_vector(void)
{
	for (int has_opc = 0; has_opc <= 1; has_opc++) {
		struct auc_key key = milenage_key(has_opc);
		struct auc_vector v;

		CU_ASSERT_EQUAL(
			auc_eps_vector(&key, 0xff9bb4d0b607, plmn, fixed_random, rand1(), &v), 0);
		is_hex(v.rand, "23553cbe9637a89d218ae64dae47bf35");
		is_hex(v.autn, "55f328b43577b9b94a9ffac354dfafb3");
		CU_ASSERT_EQUAL(v.xres_len, 8);
		is_hex(v.xres, "a54211d5e3ba50bf");
		is_hex(v.kasme, "48579af8781c742d5120e6ed8ccac13193f38c53ab7aa69396f49ca6e1b0562d");
	}
}

static void
forces_the_separation_bit_in_eps_and_clears_it_in_utran(void)
{
	struct auc_key key = milenage_key(true);
	struct auc_vector eps, utran;
	struct milenage_set m;
	uint8_t sqn[6] = { 0, 0, 0, 0, 0, 0x21 };

	key.amf[0] = 0x12;
	CU_ASSERT_EQUAL(auc_eps_vector(&key, 0x21, plmn, fixed_random, rand1(), &eps), 0);
	CU_ASSERT_EQUAL(eps.autn[6], 0x92);
	milenage_f12345(key.k, key.op, rand1(), sqn, (const uint8_t[]){ 0x92, 0xb9 }, &m);
	CU_ASSERT_EQUAL(memcmp(eps.autn + 8, m.mac_a, 8), 0);

	key.amf[0] = 0x92;
	CU_ASSERT_EQUAL(auc_utran_vector(&key, 0x21, fixed_random, rand1(), &utran), 0);
	CU_ASSERT_EQUAL(utran.autn[6], 0x12);
	milenage_f12345(key.k, key.op, rand1(), sqn, (const uint8_t[]){ 0x12, 0xb9 }, &m);
	CU_ASSERT_EQUAL(memcmp(utran.autn + 8, m.mac_a, 8), 0);
	is_hex(utran.ck, "b40ba9a3c58b2a05bbf0d987b21bf8cb");
	is_hex(utran.ik, "f769bcd751044604127672711c6d3441");
}

static void
keeps_ck_and_ik_out_of_eps_vectors(void)
{
	static const uint8_t zeros[32];
	struct auc_key key = milenage_key(true);
	struct auc_vector v;

	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, fixed_random, rand1(), &v), 0);
	CU_ASSERT_EQUAL(memcmp(v.ck, zeros, 16), 0);
	CU_ASSERT_EQUAL(memcmp(v.ik, zeros, 16), 0);
}

static void
makes_tuak_vectors_from_top(void)
{
	struct auc_key key = tuak_key();
	uint8_t rand[16];
	struct auc_vector v;

	memset(rand, 0x42, 16);
	CU_ASSERT_EQUAL(auc_eps_vector(&key, 0x111111111111, plmn, fixed_random, rand, &v), 0);
	CU_ASSERT_EQUAL(v.xres_len, 4);
	is_hex(v.xres, "657acd64");
	// SQN xor AK || AMF || f1 of set 1 of TS 35.232.
	is_hex(v.autn, "608e0f8a8145fffff9a54e6aeaa8618d");
}

// TS 34.108 8.1.2: all by hand from XDOUT = K xor RAND.
static void
makes_xor_vectors(void)
{
	struct auc_key key = xor_key();
	uint8_t rand[16];
	struct auc_vector v;

	memset(rand, 0xf0, 16);
	CU_ASSERT_EQUAL(auc_utran_vector(&key, 0x010203040506, fixed_random, rand, &v), 0);
	is_hex(v.xres, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
	is_hex(v.ck, "f1f2f3f4f5f6f7f8f9fafbfcfdfefff0");
	is_hex(v.ik, "f2f3f4f5f6f7f8f9fafbfcfdfefff0f1");
	// SQN xor XDOUT[3..8] || AMF 0000 || XDOUT[0..7] xor (SQN || AMF)
	is_hex(v.autn, "f2f6f6f2f2fe0000f1f3f1f7f1f3f6f7");
}

static void
refuses_unsound_keys_and_sqns(void)
{
	struct auc_key key = milenage_key(true);
	struct auc_vector v;

	CU_ASSERT_EQUAL(
		auc_eps_vector(&key, UINT64_C(1) << 48, plmn, fixed_random, rand1(), &v), -EINVAL);
	key.k_len = 15;
	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, fixed_random, rand1(), &v), -EINVAL);
	key = tuak_key();
	key.tuak_iterations = 0;
	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, fixed_random, rand1(), &v), -EINVAL);
	key.algorithm = (enum auc_algorithm)9;
	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, fixed_random, rand1(), &v), -EINVAL);
}

static void
fails_when_randomness_fails(void)
{
	struct auc_key key = milenage_key(true);
	struct auc_vector v;

	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, broken_random, NULL, &v), -EIO);
}

static void
draws_another_rand_for_each_vector(void)
{
	struct auc_key key = milenage_key(true);
	struct auc_vector a, b;

	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, auc_random, NULL, &a), 0);
	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, auc_random, NULL, &b), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a.rand, b.rand, 16), 0);
}

static void
draws_another_rand_in_a_child_process(void)
{
	struct auc_key key = milenage_key(true);
	struct auc_vector v, child;
	int ends[2];
	pid_t pid;

	CU_ASSERT_EQUAL(auc_eps_vector(&key, 1, plmn, auc_random, NULL, &v), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	pid = fork();
	auc_eps_vector(&key, 1, plmn, auc_random, NULL, &v);
	if (pid == 0)
		_exit(write(ends[1], &v, sizeof(v)) != sizeof(v));
	CU_ASSERT_EQUAL(read(ends[0], &child, sizeof(child)), sizeof(child));
	CU_ASSERT_NOT_EQUAL(memcmp(v.rand, child.rand, 16), 0);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

// What a USIM sends: (SQN_MS xor AK*) || MAC-S with AMF* = 0000.
static void
auts_make(const struct auc_key *key, const uint8_t rand[16], uint64_t sqn, uint8_t auts[14])
{
	static const uint8_t amf_star[2];
	uint8_t opc[16], topc[32], ak[6], sqn6[6];
	struct xor_set x;

	for (unsigned i = 0; i < 6; i++)
		sqn6[i] = (uint8_t)(sqn >> (40 - 8 * i));
	if (key->algorithm == AUC_MILENAGE) {
		if (key->has_opc)
			memcpy(opc, key->op, 16);
		else
			milenage_opc(key->k, key->op, opc);
		milenage_f5star(key->k, opc, rand, ak);
		milenage_f1star(key->k, opc, rand, sqn6, amf_star, auts + 6);
	} else if (key->algorithm == AUC_TUAK) {
		struct tuak t = { key->k, key->k_len, topc, key->tuak_iterations };

		tuak_topc(&t, key->op, topc);
		tuak_f5star(&t, rand, ak);
		tuak_f1star(&t, rand, sqn6, amf_star, auts + 6, 8);
	} else {
		xor_f12345(key->k, rand, sqn6, amf_star, &x);
		memcpy(ak, x.ak, 6);
		memcpy(auts + 6, x.mac, 8);
	}
	for (unsigned i = 0; i < 6; i++)
		auts[i] = sqn6[i] ^ ak[i];
}

static void
accepts_auts_of_every_algorithm(void)
{
	struct auc_key keys[4] = { milenage_key(true), milenage_key(false), tuak_key(), xor_key() };
	uint8_t auts[14];
	uint64_t sqn_ms;

	for (unsigned i = 0; i < 4; i++) {
		auts_make(&keys[i], rand1(), 0x123456789abc, auts);
		sqn_ms = 0;
		CU_ASSERT_EQUAL(auc_auts_check(&keys[i], rand1(), auts, 14, &sqn_ms), 0);
		CU_ASSERT_EQUAL(sqn_ms, 0x123456789abc);
	}
}

static void
accepts_the_published_auts(void)
{
	struct auc_key key = milenage_key(true);
	uint8_t auts[14];
	uint64_t sqn_ms = 0;

	hex_parse("ba853f3c123ccf44e93596e355c6", auts, 14);
	CU_ASSERT_EQUAL(auc_auts_check(&key, rand1(), auts, 14, &sqn_ms), 0);
	CU_ASSERT_EQUAL(sqn_ms, 0xff9bb4d0b607);
}

static void
refuses_auts_with_any_bit_flipped(void)
{
	struct auc_key key = milenage_key(true);
	uint8_t auts[14];
	uint64_t sqn_ms = 7;

	for (unsigned bit = 0; bit < 14 * 8; bit++) {
		hex_parse("ba853f3c123ccf44e93596e355c6", auts, 14);
		auts[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(auc_auts_check(&key, rand1(), auts, 14, &sqn_ms), -EBADMSG);
	}
	CU_ASSERT_EQUAL(sqn_ms, 7);
}

static void
refuses_auts_of_any_other_length(void)
{
	struct auc_key key = milenage_key(true);
	uint8_t auts[32] = { 0 };
	uint64_t sqn_ms = 7;

	hex_parse("ba853f3c123ccf44e93596e355c6", auts, 14);
	for (size_t len = 0; len <= sizeof(auts); len++)
		if (len != 14)
			CU_ASSERT_EQUAL(
				auc_auts_check(&key, rand1(), auts, len, &sqn_ms), -EBADMSG);
	CU_ASSERT_EQUAL(sqn_ms, 7);
}

static const struct unit_case cases[] = {
	UNIT_CASE(makes_the_published_eps_vector),
	UNIT_CASE(forces_the_separation_bit_in_eps_and_clears_it_in_utran),
	UNIT_CASE(keeps_ck_and_ik_out_of_eps_vectors),
	UNIT_CASE(makes_tuak_vectors_from_top),
	UNIT_CASE(makes_xor_vectors),
	UNIT_CASE(refuses_unsound_keys_and_sqns),
	UNIT_CASE(fails_when_randomness_fails),
	UNIT_CASE(draws_another_rand_for_each_vector),
	UNIT_CASE(draws_another_rand_in_a_child_process),
	UNIT_CASE(accepts_auts_of_every_algorithm),
	UNIT_CASE(accepts_the_published_auts),
	UNIT_CASE(refuses_auts_with_any_bit_flipped),
	UNIT_CASE(refuses_auts_of_any_other_length),
};
UNIT_MAIN("hss/auc", cases)
