// SPDX-License-Identifier: BSD-3-Clause
#include "control/gtpc/gtpc_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

struct gtpc_addr
gtpc_addr_ipv4(const uint8_t bytes[4])
{
	struct gtpc_addr a = { .family = 4 };

	memcpy(a.bytes, bytes, 4);
	return a;
}

struct gtpc_addr
gtpc_addr_ipv6(const uint8_t bytes[16])
{
	struct gtpc_addr a = { .family = 6 };

	memcpy(a.bytes, bytes, 16);
	return a;
}

int
gtpc_addr_parse(const char *text, struct gtpc_addr *out)
{
	struct gtpc_addr a = { .family = 4 };

	if (inet_pton(AF_INET, text, a.bytes) != 1) {
		a.family = 6;
		if (inet_pton(AF_INET6, text, a.bytes) != 1)
			return -EINVAL;
	}
	*out = a;
	return 0;
}

const char *
gtpc_addr_text(const struct gtpc_addr *a, char text[GTPC_ADDR_TEXT_MAX])
{
	text[0] = '-';
	text[1] = '\0';
	if (a->family == 4)
		inet_ntop(AF_INET, a->bytes, text, GTPC_ADDR_TEXT_MAX);
	else if (a->family == 6)
		inet_ntop(AF_INET6, a->bytes, text, GTPC_ADDR_TEXT_MAX);
	return text;
}

int
gtpc_endpoint_from_sockaddr(const struct sockaddr *sa, struct gtpc_endpoint *out)
{
	*out = (struct gtpc_endpoint){ 0 };
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		out->addr.family = 4;
		memcpy(out->addr.bytes, &in.sin_addr, 4);
		out->port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		bool is_mapped;

		memcpy(&in6, sa, sizeof(in6));
		is_mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
		out->addr.family = is_mapped ? 4 : 6;
		memcpy(out->addr.bytes, in6.sin6_addr.s6_addr + (is_mapped ? 12 : 0),
			is_mapped ? 4 : 16);
		out->port = ntohs(in6.sin6_port);
		return 0;
	}
	return -EAFNOSUPPORT;
}

socklen_t
gtpc_endpoint_to_sockaddr(const struct gtpc_endpoint *e, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (e->addr.family == 4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };

		memcpy(&in.sin_addr, e->addr.bytes, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	if (e->addr.family == 6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(e->port) };

		memcpy(&in6.sin6_addr, e->addr.bytes, 16);
		memcpy(ss, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}
