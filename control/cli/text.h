// SPDX-License-Identifier: BSD-3-Clause
// Figures as people read them. Each writes into `text`, of TEXT_MAX bytes, and returns it.
#pragma once

#include "dataplane/include/dp_api.h"

#include <stdint.h>

#define TEXT_MAX 64

const char *text_bytes(uint64_t bytes, char *text);      // "1.2 GB"
const char *text_rate(double bits_per_s, char *text);    // "12.5 Mbit/s"
const char *text_duration(uint64_t seconds, char *text); // "3d 04:05:06"
const char *text_time(int64_t unix_s, char *text);       // "2026-11-23 22:26:00" local time
const char *text_addr(const struct dp_addr *addr, char *text);
const char *text_ipv4(const uint8_t ipv4[4], char *text);
const char *text_prefix64(const uint8_t prefix[8], char *text); // "2001:db8:100:7::/64"
const char *text_mac(const uint8_t mac[6], char *text);
const char *text_role(uint8_t role); // enum dp_role, without a buffer
