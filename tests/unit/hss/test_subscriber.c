// SPDX-License-Identifier: BSD-3-Clause
#include "hss/subscriber.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <string.h>

static struct profile *profile;

static struct subscriber
active(void)
{
	struct subscriber s = { .state = SIM_ACTIVE };

	if (!profile)
		profile = profile_new("iot", 1);
	profile->is_barred = false;
	profile->access_restriction = 0;
	s.profile = profile;
	return s;
}

static struct plmn
plmn_of(const char *digits)
{
	struct plmn p;

	CU_ASSERT_EQUAL_FATAL(plmn_parse(digits, &p), 0);
	return p;
}

static void
writes_a_plmn_as_on_the_wire(void)
{
	struct plmn two = plmn_of("00101"), three = plmn_of("310410");
	char text[7];

	CU_ASSERT_EQUAL(memcmp(two.tbcd, "\x00\xf1\x10", 3), 0);
	CU_ASSERT_EQUAL(memcmp(three.tbcd, "\x13\x00\x14", 3), 0);
	plmn_format(&two, text);
	CU_ASSERT_STRING_EQUAL(text, "00101");
	plmn_format(&three, text);
	CU_ASSERT_STRING_EQUAL(text, "310410");
}

static void
refuses_what_is_no_plmn(void)
{
	static const char *const wrong[] = { "", "1", "1234", "1234567", "12a45", "12345 " };
	struct plmn p;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_EQUAL(plmn_parse(wrong[i], &p), -EINVAL);
	CU_ASSERT_FALSE(plmn_is_sound(&(struct plmn){ { 0xa0, 0xf1, 0x10 } }));
	CU_ASSERT_FALSE(plmn_is_sound(&(struct plmn){ { 0x00, 0xe1, 0x10 } }));
	CU_ASSERT(plmn_is_sound(&(struct plmn){ { 0x00, 0xf1, 0x10 } }));
}

static void
judges_identities_by_their_digits(void)
{
	CU_ASSERT(imsi_is_sound("001010000000001"));
	CU_ASSERT(imsi_is_sound("00101012345678"));
	CU_ASSERT_FALSE(imsi_is_sound("0010100000000012"));
	CU_ASSERT_FALSE(imsi_is_sound("00101"));
	CU_ASSERT_FALSE(imsi_is_sound("00101000000000a"));
	CU_ASSERT(iccid_is_sound("8988211000000000001"));
	CU_ASSERT_FALSE(iccid_is_sound("89882110000000000"));
	CU_ASSERT(msisdn_is_sound("491701234567"));
	CU_ASSERT_FALSE(msisdn_is_sound(""));
	CU_ASSERT_FALSE(msisdn_is_sound("+49170"));
	CU_ASSERT(imei_is_equal("35145120840121", "3514512084012103"));
	CU_ASSERT_FALSE(imei_is_equal("35145120840121", "35145120840122"));
	CU_ASSERT_FALSE(imei_is_equal("3514512084012", "3514512084012"));
}

static void
serves_only_active_sims(void)
{
	struct subscriber s = active();

	CU_ASSERT_EQUAL(subscriber_judge(NULL, NULL, 0, NULL), VERDICT_UNKNOWN);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_SERVED);
	s.state = SIM_INACTIVE;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_NOT_ACTIVE);
	s.state = SIM_REGISTERED;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_NOT_ACTIVE);
}

static void
serves_only_allowed_partners(void)
{
	struct subscriber s = active();
	struct plmn a = plmn_of("26201"), b = plmn_of("26202"), c = plmn_of("310410");

	CU_ASSERT_EQUAL(subscriber_judge(&s, &c, 0, NULL), VERDICT_SERVED);
	s.partners[0] = a;
	s.partners[1] = b;
	s.n_partners = 2;
	CU_ASSERT_EQUAL(subscriber_judge(&s, &b, 0, NULL), VERDICT_SERVED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, &c, 0, NULL), VERDICT_PARTNER_BARRED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_SERVED);
}

static void
serves_only_allowed_rats(void)
{
	struct subscriber s = active();

	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 1004, NULL), VERDICT_SERVED);
	s.rats = RAT_NB_IOT | RAT_LTE_M;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 1004, NULL), VERDICT_RAT_BARRED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 1005, NULL), VERDICT_SERVED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 4711, NULL), VERDICT_RAT_BARRED);
	s.rats = 0;
	profile->access_restriction = 1 << 6;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 1005, NULL), VERDICT_RAT_BARRED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 1004, NULL), VERDICT_SERVED);
}

static void
compares_a_locked_imei_where_one_comes(void)
{
	struct subscriber s = active();

	s.imei_lock = IMEI_EXACT;
	snprintf(s.imei, sizeof(s.imei), "35145120840121");
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_SERVED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, ""), VERDICT_SERVED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, "351451208401210"), VERDICT_SERVED);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, "351451208401310"), VERDICT_IMEI_MISMATCH);
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, "rubbish"), VERDICT_IMEI_MISMATCH);
	s.imei_lock = IMEI_ANY;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, "351451208401310"), VERDICT_SERVED);
}

static void
learns_the_first_imei_and_keeps_it(void)
{
	struct subscriber s = active();

	CU_ASSERT_FALSE(subscriber_learn_imei(&s, "3514512084012103"));
	s.imei_lock = IMEI_LEARN;
	CU_ASSERT_FALSE(subscriber_learn_imei(&s, NULL));
	CU_ASSERT_FALSE(subscriber_learn_imei(&s, "35145"));
	CU_ASSERT(subscriber_learn_imei(&s, "3514512084012103"));
	CU_ASSERT_STRING_EQUAL(s.imei, "35145120840121");
	CU_ASSERT_FALSE(subscriber_learn_imei(&s, "99999999999999"));
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, "99999999999999"), VERDICT_IMEI_MISMATCH);
}

static void
serves_nobody_whose_profile_bars_packets(void)
{
	struct subscriber s = active();

	profile->is_barred = true;
	profile->odb = 1;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_NO_EPS);
	profile->odb = 2;
	CU_ASSERT_EQUAL(subscriber_judge(&s, NULL, 0, NULL), VERDICT_SERVED);
}

static void
keeps_gateways_by_apn_the_oldest_leaving_first(void)
{
	struct subscriber s = active();
	char apn[16];

	for (unsigned i = 0; i < GATEWAYS_MAX; i++) {
		snprintf(apn, sizeof(apn), "apn%u", i);
		subscriber_gateway_put(&s, apn)->context_id = i;
	}
	CU_ASSERT_EQUAL(subscriber_gateway_put(&s, "APN3")->context_id, 3);
	CU_ASSERT_EQUAL(s.n_gateways, GATEWAYS_MAX);
	subscriber_gateway_put(&s, "new");
	CU_ASSERT_EQUAL(s.n_gateways, GATEWAYS_MAX);
	CU_ASSERT_PTR_NULL(subscriber_gateway(&s, "apn0"));
	subscriber_gateway_del(&s, "apn4");
	CU_ASSERT_PTR_NULL(subscriber_gateway(&s, "apn4"));
	CU_ASSERT_EQUAL(subscriber_gateway(&s, "apn5")->context_id, 5);
	CU_ASSERT_EQUAL(s.n_gateways, GATEWAYS_MAX - 1);
	profile_give(profile);
}

static const struct unit_case cases[] = {
	UNIT_CASE(writes_a_plmn_as_on_the_wire),
	UNIT_CASE(refuses_what_is_no_plmn),
	UNIT_CASE(judges_identities_by_their_digits),
	UNIT_CASE(serves_only_active_sims),
	UNIT_CASE(serves_only_allowed_partners),
	UNIT_CASE(serves_only_allowed_rats),
	UNIT_CASE(compares_a_locked_imei_where_one_comes),
	UNIT_CASE(learns_the_first_imei_and_keeps_it),
	UNIT_CASE(serves_nobody_whose_profile_bars_packets),
	UNIT_CASE(keeps_gateways_by_apn_the_oldest_leaving_first),
};
UNIT_MAIN("hss/subscriber", cases)
