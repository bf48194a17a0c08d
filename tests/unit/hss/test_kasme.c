// SPDX-License-Identifier: BSD-3-Clause
#include "hss/kasme.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/vectors.h"

static void
derives_per_serving_network(void)
{
	// CK, IK and SQN xor AK of set 1 of TS 35.208.
	static const struct {
		const char *plmn;
		const char *kasme;
	} rows[] = {
		{ "00f110", "48579af8781c742d5120e6ed8ccac13193f38c53ab7aa69396f49ca6e1b0562d" },
		{ "02f839", "ba595c5419be71add1212bc8e1bd843afd26e58c0ad8d54f144686b5f55cda77" },
		{ "44f050", "b240f5fbb007ee59249788531eb069acfd53e9a3089c81efcabb4a3a7cb5feec" },
	};
	uint8_t ck[16], ik[16], sqn_xor_ak[6], plmn[3], kasme[32], wanted[32];

	hex_parse("b40ba9a3c58b2a05bbf0d987b21bf8cb", ck, 16);
	hex_parse("f769bcd751044604127672711c6d3441", ik, 16);
	hex_parse("55f328b43577", sqn_xor_ak, 6);
	for (unsigned i = 0; i < 3; i++) {
		hex_parse(rows[i].plmn, plmn, 3);
		hex_parse(rows[i].kasme, wanted, 32);
		CU_ASSERT_EQUAL(kasme_derive(ck, ik, plmn, sqn_xor_ak, kasme), 0);
		CU_ASSERT_EQUAL(memcmp(kasme, wanted, 32), 0);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(derives_per_serving_network),
};
UNIT_MAIN("hss/kasme", cases)
