// SPDX-License-Identifier: BSD-3-Clause
// The input is a story like that of fuzz_gtpc_node, told to a whole control plane: store, sessions and
// a dataplane that takes all or refuses. Where the argument says so, a datagram is given the TEID of a
// session that there is, or the sequence of the gateway's latest request, which no fuzzer guesses. When
// the story is over, all sessions are ended and nothing may be left.
#include "control/session/clear.h"
#include "control/session/lifecycle.h"
#include "tests/unit/control/rig.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 2048
#define EVENTS_MAX 64 // of one story

enum story_event {
	EVENT_DATAGRAM,
	EVENT_ANSWER,
	EVENT_RUN,
	EVENT_TIME,
	EVENT_REFUSE,
	EVENT_HOLD,
	EVENT_ERROR_INDICATION,
	EVENT_CLEAR,
	N_EVENTS,
};

static struct rig rig;
static uint32_t latest_sequence; // of the gateway's own requests
static uint8_t latest_type;

static void
note_sent(struct rig *r, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	const struct gtpc_message_desc *desc = gtpc_message_find(bytes[1]);

	if (n < GTPC_HEADER_TEID || desc->kind != GTPC_KIND_INITIAL || !(bytes[0] & GTPC_FLAG_T))
		return;
	latest_type = bytes[1];
	latest_sequence = (uint32_t)bytes[8] << 16 | (uint32_t)bytes[9] << 8 | bytes[10];
}

static struct session *
some_session(unsigned int n)
{
	struct session *found = NULL;

	for (uint32_t i = 0; i < session_table_top(rig.pgw->sessions); i++) {
		struct session *s = session_at(rig.pgw->sessions, i);

		if (s && s->state == SESSION_ACTIVE) {
			found = s;
			if (n-- == 0)
				break;
		}
	}
	return found;
}

static void
put_be(uint8_t *at, uint32_t value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		at[i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static void
tell_datagram(uint8_t argument, const uint8_t *bytes, size_t n, bool is_answer)
{
	const struct session *s = some_session(argument >> 3 & 7);
	uint8_t *copy;

	if (n == 0 || n > DATAGRAM_MAX)
		return;
	copy = malloc(n);
	if (!copy)
		return;
	memcpy(copy, bytes, n);
	if (n >= GTPC_HEADER_TEID && s && argument & 0x40)
		put_be(copy + 4, s->teid, 4);
	if (n >= GTPC_HEADER_TEID && is_answer) {
		copy[1] = gtpc_message_find(latest_type)->answer;
		put_be(copy + 8, latest_sequence, 3);
	}
	rig.path.peer.addr.bytes[3] = (uint8_t)(2 + (argument & 3));
	pgw_receive(rig.pgw, &rig.path, copy, n);
	free(copy);
}

static void
tell_error_indication(uint8_t argument)
{
	const struct session *s = some_session(argument & 7);
	struct dp_error_indication e;

	if (!s)
		return;
	memset(&e, 0, sizeof(e));
	memcpy(&e.source, &s->bearer.peer, sizeof(e.source));
	memcpy(&e.peer, &s->bearer.peer, sizeof(e.peer));
	e.teid = s->bearer.peer_teid ^ (argument >> 7);
	fake_error_indication(rig.fake, &e);
}

static void
tell(uint8_t event, uint8_t argument, const uint8_t *bytes, size_t n)
{
	struct clear_filter all = { 0 };

	switch (event % N_EVENTS) {
	case EVENT_DATAGRAM:
	case EVENT_ANSWER:
		tell_datagram(argument, bytes, n, event % N_EVENTS == EVENT_ANSWER);
		break;
	case EVENT_RUN:
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
		break;
	case EVENT_TIME:
		gtpc_node_run(rig.pgw->node, pgw_now_ms() + argument * 500u);
		procedures_expire(rig.pgw, pgw_now_ms() + argument * 100u);
		break;
	case EVENT_REFUSE:
		fake_refuse_puts(rig.fake, -ENOSPC, argument & 3);
		break;
	case EVENT_HOLD:
		fake_hold(rig.fake, argument & 1);
		break;
	case EVENT_ERROR_INDICATION:
		tell_error_indication(argument);
		break;
	case EVENT_CLEAR:
		clear_begin(rig.pgw, &all, GTPC_CAUSE_REACTIVATION_REQUESTED);
		break;
	}
}

static void
must(bool is_right, const char *what)
{
	if (is_right)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

// Ends what the story has left, and looks for what was forgotten.
static void
end_story(void)
{
	struct ip_pool_counts pool;

	fake_hold(rig.fake, false);
	fake_refuse_puts(rig.fake, 0, 0);
	event_base_loop(rig.base, EVLOOP_NONBLOCK);
	for (uint32_t i = 0; i < session_table_top(rig.pgw->sessions); i++) {
		struct session *s = session_at(rig.pgw->sessions, i);

		if (s)
			session_close(rig.pgw, s, SESSION_END_CLEARED, GTPC_CAUSE_REQUEST_REJECTED);
	}
	rig_settle(&rig);
	gtpc_node_run(
		rig.pgw->node, pgw_now_ms() + 3600000); // peers give up, answers are forgotten
	rig_settle(&rig);
	ip_pool_count(apn_pool(rig.pgw->apns, 0), &pool);
	must(pool.held_dynamic + pool.held_static == 0, "an address is held by nobody");
	must(fake_count(rig.fake).sessions == 0, "the dataplane has a session of nobody");
	must(rig_counts(&rig).sgws == 0, "an SGW without sessions");
}

static void
close_rig(void)
{
	rig_close(&rig);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	unsigned int events = 0;

	if (!rig.pgw) {
		rig_open(&rig, NULL);
		rig.tap = note_sent;
		atexit(close_rig);
	}
	while (n >= 4 && events++ < EVENTS_MAX) {
		size_t length = (size_t)bytes[2] << 8 | bytes[3];

		if (length > n - 4)
			length = n - 4;
		tell(bytes[0], bytes[1], bytes + 4, length);
		bytes += 4 + length;
		n -= 4 + length;
	}
	end_story();
	return 0;
}
