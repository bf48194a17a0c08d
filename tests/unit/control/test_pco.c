// SPDX-License-Identifier: BSD-3-Clause
// What devices ask in their PCO, as captured from modems, and what they are to be answered.
// TS 24.008 10.5.6.3; RFC 1332, 1334, 1661, 1877, 1994.
#include "control/session/pco.h"
#include "tests/unit/cunit_main.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

static struct pco_policy policy;

static const struct pco_credential users[] = {
	{ "camera", "s3cret" },
	{ "meter", "other" },
};

static void
set_policy(void)
{
	memset(&policy, 0, sizeof(policy));
	memcpy(policy.ue_ipv4, (uint8_t[]){ 100, 64, 0, 7 }, 4);
	memcpy(policy.dns_ipv4[0], (uint8_t[]){ 10, 20, 0, 2 }, 4);
	policy.n_dns_ipv4 = 1;
	policy.mtu_bytes = 1400;
}

static size_t
unhex(const char *hex, uint8_t *to)
{
	size_t n = 0;

	for (; *hex; hex++) {
		unsigned int byte;

		if (*hex == ' ')
			continue;
		sscanf(hex, "%2x", &byte);
		to[n++] = (uint8_t)byte;
		hex++;
	}
	return n;
}

static void
expect(const char *asked, const char *answered)
{
	uint8_t request[512], wanted[512], got[PCO_MAX];
	size_t n = unhex(asked, request), n_wanted = unhex(answered, wanted);
	size_t n_got = pco_answer(request, n, false, &policy, got);

	CU_ASSERT_EQUAL(n_got, n_wanted);
	if (n_got == n_wanted)
		CU_ASSERT_EQUAL(memcmp(got, wanted, n_wanted), 0);
}

// A common LTE modem: IPCP with both DNS options, then DNS, MTU and P-CSCF containers.
// TS 24.008 10.5.6.3
static void
answers_each_thing_in_the_form_in_which_it_was_asked(void)
{
	set_policy();
	expect("80 8021 10 01000010 8106 00000000 8306 00000000 000d 00 000c 00 0010 00",
		"80 8021 0a 0300000a 8106 0a140002 000d 04 0a140002 0010 02 0578");
}

// TS 24.008 10.5.6.3
static void
naks_dns_for_a_modem_that_asks_by_ipcp_alone(void)
{
	set_policy();
	expect("80 8021 10 01010010 8106 00000000 8306 00000000",
		"80 8021 0a 0301000a 8106 0a140002");
}

static void
gives_both_servers_where_there_are_two(void)
{
	set_policy();
	memcpy(policy.dns_ipv4[1], (uint8_t[]){ 10, 20, 0, 3 }, 4);
	policy.n_dns_ipv4 = 2;
	expect("80 8021 10 0101 0010 8106 00000000 8306 00000000 000d 00",
		"80 8021 10 03010010 8106 0a140002 8306 0a140003 000d 04 0a140002 000d 04 "
		"0a140003");
}

// TS 24.008 10.5.6.3
static void
naks_the_address_too_in_one_nak(void)
{
	set_policy();
	expect("80 8021 16 01070016 0306 00000000 8106 00000000 8306 00000000",
		"80 8021 10 03070010 0306 64400007 8106 0a140002");
}

// TS 24.008 10.5.6.3
static void
acks_what_was_asked_with_the_right_values(void)
{
	set_policy();
	expect("80 8021 10 01050010 0306 64400007 8106 0a140002",
		"80 8021 10 02050010 0306 64400007 8106 0a140002");
}

// TS 24.008 10.5.6.3
static void
rejects_only_what_it_does_not_know(void)
{
	set_policy();
	// 130 (primary NBNS) is unknown here, 129 is known
	expect("80 8021 10 01090010 8106 00000000 8206 00000000",
		"80 8021 0a 0309000a 8106 0a140002 8021 0a 0409000a 8206 00000000");
	expect("80 8021 0a 0109000a 8206 00000000", "80 8021 0a 0409000a 8206 00000000");
}

static void
answers_an_empty_configure_request_with_an_empty_ack(void)
{
	set_policy();
	expect("80 8021 04 01030004", "80 8021 04 02030004");
}

static void
ignores_ipcp_packets_that_ask_nothing(void)
{
	set_policy();
	expect("80 8021 0a 0209000a 8106 0a140002", "");
	expect("80 8021 02 0109", "");
	expect("80 8021 04 01090002", "");
}

static void
answers_dns_containers_once_and_none_without_servers(void)
{
	set_policy();
	expect("80 000d 00 000d 00", "80 000d 04 0a140002");
	expect("80 0003 00", "");
	policy.n_dns_ipv4 = 0;
	policy.mtu_bytes = 0;
	expect("80 000d 00 0010 00", "");
	policy.n_dns_ipv6 = 1;
	policy.dns_ipv6[0][0] = 0x20;
	expect("80 0003 00", "80 0003 10 20000000000000000000000000000000");
}

static void
expect_once(const char *asked, const char *answered)
{
	char twice[64];

	snprintf(twice, sizeof(twice), "80 %s %s", asked, asked);
	expect(twice, answered);
}

// Each container with a value to tell, and without. TS 24.008 table 10.5.154
// TS 24.008 10.5.6.3: P-CSCF of both families, DNS of both, MSISDN, IM CN flag, bearer control, MTUs
static void
answers_each_container_once_and_only_with_a_value(void)
{
	static const char *const asked[] = { "0001 00", "0002 00", "0003 00", "0005 00", "000c 00",
		"000d 00", "000e 00", "0010 00", "0015 00" };

	memset(&policy, 0, sizeof(policy));
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		expect_once(asked[i], "");
	policy.msisdn = "";
	expect_once("000e 00", "");
	policy.pcscf_ipv6[0][0] = 0xfd;
	policy.n_pcscf_ipv6 = 1;
	memcpy(policy.pcscf_ipv4, (uint8_t[]){ 10, 0, 0, 1, 10, 0, 0, 2 }, 8);
	policy.n_pcscf_ipv4 = 2;
	policy.is_ims = true;
	policy.bearer_control = PCO_BEARER_CONTROL_DEVICE;
	policy.mtu_bytes = 1358;
	policy.mtu_non_ip_bytes = 128;
	policy.msisdn = "49170123456";
	expect_once("0001 00", "80 0001 10 fd000000000000000000000000000000");
	expect_once("0002 00", "80 0002 00");
	expect_once("0005 00", "80 0005 01 01");
	expect_once("000c 00", "80 000c 04 0a000001 000c 04 0a000002");
	expect_once("000e 00", "80 000e 06 9471103254f6");
	expect_once("0010 00", "80 0010 02 054e");
	expect_once("0015 00", "80 0015 02 0080");
	policy.msisdn = "4917";
	policy.bearer_control = PCO_BEARER_CONTROL_BOTH;
	expect_once("000e 00", "80 000e 02 9471");
	expect_once("0005 00", "80 0005 01 02");
	expect_once("0011 00", "80 0011 00"); // components 17 and 35 of filters
}

// What only tells us something, or asks for what we have not. TS 24.008 10.5.6.3
// TS 24.008 10.5.6.3: no answer where silence is the refusal, or nothing is to be said
static void
leaves_the_rest_unanswered(void)
{
	set_policy();
	policy.bearer_control = PCO_BEARER_CONTROL_BOTH;
	policy.msisdn = "4917";
	policy.is_ims = true;
	expect("80 0004 00 0006 00 0007 00 0008 00 0009 00 000a 00 000b 00 000f 00 0012 00 0013 00 "
	       "0014 01 01 0016 00 0017 01 01 0018 00 0019 00 001a 01 05 0020 00 0021 00 0022 01 "
	       "1a "
	       "ff00 00",
		"");
}

// A session of IPv6 alone has no IPv4 address to give. RFC 1332 3.3
// TS 24.008 10.5.6.3: IPCP without an IPv4 address
static void
rejects_ipcp_addresses_where_there_is_none(void)
{
	set_policy();
	memset(policy.ue_ipv4, 0, sizeof(policy.ue_ipv4));
	expect("80 8021 0a 0107000a 0306 00000000", "80 8021 0a 0407000a 0306 00000000");
}

static void
lets_anyone_in_where_nothing_is_to_be_compared(void)
{
	set_policy();
	expect("80 c023 0b 0102000b 0175 0470617373", "80 c023 05 0202000500");
	expect("80 c223 0d 0105000d 04aabbccdd 6e616d65 c223 0d 0205000d 0411223344 6e616d65",
		"80 c223 04 03050004");
}

// TS 24.008 10.5.6.3
static void
compares_pap_with_the_users(void)
{
	uint8_t pco[128];
	size_t n;

	set_policy();
	policy.credentials = users;
	policy.n_credentials = 2;
	n = unhex("80 c023 12 01020012 06 63616d657261 06 733363726574", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_GOOD);
	expect("80 c023 12 01020012 06 63616d657261 06 733363726574", "80 c023 05 0202000500");
	n = unhex("80 c023 12 01020012 06 63616d657261 06 733363726575", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_BAD);
	expect("80 c023 12 01020012 06 63616d657261 06 733363726575", "80 c023 05 0302000500");
	// another user's password, an unknown user, a broken packet
	n = unhex("80 c023 11 01020011 06 63616d657261 05 6f74686572", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_BAD);
	n = unhex("80 c023 0a 0102000a 02 7575 02 7575", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_BAD);
	n = unhex("80 c023 06 01020006 ff 75", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_BAD);
	n = unhex("80 000d 00", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_NONE);
}

// Challenge and Response as a terminal makes them for its modem.
static size_t
chap_pco(const char *secret, uint8_t pco[128])
{
	static const uint8_t challenge[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16 };
	uint8_t text[64] = { 0x2a }, digest[16];
	size_t n = 0, s = strlen(secret);

	memcpy(text + 1, secret, s);
	memcpy(text + 1 + s, challenge, 16);
	EVP_Digest(text, 1 + s + 16, digest, NULL, EVP_md5(), NULL);
	n = unhex("80 c223 1b 012a001b 10", pco);
	memcpy(pco + n, challenge, 16);
	memcpy(pco + n + 16, "camera", 6);
	n += 22;
	n += unhex("c223 1b 022a001b 10", pco + n);
	memcpy(pco + n, digest, 16);
	memcpy(pco + n + 16, "camera", 6);
	return n + 22;
}

// TS 24.008 10.5.6.3
static void
compares_chap_with_the_users(void)
{
	uint8_t pco[128], got[PCO_MAX], wanted[16];
	size_t n;

	set_policy();
	policy.credentials = users;
	policy.n_credentials = 2;
	n = chap_pco("s3cret", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_GOOD);
	CU_ASSERT_EQUAL(
		pco_answer(pco, n, false, &policy, got), unhex("80 c223 04 032a0004", wanted));
	CU_ASSERT_EQUAL(memcmp(got, wanted, 8), 0);
	n = chap_pco("guess", pco);
	CU_ASSERT_EQUAL(pco_authenticate(pco, n, false, &policy), PCO_AUTH_BAD);
	CU_ASSERT_EQUAL(
		pco_answer(pco, n, false, &policy, got), unhex("80 c223 04 042a0004", wanted));
	CU_ASSERT_EQUAL(memcmp(got, wanted, 8), 0);
}

// TS 24.008 10.5.6.3
static void
empty_and_broken_ones_get_no_answer(void)
{
	set_policy();
	expect("", "");
	expect("80", "");
	expect("80 00", "");
	expect("80 000d", "");
	expect("80 000d 05 0000", "");
	expect("80 000d 00 8021 ff 01", "80 000d 04 0a140002"); // up to the broken unit
}

static void
skips_what_it_does_not_know(void)
{
	set_policy();
	expect("80 ff00 03 aabbcc 0002 00 c021 0a 0100000a 0304c023 00ff 000d 00 001a 01 05",
		"80 000d 04 0a140002");
}

// In an ePCO the Service-level-AA container has a length of two octets.
// TS 24.008 10.5.6.3
static void
reads_long_units_of_an_extended_one(void)
{
	uint8_t pco[] = { 0x80, 0, 0x41, 0, 2, 9, 9, 0, 0x0d, 0 }, got[PCO_MAX];

	set_policy();
	CU_ASSERT_EQUAL(pco_answer(pco, sizeof(pco), true, &policy, got), 8);
	CU_ASSERT_EQUAL(pco_answer(pco, sizeof(pco), false, &policy, got), 0);
}

// TS 24.008 10.5.6.3
static void
leaves_out_rather_than_overflow(void)
{
	uint8_t pco[1 + 40 * 7], got[PCO_MAX];
	size_t n = 1;

	set_policy();
	pco[0] = 0x80;
	for (int i = 0; i < 40; i++) // each is answered with 7 octets
		n += unhex("8021 04 01030004", pco + n);
	CU_ASSERT_EQUAL(pco_answer(pco, n, false, &policy, got), 1 + 35 * 7);
}

static void
any_bytes_are_harmless(void)
{
	uint8_t pco[300], got[PCO_MAX];

	set_policy();
	policy.credentials = users;
	policy.n_credentials = 2;
	srand(7);
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)rand() % sizeof(pco);

		for (size_t j = 0; j < n; j++)
			pco[j] = (uint8_t)(rand() % 8 ? rand() % 6 : rand());
		CU_ASSERT_TRUE_FATAL(pco_answer(pco, n, i & 1, &policy, got) <= PCO_MAX);
		pco_authenticate(pco, n, i & 1, &policy);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_each_thing_in_the_form_in_which_it_was_asked),
	UNIT_CASE(naks_dns_for_a_modem_that_asks_by_ipcp_alone),
	UNIT_CASE(gives_both_servers_where_there_are_two),
	UNIT_CASE(naks_the_address_too_in_one_nak),
	UNIT_CASE(acks_what_was_asked_with_the_right_values),
	UNIT_CASE(rejects_only_what_it_does_not_know),
	UNIT_CASE(answers_an_empty_configure_request_with_an_empty_ack),
	UNIT_CASE(ignores_ipcp_packets_that_ask_nothing),
	UNIT_CASE(answers_dns_containers_once_and_none_without_servers),
	UNIT_CASE(answers_each_container_once_and_only_with_a_value),
	UNIT_CASE(leaves_the_rest_unanswered),
	UNIT_CASE(rejects_ipcp_addresses_where_there_is_none),
	UNIT_CASE(lets_anyone_in_where_nothing_is_to_be_compared),
	UNIT_CASE(compares_pap_with_the_users),
	UNIT_CASE(compares_chap_with_the_users),
	UNIT_CASE(empty_and_broken_ones_get_no_answer),
	UNIT_CASE(skips_what_it_does_not_know),
	UNIT_CASE(reads_long_units_of_an_extended_one),
	UNIT_CASE(leaves_out_rather_than_overflow),
	UNIT_CASE(any_bytes_are_harmless),
};

UNIT_MAIN("control/pco", cases)
