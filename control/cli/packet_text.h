// SPDX-License-Identifier: BSD-3-Clause
// The beginning of a packet in one line, and in hexadecimal digits. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_TEXT_MAX 384

// "10.10.0.2 > 10.10.0.1 UDP 2152 > 2152, GTP-U G-PDU TEID 0x0a0b0c0d: 100.64.0.7 > 10.20.0.2 ICMP echo
// request". is_frame: begins with an Ethernet header, else with an IP header. n may end anywhere.
// Writes at most PACKET_TEXT_MAX bytes to text and returns it.
const char *packet_text(const uint8_t *bytes, size_t n, bool is_frame, char *text);
