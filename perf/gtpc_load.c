// SPDX-License-Identifier: BSD-3-Clause
// perf/gtpc-load: an SGW with as many sessions as you like, which creates, modifies and deletes them at
// a rate or in a storm, and says how many answers came, how soon and with which Cause.
#include "perf/gtpc_message.h"
#include "perf/histogram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define GTPC_PORT 2123
#define BATCH 32
#define SGWS_MAX 250
#define SESSIONS_MAX 16000000u
#define SLOTS (1u << 17) // requests on their way, by sequence number; a power of two
#define WINDOW_MAX (SLOTS / 2)
#define SWEEPS_PER_T3 4 // looks for requests without an answer
#define NS 1000000000ULL
#define IDLE_NS 20000 // the longest sleep between two looks at the rate

enum phase { CREATE, MODIFY, DELETE, PHASES };

static const char *const phase_name[PHASES] = { "create", "modify", "delete" };

struct settings {
	uint32_t gateway, sgw; // host order
	uint32_t n_sgws, sessions, window;
	uint64_t first_imsi;
	const char *apn;
	double rate[PHASES]; // per second, 0: a storm
	bool wants[PHASES];
	double t3_s;
	unsigned int n3;
	bool is_json;
};

struct session {
	uint32_t gw_teid_c; // 0: there is none
};

// A request that waits for its answer.
struct pending {
	uint64_t first_ns, sent_ns;
	uint32_t session;
	uint32_t sequence; // 0: free
	uint8_t tries;
};

struct counts {
	uint64_t sent, answered, accepted, lost, again;
	uint64_t cause[256];
	double seconds;
	struct histogram latency; // ns
};

static struct settings settings = {
	.gateway = 0x0a0a0001,
	.sgw = 0x0a0a0002,
	.n_sgws = 1,
	.sessions = 10000,
	.window = 1024,
	.first_imsi = 1010000000001,
	.apn = "internet",
	.t3_s = 3,
	.n3 = 3,
};
static struct session *sessions;
static struct pending pending[SLOTS];
static struct counts counts[PHASES];
static int fd[SGWS_MAX];
static uint32_t next_sequence, in_flight;
static volatile sig_atomic_t interrupted;

static void __attribute__((format(printf, 1, 2))) fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "gtpc-load: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

// ---- Sockets: one per SGW address

static void
sockets_open(void)
{
	int bytes = 8 << 20;

	for (uint32_t i = 0; i < settings.n_sgws; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET,
			.sin_port = htons(GTPC_PORT),
			.sin_addr.s_addr = htonl(settings.gateway) };
		struct sockaddr_in from = { .sin_family = AF_INET,
			.sin_port = htons(GTPC_PORT),
			.sin_addr.s_addr = htonl(settings.sgw + i) };

		fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd[i] < 0)
			fatal("socket: %s", strerror(errno));
		(void)setsockopt(fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
		if (bind(fd[i], (struct sockaddr *)&from, sizeof(from)))
			fatal("%s:%d: %s (is the address on an interface here?)",
				inet_ntoa(from.sin_addr), GTPC_PORT, strerror(errno));
		if (connect(fd[i], (struct sockaddr *)&to, sizeof(to)))
			fatal("%s: %s", inet_ntoa(to.sin_addr), strerror(errno));
	}
}

// ---- Requests

static struct gtpc_session
session_of(uint32_t i, enum phase phase)
{
	// A modified session has another tunnel than before.
	uint32_t teid_u = (phase == MODIFY ? 0x40000000u : 0x20000000u) + i;

	return (struct gtpc_session){
		.imsi = settings.first_imsi + i,
		.sgw = settings.sgw + i % settings.n_sgws,
		.teid_c = 0x10000000u + i,
		.teid_u = teid_u,
		.gw_teid_c = sessions[i].gw_teid_c,
		.apn = settings.apn,
	};
}

static size_t
message_write(uint8_t *out, uint32_t i, enum phase phase, uint32_t sequence)
{
	static size_t (*const write_of[PHASES])(uint8_t *, const struct gtpc_session *,
		uint32_t) = { gtpc_create_session, gtpc_modify_bearer, gtpc_delete_session };
	struct gtpc_session s = session_of(i, phase);

	return write_of[phase](out, &s, sequence);
}

// False: the socket doesn't take it now.
static bool
request_send(enum phase phase, struct pending *p, uint64_t now)
{
	uint8_t message[LOAD_MESSAGE_MAX];
	size_t n = message_write(message, p->session, phase, p->sequence);

	if (send(fd[p->session % settings.n_sgws], message, n, 0) < 0) {
		if (errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED)
			fatal("send: %s", strerror(errno));
		if (errno != ECONNREFUSED) // nobody there: as good as lost
			return false;
	}
	p->sent_ns = now;
	p->tries++;
	return true;
}

// The next request with a sequence number whose place is free.
static bool
request_new(enum phase phase, uint32_t session)
{
	struct pending *p;
	uint64_t now;

	do {
		next_sequence = next_sequence == LOAD_SEQUENCE_MAX ? 1 : next_sequence + 1;
		p = &pending[next_sequence % SLOTS];
	} while (p->sequence);
	now = now_ns();
	*p = (struct pending){ .first_ns = now, .session = session, .sequence = next_sequence };
	if (!request_send(phase, p, now)) {
		p->sequence = 0;
		return false;
	}
	in_flight++;
	counts[phase].sent++;
	return true;
}

// TS 29.274 7.6: again after T3, N3 times in all.
static void
pending_sweep(enum phase phase, uint64_t now)
{
	uint64_t t3 = (uint64_t)(settings.t3_s * (double)NS);

	for (uint32_t i = 0; i < SLOTS && in_flight; i++) {
		struct pending *p = &pending[i];

		if (p->sequence == 0 || now - p->sent_ns < t3)
			continue;
		if (p->tries < settings.n3) {
			counts[phase].again += request_send(phase, p, now);
			continue;
		}
		counts[phase].lost++;
		p->sequence = 0;
		in_flight--;
	}
}

// ---- Answers

static void
answer_take(enum phase phase, const uint8_t *message, size_t n, uint64_t now)
{
	struct counts *c = &counts[phase];
	struct gtpc_answer a;
	struct pending *p;

	if (!gtpc_answer_read(message, n, &a))
		return;
	p = &pending[a.sequence % SLOTS];
	if (p->sequence != a.sequence || a.type != LOAD_CREATE_SESSION + 2 * phase + 1)
		return; // an Echo Request, or the second answer to a repeated request
	histogram_add(&c->latency, now - p->first_ns);
	c->answered++;
	c->cause[a.cause]++;
	p->sequence = 0;
	in_flight--;
	if (a.cause != LOAD_CAUSE_ACCEPTED)
		return;
	c->accepted++;
	if (phase == CREATE)
		sessions[p->session].gw_teid_c = a.gw_teid_c;
	if (phase == DELETE)
		sessions[p->session].gw_teid_c = 0;
}

static void
answers_take(enum phase phase)
{
	static uint8_t buffer[BATCH][LOAD_MESSAGE_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];

	for (uint32_t s = 0; s < settings.n_sgws; s++) {
		uint64_t now;
		int n;

		memset(m, 0, sizeof(m));
		for (int i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ buffer[i], LOAD_MESSAGE_MAX };
			m[i].msg_hdr.msg_iov = &iov[i];
			m[i].msg_hdr.msg_iovlen = 1;
		}
		n = recvmmsg(fd[s], m, BATCH, 0, NULL);
		now = now_ns();
		for (int i = 0; i < n; i++)
			answer_take(phase, buffer[i], m[i].msg_len, now);
	}
}

// ---- A phase

static bool
has_session(enum phase phase, uint32_t i)
{
	return (phase == CREATE) == (sessions[i].gw_teid_c == 0);
}

// Requests that are due by the rate, as far as the window and the sockets let them.
static void
requests_due(enum phase phase, uint32_t *next, uint64_t due)
{
	for (int i = 0; i < BATCH && *next < settings.sessions; i++) {
		if (in_flight >= settings.window || counts[phase].sent >= due)
			return;
		if (has_session(phase, *next) && !request_new(phase, *next))
			return;
		(*next)++;
	}
}

static void
progress(enum phase phase, uint64_t began, uint64_t now)
{
	const struct counts *c = &counts[phase];

	fprintf(stderr, "%s: %lu sent, %lu answered, %.0f per second\n", phase_name[phase], c->sent,
		c->answered, (double)c->answered * NS / (double)(now - began));
}

// Until an answer comes or a request may be due: whoever shares the CPU needs it to answer.
static void
idle_wait(void)
{
	const struct timespec a_little = { .tv_nsec = IDLE_NS };
	struct pollfd p[SGWS_MAX];

	for (uint32_t i = 0; i < settings.n_sgws; i++)
		p[i] = (struct pollfd){ .fd = fd[i], .events = POLLIN };
	(void)ppoll(p, settings.n_sgws, &a_little, NULL);
}

static uint64_t
work_done(enum phase phase)
{
	return counts[phase].sent + counts[phase].answered;
}

static void
phase_run(enum phase phase)
{
	uint64_t began = now_ns(), swept = began, told = began, now = began;
	double rate = settings.rate[phase];
	uint32_t next = 0;

	while (!interrupted && (next < settings.sessions || in_flight)) {
		uint64_t due = rate > 0 ? (uint64_t)((double)(now - began) * rate / (double)NS) + 1
					: UINT64_MAX;

		uint64_t done = work_done(phase);

		requests_due(phase, &next, due);
		answers_take(phase);
		if (work_done(phase) == done)
			idle_wait();
		now = now_ns();
		if ((double)(now - swept) > settings.t3_s * (double)NS / SWEEPS_PER_T3) {
			pending_sweep(phase, now);
			swept = now;
		}
		if (!settings.is_json && now - told > NS) {
			progress(phase, began, now);
			told = now;
		}
	}
	counts[phase].seconds = (double)(now_ns() - began) / (double)NS;
	memset(pending, 0, sizeof(pending));
	in_flight = 0;
}

// ---- Results

static const struct {
	const char *name;
	double share;
} percentile[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 } };

#define PERCENTILES (sizeof(percentile) / sizeof(percentile[0]))

static double
ms(const struct counts *c, double share)
{
	return 1e-6 * (double)histogram_percentile(&c->latency, share);
}

static void
print(enum phase phase)
{
	const struct counts *c = &counts[phase];

	printf("%s: %lu sent, %lu accepted, %lu lost, %lu repeated in %.2f s: %.0f per second\n",
		phase_name[phase], c->sent, c->accepted, c->lost, c->again, c->seconds,
		(double)c->accepted / c->seconds);
	printf("  latency");
	for (size_t i = 0; i < PERCENTILES; i++)
		printf("  %s %.3f ms", percentile[i].name, ms(c, percentile[i].share));
	printf("  max %.3f ms\n", 1e-6 * (double)c->latency.max);
	for (int i = 0; i < 256; i++)
		if (c->cause[i] && i != LOAD_CAUSE_ACCEPTED)
			printf("  refused with Cause %d: %lu\n", i, c->cause[i]);
}

static void
print_json(enum phase phase, const char *before)
{
	const struct counts *c = &counts[phase];

	printf("%s\"%s\": {\"sent\": %lu, \"accepted\": %lu, \"refused\": %lu, \"lost\": %lu, "
	       "\"repeated\": %lu, \"seconds\": %.4f, \"per_s\": %.1f, \"latency_ms\": {",
		before, phase_name[phase], c->sent, c->accepted, c->answered - c->accepted, c->lost,
		c->again, c->seconds, (double)c->accepted / c->seconds);
	for (size_t i = 0; i < PERCENTILES; i++)
		printf("\"%s\": %.4f, ", percentile[i].name, ms(c, percentile[i].share));
	printf("\"max\": %.4f}}", 1e-6 * (double)c->latency.max);
}

// True if everything was answered and accepted.
static bool
report(void)
{
	const char *before = "{";
	bool is_good = true;

	for (enum phase p = CREATE; p < PHASES; p++) {
		if (!settings.wants[p])
			continue;
		is_good &= counts[p].accepted == counts[p].sent;
		if (settings.is_json)
			print_json(p, before);
		else
			print(p);
		before = ", ";
	}
	if (settings.is_json)
		printf("}\n");
	return is_good;
}

// ---- Start

static void
usage(int status)
{
	printf("usage: gtpc-load [options]\n\n"
	       "An SGW that creates sessions at a gateway, modifies all of them and deletes them,\n"
	       "each phase at its rate. Ctrl-C ends; what was created and not deleted stays.\n\n"
	       "  --gateway ADDRESS    its S5/S8-C address (10.10.0.1)\n"
	       "  --sgw ADDRESS        ours, on an interface of this machine (10.10.0.2)\n"
	       "  --sgws N             consecutive addresses of ours that sessions go round (1)\n"
	       "  --sessions N         (10000)\n"
	       "  --first-imsi N       (001010000000001)\n"
	       "  --apn NAME           (internet)\n"
	       "  --phases LIST        of create,modify,delete (create,modify,delete)\n"
	       "  --rate PER_S         of every phase; 0: a storm, as fast as answers come (0)\n"
	       "  --create-rate, --modify-rate, --delete-rate PER_S\n"
	       "                       of one phase\n"
	       "  --window N           requests without an answer at once, 1 to %u (1024)\n"
	       "  --t3 SECONDS         until a request is repeated (3)\n"
	       "  --n3 N               how often it is sent in all (3)\n"
	       "  --json               the result as one line of JSON, no progress\n",
		WINDOW_MAX);
	exit(status);
}

static double
number(const char *name, const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || value < low || value > high)
		fatal("--%s: \"%s\" is not a number from %.0f to %.0f", name, text, low, high);
	return value;
}

static uint32_t
address(const char *name, const char *text)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		fatal("--%s: \"%s\" is not an IPv4 address", name, text);
	return ntohl(in.s_addr);
}

static void
phases(char *list)
{
	char *rest = NULL;

	memset(settings.wants, 0, sizeof(settings.wants));
	for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		enum phase p = CREATE;

		while (p < PHASES && strcmp(word, phase_name[p]) != 0)
			p++;
		if (p == PHASES)
			fatal("--phases: \"%s\" is none of create, modify, delete", word);
		settings.wants[p] = true;
	}
	if (!settings.wants[CREATE])
		fatal("--phases: without create there is nothing to modify or delete");
}

static const struct option known[] = { { "gateway", required_argument, NULL, 'g' },
	{ "sgw", required_argument, NULL, 's' }, { "sgws", required_argument, NULL, 'S' },
	{ "sessions", required_argument, NULL, 'n' },
	{ "first-imsi", required_argument, NULL, 'i' }, { "apn", required_argument, NULL, 'a' },
	{ "phases", required_argument, NULL, 'p' }, { "rate", required_argument, NULL, 'r' },
	{ "create-rate", required_argument, NULL, 0 },
	{ "modify-rate", required_argument, NULL, 1 },
	{ "delete-rate", required_argument, NULL, 2 }, { "window", required_argument, NULL, 'w' },
	{ "t3", required_argument, NULL, 't' }, { "n3", required_argument, NULL, '3' },
	{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 } };

static void
option(int c, const char *name)
{
	switch (c) {
	case CREATE:
	case MODIFY:
	case DELETE:
		settings.rate[c] = number(name, optarg, 0, 1e7);
		return;
	case 'r':
		for (enum phase p = CREATE; p < PHASES; p++)
			settings.rate[p] = number(name, optarg, 0, 1e7);
		return;
	case 'g':
		settings.gateway = address(name, optarg);
		return;
	case 's':
		settings.sgw = address(name, optarg);
		return;
	case 'S':
		settings.n_sgws = (uint32_t)number(name, optarg, 1, SGWS_MAX);
		return;
	case 'n':
		settings.sessions = (uint32_t)number(name, optarg, 1, SESSIONS_MAX);
		return;
	case 'i':
		settings.first_imsi = (uint64_t)number(name, optarg, 0, 999999999999999);
		return;
	case 'a':
		settings.apn = optarg;
		return;
	case 'p':
		phases(optarg);
		return;
	case 'w':
		settings.window = (uint32_t)number(name, optarg, 1, WINDOW_MAX);
		return;
	case 't':
		settings.t3_s = number(name, optarg, 0.01, 60);
		return;
	case '3':
		settings.n3 = (unsigned int)number(name, optarg, 1, 10);
		return;
	case 'j':
		settings.is_json = true;
		return;
	default:
		usage(c == 'h' ? 0 : 2);
	}
}

static void
on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

int
main(int argc, char **argv)
{
	int c, which = 0;

	for (enum phase p = CREATE; p < PHASES; p++)
		settings.wants[p] = true;
	while ((c = getopt_long(argc, argv, "h", known, &which)) != -1)
		option(c, known[which].name);
	if (optind < argc)
		usage(2);
	if (strlen(settings.apn) > 99)
		fatal("--apn: at most 99 characters");
	sessions = calloc(settings.sessions, sizeof(*sessions));
	if (sessions == NULL)
		fatal("no memory for %u sessions", settings.sessions);
	// Another run's numbers would be taken for repetitions, and answered as such.
	next_sequence = (uint32_t)(now_ns() / 1000) % LOAD_SEQUENCE_MAX;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	sockets_open();
	for (enum phase p = CREATE; p < PHASES; p++)
		if (settings.wants[p] && !interrupted)
			phase_run(p);
	return report() && !interrupted ? 0 : 1;
}
