// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sim_csv.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

#define K "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"

static struct csv_layout layout;
static struct csv_line line;
static char why[96];

static int
header(const char *text)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	return csv_header_parse(copy, &layout, why);
}

static int
parse(const char *text)
{
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", text);
	return csv_line_parse(&layout, copy, &line, why);
}

static void
reads_a_line_by_its_header(void)
{
	CU_ASSERT_EQUAL(header("imsi, iccid ,\"profile\",k,opc,addresses,state,partners\r\n"), 0);
	CU_ASSERT_EQUAL(parse("001010000000001,8988211000000000001,iot," K ",\"" OPC
			      "\",internet=10.0.0.5,inactive,26201+26202\r\n"),
		0);
	CU_ASSERT_STRING_EQUAL(line.sim.iccid, "8988211000000000001");
	CU_ASSERT_STRING_EQUAL(line.sim.imsis[0].imsi, "001010000000001");
	CU_ASSERT_STRING_EQUAL(line.sim.profile, "iot");
	CU_ASSERT_EQUAL(line.sim.state, SIM_INACTIVE);
	CU_ASSERT_EQUAL(line.sim.n_partners, 2);
	CU_ASSERT_EQUAL(line.sim.n_addresses, 1);
	CU_ASSERT_EQUAL(line.key.algorithm, AUC_MILENAGE);
	CU_ASSERT(line.key.has_opc);
	CU_ASSERT_EQUAL(line.key.k[0], 0x46);
	CU_ASSERT_EQUAL(line.key.amf[0], 0x80);
	CU_ASSERT_FALSE(line.is_sealed);
}

static void
names_what_is_wrong_with_a_header(void)
{
	CU_ASSERT_EQUAL(header("iccid,imsi,profile,k,colour"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "column 5 is unknown");
	CU_ASSERT_EQUAL(header("iccid,imsi,profile,k,imsi"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "column 5 is there already");
	CU_ASSERT_EQUAL(header("iccid,profile,k"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "column imsi is missing");
	CU_ASSERT_EQUAL(header("iccid,imsi,profile"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "column k or sealed is missing");
	CU_ASSERT_EQUAL(header(""), -EINVAL);
}

static void
names_the_field_that_is_wrong_and_never_a_key(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "89882110000000000,001010000000001,iot," K "," OPC, "iccid:" },
		{ "8988211000000000001,00101,iot," K "," OPC, "imsi:" },
		{ "8988211000000000001,001010000000001,a b," K "," OPC, "profile:" },
		{ "8988211000000000001,001010000000001,iot,465b," OPC, "k:" },
		{ "8988211000000000001,001010000000001,iot," K ",465b", "opc, op:" },
		{ "8988211000000000001,001010000000001,iot," K ",", "opc or op is missing" },
		{ "8988211000000000001,001010000000001,iot," K, "fewer than 5 fields" },
		{ "8988211000000000001,001010000000001,iot," K "," OPC ",", "more than 5 fields" },
	};

	CU_ASSERT_EQUAL(header("iccid,imsi,profile,k,opc"), 0);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(parse(rows[i].text), -EINVAL);
		CU_ASSERT_EQUAL(strncmp(why, rows[i].why, strlen(rows[i].why)), 0);
		CU_ASSERT_PTR_NULL(strstr(why, "465b"));
	}
}

static void
reads_every_algorithm(void)
{
	CU_ASSERT_EQUAL(header("iccid,imsi,profile,algorithm,k,op"), 0);
	CU_ASSERT_EQUAL(parse("8988211000000000001,001010000000001,iot,xor," K ","), 0);
	CU_ASSERT_EQUAL(line.key.algorithm, AUC_XOR);
	CU_ASSERT_EQUAL(
		parse("8988211000000000001,001010000000001,iot,tuak:res=16," K K "," OPC OPC), 0);
	CU_ASSERT_EQUAL(line.key.k_len, 32);
	CU_ASSERT_EQUAL(line.key.res_len, 16);
	CU_ASSERT_FALSE(line.key.has_opc);
	CU_ASSERT_EQUAL(
		parse("8988211000000000001,001010000000001,iot,milenage," K K "," OPC), -EINVAL);
	CU_ASSERT_EQUAL(parse("8988211000000000001,001010000000001,iot,aes," K "," OPC), -EINVAL);
}

static void
survives_any_cut_of_a_line(void)
{
	const char *whole = "8988211000000000001,001010000000001,iot," K "," OPC ",+,\"\",learn,9";
	char copy[256];

	CU_ASSERT_EQUAL(header("iccid,imsi,profile,k,opc,partners,rats,imei_lock,seq"), 0);
	for (size_t n = 0; n < strlen(whole); n++) {
		snprintf(copy, sizeof(copy), "%.*s", (int)n, whole);
		CU_ASSERT_EQUAL(parse(copy), -EINVAL);
	}
}

static void
wipes_keys(void)
{
	static const uint8_t zeros[sizeof(struct auc_key)];

	CU_ASSERT_EQUAL(header("iccid,imsi,profile,k,opc"), 0);
	CU_ASSERT_EQUAL(parse("8988211000000000001,001010000000001,iot," K "," OPC), 0);
	csv_line_wipe(&line);
	CU_ASSERT_EQUAL(memcmp(&line.key, zeros, sizeof(zeros)), 0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_a_line_by_its_header),
	UNIT_CASE(names_what_is_wrong_with_a_header),
	UNIT_CASE(names_the_field_that_is_wrong_and_never_a_key),
	UNIT_CASE(reads_every_algorithm),
	UNIT_CASE(survives_any_cut_of_a_line),
	UNIT_CASE(wipes_keys),
};
UNIT_MAIN("hss/sim_csv", cases)
