// SPDX-License-Identifier: BSD-3-Clause
#include "hss/subscriber_text.h"
#include "tests/unit/cunit_main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static void
keeps_rats_and_partners_as_text(void)
{
	struct plmn partners[PARTNERS_MAX];
	char text[PARTNERS_TEXT_SIZE], rat_text[RATS_TEXT_SIZE];
	uint32_t rats = 99;
	uint16_t n = 99;

	CU_ASSERT_EQUAL(rats_parse("EUTRAN+nb-iot", &rats), 0);
	CU_ASSERT_EQUAL(rats, RAT_EUTRAN | RAT_NB_IOT);
	rats_print(RAT_EUTRAN | RAT_NB_IOT | RAT_LTE_M | RAT_UTRAN | RAT_GERAN, rat_text);
	CU_ASSERT_STRING_EQUAL(rat_text, "eutran+nb-iot+lte-m+utran+geran");
	CU_ASSERT_EQUAL(rats_parse("", &rats), 0);
	CU_ASSERT_EQUAL(rats, 0);
	CU_ASSERT_EQUAL(partners_parse("26201+310410", partners, &n), 0);
	CU_ASSERT_EQUAL(n, 2);
	partners_print(partners, n, text);
	CU_ASSERT_STRING_EQUAL(text, "26201+310410");
}

static void
keeps_addresses_as_text(void)
{
	struct fixed_address a[FIXED_ADDRESSES_MAX];
	char text[ADDRESSES_TEXT_SIZE];
	uint16_t n = 0;

	CU_ASSERT_EQUAL(
		addresses_parse("internet=10.0.0.5+internet=2001:db8:1::+iot=10.1.0.5", a, &n), 0);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT(a[0].has_v4 && a[0].has_v6 && a[1].has_v4 && !a[1].has_v6);
	CU_ASSERT_EQUAL(a[1].v4.s_addr, htonl(0x0a010005));
	addresses_print(a, n, text);
	CU_ASSERT_STRING_EQUAL(text, "internet=10.0.0.5+internet=2001:db8:1::+iot=10.1.0.5");
}

static void
refuses_malformed_lists_and_leaves_the_result_alone(void)
{
	static const char *const wrong_lists[] = { "+", "26201+", "+26201", "26201++26202", "x",
		"2620", "26201,26202" };
	static const char *const wrong_addresses[] = { "10.0.0.5", "=10.0.0.5", "a=", "a=0.0.0.0",
		"a=10.0.0.5+a=10.0.0.6", "a=1+", "a=10.0.0.256", "a b=10.0.0.1" };
	struct fixed_address a[FIXED_ADDRESSES_MAX];
	struct plmn p[PARTNERS_MAX];
	uint16_t n = 77;
	uint32_t rats = 77;

	for (unsigned i = 0; i < sizeof(wrong_lists) / sizeof(wrong_lists[0]); i++) {
		CU_ASSERT_EQUAL(partners_parse(wrong_lists[i], p, &n), -EINVAL);
		CU_ASSERT_EQUAL(rats_parse(wrong_lists[i], &rats), -EINVAL);
	}
	for (unsigned i = 0; i < sizeof(wrong_addresses) / sizeof(wrong_addresses[0]); i++)
		CU_ASSERT_EQUAL(addresses_parse(wrong_addresses[i], a, &n), -EINVAL);
	CU_ASSERT_EQUAL(n, 77);
	CU_ASSERT_EQUAL(rats, 77);
}

static void
refuses_more_than_there_is_room_for(void)
{
	char text[PARTNERS_MAX * 6 + 16] = "";
	struct plmn p[PARTNERS_MAX];
	size_t at = 0;
	uint16_t n;

	for (unsigned i = 0; i < PARTNERS_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s26201", i ? "+" : "");
	CU_ASSERT_EQUAL(partners_parse(text, p, &n), 0);
	snprintf(text + at, sizeof(text) - at, "+26201");
	CU_ASSERT_EQUAL(partners_parse(text, p, &n), -EINVAL);
}

static void
knows_the_words_of_imei_locks(void)
{
	enum imei_lock lock;
	char imei[IMEI_SIZE], text[IMEI_LOCK_TEXT_SIZE];
	static const char *const words[] = { "", "learn", "learn:35145120840121",
		"35145120840121" };

	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(imei_lock_parse(words[i], &lock, imei), 0);
		imei_lock_print(lock, imei, text);
		CU_ASSERT_STRING_EQUAL(text, words[i]);
	}
	CU_ASSERT_EQUAL(imei_lock_parse("35145", &lock, imei), -EINVAL);
	CU_ASSERT_EQUAL(imei_lock_parse("learn:", &lock, imei), -EINVAL);
}

static void
knows_algorithms_with_their_options(void)
{
	static const char *const words[] = { "milenage", "tuak:res=16:iterations=2", "xor:res=8" };
	static const char *const wrong[] = { "", "aes", "tuak:", "tuak:res=", "tuak:res=0",
		"tuak:res=256", "tuak:res=-1", "tuak:x=1", "milenagee" };
	struct auc_key key = { 0 };
	char text[ALGORITHM_TEXT_SIZE];

	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(algorithm_parse(words[i], &key), 0);
		algorithm_print(&key, text);
		CU_ASSERT_STRING_EQUAL(text, words[i]);
	}
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_EQUAL(algorithm_parse(wrong[i], &key), -EINVAL);
}

static void
reads_exactly_as_many_hexadecimal_digits(void)
{
	uint8_t out[3] = { 9, 9, 9 };

	CU_ASSERT_EQUAL(hex_parse("0aF", out, 1), -EINVAL);
	CU_ASSERT_EQUAL(hex_parse("0a0g", out, 2), -EINVAL);
	CU_ASSERT_EQUAL(out[0], 9);
	CU_ASSERT_EQUAL(hex_parse("0aFf", out, 2), 0);
	CU_ASSERT_EQUAL(out[1], 0xff);
	CU_ASSERT_EQUAL(out[2], 9);
}

static const struct unit_case cases[] = {
	UNIT_CASE(keeps_rats_and_partners_as_text),
	UNIT_CASE(keeps_addresses_as_text),
	UNIT_CASE(refuses_malformed_lists_and_leaves_the_result_alone),
	UNIT_CASE(refuses_more_than_there_is_room_for),
	UNIT_CASE(knows_the_words_of_imei_locks),
	UNIT_CASE(knows_algorithms_with_their_options),
	UNIT_CASE(reads_exactly_as_many_hexadecimal_digits),
};
UNIT_MAIN("hss/subscriber_text", cases)
