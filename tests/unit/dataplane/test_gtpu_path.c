// SPDX-License-Identifier: BSD-3-Clause
// GTP-U's own messages. TS 29.281 clause 7.
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <string.h>

static void
end(void)
{
	CU_ASSERT_TRUE(rig_close_clean());
}

static void
receive(struct frame *f)
{
	rig_receive(RIG_ACCESS, 0, f);
	rig_run();
}

static bool
answers(const struct frame *wanted)
{
	static struct frame got;

	return rig_sent(RIG_ACCESS, &got) && frame_equal(&got, wanted);
}

// A message of this type from the SGW, with this TEID and sequence number.
static void
message(struct frame *f, uint8_t type, uint16_t sequence, const char *ies)
{
	frame_hex(f, ies);
	frame_gtpu(f,
		&(struct frame_gtpu){
			.flags = 0x32, .type = type, .sequence = sequence, .teid = 0 });
	frame_udp(f, 40001, 2152);
	frame_ipv4(f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	traffic_from(f, RIG_SGW, RIG_ACCESS, 0);
}

// TS 29.281 4.4.2, 7.2.1, 7.2.2
static void
answers_an_echo_to_where_it_came_from(void)
{
	static struct frame in, out;

	rig_open(NULL);
	frame_hex(&in,
		"02000000000106000a0a000208004500002800010000401166ae0a0a00020a0a"
		"00019c410868001413ff320100040000000001020000");
	frame_hex(&out,
		"06000a0a000202000000000108004500002a00000000401166ad0a0a00010a0a"
		"000208689c41001600003202000600000000010200000e00");
	receive(&in);
	CU_ASSERT_TRUE(answers(&out));
	CU_ASSERT_EQUAL(rig_count(echo_request_rx), 1);
	CU_ASSERT_EQUAL(rig_count(echo_response_tx), 1);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

// TS 29.281 5.2, 7.2.1
static void
answers_an_echo_with_whatever_in_front_or_behind(void)
{
	static struct frame in, got;

	rig_open(NULL);
	for (uint16_t options = 0; options <= 40; options += 4) {
		frame_begin(&in);
		frame_payload(&in, options, 1);
		frame_gtpu(
			&in, &(struct frame_gtpu){ .flags = 0x32, .type = 1, .sequence = options });
		frame_udp(&in, 2152, 2152);
		frame_ipv4(&in,
			&(struct frame_ipv4){
				.src = RIG_SGW, .dst = RIG_US_TOO, .n_options = (uint8_t)options });
		traffic_from(&in, RIG_SGW, RIG_ACCESS, options % 8 ? RIG_VLAN_ACCESS : 0);
		frame_pad(&in, 60);
		receive(&in);
		CU_ASSERT_TRUE(rig_sent(RIG_ACCESS, &got));
		CU_ASSERT_EQUAL(got.n, 14 + 20 + 8 + 14);
		CU_ASSERT_EQUAL(frame_checksum(frame_bytes(&got) + 14, 20), 0);
		CU_ASSERT_EQUAL(memcmp(frame_bytes(&got) + 26, "\xc0\0\2\1\x0a\x0a\0\2", 8), 0);
		CU_ASSERT_EQUAL(frame_bytes(&got)[51], options);
	}
	end();
}

// TS 29.281 4.4.2, 7.3.1
static void
answers_an_unknown_teid_with_an_error_indication(void)
{
	static struct frame in, out;

	rig_open(NULL);
	frame_hex(&in,
		"02000000000106000a0a000208004500005a004d00004011ae390a0a0002c000"
		"02018235086800467a5b30ff0036deadbeef450000364321400039065e53cb00"
		"71096440000400509c400000000100000002501220004c370000746f72696920"
		"646f776e6c696e6b");
	frame_hex(&out,
		"06000a0a0002020000000001080045000034000000004011aeacc00002010a0a"
		"00020868086800200000321a0010000000000000000010deadbeef850004c000"
		"0201");
	receive(&in);
	CU_ASSERT_TRUE(answers(&out));
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 1);
	CU_ASSERT_EQUAL(rig_count(error_indication_tx), 1);
	end();
}

// A new dataplane, or a new control: until all sessions are put again nobody may be told that one
// isn't there.
// TS 23.007 21; TS 29.281 7.3.1
static void
is_mute_until_all_sessions_are_put(void)
{
	struct dp_session s = rig_session(9);
	struct traffic t = { .s = &s };
	static struct frame f;
	uint32_t n;

	rig_open(NULL);
	CU_ASSERT_TRUE(rig_attach());
	traffic_ul(&f, &t);
	receive(&f);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 1);
	CU_ASSERT_EQUAL(rig_count(error_indication_muted), 1);
	CU_ASSERT_EQUAL(rig_sweep(0, &n), 0);
	receive(&f);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 1);
	CU_ASSERT_EQUAL(rig_count(error_indication_tx), 1);
	end();
}

static void
answers_no_more_often_than_configured(void)
{
	static const uint32_t rates[] = { 1, 7, 100, 5000 };
	struct dp_session s = rig_session(9);
	struct traffic t = { .s = &s };
	static struct frame f;

	for (size_t i = 0; i < 4; i++) {
		struct rig_options o = { .answers_pps = rates[i] };
		unsigned int n = 0;

		rig_open(&o);
		traffic_ul(&f, &t);
		for (int ms = 0; ms < 4000; ms++) {
			rig.now += RIG_HZ / 1000;
			for (int k = 0; k < 10; k++)
				rig_receive(RIG_ACCESS, 0, &f);
			rig_run();
			n += rig_discard_sent(RIG_ACCESS);
		}
		CU_ASSERT(n >= 4 * rates[i] && n <= 4 * rates[i] + rates[i] / 10 + 1);
		CU_ASSERT_EQUAL(rig_count(error_indication_tx), n);
		CU_ASSERT_EQUAL(rig_count(answers_policed), 40000 - n);
		CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 40000);
		end();
	}
}

// TS 29.281 7.2.3
static void
names_the_extension_headers_it_knows(void)
{
	static const uint8_t must[] = { 0x86, 1, 0, 0, 0 };
	struct dp_session s = rig_session(9);
	struct traffic t = {
		.s = &s, .payload = 30, .gtpu = { .flags = 0x34, .extra = must, .n_extra = 5 }
	};
	static struct frame in, out;

	rig_open(NULL);
	rig_put(&s);
	traffic_ul(&in, &t);
	frame_hex(&out,
		"06000a0a000202000000000108004500003200000000401166a50a0a00010a0a"
		"000208680868001e0000321f000e00000000000000008d0820408182838485c0");
	receive(&in);
	CU_ASSERT_TRUE(answers(&out));
	CU_ASSERT_EQUAL(rig_dropped(GTPU_EXT_HEADER), 1);
	CU_ASSERT_EQUAL(rig_count(supported_ext_tx), 1);
	end();
}

static void
an_answer_that_finds_no_way_is_accounted_for(void)
{
	struct dp_session s = rig_session(9);
	struct traffic t = { .s = &s, .outer = { .src = RIG_FAR_HOST } };
	static struct frame f;

	rig_open(NULL);
	traffic_ul(&f, &t);
	receive(&f);
	CU_ASSERT_EQUAL(rig_dropped(UNKNOWN_TEID), 1);
	CU_ASSERT_EQUAL(rig_dropped(TX_NO_ROUTE), 1);
	t.outer.src = RIG_US; // as if from ourselves
	traffic_ul(&f, &t);
	receive(&f);
	CU_ASSERT_EQUAL(rig_dropped(TX_NO_ROUTE), 2);
	end();
}

// TS 29.281 7.3.1
static void
reports_a_received_error_indication(void)
{
	static struct frame f;
	struct dp_reply event;

	rig_open(NULL);
	message(&f, 26, 0, "1020000003 8500040a0a0003");
	receive(&f);
	CU_ASSERT_TRUE_FATAL(rig_event(0, &event));
	CU_ASSERT_EQUAL(event.kind, DP_REPLY_ERROR_INDICATION);
	CU_ASSERT_EQUAL(event.error_indication.teid, 0x20000003);
	CU_ASSERT_EQUAL(event.error_indication.source.family, 4);
	CU_ASSERT_EQUAL(memcmp(event.error_indication.source.bytes, "\x0a\x0a\0\2", 4), 0);
	CU_ASSERT_EQUAL(event.error_indication.peer.family, 4);
	CU_ASSERT_EQUAL(memcmp(event.error_indication.peer.bytes, "\x0a\x0a\0\3", 4), 0);
	// with Recovery and a private extension, the peer an IPv6 address
	message(&f, 26, 0, "0e07 1000000005 ff0003000a01 85001020010db8000000000000000000000007");
	receive(&f);
	CU_ASSERT_TRUE_FATAL(rig_event(0, &event));
	CU_ASSERT_EQUAL(event.error_indication.teid, 5);
	CU_ASSERT_EQUAL(event.error_indication.peer.family, 6);
	CU_ASSERT_EQUAL(event.error_indication.peer.bytes[15], 7);
	CU_ASSERT_EQUAL(rig_count(error_indication_rx), 2);
	CU_ASSERT_FALSE(rig_event(0, &event));
	end();
}

// TS 29.281 7.3.1
static void
drops_broken_error_indications(void)
{
	static const char *const broken[] = { "", "1020000003", "8500040a0a0003", "10200000",
		"1020000003 8500040a0a00", "1020000003 8500050a0a000300", "1020000003 850000",
		"1020000003 85ffff0a0a0003", "1020000003 8500", "1020000003 85",
		"01 1020000003 8500040a0a0003", "7f", "ff", "ff0000", "ffffff" };
	static struct frame f;
	struct dp_reply event;

	rig_open(NULL);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		message(&f, 26, 0, broken[i]);
		receive(&f);
		CU_ASSERT_EQUAL(rig_dropped(BAD_GTPU), i + 1);
	}
	CU_ASSERT_FALSE(rig_event(0, &event));
	CU_ASSERT_EQUAL(rig_count(error_indication_rx), 0);
	end();
}

static void
events_that_find_no_room_are_counted(void)
{
	static struct frame f;
	struct dp_session s = rig_session(3);
	struct dp_reply event;
	unsigned int n = 0;

	rig_open(NULL);
	message(&f, 26, 0, "1020000003 8500040a0a0003");
	for (int i = 0; i < 5000; i++)
		receive(&f);
	CU_ASSERT(rig_count(events_lost) > 0);
	CU_ASSERT_EQUAL(rig_count(error_indication_rx), 5000);
	while (rig_event(0, &event))
		n++;
	CU_ASSERT_EQUAL(n + rig_count(events_lost), 5000);
	CU_ASSERT_EQUAL(rig_put(&s), 0); // replies had room kept
	end();
}

static void
takes_the_other_messages_silently(void)
{
	static struct frame f;

	rig_open(NULL);
	message(&f, 2, 7, "0e00");
	receive(&f);
	CU_ASSERT_EQUAL(rig_count(echo_response_rx), 1);
	message(&f, 31, 7, "8d0185");
	receive(&f);
	CU_ASSERT_EQUAL(rig_count(supported_ext_rx), 1);
	message(&f, 254, 7, "");
	receive(&f);
	CU_ASSERT_EQUAL(rig_count(end_marker_rx), 1);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	for (uint16_t type = 0; type < 255; type++) {
		if (type == 1 || type == 2 || type == 26 || type == 31 || type == 254)
			continue;
		message(&f, (uint8_t)type, 7, "");
		if (type == 0)
			frame_bytes(&f)[43] = 0; // the builder takes 0 for a G-PDU
		receive(&f);
	}
	CU_ASSERT_EQUAL(rig_dropped(GTPU_UNKNOWN_TYPE), 250);
	end();
}

static void
drops_broken_messages_of_every_type(void)
{
	static struct frame f;
	static const uint8_t first[] = { 0x12, 0x22, 0x52, 0xb2, 0x00 };

	rig_open(NULL);
	for (size_t i = 0; i < 5; i++) {
		message(&f, 1, 7, "");
		frame_bytes(&f)[42] = first[i];
		receive(&f);
		message(&f, 255, 7, "");
		frame_bytes(&f)[45] = 5; // one more than there is
		receive(&f);
		CU_ASSERT_EQUAL(rig_dropped(BAD_GTPU), 2 * i + 2);
	}
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_an_echo_to_where_it_came_from),
	UNIT_CASE(answers_an_echo_with_whatever_in_front_or_behind),
	UNIT_CASE(answers_an_unknown_teid_with_an_error_indication),
	UNIT_CASE(is_mute_until_all_sessions_are_put),
	UNIT_CASE(answers_no_more_often_than_configured),
	UNIT_CASE(names_the_extension_headers_it_knows),
	UNIT_CASE(an_answer_that_finds_no_way_is_accounted_for),
	UNIT_CASE(reports_a_received_error_indication),
	UNIT_CASE(drops_broken_error_indications),
	UNIT_CASE(events_that_find_no_room_are_counted),
	UNIT_CASE(takes_the_other_messages_silently),
	UNIT_CASE(drops_broken_messages_of_every_type),
};

UNIT_MAIN("dataplane/gtpu_path", cases)
