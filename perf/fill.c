// SPDX-License-Identifier: BSD-3-Clause
// perf/fill: takes control's place at a dataplane, puts the sessions of the range into it, and then
// changes sessions at a rate, as signalling at full tilt would, without any GTP-C.
#include "config/log.h"
#include "control/dpclient.h"
#include "perf/range.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICK_US 500 // between two looks at what the rate allows
#define SPARE_MAX 1024
#define WAIT_S 30

enum kind { KIND_CREATE, KIND_MODIFY, KIND_DELETE, KINDS };

struct fill {
	struct range range;
	const char *run_dir, *vrf_name;
	uint32_t sessions;
	uint64_t rate_bps;
	double changes_per_s, seconds;
	bool is_json, will_delete;
	struct event_base *base;
	struct dpclient *dp;
	struct event *tick, *end;
	uint16_t vrf;
	uint32_t asked, done, refused; // of the filling
	bool is_filled, has_failed;
	double began, filled_s;
	uint64_t changes, changes_done, changes_refused;
	uint32_t n_spare; // slots behind the sessions, for those that come and go
	uint64_t random;
};

static struct fill fill = {
	.run_dir = "/run/torii",
	.sessions = 1000,
	.random = 88172645463325252ULL,
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "fill: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	fill.has_failed = true;
	if (fill.base)
		event_base_loopbreak(fill.base);
}

// ---- Changes

static void
on_changed(void *ctx, uint64_t token, int result, uint32_t count)
{
	(void)ctx;
	(void)token;
	(void)count;
	fill.changes_done++;
	fill.changes_refused += result != 0;
}

static uint32_t
any_session(void)
{
	fill.random ^= fill.random << 13;
	fill.random ^= fill.random >> 7;
	fill.random ^= fill.random << 17;
	return (uint32_t)((fill.random >> 32) * fill.sessions >> 32);
}

// The next change: a session comes, one of those with traffic moves to another SGW, the one goes.
static int
change_ask(void)
{
	uint32_t turn = (uint32_t)(fill.changes / KINDS);
	uint32_t i = fill.sessions + turn % fill.n_spare;
	struct dp_session s = range_session(&fill.range, i, fill.vrf, fill.rate_bps);
	struct dp_session_ref ref = { .slot = i, .generation = s.generation };

	switch ((enum kind)(fill.changes % KINDS)) {
	case KIND_CREATE:
		return dpclient_put(fill.dp, &s, on_changed, 0);
	case KIND_MODIFY:
		s = range_session(&fill.range, any_session(), fill.vrf, fill.rate_bps);
		range_octets(range_sgw(&fill.range, turn), s.peer.bytes);
		return dpclient_put(fill.dp, &s, on_changed, 0);
	default:
		return dpclient_delete(
			fill.dp, dpclient_worker(fill.dp, (uint8_t)s.teid), &ref, on_changed, 0);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	uint64_t due = (uint64_t)((now_s() - fill.began - fill.filled_s) * fill.changes_per_s);

	(void)fd;
	(void)what;
	(void)arg;
	while (fill.changes < due && change_ask() == 0)
		fill.changes++;
}

// ---- Filling

static void
filled(void)
{
	const struct timeval every = { .tv_usec = TICK_US };
	const struct timeval seconds = { .tv_sec = (time_t)fill.seconds,
		.tv_usec = (suseconds_t)((fill.seconds - (double)(time_t)fill.seconds) * 1e6) };

	fill.is_filled = true;
	fill.filled_s = now_s() - fill.began;
	if (!fill.is_json)
		printf("%u sessions %s in %.3f s, %.0f per second, %u refused\n", fill.done,
			fill.will_delete ? "deleted" : "put", fill.filled_s,
			fill.done / fill.filled_s, fill.refused);
	fflush(stdout);
	if (fill.refused)
		fail("the dataplane refused sessions");
	else if (fill.seconds <= 0)
		event_base_loopbreak(fill.base);
	else
		evtimer_add(fill.end, &seconds);
	if (fill.changes_per_s > 0)
		event_add(fill.tick, &every);
}

static void
on_done(void *ctx, uint64_t token, int result, uint32_t count)
{
	(void)ctx;
	(void)token;
	(void)count;
	fill.done++;
	fill.refused += result != 0 && !(fill.will_delete && result == -ENOENT);
	if (fill.done == fill.sessions)
		filled();
}

static void
fill_on(void)
{
	while (fill.asked < fill.sessions) {
		struct dp_session s =
			range_session(&fill.range, fill.asked, fill.vrf, fill.rate_bps);
		struct dp_session_ref ref = { .slot = s.slot, .generation = s.generation };
		int rc = fill.will_delete
			? dpclient_delete(fill.dp, dpclient_worker(fill.dp, (uint8_t)s.teid), &ref,
				  on_done, 0)
			: dpclient_put(fill.dp, &s, on_done, 0);

		if (rc)
			return; // `room` follows
		fill.asked++;
	}
}

// ---- The link

// The VRF by its name, or that of the first SGi interface. False: none.
static bool
vrf_find(const struct dp_header *h)
{
	for (uint16_t i = 0; i < h->n_ifaces; i++)
		if (!fill.vrf_name && h->iface[i].role & DP_ROLE_SGI) {
			fill.vrf = h->iface[i].vrf;
			return true;
		}
	for (uint16_t i = 0; fill.vrf_name && i < h->n_vrfs; i++)
		if (strcmp(h->vrf[i].name, fill.vrf_name) == 0) {
			fill.vrf = i;
			return true;
		}
	return false;
}

static void
on_ready(void *ctx)
{
	const struct dp_header *h = dpclient_header(fill.dp);

	(void)ctx;
	if (!vrf_find(h)) {
		fail("the dataplane has no VRF %s", fill.vrf_name ? fill.vrf_name : "for SGi");
		return;
	}
	if (h->sessions_max < fill.sessions + (fill.changes_per_s > 0)) {
		fail("the dataplane has room for %u sessions only (dataplane.sessions_max)",
			h->sessions_max);
		return;
	}
	fill.n_spare = h->sessions_max - fill.sessions;
	if (fill.n_spare > SPARE_MAX)
		fill.n_spare = SPARE_MAX;
	fill.began = now_s();
	fill_on();
}

static void
on_gone(void *ctx)
{
	(void)ctx;
	fail("the dataplane is gone");
}

static void
on_room(void *ctx, unsigned int worker)
{
	(void)ctx;
	(void)worker;
	if (!fill.is_filled)
		fill_on();
}

static void
on_error_indication(void *ctx, const struct dp_error_indication *e)
{
	(void)ctx;
	(void)e;
}

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!fill.is_filled)
		fail("%s after %d s",
			dpclient_state(fill.dp) == DPCLIENT_READY ? "the dataplane doesn't answer"
								  : dpclient_reason(fill.dp),
			WAIT_S);
	event_base_loopbreak(fill.base);
}

// ---- Start

static void
usage(int status)
{
	printf("usage: fill [options]\n\n"
	       "Attaches to a dataplane in control's place (end control first) and puts the\n"
	       "sessions of the range that `gen` sends for. They stay when it ends.\n\n"
	       "  --run-dir DIR      of the dataplane (/run/torii)\n"
	       "  --sessions N       1 to %u (1000)\n"
	       "  --rate-bps BPS     rate limit of each direction, 0: none (0)\n"
	       "  --sgws N           SGWs that the sessions go round (2)\n"
	       "  --vrf NAME         of the sessions (that of the first SGi port)\n"
	       "  --delete           delete them instead\n"
	       "  --changes PER_S    then change that many sessions per second: one comes, one\n"
	       "                     moves to another SGW, one goes\n"
	       "  --seconds S        for so long (0)\n"
	       "  --json             the result as one line of JSON\n",
		RANGE_SESSIONS_MAX);
	exit(status);
}

static double
number(const char *name, const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end != text && *end == '\0' && value >= low && value <= high)
		return value;
	fprintf(stderr, "fill: --%s: \"%s\" is not a number from %.0f to %.0f\n", name, text, low,
		high);
	exit(2);
}

static void
options(int argc, char **argv)
{
	static const struct option known[] = { { "run-dir", required_argument, NULL, 'd' },
		{ "sessions", required_argument, NULL, 'n' },
		{ "rate-bps", required_argument, NULL, 'r' },
		{ "sgws", required_argument, NULL, 'g' }, { "vrf", required_argument, NULL, 'v' },
		{ "delete", no_argument, NULL, 'x' }, { "changes", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int c, i;

	fill.range = range_default();
	while ((c = getopt_long(argc, argv, "h", known, &i)) != -1) {
		if (c == 'd')
			fill.run_dir = optarg;
		else if (c == 'v')
			fill.vrf_name = optarg;
		else if (c == 'x')
			fill.will_delete = true;
		else if (c == 'j')
			fill.is_json = true;
		else if (c == 'n')
			fill.sessions =
				(uint32_t)number(known[i].name, optarg, 1, RANGE_SESSIONS_MAX);
		else if (c == 'g')
			fill.range.n_sgws =
				(uint32_t)number(known[i].name, optarg, 1, RANGE_SGWS_MAX);
		else if (c == 'r')
			fill.rate_bps = (uint64_t)number(known[i].name, optarg, 0, 1e12);
		else if (c == 'c')
			fill.changes_per_s = number(known[i].name, optarg, 0, 1e7);
		else if (c == 's')
			fill.seconds = number(known[i].name, optarg, 0, 1e6);
		else
			usage(c == 'h' ? 0 : 2);
	}
	if (optind < argc)
		usage(2);
}

static void
report(void)
{
	double seconds = now_s() - fill.began - fill.filled_s;

	if (fill.is_json)
		printf("{\"sessions\": %u, \"refused\": %u, \"fill_s\": %.4f, \"changes\": %lu, "
		       "\"changes_refused\": %lu, \"changes_per_s\": %.0f}\n",
			fill.done, fill.refused, fill.filled_s, fill.changes_done,
			fill.changes_refused, fill.changes_done ? fill.changes_done / seconds : 0);
	else if (fill.changes_per_s > 0)
		printf("%lu changes in %.2f s, %.0f per second, %lu refused\n", fill.changes_done,
			seconds, fill.changes_done / seconds, fill.changes_refused);
}

int
main(int argc, char **argv)
{
	static const struct dpclient_events events = { on_ready, on_gone, on_room,
		on_error_indication };
	const struct timeval wait = { .tv_sec = WAIT_S };
	struct event *interrupt, *terminate;

	options(argc, argv);
	log_init("fill", LOG_LEVEL_WARNING);
	fill.base = event_base_new();
	fill.tick = event_new(fill.base, -1, EV_PERSIST, on_tick, NULL);
	fill.end = evtimer_new(fill.base, on_end, NULL);
	interrupt = evsignal_new(fill.base, SIGINT, on_end, NULL);
	terminate = evsignal_new(fill.base, SIGTERM, on_end, NULL);
	evsignal_add(interrupt, NULL);
	evsignal_add(terminate, NULL);
	evtimer_add(fill.end, &wait);
	fill.dp = dpclient_new(fill.base, fill.run_dir, &events, NULL);
	event_base_dispatch(fill.base);
	if (fill.is_filled)
		report();
	dpclient_free(fill.dp);
	event_free(interrupt);
	event_free(terminate);
	event_free(fill.tick);
	event_free(fill.end);
	event_base_free(fill.base);
	return fill.has_failed || !fill.is_filled || fill.changes_refused;
}
