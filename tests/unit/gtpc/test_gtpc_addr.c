// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/gtpc_addr.h"
#include "tests/unit/cunit_main.h"

#include <arpa/inet.h>
#include <errno.h>

static void
reads_and_prints_both_families(void)
{
	struct gtpc_addr a;
	char text[GTPC_ADDR_TEXT_MAX];

	CU_ASSERT_EQUAL(gtpc_addr_parse("10.10.0.1", &a), 0);
	CU_ASSERT_EQUAL(a.family, 4);
	CU_ASSERT_EQUAL(gtpc_addr_size(&a), 4);
	CU_ASSERT_STRING_EQUAL(gtpc_addr_text(&a, text), "10.10.0.1");
	CU_ASSERT_EQUAL(gtpc_addr_parse("2001:db8::1", &a), 0);
	CU_ASSERT_EQUAL(a.family, 6);
	CU_ASSERT_EQUAL(gtpc_addr_size(&a), 16);
	CU_ASSERT_STRING_EQUAL(gtpc_addr_text(&a, text), "2001:db8::1");
	a.family = 0;
	CU_ASSERT_STRING_EQUAL(gtpc_addr_text(&a, text), "-");
}

static void
leaves_the_result_alone_where_text_is_no_address(void)
{
	struct gtpc_addr a = { .family = 9 };

	CU_ASSERT_EQUAL(gtpc_addr_parse("10.10.0", &a), -EINVAL);
	CU_ASSERT_EQUAL(gtpc_addr_parse("", &a), -EINVAL);
	CU_ASSERT_EQUAL(gtpc_addr_parse("2001:db8:::1", &a), -EINVAL);
	CU_ASSERT_EQUAL(a.family, 9);
}

static void
compares_by_family_and_octets(void)
{
	struct gtpc_addr a, b;
	const uint8_t ten[16] = { 10 };

	a = gtpc_addr_ipv4(ten);
	b = gtpc_addr_ipv6(ten);
	CU_ASSERT_FALSE(gtpc_addr_equal(&a, &b));
	gtpc_addr_parse("10.0.0.0", &b);
	CU_ASSERT_TRUE(gtpc_addr_equal(&a, &b));
}

static void
goes_to_a_sockaddr_and_back(void)
{
	const char *texts[] = { "192.0.2.1", "2001:db8::7" };

	for (unsigned int i = 0; i < 2; i++) {
		struct gtpc_endpoint e = { .port = 2123 }, back;
		struct sockaddr_storage ss;

		gtpc_addr_parse(texts[i], &e.addr);
		CU_ASSERT(gtpc_endpoint_to_sockaddr(&e, &ss) > 0);
		CU_ASSERT_EQUAL(gtpc_endpoint_from_sockaddr((struct sockaddr *)&ss, &back), 0);
		CU_ASSERT(gtpc_addr_equal(&e.addr, &back.addr));
		CU_ASSERT_EQUAL(back.port, 2123);
	}
}

static void
takes_a_mapped_ipv4_address_for_ipv4(void)
{
	struct gtpc_endpoint e = { .port = 7 }, back;
	struct sockaddr_storage ss;
	struct gtpc_addr plain;

	gtpc_addr_parse("::ffff:192.0.2.1", &e.addr);
	gtpc_addr_parse("192.0.2.1", &plain);
	gtpc_endpoint_to_sockaddr(&e, &ss);
	CU_ASSERT_EQUAL(gtpc_endpoint_from_sockaddr((struct sockaddr *)&ss, &back), 0);
	CU_ASSERT(gtpc_addr_equal(&back.addr, &plain));
}

static void
refuses_other_families(void)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNIX };
	struct gtpc_endpoint e;

	CU_ASSERT_EQUAL(gtpc_endpoint_from_sockaddr((struct sockaddr *)&ss, &e), -EAFNOSUPPORT);
	CU_ASSERT_EQUAL(gtpc_endpoint_to_sockaddr(&e, &ss), 0);
}

static const struct unit_case cases[] = {
	UNIT_CASE(reads_and_prints_both_families),
	UNIT_CASE(leaves_the_result_alone_where_text_is_no_address),
	UNIT_CASE(compares_by_family_and_octets),
	UNIT_CASE(goes_to_a_sockaddr_and_back),
	UNIT_CASE(takes_a_mapped_ipv4_address_for_ipv4),
	UNIT_CASE(refuses_other_families),
};
UNIT_MAIN("gtpc/gtpc_addr", cases)
