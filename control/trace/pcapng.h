// SPDX-License-Identifier: BSD-3-Clause
// Writes a pcapng file (draft-ietf-opsawg-pcapng): one section, interfaces, packets with comments,
// statistics. Pure but for the stream that it is given; byte order is the machine's, as the format
// allows. Time is in nanoseconds since 1970.
#pragma once

#include <stdint.h>
#include <stdio.h>

// Link types of tcpdump.org/linktypes.html.
enum pcapng_link {
	PCAPNG_ETHERNET = 1,
	PCAPNG_RAW = 101, // begins with an IPv4 or IPv6 header
};

enum pcapng_direction {
	PCAPNG_UNKNOWN = 0,
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2,
};

struct pcapng {
	FILE *file;
	uint64_t bytes; // written
	int err;        // the first failure, -errno; nothing is written after it
	uint32_t n_interfaces;
};

struct pcapng_packet {
	uint32_t interface; // as pcapng_interface() gave it
	uint64_t ns;
	const void *bytes;
	uint32_t captured; // of bytes
	uint32_t len;      // of the whole packet
	enum pcapng_direction direction;
	const char *comment; // NULL: none
};

// Begins a section on an open, empty stream, which stays the caller's. Strings may be NULL.
void pcapng_begin(struct pcapng *p, FILE *file, const char *application, const char *comment);

// Before its packets. Its number.
uint32_t pcapng_interface(struct pcapng *p, enum pcapng_link link, uint32_t snap, const char *name,
	const char *description);

void pcapng_write(struct pcapng *p, const struct pcapng_packet *packet);

// What was received on an interface in all, and what of it isn't in the file.
void pcapng_statistics(
	struct pcapng *p, uint32_t interface, uint64_t ns, uint64_t received, uint64_t dropped);

// Octets that pcapng_write() will add.
uint64_t pcapng_size(const struct pcapng_packet *packet);
