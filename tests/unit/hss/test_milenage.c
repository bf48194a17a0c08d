// SPDX-License-Identifier: BSD-3-Clause
#include "hss/milenage.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/vectors.h"

#define N_SETS 21 // 20 of TS 35.208, one of TS 35.207

struct set {
	uint8_t k[16], rand[16], sqn[6], amf[2], op[16], opc[16];
	uint8_t f1[8], f1star[8], f2[8], f3[16], f4[16], f5[6], f5star[6];
};

static struct set
set_of(const struct vectors *v)
{
	struct set s;

	vectors_hex(v, "K", s.k, 16);
	vectors_hex(v, "RAND", s.rand, 16);
	vectors_hex(v, "SQN", s.sqn, 6);
	vectors_hex(v, "AMF", s.amf, 2);
	vectors_hex(v, "OP", s.op, 16);
	vectors_hex(v, "OPc", s.opc, 16);
	vectors_hex(v, "f1", s.f1, 8);
	vectors_hex(v, "f1star", s.f1star, 8);
	vectors_hex(v, "f2", s.f2, 8);
	vectors_hex(v, "f3", s.f3, 16);
	vectors_hex(v, "f4", s.f4, 16);
	vectors_hex(v, "f5", s.f5, 6);
	vectors_hex(v, "f5star", s.f5star, 6);
	return s;
}

static void
computes_all_published_sets(void)
{
	struct milenage_set m;
	struct vectors v;
	uint8_t opc[16], mac_s[8], ak[6];
	unsigned n = 0;

	for (vectors_open(&v, "milenage_test_sets.json"); vectors_next(&v); n++) {
		struct set s = set_of(&v);

		CU_ASSERT_EQUAL(milenage_opc(s.k, s.op, opc), 0);
		CU_ASSERT_EQUAL(memcmp(opc, s.opc, 16), 0);
		CU_ASSERT_EQUAL(milenage_f12345(s.k, s.opc, s.rand, s.sqn, s.amf, &m), 0);
		CU_ASSERT_EQUAL(memcmp(m.mac_a, s.f1, 8), 0);
		CU_ASSERT_EQUAL(memcmp(m.res, s.f2, 8), 0);
		CU_ASSERT_EQUAL(memcmp(m.ck, s.f3, 16), 0);
		CU_ASSERT_EQUAL(memcmp(m.ik, s.f4, 16), 0);
		CU_ASSERT_EQUAL(memcmp(m.ak, s.f5, 6), 0);
		CU_ASSERT_EQUAL(milenage_f1star(s.k, s.opc, s.rand, s.sqn, s.amf, mac_s), 0);
		CU_ASSERT_EQUAL(memcmp(mac_s, s.f1star, 8), 0);
		CU_ASSERT_EQUAL(milenage_f5star(s.k, s.opc, s.rand, ak), 0);
		CU_ASSERT_EQUAL(memcmp(ak, s.f5star, 6), 0);
	}
	CU_ASSERT_EQUAL(n, N_SETS);
}

static const struct unit_case cases[] = {
	UNIT_CASE(computes_all_published_sets),
};
UNIT_MAIN("hss/milenage", cases)
