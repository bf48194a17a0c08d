// SPDX-License-Identifier: BSD-3-Clause
// Packet filters as people write and read them.
#include "control/session/tft.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = { { "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "icmpv6", 58 }, { "esp", 50 },
	{ "ah", 51 }, { "sctp", 132 } };

static const char *const directions[] = { "both", "downlink", "uplink", "both" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// A text under way: words that are still to be read.
struct reader {
	char *word[WORDS_MAX];
	unsigned int n, at;
	bool is_local; // side that a bare "port" belongs to
	bool has_side;
	unsigned int family;
	char *why;
	size_t room;
};

static bool __attribute__((format(printf, 2, 3))) wrong(struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, r->room, format, args);
	va_end(args);
	return false;
}

static bool
read_number(const char *text, unsigned long max, unsigned long *to, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*to = strtoul(text, &stop, 0);
	*end = stop;
	return errno == 0 && *to <= max;
}

static bool
read_whole(const char *text, unsigned long max, unsigned long *to)
{
	const char *end;

	return read_number(text, max, to, &end) && *end == '\0';
}

static const char *
next(struct reader *r)
{
	return r->at < r->n ? r->word[r->at++] : NULL;
}

static bool
read_address(struct reader *r, struct tft_filter *f, bool is_local)
{
	char *text = r->at < r->n ? r->word[r->at++] : NULL;
	char *slash = text ? strchr(text, '/') : NULL;
	uint8_t *address = is_local ? f->is.local : f->is.remote;
	uint8_t *mask = is_local ? f->is.local_mask : f->is.remote_mask;
	unsigned long bits, max;

	if (!text)
		return wrong(r, "\"%s\" wants an address", is_local ? "local" : "remote");
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET, text, address) == 1)
		max = 32;
	else if (inet_pton(AF_INET6, text, address) == 1)
		max = 128;
	else
		return wrong(r, "\"%s\" is no IP address", text);
	bits = max;
	if (slash && !read_whole(slash + 1, max, &bits))
		return wrong(r, "\"/%s\" is no prefix length", slash + 1);
	if (f->is.family && f->is.family != (max == 32 ? 4 : 6))
		return wrong(r, "IPv4 and IPv6 in one filter fit no packet");
	f->is.family = max == 32 ? 4 : 6;
	for (unsigned int i = 0; i < max; i++)
		if (i < bits)
			mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (unsigned int i = 0; i < 16; i++)
		address[i] &= mask[i];
	r->is_local = is_local;
	r->has_side = true;
	return true;
}

static bool
read_ports(struct reader *r, struct tft_filter *f, bool is_local)
{
	const char *text = next(r), *end;
	unsigned long min, max;

	if (!text || !read_number(text, 65535, &min, &end))
		return wrong(r, "a port is a number from 0 to 65535, or a range of them");
	max = min;
	if (*end == '-' && !read_number(end + 1, 65535, &max, &end))
		return wrong(r, "\"%s\" is no range of ports", text);
	if (*end || max < min)
		return wrong(r, "\"%s\" is no range of ports", text);
	f->is.fields |= is_local ? TFT_LOCAL_PORT : TFT_REMOTE_PORT;
	*(is_local ? &f->is.local_port_min : &f->is.remote_port_min) = (uint16_t)min;
	*(is_local ? &f->is.local_port_max : &f->is.remote_port_max) = (uint16_t)max;
	return true;
}

static bool
read_tos(struct reader *r, struct tft_filter *f)
{
	const char *text = next(r), *end;
	unsigned long value, mask = 0xff;

	if (!text || !read_number(text, 255, &value, &end) ||
		(*end == '/' ? !read_whole(end + 1, 255, &mask) : *end != '\0'))
		return wrong(r, "write tos 0xb8 or tos 0xb8/0xfc");
	f->is.fields |= TFT_TOS;
	f->is.tos = (uint8_t)value;
	f->is.tos_mask = (uint8_t)mask;
	return true;
}

static bool
read_word(struct reader *r, struct tft_filter *f, const char *name, uint8_t field,
	unsigned long max, uint32_t *to)
{
	const char *text = next(r);
	unsigned long value;

	if (!text || !read_whole(text, max, &value))
		return wrong(r, "\"%s\" wants a number up to 0x%lx", name, max);
	f->is.fields |= field;
	*to = (uint32_t)value;
	return true;
}

static bool
read_protocol(struct reader *r, struct tft_filter *f, const char *word)
{
	unsigned long number = 256;

	for (size_t i = 0; i < COUNT(protocols); i++)
		if (strcmp(word, protocols[i].name) == 0)
			number = protocols[i].number;
	if (number == 256 && !read_whole(word, 255, &number))
		return wrong(r, "\"%s\" is neither a keyword nor a protocol", word);
	if (f->is.fields & TFT_PROTOCOL)
		return wrong(r, "two protocols");
	f->is.fields |= TFT_PROTOCOL;
	f->is.protocol = (uint8_t)number;
	return true;
}

static bool
read_next(struct reader *r, struct tft_filter *f, const char *word)
{
	for (unsigned int i = TFT_DOWNLINK; i < COUNT(directions); i++)
		if (strcmp(word, directions[i]) == 0) {
			f->direction = (uint8_t)i;
			return true;
		}
	if (strcmp(word, "any") == 0)
		return true;
	if (strcmp(word, "remote") == 0 || strcmp(word, "local") == 0)
		return read_address(r, f, *word == 'l');
	if (strcmp(word, "port") == 0)
		return r->has_side ? read_ports(r, f, r->is_local)
				   : wrong(r, "\"port\" of what? Write remote-port or local-port");
	if (strcmp(word, "remote-port") == 0 || strcmp(word, "local-port") == 0)
		return read_ports(r, f, *word == 'l');
	if (strcmp(word, "tos") == 0)
		return read_tos(r, f);
	if (strcmp(word, "spi") == 0)
		return read_word(r, f, word, TFT_SPI, UINT32_MAX, &f->is.spi);
	if (strcmp(word, "flow-label") == 0)
		return read_word(r, f, word, TFT_FLOW_LABEL, 0xfffff, &f->is.flow_label);
	return read_protocol(r, f, word);
}

// What only reads well, but fits no packet.
static bool
check(struct reader *r, struct tft_filter *f)
{
	uint8_t bytes[TFT_BYTES_MAX];
	struct tft t = { .operation = TFT_CREATE, .n_filters = 1 };
	ssize_t n;

	t.filter[0] = *f;
	n = tft_encode(&t, bytes, sizeof(bytes));
	if (n < 0 || tft_decode(bytes, (size_t)n, &t) != TFT_GOOD)
		return wrong(r, "no packet can fit this filter, or it says nothing");
	f->is.family = t.filter[0].is.family;
	return true;
}

int
tft_filter_parse(const char *text, struct tft_filter *f, char *why, size_t room)
{
	struct reader r = { .why = why, .room = room };
	char copy[TFT_TEXT_MAX], *save = NULL;
	bool is_good = true;

	memset(f, 0, sizeof(*f));
	f->direction = TFT_BOTH;
	if (strlen(text) >= sizeof(copy)) {
		wrong(&r, "longer than %u characters", TFT_TEXT_MAX - 1);
		return -EINVAL;
	}
	memcpy(copy, text, strlen(text) + 1);
	for (char *w = strtok_r(copy, " \t", &save); w && r.n < WORDS_MAX;
		w = strtok_r(NULL, " \t", &save))
		r.word[r.n++] = w;
	if (r.n == 0)
		is_good = wrong(&r, "an empty filter");
	while (is_good && r.at < r.n)
		is_good = read_next(&r, f, r.word[r.at++]);
	return is_good && check(&r, f) ? 0 : -EINVAL;
}

// ---- Printing.

struct printer {
	char *text;
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) put(struct printer *p, const char *format, ...)
{
	va_list args;
	int n;

	if (p->n > 0 && p->n + 1 < TFT_TEXT_MAX)
		p->text[p->n++] = ' ';
	va_start(args, format);
	n = vsnprintf(p->text + p->n, TFT_TEXT_MAX - p->n, format, args);
	va_end(args);
	if (n > 0)
		p->n = p->n + (size_t)n < TFT_TEXT_MAX ? p->n + (size_t)n : TFT_TEXT_MAX - 1;
}

// What is compared of an address, then the length of its prefix, or the mask where it has holes. False:
// every address will do.
static bool
put_address(
	struct printer *p, const char *side, uint8_t family, const uint8_t *of, const uint8_t *mask)
{
	int af = family == 4 ? AF_INET : AF_INET6;
	char address[INET6_ADDRSTRLEN], holes[INET6_ADDRSTRLEN];
	unsigned int bits = 0, prefix = 0;
	uint8_t compared[16];

	for (unsigned int i = 0; i < 128; i++) {
		bool is_set = mask[i / 8] >> (7 - i % 8) & 1;

		prefix += is_set && prefix == i;
		bits += is_set;
	}
	for (unsigned int i = 0; i < 16; i++)
		compared[i] = of[i] & mask[i];
	inet_ntop(af, compared, address, sizeof(address));
	inet_ntop(af, mask, holes, sizeof(holes));
	if (bits == 0)
		return false;
	if (bits == prefix)
		put(p, "%s %s/%u", side, address, bits);
	else
		put(p, "%s %s/%s", side, address, holes);
	return true;
}

static void
put_side(struct printer *p, const struct dp_filter *f, bool is_local)
{
	bool has_port = f->fields & (is_local ? TFT_LOCAL_PORT : TFT_REMOTE_PORT);
	uint16_t min = is_local ? f->local_port_min : f->remote_port_min;
	uint16_t max = is_local ? f->local_port_max : f->remote_port_max;
	bool has_address = put_address(p, is_local ? "local" : "remote", f->family,
		is_local ? f->local : f->remote, is_local ? f->local_mask : f->remote_mask);

	if (has_port && min == max)
		put(p,
			has_address        ? "port %u"
				: is_local ? "local-port %u"
					   : "remote-port %u",
			min);
	else if (has_port)
		put(p,
			has_address        ? "port %u-%u"
				: is_local ? "local-port %u-%u"
					   : "remote-port %u-%u",
			min, max);
}

const char *
tft_filter_text(const struct tft_filter *f, char *text)
{
	struct printer p = { .text = text };

	*text = '\0';
	put(&p, "%s", directions[f->direction & 3]);
	if (f->is.fields & TFT_PROTOCOL) {
		const char *name = NULL;

		for (size_t i = 0; i < COUNT(protocols); i++)
			if (protocols[i].number == f->is.protocol)
				name = protocols[i].name;
		if (name)
			put(&p, "%s", name);
		else
			put(&p, "%u", f->is.protocol);
	}
	put_side(&p, &f->is, false);
	put_side(&p, &f->is, true);
	if (f->is.fields & TFT_TOS)
		put(&p, "tos 0x%02x/0x%02x", f->is.tos, f->is.tos_mask);
	if (f->is.fields & TFT_SPI)
		put(&p, "spi 0x%08x", f->is.spi);
	if (f->is.fields & TFT_FLOW_LABEL)
		put(&p, "flow-label 0x%05x", f->is.flow_label);
	return text;
}
