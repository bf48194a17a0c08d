// SPDX-License-Identifier: BSD-3-Clause
// Judges a Diameter message before freeDiameter sees it. libfdcore 1.2.1 closes the connection on
// broken framing, asserts on some AVPs and ends its routing threads when it must answer a connection
// that has just gone; so what it can't take is answered here, as RFC 6733 section 7 says, and it gets
// only messages that it parses and that are for us. Pure: octets in, octets out.
#pragma once

#include "hss/hss_config.h"

#include <stddef.h>
#include <stdint.h>

enum screen_verdict {
	SCREEN_PASS,   // give it to freeDiameter
	SCREEN_ANSWER, // don't; send reply
	SCREEN_DROP,   // don't
	SCREEN_CLOSE, // send reply if it isn't empty, and close: the stream can't be trusted any more
};

struct screen_reply {
	uint32_t result;   // the base result code given, 0 without one
	const char *why;   // in words, for the log
	size_t len;        // of the answer, 0: none
	uint8_t buf[8192]; // room for the longest answer
};

// buf holds one message as framed by the transport, len octets; room (>= len) may be used to edit it:
// M bits of unknown AVPs that this peer may send are cleared, and a destination that is one of our
// further names becomes our identity and realm. peer is NULL before a CER has named it.
enum screen_verdict screen_message(const struct hss_config *config, const struct hss_peer *peer,
	uint8_t *buf, size_t room, size_t *len, struct screen_reply *reply);

// An answer with nothing but a base result code, to the request in buf (at least its header); its
// octets in reply. For what other parts refuse.
void screen_refuse(const struct hss_config *config, const uint8_t *buf, size_t len, uint32_t result,
	const char *why, struct screen_reply *reply);
