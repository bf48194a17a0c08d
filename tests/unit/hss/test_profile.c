// SPDX-License-Identifier: BSD-3-Clause
#include "hss/profile.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

static struct profile *
sound_profile(void)
{
	struct profile *p = profile_new("iot", 2);

	p->default_context_id = 1;
	for (unsigned i = 0; i < 2; i++) {
		p->apns[i].context_id = i + 1;
		p->apns[i].qci = 9;
		p->apns[i].arp_priority = 8;
		snprintf(p->apns[i].apn, APN_SIZE, "%s", i ? "iot.customer" : "internet");
	}
	return p;
}

static void
is_sound_as_made(void)
{
	struct profile *p = sound_profile();
	const char *why;

	CU_ASSERT(profile_is_sound(p, &why));
	CU_ASSERT_PTR_NULL(why);
	profile_give(p);
}

static void
names_what_is_wrong(void)
{
	struct profile *p = sound_profile();
	const char *why;

	p->default_context_id = 3;
	CU_ASSERT_FALSE(profile_is_sound(p, &why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "default"));
	p->default_context_id = 1;
	p->apns[1].context_id = 1;
	CU_ASSERT_FALSE(profile_is_sound(p, &why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "twice"));
	p->apns[1].context_id = 2;
	p->apns[1].qci = 0;
	CU_ASSERT_FALSE(profile_is_sound(p, &why));
	p->apns[1].qci = 9;
	p->apns[1].arp_priority = 16;
	CU_ASSERT_FALSE(profile_is_sound(p, &why));
	p->apns[1].arp_priority = 1;
	p->apns[1].has_gateway = true;
	CU_ASSERT_FALSE(profile_is_sound(p, &why));
	p->apns[1].gateway.has_v4 = true;
	CU_ASSERT(profile_is_sound(p, &why));
	snprintf(p->name, sizeof(p->name), "a b");
	CU_ASSERT_FALSE(profile_is_sound(p, &why));
	profile_give(p);
}

static void
judges_apn_names(void)
{
	static const char *const sound[] = { "internet", "*", "iot.customer", "a-b.c9" };
	static const char *const unsound[] = { "", ".", "a..b", "a.", ".a", "a b", "a=b", "a+b",
		"**" };

	for (unsigned i = 0; i < sizeof(sound) / sizeof(sound[0]); i++)
		CU_ASSERT(apn_is_sound(sound[i]));
	for (unsigned i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++)
		CU_ASSERT_FALSE(apn_is_sound(unsound[i]));
	CU_ASSERT(apn_is_sound("a23456789012345678901234567890123456789012345678901234567890abc"));
	CU_ASSERT_FALSE(
		apn_is_sound("a23456789012345678901234567890123456789012345678901234567890abcd"));
}

static void
finds_an_apn_in_any_case_of_letters(void)
{
	struct profile *p = sound_profile();

	CU_ASSERT_PTR_EQUAL(profile_apn(p, "IoT.Customer"), &p->apns[1]);
	CU_ASSERT_PTR_NULL(profile_apn(p, "iot"));
	profile_give(p);
}

static void
lives_as_long_as_it_is_referenced(void)
{
	struct profile *p = sound_profile();
	const struct profile *other = profile_take(p);

	profile_give(p);
	CU_ASSERT_STRING_EQUAL(other->name, "iot");
	profile_give(other);
}

static void
copies_with_more_or_fewer_apns(void)
{
	struct profile *p = sound_profile();
	struct profile *more = profile_copy(p, 3), *fewer = profile_copy(p, 1);

	CU_ASSERT_EQUAL(more->n_apns, 3);
	CU_ASSERT_STRING_EQUAL(more->apns[1].apn, "iot.customer");
	CU_ASSERT_EQUAL(more->apns[2].context_id, 0);
	CU_ASSERT_EQUAL(fewer->n_apns, 1);
	CU_ASSERT_STRING_EQUAL(fewer->apns[0].apn, "internet");
	CU_ASSERT_EQUAL(fewer->default_context_id, 1);
	profile_give(p);
	profile_give(more);
	profile_give(fewer);
}

static const struct unit_case cases[] = {
	UNIT_CASE(is_sound_as_made),
	UNIT_CASE(names_what_is_wrong),
	UNIT_CASE(judges_apn_names),
	UNIT_CASE(finds_an_apn_in_any_case_of_letters),
	UNIT_CASE(lives_as_long_as_it_is_referenced),
	UNIT_CASE(copies_with_more_or_fewer_apns),
};
UNIT_MAIN("hss/profile", cases)
