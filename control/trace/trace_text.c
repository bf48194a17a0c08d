// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace/trace_text.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

struct line {
	char *text;
	size_t used, room;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->used, l->room - l->used, format, args);
	va_end(args);
	if (n > 0)
		l->used = l->used + (size_t)n < l->room ? l->used + (size_t)n : l->room - 1;
}

const char *
drop_text(unsigned int drop, char *text, size_t room)
{
	static const char *const texts[] = {
#define X(name, sentence) #name ": " sentence,
		DP_DROP_REASONS(X)
#undef X
	};

	snprintf(text, room, "%s", drop < DP_DROPS ? texts[drop] : "for an unknown reason");
	return text;
}

static const char *
iface_name(const struct dp_header *h, uint16_t iface)
{
	return iface < h->n_ifaces ? h->iface[iface].name : "an unknown interface";
}

static void
add_next_hop(struct line *l, const struct dp_trace_record *r, const struct dp_header *h)
{
	char addr[INET6_ADDRSTRLEN] = "?";

	if (r->next_hop.family == 0)
		return;
	inet_ntop(r->next_hop.family == 6 ? AF_INET6 : AF_INET, r->next_hop.bytes, addr,
		sizeof(addr));
	add(l, ", next hop %s on %.*s", addr, DP_NAME_MAX, iface_name(h, r->next_iface));
}

static void
add_decision(struct line *l, const struct dp_trace_record *r, const struct dp_header *h)
{
	char reason[128];

	switch (r->outcome) {
	case DP_OUTCOME_DELIVERED:
		add(l, "delivered");
		break;
	case DP_OUTCOME_CUT:
		add(l, "delivered in fragments");
		break;
	case DP_OUTCOME_WAITS:
		add(l, "waits for the next hop's MAC address");
		break;
	case DP_OUTCOME_HELD:
		add(l, "waits for the APN-AMBR");
		break;
	case DP_OUTCOME_TAKEN:
		add(l, "taken by the gateway, which is the router on the device's link");
		break;
	default:
		add(l, "dropped, %s", drop_text(r->drop, reason, sizeof(reason)));
	}
	add(l, ", bearer EBI %u", r->ebi);
	add_next_hop(l, r, h);
	if (r->answer == DP_ANSWER_ICMP)
		add(l, ", its sender is told by ICMP");
	else if (r->answer == DP_ANSWER_POLICED)
		add(l, ", its sender isn't told: over answers.rate");
}

const char *
trace_text(const struct dp_trace_record *r, const struct dp_header *h, char *text, size_t room)
{
	const char *way = r->direction == DP_UPLINK ? "uplink" : "downlink";
	struct line l = { .text = text, .room = room };
	char reason[128];

	text[0] = '\0';
	if (r->point == DP_TRACE_IN) {
		add(&l, "%s, came in on %.*s: ", way, DP_NAME_MAX, iface_name(h, r->iface));
		add_decision(&l, r, h);
	} else if (r->outcome == DP_OUTCOME_DROPPED) {
		add(&l, "%s, waited in vain: dropped, %s", way,
			drop_text(r->drop, reason, sizeof(reason)));
	} else {
		add(&l, "%s, leaves on %.*s%s", way, DP_NAME_MAX, iface_name(h, r->iface),
			r->point == DP_TRACE_LATER ? ", by itself or after it has waited" : "");
	}
	if (r->lost)
		add(&l, "; %u packets before it weren't copied, there was no room", r->lost);
	return text;
}
