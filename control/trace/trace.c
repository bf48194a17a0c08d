// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace/trace.h"

#include "config/log.h"
#include "control/session/dp_sync.h"
#include "control/session/pgw.h"
#include "control/trace/pcapng.h"
#include "control/trace/signal.h"
#include "control/trace/trace_text.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ENDED_KEPT 16
#define DRAIN_MS 10
#define RECENT 64 // requests whose answers are still to come
#define COMMENT_MAX 512

enum interface { INTERFACE_C, INTERFACE_U, INTERFACE_SGI, INTERFACES };

// A request that belongs to a trace: its answer does too.
struct recent {
	struct gtpc_endpoint peer;
	uint32_t sequence;
	bool is_rx;
	bool is_used;
};

struct trace {
	struct trace_status s;
	struct pcapng file;
	uint64_t lost_before; // traces.lost when it began
	uint64_t on_interface[INTERFACES];
	uint64_t end_ms; // 0: no limit
	struct recent recent[RECENT];
	unsigned int next_recent;
};

struct traces {
	struct event *timer;
	unsigned int last_number;
	unsigned int n; // running
	struct trace *running[TRACES_MAX];
	struct trace_status ended[ENDED_KEPT];
	unsigned int n_ended;
	uint64_t lost_by_gone; // in rings of instances that are gone
	struct dp_trace_record record;
	uint8_t packet[GTPC_MESSAGE_MAX + SIGNAL_WRAP];
};

const char *
trace_want_text(const struct trace_want *want, char *text, size_t room)
{
	char addr[GTPC_ADDR_TEXT_MAX];

	switch (want->by) {
	case TRACE_BY_IMSI:
		snprintf(text, room, "imsi %s", want->imsi);
		break;
	case TRACE_BY_TEID:
		snprintf(text, room, "teid 0x%08x", want->teid);
		break;
	case TRACE_BY_ADDRESS:
		snprintf(text, room, "address %s",
			gtpc_addr_text((const struct gtpc_addr *)&want->address, addr));
	}
	return text;
}

// ---- Whose

static bool
matches(const struct trace_want *want, const struct session *s)
{
	switch (want->by) {
	case TRACE_BY_IMSI:
		return strcmp(s->imsi, want->imsi) == 0;
	case TRACE_BY_TEID:
		return s->teid == want->teid;
	case TRACE_BY_ADDRESS:
		if (want->address.family == 6) // the device has all of its /64
			return memcmp(s->ue_ipv6_prefix, want->address.bytes, 8) == 0;
		return memcmp(s->ue_ipv4, want->address.bytes, 4) == 0;
	}
	return false;
}

bool
traces_want(const struct pgw *pgw, const struct session *s)
{
	const struct traces *t = pgw->traces;

	for (unsigned int i = 0; i < t->n; i++)
		if (matches(&t->running[i]->s.want, s))
			return true;
	return false;
}

// The dataplane learns of the session's flag as it is now.
static void
announce(struct pgw *pgw, struct session *s)
{
	if (s && s->state == SESSION_ACTIVE)
		dp_sync_put(pgw, s);
}

static void
announce_all(struct pgw *pgw, const struct trace_want *want)
{
	struct session *s = NULL;

	switch (want->by) {
	case TRACE_BY_IMSI:
		while ((s = session_find_imsi(pgw->sessions, want->imsi, s)) != NULL)
			announce(pgw, s);
		return;
	case TRACE_BY_TEID:
		announce(pgw, session_find_teid(pgw->sessions, want->teid));
		return;
	case TRACE_BY_ADDRESS:
		for (uint16_t vrf = 0; vrf < apn_vrf_count(pgw->apns); vrf++)
			announce(pgw,
				session_find_address(pgw->sessions, vrf, want->address.family,
					want->address.bytes));
	}
}

static void
set_snap(struct pgw *pgw)
{
	uint32_t snap = 0;

	for (unsigned int i = 0; i < pgw->traces->n; i++)
		if (pgw->traces->running[i]->s.want.snap > snap)
			snap = pgw->traces->running[i]->s.want.snap;
	dpclient_trace_snap(pgw->dp, snap);
}

// ---- The end of one

static uint64_t
lost_now(const struct pgw *pgw)
{
	return pgw->traces->lost_by_gone + dpclient_trace_lost(pgw->dp);
}

static uint64_t
unix_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
close_file(struct trace *t)
{
	uint64_t ns = unix_ns();

	// What is lost belongs to no side: it is said of the first that packets come by.
	for (uint32_t i = 0; i < INTERFACES; i++)
		pcapng_statistics(
			&t->file, i, ns, t->on_interface[i], i == INTERFACE_U ? t->s.lost : 0);
	if (fclose(t->file.file) != 0 && t->file.err == 0)
		t->file.err = -errno;
	t->s.bytes = t->file.bytes;
	if (t->file.err)
		log_error("trace %u, %s: %s", t->s.number, t->s.want.file, strerror(-t->file.err));
}

static void
remember_ended(struct traces *set, const struct trace *t)
{
	if (set->n_ended == ENDED_KEPT)
		memmove(set->ended, set->ended + 1, --set->n_ended * sizeof(set->ended[0]));
	set->ended[set->n_ended++] = t->s;
}

static void
end_trace(struct pgw *pgw, unsigned int i, const char *why)
{
	struct traces *set = pgw->traces;
	struct trace *t = set->running[i];
	char text[64];

	memmove(set->running + i, set->running + i + 1, (--set->n - i) * sizeof(set->running[0]));
	t->s.is_running = false;
	t->s.lost = lost_now(pgw) - t->lost_before;
	snprintf(t->s.end, sizeof(t->s.end), "%s", why);
	close_file(t);
	remember_ended(set, t);
	set_snap(pgw);
	announce_all(pgw, &t->s.want);
	log_notice("trace %u of %s ended, %s: %llu packets and %llu messages in %s", t->s.number,
		trace_want_text(&t->s.want, text, sizeof(text)), why,
		(unsigned long long)t->s.packets, (unsigned long long)t->s.messages,
		t->s.want.file);
	free(t);
}

// NULL, or why the trace has had enough.
static const char *
enough(const struct pgw *pgw, const struct trace *t, uint64_t now_ms)
{
	if (t->file.err)
		return strerror(-t->file.err);
	if (t->s.want.packets_max && t->s.packets + t->s.messages >= t->s.want.packets_max)
		return "all its packets";
	if (t->end_ms && now_ms >= t->end_ms)
		return "its time is over";
	if (t->file.bytes >= (uint64_t)pgw->config->trace_mib << 20)
		return "its file is as large as trace.file_max";
	return NULL;
}

static void
end_those_that_have_enough(struct pgw *pgw)
{
	uint64_t now_ms = pgw_now_ms();

	for (unsigned int i = pgw->traces->n; i-- > 0;) {
		const char *why = enough(pgw, pgw->traces->running[i], now_ms);

		if (why)
			end_trace(pgw, i, why);
	}
}

// ---- Writing

static void
write_packet(struct pgw *pgw, struct trace *t, enum interface interface, struct pcapng_packet *p)
{
	uint64_t limit = t->s.want.packets_max;

	if ((limit && t->s.packets + t->s.messages >= limit) || enough(pgw, t, 0))
		return;
	p->interface = interface;
	if (p->captured > t->s.want.snap)
		p->captured = t->s.want.snap;
	pcapng_write(&t->file, p);
	t->on_interface[interface]++;
	if (interface == INTERFACE_C)
		t->s.messages++;
	else
		t->s.packets++;
}

// A one-armed port sees both sides: tunnels are the access side's.
static bool
is_tunnelled(const uint8_t *frame, uint16_t n)
{
	uint16_t at = n > 17 && frame[12] == 0x81 && frame[13] == 0 ? 18 : 14;
	bool is_ipv6 = n > at && frame[at] >> 4 == 6;
	uint16_t proto = is_ipv6 ? at + 6 : at + 9;
	uint16_t udp = is_ipv6 ? at + 40 : n > at ? at + (frame[at] & 15) * 4 : at;

	return n >= udp + 4 && frame[proto] == 17 && frame[udp + 2] == 2152 >> 8 &&
		frame[udp + 3] == (2152 & 0xff);
}

static enum interface
interface_of(const struct dp_header *h, const struct dp_trace_record *r)
{
	uint8_t role = r->iface < h->n_ifaces ? h->iface[r->iface].role : 0;

	if (role == DP_ROLE_ACCESS)
		return INTERFACE_U;
	if (role == DP_ROLE_SGI)
		return INTERFACE_SGI;
	return is_tunnelled(r->bytes, r->captured) ? INTERFACE_U : INTERFACE_SGI;
}

static void
write_record(struct pgw *pgw, const struct dp_trace_record *r)
{
	const struct session *s = session_of(pgw->sessions, r->slot, r->generation);
	const struct dp_header *h = dpclient_header(pgw->dp);
	char comment[COMMENT_MAX];
	struct pcapng_packet p = {
		.ns = dpclient_unix_ns(pgw->dp, r->tsc),
		.bytes = r->bytes,
		.len = r->len,
		.direction = r->point == DP_TRACE_IN ? PCAPNG_INBOUND : PCAPNG_OUTBOUND,
		.comment = trace_text(r, h, comment, sizeof(comment)),
	};

	if (!s)
		return;
	for (unsigned int i = 0; i < pgw->traces->n; i++) {
		p.captured = r->captured;
		if (matches(&pgw->traces->running[i]->s.want, s))
			write_packet(pgw, pgw->traces->running[i], interface_of(h, r), &p);
	}
}

static void
flush_files(struct traces *set)
{
	for (unsigned int i = 0; i < set->n; i++) {
		struct trace *t = set->running[i];

		if (fflush(t->file.file) != 0 && t->file.err == 0)
			t->file.err = -errno;
	}
}

// The rest of what the workers have, without ending a trace.
static void
take_copies(struct pgw *pgw)
{
	struct dp_trace_record *r = &pgw->traces->record;

	for (unsigned int i = 0; i < DP_TRACE_RECORDS && dpclient_trace_take(pgw->dp, r); i++)
		write_record(pgw, r);
}

void
traces_drain(struct pgw *pgw)
{
	if (pgw->traces->n == 0)
		return;
	take_copies(pgw);
}

void
traces_gone(struct pgw *pgw)
{
	traces_drain(pgw);
	pgw->traces->lost_by_gone += dpclient_trace_lost(pgw->dp);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval again = { .tv_usec = DRAIN_MS * 1000 };
	struct pgw *pgw = arg;

	set_snap(pgw); // a new instance doesn't know it
	take_copies(pgw);
	flush_files(pgw->traces);
	end_those_that_have_enough(pgw);
	if (pgw->traces->n > 0)
		evtimer_add(pgw->traces->timer, &again);
}

// ---- Signalling

static void
remember(struct trace *t, const struct gtpc_path *path, const struct signal *m, bool is_rx)
{
	t->recent[t->next_recent++ % RECENT] = (struct recent){
		.peer = path->peer, .sequence = m->sequence, .is_rx = is_rx, .is_used = true
	};
}

// The other way round: an answer. The same way: a request that is repeated.
static bool
is_remembered(const struct trace *t, const struct gtpc_path *path, const struct signal *m)
{
	for (unsigned int i = 0; i < RECENT; i++) {
		const struct recent *r = &t->recent[i];

		if (r->is_used && r->sequence == m->sequence &&
			memcmp(&r->peer, &path->peer, sizeof(r->peer)) == 0)
			return true;
	}
	return false;
}

// What we send bears the peer's TEID.
static bool
is_peers_teid(struct pgw *pgw, const struct trace_want *want, const struct signal *m)
{
	struct session *s = NULL;

	if (m->teid == 0)
		return false;
	switch (want->by) {
	case TRACE_BY_IMSI:
		while ((s = session_find_imsi(pgw->sessions, want->imsi, s)) != NULL)
			if (s->sgw_teid == m->teid)
				return true;
		return false;
	case TRACE_BY_TEID:
		s = session_find_teid(pgw->sessions, want->teid);
		return s && s->sgw_teid == m->teid;
	case TRACE_BY_ADDRESS:
		for (uint16_t vrf = 0; vrf < apn_vrf_count(pgw->apns); vrf++) {
			s = session_find_address(
				pgw->sessions, vrf, want->address.family, want->address.bytes);
			if (s && s->sgw_teid == m->teid)
				return true;
		}
	}
	return false;
}

static bool
is_of_trace(struct pgw *pgw, const struct trace *t, const struct gtpc_path *path, bool is_rx,
	const struct signal *m)
{
	const struct trace_want *want = &t->s.want;
	const struct session *s;

	if (want->by == TRACE_BY_IMSI && strcmp(want->imsi, m->imsi) == 0)
		return true;
	if (is_remembered(t, path, m))
		return true;
	if (!is_rx)
		return is_peers_teid(pgw, want, m);
	s = m->teid ? session_find_teid(pgw->sessions, m->teid) : NULL;
	return s && matches(want, s);
}

static void
write_signal(struct pgw *pgw, struct trace *t, const struct gtpc_path *path, bool is_rx,
	const struct signal *m, size_t n)
{
	char addr[GTPC_ADDR_TEXT_MAX], comment[COMMENT_MAX];
	struct pcapng_packet p = {
		.ns = unix_ns(),
		.bytes = pgw->traces->packet,
		.captured = (uint32_t)n,
		.len = (uint32_t)n,
		.direction = is_rx ? PCAPNG_INBOUND : PCAPNG_OUTBOUND,
		.comment = comment,
	};

	snprintf(comment, sizeof(comment), "signalling, %s %s: %s", is_rx ? "from" : "to",
		gtpc_addr_text(&path->peer.addr, addr), m->title);
	write_packet(pgw, t, INTERFACE_C, &p);
}

void
traces_signal(
	struct pgw *pgw, const struct gtpc_path *path, bool is_rx, const uint8_t *bytes, size_t n)
{
	struct traces *set = pgw->traces;
	struct signal m;
	size_t wrapped = 0;

	if (set->n == 0 || n > GTPC_MESSAGE_MAX || !signal_read(bytes, n, &m))
		return;
	for (unsigned int i = 0; i < set->n; i++) {
		struct trace *t = set->running[i];

		if (!is_of_trace(pgw, t, path, is_rx, &m))
			continue;
		if (wrapped == 0) {
			take_copies(pgw); // what came before it stands before it
			wrapped = signal_wrap(
				path, is_rx, pgw->config->gtpc_port, bytes, n, set->packet);
		}
		if (!is_remembered(t, path, &m))
			remember(t, path, &m, is_rx);
		write_signal(pgw, t, path, is_rx, &m, wrapped);
	}
}

// ---- Begin and stop

static void
name_file(struct trace_want *want)
{
	char stamp[32], subject[32];
	time_t now = time(NULL);
	struct tm tm;

	if (want->file[0])
		return;
	if (!localtime_r(&now, &tm) || strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm) == 0)
		snprintf(stamp, sizeof(stamp), "%lld", (long long)now);
	trace_want_text(want, subject, sizeof(subject));
	for (char *c = subject; *c; c++)
		if (*c == ' ' || *c == ':')
			*c = '-';
	snprintf(want->file, sizeof(want->file), "%s-%s", subject, stamp);
}

static void
begin_file(struct trace *t, FILE *file)
{
	char subject[64], comment[256], application[64];

	snprintf(application, sizeof(application), "torii-control %s", torii_version());
	snprintf(comment, sizeof(comment),
		"Trace %u of %s, asked for by %s. Each packet as it came, with what was decided, "
		"and as it left.",
		t->s.number, trace_want_text(&t->s.want, subject, sizeof(subject)), t->s.want.whom);
	pcapng_begin(&t->file, file, application, comment);
	pcapng_interface(
		&t->file, PCAPNG_RAW, 0, "S5/S8-C", "GTPv2-C, as control reads and writes it");
	pcapng_interface(
		&t->file, PCAPNG_ETHERNET, t->s.want.snap, "S5/S8-U", "GTP-U, access side");
	pcapng_interface(
		&t->file, PCAPNG_ETHERNET, t->s.want.snap, "SGi", "The customer's network");
	fflush(file);
}

static int
add_trace(struct pgw *pgw, struct trace *t, FILE *file)
{
	static const struct timeval at_once = { .tv_usec = DRAIN_MS * 1000 };
	struct traces *set = pgw->traces;
	char text[64];

	if (set->n == 0) // what earlier traces have left in the rings is nobody's
		while (dpclient_trace_take(pgw->dp, &set->record))
			;
	t->s.number = ++set->last_number;
	t->s.is_running = true;
	t->s.started_s = time(NULL);
	t->lost_before = lost_now(pgw);
	if (t->s.want.seconds_max)
		t->end_ms = pgw_now_ms() + (uint64_t)t->s.want.seconds_max * 1000;
	begin_file(t, file);
	set->running[set->n++] = t;
	set_snap(pgw);
	announce_all(pgw, &t->s.want);
	evtimer_add(set->timer, &at_once);
	log_notice("trace %u of %s begun by %s: %s", t->s.number,
		trace_want_text(&t->s.want, text, sizeof(text)), t->s.want.whom, t->s.want.file);
	return (int)t->s.number;
}

int
trace_start(struct pgw *pgw, const struct trace_want *want, char *why, size_t room)
{
	const struct ctl_config *c = pgw->config;
	char dir[2 * CTL_PATH_MAX];
	struct trace *t;
	FILE *file;
	int err;

	if (pgw->traces->n == TRACES_MAX) {
		snprintf(why, room, "%u traces are running: stop one", TRACES_MAX);
		return -1;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		snprintf(why, room, "no memory");
		return -1;
	}
	t->s.want = *want;
	name_file(&t->s.want);
	trace_file_dir(c, dir, sizeof(dir));
	err = trace_file_make(dir, t->s.want.file, c->trace_files, &file);
	if (err == 0)
		return add_trace(pgw, t, file);
	snprintf(why, room, "%s/%s: %s", dir, t->s.want.file, strerror(-err));
	free(t);
	return -1;
}

unsigned int
trace_stop(struct pgw *pgw, unsigned int number, const char *why)
{
	struct traces *set = pgw->traces;
	unsigned int n = 0;

	traces_drain(pgw);
	for (unsigned int i = set->n; i-- > 0;)
		if (number == 0 || set->running[i]->s.number == number) {
			end_trace(pgw, i, why);
			n++;
		}
	return n;
}

bool
trace_status(const struct pgw *pgw, unsigned int i, struct trace_status *out)
{
	const struct traces *set = pgw->traces;
	const struct trace *t;

	if (i < set->n_ended) {
		*out = set->ended[i];
		return true;
	}
	if (i - set->n_ended >= set->n)
		return false;
	t = set->running[i - set->n_ended];
	*out = t->s;
	out->bytes = t->file.bytes;
	out->lost = lost_now(pgw) - t->lost_before;
	return true;
}

struct traces *
traces_new(struct pgw *pgw)
{
	struct traces *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->timer = evtimer_new(pgw->base, on_timer, pgw);
	if (t->timer)
		return t;
	free(t);
	return NULL;
}

void
traces_free(struct traces *t)
{
	if (!t)
		return;
	event_free(t->timer);
	free(t);
}
