// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace/pcapng.h"

#include <errno.h>
#include <string.h>

enum block {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_PACKET_FLAGS = 2,
	OPTION_SECTION_APPLICATION = 4,
	OPTION_STATISTICS_RECEIVED = 4,
	OPTION_STATISTICS_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define NANOSECONDS 9  // of if_tsresol: 10 to the power of -9
#define BLOCK_FRAME 12 // type, length, and the length again at the end

static uint32_t
padded(uint32_t n)
{
	return (n + 3) & ~3u;
}

static void
put(struct pcapng *p, const void *bytes, size_t n)
{
	if (p->err || n == 0)
		return;
	errno = 0;
	if (fwrite(bytes, 1, n, p->file) != n)
		p->err = errno ? -errno : -EIO;
	else
		p->bytes += n;
}

static void
put_padded(struct pcapng *p, const void *bytes, uint32_t n)
{
	static const char zeroes[4];

	put(p, bytes, n);
	put(p, zeroes, padded(n) - n);
}

static void
put_u16(struct pcapng *p, uint16_t value)
{
	put(p, &value, sizeof(value));
}

static void
put_u32(struct pcapng *p, uint32_t value)
{
	put(p, &value, sizeof(value));
}

static void
put_time(struct pcapng *p, uint64_t ns)
{
	put_u32(p, (uint32_t)(ns >> 32));
	put_u32(p, (uint32_t)ns);
}

static void
put_option(struct pcapng *p, enum option code, const void *value, uint16_t n)
{
	put_u16(p, (uint16_t)code);
	put_u16(p, n);
	put_padded(p, value, n);
}

static uint16_t
text_bytes(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return n > 4096 ? 4096 : (uint16_t)n;
}

// Of an option with a text, 0: left out.
static uint32_t
text_option_size(const char *text)
{
	return text_bytes(text) ? 4 + padded(text_bytes(text)) : 0;
}

static void
put_text_option(struct pcapng *p, enum option code, const char *text)
{
	if (text_bytes(text))
		put_option(p, code, text, text_bytes(text));
}

static void
put_options_end(struct pcapng *p)
{
	put_option(p, OPTION_END, NULL, 0);
}

// body: octets between the two frames.
static void
block_begin(struct pcapng *p, enum block type, uint32_t body)
{
	put_u32(p, type);
	put_u32(p, BLOCK_FRAME + body);
}

static void
block_end(struct pcapng *p, uint32_t body)
{
	put_u32(p, BLOCK_FRAME + body);
}

void
pcapng_begin(struct pcapng *p, FILE *file, const char *application, const char *comment)
{
	uint32_t body = 16 + text_option_size(application) + text_option_size(comment) + 4;

	*p = (struct pcapng){ .file = file };
	block_begin(p, BLOCK_SECTION, body);
	put_u32(p, BYTE_ORDER_MAGIC);
	put_u16(p, 1); // version 1.0
	put_u16(p, 0);
	put_u32(p, UINT32_MAX); // length of the section: not said
	put_u32(p, UINT32_MAX);
	put_text_option(p, OPTION_COMMENT, comment);
	put_text_option(p, OPTION_SECTION_APPLICATION, application);
	put_options_end(p);
	block_end(p, body);
}

uint32_t
pcapng_interface(struct pcapng *p, enum pcapng_link link, uint32_t snap, const char *name,
	const char *description)
{
	static const uint8_t resolution = NANOSECONDS;
	uint32_t body = 8 + text_option_size(name) + text_option_size(description) + 8 + 4;

	block_begin(p, BLOCK_INTERFACE, body);
	put_u16(p, (uint16_t)link);
	put_u16(p, 0);
	put_u32(p, snap);
	put_text_option(p, OPTION_IF_NAME, name);
	put_text_option(p, OPTION_IF_DESCRIPTION, description);
	put_option(p, OPTION_IF_TSRESOL, &resolution, sizeof(resolution));
	put_options_end(p);
	block_end(p, body);
	return p->n_interfaces++;
}

static uint32_t
packet_body(const struct pcapng_packet *packet)
{
	return 20 + padded(packet->captured) + text_option_size(packet->comment) + 8 + 4;
}

uint64_t
pcapng_size(const struct pcapng_packet *packet)
{
	return BLOCK_FRAME + packet_body(packet);
}

void
pcapng_write(struct pcapng *p, const struct pcapng_packet *packet)
{
	uint32_t body = packet_body(packet), flags = packet->direction;

	block_begin(p, BLOCK_PACKET, body);
	put_u32(p, packet->interface);
	put_time(p, packet->ns);
	put_u32(p, packet->captured);
	put_u32(p, packet->len);
	put_padded(p, packet->bytes, packet->captured);
	put_text_option(p, OPTION_COMMENT, packet->comment);
	put_option(p, OPTION_PACKET_FLAGS, &flags, sizeof(flags));
	put_options_end(p);
	block_end(p, body);
}

void
pcapng_statistics(
	struct pcapng *p, uint32_t interface, uint64_t ns, uint64_t received, uint64_t dropped)
{
	uint32_t body = 12 + 12 + 12 + 4;

	block_begin(p, BLOCK_STATISTICS, body);
	put_u32(p, interface);
	put_time(p, ns);
	put_option(p, OPTION_STATISTICS_RECEIVED, &received, sizeof(received));
	put_option(p, OPTION_STATISTICS_DROPPED, &dropped, sizeof(dropped));
	put_options_end(p);
	block_end(p, body);
}
