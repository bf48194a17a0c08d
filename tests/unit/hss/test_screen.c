// SPDX-License-Identifier: BSD-3-Clause
#include "hss/result_codes.h"
#include "hss/s6a_avps.h"
#include "hss/screen.h"
#include "hss/wire.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

#define ROOM 4096

static struct hss_config config = {
	.identity = "hss.home.example",
	.realm = "home.example",
	.hosts = { "old-hss.home.example" },
	.n_hosts = 1,
	.realms = { "other-home.example" },
	.n_realms = 1,
};
static struct hss_peer peer;
static struct screen_reply reply;

// What of a sound AIR is different.
struct change {
	uint8_t flags; // of the command
	uint32_t command, application;
	enum s6a_avp without;
	enum s6a_avp twice;
	const char *host, *realm, *user, *route;
	void (*add)(struct wire_writer *w);
};

#define SOUND                                                                                      \
	{                                                                                          \
		.flags = WIRE_REQUEST | WIRE_PROXIABLE, .command = 318,                            \
		.application = S6A_APPLICATION, .without = S6A_NO_AVP, .twice = S6A_NO_AVP,        \
		.realm = "home.example", .user = "999700000000001",                                \
	}

static void
put(struct wire_writer *w, const struct change *c, enum s6a_avp avp, const void *value, size_t len)
{
	const struct avp_row *row = &s6a_avps[avp];

	if (avp != c->without)
		wire_put(w, row->code, row->vendor, row->flags, value, len);
	if (avp == c->twice)
		wire_put(w, row->code, row->vendor, row->flags, value, len);
}

static void
put_text(struct wire_writer *w, const struct change *c, enum s6a_avp avp, const char *text)
{
	if (text != NULL)
		put(w, c, avp, text, strlen(text));
}

static size_t
build(const struct change *c, uint8_t buf[ROOM])
{
	struct wire_header h = { .version = 1,
		.flags = c->flags,
		.command = c->command,
		.application = c->application,
		.hop_by_hop = 77,
		.end_to_end = 88 };
	struct wire_writer w;

	wire_begin(&w, buf, ROOM, &h);
	put_text(&w, c, AVP_SESSION_ID, "mme.visited.example;1;2");
	put(&w, c, AVP_AUTH_SESSION_STATE, "\0\0\0\1", 4);
	put_text(&w, c, AVP_ORIGIN_HOST, "mme.visited.example");
	put_text(&w, c, AVP_ORIGIN_REALM, "visited.example");
	put_text(&w, c, AVP_DESTINATION_HOST, c->host);
	put_text(&w, c, AVP_DESTINATION_REALM, c->realm);
	put_text(&w, c, AVP_USER_NAME, c->user);
	put(&w, c, AVP_VISITED_PLMN_ID, "\x00\xf1\x10", 3);
	put_text(&w, c, AVP_ROUTE_RECORD, c->route);
	if (c->add != NULL)
		c->add(&w);
	return wire_end(&w);
}

static enum screen_verdict
judge(const struct change *c, uint8_t buf[ROOM], size_t *len)
{
	*len = build(c, buf);
	memset(&reply, 0, sizeof(reply));
	return screen_message(&config, &peer, buf, ROOM, len, &reply);
}

// The base result that the answer has; 0 if the message passed.
static uint32_t
result_of(const struct change *c)
{
	struct wire_cursor cursor;
	struct wire_avp avp;
	uint8_t buf[ROOM];
	size_t len;

	if (judge(c, buf, &len) == SCREEN_PASS)
		return 0;
	wire_start(&cursor, reply.buf, reply.len);
	CU_ASSERT_TRUE_FATAL(reply.len > WIRE_HEADER_LEN);
	CU_ASSERT_TRUE_FATAL(wire_find(&cursor, 268, 0, &avp));
	CU_ASSERT_EQUAL(wire_be32(avp.value), reply.result);
	return reply.result;
}

// The AVP in the answer's Failed-AVP.
static bool
failed_avp(struct wire_avp *avp)
{
	struct wire_cursor cursor;
	struct wire_avp failed;

	wire_start(&cursor, reply.buf, reply.len);
	if (!wire_find(&cursor, 279, 0, &failed))
		return false;
	wire_enter(&cursor, &failed);
	return wire_next(&cursor, avp) == 1;
}

static void
passes_a_sound_request(void)
{
	struct change c = SOUND;

	CU_ASSERT_EQUAL(result_of(&c), 0);
}

static void
answers_to_the_same_request_as_the_rfc_says(void)
{
	struct change c = SOUND;
	struct wire_header h;
	struct wire_cursor cursor;
	struct wire_avp avp;

	c.without = AVP_VISITED_PLMN_ID;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_MISSING_AVP);
	wire_header_decode(reply.buf, &h);
	CU_ASSERT_EQUAL(h.length, reply.len);
	CU_ASSERT_EQUAL(h.flags, WIRE_PROXIABLE);
	CU_ASSERT_EQUAL(h.command, 318);
	CU_ASSERT_EQUAL(h.hop_by_hop, 77);
	CU_ASSERT_EQUAL(h.end_to_end, 88);
	wire_start(&cursor, reply.buf, reply.len);
	CU_ASSERT_EQUAL_FATAL(wire_next(&cursor, &avp), 1);
	CU_ASSERT_EQUAL(avp.code, 263);
	CU_ASSERT_EQUAL(memcmp(avp.value, "mme.visited.example;1;2", avp.value_len), 0);
}

static void
names_each_missing_avp(void)
{
	static const enum s6a_avp musts[] = { AVP_SESSION_ID, AVP_AUTH_SESSION_STATE,
		AVP_ORIGIN_HOST, AVP_ORIGIN_REALM, AVP_DESTINATION_REALM, AVP_USER_NAME,
		AVP_VISITED_PLMN_ID };

	for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++) {
		struct change c = SOUND;
		struct wire_avp avp;

		c.without = musts[i];
		CU_ASSERT_EQUAL(result_of(&c), DIAMETER_MISSING_AVP);
		CU_ASSERT_TRUE_FATAL(failed_avp(&avp));
		CU_ASSERT_EQUAL(avp.code, s6a_avps[musts[i]].code);
		CU_ASSERT_EQUAL(avp.vendor, s6a_avps[musts[i]].vendor);
		CU_ASSERT_EQUAL(avp.value_len, avp_value_min(&s6a_avps[musts[i]]));
	}
}

static void
refuses_what_may_be_there_once(void)
{
	struct change c = SOUND;
	struct wire_avp avp;

	c.twice = AVP_USER_NAME;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_AVP_OCCURS_TOO_MANY_TIMES);
	CU_ASSERT_TRUE_FATAL(failed_avp(&avp));
	CU_ASSERT_EQUAL(avp.code, 1);
}

static void
add_unknown_mandatory(struct wire_writer *w)
{
	wire_put(w, 9999, 10415, WIRE_VENDOR | WIRE_MANDATORY, "abc", 3);
}

static void
add_unknown_optional(struct wire_writer *w)
{
	wire_put(w, 9999, 10415, WIRE_VENDOR, "abc", 3);
}

static void
refuses_an_unknown_avp_only_if_it_is_mandatory(void)
{
	struct change c = SOUND;
	struct wire_avp avp;

	c.add = add_unknown_mandatory;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_AVP_UNSUPPORTED);
	CU_ASSERT_TRUE_FATAL(failed_avp(&avp));
	CU_ASSERT_EQUAL(avp.code, 9999);
	CU_ASSERT_EQUAL(avp.value_len, 3);
	c.add = add_unknown_optional;
	CU_ASSERT_EQUAL(result_of(&c), 0);
}

static void
takes_from_a_peer_what_its_settings_say(void)
{
	struct change c = SOUND;
	struct wire_cursor cursor;
	struct wire_avp avp;
	uint8_t buf[ROOM];
	size_t len;

	c.add = add_unknown_mandatory;
	peer.ignore[0] = (struct hss_avp_ref){ .code = 9999, .vendor = 10415 };
	peer.n_ignore = 1;
	CU_ASSERT_EQUAL(judge(&c, buf, &len), SCREEN_PASS);
	wire_start(&cursor, buf, len);
	CU_ASSERT_TRUE_FATAL(wire_find(&cursor, 9999, 10415, &avp));
	CU_ASSERT_EQUAL(avp.flags, WIRE_VENDOR);
	peer.ignore[0] = (struct hss_avp_ref){ .code = 9998, .vendor = 10415 };
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_AVP_UNSUPPORTED);
	peer.ignore[0] = (struct hss_avp_ref){ .is_any = true };
	CU_ASSERT_EQUAL(result_of(&c), 0);
	peer.n_ignore = 0;
}

static void
add_short_number(struct wire_writer *w)
{
	size_t group = wire_open_group(w, 1408, 10415, WIRE_VENDOR | WIRE_MANDATORY);

	wire_put(w, 1410, 10415, WIRE_VENDOR | WIRE_MANDATORY, "\0\0\1", 3);
	wire_close_group(w, group);
}

// RFC 6733 7.5: the group that holds it, and the AVP with the least value of its type.
static void
shows_a_wrong_length_inside_its_group(void)
{
	struct change c = SOUND;
	struct wire_cursor cursor;
	struct wire_avp group, avp;

	c.add = add_short_number;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_INVALID_AVP_LENGTH);
	CU_ASSERT_TRUE_FATAL(failed_avp(&group));
	CU_ASSERT_EQUAL(group.code, 1408);
	wire_enter(&cursor, &group);
	CU_ASSERT_EQUAL_FATAL(wire_next(&cursor, &avp), 1);
	CU_ASSERT_EQUAL(avp.code, 1410);
	CU_ASSERT_EQUAL(avp.value_len, 4);
}

static void
refuses_a_session_id_with_the_v_bit(void)
{
	struct change c = SOUND;
	struct wire_cursor cursor;
	struct wire_avp avp;
	uint8_t buf[ROOM];
	size_t len = build(&c, buf);

	buf[WIRE_HEADER_LEN + 4] |= WIRE_VENDOR;
	memset(buf + WIRE_HEADER_LEN + 8, 0, 4); // its first octets are the vendor now
	CU_ASSERT_EQUAL(screen_message(&config, &peer, buf, ROOM, &len, &reply), SCREEN_ANSWER);
	CU_ASSERT_EQUAL(reply.result, DIAMETER_INVALID_AVP_BITS);
	wire_start(&cursor, reply.buf, reply.len);
	CU_ASSERT_FALSE(wire_find(&cursor, 263, 0, &avp));
}

static void
refuses_by_the_header(void)
{
	struct change c = SOUND;

	c.flags |= WIRE_ERROR;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_INVALID_HDR_BITS);
	CU_ASSERT_TRUE(reply.buf[4] & WIRE_ERROR);
	c.flags = WIRE_REQUEST;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_INVALID_HDR_BITS);
	c.flags = WIRE_REQUEST | WIRE_PROXIABLE;
	c.command = 317;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_COMMAND_UNSUPPORTED);
	c.command = 318;
	c.application = 16777252;
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_APPLICATION_UNSUPPORTED);
}

static void
serves_every_name_of_ours_and_relays_nothing(void)
{
	struct change c = SOUND;
	struct wire_cursor cursor;
	struct wire_avp avp;
	uint8_t buf[ROOM];
	size_t len;

	c.realm = "OTHER-home.example";
	c.host = "old-hss.home.example";
	CU_ASSERT_EQUAL(judge(&c, buf, &len), SCREEN_PASS);
	wire_start(&cursor, buf, len);
	CU_ASSERT_TRUE_FATAL(wire_find(&cursor, 283, 0, &avp));
	CU_ASSERT_EQUAL(avp.value_len, strlen(config.realm));
	CU_ASSERT_TRUE_FATAL(wire_find(&cursor, 293, 0, &avp));
	CU_ASSERT_EQUAL(memcmp(avp.value, config.identity, avp.value_len), 0);
	c.realm = "visited.example";
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_REALM_NOT_SERVED);
	c.realm = "home.example";
	c.host = "mme2.visited.example";
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_UNABLE_TO_DELIVER);
}

static void
sees_a_loop(void)
{
	struct change c = SOUND;

	c.route = "agent.example";
	CU_ASSERT_EQUAL(result_of(&c), 0);
	c.route = "hss.home.example";
	CU_ASSERT_EQUAL(result_of(&c), DIAMETER_LOOP_DETECTED);
}

static void
refuses_a_user_name_that_is_no_imsi(void)
{
	static const char *const names[] = { "homerealm.net!user@x.org", "12345678901234567890",
		"abc", "" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct change c = SOUND;

		c.user = names[i];
		CU_ASSERT_EQUAL(result_of(&c), DIAMETER_INVALID_AVP_VALUE);
	}
}

static void
closes_where_the_stream_cannot_be_trusted(void)
{
	struct change c = SOUND;
	uint8_t buf[ROOM];
	size_t len = build(&c, buf);

	buf[0] = 2;
	CU_ASSERT_EQUAL(screen_message(&config, &peer, buf, ROOM, &len, &reply), SCREEN_CLOSE);
	CU_ASSERT_EQUAL(reply.result, DIAMETER_UNSUPPORTED_VERSION);
	len = build(&c, buf) - 4;
	CU_ASSERT_EQUAL(screen_message(&config, &peer, buf, ROOM, &len, &reply), SCREEN_CLOSE);
	CU_ASSERT_EQUAL(reply.result, DIAMETER_INVALID_MESSAGE_LENGTH);
}

static void
drops_an_answer_that_the_library_would_die_of(void)
{
	struct wire_header h = { .version = 1, .command = 317, .application = S6A_APPLICATION };
	struct wire_writer w;
	uint8_t buf[ROOM];
	size_t len;

	wire_begin(&w, buf, sizeof(buf), &h);
	wire_put(&w, 268, 0, WIRE_MANDATORY, "\0\0", 2);
	len = wire_end(&w);
	CU_ASSERT_EQUAL(screen_message(&config, &peer, buf, ROOM, &len, &reply), SCREEN_DROP);
	CU_ASSERT_EQUAL(reply.len, 0);
}

static void
copies_proxy_infos_into_the_answer(void)
{
	struct change c = SOUND;
	struct wire_cursor cursor;
	struct wire_avp avp;
	uint8_t buf[ROOM];
	size_t len = build(&c, buf);
	struct wire_writer w = { .buf = buf, .room = ROOM, .len = len };
	size_t group = wire_open_group(&w, 284, 0, WIRE_MANDATORY);

	wire_put_text(&w, 280, 0, WIRE_MANDATORY, "agent.example");
	wire_put_text(&w, 33, 0, WIRE_MANDATORY, "state");
	wire_close_group(&w, group);
	add_unknown_mandatory(&w);
	len = wire_end(&w);
	CU_ASSERT_EQUAL(screen_message(&config, &peer, buf, ROOM, &len, &reply), SCREEN_ANSWER);
	wire_start(&cursor, reply.buf, reply.len);
	CU_ASSERT_TRUE(wire_find(&cursor, 284, 0, &avp));
}

// Every octet of a sound request changed to every value: judged, never read past its end.
static void
survives_every_single_octet_changed(void)
{
	struct change c = SOUND;
	uint8_t sound[ROOM], buf[ROOM];
	size_t whole;

	c.add = add_short_number;
	whole = build(&c, sound);
	for (size_t at = 0; at < whole; at++)
		for (unsigned v = 0; v < 256; v++) {
			size_t len = whole;

			memcpy(buf, sound, whole);
			buf[at] = (uint8_t)v;
			screen_message(&config, &peer, buf, ROOM, &len, &reply);
			CU_ASSERT_TRUE(reply.len <= sizeof(reply.buf));
		}
}

static const struct unit_case cases[] = {
	UNIT_CASE(passes_a_sound_request),
	UNIT_CASE(answers_to_the_same_request_as_the_rfc_says),
	UNIT_CASE(names_each_missing_avp),
	UNIT_CASE(refuses_what_may_be_there_once),
	UNIT_CASE(refuses_an_unknown_avp_only_if_it_is_mandatory),
	UNIT_CASE(takes_from_a_peer_what_its_settings_say),
	UNIT_CASE(shows_a_wrong_length_inside_its_group),
	UNIT_CASE(refuses_a_session_id_with_the_v_bit),
	UNIT_CASE(refuses_by_the_header),
	UNIT_CASE(serves_every_name_of_ours_and_relays_nothing),
	UNIT_CASE(sees_a_loop),
	UNIT_CASE(refuses_a_user_name_that_is_no_imsi),
	UNIT_CASE(closes_where_the_stream_cannot_be_trusted),
	UNIT_CASE(drops_an_answer_that_the_library_would_die_of),
	UNIT_CASE(copies_proxy_infos_into_the_answer),
	UNIT_CASE(survives_every_single_octet_changed),
};

UNIT_MAIN("hss/screen", cases)
