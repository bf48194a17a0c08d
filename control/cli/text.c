// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *
scaled(double value, double step, const char *const *units, char *text)
{
	while (value >= step && units[1]) {
		value /= step;
		units++;
	}
	snprintf(text, TEXT_MAX,
		value < 10            ? "%.2f %s"
			: value < 100 ? "%.1f %s"
				      : "%.0f %s",
		value, *units);
	return text;
}

const char *
text_bytes(uint64_t bytes, char *text)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", NULL };

	if (bytes >= 1000)
		return scaled((double)bytes / 1000, 1000, units, text);
	snprintf(text, TEXT_MAX, "%u B", (unsigned int)bytes);
	return text;
}

const char *
text_rate(double bits_per_s, char *text)
{
	static const char *const units[] = { "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", NULL };

	if (bits_per_s >= 1000)
		return scaled(bits_per_s / 1000, 1000, units, text);
	snprintf(text, TEXT_MAX, "%.0f bit/s", bits_per_s);
	return text;
}

const char *
text_duration(uint64_t seconds, char *text)
{
	unsigned int s = (unsigned int)(seconds % 86400);
	unsigned long long days = seconds / 86400;

	if (days)
		snprintf(text, TEXT_MAX, "%llud %02u:%02u:%02u", days, s / 3600, s / 60 % 60,
			s % 60);
	else
		snprintf(text, TEXT_MAX, "%02u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
	return text;
}

const char *
text_time(int64_t unix_s, char *text)
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(text, TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		text[0] = '\0';
	return text;
}

const char *
text_addr(const struct dp_addr *addr, char *text)
{
	int family = addr->family == 6 ? AF_INET6 : AF_INET;

	if (addr->family == 0 || !inet_ntop(family, addr->bytes, text, TEXT_MAX))
		snprintf(text, TEXT_MAX, "-");
	return text;
}

const char *
text_ipv4(const uint8_t ipv4[4], char *text)
{
	snprintf(text, TEXT_MAX, "%u.%u.%u.%u", ipv4[0], ipv4[1], ipv4[2], ipv4[3]);
	return text;
}

const char *
text_prefix64(const uint8_t prefix[8], char *text)
{
	struct dp_addr a = { .family = 6 };
	size_t n;

	memcpy(a.bytes, prefix, 8);
	text_addr(&a, text);
	n = strlen(text);
	snprintf(text + n, TEXT_MAX - n, "/64");
	return text;
}

const char *
text_mac(const uint8_t mac[6], char *text)
{
	snprintf(text, TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
	return text;
}

const char *
text_role(uint8_t role)
{
	static const char *const names[] = { "-", "access", "sgi", "both" };

	return names[role & 3];
}
