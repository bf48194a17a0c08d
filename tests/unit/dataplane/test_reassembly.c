// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <string.h>

static struct dp_session session;

static void
begin(void)
{
	session = rig_session(3);
	rig_open(NULL);
	CU_ASSERT_EQUAL_FATAL(rig_put(&session), 0);
}

static void
end(void)
{
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_ACCESS), 0);
	CU_ASSERT_EQUAL(rig_discard_sent(RIG_SGI), 0);
	CU_ASSERT_TRUE(rig_pool_is_full());
	CU_ASSERT_TRUE(rig_accounts_balance());
	rig_close();
}

// Bytes from .. from + n - 1 of the datagram in this uplink frame, as an IPv4 fragment of its own.
static void
fragment_of(struct frame *f, struct frame *whole, uint16_t id, uint16_t from, uint16_t n)
{
	uint16_t payload = whole->n - 34;
	bool more = from + n < payload;

	frame_begin(f);
	frame_copy(f, frame_bytes(whole) + 34 + from, more ? n : payload - from);
	frame_ipv4(f,
		&(struct frame_ipv4){ .src = RIG_SGW,
			.dst = RIG_US,
			.id = id,
			.fragment = (uint16_t)((more ? 0x2000 : 0) | from / 8) });
	traffic_from(f, RIG_SGW, RIG_ACCESS, 0);
	frame_pad(f, 60);
}

static void
receive(struct frame *f)
{
	rig_receive(RIG_ACCESS, 0, f);
	rig_run();
}

static bool
sends(const struct frame *wanted)
{
	static struct frame got;

	return rig_sent(RIG_SGI, &got) && frame_equal(&got, wanted);
}

static void
puts_fragments_together_in_any_order(void)
{
	static const uint8_t order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };
	static struct frame whole, out, part;
	struct traffic t = { .s = &session, .payload = 1300 };

	begin();
	traffic_ul(&whole, &t);
	traffic_ul_out(&out, &t);
	for (uint16_t i = 0; i < 6; i++) {
		for (int k = 0; k < 3; k++) {
			fragment_of(&part, &whole, i, order[i][k] * 600, 600);
			receive(&part);
		}
		CU_ASSERT_TRUE(sends(&out));
	}
	CU_ASSERT_EQUAL(rig_count(fragments_rx), 18);
	CU_ASSERT_EQUAL(rig_count(reassembled), 6);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 6);
	CU_ASSERT_EQUAL(rig_dropped_in_all(), 0);
	end();
}

// The same address may be that of GTPv2-C: Linux takes only a right header.
static void
what_is_for_linux_is_whole_and_right(void)
{
	static struct frame whole, part, got, wanted;
	struct traffic t = { .s = &session, .payload = 1300 };

	begin();
	traffic_ul(&whole, &t);
	frame_bytes(&whole)[36] = 2123 >> 8;
	frame_bytes(&whole)[37] = 2123 & 255;
	for (uint16_t at = 0; at < whole.n - 34; at += 800) {
		fragment_of(&part, &whole, 9, at, 800);
		receive(&part);
	}
	CU_ASSERT_TRUE_FATAL(rig_punted(0, DP_PUNT_GTPC, &got));
	frame_begin(&wanted);
	frame_copy(&wanted, frame_bytes(&whole) + 34, whole.n - 34);
	frame_ipv4(&wanted, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US, .id = 9 });
	traffic_from(&wanted, RIG_SGW, RIG_ACCESS, 0);
	CU_ASSERT_TRUE(frame_equal(&got, &wanted));
	end();
}

static void
tells_datagrams_apart(void)
{
	static struct frame whole[2], out[2], part;
	struct traffic t[2] = { { .s = &session, .payload = 900, .seed = 1 },
		{ .s = &session, .payload = 900, .seed = 2 } };

	begin();
	for (int i = 0; i < 2; i++) {
		traffic_ul(&whole[i], &t[i]);
		traffic_ul_out(&out[i], &t[i]);
	}
	for (uint16_t from = 0; from < 900; from += 480)
		for (uint16_t i = 0; i < 2; i++) {
			fragment_of(&part, &whole[i], 70 + i, from, 480);
			receive(&part);
		}
	CU_ASSERT_TRUE(sends(&out[0]));
	CU_ASSERT_TRUE(sends(&out[1]));
	end();
}

static void
gives_up_after_a_second(void)
{
	static struct frame whole, part;
	struct traffic t = { .s = &session, .payload = 900 };

	begin();
	traffic_ul(&whole, &t);
	for (uint16_t id = 0; id < 20; id++) {
		fragment_of(&part, &whole, id, 480, 480);
		receive(&part);
	}
	rig_wait_us(900000);
	CU_ASSERT_EQUAL(rig_dropped(FRAGMENT), 0);
	rig_wait_us(200000);
	rig_wait_us(200000);
	CU_ASSERT_EQUAL(rig_dropped(FRAGMENT), 20);
	CU_ASSERT_TRUE(rig_pool_is_full());
	fragment_of(&part, &whole, 3, 0, 480);
	receive(&part); // too late
	CU_ASSERT_EQUAL(rig_count(reassembled), 0);
	rig_wait_us(3000000);
	end();
}

static void
holds_a_bounded_number(void)
{
	static struct frame whole, part;
	struct traffic t = { .s = &session, .payload = 900 };
	unsigned int held;

	begin();
	traffic_ul(&whole, &t);
	for (uint16_t id = 0; id < 3000; id++) {
		fragment_of(&part, &whole, id, 0, 480);
		receive(&part);
	}
	held = rte_mempool_in_use_count(rig.dp.in.pool);
	CU_ASSERT(held > 100 && held <= REASSEMBLY_DATAGRAMS);
	CU_ASSERT_EQUAL(rig_dropped(FRAGMENT) + held, 3000);
	rig_wait_us(1500000);
	rig_wait_us(1500000);
	CU_ASSERT_EQUAL(rig_dropped(FRAGMENT), 3000);
	end();
}

static void
many_small_fragments_are_not_taken(void)
{
	static struct frame whole, part;
	struct traffic t = { .s = &session, .payload = 900 };

	begin();
	traffic_ul(&whole, &t);
	for (uint16_t from = 0; from < whole.n - 34; from += 8) {
		fragment_of(&part, &whole, 5, from, 8);
		receive(&part);
	}
	CU_ASSERT_EQUAL(rig_count(reassembled), 0);
	rig_wait_us(1500000);
	rig_wait_us(1500000);
	CU_ASSERT_EQUAL(rig_dropped(FRAGMENT), rig_count(fragments_rx));
	end();
}

// Overlaps, holes, duplicates, lengths beyond a datagram: nothing passes that wasn't whole.
static void
survives_fragments_too_large_for_one_buffer(void)
{
	static struct frame whole, part;
	struct traffic t = { .s = &session, .payload = 900 };
	static const uint16_t pair[][4] = { { 0, 480, 472, 600 }, { 0, 480, 488, 600 },
		{ 0, 480, 0, 480 }, { 0, 480, 0, 940 }, { 480, 600, 480, 600 } };

	begin();
	traffic_ul(&whole, &t);
	for (uint16_t i = 0; i < 5; i++)
		for (int k = 0; k < 4; k += 2) {
			fragment_of(&part, &whole, i, pair[i][k], pair[i][k + 1]);
			receive(&part);
		}
	for (uint16_t id = 0; id < 64; id++) { // the last byte at 65528 + n
		fragment_of(&part, &whole, 100 + id, 0, 480);
		receive(&part);
		fragment_of(&part, &whole, 100 + id, 480, 900);
		frame_bytes(&part)[20] = 0x1f;
		frame_bytes(&part)[21] = 0xff;
		receive(&part);
	}
	rig_wait_us(1500000);
	rig_wait_us(1500000);
	rig_discard_sent(RIG_SGI);
	CU_ASSERT_EQUAL(rig_count(ul_packets), 0);
	end();
}

static void
judges_the_whole_like_any_packet(void)
{
	static struct frame whole, part;
	struct traffic t = { .s = &session, .payload = 900, .inner.src = IP4(1, 2, 3, 4) };

	begin();
	traffic_ul(&whole, &t);
	for (uint16_t from = 0; from < 900; from += 480) {
		fragment_of(&part, &whole, 5, from, 480);
		receive(&part);
	}
	CU_ASSERT_EQUAL(rig_dropped(SPOOFED), 1);
	CU_ASSERT_EQUAL(rig_count(reassembled), 1);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(puts_fragments_together_in_any_order),
	UNIT_CASE(what_is_for_linux_is_whole_and_right),
	UNIT_CASE(tells_datagrams_apart),
	UNIT_CASE(gives_up_after_a_second),
	UNIT_CASE(holds_a_bounded_number),
	UNIT_CASE(many_small_fragments_are_not_taken),
	UNIT_CASE(survives_fragments_too_large_for_one_buffer),
	UNIT_CASE(judges_the_whole_like_any_packet),
};

UNIT_MAIN("dataplane/reassembly", cases)
