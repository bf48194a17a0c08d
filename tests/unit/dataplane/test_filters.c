// SPDX-License-Identifier: BSD-3-Clause
// Packets against packet filters: single fields, then random ones against a plain reading of them.
#include "dataplane/filters.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/dataplane/frame.h"

#include <stdlib.h>
#include <string.h>

// A packet by its fields.
struct shown {
	bool is_ipv6;
	uint8_t protocol, tos;
	bool is_later_fragment;
	uint16_t remote_port, local_port;
	uint32_t spi, flow_label;
	uint8_t remote[16], local[16];
};

static uint32_t
write_l4(uint8_t *at, const struct shown *p)
{
	memset(at, 0, 16);
	if (p->protocol == 50 || p->protocol == 51) {
		at += p->protocol == 51 ? 4 : 0;
		for (int i = 0; i < 4; i++)
			at[i] = (uint8_t)(p->spi >> (24 - 8 * i));
		return 16;
	}
	at[0] = (uint8_t)(p->remote_port >> 8);
	at[1] = (uint8_t)p->remote_port;
	at[2] = (uint8_t)(p->local_port >> 8);
	at[3] = (uint8_t)p->local_port;
	return 16;
}

static uint32_t
write_packet(uint8_t *ip, const struct shown *p)
{
	memset(ip, 0, 40);
	if (!p->is_ipv6) {
		ip[0] = 0x45;
		ip[1] = p->tos;
		ip[7] = p->is_later_fragment ? 9 : 0;
		ip[9] = p->protocol;
		memcpy(ip + 12, p->remote, 4);
		memcpy(ip + 16, p->local, 4);
		return 20 + write_l4(ip + 20, p);
	}
	ip[0] = (uint8_t)(0x60 | p->tos >> 4);
	ip[1] = (uint8_t)(p->tos << 4 | (p->flow_label >> 16 & 0xf));
	ip[2] = (uint8_t)(p->flow_label >> 8);
	ip[3] = (uint8_t)p->flow_label;
	ip[6] = p->protocol;
	memcpy(ip + 8, p->remote, 16);
	memcpy(ip + 24, p->local, 16);
	return 40 + write_l4(ip + 40, p);
}

static uint8_t
find(const struct dp_filter *filter, unsigned int n, const struct shown *p)
{
	struct filters f;
	uint8_t ip[64];
	uint32_t bytes = write_packet(ip, p);

	CU_ASSERT_TRUE_FATAL(filters_check(filter, n));
	filters_build(&f, filter, n);
	return filters_find(&f, ip, bytes);
}

static bool
fits(const struct dp_filter *filter, const struct shown *p)
{
	return find(filter, 1, p) == filter->bearer;
}

// UDP from 203.0.113.9 port 5004 to 100.64.0.4 port 40000, EF.
static const struct shown voice = {
	.protocol = 17,
	.tos = 0xb8,
	.remote_port = 5004,
	.local_port = 40000,
	.remote = { 203, 0, 113, 9 },
	.local = { 100, 64, 0, 4 },
};

static const struct shown voice6 = {
	.is_ipv6 = true,
	.protocol = 17,
	.tos = 0xb8,
	.remote_port = 5004,
	.local_port = 40000,
	.flow_label = 0x4beef,
	.remote = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 },
	.local = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 4 },
};

static void
no_filter_fits_nothing(void)
{
	CU_ASSERT_EQUAL(find(NULL, 0, &voice), FILTER_NONE);
	CU_ASSERT_EQUAL(find(NULL, 0, &voice6), FILTER_NONE);
}

static void
an_empty_filter_fits_everything(void)
{
	struct dp_filter all = { .bearer = 3 };
	struct shown icmp = { .protocol = 1 };

	CU_ASSERT_TRUE(fits(&all, &voice));
	CU_ASSERT_TRUE(fits(&all, &voice6));
	CU_ASSERT_TRUE(fits(&all, &icmp));
}

static void
compares_the_protocol(void)
{
	struct dp_filter udp = { .fields = DP_FILTER_PROTOCOL, .protocol = 17 };
	struct shown tcp = voice;

	tcp.protocol = 6;
	CU_ASSERT_TRUE(fits(&udp, &voice));
	CU_ASSERT_TRUE(fits(&udp, &voice6));
	CU_ASSERT_FALSE(fits(&udp, &tcp));
}

static void
compares_the_type_of_service_under_its_mask(void)
{
	struct dp_filter ef = { .fields = DP_FILTER_TOS, .tos = 0xb8, .tos_mask = 0xfc };
	struct shown marked = voice, other = voice;

	marked.tos = 0xbb; // ECN bits don't count
	other.tos = 0xb4;
	CU_ASSERT_TRUE(fits(&ef, &voice));
	CU_ASSERT_TRUE(fits(&ef, &voice6));
	CU_ASSERT_TRUE(fits(&ef, &marked));
	CU_ASSERT_FALSE(fits(&ef, &other));
}

static void
compares_ports_as_ranges(void)
{
	struct dp_filter one = {
		.fields = DP_FILTER_REMOTE_PORT, .remote_port_min = 5004, .remote_port_max = 5004
	};
	struct dp_filter range = {
		.fields = DP_FILTER_LOCAL_PORT, .local_port_min = 39999, .local_port_max = 40000
	};
	struct shown p = voice;

	CU_ASSERT_TRUE(fits(&one, &p));
	CU_ASSERT_TRUE(fits(&range, &p));
	p.remote_port = 5005;
	p.local_port = 40001;
	CU_ASSERT_FALSE(fits(&one, &p));
	CU_ASSERT_FALSE(fits(&range, &p));
	p.local_port = 39999;
	CU_ASSERT_TRUE(fits(&range, &p));
	p.local_port = 39998;
	CU_ASSERT_FALSE(fits(&range, &p));
}

static void
a_packet_without_ports_fits_no_range(void)
{
	struct dp_filter any_port = {
		.fields = DP_FILTER_REMOTE_PORT, .remote_port_min = 0, .remote_port_max = 65535
	};
	struct shown icmp = voice, fragment = voice;

	icmp.protocol = 1;
	fragment.is_later_fragment = true;
	CU_ASSERT_TRUE(fits(&any_port, &voice));
	CU_ASSERT_FALSE(fits(&any_port, &icmp));
	CU_ASSERT_FALSE(fits(&any_port, &fragment));
}

static void
compares_addresses_under_masks_of_their_family(void)
{
	struct dp_filter v4 = {
		.family = 4, .remote = { 203, 0, 113 }, .remote_mask = { 255, 255, 255 }
	};
	struct dp_filter v6 = { .family = 6,
		.local = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 9 },
		.local_mask = { 255, 255, 255, 255, 255, 255 } };
	struct shown far = voice, far6 = voice6;

	far.remote[2] = 114;
	far6.local[5] = 2;
	CU_ASSERT_TRUE(fits(&v4, &voice));
	CU_ASSERT_FALSE(fits(&v4, &far));
	CU_ASSERT_FALSE(fits(&v4, &voice6));
	CU_ASSERT_TRUE(fits(&v6, &voice6));
	CU_ASSERT_FALSE(fits(&v6, &far6));
	CU_ASSERT_FALSE(fits(&v6, &voice));
}

static void
compares_security_parameters_and_flow_labels(void)
{
	struct dp_filter spi = { .fields = DP_FILTER_SPI, .spi = 0xabcd0123 };
	struct dp_filter zero = { .fields = DP_FILTER_SPI, .spi = 0 };
	struct dp_filter label = {
		.family = 6, .fields = DP_FILTER_FLOW_LABEL, .flow_label = 0x4beef
	};
	struct shown esp = { .protocol = 50, .spi = 0xabcd0123 };
	struct shown ah = { .protocol = 51, .spi = 0xabcd0123, .is_ipv6 = true };

	CU_ASSERT_TRUE(fits(&spi, &esp));
	CU_ASSERT_TRUE(fits(&spi, &ah));
	CU_ASSERT_FALSE(fits(&zero, &esp));
	CU_ASSERT_FALSE(fits(&zero, &voice)); // which has none at all
	CU_ASSERT_TRUE(fits(&label, &voice6));
	CU_ASSERT_FALSE(fits(&label, &ah));
	CU_ASSERT_FALSE(fits(&label, &voice));
}

static void
the_first_filter_that_fits_counts(void)
{
	struct dp_filter f[DP_FILTERS_MAX] = { 0 };

	for (unsigned int i = 0; i < DP_FILTERS_MAX; i++) {
		f[i].fields = DP_FILTER_PROTOCOL;
		f[i].protocol = 6;
		f[i].bearer = (uint8_t)(i % DP_DEDICATED_MAX);
	}
	for (unsigned int i = DP_FILTERS_MAX; i > 0; i--) {
		f[i - 1].protocol = 17;
		CU_ASSERT_EQUAL(find(f, DP_FILTERS_MAX, &voice), f[i - 1].bearer);
	}
}

static void
looks_behind_extension_headers(void)
{
	struct dp_filter port = { .fields = DP_FILTER_PROTOCOL | DP_FILTER_LOCAL_PORT,
		.protocol = 17,
		.local_port_min = 40000,
		.local_port_max = 40000 };
	uint8_t ip[96], l4[16];
	struct filters f;
	uint32_t n = write_packet(ip, &voice6);

	filters_build(&f, &port, 1);
	memcpy(l4, ip + 40, sizeof(l4));
	memset(ip + 40, 0, sizeof(ip) - 40);
	ip[6] = 0;   // hop by hop, 16 octets
	ip[40] = 44; // then a fragment header
	ip[41] = 1;
	ip[56] = 17;
	memcpy(ip + 64, l4, sizeof(l4));
	CU_ASSERT_EQUAL(filters_find(&f, ip, n + 24), 0);
	ip[58] = 8; // not the first fragment
	CU_ASSERT_EQUAL(filters_find(&f, ip, n + 24), FILTER_NONE);
	ip[41] = 200; // longer than the packet
	CU_ASSERT_EQUAL(filters_find(&f, ip, n + 24), FILTER_NONE);
}

static void
cut_packets_are_judged_by_what_is_there(void)
{
	struct dp_filter port = {
		.fields = DP_FILTER_REMOTE_PORT, .remote_port_min = 5004, .remote_port_max = 5004
	};
	struct filters f;
	uint8_t *ip;

	filters_build(&f, &port, 1);
	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		uint32_t header = is_ipv6 ? 40 : 20;

		for (uint32_t n = header; n < header + 16; n++) {
			uint8_t whole[64];

			write_packet(whole, is_ipv6 ? &voice6 : &voice);
			ip = malloc(n); // for the sanitizer
			memcpy(ip, whole, n);
			CU_ASSERT_EQUAL(filters_find(&f, ip, n), n < header + 4 ? FILTER_NONE : 0);
			free(ip);
		}
	}
}

static void
refuses_what_is_out_of_range(void)
{
	static const struct dp_filter wrong[] = {
		{ .family = 5 },
		{ .bearer = DP_DEDICATED_MAX },
		{ .family = 0, .local_mask = { 255 } },
		{ .family = 4, .fields = DP_FILTER_FLOW_LABEL },
		{ .family = 6, .fields = DP_FILTER_FLOW_LABEL, .flow_label = 1 << 20 },
		{ .local_port_min = 2, .local_port_max = 1 },
		{ .remote_port_min = 2, .remote_port_max = 1 },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_FALSE(filters_check(&wrong[i], 1));
}

// ---- The plain reading.

static bool
address_fits(const uint8_t *shown, const uint8_t *wanted, const uint8_t *mask, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if ((shown[i] & mask[i]) != (wanted[i] & mask[i]))
			return false;
	return true;
}

static bool
really_fits(const struct dp_filter *f, const struct shown *p)
{
	unsigned int n = p->is_ipv6 ? 16 : 4;
	bool has_ports =
		(p->protocol == 6 || p->protocol == 17) && !(p->is_later_fragment && !p->is_ipv6);
	bool has_spi = p->protocol == 50 || p->protocol == 51;

	if (f->family && f->family != (p->is_ipv6 ? 6 : 4))
		return false;
	if (f->fields & DP_FILTER_PROTOCOL && f->protocol != p->protocol)
		return false;
	if (f->fields & DP_FILTER_TOS && (f->tos & f->tos_mask) != (p->tos & f->tos_mask))
		return false;
	if (f->fields & DP_FILTER_SPI && (!has_spi || f->spi != p->spi))
		return false;
	if (f->fields & DP_FILTER_FLOW_LABEL && f->flow_label != p->flow_label)
		return false;
	if (f->fields & DP_FILTER_LOCAL_PORT &&
		(!has_ports || p->local_port < f->local_port_min ||
			p->local_port > f->local_port_max))
		return false;
	if (f->fields & DP_FILTER_REMOTE_PORT &&
		(!has_ports || p->remote_port < f->remote_port_min ||
			p->remote_port > f->remote_port_max))
		return false;
	return !f->family ||
		(address_fits(p->local, f->local, f->local_mask, n) &&
			address_fits(p->remote, f->remote, f->remote_mask, n));
}

static unsigned int
any_of(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static struct dp_filter
random_filter(void)
{
	struct dp_filter f = { .family = (uint8_t)(2 * any_of(3)),
		.bearer = (uint8_t)any_of(DP_DEDICATED_MAX),
		.fields = (uint8_t)any_of(64),
		.protocol = any_of(2) ? 6 : 17,
		.tos = (uint8_t)any_of(256),
		.tos_mask = (uint8_t)(any_of(2) ? 3 : 0),
		.spi = any_of(2),
		.flow_label = any_of(2) };

	if (f.family == 2)
		f.family = 0;
	if (f.family != 6)
		f.fields &= (uint8_t)~DP_FILTER_FLOW_LABEL;
	f.local_port_min = (uint16_t)any_of(3);
	f.local_port_max = (uint16_t)(f.local_port_min + any_of(3));
	f.remote_port_min = (uint16_t)(65530 + any_of(3));
	f.remote_port_max = (uint16_t)(f.remote_port_min + any_of(3));
	for (unsigned int i = 0; f.family && i < (f.family == 4 ? 4u : 16u); i++) {
		f.local[i] = (uint8_t)any_of(2);
		f.remote[i] = (uint8_t)any_of(2);
		f.local_mask[i] = any_of(8) ? 0 : 0xff;
		f.remote_mask[i] = any_of(8) ? 0 : 0xff;
	}
	return f;
}

static struct shown
random_packet(void)
{
	static const uint8_t protocols[] = { 6, 17, 50, 51, 1 };
	struct shown p = { .is_ipv6 = any_of(2),
		.protocol = protocols[any_of(5)],
		.tos = (uint8_t)any_of(256),
		.is_later_fragment = any_of(8) == 0,
		.remote_port = (uint16_t)(65529 + any_of(7)),
		.local_port = (uint16_t)any_of(6),
		.spi = any_of(2),
		.flow_label = any_of(2) };

	for (unsigned int i = 0; i < 16; i++) {
		p.local[i] = (uint8_t)any_of(2);
		p.remote[i] = (uint8_t)any_of(2);
	}
	if (p.is_later_fragment && !p.is_ipv6 && p.protocol >= 50)
		p.is_later_fragment = false;
	return p;
}

static void
agrees_with_a_plain_reading(void)
{
	unsigned int n_found = 0;

	srand(1);
	for (unsigned int round = 0; round < 20000; round++) {
		struct dp_filter f[DP_FILTERS_MAX];
		unsigned int n = any_of(DP_FILTERS_MAX + 1);
		struct shown p = random_packet();
		uint8_t wanted = FILTER_NONE;

		for (unsigned int i = 0; i < n; i++)
			f[i] = random_filter();
		for (unsigned int i = n; i > 0; i--)
			if (really_fits(&f[i - 1], &p))
				wanted = f[i - 1].bearer;
		n_found += wanted != FILTER_NONE;
		if (find(f, n, &p) != wanted)
			CU_FAIL_FATAL("another bearer");
	}
	CU_ASSERT_TRUE(n_found > 1000);
}

static const struct unit_case cases[] = {
	UNIT_CASE(no_filter_fits_nothing),
	UNIT_CASE(an_empty_filter_fits_everything),
	UNIT_CASE(compares_the_protocol),
	UNIT_CASE(compares_the_type_of_service_under_its_mask),
	UNIT_CASE(compares_ports_as_ranges),
	UNIT_CASE(a_packet_without_ports_fits_no_range),
	UNIT_CASE(compares_addresses_under_masks_of_their_family),
	UNIT_CASE(compares_security_parameters_and_flow_labels),
	UNIT_CASE(the_first_filter_that_fits_counts),
	UNIT_CASE(looks_behind_extension_headers),
	UNIT_CASE(cut_packets_are_judged_by_what_is_there),
	UNIT_CASE(refuses_what_is_out_of_range),
	UNIT_CASE(agrees_with_a_plain_reading),
};

UNIT_MAIN("dataplane/filters", cases)
