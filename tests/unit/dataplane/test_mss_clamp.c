// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/mss_clamp.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/traffic.h"
#include "tests/unit/dataplane/worker_rig.h"

#include <rte_ip.h>

#include <stdlib.h>
#include <string.h>

#define SYN 0x02
#define ACK 0x10

// A TCP header with these options, which are padded with zeroes.
static void
tcp(struct frame *f, uint8_t flags, const uint8_t *options, uint8_t n)
{
	uint8_t header = (uint8_t)(20 + (n + 3) / 4 * 4), *p;

	frame_begin(f);
	p = frame_push(f, header);
	memset(p, 0, header);
	p[0] = 0x1f;
	p[1] = 0x90;
	p[3] = 80;
	p[7] = 0x77;
	p[12] = (uint8_t)(header / 4 << 4);
	p[13] = flags;
	p[14] = 0xfa;
	memcpy(p + 20, options, n);
}

static void
in_ipv6(struct frame *f)
{
	frame_ipv6(
		f, &(struct frame_ipv6){ .src = "2001:db8::1", .dst = "2001:db8::2", .proto = 6 });
}

// Every place of the option, so that it lies at odd and even offsets: only it and the checksum change,
// and this is what a recomputed one is.
static void
lowers_the_option_wherever_it_is(void)
{
	static struct frame got, wanted;
	uint8_t options[20];

	for (uint8_t at = 0; at <= 16; at++)
		for (uint32_t mss = 900; mss < 1500; mss += 7) {
			memset(options, 1, sizeof(options));
			memcpy(options + at, (uint8_t[]){ 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss },
				4);
			tcp(&got, SYN, options, sizeof(options));
			in_ipv6(&got);
			mss_clamp_ipv6((struct rte_ipv6_hdr *)frame_bytes(&got), got.n, 1220);
			if (mss > 1220)
				memcpy(options + at + 2, (uint8_t[]){ 1220 >> 8, 1220 & 255 }, 2);
			tcp(&wanted, SYN, options, sizeof(options));
			in_ipv6(&wanted);
			if (!frame_equal(&got, &wanted)) {
				CU_FAIL("another packet");
				return;
			}
		}
}

static void
leaves_everything_else_as_it_is(void)
{
	static const struct {
		uint8_t flags, n, options[8];
	} same[] = {
		{ ACK, 4, { 2, 4, 5, 0xb4 } },            // no SYN
		{ SYN, 0, { 0 } },                        // no options
		{ SYN, 4, { 0, 2, 4, 5 } },               // behind the end
		{ SYN, 4, { 2, 0, 5, 0xb4 } },            // a length of 0
		{ SYN, 4, { 2, 3, 5, 0xb4 } },            // of another length
		{ SYN, 8, { 1, 1, 1, 1, 1, 1, 2, 4 } },   // over the end
		{ SYN, 8, { 3, 200, 7, 2, 4, 5, 0xb4 } }, // behind one that runs over it
		{ SYN | ACK, 4, { 2, 4, 4, 0x00 } },      // low enough
	};
	static struct frame got, wanted;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		tcp(&got, same[i].flags, same[i].options, same[i].n);
		in_ipv6(&got);
		wanted = got;
		mss_clamp_ipv6((struct rte_ipv6_hdr *)frame_bytes(&got), got.n, 1220);
		CU_ASSERT_TRUE(frame_equal(&got, &wanted));
		for (uint16_t len = 40; len < got.n;
			len++) { // every truncation, in memory just as long
			struct rte_ipv6_hdr *exact = malloc(len);

			memcpy(exact, frame_bytes(&got), len);
			mss_clamp_ipv6(exact, len, 100);
			free(exact);
		}
	}
}

static void
later_fragments_have_no_header(void)
{
	static const uint8_t mss[] = { 2, 4, 5, 0xb4 };
	static struct frame got, wanted;

	tcp(&got, SYN, mss, sizeof(mss));
	frame_ipv4(
		&got, &(struct frame_ipv4){ .src = 1, .dst = 2, .proto = 6, .fragment = 0x2001 });
	wanted = got;
	mss_clamp_ipv4((struct rte_ipv4_hdr *)frame_bytes(&got), got.n, 1220);
	CU_ASSERT_TRUE(frame_equal(&got, &wanted));
}

static uint16_t
sent_mss(unsigned int port, uint16_t at)
{
	static struct frame f;

	if (!rig_sent(port, &f))
		return 0;
	return (uint16_t)(frame_bytes(&f)[at] << 8 | frame_bytes(&f)[at + 1]);
}

static void
put(struct dp_session *s, uint16_t ipv4, uint16_t ipv6)
{
	struct dp_request r = { .op = DP_OP_PROFILE_PUT,
		.profile = { .profile = 1, .mss_ipv4 = ipv4, .mss_ipv6 = ipv6 } };
	struct dp_reply reply;

	s->profile = 1;
	CU_ASSERT_TRUE(rig_request(0, &r, &reply) && reply.done.result == 0);
	CU_ASSERT_EQUAL(rig_put(s), 0);
}

// What the bucket holds is gone.
static void
drain(const struct dp_session *s)
{
	struct dp_slot_usage *u = &rig.dp.in.usage[s->slot];
	struct bucket_rate r = bucket_rate_of(s->ul_bps, RIG_HZ);

	u->ul.bucket = u->dl.bucket = (rig.now << BUCKET_TIME_SHIFT) + bucket_room(r.depth);
}

static void
receive_syn6(const char *src, const char *dst, const struct dp_session *s)
{
	static const uint8_t mss[] = { 2, 4, 5, 0xb4 };
	static struct frame f;
	uint8_t mac[6];

	tcp(&f, SYN, mss, sizeof(mss));
	frame_ipv6(&f, &(struct frame_ipv6){ .src = src, .dst = dst, .proto = 6 });
	if (s) {
		frame_gtpu(&f, &(struct frame_gtpu){ .teid = s->teid });
		frame_udp(&f, 2152, 2152);
		frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
		traffic_from(&f, RIG_SGW, RIG_ACCESS, 0);
	} else {
		rig_mac(2, mac);
		frame_ether(&f, rig_port_mac[RIG_SGI], mac, 0, 0x86dd);
	}
	rig_receive(s ? RIG_ACCESS : RIG_SGI, 0, &f);
}

static void
run_syn(const struct dp_session *s, uint16_t wanted4, uint16_t wanted6)
{
	static const uint8_t mss[] = { 2, 4, 5, 0xb4 };
	static struct frame f;

	tcp(&f, SYN, mss, sizeof(mss));
	frame_ipv4(&f, &(struct frame_ipv4){ .src = rig_ue(s), .dst = RIG_FAR_HOST, .proto = 6 });
	frame_gtpu(&f, &(struct frame_gtpu){ .teid = s->teid });
	frame_udp(&f, 2152, 2152);
	frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_SGW, .dst = RIG_US });
	traffic_from(&f, RIG_SGW, RIG_ACCESS, 0);
	rig_receive(RIG_ACCESS, 0, &f);
	tcp(&f, SYN | ACK, mss, sizeof(mss));
	frame_ipv4(&f, &(struct frame_ipv4){ .src = RIG_FAR_HOST, .dst = rig_ue(s), .proto = 6 });
	traffic_from(&f, RIG_HOST, RIG_SGI, 0);
	rig_receive(RIG_SGI, 0, &f);
	rig_run();
	rig_wait_us(2000); // where the rate is to be waited for
	CU_ASSERT_EQUAL(sent_mss(RIG_SGI, 14 + 20 + 20 + 2), wanted4);
	CU_ASSERT_EQUAL(sent_mss(RIG_ACCESS, 14 + 36 + 20 + 20 + 2), wanted4);
	receive_syn6(RIG_FAR_HOST6, "2001:db8:100:7::1", NULL);
	receive_syn6("2001:db8:100:7::1", RIG_FAR_HOST6, s);
	rig_run();
	rig_wait_us(2000);
	CU_ASSERT_EQUAL(sent_mss(RIG_SGI, 14 + 40 + 20 + 2), wanted6);
	CU_ASSERT_EQUAL(sent_mss(RIG_ACCESS, 14 + 36 + 40 + 20 + 2), wanted6);
}

static void
sessions_of_such_a_profile_have_it_both_ways(void)
{
	struct dp_session s = rig_session(3);

	rig_open(NULL);
	rig_session_prefix(&s, 7, false);
	put(&s, 0, 0);
	run_syn(&s, 1460, 1460);
	put(&s, 1360, 1340);
	run_syn(&s, 1360, 1340);
	put(&s, 0, 1340);
	run_syn(&s, 1460, 1340);
	CU_ASSERT_TRUE(rig_accounts_balance());
	CU_ASSERT_TRUE(rig_pool_is_full());
	rig_close();
}

static void
those_that_wait_for_their_rate_have_it_too(void)
{
	struct dp_session s = rig_session(3);

	rig_open(&(struct rig_options){ .rate_wait_ms = 25 });
	rig_session_prefix(&s, 7, false);
	s.ul_bps = s.dl_bps = 1000000; // a segment takes less than 1 ms
	put(&s, 1360, 1340);
	drain(&s);
	run_syn(&s, 1360, 1340);
	CU_ASSERT(rig_count(rate_held) >= 2);
	drain(&s);
	run_syn(&s, 1360, 1340);
	CU_ASSERT_TRUE(rig_accounts_balance());
	CU_ASSERT_TRUE(rig_pool_is_full());
	rig_close();
}

static const struct unit_case cases[] = {
	UNIT_CASE(lowers_the_option_wherever_it_is),
	UNIT_CASE(leaves_everything_else_as_it_is),
	UNIT_CASE(later_fragments_have_no_header),
	UNIT_CASE(sessions_of_such_a_profile_have_it_both_ways),
	UNIT_CASE(those_that_wait_for_their_rate_have_it_too),
};

UNIT_MAIN("dataplane/mss_clamp", cases)
